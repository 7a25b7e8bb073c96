"""A digest is made of whole sentences of the documents, chosen for the question and for what the whole says."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from answering_corpus import SmallCorpus, build

from hybrid.answering import digest
from hybrid.answering.evidence import Sentence, cite, collapse

STORY = """The Lighthouse

Captain Mara Holt kept the lighthouse on Skell Island for thirty years after the war ended.

"I don't care," she said. "You can go."

Mara Holt taught the boy Tomas to trim the lamp and to read the weather in the clouds.

In the great storm the lamp of the lighthouse failed and the ferry Marigold ran onto the reef.

Who would have thought it of such a night on such an island?

Tomas rowed out to the ferry Marigold with Mara Holt and brought eleven people to the island.

The harbour office blamed Mara Holt for the wreck and took the lighthouse from her.

It rained on the roofs and it rained on the roads and nobody went out at all that week.

Tomas proved that the oil of the lamp had been thinned, and Mara Holt got the lighthouse back.

Bread was dear that year, people said, and so was coal, and so was nearly everything else.
"""
MEETING = "\n".join(
    [
        "Ann Aaker: Good morning to all of you and thank you for coming here today .",
        "Bob Bode: The coffee in this building has been getting worse every single week .",
        "Ann Aaker: The remote control should have a rubber case and only six buttons on it .",
        "Bob Bode: A rubber case for the remote control costs us two euros more than plastic .",
        "Ann Aaker: The buttons of the remote control must be large enough for older people .",
        "Bob Bode: We could leave out the display and pay for the rubber case with that .",
        "Ann Aaker: Next week the holidays begin and half of the team will be away .",
        "Bob Bode: Then let us meet again when everybody is back from the holidays .",
    ]
)
LETTER = "The lighthouse of Skell Island was sold to Tomas by the harbour office in the spring.\n"
QUESTION = "What happens to Mara Holt and the lighthouse?"


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> SmallCorpus:
    texts = {
        "story.txt": STORY,
        "meeting.txt": MEETING,
        "letter.txt": LETTER,
        "feet.txt": f"{LETTER}\nSkell Papers\n\n" * 4,
    }
    return build(Path(tmp_path_factory.mktemp("corpus")), texts)


def chosen(
    corpus: SmallCorpus, sources: Sequence[str], question: str = QUESTION, words: int = 120, general: bool = False
) -> list[Sentence]:
    ids = {row.source: row.id for row in corpus.catalog.documents()}
    hits = [hit for source in sources for hit in corpus.searcher.search(question, 50) if hit.document_id == ids[source]]
    vector = corpus.embedder.encode([question])[0]
    return digest.choose(question, vector, hits, corpus.catalog, corpus.embedder, words, general)


def test_a_digest_is_whole_sentences_in_the_order_of_the_text_within_its_words(corpus: SmallCorpus) -> None:
    found = chosen(corpus, ["story.txt"])
    assert digest.FEWEST <= len(found) <= digest.MOST
    assert [one.start for one in found] == sorted(one.start for one in found)
    assert sum(len(one.text.split()) for one in found) <= 120
    text = corpus.catalog.text(found[0].document_id)
    assert all(text[one.start : one.end] == one.text and one.text.endswith(".") for one in found)


def test_it_says_what_the_story_says_and_no_speech_question_or_aside(corpus: SmallCorpus) -> None:
    said = " ".join(collapse(one.text) for one in chosen(corpus, ["story.txt"], words=80))
    assert "took the lighthouse from her" in said
    assert "got the lighthouse back" in said
    for aside in ("I don't care", "Who would", "Bread was dear", "It rained"):
        assert aside not in said


def test_nothing_is_said_twice_and_a_running_foot_is_no_sentence(corpus: SmallCorpus) -> None:
    found = chosen(corpus, ["feet.txt", "letter.txt"])
    assert [collapse(one.text) for one in found].count(collapse(LETTER)) == 1
    assert all("Skell Papers" not in one.text for one in found)


def test_documents_stand_together_the_one_with_the_best_sentence_first(corpus: SmallCorpus) -> None:
    found = chosen(corpus, ["letter.txt", "story.txt", "meeting.txt"], "What became of the lighthouse of Skell Island?")
    documents = [one.document_id for one in found]
    assert len(set(documents)) == 2
    assert documents == sorted(documents, key=documents.index)
    assert "meeting.txt" not in {one.source for one in found}, "nothing in it is about the question"


def test_in_a_transcript_the_passage_about_the_question_is_quoted_and_each_quote_has_its_speaker(
    corpus: SmallCorpus,
) -> None:
    found = chosen(corpus, ["meeting.txt"], "What was said about the rubber case of the remote control?", 60)
    assert [one.text.split()[0] for one in found] != []
    cited = [cite(corpus.catalog, one, 1) for one in found]
    assert all("holidays" not in one.quote and "coffee" not in one.quote for one in cited)
    assert {one.speaker for one in cited} <= {"Ann Aaker", "Bob Bode"}
    assert not any(one.quote.startswith(("Ann", "Bob")) for one in cited), "the label is not said"


def test_where_there_are_only_short_sentences_they_are_quoted(tmp_path: Path) -> None:
    small = build(tmp_path, {"note.txt": "The lamp failed.\n\nMara kept the lighthouse.\n"})
    assert [one.text for one in chosen(small, ["note.txt"])] == ["The lamp failed.", "Mara kept the lighthouse."]


def test_of_a_document_that_is_too_long_the_passages_around_its_hits_are_read(
    corpus: SmallCorpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digest, "CHARACTERS", 700)
    monkeypatch.setattr(digest, "PASSAGE", 300)
    found = chosen(corpus, ["story.txt"])
    assert found
    assert max(one.end for one in found) - min(one.start for one in found) < len(STORY)


def test_a_general_question_is_answered_by_what_the_whole_says(corpus: SmallCorpus) -> None:
    said = " ".join(collapse(one.text) for one in chosen(corpus, ["story.txt"], "What is the story about?", 80, True))
    assert "Mara Holt" in said
    assert "Bread was dear" not in said


def test_nothing_is_chosen_where_nothing_was_found(corpus: SmallCorpus) -> None:
    assert chosen(corpus, []) == []
