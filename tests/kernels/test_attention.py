"""Sliding-window attention: equal to one N×N matrix, two derivatives deep, in memory proportional to the length."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from kernel_cases import CASES, AttentionCase, two_derivatives
from torch import Tensor
from torch.autograd import gradcheck, gradgradcheck
from torch.utils._python_dispatch import TorchDispatchMode

from hybrid.errors import UnsupportedOperationError
from hybrid.kernels import reference
from hybrid.kernels.sliding_window import attention_with_lse, sliding_window_attention

SMALL = [c for c in CASES if c.queries * c.keys * c.heads * c.dim < 2700]


def attend(case: AttentionCase, implementation: str) -> Callable[..., Tensor]:
    return lambda *t: sliding_window_attention(
        *t,
        case.window,
        sinks=case.sinks,
        cached=case.cached,
        implementation=implementation,  # type: ignore[arg-type]
    )


def oracle(case: AttentionCase) -> Callable[..., Tensor]:
    return lambda *t: reference.sliding_window_attention(*t, case.window, sinks=case.sinks)


def derivatives(case: AttentionCase, function: Callable[..., Tensor], dtype: torch.dtype) -> dict[str, Tensor]:
    return two_derivatives(function, case.tensors(dtype), [(1, case.cached), (2, case.cached)])


def check(case: AttentionCase, implementation: str) -> None:
    found = derivatives(case, attend(case, implementation), torch.float64)
    for name, tensor in derivatives(case, oracle(case), torch.float64).items():
        torch.testing.assert_close(found[name], tensor, rtol=1e-9, atol=1e-9, msg=lambda m, n=name: f"{n}: {m}")


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
def test_attention_and_two_derivatives_equal_the_oracle(case: AttentionCase) -> None:
    check(case, "torch")


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
def test_triton_kernels_equal_the_oracle_two_derivatives_deep(case: AttentionCase) -> None:
    check(case, "triton")


@pytest.mark.parametrize("implementation", ["torch", "triton"])
@pytest.mark.parametrize("name", ["odd-lengths", "cache", "large-means", "sinks-and-cache"])
def test_float32_is_about_as_exact_as_the_plain_operation(name: str, implementation: str) -> None:
    case = next(c for c in CASES if c.name == name)
    right = derivatives(case, oracle(case), torch.float64)
    plain = derivatives(case, oracle(case), torch.float32)
    found = derivatives(case, attend(case, implementation), torch.float32)
    for part, tensor in right.items():
        lost = (plain[part] - tensor).norm()
        # Scores are as large as the square of the mean: their own rounding is what is lost.
        assert (found[part] - tensor).norm() <= 8 * lost + 4e-5 * (1 + case.mean) * tensor.norm(), part


@pytest.mark.parametrize("case", SMALL, ids=lambda c: c.name)
def test_gradients_are_those_of_finite_differences(case: AttentionCase) -> None:
    assert gradcheck(attend(case, "torch"), case.tensors())
    if not case.cached:
        assert gradgradcheck(attend(case, "torch"), case.tensors())


@pytest.mark.parametrize("case", SMALL, ids=lambda c: c.name)
def test_the_oracle_differentiates_twice(case: AttentionCase) -> None:
    assert gradgradcheck(oracle(case), case.tensors())


@pytest.mark.parametrize("implementation", ["torch", "triton"])
def test_log_sum_exp_differentiates_twice(implementation: str) -> None:
    """Parts over different keys are merged by it, so a meta-gradient goes through it."""
    q, k, v = CASES[0].tensors()

    def ours(*t: Tensor) -> Tensor:
        out, lse = attention_with_lse(*t, 3, scale=0.5, implementation=implementation)  # type: ignore[arg-type]
        return torch.cat([out, lse[..., None]], -1)

    def plain(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        distance = torch.arange(7)[:, None] - torch.arange(7)
        scores = (q @ k.mT * 0.5).masked_fill((distance < 0) | (distance >= 3), -torch.inf)
        out = reference.sliding_window_attention(q, k, v, 3, scale=0.5)
        return torch.cat([out, scores.logsumexp(-1, keepdim=True)], -1)

    found, right = two_derivatives(ours, [q, k, v]), two_derivatives(plain, [q, k, v])
    for name, tensor in right.items():
        torch.testing.assert_close(found[name], tensor, rtol=1e-9, atol=1e-9, msg=lambda m, n=name: f"{n}: {m}")


def test_keys_of_a_cache_are_constants_of_a_gradient_that_is_differentiated_and_of_no_other() -> None:
    case = next(c for c in CASES if c.name == "cache")
    inputs = case.tensors()
    out = attend(case, "torch")(*inputs).square().sum()
    plain = torch.autograd.grad(out, inputs, retain_graph=True)
    inner = torch.autograd.grad(out, inputs, create_graph=True)
    for number in (1, 2):
        assert plain[number][:, :, : case.cached].any()
        assert not inner[number][:, :, : case.cached].any()
        torch.testing.assert_close(inner[number][:, :, case.cached :], plain[number][:, :, case.cached :])


@pytest.mark.parametrize("implementation", ["torch", "triton"])
def test_buffers_that_hold_nan_at_first_do_not_show(implementation: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = {name: getattr(torch, name) for name in ("empty_like", "empty")}
    fresh = Tensor.new_empty

    def poisoned(make: Callable[..., Tensor]) -> Callable[..., Tensor]:
        def create(*arguments: object, **options: object) -> Tensor:
            found = make(*arguments, **options)
            return found.fill_(torch.nan) if found.is_floating_point() else found

        return create

    case = next(c for c in CASES if c.name == "rows-fully-masked-and-sinks")
    right = derivatives(case, oracle(case), torch.float64)
    for name, make in real.items():
        monkeypatch.setattr(torch, name, poisoned(make))
    monkeypatch.setattr(Tensor, "new_empty", poisoned(fresh))
    found = derivatives(case, attend(case, implementation), torch.float64)
    for name, tensor in right.items():
        torch.testing.assert_close(found[name], tensor, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("implementation", ["torch", "triton"])
def test_a_third_derivative_is_refused(implementation: str) -> None:
    inputs = CASES[0].tensors()
    first = torch.autograd.grad(attend(CASES[0], implementation)(*inputs).square().sum(), inputs, create_graph=True)
    with pytest.raises(RuntimeError, match="no third derivative"):
        torch.autograd.grad(first[0].square().sum(), inputs, create_graph=True)


@pytest.mark.parametrize("length", [2048, 4096])
def test_the_largest_tensor_is_one_tile_and_not_the_square_of_the_length(length: int) -> None:
    """Peak memory of three sweeps, from the allocator's own trace: linear in the length."""
    q, k, v = (torch.randn(1, 1, length, 32, requires_grad=True) for _ in range(3))
    largest = 0

    class Watch(TorchDispatchMode):
        def __torch_dispatch__(self, function, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
            nonlocal largest
            found = function(*args, **(kwargs or {}))
            for t in found if isinstance(found, (tuple, list)) else [found]:
                if isinstance(t, Tensor):
                    largest = max(largest, t.numel())
            return found

    with Watch():
        out = sliding_window_attention(q, k, v, 64)
        first = torch.autograd.grad(out.square().sum(), (q, k, v), create_graph=True)
        torch.autograd.grad(sum(f.square().sum() for f in first), (q, k, v))
    assert largest <= max(256 * (256 + 64), length * 32)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"window": 0}, "window must be at least 1"),
        ({"sinks": 9}, "sinks must be between 0 and the 4 keys; got 9"),
        ({"cached": 5}, "cached must be between 0 and the 4 keys; got 5"),
        ({"q": torch.zeros(1, 3, 4, 8)}, "Hkv must divide Hq"),
        ({"q": torch.zeros(1, 2, 4, 8).int()}, "floating dtype"),
        ({"q": torch.zeros(1, 2, 4, 8).double()}, "one floating dtype"),
        ({"q": torch.zeros(2, 4, 8)}, r"q must be \[B, Hq, Tq, D\]"),
        ({"implementation": "cuda"}, "must be 'torch' or 'triton'"),
    ],
)
def test_what_is_not_supported_is_refused_by_name(change: dict[str, object], message: str) -> None:
    arguments: dict[str, object] = {"q": torch.zeros(1, 2, 4, 8), "window": 3} | change
    k = torch.zeros(1, 2, 4, 8)
    with pytest.raises(UnsupportedOperationError, match=message):
        sliding_window_attention(k=k, v=k, **arguments)  # type: ignore[arg-type]


