"""Which words mean the same, or nearly: relations of WordNet 3.0 (Princeton University), as a table in this package.

Miller, "WordNet: A Lexical Database for English" (Communications of the ACM 38, 1995). The table is made by
`benchmarks/datasets/wordnet.py`, which says what it keeps; it is read when the first pair of words is compared, in
about 0.1 s of CPU.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable
from functools import cache, lru_cache
from importlib.resources import files
from typing import Literal

Relation = Literal["same", "synonym", "broader", "narrower"]
"""How a word stands to another one: ``broader`` if what it names includes what the other names ("vehicle", "car")."""

_ENDINGS = (
    ("s", ""), ("ses", "s"), ("xes", "x"), ("zes", "z"), ("ches", "ch"), ("shes", "sh"), ("ies", "y"), ("ed", "e"),
    ("ed", ""), ("ing", "e"), ("ing", ""), ("er", ""), ("er", "e"), ("est", ""), ("est", "e"), ("ly", ""),
)  # fmt: skip
"""WordNet's own rules of detachment (morphy), and "ly", so that an adverb meets its adjective."""


@cache
def _table() -> tuple[dict[str, str], dict[str, str], dict[int, str]]:
    """Irregular form → lemmas; lemma → its senses and derived senses; sense → broader senses."""
    text = gzip.decompress((files("hybrid.text") / "wordnet.gz").read_bytes()).decode("utf-8")
    forms, words, broader = (block.splitlines() for block in text.split("\n\n"))
    return (
        dict(line.split("\t") for line in forms),
        {word: rest for word, _, rest in (line.partition("\t") for line in words)},
        {int(sense): rest for sense, _, rest in (line.partition("\t") for line in broader)},
    )


@lru_cache(maxsize=65_536)
def lemmas(word: str) -> frozenset[str]:
    """The dictionary forms that a lower-case word may be of, the word itself if none is known.

    Example:
        >>> sorted(lemmas("left"))
        ['leave', 'left']
    """
    forms, words, _ = _table()
    found = {word, *forms.get(word, "").split()}
    for ending, base in _ENDINGS:
        if word.endswith(ending) and len(word) > len(ending) + 1:
            found.add(word[: -len(ending)] + base)
    for ending in ("ed", "ing"):
        stem = word.removesuffix(ending)
        if stem != word and len(stem) > 2 and stem[-1] == stem[-2]:
            found.add(stem[:-1])
    return frozenset(one for one in found if one in words) or frozenset([word])


@lru_cache(maxsize=65_536)
def senses(word: str) -> frozenset[int]:
    """The senses of a word and those derived from them: of "termination" and "terminate" alike."""
    _, words, _ = _table()
    return frozenset(int(one) for lemma in lemmas(word) for one in words.get(lemma, "").split())


@lru_cache(maxsize=65_536)
def _broader(word: str) -> frozenset[int]:
    _, _, broader = _table()
    return frozenset(int(one) for sense in senses(word) for one in broader.get(sense, "").split())


_PARTS_OF_SPEECH, _NOUN, _VERB, _ADJECTIVE, _ADVERB = 4, 0, 1, 2, 3
"""A sense's number modulo the first is its part of speech."""


@lru_cache(maxsize=65_536)
def is_verb(word: str) -> bool:
    """Whether a lower-case word may be a form of a verb."""
    _, words, _ = _table()
    return any(
        int(sense) % _PARTS_OF_SPEECH == _VERB
        for lemma in lemmas(word)
        for sense in words.get(lemma, "").partition("\t")[0].split()
    )


def is_adverb(word: str) -> bool:
    """Whether a lower-case word is an adverb as it stands: "slowly", and not "friendly"."""
    own = _table()[1].get(word, "").partition("\t")[0]
    return any(int(sense) % _PARTS_OF_SPEECH == _ADVERB for sense in own.split())


def is_noun(word: str) -> bool:
    """Whether a lower-case word is a noun as it stands: "cattle", and not "refrigerated"."""
    own = _table()[1].get(word, "").partition("\t")[0]
    return any(int(sense) % _PARTS_OF_SPEECH == _NOUN for sense in own.split())


def is_adjective(word: str) -> bool:
    """Whether a lower-case word is an adjective as it stands: "dry", and not "pump"."""
    own = _table()[1].get(word, "").partition("\t")[0]
    return any(int(sense) % _PARTS_OF_SPEECH == _ADJECTIVE for sense in own.split())


def is_infinitive(word: str) -> bool:
    """Whether a lower-case word is a verb as it stands: "deliver", and not "worker"."""
    own = _table()[1].get(word, "").partition("\t")[0]
    return any(int(sense) % _PARTS_OF_SPEECH == _VERB for sense in own.split())


def is_past(word: str) -> bool:
    """Whether a lower-case word is a verb's form in the past, and no other word: "opened", and not "put"."""
    if word.endswith(("s", "ing")) or lemmas(word) == {word}:
        return word in ("was", "had")
    return is_verb(word) and not is_infinitive(word)


