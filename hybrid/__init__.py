"""Read a body of documents once, then ask questions and get answers whose citations can be checked.

Importing this package loads neither torch nor faiss nor transformers: they load with the first
corpus that needs them.
"""

from __future__ import annotations

import logging
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hybrid.answers import Answer, Citation, Claim, Hit, Hits, Route
    from hybrid.bars import progress
    from hybrid.comparison import Comparison, Contradiction
    from hybrid.corpus import Corpus
    from hybrid.documents import Document, Metadata
    from hybrid.errors import HybridError
    from hybrid.filters import Filter
    from hybrid.page import PageView
    from hybrid.reporting.exhibits import Exhibit, Exhibits, exhibits
    from hybrid.reporting.reports import Report, report
    from hybrid.reports import CorpusStatus, DocumentInfo, Documents, IngestReport, MemoryTraining
    from hybrid.settings import Settings

__version__ = "0.1.0"
__all__ = [
    "Answer",
    "Citation",
    "Claim",
    "Comparison",
    "Contradiction",
    "Corpus",
    "CorpusStatus",
    "Document",
    "DocumentInfo",
    "Documents",
    "Exhibit",
    "Exhibits",
    "Filter",
    "Hit",
    "Hits",
    "HybridError",
    "IngestReport",
    "MemoryTraining",
    "Metadata",
    "PageView",
    "Report",
    "Route",
    "Settings",
    "__version__",
    "exhibits",
    "progress",
    "report",
]

_HOME = {
    "Answer": "hybrid.answers",
    "Citation": "hybrid.answers",
    "Claim": "hybrid.answers",
    "Comparison": "hybrid.comparison",
    "Contradiction": "hybrid.comparison",
    "Corpus": "hybrid.corpus",
    "CorpusStatus": "hybrid.reports",
    "Document": "hybrid.documents",
    "DocumentInfo": "hybrid.reports",
    "Documents": "hybrid.reports",
    "Exhibit": "hybrid.reporting.exhibits",
    "Exhibits": "hybrid.reporting.exhibits",
    "Filter": "hybrid.filters",
    "Hit": "hybrid.answers",
    "Hits": "hybrid.answers",
    "HybridError": "hybrid.errors",
    "IngestReport": "hybrid.reports",
    "MemoryTraining": "hybrid.reports",
    "Metadata": "hybrid.documents",
    "PageView": "hybrid.page",
    "Report": "hybrid.reporting.reports",
    "Route": "hybrid.answers",
    "Settings": "hybrid.settings",
    "exhibits": "hybrid.reporting.exhibits",
    "progress": "hybrid.bars",
    "report": "hybrid.reporting.reports",
}


# A library says nothing by itself: programs decide what becomes of its log.
logging.getLogger("hybrid").addHandler(logging.NullHandler())


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'hybrid' has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value  # found at once the next time
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
