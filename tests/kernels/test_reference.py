"""The reference operations are what they say, and differentiable twice; the fast ones agree or refuse."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.autograd import gradcheck, gradgradcheck
from torch.nn import functional as F

from hybrid.kernels.attention import plan_window, windowed_attention
from hybrid.kernels.cross_entropy import fused_linear_cross_entropy
from hybrid.kernels.reference import linear_cross_entropy, rms_norm, rope, rope_table

HEADS, GROUPS, DIM = 4, 2, 6
FREQUENCIES = torch.tensor([1.0, 0.2, 0.04], dtype=torch.float64)


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def noise(*shape: int, dtype: torch.dtype = torch.float64) -> Tensor:
    return torch.randn(*shape, dtype=dtype, requires_grad=dtype == torch.float64)


def turns(positions: Tensor) -> Tensor:
    return rope_table(positions, FREQUENCIES, torch.float64)


def dense_attention(q: Tensor, k: Tensor, v: Tensor, window: int, sinks: int) -> Tensor:
    """Every query by itself: pick its keys, place them in its own cache, rotate, attend."""
    out = torch.zeros_like(q)
    for p in range(q.shape[2]):
        in_window = list(range(max(0, p - window + 1), p + 1))
        gone = [j for j in range(sinks) if j < in_window[0]]
        at = turns(torch.tensor([*gone, *(min(in_window[0], sinks) + i for i in range(len(in_window)))]))
        seen = [*gone, *in_window]
        for head in range(HEADS):
            group = head * GROUPS // HEADS
            keys = rope(k[:, group, seen], at)
            query = rope(q[:, head, p : p + 1], at[-1:])
            weights = torch.softmax(query @ keys.mT * DIM**-0.5, -1)
            out[:, head, p] = (weights @ v[:, group, seen])[:, 0]
    return out


def in_pieces(q: Tensor, k: Tensor, v: Tensor, window: int, sinks: int, piece: int, tile: int, once: bool) -> Tensor:
    outs: list[Tensor] = []
    held_k, held_v = k[:, :, :0], v[:, :, :0]
    for start in range(0, q.shape[2], piece):
        new = slice(start, min(start + piece, q.shape[2]))
        plan = plan_window(
            start, new.stop - start, held_k.shape[2], window=window, sinks=sinks, frequencies=FREQUENCIES,
            dtype=q.dtype, tile=tile,
        )  # fmt: skip
        first = min(sinks, new.stop)
        out, keys, values = windowed_attention(
            q[:, :, new], k[:, :, new], v[:, :, new], held_k, held_v, k[:, :, :first], v[:, :, :first], plan, once=once
        )
        outs.append(out)
        held_k, held_v = keys[:, :, -window:], values[:, :, -window:]
    return torch.cat(outs, 2)


@pytest.mark.parametrize("way", ["reference", "once", "forward"])
@pytest.mark.parametrize(
    ("window", "sinks", "piece", "tile"),
    [(7, 0, 5, 9), (7, 3, 5, 2), (7, 3, 1, 1), (4, 2, 23, 6), (23, 4, 9, 4), (3, 4, 8, 8), (1, 2, 6, 4)],
    ids=["W7-S0-C5", "W7-S3-C5-t2", "W7-S3-C1", "W4-S2-C23-t6", "W23-S4-C9-t4", "W3-S4-C8", "W1-S2-C6-t4"],
)
def test_window_and_sinks_are_those_of_a_cache_of_each_query_whatever_the_pieces(
    way: str, window: int, sinks: int, piece: int, tile: int
) -> None:
    q, k, v = (torch.randn(2, n, 23, DIM, dtype=torch.float64) for n in (HEADS, GROUPS, GROUPS))
    if way != "forward":
        q.requires_grad_()
    ours = in_pieces(q, k, v, window, sinks, piece, tile, way == "once")
    torch.testing.assert_close(ours, dense_attention(q, k, v, window, sinks))


def one_piece(sinks: bool, **options: bool) -> tuple[list[Tensor], object]:
    """Inputs for three queries after four held keys, and attention as a function of them."""
    start = 9 if sinks else 4
    plan = plan_window(
        start, 3, 4, window=4, sinks=2 if sinks else 0, frequencies=FREQUENCIES, dtype=torch.float64, tile=2
    )
    assert (plan.sink_mask is not None) == sinks
    shapes = [(2, HEADS, 3), (2, GROUPS, 3), (2, GROUPS, 3), (2, GROUPS, 4), (2, GROUPS, 4)]
    shapes += [(2, GROUPS, 2 if sinks else 0)] * 2
    return [noise(*shape, DIM) for shape in shapes], lambda *t: windowed_attention(*t, plan, **options)


@pytest.mark.parametrize("sinks", [True, False], ids=["sinks", "no-sinks"])
def test_attention_differentiates_twice(sinks: bool) -> None:
    inputs, attend = one_piece(sinks)
    inputs = [t for t in inputs if t.numel()] if not sinks else inputs
    rest = [noise(2, GROUPS, 0, DIM)] * (7 - len(inputs))
    assert gradcheck(lambda *t: attend(*t, *rest), inputs)  # type: ignore[operator]
    assert gradgradcheck(lambda *t: attend(*t, *rest), inputs)  # type: ignore[operator]


@pytest.mark.parametrize("sinks", [True, False], ids=["sinks", "no-sinks"])
def test_attention_that_differentiates_once_does_it_right_and_refuses_the_second(sinks: bool) -> None:
    inputs, attend = one_piece(sinks)
    _, once = one_piece(sinks, once=True)
    trained, constants = inputs[:3], [t.detach() for t in inputs[3:]]
    right, ours = attend(*trained, *constants)[0], once(*trained, *constants)[0]  # type: ignore[operator]
    upstream = torch.randn_like(right)
    for theirs, found in zip(
        torch.autograd.grad(right, trained, upstream), torch.autograd.grad(ours, trained, upstream), strict=True
    ):
        torch.testing.assert_close(found, theirs)
    with pytest.raises(RuntimeError, match="one derivative"):
        torch.autograd.grad(once(*trained, *constants)[0].sum(), trained, create_graph=True)  # type: ignore[operator]


def test_rope_turns_neighbouring_pairs_and_depends_on_distance_only() -> None:
    x, y = torch.randn(2, 1, DIM, dtype=torch.float64)

    def at(value: Tensor, position: int) -> Tensor:
        return rope(value, turns(torch.tensor([position])))

    torch.testing.assert_close(at(x, 9) @ at(y, 4).T, at(x, 1_000_009) @ at(y, 1_000_004).T)
    turned = at(torch.eye(DIM, dtype=torch.float64)[:1], 1)[0]
    torch.testing.assert_close(turned[:2], torch.tensor([0.5403023058681398, 0.8414709848078965], dtype=torch.float64))
    scaled = rope_table(torch.tensor([1]), FREQUENCIES, torch.float64, magnitude=1.5)
    torch.testing.assert_close(rope(x, scaled), 1.5 * at(x, 1))


def test_rms_norm_computes_in_float32() -> None:
    x = torch.full((1, 4), 1e20, dtype=torch.bfloat16) * torch.tensor([0.5, -1, 1, 2], dtype=torch.bfloat16) * 1e-18
    expected = F.rms_norm(x.float(), (4,), eps=1e-6)
    torch.testing.assert_close(
        rms_norm(x, torch.ones(4, dtype=torch.bfloat16), 1e-6).float(), expected, rtol=1e-2, atol=0
    )


@pytest.fixture(params=[1, 4, 100])
def pieces(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hybrid.kernels.cross_entropy.TOKENS_AT_ONCE", request.param)


def head(dtype: torch.dtype = torch.float64) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Hidden states of two sequences, an unembedding, targets, and uneven weights with a zero."""
    weights = torch.rand(2, 5, dtype=torch.float64)
    weights[0, 2] = 0
    return noise(2, 5, 8, dtype=dtype), noise(19, 8, dtype=dtype), torch.randint(19, (2, 5)), weights


