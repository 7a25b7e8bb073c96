"""A damaged index or memory never stops an answer that the other can give, and what a terminal obeys is not printed."""

from __future__ import annotations

import json
import shutil

import pytest
from tiny_model import tiny_settings

from hybrid import Corpus, Settings
from hybrid.cli import main

pytestmark = pytest.mark.sqlite

QUESTION = "When does the lease agreement of house 3 end?"
HIDDEN = "\u202e\u2066\u200b\u200f\x1b[31m\x9b\ufeff\u2060\U000e0041"


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    home = tmp_path_factory.mktemp("damage")
    for number in range(4):
        text = f"The lease agreement of house {number} ends on {number + 1} May 2031. "
        (home / f"{number}.txt").write_text(text * 6)
    with Corpus.open(home / "corpus", Settings(memory=tiny_settings(home, volume_tokens=1200))) as corpus:
        corpus.ingest(*(home / f"{number}.txt" for number in range(4)))
    return home


@pytest.fixture
def directory(original, tmp_path):
    shutil.copytree(original / "corpus", tmp_path / "corpus")
    return tmp_path / "corpus"


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("damage", [flip, lambda path: path.unlink()], ids=["flipped", "missing"])
def test_a_damaged_index_is_built_again_in_memory_and_noted(directory, original, damage):
    with Corpus.open(directory) as corpus:
        whole = corpus.search(QUESTION, k=4)
    damage(next(directory.glob("commits/*/index.faiss")))
    with Corpus.open(directory) as corpus:
        assert [(hit.source, hit.score) for hit in corpus.search(QUESTION, k=4)] == [
            (hit.source, hit.score) for hit in whole
        ]
        answer = corpus.ask(QUESTION, route="lookup")
        assert "4 May 2031" in answer.text
        assert any("index was built again in memory" in note for note in answer.notes)
        assert corpus.verify(answer) == []
        corpus.ingest(original / "0.txt")  # any ingest writes the index anew
        assert not any("in memory" in note for note in corpus.ask(QUESTION, route="lookup").notes)
        assert corpus.check().whole


def test_a_damaged_memory_leaves_the_index_to_answer_and_is_noted(directory):
    for path in directory.glob("volumes/*"):
        flip(path)
    with Corpus.open(directory) as corpus:
        answer = corpus.ask("Why does the lease agreement of house 3 end?", route="both")
        assert "4 May 2031" in answer.text
        assert any("sha256" in note or "missing" in note for note in answer.notes)


def test_what_a_terminal_obeys_or_does_not_show_reaches_neither_it_nor_json_raw(tmp_path, capsys):
    (tmp_path / "a.txt").write_text(f"The lease agreement{HIDDEN} of house 9 ends on 4 May 2031.\n")
    corpus = str(tmp_path / "corpus")
    with Corpus.open(corpus, {"memory": {"enabled": False}}) as opened:
        opened.ingest(tmp_path / "a.txt")
    for command in (["search", corpus, "lease agreement"], ["ask", corpus, "When does the lease of house 9 end?"]):
        for option in ([], ["--json"]):
            with pytest.raises(SystemExit):
                main([*command, *option])
            said = capsys.readouterr().out
            assert "2031" in said
            assert not set(HIDDEN) - set("[31m") & set(said)
            if option:
                assert "\u202e" in json.dumps(json.loads(said), ensure_ascii=False)  # its value is the same
