"""The promise on real contracts (CUAD v1, CC BY 4.0, not part of the project): every quote is found again."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

import hybrid
from hybrid.settings import MemorySettings, Settings

QUESTIONS = {
    "Agreement Date": "What is the date of the agreement with {}?",
    "Parties": "Who are the parties to the agreement with {}?",
    "Governing Law": "Which law governs the agreement with {}?",
    "Expiration Date": "When does the agreement with {} expire?",
    "Anti-Assignment": "May the agreement with {} be assigned without consent?",
    "Cap On Liability": "How is liability limited in the agreement with {}?",
    "Audit Rights": "Who may audit the books under the agreement with {}?",
    "Insurance": "What insurance does the agreement with {} require?",
}


def rows(path: Path) -> list[dict]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


@pytest.mark.slow
def test_every_quote_of_50_questions_about_12_contracts_is_found_again(development_data: Path, tmp_path: Path) -> None:
    contracts = sorted(rows(development_data / "cuad" / "contracts_dev.jsonl.gz"), key=lambda row: row["chars"])[40:52]
    folder = tmp_path / "contracts"
    folder.mkdir()
    for contract in contracts:
        (folder / f"{contract['id']}.txt").write_text(contract["text"], encoding="utf-8", newline="")
    names = {contract["id"] for contract in contracts}
    marked = [
        row for row in rows(development_data / "cuad" / "qa_dev.jsonl.gz") if row["doc"] in names and row["spans"]
    ]
    asked = [
        QUESTIONS[row["category"]].format(row["doc"].split("_")[0]) for row in marked if row["category"] in QUESTIONS
    ]
    assert len(asked) >= 50
    quotes = 0
    with hybrid.Corpus.open(tmp_path / "corpus", Settings(memory=MemorySettings(enabled=False))) as corpus:
        assert len(corpus.ingest(folder).added) == 12
        for question in asked[:50]:
            answer = corpus.ask(question, route="lookup")
            for citation in answer.citations:
                raw = Path(citation.source).read_bytes().decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
                assert raw[citation.start : citation.end] == citation.quote
                assert raw[: citation.start].count("\n") + 1 == citation.lines[0]
                quotes += 1
            assert corpus.verify(answer) == []
    print(f"{quotes} quotes of 50 questions about 12 contracts, all found at their offsets")
    assert quotes >= 50
