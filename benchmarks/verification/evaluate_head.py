"""What the entailment and ranking head is worth on what it was not trained on, against the rules, BM25 and cosines.

    python benchmarks/verification/evaluate_head.py --head FOLDER --data PAIRS    # entailment, by set and by kind
    python benchmarks/verification/evaluate_head.py --head FOLDER --data PAIRS --calibrate    # fit the card first
    python benchmarks/verification/evaluate_head.py --head FOLDER --verdicts FILE             # a list of verdicts
    python benchmarks/verification/evaluate_head.py --head FOLDER --ranking                   # CUAD and QMSum

PAIRS is the folder that `benchmarks/datasets/head_pairs.py` writes. Its evaluation pairs are halved by a hash of their
text: calibration and thresholds are fitted on one half, figures come from the other. FILE has rows of {corpus, claim,
carried, kind}. Ranking asks after the twelve categories of CUAD that were left out of training, in contracts that were
left out too, in the annotators' wording and in the project's own, and QMSum's development questions; the head ranks
the sentences that BM25 or the cosine has among its first 40. One thread is used.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import sys
import zlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "datasets"))

from head import Head, margin
from labelled_pairs import cuad_contracts, questions
from sentence_pools import DATA, rows, sentences
from train_head import area

PRECISION = 0.9
"""What `likely` promises: right nine times of ten."""
CANDIDATES = 40
Rows = list[dict[str, Any]]


# Entailment


def margins(head: Head, pairs: Rows) -> np.ndarray:
    """The logit of entailment against the rest [n]."""
    return margin(head.logits([(pair["first"], pair["second"]) for pair in pairs]))


def platt(score: np.ndarray, true: np.ndarray) -> tuple[float, float]:
    """Slope and shift that make a logistic of the score fit the truth, by Newton's steps."""
    weights = np.array([1.0, 0.0])
    inputs = np.stack([score, np.ones_like(score)], axis=1)
    for _ in range(50):
        chance = 1 / (1 + np.exp(-inputs @ weights))
        slope = inputs.T @ (chance - true) + 1e-6 * weights
        hessian = (inputs * (chance * (1 - chance))[:, None]).T @ inputs + 1e-6 * np.eye(2)
        weights = weights - np.linalg.solve(hessian, slope)
    return float(weights[0]), float(weights[1])


def threshold(chance: np.ndarray, true: np.ndarray, precision: float) -> float:
    """The lowest probability above which at least ``precision`` of what is approved is true."""
    order = np.argsort(-chance)
    right = np.cumsum(true[order]) / np.arange(1, len(order) + 1)
    good = np.flatnonzero(right >= precision)
    return float(chance[order][good[-1]]) if len(good) else 1.0


def first_half(pair: dict[str, Any]) -> bool:
    return zlib.crc32((pair["first"] + pair["second"]).encode()) % 2 == 0


@dataclass(frozen=True)
class Scored:
    """Evaluation pairs with their truth, the head's probability, and what the rules say of them [n each]."""

    pairs: Rows
    true: np.ndarray
    chance: np.ndarray
    ruled: np.ndarray
    vetoed: np.ndarray
    reported: np.ndarray
    """The half that figures come from."""
    least: float
    """The probability from which the head approves."""

    def ways(self) -> dict[str, np.ndarray]:
        """Who approves: the head alone, the rules alone, the head where the rules have no objection."""
        head = self.chance >= self.least
        return {"head": head, "rules": self.ruled, "both": head & ~self.vetoed}


def scored(head: Head, data: Path, calibrate: Path | None) -> Scored:
    lines = (data / "evaluation.jsonl").read_text(encoding="utf-8").splitlines()
    pairs = [pair for pair in map(json.loads, lines) if pair["task"] == "entailment"]
    score = margins(head, pairs)
    true = np.array([pair["label"] == "entailment" for pair in pairs])
    fitting = np.array([first_half(pair) for pair in pairs])
    if calibrate:
        head.card["calibration"] = platt(score[fitting], true[fitting])
    slope, shift = head.card.get("calibration", (1.0, 0.0))
    chance = 1 / (1 + np.exp(-(slope * score + shift)))
    least = threshold(chance[fitting], true[fitting], PRECISION)
    print(f"calibration {slope:.3f}, {shift:.3f}; precision {PRECISION} on the fitting half from {least:.3f} on")
    if calibrate:
        head.card["likely_from"] = least
        calibrate.write_text(json.dumps(head.card, indent=1), encoding="utf-8")
    ruled, vetoed = by_rules(pairs)
    return Scored(pairs, true, chance, ruled, vetoed, ~fitting, least)


