"""The tree of errors: drawn as it is, importable where users look for it, and one error for what is not installed."""

from __future__ import annotations

import builtins
import importlib
import inspect
import re
import sys
from collections.abc import Callable

import pytest

import hybrid
from hybrid import _view, errors
from hybrid.errors import HybridError, InstallationError, MissingExtraError
from hybrid.evaluation import comprehension, report, retrieval
from hybrid.retrieval.embedding import Embedder
from hybrid.settings import MemorySettings, models
from hybrid.settings.models import EMBEDDER
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


@pytest.mark.parametrize(
    ("adapter", "package", "extra"),
    [
        ("langchain", "langchain_core", "langchain"),
        ("llamaindex", "llama_index.core", "llama-index"),
        ("haystack", "haystack", "haystack"),
    ],
)
def test_an_adapter_without_its_framework_says_what_to_install(
    adapter: str, package: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.startswith(f"hybrid.{adapter}")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)  # how Python notes what cannot be imported
    with pytest.raises(MissingExtraError, match=rf"pip install 'hybrid-ttt-rag\[{extra}\]'") as refused:
        importlib.import_module(f"hybrid.{adapter}")
    assert refused.value.extra == extra


@pytest.mark.parametrize("adapter", ["langchain", "llamaindex", "haystack"])
def test_an_adapter_has_the_names_that_it_lists_and_no_other(adapter: str) -> None:
    found = pytest.importorskip(f"hybrid.{adapter}")
    assert [getattr(found, name).__name__ for name in found.__all__] == found.__all__ == dir(found)
    with pytest.raises(AttributeError, match="no attribute 'HybridReader'"):
        _ = found.HybridReader


def test_a_missing_dependency_is_an_installation_error_with_the_way_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(InstallationError, match=r"package torch, .*download.pytorch.org/whl/cpu.*rag\[cpu\]"):
        models.resolve_device("auto", "memory.device")
    with pytest.raises(InstallationError, match="package torch"):
        models.multiplies_bfloat16()
    monkeypatch.setitem(sys.modules, "hybrid.ttt.memory", None)  # another module that is missing is no such case
    with pytest.raises(ModuleNotFoundError, match=r"hybrid\.ttt\.memory"):
        _view.load_memory_model(MemorySettings(sinks=3))


def test_missing_sentence_transformers_are_an_installation_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    embedder = Embedder.load(EMBEDDER.name, "cpu")
    with pytest.raises(InstallationError, match="package sentence_transformers, which is not installed"):
        embedder.encode(["The term is two years."] * 3, bulk=True)
