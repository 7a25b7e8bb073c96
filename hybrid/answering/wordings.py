"""Other wordings of a yes-or-no question, and what a sentence answers to them.

`hybrid.answering.polarity` compares a question's words with a sentence's. Some relations have so many wordings that no
word is shared: "let him off the fee" is "waived the fee", "is salt to blame" is "the cause is salt", "could it be
reached" is "the roads were clear". Here such a question is brought to its relation, and a sentence answers it by any
wording of that. "Was it open, or had it been shut?" asks twice, and what says yes to the one says no to the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from hybrid.answering import polarity
from hybrid.answering.enumeration_terms import root
from hybrid.answering.polarity import Stance
from hybrid.answering.verification.disagreement import Said, days_agree, identifiers, identify
from hybrid.answering.verification.values import values
from hybrid.text import lexicon, wordnet
from hybrid.text.values import MONTHS

_AUX = r"(?:was|were|is|are|did|does|do|has|have|had|could|can)"
_TWICE = re.compile(
    rf"^(?P<first>\W*(?P<aux>{_AUX})\s.+?),?\s+or\s+(?P<second>{_AUX}(?:n['’]t)?\s+(?:not\s+)?(?P<subject>it|he|she|they"
    r"|that|this|there|(?:the|a|an|his|her|its|their|our|my) \w+|[A-Z]\w+)\s.+)$",
    re.IGNORECASE | re.DOTALL,
)
_BETWEEN_TWO = re.compile(r"\b(?P<one>[a-z]+) or (?P<other>[a-z]+)\b")
_OR_NOT = re.compile(r",?\s+or (?:not|was (?:it|he|she) not|were they not|did (?:he|she|it|they) not)\b", re.IGNORECASE)
_PRONOUN = re.compile(r"^(?:it|he|she|they|that|this)$", re.IGNORECASE)
_UNREAL = re.compile(
    r"\b(?:if|unless|whether|would|should|might|may(?! \d)|must|shall|will|perhaps|possibly|probably|likely"
    r"|could have|only in|only if|ask(?:s|ed|ing)?(?! nobody)|wants?|wanted|propos\w+|suggest\w+|consider(?:s|ed|ing)?"
    r"|hop(?:e|es|ed)|requests?|requested|alleg\w+|according to|say so|you (?:say|said|claim|write|wrote))\b",
    re.IGNORECASE,
)
_NOT = re.compile(
    r"\b(?:not|never|no|nobody|none|nothing|neither|nor|cannot|without|hardly|den(?:y|ies|ied)|refus\w+|declin\w+"
    r"|fail(?:s|ed|ing)?|reject(?:s|ed|ing)?)\b|n['’]t\b",
    re.IGNORECASE,
)
_CLAUSES = re.compile(r"[;:]\s+|[.!?]\s+(?=[A-Z])|,?\s+\b(?:but|whereas|although|though)\b|,\s+(?:and|so|who|which)\b")
_DAY_WORDS = lexicon.vocabulary(
    "day days week weeks month months year years end start beginning time times meeting call visit morning afternoon"
    " evening night winter spring summer autumn january february march april may june july august september october"
    " november december"
)


@dataclass(frozen=True)
class Asked:
    """A question for a relation. ``kind`` is a key of the relations of this module; ``about`` are the words for what it
    is a relation of, ``of`` those for the other end where it has two, ``searched`` texts that find its wordings."""

    text: str
    kind: str
    about: frozenset[str]
    of: frozenset[str]
    searched: tuple[str, ...]


def alternatives(question: str) -> tuple[str, ...]:
    """The two questions of one that asks "A or B", of which only one can be answered with yes; nothing of another.

    Example:
        >>> alternatives("Was the gate open on Monday, or was it locked?")
        ('Was the gate open on Monday?', 'was the gate locked?')
        >>> alternatives("Was the tap open or shut at noon?")
        ('Was the tap open at noon?', 'Was the tap shut at noon?')
    """
    plain = _OR_NOT.sub("", " ".join(question.split()).rstrip(" ?.!"))
    match = _TWICE.match(plain)
    if match:
        first, second, subject = match["first"], match["second"], match["subject"]
        if _PRONOUN.match(subject) and (meant := _subject(first)):
            second = re.sub(rf"\b{subject}\b", meant, second, count=1, flags=re.IGNORECASE)
        return f"{first}?", f"{second}?"
    both = _BETWEEN_TWO.search(plain)
    if both and re.match(rf"\W*{_AUX}\b", plain, re.IGNORECASE) and all(map(_says_how, both.groups())):
        return tuple(f"{plain[: both.start()]}{word}{plain[both.end() :]}?" for word in both.groups())
    return ()


def _says_how(word: str) -> bool:
    """Whether a word says how something is: "open", "paid", and not "pears"."""
    participle = wordnet.is_verb(word) and word not in wordnet.lemmas(word)
    return participle or (wordnet.is_adjective(word) and not wordnet.is_noun(word)) or word in _STATES


_STATES = lexicon.vocabulary("open shut closed dry wet full empty late early on off up down dead alive hot cold")


def _subject(question: str) -> str:
    """What stands between the first auxiliary of a question and what is asked of it."""
    rest = re.sub(rf"^\W*{_AUX}\s+", "", question, flags=re.IGNORECASE)
    head = re.split(r"\s+(?:be|been|have|has|not)\b", rest)[0]
    asked = polarity.read(question)
    if head == rest and asked is not None:
        head = re.split(rf"\s+{re.escape(asked.predicate[0])}\b", rest, flags=re.IGNORECASE)[0]
    words = head.split()
    if words and words[-1].lower() in _PREPOSITIONS:
        words = words[:-1]
        head = " ".join(words)
    return head if 0 < len(words) <= 6 and head != rest else ""


_PREPOSITIONS = lexicon.vocabulary("at in on to from with by for of under near")


# Relations ------------------------------------------------------------------------------------------------------------

_RELEASE = (
    r"waiv\w+|let(?:s|ting)?\b[^.;?]{0,40}?\boff\b|g[ia]v(?:e|es|en|ing) up|forgiv(?:e|es|en|ing)|forgave"
    r"|fore?g(?:o|oes|one|oing)|forewent|forwent|dropp?(?:ed|ing|s)?|releas(?:e|es|ed|ing)|relinquish\w*|renounc\w+|excus(?:e|es|ed|ing)|remit(?:s|ted)?"
    r"|w(?:rite|rote|ritten) off|abandon\w*|surrender\w*|dispens(?:e|es|ed) with"
    r"|not (?:to )?(?:charge|insist on|pursue|enforce|claim)"
)
_CLAIMS = lexicon.vocabulary(
    "damages claim claims fee fees rent debt debts charge charges penalty penalties interest fine fines right rights"
    " costs deposit bill invoice payment surcharge compensation arrears liability balance sum money"
)
_WAY = r"(?:roads?|track|lane|access|route|approach|way|path|bridge|pass|line|site|gate|harbour|port|airport|runway)"
_IS_WAY = (
    rf"(?<!\bat the )(?<!\bon the )(?<!\bnear the )(?<!\bby the )\b{_WAY}"
    r"(?: (?:to|into|from|through|over|up) (?:the )?\w+(?: \w+)?)??"
    r"(?: (?:is|are|was|were|has|have|had|been|be|now|again|all|still|quite|fully|completely|mostly|not|never|kept"
    r"|remained|stayed|stood|already|both|yesterday|today))*"
)
_OPEN = (
    rf"{_IS_WAY} (?:clear(?:ed)?|open|passable|accessible|reachable|usable|free)\b"
    rf"|\b(?:clear(?:ed)?|open|passable) {_WAY}\b|\b(?:got|came|went|drove|get) through\b"
    r"|\b(?:no (?:difficulty|trouble|problem)|without (?:difficulty|trouble)|easily)\b[^,;]{0,30}"
    r"\b(?:get|getting|got|reach\w*|access)\b|\b(?:was|were|is|are|could be) (?:easily )?reach(?:ed|able)\b"
)
_SHUT = (
    rf"{_IS_WAY} (?:(?:closed|shut)(?! (?:for|from|until|down|off|on [A-Z]|every)\b)|blocked"
    r"|impassable|inaccessible|flooded|cut off|snowed (?:in|up|under)|unreachable|unusable"
    r"|under (?:\w+ ){0,3}?(?:snow|water))\b"
    r"|\b(?:cut off|snowed (?:in|up|under)|inaccessible|unreachable)\b"
    r"|\b(?:could not|couldn['’]t|cannot|can['’]t|unable to|not able to|impossible to|no way to)"
    r" (?:be reached|reach|get (?:to|through|in|up|there)|access)\b"
    r"|\b(?:could not|couldn['’]t|unable to|not able to)\b[^.;]{0,40}\bbecause of (?:the )?(?:\w+ )?"
    r"(?:snow|ice|flood\w*|storm\w*|weather|landslide|frost|fog|gales?|winds?|closure)\b"
)
_CAUSING = (
    r"to blame|at fault|responsible for|the (?:\w+ )?(?:cause|culprit|reason)\b|caus(?:e|es|ed|ing)\b(?! by)"
    r"|le(?:d|ads?) to|brought (?:about|on)|triggered(?! by)|set off|started(?! by)|did (?:it|this|that)\b"
    r"|explain(?:s|ed)?|account(?:s|ed)? for|behind (?:it|this|the)\b"
)
_CAUSED = (
    r"(?:caused|triggered|started|brought about|brought on|produced|explained) by|due to|owing to|because of"
    r"|as a (?:result|consequence) of|(?:the )?(?:result|consequence) of|result(?:s|ed|ing)? from|attribut\w+ to"
    r"|down to|come[s]? from|came from|(?:I|we) blame|(?:my|our) money is on|traced (?:back )?to|the fault of"
    r"|(?:cause|reason|culprit)\b[^,;]{0,30}?\b(?:is|was|are|were)"
)
_ASKS_CAUSE = (
    re.compile(
        rf"^\W*{_AUX}(?:n['’]t)?\s+(?:it\s+)?(?P<cause>.+?)\s+(?:that\s+|which\s+)?(?:really\s+|actually\s+)?(?:be\s+|was\s+)?"
        r"(?:to blame for|at fault for|responsible for|the (?:\w+ )?(?:cause|culprit|reason) (?:of|for|behind)|behind"
        r"|caused?|lead to|led to|bring (?:about|on)|brought (?:about|on)|trigger(?:ed)?)\s+(?P<effect>.+)$",
        re.IGNORECASE,
    ),
    re.compile(
        rf"^\W*{_AUX}(?:n['’]t)?\s+(?P<effect>.+?)\s+(?:(?:really|actually)\s+)?(?:caused by|brought (?:about|on) by"
        r"|triggered by|due to|owing to|because of|down to|the (?:result|consequence|fault) of|attributable to)\s+"
        r"(?P<cause>.+)$",
        re.IGNORECASE,
    ),
)
_ASKS_RELEASE = re.compile(
    rf"^\W*{_AUX}(?:n['’]t)?\s.*?\b(?P<verb>{_RELEASE})\b(?P<about>.*)$|^\W*{_AUX}\s+(?P<passive>.+?)\s+(?:{_RELEASE})\b",
    re.IGNORECASE,
)
_ASKS_ACCESS = re.compile(
    rf"^\W*{_AUX}(?:n['’]t)?\s+(?P<place>.+?)\s+(?:be\s+)?(?:still\s+)?(?:reach(?:ed|able)|accessible|inaccessible"
    r"|cut off|impassable|passable|snowed (?:in|up)|closed by (?:the )?(?:weather|snow|flood\w*|storm|ice|water))\b"
    rf"|^\W*{_AUX}\s+\w+(?: \w+){{0,3}}\s+(?:get (?:through )?to|reach|get through to)\s+(?P<goal>the .+|[A-Z].+)$",
    re.IGNORECASE,
)
_SHUT_ASKED = re.compile(r"\b(?:inaccessible|cut off|impassable|snowed (?:in|up)|closed by)\b", re.IGNORECASE)
_ASKS_VALID = re.compile(
    rf"^\W*{_AUX}(?:n['’]t)?\s+(?P<about>.+?)\s+(?:(?:an?|the)\s+)?(?:legally\s+|properly\s+)?(?P<word>valid|invalid"
    r"|effective|binding|void|good)\b",
    re.IGNORECASE,
)
_VALID = r"(?:valid(?:ly)?|effective|binding|good|proper)"
_INVALID = re.compile(
    rf"\b(?:no|not(?: an?| the)?|never(?: an?)?|without) (?:\w+ )?{_VALID}\b|\b(?:invalid|ineffective|void|of no effect"
    rf"|null)\b|\b(?:do(?:es)? not|cannot|don['’]t) (?:accept|agree|regard)\b[^.;]{{0,60}}\b{_VALID}\b",
    re.IGNORECASE,
)
_SAYS_VALID = re.compile(
    rf"\b(?:is|was|were|are|be|been|remain(?:s|ed)?|served|gave|given|made)\s+(?:\w+ ){{0,3}}?{_VALID}\b", re.IGNORECASE
)


@lru_cache(maxsize=256)
def read(question: str) -> Asked | None:
    """The relation that a yes-or-no question asks about; ``None`` where it is none of those of this module.

    Example:
        >>> read("Was the pump to blame for the flood?").kind, read("Did Ann let Ben off the rent?").kind
        ('cause', 'release')
    """
    plain = " ".join(question.split()).rstrip(" ?.!")
    for pattern in _ASKS_CAUSE:
        match = pattern.match(plain)
        if match:
            about, effect = _words(_head(match["cause"])), _words(match["effect"])
            cause = match["cause"]
            if about:
                return Asked(question, "cause", about, effect, (f"{cause} is the cause", f"{cause} is not the cause"))
    match = _ASKS_ACCESS.match(plain)
    if match:
        place = match["place"] or match["goal"]
        kind = "no access" if _SHUT_ASKED.search(plain) else "access"
        searched: tuple[str, ...] = (
            f"roads clear, roads open {_when(plain)}",
            f"{place} was closed, bad weather",
            f"could not be reached because of snow {_when(plain)}",
        )
        return Asked(question, kind, _words(_head(place)), frozenset(), searched)
    match = _ASKS_RELEASE.match(plain)
    if match:
        claim = " ".join((match["about"] or match["passive"] or "").split())
        about = frozenset(word for word in re.findall(r"[a-z]+", plain.lower()) if word in _CLAIMS)
        if about:
            found = (f"{claim} waived, dropped, given up", f"did not agree to waive {claim}, agreed nothing")
            return Asked(question, "release", about, frozenset(), found)
    match = _ASKS_VALID.match(plain)
    if match:
        kind = "invalid" if match["word"].lower() in ("invalid", "void") else "valid"
        about = _words(re.sub(r"\b(?:on|of|dated) \d.*", "", match["about"])) | _words(plain[match.end() :])
        if about:
            return Asked(
                question, kind, about, frozenset(), (f"{match['about']} is valid", f"no valid {match['about']}")
            )
    return None


def stance(asked: Asked, said: Said) -> Stance | None:
    """What a sentence answers to a question for a relation.

    Example:
        >>> asked = read("Did Ann Orr let the tenant off the rent?")
        >>> stance(asked, Said("I did not agree to waive any rent.", speaker="Ann Orr"))
        'no'
    """
    text = said.said_plainly.replace("’", "'")
    if said.cells or text.endswith("?") or not _is_of(asked, said, text):
        return None
    if asked.kind == "cause" and (rather := _not_this_but_that(asked, text)):
        return rather
    found = {
        answer for clause in _CLAUSES.split(text) if clause and (answer := _ANSWERS[asked.kind](asked, said, clause))
    }
    return found.pop() if len(found) == 1 else None


def _is_of(asked: Asked, said: Said, text: str) -> bool:
    """Whether a sentence may be of the day and of the things that a question names by identifiers."""
    if not days_agree(asked.text, text) or (said.before and not days_agree(asked.text, said.dated_by)):
        return False
    return identify(identifiers(asked.text), identifiers(text), said.title)


def _cause(asked: Asked, said: Said, clause: str) -> Stance | None:
    places = [match for match in re.finditer(r"[^\W_]+", clause) if _is_one(asked.about, match[0])]
    if not places and said.refers and any(_is_one(asked.about, word) for word in re.findall(r"[^\W_]+", said.before)):
        places = list(re.finditer(r"\b(?:it|that|this|they|those)\b", clause, re.IGNORECASE))[:1]
    if not places or _UNREAL.search(clause):
        return None
    first, last = places[0], places[-1]
    denied = _NOT.search(clause) is not None or _EXCLUDED.search(clause) is not None
    if _NOT_ALONE.search(clause):
        return None
    if re.match(r"(?:there (?:is|was|were|are|has been) )?no\b", clause, re.IGNORECASE) and _IS_THERE.match(
        clause[last.end() :]
    ):
        return "no"
    active = re.search(rf"\b(?:{_CAUSING})", clause[first.end() :], re.IGNORECASE)
    passive = re.search(rf"\b(?:{_CAUSED})\b", clause[: last.start()], re.IGNORECASE)
    excluded = _EXCLUDED.search(clause)
    if active is None and passive is None and excluded is None:
        return None
    if active is not None and not _same_effect(asked, clause[first.end() + active.end() :]):
        return None
    if passive is not None and active is None and not _same_effect(asked, clause[: passive.start()]):
        return None
    rather = re.search(
        r"\b(?:rather than|instead of|and not|not)\W+(?:\w+\W+){0,3}?$", clause[: last.start()], re.IGNORECASE
    )
    if passive is not None and active is None and denied and not excluded:
        return "no" if _NOT.search(clause[: last.start()]) else "yes"
    return "no" if denied or rather else "yes"


def _not_this_but_that(asked: Asked, text: str) -> Stance | None:
    """What "It was not the cold but the damp that caused it" answers to a question for either."""
    match = _NOT_BUT.search(text)
    if match is None or not re.search(rf"\b(?:{_CAUSING}|{_CAUSED})", text, re.IGNORECASE):
        return None
    if any(_is_one(asked.about, word) for word in re.findall(r"[^\W_]+", match["this"])):
        return "no"
    return "yes" if any(_is_one(asked.about, word) for word in re.findall(r"[^\W_]+", match["that"])) else None


_NOT_BUT = re.compile(
    r"\bnot (?P<this>[^,;.]{2,40}?),? but (?:rather )?(?P<that>(?:the |a |an )?[\w -]{2,40})", re.IGNORECASE
)
_EXCLUDED = re.compile(
    r"\b(?:rul(?:e|es|ed|ing) (?:\w+ ){0,3}out|ruled out|exclud(?:e|es|ed)|nothing to do with|had no part"
    r"|no connection)\b",
    re.IGNORECASE,
)
_NOT_ALONE = re.compile(r"\bnot (?:the )?(?:only|sole|solely|alone|just|merely|main)\b", re.IGNORECASE)
_IS_THERE = re.compile(r"\s+(?:was|were|has been|have been|had been|is|are)\b(?! the)", re.IGNORECASE)


def _same_effect(asked: Asked, text: str) -> bool:
    """Whether the other end of a cause is what the question asks about, or is not said, or a pronoun stands for it."""
    words = [word for word in re.findall(r"[a-z]+", text.lower()) if word not in lexicon.STOPWORDS]
    nouns = [word for word in words if wordnet.is_noun(word) and word not in _DAY_WORDS]
    return not nouns or not asked.of or any(_is_one(asked.of, word, nearly=True) for word in nouns) or bool(
        re.match(r"\W*(?:of |for )?(?:it|this|that|them)\b", text)
    )  # fmt: skip


def _release(asked: Asked, said: Said, clause: str) -> Stance | None:
    if not _of_claim(asked, clause) or not _by_asked(asked, said, clause):
        return None
    nothing = re.search(r"\b(?:agreed|conceded|promised|accepted) (?:to )?nothing\b", clause, re.IGNORECASE)
    if nothing or re.search(r"\b(?:not|never|n't) (?:agree|consent)(?:d|ed)? to anything\b", clause, re.IGNORECASE):
        return "no"
    match = re.search(rf"\b(?:{_RELEASE})\b", clause, re.IGNORECASE)
    if match is None or _UNREAL.search(clause):
        return None
    before = clause[: match.start()]
    negated = len(_NOT.findall(before))
    if re.search(r"\bto\s+$", before) and not re.search(r"\b(?:agree|consent|refus|declin|decid)\w*\b", before, re.I):
        return None
    agreed = re.search(r"\b(?:agreed|consented|decided) to\s+$", before, re.IGNORECASE)
    past = re.search(r"(?:ed|en|off|up|ave|ote|let|drop|one|ve|s)$", match[0], re.IGNORECASE)
    said_so = past or agreed or negated
    if not said_so or re.search(r"\b(?:a|the|any|this|such)\s+$", before):
        return None
    return "no" if negated % 2 else "yes"


def _of_claim(asked: Asked, clause: str) -> bool:
    return any(_is_one(asked.about, word) for word in re.findall(r"[a-z]+", clause.lower()))


def _by_asked(asked: Asked, said: Said, clause: str) -> bool:
    """Whether a clause may be of those whom the question names: no other person is its subject."""
    names = set(lexicon.names(asked.text))
    if not names:
        return True
    verb = re.search(rf"\b(?:{_RELEASE}|agreed|agree)\b", clause, re.IGNORECASE)
    subject = clause[: verb.start()] if verb else clause
    around = {*lexicon.content_words(f"{said.speaker or ''} {said.title}")}
    if re.search(r"\b(?:I|[Ww]e)\b", subject):
        return not said.speaker or bool(names & (around | set(lexicon.names(said.context))))
    held = set(lexicon.names(subject))
    person = re.search(r"\b(?:Mr|Mrs|Ms|Dr|Miss)\b", subject) is not None
    return not held or bool(names & held) or not (person or wordnet.is_person(subject.split()[0].lower() or "it"))


def _access(asked: Asked, _said: Said, clause: str) -> Stance | None:
    shut = re.search(_SHUT, clause, re.IGNORECASE)
    found = shut or re.search(_OPEN, clause, re.IGNORECASE)
    if found is None or (_UNREAL.search(clause) and shut is None) or re.search(r"\b(?:if|whether|would)\b", clause):
        return None
    named = set(lexicon.names(clause)) - set(lexicon.names(asked.text))
    words = re.findall(r"[^\W_]+", clause)
    if not (
        any(_is_one(asked.about, word) for word in words)
        or re.search(r"\b(?:roads?|access|weather|snow\w*|through|track|lane)\b", clause, re.I)
    ):
        return None
    if re.search(
        rf"\b(?:in|at|near|to) (?:the )?(?:{'|'.join(map(re.escape, named)) or '(?!)'})", clause, re.IGNORECASE
    ):
        return None
    negated = not shut and _NOT.search(
        re.sub(r"\bno (?:difficulty|trouble|problem)\b|\bwithout\b", "", clause)[: found.end()]
    )
    open_ = shut is None and not negated
    denied_shut = shut is not None and re.search(
        r"\b(?:not|never)\W+(?:\w+\W+)?(?:closed|blocked|shut|cut|impassable)", clause, re.I
    )
    return "yes" if (open_ or denied_shut) else "no"


def _no_access(asked: Asked, said: Said, clause: str) -> Stance | None:
    return _turned(_access(asked, said, clause))


def _valid(asked: Asked, said: Said, clause: str) -> Stance | None:
    around = f"{clause} {said.before if said.refers or re.match(r'(?:was|is)', clause.strip()) else ''} {said.plain}"
    words = re.findall(r"[^\W\d_]+", around)
    shared = sum(any(_is_one(frozenset({one}), word) for word in words) for one in asked.about)
    if 2 * shared < min(2, len(asked.about)) or _UNREAL.search(clause):
        return None
    if _INVALID.search(clause):
        return "no"
    if _SAYS_VALID.search(clause) and not _NOT.search(clause):
        return "yes"
    return None


def _not_valid(asked: Asked, said: Said, clause: str) -> Stance | None:
    return _turned(_valid(asked, said, clause))


_ANSWERS = {
    "cause": _cause,
    "release": _release,
    "access": _access,
    "no access": _no_access,
    "valid": _valid,
    "invalid": _not_valid,
}


def _turned(answer: Stance | None) -> Stance | None:
    return None if answer is None else "no" if answer == "yes" else "yes"


def _when(question: str) -> str:
    """The month that a question gives, and its year."""
    match = re.search(rf"\b(?:\d{{1,2}} )?(?:{'|'.join(MONTHS)})\b(?: \d{{4}})?", question, re.IGNORECASE)
    return match[0] if match else ""


def _head(phrase: str) -> str:
    """The noun that a phrase is about: "salt" of "salt from the roads", "pump" of "the old pump"."""
    plain = re.split(r"\s(?:from|of|in|on|at|by|with|for|to|under|over|near|during)\s", phrase.strip())[0]
    words = [word for word in re.findall(r"[^\W_]+", plain) if word.lower() not in lexicon.STOPWORDS]
    return words[-1] if words else ""


def _words(text: str) -> frozenset[str]:
    return frozenset(
        word.lower() for word in re.findall(r"[^\W\d_]+", text) if word.lower() not in lexicon.STOPWORDS | _DAY_WORDS
    )


@lru_cache(maxsize=16_384)
def _is_one(words: frozenset[str], word: str, *, nearly: bool = False) -> bool:
    """Whether a word is one of some words or means the same; ``nearly`` also what includes it, or is a kind of it."""
    own = root(lexicon.stem(word.lower()))
    related = ("same", "synonym", "broader", "narrower") if nearly else ("same", "synonym")
    return any(
        own == root(lexicon.stem(one)) or (wordnet.is_noun(one) and wordnet.relation(word.lower(), one) in related)
        for one in words
    )


# Verbs of the same sense ----------------------------------------------------------------------------------------------

_GROUPS = tuple(
    frozenset(group.split())
    for group in (
        "submit hand_in put_in file lodge", "dismiss sack fire let_go lay_off", "extinguish put_out",
        "return send_back give_back hand_back bring_back", "remove take_away take_out take_down take_off",
        "collapse fall_down give_way cave_in", "approve sign_off", "withdraw pull_out back_out",
        "arrive turn_up show_up get_in", "repair mend fix put_right sort_out patch_up", "leave depart set_off set_out",
        "postpone defer put_off put_back", "raise bring_up", "demolish pull_down knock_down tear_down",
        "inspect examine check look_over", "clean clean_up clean_out", "discard dump throw_away throw_out",
        "install fit put_in", "deliver drop_off hand_over", "collect pick_up fetch", "discover find_out",
        "reject decline refuse turn_down throw_out knock_back", "complete fill_in fill_out", "cancel call_off scrap",
        "investigate look_into", "stop shut_down switch_off turn_off", "start switch_on turn_on start_up",
        "fail break_down pack_up conk_out", "increase put_up go_up", "abandon give_up", "admit own_up",
        "evacuate clear_out", "assemble put_together", "replace swap change", "notify tell inform",
    )
)  # fmt: skip
"""Verbs of one meaning in business and daily life, beyond the senses of WordNet's table."""
_PARTICLES = lexicon.vocabulary("off up out down back away over in on right together")
_AFTER_PREPOSITION = lexicon.vocabulary(
    "a an the his her its their my our your this that these those each every any all some which whom"
)
_GAP = 4
"""Words that may stand between a verb and its particle: "put the whole match off"."""


