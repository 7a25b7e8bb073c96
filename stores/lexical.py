"""Search by words: SQLite FTS5, and match expressions made from free questions.

Nothing outside this file (and the migration that makes the table) knows FTS5, so that another
database's full-text search can take its place.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import MutableMapping, Sequence
from itertools import pairwise

from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from hybrid.errors import InputError

MAX_CHARS = 10_000  # of a question; the rest is not looked at
MAX_TERMS = 64  # of each kind in one expression

_STOP_WORDS = frozenset(  # as one string: a list would be 130 lines
    """""a about after again all also am an and any are as at be because been before being between both but by can
    could d did do does doing down during each every few for from further had has have having he her here hers him
    his how i if in into is it its itself just ll m may me might more most must my no nor not of off on once only or
    other our out over own please re s said same shall she should so some such t tell than that the their them then
    there these they this those through to too under until up us ve very was we were what when where whether which
    while who whom whose why will with within without would you your""".split()  # noqa: SIM905
)

_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)[a-z]*\.?"
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
            r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+",  # e-mail address
            r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b",  # UUID
            rf"\b\d{{1,2}}(?:st|nd|rd|th)?\s+(?:day\s+)?(?:of\s+)?{_MONTH},?\s+\d{{4}}\b",  # 1st of March 2024
            rf"\b{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{4}}\b",  # March 1, 2024
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


_TERM = re.compile(r'"(?:[^"]|"")+"')


def storable(value: str) -> bool:
    """Whether a database can hold the text: no NUL, and no lone surrogates, which UTF-8 cannot write."""
    if "\x00" in value:
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def exact_terms(question: str) -> list[str]:
    """What a question asks for to the letter, as it is written there and without quotation marks.

    These are quoted phrases, UUIDs, clause numbers such as ``12.3(b)`` and ``Section 4``, dates, e-mail
    addresses, amounts, and identifiers such as ``ACME-2024-001``. A clause number of more than one part also
    stands by itself, without the word before it, and so does a long number without its currency.

    Example:
        >>> exact_terms('Does "time is of the essence" stand in section 12.3(b) of ACME-2024-001?')
        ['time is of the essence', 'section 12.3(b)', '12.3(b)', 'ACME-2024-001']
    """
    found: dict[str, str] = {}
    for match in _EXACT.finditer(question[:MAX_CHARS]):
        term = next((group for group in match.groups() if group is not None), match[0]).strip()
        for form in (term, *_short_form(term)):
            if any(character.isalnum() for character in form):
                found.setdefault(form.casefold(), form)
    return list(found.values())[:MAX_TERMS]


def _short_form(term: str) -> list[str]:
    """The part that a document may have alone: "12.3(b)" of "clause 12.3(b)", "1,250.00" of "$1,250.00"."""
    if numbered := _NUMBERED.fullmatch(term):
        return [numbered[1]]
    if re.fullmatch(_AMOUNT, term, re.IGNORECASE) and (number := _IN_AMOUNT.search(term)):
        return [number[0]]
    return []


def exact_expression(question: str) -> str:
    """A match expression for chunks that hold any of the question's exact terms; empty if it has none."""
    return " OR ".join(_phrase(term) for term in exact_terms(question))


def match_expression(question: str) -> str:
    """A match expression for a free question: any of its exact terms or of its words, stop-words left
    out unless there is nothing else. Empty if there is no word in it. It is never a syntax error."""
    words = dict.fromkeys(
        word.casefold() for word in re.findall(r"\w+", unicodedata.normalize("NFC", question[:MAX_CHARS]))
    )
    telling = [word for word in words if word not in _STOP_WORDS and any(map(str.isalnum, word))] or list(words)
    terms = dict.fromkeys([*map(_phrase, exact_terms(question)), *map(_phrase, telling[:MAX_TERMS])])
    return " OR ".join(terms)


def _phrase(term: str) -> str:
    plain = term.replace("\x00", " ").encode(errors="replace").decode()
    return '"' + unicodedata.normalize("NFC", plain).replace('"', '""') + '"'


