"""Who did what to whom, and what came before what: whether a claim sets the same things in other places."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from hybrid.answering.verification.clauses import PARTS, Clauses, with_synonyms
from hybrid.answering.verification.values import values
from hybrid.text import lexicon

ORDER = re.compile(
    r"\b(before|prior to|after|following|until|then|by the time|as soon as|once(?= (?:the|it|he|she"
    r"|they)\b)|since(?= (?:\d|the (?:end|start|beginning|date)|january|february|march|april"
    r"|may|june|july|august|september|october|november|december|last|then)\b))\b",
    re.IGNORECASE,
)
_COMPARED = re.compile(r"\b(?:more|less|worse|\w+er)\b(?:\s+\w+){0,2}?\s+than\b", re.IGNORECASE)


def role(claim: Clauses, span: Clauses) -> bool:
    """Two names or parties have changed sides of a verb that both sentences have, and of the voice neither has."""
    compared = _COMPARED.search(claim.text) and _COMPARED.search(
        span.text
    )  # whose sides `order` sets against each other
    if compared or passive(claim.text) != passive(span.text):
        return False
    mine, theirs = _ties(claim.text), _ties(span.text)
    return any((second, verb, first) in theirs and (first, verb, second) not in theirs for first, verb, second in mine)


def reversed_heads(claim: Clauses, span: Clauses) -> bool:
    """Whether the names that both have stand in another order."""
    mine, theirs = heads(claim.text), heads(span.text)
    shared = [name for name in mine if name in theirs]
    return len(set(shared)) > 1 and shared != [name for name in theirs if name in mine]


def choice(claim: Clauses, span: Clauses) -> bool:
    """What one may choose is said to be another's choice."""
    holder = _CHOICE_OF.search(span.text)
    return (
        holder is not None
        and bool(_CHOOSES.search(claim.text))
        and lexicon.stem(holder[1].lower()) not in claim.words
        and bool(set(heads(claim.text)))
    )


_CHOICE_OF = re.compile(
    r"\bat (?:the )?(\w+)'s (?:sole |own |absolute )?(?:option|choice|discretion|election)\b", re.IGNORECASE
)
_CHOOSES = re.compile(
    r"\b(?:choos\w*|choice|option|elect\w*|decid\w*|discretion|opt|prefer\w*|wish\w*)\b", re.IGNORECASE
)


_PASSIVE = re.compile(
    r"\b(?:is|are|was|were|be|been|being)\s+(?:\w+\s+){0,2}?\w+(?:ed|en|wn|ght|ld|de|id|nt|ut"
    r"|ught|und|st|pt|ft|lt|rt|et|it|ung|orn|ne)\s+(?:\w+\s+){0,3}?by\b",
    re.IGNORECASE,
)


def passive(text: str) -> bool:
    """Whether it says by whom something is done."""
    return bool(_PASSIVE.search(text))


_BY_DOING = re.compile(r"\bby (\w+ing)\b")
_CONVERSES = {
    frozenset(map(lexicon.stem, pair.split()))
    for pair in [
        "buy sell",
        "bought sold",
        "pay receive",
        "paid received",
        "lend borrow",
        "lent borrowed",
        "give receive",
        "gave received",
    ]
}


def converse(claim: Clauses, span: Clauses, one: str, other: str) -> bool:
    """Whether two verbs say one event from its two sides, and the names have changed sides with them."""
    if frozenset((one, other)) not in _CONVERSES:
        return False
    mine, theirs = heads(claim.text), heads(span.text)
    shared = [name for name in mine if name in theirs]
    turned = shared != [name for name in theirs if name in mine]
    # "A was paid by B" has the places of "A received from B".
    return len(shared) < 2 or turned is (passive(claim.text) == passive(span.text))


def association(claim: Clauses, span: Clauses) -> bool:
    """A value of the claim stands in a clause of the span that is about something else, and another of its kind in
    the clause that the claim is about."""
    mine = values(claim.text)
    for kind in ("days", "quantities"):
        wanted = getattr(mine, kind)
        if len(wanted) != 1:
            continue
        words = {word for word in claim.words if not any(map(str.isdigit, word))}
        parts = [
            (values(part), set(with_synonyms(lexicon.content_words(part))))
            for part in PARTS.split(span.text)
            if part.strip()
        ]
        having = [(part, stems) for part, stems in parts if getattr(part, kind)]
        if len(having) < 2 or (
            kind == "quantities" and len({one.unit for part, _ in having for one in part.quantities}) > 1
        ):
            continue
        with_it = [
            len(words & stems) for part, stems in having if any(one.provides(wanted[0]) for one in getattr(part, kind))
        ]
        others = [
            len(words & stems)
            for part, stems in having
            if not any(one.provides(wanted[0]) for one in getattr(part, kind))
        ]
        if with_it and others and max(others) > max(with_it):
            return True
    return False


def _ties(text: str) -> set[tuple[str, str, str]]:
    """A name or party, a content word after it, and the next name or party."""
    named, found = heads(text), set()
    words = lexicon.content_words(text)
    at = [position for position, word in enumerate(words) if word in named]
    for first, second in itertools.combinations(at, 2):
        # The verb follows its subject at once: what comes later may belong to another name.
        verbs = set(with_synonyms(words[first + 1 : min(second, first + 2)]))
        if first == at[0]:  # "by paying": of the sentence's subject
            verbs |= set(with_synonyms([lexicon.stem(word.lower()) for word in _BY_DOING.findall(text)]))
        found |= {(words[first], verb, words[second]) for verb in verbs}
    return found


