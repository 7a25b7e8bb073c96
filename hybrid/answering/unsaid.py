"""What the quotes of an answer leave unsaid: a caution stands where none of them has a word, a value, a time or a name
for what is asked.

Each rule reads one kind of question and says nothing of others; docs/answers.md has what they cost and bring.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from hybrid.answering import absent_things, abstention
from hybrid.answering.enumeration_terms import root, rooted
from hybrid.answering.evidence import Encoder, Sentence
from hybrid.answering.quoted import is_time
from hybrid.answering.selection import asked_values, boilerplate, document_header, features
from hybrid.answering.selection.asked_values import AskedValue
from hybrid.text import lexicon, wordnet
from hybrid.text.values import MONTHS


def reason(
    question: str,
    quotes: Sequence[tuple[str, str]],
    further: Sequence[Sentence],
    found: Sequence[str],
    encoder: Encoder,
    *,
    lookup: bool,
) -> str:
    """Why what is quoted leaves a question open, as a note says it; empty where it has a word for what is asked, and
    the value, the time or the name of it.

    Args:
        question: what is asked.
        quotes: each with what stands beside it: who says it, in which document.
        further: sentences of passages. Of them only those that speak of what is asked, alone or with the next one, give
            a value, a time or a name, and on a lookup beside quotes anything.
        found: all sentences that were found.
        encoder: embeds the question and the quotes.
        lookup: the question asks for one thing.
    """
    quoted, alone = [text for text, _ in quotes], [one.text for one in further]
    quoted += [f"{one} {other}" for one, other in pairwise(quoted) if is_time(one)]
    pairs = [f"{one.text} {other.text}" for one, other in pairwise(further)]
    about, about_pairs = ([text for text in texts if speaks_of(question, text)] for texts in (alone, pairs))
    said = [*quoted, *about, *about_pairs] or alone
    if leaves_value_unsaid(question, said):
        return NO_VALUE
    if leaves_name_unsaid(question, said):
        return NO_NAME
    if lookup and quotes:
        further = [one for one in further if one.text in about or any(one.text in pair for pair in about_pairs)]
    together: dict[int, str] = {}  # the sentences of a passage say it together
    for one in further:
        together[one.document_id] = f"{together.get(one.document_id, '')} {one.text}".strip()
    told = [*quoted, *together.values()]
    if (told and leaves_duty_unsaid(question, told)) or leaves_unsaid(question, told, found):
        return NO_WORD
    if is_far(question, [*quotes, *((one.text, beside(one)) for one in further)], encoder):
        return FEW_WORDS
    return OTHER_EVENT if leaves_event_unsaid(question, [*quoted, *about] or said) else ""


NO_VALUE = "No quote about it gives a value of the kind that is asked for."
NO_NAME = "No quote about it gives the name that is asked for."
NO_WORD = "No quote has a word for the thing or the act that is asked for."
FEW_WORDS = "No quote has half of the question's words: it may be said in others, or not at all."
VALUES = "The sums or times nearest to what is asked are quoted; whether one of them is it has to be read."
OTHER_EVENT = "The times in the quotes may be of other events than the one that is asked for."


def beside(one: Sentence) -> str:
    """Who wrote what a sentence stands in, and where that is."""
    return f"{one.title} {one.source} {one.author or ''}"


_DUTY = re.compile(
    r"^\W*(?:(?:does|do|did|is|are|was|were|has|have)\b.*?\b(?:oblig\w+|requir\w+|allow\w*|permit\w*|entitle\w*|bound|compel\w*"
    r"|forbid\w*|forbidden|have|free|liable|supposed)\b.*?\bto|(?:must|may|shall|can)\b.*?)\s(?P<rest>.+)$",
    re.IGNORECASE,
)


def leaves_duty_unsaid(question: str, quotes: Sequence[str]) -> bool:
    """Whether a question asks if somebody must or may do a thing, and no quote has a word for doing it: a limit of
    liability beside "insure".

    Example:
        >>> leaves_duty_unsaid("Does it oblige the owner to insure the boat?", ["Liability is limited to £500."])
        True
        >>> leaves_duty_unsaid("Must the owner insure the boat?", ["The owner shall keep the insurance in force."])
        False
    """
    match = _DUTY.match(" ".join(question.split()).rstrip(" ?."))
    verb = match and next((word for word in match["rest"].lower().split() if wordnet.is_infinitive(word)), None)
    if not verb or not quotes:
        return False
    held = {word.lower() for quote in quotes for word in lexicon.tokens(quote)}
    meant = wordnet.senses(verb)
    return not any(word[:4] == verb[:4] or meant & wordnet.senses(word) for word in held)


def leaves_value_unsaid(question: str, quotes: Sequence[str]) -> bool:
    """Whether a question, or a part of it, asks for a value, and no quote has one of that kind: "how hot was it?"
    beside "Ann ran it on 23 May".

    Example:
        >>> leaves_value_unsaid("How hot was the iron on 23 May?", ["Ann used it on 23 May.", "It hissed."])
        True
        >>> leaves_value_unsaid("How hot was the iron on 23 May?", ["The display showed 165."])
        False
    """
    asked = values_asked(question)
    return bool(quotes) and any(not any(asked_values.gives(one, question, text) for text in quotes) for one in asked)


def values_asked(question: str) -> list[AskedValue]:
    """The values that a question, or a part of it, asks for.

    Example:
        >>> values_asked("When did it burst, and who saw it?")
        [AskedValue(kind='time', things='')]
    """
    return [one for one in map(asked_values.read, abstention.parts(question)) if one is not None]


def sums_and_durations(question: str) -> list[AskedValue]:
    """The sums and durations that a question, or a part of it, asks for: few sentences have one, so that they can be
    looked for by themselves.

    Example:
        >>> sums_and_durations("What did the pump cost, and who paid?")
        [AskedValue(kind='money', things='')]
    """
    return [one for one in values_asked(question) if one.kind in ("money", "duration")]


def leaves_event_unsaid(question: str, quotes: Sequence[str]) -> bool:
    """Whether a question, or a part of it, asks when something was, and no quote with a time speaks of that: each has
    less than half of its words, or neither its verb nor nearly all of the others.

    Example:
        >>> leaves_event_unsaid("When did the ship leave the dock?", ["On 3 May I painted the ship."])
        True
        >>> leaves_event_unsaid("When did the ship leave the dock?", ["She left the dock on 3 May."])
        False
    """
    for part in abstention.parts(question):
        asked = asked_values.read(part)
        if asked is None or asked.kind != "time" or document_header.field_asked(part) is not None:
            continue
        words = [one for one in _plain_words(part) if root(one) not in _OF_TIME and not one.endswith("ly")]
        timed = [text for text in quotes if asked_values.gives(asked, question, text)]
        if len(words) < _FEWEST_OF_EVENT or not timed:
            continue
        match = _WHEN_ACT.match(" ".join(part.split()).rstrip(" ?."))
        verb = _act(match["verb"], match["rest"]) if match is not None else ""
        for text in timed:
            stands_for = _THIRD_PERSON.search(text) is not None  # "it" for the mill
            held = (sum(_says(word, text) for word in words) + stands_for) / len(words)
            if held >= NEARLY_ALL or (_says(verb, text) if verb and held >= FEWEST_HELD else held > FEWEST_HELD):
                break
        else:
            return True
    return False


def _says(word: str, text: str) -> bool:
    """As `_said`; a line in which nothing is said, as of a document's head, must have the word itself."""
    if boilerplate.is_bare_line(text):
        return root(word) in {root(one.lower()) for one in lexicon.tokens(text)}
    return _said(word, [text], broader=False)


