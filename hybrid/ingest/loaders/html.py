"""HTML: the text that a browser would show, with a line break wherever it would start a new line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from lxml import etree

from hybrid.errors import DamagedDocumentError
from hybrid.ingest.loaders.css import Styles
from hybrid.ingest.loaders.formats import Extracted, canonical, parsing
from hybrid.ingest.loaders.front_matter import as_metadata, class_of_access, front_matter, is_key, unread_class
from hybrid.ingest.loaders.html_unseen import framed, unseen
from hybrid.ingest.loaders.numbering import numeral
from hybrid.ingest.loaders.plain_text import decode
from hybrid.ingest.loaders.properties import links, properties
from hybrid.ingest.loaders.raised import subscript, superscript
from hybrid.ingest.loaders.spans import MOST, Spans
from hybrid.text.values import parse_date
from hybrid.types.documents import AS_JSON, Metadata

_INVISIBLE = frozenset({"head", "title", "script", "style"})
_INSTEAD = frozenset({"template", "object", "audio", "video", "canvas", "noscript"})
"""What is shown in the place of something that a browser could not show, and what only scripts show."""
_VERBATIM = frozenset({"pre", "textarea"})
_PARAGRAPHS = {"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "table", "blockquote", "pre", "figure", "hr"}
_LINES = (
    {"address", "article", "aside", "body", "caption", "center", "dd", "details", "dir", "div", "dt", "fieldset"}
    | {"figcaption", "footer", "form", "header", "html", "legend", "li", "main", "menu", "nav", "option", "search"}
    | {"section", "summary", "tbody", "tfoot", "thead", "tr"}
)
_GAPS = dict.fromkeys(_LINES, 1) | dict.fromkeys(_PARAGRAPHS, 2)  # line ends before and after the element
_STRUCK = frozenset({"s", "strike", "del"})
_ALTERNATIVES = ("alt", "aria-label", "title")
_CONTROLS = ("input", "select", "textarea")
_SILENT_INPUTS = frozenset({"hidden", "password", "image", "file"})
_FRAMES = 4  # pages in frames of pages in frames, and so on: against pages made to exhaust the stack
_NOTED_CHARS = 4000  # of hidden and of struck text that the metadata have
_BLANKS = re.compile(r"[ \t\n\f\r]+")  # HTML's white space; a no-break space is a character like any other
_CHARSET = re.compile(rb"""(?:<meta[^>]{0,200}?charset|<\?xml[^>]{0,200}?encoding)\s*=\s*["']?\s*([\w.:-]+)""", re.I)
_END_OF_PAGE = re.compile(r"</(?:html|body)\s*>", re.IGNORECASE)
_TITLES = ("og:title", "dc.title", "dcterms.title")
_AUTHORS = ("author", "dc.creator", "dcterms.creator", "article:author")
_DATES = ("date", "dc.date", "dcterms.date", "dcterms.created", "article:published_time", "dcterms.issued")


def load_html(data: bytes, source: str, access: str | None = "access", charset: str | None = None) -> Extracted:
    """HTML or XHTML. Its charset is that of its byte order mark, then the ``charset`` that it came with, then that of
    its ``<meta>``, then as text.

    Scripts, styles, and what is hidden by attribute or by the page's own style sheets or struck out are left out
    (``extra`` has the latter two, JSON lists ``hidden`` and ``struck``, and ``comments``, ``tooltips``,
    ``field_values``, ``choices`` and ``links``); cells of a row are parted by a tab and items
    of an ordered list have their number. Fields of forms show their values, pictures the text that stands for them.
    A page that stands in a frame itself is read in its place; what is shown only where no scripts run is hidden.
    Title, author and date come from ``<title>`` and ``<meta>``, and so does the page's class of access, which the
    ``<meta>`` named ``access`` says, or front matter above the page. Raises `DamagedDocumentError` where it is there
    and cannot be read.
    """
    html, extra = decode(data, charset or declared_charset(data))
    read = read_html(html, source, access=access)
    if access is not None and (named := class_of_access(front_matter(html), access, source)) is not None:
        if access in read.metadata.extra:
            raise unread_class(source, access, "both the front matter and the page have it")
        value, is_json = as_metadata(named)
        extra |= {access: value} | ({AS_JSON: json.dumps([access])} if is_json else {})
    return replace(read, metadata=read.metadata.model_copy(update={"extra": read.metadata.extra | extra}))


