"""Read a body of documents once, then ask questions and get answers whose citations can be checked.

Importing this package loads neither torch nor faiss nor transformers: they load with the first
corpus that needs them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hybrid.answers import Answer, Citation, Claim, Hit, Route
    from hybrid.corpus import Corpus
    from hybrid.documents import Document, Metadata
    from hybrid.errors import HybridError
    from hybrid.filters import Filter
    from hybrid.reports import CorpusStatus, DocumentInfo, IngestReport
    from hybrid.settings import Settings

__version__ = "0.1.0"
__all__ = [
    "Answer",
    "Citation",
    "Claim",
    "Corpus",
    "CorpusStatus",
    "Document",
    "DocumentInfo",
    "Filter",
    "Hit",
    "HybridError",
    "IngestReport",
    "Metadata",
    "Route",
    "Settings",
    "__version__",
]

_HOME = {
    "Answer": "hybrid.answers",
    "Citation": "hybrid.answers",
    "Claim": "hybrid.answers",
    "Corpus": "hybrid.corpus",
    "CorpusStatus": "hybrid.reports",
    "Document": "hybrid.documents",
    "DocumentInfo": "hybrid.reports",
    "Filter": "hybrid.filters",
    "Hit": "hybrid.answers",
    "HybridError": "hybrid.errors",
    "IngestReport": "hybrid.reports",
    "Metadata": "hybrid.documents",
    "Route": "hybrid.answers",
    "Settings": "hybrid.settings",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'hybrid' has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value  # found at once the next time
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
