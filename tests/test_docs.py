"""The documentation: the site builds without a warning, loads nothing from outside, and leaves nothing public out."""

from __future__ import annotations

import ast
import builtins
import doctest
import io
import logging
import os
import pkgutil
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module, util
from pathlib import Path
from urllib.parse import unquote, urlsplit

import click
import pytest
from doc_blocks import REPOSITORY, blocks, run_page
from lxml import html

import hybrid
from hybrid import errors
from hybrid.cli import command, main
from hybrid.settings import Settings

DOCS = REPOSITORY / "docs"
OUTSIDE = re.compile(r"^\s*(?:https?:)?//", re.IGNORECASE)
IN_CSS = re.compile(r"(?:url\(\s*['\"]?|@import\s+['\"])\s*((?:https?:)?//[^'\")\s]+)", re.IGNORECASE)
LOADED = ("src", "srcset", "data", "poster", "action")
LINKS_THAT_LOAD_NOTHING = {"next", "prev", "alternate", "author", "license", "help", "search"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as `make docs` builds it."""
    pytest.importorskip("mkdocstrings", reason="needs hybrid-ttt-rag[docs]")
    target = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(target)],
        cwd=REPOSITORY,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "WARNING" not in said
    assert "ERROR" not in said
    return target


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, html.HtmlElement]:
    return {path: html.parse(str(path)).getroot() for path in sorted(site.rglob("*.html"))}


def test_no_page_loads_anything_from_outside(pages: dict[Path, html.HtmlElement]) -> None:
    for path, page in pages.items():
        for element in page.iter():
            if not isinstance(element.tag, str):
                continue
            loaded = [element.get(name) for name in LOADED if element.get(name)]
            if element.tag == "link" and not LINKS_THAT_LOAD_NOTHING & set((element.get("rel") or "").split()):
                loaded.append(element.get("href"))
            for address in filter(None, loaded):
                assert not OUTSIDE.match(address), f"{path.name}: <{element.tag}> loads {address}"
            assert not IN_CSS.search(element.get("style") or ""), path
            if element.tag in ("script", "style"):
                assert "//" not in re.sub(r"/\*.*?\*/", "", element.text or "", flags=re.DOTALL), element.text
        assert not page.find_class("mermaid"), path  # its drawing code would come from a CDN


def test_no_style_sheet_loads_anything_from_outside(site: Path) -> None:
    sheets = list(site.rglob("*.css"))
    assert sheets
    for sheet in sheets:
        assert not IN_CSS.search(sheet.read_text("utf-8")), sheet.name


def test_no_picture_loads_anything_from_outside(site: Path) -> None:
    for picture in site.rglob("*.svg"):
        text = picture.read_text("utf-8")
        assert not IN_CSS.search(text), picture.name
        assert not re.search(r"(?:href|src)=['\"](?:https?:)?//", text), picture.name
        assert "<script" not in text, picture.name


def test_every_link_within_the_site_leads_somewhere(site: Path, pages: dict[Path, html.HtmlElement]) -> None:
    anchors = {path: set(page.xpath("//@id")) | set(page.xpath("//a/@name")) for path, page in pages.items()}
    followed = 0
    for path, page in pages.items():
        if path.name == "404.html":  # shown at any depth, so its links begin at the root
            continue
        for address in page.xpath("//a/@href | //img/@src"):
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            target = target / "index.html" if target.is_dir() else target
            assert target.is_file(), f"{path.relative_to(site)} links to {address}"
            if parts.fragment and target in anchors and not parts.fragment.startswith("__"):
                assert unquote(parts.fragment) in anchors[target], f"{path.relative_to(site)} links to {address}"
            followed += 1
    assert followed > 500


def public_names() -> list[str]:
    names = [f"hybrid.{name}" for name in hybrid.__all__]
    names += [f"hybrid.Corpus.{name}" for name, value in vars(hybrid.Corpus).items() if _is_public(name, value)]
    for package, adapter in {
        "langchain_core": "langchain",
        "llama_index": "llamaindex",
        "haystack": "haystack",
    }.items():
        if util.find_spec(package) is not None:
            names += [f"hybrid.{adapter}.{name}" for name in import_module(f"hybrid.{adapter}").__all__]
    names += [f"hybrid.errors.{name}" for name in dir(errors) if name.endswith("Error")]
    return names


def _is_public(name: str, value: object) -> bool:
    return not name.startswith("_") and (callable(value) or isinstance(value, classmethod | property))


def verbs(group: click.Group, above: str = "hybrid") -> Iterator[str]:
    context = click.Context(group)
    for name in group.list_commands(context):
        yield f"{above} {name}"
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from verbs(command, f"{above} {name}")


def test_every_public_name_has_an_entry_in_the_reference(site: Path, pages: dict[Path, html.HtmlElement]) -> None:
    described = {
        anchor for path, page in pages.items() if path.parent == site / "reference" for anchor in page.xpath("//@id")
    }
    assert sorted(set(public_names()) - described) == []


def test_every_verb_and_every_option_has_an_entry_in_the_reference(
    pages: dict[Path, html.HtmlElement], site: Path
) -> None:
    page = pages[site / "reference" / "command-line.html"]
    found = list(verbs(main))
    assert {"hybrid ingest", "hybrid eval router", "hybrid router train"} <= set(found)
    assert [verb for verb in found if page.get_element_by_id(verb.replace(" ", "-"), None) is None] == []
    text = page.text_content()
    for option in ("--since", "--settings", "--weights", "--quiet", "-k INTEGER"):
        assert option in text


def test_every_setting_has_an_entry_with_a_meaning_in_the_reference(
    pages: dict[Path, html.HtmlElement], site: Path
) -> None:
    page = pages[site / "reference" / "settings.html"]
    for table, field in Settings.model_fields.items():
        for name in field.annotation.model_fields:
            cell = page.get_element_by_id(f"{table}.{name}", None)
            assert cell is not None, f"{table}.{name}"
            meaning = cell.xpath("ancestor::tr/td[last()]")[0].text_content().strip()
            assert meaning, f"{table}.{name} needs a description in hybrid/settings.py"


def test_every_error_is_in_the_troubleshooting_guide() -> None:
    guide = (DOCS / "how-to" / "troubleshooting.md").read_text("utf-8")
    for name in (name for name in dir(errors) if name.endswith("Error")):
        assert re.search(rf"^#+ .*{name}", guide, re.MULTILINE), f"{name}: what it means, and what to do"
        assert f" {name}" in f" {errors.__doc__}", f"{name} is missing from the tree at the top of hybrid/errors.py"


# The Markdown as it stands in the repository, where it is read too --------------------------------------

MARKDOWN = sorted(
    path
    for path in (
        *REPOSITORY.glob("*.md"),
        *DOCS.rglob("*.md"),
        *REPOSITORY.glob("*/README.md"),
        *REPOSITORY.glob("examples/**/*.md"),
    )
)


def _headings(path: Path) -> set[str]:
    """The anchors of a Markdown file's headings, by the rule of the forges that show it, and those it gives itself."""
    text = re.sub(r"^```.*?^```", "", path.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    found = set(re.findall(r"\{ *#([\w.-]+)", text))
    for title in re.findall(r"^#+ (.+)$", text, re.MULTILINE):
        plain = re.sub(r"\{.*?\}|[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", title).strip().lower()
        found.add(re.sub(r"[^\w\- ]", "", plain).replace(" ", "-"))
    return found


def test_every_exit_code_is_in_the_reference() -> None:
    page = (DOCS / "reference/files.md").read_text(encoding="utf-8").partition("## Exit codes")[2].partition("\n## ")[0]
    documented = {int(code) for code in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)}
    codes = {command.FAILED, command.NOTHING_FOUND, command.SOME_SKIPPED, command.NOT_PROVED, command.INTERRUPTED}
    assert documented == codes | {0, 2}


@pytest.mark.parametrize("page", MARKDOWN, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_links_between_the_files_of_the_repository_lead_somewhere(page: Path) -> None:
    text = re.sub(r"^ *```.*?^ *```", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    for target, anchor in re.findall(r"\]\((?![a-z]+:)([^)\s#]*)(?:#([^)\s]+))?\)", re.sub(r"`[^`\n]*`", "", text)):
        path = (page.parent / target) if target else page
        assert path.exists(), f"{page.relative_to(REPOSITORY)} links to {target}"
        if anchor and path.suffix == ".md" and "<!-- made:" not in path.read_text("utf-8"):
            assert anchor in _headings(path), f"{page.relative_to(REPOSITORY)} links to {target}#{anchor}"


# The code in the pages runs ---------------------------------------------------------------------------

TOUR = DOCS / "tutorial.md"
NOT_RUN = {
    "how-to/postgresql.md": "it needs a server by the name that it shows",
    "retrieval.md": "its questions are about a corpus that the reader is to imagine",
}
GUIDES = sorted(
    path for path in DOCS.rglob("*.md") if path != TOUR and path.relative_to(DOCS).as_posix() not in NOT_RUN
)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as the tutorial leaves it, with its documents and its corpus."""
    folder = tmp_path_factory.mktemp("desk")
    assert run_page(TOUR, folder) > 10
    return folder


def test_the_tutorial_runs_and_prints_what_it_shows(desk: Path) -> None:
    assert (desk / "acme-v-beta" / "catalog.sqlite").is_file()


@pytest.mark.parametrize(
    "page",
    [page for page in GUIDES if {block.language for block in blocks(page)} & {"console", "bash", "python"}],
    ids=lambda path: path.relative_to(DOCS).as_posix(),
)
def test_the_guides_run_after_the_tutorial_and_print_what_they_show(page: Path, desk: Path, tmp_path: Path) -> None:
    shutil.copytree(desk, tmp_path, dirs_exist_ok=True)
    assert run_page(page, tmp_path)


def test_a_page_that_shows_what_is_not_printed_is_found_out(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    for wrong in (
        "```python\nprint(1 + 1)  # > 3\n```\n",
        "```console\n$ echo salt\nsugar\n```\n",
        "1. A step:\n\n    ```bash\n    cat nothing-there\n    ```\n",
    ):
        page.write_text(wrong)
        with pytest.raises(AssertionError):
            run_page(page, tmp_path)
    page.write_text("```console\n$ printf 'salt\\npepper\\nsugar\\n'\nsalt\n...\nsug…\n```\n")
    assert run_page(page, tmp_path) == 1


def test_a_page_that_sets_logging_up_leaves_it_as_it_was(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    lines = ["import logging", "logging.getLogger('hybrid').addHandler(logging.StreamHandler())"]
    page.write_text("\n".join(["```python", *lines, "```"]) + "\n", "utf-8")
    before = list(logging.getLogger("hybrid").handlers)
    assert run_page(page, tmp_path) == 1
    assert logging.getLogger("hybrid").handlers == before


NEED_A_CORPUS = (
    *("hybrid.corpus", "hybrid.session", "hybrid.langchain", "hybrid.llamaindex"),
    *("hybrid.haystack.answerer", "hybrid.haystack.retriever"),
)
"""Modules whose examples ask one that is not there."""


def test_the_examples_in_docstrings_hold() -> None:
    """Those that stand by themselves: an example of a corpus's has no corpus here."""
    failed = []
    for info in pkgutil.walk_packages(hybrid.__path__, "hybrid."):
        if ".migrations" in info.name or info.name == "hybrid.haystack" or info.name.startswith(NEED_A_CORPUS):
            continue
        for one in doctest.DocTestFinder(exclude_empty=True).find(import_module(info.name)):
            if one.examples and _stands_alone(one):
                said = io.StringIO()
                doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.FAIL_FAST).run(one, out=said.write)
                failed += [said.getvalue()] if said.getvalue() else []
    assert not failed, "\n".join(failed)


def _stands_alone(one: doctest.DocTest) -> bool:
    """Whether the examples of a docstring name only what its module or they themselves define."""
    try:
        tree = ast.parse("".join(example.source for example in one.examples))
    except SyntaxError:
        return False
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    made = {node.id for node in names if not isinstance(node.ctx, ast.Load)} | set(dir(builtins))
    made |= {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom | ast.Import)
        for alias in node.names
    }
    made |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    return all(node.id in made or node.id in one.globs for node in names)
