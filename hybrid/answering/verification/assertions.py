"""What a span asserts of a statement, and of whom: it may deny it, leave it open, have it under way or only begun, or
say it of another than the claim does.

Each check is of form: it looks at which verb, quantifier or subject a phrase belongs to, whatever it is about.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from hybrid.answering.verification.alignment import alike
from hybrid.answering.verification.clauses import MONTH_NAMES, SENTENCE_END, Clauses
from hybrid.answering.verification.markers import HEDGED, NONE, NOT_DONE, REPORTED
from hybrid.answering.verification.relations import passive
from hybrid.answering.verification.restatements import verb_end
from hybrid.text import lexicon, wordnet

_DENIAL = re.compile(
    r"(?<!\bis )(?<!\bare )(?<!\bwas )(?<!\bwere )(?<!\bbeen )(?<!\bbe )\bden(?:y|ies|ied|ying)\b"
    r"(?!(?: \w+){0,4}? (?:requests?|applications?|motions?|appeals?|petitions?|permission|access|entry|leave|visas?"
    r"|loans?|bail|relief|admission|consent|approval|claims?|permits?|licen[cs]es?|bids?|refunds?)\b)"
    r"|\bit (?:is|was) denied(?= that\b)|\bdenials?(?= (?:by (?:\w+ ){1,4}?)?(?:that|of)\b)"
    r"|\b(?:disput|contest|reject|refut|challeng|repudiat)(?:e|es|ed|s|ing)?\b(?: \w+ly)?"
    r"(?= (?:that\b|(?!\w+ing the\b)\w+ing\b"
    r"|(?:(?:the|any|all|this|a|his|her|its|their|\w+'s) )?(?:\w+ )?(?:claim|allegation|suggestion|accusation|charge"
    r"|assertion|idea|notion|view|report|story|rumou?r|finding|statement|contention|theory)s? (?:that|of)\b))",
    re.IGNORECASE,
)
"""Where a statement is denied; to be denied entry, or an application, is another matter."""
_DENYING = re.compile(
    r"\b(?:den(?:y|ies|ied|ial|ying)|disput|contest|reject|refut|challeng|repudiat|accord|agree|admit|conced|accept"
    r"|acknowledg|confirm)\w*",
    re.IGNORECASE,
)
_COMPLEMENT_END = re.compile(r"[,;.]\s|\.$| but |\band (?=(?:admit|said|claim|insist|maintain)\w*)", re.IGNORECASE)


def denial_as_fact(claim: Clauses, span: Clauses) -> bool:
    """What somebody denies is said not to be so: a denial says what is denied, and no more."""
    if not (NONE.search(claim.text) or NOT_DONE.search(claim.text)):
        return False
    if _DENYING.search(claim.text) or HEDGED.search(claim.text):
        return False
    mine = set(claim.words)
    for sentence in span.sentences:
        held = set(_tokens(sentence))  # "the accused denies that he was told": neither word reports the claim
        if any(not set(_tokens(match[0])) <= held for match in REPORTED.finditer(claim.text)):
            continue
        for match in _DENIAL.finditer(sentence):
            end = _COMPLEMENT_END.search(sentence, match.end() + 1)
            stop = end.start() if end else len(sentence)
            denied = mine & set(lexicon.content_words(sentence[match.end() : stop]))
            if denied and len(denied) >= len(mine & set(lexicon.content_words(sentence[stop:]))):
                return True
    return False


_NEGATED = re.compile(r"(?:\bnot|\bnever|n't|\bno|\bhardly|\bscarcely)\b", re.IGNORECASE)
_NEG_RAISING = lexicon.vocabulary(
    "think believe expect want wish seem appear suppose likely probable intend plan imagine reckon feel suspect"
)
"""Verbs of which "does not V that P" means "V that not P"."""
_MATRIX_SKIPPED = lexicon.vocabulary("be been being yet so at all means at the a an any it that to even always also")


def negation_in_complement(claim: Clauses, span: Clauses) -> bool:
    """Of "it is not certain that P" it is said that it is certain that not P."""
    said = _tokens(claim.text)
    for sentence in span.sentences:
        theirs = _tokens(sentence)
        for at, word in enumerate(theirs):
            if not _NEGATED.fullmatch(word):
                continue
            matrix = next((one for one in theirs[at + 1 : at + 4] if one not in _MATRIX_SKIPPED), None)
            if matrix is None or not any(one in {"that", "to"} for one in theirs[at + 2 : at + 10]):
                continue
            if wordnet.lemmas(matrix) & _NEG_RAISING or matrix in _NEG_RAISING:
                continue
            for place, other in enumerate(said):
                same = other == matrix or bool(wordnet.lemmas(other) & wordnet.lemmas(matrix))
                if not same or any(map(_NEGATED.fullmatch, said[max(0, place - 3) : place])):
                    continue
                after = said[place + 1 :]
                if any(map(_NEGATED.fullmatch, after)) and any(one in {"that", "to"} for one in after):
                    return True
    return False


def _tokens(text: str) -> list[str]:
    return re.findall(r"[^\W_]+(?:[-'][^\W_]+)*", text.lower())


_QUANTIFIERS = lexicon.vocabulary("all most some many few several every each no both half various certain") | (
    lexicon.NUMBER_WORDS - {"one", "first", "second"}
)
_BEFORE_NOUN = lexicon.vocabulary("of the its his her their our these those this that a an my your")


def quantifier_moved(claim: Clauses, span: Clauses) -> bool:
    """A quantifier of the span stands in the other voice before another of its nouns: "most lakes are visited by
    tourists", "most tourists visit lakes"."""
    if passive(claim.text) == passive(span.text):
        return False
    theirs = list(_quantified(span.text))
    held = {word for word in _tokens(span.text) if word not in lexicon.STOPWORDS}
    mine = {word for word in _tokens(claim.text) if word not in lexicon.STOPWORDS}
    if not theirs:
        return False
    for phrase in _quantified(claim.text):
        if any(_shares(phrase, other) for other in theirs):
            continue
        elsewhere = any(_shares(phrase[:1], {word}) or _shares(phrase[:2], {word}) for word in held)
        if elsewhere and any(_shares(other[:2], mine) for other in theirs):
            return True
    return False


