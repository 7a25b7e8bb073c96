"""Four-way multiple choice about whole stories, answered by likelihood: what the memory is good for besides nats.

python benchmarks/multiple_choice.py --data ../shared/data --output build/choice
python benchmarks/multiple_choice.py --data ../shared/data --output build/choice --score letters

By likelihood each option is scored by its mean log-likelihood a token after the question, less that without a
question (after the same passages, with the same memory), and by the first of these alone. By letters the options
stand below the question as A to D, and the letters are scored; each option is each letter once. The best is the
answer. Ways: no memory, the story's own volume, passages found by search in the window, both, and another story's
volume; with --study a volume that was adapted to questions about the story, too; with --two-stage the passages nearest
to what the memory writes about the question. With --whole, which needs a window that holds it, only the whole story
before the question: what the model can make of a story at all. With standard errors; paired with no memory. QuALITY
(Pang et al., NAACL 2022).

Volumes and scores are kept in --output, a folder a model, so that an interrupted run goes on after the last
whole story.
"""

from __future__ import annotations

import argparse
import gzip
import json
import statistics
import tempfile
import time
from collections.abc import Container, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch.nn import functional as F

from hybrid import Corpus, Document, Settings
from hybrid.settings import MemorySettings
from hybrid.ttt import study as self_study
from hybrid.ttt.inference import InferenceSession
from hybrid.ttt.memory import MemoryModel
from hybrid.ttt.model.transformer import LayerCache, WindowCache
from hybrid.ttt.volumes import Delta, adapt_volume, mounted

WRITTEN_TOKENS = 96
PASSAGE_TOKENS = 600
LETTERS = "ABCD"
Row = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--settings", type=json.loads, default={}, help="memory settings as JSON")
    parser.add_argument("--score", choices=["likelihood", "letters"], default="likelihood")
    parser.add_argument("--stories", type=int, nargs="*", default=list(range(8)), help="by number, from 0")
    parser.add_argument("--study", nargs="*", choices=["loss", "distillation"], default=[], help="ways to study")
    parser.add_argument("--rounds", type=int, default=self_study.ROUNDS, help="of study")
    parser.add_argument("--two-stage", action="store_true", help="also passages that the memory's own draft names")
    parser.add_argument("--whole", action="store_true", help="the whole story in the window, and nothing else")
    parser.add_argument("--output", type=Path, default=Path("build/choice"))
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    self_study.ROUNDS = arguments.rounds
    model = MemoryModel.load(MemorySettings.model_validate(arguments.settings))
    with gzip.open(arguments.data / "quality" / "quality.jsonl.gz", "rt", encoding="utf-8") as file:
        rows: list[Row] = [json.loads(line) for line in file]
    print(f"{torch.get_num_threads()} threads, {len(arguments.stories)} of {len(rows)} stories, by {arguments.score}, "
          f"settings {json.dumps(arguments.settings)}")  # fmt: skip
    right: dict[str, dict[str, list[bool]]] = {}
    for number in arguments.stories:
        file = arguments.output / f"{number}.{arguments.score}.json"
        stored: dict[str, Any] = {"cpu_seconds": 0.0, "scores": [{} for _ in rows[number]["questions"]]}
        if file.exists():
            stored = json.loads(file.read_text())
        began = time.process_time()
        missing = list(story_scores(arguments, model, rows, number, set(stored["scores"][0])))
        for known, more in zip(stored["scores"], missing, strict=True):
            known |= more
        stored["cpu_seconds"] += time.process_time() - began
        file.write_text(json.dumps(stored))
        for question, ways in zip(rows[number]["questions"], stored["scores"], strict=True):
            for way, scores in ways.items():
                for name, each in scores.items():
                    correct = each.index(max(each)) == question["answer"]
                    right.setdefault(name, {}).setdefault(way, []).append(correct)
        for name, found in right.items():
            figures = ", ".join(f"{way} {sum(each)}/{len(each)}" for way, each in found.items())
            print(f"story {number}, {name}: {figures}; {stored['cpu_seconds']:.0f} s of CPU", flush=True)
    for name, found in right.items():
        print(f"| {name} | right | share | s.e. | less none | s.e. |\n|---|---|---|---|---|---|")
        for way, each in found.items():
            gains = [a - b for a, b in zip(each, found["none"], strict=True)]
            print(f"| {way} | {sum(each)} of {len(each)} | {statistics.mean(each):.3f} | {error_of(each):.3f} "
                  f"| {statistics.mean(gains):+.3f} | {error_of(gains):.3f} |")  # fmt: skip


