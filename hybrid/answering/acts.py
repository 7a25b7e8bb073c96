"""Whether a sentence denies what another says was done: "We gave you notice", "I was told nothing".

One act has many wordings: active and passive, from its two ends ("gave", "received"), with a verb or a noun ("told",
"gave notice"). Here each clause is brought to who did it, to whom, with what, and whether it is denied. Two clauses
are of one act if the verbs say the same, nobody in the one is known to be another than in the other, and the one that
affirms holds most of what the denial is about. What is planned, asked or reported is no act.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from hybrid.answering.enumeration_terms import root
from hybrid.answering.verification.disagreement import (
    Said,
    at_other_times,
    identifiers,
    identify,
    periods_agree,
)
from hybrid.answering.verification.values import values
from hybrid.text import lexicon, wordnet
from hybrid.text.values import MONTHS

MIN_COVERED = 0.6
"""Share of the words that a denial is about that the other sentence must hold; as in
`hybrid.answering.verification.disagreement`."""
_TRANSFERS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    kind: (lexicon.vocabulary(given), lexicon.vocabulary(received))
    for kind, given, received in (
        ("tell", "tell inform notify advise warn alert brief report telephone phone call text email write"
                 " mention explain announce", "hear learn"),
        ("give", "give hand deliver send supply provide submit tender return serve post mail email forward issue"
                 " transfer pass dispatch bring present grant award text ship transmit",
                 "receive get obtain collect accept have"),
        ("pay", "pay settle remit transfer wire reimburse refund repay", "receive get collect have"),
        ("sell", "sell vend", "buy purchase acquire"),
        ("lend", "lend loan", "borrow"),
        ("show", "show present", "see"),
        ("teach", "teach instruct train", "learn"),
        ("ask", "ask consult", ""),
        ("invite", "invite summon", ""),
    )
}  # fmt: skip
"""Kinds of acts between two: the verbs whose subject is who gives, and those whose subject is who receives."""
_PERCEIVED = lexicon.vocabulary("hear learn see")
"""What one may do without somebody who tells or shows: denied of one, it denies only what was shown to that one."""
_GIVING, _RECEIVING = (frozenset().union(*(pair[at] for pair in _TRANSFERS.values())) for at in (0, 1))
_SAYING = lexicon.vocabulary("report mention explain announce write telephone phone call text email mail")
"""What one may do without saying to whom: it says that somebody was told only where it says who."""
_TO_PEOPLE = frozenset({"tell", "show", "teach", "ask", "invite"})
"""Kinds of which the subject in the passive is who receives: "the family was told"."""
_COMMUNICATION = lexicon.stems(
    "notice notification notices warning message text letter mail email word information advice call"
)
"""What is given to somebody who is told of something."""
_NOTICE = lexicon.stems("notice notification warning word information")
_MONEY = lexicon.stems("money payment payments sum amount penny cent funds")
_BE = lexicon.vocabulary("was were is are am be been being")
_HAVE = lexicon.vocabulary("has have had")
_DO = lexicon.vocabulary("did do does")
_BETWEEN = _BE | _HAVE | _DO | lexicon.vocabulary("also then already ever even yet still either so far in fact at all")
"""What stands between a subject and its verb."""
_NOBODY = lexicon.vocabulary("nobody none noone neither")
_NEGATIONS = _NOBODY | lexicon.vocabulary("not never no nor nothing")
_NOT_DONE = lexicon.vocabulary(
    "would could should might may will shall must can cannot if unless whether until please perhaps except"
)
_UNDONE = re.compile(r"(?:fail|omit|neglect|forg[eo]t|refus|declin)\w*$")
_UNCHANGED = lexicon.vocabulary("put cut set let hit shut read cast quit split spread")
"""Verbs whose past is as their dictionary form."""
_DETERMINERS = lexicon.vocabulary("a an the his her its their my our your this that these those any each every no some")
_PREPOSITIONS = lexicon.vocabulary(
    "of in on at by with from to for about over under into onto after before since during until between through"
    " against without within concerning regarding and or as that"
)
_TIMES = MONTHS.keys() | lexicon.vocabulary(
    "today yesterday tomorrow day days week weeks month months year years time times morning afternoon evening night"
    " noon hour hours minute minutes shift yet once twice again later monday tuesday wednesday thursday friday"
    " saturday sunday kind whatsoever all neither nor nobody nothing none anything anybody anyone somebody someone ever"
    " fact"
)
_TITLES = lexicon.vocabulary("mr mrs ms miss dr prof sir lady lord sister nurse captain father brother")
_ORDINALS = lexicon.stems("first second third fourth fifth last next other another")
_OWN, _US = lexicon.vocabulary("i me my myself"), lexicon.vocabulary("we us our ourselves")
_THIRD = lexicon.vocabulary("he him she her they them it")
_CLAUSES = re.compile(
    r"[;:]\s+|[.!?]\s+(?=[A-Z])|,?\s+\b(?:but|whereas|while|although|though|because|since|when|after|before|until|who"
    r"|which|so that|and that)\b|,\s+|\band (?=(?:I|he|she|it|they|we|nobody|no one|the|[A-Z]\w+)\b)"
)
_WORD = re.compile(r"[^\W_]+(?:[-'’./][^\W_]+)*")


@dataclass(frozen=True)
class Person:
    """Somebody in a clause: the words of a ``name``, or the stem of a ``noun``; neither where it is not said who.
    ``anybody`` is denied of all ("nobody told me"), ``several`` are more than the speaker ("we")."""

    name: frozenset[str] = frozenset()
    noun: str = ""
    anybody: bool = False
    several: bool = False

    @property
    def known(self) -> bool:
        """Whether it is said who it is."""
        return bool(self.name or self.noun)


@dataclass(frozen=True)
class Act:
    """What a clause says was done, or not done if ``denied``: the ``verb`` in its dictionary forms, of which ``kinds``
    it is, by whom and to whom, and the stems of the words for what it was done with. ``by_saying`` is done by the
    sentence itself: "This is notice that"."""

    verb: frozenset[str]
    kinds: frozenset[str]
    denied: bool
    thing: frozenset[str]
    giver: Person = field(default_factory=Person)
    receiver: Person = field(default_factory=Person)
    by_saying: bool = False


def noticed(text: str) -> str | None:
    """What a sentence gives notice of by saying so; ``None`` where it gives none.

    Example:
        >>> noticed("This is notice under clause 4 that the roof leaks."), noticed("The notice says that it leaks.")
        ('that the roof leaks.', None)
    """
    match = _GIVES_NOTICE.match(" ".join(text.replace("’", "'").split()))
    return _OF_CLAUSE.sub("", match["about"]).strip() if match else None


_GIVES_NOTICE = re.compile(
    r"(?:(?:Dear [^,]{1,40}|[A-Z][a-z]+), )?(?:(?:"
    r"this(?: (?:letter|mail|e-?mail|message|note|document))?(?: (?:is|constitutes|serves as|is to serve as))"
    r"(?: (?:our|my|a|an|the|due|formal|written|official|final|advance|hereby))* (?:notice|notification)"
    r"|(?:please |kindly |you may )?(?:take|treat|accept|regard|consider|read)"
    r" this(?: (?:letter|mail|e-?mail|message|note))? (?:as|to be)"
    r"(?: (?:our|my|a|an|the|due|formal|written|official|final|advance))* (?:notice|notification)"
    r"|(?:I|we)(?: (?:do|must|formally))? hereby(?: formally)? (?:notify|inform|advise|warn)"
    r"(?! (?:him|her|them)\b)(?: you)?"
    r"|(?:I|we)(?: (?:do|must|formally))? hereby(?: formally)? (?:give|serve)(?: you)?(?: (?:formal|written|due))?"
    r" (?:notice|notification)"
    r"|(?:I am|we are) writing to (?:notify|inform|give notice to|give) you(?: (?:formal |written )?notice)?"
    r"|you are hereby (?:formally )?(?:notified|informed|given notice|warned)"
    r"|notice is hereby given)\b(?! (?:period|board|boards)\b)"
    r"|(?:please |kindly )?(?:be (?:advised|informed|notified)|take notice)(?= that\b))(?P<about>.*)",
    re.IGNORECASE | re.DOTALL,
)
_OF_CLAUSE = re.compile(
    r"\b(?:under|pursuant to|in accordance with|as required by) (?:the )?(?:clauses?|sections?|articles?|paragraphs?"
    r"|terms?|rules?)(?: \d[\w.()]*)?(?: of (?:the|our|your) \w+)?,?",
    re.IGNORECASE,
)


def deny(one: Said, other: Said, question: str = "") -> bool:
    """Whether one of two sentences denies what the other says was done, where it has to do with the question.

    Example:
        >>> given = Said("We gave you notice of the sale on 3 May.", speaker="Ann Orr")
        >>> deny(given, Said("I received no notice of the sale.", speaker="Ben Tek"), "Was notice of the sale given?")
        True
        >>> deny(given, Said("I received no notice of the audit.", speaker="Ben Tek"))
        False
    """
    if not (one.states and other.states) or one.cells or other.cells:
        return False
    if not all(identify(identifiers(question), said.identifiers, said.title) for said in (one, other)):
        return False
    if one.identifiers and other.identifiers and not one.identifiers & other.identifiers:
        return False
    if not periods_agree(one, other) or at_other_times(one, other):
        return False
    asked = set(lexicon.content_words(question))
    return any(
        _same_act(denial, act, said, stating) and (not asked or bool(asked & {*said.words, *stating.words}))
        for said, stating in ((one, other), (other, one))
        if not done_after(stating, said)
        for denial in _acts(said)
        for act in _acts(stating)
        if denial.denied and not act.denied
    )


@lru_cache(maxsize=4096)
def converse(word: str, verb: str) -> bool:
    """Whether two verbs say one act from its two ends.

    Example:
        >>> converse("received", "given"), converse("bought", "sold"), converse("bought", "given")
        (True, True, False)
    """
    one, other = (wordnet.lemmas(each) - _LOOSE for each in (word, verb))
    return any(
        bool(one & given and other & received) or bool(one & received and other & given)
        for given, received in _TRANSFERS.values()
    )


_LOOSE = _PERCEIVED | lexicon.vocabulary("have accept call present pass")
"""Verbs that say many other acts, too, so that they are not taken for the other end of one without its people."""


def to_others(one: Said, other: Said) -> bool:
    """Whether two sentences say and deny an act that was done to two different people: "We told Ann", "Nobody told
    Ben"."""
    return any(
        bool(mine.receiver.name and theirs.receiver.name)
        and "?" not in mine.receiver.name | theirs.receiver.name
        and not mine.receiver.name & theirs.receiver.name
        and not (mine.receiver.several or theirs.receiver.several)
        for mine in _acts(one)
        for theirs in _acts(other)
        if mine.kinds & theirs.kinds and mine.denied != theirs.denied
    )


