"""LangChain: a retriever, a chat model, embeddings and a vector store over hybrid's corpora.

Built on langchain-core alone (``pip install 'hybrid-ttt-rag[langchain]'``). Nothing here loads a model before it
is first asked.

Example:
    >>> from hybrid.langchain import ChatHybrid, HybridRetriever
    >>> HybridRetriever(corpus="acme-v-beta", k=5).invoke("When does the supply agreement end?")
    >>> ChatHybrid(corpus="acme-v-beta").invoke("Why did the parties fall out?").text
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from hybrid.errors import MissingExtraError

try:
    import langchain_core  # noqa: F401 - what everything here stands on
except ModuleNotFoundError as error:
    raise MissingExtraError("hybrid.langchain needs langchain-core", "langchain") from error

if TYPE_CHECKING:
    from hybrid.langchain.chat import ChatHybrid
    from hybrid.langchain.prompts import as_context, citations_of
    from hybrid.langchain.retriever import HybridRetriever, from_langchain
    from hybrid.langchain.vector_store import HybridEmbeddings, HybridVectorStore

__all__ = [
    "ChatHybrid",
    "HybridEmbeddings",
    "HybridRetriever",
    "HybridVectorStore",
    "as_context",
    "citations_of",
    "from_langchain",
]

_HOME = {
    "ChatHybrid": "chat",
    "HybridEmbeddings": "vector_store",
    "HybridRetriever": "retriever",
    "HybridVectorStore": "vector_store",
    "as_context": "prompts",
    "citations_of": "prompts",
    "from_langchain": "retriever",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'hybrid.langchain' has no attribute {name!r}")
    value = getattr(import_module(f"hybrid.langchain.{_HOME[name]}"), name)
    globals()[name] = value  # found at once the next time
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
