"""What a corpus says about itself: its state, and the documents in it. Plain, typed data."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

MemoryState = Literal["ready", "behind", "off", "none"]
MEMORY_STATES: dict[MemoryState, str] = {
    "ready": "it has read every document",
    "behind": "it has not read every document yet; ingest again to go on",
    "off": "it is unlearning a document that was removed; ingest again to finish",
    "none": "there is none",
}


class _Report(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DocumentInfo(_Report):
    """One document of a corpus. ``sources`` are all the names under which the same bytes were found."""

    id: int
    source: str
    title: str
    media_type: str
    characters: int
    pages: int
    chunks: int
    sha256: str
    date: str | None = None
    custodian: str | None = None
    sources: tuple[str, ...]

    def __str__(self) -> str:
        size = f"{self.pages} pages" if self.pages else f"{self.characters:,} characters"
        known = [self.title, size, self.date, f"also {', '.join(self.sources[1:])}" if self.sources[1:] else None]
        return f"{self.source}  ({'; '.join(part for part in known if part)})"


class CorpusStatus(_Report):
    """What a corpus holds. ``tokens_read`` counts the memory's tokens, ``generation`` commits."""

    directory: str
    generation: int | None
    documents: int
    sources: int
    chunks: int
    characters: int
    memory: MemoryState
    tokens_read: int
    bytes_on_disk: int
    embedder: str
    language_model: str | None

    def __str__(self) -> str:
        rows = {
            "corpus": self.directory,
            "generation": "none yet" if self.generation is None else str(self.generation),
            "documents": f"{self.documents:,} from {self.sources:,} sources, {self.characters:,} characters",
            "index": f"{self.chunks:,} chunks, embedded by {self.embedder}",
            "memory": f"{self.memory}: {MEMORY_STATES[self.memory]}",
            "on disk": f"{self.bytes_on_disk / 2**20:,.1f} MiB",
        }
        if self.language_model is not None:
            rows["memory"] += f"; {self.tokens_read:,} tokens read by {self.language_model}"
        return "\n".join(f"{name:<11}{value}" for name, value in rows.items())
