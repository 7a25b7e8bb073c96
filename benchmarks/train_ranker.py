"""Fit the ranker of sentences and the probability that documents answer, and measure them on what was left out.

    python -m benchmarks.train_ranker --data ../shared/data --keep FOLDER            # the tables in docs/answers.md
    python -m benchmarks.train_ranker --data ../shared/data --keep FOLDER --write    # ... and the weights that ship

Every row of the tables is of contracts *and* of categories of clauses (for the other sets, of parts) that its weights
were not fitted on: four fits, each without a quarter of the groups and without the last ten contracts. What
ships is one fit on all groups, still without those contracts. Nothing of the data is stored but the weights.

A question's sentences are those that a lookup looks at. The ranker maximises the likelihood of the marked ones among
them (a softmax, L2), features of evidence bound to count for a sentence. The probability is a logistic regression on
`hybrid.answering.abstention.NAMES`: questions whose clause a contract does not have, and questions of another set, are
its negatives.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from benchmarks.datasets import ranking
from benchmarks.datasets.ranking import ANNOTATORS, Library, RankedQuestion
from hybrid.answering import abstention
from hybrid.answering.answerer import NEAR
from hybrid.answering.evidence import Sentence, gather, with_similarity
from hybrid.answering.selection import document_header, features, ranker
from hybrid.corpus import Corpus
from hybrid.retrieval.embedding import Embedder
from hybrid.retrieval.idf import InverseDocumentFrequency
from hybrid.retrieval.search import Order, Searcher
from hybrid.settings import MemorySettings, Settings
from hybrid.settings.models import EMBEDDER
from hybrid.stores.catalog import Catalog
from hybrid.stores.vectors import FaissIndex
from hybrid.text import lexicon

CONTRACTS, APART, PASSAGES, MEETINGS, STORIES = 38, 10, 400, 5, 4
FOLDS, SEED, L2 = 4, 0, 0.01
ORDERS: tuple[Order, ...] = ("lexical", "dense", "fused")
SHARES = {"cuad": 3.0, "named": 1.5, "hotpotqa": 1.0, "decoys": 0.7, "qmsum": 0.3, "squality": 0.2}
"""What a set weighs in the fit, whatever the number of its questions."""
_EVIDENCE = ("similarity", "coverage", "density", "word", "document", "named", "numbers", "kind", "heading")
"""First words of the names of features that may not count against a sentence."""
NAMED, DECOYS, LEAD_INS, OTHERS = 420, 300, 150, 16
WEIGHTS = Path(ranker.__file__).with_name("weights.json")


@dataclass(frozen=True)
class Example:
    """A question with its sentences, their features ``[n, len(NAMES)]`` and which of them are marked."""

    library: str
    question: RankedQuestion
    found: Sequence[Sentence]
    idf: Callable[[str], float]
    rows: NDArray[np.float32]
    gold: NDArray[np.bool_]
    passages: tuple[bool, ...] = ()
    """Whether the first passage of each of `ORDERS` touches a marked span; nothing where none is marked."""

    @property
    def set(self) -> str:
        """The set that it counts as."""
        return "named" if self.question.wording.startswith("named") else self.question.set

    def fold(self) -> int:
        """Which fit leaves it out."""
        return int(hashlib.sha256(self.question.group.encode()).hexdigest(), 16) % FOLDS


class Asked:
    """A library as a corpus without a memory, made once in ``folder``."""

    def __init__(self, library: Library, folder: Path, embedder: Embedder) -> None:
        self.name, self.embedder = library.name, embedder
        place = folder / hashlib.sha256(library.name.encode()).hexdigest()[:16]
        with Corpus.open(place, Settings(memory=MemorySettings(enabled=False))) as corpus:
            corpus.ingest(list(library.documents))
        self.catalog = Catalog.open(place / "catalog.sqlite", create=False)
        index = FaissIndex.build(embedder.dimension, *self.catalog.vectors())
        self.searcher = Searcher(self.catalog, index, embedder, Settings().retrieval)
        self.idf = InverseDocumentFrequency(self.catalog, self.catalog.chunk_count())

    def ask(self, question: RankedQuestion) -> Example:
        """The sentences that a lookup looks at, with their features."""
        asked = question.question
        with self.catalog.read_transaction():
            hits = self.searcher.search(asked, 10)
            passages: list[bool] = []
            for order in ORDERS if question.gold else ():
                best = self.searcher.search(asked, 1, order=order)
                passages.append(any(_on(question, one.source, one.start, one.end) for one in best))
            hits += document_header.headers(hits) if document_header.field_asked(asked) else []
            vector = self.embedder.encode([asked])[0]
            hits += self.searcher.by_sentences(vector, NEAR, None, hits)
            found = with_similarity(self.embedder, vector, gather(self.catalog, hits))
        example = made(self.name, question, [replace(one, vector=None) for one in found], self.idf)
        return replace(example, passages=tuple(passages))


def _on(question: RankedQuestion, source: str, begin: int, end: int) -> bool:
    """Whether a span touches a marked one."""
    return any(begin < last and first < end for first, last in question.gold.get(source, ()))


def bm25(one: Example) -> NDArray[np.float64]:
    """Okapi BM25 ``[n]`` of a question's sentences, with k1 of 1.2 and b of 0.75 (Robertson and Zaragoza, 2009)."""
    words = [Counter(lexicon.content_words(each.text)) for each in one.found]
    lengths = np.array([sum(each.values()) for each in words])
    scores = np.zeros(len(words))
    for stem in set(lexicon.content_words(one.question.question)):
        counts = np.array([each[stem] for each in words])
        scores += one.idf(stem) * counts * 2.2 / (counts + 1.2 * (0.25 + 0.75 * lengths / max(lengths.mean(), 1)))
    return scores


