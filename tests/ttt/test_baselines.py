"""The baselines compute what their papers say: in chunks, token by token, in pieces, and with others' numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from doc_blocks import REPOSITORY, run_page
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F

from hybrid.errors import DivergedError, InputError, SettingsError
from hybrid.ttt.baselines.attention import AttentionConfig, KeyValueState
from hybrid.ttt.baselines.comparison import (
    TOLERANCE,
    ComparedModel,
    Size,
    baseline_configs,
    end_to_end_config,
    matching_width,
)
from hybrid.ttt.baselines.end_to_end import EndToEnd
from hybrid.ttt.baselines.gated_deltanet import (
    GatedDeltaNet,
    GatedDeltaNetConfig,
    gated_delta_chunked,
    gated_delta_recurrent,
)
from hybrid.ttt.baselines.mamba2 import Mamba2, Mamba2Config, ssd_chunked, ssd_recurrent
from hybrid.ttt.baselines.mixer import Mixer, MixerConfig, decay_between, tensors_of
from hybrid.ttt.baselines.model import BaselineConfig, LanguageModel
from hybrid.ttt.baselines.ttt_kvb import (
    TTTKVB,
    Binding,
    FastWeights,
    KVBState,
    TTTKVBConfig,
    answers,
    binding_gradient,
    learn,
    orthogonal,
)
from hybrid.ttt.model.config import ModelConfig, interleaved
from hybrid.ttt.outer_loop import InnerRule, Sequences, meta_gradients

HIDDEN, VOCABULARY = 12, 29
WINDOW = AttentionConfig(heads=2, head_dim=6, window=5)
MIXERS: dict[str, MixerConfig] = {
    "full": AttentionConfig(heads=4, head_dim=4, key_value_heads=2),
    "window": WINDOW,
    "mamba2": Mamba2Config(heads=4, head_dim=3, state_size=5, groups=2, chunk=4),
    "gated_deltanet": GatedDeltaNetConfig(heads=2, key_dim=4, value_dim=6, chunk=4),
    "ttt_kvb": TTTKVBConfig(WINDOW, heads=3, chunk=4, width=5),
    "ttt_kvb_muon": TTTKVBConfig(WINDOW, heads=2, chunk=5, muon=True, momentum=True),
    "ttt_kvb_free": TTTKVBConfig(WINDOW, heads=1, chunk=3, weight_norm=False),
}
every_mixer = pytest.mark.parametrize("mixer", MIXERS.values(), ids=MIXERS)
precisions = pytest.mark.parametrize(
    ("dtype", "tolerance"), [(torch.float64, 1e-9), (torch.float32, 1e-4)], ids=["float64", "float32"]
)


def stirred(module: nn.Module, seed: int = 1) -> Any:
    """The same module with no parameter left at a special value."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter += 0.3 * torch.randn(parameter.shape, generator=generator).to(parameter.dtype)
    return module


def model_of(*mixers: MixerConfig, dtype: torch.dtype = torch.float64, **options: Any) -> LanguageModel:
    shape = {"vocab_size": VOCABULARY, "hidden_size": HIDDEN, "intermediate_size": 10} | options
    model: LanguageModel = stirred(LanguageModel(BaselineConfig(mixers=mixers, **shape)).to(dtype))
    return model


def ids_of(batch: int, tokens: int, seed: int = 0) -> Tensor:
    return torch.randint(VOCABULARY, (batch, tokens), generator=torch.Generator().manual_seed(seed))


def normal(*shape: int, dtype: torch.dtype = torch.float64, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed + sum(shape)), dtype=torch.float64).to(dtype)


def near(got: Sequence[Tensor], expected: Sequence[Tensor], tolerance: float) -> None:
    """Each tensor to a share of its largest number, or of 1 where that is smaller."""
    for number, (ours, theirs) in enumerate(zip(got, expected, strict=True)):
        bound = tolerance * max(1.0, float(theirs.detach().abs().max()))
        torch.testing.assert_close(ours, theirs, atol=bound, rtol=0, msg=lambda m, n=number: f"tensor {n}: {m}")


def compare(got: Callable[..., Any], expected: Callable[..., Any], inputs: list[Tensor], tolerance: float) -> None:
    """Outputs and their gradients with respect to every input."""
    leaves = [t.detach().requires_grad_() for t in inputs]
    results = []
    for function in (got, expected):
        outputs = [t for t in function(*leaves) if t is not None]
        heads = sum((t * normal(*t.shape, dtype=t.dtype, seed=n)).sum() for n, t in enumerate(outputs))
        results.append([*outputs, *torch.autograd.grad(heads, leaves)])
    near(*results, tolerance)


# The two forms of a recurrence


@precisions
@pytest.mark.parametrize(("tokens", "chunk"), [(1, 4), (7, 4), (12, 4), (13, 64)], ids=["T1", "T7", "T12", "T13"])
def test_mamba2_in_chunks_is_its_recurrence(tokens: int, chunk: int, dtype: torch.dtype, tolerance: float) -> None:
    inputs = [
        normal(2, tokens, 4, 3),
        -normal(2, tokens, 4).exp(),
        normal(2, tokens, 2, 5),
        normal(2, tokens, 2, 5, seed=1),
        normal(2, 4, 3, 5),
    ]
    inputs = [t.to(dtype) for t in inputs]
    compare(lambda *leaves: ssd_chunked(*leaves, chunk), ssd_recurrent, inputs, tolerance)


