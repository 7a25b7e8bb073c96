"""Volumes of the memory: what a stored delta loses, what to mount for a question, and what is retained.

python benchmarks/volumes.py delta       loss of human answers with the whole fast weights and with stored deltas
python benchmarks/volumes.py gains       own volume and another's, alone and beside evidence; what adapting costs
python benchmarks/volumes.py attention   the whole text before the question, in a window that holds it, no memory
python benchmarks/volumes.py mount       own volume, others beside it, means, another's alone
python benchmarks/volumes.py whole       volumes of a whole corpus at small weights, and the mean of all
python benchmarks/volumes.py parts       a text in two volumes, the second from the initial weights or from the first
python benchmarks/volumes.py calibrate   the grid of step sizes on several texts: --settings '{"model": "model.gguf"}'
python benchmarks/volumes.py retention   many stories as one corpus, volumes chosen by search

SQuALITY stories, or with `--texts meetings` QMSum's meetings, a volume each. The loss is of the human answers after the
question alone, in nats a token, as in `benchmarks/memory_retention.py`. Adapted volumes are kept in --output, a folder
for each model and kind of text, so that an interrupted run goes on.
"""

from __future__ import annotations

import argparse
import gzip
import json
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from memory_retention import Story, answers, stories, tokens_of
from safetensors.torch import load_file, save_file

from hybrid import Corpus, Document, Settings
from hybrid.answering import mounting
from hybrid.settings import MemorySettings
from hybrid.text import lexicon
from hybrid.ttt import calibration
from hybrid.ttt.inference import InferenceSession, in_dtype
from hybrid.ttt.memory import MemoryModel
from hybrid.ttt.volumes import Delta, adapt_volume, mounted


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = {
        "delta": delta,
        "gains": gains,
        "attention": attention,
        "mount": mount,
        "whole": whole,
        "parts": parts,
        "calibrate": calibrate,
        "retention": retention,
    }
    parser.add_argument("what", choices=list(commands))
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--settings", type=json.loads, default={}, help="memory settings as JSON")
    parser.add_argument("--texts", choices=["stories", "meetings"], default="stories")
    parser.add_argument("--stories", type=int, default=61, help="texts, at most")
    parser.add_argument("--asked", type=int, default=8, help="stories whose questions are asked")
    parser.add_argument("--first", type=int, default=0, help="of the stories that retention asks about")
    parser.add_argument("--references", type=int, default=4, help="human answers to a question that are scored")
    parser.add_argument("--cut", type=int, help="only texts that volumes of so many tokens would cut into two")
    parser.add_argument("--steps", nargs="*", default=[], help="instead of the grid that ships, such as sgd:0.3")
    parser.add_argument("--output", type=Path, default=Path("build/volumes"))
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    model = MemoryModel.load(MemorySettings.model_validate(arguments.settings))
    texts = stories if arguments.texts == "stories" else meetings
    rows = [shortened(row, arguments.references) for row in texts(arguments.data)[: arguments.stories]]
    if arguments.cut:
        rows = [row for row in rows if arguments.cut < len(tokens_of(model, row)) <= 2 * arguments.cut]
    print(
        f"{torch.get_num_threads()} threads, {len(rows)} {arguments.texts}, settings {json.dumps(arguments.settings)}"
    )
    commands[arguments.what](arguments, model, rows)


def meetings(data: Path) -> list[Story]:
    """The validation meetings of QMSum, each with its general questions and the first specific ones, five in all."""
    with gzip.open(data / "qmsum" / "val.jsonl.gz", "rt", encoding="utf-8") as file:
        rows: list[dict[str, Any]] = [json.loads(line) for line in file]
    return [
        {
            "document": "\n".join(f"{speaker}: {said}" for speaker, said in row["turns"]),
            "questions": [
                {"q": one["query"], "refs": [one["answer"]]} for one in [*row["general"], *row["specific"]][:5]
            ],
        }
        for row in rows
    ]


def shortened(row: Story, references: int) -> Story:
    """A story with fewer answers to each question."""
    return {**row, "questions": [{**one, "refs": one["refs"][:references]} for one in row["questions"]]}


def volume(arguments: argparse.Namespace, model: MemoryModel, rows: Sequence[Story], number: int) -> Delta:
    """The delta of a story, adapted now or before."""
    file = arguments.output / f"{number}.safetensors"
    if not file.exists():
        adapted = adapt_volume(model, tokens_of(model, rows[number]))
        print(f"volume {number}: {adapted.gains}, step times {adapted.rate}, {adapted.harm or 'no harm'}", flush=True)
        save_file(adapted.delta.to_tensors(), file)
    return Delta.from_tensors(load_file(file))


