"""A corpus's index as a LangChain retriever, and documents from LangChain's form to hybrid's and back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, ClassVar, Literal

import langchain_core.documents as langchain
from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun, CallbackManagerForRetrieverRun
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict, Field, InstanceOf

from hybrid.errors import DocumentError, InputError
from hybrid.ingest.external_documents import from_metadata, rejoined
from hybrid.langchain.component import (
    GivenCorpus,
    OfCorpus,
    documents_of_either_kind,
)
from hybrid.langchain.running import in_thread
from hybrid.types.answers import Hit
from hybrid.types.documents import Document
from hybrid.types.filters import Filter


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
    return _whole(documents_of_either_kind("documents", documents))


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


class HybridRetriever(OfCorpus, BaseRetriever):
    """Retrieves the spans of a corpus that are relevant to a question, for any chat model.

    A document's ``page_content`` is the span, character for character. Its ``metadata`` says where it stands:
    ``source``, ``title``, ``start``, ``end``, ``page``, ``last_page``, ``lines``, ``sha256`` and ``score``, next to
    what is known about the document. Pages and lines count from 1.

    Args:
        corpus: an open corpus, or the directory of one, which is opened with the first question.
        k: how many documents; also in the call: ``retriever.invoke(question, k=3)``.
        where: search these documents of the corpus only; also in the call.
        order: ``"dense"`` or ``"lexical"`` for one search alone.

    Raises:
        CorpusNotFoundError: with the first question, if there is no corpus in the directory.
        InputError: an argument that is unknown or cannot be used, of the constructor or the call; an empty question; a
            filter that names what no document has.

    Example:
        >>> retriever = HybridRetriever(corpus="acme-v-beta", k=2)
        >>> retriever.invoke("When does the supply agreement end?")[0].metadata["lines"]
        [3, 3]
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(arbitrary_types_allowed=True, extra="forbid")

    corpus: GivenCorpus
    k: int = Field(default=4, ge=1, le=1_000_000, strict=True)
    where: InstanceOf[Filter] | None = None
    order: Literal["fused", "dense", "lexical"] = "fused"

    def state(self) -> str:
        """What decides which documents are found, as text: another text once others may be. A key for caches."""
        opened = self._opened()
        with opened().session() as session:
            found_by = (
                session.fingerprint,
                self.k,
                None if self.where is None else self.where.model_dump(),
                self.order,
            )
        return repr((str(Path(opened.directory).absolute()), *found_by))

    def _get_relevant_documents(
        self,
        query: str,
        *,
        run_manager: CallbackManagerForRetrieverRun,  # noqa: ARG002 - LangChain hands it over by name
        k: int | None = None,
        where: Filter | None = None,
        **unknown: Any,
    ) -> list[langchain.Document]:
        if unknown:
            raise InputError(f"HybridRetriever does not know {', '.join(sorted(unknown))}; a call takes k and where")
        where = self.where if where is None else where
        with self._opened()().session() as session:
            hits = session.search(query, self.k if k is None else k, where=where, order=self.order)
            documents = session.get_documents({hit.document_id for hit in hits})
            return [from_hit(hit, documents[hit.document_id]) for hit in hits]

    async def _aget_relevant_documents(
        self,
        query: str,
        *,
        run_manager: AsyncCallbackManagerForRetrieverRun,
        k: int | None = None,
        where: Filter | None = None,
        **unknown: Any,
    ) -> list[langchain.Document]:
        call = {"run_manager": run_manager.get_sync(), "k": k, "where": where, **unknown}
        return await in_thread(lambda: self._get_relevant_documents(query, **call))
