"""Sentences that a sentence entails by its form alone: the halves of one whose verb is said once, the other side of a
sale or loan, and what "neither" says of each.

A claim is judged against them as against the sentence itself, so that no table of words has to know that "A bought it
from B" is "B sold it to A".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import combinations, pairwise

from hybrid.answering.verification.clauses import MONTH_NAMES, SENTENCE_END, Clauses, plain
from hybrid.answering.verification.markers import NONE, REPORTED
from hybrid.answering.verification.nominalisations import verbal_forms
from hybrid.answering.verification.structure import active
from hybrid.text import lexicon, wordnet

_WORD = re.compile(r"[$€£]?\d(?:[\d,.:/]*\d)?%?|[^\W_]+(?:[-'’][^\W_]+)*")


@lru_cache(maxsize=4096)
def restatements(claim: str, span: str) -> tuple[str, ...]:
    """What a span of one to three sentences says in other forms, of which ``claim`` may have one.

    Example:
        >>> restatements("Otto sold the van.", "Ruth bought the van from Otto in May.")
        ('Otto sold the van to Ruth in May.',)
        >>> restatements("It plays folk.", "The band plays jazz on Tuesdays and folk on Thursdays.")
        ('The band plays jazz on Tuesdays.', 'The band plays folk on Thursdays.')
    """
    said = frozenset(lemma for word in _WORD.findall(claim.lower()) for lemma in wordnet.lemmas(word))
    found: list[str] = []
    sentences = SENTENCE_END.split(plain(span))
    for sentence in (*sentences, *_with_names(sentences)):
        if sentence not in sentences:
            found.append(sentence)
        halves = _halves(sentence)
        clauses = [half.clause for half in halves] if halves else [*_of_each(sentence), *_denied_and_admitted(sentence)]
        found += clauses
        found += verbal_forms(plain(claim), sentence)
        for clause in (_unfronted(one) for one in (clauses or [sentence])):
            found += (*_other_side(clause, said), *_other_end(clause, said))
        found += _turned_in_time(sentence)
        found += _listed_as(plain(claim), sentence)
        found += (*_told(sentence), *_limited_liability(sentence), *_without_rider(sentence), *if_not(claim, sentence))
        found += (*_not_of_all(sentence), *_motion(sentence), *_compared_from_the_other(sentence))
    return tuple(found)


_NOT_ALL = re.compile(
    r"^Not (?:all|every|each)(?: of)? (?P<who>[^,;:]{2,60}?) "
    r"(?P<be>has|have|had|is|are|was|were|will|may|must|can|could|would|should|shall) "
    r"(?P<rest>[^;:]+?)(?:,? but [^;:]+)?$"
)
_SINGULAR = {"has": "have", "is": "are", "was": "were"}


def _not_of_all(sentence: str) -> Iterator[str]:
    """Of "not all of them have paid", that some have not, and of "not every"."""
    match = _NOT_ALL.match(sentence.rstrip("."))
    if match is None or NONE.search(match["rest"]):
        return
    who, said = match["who"], match["be"]
    if not match[0].startswith("Not all"):
        noun, *more = who.split(" ")
        who, said = " ".join([f"{noun}s", *more]) if not noun.endswith("s") else who, _SINGULAR.get(said, said)
    yield f"Some {who} {said} not {match['rest']}."


_ITEM = r"(?:the |an? )?[\w'-]+(?: [\w'-]+)?"
_LIST = re.compile(rf"(?P<one>[\w'-]+)(?P<more>(?:, {_ITEM})+),? (?P<how>and|or) (?P<last>(?:the |an? )?[\w'-]+)")


def _listed_as(claim: str, sentence: str) -> Iterator[str]:
    """A sentence with its list in the order in which the claim has the same members."""
    mine, theirs = _LIST.search(claim), _LIST.search(sentence)
    if mine is None or theirs is None or mine["how"] != theirs["how"] or "respectively" in sentence:
        return
    said, held = (
        [match["one"], *match["more"].removeprefix(", ").split(", "), match["last"]] for match in (mine, theirs)
    )
    if sorted(map(str.lower, said)) == sorted(map(str.lower, held)) and said != held:
        yield sentence[: theirs.start()] + mine[0] + sentence[theirs.end() :]


_THAN = re.compile(
    r"^(?P<one>[^,;:]{2,60}?) (?P<be>is|are|was|were) (?P<much>much |far |slightly |a little )?(?P<how>\w+) than "
    r"(?P<other>[^,;:]{2,60}?)(?=\.?$|, | but | and )"
)
_COMPARATIVES = {
    **(pairs := dict(pair.split() for pair in (
        "deeper shallower", "taller smaller", "older younger", "larger smaller", "heavier lighter", "longer shorter",
        "higher lower", "warmer colder", "hotter colder", "faster slower", "wider narrower", "earlier later",
        "richer poorer", "bigger smaller", "stronger weaker", "thicker thinner", "better worse", "louder quieter",
        "harder softer", "brighter darker", "greater smaller", "broader narrower",
    ))),
    **{less: more for more, less in reversed(pairs.items())},
}  # fmt: skip


def _compared_from_the_other(sentence: str) -> Iterator[str]:
    """Of "A is deeper than B", that B is shallower than A."""
    match = _THAN.match(sentence.rstrip("."))
    how = _COMPARATIVES.get(match["how"]) if match else None
    if match is None or how is None or NONE.search(match[0]) or re.search(r"\b(?:it|they|that)\b", match["one"]):
        return
    first = match["one"].split()[0]
    one = match["one"] if first.lower() not in _DETERMINERS else match["one"][0].lower() + match["one"][1:]
    yield f"{_cap(match['other'])} {match['be']} {match['much'] or ''}{how} than {one}."


_MOVED = re.compile(
    r"^(?P<who>[^,;:]{2,40}?) (?:moved|proposed) that (?P<what>[^;]+)(?:;|, (?:and|but)) "
    r"(?:the|his|her|their) motion (?P<end>[^;,]+)$"
)


def _motion(sentence: str) -> Iterator[str]:
    """Of "A moved that it be so; the motion was defeated", that A's motion, or the motion, that it be so was."""
    match = _MOVED.match(sentence.rstrip("."))
    if match is not None:
        yield f"{match['who']}'s motion that {match['what']} {match['end']}."
        yield f"The motion that {match['what']} {match['end']}."


