"""What every test shares: the flag for slow tests, and where the development data is, if anywhere."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import postgres_server
import pytest

# Set before anything imports torch: two threads that wait for each other on a busy machine are many times
# slower than one, and the tests keep all cores busy with processes.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# Triton reads it when a kernel is defined: the kernels run on the CPU, in its interpreter.
os.environ.setdefault("TRITON_INTERPRET", "1")
# Haystack reads it when it is imported: no test reports its pipelines, or writes to the user's home folder.
os.environ.setdefault("HAYSTACK_TELEMETRY_ENABLED", "false")

REPOSITORY = Path(__file__).resolve().parent.parent
# Last, for `benchmarks` alone: a folder at the top of the repository must not stand in for an installed package.
sys.path.append(str(REPOSITORY))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="also run the tests that take minutes")
    parser.addoption(
        "--catalog",
        choices=("sqlite", "postgresql"),
        default="sqlite",
        help="where the corpora that tests make keep their catalogs; postgresql: on the server that the variable "
        "HYBRID_POSTGRESQL_URL names, or on a throwaway one",
    )
    parser.addoption("--fuzz-seconds", type=float, default=0, help="look for damage that is not handled for so long")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--catalog") == "postgresql":  # tests leave corpora open, as SQLite lets them
        config.addinivalue_line("filterwarnings", "ignore:unclosed <socket:ResourceWarning")


def pytest_sessionstart(session: pytest.Session) -> None:
    if session.config.getoption("--catalog") == "postgresql":
        server = contextlib.ExitStack()
        os.environ["HYBRID_STORES__CATALOG"] = server.enter_context(postgres_server.reached())
        session.config.add_cleanup(server.close)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    slow, elsewhere = config.getoption("--slow"), config.getoption("--catalog") != "sqlite"
    for item in items:
        if not slow and item.get_closest_marker("slow"):  # and not a folder of that name
            item.add_marker(pytest.mark.skip(reason="takes minutes; run with --slow"))
        if elsewhere and item.get_closest_marker("sqlite"):
            item.add_marker(pytest.mark.skip(reason="about the file that the embedded catalog is"))


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """The URL of a PostgreSQL server, without a schema: the one that `--catalog postgresql` uses, or a throwaway one
    of the test session."""
    known = os.environ.get("HYBRID_STORES__CATALOG", "")
    if known.startswith("postgresql"):
        yield known
        return
    with postgres_server.reached() as url:
        yield url


@pytest.fixture(scope="session")
def pgvector_url() -> Iterator[str]:
    """The URL of a throwaway PostgreSQL server that has pgvector."""
    with postgres_server.reached_with_vectors() as url:
        yield url


@pytest.fixture(scope="session")
def repository() -> Path:
    return REPOSITORY


@pytest.fixture(scope="session")
def development_data() -> Path:
    """The folder of development texts, which is not part of the project."""
    folder = Path(os.environ.get("HYBRID_DATA", REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no development data at {folder}; set HYBRID_DATA to have this test run")
    return folder
