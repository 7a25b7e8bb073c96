"""Who "he" and "she" are: what somebody is reported to have said or been told is found behind a pronoun too, and it is
quoted behind the sentence with the name."""

from __future__ import annotations

import pytest

from hybrid import Corpus, Document, Metadata
from hybrid.answering import antecedents, persons
from hybrid.answering.knowledge import told_by_pronoun

STATEMENT = """STATEMENT OF WILFRED DANE

I was the mate of the ferry Corran Lass.

On 8 May I showed the cracked weld to Helen Strang in the yard office and told her that the ramp was not safe. She said
that every ramp of that age had such marks and that paint would hide it. I wrote nothing down.

On 2 June Mr Abbot asked me to sign the sailing certificate. I would not. He then signed it himself.

Mrs Strang met Mr Abbot at the pier on the Sunday. She gave him the key.

Wilfred Dane
30 June 2025
"""
FILLER = "\n\n".join(
    f"Sailing {n} was on time. The ramp was greased, and paint for the office was ordered." for n in range(1, 30)
)
MAIL = """The bosun has spoken to Helen about the weld, and she leaves it to us.
"""


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ferry")
    mail = (
        "From: Colin Abbot <colin@ferry.example>\nTo: Ian Roy <ian@ferry.example>\nSubject: Ramp\n"
        f"Date: Mon, 12 May 2025 09:00:00 +0000\nMessage-ID: <1@x>\n\n{MAIL}"
    )
    own = (
        "From: Helen Strang <helen@ferry.example>\nTo: Ian Roy <ian@ferry.example>\nSubject: Paint\n"
        "Date: Mon, 5 May 2025 09:00:00 +0000\nMessage-ID: <2@x>\n\nPlease order paint for the pier office.\n"
    )
    (folder / "a.eml").write_text(mail)
    (folder / "b.eml").write_text(own)
    with Corpus.open(folder / "corpus", {"memory": {"enabled": False}}) as opened:
        opened.ingest(
            Document.from_text(STATEMENT, "dane.txt", Metadata(title="Statement of Wilfred Dane")),
            Document.from_text(FILLER, "log.txt"),
            folder / "a.eml",
            folder / "b.eml",
        )
        yield opened


def quoted(corpus, question):
    return [" ".join(one.quote.split()) for one in corpus.ask(question).citations]


@pytest.mark.parametrize(
    ("question", "said", "named"),
    [
        ("What did Mrs Strang say about such marks on the ramp?", "paint would hide it", "Helen Strang"),
        ("What explanation did Helen Strang give for the marks?", "paint would hide it", "Helen Strang"),
    ],
)
def test_what_she_said_is_found_and_stands_behind_her_name(corpus, question, said, named):
    quotes = quoted(corpus, question)
    at = next(at for at, one in enumerate(quotes) if said in one)
    assert any(named in one for one in quotes[:at])


@pytest.mark.parametrize(
    "question",
    ["When did Mrs Strang first hear that the ramp was not safe?", "When was Helen Strang told about the weld?"],
)
def test_told_her_says_who_was_told_where_her_name_stands_before_it(corpus, question):
    assert any("told her that the ramp was not safe" in one for one in quoted(corpus, question))


@pytest.mark.parametrize("question", ["Did Helen Strang know about the weld?", "Who told Mrs Strang about the weld?"])
def test_spoken_to_tells_and_a_first_name_is_hers(corpus, question):
    assert any("spoken to Helen" in one for one in quoted(corpus, question))


@pytest.mark.parametrize(
    ("before", "sentence", "who"),
    [
        ("Mrs Strang met Mr Abbot at the pier.", "She gave him the key.", "Strang"),
        ("Mrs Strang met Mr Abbot at the pier.", "He was late.", "Abbot"),
        ("I spoke to Helen Strang.", "Later she called back.", "Helen Strang"),
        ("The Corran Lass sailed in May.", "She was late.", None),
        ("Mr Abbot came.", "She was late.", None),
        ("Mr Abbot came.", "The ramp fell.", None),
        ("Helen Strang came.\n\nThe ramp fell.", "She was late.", None),
        ("Mr Abbot came.", "He's late.", None),
    ],
)
def test_a_pronoun_stands_for_the_last_who_may_be_meant(before, sentence, who):
    assert antecedents.meant(sentence, before) == who
    assert (antecedents.with_name(sentence, before) == sentence) == (who is None)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("I took it to Helen Strang and told her that it was not safe.", True),
        ("I took it to Mr Abbot and told her that it was not safe.", False),
        ("I took it to Helen Strang and told him that it was not safe.", True),  # a first name says nothing here
        ("I took it to Ann Roy and told her that it was not safe.", False),
    ],
)
def test_whoever_is_named_in_the_sentence_itself_was_told(text, told):
    assert told_by_pronoun(text, "", persons.PersonAsked("Helen Strang", "it", True)) == told


def test_two_of_one_last_name_have_no_first_name_in_common():
    letters = [Document.from_text("Dear all", f"{one}.txt", Metadata(author=one)) for one in ("Ann Orr", "Tom Orr")]
    orr = persons.PersonAsked("Orr", "the roof", True)
    assert persons.first_name(letters[:1], orr) == "Ann"
    assert persons.first_name(letters, orr) is None
    assert persons.first_name([Document.from_text("Dear all", "x.txt", Metadata(author="Mr Orr"))], orr) is None
