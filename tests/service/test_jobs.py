"""Jobs: what is uploaded or named is read, one of a corpus after the other; none is lost, and none is another's."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import json
import os
import socket
import threading
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from served import AGREEMENT, QUESTION, serving, until

from hybrid import Corpus
from hybrid.client import Client
from hybrid.errors import (
    CorpusLockedError,
    InputError,
    JobFailedError,
    JobNotFoundError,
    JobStateError,
    RateLimitError,
    RequestTooLargeError,
    ServiceBusyError,
)
from hybrid.service.job_store import JobRecord, JobRequest, JobStore
from hybrid.service.jobs import Jobs
from hybrid.service.uploads import checked_name
from hybrid.settings.service import JobSettings
from hybrid.types.jobs import Job
from hybrid.types.reports import IngestReport


class Gate:
    """Holds ingests of the library at their first step, until it is opened."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.reached, self.open = threading.Event(), threading.Event()
        self.corpora: list[str] = []
        self._active = 0
        self.most_at_once = 0
        lock, ingest = threading.Lock(), Corpus.ingest

        def held(corpus: Corpus, *inputs: Any, progress: Any, **options: Any) -> Any:
            with lock:
                self._active += 1
                self.most_at_once = max(self.most_at_once, self._active)
                self.corpora.append(corpus.directory.name)
            try:
                progress("discover", 0, 1, "")
                self.reached.set()
                while not self.open.wait(0.01):
                    progress("load", 0, 1, "held")
                return ingest(corpus, *inputs, progress=progress, **options)
            finally:
                with lock:
                    self._active -= 1

        monkeypatch.setattr(Corpus, "ingest", held)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Gate:
    return Gate(monkeypatch)


def leftovers(root: Path) -> list[str]:
    # Unlike `rglob` this bears with what goes away meanwhile.
    return [name for _, folders, files in os.walk(root / ".serve" / "uploads") for name in (*folders, *files)]


# Reading --------------------------------------------------------------------------------------------


def test_what_is_uploaded_is_read_and_answers_by_the_name_it_was_given(root: Path, tmp_path: Path) -> None:
    folder = tmp_path / "letters"
    (folder / "2026").mkdir(parents=True)
    (folder / "2026" / "rent.txt").write_text("The rent of the mill is 3,500 pounds a year.")
    (folder / "empty.txt").write_text("")
    with serving(root) as running, running.client() as client:
        corpus = client.corpus("acme")
        states: list[Job] = []
        job = client.wait(
            corpus.upload(folder, ("notes/one.md", b"# Note\n\nThe crane was hired in Bruges.")), states.append
        )
        assert job.report is not None
        assert job.report.added == ("letters/2026/rent.txt", "notes/one.md")
        assert [(one.source, one.code) for one in job.report.skipped] == [("letters/empty.txt", "empty")]
        assert [one.state for one in states][-1] == "succeeded"
        assert {one.stage for one in job.progress} >= {"discover", "load", "embed"}
        assert corpus.ask("What is the rent of the mill?").citations[0].source == "letters/2026/rent.txt"
        again = client.wait(corpus.upload(folder)).report
        assert again is not None
        assert (again.added, again.unchanged) == ((), ("letters/2026/rent.txt",))
        assert client.jobs("acme")[0].report == again
        assert leftovers(root) == []


def test_a_path_is_read_by_the_name_of_its_folder(root: Path, tmp_path: Path) -> None:
    (tmp_path / "srv" / "deep").mkdir(parents=True)
    (tmp_path / "srv" / "deep" / "rent.txt").write_text("The rent of the mill is 3,500 pounds a year.")
    (tmp_path / "srv" / "deep" / "away.txt").symlink_to("/etc/hostname")
    with serving(root, {"folders": {"discovery": tmp_path / "srv"}}) as running, running.client() as client:
        corpus = client.corpus("acme")
        report = client.wait(corpus.ingest("discovery/deep")).report
        assert report is not None
        assert report.added == ("discovery/deep/rent.txt",)
        (skipped,) = report.skipped
        assert (skipped.source, skipped.code) == ("discovery/deep/away.txt", "outside_folder")
        assert "/etc" not in skipped.reason
        assert str(tmp_path) not in report.model_dump_json()
        assert client.wait(corpus.ingest("discovery")).report.unchanged == ("discovery/deep/rent.txt",)  # type: ignore[union-attr]