def declared_charset(data: bytes) -> str | None:
    """The charset that a page's ``<meta>`` or XML declaration names."""
    found = _CHARSET.search(data[:4096])
    declared = found[1].decode("ascii", "ignore") if found else None
    if declared is not None and declared.lower().startswith(("utf-16", "utf16", "utf-32")):
        return None  # the declaration was read as ASCII, so it cannot be true
    return declared


def read_html(
    html: str, source: str, sheets: Mapping[str, str] = MappingProxyType({}), access: str | None = None
) -> Extracted:
    """The visible text and the metadata of an HTML string. ``sheets`` are the style sheets that come with it, by the
    address that it links them under. ``access`` names the ``<meta>`` that is its class of access, if it may say one."""
    with parsing(source, "HTML"):
        root = _parsed(html, source)
        named = _class_of_access(html, root, access, source) if access is not None else {}
        if root is None:
            return Extracted("")
        metadata, date = _metadata(root)
        page = _Page(root, sheets, source)
        text = canonical(page.visible_text())
        beside = unseen(html, root, text)
        noted = {name: texts for name, texts in (("hidden", page.hidden), ("struck", page.struck)) if texts}
        lists = {name: json.dumps(_capped(texts), ensure_ascii=False) for name, texts in (noted | beside.lists).items()}
        extra = lists | links(beside.targets, text) | properties(_described(root))
        return Extracted(
            text,
            metadata.model_copy(update={"extra": extra | named}),
            unread_date=None if metadata.date else date,
            left_out=(*(f"{name} text" for name in noted), *beside.left_out),
        )


def _described(root: etree._Element) -> Iterator[tuple[str, str | None]]:
    """What a page says of itself to search engines."""
    for meta in root.iter("meta"):
        name = (meta.get("name") or meta.get("property") or "").lower().removeprefix("og:").removeprefix("dc.")
        if name in ("description", "keywords", "subject"):
            yield name, meta.get("content")


def _parsed(html: str, source: str) -> etree._Element | None:
    """The root of a page; ``None`` where it is empty."""
    # The parser drops what follows the end of the page; browsers show it, and mails are often glued together.
    html = _END_OF_PAGE.sub("\n", html)
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=True, remove_pis=True, remove_comments=True)
    root = etree.fromstring(html.encode("utf-8"), parser) if html.strip() else None
    if any(entry.level == etree.ErrorLevels.FATAL for entry in parser.error_log):
        raise DamagedDocumentError(
            source, f"the HTML is nested too deeply to be read ({parser.error_log[0].message}); save it as text"
        )
    return root


def _capped(texts: list[str]) -> list[str]:
    """The first of the texts, up to a length in all."""
    made, length = [], 0
    for text in texts:
        if length >= _NOTED_CHARS:
            break
        made.append(canonical(text[: _NOTED_CHARS - length]))
        length += len(text)
    return made


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


_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


_NAMING = ("name", "property", "itemprop", "http-equiv")
"""Attributes that say what a ``<meta>`` is of."""


def _class_of_access(html: str, root: etree._Element | None, access: str, source: str) -> dict[str, str]:
    """The class of access that a page names, under the key ``access``; none where it says nothing of it."""
    named = [
        " ".join((meta.get("content") or "").split())
        for meta in (root.iter("meta") if root is not None else ())
        if any(is_key(meta.get(name) or "", access) for name in _NAMING)
    ]
    if not named:
        written = rf"<meta\b[^>]{{0,500}}\b(?:{'|'.join(_NAMING)})\s*=\s*[\"']?\s*{re.escape(access)}(?![^\s\"'/>])"
        if re.search(written, _COMMENT.sub("", html), re.IGNORECASE):
            raise unread_class(source, access, "the <meta> that names it is not well formed")
        return {}
    if len(set(named)) > 1:
        raise unread_class(source, access, "two <meta> give it different values")
    if not named[0]:
        raise unread_class(source, access, "its <meta> has no content")
    return {access: canonical(named[0])}


def _first(named: dict[str, str], names: tuple[str, ...]) -> str | None:
    return next((canonical(named[name]) for name in names if name in named), None)


@dataclass
class _Writer:
    """Text in the making. White space is collapsed, and a gap that is due is written with the next word."""

    parts: list[str] = field(default_factory=list)
    lines: int = 0
    tabs: int = 0
    labelled: bool = False
    indented: bool = False
    """Whether empty cells at the start of a row are written: those of a row of a table, not of a page's layout."""

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
            indent = "\t" * self.tabs if self.indented or not self.lines else ""
            self.parts.append("\n" * self.lines + indent)
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
            self.tabs = 0 if lines else self.tabs

    def end(self) -> str:
        """The end of the line that is being written."""
        return "" if self.lines or self.tabs else "".join(self.parts[-8:])[-8:]

    def _at_blank(self) -> bool:
        return not self.parts or self.parts[-1].endswith((" ", "\t", "\n"))


