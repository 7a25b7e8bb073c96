"""The reference operations are what they say, and differentiable twice; the fast ones agree or refuse."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.autograd import gradcheck, gradgradcheck
from torch.nn import functional as F

from hybrid.kernels.attention import plan_window, windowed_attention, windowed_attention_forward
from hybrid.kernels.fused_loss import fused_linear_cross_entropy
from hybrid.kernels.reference import linear_cross_entropy, rms_norm, rope, rope_tables, swiglu

HEADS, GROUPS, DIM, THETA = 4, 2, 6, 10000.0


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def noise(*shape: int, dtype: torch.dtype = torch.float64) -> Tensor:
    return torch.randn(*shape, dtype=dtype, requires_grad=dtype == torch.float64)


def dense_attention(q: Tensor, k: Tensor, v: Tensor, window: int, sinks: int) -> Tensor:
    """Every query by itself: pick its keys, place them in its own cache, rotate, attend."""
    out = torch.zeros_like(q)
    for p in range(q.shape[1]):
        in_window = list(range(max(0, p - window + 1), p + 1))
        gone = [j for j in range(sinks) if j < in_window[0]]
        at = torch.tensor([*gone, *(min(in_window[0], sinks) + i for i in range(len(in_window)))])
        cos, sin = rope_tables(at, DIM, THETA, q.dtype)
        seen = [*gone, *in_window]
        for head in range(HEADS):
            group = head * GROUPS // HEADS
            keys = rope(k[group, seen], cos, sin)
            query = rope(q[head, p][None], cos[-1:], sin[-1:])
            weights = torch.softmax(query @ keys.T * DIM**-0.5, -1)
            out[head, p] = (weights @ v[group, seen])[0]
    return out


def in_pieces(attend: object, q: Tensor, k: Tensor, v: Tensor, window: int, sinks: int, piece: int) -> Tensor:
    outs = []
    for start in range(0, q.shape[1], piece):
        end = min(start + piece, q.shape[1])
        cached = min(start, window)
        plan = plan_window(
            start, end - start, cached, window=window, sinks=sinks, head_dim=DIM, theta=THETA, dtype=q.dtype
        )
        keys, values = k[:, start - cached : end], v[:, start - cached : end]
        held = min(sinks, end)
        outs.append(attend(q[:, start:end], keys, values, k[:, :held], v[:, :held], plan))  # type: ignore[operator]
    return torch.cat(outs, 1)


@pytest.mark.parametrize("attend", [windowed_attention, windowed_attention_forward], ids=["reference", "forward"])
@pytest.mark.parametrize(
    ("window", "sinks", "piece"),
    [(7, 0, 5), (7, 3, 5), (7, 3, 1), (4, 2, 23), (23, 4, 9), (3, 4, 8)],
    ids=["W7-S0-C5", "W7-S3-C5", "W7-S3-C1", "W4-S2-C23", "W23-S4-C9", "W3-S4-C8"],
)
def test_window_and_sinks_are_those_of_a_cache_of_each_query_whatever_the_pieces(
    attend: object, window: int, sinks: int, piece: int
) -> None:
    q, k, v = (torch.randn(n, 23, DIM, dtype=torch.float64) for n in (HEADS, GROUPS, GROUPS))
    torch.testing.assert_close(
        in_pieces(attend, q, k, v, window, sinks, piece), dense_attention(q, k, v, window, sinks)
    )


def test_attention_differentiates_twice() -> None:
    plan = plan_window(6, 3, 4, window=4, sinks=2, head_dim=DIM, theta=THETA, dtype=torch.float64)
    inputs = (
        noise(HEADS, 3, DIM),
        noise(GROUPS, 7, DIM),
        noise(GROUPS, 7, DIM),
        noise(GROUPS, 2, DIM),
        noise(GROUPS, 2, DIM),
    )
    assert plan.sink_mask is not None
    assert gradcheck(lambda *t: windowed_attention(*t, plan), inputs)
    assert gradgradcheck(lambda *t: windowed_attention(*t, plan), inputs)


def test_forward_only_attention_refuses_gradients() -> None:
    plan = plan_window(0, 3, 0, window=4, sinks=0, head_dim=DIM, theta=THETA, dtype=torch.float64)
    q, k, empty = noise(HEADS, 3, DIM), noise(GROUPS, 3, DIM), noise(GROUPS, 0, DIM)
    with pytest.raises(RuntimeError, match="no gradient"):
        windowed_attention_forward(q, k, k, empty, empty, plan)


def test_small_operations_differentiate_twice() -> None:
    x, weight = noise(3, 8), noise(8)
    assert gradgradcheck(lambda x, w: rms_norm(x, w, 1e-5), (x, weight))
    cos, sin = rope_tables(torch.arange(3), 8, THETA, torch.float64)
    assert gradgradcheck(lambda x: rope(x, cos, sin), (x,))
    assert gradgradcheck(swiglu, (x, noise(5, 8), noise(5, 8), noise(8, 5)))
    targets = torch.tensor([0, 6, 2])
    assert gradgradcheck(lambda h, w: linear_cross_entropy(h, w, targets), (x, noise(7, 8)))


def test_rope_turns_the_pairs_of_the_two_halves_and_depends_on_distance_only() -> None:
    x, y = torch.randn(2, 1, 8, dtype=torch.float64)

    def at(value: Tensor, position: int) -> Tensor:
        return rope(value, *rope_tables(torch.tensor([position]), 8, THETA, torch.float64))

    torch.testing.assert_close(at(x, 9) @ at(y, 4).T, at(x, 1_000_009) @ at(y, 1_000_004).T)
    turned = at(torch.eye(8, dtype=torch.float64)[:1], 1)[0]
    torch.testing.assert_close(
        turned[[0, 4]], torch.tensor([0.5403023058681398, 0.8414709848078965], dtype=torch.float64)
    )


def test_rms_norm_computes_in_float32() -> None:
    x = torch.full((1, 4), 1e20, dtype=torch.bfloat16) * torch.tensor([0.5, -1, 1, 2], dtype=torch.bfloat16) * 1e-18
    expected = F.rms_norm(x.float(), (4,), eps=1e-6)
    torch.testing.assert_close(
        rms_norm(x, torch.ones(4, dtype=torch.bfloat16), 1e-6).float(), expected, rtol=1e-2, atol=0
    )


@pytest.mark.parametrize("tokens_at_once", [1, 4, 100])
def test_fused_loss_and_gradient_are_those_of_cross_entropy(tokens_at_once: int) -> None:
    hidden, unembedding, targets = noise(11, 8), torch.randn(19, 8, dtype=torch.float64), torch.randint(19, (11,))
    fused = fused_linear_cross_entropy(hidden, unembedding, targets, tokens_at_once)
    plain = F.cross_entropy(hidden @ unembedding.T, targets)
    torch.testing.assert_close(fused, plain)
    torch.testing.assert_close(linear_cross_entropy(hidden, unembedding, targets).mean(), plain)
    (ours,) = torch.autograd.grad(3 * fused, hidden)
    (theirs,) = torch.autograd.grad(3 * plain, hidden)
    torch.testing.assert_close(ours, theirs)


def test_fused_loss_refuses_what_it_would_get_wrong() -> None:
    hidden, unembedding, targets = noise(3, 8), torch.randn(19, 8, dtype=torch.float64), torch.tensor([1, 2, 3])
    loss = fused_linear_cross_entropy(hidden, unembedding, targets)
    with pytest.raises(RuntimeError, match="second derivative"):
        torch.autograd.grad(loss, hidden, create_graph=True)
    with pytest.raises(RuntimeError, match="unembedding"):
        fused_linear_cross_entropy(hidden, unembedding.requires_grad_(), targets)
