"""Ask a memory: generate a message, or score a text. Fast weights do not change here.

A prompt starts with an empty window: what the corpus said is in the fast weights and in the evidence
that the prompt quotes, not in what it happened to be trained on last.

Decoding is one token at a time: weights in the form that reads the fewest bytes, and few operations a block. Between
the matrices everything is kept in the master dtype, in buffers made once.

Shape suffixes: D hidden, F MLP width, H query heads, G key/value heads, P slots, S sinks, d head dimension.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor
from torch.nn import functional as F

from hybrid.errors import InputError
from hybrid.kernels.cross_entropy import fused_linear_cross_entropy
from hybrid.kernels.packed import Head, Linear, Quantised, QuantisedMatrix, linear
from hybrid.kernels.reference import rope
from hybrid.ttt.checkpoints.tokenizer import ChatTokenizer
from hybrid.ttt.model.config import interleaved
from hybrid.ttt.model.transformer import Transformer, WindowCache
from hybrid.ttt.model.weights import Block, DynamicMLP

_MATRICES = {
    "qkv": ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
    "attention_out": ("self_attn.o_proj",),
    "gate_up": ("mlp.gate_proj", "mlp.up_proj"),
    "down": ("mlp.down_proj",),
}


@dataclass(frozen=True)
class _Layer:
    """One block. Norms are in the master dtype; ``head_norm`` [H + G, d] is that of the queries and keys."""

    attention_norm: Tensor
    qkv: Linear
    head_norm: Tensor | None
    attention_out: Linear
    attention_post_norm: Tensor | None
    dynamic_norm: Tensor | None
    dynamic_post_norm: Tensor | None
    mlp_norm: Tensor
    gate_up: Linear
    down: Linear
    mlp_post_norm: Tensor | None


class DecodingWeights:
    """A transformer's weights as decoding reads them: made at first use, then kept.

    Args:
        model: the transformer.
        stored: the quantised form of its tensors by their full name in the checkpoint, where there is one.
    """

    def __init__(self, model: Transformer, stored: Callable[[str], Quantised | None] = lambda _: None) -> None:
        self.model = model
        self._stored = stored

    @cached_property
    def head(self) -> Head:
        """Finds the likeliest token."""
        return Head(self.model.unembedding)

    @cached_property
    def norm(self) -> Tensor:
        """[D]."""
        return self.model.weights.norm.to(self.model.master_dtype)

    @cached_property
    def layers(self) -> tuple[_Layer, ...]:
        """The blocks, bottom first."""
        return tuple(self._layer(number, block) for number, block in enumerate(self.model.blocks))

    def _layer(self, number: int, block: Block) -> _Layer:
        model = self.model

        def wide(tensor: Tensor | None) -> Tensor | None:
            return None if tensor is None else tensor.to(model.master_dtype)

        head_norm = None
        if block.q_norm is not None and block.k_norm is not None:
            heads, groups = model.config.num_attention_heads, model.config.num_key_value_heads
            head_norm = torch.cat([block.q_norm.expand(heads, -1), block.k_norm.expand(groups, -1)])
        above = number - model.config.prefix_layers
        around = model.weights.dynamic[above] if above >= 0 else None
        return _Layer(
            attention_norm=block.attention_norm.to(model.master_dtype),
            qkv=self._linear(number, "qkv", block.qkv, block.qkv_bias),
            head_norm=wide(head_norm),
            attention_out=self._linear(number, "attention_out", block.attention_out, block.attention_out_bias),
            attention_post_norm=wide(block.attention_post_norm),
            dynamic_norm=wide(around.norm if around else None),
            dynamic_post_norm=wide(around.post_norm if around else None),
            mlp_norm=block.mlp_norm.to(model.master_dtype),
            gate_up=self._linear(number, "gate_up", block.gate_up, block.gate_up_bias),
            down=self._linear(number, "down", block.down, block.down_bias),
            mlp_post_norm=wide(block.mlp_post_norm),
        )

    def _linear(self, layer: int, matrix: str, weight: Tensor, bias: Tensor | None) -> Linear:
        """Chooses how a matrix is multiplied: from its stored codes where bfloat16 is what they say, else as it is."""
        if weight.dtype == torch.bfloat16 and weight.is_cpu:  # there is no such kernel for a GPU
            found = [self._quantised(f"model.layers.{layer}.{name}.weight") for name in _MATRICES[matrix]]
            parts = [part for part in found if part is not None]
            whole = Quantised.stacked(parts) if len(parts) == len(found) else None
            # A model that was trained further has the checkpoint's names, but not its weights.
            if whole is not None and QuantisedMatrix.takes(whole) and whole.rounds_to(weight):
                return QuantisedMatrix(whole, bias)
        return linear(weight, bias)

    def _quantised(self, name: str) -> Quantised | None:
        found = self._stored(name)
        if found is None:
            return None
        rotated = ".self_attn.q_" in name or ".self_attn.k_" in name
        return found.mapped(lambda rows: interleaved(rows, self.model.config.head_dim)) if rotated else found


class _Gate:
    """``silu(gate) * up`` in the master dtype: write to ``both`` or its halves, then call."""

    def __init__(self, model: Transformer, size: int) -> None:
        self.both = torch.empty(1, 2 * size, dtype=model.master_dtype, device=model.device)
        self.gate, self.up = self.both.chunk(2, 1)
        self._product = torch.empty(1, size, dtype=model.dtype, device=model.device)

    def __call__(self) -> Tensor:
        """[1, F], in the compute dtype."""
        return self._product.copy_(F.silu(self.gate, inplace=True).mul_(self.up))


class Decoder:
    """One token at a time. The function is `Transformer.forward`'s; keys are kept rotated and in place.

    A slot holds the key of one position of the stream; the cached keys come after the first S slots, and
    ``room`` new ones after them. Sinks that have left the window stand in the slots right before it,
    rotated to where they are, so that attention reads one piece of the buffer; the keys that were there
    are not needed any more.
    """

    def __init__(self, weights: DecodingWeights, fast: Sequence[DynamicMLP], cache: WindowCache, room: int) -> None:
        model, config = weights.model, weights.model.config
        dtype, device = model.master_dtype, model.device
        self._model = model
        self._weights = weights
        self._eps = config.rms_norm_eps
        self._fast = fast
        heads, groups, dim, hidden = (
            config.num_attention_heads,
            config.num_key_value_heads,
            config.head_dim,
            config.hidden_size,
        )
        self._seen = cache.seen
        cached = cache.layers[0].keys.shape[2]
        self._slot = model.sinks + cached
        positions = torch.arange(self._slot + room, device=device) + cache.seen - self._slot
        self._turns = model.rotary.table(positions, dtype)
        layers = len(cache.layers)
        self._keys = torch.zeros(layers, 1, groups, len(positions), dim, dtype=dtype, device=device)
        self._values = torch.zeros_like(self._keys)
        self._sink_keys = torch.zeros(layers, 1, groups, model.sinks, dim, dtype=dtype, device=device)
        self._sink_values = torch.zeros_like(self._sink_keys)
        before = slice(model.sinks, self._slot)
        for number, layer in enumerate(cache.layers):
            self._keys[number, :, :, before] = layer.keys
            self._values[number, :, :, before] = layer.values
            count = layer.sink_keys.shape[2]
            self._sink_keys[number, :, :, :count] = layer.sink_keys
            self._sink_values[number, :, :, :count] = layer.sink_values

        self._h_1D = torch.empty(1, hidden, dtype=dtype, device=device)
        self._zeros_1D = torch.zeros(1, hidden, dtype=dtype, device=device)
        self._x_1D = torch.empty(1, hidden, dtype=model.dtype, device=device)
        self._qkv = torch.empty(1, (heads + 2 * groups) * dim, dtype=dtype, device=device)
        q, kv = self._qkv.split_with_sizes([heads * dim, 2 * groups * dim], 1)
        self._q = q.view(1, groups, heads // groups, dim)
        self._k, self._v = kv.view(2, 1, groups, dim)
        self._qk = self._qkv[0, : (heads + groups) * dim].view(heads + groups, dim)
        self._pairs = torch.view_as_complex(self._qk.view(heads + groups, -1, 2))
        self._attended = torch.empty(1, heads * dim, dtype=model.dtype, device=device)
        self._attended_heads = self._attended.view(self._q.shape)
        self._static_gate = _Gate(model, config.intermediate_size)
        self._dynamic_gate = _Gate(model, fast[0].gate.shape[0])

    @cached_property
    def _dynamic(self) -> list[tuple[Linear, ...] | None]:
        """A block's fast weights, made ready at the first step: five to eight steps gain what that takes."""
        matrices = [tuple(linear(weight, None) for weight in mlp.tensors()) for mlp in self._fast]
        return [None] * self._model.config.prefix_layers + matrices

    def step(self, token: int) -> Tensor:
        """Take one token in; the hidden state [D] that predicts the next one, in the master dtype."""
        model = self._model
        slot, first = self._slot, max(model.sinks, self._slot + 1 - model.window)
        gone = min(model.sinks, max(0, self._seen - model.window + 1))  # sinks outside the window
        if gone:
            self._keys[..., first - gone : first, :] = rope(
                self._sink_keys[..., :gone, :], self._turns[first - gone : first]
            )
            self._values[..., first - gone : first, :] = self._sink_values[..., :gone, :]
        turn = self._turns[slot]
        new = zip(self._keys[..., slot, :].unbind(), self._values[..., slot, :].unbind(), strict=True)
        window = slice(first - gone, slot + 1)
        seen = zip(self._keys[..., window, :].unbind(), self._values[..., window, :].unbind(), strict=True)
        layers = zip(self._weights.layers, self._dynamic, new, seen, strict=True)

        self._h_1D.copy_(model.embedding[token])
        for number, (layer, dynamic, (new_k, new_v), (keys, values)) in enumerate(layers):
            self._qkv.copy_(layer.qkv(self._normed(layer.attention_norm)))
            if layer.head_norm is not None:
                self._qk.copy_(F.rms_norm(self._qk, self._qk.shape[1:], eps=self._eps).mul_(layer.head_norm))
            if self._seen < model.sinks:
                self._sink_keys[number, :, :, self._seen] = self._k
                self._sink_values[number, :, :, self._seen] = self._v
            self._pairs.mul_(turn)
            new_k.copy_(self._k)
            new_v.copy_(self._v)
            # The heads of a group stand in as its queries: nothing is masked, no key is copied.
            self._attended_heads.copy_(F.scaled_dot_product_attention(self._q, keys, values))
            self._add(layer.attention_out(self._attended), layer.attention_post_norm)
            if layer.dynamic_norm is not None and dynamic is not None:
                gate, up, down = dynamic
                x_1D = self._normed(layer.dynamic_norm)
                self._dynamic_gate.gate.copy_(gate(x_1D))
                self._dynamic_gate.up.copy_(up(x_1D))
                self._add(down(self._dynamic_gate()), layer.dynamic_post_norm)
            self._static_gate.both.copy_(layer.gate_up(self._normed(layer.mlp_norm)))
            self._add(layer.down(self._static_gate()), layer.mlp_post_norm)
        self._slot += 1
        self._seen += 1
        return self._scaled(self._h_1D, self._weights.norm)[0]

    def _normed(self, weight_D: Tensor) -> Tensor:
        """`rms_norm` of the residual stream, in the compute dtype [1, D]."""
        return self._x_1D.copy_(self._scaled(self._h_1D, weight_D))

    def _add(self, branch_1D: Tensor, post_norm_D: Tensor | None) -> None:
        if post_norm_D is not None:
            branch_1D = self._scaled(branch_1D.to(self._h_1D.dtype), post_norm_D)
        self._h_1D.add_(branch_1D)

    def _scaled(self, x_1D: Tensor, weight_D: Tensor) -> Tensor:
        """`rms_norm` as one dot product and one pass: on a CPU PyTorch's own takes a dozen of operations for a row.

        On a GPU nobody waits for a number to come back.
        """
        if not x_1D.is_cpu:
            return F.rms_norm(x_1D, weight_D.shape, weight_D, self._model.config.rms_norm_eps)
        x_D = x_1D[0]
        scale = (torch.dot(x_D, x_D).item() / self._model.config.hidden_size + self._eps) ** -0.5
        return torch.addcmul(self._zeros_1D, x_1D, weight_D, value=scale)