class _Page:
    """The walk over a page. ``hidden`` and ``struck`` are the texts that it left out."""

    def __init__(self, root: etree._Element, sheets: Mapping[str, str], source: str, depth: int = 0) -> None:
        self.hidden: list[str] = []
        self.struck: list[str] = []
        self._source = source
        self._depth = depth
        self._root = root
        self._styles = Styles(root, sheets)
        self._writer = _Writer()
        self._labels: dict[etree._Element, str] = {}
        self._tables: list[Spans] = []
        self._cells: list[int] = []  # where the text of the cells begins that the walk is in

    def visible_text(self) -> str:
        """The text that a browser shows."""
        writer = self._writer
        verbatim = 0  # how many <pre> the walk is in
        skipped: set[etree._Element] = set()
        walk = etree.iterwalk(self._root, events=("start", "end"))
        for event, node in walk:
            tag = node.tag.lower()
            if event == "start":
                if self._is_left_out(node, tag) or self._is_replaced(node, tag):
                    skipped.add(node)
                    walk.skip_subtree()
                    continue
                verbatim += tag in _VERBATIM
                self._open(node, tag)
                text = node.text
            else:
                if node not in skipped:
                    verbatim -= tag in _VERBATIM
                    self._close(node, tag)
                    if tag == "label" and _has_control(node):
                        writer.gap(1)
                text = node.tail
            if text:
                (writer.verbatim if verbatim else writer.words)(text)
        return "".join(writer.parts).rstrip(" ")

    def _is_left_out(self, node: etree._Element, tag: str) -> bool:
        if tag in _INVISIBLE:
            return True
        closed = tag == "dialog" and node.get("open") is None
        if closed or tag in _INSTEAD or node.get("hidden") is not None or self._styles.is_hidden(node):
            self._note(self.hidden, node)
            return True
        if tag in _STRUCK or self._styles.is_struck(node):
            self._note(self.struck, node)
            return True
        return False

    @staticmethod
    def _note(noted: list[str], node: etree._Element) -> None:
        parts = (part.text for part in node.iter() if part.tag not in _INVISIBLE and part.text)
        tails = (part.tail for part in node.iterdescendants() if part.tail)
        words = " ".join(" ".join((*parts, *tails)).split())
        if words:
            noted.append(words)

    def _is_replaced(self, node: etree._Element, tag: str) -> bool:
        """Whether the element shows something else than the text in it, which is written."""
        if tag in ("sup", "sub"):
            words = " ".join("".join(node.itertext()).split())
            before = self._writer.end()
            self._writer.verbatim((superscript if tag == "sup" else subscript)(before, words))
        elif tag in ("input", "select"):
            self._control(_shown_input(node) if tag == "input" else _chosen(node))
        elif tag == "img":
            alternative = next(
                (words for name in _ALTERNATIVES if (words := " ".join((node.get(name) or "").split()))), ""
            )
            self._control(f"[Image: {alternative}]" if alternative else "")
        elif tag in ("mfrac", "msup", "msub"):
            self._formula(node, tag)
        elif tag == "svg":
            self._control(" ".join(" ".join("".join(text.itertext()).split()) for text in node.iter("text")))
        elif tag == "iframe":
            self._frame(framed(node))
        elif tag == "rt":
            words = "".join(node.itertext()).strip()
            self._writer.verbatim(f"（{words}）" if words else "")
        else:
            return tag == "rp"
        return True

    def _formula(self, node: etree._Element, tag: str) -> None:
        """A fraction or a power of a formula, which would be another number without its sign."""
        one, other, *_ = [*("".join("".join(part.itertext()).split()) for part in node), "", ""]
        if tag == "mfrac":
            self._writer.verbatim("/".join(_grouped(part) for part in (one, other)))
        else:
            self._writer.verbatim(one)
            self._writer.verbatim((superscript if tag == "msup" else subscript)(one, other))

    def _frame(self, html: str) -> None:
        """A page within the page, on lines of its own."""
        if self._depth == _FRAMES:
            self.hidden.append(" ".join(html.split()))
        elif (root := _parsed(html, self._source)) is not None:
            page = _Page(root, {}, self._source, self._depth + 1)
            self._writer.gap(1)
            self._writer.verbatim(page.visible_text().strip())
            self._writer.gap(1)
            self.hidden += page.hidden
            self.struck += page.struck

    def _control(self, text: str) -> None:
        """What stands for itself in a line, with a blank at either side."""
        if text:
            self._writer.words(f" {text} ")

    def _open(self, node: etree._Element, tag: str) -> None:
        writer = self._writer
        writer.gap(0 if _is_whole_cell(node) else _GAPS.get(tag, 0))
        if tag == "br":
            writer.lines += 1
        elif tag == "table":
            self._tables.append(Spans())
        elif tag in _ROW_GROUPS and self._tables:
            self._tables[-1] = Spans()  # no cell reaches out of its group
        elif tag == "tr" and self._tables:
            self._tables[-1].start_row()
            writer.indented = _filled_cells(node) > 1
        elif tag in ("td", "th"):
            self._open_cell(node)
        elif tag == "q":
            writer.verbatim("“")
        elif tag == "ol":
            self._labels.update(zip(node.iterchildren("li"), _labels(node), strict=True))
        elif tag == "li" and node in self._labels:
            writer.label(f"{self._labels[node]}. ")
        elif tag == "label" and _has_control(node):
            writer.gap(1)

    def _open_cell(self, node: etree._Element) -> None:
        if self._tables:
            self._carried(self._tables[-1].covered())
            self._writer.tabs += self._tables[-1].at > 0
        else:
            self._writer.tabs += node.getprevious() is not None
        self._cells.append(len(self._writer.parts))

    def _carried(self, texts: list[str]) -> None:
        """Write what cells of rows above say; those before were counted."""
        table = self._tables[-1]
        for at, text in enumerate(texts, table.at - len(texts)):
            self._writer.tabs += at > 0
            if text:
                self._writer.words(text)

    def _close(self, node: etree._Element, tag: str) -> None:
        if tag == "q":
            self._writer.verbatim("”")
        if tag in ("td", "th") and self._cells:
            text = " ".join("".join(self._writer.parts[self._cells.pop() :]).split())
            if self._tables:
                columns, rows = _integer(node.get("colspan"), 1), _integer(node.get("rowspan"), 1)
                self._tables[-1].place(text, columns, rows if rows > 0 else MOST)
                self._writer.tabs += max(1, min(columns, MOST)) - 1
        elif tag == "tr" and self._tables:
            self._carried(self._tables[-1].covered(to_end=True))
        elif tag == "table" and self._tables:
            self._tables.pop()
            self._writer.indented = False
        self._writer.gap(0 if _is_whole_cell(node) else _GAPS.get(tag, 0))