OUTSIDE = (
    "/etc",
    "discovery/../x",
    "discovery/in/../a.txt",
    "..",
    "",
    "elsewhere/a",
    "discovery/away",
    "discovery/away/passwd",
    "discovery\\x",
)


@pytest.mark.parametrize("path", [*OUTSIDE, "discovery/nothing"])
def test_a_path_outside_the_folders_that_were_allowed_is_refused(root: Path, tmp_path: Path, path: str) -> None:
    (tmp_path / "srv" / "in").mkdir(parents=True)
    (tmp_path / "srv" / "a.txt").write_text("The rent is 3 pounds.")
    (tmp_path / "srv" / "away").symlink_to("/etc")
    with serving(root, {"folders": {"discovery": tmp_path / "srv"}}) as running, running.client() as client:
        with pytest.raises(InputError, match="path") as refused:
            client.corpus("acme").ingest(path)
        assert str(tmp_path) not in str(refused.value)
        assert client.jobs() == []


def test_a_name_that_would_hide_a_whole_folder_is_refused(root: Path) -> None:
    """A folder with such a file is taken for a corpus, and nothing in it is read."""
    with serving(root) as running, running.client() as client:
        for name in ("catalog.sqlite", "deep/catalog.sqlite"):
            with pytest.raises(InputError, match="nothing of the folder"):
                client.corpus("acme").upload(("good.txt", b"The gate is 9 m wide."), (name, b"x"))


LEADING = ("../x.txt", "a/../../x.txt", "/etc/x.txt", "a//b.txt", "./a.txt", "a/.", "a\\b.txt", "C:\\x.txt", "~/x.txt")


@pytest.mark.parametrize("name", [*LEADING, "a\0b", "a\nb", "", "x" * 300, "/".join("a" * 40)])
def test_a_name_that_leads_elsewhere_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="cannot be called"):
        checked_name(name)


def test_an_upload_never_leaves_its_folder(root: Path) -> None:
    with serving(root) as running, running.client() as client:
        before = {path for path in root.parent.rglob("*") if ".serve" not in path.parts}
        for name in ("../../../escaped.txt", "/tmp/escaped.txt", "a/../../escaped.txt"):
            with pytest.raises(InputError, match="cannot be called"):
                client.corpus("acme").upload(("good.txt", b"good"), (name, b"bad"))
        assert {path for path in root.parent.rglob("*") if ".serve" not in path.parts} == before
        assert leftovers(root) == []
        assert client.jobs() == []


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ([("files", ("a.txt", b"1")), ("files", ("a.txt", b"2"))], "two files"),
        ([("files", ("a", b"1")), ("files", ("a/b.txt", b"2"))], "a file and a folder"),
        ([("file", ("a.txt", b"1"))], "fields 'files'"),
    ],
)
def test_a_form_that_cannot_be_kept_is_refused_as_a_whole(root: Path, files: Any, said: str) -> None:
    with serving(root) as running, running.http() as http:
        response = http.post("/v1/corpora/acme/uploads", files=files)
        assert (response.status_code, response.json()["error"]["type"]) == (422, "InputError")
        assert said in response.json()["error"]["message"]
        assert leftovers(root) == []


def test_an_upload_that_is_no_form_or_holds_no_file_is_refused(root: Path) -> None:
    with serving(root) as running, running.http() as http:
        path = "/v1/corpora/acme/uploads"
        assert "multipart/form-data" in http.post(path, json={"files": []}).json()["error"]["message"]
        empty = http.post(path, content=b"--b--\r\n", headers={"Content-Type": "multipart/form-data; boundary=b"})
        assert (empty.status_code, "no file" in empty.text) == (422, True)


def test_an_upload_of_too_many_files_or_bytes_is_refused(root: Path) -> None:
    limits = {"upload_files": 2, "upload_bytes": 5000}
    with serving(root, {"limits": limits}) as running, running.client() as client:
        corpus = client.corpus("acme")
        with pytest.raises(RequestTooLargeError, match="upload_files"):
            corpus.upload(*((f"{n}.txt", b"x") for n in range(3)))
        with pytest.raises(RequestTooLargeError, match="upload_bytes"):
            corpus.upload(("a.txt", b"x" * 6000))
        assert leftovers(root) == []


