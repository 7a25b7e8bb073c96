"""What the catalog hands out: plain frozen rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hybrid.types.documents import DocumentStatus
from hybrid.types.reports import MemoryState


@dataclass(frozen=True)
class SourceRow:
    """A name under which a document was ingested; size and mtime are the file's, if it was one. ``details`` are the
    metadata that came with it, as JSON data."""

    source: str
    document_id: int
    sha256: str
    size: int | None
    mtime_ns: int | None
    parent: str | None
    details: Mapping[str, Any]


@dataclass(frozen=True)
class DocumentRow:
    """A document without its text. ``source`` is its first name, with that one's metadata, and ``aliases`` the others;
    ``pages`` and ``chunks`` are counts, ``chars`` the length of the text; ``damaged`` is what of it is not as it was
    recorded."""

    id: int
    source: str
    title: str
    sha256: str
    chars: int
    chunks: int
    pages: int
    media_type: str
    author: str | None
    date: str | None
    custodian: str | None
    parent: str | None
    aliases: tuple[str, ...]
    status: str | None = None
    damaged: str | None = None


@dataclass(frozen=True)
class Titled:
    """What a document is called: ``source`` is its first name."""

    title: str
    source: str
    media_type: str


@dataclass(frozen=True)
class SourceEntry:
    """A name to be given to the document with that sha256. ``details`` are those of the document where they are
    ``None``; see `SourceRow` for the rest."""

    name: str
    sha256: str
    size: int | None = None
    mtime_ns: int | None = None
    parent: str | None = None
    details: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class ChunkRow:
    """A chunk and where it stands: ``text`` is ``[start, end)`` of the document's canonical text."""

    id: int
    document_id: int
    start: int
    end: int
    text: str
    source: str
    title: str
    sha256: str
    author: str | None = None
    status: DocumentStatus | None = None


@dataclass(frozen=True)
class StoredFile:
    """A file of the corpus: its path relative to the corpus directory, and its sha256."""

    file: str
    sha256: str


@dataclass(frozen=True)
class VolumePart:
    """Tokens ``start`` to ``end`` of the ``of`` tokens of a document; ``key`` is what it is grouped by."""

    document_id: int
    start: int
    end: int
    of: int
    key: str


@dataclass(frozen=True)
class VolumeRow:
    """A volume of the memory: its file, what made it (``identity``: model and settings), what it was adapted to, and
    ``report``, the fields of a `hybrid.types.reports.VolumeReport`."""

    id: int
    digest: str
    stored: StoredFile
    tensors_sha256: str
    identity: str
    access_class: str
    tokens: int
    mounted: bool
    report: Mapping[str, Any]
    parts: tuple[VolumePart, ...]


@dataclass(frozen=True)
class CommitRow:
    """One committed state of the corpus. ``tokens`` is how many tokens the memory's volumes were adapted to."""

    n: int
    created_at: str
    index_file: str
    index_sha256: str
    memory_state: MemoryState
    tokens: int


@dataclass(frozen=True)
class LogRow:
    """One entry of the log. ``at`` is UTC, ISO 8601."""

    at: str
    event: str
    detail: dict[str, object]


@dataclass(frozen=True)
class Removed:
    """What went when sources were removed: names, and the documents and chunks left without a name; of each document
    the sha256 of its canonical text."""

    sources: tuple[str, ...] = ()
    document_ids: tuple[int, ...] = ()
    chunk_ids: tuple[int, ...] = ()
    text_sha256s: tuple[str, ...] = ()
