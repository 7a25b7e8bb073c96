"""What an answer promises: exact quotes, verdicts, numbered citations, and none where nothing answers."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import jsonschema
import pytest
from answering_corpus import FixedRouter, ScriptedMemory, ScriptedSession, SmallCorpus, build, drafted, written

from hybrid.answering.answerer import Answerer
from hybrid.answering.mounting import Mount
from hybrid.answering.passages import Passage, SuppliedPassages
from hybrid.errors import CorruptCorpusError, HybridError, InputError, ModelError
from hybrid.settings import AnswerSettings, MemorySettings, Settings
from hybrid.types.answers import Answer, Citation, Claim, Hit, Route, RouteName
from hybrid.types.filters import Filter

CONTRACT = """1. Term. The supply contract starts on 1 June 2021 and
ends on 31 May 2026.

2. Price. The Buyer shall pay $12,500 per month for linen cloth.

3. Delivery. The Seller shall deliver linen cloth to the warehouse in Oslo.
"""
LETTER = """Our parties fell out over the linen cloth, because the deliveries to Oslo were late.

The Buyer withheld the price of the cloth in March.
"""
QUESTION = "Why did the parties fall out over the linen cloth?"
LOOKUP = "When does the supply contract end?"


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> SmallCorpus:
    return build(Path(tmp_path_factory.mktemp("corpus")), {"contract.txt": CONTRACT, "letters/one.txt": LETTER})


def answerer(
    corpus: SmallCorpus,
    route: RouteName = "lookup",
    says: str | None = None,
    settings: Settings | None = None,
) -> Answerer:
    memory = None if says is None else ScriptedMemory(ScriptedSession(says))
    chosen = settings or Settings()
    return Answerer(corpus.catalog, corpus.searcher, corpus.embedder, FixedRouter(route), memory, chosen)


def checked(corpus: SmallCorpus, answer: Answer) -> Answer:
    """The answer, every quote of which was found at its offsets."""
    by_source = {row.source: row.id for row in corpus.catalog.documents()}
    for citation in (citation for claim in answer.claims for citation in claim.citations):
        document = corpus.catalog.document(by_source[citation.source])
        assert document.text[citation.start : citation.end] == citation.quote
        assert document.text[: citation.start].endswith(citation.before)
        assert document.text[citation.end :].startswith(citation.after)
        assert document.sha256 == citation.sha256
        place = document.locate(citation.start, citation.end)
        assert (place.page, place.last_page, place.lines) == (citation.page, citation.last_page, citation.lines)
    return answer


def test_a_lookup_answers_with_the_sentence_itself(corpus: SmallCorpus) -> None:
    answer = checked(corpus, answerer(corpus).ask(LOOKUP))
    first = answer.claims[0]
    assert first.text == "The supply contract starts on 1 June 2021 and ends on 31 May 2026."
    assert first.citations[0].quote == "The supply contract starts on 1 June 2021 and\nends on 31 May 2026."
    assert (first.verdict, first.origin, first.support) == ("verbatim", "index", 1)
    assert answer.text.startswith(f"“{first.text}” [1]")
    assert len(answer.claims) <= AnswerSettings().max_quotes


def test_what_the_memory_writes_is_judged_sentence_by_sentence(corpus: SmallCorpus) -> None:
    says = (
        "Our parties fell out over the linen cloth, because the deliveries to Oslo were late. "
        "The Buyer must pay $12,500 per month for linen cloth. "
        "The Buyer must pay $13,500 per month for linen cloth. "
        "A dragon ate the warehouse."
    )
    answer = checked(corpus, answerer(corpus, "comprehension", says).ask(QUESTION))
    claims = written(answer)
    assert [claim.verdict for claim in claims] == ["verbatim", "supported", "contradicted", "unsupported"]
    assert {claim.origin for claim in claims} == {"memory"}
    assert [claim.decided_by for claim in claims] == ["string comparison", "rules", "rules", "rules"]
    (against,) = claims[2].contradicted_by
    assert "$12,500" in answer.citations[against - 1].quote
    assert claims[2].citations == claims[3].citations == ()


def test_what_is_written_stands_before_the_digest_as_far_as_it_is_supported_and_the_rest_is_a_draft(
    corpus: SmallCorpus,
) -> None:
    says = "The Buyer must pay $12,500 per month for linen cloth. A dragon ate the warehouse."
    answer = checked(corpus, answerer(corpus, "comprehension", says).ask(QUESTION))
    assert [claim.origin for claim in answer.claims] == ["memory", *["index"] * (len(answer.claims) - 1)]
    assert [claim.text for claim in drafted(answer)] == ["A dragon ate the warehouse."]
    for shown in (answer.text, str(answer), answer._repr_html_()):
        assert "dragon" not in shown
    assert {number for part in answer.digest for number in part.citations} == {
        claim.citations[0].number for claim in answer.claims if claim.origin == "index"
    }
    assert {part.source for part in answer.digest} == {"contract.txt", "letters/one.txt"}


def test_the_memory_does_not_write_where_the_settings_say_so(corpus: SmallCorpus) -> None:
    session = ScriptedSession("The Buyer must pay $12,500 per month for linen cloth.")
    settings = Settings(answer=AnswerSettings(memory_writes=False))
    router = FixedRouter("comprehension")
    subject = Answerer(corpus.catalog, corpus.searcher, corpus.embedder, router, ScriptedMemory(session), settings)
    answer = checked(corpus, subject.ask(QUESTION))
    assert (session.asked, written(answer), answer.notes) == ([], [], ())
    assert answer.digest
    assert written(subject.ask(QUESTION, writer=lambda _: "The Buyer withheld the price of the cloth in March."))


def test_a_digest_has_no_more_words_than_the_settings_say_and_no_sentence_of_a_removed_document(
    corpus: SmallCorpus,
) -> None:
    settings = Settings(answer=AnswerSettings(digest_words=60))
    answer = checked(corpus, answerer(corpus, "comprehension", None, settings).ask(QUESTION))
    quoted = [claim.text for claim in answer.claims]
    assert len(quoted) > 1
    assert sum(len(text.split()) for text in quoted) <= 60
    assert [claim.verdict for claim in answer.claims] == ["verbatim"] * len(quoted)


def test_unsupported_claims_are_dropped_if_the_settings_say_so(corpus: SmallCorpus) -> None:
    settings = Settings(answer=AnswerSettings(drop_unsupported=True))
    says = "The Buyer must pay $12,500 per month for linen cloth. A dragon ate the warehouse."
    answer = answerer(corpus, "comprehension", says, settings).ask(QUESTION)
    assert [claim.verdict for claim in written(answer)] == ["supported"]
    assert answer.draft is None


def test_where_no_generated_claim_stands_up_the_digest_is_the_answer(corpus: SmallCorpus) -> None:
    answer = checked(corpus, answerer(corpus, "comprehension", "A dragon ate the warehouse.").ask(QUESTION))
    assert [claim.verdict for claim in drafted(answer)] == ["unsupported"]
    assert {claim.origin for claim in answer.claims} == {"index"}
    assert answer.digest
    assert answer.notes == ()  # a note that nothing supports it would read as said of the quotes


def test_both_gives_the_quotes_first_and_leaves_out_what_repeats_them(corpus: SmallCorpus) -> None:
    says = (
        "Our parties fell out over the linen cloth, because the deliveries to Oslo were late. "
        "The Buyer must pay $12,500 per month for linen cloth."
    )
    answer = checked(corpus, answerer(corpus, "both", says).ask(QUESTION))
    in_digest = {number for part in answer.digest for number in part.citations}
    origins = [claim.origin for claim in answer.claims if claim.citations[0].number not in in_digest]
    assert origins == sorted(origins)
    assert origins[-1] == "memory"
    assert sum("fell out" in claim.text for claim in answer.claims) == 1


def test_citations_are_numbered_in_order_and_the_same_span_has_one_number(corpus: SmallCorpus) -> None:
    says = "The Buyer must pay $12,500 per month for linen cloth. "
    says += "For linen cloth $12,500 per month must be paid by the Buyer."
    answer = answerer(corpus, "comprehension", says).ask(QUESTION)
    assert [claim.citations[0].number for claim in written(answer)] == [1, 1]
    assert len({(one.source, one.start, one.end) for one in answer.citations}) == len(answer.citations)
    both = answerer(corpus, "both", says).ask(QUESTION)
    seen = dict.fromkeys(citation.number for claim in both.claims for citation in claim.citations)
    assert list(seen) == list(range(1, len(both.citations) + 1))


def test_where_nothing_answers_nothing_is_cited_and_the_memory_is_not_asked(corpus: SmallCorpus) -> None:
    session = ScriptedSession("Lactase splits lactose.")
    memory = ScriptedMemory(session)
    subject = Answerer(corpus.catalog, corpus.searcher, corpus.embedder, FixedRouter("both"), memory, Settings())
    answer = subject.ask("Which enzyme splits lactose in mammals?")
    assert (answer.found, answer.claims, answer.citations) == (False, (), ())
    nothing = "Nothing in the 2 documents of the corpus answers this question."
    named = "“enzyme”, “lactose” and “mammals” are in none of the 2 documents searched."
    assert answer.text == f"{named} {nothing}"
    assert session.asked == []


NOT_THERE = "Which enzyme of ACME-2021-078 splits lactose?"


@pytest.mark.parametrize(
    ("texts", "where", "expected"),
    [
        ({}, None, "Nothing answers this question: the corpus is empty; read documents into it first."),
        (
            {"a.txt": CONTRACT},
            None,
            "“ACME-2021-078”, “enzyme” and “lactose” are not in the document searched. "
            "Nothing in the one document of the corpus answers this question.",
        ),
        (
            {"a.txt": CONTRACT, "b.txt": LETTER},
            None,
            "“ACME-2021-078”, “enzyme” and “lactose” are in none of the 2 documents searched. "
            "Nothing in the 2 documents of the corpus answers this question.",
        ),
        (
            {"a.txt": CONTRACT, "b.txt": LETTER, "c.txt": "It rained."},
            Filter(sources=("a.txt", "b.txt")),
            "“ACME-2021-078”, “enzyme” and “lactose” are in none of the 2 documents searched. "
            "Nothing in the 2 documents that the filter lets through answers this question.",
        ),
        (
            {"a.txt": CONTRACT, "b.txt": LETTER},
            Filter(since="2030"),
            "Nothing answers this question: the filter lets none of the corpus's 2 documents through.",
        ),
    ],
    ids=["empty", "one", "two", "filter", "none let through"],
)
def test_nothing_names_what_was_searched(
    tmp_path: Path, texts: dict[str, str], where: Filter | None, expected: str
) -> None:
    answer = answerer(build(tmp_path, dict(texts))).ask(NOT_THERE, where=where)
    assert (answer.text, answer.found) == (expected, False)


def test_nothing_in_supplied_passages_is_said_of_them(corpus: SmallCorpus) -> None:
    for count, said in ((2, "in the 2 supplied passages"), (1, "in the one supplied passage"), (0, "were supplied.")):
        supplied = SuppliedPassages([Passage(LETTER, f"{n}.txt", "t", "0" * 64) for n in range(count)], None)
        assert said in answerer(corpus).over(supplied, supplied).ask("Which enzyme splits lactose?").text


def test_without_a_memory_the_index_answers_and_says_why(corpus: SmallCorpus) -> None:
    answer = checked(corpus, answerer(corpus, "comprehension").ask(QUESTION))
    assert answer.found
    assert {claim.origin for claim in answer.claims} == {"index"}
    assert len({citation.source for citation in answer.citations}) > 1
    assert "has none" in answer.notes[0]
    off = Settings(memory=MemorySettings(enabled=False))
    assert not answerer(corpus, "comprehension", settings=off).ask(QUESTION).notes  # who switched it off knows


def test_a_memory_that_fails_does_not_lose_the_answer(corpus: SmallCorpus) -> None:
    class Broken(ScriptedSession):
        def stream(self, *_: object, **__: object) -> Generator[str, None, None]:
            raise ModelError("the weights are gone")
            yield ""

    memory = ScriptedMemory(Broken(""))
    subject = Answerer(corpus.catalog, corpus.searcher, corpus.embedder, FixedRouter("both"), memory, Settings())
    answer = subject.ask(QUESTION)
    assert answer.found
    assert "the weights are gone" in answer.notes[0]


@pytest.mark.parametrize("error", [ModelError("they were made by another model"), CorruptCorpusError("it is missing")])
def test_volumes_that_cannot_be_mounted_do_not_lose_the_answer(corpus: SmallCorpus, error: HybridError) -> None:
    class Broken(ScriptedMemory):
        def mounted(self, mounts: object) -> ScriptedSession:
            raise error

    memory = Broken(ScriptedSession("The deliveries were late."))
    subject = Answerer(corpus.catalog, corpus.searcher, corpus.embedder, FixedRouter("both"), memory, Settings())
    answer = subject.ask(QUESTION)
    assert answer.found
    assert str(error) in answer.notes[0]
    assert {claim.origin for claim in answer.claims} == {"index"}


def test_a_memory_that_mounts_nothing_is_not_asked_and_the_note_says_why(corpus: SmallCorpus) -> None:
    class Empty(ScriptedMemory):
        def choose(
            self, question: str, where: Filter | None, supplied: Sequence[Hit] | None = None
        ) -> tuple[Mount, ...]:
            return ()

    memory = Empty(ScriptedSession("The deliveries were late."))
    subject = Answerer(corpus.catalog, corpus.searcher, corpus.embedder, FixedRouter("both"), memory, Settings())
    answer = subject.ask(QUESTION)
    assert (memory.mounts, memory.session.asked) == ([], [])
    assert "no volume of it holds what was found" in answer.notes[0]
    assert "none of its volumes" in subject.ask(QUESTION, where=Filter(sources="letters/*")).notes[0]


def test_a_lookup_mounts_nothing(corpus: SmallCorpus) -> None:
    memory = ScriptedMemory(ScriptedSession("The deliveries were late."))
    subject = Answerer(corpus.catalog, corpus.searcher, corpus.embedder, FixedRouter("lookup"), memory, Settings())
    assert subject.ask(LOOKUP).found
    assert memory.mounts == []


def test_the_caller_can_choose_the_route(corpus: SmallCorpus) -> None:
    answer = answerer(corpus, "lookup").ask(QUESTION, route="comprehension")
    assert answer.route == Route(name="comprehension", p_comprehension=0.25, forced=True)
    assert answerer(corpus).route(QUESTION) == Route(name="lookup", p_comprehension=0.25)


@pytest.mark.parametrize("question", ["", "   ", "\n\t", "\x00\x1b", "?!…", "\ud800"])
def test_a_question_without_words_is_refused(corpus: SmallCorpus, question: str) -> None:
    with pytest.raises(InputError, match="empty"):
        answerer(corpus).ask(question)


def test_a_question_over_the_limit_is_refused_with_the_limit(corpus: SmallCorpus) -> None:
    with pytest.raises(InputError, match="4,000"):
        answerer(corpus).ask("a" * 100_000)
    assert answerer(corpus).ask(("When does the supply contract end? " * 200)[:4000]).question


def test_what_is_not_a_question_or_a_route_is_refused(corpus: SmallCorpus) -> None:
    with pytest.raises(InputError, match="string"):
        answerer(corpus).ask(7)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="lookup, comprehension, both"):
        answerer(corpus).ask(LOOKUP, route="magic")  # type: ignore[arg-type]


def test_control_characters_in_a_question_do_no_harm(corpus: SmallCorpus) -> None:
    answer = answerer(corpus).ask("When\x00 does \x1bthe supply\r\ncontract \ud800end?")
    assert "31 May 2026" in answer.claims[0].text
    assert answer.question.isprintable()
    assert Answer.model_validate_json(answer.model_dump_json()) == answer


def test_every_stage_is_timed(corpus: SmallCorpus) -> None:
    answer = answerer(corpus, "both", "The Buyer withheld the price.").ask(QUESTION)
    stages = {"route", "search", "evidence", "lookup", "digest", "generation", "verification", "judging"}
    assert set(answer.seconds) == stages
    assert min(answer.seconds.values()) >= 0


def test_threads_get_the_answers_that_they_would_get_alone(corpus: SmallCorpus) -> None:
    subject = answerer(corpus, "both", "The Buyer must pay $12,500 per month for linen cloth.")
    alone = {question: subject.ask(question).claims for question in (QUESTION, LOOKUP)}
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda question: (question, subject.ask(question).claims), [QUESTION, LOOKUP] * 6))
    assert all(claims == alone[question] for question, claims in together)


@pytest.mark.parametrize("route", ["lookup", "comprehension", "both"])
def test_json_comes_back_the_same_and_fits_its_schema(corpus: SmallCorpus, route: RouteName) -> None:
    says = "The Buyer must pay $12,500 per month for linen cloth. A dragon ate the warehouse."
    answer = answerer(corpus, route, says).ask(QUESTION)
    text = answer.model_dump_json()
    assert Answer.model_validate_json(text) == answer
    jsonschema.validate(json.loads(text), Answer.model_json_schema(mode="serialization"))


def test_an_answer_cannot_contradict_itself() -> None:
    route = Route(name="lookup", p_comprehension=0)
    citation = Citation(
        number=2, source="a", title="a", page=None, last_page=None, lines=(1, 1), start=0, end=1, quote="x", sha256="0"
    )
    claim = Claim(text="x", verdict="verbatim", citations=(citation,), origin="index", support=1)
    with pytest.raises(InputError, match="found"):
        Answer(question="q", text="", route=route, found=True)
    with pytest.raises(InputError, match="numbered"):
        Answer(question="q", text="", route=route, found=True, claims=(claim,), citations=(citation,))
    with pytest.raises(InputError, match="those of the claims"):
        Answer(question="q", text="", route=route, found=True, claims=(claim,))


def test_a_claim_that_the_quotes_contradict_is_shown_as_such(corpus: SmallCorpus) -> None:
    says = "The Buyer must pay $13,500 per month for linen cloth."
    answer = checked(corpus, answerer(corpus, "both", says).ask("How much must the Buyer pay for linen cloth?"))
    quoted = next(claim for claim in answer.claims if "$12,500" in claim.text)
    (claim,) = drafted(answer)
    assert (claim.origin, claim.verdict) == ("memory", "contradicted")
    assert claim.contradicted_by == (quoted.citations[0].number,)
    assert f"(contradicted: [{quoted.citations[0].number}] says otherwise)" in " ".join(str(answer.draft).split())
    assert any("disagree" in note for note in answer.notes)
    assert Answer.model_validate_json(answer.model_dump_json()) == answer


def test_a_follow_up_is_answered_with_its_history_and_says_how_it_was_read(corpus: SmallCorpus) -> None:
    subject = answerer(corpus)
    first = subject.ask("Who pays under the supply contract?")
    answer = checked(corpus, subject.ask("And when does it end?", history=[first]))
    assert "31 May 2026" in answer.claims[0].text
    assert answer.question == "And when does it end?"
    assert answer.notes[0].startswith("Read as: ")
    assert "supply contract" in answer.notes[0]
    assert subject.ask(LOOKUP, history=[first]).notes == ()
    assert subject.route("And when?", history=["Who pays?"]).name == "lookup"


def test_a_history_that_is_none_is_refused(corpus: SmallCorpus) -> None:
    with pytest.raises(InputError, match="list of the questions"):
        answerer(corpus).ask("And when?", history="Who pays?")
    with pytest.raises(InputError, match="string"):
        answerer(corpus).ask("And when?", history=[7])  # type: ignore[list-item]


REWORDED = "Whoever buys linen cloth here has to remit $12,500 a month."


def judged(corpus: SmallCorpus, judge: object, says: str = REWORDED) -> Answer:
    subject = answerer(corpus, "comprehension")
    return checked(corpus, subject.ask(QUESTION, writer=lambda _: says, judge=judge))


def test_a_judge_makes_what_the_rules_leave_open_likely_and_is_named(corpus: SmallCorpus) -> None:
    asked: list[list[tuple[str, str]]] = []

    def gemma(messages: list[tuple[str, str]]) -> str:
        asked.append(messages)
        return "Yes." if "$12,500" in messages[1][1].split("Statement:")[0] else "No."

    (claim,) = written(judged(corpus, gemma))
    assert (claim.verdict, claim.decided_by, claim.probability) == ("likely", "judge gemma", 0.9)
    assert claim.citations[0].quote == "The Buyer shall pay $12,500 per month for linen cloth."
    assert "[1] (likely, 0.90)" in judged(corpus, gemma).text
    assert all(REWORDED in messages[1][1] for messages in asked)


def test_without_a_judge_what_the_rules_leave_open_has_the_probability_of_its_words(corpus: SmallCorpus) -> None:
    (claim,) = written(judged(corpus, None, "Whoever obtains linen cloth here has to come up with $12,500 a month."))
    assert (claim.verdict, claim.decided_by) == ("unsupported", "word alignment")
    assert claim.probability is not None
    assert claim.probability < 0.9
    (claim,) = written(judged(corpus, None))
    assert (claim.verdict, claim.decided_by) == ("likely", "word alignment")


def test_a_judge_that_says_no_leaves_the_claim_unsupported_with_its_probability(corpus: SmallCorpus) -> None:
    (claim,) = written(judged(corpus, lambda _: "NO"))
    assert claim.verdict == "unsupported"
    assert claim.probability == pytest.approx(0.1)


@pytest.mark.parametrize(
    "says", ["The Buyer shall pay $13,500 per month for linen cloth.", "The Buyer paid $12,500 per month."]
)
def test_a_judge_is_never_asked_about_what_a_check_refuses(corpus: SmallCorpus, says: str) -> None:
    (claim,) = written(judged(corpus, lambda messages: pytest.fail(f"asked: {messages}"), says))
    assert claim.verdict in ("contradicted", "unsupported")


def test_a_judge_that_fails_is_named_in_a_note_and_the_rules_decide_alone(corpus: SmallCorpus) -> None:
    calls = []

    def broken(messages: list[tuple[str, str]]) -> str:
        calls.append(messages)
        raise ConnectionError("refused")

    answer = judged(corpus, broken, f"{REWORDED} Whoever buys cloth of linen has to remit $12,500 a month to somebody.")
    assert len(calls) == 1
    assert "The judge did not answer: ConnectionError: refused. The rules decide alone." in answer.notes


def test_no_transaction_is_open_while_a_judge_thinks(corpus: SmallCorpus, monkeypatch: pytest.MonkeyPatch) -> None:
    open_now: list[bool] = []
    original = type(corpus.catalog).read_transaction

    @contextmanager
    def counted(self: object) -> Iterator[None]:
        with original(self):  # type: ignore[arg-type]
            open_now.append(True)
            try:
                yield
            finally:
                open_now.pop()

    monkeypatch.setattr(type(corpus.catalog), "read_transaction", counted)
    seen = []
    judged(corpus, lambda _: (seen.append(list(open_now)), "YES")[1])
    assert seen
    assert not any(seen)


def test_what_is_no_judge_is_refused(corpus: SmallCorpus) -> None:
    with pytest.raises(InputError, match="a judge is a LangChain chat model, or a function"):
        judged(corpus, "gemma")


def test_a_claim_that_joins_statements_names_the_verdict_of_each(corpus: SmallCorpus) -> None:
    says = "The Buyer shall pay $12,500 per month for linen cloth, and the moon is made of cheese."
    answer = judged(corpus, None, says)
    (claim,) = written(answer)
    assert (claim.verdict, claim.text) == ("unsupported", says)
    assert [part.verdict for part in claim.parts] == ["verbatim", "unsupported"]
    assert Answer.model_validate_json(answer.model_dump_json()) == answer


def test_what_was_removed_while_a_judge_thinks_is_not_cited(tmp_path: Path) -> None:
    own = build(tmp_path, {"contract.txt": CONTRACT, "letters/one.txt": LETTER})
    removed = next(row.id for row in own.catalog.documents() if row.source == "contract.txt")
    subject = answerer(own, "comprehension")

    def judge(messages: list[tuple[str, str]]) -> str:
        names = own.catalog.names
        own.catalog.names = lambda ids: {one: name for one, name in names(ids).items() if one != removed}  # type: ignore[method-assign]
        return "YES"

    answer = subject.ask(QUESTION, writer=lambda _: REWORDED, judge=judge)
    assert all(citation.source != "contract.txt" for citation in answer.citations)
    assert any("removed or replaced" in note for note in answer.notes)
