"""What quotes are made of: a sentence with what is said beside it, and the sentences before and behind it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from hybrid.answering import continuations
from hybrid.answering.enumeration_terms import root
from hybrid.answering.evidence import Sentence, Texts, collapse
from hybrid.answering.selection import boilerplate
from hybrid.text import lexicon, quoted_mails, tables
from hybrid.text.sentences import first_span, last_span
from hybrid.text.values import DAY

MOST_AGAINST = 2
"""Sentences that are quoted for contradicting one quote."""
BEFORE = 1500
"""Characters before a sentence that are read for what it refers to: a sentence, and a day; half a page."""
MAIL = "message/rfc822"
_ENDS = re.compile(r"[.!?:;…][\"'”’)\]]*\s*$")
LEADS_IN = re.compile(
    r"\?[\"”’)]*$|:$"
    r"|\b(?:have|has|had|was|were|am|is|are|been) (?:also |often |now )?asked "
    r"(?:to (?:say|explain|describe|state|comment)|when|why|how|who|what|where|which|whether|about|if)\b"
    r"|\b(?:the|one|my|a|another) question (?:is|was) \w+\b"
    r"|^(?:\W*\d+[.)]\s)?(?:I|We)(?:['’]ll| will| shall| now| can| want to| would like to)? "
    r"(?:turn|come|describe|explain|deal|set out|say something|speak) (?:now |first |next )?"
    r"(?:to|with|about|on|how|why|what|when)\b",
    re.IGNORECASE,
)
"""A sentence that only leads in: a question, or what is asked or spoken of next."""


@dataclass(frozen=True)
class Quoted:
    """A sentence to be quoted: why it is no statement of fact, which others contradict it, and whether who says it and
    when stand before it."""

    sentence: Sentence
    qualification: str = ""
    against: tuple[Sentence, ...] = ()
    attributed: bool = False


def _entry(texts: Texts, one: Sentence) -> tables.Row | None:
    """The entry of a log in which a sentence stands, with its places in the document."""
    begin = max(0, one.start - BEFORE)
    text = texts.text(one.document_id, begin, one.end + BEFORE)
    row = tables.entry_at(text, one.start - begin)
    if row is None:
        return None
    cells = tuple((begin + start, begin + end) for start, end in row.cells)
    return tables.Row(begin + row.start, begin + row.end, cells)


def _as_read(one: Sentence, text: str) -> str:
    return quoted_mails.without_marks(text) if one.quoted else text


def sentence_before(texts: Texts, one: Sentence) -> Sentence | None:
    """The sentence before one in its paragraph, or in its entry of a log."""
    entry = _entry(texts, one)
    begin = max(0, one.start - BEFORE) if entry is None else entry.start
    text = _as_read(one, texts.text(one.document_id, begin, one.start))
    span = None if "\n\n" in text[len(text.rstrip()) :] else last_span(text)
    if span is None or boilerplate.is_label(text[slice(*span)]) or not _ENDS.search(text[slice(*span)]):
        return None  # a heading or a page's foot
    return replace(one, start=begin + span[0], end=begin + span[1], text=text[slice(*span)], parts=(), vector=None)


def sentence_after(texts: Texts, one: Sentence, *, across: bool = False) -> Sentence | None:
    """The sentence after one in its paragraph, or ``across`` its end; of a log's entry, in the entry."""
    if one.is_row:
        return None
    entry = _entry(texts, one)
    end = one.end + BEFORE if entry is None else max(one.end, entry.end)
    text = _as_read(one, texts.text(one.document_id, one.end, end))
    span = first_span(text)
    if span is None or (not across and "\n\n" in text[: span[0]]):
        return None
    start, end = span
    return replace(one, start=one.end + start, end=one.end + end, text=text[start:end], parts=(), vector=None)


_ONLY_A_TIME = re.compile(
    rf"\W*(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day,? )?(?:(?:the )?{DAY})?"
    r"(?:,? ?(?:at )?\d{1,2}[.:]\d\d(?: ?[ap]\.?m\.?)?(?: hours| hrs)?)?\W*",
    re.IGNORECASE,
)