_OF_TIME = rooted("date day time year month week hour moment first last finally eventually actual actually long")
_FEWEST_OF_EVENT = 2
NEARLY_ALL = 0.75
"""The share of an event's words that say it without its verb."""


_WHEN_ACT = re.compile(
    r"^.*?\b(?P<verb>did|does|do|will|must|may|was|were|is|are|has|have|had) (?P<rest>.+)$", re.IGNORECASE
)
FEWEST_HELD, NEAREST = 0.5, 0.55
"""A quote speaks of what is asked if it has this share of a question's words, or is this similar to it. Chosen on the
questions of six matters by others, on HotpotQA, MTRAG and eight contracts of CUAD (docs/answers.md)."""

_FEWEST_ASKED = 3
"""Words of a question of which a share says something."""


def is_far(question: str, quotes: Sequence[tuple[str, str]], encoder: Encoder) -> bool:
    """Whether no quote speaks of what a question asks, or of a part of it: each has less than half of its words, in
    any form or in another word for the same, and is not near it by embedding.

    Args:
        question: what is asked.
        quotes: each with what stands beside it: who says it, in which document.
        encoder: embeds the question and the quotes.
    """
    if not quotes or document_header.field_asked(question) is not None:
        return False
    if any(features.holds_exact_term(question, text) for text, _ in quotes):
        return False
    beside = [f"{text} {other}" for text, other in quotes]
    for part in abstention.parts(question):
        asked = [word for word in _plain_words(part) if lexicon.stem(word) not in abstention.ABOUT_THE_WHOLE]
        if len(asked) < _FEWEST_ASKED or any(
            sum(_said(word, [one]) for word in asked) >= FEWEST_HELD * len(asked) for one in beside
        ):
            continue
        vectors = encoder.encode([part, *(text for text, _ in quotes)])
        if float((vectors[1:] @ vectors[0]).max()) < NEAREST:
            return True
    return False


