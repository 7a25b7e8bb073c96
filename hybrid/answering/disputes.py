"""What a dispute as a whole is about: what its parties contest, claim and deny, party by party.

"What is the dispute about?", "What went wrong?" and "Who is to blame?" name nothing that a search could find. The
sentences are chosen by what they do in a dispute: they deny, demand, report damage or blame somebody, and another
person says of the same things something else. Terms of contracts, drafts and the form of a document are left out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from hybrid.answering import positions, premises
from hybrid.answering.enumeration_terms import root, rooted
from hybrid.answering.evidence import Sentence, Texts, collapse
from hybrid.answering.selection import actuality, boilerplate
from hybrid.text import lexicon, wordnet
from hybrid.text.formatting import who_and_when

MOST = 12
"""Sentences at most, about as many as a digest of the parties' positions has; not varied."""
SEARCHED = (
    "I never agreed to that, and we deny it. You did not tell us. You owe us money; we demand payment. It was damaged, "
    "lost or late. It is your fault."
)
"""What is searched for beside the question to find the documents of a dispute."""
_WORDS = rooted(
    """
    dispute quarrel argument argue disagreement disagree conflict controversy row fight fall fell out wrong blame fault
    go went problem trouble case matter litigation lawsuit proceedings complaint issue difference responsible party
    side say claim about between this come lead happen start begin cause reason main really exactly actually whole over
    here there root heart basis stand each both other another one sue suit court
    apart part company way separate relationship relation partnership dealings cooperation friendship business
    commercial break broke down up sour deteriorate collapse end fail sever
    """
)
_GROUPS = lexicon.vocabulary(
    "company firm business corporation organisation organization club council society association charity school"
    " university bank insurer government union team band church parish trust partnership family couple neighbour"
    " neighbor landlord tenant buyer seller supplier customer contractor client owner employer worker"
)
_ASKED = re.compile(
    r"\b(?:disput\w*|quarrel\w*|argument|argu(?:e|ed|ing)|disagree\w*|conflict|controversy|row|fight|problem|trouble"
    r"|litigation|lawsuit|proceedings|complaint|case|fault|blam\w+|wrong)\b"
    r"|\b(?:fall|fell|fallen|falling) (?:out|apart)\b|\b(?:part(?:ed)?|go|gone|went) (?:their )?(?:separate )?ways\b"
    r"|\bpart(?:ed)? company\b|\b(?:relation\w*|partnership|dealings|cooperation|friendship)\b.*"
    r"\b(?:br[eo]a?k(?:en)? (?:down|up)|sour(?:ed)?|deteriorat\w+|collaps\w+|end(?:ed)?|fail(?:ed)?|sever(?:ed)?)\b"
    r"|\bcome to (?:this|that)\b|\bat issue\b|\b(?:parties|sides?) (?:say|disagree|stand)\b",
    re.IGNORECASE,
)
_COUNTED = re.compile(r"\b(?:two|three|four|several|2|3|4) (?P<who>\w+)", re.IGNORECASE)
_FOR_ANOTHER = re.compile(r"\b(?:in case|in that case|in any case|in the case of|no problem)\b", re.IGNORECASE)
_DENIES = re.compile(
    r"\b(?:not|never|nobody|no one|none|nothing|neither|no|den(?:y|ies|ied)|disput\w+|reject\w*|refus\w+|withheld"
    r"|withhold\w*|without)\b|n['’]t\b",
    re.IGNORECASE,
)
_DEMANDS = re.compile(
    r"\b(?:claim(?:s|ed)?|demand\w*|(?:I|we) want|ask(?:s|ed)? for|ow(?:e|es|ed|ing)|unpaid|outstanding|overdue"
    r"|compensat\w+|refund\w*|damages|insist\w*|offer(?:s|ed)?|(?:must|would|shall|should|will) pay|reimburs\w+)\b",
    re.IGNORECASE,
)
_HARMS = re.compile(
    r"\b(?:dead|die[sd]?|dying|death|damag\w+|lost|los(?:s|ses|e|es|ing)|destroy\w+|brok(?:e|en)|fail\w*|late|delay\w*"
    r"|defect\w*|leak\w*|injur\w+|hurt|burn\w*|flood\w*|spoil\w*|crack\w*|collaps\w+|rot\w*|sick|ill|contaminat\w+"
    r"|poison\w*|missing|stolen|wrong\w*|mistake\w*|faulty|ruin\w*|wreck\w*|fell|wors(?:e|t))\b",
    re.IGNORECASE,
)
_BLAMES = re.compile(
    r"\b(?:because|caus(?:e[sd]?|ing)|due to|owing to|result(?:ed)? (?:of|from|in)|fault|blam\w+|negligen\w+|breach\w*"
    r"|liab\w+|responsib\w+|should have|ought to have|contrary to|accus\w+|alleg\w+|in my (?:view|opinion))\b",
    re.IGNORECASE,
)
_TELLS = re.compile(
    r"\b(?:I|we|you|he|she|they|[A-Z]\w+) (?:had |have |has |only |also )?"
    r"(?:told|promised|warned|agreed|gave|sent|knew|decided|said|assured|informed|notified)\b"
)
_ADVERBS = lexicon.vocabulary("had have has then also simply just only never already later again yourself yourselves")
_SUBJECT_WORDS = 3
"""Words of a subject behind "your": "your two delivery men"; not varied."""
_KINDS = (_DENIES, _DEMANDS, _HARMS, _BLAMES, _TELLS)
_NUMBER = re.compile(r"^\s*\(?\d+(?:\.\d+)*[.)]\s")
_UNNAMED = "document"
_CONTESTED = 1.0
"""What a sentence gains that another person contests, in kinds of `_KINDS`; not measured."""
_CASE = 1.0
"""What a sentence gains of a document that sets out a party's case, in kinds of `_KINDS`, and again where it is the
first of a section, which says what is claimed; not measured."""
_OPENS_SECTION = re.compile(r"\s*(?:\d+\.1\.?|\([a-z]\))\s")
_NEXT_OF_PARTY, _REPEATED = 0.5, 1.5
"""What a party's further sentence loses for each that was chosen, and one whose words were all said; not measured."""
_WEAK, _WEAK_BESIDE_CASES = 0.25, 0.5
"""Share of the strongest score below which a sentence says too little of a dispute, and the same beside documents that
set out the case of each party; not measured."""
_SHARED, _SHARE = 2, 0.5
"""Words and numbers, and their share of the shorter sentence's, from which two sentences speak of the same; not
measured."""