@dataclass(frozen=True)
class InSense:
    """A yes-or-no question that a sentence may answer with another verb of the same sense: the question with its
    ``verb`` in one word, and the dictionary forms of the verbs that mean the same, phrases with "_"."""

    asked: polarity.Asked
    verb: str
    alike: frozenset[str]

    @cached_property
    def verbs(self) -> frozenset[str]:
        """The verbs of which one is in a sentence that has the sense."""
        return frozenset(one.partition("_")[0] for one in self.alike)

    @property
    def text(self) -> str:
        """The question, with another verb where it has one, to be searched for."""
        other = min((one for one in self.alike if "_" not in one), default=self.verb, key=_rank)
        form = _participle(other) if self.verb not in wordnet.lemmas(self.verb) else other
        return re.sub(rf"\b{re.escape(self.verb)}\b", form, self.asked.text)


def _rank(verb: str) -> tuple[bool, str]:
    return not any(verb in group for group in _GROUPS), verb


def _alike(verb: str) -> frozenset[str]:
    found = set(wordnet.verbs_alike(verb))
    for group in _GROUPS:
        if verb in group:
            found |= group
    return frozenset(found - {verb})


@lru_cache(maxsize=256)
def in_sense(question: str) -> InSense | None:
    """The question by the sense of its verb; ``None`` where no other verb has it.

    Example:
        >>> in_sense("Did they put the match off?").asked.text
        'Did they defer the match?'
    """
    plain = " ".join(question.split())
    for start, end, phrase, gap in _phrasal(plain):
        alike = _alike(phrase)
        single = min((one for one in alike if "_" not in one), default="", key=_rank)
        if not single:
            continue
        passive = plain[:start].rstrip().lower().endswith(("been", "be")) or re.match(
            r"\W*(?:was|were|is|are|has|have|had)\b", plain, re.IGNORECASE
        )
        form = _participle(single) if passive else single
        text = " ".join(f"{plain[:start]}{form} {gap}{plain[end:]}".split()).replace(" ?", "?")
        asked = polarity.read(text)
        if asked is not None:
            return InSense(asked, form, alike | {phrase})
    asked = polarity.read(question)
    if asked is None or asked.copular:
        return None
    verb = asked.predicate[-1]
    alike = frozenset(
        other for lemma in wordnet.lemmas(verb) if wordnet.is_infinitive(lemma) for other in _alike(lemma)
    )
    return InSense(asked, verb, alike) if alike and verb not in _VAGUE else None