def by_rules(pairs: Rows) -> tuple[np.ndarray, np.ndarray]:
    """Whether the rules approve of a pair, and whether they object to it [n each]."""
    from hybrid.answering.verification.entailment import Rule, compare, support
    from hybrid.retrieval.embedding import Embedder
    from hybrid.settings.models import EMBEDDER

    joined = [(text(pair["first"]), text(pair["second"])) for pair in pairs]
    matches = [compare(claim, corpus, lambda _: 1.0) for claim, corpus in joined]
    approved = np.zeros(len(pairs), dtype=bool)
    open_to = [index for index, match in enumerate(matches) if support(match, 1.0, Rule())[0]]
    vectors = Embedder.load(EMBEDDER.name).encode([one for index in open_to for one in joined[index]])
    for place, index in enumerate(open_to):
        similarity = float(vectors[2 * place] @ vectors[2 * place + 1])
        approved[index] = support(matches[index], similarity, Rule())[0]
    return approved, np.array([bool(match.failed_checks) for match in matches])


def text(split: str) -> str:
    """Some public sets part "do" and "n't", which the rules read as one word."""
    return split.replace(" n't", "n't").replace(" n’t", "n’t")


def entailment_report(head: Head, data: Path, calibrate: Path | None) -> None:
    found = scored(head, data, calibrate)
    print(f"\n{'':<36} {'':>5} {'':>5} {'':>6}   precision and recall of")
    print(f"{'set':<36} {'n':>5} {'true':>5} {'auc':>6}" + "".join(f"{way:>14}" for way in found.ways()))
    for name in [*sorted({pair["set"] for pair in found.pairs}), ""]:
        chosen = found.reported & np.array([name in {"", pair["set"]} for pair in found.pairs])
        right = found.true[chosen]
        auc = area(found.chance[chosen & found.true], found.chance[chosen & ~found.true])
        columns = "".join("  {:>6.3f}{:>6.3f}".format(*quality(way[chosen], right)) for way in found.ways().values())
        print(f"{name or 'all':<36} {len(right):>5} {right.sum():>5} {auc:>6.3f}{columns}")
    reliability(found.chance[found.reported], found.true[found.reported])
    by_kind(found)


def quality(approved: np.ndarray, true: np.ndarray) -> tuple[float, float]:
    """Precision and recall."""
    precision = float(true[approved].mean()) if approved.any() else math.nan
    return precision, float(approved[true].mean()) if true.any() else math.nan


def reliability(chance: np.ndarray, true: np.ndarray) -> None:
    """Print how often a probability of each tenth comes true, and the expected calibration error."""
    print("\nprobability        n  mean  true")
    tenth, gap = np.minimum((chance * 10).astype(int), 9), 0.0
    for low in range(10):
        chosen = tenth == low
        if chosen.any():
            said, came = chance[chosen].mean(), true[chosen].mean()
            gap += abs(said - came) * chosen.mean()
            print(f"{low / 10:.1f} to {(low + 1) / 10:.1f}  {chosen.sum():>8} {said:>5.2f} {came:>5.2f}")
    print(f"expected calibration error {gap:.3f}")


def by_kind(found: Scored) -> None:
    """Print the share of made pairs that is approved, by kind."""
    kinds: dict[tuple[bool, str], list[int]] = defaultdict(list)
    for index, pair in enumerate(found.pairs):
        if found.reported[index] and pair["set"].startswith(("policies", "new")):
            kinds[(bool(found.true[index]), pair["kind"])].append(index)
    print(
        f"\n{'kind, made pairs (share approved)':<42} {'true':>5} {'n':>5}"
        + "".join(f"{way:>7}" for way in found.ways())
    )
    for (carried, kind), chosen in sorted(kinds.items()):
        shares = "".join(f"{way[chosen].mean():>7.2f}" for way in found.ways().values())
        print(f"{kind:<42} {carried!s:>5} {len(chosen):>5}{shares}")


def verdict_report(head: Head, path: Path) -> None:
    """A list of verdicts: what is approved at the threshold, and how many true claims at no false approval."""
    listed = rows(path)
    chance = head.entailment([(row["corpus"], row["claim"]) for row in listed])
    true = np.array([row["carried"] for row in listed])
    least = head.card.get("likely_from", 0.5)
    print(f"{path.name}: {true.sum()} true, {(~true).sum()} false, auc {area(chance[true], chance[~true]):.3f}")
    strict = np.sort(chance[~true])[::-1]
    for text, at in ((f"likely, from {least:.3f}", least), ("no false approval", np.nextafter(strict[0], 2)),
                     ("one false approval", np.nextafter(strict[1], 2))):  # fmt: skip
        taken = chance >= at
        print(f"  {text:<26} true {taken[true].sum()} of {true.sum()}, false {taken[~true].sum()} of {(~true).sum()}")
    for row, one in sorted(zip(listed, chance, strict=True), key=lambda both: -both[1]):
        print(f"  {one:.3f} {'true ' if row['carried'] else 'FALSE'} {row['kind']:<34} {row['claim'][:70]}")


# Ranking


