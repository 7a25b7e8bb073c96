"""Volumes: a delta within its error bound, sums of deltas, refusals of what is no delta, and what harm is."""

from __future__ import annotations

import json
import math
import re
import subprocess
import sys
from dataclasses import replace

import pytest
import torch
from tiny_model import tiny_settings
from torch import Tensor

from hybrid.errors import DivergedError, InputError, ModelError
from hybrid.ttt import inner_loop, volumes
from hybrid.ttt.calibration import Step
from hybrid.ttt.inner_loop import flat
from hybrid.ttt.memory import MemoryModel
from hybrid.ttt.model.weights import DynamicMLP
from hybrid.ttt.volumes import _LARGEST, RETRIES, Delta, adapt_volume, mounted, tensors_sha256

TEXT = "The captain of the ship sold the salt in Ghent and went home again. " * 20


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> MemoryModel:
    return MemoryModel.load(tiny_settings(tmp_path_factory.mktemp("model")))


def noise(*shape: int, seed: int = 0, scale: float = 1.0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed)) * scale


def blocks(count: int, rows: int, width: int, seed: int = 0) -> tuple[DynamicMLP, ...]:
    """Fast weights of ``count`` blocks whose down matrices are [rows, width]."""
    return tuple(
        DynamicMLP(*(noise(width, rows, seed=seed + 3 * n + m) for m in range(2)), noise(rows, width, seed=seed + n))
        for n in range(count)
    )


def changed(fast: tuple[DynamicMLP, ...], changes: list[Tensor]) -> tuple[DynamicMLP, ...]:
    return tuple(replace(mlp, down=mlp.down + change) for mlp, change in zip(fast, changes, strict=True))


def a_delta(seed: int = 0, rows: int = 6, width: int = 9, count: int = 2) -> tuple[Delta, list[Tensor]]:
    """A delta of small changes, and the changes."""
    initial = blocks(count, rows, width)
    changes = [noise(rows, width, seed=seed + 100 + n, scale=0.01) for n in range(count)]
    return Delta.between(initial, changed(initial, changes)), changes


