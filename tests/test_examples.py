"""Every example runs, takes no network, and prints what its docstring promises."""

from __future__ import annotations

import ast
import json
import runpy
import shutil
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from doc_blocks import REPOSITORY, flat
from tiny_model import write_tiny_model

EXAMPLES = REPOSITORY / "examples"
RUN_ELSEWHERE = {"demo.py": 'make", "demo"'}  # how the test that runs it names it
Run = Callable[..., str]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run an example as a script, in an empty folder and without a network; returns what it printed."""

    def refused(*_: object) -> None:
        raise AssertionError("an example opened a network connection")

    def started(name: str, *arguments: str, code: int = 0) -> str:
        monkeypatch.setattr(sys, "argv", [name, *arguments])
        ended: object = 0
        try:
            runpy.run_path(str(EXAMPLES / name), run_name="__main__")
        except SystemExit as end:
            ended = end.code or 0
        out = capsys.readouterr()
        assert ended == code, out.err
        assert list(tmp_path.iterdir()) == []  # what it writes, it takes away again
        return out.out if code == 0 else out.err

    monkeypatch.setattr(socket.socket, "connect", refused)
    monkeypatch.chdir(tmp_path)
    return started


def test_quick_start_answers_and_checks_every_quote(run: Run) -> None:
    printed = flat(run("quick_start.py"))
    assert "“The supply agreement ends on 30 June 2027, unless both parties extend it in writing.” [1]" in printed
    assert "[1] notes/agreement.txt, line 3" in printed
    assert "notes/minutes.txt" in printed
    assert printed.endswith("every quote stands where it was cited")


def test_filters_shows_the_answer_of_each_choice_of_documents(run: Run) -> None:
    rows = [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in run("filters.py").splitlines()]
    table = {row[0]: row[1:] for row in rows if row}
    assert table["no filter"][0] == "6"
    assert (table["custodian Tom Baert"][0], table["custodian Tom Baert"][-1]) == ("2", "1.eml")
    until = table["custodian Jane Whitlock, until March"]
    assert (until[0], until[-1]) == ("1", "2.eml")
    assert (table["since April"][0], table["since April"][-1]) == ("2", "3.eml")
    assert (table["the notes"][0], table["the notes"][-1]) == ("2", "call.txt")
    assert (table["matter A-17, ours"][0], table["matter A-17, ours"][-1]) == ("1", "call.txt")
    assert table["before 2026"][:2] == ["0", "Nothing answers this question: the filter"]
    assert table["a key that nothing has"][1].startswith("refused: no document has the metadata")


def test_compare_routes_has_a_row_for_each_route(run: Run) -> None:
    printed = run("compare_routes.py")
    assert "the router's choice: " in printed
    rows = [line.split()[0] for line in printed.splitlines() if line.strip()]
    assert [row for row in rows if row in ("lookup", "comprehension", "both")] == ["lookup", "comprehension", "both"]
    assert "Beta stopped paying the invoices on 12 March 2026." in flat(printed)


def test_compare_routes_says_so_where_there_is_no_corpus(run: Run) -> None:
    assert "compare_routes: no corpus at nowhere" in run("compare_routes.py", "--corpus", "nowhere", code=1)


@pytest.fixture
def tiny_embedder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a sentence-transformers model of one tiny layer: random weights, 8 numbers a text."""
    import torch
    from transformers import BertConfig, BertModel

    from hybrid.settings.models import EMBEDDER, resolve_model

    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("models") / "tiny-embedder"
    shutil.copytree(resolve_model(EMBEDDER.name), folder, ignore=shutil.ignore_patterns("*.safetensors"))
    config = BertConfig(hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8)
    BertModel(config).save_pretrained(folder)
    pooling = json.loads((folder / "1_Pooling" / "config.json").read_text())
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(pooling | {"word_embedding_dimension": 8}))
    return folder


def test_your_own_model_uses_the_two_models_that_are_named(
    run: Run, tiny_embedder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    model = write_tiny_model(tmp_path_factory.mktemp("models"))
    chosen = ("--model", str(model), "--embedder", str(tiny_embedder), "--window", "256", "--mini-batch", "16")
    printed = run("your_own_model.py", *chosen)
    assert f"chunks, embedded by {tiny_embedder}" in printed
    assert f"tokens, {model}" in printed
    assert "[1] note.txt, line 1" in printed
    assert printed.splitlines()[-1].startswith("verdicts: ")


def test_your_own_model_says_so_where_a_model_is_not_there(run: Run) -> None:
    assert "your_own_model: no model at nowhere" in run("your_own_model.py", "--embedder", "./nowhere", code=1)


# All of them -------------------------------------------------------------------------------------------

ENTRIES = sorted(path for path in EXAMPLES.iterdir() if path.name != "__pycache__")


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda path: path.name)
def test_every_example_is_run_by_a_test_and_listed_in_the_docs(entry: Path) -> None:
    names = (RUN_ELSEWHERE.get(entry.name, entry.name), f'"{entry.stem}"')
    tests = [path.read_text("utf-8") for path in (REPOSITORY / "tests").rglob("test_*.py")]
    assert any(name in text for name in names for text in tests), "no test runs it"
    assert entry.name in (REPOSITORY / "docs" / "examples.md").read_text("utf-8"), "docs/examples.md does not list it"


@pytest.mark.parametrize("path", [path for path in ENTRIES if path.suffix == ".py"], ids=lambda path: path.name)
def test_every_script_says_what_it_shows_and_how_to_start_it(path: Path) -> None:
    said = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
    assert len(said.splitlines()[0]) > 20
    assert f"python examples/{path.name}" in said or "make demo" in said


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("lib/site-packages/numpy-2.3.dist-info/licenses/LICENSE.txt", "LICENSE.txt"),
        ("lib/site-packages/numpy-2.3.dist-info/licenses/numpy/fft/LICENSE", "numpy-fft-LICENSE"),
        ("lib/site-packages/olefile-0.47.dist-info/LICENSE.txt", "LICENSE.txt"),
        ("home/licenses/lib/olefile-0.47.dist-info/LICENSE.txt", "LICENSE.txt"),
    ],
)
def test_the_demo_names_a_licence_wherever_its_wheel_keeps_it(path: str, name: str) -> None:
    demo = runpy.run_path(str(EXAMPLES / "demo.py"), run_name="demo")
    assert demo["licence_name"](Path(path)) == name
