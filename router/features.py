"""Surface features of a question: what its wording shows without knowing what it means, and whether it is English."""

from __future__ import annotations

import math
import re
import unicodedata

import numpy as np
from numpy.typing import NDArray

from hybrid.text import values
from hybrid.text.lexicon import vocabulary

READ_CHARS = 2000
"""Of a question; what is asked stands in less. It bounds the time of the patterns below."""

# No pattern below nests a quantifier in another or can start a long run at each place in it: all runs are bounded.
_QUOTED = re.compile(r"\"[^\"\n]{2,300}\"|“[^”\n]{2,300}”|«[^»\n]{2,300}»|(?<!\w)['‘][^'’\n]{2,120}['’](?!\w)")
_UUID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", re.I)
_CLAUSE = re.compile(
    r"\b(?:clauses?|sections?|sec|articles?|art|schedules?|exhibits?|annex|appendix|paragraphs?|para|chapter|rule|item"
    r"|table|figure|page|line|part|recital|amendment|step)\.?\s{1,3}(?:no\.?\s{1,3})?(?:\d|[ivxlc]{1,6}\b|[a-z]\b)"
    r"|§|\b\d{1,3}\.\d{1,3}(?:\.\d{1,3})?\(\w{1,4}\)",
    re.I,
)
_CODE = re.compile(
    r"\b(?=[a-z0-9]{0,20}\d)(?=[0-9]{0,20}[a-z])[a-z0-9]{3,24}\b|\b[a-z0-9]{1,12}[-/:_][a-z0-9/_-]{0,20}\d|#\d", re.I
)
_ADDRESS = re.compile(r"\w@\w{1,60}\.\w|\bhttps?://|\bwww\.|\w\.(?:pdf|docx?|txt|md|html?|eml|xlsx?|csv|json)\b", re.I)
_DATE = re.compile(rf"{values.YEAR}|\b\d{{1,4}}[-/.]\d{{1,2}}[-/.]\d{{1,4}}\b|{values.MONTH_NAME}|\bq[1-4]\b", re.I)
_MONEY = re.compile(r"[$€£¥%]|\b(?:usd|eur|gbp|dollars?|euros?|pounds|per ?cent|million|billion)\b", re.I)
_NUMBER = re.compile(r"\d")
_NAME = re.compile(r"(?<=[a-z,;:'’] )[A-Z][\w’'&-]{1,40}")
_ACRONYM = re.compile(r"\b[A-Z]{2,8}\b")
_WORD = re.compile(r"[^\W\d_]{1,40}")
_PART = re.compile(
    r"[?;]|\.\s|,?\s(?:and|then|also|but|or)\s(?=(?:also |then |in what |to what )?(?:why|how|who|when|where|what"
    r"|which|whose|summar|explain|describe|compare|discuss|quote|list|give|tell|show|find|state|cite|identify|outline"
    r"|assess|analy))|,\s(?=(?:why|how|who|when|where|what|which)\b)",
    re.I,
)


def _phrases(text: str) -> re.Pattern[str]:
    """A pattern for any of the phrases in ``text``, one to a comma or line; ``*`` stands for an ending."""
    phrases = [phrase.strip() for phrase in re.split(r"[,\n]", text) if phrase.strip()]
    either = "|".join(re.escape(phrase).replace(r"\ ", " ").replace(r"\*", r"\w{0,8}") for phrase in phrases)
    return re.compile(rf"\b(?:{either})\b", re.I)


_YES_NO = vocabulary("is are was were do does did can could has have had will would shall should may must am")
_WH = vocabulary("who whom whose when where which what why how")
_IMPERATIVES = vocabulary(
    """quote list find show give cite state locate identify tell name retrieve summarise summarize explain describe
    compare discuss analyse analyze outline assess evaluate trace contrast provide write characterise characterize
    please"""
)
_NOT_SUPERLATIVE = vocabulary(
    """interest request contest protest invest suggest digest harvest test rest west east guest quest forest arrest
    latest honest modest manifest tempest conquest attest chest nest vest pest priest breast divest"""
)
_AUXILIARIES = ("is", "are", "was", "were", "do", "does", "did", "will", "must", "should", "can", "has", "have")

