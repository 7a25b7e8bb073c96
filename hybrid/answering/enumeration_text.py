"""What was asked for outside tables: documents of a kind, items of lists, sentences with an amount or a date."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from decimal import Decimal

from hybrid.answering.enumeration_bounds import CURRENCIES
from hybrid.answering.enumeration_documents import days_of, is_act, is_done_by
from hybrid.answering.enumeration_question import Enumerated
from hybrid.answering.enumeration_rows import (
    ABOUT,
    HEAD,
    IDENTIFIER,
    MAIL,
    MAILS,
    Found,
    in_range,
    is_between,
    names_many,
    names_of,
    sentence_of,
    status_of,
    words_of,
)  # fmt: skip
from hybrid.answering.enumeration_terms import Term, root, rooted, roots
from hybrid.answering.enumeration_totals import says_total
from hybrid.answering.enumeration_values import MONEY, amount_of, iso
from hybrid.answering.evidence import collapse
from hybrid.answering.verification import markers
from hybrid.text import values, wordnet
from hybrid.types.documents import Document

_TITLE, _TITLE_LINES = 80, 3
_LIST_ITEM = re.compile(r"\s*(?:[-*•·–▪◦●]\s|\(?(?:\d{1,3}|[a-z]|[ivx]{1,5})[.)]\s|\d+(?:\.\d+)+\s)", re.IGNORECASE)
_NOT_DONE = (
    markers.REPORTED, markers.BELIEF, markers.HEDGED, markers.DENIED, markers.PLANNED, markers.REQUESTED,
    markers.NOT_DONE, markers.COUNTERFACTUAL, markers.CONDITIONAL,
)  # fmt: skip
_MODAL = re.compile(r"\b(?:shall|will|must|should|(?-i:may)|would|can|could|not|never|payable|due)\b|\?", re.IGNORECASE)


def as_row(document_id: int, document: Document, asked: Enumerated) -> list[Found]:
    """A document as a row, where documents of its kind were asked for."""
    is_mail = document.media_type == MAIL
    kind = asked.stems & MAILS and is_mail
    kinds = asked.stems if root("meeting") in asked.stems else {root(asked.head)}
    title = _title(document, kinds)
    of_person = wordnet.is_person(asked.head.lower())  # minutes "of the trustees" are no trustees
    words = (ABOUT.split(title, maxsplit=1)[0] if of_person else title).split()[:6]
    folders = re.split(r"[/\\#]", document.source)[:-1]
    titled = any(root(word.strip(".,:;()")) in kinds for word in words) and (
        root(asked.head) == root("minutes") or not names_many(title, asked)
    )
    titled = not is_mail and (titled or any(root(folder) in kinds for folder in folders[-2:]))
    if not kind and not titled and not is_any_document(asked):
        return []
    about = f"{title}\n{document.metadata.author or ''}\n{document.text}"
    doers = (
        []
        if is_mail or asked.attended
        else [one for one in asked.terms if one.name and one.role == "by" and not one.negated]
    )
    done = [one for one in doers if is_done_by(document, one, asked)]
    for term in asked.terms:
        if term.soft or (asked.attended and term.name) or term in done or (done and is_act(term)):
            continue
        if term.role == "heading":
            if not is_marked(document, term):
                return []
            continue
        place = about
        if term.name and term.role in ("from", "by"):
            place = document.metadata.author or ""
        elif term.name and term.role == "to" and is_mail:
            head = document.text[:4000].partition("\n\n")[0]  # behind it stand the headers of the mails that it quotes
            place = "\n".join(re.findall(r"^(?:To|Cc):.*$", head, re.MULTILINE))
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
    days = [iso(day) for _, _, day in values.days(title)]
    date = document.metadata.date[:10] if document.metadata.date else next(iter(days), None)
    if (asked.since or asked.until) and not is_mail:
        date = next((day for day in days_of(document, asked) if is_between(day, asked)), date)
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


def is_any_document(asked: Enumerated) -> bool:
    """Whether documents of whatever kind are asked for, by what they are marked with."""
    return root(asked.head) in _OF_ANY_KIND and any(term.role == "heading" for term in asked.terms)


_OF_ANY_KIND = rooted("document file paper")


def is_marked(document: Document, term: Term) -> bool:
    """Whether a document's title or subject has the words of a term, or one of its first lines begins with them, is no
    sentence, or has them in capitals: "PRIVATE AND CONFIDENTIAL"."""
    body = document.text[:4000].partition("\n\n")[2] if document.media_type == MAIL else document.text[: 2 * HEAD]
    lines = [collapse(line) for line in body.splitlines() if line.strip()][:_MARKED_LINES]
    return words_of(term, roots(document.title)) or any(
        words_of(term, roots(line)) and (_is_mark(line, term)) for line in lines
    )


def _is_mark(line: str, term: Term) -> bool:
    begins = any(line.lower().lstrip("*[(_- ").startswith(one.lower()) for one in term.choices)
    return begins or any(one.upper() in line for one in term.choices) or _is_heading(line)


def _is_heading(line: str) -> bool:
    return len(line.split()) <= _HEADING_WORDS and line[-1] not in ".,;?!"


_MARKED_LINES = 3
"""Lines at the head of a document in which it is marked; not measured."""


def _title(document: Document, kinds: Container[str]) -> str:
    """What a document is called: by itself, or by the first of its first lines that says of what kind it is; minutes
    often have the name of the society above their own."""
    if document.metadata.title:
        return document.title
    lines = [line.strip() for line in document.text[:HEAD].splitlines() if line.strip()][:_TITLE_LINES]
    short = [line for line in lines if len(line) < _TITLE and line[-1] not in ".;,"]
    named = (line for line in short if any(root(word.strip(".,:;()")) in kinds for word in line.split()[:6]))
    return (
        next(named, None) or next(iter(short[:1] if lines and short[:1] == lines[:1] else ()), None) or document.title
    )


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
            not (said & asked.stems or _is_headed(document.text, unit.start, asked))
            or says_total(text)
            or not all(_holds(term, text, said, document) for term in asked.terms)
        ):
            continue
        dates = [(start, end, iso(day)) for start, end, day in values.days(text)]
        bare = text
        for start, end, _ in reversed(dates):
            bare = bare[:start] + " " + bare[end:]
        money = next((match[0] for match in MONEY.finditer(bare) if match["sign"] or match["after"]), None)
        amount, currency = amount_of(money, "") if money else (None, None)
        if money is None and (in_words := _IN_WORDS.search(bare)):
            money, currency = in_words[0], CURRENCIES[in_words[2].lower()]
            amount = Decimal(in_words[1].replace(",", ""))
        if (money is None) if asked.of_money else not dates:
            continue
        date = dates[0][2] if dates else None
        done = is_done(text)
        cells = {"Date": date or "", "Amount": money.strip() if money else "", "Statement": text}
        key = ("event", date, str(amount), currency or "") if date and amount is not None else ("row", text.casefold())
        why = status_of(document) or ("" if done else "planned, asked for, reported or denied")
        sentence = sentence_of(document_id, document, unit.start, unit.end)
        row = Found(sentence, cells, (unit.start, unit.end), key, date, amount, currency, why)
        if in_range(row, asked):
            yield row


def _is_headed(text: str, start: int, asked: Enumerated) -> bool:
    """Whether a sentence stands in a paragraph that begins with a heading of what was asked for: "2. Gifts. Mr Orr gave
    five pounds"."""
    heading, _, rest = text[text.rfind("\n", 0, start) + 1 : start].strip().partition(". ")
    if heading.strip("().").isalnum() and len(heading) < 4:  # the number before it
        heading = rest.partition(".")[0]
    return len(heading.split()) <= _HEADING_WORDS and names_many(heading, asked)


