"""False approvals and lost truths of a verifier, by kind of distortion and of rewording.

    python benchmarks/verification/adversary.py                        # the rules, 1,500 sentences of each source
    python benchmarks/verification/adversary.py --verifier head --head FOLDER
    python benchmarks/verification/adversary.py --write cases.jsonl    # the cases themselves, for another verifier

The cases are made by `distortions.py` and `rewordings.py` from sentences of four sources (commercial contracts, NDAs,
stories, policies) and are the same for the same seed. A verifier is a function of (corpus, claim) that says whether it
approves. Case sources are read from the folder that HYBRID_DATA names.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "datasets"))

import attribution  # noqa: F401 - registers its kinds
from distortions import DISTORTIONS, Made, crossed, run_on
from rewordings import REWORDINGS, fused, named
from sentence_pools import SOURCES, Sentence, pool

PAIRED_DISTORTIONS = {"subjects crossed": crossed, "run on into another statement": run_on}
PAIRED_REWORDINGS = {"two sentences fused": fused, "defined term named": named}
KINDS = {
    **dict.fromkeys([*DISTORTIONS, *PAIRED_DISTORTIONS], False),
    **dict.fromkeys([*REWORDINGS, *PAIRED_REWORDINGS], True),
}
"""Every kind → whether the corpus supports claims of that kind."""


@dataclass(frozen=True)
class Case:
    """What a document says, what is claimed, whether the one supports the other, and how the claim was made."""

    corpus: str
    claim: str
    carried: bool
    kind: str
    source: str


def cases(sentences: Sequence[Sentence], seed: int, per_kind: int, *, reworded: float = 0.3) -> Iterator[Case]:
    """Up to ``per_kind`` cases of every kind. A share ``reworded`` of the claims is changed once more by a rewording
    of another kind, so that the distance between corpus and claim does not tell false from true.
    """
    for kind, carried in KINDS.items():
        rng = random.Random(f"{kind} {seed}")
        order = list(sentences)
        rng.shuffle(order)
        made = 0
        for sentence in order:
            if made == per_kind:
                break
            result = make(kind, sentence, order, rng)
            if result is None or same(*result):
                continue
            corpus, claim = result
            if rng.random() < reworded:
                claim = reword(claim, kind, rng)
                if same(corpus, claim):
                    continue
            made += 1
            yield Case(corpus, claim, carried, kind, sentence.source)


def make(kind: str, sentence: Sentence, others: Sequence[Sentence], rng: random.Random) -> Made:
    """One case of a kind from a sentence, or None."""
    if kind == "run on into another statement":
        return run_on(sentence.text, rng.choice(others).text)
    if kind in PAIRED_DISTORTIONS or kind in PAIRED_REWORDINGS:
        pair = PAIRED_DISTORTIONS.get(kind) or PAIRED_REWORDINGS[kind]
        return pair(sentence.text, sentence.following) if sentence.following else None
    return (DISTORTIONS.get(kind) or REWORDINGS[kind])(sentence.text, rng)


LIGHT = ("synonyms", "plain words for legal ones", "modal reworded", "contraction", "number in digits",
         "date reformatted", "amount reformatted", "condition moved", "of turned into a possessive")  # fmt: skip
"""Rewordings that leave a claim's structure alone, so that they can follow any change."""


def reword(claim: str, kind: str, rng: random.Random) -> str:
    """The claim changed by one light rewording that applies; as it is where none does."""
    for light in rng.sample(LIGHT, len(LIGHT)):
        result = REWORDINGS[light](claim, rng) if light != kind else None
        if result is not None:
            return result[1]
    return claim


def same(corpus: str, claim: str) -> bool:
    """Whether two texts differ in nothing but case, blanks and stops, or one is too short to say anything."""
    bare = ["".join(letter for letter in text.lower() if letter.isalnum()) for text in (corpus, claim)]
    return bare[0] == bare[1] or len(claim.split()) < 4


Verifier = Callable[[str, str], bool]


def rules() -> Verifier:
    """What the product says without a model: the vetoes, then the two rules of ``supported``. Every word is needed, so
    the weights of words decide nothing."""
    from hybrid.answering.verification.alignment import limits_left_out, says_the_same
    from hybrid.answering.verification.entailment import Rule, compare, support
    from hybrid.answering.verification.vetoes import failed_checks
    from hybrid.retrieval.embedding import Embedder
    from hybrid.settings.models import EMBEDDER

    embedder = Embedder.load(EMBEDDER.name)

    def approves(corpus: str, claim: str) -> bool:
        if failed_checks(claim, corpus):
            return False
        if says_the_same(claim, corpus):
            return True
        match = compare(claim, corpus, lambda _: 1.0)
        if match.failed_checks or match.coverage < 1 - 1e-9 or limits_left_out(claim, corpus).words:
            return False
        one, other = embedder.encode([claim, corpus])
        return support(match, float(one @ other), Rule())[0]

    return approves


def trained(folder: Path, threshold: float) -> Verifier:
    """The entailment head alone, without the vetoes."""
    from head import Head

    head = Head.load(folder)
    return lambda corpus, claim: head.entailment([(corpus, claim)])[0] >= threshold


def report(found: Sequence[Case], approves: Verifier) -> None:
    """Print what a verifier approves, by kind."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for case in found:
        counts[case.kind][0] += 1
        counts[case.kind][1] += approves(case.corpus, case.claim)
    for carried, title in ((False, "false claims approved"), (True, "true claims approved")):
        chosen = {kind: count for kind, count in counts.items() if KINDS[kind] is carried}
        print(f"\n{title}")
        for kind, (total, approved) in sorted(chosen.items(), key=lambda row: (-row[1][1] / row[1][0], row[0])):
            print(f"  {kind:<42} {approved:>5} of {total:>5} {approved / total:>7.1%}")
        total, approved = (sum(column) for column in zip(*chosen.values(), strict=True))
        print(f"  {'all ' + str(len(chosen)) + ' kinds':<42} {approved:>5} of {total:>5} {approved / total:>7.1%}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--verifier", choices=["rules", "head"], default="rules")
    parser.add_argument("--head", type=Path, help="folder of the head")
    parser.add_argument("--threshold", type=float, default=0.9)
    parser.add_argument("--sentences", type=int, default=1500, help="of each source")
    parser.add_argument("--per-kind", type=int, default=25)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--write", type=Path, help="write the cases to this file and stop")
    options = parser.parse_args()
    sentences = [one for source in SOURCES for one in pool(source, options.sentences, options.seed)]
    found = list(cases(sentences, options.seed, options.per_kind))
    if options.write:
        options.write.write_text("".join(json.dumps(asdict(case)) + "\n" for case in found), encoding="utf-8")
        return
    report(found, rules() if options.verifier == "rules" else trained(options.head, options.threshold))


if __name__ == "__main__":
    main()
