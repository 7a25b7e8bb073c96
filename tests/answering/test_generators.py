"""Who writes an answer, and telling it while it is made."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from answering_corpus import FixedRouter, ScriptedReader, SmallCorpus, build
from test_answer import CONTRACT, LETTER, LOOKUP, QUESTION, checked

from hybrid.answering import generators
from hybrid.answering.answerer import NOTHING, Answerer
from hybrid.answering.generators import cleaned
from hybrid.errors import InputError, ModelError
from hybrid.settings import AnswerSettings, MemorySettings, Settings
from hybrid.text.sentence_stream import SentenceStream
from hybrid.types.answers import Answer, RouteName
from hybrid.types.filters import Filter

TRUE = "The Buyer must pay $12,500 per month for linen cloth."
FALSE = "A dragon ate the warehouse."
SAYS = f"{TRUE} {FALSE}"


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> SmallCorpus:
    return build(Path(tmp_path_factory.mktemp("corpus")), {"contract.txt": CONTRACT, "letters/one.txt": LETTER})


class InferenceSession(ScriptedReader):
    """A memory that says what it writes a few characters at a time."""

    def generate(
        self,
        messages: Sequence[tuple[str, str]],
        *,
        max_new_tokens: int,
        on_token: Callable[[str], None] | None = None,
    ) -> str:
        for at in range(0, len(self.output), 3):
            if on_token is not None:
                on_token(self.output[at : at + 3])
        return super().generate(messages, max_new_tokens=max_new_tokens)


class Message:
    def __init__(self, text: object) -> None:
        self.text = text


class Model:
    """A chat model as LangChain's are: `invoke` and `stream`, messages in and messages out."""

    def __init__(self, says: str, fails_after: int | None = None) -> None:
        self.says = says
        self.fails_after = fails_after
        self.asked: list[Any] = []
        self.streamed = False

    def invoke(self, messages: Any) -> Message:
        self.asked.append(messages)
        if self.fails_after is not None:
            raise TimeoutError("no answer in 60 s")
        return Message(self.says)

    def stream(self, messages: Any) -> Iterator[Message]:
        self.asked.append(messages)
        self.streamed = True
        for at in range(0, len(self.says), 5):
            if self.fails_after is not None and at >= self.fails_after:
                raise TimeoutError("no answer in 60 s")
            yield Message(self.says[at : at + 5])


def answerer(
    corpus: SmallCorpus, route: RouteName = "comprehension", says: str | None = None, **answer: Any
) -> Answerer:
    session = None if says is None else InferenceSession(says)
    settings = Settings(answer=AnswerSettings(**answer))
    return Answerer(corpus.catalog, corpus.searcher, corpus.embedder, FixedRouter(route), session, settings)


def told(corpus: SmallCorpus, subject: Answerer, question: str = QUESTION, **how: Any) -> tuple[list[str], Answer]:
    pieces: list[str] = []
    answer = checked(corpus, subject.ask(question, on_token=pieces.append, **how))
    assert "".join(pieces) == answer.text
    return pieces, answer


# A writer of the caller's -----------------------------------------------------------------------------


@pytest.mark.parametrize("says", [Model(SAYS), lambda messages: SAYS], ids=["chat model", "function"])
def test_a_writer_writes_in_the_memorys_place_and_every_sentence_is_judged(corpus: SmallCorpus, says: Any) -> None:
    answer = checked(corpus, answerer(corpus, says="The memory says nothing of use.").ask(QUESTION, writer=says))
    assert [(claim.text, claim.verdict, claim.origin) for claim in answer.claims] == [
        (TRUE, "supported", "writer"),
        (FALSE, "unsupported", "writer"),
    ]
    assert answer.claims[0].citations[0].source == "contract.txt"
    assert answer.notes == ()


def test_a_writer_is_given_the_passages_under_their_sources_and_the_question(corpus: SmallCorpus) -> None:
    model = Model(SAYS)
    answerer(corpus).ask(QUESTION, writer=model)
    ((system, instruction), (user, text)) = model.asked[0]
    assert (system, user) == ("system", "user")
    assert "NO ANSWER" in instruction
    assert "[letters/one.txt]\nOur parties fell out over the linen cloth, because" in text
    assert text.endswith(f"Question: {QUESTION}")


