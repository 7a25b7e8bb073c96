"""Matrix-vector products that read few bytes: decoding one token at a time is bound by them.

`FourBitMatrix` multiplies from its 4-bit codes, `Head` finds the likeliest token from 8-bit ones.

Shape suffixes: N rows, K columns, D hidden, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

BLOCK = 32  # weights along a row that share a scale, by the format
_ROWS = 16  # the kernel takes this many rows together

Linear = Callable[[Tensor], Tensor]  # [1, K] -> [1, N]


@dataclass(frozen=True)
class FourBit:
    """A matrix as GGUF's Q4_1 stores it: ``code * scale + least``, in blocks of 32 along a row.

    Args:
        codes: [N, K] uint8, from 0 to 15.
        scale, least: [N, K / 32].
    """

    codes: Tensor
    scale: Tensor
    least: Tensor

    def mapped(self, change: Callable[[Tensor], Tensor]) -> FourBit:
        """The same with ``change`` done to the rows of each part."""
        return FourBit(change(self.codes), change(self.scale), change(self.least))

    def dequantized(self) -> Tensor:
        """[N, K] in the scale's dtype."""
        blocks = self.codes.view(*self.scale.shape, BLOCK).to(self.scale.dtype)
        return (blocks * self.scale[..., None] + self.least[..., None]).flatten(1)

    @staticmethod
    def stacked(parts: list[FourBit]) -> FourBit:
        """Matrices of the same width, one under the other."""
        return FourBit(*(torch.cat(same) for same in zip(*((p.codes, p.scale, p.least) for p in parts), strict=True)))


class PlainMatrix:
    """``weight @ x + bias`` of one vector: PyTorch multiplies it faster than a matrix of one row."""

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        self._weight = weight.contiguous()  # by rows: by columns takes twice as long
        self._bias = bias

    def __call__(self, x_1K: Tensor) -> Tensor:
        """[1, K] -> [1, N]."""
        if self._bias is None:
            return torch.mv(self._weight, x_1K[0])[None]
        return torch.addmv(self._bias, self._weight, x_1K[0])[None]


class FourBitMatrix:
    """``weight @ x + bias`` from the 4-bit codes.

    Codes are exact, each block's scale and offset are rounded to bfloat16; the products are summed in
    float32. Input and output are bfloat16.
    """

    def __init__(self, matrix: FourBit, bias: Tensor | None) -> None:
        """Pack a matrix for the kernel; `FourBitMatrix.takes` says of which shapes."""
        self._codes = torch._convert_weight_to_int4pack_for_cpu(matrix.codes.int(), 1)
        middle = matrix.least.float() + 8 * matrix.scale.float()  # the kernel's codes run from -8 to 7
        self._scales_and_zeros = torch.stack([matrix.scale.float(), middle], -1).transpose(0, 1).bfloat16().contiguous()
        self._bias = bias

    @staticmethod
    def takes(matrix: FourBit) -> bool:
        """Whether the kernel can multiply a matrix of this shape."""
        rows, columns = matrix.codes.shape
        return rows % _ROWS == 0 and columns % BLOCK == 0

    def __call__(self, x_1K: Tensor) -> Tensor:
        """[1, K] -> [1, N]."""
        y_1N: Tensor = torch._weight_int4pack_mm_for_cpu(x_1K, self._codes, BLOCK, self._scales_and_zeros)
        return y_1N if self._bias is None else y_1N + self._bias


class Head:
    """The likeliest token: the argmax of ``unembedding @ hidden`` in the hidden state's own precision.

    A bfloat16 unembedding is screened by its rows rounded to 8 bits, half of the bytes. The error of
    each screened logit is bounded, and every row that could be the largest is multiplied again as it is.

    Bound: with a row w = q + r (q rounded, r the rest) and x' the hidden state in bfloat16,
    |w·x - q·x'| <= |r| |x'| + |w| |x - x'|, where |x - x'| <= 2^-8 |x|; the kernel's sum of K products
    in float32 adds less than K 2^-22 |w| |x|, and its result is rounded to bfloat16.
    """

    def __init__(self, unembedding: Tensor) -> None:
        """[V, D]."""
        self._unembedding = unembedding
        packed = unembedding.dtype == torch.bfloat16 and unembedding.shape[1] % BLOCK == 0
        self._quantised_screening = packed and unembedding.is_cpu
        if self._quantised_screening:
            parts = [_rounded(rows) for rows in torch.split(unembedding, 4096)]
            self._codes, self._scales, self._error_bound = (torch.cat(same) for same in zip(*parts, strict=True))

    def __call__(self, hidden_D: Tensor) -> int:
        """The token of the largest logit."""
        rows = self._candidates(hidden_D) if self._quantised_screening else None
        if rows is None:
            return int(torch.mv(self._unembedding.to(hidden_D.dtype), hidden_D).argmax())
        logits = torch.mv(self._unembedding.index_select(0, rows).to(hidden_D.dtype), hidden_D)
        return int(rows[logits.argmax()])

    def _candidates(self, hidden_D: Tensor) -> Tensor | None:
        """Rows that could have the largest logit; None where the screen is of no use."""
        x_1D = hidden_D.to(torch.bfloat16, copy=True)[None]  # the kernel reads whole registers: aligned
        approximate_V = torch._weight_int8pack_mm(x_1D, self._codes, self._scales)[0].float()
        error_V = torch.add(approximate_V.abs() * 2**-8, self._error_bound, alpha=hidden_D.norm().item())
        least = (approximate_V - error_V).max()
        rows = (approximate_V + error_V >= least).nonzero()[:, 0]
        return rows if 0 < len(rows) <= len(approximate_V) // 8 else None  # none: there are no numbers in it


def _rounded(rows: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Rows in 8 bits, their scales, and a bound of the screen's error for a hidden state of norm 1."""
    wide = rows.float()
    scale = (wide.abs().amax(1) / 127).bfloat16()
    step = scale.float().clamp(min=torch.finfo(torch.float32).tiny)[:, None]
    codes = (wide / step).round_().clamp_(-128, 127)
    rest = (wide - codes * scale.float()[:, None]).norm(dim=1)
    error_bound = 1.01 * rest + (2**-8 + rows.shape[1] * 2**-22) * wide.norm(dim=1)
    return codes.to(torch.int8), scale, error_bound