BOUNDARY = "Content-Type: multipart/form-data; boundary=b"
FORM = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\nThe rent is 3'


def test_an_upload_that_is_cut_leaves_nothing(root: Path) -> None:
    with serving(root) as running:
        host, port = running.url.removeprefix("http://").split(":")
        head = f"POST /v1/corpora/acme/uploads HTTP/1.1\r\nHost: {host}\r\n{BOUNDARY}\r\n"
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(f"{head}Content-Length: 1000\r\n\r\n".encode() + FORM)
            until(lambda: leftovers(root))  # it has begun to come in
        until(lambda: not leftovers(root))  # the client has gone: so has what it sent
        with running.client() as client:
            assert client.jobs() == []
            assert len(client.corpus("acme").documents()) == 2


def test_a_form_that_ends_in_the_middle_is_no_upload(root: Path) -> None:
    with serving(root) as running, running.http() as http:
        headers = {"Content-Type": "multipart/form-data; boundary=b"}
        for cut in (FORM, FORM + b"\r\n--b", FORM[:40]):
            response = http.post("/v1/corpora/acme/uploads", content=cut, headers=headers)
            assert (response.status_code, "cut" in response.text) == (422, True), cut
        assert leftovers(root) == []
        assert http.get("/v1/jobs").json() == {"jobs": []}


# In line --------------------------------------------------------------------------------------------


def test_two_ingests_at_once_are_done_one_after_the_other(root: Path, gate: Gate) -> None:
    with serving(root) as running, running.client() as client:
        acme = client.corpus("acme")
        first, second = (
            acme.upload(("a.txt", b"The rent is 3 pounds.")),
            acme.upload(("b.txt", b"The fee is 4 pounds.")),
        )
        other = client.corpus("other").upload(("c.txt", b"The toll is 5 pounds."))
        assert gate.reached.wait(60)
        assert client.job(second).state == "queued"
        gate.open.set()
        reports = [client.wait(job).report for job in (first, second, other)]
        assert [report.added for report in reports if report] == [("a.txt",), ("b.txt",), ("c.txt",)]
    assert gate.corpora.count("acme") == 2
    assert gate.most_at_once <= 2  # of two corpora