def _quantified(text: str) -> Iterator[list[str]]:
    """The content words of each quantified noun phrase, up to a preposition or verb."""
    tokens = re.findall(r"[^\W_]+(?:[-'][^\W_]+)*|[,;.]", text.lower())
    for at, token in enumerate(tokens):
        if token not in _QUANTIFIERS and not token.isdigit():
            continue
        place = at + 1
        while place < len(tokens) and tokens[place] in _BEFORE_NOUN:
            place += 1
        phrase: list[str] = []
        while place < len(tokens) and len(phrase) < 2:
            word = tokens[place]
            if not word[0].isalpha() or word in lexicon.STOPWORDS | _QUANTIFIERS | _AUXILIARIES:
                break
            if phrase and wordnet.is_verb(word) and not wordnet.is_noun(word):
                break
            phrase.append(word)
            place += 1
        if phrase and phrase[0] not in _MONTHS:
            yield phrase[:2]


_AUXILIARIES = lexicon.vocabulary(
    "is are was were be been being has have had do does did will would shall should may might must can could"
)
_MONTHS = frozenset(month.lower() for month in MONTH_NAMES)


def _shares(some: Sequence[str], others: Sequence[str] | set[str]) -> bool:
    return any(lexicon.stem(one) == lexicon.stem(other) for one in some for other in others)


_ITEM = r"(?:(?:the|an?|its|his|her|their|all|any|some|no) )?[\w'’-]+(?: [\w'’-]+){0,2}"
_LIST = re.compile(rf"(?P<items>{_ITEM}(?:, {_ITEM})+),? (?:and|or) (?P<last>{_ITEM})", re.IGNORECASE)


def member_added(claim: Clauses, span: Clauses) -> bool:
    """A list of the claim has a member that the span does not have, among others that stand in it."""
    there = [word for word in _tokens(span.text) if word not in lexicon.STOPWORDS]
    for match in _LIST.finditer(claim.text):
        items = match["items"].split(", ")
        # Of the first item the last word is its head; the last one may go on with what the list is a part of.
        heads = [_content(items[0])[-1:], *(_content(item) for item in items[1:])]
        known = [bool(words) and any(_stands(word, there) for word in words) for words in heads]
        last = _content(match["last"])
        known.append(bool(last) and _stands(last[0], there))
        if sum(known) >= 2 and any(words and not one for words, one in zip(heads, known, strict=False)):
            return True
        if sum(known) >= 2 and last and not any(_stands(word, there) for word in last[:2]):
            return True
    return False


def _content(text: str) -> list[str]:
    return [word for word in _tokens(text) if word not in lexicon.STOPWORDS | lexicon.NEGATIONS and word[0].isalpha()]


def _stands(word: str, there: Sequence[str]) -> bool:
    return any(lexicon.stem(word) == lexicon.stem(other) or alike(word, other) for other in there)


