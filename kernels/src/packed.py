"""Matrix-vector products that read few bytes: decoding one token at a time is bound by them.

`QuantisedMatrix` multiplies from a file's codes, `BlockedMatrix` and `PlainMatrix` from the weights, `Head` finds the
likeliest token from 8-bit codes.

Shape suffixes: N rows, K columns, D hidden, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

BLOCK = 32  # weights along a row that share a scale, by the format
_ROWS = 16  # the kernel takes this many rows together
_AT_A_TIME = 512  # rows of a matrix that is made ready: many times 64, of which the kernel's blocks are

Linear = Callable[[Tensor], Tensor]  # [1, K] -> [1, N]


@dataclass(frozen=True)
class Quantised:
    """A matrix as most of GGUF's types store it: ``code * scale + least``, in blocks of 32 along a row.

    Args:
        codes: [N, K], uint8 from 0 to 15, or int8.
        scale, least: [N, K / 32].
    """

    codes: Tensor
    scale: Tensor
    least: Tensor

    @property
    def four_bits(self) -> bool:
        """Whether a code has 4 bits and not 8."""
        return self.codes.dtype == torch.uint8

    def mapped(self, change: Callable[[Tensor], Tensor]) -> Quantised:
        """The same with ``change`` done to the rows of each part."""
        return Quantised(change(self.codes), change(self.scale), change(self.least))

    def dequantized(self) -> Tensor:
        """[N, K] in the scale's dtype."""
        blocks = self.codes.view(*self.scale.shape, BLOCK).to(self.scale.dtype)
        return (blocks * self.scale[..., None] + self.least[..., None]).flatten(1)

    def split(self) -> list[Quantised]:
        """Some hundred rows at a time: what is made of them on the way stays in the cache."""
        parts = zip(*(torch.split(part, _AT_A_TIME) for part in (self.codes, self.scale, self.least)), strict=True)
        return [Quantised(*part) for part in parts]

    def rounds_to(self, weight: Tensor) -> bool:
        """Whether ``weight`` [N, K] is this matrix in its dtype."""
        rows = zip(self.split(), torch.split(weight, _AT_A_TIME), strict=True)
        return all(torch.equal(part.dequantized().to(weight.dtype), found) for part, found in rows)

    @staticmethod
    def stacked(parts: list[Quantised]) -> Quantised:
        """Matrices of the same width, one under the other; with 8 bits if one of them has."""
        four_bits = all(part.four_bits for part in parts)
        codes = torch.cat([part.codes if four_bits else part.codes.to(torch.int8) for part in parts])
        return Quantised(codes, torch.cat([part.scale for part in parts]), torch.cat([part.least for part in parts]))


def linear(weight: Tensor, bias: Tensor | None) -> Linear:
    """``weight @ x + bias`` from the weight as it is, in the form that is fastest here."""
    return BlockedMatrix(weight, bias) if BlockedMatrix.takes(weight) else PlainMatrix(weight, bias)


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


class BlockedMatrix:
    """``weight @ x + bias`` in bfloat16 from a copy of the weight in the order in which oneDNN reads it."""

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        """Copy a matrix; `BlockedMatrix.takes` says which are faster so."""
        self._weight = torch.ops.mkldnn._reorder_linear_weight(weight, 1)
        self._bias = bias

    @staticmethod
    def takes(weight: Tensor) -> bool:
        """Whether this is a bfloat16 matrix on a CPU that multiplies bfloat16 in hardware.

        On others it is by rows hardly slower, and needs no copy (`benchmarks/matrix_forms.py`).
        """
        in_hardware = torch._C._has_mkldnn and torch.cpu._is_avx512_bf16_supported()
        return weight.dtype == torch.bfloat16 and weight.is_cpu and in_hardware

    def __call__(self, x_1K: Tensor) -> Tensor:
        """[1, K] -> [1, N]."""
        y_1N: Tensor = torch.ops.mkldnn._linear_pointwise(x_1K, self._weight, self._bias, "none", [], "")
        return y_1N


class QuantisedMatrix:
    """``weight @ x + bias`` from the codes, of 4 bits or of 8.

    Codes are exact, each block's scale and offset are rounded to bfloat16; the products are summed in
    float32. Input and output are bfloat16.

    The kernel knows 4 bits. A code of 8 is ``16 * upper + lower``: two blocks, side by side, and ``x`` twice. Their
    scales differ by a power of two and so round alike.
    """

    def __init__(self, matrix: Quantised, bias: Tensor | None) -> None:
        """Pack a matrix for the kernel; `QuantisedMatrix.takes` says which."""
        self._codes = torch.cat([_packed(part.codes, part.four_bits) for part in matrix.split()])
        scale, least = matrix.scale.float(), matrix.least.float()
        middle = least + 8 * scale  # the kernel's codes run from -8 to 7
        if not matrix.four_bits:
            middle = torch.cat([least, 8 * scale], 1)
            scale = torch.cat([16 * scale, scale], 1)
        self._scales_and_zeros = torch.stack([scale, middle], -1).transpose(0, 1).bfloat16().contiguous()
        self._bias = bias
        self._halves = not matrix.four_bits

    @staticmethod
    def takes(matrix: Quantised) -> bool:
        """Whether the kernel can multiply a matrix of this shape, and is faster than bfloat16.

        From 8 bits it is with AVX-512 alone (`benchmarks/matrix_forms.py`).
        """
        rows, columns = matrix.codes.shape
        return rows % _ROWS == 0 and columns % BLOCK == 0 and (matrix.four_bits or _avx512())

    def __call__(self, x_1K: Tensor) -> Tensor:
        """[1, K] -> [1, N]."""
        x = torch.cat([x_1K, x_1K], 1) if self._halves else x_1K
        y_1N: Tensor = torch._weight_int4pack_mm_for_cpu(x, self._codes, BLOCK, self._scales_and_zeros)
        return y_1N if self._bias is None else y_1N + self._bias


def _packed(codes: Tensor, four_bits: bool) -> Tensor:
    """As the kernel reads them: 64 rows, or fewer, stand apart from the next."""
    halves = codes if four_bits else torch.cat([(codes >> 4) + 8, codes & 15], 1)
    packed: Tensor = torch._convert_weight_to_int4pack_for_cpu(halves.int(), 1)
    return packed


def _avx512() -> bool:
    return torch.backends.cpu.get_cpu_capability() == "AVX512"


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
