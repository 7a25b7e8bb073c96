"""Whether the words that a claim shares with a span stand in the same places: round their verbs, in their phrases, in
their order. Words alone do not tell who bit whom.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import takewhile

from hybrid.text import lexicon, wordnet
from hybrid.text.values import MONTHS

Alike = Callable[[str, str], bool]

TOKEN = re.compile(r"[^\W_]+(?:[-.][^\W_]+)*(?:['’]s\b|['’](?=\s))?|[,;:.]")
"""A word, with what makes it possessive, or a mark that ends a clause."""
BE = lexicon.vocabulary("is are was were be been being am get gets got")
PARTICIPLE = re.compile(r"(?:ed|en|wn|ght|ld|de|id|nt|ut|ne|pt|st|ft|lt|et|it|rt|ung|orn|und)$")
_TRANSPARENT = lexicon.vocabulary(
    """
    sum amount period number city town village state county process purpose means terms provisions kind type sort fact
    act course day date month year time event case rate total value pair group set term laws law rules matter basis end
    beginning middle start side name use result behalf account reason course
    """
)
"""Nouns of whose "of" nothing hangs: "the sum of $500" is $500."""
_FRONTED = re.compile(
    r"^(?:before|on|in|if|when|whenever|within|after|for|except|unless|without|upon|by|to|at|during|under|according|with"
    r"|until|from|where|as|once|owing|due|should|since|because|while|throughout|apart|out|late|early)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class _Word:
    text: str
    possessive: bool
    verb: bool
    passive: bool


def _words(text: str) -> list[_Word]:
    """The tokens of a text that are words, with what they are as far as a table tells."""
    tokens = TOKEN.findall(text)
    found = []
    for at, token in enumerate(tokens):
        bare = re.sub(r"['’]s?$", "", token.lower())
        before = [one.lower() for one in tokens[max(0, at - 3) : at]]
        after_be = any(one in BE for one in before)
        content = token[0].isalpha() and bare not in lexicon.STOPWORDS | lexicon.NEGATIONS | lexicon.NUMBER_WORDS
        noun = bool(before) and (before[-1] in _BEFORE_NOUNS or before[-1].endswith(("ing", "'s", "’s", "s'")))
        verb = content and token[0].islower() and wordnet.is_verb(bare) and not noun
        found.append(_Word(bare, bare != token.lower(), verb, bool(verb and after_be and PARTICIPLE.search(bare))))
    return found


_BEFORE_NOUNS = lexicon.vocabulary(
    "a an the this that these those its his her their my our your no any each every either of upon with without for in"
    " on at prior written"
)
"""A word after one of these is a noun, though it may be a verb elsewhere."""


def _content(word: _Word) -> bool:
    return word.text[0].isalpha() and word.text not in lexicon.STOPWORDS | lexicon.NEGATIONS | lexicon.NUMBER_WORDS


def places_change(claim: str, span: str, alike: Alike) -> bool:
    """Whether a verb that both have has its neighbours on other sides than its voice says.

    Example:
        >>> places_change("The postman bit the dog.", "The dog bit the postman.", lambda one, other: one == other)
        True
    """
    mine, theirs = _words(claim), _words(span)
    for at, verb in enumerate(mine):
        if not verb.verb:
            continue
        matching = [place for place, other in enumerate(theirs) if other.verb and alike(verb.text, other.text)]
        if len(matching) > 1:  # "cleaned it with a brush": the same verb, not one that is near it
            matching = [place for place in matching if wordnet.lemmas(theirs[place].text) & wordnet.lemmas(verb.text)]
        if len(matching) != 1:
            continue  # none, or more than one to choose from
        place, other = matching[0], theirs[matching[0]]
        if any(word.text == "it" for word in theirs[max(0, place - 3) : place]):
            continue  # "it is alleged that he ..." is "he is alleged to ..."
        turned = verb.passive != other.passive and not _of_itself(mine, at, theirs, place)
        for direction in (-1, 1):
            neighbour = _neighbour(mine, at, direction)
            if neighbour is None:
                continue
            if direction < 0 and not turned:
                subject = _neighbour(theirs, place, -1)
                if (
                    subject is not None
                    and not alike(neighbour, subject)
                    and _in_clause(theirs, place, neighbour, alike)
                ):
                    return True  # "Ms Adair, whose sister chairs the board"
            partners = [there for there, one in enumerate(theirs) if there != place and alike(neighbour, one.text)]
            if len(partners) != 1:
                continue
            same_side = (partners[0] - place) * direction > 0
            to_whom = direction > 0 and turned and wordnet.lemmas(verb.text) & _GIVING  # "was given a book by"
            if same_side is turned and not to_whom and not (direction > 0 and turned and not _by(mine, at)):
                return True
            between = range(place + 1, partners[0])
            end = next((there for there in range(at + 1, len(mine)) if mine[there].text == neighbour), at)
            mine_too = any(_finite(mine, there) for there in range(at + 1, end))
            if direction > 0 and not turned and any(_finite(theirs, there) for there in between) and not mine_too:
                return True  # the object of another verb: "sold the farm but kept the forest"
    return False


def _of_itself(mine: Sequence[_Word], at: int, theirs: Sequence[_Word], place: int) -> bool:
    """Whether "was closed" and "closed" say the same: nobody is named who did it, and nothing that it was done to."""
    if not (wordnet.lemmas(mine[at].text) | wordnet.lemmas(theirs[place].text)) & _ERGATIVE:
        return False
    return not any(
        _by(words, where)
        if words[where].passive
        else where + 1 < len(words) and words[where + 1].text not in _AFTER_VERB
        for words, where in ((mine, at), (theirs, place))
    )


_ERGATIVE = lexicon.vocabulary(
    "close shut open start begin end finish stop break burn melt freeze sink move turn increase decrease change drop"
    " halve double dissolve explode crack"
)
_AFTER_VERB = lexicon.vocabulary("in on at for from until before after during since by to and or , . ;")
_GIVING = lexicon.vocabulary("give send offer tell show pay lend award grant teach deny allow hand sell promise owe")


def _finite(words: Sequence[_Word], at: int) -> bool:
    word = words[at]
    return word.verb and not word.passive and not word.text.endswith("ing") and words[at - 1].text != "to"


def _in_clause(words: Sequence[_Word], place: int, neighbour: str, alike: Alike) -> bool:
    """Whether a word like ``neighbour`` stands before a verb at all."""
    return any(alike(neighbour, word.text) for word in words[:place])


_CLAUSE = lexicon.vocabulary("and but or which who that while because if when where after before unless until")


def _neighbour(words: Sequence[_Word], at: int, direction: int) -> str | None:
    """The nearest content word that is no verb on one side of a verb, in its clause."""
    place = at + direction
    while 0 <= place < len(words) and words[place].text[0].isalnum() and words[place].text not in _CLAUSE:
        if _content(words[place]) and not words[place].verb and not words[place].possessive:
            return words[place].text
        place += direction
    return None


def _by(words: Sequence[_Word], at: int) -> bool:
    return any(word.text == "by" for word in words[at + 1 : at + 4])


def out_of_order(places: Sequence[int], claim: str, span: str) -> bool:
    """Whether words stand in another order than the span's, and not because one part was moved to the front or back."""
    descents = [at for at in range(1, len(places)) if places[at] < places[at - 1]]
    if not descents:
        return False
    if _EXPLETIVE.match(claim) or _EXPLETIVE.match(span):
        return False
    if len(descents) == 1 and bool(_BEARS.search(claim)) != bool(_BEARS.search(span)):
        return False  # "the loan bears interest" and "the interest on the loan is"
    moved = len(descents) == 1 and places[-1] <= places[0]
    return not (moved and (_FRONTED.match(claim.strip()) or _FRONTED.match(span.strip())))


