"""What the measuring of comprehension promises: like is compared with like, beside another text's memory."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from tiny_model import tiny_settings

from hybrid.errors import InputError
from hybrid.evaluation.comprehension import (
    WAYS,
    Outcome,
    Question,
    Text,
    measure,
    read_texts,
    report,
)
from hybrid.settings import AnswerSettings, Settings
from hybrid.ttt.inference import InferenceSession
from hybrid.ttt.memory import MemoryModel

STORIES = (
    "The lighthouse keeper of Skerry lost the great lamp to a storm in the autumn of 1871. "
    "He asked the harbour board for another, and the board refused him. ",
    "The brewers of Ghent bought their hops from one merchant until he doubled the price. "
    "They sent to Kent for hops of another kind, and the merchant was ruined. ",
)
ASKED = ("Why was the keeper left in the dark?", "Why was the merchant ruined?")
ANSWERS = ("The board refused him another lamp.", "The brewers sent to Kent for hops.")


def texts() -> list[Text]:
    return [
        Text(document=story * 6, questions=(Question(question=asked, references=(answer,)),))
        for story, asked, answer in zip(STORIES, ASKED, ANSWERS, strict=True)
    ]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    memory = tiny_settings(tmp_path, window=512, mini_batch=32, learning_rate=2.0)
    return Settings(memory=memory, answer=AnswerSettings(evidence_tokens=120, max_new_tokens=8))


def test_the_memory_of_a_text_helps_with_it_and_that_of_another_is_the_control(settings: Settings) -> None:
    rows = {row["asked with"]: row for row in measure(texts(), settings, seed=0, write=False).rows}
    assert tuple(rows) == WAYS
    assert all(row["questions"] == 2 and row["ROUGE-L"] is None for row in rows.values())
    nats = {way: float(row["nats"] or 0) for way, row in rows.items()}
    assert nats["memory"] < nats["question alone"]
    assert nats["evidence"] != nats["question alone"]
    assert len(set(nats.values())) == len(WAYS)  # each way is asked with something of its own


def test_a_change_is_paired_question_by_question_with_its_standard_error() -> None:
    losses = {"evidence": (3.0, 4.0, 5.0), "evidence and memory": (2.9, 3.8, 5.1)}
    outcomes = [
        Outcome("s", way, (0, at), losses.get(way, (9.0, 9.0, 9.0))[at], rouge=0.1 * at)
        for way in WAYS
        for at in range(3)
    ]
    row = next(row for row in report(outcomes, 0, Settings(), 2).rows if row["asked with"] == "evidence and memory")
    assert row["change"] == pytest.approx(-0.2 / 3, abs=1e-6)
    assert row["s.e."] == pytest.approx(math.sqrt(7 / 300) / math.sqrt(3), abs=1e-6)
    assert row["better"] == pytest.approx(2 / 3, abs=1e-6)
    assert row["ROUGE-L"] == pytest.approx(0.1)


def test_what_is_written_is_scored_by_rouge_l_against_the_best_reference(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("rouge_score")
    monkeypatch.setattr(InferenceSession, "generate", lambda *_, **__: "The brewers sent to Kent.")
    asked = [
        text.model_copy(update={"questions": (Question(question=ASKED[1], references=("No.", ANSWERS[1])),)})
        for text in texts()
    ]
    rows = measure(asked, settings, seed=0).rows
    assert [row["ROUGE-L"] for row in rows] == pytest.approx([2 * 5 / (5 + 7)] * len(WAYS), abs=1e-6)


def test_one_text_has_no_control_and_is_refused(settings: Settings) -> None:
    with pytest.raises(InputError, match="two texts"):
        measure(texts()[:1], settings, seed=0)


@pytest.mark.parametrize(
    "line",
    ['{"document": "x"}', '{"document": "x", "questions": []}', '{"document": "", "questions": [{"question": "q"}]}'],
)
def test_a_wrong_line_of_texts_is_named_with_what_a_line_is_like(tmp_path: Path, line: str) -> None:
    path = tmp_path / "texts.jsonl"
    path.write_text(texts()[0].model_dump_json() + "\n" + line + "\n", "utf-8")
    with pytest.raises(InputError, match=r"line 2: .*a line is like"):
        read_texts(path)


def test_the_loss_of_a_message_is_that_of_its_tokens_after_the_prompt(tmp_path: Path) -> None:
    model = MemoryModel.load(tiny_settings(tmp_path))
    reader, messages, text = model.session(None), [("user", "Why?")], "Because of the lamp."
    before, scored = model.tokenizer.encode_chat(messages), model.encode(text)
    ids = [*before, *scored]
    fast = model.transformer.initial_fast_weights(None)
    with torch.inference_mode():
        hidden, _ = model.transformer.forward(torch.tensor([ids[:-1]]), model.transformer.empty_cache(), fast)
        logits = hidden[0, len(before) - 1 :] @ model.transformer.unembedding.T
    expected = torch.nn.functional.cross_entropy(logits.float(), torch.tensor(scored)).item()
    assert reader.message_loss(messages, text) == pytest.approx(expected, abs=1e-5)
    with pytest.raises(InputError, match="empty"):
        reader.message_loss(messages, "")
