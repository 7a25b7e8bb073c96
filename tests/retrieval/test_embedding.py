"""The embedder gives every text one unit vector, says what it can see, and loads nothing unsafe."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from hybrid.errors import MissingModelError, UnsupportedModelError
from hybrid.retrieval import embedding
from hybrid.retrieval.embedding import Embedder
from hybrid.settings import Dtype
from hybrid.settings.models import EMBEDDER, resolve_model

DTYPES: tuple[Dtype, Dtype] = ("float32", "bfloat16")
TEXTS = [
    "The supply agreement ends on 1 May 2021.",
    "A cat sat on the mat.",
    "Either party may terminate this agreement upon ninety days' written notice to the other. " * 6,
    "x",
    "漢字 😀",
]


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return Embedder.load(EMBEDDER.name)


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """A folder with a sentence-transformers model of two tiny layers and random weights."""
    import torch
    from transformers import BertConfig, BertModel

    torch.manual_seed(0)
    folder = tmp_path / "tiny"
    shutil.copytree(resolve_model(EMBEDDER.name), folder, ignore=shutil.ignore_patterns("*.safetensors"))
    config = BertConfig(hidden_size=8, num_hidden_layers=2, num_attention_heads=2, intermediate_size=8)
    BertModel(config).save_pretrained(folder)
    pooling = json.loads((folder / "1_Pooling" / "config.json").read_text())
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(pooling | {"word_embedding_dimension": 8}))
    return folder


def test_vectors_are_unit_length_float32_in_the_order_of_the_texts(embedder: Embedder) -> None:
    vectors = embedder.encode(TEXTS)
    assert vectors.dtype == np.float32
    assert vectors.shape == (len(TEXTS), embedder.dimension) == (len(TEXTS), 384)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    for text, vector in zip(TEXTS, vectors, strict=True):
        embedder._cached.clear()
        np.testing.assert_allclose(embedder.encode([text])[0], vector, atol=2e-6)


def test_a_text_has_the_same_vector_in_any_company(embedder: Embedder) -> None:
    for bulk, within in ((False, 2e-6), (True, 1e-2)):
        embedder._cached.clear()
        alone = embedder.encode(TEXTS[:1], bulk=bulk)[0]
        embedder._cached.clear()  # a cached vector would be the same in any case
        company = embedder.encode([*TEXTS, *TEXTS[::-1], "word " * 300], bulk=bulk)
        np.testing.assert_allclose(company[0], alone, atol=within)
        np.testing.assert_allclose(company[2 * len(TEXTS) - 1], alone, atol=within)


def test_chunks_may_be_embedded_in_bfloat16_and_questions_never_are() -> None:
    exact, fast = (Embedder.load(EMBEDDER.name, dtype=dtype) for dtype in DTYPES)
    assert exact.fingerprint == fast.fingerprint  # they may be compared with each other
    question, chunk = fast.encode(TEXTS), fast.encode(TEXTS, bulk=True)
    np.testing.assert_allclose(question, exact.encode(TEXTS), atol=2e-6)
    np.testing.assert_allclose(exact.encode(TEXTS, bulk=True), exact.encode(TEXTS), atol=2e-6)
    assert np.abs(chunk - question).max() > 1e-5  # it did run in another dtype, and is not mistaken for the other
    assert (chunk * question).sum(1).min() > 0.9995
    np.testing.assert_allclose(np.linalg.norm(chunk, axis=1), 1, atol=1e-6)


def test_meaning_brings_vectors_near(embedder: Embedder) -> None:
    question, answer, other = embedder.encode(["When does the contract end?", TEXTS[0], TEXTS[1]])
    assert question @ answer > question @ other + 0.2


def test_no_texts_give_no_vectors(embedder: Embedder) -> None:
    assert embedder.encode([]).shape == (0, 384)


def test_progress_counts_up_to_the_number_of_texts(tiny: Path) -> None:
    emitted: list[int] = []
    Embedder.load(str(tiny)).encode([f"a{n}" for n in range(600)], emitted.append)
    assert emitted == sorted(emitted)
    assert emitted[-1] == 600
    assert len(emitted) > 1


def test_the_model_sees_max_tokens_and_no_more(embedder: Embedder) -> None:
    full = ["word"] * (embedder.max_tokens - 1) + ["end"]
    assert len(embedder.offsets(" ".join(full))) == embedder.max_tokens == 254
    seen, unseen, shorter = embedder.encode([" ".join(full), " ".join([*full, "more"]), " ".join(full[:-1])])
    np.testing.assert_allclose(seen, unseen, atol=2e-6)
    assert np.abs(seen - shorter).max() > 1e-3


def test_offsets_point_into_the_text_however_long(embedder: Embedder) -> None:
    text = "Élan vital — 9.2(b) naïve\n" * 400
    offsets = embedder.offsets(text)
    assert len(offsets) > 4000
    first = [text[a:b] for a, b in offsets if b <= 22]
    assert "".join(first) == "Élanvital—9.2(b)naïve"[: len("".join(first))]
    assert first[-6:] == ["9", ".", "2", "(", "b", ")"]
    assert offsets[-1][1] == len(text) - 1


def test_offsets_are_not_changed_by_encoding(embedder: Embedder) -> None:
    before = embedder.offsets("word " * 1000)
    embedder.encode(["short", "word " * 1000])
    assert embedder.offsets("word " * 1000) == before


def test_half_a_surrogate_pair_is_one_character(embedder: Embedder) -> None:
    text = "before \ud83d after"
    assert [text[a:b] for a, b in embedder.offsets(text)][-1] == "after"
    assert np.isfinite(embedder.encode([text])).all()


def test_threads_may_share_an_embedder(embedder: Embedder) -> None:
    texts = [f"clause {i} " * (1 + i % 7) for i in range(24)]
    expected = embedder.encode(texts)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda text: embedder.encode([text])[0], texts))
    np.testing.assert_allclose(np.stack(found), expected, atol=2e-6)


def test_a_local_directory_is_loaded(tiny: Path) -> None:
    embedder = Embedder.load(str(tiny))
    assert embedder.dimension == 8
    assert embedder.encode(["a"]).shape == (1, 8)


def test_the_fingerprint_follows_whatever_decides_a_vector(tiny: Path) -> None:
    first = Embedder.load(str(tiny)).fingerprint
    assert first.startswith("tiny@")
    assert Embedder.load(str(tiny)).fingerprint == first
    (tiny / "README.md").write_text("changed")
    assert Embedder.load(str(tiny)).fingerprint == first
    weights = bytearray((tiny / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (tiny / "model.safetensors").write_bytes(weights)
    second = Embedder.load(str(tiny)).fingerprint
    assert second != first
    pooling = (tiny / "1_Pooling" / "config.json").read_text()
    (tiny / "1_Pooling" / "config.json").write_text(
        pooling.replace('"pooling_mode_cls_token": false', '"pooling_mode_cls_token": true').replace(
            '"pooling_mode_mean_tokens": true', '"pooling_mode_mean_tokens": false'
        )
    )
    assert Embedder.load(str(tiny)).fingerprint not in {first, second}


def test_weights_in_a_pickle_are_refused_before_anything_is_read(tiny: Path) -> None:
    (tiny / "model.safetensors").rename(tiny / "pytorch_model.bin")
    with pytest.raises(UnsupportedModelError, match="pickle"):
        Embedder.load(str(tiny))


def test_a_model_that_brings_code_is_refused_and_its_code_does_not_run(tiny: Path) -> None:
    (tiny / "own.py").write_text("raise SystemExit('this ran')\nclass Module: pass\n")
    modules = json.loads((tiny / "modules.json").read_text())
    modules[1]["type"] = "own.Module"
    (tiny / "modules.json").write_text(json.dumps(modules))
    with pytest.raises(UnsupportedModelError, match=r"own\.Module"):
        Embedder.load(str(tiny))


def test_what_is_no_embedder_is_refused(tiny: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(UnsupportedModelError, match=r"modules\.json"):
        Embedder.load(str(tmp_path / "empty"))
    with pytest.raises(UnsupportedModelError, match="not a single file"):
        Embedder.load(str(tiny / "model.safetensors"))
    (tiny / "config.json").write_text("{}")
    with pytest.raises(UnsupportedModelError, match="cannot load"):
        Embedder.load(str(tiny))


def test_a_model_that_is_not_here_is_missing_and_the_message_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(MissingModelError, match="hf download nobody/no-such-embedder"):
        Embedder.load("nobody/no-such-embedder")
    with pytest.raises(MissingModelError, match="give a directory"):
        Embedder.load(str(tmp_path / "nowhere"))


def test_loading_is_silent_and_leaves_others_progress_bars_alone(tiny: Path, capfd: pytest.CaptureFixture[str]) -> None:
    from transformers.utils import logging as notices

    notices.enable_progress_bar()
    Embedder.load(str(tiny))
    assert capfd.readouterr() == ("", "")
    assert notices.is_progress_bar_enabled()


def test_a_text_that_comes_again_is_not_embedded_again(embedder: Embedder, monkeypatch: pytest.MonkeyPatch) -> None:
    first = embedder.encode(["a cached text", "another", "a cached text"])
    done: list[int] = []
    monkeypatch.setattr(embedder._model, "encode", lambda texts, **_: pytest.fail(f"embedded again: {texts}"))
    assert np.array_equal(embedder.encode(["another", "a cached text"], done.append), first[[1, 0]])
    assert np.array_equal(first[0], first[2])
    assert done == []


def test_the_vectors_kept_are_the_last_ones_and_cannot_be_changed_from_outside(
    embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedding, "CACHED_TEXTS", 2)
    embedder.encode(["one", "two"])
    embedder.encode(["one"])[:] = 0
    embedder.encode(["three"])
    assert list(embedder._cached) == [embedding._content_key("one"), embedding._content_key("three")]
    assert np.linalg.norm(embedder.encode(["one"])) == pytest.approx(1, abs=1e-5)
