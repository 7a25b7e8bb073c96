"""Question templates in nine domains, from which `hybrid.router.training.questions` builds training questions.

``data/templates.jsonl`` holds questions with slots (``frame``), halves of questions (``part``) with what joins them
(``joint``), and what may stand before one (``lead``). ``data/slots.jsonl`` holds what fills a slot, by domain; the
domain ``any`` fills its slots in all of them. ``did`` follows "did" ("the parties fall out"), ``act`` follows "who"
("signed the amendment"), ``duty`` follows "may" and "must" ("raise prices"); ``attr`` has a short value, ``topic``
has none.

Every domain fills every frame of both classes, so that the subject of a question says nothing about its route. A
frame never stands on both sides of a split: its wording is tested only where it was not trained on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from hybrid.stores.jsonl import read_jsonl

_DATA = Path(__file__).parent / "data"


def _by_domain() -> dict[str, dict[str, Sequence[str]]]:
    """Domain → slot → what may fill it, in the order of the file, which decides what a seed draws."""
    found: dict[str, dict[str, Sequence[str]]] = {}
    for line in read_jsonl(_DATA / "slots.jsonl"):
        found.setdefault(line["domain"], {})[line["slot"]] = tuple(line["values"])
    return found


_TEMPLATES = read_jsonl(_DATA / "templates.jsonl")


def _texts(kind: str, label: str | None = None) -> tuple[str, ...]:
    return tuple(line["text"] for line in _TEMPLATES if (line["kind"], line.get("label")) == (kind, label))


_SLOTS = _by_domain()
SHARED: Mapping[str, Sequence[str]] = _SLOTS.pop("any")
DOMAINS: Mapping[str, Mapping[str, Sequence[str]]] = _SLOTS

LOOKUP_FRAMES = _texts("frame", "lookup")
COMPREHENSION_FRAMES = _texts("frame", "comprehension")
BOTH_FRAMES = _texts("frame", "both")
LOOKUP_PARTS = _texts("part", "lookup")
COMPREHENSION_PARTS = _texts("part", "comprehension")
JOINTS = _texts("joint", "both")
LEADS = _texts("lead")
