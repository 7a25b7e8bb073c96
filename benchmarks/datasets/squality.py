"""SQuALITY (CC BY 4.0): short stories, with questions about the whole that several people answered."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from hybrid.evaluation.comprehension import Question, Text
from hybrid.evaluation.routing import Asked
from hybrid.router.training.questions import COMPREHENSION
from hybrid.stores.files import read_jsonl


def texts(folder: Path, count: int, skip: int = 0) -> list[Text]:
    """Stories of the development set."""
    return [
        Text(
            document=row["document"],
            questions=tuple(Question(question=q["q"], references=tuple(q["refs"])) for q in row["questions"]),
            set="squality",
        )
        for row in read_jsonl(folder / "dev.jsonl.gz")[skip : skip + count]
    ]


def routing_questions(folder: Path) -> Iterator[tuple[Asked, str]]:
    """All questions, those of the training set as `tuning` and those of the development set as `reporting`.

    The first question about a story is the same for all ("What is the plot ...?"), and a set of its own.
    """
    for split, part in (("train", "tuning"), ("dev", "reporting")):
        for row in read_jsonl(folder / f"{split}.jsonl.gz"):
            for number, one in enumerate(row["questions"]):
                yield Asked(one["q"].strip(), COMPREHENSION, "squality other" if number else "squality first"), part