# Cues that speak for the index, and cues that speak for the memory. Each is one feature.
_LOOKUP = {
    "asks_who": "who, whom, whose",
    "asks_when": "what date, which date, what day, which day, what year, which year, what month, what time, "
    + ", ".join(f"when {word}" for word in _AUXILIARIES),
    "asks_where": "whereabouts, " + ", ".join(f"where {word}" for word in _AUXILIARIES),
    "asks_which": "which",
    "asks_quantity": """how many, how much, how long, how old, how often, how far, how big, how large, how tall
        how high, how fast, how heavy, how soon, how late, how wide, how deep""",
    "asks_value": """date, dates, deadline, name, names, amount, address, number, price, fee, fees, rate, salary
        percentage, duration, email, e-mail, phone, telephone, title, titles, age, cost, total, limit, cap, maximum
        minimum, size, version, period, currency, expir*, location, code, id, definition, define, defined, unit, value
        temperature, weight, height, dose, budget, revenue, balance""",
    "asks_wording": """quote, quoted, verbatim, exact, exactly, word for word, wording, cite, citation, clause
        provision, text of, mention, mentions, mentioned, say, says, state, states, stated, passage, sentence
        contain*""",
    "asks_to_find": "list, find, show, give, locate, look up, identify, retrieve, pull up, search, tell me the, get",
}
_COMPREHENSION = {
    "asks_why": """why, reason, reasons, cause, causes, caused, led to, lead to, leads to, motive, motives, motivat*
        because, rationale, purpose, how come""",
    "asks_how": "how the, how well, how fair, how serious, how could, how would, how had, how might, "
    + ", ".join(f"how {word}" for word in _AUXILIARIES),
    "asks_summary": """summar*, overview, outline, recap, brief me, main point, main points, key point, key points, gist
        takeaway, takeaways, synopsis, conclu*, walk me through, in a nutshell, story of, big picture""",
    "asks_explanation": """explain*, describe*, discuss*, analys*, analyz*, evaluate, assess, interpret*, elaborate
        characteri*, account for, clarify, in what way, in what ways, to what extent
        make of, meant by, nature of, tell me about, what happen*""",
    "asks_theme": """theme, themes, argument, arguments, overall, thesis, message, narrative, pattern, patterns, tone
        mood, plot, philosophy, approach, strategy, perspective, significan*, importance, important, symboli*, moral
        lesson, lessons, main idea, central, setting, picture, concern, concerns, priorities, culture, principle
        principles, assumption, assumptions""",
    "asks_relation": """relationship, relationships, relate, relates, related, relation, compare*, comparison, contrast*
        differ, differs, difference, differences, different, differently, similar*, versus, vs, connect*, between
        tension*, conflict*, interact*, balance, fit together, consistent, contradict*, in common, pros and cons
        advantage*, disadvantage*""",
    "asks_effect": """affect*, effect, effects, impact*, consequence*, influence*, implication*, result of, results of
        role, shape, shaped, contribut*, matter, mean for, outcome""",
    "asks_change": """evolv*, evolution, change, changes, changed, changing, develop*, progress*, shift*, grow, grew
        trend, trends, over time, over the course, throughout, unfold*, become, became, transform*, history of""",
    "asks_view": """opinion*, think, thought, feel, feels, feelings, view, views, believe*, attitude*, react*, respon*
        position on, stance, likely, should, justified, fair, fairly, credible, worth, better, success*, fail*
        personality""",
    "asks_whole": """whole, entire, everything, across, these documents, these files, these papers, these texts
        these records, the corpus, all the, all of the, all these, in general, generally, taken together, collectively
        the documents, broad*""",
}
# Words of these phrases that would be cues on their own are none here: a change of control is a thing.
_TERMS_OF_ART = _phrases(
    """change of control, change in control, material adverse effect, material adverse change, for cause, without cause
    good cause, cause of action, conflict of interest, conflicts of interest, conflict of laws, course of dealing
    take effect, takes effect, took effect, come into effect, comes into effect, related part*, results of operations
    balance sheet, account balance, role of honour, impact statement, development agreement, development contract"""
)
_CUES = {name: _phrases(text) for name, text in (_LOOKUP | _COMPREHENSION).items()}
# "What city", "what three colours": a thing is asked for by its kind. "What is" and "what happened" say nothing yet.
_WHAT_THING = re.compile(
    r"\bwhat (?!(?:is|are|was|were|be|do|does|did|has|have|had|can|could|would|should|will|shall|may|might|must|to|of"
    r"|if|about|the|a|an|it|i|we|he|she|they|you|your|happen\w*|led|lead|leads|caused|causes|made|makes|kind|kinds|sort|sorts"
    r"|extent|ways?|role|else|went|goes|explains?|motivat\w*|really|exactly|actually|each|all|both|these|this|that)\b)[a-z]",
    re.I,
)

FEATURES = (
    "quoted",
    "uuid",
    "clause_number",
    "code",
    "address",
    "date",
    "money",
    "number",
    "names",
    "acronyms",
    "superlative",
    "length",
    "short",
    "long",
    "question_mark",
    "no_question_word",
    "starts_wh",
    "starts_what",
    "what_thing",
    "starts_yes_no",
    "starts_imperative",
    "parts",
    "one_way_lookup",
    "one_way_comprehension",
    "mixed",
    "mixed_parts",
    *_CUES,
)
"""Names of the values of `surface`, in order. The weights are checked against them."""


def clip(question: str) -> str:
    """``question``, or its first and last ``READ_CHARS`` characters where it is longer than both."""
    if len(question) <= 2 * READ_CHARS:
        return question
    return f"{question[:READ_CHARS]} {question[-READ_CHARS:]}"