def notice_apart(given: Said, denial: Said) -> bool:
    """Whether a sentence gives notice by saying so, but after the day of the one that denies that any was received, or
    to others by name and by the domain of their addresses."""
    if noticed(given.said_plainly) is None:
        return False
    if given.date and denial.date and given.date[:10] > denial.date[:10]:
        return True
    own, to = denial.sender_domains, given.recipient_domains
    names = set(re.findall(r"[^\W_]+", (denial.speaker or "").lower()))
    return bool(own and to) and not own & to and not names & given.recipient


def done_after(stating: Said, denial: Said) -> bool:
    """Whether a sentence gives a day for what was done after the day of the document in which another denies it."""
    if not denial.date:
        return False
    year = int(stating.date[:4]) if stating.date and stating.date[:4].isdigit() else None
    done = [
        f"{day.year or year}-{day.month:02}-{day.day:02}"
        for day in values(stating.plain).days
        if (day.year or year) and day.month and day.day
    ]
    return max(done, default="") > denial.date[:10]


def _same_act(denial: Act, act: Act, said: Said, stating: Said) -> bool:
    same_verb = bool(denial.kinds & act.kinds) if denial.kinds and act.kinds else _verbs_agree(denial.verb, act.verb)
    if not same_verb or denial.thing & _ORDINALS != act.thing & _ORDINALS:
        return False
    if (denial.verb | act.verb) & _PERCEIVED and not (denial.receiver.known and act.receiver.known):
        return False
    if act.verb & _SAYING and not act.thing & _NOTICE and denial.receiver.known and not act.receiver.known:
        return False  # "The chair reported that the seal was split": to whom?
    if act.by_saying and said.date and stating.date and stating.date[:10] > said.date[:10]:
        return False  # given after it was denied
    of_giver = _same_giver(denial.giver, act.giver)
    if not of_giver or not _same_receiver(denial.receiver, act.receiver, said, stating):
        return False
    of_both = bool(denial.giver.name & act.giver.name or denial.receiver.name & act.receiver.name)
    same_nouns = bool(denial.giver.noun and denial.giver.noun == act.giver.noun)
    if "pay" in denial.kinds & act.kinds and (of_both or same_nouns) and denial.thing and denial.thing <= _MONEY:
        return True  # "no money from the charterers": of whatever they are said to have paid
    if not denial.thing:
        return of_both and bool(_stems(_WORD.findall(said.before)) & act.thing)
    held = {other for stem in act.thing for other in (stem, *lexicon.SYNONYMS.get(stem, ()))}
    held |= {stem for one in (act.giver, act.receiver) for stem in (one.noun, *map(lexicon.stem, one.name))}
    if held & _NOTICE or "tell" in act.kinds & denial.kinds:
        held |= _NOTICE
    if "pay" in act.kinds & denial.kinds:
        held |= _MONEY
    if not any(_held(stem, held) for stem in denial.thing - _NOTICE - _MONEY) and len(denial.thing) > 1:
        return False
    return sum(_held(stem, held) for stem in denial.thing) >= MIN_COVERED * len(denial.thing)