_BEARS = re.compile(r"\b(?:bears?|bore|carr(?:y|ies|ied)|attracts?) (?=\w)", re.IGNORECASE)
_EXPLETIVE = re.compile(r"^it (?:is|was) \w+ that\b", re.IGNORECASE)


_PREPOSED = re.compile(
    r"^(?P<phrase>(?:before|after|during|in|on|at|by|since|until|throughout|within|under|with|without|for|from|upon"
    r"|owing|due|because|when|while|if|where|once|whenever|although|as|to)\b(?:[^,;:]{2,80}?(?=, [\w£$€])"
    r"|(?: (?:the|an?|its|his|her|their))? (?:\d{1,2} )?[\w-]+(?: \d{4})?"
    r"(?= (?:the|an?|he|she|it|they|its|his|her|their) )(?!.*,)))"
    r",? (?P<rest>.+?)\.?$",
    re.IGNORECASE,
)
_DATIVE = re.compile(
    r"\b(giv(?:e|es|ing|en)|gave|send(?:s|ing)?|sent|pay(?:s|ing)?|paid|lend(?:s|ing)?|lent|offer(?:s|ed|ing)?"
    r"|sells?|sold|teach(?:es)?|taught|grant(?:s|ed|ing)?|show(?:s|ed|ing)?) "
    r"((?:the|each|every|either) (?:other party|\w+)|him|her|it|them|(?-i:(?:[A-Z][\w.]* ?)+\b)) "
    r"(?!to\b)((?:a |an |the |its |his |her |their |[$€£]?\d)?[\w'-]+(?: (?!to\b)[\w'-]+){0,3}?)"
    r"(?=[,.;]|$| (?:for|on|in|at|by|before|after|if|when|until|within)\b"
    r"| to (?!(?:the|an?|his|her|its|their)\b|[A-Z]))",
    re.IGNORECASE,
)
"""To whom something is given, between the verb and what is given: "giving the council notice"."""
_NO_NOUN = (
    r"(?:in|on|at|for|with|from|to|by|of|is|are|was|were|be|been|has|have|had|and|or|who|which|that|will|would|shall"
    r"|should|may|might|must|can|could|did|not)"
)
_OF = re.compile(
    rf"\b(?:the |an? )?(\w+) of (?:the |an? |its |his |her |their |all |every |each )?(?:"
    rf"((?:(?!{_NO_NOUN}\b|\w+ed\b)[\w-]+ ){{1,2}}(?!{_NO_NOUN}\b|\w+ed\b)[\w-]+)(?=[,.;]|$| (?:{_NO_NOUN}|\w+ed)\b)"
    r"|(\w+)\b)",
    re.IGNORECASE,
)
_OWNER = re.compile(r"(?<=\w)(?:['’]s|(?<=s)['’])(?= \w)")


