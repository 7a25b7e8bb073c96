"""What a request may cost: over a limit it is refused, with the status and the error that say so; dropped, it stops."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from served import QUESTION, Running, serving, until

from hybrid import Corpus
from hybrid.answering.answerer import Answerer
from hybrid.errors import (
    AnswerTimeoutError,
    HybridError,
    InputError,
    RateLimitError,
    RequestTooLargeError,
    ServiceBusyError,
    ServiceError,
)
from hybrid.service.app import _load
from hybrid.service.limits import Rates, _Counted
from hybrid.service.work import Workers
from hybrid.settings.service import LimitSettings, ServiceSettings
from hybrid.types.answers import Route
from hybrid.types.events import DraftEvent, RouteEvent


class Endless:
    """Answers that come in drafts for ever, until nobody takes them any more."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun, self.closed, self.go_on = threading.Semaphore(0), threading.Semaphore(0), threading.Event()
        self.silent = False
        self.real = Corpus.stream
        monkeypatch.setattr(Corpus, "stream", lambda corpus, *a, **k: self._events())

    def _events(self) -> Iterator[Any]:
        self.begun.release()
        try:
            yield RouteEvent(question=QUESTION, route=Route(name="lookup", p_comprehension=0.1))
            while True:
                self.go_on.wait(0.01)
                yield DraftEvent(text="and so on ", origin="memory")
        finally:
            self.closed.release()


@pytest.fixture
def endless(monkeypatch: pytest.MonkeyPatch) -> Endless:
    return Endless(monkeypatch)