_HEADING_WORDS = 5
_IN_WORDS = re.compile(rf"(?<![\w.,])(\d[\d,]*(?:\.\d+)?) ({'|'.join(CURRENCIES)})\b(?! of\b)", re.IGNORECASE)
"""Amounts with their currency in words; "50 pounds of flour" is none."""


def says_when(text: str) -> bool:
    """Whether a sentence gives a time of the day or a day."""
    return _TIME_OF_DAY.search(text) is not None or next(iter(values.days(text)), None) is not None


_TIME_OF_DAY = re.compile(
    r"\b\d{1,2}[:.]\d{2}(?!\d)|\b\d{1,2} ?(?:am|pm|a\.m\.|p\.m\.)(?!\w)|\b(?:noon|midnight)\b", re.I
)


def is_done(text: str) -> bool:
    """Whether a sentence says that something was done: not that it is planned, asked for, reported or denied."""
    return not (_MODAL.search(text) or any(pattern.search(text) for pattern in _NOT_DONE))


_PERSON = (
    r"(?:(?:Mr|Mrs|Ms|Miss|Dr|Prof|Sir|Lady)\.? )?[A-Z][\w'’-]+(?: (?:van|von|de|der|den|la|le|al|bin|[A-Z]\.))*"
    r"(?: [A-Z][\w'’-]+){1,2}"
)
_PERSONS = rf"(?P<names>{_PERSON}(?:(?:, and |, | and | & ){_PERSON})*)"
_ENDED = re.compile(
    r"\b(?:not|never|no longer|former(?:ly)?|resign\w*|retir\w*|ceas\w*|remov\w*|left|until|nominat\w*|propos\w*)\b",
    re.IGNORECASE,
)
_NOT_FOR = "".join(rf"(?<!\b{word} )(?<!\b{word} the )" for word in ("for", "to", "by", "with", "of", "from"))
"""Signed "for the trustees: Ann Orr" does not make her one."""
_CHOSEN = r"(?:re-?)?(?:elected|appointed|co-opted|made|chosen|become)"
_ONE_OF = r"(?: as)?(?: an?| the| our| its| new)*"


