"""Corpora to serve, made once: those that a test changes are a copy."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from served import Running, make_corpora, serving

from hybrid import Corpus


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The corpora. One is held open, so that the embedder is loaded once for all tests."""
    root = tmp_path_factory.mktemp("made")
    make_corpora(root)
    with Corpus.open(root / "acme", create=False) as held:
        held.search("warm")
        yield root


@pytest.fixture
def root(made: Path, tmp_path: Path) -> Path:
    """A folder of corpora of the test's own."""
    folder = tmp_path / "corpora"
    for name in ("acme", "other", "classes"):
        shutil.copytree(made / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def looked_at(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server without keys whose corpora nobody changes."""
    folder = tmp_path_factory.mktemp("looked-at") / "corpora"
    for name in ("acme", "other", "classes"):
        shutil.copytree(made / name, folder / name)
    with serving(folder) as running:
        yield running
