"""Names that differ by what is not seen look different wherever they are printed, and what is printed can be pasted."""

from __future__ import annotations

import csv
import io
import re

import pytest
from click.testing import CliRunner

from hybrid import Corpus, Filter, InputError, SourceNotFoundError
from hybrid.cli import main
from hybrid.text.formatting import escaped_json, name_of, printable, visible_name

NAMES = (
    "x\u202ey.txt",
    "x\u202dy.txt",
    "xy.txt",
    "x\u00ady.txt",
    "x\ufe0fy.txt",
    "x\u200dy.txt",
    "n\nl.txt",
    "x\\u202dz.txt",
)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "in").mkdir()
    for number, name in enumerate(NAMES):
        (tmp_path / "in" / name).write_text(f"Text {number} about tin.\n")
    return tmp_path


@pytest.fixture
def corpus(folder):
    with Corpus.open(folder / "corpus", {"memory": {"enabled": False}}) as opened:
        opened.ingest(folder / "in")
        yield opened


def run(*argv):
    return CliRunner().invoke(main, [str(one) for one in argv])


@pytest.mark.parametrize("name", [*NAMES, "a\\b", "a\\\\u0041", "\U000e0041", "plain näme 船.txt", "x\\u005cu202d"])
def test_a_name_comes_back_from_what_is_shown(name):
    shown = visible_name(name)
    assert name_of(shown) == name
    assert printable(shown) == shown
    assert (shown == name) == (name in ("xy.txt", "a\\b", "plain näme 船.txt"))


def test_the_chain_of_custody_and_the_lists_tell_them_apart(corpus):
    directory = corpus.directory
    report = list(csv.reader(io.StringIO(run("report", directory).output)))[1:]
    listed = [line.partition(" (")[0] for line in run("documents", directory).output.splitlines()]
    assert (
        sorted(row[0] for row in report)
        == sorted(listed)
        == sorted(visible_name(one.source) for one in corpus.documents())
    )
    assert len(set(listed)) == len(NAMES)


def test_what_is_listed_can_be_pasted_to_remove_it_and_to_filter(corpus):
    for one in corpus.documents():
        shown = visible_name(one.source)
        hits = corpus.search("tin", where=Filter(sources=re.sub(r"[\[\]]", "?", shown)))
        assert {hit.source for hit in hits} == {one.source}
        assert corpus.remove(shown).removed == (one.source,)
    assert list(corpus.documents()) == []


def test_the_advice_can_be_pasted(corpus):
    with pytest.raises(SourceNotFoundError) as caught:
        corpus.remove(
            next(one.source for one in corpus.documents() if "\u202e" in one.source).replace("\u202e", "\ufffd")
        )
    advised = re.findall(r"'([^']+)'", str(caught.value).partition("did you mean")[2])
    assert advised
    for one in advised:
        assert corpus.remove(one).removed
    with pytest.raises(InputError, match=r"no source matches"):
        corpus.search("tin", where=Filter(sources="x\\u0041"))


def test_a_name_that_is_also_shown_for_another_source_removes_neither(corpus, folder):
    (folder / "in" / "x\u202dz.txt").write_text("Another text about zinc.\n")
    corpus.ingest(folder / "in")
    (literal,) = (one.source for one in corpus.documents() if one.source.endswith("x\\u202dz.txt"))
    with pytest.raises(SourceNotFoundError, match="name the first as"):
        corpus.remove(literal)
    assert corpus.remove(visible_name(literal)).removed == (literal,)


@pytest.mark.parametrize("code", [0xAD, 0xFE0F, 0xFE00, 0x34F, 0x115F, 0x3164, 0xE0101])
def test_what_shows_nothing_reaches_neither_a_terminal_nor_json_raw(code):
    assert printable(f"con{chr(code)}fid") == "confid"
    assert chr(code) not in escaped_json(f'"con{chr(code)}fid"')


def test_joiners_that_scripts_need_are_printed():
    assert (
        printable("\u0646\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645")
        == "\u0646\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"
    )
