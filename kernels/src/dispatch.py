"""Which implementation an operation runs: Triton on a GPU, PyTorch elsewhere, unless somebody says otherwise."""

from __future__ import annotations

import importlib.util
import os
from functools import cache
from typing import Literal, cast, get_args

import torch
from torch import Tensor

from hybrid.errors import UnsupportedOperationError

Implementation = Literal["torch", "triton"]
VARIABLE = "HYBRID_KERNELS"


def choose(
    implementation: Implementation | None, *tensors: Tensor, preferred: Implementation = "triton"
) -> Implementation:
    """The implementation for some tensors: the argument, else the variable HYBRID_KERNELS, else by their device.

    Args:
        preferred: what is taken on a GPU where nobody says otherwise: "torch" where it was measured to be faster.

    Raises:
        UnsupportedOperationError: a name that is neither; tensors on different devices; Triton where it cannot run.
    """
    devices = {t.device for t in tensors}
    if len(devices) > 1:
        raise UnsupportedOperationError(
            f"tensors on different devices: {', '.join(sorted(map(str, devices)))}; move them to one"
        )
    asked = implementation or os.environ.get(VARIABLE) or None
    if asked is None:
        exact = tensors[0].dtype == torch.float64  # no tensor core that Triton reaches multiplies it
        return preferred if tensors[0].is_cuda and not exact and has_triton() else "torch"
    if asked not in get_args(Implementation):
        where = "implementation" if implementation else f"the environment variable {VARIABLE}"
        raise UnsupportedOperationError(f"{where} is {asked!r}; it must be 'torch' or 'triton'")
    if asked == "triton":
        if not has_triton():
            raise UnsupportedOperationError("implementation 'triton' needs the package triton: pip install triton")
        if not tensors[0].is_cuda and not interpreted():
            raise UnsupportedOperationError(
                f"implementation 'triton' needs tensors on a GPU; these are on {tensors[0].device}. To run the kernels "
                "in Triton's interpreter, slowly, set TRITON_INTERPRET=1 before the first import of triton"
            )
        if tensors[0].is_cuda and tensors[0].dtype == torch.float64:
            raise UnsupportedOperationError(
                "implementation 'triton' on a GPU goes up to float32; use 'torch' for float64"
            )
        narrow = [t.dtype for t in tensors if t.dtype == torch.bfloat16]
        if narrow and interpreted():
            raise UnsupportedOperationError(
                "Triton's interpreter multiplies bfloat16 wrongly; use float16, float32 or float64"
            )
    return cast(Implementation, asked)


@cache
def has_triton() -> bool:
    """Whether Triton is installed."""
    return importlib.util.find_spec("triton") is not None


def interpreted() -> bool:
    """Whether Triton's kernels run in its interpreter, on the CPU."""
    return os.environ.get("TRITON_INTERPRET") == "1"


@cache
def chip() -> str:
    """Which of the chips that tiles were chosen for is nearest to this machine's."""
    if torch.version.hip:
        return "hip:gfx942"
    newer = torch.cuda.is_available() and torch.cuda.get_device_capability() >= (9, 0)
    return "cuda:90" if newer else "cuda:80"


@cache
def card() -> str:
    """The GPU's own name, such as "NVIDIA H100 80GB HBM3"; empty without one."""
    return torch.cuda.get_device_name() if torch.cuda.is_available() else ""
