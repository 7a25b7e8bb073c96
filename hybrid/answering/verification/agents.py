"""Who does what and who is what: whether a claim gives a verb, a side or an office to another than the span does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from hybrid.answering.verification.alignment import alike, words
from hybrid.answering.verification.clauses import PARTS, Clauses
from hybrid.answering.verification.markers import REPORTED
from hybrid.answering.verification.relations import PARTIES, capitalised
from hybrid.answering.verification.structure import BE, PARTICIPLE, TOKEN
from hybrid.text import lexicon, wordnet

_SKIPPED = BE | lexicon.vocabulary(
    """
    has have had shall will may must can could would should might do does did not never also then now later already
    first both himself herself itself themselves alone to jointly
    """
)
_TITLES = lexicon.vocabulary("mr mrs ms dr prof sir lady lord judge")
_APPOSITION = 9
"""Tokens of the longest apposition between two commas ("Ms Abara, counsel for the respondent, asked")."""


def agent(claim: Clauses, span: Clauses) -> bool:
    """The claim gives a verb to one whom the span knows, and the span gives the same verb to others only."""
    mine, theirs = _agents(claim.text), _agents(span.text)
    known = frozenset(span.words)
    for verb, who in mine:
        doers = {other for done, other in theirs if _same_deed(verb, done)}
        if doers and not any(_same_one(who, other) for other in doers) and who in known:
            return True
    return False


def _same_deed(verb: str, other: str) -> bool:
    if REPORTED.fullmatch(verb) and REPORTED.fullmatch(other):
        return True
    return lexicon.stem(verb) == lexicon.stem(other) or wordnet.relation(verb, other) in {"same", "synonym"}


def _same_one(name: str, other: str) -> bool:
    return name == other or other in lexicon.SYNONYMS.get(name, ())


@lru_cache(maxsize=4096)
def _agents(text: str) -> tuple[tuple[str, str], ...]:
    """Verbs with who does them: a name or party right before an active verb, or after the "by" of a passive one."""
    tokens = TOKEN.findall(text)
    named = frozenset(lexicon.names(text)) | frozenset(capitalised(text))
    found: list[tuple[str, str]] = []
    for at, who in _doers(tokens, named):
        place, passive = _verb_after(tokens, at + 1)
        if place is None:
            continue
        verb = tokens[place].lower()
        if not (passive and PARTICIPLE.search(verb)):
            found.append((verb, who))
    for at, token in enumerate(tokens):
        if token.lower() == "by" and at and PARTICIPLE.search(tokens[at - 1].lower()):
            found += [(tokens[at - 1].lower(), one) for _, one in _doers(tokens[at + 1 : at + 6], named)][:1]
    return tuple(found)


def _doers(tokens: list[str], named: frozenset[str]) -> Iterator[tuple[int, str]]:
    """The names and parties of a text, each with the place of its last token; of "Hale's brother" it is the brother.
    Whoever speaks is one, and none of those that the text names."""
    for at, token in enumerate(tokens):
        lowered = token.lower()
        if token == "I" or lowered == "we":
            yield at, "i"
            continue
        bare = re.sub(r"['’]s?$", "", lowered)
        stem = lexicon.stem(bare)
        is_name = token[0].isupper() and stem in named and bare not in _TITLES
        if not (is_name or stem in PARTIES):
            continue
        if bare != lowered:
            if at + 1 < len(tokens) and tokens[at + 1][0].isalpha():
                yield at + 1, lexicon.stem(tokens[at + 1].lower())
            continue
        following = tokens[at + 1] if at + 1 < len(tokens) else ""
        if is_name and following[:1].isupper() and lexicon.stem(following.lower()) in named:
            continue  # the name goes on
        yield at, stem


def _verb_after(tokens: list[str], at: int) -> tuple[int | None, bool]:
    """The place of the verb that follows a subject, and whether a form of "be" stands before it."""
    if at < len(tokens) and tokens[at] == ",":
        closing = next(
            (place for place in range(at + 2, min(len(tokens), at + _APPOSITION)) if tokens[place] == ","), None
        )
        if closing is None:
            return None, False
        at = closing + 1
    passive = False
    while at < len(tokens) and (tokens[at].lower() in _SKIPPED or tokens[at].lower().endswith("ly")):
        passive = passive or tokens[at].lower() in BE
        at += 1
    if at < len(tokens) and tokens[at][0].islower() and wordnet.is_verb(tokens[at].lower()):
        if tokens[at].endswith("ing") and not passive:
            return None, False  # "the Employee's normal working hours"
        return at, passive
    return None, False


_DONE_BY = re.compile(
    r"^(?P<one>[^,;.]{2,60}?) (?:was|were|is|are|ha[sd] been|have been|(?:will|shall|may|must) be) (?:\w+ly )?"
    r"\w+(?:ed|en|[a-z][tndgk])\b[^;.]*? by (?P<other>(?:the |an? )?[\w'’.-]+(?: [A-Z][\w'’.-]*)*)"
)


def passive_turned(claim: Clauses, span: Clauses) -> bool:
    """Of two things one of which had something done to it by the other, a claim has each in the other's place, whatever
    its verb: "towed by", "taken in tow by"."""
    mine = _DONE_BY.match(claim.text)
    if mine is None:
        return False
    one, other = (frozenset(words(mine[part])) for part in ("one", "other"))
    for sentence in span.sentences:
        theirs = _DONE_BY.match(sentence)
        if theirs is not None:
            first, second = (frozenset(words(theirs[part])) for part in ("one", "other"))
            if one & second and other & first and not (one & first or other & second):
                return True
    return False


_ADDRESSED = re.compile(
    r"\b(?P<who>[\w'’-]+)(?: (?:had|has|have|then|also|never|not|already|first|later))*"
    r" (?P<be>(?:was|were|been|being|is|are|be|got) (?:(?:\w+ly|not|never|also|already|first|then) )*)?"
    r"(?P<verb>warned|told|informed|advised|notified|asked|instructed|paid|taught|invited|reminded|ordered|allowed|sent"
    r"|offered|promised|lent|helped|trusted|called|consulted|questioned|accused|blamed|sued|dismissed|examined)\b",
    re.IGNORECASE,
)


def addressed(claim: Clauses, span: Clauses) -> bool:
    """A claim says of somebody that they warned, paid or told where the span says that they were warned, paid or told,
    or the other way round."""
    theirs = [
        (lexicon.stem(one["who"].lower()), one["verb"].lower(), bool(one["be"]))
        for one in _ADDRESSED.finditer(span.text)
    ]
    for one in _ADDRESSED.finditer(claim.text):
        who, verb, passive = lexicon.stem(one["who"].lower()), one["verb"].lower(), bool(one["be"])
        voices = {other for name, said, other in theirs if (name, said) == (who, verb)}
        if voices and passive not in voices:
            return True
    return False


def side(claim: Clauses, span: Clauses) -> bool:
    """A claim says "left" or "first" where the part of the span that says the rest of it has the other one."""
    theirs = [(part, words(part)) for part in PARTS.split(span.text) if part.strip()]
    for part in PARTS.split(claim.text):
        mine = words(part)
        for pair in _SIDES:
            said = pair & set(mine)
            others = [word for word in mine if word not in pair]
            if len(said) != 1 or len(others) < 2:
                continue
            about = max(theirs, key=lambda row: sum(any(alike(one, other) for other in row[1]) for one in others))
            held = pair & set(about[1])
            if held and not said & held:
                return True
    return False


_SIDES = tuple(
    frozenset(pair.split())
    for pair in (
        "left right", "north south", "east west", "upper lower", "front rear", "inner outer", "former latter",
        "old new", "older younger", "elder younger", "senior junior", "morning evening", "winter summer",
    )
)  # fmt: skip
_OFFICES = lexicon.vocabulary(
    """
    chairman chairwoman chairperson chair president treasurer secretary director manager clerk ceo cfo coo counsel
    solicitor lawyer attorney judge mayor minister principal captain pilot driver passenger doctor surgeon nurse
    patient plaintiff defendant claimant respondent appellant applicant witness buyer seller landlord tenant lender
    borrower editor author teacher pupil head deputy mother father brother sister son daughter wife husband
    """
)


def title(claim: Clauses, span: Clauses) -> bool:
    """Offices or roles that two persons of a span hold have changed places, or the claim has the office of which the
    span names the deputy."""
    mine, theirs = _holders(claim.text), _holders(span.text)
    return _of_another_rank(claim.text, span.text) or (
        any(office in theirs and who != theirs[office] and who in theirs.values() for office, who in mine.items())
        and len(set(theirs.values())) > 1
    )


_RANKED = re.compile(
    r"\b(?:deputy|vice|assistant|acting|former|interim|associate|junior|trainee|substitute|alternate|honorary|retired"
    r"|sub|under|ex)[ -](?P<office>[a-z]+)\b",
    re.IGNORECASE,
)


def _of_another_rank(claim: str, span: str) -> bool:
    """Whether a claim has an office by itself that the span has below or beside it: "the warden" for "the deputy
    warden"."""
    ranked = {match["office"].lower() for match in _RANKED.finditer(span)}
    bare = _RANKED.sub(" ", claim).lower()
    held = (one for one in ranked if one in _OFFICES or wordnet.is_person(one))
    return any(re.search(rf"\b{one}\b", bare) for one in held)