def asks_about_whole(question: str) -> bool:
    """Whether a question asks about a dispute as a whole, and names no more of it than its parties.

    Example:
        >>> asks_about_whole("What went wrong?"), asks_about_whole("What went wrong with the pump?")
        (True, False)
    """
    counted = _COUNTED.sub(lambda match: match["who"] if _is_party(match["who"].lower()) else match[0], question)
    if not _ASKED.search(question) or _FOR_ANOTHER.search(question) or lexicon.facts(counted).required:
        return False
    named = {part.casefold() for name in premises.premises(question) for part in lexicon.parts(name)}
    named |= {lexicon.stem(one) for one in named}
    for word in map(str.lower, lexicon.tokens(question)):
        if _is_party(word):
            named.update(stem for form in (word, *wordnet.lemmas(word)) for stem in lexicon.content_words(form))
    return all(stem in named or root(stem) in _WORDS or stem in _WORDS for stem in lexicon.content_words(question))


def _is_party(word: str) -> bool:
    """Whether a lower-case word names people or a group of them, who may be the parties: "neighbours", "companies"."""
    return bool(wordnet.lemmas(word) & _GROUPS) or wordnet.is_person(word, always=True)


def accuses(text: str) -> bool:
    """Whether a sentence says to somebody what they or theirs did: the second person, and an act in the past.

    Example:
        >>> accuses("Your crew felled the hedge."), accuses("Your crew may fell the hedge."), accuses("Thank you all.")
        (True, False, False)
    """
    words = [token.lower() for token in lexicon.tokens(text)]
    for at, word in enumerate(words):
        if word not in ("you", "your") or (at and words[at - 1] in ("if", "thank", "as", "that")):
            continue
        following = [one for one in words[at + 1 : at + 8] if one not in _ADVERBS]
        for place, one in enumerate(following[: 1 if word == "you" else 1 + _SUBJECT_WORDS]):
            if one in lexicon.STOPWORDS:
                break
            if (word == "you" or place) and wordnet.is_past(one):
                return True
    return False


