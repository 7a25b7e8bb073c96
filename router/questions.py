"""Questions with their routes, for training and for measuring, from public data sets and from templates.

``label`` is 1 for comprehension, 0 for lookup and 0.5 where both memories are wanted. Questions of
one ``group`` (a template, a story, a meeting, a clause category) always fall on the same side of a
split. A data set that is not in the folder is left out, and the training command says so.
"""

from __future__ import annotations

import csv
import gzip
import json
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

from hybrid.router.domains import DOMAINS, SHARED
from hybrid.router.held_out import HELD_OUT
from hybrid.router.templates import (
    BOTH_FRAMES,
    COMPREHENSION_FRAMES,
    COMPREHENSION_PARTS,
    JOINTS,
    LEADS,
    LOOKUP_FRAMES,
    LOOKUP_PARTS,
)

Split = Literal["train", "test", "outside"]
LOOKUP, BOTH, COMPREHENSION = 0.0, 0.5, 1.0

LICENCES = {
    "templates": "Apache-2.0 (this project)",
    "nf_cats": "MIT (github.com/Lurunchik/NF-CATS)",
    "squality": "CC BY 4.0 (github.com/nyu-mll/SQuALITY)",
    "qmsum": "MIT (github.com/Yale-LILY/QMSum)",
    "cuad": "CC BY 4.0 (CUAD v1, The Atticus Project)",
}
"""The licence of each source that is trained on."""

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


@dataclass(frozen=True)
class Question:
    """A question and the route it should take. ``domain`` is what weights are balanced over."""

    text: str
    label: float
    source: str
    domain: str
    group: str
    split: Split


def _part_of(key: str, buckets: int) -> int:
    """A number below ``buckets`` that depends on ``key`` only, the same on every machine."""
    return int(sha256(key.encode()).hexdigest()[:12], 16) % buckets


def _unpunctuated(text: str) -> str:
    return text.rstrip("?.! ").lower()


def templated(seed: int, per_frame: int = 3) -> Iterator[Question]:
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
        split: Split = "test" if _part_of(frame, 5) == 0 else "train"
        for domain, slots in DOMAINS.items():
            if count == 1 and rng.random() < 0.75:
                continue  # the joined frames are many
            for _ in range(count):
                yield Question(_fill(frame, slots, rng), label, "templates", domain, f"frame:{frame}", split)


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
    for name, split in (("train", "train"), ("valid", "test")):
        with (folder / "nf_cats" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                label, text = _NF_CATS.get(row["category"]), row["question"].strip()
                if label is None or not text or len(text) > 400:
                    continue
                if label == COMPREHENSION and (_DEFINITION.search(text) or _WHAT_IS.match(text)):
                    continue
                yield Question(text, label, f"nf_cats {row['category']}", "web", f"nf:{text.lower()}", _split(split))


def squality(folder: Path) -> Iterator[Question]:
    """Questions about whole stories: comprehension."""
    for name, split in (("train", "train"), ("dev", "test")):
        for row in _rows(folder / "squality" / f"{name}.jsonl.gz"):
            for question in row["questions"]:
                yield Question(question["q"], COMPREHENSION, "squality", "fiction", f"sq:{row['id']}", _split(split))


def qmsum(folder: Path) -> Iterator[Question]:
    """Questions about whole meetings and about parts of them: comprehension."""
    for name, split in (("train", "train"), ("val", "test")):
        for row in _rows(folder / "qmsum" / f"{name}.jsonl.gz"):
            for question in [*row["general"], *row["specific"]]:
                group = f"qm:{row['id']}"
                yield Question(question["query"], COMPREHENSION, "qmsum", "meetings", group, _split(split))


_CUAD_FRAMES = (
    "{about}",
    "{name}",
    "{name} clause",
    "{name} {contract}",
    "Quote the {name} clause.",
    "Quote the clause on {name} in the {contract}.",
    "Which clause of the {contract} covers {name}?",
    "Is there a {name} clause in the {contract} with {company}?",
    "Find {name} in the {company} {contract}",
    "In the {contract}: {about}",
    "What is the {name} in the {contract}?",
    "Show the {name} provision of the {company} contract.",
)


def cuad(folder: Path, seed: int) -> Iterator[Question]:
    """Clause categories of commercial contracts, asked for in words: lookup. One group a category."""
    rng = random.Random(seed)
    names = sorted({row["id"] for row in _rows(folder / "cuad" / "contracts_dev.jsonl.gz")})
    with (folder / "cuad" / "category_descriptions.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [[cell.split(":", 1)[-1].strip() for cell in row[:2]] for row in list(csv.reader(file))[1:] if row]
    for category, about in rows:
        split: Split = "test" if _part_of(category, 5) == 0 else "train"
        for frame in _CUAD_FRAMES:
            for _ in range(2):
                company, contract = _contract(rng.choice(names))
                name = category if rng.random() < 0.3 else category.lower()
                text = frame.format(about=about, name=name, contract=contract, company=company)
                text = _unpunctuated(text) if rng.random() < 0.25 else text
                yield Question(text, LOOKUP, "cuad", "contracts", f"cuad:{category}", split)


def _contract(identifier: str) -> tuple[str, str]:
    """Company and kind of contract from a CUAD name, such as ``EdietsComInc_2000..._Co-Branding Agreement``."""
    parts = identifier.split("_")
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", parts[0]), re.sub(r"\W*\d*$", "", parts[-1]) or "agreement"


def outside(folder: Path) -> Iterator[Question]:
    """Questions that are only measured: the hand-written domain, and two data sets that may not be trained on."""
    labels = {"lookup": LOOKUP, "comprehension": COMPREHENSION, "both": BOTH}
    for route, texts in HELD_OUT.items():
        for text in texts:
            yield Question(text, labels[route], "discovery", "discovery", "discovery", "outside")
    path = folder / "trec_qc" / "train.txt"
    if path.exists():
        for line in path.read_text(encoding="latin-1").splitlines():
            kind, _, text = line.partition(" ")
            if kind in {"DESC:desc", "DESC:def"}:
                continue  # ask for a description or a definition, which may be one sentence or a long account
            label = {"DESC:reason": COMPREHENSION, "DESC:manner": BOTH}.get(
                kind, LOOKUP
            )  # manner: as INSTRUCTION above
            yield Question(text.replace(" ?", "?"), label, "trec_qc", "trec_qc", "trec_qc", "outside")
    path = folder / "hotpotqa100" / "questions.jsonl"
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            yield Question(json.loads(line)["question"], LOOKUP, "hotpotqa100", "hotpotqa", "hotpotqa", "outside")


def build(folder: Path, seed: int) -> tuple[list[Question], list[str]]:
    """All questions, each text once, and the names of the data sets that were not in ``folder``.

    A text that occurs on both sides of a split is kept for training and left out of the test.
    """
    sources: dict[str, Callable[[Path], Iterator[Question]]] = {
        "nf_cats": nf_cats,
        "squality": squality,
        "qmsum": qmsum,
        "cuad": lambda folder: cuad(folder, seed),
    }
    found = [*templated(seed)]
    missing = [name for name in sources if not (folder / name).is_dir()]
    for name, source in sources.items():
        if name not in missing:
            found += source(folder)
    found += outside(folder)
    order = {"train": 0, "test": 1, "outside": 2}
    unique: dict[str, Question] = {}
    for question in sorted(found, key=lambda question: order[question.split]):
        unique.setdefault(" ".join(question.text.lower().split()), question)
    return list(unique.values()), missing


def _split(name: str) -> Split:
    return "test" if name == "test" else "train"


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)
