"""Many threads and several corpora at once: whole answers, equal to those asked alone, no wait without an end."""

from __future__ import annotations

import gc
import re
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from made_contracts import make_contracts
from tiny_model import tiny_settings

import hybrid
from hybrid import _view
from hybrid._runtime import Usage
from hybrid._view import Shared
from hybrid.answering.answerer import Answerer
from hybrid.answering.request import RequestContext
from hybrid.errors import CorpusError, CorpusLockedError
from hybrid.retrieval.embedding import Embedder
from hybrid.settings import AnswerSettings, MemorySettings, Settings
from hybrid.stores.catalog import Catalog

PATIENCE = 60  # seconds after which a wait is a deadlock
INDEX_ONLY = Settings(memory=MemorySettings(enabled=False))
CONTRACTS = make_contracts(4)
QUESTION = "What is the price of rock salt, and which depot takes the rock salt?"


def together(*work: Callable[[], object]) -> list[object]:
    """The results of functions that run at once, each in a thread of its own. Raises what any of them raises."""
    with ThreadPoolExecutor(len(work)) as pool:
        running = [pool.submit(one) for one in work]
        return [one.result(timeout=PATIENCE) for one in running]


def same(answer: hybrid.Answer) -> dict[str, object]:
    """What of an answer does not depend on the clock."""
    return answer.model_dump(exclude={"seconds"})


def version(number: int) -> list[hybrid.Document]:
    """Two documents that belong together: both name the same version."""
    return [
        hybrid.Document.from_text(f"The price of rock salt in version {number} is {900 + number} euros.", "price.txt"),
        hybrid.Document.from_text(f"The depot that takes the rock salt in version {number} is Ghent.", "depot.txt"),
    ]


def versions(texts: Iterator[str]) -> set[str]:
    return {found for text in texts for found in re.findall(r"version (\d+)", text)}


# One corpus -----------------------------------------------------------------------------------------


def test_every_answer_and_search_is_of_one_whole_generation_while_others_write(tmp_path: Path) -> None:
    """Two documents change together, five times, and others come and go. Nobody ever sees one half of a change."""
    with hybrid.Corpus.open(tmp_path / "corpus", INDEX_ONLY) as corpus:
        commits = {corpus.ingest(*version(0)).commit: "0"}
        done = threading.Event()
        asked: list[hybrid.Answer] = []

        def write() -> None:
            try:
                for number in range(1, 6):
                    commits[corpus.ingest(*version(number)).commit] = str(number)
                    corpus.ingest(hybrid.Document.from_text(CONTRACTS[0].text, "other.txt"))
                    corpus.remove("other.txt")
            finally:
                done.set()

        def ask() -> None:
            while not done.is_set():
                asked.append(corpus.ask(QUESTION, route="lookup"))

        def search() -> None:
            while not done.is_set():
                hits = [hit for hit in corpus.search(QUESTION, k=10) if hit.source != "other.txt"]
                assert {hit.source for hit in hits} == {"price.txt", "depot.txt"}
                assert len(versions(hit.text for hit in hits)) == 1

        def look() -> None:
            while not done.is_set():
                assert corpus.route(QUESTION).name in ("lookup", "both", "comprehension")
                assert corpus.status().documents in (2, 3)
                assert len(corpus.documents()) in (2, 3)

        together(write, ask, ask, ask, search, search, look)
        assert len({answer.commit for answer in asked}) > 1
        for answer in asked:
            assert len(versions(one.quote for one in answer.citations)) == 1
            if answer.commit in commits:
                assert versions(one.quote for one in answer.citations) == {commits[answer.commit]}
        alone = corpus.ask(QUESTION, route="lookup")
        assert corpus.verify(alone) == []
        assert all(same(answer) == same(alone) for answer in asked if answer.commit == alone.commit)


@pytest.mark.parametrize("verb", ["ask", "search"])
def test_a_commit_in_the_middle_of_a_question_is_not_seen_by_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    with hybrid.Corpus.open(tmp_path / "corpus", INDEX_ONLY) as corpus:
        first = corpus.ingest(*version(1)).commit
        view_of, overtaken = hybrid.Corpus._view_of, []

        def overtake(self: hybrid.Corpus, commit: object) -> _view.View:
            found = view_of(self, commit)  # type: ignore[arg-type]
            if not overtaken:
                overtaken.append(True)
                together(lambda: corpus.ingest(*version(2)))
            return found

        monkeypatch.setattr(hybrid.Corpus, "_view_of", overtake)
        for expected in ("1", "2"):
            if verb == "search":
                assert versions(hit.text for hit in corpus.search(QUESTION)) == {expected}
                continue
            answer = corpus.ask(QUESTION, route="lookup")
            assert versions(citation.quote for citation in answer.citations) == {expected}
            assert (answer.commit == first) == (expected == "1")


