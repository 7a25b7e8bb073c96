"""What else a volume may be adapted to, and how: questions about its text, token weights, decay.

python benchmarks/study.py study   own volume with study and without, alone, beside evidence and in a chat; its cost
python benchmarks/study.py inner   token weights in the inner loss, decay towards the initial weights, the text read
                                   again, the text as a turn of a chat

Loss of the human answers to questions about SQuALITY stories, a volume each, as in `benchmarks/volumes.py`. Questions
and answers of study are made by templates. Adapted volumes are kept in --output, so that an interrupted run goes on.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from memory_retention import Story, answers, stories, tokens_of
from safetensors.torch import load_file, save_file
from volumes import error_of, session, shortened, volume

from hybrid._view import load_embedder
from hybrid.settings import MemorySettings
from hybrid.study.making import PairMaker
from hybrid.text import lexicon
from hybrid.ttt import study as self_study
from hybrid.ttt.inference import InferenceSession
from hybrid.ttt.inner_loop import FastWeightState, MiniBatch, Scored, flat, layers, score, sgd, step_sizes
from hybrid.ttt.memory import MemoryModel
from hybrid.ttt.model.weights import DynamicMLP
from hybrid.ttt.volumes import Delta, adapt_volume
from hybrid.types.study import Exercise


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = {"study": study, "inner": inner}
    parser.add_argument("what", choices=list(commands))
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--settings", type=json.loads, default={}, help="memory settings as JSON")
    parser.add_argument("--asked", type=int, default=6, help="stories whose questions are asked, the first so many")
    parser.add_argument("--references", type=int, default=4, help="human answers to a question that are scored")
    parser.add_argument(
        "--rounds", type=int, default=self_study.ROUNDS, help="how often the questions are gone through"
    )
    parser.add_argument("--ways", nargs="*", default=["loss", "distillation"], help="of study")
    parser.add_argument("--only", nargs="*", choices=list(INNER), default=list(INNER), help="ways of inner")
    parser.add_argument("--output", type=Path, default=Path("build/volumes"))
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    self_study.ROUNDS = arguments.rounds
    model = MemoryModel.load(MemorySettings.model_validate(arguments.settings))
    rows = [shortened(row, arguments.references) for row in stories(arguments.data)[: arguments.asked]]
    print(f"{torch.get_num_threads()} threads, {len(rows)} stories, settings {json.dumps(arguments.settings)}")
    commands[arguments.what](arguments, model, rows)


def study(arguments: argparse.Namespace, model: MemoryModel, rows: Sequence[Story]) -> None:
    """Losses of the human answers with a text's own volume, by what it was adapted to; less those with no memory."""
    found: dict[str, list[float]] = {}
    for number in range(arguments.asked):
        ways = {"no memory": [], "own volume": [(volume(arguments, model, rows, number), 1.0)]}
        for how in arguments.ways:
            ways[f"own volume, study by {how}"] = [
                (studied_volume(arguments, model, rows[number]["document"], number, how), 1.0)
            ]
        for name, chosen in ways.items():
            one = session(model, chosen)
            found.setdefault(name, []).append(answers(one, rows[number]))
            found.setdefault(f"{name}, with evidence", []).append(answers(one, rows[number], evidence=True))
            found.setdefault(f"{name}, as a chat turn", []).append(chat_answers(one, rows[number]))
        print(f"{number}: " + ", ".join(f"{name} {each[-1]:.3f}" for name, each in found.items()), flush=True)
    print("| mounted | nats | s.e. | less no memory | s.e. | less own volume | s.e. |\n|---|---|---|---|---|---|---|")
    for name, each in found.items():
        figures = [f"{statistics.mean(each):.3f} | {error_of(each):.3f}"]
        for bare in ("no memory", "own volume"):
            form = next((form for form in (", with evidence", ", as a chat turn") if name.endswith(form)), "")
            with_same = found[f"{bare}{form}"]
            less = [one - other for one, other in zip(each, with_same, strict=True)]
            figures.append(f"{statistics.mean(less):+.3f} | {error_of(less):.3f}")
        print(f"| {name} | {' | '.join(figures)} |")


def chat_answers(one: InferenceSession, row: Story) -> float:
    """Mean loss of the human answers in the form in which study asks."""
    return statistics.mean(
        one.message_loss([("user", question["q"])], reference)
        for question in row["questions"]
        for reference in question["refs"]
    )


def studied_volume(arguments: argparse.Namespace, model: MemoryModel, document: str, number: int, how: str) -> Delta:
    """The delta of a story that was studied by templates in one of the two ways, adapted now or before."""
    file = arguments.output / f"{number}.{how}.{self_study.ROUNDS}.safetensors"
    if not file.exists():
        studying = copy(model)
        studying.settings = model.settings.model_copy(update={"study": how})
        exercises = exercises_of(document)
        adapted = adapt_volume(studying, tokens_of(model, {"document": document}), None, exercises)
        print(f"volume {number}, {how}: {adapted.gains}, step times {adapted.rate}, {adapted.harm or 'no harm'}",
              flush=True)  # fmt: skip
        save_file(adapted.delta.to_tensors(), file)
    return Delta.from_tensors(load_file(file))


def exercises_of(text: str) -> list[Exercise]:
    """What templates ask of a text."""
    pairs = PairMaker(load_embedder("all-minilm-l6-v2")).pairs(text).pairs
    return [Exercise(one.question, one.answer, " ".join(text[one.start : one.end].split())) for one in pairs]


