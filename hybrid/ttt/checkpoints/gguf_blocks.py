"""The block formats of GGUF whose weights are ``code * scale + least``, with one scale for 32 weights along a row.

Source: the structures ``block_q4_0`` to ``block_q5_K`` of ggml. Q6_K is none of them: 16 weights share its scales.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

BLOCK = 32

Found = NDArray[Any]  # structures [n], or one field of them [n, size]


class Blocks(NamedTuple):
    """Weights in blocks of 32: an entry is ``code * scale + least``.

    Codes [blocks, 32] are uint8 from 0 to 15, or int8; scale and least are [blocks]. `matrix` has them by rows.
    """

    codes: NDArray[Any]
    scale: NDArray[np.float32]
    least: NDArray[np.float32]

    def dequantized(self) -> NDArray[np.float32]:
        """[blocks, 32]."""
        entries: NDArray[np.float32] = self.codes * self.scale[:, None]
        if self.least.any():
            entries += self.least[:, None]
        return entries

    def matrix(self, rows: int) -> Blocks:
        """Codes [N, K], scale and least [N, K / 32]."""
        return Blocks(*(part.reshape(rows, -1) for part in self))


def read_blocks(kind: int, data: Any, start: int, count: int) -> Blocks:
    """``count`` weights from a buffer, of a type in `FORMATS`. Raises `ValueError` where it ends before them."""
    weights, layout, blocks = FORMATS[kind]
    codes, scale, least = blocks(np.frombuffer(data, layout, count // weights, start))
    return Blocks(codes.reshape(-1, BLOCK), scale.reshape(-1), least.reshape(-1))


def _q4_0(found: Found) -> Blocks:
    scale = _wide(found["scale"])
    return Blocks(_nibbles(found["codes"]), scale, -8 * scale)


def _q4_1(found: Found) -> Blocks:
    return Blocks(_nibbles(found["codes"]), _wide(found["scale"]), _wide(found["least"]))


def _q5_0(found: Found) -> Blocks:
    scale = _wide(found["scale"])
    return Blocks(_five_bits(found) - np.int8(16), scale, np.zeros_like(scale))


def _q5_1(found: Found) -> Blocks:
    return Blocks(_five_bits(found), _wide(found["scale"]), _wide(found["least"]))


def _q8_0(found: Found) -> Blocks:
    scale = _wide(found["scale"])
    return Blocks(found["codes"].copy(), scale, np.zeros_like(scale))


def _q4_k(found: Found) -> Blocks:
    return Blocks(_nibbles(found["codes"]), *_scales_of_eight(found))


def _q5_k(found: Found) -> Blocks:
    fifth = found["fifth"][:, None, :] >> np.arange(8, dtype=np.uint8)[:, None] & 1  # bit j of a byte is block j's
    codes = _nibbles(found["codes"]).reshape(-1, 8, BLOCK) | fifth << 4
    return Blocks(codes.view(np.int8), *_scales_of_eight(found))


def _nibbles(packed: Found) -> NDArray[np.uint8]:
    """[..., n] bytes -> [..., 2 n]: the lower four bits of all, then the upper."""
    both: NDArray[np.uint8] = np.concatenate([packed & 15, packed >> 4], axis=-1)
    return both


def _five_bits(found: Found) -> NDArray[np.int8]:
    fifth = np.unpackbits(found["fifth"], axis=1, bitorder="little")
    return (_nibbles(found["codes"]) | fifth << 4).view(np.int8)


def _scales_of_eight(found: Found) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Scale and least [n, 8], six bits each times the structure's: the upper two of the last four lie apart."""
    first, second, lower = np.split(found["six_bits"], 3, axis=1)
    scale = np.concatenate([first & 63, lower & 15 | first >> 6 << 4], axis=1)
    least = np.concatenate([second & 63, lower >> 4 | second >> 6 << 4], axis=1)
    return _wide(found["scale"])[:, None] * scale, -_wide(found["least"])[:, None] * least


def _wide(half: Found) -> NDArray[np.float32]:
    return half.astype(np.float32)


class Format(NamedTuple):
    """``weights`` lie in one structure of ``layout``; ``blocks`` takes structures apart, of any leading shape."""

    weights: int
    layout: np.dtype[Any]
    blocks: Callable[[Found], Blocks]


_SCALE, _LEAST, _CODES = ("scale", "<f2"), ("least", "<f2"), ("codes", "u1", 16)
_FIFTH, _SIX_BITS, _EIGHT_CODES = ("fifth", "u1", 4), ("six_bits", "u1", 12), ("codes", "u1", (4, 32))

FORMATS = {
    2: Format(32, np.dtype([_SCALE, _CODES]), _q4_0),
    3: Format(32, np.dtype([_SCALE, _LEAST, _CODES]), _q4_1),
    6: Format(32, np.dtype([_SCALE, _FIFTH, _CODES]), _q5_0),
    7: Format(32, np.dtype([_SCALE, _LEAST, _FIFTH, _CODES]), _q5_1),
    8: Format(32, np.dtype([_SCALE, ("codes", "i1", 32)]), _q8_0),
    12: Format(256, np.dtype([_SCALE, _LEAST, _SIX_BITS, _EIGHT_CODES]), _q4_k),
    13: Format(256, np.dtype([_SCALE, _LEAST, _SIX_BITS, ("fifth", "u1", 32), _EIGHT_CODES]), _q5_k),
}
"""By ggml's number of the type."""
