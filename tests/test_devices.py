"""Which device models run on, and that everything they make is made there. No GPU is needed, and none was used.

PyTorch's "meta" device stands in for one: it computes no numbers, and refuses what mixes it with the CPU.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny_model import tiny_settings, write_tiny_model
from torch import Tensor
from torch.overrides import TorchFunctionMode

import hybrid
from hybrid.errors import SettingsError
from hybrid.kernels.packed import Head
from hybrid.retrieval.embedding import Embedder
from hybrid.settings import MemorySettings, RetrievalSettings, Settings
from hybrid.settings.meta_training import InnerSettings, MetaTrainingSettings, OuterSettings
from hybrid.settings.models import resolve_device
from hybrid.ttt import memory, outer_loop
from hybrid.ttt.inference import InferenceSession
from hybrid.ttt.inner_loop import MiniBatch, Scored, flat, layers, score, sgd, step_sizes
from hybrid.ttt.memory import MemoryModel, compute_dtype
from hybrid.ttt.processes import Processes
from hybrid.ttt.training import _Run

META = torch.device("meta")
TOKENS = list(range(3, 40))


@pytest.fixture
def on_meta(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MemoryModel:
    monkeypatch.setattr(memory, "resolve_device", lambda *_: "meta")
    monkeypatch.setattr(Tensor, "__bool__", lambda _: True)  # checks of numbers, which there are none of, pass
    return MemoryModel.load(tiny_settings(tmp_path))


def gpus(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: count > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: count)


# Choosing -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "count", "found"),
    [
        ("auto", 0, "cpu"),
        ("auto", 2, "cuda:0"),
        ("cpu", 2, "cpu"),
        ("cuda", 1, "cuda:0"),
        ("cuda:0", 1, "cuda:0"),
        ("cuda:1", 2, "cuda:1"),
    ],
)
def test_auto_is_the_first_gpu_where_there_is_one(
    monkeypatch: pytest.MonkeyPatch, wanted: str, count: int, found: str
) -> None:
    gpus(monkeypatch, count)
    assert resolve_device(wanted, "memory.device") == found


@pytest.mark.parametrize(
    ("wanted", "count", "there"), [("cuda", 0, "it has cpu"), ("cuda:2", 2, "cpu, cuda:0, cuda:1")]
)
def test_a_device_that_is_not_there_is_named_with_those_that_are(
    monkeypatch: pytest.MonkeyPatch, wanted: str, count: int, there: str
) -> None:
    gpus(monkeypatch, count)
    with pytest.raises(SettingsError, match=f"memory.device is '{wanted}'.*{there}.*or to auto"):
        resolve_device(wanted, "memory.device")


def test_the_error_reaches_who_ingests_and_names_the_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gpus(monkeypatch, 0)
    document = hybrid.Document.from_text("Some words.", "a.txt")
    wrong = {
        "retrieval.device": Settings(
            memory=MemorySettings(enabled=False), retrieval=RetrievalSettings(device="cuda:1")
        ),
        "memory.device": Settings(memory=tiny_settings(tmp_path, device="cuda")),
    }
    for setting, settings in wrong.items():
        corpus = hybrid.Corpus.open(tmp_path / setting, settings)
        with corpus, pytest.raises(SettingsError, match=f"^{setting} is 'cuda"):
            corpus.ingest(document)


def test_the_embedder_is_loaded_onto_its_device(monkeypatch: pytest.MonkeyPatch) -> None:
    import sentence_transformers

    asked: list[str] = []

    def refuse(*_: object, device: str, **__: object) -> None:
        asked.append(device)
        raise OSError("far enough")

    monkeypatch.setattr(sentence_transformers, "SentenceTransformer", refuse)
    gpus(monkeypatch, 2)
    for wanted in ("auto", "cpu", "cuda:1"):
        with pytest.raises(hybrid.HybridError, match="far enough"):
            Embedder.load("all-minilm-l6-v2", wanted).encode(["a chunk"], bulk=True)
    assert asked == ["cuda:0", "cpu", "cuda:1"]


@pytest.mark.parametrize(("able", "dtype"), [(True, torch.bfloat16), (False, torch.float32)])
def test_auto_dtype_is_what_the_gpu_multiplies_in_hardware(
    monkeypatch: pytest.MonkeyPatch, able: bool, dtype: torch.dtype
) -> None:
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: able)
    assert compute_dtype(MemorySettings(), torch.device("cuda:0")) == dtype
    assert compute_dtype(MemorySettings(dtype="float32"), torch.device("cuda:0")) == torch.float32


# Placing --------------------------------------------------------------------------------------------


class EverythingHasItsDevice(TorchFunctionMode):
    """Fails where a tensor is made without saying on which device."""

    makers = (
        torch.tensor, torch.arange, torch.zeros, torch.ones, torch.empty, torch.full, torch.eye, torch.linspace,
        torch.rand, torch.randn, torch.from_numpy, torch.as_tensor, torch.scalar_tensor,
    )  # fmt: skip

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        assert function not in self.makers or "device" in (kwargs or {}), f"{function.__name__} without a device"
        return function(*args, **(kwargs or {}))


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_reading_and_writing_make_no_tensor_without_its_device(tmp_path: Path, optimizer: str) -> None:
    model = MemoryModel.load(tiny_settings(tmp_path, optimizer=optimizer, learning_rate=0.01))
    with EverythingHasItsDevice():
        state = model.initial_state()
        model.adapt(state, TOKENS * 3)
        model.adapt_many([state.copy(), state.copy()], [TOKENS, TOKENS])
        session = model.session(state)
        session.generate([("user", "When?")], max_new_tokens=8)
        session.loss("some words", "a prefix")


def test_the_guard_sees_a_tensor_without_a_device() -> None:
    with EverythingHasItsDevice(), pytest.raises(AssertionError, match="zeros without a device"):
        torch.zeros(3)


def test_the_models_weights_and_state_are_on_its_device(on_meta: MemoryModel) -> None:
    weights = on_meta.transformer.weights.named()
    state = on_meta.initial_state()
    held = [*flat(state.fast_state.fast), *(t for layer in state.fast_state.cache.layers for t in layer.tensors())]
    assert {tensor.device for tensor in [*weights.values(), *held, on_meta.transformer.rotary.frequencies]} == {META}


def inner_steps(model: MemoryModel, steps: int) -> Any:
    """What `inner_step` does, but for looking at the numbers, which this device has not."""
    fast_state = model.initial_state().fast_state
    for _ in range(steps):
        ids = torch.tensor([TOKENS[:17]], device=model.transformer.device)
        batch = MiniBatch(ids[:, :-1], ids[:, 1:])
        forward = partial(model.transformer.forward, batch.ids, fast_state.cache)
        scored: Scored = score(model.transformer, fast_state.fast, batch, forward)
        assert scored.loss.device == model.transformer.device
        sizes = step_sizes(model.transformer.weights.dynamic, 0.1)
        with torch.enable_grad():  # the step that does not read its factor back
            stepped = sgd(fast_state, scored.gradients, scored.squared_norm, sizes)
        fast = layers(tensor.detach() for tensor in flat(stepped.fast))
        fast_state = type(fast_state)(fast, None, scored.cache, stepped.steps)
    return fast_state


def test_an_inner_step_stays_on_the_device(on_meta: MemoryModel) -> None:
    fast_state = inner_steps(on_meta, 4)  # past the window of 32, so that sinks and the band take part
    assert fast_state.cache.seen == 64
    assert {tensor.device for tensor in flat(fast_state.fast)} == {META}
    assert {tensor.device for layer in fast_state.cache.layers for tensor in layer.tensors()} == {META}


def test_generating_stays_on_the_device(on_meta: MemoryModel, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Tensor] = []

    def choose(_: Head, hidden: Tensor) -> int:
        seen.append(hidden)
        return 70 + len(seen)

    monkeypatch.setattr(Head, "__call__", choose)
    session: InferenceSession = on_meta.session(on_meta.initial_state())
    assert session.generate([("user", "x" * 60)], max_new_tokens=6)
    assert len(seen) > 5
    assert {tensor.device for tensor in seen} == {META}


def test_a_snapshot_made_on_one_device_goes_on_on_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = tiny_settings(tmp_path, optimizer="adam", learning_rate=0.01)
    here = MemoryModel.load(settings)
    state = here.initial_state()
    here.adapt(state, TOKENS * 2)
    tensors, metadata = state.to_tensors()
    monkeypatch.setattr(memory, "resolve_device", lambda *_: "meta")
    there = MemoryModel.load(settings).restore(tensors, metadata).fast_state
    assert there.moments is not None
    moved = [*flat(there.fast), *flat(there.moments[0]), *flat(there.moments[1])]
    moved += [tensor for layer in there.cache.layers for tensor in layer.tensors()]
    assert {tensor.device for tensor in moved} == {META}
    again = here.restore(tensors, metadata)
    assert all(map(torch.equal, flat(again.fast_state.fast), flat(state.fast_state.fast)))


def test_a_step_of_meta_training_stays_on_the_device(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Tensor, "__bool__", lambda _: True)
    for number in ("item", "__float__"):
        monkeypatch.setattr(Tensor, number, lambda _: 1.0)
    monkeypatch.setattr(outer_loop, "_check", lambda *_: None)  # of ids, which have no numbers
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "a.txt").write_text("The supply agreement ends on 3 May 2031. " * 4)
    found = MetaTrainingSettings(
        texts=tmp_path / "texts", output=tmp_path / "run", model=str(write_tiny_model(tmp_path)), dtype="float32",
        inner=InnerSettings(window=32, mini_batch=16), outer=OuterSettings(sequence=64, accumulate=2),
    )  # fmt: skip
    run = _Run(found, Processes(), META)
    with run.trained.whole() as whole:
        runs, gradients = run._meta_gradients(whole)
    assert {tensor.device for tensor in (*whole.values(), *gradients.values(), runs[0].chunk_loss)} == {META}
    assert gradients.keys() == whole.keys()
