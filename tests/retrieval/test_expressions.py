"""Search expressions find what they say, in search and in ask; what they cannot say is refused by its name."""

from __future__ import annotations

from pathlib import Path

import pytest

import hybrid
from hybrid.errors import InputError
from hybrid.retrieval import query

MAIL = "From: {who} <x@mill.example>\nTo: {to} <y@mill.example>\nDate: {date}\nSubject: {subject}\n\n{body}\n"
TEXTS = {
    "salt.txt": "The salt was very wet when it came.\n\nNobody had weighed it.",
    "dry.txt": "The salt was dry and it was weighed. The mill closed. The owners met in May. The wet season began.",
    "end.txt": "The termination of the lease was noticed. Terminal four was closed.",
    "terminal.txt": "The term of the lease is long, and nobody ends it.",
    "hire-draft.txt": "DRAFT 2\n\nHire of the barge. The hire is 40 crowns a day.",
    "hire.txt": "Hire of the barge.\n\nThe hire is 50 crowns a day.",
}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    folder = tmp_path_factory.mktemp("mails")
    given = {
        "one.eml": MAIL.format(who="Ann Aaker", to="Bo Berg", date="Mon, 4 Mar 2024 10:00:00 +0000", subject="Wet salt",
                               body="The salt is wet again."),
        "two.eml": MAIL.format(who="Bo Berg", to="Ann Aaker", date="Fri, 5 Apr 2024 10:00:00 +0000", subject="Re: Ago",
                               body="The salt will be dried."),
    }  # fmt: skip
    for name, text in (TEXTS | given).items():
        (folder / name).write_text(text)
    corpus = hybrid.Corpus.open(
        tmp_path_factory.mktemp("corpus"), hybrid.Settings.model_validate({"memory": {"enabled": False}})
    )
    corpus.ingest(folder)
    return corpus


def names(hits: hybrid.Hits) -> set[str]:
    return {hit.source.rpartition("/")[2] for hit in hits}


FOUND = [
    ('"salt was dry"', {"dry.txt"}),
    ("“was very wet”", {"salt.txt"}),
    ('"dry was salt"', set()),
    ('"no such phrase here"', set()),
    ("-weighed salt", {"one.eml", "two.eml"}),
    ("salt AND wet", {"salt.txt", "dry.txt", "one.eml"}),
    ("salt AND wet?", {"salt.txt", "dry.txt", "one.eml"}),
    ("salt w/3 wet?", {"salt.txt", "one.eml"}),
    ("will AND dried", {"two.eml"}),
    ("salt AND NOT wet", {"two.eml"}),
    ("salt AND NOT weighed", {"one.eml", "two.eml"}),
    ("salt NOT weighed", {"one.eml", "two.eml"}),
    ("salt -weighed", {"one.eml", "two.eml"}),
    ("termination OR dried", {"end.txt", "two.eml"}),
    ("salt w/3 wet", {"salt.txt", "one.eml"}),
    ("wet w/3 salt", {"salt.txt", "one.eml"}),
    ("salt w/1 wet", {"one.eml"}),
    ('salt w/4 "very wet"', {"salt.txt"}),
    ("(salt OR lease) w/3 (wet OR long)", {"salt.txt", "one.eml", "terminal.txt"}),
    ("terminat*", {"end.txt"}),
    ("terminat* w/4 notic*", set()),
    ("terminat* w/5 notic*", {"end.txt"}),
    ('"salt was dry" AND closed', {"dry.txt"}),
    ("from:ann", {"one.eml"}),
    ("to:ann", {"two.eml"}),
    ('from:"Bo Berg" AND dried', {"two.eml"}),
    ("from:(ann OR bo)", {"one.eml", "two.eml"}),
    ("salt* before:2024-04", {"one.eml"}),
    ("salt* after:2024-03", {"two.eml"}),
    ("subject:salt", {"one.eml"}),
    ("source:*.eml AND NOT from:ann", {"two.eml"}),
    ("type:eml salt*", {"one.eml", "two.eml"}),
    ("status:draft", {"hire-draft.txt"}),
    ("barge AND NOT status:draft", {"hire.txt"}),
]


