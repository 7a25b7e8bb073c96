"""What the memory adds to comprehension: reference answers, with and without memory and evidence."""

from __future__ import annotations

import math
import statistics
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from hybrid._view import load_embedder, load_memory_model
from hybrid.answering import generators
from hybrid.answering.answerer import HITS
from hybrid.answering.evidence import Sentence, gather, with_similarity
from hybrid.corpus import Corpus
from hybrid.errors import InputError, MissingExtraError
from hybrid.evaluation.report import Cell, EvaluationReport
from hybrid.settings import Settings
from hybrid.stores.catalog import Catalog
from hybrid.stores.database import located
from hybrid.stores.files import read_models
from hybrid.ttt.inference import InferenceSession
from hybrid.types.documents import Document

WAYS = (
    "question alone",
    "memory",
    "memory of another",
    "evidence",
    "evidence and memory",
    "evidence and memory of another",
)
"""What each question is asked with. The memory of another document is the control: what is not about the text."""
_WITH_EVIDENCE = WAYS[3:]
_EXAMPLE = {"document": "The whole text.", "questions": [{"question": "Why?", "references": ["Because."]}]}


class Question(BaseModel):
    """A question about a text as a whole, and the answers that people gave."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid")

    question: Annotated[str, Field(min_length=1)]
    references: Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Field(min_length=1)]


class Text(BaseModel):
    """One line of a user's file: a text and what is asked about it. ``set`` names a part that has rows of its own.

    Example:
        >>> Text(document="All of it.", questions=(Question(question="Why?", references=("So.",)),)).set
        'texts'
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid")

    document: Annotated[str, Field(min_length=1)]
    questions: Annotated[tuple[Question, ...], Field(min_length=1)]
    set: str = "texts"


@dataclass(frozen=True)
class Outcome:
    """One question asked in one way: mean nats a token of its references, and the best ROUGE-L of what was written."""

    set: str
    way: str
    question: tuple[int, int]
    loss: float
    rouge: float | None


def read_texts(path: Path) -> list[Text]:
    """A user's texts from a JSONL file. Raises `InputError` with the line and what is wrong with it."""
    return read_models(path, Text, _EXAMPLE)


def measure(
    texts: Sequence[Text],
    settings: Settings,
    seed: int,
    write: bool = True,
    progress: Callable[[str], None] = lambda _: None,
) -> EvaluationReport:
    """Ask every question in every way of `WAYS`.

    The evidence is what the product would give the memory: the best sentences of a search through all the texts. The
    prompt is the product's, too, and the references are scored as the message that answers it.

    Args:
        write: generate as well, and score it by ROUGE-L against the best of the references.

    Raises:
        InputError: fewer than two texts, so that no memory of another could be had; or no rouge-score to write with.
    """
    if len(texts) < 2:
        raise InputError("comprehension needs two texts or more: the memory of another one is the control")
    rouge = _rouge() if write else None
    model = load_memory_model(settings.memory)
    readers: list[InferenceSession] = []
    for number, text in enumerate(texts, 1):
        state = model.initial_state()
        stats = model.adapt(state, [*model.encode(text.document), model.end_of_document])
        readers.append(model.session(state))
        progress(f"read text {number} of {len(texts)}, {stats.tokens:,} tokens")
    nothing = model.session(None)
    outcomes: list[Outcome] = []
    for (at, which), question, found in with_evidence(texts, settings):
        asked_with = {
            "question alone": nothing,
            "memory": readers[at],
            "memory of another": readers[at - 1],
            "evidence": nothing,
            "evidence and memory": readers[at],
            "evidence and memory of another": readers[at - 1],
        }
        chosen = generators.evidence(found, nothing.count, settings.answer.evidence_tokens)
        for way, session in asked_with.items():
            messages = generators.prompt(question.question, chosen if way in _WITH_EVIDENCE else [])
            losses = [session.message_loss(messages, reference) for reference in question.references]
            score = None
            if rouge is not None:
                written = session.generate(messages, max_new_tokens=settings.answer.max_new_tokens)
                score = rouge(question.references, " ".join(generators.cleaned(written)))
            outcomes.append(Outcome(texts[at].set, way, (at, which), statistics.mean(losses), score))
        progress(f"asked question {which + 1} of text {at + 1} of {len(texts)}")
    return report(outcomes, seed, settings, len(texts))


