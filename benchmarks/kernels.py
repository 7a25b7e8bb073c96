"""Speed and peak memory of the operations, each against what PyTorch offers for the same job, in one run.

python benchmarks/kernels.py cpu                 windowed attention at 32K tokens, and the loss at 49,152 words

Both alternate; each figure is a median, and the ratio is the median of the ratios of neighbouring rounds. A GPU has
benchmarks/gpu.sh.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from hybrid import kernels

Side = Callable[[], object]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["cpu", "peak"])
    parser.add_argument("--tokens", type=int, default=32_768)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--variant", choices=list(LOSSES), help="peak: whose memory")
    options = parser.parse_args()
    if options.what == "peak":
        return peak(options.variant)
    attention(options.tokens, options.rounds)
    loss(options.rounds)
    return 0


def compare(name: str, ours: Side, theirs: Side, rounds: int) -> float:
    """Print both medians and how many times faster ours is."""
    timed: list[tuple[float, float]] = []
    ours()  # warms up
    for _ in range(rounds):
        pair = []
        for variant in (ours, theirs):
            start = time.perf_counter()
            variant()
            pair.append(time.perf_counter() - start)
        timed.append((pair[0], pair[1]))
    ratio = statistics.median(theirs / ours for ours, theirs in timed)
    medians = [statistics.median(t) for t in zip(*timed, strict=True)]
    print(f"{name}: {medians[0]:.3f} s against {medians[1]:.3f} s, ratio {ratio:.2f}", flush=True)
    return ratio


def attention(tokens: int, rounds: int, window: int = 1024, heads: int = 1, dim: int = 64) -> None:
    """Forward and backward against scaled_dot_product_attention with a boolean band mask."""
    q, k, v = (torch.randn(1, heads, tokens, dim, requires_grad=True) for _ in range(3))
    at = torch.arange(tokens)
    mask = (at[:, None] >= at) & (at[:, None] - at < window)

    def run(attend: Callable[[], Tensor]) -> Side:
        return lambda: torch.autograd.grad(attend().sum(), (q, k, v))

    ours = run(lambda: kernels.sliding_window_attention(q, k, v, window))
    theirs = run(lambda: F.scaled_dot_product_attention(q, k, v, attn_mask=mask))
    what = f"attention, {tokens} tokens, window {window}, {heads} head of {dim}, float32, forward and backward"
    compare(f"{what}, against SDPA with a mask", ours, theirs, rounds)


def loss_inputs() -> tuple[Tensor, Tensor, Tensor]:
    torch.manual_seed(0)
    # Logits of a spread like a model's: of larger ones the probabilities are subnormal, and every product crawls.
    hidden = (0.1 * torch.randn(4096, 576)).requires_grad_()
    unembedding = torch.randn(49_152, 576, requires_grad=True)
    return hidden, unembedding, torch.randint(49_152, (4096,))


def fused(hidden: Tensor, unembedding: Tensor, targets: Tensor) -> tuple[Tensor, ...]:
    return torch.autograd.grad(
        kernels.linear_cross_entropy(hidden, unembedding, targets, reduction="mean"), (hidden, unembedding)
    )


def plain(hidden: Tensor, unembedding: Tensor, targets: Tensor) -> tuple[Tensor, ...]:
    return torch.autograd.grad(F.cross_entropy(F.linear(hidden, unembedding), targets), (hidden, unembedding))


def nothing(hidden: Tensor, unembedding: Tensor, _: Tensor) -> tuple[Tensor, ...]:
    return torch.zeros_like(hidden), torch.zeros_like(unembedding)


LOSSES = {"fused": fused, "plain": plain, "nothing": nothing}


def loss(rounds: int) -> None:
    """Forward and backward with respect to both matrices, against F.cross_entropy of F.linear; then peak memory."""
    inputs = loss_inputs()
    for a, b in zip(fused(*inputs), plain(*inputs), strict=True):
        assert torch.allclose(a, b, atol=1e-6)
    name = "linear_cross_entropy, 4,096 tokens, 49,152 words, 576 wide, float32, forward and backward"
    compare(f"{name}, against cross_entropy of linear", lambda: fused(*inputs), lambda: plain(*inputs), rounds)
    found = {variant: peak_of(variant) for variant in LOSSES}
    extra = {variant: found[variant] - found["nothing"] for variant in ("fused", "plain")}
    print(
        f"{name}: peak above inputs and results {extra['fused']:.0f} MiB against {extra['plain']:.0f} MiB, "
        f"{extra['fused'] / extra['plain']:.3f} of it"
    )


def peak_of(variant: str) -> float:
    """MiB, of a process that does it once."""
    command = [sys.executable, __file__, "peak", "--variant", variant]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def peak(variant: str) -> int:
    LOSSES[variant](*loss_inputs())
    # Not ru_maxrss, which a process inherits from the one that started it.
    line = next(x for x in Path("/proc/self/status").read_text().splitlines() if x.startswith("VmHWM"))
    print(int(line.split()[1]) / 1024)
    return 0


if __name__ == "__main__":
    sys.exit(main())
