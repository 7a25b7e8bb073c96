"""Self-study through a corpus: what is stored, what a removal leaves of it, what a chat model is asked and when."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tiny_model import tiny_settings, volume_files

import hybrid
from hybrid.errors import InputError, ModelError, SettingsError
from hybrid.ingest import workers
from hybrid.settings import AccessSettings, MemorySettings, Settings
from hybrid.ttt.memory import MemoryModel
from hybrid.types.study import Exercise, StudyPairs

TEXTS = {
    f"{name}.txt": (
        f"Captain {name} sold the salt in Ghent on 3 May 2031 for 500 crowns in silver. The harbour master wrote the "
        f"sale into his book the same evening. Nobody in Ghent asked Captain {name} where the salt had come from.\n\n"
        f"2. Return\n\nThe ship of {name} left the harbour before the tide turned on the next morning. It carried no "
        f"cargo but the letters that Mistress Aldous had written to her brother in Antwerp."
    )
    for name in ("Orr", "Bell", "Kemp", "Dace")
}
ANYBODY = AccessSettings(required_with_classes=False)


@pytest.fixture(scope="module")
def memory(tmp_path_factory: pytest.TempPathFactory) -> MemorySettings:
    folder = tmp_path_factory.mktemp("model")
    return tiny_settings(folder, mini_batch=32, volume_tokens=1200, study="loss")


def documents(*left_out: str) -> list[hybrid.Document]:
    return [hybrid.Document.from_text(text, name) for name, text in TEXTS.items() if name not in left_out]


def opened(folder: Path, memory: MemorySettings) -> hybrid.Corpus:
    return hybrid.Corpus.open(folder, Settings(memory=memory, access=ANYBODY))


@pytest.fixture
def corpus(tmp_path: Path, memory: MemorySettings) -> Iterator[hybrid.Corpus]:
    with opened(tmp_path / "corpus", memory) as found:
        yield found


def pairs_in(corpus: hybrid.Corpus) -> dict[str, StudyPairs]:
    """The pairs of each document, by its source."""
    named = {one.sha256: one.source for one in corpus.documents()}
    files = (corpus.directory / "study").glob("*.json")
    return {named.get(file.stem, file.stem): StudyPairs.from_file(file.read_text()) for file in files}


def chat_model(asked: list[str]) -> Callable[[list[tuple[str, str]]], str]:
    """One that answers with the passage's first sentence, and invents."""

    def write(messages: list[tuple[str, str]]) -> str:
        passage = messages[1][1].split("\n")[1]
        asked.append(passage)
        first = passage.split(". ")[0].rstrip(".")
        return (
            f"QUESTION: What was sold?\nANSWER: {first}.\nQUESTION: Who?\nANSWER: The Pope sold seven moons to a whale."
        )

    return write


def test_what_is_studied_is_stored_and_what_it_cost_and_gained_is_shown(corpus: hybrid.Corpus) -> None:
    report = corpus.ingest(*documents())
    assert report.memory == "ready"
    assert any("questions with answers were made of 4 documents" in note for note in report.notes)
    assert pairs_in(corpus).keys() == TEXTS.keys()
    training = corpus.training()
    studies = [one.report.study for one in training.volumes]
    assert all(one is not None and one.pairs and one.tokens > 50 * one.pairs and one.seconds > 0 for one in studies)
    assert training.studied == sum(one.pairs for one in studies if one and one.used) > 0
    assert all("nats a token without it" in str(one) for one in training.volumes)
    assert any(" s a pair: answers held back at " in str(one) for one in training.volumes)
    status = corpus.status()
    assert (status.studied, status.study_gain) == (training.studied, training.study_gain)
    assert f"study      {status.studied:,} questions with answers; answers held back are likelier by 0." in str(status)
    for shown in (status._repr_html_(), training._repr_html_(), str(training)):
        assert shown is not None
        assert f"studied {status.studied:,} questions with answers; answers held back are likelier by 0." in shown


