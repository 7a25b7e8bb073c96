"""The adapters to other frameworks are written as a user's own code could be: against the public modules alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PUBLIC = {
    *("hybrid", "hybrid.corpus", "hybrid.errors", "hybrid.settings", "hybrid.session"),
    *("hybrid.types.answers", "hybrid.types.documents", "hybrid.types.events", "hybrid.types.filters"),
    "hybrid.components",  # what the adapters share, and no framework's
    "hybrid.types.base",  # the words in which the public types say what is wrong with an argument
    "hybrid.ingest.external_documents",  # LangChain's documents and metadata, as `Corpus.ingest` documents them
}


ADAPTERS = ("langchain", "llamaindex", "haystack")


def modules(repository: Path) -> list[Path]:
    found = [path for name in ADAPTERS for path in sorted((repository / "hybrid" / name).glob("*.py"))]
    assert len(found) > 12
    return found


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def private(tree: ast.AST) -> Iterator[str]:
    """Names with an underscore that are imported, or taken of anything but the object itself."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            yield from (alias.name for alias in node.names if alias.name.startswith("_"))
        elif isinstance(node, ast.Attribute) and node.attr.startswith("_") and not node.attr.endswith("__"):
            of = node.value
            own = isinstance(of, ast.Name) and of.id in ("self", "cls")
            inherited = isinstance(of, ast.Call) and isinstance(of.func, ast.Name) and of.func.id == "super"
            if not own and not inherited:
                yield ast.unparse(node)


def test_only_public_modules_are_imported(repository: Path) -> None:
    of = {
        f"{path.parent.name}.{path.stem}": set(imported(ast.parse(path.read_text("utf-8"))))
        for path in modules(repository)
    }
    ours = {(path, name) for path, names in of.items() for name in names if name.split(".")[0] == "hybrid"}
    own = {path: f"hybrid.{path.split('.')[0]}" for path in of}
    assert [(path, name) for path, name in ours if not name.startswith(own[path]) and name not in PUBLIC] == []


def test_no_private_name_is_touched(repository: Path) -> None:
    assert [name for path in modules(repository) for name in private(ast.parse(path.read_text("utf-8")))] == []


@pytest.mark.parametrize("line", ["corpus._catalog", "view.answerer._ask()", "from hybrid.corpus import _bytes_in"])
def test_the_check_sees_what_it_is_for(line: str) -> None:
    assert list(private(ast.parse(line)))
