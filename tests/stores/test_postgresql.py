"""A catalog in PostgreSQL, besides what `CatalogConformance` asks of it: opening it, passwords, and a server that goes
away."""

from __future__ import annotations

import contextlib
import secrets
import shutil
import ssl
import sys
import types

import postgres_server
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text

import hybrid
from hybrid import Corpus, Document, Settings
from hybrid.errors import (
    CatalogUnreachableError,
    CorpusError,
    CorpusLockedError,
    CorpusNotFoundError,
    CorpusVersionError,
    SettingsError,
)
from hybrid.settings import StoresSettings, sources
from hybrid.stores import failpoints
from hybrid.stores.catalog import Catalog
from hybrid.stores.commits import write_index
from hybrid.stores.database import POINTER, connect, drop_catalog, located
from hybrid.stores.postgresql import engine
from hybrid.stores.postgresql.errors import server_errors
from hybrid.stores.postgresql.place import Place, connecting, place_of
from hybrid.stores.tables import REVISION, SEARCHED_BY_SQLITE, Base

NO_MEMORY = {"memory": {"enabled": False}}
IN_A_FILE = NO_MEMORY | {"stores": {"catalog": "sqlite"}}
SECRET = "s3cret-word"
NOTE = Document.from_text("The rent of the mill is 400 crowns a year.", source="note.txt")


@pytest.fixture
def place(postgresql_url) -> Place:
    return place_of(f"{postgresql_url}&schema=test_{secrets.token_hex(8)}")


@pytest.fixture
def settings(postgresql_url):
    return NO_MEMORY | {"stores": {"catalog": postgresql_url}}


def ask_server(url, statement, **given):
    address, arguments = connecting(place_of(url))
    engine = create_engine(address, connect_args=arguments)
    with engine.connect() as connection:
        found = connection.execute(text(statement), given)
        rows = found.all() if found.returns_rows else []
        connection.commit()
    engine.dispose()
    return rows


# Opening -----------------------------------------------------------------------------------------


def test_migrations_amount_to_the_tables(place):
    with Catalog.open(place, create=True) as catalog, connect(catalog._engine) as connection:
        options = {
            "include_object": lambda _, name, kind, reflected, __: not reflected and name not in SEARCHED_BY_SQLITE
        }
        differences = compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata)
        ((kind, constraint),) = differences  # names are unique by an index that takes them at any length
        assert (kind, [one.name for one in constraint.columns]) == ("add_constraint", ["name"])
        once = "SELECT contype FROM pg_constraint WHERE conname = 'sources_named_once'"
        assert connection.scalar(text(once)) == "x"
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == REVISION


def test_a_catalog_of_a_newer_version_is_refused(place):
    with Catalog.open(place, create=True) as catalog, connect(catalog._engine, write=True) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(CorpusVersionError, match="9999"):
        Catalog.open(place, create=True)


def test_a_schema_that_is_not_there_is_no_catalog(place):
    with pytest.raises(CorpusNotFoundError, match=str(place.schema)):
        Catalog.open(place, create=False)


def test_tables_of_others_are_left_alone(place, postgresql_url):
    ask_server(postgresql_url, f"CREATE SCHEMA {place.schema}")
    ask_server(postgresql_url, f"CREATE TABLE {place.schema}.bills (id INTEGER)")
    with pytest.raises(CorpusError, match="not a catalog's; name another schema"):
        Catalog.open(place, create=True)
    assert ask_server(postgresql_url, f"SELECT count(*) FROM {place.schema}.bills") == [(0,)]