@precisions
@pytest.mark.parametrize(("tokens", "chunk"), [(1, 4), (7, 4), (12, 4), (13, 64)], ids=["T1", "T7", "T12", "T13"])
def test_gated_deltanet_in_chunks_is_its_recurrence(
    tokens: int, chunk: int, dtype: torch.dtype, tolerance: float
) -> None:
    inputs = [
        normal(2, tokens, 3, 4),
        F.normalize(normal(2, tokens, 3, 4, seed=1), dim=-1),
        normal(2, tokens, 3, 6),
        -normal(2, tokens, 3).exp(),
        normal(2, tokens, 3, seed=1).sigmoid(),
        normal(2, 3, 4, 6),
    ]
    inputs = [t.to(dtype) for t in inputs]
    compare(lambda *leaves: gated_delta_chunked(*leaves, chunk), gated_delta_recurrent, inputs, tolerance)


def test_a_short_decay_after_a_long_one_keeps_its_digits() -> None:
    log_decay = torch.tensor([-1e5, -1e-3, -2e-3], dtype=torch.float32)
    expected = torch.tensor([[1, 0, 0], [math.exp(-1e-3), 1, 0], [math.exp(-3e-3), math.exp(-2e-3), 1]])
    torch.testing.assert_close(decay_between(log_decay), expected)


# Key-value binding, by automatic differentiation of each token's loss


def binding_loss(fast: list[Tensor], k: Tensor, v: Tensor) -> Tensor:
    gate, up, down = fast
    return (v * (down @ (F.silu(gate @ k) * (up @ k)))).sum()


def naive_learning(binding: Binding, first: FastWeights, config: TTTKVBConfig) -> Tensor:
    """Token by token, head by head, sequence by sequence; gradients by autograd."""
    batch, heads, tokens, _ = binding.q.shape
    results = []
    for b in range(batch):
        for h in range(heads):
            fast = [w[b, h] for w in first]
            lengths = [w.norm(dim=1, keepdim=True) for w in fast]
            velocity = [torch.zeros_like(w) for w in fast]
            total, share = [torch.zeros_like(w) for w in fast], torch.zeros(())
            outputs = []
            for t in range(tokens):
                gate, up, down = fast
                q = binding.q[b, h, t]
                outputs.append(down @ (F.silu(gate @ q) * (up @ q)))
                found = torch.autograd.grad(
                    binding_loss(fast, binding.k[b, h, t], binding.v[b, h, t]), fast, create_graph=True
                )
                rates = binding.rates[:, b, h, t]
                total = [g + rate * new for g, rate, new in zip(total, rates, found, strict=True)]
                share = share + binding.share[b, h, t]
                if (t + 1) % config.chunk:
                    continue
                mean = share / config.chunk if config.momentum else 0
                velocity = [g + mean * old for g, old in zip(total, velocity, strict=True)]
                steps = [orthogonal(g) for g in velocity] if config.muon else velocity
                fast = [w + s for w, s in zip(fast, steps, strict=True)]
                if config.weight_norm:
                    fast = [w / (w.norm(dim=1, keepdim=True) + 1e-5) * n for w, n in zip(fast, lengths, strict=True)]
                total, share = [torch.zeros_like(w) for w in fast], torch.zeros(())
            results.append(torch.stack(outputs))
    return torch.stack(results).unflatten(0, (batch, heads))


@precisions
@pytest.mark.parametrize("options", [{}, {"momentum": True}, {"muon": True}, {"weight_norm": False}], ids=str)
def test_binding_in_chunks_is_each_tokens_gradient_added_up(
    options: dict[str, bool], dtype: torch.dtype, tolerance: float
) -> None:
    config = TTTKVBConfig(WINDOW, heads=2, chunk=3, width=4, **options)
    inputs = [F.normalize(normal(2, 2, 8, 6, seed=n), dim=-1) for n in range(3)]
    inputs += [0.3 * normal(3, 2, 2, 8).exp(), normal(2, 2, 8).sigmoid()]
    inputs += [normal(2, 2, 4, 6), normal(2, 2, 4, 6, seed=1), normal(2, 2, 6, 4)]

    def chunked(*leaves: Tensor) -> list[Tensor]:
        binding, fast = Binding(*leaves[:5]), FastWeights(*leaves[5:])
        zeros = FastWeights(*map(torch.zeros_like, fast))
        state = KVBState(KeyValueState(*leaves[:2]), fast, zeros, zeros, leaves[4].new_zeros(2, 2))
        lengths = FastWeights(*(w.norm(dim=-1, keepdim=True) for w in fast))
        return [learn(binding, state, lengths, 0, config)[0], 0 * leaves[4]]

    def naive(*leaves: Tensor) -> list[Tensor]:
        return [naive_learning(Binding(*leaves[:5]), FastWeights(*leaves[5:]), config), 0 * leaves[4]]

    compare(chunked, naive, [t.to(dtype) for t in inputs], tolerance)


def test_the_gradients_derived_by_hand_are_those_of_autograd() -> None:
    fast = FastWeights(
        *(t.requires_grad_() for t in (normal(1, 1, 4, 6), normal(1, 1, 4, 6, seed=1), normal(1, 1, 6, 4)))
    )
    k, v = normal(1, 1, 5, 6), normal(1, 1, 5, 6, seed=1)
    rates = normal(3, 1, 1, 5).exp()
    found = binding_gradient(fast, k, v, rates)
    for number, (weight, gradient) in enumerate(zip(fast, found, strict=True)):
        loss = (rates[number] * (v * answers(fast, k)).sum(-1)).sum()
        (expected,) = torch.autograd.grad(loss, weight)
        torch.testing.assert_close(gradient, expected, atol=1e-12, rtol=1e-12)


