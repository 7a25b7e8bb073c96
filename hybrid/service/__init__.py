"""A server over corpora: HTTP with an OpenAI-compatible part, jobs, keys and limits; and corpora over MCP.

``pip install 'hybrid-ttt-rag[service]'``. Start it with
`hybrid serve`; `create_app` is for whoever runs ASGI applications with a server of their own.

Example:
    >>> from hybrid.service import create_app
    >>> app = create_app(folder)  # ASGI, for uvicorn or another server of one process
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hybrid.service.app import create_app

__all__ = ["create_app"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'hybrid.service' has no attribute {name!r}")
    return getattr(import_module("hybrid.service.app"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
