"""What a sentence says in words: content words, facts (numbers, dates, names), polarity and modality.

Everything here is a table or a regular expression, so that a verdict can be explained. Words are
compared by a light stem, numbers by value ("thirty (30)" and "30"), dates by day ("May 22, 2000"
and "2000-05-22").
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from hybrid.text.folding import folded, search_terms
from hybrid.text.values import MONTHS, days, in_digits


def vocabulary(words: str) -> frozenset[str]:
    """Words that are written with blanks between them."""
    return frozenset(words.split())


STOPWORDS = vocabulary(
    """
    a about after again all also am an and any are as at be because been before being between both but by can cannot
    could did do does doing done down during each either else ever every few for from further get gets had has have
    having he her here hers him his how however i if in into is it its itself just let may me might more most must my
    neither no nor not of off on once only or other our ours out over own same shall she should so some such than that
    the their theirs them then there therefore these they this those through to too under until up upon us very was we
    were what when where whether which while who whom whose why will with within without would you your yours please
    tell show give find say says said according us d ll m re s t ve
    """
)
"""Words that say little by themselves, and what a contraction leaves when it is cut at its apostrophe ("ll")."""
NEGATIONS = vocabulary(
    """
    not no never none neither nor without cannot nothing nobody n't prohibited prohibit prohibits forbidden forbid
    forbids fail fails failed failure refuse refuses refused deny denies denied unable exclude excludes excluded
    """
)
_MODALS = {
    **dict.fromkeys(vocabulary("shall must will required obligated agrees agree obliged requires"), "must"),
    **dict.fromkeys(vocabulary("may can permitted entitled might could allowed permits allows"), "may"),
}
NUMBER_WORDS = vocabulary(
    """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
    eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million billion
    """
)
CURRENCIES = vocabulary("eur usd gbp chf jpy cad aud inr cny")
_MEASURES = {
    "day", "week", "month", "year", "hour", "minute", "percent", "dollar", "euro", "pound", "mile", "foot", "share",
}  # fmt: skip

_TOKEN = re.compile(r"[^\W_]+(?:[-./:_'’,&][^\W_]+)*(?:\([a-zA-Z0-9]{1,4}\))*|%|\$|€|£")
_SPLIT_WORD = re.compile(r"[-/’',&.:]")
_SUFFIXES = ("ization", "ational", "ations", "ation", "ments", "ment", "ings", "ing", "ness", "edly", "ied", "ies",
             "ures", "ure", "ers", "ors", "ed", "ly", "es", "er", "or", "s", "e")  # fmt: skip


_IRREGULAR_FORMS = """
    arose:arise became:become began:begin begun:begin bought:buy broke:break broken:break brought:bring built:build
    came:come chose:choose chosen:choose drawn:draw drew:draw fallen:fall fell:fall forbade:forbid forgave:forgive
    fought:fight found:find gave:give provided:give grew:grow grown:grow heard:hear held:hold kept:keep knew:know
    known:know laid:lay led:lead left:leave lent:lend lost:lose made:make meant:mean met:meet paid:pay risen:rise
    rose:rise said:say sent:send shown:show sold:sell sought:seek spent:spend spoke:speak stood:stand taken:take
    taught:teach thought:think told:tell took:take understood:understand undertook:undertake went:go won:win
    withdrew:withdraw withdrawn:withdraw withheld:withhold written:write wrote:write
