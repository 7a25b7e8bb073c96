"""What concerns the whole process: one way to log, and the lock to hold while process-wide state is changed."""

from __future__ import annotations

import ctypes
import logging
from collections.abc import Mapping
from threading import RLock


def tell(logger: logging.Logger, event: str, **facts: object) -> None:
    """Log ``event`` at INFO with its facts, such as ``ingest finished: added=3, seconds=1.2``.

    The record has the same as attributes, ``record.event`` and ``record.added``, for handlers that write JSON.
    """
    _log(logger, logging.INFO, event, facts)


def warn(logger: logging.Logger, event: str, **facts: object) -> None:
    """As `tell`, at WARNING."""
    _log(logger, logging.WARNING, event, facts)


def whisper(logger: logging.Logger, event: str, **facts: object) -> None:
    """As `tell`, at DEBUG: the only level at which texts may appear."""
    _log(logger, logging.DEBUG, event, facts)


def _log(logger: logging.Logger, level: int, event: str, facts: Mapping[str, object]) -> None:
    if logger.isEnabledFor(level):
        line = ", ".join(f"{name}={_shown(value)}" for name, value in facts.items() if value is not None)
        logger.log(level, "%s: %s", event, line, extra={"event": event, **facts}, stacklevel=3)


def _shown(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)


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
