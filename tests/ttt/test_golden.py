"""The numbers of the official implementation, reproduced; and the mistakes that implementers make, caught by them."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import torch
from checkpoint_tensors import checkpoint_tensors
from safetensors import safe_open
from torch import Tensor

from hybrid.errors import DivergedError, InputError, SettingsError
from hybrid.kernels import clip_factor
from hybrid.ttt import outer_loop
from hybrid.ttt.checkpoints.official import from_official, to_official
from hybrid.ttt.inner_loop import flat
from hybrid.ttt.model.transformer import Transformer
from hybrid.ttt.model.weights import load_weights
from hybrid.ttt.outer_loop import Asked, InnerRule, Sequences, meta_gradients, run_inner_loop
from hybrid.ttt.training import prefix_output

DYNAMIC = "language_model.model.h.prime_storage.feed_forward_prime"


@dataclass
class Golden:
    """One configuration: the model in a dtype, its input, its inner rule, and what should come out."""

    model: Transformer
    sequences: Sequences
    rule: InnerRule
    expected: dict[str, Tensor]

    def gradients(self, **options: bool) -> dict[str, Tensor]:
        """Meta-gradients by official name."""
        weights = self.model.weights
        _, found = meta_gradients(self.model, self.sequences, self.rule, weights.named(), **options)
        return self.official(weights.replaced(found))

    def official(self, weights: object) -> dict[str, Tensor]:
        return to_official(self.model.config, checkpoint_tensors(self.model.config, weights))  # type: ignore[arg-type]


def load(name: str, dtype: torch.dtype) -> Golden:
    with safe_open(Path(__file__).parent / "golden" / f"config_{name}.safetensors", framework="pt") as file:
        found = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        numbers = json.loads(file.metadata()["hyperparameters"])
    arrays = {key.removeprefix("param."): t for key, t in found.items() if key.startswith("param.")}
    config, tensors = from_official(arrays, rope_theta=numbers["rope_theta"])
    assert config.num_attention_heads == numbers["heads"]
    weights = load_weights(config, lambda key: tensors[key].to(dtype), dtype)
    sequences = Sequences(
        found["input.input_ids"].long(), found["input.target_tokens"].long(), found["input.loss_mask"]
    )
    rule = InnerRule(numbers["mini_batch"], numbers["learning_rate"], numbers["clip"])
    return Golden(Transformer(config, weights, numbers["window"], 0), sequences, rule, found)


@pytest.fixture(params="abcd")
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def close(ours: Tensor, theirs: Tensor, atol: float) -> None:
    torch.testing.assert_close(ours.double(), theirs.double(), atol=atol, rtol=0)


def relative(ours: dict[str, Tensor], golden: Golden) -> dict[str, float]:
    expected = {
        key.removeprefix("fp64.meta.grad."): t
        for key, t in golden.expected.items()
        if key.startswith("fp64.meta.grad.")
    }
    assert ours.keys() == expected.keys()
    return {key: float((ours[key].double() - t).norm() / t.norm()) for key, t in expected.items()}


@pytest.mark.parametrize(("dtype", "atol"), [(torch.float64, 1e-10), (torch.float32, 5e-5)], ids=["float64", "float32"])
def test_inner_loop_is_the_official_one(name: str, dtype: torch.dtype, atol: float) -> None:
    golden = load(name, dtype)
    run, want = run_inner_loop(golden.model, golden.sequences, golden.rule), golden.expected
    close(run.token_loss, want["fp64.meta.token_nll"], atol)
    close(run.chunk_loss, want["fp64.meta.chunk_loss"], atol)
    close(run.gradient_norm, want["fp64.meta.inner_grad_norm"], atol)
    close(run.sequence_loss, want["fp64.meta.seq_loss"], atol)
    assert run.loss == pytest.approx(want["fp64.meta.loss"].item(), abs=atol)
    final = iter(t if t.dim() == 3 else t[None] for t in flat(run.fast[-1]))
    for layer in range(golden.model.config.suffix_layers):
        for part in ("w1", "w3", "w2"):  # gate, up, down
            close(next(final).mT, want[f"fp64.meta.inner_weights_final.{part}"][:, layer], atol)


@pytest.mark.parametrize(
    ("dtype", "bound"), [(torch.float64, 1e-10), (torch.float32, 2e-4)], ids=["float64", "float32"]
)
def test_meta_gradient_of_every_parameter_is_the_official_one(name: str, dtype: torch.dtype, bound: float) -> None:
    golden = load(name, dtype)
    errors = relative(golden.gradients(), golden)
    assert max(errors.values()) < bound, max(errors, key=errors.__getitem__)


@pytest.mark.parametrize("small", ["d", pytest.param("c", marks=pytest.mark.slow)])
def test_triton_kernels_give_the_official_numbers_too(small: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HYBRID_KERNELS", "triton")
    golden = load(small, torch.float64)
    run = run_inner_loop(golden.model, golden.sequences, golden.rule)
    close(run.token_loss, golden.expected["fp64.meta.token_nll"], 1e-10)
    errors = relative(golden.gradients(), golden)
    assert max(errors.values()) < 1e-10, max(errors, key=errors.__getitem__)


def test_prefix_output_is_the_official_one_whatever_the_pieces(name: str) -> None:
    golden = load(name, torch.float64)
    for piece in (golden.rule.mini_batch, 7, 1000):
        close(prefix_output(golden.model, golden.sequences.ids, piece), golden.expected["fp64.prefix.output"], 1e-10)


def test_without_a_step_size_the_losses_are_those_of_the_static_model(name: str) -> None:
    golden = load(name, torch.float64)
    run = run_inner_loop(golden.model, golden.sequences, replace(golden.rule, learning_rate=0.0))
    close(run.token_loss, golden.expected["fp64.static_swa.token_nll"], 1e-10)


def test_prefix_computed_once_gives_the_same_gradients_above_it(name: str) -> None:
    golden = load(name, torch.float64)
    names = [n for n in golden.model.weights.named() if n.startswith("dynamic.")]
    known = replace(golden.sequences, prefix=prefix_output(golden.model, golden.sequences.ids, 16))
    run, found = meta_gradients(golden.model, known, golden.rule, names)
    full, expected = meta_gradients(golden.model, golden.sequences, golden.rule, names)
    close(run.token_loss, full.token_loss, 1e-12)
    for key, gradient in found.items():
        close(gradient, expected[key], 1e-12)


def difference(golden: Golden, gradients: dict[str, Tensor]) -> float:
    """Norm of the difference over norm of the right gradient, all parameters together."""
    right = {k: golden.expected[f"fp64.meta.grad.{k}"] for k in gradients}
    wrong = sum(float((gradients[k].double() - t).square().sum()) for k, t in right.items())
    return float((wrong / sum(float(t.square().sum()) for t in right.values())) ** 0.5)


def test_first_order_is_off_by_what_the_official_code_is_off_by() -> None:
    golden = load("a", torch.float64)
    assert difference(golden, golden.gradients(first_order=True)) == pytest.approx(0.291047, abs=1e-5)


def test_constant_clip_norm_would_show(monkeypatch: pytest.MonkeyPatch) -> None:
    golden, right = load("a", torch.float64), clip_factor
    monkeypatch.setattr(outer_loop, "clip_factor", lambda squared, bound: right(squared, bound).detach())
    assert difference(golden, golden.gradients()) == pytest.approx(0.026826, abs=1e-5)


def test_detached_caches_would_show(monkeypatch: pytest.MonkeyPatch) -> None:
    golden, right = load("a", torch.float64), outer_loop._cache_tensors
    below = 4 * golden.model.config.prefix_layers  # the official prefix runs in one pass and has no cache
    monkeypatch.setattr(
        outer_loop, "_cache_tensors", lambda cache: [*right(cache)[:below], *(t.detach() for t in right(cache)[below:])]
    )
    assert difference(golden, golden.gradients()) == pytest.approx(0.240920, abs=1e-5)


def test_a_mini_batch_in_which_no_target_counts_changes_nothing_and_keeps_gradients_finite() -> None:
    golden = load("a", torch.float64)
    mask = golden.sequences.mask.clone()  # type: ignore[union-attr]
    mask[:, 32:48] = 0
    golden.sequences = replace(golden.sequences, mask=mask)
    run = run_inner_loop(golden.model, golden.sequences, golden.rule)
    assert run.chunk_loss[0, 2] == 0
    for before, after in zip(flat(run.fast[2]), flat(run.fast[3]), strict=True):
        assert torch.equal(before, after)
    assert all(bool(torch.isfinite(t).all()) for t in golden.gradients().values())


def test_what_cannot_be_differentiated_as_asked_is_refused() -> None:
    golden = load("d", torch.float64)
    cut = Sequences(golden.sequences.ids[:, :-1], golden.sequences.targets[:, :-1])
    with pytest.raises(InputError, match="63 tokens is no multiple of the mini-batch of 8"):
        run_inner_loop(golden.model, cut, golden.rule)
    with pytest.raises(InputError, match="from 0 to 52; got 60"):
        run_inner_loop(golden.model, Sequences(cut.ids[:, :8] * 0 + 60, cut.targets[:, :8]), golden.rule)
    with pytest.raises(InputError, match="0 tokens"):
        run_inner_loop(golden.model, Sequences(cut.ids[:, :0], cut.targets[:, :0]), golden.rule)
    with pytest.raises(SettingsError, match=r"blocks\.9\.down"):
        meta_gradients(golden.model, golden.sequences, golden.rule, ["blocks.9.down"])
    known = replace(golden.sequences, prefix=prefix_output(golden.model, golden.sequences.ids, 8))
    for trained in ("embedding", "blocks.0.qkv"):
        with pytest.raises(SettingsError, match="prefix"):
            meta_gradients(golden.model, known, golden.rule, [trained])


def test_divergence_names_the_mini_batch() -> None:
    golden = load("d", torch.float32)
    with pytest.raises(DivergedError, match="mini-batch"):
        run_inner_loop(golden.model, golden.sequences, replace(golden.rule, learning_rate=1e30))


def golden_asked(share: float = 0.7) -> tuple[Golden, Sequences]:
    golden = load("a", torch.float64)
    ids = golden.sequences.ids[:1]
    answers = torch.stack([ids[0, 3:20], ids[0, 10:27]])
    weights = torch.zeros(2, 16)
    weights[0, 9:], weights[1, 5:12] = 1 / 14, 1 / 14
    question = Asked(answers[:, :-1], answers[:, 1:], weights, share)
    return golden, Sequences(ids, golden.sequences.targets[:1], asked=question)


def test_the_gradient_is_that_of_the_loss_along_the_loop_and_of_the_answers_after_it() -> None:
    golden, sequences = golden_asked()
    model, named = golden.model, golden.model.weights.named()
    run, gradients = meta_gradients(model, sequences, golden.rule, named)
    generator, step = torch.Generator().manual_seed(0), 1e-6

    def loss(sign: int, direction: dict[str, torch.Tensor]) -> float:
        moved = {name: tensor + sign * step * direction[name] for name, tensor in named.items()}
        found = run_inner_loop(model.with_weights(model.weights.replaced(moved)), sequences, golden.rule)
        assert found.answer_loss is not None
        return found.loss + 0.7 * found.answer_loss

    for kind in ("dynamic.", "blocks.", "embedding"):  # initial fast weights, static blocks above and below, the head
        direction = {
            name: torch.randn(tensor.shape, generator=generator, dtype=tensor.dtype) * name.startswith(kind)
            for name, tensor in named.items()
        }
        slope = (loss(1, direction) - loss(-1, direction)) / (2 * step)
        ours = sum(float((gradients[name] * each).sum()) for name, each in direction.items())
        assert ours == pytest.approx(slope, rel=1e-5), kind
    assert run.answer_loss == pytest.approx(run_inner_loop(model, sequences, golden.rule).answer_loss)


def test_answers_of_no_weight_change_no_gradient() -> None:
    golden, sequences = golden_asked(share=0.0)
    names = list(golden.model.weights.named())
    _, with_answers = meta_gradients(golden.model, sequences, golden.rule, names)
    _, without = meta_gradients(golden.model, replace(sequences, asked=None), golden.rule, names)
    for name in names:
        torch.testing.assert_close(with_answers[name], without[name], atol=1e-12, rtol=0)


def test_several_sequences_or_ids_out_of_range_are_refused() -> None:
    golden, sequences = golden_asked()
    both = Sequences(sequences.ids.repeat(2, 1), sequences.targets.repeat(2, 1), asked=sequences.asked)
    with pytest.raises(InputError, match="one sequence at a time"):
        run_inner_loop(golden.model, both, golden.rule)
    assert sequences.asked is not None
    wrong = replace(sequences, asked=replace(sequences.asked, ids=sequences.asked.ids + 10**6))
    with pytest.raises(InputError, match="token ids must be"):
        meta_gradients(golden.model, wrong, golden.rule, [])


def test_an_answer_whose_loss_is_not_finite_ends_the_step() -> None:
    golden, sequences = golden_asked()
    assert sequences.asked is not None
    broken = replace(sequences, asked=replace(sequences.asked, weights=sequences.asked.weights * float("inf")))
    with pytest.raises(DivergedError, match="loss of the answers"):
        meta_gradients(golden.model, broken, golden.rule, list(golden.model.weights.named()))