def surface(question: str) -> NDArray[np.float64]:
    """The surface features of ``question``: float64 ``[len(FEATURES)]``, each between 0 and 1.

    Any text will do: an empty one, one without words, one of a million characters.
    """
    text = _TERMS_OF_ART.sub("term", " ".join(clip(question).split()))
    words = [word.lower() for word in _WORD.findall(text)]
    first = words[0] if words else ""
    cues = {name: pattern.search(text) is not None for name, pattern in _CUES.items()}
    exact = bool(_QUOTED.search(text) or _UUID.search(text) or _CLAUSE.search(text) or _ADDRESS.search(text))
    what_thing = _WHAT_THING.search(text) is not None
    lookup = exact or what_thing or any(cues[name] for name in _LOOKUP)
    comprehension = any(cues[name] for name in _COMPREHENSION)
    parts = [part for part in _PART.split(text) if part.strip()]
    values: dict[str, float] = {
        "quoted": _QUOTED.search(text) is not None,
        "uuid": _UUID.search(text) is not None,
        "clause_number": _CLAUSE.search(text) is not None,
        "code": _CODE.search(text) is not None,
        "address": _ADDRESS.search(text) is not None,
        "date": _DATE.search(text) is not None,
        "money": _MONEY.search(text) is not None,
        "number": _NUMBER.search(text) is not None,
        "names": min(len(_NAME.findall(text)), 4) / 4,
        "acronyms": min(len(_ACRONYM.findall(text)), 2) / 2,
        "superlative": any(map(_is_superlative, words)),
        "length": min(math.log1p(len(words)) / math.log1p(100), 1.0),
        "short": len(words) <= 4,
        "long": len(words) > 25,
        "question_mark": "?" in text,
        "no_question_word": not (_WH.intersection(words) or first in _YES_NO or first in _IMPERATIVES),
        "starts_wh": first in _WH,
        "starts_what": first == "what",
        "what_thing": what_thing,
        "starts_yes_no": first in _YES_NO,
        "starts_imperative": first in _IMPERATIVES,
        "parts": min(max(len(parts) - 1, 0), 3) / 3,
        "one_way_lookup": lookup and not comprehension,
        "one_way_comprehension": comprehension and not lookup,
        "mixed": lookup and comprehension,
        "mixed_parts": _parts_disagree(parts),
        **cues,
    }
    return np.array([float(values[name]) for name in FEATURES])


def _is_superlative(word: str) -> bool:
    return word in {"most", "least", "best", "worst", "first", "last"} or (
        len(word) > 4 and word.endswith("est") and word not in _NOT_SUPERLATIVE
    )


def _parts_disagree(parts: list[str]) -> bool:
    """Whether one part of the question asks for a fact only and another for an explanation."""
    kinds = set()
    for part in parts[:12]:
        lookup = any(_CUES[name].search(part) for name in _LOOKUP) or _CLAUSE.search(part) is not None
        lookup = lookup or _WHAT_THING.search(part) is not None
        comprehension = any(_CUES[name].search(part) for name in _COMPREHENSION)
        if lookup != comprehension:
            kinds.add(lookup)
    return len(kinds) == 2


_LETTERS = re.compile(r"[^\W\d_]{1,40}")
_READ = 400  # words; a language shows long before. A bound of the time, not a measurement


def _word_set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_ENGLISH = _word_set(
    """
    the of and to in is was were are be been a an that this these those it its for on with as at by from or not no
    what who whom whose when where which why how did does do has have had will would shall should can could may might
    must he she they them his her their you your i my we our me us there if about than then into between
    after before during any all some each every other
    """
)
# Of German, Dutch, French, Spanish, Italian and Portuguese: frequent little words that are no English words.
_OTHER = _word_set(
    """
    der das und ist nicht wer wann warum wieso wie welche welcher welches wo haben hat wird werden ein eine einen dem
    den von mit zu zur zum auf für im vom aus bei nach über sich sind wurde
    het een van wie wanneer waarom hoe welke waar zijn heeft niet op wordt deze naar
    le la les un une du et qui quand pourquoi comment quel quelle quels où est sont dans avec aux ce cette ces ne
    pas t-il t-elle elle ils nous vous leur sur lors
    el los las una unos y quién quien cuándo cuando qué que cómo dónde por cuál del con se su sus para fue está son
    il lo gli uno dei della delle di che chi perché quando dove quale sono nel nella è ha con
    os um uma do da dos das quem quê onde foi está não em ao pelo pela são
    """
) - _word_set("die was in an as no me son sin per come a do on or est sur lo con le la du el den im la os um son")


def is_english(text: str) -> bool:
    """Whether the text may be English: Latin letters, and no more little words of other languages than English ones.

    Text without words (numbers, code, a name) counts as English: nothing in it speaks against.

    Example:
        >>> [is_english(text) for text in ("termination date", "Wann endet der Mietvertrag?", "合同什么时候到期？")]
        [True, False, False]
    """
    words = [word.lower() for word in _LETTERS.findall(unicodedata.normalize("NFC", text[: 40 * _READ]))][:_READ]
    letters = "".join(words)
    latin = sum(letter < "\u0250" for letter in letters)  # ASCII, Latin-1, Latin Extended A and B
    if latin < 0.7 * len(letters):  # names in another script may stand in a question; a reason, not a measurement
        return False
    return sum(word in _OTHER for word in words) <= sum(word in _ENGLISH for word in words)
