"""Reading into the built-in model and generating from it, as the package does.

Where the model is not installed, random weights of its shape stand in for it: for speed they do.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import torch
from gpu.common import Context
from gpu.shapes import BUILT_IN, TINY, random_model

from hybrid.errors import MissingModelError
from hybrid.settings import MemorySettings
from hybrid.ttt.inference import Decoder, DecodingWeights
from hybrid.ttt.inner_loop import FastWeightState, inner_step
from hybrid.ttt.model.transformer import Transformer

TOKENS = 64
TEXT = "The supply agreement of 3 May 2031 ends when the buyer has taken nine thousand tonnes of ore. " * 120


def run(context: Context) -> None:
    """Speed, and with the real weights a generated answer."""
    settings = MemorySettings(device=str(context.device))
    if not context.gpu:
        settings = settings.model_copy(update={"window": 32, "mini_batch": 16})
    model, weights = _model(context, settings)
    context.attempt(partial(_adapt, context, model, settings, weights), what="adapt")
    context.attempt(partial(_generate, context, model, settings, weights), what="generate")


def _model(context: Context, settings: MemorySettings) -> tuple[Transformer, str]:
    from hybrid.ttt.memory import MemoryModel

    try:
        if not context.gpu:
            raise MissingModelError("a rehearsal takes a small one")
        loaded = MemoryModel.load(settings)
    except (MissingModelError, ImportError) as error:
        print(f"random weights: {error}", flush=True)
        dtype = torch.bfloat16 if context.gpu else torch.float32
        config = BUILT_IN if context.gpu else TINY
        made = random_model(config, context.device, dtype, window=settings.window, sinks=settings.sinks, once=True)
        return made, "random weights of SmolLM2-135M's shape" if context.gpu else "random weights, tiny"
    state = loaded.initial_state()
    loaded.adapt(state, loaded.encode(TEXT))
    question = [("user", "When does the supply agreement end?")]
    context.row(what="answer", text=loaded.session(state).generate(question, max_new_tokens=40))
    return loaded.transformer, "SmolLM2-135M-Instruct"


def _start(model: Transformer) -> FastWeightState:
    return FastWeightState(model.initial_fast_weights(None), None, model.empty_cache(), 0)


def _adapt(context: Context, model: Transformer, settings: MemorySettings, weights: str) -> None:
    size = settings.mini_batch
    settings = settings.model_copy(update={"learning_rate": 0.01})  # random weights have no reason to stay in one piece
    ids = torch.randint(model.config.vocab_size, (size + 1,)).tolist()
    state = _start(model)
    for _ in range(settings.window // size + 1):
        state, _ = inner_step(model, state, ids, settings)
    ms = context.milliseconds(partial(inner_step, model, state, ids, settings), limit=2.0)
    context.row(what="adapt", weights=weights, tokens_per_second=size / ms * 1e3, ms_a_token=ms / size, mini_batch=size)
    many = 8
    together = [ids] * many
    wide = FastWeightState(
        tuple(replace(m, **{n: t.expand(many, *t.shape) for n, t in vars(m).items()}) for m in _start(model).fast),
        None, model.empty_cache(many), 0,
    )  # fmt: skip
    for _ in range(settings.window // size + 1):
        wide, _ = inner_step(model, wide, together, settings)
    ms = context.milliseconds(partial(inner_step, model, wide, together, settings), limit=2.0)
    context.row(
        what=f"adapt, {many} streams", weights=weights, tokens_per_second=many * size / ms * 1e3, mini_batch=size
    )


def _generate(context: Context, model: Transformer, settings: MemorySettings, weights: str) -> None:
    decoding = DecodingWeights(model)
    fast = [d.initial for d in model.weights.dynamic]
    fast = [replace(m, **{n: t.to(model.dtype) for n, t in vars(m).items()}) for m in fast]
    with torch.inference_mode():
        ids = torch.randint(model.config.vocab_size, (1, settings.window // 2), device=model.device)
        _, cache = model.forward(ids, model.empty_cache(), fast)

        def generate() -> None:
            decoder = Decoder(decoding, fast, cache, TOKENS)
            token = 1
            for _ in range(TOKENS):
                token = decoding.head(decoder.step(token))

        ms = context.milliseconds(generate, rounds=5, limit=4.0)
    context.row(what="generate", weights=weights, tokens_per_second=TOKENS / ms * 1e3, ms_a_token=ms / TOKENS)
