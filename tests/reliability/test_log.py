"""The log: it says what was done, every edit of it is found, and nothing that was asked for fails with it."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys

import pytest

import hybrid
from hybrid import Corpus, Document, Filter, Identity, Settings
from hybrid.cli import main
from hybrid.errors import AccessError, CorpusError, CorruptCorpusError
from hybrid.stores import log
from hybrid.stores.log import FILE, HEAD

EVENTS = ["ingest", "removal", "question", "answer", "export"]
QUESTION = "When does the lease of house 1 end?"
SECRET = "Zanthorpe"


def settings(text="full", events=EVENTS):
    return Settings.model_validate({"memory": {"enabled": False}, "log": {"events": events, "text": text}})


def documents(count=3):
    return [
        Document.from_text(f"The lease of house {number} ends on {number + 1} May 2031.", source=f"house-{number}.txt")
        for number in range(count)
    ]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A corpus that was asked some questions, with what it answered."""
    directory = tmp_path_factory.mktemp("log") / "corpus"
    with Corpus.open(directory, settings()) as corpus:
        corpus.ingest(*documents())
        for number in range(6):
            corpus.ask(f"When does the lease of house {number % 3} end?", route="lookup")
    return directory


@pytest.fixture
def directory(written, tmp_path):
    return shutil.copytree(written, tmp_path / "corpus")


def events_of(corpus):
    return [record.event for record in corpus.log()]


def test_nothing_is_written_unless_the_settings_name_an_event(tmp_path):
    with Corpus.open(tmp_path / "corpus", {"memory": {"enabled": False}}) as corpus:
        corpus.ingest(*documents())
        corpus.ask(QUESTION, route="lookup")
        assert corpus.log() == []
        assert corpus.check_log().whole
    assert not list((tmp_path / "corpus").glob("log.*"))


def test_each_event_is_recorded_in_its_order_with_who_asked(tmp_path, capsys):
    home = tmp_path / "corpus"
    with Corpus.open(home, settings()) as corpus:
        corpus.ingest(*documents())
        with corpus.seen_by(Identity(name="ann", every_class=True)) as seen:
            answer = seen.ask(QUESTION, route="lookup")
            assert seen.log() == corpus.log()
        with corpus.seen_by(Identity(name="ben", classes=("",))) as seen, pytest.raises(AccessError):
            seen.log()
        corpus.remove("house-2.txt")
        corpus._custody()
        assert events_of(corpus) == ["ingest", "question", "answer", "redaction", "removal", "export"]
        ingest, question, answered, _, removal, _ = corpus.log()
        assert question.content["question"] == QUESTION
        assert (question.identity, answered.identity, ingest.identity) == ("ann", "ann", None)
        assert answered.content["question"] == question.sequence
        assert answered.content["text"] == answer.text
        assert answered.content["citations"][0]["source"] == "house-1.txt"
        assert len(removal.content["documents_removed"]) == 1
        assert corpus.check_log().whole
    for command in (["log", "show", str(home)], ["log", "show", str(home), "-n", "1", "--json"]):
        with pytest.raises(SystemExit) as ended:
            main(command)
        assert ended.value.code == 0
    said = capsys.readouterr().out
    assert [one["event"] for one in json.loads(said[said.index("\n[\n") :])] == ["export"]


@pytest.mark.parametrize("events", [["question"], ["removal", "ingest"]])
def test_only_the_events_that_are_named_are_recorded(tmp_path, events):
    with Corpus.open(tmp_path / "corpus", settings(events=events)) as corpus:
        corpus.ingest(*documents())
        corpus.ask(QUESTION, route="lookup")
        assert set(events_of(corpus)) <= set(events)
        assert events_of(corpus)


@pytest.mark.parametrize(("text", "stored"), [("full", True), ("hash", False), ("none", False)])
def test_of_questions_and_answers_only_what_the_settings_say_is_stored(tmp_path, text, stored):
    with Corpus.open(tmp_path / "corpus", settings(text)) as corpus:
        corpus.ingest(*documents())
        corpus.ask(QUESTION, route="lookup")
        said = (tmp_path / "corpus" / FILE).read_text()
        assert ("When does the lease" in said, "2 May 2031" in said) == (stored, stored)
        assert any("question_sha256" in (one.content or {}) for one in corpus.log()) == (text == "hash")


