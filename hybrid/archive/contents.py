"""What is in the file of an exported corpus: its manifest, and the lines of its parts. Plain data, checked as read.

The file is a ZIP archive with these parts. Each but the manifest, which is written last, has its sha256 and length in
the manifest.

    manifest.json                 format, corpus, commit, counts, probes, and every part
    facts.json                    settings, embedder, and what else the catalog knows of the corpus as a whole
    documents/000001.jsonl        a line a document (`DocumentLine`), in the order of the corpus
    vectors/000001.safetensors    of the same documents: chunks float32 [n, d], sentences int8 [m, d]
    sources.jsonl                 a line a source (`SourceLine`), in the order in which they came
    history.jsonl                 a line a row of the catalog's own log (`HistoryLine`): ingests, what was left out
    log.jsonl, log.head           the log of `hybrid.stores.log`, where there is one, byte for byte
    volumes.jsonl                 a line a volume of the memory (`VolumeLine`)
    volumes/<digest>.safetensors  its tensors, byte for byte
    study/000001.jsonl            what the memory studies of documents (`StudyLine`)
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, StrictBool, StrictInt, StrictStr

from hybrid.types.base import FrozenModel
from hybrid.types.reports import MemoryState

FORMAT = "hybrid-corpus"
VERSION = 1
"""Of the file's format. A reader takes its own and older ones."""
MANIFEST, FACTS, SOURCES, HISTORY, VOLUMES = (
    "manifest.json",
    "facts.json",
    "sources.jsonl",
    "history.jsonl",
    "volumes.jsonl",
)
LOG, LOG_HEAD = "log.jsonl", "log.head"
NAME = re.compile(
    r"manifest\.json|facts\.json|(?:sources|history|volumes|log)\.jsonl|log\.head|(?:documents|study)/[0-9]{6,12}\.jsonl|"
    r"vectors/[0-9]{6,12}\.safetensors|volumes/[0-9a-f]{1,64}\.safetensors"
)
"""The names that a part may have. No other is ever read, and none becomes a path as it stands."""
KEPT_FACTS = ("dimension", "embedder", "log", "memory calibration", "settings")
"""The facts of the catalog that go along. A test compares them with what the code sets."""
_SHA256 = r"^[0-9a-f]{64}$"
_MOST = 10**15


class PartInfo(FrozenModel):
    """A part of the file: its name, the sha256 of its content, and how many bytes that has."""

    name: StrictStr
    sha256: StrictStr = Field(pattern=_SHA256)
    bytes: StrictInt = Field(ge=0)


class Counts(FrozenModel):
    """How much of each the corpus has; ``log`` counts the records of its log, ``history`` the catalog's rows."""

    documents: StrictInt = Field(default=0, ge=0)
    sources: StrictInt = Field(default=0, ge=0)
    characters: StrictInt = Field(default=0, ge=0)
    chunks: StrictInt = Field(default=0, ge=0)
    sentences: StrictInt = Field(default=0, ge=0)
    volumes: StrictInt = Field(default=0, ge=0)
    studied: StrictInt = Field(default=0, ge=0)
    history: StrictInt = Field(default=0, ge=0)
    log: StrictInt = Field(default=0, ge=0)


class Found(FrozenModel):
    """A chunk that a search found: the sha256 of its document, its span, and its cosine."""

    sha256: StrictStr = Field(pattern=_SHA256)
    start: StrictInt = Field(ge=0)
    end: StrictInt = Field(ge=0)
    score: float = 0.0


class Probe(FrozenModel):
    """A search that was made when the corpus was exported, and what it found; the imported corpus has to find the same.

    ``of`` is a chunk. Its vector is searched for (``nearest``, best first; none where the index is approximate, which
    is trained anew), and its first words as a phrase (``matching``, all of them, sorted).
    """

    of: Found
    nearest: tuple[Found, ...] = ()
    matching: tuple[Found, ...] = ()


class Manifest(FrozenModel):
    """What the file holds. ``texts_sha256`` is of all documents' texts, in order (`texts_digest`); ``commit`` is the
    number of the corpus's newest, ``None`` where nothing was committed yet."""

    format: Literal["hybrid-corpus"]
    version: StrictInt
    written_by: StrictStr
    at: StrictStr
    corpus: StrictStr | None = Field(default=None, pattern=r"^[0-9a-f]{32}$")
    commit: StrictInt | None = Field(default=None, ge=1, le=_MOST)
    memory_state: MemoryState = "none"
    counts: Counts
    texts_sha256: StrictStr = Field(pattern=_SHA256)
    probes: tuple[Probe, ...] = ()
    parts: tuple[PartInfo, ...]


class DocumentLine(FrozenModel):
    """A document: its canonical text, and where its chunks and sentences lie in it. ``sentences`` are start and end,
    and ``parts`` the spans that say a sentence where these are several, by its place in ``sentences``."""

    sha256: StrictStr = Field(pattern=_SHA256)
    media_type: StrictStr
    text: StrictStr = Field(min_length=1)
    text_sha256: StrictStr = Field(pattern=_SHA256)
    pages: tuple[StrictInt, ...] = ()
    chunks: tuple[tuple[StrictInt, StrictInt], ...] = ()
    sentences: tuple[tuple[StrictInt, StrictInt], ...] = ()
    parts: Mapping[int, tuple[tuple[StrictInt, StrictInt], ...]] = Field(default_factory=dict)


class SourceLine(FrozenModel):
    """A source: a name, the sha256 of its document, and the metadata given with it, classes of access and the
    document's status among them; ``parent`` is the mail that it was attached to."""

    name: StrictStr = Field(min_length=1)
    document: StrictStr = Field(pattern=_SHA256)
    size: StrictInt | None = None
    mtime_ns: StrictInt | None = None
    parent: StrictStr | None = None
    details: Mapping[str, Any] = Field(default_factory=dict)


class HistoryLine(FrozenModel):
    """A row of the catalog's log."""

    at: StrictStr
    event: StrictStr
    detail: Mapping[str, Any] = Field(default_factory=dict)


class VolumePartLine(FrozenModel):
    """What a volume was adapted to, as `hybrid.stores.rows.VolumePart` has it; the document by its sha256."""

    document: StrictStr = Field(pattern=_SHA256)
    start: StrictInt = Field(ge=0)
    end: StrictInt = Field(ge=0)
    of: StrictInt = Field(ge=0)
    key: StrictStr


class VolumeLine(FrozenModel):
    """A volume of the memory, as `hybrid.stores.rows.VolumeRow` has it; ``sha256`` is of its file."""

    digest: StrictStr = Field(pattern=_SHA256)
    sha256: StrictStr = Field(pattern=_SHA256)
    tensors_sha256: StrictStr = Field(pattern=_SHA256)
    identity: StrictStr
    access_class: StrictStr
    tokens: StrictInt = Field(ge=0)
    mounted: StrictBool
    report: Mapping[str, Any]
    parts: tuple[VolumePartLine, ...] = Field(min_length=1)


class StudyLine(FrozenModel):
    """The file with what the memory studies of a document, as text."""

    document: StrictStr = Field(pattern=_SHA256)
    file: StrictStr
