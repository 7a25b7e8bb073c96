"""Places in the writing of a corpus where a test ends the process, to see what is lost.

Nothing happens at them unless the environment names one (``HYBRID_FAILPOINT=commit.recorded``, or
``commit.recorded:2`` for the second time that it is reached) or a test sets `arm`: a call of a function that returns.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

VARIABLE = "HYBRID_FAILPOINT"
NAMES = (
    "ingest.locked",
    "ingest.index-whole",
    "ingest.embedded",
    "ingest.left-out-recorded",
    "commit.begun",
    "commit.document-added",
    "commit.sources-put",
    "commit.orphans-deleted",
    "index.begun",
    "index.written",
    "index.renamed",
    "commit.recorded",
    "commit.committed",
    "commit.number-recorded",
    "commit.pruned",
    "volume.begun",
    "file.written",
    "file.renamed",
    "volume.saved",
    "volume.recorded",
    "removal.locked",
    "removal.forgotten",
    "removal.recorded",
    "erasure.log-redacted",
    "erasure.optimized",
    "erasure.vacuumed",
    "erasure.finished",
    "migration.begun",
    "migration.upgraded",
)


class _Armed:
    """What is called at each place that is reached."""

    what: Callable[[str], None] | None = None


def reach(name: str) -> None:
    """Be at a place; one of `NAMES`."""
    if _Armed.what is not None:
        _Armed.what(name)


def arm(what: Callable[[str], None] | None) -> None:
    """Have ``what`` called with the name of each place that is reached; ``None``: nothing."""
    _Armed.what = what


def kill_at(name: str, times: int = 1) -> Callable[[str], None]:
    """What ends the process, as a power cut would, where a place is reached for the ``times``-th time."""
    left = times

    def reached(at: str) -> None:
        nonlocal left
        if at == name:
            left -= 1
            if not left:
                os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))

    return reached


if _named := os.environ.get(VARIABLE):
    _name, _, _times = _named.partition(":")
    arm(kill_at(_name, int(_times or 1)))