_ROW_GROUPS = frozenset({"thead", "tbody", "tfoot"})


def _filled_cells(row: etree._Element) -> int:
    return sum(any(text.strip() for text in cell.itertext()) for cell in row.iterchildren("td", "th"))


def _is_whole_cell(node: etree._Element) -> bool:
    """Whether a block is all that is in a cell of a row of several: it ends no line there, as programs write
    ``<td><p>``."""
    while (parent := node.getparent()) is not None and len(parent) == 1:
        if (parent.text or "").strip() or (node.tail or "").strip() or node.tag == "table":
            return False
        if parent.tag in ("td", "th"):
            row = parent.getparent()
            return row is not None and len(row) > 1
        node = parent
    return False


def _grouped(formula: str) -> str:
    return formula if re.fullmatch(r"[\w.,]*", formula) else f"({formula})"


def _has_control(node: etree._Element) -> bool:
    return next(node.iterdescendants(*_CONTROLS), None) is not None


def _shown_input(node: etree._Element) -> str:
    kind = (node.get("type") or "text").lower()
    if kind in ("checkbox", "radio"):
        return "☐" if node.get("checked") is None else "☒"
    return "" if kind in _SILENT_INPUTS else " ".join((node.get("value") or node.get("placeholder") or "").split())


def _chosen(node: etree._Element) -> str:
    """The options of a list that are chosen; the first of a list that always has one chosen."""
    options = list(node.iter("option"))
    chosen = [option for option in options if option.get("selected") is not None]
    if not chosen and node.get("multiple") is None:
        chosen = options[:1]
    labels = (option.get("label") or "".join(option.itertext()) for option in chosen)
    return ", ".join(" ".join(label.split()) for label in labels)


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