def speaks_of(question: str, text: str) -> bool:
    """Whether a text has half of a question's words, or of those of a part of it, in any form or in another word.

    Example:
        >>> speaks_of("When did the ship leave the dock?", "She left the dock on 3 May.")
        True
    """
    asked = (_plain_words(part) for part in abstention.parts(question))
    return any(sum(_said(word, [text]) for word in words) >= FEWEST_HELD * len(words) for words in asked if words)


_ASKS_NAME = re.compile(
    r"^\W*(?:(?:and|so|but) )?(?:(?P<name>(?:what|which) (?:is|was|are|were) the names? of\b.*?(?P<named>[a-z]+)"
    r"(?: (?:who|whose|that|which|of|at|in|from|on)\b.*)?\W*$)|(?:which|what) (?P<kind>[a-z]+)\b(?! of\b)"
    r"|who (?:is|was|are|were) (?:the |an? |our |their )?"
    r"(?:[\w.&-]+(?: [\w.&-]+)?['’]s? )?(?:[a-z]+ ){0,3}?(?P<office>[a-z]+)(?: (?:of|for|to|at|in)\b.*)?\W*$)",
    re.IGNORECASE,
)
_NAMED_KINDS = lexicon.vocabulary(
    "company firm bank insurer carrier supplier broker court university school hospital hotel shop club laboratory"
    " contractor subcontractor publisher printer manufacturer agency consultancy charity brewery newspaper"
)
_ANY_FIRM = lexicon.vocabulary("company firm contractor subcontractor publisher printer agency")
"""What a name says without the word, or a contract calls a party."""
_SPEAKS = re.compile(r"\b(?:I|we|my|our|me|us)\b", re.IGNORECASE)
_SPEAKS_OF_ALL = re.compile(r"\b(?:we|our|us)\b", re.IGNORECASE)
"""As a firm's own people do."""


def leaves_name_unsaid(question: str, quotes: Sequence[str]) -> bool:
    """Whether a question asks for the name of somebody or of a firm, and no quote has a name that the question does not
    have: "which bank lent it?" beside "the bank is not patient". Whoever says "I" may be named beside the quote.

    Example:
        >>> leaves_name_unsaid("Which bank lent the money?", ["The bank is not patient."])
        True
        >>> leaves_name_unsaid("Which bank lent the money?", ["The loan of Tay Bank is due."])
        False
    """
    plain = " ".join(question.split())
    match = _ASKS_NAME.match(plain)
    if not quotes or (match is None and not _WHO_DID.match(plain)):
        return False
    asked = {lexicon.stem(word.lower()) for word in lexicon.tokens(question)}
    found = [name for quote in quotes for name in _NAMES.findall(quote)]
    if match is None:
        return not (
            any(map(_SPEAKS.search, quotes))
            or _names_in(quotes) - asked - _OF_CALENDAR
            or any(_is_somebody(word, asked) for quote in quotes for word in lexicon.tokens(quote))
        )
    kind, wants_name = (match["kind"] or match["office"] or match["named"]).lower(), bool(match["name"])
    if kind in _NAMED_KINDS:
        if kind not in _ANY_FIRM and not _said(kind, quotes):
            return True
        speaks = not wants_name and any(_SPEAKS_OF_ALL.search(one) and speaks_of(question, one) for one in quotes)
        return not speaks and not any(_of_a_firm(name, asked) for name in found)
    if wants_name:
        return not any(_of_somebody(name, asked) for name in found)
    if any(map(_SPEAKS.search, quotes)) or kind == "one" or not wordnet.is_person(kind):
        return False
    return not _names_in(quotes) - asked - _OF_CALENDAR