def error_of(found: Sequence[float]) -> float:
    """The standard error of a mean."""
    return statistics.stdev(found) / len(found) ** 0.5


def story_scores(
    arguments: argparse.Namespace, model: MemoryModel, rows: Sequence[Row], number: int, known: Container[str]
) -> Iterator[dict[str, dict[str, list[float]]]]:
    """For each question of a story the scores of each option, by way and by what they are called; ``known`` ways are
    left out."""
    from study import studied_volume  # a script beside this one, which nothing finds that imports this as a module

    score = by_likelihood if arguments.score == "likelihood" else by_letters
    bare = model.session(None)
    if arguments.whole:
        whole = rows[number]["document"]
        if bare.count(whole) + 256 > bare.window:
            raise SystemExit(f"story {number} is longer than the window: --settings '{{\"window\": 16384}}'")
        for question in rows[number]["questions"]:
            ways = {"none": "", "the whole story": whole}
            yield {way: score(bare, text, question) for way, text in ways.items() if way not in known}
        return
    own = session(model, volume(arguments, model, rows, number))
    other = session(model, volume(arguments, model, rows, (number + 1) % len(rows)))
    document = rows[number]["document"]
    studied = {how: session(model, studied_volume(arguments, model, document, number, how)) for how in arguments.study}
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.model_validate({"memory": {"enabled": False}, "ingest": {"sentence_vectors": False}})
        corpus = Corpus.open(Path(folder) / "corpus", settings)
        corpus.ingest([Document.from_text(document, source="story")])
        for question in rows[number]["questions"]:
            passages = found_passages(corpus, bare, question["question"])
            ways = {
                "none": (bare, ""),
                "memory": (own, ""),
                "passages": (bare, passages),
                "both": (own, passages),
                "another's memory": (other, ""),
            }
            for how, one in studied.items():
                ways |= {f"memory, study by {how}": (one, ""), f"both, study by {how}": (one, passages)}
            if arguments.two_stage and "two stages" not in known:
                asked = [("user", question["question"])]
                named = found_passages(corpus, bare, own.generate(asked, max_new_tokens=WRITTEN_TOKENS))
                ways |= {"two stages": (bare, named), "two stages, memory in both": (own, named)}
            yield {way: score(one, text, question) for way, (one, text) in ways.items() if way not in known}


def volume(arguments: argparse.Namespace, model: MemoryModel, rows: Sequence[Row], number: int) -> Delta:
    """The delta of a story, adapted now or before."""
    file = arguments.output / f"{number}.safetensors"
    if not file.exists():
        tokens = [*model.encode(rows[number]["document"]), model.end_of_document]
        adapted = adapt_volume(model, tokens)
        print(f"volume {number}: {len(tokens)} tokens, {adapted.gains}, rate {adapted.rate}", flush=True)
        save_file(adapted.delta.to_tensors(), file)
    return Delta.from_tensors(load_file(file))


def session(model: MemoryModel, delta: Delta) -> InferenceSession:
    """With this volume mounted."""
    return model.mount(mounted(model.initial_state().fast_state.fast, [(delta, 1.0)]))


def found_passages(corpus: Corpus, counter: InferenceSession, question: str) -> str:
    """The best passages for a question or a draft, in the order of the story."""
    chosen, room = [], PASSAGE_TOKENS
    if not any(map(str.isalnum, question)):  # what a memory wrote may be nothing
        return ""
    for hit in corpus.search(question, 10):
        cost = counter.count(hit.text)
        if cost <= room:
            chosen.append(hit)
            room -= cost
    return "\n".join(hit.text for hit in sorted(chosen, key=lambda hit: hit.start))


