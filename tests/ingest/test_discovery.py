"""Files are found in a fixed order, once each, under names that do not depend on how they were asked for."""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from pathlib import Path

import pytest

from hybrid.errors import InputError
from hybrid.ingest.discovery import Found, NamedPath, discover, separated
from hybrid.settings import IngestSettings
from hybrid.types.documents import Document
from hybrid.types.reports import SkippedFile

SETTINGS = IngestSettings()


def make(*names: str) -> None:
    for name in names:
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"text of {name}")


def sources(*paths: str | Path, hidden: bool = False) -> list[str]:
    entries = list(discover(paths, IngestSettings(include_hidden=hidden)))
    problems = [entry for entry in entries if isinstance(entry, SkippedFile) and entry.code != "passed_over"]
    assert not problems
    return [entry.source for entry in entries if isinstance(entry, Found)]


def skipped(*paths: str | Path) -> dict[str, SkippedFile]:
    return {entry.source: entry for entry in discover(paths, SETTINGS) if isinstance(entry, SkippedFile)}


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)


def test_a_folder_is_read_to_the_bottom_in_order_of_names() -> None:
    make("d/b.txt", "d/a/z.txt", "d/a.txt", "d/a/b/c.md", "d/B.txt")
    assert sources("d") == ["d/B.txt", "d/a/b/c.md", "d/a/z.txt", "d/a.txt", "d/b.txt"]


def test_a_found_file_carries_its_size_time_and_folder() -> None:
    make("d/a.txt")
    os.utime("d/a.txt", ns=(5, 7))
    (entry,) = discover(["d"], SETTINGS)
    assert entry == Found(Path("d/a.txt"), "d/a.txt", Path("d"), len("text of d/a.txt"), 7)


@pytest.mark.parametrize("spelling", ["d", "d/", "./d", "d//", "./x/../d/.", Path("d"), "d/a.txt", "./d/a.txt", "d/*"])
def test_every_spelling_gives_the_same_source(spelling: str | Path) -> None:
    make("d/a.txt", "x/other.txt")
    assert sources(spelling) == ["d/a.txt"]


def test_the_current_and_the_parent_folder_have_plain_names() -> None:
    make("a.txt", "../up.txt")
    assert sources(".") == ["a.txt"]
    assert sources("../up.txt") == ["../up.txt"]


def test_absolute_and_home_paths_give_absolute_sources(monkeypatch: pytest.MonkeyPatch) -> None:
    make("d/a.txt")
    here = Path.cwd()
    monkeypatch.setenv("HOME", str(here))
    assert sources(here / "d") == sources("~/d") == [(here / "d/a.txt").as_posix()]


def test_a_single_path_may_stand_for_a_list() -> None:
    make("d/a.txt")
    assert [entry.source for entry in discover("d", SETTINGS)] == ["d/a.txt"]


def test_overlapping_inputs_find_a_file_once() -> None:
    make("d/a.txt", "d/b.txt")
    assert sources("d/b.txt", "d", "d/*.txt", Path.cwd() / "d") == ["d/b.txt", "d/a.txt"]


def test_globs_are_expanded_at_any_depth() -> None:
    make("d/a.txt", "d/b.md", "d/x/c.txt", "d/x/y/e.txt", "d/.h/no.txt")
    assert sources("d/*.txt") == ["d/a.txt"]
    assert sources("d/**/*.txt") == ["d/a.txt", "d/x/c.txt", "d/x/y/e.txt"]
    assert sources("d/[b-z]*") == ["d/b.md", "d/x/c.txt", "d/x/y/e.txt"]
    assert sources("d/?/y/*.txt") == ["d/x/y/e.txt"]
    assert sources("**") == ["d/a.txt", "d/b.md", "d/x/c.txt", "d/x/y/e.txt"]


def test_a_name_that_looks_like_a_glob_is_a_name_first() -> None:
    make("[draft].txt", "d.txt")
    assert sources("[draft].txt") == ["[draft].txt"]


@pytest.mark.parametrize(
    "paths", [["no.txt"], ["d", "no/"], ["d/*.pdf"], ["no/**/*.txt"], [""], [], ["a\0b"], ["dead"]]
)
def test_what_does_not_exist_is_an_error_before_anything_is_found(paths: Sequence[str]) -> None:
    make("d/a.txt")
    Path("dead").symlink_to("nowhere")
    with pytest.raises(InputError) as caught:
        discover(paths, SETTINGS)
    assert all(path.replace("\0", "") in str(caught.value).replace("\\x00", "") for path in paths[-1:])