def test_the_memory_answers_in_many_threads_as_it_does_alone(tmp_path: Path) -> None:
    settings = Settings(memory=tiny_settings(tmp_path), answer=AnswerSettings(max_new_tokens=16, evidence_tokens=50))
    questions = [question for contract in CONTRACTS for question in contract.questions][:8]
    with hybrid.Corpus.open(tmp_path / "corpus", settings) as corpus:
        corpus.ingest(*(hybrid.Document.from_text(one.text[:1500], one.name) for one in CONTRACTS))
        alone = [same(corpus.ask(question, route="both")) for question in questions]
        asked = together(*(lambda q=question: same(corpus.ask(q, route="both")) for question in questions))  # type: ignore[misc]
        assert asked == alone


def test_more_threads_than_any_pool_has_connections_read_at_once(tmp_path: Path) -> None:
    with Catalog.open(tmp_path / "catalog.sqlite", create=True) as catalog:
        all_inside = threading.Barrier(40)

        def read() -> None:
            with catalog.read_transaction():
                all_inside.wait(timeout=PATIENCE)

        together(*[read] * 40)


def test_a_second_writer_is_told_at_once_and_the_first_is_not_disturbed(tmp_path: Path) -> None:
    with hybrid.Corpus.open(tmp_path / "corpus", INDEX_ONLY) as corpus:
        refused: list[CorpusLockedError] = []

        def second(*_: object) -> None:
            with pytest.raises(CorpusLockedError, match="process or thread") as caught:
                together(lambda: corpus.ingest(*version(2)))
            refused.append(caught.value)

        assert corpus.ingest(*version(1), progress=second).added == ("price.txt", "depot.txt")
        assert refused