def test_a_writer_gets_no_more_evidence_than_its_own_budget(corpus: SmallCorpus) -> None:
    found = corpus.find(QUESTION)
    given = generators.passages(found, lambda text: len(text.split()), budget=25)
    assert 0 < sum(len(one.text.split()) + 2 for held in given for one in held) <= 25
    assert len([one for held in given for one in held]) < len(found)
    model = Model(SAYS)
    answerer(corpus, writer_tokens=50).ask(QUESTION, writer=model)
    small = model.asked[0][1][1]
    answerer(corpus, writer_tokens=4000).ask(QUESTION, writer=model)
    assert len(small) < len(model.asked[1][1][1])


def test_tokens_are_counted_by_the_embedder_or_else_by_characters() -> None:
    class Embedder:
        def offsets(self, text: str) -> list[tuple[int, int]]:
            return [(0, 1)] * 7

    assert generators.counter(Embedder())("one two") == 7
    assert generators.counter(object())("12345678") == 2


def test_a_writer_is_not_asked_on_the_lookup_route_or_where_nothing_bears(corpus: SmallCorpus) -> None:
    model = Model(SAYS)
    assert {claim.origin for claim in answerer(corpus, "lookup").ask(LOOKUP, writer=model).claims} == {"index"}
    assert not answerer(corpus).ask("Which enzyme splits lactose in mammals?", writer=model).found
    assert model.asked == []


def test_a_writer_writes_where_the_memory_cannot(corpus: SmallCorpus) -> None:
    off = Answerer(
        corpus.catalog,
        corpus.searcher,
        corpus.embedder,
        FixedRouter("comprehension"),
        None,
        Settings(memory=MemorySettings(enabled=False)),
    )
    assert {claim.origin for claim in off.ask(QUESTION, writer=Model(TRUE)).claims} == {"writer"}


def test_under_a_filter_a_writer_is_verified_against_the_filtered_documents_alone(corpus: SmallCorpus) -> None:
    verbatim = "The Buyer shall pay $12,500 per month for linen cloth."
    model = Model(f"{verbatim} The Buyer withheld the price of the cloth in March.")
    where = Filter(sources=("letters/*",))
    answer = checked(corpus, answerer(corpus).ask(QUESTION, where=where, writer=model))
    assert [claim.verdict for claim in answer.claims] == ["unsupported", "verbatim"]
    assert {citation.source for citation in answer.citations} == {"letters/one.txt"}
    assert "$12,500" not in model.asked[0][1][1]


@pytest.mark.parametrize("telling", [False, True])
def test_a_writer_that_fails_is_named_in_a_note_and_the_index_answers(corpus: SmallCorpus, telling: bool) -> None:
    model = Model(SAYS, fails_after=0)
    answer = checked(corpus, answerer(corpus).ask(QUESTION, writer=model, on_token=str if telling else None))
    assert {claim.origin for claim in answer.claims} == {"index"}
    assert answer.notes == ("The writer did not answer: TimeoutError: no answer in 60 s. The index answers alone.",)


def test_what_a_writer_said_before_it_failed_is_kept_and_judged(corpus: SmallCorpus) -> None:
    _, answer = told(corpus, answerer(corpus), writer=Model(SAYS, fails_after=60))
    assert [claim.verdict for claim in answer.claims] == ["supported", "unsupported"]
    assert answer.claims[1].text.startswith("A dr")
    assert "did not finish: TimeoutError" in answer.notes[0]


@pytest.mark.parametrize(
    ("given", "why"), [("", "wrote nothing"), (7, "returned Message, not text"), (None, "returned Message, not text")]
)
def test_a_writer_that_returns_no_text_is_named(corpus: SmallCorpus, given: Any, why: str) -> None:
    answer = answerer(corpus).ask(QUESTION, writer=Model(given))
    assert why in answer.notes[0]
    assert answer.found