@pytest.mark.parametrize("shape", [(8, 8), (4, 12), (12, 4)])
def test_the_orthogonal_step_keeps_directions_and_levels_their_lengths(shape: tuple[int, int]) -> None:
    x = normal(*shape)
    u, s, v = torch.linalg.svd(orthogonal(x), full_matrices=False)
    assert 0.9 < s.min() <= s.max() < 1.2
    left, _, right = torch.linalg.svd(x, full_matrices=False)
    # U Vᵀ is that of the matrix itself: the directions are its own, whatever their order.
    torch.testing.assert_close(u @ v, left @ right, atol=1e-6, rtol=1e-6)


# Streams


@every_mixer
@precisions
def test_pieces_of_a_stream_are_one_call(mixer: MixerConfig, dtype: torch.dtype, tolerance: float) -> None:
    if isinstance(mixer, TTTKVBConfig) and mixer.muon:
        tolerance *= 5  # Muon raises small singular values up to 490 times, and what float32 has rounded with them
    model = model_of(mixer, mixer, dtype=dtype)
    ids = ids_of(2, 17)

    def read(*lengths: int) -> list[Tensor]:
        state, outputs = None, []
        for piece in ids.split(list(lengths), 1):
            hidden, state = model(piece, state)
            outputs.append(hidden)
        assert state is not None
        assert state.seen == 17
        hidden = torch.cat(outputs, 1)
        left = [t for layer in state.layers for t in tensors_of(layer)]
        loss = (hidden * normal(*hidden.shape, dtype=dtype)).sum() + sum(t.square().sum() for t in left)
        return [hidden, *left, *torch.autograd.grad(loss, list(model.parameters()))]

    expected = read(17)
    for lengths in ([1, 1, 4, 7, 1, 3], [16, 1], [1] * 17):
        near(read(*lengths), expected, tolerance)


@every_mixer
def test_a_later_token_changes_nothing_before_it(mixer: MixerConfig) -> None:
    model = model_of(mixer, mixer)
    ids = ids_of(1, 15)
    before, _ = model(ids)
    for at in (4, 5, 9, 14):
        other = ids.clone()
        other[0, at] = (other[0, at] + 1) % VOCABULARY
        after, _ = model(other)
        torch.testing.assert_close(after[:, :at], before[:, :at], atol=1e-12, rtol=1e-12)
        assert (after[:, at] - before[:, at]).abs().max() > 1e-3


@every_mixer
def test_each_sequence_of_a_batch_is_as_alone(mixer: MixerConfig) -> None:
    model = model_of(mixer, mixer)
    ids = ids_of(3, 11)
    together, _ = model(ids)
    for number in range(3):
        alone, _ = model(ids[number : number + 1])
        torch.testing.assert_close(together[number], alone[0], atol=1e-10, rtol=1e-10)


@every_mixer
def test_bfloat16_is_near_float64_with_the_same_weights(mixer: MixerConfig) -> None:
    model = model_of(mixer, dtype=torch.bfloat16)
    ids = ids_of(2, 19)
    hidden, state = model(ids)
    losses = model.loss(ids[:, :-1], ids[:, 1:])
    assert hidden.dtype == torch.bfloat16
    assert losses.dtype == torch.float32
    assert {t.dtype for t in tensors_of(state.layers[0])} <= {torch.bfloat16, torch.float32}
    exact, _ = model.double()(ids)
    assert (hidden.double() - exact).square().mean().sqrt() < 0.03 * exact.square().mean().sqrt()


def test_a_window_hides_what_is_before_it_and_full_attention_does_not() -> None:
    ids = ids_of(1, 12)
    other = ids.clone()
    other[0, 3] = (other[0, 3] + 1) % VOCABULARY
    for mixer, reach in (MIXERS["window"], 5), (MIXERS["full"], 12):
        model = model_of(mixer)
        changed = (model(ids)[0] - model(other)[0]).abs().amax((0, 2)) > 1e-9
        assert changed.tolist() == [3 <= at < 3 + reach for at in range(12)]


def test_what_is_bound_is_remembered_beyond_the_window() -> None:
    ids = ids_of(1, 30)
    other = ids.clone()
    other[0, 3] = (other[0, 3] + 1) % VOCABULARY
    model = model_of(MIXERS["ttt_kvb"])
    changed = (model(ids)[0] - model(other)[0]).abs().amax((0, 2)) > 1e-9
    assert changed[3:].all()


# Public implementations


def copied(module: nn.Module, tensors: dict[str, Tensor]) -> None:
    named = dict(module.named_parameters())
    assert set(named) == set(tensors)
    with torch.no_grad():
        for name, tensor in tensors.items():
            named[name].copy_(tensor.reshape(named[name].shape))


