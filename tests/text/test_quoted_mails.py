"""What a mail quotes or forwards was said by who wrote it, on the day of that mail."""

from __future__ import annotations

import pytest

from hybrid.text import quoted_mails, sentences

FORWARDED = """From: Hal Orde <hal@kiln.example>
To: Mo Teal <mo@kiln.example>
Date: Mon, 10 May 2021 09:00:00 +0000
Subject: FW: Twine

Mo, see below.

-----Original Message-----
From: Col Peat [mailto:col@net.example]
Sent: Monday, May 3, 2021 5:12 PM
To: Hal Orde
Subject: Twine

The twine was thin.

On Fri, 30 Apr 2021 at 10:11, Jo Low <jo@x.example>
wrote:

> Is it thin?
> On 2021-04-29 09:00, Zed Oak <zed@x.example> wrote:
>> Fine.
My answer is yes.
> And the mesh?
"""


@pytest.mark.parametrize(
    ("words", "author", "date"),
    [
        ("The twine was thin", "Col Peat", "2021-05-03"),
        ("Is it thin", "Jo Low", "2021-04-30"),
        ("Fine", "Zed Oak", "2021-04-29"),
        ("My answer", "Col Peat", "2021-05-03"),
        ("And the mesh", "Jo Low", "2021-04-30"),
    ],
)
def test_each_quoted_mail_has_its_own_author_and_date(words: str, author: str, date: str) -> None:
    said = quoted_mails.at(FORWARDED, FORWARDED.index(words))
    assert said is not None
    assert (said.author, said.date) == (author, date)


@pytest.mark.parametrize("words", ["From: Hal", "Subject: FW", "Mo, see below"])
def test_a_mails_own_headers_and_words_are_not_quoted(words: str) -> None:
    assert quoted_mails.at(FORWARDED, FORWARDED.index(words)) is None
    assert quoted_mails.own_end(FORWARDED) == FORWARDED.index("-----")


@pytest.mark.parametrize(
    ("text", "author", "date"),
    [
        ("No.\n\nOn 7 May 2021 Sue Rao wrote:\n> Yes.", "Sue Rao", "2021-05-07"),
        ("No.\n\nAm 7. Mai 2021 um 10:00 schrieb Anna Berg <a@b.example>:\n> Yes.", "Anna Berg", "2021-05-07"),
        ("No.\n\nOn Fri, 7 May 2021 at 10:00, A Berg <a@b.example> wrote:\nYes.", "A Berg", "2021-05-07"),
        ("No.\n\nSue Rao <s@x.example> wrote on 7 May 2021:\n> Yes.", "Sue Rao", "2021-05-07"),
        ("No.\n\nBegin forwarded message:\n\nFrom: Jo\nDate: 7 May 2021\nSubject: s\n\nYes.", "Jo", "2021-05-07"),
        ("No.\n\n________________\nFrom: Jo\nSent: 7 May 2021\nTo: K\n\nYes.", "Jo", "2021-05-07"),
        ("No.\n\nOn 05/06/2021 10:00, Jo wrote:\n> Yes.", "Jo", None),  # May or June
        ("No.\n> Yes.", None, None),
    ],
)
def test_the_forms_in_which_mails_quote_others(text: str, author: str | None, date: str | None) -> None:
    said = quoted_mails.at(text, text.index("Yes"))
    assert said is not None
    assert (said.author, said.date) == (author, date)
    assert quoted_mails.at(text, 0) is None


@pytest.mark.parametrize(
    "text",
    [
        "The inspector wrote:\nThe roof leaks.",
        "Notes\n\nFrom: the north\nThe wind came up.",
        "On the roof he wrote:\nRain.",
        "a > b",
        "Mo wrote to Jo on 3 May 2021.",
    ],
)
def test_what_only_looks_like_a_quoted_mail_is_the_texts_own(text: str) -> None:
    assert quoted_mails.find(text) == ()
    assert quoted_mails.own_end(text) == len(text)


def test_no_sentence_joins_a_mail_with_what_it_quotes_or_whom_it_greets() -> None:
    said = [
        FORWARDED.replace("Mo, see", "Dear Mo,\nSee")[start:end]
        for start, end in sentences.spans(FORWARDED.replace("Mo, see", "Dear Mo,\nSee"))
    ]
    assert {"Dear Mo,", "See below.", "> Is it thin?", ">> Fine.", "My answer is yes.", "> And the mesh?"} <= set(said)


def test_a_wrapped_sentence_with_a_comma_at_a_lines_end_stays_whole() -> None:
    text = (
        "The nets of pen four were torn by the storm of March,\nArden says, and nobody mended them in the weeks after."
    )
    assert len(sentences.spans(text)) == 1


def test_a_quoted_mail_says_to_whom_it_went_where_it_has_headers() -> None:
    text = "No.\n\n> From: Jo Low\n> To: Kit Orr\n> Cc: Sue Rao\n> Date: 7 May 2021\n> Subject: s\n>\n> Yes."
    said = quoted_mails.at(text, text.index("Yes"))
    assert said is not None
    assert said.receivers == "Kit Orr, Sue Rao"
