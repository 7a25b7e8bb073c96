"""The memory stage of an ingest: the memory trains on the documents it has not seen, and its losses are stored."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, Self

from hybrid.errors import CorruptCorpusError, DivergedError, ModelError
from hybrid.ingest.commits import Writer
from hybrid.ingest.progress import Progress, Tally
from hybrid.stores import commits
from hybrid.stores.catalog import Catalog
from hybrid.stores.rows import DocumentRow, Position, StoredFile
from hybrid.types.reports import MAX_POINTS, MemoryState, MemoryTraining, TrainingPoint


class State(Protocol):
    """What training needs of a memory's state, whichever model it is of."""

    @property
    def trained_tokens(self) -> int:
        """All tokens taken in so far."""

    def to_tensors(self) -> tuple[dict[str, Any], dict[str, str]]:
        """Tensors and metadata that `MemoryModel.restore` takes."""


class Stats(Protocol):
    """What training on one piece of the stream gave."""

    @property
    def loss(self) -> float | None:
        """Mean loss in nats of the tokens scored, if any were."""


class MemoryModel(Protocol):
    """What training needs of a `hybrid.ttt.memory.MemoryModel`; a list of tokens does in tests."""

    @property
    def fingerprint(self) -> str:
        """Which model it is."""

    @property
    def end_of_document(self) -> int:
        """The token between documents."""

    def encode(self, text: str) -> list[int]:
        """Token ids of a text."""

    def initial_state(self) -> Any:
        """A state that has been trained on nothing."""

    def restore(self, tensors: Mapping[str, Any], metadata: Mapping[str, str]) -> Any:
        """The state of a snapshot; `ModelError` if it is of another model."""

    def adapt(self, state: Any, tokens: Sequence[int], on_step: Callable[[int, float], None] | None = None) -> Stats:
        """Train ``state`` on more of the stream."""


def train_on_corpus(writer: Writer, model: MemoryModel, every: int, progress: Progress, tally: Tally) -> None:
    """Train the memory on the documents it has not seen, with a snapshot about every ``every`` tokens.

    The memory is ``ready`` afterwards. If the inner loop diverges it stays as it was after the last
    snapshot, and the tally says so.
    """
    commit = writer.catalog.commit()
    if commit is None:
        return
    with tally.timed("memory"):
        state, position, tokens, curve = _latest_state(writer, model, tally)
        commit = writer.catalog.commit() or commit
        documents = writer.catalog.documents()
        untrained = [row for row in documents if _is_untrained(row, position)]
        if untrained:
            meanwhile: MemoryState = "off" if commit.memory_state == "off" else "behind"
            training = _Training(writer, model, state, tokens, curve, meanwhile, every, progress, tally)
            try:
                training.train(untrained, position)
            except DivergedError as error:
                tally.notes.append(
                    f"the memory stopped at its last snapshot, {error}; the documents and the index are complete. "
                    "A lower learning rate in the settings may help; ingest again to go on"
                )
        else:
            done: MemoryState = "ready" if documents else "none"
            if commit.memory_state != done:
                writer.commit_memory(commit.snapshot_id, done)


def _is_untrained(row: DocumentRow, position: Position | None) -> bool:
    if position is None or row.id > position.document_id:
        return True
    return row.id == position.document_id and position.document_tokens is not None


def _latest_state(writer: Writer, model: MemoryModel, tally: Tally) -> tuple[Any, Position | None, int, LossCurve]:
    """The newest snapshot that can be used, else the untrained state. Those that cannot are given up."""
    for row in reversed(writer.catalog.snapshots(model.fingerprint)):
        try:
            tensors, metadata = commits.load_snapshot(writer.directory, StoredFile(row.file, row.sha256))
            curve = LossCurve.from_json(metadata.get(METADATA_KEY), row.tokens)
            return model.restore(tensors, metadata), row.position, row.tokens, curve
        except (CorruptCorpusError, ModelError) as error:
            tally.notes.append(f"a snapshot of the memory was given up: {error}")
            writer.forget_snapshot(row.id)
    return model.initial_state(), None, 0, LossCurve()


