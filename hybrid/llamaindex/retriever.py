"""A corpus's index as a LlamaIndex retriever."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Literal

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.callbacks.base import CallbackManager
from llama_index.core.schema import NodeWithScore, QueryBundle

from hybrid.components import Opener, corpus_of, filter_of, number_of_hits, order_of
from hybrid.corpus import Corpus
from hybrid.llamaindex.nodes import asked, node_of_hit
from hybrid.types.filters import Filter


class HybridRetriever(BaseRetriever):
    """Retrieves the spans of a corpus that are relevant to a question, for any query engine of LlamaIndex's.

    A node's text is the span, character for character. Its metadata say where it stands (``source``, ``title``,
    ``start``, ``end``, ``page``, ``last_page``, ``lines``, ``sha256``), who says it and when (``speaker``, ``author``,
    ``date``) and what its document is (``status``, ``status_reason``), beside the document's own metadata. Pages and
    lines count from 1; what is not known is ``None``. ``node.ref_doc_id`` is the source.

    Args:
        corpus: an open corpus, or the directory of one, which is opened with the first question.
        k: how many spans.
        where: search these documents of the corpus only.
        order: ``"dense"`` or ``"lexical"`` for one search alone.
        callback_manager: LlamaIndex's, which is told of each retrieval.
        verbose: LlamaIndex's.

    Raises:
        CorpusNotFoundError: with the first question, if there is no corpus in the directory.
        InputError: an argument that cannot be used; an empty question; a filter that names what no document has; a
            query with an image, or with other texts to embed than the question.

    Example:
        >>> retriever = HybridRetriever("acme-v-beta", k=2)
        >>> retriever.retrieve("When does the supply agreement end?")[0].metadata["lines"]
        [3, 3]
    """

    def __init__(
        self,
        corpus: Corpus | str | Path,
        *,
        k: int = 4,
        where: Filter | None = None,
        order: Literal["fused", "dense", "lexical"] = "fused",
        callback_manager: CallbackManager | None = None,
        verbose: bool = False,
    ) -> None:
        self._open = Opener(corpus_of(corpus))
        self._k = number_of_hits(k)
        self._where = filter_of(where)
        self._order: Literal["fused", "dense", "lexical"] = order_of(order)
        super().__init__(callback_manager=callback_manager, verbose=verbose)

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        question = asked(query_bundle)
        with self._open().session() as session:
            hits = session.search(question, self._k, where=self._where, order=self._order)
            documents = session.get_documents({hit.document_id for hit in hits})
            return [node_of_hit(hit, documents[hit.document_id]) for hit in hits]

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return await asyncio.to_thread(self._retrieve, query_bundle)
