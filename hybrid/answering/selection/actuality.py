"""Questions about what happened, and sentences that do not say that anything did: options, proposals, conditions, terms
of a contract, plans, requests.

"Did the buyer accept the offer?" is not answered by "Accept the offer of £40,000" under the heading "Options", and "Has
he admitted liability?" not by "If so there is no limit on his liability". Such a sentence ranks behind plain
statements, and where it is quoted its qualification is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from hybrid.answering.evidence import collapse
from hybrid.answering.selection import paraphrases
from hybrid.answering.verification.values import values
from hybrid.text.lexicon import STOPWORDS, content_words

PENALTY, FRAGMENT, NO_VALUE = 1.5, 1.5, 1.0
"""Log-odds that a sentence loses against others where what happened is asked, for a qualification, for having no verb,
and for having no value where one is asked for; not measured: a sentence that is as good in all else falls below
`hybrid.answering.selection.ranking.MIN_SHARE`."""
ANSWERS = 1.2
BOUND = 2.5
DEFINES = 1.5
"""Log-odds that a sentence gains by the asked verb or its opposite, by a bound where a limit is asked, and by saying
what a thing is where that is asked; not measured."""

_HAPPENED = re.compile(
    r"^(?:and |but |so )?(?:did|has|have|had|was|were)\b|\b(?:did|was|were|has|had)\b|\b(?:what happened|who \w+ed)\b",
    re.I,
)
_OF_TERMS = re.compile(
    r"\b(?:(?-i:may)|must|shall|can|could|should|would|allowed|permitted|required?|requires|entitled|obliged"
    r"|obligations?|if|terms?"
    r"|(?:have|has|had) to(?! do with)|clauses?|provisions?|under the (?:agreement|contract|lease|policy))\b",
    re.IGNORECASE,
)
_OPTIONS = re.compile(r"\b(?:options?|alternatives?|choices|possible (?:courses|outcomes|ways))\b", re.IGNORECASE)
_PROPOSALS = re.compile(
    r"\b(?:proposals?|proposed|recommendations?|recommended|motions?|resolutions? proposed|for decision"
    r"|(?:asked|invited|requested) to (?:decide|approve|agree|consider|resolve)|decisions? (?:sought|required"
    r"|requested))\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"^\(?(?P<number>\d{1,3}(?:\.\d{1,3})*)[.)]?\s+|^\([a-z]\)\s+|^[A-Z][.)]\s+|^[-*•]\s+")
_INLINE = re.compile(r"\b(?:[Oo]ptions?|[Aa]lternatives?)\b[^.\n]{0,60}:(?=[^\n]*$)")
_PROPOSED = re.compile(
    r"\b(?:propos(?:es|ed)|moved that|tabled a motion|recommend(?:s|ed)|invited the board)\b", re.IGNORECASE
)
_NONE_PROPOSED = re.compile(r"\b(?:no|nothing|nobody|none)\b[^,;]{0,40}\b(?:proposed|recommended)\b", re.IGNORECASE)
_CONDITION = re.compile(
    r"^(?:if|unless|should|were|provided|assuming|in the event|in case|supposing|subject to|where|whenever)\b"
    r"|^(?:\w+ ){0,6}(?:would|could|might)\b|,? if (?!not\b)|\bunless\b",
    re.IGNORECASE,
)
_TERM = re.compile(
    r"\b(?:shall|must(?! have\b)|(?-i:may)(?! have\b)|is to be|are to be|is obliged|undertakes? to)\b", re.IGNORECASE
)
_PLAN = re.compile(
    r"\b(?:will(?! not\b)|going to|plans? to|intends? to|hopes? to|expects? to|about to|aims? to)\b", re.IGNORECASE
)
_INFINITIVE = re.compile(
    r"^[Tt]o (?!(?:date|begin|start|conclude|my|our|his|her|their|your|its|the|this|that|these|those|all|some|be)\b)"
    r"[a-z]+ (?:(?i:the|a|an|that)\b|[A-Z])(?![^.]*, (?:the|a|an|he|she|it|they|we|I|[A-Z]\w+)\b)"
)
"""A motion: "To sell the boat." What is done to some end is none: "To mend the boat, the club hired Bo"."""
_REQUEST = re.compile(
    r"^(?:please|kindly|could you|would you|can you|let us|let's|we ask|i ask|i suggest|we suggest)\b", re.IGNORECASE
)
_SUBJECT = re.compile(
    r"^(?i:the|a|an|our|my|his|her|its|their|this|that|these|those|no|all|both|each|i|we|he|she|it|they|you"
    r"|there|mr|mrs|ms"
    r"|dr|on|in|at|by|after|before|since|from|under|not|nobody|nothing)\b"
    r"|^[A-Z]\w+(?:['’]s)?\s+(?:[A-Z]|(?:is|are|was|were|has|have|had|did|does|will|shall|may|must|\w+ed|\w+s)\b)"
)
_BASE_VERB = re.compile(r"^(?:to )?[A-Z]?[a-z]{3,}\b")


def _form(word: str) -> str:
    """A verb without its ending: "denies", "denied" and "deny" are one."""
    word = re.sub(r"ie[sd]$", "y", word)
    word = re.sub(r"(?<=\w\w\w)(?:ing|ed|es|e|s)$", "", word)
    return word[:-1] if len(word) > 4 and word[-1] == word[-2] and word[-1] in "ptlrgn" else word


_OPPOSED_VERBS = """
    admit deny dispute concede, accept refuse reject decline, agree refuse reject decline, approve reject refuse defer,
    allow refuse forbid, grant refuse reject, confirm deny, pay withhold refuse, sign refuse decline, disclose withhold
    conceal, renew terminate, terminate renew, waive reserve insist, comply breach, breach comply
