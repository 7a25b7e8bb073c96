"""Jobs: one of a corpus at a time, the others in line; on disk, so that none is lost with the process."""

from __future__ import annotations

import asyncio
import logging
import secrets
import threading
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from hybrid._async import Stopped
from hybrid._runtime import log_info
from hybrid.errors import CorpusLockedError, HybridError, JobStateError, RateLimitError
from hybrid.ingest.progress import Progress, Stage
from hybrid.service.job_store import JobRecord, JobRequest, JobStore
from hybrid.service.tracing import span
from hybrid.settings.service import JobSettings
from hybrid.types.certificates import DeletionCheck
from hybrid.types.jobs import ENDED, RESUMABLE, Job, JobFailure, JobKind, JobProgress
from hybrid.types.reports import IngestReport

_LOG = logging.getLogger("hybrid.service")
_TOLD_SECONDS = 0.1
"""Between two times that those who watch a job are told how far it is: more often nobody can read."""
_LOCKED_SECONDS = 1.0
"""Until a job tries again whose corpus another process writes to."""
_SHOWN_INPUTS = 100
UNSTOPPABLE: frozenset[JobKind] = frozenset({"removal", "verification"})
"""Kinds that are finished once they have begun: a removal is a commit at once, and its certificate is made at the
end of the same call; a verification changes nothing and reports no progress."""
Work = Callable[[JobRecord, Progress], IngestReport | DeletionCheck]


@dataclass
class _Entry:
    record: JobRecord
    stop: threading.Event = field(default_factory=threading.Event)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    stages: dict[str, JobProgress] = field(default_factory=dict)
    told: float = 0.0

    @property
    def job(self) -> Job:
        return self.record.job


