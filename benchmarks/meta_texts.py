"""Lay out the development texts for meta-training: a folder to train on, one to evaluate on, and what stays unseen.

python benchmarks/meta_texts.py --data ../shared/data --output build/meta-training
hybrid meta-train benchmarks/meta_train.toml

Trained on: SQuALITY's training stories, QMSum's training meetings, the State of the Union addresses since
1900, and every other CUAD contract. Evaluated on: the beginnings of a SQuALITY development story, a contract that
was left out, and "Guernsey Folk Lore". Both books of gutenberg_niche and all other development stories and
contracts stay unseen.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

EVALUATION_CHARS = 40_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--output", type=Path, default=Path("build/meta-training"))
    arguments = parser.parse_args()
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


def lines(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


if __name__ == "__main__":
    main()
