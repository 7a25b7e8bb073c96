"""Pairs of a question and a sentence that answers it or does not, to train the ranking head on.

    python benchmarks/datasets/answer_pairs.py --public FOLDER --out PAIRS [--seed 0]

Of public sets (FOLDER; the readers below name the files), and QMSum's training meetings (HYBRID_DATA). Neither CUAD nor
HotpotQA, MTRAG, SQuALITY or QMSum's development meetings are among them: those are for measuring.

| set | files | source, licence |
|---|---|---|
| SQuAD 2.0, half of the development part | ``squad2-dev-half.json`` | chrischute/squad on GitHub; CC BY-SA 4.0 |
| QNLI, development part | ``qnli-dev.csv`` | felipessalvatore/NLI_datasets; from SQuAD, CC BY-SA 4.0 |
| SelQA, development and test part | ``selqa-dev.json``, ``selqa-test.json`` | emorynlp/selqa; Apache-2.0 |
| QAMR, development and test part | ``qamr-dev.tsv``, ``qamr-test.tsv``, ``qamr-sentences.tsv`` | uwnlp/qamr; MIT |

A question's wrong sentences are of the same section or the like: those that share most words with it, and others.
Questions of SQuAD that have no answer are set against the sentence that seems to give one. Written are ``train.jsonl``
and ``evaluation.jsonl`` (a twentieth of the questions, by a hash of their text, and QMSum's development meetings) in
the form that `benchmarks/verification/train_head.py` reads.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import sys
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from labelled_pairs import Pair, overlap, qmsum, relevance

from hybrid.text.sentences import spans

WRONG = 4
"""Wrong sentences a question, half of them those that share most words with it."""
LONGEST = 400  # characters
QAMR_QUESTIONS = 5  # a sentence
_BRACKETS = {"-LRB-": "(", "-RRB-": ")", "``": '"', "''": '"'}


def against(
    question: str, right: Sequence[str], others: Sequence[str], name: str, rng: random.Random
) -> Iterator[Pair]:
    """The right sentences, and wrong ones of those beside them."""
    for one in right[:1]:
        yield relevance(question, one[:LONGEST], True, name)
    nearest = sorted(others, key=lambda one: -overlap(question, one))
    hard = nearest[: WRONG // 2]
    rest = nearest[WRONG // 2 :]
    for one in [*hard, *rng.sample(rest, min(WRONG - len(hard), len(rest)))]:
        yield relevance(question, one[:LONGEST], False, name)


def squad(folder: Path, rng: random.Random) -> Iterator[Pair]:
    read = json.loads((folder / "squad2-dev-half.json").read_text(encoding="utf-8"))
    for article in read["data"]:
        for paragraph in article["paragraphs"]:
            text = paragraph["context"]
            cut = list(spans(text))
            for asked in paragraph["qas"]:
                given = asked["answers"] or asked.get("plausible_answers", [])
                held = {
                    at for at, (start, end) in enumerate(cut) for one in given if start <= one["answer_start"] < end
                }
                right = [text[cut[at][0] : cut[at][1]] for at in sorted(held)]
                others = [text[start:end] for at, (start, end) in enumerate(cut) if at not in held]
                if asked["is_impossible"]:
                    for one in [*right[:1], *rng.sample(others, min(1, len(others)))]:
                        yield relevance(asked["question"], one[:LONGEST], False, "squad")
                else:
                    yield from against(asked["question"], right, others, "squad", rng)


def selqa(folder: Path, rng: random.Random) -> Iterator[Pair]:
    for part in ("dev", "test"):
        for asked in json.loads((folder / f"selqa-{part}.json").read_text(encoding="utf-8")):
            right = [asked["candidates"][at] for at in asked["answers"]]
            others = [one for at, one in enumerate(asked["candidates"]) if at not in asked["answers"]]
            yield from against(asked["question"], right, others, "selqa", rng)


def qnli(folder: Path, _: random.Random) -> Iterator[Pair]:
    with (folder / "qnli-dev.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield relevance(row["premise"], row["hypothesis"][:LONGEST], row["label"] == "entailment", "qnli")


def qamr(folder: Path, rng: random.Random) -> Iterator[Pair]:
    texts = {}
    for line in (folder / "qamr-sentences.tsv").read_text(encoding="utf-8").splitlines():
        name, _, text = line.partition("\t")
        texts[name] = _untokenised(text)
    asked: dict[str, list[str]] = {}
    for part in ("dev", "test"):
        for line in (folder / f"qamr-{part}.tsv").read_text(encoding="utf-8").splitlines():
            cells = line.split("\t")
            asked.setdefault(cells[0], []).append(cells[5])
    names = sorted(asked)
    for name in names:
        if name not in texts:
            continue
        others = [texts[one] for one in rng.sample(names, 60) if one != name and one in texts]
        for question in rng.sample(asked[name], min(QAMR_QUESTIONS, len(asked[name]))):
            yield from against(question, [texts[name]], others, "qamr", rng)


def _untokenised(text: str) -> str:
    words = [_BRACKETS.get(word, word) for word in text.split()]
    plain = " ".join(words)
    for mark in (" .", " ,", " ;", " :", " ?", " !", " 's", " n't", " )", " %"):
        plain = plain.replace(mark, mark[1:])
    return plain.replace("( ", "(").replace("$ ", "$")


def is_held_out(pair: Pair) -> bool:
    """A twentieth of the questions, whatever set they are of."""
    return int(sha256(pair["first"].encode()).hexdigest(), 16) % 20 == 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--public", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    made = [pair for read in (squad, selqa, qnli, qamr) for pair in read(options.public, rng)]
    made += qmsum("train", rng, 2)
    parts = {"train": [], "evaluation": [*qmsum("val", rng, 2)]}
    for pair in made:
        parts["evaluation" if is_held_out(pair) else "train"].append(pair)
    options.out.mkdir(parents=True, exist_ok=True)
    for part, pairs in parts.items():
        with (options.out / f"{part}.jsonl").open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(pair, ensure_ascii=False) + "\n" for pair in pairs)
        for name in sorted({pair["set"] for pair in pairs}):
            of_set = [pair for pair in pairs if pair["set"] == name]
            right = sum(pair["label"] == "relevant" for pair in of_set)
            print(f"{part} {name}: {len(of_set):,} pairs, {right:,} answers")


if __name__ == "__main__":
    main()
