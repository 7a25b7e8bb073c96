"""What a server answers is what the corpus answers: the same data, event by event, and the same errors."""

from __future__ import annotations

import asyncio
import csv
import errno
from pathlib import Path
from typing import Any

import httpx
import pytest
from served import QUESTION, Running, serving, until

import hybrid
from hybrid import Answer, Corpus, Filter, Identity
from hybrid.client import AsyncClient, RemoteCorpus
from hybrid.errors import CorpusError, CorpusNotFoundError, InputError, ServiceBusyError, SourceNotFoundError


@pytest.fixture(scope="module")
def local(looked_at: Running):
    with Corpus.open(looked_at.root / "acme", create=False, identity=Identity(name="local", every_class=True)) as found:
        yield found


@pytest.fixture(scope="module")
def remote(looked_at: Running):
    with looked_at.client() as client:
        yield client.corpus("acme")


def timeless(answer: Answer) -> Answer:
    return answer.model_copy(update={"seconds": {}})


@pytest.mark.parametrize(
    "asked",
    [
        {"question": QUESTION},
        {"question": "How many moons has Jupiter?"},
        {"question": "And who signed?", "history": [QUESTION]},
        {"question": "Who stopped paying?", "route": "lookup", "where": Filter(sources="discovery/minutes*")},
    ],
    ids=["found", "not found", "follow-up", "filtered"],
)
def test_an_answer_is_that_of_the_corpus(local: Corpus, remote: RemoteCorpus, asked: dict[str, Any]) -> None:
    assert timeless(remote.ask(**asked)) == timeless(local.ask(**asked))


def test_the_events_of_a_stream_are_those_of_the_corpus(local: Corpus, remote: RemoteCorpus) -> None:
    here, there = list(local.stream(QUESTION)), list(remote.stream(QUESTION))
    assert [type(event) for event in there] == [type(event) for event in here]
    assert there[:-1] == here[:-1]
    assert timeless(there[-1].answer) == timeless(here[-1].answer)


def test_pieces_of_text_come_to_a_listener(remote: RemoteCorpus) -> None:
    pieces: list[str] = []
    answer = remote.ask(QUESTION, on_token=pieces.append)
    assert "".join(pieces) == answer.text != ""


def test_a_search_is_that_of_the_corpus(local: Corpus, remote: RemoteCorpus) -> None:
    here, there = local.search("wet salt", k=2), remote.search("wet salt", k=2)
    assert list(there) == list(here)
    assert (there.question, there.matched, there.order) == (here.question, here.matched, here.order)


def test_documents_come_page_by_page_and_a_removal_between_shifts_none(looked_at: Running, local: Corpus) -> None:
    listed = local.documents()
    assert len(listed) > 1
    with looked_at.http() as http:
        path = "/v1/corpora/acme/documents"
        first = http.get(path, params={"limit": 1}).json()
        assert [one["id"] for one in first["documents"]] == [listed[0].id]
        assert first["next"] == listed[0].id
        rest = http.get(path, params={"after": first["next"]}).json()
        assert [one["id"] for one in rest["documents"]] == [one.id for one in listed[1:]]
        assert rest["next"] is None
        assert http.get(path, params={"after": listed[-1].id}).json() == {"documents": [], "next": None}
        assert {http.get(path, params={"limit": wrong}).status_code for wrong in (0, 1_001, "x")} == {422}