_VAGUE = lexicon.vocabulary(
    """
    get got give gave given have had make made take took taken go went gone come came see saw seen say said tell told
    know knew known be do did done put set run ran keep kept let hold held find found show shown turn call called leave
    left ask asked use used work worked bring brought send sent receive received pay paid meet met ring rang rung
    """
)
"""Verbs of too many senses for one of them to be meant."""


def _phrasal(text: str) -> Iterator[tuple[int, int, str, str]]:
    """Each phrasal verb of a text: where it begins and ends, the phrase, and the words within it."""
    words = list(re.finditer(r"[^\W_]+(?:['’-][^\W_]+)*", text))
    for at, word in enumerate(words):
        lemmas = [one for one in wordnet.lemmas(word[0].lower()) if wordnet.is_infinitive(one)]
        if not lemmas or not word[0].islower():
            continue
        for behind in range(at + 1, min(at + 2 + _GAP, len(words))):
            particle = words[behind][0]
            between = text[word.end() : words[behind].start()]
            if re.search(r"[,;:.!?]", between):
                break
            if particle not in _PARTICLES and (particle != "go" or "let" not in lemmas):
                continue
            following = words[behind + 1][0] if behind + 1 < len(words) else ""
            if particle in ("in", "on") and re.match(r"\d|[A-Z]", following):
                continue  # "signed on 3 May"
            following = following.lower()
            if particle in ("in", "on", "over", "up", "down") and following in _AFTER_PREPOSITION and behind > at + 1:
                break  # "put the box on the shelf"
            phrase = next((f"{one}_{particle}" for one in lemmas if _is_phrase(f"{one}_{particle}")), None)
            if phrase is not None:
                yield word.start(), words[behind].end(), phrase, f"{between.strip()} ".lstrip()
                break


