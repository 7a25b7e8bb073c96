"""The tree of errors: drawn as it is, importable where users look for it, and one error for what is not installed."""

from __future__ import annotations

import builtins
import inspect
import re
from collections.abc import Callable

import pytest

import hybrid
from hybrid import errors
from hybrid.errors import HybridError, InstallationError, MissingExtraError
from hybrid.evaluation import comprehension, report, retrieval
from hybrid.stores import vectors
from hybrid.ttt.checkpoints import official

TREE = {name: one for name, one in vars(errors).items() if inspect.isclass(one) and issubclass(one, HybridError)}


def test_the_tree_is_drawn_at_the_top_of_its_file() -> None:
    drawn: dict[str, str] = {}
    above = ["HybridError"]
    for line in (errors.__doc__ or "").splitlines():
        found = re.match(r"    ([│ ]*)[├└]── (\w+Error)", line)
        if found:
            depth = len(found[1]) // 4
            above[depth + 1 :] = [found[2]]
            drawn[found[2]] = above[depth]
    assert drawn == {name: one.__bases__[0].__name__ for name, one in TREE.items() if one is not HybridError}


def test_every_error_that_a_method_names_is_a_name_of_the_package() -> None:
    named = {
        name
        for _, method in inspect.getmembers(hybrid.Corpus, callable)
        for section in re.findall(r"Raises:?(.*?)(?=\n\s*\n|\Z)", inspect.getdoc(method) or "", re.DOTALL)
        for name in re.findall(r"\b\w+Error\b", section)
    }
    assert len(named) >= 8
    for name in named:
        assert getattr(hybrid, name) is TREE[name], name
        assert name in hybrid.__all__


@pytest.mark.parametrize(
    ("use", "package", "extra"),
    [
        (lambda: report.Plot.model_construct().figure(), "matplotlib", "plots"),
        (comprehension._rouge, "rouge_score", "evaluation"),
        (retrieval._ir_measures, "ir_measures", "evaluation"),
        (official._tensorstore, "tensorstore", "official"),
        (vectors.load_faiss, "faiss", "cpu"),
    ],
)
def test_a_package_that_is_not_installed_is_one_error_that_says_what_to_install(
    use: Callable[[], object], package: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = builtins.__import__

    def without(name: str, *arguments: object, **named: object) -> object:
        if name.split(".")[0] == package:
            raise ModuleNotFoundError(f"No module named {package!r}", name=package)
        return load(name, *arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtraError, match=rf"pip install 'hybrid-ttt-rag\[{extra}\]'") as refused:
        use()
    assert refused.value.extra == extra
    assert isinstance(refused.value, InstallationError | ImportError)
