"""Index files: whole or not there, checked, set aside when damaged, and only the last two kept."""

from __future__ import annotations

import errno
import json
import os
import re

import pytest

from hybrid.errors import CorpusError, CorruptCorpusError
from hybrid.stores import commits, files
from hybrid.stores.files import disk_full_errors, write_atomically
from hybrid.stores.rows import StoredFile
from hybrid.stores.sqlite.engine import storage_errors


def held() -> None:
    """This process holds the corpus for writing."""


def write(directory, n, content=b"vectors"):
    return commits.write_index(directory, n, lambda path: path.write_bytes(content) and None, held)


def test_an_index_is_written_with_its_manifest(tmp_path):
    stored = write(tmp_path, 3)
    assert commits.verified_index(tmp_path, stored).read_bytes() == b"vectors"
    manifest = json.loads((tmp_path / "commits/3/manifest.json").read_text())
    assert manifest == {"commit": 3, "files": {"index.faiss": {"sha256": stored.sha256, "bytes": 7}}}
    assert [path.name for path in (tmp_path / "commits").iterdir()] == ["3"]


@pytest.mark.parametrize("failing", ["save", "fsync", "rename"])
def test_a_write_that_fails_leaves_nothing_of_it(tmp_path, monkeypatch, failing):
    first = write(tmp_path, 1)

    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    if failing == "fsync":
        monkeypatch.setattr(files.os, "fsync", fail)
    if failing == "rename":
        monkeypatch.setattr(commits.Path, "rename", fail)
    with pytest.raises(KeyboardInterrupt):
        commits.write_index(
            tmp_path, 2, fail if failing == "save" else lambda path: path.write_bytes(b"x") and None, held
        )
    assert [path.name for path in (tmp_path / "commits").iterdir()] == ["1"]
    assert commits.verified_index(tmp_path, first).read_bytes() == b"vectors"


def test_files_reach_the_disk_before_their_name_does(tmp_path, monkeypatch):
    events = []
    fsync, rename = os.fsync, commits.Path.rename
    monkeypatch.setattr(
        files.os, "fsync", lambda fd: (events.append(os.path.realpath(f"/proc/self/fd/{fd}")), fsync(fd))
    )
    monkeypatch.setattr(commits.Path, "rename", lambda old, new: (events.append("rename"), rename(old, new)))
    write(tmp_path, 1)
    home = str(tmp_path / "commits")
    partial = events[0].removesuffix("/index.faiss")
    assert re.fullmatch(rf"{home}/\.1\.[0-9a-f]{{16}}\.partial", partial)
    assert events == [f"{partial}/{name}" for name in ("index.faiss", "manifest.json")] + [
        partial,
        "rename",
        home,
    ]


def test_the_remainder_of_an_interrupted_write_makes_way(tmp_path):
    (tmp_path / "commits/1").mkdir(parents=True)
    (tmp_path / "commits/1/index.faiss").write_bytes(b"never committed")
    (tmp_path / "commits/.1.0123456789abcdef.partial").mkdir()
    stored = write(tmp_path, 1)
    assert commits.verified_index(tmp_path, stored).read_bytes() == b"vectors"
    assert [path.name for path in (tmp_path / "commits").iterdir()] == ["1"]


@pytest.mark.parametrize("lost", [1, 2])
def test_who_lost_the_hold_on_the_corpus_removes_nothing_of_another_writer(tmp_path, lost):
    theirs = write(tmp_path, 1, b"theirs")
    partial = tmp_path / "commits" / ".1.0123456789abcdef.partial"
    if lost == 1:
        partial.mkdir()
    asked = []

    def check() -> None:
        asked.append("held?")
        if len(asked) == lost:
            raise CorpusError("lost")

    with pytest.raises(CorpusError, match="lost"):
        commits.write_index(tmp_path, 1, lambda path: path.write_bytes(b"ours") and None, check)
    assert commits.verified_index(tmp_path, theirs).read_bytes() == b"theirs"
    assert partial.exists() == (lost == 1)


def test_a_damaged_file_is_set_aside_and_never_deleted(tmp_path):
    for round_number in range(2):
        stored = write(tmp_path, 1)
        (tmp_path / stored.file).write_bytes(b"vectorz" + bytes([round_number]))
        with pytest.raises(CorruptCorpusError, match=r"quarantine.*ingest again"):
            commits.verified_index(tmp_path, stored)
    aside = sorted(path.read_bytes() for path in (tmp_path / "quarantine").iterdir())
    assert aside == [b"vectorz\x00", b"vectorz\x01"]


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(CorruptCorpusError, match=r"commits/9/index\.faiss is missing"):
        commits.verified_index(tmp_path, StoredFile("commits/9/index.faiss", "0" * 64))


def test_pruning_keeps_what_is_named(tmp_path):
    stored = [write(tmp_path, n) for n in range(1, 5)]
    (tmp_path / "commits/.7.partial").mkdir()
    commits.prune_indexes(tmp_path, [stored[1].file, stored[3].file])
    assert sorted(path.name for path in (tmp_path / "commits").iterdir()) == ["2", "4"]


def test_an_atomic_write_replaces_all_or_nothing(tmp_path):
    path = tmp_path / "folder" / "file"
    write_atomically(path, lambda partial: partial.write_bytes(b"old") and None)

    def half(partial):
        partial.write_bytes(b"ne")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_atomically(path, half)
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in path.parent.iterdir()] == ["file"]


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
        RuntimeError("Error in faiss: write error: No space left on device"),
        OSError(errno.EDQUOT, os.strerror(errno.EDQUOT)),
    ],
)
def test_a_full_disk_says_what_to_do(error):
    with pytest.raises(CorpusError, match="free some space"), disk_full_errors():
        raise error


def test_a_full_disk_is_said_without_a_stray_comma():
    with pytest.raises(CorpusError, match=r"writing to the catalog, catalog\.sqlite; nothing"), storage_errors():
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_other_errors_are_left_as_they_are():
    with pytest.raises(OSError, match="odd"), disk_full_errors():
        raise OSError(errno.ENOEXEC, "odd")