def search(
    connection: Connection, match: str, k: int, documents: Sequence[int] | None = None
) -> list[tuple[int, float]]:
    """The ``k`` best chunks for a match expression: ids and BM25 scores, higher is better.

    With ``documents``, the ``k`` best of these documents' chunks; how rare a word is counts over all.
    """
    if not match or k < 1 or (documents is not None and not documents):
        return []
    where, values = "chunks_fts MATCH :match", {"match": match, "k": k}
    if documents is not None:
        # The plus keeps SQLite from running the match once for each chunk of the documents.
        where += " AND +rowid IN (SELECT id FROM chunks WHERE document_id IN (SELECT value FROM json_each(:documents)))"
        values["documents"] = json.dumps(list(documents))
    statement = text(f"SELECT rowid, -bm25(chunks_fts) FROM chunks_fts WHERE {where} ORDER BY rank, rowid LIMIT :k")
    try:
        return [(row[0], row[1]) for row in connection.execute(statement, values)]
    except OperationalError as error:
        if any(sign in str(error.orig) for sign in ("fts5", "no such column", "unterminated", "special query")):
            raise InputError(f"{match!r} is not a match expression ({error.orig}); see match_expression") from error
        raise


def count(connection: Connection, match: str, up_to: int) -> int:
    """How many chunks a match expression finds; counting ends at ``up_to``. Cheap: nothing is scored."""
    return counts_of(connection, [match], up_to)[0] if match else 0


def counts_of(connection: Connection, matches: Sequence[str], up_to: int) -> list[int]:
    """`count` of each expression, none of them empty, in one statement."""
    if not matches:
        return []
    one = "(SELECT count(*) FROM (SELECT 1 FROM chunks_fts WHERE chunks_fts MATCH ? LIMIT ?))"
    values = tuple(value for match in matches for value in (match, up_to))
    return list(connection.exec_driver_sql(f"SELECT {', '.join([one] * len(matches))}", values).one())


def search_words(
    connection: Connection, match: str, k: int, budget: int, postings: int, known: MutableMapping[str, int]
) -> list[tuple[int, float]]:
    """`search` over all documents for terms joined by OR, scoring about ``budget`` chunks however large the corpus.

    SQLite's BM25 takes as long as there are chunks with any of the terms, and nearly all of those hold only the
    commonest. So the candidates are the chunks with the rarer terms, and each is scored by all of them: its score is
    what `search` gives it.

    Args:
        match: as `match_expression` makes it.
        budget: candidates to score. Where they are fewer than ``k``, the next term's are taken as well, unless it
            brings ten times the budget by itself: then fewer than ``k`` are found.
        postings: a term that more chunks hold does not count towards a score.
        known: how many chunks hold a term, as far as it was asked before; what is counted is added.
    """
    if not match or k < 1:
        return []
    terms = list(dict.fromkeys(_TERM.findall(match)))
    unknown = [term for term in terms if term not in known]
    known.update(zip(unknown, counts_of(connection, unknown, postings + 1), strict=True))
    counts = {term: known[term] for term in terms}
    rarest_first = sorted((term for term in counts if counts[term]), key=lambda term: counts[term])
    rare, found = rarest_first[:1], 0
    for term, after in pairwise(rarest_first):
        found += counts[term]
        if found + counts[after] > budget and (found >= k or counts[after] > 10 * budget):
            break
        rare.append(after)
    common = [term for term in rarest_first[len(rare) :] if counts[term] <= postings]
    if not common:
        return search(connection, " OR ".join(rare), k)
    # The left side says which chunks are scored. Every term stands in the expression twice, so each score is doubled.
    narrow = f"({' OR '.join(rare)}) AND ({' OR '.join([*rare, *common, *common])})"
    return [(chunk_id, score / 2) for chunk_id, score in search(connection, narrow, k)]


def add(connection: Connection, rows: Sequence[tuple[int, str]]) -> None:
    """Index chunks: (id, text) each."""
    values = [{"id": chunk_id, "text": chunk} for chunk_id, chunk in rows]
    if values:
        connection.execute(text("INSERT INTO chunks_fts(rowid, text) VALUES (:id, :text)"), values)


def remove(connection: Connection, rows: Sequence[tuple[int, str]]) -> None:
    """Take chunks out of the index: (id, text) each, the text exactly as it was added."""
    values = [{"id": chunk_id, "text": chunk} for chunk_id, chunk in rows]
    if values:
        delete = "INSERT INTO chunks_fts(chunks_fts, rowid, text) VALUES ('delete', :id, :text)"
        connection.execute(text(delete), values)


def check(connection: Connection) -> bool:
    """Whether the index agrees, word for word, with the chunks' texts. Reads them all."""
    try:
        connection.execute(text("INSERT INTO chunks_fts(chunks_fts, rank) VALUES ('integrity-check', 1)"))
    except Exception as error:
        if "malformed" in str(error) or "corrupt" in str(error):
            return False
        raise
    return True
