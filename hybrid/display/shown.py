"""What IPython asks of an object at the end of a cell."""

from __future__ import annotations

from typing import Protocol


class Printer(Protocol):
    """The part of IPython's pretty printer that is used here."""

    def text(self, text: str) -> None:
        """Write text without a line break."""

    def break_(self) -> None:
        """Begin a new line at the current indentation."""


class Shown:
    """Shows HTML in a notebook and ``str(self)`` in IPython's terminal; ``repr`` stays exact, for debugging.

    A class that has it says how it looks by ``__str__`` and ``_repr_html_``.
    """

    def _repr_html_(self) -> str:
        raise NotImplementedError

    def _repr_pretty_(self, printer: Printer, cycle: bool) -> None:
        for number, line in enumerate(("..." if cycle else str(self)).split("\n")):
            if number:
                printer.break_()
            printer.text(line)