def request_of(running: Running, path: str, body: bytes, headers: str = "") -> bytes:
    return (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n{headers}"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body


@contextlib.contextmanager
def connected(running: Running) -> Iterator[socket.socket]:
    host, port = running.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        yield connection


ASK = b'{"question": "When does it end?"}'


# A request that is dropped --------------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["ask", "stream"])
def test_a_request_that_is_dropped_stops_its_work(root: Path, endless: Endless, verb: str) -> None:
    with serving(root) as running:
        with connected(running) as connection:
            connection.sendall(request_of(running, f"/v1/corpora/acme/{verb}", ASK))
            assert endless.begun.acquire(timeout=60)
            if verb == "stream":
                come = b""
                while b"event: route" not in come:
                    come += connection.recv(65536)
        assert endless.closed.acquire(timeout=60)
        until(lambda: not running.service.answering.running)
        assert running.service.answering.dropped == 1


def test_a_chat_that_is_dropped_stops_its_work(root: Path, endless: Endless) -> None:
    body = b'{"model": "acme", "stream": true, "messages": [{"role": "user", "content": "When does it end?"}]}'
    with serving(root) as running:
        with connected(running) as connection:
            connection.sendall(request_of(running, "/v1/chat/completions", body))
            assert endless.begun.acquire(timeout=60)
        assert endless.closed.acquire(timeout=60)


def test_a_client_that_closes_its_stream_stops_the_work(root: Path, endless: Endless) -> None:
    with serving(root) as running, running.client() as client:
        with contextlib.closing(client.corpus("acme").stream(QUESTION)) as events:
            assert next(events).kind == "route"
            assert next(events).kind == "draft"
        assert endless.closed.acquire(timeout=60)


async def test_a_task_that_is_cancelled_stops_the_work(root: Path, endless: Endless) -> None:
    from hybrid.client import AsyncClient

    with serving(root) as running:
        async with AsyncClient(running.url) as client:
            asking = asyncio.create_task(client.corpus("acme").ask(QUESTION))
            await asyncio.to_thread(endless.begun.acquire)
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
            assert await asyncio.to_thread(endless.closed.acquire, timeout=60)


def test_a_place_is_free_again_when_the_thread_has_ended_and_not_before() -> None:
    async def run() -> None:
        workers = Workers(LimitSettings(waiting=0, running_per_key=9), running=1)
        hold, begun = threading.Event(), threading.Event()

        def work() -> None:
            begun.set()
            hold.wait()

        first = asyncio.create_task(workers.run("ann", work))
        await asyncio.to_thread(begun.wait)
        first.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await first
        with pytest.raises(ServiceBusyError):  # whoever was dropped is still at work
            await workers.run("ben", lambda: None)
        hold.set()
        while workers.running:
            await asyncio.sleep(0)
        await workers.run("ben", lambda: None)
        workers.close()

    asyncio.run(run())


# Too much -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stated", [True, False], ids=["by its length", "as it comes in"])
def test_a_body_that_is_too_large_is_refused(root: Path, stated: bool) -> None:
    with serving(root, {"limits": {"body_bytes": 2000}}) as running, running.http() as http:
        body = b'{"question": "' + b"x" * 5000 + b'"}'
        content: Any = body if stated else iter([body[:3000], body[3000:]])
        response = http.post("/v1/corpora/acme/ask", content=content, headers={"Content-Type": "application/json"})
        assert response.status_code == 413
        assert response.json()["error"]["type"] == "RequestTooLargeError"
        assert "limits.body_bytes" in response.json()["error"]["message"]
        assert http.post("/v1/corpora/acme/ask", json={"question": QUESTION}).status_code == 200
        with running.client() as client, pytest.raises(RequestTooLargeError):
            client.corpus("acme").ask("x" * 3000)


def test_a_body_that_says_it_is_too_large_is_refused_before_it_comes(root: Path) -> None:
    with serving(root) as running:
        for path in ("/v1/corpora/acme/ask", "/v1/corpora/acme/uploads"):
            with connected(running) as connection:
                connection.sendall(request_of(running, path, b"").replace(b"Length: 0", b"Length: 99999999999"))
                assert connection.recv(65536).startswith(b"HTTP/1.1 413")


def test_a_body_that_stands_still_is_refused(root: Path) -> None:
    with serving(root, {"limits": {"idle_seconds": 0.05}}) as running, connected(running) as connection:
        connection.sendall(request_of(running, "/v1/corpora/acme/ask", ASK)[:-5])
        answer = b""
        while b"idle_seconds" not in answer:
            piece = connection.recv(65536)
            assert piece, answer
            answer += piece
        assert answer.startswith(b"HTTP/1.1 408")


def test_a_key_that_sends_too_much_is_told_when_to_come_back(root: Path) -> None:
    with (
        serving(root, {"limits": {"requests_per_minute": 6, "burst": 2}}) as running,
        running.http(secret := running.key("ann")) as http,
    ):
        statuses = [http.get("/v1/corpora").status_code for _ in range(3)]
        refused = http.get("/v1/corpora")
        assert statuses == [200, 200, 429]
        assert refused.json()["error"]["type"] == "RateLimitError"
        assert 1 <= int(refused.headers["Retry-After"]) <= 10
        with running.client(secret) as client, pytest.raises(RateLimitError) as error:
            client.corpora()
        assert 0 < error.value.retry_after <= 10
        assert http.get("/health").status_code == 200


def test_one_keys_rate_is_not_anothers_and_guessing_has_one_too(root: Path) -> None:
    with serving(root, {"limits": {"requests_per_minute": 1, "burst": 2}}) as running:
        ann, ben = running.key("ann"), running.key("ben")
        with running.http(ann) as http:
            assert [http.get("/v1/corpora").status_code for _ in range(3)] == [200, 200, 429]
        with running.http(ben) as http:
            assert http.get("/v1/corpora").status_code == 200
        with running.http("hyb_00000000_guess") as http:
            assert [http.get("/v1/corpora").status_code for _ in range(3)] == [401, 401, 429]
        with running.http(ben) as http:  # from the same address
            assert http.get("/v1/corpora").status_code == 200


def test_a_rate_fills_again_as_time_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("hybrid.service.limits.time.monotonic", lambda: now[0])
    rates = Rates(LimitSettings(requests_per_minute=60, burst=2))
    rates.take("ann")
    rates.take("ann")
    with pytest.raises(RateLimitError) as refused:
        rates.take("ann")
    assert refused.value.retry_after == pytest.approx(1)
    now[0] += 1
    rates.take("ann")
    with pytest.raises(RateLimitError):
        rates.take("ann")
    now[0] += 3600
    rates.take("ann")
    rates.take("ann")
    with pytest.raises(RateLimitError):  # what was saved up is no more than the burst
        rates.take("ann")


def in_background(work: Callable[[], object]) -> threading.Thread:
    def quiet() -> None:
        with contextlib.suppress(Exception):
            work()

    thread = threading.Thread(target=quiet)
    thread.start()
    return thread


def test_who_comes_when_the_line_is_full_is_turned_away(root: Path, endless: Endless) -> None:
    limits = {"running": 1, "waiting": 1, "running_per_key": 9}
    with serving(root, {"limits": limits}) as running, contextlib.ExitStack() as stack:
        for _ in range(2):  # one is worked on, one waits
            stack.enter_context(connected(running)).sendall(request_of(running, "/v1/corpora/acme/ask", ASK))
        until(lambda: running.service.answering.waiting == 1)
        with running.client() as client, pytest.raises(ServiceBusyError, match="in line") as refused:
            client.corpus("acme").ask(QUESTION)
        assert refused.value.retry_after > 0
        with running.http() as http:
            response = http.post("/v1/corpora/acme/ask", json={"question": "salt"})
            assert (response.status_code, response.headers["Retry-After"]) == (503, "2")
            # What is no answer does not wait behind answers.
            assert http.post("/v1/corpora/acme/search", json={"question": "salt"}).status_code == 200
            assert http.get("/health").status_code == 200


def test_one_key_does_not_take_every_place(root: Path, endless: Endless) -> None:
    with serving(root, {"limits": {"running": 4, "running_per_key": 1}}) as running, contextlib.ExitStack() as stack:
        ann, ben = running.key("ann"), running.key("ben")
        head = f"Authorization: Bearer {ann}\r\n"
        stack.enter_context(connected(running)).sendall(request_of(running, "/v1/corpora/acme/ask", ASK, head))
        assert endless.begun.acquire(timeout=60)
        with running.client(ann) as client, pytest.raises(RateLimitError, match="running_per_key"):
            client.corpus("acme").ask(QUESTION)
        with running.client(ben) as client, contextlib.closing(client.corpus("acme").stream(QUESTION)) as events:
            assert next(events).kind == "route"


def test_an_answer_that_takes_too_long_is_ended_and_its_work_with_it(root: Path, endless: Endless) -> None:
    with serving(root, {"limits": {"answer_seconds": 0.2}}) as running, running.client() as client:
        with pytest.raises(AnswerTimeoutError, match="answer_seconds"):
            client.corpus("acme").ask(QUESTION)
        assert endless.closed.acquire(timeout=60)
        with running.http() as http:
            response = http.post("/v1/corpora/acme/ask", json={"question": QUESTION})
            assert (response.status_code, response.json()["error"]["type"]) == (504, "AnswerTimeoutError")
        with pytest.raises(AnswerTimeoutError):  # in the middle of a stream it is its last event
            list(client.corpus("acme").stream(QUESTION))


# Who stands still -----------------------------------------------------------------------------------


def read_until_closed(connection: socket.socket) -> bytes:
    come = b""
    with contextlib.suppress(ConnectionError):
        while piece := connection.recv(65536):
            come += piece
    return come


def told(connection: socket.socket) -> bytes:
    connection.sendall(b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
    come = b""
    while not come.endswith(b"}"):
        come += connection.recv(65536)
    return come


@pytest.mark.parametrize("sent", [b"", b"GET /health HTTP/1.1\r\nHost: a\r\nX: "], ids=["nothing", "half a head"])
def test_a_request_that_never_comes_in_whole_takes_no_connection_for_ever(root: Path, sent: bytes) -> None:
    with serving(root, {"limits": {"idle_seconds": 0.2}}) as running:
        with connected(running) as connection:
            connection.sendall(sent)
            assert read_until_closed(connection) == b""
        with connected(running) as connection:  # nor does the second one of a connection
            assert b"200 OK" in told(connection)
            connection.sendall(b"GET /heal")
            assert read_until_closed(connection) == b""


@pytest.mark.parametrize("refused", [False, True], ids=["a head", "the body of what was refused"])
def test_what_comes_a_byte_at_a_time_gets_no_more_time(root: Path, refused: bool) -> None:
    with serving(root, {"limits": {"idle_seconds": 0.2}}) as running, connected(running) as connection:
        if refused:
            connection.sendall(b"POST /v2 HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n")
            assert connection.recv(65536).startswith(b"HTTP/1.1 404")
        else:
            connection.sendall(b"GET /health HTTP/1.1\r\nX: ")
        connection.settimeout(0.01)
        gone = False
        for _ in range(3000):
            try:
                connection.sendall(b"y")
                gone = connection.recv(65536) == b""
            except TimeoutError:
                continue
            except ConnectionError:
                gone = True
            if gone:
                break
        assert gone


def test_a_connection_that_is_between_two_requests_is_kept(root: Path) -> None:
    with serving(root, {"limits": {"idle_seconds": 0.1}}) as running, connected(running) as connection:
        for _ in range(2):
            assert b"200 OK" in told(connection)
            (held,) = running.server.server_state.connections
            until(lambda held=held: held._head is None)  # no time runs that a next head would have to be there by


async def test_a_body_that_drips_is_refused_though_it_never_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    loop, past = asyncio.get_running_loop(), [0.0]
    real = loop.time
    monkeypatch.setattr(loop, "time", lambda: real() + past[0])

    async def drip() -> Any:
        past[0] += 9
        return {"type": "http.request", "body": b"x", "more_body": True}

    async def read(size: int) -> None:
        counted = _Counted(drip, size, 10.0, RequestTooLargeError("too large"))
        while True:
            await counted.receive()

    with pytest.raises(ServiceError, match="came slower than"):
        await read(1000)


def test_an_answer_that_nobody_takes_holds_no_connection_for_ever(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    large = "x" * 20_000_000
    monkeypatch.setattr("hybrid.service.metrics.Metrics.text", lambda *_: large.encode())
    with serving(root, {"limits": {"idle_seconds": 0.3}}) as running, connected(running) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.sendall(b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        until(lambda: any(one.transport.get_write_buffer_size() for one in running.server.server_state.connections))
        until(lambda: not running.server.server_state.connections)
    with serving(root, {"limits": {"idle_seconds": 0.3}}) as running, running.http() as http:
        assert len(http.get("/metrics").content) == len(large)  # who takes it gets all of it


# What goes on for nobody ----------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["prepare", "stream"])
def test_a_comparison_that_is_dropped_stops_before_its_next_group(
    root: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    begun, go_on, asked, real = threading.Event(), threading.Event(), [], getattr(Answerer, step)

    def held(*given: Any) -> Any:
        asked.append(given)
        begun.set()
        assert go_on.wait(60)
        return real(*given)

    monkeypatch.setattr(Answerer, step, held)
    groups = {f"group {number}": {"sources": ["*agreement*"]} for number in range(50)}
    with serving(root) as running:
        with connected(running) as connection:
            body = json.dumps({"question": QUESTION, "groups": groups}).encode()
            connection.sendall(request_of(running, "/v1/corpora/acme/compare", body))
            assert begun.wait(60)
        until(lambda: running.service.answering.dropped)
        go_on.set()
        until(lambda: not running.service.answering.running)
    assert len(asked) == 1


def test_a_statement_that_is_dropped_is_judged_no_further(root: Path, endless: Endless) -> None:
    with serving(root) as running:
        with connected(running) as connection:
            connection.sendall(request_of(running, "/v1/corpora/acme/judge", b'{"statement": "It ends in 2027."}'))
            assert endless.begun.acquire(timeout=60)
        assert endless.closed.acquire(timeout=60)


def test_words_to_quote_are_no_more_than_a_question_may_have(looked_at: Running) -> None:
    with looked_at.client() as client:
        for source in (None, "discovery/agreement.txt"):
            with pytest.raises(InputError, match="max_question_chars"):
                client.corpus("acme").quote("a b" * 2000, source=source)


def test_a_stream_that_fails_ends_with_an_error_that_says_nothing_of_the_server(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> Iterator[Any]:
        yield RouteEvent(question=QUESTION, route=Route(name="lookup", p_comprehension=0.1))
        raise RuntimeError("the secret of the stack")

    monkeypatch.setattr(Corpus, "stream", broken)
    with serving(root) as running, running.client() as client, running.http() as http:
        with pytest.raises(HybridError, match="its log says how"):
            list(client.corpus("acme").stream(QUESTION))
        assert "secret" not in http.post("/v1/corpora/acme/stream", json={"question": QUESTION}).text


# Stopping -------------------------------------------------------------------------------------------


async def test_a_server_that_was_told_to_stop_while_it_loaded_is_not_ready() -> None:
    loading, stop = threading.Event(), threading.Event()

    def preload() -> None:
        loading.set()
        stop.wait(60)

    class Stopping:
        settings = ServiceSettings()
        corpora = SimpleNamespace(preload=preload)
        answering = SimpleNamespace(closing=False)
        ready = False

    service: Any = Stopping()
    task = asyncio.create_task(_load(service))
    await asyncio.to_thread(loading.wait)
    service.answering.closing = True
    stop.set()
    await task
    assert not service.ready


def test_a_corpus_that_breaks_in_any_way_keeps_no_other_from_being_ready(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("no HybridError")

    monkeypatch.setattr(Corpus, "route", broken)
    with serving(root, {"server": {"preload": True}}) as running, running.http() as http:
        until(lambda: http.get("/ready").status_code == 200)


def test_a_server_that_stops_ends_what_it_was_asked_and_takes_nothing_new(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, begun, go_on = Corpus.stream, threading.Event(), threading.Event()

    def held(corpus: Corpus, *asked: Any, **options: Any) -> Iterator[Any]:
        begun.set()
        go_on.wait()
        yield from real(corpus, *asked, **options)

    monkeypatch.setattr(Corpus, "stream", held)
    answers: list[Any] = []
    with serving(root) as running:
        client = running.client()
        thread = threading.Thread(target=lambda: answers.append(client.corpus("acme").ask(QUESTION)))
        thread.start()
        assert begun.wait(60)
        with httpx.Client(base_url=running.url) as http:
            assert http.get("/ready").status_code == 200
            running.service.loop.call_soon_threadsafe(running.service.begin_stopping)
            until(lambda: http.get("/ready").status_code != 200)
            refused = http.post("/v1/corpora/acme/search", json={"question": "salt"})
            assert (refused.status_code, "stopping" in refused.text) == (503, True)
        running.server.stop()
        go_on.set()
        thread.join()
    client.close()
    assert answers[0].found


def test_a_silent_stream_shows_signs_of_life(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from hybrid.service.sse import with_signs_of_life

    async def run() -> list[bytes]:
        go_on = asyncio.Event()

        async def events() -> Any:
            yield b"one"
            await go_on.wait()
            yield b"two"

        said = []
        async for piece in with_signs_of_life(events(), lambda error: b"", seconds=0.01):
            said.append(piece)
            if piece.startswith(b":"):
                go_on.set()
        return said

    said = asyncio.run(run())
    assert said[0] == b"one"
    assert said[1].startswith(b":")
    assert said[-1] == b"two"
