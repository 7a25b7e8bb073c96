"""What a memory still holds of the first of many documents, and which way of training keeps it longest.

python benchmarks/memory_retention.py table     the first story after 0, 1, 5, 20 and 60 more
python benchmarks/memory_retention.py search    ways to train, by what is left after five stories more

SQuALITY stories are streamed one after another. What is held is measured by the loss of the human answers to a
story's questions: after the question alone, and after the passage that shares most words with it.
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import random
import resource
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch

from hybrid.settings import MemorySettings
from hybrid.ttt.inference import InferenceSession
from hybrid.ttt.inner_loop import flat, inner_step, layers
from hybrid.ttt.memory import MemoryModel
from hybrid.ttt.state import MemoryState

PASSAGE = 1024  # tokens seen in training, scored again
PASSAGE_AT = 2048
Story = dict[str, Any]


@dataclass(frozen=True)
class Way:
    """A way of training: settings, and what is done besides one step a mini-batch.

    Args:
        halving: steps after which the step size has fallen to 1/sqrt(2); it falls with the root of 1 + steps / halving.
        replay: after every so many mini-batches an old one, drawn evenly, is trained on again; 0: none.
    """

    settings: dict[str, Any] = field(default_factory=dict)
    halving: float = math.inf
    replay: int = 0


WAYS: dict[str, Way] = {
    "sgd 1, the default": Way(),
    "sgd 0.5": Way({"learning_rate": 0.5}),
    "sgd 2": Way({"learning_rate": 2.0}),
    "sgd 1, falling": Way(halving=24),
    "sgd 1, every fourth a replay": Way(replay=3),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["table", "search"])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--settings", type=json.loads, default={}, help="memory settings as JSON")
    parser.add_argument("--stories", type=int, nargs="*", default=[0, 1, 5, 20, 60])
    parser.add_argument("--without-first", action="store_true", help="train on the other stories only")
    parser.add_argument("--ways", nargs="*", choices=list(WAYS), default=list(WAYS))
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    print(f"{torch.get_num_threads()} threads, settings {json.dumps(arguments.settings)}")
    if arguments.what == "table":
        table(arguments, stories(arguments.data))
    else:
        search(arguments, stories(arguments.data))


def stories(data: Path) -> list[Story]:
    """The development stories, then those of the training set."""
    found: list[Story] = []
    for part in ("dev", "train"):
        with gzip.open(data / "squality" / f"{part}.jsonl.gz", "rt", encoding="utf-8") as file:
            found += map(json.loads, file)
    return found


def tokens_of(model: MemoryModel, story: Story) -> list[int]:
    """A story and the end of a document."""
    return [*model.encode(story["document"]), model.end_of_document]


def table(arguments: argparse.Namespace, rows: list[Story]) -> None:
    model = MemoryModel.load(MemorySettings.model_validate(arguments.settings))
    state, streamed = model.initial_state(), -1
    print(f"without the first: {arguments.without_first}")
    print("| stories after it | tokens | answer | answer, with evidence | story seen | latest | peak MiB |")
    print("|---|---|---|---|---|---|---|")
    for target in arguments.stories:
        while streamed < target:
            streamed += 1
            if streamed or not arguments.without_first:
                model.adapt(state, tokens_of(model, rows[streamed]))
        session = model.session(state)
        alone, helped = answers(session, rows[0]), answers(session, rows[0], evidence=True)
        latest = answers(session, rows[streamed])
        again = session.loss(model.decode(model.encode(rows[0]["document"])[PASSAGE_AT : PASSAGE_AT + PASSAGE]))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        figures = " | ".join(f"{x:.3f}" for x in (alone, helped, again, latest))
        print(f"| {target} | {state.trained_tokens} | {figures} | {peak:.0f} |", flush=True)


def search(arguments: argparse.Namespace, rows: list[Story]) -> None:
    """After five stories more: the first, the mean of all six, and one that it was not trained on."""
    unseen = rows[6]
    print("| way | right after it | five later | with evidence | all six | unseen | in training | seconds |")
    print("|---|---|---|---|---|---|---|---|")
    for name in arguments.ways:
        way, began = WAYS[name], time.perf_counter()
        model = MemoryModel.load(MemorySettings.model_validate(arguments.settings | way.settings))
        if name == arguments.ways[0]:
            nothing = model.session(None)
            held = [answers(nothing, story) for story in rows[:6]]
            helped = answers(nothing, rows[0], evidence=True)
            print(f"| no training | {held[0]:.3f} | {held[0]:.3f} | {helped:.3f} | {statistics.mean(held):.3f} "
                  f"| {answers(nothing, unseen):.3f} | | |", flush=True)  # fmt: skip
        trained = Trained(model, way, arguments.seed)
        trained.train(tokens_of(model, rows[0]))
        after = answers(trained.session(), rows[0])
        averages = {"": trained.session}
        for story in rows[1:6]:
            trained.train(tokens_of(model, story))
        if name == arguments.ways[0]:
            averages[", mean of the weights"] = trained.averaged
        for suffix, session_of in averages.items():
            session = session_of()
            held = [answers(session, story) for story in rows[:6]]
            helped, missing = answers(session, rows[0], evidence=True), answers(session, unseen)
            print(f"| {name}{suffix} | {after:.3f} | {held[0]:.3f} | {helped:.3f} | {statistics.mean(held):.3f} "
                  f"| {missing:.3f} | {statistics.mean(trained.losses):.3f} "
                  f"| {time.perf_counter() - began:.0f} |", flush=True)  # fmt: skip


class Trained:
    """A memory that is trained in one of the ways."""

    def __init__(self, model: MemoryModel, way: Way, seed: int) -> None:
        self._model, self._way, self._random = model, way, random.Random(seed)
        self._state = model.initial_state()
        self._old: list[tuple[int, ...]] = []
        self._sum = [torch.zeros_like(w) for w in flat(self._state.fast_state.fast)]
        self.losses: list[float] = []

    def train(self, tokens: Sequence[int]) -> None:
        """Read more of the stream; what does not fill a mini-batch stays pending."""
        model, size = self._model, self._model.settings.mini_batch
        stream = [*self._state.pending, *tokens]
        fast_state, at = self._state.fast_state, 0
        while len(stream) - at > size:
            batch = tuple(stream[at : at + size + 1])
            fast_state, (loss,) = inner_step(model.transformer, fast_state, batch, self._settings(fast_state.steps))
            self.losses.append(loss)
            self._old.append(batch)
            if self._way.replay and len(self._old) % self._way.replay == 0:
                fast_state = self._again(fast_state, self._random.choice(self._old))
            for total, weight in zip(self._sum, flat(fast_state.fast), strict=True):
                total.add_(weight)
            at += size
        self._state = MemoryState(fast_state, self._state.identity)
        self._state.advance(fast_state, tuple(stream[at:]), 0)

    def _settings(self, steps: int) -> MemorySettings:
        settings = self._model.settings
        return settings.model_copy(
            update={"learning_rate": settings.learning_rate / math.sqrt(1 + steps / self._way.halving)}
        )

    def _again(self, fast_state: Any, batch: tuple[int, ...]) -> Any:
        """One step on an old mini-batch, by itself: the window of the stream is put back afterwards."""
        alone = replace(fast_state, cache=self._model.transformer.empty_cache())
        stepped, _ = inner_step(self._model.transformer, alone, batch, self._settings(fast_state.steps))
        return replace(stepped, cache=fast_state.cache)

    def session(self) -> InferenceSession:
        """With the weights as they are now."""
        return self._model.session(self._state)

    def averaged(self) -> InferenceSession:
        """With the mean of the weights after every step, as if there were one memory of the whole way."""
        mean = layers(total / len(self.losses) for total in self._sum)
        return InferenceSession(self._model.transformer, self._model.tokenizer, mean)


def answers(session: InferenceSession, story: Story, evidence: bool = False) -> float:
    """Mean loss of the reference answers after the question, and after evidence before it if asked to."""
    losses: list[float] = []
    for question in story["questions"]:
        asked = f"Question: {question['q']}\nAnswer:"
        if evidence:
            asked = f"{best_passage(story['document'], question['q'])}\n\n{asked}"
        losses += [session.loss(f" {reference}", asked) for reference in question["refs"]]
    return statistics.mean(losses)


def best_passage(document: str, question: str, size: int = 1500) -> str:
    """The stretch of the document that shares most of the question's longer words."""
    words = {w for w in question.lower().split() if len(w) > 4}
    starts = range(0, max(1, len(document) - size), size // 2)
    return max((document[at : at + size] for at in starts), key=lambda text: sum(w in text.lower() for w in words))


if __name__ == "__main__":
    main()