_MOVED_BACK = re.compile(r" (?:For|In|On|At|Until|Before|After|During|By|Since|Within)\b(?! [A-Z][a-z]+ [A-Z])")


def _unfronted(clause: str) -> str:
    """A clause in the active voice, with what it opens with at its end."""
    return _cap(_MOVED_BACK.sub(lambda match: match[0].lower(), active(clause)))


_BEFORE = re.compile(
    r"^(?P<first>[^,;:]{4,}?),? (?P<order>before|after) "
    r"(?P<second>(?:the|an?|his|her|its|their|he|she|it|they|(?-i:[A-Z][\w.]*))\b[^,;:]{4,})$",
    re.IGNORECASE,
)
_NOT_DONE = re.compile(r"\b(?:not|no|never|may|must|shall|will|should|if|unless|can|would|to)\b", re.IGNORECASE)


def _turned_in_time(sentence: str) -> Iterator[str]:
    """Of "A happened before B did", that B did after A happened."""
    match = _BEFORE.match(sentence.rstrip("."))
    if match is None or _NOT_DONE.search(sentence) or REPORTED.search(sentence):
        return
    first, second = match["first"], match["second"]
    if verb_end(first) and verb_end(second):
        lowered = first if first.split()[0].lower() not in _DETERMINERS else first[0].lower() + first[1:]
        yield f"{_cap(second)} {'after' if match['order'].lower() == 'before' else 'before'} {lowered}."


def mixes_clauses(claim: Clauses, span: Clauses) -> bool:
    """A statement of the claim takes its words from several clauses of the span that share one verb: of "sent the mare
    to the clinic and the foal to the pasture" the foal to the clinic."""
    for sentence in span.sentences:
        halves = _halves(sentence)
        if not halves:
            continue
        others = [half.own - frozenset().union(*(one.own for one in halves if one is not half)) for half in halves]
        for statement in _statements(claim.text, halves):
            said = _stems(statement)
            if any(said & one and said & two for one, two in combinations(others, 2)):
                return True
    return False


