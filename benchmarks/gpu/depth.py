"""Prefill and decode time a token at depths up to 2M, for full attention, a window alone, and TTT-E2E.

Full attention at depth n: a chunk of new tokens (or one token) goes through the whole model, every layer attending to
n keys that lie in memory. The keys are random, and layers share them where the card cannot hold all; each layer reads
its own n either way. The mean over a context is the integral of the time at depth, which is linear in n. Whole runs
at 8K and 32K check both. A window and TTT-E2E hold a full window; beyond it nothing grows, which a state moved to 2M
shows.

Decoding is one step replayed from a CUDA graph, the same code for all three. TTT-E2E's has its dynamic MLPs, and its
inner step, once a mini-batch, is given apart.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import torch
from gpu.common import Context, relative_error
from gpu.shapes import MINI_BATCH, SHAPES, TINY, WINDOW, parameters, random_model
from torch import Tensor
from torch.nn import functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel

from hybrid.kernels import rms_norm, rotary, swiglu
from hybrid.settings import MemorySettings
from hybrid.ttt.inner_loop import FastWeightState, inner_step
from hybrid.ttt.model.transformer import Transformer, WindowCache
from hybrid.ttt.model.weights import DynamicMLP

DEPTHS = (8192, 32_768, 131_072, 524_288, 2_097_152)
WHOLE = (8192, 32_768)
ROOM = 0.75  # of the free memory, for keys and values
Attend = Callable[[int, Tensor, Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Sizes:
    """What is measured; smaller in a rehearsal."""

    depths: Sequence[int]
    whole: Sequence[int]
    window: int
    mini_batch: int
    dtype: torch.dtype


def run(context: Context) -> None:
    """Every shape."""
    if context.gpu:
        sizes = Sizes(DEPTHS, WHOLE, WINDOW, MINI_BATCH, torch.bfloat16)
        shapes = SHAPES
    else:
        sizes = Sizes((64, 256), (64, 128), 64, 16, torch.float32)
        shapes = {"tiny": TINY}
    if context.quick and context.gpu:
        sizes = replace(sizes, depths=(8192, 131_072), whole=(8192,))
    for name, config in reversed(shapes.items()):  # the largest first: it says most
        context.attempt(partial(_shape, context, name, config, sizes), shape=name)


def _shape(context: Context, name: str, config: object, sizes: Sizes) -> None:
    model = random_model(config, context.device, sizes.dtype, window=sizes.window, once=True)  # type: ignore[arg-type]
    context.row(
        shape=name, what="model", parameters=parameters(model), config=vars(model.config) | {"rope_scaling": None}
    )
    context.attempt(partial(_memory, context, name, model, sizes), shape=name, variant="ttt")
    context.attempt(partial(_window, context, name, model, sizes), shape=name, variant="window")
    context.attempt(partial(_full, context, name, model, sizes), shape=name, variant="full")


def _settings(sizes: Sizes) -> MemorySettings:
    return MemorySettings(window=sizes.window, mini_batch=sizes.mini_batch, sinks=0, learning_rate=0.01, clip=1.0)


def _tokens(model: Transformer, count: int) -> Tensor:
    return torch.randint(model.config.vocab_size, (1, count), device=model.device)


def _memory(context: Context, name: str, model: Transformer, sizes: Sizes) -> None:
    """Reading, a mini-batch at a time, with a window that is full; and whole runs."""
    settings, b = _settings(sizes), sizes.mini_batch
    ids = _tokens(model, b + 1)[0].tolist()

    def start() -> FastWeightState:
        return FastWeightState(model.initial_fast_weights(None), None, model.empty_cache(), 0)

    def adapt(state: FastWeightState, tokens: int) -> FastWeightState:
        for _ in range(tokens // b):
            state, _ = inner_step(model, state, ids, settings)
        return state

    full = adapt(start(), sizes.window + b)
    far = replace(full, cache=WindowCache(full.cache.layers, sizes.depths[-1]))
    for depth, state in ((sizes.window, full), (sizes.depths[-1], far)):
        ms = context.milliseconds(partial(adapt, state, b), limit=1.5)
        context.row(
            shape=name,
            variant="ttt",
            what="prefill",
            depth=depth,
            ms_a_token=ms / b,
            peak_mib=context.peak_mib(partial(adapt, state, b)),
        )
    for tokens in sizes.whole:
        ms = context.milliseconds(lambda n=tokens: adapt(start(), n), rounds=1, warm=0)
        context.row(shape=name, variant="ttt", what="whole prefill", depth=tokens, ms_a_token=ms / tokens)


def _window(context: Context, name: str, model: Transformer, sizes: Sizes) -> None:
    """The package's forward pass, a mini-batch at a time, without loss or learning."""
    fast = _fast(model)
    ids = _tokens(model, sizes.mini_batch)

    @torch.inference_mode()
    def forwarded(cache: WindowCache, tokens: int) -> WindowCache:
        for _ in range(tokens // sizes.mini_batch):
            _, cache = model.forward(ids, cache, fast)
        return cache

    # A window alone has no dynamic MLPs: the same blocks, their dynamic part taken away below.
    full = forwarded(model.empty_cache(), sizes.window + sizes.mini_batch)
    ms = context.milliseconds(partial(forwarded, full, sizes.mini_batch), limit=1.0)
    with_dynamic = ms / sizes.mini_batch
    plain = Plain(model, dynamic=False)

    @torch.inference_mode()
    def piece() -> Tensor:
        return plain.chunk(ids, [(c.keys, c.values) for c in full.layers], full.seen, window=sizes.window)

    ms = context.milliseconds(piece, limit=1.0)
    context.row(shape=name, variant="window", what="prefill", depth=sizes.window, ms_a_token=ms / sizes.mini_batch,
                with_dynamic_mlps=with_dynamic)  # fmt: skip


def _fast(model: Transformer) -> list[DynamicMLP]:
    return [d.initial for d in model.weights.dynamic]


class Plain:
    """The model's blocks with attention over given keys. ``dynamic``: with the dynamic MLPs of the last quarter."""

    def __init__(self, model: Transformer, *, dynamic: bool) -> None:
        self.model, self.dynamic = model, dynamic

    def turns(self, tokens: int, position: int) -> Tensor:
        """The rotary table of so many tokens."""
        at = torch.arange(tokens, device=self.model.device) + position
        return self.model.rotary.table(at, self.model.dtype)

    def blocks(self, h: Tensor, attend: Attend, position: int) -> Tensor:
        """Residual stream [1, T, D] through all blocks and the final norm."""
        turns = self.turns(h.shape[1], position)
        for number in range(len(self.model.blocks)):
            h = self.block(number, h, attend, turns)
        return self.final(h)

    def final(self, h: Tensor) -> Tensor:
        """The final norm."""
        return rms_norm(h, self.model.weights.norm, self.model.config.rms_norm_eps)

    def block(self, number: int, h: Tensor, attend: Attend, turns: Tensor) -> Tensor:
        """One block; ``attend(number, q, k, v)`` gets rotated queries and keys."""
        model, c, block = self.model, self.model.config, self.model.blocks[number]
        heads, groups = c.num_attention_heads, c.num_key_value_heads
        qkv = F.linear(rms_norm(h, block.attention_norm, c.rms_norm_eps), block.qkv)
        parts = torch.unflatten(qkv, -1, (-1, c.head_dim)).transpose(1, 2)
        q, k, v = parts.split_with_sizes([heads, groups, groups], 1)
        q, k = rotary(torch.cat([q, k], 1), turns).split_with_sizes([heads, groups], 1)
        h = h + F.linear(attend(number, q, k, v).transpose(1, 2).flatten(2), block.attention_out)
        above = number - c.prefix_layers
        if self.dynamic and above >= 0:
            d = model.weights.dynamic[above]
            x = rms_norm(h, d.norm, c.rms_norm_eps)
            h = h + F.linear(swiglu(F.linear(x, d.initial.gate), F.linear(x, d.initial.up)), d.initial.down)
        gate, up = F.linear(rms_norm(h, block.mlp_norm, c.rms_norm_eps), block.gate_up).chunk(2, -1)
        return h + F.linear(swiglu(gate, up), block.down)

    def chunk(self, ids: Tensor, past: Sequence[tuple[Tensor, Tensor]], position: int, *, window: int) -> Tensor:
        """Under a window, by the package's kernel: joins the new keys to the held ones, as the package does."""
        from hybrid.kernels import sliding_window_attention

        def attend(layer: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
            keys, values = (torch.cat(pair, 2) for pair in zip(past[layer], (k, v), strict=True))
            return sliding_window_attention(q, keys, values, window)

        return self.blocks(self.model.embedding[ids], attend, position)

    def causal(self, _: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """Every token attends to all before it."""
        return F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=q.shape[1] != k.shape[1])

    def whole(self, ids: Tensor) -> Tensor:
        """All tokens at once, under full attention."""
        return self.blocks(self.model.embedding[ids], self.causal, 0)


class Keys:
    """Random keys and values of every layer at some depth, over as much memory as there is."""

    def __init__(self, model: Transformer, longest: int) -> None:
        c = model.config
        each = 2 * c.num_key_value_heads * c.head_dim * model.embedding.element_size()
        free = torch.cuda.mem_get_info()[0] if model.device.type == "cuda" else 2**28
        self.rows = min(int(ROOM * free / each), longest * c.num_hidden_layers)
        shape = (2, 1, c.num_key_value_heads, self.rows, c.head_dim)
        self.all = torch.empty(shape, device=model.device, dtype=model.dtype)
        for head in self.all.unbind(2):  # a head at a time: the random numbers are made in their own dtype
            head.normal_()

    def layer(self, number: int, depth: int) -> tuple[Tensor, Tensor]:
        """[1, G, n, d] each; layers take different rows as long as there are any."""
        whole = max(1, self.rows // depth)
        first = number % whole * depth
        keys, values = self.all[:, :, :, first : first + depth].unbind(0)
        return keys, values

    def apart(self, depth: int) -> int:
        """How many layers have keys of their own at this depth."""
        return max(1, self.rows // depth)


def _full(context: Context, name: str, model: Transformer, sizes: Sizes) -> None:
    plain = Plain(model, dynamic=False)
    grouped = model.config.num_attention_heads != model.config.num_key_value_heads
    attend = partial(F.scaled_dot_product_attention, enable_gqa=grouped)
    with torch.inference_mode():
        for tokens in sizes.whole:
            ids = _tokens(model, tokens)
            ms, backend = _fastest(context, lambda ids=ids: plain.whole(ids), rounds=3)
            context.row(
                shape=name, variant="full", what="whole prefill", depth=tokens, ms_a_token=ms / tokens, backend=backend
            )
        keys = Keys(model, sizes.depths[-1])
        chunk = sizes.mini_batch
        ids = _tokens(model, chunk)

        def prefill(depth: int) -> Tensor:
            def over(layer: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
                held_k, held_v = keys.layer(layer, depth)
                held_k[:, :, -chunk:], held_v[:, :, -chunk:] = k, v
                return attend(q, held_k, held_v)

            return plain.blocks(model.embedding[ids], over, depth - chunk)

        backend = ""
        for depth in (chunk, *sizes.depths):
            near = depth <= 131_072  # beyond, the kernel that won so far runs once or twice: it takes seconds
            only = None if near or not backend else backend
            ms, backend = _fastest(context, partial(prefill, depth), rounds=5 if near else 2, warm=int(near), only=only)
            context.row(
                shape=name, variant="full", what="prefill", depth=depth, ms_a_token=ms / chunk, backend=backend,
                layers_with_keys_of_their_own=min(keys.apart(depth), model.config.num_hidden_layers),
            )  # fmt: skip
        for variant, dynamic, depths in (
            ("full", False, sizes.depths),
            ("window", False, (sizes.window,)),
            ("ttt", True, (sizes.window,)),
        ):
            for depth in depths:
                facts = {"shape": name, "variant": variant, "what": "decode", "depth": depth}
                context.attempt(partial(_decode, context, Plain(model, dynamic=dynamic), keys, depth, facts), **facts)


def _decode(context: Context, plain: Plain, keys: Keys, depth: int, facts: dict[str, object]) -> None:
    """One token, logits included, from a CUDA graph."""
    model = plain.model
    token = _tokens(model, 1)
    grouped = model.config.num_attention_heads != model.config.num_key_value_heads

    def step() -> Tensor:
        def over(layer: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
            held_k, held_v = keys.layer(layer, depth)
            held_k[:, :, -1:], held_v[:, :, -1:] = k, v
            return F.scaled_dot_product_attention(q, held_k, held_v, enable_gqa=grouped)

        return F.linear(plain.blocks(model.embedding[token], over, depth - 1), model.unembedding).argmax(-1)

    with torch.inference_mode():
        best: tuple[float, str] | None = None
        for backend in _backends(context):
            try:
                with sdpa_kernel([backend]):
                    replay = _captured(context, step)
                    ms = context.milliseconds(replay, rounds=10, limit=0.5)
            except RuntimeError as error:
                print(f"{facts} {backend}: {str(error)[:200]}", flush=True)
                continue
            if best is None or ms < best[0]:
                best = ms, backend.name
    if best is None:
        raise RuntimeError("no backend of SDPA takes one query over so many keys")
    context.row(**facts, ms_a_token=best[0], backend=best[1])


def _captured(context: Context, step: Callable[[], Tensor]) -> Callable[[], object]:
    """Replays the step without its launches: what is left is the device's own time."""
    if not context.gpu:
        return step
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(2):
            step()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        step()
    return graph.replay


def _backends(context: Context) -> list[SDPBackend]:
    return (
        [SDPBackend.FLASH_ATTENTION, SDPBackend.CUDNN_ATTENTION]
        if context.gpu
        else [SDPBackend.FLASH_ATTENTION, SDPBackend.MATH]
    )


def _fastest(
    context: Context, variant: Callable[[], object], *, rounds: int, warm: int = 1, only: str | None = None
) -> tuple[float, str]:
    """The faster of PyTorch's flash attention and cuDNN's: the rival is taken at its best."""
    best: tuple[float, str] | None = None
    for backend in _backends(context):
        if only not in (None, backend.name):
            continue
        try:
            with sdpa_kernel([backend]):
                ms = context.milliseconds(variant, rounds=rounds, warm=warm, limit=1.0)
        except RuntimeError as error:
            print(f"{backend}: {str(error)[:200]}", flush=True)
            continue
        if best is None or ms < best[0]:
            best = ms, backend.name
    if best is None:
        raise RuntimeError("neither backend of SDPA runs this")
    return best


def agreement(model: Transformer, tokens: int) -> float:
    """How far `Plain.whole` is from the package's own forward pass where the window holds everything."""
    ids = _tokens(model, tokens)
    with torch.inference_mode():
        hidden, _ = model.forward(
            ids, model.empty_cache(), [DynamicMLP(*(torch.zeros_like(t) for t in m.tensors())) for m in _fast(model)]
        )
        return relative_error(Plain(model, dynamic=False).whole(ids), hidden)
