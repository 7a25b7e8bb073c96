"""A command as one of the processes that torchrun started: its place among them, and how it ends."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from hybrid.errors import ProcessLostError


def place_in_torchrun() -> tuple[int, int]:
    """This process's number among those that torchrun started, and how many it started on this machine; without it 0
    and 1."""
    if "TORCHELASTIC_RUN_ID" not in os.environ:
        return 0, 1
    return int(os.environ["RANK"]), int(os.environ["LOCAL_WORLD_SIZE"])


@contextmanager
def sigterm_as_error() -> Iterator[None]:
    """SIGTERM, which torchrun sends to the processes that are left when one ends, raises `ProcessLostError`.

    Once that was raised, here or by what runs within, SIGTERM does nothing more: the process has a message to print,
    and ends by itself. torchrun kills what has not ended after half a minute.
    """
    if "TORCHELASTIC_RUN_ID" not in os.environ:
        yield
        return
    after = signal.signal(signal.SIGTERM, _stop)
    try:
        yield
    except ProcessLostError:
        after = signal.SIG_IGN
        raise
    finally:
        signal.signal(signal.SIGTERM, after)


def _stop(*_: object) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise ProcessLostError("torchrun told this process to end (SIGTERM): another one ended, or the job was stopped")
