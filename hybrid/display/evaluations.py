"""The report of an evaluation: its table and what made it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hybrid.display.markup import BREAK, FINE, body, card, head, section, table, tag


def evaluation_html(
    name: str, title: str, rows: Sequence[Mapping[str, str]], figures: Sequence[str], made_by: Sequence[str]
) -> str:
    """A card with the table. ``figures`` are the columns that hold numbers; ``made_by`` says what made them."""
    columns = list(rows[0])
    cells = [[row[column] for column in columns] for row in rows]
    shown = table(title, columns, cells, right=[at for at, column in enumerate(columns) if column in figures])
    facts = [tag("div", fact, style=f"{FINE};{BREAK}") for fact in made_by]
    return card("Evaluation", head(f"Evaluation: {name}", title), body(shown), section("Made by", *facts))
