"""Things of a question that no document searched has: common nouns that stand in none, nor a word for the same thing.

A name that is in no document is a false premise, and so is a helicopter in a file about lorries. A noun counts as held
where a document has it in any form, or a synonym, a derived word, a broader or a narrower one of WordNet. What any
document may be about without saying it ("amount", "deadline", "clause"), and what a verb would say as well ("the
signing"), is never called absent.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache

from hybrid.answering.enumeration_bounds import CURRENCIES
from hybrid.answering.enumeration_terms import root, rooted
from hybrid.text import lexicon, wordnet
from hybrid.text.values import MONTHS

GENERIC = rooted(
    """
    thing something anything everything nothing matter item kind sort type form way manner mean method style role part
    piece side aspect point fact detail information data content subject topic theme idea concept issue question answer
    problem trouble difficulty dispute quarrel argument disagreement
    fight conflict controversy blame fault guilt case event incident occurrence happening situation circumstance
    condition state status place location position spot site area region direction
    time date day week month year hour minute moment period term duration deadline schedule age start end beginning
    amount sum number total quantity count figure value price payment cost fee charge rate percentage share level
    degree size length width height weight extent range limit maximum minimum cap
    reason cause purpose aim goal objective effect result consequence outcome impact influence significance importance
    person people man woman someone somebody anyone anybody party member group team individual human name
    document file record text paper page report letter mail email message note book chapter section paragraph clause
    provision article story tale plot narrative character protagonist narrator author writer reader passage word phrase
    sentence statement line title heading title summary overview description list table row entry
    meeting discussion conversation debate presentation opinion view thought attitude feeling reaction response comment
    decision conclusion recommendation suggestion proposal plan consideration agreement contract obligation duty right
    responsibility requirement restriction rule exception relationship relation connection difference similarity
    comparison advantage disadvantage benefit drawback feature characteristic quality trait nature function use work job
    task step stage phase process change development attempt example instance evidence proof claim
    party company business firm corporation organisation organization entity institution authority
    setting background context environment world life experience knowledge ability skill motivation personality
    merit demerit constraint solution strategy doubt mechanism technology technique criterion criteria challenge trend
    threshold volume breach recovery prohibition model product project basis current
    vehicle animal creature building structure room tool device machine equipment instrument apparatus food drink meal
    furniture clothes weapon plant material substance chemical goods commodity container property estate asset money
    medicine drug illness disease injury damage harm loss crime offence relative staff personnel crew
    """
)
"""What documents are about without saying it, and what is said by the names of its kinds: a van for a vehicle, where
WordNet's table has no step from the one to the other."""
_MADE_OF_VERBS = re.compile(r"\w{3}(?:ing|ion|ment|ance|ence|al|ure|age|ship|ness|ity|ism|cy|er|or|ee)s?$")
_DETERMINERS = lexicon.vocabulary(
    """
    a an the any some no this that these those his her its their my our your every each another which what whose many
    much more few several other by of with from for in on to at about into onto over under near against without and or
    """
)
_SHORTEST = 4


@lru_cache(maxsize=256)
def things(question: str) -> tuple[str, ...]:
    """The common nouns of a question that name a thing, and what is asked to have been done to one ("stolen"), as it
    writes them, each once.

    Example:
        >>> things("Were the hinges brought by helicopter, and what was the fee?")
        ('hinges', 'helicopter')
    """
    found = lexicon.tokens(question)
    done = _done(question)
    named = [
        token
        for at, token in enumerate(found)
        if token in done or (_names_a_thing(found, at) and not _is_currency_of_number(found, at))
    ]
    return tuple(dict.fromkeys(named))


def _is_currency_of_number(found: list[str], at: int) -> bool:
    """Whether a word is the currency of a number before it, which a document may write as a sign: "500 dollars"."""
    return found[at].lower() in CURRENCIES and at > 0 and any(map(str.isdigit, found[at - 1]))


def missing(question: str, words: Collection[str]) -> tuple[str, ...]:
    """Which things of a question are in none of the documents whose lower-case ``words`` these are, nor a word for the
    same thing.

    Example:
        >>> missing("Were the crates brought by helicopter?", {"the", "crate", "came", "by", "lorry"})
        ('helicopter',)
        >>> missing("Were the crates brought by helicopter?", {"the", "crate", "chopper"})
        ()
    """
    asked = [one for one in things(question) if one not in words]
    done = _done(question)
    return tuple(one for one in asked if not any(_means(one, word, done=one in done) for word in words))