def is_time(text: str) -> bool:
    """Whether a text is a day or an hour and nothing else.

    Example:
        >>> is_time("5 March 2023."), is_time("5 March 2023. Left.")
        (True, False)
    """
    return any(map(str.isdigit, text)) and _ONLY_A_TIME.fullmatch(collapse(text)) is not None


def time_before(texts: Texts, one: Sentence) -> Sentence | None:
    """The day or hour by itself that stands before a sentence in its paragraph, "5 March 2023. The tiles left.", or
    begins the entry of a log of which it is a later sentence."""
    if one.is_row:
        return None
    entry = _entry(texts, one)
    if entry is not None:
        start, end = entry.cells[0]
        said = texts.text(one.document_id, start, end)
        return (
            replace(one, start=start, end=end, text=said, parts=(), vector=None)
            if end < one.start and entry.start < one.start
            else None
        )
    begin = max(0, one.start - BEFORE)
    text = _as_read(one, texts.text(one.document_id, begin, one.start))
    span = None if "\n\n" in text[len(text.rstrip()) :] else last_span(text)
    if span is None:
        return None
    before = text[slice(*span)]
    if not is_time(before):
        return None
    return replace(one, start=begin + span[0], end=begin + span[1], text=before, parts=(), vector=None)


def answer_to(texts: Texts, one: Sentence) -> list[Sentence]:
    """The statement after a sentence that only leads in, or the one that says what became of it."""
    if LEADS_IN.search(collapse(one.text)):
        after = sentence_after(texts, one, across=True)
        return [after] if after is not None and boilerplate.is_statement("", after.text) else []
    after = sentence_after(texts, one)
    return [after] if after is not None and continuations.completes(one.text, after.text) else []


MOST_IN_QUOTATION, WORDS_OF_QUOTATION = 3, 110
"""Sentences that complete a quotation within one, and their words with it, at most."""


def completing_quotation(texts: Texts, one: Sentence) -> list[Sentence]:
    """The sentences after one in which a quotation is opened and not closed, to the one that closes it: of "clause 7 is
    replaced by the following: “The ..." the rest. None where it is not closed soon."""
    if one.is_row or not _opens_quotation(one.text):
        return []
    following: list[Sentence] = []
    said, last = one.text, one
    while len(following) < MOST_IN_QUOTATION:
        after = sentence_after(texts, last)
        if after is None or len(f"{said} {after.text}".split()) > WORDS_OF_QUOTATION:
            return []
        following.append(after)
        said, last = f"{said} {after.text}", after
        if not _opens_quotation(said):
            return following
    return []


def _opens_quotation(text: str) -> bool:
    """Whether a text opens a quotation that it does not close."""
    return text.count("“") > text.count("”") or bool(text.count('"') % 2 and _OPENS.search(text))


_OPENS = re.compile(r"(?:^|[\s(])\"(?=\w)(?![^\"]*\")")
"""The last straight mark, if it stands before a word."""


def roots_of(text: str) -> set[str]:
    """The roots of a text's content words."""
    return {root(stem) for stem in lexicon.content_words(text)}


def distinct(sentences: Iterable[Sentence]) -> list[Sentence]:
    """Each text once."""
    return list({boilerplate.words_of(one.text): one for one in reversed(list(sentences))}.values())[::-1]


_BEGINNING = 12
"""Words of a quote by which a note names it; not varied."""


def beginning(text: str) -> str:
    """The first words of a quote, by which a note names it."""
    words = collapse(text).split()
    return " ".join(words[:_BEGINNING]) + (" …" if len(words) > _BEGINNING else "")


def unnumbered(text: str) -> str:
    """A text without the number or letter before it."""
    return re.sub(r"^\s*\(?(?:\d+(?:\.\d+)*[.)]?|[a-z]\))\s+", "", text)