def session(model: MemoryModel, deltas: Sequence[tuple[Delta, float]]) -> InferenceSession:
    """With these volumes mounted."""
    return model.mount(mounted(model.initial_state().fast_state.fast, deltas))


def delta(arguments: argparse.Namespace, model: MemoryModel, rows: Sequence[Story]) -> None:
    print("| story | tokens | no memory | whole fast weights | delta, 4 bits | lost | bytes |")
    print("|---|---|---|---|---|---|---|")
    lost: list[float] = []
    for number in range(arguments.asked):
        tokens = tokens_of(model, rows[number])
        state = model.initial_state()
        model.adapt(state, tokens)
        stored = Delta.between(model.initial_state().fast_state.fast, model.fast_weights(state))
        sessions = (model.session(None), model.session(state), session(model, [(stored, 1.0)]))
        none, whole, with_delta = (answers(one, rows[number]) for one in sessions)
        lost.append(with_delta - whole)
        print(f"| {number} | {len(tokens)} | {none:.3f} | {whole:.3f} | {with_delta:.3f} | {lost[-1]:.4f} "
              f"| {stored.bytes} |", flush=True)  # fmt: skip
    print(f"| mean | | | | | {statistics.mean(lost):.4f} | |")


def gains(arguments: argparse.Namespace, model: MemoryModel, rows: Sequence[Story]) -> None:
    """Change from no memory with a text's own volume and with the next one's, by themselves and beside the passage that
    shares most words with the question; CPU seconds of adapting, its measuring included."""
    deltas: list[Delta] = []
    for number in range(arguments.asked):
        began = time.process_time()
        deltas.append(volume(arguments, model, rows, number))
        seconds, length = time.process_time() - began, len(tokens_of(model, rows[number]))
        print(f"volume {number}: {length} tokens, {length / seconds:.0f} a second of CPU, {deltas[-1].bytes} bytes",
              flush=True)  # fmt: skip
    found: dict[str, list[float]] = {}
    for number in range(arguments.asked):
        other = deltas[(number + 1) % arguments.asked]
        ways = {"no memory": [], "own": [(deltas[number], 1.0)], "another's": [(other, 1.0)]}
        for name, chosen in ways.items():
            one = session(model, chosen)
            found.setdefault(name, []).append(answers(one, rows[number]))
            found.setdefault(f"{name}, with evidence", []).append(answers(one, rows[number], evidence=True))
        print(f"{number}: " + ", ".join(f"{name} {each[-1]:.3f}" for name, each in found.items()), flush=True)
    print("| mounted | nats | s.e. | less no memory | s.e. |\n|---|---|---|---|---|")
    for name, each in found.items():
        bare = found["no memory, with evidence" if name.endswith("evidence") else "no memory"]
        less = [one - without for one, without in zip(each, bare, strict=True)]
        print(f"| {name} | {statistics.mean(each):.3f} | {error_of(each):.3f} "
              f"| {statistics.mean(less):+.3f} | {error_of(less):.3f} |")  # fmt: skip


