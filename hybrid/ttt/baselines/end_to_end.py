"""TTT-E2E with the interface of the baselines, so that a comparison treats all models alike.

Its parameters are those of a `torch.nn.Module`, by their path in `hybrid.ttt.model.weights.Weights`; the functions
that compute with them are the engine's own: `hybrid.ttt.inner_loop` and `hybrid.ttt.outer_loop`.

Source: "End-to-End Test-Time Training for Long Context" (arXiv 2512.23675).

Shape suffixes: B sequences, T tokens, V vocabulary.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hybrid.errors import DivergedError, SettingsError
from hybrid.kernels import clip_factor
from hybrid.ttt.inference import in_dtype
from hybrid.ttt.inner_loop import FastWeightState, MiniBatch, flat, layers, score, sgd, step_sizes
from hybrid.ttt.model.config import ModelConfig
from hybrid.ttt.model.transformer import Transformer, WindowCache
from hybrid.ttt.model.weights import Block, DynamicBlock, DynamicMLP, Weights
from hybrid.ttt.outer_loop import InnerRule, Sequences, meta_gradients, run_inner_loop
from hybrid.ttt.trained_tensors import register


@dataclass(frozen=True)
class StreamState:
    """Where streams stand between two tokens.

    Args:
        fast_state: fast weights and cache before the present mini-batch.
        pending: [B, P] the mini-batch's tokens so far; when it is full, the next token is its last target.
        cache: after these tokens.
    """

    fast_state: FastWeightState
    pending: Tensor
    cache: WindowCache


class EndToEnd(nn.Module):
    """TTT-E2E, with initial weights drawn from ``seed``.

    Args:
        config: its shape; without ``dynamic_size`` the dynamic MLPs are as wide as the static ones.
        window: tokens a query sees, itself included.
        rule: the inner loop's.

    Example:
        >>> config = ModelConfig(50, 16, 24, 2, 2, 2, 8, 1e-6, 5e5, True, (0,), suffix_layers=1)
        >>> model = EndToEnd(config, window=8, rule=InnerRule(mini_batch=4, learning_rate=0.1))
        >>> ids = torch.arange(9)[None]
        >>> model.loss(ids[:, :-1], ids[:, 1:]).shape
        torch.Size([1, 8])

    Raises:
        SettingsError: the config has biases, or the window is wider than its own.
    """

    def __init__(self, config: ModelConfig, window: int, rule: InnerRule, seed: int = 0) -> None:
        super().__init__()
        self.config, self.window, self.rule = config, window, rule
        weights = random_weights(config, seed)
        for path, tensor in weights.named().items():
            register(self, path, tensor)
        self._tree = weights.mapped(lambda _, tensor: tensor.to("meta"))
        self.transformer()

    def transformer(self, *, once: bool = False) -> Transformer:
        """The engine's model with the parameters as they are now; ``once``: as constants, for one derivative."""
        named = dict(self.named_parameters())
        weights = self._tree.replaced({path: p.detach() if once else p for path, p in named.items()})
        return Transformer(self.config, weights, self.window, 0, once=once)

    def loss(self, ids_BT: Tensor, targets_BT: Tensor) -> Tensor:
        """[B, T] each target's negative log-likelihood in nats before the step on its mini-batch, without a graph.

        Raises:
            InputError: T is no multiple of the mini-batch, or an id is out of range.
            DivergedError: a loss or gradient is not finite.
        """
        return run_inner_loop(self.transformer(), Sequences(ids_BT, targets_BT), self.rule).token_loss

    def backward(self, ids_BT: Tensor, targets_BT: Tensor) -> Tensor:
        """Add the mean loss's gradient, through the inner steps, to each parameter's ``grad``; returns as `loss`."""
        named = dict(self.named_parameters())
        run, gradients = meta_gradients(self.transformer(), Sequences(ids_BT, targets_BT), self.rule, named)
        for path, parameter in named.items():
            gradient = gradients[path].to(parameter.dtype)
            parameter.grad = gradient if parameter.grad is None else parameter.grad + gradient
        return run.token_loss

    @torch.no_grad()
    def prefill(self, ids_BT: Tensor) -> tuple[Tensor, StreamState]:
        """Logits [B, V] of the token that follows, and the state, after a step on each mini-batch that is past.

        Raises:
            DivergedError: a loss or gradient is not finite.
        """
        model, size = self.transformer(once=True), self.rule.mini_batch
        batch, length = ids_BT.shape
        one = model.initial_fast_weights(None)
        fast = one if batch == 1 else layers(w.expand(batch, *w.shape) for w in flat(one))
        fast_state = FastWeightState(fast, None, model.empty_cache(batch), 0)
        past = (length - 1) // size * size  # the last tokens' mini-batch waits for its last target
        for at in range(0, past, size):
            fast_state = self._stepped(model, fast_state, ids_BT[:, at : at + size + 1])
        pending = ids_BT[:, past:past]
        return self._read(model, StreamState(fast_state, pending, fast_state.cache), ids_BT[:, past:])

    @torch.no_grad()
    def decode(self, ids_B: Tensor, state: StreamState) -> tuple[Tensor, StreamState]:
        """One token more of each stream: logits [B, V] of the next, and the state. Raises as `prefill`."""
        model = self.transformer(once=True)
        if state.pending.shape[1] == self.rule.mini_batch:
            known = torch.cat([state.pending, ids_B[:, None]], 1)
            fast_state = self._stepped(model, state.fast_state, known)
            state = StreamState(fast_state, known[:, :0], fast_state.cache)
        return self._read(model, state, ids_B[:, None])

    def parameter_count(self) -> int:
        """Numbers that are trained, the fast weights' initial values among them."""
        return sum(parameter.numel() for parameter in self.parameters())

    def _read(self, model: Transformer, state: StreamState, ids_BT: Tensor) -> tuple[Tensor, StreamState]:
        hidden, cache = model.forward(ids_BT, state.cache, in_dtype(state.fast_state.fast, model.dtype))
        logits = F.linear(hidden[:, -1], model.unembedding)
        return logits, replace(state, pending=torch.cat([state.pending, ids_BT], 1), cache=cache)

    def _stepped(self, model: Transformer, fast_state: FastWeightState, known: Tensor) -> FastWeightState:
        """After a step on a mini-batch, of which ``known`` [B, b + 1] has the last target, too."""
        batch = MiniBatch(known[:, :-1], known[:, 1:])
        scored = score(model, fast_state.fast, batch, lambda fast: model.forward(batch.ids, fast_state.cache, fast))
        if not scored.finite:
            raise DivergedError(
                f"the inner loop diverged at mini-batch {fast_state.steps + 1}: {scored}; lower the inner step size or "
                "set a clip"
            )
        sizes = step_sizes(model.weights.dynamic, self.rule.learning_rate)
        factor = clip_factor(scored.squared_norm, self.rule.clip)
        return replace(sgd(fast_state, scored.gradients, factor, sizes), cache=scored.cache)


