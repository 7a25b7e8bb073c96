"""The notebooks run from top to bottom, do what they say, and are stored without what they printed."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
NOTEBOOKS = sorted(EXAMPLES.glob("*.ipynb"))
SECONDS_A_CELL = 600

pytest.importorskip("ipykernel", reason="notebooks need a kernel: pip install 'hybrid-ttt-rag[dev]'")
nbclient = pytest.importorskip("nbclient")
nbformat = pytest.importorskip("nbformat")


def run(path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The notebook with its cells' outputs, run where it stands; what it writes goes to ``folder``."""
    for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(folder / name.lower()))
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    monkeypatch.setenv("HYBRID_NOTEBOOK_FAST", "1")
    monkeypatch.setenv("HYBRID_NOTEBOOK_FOLDER", str(folder / "work"))
    notebook = nbformat.read(path, as_version=4)
    where = {"metadata": {"path": str(EXAMPLES)}}
    nbclient.NotebookClient(notebook, timeout=SECONDS_A_CELL, kernel_name="python3", resources=where).execute()
    return notebook


def shown(notebook: Any) -> str:
    """All that the cells put out, as plain text."""
    parts = []
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            parts.append(output["text"] if output.output_type == "stream" else output.data.get("text/plain", ""))
    return "\n".join(parts)


def test_there_are_notebooks_to_run() -> None:
    assert {path.name for path in NOTEBOOKS} >= {"legal_discovery.ipynb", "measure_your_router.ipynb"}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_nothing_that_a_cell_put_out_is_stored(path: Path) -> None:
    for number, cell in enumerate(json.loads(path.read_text("utf-8"))["cells"], 1):
        if cell["cell_type"] == "code":
            assert cell["outputs"] == [], f"{path.name}, cell {number} has stored output; clear it"
            assert cell["execution_count"] is None, f"{path.name}, cell {number} has an execution count; clear it"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_valid_and_names_no_machine(path: Path) -> None:
    nbformat.validate(nbformat.read(path, as_version=4))
    assert set(json.loads(path.read_text("utf-8"))["metadata"]) == {"kernelspec", "language_info"}
    assert not re.search(r'"/(?:home|Users|root|tmp|work)/', path.read_text("utf-8"))


def test_the_discovery_notebook_goes_from_a_folder_to_exhibits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    notebook = run(EXAMPLES / "legal_discovery.ipynb", tmp_path, monkeypatch)
    text = " ".join(shown(notebook).split())

    assert "signed for on 9 February 2024" in text or "signed on 9 February 2024" in text
    assert "three per cent (3%)" in text
    assert "waived" in text  # the one side
    assert "I agreed nothing on damages" in text  # the other
    assert re.search(r"Nothing in the \d+ documents of the corpus answers this question", text)
    assert re.search(r"[1-9]\d* quotes of \d+ answers checked, 0 problems", text)

    with (tmp_path / "work" / "exhibits.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) >= 5
    page = (tmp_path / "work" / "report.html").read_text("utf-8")
    assert "Solwend v Tarn Valley" in page
    assert not re.search(r"(?:src|href)=[\"']?(?:https?:)?//", page)


def test_the_router_notebook_measures_before_and_after_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notebook = run(EXAMPLES / "measure_your_router.ipynb", tmp_path, monkeypatch)

    assert re.search(r"accuracy +0\.\d{3} +[01]\.\d{3}", shown(notebook))
    pictures = [
        output.data["image/svg+xml"]
        for cell in notebook.cells
        for output in cell.get("outputs", ())
        if "image/svg+xml" in output.get("data", {})
    ]
    assert len(set(pictures)) == 4  # reliability and risk-coverage: as shipped, and beside the trained
    assert (tmp_path / "work" / "weights.json").is_file()