def attention(arguments: argparse.Namespace, model: MemoryModel, rows: Sequence[Story]) -> None:
    """Change of the loss of human answers where the question is asked after the whole text, all of it in the window:
    what the model can make of a text that it has before it, and so what a memory of the text could be worth to it.
    Needs settings whose window holds the text and the question; longer texts are left out."""
    found: dict[str, list[float]] = {}
    bare = model.session(None)
    for number in range(arguments.asked):
        tokens = model.encode(rows[number]["document"])
        if len(tokens) + 256 > model.settings.window:
            print(f"{number}: {len(tokens)} tokens do not fit", flush=True)
            continue
        initial, cache = model.initial_state().fast_state.fast, model.transformer.empty_cache()
        fast = in_dtype(initial, model.transformer.unembedding.dtype)
        with torch.inference_mode():
            for start in range(0, len(tokens), 512):
                piece = torch.tensor([tokens[start : start + 512]])
                _, cache = model.transformer.forward(piece, cache, fast)
        each = []
        for question in rows[number]["questions"]:
            asked_ids = model.encode(f"\n\nQuestion: {question['q']}\nAnswer:")
            for reference in question["refs"]:
                scored = model.encode(f" {reference}")
                ids = [*asked_ids, *scored]
                with torch.inference_mode():
                    hidden, _ = model.transformer.forward(torch.tensor([ids[:-1]]), cache, fast)
                    logits = torch.nn.functional.linear(hidden[0, len(asked_ids) - 1 :], model.transformer.unembedding)
                    each.append(torch.nn.functional.cross_entropy(logits.float(), torch.tensor(scored)).item())
        found.setdefault("no memory", []).append(answers(bare, rows[number]))
        found.setdefault("no memory, with evidence", []).append(answers(bare, rows[number], evidence=True))
        found.setdefault("after the whole text", []).append(statistics.mean(each))
        print(f"{number}, {len(tokens)} tokens: " + ", ".join(f"{name} {of[-1]:.3f}" for name, of in found.items()),
              flush=True)  # fmt: skip
    print("| before the question | nats | s.e. | less nothing | s.e. |\n|---|---|---|---|---|")
    for name, of in found.items():
        less = [one - without for one, without in zip(of, found["no memory"], strict=True)]
        print(f"| {name} | {statistics.mean(of):.3f} | {error_of(of):.3f} "
              f"| {statistics.mean(less):+.3f} | {error_of(less):.3f} |")  # fmt: skip


def error_of(found: Sequence[float]) -> float:
    """The standard error of a mean."""
    return statistics.stdev(found) / len(found) ** 0.5


def mount(arguments: argparse.Namespace, model: MemoryModel, rows: Sequence[Story]) -> None:
    """Gains over no memory; the others are the stories that follow, round and round."""
    count = arguments.asked
    deltas = [volume(arguments, model, rows, number) for number in range(count)]

    def others(number: int, how_many: int) -> list[Delta]:
        return [deltas[(number + step) % count] for step in range(1, how_many + 1)]

    def ways(number: int) -> dict[str, list[tuple[Delta, float]]]:
        own, four = deltas[number], others(number, 4)
        return {
            "own": [(own, 1.0)],
            "own at 1.25": [(own, 1.25)],
            "own, 1 other at 1/4": [(own, 1.0), (four[0], 0.25)],
            "own, 2 others at 1/4": [(own, 1.0), *((one, 0.25) for one in four[:2])],
            "own, 4 others at 1/4": [(own, 1.0), *((one, 0.25) for one in four)],
            "own, 2 others at 1/2": [(own, 1.0), *((one, 0.5) for one in four[:2])],
            "own, 1 other at 1": [(own, 1.0), (four[0], 1.0)],
            "another first, own at 1/4": [(four[0], 1.0), (own, 0.25)],
            "own and 3 others at 1/4": [(one, 0.25) for one in (own, *four[:3])],
            f"mean of all {count}": [(one, 1 / count) for one in deltas],
            f"all {count} at 1/4": [(one, 0.25) for one in deltas],
            "another alone": [(four[0], 1.0)],
        }

    none = [answers(model.session(None), rows[number]) for number in range(count)]
    gains: dict[str, list[float]] = {}
    for number in range(count):
        for name, chosen in ways(number).items():
            gains.setdefault(name, []).append(answers(session(model, chosen), rows[number]) - none[number])
    print(f"no memory: {statistics.mean(none):.3f} nats over {count} stories\n| mounted | nats | s.e. |\n|---|---|---|")
    for name, found in gains.items():
        print(f"| {name} | {statistics.mean(found):+.3f} | {error_of(found):.3f} |", flush=True)


def whole(arguments: argparse.Namespace, model: MemoryModel, rows: Sequence[Story]) -> None:
    """Gains over no memory of all volumes of a corpus at once: what is left to mount where no volume stands out."""
    count = len(rows)
    deltas = [volume(arguments, model, rows, number) for number in range(count)]
    weights = {"own alone": 0.0, "mean of all": 1 / count}
    weights |= {f"all at 1/{part}": 1 / part for part in (32, 16, 8, 4)}
    sessions = {
        name: session(model, [(one, weight) for one in deltas]) for name, weight in weights.items() if weight > 0
    }
    gains: dict[str, list[float]] = {}
    for number in range(arguments.asked):
        none = answers(model.session(None), rows[number])
        own = session(model, [(deltas[number], 1.0)])
        five = session(model, [(deltas[(number + step) % count], 0.25 if step > 1 else 1.0) for step in range(1, 6)])
        for name, one in {"own alone": own, "five others, as search would": five, **sessions}.items():
            gains.setdefault(name, []).append(answers(one, rows[number]) - none)
    print(f"{count} volumes, {arguments.asked} stories asked\n| mounted | nats | s.e. |\n|---|---|---|")
    for name, found in gains.items():
        print(f"| {name} | {statistics.mean(found):+.3f} | {error_of(found):.3f} |", flush=True)


