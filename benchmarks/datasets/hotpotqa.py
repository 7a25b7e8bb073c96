"""A hundred questions of HotpotQA (CC BY-SA 4.0), each answered by two of 994 paragraphs of Wikipedia."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from hybrid.evaluation.retrieval import JudgedQuestion, JudgedSet, Relevant
from hybrid.evaluation.routing import Asked
from hybrid.router.training.questions import LOOKUP, part_of
from hybrid.stores.files import read_jsonl
from hybrid.types.documents import Document


def judged(folder: Path) -> JudgedSet:
    """Paragraphs under their titles; relevant are those with a supporting fact."""
    passages = {line["title"]: "".join(line["sentences"]).strip() for line in read_jsonl(folder / "corpus.jsonl")}
    return JudgedSet(
        "hotpotqa100",
        tuple(Document.from_text(f"{title}\n\n{text}", source=title) for title, text in passages.items()),
        tuple(
            JudgedQuestion(
                line["_id"],
                line["question"],
                tuple(Relevant(title) for title in dict.fromkeys(title for title, _ in line["supporting_facts"])),
            )
            for line in read_jsonl(folder / "questions.jsonl")
        ),
    )


def routing_questions(folder: Path) -> Iterator[tuple[Asked, str]]:
    """The questions, all lookups, each with the half, `tuning` or `reporting`, that a hash puts it in."""
    for row in read_jsonl(folder / "questions.jsonl"):
        part = "tuning" if part_of(row["_id"], 2) else "reporting"
        yield Asked(row["question"], LOOKUP, "hotpotqa"), part
