"""Options that are scored together have the losses that they have one by one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import pytest
from tiny_model import tiny_settings

from benchmarks import multiple_choice
from hybrid.ttt.memory import MemoryModel

OPTIONS = [" Yes", " He sold the salt and went home again.", " The captain did.", " No, never."]


@pytest.mark.parametrize("prefix", ["", "The captain of the ship sold the salt. " * 9])
def test_texts_after_one_prefix_are_scored_as_each_by_itself(tmp_path: Path, prefix: str) -> None:
    session = MemoryModel.load(tiny_settings(tmp_path, window=32)).session(None)
    texts = [(prompt, option) for prompt in ("Answer:", "Why? Answer:") for option in OPTIONS]
    together = multiple_choice.losses(session, prefix, texts)
    alone = [session.loss(option, prefix + prompt) for prompt, option in texts]
    assert together == pytest.approx(alone, abs=1e-4)


def test_a_model_that_likes_a_letter_favours_no_option_and_one_that_likes_an_option_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def b_or_salt(session: object, prefix: str, texts: Sequence[str], letters: str) -> list[list[float]]:
        salt = [next(letter for letter in letters if f"{letter}. Salt" in text) for text in texts]
        return [[-1.0 * (letter != "B") - 0.1 * (letter != liked) for letter in letters] for liked in salt]

    monkeypatch.setattr(multiple_choice, "last_log_likelihoods", b_or_salt)
    question = {"question": "What?", "options": ["Ships", "Home", "Salt", "Captains"]}
    (scores,) = multiple_choice.by_letters(cast(Any, None), "", question).values()
    assert scores == pytest.approx([-3.4, -3.4, -3.0, -3.4])