def test_a_comparison_and_a_stream_are_recorded_as_questions(directory):
    with Corpus.open(directory) as corpus:
        before = len(corpus.log())
        list(corpus.stream(QUESTION, route="lookup"))
        assert events_of(corpus)[before:] == ["question", "answer"]


# Every edit is found ----------------------------------------------------------------------------------


def edit(chosen, lines):
    """Another log than the one of these lines, and what was done to it."""
    kind = chosen.choice(
        ["byte", "bit", "removed", "moved", "again", "cut", "cut within", "inserted", "content", "value"]
    )
    at = chosen.randrange(len(lines))
    whole = b"".join(lines)
    if kind in ("byte", "bit"):
        place = chosen.randrange(len(whole))
        other = whole[place] ^ (1 << chosen.randrange(8)) if kind == "bit" else chosen.randrange(256)
        return kind, whole[:place] + bytes([other]) + whole[place + 1 :]
    if kind == "removed":
        return kind, b"".join(lines[:at] + lines[at + 1 :])
    if kind == "moved":
        other = chosen.randrange(len(lines))
        others = [*lines[:at], *lines[at + 1 :]]
        lines = [*others[:other], lines[at], *others[other:]]
        return kind, b"".join(lines)
    if kind == "again":
        return kind, b"".join([*lines[: at + 1], lines[at], *lines[at + 1 :]])
    if kind == "cut":
        return kind, b"".join(lines[:at])
    if kind == "cut within":
        return kind, whole[: chosen.randrange(len(whole))]
    if kind == "inserted":
        place = chosen.randrange(len(whole) + 1)
        return kind, whole[:place] + bytes([chosen.randrange(32, 127)]) + whole[place:]
    record = json.loads(lines[at])
    if kind == "content":  # with the sha256 of the other content beside it, as a careful forger writes it
        record["content"] = None if chosen.random() < 0.3 else {**record["content"], "found": "other"}
        record["content_sha256"] = log._sha256(record["content"])
    else:
        field = chosen.choice(["at", "event", "identity", "sequence"])
        record[field] = 99 if field == "sequence" else "other"
        if chosen.random() < 0.5:  # and the sha256 of the other record
            record["sha256"] = log._sha256({name: record[name] for name in log._FIELDS})
    return kind, b"".join([*lines[:at], log._canonical(record) + b"\n", *lines[at + 1 :]])


def test_each_of_200_random_edits_is_found(directory):
    chosen = random.Random(20)
    path = directory / FILE
    original = path.read_bytes()
    lines = original.splitlines(keepends=True)
    with Corpus.open(directory) as corpus:
        assert corpus.check_log().whole
        done, missed = 0, []
        while done < 200:
            kind, other = edit(chosen, lines)
            if other == original:
                continue
            path.write_bytes(other)
            done += 1
            if corpus.check_log().whole:
                missed.append(kind)
        path.write_bytes(original)
        assert missed == []
        assert corpus.check_log().whole


@pytest.mark.parametrize(
    ("before", "after"), [(b",", b", "), (b'"sequence":2', b'"sequence":"2"'), (b"{", b'{"event":"x",')], ids=str
)
def test_another_spelling_of_a_record_is_an_edit(directory, before, after):
    lines = (directory / FILE).read_bytes().splitlines(keepends=True)
    (directory / FILE).write_bytes(b"".join([lines[0], lines[1].replace(before, after, 1), *lines[2:]]))
    assert "record 2: it is not as it was written" in str(log.check(directory))


def test_a_log_that_was_cut_off_with_its_head_is_found_by_what_the_catalog_names_and_by_a_head_that_was_kept(directory):
    with Corpus.open(directory) as corpus:
        kept = corpus.check_log().head
        corpus.ingest(Document.from_text("Another paper altogether.", source="other.txt"))
        lines = (directory / FILE).read_bytes().splitlines(keepends=True)
        for count in (0, 3, len(lines) - 2):  # one of them is the ingest's
            (directory / FILE).write_bytes(b"".join(lines[:count]))
            last = json.loads(lines[count - 1]) if count else None
            (directory / HEAD).write_text(f"{last['sequence']} {last['sha256']}\n" if last else "")
            if not count:
                (directory / HEAD).unlink()
            assert "catalog" in str(corpus.check_log())
        (directory / FILE).write_bytes(b"".join(lines))
        (directory / HEAD).write_text(f"{len(lines)} {json.loads(lines[-1])['sha256']}\n")
        assert corpus.check_log(kept).whole
        assert not corpus.check_log("a" * 64).whole


