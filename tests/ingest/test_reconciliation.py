"""Every file of an ingest is accounted for, two names stay two sources, and a file that moved keeps one name."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hybrid import Corpus
from hybrid.ingest import custody
from hybrid.ingest.pipeline import ingest, remove
from hybrid.settings import Settings
from hybrid.stores.catalog import Catalog
from hybrid.types.reports import IngestReport

PNG = b"\x89PNG\r\n\x1a\n"
MAIL = (
    "From: a@b.example\nDate: Mon, 02 Mar 2026 10:00:00 +0100\nMIME-Version: 1.0\n"
    'Content-Type: multipart/mixed; boundary="B"\n\n--B\nContent-Type: text/plain\n\nHello.\n--B\n'
    "Content-Type: text/plain\n"
    "Content-Disposition: attachment; filename=a.txt\n\nThe freight is 12 euros.\n--B\nContent-Type: image/png\n"
    "Content-Disposition: attachment; filename=x.png\nContent-Transfer-Encoding: base64\n\niVBORw0KGgo=\n--B--\n"
)


class WordEmbedder:
    dimension, max_tokens, fingerprint = 4, 256, "words"

    def offsets(self, text: str) -> list[tuple[int, int]]:
        return [match.span() for match in re.finditer(r"\w+|[^\w\s]", text)]

    def encode(self, texts: list[str], progress: object = None, *, bulk: bool = False) -> Any:
        return np.ones((len(texts), 4), np.float32) / 2


@pytest.fixture
def catalog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Catalog]:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "c").mkdir()
    (tmp_path / "d").mkdir()
    with Catalog.open(tmp_path / "c" / "catalog.sqlite", create=True) as opened:
        yield opened


def run(catalog: Catalog, *paths: str) -> IngestReport:
    return ingest(catalog, Path("c"), WordEmbedder(), None, paths or ("d",), Settings())


def write(name: str, data: str | bytes) -> None:
    path = Path("d") / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data if isinstance(data, bytes) else data.encode())


def names(catalog: Catalog) -> list[str]:
    return sorted(row.source for row in catalog.sources())


def test_what_became_of_files_and_parts_adds_up(catalog: Catalog) -> None:
    write("a.txt", "The rent is 900 euros.")
    write("b.txt", "The rent is 900 euros.")
    write("m.eml", MAIL)
    write("p.png", PNG)
    report = run(catalog)
    assert report.files == {"added": 2, "duplicate": 1, "left out": 1}
    assert report.parts == {"added": 1, "left out": 1}
    assert "files: 4 seen = 2 added + 1 duplicate + 1 left out" in str(report)
    assert {one.source: one.part_of for one in report.skipped} == {"d/m.eml#x.png": "d/m.eml", "d/p.png": None}
    write("a.txt", "The rent is 950 euros.")
    write("n.txt", "A note.")
    again = run(catalog)
    assert again.files == {"added": 1, "changed": 1, "unchanged": 2, "left out": 1}
    assert again.parts == {}


def test_what_is_hidden_or_a_link_is_accounted_for_with_its_sha256(catalog: Catalog) -> None:
    write("a.txt", "The rent is 900 euros.")
    write(".b.txt", "The rent is 950 euros.")
    write("c.gif", b"GIF89a")
    write("m.eml", MAIL)
    Path("d/link.txt").symlink_to("a.txt")
    report = run(catalog)
    assert report.files == {"added": 2, "left out": 3}
    found = {row.source: row for row in custody.rows(catalog) if row.outcome == "left out"}
    data = {"d/.b.txt": b"The rent is 950 euros.", "d/c.gif": b"GIF89a", "d/m.eml#x.png": PNG}
    assert {name: (found[name].bytes, found[name].sha256) for name in data} == {
        name: (len(one), hashlib.sha256(one).hexdigest()) for name, one in data.items()
    }
    assert "a link to d/a.txt" in (found["d/link.txt"].reason or "")


def test_the_custody_report_lists_what_is_there_and_what_is_left_out(catalog: Catalog) -> None:
    write("m.eml", MAIL)
    write("=p.png", PNG)
    run(catalog)
    logged = len(catalog.log())
    run(catalog)  # the mail is not read again: what was left out of it is still known
    assert len(catalog.log()) == logged
    read = list(csv.DictReader(io.StringIO(custody.as_csv(custody.rows(catalog)))))
    assert [(row["source"], row["part_of"], row["outcome"]) for row in read] == [
        ("d/=p.png", "", "left out"),
        ("d/m.eml", "", "in corpus"),
        ("d/m.eml#a.txt", "d/m.eml", "in corpus"),
        ("d/m.eml#x.png", "d/m.eml", "left out"),
    ]
    assert len(read[1]["sha256"]) == 64
    assert "PNG" in read[3]["reason"]
    remove(catalog, Path("c"), None, "d/m.eml", Settings())
    assert [row.source for row in custody.rows(catalog)] == ["d/=p.png"]


def test_no_field_of_the_custody_report_is_a_formula() -> None:
    assert '"\'=cmd"' in custody.as_csv([custody.CustodyRow(source="=cmd", outcome="left out")])


def test_names_that_are_no_utf8_stay_two(catalog: Catalog) -> None:
    for name, text in ((b"d/bad\xff.txt", "The rent is 100 euros."), (b"d/bad\xfe.txt", "The deposit is 200 euros.")):
        Path(os.fsdecode(name)).write_text(text)
    assert run(catalog).files == {"added": 2}
    assert names(catalog) == ["d/bad\\xfe.txt", "d/bad\\xff.txt"]
    assert run(catalog).files == {"unchanged": 2}


def test_a_file_named_like_an_attachment_is_another_source(catalog: Catalog) -> None:
    write("m.eml", MAIL)
    write("m.eml#a.txt", "The customs duty is 99 euros.")
    report = run(catalog)
    assert names(catalog) == ["d/m.eml", "d/m.eml#a.txt", "d/m.eml%23a.txt"]
    assert any("d/m.eml%23a.txt" in note for note in report.notes)
    assert run(catalog).files == {"unchanged": 2}


def test_an_attachment_never_takes_the_name_of_a_file(catalog: Catalog) -> None:
    write("m.eml#a.txt", "The customs duty is 99 euros.")
    run(catalog)
    write("m.eml", MAIL)
    run(catalog)
    assert names(catalog) == ["d/m.eml", "d/m.eml#a (2).txt", "d/m.eml#a.txt"]
    assert run(catalog).files == {"unchanged": 2}


def test_a_file_that_moved_in_its_folder_has_its_new_name_alone(catalog: Catalog) -> None:
    write("m.eml", MAIL)
    write("kept.txt", "A note.")
    run(catalog)
    Path("d/m.eml").rename("d/n.eml")
    write("copy.txt", "A note.")
    report = run(catalog)
    assert report.renamed == (("d/m.eml", "d/n.eml"),)
    assert report.files == {"unchanged": 1, "duplicate": 1, "renamed": 1}
    assert names(catalog) == ["d/copy.txt", "d/kept.txt", "d/n.eml", "d/n.eml#a.txt"]


def test_a_file_of_another_folder_that_is_gone_keeps_its_name(catalog: Catalog) -> None:
    write("one/a.txt", "A note.")
    run(catalog, "d/one")
    Path("d/one/a.txt").unlink()
    write("two/a.txt", "A note.")
    assert run(catalog, "d/two").renamed == ()
    assert names(catalog) == ["d/one/a.txt", "d/two/a.txt"]


def test_a_file_that_is_named_itself_renames_no_other(catalog: Catalog) -> None:
    write("a.txt", "A note.")
    run(catalog, "d/a.txt")
    Path("d/a.txt").rename("d/b.txt")
    assert run(catalog, "d/b.txt").renamed == ()
    assert names(catalog) == ["d/a.txt", "d/b.txt"]


def test_an_ingest_says_which_encodings_were_guessed_and_where_characters_were_lost(tmp_path: Path) -> None:
    files = {
        "whole.txt": "The café pays.".encode(),
        "old.txt": "The café pays.".encode("cp1252"),
        "cut.txt": "é".encode() * 10 + b"\xff" + b" and more",
        "old.eml": b"From: a@b.example\nContent-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: text/plain;"
        b" charset=utf-8\n\nHello.\n--x\nContent-Type: text/plain\n\nThe caf\xe9 pays.\n--x--\n",
    }
    (tmp_path / "files").mkdir()
    for name, data in files.items():
        (tmp_path / "files" / name).write_bytes(data)
    with Corpus.open(tmp_path / "corpus", {"memory": {"enabled": False}}) as corpus:
        notes = corpus.ingest(tmp_path / "files").notes
    (guessed,) = (note for note in notes if "was guessed" in note)
    (lost,) = (note for note in notes if "could not be read" in note)
    assert "old.txt (cp1252)" in guessed
    assert "old.eml (cp1252)" in guessed
    assert "cut.txt (1)" in lost
    assert "whole.txt" not in guessed + lost