def choose(question: str, found: Sequence[Sentence], texts: Texts, words: int) -> list[Sentence]:
    """Of each party what is contested, denied, demanded or blamed, the strongest first, up to so many words; in the
    order of the texts. Nothing where no sentence does any of this.

    Args:
        question: what is asked, perhaps with the names of the parties.
        found: sentences of the documents, with their similarities to the question.
        texts: the documents.
        words: in all sentences together.
    """
    named_in = _naming(question, found, texts)
    found = [one for one in found if one.document_id in named_in]
    found = [*found, *_rest_of_cases(found, texts)]
    stated = [one for one in found if _states(one) and not positions.is_agreement(texts, one)]
    distinct = list(
        {boilerplate.words_of(one.text): one for one in sorted(stated, key=lambda one: -one.quoted)}.values()
    )
    who = {one.key: _party(texts, one) for one in distinct}
    spoken = {one.key: _spoken_of(one.text) for one in distinct}
    scores: dict[tuple[int, int, int], float] = {}
    stating: set[str] = set()  # the parties that set out their case
    for one in distinct:
        text = collapse(one.text)
        kinds = sum(pattern.search(text) is not None for pattern in _KINDS) + accuses(text)
        contested = any(
            other.document_id != one.document_id
            and who[other.key] != who[one.key]
            and _same_thing(spoken[one.key], spoken[other.key])
            and _differ(one.text, other.text)
            for other in distinct
        )
        case = states_case(texts, one)
        opens = case and _OPENS_SECTION.match(one.text) is not None
        if kinds or contested or opens:
            scores[one.key] = kinds + _CONTESTED * contested + _CASE * (case + opens) + one.similarity
            stating.update({who[one.key]} if case else ())
    by_party: dict[str, list[Sentence]] = {}
    for one in sorted((one for one in distinct if one.key in scores), key=lambda one: -scores[one.key]):
        by_party.setdefault(who[one.key], []).append(one)
    named = {party: said for party, said in by_party.items() if not party.startswith(_UNNAMED)}
    if len(named) > 1:  # then what nobody says is left out where it speaks of none of them
        last = {party.split()[-1] for party in named if party.split()}
        by_party = {
            party: said
            for party, said in by_party.items()
            if party in named or any(last & set(one.text.casefold().replace("'", " ").split()) for one in said)
        }
    return _spread(by_party, scores, words, _WEAK_BESIDE_CASES if len(stating) > 1 else _WEAK)


def states_case(texts: Texts, one: Sentence) -> bool:
    """Whether a sentence stands in a document that sets out what a party claims or answers: a letter of its lawyers, a
    notice of breach, a complaint."""
    head = texts.text(one.document_id, 0, _CASE_CHARS)
    return _STATES_CASE.search(f"{one.title}\n{head}") is not None


def _rest_of_cases(found: Sequence[Sentence], texts: Texts) -> list[Sentence]:
    """The other sentences of the documents that set out a party's case, the nearest first: a search finds one passage
    of each, and what they claim stands in all. None of sentences that are not stored."""
    known = {one.key for one in found}
    best: dict[int, Sentence] = {}
    for one in found:
        if states_case(texts, one) and one.similarity > best.get(one.document_id, one).similarity - 1e-9:
            best[one.document_id] = one
    rest = []
    for number, one in sorted(best.items(), key=lambda pair: -pair[1].similarity)[:_CASES]:
        document = texts.document(number, one.source)
        for other in texts.sentences(number, 0, len(document.text)):
            text = document.text[other.start : other.end]
            place = replace(one, start=other.start, end=other.end, text=text, parts=(), vector=other.vector)
            if place.key not in known and other.parts in ((), ((other.start, other.end),)):
                rest.append(replace(place, similarity=_OF_REST * one.similarity))
    return rest