def _is_phrase(phrase: str) -> bool:
    return bool(wordnet.verbs_alike(phrase)) or any(phrase in group for group in _GROUPS)


def _participle(verb: str) -> str:
    return f"{verb}d" if verb.endswith("e") else f"{verb[:-1]}ied" if re.search(r"[^aeiou]y$", verb) else f"{verb}ed"


def _with_verb(asked: InSense, said: Said) -> Said:
    """The sentence with the question's verb in the place of the one that means the same."""

    def turned(text: str) -> str:
        for start, end, phrase, gap in reversed(list(_phrasal(text))):
            if phrase in asked.alike:
                text = " ".join(f"{text[:start]}{asked.verb} {gap}{text[end:]}".split())
                text = re.sub(r" (?=[.,;:!?])", "", text)

        def single(match: re.Match[str]) -> str:
            lemmas = wordnet.lemmas(match[0]) & asked.alike
            is_verb = not wordnet.is_noun(match[0]) or _BEFORE_VERB.search(text[: match.start()])
            return asked.verb if lemmas and is_verb else match[0]

        return re.sub(r"\b[a-z]{4,}\b", single, text)

    return replace(said, text=turned(said.text), before=turned(said.before) if said.before else "")


_BEFORE_VERB = re.compile(r"(?:\b(?:not|never|did|to|I|he|she|they|we|you|who|nobody)|n't)\s+$")


