"""Whether the memory finds what retrieval does not: a volume, an answer's presence, a sentence.

python benchmarks/memory_as_search.py volumes     which story a question is about, of all: by the likelihood of the
                                                  question with each volume mounted, by search, by both
python benchmarks/memory_as_search.py presence    whether the story that answers is there at all, by the same scores
python benchmarks/memory_as_search.py sentences   which of the sentences nearest to a question tell its answer

SQuALITY stories, a volume each, as in `benchmarks/volumes.py`, whose adapted volumes in --output are used.
A question's likelihood is counted less that without a memory, and a sentence's after the question less that without it.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from memory_retention import Story, stories
from rouge_score.rouge_scorer import RougeScorer
from torch import Tensor
from volumes import error_of, names, volume

from hybrid import Corpus, Document, Settings
from hybrid._view import load_embedder
from hybrid.settings import MemorySettings
from hybrid.text import sentences as text_sentences
from hybrid.ttt.inference import in_dtype
from hybrid.ttt.memory import MemoryModel
from hybrid.ttt.model.weights import DynamicMLP
from hybrid.ttt.volumes import mounted

BATCH = 32
WORDS = 120  # of an answer made of sentences, as a human one has


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = {"volumes": which_volume, "presence": presence, "sentences": which_sentences}
    parser.add_argument("what", choices=list(commands))
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--settings", type=json.loads, default={}, help="memory settings as JSON")
    parser.add_argument("--stories", type=int, default=61)
    parser.add_argument("--near", type=int, default=60, help="sentences that are ordered, the nearest to the question")
    parser.add_argument("--output", type=Path, default=Path("build/volumes"))
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    model = MemoryModel.load(MemorySettings.model_validate(arguments.settings))
    rows = stories(arguments.data)[: arguments.stories]
    print(f"{torch.get_num_threads()} threads, {len(rows)} stories, settings {json.dumps(arguments.settings)}")
    commands[arguments.what](arguments, model, rows)


def likelihoods(arguments: argparse.Namespace, model: MemoryModel, rows: Sequence[Story]) -> Tensor:
    """[stories, questions] how many nats a token likelier each question is with each volume than with none; kept in a
    file."""
    file = arguments.output / f"questions-{len(rows)}.json"
    if not file.exists():
        questions = [model.encode(one["q"]) for row in rows for one in row["questions"]]
        start = model.encode("Question: ")
        initial = model.initial_state().fast_state.fast
        ways = [initial]
        ways += [mounted(initial, [(volume(arguments, model, rows, n), 1.0)]) for n in range(len(rows))]
        sums = [torch.zeros(0)] * len(ways)
        for at in range(0, len(questions), BATCH):
            found = losses(model, [[*start, *ids] for ids in questions[at : at + BATCH]], len(start), ways)
            sums = [torch.cat(pair) for pair in zip(sums, found, strict=True)]
        file.write_text(json.dumps([(sums[0] - each).tolist() for each in sums[1:]]))
    return torch.tensor(json.loads(file.read_text()))


@torch.no_grad()
def losses(
    model: MemoryModel, token_rows: Sequence[Sequence[int]], first: int, ways: Sequence[Sequence[DynamicMLP]]
) -> list[Tensor]:
    """For each choice of fast weights the mean loss of each row's tokens from ``first`` on."""
    transformer, longest = model.transformer, max(map(len, token_rows)) - 1
    ids = torch.tensor([[*row[:-1], *[0] * (longest - len(row) + 1)] for row in token_rows])
    targets = torch.tensor([[*row[1:], *[0] * (longest - len(row) + 1)] for row in token_rows])
    counted = torch.tensor([[first <= at < len(row) for at in range(1, longest + 1)] for row in token_rows])
    cache = transformer.empty_cache(len(token_rows))
    plan, split = transformer.plan(longest, cache), transformer.config.prefix_layers
    below, _ = transformer.prefix(ids, cache.layers[:split], plan)
    found = []
    for fast in ways:
        hidden, _ = transformer.suffix(below, cache.layers[split:], plan, in_dtype(fast, transformer.dtype))
        logits = (hidden @ transformer.unembedding.T).float()
        each = torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none")
        each = each.view(targets.shape) * counted
        found.append(each.sum(1) / counted.sum(1))
    return found


def by_search(rows: Sequence[Story]) -> tuple[Tensor, Tensor]:
    """[stories, questions] what search makes of each story: the sum of 1 / rank of its hits among the first 10, and the
    highest cosine among 50."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.model_validate({"memory": {"enabled": False}, "ingest": {"sentence_vectors": False}})
        corpus = Corpus.open(Path(folder) / "corpus", settings)
        corpus.ingest([Document.from_text(row["document"], source=str(n)) for n, row in enumerate(rows)])
        ranks, cosines = [], []
        for question in (one["q"] for row in rows for one in row["questions"]):
            rank, cosine = torch.zeros(len(rows)), torch.zeros(len(rows))
            for at, hit in enumerate(corpus.search(question, 50), 1):
                rank[int(hit.source)] += 1 / at if at <= 10 else 0
                cosine[int(hit.source)] = max(cosine[int(hit.source)], hit.similarity or 0)
            ranks.append(rank)
            cosines.append(cosine)
        return torch.stack(ranks, 1), torch.stack(cosines, 1)


def standard(scores: Tensor) -> Tensor:
    """Each question's scores with mean 0 and deviation 1 over stories."""
    return (scores - scores.mean(0)) / scores.std(0).clamp_min(1e-9)