def parts(arguments: argparse.Namespace, model: MemoryModel, rows: Sequence[Story]) -> None:
    """Gains over no memory of a story in two volumes. One that begins from the one before is the story in one."""
    found: dict[str, list[float]] = {}
    for number in range(arguments.asked):
        tokens = tokens_of(model, rows[number])
        half = len(tokens) // 2
        first, second = (adapt_volume(model, part).delta for part in (tokens[:half], tokens[half:]))
        ways = {
            "the second, begun from the first": [(volume(arguments, model, rows, number), 1.0)],
            "both from the start, each at 1": [(first, 1.0), (second, 1.0)],
            "both from the start, the first at 1, the second at 1/4": [(first, 1.0), (second, 0.25)],
            "both from the start, the second at 1, the first at 1/4": [(second, 1.0), (first, 0.25)],
            "the first alone": [(first, 1.0)],
            "the second alone": [(second, 1.0)],
        }
        none = answers(model.session(None), rows[number])
        for name, chosen in ways.items():
            found.setdefault(name, []).append(answers(session(model, chosen), rows[number]) - none)
        chosen_for = parts_by_search(rows[number], first, second)
        losses = [
            answers(session(model, chosen), {**rows[number], "questions": [question]})
            for question, chosen in zip(rows[number]["questions"], chosen_for, strict=True)
        ]
        found.setdefault("both from the start, by search", []).append(statistics.mean(losses) - none)
        shown = ", ".join(f"{name} {each[-1]:+.3f}" for name, each in found.items())
        print(f"{number}, {len(tokens)} tokens: {shown}", flush=True)
    print("| mounted | nats | s.e. |\n|---|---|---|")
    for name, each in found.items():
        print(f"| {name} | {statistics.mean(each):+.3f} | {error_of(each):.3f} |", flush=True)


def parts_by_search(row: Story, first: Delta, second: Delta) -> list[list[tuple[Delta, float]]]:
    """A text's two volumes by what search finds for each question: that with the best results at full weight, the other
    at a quarter."""
    found: list[list[tuple[Delta, float]]] = []
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.model_validate({"memory": {"enabled": False}, "ingest": {"sentence_vectors": False}})
        corpus = Corpus.open(Path(folder) / "corpus", settings)
        corpus.ingest([Document.from_text(row["document"], source="text")])
        for question in row["questions"]:
            scores = [0.0, 0.0]
            for rank, hit in enumerate(corpus.search(question["q"], 10), 1):
                scores[(hit.start + hit.end) / 2 >= len(row["document"]) / 2] += 1 / rank
            ranked = sorted(zip(scores, (first, second), strict=True), key=lambda one: -one[0])
            found.append([(one, mounting.BESIDE if at else 1.0) for at, (score, one) in enumerate(ranked) if score])
    return found


def calibrate(arguments: argparse.Namespace, model: MemoryModel, rows: Sequence[Story]) -> None:
    """What `hybrid.ttt.calibration` measures: mean loss of the mini-batches after the first, by step."""
    found: dict[calibration.Step, list[float | None]] = {}
    print(f"fingerprint {model.fingerprint}")
    if arguments.steps:
        named = (step.split(":") for step in arguments.steps)
        calibration.GRID = tuple(calibration.Step(optimizer, float(size)) for optimizer, size in named)
    for number in range(arguments.asked):
        chosen, losses = calibration.calibrate(model, tokens_of(model, rows[number]))
        for step, loss in losses.items():
            found.setdefault(step, []).append(loss)
        print(f"text {number}: {chosen}, {losses}", flush=True)
    print("| step | " + " | ".join(f"text {number}" for number in range(arguments.asked)) + " | less none | s.e. |")
    print("|---|" + "---|" * (arguments.asked + 2))
    bare = found[calibration.NEVER]
    for step, each in found.items():
        name = "none" if step == calibration.NEVER else str(step)
        shown = " | ".join("diverged" if loss is None else f"{loss:.3f}" for loss in each)
        less = [one - none for one, none in zip(each, bare, strict=True) if one is not None and none is not None]
        figures = f"{statistics.mean(less):+.4f} | {error_of(less):.4f}" if len(less) == len(each) > 1 else "| "
        print(f"| {name} | {shown} | {figures} |")


