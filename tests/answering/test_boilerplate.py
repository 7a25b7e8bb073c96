"""Statements are quoted before a document's structure, and a mail before the replies that repeat it."""

from __future__ import annotations

from pathlib import Path

import pytest
from answering_corpus import FixedRouter, SmallCorpus, build

from hybrid.answering.answerer import Answerer
from hybrid.answering.evidence import Sentence
from hybrid.answering.selection import boilerplate, ranking
from hybrid.ingest.loaders.eml import load_eml
from hybrid.settings import Settings
from hybrid.types.documents import Document

ADVICE = b"""From: Anita Rowan <anita.rowan@mill.example>
To: Helen Strand <helen.strand@mill.example>
Date: Mon, 20 Nov 2023 16:32:00 +0000
Subject: Batch B-77
Content-Type: text/plain; charset="utf-8"

Helen,

The mean is below the limit and I recommend that this batch is held.

Regards,
Anita Rowan
Quality Manager
"""
REPLY = b"""From: Helen Strand <helen.strand@mill.example>
To: Anita Rowan <anita.rowan@mill.example>
Date: Tue, 21 Nov 2023 08:15:00 +0000
Subject: RE: Batch B-77
Content-Type: text/plain; charset="utf-8"

Measure it again, please.

On 20 November 2023 at 16:32, Anita Rowan wrote:
> The mean is below the limit and I recommend that this batch is held.
>
> Regards,
> Anita Rowan
"""


def mails(folder: Path, **named: bytes) -> SmallCorpus:
    read = {f"{name}.eml": load_eml(data, f"{name}.eml") for name, data in named.items()}
    return build(folder, {name: Document.from_text(mail.text, name, mail.metadata) for name, mail in read.items()})


def quotes(corpus: SmallCorpus, question: str, count: int = 3) -> list[tuple[str, str]]:
    chosen = ranking.choose(question, corpus.find(question), corpus.idf, count)
    return [(quote.sentence.source, quote.sentence.text) for quote in chosen]


@pytest.mark.parametrize(
    "question",
    ["What did Anita Rowan recommend?", "What did Anita Rowan recommend about batch B-77?"],
)  # fmt: skip
def test_a_statement_is_quoted_before_the_names_around_it(tmp_path: Path, question: str) -> None:
    first, *_ = quotes(mails(tmp_path, advice=ADVICE), question)
    assert first == ("advice.eml", "The mean is below the limit and I recommend that this batch is held.")


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Who sent the mail to Helen Strand?", "From: Anita Rowan <anita.rowan@mill.example>"),
        ("When was the mail of Anita Rowan sent?", "Date: Mon, 20 Nov 2023"),
        ("What is the subject of the mail?", "Subject: Batch B-77"),
    ],
)  # fmt: skip
def test_headers_are_quoted_where_the_question_asks_for_them(tmp_path: Path, question: str, expected: str) -> None:
    assert expected in quotes(mails(tmp_path, advice=ADVICE), question)[0][1]


def test_where_nothing_is_stated_structure_is_still_quoted(tmp_path: Path) -> None:
    corpus = build(tmp_path, {"a.txt": "3.1 Zinc coating"})
    assert quotes(corpus, "What does it say of the zinc coating?") == [("a.txt", "3.1 Zinc coating")]


def test_a_bare_heading_is_quoted_behind_the_sentence_under_it(tmp_path: Path) -> None:
    report = "4. Thickness of the coating of rails\n\n4.1 The coating of each of the rails was 58 micrometres.\n"
    found = quotes(build(tmp_path, {"report.txt": report}), "What was the thickness of the coating of the rails?")
    assert "58 micrometres" in found[0][1]


@pytest.mark.parametrize("order", [("a", "b"), ("b", "a")])
def test_what_a_reply_quotes_is_quoted_from_the_mail_that_said_it(tmp_path: Path, order: tuple[str, str]) -> None:
    corpus = mails(tmp_path, **dict(zip(order, (ADVICE, REPLY), strict=True)))
    found = quotes(corpus, "Is it recommended that the batch is held?")
    held = [(source, text) for source, text in found if "recommend" in text]
    assert held == [(f"{order[0]}.eml", "The mean is below the limit and I recommend that this batch is held.")]


