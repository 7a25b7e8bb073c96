"""Running lines are no sentences, a page's end cuts none, and a table's row is whole and has its heading."""

from __future__ import annotations

import pytest

from hybrid.text import layout, running_lines, tables


def paged(*pages: str) -> tuple[str, tuple[int, ...]]:
    """Pages as a PDF's text has them, and where they start."""
    starts = [0]
    for page in pages[:-1]:
        starts.append(starts[-1] + len(page) + 1)
    return "\n".join(pages), tuple(starts)


def said(text: str, pages: tuple[int, ...] = (), running: str = "") -> list[str]:
    return [unit.text(text) for unit in layout.of(text, pages, running).units]


def lines_left_out(text: str, pages: tuple[int, ...] = ()) -> list[str]:
    return [text[start:end] for start, end in running_lines.find(text, pages)]


HEADS = [
    ("numbered feet", ["It stood still.\nLog 7 Page 1", "It ran.\nLog 7 Page 2"], ["Log 7 Page 1", "Log 7 Page 2"]),
    ("one page", ["The pump stood still.\nPump log Page 1"], ["Pump log Page 1"]),
    ("page of pages", ["A line.\nPage 1 of 2", "Another.\nPage 2 of 2"], ["Page 1 of 2", "Page 2 of 2"]),
    ("bare numbers", ["It was cold.\n- 11 -", "It was warm.\n- 12 -"], ["- 11 -", "- 12 -"]),
    ("bates", ["It was cold.\nACME0000123"], ["ACME0000123"]),
    ("head and foot", ["HEAD\nOne.\nFOOT", "HEAD\nTwo.\nFOOT", "HEAD\nThree.\nFOOT"], ["HEAD", "FOOT"] * 3),
    ("two lines", ["Acme\nMinutes\nOne.", "Acme\nMinutes\nTwo.", "Acme\nMinutes\nThree."], ["Acme", "Minutes"] * 3),
    ("only on some", ["One.\nEnd of part", "Two.", "Three.", "Four.\nEnd of part", "Five.", "Six."], []),
    ("rows that look alike", ["Item 7 costs 90", "Item 12 costs 44"], []),
    ("a page that is spoken of", ["See the table on page 4", "It says so."], []),
]  # fmt: skip


@pytest.mark.parametrize(("pages", "expected"), [case[1:] for case in HEADS], ids=[case[0] for case in HEADS])
def test_running_lines_are_found_by_place_and_repetition(pages, expected):
    assert lines_left_out(*paged(*pages)) == expected


def test_a_text_without_pages_has_them_where_its_lines_count_them():
    text = "The tide rose\nPage 1 of 3\n\nin the night.\nPage 2 of 3\nIt fell.\nPage 3 of 3\n"
    assert lines_left_out(text) == ["Page 1 of 3", "Page 2 of 3", "Page 3 of 3"]
    assert said(text) == ["The tide rose\nin the night.", "It fell."]


def test_one_mention_of_a_page_is_text():
    assert lines_left_out("We met.\nSee page 3\nWe left.\n") == []


def test_what_a_mailing_list_appends_is_no_sentence():
    text = "The bolt sheared.\n\n_______________________________________________\nBolt mailing list\nb@lists.example\n"
    assert said(text) == ["The bolt sheared."]


def test_a_sentence_that_a_page_cuts_is_one_unit_of_exact_parts():
    text, pages = paged(
        "HEAD\nThe borrower shall repay\nPage 1 of 2", "HEAD\nthe loan in May. It may repay early.\nPage 2 of 2"
    )
    whole, other = layout.of(text, pages).units
    assert [text[start:end] for start, end in whole.parts] == ["The borrower shall repay", "the loan in May."]
    assert text[other.start : other.end] == "It may repay early."


def test_headers_that_a_loader_knows_are_no_sentences():
    assert said("Draft of May\n\nThe rent is due.", (), "0-12") == ["The rent is due."]


