"""Before the first step the pretrained function; then exactly the paper's step, or none at all."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

sys.path.insert(0, str(Path(__file__).parents[1]))
from tiny_model import tiny_settings

from hybrid.errors import DivergedError
from hybrid.kernels.reference import rms_norm, rope
from hybrid.ttt.checkpoints.loading import load_checkpoint
from hybrid.ttt.inner_loop import FastWeightState, inner_step
from hybrid.ttt.memory import MemoryModel
from hybrid.ttt.model.transformer import Transformer
from hybrid.ttt.model.weights import DynamicMLP


def double_model(tmp_path: Path, **overrides: Any) -> MemoryModel:
    settings = tiny_settings(tmp_path, **overrides)
    return MemoryModel(load_checkpoint(settings.model), settings, dtype=torch.float64)


def flat(fast: tuple[DynamicMLP, ...] | list[DynamicMLP]) -> list[Tensor]:
    return [w for mlp in fast for w in (mlp.gate, mlp.up, mlp.down)]


def naive_losses(model: Transformer, ids: list[int], weights: list[Tensor]) -> Tensor:
    """Each token's loss, all tokens at once under one dense mask; no cache, no sinks."""
    config = model.config
    count, dim, heads = len(ids) - 1, config.head_dim, config.num_attention_heads
    at = torch.arange(count)
    distance = at[:, None] - at
    mask = (distance < 0) | (distance >= model.window)
    turns = model.rotary.table(at, torch.float64)
    h = model.embedding[torch.tensor(ids[:-1])]
    for number, block in enumerate(model.blocks):
        x = rms_norm(h, block.attention_norm, config.rms_norm_eps)
        qkv = (x @ block.qkv.T).view(count, -1, dim).transpose(0, 1)
        q, k, v = qkv.split([heads, config.num_key_value_heads, config.num_key_value_heads])
        k, v = (t.repeat_interleave(heads // config.num_key_value_heads, 0) for t in (k, v))
        scores = (rope(q, turns) @ rope(k, turns).transpose(1, 2) * dim**-0.5).masked_fill(mask, -torch.inf)
        h = h + (scores.softmax(-1) @ v).transpose(0, 1).reshape(count, -1) @ block.attention_out.T
        if number >= config.prefix_layers:
            gate, up, down = weights[3 * (number - config.prefix_layers) :][:3]
            x = rms_norm(h, block.mlp_norm, config.rms_norm_eps)
            h = h + (F.silu(x @ gate.T) * (x @ up.T)) @ down.T
        x = rms_norm(h, block.mlp_norm, config.rms_norm_eps)
        gate, up = (x @ block.gate_up.T).chunk(2, -1)
        h = h + (F.silu(gate) * up) @ block.down.T
    logits = rms_norm(h, model.weights.norm, config.rms_norm_eps) @ model.unembedding.T
    return F.cross_entropy(logits, torch.tensor(ids[1:]), reduction="none")


def test_before_the_first_step_the_function_is_the_pretrained_one(tmp_path: Path) -> None:
    model = double_model(tmp_path, window=16, sinks=0).transformer
    ids = torch.arange(60) * 7 % 259
    fast = model.initial_fast_weights(None)
    expected, cache = model.prefix(ids[None], model.empty_cache().layers, model.plan(60, model.empty_cache()))
    assert len(cache) == model.config.num_hidden_layers  # all blocks as prefix: without dynamic MLPs
    hidden, _ = model.forward(ids[None], model.empty_cache(), fast)
    torch.testing.assert_close(hidden, rms_norm(expected, model.weights.norm, model.config.rms_norm_eps))
    assert all(torch.equal(mlp.down, torch.zeros_like(mlp.down)) for mlp in fast)


@pytest.mark.parametrize("dynamic_size", [None, 20])
def test_a_step_is_that_of_plain_autograd_in_float64(tmp_path: Path, dynamic_size: int | None) -> None:
    model = double_model(
        tmp_path, window=64, sinks=0, mini_batch=40, clip=0, learning_rate=0.7, dynamic_size=dynamic_size
    )
    ids = [(7 * i * i + 3) % 259 for i in range(41)]
    start = model.initial_state().fast_state
    generator = torch.Generator().manual_seed(1)
    noisy = [w + 0.1 * torch.randn(w.shape, generator=generator, dtype=w.dtype) for w in flat(start.fast)]
    start = replace(start, fast=tuple(DynamicMLP(*noisy[i : i + 3]) for i in range(0, len(noisy), 3)))
    fast_state, (loss,) = inner_step(model.transformer, start, ids, model.settings)
    leaves = [w.clone().requires_grad_() for w in noisy]
    expected = naive_losses(model.transformer, ids, leaves).mean()
    gradients = torch.autograd.grad(expected, leaves)
    assert loss == pytest.approx(expected.item(), abs=1e-10)
    for new, old, gradient in zip(flat(fast_state.fast), noisy, gradients, strict=True):
        assert gradient.abs().max() > 1e-5
        torch.testing.assert_close(new, old - 0.7 * gradient, atol=1e-10, rtol=0)


def test_tokens_are_scored_before_the_step_with_cached_keys_of_earlier_weights(tmp_path: Path) -> None:
    model = double_model(tmp_path, window=24, sinks=0, mini_batch=16, learning_rate=1e-30)
    ids = [(11 * i * i + 5) % 259 for i in range(65)]
    losses: list[float] = []
    model.adapt(model.initial_state(), ids, lambda _, loss: losses.append(loss))
    expected = naive_losses(model.transformer, ids, flat(model.initial_state().fast_state.fast)).view(4, 16).mean(1)
    assert losses == pytest.approx(expected.tolist(), abs=1e-10)


def moved(before: FastWeightState, after: FastWeightState) -> Tensor:
    return torch.cat([(a - b).flatten() for a, b in zip(flat(after.fast), flat(before.fast), strict=True)])


def test_clipping_keeps_a_norm_below_the_bound_and_scales_one_above_it_to_the_bound(tmp_path: Path) -> None:
    ids = [(7 * i * i + 3) % 259 for i in range(17)]
    model = double_model(tmp_path, clip=0)
    start = model.initial_state().fast_state
    free = moved(start, inner_step(model.transformer, start, ids, model.settings)[0])
    norm = free.norm().item()
    for clip in (norm / 3, norm * 1.01):
        settings = model.settings.model_copy(update={"clip": clip})
        clipped = moved(start, inner_step(model.transformer, start, ids, settings)[0])
        torch.testing.assert_close(clipped, free * min(1.0, clip / norm), atol=1e-12, rtol=1e-12)


def test_adam_is_torchs_adam(tmp_path: Path) -> None:
    model = double_model(tmp_path, optimizer="adam", learning_rate=0.01, clip=0, window=64, sinks=0, mini_batch=16)
    batches = [[(k * i * i + 3) % 259 for i in range(17)] for k in (7, 11, 13)]
    fast_state = model.initial_state().fast_state
    leaves = [w.clone().requires_grad_() for w in flat(fast_state.fast)]
    adam = torch.optim.Adam(leaves, lr=0.01)
    for batch in batches:
        fresh = replace(fast_state, cache=model.transformer.empty_cache())  # each batch by itself, for the naive form
        fast_state, _ = inner_step(model.transformer, fresh, batch, model.settings)
        adam.zero_grad()
        naive_losses(model.transformer, batch, leaves).mean().backward()
        adam.step()
    for ours, theirs in zip(flat(fast_state.fast), leaves, strict=True):
        torch.testing.assert_close(ours, theirs.detach(), atol=1e-9, rtol=0)


def test_divergence_is_an_error_and_keeps_the_last_good_state(tmp_path: Path) -> None:
    model = MemoryModel.load(tiny_settings(tmp_path))
    state = model.initial_state()
    model.adapt(state, list(range(40)))
    good, pending = state.fast_state, state.pending
    with torch.no_grad():
        model.transformer.embedding[200] = float("nan")
    with pytest.raises(DivergedError, match=r"step 3.*learning_rate"):
        model.adapt(state, [1] * 5 + [200] + [1] * 100)
    assert state.fast_state is good
    assert state.pending == pending
    assert state.trained_tokens == 40
    assert all(torch.isfinite(w).all() for w in flat(good.fast))


def test_a_gradient_that_is_not_finite_is_divergence_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = MemoryModel.load(tiny_settings(tmp_path))
    monkeypatch.setattr("hybrid.ttt.inner_loop.squared_norm", lambda gradients: torch.tensor(float("inf")))
    with pytest.raises(DivergedError, match="gradient norm inf"):
        model.adapt(model.initial_state(), list(range(40)))


def test_bfloat16_computes_near_float32_and_keeps_float32_weights(tmp_path: Path) -> None:
    ids = [(11 * i * i + 5) % 259 for i in range(100)]
    losses = {}
    for dtype in ("float32", "bfloat16"):
        model = MemoryModel.load(tiny_settings(tmp_path, dtype=dtype))
        state = model.initial_state()
        losses[dtype] = model.adapt(state, ids).loss
        assert {w.dtype for w in flat(state.fast_state.fast)} == {torch.float32}
    assert losses["bfloat16"] == pytest.approx(losses["float32"], rel=0.02)