def _holders(text: str) -> dict[str, str]:
    """Each office with the name that stands beside it: "the treasurer, Mr Hale" or "Mr Hale, the treasurer"."""
    tokens = TOKEN.findall(text)
    named = frozenset(lexicon.names(text)) | frozenset(capitalised(text))
    places = {
        at: lexicon.stem(token.lower())
        for at, token in enumerate(tokens)
        if token[0].isupper() and lexicon.stem(token.lower()) in named and token.lower() not in _TITLES | _OFFICES
    }
    found = {}
    for at, token in enumerate(tokens):
        if token.lower() not in _OFFICES:
            continue
        # "Its secretary, Ms Lund": the name right after a comma or a title; else the one right before it.
        after = next((place for place in range(at + 1, min(at + 5, len(tokens))) if place in places), None)
        before = next((place for place in range(at - 1, max(at - 5, -1), -1) if place in places), None)
        between = tokens[at + 1 : after] if after is not None else []
        if after is not None and all(one == "," or one.lower().strip(".") in _TITLES for one in between):
            found[token.lower()] = places[after]
        elif before is not None and all(
            one.lower() in {",", "the", "its", "as", "was", "is", "a", "of"} or one.lower() in _OFFICES
            for one in tokens[before + 1 : at]
        ):
            found[token.lower()] = places[before]
    return found