TABLES = [
    ("tabs", "Valve\tChecked on\nV1\t3 May 2024\nV2\t4 May 2024", ("Valve", "Checked on"), 2),
    ("commas", "Order,Port,Tonnes\n1,Riga,50\n2,Oslo,87", ("Order", "Port", "Tonnes"), 2),
    ("semicolons", "Name;Dose\nAmoxil;500 mg\nBrufen;400 mg", ("Name", "Dose"), 2),
    ("bars", "| Nurse | Shift |\n|-------|-------|\n| Ann | late |", ("Nurse", "Shift"), 1),
    ("blanks", "Date        In     Out\n----------  -----  -----\n09/05/2023  09:07  10:07", ("Date", "In", "Out"), 1),
    ("blanks without a rule", "Item      Price\nBolt      £1.10\nNut       £0.40", ("Item", "Price"), 2),
    ("no heading", "V1\t3 May 2024\nV2\t4 May 2024", (), 2),
    ("two-line heading", "Pump Due Days\nlate\nP1\t3 May 2024\t4\nP2\t5 May 2024\t0", ("Pump", "Due", "Days late"), 2),
    ("words alone", "Present\tFor\nAnn Aaker\tThe mill\nBo Berg\tThe bank", ("Present", "For"), 2),
]  # fmt: skip


@pytest.mark.parametrize(("text", "columns", "rows"), [case[1:] for case in TABLES], ids=[case[0] for case in TABLES])
def test_tables_have_their_columns_and_all_their_rows(text, columns, rows):
    (table,) = tables.find(text)
    assert table.columns == columns
    assert len(table.rows) == rows


PROSE = [
    "The tide rose, and the boats,\nwhich were old, were lost, all\nof them, in one night, in May.\n",
    "1.1\tThe Seller shall deliver the goods to the quay on the day that the Buyer names.\n"
    "1.2\tThe Buyer shall pay within thirty days of the invoice, which names the order.\n",
    "Two blanks end it.  Another begins here.  And so on.\nThey are no columns.  Not one.  No.\nNone.  At all.\n",
    "From:\tAnn Aaker\nTo:\tBo Berg\nSubject:\tWet salt\n",
    "It cost £25,985.00\nand then £5,197.00\nand £31,182.00\n",
]  # fmt: skip


@pytest.mark.parametrize("text", PROSE)
def test_prose_is_no_table(text):
    assert tables.find(text) == []


def test_a_row_is_a_unit_under_its_heading_never_joined_to_another():
    text = "Stock of May:\nFruit\tTonnes\nPlums\t12\nPears\t7\nAll of it was sold."
    assert said(text) == ["Stock of May:", "Fruit\tTonnes\nPlums\t12", "Fruit\tTonnes\nPears\t7", "All of it was sold."]


def test_a_long_table_is_not_cut_in_a_row():
    rows = [f"{number},Customer {number},Riga,{number * 7}" for number in range(400)]
    units = said("\n".join(["Order,Customer,Port,Tonnes", *rows]))
    assert units == [f"Order,Customer,Port,Tonnes\n{row}" for row in rows]


def test_a_table_goes_on_over_a_page_without_its_repeated_heading():
    text, pages = paged("Fruit\tTonnes\nPlums\t12\nPage 1", "Fruit\tTonnes\nPears\t7\nPage 2")
    assert said(text, pages) == ["Fruit\tTonnes\nPlums\t12", "Fruit\tTonnes\nPears\t7"]


def test_a_cell_of_two_lines_stays_in_its_row():
    text = "Fruit\tTonnes\nPlums\t12\nof the hill\nPears\t7\nFigs\t3"
    first = tables.find(text)[0].rows[0]
    assert text[first.start : first.end] == "Plums\t12\nof the hill"


@pytest.mark.parametrize("text", ["", "\n\n", "a", "\t\n\t", ",,\n,,\n,,", "|||\n|||", "---\n---\n", "  x  \n  y  "])
def test_odd_texts_have_a_layout(text):
    found = layout.of(text)
    assert all(0 <= start < end <= len(text) for unit in found.units for start, end in unit.spans)


