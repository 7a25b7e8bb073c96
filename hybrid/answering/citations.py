"""Citations against the corpus as it is now: whether each still holds, and the page it stands on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hybrid.errors import CorpusError, SourceNotFoundError
from hybrid.text.formatting import place
from hybrid.types.answers import Answer, Citation, Hit
from hybrid.types.documents import PageView
from hybrid.types.enumerations import RowSpan

if TYPE_CHECKING:
    from hybrid.stores.catalog import Catalog


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
    document = catalog.document(row.document_id, row.source)
    quote = citation.quote if isinstance(citation, Citation) else citation.text
    if document.text[citation.start : citation.end] != quote:
        raise CorpusError(
            f"the quote is not at characters {citation.start} to {citation.end} of {citation.source}, "
            f"{place(citation)}; ask again to quote the document as it is now"
        )
    return PageView.of(document, citation.start, citation.end)


def check_citations(catalog: Catalog, answer: Answer) -> list[str]:
    """What no longer holds of an answer's citations, in words; nothing if every one does.

    A citation holds, and so does a copy of an enumerated row, if its source is still in the corpus with the same
    sha256, and its quote stands at its offsets, character for character.
    """
    places: list[tuple[str, Citation | RowSpan]] = [(f"[{one.number}]", one) for one in answer.citations]
    if answer.enumeration is not None:
        copies = [copy for row in answer.enumeration.rows for copy in row.copies]
        places += [("of the rows,", one) for one in (*copies, *answer.enumeration.stated)]
    problems = []
    for label, place_ in places:
        row = catalog.source(place_.source)
        if row is None:
            problems.append(f"{label} {place_.source} is not in the corpus any more")
        elif row.sha256 != place_.sha256:
            problems.append(f"{label} {place_.source} has changed since the answer was made")
        elif catalog.text(row.document_id, place_.start, place_.end) != place_.quote:
            problems.append(f"{label} the quote is not at its offsets in {place_.source}")
    return problems
