"""Time, peak memory and TFLOP/s of every operation and order, beside what PyTorch has, and beside the roofline.

The roof is this card's own: how fast it copies, and how fast the vendor's library multiplies bfloat16 on it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from gpu.common import Context, Work
from torch import Tensor
from torch.nn import functional as F

from benchmarks.gpu.roofline import Cost, Shapes, costs
from hybrid import kernels
from hybrid.kernels import reference

ROUNDS = 10


def run(context: Context) -> None:
    """Ceilings first, then the operations; what takes longest last."""
    small = not context.gpu
    shapes = (
        Shapes(tokens=64, window=64, heads=2, groups=1, head=16, hidden=32, mlp=48, words=96) if small else Shapes()
    )
    context.attempt(partial(_ceilings, context), what="ceilings")
    bench = _Bench(context, shapes)
    context.attempt(bench.rows, what="rows")
    context.attempt(bench.loss, what="loss")
    context.attempt(bench.update, what="update")
    long = Shapes(
        tokens=4 * shapes.tokens,
        window=shapes.tokens,
        heads=shapes.heads // 2,
        groups=shapes.heads // 2,
        head=2 * shapes.head,
    )
    for name, s in (("8K", shapes), ("32K, window 8K", long)):
        context.attempt(partial(bench.attention, name, s), what=f"attention {name}")
    context.attempt(partial(bench.flex, "8K", shapes), what="FlexAttention 8K")
    exact = _Bench(context, shapes, torch.float32)
    context.attempt(partial(exact.attention, "8K, float32", shapes, rivals=False), what="attention 8K, float32")
    context.attempt(partial(bench.flex, "32K, window 8K", long), what="FlexAttention 32K, window 8K")


def _ceilings(context: Context) -> None:
    size = 2**30 if context.gpu else 2**16
    source = torch.randn(size, device=context.device, dtype=torch.bfloat16)
    target = torch.empty_like(source)
    ms = context.milliseconds(lambda: target.copy_(source))
    context.row(what="copy", ms=ms, bytes_per_second=2 * source.nbytes / ms * 1e3)
    n = 8192 if context.gpu else 128
    for dtype in (torch.bfloat16, torch.float32):
        a, b = (torch.randn(n, n, device=context.device, dtype=dtype) for _ in range(2))
        ms = context.milliseconds(partial(torch.mm, a, b))
        name = str(dtype).removeprefix("torch.")
        context.row(what=f"matrix product, {name}", ms=ms, flop_per_second=2 * n**3 / ms * 1e3)


class _Bench:
    def __init__(self, context: Context, shapes: Shapes, dtype: torch.dtype | None = None) -> None:
        self.context, self.s = context, shapes
        self.dtype = dtype or (torch.bfloat16 if context.gpu else torch.float32)

    def leaf(self, *shape: int, scale: float = 1.0) -> Tensor:
        return (scale * torch.randn(shape, device=self.context.device)).to(self.dtype).requires_grad_()

    def timed(self, name: str, variant: str, order: str, work: Work, cost: Cost | None = None) -> None:
        facts: dict[str, Any] = {"operation": name, "variant": variant, "order": order}
        ms = self.context.milliseconds(work, rounds=ROUNDS, limit=0.6, queued=True)
        facts |= {"ms": ms, "peak_mib": self.context.peak_mib(work)}
        if cost is not None:
            facts |= {"flop": cost.operations, "bytes": cost.traffic, "tflops": cost.operations / ms / 1e9}
            facts["reach"] = cost.reach
        self.context.row(**facts)

    def orders(
        self, name: str, variant: str, operation: Callable[..., Tensor], tensors: tuple[Tensor, ...],
        known: dict[str, Cost] | None = None, *, double: bool = True,
    ) -> None:  # fmt: skip
        """Forward, backward alone, and double backward alone."""
        known = known or {}
        for implementation in ("torch", "triton") if variant == "ours" else (None,):
            call = operation if implementation is None else partial(operation, implementation=implementation)
            label = variant if implementation is None else f"ours, {implementation}"
            facts = {"operation": name, "variant": label}
            self.context.attempt(partial(self._orders, name, label, call, tensors, known, double), **facts)

    def _orders(
        self, name: str, label: str, call: Callable[..., Tensor], tensors: tuple[Tensor, ...],
        known: dict[str, Cost], double: bool,
    ) -> None:  # fmt: skip
        with torch.no_grad():
            self.timed(name, label, "forward", lambda: call(*tensors), known.get("forward"))
        out = call(*tensors)
        upstream = torch.randn_like(out)
        grad = torch.autograd.grad
        self.timed(
            name, label, "backward", lambda: grad(out, tensors, upstream, retain_graph=True), known.get("backward")
        )
        if not double:
            return
        first = grad(out, tensors, upstream, create_graph=True)
        cotangents = [torch.randn_like(f) for f in first]
        self.timed(
            name, label, "double backward", lambda: grad(first, tensors, cotangents, retain_graph=True),
            known.get("double backward"),
        )  # fmt: skip

    def bounds(self, prefix: str, shapes: Shapes) -> dict[str, Cost]:
        return {c.operation.removeprefix(f"{prefix}, "): c for c in costs(shapes) if c.operation.startswith(prefix)}

    def qkv(self, s: Shapes) -> tuple[Tensor, Tensor, Tensor]:
        return (
            self.leaf(1, s.heads, s.tokens, s.head),
            self.leaf(1, s.groups, s.tokens, s.head),
            self.leaf(1, s.groups, s.tokens, s.head),
        )

    def attention(self, name: str, s: Shapes, *, rivals: bool = True) -> None:
        inputs, bound, label = self.qkv(s), self.bounds("sliding_window_attention", s), f"attention, {name}"

        def ours(*t: Tensor, implementation: Any) -> Tensor:
            return kernels.sliding_window_attention(*t, s.window, implementation=implementation)

        self.orders(label, "ours", ours, inputs, bound)
        if rivals and s.window >= s.tokens:
            causal = partial(F.scaled_dot_product_attention, is_causal=True, enable_gqa=True)
            self.orders(label, "SDPA, causal", causal, inputs, bound, double=False)
            self.double_is_refused(label, "SDPA, causal", causal, inputs)

    def double_is_refused(
        self, name: str, variant: str, call: Callable[..., Tensor], inputs: tuple[Tensor, ...]
    ) -> None:
        """What a rival says when it is asked for a second derivative."""
        try:
            first = torch.autograd.grad(call(*inputs).sum(), inputs, create_graph=True)
            torch.autograd.grad(sum(f.sum() for f in first), inputs)
        except RuntimeError as error:
            self.context.row(
                operation=name, variant=variant, order="double backward", refused=str(error).splitlines()[0][:160]
            )

    def flex(self, name: str, s: Shapes) -> None:
        from torch.nn.attention.flex_attention import create_block_mask, flex_attention

        inputs, bound = self.qkv(s), self.bounds("sliding_window_attention", s)
        if not self.context.gpu:
            self.context.row(
                operation=f"attention, {name}", variant="FlexAttention", order="forward", refused="a GPU only"
            )
            return
        window = s.window
        mask = create_block_mask(
            lambda _b, _h, i, j: (i >= j) & (i - j < window), None, None, s.tokens, s.tokens, device="cuda"
        )
        compiled = torch.compile(partial(flex_attention, block_mask=mask, enable_gqa=True), dynamic=False)
        self.orders(f"attention, {name}", "FlexAttention", compiled, inputs, bound, double=False)
        self.double_is_refused(f"attention, {name}", "FlexAttention", compiled, inputs)

    def rows(self) -> None:
        s = self.s
        wide = self.leaf(s.tokens, s.mlp), self.leaf(s.tokens, s.mlp)
        self.orders("swiglu", "ours", kernels.swiglu, wide, self.bounds("swiglu", s))
        self.orders("swiglu", "plain", reference.swiglu, wide, self.bounds("swiglu", s))
        rows = self.leaf(s.tokens, s.hidden), self.leaf(s.hidden)
        bound = self.bounds("rms_norm", s)

        def normed(x: Tensor, w: Tensor, implementation: Any) -> Tensor:
            return kernels.rms_norm(x, w, 1e-5, implementation=implementation)

        self.orders("rms_norm", "ours", normed, rows, bound)
        self.orders("rms_norm", "plain", lambda x, w: reference.rms_norm(x, w, 1e-5), rows, bound)
        x = self.leaf(1, s.heads, s.tokens, s.head)
        at = torch.arange(s.tokens, device=x.device)
        frequencies = 10_000.0 ** (-torch.arange(0, s.head, 2, device=x.device, dtype=torch.float64) / s.head)
        table = reference.rope_table(at, frequencies, x.dtype)
        (cost,) = (c for c in costs(s) if c.operation.startswith("rotary"))
        known = dict.fromkeys(("forward", "backward", "double backward"), cost)

        def turned(x: Tensor, implementation: Any) -> Tensor:
            return kernels.rotary(x, table, implementation=implementation)

        self.orders("rotary", "ours", turned, (x,), known, double=False)
        self.orders("rotary", "plain", lambda x: reference.rope(x, table), (x,), known, double=False)

    def loss(self) -> None:
        s = self.s
        head = self.leaf(s.tokens, s.hidden, scale=0.5), self.leaf(s.words, s.hidden, scale=0.05)
        targets = torch.randint(s.words, (s.tokens,), device=self.context.device)
        bound = self.bounds("linear_cross_entropy", s)
        known = {"double backward": bound["second order"]}
        name = "linear_cross_entropy"

        def ours(h: Tensor, u: Tensor, implementation: Any) -> Tensor:
            return kernels.linear_cross_entropy(h, u, targets, reduction="mean", implementation=implementation)

        self.orders(name, "ours", ours, head, known)

        def both(call: Callable[..., Tensor]) -> Work:
            return lambda: torch.autograd.grad(call(*head), head)

        def plain(h: Tensor, u: Tensor) -> Tensor:
            return F.cross_entropy(F.linear(h, u).float(), targets)

        cost = bound["forward and both gradients"]
        for way in ("triton", "torch"):
            work = both(partial(ours, implementation=way))
            self.context.attempt(
                partial(self.timed, name, f"ours, {way}", "forward and backward", work, cost), variant=way
            )
        self.timed(name, "plain", "forward and backward", both(plain), cost)
        self.orders(name, "plain", plain, head, known)

    def update(self) -> None:
        s = self.s
        found = {c.operation: c for c in costs(s)}
        g = self.leaf(s.mlp, s.hidden).detach()
        w, factor = torch.randn(s.mlp, s.hidden, device=g.device), torch.full((), 0.5, device=g.device)
        with torch.no_grad():
            for way in ("triton", "torch"):
                options: Any = {"implementation": way}
                implementations = {
                    "sgd_step": (lambda o=options: kernels.sgd_step([w], [g], factor, [0.1], **o), found["sgd_step"]),
                    "squared_norm": (lambda o=options: kernels.squared_norm([g], **o), None),
                }
                for name, (work, cost) in implementations.items():
                    facts = {"operation": name, "variant": f"ours, {way}"}
                    self.context.attempt(partial(self.timed, name, f"ours, {way}", "forward", work, cost), **facts)