def test_a_client_asks_for_every_page(
    remote: RemoteCorpus, local: Corpus, looked_at: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent, request = list[str](), httpx.Client.request

    def one_at_a_time(self: httpx.Client, method: str, url: str, **others: Any) -> httpx.Response:
        sent.append(url)
        others["params"] = {**others["params"], "limit": 1}
        return request(self, method, url, **others)

    monkeypatch.setattr(httpx.Client, "request", one_at_a_time)
    assert remote.documents() == local.documents()
    assert len(sent) == len(local.documents())


def test_what_can_be_looked_at_is_that_of_the_corpus(local: Corpus, remote: RemoteCorpus) -> None:
    answer = local.ask(QUESTION)
    assert remote.documents() == local.documents()
    source = local.documents()[0].source
    assert remote.get_document(source) == local.get_documents([source])[source]
    assert remote.page(answer.citations[0]) == local.page(answer.citations[0])
    assert remote.page(local.search("salt", 1)[0]) == local.page(local.search("salt", 1)[0])
    assert remote.route(QUESTION) == local.route(QUESTION)
    assert remote.status().model_copy(update={"directory": "", "bytes_on_disk": 0}) == local.status().model_copy(
        update={"directory": "", "bytes_on_disk": 0}
    )


def test_a_comparison_is_that_of_the_corpus(local: Corpus, remote: RemoteCorpus) -> None:
    groups = {"agreement": Filter(sources="*agreement*"), "minutes": Filter(sources="*minutes*")}
    here, there = local.compare(QUESTION, groups), remote.compare(QUESTION, groups)
    assert list(there) == list(here)
    assert {name: timeless(one) for name, one in there.items()} == {name: timeless(one) for name, one in here.items()}
    assert there.contradictions == here.contradictions


def test_citations_are_checked_against_the_corpus(remote: RemoteCorpus) -> None:
    answer = remote.ask(QUESTION)
    assert remote.verify(answer) == []
    moved = answer.model_dump()
    for one in (*moved["citations"], *moved["claims"][0]["citations"]):
        one["start"], one["end"] = one["start"] + 1, one["end"] + 1
    assert remote.verify(Answer.model_validate(moved)) != []


def test_answers_are_exported(remote: RemoteCorpus) -> None:
    answer = remote.ask(QUESTION)
    html = remote.report([answer], title="For the court")
    assert "For the court" in html
    assert answer.citations[0].quote in html
    (row,) = csv.DictReader(remote.exhibits([answer]).splitlines())
    assert row["quote"] == answer.citations[0].quote
    sources = [row["source"] for row in csv.DictReader(remote.custody().splitlines())]
    assert sources == ["discovery/agreement.txt", "discovery/minutes.txt"]


def test_nothing_says_where_the_server_keeps_its_files(looked_at: Running, remote: RemoteCorpus) -> None:
    said = [remote.report([remote.ask(QUESTION)]), str(remote.status()), remote.custody()]
    with looked_at.http() as http:
        said += [http.get("/openapi.json").text, http.get("/metrics").text]
    assert not [text for text in said if str(looked_at.root) in text or str(looked_at.root.parent) in text]


async def test_the_async_client_gives_the_same(looked_at: Running, local: Corpus) -> None:
    async with AsyncClient(looked_at.url) as client:
        corpus = client.corpus("acme")
        first, second = await asyncio.gather(corpus.ask(QUESTION), corpus.ask("Who signed for Acme?"))
        assert timeless(first) == timeless(local.ask(QUESTION))
        assert timeless(second) == timeless(local.ask("Who signed for Acme?"))
        events = [event async for event in corpus.stream(QUESTION)]
        assert [event.kind for event in events] == [event.kind for event in local.stream(QUESTION)]
        assert list(await corpus.search("salt", k=1)) == list(local.search("salt", k=1))
        assert await corpus.documents() == local.documents()
        pieces: list[str] = []
        assert (await corpus.ask(QUESTION, on_token=pieces.append)).text == "".join(pieces)


def test_the_log_of_a_corpus_says_who_asked(tmp_path: Path) -> None:
    settings = {"memory": {"enabled": False}, "log": {"events": ["question"], "text": "full"}}
    with serving(tmp_path / "corpora") as running, running.client(running.key("ann", role="admin")) as client:
        corpus = client.create("logged", settings)
        client.wait(corpus.upload(("a.txt", b"The rent of the mill is 3 pounds.")))
        corpus.ask("What is the rent of the mill?")
        record = corpus.log()[-1]
    assert (record.event, record.identity) == ("question", "ann")
    assert record.content["question"] == "What is the rent of the mill?"


def test_a_corpus_that_cannot_be_opened_says_so_and_the_others_answer(root: Path) -> None:
    (root / "broken").mkdir()
    (root / "broken" / "catalog.sqlite").write_bytes(b"no database at all" * 100)
    with serving(root, {"server": {"preload": True}}) as running, running.client() as client:
        with running.http() as http:
            until(lambda: http.get("/ready").status_code == 200)
        assert client.corpus("acme").ask(QUESTION).found
        with pytest.raises(CorpusError) as error:
            client.corpus("broken").ask(QUESTION)
        assert str(root.parent) not in str(error.value)


# Errors ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "asked",
    [
        {"question": " "},
        {"question": "Who?", "where": Filter(metadata={"custodain": "J. Doe"})},
        {"question": "x" * 5000},
    ],
    ids=["empty", "filter", "too long"],
)
@pytest.mark.parametrize("way", ["ask", "stream"])
def test_the_corpuss_own_errors_are_raised(
    local: Corpus, remote: RemoteCorpus, asked: dict[str, Any], way: str
) -> None:
    with pytest.raises(InputError) as here:
        local.ask(**asked)
    with pytest.raises(InputError) as there:
        list(remote.stream(**asked)) if way == "stream" else remote.ask(**asked)
    assert type(there.value) is type(here.value)
    assert str(there.value) == str(here.value)


