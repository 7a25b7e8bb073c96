"""At which evidence budget and prompt the memory adds most to comprehension.

    python -m benchmarks.comprehension_search --stories 4

SQuALITY development stories, each read once by a memory of its own with the defaults. Every way of asking scores the
same reference answers, by the untouched model and by the memory: mean nats a token, paired question by question.
"""

from __future__ import annotations

import argparse
import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.datasets import squality
from hybrid._view import load_memory_model
from hybrid.answering import generators
from hybrid.answering.evidence import Sentence, collapse
from hybrid.evaluation.comprehension import with_evidence
from hybrid.settings import Settings

Messages = list[tuple[str, str]]
READ = "You have read the documents. Answer from what you remember of them and from the passages. Be brief."


def passages(chosen: Sequence[Sentence]) -> str:
    return "\n".join(f"- {collapse(sentence.text)}" for sentence in chosen)


def without_instruction(question: str, chosen: Sequence[Sentence]) -> Messages:
    return generators.prompt(question, chosen)[1:]


def as_having_read(question: str, chosen: Sequence[Sentence]) -> Messages:
    return [("system", READ), *generators.prompt(question, chosen)[1:]]


def question_first(question: str, chosen: Sequence[Sentence]) -> Messages:
    return [
        ("system", generators.MEMORY_INSTRUCTION),
        ("user", f"Question: {question}\n\nPassages:\n{passages(chosen)}"),
    ]


def question_twice(question: str, chosen: Sequence[Sentence]) -> Messages:
    system, (role, asked) = generators.prompt(question, chosen)
    return [system, (role, f"{question}\n\n{asked}")]


def bare(question: str, chosen: Sequence[Sentence]) -> Messages:
    return [("user", f"{passages(chosen)}\n\n{question}".strip())]


@dataclass(frozen=True)
class Way:
    """A way of asking: so many tokens of evidence at most, in this prompt."""

    name: str
    budget: int
    prompt: Callable[[str, Sequence[Sentence]], Messages] = generators.prompt


WAYS = (
    *(Way(f"evidence of {budget} tokens", budget) for budget in (0, 100, 200, 300, 450, 600, 800)),
    Way("600, no instruction", 600, without_instruction),
    Way("600, instructed as having read", 600, as_having_read),
    Way("600, question before the passages", 600, question_first),
    Way("600, question before and after", 600, question_twice),
    Way("600, passages and question alone", 600, bare),
    Way("0, no instruction", 0, without_instruction),
    Way("0, instructed as having read", 0, as_having_read),
    Way("0, question alone", 0, bare),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--stories", type=int, default=4)
    parser.add_argument("--skip", type=int, default=0)
    parser.add_argument("--references", type=int, default=1, help="of each question")
    arguments = parser.parse_args()
    texts, settings = squality.texts(arguments.data / "squality", arguments.stories, arguments.skip), Settings()
    model = load_memory_model(settings.memory)
    asked = {}
    for place, question, found in with_evidence(texts, settings):
        asked.setdefault(place[0], []).append((question, found))
    nothing = model.session(None)
    pairs: dict[str, list[tuple[float, float]]] = {way.name: [] for way in WAYS}
    for at, text in enumerate(texts):
        state = model.initial_state()
        model.adapt(state, [*model.encode(text.document), model.end_of_document])
        memory = model.session(state)
        for question, found in asked[at]:
            for way in WAYS:
                chosen = generators.evidence(found, nothing.count, way.budget) if way.budget else []
                messages = way.prompt(question.question, chosen)
                losses = [
                    statistics.mean(
                        session.message_loss(messages, reference)
                        for reference in question.references[: arguments.references]
                    )
                    for session in (nothing, memory)
                ]
                pairs[way.name].append((losses[0], losses[1]))
        print(f"{at + 1} of {len(texts)} texts", flush=True)
    print("| asked with | untouched | memory | change | s.e. |\n|---|---|---|---|---|")
    for name, found in pairs.items():
        changes = [with_memory - without for without, with_memory in found]
        error = statistics.stdev(changes) / math.sqrt(len(changes))
        without, with_memory = (statistics.mean(variant) for variant in zip(*found, strict=True))
        print(f"| {name} | {without:.3f} | {with_memory:.3f} | {statistics.mean(changes):+.3f} | {error:.3f} |")


if __name__ == "__main__":
    main()