def test_a_job_waits_for_another_process_that_writes(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hybrid.service.jobs._LOCKED_SECONDS", 0.01)
    with serving(root) as running, running.client() as client:
        with FileLock(root / "acme" / "write.lock"):
            job = client.corpus("acme").upload(("a.txt", b"The rent is 3 pounds."))
            waiting = next(one for one in client.watch(job) if one.waits_for)
            assert (waiting.state, waiting.waits_for) == ("running", "another process is writing to the corpus")
        assert client.wait(job).report.added == ("a.txt",)  # type: ignore[union-attr]


def test_a_line_that_is_full_takes_no_more(root: Path, gate: Gate) -> None:
    with serving(root, {"jobs": {"waiting": 2}}) as running, running.client() as client:
        corpus = client.corpus("acme")
        jobs = [corpus.upload((f"{n}.txt", b"The rent is %d pounds." % n)) for n in range(2)]
        with pytest.raises(RateLimitError, match=r"jobs\.waiting"):
            corpus.upload(("3.txt", b"x"))
        gate.open.set()
        for job in jobs:
            client.wait(job)


def test_who_watches_is_told_of_the_end_even_if_it_comes_while_he_reads(tmp_path: Path) -> None:
    """The end must not get lost between what was told last and the next look."""

    async def run() -> list[str]:
        go_on = threading.Event()

        def work(*_: object) -> IngestReport:
            go_on.wait()
            return IngestReport()

        jobs = Jobs(JobStore(tmp_path), JobSettings(), work)
        job = await jobs.add("ingest", "acme", [], JobRequest())
        told = []
        async for one in jobs.watch(job.id):
            told.append(one.state)
            go_on.set()
            while not jobs.get(job.id).ended_for_good:  # type: ignore[union-attr]
                await asyncio.sleep(0.001)
        await jobs.stop()
        return told

    assert asyncio.run(run())[-1] == "succeeded"


# Ending early, and going on -------------------------------------------------------------------------


def test_a_job_that_runs_is_cancelled_and_resumed(root: Path, gate: Gate) -> None:
    with serving(root) as running, running.client() as client:
        job = client.corpus("acme").upload(("a.txt", b"The rent is 3 pounds."))
        assert gate.reached.wait(60)
        client.cancel(job)
        with pytest.raises(JobFailedError, match="cancelled") as ended:
            client.wait(job)
        assert isinstance(ended.value.job, Job)
        assert ended.value.job.state == "cancelled"
        with pytest.raises(JobStateError):
            client.cancel(job)
        gate.open.set()
        assert client.resume(job).state in ("queued", "running")
        done = client.wait(job)
        assert (done.attempts, done.report.added) == (2, ("a.txt",))  # type: ignore[union-attr]
        with pytest.raises(JobStateError):
            client.resume(job)


def test_a_job_in_line_is_cancelled_at_once(root: Path, gate: Gate) -> None:
    with serving(root) as running, running.client() as client:
        corpus = client.corpus("acme")
        first, second = corpus.upload(("a.txt", b"The rent is 3 pounds.")), corpus.upload(("b.txt", b"x y z"))
        assert client.cancel(second).state == "cancelled"
        with pytest.raises(JobStateError, match="cancel it first"):
            client.forget(first)
        client.forget(second)
        with pytest.raises(JobNotFoundError):
            client.job(second)
        gate.open.set()
        client.wait(first)
        assert leftovers(root) == []


def test_a_job_that_fails_says_why_and_keeps_what_was_uploaded(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ingest, fail = Corpus.ingest, [True]

    def failing(corpus: Corpus, *inputs: Any, **options: Any) -> Any:
        if fail[0]:
            raise OSError("the secret of the stack")
        return ingest(corpus, *inputs, **options)

    monkeypatch.setattr(Corpus, "ingest", failing)
    with serving(root) as running, running.client() as client:
        job = client.corpus("acme").upload(("a.txt", b"The rent is 3 pounds."))
        with pytest.raises(JobFailedError, match="its log says how") as failed:
            client.wait(job)
        assert "secret" not in str(failed.value)
        fail[0] = False
        client.resume(job)
        assert client.wait(job).report.added == ("a.txt",)  # type: ignore[union-attr]


def test_a_server_that_stops_puts_its_jobs_off_and_the_next_goes_on(root: Path, gate: Gate) -> None:
    with serving(root) as running, running.client() as client:
        corpus = client.corpus("acme")
        jobs = [corpus.upload((f"{n}.txt", b"The rent of mill %d is 3 pounds." % n)) for n in range(3)]
        assert gate.reached.wait(60)
    kept = [json.loads(path.read_text())["job"] for path in (root / ".serve" / "jobs").glob("*.json")]
    assert sorted(job["state"] for job in kept) == ["queued", "queued", "queued"]
    gate.open.set()
    with serving(root) as running, running.client() as client:
        found = [client.wait(job.id) for job in jobs]
        assert [job.report.added for job in found if job.report] == [("0.txt",), ("1.txt",), ("2.txt",)]
        assert [job.attempts for job in found] == [2, 1, 1]
        assert len(client.corpus("acme").documents()) == 5


def test_a_server_that_was_killed_loses_no_job(root: Path, gate: Gate, tmp_path: Path) -> None:
    """The files of jobs as a kill leaves them: one that ran, one in line; and an upload that had not come in whole."""
    import shutil

    with serving(root) as running, running.client() as client:
        corpus = client.corpus("acme")
        jobs = [corpus.upload((f"{n}.txt", b"The rent of mill %d is 3 pounds." % n)) for n in range(2)]
        assert gate.reached.wait(60)
        next(one for one in client.watch(jobs[0]) if one.state == "running")
        shutil.copytree(root, tmp_path / "killed")
    (tmp_path / "killed" / ".serve" / "uploads" / ("a" * 32 + ".partial")).mkdir()
    gate.open.set()
    with serving(tmp_path / "killed") as running, running.client() as client:
        for job in jobs:
            assert client.wait(job.id).report.added  # type: ignore[union-attr]
        assert leftovers(tmp_path / "killed") == []


def test_a_stream_of_a_job_ends_when_the_server_stops(root: Path, gate: Gate) -> None:
    seen: list[BaseException] = []
    with serving(root) as running:
        client = Client(running.url)
        job = client.corpus("acme").upload(("a.txt", b"The rent is 3 pounds."))
        assert gate.reached.wait(60)
        watched = threading.Event()

        def watch() -> None:
            try:
                client.wait(job, lambda _: watched.set())
            except ServiceBusyError as error:
                seen.append(error)

        thread = threading.Thread(target=watch)
        thread.start()
        assert watched.wait(60)
    thread.join()
    client.close()
    assert "goes on with the job" in str(seen[0])


def test_a_second_server_over_the_same_folder_is_refused(root: Path) -> None:
    with serving(root), pytest.raises(CorpusLockedError, match="another server"), serving(root):
        pass
    with serving(root) as running, running.client() as client:
        assert client.corpora()


# Removing -------------------------------------------------------------------------------------------


def test_a_removal_has_a_certificate_that_is_proved(root: Path) -> None:
    with serving(root) as running, running.client() as client:
        corpus = client.corpus("acme")
        assert corpus.ask(QUESTION).found
        report = client.wait(corpus.remove("discovery/agreement.txt")).report
        assert report is not None
        assert report.certificate is not None
        assert report.removed == ("discovery/agreement.txt",)
        assert not corpus.ask(QUESTION).found
        check = client.wait(corpus.verify_deletion(report.certificate)).check
        assert check is not None
        assert check.holds
        client.wait(corpus.upload(("again.txt", AGREEMENT.encode())))
        with pytest.raises(InputError, match="changed after it was written"):
            corpus.verify_deletion(report.certificate.to_json().replace('"commit": ', '"commit": 1'))


def test_removing_what_is_not_there_fails_with_its_name(root: Path) -> None:
    with serving(root) as running, running.client() as client:
        with pytest.raises(JobFailedError, match=r"nothing\.txt") as failed:
            client.wait(client.corpus("acme").remove("discovery/nothing.txt"))
        assert failed.value.job.failure.type == "SourceNotFoundError"  # type: ignore[attr-defined]


def test_a_removal_that_was_killed_after_its_commit_is_finished_without_a_certificate(
    root: Path, tmp_path: Path
) -> None:
    with serving(root) as running, running.client() as client:
        job = client.wait(client.corpus("acme").remove("discovery/agreement.txt"))
    file = root / ".serve" / "jobs" / f"{job.id}.json"
    record = json.loads(file.read_text())
    record["job"] |= {"state": "running", "report": None, "ended": None}
    file.write_text(json.dumps(record))
    with serving(root) as running, running.client() as client:
        report = client.wait(job.id).report
        assert report is not None
        assert report.removed == ("discovery/agreement.txt",)
        assert report.certificate is None
        assert any("ended before it made the certificate" in note for note in report.notes)


def test_a_removal_that_failed_is_not_said_to_be_done_when_it_is_resumed(root: Path) -> None:
    with serving(root) as running, running.client() as client:
        job = client.corpus("acme").remove("discovery/nothing.txt")
        for _ in range(2):
            with pytest.raises(JobFailedError, match=r"nothing\.txt") as failed:
                client.wait(job)
            assert failed.value.job.failure.type == "SourceNotFoundError"  # type: ignore[attr-defined]
            client.resume(job)


def test_a_removal_of_what_never_was_is_not_said_to_be_done_after_a_kill(root: Path) -> None:
    job = Job(
        id="a" * 32, kind="removal", corpus="acme", state="running", inputs=("no.txt",), created="2026", attempts=1
    )
    JobStore(root / ".serve").save(JobRecord(job=job, request=JobRequest(sources=("no.txt",))))
    with serving(root) as running, running.client() as client, pytest.raises(JobFailedError, match=r"no\.txt"):
        client.wait(job)


# A job that cannot be written down ------------------------------------------------------------------


def full_from(number: int, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Writing jobs down fails from that time on, until the list is emptied."""
    times, save = [number], JobStore.save

    def failing(store: JobStore, record: JobRecord) -> None:
        if times and (times.insert(0, times.pop(0) - 1) or times[0] < 0):
            raise OSError(errno.ENOSPC, "No space left on device")
        save(store, record)

    monkeypatch.setattr(JobStore, "save", failing)
    return times


def test_a_job_that_cannot_be_begun_fails_and_is_resumed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(root) as running, running.client() as client:
        full = full_from(1, monkeypatch)
        job = client.corpus("acme").upload(("a.txt", b"The rent is 3 pounds."))
        with pytest.raises(JobFailedError, match="could not write the job down"):
            client.wait(job)
        full.clear()
        client.resume(job)
        assert client.wait(job).report.added == ("a.txt",)  # type: ignore[union-attr]


def test_the_certificate_of_a_removal_is_told_though_the_disk_is_full(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(root) as running, running.client() as client:
        full_from(2, monkeypatch)
        report = client.wait(client.corpus("acme").remove("discovery/minutes.txt")).report
        assert report is not None
        assert report.certificate is not None


async def test_a_job_that_is_cancelled_just_before_it_begins_is_not_done(tmp_path: Path) -> None:
    done: list[str] = []

    def work(record: JobRecord, _: object) -> IngestReport:
        done.append(record.job.id)
        return IngestReport()

    jobs = Jobs(JobStore(tmp_path), JobSettings(), work)
    job = await jobs.add("ingest", "acme", [], JobRequest())  # its turn has come: a task for it is made
    assert (await jobs.cancel(job.id)).state == "cancelled"
    await jobs.stop()
    assert done == []
    assert jobs.get(job.id).state == "cancelled"  # type: ignore[union-attr]


async def test_jobs_that_are_put_in_line_together_forget_the_oldest_once(tmp_path: Path) -> None:
    """Each deletes what is too much, and while one file is deleted the other goes on."""
    jobs = Jobs(JobStore(tmp_path), JobSettings(kept=2, running=4), lambda *_: IngestReport())
    for name in "abcdef":
        job = await jobs.add("ingest", name, [], JobRequest())
        while not jobs.get(job.id).ended_for_good:  # type: ignore[union-attr]
            await asyncio.sleep(0.001)
    jobs._settings = JobSettings(kept=1, running=4)
    await asyncio.gather(*(jobs.add("ingest", name, [], JobRequest()) for name in ("g", "h", "i")))
    await jobs.stop()


def test_no_more_uploads_and_watched_jobs_of_a_key_are_open_than_are_allowed(root: Path, gate: Gate) -> None:
    with serving(root, {"limits": {"open_per_key": 2}}) as running, contextlib.ExitStack() as stack:
        ann, ben = (running.key(name, role="writer", corpora=["acme"]) for name in ("ann", "ben"))
        with running.client(ann) as client, running.client(ben) as other:
            job = client.corpus("acme").upload(("a.txt", b"The rent is 3 pounds."))
            for _ in range(2):
                next(stack.enter_context(contextlib.closing(client.watch(job))))
            with pytest.raises(RateLimitError, match=r"limits\.open_per_key"):
                client.corpus("acme").upload(("b.txt", b"x y z"))
            with pytest.raises(RateLimitError, match=r"limits\.open_per_key"):
                next(client.watch(job))
            assert next(other.watch(job)).id == job.id
            stack.close()
            until(lambda: not running.service.open._of)  # each is given back when its reader goes
            gate.open.set()
            client.wait(client.corpus("acme").upload(("b.txt", b"x y z")))
        until(lambda: not running.service.open._of)


# Whose they are -------------------------------------------------------------------------------------


def test_a_job_of_another_tenant_is_not_there_in_the_same_words_as_one_that_never_was(root: Path, gate: Gate) -> None:
    with serving(root) as running:
        mine, theirs = (running.key(name, role="writer", corpora=[name]) for name in ("acme", "other"))
        with running.client(theirs) as client:
            job = client.corpus("other").upload(("zq-secret.txt", b"The rent is 3 pounds.")).id
        with running.http(mine) as http:
            for method, path in (
                ("GET", "/v1/jobs/{}"),
                ("GET", "/v1/jobs/{}/events"),
                ("POST", "/v1/jobs/{}/cancel"),
                ("POST", "/v1/jobs/{}/resume"),
                ("DELETE", "/v1/jobs/{}"),
            ):
                there, never = (http.request(method, path.format(one)) for one in (job, "0" * 32))
                assert (there.status_code, there.text.replace(job, "")) == (404, never.text.replace("0" * 32, ""))
            assert http.get("/v1/jobs").json() == {"jobs": []}
            assert http.get("/v1/jobs", params={"corpus": "other"}).json() == {"jobs": []}
        gate.open.set()
        with running.client(theirs) as client:
            assert client.wait(job).state == "succeeded"
            assert [one.id for one in client.jobs("other")] == [job]
