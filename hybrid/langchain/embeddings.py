"""hybrid's embedder as LangChain embeddings."""

from __future__ import annotations

from typing import Any, ClassVar

from langchain_core.embeddings import Embeddings
from pydantic import ConfigDict, PrivateAttr

import hybrid
from hybrid.langchain import checks
from hybrid.settings import RetrievalSettings


class HybridEmbeddings(checks.CheckedModel, Embeddings):
    """Embeds texts as a corpus does: the same model, loaded once for all that use it, on this machine alone.

    Args:
        model: a built-in embedder by name, the directory of a sentence-transformers model, or a hub id in the
            local cache.

    Raises:
        InputError: an argument that is unknown, or is no string.
        MissingModelError: with the first text, if the model's files are not on this machine.

    Example:
        >>> vector = HybridEmbeddings().embed_query("When does it end?")
        >>> len(vector)
        384
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True)

    model: str = RetrievalSettings().embedder
    _loaded: Any = PrivateAttr(default=None)

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Vectors of length 1, in the order of the texts. Raises `InputError` for what is no list of strings."""
        given = checks.texts("texts", texts)
        self._loaded = hybrid.load_embedder(self.model)  # shared; it stays loaded as long as this object lives
        return [[float(value) for value in vector] for vector in self._loaded.encode(given)]

    def embed_query(self, text: str) -> list[float]:
        """The vector of a question; the same as of a document with that text."""
        return self.embed_documents([checks.text("text", text)])[0]

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> HybridEmbeddings:
        return HybridEmbeddings(model=self.model)

    def __reduce__(self) -> tuple[Any, ...]:
        return _named, (self.model,)


def _named(model: str) -> HybridEmbeddings:
    return HybridEmbeddings(model=model)
