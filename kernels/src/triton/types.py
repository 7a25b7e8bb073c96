"""Types that PyTorch and Triton share."""

from __future__ import annotations

from typing import Any

import torch
import triton.language as tl

from hybrid.kernels.dispatch import interpreted


def wide_type(dtype: torch.dtype) -> Any:
    """What a kernel adds up in: float64 for float64, else float32."""
    return tl.float64 if dtype == torch.float64 else tl.float32


def precision(dtype: torch.dtype) -> str:
    """How a kernel multiplies matrices of a dtype: Triton's ``input_precision``.

    float32 as three products of TF32 on the tensor cores of an NVIDIA GPU: as exact as PyTorch's float32 on numbers of
    one size, and less where scores run to thousands (kernels/README.md). Triton's default there, one product of TF32,
    keeps 11 bits; "ieee" goes without tensor cores, and a tile of attention spills up to 57 kilobytes a thread.
    """
    nvidia = torch.version.hip is None and not interpreted()
    return "tf32x3" if dtype == torch.float32 and nvidia else "ieee"
