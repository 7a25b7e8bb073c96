"""Sentences of development texts, with the sentence that follows each: what distortions and rewordings are made from.

The texts are read from the folder that HYBRID_DATA names and are not part of the project.
"""

from __future__ import annotations

import gzip
import json
import os
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DATA = Path(os.environ.get("HYBRID_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
SOURCES = ("cuad", "contract_nli", "squality", "policies")
_END = re.compile(r"(?<=[.!?])[\"”’)]*\s+(?=[\"“‘(]?[A-Z0-9])")
_ABBREVIATION = re.compile(
    r"\b(?:Mr|Mrs|Ms|Dr|St|No|Nos|Inc|Ltd|Co|Corp|Sec|Art|Fig|vs|e\.g|i\.e|U\.S|[A-Z])\.[\"”’)]*$"
)
_NUMBERING = re.compile(r"^(?:\(?[\divxIVXa-zA-Z]{1,4}[.)]\)?\s+|\d+(?:\.\d+)+\.?\s+|[-*•]\s+)+")


@dataclass(frozen=True)
class Sentence:
    """A sentence without its numbering, the next one of its text (empty at the end), and where both come from."""

    text: str
    following: str
    source: str
    document: str


def rows(path: Path) -> list[dict[str, Any]]:
    """The rows of a file of JSON lines, packed or not."""
    raw = path.read_bytes()
    text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8")
    return [json.loads(line) for line in text.split("\n") if line.strip()]


def spans(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each sentence. Blank lines end one, an abbreviation does not."""
    for block in re.finditer(r"(?:(?!\n\s*\n).)+", text, re.DOTALL):
        start = block.start()
        for end in _END.finditer(text, block.start(), block.end()):
            if not _ABBREVIATION.search(text, max(start, end.start() - 8), end.start()):
                yield start, end.start()
                start = end.end()
        if text[start : block.end()].strip():
            yield start, block.end()


def sentences(text: str) -> list[str]:
    """The sentences of a text, white space collapsed."""
    return [" ".join(text[start:end].split()) for start, end in spans(text)]


def documents(source: str, data: Path = DATA) -> list[tuple[str, str]]:
    """The name and the text of each document of a source."""
    if source == "cuad":
        return [(row["id"], row["text"]) for row in rows(data / "cuad" / "contracts_dev.jsonl.gz")]
    if source == "contract_nli":
        files = ("train_truncated.jsonl.gz", "dev.jsonl.gz")
        return [(str(row["id"]), row["text"]) for name in files for row in rows(data / "contract_nli" / name)]
    if source == "squality":
        files = ("train.jsonl.gz", "dev.jsonl.gz")
        return [(row["id"], row["document"]) for name in files for row in rows(data / "squality" / name)]
    if source == "policies":
        return [(row["id"], plain(row["text"])) for row in rows(data / "policies_cc0_github" / "policies.jsonl.gz")]
    raise ValueError(f"no source {source!r}; there are {', '.join(SOURCES)}")


def plain(markdown: str) -> str:
    """Markdown without links, emphasis, headings and front matter."""
    text = re.sub(r"\A---\n.*?\n---\n", "", markdown, flags=re.DOTALL)
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", re.sub(r"\{%.*?%\}", "", text))
    return re.sub(r"[*_`]{1,2}", "", re.sub(r"(?m)^#+.*$", "\n", text))


def pool(source: str, count: int, seed: int, data: Path = DATA) -> list[Sentence]:
    """``count`` usable sentences, spread evenly over the documents of a source."""
    rng = random.Random(f"{source} {seed}")
    texts = documents(source, data)
    share = max(4, 3 * count // len(texts))
    found: list[Sentence] = []
    for name, text in texts:
        whole = [_NUMBERING.sub("", sentence) for sentence in sentences(text[:150_000])]
        own = [
            Sentence(one, other if usable(other) else "", source, name)
            for one, other in zip(whole, [*whole[1:], ""], strict=True)
            if usable(one)
        ]
        found.extend(rng.sample(own, min(share, len(own))))
    found = list({sentence.text: sentence for sentence in found}.values())
    rng.shuffle(found)
    return found[:count]


def usable(sentence: str) -> bool:
    """Whether a line is a sentence of ordinary length, and no heading, blank form or table."""
    return (
        6 <= len(sentence.split()) <= 55
        and sentence[0].isupper()
        and sentence[-1] in ".!?"
        and not re.search(r"_{3}|\.{4}|\[\*|\*{3}|<|\|", sentence)
        and sum(letter.isupper() for letter in sentence) < 0.3 * len(sentence)
    )
