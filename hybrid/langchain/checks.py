"""Arguments of the components: wrong ones raise `InputError`, which names the argument and says what it may be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Self

from langchain_core.documents import Document
from pydantic import BaseModel, ValidationError

import hybrid
from hybrid.errors import InputError
from hybrid.types.validation import input_error, shown


class CheckedModel(BaseModel):
    """A component whose arguments are checked: pydantic's own errors never reach the caller."""

    if not TYPE_CHECKING:  # type checkers see the fields as arguments

        def __init__(self, *unnamed: object, **given: Any) -> None:
            if unnamed:
                raise InputError(f"{type(self).__name__} takes its arguments by name, as in corpus=... or model=...")
            try:
                super().__init__(**given)
            except ValidationError as error:
                raise input_error(error, type(self)) from None

        @classmethod
        def model_validate(cls, *arguments: Any, **options: Any) -> Self:
            """As pydantic's. Raises `InputError`."""
            try:
                return super().model_validate(*arguments, **options)
            except ValidationError as error:
                raise input_error(error, cls) from None

        def __setattr__(self, name: str, value: object) -> None:
            try:
                super().__setattr__(name, value)
            except ValidationError as error:
                raise input_error(error, type(self)) from None
            except ValueError as error:  # pydantic's, for a name that is no field
                raise InputError(f"{type(self).__name__}.{name} cannot be set: {error}") from None

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """As pydantic's, and what is updated is checked as the constructor does. Raises `InputError`."""
        if not update:
            return super().model_copy(deep=deep)
        given = {name: getattr(self, name) for name in self.model_fields_set}
        checked = type(self)(**given | dict(update))
        return super().model_copy(update={name: getattr(checked, name) for name in update}, deep=deep)


def text(name: str, given: object) -> str:
    """A string. Raises `InputError` for anything else."""
    if not isinstance(given, str):
        raise InputError(f"{name} must be a string, not {shown(given)}")
    return given


def count(name: str, given: object) -> int:
    """An integer from 1. Raises `InputError` for anything else."""
    if not isinstance(given, int) or isinstance(given, bool) or given < 1:
        raise InputError(f"{name} must be at least 1, an integer, not {shown(given)}")
    return given


def elements(name: str, given: object, kind: str) -> list[Any]:
    """The elements of a list or stream. A string, a mapping and one document are none, though Python iterates them."""
    if not isinstance(given, Iterable) or isinstance(given, str | bytes | Mapping | BaseModel):
        raise InputError(f"{name} must be a list of {kind}, not {shown(given)}")
    return list(given)


def texts(name: str, given: object) -> list[str]:
    """A list of strings. Raises `InputError` for anything else, and names the element."""
    found = elements(name, given, "strings")
    return [text(f"{name}[{at}]", one) for at, one in enumerate(found)]


def documents(name: str, given: object) -> list[Document]:
    """A list of LangChain's documents. Raises `InputError` for anything else, and names the element."""
    found = elements(name, given, "LangChain documents")
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