def variants(text: str) -> tuple[str, ...]:
    """A sentence with "notice to the council" for "the council notice"; that with the phrase or clause that it opens
    with at its end; that with "the end of the term" and "the term's end" as "term end"; and that in the active voice.

    Example:
        >>> variants("During the regatta, the mouth of the river stays open.")[1:3]
        ('the mouth of the river stays open During the regatta', 'river mouth stays open During the regatta')
        >>> variants("The mast was raised by the crew of the barge.")[3]
        'barge crew raised The mast.'
    """
    text = _dative(text.strip())
    moved = _moved(text)
    return text, moved, _owner_first(moved), _owner_first(active(moved))


def owner_said_alike(claim: str, span: str) -> bool:
    """Whether both or neither say by "'s" what belongs to whom."""
    return bool(_OWNER.search(claim)) == bool(_OWNER.search(span))


def _moved(text: str) -> str:
    match = _PREPOSED.match(text)
    return f"{match['rest']} {match['phrase']}" if match else text


def _dative(text: str) -> str:
    return _DATIVE.sub(lambda match: f"{match[1]} {match[3]} to {match[2].strip()}", text)


def _owner_first(text: str) -> str:
    return _OWNER.sub("", _OF.sub(_of_as_owner, text))


def _of_as_owner(match: re.Match[str]) -> str:
    words = (match[2] or match[3]).split()
    end = next((at for at in range(1, len(words)) if _irregular_past(words[at])), len(words))
    if not match.string[match.end() :].strip(" .") and _only_verb(words[-1], match.string):
        end = min(end, len(words) - 1)
    return " ".join([*words[:end], match[1], *words[end:]])


def _only_verb(word: str, text: str) -> bool:
    """Whether a sentence has no verb but its last word: "the roof of the school leaks"."""
    return word.endswith("s") and wordnet.is_verb(word) and not _AUXILIARY_OR_PAST.search(text)


_AUXILIARY_OR_PAST = re.compile(
    r"\b(?:is|are|was|were|be|been|has|have|had|do|does|did|will|would|shall|should|may|might|must|can|could|\w+ed)\b",
    re.IGNORECASE,
)


def _irregular_past(word: str) -> bool:
    return wordnet.is_verb(word) and not word.endswith("s") and bool(wordnet.lemmas(word) - {word})


_PASSIVE = re.compile(
    r"^(?P<object>[^,;:]{2,80}?) (?P<be>(?:is|are|was|were|(?:has|have|had|will|would|shall|may|must|can|could|should)"
    r"(?: not)?(?: be| been))(?: not)?) (?P<verb>(?:\w+ly )?\w+)(?P<middle>(?: (?!by )[\w'’£$€%.,-]+?){0,8}?)"
    r"(?P<only> only)? by (?P<agent>(?!\w+ing\b|\d)(?:[^,;:]|,(?=\d))+?)\.?$",
    re.IGNORECASE,
)
_COMPLEMENT = re.compile(r"^(?P<head>[^,;:]{2,60}? (?P<verb>\w+) that )(?P<rest>[^;:]+)$", re.IGNORECASE)
_AFTER_AGENT = re.compile(
    r" (?=(?:in|on|at|until|for|during|from|after|before|to|with|when|if|because|within|under|by)\b)", re.IGNORECASE
)
_NO_AGENT = MONTHS.keys() | lexicon.vocabulary(
    "monday tuesday wednesday thursday friday saturday sunday noon midnight hand post mail email rail sea road air law"
    " default accident mistake then now"
)