@pytest.mark.parametrize("writer", ["gpt", 7, Model])
def test_what_cannot_write_is_refused_before_anything_is_searched(corpus: SmallCorpus, writer: Any) -> None:
    with pytest.raises(InputError, match="a writer is"):
        answerer(corpus, "lookup").ask(LOOKUP, writer=writer)


@pytest.mark.parametrize("telling", [False, True])
def test_a_writer_that_finds_no_answer_claims_nothing(corpus: SmallCorpus, telling: bool) -> None:
    heard: list[str] = []
    answer = answerer(corpus).ask(QUESTION, writer=Model("No answer."), on_token=heard.append if telling else None)
    assert {claim.origin for claim in answer.claims} == {"index"}
    assert answer.notes == ("The writer found no answer in the passages.",)
    assert "No answer" not in "".join(heard)


def test_an_answer_that_only_begins_like_no_answer_is_told_whole(corpus: SmallCorpus) -> None:
    _, answer = told(corpus, answerer(corpus), writer=Model("No answer was given by the Buyer in March."))
    assert answer.claims[0].text == "No answer was given by the Buyer in March."
    _, answer = told(corpus, answerer(corpus), writer=Model("No"))
    assert answer.claims[0].text == "No"


def test_an_error_of_who_listens_is_not_taken_for_the_writers(corpus: SmallCorpus) -> None:
    def listen(piece: str) -> None:
        raise ConnectionResetError("the session has left")

    with pytest.raises(ConnectionResetError, match="left"):
        answerer(corpus).ask(QUESTION, writer=Model(SAYS), on_token=listen)


# Telling an answer while it is made --------------------------------------------------------------------


def test_the_pieces_told_are_the_answers_text_and_each_verdict_follows_its_sentence(corpus: SmallCorpus) -> None:
    pieces, answer = told(corpus, answerer(corpus, "both", says=SAYS))
    assert len(pieces) > 10
    quotes = [claim for claim in answer.claims if claim.origin == "index"]
    assert answer.claims[: len(quotes)] == tuple(quotes) != ()
    number = answer.claims[-2].citations[0].number
    assert answer.text.endswith(f"\n\n{TRUE} [{number}] {FALSE} (unsupported)")
    assert pieces.index(f" [{number}]") < len(pieces) - 3


def test_tokens_are_told_before_the_memory_has_finished(corpus: SmallCorpus) -> None:
    heard: list[str] = []

    class Watched(InferenceSession):
        def generate(self, *args: Any, on_token: Any = None, **more: Any) -> str:
            on_token("The Buyer must pay ")
            assert heard == ["The Buyer must pay"], "the space waits for what follows it"
            return "The Buyer must pay $12,500 per month for linen cloth."

    session = Watched("")
    Answerer(corpus.catalog, corpus.searcher, corpus.embedder, FixedRouter("comprehension"), session, Settings()).ask(
        QUESTION, on_token=heard.append
    )
    assert "".join(heard).startswith("The Buyer must pay $12,500")


@pytest.mark.parametrize("route", ["lookup", "comprehension", "both"])
def test_a_told_answer_holds_the_claims_of_a_silent_one(corpus: SmallCorpus, route: RouteName) -> None:
    subject = answerer(corpus, route, says=SAYS)
    _, answer = told(corpus, subject)
    silent = subject.ask(QUESTION)
    assert {(claim.text, claim.verdict) for claim in silent.claims} <= {(c.text, c.verdict) for c in answer.claims}
    assert Answer.model_validate_json(answer.model_dump_json()) == answer


def test_unsupported_sentences_are_never_told_if_the_settings_drop_them(corpus: SmallCorpus) -> None:
    pieces, answer = told(corpus, answerer(corpus, says=SAYS, drop_unsupported=True))
    assert "dragon" not in "".join(pieces)
    assert [claim.text for claim in answer.claims] == [TRUE]


