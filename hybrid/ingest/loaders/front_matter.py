"""Front matter: the fields in YAML or TOML at the head of a text, and the class of access that they name.

Values stay as they are written, because they are metadata and compared as text: a matter's number "007" is no 7, and
"no" is the answer of a form and not false. A class of access that is written and cannot be read is an error, never no
class: the document would be everybody's.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import islice
from operator import itemgetter
from typing import Any
from unicodedata import normalize

import yaml

from hybrid.errors import UnreadableClassError
from hybrid.ingest.loaders.formats import Value, canonical
from hybrid.types.documents import AS_JSON, Metadata

_LONGEST = 100_000  # characters of front matter: the parser takes time for more
_MOST_NODES = 10_000
"""Values that front matter may have, each counted as often as it is referred to: against aliases of aliases, which a
few lines make thousands of millions of."""
_FENCE = re.compile(
    r"""[\ufeff\s]*?^(?P<indent>[ \t]*)
        (?:---[ \t]*(?P<language>(?i:yaml|json|toml)?)[ \t]*(?:\#.*)?|(?P<toml>\+\+\+)[ \t]*)\n""",
    re.MULTILINE | re.VERBOSE,
)
_PLAIN_FIELD = re.compile(
    r"""(?P<quote>["']?)(?P<name>[^\W\d_][\w.-]*)(?P=quote)[ \t]*:
        (?:[ \t]+(?P<value>"[^"\\]*"|'[^']*'|[^\s"'\[\]{}&*!|>%@`,?\#][^\n]*))?""",
    re.VERBOSE,
)
_COMMENT = re.compile(r"(?:^|[ \t]+)\#.*")
_OWN = ("title", "author", "custodian")
"""Metadata with a place of their own that may be the class of access, too."""


@dataclass(frozen=True)
class FrontMatter:
    """``fields`` by name, or why there are none: ``problem``. ``written`` is what stands between the fences, and
    ``end`` is where the text after it begins."""

    fields: Mapping[str, Value]
    written: str
    end: int
    problem: str = ""


def front_matter(text: str) -> FrontMatter | None:
    """The front matter of a text: between two lines ``---`` (the second may be ``...``) in YAML, between two lines
    ``+++`` in TOML; blank lines and byte order marks may come before it. ``None`` where there is none.

    A line ``---`` may also be a rule: what follows it is front matter if it has fields, or is meant to.

    Example:
        >>> front_matter("---\\naccess: [board, staff]\\nmatter: 007\\n---\\nText.").fields
        {'access': ['board', 'staff'], 'matter': '007'}
    """
    head = text[:_LONGEST]
    opening = _FENCE.match(head)
    if opening is None:
        return None
    ends = r"\+\+\+" if opening["toml"] else r"(?:---|\.\.\.)"
    closing = re.compile(rf"^{opening['indent']}{ends}[ \t]*$\n?", re.MULTILINE).search(head, opening.end())
    if closing is None:
        written = head[opening.end() :].partition("\n\n")[0]
        problem = "no line ends it: --- alone, or +++ where it is TOML"
        return FrontMatter({}, written, 0, problem) if _looks_like_fields(written) else None
    written = head[opening.end() : closing.start()]
    is_toml = opening["toml"] or (opening["language"] or "").lower() == "toml"
    try:
        found = _toml(written) if is_toml else _yaml(written)
    except (ValueError, yaml.YAMLError, RecursionError) as error:
        plain = {} if is_toml else _plain_fields(written)
        problem = "" if plain else " ".join(str(error).split())[:200] or type(error).__name__
        return FrontMatter(plain, written, closing.end(), problem)
    if found is None:
        return FrontMatter({}, written, closing.end())
    if not isinstance(found, dict):
        problem = "it is no list of fields with a colon and a blank after each name"
        return FrontMatter({}, written, closing.end(), problem) if _looks_like_fields(written) else None
    return FrontMatter(found, written, closing.end())


def head_of_sheet(rows: Iterable[Sequence[str]]) -> tuple[str, ...]:
    """What may be front matter in the first cells of a sheet, one in a row or all in one; none where nothing is.

    A field may stand in two cells. Where the rows are no front matter, the first cell of each may be, beside others.

    Example:
        >>> head_of_sheet([["---"], ["access:", "board"], ["---"], ["Toll", "4"]])
        ('---\\naccess:\\tboard\\n---\\nToll\\t4\\n',)
    """
    held = ([cell for cell in row if cell.strip()] for row in rows)
    filled = list(islice((row for row in held if row), _HEAD_ROWS))
    if not filled or not filled[0][0].lstrip("\ufeff \t\r\n").startswith(("---", "+++")):
        return ()
    whole, first = (canonical("\n".join(map(one, filled))) + "\n" for one in ("\t".join, itemgetter(0)))
    found = front_matter(whole)
    return (whole,) if found is not None and not found.problem else (whole, first)


_HEAD_ROWS = 1000  # front matter is shorter


def _looks_like_fields(written: str) -> bool:
    lines = [line for line in written.split("\n") if line.strip()]
    return bool(lines) and re.match(r"\s*[\"']?[^\W\d_][\w .-]*[\"']?\s*[:=]", lines[0]) is not None


# YAML and TOML ------------------------------------------------------------------------------------------------------


class _AsWritten(yaml.SafeLoader):  # type: ignore[misc]  # the library has no types
    """Scalars are text, as written; what is nothing is ``None``. A key that comes twice is an error."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        names = Counter(key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode))
        for name, count in names.items():
            if count > 1 and name != "<<":
                raise yaml.constructor.ConstructorError(None, None, f"the field {name} comes twice", node.start_mark)
        made: dict[Hashable, Any] = super().construct_mapping(node, deep)
        return made


_AsWritten.yaml_implicit_resolvers = {
    first: kept
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    if (kept := [one for one in resolvers if one[0] in ("tag:yaml.org,2002:null", "tag:yaml.org,2002:merge")])
}


def _yaml(written: str) -> Value:
    loader = _AsWritten(written)
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        _check_size(node)
        return _as_text(loader.construct_document(node))
    finally:
        loader.dispose()


def _check_size(root: yaml.Node) -> None:
    """Raise `ValueError` for a node that has too many others, or itself, in it."""
    left, stack = _MOST_NODES, [root]
    while stack:
        node = stack.pop()
        left -= 1
        if left < 0:
            raise ValueError(f"its aliases stand for over {_MOST_NODES:,} values")
        if isinstance(node, yaml.MappingNode):
            stack += (part for pair in node.value for part in pair)
        elif isinstance(node, yaml.SequenceNode):
            stack += node.value


def _toml(written: str) -> Value:
    return _as_text(tomllib.loads(written, parse_float=str))


def _as_text(value: object) -> Value:
    """What a parser gives, its scalars as text."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {"" if name is None else str(name): _as_text(one) for name, one in value.items()}
    if isinstance(value, list | tuple | set):
        return [_as_text(one) for one in value]
    return str(value)


def _plain_fields(written: str) -> dict[str, Value]:
    """Fields that are no YAML and clear to everybody, such as ``title: Lease: Unit 4``: each in a line of its own.
    None where any line is something else, or a name comes twice."""
    found: dict[str, Value] = {}
    for line in written.split("\n"):
        if not (line := _COMMENT.sub("", line).rstrip()):
            continue
        match = _PLAIN_FIELD.fullmatch(line)
        if match is None or match["name"] in found:
            return {}
        value = match["value"]
        found[match["name"]] = value[1:-1] if value and value[0] in "\"'" else value
    return found


# Fields as metadata -------------------------------------------------------------------------------------------------


def words_of(value: Value) -> str:
    """A field that is one text, such as a title or several authors; empty where it is none."""
    if isinstance(value, list):
        return ", ".join(words for one in value if (words := words_of(one)))
    return " ".join(value.split()) if isinstance(value, str) else ""


def as_metadata(value: Value) -> tuple[str, bool]:
    """A field as the text that the metadata hold, and whether this is JSON: a list of several, or fields in a field."""
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], str):
        value = value[0]
    if isinstance(value, list | dict):
        return (json.dumps(value, ensure_ascii=False), True) if value else ("", False)
    return (value or "").strip(), False


