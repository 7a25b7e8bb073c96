"""Questions with answers about the texts of meta-training, which are asked of the fast weights after reading.

Beside ``story.txt`` stands ``story.questions.jsonl``, one JSON object a line: ``question``, ``answer``, and a
``passage`` if the question should stand below one.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path

import torch

from hybrid.errors import InputError
from hybrid.ttt.checkpoints.tokenizer import ChatTokenizer
from hybrid.ttt.outer_loop import Asked
from hybrid.ttt.study import Turn
from hybrid.types.study import Exercise

SUFFIX = ".questions.jsonl"


def questions_of(text: Path) -> tuple[Exercise, ...]:
    """Those beside a text; empty where there is no such file. Raises `InputError`, which names the line."""
    path = text.with_name(text.stem + SUFFIX)
    if not path.is_file():
        return ()
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8: {error}") from error
    return tuple(_exercise(path, number, line) for number, line in enumerate(lines, 1) if line.strip())


def _exercise(path: Path, number: int, line: str) -> Exercise:
    where = f"{path}, line {number}"
    try:
        row = json.loads(line)
    except ValueError as error:
        raise InputError(f"{where}: no JSON: {error}") from error
    if not isinstance(row, dict) or any(not isinstance(value, str) for value in row.values()):
        raise InputError(f"{where}: an object of texts is wanted, with question, answer and maybe passage")
    unknown = sorted(row.keys() - {"question", "answer", "passage"})
    if unknown:
        raise InputError(f"{where}: unknown key {unknown[0]!r}; there are question, answer and passage")
    question, answer = (row.get(key, "").strip() for key in ("question", "answer"))
    if not question or not answer:
        raise InputError(f"{where}: {'answer' if question else 'question'} is missing or empty")
    return Exercise(question, answer, row.get("passage", "").strip())


def turns_of(exercises: Sequence[Exercise], tokenizer: ChatTokenizer, window: int) -> tuple[Turn, ...]:
    """The exercises as chat turns, below their passage where they have one, each cut to ``window`` tokens; without
    those whose answer would not begin in it."""
    turns: list[Turn] = []
    for one in exercises:
        turn = Turn.of(one, tokenizer)
        if one.passage:
            turn = Turn((*turn.with_passage, *turn.answer), len(turn.with_passage), turn.with_passage)
        if turn.first < window:
            turns.append(Turn(turn.ids[:window], turn.first, turn.with_passage))
    return tuple(turns)


def drawn(turns: Sequence[Turn], many: int, seed: str) -> list[Turn]:
    """``many`` of them, or all where there are fewer, by ``seed`` alone."""
    return random.Random(seed).sample(turns, min(many, len(turns)))


def asked(turns: Sequence[Turn], share: float, device: torch.device) -> Asked:
    """The turns as a batch, in which every answer weighs the same."""
    longest = max(len(turn.ids) for turn in turns) - 1
    ids = torch.zeros(len(turns), longest, dtype=torch.long)
    targets, weights = torch.zeros_like(ids), torch.zeros(ids.shape, dtype=torch.float64)
    for row, turn in enumerate(turns):
        length = len(turn.ids) - 1
        ids[row, :length], targets[row, :length] = torch.tensor(turn.ids[:-1]), torch.tensor(turn.ids[1:])
        weights[row, turn.first - 1 : length] = 1 / (len(turns) * len(turn.answer))
    return Asked(ids.to(device), targets.to(device), weights.to(device), share)
