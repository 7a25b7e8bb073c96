"""Speed and peak memory of the operations, each against what PyTorch offers for the same job, in one run.

python benchmarks/kernels.py cpu                 windowed attention at 32K tokens, and the loss at 49,152 words
python benchmarks/kernels.py gpu                 every operation, latency and peak memory, beside the roofline

Sides alternate; each figure is a median, and the ratio is the median of the ratios of neighbouring rounds.
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
from hybrid.kernels import reference

Side = Callable[[], object]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["cpu", "gpu", "peak"])
    parser.add_argument("--tokens", type=int, default=32_768)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--side", choices=list(LOSSES), help="peak: whose memory")
    options = parser.parse_args()
    if options.what == "peak":
        return peak(options.side)
    if options.what == "gpu":
        return gpu(options.rounds)
    attention(options.tokens, options.rounds)
    loss(options.rounds)
    return 0


def compare(name: str, ours: Side, theirs: Side, rounds: int) -> float:
    """Print both medians and how many times faster ours is."""
    timed: list[tuple[float, float]] = []
    ours()  # warms up
    for _ in range(rounds):
        pair = []
        for side in (ours, theirs):
            start = time.perf_counter()
            side()
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
    found = {side: peak_of(side) for side in LOSSES}
    extra = {side: found[side] - found["nothing"] for side in ("fused", "plain")}
    print(
        f"{name}: peak above inputs and results {extra['fused']:.0f} MiB against {extra['plain']:.0f} MiB, "
        f"{extra['fused'] / extra['plain']:.3f} of it"
    )


def peak_of(side: str) -> float:
    """MiB, of a process that does it once."""
    command = [sys.executable, __file__, "peak", "--side", side]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def peak(side: str) -> int:
    LOSSES[side](*loss_inputs())
    # Not ru_maxrss, which a process inherits from the one that started it.
    line = next(x for x in Path("/proc/self/status").read_text().splitlines() if x.startswith("VmHWM"))
    print(int(line.split()[1]) / 1024)
    return 0


def gpu(rounds: int) -> int:
    """Latency and peak memory of each operation and order, beside SDPA, FlexAttention and the plain operations."""
    if not torch.cuda.is_available():
        print("no GPU here: nothing to measure. `python -m hybrid.kernels.roofline` says what to expect of one.")
        return 0
    from hybrid.kernels.roofline import Shapes, costs

    s, device = Shapes(), torch.device("cuda")
    bound = {cost.operation: cost for cost in costs(s)}

    def leaf(*shape: int) -> Tensor:
        return torch.randn(*shape, device=device, dtype=torch.bfloat16, requires_grad=True)

    def report(name: str, side: Side, known: str | None = None) -> None:
        for _ in range(3):
            side()
        torch.cuda.synchronize()
        torch.cuda.reset_peak_memory_stats()
        before, times = torch.cuda.memory_allocated(), []
        for _ in range(max(10, rounds)):
            start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
            start.record()
            side()
            end.record()
            torch.cuda.synchronize()
            times.append(start.elapsed_time(end))
        spent = (torch.cuda.max_memory_allocated() - before) / 2**20
        arithmetic = f", {bound[known].operations / 1e9 / statistics.median(times):.0f} TFLOP/s" if known else ""
        print(f"{name}: {statistics.median(times):.3f} ms, {spent:.0f} MiB{arithmetic}", flush=True)

    q, k, v = leaf(1, s.heads, s.tokens, s.head), *(leaf(1, s.groups, s.tokens, s.head) for _ in range(2))
    inputs = (q, k, v)

    def orders(name: str, operation: Callable[..., Tensor], tensors: tuple[Tensor, ...], known: str = "") -> None:
        out = operation(*tensors)
        upstream = torch.randn_like(out)
        report(f"{name}, forward", lambda: operation(*tensors), f"{known}, forward" if known else None)
        report(
            f"{name}, backward alone", lambda: torch.autograd.grad(out, tensors, upstream, retain_graph=True),
            f"{known}, backward" if known else None,
        )  # fmt: skip
        try:
            first = torch.autograd.grad(out, tensors, upstream, create_graph=True)
            cotangents = [torch.randn_like(f) for f in first]
            report(
                f"{name}, double backward alone",
                lambda: torch.autograd.grad(first, tensors, cotangents, retain_graph=True),
                f"{known}, double backward" if known else None,
            )
        except RuntimeError as error:
            print(f"{name}, double backward: {str(error).splitlines()[0]}")

    attention_name = "sliding_window_attention"
    orders("attention, ours", lambda *t: kernels.sliding_window_attention(*t, s.window), inputs, attention_name)
    orders("attention, SDPA", lambda *t: F.scaled_dot_product_attention(*t, is_causal=True, enable_gqa=True), inputs)
    from torch.nn.attention.flex_attention import create_block_mask, flex_attention

    block = create_block_mask(
        lambda _b, _h, i, j: (i >= j) & (i - j < s.window), None, None, s.tokens, s.tokens, device="cuda"
    )
    compiled = torch.compile(flex_attention)
    orders("attention, FlexAttention", lambda *t: compiled(*t, block_mask=block, enable_gqa=True), inputs)
    wide = leaf(s.tokens, s.mlp), leaf(s.tokens, s.mlp)
    orders("swiglu, ours", kernels.swiglu, wide)
    orders("swiglu, plain", reference.swiglu, wide)
    rows = leaf(s.tokens, s.hidden), leaf(s.hidden)
    orders("rms_norm, ours", lambda x, w: kernels.rms_norm(x, w, 1e-5), rows)
    orders("rms_norm, plain", lambda x, w: reference.rms_norm(x, w, 1e-5), rows)
    head, targets = (
        (leaf(s.tokens, s.hidden), leaf(s.words, s.hidden)),
        torch.randint(s.words, (s.tokens,), device=device),
    )
    orders("loss, ours", lambda h, u: kernels.linear_cross_entropy(h, u, targets, reduction="mean"), head)
    orders("loss, plain", lambda h, u: F.cross_entropy(F.linear(h, u).float(), targets), head)
    if hasattr(F, "linear_cross_entropy"):
        orders("loss, F.linear_cross_entropy", lambda h, u: F.linear_cross_entropy(h, u, targets), head)
    return 0


if __name__ == "__main__":
    sys.exit(main())