def test_where_nothing_written_stands_up_the_closest_passages_are_told_after_it(corpus: SmallCorpus) -> None:
    _, answer = told(corpus, answerer(corpus, says=FALSE))
    assert answer.claims[0].origin == "memory"
    assert {claim.origin for claim in answer.claims[1:]} == {"index"}
    assert answer.text.startswith(f"{FALSE} (unsupported)\n\n“")
    assert any("closest passages" in note for note in answer.notes)


def test_a_contradiction_is_told_with_the_sentence(corpus: SmallCorpus) -> None:
    says = "The Buyer must pay $13,500 per month for linen cloth."
    question = "How much must the Buyer pay for linen cloth?"
    _, answer = told(corpus, answerer(corpus, "both", says=says), question)
    assert answer.claims[-1].contradicted_by
    assert answer.text.endswith("says otherwise)")
    assert any("disagree" in note for note in answer.notes)


def test_a_sentence_of_two_statements_is_told_whole_and_cites_both_spans(corpus: SmallCorpus) -> None:
    says = "The Buyer must pay $12,500 per month for linen cloth, and the deliveries to Oslo were late."
    _, answer = told(corpus, answerer(corpus, says=says))
    assert (answer.claims[0].text, answer.claims[0].verdict) == (says, "supported")
    assert len(answer.claims[0].citations) == 2


def test_that_nothing_bears_is_told_too(corpus: SmallCorpus) -> None:
    pieces, answer = told(corpus, answerer(corpus, says=SAYS), "Which enzyme splits lactose in mammals?")
    assert pieces == [answer.text]
    assert answer.text == NOTHING


def test_a_memory_that_fails_half_way_keeps_what_it_told(corpus: SmallCorpus) -> None:
    class Broken(InferenceSession):
        def generate(self, *args: Any, on_token: Any = None, **more: Any) -> str:
            on_token(f"{TRUE} A dra")
            raise ModelError("the weights are gone")

    subject = Answerer(
        corpus.catalog, corpus.searcher, corpus.embedder, FixedRouter("comprehension"), Broken(""), Settings()
    )
    _, answer = told(corpus, subject)
    assert [claim.verdict for claim in answer.claims] == ["supported", "unsupported"]
    assert answer.notes == ("The memory did not finish: the weights are gone. The index answers alone.",)


TEXTS = [
    "Answer: It rained. The salt was wet.",
    "Acme, Inc. signed. It pays No. 5 Bank. See Sec. 4.2(b) of it.",
    "Here it is:\n- The first thing is.\n2. The second thing.\n\nAll **bold** is done. <|im_end|>",
    'He said "Stop." Then he left! Really? Yes, on 3 May.',
    "Short answer: 30 June 2027",
    "Answers differ. a < b and c <| d. Response:\n\nThe U.S. court ruled.",
    " \n— — Well. \t So it is * * or not.",
]


def streamed(text: str, cuts: Sequence[int]) -> tuple[str, list[str]]:
    shown: list[str] = []
    whole: list[str] = []

    def end(sentence: str) -> None:
        whole.append(sentence)
        shown.append("|")

    stream = SentenceStream(shown.append, end)
    for start, stop in zip([0, *cuts], [*cuts, len(text)], strict=True):
        stream.feed(text[start:stop])
    stream.end()
    assert "".join(shown) == "".join(f"{sentence}|" for sentence in whole)
    return "".join(shown), whole


@pytest.mark.parametrize("text", TEXTS)
def test_sentences_do_not_depend_on_where_the_pieces_were_cut(text: str) -> None:
    chance = random.Random(7)
    alone = streamed(text, [])
    for _ in range(200):
        cuts = sorted(chance.sample(range(len(text) + 1), chance.randrange(len(text))))
        assert streamed(text, cuts) == alone


@pytest.mark.parametrize("text", TEXTS)
def test_sentences_of_a_stream_are_those_of_the_whole_text(text: str) -> None:
    _, whole = streamed(text, [])
    expected = cleaned(text)
    assert whole[: len(expected)] == expected
    assert len(whole) - len(expected) <= 1, "only an end that was cut off is told where it would be dropped"