_GOING_ON = re.compile(
    r"\b(?:is|are|was|were) (?:now |still |currently |\w+ly )*being ([a-z]+)\b"
    r"|\b(?:is|are|was|were|been|am)(?: (?:now|still|currently|already|also|being|not|\w+ly))* ([a-z]+ing)\b",
    re.IGNORECASE,
)
_UNDER_WAY = re.compile(r"\bbeing\b|\b(?:is|are|was|were|been|am|started|began|begun) (?:\w+ly )?\w+ing\b|\bunder way\b"
                        r"|\bin progress\b|\bunder construction\b", re.IGNORECASE)  # fmt: skip
_NOT_TELIC = lexicon.vocabulary(
    """
    demand ask request sue seek say claim argue insist threaten warn offer propose plan consider call urge charge appeal
    accuse drive wear carry hold sleep sit stand live work walk wait play use sell watch look talk speak smoke rise fall
    grow decline increase decrease drop run stay hope think suffer travel swim sing dance rain snow rule occupy serve
    operate keep visit discuss attend follow hide have do go come try begin start intend prepare show suspect bear
    lead chair teach study manage rent own employ listen cry laugh bleed lie climb lose gain pay receive earn spend
    """
)
"""Verbs whose deed is done as soon as one is at it: who was driving drove."""
_BEGUN = re.compile(
    r"\b(?P<marker>begins?|began|begun|starts?|started|commenced?|tries|tried|trying|attempt(?:s|ed)?|plan(?:s|ned)?"
    r"|agree[sd]?|undertook|undertakes?|intend(?:s|ed)?|arrange[sd]?|offer(?:s|ed)?|decide[sd]?|prepare[sd]?|hope[sd]?"
    r"|wish(?:ed|es)?|want(?:s|ed)?|consent(?:s|ed)?|resolve[sd]?|pledge[sd]?|promise[sd]?|vow(?:s|ed)?|set out"
    r"|sought|seeks?|about|proceed(?:s|ed)?)(?: (?:to (?:\w+ly )?(?P<infinitive>[a-z]+)|(?P<gerund>[a-z]+ing))\b)",
    re.IGNORECASE,
)
_BEGIN = re.compile(r"^(?:beg[iau]n|start|commenc|proceed)", re.IGNORECASE)
_STILL_TO_DO = lexicon.vocabulary("will would shall should may might must can could to not never no being n't")


def under_way_as_done(claim: Clauses, span: Clauses) -> bool:
    """What is or was being done is said to be done: "is building" as "has built"."""
    if _UNDER_WAY.search(claim.text):
        return False
    for match in _GOING_ON.finditer(span.text):
        verb = (match[1] or match[2]).lower()
        if verb in {"being", "going", "having"} or not wordnet.is_verb(verb):
            continue
        if not wordnet.lemmas(verb) & _NOT_TELIC and _done(verb, claim.text, span.text.replace(match[0], " ")):
            return True
    return False


def begun_as_done(claim: Clauses, span: Clauses) -> bool:
    """What was begun, tried, planned or agreed to is said to be done."""
    said = _tokens(claim.text)
    for match in _BEGUN.finditer(span.text):
        verb = (match["infinitive"] or match["gerund"]).lower()
        marker = wordnet.lemmas(match["marker"].lower().split()[0])
        if any(wordnet.lemmas(word) & marker for word in said) or not wordnet.is_verb(verb) or verb in {"be", "have"}:
            continue
        if _BEGIN.match(match["marker"]) and wordnet.lemmas(verb) & _NOT_TELIC:
            continue
        if _done(verb, claim.text, span.text.replace(match[0], " ")):
            return True
    return False


def _done(verb: str, claim: str, span: str) -> bool:
    """Whether a claim has a past form of a verb that the span does not have, and says neither that it is still to be
    done nor that it is not."""
    held = set(_tokens(span))
    tokens = _tokens(claim)
    for at, word in enumerate(tokens):
        participle = word == verb and not wordnet.is_infinitive(word)  # of "is being rebuilt"
        inflected = not word.endswith(("ing", "s")) and wordnet.lemmas(word) != {word}
        past = participle or word.endswith("ed") or inflected
        if not past or word in held or not wordnet.lemmas(word) & wordnet.lemmas(verb):
            continue
        if not _STILL_TO_DO & set(tokens[max(0, at - 3) : at]):
            return True
    return False


_MUST_OR = re.compile(
    r"\b(?:must|shall|(?:is|are) (?:required|obliged) to|needs? to|ha(?:s|ve) to) (?!not\b|either\b)"
    r"(?P<one>[^,.;]{3,80}?),? or (?:(?:by|in) |(?P<verb>[a-z]+) )(?P<other>[^,.;]+)"
)