def test_the_command_says_what_is_wrong_and_its_code(directory, capsys):
    for damage, code in ((False, 0), (True, 5)):
        if damage:
            with (directory / FILE).open("r+b") as file:
                file.seek(40)
                file.write(b"#")
        with pytest.raises(SystemExit) as ended:
            main(["log", "verify", str(directory)])
        assert ended.value.code == code
    assert "record 1" in capsys.readouterr().out


def test_a_log_that_was_cut_off_is_not_written_on(directory):
    lines = (directory / FILE).read_bytes().splitlines(keepends=True)
    (directory / FILE).write_bytes(b"".join(lines[:-1]))
    with Corpus.open(directory) as corpus:
        answer = corpus.ask(QUESTION, route="lookup")
        assert "2 May 2031" in answer.text
        assert any("does not end with record" in note for note in answer.notes)
    assert (directory / FILE).read_bytes() == b"".join(lines[:-1])


def test_what_an_interrupted_writer_left_is_mended_by_the_next_record(directory):
    head = (directory / HEAD).read_text()
    with Corpus.open(directory) as corpus:
        corpus.ask(QUESTION, route="lookup")
        lines = (directory / FILE).read_bytes().splitlines(keepends=True)
        (directory / FILE).write_bytes(b"".join(lines[:-1]) + lines[-1][:70])  # the head of two records before
        (directory / HEAD).write_text(head)
        corpus.ask(QUESTION, route="lookup")
        assert corpus.check_log().whole
        assert events_of(corpus)[-3:] == ["question", "question", "answer"]


# Nothing waits for it or fails with it ----------------------------------------------------------------


def test_a_full_disk_costs_a_record_and_not_the_answer(directory, monkeypatch):
    before = (directory / FILE).read_bytes()

    def full(*_):
        raise OSError(28, os.strerror(28))

    with Corpus.open(directory) as corpus:
        monkeypatch.setattr(log.os, "fsync", full)
        answer = corpus.ask(QUESTION, route="lookup")
        assert "2 May 2031" in answer.text
        assert any("no space left" in note for note in answer.notes)
        assert (directory / FILE).read_bytes() == before
        monkeypatch.undo()
        assert corpus.ask(QUESTION, route="lookup").notes == ()
        assert corpus.check_log().whole


def test_a_corpus_that_can_only_be_read_answers_and_notes_it(directory, monkeypatch):
    before = (directory / FILE).read_bytes()
    with Corpus.open(directory) as corpus:
        monkeypatch.setattr(log.os, "access", lambda *_: False)
        answer = corpus.ask(QUESTION, route="lookup")
        assert "2 May 2031" in answer.text
        assert any("can only be read" in note for note in answer.notes)
    assert (directory / FILE).read_bytes() == before


def test_records_of_several_processes_follow_one_another(tmp_path):
    script = (
        "import sys; from pathlib import Path; from hybrid.stores import log\n"
        "for n in range(25): log.append(Path(sys.argv[1]), 'question', {'n': n}, sys.argv[2])"
    )
    running = [subprocess.Popen([sys.executable, "-c", script, str(tmp_path), name]) for name in "abc"]
    assert [one.wait() for one in running] == [0, 0, 0]
    report = log.check(tmp_path)
    assert report.whole
    assert report.records == 75


def test_files_of_the_log_are_their_owners_alone_and_no_links(directory, tmp_path):
    assert {oct((directory / name).stat().st_mode & 0o777) for name in (FILE, HEAD)} == {"0o600"}
    (tmp_path / "elsewhere").write_bytes((directory / FILE).read_bytes())
    (directory / FILE).unlink()
    (directory / FILE).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(CorruptCorpusError, match="link"):
        log.append(directory, "question", {})


# Deletion reaches it ----------------------------------------------------------------------------------


def secret():
    return Document.from_text(f"{SECRET} ends the lease of house 9 on 4 May 2031.", source=f"{SECRET}.txt")


def holds(directory):
    return [path.name for path in directory.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]


def test_removal_takes_names_and_excerpts_out_and_the_chain_holds(directory):
    with Corpus.open(directory) as corpus:
        corpus.ingest(secret())
        answer = corpus.ask(f"When does {SECRET} end the lease of house 9?", route="lookup")
        assert SECRET in answer.text
        corpus.ask("When does the lease of house 2 end?", route="lookup")
        assert FILE in holds(directory)
        corpus.remove(f"{SECRET}.txt")
        assert holds(directory) == []
        report = corpus.check_log()
        assert report.whole
        assert report.redacted == 3  # the ingest, the question and the answer
        assert any("3 May 2031" in str(one) for one in corpus.log()[-4:])  # others stay