"""
_IRREGULAR = dict(pair.split(":") for pair in _IRREGULAR_FORMS.split())


CACHED_TEXTS = 16_384
"""Texts whose words and facts are cached: the sentences of some hundred questions, about 30 MB. Longer ones than
`CACHED_CHARS`, which are no sentences, are not."""
CACHED_CHARS = 1_200


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """A light stem of a lower-case word: "terminates", "terminated" and "termination" fall together,
    and so do "fell" and "fall".

    Example:
        >>> stem("terminates") == stem("termination")
        True
    """
    word = _IRREGULAR.get(word, word)
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 4:
            base = word[: -len(suffix)]
            break
    else:
        return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
    if suffix in {"ied", "ies"}:
        return base + "y"
    if base.endswith("at") and len(base) > 5:  # "terminat(es)" meets "termin(ation)"
        return base[:-2]
    return base[:-1] if len(base) > 4 and base[-1] == base[-2] and base[-1] not in "ls" else base


def stems(words: str) -> frozenset[str]:
    """The stems of words that are written with blanks between them."""
    return frozenset(stem(word) for word in words.split())


def tokens(text: str) -> list[str]:
    """Words, numbers and identifiers in order, as they are written but `folded`; "don't" keeps its negation."""
    return [match.group() for match in _TOKEN.finditer(folded(text))]


_CONTRACTED = {"can't": "can", "won't": "will", "shan't": "shall"}  # the modal loses letters of its own


def parts(token: str) -> list[str]:
    """The lower-case words of a token: "Confidentiality/NDA" is two; "don't" is "do" and "n't"."""
    lowered = token.lower().replace("’", "'")
    if lowered.endswith("n't"):
        return [*([_CONTRACTED.get(lowered, lowered[:-3])] if len(lowered) > 3 else []), "n't"]
    return [part for part in _SPLIT_WORD.split(lowered.removesuffix("'s")) if part]


def content_words(text: str) -> list[str]:
    """Stems of the words that carry meaning, in order, numbers and function words left out."""
    return list(_words_of_sentence(text) if len(text) <= CACHED_CHARS else _content_words(text))


def _content_words(text: str) -> tuple[str, ...]:
    return tuple(
        stem(part)
        for token in tokens(text)
        for whole in parts(token)
        for part in search_terms(whole)
        if part not in STOPWORDS and part not in NEGATIONS and part not in NUMBER_WORDS and part[0].isalpha()
        and len(part) > 1
    )  # fmt: skip


_words_of_sentence = lru_cache(maxsize=CACHED_TEXTS)(_content_words)


@dataclass(frozen=True)
class Facts:
    """What a claim must share with the span that supports it.

    ``required`` are the keys a claim asks for; ``provided`` those that a span can answer, which also hold
    the parts of each date and each number without its unit.
    """

    required: frozenset[str]
    provided: frozenset[str]


def facts(text: str) -> Facts:
    """Numbers with their units, dates and identifiers of ``text`` as comparable keys.

    Example:
        >>> facts("within 30 days").required <= facts("within thirty (30) days").provided
        True
    """
    return _facts_of_sentence(text) if len(text) <= CACHED_CHARS else _facts(text)


def _facts(text: str) -> Facts:
    required: set[str] = set()
    provided: set[str] = set()
    rest = text
    for start, end, (year, month, day) in reversed(list(days(text))):
        required.add(f"{year}-{month:02}-{day:02}")
        provided.update((f"{year}-{month:02}-{day:02}", str(year), str(day), f"month {month}"))
        rest = f"{rest[:start]} . {rest[end:]}"
    found = tokens(in_digits(rest))
    for position, token in enumerate(found):
        key = _number_key(token)
        if key is None:
            continue
        unit = _unit(found, position)
        required.add(f"{key} {unit}" if unit else key)
        provided.update((key, f"{key} {unit}" if unit else key))
    provided.update(f"month {MONTHS[token.lower()]}" for token in found if token.lower() in MONTHS)
    return Facts(frozenset(required), frozenset(provided | required))


_facts_of_sentence = lru_cache(maxsize=CACHED_TEXTS)(_facts)


def _number_key(token: str) -> str | None:
    lowered = token.lower()
    if any(letter.isdigit() for letter in lowered):
        plain = re.sub(r"(?<=\d),(?=\d{3})", "", lowered)
        plain = re.sub(r"(?<=\d)(?:st|nd|rd|th)$", "", plain)
        return re.sub(r"(\.\d*?)0+$", r"\1", plain).rstrip(".") if re.fullmatch(r"\d+\.\d+", plain) else plain
    return {"zero": "0", "two": "2"}.get(lowered)  # `in_digits` leaves these; "one" is more often a pronoun


def _unit(found: list[str], position: int) -> str:
    """The measure of the number at ``position``: "$5" → dollar, "30 business days" → day, "5%" → percent."""
    if position and found[position - 1] in {"$", "€", "£"}:
        return {"$": "dollar", "€": "euro", "£": "pound"}[found[position - 1]]
    for token in found[position + 1 : position + 4]:
        word = "percent" if token == "%" else token.lower().rstrip("'’").removesuffix("'s").removesuffix("s")
        if word in _MEASURES:
            return word
        if word not in {"busines", "calendar", "busy", "working", "consecutive", "full"} and _number_key(token) is None:
            return ""
    return ""


_AUXILIARIES = {"shall", "will", "may", "must", "is", "was", "are", "were", "has", "had", "agrees", "can"}


def names(text: str) -> list[str]:
    """Stems of the capitalised words that are names, in order; none from text that is all capitals.

    The first word counts only where its company shows it to be a name: another capitalised word or
    an auxiliary after it ("Gamma shall pay").
    """
    found = [token for token in tokens(text) if token[0].isalpha()]
    if sum(token.isupper() for token in found) > 0.6 * len(found):
        return []
    kept: list[str] = []
    for position, token in enumerate(found):
        if not token[0].isupper() or token.lower() in STOPWORDS | NEGATIONS | set(MONTHS) | NUMBER_WORDS | CURRENCIES:
            continue
        following = found[position + 1] if position + 1 < len(found) else ""
        if position == 0 and not (following[:1].isupper() or following.lower() in _AUXILIARIES or token.isupper()):
            continue
        kept.extend(stem(part) for part in parts(token) if len(part) > 1 and part not in STOPWORDS)
    return kept


_NO_NEGATION = re.compile(
    r"\b(?:but|and|or)?\s*not\s+limited\s+to\b|\bwhether\s+or\s+not\b|\bnot\s+only\b(?=.{1,200}\bbut\b)"
    r"|\bfailures?\b(?!\s+to\b)"
    r"|(?<!who )(?<!that )\bfailed\b(?=\s+(?:for|on|in|at|again|twice|once|after|before|when)\b)",
    re.IGNORECASE,
)
"""What denies nothing: also a machine's failure, which is no failure to do a thing."""


