"""Ways to say what a sentence says in other words: the true claims beside `distortions.py`.

A function of a kind takes a sentence and a random generator and returns (corpus, claim), or None. Each kind keeps the
meaning, so that a verifier that refuses all change is found out as one that approves too much is.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable

from distortions import (
    COUNTED,
    DATE,
    FINITE,
    MONTH,
    MONTHS,
    NUMBER_WORDS,
    PEOPLE,
    WORD_OF,
    Kind,
    Made,
    like,
    replace,
    statement,
    tidy,
)

REWORDINGS: dict[str, Kind] = {}


def kind(name: str) -> Callable[[Kind], Kind]:
    """Register a function as the maker of a kind of rewording."""

    def register(make: Kind) -> Kind:
        REWORDINGS[name] = make
        return make

    return register


def every(pairs: tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...], share: float = 0.7) -> Kind:
    """A rewording that applies each of a table's replacements with some chance, and at least one."""

    def make(sentence: str, rng: random.Random) -> Made:
        claim = sentence
        for pattern, replacement in pairs:
            if rng.random() < share:
                claim = re.sub(pattern, replacement, claim)
        return (sentence, tidy(claim)) if claim != sentence else None

    return make


def words(pairs: str) -> tuple[tuple[str, str], ...]:
    """Replacements from a line "one:other, one:other", with capitals kept."""
    split = [tuple(" ".join(word.split()) for word in pair.split(":")) for pair in pairs.split(",")]
    small = [(rf"\b{re.escape(one)}\b", other) for one, other in split]
    return tuple(small + [(rf"\b{re.escape(like('A', one))}\b", like("A", other)) for one, other in split])


def _other_duty(found: re.Match[str]) -> str:
    return "must" if found[1] == "shall" else "shall"


def _forbidden(found: re.Match[str]) -> str:
    many = found[1].lower() in {"you", "we", "they"} or re.search(r"[^s]s$", found[1])
    return f"{found[1]} {'are' if many else 'is'} forbidden to"


kind("synonyms")(
    every(
        words("""
    agreement:contract, begin:start, began:started, commence:begin, purchase:buy, purchased:bought, obtain:get,
    inform:tell, informed:told, terminate:end, terminates:ends, terminated:ended, assist:help, assistance:help,
    amend:change, amended:changed, promptly:without delay, forthwith:at once, immediately:at once,
    furnish:provide, retain:keep, reveal:disclose, huge:enormous, quickly:rapidly, reply:answer,
    replied:answered, large:big, small:little, utilize:use, commercially reasonable efforts:commercially
    sensible efforts, entire:whole, prohibited:forbidden, permitted:allowed, require:need, requires:needs,
    remuneration:pay, entity:organisation, employees:staff, attempt:try, attempted:tried, conceal:hide,
    shouted:yelled, children:kids, ship:vessel, statute:law, residence:home, error:mistake, errors:mistakes,
    additional:further, sufficient:enough, subsequently:later, approximately:about, demonstrate:show,
    physician:doctor
"""),
        0.9,
    )
)
kind("plain words for legal ones")(every((
    (r"\bin the event that\b", "if"), (r"\bprior to\b", "before"), (r"\bpursuant to\b", "under"),
    (r"\bin accordance with\b", "under"), (r"\bsubsequent to\b", "after"), (r"\bhereunder\b", "under this agreement"),
    (r"\bhereof\b", "of this agreement"), (r"\bherein\b", "in this agreement"), (r"\bhereto\b", "to this agreement"),
    (r"\bwith respect to\b", "about"), (r"\bfor the purpose of\b", "for"), (r"\bin connection with\b", "concerning"),
    (r"\bfor a period of\b", "for"), (r"\bnotwithstanding\b", "despite"), (r"\bIn the event that\b", "If"),
    (r"\bPrior to\b", "Before"), (r"\bat the time of\b", "at"), (r"\bthereof\b", "of it"),
    (r"\bsaid (?=agreement|part|notice|period|term)", "the "),
    (r"\bnull and void\b", "void"), (r"\bterms and conditions\b", "terms"), (r"\bany and all\b", "all"),
    (r"\bfull force and effect\b", "force"), (r"\beach and every\b", "every"), (r"\bin order to\b", "to"),
    (r"\bas well as\b", "and"), (r"\bIn accordance with\b", "Under"), (r"\bPursuant to\b", "Under"),
), 0.85))  # fmt: skip
kind("modal reworded")(every((
    (r"\b(?:shall|may) not\b(?! be)", "must not"), (r"\b(shall|must)\b(?! not)", _other_duty),
    (r"\bis entitled to\b", "may"), (r"\bis obligated to\b", "must"), (r"\bagrees to\b", "undertakes to"),
    (r"\bmay\b(?= (?:use|disclose|terminate|assign|retain|share|request|make|sell|create|access)\b)", "can"),
), 0.8))  # fmt: skip
kind("prohibition as a word")(every(((r"\b(\w+) (?:shall|may|must) not\b(?= (?!be|have)[a-z]+ )", _forbidden),), 1.0))
kind("contraction")(every((
    (r"\b(do|does|did|is|are|was|were|has|have|had|could|would|should) not\b", r"\1n't"), (r"\bcannot\b", "can't"),
    (r"\bwill not\b", "won't"), (r"\bit is\b", "it's"), (r"\bIt is\b", "It's"), (r"\bthey are\b", "they're"),
    (r"\bthey will\b", "they'll"), (r"\bhe had\b(?= \w+ed)", "he'd"), (r"\bThere is\b", "There's"),
), 1.0))  # fmt: skip
kind("contraction undone")(every((
    (r"\b(do|does|did|is|are|was|were|has|have|had|could|would|should)n['’]t\b", r"\1 not"),
    (r"\bcan['’]t\b", "cannot"),
    (r"\bwon['’]t\b", "will not"), (r"\b([Ii])t['’]s (?=a|the|not)", r"\1t is "), (r"\b(\w+)['’]re\b", r"\1 are"),
    (r"\b(\w+)['’]ll\b", r"\1 will"),
), 1.0))  # fmt: skip
kind("bound reworded")(every((
    (r"\bat least\b", "no less than"), (r"\bno less than\b|\bnot less than\b", "at least"),
    (r"\bup to\b(?= \$?\d)", "at most"),
    (r"\bno more than\b|\bnot more than\b", "at most"), (r"\bnot to exceed\b", "of at most"),
    (r"\bin excess of\b", "more than"),
    (r"\bmore than\b(?= \$?\d)", "over"), (r"\bno later than\b", "by"), (r"\bon or before\b", "no later than"),
), 1.0))  # fmt: skip


