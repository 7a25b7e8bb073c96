"""Constructions that mean exactly the same, said as one of them: "the decision was to close" and "it was decided to
close", "in her testimony, he left" and "she testified that he left", "raised no objection" and "did not object".

A claim and a span are both put so before they are compared, so a pattern here must hold in both directions and for any
words in its places.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable

from hybrid.text import lexicon, wordnet

_MONTH = "|".join(calendar.month_name[1:])
_DET = r"(?:the|an?|its|his|her|their|our|my)"
_WHO = rf"(?:(?:{_DET} )?[\w-]+(?: [\w-]+){{0,3}}?|(?-i:[A-Z][\w.-]*(?: [A-Z][\w.-]*){{0,3}}))"
"""A noun phrase of up to five words."""
_OWNER = rf"(?P<who>{_WHO})['’]s?"
_POSSESSIVE = r"(?P<pronoun>his|her|their|its|my|our)"
_HE = {"his": "he", "her": "she", "their": "they", "its": "it", "my": "I", "our": "we"}
_SAID = {
    "testimony": "testified", "evidence": "testified", "account": "stated", "statement": "stated",
    "allegation": "alleged", "contention": "contended", "claim": "claimed", "submission": "submitted",
    "estimate": "estimated", "estimation": "estimated", "opinion": "believed", "view": "believed", "belief": "believed",
    "assertion": "asserted", "complaint": "complained", "report": "reported",
}  # fmt: skip
"""Nouns of what somebody says or holds, and their verbs."""
_PRESENT = {
    "alleged": "alleges", "contended": "contends", "claimed": "claims", "believed": "believes", "asserted": "asserts",
    "submitted": "submits", "estimated": "estimates", "stated": "states", "complained": "complains",
    "testified": "testifies", "reported": "reports",
}  # fmt: skip
_SPEECH = "|".join(_SAID)
_IN = "testimony|evidence|statement|estimation|opinion|view|belief|submission|assertion"
_BY = "account|estimate|estimation"
"""Not "in her account", which may be a bank's, nor "on his account", which is because of him."""


def _speaker(match: re.Match[str]) -> str:
    return match["who"] or _HE[match["pronoun"].lower()]


def _in_the_words_of(match: re.Match[str]) -> str:
    return f"{_cap(_speaker(match))} {_SAID[match['noun'].lower()]} that {_lowered(match['rest'])}"


def _it_is_the_claim(match: re.Match[str]) -> str:
    verb = _SAID[match["noun"].lower()]
    return f"{_cap(_speaker(match))} {verb if match['be'] == 'was' else _PRESENT[verb]} that {match['rest']}"


def _it_is_the_plan(match: re.Match[str]) -> str:
    verb = {"plan": "plan", "aim": "aim", "intention": "intend", "intent": "intend"}[match["noun"].lower()]
    past = {"plan": "planned", "aim": "aimed", "intend": "intended"}[verb]
    return f"{_cap(_speaker(match))} {past if match['be'] == 'was' else f'{verb}s'} to {match['rest']}"


def _decided(match: re.Match[str]) -> str:
    who = match["who"] or (_HE[match["pronoun"].lower()] if match["pronoun"] else None)
    return f"{_cap(who)} decided to " if who else "It was decided to "


