"""What the measuring of answers promises: citations are counted as they are, absence is told from presence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from framework_corpus import END, NOWHERE, made

from hybrid.answering import abstention
from hybrid.answering.answerer import NOT_CONFIDENT
from hybrid.answering.selection import document_header, ranker
from hybrid.cli import main
from hybrid.errors import InputError
from hybrid.evaluation.answers import ExpectedAnswer, Outcome, evaluate, read_expected, report, says_so
from hybrid.types.answers import Answer, Citation, Claim, Route


def citation(quote: str, source: str = "lease.txt") -> Citation:
    place = {"page": None, "last_page": None, "lines": (1, 1), "start": 0, "end": len(quote)}
    return Citation.model_validate(
        {"number": 1, "source": source, "title": "lease", "quote": quote, "sha256": "0" * 64, **place}
    )


def test_a_citation_touches_what_it_holds_or_is_part_of_and_nothing_else() -> None:
    expected = ExpectedAnswer(question="When?", quotes=("30 June\n2027",), source="lease.txt")
    assert expected.touches(citation("It ends on 30  june 2027."))
    assert expected.touches(citation("30 June"))
    assert not expected.touches(citation("It ends on 30 June 2028."))
    assert not expected.touches(citation("It ends on 30 June 2027.", source="other.txt"))


@pytest.mark.parametrize("line", ['{"question": "When?"}', '{"question": "", "quotes": []}', "{"])
def test_a_wrong_line_of_expected_answers_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "q.jsonl"
    path.write_text(json.dumps({"question": "Who?", "quotes": []}) + "\n" + line + "\n", "utf-8")
    with pytest.raises(InputError, match="line 2"):
        read_expected(path)


def test_an_answer_says_so_where_it_finds_nothing_or_warns() -> None:
    route = Route(name="lookup", p_comprehension=0)
    assert says_so(Answer(question="q", text="Nothing.", route=route, found=False))
    one = citation("It ends.")
    claim = Claim(text="It ends.", verdict="verbatim", citations=(one,), origin="index", support=1)
    answer = Answer(question="q", text="It ends. [1]", route=route, found=True, claims=(claim,), citations=(one,))
    assert not says_so(answer)
    assert says_so(answer.model_copy(update={"notes": (NOT_CONFIDENT,)}))


def outcome(*, answerable: bool, first: bool = False, among: bool = False, said: bool = False) -> Outcome:
    return Outcome("s", answerable, first, among, said, dense=(False, among), lexical=(False, False))


def test_shares_are_of_the_questions_that_they_are_about() -> None:
    made = report(
        [
            outcome(answerable=True, first=True, among=True),
            outcome(answerable=True, among=True, said=True),
            outcome(answerable=False, said=True),
            outcome(answerable=False),
            outcome(answerable=False),
        ],
        0,
        None,
        {},
    )
    answer, dense, lexical = made.rows
    assert (answer["answerable"], answer["absent"]) == (2, 3)
    assert (answer["first cited"], answer["among 5"], answer["doubted though there"]) == (0.5, 1, 0.5)
    assert answer["said to be absent"] == pytest.approx(1 / 3, abs=1e-6)
    assert (dense["among 5"], lexical["among 5"], dense["said to be absent"]) == (1, 0, None)


@pytest.mark.parametrize(
    ("question", "field_asked"),
    [
        ("What is the name of the agreement?", "name"),
        ("What is the title of this lease?", "name"),
        ("Who are the parties to the supply contract?", "parties"),
        ("When was the lease signed?", "date"),
        ("What is the date of the agreement?", "date"),
        ("When does the agreement expire?", None),
        ("Who pays the rent?", None),
        ("What is the name of the ship?", None),
    ],
)
def test_questions_about_a_document_itself_are_told_from_others(question: str, field_asked: str | None) -> None:
    assert document_header.field_asked(question) == field_asked


def test_a_title_and_a_preamble_fit_only_where_a_document_opens() -> None:
    preamble = 'This lease is made on 3 May 2021 by and between Acme Ltd. ("Landlord") and Beta.'
    assert document_header.fit("name", "SUPPLY AGREEMENT", 0) > document_header.fit("name", "SUPPLY AGREEMENT", 900) > 0
    assert document_header.fit("name", "SUPPLY AGREEMENT", document_header.CHARS) == 0
    assert document_header.fit("name", "The Buyer shall pay.", 0) == 0
    assert document_header.fit("parties", preamble, 50) > 0.8
    assert document_header.fit("date", preamble, 50) > 0.8


def test_between_answerable_and_confident_an_answer_warns() -> None:
    shipped = ranker.load()
    between = abstention.Answerability((shipped.threshold + shipped.confident) / 2)
    assert between.answerable
    assert not between.confident
    assert abstention.Answerability(shipped.confident).confident
    assert not abstention.Answerability(shipped.threshold - 0.01).answerable


# Samples for ragas and tools like it ---------------------------------------------------------------------


def test_samples_of_such_a_tool_are_read_as_questions(tmp_path: Path) -> None:
    theirs = {
        "user_input": "Who?",
        "reference": "Ann.",
        "reference_contexts": ["Ann did."],
        "response": "?",
        "contexts": [],
    }
    ours = {"question": "Who?", "reference": "Ann.", "quotes": ["Ann did."]}
    path = tmp_path / "q.jsonl"
    path.write_text(f"{json.dumps(theirs)}\n{json.dumps(ours)}\n", "utf-8")
    one, other = read_expected(path)
    assert one == other
    path.write_text(
        json.dumps({"question": "Who?", "user_input": "When?", "ground_truth": "Ann.", "quotes": []}), "utf-8"
    )
    (found,) = read_expected(path)
    assert (found.question, found.reference, found.answerable) == ("Who?", "Ann.", False)
    path.write_text(json.dumps({**ours, "persona": "x"}), "utf-8")
    with pytest.raises(InputError, match="persona"):
        read_expected(path)


def test_a_sample_has_what_was_asked_answered_and_read_and_what_is_right(tmp_path: Path) -> None:
    asked = [
        ExpectedAnswer(question=END, quotes=("30 June 2027",)),
        ExpectedAnswer(question=END, quotes=("30 June 2027",), reference="In June."),
        ExpectedAnswer(question=NOWHERE, quotes=()),
    ]
    samples: list[dict[str, Any]] = []
    with made(tmp_path / "c") as corpus:
        plain = evaluate(corpus, asked, 0)
        assert evaluate(corpus, asked, 0, samples.append) == plain
        answer, found = corpus.ask(END, route="lookup"), corpus.search(END, k=1)
    first, second, absent = samples
    assert (first["user_input"], first["response"]) == (first["question"], first["answer"]) == (END, answer.text)
    assert any(answer.citations[0].quote in context for context in first["retrieved_contexts"])
    assert found[0].text in first["retrieved_contexts"]
    assert first["retrieved_contexts"] == first["contexts"]
    assert first["reference_contexts"] == ["30 June 2027"]
    assert first["reference"] == first["ground_truth"] == "30 June 2027"
    assert second["reference"] == second["ground_truth"] == "In June."
    assert "reference" not in absent
    assert "Nothing in the 3 documents" in absent["response"]


def test_samples_are_a_line_each_and_read_again(tmp_path: Path) -> None:
    made(tmp_path / "c").close()
    questions, samples = tmp_path / "q.jsonl", tmp_path / "new" / "samples.jsonl"
    questions.write_text(json.dumps({"question": END, "quotes": ["30 June 2027"]}) + "\n", "utf-8")
    command = ["eval", "answers", str(tmp_path / "c"), str(questions), "--samples"]
    done = CliRunner().invoke(main, [*command, str(samples)])
    assert done.exit_code == 0, done.output
    (line,) = samples.read_text("utf-8").splitlines()
    assert json.loads(line)["response"].startswith("“The supply agreement ends on 30 June 2027")
    assert [one.question for one in read_expected(samples)] == [END]
    refused = CliRunner().invoke(main, [*command, str(questions / "x.jsonl")])
    assert refused.exit_code == 1
    assert "cannot write the samples" in refused.output
