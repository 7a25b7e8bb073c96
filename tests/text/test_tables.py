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


def _cells(text: str, table: tables.Table) -> list[list[str]]:
    return [[text[slice(*cell)] for cell in row.cells] for row in table.rows]


@pytest.mark.parametrize(
    ("first", "second", "third"),
    [
        ("Hull repair        GBP 12,400", "New mast           GBP 8,050", "Survey             GBP 950"),
        ("Hull repair        US$ 12,400", "New mast           US$ 8,050", "Survey             US$ 950"),
        ("Hull repair        12,400 euros", "New mast           8,050 euros", "Survey             950 euros"),
        ("Caulking           12 hours", "Painting           8 hours", "Rigging            31 hours"),
        ("Hull repair\tNOK 12,400", "New mast\tincluded", "Survey\tNOK 950"),
    ],
)
def test_a_first_row_of_amounts_is_no_heading(first: str, second: str, third: str) -> None:
    text = f"The work came to:\n\n{first}\n{second}\n{third}\n"
    (table,) = tables.find(text)
    assert (table.columns, table.heading, len(table.rows)) == ((), None, 3)


def test_a_rule_above_the_total_makes_no_heading_of_the_row_before_it() -> None:
    text = "   Rent       EUR 400\n              -------\n   Balance    EUR 400\n   Deposit    EUR 90\n"
    (table,) = tables.find(text)
    assert (table.columns, len(table.rows)) == ((), 3)


@pytest.mark.parametrize(
    "text",
    [
        "Customer | Current | 30 days | 60 days\nOrr | 12.50 | 3.00 | 0.00\nTeal | 1.00 | 2.00 | 7.00\n",
        "Room       Single       Double\nNorth      EUR 90       EUR 120\nSouth      EUR 80       EUR 100\n",
        "| Catch | 2022 | 2023 |\n|---|---|---|\n| Cod | 400 | 500 |\n| Ling | 20 | 31 |\n",
    ],
)
def test_names_of_columns_with_a_number_in_them_are_a_heading(text: str) -> None:
    (table,) = tables.find(text)
    assert table.columns
    assert len(table.rows) == 2


def test_a_short_form_with_a_full_stop_parts_the_cells_of_a_heading() -> None:
    text = (
        "No.   Lent on      Borrower     Lent by\n"
        "0108  11 Oct 2022  Pennine Co.  G. Lomas\n"
        "0109  19 Oct 2022  Orr          I. Varga\n"
        "0110  20 Oct 2022  Teal         I. Varga\n"
    )
    (table,) = tables.find(text)
    assert table.columns == ("No.", "Lent on", "Borrower", "Lent by")
    assert [row[0] for row in _cells(text, table)] == ["0108", "0109", "0110"]


def test_two_blanks_behind_a_sentence_part_no_cells() -> None:
    assert tables.find("He came home.  She left it.\nThey saw no one.  It was late.\nOf Mr.  Orr nothing.\n") == []