_MUST = {"is": "must", "was": "had to"}
_WHOSE = rf"(?:{_OWNER}|{_POSSESSIVE})"
_FRAMES: tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...] = (
    *(
        (rf"^{preposition} {_WHOSE} (?P<noun>{nouns}),? (?P<rest>.+)$", _in_the_words_of)
        for preposition, nouns in (("In", _IN), ("By", _BY), ("According to", _SPEECH))
    ),
    (rf"^According to (?P<who>{_WHO}), (?P<rest>(?!.*\b(?:not|no|never)\b).+)$",
     lambda match: f"{_cap(match['who'])} said that {match['rest']}"),
    (rf"^It (?P<be>is|was) {_WHOSE} (?P<noun>{_SPEECH}) that (?P<rest>.+)$", _it_is_the_claim),
    (rf"^It (?P<be>is|was) {_WHOSE} (?P<noun>plan|aim|intention|intent) to (?P<rest>.+)$", _it_is_the_plan),
    (
        rf"^(?:(?:{_OWNER} |(?P<pronoun>his|her|their|its|our) )|(?:The|A) )decision (?:was|has been|had been) "
        r"(?:(?:made|taken|reached) )?to (?=[a-z])",
        _decided,
    ),
    (
        r"^(?:The|A) decision (?:was|has been|had been) (?:made|taken|reached) by (?P<who>[^,;.]{2,60}?) to (?=[a-z])",
        lambda match: f"{_cap(match['who'])} decided to ",
    ),
    (r"\b(?:made|took|reached|came to) (?:the|a) decision to (?=[a-z])", "decided to "),
    (r"\b(?:makes|takes|reaches|comes to) (?:the|a) decision to (?=[a-z])", "decides to "),
    (r"^It is open to (?P<who>[^,;.]{2,60}?) to (?=[a-z])", lambda match: f"{_cap(match['who'])} may "),
    (r"^The (?:total )?cost of (?P<what>[^,;.]{3,60}?) (?:was|is) "
     r"(?=(?:about |nearly |over )?(?:[$€£]?\d|[A-Z]{3} ?\d))",
     lambda match: f"{_cap(match['what'])} cost "),
    (r"^It is for (?P<who>[^,;.]{2,60}?) to (?=[a-z])(?!decide|choose|say)",
     lambda match: f"{_cap(match['who'])} must "),
    (r"^It is (?:forbidden|prohibited|not permitted|not allowed) for (?P<who>[^,;.]{2,60}?) to (?=[a-z])",
     lambda match: f"{_cap(match['who'])} may not "),
    (r"^The deadline for (?P<who>[^,;.]{2,60}?) to (?P<rest>[^,;.]{3,100}?) (?P<be>is|was) (?P<when>[^,;.]{3,40})",
     lambda match: f"{_cap(match['who'])} {_MUST[match['be'].lower()]} {match['rest']} by {match['when']}"),
)  # fmt: skip


def _deed(light: str, noun: str) -> str:
    """The verb of a noun of action in the tense of the verb that carries it."""
    verb = _NOUNS[noun.lower().removesuffix("s") if noun.lower() not in _NOUNS else noun.lower()]
    light = light.lower()
    if light.endswith("ing"):
        return f"{verb.removesuffix('e')}ing"
    if light in _PAST_FORMS:
        return _PAST_OF.get(verb) or (f"{verb}d" if verb.endswith("e") else _ied(verb))
    if light.split()[0].endswith("s"):
        return f"{verb[:-1]}ies" if _consonant_y(verb) else f"{verb}s"
    return verb


def _ied(verb: str) -> str:
    return f"{verb[:-1]}ied" if _consonant_y(verb) else f"{verb}ed"


def _consonant_y(verb: str) -> bool:
    return verb.endswith("y") and verb[-2] not in "aeiou"