def negated(text: str, reach: int = 4) -> frozenset[str]:
    """Stems of the content words that stand in the reach of a negation: up to ``reach`` of them after it.

    Four reach the object of a sentence, and seldom the next statement; not varied (`benchmarks/verification.py`).
    """
    scope: set[str] = set()
    for clause in re.split(r"[,;:.()]\s", _NO_NEGATION.sub(" ", text)):
        left = 0
        for part in (part for token in tokens(clause) for part in parts(token)):
            if part in NEGATIONS:
                left = reach
            elif left and part not in STOPWORDS:
                scope.add(stem(part))
                left -= 1
    return frozenset(scope)


def negations(text: str) -> int:
    """How often ``text`` denies something; "including but not limited to" does not."""
    return sum(part in NEGATIONS for token in tokens(_NO_NEGATION.sub(" ", text)) for part in parts(token))


def modalities(text: str) -> dict[str, frozenset[str]]:
    """What the text says of each verb: ``must`` (an obligation), ``may`` (a permission) or ``never``.

    Keys are the stems of the first two content words after a modal, one of which is its verb; "shall
    not" and "may not" both are ``never``.
    """
    found: dict[str, set[str]] = {}
    said = [part for token in tokens(_MONTH_OF_MAY.sub(" ", text)) for part in parts(token)]
    for position, part in enumerate(said):
        if part not in _MODALS:
            continue
        following = said[position + 1 : position + 9]
        kind = "never" if following[:1] in (["not"], ["never"], ["n't"]) else _MODALS[part]
        verbs = [word for word in following if word not in STOPWORDS | NEGATIONS and word not in _MODALS]
        for verb in verbs[:2]:
            found.setdefault(stem(verb), set()).add(kind)
    return {verb: frozenset(kinds) for verb, kinds in found.items()}