def retention(arguments: argparse.Namespace, model: MemoryModel, rows: Sequence[Story]) -> None:
    """Each question mounts what the corpus's own search chooses, of the volumes of all stories."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.model_validate({"memory": {"enabled": False}, "ingest": {"sentence_vectors": False}})
        corpus = Corpus.open(Path(folder) / "corpus", settings)
        corpus.ingest([Document.from_text(row["document"], source=str(n)) for n, row in enumerate(rows)])
        print(
            "| questions | n | none | its own | by hits | retained | all where none stands out | retained | "
            "the same, if it names nothing | retained | own first | among five | another's |"
        )
        print("|" + "---|" * 13, flush=True)
        found: dict[str, list[tuple[float, ...]]] = {"naming something": [], "naming nothing": [], "all": []}
        for number in range(arguments.first, arguments.first + arguments.asked):
            each = list(asked(arguments, model, rows, corpus, number))
            for question, row in zip(rows[number]["questions"], each, strict=True):
                found["naming something" if names(question["q"]) else "naming nothing"].append(row)
                found["all"].append(row)
            line(f"of story {number}", each)
        for name, every in found.items():
            line(name, every)


def line(name: str, found: Sequence[tuple[float, ...]]) -> None:
    """A row of the table: means over questions."""
    if not found:
        return
    none, own, *chosen, first, among, wrong = (statistics.mean(column) for column in zip(*found, strict=True))
    retained = " | ".join(f"{one:.3f} | {(none - one) / (none - own):.2f}" for one in chosen)
    print(
        f"| {name} | {len(found)} | {none:.3f} | {own:.3f} | {retained} | {first:.2f} | {among:.2f} | {wrong:.3f} |",
        flush=True,
    )


def names(question: str) -> bool:
    """Whether a question holds a name: "What is the plot of the story?" can be about any."""
    return bool(lexicon.names(question))


def asked(
    arguments: argparse.Namespace, model: MemoryModel, rows: Sequence[Story], corpus: Corpus, number: int
) -> Iterator[tuple[float, ...]]:
    """For each question: losses with nothing, its own volume and what each rule chose; whether its own had the best
    hits, and was among the five best; another's alone."""
    bare, own = model.session(None), session(model, [(volume(arguments, model, rows, number), 1.0)])
    other = session(model, [(volume(arguments, model, rows, (number + 1) % len(rows)), 1.0)])
    for question in rows[number]["questions"]:
        hits = corpus.search(question["q"], 10)
        by_hits = chosen_volumes(hits, len(rows), spread=False)
        story: dict[str, Any] = {"document": rows[number]["document"], "questions": [question]}
        scored: dict[bool, float] = {}
        for spread in (False, True):
            chosen = chosen_volumes(hits, len(rows), spread)
            if spread and chosen == by_hits:
                scored[spread] = scored[False]
                continue
            found = session(model, [(volume(arguments, model, rows, one), weight) for one, weight in chosen])
            scored[spread] = answers(found, story)
        nameless = scored[not names(question["q"])]
        none, alone, wrong = (answers(one, story) for one in (bare, own, other))
        first, among = bool(by_hits) and by_hits[0][0] == number, any(one == number for one, _ in by_hits)
        yield none, alone, scored[False], scored[True], nameless, float(first), float(among), wrong


def chosen_volumes(hits: Sequence[Any], count: int, spread: bool) -> list[tuple[int, float]]:
    """As `hybrid.answering.mounting.choose` does for volumes of a document each."""
    scores: dict[int, float] = {}
    for rank, hit in enumerate(hits, 1):
        scores[int(hit.source)] = scores.get(int(hit.source), 0.0) + 1 / rank
    most = MemorySettings().volumes_mounted
    best = sorted(scores, key=lambda one: -scores[one])[:most]
    stands_out = not best or scores[best[0]] >= mounting.STANDS_OUT * sum(scores.values())
    if spread and not stands_out and most < count <= mounting.SPREAD:
        return [(one, min(mounting.BESIDE, mounting.WHOLE / count)) for one in range(count)]
    return [(one, mounting.BESIDE if at else 1.0) for at, one in enumerate(best)]


if __name__ == "__main__":
    main()
