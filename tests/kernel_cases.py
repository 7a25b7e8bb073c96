"""Inputs on which every implementation of an operation must agree with its oracle, two derivatives deep."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class AttentionCase:
    """One call of sliding-window attention."""

    name: str
    queries: int
    keys: int
    window: int
    heads: int = 2
    groups: int = 2
    dim: int = 16
    sinks: int = 0
    cached: int = 0
    batch: int = 1
    mean: float = 0.0
    strided: bool = False

    def tensors(self, dtype: torch.dtype = torch.float64, device: torch.device | str = "cpu") -> list[Tensor]:
        """q, k and v as leaves, the same numbers on every device.

        ``strided``: as they come out of one projection, heads between tokens.
        """
        generator = torch.Generator().manual_seed(len(self.name) + self.queries + 7 * self.keys)

        def make(heads: int, length: int) -> Tensor:
            shape = (self.batch, length, heads, self.dim + 3) if self.strided else (self.batch, heads, length, self.dim)
            x = torch.randn(shape, generator=generator, dtype=torch.float64)
            x = (x + self.mean * torch.randn(shape[-1], generator=generator, dtype=torch.float64)).to(device, dtype)
            if self.strided:
                x = x[..., 1:-2].transpose(1, 2)
            return x.requires_grad_()

        return [make(self.heads, self.queries), make(self.groups, self.keys), make(self.groups, self.keys)]


CASES = [
    AttentionCase("plain", 7, 7, 3),
    AttentionCase("odd-lengths", 67, 67, 33),
    AttentionCase("window-of-1", 9, 9, 1),
    AttentionCase("window-longer-than-input", 21, 21, 1000),
    AttentionCase("one-query-full-cache", 1, 70, 64, cached=69),
    AttentionCase("cache", 20, 85, 40, cached=65),
    AttentionCase("cache-longer-than-the-window", 10, 140, 17, cached=130),
    AttentionCase("groups-of-3", 19, 19, 8, heads=3, groups=1),
    AttentionCase("groups-of-8", 11, 11, 8, heads=8, groups=1, batch=2),
    AttentionCase("two-groups-of-3", 18, 30, 8, heads=6, groups=2, batch=2, cached=12),
    AttentionCase("unaligned-strides", 13, 18, 5, heads=4, strided=True, dim=9),
    AttentionCase("rows-fully-masked", 12, 5, 3),
    AttentionCase("rows-fully-masked-and-sinks", 12, 7, 2, sinks=2),
    AttentionCase("large-means", 33, 33, 16, mean=30.0),
    AttentionCase("sinks", 37, 37, 6, sinks=4),
    AttentionCase("sinks-and-cache", 5, 37, 6, sinks=3, cached=32, heads=4),
    AttentionCase("head-of-40", 8, 8, 5, dim=40),
    AttentionCase("head-of-80-in-two-parts", 17, 20, 9, dim=80, cached=3),
]


def two_derivatives(
    attend: Callable[..., Tensor],
    inputs: Sequence[Tensor],
    cached: Sequence[tuple[int, int]] = (),
    weights_dtype: torch.dtype | None = None,
) -> dict[str, Tensor]:
    """The output, its gradient, and the gradient of a weighted sum of that gradient, all with fixed random weights.

    Args:
        cached: (which input, how many of its first keys) are constants of the first gradient.
        weights_dtype: what the random weights are rounded to; None: the inputs' dtype.
    """
    generator = torch.Generator().manual_seed(5)

    def weights_like(x: Tensor) -> Tensor:
        return torch.randn(x.shape, generator=generator, dtype=torch.float64).to(weights_dtype or x.dtype).to(x)

    out = attend(*inputs)
    upstream = weights_like(out).requires_grad_()
    plain = torch.autograd.grad(out, inputs, upstream, retain_graph=True)
    first = list(torch.autograd.grad(out, inputs, upstream, create_graph=True))
    for number, keys in cached:
        first[number] = first[number][:, :, keys:]
    total = sum(((f * weights_like(f)).sum() for f in first), out.new_zeros(()))
    second = torch.autograd.grad(total, [*inputs, upstream], allow_unused=True)
    found = {
        "out": out,
        **{f"first {i}": p for i, p in enumerate(plain)},
        **{f"inner {i}": f for i, f in enumerate(first)},
    }
    return found | {f"second {i}": s for i, s in enumerate(second) if s is not None}
