"""How far the rule of ``supported`` can be trusted: precision and recall on real and corrupted claims.

    python benchmarks/verification.py                # the table in docs/answers.md: the dev contracts
    python benchmarks/verification.py --split train_truncated --tune    # how the thresholds were chosen
    python benchmarks/verification.py --mutations 1000                  # claims of CUAD contracts, changed in one place
    python benchmarks/verification.py --cuad                            # annotated clauses against their like elsewhere

Real pairs come from ContractNLI (61 dev and 50 train NDAs, 17 hypotheses): a hypothesis against the span
that entails it is a positive; against a span that contradicts it, or against the three sentences most
like it in a contract that does not mention it, a negative. Made pairs come from sentences of the same
contracts: reworded (positives), then corrupted in one place each (negatives). The data folder is the
one named by HYBRID_DATA, else ../shared/data.
"""

from __future__ import annotations

import argparse
import gzip
import itertools
import json
import math
import os
import random
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from hybrid.answering.evidence import collapse
from hybrid.answering.verification.entailment import Match, Rule, compare, support
from hybrid.retrieval.embedding import Embedder
from hybrid.settings.models import EMBEDDER
from hybrid.text import lexicon, sentences

DATA = Path(os.environ.get("HYBRID_DATA", Path(__file__).resolve().parents[2] / "shared" / "data")) / "contract_nli"


@dataclass
class Pair:
    """A claim, the span it is set against, whether the span supports it, and what kind of pair it is."""

    claim: str
    span: str
    entailed: bool
    kind: str
    match: Match = field(init=False)
    similarity: float = field(init=False)


def read(split: str, limit: int) -> tuple[list[dict], dict[str, str]]:
    with gzip.open(DATA / f"{split}.jsonl.gz", "rt", encoding="utf-8") as lines:
        contracts = [json.loads(line) for line in lines][:limit]
    hypotheses = json.loads((DATA / "hypotheses.json").read_text(encoding="utf-8"))
    return contracts, {
        key: value["hypothesis"] if isinstance(value, dict) else value for key, value in hypotheses.items()
    }


def real_pairs(contract: dict, hypotheses: dict[str, str], embedder: Embedder) -> Iterator[Pair]:
    text = contract["text"]
    found = [collapse(text[start:end]) for start, end in sentences.spans(text)]
    vectors = embedder.encode(found)
    for key, note in contract["annotations"].items():
        claim = hypotheses[key]
        spans = [collapse(text[slice(*contract["spans"][index])]) for index in note["spans"]]
        if note["choice"] == "Entailment":
            yield from (Pair(claim, span, True, "entailed") for span in spans)
        elif note["choice"] == "Contradiction":
            yield from (Pair(claim, span, False, "contradicted") for span in spans)
        else:
            nearest = np.argsort(-(vectors @ embedder.encode([claim])[0]))[:3]
            yield from (Pair(claim, found[index], False, "not mentioned") for index in nearest)


REWORDINGS = (
    (r"\bin the event that\b", "if"), (r"\bpursuant to\b", "under"), (r"\bprior to\b", "before"),
    (r"\bshall\b", "must"), (r"\bhereinafter\b", ""), (r"\bhereby\b", ""), (r"\bin connection with\b", "concerning"),
    (r"\butilize", "use"), (r"\bcommence", "begin"), (r"\bin order to\b", "to"), (r"\bany and all\b", "all"),
    (r"\bobtain", "get"), (r"\bsuch\b", "the"), (r"\bforthwith\b", "immediately"), (r"\bhereunder\b", "here"),
    (r"\bsaid\b", "the"), (r"\bterminate\b", "end"), (r"\bdisclosed\b", "revealed"), (r"\bthereof\b", "of it"),
    (r"\bagreement\b", "contract"), (r"\bAgreement\b", "Contract"),
)  # fmt: skip


def reword(sentence: str, rng: random.Random) -> str:
    """The sentence as a careful writer would reword it: asides dropped, wording eased, nothing else changed."""
    reworded = re.sub(r"\s*\([^()]*\)", "", re.sub(r"^(?:\(?[\da-zA-Z]{1,3}[.)]\)?\s*|[\d.]+\s+)", "", sentence))
    for pattern, replacement in rng.sample(REWORDINGS, len(REWORDINGS)):
        if rng.random() < 0.5:
            reworded = re.sub(pattern, replacement, reworded)
    head, _, tail = reworded.rpartition(", ")
    if len(head.split()) > 9 and not lexicon.conditions(tail) and not lexicon.negations(tail) and rng.random() < 0.4:
        reworded = head + "."
    return collapse(reworded)


