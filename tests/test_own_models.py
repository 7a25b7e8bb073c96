"""Any language model and embedder, by local path or by hub id, and a corpus that keeps to the embedder it has."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Literal

import huggingface_hub
import pytest
from tiny_model import write_tiny_model

import hybrid
from hybrid.errors import MissingModelError, SettingsError
from hybrid.settings import AnswerSettings, MemorySettings, RetrievalSettings, Settings
from hybrid.settings.models import EMBEDDER, resolve_model

TEXT = "The supply agreement ends on 3 May 2031. Acme delivers 500 tonnes of rock salt to Ghent every month.\n" * 4
NAMES = {"model": "acme/tiny-llama", "embedder": "acme/tiny-embedder"}


def write_tiny_embedder(folder: Path, dimension: int, seed: int = 0) -> Path:
    """A sentence-transformers directory of two random layers, with the built-in embedder's tokenizer."""
    import torch
    from transformers import BertConfig, BertModel

    torch.manual_seed(seed)
    shutil.copytree(
        resolve_model(EMBEDDER.name), folder, ignore=shutil.ignore_patterns("*.safetensors"), dirs_exist_ok=True
    )
    size = {"hidden_size": dimension, "intermediate_size": dimension, "num_attention_heads": 2, "num_hidden_layers": 2}
    BertModel(BertConfig(**size)).save_pretrained(folder)
    pooling = json.loads((folder / "1_Pooling" / "config.json").read_text())
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(pooling | {"word_embedding_dimension": dimension}))
    return folder


def cached(cache: Path, hub_id: str, model: Path) -> None:
    """Put a model where the hub's own tools would have put it."""
    home = cache / f"models--{hub_id.replace('/', '--')}"
    (home / "refs").mkdir(parents=True)
    (home / "refs" / "main").write_text("0123abcd")
    shutil.copytree(model, home / "snapshots" / "0123abcd")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    home = tmp_path_factory.mktemp("models")
    return {"model": write_tiny_model(home), "embedder": write_tiny_embedder(home / "embedder", 16)}


def settings(model: str | Path, embedder: str | Path) -> Settings:
    return Settings(
        memory=MemorySettings(model=str(model), window=64, mini_batch=16, dtype="float32"),
        retrieval=RetrievalSettings(embedder=str(embedder)),
        answer=AnswerSettings(max_new_tokens=8, evidence_tokens=50),
    )


@pytest.mark.parametrize("named", ["path", "hub id"])
def test_a_corpus_works_with_models_of_ones_own(
    tmp_path: Path, models: dict[str, Path], monkeypatch: pytest.MonkeyPatch, named: Literal["path", "hub id"]
) -> None:
    """The embedder's vectors have another length than the built-in one's."""
    used: dict[str, str | Path] = dict(models)
    if named == "hub id":
        for kind, hub_id in NAMES.items():
            cached(tmp_path / "cache", hub_id, models[kind])
        monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
        used = dict(NAMES)
    with hybrid.Corpus.open(tmp_path / "corpus", settings(**used)) as corpus:
        corpus.ingest(hybrid.Document.from_text(TEXT, "agreement.txt"))
        assert corpus._catalog.info("dimension") == "16"
        answer = corpus.ask("When does the supply agreement end?", route="both")
        assert answer.found
        assert corpus.verify(answer) == []
        status = corpus.status()
        assert (status.memory, status.embedder, status.language_model) == (
            "ready",
            str(used["embedder"]),
            str(used["model"]),
        )


def test_a_hub_id_that_is_not_in_the_cache_is_not_downloaded_and_named_with_the_command(
    tmp_path: Path, models: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    document = hybrid.Document.from_text(TEXT, "agreement.txt")
    wrong = {
        NAMES["embedder"]: settings(models["model"], NAMES["embedder"]),
        NAMES["model"]: settings(NAMES["model"], models["embedder"]),
    }
    for hub_id, given in wrong.items():
        corpus = hybrid.Corpus.open(tmp_path / hub_id, given)
        with corpus, pytest.raises(MissingModelError, match=f"hf download {hub_id}"):
            corpus.ingest(document)


def test_another_embedder_is_refused_by_name_when_opened_and_by_its_files_when_asked(
    tmp_path: Path, models: dict[str, Path]
) -> None:
    own = shutil.copytree(models["embedder"], tmp_path / "embedder")
    index_only = Settings(memory=MemorySettings(enabled=False), retrieval=RetrievalSettings(embedder=str(own)))
    with hybrid.Corpus.open(tmp_path / "corpus", index_only) as corpus:
        corpus.ingest(hybrid.Document.from_text(TEXT, "agreement.txt"))
    with pytest.raises(SettingsError, match=r"^retrieval\.embedder: this corpus was embedded by .*ingest into a new"):
        hybrid.Corpus.open(tmp_path / "corpus", Settings(retrieval=RetrievalSettings(embedder=EMBEDDER.name)))
    write_tiny_embedder(own, 16, seed=1)  # the same place, other weights
    with hybrid.Corpus.open(tmp_path / "corpus") as corpus:
        for use in (lambda: corpus.search("agreement"), lambda: corpus.ask("When?"), lambda: corpus.ingest("*.none")):
            with pytest.raises(SettingsError, match="cannot be compared"):
                use()


def test_another_language_model_reads_the_corpus_anew(tmp_path: Path, models: dict[str, Path]) -> None:
    other = write_tiny_model(tmp_path, seed=1)
    with hybrid.Corpus.open(tmp_path / "corpus", settings(**models)) as corpus:
        corpus.ingest(hybrid.Document.from_text(TEXT, "agreement.txt"))
    with hybrid.Corpus.open(tmp_path / "corpus", settings(other, models["embedder"])) as corpus:
        assert corpus.ask("Why?", route="both") is not None  # says that the memory is not its own, and does not fail
        report = corpus.ingest(hybrid.Document.from_text(TEXT, "agreement.txt"))
        assert (report.unchanged, report.memory) == (("agreement.txt",), "ready")
        assert report.trained_tokens >= len(TEXT)
