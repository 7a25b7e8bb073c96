"""Work that a server does beside its requests: an ingest, a removal, the proof of a deletion."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from hybrid.text.formatting import one_line
from hybrid.types.base import FrozenModel, Shown
from hybrid.types.certificates import DeletionCheck
from hybrid.types.reports import IngestReport

JobKind = Literal["ingest", "removal", "verification"]
JobState = Literal["queued", "running", "succeeded", "failed", "cancelled"]
ENDED: frozenset[JobState] = frozenset({"succeeded", "failed", "cancelled"})
RESUMABLE: frozenset[JobState] = frozenset({"failed", "cancelled"})


class JobProgress(FrozenModel):
    """How far one stage of a job is: ``done`` of ``total``, as `hybrid.ingest.progress.Progress` counts them."""

    stage: str
    done: int = 0
    total: int = 0
    detail: str = ""


class JobFailure(FrozenModel):
    """Why a job failed: the name of an error in `hybrid.errors`, and its message."""

    type: str
    message: str


class Job(Shown, FrozenModel):
    """An ingest, a removal or a verification of a deletion, as it stands.

    Attributes:
        inputs: what it is about: names of files, of paths or of sources.
        attempts: how often it was begun. One that a stopped server had not finished is begun again by the next.
        created, started, ended: when, UTC, ISO 8601.
        waits_for: why it does not go on, in words; ``None`` where it does.
        progress: stage by stage, in the order in which they began.
        report: what came of an ingest or a removal, with the certificate of a removal.
        check: what came of a verification.
        failure: why it failed.

    Example:
        >>> job = Job(id="3f", kind="ingest", corpus="acme", state="queued", created="2026-03-04T10:00:00+00:00")
        >>> print(job, job.ended_for_good)
        ingest of acme: queued False
    """

    id: str
    kind: JobKind
    corpus: str
    state: JobState
    inputs: tuple[str, ...] = ()
    attempts: int = 0
    created: str
    started: str | None = None
    ended: str | None = None
    waits_for: str | None = None
    progress: tuple[JobProgress, ...] = ()
    report: IngestReport | None = None
    check: DeletionCheck | None = None
    failure: JobFailure | None = Field(default=None)

    @property
    def ended_for_good(self) -> bool:
        """Whether nothing happens any more unless it is resumed."""
        return self.state in ENDED

    def __str__(self) -> str:
        last = self.progress[-1] if self.progress and self.state == "running" else None
        far = f", {last.stage} {last.done:,} of {last.total:,}" if last and last.total else ""
        why = f": {self.failure.message}" if self.failure else f": {self.waits_for}" if self.waits_for else ""
        return one_line(f"{self.kind} of {self.corpus}: {self.state}{far}{why}")
