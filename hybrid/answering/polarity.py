"""What a sentence answers to a yes-or-no question: "yes", "no", or neither.

The pairs that `hybrid.answering.verification.disagreement` compares must be alike in words. Those who disagree about
what happened seldom are: "He was at the depot on Monday and signed the book" is denied by "I was not there". So here
each sentence is put to the question by itself: it answers if it says or denies the question's predicate, of the same
people and things, on the same day. What is only planned, supposed, asked or reported answers nothing.
`hybrid.answering.contradictions` compares the answers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from hybrid.answering import acts
from hybrid.answering.enumeration_terms import root
from hybrid.answering.verification.disagreement import (
    OPPOSITE,
    SAME_MINUTES,
    Said,
    any_day,
    any_day_given,
    days_agree,
    identifiers,
    identify,
    of_another,
)
from hybrid.text import lexicon, wordnet
from hybrid.text.values import MONTHS

Stance = Literal["yes", "no"]

MIN_COVERED = 0.6
"""Share of the question's words, its predicate's among them, that a sentence and what it refers back to must hold."""
_REACH = 4
"""Words between a negation and the verb that it denies: "has not yet in fact been paid"."""
_AUX = re.compile(
    r"^(?:(?:so|and|but|is it true that|is it correct that)\b,?\s*)?"
    r"(?:(?:when|why|where|how(?: often| long)?|at what time|on what (?:date|day)|on which (?:date|day))\s+)?"
    r"(?P<aux>did|does|do|was|were|is|are|has|have|had)(?P<n>n['’]t)?\s+(?P<rest>.+)$",
    re.IGNORECASE | re.DOTALL,
)
_ANY = lexicon.vocabulary(
    """
    yet somebody everybody anybody actually already not everyone any anyone someone there really ever
    """
)
_SPOKEN = lexicon.vocabulary("tell show found find get gave say said give told given shown")
_DETERMINERS = lexicon.vocabulary(
    """
    a an the his her its their my our your this that these those all both any no each
    """
)
_PREPOSITIONS = lexicon.vocabulary(
    """
    at in on to from with by for about into onto over under near before after during until since between against
    through within as when while if because outside inside beside behind
    """
)
_BE = lexicon.vocabulary("was were is are am be been being wasn't weren't isn't aren't")
_NEGATION = lexicon.vocabulary("not never n't no nobody none neither nor nothing without cannot hardly")
_UNDONE = re.compile(r"(?:fail|refus|declin|den[yi]|omit|neglect|forg[eo]t)\w*$")
_NOT_SO = lexicon.vocabulary(
    """
    would could should might may will shall must can if unless whether until please maybe perhaps likely unlikely
    planned intended expected due supposed suggested proposed asked wanted hoped
    """
)
_PRESENCE = lexicon.vocabulary(
    """
    attend attended visit visited come came arrive arrived go went reach reached enter entered present seen saw see
    walked stood stayed met
    """
)
_SEEN = lexicon.vocabulary("seen saw see met meet noticed notice")
_AWAY = lexicon.vocabulary("absent away elsewhere nowhere")
_SOUND = frozenset({"sounded", "sound", "sounds", "rang", "ring", "rung", "rings"})
_ATTENDING = {
    "sounded": _SOUND,
    "sound": _SOUND,
    "ring": _SOUND,
    "rang": _SOUND,
    "attend": frozenset({"present"}),
    "attended": frozenset({"present"}),
    "come": frozenset({"arrived"}),
}
_NOT_ATTENDING = {"attend": frozenset({"absent", "missed"}), "attended": frozenset({"absent", "missed"})}
_TIMES = lexicon.vocabulary(
    """
    today yesterday tomorrow night morning afternoon evening time times day week month once twice again minutes
    hours days weeks either anything something nothing
    """
)
_PERSONAL = re.compile(r"\b(?:he|she|him|her|they|them|me|us|you|i|we|it)\b", re.IGNORECASE)
_CLAUSES = re.compile(
    r"[;:.!?]\s+|,?\s+\b(?:but|whereas|while|although|though|because|since)\b|,\s+(?:and|so|who|which)\b"
    r"|\band (?=(?:i|he|she|it|they|we|nobody|no one|everybody|the)\b)",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_]+(?:[-'’./][^\W_]+)*")
_TITLES = lexicon.vocabulary("mr mrs ms miss dr prof sir lord lady sister nurse captain councillor")
_WITNESSED = lexicon.vocabulary(
    """
    saw see seen watched heard hear noticed notice remember remembered recall recalled witnessed
    """
)


@dataclass(frozen=True)
class Asked:
    """A yes-or-no question. ``predicate`` are the words that must all be said, the verb last; of a question where
    somebody was (``copular``) the place, or what somebody or something is. ``words`` are all its content words but
    names, ``names`` its names, each of one or more words, ``text`` the question. ``moment`` are the words of a clause
    that says when ("when the vessel sailed"), and ``of_occasion`` whether its day is a thing's ("the delivery of 12
    July") and not that of what was done. ``subject`` are the words of the thing whose place is asked for."""

    text: str
    predicate: tuple[str, ...]
    words: tuple[str, ...]
    names: tuple[tuple[str, ...], ...]
    copular: bool
    placed: bool = False
    passive: bool = False
    moment: tuple[str, ...] = ()
    of_occasion: bool = False
    subject: tuple[str, ...] = ()


