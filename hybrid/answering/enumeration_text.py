"""What was asked for outside tables: documents of a kind, items of lists, sentences with an amount or a date."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hybrid.answering.enumeration_question import Enumerated
from hybrid.answering.enumeration_rows import (
    HEAD,
    IDENTIFIER,
    MAIL,
    MAILS,
    TOTAL,
    Found,
    in_range,
    names_many,
    names_of,
    sentence_of,
    status_of,
    words_of,
)  # fmt: skip
from hybrid.answering.enumeration_terms import Term, root, roots
from hybrid.answering.enumeration_values import MONEY, amount_of, iso
from hybrid.answering.evidence import collapse
from hybrid.answering.verification import markers
from hybrid.text import values
from hybrid.types.documents import Document

_TITLE = 80
_LIST_ITEM = re.compile(r"\s*(?:[-*•·–▪◦●]\s|\(?(?:\d{1,3}|[a-z]|[ivx]{1,5})[.)]\s|\d+(?:\.\d+)+\s)", re.IGNORECASE)
_NOT_DONE = (
    markers.REPORTED, markers.BELIEF, markers.HEDGED, markers.DENIED, markers.PLANNED, markers.REQUESTED,
    markers.NOT_DONE, markers.COUNTERFACTUAL, markers.CONDITIONAL,
)  # fmt: skip
_MODAL = re.compile(r"\b(?:shall|will|must|should|may|would|can|could|not|never|payable|due)\b|\?", re.IGNORECASE)


def as_row(document_id: int, document: Document, asked: Enumerated) -> list[Found]:
    """A document as a row, where documents of its kind were asked for."""
    is_mail = document.media_type == MAIL
    title = document.title if document.metadata.title else _first_line(document) or document.title
    words = title.split()[:6]
    kind = asked.stems & MAILS and is_mail
    kinds = asked.stems if root("meeting") in asked.stems else {root(asked.head)}
    folders = re.split(r"[/\\#]", document.source)[:-1]
    titled = any(root(word.strip(".,:;()")) in kinds for word in words) and not names_many(title, asked)
    titled = not is_mail and (titled or any(root(folder) in kinds for folder in folders[-2:]))
    if not kind and not titled:
        return []
    about = f"{title}\n{document.metadata.author or ''}\n{document.text}"
    for term in asked.terms:
        if term.soft:
            continue
        place = about
        if term.name and term.role in ("from", "by"):
            place = document.metadata.author or ""
        elif term.name and term.role == "to" and is_mail:
            place = "\n".join(re.findall(r"^(?:To|Cc):.*$", document.text[:4000], re.MULTILINE))
        held = names_of(term, place) if term.name else words_of(term, roots(place))
        if held == term.negated:
            return []
    start = document.text.find(title)
    unit = document.layout.units[0] if document.layout.units else None
    if start >= 0:
        span = (start, start + len(title))
    elif unit is not None:
        span = unit.parts[0]
    else:
        return []
    date = document.metadata.date[:10] if document.metadata.date else None
    identifier = next(
        (word for word in title.split() if IDENTIFIER.fullmatch(word) and any(map(str.isalpha, word))), None
    )
    cells = {"Document": title, "Date": date or "", "Author": document.metadata.author or ""}
    if kind:
        key: tuple[str, ...] = ("mail", title.casefold(), document.metadata.date or "", cells["Author"])
    else:
        key = (
            ("id", identifier.casefold()) if identifier else ("document", title.casefold(), date or "", cells["Author"])
        )
    row = Found(
        sentence_of(document_id, document, *span), cells, span, key, date,
        not_counted=status_of(document), identifier="" if kind else identifier or "",
    )  # fmt: skip
    return [row] if in_range(row, asked) else []


def _first_line(document: Document) -> str:
    """The first line of a document, where it is short enough to be a title."""
    line = next((line.strip() for line in document.text[:HEAD].splitlines() if line.strip()), "")
    return line if len(line) < _TITLE and line[-1] not in ".;," else ""


def items_of(document_id: int, document: Document, asked: Enumerated) -> Iterator[Found]:
    """The items of a list under a heading, or after a line ending in a colon, that names what was asked for."""
    units = [unit for unit in document.layout.units if unit.heading is None]
    at = 0
    while at < len(units):
        said = document.text[units[at].start : units[at].end]
        opens = said.rstrip().endswith(":") or (len(said) < 80 and said.rstrip()[-1] not in ".;,?!")
        if opens and names_many(said, asked) and all(_holds(term, said, roots(said), document) for term in asked.terms):
            items = []
            while at + 1 < len(units) and _LIST_ITEM.match(document.text[units[at + 1].start : units[at + 1].end]):
                at += 1
                items.append(units[at])
            if len(items) > 1:
                for unit in items:
                    text = collapse(unit.text(document.text))
                    sentence = sentence_of(document_id, document, unit.start, unit.end)
                    key = ("row", _LIST_ITEM.sub("", text, count=1).casefold())
                    yield Found(
                        sentence, {"Item": text}, (units[at].start, units[at].end), key, not_counted=status_of(document)
                    )
        at += 1


def sentences_of(document_id: int, document: Document, asked: Enumerated) -> Iterator[Found]:
    """Sentences that say what was asked for with an amount, or with a date."""
    for unit in document.layout.units:
        if unit.heading is not None or len(unit.parts) > 1:
            continue
        text = collapse(document.text[unit.start : unit.end])
        said = roots(text)
        if (
            not said & asked.stems
            or TOTAL.search(text)
            or not all(_holds(term, text, said, document) for term in asked.terms)
        ):
            continue
        dates = [(start, end, iso(day)) for start, end, day in values.days(text)]
        bare = text
        for start, end, _ in reversed(dates):
            bare = bare[:start] + " " + bare[end:]
        money = next((match for match in MONEY.finditer(bare) if match["sign"] or match["after"]), None)
        if (money is None) if asked.of_money else not dates:
            continue
        amount, currency = amount_of(money[0], "") if money else (None, None)
        date = dates[0][2] if dates else None
        done = not (_MODAL.search(text) or any(pattern.search(text) for pattern in _NOT_DONE))
        cells = {"Date": date or "", "Amount": money[0].strip() if money else "", "Statement": text}
        key = ("event", date, str(amount), currency or "") if date and amount is not None else ("row", text.casefold())
        why = status_of(document) or ("" if done else "planned, asked for, reported or denied")
        sentence = sentence_of(document_id, document, unit.start, unit.end)
        row = Found(sentence, cells, (unit.start, unit.end), key, date, amount, currency, why)
        if in_range(row, asked):
            yield row


def _holds(term: Term, text: str, said: frozenset[str], document: Document) -> bool:
    if term.soft:
        return True
    if not term.name:
        return words_of(term, said) != term.negated
    if term.negated:
        return not names_of(term, text)
    return names_of(term, f"{text}\n{document.title}\n{document.metadata.author or ''}") or names_of(
        term, document.text[:1500]
    )