def bm25(question: str, texts: Sequence[str]) -> np.ndarray:
    """Okapi BM25 with k1 1.2 and b 0.75 over the texts themselves [n]."""
    split = [re.findall(r"\w+", text.lower()) for text in texts]
    frequency = Counter(word for words in split for word in set(words))
    mean = sum(map(len, split)) / len(split)
    score = np.zeros(len(texts))
    wanted = set(re.findall(r"\w+", question.lower()))
    for index, words in enumerate(split):
        held = Counter(words)
        for word in wanted & set(held):
            idf = math.log(1 + (len(texts) - frequency[word] + 0.5) / (frequency[word] + 0.5))
            score[index] += idf * held[word] * 2.2 / (held[word] + 1.2 * (0.25 + 0.75 * len(words) / mean))
    return score


Asked = tuple[str, str, list[str], set[int]]
"""Set, question, texts, and which of them are right."""


def cuad_questions() -> list[Asked]:
    asked = questions()
    return [
        (f"cuad, {wording}", asked[category.lower()][number], contract["sentences"], held)
        for contract in cuad_contracts("evaluation")
        for category, held in sorted(contract["marked"].items())
        for number, wording in enumerate(("annotators' wording", "own wording"))
    ]


def qmsum_questions() -> list[Asked]:
    found: list[Asked] = []
    for meeting in rows(DATA / "qmsum" / "val.jsonl.gz"):
        lines = [
            (number, f"{who}: {one}")
            for number, (who, text) in enumerate(meeting["turns"])
            for one in sentences(re.sub(r"\s+([.,?!'])", r"\1", re.sub(r"\{\w+\}", "", text)))
            if len(one.split()) >= 7
        ]
        for query in meeting["specific"]:
            inside = [(int(a), int(b)) for a, b in query["relevant_text_span"]]
            right = {i for i, (number, _) in enumerate(lines) if any(a <= number <= b for a, b in inside)}
            if right:
                found.append(("qmsum", query["query"], [line for _, line in lines], right))
    return found


def ranking_report(head: Head, limit: int) -> None:
    from hybrid.retrieval.embedding import Embedder
    from hybrid.settings.models import EMBEDDER

    embedder = Embedder.load(EMBEDDER.name)
    cached: dict[tuple[str, ...], np.ndarray] = {}
    figures: dict[str, dict[str, list[tuple[float, float]]]] = defaultdict(lambda: defaultdict(list))
    rng = np.random.default_rng(0)
    for source in (cuad_questions(), qmsum_questions()):
        for name, question, texts, right in [source[i] for i in rng.permutation(len(source))[:limit]]:
            key = tuple(texts)
            if key not in cached:
                cached[key] = embedder.encode(list(texts))
            cosine = cached[key] @ embedder.encode([question])[0]
            words = bm25(question, texts)
            chosen = sorted({*np.argsort(-cosine)[:CANDIDATES].tolist(), *np.argsort(-words)[:CANDIDATES].tolist()})
            relevance = head.relevance([(texts[index], question)[::-1] for index in chosen])
            ranked = np.full(len(texts), -np.inf)
            ranked[chosen] = relevance
            blend = np.full(len(texts), -np.inf)
            blend[chosen] = standard(relevance) + standard(cosine[chosen]) + standard(words[chosen])
            first_two = np.full(len(texts), -np.inf)
            first_two[chosen] = standard(cosine[chosen]) + standard(words[chosen])
            for way, score in (("bm25", words), ("cosine", cosine), ("bm25 + cosine", first_two), ("head", ranked),
                               ("head + both", blend)):  # fmt: skip
                order = np.argsort(-score, kind="stable")
                place = next(i for i, index in enumerate(order) if int(index) in right)
                figures[name][way].append((1 / (place + 1), np.mean([int(i) in right for i in order[:5]])))
    for name, ways in figures.items():
        print(f"\n{name}: {len(next(iter(ways.values())))} questions      MRR  first  right of five")
        for way, values in ways.items():
            column = np.array(values)
            mrr, first, five = column[:, 0].mean(), (column[:, 0] == 1).mean(), column[:, 1].mean()
            print(f"  {way:<24} {mrr:>14.3f} {first:>6.3f} {five:>10.3f}")


def standard(score: np.ndarray) -> np.ndarray:
    return (score - score.mean()) / (score.std() + 1e-9)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--head", type=Path, required=True)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--calibrate", action="store_true", help="write the two numbers into the head's card")
    parser.add_argument("--verdicts", type=Path)
    parser.add_argument("--ranking", action="store_true")
    parser.add_argument("--limit", type=int, default=240, help="questions of each ranked set")
    options = parser.parse_args()
    torch.set_num_threads(1)
    head = Head.load(options.head)
    if options.data:
        entailment_report(head, options.data, options.head / "head.json" if options.calibrate else None)
    if options.verdicts:
        verdict_report(head, options.verdicts)
    if options.ranking:
        ranking_report(head, options.limit)


if __name__ == "__main__":
    main()
