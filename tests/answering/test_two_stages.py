"""With ``answer.two_stage`` the memory's own draft names the passages that are read; nothing else changes."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from pathlib import Path

import pytest
from answering_corpus import FixedRouter, ScriptedMemory, SmallCorpus, build, drafted, written

from hybrid.answering.answerer import Answerer
from hybrid.answering.evidence import Sentence
from hybrid.answering.verification.verifier import Examined, Verifier
from hybrid.errors import ModelError
from hybrid.settings import AnswerSettings, Settings

QUESTION = "Why did the parties fall out over the linen cloth?"
NAMED = "Salt water had ruined the tarpaulins in the hold before Antwerp was reached."
DRAFT = "Salt water ruined the tarpaulins in the hold. A dragon ate the warehouse."


class Comprehending:
    """Writes the draft where it is given no passages, and says what it was given where it is."""

    window = 1024

    def __init__(self, draft: str = DRAFT, says: str = NAMED) -> None:
        self.draft, self.says = draft, says
        self.asked: list[str] = []

    def count(self, text: str) -> int:
        return len(text.split())

    def stream(self, messages: Sequence[tuple[str, str]], *, max_new_tokens: int) -> Generator[str, None, None]:
        self.asked.append(messages[-1][1])
        yield self.says if "Passages:" in messages[-1][1] else self.draft


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> SmallCorpus:
    """The parties and their linen cloth in more documents than a search brings, and what the draft is about in one."""
    texts = {
        f"{number:02}.txt": f"In letter {number} the parties fall out over the linen cloth of lot {number}."
        for number in range(40)
    }
    return build(Path(tmp_path_factory.mktemp("corpus")), {**texts, "log.txt": NAMED})


def answerer(corpus: SmallCorpus, session: Comprehending, *, two_stage: bool = True) -> Answerer:
    settings = Settings(answer=AnswerSettings(two_stage=two_stage))
    memory = ScriptedMemory(session)  # type: ignore[arg-type]
    router = FixedRouter("comprehension")
    return Answerer(corpus.catalog, corpus.searcher, corpus.embedder, router, memory, settings)


def test_the_passages_nearest_to_the_draft_are_what_the_answer_is_written_from(corpus: SmallCorpus) -> None:
    session = Comprehending()
    answer = answerer(corpus, session).ask(QUESTION)
    first, second = session.asked
    assert "Passages:" not in first
    assert QUESTION in first
    assert NAMED in second
    assert "In letter" not in second
    claims = written(answer)
    assert [(one.text, one.verdict) for one in claims] == [(NAMED, "verbatim")]
    assert claims[0] in answer.claims


def test_what_is_written_is_verified_against_the_passages_named_and_those_that_the_question_found(
    corpus: SmallCorpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    real = Verifier.examine_parts

    def examine_parts(self: Verifier, claim: str, evidence: Sequence[Sentence]) -> list[Examined]:
        seen.extend(one.text for one in evidence)
        return real(self, claim, evidence)

    monkeypatch.setattr(Verifier, "examine_parts", examine_parts)
    answerer(corpus, Comprehending()).ask(QUESTION)
    assert NAMED in seen
    assert any(text.startswith("In letter") for text in seen)
    assert len(set(seen)) == len(seen)


def test_by_default_the_memory_writes_once_from_what_the_question_finds(corpus: SmallCorpus) -> None:
    session = Comprehending()
    answerer(corpus, session, two_stage=False).ask(QUESTION)
    (only,) = session.asked
    assert "In letter" in only
    assert NAMED not in only


def test_the_draft_itself_is_no_part_of_the_answer_nor_of_what_is_kept_beside_it(corpus: SmallCorpus) -> None:
    answer = answerer(corpus, Comprehending()).ask(QUESTION)
    assert "dragon" not in answer.model_dump_json()
    says = Comprehending(says="The tarpaulins were ruined by a dragon in the hold before Antwerp was reached.")
    answer = answerer(corpus, says).ask(QUESTION)
    assert [one.verdict for one in drafted(answer)] == ["unsupported"]
    assert "dragon" not in answer.text


def test_a_writer_is_given_what_the_memory_names(corpus: SmallCorpus) -> None:
    asked: list[str] = []

    def writer(messages: list[tuple[str, str]]) -> str:
        asked.append(messages[-1][1])
        return NAMED

    session = Comprehending()
    answer = answerer(corpus, session).ask(QUESTION, writer=writer)
    assert len(session.asked) == len(asked) == 1
    assert NAMED in asked[0]
    assert [one.origin for one in written(answer)] == ["writer"]
    without = Comprehending()
    answerer(corpus, without, two_stage=False).ask(QUESTION, writer=writer)
    assert without.asked == []
    assert NAMED not in asked[1]


@pytest.mark.parametrize("draft", ["", "...", " \n"])
def test_a_draft_without_words_leaves_what_the_question_found(corpus: SmallCorpus, draft: str) -> None:
    session = Comprehending(draft)
    answerer(corpus, session).ask(QUESTION)
    assert "In letter" in session.asked[1]


def test_a_memory_that_fails_to_comprehend_does_not_fail_the_writer(corpus: SmallCorpus) -> None:
    class Failing(Comprehending):
        def stream(self, messages: object, **limits: object) -> Generator[str, None, None]:
            raise ModelError("no volume can be read")
            yield

    answer = answerer(corpus, Failing()).ask(
        QUESTION, writer=lambda _: "The parties fall out over the linen cloth of lot 7."
    )
    assert answer.found
    alone = answerer(corpus, Failing()).ask(QUESTION)
    assert alone.found
    assert "no volume can be read" in " ".join(alone.notes)