@lru_cache(maxsize=256)
def read(question: str) -> Asked | None:
    """The parts of a yes-or-no question, or of one that takes such a question's "yes" for granted ("When was it
    paid?"); ``None`` for another question.

    Example:
        >>> asked = read("Was the deposit for Carrow Barn paid?")
        >>> asked.predicate, asked.names
        (('paid',), (('carrow', 'barn'),))
    """
    match = _AUX.match(with_sounding(" ".join(question.split()).rstrip(" ?.!")))
    if match is None:
        return None
    main, moment_clause = match["rest"], ""
    if _WHEN.search(main):
        main, moment_clause = _WHEN.split(main, maxsplit=1)
    found = _parts(match["aux"].lower(), main) or _parts(match["aux"].lower(), match["rest"])
    if found is None:
        return None
    tokens, predicate, copular, placed = found
    names = _names(tokens)
    named = {part for name in names for part in name}
    words, moment, aux = _content(main, named), _content(moment_clause, named), match["aux"].lower()
    if not (words or names):
        return None
    passive = not copular and (aux in ("was", "were", "is", "are") or "been" in map(str.lower, tokens))
    of_occasion = _OCCASION.search(question) is not None and predicate[-1] not in _STATES
    subject = _content(main[: main.lower().find(f" {predicate[-1]}")], named) if placed else ()
    return Asked(question, predicate, words, names, copular, placed, passive, moment, of_occasion, subject)


def changes(asked: Asked) -> bool:
    """Whether a question asks how or where something is, which may be otherwise at another time: open, in the yard."""
    return asked.copular or asked.predicate[-1] in _REVERSIBLE


_REVERSIBLE = lexicon.vocabulary(
    """
    open opened close closed shut locked unlocked wet dry full filled empty emptied lit unlit switched turned running
    stopped working connected disconnected blocked unblocked cleaned covered uncovered attached detached loaded
    unloaded occupied parked moored staffed manned guarded raised lowered isolated plugged unplugged sealed
    """
)


def _parts(aux: str, rest: str) -> tuple[list[str], tuple[str, ...], bool, bool] | None:
    """The words of a question after its auxiliary, its predicate, and whether that is what something is, or where."""
    tokens = _WORD.findall(rest)
    named = {part for name in _names(tokens) for part in name}
    if aux in ("did", "does", "do"):
        predicate, copular, placed = _active(tokens, named), False, False
    else:
        predicate, copular, placed = _of_be(tokens, named)
    return (tokens, predicate, copular, placed) if predicate else None


_WHEN = re.compile(r"\s(?:when|while)\s")
_OCCASION = re.compile(r"\b(?:the|his|her|their|its|that) (?:\w+ ){1,3}(?:of|dated|on) (?:\d|[A-Z][a-z]+ \d)")
_SOUNDING = re.compile(r"\b(?:go|goes|went|gone|going) off\b", re.IGNORECASE)


def with_sounding(text: str) -> str:
    """The text with "went off" in one word: of an alarm, a bell, a siren."""
    return _SOUNDING.sub("sounded", text)