def _held(stem: str, held: set[str]) -> bool:
    return stem in held or any(root(stem) == root(other) for other in held)


@lru_cache(maxsize=4096)
def _verbs_agree(mine: frozenset[str], theirs: frozenset[str]) -> bool:
    """Whether two verbs are one, or WordNet has them in one sense."""
    return bool(mine & theirs) or any(wordnet.relation(one, other) == "synonym" for one in mine for other in theirs)


def _same_giver(denied: Person, said: Person) -> bool:
    """Whether whoever a denial is about is said to have done it: what one did not do another may have done."""
    if denied.anybody or not denied.known:
        return True
    return bool(denied.name & said.name) or bool(denied.noun and denied.noun == said.noun)


def _same_receiver(denied: Person, said: Person, denial: Said, stating: Said) -> bool:
    """Whether it may have been done to whoever a denial is about."""
    if denied.anybody or not denied.known or not said.known:
        return True
    if denied.name & said.name or (denied.noun and denied.noun == said.noun):
        return True
    if _of_one_firm(denied, said, denial, stating):
        return True
    return any(
        bool(person.name and noun) and (person.several or _is_role(noun, text))
        for person, noun, text in ((denied, said.noun, denial), (said, denied.noun, stating))
    )


def _of_one_firm(denied: Person, said: Person, denial: Said, stating: Said) -> bool:
    """Whether whoever a denial is about is the firm to which it was done, by the domains of the mails' addresses: "we"
    of a firm to whose service desk the mail went."""
    own = denial.sender_domains if denied.several else frozenset()
    to_firm = stating.recipient_domains if said.name and said.name == stating.recipient else frozenset()
    return bool(own & to_firm) or any(
        domain.startswith(name)
        for names, domains in ((denied.name, to_firm), (said.name, own))
        for name in names
        for domain in domains
        if len(name) > 3
    )


