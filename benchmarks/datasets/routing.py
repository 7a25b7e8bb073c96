"""Questions of all development sets with the routes they should take; the router was trained on none of them.

The sets are divided by a hash: half of each was looked at while the router was made (`tuning`), the other half only
measured (`reporting`). QMSum and SQuALITY are divided as their authors divided them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from benchmarks.datasets import cuad, hotpotqa, qmsum, squality
from hybrid.errors import InputError
from hybrid.evaluation.routing import Asked, own
from hybrid.router.training.questions import part_of, read_labelled

DISCOVERY = Path(__file__).parent / "discovery.jsonl"
"""Questions of one domain, legal discovery, written by hand, by the route that a person would choose."""
POOL = (
    "qmsum general",
    "qmsum specific",
    "squality first",
    "cuad questions",
    "cuad descriptions",
    "cuad frames",
    "hotpotqa",
)
"""The sets that are measured together. The others are questions of a kind that is hard to label, or few."""
_READERS: Mapping[str, Callable[[Path], Iterator[tuple[Asked, str]]]] = {
    "qmsum": qmsum.routing_questions,
    "squality": squality.routing_questions,
    "cuad": cuad.routing_questions,
    "hotpotqa100": hotpotqa.routing_questions,
}


def discovery() -> list[Asked]:
    """The questions of `DISCOVERY`."""
    return own(read_labelled(DISCOVERY))


def development(folder: Path) -> tuple[list[tuple[Asked, str]], list[str]]:
    """The questions of the sets in ``folder``, each with its half, and the names of the sets that are not there.

    Raises `InputError` if none of them is.
    """
    missing = [name for name in _READERS if not (folder / name).is_dir()]
    if len(missing) == len(_READERS):
        raise InputError(f"none of the development sets {', '.join(_READERS)} is in {folder}")
    found = [one for name, read in _READERS.items() if name not in missing for one in read(folder / name)]
    found += [(one, "tuning" if part_of(one.text, 2) else "reporting") for one in discovery()]
    return found, missing