@kind("number in digits")
def _digits(sentence: str, rng: random.Random) -> Made:  # noqa: ARG001
    place = next((m for m in COUNTED.finditer(sentence) if m.group(1).lower() != "one" or m.group(2)), None)
    return (sentence, replace(sentence, place, str(NUMBER_WORDS[place.group(1).lower()]))) if place else None


@kind("number in words")
def _in_words(sentence: str, rng: random.Random) -> Made:  # noqa: ARG001
    plain = DATE.sub(lambda date: "_" * len(date.group()), sentence)
    place = re.search(
        (
            r"(?<![\w.,$(-])\d{1,2}(?= (?:business |calendar )?(?:days|months|years|hours|weeks|percent|people|"
            r"men)\b)"
        ),
        plain,
    )
    if place is None or int(place.group()) not in WORD_OF:
        return None
    return sentence, replace(sentence, place, WORD_OF[int(place.group())])


@kind("amount reformatted")
def _amount(sentence: str, rng: random.Random) -> Made:  # noqa: ARG001
    if place := re.search(r"([$€£])(\d+(?:,\d{3})*),(\d{3}),000\b(?!,)", sentence):
        value = f"{int(place[2].replace(',', '')) + int(place[3]) / 1000:g}"
        return sentence, replace(sentence, place, f"{place[1]}{value} million")
    if place := re.search(r"(\d)\s*%", sentence):
        return sentence, replace(sentence, place, f"{place[1]} percent")
    if place := re.search(r"(\d) (?:percent|per cent)\b", sentence):
        return sentence, replace(sentence, place, f"{place[1]}%")
    if place := re.search(r"\$(\d{1,3}(?:,\d{3})*)(?![\d.,])", sentence):
        return sentence, replace(sentence, place, f"{place[1]} dollars")
    return None


