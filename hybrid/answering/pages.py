"""The page that a citation stands on."""

from __future__ import annotations

from typing import Protocol

from hybrid.answers import Citation, Hit
from hybrid.display.text import place
from hybrid.documents import Document
from hybrid.errors import CorpusError, SourceNotFoundError
from hybrid.page import PageView
from hybrid.stores.rows import SourceRow


class Catalog(Protocol):
    """What showing pages needs of a `hybrid.stores.catalog.Catalog`."""

    def source(self, name: str) -> SourceRow | None:
        """The source of that name."""

    def document(self, document_id: int) -> Document:
        """The document with its text."""


def page_of(catalog: Catalog, citation: Citation | Hit) -> PageView:
    """The page view of a citation's span, or of a hit's, in the document as it is now.

    Raises:
        SourceNotFoundError: the document is not in the corpus.
        CorpusError: the document has changed since, or the quote is not at its offsets.
    """
    row = catalog.source(citation.source)
    if row is None:
        raise SourceNotFoundError(f"{citation.source} is not in the corpus; corpus.documents() lists what is")
    if row.sha256 != citation.sha256:
        raise CorpusError(f"{citation.source} has changed since it was quoted; ask again to quote it as it is now")
    document = catalog.document(row.document_id)
    quote = citation.quote if isinstance(citation, Citation) else citation.text
    if document.text[citation.start : citation.end] != quote:
        raise CorpusError(
            f"the quote is not at characters {citation.start} to {citation.end} of {citation.source}, "
            f"{place(citation)}; ask again to quote the document as it is now"
        )
    view = PageView.of(document, citation.start, citation.end)
    return view.model_copy(update={"source": citation.source})
