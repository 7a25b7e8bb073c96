"""One question to several groups: each answers from its own documents, and open contradictions are named."""

from __future__ import annotations

import asyncio
import csv
import io
from itertools import pairwise
from pathlib import Path

import pytest
from display_checks import check

import hybrid
from hybrid.answering.answerer import Answerer
from hybrid.answering.comparison import contradictions
from hybrid.answering.request import RequestContext
from hybrid.errors import InputError
from hybrid.settings import MemorySettings, Settings
from hybrid.types.answers import Answer, Citation, Claim, Route, Verdict

QUESTION = "How many days is notice of termination?"
ACME, BETA = "acme/lease.txt", "beta/lease.txt"
GROUPS = {"Beta Ltd": hybrid.Filter(sources="beta/*"), "Acme": hybrid.Filter(sources="acme/*")}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    folder = tmp_path_factory.mktemp("groups")
    corpus = hybrid.Corpus.open(folder / "corpus", Settings(memory=MemorySettings(enabled=False)))
    corpus.ingest(
        hybrid.Document.from_text("Notice of termination is 30 days.\n\nRent is due on Monday.", source=ACME),
        hybrid.Document.from_text("Notice of termination is 60 days.\n\nThe depot is in Ghent.", source=BETA),
    )
    return corpus


@pytest.fixture(scope="module")
def comparison(corpus: hybrid.Corpus) -> hybrid.Comparison:
    return corpus.compare(QUESTION, GROUPS, route="lookup")


def answer(text: str, verdict: Verdict = "verbatim") -> Answer:
    cited = Citation(
        number=1, source="a", title="a", page=None, last_page=None, lines=(1, 1), start=0, end=len(text), quote=text,
        sha256="0" * 64,
    )  # fmt: skip
    citations = () if verdict == "unsupported" else (cited,)
    claim = Claim(text=text, verdict=verdict, citations=citations, origin="index", support=1.0)
    route = Route(name="lookup", p_comprehension=0.1)
    return Answer(question="?", text=text, route=route, claims=(claim,), citations=citations, found=True)


def test_each_side_answers_from_its_own_documents_in_the_order_given(
    comparison: hybrid.Comparison, corpus: hybrid.Corpus
) -> None:
    assert comparison.question == QUESTION
    assert list(comparison) == ["Beta Ltd", "Acme"]
    assert len(comparison) == 2
    for (group, found), source in zip(comparison.items(), (BETA, ACME), strict=True):
        assert {citation.source for citation in found.citations} == {source}
        assert found.where == GROUPS[group]
        assert found.route.forced
        alone = corpus.ask(QUESTION, route="lookup", where=GROUPS[group])
        assert found.model_dump(exclude={"seconds"}) == alone.model_dump(exclude={"seconds"})


def test_claims_that_contradict_each_other_are_named_with_both_their_places(comparison: hybrid.Comparison) -> None:
    (found,) = comparison.contradictions
    assert found.groups == ("Beta Ltd", "Acme")
    assert [claim.text for claim in found.claims] == [
        "Notice of termination is 60 days.",
        "Notice of termination is 30 days.",
    ]
    assert [(one.source, one.quote) for one in found.citations] == [
        (BETA, "Notice of termination is 60 days."),
        (ACME, "Notice of termination is 30 days."),
    ]


def test_a_group_does_not_contradict_itself_and_every_two_groups_are_compared() -> None:
    both = answer("The rent is $5 a month.")
    other = answer("The rent is $9 a month.")
    found = list(contradictions({"a": both, "b": other, "c": both}))
    assert [one.groups for one in found] == [("a", "b"), ("b", "c")]


def test_a_header_is_no_sentence_before_and_a_denial_of_an_act_is_found(tmp_path: Path) -> None:
    corpus = hybrid.Corpus.open(tmp_path / "corpus", Settings(memory=MemorySettings(enabled=False)))
    header = (
        "From: {} <x@example.org>\nTo: {} <y@example.org>\nDate: Mon, 03 May 2021 09:14:00 +0000\nSubject: Flood\n\n"
    )
    (tmp_path / "tek.eml").write_text(
        header.format("Ben Tek", "Cy Wye")
        + "Cy,\n\nWe gave the tenant notice of the flood by text message. Ann sent it.\n"
    )
    (tmp_path / "orr.eml").write_text(
        header.format("Ann Orr", "Ben Tek").replace("09:14", "17:50")
        + "Ben, I never sent the tenant a text message about the flood.\n"
    )
    (tmp_path / "wye.eml").write_text(
        header.format("Cy Wye", "Ben Tek") + "Ben, I never sent the tenant a text message about the auction.\n"
    )
    corpus.ingest(tmp_path / "tek.eml", tmp_path / "orr.eml", tmp_path / "wye.eml")
    tek, orr, wye = (hybrid.Filter(sources=f"*{name}.eml") for name in ("tek", "orr", "wye"))
    question = "Did Ann Orr send a text message about the flood?"
    (found,) = corpus.compare(question, {"tek": tek, "orr": orr}, route="lookup").contradictions
    assert [claim.text for claim in found.claims] == [
        "Ann sent it.",
        "Ben, I never sent the tenant a text message about the flood.",
    ]
    assert corpus.compare(question, {"tek": tek, "wye": wye}, route="lookup").contradictions == ()