def alternative_dropped(claim: Clauses, span: Clauses) -> bool:
    """Of two things of which one must be done, one is said to have to be done."""
    said = claim.text.lower()
    if " or " in said or not _MUST.search(claim.text) or NONE.search(span.text):
        return False
    mine = set(claim.words)
    for match in _MUST_OR.finditer(span.text):
        if match["verb"] and not wordnet.is_infinitive(match["verb"]):
            continue
        before = match["one"] if match["verb"] else _MEANS.split(match["one"])[-1]  # "paid in cash or by cheque"
        one, other = set(lexicon.content_words(before)), set(lexicon.content_words(match["other"]))
        if (mine & one and not mine & (other - one)) or (mine & other and not mine & (one - other)):
            return True
    return False


_MEANS = re.compile(r"\b(?:by|in)\b")
_MUST = re.compile(r"\b(?:must|shall|required|obliged|needs?|ha(?:s|ve) to)\b", re.IGNORECASE)

_JOINT = re.compile(r",? (?:and|but|and then|then)(?: (?:then|also|later|subsequently|so))* (?=[a-z])")
_UNIT = re.compile(
    r";\s+|,?\s+(?=who\b)|,\s+(?=which\b)|,?\s+(?:and|but|while|whereas|so|then)\s+(?=(?:he|she|it|they|the|an?|his|her|its|their|[A-Z]\w*)\b)"
)
_PRONOUNS = lexicon.vocabulary("he she it they")


def subject_carried(claim: Clauses, span: Clauses) -> bool:
    """Predicates of two sentences are joined under the subject of one of them, which the other does not have."""
    first, *later = _JOINT.split(claim.text.rstrip("."))
    verb = verb_of(first)
    if verb is None or not later:
        return False
    subject = _subject_words(first[: verb[0]])
    units = [unit for sentence in SENTENCE_END.split(span.text) for unit in _UNIT.split(sentence.rstrip(".")) if unit]
    if len(units) < 2 or not subject:
        return False
    predicate = set(lexicon.content_words(first[verb[0] :]))
    home = max(range(len(units)), key=lambda at: len(predicate & set(lexicon.content_words(units[at]))))
    for part in later:
        if not opens_with_verb(part):
            continue
        said = set(lexicon.content_words(part))
        shared = [len(said & set(lexicon.content_words(unit))) for unit in units]
        place = shared.index(max(shared))
        if place == home or not shared[place] or shared[place] == shared[home]:
            continue
        if not _is_subject_of(subject, units, place):
            return True
    return False


_SHORT_CLAIM = 20
"""Words of a claim that has one clause; of longer ones the first verb may not be the main one. Not measured."""


def another_subject(claim: Clauses, span: Clauses) -> bool:
    """What one clause says of its subject is said of the subject of another clause: of "the cook left and the porter
    refused to go" that the cook refused."""
    text = claim.text.rstrip(".")
    verb = verb_of(text)
    if len(claim.sentences) > 1 or len(text.split()) > _SHORT_CLAIM or len(_UNIT.split(text)) > 1 or "," in text:
        return False
    if verb is None or passive(text):
        return False
    subject = _subject_words(text[: verb[0]])
    predicate = set(lexicon.content_words(text[verb[0] :]))
    units = [unit for sentence in SENTENCE_END.split(span.text) for unit in _UNIT.split(sentence.rstrip(".")) if unit]
    if len(units) < 2 or not subject or not predicate:
        return False
    shared = [len(predicate & set(lexicon.content_words(unit))) for unit in units]
    home = shared.index(max(shared))
    if 2 * shared[home] <= len(predicate) or shared.count(shared[home]) > 1 or passive(units[home]):
        return False
    named, there = subject - _PRONOUNS, _content(units[home])
    if any(_stands(word, there) for word in named) or _is_subject_of(subject, units, home):
        return False
    openings = (units[at][: found[0]] for at in range(len(units)) if at != home and (found := verb_of(units[at])))
    return any(_stands(word, _content(opening)) for opening in openings for word in named)


def verb_of(text: str) -> tuple[int, int] | None:
    """Where the finite verb of a clause begins and ends; ``None`` where none is made out."""
    return verb_end(text) or verb_end(text, present=True)


def _subject_words(text: str) -> frozenset[str]:
    return frozenset(word for word in _tokens(text) if word not in lexicon.STOPWORDS - _PRONOUNS)


