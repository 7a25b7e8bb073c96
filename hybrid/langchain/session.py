"""The corpus behind a component: opened when it is first needed, and read in one state at a time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Literal

from hybrid.corpus import Corpus
from hybrid.errors import MissingModelError
from hybrid.types.answers import Hit
from hybrid.types.documents import Document
from hybrid.types.filters import Filter

if TYPE_CHECKING:
    from hybrid.ttt.checkpoints.tokenizer import ChatTokenizer

Order = Literal["fused", "dense", "lexical"]


class Opener:
    """Opens a corpus once, whichever thread asks for it first. One that was given open stays the caller's to close."""

    def __init__(self, given: Corpus | str | Path, open_path: Callable[[Path], Corpus] | None = None) -> None:
        self._given = given
        self._open_path = open_path or (lambda path: Corpus.open(path, create=False))
        self._corpus: Corpus | None = given if isinstance(given, Corpus) else None
        self._tokenizer: ChatTokenizer | None = None
        self._lock = Lock()

    def __call__(self) -> Corpus:
        """The corpus. Raises `CorpusNotFoundError` if there is none at the path."""
        with self._lock:
            if self._corpus is None:
                self._corpus = self._open_path(Path(str(self._given)))
            return self._corpus

    @property
    def directory(self) -> str:
        """Where it is, opened or not."""
        return str(self._given.directory if isinstance(self._given, Corpus) else self._given)

    def tokenizer(self) -> ChatTokenizer | None:
        """The tokenizer of the memory's language model, without the model; ``None`` where there is no memory."""
        corpus = self()
        if not corpus.settings.memory.enabled:
            return None
        if corpus._held_model is not None:
            return corpus._held_model.tokenizer
        with self._lock:
            if self._tokenizer is None:
                from hybrid.ttt.checkpoints.loading import load_checkpoint

                self._tokenizer = load_checkpoint(corpus.settings.memory.model).tokenizer
            return self._tokenizer

    def count(self, text: str) -> int:
        """Tokens of a text, by the memory's tokenizer where there is one, else by the embedder's."""
        from hybrid.answering.generators import counter

        try:
            tokenizer = self.tokenizer()
        except MissingModelError:  # the index answers without it, and is counted without it
            tokenizer = None
        return len(tokenizer.encode(text)) if tokenizer else counter(self()._embedder())(text)


def search(
    corpus: Corpus, question: str, k: int, where: Filter | None = None, order: Order = "fused"
) -> list[tuple[Hit, Document]]:
    """The best chunks with their documents, of one commit. Raises `InputError` as `Corpus.search` does."""
    from hybrid.answering.request import checked_question

    asked = checked_question(question, corpus.settings.answer.max_question_chars)
    return corpus._asked(
        lambda view: [
            (hit, corpus._catalog.document(hit.document_id)) for hit in view.searcher.search(asked, k, where, order)
        ]
    )
