"""A number as a cell of a sheet shows it: with the currency, the per cent sign and the grouping of its format.

Source: ECMA-376, part 1, section 18.8.31 (number formats).
"""

from __future__ import annotations

import math
import re
from datetime import timedelta
from decimal import Decimal

_PARTS = re.compile(
    r"""(?P<currency>\[\$(?P<symbol>[^\]-]*)(?:-[^\]]*)?\])   # [$€-407]
      | (?P<bracket>\[[^\]]*\])                                # a colour, a condition, a duration
      | "(?P<quoted>[^"]*)"
      | \\(?P<escaped>.)
      | (?P<blank>_.)                                          # as wide as the character
      | (?P<fill>\*.)                                          # the character, over and over
      | (?P<digits>[0\#?](?:[0\#?,]*[0\#?])?(?:\.[0\#?]*)?,*|\.[0\#?]+)
      | (?P<percent>%)
      | (?P<literal>.)""",
    re.VERBOSE | re.DOTALL,
)
_NOT_DECIMAL = re.compile(
    r'"[^"]*"|\\.|\[\$[^\]]*\]|(?P<found>[0#?.][Ee][+-]|[#0?]\s*/\s*[#0?\d]|general|[@<>=])', re.IGNORECASE
)
_SECTION = re.compile(r"""((?:"[^"]*"|\\.|\[[^\]]*\]|[^;"\\\[])*)(?:;|\Z)""", re.DOTALL)
_OWN_DECIMALS = 4
"""Decimals of a value that stay where its format shows fewer: 12.5 % that is shown as 13 %, or a price as whole euros.
A quotient has more, and is shown as its format says. A reason, not a measurement."""


def shown_number(value: float, code: str) -> str:
    """A number in the format ``code``, in the notation of formats itself: a comma between thousands, a full stop before
    decimals. Digits that the value has are not rounded away, unless there are many. A negative number has a minus sign,
    whatever else marks it. Scientific, fractional and conditional formats give the number as it is.

    Example:
        >>> shown_number(1250.5, '#,##0.00 "€"'), shown_number(0.125, "0%"), shown_number(-3, '"$"#,##0;("$"#,##0)')
        ('1,250.50 €', '12.5%', '-$3')
    """
    sections = [section for section in _SECTION.findall(code)[:2] if section]
    plain = f"{value:.15g}" if isinstance(value, float) else str(value)
    is_decimal = not any(match["found"] for section in sections for match in _NOT_DECIMAL.finditer(section))
    if not sections or not is_decimal or not math.isfinite(value):
        return plain
    shown = _section(abs(value), sections[0])
    if value < 0 and shown is not None:
        other = _section(abs(value), sections[-1])
        if other is None or _marks(other) == _marks(shown):
            return f"-{shown}"
        shown = other  # "5 owed" where the positive one is "5 due"
    return plain if shown is None else shown


_ELAPSED = re.compile(r"\[(h+|m+|s+)\]", re.IGNORECASE)


def shown_duration(value: timedelta, code: str) -> str:
    """A length of time in the format ``code``, whose hours (or minutes, or seconds) in square brackets go past a day.

    Example:
        >>> shown_duration(timedelta(hours=26, minutes=30), "[h]:mm"), shown_duration(timedelta(hours=2), "[mm]:ss")
        ('26:30', '120:00')
    """
    unit = match[1][0].lower() if (match := _ELAPSED.search(code)) else "h"
    seconds = abs(value) / timedelta(seconds=1)
    whole = round(seconds)
    parts = {"h": (whole // 3600, whole // 60 % 60, whole % 60), "m": (whole // 60, whole % 60), "s": (whole,)}[unit]
    if unit == "h" and not parts[2] and "s" not in code.lower():  # seconds that there are are not left out
        parts = parts[:2]
    shown = ":".join([str(parts[0]), *(f"{part:02}" for part in parts[1:])])
    return f"-{shown}" if value < timedelta() else shown


def _marks(shown: str) -> str:
    return re.sub(r"[\d\s().,\-−+]", "", shown)


def _section(value: float, section: str) -> str | None:
    """``None`` where the section shows no digits."""
    parts = list(_PARTS.finditer(section))
    places = [match["digits"] for match in parts if match["digits"]]
    if len(places) != 1:
        return None
    percent = sum(bool(match["percent"]) for match in parts)
    made = []
    for match in parts:
        if match["digits"]:
            exact = Decimal(f"{value:.15g}" if isinstance(value, float) else value)
            made.append(_decimal(exact.scaleb(2 * percent), match["digits"]))
        elif match["currency"]:
            made.append(match["symbol"])
        elif match["blank"]:
            made.append(" ")
        elif not match["bracket"] and not match["fill"]:
            made.append(match["quoted"] or match["escaped"] or match["percent"] or match["literal"] or "")
    return " ".join("".join(made).split())


def _decimal(value: Decimal, digits: str) -> str:
    scaled = digits.rstrip(",")
    value = value.scaleb(-3 * (len(digits) - len(scaled)))
    whole, _, decimals = scaled.partition(".")
    own = max(0, -int(value.normalize().as_tuple().exponent))
    most = own if own <= _OWN_DECIMALS else len(decimals)
    text = f"{value:.{max(most, len(decimals))}f}"
    least = decimals.rstrip("#").rstrip("?").count("0")
    head, _, tail = text.partition(".")
    while len(tail) > least and tail.endswith("0"):
        tail = tail[:-1]
    head = head.zfill(whole.count("0") or 1)
    if "," in whole:
        head = re.sub(r"(?<=\d)(?=(?:\d{3})+$)", ",", head)
    return f"{head}.{tail}" if tail else head
