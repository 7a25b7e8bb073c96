"""Decoding with updates: fast weights step whenever a mini-batch of prompt and generated tokens is full.

Source: "End-to-End Test-Time Training for Long Context" (arXiv 2512.23675), which decodes so.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence

import torch

from hybrid.errors import InputError
from hybrid.ttt.inference import Decoder, DecodingWeights, in_dtype, repeats, text_pieces
from hybrid.ttt.state import MemoryState, Trainable


def stream_with_updates(
    model: Trainable,
    decoding: DecodingWeights,
    state: MemoryState,
    messages: Sequence[tuple[str, str]],
    max_new_tokens: int,
    no_repeat_ngram: int,
) -> Generator[str, None, None]:
    """The assistant's next message in pieces of text, while ``state`` is trained on the prompt and on the message.

    Afterwards ``state`` is, to the bit, what `MemoryModel.adapt` makes of the same tokens; of those that were taken,
    where the generator is closed early.
    """
    if not messages:
        raise InputError("there is no message to answer")
    model.adapt(state, model.tokenizer.encode_chat(messages))
    yield from text_pieces(model.tokenizer, _tokens(model, decoding, state, max_new_tokens, no_repeat_ngram))


def _tokens(
    model: Trainable, decoding: DecodingWeights, state: MemoryState, limit: int, no_repeat_ngram: int
) -> Generator[int, None, None]:
    transformer, made = model.transformer, 0
    said: list[int] = []
    while made < limit:
        new: list[int] = []  # since the last step of the fast weights
        room = model.settings.mini_batch + 1 - len(state.pending)
        fast = in_dtype(state.fast_state.fast, transformer.dtype)
        try:
            with torch.inference_mode():
                pending = torch.tensor([state.pending], device=transformer.device)
                hidden, cache = transformer.forward(pending, state.fast_state.cache, fast)
                decoder = Decoder(decoding, fast, cache, room)
                last = hidden[0, -1].to(transformer.master_dtype)
            while made < limit and len(new) < room:
                with torch.inference_mode():
                    token = decoding.head(last)
                if token in model.tokenizer.stop_ids or repeats([*said, token], no_repeat_ngram):
                    return
                yield token
                new.append(token)
                said.append(token)
                made += 1
                with torch.inference_mode():
                    last = decoder.step(token)
        finally:
            model.adapt(state, new)