@pytest.mark.parametrize(("expression", "expected"), FOUND, ids=[one for one, _ in FOUND])
def test_an_expression_finds_the_documents_that_it_says(corpus, expression, expected):
    assert names(corpus.search(expression, k=50)) - {"x"} == expected


REFUSED = [
    ("salt pre/3 wet", "pre/3 (in this order) is not known; use w/3"),
    ("salt w/s wet", "w/s (in one sentence) is not known; use w/15"),
    ("salt w/p wet", "w/p (in one paragraph)"),
    ("*salt", "end of a word only"),
    ("s*lt", "end of a word only"),
    ("s?lt wet", "end of a word only"),
    ("salt~", "spellings alike (~)"),
    ("salt^2", "weights (^)"),
    ("NOT salt", "only excludes"),
    ("-salt", "only excludes"),
    ("-salt -wet", "only excludes"),
    ("(salt", "a parenthesis that is not closed"),
    ("((salt wet)", "a parenthesis that is not closed"),
    ("salt w/ wet", "w/ in 'salt w/ wet' is without a number of words; write w/5"),
    ("from:", "nothing after from:"),
    ("sender: ", "nothing after sender:"),
    ("salt AND", "nothing after its last sign"),
    ("salt AND (wet", "a parenthesis that is not closed"),
    ("salt AND wet)", "a closing parenthesis that nothing opens"),
    ("sender:ann", "(say from:)"),
    ("from:zoe salt", "no document has from:'zoe'"),
    ("before:soon salt", "'soon' is no date"),
    ("(salt AND wet) w/5 dry", "w/5 beside what is no word"),
    ("status:superseded barge", "no document has status:'superseded'; there are"),
    ("salt XOR wet", "'XOR' in 'salt XOR wet' is not known; write (salt AND NOT wet)"),
    ("salt & wet", "use AND"),
    ("salt && wet", "use AND"),
    ("salt || wet", "use OR"),
    ("salt /5 wet", "use w/5"),
    ("salt NEAR3 wet", "use w/5"),
    ("NEAR(salt, wet)", "use w/5"),
    ("^salt", "write the word alone"),
    ("/sa.*t/", "regular expressions are not known"),
    ("colour:red barge", "the field colour:, which there is not"),
]


@pytest.mark.parametrize(("expression", "why"), REFUSED, ids=[one for one, _ in REFUSED])
def test_what_cannot_be_done_is_refused_by_its_name(corpus, expression, why):
    for verb in (corpus.search, corpus.ask):
        with pytest.raises(InputError) as raised:
            verb(expression)
        assert why in str(raised.value)


QUESTIONS = [
    "Is the salt wet?", 'What does "time is of the essence" mean?', "TERMS AND CONDITIONS OF SALE", "At 10:30?",
    "https://mill.example/a", "Who is it from: Ann or Bo?", "the semi-annual report", "What is A/B testing?",
    '"Is the salt wet?"', "“When does the lease end?”", '"salt was dry" and "very wet"', "Is the mill (salt", "- salt",
    "(b) the salt", "-5 degrees", "Who came w/ salt yesterday", "Subject: wet salt", "from", '"ภาษาไทย"', '"§"',
    "Marks & Spencer", "What is XOR?", "How is salt & wet sand mixed?", "/srv/salt",
    "See note:two of the report on salt", "3 / 4 cup",
    "Did Ann AND Ben sign?", "Was the salt wet OR dry?", "What does AND mean in clause 4?", "What is 2*3?",
    "Why did he say NOT NOW?", 'Who wrote "salt* is wet"?', "What does § 5 AND § 6 say?", "How low is -40 C?",
    "Who signed for C&A?", "What did AT&T pay?", "Is R&D capped?", "Was it 5* rated?", "Why && how did it end?",
    "What's in Ann's && Ben's files?", "Is the -5 degrees limit kept?", "What does the wildcard * do",
    'Did she write "call me *now*"?', "Is clause 4 ^2 binding?",
    "either/or", "Did he (or she) sign?", "Re: salt", "the ratio 3:1",
]  # fmt: skip


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_in_words_is_no_expression(question):
    assert query.parse(question) is None