@kind("date reformatted")
def _date(sentence: str, rng: random.Random) -> Made:
    place = DATE.search(sentence)
    if place is None:
        return None
    month = re.search(MONTH, place.group()).group()  # type: ignore[union-attr] - the pattern of a date holds a month
    year = re.search(r"\d{4}", place.group()).group()  # type: ignore[union-attr]
    day = re.search(r"(?<!\d)\d{1,2}(?!\d)", place.group()).group()  # type: ignore[union-attr]
    forms = (f"{day} {month} {year}", f"{month} {day}, {year}", f"{year}-{MONTHS.index(month) + 1:02}-{int(day):02}",
             f"{day} {month[:3]} {year}")  # fmt: skip
    return sentence, replace(sentence, place, rng.choice([form for form in forms if form != place.group()]))


@kind("same length in another unit")
def _unit(sentence: str, rng: random.Random) -> Made:  # noqa: ARG001
    lengths = {
        "one year": "12 months",
        "two years": "24 months",
        "three years": "36 months",
        "one week": "seven days",
        "two weeks": "14 days",
        "twelve months": "one year",
        "one day": "24 hours",
        "12 months": "one year",
        "24 months": "two years",
        "24 hours": "one day",
        "48 hours": "two days",
        "seven days": "one week",
    }
    place = re.search(rf"\b(?:{'|'.join(lengths)})\b", re.sub(r" \(\d+\)", "", sentence))
    if place is None or "business" in sentence:
        return None
    return sentence, replace(re.sub(r" \(\d+\)", "", sentence), place, lengths[place.group()])


_SAID = re.compile(
    r"(?:He|She|They|It|(?:The |A |An |Each |Either |Such |This )?[\w’']+(?: (?:of|the|and) \w+| [A-Z]\w+)*) "
    r"(?:shall|may|must|will|can|is|are|was|were|has|have|had|could|would|did|does|\w{3,}ed)\b.{8,}"
)
"""A main clause of its own: a short subject and a finite verb."""


@kind("condition moved")
def _moved(sentence: str, rng: random.Random) -> Made:  # noqa: ARG001
    begins = re.fullmatch(
        r"(If|Unless|When|After|Before|Until|Upon|While|Because|Although) ([^,;:]{8,}), ([^;:]{12,})\.", sentence
    )
    if begins and re.search(FINITE, begins[3]) and not re.match(r"(?:and|or|then)\b", begins[3]):
        return sentence, tidy(f"{begins[3]} {begins[1].lower()} {begins[2]}.")
    ends = re.fullmatch(
        r"([A-Z][^,;:]{12,}?),? (if|unless|when|after|before|until|while|because|although) ([^,;:]{8,})\.", sentence
    )
    if ends and _SAID.match(ends[1]) and re.search(FINITE, ends[3]) and "whether" not in ends[1]:
        said = statement(ends[1] + ".") or ends[1]
        return sentence, tidy(f"{ends[2].capitalize()} {ends[3]}, {said}.")
    return None


@kind("time moved to the front")
def _fronted(sentence: str, rng: random.Random) -> Made:  # noqa: ARG001
    found = re.fullmatch(
        (
            r"([A-Z][^,;:]{12,}) ((?:on|in|by|during|within|at) (?:the |this )?(?:\w+ ){0,3}(?:\d{4}|Term|morning|"
            r"night|evening|days|months|time))\."
        ),
        sentence,
    )
    said = statement(found[1] + ".") if found else None
    return (sentence, f"{like('A', found[2])}, {said}.") if found and said else None


@kind("aside dropped")
def _aside(sentence: str, rng: random.Random) -> Made:  # noqa: ARG001
    claim = re.sub(r"\s*\((?![^)]*\b(?:not|except|excluding|unless|only)\b)[^()]*\)", "", sentence)
    if claim == sentence:
        claim = re.sub(
            r", (?:who|which|a|an|the) [^,;:.]{5,60}, (?=(?:shall|may|will|is|was|has|had|\w+ed)\b)", " ", sentence
        )
    return (sentence, tidy(claim)) if claim != sentence and len(claim.split()) > 4 else None