def _statements(claim: str, halves: list[_Half]) -> list[str]:
    """What each part of a claim says with the words that it shares: of "found damp in the cellar and the attic" also
    "found damp in the attic", of "hired two cooks and a maid for May" also "hired two cooks for May"."""
    parts = _JOINED.split(claim.strip().rstrip("."))
    found = list(parts)
    for before, part in pairwise(parts):
        words = before.split()
        if verb_end(part) or _opens_with_verb(part) or (verb_end(before) or verb_end(before, present=True)) is None:
            continue
        opening = part.split()[0].lower()
        named = _governor(part, halves) if opening not in _PREPOSITIONS else opening
        at = next((at for at in range(len(words) - 1, 0, -1) if words[at].lower() == named), None)
        if at is not None and not _prepositions(" ".join(part.split()[1:])):
            found.append(" ".join([*words[:at], part]))
        elif opening not in _PREPOSITIONS and not _prepositions(_after_verb(before)) and _prepositions(part):
            place = next(place for place, word in enumerate(part.split()) if word.lower() in _PREPOSITIONS)
            found.append(" ".join([*words, *part.split()[place:]]))
    return found


def _after_verb(text: str) -> str:
    verb = verb_end(text) or verb_end(text, present=True)
    return text[verb[1] :] if verb else text


def _governor(part: str, halves: list[_Half]) -> str | None:
    """The preposition that a part's noun stands behind in the span's clauses."""
    noun = lexicon.stem(part.split()[-1].lower())
    for half in halves:
        before = ""
        for word in half.clause.rstrip(".").lower().split():
            if lexicon.stem(word) == noun and before:
                return before
            before = word if word in _PREPOSITIONS else before
    return None


_JOINED = re.compile(r"\s*(?:;|,?\s\b(?:and|but|while|whereas)\b)\s+", re.IGNORECASE)


class _Half:
    """One clause of those that share a verb: its text with that verb, and the stems that are its own."""

    def __init__(self, clause: str, own: str) -> None:
        self.clause = clause
        self.own = _stems(own)


def _stems(text: str) -> frozenset[str]:
    words = (word if word == "May" else word.lower() for word in _WORD.findall(text))
    return frozenset(
        lexicon.stem(re.sub(r"['’]s$", "", word))
        for word in words
        if word not in lexicon.STOPWORDS or word in _PARTS_LEFT
    )


_PARTS_LEFT = frozenset({"other", "others", "rest"})
_AUXILIARIES = lexicon.vocabulary(
    "is are was were be been has have had shall will may must can could would should did does do"
)
_PREPOSITIONS = lexicon.vocabulary(
    "in on at to from for with by into onto under over before after during until near through against per via within"
)
_DETERMINERS = lexicon.vocabulary("the a an its his her their our my this that these those each every")
_NOUN_NEXT = _DETERMINERS | _PREPOSITIONS | lexicon.NUMBER_WORDS | {"half", "one", "him", "them", "it"}
_QUANTITY = re.compile(
    r"^(?:the )?(?:rest|others?|remainder|balance|other half|second half|\w+|remaining (?:half|third|quarter|\w+))$",
    re.IGNORECASE,
)
_OF_PHRASE = re.compile(r"^(.{1,30}?\b(?:half|third|quarter|part|most|some|many|\d+|" + "|".join(lexicon.NUMBER_WORDS)
                        + r")) of (?:the |its |his |her |their )?[\w-]+(?: [\w-]+)?(?= |$)", re.IGNORECASE)  # fmt: skip


