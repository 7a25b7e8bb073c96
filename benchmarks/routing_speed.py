"""What routing costs on top of the question's embedding: it should be at most 5 ms.

    python -m benchmarks.routing_speed

Times `Router.route` on the hand-written questions of `benchmarks.datasets.routing`, vectors given, one at a time.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from benchmarks.datasets.routing import discovery
from hybrid.router.classifier import Router
from hybrid.router.follow_ups import standalone
from hybrid.settings import RouterSettings


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args()
    router, vector = Router.load(RouterSettings()), np.full(384, 384**-0.5)
    questions = [one.text for one in discovery()]
    history = questions[:3]
    for text in questions:
        router.route(text, vector)  # patterns are compiled and caches filled before the clock starts
    taken = []
    for _ in range(options.rounds):
        for text in questions:
            began = time.perf_counter()
            router.route(standalone(text, history), vector)
            taken.append(1000 * (time.perf_counter() - began))
    low, middle, high = np.percentile(taken, [5, 50, 95])
    print(f"{len(taken)} questions: median {middle:.2f} ms, 5 % under {low:.2f} ms, 5 % over {high:.2f} ms")


if __name__ == "__main__":
    main()
