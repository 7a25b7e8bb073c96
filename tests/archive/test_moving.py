"""A corpus moves in one file: the imported one is the same, and a file that is not what was exported makes none."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import shutil
import sqlite3
import stat
import subprocess
import sys
import textwrap
import threading
import zipfile
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import pytest
from click.testing import CliRunner
from filelock import FileLock
from tiny_model import tiny_settings, volume_files

import hybrid
from hybrid import (
    ArchiveError,
    Corpus,
    CorpusError,
    CorpusExistsError,
    CorpusLockedError,
    CorpusVersionError,
    CorruptCorpusError,
    Document,
    Identity,
    InputError,
    Metadata,
    Settings,
)
from hybrid._moving import tensors_sha256
from hybrid.archive import contents, exporting, importing, probes
from hybrid.cli import main
from hybrid.errors import AccessError, MissingModelError, SettingsError
from hybrid.ingest.progress import quiet
from hybrid.settings import StoresSettings
from hybrid.stores import commits, erasure, records
from hybrid.stores.vector_store import PENDING, VECTORS

QUESTIONS = ("When does the lease of the mill end?", "Who paid for the salt?", "Was the boiler inspected?")
EVERYONE = Identity(name="clerk", every_class=True)


def write_files(folder: Path) -> Path:
    folder.mkdir()
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Date"] = "ann@example.org", "bob@example.org", "Mon, 03 May 2027 10:00:00 +0000"
    mail["Subject"] = "The salt"
    mail.set_content("The buyer paid 500 crowns for the salt. I did not see the boiler.\n")
    mail.add_attachment("The boiler was inspected on 4 May 2027.\n", filename="inspection.txt")
    (folder / "salt.eml").write_bytes(bytes(mail))
    (folder / "lease.txt").write_text(
        "LEASE (draft)\n\nThe lease of the mill ends on 4 May 2031. The rent is 12,000.\n"
    )
    (folder / "copy.txt").write_bytes((folder / "lease.txt").read_bytes())
    (folder / "table.md").write_text("| Name | Paid |\n|---|---|\n| Orr | 500 |\n| Bell | 200 |\n\nTrailing words.\n")
    (folder / "gone.txt").write_text("A note that nobody wants any more, about a horse called Zanthorpe.\n")
    (folder / "odd name; rm -rf.txt").write_text("Ein Brief aus Köln: 契約は二月に終わる。 The kiln was cold.\n")
    (folder / "picture.bin").write_bytes(bytes(range(256)))
    return folder


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, hybrid.ExportReport, str]:
    """A corpus with a memory that studies, its file, what the export said, and a certificate of a removal."""
    folder = tmp_path_factory.mktemp("moving")
    memory = tiny_settings(folder, mini_batch=32, volume_tokens=400, study="loss")
    events = ["ingest", "removal", "question", "answer", "export"]
    settings = Settings.model_validate(
        {"memory": memory.model_dump(), "log": {"events": events}, "access": {"required_with_classes": False}}
    )
    secret = Metadata(extra={"access": "deal-team"}, custodian="Orr")
    with Corpus.open(folder / "corpus", settings) as corpus:
        corpus.ingest(write_files(folder / "files"))
        corpus.ingest(Document.from_text("Captain Orr sold the salt in Ghent on 3 May 2031.", "orr.txt", secret))
        removal = corpus.remove(corpus_name(corpus, "gone.txt"))
        assert removal.certificate is not None
        corpus.ask(QUESTIONS[0], route="lookup")
        report = corpus.export(folder / "corpus.hybrid")
    return folder / "corpus", folder / "corpus.hybrid", report, removal.certificate.to_json()


def corpus_name(corpus: Corpus, ending: str) -> str:
    return next(one.source for one in corpus.documents() if one.source.endswith(ending))


def same(answer: hybrid.Answer) -> dict[str, object]:
    """An answer without what a store numbers by itself: ids of documents and chunks."""
    return answer.model_dump(exclude={"seconds"})


def told(corpus: Corpus) -> dict[str, object]:
    """All that a corpus says of what it holds."""
    ids = ("id", "chunk_id", "document_id")
    return {
        "documents": [one.model_dump(exclude={"id"}) for one in corpus.documents()],
        "texts": {one.source: corpus.get_documents([one.source])[one.source] for one in corpus.documents()},
        "answers": [same(corpus.ask(one)) for one in QUESTIONS],
        "hits": [hit.model_dump(exclude=set(ids)) for one in QUESTIONS for hit in corpus.search(one, 20)],
        "dense": [hit.model_dump(exclude=set(ids)) for hit in corpus.search(QUESTIONS[0], 20, order="dense")],
        "custody": [row.model_dump() for row in corpus._custody()],
        "training": corpus.training().model_dump(exclude={"volumes": {"__all__": {"id"}}}),
        "status": corpus.status().model_dump(exclude={"directory", "bytes_on_disk"}),
    }


def test_an_imported_corpus_is_the_same_corpus(
    moved: tuple[Path, Path, hybrid.ExportReport, str], tmp_path: Path
) -> None:
    directory, file, report, certificate = moved
    shutil.copytree(directory, tmp_path / "original")
    with Corpus.open(tmp_path / "original", create=False) as original, Corpus.import_(file, tmp_path / "new") as new:
        assert new.check().whole
        assert new.log()[: report_records(file)] == original.log()[: report_records(file)]
        assert new.check_log().whole
        assert new.verify_deletion(certificate).holds
        assert not new.verify_deletion(certificate).open
        here, there = told(new), told(original)
        for kind in here:
            assert here[kind] == there[kind], kind
        assert new._catalog.info(commits.CORPUS_ID) == original._catalog.info(commits.CORPUS_ID) == report.corpus
        assert volume_files(tmp_path / "new") == volume_files(directory) != {}
        assert study_files(tmp_path / "new") == study_files(directory) != {}
        assert sentence_rows(tmp_path / "new") == sentence_rows(directory)
        files = directory.parent / "files"
        found = new.ingest(files)
        assert ([Path(one).name for one in found.added], len(found.unchanged)) == (["gone.txt"], 5)
        assert new.check().whole


def report_records(file: Path) -> int:
    with zipfile.ZipFile(file) as archive:
        return len(archive.read(contents.LOG).splitlines())


def study_files(directory: Path) -> dict[str, bytes]:
    return {one.name: one.read_bytes() for one in (directory / "study").glob("*")}


def sentence_rows(directory: Path) -> list[tuple[object, ...]]:
    with sqlite3.connect(directory / "catalog.sqlite") as database:
        return database.execute(
            'SELECT d.sha256, s.start, s."end", s.vector, s.parts FROM sentences s JOIN documents d '
            "ON d.id = s.document_id ORDER BY d.sha256, s.start"
        ).fetchall()


def test_a_file_can_be_exported_again_from_what_was_imported(
    moved: tuple[Path, Path, hybrid.ExportReport, str], tmp_path: Path
) -> None:
    _, file, _, _ = moved
    with Corpus.import_(file, tmp_path / "new") as new:
        new.export(tmp_path / "again.hybrid")
    first, again = parts_of(file), parts_of(tmp_path / "again.hybrid")
    different = {name for name in first if first[name] != again.get(name)}
    assert different == {contents.MANIFEST, contents.HISTORY}  # when it was written, and that it was imported
    assert first.keys() == again.keys()


def test_every_fact_of_a_catalog_goes_along_or_is_made_anew(moved: tuple[Path, Path, hybrid.ExportReport, str]) -> None:
    with sqlite3.connect(moved[0] / "catalog.sqlite") as database:
        known = {row[0] for row in database.execute("SELECT key FROM info")}
    anew = {
        VECTORS,
        PENDING,
        commits.CORPUS_ID,
        records.FACT_RECORDS,
        records.EVERY_ROW,
        records.LOG_ROWS,
        erasure.PENDING,
    }
    assert known - anew <= set(contents.KEPT_FACTS)
    assert known & set(contents.KEPT_FACTS) >= {"settings", "embedder", "dimension", "log"}


def test_an_empty_corpus_moves_with_its_settings(tmp_path: Path) -> None:
    with Corpus.open(tmp_path / "corpus", {"memory": {"enabled": False}, "answer": {"digest_words": 77}}) as corpus:
        assert corpus.export(tmp_path / "file").commit is None
    with Corpus.import_(tmp_path / "file", tmp_path / "new") as new:
        assert new.settings.answer.digest_words == 77
        assert len(new.documents()) == 0


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A corpus without a memory, and its file; several batches of documents are in it."""
    folder = tmp_path_factory.mktemp("small")
    with Corpus.open(folder / "corpus", {"memory": {"enabled": False}}) as corpus:
        corpus.ingest(*(Document.from_text(f"The rent of house {n} is {n},500.", f"{n}.txt") for n in range(1, 8)))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(exporting, "BATCH_DOCUMENTS", 3)
            corpus.export(folder / "file.hybrid")
    assert {"documents/000003.jsonl", "vectors/000003.safetensors"} <= parts_of(folder / "file.hybrid").keys()
    return folder / "corpus", folder / "file.hybrid"