def change_number(claim: str, rng: random.Random) -> str | None:
    digits = list(re.finditer(r"(?<![\w.])\d+(?![\w])", claim))
    if digits:
        chosen = rng.choice(digits)
        return claim[: chosen.start()] + str(int(chosen.group()) + rng.randint(1, 9)) + claim[chosen.end() :]
    spelled = re.search(r"\b(two|three|four|five|six|ten|thirty|sixty|ninety)\b", claim, re.IGNORECASE)
    return claim[: spelled.start()] + "seven" + claim[spelled.end() :] if spelled else None


def flip_negation(claim: str, rng: random.Random) -> str | None:  # noqa: ARG001
    if re.search(r"\b(?:not|no)\b", claim):
        return collapse(re.sub(r"\b(?:not|no)\b", "", claim, count=1))
    modal = re.search(r"\b(shall|must|will|may|is|are|has|have)\b", claim)
    return claim[: modal.end()] + " not" + claim[modal.end() :] if modal else None


def change_modality(claim: str, rng: random.Random) -> str | None:  # noqa: ARG001
    """A duty becomes a permission, or the reverse; "may not" is left, which forbids as "shall not" does."""
    duty, permission = r"\b(?:shall|must|will)\b(?! not)", r"\bmay\b(?! not)"
    if re.search(duty, claim):
        return re.sub(duty, "may", claim, count=1)
    return re.sub(permission, "must", claim, count=1) if re.search(permission, claim) else None


def drop_condition(claim: str, rng: random.Random) -> str | None:  # noqa: ARG001
    """Leave out a clause that begins with if, unless, except, provided or until."""
    shorter = re.sub(r",?\s*\b(?:[Ii]f|[Uu]nless|[Ee]xcept|provided|until|only)\b[^,.;]*", "", claim, count=1).strip(
        " ,"
    )
    return shorter if shorter != claim and len(shorter.split()) > 5 else None


def swap_roles(claim: str, rng: random.Random) -> str | None:  # noqa: ARG001
    named = list(dict.fromkeys(re.findall(r"(?<!^)\b(?:[A-Z][a-z]+ ){0,2}[A-Z][a-z]+\b", claim)))
    if len(named) < 2 or named[0] in named[1] or named[1] in named[0]:
        return None
    one, other = named[0], named[1]
    return claim.replace(one, "\0").replace(other, one).replace("\0", other)


STRANGERS = ("Northwind", "Castellan", "Orford", "Vireo")


def change_name(claim: str, rng: random.Random) -> str | None:
    named = re.findall(r"(?<!^)\b[A-Z][a-z]{2,}\b", claim)
    return claim.replace(rng.choice(named), rng.choice(STRANGERS)) if named else None


def change_word(others: list[str]) -> Callable[[str, random.Random], str | None]:
    """Put another word of the contract in the place of a plain word of five letters or more."""

    def corrupt(claim: str, rng: random.Random) -> str | None:
        plain = [word for word in re.findall(r"(?<![\w-])[a-z]{5,}(?![\w-])", claim) if lexicon.content_words(word)]
        pool = [other for other in others if other[-2:] in {word[-2:] for word in plain}]
        if not plain or not pool:
            return None
        chosen = rng.choice(plain)
        same_ending = [
            other for other in pool if other[-2:] == chosen[-2:] and lexicon.stem(other) != lexicon.stem(chosen)
        ]
        return re.sub(rf"\b{chosen}\b", rng.choice(same_ending), claim, count=1) if same_ending else None

    return corrupt


def add_words(others: list[str]) -> Callable[[str, random.Random], str | None]:
    """Let the claim run on into words of another sentence."""

    def corrupt(claim: str, rng: random.Random) -> str | None:
        return claim.rstrip(". ") + " and the " + " ".join(rng.sample(others, 6)) + "."

    return corrupt


def made_pairs(contract: dict, rng: random.Random, count: int) -> Iterator[Pair]:
    text = contract["text"]
    whole = [collapse(text[start:end]) for start, end in sentences.spans(text)]
    usable = [s for s in whole if 8 <= len(s.split()) <= 60 and s[-1] == "." and not s.isupper()]
    seen = {word for sentence in usable for word in re.findall(r"\b[a-z]{5,}\b", sentence)}
    others = sorted(word for word in seen if lexicon.content_words(word))
    corruptions = {
        "number changed": change_number, "negation flipped": flip_negation, "modality changed": change_modality,
        "condition dropped": drop_condition, "roles swapped": swap_roles, "name changed": change_name,
        "word changed": change_word(others), "words added": add_words(others),
    }  # fmt: skip
    for sentence in rng.sample(usable, min(count, len(usable))):
        reworded = reword(sentence, rng)
        if len(reworded.split()) < 6:
            continue
        yield Pair(reworded, sentence, True, "reworded")
        for kind, corrupt in corruptions.items():
            wrong = corrupt(reworded, rng)
            if wrong is not None and wrong != reworded:
                yield Pair(wrong, sentence, False, kind)


