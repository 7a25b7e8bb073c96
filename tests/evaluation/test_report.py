"""A report is a table with what made it, written the same way every time."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from IPython.core.formatters import DisplayFormatter
from pydantic import ValidationError

from hybrid.errors import InputError, MissingExtraError
from hybrid.evaluation.report import EvaluationReport, Plot, Series

PLOT = Plot(
    name="curve",
    title="Risk and coverage",
    x_label="coverage",
    y_label="risk",
    series=(Series(name="a", x=(0, 0.5, 1), y=(0, 0.1, 0.2)), Series(name="b", x=(0, 1), y=(0.1, 0.4))),
    diagonal=True,
)


def report(value: float = 0.5) -> EvaluationReport:
    return EvaluationReport(
        name="small",
        title="Two sets.",
        rows=({"set": "cran|field", "n": 1400, "recall@5": value}, {"set": "own", "n": 7, "recall@5": None}),
        seed=7,
        commit=3,
        settings={"rrf_k": 60, "weights": (0.5, 1.0), "memory": False},
        notes=("A note.",),
        plots=(PLOT,),
    )


def test_the_table_says_what_made_it() -> None:
    text = report().as_text()
    assert text.splitlines()[:5] == [
        "Two sets.",
        "",
        "set             n  recall@5",
        "----------  -----  --------",
        "cran|field  1,400     0.500",
    ]
    assert "seed 7; commit 3; rrf_k 60; weights 0.500, 1.000; memory no" in text
    assert text.endswith("A note.")
    assert "| cran\\|field | 1,400 | 0.500 |" in report().as_markdown()
    assert "| own | 7 | – |" in report().as_markdown()


def test_json_comes_back_as_the_same_report() -> None:
    written = json.loads(report().as_json())
    assert written["rows"][0] == {"set": "cran|field", "n": 1400, "recall@5": 0.5}
    assert (written["seed"], written["commit"], written["settings"]["memory"]) == (7, 3, False)
    assert EvaluationReport.model_validate(written) == report().model_copy(update={"plots": ()})


def test_the_same_run_writes_the_same_files(tmp_path: Path) -> None:
    first = report().write(tmp_path / "a")
    second = report(0.5 + 1e-9).write(tmp_path / "b")  # the order of a sum decides no file
    assert [path.name for path in first] == ["small.json", "small.md", "curve.png", "curve.svg"]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    assert report(0.51).write(tmp_path / "b")[0].read_bytes() != first[0].read_bytes()


@pytest.mark.parametrize("kind", ["line", "bar", "points"])
def test_every_kind_of_plot_is_drawn(tmp_path: Path, kind: str) -> None:
    plot = PLOT.model_copy(update={"kind": kind, "ticks": ("x", "y"), "y_range": (0.0, 1.0)})
    (svg,) = report().model_copy(update={"plots": (plot,)}).write(tmp_path, pictures=("svg",))[2:]
    assert svg.read_text().lstrip().startswith("<?xml")


def test_a_plot_shows_itself_in_a_notebook(tmp_path: Path) -> None:
    (file,) = report().write(tmp_path, pictures=("svg",))[2:]
    shown, _ = DisplayFormatter().format(PLOT)
    assert shown["image/svg+xml"].encode() == file.read_bytes()


def test_without_matplotlib_a_notebook_shows_a_plots_points(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    shown, _ = DisplayFormatter().format(PLOT)
    assert "Series(" in shown.pop("text/plain")
    assert not shown


def test_without_matplotlib_the_error_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'hybrid-ttt-rag\[plots\]'"):
        report().write(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_is_an_input_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot write the report"):
        report().write(tmp_path / "file")


def test_rows_of_other_columns_and_figures_that_are_none_are_refused() -> None:
    with pytest.raises(ValidationError, match="row 2 has the columns b, not a"):
        EvaluationReport(name="x", title="x", rows=({"a": 1}, {"b": 1}), seed=1)
    with pytest.raises(ValidationError, match="no figure"):
        report(float("nan"))
    with pytest.raises(ValidationError, match="2 x and 1 y"):
        Series(name="a", x=(1, 2), y=(1,))
