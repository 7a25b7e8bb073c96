"""Texts that PostgreSQL cannot hold as they are: it has no character NUL, and SQLite and Python do.

A NUL is written as two characters that begin with one that no text has (a noncharacter of Unicode), and that one, where
somebody's text has it all the same, as two of it. So what is stored says which it was, and one text is never another's;
a text that begins another one still does.
"""

from __future__ import annotations

_MARK = "\ufdd0"


def stored(text: str) -> str:
    """A text as PostgreSQL holds it.

    Example:
        >>> restored(stored("a\\0b")) == "a\\0b", "\\0" in stored("a\\0b")
        (True, False)
    """
    if "\0" not in text and _MARK not in text:
        return text
    return text.replace(_MARK, _MARK * 2).replace("\0", f"{_MARK}0")


def restored(text: str) -> str:
    """The text that `stored` was given."""
    if _MARK not in text:
        return text
    first, *others = text.split(_MARK * 2)
    return _MARK.join(one.replace(f"{_MARK}0", "\0") for one in (first, *others))
