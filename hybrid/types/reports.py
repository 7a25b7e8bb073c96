"""What a corpus says of itself: its state, the documents in it, what an ingest did. Plain, typed data."""

from __future__ import annotations

from typing import Literal, SupportsIndex, get_args, overload

from pydantic import Field

from hybrid.text.formatting import one_line, printable
from hybrid.types.base import FrozenModel, Shown

MemoryState = Literal["ready", "behind", "off", "none"]
MEMORY_STATES: dict[MemoryState, str] = {
    "ready": "it was trained on every document",
    "behind": "it was not trained on every document yet; ingest again to resume",
    "off": "it is unlearning a document that was removed; ingest again to finish",
    "none": "there is none",
}


class _Report(Shown, FrozenModel):
    """What the data of a corpus have in common."""


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
        return one_line(f"{self.source}  ({'; '.join(part for part in known if part)})")


class Documents(Shown, list[DocumentInfo]):
    """The documents of a corpus, in the order in which the memory is trained on them: a list that shows itself.

    Example:
        >>> documents = corpus.documents()
        >>> [document.source for document in documents if document.custodian == "J. Doe"]
        ['mail/0031.eml', 'mail/0032.eml']
    """

    @overload
    def __getitem__(self, key: SupportsIndex) -> DocumentInfo: ...
    @overload
    def __getitem__(self, key: slice) -> Documents: ...
    def __getitem__(self, key: SupportsIndex | slice) -> DocumentInfo | Documents:
        return Documents(super().__getitem__(key)) if isinstance(key, slice) else super().__getitem__(key)


EMPTIED = "the corpus is empty; all that it held was removed"


class CorpusStatus(_Report):
    """What a corpus holds. ``trained_tokens`` counts the memory's tokens, ``commit`` commits."""

    directory: str
    commit: int | None
    documents: int
    sources: int
    chunks: int
    characters: int
    memory: MemoryState
    trained_tokens: int
    bytes_on_disk: int
    embedder: str
    language_model: str | None

    def __str__(self) -> str:
        rows = {
            "corpus": self.directory,
            "commit": "none yet: the corpus is empty; ingest files" if self.commit is None else str(self.commit),
            "documents": f"{self.documents:,} from {self.sources:,} sources, {self.characters:,} characters"
            if self.documents or self.commit is None
            else f"0: {EMPTIED}",
            "index": f"{self.chunks:,} chunks, embedded by {self.embedder}",
            "memory": f"{self.memory}: {MEMORY_STATES[self.memory]}",
            "on disk": f"{self.bytes_on_disk / 2**20:,.1f} MiB",
        }
        if self.language_model is not None:
            rows["memory"] += f"; {self.trained_tokens:,} tokens, {self.language_model}"
        return "\n".join(f"{name:<11}{one_line(value)}" for name, value in rows.items())


class SkippedFile(_Report):
    """A file that ingest left out: a stable ``code`` (see `hybrid.errors`) and a reason for people. ``part_of`` is the
    file whose part it is, such as a mail's attachment, if it is one."""

    source: str
    code: str
    reason: str
    part_of: str | None = None

    def __str__(self) -> str:
        return one_line(f"{self.source}: {self.reason}")


Outcome = Literal["added", "changed", "unchanged", "duplicate", "renamed", "left out"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
"""What became of a file, or of a part of one, in an ingest: each has exactly one."""


class IngestReport(_Report):
    """What one ingest or removal did. Names are sources; ``seconds`` is per stage.

    ``files`` and ``parts`` (attachments, members of archives, pages that could not be read) count what became of each:
    the numbers of ``files`` add up to the files seen. ``renamed`` has names before and now. What in a file was not
    looked at again, because the file is unchanged, is not counted.

    ``memory`` is the state the memory was left in (`MEMORY_STATES` says what each means), ``loss`` the mean
    next-token loss in nats while it was trained, and ``notes`` what a person should know besides.
    """

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    duplicates: tuple[str, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    files: dict[str, int] = Field(default_factory=dict)
    parts: dict[str, int] = Field(default_factory=dict)
    removed: tuple[str, ...] = ()
    skipped: tuple[SkippedFile, ...] = ()
    chunks: int = 0
    trained_tokens: int = 0
    loss: float | None = None
    commit: int | None = None
    memory: MemoryState = "none"
    notes: tuple[str, ...] = ()
    seconds: dict[str, float] = Field(default_factory=dict)

    def __str__(self) -> str:
        counts = {name: len(getattr(self, name)) for name in COUNTED}
        lines = [", ".join(f"{count:,} {name}" for name, count in counts.items() if count) or "nothing to do"]
        lines.extend(f"renamed: {before} is now {now}" for before, now in self.renamed)
        if self.parts or len(self.files) > 1:
            lines += [
                f"{what}: {_sum(counts)}" for what, counts in (("files", self.files), ("parts", self.parts)) if counts
            ]
        if self.chunks:
            lines.append(f"{self.chunks:,} chunks embedded")
        if self.trained_tokens:
            loss = "" if self.loss is None else f", mean loss {self.loss:.3f} nats"
            lines.append(f"memory trained on {self.trained_tokens:,} tokens{loss}")
        if self.memory != "none":
            lines.append(f"memory {self.memory}: {MEMORY_STATES[self.memory]}")
        lines.extend(f"left out: {skipped}" for skipped in self.skipped)
        lines.extend(f"note: {note}" for note in self.notes)
        lines.append("took " + ", ".join(f"{stage} {took:.1f} s" for stage, took in self.seconds.items()))
        return printable("\n".join(lines))


def _sum(counts: dict[str, int]) -> str:
    return f"{sum(counts.values()):,} seen = " + " + ".join(f"{count:,} {outcome}" for outcome, count in counts.items())


COUNTED = ("added", "changed", "unchanged", "duplicates", "removed", "skipped")


class TrainingPoint(_Report):
    """The mean next-token ``loss`` in nats of the tokens from ``start`` to ``end`` of the whole training."""

    start: int = Field(ge=0)
    end: int = Field(gt=0)
    loss: float


class MemoryTraining(_Report):
    """How well the memory predicted the corpus while it was trained: loss against position, before each of its steps.

    A falling line is what the training taught it; a jump is where another kind of document begins. ``tokens`` counts
    all that it was trained on. ``points`` are at most `MAX_POINTS`, however long the corpus is, and none where
    there is no memory.

    Example:
        >>> print(MemoryTraining(tokens=0))
        No training to show: the memory was trained on nothing.
    """

    tokens: int
    points: tuple[TrainingPoint, ...] = ()
    model: str | None = None


MAX_POINTS = 512
"""More than a plot has columns of pixels to show."""
