"""Whether a question is in English, which is the only language that the router has learnt."""

from __future__ import annotations

import re
import unicodedata

_WORD = re.compile(r"[^\W\d_]{1,40}")
_READ = 400  # words; a language shows long before


def _vocabulary(words: str) -> frozenset[str]:
    return frozenset(words.split())


_ENGLISH = _vocabulary(
    """
    the of and to in is was were are be been a an that this these those it its for on with as at by from or not no
    what who whom whose when where which why how did does do has have had will would shall should can could may might
    must he she they them his her their you your i my we our me us there if about than then into between
    after before during any all some each every other
    """
)
# Of German, Dutch, French, Spanish, Italian and Portuguese: frequent little words that are no English words.
_OTHER = _vocabulary(
    """
    der das und ist nicht wer wann warum wieso wie welche welcher welches wo haben hat wird werden ein eine einen dem
    den von mit zu zur zum auf für im vom aus bei nach über sich sind wurde
    het een van wie wanneer waarom hoe welke waar zijn heeft niet op wordt deze naar
    le la les un une du et qui quand pourquoi comment quel quelle quels où est sont dans avec aux ce cette ces ne
    pas t-il t-elle elle ils nous vous leur sur lors
    el los las una unos y quién quien cuándo cuando qué que cómo dónde por cuál del con se su sus para fue está son
    il lo gli uno dei della delle di che chi perché quando dove quale sono nel nella è ha con
    os um uma do da dos das quem quê onde foi está não em ao pelo pela são
    """
) - _vocabulary("die was in an as no me son sin per come a do on or est sur lo con le la du el den im la os um son")


def is_english(text: str) -> bool:
    """Whether the text may be English: Latin letters, and no more little words of other languages than English ones.

    Text without words (numbers, code, a name) counts as English: nothing in it speaks against.

    Example:
        >>> [is_english(text) for text in ("termination date", "Wann endet der Mietvertrag?", "合同什么时候到期？")]
        [True, False, False]
    """
    words = [word.lower() for word in _WORD.findall(unicodedata.normalize("NFC", text[: 40 * _READ]))][:_READ]
    letters = "".join(words)
    latin = sum(letter < "\u0250" for letter in letters)  # ASCII, Latin-1, Latin Extended A and B
    if latin < 0.7 * len(letters):
        return False
    return sum(word in _OTHER for word in words) <= sum(word in _ENGLISH for word in words)
