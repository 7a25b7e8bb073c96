"""What the log of a corpus holds: questions, answers, ingests, removals and exports (`hybrid.stores.log`)."""

from __future__ import annotations

import json
from typing import Any

from hybrid.text.formatting import one_line, printable
from hybrid.types.base import FrozenModel


class LogRecord(FrozenModel):
    """One record: what happened (``event``), when (ISO 8601, UTC), and who asked, where an identity did.

    ``content`` is ``None`` where a removal took it out; ``content_sha256``, which ``sha256`` covers, stays.
    ``previous`` is the ``sha256`` of the record before; that of the first is 64 zeros.
    """

    sequence: int
    at: str
    event: str
    identity: str | None
    content: dict[str, Any] | None
    content_sha256: str
    previous: str
    sha256: str

    def __str__(self) -> str:
        shown = {key: value for key, value in (self.content or {}).items() if key != "salt"}
        said = "content removed" if self.content is None else json.dumps(shown, ensure_ascii=False)
        who = f" {self.identity}" if self.identity is not None else ""
        return one_line(f"{self.sequence} {self.at} {self.event}{who}: {said}")


class LogReport(FrozenModel):
    """What a check of the log found: how many ``records`` follow one another, the ``head`` (the sha256 of the last),
    from how many a removal took the content, and what is wrong."""

    records: int
    head: str | None
    redacted: int = 0
    problems: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether nothing was changed, taken out, put in, moved or cut off."""
        return not self.problems

    def __str__(self) -> str:
        taken = f", the content of {self.redacted:,} taken out by removals" if self.redacted else ""
        head = f"head {self.head}" if self.head else "no head"
        found = [f"problem: {one}" for one in self.problems] or ["every record is as it was written"]
        return printable("\n".join([f"{self.records:,} records{taken}; {head}", *found]))