def _names_in(quotes: Sequence[str]) -> set[str]:
    return {lexicon.stem(word.lower()) for quote in quotes for word in _NAME_WITHIN.findall(quote)}


_WHO_DID = re.compile(r"^\W*(?:(?:and|so|but) )?who (?!is\b|was\b|are\b|were\b|else\b|has been\b)[a-z]+", re.IGNORECASE)
_NAMES = re.compile(
    r"(?:\b(?P<title>(?:Mr|Mrs|Ms|Miss|Dr|Prof|Sir|Captain|Capt)\.? ))?"
    r"(?P<name>[A-Z][\w&'’-]*(?: (?:&|and|of) [A-Z][\w'’-]+| [A-Z][\w'’-]+)*)"
)
_OF_CALENDAR = {lexicon.stem(one) for one in MONTHS} | lexicon.stems(
    "monday tuesday wednesday thursday friday saturday sunday"
)


_OPENING_WORDS = lexicon.STOPWORDS | lexicon.vocabulary(
    """
    above across after although among as at because before behind below beneath beside besides between beyond despite
    during even except for from however if in inside instead like meanwhile moreover near nevertheless of on once
    otherwise over please perhaps since so than that then therefore though through thus till to towards under unless
    until upon when whenever where whereas wherever whether while with within without yes yet dear sincerely faithfully
    regards thanks
    """
)
"""What a sentence may begin with, and no name."""


def _of_a_firm(found: tuple[str, str], asked: set[str]) -> bool:
    """Whether a name that the question does not have may be a firm's: it is no "Mr Orr", and no first and last name,
    neither of which is a word of the language's ("Ann Orr", but "Orr Fabrications")."""
    title, name = found
    words = [word for word in name.split() if word[0].isupper() and word.lower() not in _OPENING_WORDS]
    if title or not {lexicon.stem(word.lower()) for word in words} - asked - _OF_CALENDAR:
        return False
    if len(words) == 1:
        return not wordnet.senses(words[0].lower()) | _known_otherwise(words[0])
    common = any(wordnet.senses(word.lower()) | _known_otherwise(word) for word in words)
    return common or "&" in name or len(words) > 2 or any(word.isupper() for word in words)


def _of_somebody(found: tuple[str, str], asked: set[str]) -> bool:
    """Whether a name that the question does not have may be a person's or a ship's: behind "Mr", of two words, or of
    one that is no word of the language's."""
    title, name = found
    words = [word for word in name.split() if word[0].isupper() and word.lower() not in _OPENING_WORDS - {"the"}]
    if not {lexicon.stem(word.lower()) for word in words} - asked - _OF_CALENDAR:
        return False
    return (
        bool(title)
        or len(words) > 1
        or not (words[0].isupper() or wordnet.senses(words[0].lower()) | _known_otherwise(words[0]))
    )


def _known_otherwise(word: str) -> frozenset[int]:
    """The senses of what a word is a form of: "Members"."""
    return frozenset(sense for one in wordnet.lemmas(word.lower()) for sense in wordnet.senses(one))


def _is_somebody(word: str, asked: set[str]) -> bool:
    """Whether a word that the question does not have is one for a person: "the painter"."""
    known = wordnet.is_person(word) or (wordnet.is_noun(word) and _DOER.search(word) is not None)
    return word.islower() and known and lexicon.stem(word) not in asked


_DOER = re.compile(r"(?:er|or|ian|ist|man|woman|men|women|ess|ee)s?$")
"""How words for who does something end: "the painter" is one of them, and so is paint."""


_NAME_WITHIN = re.compile(r"(?<=[\w,;:(“\"'] )(?<!the )(?<!The )[A-Z][\w&'’-]+")
"""A capital within a sentence; behind "the" it is a party's by its office: "the Customer"."""