_PARTICIPLES = {
    "provide": "provided", "deliver": "delivered", "pay": "paid", "use": "used", "disclose": "disclosed", "terminate":
    "terminated", "assign": "assigned", "maintain": "maintained", "keep": "kept", "return": "returned", "destroy":
    "destroyed", "submit": "submitted", "make": "made", "obtain": "obtained", "sell": "sold", "perform": "performed",
    "transfer": "transferred", "notify": "notified", "reimburse": "reimbursed", "remove": "removed", "prepare":
    "prepared", "retain": "retained", "grant": "granted", "protect": "protected", "review": "reviewed", "access":
    "accessed", "share": "shared", "modify": "modified", "purchase": "purchased", "indemnify": "indemnified",
}  # fmt: skip
_ACTIVE = re.compile(
    rf"((?:The |Each |Either |Such )?[A-Z]\w*(?: [A-Z]\w*)*) (shall|may|must|will)( not)? ({'|'.join(_PARTICIPLES)}) "
    r"((?:the|all|any|such|its|a|an|this|each) (?:[A-Za-z-]+ ){0,4}?[A-Za-z-]+)( (?:to|for|with|in|within|upon|by|at|"
    r"under|from|after|before|until|if|unless) [^;:]+)?\."
)
_OBJECT = re.compile(r"(?:the|all|any|such|its|a|an|this|each)(?: [A-Za-z-]+){1,5}$")


@kind("passive")
def _passive(sentence: str, rng: random.Random) -> Made:  # noqa: ARG001
    found = _ACTIVE.fullmatch(sentence)
    if found is None or not _OBJECT.match(found[5]) or re.search(r"\b(?:and|or|to|that|which)\b", found[5]):
        return None
    agent, modal, no, verb, thing, rest = found.groups()
    by = (agent[0].lower() if agent.split()[0] in {"The", "Each", "Either", "Such"} else agent[0]) + agent[1:]
    if thing.startswith("its "):
        thing = f"the {thing[4:]} of {by}"
    if no and thing.startswith(("any ", "all ")):  # "not any" turned round is "no"
        thing, no = "no " + thing[4:], ""
    return sentence, f"{like('A', thing)} {modal}{no or ''} be {_PARTICIPLES[verb]} by {by}{rest or ''}."


kind("of turned into a possessive")(
    every(
        (
            (
                (
                    r"\bthe (consent|approval|obligations|rights|property|expense|request|name|house|voice|face|eyes|"
                    r"hands|employees|products|services|business) of (the [A-Z][a-z]+|[A-Z][a-z]+)(?! [A-Z&])\b"
                ),
                r"\2's \1",
            ),
        ),
        1.0,
    )
)
kind("governing law")(
    every(
        (
            (
                (
                    r"^.*\b(?:governed by|construed (?:in accordance with|under)|"
                    r"interpreted under)\b.{0,60}?\blaws? of (?:the )?(?:State of |"
                    r"Commonwealth of )?((?:[A-Z]\w+ ?){1,3}?)(?=[,. ]).*$"
                ),
                r"\1 law governs the agreement.",
            ),
        ),
        1.0,
    )
)
kind("only with as not without")(
    every(
        (
            (r"\bmay (\w+) ([^.,;]{3,60}) only with (?:the )?([^.,;]+)", r"may not \1 \2 without the \3"),
            (
                (
                    r"\bshall not (\w+) ([^.,;]{3,80}) without (?:the )?(prior written consent|prior consent|"
                    r"written consent|consent|approval)( of [^.,;]+)?(?=[.])"
                ),
                r"may \1 \2 only with the \3\4",
            ),
        ),
        1.0,
    )
)
kind("neither as no")(
    every(
        (
            (r"\bNeither party\b", "No party"),
            (r"\bNeither (the [A-Z]\w+) nor (the [A-Z]\w+) (shall|may|will)\b", r"Both \1 and \2 \3 not"),
            (r"\bEither party may\b", "Each party may"),
            (r"\beither party may\b", "each party may"),
            (r"\bNone of the\b", "Not one of the"),
        ),
        1.0,
    )
)
kind("weaker quantifier")(
    every(
        (
            (r"\b([Aa])ll of the (?=[a-z]+s\b)", lambda m: ("S" if m[1] == "A" else "s") + "ome of the "),
            (r"\bEach of the\b", "Some of the"),
            (r"\bboth of\b", "one or more of"),
            (r"\bmust always\b", "must usually"),
        ),
        1.0,
    )
)  # type: ignore[arg-type]


