"""Gated MLP, norm, rotation, loss and update: both implementations equal their oracles, two derivatives deep."""

from __future__ import annotations

import pytest
import torch
from kernel_cases import two_derivatives
from torch import Tensor
from torch.autograd import gradcheck, gradgradcheck

from hybrid import kernels
from hybrid.errors import UnsupportedOperationError
from hybrid.kernels import reference

ZERO = torch.tensor([0])
BOTH = pytest.mark.parametrize("implementation", ["torch", "triton"])


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def noise(*shape: int, scale: float = 1.0, mean: float = 0.0) -> Tensor:
    return (mean + scale * torch.randn(*shape, dtype=torch.float64)).requires_grad_()


def agree(found: dict[str, Tensor], right: dict[str, Tensor]) -> None:
    for name, tensor in right.items():
        torch.testing.assert_close(found[name], tensor, rtol=1e-9, atol=1e-9, msg=lambda m, n=name: f"{n}: {m}")


@BOTH
@pytest.mark.parametrize("scale", [1.0, 30.0], ids=["small", "saturated"])
def test_swiglu_two_derivatives_deep(implementation: str, scale: float) -> None:
    both = noise(3, 5, 14, scale=scale)
    gate, up = (t.detach().requires_grad_() for t in both.chunk(2, -1))  # rows of one projection: not contiguous
    ours = two_derivatives(lambda g, u: kernels.swiglu(g, u, implementation=implementation), [gate, up])  # type: ignore[arg-type]
    agree(ours, two_derivatives(reference.swiglu, [gate, up]))


@BOTH
def test_swiglu_changes_neither_argument(implementation: str) -> None:
    gate, up = torch.randn(2, 4, 6)
    before = gate.clone(), up.clone()
    kernels.swiglu(gate, up, implementation=implementation)  # type: ignore[arg-type]
    assert torch.equal(gate, before[0])
    assert torch.equal(up, before[1])


@BOTH
@pytest.mark.parametrize("mean", [0.0, 50.0])
@pytest.mark.parametrize("shape", [(1, 8), (2, 19, 12), (70, 5)], ids=str)
def test_rms_norm_two_derivatives_deep(implementation: str, shape: tuple[int, ...], mean: float) -> None:
    inputs = [noise(*shape, mean=mean), noise(shape[-1])]
    ours = two_derivatives(lambda x, w: kernels.rms_norm(x, w, 1e-5, implementation=implementation), inputs)  # type: ignore[arg-type]
    agree(ours, two_derivatives(lambda x, w: reference.rms_norm(x, w, 1e-5), inputs))


@BOTH
def test_rotary_two_derivatives_deep(implementation: str) -> None:
    x = noise(2, 3, 7, 10)
    table = kernels.rope_table(torch.arange(7), torch.rand(5), torch.float64, magnitude=1.2)
    ours = two_derivatives(lambda x: kernels.rotary(x, table, implementation=implementation).sin(), [x])  # type: ignore[arg-type]
    agree(ours, two_derivatives(lambda x: reference.rope(x, table).sin(), [x]))