def leaves_unsaid(question: str, quotes: Sequence[str], found: Sequence[str]) -> bool:
    """Whether nothing that is quoted has a word for what a question asks for: the thing that it asks for, what it takes
    to have been done (which none of all sentences ``found`` says either), or what it asks something of.

    Example:
        >>> leaves_unsaid("What is the fine for late return?", ["Books are lent for a month."], [])
        True
        >>> leaves_unsaid("What is the fine for late return?", ["A penalty of ten pence is charged."], [])
        False
    """
    if not quotes:
        return False
    asked = " ".join(abstention.parts(question)[0].split()).rstrip(" ?.")
    if thing := _thing_asked_for(asked):
        return not _said(thing, quotes)
    if act := _act_of_why(asked):
        whose = _subject(asked.partition(" ")[2], persons=True)
        saying = [text for text in (*quotes, *found) if not whose or _THIRD_PERSON.search(text) or _said(whose, [text])]
        return not _said(act, saying, broader=False)  # who refuses keeps, and so does who keeps a dog
    if not _YES_OR_NO.match(asked):
        return False
    subject = _subject(asked)
    if subject and not _said(subject, quotes) and not any(map(_FIRST_PERSON.search, quotes)):
        return True
    words = [one for one in _plain_words(asked) if root(one) not in absent_things.GENERIC]
    unheld = [one for one in words if not _said(one, quotes)]
    return len(unheld) >= _FEWEST_UNHELD and 2 * len(unheld) > len(words)


_FEWEST_UNHELD = 3
"""Words of a question of yes or no that no quote has, more than half of its words; not fitted. On hotpotqa100, the
answerable questions of MTRAG and twelve meetings of QMSum `leaves_unsaid` doubts no answer, of the case file's ten
questions without an answer three more."""
_ASKS_THING = re.compile(
    r"^\W*what(?:['’]s| is| was| are| were| will be| would be) (?:the|a|an|any|his|her|its|their|[\w .'’-]+?['’]s?) "
    r"(?P<thing>[a-z][\w-]*(?: [a-z][\w-]*){0,2}?)(?: (?:of|for|if|when|in|on|to|that|which|who|where|unless|under|at"
    r"|by|between|from|with|behind|per|payable|due)\b.*)?$",
    re.IGNORECASE,
)
_ASKS_THING_DONE = re.compile(
    r"^\W*(?:what|which) (?P<thing>[a-z][\w-]*(?: [a-z][\w-]*){0,2}?) "
    r"(?:did|does|do|had|has|have|was|were|is|are)\b.*$",
    re.IGNORECASE,
)
"""What somebody did with it is asked: "what excuse did she make"."""
_WHY_ACT = re.compile(r"^\W*why (?P<verb>did|was|were|has|have|had) (?P<rest>.+)$", re.IGNORECASE)
_YES_OR_NO = re.compile(r"^\W*(?:did|does|was|were|is|are|has|have|had)\b", re.IGNORECASE)
_BEFORE_SUBJECT = lexicon.vocabulary("the a an any his her its their our my your this that these those")
_FIRST_PERSON = re.compile(r"\b(?:I|[Ww]e|[Oo]ur|[Mm]y|us|me)\b")
"""Who writes "we" may be the farm, the club or the bank that is asked about."""
_THIRD_PERSON = re.compile(r"\b(?:he|she|they|it)\b", re.IGNORECASE)
_PREPOSITIONS = lexicon.vocabulary(
    "above below over under when while before after because if of for in on at by to from with without against into"
)


def _thing_asked_for(asked: str) -> str:
    """The noun that says what is asked for, where it is no word for anything ("reason"); empty for another question."""
    match = _ASKS_THING.match(asked) or _ASKS_THING_DONE.match(asked)
    if match is None:
        return ""
    words = match["thing"].lower().split()
    if wordnet.is_past(words[-1]):  # "the problems encountered with it"
        words = words[:-1] or words
    noun = words[-1]
    known = wordnet.is_noun(noun) or any(wordnet.is_noun(one) for one in wordnet.lemmas(noun))
    generic = root(noun) in absent_things.GENERIC | _ATTRIBUTES or wordnet.is_person(noun, always=True)
    return noun if known and not generic else ""