def _is_role(noun: str, said: Said) -> bool:
    """Whether what stands before a sentence in its document may say what its speaker is: "I, Ann Orr, surveyor"."""
    return noun in lexicon.content_words(f"{said.title} {said.context}")


# The acts of a sentence -----------------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def _acts(said: Said) -> tuple[Act, ...]:
    text = said.said_plainly.replace("’", "'")
    stated = tuple(act for clause in _CLAUSES.split(text) if clause for act in _act_of(clause, said))
    about = noticed(text)
    if about is None:
        return stated
    verb, kinds = lexicon.vocabulary("give notify"), frozenset({"give", "tell"})
    thing = frozenset(_stems(_WORD.findall(about)) | lexicon.stems("notice"))
    own = _pronoun(said, "i")
    return (Act(verb, kinds, False, thing, own, Person(said.recipient), by_saying=True), *stated)


def _act_of(clause: str, said: Said) -> Iterator[Act]:
    """The act that a clause's first verb says; nothing where it has none, or says that it may be or is to be."""
    tokens = [part for word in _WORD.findall(clause.replace("no one", "noone").replace("No one", "noone"))
              for part in ([word[:-3], "not"] if word.endswith("n't") and len(word) > 3 else [word])]  # fmt: skip
    low = [token.lower() for token in tokens]
    at = next((place for place in range(len(tokens)) if _is_verb(tokens, low, place)), None)
    if at is None or _NOT_DONE & {token.lower() for token in tokens if token != "May"}:
        return
    undone = 0
    while _UNDONE.match(low[at]) and low[at + 1 : at + 2] == ["to"] and at + 2 < len(low):
        undone, at = undone + 1, at + 2
    start = at - 2 * undone
    while start and (low[start - 1] in _BETWEEN | _NEGATIONS - _NOBODY or low[start - 1].endswith("ly")):
        start -= 1
    between = set(low[start : at - 2 * undone])
    if low[start - 1 : start] == ["to"]:
        return  # "is to be paid"
    nobody = bool(_NOBODY & set(low[:start])) or low[:1] == ["no"] or bool(between & {"no"})
    negations = undone + bool(between & {"not", "never"}) + nobody
    negations += not negations and bool((_NEGATIONS - {"not", "never"}) & set(low[at + 1 :]))
    if low[at] in _HAVE and not negations:
        return
    passive = bool(between & _BE) and not low[at].endswith("ing")
    yield _act(said, tokens[:start], low[at], tokens[at + 1 :], passive=passive, denied=negations % 2 == 1)


