"""The memory stage: the memory reads, in the order of their ids, the documents it has not read yet.

Where it stands is part of every snapshot, to the token. Reading on from a snapshot gives the same state
as never having stopped, so an interruption costs only what came after the last snapshot.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from hybrid.errors import CorruptCorpusError, DivergedError, ModelError
from hybrid.ingest.loss_curve import METADATA_KEY, LossCurve
from hybrid.ingest.progress import Progress, Tally
from hybrid.ingest.writing import Writer
from hybrid.reports import MemoryState
from hybrid.stores import snapshots
from hybrid.stores.rows import DocumentRow, Position, StoredFile


class State(Protocol):
    """What reading needs of a memory's state."""

    @property
    def tokens_read(self) -> int:
        """All tokens taken in so far."""

    def to_tensors(self) -> tuple[dict[str, Any], dict[str, str]]:
        """Tensors and metadata that `MemoryModel.restore` takes."""


class Stats(Protocol):
    """What one piece of reading did."""

    @property
    def loss(self) -> float | None:
        """Mean loss in nats of the tokens scored, if any were."""


class MemoryModel(Protocol):
    """What reading needs of a `hybrid.ttt.memory.MemoryModel`."""

    @property
    def fingerprint(self) -> str:
        """Which model it is."""

    @property
    def end_of_document(self) -> int:
        """The token between documents."""

    def encode(self, text: str) -> list[int]:
        """Token ids of a text."""

    def start(self) -> Any:
        """A state that has read nothing."""

    def restore(self, tensors: Mapping[str, Any], metadata: Mapping[str, str]) -> Any:
        """The state of a snapshot; `ModelError` if it is of another model."""

    def read(self, state: Any, tokens: Sequence[int], on_step: Callable[[int, float], None] | None = None) -> Stats:
        """Read more of the stream into ``state``."""


def read_corpus(writer: Writer, model: MemoryModel, every: int, progress: Progress, tally: Tally) -> None:
    """Let the memory read what it has not read, with a snapshot about every ``every`` tokens.

    The memory is ``ready`` afterwards. If the inner loop diverges it stays as it was after the last
    snapshot, and the tally says so.
    """
    generation = writer.catalog.generation()
    if generation is None:
        return
    with tally.timed("memory"):
        state, position, tokens, curve = _latest_state(writer, model, tally)
        generation = writer.catalog.generation() or generation
        documents = writer.catalog.documents()
        unread = [row for row in documents if _is_unread(row, position)]
        if unread:
            meanwhile: MemoryState = "off" if generation.memory_state == "off" else "behind"
            reading = _Reading(writer, model, state, tokens, curve, meanwhile, every, progress, tally)
            try:
                reading.read(unread, position)
            except DivergedError as error:
                tally.notes.append(
                    f"the memory stopped at its last snapshot, {error}; the documents and the index are complete. "
                    "A lower learning rate in the settings may help; ingest again to go on"
                )
        else:
            done: MemoryState = "ready" if documents else "none"
            if generation.memory_state != done:
                writer.commit_memory(generation.snapshot_id, done)


def _is_unread(row: DocumentRow, position: Position | None) -> bool:
    if position is None or row.id > position.document_id:
        return True
    return row.id == position.document_id and position.document_tokens is not None


def _latest_state(writer: Writer, model: MemoryModel, tally: Tally) -> tuple[Any, Position | None, int, LossCurve]:
    """The newest snapshot that can be used, else the untrained state. Those that cannot are given up."""
    for row in reversed(writer.catalog.snapshots(model.fingerprint)):
        try:
            tensors, metadata = snapshots.load(writer.directory, StoredFile(row.file, row.sha256))
            curve = LossCurve.from_json(metadata.get(METADATA_KEY), row.tokens)
            return model.restore(tensors, metadata), row.position, row.tokens, curve
        except (CorruptCorpusError, ModelError) as error:
            tally.notes.append(f"a snapshot of the memory was given up: {error}")
            writer.forget_snapshot(row.id)
    return model.start(), None, 0, LossCurve()


class _Reading:
    """One pass of reading, from snapshot to snapshot."""

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

    def read(self, documents: Sequence[DocumentRow], position: Position | None) -> None:
        """Read these documents, the first from where ``position`` stands in it, then commit.

        Where an error or an interruption ends it, what was read until then is committed first.
        """
        self._total = sum(row.chars for row in documents)
        for row in documents:
            tokens = [*self._model.encode(self._writer.catalog.text(row.id)), self._model.end_of_document]
            at = (position.document_tokens or 0) if position and position.document_id == row.id else 0
            self._read_document(row, tokens, at, is_last=row is documents[-1])
            self._done += row.chars
        self._progress("memory", self._total, self._total, f"{self._tally.tokens_read:,} tokens")

    def _read_document(self, row: DocumentRow, tokens: Sequence[int], at: int, *, is_last: bool) -> None:
        while at < len(tokens):
            piece = tokens[at : at + self._every - (self._tokens - self._saved)]
            before = self._state.tokens_read
            try:
                stats = self._model.read(self._state, piece, self._on_step(row, at, len(tokens)))
            except BaseException:
                taken = self._state.tokens_read - before
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
            read = f"{self._tally.tokens_read + tokens:,} tokens" + ("" if loss is None else f", loss {loss:.3f}")
            self._progress("memory", characters, self._total, f"{row.source}: {read}")

        report(0)
        return report

    def _count(self, tokens: int, loss: float | None) -> None:
        self._tokens += tokens
        self._tally.tokens_read += tokens
        if loss is not None:
            self._tally.losses.append((tokens, loss))

    def _commit(self, row: DocumentRow, at: int, length: int, state: MemoryState) -> None:
        position = Position(row.id, at if at < length else None)
        tensors, metadata = self._state.to_tensors()
        memory = tensors, {**metadata, METADATA_KEY: self._curve.as_json()}
        self._writer.commit_snapshot(state, position, self._tokens, memory)
        self._saved = self._tokens