def test_a_generation_whose_files_are_gone_gives_way_to_the_newest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow asker pins a commit; two commits later its index file has been cleared away."""
    with hybrid.Corpus.open(tmp_path / "corpus", INDEX_ONLY) as corpus:
        corpus.ingest(*version(1))
        load, overtaken = _view.View.load, []

        def slowly(*arguments: object) -> _view.View:
            if not overtaken:
                overtaken.append(True)
                together(lambda: [corpus.ingest(*version(number)) for number in (2, 3, 4)])
            return load(*arguments)  # type: ignore[arg-type]

        monkeypatch.setattr(_view.View, "load", slowly)
        assert versions(hit.text for hit in corpus.search(QUESTION)) == {"4"}


def test_a_question_waits_for_one_batch_of_a_long_embedding_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    embedder = Embedder.load("all-minilm-l6-v2", "cpu")
    embedder._light = None  # as with a model that sentence-transformers embeds questions with, too
    order: list[str] = []
    asking = threading.Thread(target=lambda: embedder.encode(["the question"]))

    def encode(texts: list[str], **_: object) -> np.ndarray:
        order.append(texts[0])
        if len(order) == 1:
            asking.start()
            until = time.monotonic() + PATIENCE / 3
            while not embedder._door.locked() and time.monotonic() < until:  # until the question waits for its turn
                pass
        return np.ones((len(texts), embedder.dimension), np.float32)

    monkeypatch.setattr(embedder, "_model", type("Scripted", (), {"encode": staticmethod(encode)}))
    embedder.encode([f"a chunk, number {number}" for number in range(2000)])
    asking.join(timeout=PATIENCE)
    assert order.index("the question") <= 2


# Closing --------------------------------------------------------------------------------------------


def test_who_asks_while_it_is_closed_gets_the_answer_and_who_comes_later_a_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = hybrid.Corpus.open(tmp_path / "corpus", INDEX_ONLY)
    corpus.ingest(*version(1))
    inside, closed, prepare = threading.Event(), threading.Event(), Answerer.prepare

    def slowly(*arguments: object) -> RequestContext:
        inside.set()
        assert closed.wait(timeout=PATIENCE)
        return prepare(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Answerer, "prepare", slowly)

    def close() -> None:
        assert inside.wait(timeout=PATIENCE)
        corpus.close()
        for late in (corpus.documents, corpus.status, lambda: corpus.ask("Why?"), lambda: corpus.ingest(*version(2))):
            with pytest.raises(CorpusError, match="was closed; open it again"):
                late()
        closed.set()

    answer, _ = together(lambda: corpus.ask("What is the price of rock salt?", route="lookup"), close)
    assert isinstance(answer, hybrid.Answer)
    assert answer.found
    assert corpus._view is None  # released by the last call


def ask_without_end(corpus: hybrid.Corpus) -> None:
    while True:
        corpus.search(QUESTION)
        corpus.ask(QUESTION, route="lookup")


def test_a_storm_of_questions_ends_in_nothing_but_clear_errors(tmp_path: Path) -> None:
    corpus = hybrid.Corpus.open(tmp_path / "corpus", INDEX_ONLY)
    corpus.ingest(*version(1))
    first = threading.Barrier(7)

    def ask() -> None:
        corpus.search(QUESTION)
        first.wait(timeout=PATIENCE)
        with pytest.raises(CorpusError, match="was closed"):
            ask_without_end(corpus)

    def close() -> None:
        first.wait(timeout=PATIENCE)
        corpus.close()

    together(close, *[ask] * 6)
    corpus.close()  # again: nothing


def test_a_thing_is_released_once_when_it_is_closed_and_the_last_user_is_out() -> None:
    released: list[str] = []
    usage = Usage("it", lambda: released.append("now"))
    with usage.in_use():
        with usage.in_use():
            usage.close()
            usage.close()
        assert not released
    assert released == ["now"]
    with pytest.raises(CorpusError, match="it was closed"), usage.in_use():
        pass


# Side by side ---------------------------------------------------------------------------------------


def test_corpora_side_by_side_keep_to_their_own_settings_models_and_documents(tmp_path: Path) -> None:
    short = AnswerSettings(max_new_tokens=8, evidence_tokens=50)
    memories = (
        tiny_settings(tmp_path / "a"),
        tiny_settings(tmp_path / "b", window=48, mini_batch=8),
        MemorySettings(enabled=False),
    )
    corpora = []
    for number, memory in enumerate(memories):
        corpus = hybrid.Corpus.open(tmp_path / str(number), Settings(memory=memory, answer=short))
        corpus.ingest(hybrid.Document.from_text(CONTRACTS[number].text[:2000], f"{number}.txt"))
        corpora.append(corpus)
    question = "When does the agreement end?"
    alone = [same(corpus.ask(question, route="both")) for corpus in corpora]
    for _ in range(3):
        asked = together(*(lambda c=corpus: same(c.ask(question, route="both")) for corpus in corpora))  # type: ignore[misc]
        assert asked == alone
    for number, corpus in enumerate(corpora):
        assert {hit.source for hit in corpus.search(question)} == {f"{number}.txt"}
        corpus.close()


def test_models_are_shared_while_they_are_used_and_released_with_the_last_corpus(tmp_path: Path) -> None:
    gc.collect()
    before = len(_view.MEMORY_MODELS)
    memory = tiny_settings(tmp_path)
    cut = {"volume_tokens": 5000, "volumes_mounted": 1, "separate_by": ("access", "matter")}
    settings = (Settings(memory=memory), Settings(memory=memory.model_copy(update=cut)))
    one, two = (hybrid.Corpus.open(tmp_path / str(number), each) for number, each in enumerate(settings))
    other = hybrid.Corpus.open(tmp_path / "other", Settings(memory=memory.model_copy(update={"window": 48})))
    for corpus in (one, two, other):
        corpus.ingest(*version(1))
    assert one._held_model is two._held_model
    assert one._held_model is not other._held_model
    assert one._held_embedder is two._held_embedder is other._held_embedder
    assert len(_view.MEMORY_MODELS) == before + 2
    for corpus in (one, two, other):
        corpus.close()
    gc.collect()
    assert len(_view.MEMORY_MODELS) == before


class Model:
    """Something that can be referred to weakly."""


def test_a_model_is_loaded_once_however_many_threads_ask_for_it() -> None:
    at_the_door = threading.Barrier(8)
    loads: list[str] = []

    def load(key: str) -> Model:
        loads.append(key)
        return Model()

    shared: Shared[str, Model] = Shared(load)

    def get() -> Model:
        at_the_door.wait(timeout=PATIENCE)
        return shared.get("it")

    found = together(*[get] * 8)
    assert loads == ["it"]
    assert len(set(map(id, found))) == 1


def test_one_model_that_loads_slowly_does_not_hold_up_another() -> None:
    other_is_there = threading.Event()

    def load(key: str) -> Model:
        if key == "slow":
            assert other_is_there.wait(timeout=PATIENCE)
        return Model()

    shared: Shared[str, Model] = Shared(load)

    def other() -> None:
        shared.get("quick")
        other_is_there.set()

    together(lambda: shared.get("slow"), other)


def test_a_load_that_failed_is_tried_again() -> None:
    outcomes = iter([ValueError("no"), Model()])

    def load(key: str) -> Model:
        outcome = next(outcomes)
        if isinstance(outcome, ValueError):
            raise outcome
        return outcome

    shared: Shared[str, Model] = Shared(load)
    with pytest.raises(ValueError, match="no"):
        shared.get("it")
    assert isinstance(shared.get("it"), Model)
