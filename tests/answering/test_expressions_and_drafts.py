"""Of a search expression's sentences the executed document's comes before its draft's."""

from __future__ import annotations

from pathlib import Path

import hybrid

FILES = {
    "a-draft.txt": "MOORING AGREEMENT\nDRAFT of 3 December 2024\n\n1. The owner shall grease the chain.\n2. Tar",
    "b-signed.txt": (
        "MOORING AGREEMENT\ndated 3 January 2025\n\n1. The owner shall grease the chain.\n2. Rope is extra.\n"
        "Signed by Ann Orr and Ben Teal.\n"
    ),
}


def test_the_executed_document_is_quoted_and_not_its_draft(tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text)
    settings = hybrid.Settings.model_validate({"memory": {"enabled": False}})
    corpus = hybrid.Corpus.open(tmp_path / "corpus", settings)
    corpus.ingest(folder)
    quoted = corpus.ask("chain AND NOT anchor").citations
    assert [Path(one.source).name for one in quoted] == ["b-signed.txt"]
    only = corpus.ask("tar AND NOT anchor").citations
    assert [Path(one.source).name for one in only] == ["a-draft.txt"]