_NOUNS = {
    "objection": "object", "complaint": "complain", "appeal": "appeal", "inspection": "inspect",
    "examination": "examine", "investigation": "investigate", "assessment": "assess", "evaluation": "evaluate",
    "payment": "pay", "offer": "offer", "promise": "promise", "announcement": "announce", "photograph": "photograph",
    "purchase": "purchase", "repair": "repair", "visit": "visit", "search": "search", "review": "review",
    "attempt": "attempt", "recommendation": "recommend", "proposal": "propose", "apology": "apologise",
    "contribution": "contribute", "donation": "donate",
}  # fmt: skip
"""Nouns of action that have one verb, which takes what the noun has after its preposition."""
_PAST_OF = {"pay": "paid", "object": "objected"}
_PAST_FORMS = lexicon.vocabulary("made took gave raised lodged filed conducted performed") | {"carried out", "paid"}
_LIGHT_VERB = (
    r"mak(?:es?|ing)|made|tak(?:es?|ing)|took|giv(?:es?|ing)|gave|rais(?:es?|ed|ing)|lodg(?:es?|ed|ing)|fil(?:es?|ed|ing)"
    r"|carr(?:y|ies|ied|ying) out|conduct(?:s|ed|ing)?|perform(?:s|ed|ing)?"
)
_NO_OBJECT = r"objections?|complaints?|appeals?|apology|apologies"
_OF_OBJECT = r"inspection|examination|investigation|assessment|evaluation|photographs?|purchase|repair|search|review"
_LIGHT = re.compile(rf"\b(?P<light>{_LIGHT_VERB}) (?P<no>no |an? )?(?P<noun>{_NO_OBJECT})\b(?! of\b)", re.IGNORECASE)
_LIGHT_OF = re.compile(
    rf"\b(?P<light>{_LIGHT_VERB}) (?:an? )?(?P<noun>{_OF_OBJECT}) of "
    r"(?=(?:the|an?|its|his|her|their|all|each|any|them|it)\b)",
    re.IGNORECASE,
)
_PAYMENT = re.compile(
    r"\b(?P<light>mak(?:es?|ing)|made) (?:a )?(?P<noun>payment) of (?=[$€£]?\d|an? (?:fee|sum|deposit))", re.IGNORECASE
)


def _objected(match: re.Match[str]) -> str:
    light = match["light"].lower()
    noun = match["noun"].lower()
    noun = "apology" if noun == "apologies" else noun
    if (match["no"] or "").strip().lower() != "no":
        return _deed(light, noun)
    bare = _deed("make", noun)
    if light in _PAST_FORMS:
        return f"did not {bare}"
    return f"does not {bare}" if light.split()[0].endswith("s") else match[0]


_NUMBER = r"(?:[$€£]?\d|(?:EUR|USD|GBP) ?\d|(?:" + "|".join(sorted(lexicon.NUMBER_WORDS)) + r")\b)"
_ORDINALS = {
    name: number
    for number, name in enumerate(
        [
            "first",
            "second",
            "third",
            "fourth",
            "fifth",
            "sixth",
            "seventh",
            "eighth",
            "ninth",
            "tenth",
            "eleventh",
            "twelfth",
        ],
        start=1,
    )
}
_LAST_DAY = {month: calendar.monthrange(2001, number)[1] for number, month in enumerate(calendar.month_name) if number}
_HOURS = {
    name: number
    for number, name in enumerate(
        ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"], start=1
    )
}
_HOUR = rf"(?P<hour>\d{{1,2}}|{'|'.join(_HOURS)})"
_PART_OF_DAY = r"(?: in the (?P<part>morning|afternoon|evening)| at (?P<night>night))"


def _ordinal_date(match: re.Match[str]) -> str:
    day = match["day"] or str(_ORDINALS[match["word"].lower()])
    return f"{day} {match['month']}"


def _last_of_month(match: re.Match[str]) -> str:
    month = match["month"]
    return match[0] if month == "February" else f"{_LAST_DAY[month]} {month}"  # which depends on the year


def _clock(match: re.Match[str]) -> str:
    """A time of day in figures, with its half of the day where it is said."""
    hour = _HOURS.get(match["hour"].lower()) or int(match["hour"])
    minutes = match.groupdict().get("minutes") or ""
    past = {"half past": 30, "quarter past": 15, "a quarter past": 15, "quarter to": -15, "a quarter to": -15}
    shift = past.get(minutes.lower(), 0)
    if not 1 <= hour <= 12:
        return match[0]
    hour = hour - 1 or 12 if shift < 0 else hour
    part = (match.groupdict().get("part") or match.groupdict().get("night") or "").lower()
    if part == "night" and not 6 <= hour < 12:
        return match[0]
    half = {"morning": " am", "afternoon": " pm", "evening": " pm", "night": " pm"}.get(part, "")
    if not half and not shift:
        return match[0]
    return f"{hour}:{shift % 60:02d}{half}" if shift else f"{hour}{half}"


