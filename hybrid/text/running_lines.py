"""Page heads, feet and numbers: lines of the pages and not of what a document says.

They are found by where they stand and by repetition: at the top or the bottom of a page, in the same words on most
pages, their numbers equal or counting with the pages. A line that ends in "Page 3" at the edge of page 3, and a Bates
number alone on its line, need no second page. So does what a mailing list appends to a mail.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise

Span = tuple[int, int]

EDGE = 4
"""Lines at the top of a page, and at its bottom, that may be its head and its foot."""
LONGEST = 120
"""Characters of a line of a head or foot; a longer one is text."""
SHARE, INNER_SHARE = 0.5, 0.8
"""Of the pages, on which the outermost line has to be repeated, and one inside of it, such as a signature's date, which
may be repeated by chance. Chapters may have heads of their own: of the outermost three pages in a row are enough."""
_IN_A_ROW = 3
_CELLS = re.compile(r"[\t|]")
_NUMBER = re.compile(r"\d+")
_PAGE_NUMBER = re.compile(
    r"(?:^|[\s|·•–—,(-])(?:page|pg\.?|p\.|seite|s\.|sheet|folio)\s*(?P<n>\d{1,5})(?:\s*(?:of|/|von)\s*\d{1,5})?\W*$"
    r"|^\W*(?P<m>\d{1,5})\s*(?:of|/|von)\s*\d{1,5}\W*$"
    r"|^\W*(?:page|pg\.?|p\.|seite)\s*(?P<k>\d{1,5})(?=\W)(?:\s*(?:of|/|von)\s*\d{1,5})?(?=\s*[|·•–—-])",
    re.IGNORECASE,
)
_PAGE_OF = re.compile(
    r"(?:^|[\s|·•–—,(-])(?:page|pg\.?|p\.|seite|sheet|folio)[ \t]*\d{1,5}[ \t]*(?:of|/|von)[ \t]*\d{1,5}[ \t)\]-]*$",
    re.IGNORECASE | re.MULTILINE,
)
_BATES = re.compile(r"\W*[A-Z][A-Z_.&]{1,15}[-_ ]{0,2}\d{5,10}\W*")
_LIST_FOOTER = re.compile(
    r"^_{20,}\n(?=(?:.*\n){0,1}.*\b(?:mailing list|group|unsubscribe)\b|.*@lists?\.)(?:.+(?:\n|$)){1,8}"
    r"|^(?:To unsubscribe\b|You received this message because you are subscribed\b)(?:.*\n?){1,6}?(?=\n|$)",
    re.MULTILINE | re.IGNORECASE,
)


def find(text: str, pages: Sequence[int] = ()) -> list[Span]:
    """The spans of ``text`` that are page heads, feet, page numbers and mailing-list footers: whole lines without
    their line ends, in order.

    Args:
        text: canonical text of a document.
        pages: offset at which each page starts. Without them, lines that count pages ("Page 1 of 9", "Page 2 of 9")
            say where pages are.

    Example:
        >>> text = "Lease, page 1\\nThe rent is due\\nLease, page 2\\non the first day.\\n"
        >>> [text[start:end] for start, end in find(text, (0, 30))]
        ['Lease, page 1', 'Lease, page 2']
    """
    found = {match.span() for match in _LIST_FOOTER.finditer(text)}
    found |= _numbered_of(text)
    starts = list(pages) or _pages_by_their_numbers(text)
    if starts:
        found |= _of_pages(text, starts, numbered=len(pages) > 0)
    return sorted((start, end - (text[start:end].endswith("\n"))) for start, end in found)


def _lines(text: str, start: int, end: int) -> list[Span]:
    """The lines of ``[start, end)`` that hold something, trimmed."""
    found, at = [], start
    while at < end:
        stop = text.find("\n", at, end)
        stop = end if stop < 0 else stop
        line = text[at:stop]
        if line.strip():
            first = at + len(line) - len(line.lstrip())
            found.append((first, first + len(line.strip())))
        at = stop + 1
    return found


def _pages_by_their_numbers(text: str) -> list[int]:
    """Where pages start in a text without a page map, by lines that number them one after the other; none where fewer
    than two do."""
    numbered = [
        (start, end, int(match["n"] or match["m"] or match["k"]))
        for start, end in _lines(text, 0, len(text))
        if end - start <= LONGEST and (match := _PAGE_NUMBER.search(text[start:end]))
    ]
    run = [one for at, one in enumerate(numbered) if at == 0 or one[2] == numbered[at - 1][2] + 1]
    if len(run) < 2 or len(run) < len(numbered):
        return []
    if not text[: run[0][0]].strip():  # numbers at the top
        return [0, *(start for start, _, _ in run[1:])]
    return [0, *(end for _, end, _ in run if text[end:].strip())]


def _numbered_of(text: str) -> set[Span]:
    """The lines that end in "page 2 of 9" and are no part of a sentence: in the same words on several pages, or apart
    from the text by a blank line or the text's end. They say that they are heads or feet where no page map does."""
    if _PAGE_OF.search(text) is None:
        return set()
    lines = _lines(text, 0, len(text))
    marked = [
        at for at, (start, end) in enumerate(lines) if end - start <= LONGEST and _PAGE_OF.search(text, start, end)
    ]
    marked = [at for at in marked if not _CELLS.search(text, *lines[at])]
    forms = Counter(_NUMBER.sub("#", " ".join(text[slice(*lines[at])].split()).casefold()) for at in marked)
    found: set[Span] = set()
    for at in marked:
        start, end = lines[at]
        above = text[lines[at - 1][1] : start] if at else "\n\n"
        below = text[end : lines[at + 1][0]] if at + 1 < len(lines) else "\n\n"
        form = _NUMBER.sub("#", " ".join(text[start:end].split()).casefold())
        if forms[form] > 1 or above.count("\n") > 1 or below.count("\n") > 1:
            found.add((start, end))
    return found