def test_hidden_files_are_left_out_unless_asked_for_or_named() -> None:
    make("d/.h.txt", "d/.h/x.txt", "d/~$a.docx", "d/a.txt", "d/.git/config")
    assert sources("d") == ["d/a.txt"]
    assert sources("d", hidden=True) == ["d/.h/x.txt", "d/.h.txt", "d/a.txt", "d/~$a.docx"]
    assert sources("d/.h") == ["d/.h/x.txt"]
    assert sources("d/.h*") == ["d/.h/x.txt", "d/.h.txt"]
    assert {name: entry.code for name, entry in skipped("d").items()} == dict.fromkeys(
        ["d/.git", "d/.h", "d/.h.txt", "d/~$a.docx"], "passed_over"
    )
    assert skipped("d")["d/.h.txt"].bytes == len(Path("d/.h.txt").read_bytes())
    assert skipped("d/*") == {}  # whoever writes a pattern says what is meant


def test_a_binary_is_skipped_with_its_reason_and_a_document_by_another_name_is_found() -> None:
    make("d/LICENSE", "d/notes.log")
    Path("d/p.gif").write_bytes(b"GIF89a")
    Path("d/x.bin").write_bytes(b"\0\1")
    Path("d/scan.jpg").write_bytes(b"%PDF-1.7 ...")
    assert {name: entry.code for name, entry in skipped("d").items()} == {
        "d/p.gif": "unsupported",
        "d/x.bin": "unsupported",
    }
    found = [entry.source for entry in discover(["d"], SETTINGS) if isinstance(entry, Found)]
    assert found == ["d/LICENSE", "d/notes.log", "d/scan.jpg"]


def test_links_out_of_the_folder_are_skipped_unless_named() -> None:
    make("out/secret.txt", "d/a.txt")
    Path("d/file").symlink_to("../out/secret.txt")
    Path("d/folder").symlink_to("../out")
    problems = skipped("d")
    assert {name: entry.code for name, entry in problems.items()} == {
        "d/file": "outside_folder",
        "d/folder": "outside_folder",
    }
    assert "../out/secret.txt, outside d; name that path itself" in problems["d/file"].reason
    assert set(skipped("d/*")) == {"d/file", "d/folder"}
    assert sources("d/folder") == ["d/folder/secret.txt"]
    assert sources("d/file") == ["d/file"]


def test_links_within_the_folder_are_followed_once_and_own_names_win() -> None:
    make("d/z.txt", "d/sub/y.txt", "d/.store/x.txt")
    Path("d/a-link.txt").symlink_to("z.txt")
    Path("d/a-sub").symlink_to("sub")
    Path("d/kept.txt").symlink_to(".store/x.txt")
    assert sources("d") == ["d/kept.txt", "d/sub/y.txt", "d/z.txt"]
    problems = skipped("d")
    assert set(problems) == {"d/.store", "d/a-link.txt", "d/a-sub"}
    assert problems["d/a-link.txt"].reason == "a link to d/z.txt, which is read by that name"
    entries = [entry.source for entry in discover(["d", "d", "d/z.txt"], SETTINGS)]
    assert len(entries) == len(set(entries))


def test_links_in_a_circle_and_to_nowhere_end() -> None:
    make("d/x/a.txt")
    Path("d/x/up").symlink_to("..")
    Path("d/x/self").symlink_to("self")
    Path("d/x/dead").symlink_to("nowhere")
    entries = list(discover(["d"], SETTINGS))
    assert [entry.source for entry in entries if isinstance(entry, Found)] == ["d/x/a.txt"]
    assert {name: entry.code for name, entry in skipped("d").items()} == {
        "d/x/self": "unreadable",
        "d/x/dead": "unreadable",
        "d/x/up": "passed_over",
    }
    assert len(list(discover(["d/**"], SETTINGS))) == 4


def test_pipes_and_sockets_are_skipped_and_never_opened() -> None:
    make("d/a.txt")
    os.mkfifo("d/pipe.txt")
    with socket.socket(socket.AF_UNIX) as made:
        made.bind("d/s")
        problems = skipped("d")
    assert "named pipe" in problems["d/pipe.txt"].reason
    assert "socket" in problems["d/s"].reason
    assert set(skipped("d/pipe.txt")) == {"d/pipe.txt"}


