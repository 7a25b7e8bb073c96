"""HTML: the text that a browser would show, with a line break wherever it would start a new line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from lxml import etree

from hybrid.errors import DamagedDocumentError
from hybrid.ingest.loaders.formats import Extracted, canonical, parsing
from hybrid.ingest.loaders.numbering import numeral
from hybrid.ingest.loaders.plain_text import decode
from hybrid.text.values import parse_date
from hybrid.types.documents import Metadata

_INVISIBLE = frozenset(
    {"head", "title", "script", "style", "template", "noscript", "svg", "iframe", "object", "audio", "video", "canvas"}
)
_VERBATIM = frozenset({"pre", "textarea"})
_PARAGRAPHS = {"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "table", "blockquote", "pre", "figure", "hr"}
_LINES = (
    {"address", "article", "aside", "body", "caption", "center", "dd", "details", "dir", "div", "dt", "fieldset"}
    | {"figcaption", "footer", "form", "header", "html", "legend", "li", "main", "menu", "nav", "option", "search"}
    | {"section", "summary", "tbody", "tfoot", "thead", "tr"}
)
_GAPS = dict.fromkeys(_LINES, 1) | dict.fromkeys(_PARAGRAPHS, 2)  # line ends before and after the element
_HIDDEN_STYLE = re.compile(r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)
_BLANKS = re.compile(r"[ \t\n\f\r]+")  # HTML's white space; a no-break space is a character like any other
_CHARSET = re.compile(rb"""(?:<meta[^>]{0,200}?charset|<\?xml[^>]{0,200}?encoding)\s*=\s*["']?\s*([\w.:-]+)""", re.I)
_END_OF_PAGE = re.compile(r"</(?:html|body)\s*>", re.IGNORECASE)
_TITLES = ("og:title", "dc.title", "dcterms.title")
_AUTHORS = ("author", "dc.creator", "dcterms.creator", "article:author")
_DATES = ("date", "dc.date", "dcterms.date", "dcterms.created", "article:published_time", "dcterms.issued")


def load_html(data: bytes, source: str) -> Extracted:
    """HTML or XHTML. Its charset is that of its byte order mark, then of its ``<meta>``, then as text.

    Scripts, styles and what is hidden by attribute are left out; cells of a row are parted by a tab
    and items of an ordered list carry their number. Title, author and date come from ``<title>``
    and ``<meta>``.
    """
    found = _CHARSET.search(data[:4096])
    declared = found[1].decode("ascii", "ignore") if found else None
    if declared is not None and declared.lower().startswith(("utf-16", "utf16", "utf-32")):
        declared = None  # the declaration was read as ASCII, so it cannot be true
    html, extra = decode(data, declared)
    read = read_html(html, source)
    return replace(read, metadata=read.metadata.model_copy(update={"extra": extra}))


def read_html(html: str, source: str) -> Extracted:
    """The visible text and the metadata of an HTML string."""
    # The parser drops what follows the end of the page; browsers show it, and mails are often glued together.
    html = _END_OF_PAGE.sub("\n", html)
    with parsing(source, "HTML"):
        parser = etree.HTMLParser(encoding="utf-8", huge_tree=True, remove_pis=True, remove_comments=True)
        root = etree.fromstring(html.encode("utf-8"), parser) if html.strip() else None
        if any(entry.level == etree.ErrorLevels.FATAL for entry in parser.error_log):
            raise DamagedDocumentError(
                source, f"the HTML is nested too deeply to be read ({parser.error_log[0].message}); save it as text"
            )
        if root is None:
            return Extracted("")
        metadata, date = _metadata(root)
        return Extracted(canonical(_visible_text(root)), metadata, unread_date=None if metadata.date else date)


