"""What the readers of development sets promise, and that none of them is part of the package."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from benchmarks.datasets import cranfield, cuad, hotpotqa, qmsum, squality
from hybrid.evaluation.comprehension import Question
from hybrid.evaluation.retrieval import Relevant


def test_every_category_of_clause_is_asked_in_one_question() -> None:
    assert len(cuad.CLAUSE_QUESTIONS) == 41
    assert len(set(cuad.CLAUSE_QUESTIONS.values())) == 41
    assert all(question.endswith("?") for question in cuad.CLAUSE_QUESTIONS.values())


def test_stories_and_meetings_are_read_general_questions_first(tmp_path: Path) -> None:
    story = {"document": "A tale.", "questions": [{"q": "Why?", "refs": ["So.", "Because."]}]}
    meeting = {
        "turns": [["Ann", "Hello ."], ["Bob", "Hi ."]],
        "general": [{"query": "Summarize", "answer": "They met."}],
        "specific": [{"query": f"What {n}?", "answer": "That."} for n in range(9)],
    }
    for name, row in (("dev", story), ("val", meeting)):
        (tmp_path / f"{name}.jsonl.gz").write_bytes(gzip.compress((json.dumps(row) + "\n").encode() * 3))
    (one,) = squality.texts(tmp_path, count=1, skip=2)
    assert one.questions == (Question(question="Why?", references=("So.", "Because.")),)
    (two,) = qmsum.texts(tmp_path, count=1)
    assert two.document == "Ann: Hello .\nBob: Hi ."
    assert [q.question for q in two.questions] == ["Summarize", "What 0?", "What 1?", "What 2?", "What 3?"]


def test_judged_questions_are_read_with_what_is_relevant_to_them(development_data: Path) -> None:
    abstracts = cranfield.judged(development_data / "cranfield")
    assert (len(abstracts.documents), len(abstracts.questions)) == (1398, 225)
    assert Relevant("184", gain=3) in abstracts.questions[0].relevant
    paragraphs = hotpotqa.judged(development_data / "hotpotqa100")
    assert (len(paragraphs.documents), len(paragraphs.questions)) == (994, 100)
    assert all(len(question.relevant) == 2 for question in paragraphs.questions)


def test_contracts_are_drawn_by_the_seed_and_asked_for_every_category(development_data: Path) -> None:
    first, second = (cuad.contracts(development_data / "cuad", count, skip, 0) for count, skip in ((3, 0), (2, 1)))
    assert first[1:] == second
    assert [one.name for one in first] != [one.name for one in cuad.contracts(development_data / "cuad", 3, 0, 7)]
    for contract in first:
        assert cuad.SHORTEST <= len(contract.text) <= cuad.LONGEST
        assert {one.question for one in contract.questions} == set(cuad.CLAUSE_QUESTIONS.values())


@pytest.mark.parametrize("name", ["cuad", "qmsum", "squality", "hotpot", "cranfield"])
def test_the_package_names_no_development_set_in_its_measures(repository: Path, name: str) -> None:
    sources = [*(repository / "hybrid" / "evaluation").glob("*.py"), repository / "hybrid" / "cli" / "evaluate.py"]
    assert [path.name for path in sources if name in path.read_text("utf-8").lower()] == []
