"""What narrows a noun of the span and is left out of the claim, so that the claim says more than the span does.

"Inspected the valves on the barge" is not "inspected the valves", nor is "sold to members over sixty" "sold to
members": a bare plural or "the" with a plural stands for all of them. Of one definite thing ("the report of the
board"), of some that are counted ("three pumps in the cellar"), and of when or how an event took place, less may be
said; of what is denied or is so under a condition nothing may be left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from hybrid.answering.verification import leftover
from hybrid.answering.verification.alignment import align, alike, limits_left_out
from hybrid.answering.verification.clauses import Clauses, same_words
from hybrid.answering.verification.leftover import PREPOSITIONS, Token
from hybrid.answering.verification.markers import CONDITIONAL, NONE
from hybrid.answering.verification.relations import passive
from hybrid.text import lexicon, wordnet
from hybrid.text.values import MONTHS

COPIED = 0.6
"""Share of a claim's words that stand in the span, in its order, from which what a negation or a condition leaves over
is dropped, and not said in other words: as of `circumstances.restriction_dropped`."""
_COUNTED = lexicon.NUMBER_WORDS | lexicon.vocabulary("some several few couple various both")
_OF_TIME = lexicon.vocabulary(
    "since until till during before after throughout despite pursuant upon unto per than except as because through"
)
"""Prepositions that say when, why or how an event took place."""
_OCCASIONS = frozenset(MONTHS) | lexicon.vocabulary(
    """
    monday tuesday wednesday thursday friday saturday sunday noon midnight dawn dusk morning afternoon evening night
    spring summer autumn winter easter christmas day days week weeks month months year years hour hours minute minutes
    century decade weekend season time times quarter moment end beginning start date
    meeting hearing auction conference ceremony trial session dinner lunch interview inspection visit sale march
    """
)
_MANNER = frozenset({"in", "by", "with", "under", "at", "on", "without"})
"""Prepositions that say how where a noun without an article follows: "by post", "in silence"."""
_NOT_WITHOUT = lexicon.vocabulary(
    "delay notice charge warning hesitation comment success incident permission consent help"
)
_GIVEN = lexicon.vocabulary(
    """
    give send offer tell show pay lend award grant teach hand sell promise owe deliver bring post mail distribute supply
    provide issue present forward transfer donate return submit take move carry ship drive transport lead report explain
    read write donate add attach apply assign allocate allot contribute leave lease let rent refund
    """
)
_TAKEN = lexicon.vocabulary(
    """
    buy receive take collect borrow obtain get remove steal import fetch hire purchase accept recover withdraw rent
    acquire order gather drive move bring return
    """
)
_PLURAL = re.compile(r"(?<![su'i])s$|(?:men|people|children|sheep|cattle|staff|personnel)$")
_RELATIVE = frozenset({"who", "that", "which", "whose", "where"})
_STOPS = PREPOSITIONS | lexicon.vocabulary(
    "and but or who which that whose whom where when while if because is are was were be been has have had will would"
    " shall may must can could should to , ; : ( ) – —"
)
_DETERMINERS = lexicon.vocabulary("the a an its his her their our my this that these those any each every no all")


def narrowing_dropped(claim: Clauses, span: Clauses) -> bool:
    """What narrows a plural noun that both have is dropped, or anything of what is denied or is conditional."""
    missing = align(claim.text, span.text).missing
    left, kept = limits_left_out(claim.text, span.text)
    if missing and len(left) <= len(missing):
        return False  # other words of the claim may say it
    if (
        left
        and same_words(claim.text, span.text) >= COPIED
        and any(kind.search(kept) and kind.search(claim.text) for kind in (NONE, CONDITIONAL))
    ):
        return True
    mine = leftover.tokens_of(claim.text)
    stems = frozenset(lexicon.stem(token.text) for token in mine)
    lost = frozenset(left)
    for sentence in span.sentences:
        tokens = leftover.tokens_of(sentence)
        for at, token in enumerate(tokens):
            if not _is_plural(tokens, at) or lexicon.stem(token.text) not in stems:
                continue
            for phrase in (_attribute(tokens, at), _after(tokens, at, sentence)):
                words = [one for one in phrase if one.content or one.number]
                if words and not any(_said(one, mine, lost) for one in words):
                    return True
    return False


def _said(word: Token, mine: Sequence[Token], lost: frozenset[str]) -> bool:
    """Whether the claim has a word for it, or nothing is left over of it."""
    if word.number:
        return any(other.number for other in mine)  # which one it is, is compared as a value
    return word.text not in lost or any(alike(other.text, word.text) for other in mine if other.content)


def _is_plural(tokens: Sequence[Token], at: int) -> bool:
    """Whether a plural noun of which neither some nor a number is said."""
    token = tokens[at]
    if not (_PLURAL.search(token.text) and token.content and token.raw[0].islower() and token.raw[-1] not in "'’"):
        return False
    if re.search(r"['’]s?$", token.raw):
        return False
    before = [one.text for one in tokens[max(0, at - 3) : at]]
    if at + 1 < len(tokens) and token.verb and tokens[at + 1].text in _DETERMINERS:
        return False  # "the clerk stamps the letters"
    counted = any(one in _COUNTED or one[-1].isdigit() for one in before)
    return not (counted and not set(before) & {"the", "these", "those", "all", "its", "his", "her", "their", "our"})


def _attribute(tokens: Sequence[Token], at: int) -> tuple[Token, ...]:
    """The word right before a noun that says which ones: "the fuel valves"."""
    if at == 0:
        return ()
    word = tokens[at - 1]
    before = tokens[at - 2].text if at > 1 else ""
    attribute = word.content and word.raw[0].islower() and not word.text.endswith("ly")
    if not attribute or word.raw[-1] in "'’" or word.text in _STOPS | _DETERMINERS:
        return ()
    if before in {"the", "its", "his", "her", "their", "our", "these", "those", "of", "all"}:
        return (word,)
    return () if wordnet.is_verb(word.text) else (word,)


def _after(tokens: Sequence[Token], at: int, sentence: str) -> tuple[Token, ...]:
    """The phrase or clause right after a noun that says which ones; nothing where it says when, how or to whom."""
    if at + 1 >= len(tokens):
        return ()
    first = tokens[at + 1]
    following = tuple(_phrase(tokens[at + 2 :]))
    if first.text in _RELATIVE:
        return _clause(tokens[at + 2 :])
    if first.text.endswith("ing") and first.verb:
        return (first,)
    if first.text not in PREPOSITIONS - _OF_TIME and first.text != "to":
        return ()
    return () if _limits_event(tokens, at, first.text, following, sentence) else following


def _clause(tokens: Sequence[Token]) -> tuple[Token, ...]:
    """The first content words of a clause, up to a mark."""
    found = []
    for token in tokens[:6]:
        if not token.text[0].isalnum():
            break
        found.append(token)
    return tuple(found)


def _phrase(tokens: Sequence[Token]) -> Iterator[Token]:
    for token in tokens:
        if token.text in _STOPS:
            return
        yield token


def _limits_event(tokens: Sequence[Token], at: int, preposition: str, phrase: Sequence[Token], sentence: str) -> bool:
    """Whether a phrase says when or how something was done, by, to, from or for whom, and not which ones are meant."""
    if not phrase:
        return True
    head = next((token for token in reversed(phrase) if token.content), phrase[-1])
    if any(token.text in _OCCASIONS for token in phrase) or any(_YEAR.fullmatch(token.text) for token in phrase):
        return True
    bare = (
        head.content
        and phrase[0].text not in _DETERMINERS
        and phrase[0].raw[0].islower()
        and not _PLURAL.search(head.text)
    )
    if preposition == "without":
        return head.text in _NOT_WITHOUT
    if preposition in _MANNER and bare and len(phrase) == 1:
        return True
    verbs = {lemma for token in tokens[:at] if token.verb for lemma in wordnet.lemmas(token.text)}
    definite = any(token.text in {"the", "these", "those", "all"} for token in tokens[max(0, at - 3) : at])
    return (
        (preposition == "by" and passive(sentence))
        or (preposition == "to" and bool(verbs & _GIVEN))
        or (preposition == "from" and bool(verbs & _TAKEN))
        or (preposition == "for" and not definite)
    )


_YEAR = re.compile(r"(?:1[5-9]|20)\d\d")
