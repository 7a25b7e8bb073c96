"""How fast a prompt is taken in and a message generated, beside transformers' `generate` with the same weights.

python benchmarks/generation.py --tokens 64 --repeats 5
python benchmarks/generation.py --model model.gguf --prompt 1024 --cpu

Greedy, one sequence, the same prompt. Generating is timed from the second token on; a prompt of --prompt tokens until
the first. Ours also runs the dynamic MLPs, which transformers' model does not have: 37 MB more a token of the built-in
model. The bound is the bytes of the weights read for one token over the bandwidth measured here. With --cpu seconds are
CPU seconds, which with one thread say more than the clock of a machine that others use.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from hybrid.settings import MemorySettings
from hybrid.ttt.checkpoints.loading import load_checkpoint
from hybrid.ttt.inference import DecodingWeights, InferenceSession
from hybrid.ttt.memory import MemoryModel

from baseline import in_transformers  # isort: skip

STORED, PLAIN = "ours, from the file's bits", "ours, plain"
THEIRS = {"transformers, bfloat16": torch.bfloat16, "transformers, float32": torch.float32}
FORMS = (STORED, PLAIN, *THEIRS)
PROMPT = "Tell me a long story about the sea."


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default=MemorySettings().model)
    parser.add_argument("--tokens", type=int, default=64, help="timed, after the first")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--prompt", type=int, default=0, help="tokens of the timed prompt; 0: none is timed")
    parser.add_argument("--cpu", action="store_true", help="count CPU seconds of all threads, not the clock's")
    parser.add_argument("--forms", nargs="+", choices=FORMS, default=FORMS, help="of the weights; all need much memory")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    checkpoint = load_checkpoint(arguments.model)
    model = MemoryModel(checkpoint, MemorySettings(model=arguments.model, initial_weights="none"))
    fast = model.session(None)._fast
    stored = {STORED: checkpoint.stored, PLAIN: lambda _: None}
    forms = {
        name: DecodingWeights(model.transformer, found) for name, found in stored.items() if name in arguments.forms
    }
    started = time.perf_counter()
    sizes = {name: decoding_bytes(weights) for name, weights in forms.items()}
    packing = time.perf_counter() - started
    dynamic = sum(t.nbytes for mlp in fast for t in mlp.tensors())
    ids = model.tokenizer.encode_chat([("user", PROMPT)])
    ours = {
        name: InferenceSession(model.transformer, model.tokenizer, fast, weights) for name, weights in forms.items()
    }
    long = [ids[-1 - at % len(ids)] for at in range(arguments.prompt)]
    runs: dict[str, Callable[[int], int]] = {name: our_run(session, ids) for name, session in ours.items()}
    prompts: dict[str, Callable[[int], int]] = {name: our_run(session, long) for name, session in ours.items()}
    read = {name: size + dynamic for name, size in sizes.items()}
    for name in (form for form in arguments.forms if form in THEIRS):
        theirs = in_transformers(THEIRS[name], arguments.model)
        runs[name] = their_run(theirs, ids)
        prompts[name] = their_run(theirs, long)
        read[name] = sum(p.nbytes for p in theirs.parameters())
    clock = time.process_time if arguments.cpu else time.perf_counter
    rates: dict[str, list[float]] = {name: [] for name in runs}
    taken: dict[str, list[float]] = {name: [] for name in runs}
    bandwidths: list[float] = []
    print(
        f"{arguments.threads} threads, load {os.getloadavg()[0]:.1f}; weights made ready in {packing:.1f} s", flush=True
    )
    for _ in range(arguments.repeats):
        bandwidths.append(bandwidth())
        for name, run in runs.items():
            rates[name].append(rate(run, arguments.tokens, clock))
            if arguments.prompt:
                began = clock()
                prompts[name](1)
                taken[name].append(arguments.prompt / (clock() - began))
    report(rates, read, max(bandwidths))
    if arguments.prompt:
        report_prompts(taken, arguments.prompt)


def report_prompts(rates: dict[str, list[float]], tokens: int) -> None:
    best = max(statistics.median(found) for name, found in rates.items() if name.startswith("transformers"))
    print(f"\n| a prompt of {tokens} tokens | tokens/s | of transformers' best |\n|---|---|---|")
    for name, found in rates.items():
        print(f"| {name} | {statistics.median(found):.0f} | {statistics.median(found) / best:.2f} |")


def report(rates: dict[str, list[float]], read: dict[str, int], bytes_a_second: float) -> None:
    best = max(statistics.median(found) for name, found in rates.items() if name.startswith("transformers"))
    print(f"memory bandwidth {bytes_a_second / 1e9:.1f} GB/s; load at the end {os.getloadavg()[0]:.1f}\n")
    print("| | tokens/s | of transformers' best | weights a token, MB | bound, tokens/s | share of the bound |")
    print("|---|---|---|---|---|---|")
    for name, found in rates.items():
        middle, bound = statistics.median(found), bytes_a_second / read[name]
        row = f"| {name} | {middle:.1f} | {middle / best:.2f} | {read[name] / 1e6:.0f} | {bound:.1f} |"
        print(f"{row} {middle / bound:.0%} |")


def rate(run: Callable[[int], int], tokens: int, clock: Callable[[], float]) -> float:
    """Tokens a second after the first: a run of one token is taken off."""
    started = clock()
    run(1)
    first = clock()
    made = run(tokens + 1)
    return (made - 1) / (clock() - first - (first - started))


def our_run(session: InferenceSession, ids: list[int]) -> Callable[[int], int]:
    def run(count: int) -> int:
        with torch.inference_mode():
            return len(list(session._tokens(ids, count, 0)))

    return run


def their_run(model: Any, ids: list[int]) -> Callable[[int], int]:
    prompt = torch.tensor([ids])

    def run(count: int) -> int:
        with torch.inference_mode():
            mask = torch.ones_like(prompt)
            made = model.generate(prompt, attention_mask=mask, max_new_tokens=count, do_sample=False)
        return made.shape[1] - len(ids)

    return run


def decoding_bytes(weights: DecodingWeights) -> int:
    """Bytes of the static weights that one token reads; of the embedding, one row."""
    parts = [weights.norm, *(part for layer in weights.layers for part in vars(layer).values())]
    return sum(held_bytes(part) for part in parts) + head_bytes(weights)


def head_bytes(weights: DecodingWeights) -> int:
    """The screen's, or the whole unembedding's."""
    head = weights.head
    if not head._quantised_screening:
        return head._unembedding.nbytes
    return sum(t.nbytes for t in (head._codes, head._scales, head._error_bound))


def held_bytes(part: object) -> int:
    tensors = [part] if isinstance(part, Tensor) else getattr(part, "__dict__", {}).values()
    return sum(t.nbytes for t in tensors if isinstance(t, Tensor))


def bandwidth() -> float:
    """Bytes a second of summing 1 GB, the best of three."""
    tensor = torch.ones(2**28)
    seconds: list[float] = []
    for _ in range(3):
        started = time.perf_counter()
        tensor.sum()
        seconds.append(time.perf_counter() - started)
    return tensor.nbytes / min(seconds)


if __name__ == "__main__":
    main()