@dataclass(frozen=True)
class Way:
    """A way to adapt.

    Args:
        function: weight of a function word's or a mark's tokens in the loss; that of another word's is 1.
        name: weight of the tokens of names and numbers.
        decay: share of what was learned that is lost at each step.
        steps: the length of the steps of each time that the text is read, of the settings' step size.
        chat: whether the text is a user's turn of a chat, as passages are that a question is asked below.
    """

    function: float = 1.0
    name: float = 1.0
    decay: float = 0.0
    steps: tuple[float, ...] = (1.0,)
    chat: bool = False


EVIDENCE = ", with evidence"
INNER = {
    "as it is": Way(),
    "function words at 1/4": Way(function=0.25),
    "function words at 0": Way(function=0.0),
    "function words at 1/4, names and numbers at 2": Way(function=0.25, name=2.0),
    "decay of 0.01": Way(decay=0.01),
    "decay of 0.03": Way(decay=0.03),
    "read twice": Way(steps=(1.0, 1.0)),
    "read twice, steps of 1/2": Way(steps=(0.5, 0.5)),
    "read three times": Way(steps=(1.0,) * 3),
    "read four times": Way(steps=(1.0,) * 4),
    "read once, steps of 3/2": Way(steps=(1.5,)),
    "as a turn of a chat": Way(chat=True),
}


def inner(arguments: argparse.Namespace, model: MemoryModel, rows: Sequence[Story]) -> None:
    """Gains over no memory of a text's own volume, by the way in which it was adapted. The steps on a weighted loss are
    as long as those on the plain one."""
    found: dict[str, list[float]] = {}
    for number in range(arguments.asked):
        none = [answers(model.session(None), rows[number], evidence=evidence) for evidence in (False, True)]
        for name in arguments.only:
            own = session(model, [(adapted_in(model, rows[number], INNER[name]), 1.0)])
            for evidence, form in enumerate(("", EVIDENCE)):
                less = answers(own, rows[number], evidence=bool(evidence)) - none[evidence]
                found.setdefault(name + form, []).append(less)
        print(f"{number}: " + ", ".join(f"{name} {each[-1]:+.3f}" for name, each in found.items()), flush=True)
    print("| way | nats | s.e. | less as it is | s.e. |\n|---|---|---|---|---|")
    for name, each in found.items():
        first = arguments.only[0] + (EVIDENCE if name.endswith(EVIDENCE) else "")
        less = [one - plain for one, plain in zip(each, found[first], strict=True)]
        print(f"| {name} | {statistics.mean(each):+.3f} | {error_of(each):.3f} "
              f"| {statistics.mean(less):+.3f} | {error_of(less):.3f} |")  # fmt: skip


def adapted_in(model: MemoryModel, row: Story, way: Way) -> Delta:
    """The delta of a volume that was adapted in one of the ways, by SGD."""
    tokens = tokens_of(model, row)
    if way.chat:
        tokens = model.tokenizer.encode_chat([("user", f"Passages:\n{row['document']}")])
    state = model.initial_state().fast_state
    initial, weights = state.fast, token_weights(model, tokens, way)
    for step in way.steps:
        state = replace(state, cache=model.transformer.empty_cache())
        state = read(model, state, initial, tokens, weights, way, step)
    return Delta.between(initial, state.fast)


def read(
    model: MemoryModel,
    state: FastWeightState,
    initial: Sequence[DynamicMLP],
    tokens: Sequence[int],
    weights: Sequence[float],
    way: Way,
    step: float,
) -> FastWeightState:
    """The state after the text was read once, from an empty window."""
    size = model.settings.mini_batch
    for start in range(0, len(tokens) - 1, size):
        ids = tokens[start : start + size + 1]
        share = (len(ids) - 1) / size
        counted = torch.tensor([weights[start + 1 : start + len(ids)]])
        plain = scored_batch(model, state, ids, None)
        chosen = plain if way.function == way.name == 1.0 else scored_batch(model, state, ids, counted)
        # The length of the plain step, clipped as ever, in the direction of the weighted loss's gradient.
        length = plain.gradient_norm.clamp(max=model.settings.clip or math.inf) / chosen.gradient_norm
        assert model.settings.learning_rate is not None
        sizes = step_sizes(model.transformer.weights.dynamic, model.settings.learning_rate * share * step)
        with torch.no_grad():
            stepped = sgd(state, chosen.gradients, length[0], sizes)
            kept = layers(
                after.lerp(before, way.decay * share)
                for after, before in zip(flat(stepped.fast), flat(initial), strict=True)
            )
        state = replace(stepped, fast=kept, cache=plain.cache)
    return state


def scored_batch(
    model: MemoryModel, state: FastWeightState, ids: Sequence[int], weights: torch.Tensor | None
) -> Scored:
    """A mini-batch before its step. The weights' mean counts, not their sum."""
    tokens = torch.tensor([ids])
    batch = MiniBatch(tokens[:, :-1], tokens[:, 1:], weights)
    return score(
        model.transformer, state.fast, batch, lambda fast: model.transformer.forward(batch.ids, state.cache, fast)
    )


def token_weights(model: MemoryModel, tokens: Sequence[int], way: Way) -> list[float]:
    """What each token weighs, by the word that it is part of."""
    texts = [model.decode([token]) for token in tokens]
    found: list[float] = []
    start = 0
    for end in range(1, len(texts) + 1):
        if end < len(texts) and texts[end][:1].isalnum() and texts[end - 1][-1:].isalnum():
            continue  # the same word goes on
        word = "".join(texts[start:end]).strip()
        named = word[:1].isupper() or any(map(str.isdigit, word))
        plain = not any(map(str.isalnum, word)) or word.lower() in lexicon.STOPWORDS
        found += [way.function if plain else way.name if named else 1.0] * (end - start)
        start = end
    return found


if __name__ == "__main__":
    main()
