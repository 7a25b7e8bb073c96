"""LlamaIndex: a retriever and a query engine over hybrid's corpora.

Built on llama-index-core alone (``pip install 'hybrid-ttt-rag[llama-index]'``). Nothing here loads a model before it is
first asked, and nothing asks another host.

Example:
    >>> from hybrid.llamaindex import HybridQueryEngine, HybridRetriever
    >>> HybridRetriever("acme-v-beta", k=5).retrieve("When does the supply agreement end?")
    >>> print(HybridQueryEngine("acme-v-beta").query("Why did the parties fall out?"))
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from hybrid.errors import MissingExtraError

try:
    import llama_index.core  # noqa: F401 - what everything here stands on
except ModuleNotFoundError as error:
    if (error.name or "").split(".")[0] != "llama_index":  # one of its own dependencies: its message names it
        raise
    raise MissingExtraError("hybrid.llamaindex needs llama-index-core", "llama-index") from error

if TYPE_CHECKING:
    from hybrid.llamaindex.query_engine import HybridQueryEngine
    from hybrid.llamaindex.retriever import HybridRetriever

__all__ = ["HybridQueryEngine", "HybridRetriever"]

_HOME = {"HybridQueryEngine": "query_engine", "HybridRetriever": "retriever"}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'hybrid.llamaindex' has no attribute {name!r}")
    value = getattr(import_module(f"hybrid.llamaindex.{_HOME[name]}"), name)
    globals()[name] = value  # found at once the next time
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
