"""Numbers as list labels: 7, vii, G."""

from __future__ import annotations


def numeral(number: int, style: str | None = None) -> str:
    """``number`` as a label: ``upperRoman``, ``lowerLetter``, ... as WordprocessingML names them, else decimal.

    Example:
        >>> numeral(4, "lowerRoman"), numeral(28, "upperLetter"), numeral(7)
        ('iv', 'BB', '7')
    """
    if style in ("lowerLetter", "upperLetter") and 0 < number <= 780:
        letter = chr(ord("a") + (number - 1) % 26) * ((number - 1) // 26 + 1)
        return letter.upper() if style == "upperLetter" else letter
    if style in ("lowerRoman", "upperRoman") and 0 < number < 4000:
        roman = _roman(number)
        return roman if style == "upperRoman" else roman.lower()
    return f"{number:02}" if style == "decimalZero" else str(number)


def _roman(number: int) -> str:
    steps = ((1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL"))
    result = ""
    for value, letters in (*steps, (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I")):
        count, number = divmod(number, value)
        result += letters * count
    return result