# The class of access ------------------------------------------------------------------------------------------------


def class_of_access(front: FrontMatter | None, key: str, source: str) -> Value:
    """The class that front matter names under ``key``, or a list of them; ``None`` where it says nothing of it.

    Raises `UnreadableClassError` where it does say something and this names no class.
    """
    if front is None:
        return None
    if front.problem:
        if mentions(front.written, key):
            raise unread_class(source, key, f"the front matter cannot be read: {front.problem}")
        return None
    named = [value for name, value in front.fields.items() if is_key(name, key)]
    if len(named) > 1:
        raise unread_class(source, key, "it comes twice")
    if not named:
        if any(is_key(name, key) for name in _names_within(front.fields)):
            raise unread_class(source, key, "it stands inside another field")
        return None
    return _class(named[0], key, source)


def class_of_data(text: str, key: str, source: str) -> Value:
    """The class that front matter names above a file of data, such as a table; ``None`` where it says nothing of it.
    Of the data themselves, which may have any field, none is taken for it. Raises `UnreadableClassError`."""
    front = front_matter(text)
    if front is None or not (front.problem or any(is_key(name, key) for name in front.fields)):
        return None
    return class_of_access(front, key, source)


def with_class(metadata: Metadata, named: Iterable[tuple[str, Value]], key: str, source: str) -> Metadata:
    """The metadata with the class of access that is ``named`` in other places of the file than its text.

    Raises `UnreadableClassError` where one of them names no class, or two name different ones.
    """
    if key in (*_OWN, "date", "status"):  # the class is what the metadata have there
        return metadata
    found = {as_metadata(_class(value, key, source)) for name, value in named if is_spelling(name, key)}
    if not found:
        return metadata
    if (known := metadata.extra.get(key)) is not None:
        found.add((known, key in json.loads(metadata.extra.get(AS_JSON, "[]"))))
    if len({normalize("NFC", value).casefold() for value, _ in found}) > 1:
        raise unread_class(source, key, "two places of the file give it different values")
    value, is_json = min(found)
    extra = metadata.extra | {key: canonical(value)}
    if is_json:
        extra[AS_JSON] = json.dumps(sorted({*json.loads(extra.get(AS_JSON, "[]")), key}), ensure_ascii=False)
    return metadata.model_copy(update={"extra": extra})


