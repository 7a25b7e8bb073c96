"""Tables in plain text are found whatever parts their cells."""

from __future__ import annotations

from hybrid.text import tables


def test_a_mark_inside_quotes_parts_no_cells() -> None:
    text = 'Item;Fee;Note\nCrate;1.234,50 €;"late; often"\nSack;88,00 €;ok\n'
    table = tables.find(text)[0]
    assert table.columns == ("Item", "Fee", "Note")
    assert [[text[slice(*cell)] for cell in row.cells] for row in table.rows] == [
        ["Crate", "1.234,50 €", '"late; often"'],
        ["Sack", "88,00 €", "ok"],
    ]


def test_prose_with_semicolons_is_no_table() -> None:
    assert tables.find('He came; he "saw; won"; he left.\nShe stayed; she said "no; never"; she slept.\n') == []
