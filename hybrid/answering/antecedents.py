"""Whom a sentence means that begins with "He" or "She": the last who is named before it and may be meant.

Mr is no "she" and Mrs no "he"; of a name without a title nothing is known. This is the rule of recency with agreement
in gender, the first of the constraints of Hobbs, "Resolving pronoun references" (Lingua 44, 1978); without syntax it
errs where two of one gender are named, so that nothing is claimed by it: it says only which sentences to look at, and
what stands before them is quoted with them.
"""

from __future__ import annotations

import re

from hybrid.text import lexicon
from hybrid.text.values import MONTHS

_LEADING = re.compile(
    r"^(?P<number>\W*\(?\d+(?:\.\d+)*[.)]\s+)?"
    r"(?P<adverb>(?:But|And|Yet|However|So|Then|Later|Afterwards|Still|Instead|There|At this|In reply),?\s+)?"
    r"(?P<pronoun>He|She|he|she)\b(?!['’]s\b)"
)
_HE, _SHE = frozenset({"mr", "sir", "lord", "father", "brother"}), frozenset({"mrs", "ms", "miss", "lady", "sister"})
_NAMED = re.compile(
    r"\b(?:(?P<title>Mr|Mrs|Ms|Miss|Sir|Lord|Lady|Dr|Prof|Sister|Brother|Father|Nurse|Captain|Cllr|Councillor)\b\.? )?"
    r"(?P<name>[A-Z][a-z'’-]*[a-z](?:[A-Z][a-z]+)?(?: (?:[A-Z]\.|[A-Z][a-z'’-]*[a-z](?:[A-Z][a-z]+)?))*)"
)
LOOKED_BACK = 400
"""Characters of the paragraph before a sentence in which a name may stand; not measured."""


def meant(sentence: str, before: str) -> str | None:
    """The name that the pronoun at a sentence's head stands for, from the ``before`` it in its paragraph; ``None``
    where it begins with another word, or no such name stands there.

    Example:
        >>> meant("She refused.", "Mrs Orr met Mr Lee."), meant("The roof leaks.", "Mrs Orr met Mr Lee.")
        ('Orr', None)
    """
    match = _LEADING.match(sentence)
    if match is None:
        return None
    return last_named(before[-LOOKED_BACK:].rpartition("\n\n")[2], match["pronoun"])


def last_named(text: str, pronoun: str) -> str | None:
    """The last person named in a text whom "he", "him", "she" or "her" may mean; ``None`` where there is none.

    Example:
        >>> last_named("Mrs Orr met Mr Lee.", "her")
        'Orr'
    """
    others = _HE if pronoun.lower() in ("she", "her") else _SHE
    named = [
        one["name"] for one in _NAMED.finditer(text)
        if (one["title"] or "").lower() not in others and _is_person(one, text)
    ]  # fmt: skip
    return " ".join(named[-1].split()) if named else None


def with_name(sentence: str, before: str) -> str:
    """The sentence with the name that its pronoun stands for in its place; the sentence itself where there is none.

    Example:
        >>> with_name("She then signed it.", "Mrs Orr asked me to sign it.")
        'Orr then signed it.'
    """
    name, match = meant(sentence, before), _LEADING.match(sentence)
    if name is None or match is None:
        return sentence
    return f"{sentence[: match.start('pronoun')]}{name}{sentence[match.end('pronoun') :]}"


def _is_person(named: re.Match[str], text: str) -> bool:
    """Whether a name is a person's, as far as one can tell: behind a title, of two words, or not the first word of a
    sentence, and no day or place with "the" or "at" before it."""
    if named["title"]:
        return True
    words = named["name"].split()
    if any(word.lower() in MONTHS or word.lower() in lexicon.STOPWORDS for word in words) or len(words) > 3:
        return False
    before = text[: named.start()].rstrip()
    if re.search(r"\b(?:the|The|at|in|of|on|from)$", before):
        return False
    return len(words) > 1 or bool(before and before[-1] not in ".!?:")