def idf(contracts: list[dict]) -> Callable[[str], float]:
    """Inverse document frequency over the contracts' sentences, as a corpus's index would give it."""
    frequency: Counter[str] = Counter()
    total = 0
    for contract in contracts:
        for start, end in sentences.spans(contract["text"]):
            frequency.update(set(lexicon.content_words(contract["text"][start:end])))
            total += 1
    return lambda stem: math.log(1 + total / (frequency[stem] + 0.5))


_MONTHS = "January February March April May June July August September October November December".split()  # noqa: SIM905
_MONTH = "|".join(_MONTHS)
_DATE = re.compile(rf"\b(?:{_MONTH})\s+\d{{1,2}},?\s+\d{{4}}\b|\b\d{{1,2}}\s+(?:{_MONTH})\s+\d{{4}}\b")


def change_date(claim: str, rng: random.Random) -> str | None:
    """Another day, another month or another year in one of the claim's dates."""
    dates = list(_DATE.finditer(claim))
    if not dates:
        return None
    chosen, part = rng.choice(dates), rng.choice("dmy")
    date = chosen.group()
    if part == "y":
        date = re.sub(r"\d{4}", lambda year: str(int(year.group()) + rng.randint(1, 5)), date)
    elif part == "m":
        date = re.sub(_MONTH, lambda month: rng.choice([one for one in _MONTHS if one != month.group()]), date)
    else:
        date = re.sub(r"\b\d{1,2}\b", lambda day: str(int(day.group()) % 27 + 1), date, count=1)
    return claim[: chosen.start()] + date + claim[chosen.end() :]