_PARTS = {"half": 0.5, "quarter": 0.25, "three quarters": 0.75}
_UNITS = {name: number for number, name in enumerate(["zero", *_HOURS, "thirteen", "fourteen", "fifteen"])}


def _mixed_number(match: re.Match[str]) -> str:
    """ "two and a half per cent" as "2.5 per cent"."""
    whole = _UNITS.get(match["whole"].lower())
    return f"{(int(match['whole']) if whole is None else whole) + _PARTS[match['part'].lower()]:g}"


def _without(match: re.Match[str]) -> str:
    """ "needs A's consent before it moves" as "shall not move without A's prior consent"."""
    said = match.groupdict()
    word = said.get("does") or said.get("verb") or ""
    verb = next((one for one in sorted(wordnet.lemmas(word.lower())) if wordnet.is_infinitive(one)), None)
    if verb is None or (verb.endswith("ing") and verb == word.lower()):
        return match[0]
    what = match["what"]
    if "prior" not in what.lower():
        what = re.sub(rf"((?:(?:written|express|formal) )*)(?={_CONSENT}$)", r"prior \1", what, count=1)
    return f"{match['who']} shall not {verb} {match['rest']} without {what}"


def _of_none(match: re.Match[str]) -> str:
    """ "No crate shall leave" as "A crate shall not leave"."""
    article = "An" if match["who"][0].lower() in "aeiou" else "A"
    return f"{article} {match['who']} {match['modal']} not "


def _unconnected(match: re.Match[str]) -> str:
    return match["first"].upper()


