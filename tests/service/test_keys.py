"""A key does what it names, sees its corpora and classes, and nothing says that there are others."""

from __future__ import annotations

import hmac
import json
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from served import QUESTION, SECRET, Running, serving

from hybrid.errors import AccessError, AuthenticationError, CorpusNotFoundError, InputError, SettingsError
from hybrid.service import create_app
from hybrid.service.corpora import Corpora
from hybrid.service.keys import Keys, keys_of, nobody
from hybrid.service.server import Server, is_loopback
from hybrid.settings.service import ServiceSettings


@pytest.fixture(scope="module")
def locked(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server with a key already, so that nobody gets in without one."""
    folder = tmp_path_factory.mktemp("locked") / "corpora"
    shutil.copytree(made, folder)
    keys_of(folder).add("first", role="admin", every_class=True)
    with serving(folder) as running:
        yield running


# What is stored -------------------------------------------------------------------------------------


def test_of_a_key_only_its_hash_is_stored(tmp_path: Path) -> None:
    keys = Keys(tmp_path / "keys.json")
    secret, _ = keys.add("ann")
    assert secret.split("_", 2)[2] not in (tmp_path / "keys.json").read_text()
    assert (tmp_path / "keys.json").stat().st_mode & 0o077 == 0
    assert len(secret.split("_", 2)[2]) >= 43  # 256 bits


def test_a_key_is_compared_with_all_in_constant_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = Keys(tmp_path / "keys.json")
    secrets = [keys.add(name)[0] for name in ("ann", "ben", "cem")]
    compared: list[object] = []
    same = hmac.compare_digest
    monkeypatch.setattr(hmac, "compare_digest", lambda a, b: compared.append(a) or same(a, b))
    assert keys.of(secrets[0]).name == "ann"
    assert len(compared) == 3
    with pytest.raises(AuthenticationError):
        keys.of(secrets[0] + "x")
    assert len(compared) == 6


@pytest.mark.parametrize("damaged", ["", "{", '{"format": "hybrid-keys/1", "keys": [{}]}'])
def test_a_damaged_file_of_keys_lets_nobody_in(tmp_path: Path, damaged: str) -> None:
    keys = Keys(tmp_path / "keys.json")
    secret, _ = keys.add("ann")
    assert keys.of(secret)
    (tmp_path / "keys.json").write_text(damaged)
    with pytest.raises(SettingsError, match="API keys"):
        keys.of(secret)


def test_a_key_that_writes_sees_every_class(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="every class"):
        Keys(tmp_path / "keys.json").add("ann", role="writer", classes=("staff",))


def test_two_keys_have_two_names(tmp_path: Path) -> None:
    keys = Keys(tmp_path / "keys.json")
    keys.add("ann")
    with pytest.raises(InputError, match="already"):
        keys.add("ann")


# Who gets in ----------------------------------------------------------------------------------------


def test_without_a_key_a_server_listens_to_its_own_machine_alone(root: Path) -> None:
    with pytest.raises(SettingsError, match="hybrid keys add"):
        Server(root, ServiceSettings.model_validate({"server": {"host": "0.0.0.0", "port": 0}}))
    with pytest.raises(SettingsError, match="hybrid keys add"):
        create_app(root)
    keys_of(root).add("ann")
    Server(root, ServiceSettings.model_validate({"server": {"host": "0.0.0.0", "port": 0}})).socket.close()


def test_what_counts_as_this_machine() -> None:
    assert all(map(is_loopback, ("127.0.0.1", "127.8.8.8", "::1", "localhost")))
    assert not any(map(is_loopback, ("0.0.0.0", "::", "10.1.2.3", "example.org", "")))


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Origin": "https://evil.example"},
        {"Origin": "http://localhost.evil.example"},
        {"Origin": "null"},
        {"X-Forwarded-For": "10.0.0.1"},
        {"Forwarded": "for=10.0.0.1"},
    ],
)
def test_a_server_without_keys_refuses_other_sites_and_proxies(looked_at: Running, headers: dict[str, str]) -> None:
    with looked_at.http() as http:
        assert http.get("/v1/corpora").status_code == 200
        assert http.get("/v1/corpora", headers={"Origin": looked_at.url}).status_code == 200
        refused = http.get("/v1/corpora", headers=headers)
    assert (refused.status_code, refused.json()["error"]["type"]) == (403, "AccessError")


def test_the_first_key_ends_the_time_without(root: Path) -> None:
    with serving(root) as running, running.client() as client:
        assert client.corpora()
        running.key("ann")
        with pytest.raises(AuthenticationError):
            client.corpora()


@pytest.mark.parametrize("path", ["/v1/corpora", "/v1/jobs", "/v1/models", "/v1/me", "/metrics", "/v1/corpora/acme"])
@pytest.mark.parametrize("header", [None, "Bearer hyb_00000000_wrong", "Basic YTpi", "Bearer"])
def test_nobody_gets_in_without_a_key(locked: Running, path: str, header: str | None) -> None:
    with locked.http() as http:
        response = http.get(path, headers={"Authorization": header} if header else {})
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert response.json()["error"]["type"] == "AuthenticationError"


def test_a_key_that_is_taken_away_counts_no_more(locked: Running) -> None:
    secret = locked.key("leaver")
    with locked.client(secret) as client:
        assert client.corpora()
        keys_of(locked.root).remove("leaver")
        with pytest.raises(AuthenticationError):
            client.corpora()


# What it may do -------------------------------------------------------------------------------------


def test_a_key_sees_its_corpora_alone(locked: Running) -> None:
    secret = locked.key("acme-only", corpora=["acme"])
    with locked.client(secret) as client, locked.http(secret) as http:
        assert client.corpora() == ["acme"]
        assert [one["id"] for one in http.get("/v1/models").json()["data"]] == ["acme"]
        assert http.get("/v1/me").json()["corpora"] == ["acme"]
        assert client.corpus("acme").ask(QUESTION).found


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/v1/corpora/{}", None),
        ("DELETE", "/v1/corpora/{}", None),
        ("GET", "/v1/corpora/{}/documents", None),
        ("GET", "/v1/corpora/{}/document?source=private/zq-locker.txt", None),
        ("GET", "/v1/corpora/{}/page-image?source=private/zq-locker.txt&page=1", None),
        ("GET", "/v1/corpora/{}/custody", None),
        ("GET", "/v1/models/{}", None),
        ("POST", "/v1/corpora/{}/ask", {"question": "What is the pass phrase?"}),
        ("POST", "/v1/corpora/{}/stream", {"question": "What is the pass phrase?"}),
        ("POST", "/v1/corpora/{}/search", {"question": "pass phrase"}),
        ("POST", "/v1/corpora/{}/remove", {"sources": ["private/zq-locker.txt"]}),
        ("POST", "/v1/corpora/{}/ingest", {"paths": ["x"]}),
        ("POST", "/v1/corpora/{}/uploads", None),
        ("POST", "/v1/corpora/{}/check", None),
        ("POST", "/v1/chat/completions", {"model": "{}", "messages": [{"role": "user", "content": "Who?"}]}),
    ],
)
@pytest.mark.parametrize("role", ["reader", "writer", "admin"])
def test_a_corpus_of_another_tenant_is_not_there_in_the_same_words_as_one_that_never_was(
    locked: Running, method: str, path: str, body: dict[str, object] | None, role: str
) -> None:
    name = f"{role}-of-acme"
    known = [key for key in keys_of(locked.root).all() if key.name == name]
    if known:
        keys_of(locked.root).remove(name)
    secret = locked.key(name, role=role, corpora=["acme"])
    answers = []
    with locked.http(secret) as http:
        for corpus in ("other", "never"):
            filled = body and json.loads(json.dumps(body).replace("{}", corpus))
            response = http.request(method, path.format(corpus), json=filled)
            answers.append((response.status_code, response.text.replace(corpus, "NAME")))
    assert answers[0] == answers[1]
    assert answers[0][0] == 404
    assert "zq" not in answers[0][1]


def test_a_reader_changes_nothing_and_a_writer_creates_nothing(locked: Running) -> None:
    with locked.client(locked.key("just-reads")) as reader:
        corpus = reader.corpus("acme")
        for change in (
            lambda: corpus.upload(("a.txt", b"The rent is 3 pounds.")),
            lambda: corpus.ingest("discovery"),
            lambda: corpus.remove("discovery/minutes.txt"),
            corpus.check,
            lambda: reader.create("mine"),
        ):
            with pytest.raises(AccessError, match="role"):
                change()
        assert len(corpus.documents()) == 2
        assert reader.jobs() == []
    with locked.client(locked.key("writes", role="writer")) as writer:
        for refused in (lambda: writer.create("mine"), writer.corpus("acme").log):
            with pytest.raises(AccessError, match="role admin"):
                refused()


def test_an_admin_creates_only_corpora_that_are_the_keys_own(locked: Running) -> None:
    with locked.client(locked.key("acme-admin", role="admin", corpora=["acme-*"])) as client:
        client.create("acme-2", {"memory": {"enabled": False}})
        assert client.corpora() == ["acme-2"]
        said = []
        for name in ("other", "never"):  # one is there, the other is not
            with pytest.raises(AccessError) as refused:
                client.create(name)
            said.append(str(refused.value).replace(name, "NAME"))
        assert said[0] == said[1]
        with pytest.raises(AccessError, match=r"memory\.model"):
            client.create("acme-3", {"memory": {"model": "/etc/passwd"}})
        with pytest.raises(InputError, match="name is"):
            client.create("acme-../x")
        with pytest.raises(SettingsError, match=r"memory\.enabld"):
            client.create("acme-3", {"memory": {"enabld": False}})
        with pytest.raises(Exception, match="already"):
            client.create("acme-2")
    assert not (locked.root / "acme-3").exists()


def test_a_key_sees_the_documents_of_its_classes(locked: Running) -> None:
    price = "What is the price of Project Elm?"
    with locked.client(locked.key("deal", classes=["deal-team"])) as client:
        corpus = client.corpus("classes")
        assert corpus.ask(price).found
        assert [one.source for one in corpus.documents()] == ["elm.txt"]
    with locked.client(locked.key("staff", classes=["staff"])) as client:
        corpus = client.corpus("classes")
        answer = corpus.ask(price)
        assert not answer.found
        assert "million" not in answer.model_dump_json()
        assert [one.source for one in corpus.documents()] == ["canteen.txt"]
        with pytest.raises(Exception, match=r"elm\.txt"):
            corpus.get_document("elm.txt")
        assert "elm" not in corpus.custody().lower()
    with locked.client(locked.key("plain")) as client:
        assert client.corpus("classes").documents() == []


def test_who_watches_reads_metrics_and_nothing_else(locked: Running) -> None:
    with locked.http(locked.key("watch", role="monitor")) as http:
        assert http.get("/metrics").status_code == 200
        assert http.get("/v1/corpora").json() == {"corpora": []}
        assert http.get("/v1/corpora/acme").status_code == 404
    for role in ("reader", "writer"):
        with locked.http(locked.key(f"no-metrics-{role}", role=role)) as http:
            assert http.get("/metrics").status_code == 403
    with locked.http(locked.key("tenants-admin", role="admin", corpora=["acme"])) as http:
        assert http.get("/metrics").status_code == 403


def test_metrics_name_no_tenant(locked: Running) -> None:
    secret = locked.key("zq-tenant")
    with locked.client(secret) as client:
        client.corpus("other").ask("What is the pass phrase of locker 7?")
        with pytest.raises(CorpusNotFoundError):
            client.corpus("zq-never").ask("Who?")
    with locked.http(secret) as http:
        http.get("/zq-path")
    with locked.http(locked.key("watch-2", role="monitor")) as http:
        text = http.get("/metrics").text
    assert 'route="/v1/corpora/{corpus}/ask"' in text
    for name in ("other", "zq", "private", "acme", SECRET):
        assert f'"{name}' not in text
        assert name not in "".join(line for line in text.splitlines() if not line.startswith("#")).replace('"none"', "")


# Before a body is read ------------------------------------------------------------------------------


def answer_to(running: Running, request: bytes) -> bytes:
    host, port = running.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall(request)
        return connection.recv(65536)


@pytest.mark.parametrize("verb", ["ask", "uploads", "remove", "search"])
def test_who_has_no_key_is_refused_before_the_body_comes(locked: Running, verb: str) -> None:
    head = f"POST /v1/corpora/acme/{verb} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
    for sent in (
        "Content-Length: 1000000\r\n\r\n{",
        "Content-Length: 4\r\n\r\n{bad",
        "Transfer-Encoding: chunked\r\n\r\n",
    ):
        assert answer_to(locked, (head + sent).encode()).startswith(b"HTTP/1.1 401")


def test_a_broken_file_of_keys_is_the_servers_fault_and_its_content_nobodys(root: Path) -> None:
    with serving(root) as running:
        secret = running.key("zq-ann")
        file = root / ".serve" / "keys.json"
        file.write_text(file.read_text().replace('"reader"', '"raeder"'))
        for key in (secret, None):
            with running.http(key) as http:
                response = http.get("/v1/corpora")
                assert response.status_code == 500
                assert response.json()["error"]["message"] == "the server's API keys cannot be read; its log says why"


def test_taking_the_last_key_away_opens_nothing(root: Path) -> None:
    with serving(root) as running, running.client() as client:
        assert client.corpora()
        running.key("ann")
        with pytest.raises(AuthenticationError):
            client.corpora()
        keys_of(root).remove("ann")
        with pytest.raises(AuthenticationError):
            client.corpora()


@pytest.mark.parametrize("header", ["Via", "X-Forwarded-Host", "X-Forwarded-Proto"])
def test_a_server_without_keys_refuses_what_any_proxy_marks(looked_at: Running, header: str) -> None:
    with looked_at.http() as http:
        assert http.get("/v1/corpora", headers={header: "1.1 proxy.example"}).status_code == 403


def test_a_tenant_does_not_decide_how_files_are_parsed(locked: Running) -> None:
    with (
        locked.client(locked.key("isolating", role="admin", corpora=["zq-*"])) as client,
        pytest.raises(AccessError, match=r"ingest\.isolate"),
    ):
        client.create("zq-1", {"memory": {"enabled": False}, "ingest": {"isolate": "none"}})


def test_a_corpus_that_was_put_in_anothers_place_is_the_one_that_answers(root: Path) -> None:
    """Not the deleted one, whose files a server that holds them open could still read."""
    with serving(root) as running, running.client() as client:
        corpus = client.corpus("acme")
        assert corpus.ask(QUESTION).found
        shutil.rmtree(root / "acme")
        with pytest.raises(CorpusNotFoundError):
            corpus.ask(QUESTION)
        client.create("acme", {"memory": {"enabled": False}})
        assert corpus.documents() == []
        assert not corpus.ask(QUESTION).found
        shutil.rmtree(root / "acme")
        shutil.copytree(root / "other", root / "acme")
        assert [one.source for one in corpus.documents()] == ["private/zq-locker.txt"]


def test_a_corpus_is_not_closed_between_two_who_are_given_it(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where more identities ask than are held open."""
    monkeypatch.setattr("hybrid.service.corpora._SEEN", 1)
    corpora = Corpora(root)
    ann, ben = (nobody().model_copy(update={"name": name}) for name in ("ann", "ben"))
    with corpora.seen_by("acme", ann) as first, corpora.seen_by("acme", ben) as second:
        assert first.documents() == second.documents() != []
    with corpora.seen_by("acme", ben):
        assert len(corpora._seen) == 1  # what was in use is closed by a later call
    corpora.close()