def asks_for(question: str, things_missing: Collection[str]) -> bool:
    """Whether what a question asks for is one of the things that are missing, so that nothing answers it: what is
    counted or chosen from, what something is said of, what may be there; or what was done to what is counted.

    Example:
        >>> asks_for("How many crates were stolen?", {"stolen"}), asks_for("Was a wolf seen?", {"wolf"})
        (True, True)
        >>> asks_for("How many crates came by helicopter?", {"helicopter"})
        False
    """
    plain = " ".join(question.split())
    return any(
        pattern.search(plain)
        for thing in things_missing
        for pattern in (re.compile(one.format(thing=re.escape(thing)), re.IGNORECASE) for one in _HEADS)
    )


_HEADS = (
    r"\b(?:how many|how much|which|whose|what)\s+(?:(?!(?:is|are|was|were|did|does|do|has|have)\b)\w+\s+)?{thing}\b",
    r"\b(?:how many|which)\s+(?:\w+\s+){{1,3}}(?:was|were|been)\s+{thing}\b",
    r"\b(?:about|regarding|concerning|mention(?:s|ed)?|speaks? of)\s+(?:(?:an?|any|the|some|his|her|their|its)\s+)?"
    r"(?:\w+\s+)?{thing}\b",
    r"^\W*(?:(?:is|are|was|were|did|does|do|has|have|had)\s+)(?:there\s+)?(?:an?|any|some|the)\s+(?:\w+\s+)?{thing}\b",
    r"^\W*(?:what|who|where)\s+(?:is|are|was|were)\s+(?:an?|the)\s+(?:\w+\s+)?{thing}\W*$",
)


def _means(thing: str, word: str, *, done: bool) -> bool:
    """Whether a word of the documents says a thing: in another form, as a part of a compound, or by another word. What
    was ``done`` is not said by a broader verb: who stole a thing moved it, and so did many who stole nothing."""
    if not word[0].isalpha() or word in lexicon.STOPWORDS:
        return False
    if root(thing) == root(word) or (len(thing) > _SHORTEST and thing.removesuffix("s") in word):
        return True
    relation = wordnet.relation(word, thing)
    return relation is not None and not (relation == "broader" and (done or root(word) in GENERIC))


def _names_a_thing(found: list[str], at: int) -> bool:
    token = found[at]
    if not token.isalpha() or not token.islower() or len(token) < _SHORTEST:
        return False
    if token in lexicon.STOPWORDS | lexicon.NEGATIONS | lexicon.NUMBER_WORDS or token in MONTHS:
        return False
    if root(token) in GENERIC or not any(wordnet.is_noun(one) for one in wordnet.lemmas(token)):
        return False
    if wordnet.is_person(token, always=True):  # a "landlord", whom documents have by name
        return False
    if wordnet.verbal(token) and _MADE_OF_VERBS.search(token):
        return False
    before = found[at - 1].lower() if at else ""
    after = found[at + 1].lower() if at + 1 < len(found) else ""
    if "or" in (before, after):  # one of several, of which another may be held
        return False
    determined = before in _DETERMINERS or before.endswith(("'s", "’s"))
    if before in ("many", "much", "to") and any(wordnet.is_infinitive(one) for one in wordnet.lemmas(token)):
        return False  # "to sign"; "votes", which rows have as "For" and "Against"
    if wordnet.is_adjective(token) or wordnet.is_adverb(token):  # "a fine from", and not "the fine car"
        return determined and (not after or after in lexicon.STOPWORDS)
    return not wordnet.is_verb(token) or determined or wordnet.is_adjective(before)


@lru_cache(maxsize=256)
def _done(question: str) -> frozenset[str]:
    found = lexicon.tokens(question)
    return frozenset(token for at, token in enumerate(found) if _is_done(found, at))


def _is_done(found: list[str], at: int) -> bool:
    """Whether a word is a participle behind "was" or "been"."""
    token = found[at]
    passive = at > 0 and found[at - 1].lower() in _BE and token.isalpha() and token.islower()
    if not passive or len(token) < _SHORTEST or root(token) in GENERIC | _DONE or token in lexicon.STOPWORDS:
        return False
    return wordnet.is_verb(token) and wordnet.lemmas(token) != {token}


_BE = lexicon.vocabulary("was were been being")
_DONE = rooted(
    """
    make give take bring hold keep set put send tell ask involve reach encounter associate concern regard base call name
    describe mention say see find show use cause lead link relate need include face talk discuss consider propose
    destroy delete erase shred discard
    """
)
"""What is done to anything, and is said in many ways."""
