"""One stream, however it is cut, saved or resumed; and a state whose size does not grow."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load, save
from torch import Tensor

sys.path.insert(0, str(Path(__file__).parents[1]))
from tiny_model import tiny_settings, write_tiny_model

from hybrid.errors import InputError, ModelError
from hybrid.kernels.reference import rope
from hybrid.settings import MemorySettings
from hybrid.ttt.checkpoints.loading import load_checkpoint
from hybrid.ttt.inner_loop import flat
from hybrid.ttt.memory import MemoryModel
from hybrid.ttt.state import MemoryState

STREAM = [(11 * i * i + 5) % 259 for i in range(211)]


@pytest.fixture(params=["sgd", "adam"])
def model(request: pytest.FixtureRequest, tmp_path: Path) -> MemoryModel:
    rate = 1.0 if request.param == "sgd" else 1e-3
    return MemoryModel.load(tiny_settings(tmp_path, optimizer=request.param, learning_rate=rate))


def read_in(model: MemoryModel, pieces: list[list[int]]) -> MemoryState:
    state = model.initial_state()
    for piece in pieces:
        model.adapt(state, piece)
    return state


def assert_same(left: MemoryState, right: MemoryState) -> None:
    (ours, ours_text), (theirs, theirs_text) = left.to_tensors(), right.to_tensors()
    assert ours_text == theirs_text
    assert ours.keys() == theirs.keys()
    for name, tensor in ours.items():
        assert torch.equal(tensor, theirs[name]), name


def cut(seed: int) -> list[list[int]]:
    draw = random.Random(seed)
    pieces, at = [], 0
    while at < len(STREAM):
        size = draw.choice([0, 1, 2, 15, 16, 17, 33, 60])
        pieces.append(STREAM[at : at + size])
        at += size
    return pieces


@pytest.mark.parametrize("seed", range(4))
def test_pieces_of_any_size_give_the_same_state_to_the_bit(model: MemoryModel, seed: int) -> None:
    assert_same(read_in(model, cut(seed)), read_in(model, [STREAM]))


def test_saving_and_resuming_in_between_gives_the_same_state_to_the_bit(model: MemoryModel) -> None:
    state = read_in(model, [STREAM[:101]])
    tensors, metadata = state.to_tensors()
    restored = model.restore(load(save({k: t.contiguous() for k, t in tensors.items()})), metadata)
    model.adapt(restored, STREAM[101:])
    assert_same(restored, read_in(model, [STREAM]))
    fresh = model.restore(*model.initial_state().to_tensors())
    model.adapt(fresh, STREAM)
    assert_same(fresh, restored)


def test_the_state_does_not_grow_with_the_stream(model: MemoryModel) -> None:
    def size(state: MemoryState) -> int:
        return sum(t.numel() for name, t in state.to_tensors()[0].items() if name != "pending")

    state = read_in(model, [STREAM[:65]])
    early = size(state)
    for _ in range(5):
        model.adapt(state, STREAM)
    assert size(state) == early
    stored = {
        t.untyped_storage().nbytes() for layer in state.fast_state.cache.layers for t in (layer.keys, layer.values)
    }
    window = model.settings.window + model.settings.mini_batch
    assert max(stored) <= window * 16 * 3 * 4  # a view must not keep an ever longer tensor alive


def test_the_first_piece_does_not_keep_the_projections_of_all_heads_alive(model: MemoryModel) -> None:
    state = read_in(model, [STREAM[:17]])
    for layer in state.fast_state.cache.layers:
        for tensor in (layer.keys, layer.values):
            assert tensor.shape[2] == 16
            assert tensor.untyped_storage().nbytes() == tensor.numel() * tensor.element_size()


def test_a_million_tokens_behind_are_as_good_as_a_hundred(tmp_path: Path) -> None:
    """In float64, so that what is left is the error of positions, and not of rounding rotated keys."""
    settings = tiny_settings(tmp_path)
    model = MemoryModel(load_checkpoint(settings.model), settings, dtype=torch.float64)
    near = read_in(model, [STREAM[:101]])
    tensors, metadata = near.copy().to_tensors()
    seen = near.fast_state.cache.seen
    metadata["counters"] = metadata["counters"].replace(f'"seen": {seen}', f'"seen": {seen + 10**6}')
    turned = rope(tensors["cache.keys"], model.transformer.rotary.table(torch.tensor([10**6]), torch.float64))
    far = model.restore(tensors | {"cache.keys": turned}, metadata)
    model.adapt(near, STREAM[101:])
    model.adapt(far, STREAM[101:])
    for ours, theirs in zip(flat(far.fast_state.fast), flat(near.fast_state.fast), strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-8, rtol=0)


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_streams_of_a_batch_have_fast_weights_of_their_own(tmp_path: Path, optimizer: str) -> None:
    settings = tiny_settings(tmp_path, optimizer=optimizer, learning_rate=1.0 if optimizer == "sgd" else 1e-3)
    model = MemoryModel(load_checkpoint(settings.model), settings, dtype=torch.float64)
    streams = [STREAM[:120], STREAM[50:120], STREAM[::-1][:133], []]
    alone = [read_in(model, [stream]) for stream in streams]
    together = [model.initial_state() for _ in streams]
    model.adapt(together[1], streams[1][:20])  # one is ahead of the others
    stats = model.adapt_many(together, [streams[0], streams[1][20:], *streams[2:]])
    assert [s.tokens for s in stats] == [120, 50, 133, 0]
    assert stats[3].loss is None
    for ours, theirs in zip(together, alone, strict=True):
        (tensors, text), (expected, expected_text) = ours.to_tensors(), theirs.to_tensors()
        assert text == expected_text
        for name, tensor in tensors.items():
            torch.testing.assert_close(tensor, expected[name], atol=1e-8, rtol=0, msg=name)
    with pytest.raises(InputError, match="each state one"):
        model.adapt_many([together[0], together[0]], [[1], [2]])
    with pytest.raises(InputError, match="from 0 to 258"):
        model.adapt_many(together, [[1], [999], [], []])


def test_a_copy_goes_its_own_way(model: MemoryModel) -> None:
    state = read_in(model, [STREAM[:50]])
    before = {name: tensor.clone() for name, tensor in state.to_tensors()[0].items()}
    other = state.copy()
    model.adapt(other, STREAM)
    assert other.trained_tokens == 261
    assert state.trained_tokens == 50
    for name, tensor in state.to_tensors()[0].items():
        assert torch.equal(tensor, before[name]), name


def test_steps_report_progress_and_the_loss(model: MemoryModel) -> None:
    steps: list[tuple[int, float]] = []
    state = model.initial_state()
    stats = model.adapt(state, STREAM[:40], lambda done, loss: steps.append((done, loss)))
    assert [done for done, _ in steps] == [17, 33]
    assert stats.tokens == 40
    assert stats.loss == pytest.approx(sum(loss for _, loss in steps) / 2)
    assert len(state.pending) == 8
    assert model.adapt(state, [1]).loss is None


def test_an_interrupted_read_leaves_a_state_to_go_on_from(model: MemoryModel) -> None:
    def interrupt(done: int, loss: float) -> None:
        raise KeyboardInterrupt

    state = model.initial_state()
    with pytest.raises(KeyboardInterrupt):
        model.adapt(state, STREAM, interrupt)
    model.adapt(state, STREAM[state.trained_tokens :])
    assert_same(state, read_in(model, [STREAM]))


@pytest.mark.parametrize("bad", [-1, 259])
def test_ids_out_of_range_are_refused_before_anything_is_read(model: MemoryModel, bad: int) -> None:
    state = model.initial_state()
    with pytest.raises(InputError, match="from 0 to 258"):
        model.adapt(state, [*STREAM, bad])
    assert state.trained_tokens == 0


def test_nothing_read_and_less_than_a_mini_batch_are_fine(model: MemoryModel) -> None:
    state = model.initial_state()
    assert model.adapt(state, []).tokens == 0
    assert model.session(state).loss("abc") == model.session(None).loss("abc")
    model.adapt(state, STREAM[:1])
    assert model.session(state).loss("abc") == model.session(None).loss("abc")


def test_a_reader_has_learned_the_pending_tokens_and_the_state_has_not(model: MemoryModel) -> None:
    text = "the agreement"
    state = model.initial_state()
    model.adapt(state, model.encode(text))
    before = state.fast_state
    assert model.session(state).loss(text) < model.session(None).loss(text)
    assert state.fast_state is before


def test_a_mini_batch_that_is_not_full_takes_a_step_of_its_share(tmp_path: Path) -> None:
    """Eight targets of sixteen move the weights half as far as a full mini-batch of eight would."""
    ids = STREAM[:9]
    partial, full = (
        MemoryModel.load(tiny_settings(tmp_path, mini_batch=size, learning_rate=rate))
        for size, rate in ((16, 1.0), (8, 0.5))
    )
    pending, stepped = read_in(partial, [ids]), read_in(full, [ids])
    assert (len(pending.pending), len(stepped.pending)) == (9, 1)
    text = "the agreement"
    assert partial.session(pending).loss(text) == pytest.approx(full.session(stepped).loss(text), abs=1e-6)


def spoil(tensors: dict[str, Tensor], metadata: dict[str, str], what: str) -> None:
    if what == "format":
        metadata["format"] = "hybrid-memory/0"
    elif what == "missing":
        del tensors["fast.0.up"]
    elif what == "counters":
        metadata["counters"] = "{"
    elif what == "shape":
        tensors["fast.0.up"] = tensors["fast.0.up"][:-1]
    elif what == "dtype":
        tensors["fast.0.up"] = tensors["fast.0.up"].half()
    elif what == "cache":
        tensors["cache.keys"] = tensors["cache.keys"][:, :, 1:]
    elif what == "pending":
        tensors["pending"] = torch.tensor([10**6])


@pytest.mark.parametrize("what", ["format", "missing", "counters", "shape", "dtype", "cache", "pending"])
def test_a_spoiled_snapshot_is_a_clear_error(model: MemoryModel, what: str) -> None:
    tensors, metadata = read_in(model, [STREAM]).to_tensors()
    spoil(tensors, metadata, what)
    with pytest.raises((ModelError, InputError)):
        model.restore(tensors, metadata)


def test_a_snapshot_of_another_model_or_other_settings_is_refused(model: MemoryModel, tmp_path: Path) -> None:
    snapshot = read_in(model, [STREAM]).to_tensors()
    other = MemoryModel.load(
        model.settings.model_copy(update={"model": str(write_tiny_model(tmp_path / "other", seed=1))})
    )
    with pytest.raises(ModelError, match="made with model"):
        other.restore(*snapshot)
    narrow = MemoryModel.load(model.settings.model_copy(update={"dynamic_size": 8}))
    with pytest.raises(ModelError, match="made with dynamic_size null, now it is 8"):
        narrow.restore(*snapshot)


def test_a_snapshot_moves_between_compute_dtypes(model: MemoryModel) -> None:
    snapshot = read_in(model, [STREAM]).to_tensors()
    narrow = MemoryModel.load(MemorySettings.model_validate(model.settings.model_dump() | {"dtype": "bfloat16"}))
    state = narrow.restore(*snapshot)
    assert state.fast_state.cache.layers[0].keys.dtype == torch.bfloat16
    assert narrow.adapt(state, STREAM).loss is not None