def which_volume(arguments: argparse.Namespace, model: MemoryModel, rows: Sequence[Story]) -> None:
    gains, (ranks, cosines) = likelihoods(arguments, model, rows), by_search(rows)
    questions = [one["q"] for row in rows for one in row["questions"]]
    right = torch.tensor([n for n, row in enumerate(rows) for _ in row["questions"]])
    named = torch.tensor([names(one) for one in questions])
    ways = {
        "search, ranks": ranks,
        "search, cosine": cosines,
        "likelihood": gains,
        "ranks and likelihood": standard(ranks) + standard(gains),
        "ranks and half the likelihood": standard(ranks) + standard(gains) / 2,
    }
    print("| by | questions | n | right first | among five |\n|---|---|---|---|---|")
    for name, scores in ways.items():
        place = (scores > scores.gather(0, right[None])).sum(0)
        for kind, chosen in (("naming something", named), ("naming nothing", ~named), ("all", named | ~named)):
            some = place[chosen]
            first, five = ((some < k).float().mean().item() for k in (1, 5))
            print(f"| {name} | {kind} | {len(some)} | {first:.3f} | {five:.3f} |")


def presence(arguments: argparse.Namespace, model: MemoryModel, rows: Sequence[Story]) -> None:
    gains, (_, cosines) = likelihoods(arguments, model, rows), by_search(rows)
    right = torch.tensor([n for n, row in enumerate(rows) for _ in row["questions"]])
    questions = [one["q"] for row in rows for one in row["questions"]]
    named = torch.tensor([names(one) for one in questions])
    print("| by | questions | area under the curve |\n|---|---|---|")
    for name, scores in {"search, cosine": cosines, "likelihood": gains}.items():
        without = scores.scatter(0, right[None], float("-inf")).max(0).values
        for kind, chosen in (("naming something", named), ("naming nothing", ~named), ("all", named | ~named)):
            there, absent = scores.max(0).values[chosen], without[chosen]
            above = (there[:, None] > absent).float() + (there[:, None] == absent).float() / 2
            print(f"| {name} | {kind} | {above.mean().item():.3f} |")


def which_sentences(arguments: argparse.Namespace, model: MemoryModel, rows: Sequence[Story]) -> None:
    embedder, scorer = load_embedder(Settings().retrieval.embedder), RougeScorer(["rouge2"])
    found: dict[str, list[float]] = {}
    for number, row in enumerate(rows):
        document = Document.from_text(row["document"], "story").text
        texts = [" ".join(document[a:b].split()) for a, b in text_sentences.spans(document)]
        vectors = torch.as_tensor(embedder.encode(texts))
        initial = model.initial_state().fast_state.fast
        own = mounted(initial, [(volume(arguments, model, rows, number), 1.0)])
        each: dict[str, list[float]] = {}
        for one in row["questions"]:
            cosine = vectors @ torch.as_tensor(embedder.encode([one["q"]]))[0]
            near = cosine.topk(min(arguments.near, len(texts))).indices.tolist()
            orders = {"nearest": near, "of these, in their order": sorted(near)}
            for name, fast in (("no memory", initial), ("own", own)):
                orders |= dict(ordered(model, fast, name, one["q"], texts, near))
            for name, order in orders.items():
                said = " ".join(" ".join(texts[at] for at in order).split()[:WORDS])
                each.setdefault(name, []).append(scorer.score_multi(one["refs"], said)["rouge2"].fmeasure)
        for name, values in each.items():
            found.setdefault(name, []).append(statistics.mean(values))
        print(f"{number}: " + ", ".join(f"{name} {values[-1]:.4f}" for name, values in found.items()), flush=True)
    print("| order | ROUGE-2 | less nearest | s.e. |\n|---|---|---|---|")
    for name, values in found.items():
        less = [one - other for one, other in zip(values, found["nearest"], strict=True)]
        print(f"| {name} | {statistics.mean(values):.4f} | {statistics.mean(less):+.4f} | {error_of(less):.4f} |")


def ordered(
    model: MemoryModel,
    fast: Sequence[DynamicMLP],
    name: str,
    question: str,
    texts: Sequence[str],
    near: Sequence[int],
) -> Iterator[tuple[str, list[int]]]:
    """The sentences by their likelihood after the question, and by that less what it is without."""
    scores: dict[str, Tensor] = {}
    for kind, prompt in (("asked", f"Question: {question}\nAnswer:"), ("alone", "Answer:")):
        start = model.encode(prompt)
        parts = []
        for at in range(0, len(near), BATCH):
            batch = [[*start, *model.encode(f" {texts[one]}")] for one in near[at : at + BATCH]]
            parts.append(losses(model, batch, len(start), [fast])[0])
        scores[kind] = torch.cat(parts)
    for kind, loss in (("likelihood", scores["asked"]), ("gain by the question", scores["asked"] - scores["alone"])):
        yield f"{name}: {kind}", [near[at] for at in loss.argsort().tolist()]


if __name__ == "__main__":
    main()
