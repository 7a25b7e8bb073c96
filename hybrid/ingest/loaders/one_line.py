"""JSON and XML that programs wrote in one line, with line breaks and indents as if it were written for readers.

Nothing but white space between the tokens changes, so that every value stays as it is written, repeated keys too. Files
that have their lines already stay as they are.
"""

from __future__ import annotations

import re

_LONG = 200
"""Characters of a line that several values are told apart in. A reason, not a measurement."""
_SHORT_LIST = 100  # characters of a list of plain values that stays in one line
_DEEPEST = 12  # indents; what is nested deeper has no further ones, or indents would be most of the text
_INDENT = "  "
_STRING = r'"(?:[^"\\\n]|\\.)*+"?'  # what is not closed goes on to the end, so that no file takes long
_PLAIN = rf'(?:{_STRING}|[^\s\[\]{{}}",:]+)'
_SHORT = re.compile(rf"\[\s*(?:{_PLAIN}(?:\s*,\s*{_PLAIN})*+)?\s*\]|\{{\s*\}}")
_JSON_TOKEN = re.compile(rf"(?P<open>[\[{{])|(?P<close>[\]}}])|(?P<comma>,)|(?P<colon>:)|(?P<value>{_PLAIN})")
_PAIR = re.compile(r'"\s{0,20}:')
_XML_TOKEN = re.compile(
    r"<!--.*?(?:-->|\Z)|<!\[CDATA\[.*?(?:\]\]>|\Z)|<\?.*?(?:\?>|\Z)|<!DOCTYPE[^\[>]{0,500}(?:>|\[.*?(?:\]\s*>|\Z))"
    r"|<(?P<end>/)?(?:[^<>\"']|\"[^\"]*\"|'[^']*')*+>",
    re.DOTALL,
)


def with_json_lines(text: str, *, records: bool = False) -> str:
    """JSON with a line for each value of its objects, where it had several in a line. ``records``: each line is a value
    of its own (JSON Lines), which stays one unless it is long.

    Example:
        >>> print(with_json_lines('{"term":"two years","rent":[850,"EUR"]}'))
        {
          "term": "two years",
          "rent": [850,"EUR"]
        }
    """
    lines = text.split("\n")
    is_one = not records and sum(bool(line.strip()) for line in lines) == 1
    return "\n".join(
        _json_line(line) if (is_one or len(line) > _LONG) and len(_PAIR.findall(line)) > 1 else line for line in lines
    )


def _json_line(line: str) -> str:
    """One line of JSON, which may be a part of an object, in several."""
    start = line[: len(line) - len(line.lstrip())]
    made: list[str] = [start]
    depth = 0

    def end_line() -> None:
        made.append(f"\n{start}{_INDENT * max(0, min(depth, _DEEPEST))}")

    last, at = "", len(start)
    while (token := _JSON_TOKEN.search(line, at)) is not None:
        kind, written, at = token.lastgroup or "", token[0], token.end()
        if kind == "open" and (short := _SHORT.match(line, token.start(), token.start() + _SHORT_LIST)) is not None:
            kind, written, at = "value", short[0], short.end()
        if kind == "value":
            # Two values without a comma are no JSON; the blank between them stays.
            made.append(f" {written}" if last == kind else written)
        elif kind == "open":
            depth += 1
            made.append(written)
            end_line()
        elif kind == "close":
            depth -= 1
            end_line()
            made.append(written)
        elif kind == "comma":
            made.append(written)
            end_line()
        else:
            made.append(": ")
        last = kind
    return "".join(made)


def with_xml_lines(text: str) -> str:
    """XML with a line for each element, where elements are all that an element holds and several stand in a line. What
    has text beside elements stays in its line: a blank in it would be one more.

    Example:
        >>> print(with_xml_lines("<lease><term>two years</term><note>Paid <b>in</b><i>ful</i>l.</note></lease>"))
        <lease>
          <term>two years</term>
          <note>Paid <b>in</b><i>ful</i>l.</note>
        </lease>
    """
    lines = [line for line in text.split("\n") if line.strip()]
    is_one = len(lines) <= 2 and text.count("</") + text.count("/>") > 2
    if not is_one and not any(len(line) > _LONG and line.count("<") > 4 for line in lines):
        return text
    tokens = [
        (match.start(), match.end(), match[0], bool(match["end"]))
        for match in _XML_TOKEN.finditer(text)
        if not match[0].startswith("<![CDATA[")  # which is text
    ]
    mixed, parents = _mixed(text, tokens)
    made: list[str] = []
    depth, at = 0, 0
    for number, (start, end, written, is_end) in enumerate(tokens):
        between = text[at:start]
        is_tag = written[1:2] not in ("!", "?")
        depth -= is_end
        holds_elements = not is_end or (number > 0 and tokens[number - 1][3]) or _is_empty(tokens[number - 1][2])
        if number and parents[number] not in mixed and holds_elements and not between.strip() and "\n" not in between:
            between = f"\n{_INDENT * max(0, min(depth, _DEEPEST))}"
        made += [between, written]
        at = end
        depth += is_tag and not is_end and not _is_empty(written)
    return "".join([*made, text[at:]])


def _is_empty(tag: str) -> bool:
    return tag.endswith("/>") or tag.startswith(("<!--", "<?", "<!DOCTYPE"))


def _mixed(text: str, tokens: list[tuple[int, int, str, bool]]) -> tuple[set[int], list[int]]:
    """The elements that hold text beside elements, and all within these, by the number of their first tag; and of each
    token the element that it stands in, an end being of its own element."""
    with_text, with_elements = set[int](), set[int]()
    parents: list[int] = []
    above: dict[int, int] = {}
    stack = [-1]
    at = 0
    for number, (start, end, written, is_end) in enumerate(tokens):
        inside = stack[-1]
        if text[at:start].strip():
            with_text.add(inside)
        at = end
        parents.append(inside)
        if is_end:
            if len(stack) > 1:
                stack.pop()
        elif not written.startswith(("<!", "<?")):
            with_elements.add(inside)
            above[number] = inside
            if 'xml:space="preserve"' in written:
                with_text.add(number)
                with_elements.add(number)
            if not written.endswith("/>"):
                stack.append(number)
    mixed = with_text & with_elements - {-1}
    for number, parent in above.items():  # in the order of the text: an element comes before what is in it
        if parent in mixed:
            mixed.add(number)
    return mixed, parents