def _metadata(root: etree._Element) -> tuple[Metadata, str | None]:
    """The metadata, and the date as it stands in the page."""
    named: dict[str, str] = {}
    for meta in root.iter("meta"):
        name = (meta.get("name") or meta.get("property") or "").lower()
        content = " ".join((meta.get("content") or "").split())
        if name and content:
            named.setdefault(name, content)
    title = next((" ".join("".join(node.itertext()).split()) for node in root.iter("title")), "")
    date = _first(named, _DATES)
    metadata = Metadata(
        title=title or _first(named, _TITLES),
        author=_first(named, _AUTHORS),
        date=parse_date(date or "", "second"),
        custodian=None,
    )
    return metadata, date


def _first(named: dict[str, str], names: tuple[str, ...]) -> str | None:
    return next((canonical(named[name]) for name in names if name in named), None)


@dataclass
class _Writer:
    """Text in the making. White space is collapsed, and a gap that is due is written with the next word."""

    parts: list[str] = field(default_factory=list)
    lines: int = 0
    tabs: int = 0
    labelled: bool = False

    def words(self, text: str) -> None:
        """Text in which any run of white space is one space."""
        collapsed = _BLANKS.sub(" ", text)
        if self.lines or self.tabs or self._at_blank():
            collapsed = collapsed.lstrip(" ")
        if collapsed == " ":
            self.parts.append(collapsed)
        else:
            self.verbatim(collapsed)

    def verbatim(self, text: str) -> None:
        """Text as it is, as in ``<pre>``."""
        if not text:
            return
        if self.parts and (self.lines or self.tabs):
            self.parts[-1] = self.parts[-1].rstrip(" ")
            self.parts.append("\n" * self.lines or "\t" * self.tabs)
        self.lines = self.tabs = 0
        self.labelled = False
        self.parts.append(text)

    def label(self, text: str) -> None:
        """A list item's number, which stays on one line with the first word of the item."""
        self.verbatim(text)
        self.labelled = True

    def gap(self, lines: int) -> None:
        """At least ``lines`` line ends before the next word."""
        if not self.labelled:
            self.lines = max(self.lines, lines)

    def _at_blank(self) -> bool:
        return not self.parts or self.parts[-1].endswith((" ", "\t", "\n"))


def _visible_text(root: etree._Element) -> str:
    writer = _Writer()
    labels: dict[etree._Element, str] = {}
    verbatim = 0  # how many <pre> the walk is in
    walk = etree.iterwalk(root, events=("start", "end"))
    for event, node in walk:
        tag = node.tag.lower()
        if event == "start":
            if _is_hidden(node, tag):
                walk.skip_subtree()
                continue
            verbatim += tag in _VERBATIM
            _open(writer, node, tag, labels)
            text = node.text
        else:
            if not _is_hidden(node, tag):
                verbatim -= tag in _VERBATIM
                writer.gap(_GAPS.get(tag, 0))
            text = node.tail
        if text:
            (writer.verbatim if verbatim else writer.words)(text)
    return "".join(writer.parts).rstrip(" ")


def _is_hidden(node: etree._Element, tag: str) -> bool:
    return (
        tag in _INVISIBLE or node.get("hidden") is not None or _HIDDEN_STYLE.search(node.get("style") or "") is not None
    )


def _open(writer: _Writer, node: etree._Element, tag: str, labels: dict[etree._Element, str]) -> None:
    writer.gap(_GAPS.get(tag, 0))
    if tag == "br":
        writer.lines += 1
    elif tag in ("td", "th") and node.getprevious() is not None:
        writer.tabs += 1
    elif tag == "ol":
        labels.update(zip(node.iterchildren("li"), _labels(node), strict=True))
    elif tag == "li" and node in labels:
        writer.label(f"{labels[node]}. ")


def _labels(items: etree._Element) -> Iterator[str]:
    """The labels of an ordered list, as ``start``, ``value`` and ``type`` of its elements say."""
    number = _integer(items.get("start"), 1)
    style = items.get("type") or "1"
    for item in items.iterchildren("li"):
        number = _integer(item.get("value"), number)
        yield numeral(number, {"a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman"}.get(style))
        number += 1


def _integer(value: str | None, default: int) -> int:
    try:
        return int(value) if value else default
    except ValueError:
        return default
