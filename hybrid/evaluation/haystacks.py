"""Needles in haystacks, after RULER's: a value hidden in a long text is asked for through the whole product.

Source: Hsieh et al., "RULER: What's the Real Context Size of Your Long-Context Language Models?", 2024,
tasks S-NIAH-1 to 3, MK-NIAH-1 and MV-NIAH. The haystack of S-NIAH-1 is RULER's noise, that of the others a text
of the user's.
"""

from __future__ import annotations

import random
import re
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from hybrid.answers import Answer
from hybrid.errors import InputError

Task = Literal["s-niah-1", "s-niah-2", "s-niah-3", "multi-key", "multi-value"]
TASKS: tuple[Task, ...] = get_args(Task)

NOISE = "The grass is green. The sky is blue. The sun is yellow. Here we go. There and back again."
_ADJECTIVES = [
    "amber",
    "brisk",
    "civic",
    "dapper",
    "eager",
    "fabled",
    "gentle",
    "hollow",
    "ivory",
    "jovial",
    "keen",
    "lucid",
    "mellow",
    "nimble",
    "ornate",
    "placid",
]
_NOUNS = [
    "anvil",
    "beacon",
    "cobalt",
    "dynamo",
    "ember",
    "falcon",
    "garnet",
    "harbor",
    "isthmus",
    "juniper",
    "kestrel",
    "lantern",
    "magnet",
    "nectar",
    "orchard",
]
_SENTENCE_END = re.compile(r"(?<=[a-z]{3}[.!?])\s+|\n\s*\n")
_PARAGRAPH_CHARS = 600  # sentences of the filler are put together into paragraphs of about this size
_VALUES = {
    "number": re.compile(r"(?<![\w-])\d{7}(?![\w-])"),
    "uuid": re.compile(r"(?<![\w-])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![\w-])"),
}


@dataclass(frozen=True)
class _Shape:
    """What a task hides: of which kind the values are, how many for the key that is asked for, and how many
    other keys there are."""

    kind: Literal["number", "uuid"]
    noise: bool = False
    values: int = 1
    other_keys: int = 0


_SHAPES: dict[Task, _Shape] = {
    "s-niah-1": _Shape("number", noise=True),
    "s-niah-2": _Shape("number"),
    "s-niah-3": _Shape("uuid"),
    "multi-key": _Shape("number", other_keys=3),
    "multi-value": _Shape("number", values=4),
}


@dataclass(frozen=True)
class Haystack:
    """A text with needles in it, the question about one key, and that key's values."""

    text: str
    question: str
    values: frozenset[str]
    kind: Literal["number", "uuid"]

    def returned(self, answer: Answer) -> list[str]:
        """The values in an answer's claims, in their order, each once."""
        claims = " ".join(claim.text for claim in answer.claims)
        return list(dict.fromkeys(_VALUES[self.kind].findall(claims)))

    def solved_by(self, answer: Answer) -> bool:
        """Whether the answer returns the values asked for before any other: as many as were asked for, each right."""
        return set(self.returned(answer)[: len(self.values)]) == self.values


def haystacks(
    task: Task, tokens: int, count: int, seed: int, filler: Sequence[str], length: Callable[[str], int]
) -> Iterator[Haystack]:
    """``count`` haystacks of about ``tokens`` tokens, the same for the same arguments.

    Args:
        task: which needles, in which haystack.
        tokens: the size of the text without its needles, to within a sentence; counted by ``length``.
        count: how many; the n-th does not depend on it.
        seed: decides keys, values and places.
        filler: texts of a haystack that is not noise, put one after another until there are enough tokens. The
            haystacks share it, as RULER's do, so that it is embedded once.
        length: how many tokens a text has.
    """
    shape = _SHAPES[task]
    paragraphs = _noise(tokens, length) if shape.noise else _paragraphs(filler, tokens, length)
    for number in range(count):
        chance = random.Random(f"{task} {tokens} {seed} {number}")
        several = 1 + shape.other_keys
        words = zip(chance.sample(_ADJECTIVES, several), chance.sample(_NOUNS, several), strict=True)
        keys = [f"{adjective}-{noun}" for adjective, noun in words]
        hidden = [(keys[0], _value(shape.kind, chance)) for _ in range(shape.values)]
        needles = hidden + [(key, _value(shape.kind, chance)) for key in keys[1:]]
        text = _hide([_needle(shape.kind, *one) for one in needles], paragraphs, chance)
        yield Haystack(text, _question(shape, keys[0]), frozenset(value for _, value in hidden), shape.kind)


def _value(kind: str, chance: random.Random) -> str:
    if kind == "number":
        return str(chance.randrange(10**6, 10**7))
    return str(uuid.UUID(int=chance.getrandbits(128), version=4))


def _needle(kind: str, key: str, value: str) -> str:
    return f"One of the special magic {kind}s for {key} is: {value}."


def _question(shape: _Shape, key: str) -> str:
    if shape.values > 1:
        return f"What are all the special magic {shape.kind}s for {key} mentioned in the provided text?"
    return f"What is the special magic {shape.kind} for {key} mentioned in the provided text?"


def _noise(tokens: int, length: Callable[[str], int]) -> list[list[str]]:
    return [_SENTENCE_END.split(NOISE)] * max(1, tokens // length(NOISE))


def _paragraphs(filler: Sequence[str], tokens: int, length: Callable[[str], int]) -> list[list[str]]:
    """The filler's sentences, in order and in paragraphs, up to so many tokens."""
    paragraphs: list[list[str]] = []
    sentences: list[str] = []
    left = tokens
    for sentence in (piece.strip() for text in filler for piece in _SENTENCE_END.split(text)):
        if not sentence:
            continue
        left -= length(sentence)
        if left < 0:
            return [*paragraphs, sentences] if sentences else paragraphs
        sentences.append(sentence)
        if sum(map(len, sentences)) >= _PARAGRAPH_CHARS:
            paragraphs.append(sentences)
            sentences = []
    raise InputError(f"the filler has {tokens - left:,} tokens; give more text, or ask for a shorter haystack")


def _hide(needles: Sequence[str], paragraphs: Sequence[Sequence[str]], chance: random.Random) -> str:
    """The paragraphs with each needle before or after one of their sentences, at a depth that chance decides."""
    hidden = [list(sentences) for sentences in paragraphs]
    for needle in needles:
        sentences = chance.choice(hidden)
        sentences.insert(chance.randrange(len(sentences) + 1), needle)
    return "\n\n".join(" ".join(sentences) for sentences in hidden)


def read_filler(path: Path) -> list[str]:
    """The texts of a file or folder to hide needles in: ``.txt``, ``.md``, or JSONL (also gzipped) with ``text``.

    Raises `InputError` where there is none.
    """
    from hybrid.stores.jsonl import read_jsonl

    files = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
    texts: list[str] = []
    for file in files:
        if file.name.endswith((".jsonl", ".jsonl.gz")):
            texts += [str(line["text"]) for line in read_jsonl(file) if line.get("text")]
        elif file.suffix in (".txt", ".md") and file.name != "SOURCE.md":
            texts.append(file.read_text("utf-8"))
    if not texts:
        raise InputError(f"no text in {path}: filler is .txt, .md, or JSONL lines with a text")
    return texts