def held_to(
    mixer: Mixer, tensors: dict[str, Callable[[], Tensor]], reference: Callable[[Tensor], Tensor], tokens: int
) -> None:
    """Outputs and gradients of ours and theirs, in float32 to 1e-4: with respect to the input and every parameter.

    ``tensors`` makes each of our parameters from theirs, differentiably.
    """
    made = {name: make() for name, make in tensors.items()}
    copied(mixer, made)
    x = normal(2, tokens, HIDDEN, dtype=torch.float32).requires_grad_()
    ours, _ = mixer(x, mixer.empty_state(2), 0)
    theirs = reference(x)
    cotangent = normal(*ours.shape, dtype=torch.float32)
    torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=1e-4)
    got = torch.autograd.grad((ours * cotangent).sum(), [x, *mixer.parameters()])
    leaves = [*{id(p): p for p in reference.__self__.parameters()}.values()]  # type: ignore[attr-defined]
    found = torch.autograd.grad((theirs * cotangent).sum(), [x, *leaves])
    torch.testing.assert_close(got[0], found[0], atol=1e-4, rtol=1e-4)
    # Our gradients pulled back through ``tensors`` are theirs.
    again = {name: make() for name, make in tensors.items()}
    names = [name for name, _ in mixer.named_parameters()]
    heads = sum(
        (again[name] * gradient.reshape(again[name].shape)).sum() for name, gradient in zip(names, got[1:], strict=True)
    )
    torch.testing.assert_close(torch.autograd.grad(heads, leaves), found[1:], atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("groups", [1, 2])
def test_mamba2_gives_the_numbers_of_transformers(groups: int) -> None:
    module = pytest.importorskip("transformers.models.mamba2.modeling_mamba2")
    config = module.Mamba2Config(
        num_heads=4, head_dim=6, hidden_size=HIDDEN, state_size=5, n_groups=groups, expand=2, chunk_size=4,
        num_hidden_layers=1, vocab_size=VOCABULARY, layer_norm_epsilon=1e-5,
    )  # fmt: skip
    theirs = stirred(module.Mamba2Mixer(config, 0)).eval()
    ours = Mamba2(Mamba2Config(4, 6, 5, groups, chunk=4), HIDDEN, 1e-5)
    tensors: dict[str, Callable[[], Tensor]] = {
        "project": lambda: theirs.in_proj.weight,
        "convolution.weight": lambda: theirs.conv1d.weight[:, 0],
        "convolution.bias": lambda: theirs.conv1d.bias,
        "step_bias": lambda: theirs.dt_bias,
        "log_decay_rate": lambda: theirs.A_log,
        "skip": lambda: theirs.D,
        "norm": lambda: theirs.norm.weight,
        "out": lambda: theirs.out_proj.weight,
    }
    held_to(ours, tensors, theirs.forward, tokens=14)


def qwen3_next() -> Any:
    return pytest.importorskip("transformers.models.qwen3_next.modeling_qwen3_next")


@pytest.mark.parametrize("ours", [gated_delta_recurrent, lambda *a: gated_delta_chunked(*a, 4)], ids=["token", "chunk"])
@pytest.mark.parametrize("theirs", ["torch_recurrent_gated_delta_rule", "torch_chunk_gated_delta_rule"])
def test_the_gated_delta_rule_gives_the_numbers_of_transformers(ours: Callable[..., Any], theirs: str) -> None:
    rule = getattr(qwen3_next(), theirs)

    def reference(q: Tensor, k: Tensor, v: Tensor, g: Tensor, beta: Tensor, memory: Tensor) -> Any:
        options = {"chunk_size": 8} if "chunk" in theirs else {}
        return rule(q, k, v, g=g, beta=beta, initial_state=memory, output_final_state=True, **options)

    inputs = [
        normal(2, 11, 3, 4),
        F.normalize(normal(2, 11, 3, 4, seed=1), dim=-1),
        normal(2, 11, 3, 6),
        -normal(2, 11, 3).exp(),
        normal(2, 11, 3, seed=1).sigmoid(),
        normal(2, 3, 4, 6),
    ]
    compare(lambda q, *rest: ours(q / 2, *rest), reference, [t.float() for t in inputs], 1e-4)


def test_a_gated_deltanet_layer_gives_the_numbers_of_transformers() -> None:
    module = qwen3_next()
    heads, keys, values = 2, 4, 6
    config = module.Qwen3NextConfig(
        hidden_size=HIDDEN, linear_num_key_heads=heads, linear_num_value_heads=heads, linear_key_head_dim=keys,
        linear_value_head_dim=values, linear_conv_kernel_dim=4, num_hidden_layers=1, num_attention_heads=2,
        num_key_value_heads=2, num_experts=2, rms_norm_eps=1e-5, vocab_size=VOCABULARY,
        layer_types=["linear_attention"],
    )  # fmt: skip
    theirs = stirred(module.Qwen3NextGatedDeltaNet(config, 0))
    ours = GatedDeltaNet(GatedDeltaNetConfig(heads, keys, values, chunk=4), HIDDEN, 1e-5)

    def part(first: int, last: int) -> Tensor:  # they keep q, k, v and the gate of each head together
        return theirs.in_proj_qkvz.weight.unflatten(0, (heads, -1))[:, first:last].flatten(0, 1)

    def strengths() -> Tensor:
        by_head = theirs.in_proj_ba.weight.unflatten(0, (heads, 2))
        return torch.cat([by_head[:, 0], by_head[:, 1]])

    tensors: dict[str, Callable[[], Tensor]] = {
        "qkv": lambda: torch.cat([part(0, 4), part(4, 8), part(8, 14)]),
        "gate": lambda: part(14, 20),
        "strength_and_step": strengths,
        "convolution.weight": lambda: theirs.conv1d.weight[:, 0],
        "step_bias": lambda: theirs.dt_bias,
        "log_decay_rate": lambda: theirs.A_log,
        "norm": lambda: theirs.norm.weight,
        "out": lambda: theirs.out_proj.weight,
    }
    held_to(ours, tensors, theirs.forward, tokens=14)


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("window", [None, 5])
def test_attention_and_its_frame_give_the_numbers_of_transformers(window: int | None, tied: bool) -> None:
    transformers = pytest.importorskip("transformers")
    shape = {
        "vocab_size": VOCABULARY, "hidden_size": HIDDEN, "intermediate_size": 10, "num_hidden_layers": 2,
        "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 4, "rms_norm_eps": 1e-5,
        "tie_word_embeddings": tied, "attn_implementation": "eager", "max_position_embeddings": 64,
        "bos_token_id": None, "eos_token_id": None, "pad_token_id": None,
    }  # fmt: skip
    if window is None:
        theirs = transformers.LlamaForCausalLM(transformers.LlamaConfig(**shape))
    else:
        theirs = transformers.MistralForCausalLM(transformers.MistralConfig(**shape, sliding_window=window))
    stirred(theirs)
    config = theirs.config
    theta = getattr(config, "rope_theta", None) or config.rope_parameters["rope_theta"]
    mixer = AttentionConfig(4, 4, 2, window, rope_theta=theta, qk_norm=False)
    ours = LanguageModel(
        BaselineConfig(VOCABULARY, HIDDEN, 10, (mixer, mixer), rms_norm_eps=1e-5, tie_word_embeddings=tied)
    )
    tensors = {"embedding": theirs.model.embed_tokens.weight, "norm": theirs.model.norm.weight}
    if not tied:
        tensors["head"] = theirs.lm_head.weight
    for number, layer in enumerate(theirs.model.layers):
        q, k, v = (getattr(layer.self_attn, f"{name}_proj").weight for name in "qkv")
        tensors |= {
            f"blocks.{number}.mixer.qkv": torch.cat([interleaved(q, 4), interleaved(k, 4), v]),
            f"blocks.{number}.mixer.out": layer.self_attn.o_proj.weight,
            f"blocks.{number}.mlp.gate_up": torch.cat([layer.mlp.gate_proj.weight, layer.mlp.up_proj.weight]),
            f"blocks.{number}.mlp.down": layer.mlp.down_proj.weight,
            f"blocks.{number}.mixer_norm": layer.input_layernorm.weight,
            f"blocks.{number}.mlp_norm": layer.post_attention_layernorm.weight,
        }
    copied(ours, tensors)
    ids = ids_of(2, 16)
    losses = ours.loss(ids[:, :-1], ids[:, 1:])
    logits = theirs(ids[:, :-1], use_cache=False).logits
    expected = F.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten(), reduction="none").view_as(losses)
    torch.testing.assert_close(losses, expected, atol=1e-4, rtol=1e-4)
    (got,) = torch.autograd.grad(losses.mean(), [ours.blocks[0].mlp.down])
    (found,) = torch.autograd.grad(expected.mean(), [theirs.model.layers[0].mlp.down_proj.weight])
    torch.testing.assert_close(got, found, atol=1e-5, rtol=1e-4)
    (got,) = torch.autograd.grad(ours.loss(ids[:, :-1], ids[:, 1:]).mean(), [ours.embedding])
    (found,) = torch.autograd.grad(
        F.cross_entropy(theirs(ids[:, :-1], use_cache=False).logits.flatten(0, 1), ids[:, 1:].flatten()),
        [theirs.model.embed_tokens.weight],
    )
    torch.testing.assert_close(got, found, atol=1e-5, rtol=1e-4)