# Having been there ----------------------------------------------------------------------------------------------------

_WENT = re.compile(
    r"^\W*did (?P<who>(?-i:(?:(?:Mr|Mrs|Ms|Miss|Dr)\.? )?[A-Z][\w'’-]+(?: [A-Z][\w'’-]+){0,2})) (?:actually |ever )?"
    r"(?P<verb>attend|go to|come to|take part in|turn up (?:at|for)|show up (?:at|for)|appear at|join) "
    r"(?P<what>(?:the|a|an|any|that|this|our|their|his|her|[A-Z]\S*) .+)$",
    re.IGNORECASE,
)
_WAS_AT = re.compile(
    r"^\W*was (?P<who>(?-i:(?:(?:Mr|Mrs|Ms|Miss|Dr)\.? )?[A-Z][\w'’-]+(?: [A-Z][\w'’-]+){0,2})) (?:actually |ever )?"
    r"(?:present )?at (?P<what>(?:the|a|an|any|that|this|our|their|his|her) .+)$",
    re.IGNORECASE,
)


def of_attendance(question: str) -> Iterator[str]:
    """The other ways to ask whether somebody, by name, was at something.

    Example:
        >>> list(of_attendance("Did Ann Orr go to the fair?"))
        ['Was Ann Orr at the fair?', 'Did Ann Orr attend the fair?']
    """
    plain = " ".join(question.split()).rstrip(" ?.!")
    if match := _WENT.match(plain):
        yield f"Was {match['who']} at {match['what']}?"
    match = match or _WAS_AT.match(plain)
    if match and not plain.lower().startswith(f"did {match['who'].lower()} attend "):
        yield f"Did {match['who']} attend {match['what']}?"


