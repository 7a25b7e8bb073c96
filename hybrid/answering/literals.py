"""Exact figures of a question: amounts, numbers, times and identifiers, and the sentences that hold them.

Who names a figure asks about the place where it stands: "How is the claim of £46,370 made up?" A sentence that holds it
is quoted whatever else is found, and of what a figure is made is said by the list below a colon.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from hybrid.answering import disputes
from hybrid.answering.enumeration_rows import sentence_of
from hybrid.answering.evidence import Sentence, Texts, collapse
from hybrid.answering.quoted import distinct, roots_of
from hybrid.retrieval.exact_match import ExactTerms
from hybrid.stores.query import exact_phrase, exact_terms
from hybrid.text import quoted_mails, values
from hybrid.text.layout import Unit
from hybrid.types.documents import Document

MOST, MOST_ITEMS = 2, 12
"""Sentences that are quoted for their figure, and lines of a list below one; not measured."""
MOST_DOCUMENTS = 100
"""Documents that are looked through; a figure that stands in more says little. Not measured."""
_TIME = re.compile(
    r"(?<![\w.:])\d{1,2}[.:]\d{2}(?::\d{2})?\s?[ap]\.?m\b|(?<![\w.:,])\d{1,2}:\d{2}(?::\d{2})?(?![\w:])", re.I
)
_WORDED = re.compile(r"^[^\W\d]{3,}\.? |[@§¶]")
_SECTION = re.compile(
    r"\b(?:clauses?|sections?|sec\.|articles?|art\.|paragraphs?|para\.|rules?|schedules?)\s+(?:no\. ?)?[\d.()a-z]+",
    re.I,
)
_COMPOSED = re.compile(
    r"\b(?:made up|mak(?:es?|ing) up|broken down|break(?:s|ing)? (?:\w+ ){0,4}down|breakdown|compos\w+|consist\w*"
    r"|compris\w+|itemi[sz]\w+|calculated|worked out|arrived? at|components?|add(?:s|ed)? up)\b",
    re.IGNORECASE,
)
_ITEM = re.compile(r"(?P<bullet>[-*•–·])\s|(?P<mark>\(?(?:\d{1,2}|[a-z]|[ivx]{1,4})[.)])\s", re.IGNORECASE)


class Catalog(Texts, Protocol):
    """The part of a catalog that this needs."""

    def documents_with(self, match: str, up_to: int) -> list[int]:
        """The ids of documents of which a chunk matches an expression, ascending."""


@dataclass(frozen=True)
class Held:
    """The sentences that hold the figures, the best first. ``listed`` is what a list says of what a figure is made of:
    the line that leads in and the lines below it."""

    sentences: tuple[Sentence, ...]
    listed: tuple[Sentence, ...] = ()


def asked(question: str) -> list[str]:
    """The amounts, numbers, times and identifiers of a question as they stand there; no dates, sections and phrases.

    Example:
        >>> asked("How is the claim of £46,370 in clause 4.2 made up?")
        ['£46,370']
    """
    times = [match[0] for match in _TIME.finditer(question)]
    sections = " ".join(match[0] for match in _SECTION.finditer(question))
    found = list(times)
    for term in exact_terms(question):
        if not re.search(r"\d", term) or _WORDED.search(term) or next(iter(values.days(term)), None) is not None:
            continue
        if f'"{term}"' in question or f"“{term}”" in question or term in sections.split():
            continue
        if any(term in other for other in found):
            continue
        found.append(term)
    return found


def asks_for_parts(question: str) -> bool:
    """Whether a question asks of what something is made."""
    return _COMPOSED.search(question) is not None


def find(question: str, catalog: Catalog, allowed: Collection[int], is_lesser: Callable[[Sentence], bool]) -> Held:
    """The sentences that hold all figures of a question, those first that share most of its other words.

    Args:
        question: what is asked.
        catalog: where they are looked for.
        allowed: the documents that may be quoted.
        is_lesser: whether a sentence is of a draft or a superseded document, which comes last.
    """
    terms = asked(question)
    if not terms:
        return Held(())
    ids = catalog.documents_with(" OR ".join(exact_phrase(term) for term in terms), MOST_DOCUMENTS)
    exact, words = ExactTerms(terms), roots_of(question)
    found: list[tuple[int, Sentence, tuple[Sentence, ...]]] = []
    for document_id in ids:
        if document_id not in allowed:
            continue
        document = catalog.document(document_id)
        units = document.layout.units
        for at, unit in enumerate(units):
            held = exact.count_in(unit.text(document.text)) // (len(exact) + 1)  # those that stand by themselves
            if held:
                below = tuple(_sentence(document_id, document, one) for one in _list_with(document, units, at))
                found.append((held, _sentence(document_id, document, unit), below))
    most = max((held for held, _, _ in found), default=0)
    order = sorted(
        ((one, listed) for held, one, listed in found if held == most),
        key=lambda pair: (is_lesser(pair[0]), pair[0].is_row, pair[0].quoted, -len(words & roots_of(pair[0].text))),
    )
    listed = next((listed for _, listed in order if listed and asks_for_parts(question)), ())
    return Held(tuple(distinct(one for one, _ in order)[:MOST]), listed)


_CLAIMED = re.compile(
    r"\b(?:how much|what (?:sums?|amounts?|total|items?|heads?)|which (?:sums?|items?|heads?)|total|made up"
    r"|broken down)\b[^?]*?"
    r"\b(?:claim(?:s|ed|ing)?|loss(?:es)?|damages|demand(?:s|ed|ing)?)\b"
    r"|\b(?:claims?|loss(?:es)?|damages)\b[^?]*?\b(?:made up|broken down|total|amount|come to)\b"
    r"|\b(?:how much|what)\b[^?]*?\b(?:ask(?:s|ed|ing)? (?:us )?for|wants?|wanted|seeks?|sought|seeking|after)\b[^?]*?"
    r"\b(?:altogether|in all|in total|overall|all told|made up)\b",
    re.IGNORECASE,
)
_LEADS_TO_SUMS = re.compile(
    r"\b(?:claim(?:s|ed)?|loss(?:es)?|damages?|demands?|sums?)\b.*"
    r"\b(?:follow\w*|made up|compris\w+|consist\w*|these)\b"
    r"|\b(?:follow\w*|these) (?:sums|amounts|items|losses|damages)\b|\bclaims?:$",
    re.IGNORECASE,
)
_SUM = re.compile(r"[$€£]\s?\d|\b\d{1,3}(?:[,.]\d{3})+\b|\b\d+[.,]\d{2}\b")
_TOTAL = re.compile(r"\btotal\b|\bin all\b|\baltogether\b", re.IGNORECASE)
_PARAGRAPH = re.compile(r"\W*\d+(?:\.\d+)*[.)]\s")
_FEWEST_SUMS = 2
"""Sums of a list; one is in a sentence."""


def asks_for_claim(question: str) -> bool:
    """Whether a question asks what somebody claims, in money, or of what that is made.

    Example:
        >>> asks_for_claim("How much does the owner claim, and how is it made up?"), asks_for_claim("Who claimed it?")
        (True, False)
    """
    return _CLAIMED.search(question) is not None


def claimed(question: str, catalog: Catalog, allowed: Collection[int], is_lesser: Callable[[Sentence], bool]) -> Held:
    """The sums that a letter of claim, or another document that states a party's case, lists below a line that leads in
    to them, with their total; nothing where no such document has a list. Arguments as of `find`."""
    words, found = roots_of(question), list[tuple[Sentence, tuple[Sentence, ...]]]()
    for document_id in catalog.documents_with(" OR ".join(map(exact_phrase, _CASE_WORDS)), MOST_DOCUMENTS):
        if document_id not in allowed:
            continue
        document = catalog.document(document_id)
        units = document.layout.units
        for at, unit in enumerate(units):
            said = collapse(unit.text(document.text))
            if not _LEADS_TO_SUMS.search(said) or _SUM.search(said):
                continue
            lead = _sentence(document_id, document, unit)
            if not disputes.states_case(catalog, lead):
                break
            lines = [sentence_of(document_id, document, *span, None) for span in _items(document.text, unit.end)]
            rows = (_sentence(document_id, document, one) for one in units[at + 1 : at + 2 + MOST_ITEMS])
            listed = [lead]
            for other in lines or rows:
                total = _TOTAL.search(other.text) is not None
                if not _SUM.search(other.text) or (
                    _PARAGRAPH.match(other.text) and _PARAGRAPH.match(said) and not total
                ):
                    break  # the next paragraph
                listed.append(other)
                if total:
                    break
            if len(listed) > _FEWEST_SUMS:
                found.append((lead, tuple(listed)))
                break
    found.sort(key=lambda pair: (is_lesser(pair[0]), -len(words & roots_of(f"{pair[0].title} {pair[0].text}"))))
    return Held((found[0][0],), found[0][1]) if found else Held(())


_CASE_WORDS = ("claim", "claims", "loss", "losses", "damages")


def holds(question: str, texts: Iterable[str]) -> bool:
    """Whether one of the texts holds a figure of the question by itself."""
    exact = ExactTerms(asked(question))
    return any(exact.count_in(text) > len(exact) for text in texts)


def is_of_another(question: str, text: str) -> bool:
    """Whether a text names an identifier of the kind that a question names, and not that one.

    Example:
        >>> is_of_another("Why did pump IVP-330 stop?", "Pump IVP-331 has never been used.")
        True
    """
    names = {name.casefold() for name in asked(question) if _NAME.fullmatch(name)}
    named = {match[0].casefold() for match in _NAME.finditer(text)}
    kinds = {_NAME.fullmatch(name)["kind"] for name in names}  # type: ignore[index]  # all match
    return not names & named and any(_NAME.fullmatch(one)["kind"] in kinds for one in named)  # type: ignore[index]


_NAME = re.compile(r"(?<![\w-])(?P<kind>[A-Za-z]{1,6}[-/]?)\d[\w/-]*\b")


def items_below(text: str, end: int) -> list[str]:
    """The lines of a list below a line that ends at ``end`` with a colon; none where it does not, or where what stands
    below it is no list.

    Example:
        >>> items_below("It holds:\\n- one\\n- two\\nThe rest is lost.", 9)
        ['- one', '- two']
    """
    return [text[start:stop] for start, stop in _items(text, end)]


def _items(text: str, end: int) -> list[tuple[int, int]]:
    """The lines of a list below a colon: all with a mark of one kind, or all set in further than the line above, or
    short ones without a full stop."""
    if not text[:end].rstrip().endswith(":"):
        return []
    opening = text[text.rfind("\n", 0, end) + 1 : end]
    found: list[tuple[int, int]] = []
    shape: str | None = None
    for match in re.finditer(r"[^\n]+", text[end:]):
        line = match[0]
        if not line.strip():
            continue
        this = _shape(line, opening)
        shape = this if shape is None else shape
        if not this or this != shape or len(found) == MOST_ITEMS:
            break
        start = end + match.start() + len(line) - len(line.lstrip())
        found.append((start, end + match.start() + len(line.rstrip())))
    return found


def _shape(line: str, opening: str) -> str:
    """What makes a line one of a list; empty where nothing does."""
    plain = line.strip()
    if mark := _ITEM.match(plain):
        same = _ITEM.match(opening.strip())
        kind = _kind(mark)
        return "" if same and same["mark"] and kind == _kind(same) else kind  # "6." below "5." is the next paragraph
    if len(line) - len(line.lstrip()) > len(opening) - len(opening.lstrip()):
        return "set in"
    return "short" if not plain.endswith((".", "?", "!")) and len(plain.split()) <= _SHORT else ""


def _kind(mark: re.Match[str]) -> str:
    """Of what kind the mark of a list's line is: "(a)" for "(b)", "0." for "12."."""
    return "bullet" if mark["bullet"] else re.sub(r"\d+", "0", re.sub(r"[a-z]+", "a", mark["mark"].lower()))


_SHORT = 12
"""Words of a line of a list that nothing else marks; not measured."""


def _list_with(document: Document, units: Sequence[Unit], at: int) -> list[Unit]:
    """The line that leads in and the lines of the list, of the list that a unit leads in or stands in."""
    text = document.text
    for first in range(at, max(-1, at - MOST_ITEMS - 1), -1):
        if not collapse(text[units[first].start : units[first].end]).endswith(":"):
            continue
        spans = _items(text, units[first].end)
        inside = [one for one in units[first + 1 :] if spans and one.start < spans[-1][1] and one.end > spans[0][0]]
        if inside and (first == at or units[at] in inside):
            return [units[first], *inside]
        return []
    return []


def _sentence(document_id: int, document: Document, unit: Unit) -> Sentence:
    quoted = quoted_mails.at(document.text, unit.end - 1) is not None
    return replace(sentence_of(document_id, document, unit.start, unit.end, unit.heading), quoted=quoted)
