"""What the components share: arguments that are checked, and the corpus behind one, opened when it is first needed.

Wrong arguments raise `InputError`, which names the argument and says what it may be.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from threading import Lock
from typing import Annotated, Any, ClassVar, Self

from langchain_core.documents import Document
from pydantic import BaseModel, BeforeValidator, ConfigDict, PrivateAttr

import hybrid
from hybrid.components import Opener
from hybrid.corpus import Corpus
from hybrid.errors import InputError
from hybrid.types.base import CheckedModel, changes_of, shown


class Component(CheckedModel):
    """A component whose arguments are checked, and what is assigned later, too: pydantic's own errors never reach the
    caller."""

    model_config: ClassVar[ConfigDict] = ConfigDict(validate_assignment=True)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """As pydantic's, and what is updated is checked as the constructor does. Raises `InputError`."""
        changed = changes_of(update)
        if not changed:
            return super().model_copy(deep=deep)
        given = {name: getattr(self, name) for name in self.model_fields_set}
        checked = type(self)(**given | changed)
        return super().model_copy(update={name: getattr(checked, name) for name in changed}, deep=deep)


def checked_text(name: str, given: object) -> str:
    """A string. Raises `InputError` for anything else."""
    if not isinstance(given, str):
        raise InputError(f"{name} must be a string, not {shown(given)}")
    return given


def checked_count(name: str, given: object) -> int:
    """An integer from 1. Raises `InputError` for anything else."""
    if not isinstance(given, int) or isinstance(given, bool) or given < 1:
        raise InputError(f"{name} must be at least 1, an integer, not {shown(given)}")
    return given


def checked_elements(name: str, given: object, kind: str) -> list[Any]:
    """The elements of a list or stream. A string, a mapping and one document are none, though Python iterates them."""
    if not isinstance(given, Iterable) or isinstance(given, str | bytes | Mapping | BaseModel):
        raise InputError(f"{name} must be a list of {kind}, not {shown(given)}")
    return list(given)


def checked_texts(name: str, given: object) -> list[str]:
    """A list of strings. Raises `InputError` for anything else, and names the element."""
    found = checked_elements(name, given, "strings")
    return [checked_text(f"{name}[{at}]", one) for at, one in enumerate(found)]


def checked_documents(name: str, given: object) -> list[Document]:
    """A list of LangChain's documents. Raises `InputError` for anything else, and names the element."""
    found = checked_elements(name, given, "LangChain documents")
    for at, one in enumerate(found):
        if not isinstance(one, Document):
            raise InputError(f"{name}[{at}] must be a langchain_core.documents.Document, not {_typed(one)}")
    return found


def documents_of_either_kind(name: str, given: Iterable[Any]) -> Iterator[Any]:
    """A stream of LangChain's documents or hybrid's, each checked when it comes. Raises `InputError`."""
    if not isinstance(given, Iterable) or isinstance(given, str | bytes | Mapping | BaseModel):
        raise InputError(f"{name} must be a list or a stream of LangChain documents, not {shown(given)}")
    return _each_of_either_kind(name, given)


def _each_of_either_kind(name: str, given: Iterable[Any]) -> Iterator[Any]:
    for at, one in enumerate(given):
        if not isinstance(one, Document | hybrid.Document):
            raise InputError(f"{name}[{at}] must be a langchain_core.documents.Document, not {_typed(one)}")
        yield one


def _typed(given: object) -> str:
    """As `shown`, and which library's a document is."""
    return "hybrid.Document" if isinstance(given, hybrid.Document) else shown(given)


_CHANGING = Lock()


def _corpus_or_directory(given: object) -> object:
    if isinstance(given, Corpus | Path) or (isinstance(given, str) and given.strip()):
        return given
    raise ValueError(f"must be an open hybrid.Corpus, or the directory of one, not {shown(given)}")


GivenCorpus = Annotated[Corpus | str | Path, BeforeValidator(_corpus_or_directory)]


class OfCorpus(Component):
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
