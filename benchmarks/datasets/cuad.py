"""CUAD v1 (The Atticus Project, CC BY 4.0): contracts whose clauses of 41 categories lawyers marked."""

from __future__ import annotations

import csv
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from hybrid.evaluation.routing import Asked
from hybrid.router.training.questions import LOOKUP, part_of
from hybrid.stores.files import read_jsonl
from hybrid.types.answers import Citation, Hit

SHORTEST, LONGEST = 8_000, 45_000
"""Characters of the contracts that are asked: below, little is to be found; above, embedding takes long."""

CLAUSE_QUESTIONS = {
    "Document Name": "What is the name of the agreement?",
    "Parties": "Who are the parties to the agreement?",
    "Agreement Date": "What is the date of the agreement?",
    "Effective Date": "When does the agreement become effective?",
    "Expiration Date": "When does the agreement expire?",
    "Renewal Term": "How is the term of the agreement renewed?",
    "Notice Period To Terminate Renewal": "How much notice is needed to stop renewal of the agreement?",
    "Governing Law": "Which state's law governs the agreement?",
    "Most Favored Nation": "Is a party entitled to terms as good as those given to anyone else?",
    "Non-Compete": "May a party compete with the other?",
    "Exclusivity": "Is there an exclusive dealing commitment?",
    "No-Solicit Of Customers": "May a party solicit the other's customers?",
    "Competitive Restriction Exception": "What is excepted from the restrictions on competition?",
    "No-Solicit Of Employees": "May a party hire the other's employees?",
    "Non-Disparagement": "Are the parties forbidden to disparage each other?",
    "Termination For Convenience": "Can the agreement be terminated without cause?",
    "Rofr/Rofo/Rofn": "Who has a right of first refusal or first offer?",
    "Change Of Control": "What may a party do upon a change of control of the other?",
    "Anti-Assignment": "May the agreement be assigned without consent?",
    "Revenue/Profit Sharing": "What share of revenue or profit is paid to the other party?",
    "Price Restrictions": "How far may prices be increased?",
    "Minimum Commitment": "What is the minimum purchase or order quantity?",
    "Volume Restriction": "Is there a limit on the volume of use?",
    "Ip Ownership Assignment": "Who owns the intellectual property that is created?",
    "Joint Ip Ownership": "Is any intellectual property jointly owned?",
    "License Grant": "What license is granted under the agreement?",
    "Non-Transferable License": "Is the license transferable?",
    "Affiliate License-Licensor": "Does the license include intellectual property of the licensor's affiliates?",
    "Affiliate License-Licensee": "Does the license extend to the licensee's affiliates?",
    "Unlimited/All-You-Can-Eat-License": "Is there an unlimited or enterprise-wide license?",
    "Irrevocable Or Perpetual License": "Is the license irrevocable or perpetual?",
    "Source Code Escrow": "Must source code be deposited in escrow?",
    "Post-Termination Services": "What must the parties do after termination of the agreement?",
    "Audit Rights": "Who may audit the books and records under the agreement?",
    "Uncapped Liability": "For what is liability unlimited?",
    "Cap On Liability": "How is liability limited in the agreement?",
    "Liquidated Damages": "Are liquidated damages or a termination fee to be paid?",
    "Warranty Duration": "How long does the warranty last?",
    "Insurance": "What insurance must be maintained under the agreement?",
    "Covenant Not To Sue": "May a party contest the validity of the other's intellectual property?",
    "Third Party Beneficiary": "Is there a third party beneficiary of the agreement?",
}
"""Category, as the annotated rows name it, to the question that a person would ask for it."""


@dataclass(frozen=True)
class AnnotatedQuestion:
    """A question about one contract, with the spans that the annotators marked: none where it has no such clause."""

    question: str
    spans: tuple[tuple[int, int], ...]
    set: str = "cuad"
    history: tuple[str, ...] = ()

    @property
    def answerable(self) -> bool:
        """Whether the contract has such a clause."""
        return bool(self.spans)

    def touches(self, found: Citation | Hit) -> bool:
        """Whether what was found overlaps a marked span."""
        return any(found.start < end and start < found.end for start, end in self.spans)


@dataclass(frozen=True)
class Contract:
    """A contract with one question for each category of clause."""

    name: str
    text: str
    questions: tuple[AnnotatedQuestion, ...]


def contracts(folder: Path, count: int, skip: int, seed: int) -> list[Contract]:
    """``count`` contracts of `SHORTEST` to `LONGEST` characters, after the first ``skip``, in the order of a hash of
    their names and ``seed``."""
    texts = {row["id"]: row["text"] for row in read_jsonl(folder / "contracts_dev.jsonl.gz")}
    known = [name for name, text in texts.items() if SHORTEST <= len(text) <= LONGEST]
    chosen = sorted(known, key=lambda name: sha256(f"{seed or ''}{name}".encode()).hexdigest())[skip : skip + count]
    asked: dict[str, list[AnnotatedQuestion]] = {name: [] for name in chosen}
    for row in read_jsonl(folder / "qa_dev.jsonl.gz"):
        if row["doc"] in asked:
            spans = tuple((span["start"], span["end"]) for span in row["spans"])
            asked[row["doc"]].append(AnnotatedQuestion(CLAUSE_QUESTIONS[row["category"]], spans))
    return [Contract(name, texts[name], tuple(questions)) for name, questions in asked.items()]


_FRAMES = (
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


def routing_questions(folder: Path) -> Iterator[tuple[Asked, str]]:
    """Each category as a question, as its annotators' question where they put one, and in frames; all lookups, each
    with the half, `tuning` or `reporting`, that its category is in."""
    rng = random.Random(0)
    names = sorted({row["id"] for row in read_jsonl(folder / "contracts_dev.jsonl.gz")})
    with (folder / "category_descriptions.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [[cell.split(":", 1)[-1].strip() for cell in row[:2]] for row in list(csv.reader(file))[1:] if row]
    named = {category.lower(): category for category in CLAUSE_QUESTIONS}
    for category, about in rows:
        part = "tuning" if part_of(named[category.lower()], 2) else "reporting"
        yield Asked(CLAUSE_QUESTIONS[named[category.lower()]], LOOKUP, "cuad questions"), part
        if "?" in about:
            yield Asked(" ".join(about.partition("?")[0].split()) + "?", LOOKUP, "cuad descriptions"), part
        for frame in _FRAMES:
            company, contract = company_and_kind(rng.choice(names))
            name = category if rng.random() < 0.3 else category.lower()
            text = frame.format(about=about, name=name, contract=contract, company=company)
            yield Asked(text.rstrip("?.! ").lower() if rng.random() < 0.25 else text, LOOKUP, "cuad frames"), part


def company_and_kind(identifier: str) -> tuple[str, str]:
    """Company and kind of contract from a CUAD name, such as ``EdietsComInc_2000..._Co-Branding Agreement``."""
    parts = identifier.split("_")
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", parts[0]), re.sub(r"\W*\d*$", "", parts[-1]) or "agreement"