def made(library: str, question: RankedQuestion, found: Sequence[Sentence], idf: Callable[[str], float]) -> Example:
    gold = [_on(question, one.source, one.start, one.end) for one in found]
    return Example(library, question, found, idf, features.matrix(question.question, found, idf), np.array(gold))


def examples(data: Path, folder: Path) -> tuple[list[Example], set[str]]:
    """All examples, and the names of the contracts that nothing is fitted on."""
    embedder, rng = Embedder.load(EMBEDDER.name), random.Random(SEED)
    contracts = list(ranking.contracts(data / "cuad", CONTRACTS, 0))
    others = [*ranking.meetings(data / "qmsum", MEETINGS), *ranking.stories(data / "squality", STORIES)]
    paragraphs = ranking.paragraphs(data / "hotpotqa100", PASSAGES)
    corpora = {one.name: Asked(one, folder, embedder) for one in [*contracts, paragraphs, *others]}
    found = [corpora[one.name].ask(question) for one in [*contracts, paragraphs, *others] for question in one.questions]
    clauses = [one for one in found if one.question.set == "cuad"]
    found += list(_named([one for one in clauses if one.gold.any()], clauses, rng))
    found += list(_decoys([one for one in found if one.set in ("cuad", "hotpotqa")], rng))
    absent = [replace(one, gold={}, set="other", group=f"other {one.group}") for one in contracts[0].questions]
    found += [corpora[paragraphs.name].ask(question) for question in absent]
    for number, question in enumerate([*paragraphs.questions, *(q for one in others for q in one.questions)]):
        corpus = corpora[contracts[number % OTHERS].name]
        found.append(corpus.ask(replace(question, gold={}, set="other", group=f"other {question.group}")))
    return found, {one.name for one in contracts[-APART:]}


def _named(asked: Sequence[Example], clauses: Sequence[Example], rng: random.Random) -> Iterator[Example]:
    """Questions that name their contract, among the sentences of two."""
    by_question = defaultdict(list)
    for one in clauses:
        by_question[one.question.question].append(one)
    for one in rng.sample(list(asked), min(NAMED, len(asked))):
        other = rng.choice(
            [example for example in by_question[one.question.question] if example.library != one.library]
        )
        question = ranking.naming(one.question, one.library.removeprefix("cuad-"), rng)
        mixed = [replace(each, document_id=1, rank=2 * each.rank + 1) for each in one.found]
        mixed += [replace(each, document_id=2, rank=2 * each.rank) for each in other.found]
        yield made(one.library, question, mixed, one.idf)


def _decoys(asked: Sequence[Example], rng: random.Random) -> Iterator[Example]:
    for number, one in enumerate(rng.sample(list(asked), DECOYS)):
        decoyed = ranking.with_decoy(one.found, f"decoys {number % 5}", rng)
        if decoyed is not None:
            yield made(one.library, decoyed[0], decoyed[1], one.idf)
    marked = [one for one in asked if one.gold.any() and one.question.wording != ANNOTATORS]
    for number, one in enumerate(rng.sample(marked, LEAD_INS)):
        led_in = ranking.with_lead_in(one.question, one.found, f"decoys {number % 5}", rng)
        if led_in is not None:
            yield made(one.library, led_in[0], led_in[1], one.idf)


def fit(chosen: Sequence[Example]) -> NDArray[np.float64]:
    """The ranker's weights ``[len(NAMES)]``."""
    chosen = [one for one in chosen if one.gold.any()]
    counts = Counter(one.set for one in chosen)
    share = np.array([SHARES[one.set] / counts[one.set] for one in chosen])
    rows, gold = np.concatenate([one.rows for one in chosen]), np.concatenate([one.gold for one in chosen])
    lengths = np.array([len(one.rows) for one in chosen])
    of, starts = np.repeat(np.arange(len(chosen)), lengths), np.cumsum(lengths) - lengths
    deviation = rows.std(0) + 1e-6
    scaled = ((rows - rows.mean(0)) / deviation).astype(np.float64)

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        scores = scaled @ weights
        odds = np.exp(scores - np.maximum.reduceat(scores, starts)[of])
        whole, marked = np.add.reduceat(odds, starts), np.add.reduceat(odds * gold, starts)
        value = -(share * (np.log(marked + 1e-12) - np.log(whole))).sum() / share.sum() + L2 * weights @ weights
        slope = (odds * gold / (marked[of] + 1e-12) - odds / whole[of]) * share[of]
        return value, -(scaled.T @ slope) / share.sum() + 2 * L2 * weights

    bounds = [(0, None) if name.split(" ")[0] in _EVIDENCE else (None, None) for name in features.NAMES]
    found = minimize(loss, np.zeros(scaled.shape[1]), jac=True, method="L-BFGS-B", bounds=bounds)
    weights: NDArray[np.float64] = found.x / deviation
    return weights


