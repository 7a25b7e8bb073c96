"""What the package promises as a package: light to import, whole as a wheel, harmless to its neighbours."""

from __future__ import annotations

import ast
import graphlib
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

import hybrid

HEAVY = {"torch", "faiss", "transformers", "sentence_transformers", "sqlalchemy", "numpy"}
LAYERS = [  # bottom first; a module imports its own layer and those before it
    *(
        "errors",
        "_runtime",
        "text",
        "types",
        "settings",
        "kernels",
        "stores",
        "_recording",
        "ttt",
        "retrieval",
        "ingest",
        "router",
    ),
    *(
        "answering",
        "study",
        "display",
        "export",
        "_arguments",
        "_async",
        "_usage",
        "_view",
        "_open",
        "_damage",
        "archive",
        "_moving",
        "session",
        "corpus",
        "components",
        "langchain",
        "llamaindex",
        "haystack",
        "client",
        "service",
        "evaluation",
        "cli",
    ),
]


def run(*argv: str | Path, **kwargs: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(a) for a in argv], capture_output=True, text=True, check=True, **kwargs)


def test_import_loads_nothing_heavy() -> None:
    code = "import sys, hybrid; hybrid.Document, hybrid.Answer, hybrid.Settings; print(*sys.modules)"
    loaded = set(run(sys.executable, "-c", code).stdout.split())
    assert not HEAVY & loaded


def test_a_client_of_a_server_loads_nothing_that_reads_documents() -> None:
    code = "import sys, hybrid.client, hybrid.cli.corpus; hybrid.client.Client; print(*sys.modules)"
    loaded = set(run(sys.executable, "-c", code).stdout.split())
    assert not {"hybrid.text.layout", "hybrid.text.document_dates", "hybrid.text.document_status"} & loaded
    assert not HEAVY & loaded


@pytest.mark.parametrize(
    "command",
    [
        "",
        "ask",
        "eval",
        "eval needle",
        "router",
        "meta-train",
        "bench long-context",
        "settings",
        "serve",
        "keys add",
        "mcp",
    ],
)
def test_command_line_help_loads_nothing_heavy(command: str) -> None:
    code = f"""
import sys
from hybrid.cli import main
try:
    main({[*command.split(), "--help"]})
finally:
    print("loaded:", *sys.modules)
"""
    said, _, loaded = run(sys.executable, "-c", code).stdout.partition("loaded:")
    assert "Usage:" in said
    assert not HEAVY & set(loaded.split())


def test_every_exported_name_is_there() -> None:
    for name in hybrid.__all__:
        assert getattr(hybrid, name) is not None
    assert set(hybrid.__all__) <= set(dir(hybrid))
    with pytest.raises(AttributeError, match="no attribute 'corpse'"):
        _ = hybrid.corpse


def test_kernels_folder_is_no_package(repository: Path) -> None:
    assert not (repository / "kernels" / "__init__.py").exists()


def test_transformers_imports_with_the_repository_on_the_path(repository: Path) -> None:
    """Hugging Face publishes a package `kernels`; the folder of that name must not answer for it."""
    code = (
        "import kernels; assert hasattr(kernels, 'get_kernel'), kernels\n"
        "from transformers import PreTrainedModel; import sentence_transformers; print(kernels.__file__)"
    )
    environment = {**os.environ, "PYTHONPATH": str(repository), "PYTHONWARNINGS": "ignore"}
    found = run(sys.executable, "-c", code, cwd=repository, env=environment).stdout.strip()
    assert not Path(found).is_relative_to(repository / "kernels")


def package_files(repository: Path) -> dict[str, Path]:
    """Every module of the package by its name."""
    tops = {"hybrid": "hybrid", "hybrid.stores": "stores", "hybrid.router": "router", "hybrid.kernels": "kernels/src"}
    found = {}
    for package, folder in tops.items():
        for path in (repository / folder).rglob("*.py"):
            parts = path.relative_to(repository / folder).with_suffix("").parts
            found[".".join((package, *parts)).removesuffix(".__init__")] = path
    return found


def imported(path: Path, modules: dict[str, Path]) -> set[str]:
    """The package's modules that a module imports, also within functions and for types alone."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                submodule = f"{node.module}.{alias.name}"
                names.add(submodule if submodule in modules else node.module)
        elif isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
    packages = {".".join(name.split(".")[:depth]) for name in names for depth in range(2, name.count(".") + 1)}
    return {name for name in names | packages if name in modules}  # a package's __init__ runs before its modules


def layer(module: str) -> int:
    return LAYERS.index(module.split(".")[1])


def test_no_layer_imports_one_above_it(repository: Path) -> None:
    modules = package_files(repository)
    assert len(modules) > 100
    wrong = [
        f"{module} imports {name}"
        for module, path in modules.items()
        if module != "hybrid"
        for name in imported(path, modules) - {"hybrid"}
        if layer(name) > layer(module)
    ]
    assert wrong == []


def test_no_import_circle(repository: Path) -> None:
    modules = package_files(repository)
    graph = {
        # A package's __init__ has always begun before its own modules do.
        module: {name for name in imported(path, modules) if not f"{module}.".startswith(f"{name}.")}
        for module, path in modules.items()
    }
    sorter = graphlib.TopologicalSorter(graph)
    sorter.prepare()  # raises CycleError, which names the circle


@pytest.fixture(scope="module")
def wheel(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"  # a copy, so that building leaves nothing in the repository
    files = run("git", "ls-files", "-co", "--exclude-standard", cwd=repository).stdout.split("\n")
    for name in filter(None, files):
        if (repository / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((repository / name).read_bytes())
    run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", folder, source)
    (built,) = folder.glob("hybrid_ttt_rag-*.whl")
    return built


def test_wheel_holds_one_package_and_all_its_data(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names} == {"hybrid", f"hybrid_ttt_rag-{hybrid.__version__}.dist-info"}
    for needed in (
        "py.typed",
        "router/weights.json",
        "stores/catalog.py",
        "kernels/__init__.py",
        "service/page/index.html",
    ):
        assert f"hybrid/{needed}" in names
    assert any(name.startswith("hybrid/stores/migrations/versions/0001") for name in names)


def test_wheel_works_in_a_clean_environment(wheel: Path, tmp_path: Path) -> None:
    """The wheel alone is installed; its dependencies are lent by path, which runs no editable install."""
    venv.create(tmp_path / "env", with_pip=False)
    python = tmp_path / "env" / "bin" / "python"
    (site,) = (tmp_path / "env" / "lib").glob("python3*/site-packages")
    lent = Path(pytest.__file__).resolve().parent.parent
    run(sys.executable, "-m", "pip", "--python", python, "install", "-q", "--no-deps", wheel)
    (site / "lent.pth").write_text(f"{lent}\n")
    help_text = run(tmp_path / "env" / "bin" / "hybrid", "--help", cwd=tmp_path).stdout
    for verb in ("ingest", "ask", "search", "remove", "status", "documents"):
        assert verb in help_text
    code = "import hybrid, hybrid.stores.catalog as c; print(hybrid.__file__); print(c.__file__)"
    for line in run(python, "-c", code, cwd=tmp_path).stdout.split():
        assert Path(line).is_relative_to(tmp_path / "env")