def test_a_removal_that_was_killed_before_it_reached_the_log_is_finished_later(directory, monkeypatch):
    with Corpus.open(directory) as corpus:
        corpus.ingest(secret())
        corpus.ask(f"When does {SECRET} end the lease of house 9?", route="lookup")
        with monkeypatch.context() as killed:
            killed.setattr("hybrid.stores.erasure.erase", lambda *_: (_ for _ in ()).throw(CorpusError("killed")))
            corpus.remove(f"{SECRET}.txt")
            assert FILE in holds(directory)
        assert corpus.repair().whole
        assert holds(directory) == []
        assert corpus.check_log().whole


def test_content_that_is_gone_without_a_removal_is_found(directory):
    lines = [json.loads(line) for line in (directory / FILE).read_bytes().splitlines()]
    lines[2]["content"] = None
    (directory / FILE).write_bytes(b"".join(log._canonical(one) + b"\n" for one in lines))
    assert "no removal says so" in str(log.check(directory))


def test_the_answer_after_the_whole_log_was_taken_away_says_so(directory):
    for name in (FILE, HEAD):
        (directory / name).unlink()
    with Corpus.open(directory) as corpus:
        first, second = (corpus.ask(QUESTION, route="lookup") for _ in range(2))
        assert "house 1" in first.text
        (note,) = [one for one in first.notes if "log" in one]
        assert f"neither {FILE} nor {HEAD} is there" in note
        assert "hybrid log verify" in note
        assert not [one for one in second.notes if "log" in one]
        assert events_of(corpus) == ["question", "answer"] * 2
        assert not corpus.check_log().whole
        assert corpus.ingest(*documents(4)).notes == ()
        assert corpus.check_log().whole


def test_the_first_answer_of_a_corpus_that_had_no_log_says_nothing_of_it(tmp_path):
    with Corpus.open(tmp_path / "corpus", {"memory": {"enabled": False}}) as corpus:
        corpus.ingest(*documents())
    with Corpus.open(tmp_path / "corpus", settings()) as corpus:
        assert not [one for one in corpus.ask(QUESTION, route="lookup").notes if "log" in one]


def whole_log(tmp_path):
    corpus = Corpus.open(tmp_path / "corpus", settings())
    corpus.ingest(Document.from_text("The tenant may keep no dogs. Rent is due in May.", source="lease.txt"))
    corpus.ask("May the tenant keep dogs?", route="lookup")
    corpus.close()
    return tmp_path / "corpus"


def edited_line(directory):
    path = directory / "log.jsonl"
    path.write_text(path.read_text().replace('"ingest"', '"export"'))


def cut_line(directory):
    path = directory / "log.jsonl"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))


def without(*names):
    return lambda directory: [(directory / name).unlink() for name in names]


def folder(name):
    return lambda directory: [(directory / name).unlink(), (directory / name).mkdir()]


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (edited_line, "record 1: it was changed"),
        (cut_line, "log.head names record 3"),
        (without("log.head"), "log.head is missing: whether log.jsonl was cut off"),
        (without("log.jsonl"), "log.jsonl is missing, and log.head is there"),
        (without("log.jsonl", "log.head"), "the catalog names record 1, and log.jsonl is gone"),
        (folder("log.jsonl"), "is not a file"),
        (folder("log.head"), "is not a file"),
    ],
    ids=["edited", "cut off", "no head", "no records", "none", "a folder", "a folder as the head"],
)
def test_verify_names_a_log_that_is_not_whole_and_its_advice_works(tmp_path, edit, said):
    directory = whole_log(tmp_path)
    edit(directory)
    with Corpus.open(directory) as corpus:
        (problem,) = corpus.check().problems
        assert (problem.part, problem.name) == ("log", "log.jsonl")
        assert said in problem.problem
        assert not corpus.check_log().whole
        assert "dogs" in corpus.ask("May the tenant keep dogs?", route="lookup").text
        if "move log.jsonl" in problem.advice:
            for name in ("log.jsonl", "log.head"):
                if (directory / name).exists():
                    (directory / name).rename(tmp_path / name)
        assert corpus.repair().whole
        corpus.ask("May the tenant keep dogs?", route="lookup")
        assert corpus.check_log().whole
        assert corpus.check().whole
        assert corpus._catalog.log()[-1].event == "log"  # what the catalog named before is not forgotten


