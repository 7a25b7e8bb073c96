"""Ask a memory: generate a message, or score a text. Fast weights do not change here.

A prompt starts with an empty window: what the corpus said is in the fast weights and in the evidence
that the prompt quotes, not in what happened to be read last.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence

import torch
from torch import Tensor

from hybrid.errors import InputError
from hybrid.kernels.cross_entropy import fused_linear_cross_entropy
from hybrid.ttt.checkpoints.tokenizer import ChatTokenizer
from hybrid.ttt.inference.decoding import Decoder, DecodingWeights
from hybrid.ttt.model.transformer import Transformer, WindowCache
from hybrid.ttt.model.weights import DynamicMLP

_PIECE = 512  # tokens of a prompt at a time


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
        self._fast = tuple(DynamicMLP(m.gate.to(dtype), m.up.to(dtype), m.down.to(dtype)) for m in fast)

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
        ids: list[int] = []
        text = ""
        for token in self._tokens(self._tokenizer.encode_chat(messages), max_new_tokens, no_repeat_ngram):
            ids.append(token)
            now = self._tokenizer.decode(ids)
            if not now.endswith("\ufffd") and len(now) > len(text):  # wait for the rest of a character
                piece, text = now[len(text) :], now
                yield piece

    def loss(self, text: str, prefix: str = "") -> float:
        """Mean loss in nats per token of ``text`` after ``prefix``. Raises `InputError` if ``text`` is empty."""
        return self._loss([self._tokenizer.end_of_document, *self._tokenizer.encode(prefix)], text)

    def message_loss(self, messages: Sequence[tuple[str, str]], text: str) -> float:
        """Mean loss in nats per token of ``text`` as the assistant's next message, its end not counted.

        Raises `InputError` if ``text`` is empty.
        """
        return self._loss(self._tokenizer.encode_chat(messages), text)

    @torch.inference_mode()
    def _loss(self, before: Sequence[int], text: str) -> float:
        scored = self._tokenizer.encode(text)
        if not scored:
            raise InputError("loss needs a text that is not empty")
        ids = [*before, *scored]
        first = len(before)  # index of the first scored token
        total = 0.0
        for start, hidden, _ in self._stream(ids[:-1]):
            skip = max(0, first - 1 - start)  # hidden state i predicts token i + 1
            targets = torch.tensor(ids[start + 1 + skip : start + 1 + len(hidden)], device=hidden.device)
            if len(targets):
                ones = torch.ones(len(targets), device=hidden.device)
                total += fused_linear_cross_entropy(hidden[skip:], self._model.unembedding, targets, ones)[0].item()
        return total / len(scored)

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