_CONSENT = r"(?:consent|approval|permission|agreement|authori[sz]ation|licence)"
_WITH_CONSENT = rf"(?P<what>(?:the |an? |its |their )?[\w'’ -]{{0,50}}?\b{_CONSENT})"
_PHRASES: tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...] = (
    (r"^(?:However|Moreover|Furthermore|In addition|Additionally|Nevertheless|Nonetheless|Meanwhile|Finally),? "
     r"(?P<first>[a-z])", _unconnected),
    (r"^No (?P<who>(?!part(?:y|ies)\b|one\b|person\b|other\b|more\b|less\b|later\b|such\b|\w+s\b)"
     r"[A-Za-z][\w'’-]*(?: [a-z-]+)?) (?P<modal>shall|may|must|can|will) (?!not\b)", _of_none),
    (rf"\bthe (?P<adjectives>(?:(?:prior|written|express|formal) )*)(?P<noun>{_CONSENT}) of "
     r"(?P<who>(?:the |its |his |her |their )?[A-Z]?[\w-]+)(?= to\b| before\b|[.,;]|$)",
     r"\g<who>'s \g<adjectives>\g<noun>"),
    (rf"^(?P<who>[^,;.]{{2,60}}?) (?:needs|requires|(?:must|shall|has to|have to) (?:first )?(?:have|get|obtain|seek)) "
     rf"{_WITH_CONSENT} (?:before (?:it|he|she|they|doing so,?)? ?(?P<does>\w+)|(?:in order )?to (?P<verb>\w+)) "
     r"(?P<rest>[^,;.]+)", _without),
    (rf"\b(?P<whole>\d+|{'|'.join(_UNITS)}) and (?:a )?(?P<part>half|quarter|three quarters)"
     r"(?= (?:per ?cent|%|million|thousand|billion|hours?|days?|weeks?|months?|years?|met(?:re|er)s?|kilomet(?:re|er)s?"
     r"|kilos?|tonnes?|pounds?|times)\b)", _mixed_number),
    (r"(?<!\baim )(?<!\bplan )(?<!\bpurpose )(?<!\bgoal )(?<!\bidea )(?<!\bintention )\b(?:is|are|was|were)"
     r" to be (?=\w+(?:ed|en|[a-z]t|[a-z]ld|[a-z]de|ung|aid)\b)", "shall be "),
    (rf"\blater than (?=(?:\d+|{'|'.join(sorted(lexicon.NUMBER_WORDS))}) (?:\w+ )?"
     r"(?:day|week|month|hour|minute|year)s?\b)", "more than "),
    (r"\b(after|on|upon|of) receiving (?:it|them)\b", r"\1 receipt"),
    (r"\b(?:at no (?:extra |additional )?(?:charge|cost)|for free|without charge|free of cost|gratis)\b",
     "free of charge"),
    (r"\bmiles (?:per|an) hour\b", "mph"),
    (r"\bkilomet(?:re|er)s (?:per|an) hour\b|\bkph\b", "km/h"),
    (r"(?<!is )(?<!was )(?<!are )(?<!were )\b(?:by mistake|in error)\b|\b(?:erroneously|mistakenly)\b", "wrongly"),
    (r"\bwith no (?=[a-z])(?!more\b|less\b|fewer\b|later\b|one\b)", "without "),
    (r"\b(?:the |a )?(?:(?:great|vast|large) )?majority of (?=(?:the|its|his|her|their|our|\w+s)\b)",
     "most of "),
    (r"\bmost of (?=[a-z]+s\b)(?!his\b|its\b|this\b)", "most "),
    (r"\bdeclin(?P<end>e|es|ed|ing) to (?=[a-z])", lambda match: f"refus{match['end']} to "),
    (r"\b(?P<warn>warn(?:ed|s|ing)?(?: (?:him|her|them|us|me|[A-Z][\w'’-]+)){0,2}) of (?=[a-z])", r"\g<warn> about "),
    (r"\ba decade\b", "10 years"),
    (r"\ba dozen (?!of\b)", "12 "),
    (r"\ba pair of (?=\w+s\b)(?!(?:shoes|gloves|scissors|trousers|glasses|socks|boots|jeans|earrings)\b)", "two "),
    (rf"\b(?:the )?(?:(?P<day>\d{{1,2}})(?:st|nd|rd|th)(?: day)?|(?P<word>{'|'.join(_ORDINALS)}) day) of "
     rf"(?P<month>(?-i:{_MONTH}))\b", _ordinal_date),
    (rf"\b(?:the )?(?:last day|end) of (?P<month>(?-i:{_MONTH}))\b", _last_of_month),
    (rf"\b(?P<minutes>half past|(?:a )?quarter (?:past|to)) {_HOUR}\b(?! (?:hundred|thousand))(?:{_PART_OF_DAY})?",
     _clock),
    (rf"\b{_HOUR}(?: o'clock)?{_PART_OF_DAY}", _clock),
    (r"\bcomes? to an end\b", lambda match: "ends" if "comes" in match[0].lower() else "end"),
    (r"\b(?:came to an end|(?:has|had|have) come to an end)\b", "ended"),
    (rf"\b(?:came|amounted|ran) to (?=(?:about |nearly |over |roughly )?{_NUMBER})", "was "),
    (rf"\b(?:comes|amounts|runs) to (?=(?:about |nearly |over |roughly )?{_NUMBER})", "is "),
    (r"\b(?:comes|enters) into (?:force|effect)\b|\bbecomes (?:effective|operative)\b", "takes effect"),
    (r"\b(?:came|entered) into (?:force|effect)\b|\bbecame (?:effective|operative)\b", "took effect"),
    (r"\b(?:come|enter) into (?:force|effect)\b|\bbecome (?:effective|operative)\b", "take effect"),
    (r"\b(?:counts? as|(?:is|are) deemed(?: to (?:be|have been))?|(?:shall be|is|are) (?:treated|regarded) as) "
     r"(?=\w+ed\b)", "shall be deemed "),
    (r"\b(?:in|within) the space of\b", "within"),
    (r"\b(?:without (?:any |further )?delay|straight away|right away)\b", "immediately"),
    (r"\b(?:around|roughly|approximately|some) (?=(?:\d|half past\b))", "about "),
    (r"\bin the course of\b", "during"),
    (r"\b(?:in advance of|ahead of|leading up to|in the run-up to) (?=(?:the|an?|its|his|her|their)\b)", "before "),
    (r"\b(?:apart|aside) from\b|\bwith the exception of\b", "except for"),
    (r"\b(?:owing to|on account of|by reason of)\b", "because of"),
    (r"\b(?:was|were) due to (?=the\b)", "was because of "),
    (r"\b(?:led|gave rise) to (?=(?:the|an?|his|her|its|their)\b)|\bresulted in\b|\bbrought about\b", "caused "),
    (r"\bin the event that\b", "if"),
    (r"\b(?:has|have|had|was|were) (?:been )?unsuccessful\b|\bdid not succeed\b|\bcame to nothing\b", "failed"),
    (r"\b(?:managed|happened) to (?=[a-z])", "did "),
    (r"\b(?:manages|happens) to (?=[a-z])", "does "),
    (r"\bboth sides (?=(?:may|must|shall|can|will|are|were|have|agreed?)\b)", "both parties "),
    (r"\b(?:its|his|her|their|our) (?=own expense\b)", ""),
    (r"\bis common ground\b", "is not disputed"),
    (r"\b(?:48|forty-eight) hours\b", "2 days"),
    (r"\b(?:72|seventy-two) hours\b", "3 days"),
    (r"^(?:nobody|no one|none) (?:but|except|other than) ", "Only "),
    (
        r"\b(motion|amendment|resolution)((?: (?:that|to) [^.;]*?)?) "
        r"(?:failed|was (?:lost|defeated|rejected|voted down))(?=[.;,]|$| (?:by|on) )",
        r"\1\2 was not adopted",
    ),
    (
        r"\b(motion|amendment|resolution)((?: (?:that|to) [^.;]*?)?) "
        r"(?:passed|was (?:carried|passed|approved))(?=[.;,]|$| (?:by|on) )",
        r"\1\2 was adopted",
    ),
)  # fmt: skip
_RULES = tuple((re.compile(pattern, re.IGNORECASE), said) for pattern, said in (*_FRAMES, *_PHRASES))
_GERUND = re.compile(
    r"^(?P<verb>[A-Z][a-z]+ing) (?P<rest>[^,;.]{3,80}?) is (?:forbidden|prohibited|not (?:permitted|allowed))"
    r" (?:to|for) (?P<who>(?:the |an? |any )?[\w-]+(?: [\w-]+)?)"
    r"(?=[.,;]| (?:unless|without|except|if|before|after)\b|$)"
)