def _halves(sentence: str) -> list[_Half]:
    """The clauses of a sentence that share its first verb, where the later ones have none and go on as the first does:
    with the same preposition or a name in the same place. Nothing where there is but one."""
    parts = _JOINED.split(sentence.strip().rstrip("."))
    if not 2 <= len(parts) <= 3 or "," in sentence.replace(", and ", " and ").replace(", but ", " but "):
        return []
    first, *later = parts
    verb = verb_end(first) or verb_end(first, present=True)
    if verb is None:
        return []
    before, after = first[: verb[0]], first[verb[1] :].strip()
    used = _prepositions(after)
    if not after or not all(_goes_on(part, used) for part in later):
        return []
    by_preposition = after.split()[0].lower() in _PREPOSITIONS
    named = [_own_subject(part, by_preposition) for part in later]
    if any(named) and not all(named):
        return []
    head = first[: verb[1]]
    bare = all(_QUANTITY.match(_noun_phrase(part)) for part in later)
    if all(named):
        said = _OF_PHRASE.sub(r"\1", before) if bare else before
        verb_said = first[verb[0] : verb[1]].strip()
        return [_Half(f"{first}.", f"{said} {after}")] + [
            _Half(f"{_noun_phrase(part, by_preposition)} {verb_said} "
                  f"{part[len(_noun_phrase(part, by_preposition)):].strip()}.", part)
            for part in later
        ]  # fmt: skip
    said = _OF_PHRASE.sub(r"\1", after) if bare else after
    shared = _before_preposition(after, later)
    if shared:  # "found damp in the cellar and in the attic"
        return [_Half(f"{first}.", after.removeprefix(shared))] + [
            _Half(f"{head.strip()} {shared}{part}.", part) for part in later
        ]
    return [_Half(f"{first}.", said)] + [_Half(f"{head.strip()} {part}.", part) for part in later]


def _before_preposition(after: str, later: list[str]) -> str:
    """What stands between the verb and the preposition that all later parts open with, which they share."""
    opening = {part.split()[0].lower() for part in later}
    if len(opening) > 1 or not opening <= _PREPOSITIONS:
        return ""
    match = re.match(rf"(.+? )(?={opening.pop()} )", after, re.IGNORECASE)
    return match[1] if match else ""


def _goes_on(part: str, used: frozenset[str]) -> bool:
    """Whether a part has no verb, and no preposition that the first one does not have."""
    own = _prepositions(part)
    return verb_end(part) is None and not _opens_with_verb(part) and bool(own) and own <= used


def _opens_with_verb(part: str) -> bool:
    """Whether a part goes on with another verb of the same subject: "and cleaned the mews"."""
    word, *following = part.lower().split()
    if not wordnet.is_verb(word) or word in _PREPOSITIONS:
        return False
    irregular = bool(wordnet.lemmas(word) - {word}) and not word.endswith("s") and word not in _IRREGULAR_PLURALS
    past = word.endswith("ed") or irregular
    return past or bool(following and following[0] in _DETERMINERS and word not in _NOUN_NEXT)


_IRREGULAR_PLURALS = lexicon.vocabulary("men women children mice lice dice feet teeth geese oxen")


def _prepositions(text: str) -> frozenset[str]:
    return frozenset(word for word in text.lower().split() if word in _PREPOSITIONS)


def verb_end(text: str, *, present: bool = False) -> tuple[int, int] | None:
    """Where the finite verb of a part begins and ends: a word that may be one, and a noun phrase or preposition after
    it. With ``present`` a word in "s" is one, whatever follows."""
    words = list(re.finditer(r"[^\s,]+", text))
    candidates = []
    for at, match in enumerate(words):
        word = match[0]
        before = words[at - 1][0].lower() if at else ""
        if word.lower() in _AUXILIARIES and word != "May" and at:
            end = at
            while end + 1 < len(words) and (
                words[end + 1][0].lower() in _AUXILIARIES | {"not", "also"} or words[end + 1][0].endswith("ly")
            ):
                end += 1
            if end + 1 < len(words) and wordnet.is_verb(words[end + 1][0].lower()):
                end += 1
            return match.start(), words[end].end()
        if not (at and word[0].islower() and wordnet.is_verb(word)) or before in _DETERMINERS | _PREPOSITIONS | {"of"}:
            continue
        if word.endswith("s") and (before in lexicon.NUMBER_WORDS or before.isdigit()):
            continue  # "four cooks"
        following = words[at + 1][0] if at + 1 < len(words) else ""
        finite = word.endswith(("ed", "s")) or bool(wordnet.lemmas(word) - {word})
        nominal = following.lower() in _NOUN_NEXT or following[:1].isupper() or following[:1].isdigit()
        if word not in _PREPOSITIONS | lexicon.STOPWORDS and (finite or nominal) and not word.endswith("ing"):
            candidates.append((nominal and (finite or before not in _DETERMINERS), finite, match))
    best = next((row for row in candidates if row[0] and row[1]), None)
    if best and best[2][0].endswith("s"):  # "planted beans in the trench": the past before it is the verb
        best = next((row for row in candidates if row[1] and not row[2][0].endswith("s")), best)
    best = best or next((row for row in candidates if row[1] and (present or not row[2][0].endswith("s"))), None)
    best = best or next((row for row in candidates if row[0] and _past(row[2][0])), None)
    return (best[2].start(), best[2].end()) if best else None