def calibrate(chosen: Sequence[Example], weights: NDArray[np.float64]) -> dict[str, float]:
    """The weights of the probability that documents answer."""
    chosen = [one for one in chosen if one.set not in ("named", "decoys")]
    kinds = [(one.set, bool(one.question.gold)) for one in chosen]
    counts = Counter(kinds)
    share = np.array([(2.0 if kind[0] == "cuad" else 1.0) / counts[kind] for kind in kinds])
    answered = np.array([kind[1] for kind in kinds], float)
    rows = np.array([measured(one, weights) for one in chosen])
    deviation = rows.std(0) + 1e-9
    scaled = np.c_[(rows - rows.mean(0)) / deviation, np.ones(len(rows))]

    def loss(found: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        p = 1 / (1 + np.exp(-(scaled @ found)))
        value = -(share * (answered * np.log(p + 1e-12) + (1 - answered) * np.log(1 - p + 1e-12))).sum() / share.sum()
        slope = scaled.T @ (share * (p - answered)) / share.sum()
        slope[:-1] += 2e-3 * found[:-1]
        return value + 1e-3 * found[:-1] @ found[:-1], slope

    found = minimize(loss, np.zeros(scaled.shape[1]), jac=True, method="L-BFGS-B").x
    plain = found[:-1] / deviation
    intercept = found[-1] - plain @ rows.mean(0)
    return {**dict(zip(abstention.NAMES, map(float, plain), strict=True)), "intercept": float(intercept)}


def measured(one: Example, weights: NDArray[np.float64]) -> list[float]:
    values = abstention.measure(one.question.question, one.found, one.idf)
    return [float((one.rows @ weights).max()), *(values[name] for name in abstention.NAMES[1:])]


def report(found: Sequence[Example], apart: set[str]) -> None:
    """Print both tables, of what was left out of each fit."""
    first, said = defaultdict(list), defaultdict(list)
    for fold in range(FOLDS):
        inside = [one for one in found if one.library not in apart and one.fold() != fold]
        weights = fit(inside)
        logistic = ranker.Ranker(weights, calibrate(inside, weights), 0.0, 0.0)
        for one in found:
            if one.fold() != fold or (one.set in ("cuad", "named") and one.library not in apart):
                continue
            name = f"{one.set} {one.question.wording}"
            if one.question.gold:
                order = np.argsort(-(one.rows @ weights))
                dense, lexical = int(np.argmax(one.rows[:, 0])), int(np.argmax(bm25(one)))
                ours = (one.gold[order[0]], one.gold[order[:3]].any())
                passages = one.passages or (False,) * len(ORDERS)
                first[name].append((*ours, one.gold[dense], one.gold[lexical], one.gold.any(), *passages))
            given = dict(zip(abstention.NAMES, measured(one, weights), strict=True))
            said[name, "answered" if one.question.gold else "not answered"].append(logistic.probability(given))
    passages = " | ".join(f"passage, {order}" for order in ORDERS)
    print(f"| questions | n | first | among three | dense, first | BM25, first | in reach | {passages} |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for name, rows in sorted(first.items()):
        print(f"| {name} | {len(rows)} | " + " | ".join(f"{share:.3f}" for share in np.mean(rows, axis=0)) + " |")
    limits = [0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7]
    print("\n| share with a probability of at least | | n | " + " | ".join(f"{limit:.2f}" for limit in limits) + " |")
    print("|---|---|---|" + "---|" * len(limits))
    for (name, kind), values in sorted(said.items()):
        shares = " | ".join(f"{np.mean(np.array(values) >= limit):.2f}" for limit in limits)
        print(f"| {name} | {kind} | {len(values)} | {shares} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder of the development sets")
    parser.add_argument("--keep", type=Path, required=True, help="a folder for the corpora, made once and used again")
    parser.add_argument("--write", action="store_true", help="write the weights that ship")
    options = parser.parse_args()
    found, apart = examples(options.data, options.keep)
    report(found, apart)
    if not options.write:
        return
    inside = [one for one in found if one.library not in apart]
    weights = np.round(fit(inside), 6)
    logistic = {name: round(value, 6) for name, value in calibrate(inside, weights).items()}
    before = ranker.load()
    described = {
        "made_by": "python -m benchmarks.train_ranker --write",
        "seed": SEED,
        "fitted_on": "CUAD (CC BY 4.0), HotpotQA (CC BY-SA 4.0), QMSum (MIT), SQuALITY (CC BY 4.0), and questions made "
        "of CUAD's sentences; only these numbers are kept of them",
        "weights": dict(zip(features.NAMES, map(float, weights), strict=True)),
        "answerability": {"weights": logistic, "threshold": before.threshold, "confident": before.confident},
    }
    WEIGHTS.write_text(json.dumps(described, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