@pytest.mark.parametrize("text", ["full", "hash", "none"])
def test_searches_are_recorded_where_questions_are(tmp_path, text):
    with Corpus.open(tmp_path / "corpus", settings(text, ["question"])) as corpus:
        corpus.ingest(Document.from_text("The tenant may keep no dogs. Rent is due in May.", source="lease.txt"))
        hits = corpus.search("dogs", where=Filter(sources="lease.txt"))
        corpus.search_documents("rent")
        with corpus.session() as session:
            session.search("nobody")
        records = corpus.log()
        assert [one.event for one in records] == ["search"] * 3
        found = records[0].content
        assert found["hits"][0]["sha256"] == hits[0].sha256
        assert (found.get("question") == "dogs") == (text == "full")
        assert ("question_sha256" in found) == (text == "hash")
        assert ("lease.txt" in str(found)) == (text == "full")
        corpus.remove("lease.txt")
        assert all(one.content is None for one in corpus.log() if one.event == "search")
    with Corpus.open(tmp_path / "corpus", settings(events=["answer"])) as corpus:
        corpus.search("dogs")
        assert [one.event for one in corpus.log()].count("search") == 3


def test_a_search_whose_record_cannot_be_written_says_so(tmp_path):
    directory = whole_log(tmp_path)
    cut_line(directory)
    with Corpus.open(directory) as corpus:
        assert "The log does not have this search" in corpus.search("dogs").notes[0]


def test_a_report_of_answers_is_recorded_as_an_export(tmp_path):
    with Corpus.open(whole_log(tmp_path)) as corpus:
        hybrid.report([corpus.ask("May the tenant keep dogs?", route="lookup")], corpus)
        record = corpus.log()[-1]
        assert (record.event, record.content["what"], record.content["rows"]) == ("export", "report", 1)


def rolled_back(directory, tmp_path):
    """Put catalog and guard back as they were before a document that the log knows of came."""
    for name in ("catalog.sqlite", "commit"):
        shutil.copy(directory / name, tmp_path / name)
    with Corpus.open(directory) as corpus:
        corpus.ingest(Document.from_text("The lease of house 9 ends on 10 May 2031.", source="house-9.txt"))
    for name in ("catalog.sqlite", "commit"):
        shutil.copy(tmp_path / name, directory / name)
    (directory / "catalog.sqlite-wal").unlink(missing_ok=True)


def test_a_catalog_that_went_back_with_its_guard_is_noted_in_answers_until_it_is_repaired(directory, tmp_path):
    rolled_back(directory, tmp_path)
    with Corpus.open(directory) as corpus:
        said = " ".join(corpus.ask(QUESTION, route="lookup").notes)
        assert "The log knows of commit 2 (record 14), and catalog.sqlite is at commit 1" in said
        assert "The log knows of commit 2" in " ".join(corpus.search(QUESTION).notes)
        (problem,) = corpus.check().problems
        assert (problem.part, problem.repairable) == ("log", True)
        assert "commit 2" in problem.problem
        assert "hybrid repair" in problem.advice
    with Corpus.open(directory) as corpus:
        assert corpus.repair().whole
    with Corpus.open(directory) as corpus:
        assert not corpus.ask(QUESTION, route="lookup").notes
        assert corpus.check_log().whole


def test_an_ingest_does_not_hide_that_the_catalog_went_back(directory, tmp_path):
    rolled_back(directory, tmp_path)
    with Corpus.open(directory) as corpus:
        for number in (20, 21):
            lease = Document.from_text(f"The lease of house {number} ends in 2040.", source=f"house-{number}.txt")
            report = corpus.ingest(lease)
            assert any("The log knows of commit 2" in note for note in report.notes)
    with Corpus.open(directory) as corpus:
        assert any("The log knows of commit 2" in note for note in corpus.ask(QUESTION, route="lookup").notes)
        assert len(corpus.check().problems) == 1
        assert corpus.repair().whole


def test_a_log_that_only_another_process_went_on_with_is_no_sign_of_an_older_catalog(directory):
    with Corpus.open(directory) as corpus, Corpus.open(directory) as other:
        with corpus.session() as session:
            other.ingest(Document.from_text("The lease of house 9 ends on 10 May 2031.", source="house-9.txt"))
            assert not session.search(QUESTION).notes
        assert not corpus.ask(QUESTION, route="lookup").notes
        assert corpus.check().whole
