"""Jobs on disk: one JSON file each, written so that a crash leaves the old one or the new one."""

from __future__ import annotations

import logging
import os
import re
import shutil
from pathlib import Path

from hybrid._runtime import log_warning
from hybrid.errors import HybridError
from hybrid.stores.files import PRIVATE_FILE, PRIVATE_FOLDER, sync_directory, sync_file, write_atomically
from hybrid.types.base import FrozenModel
from hybrid.types.jobs import Job

_LOG = logging.getLogger("hybrid.service")
_ID = re.compile(r"[0-9a-f]{32}")


class JobRequest(FrozenModel):
    """What a job is to do. ``uploaded``: read the files of its upload; ``paths``: read these below the folders that
    the operator named; ``sources``: remove these; ``certificate``: prove this one."""

    uploaded: bool = False
    paths: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    certificate: str | None = None


class JobRecord(FrozenModel):
    """A job, and what it is to do."""

    job: Job
    request: JobRequest


class JobStore:
    """The files of jobs, and of the uploads that they read.

    Args:
        folder: of the server's own files.
    """

    def __init__(self, folder: Path) -> None:
        self._jobs = folder / "jobs"
        self._uploads = folder / "uploads"
        for one in (folder, self._jobs, self._uploads):
            one.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)

    def save(self, record: JobRecord) -> None:
        """Write a job; it is on the disk afterwards."""
        text = record.model_dump_json()

        def write(path: Path) -> None:
            path.touch(PRIVATE_FILE)
            path.write_text(text, encoding="utf-8")

        write_atomically(self._jobs / f"{record.job.id}.json", write)

    def load(self) -> list[JobRecord]:
        """All jobs, the oldest first. One that cannot be read is logged and left where it is; uploads that belong to
        no job, because they were cut, or to one that was done, are deleted."""
        found = []
        for file in sorted(self._jobs.glob("*.json")):
            try:
                found.append(JobRecord.model_validate_json(file.read_bytes()))
            except (OSError, HybridError) as error:
                log_warning(_LOG, "job cannot be read", file=file.name, error=type(error).__name__)
        done = {record.job.id for record in found if record.job.state == "succeeded"}
        known = {file.stem for file in self._jobs.glob("*.json")} - done
        for folder in self._uploads.iterdir():
            if folder.name not in known:
                shutil.rmtree(folder, ignore_errors=True)
        return sorted(found, key=lambda record: record.job.created)

    def delete(self, job: str) -> None:
        """Forget a job, with its upload."""
        (self._jobs / f"{job}.json").unlink(missing_ok=True)
        self._removal(job).unlink(missing_ok=True)
        self.delete_upload(job)

    def begin_removal(self, job: str) -> None:
        """Note that the sources that a job removes were all there when it began; it is on the disk afterwards."""
        write_atomically(self._removal(job), lambda path: path.touch(PRIVATE_FILE))

    def has_begun_removal(self, job: str) -> bool:
        """Whether that was noted, by this process or one before it."""
        return self._removal(job).exists()

    def _removal(self, job: str) -> Path:
        return self._jobs / f"{job}.removing"

    def partial(self, job: str) -> Path:
        """Where an upload comes in; it is no job's yet."""
        folder = self._uploads / f"{job}.partial"
        folder.mkdir(mode=PRIVATE_FOLDER)
        return folder

    def keep(self, job: str) -> None:
        """An upload that has come in whole is the job's from now on; it is on the disk before the job is."""
        partial = self._uploads / f"{job}.partial"
        for folder, _, files in os.walk(partial):
            for name in files:
                sync_file(Path(folder) / name)
            sync_directory(Path(folder))
        partial.rename(self.upload(job))
        sync_directory(self._uploads)

    def upload(self, job: str) -> Path:
        """Where the files of a job's upload are."""
        assert _ID.fullmatch(job)
        return self._uploads / job

    def delete_upload(self, job: str) -> None:
        """Delete the files of a job's upload, if it has any."""
        for folder in (self.upload(job), self._uploads / f"{job}.partial"):
            shutil.rmtree(folder, ignore_errors=True)
