"""What an entailment classifier promises: each layout of labels is read as its authors meant it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    BertForTokenClassification,
    PreTrainedTokenizerFast,
    T5Config,
    T5ForTokenClassification,
)

from hybrid._view import LazyClassifier
from hybrid.answering.verification.classifiers import Classifier
from hybrid.answering.verification.judgement import Calibration
from hybrid.errors import MissingModelError, ModelError, UnsupportedModelError
from hybrid.settings import AnswerSettings

WORDS = ["the", "fee", "is", "five", "nine", "dollars", "a", "not", "premise", "hypothesis", "yes", "no"]
PAIR = ("the fee is five dollars", "the fee is nine dollars")


def tokenizer(folder: Path) -> None:
    vocabulary = {word: number for number, word in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", *WORDS])}
    made = Tokenizer(models.WordLevel(vocabulary, "[UNK]"))
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    PreTrainedTokenizerFast(
        tokenizer_object=made, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]",
        eos_token="[SEP]", model_max_length=64,
    ).save_pretrained(folder)  # fmt: skip


def bert(folder: Path, kind: Any, labels: list[str]) -> Any:
    torch.manual_seed(7)
    config = BertConfig(
        vocab_size=len(WORDS) + 4, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32,
        max_position_embeddings=64, id2label=dict(enumerate(labels)), label2id={x: n for n, x in enumerate(labels)},
    )  # fmt: skip
    model = kind(config).eval()
    model.classifier.weight.data.mul_(30)  # so that labels differ by more than rounding
    model.save_pretrained(folder)
    tokenizer(folder)
    return model


def logits(folder: Path, model: Any, *texts: str) -> torch.Tensor:
    encoded = PreTrainedTokenizerFast.from_pretrained(folder)(*texts, return_tensors="pt")
    with torch.no_grad():
        return model(**encoded).logits[0]


@pytest.mark.parametrize(
    "names", [["contradiction", "neutral", "entailment"], ["ENTAILMENT", "NEUTRAL", "CONTRADICTION"]]
)
def test_the_entailment_label_is_found_by_its_name_wherever_it_stands(tmp_path: Path, names: list[str]) -> None:
    model = bert(tmp_path, BertForSequenceClassification, names)
    (judged,) = Classifier.load(tmp_path).judge([PAIR])
    row = logits(tmp_path, model, *PAIR).softmax(-1)
    assert judged.probability == pytest.approx(row[[n.lower() for n in names].index("entailment")].item(), abs=1e-6)
    assert judged.contradicted == pytest.approx(row[[n.lower() for n in names].index("contradiction")].item(), abs=1e-6)


def test_of_two_unnamed_labels_the_second_supports(tmp_path: Path) -> None:
    model = bert(tmp_path, BertForSequenceClassification, ["LABEL_0", "LABEL_1"])
    loaded = Classifier.load(tmp_path)
    assert loaded.layout == "binary"
    expected = logits(tmp_path, model, *PAIR).softmax(-1)[1].item()
    assert loaded.judge([PAIR])[0].probability == pytest.approx(expected, abs=1e-6)


def test_one_number_becomes_a_probability(tmp_path: Path) -> None:
    model = bert(tmp_path, BertForSequenceClassification, ["LABEL_0"])
    loaded = Classifier.load(tmp_path)
    assert loaded.layout == "score"
    expected = logits(tmp_path, model, *PAIR).sigmoid()[0].item()
    assert loaded.judge([PAIR])[0].probability == pytest.approx(expected, abs=1e-6)


def test_minicheck_reads_premise_and_claim_as_one_text(tmp_path: Path) -> None:
    folder = tmp_path / "MiniCheck-tiny"
    model = bert(folder, BertForSequenceClassification, ["LABEL_0", "LABEL_1"])
    loaded = Classifier.load(folder)
    assert loaded.layout == "minicheck"
    expected = logits(folder, model, f"{PAIR[0]}[SEP]{PAIR[1]}").softmax(-1)[1].item()
    assert loaded.judge([PAIR])[0].probability == pytest.approx(expected, abs=1e-6)


def test_factcg_is_asked_its_question(tmp_path: Path) -> None:
    folder = tmp_path / "FactCG-tiny"
    model = bert(folder, BertForSequenceClassification, ["LABEL_0", "LABEL_1"])
    loaded = Classifier.load(folder)
    text = loaded._one_text(*PAIR)
    assert PAIR[0] in text
    assert f'conclude that "{PAIR[1]}"' in text
    expected = logits(folder, model, text).softmax(-1)[1].item()
    assert loaded.judge([PAIR])[0].probability == pytest.approx(expected, abs=1e-6)


def test_of_a_token_classifier_the_worst_token_of_the_claim_decides(tmp_path: Path) -> None:
    model = bert(tmp_path, BertForTokenClassification, ["supported", "hallucinated"])
    loaded = Classifier.load(tmp_path)
    assert loaded.layout == "tokens"
    claim_starts = 2 + len(PAIR[0].split())
    worst = logits(tmp_path, model, *PAIR).softmax(-1)[claim_starts:-1, 1].max().item()
    assert loaded.judge([PAIR, ("a", "the fee")])[0].probability == pytest.approx(1 - worst, abs=1e-5)


def test_hhem_answers_with_its_first_token(tmp_path: Path) -> None:
    torch.manual_seed(3)
    config = T5Config(vocab_size=len(WORDS) + 4, d_model=16, d_kv=8, d_ff=32, num_layers=2, num_heads=2, num_labels=2)
    model = T5ForTokenClassification(config).eval()
    model.save_pretrained(tmp_path)
    tokenizer(tmp_path)
    loaded = Classifier.load(tmp_path)
    assert loaded.layout == "hhem"
    encoded = PreTrainedTokenizerFast.from_pretrained(tmp_path)(loaded._one_text(*PAIR), return_tensors="pt")
    expected = model(input_ids=encoded["input_ids"], attention_mask=encoded["attention_mask"]).logits[0, 0].softmax(-1)
    assert loaded.judge([PAIR])[0].probability == pytest.approx(expected[1].item(), abs=1e-5)


def test_labels_without_names_are_refused_with_what_to_do(tmp_path: Path) -> None:
    bert(tmp_path, BertForSequenceClassification, ["LABEL_0", "LABEL_1", "LABEL_2"])
    with pytest.raises(UnsupportedModelError, match=r"none says which is entailment.*layout="):
        Classifier.load(tmp_path)


def test_a_model_that_is_not_there_says_what_may_be_given(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"cannot be loaded.*directory"):
        Classifier.load(tmp_path / "nothing")
    with pytest.raises(UnsupportedModelError, match="no layout 'odd'"):
        Classifier.load(tmp_path, layout="odd")  # type: ignore[arg-type]


def test_the_order_and_the_batch_change_nothing(tmp_path: Path) -> None:
    bert(tmp_path, BertForSequenceClassification, ["contradiction", "neutral", "entailment"])
    loaded = Classifier.load(tmp_path)
    pairs = [PAIR, ("a fee", "no fee"), ("the fee is not a fee is not", "yes")] * 9
    together = [one.probability for one in loaded.judge(pairs)]
    alone = [loaded.judge([pair])[0].probability for pair in pairs]
    assert together == pytest.approx(alone, abs=1e-5)


def test_the_settings_name_a_classifier_and_calibrate_it(tmp_path: Path) -> None:
    bert(tmp_path, BertForSequenceClassification, ["contradiction", "neutral", "entailment"])
    plain = Classifier.load(tmp_path).judge([PAIR])[0].probability
    settings = AnswerSettings(entailment=str(tmp_path), entailment_slope=0.5, entailment_intercept=0.25)
    named = LazyClassifier.of(settings)
    assert named is not None
    assert named.name == f"classifier {tmp_path.name}"
    assert named.judge([PAIR])[0].probability == pytest.approx(Calibration(0.5, 0.25)(plain))
    assert named.judge([PAIR])[0].probability != pytest.approx(plain, abs=1e-3)


def test_settings_that_name_no_classifier_leave_the_rules_alone() -> None:
    assert LazyClassifier.of(AnswerSettings()) is None


def test_a_classifier_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingModelError, match="no-such-model"):
        LazyClassifier.of(AnswerSettings(entailment=str(tmp_path / "no-such-model")))