# The delta ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("rows", "width"), [(1, 2), (5, 7), (8, 16), (3, 33), (64, 255)])
def test_each_row_is_off_by_half_a_step_of_its_own_scale_at_most_but_where_it_was_clipped(
    rows: int, width: int
) -> None:
    change = noise(rows, width, seed=rows) * torch.logspace(-6, 2, rows).unsqueeze(1)  # rows of very different size
    initial = [DynamicMLP(torch.zeros(width, rows), torch.zeros(width, rows), torch.zeros(rows, width))]
    delta = Delta.between(initial, [replace(initial[0], down=change)])
    (codes,), (scale,), (found,) = delta.codes, delta.scales, delta.difference()
    assert (codes.shape, codes.dtype) == ((rows, (width + 1) // 2), torch.uint8)
    assert (scale.shape, delta.width) == ((rows, 1), width)
    clipped = change.abs() > scale * _LARGEST
    error = (found - change).abs()
    assert bool((error <= scale / 2 * 1.001)[~clipped].all())
    assert torch.equal(found[clipped], (torch.sign(change) * scale * _LARGEST)[clipped])
    unclipped = change.abs().amax(1, keepdim=True) / _LARGEST
    rounded = (change / unclipped).round() * unclipped
    assert bool((error.square().sum(1) <= (rounded - change).square().sum(1) * 1.001).all())  # clipping pays


def test_no_change_is_no_difference_and_a_row_of_zeros_stays_zeros() -> None:
    initial = blocks(2, 4, 5)
    assert all(not change.any() for change in Delta.between(initial, initial).difference())
    change = noise(4, 5, seed=9)
    change[2] = 0
    (first, second) = Delta.between(initial, changed(initial, [change, torch.zeros(4, 5)])).difference()
    assert not first[2].any()
    assert first[[0, 1, 3]].any(1).all()
    assert not second.any()


def test_the_largest_and_the_smallest_code_survive_packing() -> None:
    change = torch.tensor([[7.0, -7.0, 0.0, 1.0, -1.0, 3.0, -4.0]])
    initial = [DynamicMLP(torch.zeros(7, 1), torch.zeros(7, 1), torch.zeros(1, 7))]
    delta = Delta.between(initial, [replace(initial[0], down=change)])
    assert torch.equal(delta.difference()[0], change)


def test_a_delta_is_an_eighth_of_the_down_matrices_and_the_scales() -> None:
    delta, _ = a_delta(rows=64, width=256)
    assert delta.bytes == 2 * (64 * 256 // 2 + 64 * 4)


def test_tensors_give_the_delta_back() -> None:
    delta, _ = a_delta()
    found = Delta.from_tensors(delta.to_tensors())
    assert found.width == delta.width
    assert all(map(torch.equal, (*found.codes, *found.scales), (*delta.codes, *delta.scales)))


BAD = {
    "nothing": lambda _: {},
    "no width": lambda t: {name: one for name, one in t.items() if name != "width"},
    "a block without its scale": lambda t: {name: one for name, one in t.items() if name != "down.1.scale"},
    "a block without its codes": lambda t: {name: one for name, one in t.items() if name != "down.1.codes"},
    "a block in the middle is missing": lambda t: {name: one for name, one in t.items() if "down.0" not in name},
    "another tensor": lambda t: t | {"up.0": torch.zeros(2)},
    "a snapshot": lambda _: {"tokens": torch.zeros(3), "fast.0.down": torch.zeros(4, 5)},
    "codes of another type": lambda t: t | {"down.0.codes": t["down.0.codes"].to(torch.int16)},
    "codes cut short": lambda t: t | {"down.0.codes": t["down.0.codes"][:, :-1]},
    "codes of one dimension": lambda t: t | {"down.0.codes": t["down.0.codes"].flatten()},
    "scales cut short": lambda t: t | {"down.0.scale": t["down.0.scale"][:-1]},
    "another width": lambda t: t | {"width": torch.tensor([99])},
    "a width of two numbers": lambda t: t | {"width": torch.tensor([9, 9])},
    "no number": lambda t: t | {"down.1.scale": t["down.1.scale"] * math.nan},
    "an infinite scale": lambda t: t | {"down.1.scale": t["down.1.scale"] / 0},
}


@pytest.mark.parametrize("what", BAD)
def test_tensors_that_are_no_delta_are_refused(what: str) -> None:
    tensors = a_delta()[0].to_tensors()
    with pytest.raises(ModelError, match="this volume"):
        Delta.from_tensors(BAD[what](tensors))


# Mounting -------------------------------------------------------------------------------------------


def test_at_weight_zero_the_initial_weights_are_mounted_and_gate_and_up_always_are() -> None:
    initial, (delta, _) = blocks(2, 6, 9), a_delta()
    for weight in (0.0, 1.0):
        found = mounted(initial, [(delta, weight)])
        for before, after in zip(initial, found, strict=True):
            assert torch.equal(before.down, after.down) == (weight == 0)
            assert all(map(torch.equal, before.tensors()[:2], after.tensors()[:2])) == (weight in (0, 1))
    assert all(map(torch.equal, flat(mounted(initial, [])), flat(initial)))


def test_mounted_weights_are_the_weighted_sum_of_the_differences() -> None:
    initial, (one, _), (other, _) = blocks(2, 6, 9), a_delta(1), a_delta(2)
    found = mounted(initial, [(one, 1.0), (other, 0.25)])
    for number, mlp in enumerate(found):
        expected = initial[number].down + one.difference()[number] + 0.25 * other.difference()[number]
        torch.testing.assert_close(mlp.down, expected)


@pytest.mark.parametrize("shape", [{"rows": 5}, {"width": 8}, {"width": 10}, {"count": 1}, {"count": 3}])
def test_a_delta_of_other_shapes_is_not_mounted(shape: dict[str, int]) -> None:
    with pytest.raises(ModelError, match="not those of this model's fast weights; ingest the corpus again"):
        mounted(blocks(2, 6, 9), [(a_delta(**shape)[0], 1.0)])


def test_mounting_changes_neither_the_initial_weights_nor_the_deltas(model: MemoryModel) -> None:
    tensors, _, _ = model.adapt_volume(model.encode(TEXT))
    before = tensors_sha256(tensors)
    bare = model.session(None).loss(TEXT)
    assert model.mount_volumes([(tensors, 1.0)]).loss(TEXT) < bare
    assert model.mount_volumes([]).loss(TEXT) == bare
    assert model.mount_volumes([(tensors, 0.0)]).loss(TEXT) == bare
    assert tensors_sha256(tensors) == before


# Hashes ---------------------------------------------------------------------------------------------


def test_the_hash_is_of_names_types_shapes_and_bytes_and_not_of_the_order() -> None:
    tensors = a_delta()[0].to_tensors()
    digest = tensors_sha256(tensors)
    assert tensors_sha256(dict(reversed(tensors.items()))) == digest
    codes = tensors["down.0.codes"]
    flipped = codes.clone()
    flipped[0, 0] ^= 1
    others = [
        tensors | {"down.0.codes": flipped},
        tensors | {"down.0.codes": codes.view(torch.int8)},
        tensors | {"down.0.codes": codes.reshape(-1, codes.shape[0])},
        {("down.9.codes" if name == "down.0.codes" else name): one for name, one in tensors.items()},
        {name: one for name, one in tensors.items() if name != "width"},
    ]
    assert len({digest, *map(tensors_sha256, others)}) == 6
    assert tensors_sha256({"empty": torch.zeros(0, 4)}) != tensors_sha256({"empty": torch.zeros(0, 5)})


def test_two_processes_adapt_a_volume_to_the_same_tensors(model: MemoryModel) -> None:
    program = (
        "import sys, json; from hybrid.settings import MemorySettings; from hybrid.ttt.memory import MemoryModel\n"
        "model = MemoryModel.load(MemorySettings.model_validate(json.loads(sys.argv[1])))\n"
        "print(model.adapt_volume(model.encode(sys.argv[2]))[1])"
    )
    arguments = [json.dumps(model.settings.model_dump(mode="json")), TEXT]
    found = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == model.adapt_volume(model.encode(TEXT))[1]


def test_a_volume_does_not_depend_on_what_was_adapted_before_it(model: MemoryModel) -> None:
    alone = model.adapt_volume(model.encode(TEXT))[1]
    model.adapt_volume(model.encode("Something else. " * 40))
    assert model.adapt_volume(model.encode(TEXT))[1] == alone


# Adapting -------------------------------------------------------------------------------------------


def test_a_volume_makes_its_own_text_likelier_and_says_by_how_much(model: MemoryModel) -> None:
    tokens = model.encode(TEXT)
    seen: list[tuple[int, float]] = []
    found = adapt_volume(model, tokens, lambda done, loss: seen.append((done, loss)))
    assert (found.harm, found.rate) == (None, 1.0)
    size = model.settings.mini_batch
    assert [done for done, _ in seen] == [17, *range(33, len(tokens) + 1, size)]
    assert found.gains.loss == pytest.approx(sum(loss for _, loss in seen) / len(seen))
    assert found.gains.own is not None
    assert found.gains.held_back is not None
    middle = tokens[len(tokens) // 2 - 256 : len(tokens) // 2 + 257]
    session = model.mount_volumes([(found.delta.to_tensors(), 1.0)])
    assert found.gains.own == (model.session(None).token_loss(middle, 1), session.token_loss(middle, 1))
    assert found.gains.own[1] < found.gains.own[0]
    assert found.gains.held_back[1] < found.gains.held_back[0]
    assert found.gains.held_back[1] == seen[-1][1]


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_a_second_pass_goes_on_from_the_weights_of_the_first_with_an_empty_window(
    model: MemoryModel, optimizer: str
) -> None:
    twice = MemoryModel.load(
        model.settings.model_copy(update={"passes": 2, "optimizer": optimizer, "learning_rate": 1e-3})
    )
    tokens, seen = twice.encode(TEXT)[:200], list[int]()
    found = adapt_volume(twice, tokens, lambda done, _: seen.append(done))
    state = twice.initial_state()
    twice.adapt(state, tokens)
    first, moments = twice.fast_weights(state), state.fast_state.moments
    again = twice.initial_state()
    again.advance(replace(again.fast_state, fast=first, moments=moments, steps=state.fast_state.steps), (), 0)
    twice.adapt(again, tokens)
    wanted = Delta.between(twice.initial_state().fast_state.fast, twice.fast_weights(again))
    assert tensors_sha256(found.delta.to_tensors()) == tensors_sha256(wanted.to_tensors())
    once = adapt_volume(twice_less(twice), tokens)
    assert found.gains.loss == once.gains.loss
    assert found.gains.gain > once.gains.gain
    assert seen == sorted(seen)
    assert seen[-1] <= len(tokens)
    assert len(seen) == 2 * ((len(tokens) - 1) // 16)


def twice_less(model: MemoryModel) -> MemoryModel:
    return MemoryModel.load(model.settings.model_copy(update={"passes": 1}))


def test_volumes_of_another_number_of_passes_are_others_and_one_pass_is_what_it_was(model: MemoryModel) -> None:
    twice = MemoryModel.load(model.settings.model_copy(update={"passes": 2}))
    assert json.loads(twice.volume_identity) == json.loads(model.volume_identity) | {"passes": 2}
    assert "passes" not in json.loads(model.volume_identity)


@pytest.mark.parametrize("count", [0, 1, 2, 8, 9, 16, 17, 18, 33])
def test_the_shortest_texts_are_volumes_too(model: MemoryModel, count: int) -> None:
    tokens = model.encode(TEXT)[:count]
    found = adapt_volume(model, tokens)
    assert found.harm is None
    assert (found.gains.loss is None) == (count < 17)
    assert (found.gains.held_back is None) == (count < 33)
    assert any(change.any() for change in found.delta.difference()) == (count > 1)
    assert math.isfinite(model.mount_volumes([(found.delta.to_tensors(), 1.0)]).loss(TEXT))


def test_a_token_that_the_model_does_not_have_is_refused(model: MemoryModel) -> None:
    with pytest.raises(InputError, match="token ids must be from 0"):
        adapt_volume(model, [5] * 40 + [10**6])


@pytest.fixture(scope="module")
def predicted(model: MemoryModel) -> list[int]:
    """A text that the tiny model predicts well, as it is drawn from it: training can only do harm to it."""
    generator, session, ids = torch.Generator().manual_seed(0), model.session(None), [5]
    while len(ids) < 98:
        with torch.inference_mode():
            *_, (_, hidden, _) = session._stream(ids)
            odds = torch.softmax(2 * hidden[-1] @ model.transformer.unembedding.T, -1)
        ids.append(int(torch.multinomial(odds, 1, generator=generator)))
    return ids


@pytest.mark.parametrize("step", [Step("sgd", 1000.0), Step("adam", 10.0)], ids=str)
def test_a_step_size_that_does_harm_is_made_smaller_or_the_volume_is_left_unmounted(
    model: MemoryModel, predicted: list[int], monkeypatch: pytest.MonkeyPatch, step: Step
) -> None:
    """As with a model of 0.5B parameters at the built-in one's step size, which ended at 11.3 nats and began at 4.2."""
    wild = model.with_step(step)
    found = adapt_volume(wild, predicted)
    assert (found.rate, found.gains.loss) == (0.0, None)
    assert found.harm is not None
    assert re.match(r"the loss rose to \d\.\d\d nats at token \d+, and is \d\.\d\d without", found.harm)
    assert not any(change.any() for change in found.delta.difference())
    monkeypatch.setattr(volumes, "RETRIES", (0.25, 1e-9))
    again = adapt_volume(wild, predicted)
    assert (again.rate, again.harm) == (1e-9, None)
    assert any(change.any() for change in again.delta.difference())


@pytest.mark.parametrize("at", [1, 40])
def test_a_loss_that_is_no_number_anywhere_in_a_volume_leaves_it_unmounted(
    model: MemoryModel, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    calls = []
    real = inner_loop.inner_step

    def diverging(*given: object, **how: object) -> object:
        calls.append(given)
        if len(calls) % at == 0:
            raise DivergedError(f"the loss is nan at step {at}")
        return real(*given, **how)  # type: ignore[arg-type]

    monkeypatch.setattr("hybrid.ttt.memory.inner_step", diverging)
    found = adapt_volume(model, model.encode(TEXT))
    assert found.harm == f"the loss is nan at step {at}"
    assert found.rate == 0.0
    assert len(calls) == at * (1 + len(RETRIES))  # each step size is tried
    assert not any(change.any() for change in found.delta.difference())
    tensors, _, report = model.adapt_volume(model.encode(TEXT)[:0])
    assert (report.harm, tensors.keys()) == (None, found.delta.to_tensors().keys())


def test_weights_that_become_no_number_in_the_second_half_do_not_reach_the_delta(
    model: MemoryModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fast weights, not the loss: the next mini-batch's loss shows it."""
    real, calls = inner_loop.inner_step, []

    def spoiling(*given: object, **how: object) -> object:
        state, losses = real(*given, **how)  # type: ignore[arg-type]
        calls.append(losses)
        if len(calls) == 50:
            state = replace(state, fast=tuple(replace(mlp, down=mlp.down * math.nan) for mlp in state.fast))
        return state, losses

    monkeypatch.setattr("hybrid.ttt.memory.inner_step", spoiling)
    found = adapt_volume(model, model.encode(TEXT))
    assert (found.harm, found.rate) == (None, RETRIES[0])
    assert all(torch.isfinite(change).all() for change in found.delta.difference())


def test_weights_that_become_no_number_in_the_last_step_do_not_reach_the_delta(
    model: MemoryModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = inner_loop.inner_step
    count = len(model.encode(TEXT)[:321]) // 16

    def spoiling(*given: object, **how: object) -> object:
        calls.append(1)
        state, losses = real(*given, **how)  # type: ignore[arg-type]
        if len(calls) % count == 0:
            state = replace(state, fast=tuple(replace(mlp, down=mlp.down * math.nan) for mlp in state.fast))
        return state, losses

    calls: list[int] = []
    monkeypatch.setattr("hybrid.ttt.memory.inner_step", spoiling)
    found = adapt_volume(model, model.encode(TEXT)[:321])
    assert found.harm is not None
    assert "finite" in found.harm
    assert all(torch.isfinite(change).all() for change in found.delta.difference())