def by_likelihood(session: InferenceSession, passages: str, question: Row) -> dict[str, list[float]]:
    """How much likelier, in nats a token, the question makes each option, and how likely it then is."""
    options = [f" {option}" for option in question["options"]]
    asked = [("Answer:", option) for option in options]
    asked += [(f"Question: {question['question']}\nAnswer:", option) for option in options]
    found = losses(session, f"{passages}\n\n".lstrip(), asked)
    before, after = found[: len(options)], found[len(options) :]
    likelier = [one - other for one, other in zip(before, after, strict=True)]
    return {"likelihood less that without the question": likelier, "likelihood": [-loss for loss in after]}


def by_letters(session: InferenceSession, passages: str, question: Row) -> dict[str, list[float]]:
    """The log-likelihood of each option's letter, summed over the four orders in which each is each letter once."""
    asked = f"{passages}\n\nQuestion: {question['question']}\n".lstrip()
    options, count = question["options"], len(LETTERS)
    orders = [[(letter + turn) % count for letter in range(count)] for turn in range(count)]
    lists = [
        "".join(f"{letter}. {options[number]}\n" for letter, number in zip(LETTERS, order, strict=True)) + "Answer:"
        for order in orders
    ]
    scores = [0.0] * count
    for order, letters in zip(orders, last_log_likelihoods(session, asked, lists, LETTERS), strict=True):
        for number, likelihood in zip(order, letters, strict=True):
            scores[number] += likelihood
    return {"letters": scores}


def losses(session: InferenceSession, prefix: str, texts: Sequence[tuple[str, str]]) -> list[float]:
    """Of each (prompt, text) the mean loss in nats a token of the text after both; the prefix is run once for all."""
    encode = session._tokenizer.encode
    pairs = [(encode(prompt), encode(text)) for prompt, text in texts]
    hidden = continued(session, prefix, [[*prompt, *text] for prompt, text in pairs])
    found: list[float] = []
    for states, (prompt, text) in zip(hidden, pairs, strict=True):
        before = states[len(prompt) - 1 : len(prompt) + len(text) - 1]  # a hidden state predicts the next token
        logits = (before @ session._model.unembedding.T).float()
        found.append(F.cross_entropy(logits, torch.tensor(text)).item())
    return found


def last_log_likelihoods(
    session: InferenceSession, prefix: str, texts: Sequence[str], letters: str
) -> list[list[float]]:
    """After each text, the log-likelihood of each letter as the next token."""
    encode = session._tokenizer.encode
    tokens = [encode(f" {letter}") for letter in letters]
    if any(len(one) != 1 for one in tokens):
        raise SystemExit("a letter is several tokens of this model")
    ids = [encode(text) for text in texts]
    hidden = continued(session, prefix, ids)
    last = torch.stack([states[len(each) - 1] for states, each in zip(hidden, ids, strict=True)])
    every = F.log_softmax((last @ session._model.unembedding.T).float(), -1)
    found: list[list[float]] = every[:, [one[0] for one in tokens]].tolist()
    return found


@torch.inference_mode()
def continued(session: InferenceSession, prefix: str, texts: Sequence[Sequence[int]]) -> torch.Tensor:
    """The hidden states [B, T, D] of texts after one prefix. Shorter texts are padded at their end, which changes
    nothing before it."""
    model, cache = session._model, cache_after(session, prefix)
    longest = max(map(len, texts))
    padded = torch.tensor([[*each, *[0] * (longest - len(each))] for each in texts])
    layers = tuple(LayerCache(*(t.expand(len(texts), -1, -1, -1) for t in layer.tensors())) for layer in cache.layers)
    hidden, _ = model.forward(padded, WindowCache(layers, cache.seen), session._fast)
    return hidden


@lru_cache(maxsize=2)  # a story's questions share it, and one without passages has none
def cache_after(session: InferenceSession, prefix: str) -> WindowCache:
    """The cache of attention after a prefix."""
    tokenizer = session._tokenizer
    *_, (_, _, cache) = session._stream([tokenizer.end_of_document, *tokenizer.encode(prefix)])
    return cache


if __name__ == "__main__":
    main()