def active(text: str) -> str:
    """A passive sentence that says by whom, in the active voice, its verb as it stands; others as they are; with whom
    something is given to after it, and at the end what the sentence opens with.

    Example:
        >>> active("The keys were lost by one of the jurors in May.")
        'one of the jurors lost The keys in May.'
    """
    text = _moved(_dative(text.strip()))
    if (said := _COMPLEMENT.match(text)) and wordnet.is_verb(said["verb"].lower()):
        return said["head"] + active(said["rest"])
    match = _PASSIVE.match(text)
    if match is None:
        return text
    verb = match["verb"].split()[-1].lower()
    agent = match["agent"]
    first = next((word for word in agent.lower().split() if word not in _BEFORE_NOUNS), "")
    if not (PARTICIPLE.search(verb) and wordnet.is_verb(verb)) or first in _NO_AGENT:
        return text
    relative = re.search(r"\b(?:who|which|that|whose)\b", agent)
    rest = ""
    if relative is None and (end := _AFTER_AGENT.search(agent)):
        agent, rest = agent[: end.start()], agent[end.start() :]
    modal = " ".join(word for word in match["be"].lower().split() if word not in BE)
    parts = ((match["only"] or "").strip(), agent, modal, match["verb"], match["object"])
    return f"{' '.join(part for part in parts if part)}{match['middle']}{rest}."


def head_left_out(claim: str, span: str, alike: Alike) -> bool:
    """Whether the head of a phrase of the span is left out, and what belongs to it is said of what it belonged to:
    "the wife of the tenant", "the tenant's wife", "a copy of the lease".

    Example:
        >>> head_left_out("The tenant signed.", "The wife of the tenant signed.", lambda one, other: one == other)
        True
    """
    said = [word.text for word in _words(claim) if _content(word)]
    theirs = _words(span)

    def known(word: str) -> bool:
        return any(alike(one, word) for one in said)

    for at, word in enumerate(theirs):
        if not _content(word):
            continue
        if word.possessive:
            owned = list(takewhile(lambda one: _content(one) and not one.verb, theirs[at + 1 : at + 4]))
            if owned and known(word.text) and not any(known(one.text) for one in owned):
                return True
        elif at + 1 < len(theirs) and theirs[at + 1].text == "of" and not word.verb and word.text not in _TRANSPARENT:
            owner = next((one for one in theirs[at + 2 : at + 6] if _content(one)), None)
            if owner and known(owner.text) and not known(word.text):
                return True
    return False


def numbers_change(claim: str, span: str, alike: Alike) -> bool:
    """Whether numbers, days or months that both have stand in another order, or one of them counts another thing."""
    mine, theirs = _NUMBERS.findall(claim.lower()), _NUMBERS.findall(span.lower())
    shared = [one for one in mine if one in theirs]
    if len(set(shared)) > 1 and shared != [one for one in theirs if one in shared]:
        return True
    return len(theirs) > 1 and any(
        (before and other and before != other) or (after and following and not alike(after, following))
        for one in shared
        for (before, after), (other, following) in [(_around(claim, one), _around(span, one))]
    )


def _around(text: str, number: str) -> tuple[str, str]:
    """The preposition before a number and the noun after it, or "of"."""
    found = re.search(rf"(?:\b(\w+) (?:the )?)?(?<![\w.]){re.escape(number)}\b(?: (\w+))?", text.lower())
    before, after = (found[1] or "", found[2] or "") if found else ("", "")
    return before if before in _TOWARDS else "", after if after == "of" or after not in lexicon.STOPWORDS else ""


_TOWARDS = lexicon.vocabulary("from to until before after by since")


_NUMBERS = re.compile(
    r"\b(?:\d[\d,.]*\d|\d|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w{3,6}teen"
    r"|(?:twen|thir|for|fif|six|seven|eigh|nine)ty|first|second|third|fourth|fifth|sixth|last|twice"
    r"|monday|tuesday|wednesday|thursday|friday|saturday|sunday"
    r"|january|february|march|april|june|july|august|september|october|november|december)\b"
)


def turned_round(claim: str, span: str) -> bool:
    """Whether "from A to B" has become "from B to A", or "42 of the 60" "60 of the 42"."""
    for pattern in (_FROM_TO, _SHARE):
        theirs = {(one.lower(), other.lower()) for one, other in pattern.findall(span)}
        if any((other.lower(), one.lower()) in theirs and one != other for one, other in pattern.findall(claim)):
            return True
    return False


_SHARE = re.compile(
    r"\b(\d[\d,.]*|[a-z]+) (?:[a-z]+ )?of (?:the|its|their|his|her) (\d[\d,.]*|[a-z]+)\b", re.IGNORECASE
)
_FROM_TO = re.compile(
    r"\bfrom (?:the )?([$€£]?[\w,.%-]*\w%?)(?: \w+)? to (?:the )?([$€£]?[\w,.%-]*\w%?)", re.IGNORECASE
)
