"""Words in the documents, to the character: where a quote stands, however its white space and its marks are written."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hybrid.corpus import Corpus
from hybrid.errors import InputError, SourceNotFoundError
from hybrid.text.formatting import place
from hybrid.types.base import FrozenModel, shown
from hybrid.types.documents import Document
from hybrid.types.filters import Filter

_CANDIDATES = 50
"""Chunks whose documents are looked through: a quote that is in none of the best of two searches is in none."""
MOST_PLACES = 10
_ALIKE = {
    **dict.fromkeys("'‘’‚‛`´", "['‘’‚‛`´]"),
    **dict.fromkeys('"“”„‟«»', '["“”„‟«»]'),
    **dict.fromkeys("-‐‑‒–—", "[-‐‑‒–—]"),
}


class QuotedPlace(FrozenModel):
    """A span of a document that a quote stands at: ``quote`` is ``text[start:end]`` of it."""

    source: str
    title: str
    quote: str
    start: int
    end: int
    page: int | None
    last_page: int | None
    lines: tuple[int, int]
    sha256: str

    def __str__(self) -> str:
        return f"{self.source}, {place(self)}: “{' '.join(self.quote.split())}”"


class Quotation(FrozenModel):
    """Where words stand in the documents; ``places`` is empty where none has them as they are."""

    text: str
    places: tuple[QuotedPlace, ...] = ()
    more: bool = False

    def __str__(self) -> str:
        if not self.places:
            return f"No document has these words: {shown(self.text)}. Do not give them as a quote."
        more = [f"and more; these are the first {len(self.places)}"] if self.more else []
        return "\n".join([*map(str, self.places), *more])


def quoted(corpus: Corpus, text: str, source: str | None = None, where: Filter | None = None) -> Quotation:
    """Where ``text`` stands in the documents, word for word; or in one of them alone.

    Raises:
        InputError: no words.
        SourceNotFoundError: no such source.
    """
    if not any(letter.isalnum() for letter in text):
        raise InputError(f"text is the words to find, not {shown(text)}")
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
