"""What belongs to the whole process: the lock to hold while it is changed for a moment, and the C library's memory."""

from __future__ import annotations

import ctypes
from threading import RLock

PROCESS_WIDE = RLock()
"""For Python's warning filters, and the loggers and progress bars of other libraries. Two threads that each put back
what they found would otherwise leave what the other had set."""

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # of glibc's mallopt


def keep_freed_memory() -> bool:
    """Have the C library keep what is freed for the next allocation, and say whether it can (glibc does).

    For a process of our own, such as a command: a library must not decide this for the program that it is in. An inner
    step frees and takes again all of its gradients and weights. Handed back to the system in between, each page of
    them has to be zeroed and mapped anew (benchmarks/README.md).
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # another C library, or Windows
        return False
    return bool(mallopt(_MMAP_THRESHOLD, 2**30) and mallopt(_TRIM_THRESHOLD, 2**31 - 1))
