"""How a value looks in a notebook and in a terminal: two registries by type.

Plain data does not know how it is displayed. `hybrid.display` registers a function for each type with `as_text` and
`as_html`, and the package's ``__init__`` says where they are found (`renderers`), so that they load with the first
value that is shown.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import singledispatch
from typing import Any, Protocol

renderers: list[Callable[[], object]] = []
"""Called, each once, before a value of a type that nothing is registered for is shown."""


class Printer(Protocol):
    """The part of IPython's pretty printer that is used here."""

    def text(self, text: str) -> None:
        """Write text without a line break."""

    def break_(self) -> None:
        """Begin a new line at the current indentation."""


@singledispatch
def as_text(value: Any) -> str | None:  # noqa: ARG001 - the registered functions use it
    """A value as text for a terminal; ``None`` where its type has no form of its own."""
    return None


@singledispatch
def as_html(value: Any) -> str | None:  # noqa: ARG001 - as above
    """A value as HTML for a notebook; ``None`` where its type has no form of its own."""
    return None


@singledispatch
def as_document(value: Any, title: str | None = None) -> str:  # noqa: ARG001 - as above
    """A value as a whole HTML document."""
    raise TypeError(f"{type(value).__name__} has no form as a document")


class Shown:
    """Shows HTML in a notebook and ``str(self)`` in IPython's terminal; ``repr`` stays exact, for debugging.

    Both are what is registered for the type with `as_text` and `as_html`, unless the class says otherwise.
    """

    def __str__(self) -> str:
        _load_for(self)
        text = as_text(self)
        return super().__str__() if text is None else text

    def _repr_html_(self) -> str | None:
        _load_for(self)
        html = as_html(self)
        return None if html is None else str(html)  # plain text to callers: markup escapes what is put into it

    def _as_document(self, title: str | None) -> str:
        _load_for(self)
        return str(as_document(self, title))

    def _repr_pretty_(self, printer: Printer, cycle: bool) -> None:
        for number, line in enumerate(("..." if cycle else str(self)).split("\n")):
            if number:
                printer.break_()
            printer.text(line)


def _load_for(value: object) -> None:
    while renderers and as_html.dispatch(type(value)) is as_html.dispatch(object):
        renderers[-1]()  # removed only once it has worked: an interrupt must not lose it
        renderers.pop()