PARTIES = lexicon.stems(
    """
    buyer seller borrower lender client provider customer supplier discloser recipient employee employer landlord
    tenant lessee lessor licensee licensor purchaser vendor assignor assignee transferor transferee plaintiff defendant
    claimant respondent company bank contractor owner guarantor trustee insurer insured director board court committee
    manager agent principal franchisor franchisee publisher author distributor manufacturer shareholder auditor tribunal
    union
    """
)


def heads(text: str) -> list[str]:
    """The names and parties of a text in order, each name by its last word: "Mr John Hale" is "hale"."""
    named = set(lexicon.names(text)) | set(capitalised(text))
    content = set(lexicon.content_words(text))
    found: list[str] = []
    after_name = False
    for word in re.findall(r"[^\W\d_]+|[^\w\s'.]", text):
        stem = lexicon.stem(word.lower())
        is_name = stem in named and word[0].isupper()
        if is_name and after_name:
            found[-1] = stem
        elif is_name or (stem in PARTIES and stem in content):
            found.append(stem)
        after_name = is_name
    return found


def capitalised(text: str) -> list[str]:
    """Stems of the capitalised words, the first of a sentence among them where no article stands before it."""
    words = [word for word in re.findall(r"[^\W\d_]+", text) if len(word) > 1]
    if sum(word.isupper() for word in words) > 0.6 * len(words):  # a heading or a shout: capitals say nothing there
        return []
    return [
        lexicon.stem(word.lower())
        for word in words
        if word[0].isupper() and word.lower() not in lexicon.STOPWORDS | lexicon.NEGATIONS
    ]


def order(claim: Clauses, span: Clauses) -> bool:
    """What comes before and what after, or what causes what, has changed sides."""
    crossed = any(
        _crossed(claim.text, span.text, connective, first)
        for connective, first in ((ORDER, _EARLIER_FIRST), (_WHENEVER, ()), (_BECAUSE, _CAUSE_FIRST))
    )
    alike = lexicon.directions(claim.text) == lexicon.directions(span.text)  # both "more", or both "less"
    return crossed or (alike and _crossed(claim.text, span.text, _COMPARED, ()))


_EARLIER_FIRST = ("before", "prior to", "until", "then", "by the time")
_WHENEVER = re.compile(r"\b(if|whenever)\b", re.IGNORECASE)
_CAUSE_FIRST = (
    "led to", "leads to", "caused", "causes", "resulted in", "results in", "prompted", "triggered", "therefore",
    "so that", "consequently", "hence", "thus",
)  # fmt: skip
_BECAUSE = re.compile(
    rf"\b(because of|because|due to|owing to|on account of|thanks to|by reason of|as a result of"
    rf"|resulted from|in response to"
    rf"|{'|'.join(_CAUSE_FIRST)})\b",
    re.IGNORECASE,
)


_SAYS_THAT = re.compile(
    r"^.{0,60}?\b(?:alleg|claim|sa(?:id|ys?)|stat|report|testif|argu|assert|contend|wrote|writ|explain"
    r"|note)\w* (?:that )?"
    r"|^(?:on|in|according to|by) [^,]{0,40}\b(?:allegation|account|view|version|statement|report),? ",
    re.IGNORECASE,
)


def _crossed(claim: str, span: str, connective: re.Pattern[str], forward: Sequence[str]) -> bool:
    claim, span = (_SAYS_THAT.sub("", text) for text in (claim, span))
    mine, theirs = _sides(claim, connective, forward), _sides(span, connective, forward)
    if mine is None or theirs is None:
        return False
    straight = len(mine[0] & theirs[0]) + len(mine[1] & theirs[1])
    turned = len(mine[0] & theirs[1]) + len(mine[1] & theirs[0])
    return turned > straight or bool(mine[0] & theirs[1] and mine[1] & theirs[0] and not mine[1] & theirs[1])


def _sides(text: str, connective: re.Pattern[str], forward: Sequence[str]) -> tuple[set[str], set[str]] | None:
    """The content words of what comes first and of what comes second, in time, cause or comparison."""
    match = connective.search(text)
    if match is None:
        return None
    word = match[0].lower()
    left, right = text[: match.start()], text[match.end() :]
    if not left.strip(" ,"):
        left, _, right = right.partition(",")[::-1] if "," in right else (right, "", "")
    sides = set(lexicon.content_words(left)), set(lexicon.content_words(right))
    return sides if word in forward or not forward else (sides[1], sides[0])


def coordination(claim: Clauses, span: Clauses) -> bool:
    """The claim joins a name of one part of a coordination with what another part says of another name."""
    named = capitalised(claim.text)
    others = [name for name in dict.fromkeys(capitalised(span.text)) if name not in named]
    subject = next((name for name in named if name in span.words), None)
    if subject is None or not others or any(name not in span.words for name in named):
        return False
    parts = [part for part in re.split(r"\s+(?:and|while|but|whereas)\s+|[;,]\s+", span.text) if part]
    opened = {_first_name(part): set(lexicon.content_words(part)) for part in parts}
    own = opened.pop(subject, None)
    if own is None:
        return False
    said = {word for word in claim.words if word not in named}
    return any((said - own) & part for name, part in opened.items() if name in others)


def _first_name(part: str) -> str | None:
    """The name that a part of a coordination opens with: its subject."""
    beginning = part.split()[:3]
    return next(iter(capitalised(" ".join(beginning))), None) if beginning and beginning[0][:1].isupper() else None
