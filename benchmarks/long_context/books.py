"""Lay out public-domain books for a comparison over long contexts: a folder to train on, and one to evaluate on.

    python benchmarks/long_context/books.py --data ../shared/data --output build/long-context/books
    hybrid bench long-context benchmarks/long_context/two_cores.toml

Trained on: the State of the Union addresses, the Federalist papers, "Guernsey Folk Lore" and "Jack Sheppard". Evaluated
on: the ends of the two longest books, which are not trained on.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections.abc import Iterator
from pathlib import Path

HELD_OUT_CHARS = 40_000
BOOKS = {
    "jack-sheppard": "gutenberg_niche/jack_sheppard_pg16215.txt.gz",
    "federalist": "federalist/federalist_papers.txt.gz",
    "guernsey": "gutenberg_niche/guernsey_folk_lore_pg52834.txt.gz",
}
EVALUATED = ("jack-sheppard", "federalist")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--output", type=Path, default=Path("build/long-context/books"))
    arguments = parser.parse_args()
    for folder, name, text in books(arguments.data):
        target = arguments.output / folder
        target.mkdir(parents=True, exist_ok=True)
        (target / f"{name}.txt").write_text(text, encoding="utf-8")


def books(data: Path) -> Iterator[tuple[str, str, str]]:
    """Folder, name and text of each."""
    for name, path in BOOKS.items():
        with gzip.open(data / path, "rt", encoding="utf-8") as file:
            text = file.read()
        if name in EVALUATED:
            yield "evaluation", name, text[-HELD_OUT_CHARS:]
            text = text[:-HELD_OUT_CHARS]
        yield "texts", name, text
    with gzip.open(data / "sotu" / "sotu.jsonl.gz", "rt", encoding="utf-8") as file:
        for number, line in enumerate(file):
            address = json.loads(line)
            yield "texts", f"sotu-{address['year']}-{number}", address["text"]


if __name__ == "__main__":
    main()