def _of_pages(text: str, starts: Sequence[int], *, numbered: bool) -> set[Span]:
    ends = [*starts[1:], len(text)]
    tops: list[list[Span]] = []
    bottoms: list[list[Span]] = []
    for start, end in zip(starts, ends, strict=True):
        lines = _lines(text, start, end)
        tops.append(lines[:EDGE])
        bottoms.append(lines[::-1][:EDGE])
    found: set[Span] = set()
    for edges in (tops, bottoms):
        repeated = _repeated(text, edges)
        for page, lines in enumerate(edges, 1):
            for start, end in lines:  # from the edge inwards, as far as all of them are heads or feet
                line = text[start:end]
                if (start, end) not in repeated and not _marks_page(line, page if numbered else None):
                    break
                found.add((start, end))
    return found


def _repeated(text: str, edges: Sequence[Sequence[Span]]) -> set[Span]:
    """The lines of the edges that stand on enough pages in the same words."""
    forms: dict[str, list[tuple[int, Span]]] = defaultdict(list)
    outermost = {lines[0] for lines in edges if lines}
    for page, lines in enumerate(edges):
        for start, end in lines:
            if end - start <= LONGEST and not _CELLS.search(text, start, end):  # a table's heading is repeated, too
                form = _NUMBER.sub("#", " ".join(text[start:end].split()).casefold())
                forms[form].append((page, (start, end)))
    filled = sum(bool(lines) for lines in edges)
    found: set[Span] = set()
    for lines_alike in forms.values():
        for group in _counting(text, lines_alike):
            on = sorted({page for page, _ in group})
            outer = 2 * sum(span in outermost for _, span in group) >= len(group)
            enough = len(on) >= (SHARE if outer else INNER_SHARE) * filled
            if len(on) > 1 and (enough or (outer and _longest_run(on) >= _IN_A_ROW)):
                found.update(span for _, span in group)
    return found


def _counting(text: str, alike: Iterable[tuple[int, Span]]) -> Iterable[list[tuple[int, Span]]]:
    """Lines that differ in their numbers alone, in groups in which each number is the same or counts with the page."""
    groups: dict[tuple[tuple[str, int], ...], list[tuple[int, Span]]] = defaultdict(list)
    by_first: list[tuple[int, Span, list[int]]] = [
        (page, span, [int(one) for one in _NUMBER.findall(text[span[0] : span[1]])]) for page, span in alike
    ]
    counts: dict[tuple[int, str, int], int] = defaultdict(int)
    for page, _, numbers in by_first:
        for at, number in enumerate(numbers):
            counts[at, "same", number] += 1
            counts[at, "page", number - page] += 1
    for page, span, numbers in by_first:
        key = []
        for at, number in enumerate(numbers):
            fixed = counts[at, "same", number] >= counts[at, "page", number - page]
            key.append(("same", number) if fixed else ("page", number - page))
        groups[tuple(key)].append((page, span))
    return groups.values()


def _longest_run(pages: Sequence[int]) -> int:
    longest = run = 1
    for before, page in pairwise(pages):
        run = run + 1 if page == before + 1 else 1
        longest = max(longest, run)
    return longest


def _marks_page(line: str, page: int | None) -> bool:
    """Whether a line at the edge of a page marks the page by itself: its number, or a Bates number."""
    if len(line) > LONGEST:
        return False
    if _BATES.fullmatch(line):
        return True
    match = _PAGE_NUMBER.search(line)
    if match is None:
        return False
    return page is None or int(match["n"] or match["m"] or match["k"]) == page or line.strip() == match[0].strip()
