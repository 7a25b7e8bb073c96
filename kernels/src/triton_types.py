"""Types that PyTorch and Triton share."""

from __future__ import annotations

from typing import Any

import torch
import triton.language as tl


def wide_type(dtype: torch.dtype) -> Any:
    """What a kernel adds up in: float64 for float64, else float32."""
    return tl.float64 if dtype == torch.float64 else tl.float32
