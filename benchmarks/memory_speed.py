"""How fast the memory is trained, at any depth, and what meta-training and its size in memory cost.

Each part interleaves what it compares, and prints medians and ratios.

python benchmarks/memory_speed.py forward       adapting against a forward pass by transformers
python benchmarks/memory_speed.py depth         cost of a token at 8K, 128K and 1M tokens
python benchmarks/memory_speed.py curve         full attention, window and memory at depths 8K to 2M
python benchmarks/memory_speed.py meta          a meta-training step against a standard one, 8K tokens
python benchmarks/memory_speed.py adapting      adapting alone, to compare runs with and without --keep
python benchmarks/memory_speed.py pieces        the blocks below the fast weights, by tokens at once
python benchmarks/memory_speed.py parts         the products and the attention that adapting is made of
python benchmarks/memory_speed.py peak          peak memory after 16K and after 256K tokens
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional as F

from hybrid.kernels.cross_entropy import fused_linear_cross_entropy
from hybrid.kernels.reference import rope
from hybrid.settings import MemorySettings
from hybrid.ttt.memory import MemoryModel, compute_dtype
from hybrid.ttt.model.transformer import WindowCache
from hybrid.ttt.outer_loop import InnerRule, Sequences, meta_gradients
from hybrid.ttt.state import MemoryState

from baseline import in_transformers, long_text, novel  # isort: skip

SLICE = 2048


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["forward", "adapting", "pieces", "parts", "depth", "curve", "meta", "peak"])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--quick", action="store_true", help="depth: move a state to 128K instead of training so far")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    print(f"{arguments.threads} threads, torch {torch.__version__}, dtype {compute_dtype(MemorySettings())}")
    parts = {
        "forward": beside_forward, "adapting": adapting, "pieces": pieces, "parts": parts_of, "depth": depth,
        "curve": curve,
    }  # fmt: skip
    parts |= {"meta": meta, "peak": peak}
    parts[arguments.what](arguments)


def interleaved(rounds: int, **variants: Callable[[], object]) -> dict[str, list[float]]:
    """Seconds of each variant, once a round, each round beginning with another; one before that is not counted."""
    seconds: dict[str, list[float]] = {name: [] for name in variants}
    every = list(variants.items())
    for number in range(rounds + 1):
        first = number % len(every)
        for name, work in every[first:] + every[:first]:
            began = time.perf_counter()
            work()
            if number:
                seconds[name].append(time.perf_counter() - began)
    return seconds


def report(seconds: dict[str, list[float]], tokens: int, base: str) -> None:
    for name, found in seconds.items():
        ratio = statistics.median(b / s for b, s in zip(seconds[base], found, strict=True))
        print(
            f"{name}: {tokens / statistics.median(found):.0f} tokens/s, {ratio:.3f} of {base} (median of {len(found)})"
        )


@torch.inference_mode()
def window_pass(model: MemoryModel, ids: list[int]) -> None:
    """Reading without learning: the same blocks and the loss, no gradient."""
    transformer, size = model.transformer, model.settings.mini_batch
    fast = transformer.initial_fast_weights(model.settings.dynamic_size)
    fast = tuple(type(m)(*(t.to(transformer.dtype) for t in m.tensors())) for m in fast)
    cache = transformer.empty_cache()
    for at in range(0, len(ids) - 1, size):
        piece = torch.tensor([ids[at : at + size + 1]])
        hidden, cache = transformer.forward(piece[:, :-1], cache, fast)
        weights = torch.ones(piece[:, 1:].shape)
        fused_linear_cross_entropy(hidden, transformer.unembedding, piece[:, 1:], weights)


def beside_forward(arguments: argparse.Namespace) -> None:
    model = MemoryModel.load(MemorySettings())
    theirs = in_transformers(model.transformer.dtype)
    ids = model.encode(novel(arguments.data)[:30_000])[:4097]
    state = model.initial_state()

    @torch.inference_mode()
    def forward() -> None:
        theirs(torch.tensor([ids[:-1]]), use_cache=False)

    variants = {
        "transformers_forward": forward,
        "adapting": lambda: model.adapt(state, ids),
        "window_without_memory": lambda: window_pass(model, ids),
    }
    report(interleaved(arguments.rounds, **variants), 4096, "transformers_forward")
    c, s = model.transformer.config, model.transformer
    block = s.blocks[0]
    static = block.qkv.numel() + block.attention_out.numel() + block.gate_up.numel() + block.down.numel()
    dynamic = sum(t.numel() for t in model.initial_state().fast_state.fast[0].tensors())
    head, suffix = c.vocab_size * c.hidden_size, c.suffix_layers
    plain = c.num_hidden_layers * static + head
    adapting = plain + suffix * dynamic + head + suffix * (static + 2 * dynamic)
    print(f"products a token: forward {plain / 1e6:.1f}M, adapting {adapting / 1e6:.1f}M: bound {plain / adapting:.3f}")


def warmed(arguments: argparse.Namespace) -> tuple[MemoryModel, MemoryState, list[int]]:
    """A model, a state that was trained on 4,096 tokens of a novel, and those tokens with the one after them."""
    model = MemoryModel.load(MemorySettings())
    ids = model.encode(novel(arguments.data)[:30_000])[:4097]
    state = model.initial_state()
    model.adapt(state, ids)
    return model, state, ids


def adapting(arguments: argparse.Namespace) -> None:
    """Adapting alone. How memory is given back is the process's, so two ways of it need two runs."""
    model, state, ids = warmed(arguments)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    seconds = interleaved(arguments.rounds, adapting=lambda: model.adapt(state.copy(), ids[:2049]))["adapting"]
    faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
    each = faults * model.settings.mini_batch // (2048 * (arguments.rounds + 1))
    print(f"{1000 * statistics.median(seconds) / 2048:.3f} ms a token, {each} page faults a mini-batch")