def test_what_may_not_be_read_is_reported_and_the_rest_found(monkeypatch: pytest.MonkeyPatch) -> None:
    make("d/a.txt", "d/locked/x.txt")
    iterate = Path.iterdir

    def guarded(folder: Path) -> object:
        if folder.name == "locked":  # root may list everything, so the refusal is made up
            raise PermissionError(13, "Permission denied")
        return iterate(folder)

    monkeypatch.setattr(Path, "iterdir", guarded)
    for spelling in ("d", "d/**"):
        problems = skipped(spelling)
        assert set(problems) == {"d/locked"}
        assert problems["d/locked"].code == "unreadable"
        assert "Permission denied; change its permissions" in problems["d/locked"].reason


def test_a_corpus_directory_is_not_read_into_itself() -> None:
    make("d/a.txt", "d/corpus/catalog.sqlite", "d/corpus/commits/1/manifest.json")
    assert set(skipped("d")) == {"d/corpus"}
    assert [entry.source for entry in discover(["d"], SETTINGS)] == ["d/a.txt", "d/corpus"]


def test_a_name_that_is_no_utf8_has_a_source_that_is() -> None:
    make("d/a.txt")
    Path(os.fsdecode(b"d/caf\xe9.txt")).write_text("x")
    found = [entry for entry in discover(["d"], SETTINGS) if isinstance(entry, Found)]
    assert [entry.source for entry in found] == ["d/a.txt", "d/caf\\xe9.txt"]
    assert found[1].path.read_text() == "x"


@pytest.mark.parametrize("wrong", [3, "notes.txt", b"text", {"text": "x"}])
def test_what_is_no_document_in_an_iterable_is_refused_when_it_comes_up(wrong: object) -> None:
    _, documents, _ = separated([iter([Document.from_text("One.", source="a"), wrong])])
    with pytest.raises(InputError, match=f"holds {type(wrong).__name__}, not documents"):
        list(documents)


@pytest.mark.parametrize("given", ["docs", "docs/**/*.txt"])
def test_a_folder_that_may_not_be_looked_into_is_skipped_and_costs_no_other(tmp_path, monkeypatch, given):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "docs" / "locked").mkdir(parents=True)
    (tmp_path / "docs" / "a.txt").write_text("Text.")

    def refused(name, method):
        def called(path, *arguments, **options):
            if "locked" in path.parts and (path.name != "locked" or name == "iterdir"):
                raise PermissionError(13, "Permission denied")
            return method(path, *arguments, **options)

        return called

    for name in ("is_file", "is_dir", "iterdir"):
        monkeypatch.setattr(Path, name, refused(name, getattr(Path, name)))
    found = {one.source: getattr(one, "code", None) for one in discover([given], IngestSettings())}
    assert found == {"docs/a.txt": None, "docs/locked": "unreadable"}


def test_a_named_path_is_called_by_its_name_and_nothing_says_where_it_lies(tmp_path: Path) -> None:
    folder = tmp_path / "a [b]*"
    (folder / "deep").mkdir(parents=True)
    for name in ("one.txt", "deep/two.txt", ".hidden.txt"):
        (folder / name).write_text("text")
    (folder / "away.txt").symlink_to("/etc/hostname")
    (folder / "broken.txt").symlink_to(tmp_path / "nothing-there")

    def named(path: Path, source: str) -> list[Found | SkippedFile]:
        return list(discover([NamedPath(path, source)], IngestSettings()))

    found = named(folder, "mail")
    assert [one.source for one in found if isinstance(one, Found)] == ["mail/deep/two.txt", "mail/one.txt"]
    skipped = [one for one in found if isinstance(one, SkippedFile)]
    assert {one.source for one in skipped} == {"mail/.hidden.txt", "mail/away.txt", "mail/broken.txt"}
    for secret in (str(tmp_path), "/etc", "nothing-there"):
        assert not [one for one in skipped if secret in one.model_dump_json()]
    assert [one.source for one in named(folder, "") if isinstance(one, Found)] == ["deep/two.txt", "one.txt"]
    assert [one.source for one in named(folder / "one.txt", "x/first.txt")] == ["x/first.txt"]
    with pytest.raises(InputError, match=r"^mail does not exist$"):
        named(tmp_path / "nothing-there", "mail")