def persons_of(document_id: int, document: Document, asked: Enumerated) -> Iterator[Found]:
    """The people whom a sentence names as what was asked for: "The trustees are ...", "... was elected trustee"."""
    around = roots(f"{document.title} {document.text[:HEAD]}")
    for unit in document.layout.units:
        text = collapse(document.text[unit.start : unit.end])
        named = sorted({word for word in re.findall(r"[^\W\d_]+", text) if root(word) in asked.stems})
        if unit.heading is not None or not named:
            continue
        said = roots(text) | around
        if not all(_holds(term, text, said, document) for term in asked.terms):
            continue
        for name in _named_as("|".join(named), text):
            done = not (_ENDED.search(text) or any(pattern.search(text) for pattern in _NOT_DONE))
            yield Found(
                sentence_of(document_id, document, unit.start, unit.end),
                {"Name": name, "Statement": text},
                (unit.start, unit.end),
                ("person", name.casefold()),
                not_counted=status_of(document) or ("" if done else "planned, denied or ended"),
            )


def _named_as(office: str, text: str) -> list[str]:
    office = rf"(?i:{office})"
    patterns = (
        rf"{_NOT_FOR}\b{office}\b(?: of [^.;:,]{{1,50}}?| present| appointed| elected| in office)?"
        rf"(?: are| were| is| include|:)(?: as follows:)? {_PERSONS}",
        rf"{_PERSONS}(?:,| \(| as| is| was| are| were| became| remains?)(?: {_CHOSEN})?{_ONE_OF} {office}\b",
        rf"{_PERSONS},? (?:has|have)(?: been)? {_CHOSEN}{_ONE_OF} {office}\b",
        rf"{_NOT_FOR}\b{office} {_PERSONS}",
    )
    named = [match["names"] for pattern in patterns for match in re.finditer(pattern, text)]
    found = [name for names in named for name in re.findall(_PERSON, names)]
    return list(dict.fromkeys(found))


def acts_of(document_id: int, document: Document, asked: Enumerated) -> Iterator[Found]:
    """The sentences that say what was asked for by its verb: of resolutions "Resolved: that ..." and the like."""
    if not any(is_verb_of(asked, word) for word in set(_past_like(asked.head).findall(document.text))):
        return  # most documents have no such verb anywhere
    around = roots(f"{document.title} {document.text[:HEAD]}")
    for unit in document.layout.units:
        text = collapse(document.text[unit.start : unit.end])
        verb = next((match for match in _SAYS.finditer(text) if is_verb_of(asked, match[1])), None)
        if unit.heading is not None or verb is None:
            continue
        if not all(_holds(term, text, roots(text) | around, document) for term in asked.terms):
            continue
        before = text[: verb.end(1)]  # what is resolved is still to be done
        done = not any(pattern.search(before) for pattern in _NOT_DONE) and not _ENDED.search(before)
        dates = [iso(day) for _, _, day in values.days(document.text[:HEAD])]
        date = document.metadata.date[:10] if document.metadata.date else next(iter(dates), None)
        row = Found(
            sentence_of(document_id, document, unit.start, unit.end),
            {"Date": date or "", "Statement": text},
            (unit.start, unit.end),
            ("row", text.casefold()),
            date,
            not_counted=status_of(document) or ("" if done else "planned, asked for, reported or denied"),
        )
        if in_range(row, asked):
            yield row


_SAYS = re.compile(r"\b([^\W\d_]+ed)(?:\s*:| (?:unanimously |also |further )?(?:that|to)\b)", re.IGNORECASE)


def _past_like(noun: str) -> re.Pattern[str]:
    return re.compile(rf"\b{re.escape(noun[:4])}[^\W\d_]*ed\b", re.IGNORECASE)


def is_verb_of(asked: Enumerated, word: str) -> bool:
    """Whether a word is the past of the verb of the noun that was asked for: "resolved" of "resolutions"."""
    low, noun = word.lower(), asked.head.lower()
    return low.endswith("ed") and low[:4] == noun[:4] and wordnet.relation(noun, low) == "synonym"


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