_PIECE = 512  # tokens of a prompt at a time: what `python benchmarks/memory_speed.py pieces` is set against


class InferenceSession:
    """A language model with a memory, for asking. Deterministic.

    Example:
        >>> session = model.session(state)  # doctest: +SKIP
        >>> session.generate([("user", "Why did they fall out?")], max_new_tokens=60)  # doctest: +SKIP
    """

    def __init__(
        self,
        transformer: Transformer,
        tokenizer: ChatTokenizer,
        fast: Sequence[DynamicMLP],
        decoding: DecodingWeights | None = None,
    ) -> None:
        """``decoding`` is the transformer's, kept from one session to the next; None: made at the first message."""
        self._model = transformer
        self._decoding = decoding or DecodingWeights(transformer)
        self._tokenizer = tokenizer
        dtype = transformer.dtype
        self._fast = in_dtype(fast, dtype)

    @property
    def window(self) -> int:
        """Tokens that the model sees at once."""
        return self._model.window

    def count(self, text: str) -> int:
        """How many tokens ``text`` is."""
        return len(self._tokenizer.encode(text))

    def generate(
        self,
        messages: Sequence[tuple[str, str]],
        *,
        max_new_tokens: int,
        stop: Sequence[str] = (),
        no_repeat_ngram: int = 8,
    ) -> str:
        """The assistant's next message: what `stream` gives, put together.

        ``stop``: the message ends before the first of these strings.
        """
        text = ""
        for piece in self.stream(messages, max_new_tokens=max_new_tokens, no_repeat_ngram=no_repeat_ngram):
            text += piece
            ends = [text.find(mark) for mark in stop if mark in text]
            if ends:
                return text[: min(ends)]
        return text

    @torch.inference_mode()
    def stream(
        self, messages: Sequence[tuple[str, str]], *, max_new_tokens: int, no_repeat_ngram: int = 8
    ) -> Generator[str, None, None]:
        """The assistant's next message, greedily, in pieces of whole characters. Each is computed when it is asked for,
        in whatever thread; nothing is computed after `close`.

        Args:
            messages: (role, text) pairs; roles are ``system``, ``user`` and ``assistant``. A prompt longer
                than the window streams through it.
            max_new_tokens: the most tokens of the message.
            no_repeat_ngram: the message ends where a run of so many tokens would come a second time: a
                small model that repeats itself has nothing more to say, and forbidding the token instead
                makes it say what it does not mean. 0: it may repeat itself.
        """
        if not messages:
            raise InputError("generate needs at least one message")
        prompt = self._tokenizer.encode_chat(messages)
        yield from text_pieces(self._tokenizer, self._tokens(prompt, max_new_tokens, no_repeat_ngram))

    def loss(self, text: str, prefix: str = "") -> float:
        """Mean loss in nats per token of ``text`` after ``prefix``. Raises `InputError` if ``text`` is empty."""
        return self._loss([self._tokenizer.end_of_document, *self._tokenizer.encode(prefix)], text)

    @torch.inference_mode()
    def token_loss(self, ids: Sequence[int], first: int) -> float:
        """Mean loss in nats of ``ids[first:]``, each given those before it. Raises `InputError` if there are none."""
        if not 0 < first < len(ids):
            raise InputError(f"there are no tokens to score from {first} to {len(ids)}")
        total = 0.0
        for start, hidden, _ in self._stream(ids[:-1]):
            skip = max(0, first - 1 - start)  # hidden state i predicts token i + 1
            targets = torch.tensor(ids[start + 1 + skip : start + 1 + len(hidden)], device=hidden.device)
            if len(targets):
                ones = torch.ones(len(targets), device=hidden.device)
                total += fused_linear_cross_entropy(hidden[skip:], self._model.unembedding, targets, ones)[0].item()
        return total / (len(ids) - first)

    def message_loss(self, messages: Sequence[tuple[str, str]], text: str) -> float:
        """Mean loss in nats per token of ``text`` as the assistant's next message, its end not counted.

        Raises `InputError` if ``text`` is empty.
        """
        return self._loss(self._tokenizer.encode_chat(messages), text)

    def _loss(self, before: Sequence[int], text: str) -> float:
        scored = self._tokenizer.encode(text)
        if not scored:
            raise InputError("loss needs a text that is not empty")
        return self.token_loss([*before, *scored], len(before))

    def _stream(self, ids: Sequence[int]) -> Iterator[tuple[int, Tensor, WindowCache]]:
        cache = self._model.empty_cache()
        for start in range(0, len(ids), _PIECE):
            piece = torch.tensor([ids[start : start + _PIECE]], device=self._model.device)
            hidden, cache = self._model.forward(piece, cache, self._fast)
            yield start, hidden[0], cache

    def _tokens(self, prompt: list[int], limit: int, no_repeat_ngram: int) -> Iterator[int]:
        *_, (_, hidden, cache) = self._stream(prompt)
        decoder = Decoder(self._decoding, self._fast, cache, limit)
        made: list[int] = []
        last = hidden[-1].to(self._model.master_dtype)
        for _ in range(limit):
            token = self._decoding.head(last)
            if token in self._tokenizer.stop_ids or repeats([*made, token], no_repeat_ngram):
                return
            yield token
            made.append(token)
            last = decoder.step(token)


def in_dtype(fast: Sequence[DynamicMLP], dtype: torch.dtype) -> tuple[DynamicMLP, ...]:
    """Fast weights in the compute dtype."""
    return tuple(DynamicMLP(m.gate.to(dtype), m.up.to(dtype), m.down.to(dtype)) for m in fast)


def text_pieces(tokenizer: ChatTokenizer, tokens: Iterable[int]) -> Iterator[str]:
    """The text of tokens as they come, in pieces of whole characters."""
    ids: list[int] = []
    text = ""
    for token in tokens:
        ids.append(token)
        now = tokenizer.decode(ids)
        if not now.endswith("\ufffd") and len(now) > len(text):  # wait for the rest of a character
            piece, text = now[len(text) :], now
            yield piece


def repeats(made: Sequence[int], size: int) -> bool:
    """Whether the last ``size`` tokens stand in ``made`` before, too."""
    if not 0 < size < len(made):
        return False
    tail = tuple(made[-size:])
    return any(tuple(made[start : start + size]) == tail for start in range(len(made) - size))
