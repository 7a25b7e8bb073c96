"""What is parsed of dates and numbers as they are written."""

from __future__ import annotations

import pytest

from hybrid.ingest.external_documents import from_metadata, to_metadata
from hybrid.ingest.loaders.html import load_html
from hybrid.ingest.loaders.plain_text import load_markdown
from hybrid.stores.query import exact_terms
from hybrid.text.lexicon import facts
from hybrid.text.values import days, is_partial_iso_date, iso_date, mail_date, parse_date
from hybrid.types.documents import Metadata
from hybrid.types.filters import Filter

DAYS = [
    *("March 3, 2024", "Mar. 3rd, 2024", "3 March 2024", "3rd of March 2024", "3rd day of March, 2024", "3. März 2024"),
    *("2024-03-03", "2024/03/03", "2024/3/3", "3 mar 2024", "03.03.2024", "3.3.2024", "MARCH 3 2024"),
]
"""Ways of writing the third of March 2024."""
NO_DAYS = [
    *("3/3/2024", "03/03/2024", "3.3.24", "3 March 24", "'24", "30 days", "12.3(b)", "may 5 parties", "2024-3-3"),
    *("3.13.2024", "32.3.2024", "1.3.3.2024", "3.3.2024.1", "v3.3.2024", "2024/13/3", "1. Mar 20244", "3-3-2024"),
]
"""What names no day, or one in several ways."""


@pytest.mark.parametrize("written", DAYS)
def test_a_day_is_the_same_however_and_wherever_it_is_written(written: str) -> None:
    assert [day for _, _, day in days(f"signed on {written}, in Ghent")] == [(2024, 3, 3)]
    assert facts(f"It ends on {written}.").required == {"2024-03-03"}
    assert iso_date(written) == Metadata(date=written).date == Filter(since=written).since == "2024-03-03"
    page = load_markdown(f"---\ndate: {written}\n---\n# Lease".encode(), "lease.md")
    assert page.metadata.date == "2024-03-03"
    marked = f"<html><head><meta name='date' content='{written}'></head><body>Lease</body></html>"
    assert load_html(marked.encode(), "lease.html").metadata.date == "2024-03-03"
    assert to_metadata({"date": written}).date == "2024-03-03"
    assert from_metadata(to_metadata({"date": written})) == {"date": written}


@pytest.mark.parametrize("written", NO_DAYS)
def test_what_names_no_day_is_none_wherever_it_is_written(written: str) -> None:
    assert list(days(f"see {written}, in Ghent")) == []
    for refused in (iso_date, lambda date: Metadata(date=date), lambda date: Filter(until=date)):
        with pytest.raises(ValueError, match="in one way only"):
            refused(written)
    assert load_markdown(f"---\ndate: {written}\n---\n# Lease".encode(), "lease.md").metadata.date is None
    marked = f'<html><head><meta name="date" content="{written}"></head><body>Lease</body></html>'
    assert load_html(marked.encode(), "lease.html").metadata.date is None
    assert to_metadata({"date": written}).date is None


@pytest.mark.parametrize(
    ("written", "iso"),
    [
        ("2024", "2024"),
        ("2024-03", "2024-03"),
        ("March 2024", "2024-03"),
        ("Mar. 2024", "2024-03"),
        ("März 2024", "2024-03"),
        ("March of 2024", "2024-03"),
        ("2024/03", "2024-03"),
        ("February 30, 2024", None),
        ("30.02.2024", None),
        ("2024-13", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_a_date_is_as_precise_as_it_is_written(written: str, iso: str | None) -> None:
    assert parse_date(written) == iso


@pytest.mark.parametrize(
    ("written", "iso"),
    [
        ("2024-03-03T10:00:00+01:00", "2024-03-03T10:00:00+01:00"),
        ("2024-03-03 10:00", "2024-03-03 10:00"),
        ("Sun, 03 Mar 2024 10:00:00 +0100", "2024-03-03T10:00:00+01:00"),
        ("3 Mar 2024 10:00 GMT", "2024-03-03T10:00:00+00:00"),
        ("3 Mar 24 10:00 GMT", None),
        ("20240303T10", None),
        ("20240303", None),
        ("2024-W09-7", None),
        ("2024-03-03T25:00", None),
    ],
)
def test_a_time_of_the_day_stands_in_metadata_and_in_no_filter(written: str, iso: str | None) -> None:
    assert parse_date(written, "second") == iso
    assert parse_date(written) is None
    marked = f'<html><head><meta name="date" content="{written}"></head><body>Lease</body></html>'
    assert load_html(marked.encode(), "lease.html").metadata.date == iso


def test_mail_has_its_own_rules() -> None:
    assert mail_date("Sun, 3 Mar 24 10:00:00 +0100 (CET)") == "2024-03-03T10:00:00+01:00"  # RFC 2822, section 4.3
    assert mail_date("yesterday") is mail_date("") is mail_date("99 Mar 2024 10:00") is None


def test_the_offsets_of_a_day_are_those_of_its_words() -> None:
    text = "From 1 May 2020 until May 2, 2021."
    assert [text[start:end] for start, end, _ in days(text)] == ["1 May 2020", "May 2, 2021"]


@pytest.mark.parametrize("text", ["2024", "2024-02", "2024-02-29"])
def test_an_iso_date_is_as_precise_as_wanted(text: str) -> None:
    assert is_partial_iso_date(text)


@pytest.mark.parametrize(
    "text", ["", "24", "2024-13", "2023-02-29", "2024-2-1", "20240201", "2024-02-01T00:00", "２０２４"]
)
def test_what_no_calendar_holds_is_no_iso_date(text: str) -> None:
    assert not is_partial_iso_date(text)


@pytest.mark.parametrize("day", ["1st of March 2024", "March 1, 2024", "1. März 2024", "the 1st day of Mar. 2024"])
def test_a_day_in_a_question_is_asked_for_exactly(day: str) -> None:
    assert exact_terms(f"What happened on {day}?") == [day.removeprefix("the ")]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("nine hundred shares", "900 shares"),
        ("thirty (30) days", "30 days"),
        ("1.5 million dollars", "1,500,000 dollars"),
        ("$1.5 million", "$1,500,000"),
        ("$1.5m", "$1,500,000"),
        ("one hundred and twenty-five thousand euros", "125,000 euros"),
        ("a five-year term", "five years"),
        ("a 5-year term", "five years"),
        ("two copies", "2 copies"),
        ("$2bn", "$2,000,000,000"),
    ],
)
def test_a_number_is_its_value_however_it_is_written(one: str, other: str) -> None:
    assert facts(one).required == facts(other).required != frozenset()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("$1.5 million", "$1.5 billion"),
        ("$1.5 million", "$1.5"),
        ("nine hundred", "nine"),
        ("5 m of cloth", "5 million"),
    ],
)
def test_a_number_of_another_scale_is_another_number(one: str, other: str) -> None:
    assert not facts(one).required <= facts(other).provided


@pytest.mark.parametrize("text", ["a third party", "No one may assign.", "the second draft", "one of them"])
def test_words_that_count_nothing_are_no_numbers(text: str) -> None:
    assert facts(text).required == frozenset()