LACT = {"plain": {}, "momentum": {"momentum": True}, "muon": {"momentum": True, "muon": True}}


@pytest.mark.parametrize("run", LACT)
def test_key_value_binding_gives_the_numbers_of_lacts_authors(run: str) -> None:
    golden = load_file(Path(__file__).parent / "golden" / "lact.safetensors")
    found = {name.removeprefix(f"{run}."): t.double() for name, t in golden.items() if name.startswith(f"{run}.")}
    window = AttentionConfig(6, 4, window=8, rope_theta=1e4, qk_norm=False)
    mixer = TTTKVB(TTTKVBConfig(window, 3, chunk=7, width=12, **LACT[run]), 24, 1e-5).double()

    def pairs(rows: Tensor) -> Tensor:  # they rotate the two halves of an attention head
        return interleaved(rows, 4)

    def columns(weight: Tensor) -> Tensor:  # [heads, width, dim] of what reads rotated keys
        return pairs(weight.transpose(1, 2).reshape(24, -1)).unflatten(0, (3, 8)).transpose(1, 2)

    def controls(part: Callable[[str], Tensor]) -> Tensor:  # their rates are by head: gate, down, up
        rates = part("lr_proj").unflatten(0, (3, 3))
        rows = [rates[:, 0], rates[:, 2], rates[:, 1], part("ttt_scale_proj")]
        return torch.cat([*rows, part("momentum_proj.0")] if run != "plain" else rows)

    def ours(kind: str) -> dict[str, Tensor]:
        def t(name: str) -> Tensor:
            return found[f"{kind}.{name}"]

        q, k, v = t("qkv.weight").chunk(3)
        scales, shifts = pairs(t("qk_scale")), pairs(t("qk_offset"))
        return {
            "attention.qkv": torch.cat([pairs(q), pairs(k), v]),
            "attention.out": t("o_proj.weight"),
            "gate": columns(t("w0")),
            "up": columns(t("w2")),
            "down": t("w1"),
            "q_scale": scales[:, 0],
            "k_scale": scales[:, 1],
            "q_shift": shifts[:, 0],
            "k_shift": shifts[:, 1],
            "controls": controls(lambda name: t(f"{name}.weight")),
            "controls_bias": controls(lambda name: t(f"{name}.bias")),
            "norm": t("ttt_norm.weight"),
        }

    copied(mixer, ours("param"))
    x = found["input"].requires_grad_()
    output, _ = mixer(x, mixer.empty_state(2), 0)
    torch.testing.assert_close(output, found["output"], atol=1e-9, rtol=1e-9)
    names = [name for name, _ in mixer.named_parameters()]
    gradients = torch.autograd.grad((output * found["cotangent"]).sum(), [x, *mixer.parameters()])
    torch.testing.assert_close(gradients[0], found["grad.input"], atol=1e-9, rtol=1e-9)
    expected = ours("grad")
    for name, gradient in zip(names, gradients[1:], strict=True):
        torch.testing.assert_close(gradient, expected[name].reshape(gradient.shape), atol=1e-8, rtol=1e-8)


