"""A corpus's index as a LangChain retriever."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar, Literal

from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun, CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict, Field, InstanceOf

from hybrid.errors import InputError
from hybrid.langchain.documents import from_hit
from hybrid.langchain.opening import GivenCorpus, OfCorpus
from hybrid.langchain.running import in_thread
from hybrid.types.filters import Filter


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
    k: int = Field(default=4, ge=1, strict=True)
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
    ) -> list[Document]:
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
    ) -> list[Document]:
        call = {"run_manager": run_manager.get_sync(), "k": k, "where": where, **unknown}
        return await in_thread(lambda: self._get_relevant_documents(query, **call))
