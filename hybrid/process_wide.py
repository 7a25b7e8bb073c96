"""The lock of what belongs to the whole process: held while it is changed for a moment and put back."""

from __future__ import annotations

from threading import RLock

PROCESS_WIDE = RLock()
"""For Python's warning filters, and the loggers and progress bars of other libraries. Two threads that each put back
what they found would otherwise leave what the other had set."""
