"""What the package promises as a package: light to import, whole as a wheel, harmless to its neighbours."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

import hybrid

HEAVY = {"torch", "faiss", "transformers", "sentence_transformers", "sqlalchemy", "numpy"}
FLOORS = ["kernels", "stores", "ttt", "retrieval", "ingest", "router", "answering"]  # bottom first
FLOORS += ["bars", "view", "asynchronous", "opening", "corpus", "langchain", "command", "settings_command"]
FLOORS += ["evaluation", "cli"]
GROUND_PACKAGES = {"display", "reporting"}  # how plain data looks, and what leaves the notebook


def run(*argv: str | Path, **kwargs: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(a) for a in argv], capture_output=True, text=True, check=True, **kwargs)


def test_import_loads_nothing_heavy() -> None:
    code = "import sys, hybrid; hybrid.Document, hybrid.Answer, hybrid.Settings; print(*sys.modules)"
    loaded = set(run(sys.executable, "-c", code).stdout.split())
    assert not HEAVY & loaded


def test_command_line_help_loads_nothing_heavy() -> None:
    code = "import sys, hybrid.cli; print(*sys.modules)"
    assert not HEAVY & set(run(sys.executable, "-c", code).stdout.split())


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


def floor_of(path: Path, repository: Path) -> str:
    top = path.relative_to(repository).parts
    if top[0] != "hybrid":
        return top[0]
    name = top[1].removesuffix(".py")
    return name if (len(top) > 2 and name not in GROUND_PACKAGES) or name in FLOORS else "ground"


def imported_floors(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
        elif isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
    return {name.split(".")[1] for name in names if name.startswith("hybrid.")}


def test_no_floor_imports_one_above_it(repository: Path) -> None:
    ground = {"documents", "answers", "filters", "reports", "page", "errors", "models", "usage", "logs", "process_wide"}
    ground |= {"comparison", "settings", "settings_problems", "settings_sources"}
    ground |= GROUND_PACKAGES
    files = [p for top in ("hybrid", "stores", "router", "kernels/src") for p in (repository / top).rglob("*.py")]
    assert len(files) > 20
    for path in files:
        floor = floor_of(path, repository)
        if floor == "ground":
            name = path.relative_to(repository / "hybrid").parts[0].removesuffix(".py")
            assert name in {*ground, "__init__"}, path
            if name in ground:
                assert imported_floors(path) <= ground, path
            continue
        assert not imported_floors(path) & set(FLOORS[FLOORS.index(floor) + 1 :]), path


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
    for needed in ("py.typed", "router/weights.json", "stores/catalog.py", "kernels/__init__.py"):
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
