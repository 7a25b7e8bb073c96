"""The client that waits."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable, Generator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx

from hybrid.client import calls
from hybrid.client.calls import Asked, Call
from hybrid.client.events import JOB, KINDS, Reader
from hybrid.client.failures import connection_errors, refusal
from hybrid.client.forms import Form, Upload
from hybrid.errors import InputError, JobFailedError
from hybrid.settings import Settings
from hybrid.types.answers import Answer, Citation, Comparison, Hit, Hits, Route, RouteName
from hybrid.types.base import shown
from hybrid.types.certificates import DeletionCertificate
from hybrid.types.documents import Document, PageView
from hybrid.types.events import EndEvent, Events, collect
from hybrid.types.filters import Filter
from hybrid.types.jobs import Job
from hybrid.types.logs import LogRecord
from hybrid.types.reports import CorpusStatus, DocumentInfo, Documents, IntegrityReport
from hybrid.types.statements import Judgement, Quotation

Result = TypeVar("Result")
SECONDS = 330.0
"""That a client waits for an answer, by default: a little more than a server takes for one."""
_CONNECT_SECONDS = 10.0


def configured(url: str | None, key: str | None, seconds: float) -> dict[str, Any]:
    """The options of an HTTP client. Without an address and a key those of the environment are taken."""
    address = url or os.environ.get("HYBRID_SERVER", "")
    if not isinstance(address, str) or not address.startswith(("http://", "https://")):
        raise InputError(
            f"url is where the server answers, such as http://127.0.0.1:8321, not {shown(address or None)}; or set the "
            "variable HYBRID_SERVER"
        )
    try:
        parsed = httpx.URL(address)
    except httpx.InvalidURL as error:
        raise InputError(f"url {shown(address)} is none: {error}") from None
    if not parsed.host or not 0 < (parsed.port or 80) < 65536:
        raise InputError(f"url {shown(address)} has no host, or a port that there cannot be")
    secret = key or os.environ.get("HYBRID_API_KEY", "")
    if not secret.isascii() or any(letter.isspace() for letter in secret):
        raise InputError("key is an API key as hybrid keys add printed it: it holds other characters than such keys do")
    return {
        # Reading the authorities that TLS trusts takes 50 ms, a tenth of `hybrid ask --server`: without TLS none is.
        "verify": True if address.startswith("https://") else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
        "base_url": address.rstrip("/"),
        "headers": {"Authorization": f"Bearer {secret}"} if secret else {},
        "timeout": httpx.Timeout(seconds, connect=_CONNECT_SECONDS),
    }


def checked_job(job: Job) -> Job:
    """The job. Raises `JobFailedError` where it ended without a result."""
    if job.state in ("failed", "cancelled"):
        why = f": {job.failure.message}" if job.failure else ""
        raise JobFailedError(
            f"the {job.kind} of {job.corpus} was not done, it {'failed' if job.failure else 'was cancelled'}{why}", job
        )
    return job


class Client:
    """A server, as this key may use it. It may be shared between threads; close it, or use it in a ``with`` block.

    Every method raises what the server's corpus raises, and besides:
    `AuthenticationError`, `AccessError`, `RateLimitError`, `ServiceBusyError`, `RequestTooLargeError`,
    `ServerUnreachableError`, `ProtocolError`.

    Args:
        url: where it answers; by default what the variable ``HYBRID_SERVER`` says.
        key: an API key; by default what the variable ``HYBRID_API_KEY`` says, if it says anything.
        timeout: seconds to wait for an answer, or for the next event of a stream.
        transport: of httpx, for tests.

    Example:
        >>> with Client(url) as client:
        ...     print(client.corpora())
        ['acme-v-beta']
    """

    def __init__(
        self,
        url: str | None = None,
        key: str | None = None,
        *,
        timeout: float = SECONDS,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._http = httpx.Client(transport=transport, **configured(url, key, timeout))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Client({str(self._http.base_url)!r})"

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    # Corpora ------------------------------------------------------------------------------------

    def corpora(self) -> list[str]:
        """The names of the corpora that this key may see."""
        return self._send(calls.corpora())

    def corpus(self, name: str) -> RemoteCorpus:
        """One of them; that it is there is seen by the first call."""
        return RemoteCorpus(self, name)

    def create(self, name: str, settings: Settings | Mapping[str, Any] | None = None) -> RemoteCorpus:
        """A new corpus, which is empty (role admin). Raises `CorpusError` where there is one of that name."""
        self._send(calls.create(name, settings))
        return RemoteCorpus(self, name)

    def delete(self, name: str) -> None:
        """Delete a corpus with its documents, memory, log and jobs (role admin). Raises `CorpusLockedError` or
        `JobStateError` where somebody is writing to it."""
        self._send(calls.delete(name))

    # Jobs ---------------------------------------------------------------------------------------

    def jobs(self, corpus: str | None = None) -> list[Job]:
        """The newest jobs of the corpora that this key may change, the last one first."""
        return self._send(calls.jobs(corpus))

    def job(self, job: Job | str) -> Job:
        """A job as it stands. Raises `JobNotFoundError`."""
        return self._send(calls.job(calls.id_of(job)))

    def cancel(self, job: Job | str) -> Job:
        """End a job: at once where it is in line, at its next step where it runs. Raises `JobStateError`."""
        return self._send(calls.job(calls.id_of(job), "/cancel"))

    def resume(self, job: Job | str) -> Job:
        """Put a job in line again that failed or was cancelled. Raises `JobStateError`."""
        return self._send(calls.job(calls.id_of(job), "/resume"))

    def forget(self, job: Job | str) -> None:
        """Forget a job that has ended, with what was uploaded for it. Raises `JobStateError`."""
        self._send(calls.forget(calls.id_of(job)))

    def watch(self, job: Job | str) -> Generator[Job, None, None]:
        """A job each time that it changes, until it has ended."""
        ended = False
        for found in self._events(calls.job_events(calls.id_of(job)), JOB):
            ended = found.ended_for_good
            yield found
        if not ended:
            raise Reader.cut()

    def wait(self, job: Job | str, progress: Callable[[Job], object] | None = None) -> Job:
        """The job once it has succeeded; its ``report`` or ``check`` says what came of it.

        Args:
            job: what `RemoteCorpus.upload`, ``ingest``, ``remove`` or ``verify_deletion`` gave, or its id.
            progress: called with the job each time that it changes.

        Raises:
            JobFailedError: it failed or was cancelled; the error's ``job`` says more.
        """
        last: Job | None = None
        for last in self.watch(job):
            if progress is not None:
                progress(last)
        assert last is not None
        return checked_job(last)

    # Sending ------------------------------------------------------------------------------------

    def _send(self, call: Call[Result], form: Form | None = None) -> Result:
        with connection_errors(str(self._http.base_url)):
            headers = {"Content-Type": "application/json"} if form is None else form.headers
            response = self._http.request(
                call.method,
                call.path,
                params=call.params,
                content=calls.encoded(call.body) if form is None else iter(form),
                headers=headers if call.body is not None or form is not None else None,
            )
        if response.is_error or response.is_redirect:
            raise refusal(response)
        return call.read(response)

    def _events(self, call: Call[None], kinds: dict[str, Any]) -> Generator[Any, None, None]:
        reader = Reader(kinds)
        content = calls.encoded(call.body)
        headers = None if content is None else {"Content-Type": "application/json"}
        with (
            connection_errors(str(self._http.base_url)),
            self._http.stream(call.method, call.path, content=content, headers=headers) as response,
        ):
            if response.is_error or response.is_redirect:
                response.read()
                raise refusal(response)
            for piece in response.iter_bytes():
                yield from reader.feed(piece)


class RemoteCorpus:
    """A corpus of a server: the methods of `hybrid.Corpus` that ask and look, and jobs that change it.

    Example:
        >>> corpus = client.corpus("acme-v-beta")
        >>> report = client.wait(corpus.upload("discovery/")).report
        >>> corpus.ask("When does the supply agreement end?").citations[0].quote
        'The supply agreement ends on 30 June 2027, unless both parties extend it in writing.'
    """

    def __init__(self, client: Client, name: str) -> None:
        if not isinstance(name, str) or not name:
            raise InputError(f"name is that of a corpus of the server, not {shown(name)}")
        self.name = name
        self._client = client

    def __repr__(self) -> str:
        return f"RemoteCorpus({self.name!r})"

    def ask(
        self,
        question: str,
        *,
        route: RouteName | None = None,
        history: Asked = (),
        where: Filter | None = None,
        on_token: Callable[[str], None] | None = None,
    ) -> Answer:
        """`hybrid.Corpus.ask`. With ``on_token`` the answer comes as a stream, and is given piece by piece."""
        if on_token is not None:
            return collect(self.stream(question, route=route, history=history, where=where), on_token)
        return self._client._send(calls.ask(self.name, calls.asked(question, route, history, where)))

    def stream(
        self,
        question: str,
        *,
        route: RouteName | None = None,
        history: Asked = (),
        where: Filter | None = None,
    ) -> Events:
        """`hybrid.Corpus.stream`. Close the iterator (`contextlib.closing`) to have the server stop its work.

        Raises `ProtocolError` where the stream is cut or holds what cannot be read.
        """
        call = calls.stream(self.name, calls.asked(question, route, history, where))
        ended = False
        for event in self._client._events(call, KINDS):
            ended = isinstance(event, EndEvent)
            yield event
        if not ended:
            raise Reader.cut()

    def route(self, question: str, *, history: Asked = ()) -> Route:
        """`hybrid.Corpus.route`."""
        return self._client._send(calls.route(self.name, question, history))

    def search(self, question: str, k: int = 10, *, where: Filter | None = None, order: str = "fused") -> Hits:
        """`hybrid.Corpus.search`."""
        return self._client._send(calls.search(self.name, question, k, where, order))

    def compare(
        self,
        question: str,
        groups: Mapping[str, Filter],
        *,
        route: RouteName | None = None,
        history: Asked = (),
    ) -> Comparison:
        """`hybrid.Corpus.compare`."""
        return self._client._send(calls.compare(self.name, question, groups, route, history))

    def verify(self, answer: Answer) -> list[str]:
        """`hybrid.Corpus.verify`."""
        return self._client._send(calls.verify(self.name, answer))

    def quote(self, text: str, *, source: str | None = None) -> Quotation:
        """Where words stand in the documents, to the character, or in one of them; nowhere, where none has just these.

        Raises `SourceNotFoundError` for a source that is not there.
        """
        return self._client._send(calls.quote_of(self.name, text, source))

    def judge(self, statement: str, *, where: Filter | None = None) -> Judgement:
        """A verdict on each sentence of a statement, with the spans that say so or otherwise."""
        return self._client._send(calls.judge(self.name, statement, where))

    def page(self, citation: Citation | Hit) -> PageView:
        """`hybrid.Corpus.page`."""
        return self._client._send(calls.page(self.name, citation))

    def page_image(self, citation: Citation | Hit) -> bytes:
        """The page that a citation or a hit begins on as PNG, with its words marked: of a PDF that lies, unchanged,
        below a folder which the server reads by path. Raises `SourceNotFoundError` where it does not."""
        return self._client._send(calls.page_image(self.name, citation))

    def status(self) -> CorpusStatus:
        """`hybrid.Corpus.status`."""
        return self._client._send(calls.status(self.name))

    def documents(self) -> Documents:
        """`hybrid.Corpus.documents`, asked for page by page."""
        found: list[DocumentInfo] = []
        after: int | None = 0
        while after is not None:
            page, after = self._client._send(calls.documents(self.name, after))
            found += page
        return Documents(found)

    def get_document(self, source: str) -> Document:
        """One document with its text and metadata. Raises `SourceNotFoundError`."""
        return self._client._send(calls.document(self.name, source))

    def log(self) -> list[LogRecord]:
        """`hybrid.Corpus.log` (role admin)."""
        return self._client._send(calls.log(self.name))

    def check(self) -> IntegrityReport:
        """`hybrid.Corpus.check` (role writer)."""
        return self._client._send(calls.check(self.name))

    def report(self, answers: Sequence[Answer], *, title: str = "Answers and exhibits") -> str:
        """`hybrid.report` of answers, every quote checked again: one HTML document."""
        return self._client._send(calls.exported(self.name, "report", answers=answers, title=title))

    def exhibits(self, answers: Sequence[Answer]) -> str:
        """`hybrid.exhibits` of answers, as CSV."""
        return self._client._send(calls.exported(self.name, "exhibits", answers=answers))

    def custody(self) -> str:
        """Every file that the corpus holds or left out, as CSV."""
        return self._client._send(calls.exported(self.name, "custody"))

    def upload(self, *files: Upload) -> Job:
        """Send files, or all files of folders, to be read into the corpus (role writer); `Client.wait` waits for it.

        The name of a source is the path as it was given, or the name in a pair of a name and a path or bytes.
        """
        form = Form(files)
        return self._client._send(calls.upload(self.name), form)

    def ingest(self, *paths: str) -> Job:
        """Have the server read files and folders of its own (role writer), each named by a folder that its operator
        allowed and the way down from it."""
        return self._client._send(calls.ingest(self.name, paths))

    def remove(self, *sources: str) -> Job:
        """Remove sources, and have the memory unlearn them (role writer). The report of the job has the
        certificate."""
        return self._client._send(calls.remove(self.name, sources))

    def verify_deletion(self, certificate: DeletionCertificate | str) -> Job:
        """Have the server prove a certificate of a removal (role writer); the job's ``check`` is what came of it."""
        return self._client._send(calls.verify_deletion(self.name, certificate))