def _past(word: str) -> bool:
    return word in {"put", "cut", "set", "let", "hit", "shut", "cost", "spread", "read"}


def _noun_phrase(part: str, to_preposition: bool = True) -> str:
    """What a part opens with, up to its first preposition; of two nouns one after the other the first."""
    words = part.split()
    end = next((at for at, word in enumerate(words) if word.lower() in _PREPOSITIONS), len(words))
    if not to_preposition:
        end = next((at for at in range(1, end) if _new_noun(words, at)), end)
    return " ".join(words[:end])


def _new_noun(words: list[str], at: int) -> bool:
    return words[at].lower() in _DETERMINERS or words[at][0].isdigit() or (
        words[at - 1][0].isupper() and words[at - 1].lower() not in _DETERMINERS and words[at][0].islower()
    )  # fmt: skip


def _own_subject(part: str, by_preposition: bool) -> bool:
    """Whether a part has a subject of its own: it opens with a noun where the first has a preposition after its verb,
    or with two nouns."""
    words = part.split()
    if words[0].lower() in _PREPOSITIONS:
        return False
    return by_preposition or _noun_phrase(part, to_preposition=False) != _noun_phrase(part)


_NOUN = r"[$€£]?[\w'’.-]+(?:,\d{3})*"
_NOUNS = rf"{_NOUN}(?: (?:of (?:the |an? )?)?{_NOUN}){{0,4}}?"
_NP = rf"(?:(?:[Tt]he|[Aa]n?|[Hh]is|[Hh]er|[Ii]ts|[Tt]heir|[Oo]ur|[Mm]y) )?{_NOUNS}"
_TAKEN = (
    ("bought", "sold"), ("purchased", "sold"), ("buys", "sells"), ("borrowed", "lent"), ("borrows", "lends"),
    ("rented", "let"), ("rents", "lets"), ("leased", "let"), ("leases", "lets"), ("rented", "leased"),
    ("obtained", "granted"),
)  # fmt: skip
_GIVEN = (
    ("sold", "bought"), ("sells", "buys"), ("lent", "borrowed"), ("lends", "borrows"), ("gave", "received"),
    ("gives", "receives"), ("taught", "learned"), ("teaches", "learns"),
    ("let", "rented"), ("lets", "rents"), ("leased", "rented"), ("let", "leased"), ("delivered", "received"),
    ("paid", "received"), ("handed", "received"), ("awarded", "received"), ("granted", "obtained"),
    ("granted", "received"), ("returned", "received"),
)  # fmt: skip
"""Verbs of one event, from its two sides. What is received need not be given, nor what is learned taught."""
_SUBJECT = rf"^(?P<a>{_NP}) (?P<had>(?:has|have|had) )?"
_REST = r"(?P<rest>(?: (?:for|in|on|at|until|before|after|during|by|since|within)\b .*)?)$"
_RECIPIENT = r"(?P<b>[A-Z][\w.'’-]*(?: [A-Z][\w.'’-]*)*|(?:the|an?|each|every) [\w-]+)"
_THING = rf"(?P<x>(?:(?:the|an?|his|her|its|their) |(?=[$€£]?\d)){_NOUNS})"
_CONVERSE = (
    *(
        (re.compile(rf"{_SUBJECT}{verb} (?P<x>{_NP}) from (?P<b>{_NP}){_REST}"), verb, other, "to")
        for verb, other in _TAKEN
    ),
    *(
        (re.compile(rf"{_SUBJECT}{verb} {objects}{_REST}"), verb, other, "from")
        for verb, other in _GIVEN
        for objects in (rf"(?P<x>{_NP}) to (?P<b>{_NP})", rf"{_RECIPIENT} {_THING}")
    ),
)
_RELATIONS = tuple(
    (
        re.compile(rf"{_SUBJECT}{verb} (?P<b>{_NP})(?P<as> as (?:the |an? )?[\w-]+(?: of [\w -]+?)?)?{_REST}"),
        verb,
        other,
    )
    for verb, other in (
        ("employs", "works for"), ("employed", "worked for"), ("owns", "belongs to"), ("owned", "belonged to"),
        ("belongs to", "owns"), ("belonged to", "owned"), ("works for", "employs"), ("worked for", "employed"),
        ("beat", "lost to"), ("defeated", "lost to"), ("lost to", "beat"), ("precedes", "follows"),
        ("preceded", "followed"), ("follows", "precedes"), ("followed", "preceded"), ("succeeded", "preceded"),
        ("preceded", "succeeded"),
    )
)  # fmt: skip
"""Verbs of one relation, from its two ends: whoever is employed works for the employer."""