@pytest.fixture(params=[1, 4, 100])
def pieces(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hybrid.kernels.cross_entropy.TOKENS_AT_ONCE", request.param)


@BOTH
@pytest.mark.usefixtures("pieces")
@pytest.mark.parametrize("reduction", ["none", "sum", "mean"])
@pytest.mark.parametrize("trained", ["both", "hidden", "unembedding"])
def test_linear_cross_entropy_two_derivatives_deep(implementation: str, reduction: str, trained: str) -> None:
    hidden, unembedding, targets = noise(3, 3, 8), noise(21, 8, mean=3.0), torch.randint(21, (3, 3))
    inputs = {"both": [hidden, unembedding], "hidden": [hidden], "unembedding": [unembedding]}[trained]

    def full(*given: Tensor) -> tuple[Tensor, Tensor]:
        return (given[0] if trained != "unembedding" else hidden.detach()), (
            given[-1] if trained != "hidden" else unembedding.detach()
        )

    def ours(*given: Tensor) -> Tensor:
        return kernels.linear_cross_entropy(
            *full(*given),
            targets,
            reduction=reduction,
            implementation=implementation,  # type: ignore[arg-type]
        )

    def plain(*given: Tensor) -> Tensor:
        each = reference.linear_cross_entropy(*full(*given), targets)
        return each if reduction == "none" else getattr(each, reduction)()

    agree(two_derivatives(ours, inputs), two_derivatives(plain, inputs))


def test_bfloat16_gradients_of_many_pieces_are_added_up_in_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 512 pieces the later ones would be smaller than the sum's last bit."""
    hidden = (0.1 * torch.randn(512, 8) + 1).bfloat16()
    unembedding = torch.randn(5, 8).bfloat16().requires_grad_()
    targets = torch.zeros(512, dtype=torch.long)

    def gradient(pieces_of: int) -> Tensor:
        monkeypatch.setattr("hybrid.kernels.cross_entropy.TOKENS_AT_ONCE", pieces_of)
        loss = kernels.linear_cross_entropy(hidden, unembedding, targets, reduction="mean")
        return torch.autograd.grad(loss, unembedding)[0].float()

    whole, pieces = gradient(512), gradient(1)
    assert (pieces - whole).norm() < 0.01 * whole.norm()


def test_oracles_differentiate_twice() -> None:
    x, weight = noise(3, 8), noise(8)
    assert gradgradcheck(lambda x, w: reference.rms_norm(x, w, 1e-5), (x, weight))
    table = kernels.rope_table(torch.arange(3), torch.rand(4), torch.float64)
    assert gradgradcheck(lambda x: reference.rope(x, table), (x,))
    assert gradgradcheck(reference.swiglu, (x, noise(3, 8)))
    targets = torch.tensor([0, 6, 2])
    assert gradgradcheck(lambda h, w: reference.linear_cross_entropy(h, w, targets), (x, noise(7, 8)))


@pytest.mark.parametrize("reduction", ["none", "mean"])
def test_gradients_are_those_of_finite_differences(reduction: str) -> None:
    targets = torch.tensor([0, 6, 2])
    inputs = noise(3, 8), noise(7, 8)

    def loss(h: Tensor, w: Tensor) -> Tensor:
        return kernels.linear_cross_entropy(h, w, targets, reduction=reduction)  # type: ignore[arg-type]

    assert gradcheck(loss, inputs)
    assert gradgradcheck(loss, inputs)
    assert gradgradcheck(kernels.swiglu, (noise(3, 8), noise(3, 8)))


def test_third_derivatives_are_refused() -> None:
    x, w = noise(3, 8), noise(8)
    for implementation, function in (
        ("torch", lambda: kernels.swiglu(x, x * 2, implementation="torch")),
        ("triton", lambda: kernels.rms_norm(x, w, 1e-5, implementation="triton")),
        ("torch", lambda: kernels.linear_cross_entropy(x, w.expand(5, 8), torch.tensor([0, 1, 2]), reduction="sum")),
    ):
        first = torch.autograd.grad(function().sum(), x, create_graph=True)[0]
        with pytest.raises(RuntimeError, match="no third derivative"):
            torch.autograd.grad(first.square().sum(), x, create_graph=True)
        assert implementation


@BOTH
@pytest.mark.parametrize("bound", [0.0, 0.5, 1e6], ids=["unclipped", "clipped", "below-the-bound"])
def test_the_step_clips_by_the_norm_of_all_gradients_together(implementation: str, bound: float) -> None:
    weights, gradients = ([torch.randn(7, 5), torch.randn(3, 1100)] for _ in range(2))
    before = [w.clone() for w in weights]
    norm = torch.cat([g.flatten() for g in gradients]).norm()
    shrink = min(1.0, bound / norm.item()) if bound else 1.0
    with torch.no_grad():
        squared = kernels.squared_norm(gradients, implementation=implementation)  # type: ignore[arg-type]
        torch.testing.assert_close(squared.sqrt(), norm)
        factor = kernels.clip_factor(squared, bound)
        stepped = kernels.sgd_step(weights, gradients, factor, [0.1, 0.3], implementation=implementation)  # type: ignore[arg-type]
    for new, weight, old, gradient, size in zip(stepped, weights, before, gradients, [0.1, 0.3], strict=True):
        torch.testing.assert_close(new, old - size * shrink * gradient)
        assert torch.equal(weight, old)


@pytest.mark.parametrize("bound", [0.5, 1e6])
def test_the_step_differentiates_through_the_norm(bound: float) -> None:
    def step(w: Tensor, g: Tensor, size: Tensor) -> Tensor:
        return kernels.sgd_step([w], [g], kernels.clip_factor(kernels.squared_norm([g]), bound), [size])[0]

    assert gradgradcheck(step, (noise(3, 4), noise(3, 4), noise(1)[0].detach().requires_grad_()))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: kernels.swiglu(torch.zeros(2, 3), torch.zeros(3, 2)), "one shape"),
        (lambda: kernels.rms_norm(torch.zeros(2, 3), torch.zeros(2), 1e-5), r"weight must be \[3\]"),
        (lambda: kernels.rotary(torch.zeros(2, 3), torch.zeros(2, 1)), "table must be complex"),
        (lambda: kernels.linear_cross_entropy(torch.zeros(2, 3), torch.zeros(5, 3), torch.tensor([0, 5])), "0 to 4"),
        (lambda: kernels.linear_cross_entropy(torch.zeros(2, 3), torch.zeros(5, 4), torch.tensor([0, 1])), "V, D"),
        (lambda: kernels.linear_cross_entropy(torch.zeros(1, 3), torch.ones(5, 3).half(), ZERO), "float16"),
        (
            lambda: kernels.linear_cross_entropy(
                torch.zeros(1, 3), torch.zeros(5, 3), torch.tensor([0]), reduction="max"  # type: ignore[arg-type]
            ),
            "reduction",
        ),
        (
            lambda: kernels.rms_norm(torch.zeros(1, 8193), torch.zeros(8193), 1e-5, implementation="triton"),
            "up to 8192",
        ),
    ],
)  # fmt: skip
def test_what_is_not_supported_is_refused_by_name(call: object, message: str) -> None:
    with pytest.raises(UnsupportedOperationError, match=message):
        call()  # type: ignore[operator]