class _Training:
    """One training pass, from snapshot to snapshot."""

    def __init__(
        self,
        writer: Writer,
        model: MemoryModel,
        state: Any,
        tokens: int,
        curve: LossCurve,
        meanwhile: MemoryState,
        every: int,
        progress: Progress,
        tally: Tally,
    ) -> None:
        self._writer = writer
        self._model = model
        self._state: State = state
        self._tokens = self._saved = tokens
        self._curve = curve
        self._meanwhile = meanwhile
        self._every = every
        self._progress = progress
        self._tally = tally
        self._total = self._done = 0  # characters

    def train(self, documents: Sequence[DocumentRow], position: Position | None) -> None:
        """Train on these documents, the first from where ``position`` stands in it, then commit.

        Where an error or an interruption ends it, what was trained until then is committed first.
        """
        self._total = sum(row.chars for row in documents)
        for row in documents:
            tokens = [*self._model.encode(self._writer.catalog.text(row.id)), self._model.end_of_document]
            at = (position.document_tokens or 0) if position and position.document_id == row.id else 0
            self._train_on_document(row, tokens, at, is_last=row is documents[-1])
            self._done += row.chars
        self._progress("memory", self._total, self._total, f"{self._tally.trained_tokens:,} tokens")

    def _train_on_document(self, row: DocumentRow, tokens: Sequence[int], at: int, *, is_last: bool) -> None:
        while at < len(tokens):
            piece = tokens[at : at + self._every - (self._tokens - self._saved)]
            before = self._state.trained_tokens
            try:
                stats = self._model.adapt(self._state, piece, self._on_step(row, at, len(tokens)))
            except BaseException:
                taken = self._state.trained_tokens - before
                self._count(taken, None)
                if self._tokens > self._saved:
                    self._commit(row, at + taken, len(tokens), self._meanwhile)
                raise
            self._count(len(piece), stats.loss)
            at += len(piece)
            if is_last and at == len(tokens):
                self._commit(row, at, len(tokens), "ready")
            elif self._tokens - self._saved >= self._every:
                self._commit(row, at, len(tokens), self._meanwhile)

    def _on_step(self, row: DocumentRow, at: int, length: int) -> Callable[[int, float], None]:
        def report(tokens: int, loss: float | None = None) -> None:
            if loss is not None:
                self._curve.add(self._tokens + tokens, loss)
            characters = self._done + row.chars * (at + tokens) // length
            trained = self._tally.trained_tokens + tokens
            progress = f"{trained:,} tokens" + ("" if loss is None else f", loss {loss:.3f}")
            self._progress("memory", characters, self._total, f"{row.source}: {progress}")

        report(0)
        return report

    def _count(self, tokens: int, loss: float | None) -> None:
        self._tokens += tokens
        self._tally.trained_tokens += tokens
        if loss is not None:
            self._tally.losses.append((tokens, loss))

    def _commit(self, row: DocumentRow, at: int, length: int, state: MemoryState) -> None:
        position = Position(row.id, at if at < length else None)
        tensors, metadata = self._state.to_tensors()
        memory = tensors, {**metadata, METADATA_KEY: self._curve.as_json()}
        self._writer.commit_snapshot(state, position, self._tokens, memory)
        self._saved = self._tokens


METADATA_KEY = "training"
"""Under which a snapshot of the memory holds the loss curve of all it was trained on."""


class LossCurve:
    """Mean losses over stretches of the stream, each as long as the others but for the last.

    It takes one step after the other. When there are more than `MAX_POINTS` stretches each two neighbours become
    one, and stretches are twice as long from then on; so a curve is the same however often it was put away and
    taken up again between steps.

    Example:
        >>> curve = LossCurve()
        >>> curve.add(512, 3.1)
        >>> LossCurve.from_json(curve.as_json()).points[0].loss
        3.1
    """

    def __init__(
        self, stretches: Iterable[tuple[int, int, int, float]] = (), steps: int = 1, position: int = 0
    ) -> None:
        self._stretches = list(stretches)  # (start, end, steps, mean loss)
        self._steps = steps  # of a full stretch
        self._position = self._stretches[-1][1] if self._stretches else position  # where the next step begins

    def add(self, end: int, loss: float) -> None:
        """One step, from where the last one ended to token ``end`` of the whole stream."""
        start, self._position = self._position, end
        if self._stretches and self._stretches[-1][2] < self._steps:
            first, _, steps, mean = self._stretches[-1]
            self._stretches[-1] = (first, end, steps + 1, (mean * steps + loss) / (steps + 1))
            return
        if len(self._stretches) == MAX_POINTS:
            pairs = zip(self._stretches[::2], self._stretches[1::2], strict=True)
            self._stretches = [(a[0], b[1], a[2] + b[2], (a[2] * a[3] + b[2] * b[3]) / (a[2] + b[2])) for a, b in pairs]
            self._steps *= 2
        self._stretches.append((start, end, 1, loss))

    @property
    def points(self) -> tuple[TrainingPoint, ...]:
        """The stretches, in their order."""
        return tuple(TrainingPoint(start=start, end=end, loss=loss) for start, end, _, loss in self._stretches)

    def as_json(self) -> str:
        """The curve as text that `from_json` takes."""
        return json.dumps({"steps": self._steps, "stretches": self._stretches}, separators=(",", ":"))

    @classmethod
    def from_json(cls, stored: str | None, position: int = 0) -> Self:
        """The curve that was put away; one that begins at ``position`` for ``None``, or for what is not a curve.

        It is for looking at: a curve that cannot be read is no reason to give up the memory that it belongs to.
        """
        try:
            found: dict[str, Any] = json.loads(stored) if stored else {"steps": 1, "stretches": []}
            stretches = [(int(a), int(b), int(n), float(loss)) for a, b, n, loss in found["stretches"][:MAX_POINTS]]
            return cls(stretches, max(1, int(found["steps"])), position)
        except (ValueError, TypeError, KeyError):
            return cls(position=position)


def read_training(catalog: Catalog, directory: Path, model: str | None) -> MemoryTraining:
    """The training of the newest commit's memory, from the snapshot that holds it. ``model`` is its name.

    Raises `CorruptCorpusError` if the snapshot's file is missing or cannot be read.
    """
    while True:
        commit = catalog.commit()
        if commit is None or commit.snapshot_file is None or commit.snapshot_sha256 is None:
            return MemoryTraining(tokens=0, model=model)
        try:
            metadata = commits.metadata(directory, StoredFile(commit.snapshot_file, commit.snapshot_sha256))
        except CorruptCorpusError:
            if catalog.commit() == commit:
                raise
            continue  # a writer committed twice meanwhile, and cleared this one's snapshot away
        curve = LossCurve.from_json(metadata.get(METADATA_KEY))
        return MemoryTraining(tokens=commit.tokens, points=curve.points, model=model)
