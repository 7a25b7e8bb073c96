"""The statements that a sentence makes beside one another: the predicates that "and" and "but" join under one subject,
clauses joined so, what a relative clause between commas says, and a main clause without what it says of time or reason.

A claim is often about one of them, and what limits another ("... and may not resume until ...") does not limit it. What
does hold for all of them stays with each: a condition that opens the sentence, and who says it. Nothing is taken out of
what somebody says, believes, plans or denies, since it may be said of it; nor are statements parted where a condition
that ends the sentence may hold for all.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import lru_cache

from hybrid.answering.verification.alignment import relation_of, words
from hybrid.answering.verification.assertions import opens_with_verb, verb_of
from hybrid.answering.verification.clauses import SENTENCE_END, plain
from hybrid.answering.verification.markers import BELIEF, DENIED, HEDGED, NONE, PLANNED, REPORTED, REQUESTED
from hybrid.answering.verification.restatements import restatements
from hybrid.text import lexicon, wordnet

_OPENING = re.compile(
    r"^(?:If|Where|When|Whenever|Unless|Until|Once|Provided|Subject to|In the event|In case|Should|As long as"
    r"|So long as|Except|Only)\b[^,;]{3,160}, ",
)
_JOINT = re.compile(r"(?P<mark>;|,)? ?\b(?P<word>and|but|whereas|(?<=, )while)\b(?: (?:then|also|later|so|that))* |; ")
_WHEREUPON = re.compile(r", (?:(?:after|upon|following|at|before) which(?: time| point| date)?|whereupon) ")
_PARALLEL = re.compile(
    r"(?:the|an?|his|her|its|their|all|some|[$€£]?\d[\d,.]*|(?-i:[A-Z])[\w'’.-]*|one|two|three|four|five|six|seven"
    r"|eight|nine|ten)\b[^,;]*? "
    r"(?:in|on|at|to|from|for|with|by|into|before|after|during|until|within|through|days?|weeks?|months?)\b",
    re.IGNORECASE,
)
_ENDING = re.compile(
    r"\b(?:if|unless|except|save|provided|subject to|only|without|as long as|so long as"
    r"|in (?:each|either|any|both) cases?|respectively|neither|either|between|both|together|jointly"
    r"|in (?:all|total))\b",
    re.IGNORECASE,
)
_GOVERNS = (REPORTED, BELIEF, PLANNED, REQUESTED, DENIED, HEDGED)
_THAT = re.compile(r"\b(?:that|whether|what|who|whom|which|how|why|if|to be|to have)\b", re.IGNORECASE)
_SUBJECT = re.compile(
    r"(?:the|an?|his|her|its|their|our|my|this|that|these|those|he|she|it|they|we|I|no|all|both|each|one|two|three|four"
    r"|five|six|seven|eight|nine|ten|\d+|(?-i:[A-Z])[\w'’.-]*"
    r"|(?-i:[a-z])\w+s(?= (?:shall|must|may|will|can|cannot|are|were|have|do|should)\b))\b",
    re.IGNORECASE,
)
_NEGATIVE_SUBJECT = re.compile(r"^(?:No|None|Nobody|Neither|Nothing|Not|Few|Only|Hardly|Never)\b")
_AUXILIARIES = lexicon.vocabulary(
    "is are was were be been has have had shall will may must can could would should did does do might"
)
_RELATIVE = re.compile(r"^(?P<subject>[^,;:]{2,60}), (?P<which>who|which) (?P<said>[^,;]{5,160}), (?P<rest>[^;]{5,})$")
_MODAL = re.compile(r"\b(?:shall|will|may|must|can|could|would|should|might|is to|are to)\b")
_SUBORDINATE = re.compile(
    r"^(?P<main>[^;:]{10,}?),? (?P<how>after|although|though|even though|because|since|while|when|as soon as) "
    rf"(?P<other>{_SUBJECT.pattern} [^;:]{{5,}})$"
)
_CONCEDING = frozenset({"although", "though", "even though"})
_ASIDE = re.compile(
    r", (?:though|although|albeit|if|but) not (?:\w+ ){0,3}\w+(?=,)"
    r"|, (?:and )?not (?:(?:by|to|from|in|on|at|for|with|of) )?"
    r"(?:the |an? |his |her |its |their |(?=[A-Z]))[^,;.]{1,40}(?=[,.;]|$)"
)
_OTHERWISE = re.compile(
    r"(?:on|in|at|for|to|by|from|during) [^,;]{1,40}? only (?:if|when|where|with|after|on|by|to)\b", re.IGNORECASE
)
"""Another time or place that has a condition of its own: "and on Saturdays only if asked"."""
_PREPOSITION = re.compile(r"\b(?:in|on|at|to|from|for|with|by|into|before|after|during|until|within|through)\b")
_LEAST = 3
"""Words of a statement."""


@lru_cache(maxsize=4096)
def conjuncts(sentence: str) -> tuple[str, ...]:
    """The statements of a sentence that has several, each as a sentence; nothing of one that has not.

    Example:
        >>> conjuncts("The tenant shall insure the barn and shall send the policy to the landlord on request.")
        ('The tenant shall insure the barn.', 'The tenant shall send the policy to the landlord on request.')
    """
    bare = sentence.strip().rstrip(".")
    opening = _OPENING.match(bare)
    lead = opening[0] if opening else ""
    rest = bare[len(lead) :]
    found = [*_relative(rest), *_main(rest), *_joined(rest), *_without_contrast(rest)]
    for one in list(found):  # of "..., after he had asked and waited", or a list of three
        found += [*_joined(one), *_main(one), *_without_contrast(one)]
    return tuple(
        f"{lead}{one}." if lead else f"{one[0].upper()}{one[1:]}."  # what opens a sentence stays with each
        for one in dict.fromkeys(found)
        if len(one.split()) >= _LEAST and one != rest
    )


_OF_OTHER_CLAUSES = frozenset(
    {
        "negation", "attribution", "belief", "denial", "hedge", "plan", "motion", "future", "silence", "time limit",
        "request", "question", "counterfactual", "superseded", "condition", "exception", "quantifier", "modality",
        "perception", "alternative", "exclusivity", "pending", "ended", "restriction", "qualifier", "left out",
        "small word", "narrowing dropped", "restriction dropped", "rate", "measure",
    }
)  # fmt: skip
"""Checks that fail by what limits another statement of a sentence; who did what to whom is asked of all of it."""


def other_forms(claim: str, span: str, failed: Collection[str] = ()) -> tuple[str, ...]:
    """What a span of one to three sentences says in other forms (`restatements`), and its statements by themselves, in
    theirs: of which a claim may have one. ``failed`` are the checks that the claim fails against the whole: a statement
    by itself makes good only those that may be about another, and only where it has every word of the span that the
    claim has."""
    found = [*restatements(claim, span)]
    if not _OF_OTHER_CLAUSES.issuperset(failed):
        return tuple(found)
    mine = words(claim)
    whole = [_nearness(word, span) for word in mine]
    for sentence in SENTENCE_END.split(plain(span)):
        for one in conjuncts(sentence):
            if all(_nearness(word, one) >= near for word, near in zip(mine, whole, strict=True)):
                found += (one, *restatements(claim, one))
    return tuple(dict.fromkeys(found))


def _nearness(word: str, text: str) -> int:
    """2 where a text has a word of a claim, 1 where it has one that may stand for it, else 0."""
    found = {relation_of(word, other) for other in words(text)}
    return 2 if "same" in found else int(bool(found - {None}))


def _joined(text: str) -> Iterator[str]:
    """Predicates and clauses beside one another; of objects that share a verb ("the first by May and the rest within a
    month") the first."""
    if (match := _WHEREUPON.search(text)) is not None and verb_of(text[: match.start()]) is not None:
        yield text[: match.start()]
    for match in _JOINT.finditer(text):
        first, second = text[: match.start()].rstrip(" ,"), text[match.end() :].strip()
        if not first or not second or ("(" in first) != (")" in first):
            continue
        verb = verb_of(first)
        if verb is None or _NEGATIVE_SUBJECT.match(first):
            continue
        if _OTHERWISE.match(second) and _PREPOSITION.search(first[verb[1] :]):
            yield first
            continue
        governed = any(one.search(first) for one in _GOVERNS)
        own = _has_subject(second)
        if own:
            clause = second
        else:
            head = _head(first, verb, second)
            if head is None:
                if _PREPOSITION.search(first[verb[1] :]) and _is_parallel(second, text):
                    yield first
                continue
            clause = f"{head} {second}"
        if not _ENDING.search(second) and not DENIED.search(first):
            yield first
        if not governed and not _THAT.search(first[verb[0] :]):
            yield clause


def _is_parallel(second: str, text: str) -> bool:
    """Whether a part without a verb has a time, place or person of its own: what is said of the first is said of it
    alone, as a sum for two ("£500 to Ann and Ben") is not."""
    limited = _THAT.search(text) or NONE.search(text) or _ENDING.search(text)
    return _PARALLEL.match(second) is not None and verb_of(second) is None and limited is None


def _has_subject(second: str) -> bool:
    """Whether a part is a clause with a subject of its own."""
    if _SUBJECT.match(second) is None or opens_with_verb(second):
        return False
    verb = verb_of(second)
    return verb is not None and 0 < len(second[: verb[0]].split()) <= 8 and not _THAT.search(second[: verb[0]])


def _head(first: str, verb: tuple[int, int], second: str) -> str | None:
    """What a predicate without a subject goes on from: the subject of the first, with its auxiliaries where the second
    has but a participle. ``None`` where the second is no predicate."""
    opening = second.lower().split()[0]
    subject, said = first[: verb[0]].strip(), first[verb[0] : verb[1]].lower().split()
    if not subject:
        return None
    if opening in _AUXILIARIES:
        return subject
    if not opens_with_verb(second) or wordnet.is_noun(opening):
        return None
    if said[0] in _AUXILIARIES:
        if NONE.search(first):
            return None  # "did not sign and return": both together
        return f"{subject} {' '.join(word for word in said if word in _AUXILIARIES)}"
    return None if NONE.search(first) or opening.endswith("s") != said[0].endswith("s") else subject


def _relative(text: str) -> Iterator[str]:
    """What is said of a subject between commas, and the sentence without it."""
    match = _RELATIVE.match(text)
    if match is None or _NEGATIVE_SUBJECT.match(text) or verb_of(f"{match['subject']} {match['said']}") is None:
        return
    if verb_of(match["subject"]) is None:
        yield f"{match['subject']} {match['said']}"
        yield f"{match['subject']} {match['rest']}"


def _main(text: str) -> Iterator[str]:
    """What happened, without when or why, and what is said of these; of what is past, and nobody's word, alone."""
    match = _SUBORDINATE.match(text)
    if match is not None and match["how"] in _CONCEDING and verb_of(match["main"]) is not None:
        yield match["main"].strip(" ,")  # it is so in spite of the other
    if match is None or _MODAL.search(text) or any(one.search(match["main"]) for one in _GOVERNS):
        return
    main, other = match["main"].strip(" ,"), match["other"]
    if not _is_past(main) or verb_of(other) is None:
        return
    if not NONE.search(main):
        yield main
    if match["how"] not in {"when", "while"} and _is_past(other):
        yield other


def _without_contrast(text: str) -> Iterator[str]:
    """What is said, without the other thing that it is said not to be: "by a maid, not by the laboratory", "probable,
    though not certain"."""
    if _ASIDE.search(text):
        yield re.sub(r"(?<=\w), (?=that\b)", " ", _ASIDE.sub("", text))


def _is_past(clause: str) -> bool:
    """Whether the verb of a clause is in the past."""
    verb = verb_of(clause)
    first = clause[verb[0] : verb[1]].split()[0].lower() if verb else ""
    if first in _AUXILIARIES:
        return first in {"was", "were", "had", "did"}
    return first.endswith("ed") or (bool(wordnet.lemmas(first) - {first}) and not first.endswith(("s", "ing")))
