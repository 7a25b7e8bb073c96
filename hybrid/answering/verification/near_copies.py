"""Claims that are nearly a sentence of the document, word for word: what is another in them are small words.

Of a paraphrase the content words say whether it is right; of a near copy the small ones do, since all else is the same:
"rises by £30" and "rises to £30", "all but empty" and "empty". So a small word that is dropped, added or exchanged by
itself must be one that a known construction takes or leaves ("and" between two sentences, "of" for a possessive, "by"
of a passive, one quantifier or preposition for another that checks of their own compare), and one that limits stays
before what it limits.
"""

from __future__ import annotations

import re
from collections import Counter
from difflib import SequenceMatcher

from hybrid.answering.verification.clauses import Clauses
from hybrid.text import lexicon

LEAST = 0.7
"""Share of words in common, in their order, from which a claim is a near copy; chosen on the adversary's seed 3."""
LEAST_OF_PLACES = 0.85
"""The same for words that limit and have moved; not measured."""
_TOGETHER = re.compile(r"\b(?:unanimous\w*|together|every\w*|whole)\b", re.IGNORECASE)
_WORD = re.compile(r"[\w'’-]+|[£$€%]")
_FREE = lexicon.vocabulary(
    """
    a an the that which who whom is are was were be been being am has have had having do does did shall will would may
    can could must should it its they them their he she his her him this these those there as such so also then
    """
)
"""Articles, pronouns, auxiliaries: they change with the construction, and have checks of their own."""
_LIMITING = lexicon.vocabulary("only just even all both not solely merely almost nearly")
_SMALL = (
    lexicon.STOPWORDS
    | _LIMITING
    | lexicon.vocabulary(
        """
        but no nor without within by to from until till before after above below under over up down off into onto near
        either neither each every any some few many most more less least other another same except unless if when while
        because since though although against between among through during per
        """
    )
) - _FREE
_JOINING = lexicon.vocabulary("and of s m any with")
_EXCHANGED = (
    lexicon.vocabulary("each any either some every no neither not nor none"),
    lexicon.vocabulary("under about with in to over per"),
    lexicon.vocabulary("more over than up to at most no less least between"),
    lexicon.vocabulary("not to prohibited forbidden"),
)


def small_word(claim: Clauses, span: Clauses) -> bool:
    """A near copy has a small word more, less or in another place than the span, which no construction explains."""
    mine, theirs = _words(claim.text), _words(span.text)
    if not mine or not theirs:
        return False
    parts = SequenceMatcher(None, theirs, mine, autojunk=False).get_opcodes()
    near = 2 * sum(end - start for kind, start, end, *_ in parts if kind == "equal") / (len(mine) + len(theirs))
    if near < LEAST:
        return False
    changed = [(theirs[a:b], mine[c:d]) for kind, a, b, c, d in parts if kind != "equal"]
    of_small = [(old, new) for old, new in changed if not any(map(_is_content, old + new))]
    dropped = Counter(word for old, _ in of_small for word in old if word in _SMALL)
    added = Counter(word for _, new in of_small for word in new if word in _SMALL)
    less = [word for word in (dropped - added).elements() if word not in _JOINING]
    more = [word for word in (added - dropped).elements() if word not in _JOINING]
    if _TOGETHER.search(span.text):
        more = [word for word in more if word != "all"]
    if "to" not in less:  # of a passive, and not "by" for "to"
        more = [word for word in more if word != "by"]
    if not less and not more:
        return near >= LEAST_OF_PLACES and _moved(mine, theirs)
    return not (more and any({*less, *more} <= one for one in _EXCHANGED))


def _is_content(word: str) -> bool:
    """Whether a word says something by itself: what changes with it has checks of its own."""
    return word not in _SMALL and word not in _FREE


def _words(text: str) -> list[str]:
    return [word.lower().replace("’", "'") for word in _WORD.findall(text)]


def _moved(mine: list[str], theirs: list[str]) -> bool:
    """Whether the same limiting words stand before other words."""
    one, other = _limited(mine), _limited(theirs)
    return one != other and [word for word, _ in one] == [word for word, _ in other]


def _limited(words: list[str]) -> list[tuple[str, str]]:
    """Each limiting word with the stem of the content word that follows it."""
    found = []
    for at, word in enumerate(words):
        if word in _LIMITING:
            following = (one for one in words[at + 1 :] if one not in _FREE and one not in _SMALL)
            found.append((word, lexicon.stem(next(following, ""))))
    return sorted(found)
