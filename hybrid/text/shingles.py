"""Near copies of texts: MinHash signatures of their shingles, after Broder, "On the resemblance and containment of
documents" (1997).

Two versions of an agreement share most runs of five words. The share of equal positions in two signatures estimates
their resemblance, the size of the intersection of the two sets of runs by that of their union.
"""

from __future__ import annotations

import re
import zlib

import numpy as np
from numpy.typing import NDArray

WORDS = 5
"""Words in a shingle."""
PERMUTATIONS = 64
"""Positions of a signature: the estimate's standard error is at most 1 / 16."""

_WORD = re.compile(r"[^\W_]+")
_PRIME = np.uint64((1 << 31) - 1)  # products of two residues fit in 64 bits
_random = np.random.default_rng(0)
_FACTORS = _random.integers(1, int(_PRIME), PERMUTATIONS, dtype=np.uint64)
_SUMMANDS = _random.integers(0, int(_PRIME), PERMUTATIONS, dtype=np.uint64)
_AT_ONCE = 4096  # shingles: the products of so many take 2 MB


def signature(text: str) -> NDArray[np.uint32]:
    """The signature ``[PERMUTATIONS]`` of a text; empty for one of fewer words than a shingle.

    Example:
        >>> one, other = signature("The rent is due on the first day."), signature("the rent is  due on the FIRST day")
        >>> bool((one == other).all())
        True
    """
    words = [word.casefold() for word in _WORD.findall(text)]
    shingles = {" ".join(words[at : at + WORDS]) for at in range(len(words) - WORDS + 1)}
    if not shingles:
        return np.zeros(0, np.uint32)
    hashes = np.array([zlib.crc32(shingle.encode("utf-8", "surrogatepass")) for shingle in shingles], np.uint64)
    hashes %= _PRIME
    least = np.full(PERMUTATIONS, _PRIME, np.uint64)
    for start in range(0, len(hashes), _AT_ONCE):
        part = hashes[start : start + _AT_ONCE, None]
        least = np.minimum(least, ((part * _FACTORS + _SUMMANDS) % _PRIME).min(axis=0))
    return least.astype(np.uint32)