def cuad_rows(name: str) -> list[dict]:
    with gzip.open(DATA.parent / "cuad" / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def usable(sentence: str) -> bool:
    return 8 <= len(sentence.split()) <= 60 and sentence[-1] == "." and not sentence.isupper()


def mutated_pairs(count: int, rng: random.Random) -> list[Pair]:
    """Reworded sentences of CUAD contracts, each changed in one place, against the sentence itself."""
    pool = [
        collapse(row["text"][start:end])
        for row in cuad_rows("contracts_dev")
        if len(row["text"]) <= 80_000
        for start, end in sentences.spans(row["text"])
    ]
    pool = [sentence for sentence in pool if usable(sentence)]
    rng.shuffle(pool)
    changes = {"number": change_number, "date": change_date, "name": change_name, "negation": flip_negation}
    left = {f"{kind} changed": count // len(changes) for kind in changes}
    pairs = []
    for sentence in pool:
        reworded = reword(sentence, rng)
        for kind, change in changes.items():
            wrong = change(reworded, rng) if left[f"{kind} changed"] and len(reworded.split()) > 5 else None
            if wrong is not None and wrong != reworded:
                left[f"{kind} changed"] -= 1
                pairs.append(Pair(wrong, sentence, False, f"{kind} changed"))
    return pairs


def clause_pairs(rng: random.Random) -> list[Pair]:
    """Annotated clauses of CUAD, reworded: against themselves, and against a clause of the same category elsewhere."""
    clauses: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in cuad_rows("qa_dev"):
        for span in row["spans"][:1]:
            if usable(text := collapse(span["text"])):
                clauses[row["category"]].append((row["doc"], text))
    pairs = []
    for category in sorted(clauses):
        for document, text in clauses[category][:40]:
            reworded = reword(text, rng)
            pairs.append(Pair(reworded, text, True, "reworded"))
            others = [other for name, other in clauses[category] if name != document and other != text]
            if others:
                pairs.append(Pair(reworded, rng.choice(others), False, "same clause elsewhere"))
    return pairs


REAL = {"entailed", "contradicted", "not mentioned"}


def table(pairs: list[Pair], rule: Rule) -> None:
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for pair in pairs:
        counts[pair.kind][0] += 1
        counts[pair.kind][1] += support(pair.match, pair.similarity, rule)[0]
    print(f"{'pairs':<18} {'truth':<12} {'n':>6} {'supported':>10} {'rate':>8}")
    for kind, (total, accepted) in counts.items():
        truth = "entailed" if kind in {"entailed", "reworded"} else "not entailed"
        print(f"{kind:<18} {truth:<12} {total:>6} {accepted:>10} {accepted / total:>8.1%}")
    for label in ("real", "made") if any(pair.entailed for pair in pairs) else ():
        chosen = [pair for pair in pairs if (pair.kind in REAL) == (label == "real")]
        print(f"{label}: precision {precision(chosen, rule):.3f}, recall {recall(chosen, rule):.3f}")


def precision(pairs: list[Pair], rule: Rule) -> float:
    accepted = [pair.entailed for pair in pairs if support(pair.match, pair.similarity, rule)[0]]
    return sum(accepted) / len(accepted) if accepted else float("nan")


def recall(pairs: list[Pair], rule: Rule) -> float:
    entailed = [support(pair.match, pair.similarity, rule)[0] for pair in pairs if pair.entailed]
    return sum(entailed) / len(entailed) if entailed else float("nan")


def sweep(pairs: list[Pair]) -> None:
    print("coverage order similarity polarity  precision recall(reworded) recall(entailed)")
    reworded = [pair for pair in pairs if pair.kind == "reworded"]
    entailed = [pair for pair in pairs if pair.kind == "entailed"]
    grid = itertools.product((0.8, 0.9, 1.0), (0.0, 0.8, 0.9, 0.95, 1.0), (0.5, 0.7), (0.5, 1.0))
    for values in grid:
        rule = Rule(*values)
        row = (precision(pairs, rule), recall(reworded, rule), recall(entailed, rule))
        print("  ".join(f"{value:>7.2f}" for value in values), "  ".join(f"{value:>9.3f}" for value in row))


def ablate(pairs: list[Pair], rule: Rule) -> None:
    """What each guard is worth: false acceptances and recall on made pairs without it."""
    print(f"{'without guard':<20} {'false':>6} {'recall':>7}")
    for guard in (
        "",
        "facts",
        "names",
        "negation",
        "modality",
        "conditions",
        "dropped conditions",
        "directions",
        "opposites",
    ):
        taken = [
            (pair.entailed, support(Match(pair.match.coverage, pair.match.order, pair.match.polarity,
             tuple(o for o in pair.match.failed_checks if o != guard)), pair.similarity, rule)[0])
            for pair in pairs
        ]  # fmt: skip
        false = sum(accepted and not entailed for entailed, accepted in taken)
        kept = sum(accepted and entailed for entailed, accepted in taken) / sum(entailed for entailed, _ in taken)
        print(f"{guard or '(all kept)':<20} {false:>6} {kept:>7.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--split", default="dev", choices=["dev", "train_truncated"])
    parser.add_argument("--contracts", type=int, default=1000)
    parser.add_argument("--sentences", type=int, default=15, help="sentences reworded and corrupted, a contract")
    parser.add_argument("--tune", action="store_true", help="print precision and recall over a grid of thresholds")
    parser.add_argument("--ablate", action="store_true", help="print what each guard is worth")
    parser.add_argument("--show", nargs="*", default=[], help="print the pairs of these kinds that are judged wrongly")
    parser.add_argument("--mutations", type=int, help="claims of CUAD contracts, each changed in one place, instead")
    parser.add_argument("--cuad", action="store_true", help="annotated clauses of CUAD instead")
    options = parser.parse_args()
    if not DATA.is_dir():
        sys.exit(f"no data at {DATA}; set HYBRID_DATA to the folder that holds contract_nli")
    began = time.perf_counter()
    embedder, rng = Embedder.load(EMBEDDER.name), random.Random(0)
    contracts: list[dict] = []
    idf: Callable[[str], float] = lambda _: 1.0  # noqa: E731 - every word is needed, so weights decide nothing
    if options.mutations:
        pairs = mutated_pairs(options.mutations, rng)
    elif options.cuad:
        pairs = clause_pairs(rng)
    else:
        contracts, hypotheses = read(options.split, options.contracts)
        weight = idf(contracts)
        pairs = [pair for contract in contracts for pair in real_pairs(contract, hypotheses, embedder)]
        pairs += [pair for contract in contracts for pair in made_pairs(contract, rng, options.sentences)]
    for pair in pairs:
        pair.match = compare(pair.claim, pair.span, weight)
        pair.similarity = 0.0  # of one whose words refuse it: no embedding could change that
    open_pairs = [pair for pair in pairs if options.tune or options.ablate or not pair.match.failed_checks]
    texts = sorted({text for pair in open_pairs for text in (pair.claim, pair.span)})
    vectors = dict(zip(texts, embedder.encode(texts), strict=True))
    for pair in open_pairs:
        pair.similarity = float(vectors[pair.claim] @ vectors[pair.span])
    if options.tune:
        sweep(pairs)
    table(pairs, Rule())
    if options.ablate:
        ablate(pairs, Rule())
    for pair in [pair for pair in pairs if pair.kind in options.show]:
        if support(pair.match, pair.similarity, Rule())[0] != pair.entailed:
            print(f"\n{pair.match}\nsimilarity {pair.similarity:.2f}\n  claim {pair.claim}\n  span  {pair.span}")
    print(f"{len(contracts)} contracts, {len(pairs)} pairs, {time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