def _is_verb(tokens: Sequence[str], low: Sequence[str], at: int) -> bool:
    """Whether the word at a place is a verb that says what was done: in the past, or behind "did", "have" or "not"."""
    word, before = low[at], low[at - 1] if at else ""
    if word in _BE | _DO or not tokens[at].islower() or before in _DETERMINERS | _PREPOSITIONS or not at:
        return False
    if word in _HAVE:
        return low[at + 1 : at + 2] == ["no"] or (before in ("not", "never") and _HAVE & {*low[:at]} == set())
    if not wordnet.is_verb(word) or word in lexicon.STOPWORDS - _GIVING - _RECEIVING - {"told", "gave", "given", "got"}:
        return False
    leading = next((one for one in reversed(low[:at]) if one not in ("not", "never") and not one.endswith("ly")), "")
    if leading in _DO:
        return True
    return (word not in wordnet.lemmas(word) or len(wordnet.lemmas(word)) > 1 or word in _UNCHANGED) and not (
        word.endswith("s") or (word.endswith("ing") and leading not in _BE)
    )


def _act(said: Said, subject: Sequence[str], verb: str, after: Sequence[str], *, passive: bool, denied: bool) -> Act:
    lemmas = wordnet.lemmas(verb)
    thing = _stems([*subject, *after])
    gives, receives = bool(lemmas & _GIVING), bool(lemmas & _RECEIVING)
    kinds = {kind for kind, sides in _TRANSFERS.items() if lemmas & (sides[0] | sides[1])}
    if lemmas & _PERCEIVED and not {"of", "about", "from"} & {word.lower() for word in after}:
        kinds.discard("tell")  # "heard the alarm"
        kinds.discard("teach")
    if kinds & {"give"} and thing & _COMMUNICATION:
        kinds.add("tell")
    persons = {word: _after(said, after, word) for word in ("to", "from", "by")}
    if gives or not receives:
        agent, other = persons["by"] if passive else _person(said, subject), persons["to"] or persons["from"]
        if passive and (kinds & _TO_PEOPLE or _is_person(subject)) and gives:
            other = _person(said, subject)
        elif not passive and gives:
            other = _directly(said, after) or other
        giver, receiver = agent, other
    else:
        giver, receiver = persons["from"], persons["by"] if passive else _person(said, subject)
    if not passive and _person(said, subject) == Person(anybody=True):
        thing = _stems(after)  # "no one from the firm"
    if _THIRD & {word.lower() for word in after} or (passive and _THIRD & {word.lower() for word in subject}):
        thing |= _stems(_WORD.findall(said.before))
    people = [one for one in (giver, receiver) if one is not None]
    nouns = {one.noun for one in people} | {lexicon.stem(word) for one in people for word in one.name}
    return Act(lemmas, frozenset(kinds), denied, frozenset(thing - nouns), giver or Person(), receiver or Person())


