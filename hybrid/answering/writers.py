"""Who writes: the memory, or a language model of the caller's that is given the evidence.

Whoever it is, what comes out is text that has yet to be verified, and an error is a `ModelError`, after which the
index answers alone.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Iterator, Sequence
from threading import Lock
from typing import Any, Literal, Protocol

from hybrid.answering import comprehension
from hybrid.answering.evidence import Sentence, collapse
from hybrid.errors import InputError, ModelError
from hybrid.settings import AnswerSettings

Hear = Callable[[str], None]
"""Called with each new piece of what is being written."""

INSTRUCTION = (
    "You answer questions about a body of documents. Use only what the passages say, and keep to their words: "
    "every sentence you write is checked against them. Write one to five short sentences, each one statement that "
    "a passage carries by itself. No headings, no lists, no citations: they are added for you. "
    "If the passages do not answer the question, write NO ANSWER and nothing else."
)
NO_ANSWER = "NO ANSWER"
CHARACTERS_A_TOKEN = 4
"""Counted so where there is no tokenizer to count with."""

_log = logging.getLogger(__name__)


class Pen(Protocol):
    """One that writes about a question, with the evidence that was found."""

    @property
    def origin(self) -> Literal["memory", "writer"]:
        """What its claims are marked with."""

    def write(self, question: str, found: Sequence[Sentence], hear: Hear | None = None) -> str:
        """What it writes. ``hear`` is called with each piece of it as it comes. Raises `ModelError`."""


class MemoryPen:
    """The memory, which writes for one thread at a time."""

    origin: Literal["memory"] = "memory"

    def __init__(self, reader: comprehension.Writer, limits: AnswerSettings, writing: Lock) -> None:
        self._reader = reader
        self._limits = limits
        self._writing = writing

    def write(self, question: str, found: Sequence[Sentence], hear: Hear | None = None) -> str:
        """See `Pen.write`."""
        limits = self._limits
        with self._writing:
            asked = comprehension.request(self._reader, question, found, limits.evidence_tokens, limits.max_new_tokens)
            if hear is None:
                return self._reader.generate(asked, max_new_tokens=limits.max_new_tokens)
            return self._reader.generate(asked, max_new_tokens=limits.max_new_tokens, on_token=hear)


class GivenPen:
    """A language model of the caller's.

    Args:
        writer: a LangChain chat model, or anything else with its ``invoke``; or a function that takes a list of
            (role, text) messages and returns text.
        count: how many tokens a text is.
        budget: tokens of evidence that it is given.

    Raises:
        InputError: ``writer`` is neither.

    Example:
        >>> pen = GivenPen(lambda messages: "The salt arrived wet.", count=len, budget=1000)
        >>> pen.write("Why did they fall out?", [])
        'The salt arrived wet.'
    """

    origin: Literal["writer"] = "writer"

    def __init__(self, writer: Any, count: Callable[[str], int], budget: int) -> None:
        if not (callable(getattr(writer, "invoke", None)) or callable(writer)) or isinstance(writer, type):
            raise InputError(
                f"a writer is a LangChain chat model, or a function from (role, text) messages to text, "
                f"not {writer.__name__ if isinstance(writer, type) else type(writer).__name__}"
            )
        self._writer = writer
        self._count = count
        self._budget = budget

    def write(self, question: str, found: Sequence[Sentence], hear: Hear | None = None) -> str:
        """See `Pen.write`. Empty if it says that the passages do not answer."""
        messages = request(question, passages(found, self._count, self._budget))
        written = ""
        for piece in self._pieces(messages, stream=hear is not None):
            before, written = written, written + piece
            if hear is not None and not _may_be_no_answer(written):
                hear(written if _may_be_no_answer(before) else piece)
        if not written.strip():
            raise ModelError("it wrote nothing")
        if not _may_be_no_answer(written):
            return written
        if written.strip(" .\n").upper() == NO_ANSWER:
            return ""
        if hear is not None:
            hear(written)
        return written

    def _pieces(self, messages: list[tuple[str, str]], *, stream: bool) -> Iterator[str]:
        """What the model writes. Only its own errors become a `ModelError`, not those of who listens."""
        pieces = self._asked(messages, stream=stream)
        while True:
            try:
                piece = next(pieces, None)
            except ModelError:
                raise
            except Exception as error:  # a model of the caller's may raise anything: network, quota
                _log.warning("the writer failed", exc_info=True)
                raise ModelError(f"{type(error).__name__}: {error}") from error
            if piece is None:
                return
            yield piece

    def _asked(self, messages: list[tuple[str, str]], *, stream: bool) -> Iterator[str]:
        if stream and callable(getattr(self._writer, "stream", None)):
            yield from map(_text, self._writer.stream(messages))
        elif callable(getattr(self._writer, "invoke", None)):
            yield _text(self._writer.invoke(messages))
        else:
            yield _text(self._writer(messages))


def _text(result: Any) -> str:
    """The text of a message, of a piece of one, or of a plain answer."""
    if isinstance(result, str):
        return result
    for name in ("text", "content"):
        value = getattr(result, name, None)
        value = value() if callable(value) and not isinstance(value, str) else value
        if isinstance(value, str):
            return str(value)
    raise ModelError(f"it returned {type(result).__name__}, not text")


def _may_be_no_answer(written: str) -> bool:
    """Whether it says that the passages do not answer, or may be about to."""
    plain = written.strip(" .\n").upper()
    return NO_ANSWER.startswith(plain)


def passages(found: Sequence[Sentence], count: Callable[[str], int], budget: int) -> list[list[Sentence]]:
    """The sentences of the best hits that fit ``budget`` tokens, by document, in the order of its text.

    A large model is given passages whole where the memory is given sentences: it can tell what matters in them.
    """
    chosen: list[Sentence] = []
    for sentence in sorted(found, key=lambda one: one.rank):
        cost = count(collapse(sentence.text)) + 2
        if cost <= budget:
            chosen.append(sentence)
            budget -= cost
    documents: dict[int, list[Sentence]] = {}
    for sentence in chosen:
        documents.setdefault(sentence.document_id, []).append(sentence)
    return [sorted(held, key=lambda one: one.start) for held in documents.values()]


_ADJACENT = 3  # characters between two sentences of one passage


def request(question: str, documents: Sequence[Sequence[Sentence]]) -> list[tuple[str, str]]:
    """The chat that asks a large model, each document's passages under its name."""
    given = "\n\n".join(f"[{held[0].source}]\n{_joined(held)}" for held in documents)
    return [("system", INSTRUCTION), ("user", f"Passages:\n\n{given}\n\nQuestion: {question}")]


def _joined(held: Sequence[Sentence]) -> str:
    text = collapse(held[0].text)
    for before, sentence in itertools.pairwise(held):
        text += (" " if sentence.start - before.end <= _ADJACENT else "\n…\n") + collapse(sentence.text)
    return text


def counter(embedder: object) -> Callable[[str], int]:
    """Counts tokens with the embedder's tokenizer: the language model is not loaded just to count."""
    offsets = getattr(embedder, "offsets", None)
    if callable(offsets):
        return lambda text: len(offsets(text))
    return lambda text: -(-len(text) // CHARACTERS_A_TOKEN)