# The frame, and TTT-E2E beside it


def small_end_to_end(**options: Any) -> EndToEnd:
    shape: dict[str, Any] = {
        "vocab_size": VOCABULARY, "hidden_size": HIDDEN, "intermediate_size": 10, "num_hidden_layers": 3,
        "num_attention_heads": 2, "num_key_value_heads": 2, "head_dim": 6, "rms_norm_eps": 1e-6,
        "rope_theta": 5e5, "tie_word_embeddings": True, "eos_token_ids": (0,), "suffix_layers": 2, "qk_norm": True,
    }  # fmt: skip
    rule = InnerRule(mini_batch=4, learning_rate=0.5)
    model: EndToEnd = stirred(EndToEnd(ModelConfig(**shape | options), window=5, rule=rule).double())
    return model


@pytest.mark.parametrize("post_norm", [False, True])
def test_the_frame_is_that_of_ttt_e2e_without_its_dynamic_mlps(post_norm: bool) -> None:
    engine = small_end_to_end(post_norm=post_norm)
    with torch.no_grad():
        for name, parameter in engine.named_parameters():
            if name.endswith("initial.down"):
                parameter.zero_()
    model = model_of(WINDOW, WINDOW, WINDOW, post_norm=post_norm)
    names = {
        "mixer.qkv": "qkv", "mixer.out": "attention_out", "mixer.q_norm": "q_norm", "mixer.k_norm": "k_norm",
        "mlp.gate_up": "gate_up", "mlp.down": "down", "mixer_norm": "attention_norm", "mlp_norm": "mlp_norm",
        "mixer_post_norm": "attention_post_norm", "mlp_post_norm": "mlp_post_norm",
    }  # fmt: skip
    named = dict(engine.named_parameters())

    def theirs(name: str) -> Tensor:
        if not name.startswith("blocks."):
            return named[name]
        _, number, rest = name.split(".", 2)
        return named[f"blocks.{number}.{names[rest]}"]

    copied(model, {name: theirs(name) for name, _ in model.named_parameters()})
    ids = ids_of(2, 13)
    transformer = engine.transformer(once=True)
    expected, _ = transformer.forward(ids, transformer.empty_cache(2), transformer.initial_fast_weights(None))
    torch.testing.assert_close(model(ids)[0], expected, atol=1e-10, rtol=1e-10)


def compared() -> dict[str, ComparedModel]:
    hybrid = model_of(WINDOW, MIXERS["full"], MIXERS["mamba2"], tie_word_embeddings=False)
    return {"end_to_end": small_end_to_end(), "hybrid": hybrid, "ttt_kvb": model_of(MIXERS["ttt_kvb"])}


@pytest.mark.parametrize("name", ["end_to_end", "hybrid", "ttt_kvb"])
def test_prefill_and_decoding_give_the_logits_that_the_loss_is_of(name: str) -> None:
    model = compared()[name]
    ids = ids_of(2, 17)
    expected = model.loss(ids[:, :-1], ids[:, 1:])
    for begun in (1, 4, 5, 11):
        logits, state = model.prefill(ids[:, :begun])
        for at in range(begun, 17):
            found = F.cross_entropy(logits, ids[:, at], reduction="none")
            torch.testing.assert_close(found, expected[:, at - 1].to(found.dtype), atol=1e-9, rtol=1e-9)
            if at < 16:
                logits, state = model.decode(ids[:, at], state)


@pytest.mark.parametrize("name", ["end_to_end", "hybrid", "ttt_kvb"])
def test_backward_adds_the_gradient_of_the_mean_loss(name: str) -> None:
    model = compared()[name]
    assert isinstance(model, nn.Module)
    ids = ids_of(2, 9)
    losses = model.backward(ids[:, :-1], ids[:, 1:])
    assert not losses.requires_grad
    torch.testing.assert_close(losses, model.loss(ids[:, :-1], ids[:, 1:]))
    generator = torch.Generator().manual_seed(3)
    for path, parameter in model.named_parameters():  # by central differences along one direction each
        direction = torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
        assert parameter.grad is not None
        slope = (parameter.grad * direction).sum()
        ends = []
        for sign in (1, -1):
            with torch.no_grad():
                parameter += sign * 1e-5 * direction
                ends.append(model.loss(ids[:, :-1], ids[:, 1:]).mean())
                parameter -= sign * 1e-5 * direction
        torch.testing.assert_close(
            slope, (ends[0] - ends[1]) / 2e-5, atol=1e-7, rtol=1e-5, msg=lambda m, p=path: f"{p}: {m}"
        )
    before = [p.grad.clone() for p in model.parameters() if p.grad is not None]
    model.backward(ids[:, :-1], ids[:, 1:])
    torch.testing.assert_close([p.grad for p in model.parameters()], [2 * g for g in before])


