"""The texts of a training run: read from a folder, made tokens, cut into sequences, shuffled anew each epoch."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from hybrid.errors import InputError
from hybrid.ttt.training_questions import questions_of
from hybrid.types.study import Exercise

_HELD_OUT = 20  # one text in so many evaluates the run where none are given: a twentieth, as is usual


@dataclass(frozen=True)
class TrainingText:
    """A text, and the questions about it that lie beside it."""

    text: str
    questions: tuple[Exercise, ...] = ()


def training_texts(folder: Path, evaluation_folder: Path | None) -> tuple[list[TrainingText], list[TrainingText]]:
    """The texts to train on, and those to evaluate on: every twentieth of the first where no folder is given.

    Raises:
        InputError: a folder without texts, a text that is not UTF-8, or a file of questions that cannot be read.
    """
    texts = _read_folder(folder)
    if evaluation_folder is not None:
        return texts, _read_folder(evaluation_folder)
    held_out = texts[_HELD_OUT - 1 :: _HELD_OUT]
    return [t for i, t in enumerate(texts) if (i + 1) % _HELD_OUT], held_out


def _read_folder(folder: Path) -> list[TrainingText]:
    files = sorted(p for p in folder.rglob("*") if p.suffix in {".txt", ".md"} and p.is_file())
    if not files:
        raise InputError(f"{folder} holds no .txt or .md file")
    texts: list[TrainingText] = []
    for path in files:
        try:
            texts.append(TrainingText(path.read_text(encoding="utf-8"), questions_of(path)))
        except UnicodeDecodeError as error:
            raise InputError(f"{path} is not UTF-8: {error}") from error
    return texts


class TextEncoder(Protocol):
    """What training asks of a tokenizer."""

    @property
    def end_of_document(self) -> int:
        """The token between two texts."""

    def encode(self, text: str) -> list[int]:
        """A text's tokens."""


def token_stream(texts: Sequence[str], tokenizer: TextEncoder, seed: int | None) -> list[int]:
    """The texts' tokens one text after another, shuffled by ``seed``; None: in their order."""
    order = list(texts)
    if seed is not None:
        random.Random(seed).shuffle(order)
    ids: list[int] = []
    for text in order:
        ids += [*tokenizer.encode(text), tokenizer.end_of_document]
    return ids


def cut_into_sequences(ids: Sequence[int], length: int) -> list[list[int]]:
    """Sequences of ``length`` tokens and one more, the last target; what is left over is dropped."""
    return [list(ids[at : at + length + 1]) for at in range(0, len(ids) - length, length)]


def whole_mini_batches(ids: Sequence[int], mini_batch: int, most: int) -> list[int]:
    """The beginning of a text that fills mini-batches, of ``most`` tokens at most, and one token more; [] where it
    fills none."""
    length = min(most, (len(ids) - 1) // mini_batch * mini_batch)
    return list(ids[: length + 1]) if length > 0 else []


def sequence_numbers(count: int, seed: int, first: int, many: int) -> list[int]:
    """Which sequences come ``first`` … ``first + many - 1``: every one once an epoch, shuffled again each."""
    wanted = range(first, first + many)
    epochs = {epoch: _epoch(count, seed, epoch) for epoch in {at // count for at in wanted}}
    return [epochs[at // count][at % count] for at in wanted]


def _epoch(count: int, seed: int, epoch: int) -> list[int]:
    order = list(range(count))
    random.Random(f"{seed}-{epoch}").shuffle(order)
    return order
