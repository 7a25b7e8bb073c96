"""What kind of thing a claim says that something is, where its span names the thing without that: "two sealed drums",
"two sealed plastic drums".

An attribute is an adjective, a participle or a noun before the noun that it describes. It must have a word of the span
that means the same or something narrower by WordNet, or be one of those that single out or count and describe nothing
("the said drums", "the relevant drums", "all drums").
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from hybrid.answering.verification.additions import phrase_words
from hybrid.answering.verification.alignment import relation_of
from hybrid.answering.verification.clauses import Clauses
from hybrid.answering.verification.leftover import PREPOSITIONS
from hybrid.text import lexicon, wordnet
from hybrid.text.values import MONTHS

_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*(?:['’]s?(?!\w))?|[$€£]?\d[\d,.:]*%?|[,;:().–—]")
_OPENERS = lexicon.vocabulary(
    """
    the a an its his her their our my your this that these those any each every no all some both either neither such
    other another many several few most more certain same own only
    """
)
_NO_NOUNS = lexicon.vocabulary(
    """
    and but or nor who which that whose whom where when while if because is are was were be been being has have had will
    would shall may must can could should did does do not never also to than as it he she they him them we i you there
    unless though although yet so then too very once
    what whoever whomever whichever whatever whenever wherever however anyone anybody anything everyone everybody
    everything someone somebody something none nobody nothing here there elsewhere
    """
)
_SINGLE_OUT = lexicon.vocabulary(
    """
    said above below aforesaid aforementioned mentioned foregoing following relevant respective applicable corresponding
    concerned named given certain particular specific specified same such other others another own only very sole single
    various different several many few numerous more most additional extra further remaining rest whole entire full
    total complete overall general individual separate both first second third fourth fifth sixth seventh eighth ninth
    tenth last next previous prior earlier later latest final initial original former latter present current existing
    recent actual real true main principal chief key major minor necessary required requisite permitted allowed
    possible proper appropriate suitable due available usual normal ordinary standard regular maximum minimum average
    least greatest highest lowest annual yearly monthly weekly daily hourly quarterly fortnightly half double triple
    twice old new left right upper lower north south east west northern southern eastern western front rear inner outer
    joint mutual common late early long short high low large small big great good bad able unable likely equal similar
    like exact precise very subsequent eventual ultimate intended planned proposed coming future past minus net gross
    written verbal oral
    public private personal official formal legal day week month year hour minute second quarter business calendar
    working fellow alleged so-called apparent supposed ensuing resulting morning afternoon evening night noon midnight
    fewer higher lower
    less together anyone everyone someone whatever whichever
    """
) | frozenset(MONTHS)
"""Attributes that single out, count, place in an order or measure, which describe nothing or which other checks
compare."""
_NEGATED = re.compile(r"^(?:un|in|im|ir|il|dis|non-?)(?=\w{4})")
_ROOT = 5
"""Letters that an attribute shares with another form of its word ("late", "lateness"; "wooden", "wood" has four)."""


def attribute(claim: Clauses, span: Clauses) -> bool:
    """An adjective, participle or noun that describes a thing of the span, for which no word of the span stands."""
    theirs = phrase_words(span.text)
    return any(_named(noun, theirs) and not _said(word, noun, theirs) for word, noun in _attributes(claim.text))


def _named(noun: str, theirs: tuple[str, ...]) -> bool:
    return any(relation_of(noun, other) in {"same", "synonym"} for other in theirs)


def _said(word: str, noun: str, theirs: tuple[str, ...]) -> bool:
    """Whether a word of the span stands for an attribute, or for what the two mean together ("swimming pool")."""
    bare = _NEGATED.sub("", word)
    for one in {word, bare, *word.split("-")}:
        if any(_stands_for(one, other) for other in theirs):
            return True
    phrase = f"{word}_{noun}"
    return wordnet.known(phrase) and any(
        relation_of(phrase, other) in {"same", "synonym", "broader"} for other in theirs
    )


def _stands_for(word: str, other: str) -> bool:
    found = relation_of(word, other)
    if found == "same" or (found is not None and found != "narrower" and not _by_its_verb(word, other)):
        return True
    root = min(_ROOT, len(word) - 1)
    return root > 3 and other.startswith(word[:root])


def _by_its_verb(word: str, other: str) -> bool:
    """Whether a participle has a word of the span for its verb alone, which is a noun there: "an experienced guide", "a
    witness"."""
    return word.endswith(("ed", "ing")) and wordnet.is_adjective(word) and wordnet.is_noun(other)