def test_the_mail_itself_is_quoted_though_its_copy_is_nearer() -> None:
    def sentence(document: int, text: str, similarity: float, *, quoted: bool) -> Sentence:
        place = (document, f"{document}.eml", "", "", 40, 40 + len(text))
        return Sentence(*place, text, document, similarity, quoted)

    said = "I recommend that this batch is held."
    found = [
        sentence(0, f"> {said}", 0.9, quoted=True),
        sentence(1, f"> > {said}", 0.9, quoted=True),
        sentence(2, said, 0.5, quoted=False),
    ]
    question = "Is it recommended that the batch is held?"
    assert [one.sentence.source for one in ranking.choose(question, found, lambda _: 1.0, 3)] == ["2.eml"]
    assert [one.sentence.source for one in ranking.choose(question, found[:2], lambda _: 1.0, 3)] == ["0.eml"]


def test_who_says_i_is_who_wrote_the_mail() -> None:
    def sentence(number: int, text: str, author: str, *, quoted: bool = False) -> Sentence:
        place = (number, f"{number}.eml", "", "", 40, 40 + len(text))
        return Sentence(*place, text, number, 0.1, quoted, author)

    anita, helen, said = (
        "Anita Rowan <anita.rowan@mill.example>",
        "Helen Strand",
        "I recommend that this batch is held.",
    )
    named = "Anita Rowan was there when they read it."
    found = [sentence(0, said, helen), sentence(1, said, helen, quoted=True), sentence(2, named, helen)]

    def first(*found: Sentence) -> str:
        return ranking.choose("What did Anita Rowan recommend?", found, lambda _: 1.0, 1)[0].sentence.source

    assert first(*found, sentence(3, said, anita)) == "3.eml"
    assert first(*found, sentence(3, said, anita, quoted=True)) == "2.eml"  # a reply's author is not who is quoted
    assert first(found[0], sentence(3, "It is best that this batch is held.", anita)) == "0.eml"


def test_a_sentence_knows_who_wrote_its_document(tmp_path: Path) -> None:
    corpus = mails(tmp_path, advice=ADVICE)
    hit, *_ = corpus.searcher.search("Is the batch held?")
    assert hit.author == "Anita Rowan <anita.rowan@mill.example>"
    assert {one.author for one in corpus.find("Is the batch held?")} == {hit.author}


def test_a_statement_is_quoted_where_no_memory_writes(tmp_path: Path) -> None:
    corpus = mails(tmp_path, advice=ADVICE)
    settings = Settings.model_validate({"memory": {"enabled": False}})
    answerer = Answerer(corpus.catalog, corpus.searcher, corpus.embedder, FixedRouter("comprehension"), None, settings)
    quoted = [one.quote for one in answerer.ask("What did Anita Rowan recommend?").citations]
    assert quoted == ["The mean is below the limit and I recommend that this batch is held."]


def test_what_only_a_reply_holds_is_quoted_from_the_reply(tmp_path: Path) -> None:
    found = quotes(mails(tmp_path, reply=REPLY), "Is it recommended that the batch is held?")
    assert found[0][1] == "The mean is below the limit and I recommend that this batch is held."


def test_a_sentence_further_on_in_a_quoted_line_is_known_as_quoted(tmp_path: Path) -> None:
    """Its own text has no mark: only the line that it stands in has."""
    text = "I agree.\n> The mean is low. The batch is held.\nSo be it."
    found = build(tmp_path, {"reply.txt": text}).find("Is the batch held?")
    assert {one.text: one.quoted for one in found} == {
        "I agree.": False,
        "The mean is low.": True,
        "The batch is held.": True,
        "So be it.": False,
    }


@pytest.mark.parametrize(
    "text",
    [
        "From: A <a@mill.example>\nTo: B <b@mill.example>",
        "Cc: B <b@mill.example>\nDate: Fri, 08 Sep 2023 12:02:00 +0100",
        "> Subject: RE: zinc",
        "On 20 November 2023 at 16:32, Anita Rowan wrote:",
        "On 20 November 2023 at 16:32, Anita Rowan wrote:\n> Regards,\n> Anita Rowan",
        "Regards,\nAnita Rowan",
        "> > Kind regards,\n> > A. Rowan",
        "On 20 November 2023 at 16:32, Anita Rowan wrote:\n> Helen,\n>\n>",
        "> On 20 November 2023 at 16:32, Anita Rowan wrote:\n> >\n> > Helen,",
        "Dear Mr Strand,",
        "Best, Helen",
        "Yours faithfully,",
        "4. Coating thickness",
        "4.2 Price",
    ],
)  # fmt: skip
def test_structure_is_known_by_its_form(text: str) -> None:
    assert not boilerplate.is_statement("What did the laboratory find?", text)


