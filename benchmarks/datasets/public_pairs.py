"""Pairs of the entailment and ranking head from public sets of natural language inference.

The files of `PUBLIC` lie in a folder given on the command line and are no part of the project; the card of the head
names origin and licence of each.
"""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Iterable, Iterator
from pathlib import Path

from labelled_pairs import LONGEST, Pair, entailment, overlap, relevance
from sentence_pools import rows

csv.field_size_limit(10_000_000)

PUBLIC = ("mnli_dev.csv", "snli_dev.csv", "qnli_dev.csv", "conjnli_train.tsv", "help_and.tsv", "help_or.tsv",
          "breaking_nli.jsonl", "negated_mnli.tsv", "negated_snli.tsv", "negated_rte.tsv", "wice_claim_dev.jsonl",
          "wice_claim_test.jsonl", "megaveridicality_dev.json", "scitail_dev.csv", "verb_veridicality.tsv",
          "conjnli_dev.tsv")  # fmt: skip


def table(path: Path, first: str, second: str, label: str, origin: str) -> Iterator[Pair]:
    """A file of premise, hypothesis and label, divided by tabs or commas."""
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as lines:  # one set is not all UTF-8
        tabs = path.suffix == ".tsv"
        reader = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE) if tabs else csv.DictReader(lines)
        for row in reader:
            value = {"not_entailment": "not", "entails": "entailment"}.get(row[label] or "", row[label])
            if value in {"entailment", "neutral", "contradiction", "not"} and len(row[first]) <= LONGEST:
                yield entailment(" ".join(row[second].split()), " ".join(row[first].split()), value, origin)


def wice(path: Path, rng: random.Random) -> Iterator[Pair]:
    """Claims of Wikipedia against the sentences of the page cited for them."""
    for row in rows(path):
        evidence = [one for one in row["evidence"] if not one.startswith("(meta")]
        if row["label"] == "not_supported":
            near = sorted(evidence, key=lambda one: -overlap(row["claim"], one))[:3]
            yield entailment(row["claim"], " ".join(near)[:LONGEST], "not", "wice", row["label"])
            continue
        for chosen in row["supporting_sentences"][:2]:
            premise = " ".join(row["evidence"][index] for index in chosen)
            if 0 < len(premise) <= LONGEST:
                label = "entailment" if row["label"] == "supported" else "not"
                yield entailment(row["claim"], premise, label, "wice", row["label"])
                if len(chosen) > 2 and rng.random() < 0.5:
                    yield entailment(
                        row["claim"], row["evidence"][rng.choice(chosen)][:LONGEST], "not", "wice", "one sentence"
                    )


def veridicality(path: Path) -> Iterator[Pair]:
    """Verbs with a complement, against the complement: entailed where all three raters said so, else not."""
    with path.open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            for column, ratings in (("sentence", "turker_pos_ratings"), ("neg_sentence", "turker_neg_ratings")):
                given = [float(one) for one in row[ratings].split(",")]
                if min(given) > 0 or max(given) <= 0:
                    label = "entailment" if min(given) > 0 else "not"
                    yield entailment(row["complement"], row[column], label, "verb_veridicality", row["signature"])


def public(folder: Path, rng: random.Random) -> Iterator[Pair]:
    """The public sets that are trained on, each at most as large as its part in the mixture."""

    def some(pairs: Iterable[Pair], count: int) -> list[Pair]:
        found = list(pairs)
        return rng.sample(found, min(count, len(found)))

    yield from some(table(folder / "mnli_dev.csv", "premise", "hypothesis", "label", "mnli"), 15000)
    yield from some(table(folder / "snli_dev.csv", "premise", "hypothesis", "label", "snli"), 4000)
    yield from some(table(folder / "conjnli_train.tsv", "Premise", "Hypothesis", "Label", "conjnli"), 6000)
    for name in ("help_and", "help_or"):
        yield from some(table(folder / f"{name}.tsv", "ori_sentence", "new_sentence", "gold_label", "help"), 1500)
    for name in ("mnli", "snli", "rte"):
        yield from table(folder / f"negated_{name}.tsv", "Text", "Hypothesis", "gold_label", "negated")
    breaking = [
        entailment(row["sentence2"], row["sentence1"], row["gold_label"], "breaking_nli", row["category"])
        for row in rows(folder / "breaking_nli.jsonl")
    ]
    yield from some(breaking, 2000)
    mega = json.loads((folder / "megaveridicality_dev.json").read_text(encoding="utf-8"))
    yield from some(
        (
            entailment(
                row["hypothesis"], row["context"], "entailment" if row["binary-label"] else "not", "megaveridicality"
            )
            for row in mega
        ),
        1200,
    )
    yield from wice(folder / "wice_claim_dev.jsonl", rng)
    with (folder / "qnli_dev.csv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            yield relevance(row["premise"], row["hypothesis"][:LONGEST], row["label"] == "entailment", "qnli")
