"""The list of exhibits: every span once, in the order of the answers, as a file that a spreadsheet can trust."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

import hybrid
from hybrid.errors import InputError
from hybrid.types.answers import Answer, Citation, Claim, Route, Verdict
from hybrid.types.exhibits import COLUMNS

ROUTE = Route(name="lookup", p_comprehension=0.1)


def citation(number: int, quote: str, start: int = 0, source: str = "deal.pdf", **changes: object) -> Citation:
    values = {
        "number": number, "source": source, "title": "Deal", "page": 3, "last_page": 3, "lines": (12, 14),
        "start": start, "end": start + len(quote), "quote": quote, "sha256": source[0] * 64,
    }  # fmt: skip
    return Citation.model_validate(values | changes)


def answer(question: str, *cited: tuple[Citation, str, Verdict]) -> Answer:
    claims = tuple(
        Claim(text=text, verdict=verdict, citations=(one,), origin="index", support=1) for one, text, verdict in cited
    )
    return Answer(
        question=question,
        text="…",
        route=ROUTE,
        claims=claims,
        citations=tuple(dict.fromkeys(one for one, *_ in cited)),
        found=bool(cited),
    )


def rows(exhibits: hybrid.Exhibits) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(exhibits.as_csv(), newline="")))


ONE, TWO = citation(1, "It ends in May."), citation(2, "Rent is due.", start=40)
FIRST = answer("When?", (ONE, "It ends in May.", "verbatim"), (TWO, "Rent must be paid.", "supported"))
AGAIN = answer("Rent?", (TWO.model_copy(update={"number": 1}), "Rent is due.", "verbatim"))


def test_each_span_is_one_exhibit_numbered_in_the_order_of_citing() -> None:
    found = hybrid.exhibits([FIRST, AGAIN])
    assert [(one.number, one.citation.quote) for one in found] == [(1, "It ends in May."), (2, "Rent is due.")]
    assert [(use.answer, use.citation, use.claim, use.verdict) for use in found[1].uses] == [
        (1, 2, "Rent must be paid.", "supported"),
        (2, 1, "Rent is due.", "verbatim"),
    ]
    assert found[1].verdict == "verbatim"
    assert hybrid.exhibits([FIRST, AGAIN]) == found
    assert hybrid.exhibits(FIRST) == hybrid.exhibits([FIRST])


@pytest.mark.parametrize("changed", [{"start": 1, "end": 16}, {"source": "other.pdf"}, {"sha256": "f" * 64}])
def test_another_place_document_or_version_is_another_exhibit(changed: dict[str, object]) -> None:
    other = citation(1, "It ends in May.").model_copy(update=changed)
    assert len(hybrid.exhibits([FIRST, answer("Again?", (other, "x", "verbatim"))])) == 3


def test_the_exhibit_of_a_citation_is_found_and_a_stranger_is_not() -> None:
    found = hybrid.exhibits([FIRST, AGAIN])
    assert found.of(AGAIN.citations[0]).number == 2
    with pytest.raises(InputError, match="no exhibit"):
        found.of(citation(1, "Never cited.", start=900))


def test_what_is_not_an_answer_is_refused_by_name() -> None:
    with pytest.raises(InputError, match="one or a list of them, not 'When\\?'"):
        hybrid.exhibits(["When?"])  # type: ignore[list-item]


def test_a_row_names_everything_that_it_takes_to_find_the_quote_again() -> None:
    (first, second) = rows(hybrid.exhibits([FIRST, AGAIN]))
    assert tuple(first) == COLUMNS
    assert first == {
        "exhibit": "1", "question": "When?", "filter": "all documents", "claim": "It ends in May.",
        "verdict": "verbatim", "document": "deal.pdf", "title": "Deal", "page": "3", "lines": "12-14", "start": "0",
        "end": "15", "quote": "It ends in May.", "sha256": "d" * 64,
    }  # fmt: skip
    assert second["question"] == "When?\nRent?"
    assert second["verdict"] == "supported\nverbatim"


def test_one_question_put_to_different_documents_is_told_apart() -> None:
    doe = FIRST.model_copy(update={"where": hybrid.Filter(metadata={"custodian": "J. Doe"}, since="2024-03")})
    roe = AGAIN.model_copy(update={"where": hybrid.Filter(metadata={"custodian": "M. Roe"})})
    found = hybrid.exhibits([doe, roe])
    first, second = rows(found)
    assert first["filter"] == "custodian J. Doe, since 2024-03"
    assert second["filter"] == "custodian J. Doe, since 2024-03\ncustodian M. Roe"
    assert "Searched only: custodian J. Doe, since 2024-03" in found._repr_html_()
    assert all(
        "Searched only: custodian M. Roe" in shown for shown in (found[1]._repr_html_(), " ".join(str(found).split()))
    )
    assert "Searched" not in hybrid.exhibits([FIRST])._repr_html_() + str(hybrid.exhibits([FIRST]))


@pytest.mark.parametrize(
    ("changes", "page", "lines"),
    [
        ({"page": None, "last_page": None, "lines": (7, 7)}, "", "7"),
        ({"last_page": 4, "lines": (40, 2)}, "3-4", "40-2"),
        ({"last_page": 4, "lines": (2, 2)}, "3-4", "2-2"),
        ({}, "3", "12-14"),
    ],
)
def test_pages_and_lines_read_as_people_write_them(changes: dict[str, object], page: str, lines: str) -> None:
    (row,) = rows(hybrid.exhibits(answer("?", (citation(1, "A quote.", **changes), "x", "verbatim"))))
    assert (row["page"], row["lines"]) == (page, lines)


def test_the_file_is_rfc_4180_in_utf_8_with_a_mark_for_excel_if_asked(tmp_path: Path) -> None:
    quote = 'He said: "pay €5, now",\nand left.'
    found = hybrid.exhibits(answer("Qué?", (citation(1, quote), "x", "verbatim")))
    plain = found.to_csv(tmp_path / "a.csv").read_bytes()
    marked = found.to_csv(str(tmp_path / "b.csv"), bom=True).read_bytes()
    assert marked == b"\xef\xbb\xbf" + plain
    assert plain.startswith(b'"exhibit","question",')
    assert plain.count(b"\r\n") == 2
    assert b'"He said: ""pay \xe2\x82\xac5, now"",\nand left."' in plain
    assert rows(found)[0]["quote"] == quote


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\n", "  =", "＝", "＋", "－", "＠"])
def test_no_cell_is_a_formula(start: str) -> None:
    evil = f"{start}cmd|'/c calc'!A1"
    one = citation(1, evil, source=evil, title=evil)
    (row,) = rows(hybrid.exhibits(answer(evil, (one, evil, "verbatim"))))
    for column in ("question", "claim", "document", "title", "quote"):
        assert row[column] == f"'{evil}", column
    assert not any(cell.startswith(("=", "+", "-", "@", "\t")) for cell in row.values())


def test_control_characters_do_not_reach_the_file() -> None:
    (row,) = rows(hybrid.exhibits(answer("?", (citation(1, "a\x00b\x1b[2Jc"), "x", "verbatim"))))
    assert row["quote"] == "a\ufffdb\ufffd[2Jc"


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot write the exhibits to .*missing"):
        hybrid.exhibits(FIRST).to_csv(tmp_path / "missing" / "a.csv")


def test_no_answers_make_an_empty_list_with_a_header() -> None:
    assert hybrid.exhibits([]).as_csv() == ",".join(f'"{name}"' for name in COLUMNS) + "\r\n"
    assert "nothing" in str(hybrid.exhibits([]))
