"""Who asks: a name, and the classes of documents that it may see."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Self

from pydantic import field_validator

from hybrid.errors import AccessError, InputError
from hybrid.types.base import GivenModel, encodable, shown

Classes = Iterable[str] | None


class Identity(GivenModel):
    """Who asks, for `Corpus.seen_by`: it sees the documents of its classes, and of no others that they exist.

    A document's class is its metadata ``access``, or what ``access.metadata`` in the settings names; a part of a mail
    that has none of its own has the mail's.

    Args:
        name: of the person or the program, for messages; it grants nothing.
        classes: what it may see, compared without regard to case. The empty string is the class of documents that have
            none. No classes: nothing.
        every_class: whether it sees all documents, whatever their class.

    Example:
        >>> Identity(name="ann", classes=("deal-team", "public"))
        Identity(name='ann', classes=('deal-team', 'public'), every_class=False)
    """

    name: str
    classes: tuple[str, ...] = ()
    every_class: bool = False

    if TYPE_CHECKING:  # the validator below takes one class for a list of one; type checkers cannot know

        def __init__(self, *, name: str, classes: str | Iterable[str] = (), every_class: bool = False) -> None: ...

    @field_validator("name")
    @classmethod
    def _has_a_name(cls, value: str) -> str:
        if not value.strip() or "\0" in value:
            raise ValueError(f"the name of who asks, not {shown(value)}")
        return str(encodable(value))

    @field_validator("classes", mode="before")
    @classmethod
    def _one_class(cls, value: object) -> object:
        if not isinstance(value, str | list | tuple | set | frozenset):
            raise ValueError(f"a class, or a list of them, not {shown(value)}")
        listed = (value,) if isinstance(value, str) else tuple(value)
        if any(isinstance(one, str) and "\0" in one for one in listed):
            raise ValueError("a class without NUL characters")
        return encodable(tuple(sorted(listed)) if isinstance(value, set | frozenset) else listed)

    @classmethod
    def of(cls, name: str, classes_of: Mapping[str, Iterable[str]] | Callable[[str], Classes]) -> Self:
        """The identity of that name, with the classes that the application's own mapping or function gives it.

        Raises `AccessError` where it gives none: somebody unknown is refused, not treated as everyone.

        Example:
            >>> Identity.of("ann", {"ann": ["deal-team"]}).classes
            ('deal-team',)
        """
        if not isinstance(classes_of, Mapping) and not callable(classes_of):
            raise InputError(f"classes_of is a dict or a function from a name to classes, not {shown(classes_of)}")
        found = classes_of.get(name) if isinstance(classes_of, Mapping) else classes_of(name)
        if found is None:
            raise AccessError(f"{shown(name)} has no classes of documents: add the name to what maps names to classes")
        return cls(name=name, classes=(found,) if isinstance(found, str) else tuple(found))