def _other_end(clause: str, said: frozenset[str]) -> Iterator[str]:
    """A relation of two said of the other one, in a verb that the claim has and the clause has not."""
    clause = clause.rstrip(".")
    for pattern, verb, other in _RELATIONS:
        if not wordnet.lemmas(other.split()[0]) & said or wordnet.lemmas(verb.split()[0]) & said:
            continue
        match = pattern.match(clause)
        if match and not any(_NO_NOUN.search(match[one]) for one in "ab"):
            yield f"{_cap(match['b'])} {match['had'] or ''}{other} {match['a']}{match['as'] or ''}{match['rest']}."
            return


def same_end(claim: Clauses, span: Clauses) -> bool:
    """Whether a claim says of one of two what the span, in the verb for the other side, says of the same one: of "Hugo
    gave Petra the map" that Hugo received it from Petra."""
    said = frozenset(lemma for word in _WORD.findall(claim.text.lower()) for lemma in wordnet.lemmas(word))
    mine = _stems(_subject(_unfronted(claim.text)))
    for sentence in span.sentences:
        clause = _unfronted(sentence)
        others = [*_other_side(clause, said), *_other_end(clause, said)]
        theirs = _stems(_subject(clause))
        if others and mine and mine <= theirs and not any(mine & _stems(_subject(other)) for other in others):
            return True
    return False


def _subject(clause: str) -> str:
    verb = verb_end(clause.rstrip("."))
    return clause[: verb[0]] if verb else ""


_IN_NOUNS = lexicon.vocabulary("of the a an its his her their our my s and")
_NO_NOUN = re.compile(
    rf"\b(?:{'|'.join(sorted((lexicon.STOPWORDS | lexicon.NEGATIONS) - _IN_NOUNS))}|\w+ly)\b|{REPORTED.pattern}",
    re.IGNORECASE,
)


def _other_side(clause: str, said: frozenset[str]) -> Iterator[str]:
    """A sale, loan, gift or lesson, said of the other one of the two, in a verb that the claim has. "Hugo gave it" and
    "Petra gave it" have the verb of the clause itself, which says who did."""
    clause = clause.rstrip(".")
    for pattern, verb, other, towards in _CONVERSE:
        if not wordnet.lemmas(other) & said or wordnet.lemmas(verb) & said:
            continue
        match = pattern.match(clause)
        if match and not any(_NO_NOUN.search(match[one]) for one in "abx"):
            yield f"{_cap(match['b'])} {match['had'] or ''}{other} {match['x']} {towards} {match['a']}{match['rest']}."
            return


def _cap(text: str) -> str:
    return text[0].upper() + text[1:]


_NEITHER = re.compile(
    r"^Neither ([^,;]+?) nor ([^,;]+?) ((?:was|were|is|are|has|have|had|did|does|do|may|shall|will|can|could|would|must"
    r"|should)\b)(.*)$"
)


