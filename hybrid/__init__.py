"""Read a body of documents once, then ask questions and get answers whose citations can be checked.

Importing this package loads neither torch nor faiss nor transformers: they load with the first
corpus that needs them.
"""

from __future__ import annotations

import logging
from importlib import import_module
from typing import TYPE_CHECKING, Any

from hybrid.types.base import renderers

if TYPE_CHECKING:
    from hybrid._view import load_embedder
    from hybrid.corpus import Corpus
    from hybrid.display.progress import progress
    from hybrid.errors import (
        AccessError,
        ArchiveError,
        CatalogUnreachableError,
        ClusterError,
        CorpusError,
        CorpusExistsError,
        CorpusLockedError,
        CorpusNotFoundError,
        CorpusVersionError,
        CorruptCorpusError,
        DocumentError,
        EmbeddingError,
        HybridError,
        InputError,
        InstallationError,
        MissingExtraError,
        MissingModelError,
        ModelError,
        RerankingError,
        SettingsError,
        SourceNotFoundError,
        UnsupportedModelError,
        VectorsUnreachableError,
    )
    from hybrid.export.report import AnswerReport, report
    from hybrid.session import AsyncSession, Session
    from hybrid.settings import Settings
    from hybrid.types.answers import (
        Answer,
        Citation,
        Claim,
        Comparison,
        Contradiction,
        DigestPart,
        Draft,
        Hit,
        Hits,
        Route,
    )
    from hybrid.types.certificates import DeletionCertificate, DeletionCheck
    from hybrid.types.documents import Document, DocumentStatus, Metadata, PageView, Passage
    from hybrid.types.enumerations import EnumeratedRow, Enumeration, RowSpan
    from hybrid.types.events import (
        CitationEvent,
        ClaimEvent,
        DraftEvent,
        EndEvent,
        EvidenceEvent,
        NoteEvent,
        RouteEvent,
        TextEvent,
    )
    from hybrid.types.exhibits import Exhibit, Exhibits, exhibits
    from hybrid.types.filters import Filter
    from hybrid.types.identities import Identity
    from hybrid.types.reports import (
        CorpusStatus,
        DocumentInfo,
        Documents,
        ExportReport,
        IngestReport,
        IntegrityProblem,
        IntegrityReport,
        MemoryTraining,
        VolumeInfo,
        VolumeReport,
    )

__version__ = "0.1.0"
__all__ = [
    "AccessError",
    "Answer",
    "AnswerReport",
    "ArchiveError",
    "AsyncSession",
    "CatalogUnreachableError",
    "Citation",
    "CitationEvent",
    "Claim",
    "ClaimEvent",
    "ClusterError",
    "Comparison",
    "Contradiction",
    "Corpus",
    "CorpusError",
    "CorpusExistsError",
    "CorpusLockedError",
    "CorpusNotFoundError",
    "CorpusStatus",
    "CorpusVersionError",
    "CorruptCorpusError",
    "DeletionCertificate",
    "DeletionCheck",
    "DigestPart",
    "Document",
    "DocumentError",
    "DocumentInfo",
    "DocumentStatus",
    "Documents",
    "Draft",
    "DraftEvent",
    "EmbeddingError",
    "EndEvent",
    "EnumeratedRow",
    "Enumeration",
    "EvidenceEvent",
    "Exhibit",
    "Exhibits",
    "ExportReport",
    "Filter",
    "Hit",
    "Hits",
    "HybridError",
    "Identity",
    "IngestReport",
    "InputError",
    "InstallationError",
    "IntegrityProblem",
    "IntegrityReport",
    "MemoryTraining",
    "Metadata",
    "MissingExtraError",
    "MissingModelError",
    "ModelError",
    "NoteEvent",
    "PageView",
    "Passage",
    "RerankingError",
    "Route",
    "RouteEvent",
    "RowSpan",
    "Session",
    "Settings",
    "SettingsError",
    "SourceNotFoundError",
    "TextEvent",
    "UnsupportedModelError",
    "VectorsUnreachableError",
    "VolumeInfo",
    "VolumeReport",
    "__version__",
    "exhibits",
    "load_embedder",
    "progress",
    "report",
]

