"""What a corpus says of itself: its state, the documents in it, what an ingest did. Plain, typed data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, SupportsIndex, get_args, overload

from pydantic import Field

from hybrid.text.formatting import one_line, printable, visible_name
from hybrid.types.base import FrozenModel, Shown
from hybrid.types.certificates import DeletionCertificate

MemoryState = Literal["ready", "behind", "none"]
MEMORY_STATES: dict[MemoryState, str] = {
    "ready": "it was trained on every document",
    "behind": "it was not trained on every document yet; ingest again to resume",
    "none": "there is none",
}


class _Report(Shown, FrozenModel):
    """What the data of a corpus have in common."""


class DocumentInfo(_Report):
    """One document of a corpus. ``sources`` are all the names under which the same bytes were found. ``damaged``
    says what of it is not as it was recorded, where the corpus was damaged or edited: then nothing of it is quoted, and
    what stands here may be wrong; `Corpus.check` says what to do."""

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
    damaged: str | None = None

    def __str__(self) -> str:
        size = f"{self.pages} pages" if self.pages else f"{self.characters:,} characters"
        known = [
            self.title,
            size,
            self.date,
            f"also {', '.join(map(visible_name, self.sources[1:]))}" if self.sources[1:] else None,
            f"{self.damaged} is not as it was recorded; hybrid verify says what to do" if self.damaged else None,
        ]
        return one_line(f"{visible_name(self.source)}  ({'; '.join(part for part in known if part)})")


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


NOTHING_SEEN = "there is none that this identity may see"
EMPTIED = "the corpus is empty; all that it held was removed"


class CorpusStatus(_Report):
    """What a corpus holds. ``trained_tokens`` counts the memory's tokens in ``volumes`` volumes, of which ``unmounted``
    are not used because they did harm; ``gain``, ``studied`` and ``study_gain`` are those of `MemoryTraining`;
    ``commit`` counts commits. Of an identity's corpus it counts what the identity may see, and ``bytes_on_disk`` is not
    known."""

    directory: str
    commit: int | None
    documents: int
    sources: int
    chunks: int
    characters: int
    memory: MemoryState
    trained_tokens: int
    volumes: int = 0
    unmounted: int = 0
    gain: float | None = None
    studied: int = 0
    study_gain: float | None = None
    bytes_on_disk: int | None = None
    embedder: str
    language_model: str | None

    @property
    def nothing_seen(self) -> bool:
        """Whether this is an identity's corpus with no document that it may see."""
        return self.bytes_on_disk is None and not self.documents

    def __str__(self) -> str:
        if self.nothing_seen:
            return "\n".join(f"{name:<11}{one_line(value)}" for name, value in (("corpus", self.directory),
                             ("documents", NOTHING_SEEN)))  # fmt: skip
        rows = {
            "corpus": self.directory,
            "commit": "none yet: the corpus is empty; ingest files" if self.commit is None else str(self.commit),
            "documents": f"{self.documents:,} from {self.sources:,} sources, {self.characters:,} characters"
            if self.documents or self.commit is None
            else f"0: {EMPTIED}",
            "index": f"{self.chunks:,} chunks, embedded by {self.embedder}",
            "memory": f"{self.memory}: {MEMORY_STATES[self.memory]}",
        }
        if self.bytes_on_disk is not None:
            rows["on disk"] = f"{self.bytes_on_disk / 2**20:,.1f} MiB"
        if self.language_model is not None:
            rows["memory"] += f"; {self.trained_tokens:,} tokens, {self.language_model}"
            if self.volumes:
                unused = f", {self.unmounted} of them not used, as they did harm" if self.unmounted else ""
                gain = "" if self.gain is None else f"; its own text is likelier by {self.gain:.2f} nats a token"
                rows["volumes"] = f"{self.volumes:,}{unused}{gain}"
            if self.studied:
                rows["study"] = studied(self.studied, self.study_gain)
        return "\n".join(f"{name:<11}{one_line(value)}" for name, value in rows.items())