def test_ttt_e2e_is_the_engine_itself() -> None:
    model = small_end_to_end()
    ids = ids_of(2, 13)
    model.backward(ids[:, :-1], ids[:, 1:])
    run, gradients = meta_gradients(
        model.transformer(), Sequences(ids[:, :-1], ids[:, 1:]), model.rule, dict(model.named_parameters())
    )
    assert torch.equal(model.loss(ids[:, :-1], ids[:, 1:]), run.token_loss)
    assert all(torch.equal(gradients[path], p.grad) for path, p in model.named_parameters() if p.grad is not None)
    assert set(gradients) == set(model.transformer().weights.named())


SIZE = Size(
    vocab_size=64, hidden_size=32, layers=6, heads=4, window=16, mini_batch=8, parameters=120_000, state_size=16
)


def test_all_models_of_a_size_have_as_many_parameters() -> None:
    configs = baseline_configs(SIZE)
    assert set(configs) == {"full_attention", "sliding_window", "hybrid", "mamba2", "gated_deltanet", "ttt_kvb"}
    models: list[ComparedModel] = [LanguageModel(config) for config in configs.values()]
    models.append(EndToEnd(end_to_end_config(SIZE), SIZE.window, InnerRule(8, 1.0)))
    for model in models:
        assert abs(model.parameter_count() / SIZE.parameters - 1) <= TOLERANCE
        assert model.parameter_count() == sum(p.numel() for p in model.parameters())  # type: ignore[attr-defined]


def test_the_hybrid_has_five_windows_to_each_full_attention() -> None:
    mixers = baseline_configs(replace(SIZE, layers=13, parameters=250_000))["hybrid"].mixers
    windows = [mixer.window for mixer in mixers if isinstance(mixer, AttentionConfig)]
    assert windows == [16, 16, 16, 16, 16, None, 16, 16, 16, 16, 16, None, 16]


def test_widths_are_multiples_of_eight_where_one_will_do() -> None:
    assert matching_width(lambda width: 1000 + 10 * width, 2030) == 104
    assert matching_width(lambda width: 100 * width, 1100) == 11


def test_the_pages_examples_run(tmp_path: Path) -> None:
    assert run_page(REPOSITORY / "docs" / "baselines.md", tmp_path) == 2


# Initial weights


@every_mixer
def test_a_seed_makes_the_weights_and_leaves_pytorchs_own_state(mixer: MixerConfig) -> None:
    config = BaselineConfig(VOCABULARY, HIDDEN, 10, (mixer,))
    state = torch.get_rng_state()
    models = [LanguageModel(config, seed) for seed in (0, 0, 1)]
    assert torch.equal(torch.get_rng_state(), state)
    for name, parameter in models[0].named_parameters():
        assert torch.isfinite(parameter).all(), name
        assert torch.equal(parameter, dict(models[1].named_parameters())[name])
    assert not torch.equal(models[0].embedding, models[2].embedding)
    assert not torch.equal(next(models[0].blocks[0].mixer.parameters()), next(models[2].blocks[0].mixer.parameters()))


@every_mixer
def test_a_model_made_without_memory_gets_the_same_weights_later(mixer: MixerConfig) -> None:
    config = BaselineConfig(VOCABULARY, HIDDEN, 10, (mixer,), tie_word_embeddings=False, post_norm=True)
    with torch.device("meta"):
        model = LanguageModel(config)
    model = model.to_empty(device="cpu")
    model.reset_parameters(0)
    expected = dict(LanguageModel(config, 0).named_parameters())
    assert all(torch.equal(parameter, expected[name]) for name, parameter in model.named_parameters())


@pytest.mark.filterwarnings("ignore:FSDP2-wrapped module:UserWarning")  # states are views, and nothing writes into them
def test_a_model_can_be_sharded() -> None:
    distributed = pytest.importorskip("torch.distributed")
    if not distributed.is_available():
        pytest.skip("this PyTorch has no torch.distributed")
    from torch.distributed.fsdp import fully_shard, register_fsdp_forward_method

    model = LanguageModel(BaselineConfig(VOCABULARY, HIDDEN, 10, tuple(MIXERS.values())))
    whole, ids = deepcopy(model), ids_of(2, 8)
    expected = whole.backward(ids[:, :-1], ids[:, 1:])
    distributed.init_process_group("gloo", store=distributed.HashStore(), rank=0, world_size=1)
    try:
        for block in model.blocks:
            fully_shard(block)
        fully_shard(model)
        register_fsdp_forward_method(model, "backward")
        register_fsdp_forward_method(model, "prefill")
        torch.testing.assert_close(model.backward(ids[:, :-1], ids[:, 1:]), expected)
        gradients = [p.grad.full_tensor() for p in model.parameters() if p.grad is not None]
        torch.testing.assert_close(gradients, [p.grad for p in whole.parameters()])
        torch.testing.assert_close(model.prefill(ids)[0], whole.prefill(ids)[0])
    finally:
        distributed.destroy_process_group()


def test_a_stream_can_go_on_as_a_constant() -> None:
    model = model_of(MIXERS["ttt_kvb"], MIXERS["mamba2"])
    _, state = model(ids_of(1, 6))
    constant = state.detached()
    assert any(t.requires_grad for layer in state.layers for t in tensors_of(layer))
    assert not any(t.requires_grad for layer in constant.layers for t in tensors_of(layer))
    piece = ids_of(1, 3, seed=1)
    torch.testing.assert_close(model(piece, constant)[0], model(piece, state)[0])


