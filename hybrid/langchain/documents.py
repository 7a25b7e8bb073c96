"""LangChain's documents into hybrid's, and what a corpus holds back into LangChain's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import langchain_core.documents as langchain

from hybrid.errors import DocumentError
from hybrid.ingest.external_documents import from_metadata, rejoined
from hybrid.langchain import checks
from hybrid.types.answers import Hit
from hybrid.types.documents import Document


def from_langchain(documents: Iterable[langchain.Document]) -> Iterator[Document]:
    """hybrid's documents from LangChain's, as loaders and splitters make them.

    Pages and chunks of one source, which must follow one another, become one document again, so that spans are
    those of the original: pages by ``page`` (from 0) or ``page_number`` (from 1), chunks by ``start_index``. Chunks
    without one stay apart, as ``<source>#1``, ``<source>#2`` and so on. Metadata is kept: ``title``, ``author``,
    ``date`` and ``custodian`` as such, everything else as it is.

    `Corpus.ingest` takes LangChain's documents as they are, and reports what this function raises.

    Args:
        documents: a list or a stream; it is read one source at a time.

    Raises:
        InputError: ``documents`` is no list or stream, or one of them is no document.
        EmptyDocumentError: there is no text in a document.
        DamagedDocumentError: a chunk's ``start_index`` is wrong (some splitters give −1) and its neighbours do not
            show where it stands; the message names the chunk.

    Example:
        >>> from langchain_core.documents import Document
        >>> chunks = [Document("It ends in May.", metadata={"source": "a.txt", "start_index": 0}),
        ...           Document("It was signed.", metadata={"source": "a.txt", "start_index": 16})]
        >>> [document.text for document in from_langchain(chunks)]
        ['It ends in May.\\nIt was signed.']
    """
    return _whole(checks.documents_of_either_kind("documents", documents))


def _whole(documents: Iterable[Any]) -> Iterator[Document]:
    for one in rejoined(documents):
        if isinstance(one, DocumentError):
            raise one
        yield one


def from_hit(hit: Hit, document: Document) -> langchain.Document:
    """A search result with where it stands, and what is known about its document.

    The keys ``source``, ``title``, ``start``, ``end``, ``page``, ``last_page``, ``lines``, ``sha256`` and ``score`` are
    the span's; the document's own metadata stands beside them, and what of it has one of these keys with another value
    stands under ``document``. Pages and lines count from 1.
    """
    place: dict[str, Any] = {
        "source": hit.source,
        "title": hit.title,
        "start": hit.start,
        "end": hit.end,
        "page": hit.page,
        "last_page": hit.last_page,
        "lines": list(hit.lines),
        "sha256": hit.sha256,
        "score": hit.score,
    }
    own = from_metadata(document.metadata)
    hidden = {key: value for key, value in own.items() if key == "document" or (key in place and place[key] != value)}
    metadata = own | place | ({"document": hidden} if hidden else {})
    return langchain.Document(id=f"{hit.source}:{hit.start}-{hit.end}", page_content=hit.text, metadata=metadata)
