"""Damaged files and damaged catalogs give the right answer or an error that says what is wrong, and nothing else.

``make fuzz SECONDS=600`` looks for more, each time with other damage. What it found is in ``fuzz_found``, and tried
here.
"""

from __future__ import annotations

import random
import shutil
import signal
import sqlite3
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from fuzz_inputs import EDITS, SEEDS, Edit, damaged, damaged_inside
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from hybrid import Corpus, Settings
from hybrid.errors import DocumentError, HybridError
from hybrid.ingest import custody
from hybrid.ingest.loaders.loading import Loaded, load
from hybrid.settings import IngestSettings
from hybrid.stores.full_text import storable

pytestmark = pytest.mark.sqlite

FOUND = Path(__file__).parent / "fuzz_found"
SETTINGS = IngestSettings(ocr="never")
SECONDS = 30
"""Of CPU that a damaged file of some kilobytes may take: three times what any file may."""
EXAMPLES = 25
"""Of each kind in the suite, the same each time."""
WITHOUT_MEMORY = Settings.model_validate({"memory": {"enabled": False}})


@contextmanager
def in_time() -> Iterator[None]:
    """Fail where the block takes too long."""

    def late(*_: object) -> None:
        raise AssertionError(f"it takes over {SECONDS} s of CPU")

    before = signal.signal(signal.SIGVTALRM, late)
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def loaded_or_error(data: bytes, name: str) -> tuple[Loaded | None, DocumentError | None]:
    try:
        return load(data, name, SETTINGS), None
    except DocumentError as error:
        return None, error


def check_load(data: bytes, name: str) -> None:
    """A file gives documents of its own, the same each time, or a `DocumentError` that names it."""
    with in_time():
        loaded, error = loaded_or_error(data, name)
        again, _ = loaded_or_error(data, name)
    if error is not None:
        assert error.source == name
        assert error.reason
        assert " at 0x" not in error.reason
    if loaded is None:
        return
    assert loaded == again
    assert loaded.documents[0].source == name
    for document in loaded.documents:
        assert storable(document.text)
        assert document.text.strip()
        document.text.encode("utf-8")
        assert document.layout.chars == len(document.text)
        document.locate(0, len(document.text))
    for part in (*loaded.documents[1:], *loaded.skipped):
        assert part.source.startswith(f"{name}#")
    assert all(part.reason and " at 0x" not in part.reason for part in loaded.skipped)


def keep(name: str, data: bytes) -> Path:
    """Write what failed to where the suite tries it again; the shortest of a name stays."""
    FOUND.mkdir(exist_ok=True)
    stem, _, suffix = name.rpartition(".")
    path = FOUND / f"{stem}-{zlib.crc32(data):08x}.{suffix}"
    path.write_bytes(data)
    return path


def repeated(seconds: float, test: Callable[..., None], *strategies: st.SearchStrategy[Any]) -> None:
    """Try examples for so long, or `EXAMPLES` of them, the same each time, for 0 seconds."""
    quiet = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture]
    if not seconds:
        options = settings(
            max_examples=EXAMPLES,
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=quiet,
            phases=(Phase.generate,),
        )
        options(given(*strategies)(test))()
        return
    end = time.monotonic() + seconds
    number = random.SystemRandom().randrange(2**32)
    while time.monotonic() < end:
        phases = (Phase.generate, Phase.target, Phase.shrink)
        options = settings(
            max_examples=50, database=None, deadline=None, suppress_health_check=quiet, phases=phases, print_blob=False
        )
        seed(number)(options(given(*strategies)(test)))()
        number += 1


@pytest.fixture
def seconds(request: pytest.FixtureRequest) -> float:
    given_seconds: float = request.config.getoption("--fuzz-seconds")
    return given_seconds / (len(SEEDS) + 2)


@pytest.mark.parametrize("name", SEEDS)
def test_a_file_that_is_whole_is_read(name: str) -> None:
    if name == "a.png":
        pytest.skip("an image is read by OCR")
    loaded = load(SEEDS[name](), name, SETTINGS)
    assert loaded.documents[0].text
    assert loaded.skipped == ()