def with_evidence(
    texts: Sequence[Text], settings: Settings
) -> Iterator[tuple[tuple[int, int], Question, Sequence[Sentence]]]:
    """Each question with the sentences that a search through all the texts brings."""
    index_only = settings.model_copy(update={"memory": settings.memory.model_copy(update={"enabled": False})})
    embedder = load_embedder(settings.retrieval.embedder, settings.retrieval.device, settings.retrieval.dtype)
    with (
        tempfile.TemporaryDirectory() as directory,
        Corpus.open(Path(directory) / "corpus", index_only) as corpus,
        Catalog.open(located(corpus.directory, corpus.settings.stores), create=False) as catalog,
    ):
        corpus.ingest(*(Document.from_text(text.document, f"text-{n}.txt") for n, text in enumerate(texts)))
        for at, text in enumerate(texts):
            for which, question in enumerate(text.questions):
                hits = corpus.search(question.question, k=HITS)
                vector = embedder.encode([question.question])[0]
                yield (at, which), question, with_similarity(embedder, vector, gather(catalog, hits))


def _rouge() -> Callable[[Sequence[str], str], float]:
    """ROUGE-L (F measure, stemmed) of a text against the best of its references."""
    try:
        from rouge_score.rouge_scorer import RougeScorer
    except ImportError as error:
        raise MissingExtraError("ROUGE-L needs rouge-score", "evaluation") from error
    scorer = RougeScorer(["rougeL"], use_stemmer=True)
    return lambda references, text: float(scorer.score_multi(list(references), text)["rougeL"].fmeasure)


def report(outcomes: Sequence[Outcome], seed: int, settings: Settings, texts: int) -> EvaluationReport:
    """One row a set and way; the change in loss is paired, question by question, with its standard error."""
    rows: list[dict[str, Cell]] = []
    for name in dict.fromkeys(one.set for one in outcomes):
        by_way = {way: {one.question: one for one in outcomes if (one.set, one.way) == (name, way)} for way in WAYS}
        for way, found in by_way.items():
            base = by_way["evidence" if way in _WITH_EVIDENCE else "question alone"]
            changes = [one.loss - base[key].loss for key, one in found.items()]
            written = [one.rouge for one in found.values() if one.rouge is not None]
            itself = way in ("evidence", "question alone")
            rows.append(
                {
                    "set": name,
                    "asked with": way,
                    "questions": len(found),
                    "nats": statistics.mean(one.loss for one in found.values()),
                    "change": None if itself else statistics.mean(changes),
                    "s.e.": None if itself or len(changes) < 2 else statistics.stdev(changes) / math.sqrt(len(changes)),
                    "better": None if itself else statistics.mean(change < 0 for change in changes),
                    "ROUGE-L": statistics.mean(written) if written else None,
                }
            )
    memory = settings.memory
    return EvaluationReport(
        name="comprehension",
        title="Reference answers about whole texts, with and without the memory of them.",
        rows=tuple(rows),
        seed=seed,
        settings={
            "texts": texts,
            "model": memory.model,
            "optimizer": memory.optimizer,
            "learning rate": memory.learning_rate,
            "mini-batch": memory.mini_batch,
            "evidence tokens": settings.answer.evidence_tokens,
        },
        notes=(
            "nats: mean loss a token of the reference answers, as the message that answers the product's prompt. "
            "change: from the same without a memory, paired, with its standard error; better: share of the questions "
            "where it falls. ROUGE-L: of what the model writes, against the best reference.",
        ),
    )
