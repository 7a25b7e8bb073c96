"""The day a document was written, by what it says of itself, for documents whose metadata have no date."""

from __future__ import annotations

import re

from hybrid.text.values import days, parse_date

HEAD_LINES, TAIL_LINES = 10, 6
_LABEL = re.compile(r"^(?:date(?:d)?|made|issued|signed|held|on|as of|this)\b[ :]*(?:on )?", re.IGNORECASE)
_LINE_WORDS = 14  # a longer line is a sentence, which may give another date than its own
_SIGNED = re.compile(r"\(signed\)|/s/|^(?:signed|dated|date)\b", re.IGNORECASE)


def written_on(title: str, text: str) -> str | None:
    """The day, ISO 8601: of the title, of a line of the head that is a date or of its first heading, or of the line
    with the signature; ``None`` where there is none, or the title and the head give several.

    Example:
        >>> written_on("Letter", "14 Orchard Row\\n2 May 2025\\n\\nDear Sir")
        '2025-05-02'
    """
    titled = {day for _, _, day in days(title)}
    if len(titled) == 1:
        return _iso(titled.pop())
    lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    for line in lines[:HEAD_LINES]:
        alone = parse_date(_LABEL.sub("", line).strip(" .,"))
        if alone is not None and len(alone) == 10:
            return alone
    headed = {day for _, _, day in days(lines[0])} if lines and len(lines[0].split()) <= _LINE_WORDS else set()
    if len(headed) == 1:
        return _iso(headed.pop())
    for line in reversed(lines[-TAIL_LINES:]):
        found = [day for _, _, day in days(line)]
        if _SIGNED.search(line) and len(found) == 1:
            return _iso(found[0])
    return None


def _iso(day: tuple[int, int, int]) -> str | None:
    return parse_date("{:04}-{:02}-{:02}".format(*day))