def _stems(words: Sequence[str]) -> set[str]:
    """The stems of the words that say what a clause is about: no numbers, times, titles or adverbs."""
    plain = [
        word for word in words
        if word.lower() not in _TIMES | _TITLES | _NOBODY and not word.lower().endswith("ly") and not word[0].isdigit()
        and word.lower() not in lexicon.NUMBER_WORDS
    ]  # fmt: skip
    return set(lexicon.content_words(" ".join(plain)))


def _after(said: Said, words: Sequence[str], preposition: str) -> Person | None:
    """Who stands behind a preposition."""
    for at, word in enumerate(words[:-1]):
        if word.lower() == preposition:
            found = _first(said, words[at + 1 :])
            if found is not None:
                return found
    return None


def _directly(said: Said, words: Sequence[str]) -> Person | None:
    """Who stands right behind a verb: "told the widow", "sent Ilse a letter", and not "sold them", nor "reported that
    the inspector", which begins what is said."""
    if words and words[0].lower() in ("that", "how", "why"):
        return None
    if words and words[0].lower() == "them" and not {*words[1:2]} & (_DETERMINERS | {"of", "about", "that"}):
        return None
    return _first(said, words)


def _first(said: Said, words: Sequence[str]) -> Person | None:
    """Who the words begin with: a pronoun, a name, or a noun for people behind an article."""
    phrase = list(words[:5])
    while phrase and phrase[0].lower() in _TITLES | _DETERMINERS - {"his", "her", "no"}:
        phrase = phrase[1:]
    if not phrase:
        return None
    low = phrase[0].lower()
    if low in _NOBODY | {"anybody", "anyone"}:
        return Person(anybody=True)
    if low in _OWN | _US | {"you"} | _THIRD:
        return None if low == "it" else _pronoun(said, low)
    named = []
    for word in phrase:
        if not word[0].isupper() or word.lower() in MONTHS or word.isupper():
            break
        named.append(re.sub(r"'s$", "", word.lower()))
    if named:
        return Person(frozenset(named))
    behind = len(words) > len(phrase) or words[0].lower() in _DETERMINERS
    noun = next((word.lower() for word in phrase[:3] if wordnet.is_person(word.lower())), None)
    return Person(noun=lexicon.stem(noun)) if noun and behind else None


def _person(said: Said, words: Sequence[str]) -> Person | None:
    """Who a subject is."""
    low = {word.lower() for word in words}
    if low & _NOBODY or (words and words[0].lower() == "no"):
        return Person(anybody=True)
    for word in words:
        if word.lower() in _OWN - {"my"} | _US - {"our"} | {"you"} | _THIRD:
            return _pronoun(said, word.lower())
    found = next((one for at in range(len(words)) if (one := _first(said, words[at:])) is not None), None)
    if found is not None:
        return found
    nouns = [word.lower() for word in words if word.lower() not in _DETERMINERS and wordnet.is_noun(word.lower())]
    return Person(noun=lexicon.stem(nouns[-1])) if nouns else None


def _is_person(words: Sequence[str]) -> bool:
    return any(
        word.lower() in _OWN | _US | {"you"} | _THIRD - {"it"} or wordnet.is_person(word.lower()) for word in words
    ) or any(word[0].isupper() for word in words[1:])


def _pronoun(said: Said, word: str) -> Person:
    """Who a pronoun stands for: the speaker, the recipient, or the last who is named before."""
    own = frozenset(re.findall(r"[^\W_]+", (said.speaker or "").lower())) - _TITLES
    if word in _OWN | _US:
        return Person(own or frozenset({"?"}), several=word in _US)
    if word == "you":
        return Person(said.recipient)
    named = list(lexicon.names(said.before))
    return Person(frozenset(named[-1:]) or frozenset({"?"}))
