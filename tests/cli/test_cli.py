"""The command line: the verbs, their JSON, their exit codes, their help."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from made_contracts import make_contracts
from tiny_model import write_tiny_model

from hybrid.cli import main
from hybrid.cli.command import INTERRUPTED, command

VERBS = ("ingest", "ask", "search", "remove", "status", "documents", "convert", "meta-train")
(CONTRACT, OTHER) = make_contracts(2)


def hybrid(*argv: str | Path, stdin: str | None = None) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in argv], input=stdin)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a settings file, two contracts and the corpus that was made of them."""
    home = tmp_path_factory.mktemp("home")
    model = write_tiny_model(home)
    (home / "settings.toml").write_text(f'[memory]\nmodel = "{model}"\nwindow = 32\nmini_batch = 16\n')
    (home / "discovery").mkdir()
    for contract in (CONTRACT, OTHER):
        (home / "discovery" / contract.name).write_text(contract.text)
    assert hybrid("ingest", home / "corpus", home / "discovery", "--settings", home / "settings.toml").exit_code == 0
    return home


@pytest.mark.parametrize("verb", VERBS)
def test_help_has_an_example_for_each_verb(verb: str) -> None:
    result = hybrid(verb, "--help")
    assert result.exit_code == 0
    assert f"Example:\n    hybrid {verb} " in result.output


def test_ask_prints_an_answer_with_citations(home: Path) -> None:
    result = hybrid("ask", home / "corpus", "When does agreement No. 1 end?", "--route", "lookup")
    assert result.exit_code == 0
    assert "[1]" in result.output
    assert CONTRACT.questions["When does agreement No. 1 end?"] in result.output


def test_ask_reads_the_question_from_standard_input(home: Path) -> None:
    result = hybrid(
        "ask", home / "corpus", "-", "--route", "lookup", "--json", stdin="When does agreement No. 1 end?\n"
    )
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["question"] == "When does agreement No. 1 end?"


def test_ask_follows_up_the_questions_named_after_it(home: Path) -> None:
    before = ("--after", "Who are the parties to agreement No. 1?")
    result = hybrid("ask", home / "corpus", "And when does it end?", "--route", "lookup", "--json", *before)
    assert result.exit_code == 0, result.output
    answer = json.loads(result.stdout)
    assert answer["question"] == "And when does it end?"
    assert answer["notes"][0] == "Read as: when does it end? (parties agreement 1)"