def pieces(arguments: argparse.Namespace) -> None:
    """The prefix over 4,096 tokens, so many at once, beside adapting to them: a longer piece multiplies faster."""
    model, state, ids = warmed(arguments)
    transformer, split = model.transformer, model.transformer.config.prefix_layers

    @torch.inference_mode()
    def prefix(size: int) -> None:
        held, seen = state.fast_state.cache.layers[:split], state.fast_state.cache.seen
        for at in range(0, 4096, size):
            plan = transformer.plan(size, WindowCache(held, seen + at))
            _, held = transformer.prefix(torch.tensor([ids[at : at + size]]), held, plan)

    variants: dict[str, Callable[[], object]] = {"adapting": lambda: model.adapt(state.copy(), ids)}
    variants |= {f"prefix_{size}": (lambda size=size: prefix(size)) for size in (256, 512, 1024, 2048)}
    report(interleaved(arguments.rounds, **variants), 4096, "adapting")


def parts_of(arguments: argparse.Namespace) -> None:
    """GFLOP/s of a wide matrix by rows and by columns, and of attention with a mask, without, and causal."""
    dtype = compute_dtype(MemorySettings())
    flash = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu
    many = [torch.randn(3072, 576).to(dtype) for _ in range(24)]  # more than the caches hold
    columns = [weight.T.contiguous().T for weight in many]
    variants: dict[str, tuple[Callable[[], object], float]] = {}
    for rows in (512, 1024, 2048):
        x, flops = torch.randn(rows, 576).to(dtype), 2.0 * rows * 576 * 3072 * len(many)
        for name, weights in (("by rows", many), ("by columns", columns)):
            variants[f"{rows} x 576 x 3072, {name}"] = (lambda x=x, ws=weights: [F.linear(x, w) for w in ws], flops)
    for queries, keys in ((256, 1279), (512, 1535), (1024, 1024), (4096, 4096)):
        q, k = (torch.randn(1, 9, n, 64).to(dtype) for n in (queries, keys))
        mask, flops = torch.zeros(queries, keys, dtype=dtype), 4.0 * 9 * queries * keys * 64
        variants[f"attention {queries} x {keys}, mask"] = (lambda q=q, k=k, m=mask: flash(q, k, k, attn_mask=m), flops)
        variants[f"attention {queries} x {keys}"] = (lambda q=q, k=k: flash(q, k, k), flops)
        if queries == keys:
            variants[f"attention {queries} x {keys}, causal"] = (
                lambda q=q, k=k: flash(q, k, k, is_causal=True),
                flops / 2,
            )
    for name, found in interleaved(arguments.rounds, **{name: work for name, (work, _) in variants.items()}).items():
        print(f"{name}: {variants[name][1] / statistics.median(found) / 1e9:.0f} GFLOP/s")


def moved(model: MemoryModel, state: MemoryState, position: int) -> MemoryState:
    """The same state as if so many tokens had been trained on: keys turned on, counters set."""
    tensors, metadata = state.to_tensors()
    counters = json.loads(metadata["counters"])
    by = torch.tensor([position - counters["seen"]])
    tensors["cache.keys"] = rope(tensors["cache.keys"], model.transformer.rotary.table(by, model.transformer.dtype))
    counters |= {"seen": position, "trained_tokens": position}
    return model.restore(tensors, metadata | {"counters": json.dumps(counters)})


def depth(arguments: argparse.Namespace) -> None:
    model = MemoryModel.load(MemorySettings())
    ids = model.encode(long_text(arguments.data)[: 140_000 * 5])[: 131_072 + SLICE]
    state, states = model.initial_state(), {}
    for target in (8192,) if arguments.quick else (8192, 131_072):
        model.adapt(state, ids[state.trained_tokens : target])
        states[f"after_{target}"] = state.copy()
    if arguments.quick:
        states["moved_to_131072"] = moved(model, state, 131_072)
    states["moved_to_1000000"] = moved(model, state, 1_000_000)
    variants = {name: (lambda s=s: model.adapt(s.copy(), ids[-SLICE:])) for name, s in states.items()}
    report(interleaved(arguments.rounds, **variants), SLICE, "after_8192")


