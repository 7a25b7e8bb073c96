"""Who writes an answer, and what of it is streamed when."""

from __future__ import annotations

import random
from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from answering_corpus import FixedRouter, ScriptedMemory, ScriptedSession, SmallCorpus, build, drafted, written
from test_answer import CONTRACT, LETTER, LOOKUP, QUESTION, checked

from hybrid.answering import generators
from hybrid.answering.answerer import Answerer
from hybrid.errors import InputError, ModelError
from hybrid.settings import AnswerSettings, MemorySettings, Settings
from hybrid.text.sentences import SentenceStream, spans
from hybrid.types.answers import Answer, RouteName
from hybrid.types.events import CitationEvent, ClaimEvent, DraftEvent, EndEvent, NoteEvent, RouteEvent, TextEvent
from hybrid.types.filters import Filter

TRUE = "The Buyer must pay $12,500 per month for linen cloth."
FALSE = "A dragon ate the warehouse."
SAYS = f"{TRUE} {FALSE}"


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> SmallCorpus:
    return build(Path(tmp_path_factory.mktemp("corpus")), {"contract.txt": CONTRACT, "letters/one.txt": LETTER})


class Message:
    def __init__(self, text: object) -> None:
        self.text = text


class Model:
    """A chat model as LangChain's are: `invoke` and `stream`, messages in and messages out."""

    def __init__(self, says: Any, fails_after: int | None = None) -> None:
        self.says = says
        self.fails_after = fails_after
        self.asked: list[Any] = []
        self.made, self.closed = 0, False

    def invoke(self, messages: Any) -> Message:
        self.asked.append(messages)
        if self.fails_after is not None:
            raise TimeoutError("no answer in 60 s")
        return Message(self.says)

    def stream(self, messages: Any) -> Iterator[Message]:
        self.asked.append(messages)
        try:
            if not isinstance(self.says, str):
                yield Message(self.says)
                return
            for at in range(0, len(self.says), 5):
                if self.fails_after is not None and at >= self.fails_after:
                    raise TimeoutError("no answer in 60 s")
                self.made += 1
                yield Message(self.says[at : at + 5])
        finally:
            self.closed = True


class Failing(ScriptedSession):
    """A memory that fails once it has written its output."""

    def stream(self, *given: Any, **how: Any) -> Generator[str, None, None]:
        yield from super().stream(*given, **how)
        raise ModelError("the weights are gone")


def answerer(
    corpus: SmallCorpus,
    route: RouteName = "comprehension",
    says: str | None = None,
    session: ScriptedSession | None = None,
    **answer: Any,
) -> Answerer:
    session = ScriptedSession(says) if says is not None else session
    settings = Settings(answer=AnswerSettings(**answer))
    memory = None if session is None else ScriptedMemory(session)
    return Answerer(corpus.catalog, corpus.searcher, corpus.embedder, FixedRouter(route), memory, settings)


def streamed(corpus: SmallCorpus, subject: Answerer, question: str = QUESTION, **how: Any) -> tuple[list[str], Answer]:
    pieces: list[str] = []
    answer = checked(corpus, subject.ask(question, on_token=pieces.append, **how))
    assert "".join(pieces) == answer.text
    return pieces, answer


def same(answer: Answer) -> dict[str, Any]:
    """What of an answer does not depend on the clock."""
    return answer.model_dump(exclude={"seconds"})


# A writer of the caller's -----------------------------------------------------------------------------


