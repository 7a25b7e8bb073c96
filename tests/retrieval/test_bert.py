"""Questions are embedded without PyTorch, to the vectors of sentence-transformers; other models are left to it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import hybrid
from hybrid.retrieval.bert import BertEncoder
from hybrid.retrieval.embedding import Embedder
from hybrid.settings import MemorySettings, Settings
from hybrid.settings.models import EMBEDDER, resolve_model

TEXTS = [
    "When does the supply agreement end?",
    "x",
    "",
    "漢字 😀 naïve ÉLAN 12.3(b)",
    "Either party may terminate this agreement upon ninety days' written notice to the other. " * 40,  # past the end
    *(f"clause {number} ends in {number * 7 % 13} days " * (1 + number % 5) for number in range(40)),
]
HEAVY = ("torch", "transformers", "sentence_transformers", "scipy", "sklearn", "alembic", "lxml")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the built-in embedder whose files may be changed."""
    shutil.copytree(resolve_model(EMBEDDER.name), tmp_path / "model")
    return tmp_path / "model"


def change(path: Path, **values: Any) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def by_sentence_transformers(folder: Path, texts: list[str]) -> np.ndarray:
    from sentence_transformers import SentenceTransformer

    vectors = SentenceTransformer(str(folder), device="cpu").encode(texts, show_progress_bar=False)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.mark.parametrize("pooling", ["mean_tokens", "cls_token"])
def test_vectors_are_those_of_sentence_transformers(folder: Path, pooling: str) -> None:
    ways = {f"pooling_mode_{way}": way == pooling for way in ("mean_tokens", "cls_token")}
    change(folder / "1_Pooling" / "config.json", **ways)
    encoder = BertEncoder.load(folder)
    assert encoder is not None
    vectors = encoder.encode(TEXTS)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    np.testing.assert_allclose(vectors, by_sentence_transformers(folder, TEXTS), atol=1e-5)


def test_embedder_gives_the_same_vector_to_a_question_and_to_a_chunk() -> None:
    embedder = Embedder.load(EMBEDDER.name, dtype="float32")
    np.testing.assert_allclose(embedder.encode(TEXTS), embedder.encode(TEXTS, bulk=True), atol=1e-5)


@pytest.mark.parametrize(
    ("file", "values"),
    [
        ("config.json", {"hidden_act": "relu"}),
        ("config.json", {"model_type": "distilbert"}),
        ("config.json", {"position_embedding_type": "relative_key"}),
        ("config.json", {"num_hidden_layers": 7}),
        ("sentence_bert_config.json", {"do_lower_case": True}),
        ("1_Pooling/config.json", {"pooling_mode_max_tokens": True}),
        ("1_Pooling/config.json", {"pooling_mode_mean_tokens": False, "pooling_mode_max_tokens": True}),
        ("config_sentence_transformers.json", {"default_prompt_name": "query", "prompts": {"query": "query: "}}),
    ],
    ids=str,
)
def test_a_model_of_another_kind_is_left_to_sentence_transformers(
    folder: Path, file: str, values: dict[str, Any]
) -> None:
    assert BertEncoder.load(folder) is not None
    change(folder / file, **values)
    assert BertEncoder.load(folder) is None


def test_an_embedder_of_another_kind_embeds_questions_with_sentence_transformers(folder: Path) -> None:
    change(folder / "1_Pooling" / "config.json", pooling_mode_mean_tokens=False, pooling_mode_max_tokens=True)
    vectors = Embedder.load(str(folder)).encode(TEXTS[:3])
    np.testing.assert_allclose(vectors, by_sentence_transformers(folder, TEXTS[:3]), atol=1e-5)


def test_a_lookup_loads_nothing_heavy(tmp_path: Path) -> None:
    with hybrid.Corpus.open(tmp_path / "corpus", Settings(memory=MemorySettings(enabled=False))) as corpus:
        corpus.ingest(hybrid.Document.from_text("The supply agreement ends on 30 June 2027.", "agreement.txt"))
    code = f"""
import sys
from hybrid.cli import main
try:
    main(["ask", {str(tmp_path / "corpus")!r}, "When does the supply agreement end?"])
finally:
    print("loaded:", *sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    said, _, loaded = done.stdout.partition("loaded:")
    assert "30 June 2027" in said
    assert not set(HEAVY) & set(loaded.split())