@pytest.mark.parametrize("verb", ["ask", "search", "status", "documents"])
def test_json_is_one_value_on_standard_output(home: Path, verb: str) -> None:
    extra = ["When does agreement No. 1 end?"] if verb in ("ask", "search") else []
    result = hybrid(verb, home / "corpus", *extra, "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)


def test_exit_code_1_and_one_line_for_an_error(home: Path) -> None:
    result = hybrid("ask", home / "nothing-here", "When?")
    assert result.exit_code == 1
    assert result.stderr.startswith("hybrid: no corpus at")
    assert "Traceback" not in result.output


def test_exit_code_2_for_a_wrong_command_line(home: Path) -> None:
    assert hybrid("ask", home / "corpus").exit_code == 2
    assert hybrid("ask", home / "corpus", "Why?", "--route", "oracle").exit_code == 2


def test_exit_code_3_where_nothing_answers(home: Path) -> None:
    result = hybrid("ask", home / "corpus", "How many moons does the planet Jupiter have?")
    assert result.exit_code == 3
    assert "none of the 2 documents searched" in " ".join(result.output.split())


def test_exit_code_4_and_the_reason_where_a_file_was_left_out(home: Path, tmp_path: Path) -> None:
    (tmp_path / "good.txt").write_text(OTHER.text)
    (tmp_path / "empty.txt").write_text("")
    result = hybrid("ingest", tmp_path / "corpus", tmp_path / "*.txt", "--settings", home / "settings.toml")
    assert result.exit_code == 4
    assert "empty.txt" in result.output
    assert "1 added" in result.output


def test_remove_and_unknown_settings(home: Path, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(CONTRACT.text)
    (tmp_path / "b.txt").write_text(OTHER.text)
    corpus = tmp_path / "corpus"
    assert hybrid("ingest", corpus, tmp_path / "*.txt", "--settings", home / "settings.toml").exit_code == 0
    assert hybrid("remove", corpus, tmp_path / "a.txt").exit_code == 0
    sources = [row["source"] for row in json.loads(hybrid("documents", corpus, "--json").stdout)]
    assert [Path(source).name for source in sources] == ["b.txt"]
    (tmp_path / "bad.toml").write_text("[memory]\nwindw = 3\n")
    result = hybrid("ingest", corpus, tmp_path / "b.txt", "--settings", tmp_path / "bad.toml")
    assert result.exit_code == 1
    assert "windw" in result.stderr


def test_a_path_that_does_not_exist_is_an_error(home: Path, tmp_path: Path) -> None:
    result = hybrid("ingest", tmp_path / "corpus", tmp_path / "discvery", "--settings", home / "settings.toml")
    assert result.exit_code == 1
    assert "discvery" in result.stderr


def test_a_command_that_is_interrupted_says_how_to_go_on() -> None:
    @command("hybrid wait")
    def wait() -> None:
        raise KeyboardInterrupt

    result = CliRunner().invoke(wait)
    assert (result.exit_code, result.stdout) == (INTERRUPTED, "")
    assert result.stderr == "hybrid: interrupted; run the same command again to go on from there\n"


def test_a_folder_of_documents_beside_a_corpus_is_said_to_be_none(home: Path) -> None:
    result = hybrid("ask", home / "discovery", "When?")
    assert result.exit_code == 1
    assert "is no corpus" in result.stderr
    (home / "corpu").mkdir(exist_ok=True)
    (home / "corpu" / "a.txt").write_text("The term is two years.")
    assert f"did you mean {home / 'corpus'}?" in hybrid("ask", home / "corpu", "When?").stderr


@pytest.mark.parametrize("verb", ["ask", "search", "status", "documents", "ingest", "remove", "settings"])
def test_an_empty_corpus_name_is_a_wrong_command_line(verb: str) -> None:
    extra = ["x"] if verb not in ("status", "documents", "settings") else []
    result = hybrid(verb, "", *extra)
    assert result.exit_code == 2
    assert "it is empty: name the directory of a corpus" in result.stderr


def test_a_certificate_takes_the_place_of_no_file_and_leaves_none_where_nothing_is_removed(
    home: Path, tmp_path: Path
) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(f"{CONTRACT.text} {name}")
    corpus, file = tmp_path / "corpus", tmp_path / "deleted.json"
    hybrid("ingest", corpus, tmp_path / "*.txt", "--settings", home / "settings.toml")
    assert hybrid("remove", corpus, tmp_path / "nosuch.txt", "--certificate", file).exit_code == 1
    assert not file.exists()
    assert hybrid("remove", corpus, tmp_path / "a.txt", "--certificate", file).exit_code == 0
    written = file.read_text()
    refused = hybrid("remove", corpus, tmp_path / "b.txt", "--certificate", file)
    assert refused.exit_code == 1
    assert "earlier certificate" in refused.stderr
    assert file.read_text() == written
    assert len(json.loads(hybrid("documents", corpus, "--json").stdout)) == 1  # nothing was removed


def test_what_is_named_twice_is_removed_once(home: Path, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(CONTRACT.text)
    hybrid("ingest", tmp_path / "corpus", tmp_path / "a.txt", "--settings", home / "settings.toml")
    result = hybrid("remove", tmp_path / "corpus", tmp_path / "a.txt", f"{tmp_path}/./a.txt")
    assert result.stdout == f"removed {tmp_path / 'a.txt'}\n"
