"""A sentence that a mail quotes over several lines is one sentence, and is shown without the marks before its lines."""

from __future__ import annotations

from typing import cast

import pytest
from index_only import corpus_of

import hybrid
from hybrid.answering.evidence import Sentence, Texts
from hybrid.answering.quoted import sentence_after, sentence_before
from hybrid.evaluation.verdicts import Case, ExaminedCase
from hybrid.retrieval.embedding import Embedder
from hybrid.settings.models import EMBEDDER
from hybrid.text import quoted_mails, sentences

CALL = (
    "Thank you for your call; I will write again when the carter has told me which day he can come to us with it. " * 2
)
REPLY = f"""From: Ann Orr <ann@mill.example>
To: Ben Dahl <ben@oak.example>
Date: Fri, 11 Nov 2022 10:22:00 +0100
Subject: Re: Oak

{CALL}

> From: Ben Dahl
> Sent: Wednesday, 9 November 2022 16:55
> To: Ann Orr
>
> Dear Ann, the six-year quotation is more than I can carry. Every
> plank in my tender was priced in spring. What could you do at
> around three years? The
> Lantern Bridge yard would take the offcuts.
>
> - the beams go
> - the boards stay
"""


@pytest.fixture(scope="module")
def mill(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    return corpus_of({"reply.eml": REPLY, "note.txt": "The gate opens at seven.\n"}, tmp_path_factory)


def test_a_sentence_goes_on_over_the_lines_of_a_quoted_mail() -> None:
    said = {REPLY[start:end] for start, end in sentences.spans(REPLY)}
    assert {"Every\n> plank in my tender was priced in spring.", "What could you do at\n> around three years?"} <= said
    assert len(sentences.spans("> Every\n> plank was priced in spring.")) == 1, "however short its first line is"
    assert {"> - the beams go", "> - the boards stay"} <= said, "a list's items are not joined"


def test_a_quote_begins_where_its_sentence_does_and_has_no_marks(mill: hybrid.Corpus) -> None:
    answer = mill.ask("When was every plank in the tender priced?", route="lookup")
    claim = answer.claims[0]
    assert (claim.text, claim.verdict) == ("Every plank in my tender was priced in spring.", "verbatim")
    assert "“Every plank in my tender" in str(answer)
    assert '"Every plank in my tender was priced in spring."' in str(answer)
    assert "&gt; plank" not in answer._repr_html_()
    (citation,) = claim.citations
    assert citation.quote == "Every\n> plank in my tender was priced in spring.", "the span is the document's own"
    assert mill.verify(answer) == []


def test_the_sentences_beside_one_in_a_quoted_mail_are_whole() -> None:
    texts = cast("Texts", Reply())
    start = REPLY.index("Every\n>")
    end = REPLY.index("spring.") + len("spring.")
    first = Sentence(1, "reply.eml", "", "0" * 64, start, end, "", quoted=True)
    after = sentence_after(texts, first)
    assert after is not None
    assert after.text.split() == ["What", "could", "you", "do", "at", "around", "three", "years?"]
    before = sentence_before(texts, after)
    assert before is not None
    assert (before.start, before.end) == (start, end)
    assert before.text.split()[:2] == ["Every", "plank"]


class Reply:
    """The mail as a document."""

    def text(self, document_id: int, start: int = 0, end: int | None = None) -> str:
        return REPLY[start:end]


def test_words_that_are_quoted_over_a_line_are_verbatim() -> None:
    embedder = Embedder.load(EMBEDDER.name)
    case = Case(corpus=REPLY, claim="Every plank in my tender was priced in spring.", carried=True)
    assert ExaminedCase(case, embedder).outcome(None).verdict == "verbatim"


def test_marks_are_blanks_in_their_places() -> None:
    text = "a\n>> b > c\n>\n> d"
    assert quoted_mails.without_marks(text) == "a\n   b > c\n>\n  d"