def test_triton_refuses_what_it_cannot_run(monkeypatch: pytest.MonkeyPatch) -> None:
    q = torch.zeros(1, 1, 2, 512)
    with pytest.raises(UnsupportedOperationError, match="up to 256"):
        sliding_window_attention(q, q, q, 2, implementation="triton")
    half = q.bfloat16()
    with pytest.raises(UnsupportedOperationError, match="bfloat16 wrongly"):
        sliding_window_attention(half, half, half, 2, implementation="triton")
    monkeypatch.delenv("TRITON_INTERPRET")
    with pytest.raises(UnsupportedOperationError, match="needs tensors on a GPU"):
        sliding_window_attention(q, q, q, 2, implementation="triton")


def test_the_environment_variable_chooses_and_the_argument_outranks_it(monkeypatch: pytest.MonkeyPatch) -> None:
    q = torch.zeros(1, 1, 2, 512)
    monkeypatch.setenv("HYBRID_KERNELS", "triton")
    with pytest.raises(UnsupportedOperationError, match="up to 256"):
        sliding_window_attention(q, q, q, 2)
    assert sliding_window_attention(q, q, q, 2, implementation="torch").shape == q.shape
    monkeypatch.setenv("HYBRID_KERNELS", "fast")
    with pytest.raises(UnsupportedOperationError, match="environment variable HYBRID_KERNELS is 'fast'"):
        sliding_window_attention(q, q, q, 2)