def curve(arguments: argparse.Namespace) -> None:
    """Full attention at depth n is a piece without its attention, and 30 times one layer's attention over n keys."""
    model = MemoryModel.load(MemorySettings())
    theirs = in_transformers(model.transformer.dtype)
    ids = model.encode(novel(arguments.data)[:60_000])[: SLICE + 1]
    state = model.initial_state()
    model.adapt(state, model.encode(novel(arguments.data)[60_000:100_000])[:SLICE])
    c = model.transformer.config
    piece = 512
    q = torch.randn(1, c.num_attention_heads, piece, c.head_dim, dtype=model.transformer.dtype)

    def attention(depth: int) -> Callable[[], object]:
        k, v = (torch.randn(1, c.num_key_value_heads, depth, c.head_dim, dtype=q.dtype) for _ in range(2))
        return lambda: F.scaled_dot_product_attention(q, k, v, enable_gqa=True)

    @torch.inference_mode()
    def cached(depth: int) -> Callable[[], object]:
        from transformers import DynamicCache

        k, v = (torch.randn(1, c.num_key_value_heads, depth, c.head_dim, dtype=q.dtype) for _ in range(2))

        @torch.inference_mode()
        def run() -> object:
            cache = DynamicCache()
            for layer in range(c.num_hidden_layers):
                cache.update(k, v, layer)
            return theirs(torch.tensor([ids[:piece]]), past_key_values=cache)

        return run

    variants = {"memory": lambda: model.adapt(state.copy(), ids), "window": lambda: window_pass(model, ids)}
    base = {n: statistics.median(t) / SLICE for n, t in interleaved(arguments.rounds, **variants).items()}
    parts = interleaved(arguments.rounds, plain=cached(piece), attention=attention(2 * piece))
    rest = (
        statistics.median(parts["plain"]) / piece - c.num_hidden_layers * statistics.median(parts["attention"]) / piece
    )
    with_cache = interleaved(2, real=cached(16_384), attention=attention(16_384 + piece))
    made_up = rest + c.num_hidden_layers * statistics.median(with_cache["attention"]) / piece
    real = statistics.median(with_cache["real"]) / piece
    print(f"check at 16K: composed {made_up * 1e3:.2f} ms a token, transformers with a real cache {real * 1e3:.2f}")
    print("| depth | full attention, ms a token | window | memory | full / memory |\n|---|---|---|---|---|")
    for k in (8, 16, 32, 64, 128, 256, 512, 1024, 2048):
        found = interleaved(3 if k <= 256 else 1, attention=attention(k * 1024))
        full = rest + c.num_hidden_layers * statistics.median(found["attention"]) / piece
        row = [full * 1e3, base["window"] * 1e3, base["memory"] * 1e3, full / base["memory"]]
        print(f"| {k}K | " + " | ".join(f"{x:.2f}" for x in row) + " |", flush=True)


def meta(arguments: argparse.Namespace) -> None:
    model = MemoryModel.load(MemorySettings())
    theirs = in_transformers(model.transformer.dtype)
    theirs.gradient_checkpointing_enable()
    theirs.train()
    tokens = torch.tensor([model.encode(novel(arguments.data)[:60_000])[:8193]])
    plain = model.transformer.with_weights(model.transformer.weights)
    rule = InnerRule(model.settings.mini_batch, 1.0, 1.0)
    sequences = Sequences(tokens[:, :-1], tokens[:, 1:])
    everything = list(plain.weights.named())
    above = [name for name in everything if name.startswith("dynamic.")]

    def standard() -> None:
        theirs.zero_grad()
        theirs(tokens[:, :-1], labels=tokens[:, :-1], use_cache=False).loss.backward()

    variants: dict[str, Callable[[], Any]] = {
        "standard_step": standard,
        "meta_step_all": lambda: meta_gradients(plain, sequences, rule, everything),
        "meta_step_dynamic": lambda: meta_gradients(plain, sequences, rule, above),
    }
    seconds = interleaved(arguments.rounds, **variants)
    for name, found in seconds.items():
        ratio = statistics.median(s / b for b, s in zip(seconds["standard_step"], found, strict=True))
        print(f"{name}: {statistics.median(found):.1f} s, {ratio:.2f} of a standard step (median of {len(found)})")


def peak(arguments: argparse.Namespace) -> None:
    model = MemoryModel.load(MemorySettings())
    ids = model.encode(long_text(arguments.data)[: 270_000 * 5])[:262_144]
    state = model.initial_state()
    for target in (16_384, 65_536, 131_072, 262_144):
        model.adapt(state, ids[state.trained_tokens : target])
        print(f"{target} tokens: peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB", flush=True)


if __name__ == "__main__":
    main()
