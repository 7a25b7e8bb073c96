"""How fast a matrix multiplies one vector in each form that decoding has, beside `F.linear`, which transformers calls.

python benchmarks/matrix_forms.py --rows 9728 --columns 896

Weights a second of one thread's CPU, the forms by turns, medians. Each form has as many copies of the matrix as do not
fit in the cache. A type with a scale for each 16 weights, such as Q6_K, would be one of 8 bits with twice the columns,
in which 16 zeros follow 16 weights.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from hybrid.kernels.packed import BLOCK, BlockedMatrix, PlainMatrix, Quantised, QuantisedMatrix

Product = Callable[[Tensor], Tensor]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=9728)
    parser.add_argument("--columns", type=int, default=896)
    parser.add_argument("--megabytes", type=int, default=100, help="of copies of a form: more than the cache has")
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows, columns = options.rows, options.columns
    weights = rows * columns
    forms = made(rows, columns)
    x_1K = torch.randn(1, columns).bfloat16()
    taken: dict[str, list[float]] = {name: [] for name in forms}
    copies = {
        name: [make() for _ in range(1 + int(options.megabytes * 1e6 / weights / size))]
        for name, (size, make) in forms.items()
    }
    with torch.inference_mode():
        for _ in range(options.rounds + 1):  # the first warms up
            for name, same in copies.items():
                x = torch.cat([x_1K, x_1K], 1) if name == SIX_BITS else x_1K
                started = time.process_time()
                for product in same:
                    product(x)
                taken[name].append((time.process_time() - started) / len(same))
    print(f"{rows} x {columns}, {torch.backends.cpu.get_cpu_capability()}\n")
    print("| | 10^9 weights a CPU second | bytes a weight |\n|---|---|---|")
    for name, found in taken.items():
        print(f"| {name} | {weights / statistics.median(found[1:]) / 1e9:.1f} | {forms[name][0]:.2f} |")


SIX_BITS = "from 6 bits in blocks of 16"


def made(rows: int, columns: int) -> dict[str, tuple[float, Callable[[], Product]]]:
    """By form: bytes a weight, and a function that makes the product anew."""
    weight = torch.randn(rows, columns).bfloat16()

    def quantised(width: int, dtype: torch.dtype) -> Quantised:
        codes = torch.randint(0, 16, (rows, width), dtype=torch.uint8).to(dtype)
        return Quantised(codes, torch.rand(rows, width // BLOCK), torch.rand(rows, width // BLOCK))

    four, eight, six = (
        quantised(columns, torch.uint8),
        quantised(columns, torch.int8),
        quantised(2 * columns, torch.int8),
    )
    forms: dict[str, tuple[float, Callable[[], Product]]] = {
        "bfloat16, F.linear": (2, lambda: by_linear(weight.clone())),
        "bfloat16, by rows": (2, lambda: PlainMatrix(weight.clone(), None)),
    }
    if BlockedMatrix.takes(weight):
        forms["bfloat16, in oneDNN's order"] = (2, lambda: BlockedMatrix(weight, None))
    return forms | {
        "from 4 bits": (0.625, lambda: QuantisedMatrix(four, None)),
        "from 8 bits (or 5)": (1.25, lambda: QuantisedMatrix(eight, None)),
        SIX_BITS: (2.5, lambda: QuantisedMatrix(six, None)),
    }


def by_linear(weight: Tensor) -> Product:
    return lambda x: F.linear(x, weight)


if __name__ == "__main__":
    main()
