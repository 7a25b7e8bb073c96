"""The client of a server (`hybrid serve`): the methods of `hybrid.Corpus`, its types, and its errors.

``pip install 'hybrid-ttt-rag[client]'``. It loads no model and reads no corpus.

Example:
    >>> from hybrid.client import Client
    >>> with Client(url, key="hyb_...") as client:
    ...     answer = client.corpus("acme-v-beta").ask("When does the supply agreement end?")
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from hybrid.errors import MissingExtraError

try:
    import httpx  # noqa: F401 - what everything here stands on
except ModuleNotFoundError as error:
    raise MissingExtraError("hybrid.client needs httpx", "client") from error

if TYPE_CHECKING:
    from hybrid.client.asynchronous import AsyncClient, AsyncRemoteCorpus
    from hybrid.client.synchronous import Client, RemoteCorpus

__all__ = ["AsyncClient", "AsyncRemoteCorpus", "Client", "RemoteCorpus"]

_HOME = {
    "AsyncClient": "asynchronous",
    "AsyncRemoteCorpus": "asynchronous",
    "Client": "synchronous",
    "RemoteCorpus": "synchronous",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'hybrid.client' has no attribute {name!r}")
    value = getattr(import_module(f"hybrid.client.{_HOME[name]}"), name)
    globals()[name] = value  # found at once the next time
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
