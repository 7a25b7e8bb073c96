"""What MkDocs builds besides the Markdown in docs/: pages from elsewhere, and references made from the code.

- `INCLUDED` brings Markdown files of the repository's other folders into the site.
- A line ``<!-- made: NAME -->`` in a page becomes what `hybrid_reference` makes of the code under that name.
- Links in Markdown are true in the repository, where people read it too; here they are turned to the site's.
  A link to a file that is no page (a notebook, a script) takes a copy of that file along.
"""

from __future__ import annotations

import posixpath
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parent))  # MkDocs loads this file by its path

from hybrid_reference import MADE
from mkdocs.structure.files import File

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

REPOSITORY = Path(__file__).resolve().parent.parent.parent
INCLUDED = {
    "benchmarks/README.md": "benchmarks.md",
    "kernels/README.md": "kernels.md",
    "CHANGELOG.md": "changes.md",
    "CONTRIBUTING.md": "contributing.md",
}
MARKER = re.compile(r"^<!-- made: ([\w ]+) -->$", re.MULTILINE)
LINK = re.compile(r"(\]\()(?![a-z]+:|#|/)([^)\s#]+)(#[^)\s]*)?(\))")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the included pages, and a copy of every file that a page links to."""
    for source, target in INCLUDED.items():
        files.append(File.generated(config, target, abs_src_path=str(REPOSITORY / source)))
    for page in list(files.documentation_pages()):
        for found in LINK.finditer(page.content_string):
            path = _in_repository(page.src_uri, found[2])
            target = _in_site(path)
            if files.get_file_from_path(target) is None and (REPOSITORY / path).is_file():
                files.append(File.generated(config, target, abs_src_path=str(REPOSITORY / path)))
    return files


def on_page_markdown(markdown: str, page: Page, **_: object) -> str:
    """Fills in what is made from the code, and turns the links."""

    def turned(found: re.Match[str]) -> str:
        start, target, anchor, end = found.groups()
        here = posixpath.dirname(page.file.src_uri)
        site = posixpath.relpath(_in_site(_in_repository(page.file.src_uri, target)), here or ".")
        return f"{start}{site}{anchor or ''}{end}"

    return LINK.sub(turned, MARKER.sub(lambda found: MADE[found[1]](), markdown))


def _in_repository(page: str, target: str) -> str:
    """The path from the repository's root of what a page links to."""
    source = next((path for path, site in INCLUDED.items() if site == page), f"docs/{page}")
    return posixpath.normpath(posixpath.join(posixpath.dirname(source), target))


def _in_site(path: str) -> str:
    """Where in the site a file of the repository stands."""
    return INCLUDED.get(path) or (path.removeprefix("docs/") if path.startswith("docs/") else f"files/{path}")