def test_a_table_in_the_schema_public_stands_in_for_none(place, postgresql_url):
    ask_server(postgresql_url, "CREATE TABLE IF NOT EXISTS public.alembic_version (version_num TEXT)")
    try:
        with Catalog.open(place, create=True) as catalog:
            catalog.set_info("key", "value")
        assert ask_server(postgresql_url, "SELECT count(*) FROM public.alembic_version") == [(0,)]
    finally:
        ask_server(postgresql_url, "DROP TABLE public.alembic_version")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://u@h/db", "not in mysql"),
        ("postgresql+asyncpg://u@h/db", "not in postgresql"),
        ("postgresql://u@h", "names no database"),
        ("postgresql://u@h/db?schema=Ab-c", "a schema's name"),
        ("postgresql://u@h/db?sslmode=maybe", "sslmode is one of"),
        ("nonsense", "no URL"),
    ],
)
def test_a_wrong_url_is_refused_before_anything_is_made(tmp_path, url, said):
    with pytest.raises(SettingsError, match=said):
        Corpus.open(tmp_path / "corpus", NO_MEMORY | {"stores": {"catalog": url}})
    assert not (tmp_path / "corpus" / "catalog.sqlite").exists()
    assert not (tmp_path / "corpus" / POINTER).exists()


def test_corpora_share_a_database_and_nothing_in_it(tmp_path, settings):
    with Corpus.open(tmp_path / "a", settings) as first, Corpus.open(tmp_path / "b", settings) as second:
        first.ingest(NOTE)
        assert first.search("rent of the mill")[0].source == "note.txt"
        assert not second.documents()


def test_it_is_opened_again_without_the_setting(tmp_path, settings):
    with Corpus.open(tmp_path / "corpus", settings) as corpus:
        corpus.ingest(NOTE)
    assert not (tmp_path / "corpus" / "catalog.sqlite").exists()
    with Corpus.open(tmp_path / "corpus", create=False) as corpus:
        assert [one.source for one in corpus.documents()] == ["note.txt"]
        assert corpus.check().whole


def test_another_schema_than_its_own_is_refused(tmp_path, postgresql_url, settings):
    Corpus.open(tmp_path / "corpus", settings).close()
    with pytest.raises(SettingsError, match="leave the schema out"):
        Corpus.open(tmp_path / "corpus", {"stores": {"catalog": f"{postgresql_url}&schema=other"}})


def test_a_corpus_whose_schema_is_gone_is_not_made_again(tmp_path, settings):
    with Corpus.open(tmp_path / "corpus", settings) as corpus:
        corpus.ingest(NOTE)
    drop_catalog(tmp_path / "corpus", StoresSettings.model_validate(settings["stores"]))
    with pytest.raises(CorpusNotFoundError):
        Corpus.open(tmp_path / "corpus", settings)