def test_what_nothing_carries_contradicts_nobody() -> None:
    groups = {"a": answer("The rent is $5 a month."), "b": answer("The rent is $9 a month.", "unsupported")}
    assert not list(contradictions(groups))


def test_the_history_reaches_every_side(corpus: hybrid.Corpus) -> None:
    found = corpus.compare("And when is it due?", {**GROUPS, "All": hybrid.Filter()}, history=["How much is the rent?"])
    assert all(any(note.startswith("Read as: ") for note in one.notes) for one in found.values())
    assert found["All"].where is None


def test_all_groups_are_asked_in_one_state_of_the_corpus(
    corpus: hybrid.Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Answerer] = []
    prepare = Answerer.prepare

    def watched(self: Answerer, *arguments: object) -> RequestContext:
        asked.append(self)
        return prepare(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Answerer, "prepare", watched)
    found = corpus.compare(QUESTION, GROUPS)
    assert len(asked) == 2
    assert all(one is other for one, other in pairwise(asked))
    assert len({one.commit for one in found.values()}) == 1


def test_its_text_names_the_groups_what_was_searched_and_the_contradiction(comparison: hybrid.Comparison) -> None:
    shown = str(comparison)
    assert shown.startswith(f"{QUESTION}\n\nBeta Ltd\n--------\n“Notice of termination is 60 days.” [1]")
    assert "Searched only: source acme/*." in shown
    assert shown.endswith(f"1 open contradiction:\n{comparison.contradictions[0]}")
    assert str(comparison.contradictions[0]) == (
        '  Beta Ltd: [1] beta/lease.txt, line 1: "Notice of termination is 60 days."\n'
        '  Acme: [1] acme/lease.txt, line 1: "Notice of termination is 30 days."'
    )


def test_a_notebook_shows_the_groups_beside_each_other_and_wraps_them(comparison: hybrid.Comparison) -> None:
    root = check(comparison._repr_html_())
    groups = [one for one in root.iter("div") if one.get("role") == "region"]
    assert [one.get("aria-label") for one in groups] == ["Beta Ltd", "Acme"]
    assert groups[0].getparent() is groups[1].getparent()
    assert "flex-wrap:wrap" in groups[0].getparent().get("style", "")
    assert "60 days" in groups[0].xpath("string()")
    assert "60 days" not in groups[1].xpath("string()")
    assert check(comparison.contradictions[0]._repr_html_()).xpath("string()").count("Notice of termination") == 2


def test_without_a_contradiction_it_says_what_was_not_looked_for(corpus: hybrid.Corpus) -> None:
    found = corpus.compare("Where is the depot and when is rent due?", GROUPS)
    assert not [one for one in found.contradictions if "Ghent" in one.claims[0].text]
    calm = hybrid.Comparison("?", {"a": answer("The rent is $5."), "b": answer("The rent is $5.")})
    for shown in (str(calm), check(calm._repr_html_()).xpath("string()")):
        assert "What has to be inferred was not looked for." in " ".join(shown.split())


def test_a_report_and_exhibits_take_it_as_they_take_its_answers(
    comparison: hybrid.Comparison, corpus: hybrid.Corpus
) -> None:
    answers = list(comparison.values())
    assert hybrid.exhibits(comparison) == hybrid.exhibits(answers)
    assert hybrid.exhibits([answers[0], comparison]) == hybrid.exhibits([answers[0], *answers])
    report = hybrid.report(comparison, corpus)
    assert report.answers == tuple(answers)
    assert report.verification is not None
    assert report.verification.holds
    rows = list(csv.DictReader(io.StringIO(hybrid.exhibits(comparison).as_csv(), newline="")))
    assert {row["filter"] for row in rows} == {"source beta/*", "source acme/*"}
    with pytest.raises(InputError, match="not 'When"):
        hybrid.exhibits({"a": "When?"})  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("groups", "said"),
    [
        ({}, "at least two groups, and there is none"),
        ({"a": hybrid.Filter()}, "at least two groups, and there is 1"),
        ({"a": hybrid.Filter(), "b": "beta/*"}, r"group 'b' is str, not a hybrid\.Filter"),
        ({"a": hybrid.Filter(), " ": hybrid.Filter()}, "a group has a name"),
        ([hybrid.Filter(), hybrid.Filter()], r"mapping of names to hybrid\.Filter, not list"),
        ({"a": hybrid.Filter(), "b": hybrid.Filter(sources="gamma/*")}, "gamma"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_words(corpus: hybrid.Corpus, groups: object, said: str) -> None:
    with pytest.raises(InputError, match=said):
        corpus.compare(QUESTION, groups)  # type: ignore[arg-type]


def test_its_twin_says_the_same(comparison: hybrid.Comparison, corpus: hybrid.Corpus) -> None:
    found = asyncio.run(corpus.acompare(QUESTION, GROUPS, route="lookup"))
    assert found.contradictions == comparison.contradictions
    assert [one.text for one in found.values()] == [one.text for one in comparison.values()]
