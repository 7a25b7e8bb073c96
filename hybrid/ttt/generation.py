"""Ask a memory: generate a message, or score a text. Fast weights do not change here.

A prompt starts with an empty window: what the corpus said is in the fast weights and in the evidence
that the prompt quotes, not in what happened to be read last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from hybrid.errors import InputError
from hybrid.kernels.fused_loss import fused_linear_cross_entropy
from hybrid.kernels.reference import rope, rope_tables, swiglu
from hybrid.ttt.tokenizer import ChatTokenizer
from hybrid.ttt.transformer import Block, DynamicMLP, Transformer, WindowCache

_PIECE = 512  # tokens of a prompt at a time


class Reader:
    """A language model with a memory, for asking. Deterministic.

    Example:
        >>> reader = model.reader(state)  # doctest: +SKIP
        >>> reader.generate([("user", "Why did they fall out?")], max_new_tokens=60)  # doctest: +SKIP
    """

    def __init__(self, transformer: Transformer, tokenizer: ChatTokenizer, fast: Sequence[DynamicMLP]) -> None:
        self._model = transformer
        self._tokenizer = tokenizer
        dtype = transformer.dtype
        self._fast = tuple(DynamicMLP(m.gate.to(dtype), m.up.to(dtype), m.down.to(dtype)) for m in fast)

    @property
    def window(self) -> int:
        """Tokens that the model sees at once."""
        return self._model.window

    def count(self, text: str) -> int:
        """How many tokens ``text`` is."""
        return len(self._tokenizer.encode(text))

    @torch.inference_mode()
    def generate(
        self,
        messages: Sequence[tuple[str, str]],
        *,
        max_new_tokens: int,
        stop: Sequence[str] = (),
        no_repeat_ngram: int = 8,
        on_token: Callable[[str], None] | None = None,
    ) -> str:
        """The assistant's next message, greedily.

        Args:
            messages: (role, text) pairs; roles are ``system``, ``user`` and ``assistant``. A prompt longer
                than the window streams through it.
            stop: the message ends before the first of these strings.
            no_repeat_ngram: the message ends where a run of so many tokens would come a second time: a
                small model that repeats itself has nothing more to say, and forbidding the token instead
                makes it say what it does not mean. 0: it may repeat itself.
            on_token: called with each new piece of text.
        """
        if not messages:
            raise InputError("generate needs at least one message")
        ids: list[int] = []
        text = ""
        for token in self._tokens(self._tokenizer.encode_chat(messages), max_new_tokens, no_repeat_ngram):
            ids.append(token)
            now = self._tokenizer.decode(ids)
            ends = [now.find(mark) for mark in stop if mark in now]
            if ends:
                now = now[: min(ends)]
            if not now.endswith("\ufffd") and len(now) > len(text):  # wait for the rest of a character
                if on_token is not None:
                    on_token(now[len(text) :])
                text = now
            if ends:
                return now
        return text

    @torch.inference_mode()
    def loss(self, text: str, prefix: str = "") -> float:
        """Mean loss in nats per token of ``text`` after ``prefix``. Raises `InputError` if ``text`` is empty."""
        scored = self._tokenizer.encode(text)
        if not scored:
            raise InputError("loss needs a text that is not empty")
        ids = [self._tokenizer.end_of_document, *self._tokenizer.encode(prefix), *scored]
        first = len(ids) - len(scored)  # index of the first scored token
        total = 0.0
        for start, hidden, _ in self._stream(ids[:-1]):
            skip = max(0, first - 1 - start)  # hidden state i predicts token i + 1
            targets = torch.tensor(ids[start + 1 + skip : start + 1 + len(hidden)])
            if len(targets):
                mean = fused_linear_cross_entropy(hidden[skip:], self._model.unembedding, targets)
                total += mean.item() * len(targets)
        return total / len(scored)

    def _stream(self, ids: Sequence[int]) -> Iterator[tuple[int, Tensor, WindowCache]]:
        cache = self._model.empty_cache()
        for start in range(0, len(ids), _PIECE):
            hidden, cache = self._model.forward(torch.tensor(ids[start : start + _PIECE]), cache, self._fast)
            yield start, hidden, cache

    def _tokens(self, prompt: list[int], limit: int, no_repeat_ngram: int) -> Iterator[int]:
        *_, (_, hidden, cache) = self._stream(prompt)
        decoder = Decoder(self._model, self._fast, cache, limit)
        made: list[int] = []
        last = hidden[-1]
        for _ in range(limit):
            logits = torch.mv(self._model.unembedding, last)
            token = int(logits.argmax())
            if token in self._tokenizer.stop_ids or _repeats([*made, token], no_repeat_ngram):
                return
            yield token
            made.append(token)
            last = decoder.step(token)


def _repeats(made: Sequence[int], size: int) -> bool:
    """Whether the last ``size`` tokens stand in ``made`` before, too."""
    if not 0 < size < len(made):
        return False
    tail = tuple(made[-size:])
    return any(tuple(made[start : start + size]) == tail for start in range(len(made) - size))


class Decoder:
    """One token at a time. The function is `Transformer.forward`'s; keys are kept rotated and in place.

    Positions count from the first cached key, and ``room`` bounds them.
    """

    def __init__(self, model: Transformer, fast: Sequence[DynamicMLP], cache: WindowCache, room: int) -> None:
        self._model = model
        prefix = [None] * model.config.prefix_layers
        self._layers: list[tuple[Block, DynamicMLP | None]] = list(zip(model.blocks, [*prefix, *fast], strict=True))
        self._seen = cache.seen
        config = model.config
        self._length = cache.layers[0].keys.shape[1]
        table_dtype = model.master_dtype
        positions = torch.arange(self._length + room)
        self._tables = rope_tables(positions, config.head_dim, config.rope_theta, table_dtype)
        leaving = torch.arange(
            model.window, model.window + model.sinks
        )  # position at which each sink leaves the window
        self._sink_queries = rope_tables(leaving, config.head_dim, config.rope_theta, table_dtype)
        shape = (len(cache.layers), config.num_key_value_heads, self._length + room, config.head_dim)
        self._keys = torch.zeros(shape, dtype=model.dtype)
        self._values = torch.zeros(shape, dtype=model.dtype)
        held = (self._tables[0][: self._length], self._tables[1][: self._length])
        sinks = rope_tables(torch.arange(model.sinks), config.head_dim, config.rope_theta, table_dtype)
        self._sinks: list[tuple[Tensor, Tensor]] = []
        for number, layer in enumerate(cache.layers):
            self._keys[number, :, : self._length] = rope(layer.keys, *held)
            self._values[number, :, : self._length] = layer.values
            count = layer.sink_keys.shape[1]
            self._sinks.append((rope(layer.sink_keys, sinks[0][:count], sinks[1][:count]), layer.sink_values))

    def step(self, token: int) -> Tensor:
        """Take one token in; the hidden state [D] after the final norm that predicts the next one."""
        model, eps, at = self._model, self._model.config.rms_norm_eps, self._length
        here = (self._tables[0][at : at + 1], self._tables[1][at : at + 1])
        window = slice(max(0, at + 1 - model.window), at + 1)
        gone = min(model.sinks, max(0, self._seen - model.window + 1))  # sinks outside the window
        h_D = model.embedding[token]  # a vector all the way: matrix-vector products are faster than one-row matrices
        for number, (block, dynamic) in enumerate(self._layers):
            h_D = h_D + self._attention(number, block, _norm(h_D, block.attention_norm, eps), here, window, gone)
            if dynamic is not None and block.dynamic_norm is not None:
                h_D = h_D + swiglu(_norm(h_D, block.dynamic_norm, eps), dynamic.gate, dynamic.up, dynamic.down)
            gate, up = torch.mv(block.gate_up, _norm(h_D, block.mlp_norm, eps)).chunk(2)
            h_D = h_D + torch.mv(block.down, F.silu(gate) * up)
        self._length += 1
        self._seen += 1
        return _norm(h_D, model.norm, eps)

    def _attention(
        self, number: int, block: Block, x_D: Tensor, here: tuple[Tensor, Tensor], window: slice, gone: int
    ) -> Tensor:
        config, at = self._model.config, self._length
        heads, groups, dim = config.num_attention_heads, config.num_key_value_heads, config.head_dim
        q, k, v = torch.mv(block.qkv, x_D).view(-1, 1, dim).split_with_sizes([heads, groups, groups])
        keys, values = self._keys[number], self._values[number]
        keys[:, at : at + 1] = rope(k, *here)
        values[:, at : at + 1] = v
        keys, values = keys[:, window], values[:, window]
        turned = _grouped(rope(q, *here), groups)
        if not gone:  # the heads of a group stand in as its queries: nothing is masked, no key is copied
            out = F.scaled_dot_product_attention(turned[None], keys[None], values[None])
            return torch.mv(block.attention_out, out.reshape(-1))
        sink_k, sink_v = (part[:, :gone] for part in self._sinks[number])
        there = (self._sink_queries[0][gone - 1 : gone], self._sink_queries[1][gone - 1 : gone])
        sink_scores = _grouped(rope(q, *there), groups) @ sink_k.transpose(1, 2)
        scores = torch.cat([sink_scores, turned @ keys.transpose(1, 2)], -1)
        out = torch.softmax(scores * dim**-0.5, -1) @ torch.cat([sink_v, values], 1)
        return torch.mv(block.attention_out, out.reshape(-1))


def _norm(x_D: Tensor, weight_D: Tensor, eps: float) -> Tensor:
    """`rms_norm` of one token, by PyTorch's own."""
    return F.rms_norm(x_D, weight_D.shape, weight_D, eps)


def _grouped(q_H1d: Tensor, groups: int) -> Tensor:
    return q_H1d.reshape(groups, -1, q_H1d.shape[-1])