_LIABILITY = re.compile(
    r"^(?P<who>.{2,60}?)['’]s? (?:total |maximum |aggregate |entire )?liability(?P<of>[^,;.]{0,60}?)"
    r" (?:(?:shall|will|may|must) (?:not|in no event) exceed|(?:is|shall be|will be) (?:capped at|limited to))"
    r" (?P<sum>[^;]+)$",
    re.IGNORECASE,
)


def _limited_liability(sentence: str) -> Iterator[str]:
    """Of a limit of somebody's liability, what they are liable for at most, and the limit in its other forms."""
    match = _LIABILITY.match(sentence.rstrip("."))
    if match is None:
        return
    who, of, most = match["who"], match["of"], match["sum"]
    yield f"{who} is liable{of} for no more than {most}."  # "for damage to the works" limits the limit
    yield f"{who}'s liability{of} is limited to {most}."
    yield f"{who}'s liability{of} shall not exceed {most}."


_RIDER = re.compile(
    r"(?:, (?:which|such) (?:consent |approval |permission |agreement )?|,? \((?:which|such) (?:consent |approval )?)"
    r"(?:shall|will|may|must|is|are)(?: not)?(?: to)?(?: be)? (?:not )?(?:to be )?unreasonably "
    r"(?:withheld|refused|delayed|conditioned)(?:,? (?:or|and) (?:withheld|refused|delayed|conditioned))*\)?"
    r"(?=[.,;]|$)",
    re.IGNORECASE,
)


def _without_rider(sentence: str) -> Iterator[str]:
    """What needs a consent, without what is said of that consent: that it is not unreasonably withheld."""
    if _RIDER.search(sentence):
        yield _RIDER.sub("", sentence, count=1)


_UNLESS = re.compile(
    r"\bunless (?P<who>(?:the|an?|its|his|her|their|this|that|it|they|he|she)\b[\w'’ -]{0,40}?) "
    r"(?P<be>has|have|had|is|are|was|were|can|will) (?!not\b|no\b|never\b)",
    re.IGNORECASE,
)
_IF_NOT = re.compile(
    r"\bif (?P<who>(?:the|an?|its|his|her|their|this|that|it|they|he|she)\b[\w'’ -]{0,40}?) "
    r"(?P<be>has|have|had|is|are|was|were|can|will) not\b",
    re.IGNORECASE,
)


def if_not(claim: str, sentence: str) -> Iterator[str]:
    """Of "unless it has been paid" also "if it has not been paid", and the other way round, as the claim has it."""
    forms = ((_IF_NOT, _UNLESS, r"if \g<who> \g<be> not "), (_UNLESS, _IF_NOT, r"unless \g<who> \g<be>"))
    for mine, theirs, form in forms:
        if mine.search(claim) and not theirs.search(claim) and len(theirs.findall(sentence)) == 1:
            yield theirs.sub(form, sentence)


_NEITHER_DID = re.compile(r"^Neither ([^,;]{2,60}?) nor ((?:the |an? |his |her |its |their )?[^,;]{2,60}?) (\w+) (.+)$")
_TOLD = re.compile(
    r"^(?P<who>[^,;]{2,60}?) (?:told|informed|advised|notified) "
    r"(?P<whom>(?:the |an? |his |her |its |their |our )?[\w'’.-]+(?: [\w'’.-]+){0,3}?) that (?P<what>.+)$"
)


def _told(sentence: str) -> Iterator[str]:
    """Of "A told B that it is so", that A said so."""
    match = _TOLD.match(sentence)
    if match is not None and not NONE.search(match["who"]) and verb_end(match["who"]) is None:
        yield f"{match['who']} said that {match['what']}"


def _did_not(verb: str) -> str | None:
    """The verb that "did not" takes the place of the past of; ``None`` of other words."""
    lemmas = sorted(one for one in wordnet.lemmas(verb) - {verb} if wordnet.is_infinitive(one))
    return lemmas[0] if lemmas and wordnet.is_verb(verb) and not verb.endswith(("s", "ing")) else None


def _of_each(sentence: str) -> Iterator[str]:
    """What "neither ... nor" says of each of the two."""
    if not _NEITHER.match(sentence) and (match := _NEITHER_DID.match(sentence)):
        done = _did_not(match[3])
        if done is not None:
            for one in (match[1], match[2]):
                yield f"{_cap(one)} did not {done} {match[4]}"
    if match := _NEITHER.match(sentence):
        for one in (match[1], match[2]):
            yield f"{_cap(one)} {match[3]} not{match[4]}"


