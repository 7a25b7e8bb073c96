"""The corpus behind a component: opened when it is first needed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Annotated, Any

from pydantic import BeforeValidator, PrivateAttr

from hybrid.corpus import Corpus
from hybrid.langchain.checks import CheckedModel
from hybrid.types.validation import shown

_CHANGING = Lock()


def _corpus_or_directory(given: object) -> object:
    if isinstance(given, Corpus | Path) or (isinstance(given, str) and given.strip()):
        return given
    raise ValueError(f"must be an open hybrid.Corpus, or the directory of one, not {shown(given)}")


GivenCorpus = Annotated[Corpus | str | Path, BeforeValidator(_corpus_or_directory)]


class Opener:
    """Opens a corpus once, whichever thread asks for it first. One that was given open stays the caller's to close."""

    def __init__(self, given: Corpus | str | Path, open_path: Callable[[Path], Corpus] | None = None) -> None:
        self.given = given
        self._open_path = open_path or (lambda path: Corpus.open(path, create=False))
        self._corpus: Corpus | None = given if isinstance(given, Corpus) else None
        self._lock = Lock()

    def __call__(self) -> Corpus:
        """The corpus. Raises `CorpusNotFoundError` if there is none at the path."""
        with self._lock:
            if self._corpus is None:
                self._corpus = self._open_path(Path(str(self.given)))
            return self._corpus

    def __deepcopy__(self, memo: object) -> Opener:
        return self  # what is open is shared

    def __reduce__(self) -> tuple[type[Opener], tuple[Corpus | str | Path]]:
        return Opener, (self.given,)

    @property
    def directory(self) -> str:
        """Where it is, opened or not."""
        return str(self.given.directory if isinstance(self.given, Corpus) else self.given)


class OfCorpus(CheckedModel):
    """A component with a field ``corpus``.

    What is open goes with the field, not with the object: a copy whose ``corpus`` was changed must never read the
    one that it was copied from, which may be another tenant's.
    """

    corpus: Any
    _opener: Opener | None = PrivateAttr(default=None)

    def _opened(self) -> Opener:
        with _CHANGING:
            opener = self._opener
            if opener is None or opener.given != self.corpus:
                opener = self._opener = Opener(self.corpus)
            return opener
