"""The client that does not hold up the event loop: the methods of `hybrid.client.Client`, awaited."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx

from hybrid.client import calls
from hybrid.client.calls import Asked, Call
from hybrid.client.events import JOB, KINDS, Reader
from hybrid.client.failures import connection_errors, refusal
from hybrid.client.forms import Form, Upload
from hybrid.client.synchronous import SECONDS, checked_job, configured
from hybrid.errors import InputError
from hybrid.settings import Settings
from hybrid.types.answers import Answer, Citation, Comparison, Hit, Hits, Route, RouteName
from hybrid.types.base import shown
from hybrid.types.certificates import DeletionCertificate
from hybrid.types.documents import Document, PageView
from hybrid.types.events import EndEvent, Event, TextEvent
from hybrid.types.filters import Filter
from hybrid.types.jobs import Job
from hybrid.types.logs import LogRecord
from hybrid.types.reports import CorpusStatus, DocumentInfo, Documents, IntegrityReport
from hybrid.types.statements import Judgement, Quotation

Result = TypeVar("Result")


class AsyncClient:
    """A server, as this key may use it. It may be shared between tasks; close it, or use it in an ``async with`` block.

    Every method raises what the server's corpus raises, and besides:
    `AuthenticationError`, `AccessError`, `RateLimitError`, `ServiceBusyError`, `RequestTooLargeError`,
    `ServerUnreachableError`, `ProtocolError`.

    Args:
        url: where it answers; by default what the variable ``HYBRID_SERVER`` says.
        key: an API key; by default what the variable ``HYBRID_API_KEY`` says, if it says anything.
        timeout: seconds to wait for an answer, or for the next event of a stream.
        transport: of httpx, for tests.

    Example:
        >>> async with AsyncClient(url) as client:
        ...     print(await client.corpora())
        ['acme-v-beta']
    """

    def __init__(
        self,
        url: str | None = None,
        key: str | None = None,
        *,
        timeout: float = SECONDS,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._http = httpx.AsyncClient(transport=transport, **configured(url, key, timeout))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"AsyncClient({str(self._http.base_url)!r})"

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    # Corpora ------------------------------------------------------------------------------------

    async def corpora(self) -> list[str]:
        """The names of the corpora that this key may see."""
        return await self._send(calls.corpora())

    def corpus(self, name: str) -> AsyncRemoteCorpus:
        """One of them; that it is there is seen by the first call."""
        return AsyncRemoteCorpus(self, name)

    async def create(self, name: str, settings: Settings | Mapping[str, Any] | None = None) -> AsyncRemoteCorpus:
        """A new corpus, which is empty (role admin). Raises `CorpusError` where there is one of that name."""
        await self._send(calls.create(name, settings))
        return AsyncRemoteCorpus(self, name)

    async def delete(self, name: str) -> None:
        """Delete a corpus with its documents, memory, log and jobs (role admin). Raises `CorpusLockedError` or
        `JobStateError` where somebody is writing to it."""
        await self._send(calls.delete(name))

    # Jobs ---------------------------------------------------------------------------------------

    async def jobs(self, corpus: str | None = None) -> list[Job]:
        """The newest jobs of the corpora that this key may change, the last one first."""
        return await self._send(calls.jobs(corpus))

    async def job(self, job: Job | str) -> Job:
        """A job as it stands. Raises `JobNotFoundError`."""
        return await self._send(calls.job(calls.id_of(job)))

    async def cancel(self, job: Job | str) -> Job:
        """End a job: at once where it is in line, at its next step where it runs. Raises `JobStateError`."""
        return await self._send(calls.job(calls.id_of(job), "/cancel"))

    async def resume(self, job: Job | str) -> Job:
        """Put a job in line again that failed or was cancelled. Raises `JobStateError`."""
        return await self._send(calls.job(calls.id_of(job), "/resume"))

    async def forget(self, job: Job | str) -> None:
        """Forget a job that has ended, with what was uploaded for it. Raises `JobStateError`."""
        await self._send(calls.forget(calls.id_of(job)))

    async def watch(self, job: Job | str) -> AsyncGenerator[Job, None]:
        """A job each time that it changes, until it has ended."""
        ended = False
        async with aclosing(self._events(calls.job_events(calls.id_of(job)), JOB)) as events:
            async for found in events:
                ended = found.ended_for_good
                yield found
        if not ended:
            raise Reader.cut()

    async def wait(self, job: Job | str, progress: Callable[[Job], object] | None = None) -> Job:
        """The job once it has succeeded; its ``report`` or ``check`` says what came of it.

        Args:
            job: what `AsyncRemoteCorpus.upload`, ``ingest``, ``remove`` or ``verify_deletion`` gave, or its id.
            progress: called with the job each time that it changes.

        Raises:
            JobFailedError: it failed or was cancelled; the error's ``job`` says more.
        """
        last: Job | None = None
        async with aclosing(self.watch(job)) as states:
            async for last in states:
                if progress is not None:
                    progress(last)
        assert last is not None
        return checked_job(last)

    # Sending ------------------------------------------------------------------------------------

    async def _send(self, call: Call[Result], form: Form | None = None) -> Result:
        with connection_errors(str(self._http.base_url)):
            headers = {"Content-Type": "application/json"} if form is None else form.headers
            response = await self._http.request(
                call.method,
                call.path,
                params=call.params,
                content=calls.encoded(call.body) if form is None else aiter(form),
                headers=headers if call.body is not None or form is not None else None,
            )
        if response.is_error or response.is_redirect:
            raise refusal(response)
        return call.read(response)

    async def _events(self, call: Call[None], kinds: dict[str, Any]) -> AsyncGenerator[Any, None]:
        reader = Reader(kinds)
        content = calls.encoded(call.body)
        headers = None if content is None else {"Content-Type": "application/json"}
        with connection_errors(str(self._http.base_url)):
            async with self._http.stream(call.method, call.path, content=content, headers=headers) as response:
                if response.is_error or response.is_redirect:
                    await response.aread()
                    raise refusal(response)
                async with aclosing(response.aiter_bytes()) as pieces:  # type: ignore[type-var]
                    async for piece in pieces:
                        for event in reader.feed(piece):
                            yield event


class AsyncRemoteCorpus:
    """A corpus of a server: the methods of `hybrid.Corpus` that ask and look, and jobs that change it.

    Example:
        >>> corpus = client.corpus("acme-v-beta")
        >>> report = (await client.wait(await corpus.upload("discovery/"))).report
        >>> (await corpus.ask("When does the supply agreement end?")).citations[0].quote
        'The supply agreement ends on 30 June 2027, unless both parties extend it in writing.'
    """

    def __init__(self, client: AsyncClient, name: str) -> None:
        if not isinstance(name, str) or not name:
            raise InputError(f"name is that of a corpus of the server, not {shown(name)}")
        self.name = name
        self._client = client

    def __repr__(self) -> str:
        return f"AsyncRemoteCorpus({self.name!r})"

    async def ask(
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
            async with aclosing(self.stream(question, route=route, history=history, where=where)) as events:
                async for event in events:
                    if isinstance(event, TextEvent):
                        on_token(event.text)
                    elif isinstance(event, EndEvent):
                        return event.answer
        return await self._client._send(calls.ask(self.name, calls.asked(question, route, history, where)))

    async def stream(
        self,
        question: str,
        *,
        route: RouteName | None = None,
        history: Asked = (),
        where: Filter | None = None,
    ) -> AsyncGenerator[Event, None]:
        """`hybrid.Corpus.stream`. Close the iterator (`contextlib.aclosing`) to have the server stop its work.

        Raises `ProtocolError` where the stream is cut or holds what cannot be read.
        """
        call = calls.stream(self.name, calls.asked(question, route, history, where))
        ended = False
        async with aclosing(self._client._events(call, KINDS)) as events:
            async for event in events:
                ended = isinstance(event, EndEvent)
                yield event
        if not ended:
            raise Reader.cut()

    async def route(self, question: str, *, history: Asked = ()) -> Route:
        """`hybrid.Corpus.route`."""
        return await self._client._send(calls.route(self.name, question, history))

    async def search(self, question: str, k: int = 10, *, where: Filter | None = None, order: str = "fused") -> Hits:
        """`hybrid.Corpus.search`."""
        return await self._client._send(calls.search(self.name, question, k, where, order))

    async def compare(
        self,
        question: str,
        groups: Mapping[str, Filter],
        *,
        route: RouteName | None = None,
        history: Asked = (),
    ) -> Comparison:
        """`hybrid.Corpus.compare`."""
        return await self._client._send(calls.compare(self.name, question, groups, route, history))

    async def verify(self, answer: Answer) -> list[str]:
        """`hybrid.Corpus.verify`."""
        return await self._client._send(calls.verify(self.name, answer))

    async def quote(self, text: str, *, source: str | None = None) -> Quotation:
        """Where words stand in the documents, to the character, or in one of them; nowhere, where none has just these.

        Raises `SourceNotFoundError` for a source that is not there.
        """
        return await self._client._send(calls.quote_of(self.name, text, source))

    async def judge(self, statement: str, *, where: Filter | None = None) -> Judgement:
        """A verdict on each sentence of a statement, with the spans that say so or otherwise."""
        return await self._client._send(calls.judge(self.name, statement, where))

    async def page(self, citation: Citation | Hit) -> PageView:
        """`hybrid.Corpus.page`."""
        return await self._client._send(calls.page(self.name, citation))

    async def page_image(self, citation: Citation | Hit) -> bytes:
        """The page that a citation or a hit begins on as PNG, with its words marked: of a PDF that lies, unchanged,
        below a folder which the server reads by path. Raises `SourceNotFoundError` where it does not."""
        return await self._client._send(calls.page_image(self.name, citation))

    async def status(self) -> CorpusStatus:
        """`hybrid.Corpus.status`."""
        return await self._client._send(calls.status(self.name))

    async def documents(self) -> Documents:
        """`hybrid.Corpus.documents`, asked for page by page."""
        found: list[DocumentInfo] = []
        after: int | None = 0
        while after is not None:
            page, after = await self._client._send(calls.documents(self.name, after))
            found += page
        return Documents(found)

    async def get_document(self, source: str) -> Document:
        """One document with its text and metadata. Raises `SourceNotFoundError`."""
        return await self._client._send(calls.document(self.name, source))

    async def log(self) -> list[LogRecord]:
        """`hybrid.Corpus.log` (role admin)."""
        return await self._client._send(calls.log(self.name))

    async def check(self) -> IntegrityReport:
        """`hybrid.Corpus.check` (role writer)."""
        return await self._client._send(calls.check(self.name))

    async def report(self, answers: Sequence[Answer], *, title: str = "Answers and exhibits") -> str:
        """`hybrid.report` of answers, every quote checked again: one HTML document."""
        return await self._client._send(calls.exported(self.name, "report", answers=answers, title=title))

    async def exhibits(self, answers: Sequence[Answer]) -> str:
        """`hybrid.exhibits` of answers, as CSV."""
        return await self._client._send(calls.exported(self.name, "exhibits", answers=answers))

    async def custody(self) -> str:
        """Every file that the corpus holds or left out, as CSV."""
        return await self._client._send(calls.exported(self.name, "custody"))

    async def upload(self, *files: Upload) -> Job:
        """Send files, or all files of folders, to be read into the corpus (role writer); `AsyncClient.wait` waits
        for it.

        The name of a source is the path as it was given, or the name in a pair of a name and a path or bytes.
        """
        form = Form(files)
        return await self._client._send(calls.upload(self.name), form)

    async def ingest(self, *paths: str) -> Job:
        """Have the server read files and folders of its own (role writer), each named by a folder that its operator
        allowed and the way down from it."""
        return await self._client._send(calls.ingest(self.name, paths))

    async def remove(self, *sources: str) -> Job:
        """Remove sources, and have the memory unlearn them (role writer). The report of the job has the
        certificate."""
        return await self._client._send(calls.remove(self.name, sources))

    async def verify_deletion(self, certificate: DeletionCertificate | str) -> Job:
        """Have the server prove a certificate of a removal (role writer); the job's ``check`` is what came of it."""
        return await self._client._send(calls.verify_deletion(self.name, certificate))
