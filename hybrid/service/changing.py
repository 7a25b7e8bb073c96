"""Requests that change corpora, all of them jobs: uploads, ingests by path, removals; and the jobs themselves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from hybrid.corpus import Corpus
from hybrid.errors import (
    HybridError,
    JobNotFoundError,
    JobStateError,
    ServiceBusyError,
)
from hybrid.ingest.discovery import NamedPath
from hybrid.ingest.progress import Progress
from hybrid.service import schemas, uploads
from hybrid.service.asking import as_json
from hybrid.service.corpora import Corpora
from hybrid.service.failures import content_of
from hybrid.service.folders import named_path
from hybrid.service.job_store import JobRecord, JobRequest, JobStore
from hybrid.service.keys import ApiKey, nobody
from hybrid.service.sse import EventStream, content_event, model_event, with_signs_of_life
from hybrid.service.state import Asker, KeyFirst, Served, Service
from hybrid.types.base import shown
from hybrid.types.certificates import DeletionCertificate, DeletionCheck
from hybrid.types.jobs import Job
from hybrid.types.reports import IngestReport

router: APIRouter = APIRouter(prefix="/v1", tags=["Jobs"], route_class=KeyFirst)
_FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": [uploads.FIELD],
                    "properties": {uploads.FIELD: {"type": "array", "items": {"type": "string", "format": "binary"}}},
                }
            }
        },
    }
}
_ACCEPTED: dict[str, Any] = {"status_code": 202, "response_model": Job}


def accepted(job: Job) -> Response:
    """A job that was put in line."""
    answer = as_json(job)
    answer.status_code = 202
    answer.headers["Location"] = f"/v1/jobs/{job.id}"
    return answer


@router.post("/corpora/{corpus}/uploads", openapi_extra=_FORM, **_ACCEPTED)
async def upload(request: Request, service: Served, key: Asker, corpus: str) -> Response:
    """Upload files and read them into a corpus, as a job (role writer). The name of each file is the source's, and may
    have folders in it: `letters/a.pdf`. A file of the same name replaces what was there."""
    await service.run(key, lambda: service.corpora.check(corpus, key, "writer"))
    service.jobs.check_room(corpus)
    ended = service.open.take(key.id)
    job_id = service.jobs.new_id()
    try:
        folder = service.store.partial(job_id)
        content_type = request.headers.get("content-type", "")
        names = await uploads.save(request.stream(), content_type, folder, service.settings.limits.upload_files)
        await asyncio.to_thread(service.store.keep, job_id)
        job = await service.jobs.add("ingest", corpus, names, JobRequest(uploaded=True), job_id)
    except BaseException:
        service.store.delete_upload(job_id)
        raise
    finally:
        ended()
    return accepted(job)


@router.post("/corpora/{corpus}/ingest", **_ACCEPTED)
async def ingest(service: Served, key: Asker, corpus: str, body: schemas.IngestRequest) -> Response:
    """Read files and folders of the server into a corpus, as a job (role writer). A path begins with the name of a
    folder that the operator allowed, and so do the names of its sources."""

    def checked() -> None:
        service.corpora.check(corpus, key, "writer")
        for path in body.paths:
            named_path(path, service.settings.folders)

    await service.run(key, checked)
    return accepted(await service.jobs.add("ingest", corpus, list(body.paths), JobRequest(paths=body.paths)))


@router.post("/corpora/{corpus}/remove", **_ACCEPTED)
async def remove(service: Served, key: Asker, corpus: str, body: schemas.RemoveRequest) -> Response:
    """Remove sources, and have the memory unlearn them, as a job (role writer). Its report has the certificate."""
    await service.run(key, lambda: service.corpora.check(corpus, key, "writer"))
    return accepted(await service.jobs.add("removal", corpus, list(body.sources), JobRequest(sources=body.sources)))


@router.post("/corpora/{corpus}/verify-deletion", **_ACCEPTED)
async def verify_deletion(service: Served, key: Asker, corpus: str, body: schemas.VerifyDeletionRequest) -> Response:
    """Prove the certificate of a removal, as a job (role writer): volumes of the memory are adapted again."""
    given = body.certificate
    text = given if isinstance(given, str) else DeletionCertificate.model_validate(given).to_json()
    removed = [one for document in DeletionCertificate.from_json(text).removed for one in document.sources]
    await service.run(key, lambda: service.corpora.check(corpus, key, "writer"))
    return accepted(await service.jobs.add("verification", corpus, removed, JobRequest(certificate=text)))


@router.get("/jobs", response_model=schemas.JobsResponse)
async def jobs(
    service: Served,
    key: Asker,
    corpus: Annotated[str | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Response:
    """The jobs of the corpora that this key may change, the newest first."""
    found = (job for job in service.jobs.all() if _is_of(job, key) and corpus in (None, job.corpus))
    return as_json(schemas.JobsResponse(jobs=tuple(job for job, _ in zip(found, range(limit), strict=False))))


@router.get("/jobs/{job}", response_model=Job)
async def job_state(service: Served, key: Asker, job: str) -> Response:
    """A job as it stands."""
    return as_json(_found(service, key, job))


@router.get("/jobs/{job}/events", response_class=Response, responses={200: {"content": {"text/event-stream": {}}}})
async def job_events(service: Served, key: Asker, job: str) -> Response:
    """A job each time that it changes, until it has ended (server-sent events, named `job`)."""
    _found(service, key, job)
    ended = service.open.take(key.id)

    async def events() -> AsyncGenerator[bytes, None]:
        last = False
        async for one in service.jobs.watch(job):
            last = one.ended_for_good
            yield model_event("job", one)
        if not last and service.jobs.closing.is_set():
            raise ServiceBusyError("the server is stopping; the next one goes on with the job", 5)
        if not last:
            raise JobNotFoundError(f"the job {shown(job)} was forgotten meanwhile")

    def failure(error: HybridError) -> bytes:
        return content_event("error", content_of(type(error).__name__, str(error), 5))

    return EventStream(with_signs_of_life(events(), failure), ended)


@router.get("/jobs/{job}/certificate", response_class=Response, responses={200: {"content": {"application/json": {}}}})
async def certificate(service: Served, key: Asker, job: str) -> Response:
    """The certificate of a removal as a file, with its own sha256, as `hybrid verify-deletion` and
    `verify-deletion` take it."""
    report = _found(service, key, job).report
    if report is None or report.certificate is None:
        raise JobStateError("the job has no certificate: a removal has one when it has succeeded")
    return Response(report.certificate.to_json(), media_type="application/json")


@router.post("/jobs/{job}/cancel", response_model=Job)
async def cancel(service: Served, key: Asker, job: str) -> Response:
    """End a job: at once where it is in line, at its next step where it runs. What was committed stays."""
    _found(service, key, job)
    return as_json(await service.jobs.cancel(job))


@router.post("/jobs/{job}/resume", **_ACCEPTED)
async def resume(service: Served, key: Asker, job: str) -> Response:
    """Put a job in line again that failed or was cancelled. It goes on from what was committed."""
    _found(service, key, job)
    return accepted(await service.jobs.resume(job))


@router.delete("/jobs/{job}", status_code=204)
async def forget(service: Served, key: Asker, job: str) -> Response:
    """Forget a job that has ended, and delete what was uploaded for it; the corpus stays as it is."""
    _found(service, key, job)
    await service.jobs.forget(job)
    return Response(status_code=204)


def _is_of(job: Job, key: ApiKey) -> bool:
    return key.may_see(job.corpus) and key.allows("writer")


def _found(service: Service, key: ApiKey, job: str) -> Job:
    """The job. One of another tenant is not there, in the same words as one that never was."""
    found = service.jobs.get(job)
    if found is None or not _is_of(found, key):
        raise JobNotFoundError(f"there is no job {shown(job)} that this key may see")
    return found


class JobWork:
    """Does what jobs ask for. It is called in threads.

    Args:
        corpora: what they change.
        store: where their uploads are.
        folders: that may be read by path.
        workers: processes that adapt a corpus's memory.
        cluster: the address of a Ray cluster that ingests in their place, if there is one.
    """

    def __init__(
        self, corpora: Corpora, store: JobStore, folders: dict[str, Path], workers: int, cluster: str | None
    ) -> None:
        self._corpora = corpora
        self._store = store
        self._folders = folders
        self._workers = 1 if cluster else workers
        self._cluster = cluster

    def __call__(self, record: JobRecord, progress: Progress) -> IngestReport | DeletionCheck:
        """Do it. Raises what the corpus raises."""
        corpus = self._corpora.of_job(record.job.corpus)
        request = record.request
        if request.certificate is not None:
            return corpus.verify_deletion(request.certificate)
        if request.sources:
            return self._removed(corpus, record, progress)
        if request.uploaded:
            inputs = [NamedPath(self._store.upload(record.job.id), "")]
        else:
            inputs = [named_path(path, self._folders) for path in request.paths]
        return corpus.ingest(inputs, progress=progress, workers=self._workers, cluster=self._cluster)

    def _removed(self, corpus: Corpus, record: JobRecord, progress: Progress) -> IngestReport:
        sources = record.request.sources
        with self._corpora.seen_by(record.job.corpus, nobody()) as seen:
            there = {name for one in seen.documents() for name in one.sources}
        if there & set(sources) or not self._store.has_begun_removal(record.job.id):
            if there.issuperset(sources):
                self._store.begin_removal(record.job.id)
            return corpus.remove(sources, progress=progress)
        # All were there when an earlier attempt began, and none is now: it ended between its commit and its end. What
        # is left is to unlearn.
        report = corpus.ingest([], progress=progress, workers=self._workers, cluster=self._cluster)
        note = (
            "an earlier attempt removed these sources and ended before it made the certificate; hybrid documents "
            "shows that they are gone, and there is none for them"
        )
        return report.model_copy(update={"removed": sources, "notes": (*report.notes, note)})