def _attributes(text: str) -> Iterator[tuple[str, str]]:
    """The attributes of a text, each with the noun that it describes."""
    tokens = _WORD.findall(text)
    at = 0
    while at < len(tokens):
        phrase = _noun_phrase(tokens, at)
        for place, word in enumerate(phrase[:-1], start=at):
            lowered = word.lower() if place == 0 else word  # the first word of a sentence
            if lowered[0].islower() and phrase[-1][0].islower() and not _counts(lowered):
                yield lowered, phrase[-1]
        at += max(1, len(phrase))


def _counts(word: str) -> bool:
    return word in _SINGLE_OUT or set(word.split("-")) <= lexicon.NUMBER_WORDS


def _noun_phrase(tokens: list[str], start: int) -> list[str]:
    """The attributes and the noun that stand from a place on; nothing where no noun phrase begins there."""
    before = tokens[start - 1].lower() if start else ","
    determined = before in _OPENERS | lexicon.NUMBER_WORDS or before[0].isdigit() or before.endswith(_OWNS)
    opened = (
        not start
        or determined
        or _inflected_verb(before)
        or (before in PREPOSITIONS and not (before == "to" and wordnet.is_infinitive(tokens[start])))
    )
    phrase: list[str] = []
    for at in range(start, len(tokens)):
        word = tokens[at].lower()
        if not word[0].isalpha() or word in _NO_PART or word.endswith(_OWNS):
            break
        following = tokens[at + 1].lower() if at + 1 < len(tokens) else "."
        if (phrase and _plural(phrase[-1])) or not _goes_on(
            word, phrase, following, determined=determined, opened=opened
        ):
            break
        phrase.append(tokens[at])
    while phrase and not _is_head(phrase[-1]):
        phrase.pop()
    return phrase


def _inflected_verb(word: str) -> bool:
    """Whether a word may be the verb whose object follows: "keeps brown hens"."""
    return wordnet.is_verb(word) and word.endswith(("s", "ed")) and word not in _NO_NOUNS


_OWNS = ("'s", "s'", "’s", "s’")
_NO_PART = _NO_NOUNS | PREPOSITIONS | _OPENERS | lexicon.NUMBER_WORDS | lexicon.STOPWORDS


def _plural(word: str) -> bool:
    """Whether a word is a noun in the plural, which seldom describes another one."""
    return word.endswith("s") and not word.endswith(("ss", "us", "is")) and not wordnet.is_adjective(word.lower())


def _is_head(word: str) -> bool:
    lowered = word.lower()
    return not wordnet.is_adverb(lowered) and any(wordnet.is_noun(lemma) for lemma in wordnet.lemmas(lowered))


def _goes_on(word: str, phrase: list[str], following: str, *, determined: bool, opened: bool) -> bool:
    """Whether a word goes on a noun phrase: an adjective, a participle before any noun, a noun that is no verb."""
    if wordnet.is_adverb(word) and not (wordnet.is_adjective(word) or wordnet.is_noun(word)):
        return False
    if not wordnet.is_verb(word) or (word.endswith(("er", "or")) and wordnet.is_noun(word)):
        return True
    described = not any(wordnet.is_noun(one.lower()) and not wordnet.is_adjective(one.lower()) for one in phrase)
    inflected = bool(wordnet.lemmas(word) - {word})
    if word.endswith("ing"):
        return described and (determined or bool(phrase))  # "of buying paper" is no kind of paper
    if word.endswith("ed") or (inflected and not word.endswith("s")):
        return opened and described
    if described:
        return opened or bool(phrase)
    # "the guild keeps its maps", "oil drums": a verb has something after it.
    return not following[0].isalnum() or following in PREPOSITIONS | {"and", "or", "is", "are", "was", "were"}
