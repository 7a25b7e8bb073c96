"""Four-way multiple choice about whole stories, answered by likelihood: what the memory is good for besides nats.

python benchmarks/multiple_choice.py --data ../shared/data --output build/choice

Each option is scored by its mean log-likelihood a token after the question, less its log-likelihood without a question,
and the best is the answer. Ways: no memory, the story's own volumes, passages found by search in the window, both, and
another story's volumes. With standard errors; paired with no memory. QuALITY (Pang et al., NAACL 2022).
"""

from __future__ import annotations

import argparse
import gzip
import json
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from hybrid import Corpus, Document, Settings
from hybrid.settings import MemorySettings
from hybrid.ttt.inference import InferenceSession
from hybrid.ttt.memory import MemoryModel
from hybrid.ttt.volumes import Delta, adapt_volume, mounted

WAYS = ("none", "memory", "passages", "both", "another's memory")
PASSAGE_TOKENS = 600


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--settings", type=json.loads, default={}, help="memory settings as JSON")
    parser.add_argument("--questions", type=int, default=1000, help="of a story, at most")
    parser.add_argument("--ways", nargs="*", choices=WAYS, default=list(WAYS))
    parser.add_argument("--output", type=Path, default=Path("build/choice"))
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    model = MemoryModel.load(MemorySettings.model_validate(arguments.settings))
    with gzip.open(arguments.data / "quality" / "quality.jsonl.gz", "rt", encoding="utf-8") as file:
        rows: list[dict[str, Any]] = [json.loads(line) for line in file]
    print(f"{torch.get_num_threads()} threads, {len(rows)} stories, settings {json.dumps(arguments.settings)}")
    right: dict[str, list[bool]] = {way: [] for way in arguments.ways}
    for number, row in enumerate(rows):
        answer_story(arguments, model, rows, number, row["questions"][: arguments.questions], right)
        figures = ", ".join(f"{way} {sum(found)}/{len(found)}" for way, found in right.items())
        print(f"story {number}: {figures}", flush=True)
    print("| way | right | share | s.e. | less none | s.e. |\n|---|---|---|---|---|---|")
    for way, found in right.items():
        share = statistics.mean(found)
        gains = [a - b for a, b in zip(found, right.get("none", found), strict=True)]
        print(f"| {way} | {sum(found)} of {len(found)} | {share:.3f} | {error_of(found):.3f} "
              f"| {statistics.mean(gains):+.3f} | {error_of(gains):.3f} |")  # fmt: skip


def error_of(found: Sequence[float]) -> float:
    """The standard error of a mean."""
    return statistics.stdev(found) / len(found) ** 0.5


def answer_story(
    arguments: argparse.Namespace,
    model: MemoryModel,
    rows: Sequence[dict[str, Any]],
    number: int,
    questions: Sequence[dict[str, Any]],
    right: dict[str, list[bool]],
) -> None:
    bare = model.session(None)
    own = session(model, volume(arguments, model, rows, number)) if right.keys() & {"memory", "both"} else bare
    other = bare
    if "another's memory" in right:
        other = session(model, volume(arguments, model, rows, (number + 1) % len(rows)))
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.model_validate({"memory": {"enabled": False}, "ingest": {"sentence_vectors": False}})
        corpus = Corpus.open(Path(folder) / "corpus", settings)
        corpus.ingest([Document.from_text(rows[number]["document"], source="story")])
        for question in questions:
            passages = found_passages(corpus, bare, question["question"])
            ways = {
                "none": (bare, ""),
                "memory": (own, ""),
                "passages": (bare, passages),
                "both": (own, passages),
                "another's memory": (other, ""),
            }
            for way in right:
                right[way].append(chosen(*ways[way], question) == question["answer"])


def volume(arguments: argparse.Namespace, model: MemoryModel, rows: Sequence[dict[str, Any]], number: int) -> Delta:
    """The delta of a story, adapted now or before."""
    file = arguments.output / f"{number}.safetensors"
    if not file.exists():
        tokens = [*model.encode(rows[number]["document"]), model.end_of_document]
        save_file(adapt_volume(model, tokens).delta.to_tensors(), file)
    return Delta.from_tensors(load_file(file))


def session(model: MemoryModel, delta: Delta) -> InferenceSession:
    """With this volume mounted."""
    return model.mount(mounted(model.initial_state().fast_state.fast, [(delta, 1.0)]))


def found_passages(corpus: Corpus, counter: InferenceSession, question: str) -> str:
    """The best passages for a question, in the order of the story."""
    chosen, room = [], PASSAGE_TOKENS
    for hit in corpus.search(question, 10):
        cost = counter.count(hit.text)
        if cost <= room:
            chosen.append(hit)
            room -= cost
    return "\n".join(hit.text for hit in sorted(chosen, key=lambda hit: hit.start))


def chosen(session: InferenceSession, passages: str, question: dict[str, Any]) -> int:
    """The number of the option that the question makes likeliest."""
    asked = f"{passages}\n\nQuestion: {question['question']}\nAnswer:".lstrip()
    gains = [
        session.loss(f" {option}", "Answer:") - session.loss(f" {option}", asked) for option in question["options"]
    ]
    return gains.index(max(gains))


if __name__ == "__main__":
    main()
