"""Every kernel against its oracle in float64: output, gradient and gradient of the gradient, in three dtypes.

An error is ‖found - right‖ / ‖right‖. What it is held to is the error of PyTorch's own operations on the same inputs
in the same dtype: a kernel may lose three times as much, and a few roundings more. New buffers are full of NaN.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch
from gpu.common import Context, processes, relative_error
from gpu.shapes import TINY, random_model
from kernel_cases import CASES, AttentionCase, two_derivatives
from torch import Tensor

from hybrid import kernels
from hybrid.kernels import reference

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
TIMES_AS_MUCH, ROUNDINGS = 3.0, 8.0
HEADS = [
    AttentionCase(f"head-of-{dim}", 259, 515, 300, heads=4, groups=2, dim=dim, cached=200)
    for dim in (32, 64, 96, 128, 200, 256)
]


@dataclass(frozen=True)
class Check:
    """One operation on one set of inputs: ``run(implementation, tensors)``; None is the oracle."""

    name: str
    inputs: Callable[[torch.dtype, torch.device], list[Tensor]]
    run: Callable[[str | None, list[Tensor], torch.dtype], dict[str, Tensor]]


def run(context: Context) -> None:
    """All checks, spread over the cores: most of the time is spent compiling."""
    if context.shards == 1 and context.gpu:
        context.on_every_core(processes(True))
        context.attempt(lambda: model(context), check="model")
        return
    checks = [*_attention(CASES + HEADS), *_operations()]
    if context.quick:
        checks = [
            c for c in checks if c.name in ("attention odd-lengths", "attention sinks", "swiglu 5x14", "rms_norm 19x12")
        ]
    names = [n for n in DTYPES if context.gpu or n != "bfloat16"]  # Triton's interpreter multiplies it wrongly
    for check, name in context.share([(c, n) for n in names for c in checks]):
        context.attempt(partial(_compare, context, check, name), check=check.name, dtype=name)
    if context.shards == 1:
        context.attempt(lambda: model(context), check="model")


def _compare(context: Context, check: Check, name: str) -> None:
    dtype = DTYPES[name]
    inputs = check.inputs(dtype, context.device)
    right = check.run(None, [_leaf(t, torch.float64) for t in inputs], dtype)
    plain = check.run(None, [_leaf(t, dtype) for t in inputs], dtype)
    torch_path = check.run("torch", [_leaf(t, dtype) for t in inputs], dtype)
    with poisoned():
        found = check.run("triton", [_leaf(t, dtype) for t in inputs], dtype)
    orders: dict[str, dict[str, float]] = {}
    wrong: list[str] = []
    largest: dict[str, float] = {}
    for part, tensor in right.items():
        order = part.split()[0]
        largest[order] = max(largest.get(order, 0.0), float(tensor.detach().norm()))
    for part, tensor in right.items():
        # Where the right value is zero throughout, what is found is held against the largest of its order.
        scale = float(tensor.detach().norm()) or largest[part.split()[0]] or 1.0
        errors = [float((one[part].double() - tensor).detach().norm()) / scale for one in (found, torch_path, plain)]
        bound = TIMES_AS_MUCH * max(errors[1:]) + ROUNDINGS * torch.finfo(dtype).eps
        if not errors[0] <= bound:  # NaN is no number, and wrong
            wrong.append(f"{part}: {errors[0]:.2e}, allowed {bound:.2e}")
        order = part.split()[0]
        worst = orders.setdefault(order, {"triton": 0.0, "torch": 0.0, "plain": 0.0})
        for variant, error in zip(worst, errors, strict=True):
            worst[variant] = max(worst[variant], error)
    # What is PyTorch's by default is no fault of the package where Triton's, asked for by name, falls behind.
    default = "torch" if dtype == torch.float32 and check.name.startswith("attention") else "triton"
    context.row(
        check=check.name, dtype=name, errors=orders, wrong=wrong, default=default, ok=not wrong or default == "torch"
    )  # fmt: skip


def _leaf(t: Tensor, dtype: torch.dtype) -> Tensor:
    """A leaf; in its own dtype with the strides of ``t``, which decide how the kernels are launched."""
    return t.detach().to(dtype).requires_grad_()


def _attention(cases: list[AttentionCase]) -> Iterator[Check]:
    for case in cases:

        def attend(
            case: AttentionCase, way: str | None, tensors: list[Tensor], dtype: torch.dtype
        ) -> dict[str, Tensor]:
            def function(*t: Tensor) -> Tensor:
                if way is None:
                    return reference.sliding_window_attention(*t, case.window, sinks=case.sinks)
                return kernels.sliding_window_attention(
                    *t,
                    case.window,
                    sinks=case.sinks,
                    cached=case.cached,
                    implementation=way,  # type: ignore[arg-type]
                )

            constant = [(1, case.cached), (2, case.cached)]
            return two_derivatives(function, tensors, constant, dtype)

        yield Check(f"attention {case.name}", case.tensors, partial(attend, case))


def _operations() -> Iterator[Check]:
    def noise(*shapes: tuple[int, ...], scale: float = 1.0) -> Callable[[torch.dtype, torch.device], list[Tensor]]:
        def make(dtype: torch.dtype, device: torch.device) -> list[Tensor]:
            generator = torch.Generator().manual_seed(7)
            return [
                (scale * torch.randn(s, generator=generator, dtype=torch.float64)).to(device, dtype) for s in shapes
            ]

        return make

    def twice(ours: Callable[..., Tensor], oracle: Callable[..., Tensor]) -> Callable[..., dict[str, Tensor]]:
        def go(way: str | None, tensors: list[Tensor], dtype: torch.dtype) -> dict[str, Tensor]:
            function = oracle if way is None else partial(ours, implementation=way)
            return two_derivatives(function, tensors, weights_dtype=dtype)

        return go

    for shape in ((5, 14), (1, 1), (257, 1536)):
        name = f"swiglu {shape[0]}x{shape[1]}"
        yield Check(name, noise(shape, shape), twice(kernels.swiglu, reference.swiglu))
    for shape in ((19, 12), (1, 8), (70, 5), (130, 576), (33, 2560), (9, 8192)):
        yield Check(
            f"rms_norm {shape[0]}x{shape[1]}", noise(shape, (shape[1],)),
            twice(
                lambda x, w, implementation: kernels.rms_norm(x, w, 1e-5, implementation=implementation),
                lambda x, w: reference.rms_norm(x, w, 1e-5),
            ),
        )  # fmt: skip
    for tokens, head in ((13, 6), (301, 64), (77, 128)):

        def rotated(x: Tensor, tokens: int, head: int, implementation: str | None = None) -> Tensor:
            frequencies = 10_000.0 ** (-torch.arange(0, head, 2, device=x.device, dtype=torch.float64) / head)
            table = reference.rope_table(torch.arange(tokens, device=x.device) + 100_000, frequencies, x.dtype)
            return (
                reference.rope(x, table)
                if implementation is None
                else kernels.rotary(x, table, implementation=implementation)
            )  # type: ignore[arg-type]

        own = partial(rotated, tokens=tokens, head=head)
        yield Check(f"rotary {tokens}x{head}", noise((2, 3, tokens, head)), twice(own, own))
    for reduction in ("none", "mean"):
        for tokens, words, hidden in ((7, 33, 12), (700, 5003, 64)):

            def loss(h: Tensor, u: Tensor, reduction: str, words: int, implementation: str | None = None) -> Tensor:
                targets = torch.arange(len(h), device=h.device) * 7 % words
                if implementation is None:
                    each = reference.linear_cross_entropy(h, u, targets)
                    return each if reduction == "none" else each.mean()
                return kernels.linear_cross_entropy(
                    h,
                    u,
                    targets,
                    reduction=reduction,
                    implementation=implementation,  # type: ignore[arg-type]
                )

            own = partial(loss, reduction=reduction, words=words)
            make = noise((tokens, hidden), (words, hidden), scale=0.5)
            yield Check(f"linear_cross_entropy {reduction} {tokens}x{words}", make, twice(own, own))
    for rows, columns in ((7, 3), (130, 70), (1536, 576)):
        yield Check(f"update {rows}x{columns}", noise((rows, columns)), _update)


@torch.no_grad()
def _update(way: str | None, tensors: list[Tensor], _dtype: torch.dtype) -> dict[str, Tensor]:
    """The norm of a gradient, and a step on float32 weights."""
    (w,) = (t.detach() for t in tensors)
    if way is None:
        stepped = w.to(torch.promote_types(w.dtype, torch.float32)) - 0.05 * w
        return {"norm": w.square().sum(), "sgd": stepped}
    norm = kernels.squared_norm([w], implementation=way)  # type: ignore[arg-type]
    factor = torch.full((), 0.5, device=w.device, dtype=torch.float32)
    (stepped,) = kernels.sgd_step([w.float()], [w], factor, [0.1], implementation=way)  # type: ignore[arg-type]
    return {"norm": norm, "sgd": stepped}


@contextmanager
def poisoned() -> Iterator[None]:
    """Whatever is allocated without a value holds NaN: what a kernel does not write, shows."""
    real: dict[tuple[Any, str], Any] = {
        (torch, "empty"): torch.empty, (torch, "empty_like"): torch.empty_like, (Tensor, "new_empty"): Tensor.new_empty
    }  # fmt: skip

    def poisoning(make: Callable[..., Tensor]) -> Callable[..., Tensor]:
        def create(*arguments: Any, **options: Any) -> Tensor:
            found = make(*arguments, **options)
            return found.fill_(torch.nan) if found.is_floating_point() else found

        return create

    for (owner, name), make in real.items():
        setattr(owner, name, poisoning(make))
    try:
        yield
    finally:
        for (owner, name), make in real.items():
            setattr(owner, name, make)


def model(context: Context) -> None:
    """A small model: inner loop, meta-gradients and decoding on the device, against float64 on the CPU."""
    from hybrid.ttt.outer_loop import InnerRule, Sequences, meta_gradients

    cpu = torch.device("cpu")
    exact = random_model(TINY, cpu, torch.float64, window=48, sinks=2)
    ids = torch.randint(TINY.vocab_size, (1, 161), generator=torch.Generator().manual_seed(3))
    rule, names = InnerRule(32, 1.0, 1.0), list(exact.weights.named())
    right, gradients = meta_gradients(exact, Sequences(ids[:, :-1], ids[:, 1:]), rule, names)
    with torch.no_grad():
        starts = [d.initial for d in exact.weights.dynamic]
        hidden = exact.forward(ids[:, :120], exact.empty_cache(), starts)[0][0, 100:]
    for name in ("float32", "bfloat16") if context.gpu else ("float32",):
        dtype = DTYPES[name]
        implementations = {}
        for way in ("triton", "torch") if context.gpu else ("torch",):
            os.environ["HYBRID_KERNELS"] = way
            weights = exact.weights.mapped(lambda _, t, dtype=dtype: t.to(context.device, dtype))
            there = replace_model(exact, weights)
            moved = Sequences(ids[:, :-1].to(context.device), ids[:, 1:].to(context.device))
            run_, found = meta_gradients(there, moved, rule, names)
            lost = {n: relative_error(found[n].cpu(), gradients[n]) for n in names}
            implementations[way] = {
                "loss": relative_error(run_.token_loss.cpu(), right.token_loss),
                "meta_gradient": max(lost.values()),
                "worst": max(lost, key=lambda n: lost[n]),
                "decoding": _decoding_error(there, hidden, ids, context.device),
            }
        os.environ.pop("HYBRID_KERNELS")
        first, last = implementations.get("triton", implementations["torch"]), implementations["torch"]
        room = ROUNDINGS * torch.finfo(dtype).eps
        keys = ("loss", "meta_gradient", "decoding")
        ok = all(first[k] <= TIMES_AS_MUCH * last[k] + room for k in keys)
        context.row(check="model", dtype=name, implementations=implementations, ok=ok)


def replace_model(model: Any, weights: Any) -> Any:
    """The model with other weights, on their device."""
    return type(model)(model.config, weights, model.window, model.sinks)


@torch.no_grad()
def _decoding_error(model: Any, right: Tensor, ids: Tensor, device: torch.device) -> float:
    """Hidden states of 20 tokens made one at a time after 100 read at once, against the exact model's forward pass."""
    from hybrid.ttt.inference import Decoder, DecodingWeights

    fast = [replace(d.initial) for d in model.weights.dynamic]
    _, cache = model.forward(ids[:, :100].to(device), model.empty_cache(), fast)
    decoder = Decoder(DecodingWeights(model), fast, cache, 20)
    made = torch.stack([decoder.step(int(token)) for token in ids[0, 100:120]])
    return relative_error(made.cpu(), right)