def parts_of(file: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def written(path: Path, parts: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return path


def with_manifest(parts: dict[str, bytes], **changes: object) -> dict[str, bytes]:
    """The parts with a manifest that has their hashes, whoever changed them."""
    manifest = json.loads(parts[contents.MANIFEST])
    own = {name: data for name, data in parts.items() if name != contents.MANIFEST}
    manifest["parts"] = [
        {"name": name, "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)} for name, data in own.items()
    ]
    return {**own, contents.MANIFEST: json.dumps(manifest | changes).encode()}


def refused(file: Path, target: Path, error: type[CorpusError] = ArchiveError) -> CorpusError:
    """The error; nothing is left beside it."""
    before = sorted(target.parent.iterdir())
    with pytest.raises(error) as raised:
        Corpus.import_(file, target)
    assert sorted(target.parent.iterdir()) == before
    return raised.value


def test_a_changed_byte_of_any_part_is_found_and_named(small: tuple[Path, Path], tmp_path: Path) -> None:
    parts = parts_of(small[1])
    for name in parts.keys() - {contents.MANIFEST}:
        if data := parts[name]:
            edited = {**parts, name: data[:-1] + bytes([data[-1] ^ 1])}
            error = refused(written(tmp_path / "edited", edited), tmp_path / "new")
            assert isinstance(error, ArchiveError)
            assert error.part == name


def test_a_damaged_file_makes_no_corpus_wherever_the_damage_is(small: tuple[Path, Path], tmp_path: Path) -> None:
    whole = small[1].read_bytes()
    for at in range(7, len(whole), len(whole) // 40):
        (tmp_path / "damaged").write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        try:
            Corpus.import_(tmp_path / "damaged", tmp_path / "new").close()
        except ArchiveError:
            assert not (tmp_path / "new").exists()
        else:  # a byte that says nothing, such as a time in the archive's directory
            with Corpus.open(tmp_path / "new", create=False) as corpus:
                assert corpus.check().whole
            shutil.rmtree(tmp_path / "new")


@pytest.mark.parametrize("left", [0, 3, 100, -1, -30])
def test_a_file_that_is_cut_off_is_refused(small: tuple[Path, Path], tmp_path: Path, left: int) -> None:
    (tmp_path / "cut").write_bytes(small[1].read_bytes()[:left])
    refused(tmp_path / "cut", tmp_path / "new")


def test_what_is_no_exported_corpus_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("not a corpus")
    assert "not the file of an exported corpus" in str(refused(tmp_path / "text", tmp_path / "new"))
    refused(tmp_path / "missing", tmp_path / "new")
    refused(tmp_path, tmp_path / "new")
    (tmp_path / "two").mkdir()
    zipped = written(tmp_path / "zip", {"word/document.xml": b"<x/>"})
    assert "no part of an exported corpus has such a name" in str(refused(zipped, tmp_path / "new"))
    foreign = written(tmp_path / "foreign", {contents.MANIFEST: b'{"format": "other"}'})
    assert "not that of an exported corpus" in str(refused(foreign, tmp_path / "new"))


def test_a_newer_format_is_refused_with_what_to_do(small: tuple[Path, Path], tmp_path: Path) -> None:
    parts = with_manifest(parts_of(small[1]), version=contents.VERSION + 1)
    error = refused(written(tmp_path / "newer", parts), tmp_path / "new", CorpusVersionError)
    assert "install the newer hybrid" in str(error)


@pytest.mark.parametrize(
    "name",
    ["../evil.txt", "/tmp/evil.txt", "volumes/../../evil", "study/x.json", "catalog.sqlite", "C:\\evil", "a\x00b"],
)
def test_names_that_would_escape_are_refused(small: tuple[Path, Path], tmp_path: Path, name: str) -> None:
    parts = with_manifest({**parts_of(small[1]), name: b"evil"})
    error = refused(written(tmp_path / "hostile", parts), tmp_path / "new")
    assert "such a name" in str(error)
    assert not (tmp_path / "evil.txt").exists()


def test_a_link_in_the_file_is_refused(small: tuple[Path, Path], tmp_path: Path) -> None:
    shutil.copy(small[1], tmp_path / "linked")
    with zipfile.ZipFile(tmp_path / "linked", "a") as archive:
        info = zipfile.ZipInfo("volumes/ab.safetensors")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    assert "a link" in str(refused(tmp_path / "linked", tmp_path / "new"))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_part_that_is_there_twice_missing_or_not_named_is_refused(small: tuple[Path, Path], tmp_path: Path) -> None:
    shutil.copy(small[1], tmp_path / "twice")
    with zipfile.ZipFile(tmp_path / "twice", "a") as archive:
        archive.writestr(contents.FACTS, "{}")
    assert "it is there twice" in str(refused(tmp_path / "twice", tmp_path / "new"))
    parts = parts_of(small[1])
    lacking = {name: data for name, data in parts.items() if name != "documents/000002.jsonl"}
    assert "it is missing" in str(refused(written(tmp_path / "lacking", lacking), tmp_path / "new"))
    more = {**parts, "log.head": b"1"}
    assert "does not name it" in str(refused(written(tmp_path / "more", more), tmp_path / "new"))


def edited_line(
    name: str, change: Callable[[dict[str, object]], object]
) -> Callable[[dict[str, bytes]], dict[str, bytes]]:
    def edit(parts: dict[str, bytes]) -> dict[str, bytes]:
        first, *rest = parts[name].splitlines(keepends=True)
        value = json.loads(first)
        change(value)
        return {**parts, name: json.dumps(value).encode() + b"\n" + b"".join(rest)}

    return edit


FIRST = "documents/000001.jsonl"


@pytest.mark.parametrize(
    "edit",
    [
        edited_line(FIRST, lambda one: one.update(text="Another text of some length.")),
        edited_line(FIRST, lambda one: one.update(chunks=[[0, 9999]])),
        edited_line(FIRST, lambda one: one.update(chunks=[])),
        edited_line(FIRST, lambda one: one.update(sentences=[[5, 2]])),
        edited_line(FIRST, lambda one: one.update(pages=[7])),
        edited_line(FIRST, lambda one: one.update(sha256="0" * 64)),
        edited_line("sources.jsonl", lambda one: one.update(document="0" * 64)),
        edited_line("sources.jsonl", lambda one: one.update(name="2.txt")),
        edited_line("sources.jsonl", lambda one: one.update(colour="red")),
        edited_line("history.jsonl", lambda one: one.update(at=5)),
        lambda parts: {**parts, FIRST: parts[FIRST] * 2},
        lambda parts: {**parts, "facts.json": b'{"other": "1"}'},
        lambda parts: {**parts, "facts.json": b"[1]"},
        lambda parts: {**parts, "facts.json": parts["facts.json"].replace(b"384", b"383")},
        lambda parts: {**parts, "facts.json": parts["facts.json"].replace(b"candidates", b"candidate_")},
        lambda parts: {**parts, "vectors/000001.safetensors": parts["vectors/000002.safetensors"]},
        lambda parts: {**parts, "vectors/000001.safetensors": b"nothing"},
        lambda parts: {**parts, "sources.jsonl": b"{" + parts["sources.jsonl"]},
    ],
)
def test_parts_that_do_not_fit_each_other_are_refused_though_their_hashes_are_right(
    small: tuple[Path, Path], tmp_path: Path, edit: Callable[[dict[str, bytes]], dict[str, bytes]]
) -> None:
    edited = written(tmp_path / "edited", with_manifest(edit(parts_of(small[1]))))
    error = refused(edited, tmp_path / "new")
    assert isinstance(error, ArchiveError)
    assert error.part


@pytest.mark.parametrize("count", ["documents", "sources", "characters", "chunks", "history"])
def test_counts_that_are_not_those_of_the_manifest_are_refused(
    small: tuple[Path, Path], tmp_path: Path, count: str
) -> None:
    counts = json.loads(parts_of(small[1])[contents.MANIFEST])["counts"]
    for change in (1, -1):
        parts = with_manifest(parts_of(small[1]), counts={**counts, count: counts[count] + change})
        error = refused(written(tmp_path / "edited", parts), tmp_path / "new")
        assert isinstance(error, ArchiveError)
        assert count in error.reason


def test_a_search_that_finds_something_else_than_at_the_export_is_refused(
    small: tuple[Path, Path], tmp_path: Path
) -> None:
    parts = parts_of(small[1])
    made = json.loads(parts[contents.MANIFEST])["probes"]
    assert len(made) == 7
    made[0]["nearest"][0], made[0]["nearest"][6] = (
        {**made[0]["nearest"][6], "score": made[0]["nearest"][0]["score"]},
        {**made[0]["nearest"][0], "score": made[0]["nearest"][6]["score"]},
    )
    edited = written(tmp_path / "one", with_manifest(parts, probes=made))
    assert "search for the vector" in str(refused(edited, tmp_path / "new"))
    made = json.loads(parts[contents.MANIFEST])["probes"]
    made[3]["matching"] = []
    edited = written(tmp_path / "two", with_manifest(parts, probes=made))
    assert "search for the words" in str(refused(edited, tmp_path / "new"))


def test_texts_that_are_not_those_of_the_manifest_are_refused(small: tuple[Path, Path], tmp_path: Path) -> None:
    parts = with_manifest(parts_of(small[1]), texts_sha256="0" * 64)
    assert "the texts are not" in str(refused(written(tmp_path / "edited", parts), tmp_path / "new"))


def test_tensors_that_are_not_those_of_the_volume_are_refused(
    moved: tuple[Path, Path, hybrid.ExportReport, str], tmp_path: Path
) -> None:
    parts = parts_of(moved[1])
    lines = [json.loads(one) for one in parts["volumes.jsonl"].splitlines()]
    names = [f"volumes/{one['digest'][:32]}.safetensors" for one in lines]
    assert len(names) > 1
    lines[0]["sha256"] = hashlib.sha256(parts[names[1]]).hexdigest()
    volumes = b"".join(json.dumps(one).encode() + b"\n" for one in lines)
    edited = with_manifest({**parts, names[0]: parts[names[1]], "volumes.jsonl": volumes})
    error = refused(written(tmp_path / "edited", edited), tmp_path / "new")
    assert "tensors are not those" in str(error)
    assert error.part == names[0]  # type: ignore[attr-defined]


def test_the_hash_that_the_export_said_is_compared(small: tuple[Path, Path], tmp_path: Path) -> None:
    whole = hashlib.sha256(small[1].read_bytes()).hexdigest()
    with pytest.raises(ArchiveError, match="is another export"):
        Corpus.import_(small[1], tmp_path / "new", sha256="0" * 64)
    Corpus.import_(small[1], tmp_path / "new", sha256=whole.upper()).close()
    for wrong in ("abc", "", whole[:-1]):
        with pytest.raises(InputError, match="64 hexadecimal digits"):
            Corpus.import_(small[1], tmp_path / "newer", sha256=wrong)


@pytest.mark.parametrize(("before", "after"), [(b"junk", b""), (b"", b"junk"), (b"", b"\0" * 4000)])
def test_bytes_before_or_after_the_parts_are_found(
    small: tuple[Path, Path], tmp_path: Path, before: bytes, after: bytes
) -> None:
    (tmp_path / "more.hybrid").write_bytes(before + small[1].read_bytes() + after)
    with pytest.raises(ArchiveError):
        Corpus.import_(tmp_path / "more.hybrid", tmp_path / "new")


def test_an_import_whose_models_are_not_there_leaves_no_corpus(small: tuple[Path, Path], tmp_path: Path) -> None:
    missing = {"retrieval": {"embedder": str(tmp_path / "none")}}
    with pytest.raises((MissingModelError, SettingsError)):
        Corpus.import_(small[1], tmp_path / "new", missing)
    assert not list(tmp_path.iterdir())


def test_nothing_that_exists_is_overwritten(small: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name in ("folder", "file", "link", ".", "/"):
        refused(small[1], tmp_path / name, CorpusExistsError)
    with Corpus.open(small[0], create=False) as corpus:
        for name in ("folder", "file", "link"):
            with pytest.raises(InputError, match="exists, and nothing is overwritten"):
                corpus.export(tmp_path / name)
        with pytest.raises(InputError, match="lies in the corpus"):
            corpus.export(small[0] / "file")
        with pytest.raises(InputError, match="there is no folder"):
            corpus.export(tmp_path / "none" / "file")
    assert (tmp_path / "file").read_text() == "mine"


def test_two_imports_to_one_place_do_not_meet(small: tuple[Path, Path], tmp_path: Path) -> None:
    met: list[CorpusError] = []

    def second(stage: str, done: int, total: int, detail: str) -> None:
        if stage == "copy" and not met:
            thread = threading.Thread(target=other)
            thread.start()
            thread.join()

    def other() -> None:
        with pytest.raises(CorpusLockedError) as raised:
            Corpus.import_(small[1], tmp_path / "new")
        met.append(raised.value)

    with Corpus.import_(small[1], tmp_path / "new", progress=second) as corpus:
        assert len(corpus.documents()) == 7
    assert len(met) == 1
    assert sorted(tmp_path.iterdir()) == [tmp_path / "new"]


def test_a_place_that_is_taken_meanwhile_stays_as_it_is(small: tuple[Path, Path], tmp_path: Path) -> None:
    def take(stage: str, done: int, total: int, detail: str) -> None:
        (tmp_path / "new").mkdir(exist_ok=True)
        (tmp_path / "new" / "mine").touch()

    with pytest.raises(CorpusExistsError):
        Corpus.import_(small[1], tmp_path / "new", progress=take)
    assert [one.name for one in (tmp_path / "new").iterdir()] == ["mine"]

    with pytest.raises(CorpusExistsError):  # an empty folder is somebody's, too
        Corpus.import_(small[1], tmp_path / "empty", progress=lambda *_: (tmp_path / "empty").mkdir(exist_ok=True))
    assert list((tmp_path / "empty").iterdir()) == []
    (tmp_path / "empty").rmdir()

    def write(stage: str, done: int, total: int, detail: str) -> None:
        (tmp_path / "file").write_text("mine")

    with Corpus.open(small[0], create=False) as corpus, pytest.raises(InputError, match="was made meanwhile"):
        corpus.export(tmp_path / "file", progress=write)
    assert (tmp_path / "file").read_text() == "mine"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["file", "new"]


class InterruptedHereError(Exception):
    """Raised where a test stops the work."""


@pytest.mark.parametrize("stage", ["copy", "check"])
def test_an_interruption_leaves_nothing(small: tuple[Path, Path], tmp_path: Path, stage: str) -> None:
    def stop(now: str, done: int, total: int, detail: str) -> None:
        if now == stage:
            raise InterruptedHereError

    with Corpus.open(small[0], create=False) as corpus, pytest.raises(InterruptedHereError):
        corpus.export(tmp_path / "file", progress=stop)
    with pytest.raises(InterruptedHereError):
        Corpus.import_(small[1], tmp_path / "new", progress=stop)
    assert list(tmp_path.iterdir()) == []


def test_a_killed_import_leaves_no_corpus_and_the_next_one_clears_up(small: tuple[Path, Path], tmp_path: Path) -> None:
    script = f"""
        import os, signal, hybrid
        def stop(stage, done, total, detail):
            if (stage, done) == ("copy", 7):
                os.kill(os.getpid(), signal.SIGKILL)
        hybrid.Corpus.import_({str(small[1])!r}, {str(tmp_path / "new")!r}, progress=stop)
    """
    ended = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=False)
    assert ended.returncode == -9
    assert not (tmp_path / "new").exists()
    assert (tmp_path / ".new.importing" / "catalog.sqlite").exists()
    with Corpus.import_(small[1], tmp_path / "new") as corpus:
        assert len(corpus.documents()) == 7
    assert sorted(tmp_path.iterdir()) == [tmp_path / "new"]


def test_an_error_names_the_place_that_the_corpus_is_for(small: tuple[Path, Path], tmp_path: Path) -> None:
    """And not the hidden folder in which it was made, which is gone."""

    class Other:
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            return [[1.0, 0.0] for _ in texts]

        def embed_query(self, text: str) -> list[float]:
            return [1.0, 0.0]

    def fails(folder: Path) -> None:
        raise CorpusError(f"{folder} and {folder.absolute()} are wrong")

    with pytest.raises(SettingsError) as caught:
        Corpus.import_(small[1], tmp_path / "new", embedder=Other())
    assert ".importing" not in str(caught.value)
    with pytest.raises(CorpusError) as failed:
        importing.import_(small[1], tmp_path / "new", None, StoresSettings(), tensors_sha256, fails, quiet)
    assert str(failed.value) == f"{tmp_path / 'new'} and {tmp_path / 'new'} are wrong"
    assert list(tmp_path.iterdir()) == []


def test_a_corpus_without_a_commit_says_which_embedder_it_was_given(tmp_path: Path) -> None:
    class Mine:
        model = "my-model"

        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            return [[1.0, 0.0] for _ in texts]

        def embed_query(self, text: str) -> list[float]:
            return [1.0, 0.0]

    with Corpus.open(tmp_path / "corpus", {"memory": {"enabled": False}}, embedder=Mine()) as corpus:
        before = corpus.status().embedder
        corpus.ingest(Document.from_text("A note.", "note.txt"))
        assert before == corpus.status().embedder
        assert "my-model" in before


def test_a_cancelled_task_leaves_nothing(small: tuple[Path, Path], tmp_path: Path) -> None:
    async def give_up(work: Callable[[Callable[..., None]], object]) -> None:
        reached, go_on = threading.Event(), threading.Event()

        def pause(*_: object) -> None:
            reached.set()
            assert go_on.wait(timeout=60)

        running = asyncio.ensure_future(work(pause))  # type: ignore[arg-type]
        await asyncio.to_thread(reached.wait, 60)
        running.cancel()
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await running

    with Corpus.open(small[0], create=False) as corpus:
        asyncio.run(give_up(lambda pause: corpus.aexport(tmp_path / "file", progress=pause)))
    asyncio.run(give_up(lambda pause: Corpus.aimport_(small[1], tmp_path / "new", progress=pause)))
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_corpus_is_not_exported(small: tuple[Path, Path], tmp_path: Path) -> None:
    shutil.copytree(small[0], tmp_path / "corpus")
    with sqlite3.connect(tmp_path / "corpus" / "catalog.sqlite") as database:
        database.execute("UPDATE texts SET text = 'edited' WHERE document_id = 2")
    with Corpus.open(tmp_path / "corpus", create=False) as corpus, pytest.raises(CorruptCorpusError, match="not whole"):
        corpus.export(tmp_path / "file")
    assert not (tmp_path / "file").exists()


def test_nobody_writes_to_a_corpus_while_it_is_exported(small: tuple[Path, Path], tmp_path: Path) -> None:
    shutil.copytree(small[0], tmp_path / "corpus")
    with Corpus.open(tmp_path / "corpus", create=False) as corpus:
        with FileLock(tmp_path / "corpus" / "write.lock"), pytest.raises(CorpusLockedError):
            corpus.export(tmp_path / "file")
        seen: list[str] = []

        def ask(stage: str, done: int, total: int, detail: str) -> None:
            if stage == "copy" and not seen:
                with Corpus.open(tmp_path / "corpus", create=False) as other:
                    seen.append(other.search("the rent of house 3", 1)[0].source)
                    with pytest.raises(CorpusLockedError):
                        other.remove("3.txt")

        corpus.export(tmp_path / "file", progress=ask)
    assert seen == ["3.txt"]


def test_a_corpus_that_can_only_be_read_is_exported(small: tuple[Path, Path], tmp_path: Path) -> None:
    shutil.copytree(small[0], tmp_path / "corpus")
    with Corpus.open(tmp_path / "corpus", create=False) as corpus:
        assert type(corpus._catalog).writable
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(type(corpus._catalog), "writable", property(lambda _: False))
            corpus.export(tmp_path / "file")
    Corpus.import_(tmp_path / "file", tmp_path / "new").close()


def test_only_who_sees_every_class_exports(tmp_path: Path) -> None:
    def classed(name: str, access: str) -> Document:
        return Document.from_text(f"The key of {name} hangs by the door.", name, Metadata(extra={"access": access}))

    with Corpus.open(tmp_path / "corpus", {"memory": {"enabled": False}}) as corpus:
        corpus.ingest(classed("a.txt", "ash"), classed("b.txt", "birch"))
        with pytest.raises(AccessError, match="answers identities alone"):
            corpus.export(tmp_path / "file")
        with corpus.seen_by(Identity(name="ann", classes=("ash",))) as ann, pytest.raises(AccessError) as raised:
            ann.export(tmp_path / "file")
        assert "b.txt" not in str(raised.value)
        assert not (tmp_path / "file").exists()
        with corpus.seen_by(EVERYONE) as clerk:
            clerk.export(tmp_path / "file")
    with Corpus.import_(tmp_path / "file", tmp_path / "new") as new:
        with pytest.raises(AccessError):
            new.documents()
        with new.seen_by(Identity(name="ann", classes=("ash",))) as ann:
            assert [one.source for one in ann.documents()] == ["a.txt"]
            assert {hit.source for hit in ann.search("the key", 10)} == {"a.txt"}


def test_an_export_is_in_the_log_and_an_import_in_the_history(
    moved: tuple[Path, Path, hybrid.ExportReport, str], tmp_path: Path
) -> None:
    with Corpus.open(moved[0], create=False) as corpus:
        assert "export" in {one.event for one in corpus.log()}
    with Corpus.import_(moved[1], tmp_path / "new") as new:
        last = new._catalog.log()[-1]
        assert (last.event, last.detail["file_sha256"]) == ("import", moved[2].sha256)


def test_searches_that_differ_by_rounding_alone_are_the_same() -> None:
    def found(start: int, score: float) -> contents.Found:
        return contents.Found(sha256="0" * 64, start=start, end=start + 1, score=score)

    before = (found(0, 1.0), found(1, 0.5), found(2, 0.5), found(3, 0.25))
    assert probes._same(before, (found(0, 1.0), found(2, 0.5), found(1, 0.500001), found(4, 0.25)))
    assert not probes._same(before, (found(0, 1.0), found(2, 0.5), found(5, 0.5), found(3, 0.25)))
    assert not probes._same(before, before[:3])
    assert not probes._same(before, (found(0, 1.0), found(1, 0.5), found(2, 0.49), found(3, 0.25)))


def test_the_commands_move_a_corpus(small: tuple[Path, Path], tmp_path: Path) -> None:
    runner = CliRunner()
    file, new = str(tmp_path / "file.hybrid"), str(tmp_path / "new")
    done = runner.invoke(main, ["export-corpus", str(small[0]), file, "--json"])
    assert done.exit_code == 0, done.output
    report = hybrid.ExportReport.model_validate_json(done.stdout)
    assert (report.documents, report.chunks) == (7, 7)
    assert Path(file).stat().st_mode & 0o777 == 0o600
    assert runner.invoke(main, ["export-corpus", str(small[0]), file]).exit_code == 1
    done = runner.invoke(main, ["import-corpus", file, new, "--sha256", report.sha256])
    assert done.exit_code == 0, done.output
    assert "every hash and search is as exported" in done.stdout
    assert runner.invoke(main, ["verify", new]).exit_code == 0
    done = runner.invoke(main, ["import-corpus", file, new])
    assert (done.exit_code, "exists" in done.stderr) == (1, True)
    hits = runner.invoke(main, ["search", new, "rent of house 4", "-k", "1", "--json"])
    assert json.loads(hits.stdout)[0]["source"] == "4.txt"
    assert io.StringIO(str(report)).read().startswith("exported")
