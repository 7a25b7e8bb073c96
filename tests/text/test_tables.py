"""Tables in plain text are found whatever parts their cells."""

from __future__ import annotations

import pytest

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


@pytest.mark.parametrize(
    "amounts",
    [
        ("SEK 4,100", "SEK 950", "SEK 12,000.50"),
        ("40 crates", "7 crates", "112 crates"),
        ("kr. 12", "kr. 1,300", "kr. 9"),
        ("EUR 1,040.00", "-", "300.00"),
    ],
)
def test_the_first_of_a_list_of_amounts_is_a_row_and_no_heading(amounts):
    lines = [
        f"{what:<30}{amount}"
        for what, amount in zip(("Sails", "Oars and thole pins", "Less paid"), amounts, strict=True)
    ]
    text = "The boat costs:\n\n   " + "\n   ".join(lines) + "\n"
    table = tables.find(text)[0]
    assert table.heading is None
    assert [text[row.start : row.end].split("  ")[0] for row in table.rows] == [
        "Sails",
        "Oars and thole pins",
        "Less paid",
    ]


def test_a_heading_with_numbers_of_its_own_stays_one():
    rows = ("Item", "Berth 1", "Berth 2"), ("Ropes", "12 m", "40 m"), ("Buoys", "3", "4")
    text = "\n".join(f"{item:<20}{one:<15}{other}" for item, one, other in rows)
    assert tables.find(text)[0].columns == rows[0]
