"""The client reads what a server sends, in any pieces; what no server of hybrid sends is an error that says so."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from served import QUESTION

from hybrid import errors
from hybrid.client import AsyncClient, AsyncRemoteCorpus, Client, RemoteCorpus
from hybrid.client.events import KINDS, Reader
from hybrid.client.failures import error_of
from hybrid.client.forms import Form
from hybrid.errors import (
    AnswerTimeoutError,
    HybridError,
    InputError,
    ProtocolError,
    ServerUnreachableError,
    ServiceError,
)
from hybrid.service.failures import STATUS, content_of_error, status_of
from hybrid.service.sse import model_event
from hybrid.types.answers import Answer, Route
from hybrid.types.events import EndEvent, NoteEvent, TextEvent

ROUTE = Route(name="lookup", p_comprehension=0.1)
END = EndEvent(answer=Answer(question=QUESTION, text="Nothing here says.", route=ROUTE, found=False))
# Characters at which Python ends a line and an event does not.
ODD = TextEvent(text="a\u2028b\x85c\x0bd\u2029 event: end\n\ndata: {} \r\n ü “q” 𝄞")


def answering(*content: bytes, status: int = 200, **headers: str) -> Client:
    class Pieces(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            yield from content

    transport = httpx.MockTransport(lambda _: httpx.Response(status, headers=headers, stream=Pieces()))
    return Client("http://server.test", "key", transport=transport)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 10_000])
def test_a_stream_is_read_in_whatever_pieces_it_comes(size: int) -> None:
    sent = model_event("text", ODD) + b": still at work\n\n" + model_event("end", END)
    pieces = [sent[at : at + size] for at in range(0, len(sent), size)]
    assert list(answering(*pieces).corpus("acme").stream(QUESTION)) == [ODD, END]


@pytest.mark.parametrize("following", [0, "7", -1])
def test_a_page_that_leads_back_is_no_page(following: object) -> None:
    sent = json.dumps({"documents": [], "next": following}).encode()
    with pytest.raises(ProtocolError, match="which page is next"):
        answering(sent).corpus("acme").documents()


def test_lines_may_end_as_windows_ends_them() -> None:
    sent = model_event("end", END).replace(b"\n", b"\r\n")
    assert list(answering(sent).corpus("acme").stream(QUESTION)) == [END]


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (b"", "cut"),
        (model_event("text", ODD), "cut"),
        (model_event("end", END)[:-20], "cut"),
        (b"event: text\ndata: {\n\n", "not JSON"),
        (b"event: text\n\n", "not JSON"),
        (b'event: text\ndata: {"kind": "text"}\n\n', "cannot be read"),
        (b'event: text\ndata: {"kind": "text", "text": "a", "more": 1}\n\n', "cannot be read"),
        (b'event: end\ndata: {"kind": "end", "answer": {}}\n\n', "cannot be read"),
        (b"event: surprise\ndata: {}\n\n", "'surprise'"),
        (b"data: {}\n\n", "an event ''"),
        (b"<html>gateway</html>\n\n", "no event"),
        (b"\xff\xfe\n\n", "UTF-8"),
        (b'event: error\ndata: {"oops": 1}\n\n', "cannot be read"),
    ],
)
def test_a_stream_that_is_malformed_or_cut_is_an_error_and_no_answer(sent: bytes, said: str) -> None:
    with pytest.raises(ProtocolError, match=said):
        list(answering(sent).corpus("acme").stream(QUESTION))
    with pytest.raises(ProtocolError, match=said):
        answering(sent).corpus("acme").ask(QUESTION, on_token=lambda _: None)


async def test_the_async_client_refuses_it_too() -> None:
    class Pieces(httpx.AsyncByteStream):
        async def __aiter__(self) -> Any:
            yield model_event("text", ODD)

    transport = httpx.MockTransport(lambda _: httpx.Response(200, stream=Pieces()))
    async with AsyncClient("http://server.test", "key", transport=transport) as client:
        with pytest.raises(ProtocolError, match="cut"):
            [event async for event in client.corpus("acme").stream(QUESTION)]


def test_what_came_before_the_error_stands() -> None:
    note = NoteEvent(note="as far as that")
    error = b'event: error\ndata: {"error": {"type": "AnswerTimeoutError", "message": "too long"}}\n\n'
    events = answering(model_event("note", note) + error).corpus("acme").stream(QUESTION)
    assert next(events) == note
    with pytest.raises(AnswerTimeoutError, match="too long"):
        next(events)


def test_all_kinds_of_events_are_read() -> None:
    assert set(KINDS) == {"route", "evidence", "draft", "text", "citation", "claim", "note", "end"}
    reader = Reader(KINDS)
    assert list(reader.feed(model_event("end", END))) == [END]


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b"<html>", b'{"question": 5}', json.dumps({"answer": "yes"}).encode()]
)
def test_an_answer_that_is_none_is_an_error(content: bytes) -> None:
    corpus = answering(content).corpus("acme")
    for call in (lambda: corpus.ask("Who?"), lambda: corpus.search("salt"), corpus.documents, corpus.status):
        with pytest.raises(ProtocolError):
            call()


def every_error() -> list[type[HybridError]]:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, HybridError)]
    assert len(kinds) > 30
    return kinds


@pytest.mark.parametrize("kind", every_error(), ids=lambda kind: kind.__name__)
def test_every_error_comes_over_as_itself(kind: type[HybridError]) -> None:
    made = kind.__new__(kind)
    Exception.__init__(made, "in these words")
    made.__dict__["retry_after"] = 7.0
    found = error_of(content_of_error(made))
    assert type(found) is kind
    assert str(found) == "in these words"
    assert status_of(made) >= 400
    if kind in (errors.RateLimitError, errors.ServiceBusyError):
        assert found.retry_after == 7.0  # type: ignore[attr-defined]


def test_each_status_is_of_an_error_that_there_is() -> None:
    assert set(STATUS) <= set(every_error())


def test_a_refusal_of_a_proxy_is_an_error_with_its_words() -> None:
    with pytest.raises(ServiceError, match="502: Bad Gateway of the house"):
        answering(
            b"<h1>Bad Gateway of the house</h1>".replace(b"<h1>", b"").replace(b"</h1>", b""), status=502
        ).corpora()
    with pytest.raises(ServiceError, match="302"):
        answering(b"", status=302, Location="http://elsewhere.test/").corpora()
    unknown = b'{"error": {"type": "NewestError", "message": "of a later version"}}'
    with pytest.raises(ServiceError, match="of a later version"):
        answering(unknown, status=422).corpora()
    not_an_error = b'{"error": {"type": "contextmanager", "message": "no error"}}'
    with pytest.raises(ServiceError, match="no error"):
        answering(not_an_error, status=422).corpora()


def test_a_server_that_is_not_there_is_named() -> None:
    with Client("http://127.0.0.1:9", "key") as client, pytest.raises(ServerUnreachableError, match=r"127\.0\.0\.1:9"):
        client.corpora()


@pytest.mark.parametrize(
    ("raised", "error"),
    [
        (httpx.ReadTimeout("slow"), AnswerTimeoutError),
        (httpx.ConnectTimeout("slow"), ServerUnreachableError),
        (httpx.RemoteProtocolError("cut"), ServerUnreachableError),
        (httpx.ReadError("reset"), ServerUnreachableError),
    ],
)
def test_what_goes_wrong_on_the_way_is_the_librarys_error(raised: Exception, error: type[HybridError]) -> None:
    def fail(_: httpx.Request) -> httpx.Response:
        raise raised

    client = Client("http://server.test", "key", transport=httpx.MockTransport(fail))
    with pytest.raises(error, match=r"server\.test"):
        client.corpora()
    with pytest.raises(error, match=r"server\.test"):
        list(client.corpus("acme").stream(QUESTION))


def test_the_address_and_the_key_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"corpora": []})

    monkeypatch.setenv("HYBRID_SERVER", "http://server.test/below/")
    monkeypatch.setenv("HYBRID_API_KEY", "hyb_1")
    assert Client(transport=httpx.MockTransport(answer)).corpora() == []
    assert (str(seen[0].url), seen[0].headers["Authorization"]) == (
        "http://server.test/below/v1/corpora",
        "Bearer hyb_1",
    )
    monkeypatch.delenv("HYBRID_SERVER")
    with pytest.raises(InputError, match="HYBRID_SERVER"):
        Client()
    for wrong in ("server.test", "ftp://server.test", 5):
        with pytest.raises(InputError, match="url is"):
            Client(wrong)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="key is"):
        Client("http://server.test", "hyb\n1")


def test_the_names_of_uploaded_files_are_as_they_were_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "letters" / "2026").mkdir(parents=True)
    (tmp_path / "letters" / "2026" / 'a "b".txt').write_text("a")
    (tmp_path / "letters" / ".hidden").write_text("b")
    monkeypatch.chdir(tmp_path)

    def names(*given: Any) -> list[str]:
        form = Form(given)
        content = b"".join(form)
        assert int(form.headers["Content-Length"]) == len(content)
        return [
            line.partition(b'filename="')[2][:-1].decode() for line in content.split(b"\r\n") if b"filename" in line
        ]

    assert names("letters") == ['letters/2026/a \\"b\\".txt']
    assert names("./letters/") == names("letters") == names(tmp_path / "letters")
    assert names(".") == names("letters")
    assert names("../" + tmp_path.name + "/letters/2026") == ['2026/a \\"b\\".txt']
    assert names(("ä.txt", b"x"), ("n.txt", "letters/.hidden")) == ["ä.txt", "n.txt"]
    for wrong in ((), ("nothing-here",), (("a", b"1"), ("a", b"2")), (5,), (("a", "nothing-here"),)):
        with pytest.raises(InputError):
            names(*wrong)
    (tmp_path / "letters" / "away").symlink_to("/etc/hostname")
    with pytest.raises(InputError, match="leaves"):
        names("letters")


DEEP = b"[" * 200_000


def test_what_is_nested_too_deep_is_an_error_of_the_library() -> None:
    with pytest.raises(ServiceError, match="500"):
        answering(DEEP, status=500).corpora()
    with pytest.raises(ProtocolError):
        answering(DEEP).corpora()
    with pytest.raises(ProtocolError, match="not JSON"):
        list(answering(b"event: text\ndata: " + DEEP + b"\n\n").corpus("acme").stream(QUESTION))


def test_what_is_not_compressed_as_it_says_is_an_error_of_the_library() -> None:
    broken = {"Content-Encoding": "gzip"}
    with pytest.raises(ProtocolError, match="cannot be read"):
        answering(b"no gzip at all", **broken).corpora()
    with pytest.raises(ProtocolError, match="cannot be read"):
        list(answering(b"no gzip at all", **broken).corpus("acme").stream(QUESTION))


@pytest.mark.parametrize("url", ["http://[::1", "http://server.test:port", "http://server.test:99999999", "http://"])
@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_an_address_that_is_none_is_said_when_the_client_is_made(url: str, kind: type[Client]) -> None:
    with pytest.raises(InputError, match="url"):
        kind(url)


def test_a_file_is_sent_as_long_as_it_was_when_its_length_was_said(tmp_path: Path) -> None:
    file = tmp_path / "log.txt"
    file.write_bytes(b"12345")
    form = Form((("log.txt", file),))
    file.write_bytes(b"1234567890")
    assert len(b"".join(form)) == int(form.headers["Content-Length"])
    file.write_bytes(b"123")
    with pytest.raises(InputError, match="shorter"):
        b"".join(form)
    file.unlink()
    with pytest.raises(InputError, match="cannot be read"):
        b"".join(form)


@pytest.mark.parametrize("name", ["a\r\nX-More: b", "a\nb.txt", "a\0b"])
def test_a_name_writes_no_header_of_its_own(name: str) -> None:
    with pytest.raises(InputError, match="control character"):
        Form(((name, b"x"),))


@pytest.mark.parametrize(("waiting", "awaited"), [(Client, AsyncClient), (RemoteCorpus, AsyncRemoteCorpus)])
def test_both_clients_have_the_same_methods_with_the_same_arguments(waiting: type, awaited: type) -> None:
    """They are written twice, as no type says "this, or this awaited": what they send and read is written once."""

    def methods(kind: type) -> dict[str, list[tuple[str, object, object]]]:
        return {
            name.removeprefix("a") if name == "aclose" else name: [
                (one.name, one.kind, one.default) for one in inspect.signature(method).parameters.values()
            ]
            for name, method in vars(kind).items()
            if inspect.isfunction(method) and not name.startswith("_")
        }

    assert methods(waiting) == methods(awaited)