"""
_OPPOSED: dict[str, frozenset[str]] = {}
_OPPOSITES: dict[str, str] = {}
for _group in _OPPOSED_VERBS.split(","):
    _first, *_others = (_form(_word) for _word in _group.split())
    _OPPOSED[_first] = _OPPOSED.get(_first, frozenset()) | {_first, *_others}
    _OPPOSITES[_first] = ", ".join(_group.split()[1:])
_ANY_NUMBER = (
    r"(?:\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|hundred)\b)"
)
_VALUES = (
    (
        re.compile(r"\bhow long\b", re.IGNORECASE),
        re.compile(rf"{_ANY_NUMBER}\D{{0,24}}\b(?:second|minute|hour|day|week|month|year)s?\b", re.IGNORECASE),
    ),
    (re.compile(r"\bhow (?:many|much)\b", re.IGNORECASE), re.compile(_ANY_NUMBER, re.IGNORECASE)),
)
_LIMIT_ASKED = re.compile(
    r"\b(?:cap|caps|capped|limit|limits|maximum|ceiling|upper limit)\b|\bat most\b", re.IGNORECASE
)
_LEAST_ASKED = re.compile(r"\b(?:minimum|floor|least|lower limit)\b", re.IGNORECASE)


_ASKED_VERBS = re.compile(
    rf"\b(?:{'|'.join(sorted(set(re.findall('[a-z]+', _OPPOSED_VERBS))))})\w{{0,3}}\b", re.IGNORECASE
)


_ASKS_TERMS = re.compile(
    r"^\W*(?:(?:may|must|shall|can)\b|(?:is|are|does|do)\b.*\b(?:allowed|permitted|entitled|obliged|required|free|bound"
    r"|have)\b.*\bto\b)",
    re.IGNORECASE,
)


def asks_terms(question: str) -> bool:
    """Whether a question asks what somebody may or must do.

    Example:
        >>> asks_terms("May the tenant sublet?"), asks_terms("Did the tenant sublet?")
        (True, False)
    """
    return _ASKS_TERMS.search(question) is not None


def opposite(question: str) -> str | None:
    """The question with the opposites of its verb, under which documents may say that it did not happen; ``None`` where
    its verb has none here.

    Example:
        >>> opposite("Did they accept the offer?")
        'Did they refuse, reject, decline the offer?'
    """
    for match in _ASKED_VERBS.finditer(question):
        others = _OPPOSITES.get(_form(match[0].lower()))
        if others:
            return f"{question[: match.start()]}{others}{question[match.end() :]}"
    return None


_ASKS_CAUSE = re.compile(
    r"\bwhy\b|\bwhat (?:\w+ )?(?:caused?|led to|brought about)\b|\b(?:causes?|reasons?) (?:of|for)\b"
    r"|\bhow (?:did|has|had|was|were)\b.*\b(?:come|came) (?:about|to)\b|\bhow come\b",
    re.IGNORECASE,
)


def asks_cause(question: str) -> bool:
    """Whether a question asks why something is so.

    Example:
        >>> asks_cause("What caused the damp?"), asks_cause("When was it damp?")
        (True, False)
    """
    return _ASKS_CAUSE.search(question) is not None


def cause_query(question: str) -> str:
    """What is searched for beside the question to find causes: its topic, because of what."""
    return f"{' '.join(content_words(question))} was because, was caused by, gave way"


def asks_what_happened(question: str) -> bool:
    """Whether a question asks what has been, and not what a text provides for.

    Example:
        >>> asks_what_happened("Did the buyer accept?"), asks_what_happened("May the buyer refuse?")
        (True, False)
    """
    return _HAPPENED.search(question) is not None and _OF_TERMS.search(question) is None


def qualification(sentence: str, heading: str = "") -> str:
    """Why a sentence under a heading does not say that something happened, in words; empty for a plain statement.

    Example:
        >>> qualification("4.1 Accept the offer of £40,000.", "4. Options")
        'an option'
        >>> qualification("The offer was refused.", "4. Options")
        ''
    """
    text = _NUMBER.sub("", collapse(sentence)).strip("“”\"' ")
    if text.endswith("?"):
        return "a question"
    bare = _SUBJECT.match(text) is None and _BASE_VERB.match(text) is not None
    if bare and _OPTIONS.search(heading):
        return "an option"
    if re.match(r"^option\b", text, re.IGNORECASE):
        return "an option"
    if _PROPOSED.search(text) and not _NONE_PROPOSED.search(text):
        return "a proposal"
    if (bare and _PROPOSALS.search(heading)) or _INFINITIVE.match(text):
        return "a proposal"
    if _REQUEST.match(text):
        return "a request"
    if _CONDITION.search(text):
        return "conditional"
    if _TERM.search(text):
        return "a term"
    return "a plan" if _PLAN.search(text) else ""


def heading_above(text: str, start: int) -> str:
    """The heading of the section that the sentence at ``start`` stands in: of "4.1 ..." the line "4. ...", else the
    nearest short line above that ends in no stop; empty where there is none.

    Example:
        >>> heading_above("4. Options\\n4.1 Accept it.\\n4.2 Refuse it.", 27)
        '4. Options'
    """
    inline = _INLINE.search(text[max(0, start - 400) : start])
    if inline:
        return inline[0]
    own = _NUMBER.match(" ".join(text[start : start + 40].split()))
    if own and own["number"] and "." in own["number"]:
        section = own["number"].split(".")[0]
        for line in _lines_above(text, start):
            match = _NUMBER.match(line)
            if match and match["number"] == section and len(line.split()) <= 14:
                return line
    return next((line for line in _lines_above(text, start) if _is_heading(line)), "")


def _lines_above(text: str, start: int) -> Iterator[str]:
    """The lines above, the nearest first, as far as headings are looked for."""
    lines = text[max(0, start - 6000) : text.rfind("\n", 0, start) + 1].splitlines()
    yield from (line.strip() for line in reversed(lines) if line.strip())


def _is_heading(line: str) -> bool:
    words = line.split()
    return (
        len(words) <= 8 and line[-1] not in '.,;:!?)”"' and (line[0].isupper() or line[0].isdigit()) and len(line) > 3
    )


def adjustment(question: str, sentence: str, qualified: str) -> float:
    """What a sentence gains or loses, in log-odds, by what kind of answer it is."""
    gained = -PENALTY * bool(qualified)
    if sentence.startswith("#") or (len(sentence.split()) <= 9 and sentence.rstrip()[-1:] not in '.!?:;”"'):
        gained -= FRAGMENT * asks_what_happened(question)
    if asks_what_happened(question):
        gained += ANSWERS * (not qualified and says_action(question, sentence))
        gained -= NO_VALUE * any(asked.search(question) and not held.search(sentence) for asked, held in _VALUES)
    if says_what_is(question, sentence) or (
        qualified in ("", "a request") and paraphrases.says(question, sentence)
    ):  # "Bin them": that it was asked for is an answer
        gained += DEFINES + PENALTY * (qualified == "a request")
    named = _WHO_IS.search(question)
    if named:
        gained += _role_said(named["name"], sentence)
    for asked, bounds in ((_LIMIT_ASKED, {"most"}), (_LEAST_ASKED, {"least"})):
        if asked.search(question) and any(one.bound in bounds for one in values(sentence).quantities):
            gained += BOUND
    return gained


_WHAT_IS = re.compile(
    r"^\W*(?:what|which) (?:(?:is|was|are|were) (?:the|our|his|her|its|their) (?:\w+ ){0,2}?(?P<noun>[a-z]{3,})"
    r"(?=\W*$|,? (?:that|which|of|in|on|for|used|who)\b|,)|(?P<named>[a-z]{3,}) (?:is|was|are|were)\b)",
    re.IGNORECASE,
)


def says_what_is(question: str, sentence: str) -> bool:
    """Whether a question asks what a thing is, and a sentence says "The thing is ...".

    Example:
        >>> says_what_is("What was the glue that was used?", "The glue was Ropal 7.")
        True
        >>> says_what_is("What was the glue that was used?", "The glue was used on Monday.")
        False
    """
    asked = _WHAT_IS.search(question)
    if asked is None:
        return False
    noun = re.escape((asked["noun"] or asked["named"]).lower().removesuffix("s"))
    said = rf"\b(?:the|our|his|her|its|their|my|your) (?:[\w-]+ ){{0,2}}{noun}s? (?:is|was|are|were) (?P<what>\w+)"
    found = re.search(said, " ".join(sentence.split()), re.IGNORECASE)
    return found is not None and _PARTICIPLE.fullmatch(found["what"].lower()) is None


_PARTICIPLE = re.compile(r"\w{2,}(?:ed|ing|en)|not|to|in|on|at|by|under|due|paid|made|sent|put|kept|held|never|also")
_WHO_IS = re.compile(r"^(?:[Ww]ho|[Ww]hat) (?:is|was|are|were) (?P<name>[A-Z][\w'’-]+(?: [A-Z][\w'’-]+)+)\s*\?*$")


def asks_who(question: str) -> bool:
    """Whether a question asks who somebody is, by name."""
    return _WHO_IS.search(question) is not None


def says_who(question: str, sentence: str) -> bool:
    """Whether a question asks who somebody is, and a sentence or a signature says what they are."""
    named = _WHO_IS.search(question)
    return named is not None and _role_said(named["name"], sentence) > 0


def _role_said(name: str, sentence: str) -> float:
    """What a sentence gains as an answer to who somebody is: it names them, and what they are beside the name."""
    last = re.escape(name.split()[-1])
    if not re.search(rf"\b{last}\b", sentence):
        return -2 * PENALTY
    words = " ".join(sentence.split())
    role = rf"\b{last}\b,? (?:is|was|has been|became|the|our|a|an|[A-Z][a-z]+ (?:[A-Z]|of|and)\w*)"
    return ANSWERS if re.search(role, words) or re.search(rf"\bI, (?:\w+ )?{last}\b", words) else 0.0


def says_action(question: str, sentence: str) -> bool:
    """Whether a sentence says the verb that is asked about or its opposite: "accept", "refuse"."""
    asked = [_OPPOSED[stem] for stem in _stems(question) if stem in _OPPOSED]
    held = set(_stems(sentence))
    if not any(group & held for group in asked):
        return False
    verbs = frozenset().union(*asked)
    about = {one for one in map(_form, _content(question)) if one not in verbs and one in _OBJECTS}
    objects = about | {other for one in about for other in _OBJECTS[one]}
    return not about or bool(objects & set(map(_form, _content(sentence))))


def is_decision(word: str) -> bool:
    """Whether a word is a verb that has an opposite here: "accept", "refuse"."""
    return any(_form(word.lower()) in group for group in _OPPOSED.values())


def _content(text: str) -> list[str]:
    """The words that are no function words, in lower case."""
    return [word for word in re.findall(r"[a-z]+", text.lower()) if word not in STOPWORDS]


_OBJECTS = {
    _form(one): frozenset(map(_form, others.split()))
    for one, others in {
        "liability": "claim fault breach blame responsibility liable damages allegation negligence",
        "fault": "claim liability breach blame responsibility negligence",
        "claim": "liability fault breach",
    }.items()
}
"""What a denial denies where it is asked whether something was admitted."""


def _stems(text: str) -> list[str]:
    return [_form(word) for word in re.findall(r"[a-z]+", text.lower())]