def test_a_phrase_that_is_searched_for_by_cosine_is_a_question(corpus):
    assert corpus.search('"no such phrase here"', order="dense")


def test_fields_beside_a_question_choose_the_documents_that_answer_it(corpus):
    answer = corpus.ask("from:ann How is the salt?", route="lookup")
    assert {citation.source.rpartition("/")[2] for citation in answer.citations} == {"one.eml"}
    assert answer.where is not None
    assert names(corpus.search("from:bo salt")) == {"two.eml"}


def test_an_expression_is_answered_with_the_sentences_that_hold_it(corpus):
    answer = corpus.ask("terminat* AND lease")
    assert answer.claims[0].text == "The termination of the lease was noticed."
    assert "1 document fits it" in answer.notes[0]
    assert corpus.verify(answer) == []
    assert not corpus.ask("salt AND unicorn").found


def test_a_filter_and_an_expression_hold_together(corpus):
    found = corpus.search("salt AND wet", where=hybrid.Filter(sources="*.txt"), k=50)
    assert names(found) == {"salt.txt", "dry.txt"}
    assert {document.source.rpartition("/")[2] for document, _ in corpus.search_documents("salt w/3 wet")} == {
        "salt.txt", "one.eml",
    }  # fmt: skip


def test_the_order_by_meaning_is_refused_for_an_expression(corpus):
    with pytest.raises(InputError, match="matched by words"):
        corpus.search("salt AND wet", order="dense")


@pytest.mark.parametrize(
    "text", ['"wet salt', 'depot AND "wet salt', 'depot ("wet salt OR dry)', '"wet salt" AND "depot']
)
def test_a_quotation_mark_that_is_not_closed_is_refused_by_name(text: str) -> None:
    with pytest.raises(InputError, match="quotation mark that is not closed"):
        query.parse(text)


@pytest.mark.parametrize(
    "text", ['"wet salt"', 'a plank of 5" by 3"', 'Who said "wet salt?', 'the 12" pipe of "wet salt"']
)
def test_closed_quotation_marks_inches_and_questions_are_not_refused(text: str) -> None:
    query.parse(text)


@pytest.mark.parametrize("author", ["Ann Aaker", "ann aaker", "x@mill.example"])
def test_a_filter_finds_the_author_of_a_mail_by_name_or_address(corpus, author):
    where = hybrid.Filter(metadata={"author": author})
    assert "one.eml" in names(corpus.search("Is the salt wet?", where=where))
    assert not any("No document has the author" in note for note in corpus.ask("Is the salt wet?", where=where).notes)


def test_a_filter_takes_no_part_of_a_name_for_the_name(corpus):
    assert (
        "No document has the author “Ann”."
        in corpus.ask("Is the salt wet?", where=hybrid.Filter(metadata={"author": "Ann"})).notes
    )


def test_a_status_beside_a_question_chooses_the_documents_that_answer_it(corpus):
    answer = corpus.ask("status:draft What is the hire of the barge a day?")
    assert {one.source.rpartition("/")[2] for one in answer.citations} == {"hire-draft.txt"}


def test_an_identifier_between_two_words_counts_as_one_of_them(tmp_path: Path) -> None:
    (tmp_path / "crates.txt").write_text("The seals of KX-20-117, KX-20-118 and KX-20-119 were broken.")
    (tmp_path / "barrels.txt").write_text("The seals of all of the nine red oak barrels were broken.")
    settings = hybrid.Settings.model_validate({"memory": {"enabled": False}})
    corpus = hybrid.Corpus.open(tmp_path.parent / "near", settings)
    corpus.ingest(tmp_path)

    def found(words: int) -> set[str]:
        documents = corpus.search_documents(f"seals w/{words} broken")
        return {document.source.rpartition("/")[2] for document, _ in documents}

    assert (found(6), found(7), found(10)) == (set(), {"crates.txt"}, {"crates.txt", "barrels.txt"})
