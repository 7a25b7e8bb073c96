"""Questions with the sentences that answer them, for the ranker of sentences: CUAD, HotpotQA, QMSum and SQuALITY.

CUAD (CC BY 4.0), HotpotQA (CC BY-SA 4.0), QMSum (MIT) and SQuALITY (CC BY 4.0) are read from a folder that is no part
of the project.
"""

from __future__ import annotations

import csv
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.datasets import cuad
from hybrid.answering.evidence import Sentence
from hybrid.stores.files import read_jsonl
from hybrid.text import lexicon, sentences
from hybrid.types.documents import Document

ANNOTATORS, OWN = "annotators", "own"
_SHARED = 0.5
"""Of a reference's sentence, the share of content words that a story's sentence must hold to count as its source."""


@dataclass(frozen=True)
class RankedQuestion:
    """A question, its gold spans by source (``[start, end)`` of the canonical text), and the group that it is left out
    with: the category of a clause, or a part of a set."""

    question: str
    gold: dict[str, tuple[tuple[int, int], ...]]
    set: str
    group: str
    wording: str = ""


@dataclass(frozen=True)
class Library:
    """Documents that make one corpus, and its questions."""

    name: str
    documents: tuple[Document, ...]
    questions: tuple[RankedQuestion, ...]


def annotators_wording(folder: Path) -> dict[str, str]:
    """CUAD's category, as its annotated rows name it, to what its annotators were asked, as one question."""
    with (folder / "category_descriptions.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [[cell.split(":", 1)[-1].strip() for cell in row[:2]] for row in list(csv.reader(file))[1:] if row]
    asked = {category.lower(): " ".join(about.split()) for category, about in rows}
    return {category: asked[category.lower()] for category in cuad.CLAUSE_QUESTIONS}


def contracts(folder: Path, count: int, skip: int, seed: int = 0) -> Iterator[Library]:
    """Contracts, each with every category of clause in two wordings; without gold spans where it has no such clause."""
    wording = annotators_wording(folder)
    category_of = {question: category for category, question in cuad.CLAUSE_QUESTIONS.items()}
    for contract in cuad.contracts(folder, count, skip, seed):
        source = f"{contract.name}.txt"
        asked = []
        for one in contract.questions:
            category, gold = category_of[one.question], {source: one.spans} if one.spans else {}
            asked.append(RankedQuestion(one.question, gold, "cuad", category, OWN))
            asked.append(RankedQuestion(wording[category], gold, "cuad", category, ANNOTATORS))
        yield Library(f"cuad-{contract.name}", (Document.from_text(contract.text, source=source),), tuple(asked))


def paragraphs(folder: Path, passages: int) -> Library:
    """HotpotQA: every paragraph with a supporting sentence, and others up to ``passages``."""
    rows, asked = list(read_jsonl(folder / "corpus.jsonl")), list(read_jsonl(folder / "questions.jsonl"))
    wanted = {title for row in asked for title, _ in row["supporting_facts"]}
    by_title = {row["title"]: row["sentences"] for row in sorted(rows, key=lambda row: row["title"] not in wanted)}
    by_title = dict(list(by_title.items())[: max(passages, len(wanted))])
    documents = {title: Document.from_text("".join(parts), source=title) for title, parts in by_title.items()}
    questions = []
    for number, row in enumerate(asked):
        gold: dict[str, list[tuple[int, int]]] = {}
        for title, at in row["supporting_facts"]:
            part = by_title[title][at].strip() if title in by_title and at < len(by_title[title]) else ""
            start = documents[title].text.find(part) if part else -1
            if start >= 0:
                gold.setdefault(title, []).append((start, start + len(part)))
        spans = {title: tuple(found) for title, found in gold.items()}
        questions.append(RankedQuestion(row["question"], spans, "hotpotqa", f"hotpotqa {number % 5}"))
    return Library("hotpotqa", tuple(documents.values()), tuple(questions))


def meetings(folder: Path, count: int, split: str = "train") -> Iterator[Library]:
    """QMSum: the specific questions about a meeting, with the turns that the annotators marked."""
    for number, row in enumerate(read_jsonl(folder / f"{split}.jsonl.gz")):
        if number == count:
            return
        lines = [f"{speaker}: {' '.join(said.split())}" for speaker, said in row["turns"]]
        starts = [0]
        for line in lines:
            starts.append(starts[-1] + len(line) + 1)
        source, asked = f"{split}-{number}.txt", []
        for one in row["specific"]:
            turns = [(int(first), min(int(last), len(lines) - 1)) for first, last in one["relevant_text_span"]]
            gold = tuple((starts[first], starts[last + 1]) for first, last in turns if first < len(lines))
            asked.append(RankedQuestion(one["query"], {source: gold}, "qmsum", f"qmsum {number % 5}"))
        document = Document.from_text("\n".join(lines), source=source)
        yield Library(f"qmsum-{split}-{number}", (document,), tuple(asked))


def stories(folder: Path, count: int) -> Iterator[Library]:
    """SQuALITY: nobody marked sentences, so gold are those that hold half of the content words of a sentence of one of
    the human answers."""
    for number, row in enumerate(read_jsonl(folder / "train.jsonl.gz")):
        if number == count:
            return
        document = Document.from_text(row["document"], source=f"{number}.txt")
        spans = sentences.spans(document.text)
        words = [set(lexicon.content_words(document.text[start:end])) for start, end in spans]
        asked = []
        for one in row["questions"][1:]:
            said = [set(lexicon.content_words(part)) for ref in one["refs"] for part in re.split(r"(?<=[.!?])\s+", ref)]
            gold = tuple(span for span, held in zip(spans, words, strict=True) if _is_source(held, said))
            asked.append(RankedQuestion(one["q"], {document.source: gold}, "squality", f"squality {number % 5}"))
        yield Library(f"squality-{number}", (document,), tuple(asked))


def _is_source(held: set[str], said: Sequence[set[str]]) -> bool:
    return any(len(part) >= 4 and len(held & part) >= _SHARED * len(part) for part in said)


_NUMBER = re.compile(r"(?<![\w.,])(\d{1,4})(?![\w.,]?\d)")
_NAMED = ("In the {kind} of {company}: {question}", "{question} (the {kind} with {company})")


def naming(question: RankedQuestion, contract: str, rng: random.Random) -> RankedQuestion:
    """The question with the name of the contract that it is asked of, for corpora of several contracts."""
    company, kind = cuad.company_and_kind(contract)
    asked = rng.choice(_NAMED).format(kind=kind, company=company, question=question.question)
    return replace(question, question=asked, wording=f"named {question.wording}")


def with_decoy(
    found: Sequence[Sentence], group: str, rng: random.Random
) -> tuple[RankedQuestion, list[Sentence]] | None:
    """A question for a number or a quoted phrase of one of the sentences, made of some of its words, and the sentences
    with a decoy: a copy that has another number, or other words in the place of the phrase, and is as similar.
    ``None`` where no sentence has one. No data set has such questions, and users ask them."""
    usable = [one for one in found if 8 <= len(one.text.split()) <= 60]
    numbered = [one for one in usable if _NUMBER.search(one.text)]
    quotes = rng.random() < 0.5 or not numbered
    if not usable:
        return None
    chosen = rng.choice(usable if quotes else numbered)
    words = " ".join(chosen.text.split()).split(" ")
    if quotes:
        at = rng.randrange(len(words) - 3)
        exact = " ".join(words[at : at + 3])
        other = " ".join([*words[:at], "of", "this", "kind", *words[at + 3 :]])
    else:
        exact = _NUMBER.search(chosen.text)[1]  # type: ignore[index]  # it is one of those that match
        other = _NUMBER.sub(str(int(exact) + rng.randrange(1, 40)), chosen.text, count=1)
    hint = rng.sample([word for word in words if word.isalpha() and len(word) > 3] or words, k=2)
    about = " ".join(hint)
    asked = f'What does it say of "{exact}" and {about}?' if quotes else f"{about.capitalize()} {exact}?"
    near = [replace(chosen, similarity=rng.uniform(0.4, 0.7))]
    elsewhere = {"start": chosen.start + 10**6, "end": chosen.end + 10**6}
    near.append(replace(chosen, text=other, similarity=near[0].similarity + rng.uniform(0.0, 0.2), **elsewhere))
    rest = [one for one in found if one is not chosen]
    gold = {chosen.source: ((chosen.start, chosen.end),)}
    return RankedQuestion(asked, gold, "decoys", group), [*near, *rest]


def with_lead_in(
    question: RankedQuestion, found: Sequence[Sentence], group: str, rng: random.Random
) -> tuple[RankedQuestion, list[Sentence]] | None:
    """A question and its sentences, with a lead-in that shares the words of the marked one, announces a list of what it
    says, and is as similar or more. ``None`` where no marked sentence is long enough."""
    gold = [one for one in found if any(one.start < b and a < one.end for a, b in question.gold.get(one.source, ()))]
    usable = [one for one in gold if 12 <= len(one.text.split()) <= 60 and one.text.rstrip().endswith(".")]
    if not usable:
        return None
    chosen = rng.choice(usable)
    words = chosen.text.rstrip(" .").split(" ")
    cut = rng.randrange(len(words) // 2, len(words) - 2)
    text = " ".join([*words[:cut], "the", "following", *words[cut + rng.randrange(1, 3) :]]) + ":"
    lead_in = replace(
        chosen,
        text=text,
        similarity=chosen.similarity + rng.uniform(0.0, 0.2),
        start=chosen.start + 10**6,
        end=chosen.end + 10**6,
    )
    return replace(question, set="decoys", group=group, wording="lead-ins"), [lead_in, *found]