def test_a_source_that_is_not_there_is_named(remote: RemoteCorpus) -> None:
    with pytest.raises(SourceNotFoundError, match=r"discovery/agreemnt\.txt"):
        remote.get_document("discovery/agreemnt.txt")


@pytest.mark.parametrize(
    ("verb", "body", "said"),
    [
        ("ask", {"question": QUESTION, "quesion": 1}, "quesion: there is no such field; did you mean question?"),
        (
            "ask",
            {"question": QUESTION, "where": {"sorces": ["a"]}},
            "where.sorces: there is no such field; did you mean",
        ),
        ("ask", {"question": 5}, "question must be a string, not 5"),
        ("ask", {}, "question is missing"),
        ("ask", {"question": QUESTION, "route": "oracle"}, "route must be 'lookup', 'comprehension' or 'both'"),
        ("ask", [], "AskRequest must be"),
        ("search", {"question": "salt", "k": "5"}, "k must be a valid integer, not '5'"),
        ("search", {"question": "salt", "k": True}, "k must be a valid integer, not True"),
        ("search", {"question": "salt", "k": 1001}, "k is how many results to return, from 1 to 1,000"),
        ("search", {"question": "salt", "k": 0}, "k is how many results to return"),
        ("page", {}, "give a citation or a hit"),
        ("report", {"answers": []}, "answers"),
        ("ingest", {"paths": ["discovery"], "wait": 3}, "wait: there is no such field"),
    ],
)
def test_what_is_wrong_in_a_body_is_named(looked_at: Running, verb: str, body: object, said: str) -> None:
    with looked_at.http() as http:
        response = http.post(f"/v1/corpora/acme/{verb}", json=body)
    assert response.status_code == 422
    assert response.json()["error"]["type"] == "InputError"
    assert said in response.json()["error"]["message"]


def test_a_body_that_is_no_json_is_refused(looked_at: Running) -> None:
    with looked_at.http() as http:
        response = http.post(
            "/v1/corpora/acme/ask", content=b'{"question": ', headers={"Content-Type": "application/json"}
        )
    assert (response.status_code, response.json()["error"]["type"]) == (422, "InputError")
    assert "the body is not JSON" in response.json()["error"]["message"]


@pytest.mark.parametrize("name", ["nothing", "..", "../acme", ".serve", "a/b", "%2e%2e"])
def test_a_corpus_that_is_not_there_is_an_error_of_its_own(looked_at: Running, name: str) -> None:
    with looked_at.client() as client, pytest.raises((CorpusNotFoundError, InputError)):
        client.corpus(name).ask(QUESTION)


def test_a_path_that_is_not_there_has_the_form_of_all_errors(looked_at: Running) -> None:
    with looked_at.http() as http:
        absent, wrong = http.get("/v2/corpora"), http.put("/v1/corpora")
    assert (absent.status_code, wrong.status_code) == (404, 405)
    assert (
        "no such" in absent.json()["error"]["message"].lower()
        or "not found" in absent.json()["error"]["message"].lower()
    )
    assert wrong.json()["error"]["type"] == "InputError"


