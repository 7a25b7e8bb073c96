"""Markdown: the source text is the canonical text, so that offsets match what its author sees."""

from __future__ import annotations

import re
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.token import Token

from hybrid.documents import Metadata
from hybrid.ingest.formats import Extracted, parsing
from hybrid.ingest.load_text import decode_file

_FRONT_MATTER = re.compile(r"---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*$\n?", re.DOTALL | re.MULTILINE)
_FIELD = re.compile(r"^([\w-]+):[ \t]+(.+)$", re.MULTILINE)
_HEAD = 100_000


def load_markdown(data: bytes, source: str) -> Extracted:
    """Markdown. ``title``, ``author``, ``date`` and ``custodian`` come from the front matter.

    Only plain ``key: value`` lines of the front matter are read. Without a title there, it is the
    first level-1 heading, else the first heading, in the first 100,000 characters.
    """
    text, extra = decode_file(data, source)
    head = text[:_HEAD]
    front = _FRONT_MATTER.match(head)
    fields = {name.lower(): _unquoted(value) for name, value in _FIELD.findall(front[1])} if front else {}
    with parsing(source, "Markdown"):
        title = fields.get("title") or _first_heading(head[front.end() :] if front else head)
    metadata = Metadata(
        title=title or None,
        author=fields.get("author") or fields.get("authors") or None,
        date=fields.get("date") or None,
        custodian=fields.get("custodian") or None,
        extra=extra,
    )
    return Extracted(text, metadata)


def _unquoted(value: str) -> str:
    value = value.strip()
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        value = value[1:-1]
    return value.removeprefix("[").removesuffix("]").strip()


def _first_heading(text: str) -> str | None:
    tokens = MarkdownIt("commonmark").parse(text)
    headings = [(token.tag, _plain(content)) for token, content in pairwise(tokens) if token.type == "heading_open"]
    titles = [heading for tag, heading in headings if tag == "h1" and heading] or [h for _, h in headings if h]
    return titles[0] if titles else None


def _plain(inline: Token) -> str:
    """A heading's words without its markup."""
    parts = [" " if "break" in token.type else token.content for token in inline.children or ()]
    return " ".join("".join(parts).split())
