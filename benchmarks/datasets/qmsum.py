"""QMSum (MIT): transcripts of meetings, with questions about the whole and about parts, answered in a paragraph."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from hybrid.evaluation.comprehension import Question, Text
from hybrid.evaluation.routing import Asked
from hybrid.router.training.questions import COMPREHENSION
from hybrid.stores.files import read_jsonl


def texts(folder: Path, count: int, skip: int = 0, questions: int = 5) -> list[Text]:
    """Meetings of the validation set, the general questions first, so many questions of each."""
    found = []
    for row in read_jsonl(folder / "val.jsonl.gz")[skip : skip + count]:
        asked = [*row["general"], *row["specific"]][:questions]
        found.append(
            Text(
                document="\n".join(f"{speaker}: {said}" for speaker, said in row["turns"]),
                questions=tuple(Question(question=q["query"], references=(q["answer"],)) for q in asked),
                set="qmsum",
            )
        )
    return found


def routing_questions(folder: Path) -> Iterator[tuple[Asked, str]]:
    """All questions, those of the training set as `tuning` and those of the validation set as `reporting`."""
    for split, part in (("train", "tuning"), ("val", "reporting")):
        for row in read_jsonl(folder / f"{split}.jsonl.gz"):
            for kind in ("general", "specific"):
                yield from ((Asked(one["query"].strip(), COMPREHENSION, f"qmsum {kind}"), part) for one in row[kind])
