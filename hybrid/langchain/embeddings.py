"""hybrid's embedder as LangChain embeddings."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from langchain_core.embeddings import Embeddings
from pydantic import BaseModel, ConfigDict, PrivateAttr

from hybrid.settings.models import EMBEDDER

if TYPE_CHECKING:
    from hybrid.retrieval.embedding import Embedder


class HybridEmbeddings(BaseModel, Embeddings):
    """Embeds texts as a corpus does: the same model, loaded once for all that use it, on this machine alone.

    Args:
        model: a built-in embedder by name, the directory of a sentence-transformers model, or a hub id in the
            local cache.

    Raises:
        MissingModelError: with the first text, if the model's files are not on this machine.

    Example:
        >>> vector = HybridEmbeddings().embed_query("When does it end?")
        >>> len(vector)
        384
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True)

    model: str = EMBEDDER.name
    _held: Embedder | None = PrivateAttr(default=None)

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Vectors of length 1, in the order of the texts."""
        return [[float(value) for value in vector] for vector in self._embedder().encode(texts)]

    def embed_query(self, text: str) -> list[float]:
        """The vector of a question; the same as of a document with that text."""
        return self.embed_documents([text])[0]

    def _embedder(self) -> Embedder:
        if self._held is None:
            from hybrid._view import load_embedder

            self._held = load_embedder(self.model)  # two threads that both ask get the same
        return self._held
