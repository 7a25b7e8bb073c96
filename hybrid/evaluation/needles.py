"""Needles in haystacks, after RULER's: a value hidden in a long text is asked for through the whole product."""

from __future__ import annotations

import random
import re
import tempfile
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal, get_args

from hybrid.errors import InputError
from hybrid.evaluation.report import Cell, EvaluationReport, Plot, Series
from hybrid.settings import AnswerSettings, MemorySettings, Settings
from hybrid.types.answers import Answer
from hybrid.types.documents import Document
from hybrid.types.reports import CorpusStatus

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

    Raises:
        InputError: too little filler, or not a sentence of it in so few tokens.
    """
    shape = _SHAPES[task]
    paragraphs = _hay(shape, tokens, filler, length)
    if not paragraphs:
        raise InputError(f"no sentence of the filler is as short as {tokens:,} tokens; ask for a longer haystack")
    for number in range(count):
        chance = random.Random(f"{task} {tokens} {seed} {number}")
        several = 1 + shape.other_keys
        words = zip(chance.sample(_ADJECTIVES, several), chance.sample(_NOUNS, several), strict=True)
        keys = [f"{adjective}-{noun}" for adjective, noun in words]
        hidden = [(keys[0], _value(shape.kind, chance)) for _ in range(shape.values)]
        needles = hidden + [(key, _value(shape.kind, chance)) for key in keys[1:]]
        text = _hide([_needle(shape.kind, *one) for one in needles], paragraphs, chance)
        yield Haystack(text, _question(shape, keys[0]), frozenset(value for _, value in hidden), shape.kind)


@dataclass(frozen=True)
class NeedlePrompt:
    """A haystack and its question as tokens, to be continued by those of the value, for a model that was not taught to
    answer; and the haystack itself."""

    ids: tuple[int, ...]
    answer: tuple[int, ...]
    haystack: Haystack


def needle_prompts(
    task: Task, tokens: int, count: int, seed: int, filler: Sequence[str], encode: Callable[[str], Sequence[int]]
) -> list[NeedlePrompt]:
    """Prompts of a task with one needle that fill ``tokens`` tokens, their answers included, as far as sentences allow.

    Args: as of `haystacks`; ``encode`` gives a text's tokens.

    Returns:
        None at all where so few tokens have no room for a sentence of hay beside needle and question.

    Raises:
        InputError: too little filler.
    """
    counts: dict[str, int] = {}

    def length(text: str) -> int:
        return counts.setdefault(text, len(encode(text)))

    hay = tokens
    # Needles, questions and what joins paragraphs take tokens that only the whole text shows.
    while hay > 0 and _hay(_SHAPES[task], hay, filler, length):
        made = [_prompt(haystack, encode) for haystack in haystacks(task, hay, count, seed, filler, length)]
        excess = max(len(prompt.ids) + len(prompt.answer) for prompt in made) - tokens
        if excess <= 0:
            return made
        hay -= excess
    return []


def _prompt(haystack: Haystack, encode: Callable[[str], Sequence[int]]) -> NeedlePrompt:
    (value,) = haystack.values
    said = haystack.question.removeprefix("What is the ").removesuffix("?")
    ids = encode(f"{haystack.text}\n\n{haystack.question}\nThe {said} is:")
    return NeedlePrompt(tuple(ids), tuple(encode(f" {value}")), haystack)


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


def _hay(shape: _Shape, tokens: int, filler: Sequence[str], length: Callable[[str], int]) -> list[list[str]]:
    return _noise(tokens, length) if shape.noise else _paragraphs(filler, tokens, length)


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
    from hybrid.stores.files import read_jsonl

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


_SOURCE = "haystack.txt"
_MOST_VALUES = 4  # of one key, as in RULER's multi-value task (arXiv 2404.06654)


def measure(
    filler: Sequence[str],
    *,
    tasks: Sequence[Task],
    lengths: Sequence[int],
    count: int,
    seed: int,
    memory: bool,
    settings: Settings | None = None,
    progress: Callable[[str], None] | None = None,
) -> EvaluationReport:
    """Ask for ``count`` needles of each task at each length; a row each.

    Every haystack is a corpus of one document, ingested, and asked by `Corpus.ask`, the router choosing.
    Without memory, the haystacks of a row are versions of one source, each replacing the one before, and
    chunks that they share are embedded once. With memory each has a corpus of its own.

    Args:
        filler: texts that needles are hidden in.
        tasks: which needles.
        lengths: sizes of haystacks, in the embedder's tokens.
        count: haystacks a row.
        seed: decides keys, values and places.
        memory: whether the memory reads each haystack.
        settings: of the corpora; ``memory.enabled`` and, for several values, ``answer.max_quotes`` are set here.
        progress: called with a line for each row that is done.
    """
    from hybrid._view import load_embedder  # here: the command line lists the tasks, and needs no FAISS for that

    used = _settings(settings or Settings(), memory=memory, values="multi-value" in tasks)
    embedder = load_embedder(used.retrieval.embedder, used.retrieval.device, used.retrieval.dtype)

    @lru_cache(maxsize=100_000)
    def tokens(text: str) -> int:
        return len(embedder.offsets(text))

    rows: list[dict[str, Cell]] = []
    for length in lengths:
        for task in tasks:
            row = _row(task, length, haystacks(task, length, count, seed, filler, tokens), used)
            rows.append(row)
            if progress:
                progress(f"{task}, {length:,} tokens: {row['exact']} of {row['haystacks']}")
    return EvaluationReport(
        name="needle",
        title="Needles in haystacks: how many of the values asked for came back, exactly and before any other.",
        rows=tuple(rows),
        seed=seed,
        settings={
            "count": count,
            "memory": memory,
            "embedder": used.retrieval.embedder,
            "language_model": used.memory.model if memory else None,
            "max_quotes": used.answer.max_quotes,
            "tokens_of": "the embedder",
        },
        notes=(
            "lookup, both and comprehension count the routes that the router chose; nothing, answers that found "
            "nothing; only, answers with no other value of the kind beside.",
        ),
        plots=(_plot(rows),),
    )


def _settings(given: Settings, *, memory: bool, values: bool) -> Settings:
    most = max(given.answer.max_quotes, _MOST_VALUES) if values else given.answer.max_quotes
    return given.model_copy(
        update={
            "memory": MemorySettings.model_validate({**given.memory.model_dump(), "enabled": memory}),
            "answer": AnswerSettings.model_validate({**given.answer.model_dump(), "max_quotes": most}),
        }
    )


def _row(task: Task, length: int, made: Iterator[Haystack], settings: Settings) -> dict[str, Cell]:
    counts: Counter[str] = Counter()
    chunks = trained = 0
    with tempfile.TemporaryDirectory() as folder:
        for number, haystack in enumerate(made):
            fresh = f"{number}" if settings.memory.enabled else "all"
            answer, status = _ask(Path(folder) / fresh, haystack, settings)
            chunks, trained = chunks + status.chunks, trained + status.trained_tokens
            counts["asked"] += 1
            counts[answer.route.name] += 1
            counts["nothing"] += not answer.found
            counts["exact"] += haystack.solved_by(answer)
            counts["only"] += set(haystack.returned(answer)) == haystack.values
    asked = counts["asked"]
    return {
        "task": task,
        "tokens": length,
        "memory": "on" if settings.memory.enabled else "off",
        "haystacks": asked,
        "exact": counts["exact"],
        "share": counts["exact"] / asked,
        "only": counts["only"],
        "lookup": counts["lookup"],
        "both": counts["both"],
        "comprehension": counts["comprehension"],
        "nothing": counts["nothing"],
        "chunks": round(chunks / asked),
        "trained tokens": round(trained / asked),
    }


def found_by_product(made: Sequence[Haystack], *, memory: bool, settings: Settings | None = None) -> float:
    """The share of haystacks, each a corpus of one document, whose value `Corpus.ask` gives before any other.

    Raises what opening, ingesting and asking raise.
    """
    used = _settings(settings or Settings(), memory=memory, values=False)
    with tempfile.TemporaryDirectory() as folder:
        answers = [(one, _ask(Path(folder) / f"{number}", one, used)[0]) for number, one in enumerate(made)]
    return sum(haystack.solved_by(answer) for haystack, answer in answers) / len(made)


def _ask(directory: Path, haystack: Haystack, settings: Settings) -> tuple[Answer, CorpusStatus]:
    from hybrid.corpus import Corpus

    with Corpus.open(directory, settings=settings) as corpus:
        corpus.ingest(Document.from_text(haystack.text, source=_SOURCE))
        return corpus.ask(haystack.question), corpus.status()


def _plot(rows: Sequence[dict[str, Cell]]) -> Plot:
    tasks = list(dict.fromkeys(str(row["task"]) for row in rows))
    lengths = list(dict.fromkeys(int(row["tokens"] or 0) for row in rows))
    shares = {(row["task"], row["tokens"]): float(row["share"] or 0) for row in rows}
    return Plot(
        name="needle",
        title="Needles found",
        x_label="tokens in the haystack",
        y_label="share found exactly",
        series=tuple(
            Series(name=task, x=tuple(range(len(lengths))), y=tuple(shares[task, length] for length in lengths))
            for task in tasks
        ),
        kind="bar",
        ticks=tuple(f"{length:,}" for length in lengths),
        y_range=(0.0, 1.05),
    )