@pytest.mark.parametrize(
    "text",
    [
        "Thanks Anita, understood.",
        "Helen, the batch is held.",
        "held, Helen,",
        "Best endeavours shall be used to deliver.",
        "Date: 4 May 2000",
        "From: the stores\nThe price is five pounds.",
        "4. Coating is to be measured.",
        "1. 45 days apply",
        "12 Business Days",
        "The batch is held.",
    ],
)  # fmt: skip
def test_what_states_something_is_no_structure(text: str) -> None:
    assert boilerplate.is_statement("What did the laboratory find?", text)


def test_a_heading_is_quoted_where_it_is_asked_for() -> None:
    assert boilerplate.is_statement("What is the title of part 4?", "4. Coating thickness")


FORWARD = b"""From: Helen Strand <helen.strand@mill.example>
To: Piotr Zielak <piotr.zielak@mill.example>
Date: Mon, 9 Mar 2026 08:00:00 +0000
Subject: FW: coating

Piotr, please read this before the visit.

-----Original Message-----
From: Anita Rowan
Sent: 3 March 2026 17:12
To: Helen Strand
Subject: coating

Helen,
The coating of batch 14 was only 58 micrometres.
"""


def test_what_a_mail_forwards_is_cited_with_who_wrote_it_and_when(tmp_path: Path) -> None:
    corpus = mails(tmp_path, forward=FORWARD)
    settings = Settings.model_validate({"memory": {"enabled": False}})
    answerer = Answerer(corpus.catalog, corpus.searcher, corpus.embedder, FixedRouter("lookup"), None, settings)
    (inner, *_) = answerer.ask("How thick was the coating of batch 14?").citations
    assert (inner.speaker, inner.author, inner.date) == ("Anita Rowan", None, "2026-03-03")
    assert inner.quote == "The coating of batch 14 was only 58 micrometres."
    (outer, *_) = answerer.ask("What should Piotr read before the visit?").citations
    assert outer.author is not None
    assert outer.author.startswith("Helen Strand")
    assert outer.date is not None
    assert outer.date.startswith("2026-03-09")


def test_who_forwards_a_mail_did_not_write_it(tmp_path: Path) -> None:
    corpus = mails(tmp_path, forward=FORWARD)
    settings = Settings.model_validate({"memory": {"enabled": False}})
    answerer = Answerer(corpus.catalog, corpus.searcher, corpus.embedder, FixedRouter("lookup"), None, settings)
    said = answerer.ask("What did Anita Rowan know about the coating?").text
    assert "58 micrometres" in said
    assert "read this before" not in said


@pytest.mark.parametrize("text", ["25 Governing law and jurisdiction", "4.2 Limits of Liability .......... 17"])
def test_an_entry_of_a_table_of_contents_is_no_statement(text: str) -> None:
    assert not boilerplate.is_statement("Which law governs the agreement?", text)
    assert boilerplate.is_statement("What is clause 25 called?", text)


@pytest.mark.parametrize("text", ["25 Crates were lost", "12 The Buyer pays for carriage", "3 Men saw it fall"])
def test_a_sentence_that_begins_with_a_number_is_a_statement(text: str) -> None:
    assert boilerplate.is_statement("What happened to the crates?", text)


def test_the_rows_of_a_table_of_contents_are_not_quoted_for_what_they_name() -> None:
    heading, row, said = "Clause\tHeading", "25\tGoverning law", "25.1 The law of England applies."

    def sentence(start: int, text: str, parts: tuple[tuple[int, int], ...] = ()) -> Sentence:
        return Sentence(1, "a.txt", "", "", start, start + 10, text, 0, 0.5, parts=parts)

    found = [
        sentence(20, f"{heading}\n{row}", ((0, len(heading)), (20, 20 + len(row)))),
        sentence(90, said),
    ]
    chosen = ranking.choose("Which law governs?", found, lambda _: 1.0, 3)
    assert [one.sentence.text for one in chosen] == [said]
