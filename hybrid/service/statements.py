"""What the documents say to words that somebody else wrote: where a quote stands, to the character, however its white
space and its marks are written; and whether a statement holds."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hybrid.corpus import Corpus
from hybrid.errors import InputError, SourceNotFoundError
from hybrid.types.answers import Answer, Claim
from hybrid.types.base import shown
from hybrid.types.documents import Document
from hybrid.types.events import Events
from hybrid.types.filters import Filter
from hybrid.types.statements import JudgedClaim, Judgement, Quotation, QuotedPlace

_CANDIDATES = 50
"""Chunks whose documents are looked through: a quote that is in none of the best of two searches is in none."""
MOST_PLACES = 10
_ALIKE = {
    **dict.fromkeys("'‘’‚‛`´", "['‘’‚‛`´]"),
    **dict.fromkeys('"“”„‟«»', '["“”„‟«»]'),
    **dict.fromkeys("-‐‑‒–—", "[-‐‑‒–—]"),
}


def quoted(corpus: Corpus, text: str, source: str | None = None, where: Filter | None = None) -> Quotation:
    """Where ``text`` stands in the documents, word for word; or in one of them alone.

    Raises:
        InputError: no words, or more of them than a question may have.
        SourceNotFoundError: no such source.
    """
    if not any(letter.isalnum() for letter in text):
        raise InputError(f"text is the words to find, not {shown(text)}")
    most = corpus.settings.answer.max_question_chars
    if len(text) > most:  # it becomes a pattern, and one of a million words takes a processor for a minute
        raise InputError(f"text has {len(text):,} characters, and {most:,} are allowed (answer.max_question_chars)")
    pattern = re.compile(r"\s+".join("".join(_ALIKE.get(one, re.escape(one)) for one in word) for word in text.split()))
    found = []
    for document in _candidates(corpus, text, source, where):
        for match in pattern.finditer(document.text):
            found.append(_place(document, *match.span()))
            if len(found) > MOST_PLACES:
                return Quotation(text=text, places=tuple(found[:MOST_PLACES]), more=True)
    return Quotation(text=text, places=tuple(found))


def _candidates(corpus: Corpus, text: str, source: str | None, where: Filter | None) -> Iterator[Document]:
    if source is not None:
        named = corpus.get_documents([source])
        if source not in named:
            raise SourceNotFoundError(f"no source {shown(source)} in the corpus")
        yield from named.values()
        return
    with corpus.session() as session:
        words = " ".join(word for word in re.split(r"[^\w'’-]+", text) if word)
        hits = [hit for asked in (f'"{words}"', text) for hit in session.search(asked, _CANDIDATES, where=where)]
        yield from session.get_documents(dict.fromkeys(hit.document_id for hit in hits)).values()


def _place(document: Document, start: int, end: int) -> QuotedPlace:
    location = document.locate(start, end)
    return QuotedPlace(
        source=document.source,
        title=document.title,
        quote=document.text[start:end],
        start=start,
        end=end,
        page=location.page,
        last_page=location.last_page,
        lines=location.lines,
        sha256=document.sha256,
    )


def judging(corpus: Corpus, statement: str, where: Filter | None = None) -> Events:
    """The events of an answer that says just this: a statement goes the way of what a writer writes, from the search
    for evidence to the verdicts.

    Raises `InputError` for a statement without words, or one that is longer than a question may be.
    """
    return corpus.stream(statement, route="comprehension", where=where, writer=lambda _: statement)


def judgement(statement: str, answer: Answer) -> Judgement:
    """Each sentence of a statement with its verdict, from the answer that says just this."""
    spans = {one.number: one for one in (*answer.citations, *(answer.draft.citations if answer.draft else ()))}
    claims = [*answer.claims, *(answer.draft.claims if answer.draft else ())]
    found = [
        JudgedClaim(claim=claim, against=tuple(spans[number] for number in claim.contradicted_by))
        for claim in claims
        if claim.origin == "writer"
    ]
    if not found:  # nothing in the documents is near enough to be compared with
        found = [JudgedClaim(claim=Claim(text=statement, verdict="unsupported", origin="writer", support=0.0))]
    return Judgement(statement=statement, claims=tuple(found))
