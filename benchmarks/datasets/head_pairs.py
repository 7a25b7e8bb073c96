"""Training and evaluation pairs of the entailment and ranking head.

    python benchmarks/datasets/head_pairs.py --public FOLDER --out FOLDER

Writes train.jsonl and evaluation.jsonl. A row is {task, first, second, label, set, kind}: for ``entailment`` the claim
and its premise (one to three sentences), labelled entailment, neutral, contradiction or, where only that is known,
not; for ``relevance`` a question and a sentence, labelled relevant or irrelevant, with a ``group`` in evaluation.

What evaluation is about is left out of training: `HELD_OUT_CATEGORIES` of CUAD and a fifth of its contracts,
`HELD_OUT_HYPOTHESES` of ContractNLI, `HELD_OUT_DISTORTIONS` and `HELD_OUT_REWORDINGS`, everything made of the policies,
SciTail, WiCE's test part, the verbs of `verb_veridicality`, QMSum's and SQuALITY's development parts. The project's
own lists of verdicts are never read here.

HYBRID_DATA names the folder of development texts, ``--public`` one with the files of `PUBLIC`; the card of the head
says where each comes from and under what licence. Neither is part of the project.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "verification"))

from adversary import KINDS, Case, cases
from labelled_pairs import LONGEST, Pair, contract_nli, cuad, entailment, hotpotqa, qmsum, squality
from public_pairs import PUBLIC, public, table, veridicality, wice
from sentence_pools import Sentence, pool

HELD_OUT_DISTORTIONS = {
    "unit qualifier dropped", "bound turned", "order of events", "neither for either", "cause reversed",
    "hearsay dropped", "attempt taken for fact", "scope widened", "condition turned", "percent for points",
    "doubt dropped", "draft taken for the agreement", "quantifier widened", "subjects crossed",
}  # fmt: skip
HELD_OUT_REWORDINGS = {
    "passive", "only with as not without", "same length in another unit", "of turned into a possessive",
    "before as after", "denial kept", "time moved to the front",
}  # fmt: skip


def made(found: Iterable[Case], following: dict[str, str], rng: random.Random) -> Iterator[Pair]:
    """Cases as pairs; three in ten have the next sentence of the document behind the corpus."""
    for case in found:
        corpus = case.corpus
        if corpus in following and rng.random() < 0.3:
            corpus = f"{corpus} {following[corpus]}".strip()
        if len(corpus) <= LONGEST:
            yield entailment(
                case.claim, corpus, "entailment" if case.carried else "not", f"made:{case.source}", case.kind
            )


def from_sentences(counts: dict[str, int], seed: int, per_kind: tuple[int, int]) -> list[Pair]:
    """Pairs of all kinds, ``per_kind`` of distortions and of rewordings, and of sentences with their neighbours."""
    rng = random.Random(seed)
    found: list[Pair] = []
    for source, count in counts.items():
        own = pool(source, count, seed)
        following = {sentence.text: sentence.following for sentence in own}
        share = len(counts)
        kept = [case for case in cases(own, seed, per_kind[1] // share) if case.carried]
        kept += [case for case in cases(own, seed, per_kind[0] // share) if not case.carried]
        found.extend(made(kept, following, rng))
        neighbours = [one for one in own if one.following and one.text != one.following]
        for one in rng.sample(neighbours, min(len(neighbours), 2 * per_kind[0] // share)):
            found.append(entailment(one.text, one.following, "not", f"made:{source}", "its neighbour alone"))
        found.extend(in_company(own, rng, per_kind[1] // share))
    return found


def in_company(own: Sequence[Sentence], rng: random.Random, count: int) -> Iterator[Pair]:
    """A sentence as it is, between two others."""
    for one in rng.sample(list(own), min(count, len(own))):
        before = rng.choice(own)
        premise = " ".join(part for part in (before.text, one.text, one.following) if part)
        if before.text != one.text and len(premise) <= LONGEST:
            yield entailment(one.text, premise, "entailment", f"made:{one.source}", "word for word in company")


def held_out(pair: Pair) -> bool:
    return pair["kind"] in HELD_OUT_DISTORTIONS | HELD_OUT_REWORDINGS


def training(folder: Path, seed: int) -> list[Pair]:
    rng = random.Random(seed)
    found = [
        pair
        for pair in from_sentences({"cuad": 9000, "contract_nli": 3500, "squality": 9000}, seed, (220, 800))
        if not held_out(pair)
    ]
    for source in (
        contract_nli("train", rng),
        cuad("train", rng),
        qmsum("train", rng, 3),
        squality("train", rng),
        hotpotqa(rng),
        public(folder, rng),
    ):
        found.extend(source)
    found = list({(p["first"], p["second"]): p for p in found if len(p["first"]) < 700}.values())
    rng.shuffle(found)
    return found


def evaluation(folder: Path, seed: int) -> list[Pair]:
    """Pairs that training has nothing like, named by what was left out."""
    rng = random.Random(seed + 1)
    found: list[Pair] = []
    for source in ("policies", "cuad", "contract_nli", "squality"):
        own = pool(source, 3000, seed + 1)
        for case in cases(own, seed + 1, 20):
            apart = case.kind in HELD_OUT_DISTORTIONS | HELD_OUT_REWORDINGS
            if (apart or source == "policies") and len(case.corpus) <= LONGEST:
                part = (
                    "policies, known kinds"
                    if not apart
                    else "policies, new kinds"
                    if source == "policies"
                    else "new kinds"
                )
                found.append(
                    entailment(case.claim, case.corpus, "entailment" if case.carried else "not", part, case.kind)
                )
    found.extend(pair | {"set": "contract_nli, new hypotheses"} for pair in contract_nli("evaluation", rng))
    for pair in cuad("evaluation", rng):
        found.append(pair | {"set": f"cuad, new categories ({pair['task']})"})
    found.extend(table(folder / "scitail_dev.csv", "premise", "hypothesis", "label", "scitail"))
    found.extend(veridicality(folder / "verb_veridicality.tsv"))
    found.extend(table(folder / "conjnli_dev.tsv", "Premise", "Hypothesis", "Label", "conjnli, dev"))
    found.extend(wice(folder / "wice_claim_test.jsonl", rng))
    found.extend(rng.sample(list(qmsum("val", rng, 4)), 1200))
    found.extend(rng.sample(list(squality("dev", rng)), 900))
    return found


def write(path: Path, pairs: Sequence[Pair]) -> None:
    path.write_text("".join(json.dumps(pair, ensure_ascii=False) + "\n" for pair in pairs), encoding="utf-8")
    counts = Counter((pair["task"], pair["set"], pair["label"]) for pair in pairs)
    print(f"{path.name}: {len(pairs)} pairs")
    for (task, origin, label), count in sorted(counts.items()):
        print(f"  {task:<11} {origin:<34} {label:<14} {count:>6}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--public", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    unknown = (HELD_OUT_DISTORTIONS | HELD_OUT_REWORDINGS) - set(KINDS)
    if unknown:
        parser.error(f"no such kinds: {', '.join(sorted(unknown))}")
    missing = [name for name in PUBLIC if not (options.public / name).is_file()]
    if missing:
        parser.error(f"not in {options.public}: {', '.join(missing)}")
    options.out.mkdir(parents=True, exist_ok=True)
    write(options.out / "train.jsonl", training(options.public, options.seed))
    write(options.out / "evaluation.jsonl", evaluation(options.public, options.seed))


if __name__ == "__main__":
    main()