@pytest.mark.usefixtures("pieces")
@pytest.mark.parametrize("inner", [True, False], ids=["inner", "full"])
def test_fused_loss_and_gradients_are_those_of_cross_entropy(inner: bool) -> None:
    hidden, unembedding, targets, weights = head()
    plain = F.cross_entropy((hidden @ unembedding.T).flatten(0, 1), targets.flatten(), reduction="none").view(2, 5)
    fused, each = fused_linear_cross_entropy(hidden, unembedding, targets, weights, inner=inner)
    torch.testing.assert_close(each, plain)
    torch.testing.assert_close(fused, (plain * weights).sum())
    torch.testing.assert_close(linear_cross_entropy(hidden, unembedding, targets), plain)
    ours = torch.autograd.grad(3 * fused, (hidden, unembedding))
    theirs = torch.autograd.grad(3 * (plain * weights).sum(), (hidden, unembedding))
    for found, right in zip(ours, theirs, strict=True):
        torch.testing.assert_close(found, right)


@pytest.mark.usefixtures("pieces")
def test_fused_loss_differentiates_twice() -> None:
    hidden, unembedding, targets, weights = head()

    def loss(hidden: Tensor, unembedding: Tensor) -> Tensor:
        return fused_linear_cross_entropy(hidden, unembedding, targets, weights)[0]

    assert gradcheck(loss, (hidden, unembedding))
    assert gradgradcheck(loss, (hidden, unembedding))
    frozen = unembedding.detach()
    assert gradgradcheck(lambda h: loss(h, frozen), (hidden,))

    def inner_gradient(hidden: Tensor, unembedding: Tensor) -> Tensor:
        inner = fused_linear_cross_entropy(hidden, unembedding, targets, weights, inner=True)[0]
        return torch.autograd.grad(inner, hidden, create_graph=True)[0]

    assert gradcheck(inner_gradient, (hidden, unembedding))


def test_fused_loss_refuses_a_third_derivative() -> None:
    hidden, unembedding, targets, weights = head()
    loss, _ = fused_linear_cross_entropy(hidden, unembedding.detach(), targets, weights)
    (first,) = torch.autograd.grad(loss, hidden, create_graph=True)
    with pytest.raises(RuntimeError, match="third derivative"):
        torch.autograd.grad(first.square().sum(), hidden, create_graph=True)


def test_fused_loss_in_bfloat16_is_as_near_as_its_logits() -> None:
    hidden, unembedding, targets, weights = (t.detach() for t in head())
    each = fused_linear_cross_entropy(hidden.bfloat16(), unembedding.bfloat16(), targets, weights)[1]
    assert each.dtype == torch.float32
    right = linear_cross_entropy(hidden.bfloat16().double(), unembedding.bfloat16().double(), targets)
    torch.testing.assert_close(each.double(), right, atol=0.05, rtol=0)
