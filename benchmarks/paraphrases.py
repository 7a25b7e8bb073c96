"""Whether anything at hand tells a free paraphrase that a span supports from one that it does not.

    python benchmarks/paraphrases.py

ContractNLI's hypotheses say what a clause amounts to in words of their own. The rule of ``supported`` recognises
none of them (benchmarks/verification.py). Here each is set against the spans that entail it, those that contradict it,
and the three sentences most like it, by cosine, in a contract that does not mention it, and scored by what a looser
rule could stand on. The figure is the area under the ROC curve: 0.5 is chance.

- cosine: of the two texts' embeddings.
- coverage, order: the share of the claim's rare words that the span holds, and holds in the claim's order.
- tokens: for each content word of the claim the cosine of its nearest token in the span, both in their context;
  the mean, weighted by idf.
- likelihood: of the claim, as the built-in language model's rewording of the span.
- likelier: how much more so than without the span.
- yes: how much likelier "Yes" is than "No" to "Does the clause say what the statement says?"
"""

from __future__ import annotations

import argparse
import random
from collections import defaultdict

import numpy as np
import torch
from verification import DATA, Pair, idf, read, real_pairs

from hybrid._view import load_memory_model
from hybrid.answering.verification.entailment import Idf, compare
from hybrid.retrieval.embedding import Embedder
from hybrid.settings import MemorySettings
from hybrid.settings.models import EMBEDDER
from hybrid.text import lexicon

LONGEST = 1500  # characters of a span that are read


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--contracts", type=int, default=25)
    parser.add_argument("--pairs", type=int, default=120, help="of each kind")
    options = parser.parse_args()
    if not DATA.is_dir():
        parser.error(f"no data at {DATA}; set HYBRID_DATA to the folder that holds contract_nli")
    embedder = Embedder.load(EMBEDDER.name)
    contracts, hypotheses = read("train_truncated", options.contracts)
    by_kind: dict[str, list[Pair]] = defaultdict(list)
    for contract in contracts:
        for pair in real_pairs(contract, hypotheses, embedder):
            by_kind[pair.kind].append(pair)
    rng = random.Random(0)
    chosen = {kind: rng.sample(pairs, min(options.pairs, len(pairs))) for kind, pairs in sorted(by_kind.items())}
    scores = {kind: np.array(scored(pairs, embedder, idf(contracts))) for kind, pairs in chosen.items()}
    print(", ".join(f"{len(pairs)} {kind}" for kind, pairs in chosen.items()))
    print(f"{'entailed against':<18} {'not mentioned':>14} {'contradicted':>14}")
    for at, name in enumerate(("cosine", "coverage", "order", "tokens", "likelihood", "likelier", "yes")):
        areas = [area(scores["entailed"][:, at], scores[kind][:, at]) for kind in ("not mentioned", "contradicted")]
        print(f"{name:<18} {areas[0]:>14.2f} {areas[1]:>14.2f}")


def scored(pairs: list[Pair], embedder: Embedder, idf: Idf) -> list[list[float]]:
    """One row a pair: the signals in the order of the module's text."""
    session = load_memory_model(MemorySettings()).session(None)
    alone: dict[str, float] = {}
    rows = []
    for pair in pairs:
        match = compare(pair.claim, pair.span, idf)
        one, other = embedder.encode([pair.claim, pair.span])
        span = pair.span[:LONGEST]
        if pair.claim not in alone:
            alone[pair.claim] = session.message_loss([("user", "Say what the agreement says.")], pair.claim)
        retold = session.message_loss([("user", f"{span}\n\nSay in other words what this clause says.")], pair.claim)
        asked = [
            ("user", f"Clause: {span}\n\nStatement: {pair.claim}\n\nDoes the clause say what the statement says? "
                     "Answer Yes or No."),
        ]  # fmt: skip
        yes, no = session.message_loss(asked, "Yes"), session.message_loss(asked, "No")
        tokens = token_match(pair.claim, pair.span, embedder, idf)
        likelier = alone[pair.claim] - retold
        rows.append([float(one @ other), match.coverage, match.order, tokens, -retold, likelier, no - yes])
    return rows


def token_match(claim: str, span: str, embedder: Embedder, idf: Idf) -> float:
    claimed, held = tokens_of(claim, embedder), tokens_of(span, embedder)
    nearest = (claimed[1] @ held[1].T).max(axis=1)
    pairs = [
        (idf(stems[0]), float(score))
        for (start, end), score in zip(claimed[0], nearest, strict=True)
        if (stems := lexicon.content_words(claim[start:end]))
    ]
    total = sum(one for one, _ in pairs)
    return sum(one * score for one, score in pairs) / total if total else 0.0


def tokens_of(text: str, embedder: Embedder) -> tuple[list[tuple[int, int]], np.ndarray]:
    """Places of the tokens that the model sees, and their vectors [n, d] of length 1."""
    model = embedder._model
    read_as = model.tokenizer(
        text, return_tensors="pt", truncation=True, max_length=embedder.max_tokens, return_offsets_mapping=True
    )
    places = [tuple(place) for place in read_as.pop("offset_mapping")[0].tolist()][1:-1]
    with torch.no_grad():
        hidden = model[0].auto_model(**read_as).last_hidden_state[0, 1:-1]
    return places, torch.nn.functional.normalize(hidden, dim=-1).numpy()


def area(right: np.ndarray, wrong: np.ndarray) -> float:
    """How often a right one scores higher than a wrong one; half a point where they tie."""
    return float((right[:, None] > wrong).mean() + 0.5 * (right[:, None] == wrong).mean())


if __name__ == "__main__":
    main()
