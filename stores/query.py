"""Full-text match expressions made from free questions, and what a question asks for exactly."""

from __future__ import annotations

import re
from functools import lru_cache

from hybrid.text import values
from hybrid.text.folding import folded, search_phrase, search_terms
from hybrid.text.lexicon import STOPWORDS

# Bounds of the work for pasted texts; a question has 4,000 characters at most (``answer.max_question_chars``).
MAX_CHARS = 10_000  # of a question; the rest is not looked at
MAX_TERMS = 64  # of each kind in one expression

_CURRENCY = r"(?:[$€£¥]|(?:USD|EUR|GBP|CHF|JPY|CAD|AUD|INR|CNY)\b)"
_NUMBER = r"\d{1,15}(?:[.,]\d{1,15}){0,6}"
_SCALE = r"(?:\s?(?:thousand|million|billion|trillion|bn|[km])\b)?"
_AMOUNT = rf"{_CURRENCY}\s?{_NUMBER}{_SCALE}|\b{_NUMBER}{_SCALE}\s?(?:{_CURRENCY}|%)"  # $1.5 million, 7.25 %
_IN_AMOUNT = re.compile(r"\d+(?:[.,]\d+)+")
_MEASURE = r"\d{1,4}(?:st|nd|rd|th|s)?(?:-(?-i:[a-z]{3,}))*(?![\w-]|[./:#,]\w)"  # 1950s, 19th-century, 2-year-old
_NUMBERED = re.compile(r"[^\W\d]+\.?\s+(?:no\.\s*)?(\d+(?:\.\d+|\(\w{1,5}\))[\w.()]*)", re.IGNORECASE)
_EXACT = re.compile(  # every repetition is bounded, or cannot start within another: no question takes long
    "|".join(
        (
            r'"(?P<q1>[^"\n]{1,300})"',
            r"[“„](?P<q2>[^“”„\n]{1,300})[”“]",
            r"«(?P<q3>[^«»\n]{1,300})»",
            r"‘(?P<q4>[^‘’\n]{1,300})’(?!\w)",
            r"(?<!\w)'(?P<q5>[^'\n]{2,300})'(?!\w)",
            r"[「『《](?P<q6>[^「」『』《》\n]{1,300})[」』》]",
            r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+",  # e-mail address
            r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b",  # UUID
            values.WORDED_DAY,  # 1st of March 2024, March 1, 2024
            r"[§¶]{1,2}\s*\d[\w.]*(?:\(\w{1,5}\))*",  # § 12.3(b)
            r"\b(?:section|sec\.|article|art\.|clause|exhibit|schedule|annex|appendix|paragraph|para\.|amendment|rule"
            r"|recital|addendum)\s+(?:no\.\s*)?(?:\d[\w.]*\b(?:\(\w{1,5}\))*|[ivxlc]+\b|[a-z]\b)",
            r"\b\d+(?:\.\d+)*(?:\(\w{1,5}\))+",  # 12.3(b)(ii)
            _AMOUNT,
            r"\b\d{1,3}(?:,\d{3})+(?:\.\d+)?\b",  # 1,250,000.00
            rf"\b(?!{_MEASURE})(?=[\w.:/#-]{{0,80}}\d)\w+(?:[-_./:#]\w+)+\b",  # ACME-2024-001, 12.3, 2024-03-01
            rf"\b(?!{_MEASURE})(?=\w{{0,40}}\d)(?=\w{{0,40}}[^\W\d])\w{{4,}}\b",  # ACME000123
            r"\b\d{5,}\b",
            r"\b\w+_\w+\b",  # an identifier of a program
        )
    ),
    re.IGNORECASE,
)


def exact_terms(question: str) -> list[str]:
    """What a question asks to be matched exactly, as it is written there, without quotation marks.

    These are quoted phrases, UUIDs, clause numbers such as ``12.3(b)`` and ``Section 4``, dates, e-mail
    addresses, amounts, and identifiers such as ``ACME-2024-001``. A clause number of more than one part also
    stands by itself, without the word before it, and so does a long number without its currency.

    Example:
        >>> exact_terms('Does "time is of the essence" stand in section 12.3(b) of ACME-2024-001?')
        ['time is of the essence', 'section 12.3(b)', '12.3(b)', 'ACME-2024-001']
    """
    return list(_exact_terms(question[:MAX_CHARS]))


@lru_cache(maxsize=256)  # of the question that is being answered, asked for each of its sentences
def _exact_terms(question: str) -> tuple[str, ...]:
    found: dict[str, str] = {}
    for match in _EXACT.finditer(question):
        term = next((group for group in match.groups() if group is not None), match[0]).strip()
        for form in (term, *_short_form(term)):
            if any(character.isalnum() for character in form):
                found.setdefault(form.casefold(), form)
    return tuple(found.values())[:MAX_TERMS]


def _short_form(term: str) -> list[str]:
    """The part that a document may have alone: "12.3(b)" of "clause 12.3(b)", "1,250.00" of "$1,250.00"."""
    if numbered := _NUMBERED.fullmatch(term):
        return [numbered[1]]
    if re.fullmatch(_AMOUNT, term, re.IGNORECASE) and (number := _IN_AMOUNT.search(term)):
        return [number[0]]
    return []


def exact_expression(question: str) -> str:
    """A match expression for chunks that hold any of the question's exact terms; empty if it has none."""
    return " OR ".join(exact_phrase(term) for term in exact_terms(question))


def match_expression(question: str) -> str:
    """A match expression for a free question: any of its exact terms or of its words, stop-words left
    out unless there is nothing else. Empty if there is no word in it. It is never a syntax error."""
    words = dict.fromkeys(
        term for word in re.findall(r"\w+", folded(question[:MAX_CHARS])) for term in search_terms(word.casefold())
    )
    content_words = [word for word in words if word not in STOPWORDS and any(map(str.isalnum, word))] or list(words)
    terms = dict.fromkeys([*map(exact_phrase, exact_terms(question)), *map(exact_phrase, content_words[:MAX_TERMS])])
    return " OR ".join(terms)


def exact_phrase(term: str) -> str:
    """A match expression for the words of ``term`` in their order; of a script without spaces, for its characters."""
    words, begins = search_phrase(term.replace("\x00", " ").encode(errors="replace").decode())
    return '"' + " ".join(words.split()).replace('"', '""') + '"' + (" *" if begins else "")
