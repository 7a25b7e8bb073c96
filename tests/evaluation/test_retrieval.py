"""Retrieval is measured by what is relevant, on a set of its own or on a corpus that is there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from answering_corpus import BagEmbedder
from click.testing import CliRunner, Result

from hybrid import _view as view
from hybrid.cli import main
from hybrid.errors import InputError
from hybrid.evaluation.retrieval import JudgedQuestion, Relevant, _measured, read_judged, read_questions
from hybrid.types.answers import Hit

TEXTS = {
    "lease.txt": "The rent of the premises is due in May. Either side may end the lease with ninety days' notice.",
    "salt.txt": "Acme delivers rock salt to the depot in Ghent every month, and the carrier is paid by Beta.",
    "dogs.txt": "Dogs bark at night, and cats sleep by day. Nobody at the harbour knows why that is so.",
}
QUESTIONS = [
    {"question": "When is the rent due?", "relevant": ["lease.txt"]},
    {"question": "Who delivers salt to Ghent?", "relevant": [{"source": "salt.txt", "gain": 2}, "dogs.txt"]},
    {"question": "What ends the lease?", "relevant": [{"source": "lease.txt", "start": 40, "end": 90}]},
]


class Embedder(BagEmbedder):
    """Words as tokens, so that chunking needs no model either."""

    max_tokens, fingerprint = 256, "bag@1"

    def offsets(self, text: str) -> list[tuple[int, int]]:
        found, at = [], 0
        for word in text.split():
            at = text.index(word, at)
            found.append((at, at + len(word)))
            at += len(word)
        return found


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A set in the form that users give."""
    embedder = Embedder()
    monkeypatch.setattr(view, "load_embedder", lambda *_: embedder)
    (tmp_path / "own").mkdir()
    lines = [json.dumps({"source": source, "text": text}) for source, text in TEXTS.items()]
    (tmp_path / "own" / "documents.jsonl").write_text("\n".join(lines))
    (tmp_path / "own" / "questions.jsonl").write_text("\n".join(map(json.dumps, QUESTIONS)) + "\n")
    return tmp_path


def retrieval(*argv: str | Path) -> Result:
    return CliRunner().invoke(main, ["eval", "retrieval", *map(str, argv)])


def test_a_set_of_ones_own_is_measured_the_same_twice(folder: Path) -> None:
    first = retrieval("--data", folder / "own", "--json", "--out", folder / "a")
    second = retrieval("--data", folder / "own", "--json", "--out", folder / "b")
    assert (first.exit_code, second.exit_code) == (0, 0), first.output
    rows = json.loads(first.stdout)["rows"]
    assert [(row["questions"], row["n"], row["search"]) for row in rows[:4]] == [
        ("all", 3, "lexical"),
        ("all", 3, "dense"),
        ("all", 3, "fused"),
        ("even", 2, "lexical"),
    ]
    assert rows[2]["recall@5"] == 1
    assert 0 < rows[2]["nDCG@10"] <= 1
    for name in ("retrieval.json", "retrieval.md", "retrieval-own.png"):
        assert (folder / "a" / name).read_bytes() == (folder / "b" / name).read_bytes()


def test_a_corpus_that_is_there_is_measured_at_its_commit(folder: Path) -> None:
    for name, text in TEXTS.items():
        (folder / name).write_text(text)
    (folder / "settings.toml").write_text("[memory]\nenabled = false\n")
    argv = ["ingest", str(folder / "corpus"), *(str(folder / name) for name in TEXTS)]
    assert CliRunner().invoke(main, [*argv, "--settings", str(folder / "settings.toml")]).exit_code == 0
    listed = json.loads(CliRunner().invoke(main, ["documents", str(folder / "corpus"), "--json"]).stdout)
    (lease,) = (row["source"] for row in listed if row["source"].endswith("lease.txt"))
    asked = folder / "asked.jsonl"
    asked.write_text(json.dumps({"question": "When is the rent due?", "relevant": [lease]}))
    result = retrieval(folder / "corpus", "--questions", asked, "--json")
    report = json.loads(result.stdout)
    assert report["commit"] == 1
    assert {row["nDCG@10"] for row in report["rows"]} == {1.0}


def hit(source: str, start: int, end: int) -> Hit:
    text = "x" * (end - start)
    return Hit(source=source, title=source, chunk_id=1, document_id=1, start=start, end=end, text=text, page=None, last_page=None, lines=(1, 1), sha256="0" * 64, score=1.0)  # fmt: skip  # noqa: E501


def test_a_document_counts_where_its_best_chunk_stands_and_a_span_where_a_chunk_holds_it() -> None:
    hits = [hit("b", 0, 9), hit("a", 0, 50), hit("a", 40, 90), hit("c", 0, 9)]
    whole = JudgedQuestion("1", "?", (Relevant("a"),))
    assert whole.ranked(hits) == ["b", "a", "c"]
    span = JudgedQuestion("2", "?", (Relevant("a", 60, 70), Relevant("a", 45, 48)))
    assert span.ranked(hits) == ["b\t0", "a\t45-48", "a\t60-70", "c\t0"]


def test_the_measures_are_those_of_the_field() -> None:
    question = JudgedQuestion("q", "?", (Relevant("a", gain=3), Relevant("b"), Relevant("z")))
    found = _measured([question], {"q": ["x", "a", *"cdefg", "b"]})
    assert found["recall@5"] == pytest.approx(1 / 3)
    assert found["recall@20"] == pytest.approx(2 / 3)
    ideal = 3 + 1 / 1.584962501 + 1 / 2
    assert found["nDCG@10"] == pytest.approx((3 / 1.584962501 + 1 / 3.169925001) / ideal, abs=1e-6)


@pytest.mark.parametrize(
    ("argv", "message"),
    [([], "name a CORPUS"), (["--data", "."], "no documents.jsonl"), (["somewhere"], "name a CORPUS")],
)
def test_wrong_arguments_are_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch, argv: list[str], message: str
) -> None:
    monkeypatch.chdir(folder)
    result = retrieval(*argv)
    assert result.exit_code == 1
    assert message in result.stderr


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"question": "Why?"}', "question 1: 'relevant'"),
        ('{"question": "Why?", "relevant": [{"page": 3}]}', "it needs question and relevant"),
        ('{"question": "Why?", "relevant": []}', "no question with anything relevant"),
        ("why?", "line 1: not JSON"),
    ],
)
def test_questions_that_cannot_be_used_are_named(tmp_path: Path, line: str, message: str) -> None:
    (tmp_path / "questions.jsonl").write_text(line)
    with pytest.raises(InputError, match=message):
        read_questions(tmp_path / "questions.jsonl")


def test_a_relevant_source_that_is_no_document_is_named(folder: Path) -> None:
    (folder / "own" / "questions.jsonl").write_text('{"question": "Why?", "relevant": ["other.txt"]}')
    with pytest.raises(InputError, match=r"names the source 'other\.txt', which is no document"):
        read_judged(folder / "own")