# All wordings ---------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=256)
def of(question: str) -> tuple[tuple[polarity.Asked | Asked | InSense, bool], ...]:
    """The ways to put a yes-or-no question, each with whether its "yes" is the question's "no". The question itself is
    left out where it is asked only by its own words, since `polarity.read` has it."""
    found: list[tuple[polarity.Asked | Asked | InSense, bool]] = []
    parts = alternatives(question)
    for text, opposite in zip(parts, (False, True), strict=False) if parts else ((question, False),):
        if (relation := read(text)) is not None:
            found.append((relation, opposite))
            continue
        if parts and (plain := polarity.read(text)) is not None:
            found.append((plain, opposite))
        if (sense := in_sense(text)) is not None:
            found.append((sense, opposite))
        there = (polarity.read(one) for one in of_attendance(text))
        found += [(one, opposite) for one in there if one is not None]
    return tuple(found)


def may_answer(question: str, text: str) -> bool:
    """Whether a sentence may answer a question by one of its wordings: a look at its words, for many."""
    return any(not isinstance(asked, InSense) or _may_have(asked, text) for asked, _ in of(question))


def _may_have(asked: InSense, text: str) -> bool:
    """Whether a verb of the sense, or the first word of such a phrasal verb, is in a sentence."""
    words = set(re.findall(r"[a-z]+", text.lower()))
    return any(wordnet.lemmas(word) & asked.verbs for word in words) or polarity.may_answer(asked.asked, text)


