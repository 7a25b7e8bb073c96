"""Whatever value something else wrote into a cell of the catalog: an error that names the cell, or the answer."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Boolean, Integer, LargeBinary, String
from sqlalchemy.types import JSON

from hybrid import Corpus, Settings
from hybrid.errors import CorruptCorpusError, HybridError
from hybrid.ingest import custody
from hybrid.stores.cells import Checked
from hybrid.stores.tables import Base

pytestmark = pytest.mark.sqlite

WITHOUT_MEMORY = Settings.model_validate({"memory": {"enabled": False}})
ODD = {Integer: b"\xff", Boolean: "x", String: b"\xff", LargeBinary: "x", JSON: "["}
UNREAD = {"source_metadata", "search_texts", "volumes", "volume_documents"}  # of no volume, or only compared with


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("cells")
    (home / "files").mkdir()
    (home / "files" / "lease.txt").write_text("The rent is 900 euros a month. It is due on the first day.")
    (home / "files" / "odd.gif").write_bytes(b"GIF89a")
    with Corpus.open(home / "corpus", WITHOUT_MEMORY) as corpus:
        corpus.ingest(home / "files")
    return home / "corpus"


def use(directory: Path) -> None:
    with Corpus.open(directory, WITHOUT_MEMORY) as corpus:
        str(corpus.status())
        corpus.documents()
        corpus.ask("What is the rent?", route="lookup")
        custody.rows(corpus._catalog)


def written(whole: Path, tmp_path: Path, table: str, column: str, value: object) -> Path:
    directory = tmp_path / "corpus"
    shutil.copytree(whole, directory)
    with closing(sqlite3.connect(directory / "catalog.sqlite")) as database:
        database.execute(f'UPDATE "{table}" SET "{column}" = ?', [value])
        database.commit()
    return directory


COLUMNS = [
    (table.name, column.name)
    for table in Base.metadata.sorted_tables
    for column in table.columns
    if not column.primary_key and not column.foreign_keys and table.name not in UNREAD
]


@pytest.mark.parametrize("column", COLUMNS, ids=".".join)
def test_a_value_of_another_type_is_an_error_of_the_product_or_does_no_harm(
    whole: Path, tmp_path: Path, column: tuple[str, str]
) -> None:
    kind = Base.metadata.tables[column[0]].columns[column[1]].type
    assert isinstance(kind, Checked)
    value = next(value for of, value in ODD.items() if isinstance(kind.given, of))
    directory = written(whole, tmp_path, *column, value)
    try:
        use(directory)
    except HybridError as error:
        assert "catalog" in str(error)  # noqa: PT017 - some columns are read by nothing that is used here


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("documents.chars", "many"),
        ("documents.pages", "[" * 2000),
        ("documents.pages", "{}"),
        ("sources.details", "7"),
        ("sources.mtime_ns", float("inf")),
        ("sentences.end", "x"),
        ("log.detail", "null"),
        ("log.detail", "9" * 400),
    ],
)
def test_the_error_names_the_cell(whole: Path, tmp_path: Path, column: str, value: object) -> None:
    directory = written(whole, tmp_path, *column.split("."), value)
    with pytest.raises(CorruptCorpusError, match=rf"a cell of {column} holds"):
        use(directory)


def test_what_was_left_out_is_stored_as_files_or_the_error_says_so(whole: Path, tmp_path: Path) -> None:
    directory = written(whole, tmp_path, "log", "detail", '{"files": [3]}')
    with pytest.raises(CorruptCorpusError, match=r"the table log of catalog\.sqlite was edited"):
        use(directory)
    with closing(sqlite3.connect(directory / "catalog.sqlite")) as database:  # an earlier version kept no hash of it
        database.execute("DELETE FROM info WHERE key IN ('log_rows', 'records')")
        database.commit()
    with pytest.raises(CorruptCorpusError, match=r"a cell of log\.detail holds"):
        use(directory)


def test_vectors_of_sentences_that_are_not_alike_are_an_error(whole: Path, tmp_path: Path) -> None:
    directory = tmp_path / "corpus"
    shutil.copytree(whole, directory)
    with closing(sqlite3.connect(directory / "catalog.sqlite")) as database:
        database.execute("UPDATE sentences SET vector = x'00' WHERE start = (SELECT max(start) FROM sentences)")
        database.commit()
    with pytest.raises(
        CorruptCorpusError, match=r"vectors of sentences of 1 documents .* hybrid repair makes them again"
    ):
        use(directory)