def _act_of_why(asked: str) -> str:
    """The verb of what a question asks the reason of, where it denies nothing and is a verb of its own; else empty."""
    match = _WHY_ACT.match(asked)
    if match is None or lexicon.negations(match["rest"]) > lexicon.negations("refuse") * bool(_REFUSES.search(asked)):
        return ""
    return _act(match["verb"], match["rest"])


def _act(auxiliary: str, rest: str) -> str:
    """The verb behind an auxiliary and its subject, where it is one of its own and not for anything; else empty."""
    words = lexicon.tokens(rest)
    acts = wordnet.is_past if auxiliary.lower() in _WITH_PARTICIPLE else wordnet.is_infinitive
    for at, word in enumerate(words[1:], 1):
        before = words[at - 1].lower()
        if not word.islower() or word in lexicon.STOPWORDS or before in _BEFORE_SUBJECT:
            continue
        if before in _PREPOSITIONS and before != "to":
            continue
        if acts(word) and not (acts is wordnet.is_infinitive and at + 1 < len(words) and _is_verb(words[at + 1])):
            return word if root(word) not in _LIGHT | absent_things.GENERIC else ""
    return ""


def _is_verb(word: str) -> bool:
    """Whether the verb may stand here, and the word before it is the subject's last: "the supply ship leave"."""
    return word.islower() and word not in lexicon.STOPWORDS | _PREPOSITIONS and wordnet.is_infinitive(word)


_WITH_PARTICIPLE = lexicon.vocabulary("was were is are has have had")
_ATTRIBUTES = rooted(
    """
    profession occupation nationality citizenship religion language race gender sex colour color abbreviation acronym
    nickname pseudonym genre capital currency population elevation altitude speed temperature email phone telephone fax
    website spelling rank grade identity ownership structure format shape shade
    """
)
"""What a value says without its name: who is an aviator has that profession."""
_REFUSES = re.compile(r"\b(?:refus|den(?:y|ied)|fail|forbid|exclud|prohibit)\w*", re.IGNORECASE)
_LIGHT = rooted(
    """
    be have do make take get give go come let keep put set hold say tell think want need feel become seem happen occur
    look try use start begin continue stop ask find know see show mean believe consider call gone went wrong
    """
)


def _subject(asked: str, *, persons: bool = False) -> str:
    """The common noun that a question of yes or no asks something of; empty where that is a name, a person (unless
    ``persons`` may be) or a word for anything."""
    words = lexicon.tokens(asked)[1:]
    if not words or words[0].lower() not in _BEFORE_SUBJECT:
        return ""
    for at, word in enumerate(words[1:], 1):
        following, behind = [one.lower() for one in (*words[at + 1 : at + 3], "", "")][:2]
        if not word.islower() or word in lexicon.STOPWORDS:
            return ""
        compound = wordnet.is_noun(following) and not wordnet.is_adjective(following)
        if compound and wordnet.is_infinitive(following):  # "the farm shop close", and not "the bank refuse the"
            compound = bool(behind) and behind not in lexicon.STOPWORDS
        if any(map(wordnet.is_noun, wordnet.lemmas(word))) and not compound:
            person = wordnet.is_person(word) and not persons
            return "" if person or root(word) in absent_things.GENERIC else word
    return ""


def _plain_words(asked: str) -> list[str]:
    """The nouns, verbs and adjectives of a question that are no names."""
    return [
        word
        for word in dict.fromkeys(lexicon.tokens(asked)[1:])
        if word.isalpha()
        and word.islower()
        and word not in lexicon.STOPWORDS | _PREPOSITIONS
        and root(word) not in _LIGHT
    ]


def _said(word: str, texts: Iterable[str], *, broader: bool = True) -> bool:
    """Whether a text has a word in any form, or another word for the same, a ``broader`` one or not."""
    return any(_means(word, token.lower(), broader) for text in texts for token in lexicon.tokens(text))


def _means(word: str, said: str, broader: bool) -> bool:
    if said in lexicon.STOPWORDS or not said[0].isalpha():
        return False
    if root(word) == root(said):
        return True
    relation = wordnet.relation(said, word)
    if relation == "broader":
        return broader and root(said) not in absent_things.GENERIC
    return relation is not None