def test_study_changes_the_volumes_and_only_where_it_is_set(
    corpus: hybrid.Corpus, tmp_path: Path, memory: MemorySettings
) -> None:
    corpus.ingest(*documents())
    with opened(tmp_path / "plain", memory.model_copy(update={"study": "none"})) as plain:
        plain.ingest(*documents())
        assert not (plain.directory / "study").exists()
        assert plain.training().studied == 0
        assert "questions with answers" not in str(plain.status())
        ours = {one.sources: one for one in corpus.training().volumes}
        theirs = {one.sources: one for one in plain.training().volumes}
        assert ours.keys() == theirs.keys()
        used = [name for name, one in ours.items() if one.report.study and one.report.study.used]
        assert used
        assert all(ours[name].tensors_sha256 != theirs[name].tensors_sha256 for name in used)
    with opened(tmp_path / "plain", memory) as again:
        again.ingest([])
        assert volume_files(again.directory) == volume_files(corpus.directory)


@pytest.mark.parametrize("asked_of", ["templates", "a chat model"])
def test_a_removal_leaves_what_a_corpus_has_that_never_held_the_document(
    corpus: hybrid.Corpus, tmp_path: Path, memory: MemorySettings, asked_of: str
) -> None:
    generator = chat_model([]) if asked_of == "a chat model" else None
    corpus.ingest(*documents(), generator=generator)
    certificate = corpus.remove("Kemp.txt").certificate
    assert certificate is not None
    assert certificate.after
    assert all(one.exercises_sha256 for one in certificate.after)
    held = pairs_in(corpus)
    assert held.keys() == TEXTS.keys() - {"Kemp.txt"}
    assert not any("Kemp" in file.read_text() for file in (corpus.directory / "study").iterdir())
    assert {one.maker for one in held.values()} == {"templates 1" if generator is None else "chat model"}
    with opened(tmp_path / "never", memory) as never:
        never.ingest(*documents("Kemp.txt"), generator=generator)
        assert volume_files(corpus.directory) == volume_files(never.directory)
    check = corpus.verify_deletion(certificate)  # without the chat model
    assert check.holds, str(check)
    assert any("gives the same tensors" in line for line in check.proved)


def test_pairs_of_a_removed_document_that_are_left_break_its_certificate(corpus: hybrid.Corpus) -> None:
    corpus.ingest(*documents())
    gone = next(one.sha256 for one in corpus.documents() if one.source == "Kemp.txt")
    kept = (corpus.directory / "study" / f"{gone}.json").read_bytes()
    certificate = corpus.remove("Kemp.txt").certificate
    assert certificate is not None
    (corpus.directory / "study" / f"{gone}.json").write_bytes(kept)
    failed = corpus.verify_deletion(certificate).failed
    assert failed == ("questions about Kemp.txt, with answers from it, are in the corpus",)


def test_pairs_that_were_made_again_leave_a_certificate_open(corpus: hybrid.Corpus) -> None:
    corpus.ingest(*documents())
    certificate = corpus.remove("Kemp.txt").certificate
    assert certificate is not None
    by_templates = volume_files(corpus.directory)
    corpus.ingest([], generator=chat_model([]))
    assert volume_files(corpus.directory).keys().isdisjoint(by_templates)  # other pairs, other volumes
    check = corpus.verify_deletion(certificate)
    assert not check.failed
    assert any("made again since" in line for line in check.open)


def test_a_chat_model_is_asked_once_about_each_document_and_what_it_invents_is_dropped(corpus: hybrid.Corpus) -> None:
    corpus.ingest(*documents("Orr.txt"))
    asked: list[str] = []
    report = corpus.ingest(*documents(), generator=chat_model(asked))
    found = pairs_in(corpus)
    assert {one.maker for one in found.values()} == {"chat model"}
    assert len(asked) == sum(one.dropped for one in found.values()) == 2 * len(TEXTS)  # two passages each
    assert not any("Pope" in pair.answer for one in found.values() for pair in one.pairs)
    assert all(pair.verdict == "verbatim" for one in found.values() for pair in one.pairs)
    assert any("8 dropped, whose answers their passages do not support" in note for note in report.notes)
    before = volume_files(corpus.directory)
    corpus.ingest(*documents(), generator=chat_model(asked))
    corpus.ingest(*documents())
    assert len(asked) == 2 * len(TEXTS)
    assert volume_files(corpus.directory) == before


