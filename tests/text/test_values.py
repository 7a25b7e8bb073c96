"""What is read of dates as they are written in text."""

from __future__ import annotations

import pytest

from hybrid.stores.query import exact_terms
from hybrid.text.lexicon import facts
from hybrid.text.values import days, is_partial_iso_date


@pytest.mark.parametrize(
    "text",
    [
        "March 3, 2024",
        "Mar. 3rd, 2024",
        "3 March 2024",
        "3rd of March 2024",
        "3rd day of March, 2024",
        "3. März 2024",
        "2024-03-03",
        "3 mar 2024",
    ],
)
def test_a_day_is_the_same_however_it_is_written(text: str) -> None:
    assert [day for _, _, day in days(f"signed on {text}, in Ghent")] == [(2024, 3, 3)]
    assert facts(f"It ends on {text}.").required == {"2024-03-03"}


@pytest.mark.parametrize("text", ["in March 2024", "30 days", "12.3(b)", "may 5 parties", "2024-3-3", "1. Mar 20244"])
def test_what_names_no_day_is_none(text: str) -> None:
    assert list(days(text)) == []


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
