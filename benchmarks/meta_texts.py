"""Lay out the development texts for meta-training: a folder to train on, one to evaluate on, and what stays unseen.

python benchmarks/meta_texts.py --data ../shared/data --output build/meta-training
hybrid meta-train benchmarks/meta_train.toml
python benchmarks/meta_texts.py --answers --data ../shared/data --output build/meta-answers
hybrid meta-train benchmarks/meta_answers.toml

Trained on: SQuALITY's training stories, QMSum's training meetings, the State of the Union addresses since
1900, and every other CUAD contract. Evaluated on: the beginnings of a SQuALITY development story, a contract that
was left out, and "Guernsey Folk Lore". Both books of gutenberg_niche and all other development stories and
contracts stay unseen.

With `--answers` the texts are SQuALITY's training stories and, of every third of QMSum's training meetings, the
stretch of up to 28,000 characters that has most of the specific questions' relevant turns, each with its questions and
human answers; half of a story's answers are asked for below the passage that shares most words with the question.
Evaluated on the last two SQuALITY development stories and two of QMSum's validation meetings.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from memory_retention import best_passage

EVALUATION_CHARS = 40_000
STRETCH_CHARS = 28_000  # of a meeting: about 7,000 tokens


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--output", type=Path, default=Path("build/meta-training"))
    parser.add_argument("--answers", action="store_true", help="texts with questions about them")
    arguments = parser.parse_args()
    if arguments.answers:
        write_asked(arguments.output / "texts", [*stories(arguments.data, "train"), *meetings(arguments.data, "train")])
        held_out = [*stories(arguments.data, "dev")[-2:], *meetings(arguments.data, "val")[-2:]]
        write_asked(arguments.output / "evaluation", held_out)
        return
    for folder, texts in (("texts", training(arguments.data)), ("evaluation", evaluation(arguments.data))):
        target = arguments.output / folder
        target.mkdir(parents=True, exist_ok=True)
        for name, text in texts:
            (target / f"{name}.txt").write_text(text, encoding="utf-8")


def training(data: Path) -> Iterator[tuple[str, str]]:
    for row in lines(data / "squality" / "train.jsonl.gz"):
        yield f"squality-{row['id']}", row["document"]
    for number, row in enumerate(lines(data / "qmsum" / "train.jsonl.gz")):
        yield f"qmsum-{number}", "\n".join(f"{speaker}: {said}" for speaker, said in row["turns"])
    for row in lines(data / "sotu" / "sotu.jsonl.gz"):
        if int(row["year"]) >= 1900:
            yield f"sotu-{row['year']}-{len(row['text'])}", row["text"]
    for number, row in enumerate(lines(data / "cuad" / "contracts_dev.jsonl.gz")):
        if number % 2 == 0:
            yield f"cuad-{number}", row["text"]


def evaluation(data: Path) -> Iterator[tuple[str, str]]:
    yield "1-story", next(iter(lines(data / "squality" / "dev.jsonl.gz")))["document"][:EVALUATION_CHARS]
    contracts = [row["text"] for row in lines(data / "cuad" / "contracts_dev.jsonl.gz")]
    yield "2-contract", next(text for text in contracts[1::2] if len(text) > EVALUATION_CHARS)[:EVALUATION_CHARS]
    with gzip.open(data / "gutenberg_niche" / "guernsey_folk_lore_pg52834.txt.gz", "rt", encoding="utf-8") as file:
        yield "3-folk-lore", file.read()[20_000 : 20_000 + EVALUATION_CHARS]


Asked = tuple[str, str, list[dict[str, str]]]  # a name, a text, and rows of questions


def write_asked(target: Path, texts: list[Asked]) -> None:
    """Each text, and beside it the file of its questions."""
    target.mkdir(parents=True, exist_ok=True)
    for name, text, rows in texts:
        (target / f"{name}.txt").write_text(text, encoding="utf-8")
        questions = "".join(json.dumps(row) + "\n" for row in rows)
        (target / f"{name}.questions.jsonl").write_text(questions, encoding="utf-8")


def stories(data: Path, part: str) -> list[Asked]:
    """SQuALITY's: every second answer to a question stands below a passage."""
    found: list[Asked] = []
    for story in lines(data / "squality" / f"{part}.jsonl.gz"):
        rows: list[dict[str, str]] = []
        for one in story["questions"]:
            for number, reference in enumerate(one["refs"]):
                row = {"question": one["q"], "answer": reference}
                rows.append(row | {"passage": best_passage(story["document"], one["q"])} if number % 2 else row)
        found.append((f"squality-{story['id']}", story["document"], rows))
    return found


def meetings(data: Path, part: str) -> list[Asked]:
    """QMSum's, every third: of each the stretch of turns in which most specific questions have all of their turns."""
    found: list[Asked] = []
    for number, meeting in enumerate(lines(data / "qmsum" / f"{part}.jsonl.gz")):
        if number % 3:
            continue
        turns = [f"{speaker}: {said}" for speaker, said in meeting["turns"]]
        spans = [
            (min(int(a) for a, _ in one["relevant_text_span"]), max(int(b) for _, b in one["relevant_text_span"]), one)
            for one in meeting["specific"]
            if one["relevant_text_span"]
        ]
        stretches = [stretch(turns, spans, first) for first in sorted({first for first, *_ in spans})]
        text, rows = max(stretches, key=lambda each: len(each[1]), default=("", []))
        if rows:
            found.append((f"qmsum-{part}-{number}", text, rows))
    return found


def stretch(
    turns: list[str], spans: list[tuple[int, int, dict[str, Any]]], first: int
) -> tuple[str, list[dict[str, str]]]:
    """The turns from ``first`` on, and the questions that they answer."""
    last, size = first, 0
    while last < len(turns) and size + len(turns[last]) <= STRETCH_CHARS:
        size += len(turns[last]) + 1
        last += 1
    rows = [{"question": one["query"], "answer": one["answer"]} for a, b, one in spans if first <= a and b < last]
    return "\n".join(turns[first:last]), rows


def lines(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


if __name__ == "__main__":
    main()