def opens_with_verb(part: str) -> bool:
    """Whether a part of a sentence opens with its verb, and so has no subject of its own."""
    words = part.lower().split()
    if words[0] in _AUXILIARIES:
        return True
    word = next((one for one in words[:2] if not one.endswith("ly")), "")
    return wordnet.is_verb(word) and (word.endswith(("ed", "s")) or bool(wordnet.lemmas(word) - {word}))


def _is_subject_of(subject: frozenset[str], units: Sequence[str], place: int) -> bool:
    """Whether a clause has that subject, or a pronoun that can stand for nothing else."""
    verb = verb_of(units[place])
    if verb is None:
        return True  # no subject of its own can be made out
    opening = units[place][: verb[0]]
    if place and opening.lower().startswith(("who ", "which ")):
        return any(alike(one, other) for one in subject for other in _content(units[place - 1])[-1:])
    own = _subject_words(opening)
    pronoun = next(iter(own & _PRONOUNS), None)
    if not own or any(alike(one, other) for one in subject for other in own):
        return True
    if pronoun is None or place == 0:
        return False
    before = units[place - 1]
    verb = verb_of(before)
    if verb is None:
        return False
    above = _subject_words(before[: verb[0]])
    if above & _PRONOUNS:
        return pronoun in above and _is_subject_of(subject, units, place - 1)
    if not any(alike(one, other) for one in subject for other in above):
        return False
    return not _others(pronoun, before[: verb[0]], before[verb[1] :])


_HE, _SHE = frozenset({"mr", "sir", "lord"}), frozenset({"mrs", "ms", "miss", "lady"})
_DAYS = lexicon.vocabulary("monday tuesday wednesday thursday friday saturday sunday")
_DETERMINED = re.compile(
    r"\b(?:the|an?|his|her|its|their|this|that|these|those|each|every|one|two|three) ((?:[\w-]+ )?[\w-]+)",
    re.IGNORECASE,
)
_PLACE = re.compile(r"\b(?:in|at|near|from) (?:the )?$", re.IGNORECASE)
_MAY_BE_PERSON = re.compile(
    r"(?:er|or|ist|ian|ant|[^m]ent|ary|man|woman|eer|ess|child|boy|girl|people|men|women"
    r"|smith|clerk|cook|guard|priest|judge|chef|monk|nun|guest|host|pilot|king|queen|guide|wife|husband|son|heir)s?$"
)
_NO_PERSON = lexicon.vocabulary(
    """
    letter letters paper papers number order orders corner water winter summer offer offers river chapter computer
    dinner power tower door doors floor error motor restaurant library summary diary salary january february fee centre
    center matter answer register september october november december quarter silver butter ladder newspaper rent
    accident event content talent patent grant plant car cheque river canal ferry train ticket
    """
)


def _others(pronoun: str, subject: str, rest: str) -> bool:
    """Whether a pronoun after a clause may stand for something in it other than its subject."""
    title = _tokens(subject)[:1]
    if (pronoun == "she" and _HE & set(title)) or (pronoun == "he" and _SHE & set(title)):
        return True
    if pronoun in {"he", "she"}:
        head = (_content(subject) or [""])[-1]
        if not (re.search(r"[A-Z]", subject.strip()[1:]) or _person(head) or subject.strip().count(" ") == 0):
            return True  # "the guild ... She"
        for match in re.finditer(r"(?<!\w)[A-Z]\w+", rest):
            lowered = match[0].lower()
            known = lowered in _MONTHS | _DAYS
            if not known and not _PLACE.search(rest[: match.start()]):
                return True
        nouns = [_content(match[1]) for match in _DETERMINED.finditer(rest)]
        return (
            any(map(_person, (word for words in nouns for word in words)))
            or any(words and _unknown(words[-1]) for words in nouns)
            or bool(re.search(r"\b(?:him|her)\b(?! \w+)", rest))
        )
    return bool(_DETERMINED.search(rest)) or (pronoun == "they" and bool(re.search(r"\b\w{3,}s\b", rest)))


def _person(noun: str) -> bool:
    """Whether a noun may mean somebody."""
    return noun not in _NO_PERSON and (wordnet.is_person(noun) or bool(_MAY_BE_PERSON.search(noun)))


def _unknown(noun: str) -> bool:
    """Whether the table of words does not say of a noun that it is a thing, a deed or a time."""
    return noun not in _NO_PERSON and not any(is_kind(noun) for is_kind in map(wordnet.kind_of, _THINGS))


_THINGS = ("artifact", "object", "document", "event", "act", "money", "period", "location", "state", "measure", "group")