def random_weights(config: ModelConfig, seed: int, std: float = 0.02) -> Weights:
    """Matrices from N(0, std²), norms 1, in float32 on the default device; nothing is drawn on "meta".

    Raises:
        SettingsError: the config has biases.
    """
    if config.qkv_bias or config.attention_out_bias or config.mlp_bias or config.step_sizes:
        raise SettingsError("initial weights are drawn for models without biases and step sizes; this config has some")
    device = torch.get_default_device()
    generator = None if device.type == "meta" else torch.Generator(device).manual_seed(seed)
    hidden, static = config.hidden_size, config.intermediate_size
    queries, keys = (n * config.head_dim for n in (config.num_attention_heads, config.num_key_value_heads))

    def matrix(*shape: int) -> Tensor:
        return torch.empty(shape).normal_(0, std, generator=generator)

    def norm(size: int, there: bool = True) -> Tensor | None:
        return torch.ones(size) if there else None

    def mlp(width: int) -> DynamicMLP:
        return DynamicMLP(matrix(width, hidden), matrix(width, hidden), matrix(hidden, width))

    def block() -> Block:
        return Block(
            attention_norm=torch.ones(hidden),
            qkv=matrix(queries + 2 * keys, hidden),
            attention_out=matrix(hidden, queries),
            mlp_norm=torch.ones(hidden),
            gate_up=matrix(2 * static, hidden),
            down=matrix(hidden, static),
            q_norm=norm(config.head_dim, config.qk_norm),
            k_norm=norm(config.head_dim, config.qk_norm),
            attention_post_norm=norm(hidden, config.post_norm),
            mlp_post_norm=norm(hidden, config.post_norm),
        )

    def dynamic() -> DynamicBlock:
        return DynamicBlock(torch.ones(hidden), mlp(config.dynamic_size or static), norm(hidden, config.post_norm))

    return Weights(
        embedding=matrix(config.vocab_size, hidden),
        blocks=tuple(block() for _ in range(config.num_hidden_layers)),
        dynamic=tuple(dynamic() for _ in range(config.suffix_layers)),
        norm=torch.ones(hidden),
        unembedding=None if config.tie_word_embeddings else matrix(config.vocab_size, hidden),
    )
