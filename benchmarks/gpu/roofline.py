"""What each operation must cost on a chip, from its arithmetic and its traffic alone.

python -m benchmarks.gpu.roofline                 a table for the shapes of a 1B model at 8K tokens
python -m benchmarks.gpu.roofline --tokens 32768 --head 64

Nothing here was measured: ``benchmarks/gpu.sh`` holds a card against it.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass

# bfloat16 with float32 sums, dense; bytes a second of the high-bandwidth memory. From the vendor's data sheets (SXM).
CHIPS = {"H100": (989e12, 3.35e12), "A100": (312e12, 2.039e12)}
PRODUCTS = {"forward": 2, "backward": 7, "double backward": 18, "double backward, cached keys": 12}
# The part of the roof that the design reaches for, not what it was seen to reach.
REACH = {"forward": 0.6, "backward": 0.45, "double backward": 0.35, "double backward, cached keys": 0.35}
STREAMING_REACH = 0.8
PRODUCT_REACH = 0.7


@dataclass(frozen=True)
class Shapes:
    """One call of each operation."""

    tokens: int = 8192
    window: int = 8192
    heads: int = 32
    groups: int = 8
    head: int = 64
    hidden: int = 2048
    mlp: int = 8192
    words: int = 49152

    @property
    def pairs(self) -> int:
        """Visible pairs of a query and a key, in one head."""
        window = min(self.window, self.tokens)
        return self.tokens * window - window * (window - 1) // 2


@dataclass(frozen=True)
class Cost:
    """Floating-point operations, bytes from and to memory, and the part of the roof that is aimed at."""

    operation: str
    operations: float
    traffic: float
    reach: float

    def times(self, chip: str) -> tuple[float, float]:
        """Seconds that arithmetic and that memory takes on a chip."""
        speed, bandwidth = CHIPS[chip]
        return self.operations / speed, self.traffic / bandwidth


def costs(s: Shapes) -> Iterator[Cost]:
    """Every operation's, in bfloat16."""
    query, key, number = 2 * s.tokens * s.heads * s.head, 2 * s.tokens * s.groups * s.head, 4 * s.tokens * s.heads
    # Read: q, k, v and what the pass before kept; written: results, and float32 copies for the next pass.
    traffic = {
        "forward": query + 2 * key + query + 2 * query + 3 * number,
        "backward": 2 * (query + 2 * key) + 2 * query + 2 * query + 3 * query + 2 * key + 8 * number,
        "double backward": 2 * (3 * query + 4 * key) + 4 * query + 2 * query + 2 * key + 14 * number,
        "double backward, cached keys": 2 * (3 * query + 2 * key) + 4 * query + 2 * query + 2 * key + 14 * number,
    }
    for name, products in PRODUCTS.items():
        work = 2 * products * s.pairs * s.heads * s.head
        yield Cost(f"sliding_window_attention, {name}", work, traffic[name], REACH[name])
    wide, row, logits = 2 * s.tokens * s.mlp, 2 * s.tokens * s.hidden, 2 * s.tokens * s.words
    for name, count in (("forward", 3), ("backward", 5), ("double backward", 8)):
        yield Cost(f"swiglu, {name}", 12 * s.tokens * s.mlp, count * wide, STREAMING_REACH)
    for name, count in (("forward", 2), ("backward", 3), ("double backward", 5)):
        yield Cost(f"rms_norm, {name}", 12 * s.tokens * s.hidden, count * row, STREAMING_REACH)
    yield Cost("rotary, any order", 6 * s.tokens * s.heads * s.head, 2 * query, STREAMING_REACH)
    product = 2 * s.tokens * s.words * s.hidden
    weights = 2 * s.words * s.hidden
    chunks = -(-s.tokens // 512)
    for name, products, passes, reads in (
        ("forward and gradient of hidden states", 2, 4, 2),
        ("forward and both gradients", 3, 7, 4),
        ("second order", 5, 9, 5),
    ):
        # Chunked: the logits of a chunk go through memory, and the output matrix is read once a chunk and product.
        yield Cost(
            f"linear_cross_entropy, {name}", products * product, passes * logits + reads * chunks * weights + 3 * row,
            PRODUCT_REACH,
        )  # fmt: skip
    matrix = s.mlp * s.hidden
    yield Cost("sgd_step", 2 * matrix, (4 + 2 + 4) * matrix, STREAMING_REACH)


def table(shapes: Shapes) -> str:
    """Markdown, one row an operation, times in milliseconds."""
    lines = ["| operation | GFLOP | MB | " + " | ".join(f"{c}: arithmetic, memory, aim (ms)" for c in CHIPS) + " |"]
    lines.append("|---|---|---|" + "---|" * len(CHIPS))
    for cost in costs(shapes):
        cells = []
        for chip in CHIPS:
            arithmetic, memory = (1e3 * t for t in cost.times(chip))
            aim = max(arithmetic, memory) / cost.reach
            cells.append(f"{arithmetic:.3f}, {memory:.3f}, **{aim:.3f}**")
        lines.append(
            f"| {cost.operation} | {cost.operations / 1e9:.1f} | {cost.traffic / 1e6:.0f} | {' | '.join(cells)} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, value in vars(Shapes()).items():
        parser.add_argument(f"--{name}", type=int, default=value)
    print(table(Shapes(**vars(parser.parse_args()))))


if __name__ == "__main__":
    main()
