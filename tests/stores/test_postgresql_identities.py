"""Identities of a corpus in PostgreSQL: they share a few connections, need no rights but to read, and a standby serves
them."""

from __future__ import annotations

import os
import pwd
import secrets
import threading
from concurrent.futures import ThreadPoolExecutor

import postgres_server
import pytest
from sqlalchemy import create_engine, event, text

from hybrid import Corpus, Document, Identity
from hybrid.errors import CatalogUnreachableError
from hybrid.settings import StoresSettings
from hybrid.stores.access import Access
from hybrid.stores.catalog import Catalog
from hybrid.stores.database import located
from hybrid.stores.postgresql import engine
from hybrid.stores.postgresql.access import expressions, restricted
from hybrid.stores.postgresql.place import connecting, place_of
from hybrid.types.documents import Metadata

NO_MEMORY = {"memory": {"enabled": False}}


# They have a server of their own, and what `--catalog postgresql` sets would name another for it.
pytestmark = pytest.mark.sqlite


@pytest.fixture(scope="module")
def server():
    binaries = postgres_server.debian()
    if binaries is None:
        pytest.skip("needs a server of its own: Debian's packages")
    with postgres_server.running(binaries, "max_connections=100") as own:
        yield own


@pytest.fixture(scope="module")
def home(tmp_path_factory, server):
    """A corpus with a document of each of 150 classes."""
    folder = tmp_path_factory.mktemp("home") / "corpus"
    with Corpus.open(folder, NO_MEMORY | {"stores": {"catalog": server.url}}) as corpus:
        corpus.ingest(
            [
                Document.from_text(f"The rent of mill number{n} is {n} crowns.", f"{n}.txt", of_class(f"class-{n}"))
                for n in range(150)
            ]
        )
    return folder


def of_class(name: str) -> Metadata:
    return Metadata(extra={"access": name})


def who(n: int) -> Identity:
    return Identity(name=f"ann-{n}", classes=(f"class-{n}",))


def ask_server(server, statement: str):
    address, arguments = connecting(place_of(server.url))
    made = create_engine(address, connect_args=arguments)
    with made.connect() as connection:
        found = connection.execute(text(statement))
        rows = found.all() if found.returns_rows else []
        connection.commit()
    made.dispose()
    return rows


def test_many_identities_share_a_few_connections_and_each_sees_its_own(server, home):
    most = [0]
    with Corpus.open(home, create=False) as corpus:
        readers = corpus._catalog._backend.server._readers.engine

        def count(*_: object) -> None:
            most[0] = max(most[0], readers.pool.checkedout())

        event.listen(readers, "checkout", count)
        seen = [corpus.seen_by(who(n)) for n in range(150)]
        together = threading.Barrier(75, timeout=60)  # one that fails lets the others go

        def asks(n: int) -> None:
            together.wait()
            assert [hit.source for hit in seen[n].search("the rent of the mill", k=10)] == [f"{n}.txt"]
            assert [one.source for one in seen[n].documents()] == [f"{n}.txt"]

        with ThreadPoolExecutor(75) as pool:
            list(pool.map(asks, range(150)))
        ((there,),) = ask_server(server, "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'hybrid'")
        for one in seen:
            one.close()
    assert most[0] <= engine.MOST
    assert there <= 2 * engine._IDLE + 1  # and the one that asks this


def test_an_identity_outlives_the_corpus_that_it_was_made_of(home):
    with Corpus.open(home, create=False) as corpus:
        seen = corpus.seen_by(who(3))
    with seen:
        assert [one.source for one in seen.documents()] == ["3.txt"]


def test_states_that_are_read_at_a_time_are_bounded_and_say_so(home, monkeypatch):
    monkeypatch.setattr(engine, "PATIENCE", 0.1)
    with Corpus.open(home, create=False) as corpus:
        catalog = corpus._catalog
        held = [catalog.newest_state() for _ in range(engine.STATES)]
        for one in held:
            one.__enter__()
        with (
            pytest.raises(CatalogUnreachableError, match=f"{engine.STATES} questions and sessions"),
            catalog.newest_state(),
        ):
            pass
        for one in held:
            one.__exit__(None, None, None)
        with catalog.newest_state():
            pass


def test_who_may_read_alone_and_make_nothing_temporary_asks_as_an_identity(server, home):
    schema, user = located(home, StoresSettings()).schema, f"reader_{secrets.token_hex(4)}"
    ask_server(server, f"CREATE USER {user}")
    ask_server(server, f"GRANT USAGE ON SCHEMA {schema} TO {user}")
    ask_server(server, f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {user}")
    ask_server(server, "REVOKE TEMPORARY ON DATABASE postgres FROM PUBLIC")
    try:
        reached = {"stores": {"catalog": server.url.replace("hybrid@", f"{user}@")}}
        with Corpus.open(home, reached, create=False) as corpus, corpus.seen_by(who(7)) as seen:
            assert [hit.source for hit in seen.search("rent", k=9)] == ["7.txt"]
    finally:
        ask_server(server, "GRANT TEMPORARY ON DATABASE postgres TO PUBLIC")


def test_identities_ask_on_a_standby(server, home):
    signal = server.folder / "data" / "standby.signal"
    server.stop("fast")
    signal.touch()
    owner = pwd.getpwuid(signal.parent.stat().st_uid)
    os.chown(signal, owner.pw_uid, owner.pw_gid)
    try:
        server.start()
        assert ask_server(server, "SELECT pg_is_in_recovery()") == [(True,)]
        with Corpus.open(home, create=False) as corpus, corpus.seen_by(who(11)) as seen:
            assert not corpus._catalog.writable
            assert [hit.source for hit in seen.search("rent", k=9)] == ["11.txt"]
            assert [one.source for one in seen.documents()] == ["11.txt"]
    finally:
        server.stop("fast")
        signal.unlink(missing_ok=True)
        server.start()


def test_an_identity_asks_queries_alone():
    for statement in (
        "DELETE FROM sources",
        "TABLE sources",
        "COPY sources TO STDOUT",
        "EXPLAIN SELECT 1",
        "VALUES (1)",
    ):
        with pytest.raises(ValueError, match="queries alone"):
            restricted(statement, "sources AS (SELECT 1)")
    assert restricted("\nWITH RECURSIVE a AS (SELECT 1) SELECT", "b AS (c)").startswith("WITH RECURSIVE b AS (c), a AS")


def test_a_class_is_never_sql_and_may_have_any_characters(tmp_path, postgresql_url):
    classes = ("'); DROP TABLE sources; --", "it's %s \\", "k" * 9000)
    where = f"{postgresql_url}&schema=test_{secrets.token_hex(8)}"
    with Corpus.open(tmp_path / "corpus", NO_MEMORY | {"stores": {"catalog": where}}) as corpus:
        corpus.ingest([Document.from_text(f"Text {n}.", f"{n}.txt", of_class(name)) for n, name in enumerate(classes)])
        for n, name in enumerate(classes):
            with corpus.seen_by(Identity(name="ann", classes=(name,))) as seen:
                assert [one.source for one in seen.documents()] == [f"{n}.txt"]
        with Catalog.open(where, create=False, access=Access("access", None, (1,))) as left:
            assert len(left.documents()) == len(classes) - 1
    assert "DROP" not in expressions(Access("access", classes), "s")