_HOME = {
    "CitationEvent": "hybrid.types.events",
    "ClaimEvent": "hybrid.types.events",
    "DraftEvent": "hybrid.types.events",
    "EndEvent": "hybrid.types.events",
    "EvidenceEvent": "hybrid.types.events",
    "NoteEvent": "hybrid.types.events",
    "RouteEvent": "hybrid.types.events",
    "RowSpan": "hybrid.types.enumerations",
    "TextEvent": "hybrid.types.events",
    "Answer": "hybrid.types.answers",
    "Citation": "hybrid.types.answers",
    "Claim": "hybrid.types.answers",
    "Comparison": "hybrid.types.answers",
    "Contradiction": "hybrid.types.answers",
    "Corpus": "hybrid.corpus",
    "CorpusStatus": "hybrid.types.reports",
    "Document": "hybrid.types.documents",
    "DocumentInfo": "hybrid.types.reports",
    "DocumentStatus": "hybrid.types.documents",
    "Documents": "hybrid.types.reports",
    "EnumeratedRow": "hybrid.types.enumerations",
    "Enumeration": "hybrid.types.enumerations",
    "Exhibit": "hybrid.types.exhibits",
    "Exhibits": "hybrid.types.exhibits",
    "Filter": "hybrid.types.filters",
    "DigestPart": "hybrid.types.answers",
    "Draft": "hybrid.types.answers",
    "Hit": "hybrid.types.answers",
    "Hits": "hybrid.types.answers",
    "AccessError": "hybrid.errors",
    "ArchiveError": "hybrid.errors",
    "CorpusExistsError": "hybrid.errors",
    "HybridError": "hybrid.errors",
    "Identity": "hybrid.types.identities",
    "CatalogUnreachableError": "hybrid.errors",
    "ClusterError": "hybrid.errors",
    "CorpusError": "hybrid.errors",
    "CorpusLockedError": "hybrid.errors",
    "CorpusNotFoundError": "hybrid.errors",
    "CorpusVersionError": "hybrid.errors",
    "CorruptCorpusError": "hybrid.errors",
    "DocumentError": "hybrid.errors",
    "EmbeddingError": "hybrid.errors",
    "RerankingError": "hybrid.errors",
    "InputError": "hybrid.errors",
    "InstallationError": "hybrid.errors",
    "MissingExtraError": "hybrid.errors",
    "MissingModelError": "hybrid.errors",
    "ModelError": "hybrid.errors",
    "SettingsError": "hybrid.errors",
    "SourceNotFoundError": "hybrid.errors",
    "UnsupportedModelError": "hybrid.errors",
    "VectorsUnreachableError": "hybrid.errors",
    "DeletionCertificate": "hybrid.types.certificates",
    "DeletionCheck": "hybrid.types.certificates",
    "ExportReport": "hybrid.types.reports",
    "IngestReport": "hybrid.types.reports",
    "IntegrityProblem": "hybrid.types.reports",
    "IntegrityReport": "hybrid.types.reports",
    "VolumeInfo": "hybrid.types.reports",
    "VolumeReport": "hybrid.types.reports",
    "MemoryTraining": "hybrid.types.reports",
    "Metadata": "hybrid.types.documents",
    "PageView": "hybrid.types.documents",
    "Passage": "hybrid.types.documents",
    "AnswerReport": "hybrid.export.report",
    "Route": "hybrid.types.answers",
    "AsyncSession": "hybrid.session",
    "Session": "hybrid.session",
    "Settings": "hybrid.settings",
    "exhibits": "hybrid.types.exhibits",
    "load_embedder": "hybrid._view",
    "progress": "hybrid.display.progress",
    "report": "hybrid.export.report",
}


# A library says nothing by itself: programs decide what becomes of its log.
logging.getLogger("hybrid").addHandler(logging.NullHandler())


_RENDERERS = (
    *(
        f"hybrid.display.{kind}"
        for kind in ("answers", "corpora", "enumerations", "exhibits", "hits", "pages", "routes", "training")
    ),
    "hybrid.export.report",
)
renderers.append(lambda: [import_module(name) for name in _RENDERERS])


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'hybrid' has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value  # found at once the next time
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