@pytest.mark.parametrize("says", [Model(SAYS), lambda messages: SAYS], ids=["chat model", "function"])
def test_a_writer_writes_in_the_memorys_place_and_every_sentence_is_verified(corpus: SmallCorpus, says: Any) -> None:
    answer = checked(corpus, answerer(corpus, says="The memory says nothing of use.").ask(QUESTION, writer=says))
    assert [(claim.text, claim.verdict, claim.origin) for claim in written(answer)] == [
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
    assert [claim.origin for claim in written(off.ask(QUESTION, writer=Model(TRUE)))] == ["writer"]


def test_under_a_filter_a_writer_is_verified_against_the_filtered_documents_alone(corpus: SmallCorpus) -> None:
    verbatim = "The Buyer shall pay $12,500 per month for linen cloth."
    model = Model(f"{verbatim} The Buyer withheld the price of the cloth in March.")
    where = Filter(sources=("letters/*",))
    answer = checked(corpus, answerer(corpus).ask(QUESTION, where=where, writer=model))
    assert [claim.verdict for claim in written(answer)] == ["verbatim", "unsupported"]
    assert {citation.source for citation in answer.citations} == {"letters/one.txt"}
    assert "$12,500" not in model.asked[0][1][1]


def test_a_writer_that_fails_is_named_in_a_note_and_the_index_answers(corpus: SmallCorpus) -> None:
    answer = checked(corpus, answerer(corpus).ask(QUESTION, writer=Model(SAYS, fails_after=0)))
    assert {claim.origin for claim in answer.claims} == {"index"}
    assert answer.notes == ("The writer did not answer: TimeoutError: no answer in 60 s. The index answers alone.",)


def test_whole_sentences_that_a_writer_wrote_before_it_failed_are_kept_and_verified(corpus: SmallCorpus) -> None:
    _, answer = streamed(corpus, answerer(corpus), writer=Model(SAYS, fails_after=60))
    assert [(claim.text, claim.verdict) for claim in written(answer)] == [(TRUE, "supported")]
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


def test_a_writer_that_finds_no_answer_claims_nothing(corpus: SmallCorpus) -> None:
    subject = answerer(corpus)
    events = list(subject.stream(subject.prepare(QUESTION, writer=Model("No answer."))))
    assert not any(event.kind == "draft" for event in events)
    answer = subject.ask(QUESTION, writer=Model("No answer."))
    assert {claim.origin for claim in answer.claims} == {"index"}
    assert answer.notes == ("The writer found no answer in the passages.",)


def test_an_answer_that_only_begins_like_no_answer_is_kept_whole(corpus: SmallCorpus) -> None:
    _, answer = streamed(corpus, answerer(corpus), writer=Model("No answer was given by the Buyer in March."))
    assert written(answer)[0].text == "No answer was given by the Buyer in March."
    _, answer = streamed(corpus, answerer(corpus), writer=Model("No"))
    assert written(answer)[0].text == "No"


def test_an_error_of_the_callback_is_not_taken_for_the_writers(corpus: SmallCorpus) -> None:
    def listen(piece: str) -> None:
        raise ConnectionResetError("the client has left")

    with pytest.raises(ConnectionResetError, match="left"):
        answerer(corpus).ask(QUESTION, writer=Model(SAYS), on_token=listen)


# Streaming ------------------------------------------------------------------------------------------------


def test_the_pieces_streamed_are_the_answers_text_each_a_quote_or_a_whole_verified_sentence(
    corpus: SmallCorpus,
) -> None:
    pieces, answer = streamed(corpus, answerer(corpus, "both", says=SAYS))
    origins = [claim.origin for claim in answer.claims]
    at = origins.index("memory")
    assert set(origins[:at]) == {"index"}
    assert pieces[at] == f"\n\n{TRUE} [{answer.claims[at].citations[0].number}]"
    assert len(pieces) == len(answer.claims)


def test_events_come_in_order_and_quotes_before_the_memory_is_asked(corpus: SmallCorpus) -> None:
    session = ScriptedSession(SAYS)
    subject = answerer(corpus, "both", session=session)
    events = subject.stream(subject.prepare(QUESTION))
    kinds: list[str] = []
    for event in events:
        kinds.append(event.kind)
        assert bool(session.asked) == ("draft" in kinds)
    assert kinds[:5] == ["route", "evidence", "citation", "text", "claim"]
    assert kinds[-1] == "end"
    assert kinds.count("end") == 1
    drafted = kinds.index("draft")
    assert kinds.index("claim", drafted) < len(kinds) - kinds[::-1].index("draft"), "a sentence comes when it is whole"


def test_the_drafts_are_what_the_generator_wrote(corpus: SmallCorpus) -> None:
    subject = answerer(corpus, says=SAYS, drop_unsupported=True)
    events = list(subject.stream(subject.prepare(QUESTION)))
    assert "".join(event.text for event in events if isinstance(event, DraftEvent)) == SAYS
    assert all("dragon" not in event.text for event in events if isinstance(event, TextEvent))


def test_where_nothing_generated_is_supported_the_digest_alone_is_streamed(corpus: SmallCorpus) -> None:
    _, answer = streamed(corpus, answerer(corpus, says=FALSE))
    assert {claim.origin for claim in answer.claims} == {"index"}
    assert [claim.text for claim in drafted(answer)] == [FALSE]
    assert not any("no part of the answer" in note for note in answer.notes), "it would read as said of the quotes"


def test_a_sentence_of_two_statements_is_one_claim_that_cites_both_spans(corpus: SmallCorpus) -> None:
    says = (
        "The Buyer must pay $12,500 per month for linen cloth, and the Buyer withheld the price of the cloth in March."
    )
    _, answer = streamed(corpus, answerer(corpus, says=says))
    assert (answer.claims[0].text, answer.claims[0].verdict) == (says, "supported")
    assert len(answer.claims[0].citations) == 2


def test_that_nothing_answers_is_streamed_too(corpus: SmallCorpus) -> None:
    pieces, answer = streamed(corpus, answerer(corpus, says=SAYS), "Which enzyme splits lactose in mammals?")
    assert pieces == [answer.text]
    assert "Nothing in the 2 documents" in answer.text


def test_a_memory_that_fails_half_way_keeps_the_whole_sentences(corpus: SmallCorpus) -> None:
    _, answer = streamed(corpus, answerer(corpus, session=Failing(f"{TRUE} A dra")))
    assert [claim.text for claim in written(answer)] == [TRUE]
    assert answer.notes == ("The memory did not finish: the weights are gone. The index answers alone.",)


# The same answer in any way of asking --------------------------------------------------------------------

WRITERS: dict[str, Callable[[], dict[str, Any]]] = {
    "memory": lambda: {"session": ScriptedSession(SAYS)},
    "memory that fails": lambda: {"session": Failing(f"{TRUE} {FALSE} A dra")},
    "memory that writes nothing": lambda: {"session": ScriptedSession("")},
    "no memory": lambda: {},
    "chat model": lambda: {"writer": Model(f"{SAYS} {TRUE}")},
    "function": lambda: {"writer": lambda messages: SAYS},
    "chat model that fails": lambda: {"writer": Model(SAYS, fails_after=60)},
    "chat model that fails at once": lambda: {"writer": Model(SAYS, fails_after=0)},
    "chat model without an answer": lambda: {"writer": Model("NO ANSWER")},
    "chat model that writes nothing": lambda: {"writer": Model("  ")},
    "joined sentences": lambda: {
        "writer": Model("The Buyer must pay $12,500 per month for linen cloth, and the deliveries to Oslo were late.")
    },
}
HOW: dict[str, dict[str, Any]] = {
    "plain": {},
    "filter": {"where": Filter(sources=("letters/*",))},
    "history": {"history": ["Who pays under the supply contract?"]},
    "drop unsupported": {"drop_unsupported": True},
}


@pytest.mark.parametrize("route", ["lookup", "comprehension", "both"])
@pytest.mark.parametrize("who", WRITERS)
@pytest.mark.parametrize("how", HOW)
def test_the_answer_is_the_same_asked_or_streamed_and_the_events_are_its_parts(
    corpus: SmallCorpus, route: RouteName, who: str, how: str
) -> None:
    options = dict(HOW[how])
    settings = {name: options.pop(name) for name in list(options) if name == "drop_unsupported"}
    made = WRITERS[who]()
    subject = answerer(corpus, route, session=made.pop("session", None), **settings)
    asked = checked(corpus, subject.ask(QUESTION, **options, **made))
    pieces, with_callback = streamed(corpus, subject, QUESTION, **options, **made)
    events = list(subject.stream(subject.prepare(QUESTION, **options, **made)))
    (end,) = [event for event in events if isinstance(event, EndEvent)]
    assert same(with_callback) == same(asked) == same(end.answer)
    assert "".join(event.text for event in events if isinstance(event, TextEvent)) == "".join(pieces) == asked.text
    assert tuple(event.claim for event in events if isinstance(event, ClaimEvent)) == asked.claims
    assert tuple(event.citation for event in events if isinstance(event, CitationEvent)) == asked.citations
    assert tuple(event.note for event in events if isinstance(event, NoteEvent)) == asked.notes
    assert [event.route for event in events if isinstance(event, RouteEvent)] == [asked.route]
    assert Answer.model_validate_json(asked.model_dump_json()) == asked


# Stopping ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["memory", "chat model"])
def test_closing_the_stream_ends_the_generation_at_the_piece_that_was_reached(corpus: SmallCorpus, who: str) -> None:
    model, session = Model(SAYS * 50), ScriptedSession(SAYS * 50)
    subject = answerer(corpus, session=session)
    events = subject.stream(subject.prepare(QUESTION, writer=model if who == "chat model" else None))
    next(event for event in events if event.kind == "draft")
    events.close()
    counted = model if who == "chat model" else session
    assert (counted.made, counted.closed) == (1, True)


def test_closing_the_stream_closes_a_models_stream_that_others_hold_on_to(corpus: SmallCorpus) -> None:
    class Holding(Model):
        def stream(self, messages: Any) -> Iterator[Message]:
            self.given = super().stream(messages)  # dropping it is not enough
            return self.given

    model, subject = Holding(SAYS), answerer(corpus)
    events = subject.stream(subject.prepare(QUESTION, writer=model))
    next(event for event in events if event.kind == "draft")
    events.close()
    assert model.closed


def test_two_streams_of_one_memory_can_be_read_by_turns_in_one_thread(corpus: SmallCorpus) -> None:
    subject = answerer(corpus, says=SAYS)
    alone = same(subject.ask(QUESTION))
    one, other = (subject.stream(subject.prepare(QUESTION)) for _ in range(2))
    ends = [event.answer for pair in zip(one, other, strict=True) for event in pair if isinstance(event, EndEvent)]
    assert [same(answer) for answer in ends] == [alone, alone]


def test_an_abandoned_stream_holds_no_lock_of_the_memory(corpus: SmallCorpus) -> None:
    subject = answerer(corpus, says=SAYS)
    abandoned = subject.stream(subject.prepare(QUESTION))
    next(event for event in abandoned if event.kind == "draft")
    assert subject.ask(QUESTION).found  # it would wait for ever


# Sentences out of pieces ----------------------------------------------------------------------------------


TEXTS = [
    "Answer: It rained. The salt was wet.",
    "Acme, Inc. signed. It pays No. 5 Bank. See Sec. 4.2(b) of it.",
    "Here it is:\n- The first thing is.\n2. The second thing.\n\nAll **bold** is done. <|im_end|>",
    'He said "Stop." Then he left! Really? Yes, on 3 May.',
    "Short answer: 30 June 2027",
    "Answers differ. a < b and c <| d. Response:\n\nThe U.S. court ruled.",
    " \n— — Well. \t So it is * * or not.",
    "契約は五月に終了する。支払いは月末です！本当か？はい。",
    "彼は「終わった。」と言った。「それだけか？」次へ進む。 The term ends. 次。」",
    "合同于五月终止。买方（“甲方”）应付款。！甲方说：“好。”乙方同意。ｱｱ｡ｲｲ｡",
]


def cut_into_pieces(text: str, cuts: Sequence[int]) -> list[str]:
    stream = SentenceStream()
    found = [
        s for start, stop in zip([0, *cuts], [*cuts, len(text)], strict=True) for s in stream.feed(text[start:stop])
    ]
    return [*found, *stream.end()]


@pytest.mark.parametrize("text", TEXTS)
def test_sentences_do_not_depend_on_where_the_pieces_were_cut(text: str) -> None:
    chance = random.Random(7)
    alone = cut_into_pieces(text, [])
    for _ in range(200):
        cuts = sorted(chance.sample(range(len(text) + 1), chance.randrange(len(text))))
        assert cut_into_pieces(text, cuts) == alone


@pytest.mark.parametrize("text", [text for text in TEXTS if "。" in text])
def test_sentences_without_spaces_between_them_are_those_of_the_whole_text(text: str) -> None:
    assert cut_into_pieces(text, range(1, len(text))) == [text[start:end] for start, end in spans(text)]
    assert len(spans(text)) >= 3


def test_a_sentence_without_a_space_after_it_is_given_out_with_the_next_character() -> None:
    stream = SentenceStream()
    assert [stream.feed(character) for character in "終わる。次"] == [[], [], [], [], ["終わる。"]]


@pytest.mark.parametrize(
    ("text", "failed", "expected"),
    [
        ("契約は五月に終了する。そして当事者は", False, ["契約は五月に終了する。"]),
        ("契約は五月に終了する。", True, ["契約は五月に終了する。"]),
        ("そして当事者は次の年の五月の終わりまでに", False, []),
        ("2027年6月30日", False, ["2027年6月30日"]),
        ("It ended in May. Then the parties went on to", False, ["It ended in May."]),
        ("30 June 2027", False, ["30 June 2027"]),
        ("30 June 2027", True, []),
        ("It ended in May.", True, ["It ended in May."]),
    ],
)
def test_a_sentence_without_an_end_is_left_out(text: str, failed: bool, expected: list[str]) -> None:
    stream = SentenceStream()
    assert [*stream.feed(text), *stream.end(failed=failed)] == expected