def test_a_short_entry_of_a_log_is_a_unit_with_its_lines():
    text = (
        "Pump log\n2024-03-01 Seal worn. It was\nreplaced.\n2024-03-04 No fault.\nP-7: two litres lost, valve\nshut\n"
    )
    assert said(text) == ["Pump log", "2024-03-01 Seal worn. It was\nreplaced.", "2024-03-04 No fault.", "P-7: two litres lost, valve\nshut"]  # fmt: skip  # noqa: E501
    assert [len(table.rows) for table in tables.find(text)] == [3]


LIGHTHOUSE = ["Fog, horn on. Keeper called.  AB", "Boat in. Mr. Orr ashore, 2 crates,\n   1,200 candles.  CD", "Horn off.  AB, CD"]  # fmt: skip  # noqa: E501


@pytest.mark.parametrize(
    "heads",
    [
        ("Tue 4 Jun  05:10", "Tue 4 Jun  09:30", "Wed 5 Jun  06:00"),
        ("Tuesday 4 June 05:10", "Tuesday 4 June 09:30", "Wednesday 5 June 06:00"),
        ("4 Jun 5.10 a.m.", "4 Jun 9.30 a.m.", "5 Jun 6.00 a.m."),
        ("04/06  05:10", "04/06  09:30", "05/06  06:00"),
        ("4 Jun", "4 Jun", "5 Jun"),
        ("Jun 4, 05:10", "Jun 4, 09:30", "Jun 5, 06:00"),
        ("05:10", "09:30", "06:00"),
        ("Tue 05:10", "Tue 09:30", "Wed 06:00"),
        ("Tue -", "Wed -", "Thu -"),
        ("[05:10]", "[09:30]", "[06:00]"),
        ("4 June 2024, 05:10", "4 June 2024, 09:30", "5 June 2024, 06:00"),
    ],
)
def test_an_entry_of_a_log_ends_before_the_day_or_the_hour_of_the_next(heads):
    entries = [f"{head}  {entry}" for head, entry in zip(heads, LIGHTHOUSE, strict=True)]
    text = "LIGHTHOUSE LOG\nKept by two keepers.\n\n" + "\n".join(entries) + "\n\nThe log ends here.\n"
    assert [one for one in said(text) if one[:3] not in ("LIG", "Kep", "The")] == entries


def test_what_begins_no_entry_is_not_parted_by_a_day_or_an_hour():
    for text in (
        "The ferry was to leave the upper quay at\n07:30 on each day of the week and to be back at\n18:15 unless fog",
        "It was agreed with the ferryman that by\nMonday 4 June he would be paid, and that after\n4 June he may leave.",
        "The hirer\n2 may bring a dog, or\n3 may bring two.",
    ):
        assert not tables.find(text), text


def test_the_sentences_of_a_long_entry_are_units_and_its_initials_are_of_the_last():
    long = (
        "The horn was heard by the pilot of the brig and by two men on the pier, who thought that it was nearer. " * 3
    )
    text = f"Tue 4 Jun 05:10  {long}All well.  AB\nTue 4 Jun 09:30  Boat in.  CD\n"
    found = said(text)
    assert len(found) == 5
    assert found[0].startswith("Tue 4 Jun 05:10  The horn")
    assert found[3:] == ["All well.  AB", "Tue 4 Jun 09:30  Boat in.  CD"]


def test_a_date_that_begins_a_wrapped_line_is_no_entry():
    text = "It was signed in the counting house on\n3 May 2024 by Ann Aaker and by the\nothers, and was sealed.\n"
    assert said(text) == [text.strip()]


def test_a_row_of_a_list_of_amounts_stands_below_the_line_that_leads_in_to_it_and_below_no_other_row():
    lines = [
        f"   {what:<24}SEK {amount}" for what, amount in (("Sails", "4,100"), ("Oars", "950"), ("Balance", "5,050"))
    ]
    text = "We wrote in May.\n\n2. The boat costs:\n\n" + "\n".join(lines) + "\n\nPay in June.\n"
    rows = [one for one in said(text) if "SEK" in one]
    assert [one.split("\n") for one in rows] == [["2. The boat costs:", line.strip()] for line in lines]
    assert [one for one in said(text.replace("costs:", "costs")) if "SEK" in one] == [line.strip() for line in lines]
