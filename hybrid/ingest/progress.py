"""How long work says how far it is, and what it keeps for the report."""

from __future__ import annotations

import re
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal, Protocol

from hybrid.stores.rows import CommitRow
from hybrid.types.reports import OUTCOMES, IngestReport, Outcome, SkippedFile

Stage = Literal["discover", "load", "embed", "index", "memory", "copy", "check"]


class Progress(Protocol):
    """Called often during long work, from the working thread.

    ``done`` of ``total`` counts files in ``discover`` and ``load``, chunks in ``embed`` (of those known
    so far: ``total`` grows), commits in ``index``, and characters in ``memory``; of an export or import documents and
    volumes in ``copy``, and bytes in ``check``. ``detail`` is for people: the file at hand, or the tokens of the
    training and their loss.

    Example:
        >>> def show(stage: Stage, done: int, total: int, detail: str) -> None:
        ...     print(f"{stage} {done}/{total} {detail}")
    """

    def __call__(self, stage: Stage, done: int, total: int, detail: str) -> None:
        """Report."""


def quiet(stage: Stage, done: int, total: int, detail: str) -> None:
    """The `Progress` that says nothing."""


class Repeating:
    """A `Progress` that says again what it said last when `again` is called, by which work that waits for others can be
    stopped as work that goes on is: who listens raises."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._last: tuple[Stage, int, int, str] | None = None

    def __call__(self, stage: Stage, done: int, total: int, detail: str) -> None:
        """Report."""
        self._last = stage, done, total, detail
        self._progress(stage, done, total, detail)

    def again(self) -> None:
        """Report what was reported last."""
        if self._last is not None:
            self._progress(*self._last)


_DATES_NAMED = 10
"""How many of the dates that cannot be read a note names; it says how many more there are."""


def _of_dates(undated: Sequence[tuple[str, str]]) -> Iterator[str]:
    """The notes that name sources whose dates cannot be read, and mails without a date."""
    unread = [f"{source} ({written[:60]!r})" for source, written in undated if written]
    missing = [source for source, written in undated if not written]
    if unread:
        yield (
            "These dates cannot be read, or in more than one way (3/4 is March for some, April for others), and were "
            f"left out, so that since and until do not find their documents: {_first_of(unread)}. Write 2026-04-03, or "
            "the month as a word, and ingest again."
        )
    if missing:
        yield f"These mails have no date, so that since and until do not find them: {_first_of(missing)}."


_COUNTED = re.compile(r"([\d,]+) (.+)")


def _of_left_out(left_out: Sequence[tuple[str, str]]) -> Iterator[str]:
    """The note that names what a reader of the files does not see, and what is therefore in no text: a kind at a time;
    of what is counted ("3 comments") each document with its number."""
    named: dict[tuple[str, str], list[str]] = {}
    for source, what in left_out:
        counted = _COUNTED.fullmatch(what)
        number, kind = counted.groups() if counted is not None else (None, what)
        named.setdefault((kind, "are" if number else "is"), []).append(f"{source} ({number})" if number else source)
    for (kind, verb), sources in named.items():
        yield f"{kind[:1].upper()}{kind[1:]} {verb} left out of these documents: {_first_of(sources)}."


def _of_decoded(decoded: Sequence[tuple[str, Mapping[str, str]]]) -> Iterator[str]:
    """The notes that name files whose encoding was guessed, and those with bytes that are in no encoding."""
    guessed = [f"{source} ({names})" for source, extra in decoded if (names := _guessed(extra))]
    counts = [(source, extra.get("replaced_characters", "")) for source, extra in decoded]
    lost = [f"{source} ({count})" for source, count in counts if count.isdigit()]
    if guessed:
        yield (
            "The encoding of these files was guessed, as they do not say which it is; where letters are wrong save "
            f"them as UTF-8 and ingest them again: {_first_of(guessed)}."
        )
    if lost:
        yield f"Characters of these files could not be read, and stand as \N{REPLACEMENT CHARACTER}: {_first_of(lost)}."


def _guessed(extra: Mapping[str, str]) -> str:
    names = [one.removesuffix(_GUESSED) for one in extra.get("encoding", "").split(", ") if one.endswith(_GUESSED)]
    return ", ".join(names)


_GUESSED = " (guessed)"


def _of_doubtful(doubtful: Sequence[tuple[str, str]]) -> Iterator[str]:
    """The note that names pages that OCR was not certain of."""
    if doubtful:
        names = [f"{source} {page}" for source, page in doubtful]
        yield f"OCR was not certain of these pages; compare what is quoted from them with the file: {_first_of(names)}."


def _first_of(names: Sequence[str]) -> str:
    more = f" and {len(names) - _DATES_NAMED:,} more" if len(names) > _DATES_NAMED else ""
    return ", ".join(names[:_DATES_NAMED]) + more


@dataclass
class Tally:
    """What happened so far in one ingest or removal."""

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    duplicates: list[str] = field(default_factory=list)
    skipped: list[SkippedFile] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    undated: list[tuple[str, str]] = field(default_factory=list)  # sources, each with its unread date; "" for none
    left_out: list[tuple[str, str]] = field(default_factory=list)  # sources, each with what in it is not shown
    doubtful: list[tuple[str, str]] = field(default_factory=list)  # sources, each with a page that OCR is not sure of
    decoded: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)  # sources, with how they were decoded
    renamed: list[tuple[str, str]] = field(default_factory=list)  # names before and now
    seen: set[str] = field(default_factory=set)  # the files and documents of this call, by source
    outcomes: dict[str, tuple[Outcome, str | None]] = field(default_factory=dict)  # and of which file a part is one
    chunks: int = 0
    trained_tokens: int = 0
    losses: list[tuple[int, float]] = field(default_factory=list)  # (tokens, their mean loss)
    seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))

    def note(self, text: str) -> None:
        """Add a note, if it was not added before."""
        if text not in self.notes:
            self.notes.append(text)

    @contextmanager
    def timed(self, stage: Stage) -> Iterator[None]:
        """Count the block's time to a stage."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[stage] += time.perf_counter() - start

    @property
    def loss(self) -> float | None:
        """Mean loss in nats per token, over all that the memory was trained on."""
        tokens = sum(count for count, _ in self.losses)
        return sum(count * loss for count, loss in self.losses) / tokens if tokens else None

    def _counts(self, *, parts: bool) -> dict[str, int]:
        found = Counter(outcome for outcome, part_of in self.outcomes.values() if (part_of is not None) == parts)
        counts: dict[str, int] = {outcome: found[outcome] for outcome in OUTCOMES if found[outcome]}
        if not parts and (lost := len(self.seen) - sum(counts.values())):
            counts["not accounted for"] = lost  # a fault of the ingest, which nobody must overlook
        return counts

    def report(self, commit: CommitRow | None) -> IngestReport:
        """The report, for a corpus that is now at ``commit``."""
        return IngestReport(
            added=tuple(self.added),
            changed=tuple(self.changed),
            unchanged=tuple(self.unchanged),
            duplicates=tuple(self.duplicates),
            renamed=tuple(self.renamed),
            files=self._counts(parts=False),
            parts=self._counts(parts=True),
            skipped=tuple(self.skipped),
            removed=tuple(self.removed),
            notes=(
                *self.notes,
                *_of_dates(self.undated),
                *_of_left_out(self.left_out),
                *_of_doubtful(self.doubtful),
                *_of_decoded(self.decoded),
            ),
            chunks=self.chunks,
            trained_tokens=self.trained_tokens,
            loss=self.loss,
            commit=commit.n if commit else None,
            memory=commit.memory_state if commit else "none",
            seconds=dict(self.seconds),
        )