class ExportReport(_Report):
    """The file that an export wrote, which `Corpus.import_` makes a corpus of.

    Attributes:
        path: the file.
        sha256: of the file: whoever imports it can compare.
        bytes: how large it is.
        corpus: the corpus's id, which the imported corpus has too; ``None``: nothing was ingested yet.
        commit: the corpus's newest, ``None`` likewise.
    """

    path: str
    sha256: str
    bytes: int
    corpus: str | None
    commit: int | None
    documents: int
    sources: int
    chunks: int
    volumes: int

    def __str__(self) -> str:
        held = f"{self.documents:,} documents from {self.sources:,} sources, {self.chunks:,} chunks"
        rows = {
            "exported": f"{visible_name(self.path)}, {self.bytes / 2**20:,.1f} MiB",
            "commit": "none yet: the corpus is empty" if self.commit is None else str(self.commit),
            "holds": f"{held}, {self.volumes:,} volumes of the memory",
            "sha256": self.sha256,
        }
        return "\n".join(f"{name:<10}{one_line(value)}" for name, value in rows.items())


def studied(pairs: int, gain: float | None) -> str:
    """How many pairs a memory has studied, and what `MemoryTraining.study_gain` says of it."""
    likelier = "" if gain is None else f"; answers held back are likelier by {gain:.2f} nats a token"
    return f"{pairs:,} questions with answers{likelier}"


class StudyReport(_Report):
    """What self-study cost a volume and gained.

    Attributes:
        exercises_sha256: of the questions, answers and passages.
        pairs: questions with answers that were studied.
        tokens: that went through the model for it.
        seconds: of wall clock.
        held_back: nats a token of answers to questions that were held back from study: without the memory, with the
            memory of the text alone, and with study; ``None`` where there were too few questions.
        used: whether study is in the volume; it is not where the answers held back became less likely.
    """

    exercises_sha256: str
    pairs: int
    tokens: int
    seconds: float
    held_back: tuple[float, float, float] | None = None
    used: bool = True

    @property
    def gain(self) -> float | None:
        """Nats a token that the answers held back became likelier by study; ``None`` where none were."""
        return self.held_back and self.held_back[1] - self.held_back[2]

    def __str__(self) -> str:
        cost = f"{self.tokens / max(1, self.pairs):,.0f} tokens and {self.seconds / max(1, self.pairs):.2f} s a pair"
        said = f"study of {self.pairs:,} pairs, {cost}"
        if self.held_back is not None:
            text, studied = self.held_back[1:]
            said += f": answers held back at {text:.2f} nats a token without it, {studied:.2f} with it"
        return said if self.used else f"{said}; left out, as it did harm"


class VolumeReport(_Report):
    """What a volume of the memory gained. Losses are in nats a token; pairs are (without the memory, with it).

    Attributes:
        loss: mean while it was adapted, each mini-batch before the step on it.
        own: on tokens from the volume's middle, with its delta as stored.
        held_back: on its last mini-batch, before the step on it.
        rate: what the step size was multiplied by to keep the loss from rising; 1: nothing was necessary.
        harm: why it is not mounted; ``None`` where it is.
        study: what self-study cost and gained; ``None`` where there was none.
    """

    loss: float | None = None
    own: tuple[float, float] | None = None
    held_back: tuple[float, float] | None = None
    rate: float = 1.0
    harm: str | None = None
    study: StudyReport | None = None

    def __str__(self) -> str:
        if self.harm is not None:
            return one_line(f"not used: {self.harm}")
        more = "" if self.rate == 1 else f", at {self.rate:g} of the step size"
        more += "" if self.study is None else f"; {self.study}"
        if self.own is None:
            return f"too short to measure{more}"
        return f"{self.own[0]:.2f} nats a token without it, {self.own[1]:.2f} with it{more}"


class VolumeInfo(_Report):
    """A volume of the memory: what it was adapted to, and what that gained.

    Attributes:
        file: relative to the corpus directory.
        tensors_sha256: of the delta's tensors, which says more than the file's bytes.
        sources: the first names of its documents; of a long document it may hold a part.
    """

    id: int
    file: str
    tensors_sha256: str
    access_class: str
    tokens: int
    sources: tuple[str, ...]
    report: VolumeReport

    @property
    def gain(self) -> float | None:
        """Nats a token that its own text became likelier; ``None`` where it was too short to measure."""
        return self.report.own and self.report.own[0] - self.report.own[1]

    def __str__(self) -> str:
        more = f" and {len(self.sources) - 1:,} more" if len(self.sources) > 1 else ""
        return one_line(
            f"{self.tokens:,} tokens of {self.sources[0] if self.sources else 'nothing'}{more}: {self.report}"
        )