_DENIES = r"(?:denied|denies|disputed|disputes|rejected|rejects|refuted|refutes)"
_ADMITS = (
    r"(?:admitted|admits|accepted|accepts|conceded|concedes|acknowledged|acknowledges|confirmed|confirms|agreed|agrees"
    r"|confessed|confesses|insisted|insists|maintained|maintains|stated|states|said|says|claimed|claims)"
)
_TWO_STATEMENTS = tuple(
    re.compile(
        rf"^(?P<who>(?:[\w.'’-]+ ){{1,5}}?)(?P<had>(?:has|had) )?(?P<first>{first}) (?P<a>[^,;]+?),? "
        rf"(?:but|and|while|although|though) (?P<second>{second}) (?P<b>[^,;]+)$"
    )
    for first, second in ((_DENIES, _ADMITS), (_ADMITS, _DENIES))
)
_IT = re.compile(r"\b(?:it|them)\b")
_DEFINITE = re.compile(
    r"\b(?:the|an?|his|her|its|their) ((?:[\w-]+ ){0,2}?[\w-]+)(?=$|\s+(?:in|on|at|to|for|with|by|from)\b)"
)


def _denied_and_admitted(sentence: str) -> Iterator[str]:
    """Of one who denied one thing and admitted another, each by itself; "it" is what the first statement is about."""
    for pattern in _TWO_STATEMENTS:
        match = pattern.match(sentence.rstrip("."))
        if match is None or not _is_speaker(match["who"].strip()) or REPORTED.search(match["a"]):
            continue
        who, second = match["who"] + (match["had"] or ""), match["b"]
        yield f"{who}{match['first']} {match['a']}."
        if _IT.search(second):
            things = _DEFINITE.findall(match["a"])
            if len(things) == 1 and not _IT.search(match["a"]):
                yield f"{who}{match['second']} {_IT.sub(f'the {things[0]}', second)}."
        else:
            yield f"{who}{match['second']} {second}."


def _is_speaker(who: str) -> bool:
    return who.lower() in {"he", "she", "they", "it"} or not _NO_NOUN.search(who)


_PRONOUN = re.compile(r"^(He|She|It|They) (?!(?:is|was) \w+ (?:that|to)\b)(.+)$")
_TITLE_OF = {"She": frozenset({"Mr", "Sir", "Lord"}), "He": frozenset({"Mrs", "Ms", "Miss", "Lady"})}
_OTHER_THING = re.compile(r"\b(?:the|an?|its|his|her|their|this|that|these|those|him|them)\b", re.IGNORECASE)


def _with_names(sentences: list[str]) -> Iterator[str]:
    """A sentence that opens with a pronoun, with the subject of the sentence before it, where that names nobody and
    nothing else that the pronoun may stand for."""
    for before, sentence in pairwise(sentences):
        match = _PRONOUN.match(sentence)
        verb = verb_end(before.rstrip(".")) if match else None
        if match is None or verb is None:
            continue
        subject, rest = before[: verb[0]].strip(), before[verb[1] :]
        if 0 < len(subject.split()) <= 4 and not _NO_NOUN.search(subject) and _stands_for(match[1], subject, rest):
            yield f"{subject} {match[2]}"


def _stands_for(pronoun: str, subject: str, rest: str) -> bool:
    words = subject.split()
    named = any(word[0].isupper() for word in rest.split() if word.strip(".,") not in MONTH_NAMES)
    person = words[0] not in {"The", "A", "An"} or wordnet.is_person(words[-1].lower())
    plural = words[-1].endswith("s") and words[0] in {"The", "Both", "All"}
    if named or words[0] in _TITLE_OF.get(pronoun, ()):
        return False
    if pronoun in {"He", "She"}:
        return person and not plural and not any(wordnet.is_person(word.strip(".,").lower()) for word in rest.split())
    if _OTHER_THING.search(rest):
        return False
    return plural if pronoun == "They" else not person and not plural
