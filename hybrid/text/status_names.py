"""The statuses that a document may have, apart from how they are found in it: those patterns take time to compile."""

from __future__ import annotations

from typing import Literal

StatusName = Literal["executed", "signed", "draft", "unsigned", "superseded"]