def test_a_fault_of_the_servers_own_says_nothing_of_it(looked_at: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the secret of the stack")

    monkeypatch.setattr(Corpus, "search", broken)
    with looked_at.http() as http:
        response = http.post("/v1/corpora/acme/search", json={"question": "salt"})
    assert response.status_code == 500
    assert "secret" not in response.text
    assert response.json()["error"]["type"] == "HybridError"


def test_every_request_is_described_with_an_example(looked_at: Running) -> None:
    with looked_at.http() as http:
        described = http.get("/openapi.json").json()
    for path in ("/v1/corpora/{corpus}/ask", "/v1/corpora/{corpus}/uploads", "/v1/jobs/{job}", "/v1/chat/completions"):
        assert path in described["paths"]
    schemas = described["components"]["schemas"]
    for name in ("AskRequest", "SearchRequest", "IngestRequest", "RemoveRequest", "CreateRequest", "ChatRequest"):
        assert schemas[name]["examples"], name
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            assert operation["description"], (method, path)
            assert {"401", "429"} <= set(operation["responses"]), (method, path)


def test_the_server_loads_nothing_from_another_host(looked_at: Running) -> None:
    with looked_at.http() as http:
        assert [http.get(path).status_code for path in ("/docs", "/redoc")] == [404, 404]


def test_ready_and_alive_say_the_version(looked_at: Running) -> None:
    with looked_at.http() as http:
        assert http.get("/health").json() == {"status": "alive", "version": hybrid.__version__}
        assert http.get("/ready").json()["status"] == "ready"


DEEP = b"[" * 100_000
ODD_BODIES = {
    "too deep": b'{"question": ' + DEEP,
    "no UTF-8": b'{"question": "\xff\xfe"}',
    "half a pair": b'{"question": "the \\ud800 rent"}',
    "a NUL": b'{"question": "the rent\\u0000"}',
    "a large number": b'{"question": "rent", "k": ' + b"9" * 5000 + b"}",
    "no number": b'{"question": "rent", "k": NaN}',
    "twice": b'{"question": "rent", "question": 5}',
    "half a pair in a filter": b'{"question": "rent", "where": {"sources": ["\\udfff"]}}',
    "a NUL in a filter": b'{"question": "rent", "where": {"metadata": {"custodian": "\\u0000"}}}',
}


@pytest.mark.parametrize("body", ODD_BODIES.values(), ids=ODD_BODIES)
@pytest.mark.parametrize("verb", ["search", "ask"])
def test_an_odd_body_is_the_clients_fault_and_never_the_servers(looked_at: Running, verb: str, body: bytes) -> None:
    with looked_at.http() as http:
        response = http.post(
            f"/v1/corpora/acme/{verb}", content=body, headers={"Content-Type": "application/json; charset=utf-8"}
        )
        assert response.status_code < 500, response.text
        if response.status_code != 200:
            assert response.json()["error"]["message"]


@pytest.mark.parametrize("source", ["\0", "a\0b", "../../etc/passwd", "x" * 5000, "%", "a#b", "ä ö\n"])
def test_an_odd_source_is_not_there(looked_at: Running, source: str) -> None:
    with looked_at.http() as http:
        response = http.get("/v1/corpora/acme/document", params={"source": source})
    assert response.status_code in (404, 422), response.text


def test_a_disk_that_is_full_is_said_and_nothing_is_kept(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(root))

    with serving(root) as running, running.client() as client:
        for where in ("hybrid.service.job_store.JobStore.save", "hybrid.service.uploads._Form._on_data"):
            with monkeypatch.context() as patched:
                patched.setattr(where, full)
                with pytest.raises(ServiceBusyError, match="disk is full"):
                    client.corpus("acme").upload(("a.txt", b"The rent is 3 pounds."))
            assert client.jobs() == []
        assert not list((root / ".serve" / "uploads").iterdir())
