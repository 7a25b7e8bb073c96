"""The questions that the router is trained on, with their routes: public data sets, templates, a user's own.

``label`` is 1 for comprehension, 0 for lookup and 0.5 where both memories are wanted. Questions of
one ``group`` (a template, a text) always fall into the same fold. A data set that is not in the folder is
left out, and the training command says so.

Templates, in nine domains: ``data/templates.jsonl`` holds questions with slots (``frame``), halves of questions
(``part``) with what joins them (``joint``), and what may stand before one (``lead``). ``data/slots.jsonl`` holds what
fills a slot, by domain; the domain ``any`` fills its slots in all of them. ``did`` follows "did" ("the parties fall
out"), ``act`` follows "who" ("signed the amendment"), ``duty`` follows "may" and "must" ("raise prices"); ``attr`` has
a short value, ``topic`` has none.

Every domain fills every frame of both classes, so that the subject of a question says nothing about its route. A
frame is never in two parts of a split: its wording is tested only where it was not trained on.
"""

from __future__ import annotations

import csv
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from hybrid.router.follow_ups import standalone
from hybrid.stores.files import read_jsonl, read_models
from hybrid.types.answers import RouteName

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


LOOKUP, BOTH, COMPREHENSION = 0.0, 0.5, 1.0
LABELS: Mapping[RouteName, float] = {"lookup": LOOKUP, "both": BOTH, "comprehension": COMPREHENSION}

LICENCES = {
    "templates": "Apache-2.0 (this project)",
    "nf_cats": "MIT (github.com/Lurunchik/NF-CATS)",
    "trec_qc": "none stated (Li and Roth 2002, free for research); weights only, no text of it is kept",
}
"""The licence of each source that the shipped weights were trained on."""

# REASON and the like ask for what no single passage says. INSTRUCTION ("how do I ...") is answered by a procedure that
# stands somewhere and by knowing how things hang together: both. EXPERIENCE asks for the reader's own advice and
# NOT-A-QUESTION for nothing: neither is a question to documents, and both are left out.
_NF_CATS = {
    "FACTOID": LOOKUP,
    "REASON": COMPREHENSION,
    "EVIDENCE-BASED": COMPREHENSION,
    "DEBATE": COMPREHENSION,
    "COMPARISON": COMPREHENSION,
    "INSTRUCTION": BOTH,
}
# Many EVIDENCE-BASED questions ask what a word means; a document that defines it says so in one place. Ambiguous: out.
_DEFINITION = re.compile(r"\b(?:define|definition|meaning|mean|means|stand for|how (?:long|much|many|old))\b", re.I)
_WHAT_IS = re.compile(r"^\s*(?:what|who)(?:'?s| is| are| was| were) (?:an? |the )?[\w-]+(?: [\w-]+)?\s*\??\s*$", re.I)
_TREC_LEFT_OUT = {"DESC:desc", "DESC:def"}  # a description or a definition may be one sentence or a long account
_TREC_QC = {"DESC:reason": COMPREHENSION, "DESC:manner": BOTH}  # manner: as INSTRUCTION above; the rest: lookup


@dataclass(frozen=True)
class Question:
    """A question and the route it should take. ``domain`` is what weights are balanced over."""

    text: str
    label: float
    source: str
    domain: str
    group: str


def part_of(key: str, buckets: int) -> int:
    """A number below ``buckets`` that depends on ``key`` only, the same on every machine."""
    return int(sha256(key.encode()).hexdigest()[:12], 16) % buckets


def _unpunctuated(text: str) -> str:
    return text.rstrip("?.! ").lower()


def templated(seed: int, per_frame: int = 2) -> Iterator[Question]:
    """Questions from the templates: ``per_frame`` for every frame and domain."""
    rng = random.Random(seed)
    joined = [
        (first[0].upper() + first[1:] + joint.format(second) + rng.choice(["?", "?", "."]))
        for joint in JOINTS
        for left in LOOKUP_PARTS
        for right in rng.sample(COMPREHENSION_PARTS, 6)
        for first, second in [rng.sample([left, right], 2) if rng.random() < 0.5 else [left, right]]
    ]
    frames = [(frame, LOOKUP, per_frame) for frame in LOOKUP_FRAMES]
    frames += [(frame, COMPREHENSION, per_frame) for frame in COMPREHENSION_FRAMES]
    frames += [(frame, BOTH, per_frame) for frame in BOTH_FRAMES]
    frames += [(frame, BOTH, 1) for frame in joined]
    for frame, label, count in frames:
        for domain, slots in DOMAINS.items():
            if count == 1 and rng.random() < 0.75:
                continue  # the joined frames are many
            for _ in range(count):
                yield Question(_fill(frame, slots, rng), label, "templates", domain, f"frame:{frame}")


