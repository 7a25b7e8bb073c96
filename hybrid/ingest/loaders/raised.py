"""Superscripts and subscripts in plain text: written so that no number comes out that the page does not show."""

from __future__ import annotations

import re

SUPERSCRIPTS = str.maketrans("0123456789+-−=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿ")
SUBSCRIPTS = str.maketrans("0123456789+-−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎")
_EXPONENT = re.compile(r"[+\-−]?\d{1,3}")
_NOTE_MARK = re.compile(r"\d{1,3}|[a-z]|[ivx]{1,5}|[*†‡§¶]+")
_MARKS = re.compile(r"\s*(?:\d{1,3}|[a-z])(?:\s*,\s*(?:\d{1,3}|[a-z]))+\s*")
_BASE_OF_POWER = re.compile(r"(?:^|[^\d.,])10$|(?:^|[^\w])(?:[kcmdµμn]?m|km|ft|in|yd|mi|s|[a-zA-Z])$")
"""What is raised to a power in ordinary documents: ten, a unit of length, a variable of one letter."""


def superscript(before: str, text: str) -> str:
    """How superscript ``text`` is written after ``before``: an exponent in superscript digits, a note's mark in square
    brackets, and letters ("1st", "Mme") as they are.

    Example:
        >>> superscript("holds 10", "6"), superscript("is 1,200", "3"), superscript("the 1", "st")
        ('⁶', '[3]', 'st')
    """
    mark = text.strip()
    if _EXPONENT.fullmatch(mark) and _BASE_OF_POWER.search(before[-8:]):
        return mark.translate(SUPERSCRIPTS)
    if not before[-1:].strip():
        return f"[{mark}] " if mark.isdigit() and before.strip() else text
    if _MARKS.fullmatch(text):
        return f"[{mark}]"
    if _NOTE_MARK.fullmatch(mark) and (
        mark[0].isdigit() or (len(mark) == 1 and before[-1].isdigit() and mark.isalpha())
    ):
        return f"[{mark}]"
    return text


def subscript(before: str, text: str) -> str:
    """How subscript ``text`` is written after ``before``: digits after a digit in subscript digits, else as they are.

    Example:
        >>> "H" + subscript("H", "2") + "O", "x5" + subscript("x5", "1")
        ('H2O', 'x5₁')
    """
    return text.translate(SUBSCRIPTS) if before[-1:].isdigit() and text[:1].isdigit() else text