def canonical(text: str) -> str:
    """A sentence in the one of its equivalent forms that it is compared in.

    Example:
        >>> canonical("The board's decision was to close the depot.")
        'The board decided to close the depot.'
        >>> canonical("In Ms Roy's testimony, the gate was open.")
        'Ms Roy testified that the gate was open.'
        >>> canonical("The tenant raised no objection.")
        'The tenant did not object.'
    """
    return " ".join(map(_canonical, _SENTENCES.split(text)))


_SENTENCES = re.compile(r"(?<=[.?!])\s+(?=[A-Z])")


def _canonical(text: str) -> str:
    for pattern, said in _RULES:
        text = pattern.sub(said, text)
    text = _LIGHT.sub(_objected, text)
    text = _LIGHT_OF.sub(lambda match: f"{_deed(match['light'], match['noun'])} ", text)
    text = _PAYMENT.sub(lambda match: f"{_deed(match['light'], match['noun'])} ", text)
    return _GERUND.sub(_may_not, text)


def _may_not(match: re.Match[str]) -> str:
    verb = next((one for one in sorted(wordnet.lemmas(match["verb"].lower())) if wordnet.is_infinitive(one)), None)
    if verb is None or verb.endswith("ing"):
        return match[0]
    return f"{_cap(match['who'])} may not {verb} {match['rest']}"


def _cap(text: str) -> str:
    return text[0].upper() + text[1:]


def _lowered(text: str) -> str:
    first = text.split()[0]
    return text[0].lower() + text[1:] if first.lower() in _LOWERED else text


_LOWERED = lexicon.vocabulary("the a an he she it they we his her its their all no both two some this that one")