def decoded(model: LanguageModel, ids: Tensor, state: Any) -> tuple[list[Tensor], Any]:
    logits = []
    for token in ids.mT:
        found, state = model.decode(token, state)
        logits.append(found)
    return logits, state


def test_a_decoded_token_moves_no_keys_of_those_before_it() -> None:
    model = model_of(MIXERS["full"])
    _, state = model.prefill(ids_of(2, 9))
    moved, place = 0, state.layers[0].keys.data_ptr()
    for token in ids_of(2, 400, seed=1).mT:
        _, state = model.decode(token, state)
        moved, place = moved + (state.layers[0].keys.data_ptr() != place), state.layers[0].keys.data_ptr()
    assert state.layers[0].keys.shape[2] == 409
    assert moved == 1  # the room of the first piece was full once


def test_two_continuations_of_one_state_do_not_see_each_other() -> None:
    model, ids = model_of(MIXERS["full"]), ids_of(2, 9)
    one, other = ids_of(2, 300, seed=1), ids_of(2, 300, seed=2)
    _, state = model.prefill(ids)
    first, after_one = decoded(model, one[:, :5], state)
    second, _ = decoded(model, other, state)
    third, _ = decoded(model, one[:, 5:], after_one)
    for logits, tail in (([*first, *third], one), (second, other)):
        hidden, _ = model(torch.cat([ids, tail], 1))
        expected = F.linear(hidden[:, 9:], model.unembedding)
        near([torch.stack(logits, 1)], [expected], 1e-9)


# What cannot be


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: AttentionConfig(4, 7), "head_dim 7 is odd"),
        (lambda: AttentionConfig(4, 8, key_value_heads=3), "key_value_heads 3 does not divide heads 4"),
        (lambda: AttentionConfig(4, 8, window=0), "window must be a positive integer; it is 0"),
        (lambda: Mamba2Config(heads=4, groups=3), "groups 3 does not divide heads 4"),
        (lambda: Mamba2Config(heads=4, chunk=0), "chunk must be a positive integer; it is 0"),
        (lambda: GatedDeltaNetConfig(2, 4, -1), "value_dim must be a positive integer; it is -1"),
        (lambda: TTTKVBConfig(WINDOW, heads=5, chunk=4), "heads 5 does not divide the attention heads' dimensions 12"),
        (lambda: TTTKVBConfig(WINDOW, heads=2, chunk=6), "window 5 is shorter than chunk 6"),
        (lambda: TTTKVBConfig(AttentionConfig(2, 6), heads=2, chunk=4), "set attention.window"),
        (lambda: TTTKVBConfig(AttentionConfig(2, 6, 1, 8), heads=2, chunk=4), "2 heads cannot share 1"),
        (lambda: BaselineConfig(0, 4, 4, (WINDOW,)), "vocab_size must be a positive integer; it is 0"),
        (lambda: BaselineConfig(9, 4, 4, ()), "mixers must name at least one"),
        (lambda: replace(SIZE, heads=5), "heads 5 does not divide hidden_size 32"),
        (lambda: baseline_configs(replace(SIZE, layers=5)), "of 5 layers the hybrid has none"),
        (lambda: baseline_configs(replace(SIZE, parameters=9_000)), "no MLP width gives 9,000 parameters to 3%"),
        (lambda: end_to_end_config(replace(SIZE, parameters=9_000)), "no MLP width gives 9,000 parameters to 3%"),
        (lambda: small_end_to_end(mlp_bias=True), "without biases"),
    ],
)
def test_sizes_that_do_not_go_together_are_named(make: Callable[[], object], message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        make()
    assert message in str(caught.value)


@every_mixer
def test_a_state_of_other_streams_is_refused(mixer: MixerConfig) -> None:
    model = model_of(mixer)
    with pytest.raises(InputError, match="the state is of 2 sequences, the token ids of 3"):
        model(ids_of(3, 4), model.empty_state(2))
    with pytest.raises(InputError, match="the state has 1 layers, the model 2"):
        model_of(mixer, mixer)(ids_of(2, 4), model.empty_state(2))
    other = MIXERS["full"] if isinstance(mixer, Mamba2Config) else MIXERS["mamba2"]
    with pytest.raises(InputError, match=r"layer 0 of the state is a \w+; the model's has \w+"):
        model_of(other)(ids_of(2, 4), model.empty_state(2))


def test_ids_that_the_model_does_not_have_are_refused() -> None:
    model = model_of(WINDOW)
    with pytest.raises(InputError, match="from 0 to 28; got 0 to 29"):
        model(torch.tensor([[0, 29]]))
    with pytest.raises(InputError, match=r"at least one token; got \[2, 0\]"):
        model(torch.zeros(2, 0, dtype=torch.long))
    with pytest.raises(InputError, match="no multiple of the mini-batch of 4"):
        small_end_to_end().loss(ids_of(1, 6), ids_of(1, 6))


def test_ttt_e2e_that_diverges_while_it_reads_says_where() -> None:
    model = small_end_to_end()
    with torch.no_grad():
        dict(model.named_parameters())["dynamic.0.initial.down"].fill_(math.nan)
    with pytest.raises(DivergedError, match="diverged at mini-batch 1"):
        model.prefill(ids_of(1, 9))