def test_a_chat_model_that_fails_keeps_what_was_made_and_the_next_ingest_goes_on(corpus: hybrid.Corpus) -> None:
    asked: list[str] = []
    writes = chat_model(asked)

    def fails(messages: list[tuple[str, str]]) -> str:
        if len(asked) == 5:
            raise TimeoutError("no answer in 30 s")
        return writes(messages)

    with pytest.raises(ModelError, match=r"the generator failed: TimeoutError: no answer in 30 s; it was asked about .*"
                                         r"about 2 documents before it are kept"):  # fmt: skip
        corpus.ingest(*documents(), generator=fails)
    assert len(pairs_in(corpus)) == 2
    assert corpus.status().memory == "behind"
    assert corpus.search("harbour master")  # the index has everything
    assert corpus.ingest([], generator=writes).memory == "ready"
    assert len(asked) == 5 + 4  # both passages of the document that it failed at, and those after it


def test_a_damaged_file_of_pairs_is_set_aside_and_made_again(corpus: hybrid.Corpus) -> None:
    corpus.ingest(*documents())
    before = volume_files(corpus.directory)
    file = next((corpus.directory / "study").iterdir())
    fields = json.loads(file.read_text())
    fields["pairs"][0]["answer"] = "The Pope sold seven moons."
    file.write_text(json.dumps(fields))
    (problem,) = corpus.check().problems
    assert (problem.part, problem.name) == ("study", f"study/{file.name}")
    report = corpus.ingest([])
    assert corpus.check().whole
    assert any("were made again" in note and "quarantine" in note for note in report.notes)
    assert "Pope" not in file.read_text()
    assert volume_files(corpus.directory) == before
    corpus.remove("Kemp.txt")
    assert not (corpus.directory / "quarantine").exists()


def test_a_process_that_adapts_volumes_is_given_the_exercises_and_gives_the_same_tensors(
    memory: MemorySettings,
) -> None:
    model = MemoryModel.load(memory)
    tokens, text = model.encode(TEXTS["Orr.txt"]), TEXTS["Orr.txt"]
    exercises = [Exercise(f"Word {n}?", word, text[:40]) for n, word in enumerate(text.split()[:9])]
    settings = memory.model_dump(mode="json")
    requests = [settings, {"tokens": tokens, "exercises": exercises}, {"tokens": tokens, "exercises": []}]
    given, answers = io.BytesIO(b"".join(json.dumps(one).encode() + b"\n" for one in requests)), io.BytesIO()
    workers.main(given, answers)
    answers.seek(0)
    found = []
    while line := answers.readline():
        facts = json.loads(line)
        answers.seek(facts["bytes"], io.SEEK_CUR)
        found.append(facts["sha256"])
    assert found == [model.adapt_volume(tokens, None, exercises)[1], model.adapt_volume(tokens)[1]]
    assert found[0] != found[1]


@pytest.mark.parametrize("study", ["none", "loss"])
def test_a_generator_that_would_not_be_asked_or_cannot_write_is_refused(
    corpus: hybrid.Corpus, tmp_path: Path, memory: MemorySettings, study: str
) -> None:
    if study == "none":
        with (
            opened(tmp_path / "plain", memory.model_copy(update={"study": "none"})) as plain,
            pytest.raises(SettingsError, match=r"set memory\.study to loss or distillation$"),
        ):
            plain.ingest(*documents(), generator=chat_model([]))
    with pytest.raises(InputError, match=r"a generator is a LangChain chat model, or a function from .*, not int"):
        corpus.ingest(*documents(), generator=3)
    assert not corpus.documents()


def test_each_pair_is_studied_with_the_part_of_a_long_document_that_says_it(
    corpus: hybrid.Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[tuple[str, list[str]]] = []
    real = MemoryModel.adapt_volume

    def adapt_volume(self: MemoryModel, tokens: list[int], on_step: object = None, exercises: object = ()) -> object:
        passages = sorted({one.passage for one in exercises})  # type: ignore[attr-defined]
        given.append((self.decode(tokens), passages))
        return real(self, tokens, on_step, exercises)  # type: ignore[arg-type]

    monkeypatch.setattr(MemoryModel, "adapt_volume", adapt_volume)
    corpus.ingest(hybrid.Document.from_text("\n\n".join(TEXTS.values()), "all.txt"))
    assert len(given) > 1
    passages = [one for _, each in given for one in each]
    (pairs,) = pairs_in(corpus).values()
    assert len(passages) == len(set(passages)) == len({(one.start, one.end) for one in pairs.pairs})
    for text, passages in given:
        plain = " ".join(text.split())
        assert all(one[: len(one) // 3] in plain or one[-len(one) // 3 :] in plain for one in passages)