def test_a_user_who_may_only_read_asks_and_changes_nothing(tmp_path, postgresql_url, settings):
    with Corpus.open(tmp_path / "corpus", settings) as corpus:
        corpus.ingest(NOTE)
    schema, user = located(tmp_path / "corpus", StoresSettings()).schema, f"reader_{secrets.token_hex(4)}"
    ask_server(postgresql_url, f"CREATE USER {user}")
    ask_server(postgresql_url, f"GRANT USAGE ON SCHEMA {schema} TO {user}")
    ask_server(postgresql_url, f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {user}")
    as_reader = {"stores": {"catalog": postgresql_url.replace("hybrid@", f"{user}@")}}
    with Corpus.open(tmp_path / "corpus", as_reader) as corpus:
        assert corpus.ask("What is the rent of the mill?").citations
        with pytest.raises(CorpusError, match="cannot be written"):
            corpus.ingest(Document.from_text("Another.", source="other.txt"))
    with Corpus.open(tmp_path / "corpus", settings) as corpus:
        assert len(corpus.documents()) == 1


# Passwords ---------------------------------------------------------------------------------------


def test_a_password_is_shown_nowhere(tmp_path, postgresql_url, settings, caplog, monkeypatch):
    url = postgresql_url.replace("hybrid@", f"hybrid:{SECRET}@")
    given = Settings.model_validate(NO_MEMORY | {"stores": {"catalog": url}})
    with Corpus.open(tmp_path / "corpus", given) as corpus:
        corpus.ingest(NOTE)
        shown = [
            repr(given), str(given), given.model_dump_json(), repr(corpus), str(corpus.status()), repr(corpus.settings),
            corpus._catalog.called, repr(corpus._catalog._engine.url), corpus._catalog.info("settings"),
            (tmp_path / "corpus" / POINTER).read_text(), caplog.text,
            sources.as_toml(hybrid._open.explained(corpus._catalog, given)),
        ]  # fmt: skip
    monkeypatch.setenv("HYBRID_STORES__CATALOG", url)
    shown.append(sources.as_toml(hybrid._open.explained(None, None)))
    assert SECRET not in "".join(map(str, shown))
    assert given.stores.catalog_password.get_secret_value() == SECRET


@pytest.mark.parametrize("wrong", ["postgresql://u:{}@", "mysql://u:{}@h/d", "postgresql://u:{}@h/d?schema=A"])
def test_a_password_is_in_no_message(tmp_path, wrong):
    with pytest.raises(SettingsError) as caught:
        Corpus.open(tmp_path / "corpus", {"stores": {"catalog": wrong.format(SECRET)}})
    assert SECRET not in str(caught.value)


def test_a_server_that_does_not_answer_is_named_without_the_password(tmp_path):
    with pytest.raises(CatalogUnreachableError, match=r"127\.0\.0\.1:1, database db") as caught:
        Corpus.open(tmp_path / "corpus", {"stores": {"catalog": f"postgresql://u:{SECRET}@127.0.0.1:1/db"}})
    assert SECRET not in f"{caught.value}{caught.value.__cause__}"


def test_a_schema_that_postgresql_keeps_for_itself_is_refused_before_anything_is_made():
    with pytest.raises(SettingsError, match="begin with pg_"):
        place_of("postgresql://ann@db.mill.example/deals?schema=pg_acme")


def test_a_password_comes_from_the_environment_or_a_file(tmp_path, monkeypatch):
    place = place_of("postgresql://ann@db.mill.example/deals")
    (tmp_path / "pass").write_text(f"other:5432:deals:ann:no\n*:*:deals:ann:{SECRET}\\:x\n")
    monkeypatch.setenv("PGPASSFILE", str(tmp_path / "pass"))
    monkeypatch.delenv("PGPASSWORD", raising=False)
    assert connecting(place)[0].password == f"{SECRET}:x"
    monkeypatch.setenv("PGPASSWORD", "first")
    assert connecting(place)[0].password == "first"
    assert connecting(place_of("postgresql://ann:own@db.mill.example/deals"))[0].password == "own"


@pytest.mark.parametrize(
    ("url", "environment", "goes"),
    [
        ("postgresql://ann@db.mill.example/deals", {}, False),
        ("postgresql://ann@db.mill.example/deals", {"PGHOST": "db.mill.example"}, True),
        ("postgresql://ann@db.mill.example/deals", {"PGHOST": "db.mill.example", "PGUSER": "bob"}, False),
        ("postgresql://ann@db.mill.example:6543/deals", {"PGHOST": "db.mill.example"}, False),
        ("postgresql://ann@db.mill.example:6543/deals", {"PGHOST": "db.mill.example", "PGPORT": "6543"}, True),
        ("postgresql://ann@127.0.0.1/deals", {}, True),
        ("postgresql://ann@127.0.0.1/deals", {"PGHOST": "db.mill.example"}, False),
        ("postgresql://ann@localhost:6543/deals", {}, False),
        ("postgresql://ann@/deals?host=/run/postgresql", {}, True),
        ("postgresql://ann@/deals?host=/tmp/theirs", {}, False),
        ("postgresql://ann@localhost/deals?host=evil.example", {}, False),
        ("postgresql://ann@localhost/deals?port=6543", {}, False),
    ],
)
@pytest.mark.parametrize("driver", ["", "+psycopg"])
def test_a_password_goes_to_no_server_that_a_directory_alone_names(
    tmp_path, monkeypatch, url, environment, goes, driver
):
    if driver:
        monkeypatch.setitem(sys.modules, "psycopg", types.ModuleType("psycopg"))  # is asked for its presence alone
    for name in ("PGHOST", "PGPORT", "PGUSER"):
        monkeypatch.delenv(name, raising=False)
    for name, value in ({"PGPASSWORD": SECRET, "PGPASSFILE": str(tmp_path / "pass")} | environment).items():
        monkeypatch.setenv(name, value)
    url = url.replace("postgresql:", f"postgresql{driver}:")
    (tmp_path / POINTER).write_text(url + ("&" if "?" in url else "?") + "schema=hybrid_1")
    password = "of-the-settings"
    for stores, sent in (
        (StoresSettings(), SECRET),
        (StoresSettings(catalog_password=password), password),
        (StoresSettings(catalog=url), SECRET),
    ):
        address, arguments = connecting(located(tmp_path, stores))
        if goes or stores.catalog == url:
            assert address.password == sent
        else:
            assert address.password is None
            assert arguments["password"] == ""  # else libpq takes PGPASSWORD
    (tmp_path / "pass").write_text("*:*:*:ann:filed\n")
    assert connecting(located(tmp_path, StoresSettings()))[0].password == (SECRET if goes else "filed")


@pytest.mark.sqlite  # it has a server of its own
def test_who_is_not_told_a_password_says_what_to_set_and_a_corpus_of_an_identity_is_no_way_round(
    tmp_path, server, monkeypatch
):
    named = {"stores": {"catalog": server.url, "catalog_password": SECRET}}
    with Corpus.open(tmp_path / "corpus", NO_MEMORY | named) as corpus:
        corpus.ingest(NOTE)
    monkeypatch.setenv("PGPASSWORD", SECRET)
    with Corpus.open(tmp_path / "corpus", create=False) as corpus:  # a server that asks for no password
        seen = corpus.seen_by(hybrid.Identity(name="ann", classes=("deals",)))
        for one in (corpus, seen):
            assert connecting(one._catalog.place)[0].password is None
        seen.close()
    ask_server(server.url, f"ALTER USER hybrid PASSWORD '{SECRET}'")
    allowed = server.folder / "data" / "pg_hba.conf"
    allowed.write_text("local all all scram-sha-256\n")
    server.stop("fast")
    server.start()
    with pytest.raises(CorpusError, match=r"was not sent, as only the file catalog\.url.*HYBRID_STORES__CATALOG"):
        Corpus.open(tmp_path / "corpus", create=False)
    with Corpus.open(tmp_path / "corpus", {"stores": {"catalog": server.url}}, create=False) as corpus:
        assert corpus.documents()
    wrong = {"stores": {"catalog": server.url, "catalog_password": "another"}}
    with pytest.raises(CorpusError, match=r"refuses hybrid \(password authentication failed.*see stores.catalog"):
        Corpus.open(tmp_path / "corpus", wrong, create=False)
    monkeypatch.setenv("PGHOST", str(server.folder))
    with Corpus.open(tmp_path / "corpus", create=False) as corpus:
        assert corpus.documents()


@pytest.mark.parametrize("mode", ["require", "verify-ca", "verify-full"])
def test_a_server_without_tls_is_said_to_be_one(tmp_path, postgresql_url, mode):
    url = f"{postgresql_url}&sslmode={mode}"
    with pytest.raises(CorpusError, match=f"has no TLS .*sslmode={mode} asks for it"):
        Corpus.open(tmp_path / "corpus", {"stores": {"catalog": url}})


def test_a_certificate_that_is_not_trusted_and_one_that_is_no_file_are_said(tmp_path):
    place = place_of("postgresql://ann@db.mill.example/deals?sslmode=verify-full")
    with pytest.raises(CorpusError, match=r"not trusted.*sslrootcert=FILE"), server_errors(place):
        raise ssl.SSLCertVerificationError(1, "certificate verify failed")
    for file in (tmp_path / "none.pem", tmp_path):
        with pytest.raises(SettingsError, match="cannot be read as certificates"):
            connecting(place_of(f"postgresql://ann@db.mill.example/deals?sslmode=verify-ca&sslrootcert={file}"))


# A server that goes away -------------------------------------------------------------------------


@pytest.fixture
def server():
    binaries = postgres_server.debian()
    if binaries is None:
        pytest.skip("needs a server of its own, which it can stop: Debian's packages")
    with postgres_server.running(binaries) as own:
        yield own


@pytest.mark.parametrize("at", ["commit.document-added", "commit.recorded"])
def test_a_server_that_is_gone_in_the_middle_of_a_commit_and_back_loses_nothing(tmp_path, server, at):
    other = Document.from_text("The tenant keeps the weir in repair.", source="other.txt")
    with Corpus.open(tmp_path / "corpus", NO_MEMORY | {"stores": {"catalog": server.url}}) as corpus:
        corpus.ingest(NOTE)
        failpoints.arm(lambda name: server.stop() if name == at else None)
        try:
            with pytest.raises(CatalogUnreachableError, match="all that was committed before is there"):
                corpus.ingest(other)
        finally:
            failpoints.arm(None)
        with pytest.raises(CatalogUnreachableError, match="cannot be reached"):
            corpus.search("rent")
        server.start()
        assert [hit.source for hit in corpus.search("rent of the mill", k=1)] == ["note.txt"]
        assert [one.source for one in corpus.documents()] == ["note.txt"]
        corpus.ingest(other)
        assert corpus.search("weir", k=1)[0].source == "other.txt"
        assert corpus.check().whole


def test_a_writer_that_lost_its_hold_commits_nothing_more(tmp_path, postgresql_url, place):
    with Catalog.open(place, create=True) as first, Catalog.open(place, create=True) as second:
        with first.write_lock(tmp_path):
            first.set_info("key", "before")
            ask_server(
                postgresql_url,
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' "
                "AND (classid::bigint << 32) + objid::bigint = :key",
                key=place.key,
            )
            with second.write_lock(tmp_path, 10), pytest.raises(CorpusLockedError, match="was lost"):
                first.set_info("key", "after")
        assert second.info("key") == "before"
        with first.write_lock(tmp_path):
            first.set_info("key", "again")
        assert second.info("key") == "again"


def lose_connections(url: str) -> None:
    ask_server(url, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname "
               "= current_database() AND application_name = 'hybrid'")  # fmt: skip


def test_a_writer_that_lost_its_connection_leaves_the_index_that_another_writes_alone(tmp_path, postgresql_url, place):
    kept = tmp_path / "commits" / "1" / "index.faiss"
    with Catalog.open(place, create=True) as first, Catalog.open(place, create=True) as second:

        def saved(path):
            path.write_bytes(b"of the first")
            lose_connections(postgresql_url)
            with second.write_lock(tmp_path, 10), second.transaction() as other:
                write_index(tmp_path, 1, lambda one: one.write_bytes(b"of the second") and None, other.check_held)

        with pytest.raises(CorpusError), first.write_lock(tmp_path), first.transaction() as transaction:
            write_index(tmp_path, 1, saved, transaction.check_held)
        assert kept.read_bytes() == b"of the second"


@pytest.mark.parametrize("change", ["an ingest", "a removal"])
def test_a_writer_that_lost_its_hold_clears_nothing_away(tmp_path, postgresql_url, settings, change):
    theirs = tmp_path / "corpus" / "commits" / ".9.0123456789abcdef.partial"
    at = "commit.number-recorded" if change == "an ingest" else "erasure.log-redacted"
    with Corpus.open(tmp_path / "corpus", settings) as corpus, contextlib.ExitStack() as held:
        corpus.ingest(NOTE)
        second = held.enter_context(Catalog.open(corpus._catalog.place, create=False))

        def lose(name):
            if name == at and not theirs.exists():
                lose_connections(postgresql_url)
                held.enter_context(second.write_lock(tmp_path / "corpus", 10))
                theirs.mkdir()

        failpoints.arm(lose)
        try:
            if change == "an ingest":
                with pytest.raises(CorpusLockedError, match="was lost"):
                    corpus.ingest(Document.from_text("Another.", source="other.txt"))
            else:
                assert "could be erased yet" in "".join(corpus.remove("note.txt").notes)
        finally:
            failpoints.arm(None)
        assert theirs.is_dir()


def holds(server, what: bytes) -> bool:
    """Whether a file of a table or an index has these bytes."""
    ask_server(server.url, "CHECKPOINT")
    return any(what in one.read_bytes() for one in (server.folder / "data" / "base").rglob("*") if one.is_file())


def indexes_of_words(server) -> set[str]:
    rows = ask_server(server.url, "SELECT indexname FROM pg_indexes WHERE indexdef LIKE '% USING gin %'")
    return {name for (name,) in rows}


def test_what_was_removed_is_in_no_file_once_nobody_reads_an_older_state_of_the_database(tmp_path, server):
    secret = Document.from_text("The canaryword sings in the mill at night.", source="secret.txt")
    address, arguments = connecting(place_of(server.url))
    elsewhere = create_engine(address, connect_args=arguments, isolation_level="REPEATABLE READ")
    with Corpus.open(tmp_path / "corpus", NO_MEMORY | {"stores": {"catalog": server.url}}) as corpus:
        corpus.ingest([NOTE, secret])
        assert holds(server, b"canaryword")
        with elsewhere.connect() as connection:  # of another program: it locks no table of the corpus
            connection.execute(text("SELECT count(*) FROM pg_class"))
            assert "still being read" in "".join(corpus.remove("secret.txt").notes)
            assert holds(server, b"canaryword")
            assert [one.part for one in corpus.check().problems] == ["deletion"]
        assert indexes_of_words(server) == {"ix_chunk_words_words", "ix_texts_trigrams"}
        assert corpus.repair().problems == ()
        assert not holds(server, b"canaryword")
        assert indexes_of_words(server) == {"ix_chunk_words_words", "ix_texts_trigrams"}
        assert corpus.search("rent", k=1)
    elsewhere.dispose()


def test_readers_wait_for_tables_that_are_written_anew(tmp_path, postgresql_url, settings):
    """And are not told after some seconds that another process is writing."""
    with Corpus.open(tmp_path / "corpus", settings) as corpus:
        corpus.ingest(NOTE)
        with corpus._catalog.connection(write=False) as connection:
            waits = connection.scalar(text("SELECT setting::int FROM pg_settings WHERE name = 'lock_timeout'"))
        assert waits == engine.REWRITE_MS > engine.BUSY_MS


def test_connections_that_the_server_ended_are_made_again_unseen(tmp_path, postgresql_url, settings):
    with Corpus.open(tmp_path / "corpus", settings) as corpus:
        corpus.ingest(NOTE)
        for _ in range(2):
            assert corpus.search("rent", k=1)
            lose_connections(postgresql_url)
        corpus.ingest(Document.from_text("Another.", source="other.txt"))
        assert len(corpus.documents()) == 2


def test_a_hold_that_failed_when_it_was_taken_is_let_go(tmp_path, postgresql_url, place):
    with Catalog.open(place, create=True) as first, Catalog.open(place, create=True) as second:
        for wait in (0, 5):
            ask_server(postgresql_url, f"ALTER TABLE {place.schema}.writer RENAME TO elsewhere")
            with pytest.raises(CorpusError), first.write_lock(tmp_path, wait):
                pass
            ask_server(postgresql_url, f"ALTER TABLE {place.schema}.elsewhere RENAME TO writer")
            with second.write_lock(tmp_path):  # over another connection than the one that is kept
                second.set_info("key", str(wait))


def test_a_copy_of_a_directory_is_deleted_without_the_catalog_and_one_that_was_renamed_with_it(
    tmp_path, postgresql_url, settings
):
    stores = StoresSettings.model_validate(settings["stores"])
    with Corpus.open(tmp_path / "first", settings) as corpus:
        corpus.ingest(NOTE)
    schema = located(tmp_path / "first", stores).schema
    shutil.copytree(tmp_path / "first", tmp_path / "copy")  # with its times
    with Corpus.open(tmp_path / "copy", create=False) as copied:
        copied.ingest(Document.from_text("Another.", source="other.txt"))
    assert not drop_catalog(tmp_path / "copy", stores)
    with Corpus.open(tmp_path / "copy", create=False) as corpus:
        assert len(corpus.documents()) == 2
    (tmp_path / "first").rename(tmp_path / "renamed")
    assert drop_catalog(tmp_path / "renamed", stores)
    assert not ask_server(postgresql_url, "SELECT 1 FROM pg_namespace WHERE nspname = :schema", schema=schema)


# Moving ---------------------------------------------------------------------------------------------------------------


def schemas(url: str) -> set[str]:
    return {row[0] for row in ask_server(url, "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'hybrid_%'")}


def test_a_corpus_moves_from_a_file_to_postgresql_and_back(tmp_path, postgresql_url, settings):
    question = "What is the rent of the mill?"
    with Corpus.open(tmp_path / "first", IN_A_FILE) as first:
        first.ingest([NOTE, Document.from_text("The miller keeps two cats.", source="cats.txt")])
        first.remove("cats.txt")
        first.ingest([NOTE, Document.from_text("The miller keeps three cats.", source="cats.txt")])
        there, log = first.ask(question), first.log()
        first.export(tmp_path / "first.hybrid")
    before = schemas(postgresql_url)
    with Corpus.import_(tmp_path / "first.hybrid", tmp_path / "second", settings) as second:
        assert (tmp_path / "second" / POINTER).is_file()
        assert [one.text for one in second.ask(question).claims] == [one.text for one in there.claims]
        assert second.log()[: len(log)] == log
        second.ingest([Document.from_text("The mill has a new wheel.", source="wheel.txt")])
        second.export(tmp_path / "second.hybrid")
    assert len(schemas(postgresql_url) - before) == 1
    with Corpus.import_(tmp_path / "second.hybrid", tmp_path / "third", IN_A_FILE) as third:
        assert not (tmp_path / "third" / POINTER).exists()
        assert third.ask(question).found
        assert {one.source for one in third.documents()} == {"note.txt", "cats.txt", "wheel.txt"}


def test_an_import_that_fails_leaves_no_schema(tmp_path, postgresql_url, settings, monkeypatch):
    with Corpus.open(tmp_path / "first", IN_A_FILE) as first:
        first.ingest([NOTE])
        first.export(tmp_path / "first.hybrid")
    before = schemas(postgresql_url)

    def fails(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("hybrid.archive.importing._put", fails)
    with pytest.raises(KeyboardInterrupt):
        Corpus.import_(tmp_path / "first.hybrid", tmp_path / "second", settings)
    assert schemas(postgresql_url) == before
    assert {one.name for one in tmp_path.iterdir()} == {"first", "first.hybrid"}


@pytest.mark.parametrize("what", ["another corpus", "another program"])
def test_a_schema_that_is_in_use_takes_no_corpus_and_an_import_into_it_leaves_it(tmp_path, postgresql_url, what):
    schema = f"used_{secrets.token_hex(6)}"
    there = NO_MEMORY | {"stores": {"catalog": f"{postgresql_url}&schema={schema}"}}
    if what == "another corpus":
        with Corpus.open(tmp_path / "victim", there) as victim:
            victim.ingest([NOTE])
    else:
        ask_server(postgresql_url, f"CREATE SCHEMA {schema}")
        ask_server(postgresql_url, f"CREATE TABLE {schema}.ledger (n integer)")
    with Corpus.open(tmp_path / "first", IN_A_FILE) as first:
        first.ingest([NOTE])
        first.export(tmp_path / "first.hybrid")
    for attempt in (
        lambda: Corpus.open(tmp_path / "second", there),
        lambda: Corpus.import_(tmp_path / "first.hybrid", tmp_path / "third", there),
    ):
        with pytest.raises(CorpusError, match="in use already"):
            attempt()
    tables = "SELECT tablename FROM pg_tables WHERE schemaname = :schema"
    assert ask_server(postgresql_url, tables, schema=schema)
    if what == "another corpus":
        with Corpus.open(tmp_path / "victim", create=False) as victim:
            assert victim.check().whole
            assert victim.documents()