def now() -> str:
    """The time, UTC, ISO 8601; two jobs in one second are still in order."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


class Jobs:
    """The jobs of a server. Its methods belong to the event loop; ``work`` is called in threads.

    Args:
        store: where they are kept.
        settings: how many at a time.
        work: does what a record asks for, and calls the progress that it is given; that raises to stop it.
        describe: an error's message, as it may be told.
        ended: called with each job that was worked on and has ended.
    """

    def __init__(
        self,
        store: JobStore,
        settings: JobSettings,
        work: Work,
        describe: Callable[[HybridError], str] = str,
        ended: Callable[[Job], object] = lambda _: None,
    ) -> None:
        self._store = store
        self._settings = settings
        self._work = work
        self._describe = describe
        self._ended = ended
        self._entries: dict[str, _Entry] = {}
        self._running: dict[str, asyncio.Task[None]] = {}  # by corpus
        self._saving = asyncio.Lock()
        self._pool = ThreadPoolExecutor(settings.running, "hybrid-job")
        self.closing: asyncio.Event = asyncio.Event()

    def start(self) -> None:
        """Take up what an earlier process left: what was running goes on, what was in line stays there."""
        for record in self._store.load():
            self._entries[record.job.id] = entry = _Entry(record)
            if not entry.job.ended_for_good:
                self._set(entry, state="queued", waits_for=None)
        self._pump()

    async def stop(self) -> None:
        """Let the jobs that run come to rest. An ingest stops at its next step and is in line again; the others are
        finished."""
        self.begin_stopping()
        await asyncio.gather(*self._running.values(), return_exceptions=True)
        self._pool.shutdown(wait=False)

    def begin_stopping(self) -> None:
        """Begin no more jobs, have the ingests stop, and end the streams of those who watch."""
        self.closing.set()
        for entry in self._entries.values():
            if entry.job.state == "running" and entry.job.kind not in UNSTOPPABLE:
                entry.stop.set()
            self._touch(entry)

    # What is asked of them ----------------------------------------------------------------------

    def check_room(self, corpus: str) -> None:
        """Raise `RateLimitError` where the corpus has too many jobs that are not done."""
        waiting = sum(not one.ended_for_good for one in self._of(corpus))
        if waiting >= self._settings.waiting:
            raise RateLimitError(f"this corpus has {waiting} jobs that are not done (jobs.waiting)", 30)

    @staticmethod
    def new_id() -> str:
        """An id that nobody can guess."""
        return secrets.token_hex(16)

    async def add(
        self, kind: JobKind, corpus: str, inputs: list[str], request: JobRequest, job_id: str | None = None
    ) -> Job:
        """Put a job in line; it is on the disk when this returns."""
        self.check_room(corpus)
        more = len(inputs) - _SHOWN_INPUTS
        shown = (*inputs[:_SHOWN_INPUTS], f"… and {more:,} more") if more > 0 else tuple(inputs)
        job = Job(id=job_id or self.new_id(), kind=kind, corpus=corpus, state="queued", inputs=shown, created=now())
        self._entries[job.id] = entry = _Entry(JobRecord(job=job, request=request))
        try:
            await self._save(entry)
        except BaseException:
            del self._entries[job.id]
            raise
        await self._prune()
        self._pump()
        return entry.job

    def get(self, job: str) -> Job | None:
        """The job as it stands."""
        entry = self._entries.get(job)
        return None if entry is None else self._shown(entry)

    def all(self) -> list[Job]:
        """The jobs, the newest first."""
        return [self._shown(entry) for entry in reversed(self._entries.values())]

    @staticmethod
    def _shown(entry: _Entry) -> Job:
        if entry.job.state != "running":
            return entry.job
        waits_for = None if entry.stages else entry.job.waits_for
        return entry.job.model_copy(update={"progress": tuple(entry.stages.copy().values()), "waits_for": waits_for})

    async def cancel(self, job: str) -> Job:
        """End a job: at once where it is in line, at its next step where it runs. What was committed stays.

        Raises `JobStateError` where it has ended, or is of a kind that is finished once it has begun.
        """
        entry = self._entries[job]
        if entry.job.ended_for_good:
            raise JobStateError(f"the job has ended already: it is {entry.job.state}")
        if entry.job.state == "queued":
            self._set(entry, state="cancelled", ended=now())
            await self._save(entry)
        elif entry.job.kind in UNSTOPPABLE and entry.job.waits_for is None:
            raise JobStateError(f"a {entry.job.kind} that has begun is finished: it cannot be cancelled")
        else:
            entry.stop.set()
            self._touch(entry)
        return self._shown(entry)

    async def resume(self, job: str) -> Job:
        """Put a job in line again that failed or was cancelled; it goes on from what was committed.

        Raises `JobStateError` where there is nothing to resume.
        """
        entry = self._entries[job]
        if entry.job.state not in RESUMABLE:
            raise JobStateError(
                f"only a job that failed or was cancelled can be resumed, and this one is {entry.job.state}"
            )
        self.check_room(entry.job.corpus)
        entry.stop = threading.Event()
        self._set(entry, state="queued", ended=None, failure=None)
        # At the end of the line: those that wait came first.
        self._entries[job] = self._entries.pop(job)
        await self._save(entry)
        self._pump()
        return self._shown(entry)

    async def forget(self, job: str) -> None:
        """Delete a job that has ended, with what was uploaded for it. Raises `JobStateError` where it has not."""
        entry = self._entries[job]
        if not entry.job.ended_for_good:
            raise JobStateError("the job has not ended: cancel it first")
        del self._entries[job]
        async with self._saving:
            await asyncio.to_thread(self._store.delete, job)

    async def clear_line(self, corpus: str) -> None:
        """End the jobs of a corpus that wait: they would read into the next one of that name. Raises `JobStateError`
        where one is under way."""
        ours = self._of(corpus)
        if any(one.state == "running" for one in ours):
            raise JobStateError("a job of this corpus is under way: wait until it has ended, or cancel it first")
        for one in ours:
            if not one.ended_for_good:
                await self.cancel(one.id)

    async def forget_all(self, corpus: str) -> None:
        """Delete the jobs of a corpus, with their reports, which name its documents, and their uploads."""
        for one in self._of(corpus):
            if one.ended_for_good:
                await self.forget(one.id)

    def _of(self, corpus: str) -> list[Job]:
        return [entry.job for entry in self._entries.values() if entry.job.corpus == corpus]

    async def watch(self, job: str) -> AsyncGenerator[Job, None]:
        """The job each time that it changes, until it has ended, is forgotten, or the server stops."""
        while (entry := self._entries.get(job)) is not None:
            changed, shown = entry.changed, self._shown(entry)
            yield shown
            if shown.ended_for_good or self.closing.is_set():  # the job may have ended since: that is still to be told
                return
            await changed.wait()

    def counts(self) -> dict[tuple[str, str], int]:
        """How many jobs there are of a kind in a state."""
        found: dict[tuple[str, str], int] = {}
        for entry in self._entries.values():
            place = (entry.job.kind, entry.job.state)
            found[place] = found.get(place, 0) + 1
        return found

    # Running them -------------------------------------------------------------------------------

    def _pump(self) -> None:
        """Begin what may begin: the oldest of each corpus that has none running."""
        for entry in list(self._entries.values()):
            if self.closing.is_set() or len(self._running) >= self._settings.running:
                return
            corpus = entry.job.corpus
            if entry.job.state == "queued" and corpus not in self._running:
                self._running[corpus] = asyncio.create_task(self._run(entry))

    async def _run(self, entry: _Entry) -> None:
        record: JobRecord | None = None
        try:
            if entry.job.state != "queued":  # it was cancelled before its turn came
                return
            started = {"started": now(), "ended": None, "attempts": entry.job.attempts + 1, "waits_for": None}
            self._set(entry, state="running", progress=(), **started)
            await self._save(entry)
            with span("hybrid.job") as made:
                record = self._changed(entry, await self._outcome(entry))
                if made is not None:
                    made.set_attributes({"hybrid.job.kind": record.job.kind, "hybrid.job.state": record.job.state})
            # On the disk first: whoever is told that it is done may rely on it.
            await self._save(entry, record)
            if record.job.state == "succeeded":
                await asyncio.to_thread(self._store.delete_upload, record.job.id)
            entry.record = record
            log_info(_LOG, "job ended", kind=entry.job.kind, state=entry.job.state, attempts=entry.job.attempts)
        except Exception:  # noqa: BLE001 - a full disk, say: who waits for it has to be told, and may resume it
            _LOG.exception("a job could not be written down")
            said = "the server could not write the job down; its log says why"
            # What was done is told, as a certificate is made once; the next process does the job again.
            entry.record = record or self._changed(entry, self._failed("ServiceError", said))
        finally:
            if record is not None and record.job.ended_for_good:
                self._ended(record.job)
            del self._running[entry.job.corpus]
            self._touch(entry)
            self._pump()

    async def _outcome(self, entry: _Entry) -> dict[str, Any]:
        """Do the work; what came of it."""
        loop = asyncio.get_running_loop()
        while True:
            entry.stages.clear()
            try:
                found = await loop.run_in_executor(self._pool, self._worked, entry, loop)
            except CorpusLockedError:
                if self.closing.is_set() or entry.stop.is_set():
                    return self._put_off()
                self._set(entry, waits_for="another process is writing to the corpus")
                await asyncio.sleep(_LOCKED_SECONDS)
            except Stopped:
                return self._put_off()
            except HybridError as error:
                return self._failed(type(error).__name__, self._describe(error))
            except Exception:  # noqa: BLE001 - whatever it is, the job has to end, and the log says what it was
                _LOG.exception("a job failed")
                return self._failed("HybridError", "the server failed; its log says how")
            else:
                what = "report" if isinstance(found, IngestReport) else "check"
                return {"state": "succeeded", "ended": now(), what: found}

    def _put_off(self) -> dict[str, Any]:
        if self.closing.is_set():
            return {"state": "queued", "waits_for": "the server was stopped; the next one goes on"}
        return {"state": "cancelled", "ended": now()}

    @staticmethod
    def _failed(kind: str, message: str) -> dict[str, Any]:
        return {"state": "failed", "ended": now(), "failure": JobFailure(type=kind, message=message)}

    def _worked(self, entry: _Entry, loop: asyncio.AbstractEventLoop) -> IngestReport | DeletionCheck:
        stoppable = entry.job.kind not in UNSTOPPABLE

        def progress(stage: Stage, done: int, total: int, detail: str) -> None:
            if stoppable and entry.stop.is_set():
                raise Stopped
            entry.stages[stage] = JobProgress(stage=stage, done=done, total=total, detail=detail)
            if (at := time.monotonic()) - entry.told >= _TOLD_SECONDS:
                entry.told = at
                loop.call_soon_threadsafe(self._touch, entry)

        if stoppable and entry.stop.is_set():
            raise Stopped
        return self._work(entry.record, progress)

    # Writing them down --------------------------------------------------------------------------

    def _set(self, entry: _Entry, **changes: Any) -> None:
        entry.record = self._changed(entry, changes)
        self._touch(entry)

    @staticmethod
    def _changed(entry: _Entry, changes: Mapping[str, Any]) -> JobRecord:
        if changes.get("state") in ENDED or "waits_for" in changes:
            changes = {"progress": tuple(entry.stages.copy().values()), "waits_for": None, **changes}
        return entry.record.model_copy(update={"job": entry.job.model_copy(update=changes)})

    @staticmethod
    def _touch(entry: _Entry) -> None:
        """Tell those who watch it."""
        changed, entry.changed = entry.changed, asyncio.Event()
        changed.set()

    async def _save(self, entry: _Entry, record: JobRecord | None = None) -> None:
        async with self._saving:  # one at a time, so that an older state never overwrites a newer one
            if entry.job.id in self._entries:
                await asyncio.to_thread(self._store.save, record or entry.record)

    async def _prune(self) -> None:
        ended = [one.job.id for one in self._entries.values() if one.job.ended_for_good]
        for job in ended[: max(0, len(ended) - self._settings.kept)]:
            entry = self._entries.get(job)  # while another was deleted it may have gone, or been resumed
            if entry is not None and entry.job.ended_for_good:
                await self.forget(job)