def verbal(word: str) -> bool:
    """Whether a word is a form of a verb or is derived from one: "receipt" from "receive"."""
    return any(sense % _PARTS_OF_SPEECH == _VERB for sense in senses(word))


@lru_cache(maxsize=4_096)
def is_person(word: str, *, always: bool = False) -> bool:
    """Whether a lower-case noun means people in half of its senses, or ``always`` in each: "trustee", and not "letter",
    also one who lets.

    Example:
        >>> is_person("governors"), is_person("letter")
        (True, False)
    """
    _, words, broader = _table()

    def own(one: str) -> list[int]:
        numbers = [int(sense) for sense in words.get(one, "").partition("\t")[0].split()]
        return [sense for sense in numbers if sense % _PARTS_OF_SPEECH != _VERB]

    person = set(own("person"))

    def means(sense: int) -> bool:
        above = {sense}
        for _ in range(_LEVELS):
            if above & person:
                return True
            above = {int(one) for sense in above for one in broader.get(sense, "").split()}
        return False

    found = [means(sense) for lemma in lemmas(word) for sense in own(lemma)]
    return bool(found) and (all(found) if always else 2 * sum(found) >= len(found))


_LEVELS = 8
"""From "trustee" to "person" there are three."""


@cache
def _verbs() -> dict[int, tuple[str, ...]]:
    """Sense of a verb → the verbs that have it, phrases with "_" between their words."""
    found: dict[int, list[str]] = {}
    for word, rest in _table()[1].items():
        for sense in rest.partition("\t")[0].split():
            if int(sense) % _PARTS_OF_SPEECH == _VERB:
                found.setdefault(int(sense), []).append(word)
    return {sense: tuple(words) for sense, words in found.items()}


def _verb_senses(lemma: str) -> list[int]:
    own = (int(sense) for sense in _table()[1].get(lemma, "").partition("\t")[0].split())
    return [sense for sense in own if sense % _PARTS_OF_SPEECH == _VERB]


@lru_cache(maxsize=4_096)
def verbs_alike(verb: str) -> frozenset[str]:
    """The verbs of which one of the two most frequent senses is one of the two of a verb, in their dictionary forms,
    phrases with "_" between their words.

    Example:
        >>> sorted(verbs_alike("call_off"))
        ['cancel']
    """
    own = _verb_senses(verb)[:_FREQUENT]
    found = {other for sense in own for other in _verbs()[sense]}
    return frozenset(other for other in found if other != verb and set(own) & set(_verb_senses(other)[:_FREQUENT]))


_FREQUENT = 2


def known(phrase: str) -> bool:
    """Whether a word, or a phrase of words with "_" between them ("take_over"), is in the table."""
    return phrase in _table()[1]


@lru_cache(maxsize=4096)
def kind_of(word: str) -> Callable[[str], bool]:
    """What says of a lower-case word whether it is a kind of ``word`` in a sense of each, however far below it.

    Example:
        >>> is_sheep = kind_of("sheep")
        >>> is_sheep("ewe"), is_sheep("goat"), is_sheep("sheep")
        (True, False, False)
    """
    wanted, known = senses(word), lemmas(word)
    _, _, broader = _table()

    @lru_cache(maxsize=4096)
    def is_kind(other: str) -> bool:
        if lemmas(other) & known:
            return False
        seen, front = set[int](), _broader(other)
        while front - seen:
            if front & wanted:
                return True
            seen |= front
            front = frozenset(int(one) for sense in front for one in broader.get(sense, "").split())
        return False

    return is_kind


def relation(word: str, other: str) -> Relation | None:
    """How a lower-case word stands to another, in any of their senses; ``None``: in no way that the table knows.

    Example:
        >>> relation("buy", "purchase"), relation("cancellation", "rescind"), relation("car", "tree")
        ('synonym', 'broader', None)
    """
    if lemmas(word) & lemmas(other):
        return "same"
    if senses(word) & senses(other):
        return "synonym"
    if senses(word) & _broader(other):
        return "broader"
    return "narrower" if _broader(word) & senses(other) else None


def relation_of_nouns(word: str, other: str) -> Relation | None:
    """How a lower-case noun stands to another in their own senses as nouns, those of verbs aside.

    Example:
        >>> relation_of_nouns("bill", "invoice"), relation_of_nouns("rail", "supply")
        ('synonym', None)
    """
    own, others = _noun_senses(word), _noun_senses(other)
    if not (own and others):
        return None
    if lemmas(word) & lemmas(other):
        return "same"
    if own & others:
        return "synonym"
    if own & _above(others):
        return "broader"
    return "narrower" if _above(own) & others else None


@lru_cache(maxsize=65_536)
def _noun_senses(word: str) -> frozenset[int]:
    _, words, _ = _table()
    own = (int(one) for lemma in lemmas(word) for one in words.get(lemma, "").partition("\t")[0].split())
    return frozenset(one for one in own if one % _PARTS_OF_SPEECH == _NOUN)


@lru_cache(maxsize=65_536)
def _above(senses: frozenset[int]) -> frozenset[int]:
    _, _, broader = _table()
    return frozenset(int(one) for sense in senses for one in broader.get(sense, "").split())