def _fill(frame: str, slots: Mapping[str, Sequence[str]], rng: random.Random) -> str:
    values = {name: rng.choice(options) for name, options in {**SHARED, **slots}.items()}
    second = rng.choice(SHARED["clause"])
    text = frame.format(**values, clause2=second)
    text = text[0].upper() + text[1:] if frame[0] == "{" and rng.random() < 0.5 else text
    if rng.random() < 0.15:
        text = rng.choice(LEADS).format(**values) + text[0].lower() + text[1:]
    return _unpunctuated(text) if rng.random() < 0.25 else text


def nf_cats(folder: Path) -> Iterator[Question]:
    """Web questions by what they ask for."""
    for name in ("train", "valid"):
        with (folder / "nf_cats" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                label, text = _NF_CATS.get(row["category"]), row["question"].strip()
                if label is None or not text or len(text) > 400:
                    continue
                if label == COMPREHENSION and (_DEFINITION.search(text) or _WHAT_IS.match(text)):
                    continue
                yield Question(text, label, f"nf_cats {row['category']}", "web", f"nf:{text.lower()}")


def trec_qc(folder: Path) -> Iterator[Question]:
    """Short questions by what kind of thing answers them, nearly all of them lookup."""
    for line in (folder / "trec_qc" / "train.txt").read_text(encoding="latin-1").splitlines():
        kind, _, text = line.partition(" ")
        if kind not in _TREC_LEFT_OUT:
            text = text.replace(" ?", "?")
            yield Question(text, _TREC_QC.get(kind, LOOKUP), "trec_qc", "web", f"trec:{text.lower()}")


def build(folder: Path, seed: int) -> tuple[list[Question], list[str]]:
    """All questions, each text once, and the names of the data sets that were not in ``folder``."""
    sources = {"nf_cats": nf_cats, "trec_qc": trec_qc}
    missing = [name for name in sources if not (folder / name).is_dir()]
    found = [*templated(seed)]
    for name, source in sources.items():
        if name not in missing:
            found += source(folder)
    return unique(found), missing


def unique(questions: Sequence[Question]) -> list[Question]:
    """The questions, each text once, the first of them."""
    kept: dict[str, Question] = {}
    for question in questions:
        kept.setdefault(" ".join(question.text.lower().split()), question)
    return list(kept.values())


class LabelledQuestion(BaseModel):
    """One line of a user's file: a question, its route, and the questions that were asked before it. ``text`` is what
    the router looks at: a follow-up's words with those that it leans on.

    ``set`` names a part of the file that is to have a row of its own when it is measured.

    Example:
        >>> LabelledQuestion(question="And when?", label="lookup", history=("Who signed the lease?",)).text
        'when? (signed lease)'
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid")

    question: Annotated[str, Field(min_length=1)]
    label: RouteName
    history: tuple[str, ...] = ()
    set: str = ""

    @property
    def text(self) -> str:
        """The question as it stands alone."""
        return standalone(self.question, self.history)


def read_labelled(path: Path) -> list[LabelledQuestion]:
    """A user's questions from a JSONL file with ``question``, ``label`` and, if wanted, ``history`` and ``set``.

    Raises `InputError` with the line and what is wrong with it, or if the file cannot be read or is empty.
    """
    return read_models(path, LabelledQuestion, {"question": "Who signed the lease?", "label": "lookup"})


def as_questions(labelled: Sequence[LabelledQuestion]) -> list[Question]:
    """A user's questions as training questions: one domain, each text its own group."""
    return unique([Question(one.text, LABELS[one.label], "own", "own", f"own:{one.text.lower()}") for one in labelled])