@kind("before as after")
def _converse(sentence: str, rng: random.Random) -> Made:  # noqa: ARG001
    found = re.fullmatch(r"([A-Z][^,;:]{10,}?) (before|after) ((?:the|he|she|they|it|[A-Z]\w+) [^,;:]{8,})\.", sentence)
    if (
        found is None
        or not re.search(FINITE, found[1])
        or not re.search(FINITE, found[3])
        or re.search(r"\bnot\b|n't", sentence)
    ):
        return None
    if re.search(
        r"\b(?:shall|may|must|will|can|would|could)\b", sentence
    ):  # what must come before need not come at all
        return None
    first, second = found[1], found[3]
    said = statement(first + ".") or first
    return sentence, f"{like('A', second)} {'after' if found[2] == 'before' else 'before'} {said}."


@kind("one of two statements")
def _part(sentence: str, rng: random.Random) -> Made:
    found = re.fullmatch(
        r"([A-Z][^;:]{20,}?)[,;] and ((?:the|he|she|they|it|[A-Z]\w+|such|each|any|all) [^;:]{15,})\.", sentence
    )
    if found is None or not all(re.search(FINITE, part) for part in found.groups()):
        return None
    if re.search(
        r"\b(?:if|unless|provided|except|not|no|whether|that|when|said|subject|neither)\b", sentence, re.IGNORECASE
    ):
        return None  # a condition, a negation or a report may reach over both
    return sentence, tidy(rng.choice(found.groups()) + ".")


def attributed(name: str, pairs: tuple[tuple[str, str], ...]) -> None:
    """Register a kind whose corpus and claim both report the statement {s}, each in its way."""

    @kind(name)
    def make(sentence: str, rng: random.Random) -> Made:
        said = statement(sentence)
        if said is None:
            return None
        corpus, claim = rng.choice(pairs)
        who = rng.choice(PEOPLE)
        fill = {"s": said, "who": who, "Who": like("A", who)}
        return tidy(corpus.format(**fill)), tidy(claim.format(**fill))


attributed("allegation kept", (
    ("It is alleged that {s}.", "Allegedly, {s}."), ("It is alleged that {s}.", "There is an allegation that {s}."),
    ("The complaint alleges that {s}.", "According to the complaint, {s}."),
    ("{Who} alleges that {s}.", "It is alleged by {who} that {s}."),
))  # fmt: skip
attributed("denial kept", (
    ("{Who} denies that {s}.", "It is denied by {who} that {s}."),
    ("{Who} denied that {s}.", "{Who} did not admit that {s}."),
    ("It is not true that {s}.", "It is false that {s}."), ("It is not the case that {s}.", "It is untrue that {s}."),
))  # fmt: skip
attributed("belief kept", (
    ("{Who} believes that {s}.", "In the view of {who}, {s}."),
    ("{Who} thought that {s}.", "{Who} was of the opinion that {s}."),
    ("{Who} argued that {s}.", "It was argued by {who} that {s}."),
    ("{Who} argued that {s}.", "{Who} made the argument that {s}."),
    ("{Who} proposed that {s}.", "The proposal of {who} was that {s}."),
))  # fmt: skip


@kind("factive")
def _factive(sentence: str, rng: random.Random) -> Made:
    said = statement(sentence)
    if said is None:
        return None
    frames = ("{Who} knew that {s}.", "{Who} proved that {s}.", "It is a fact that {s}.", "{Who} was glad that {s}.",
              "{Who} realised that {s}.", "It turned out that {s}.", "As the records confirm, {s}.",
              "It is common ground that {s}.", "{Who} was right that {s}.")  # fmt: skip
    who = rng.choice(PEOPLE)
    return tidy(rng.choice(frames).format(s=said, who=who, Who=like("A", who))), sentence


# Two sentences


def fused(first: str, second: str) -> Made:
    """Two neighbouring sentences as one."""
    said = statement(second)
    return (
        (f"{first} {second}", f"{first[:-1]}, and {said}.")
        if said and first.endswith(".") and len(first) < 200
        else None
    )


def named(definition: str, sentence: str) -> Made:
    """A defined term replaced by the name that the sentence before gives it."""
    found = re.search(
        (
            r"((?:[A-Z][\w&.-]+,? ){1,4}[A-Z][\w&.-]*)[^()]{0,120}\((?:the |hereinafter |"
            r"referred to as )*[\"“'](?:the )?(\w[\w ]{2,20})[\"”']"
        ),
        definition,
    )
    if found is None or not re.search(rf"\b{found[2]}\b", sentence) or len(definition) > 350:
        return None
    claim = re.sub(rf"\b(?:[Tt]he )?{re.escape(found[2])}\b", found[1].rstrip(","), sentence)
    return f"{definition} {sentence}", claim
