"""What a request may cost: over a limit it is refused, with the status and the error that say so; dropped, it stops."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from served import QUESTION, Running, serving, until

from hybrid import Corpus
from hybrid.errors import AnswerTimeoutError, RateLimitError, RequestTooLargeError, ServiceBusyError
from hybrid.service.limits import Rates
from hybrid.service.work import Workers
from hybrid.settings.service import LimitSettings
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


# Stopping -------------------------------------------------------------------------------------------


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