def answers(question: str, said: Said) -> Iterator[Stance]:
    """What a sentence answers to the question by each of its wordings."""
    if not _of_that_part(question, said.plain) or _written_before(question, said):
        return
    for asked, opposite in of(question):
        if isinstance(asked, InSense):
            answer = polarity.stance(asked.asked, _with_verb(asked, said))
        else:
            answer = stance(asked, said) if isinstance(asked, Asked) else polarity.stance(asked, said)
        if answer is not None:
            if opposite and answer == "no":
                continue  # "it was not red" does not say that it was blue
            yield _turned(answer) or answer if opposite else answer


_PART = re.compile(
    rf"\b(?P<part>end|late|beginning|start|early|middle|mid)[ -](?:of |in )?(?P<month>{'|'.join(MONTHS)})\b",
    re.IGNORECASE,
)
_PARTS = {"end": (20, 31), "late": (20, 31), "middle": (8, 22), "mid": (8, 22)}
"""Days of a month that its parts may include; of the others the first eleven."""


def _of_that_part(question: str, text: str) -> bool:
    """Whether a text may be of the part of a month that a question names: the end of January is not the fifth."""
    match = _PART.search(question)
    if match is None:
        return True
    first, last = _PARTS.get(match["part"].lower(), (1, 11))
    month = MONTHS[match["month"].lower()]
    days = [day.day for day in values(text).days if day.month == month and day.day]
    return not days or any(first <= day <= last for day in days)


def _written_before(question: str, said: Said) -> bool:
    """Whether a sentence was written before the days that a question gives, so that it cannot say what was then."""
    days = [f"{day.year}-{day.month or 1:02}-{day.day or 1:02}" for day in values(question).days if day.year]
    return bool(said.date and days) and (said.date or "")[:10] < min(days)[: len((said.date or "")[:10])]


def answer(question: str, said: Said) -> Stance | None:
    """What a sentence answers to a question by its other wordings, where it answers to them alike."""
    found = set(answers(question, said))
    return found.pop() if len(found) == 1 else None


def searched(question: str) -> tuple[str, ...]:
    """Texts that find what answers a question in other wordings."""
    return tuple(
        text for asked, _ in of(question) for text in (asked.searched if isinstance(asked, Asked) else (asked.text,))
    )