class IntegrityProblem(_Report):
    """Something in a corpus that is not as it was recorded. ``part`` is what kind of thing it is, ``name`` a file of
    the corpus or a source, ``advice`` what to do; `hybrid.Corpus.repair` does it where ``repairable`` is true."""

    part: str
    name: str
    problem: str
    advice: str
    repairable: bool

    def __str__(self) -> str:
        return one_line(f"{self.part}, {self.name}: {self.problem}; {self.advice}")


class IntegrityReport(_Report):
    """What `hybrid.Corpus.check` found. ``checked`` counts what was looked at, by kind: nothing, where the file of the
    catalog is so damaged that only that can be said."""

    commit: int | None
    checked: dict[str, int]
    problems: tuple[IntegrityProblem, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether everything is as it was recorded."""
        return not self.problems

    def __str__(self) -> str:
        counts = ", ".join(f"{count:,} {name}" for name, count in self.checked.items() if count > 1)
        found = [f"problem: {one}" for one in self.problems] or ["everything is as it was recorded"]
        parts = "catalog, full text and index" if self.checked else "the pages of the catalog alone"
        return printable("\n".join([f"checked {parts}{f', {counts}' if counts else ''}", *found]))


class SkippedFile(_Report):
    """A file that ingest left out: a stable ``code`` (see `hybrid.errors`) and a reason for people. ``part_of`` is the
    file whose part it is, such as a mail's attachment, if it is one. ``bytes`` and ``sha256`` are the file's, where it
    could be read and is not too long for that."""

    source: str
    code: str
    reason: str
    part_of: str | None = None
    bytes: int | None = None
    sha256: str | None = None

    def __str__(self) -> str:
        return one_line(f"{visible_name(self.source)}: {self.reason}")


Outcome = Literal["added", "changed", "unchanged", "duplicate", "renamed", "left out"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
"""What became of a file, or of a part of one, in an ingest: each has exactly one."""


class IngestReport(_Report):
    """What one ingest or removal did. Names are sources; ``seconds`` is per stage.

    ``files`` and ``parts`` (attachments, members of archives, pages that could not be read) count what became of each:
    the numbers of ``files`` add up to the files seen. ``renamed`` has names before and now. What in a file was not
    looked at again, because the file is unchanged, is not counted.

    ``memory`` is the state the memory was left in (`MEMORY_STATES` says what each means), ``loss`` the mean
    next-token loss in nats while it was trained, ``notes`` what a person should know besides, and ``certificate``,
    after a removal, proves what went.
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
    certificate: DeletionCertificate | None = None

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
    """How well the memory predicted the corpus while it was adapted to it, and what that gained, by volume.

    ``tokens`` counts all that it was adapted to. ``points`` are the losses of its volumes one after the other, at most
    `MAX_POINTS`; ``volumes`` say for each what its text gained. Both are empty where there is no memory.

    Example:
        >>> print(MemoryTraining(tokens=0))
        No training to show: the memory was trained on nothing.
    """

    tokens: int
    points: tuple[TrainingPoint, ...] = ()
    model: str | None = None
    volumes: tuple[VolumeInfo, ...] = ()

    @property
    def gain(self) -> float | None:
        """Nats a token that the corpus became likelier, each text with its own volume: the mean over tokens of the
        volumes that are mounted and were long enough to measure; ``None`` where there is none."""
        measured = [(one.tokens, one.gain) for one in self.volumes if one.gain is not None and one.report.harm is None]
        return _mean(measured)

    @property
    def studied(self) -> int:
        """Pairs of self-study that are in the volumes."""
        return sum(one.pairs for one in self._studies())

    @property
    def study_gain(self) -> float | None:
        """Nats a token that answers held back became likelier by study: the mean over pairs; ``None`` where none."""
        return _mean([(one.pairs, one.gain) for one in self._studies() if one.gain is not None])

    def _studies(self) -> list[StudyReport]:
        found = [one.report.study for one in self.volumes if one.report.harm is None]
        return [one for one in found if one is not None and one.used]


def _mean(weighted: Sequence[tuple[int, float]]) -> float | None:
    total = sum(weight for weight, _ in weighted)
    return sum(weight * value for weight, value in weighted) / total if total else None


MAX_POINTS = 512
"""More than a plot has columns of pixels to show."""
