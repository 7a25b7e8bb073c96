"""A corpus without a memory, of files that a test writes down."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from hybrid import Corpus, Settings


def corpus_of(
    files: Mapping[str, str], folders: pytest.TempPathFactory, answer: Mapping[str, object] | None = None
) -> Corpus:
    """A corpus of ``files``, texts by their names, which may have folders in them, with settings of ``answer``."""
    folder = folders.mktemp("files")
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    settings = Settings.model_validate({"memory": {"enabled": False}, "answer": dict(answer or {})})
    corpus = Corpus.open(folders.mktemp("corpus"), settings)
    corpus.ingest(folder)
    return corpus