def _content(text: str, named: set[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(t.lower() for t in _WORD.findall(text) if _is_content(t) and t.lower() not in named))


def _is_content(token: str) -> bool:
    low = token.lower()
    if low in _ANY or low in MONTHS or not token[0].isalpha() or len(low) < 2 or low in lexicon.NUMBER_WORDS:
        return False
    return (low not in lexicon.STOPWORDS or low in _SPOKEN) and low not in _TITLES


def _names(tokens: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    found: list[list[str]] = [[]]
    for token in tokens:
        plain = re.sub(r"['’]s$", "", token)
        if token[0].isupper() and token.lower() not in MONTHS and plain.replace("-", "").isalpha():
            if plain.lower() not in _TITLES and plain.lower() not in lexicon.STOPWORDS and len(plain) > 1:
                found[-1].append(plain.lower())
            continue
        found.append([])
    return tuple(tuple(run) for run in found if run)


def _active(tokens: Sequence[str], named: set[str]) -> tuple[str, ...]:
    """The verbs before the first preposition or object: of "did the fire alarm ring on" "alarm" and "ring", of which
    the sentence must hold both."""
    verbs: list[str] = []
    before = ""
    for token in tokens:
        low = token.lower()
        stops = low in _PREPOSITIONS or (low in _DETERMINERS and before != "of")
        if stops and verbs:
            break
        is_noun = before in _DETERMINERS or not _is_content(token) or low in named
        if not is_noun and wordnet.is_verb(low):
            verbs.append(low)
        before = low
    return tuple(verbs)


def _of_be(tokens: Sequence[str], named: set[str]) -> tuple[tuple[str, ...], bool, bool]:
    """The participle, or what something is or where; whether it is the latter, and whether it is a place."""
    low = [token.lower() for token in tokens]
    start = low.index("been") + 1 if "been" in low else 0
    for at in range(start, len(low)):
        before = low[at - 1] if at else ""
        content = _is_content(tokens[at]) and low[at] not in named
        if content and before not in _DETERMINERS and _is_participle(low[at]):
            return (low[at],), False, False
    state = next((at for at in range(2, len(low)) if _is_state(low, at)), None)
    if state is not None:
        return (low[state],), True, False  # "Were the rails up at nine?"
    content_at = [at for at, token in enumerate(tokens) if _is_content(token) and low[at] not in named]
    first_named = next((at for at, word in enumerate(low) if word in named or _is_content(tokens[at])), None)
    if first_named is None:
        return (), True, False
    place = next((at for at in range(first_named + 1, len(low)) if low[at] in _PREPOSITIONS), None)
    between = [at for at in content_at if first_named < at and (place is None or at < place)]
    after = [at for at in content_at if place is not None and at > place]
    subject_named = low[first_named] in named
    if place is not None and not subject_named and _ends_subject(low[first_named:place]):
        between = []  # "the spare pump in the yard"
    if place is not None and after and not between:
        return (low[after[0]],), True, True
    if between:
        return (low[between[-1]],), True, False
    return (), True, False


_STATES = lexicon.vocabulary("up down on off out in over")
_AFTER_STATE = lexicon.vocabulary("at on when while all during throughout and by then again already yet before after")


def _is_state(words: Sequence[str], at: int) -> bool:
    """Whether a particle says how something is ("the lamp was on"), and is no preposition ("on Monday")."""
    following = words[at + 1] if at + 1 < len(words) else ""
    return words[at] in _STATES and (not following or (following in _AFTER_STATE and following != words[at]))


def _ends_subject(words: Sequence[str]) -> bool:
    """Whether the words up to a place only name the subject, and do not say how it is: "spare pump", "pump dry"."""
    return not _DETERMINERS & set(words) and not wordnet.is_adjective(words[-1]) and not words[-1].endswith("ly")


def _is_participle(word: str) -> bool:
    ends = re.search(r"(?:ed|en|wn|ght|ld|id|nt|ut|pt|st|ft|lt|ung|orn|de|ne|ing)$", word) is not None
    return ends and wordnet.is_verb(word) and (word not in wordnet.lemmas(word) or len(wordnet.lemmas(word)) > 1)


# What a sentence says -------------------------------------------------------------------------------------------------


def names_predicate(asked: Asked, text: str) -> bool:
    """Whether a text holds the word that the question asks about."""
    return any(_means(word, asked.predicate[-1]) for word in _split(with_sounding(text)))


def may_answer(asked: Asked, text: str) -> bool:
    """Whether a sentence may answer at all, by some word of the question or a pronoun in it: cheap, for many."""
    held = set(_split(with_sounding(text)))
    if asked.placed and asked.subject and _holds_all(asked.subject, text):
        return True  # at a place that the sentence before may name
    main = asked.predicate[-1]
    if _asks_for_notice(asked) and acts.noticed(text) is not None:
        return True
    return bool(held & _POINTING) or any(
        _means(one, main) or _opposed(one, main) or (asked.passive and acts.converse(one, main)) for one in held
    )


_POINTING = lexicon.vocabulary("there")


def stance(asked: Asked, said: Said) -> Stance | None:
    """What a sentence answers to a question.

    Example:
        >>> stance(read("Did the alarm ring?"), Said("It did not ring.", before="I heard no alarm."))
        'no'
    """
    if not said.states:
        return None
    if said.cells:
        return _of_row(asked, said)
    if _is_notice(asked, said):
        return "yes"
    text = with_sounding(said.said_plainly.replace("’", "'"))
    if said.client:
        text = _OUR_CLIENT.sub(said.client, text)
    around = f"{said.before} {text}" if said.refers or _OBJECT.search(text) else text
    if said.before and not any_day_given(text) and not days_agree(asked.text, said.dated_by):
        return None  # "On 3 May I passed the mill. The gate was open."
    if asked.placed and (seen := _seen_there(asked, said, text)) is not None:
        return seen
    if not (_is_of_the_day(asked, said, around) and _is_of_the_things(asked, said, around)):
        return None
    if not _is_of_the_moment(asked, said, around):
        return None
    about = f"{said.before} {text}" if _of_what_was_passed(asked, said, text) else around
    if not _names_agree(asked, said, text, around) or not _covers(asked, about):
        return None
    found: Stance | None = None
    for clause in _CLAUSES.split(text):
        if of_another(identifiers(asked.text), identifiers(clause)):
            continue  # "P-207 was paid, but P-206 was not"
        words = _split(_MONTH_MAY.sub("", clause))
        one = _copular(asked, words, around) if asked.copular else _verbal(asked, words, around)
        if one is not None and (_acts_itself(asked, words, one) or not _first_person_of_other(asked, said, words)):
            if found is not None and found != one:
                return None
            found = one
    return found


def _asks_for_notice(asked: Asked) -> bool:
    """Whether a question asks whether notice of something was given, by a verb or a noun."""
    verbs = {lemma for word in asked.predicate for lemma in wordnet.lemmas(word)}
    return bool(verbs & _NOTIFYING) or bool(verbs & _GIVING and _NOTICE & {*asked.words})


_NOTIFYING = lexicon.vocabulary("notify inform tell warn advise alert")
_GIVING = lexicon.vocabulary("give receive get serve send have")
_NOTICE = lexicon.vocabulary("notice notification warning notices")


def _is_notice(asked: Asked, said: Said) -> bool:
    """Whether a sentence gives the notice that a question asks for by saying so: "This is notice that the seal is
    worn"."""
    about = acts.noticed(said.said_plainly) if _asks_for_notice(asked) else None
    if about is None or not (days_agree(asked.text, about) and _is_of_the_things(asked, said, said.plain)):
        return False
    words = [
        word
        for word in asked.words
        if word not in _NOTICE and not wordnet.lemmas(word) & (_NOTIFYING | _GIVING)
    ]  # fmt: skip
    held = _split(about)
    if sum(any(_means(one, word) for one in held) for word in words) < MIN_COVERED * len(words):
        return False
    people = f"{said.plain} {said.speaker or ''} {' '.join(said.recipient | said.recipient_domains)}"
    people += f" {' '.join(said.sender_domains)} {'' if said.recipient else f'{said.title} {said.context}'}"
    parties = _split(people)
    return all(any(one.startswith(part) for one in parties for part in (name[0], name[-1])) for name in asked.names)


def _seen_there(asked: Asked, said: Said, text: str) -> Stance | None:
    """What a sentence says of who was at a place that only the sentence before it names, where its speaker came by: "I
    passed the mill at ten. The cart stood there", "The cart was being loaded", "There was no cart"."""
    before = Said(said.before).plain
    if not _CAME_BY.search(before) or _NOT_SO & set(_split(text)) or names_predicate(asked, text):
        return None
    around = f"{before} {text}"
    things = identifiers(asked.text)
    if _number_behind(asked.predicate[-1], before) not in ("", _number_behind(asked.predicate[-1], asked.text)):
        return None  # "mill 4" is not "mill 3"
    if not (names_predicate(asked, before) and identify(things, identifiers(around), said.title)):
        return None
    if not (days_agree(asked.text, around) and _covers(asked, around)) or not _at_that_minute(asked, around):
        return None
    subject = asked.subject or tuple(part for name in asked.names[:1] for part in name[-1:])
    seen = re.match(
        r"(?:The |A |An |My |His |Her |Their |Our )?(?P<who>(?:[\w'-]+ ){1,4}?)(?:was|were|stood|lay|sat|hung)\b"
        r"(?P<how>.*)",
        text,
    )
    if seen and _holds_all(subject, seen["who"]) and not (_NEGATION | _AWAY) & set(_split(seen["how"])[:2]):
        elsewhere = re.match(
            r"\W*(?:already |still )?(?:in|at|on|inside|outside|behind|under) (?!the (?:rows|way)\b)", seen["how"]
        )
        return "yes" if elsewhere is None else None
    none = re.match(
        r"(?:There (?:was|were) no (?P<who>[\w -]{2,40})|(?:I (?:saw|found|met) no (?P<whom>[\w -]{2,40})))", text
    )
    return "no" if none and _holds_all(subject, none["who"] or none["whom"]) else None


def _of_what_was_passed(asked: Asked, said: Said, text: str) -> bool:
    """Whether a sentence says how something was at the place that only the sentence before it names, where its speaker
    came by: "I looked at pier 2 at nine. The lamp was on"."""
    before = Said(said.before).plain
    if not (asked.copular and _CAME_BY.search(before) and any(_holds_all([word], text) for word in asked.words)):
        return False
    return all(_number_behind(one, before) in ("", _number_behind(one, asked.text)) for one in asked.words)


def _number_behind(word: str, text: str) -> str:
    found = re.search(rf"\b{re.escape(word)} (?:no\.? ?)?(\d+|[A-Z]\b)", text, re.IGNORECASE)
    return found[1] if found and (found[1].isdigit() or found[1].isupper()) else ""


def _holds_all(words: Sequence[str], text: str) -> bool:
    held = _split(text)
    return bool(words) and all(any(_means(one, word) for one in held) for word in words)


def _at_that_minute(asked: Asked, around: str) -> bool:
    """Whether a text may be of the time of the day that a question gives."""
    wanted, given = Said(asked.text).minutes, Said(around).minutes
    return not (wanted and given) or min(abs(one - other) for one in wanted for other in given) <= SAME_MINUTES


_CAME_BY = re.compile(
    r"\b(?:I|we|We) (?:\w+ly |then |later |also )*(?:drove|walked|rode|cycled|ran|went|came|passed|looked|stood|sat|was"
    r"|were|arrived|called|stopped|returned|entered|crossed|visited|inspected|checked|reached|opened|got)\b"
)
"""How a speaker comes to be where what the next sentence says was seen."""
_OBJECT = re.compile(r"\b(?:it|them|they)\b")
_MONTH_MAY = re.compile(r"(?<=\d )May\b|\bMay(?= \d)|(?<=\b(?:in|of|by) )May\b")  # no permission
_EMPTY = frozenset({"", "-", "–", "—", "no", "none", "n/a", "nil", "never", "not yet", "false", "pending"})


def _of_row(asked: Asked, said: Said) -> Stance | None:
    """What a row of a table answers: by a cell below a column that is called as what is asked ("Paid on"), which is
    empty or not, or by a cell that says it ("unpaid")."""
    if asked.copular or not (days_agree(asked.text, said.plain) and _is_of_the_things(asked, said, said.plain)):
        return None
    if not _names_agree(asked, said, said.plain, said.plain) or not _covers(asked, said.plain):
        return None
    verb = asked.predicate[-1]
    for column, cell in said.cells:
        words = _split(cell)
        if any(_opposed(word, verb) for word in words):
            return "no"
        if any(_means(word, verb) for word in words):
            return "no" if _NEGATION & set(words) else "yes"
        if any(_means(word, verb) for word in _split(column)):
            return "no" if cell.lower() in _EMPTY else "yes"
    return None


def _split(clause: str) -> list[str]:
    """The words of a clause in lower case, "didn't" as two."""
    found: list[str] = []
    for word in _WORD.findall(clause):
        low = word.lower()
        found += [low[:-3], "not"] if low.endswith("n't") and len(low) > 3 else ["cannot"] if low == "can't" else [low]
    return [word for word in found if word]


def _alike(one: str, other: str) -> bool:
    return root(one) == root(other) or bool(wordnet.lemmas(one) & wordnet.lemmas(other))


@lru_cache(maxsize=4096)
def _means(one: str, other: str) -> bool:
    """Whether one word of a sentence stands for another of the question."""
    if one == "not" and other != "not":
        return False  # it has the root of "note"
    stems = {lexicon.stem(form) for form in (one, *wordnet.lemmas(one))}  # "ended" is no stem of "end"
    synonyms = frozenset[str]().union(*(lexicon.SYNONYMS.get(stem, ()) for stem in stems))
    return _alike(one, other) or lexicon.stem(other) in synonyms or one in _ATTENDING.get(other, ())


@lru_cache(maxsize=4096)
def _opposed(word: str, verb: str) -> bool:
    """Whether a word denies what a verb or an adjective says: "unpaid" of "paid"."""
    if word.startswith("un") and len(word) > 5 and _alike(word[2:], verb):
        return True
    if word in _NOT_ATTENDING.get(verb, ()) or (verb in ("paid", "pay") and word in ("outstanding", "overdue")):
        return True
    return any(_alike(word, one) for one in _opposites(verb))


@lru_cache(maxsize=256)
def _opposites(verb: str) -> frozenset[str]:
    """The words that deny those that a verb or an adjective is a form of."""
    return frozenset(one for key, others in OPPOSITE.items() if _alike(key, verb) for one in others)


def _verbal(asked: Asked, words: list[str], around: str) -> Stance | None:
    main, *others = reversed(asked.predicate)
    if not all(any(_means(word, other) for word in _split(around)) for other in others):
        return None
    for at, word in enumerate(words):
        opposite = _opposed(word, main)
        if not (opposite or _means(word, main) or (asked.passive and acts.converse(word, main))):
            continue
        reach = words[max(0, at - _REACH - 1) : at]
        if _infinitive(reach) and not any(map(_UNDONE.match, reach)):
            return None
        if _NOT_SO & set(words[:at]):
            return None
        denied = _denied(
            [one for one in reach if _means(one, main) or not any(_means(one, other) for other in asked.words)], main
        )
        if denied is None:
            return None
        if at and words[at - 1] in ("or", "nor") and {"not", "never", "neither"} & set(words[: at - 1]):
            denied = True  # "did not deliver the rails or issue a credit note"
        if words[0] in _NO_SUBJECT and at > _REACH and not _NO_SUBJECT & set(words[1:at]) and "not" not in words[1:at]:
            denied = True  # "no note for the milk of that week has been issued"
        if not opposite and at and words[at - 1] in _DETERMINERS - {"no"} and not any(map(_UNDONE.match, reach)):
            continue  # a noun: "the ring", "the payment"
        if set(words[at + 1 : at + 2]) & {"no", "nothing", "none"} and not denied:
            denied = True
        if not opposite and not _same_object(asked, words[at + 1 :]):
            return None
        if not _same_subject(asked, words[:at], words[at + 1 :]):
            return None
        return "no" if denied != opposite else "yes"
    return None


_NO_SUBJECT = lexicon.vocabulary("no none nothing nobody neither")


def _infinitive(reach: Sequence[str]) -> bool:
    """Whether the words before a verb end in "to", "to be", "to have been"."""
    at = next((at for at in range(len(reach) - 1, -1, -1) if reach[at] not in _BE and reach[at] != "have"), None)
    return at is not None and reach[at] == "to"


def _same_object(asked: Asked, after: Sequence[str]) -> bool:
    """Whether what stands right after the verb is in the question, or nothing does: "did not return my calls" does not
    say that a deposit was not returned."""
    phrase: list[str] = []
    for word in after:
        if word in _PREPOSITIONS or word in _BE or word in ("and", "or", "of", "that", "to", "without", "except"):
            break
        if word[0].isalpha() and word not in lexicon.STOPWORDS and word not in _TIMES and not word.endswith("ly"):
            phrase.append(word)
    about = [word for word in phrase if word not in _TITLES and word not in MONTHS and word not in lexicon.NUMBER_WORDS]
    return not about or any(_is_asked(asked, word) for word in about)


def _same_subject(asked: Asked, before: Sequence[str], after: Sequence[str]) -> bool:
    """Whether who or what stands before the verb is in the question, or is a pronoun. Where the question asks what was
    done to something, anybody may have done it."""
    if asked.passive and (any(_is_asked(asked, word) for word in after) or {"it", "them"} & set(after[:2])):
        return True
    said = [
        word
        for word in before
        if word[0].isalpha() and word not in lexicon.STOPWORDS | _NEGATION | _BE | _TIMES | _TITLES | set(MONTHS)
        and word not in lexicon.NUMBER_WORDS and not word.endswith("ly") and not _UNDONE.match(word)
        and word not in ("nobody", "everybody", "everyone", "anybody")
    ]  # fmt: skip
    return not said or any(_is_asked(asked, word) for word in said)


def _is_asked(asked: Asked, word: str) -> bool:
    named = {part for name in asked.names for part in name}
    return word in named or word in identifiers(asked.text) or any(_means(word, other) for other in asked.words)


def _denied(reach: Sequence[str], main: str) -> bool | None:
    """Whether the words before a verb deny it; ``None`` where they deny another verb, of which it is part."""
    denied = False
    for at in range(len(reach) - 1, -1, -1):
        word = reach[at]
        if word in _NEGATION or _UNDONE.match(word):
            between = [one for one in reach[at + 1 :] if one not in _BE and one not in lexicon.STOPWORDS]
            if any(wordnet.is_verb(one) and not one.endswith("ly") and not _alike(one, main) for one in between):
                return None
            denied = not denied
    return denied


def _copular(asked: Asked, words: list[str], around: str) -> Stance | None:
    (wanted,) = asked.predicate
    if asked.subject and not all(any(_means(word, one) for word in _split(around)) for one in asked.subject):
        return None
    for at, word in enumerate(words):
        opposite = not asked.placed and _opposed(word, wanted)
        there = asked.placed and word == "there"
        if not (opposite or there or _means(word, wanted)) or (wanted in _STATES and not _is_state(words, at)):
            continue
        before = words[:at]
        reach = before[-_REACH - 1 :]
        verb = next((place for place in range(len(reach) - 1, -1, -1) if reach[place] in _BE | _PRESENCE), None)
        if _NOT_SO & set(before):
            return None
        if verb is None:
            return "yes" if asked.placed and not there and _acts_there(asked, words, at) else None
        if there and at + 1 < len(words) and words[at + 1] in _BE:
            continue  # "there was"
        named = {part for name in asked.names for part in name} | _TITLES
        between = [
            one
            for one in reach[verb + 1 :]
            if one not in lexicon.STOPWORDS | _NEGATION | _BE | named and not one.endswith("ly")
        ]
        others = [one for one in between if one not in _AWAY | _PRESENCE]
        if others and not (reach[verb] in _BE and _stands_before(others, wanted)):
            return None
        negations = sum(one in _NEGATION for one in reach[max(0, verb - 2) :])
        if negations and (reach[verb] in _SEEN or any(one in _SEEN for one in between)):
            return None  # who has not seen somebody does not say that they were not there
        away = any(one in _AWAY for one in between)
        return "no" if (negations % 2 == 1) != (away or opposite) else "yes"
    return None


def _acts_there(asked: Asked, words: Sequence[str], at: int) -> bool:
    """Whether somebody of whom is asked does something at the place: "Mr Ode shouted at me in the canteen"."""
    before = [word for word in words[max(0, at - 3) : at] if word not in _DETERMINERS]
    named = {part for name in asked.names[:1] for part in name}
    subject = bool(named & set(words[:3]))
    return subject and before[-1:] in (["in"], ["at"], ["on"]) and not _NEGATION & set(words[:at])


def _stands_before(between: Sequence[str], wanted: str) -> bool:
    """Whether the words between a form of "be" and what is asked for only say more of it: "at the building site"."""
    return len(between) == 1 and not wordnet.is_verb(between[0]) and wanted not in between


# Of whom, of what, when -----------------------------------------------------------------------------------------------


def _covers(asked: Asked, around: str) -> bool:
    if not asked.words:
        return True
    held = set(_split(around))
    main = asked.predicate[-1]
    count = sum(
        any(
            _means(one, word)
            or (word == main and (_opposed(one, word) or (asked.passive and acts.converse(one, word))))
            for one in held
        )
        or (asked.placed and word == main and "there" in held)
        for word in asked.words
    )
    return count >= MIN_COVERED * len(asked.words)


def _is_of_the_day(asked: Asked, said: Said, around: str) -> bool:
    """Whether a sentence is of the day that the question gives; of an occasion with a day ("the delivery of 12 July")
    the day may stand before the sentence, which may give the day of what was done about it."""
    if days_agree(asked.text, around):
        return True
    of_that = any(_is_asked(asked, match["noun"].lower()) for match in _THAT.finditer(around))
    return (asked.of_occasion or of_that) and bool(said.context) and any_day(said.context, asked.text)


_THAT = re.compile(r"\b(?:that|this|the same|the said|those|these) (?P<noun>\w+)", re.IGNORECASE)


def _is_of_the_moment(asked: Asked, said: Said, around: str) -> bool:
    """Whether what the question says of the moment stands in a sentence or shortly before it."""
    if not asked.moment:
        return True
    held = set(_split(with_sounding(f"{said.context[-NEAR:]} {around}")))
    return 2 * sum(any(_means(one, word) for one in held) for word in asked.moment) >= len(asked.moment)


NEAR = 400
"""Characters before a sentence in which the moment is looked for that it is about: three sentences or four."""


def _is_of_the_things(asked: Asked, said: Said, around: str) -> bool:
    """Whether a sentence is about what the question names by an identifier. One that names none of its kind is about
    what the sentence before it names."""
    things, held = identifiers(asked.text), identifiers(around)
    if things and not of_another(things, held):
        held = held | identifiers(Said(said.before).plain)
    return identify(things, held, said.title)


def _names_agree(asked: Asked, said: Said, text: str, around: str) -> bool:
    """Whether the first name of the question is in the sentence, or is who says "I"; the others are there, or a pronoun
    stands for them."""
    if not asked.names:
        return True
    held = set(re.findall(r"[^\W_]+", f"{around} {said.reporter}".lower()))
    speaker = set(re.findall(r"[^\W_]+", (said.speaker or "").lower()))
    first, *rest = asked.names
    own = re.search(r"\b(?:I|me|my|we|our|us)\b", text) is not None and bool(_named_in(first, speaker))
    own = own or (re.search(r"\b[Yy]ou\b", text) is not None and _named_in(first, said.recipient))
    if not (_named_in(first, held) or own):
        return False
    return all(
        _named_in(name, held) or _PERSONAL.search(text) is not None or _named_in(name, _title_words(said))
        for name in rest
    )


_OUR_CLIENT = re.compile(r"\b(?:our|my) clients?\b", re.IGNORECASE)


def _title_words(said: Said) -> set[str]:
    return set(re.findall(r"[^\W_]+", said.title.lower()))


def _named_in(name: tuple[str, ...], held: Iterable[str]) -> bool:
    return bool({name[-1], name[0]} & set(held)) if len(name) < 3 else name[-1] in set(held)


def _acts_itself(asked: Asked, words: Sequence[str], answer: Stance) -> bool:
    """Whether "I" did what a question in the passive asks about, which anybody may have done: "I told Mr Orr"."""
    if not asked.passive or answer != "yes" or "i" not in words:
        return False
    verb = next((at for at, word in enumerate(words) if _means(word, asked.predicate[-1])), 0)
    return words.index("i") < verb and not _BE & set(words[words.index("i") : verb])


def _first_person_of_other(asked: Asked, said: Said, words: Sequence[str]) -> bool:
    """Whether "I" is the subject of the clause and somebody else than the question asks about, who did not witness
    it."""
    if not asked.names or "i" not in words:
        return False
    speaker = set(re.findall(r"[^\W_]+", (said.speaker or "").lower()))
    if not said.speaker:
        return not any(_named_in(name, words) for name in asked.names)
    if _named_in(asked.names[0], speaker):
        return False
    subject = words.index("i")
    named = [at for at, word in enumerate(words) if word in {part for name in asked.names for part in name}]
    return not (named and (min(named) < subject or bool(_WITNESSED & set(words[subject : min(named)]))))