_MONTH_OF_MAY = re.compile(
    r"(?<=\d )May\b|\bMay\b(?= \d)|(?<=\b[Ii]n )May\b|(?<=\b[Bb]y )May\b|(?<=\b[Oo]f )May\b|(?<=\b[Ss]ince )May\b"
)


_CONDITIONS = {
    **dict.fromkeys(["unless", "except", "excepting", "other than", "save"], "except"),
    **dict.fromkeys(["only", "solely", "exclusively", "sole", "exclusive"], "only"),
    **dict.fromkeys(["if", "provided", "upon", "where", "when", "until", "event"], "if"),
}


_LIMITED_TO = re.compile(r"(?<!\bnot )\blimited to\b", re.IGNORECASE)


def conditions(text: str) -> frozenset[str]:
    """Which kinds of limit the text puts on what it says: ``except``, ``only``, ``if``."""
    found = {_CONDITIONS[part] for token in tokens(text) for part in parts(token) if part in _CONDITIONS}
    return frozenset(found | {"only"} if _LIMITED_TO.search(text) else found)


_DIRECTIONS = {
    **dict.fromkeys(["before", "prior", "preceding"], "before"),
    **dict.fromkeys(["after", "following", "subsequent"], "after"),
    **dict.fromkeys(["more", "over", "exceed", "exceeds", "exceeding", "above", "least", "minimum", "greater"], "more"),
    **dict.fromkeys(["less", "below", "fewer", "maximum", "most", "lower"], "less"),
}
_OPPOSITES = """
    accept reject, allow prevent, approve reject, assets liabilities, begin end, breach comply, buy sell, buyer seller,
    borrower lender, client provider, customer supplier, decrease increase, direct indirect, disclose withhold,
    disclosing receiving, discloser recipient, domestic foreign, employee employer, exclude include, exclusive
    nonexclusive, expire renew, first last, gross net, landlord tenant, lawful unlawful, lessee lessor, licensee
    licensor, loss profit, lose win, major minor, mandatory optional, monthly annual, oral written, partial entire,
    pass fail, permanent temporary, pay receive, perpetual terminable, private public, purchaser vendor, reasonable
    unreasonable, retain return, revocable irrevocable, start stop, terminate renew, terminate continue, true false,
    valid invalid, voluntary involuntary, waive enforce, assignor assignee, transferor transferee, plaintiff defendant
"""


def directions(text: str) -> frozenset[str]:
    """Which way the text's comparisons of time and size point: ``before``, ``after``, ``more``, ``less``."""
    return frozenset(_DIRECTIONS[part] for token in tokens(text) for part in parts(token) if part in _DIRECTIONS)


_SYNONYMS = """
    agreement contract, allow permit authorize, amend modify change, answer reply respond, begin commence start,
    assist help, buy purchase acquire, buyer purchaser, choose select elect, company corporation, complete finish,
    deliver provide supply furnish, end terminate, error mistake, excess surplus, fee charge, forbid prohibit,
    get obtain receive, give grant, immediately forthwith promptly, inform notify advise, keep retain maintain,
    law statute, lawsuit litigation, lease rental, need require, occur happen, own possess, pay remit,
    person individual, place location, rule regulation, sell vend, send transmit, show demonstrate, sign execute,
    termination end, use utilize employ, worker employee, written writing, yearly annual annually,
    reveal disclose divulge, assign transfer transferred transferring,
    engage hire, cancel rescind annul
"""


def _table(lines: str, *, to_self: bool) -> dict[str, frozenset[str]]:
    table: dict[str, set[str]] = {}
    for group in lines.split(","):
        stems = [stem(word) for word in group.split()]
        for one in stems:
            table.setdefault(one, set()).update(other for other in stems if to_self or other != one)
    return {word: frozenset(others) for word, others in table.items()}


OPPOSITES = _table(_OPPOSITES, to_self=False)
"""Stem → the stems that mean its opposite, in contracts and in ordinary text."""
SYNONYMS = _table(_SYNONYMS, to_self=True)
"""Stem → the stems that may stand in its place without a change of what is claimed, itself among them."""