def _class(value: Value, key: str, source: str) -> Value:
    """A value that names a class, or a list of them. Raises `UnreadableClassError` for any other."""
    listed = value if isinstance(value, list) else [value]
    if not listed or not all(isinstance(one, str) and one.strip() for one in listed):
        raise unread_class(source, key, "its value is neither a name nor a list of names")
    return value


def is_spelling(name: str, key: str) -> bool:
    """Whether a header or a property is that of the class of access: ``X-Access-Level`` is ``access_level``."""
    plain = name.strip().replace("-", "_")
    return any(is_key(one, key.replace("-", "_")) for one in (plain, re.sub(r"(?i)\Ax_", "", plain)))


def mentions(written: str, key: str) -> bool:
    """Whether a text that cannot be parsed has the field ``key``."""
    name = re.escape(normalize("NFC", key))
    return re.search(rf"(?<!\w){name}[\"']?\s*[:=]", normalize("NFC", written), re.IGNORECASE) is not None


def is_key(name: str, key: str) -> bool:
    """Whether a field's name is that of the class of access, without regard to case."""
    return normalize("NFC", name.strip()).casefold() == normalize("NFC", key).casefold()


def named_class(metadata: Metadata, key: str) -> set[str]:
    """The classes that a document's metadata name under ``key``, as they are compared; none where they say nothing."""
    fields = {name: value for name in _OWN if (value := getattr(metadata, name)) is not None} | metadata.extra
    return {normalize("NFC", value).casefold() for name, value in fields.items() if is_key(name, key) and value}


def unread_class(source: str, key: str, why: str) -> UnreadableClassError:
    """The error for a document whose class of access is written and cannot be read."""
    return UnreadableClassError(
        source,
        f"its class of access cannot be read ({key}: {why}), and without one it would be everybody's; write "
        f"{key} once, with the name of a class or a list of names, or take it out",
    )


def _names_within(value: Value | Mapping[str, Value]) -> Iterator[str]:
    if isinstance(value, Mapping):
        yield from value
        for one in value.values():
            yield from _names_within(one)
    elif isinstance(value, list):
        for one in value:
            yield from _names_within(one)