@pytest.mark.parametrize("name", SEEDS)
def test_a_damaged_file_is_read_or_named(name: str, seconds: float) -> None:
    whole = SEEDS[name]()

    def attempt(edits: list[Edit], inside: float | None) -> None:
        data = damaged(whole, edits) if inside is None else damaged_inside(whole, edits, inside)
        try:
            check_load(data, name)
        except BaseException:
            if seconds:
                print("kept", keep(name, data))
            raise

    repeated(seconds, attempt, EDITS, st.none() | st.floats(0, 1))


@pytest.mark.parametrize("path", sorted(FOUND.glob("*")), ids=lambda path: path.name)
def test_what_fuzzing_found_is_read_or_named(path: Path) -> None:
    check_load(path.read_bytes(), path.name)


# Catalogs ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def whole_corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("fuzz")
    (home / "docs").mkdir()
    for name in ("a.txt", "a.eml", "a.html", "a.zip"):
        (home / "docs" / name).write_bytes(SEEDS[name]())
    (home / "docs" / "b.gif").write_bytes(b"GIF89a")
    with Corpus.open(home / "corpus", WITHOUT_MEMORY) as corpus:
        corpus.ingest(home / "docs")
    return home / "corpus"


def check_corpus(directory: Path) -> None:
    """Everything that reads a catalog, on one that may be damaged."""
    with in_time(), suppress(HybridError), Corpus.open(directory, WITHOUT_MEMORY) as corpus:
        for use in (
            lambda: corpus.documents(),
            lambda: str(corpus.status()),
            lambda: corpus.search("rent"),
            lambda: corpus.ask("What is the rent?"),
            lambda: str(corpus.check()),
            lambda: custody.as_csv(custody.rows(corpus._catalog)),
        ):
            with suppress(HybridError):
                use()


VALUES = st.one_of(
    st.none(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=True),
    st.text(max_size=12),
    st.binary(max_size=12),
    st.sampled_from(["{}", "[]", "null", "[0, 1]", '{"a": 1}', '{"title": 3}', "9" * 400, "[" * 2000, "../../x"]),
)


def test_a_catalog_with_other_values_in_its_cells_is_read_or_named(
    whole_corpus: Path, tmp_path: Path, seconds: float
) -> None:
    with closing(sqlite3.connect(whole_corpus / "catalog.sqlite")) as database:
        tables = [
            row[0] for row in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
        ]
        columns = [
            (table, column[1])
            for table in tables
            if "_fts_" not in table
            for column in database.execute(f'PRAGMA table_info("{table}")')
        ]

    def attempt(column: tuple[str, str], value: Any, row: float) -> None:
        directory = tmp_path / "corpus"
        shutil.rmtree(directory, ignore_errors=True)
        shutil.copytree(whole_corpus, directory)
        table, name = column
        with closing(sqlite3.connect(directory / "catalog.sqlite")) as database:
            try:
                count = database.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0]
                where = f'"{name}" = (SELECT "{name}" FROM "{table}" LIMIT 1 OFFSET {int(row * max(0, count - 1))})'
                database.execute(f'UPDATE "{table}" SET "{name}" = ? WHERE {where}', [value])
                database.commit()
            except (sqlite3.Error, OverflowError, UnicodeEncodeError):
                return  # what its constraints refuse
        check_corpus(directory)

    repeated(seconds, attempt, st.sampled_from(columns), VALUES, st.floats(0, 1))


def test_a_catalog_with_damaged_bytes_is_read_or_named(whole_corpus: Path, tmp_path: Path, seconds: float) -> None:
    files = sorted(path.relative_to(whole_corpus) for path in whole_corpus.rglob("*") if path.is_file())

    def attempt(file: Path, edits: list[Edit]) -> None:
        directory = tmp_path / "corpus"
        shutil.rmtree(directory, ignore_errors=True)
        shutil.copytree(whole_corpus, directory)
        path = directory / file
        path.write_bytes(damaged(path.read_bytes(), edits))
        check_corpus(directory)

    repeated(seconds, attempt, st.sampled_from(files), EDITS)