_CASES, _OF_REST = 4, 0.8
"""Documents that set out a case of which all is looked at, and the share of their best sentence's similarity that their
other sentences count; not measured."""
_CASE_CHARS = 1200
"""Characters of a document's head in which it says for whom it is written."""
_STATES_CASE = re.compile(
    r"\b(?:(?:I|[Ww]e) (?:act for|am instructed by|are instructed by|write on behalf of)|[Oo]ur [Cc]lient)\b"
    r"|\b(?i:letter before (?:action|claim)|(?:particulars|statement) of (?:claim|case)|points of (?:claim|defence)"
    r"|notice of (?:material |fundamental )?(?:breach|default|dispute|termination|rejection|claim)|formal complaint)\b"
)


def _spread(
    by_party: Mapping[str, Sequence[Sentence]],
    scores: Mapping[tuple[int, int, int], float],
    words: int,
    weak: float,
) -> list[Sentence]:
    """The strongest sentences, each party's next one and what was said already counting less, up to so many words; in
    the order of the texts."""
    left = {one.key: (party, one, _spoken_of(one.text)) for party, said in by_party.items() for one in said}
    chosen: list[Sentence] = []
    counts: Counter[str] = Counter()
    spoken: set[str] = set()
    while left and len(chosen) < MOST:
        best = max(
            left,
            key=lambda key: (
                scores[key]
                - _NEXT_OF_PARTY * counts[left[key][0]]
                - _REPEATED * len(left[key][2] & spoken) / (len(left[key][2]) or 1)
            ),
        )
        party, one, about = left.pop(best)
        size = len(one.text.split())
        if size > words or (len(counts) > 1 and scores[best] < weak * max(scores.values())):
            continue
        chosen.append(one)
        words -= size
        counts[party] += 1
        spoken |= about
    first = {one.document_id: at for at, one in reversed(list(enumerate(chosen)))}
    return sorted(chosen, key=lambda one: (first[one.document_id], one.start))


def _naming(question: str, found: Sequence[Sentence], texts: Texts) -> set[int]:
    """The documents that have at least half as many of the names of the question as the one with most of them; all of
    them where none has any."""
    names = [name.casefold() for name in premises.premises(question)]
    held: dict[int, int] = {}
    for document_id in dict.fromkeys(one.document_id for one in found):
        text = texts.text(document_id).casefold()
        held[document_id] = sum(name in text for name in names)
    most = max(held.values(), default=0)
    return {document_id for document_id, count in held.items() if 2 * count >= most}


def _party(texts: Texts, one: Sentence) -> str:
    """Whose words a sentence is, without an address; the document where nobody is known."""
    who = positions.who_says(texts, one)
    return (who_and_when(who, None) or who).casefold() if who else f"{_UNNAMED} {one.document_id}"


def _spoken_of(text: str) -> frozenset[str]:
    """The roots of a sentence's words, and its numbers."""
    return frozenset(root(stem) for stem in lexicon.content_words(text)) | lexicon.facts(_NUMBER.sub("", text)).required


def _same_thing(one: frozenset[str], other: frozenset[str]) -> bool:
    return len(one & other) >= max(_SHARED, _SHARE * min(len(one), len(other)))


def _states(one: Sentence) -> bool:
    text = collapse(one.text)
    if one.is_row or boilerplate.is_label(text) or boilerplate.is_opening(text) or text.endswith("?"):
        return False
    return (
        boilerplate.is_statement("", one.text)
        and len(text.split()) > 3
        and text[-1] in '.!”"'
        and (actuality.qualification(text) not in ("an option", "a request"))
    )


def _differ(one: str, other: str) -> bool:
    """Whether one of two sentences denies and the other does not, or both give numbers and none is the same."""
    if bool(_DENIES.search(one)) != bool(_DENIES.search(other)):
        return True
    numbers = lexicon.facts(one).required, lexicon.facts(other).required
    return all(numbers) and numbers[0] != numbers[1]
