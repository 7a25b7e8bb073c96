"""Ways in which a claim can say something else than the sentence that it seems to repeat.

Each kind is a function that takes a sentence and a random generator and returns (corpus, claim), or None where the
sentence offers no hold. All of it is plain string work, so that a false claim can be explained and the same seed gives
the same claims. The kinds here change what is said of values, names, polarity, quantity, conditions, order and cause;
`attribution.py` has those that change who says it, or whether it has happened. `adversary.py` holds a verifier against
them, kind by kind.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable

Made = tuple[str, str] | None
"""(corpus, claim), or None where a sentence has nothing of the kind."""
Kind = Callable[[str, random.Random], Made]

DISTORTIONS: dict[str, Kind] = {}

MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
          "December")  # fmt: skip
MONTH = "|".join(MONTHS)
DATE = re.compile(rf"\b(?:(?:{MONTH})\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{4}}|\d{{1,2}}(?:st|nd|rd|th)?\s+(?:{MONTH})"
                  r",?\s+\d{4})\b")  # fmt: skip
_UNITS = """
    one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen
    nineteen
"""
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
NUMBER_WORDS = {word: value for value, word in enumerate(_UNITS.split(), 1)} | {
    word: 10 * value for value, word in enumerate(_TENS.split(), 2)
}
WORD_OF = {value: word for word, value in NUMBER_WORDS.items()}
COUNTED = re.compile(rf"\b({'|'.join(NUMBER_WORDS)})\b(?:\s*\((\d+)\))?", re.IGNORECASE)
DIGITS = re.compile(r"(?<![\w.,$(])\$?\d{1,3}(?:,\d{3})+(?![\w,])|(?<![\w.,(])\$?\d+(?:\.\d+)?(?![\w,]|\.\d)")
NAME = re.compile(r"(?<![.!?“\"] )(?<!^)\b(?:[A-Z][a-z]{2,} ){0,2}[A-Z][a-z]{2,}\b")
STRANGERS = ("Northwind", "Castellan", "Orford", "Vireo", "Halloway", "Merridew", "Tessaly", "Brackwater")
PEOPLE = ("Mr Hale", "Ms Ortiz", "the witness", "counsel for the claimant", "the auditor", "the project manager",
          "Dr Amin", "one of the directors", "the Supplier", "the chairman")  # fmt: skip


def kind(name: str) -> Callable[[Kind], Kind]:
    """Register a function as the maker of a kind of distortion."""

    def register(make: Kind) -> Kind:
        DISTORTIONS[name] = make
        return make

    return register


def statement(sentence: str) -> str | None:
    """The sentence as it stands after "that": without its stop, its first letter small unless it begins with a name.

    None for what cannot be reported so: questions, exclamations, quotations, fragments and long sentences.
    """
    if not re.fullmatch(r"[A-Z][^\"“”?!;:]{15,220}\.", sentence) or re.search(
        r"\b(?:I|we|my|our|you)\b", sentence, re.I
    ):
        return None
    if not re.search(FINITE, sentence):
        return None
    first = sentence.split()[0]
    plain = first.lower() in STARTS or re.fullmatch(r"[A-Z][a-z]+(?:ed|ing|ly)", first)
    return (sentence[0].lower() if plain else sentence[0]) + sentence[1:-1]


FINITE = (
    r"\b(?:shall|may|must|will|can|is|are|was|were|has|have|had|does|did|would|could|paid|gave|told|said|sold|sent|kept|"
    r"made|took|left|found|saw|knew|met|held|went|came|became|began|wrote|got|stood|felt|thought|brought|lost|ran|fell|"
    r"\w{3,}ed)\b"
)
_STARTS = """
    the this that these those a an all any each every some no neither either both in on at if upon when while it he she
    they his her their its there such for by to after before during except unless subject as nothing most many few
    several one two three since with without under from until where within because although
"""
STARTS = frozenset(_STARTS.split())
"""Words that begin a sentence with a capital they do not keep inside one."""


def swap(pattern: str, replacement: str | Callable[[re.Match[str]], str]) -> Kind:
    """A distortion that rewrites the first place where a pattern stands."""
    found = re.compile(pattern)

    def make(sentence: str, rng: random.Random) -> Made:  # noqa: ARG001 - the signature of a kind
        for text in (sentence, sentence[0].lower() + sentence[1:]):  # a pattern of small letters may begin the sentence
            claim = found.sub(replacement, text, count=1)
            if claim != text:
                return sentence, tidy(claim)
        return None

    return make


def swap_words(pairs: str, *, both_ways: bool = True) -> Kind:
    """A distortion that puts one word for another; ``pairs`` reads "one:other, one:other"."""
    table: dict[str, str] = {}
    for pair in pairs.split(","):
        one, other = (" ".join(word.split()) for word in pair.split(":"))
        table.setdefault(one, other)
        if both_ways:
            table.setdefault(other, one)
    lowered = {one.lower(): other for one, other in table.items()}
    pattern = re.compile(rf"\b({'|'.join(sorted(map(re.escape, table), key=len, reverse=True))})\b", re.IGNORECASE)

    def make(sentence: str, rng: random.Random) -> Made:
        places = list(pattern.finditer(sentence))
        if not places:
            return None
        place = rng.choice(places)
        return sentence, replace(sentence, place, like(place.group(), lowered[place.group().lower()]))

    return make


def replace(sentence: str, place: re.Match[str], text: str) -> str:
    return tidy(sentence[: place.start()] + text + sentence[place.end() :])


def like(model: str, word: str) -> str:
    """``word`` with a capital where ``model`` has one."""
    return word[0].upper() + word[1:] if model[0].isupper() else word


def tidy(text: str) -> str:
    """One blank between words, none before a comma, a capital at the start."""
    text = re.sub(r"\s+([,.;:])", r"\1", re.sub(r"\s+", " ", text)).strip(" ,;")
    text = re.sub(r",(?=[.,])", "", text)
    return text[:1].upper() + text[1:]


# Values


@kind("number changed")
def _number(sentence: str, rng: random.Random) -> Made:
    places = list(DIGITS.finditer(DATE.sub(lambda d: "_" * len(d.group()), sentence)))
    if not places:
        return None
    place = rng.choice(places)
    plain = place.group().replace(",", "").replace("$", "")
    factor = rng.choice((2, 3, 10)) if float(plain) else 0
    changed = float(plain) * factor if factor else float(rng.randint(1, 9))
    if rng.random() < 0.5:
        changed = float(plain) + rng.randint(1, 5)
    text = f"{changed:,.0f}" if "," in place.group() else f"{changed:g}" if changed < 1e6 else f"{changed:.0f}"
    return sentence, replace(sentence, place, ("$" if "$" in place.group() else "") + text)


@kind("number word changed")
def _number_word(sentence: str, rng: random.Random) -> Made:
    places = [m for m in COUNTED.finditer(sentence) if m.group(1).lower() != "one" or m.group(2)]
    if not places:
        return None
    place = rng.choice(places)
    value = rng.choice([v for v in WORD_OF if v != NUMBER_WORDS[place.group(1).lower()]])
    text = like(place.group(1), WORD_OF[value]) + (f" ({value})" if place.group(2) else "")
    return sentence, replace(sentence, place, text)


@kind("scale word changed")
def _scale(sentence: str, rng: random.Random) -> Made:
    if place := re.search(r"\b(hundred|thousand|million|billion)\b", sentence):
        other = rng.choice([one for one in ("hundred", "thousand", "million", "billion") if one != place.group()])
        return sentence, replace(sentence, place, other)
    if place := re.search(r"\b(two|three|four|five|six|seven|eight|nine|ten|twenty)\b(?! ?\()", sentence):
        return sentence, replace(sentence, place, f"{place.group()} {rng.choice(('hundred', 'thousand'))}")
    return None


kind("unit changed")(
    swap_words(
        """
    day:week, days:months, week:month, weeks:years, month:year, months:weeks, year:quarter, years:months,
    hour:day, hours:days, minutes:hours, miles:yards, feet:metres, pounds:ounces
""",
        both_ways=False,
    )
)
kind("unit qualifier dropped")(
    swap(
        (
            r"\b(?:business|working|calendar|consecutive|trading|banking|full|fiscal|lunar)\s+(?=(?:day|week|"
            r"month|year|quarter)s?\b)"
        ),
        "",
    )
)
kind("unit qualifier added")(swap(r"(?<!business )(?<!calendar )(?<!working )\b(days)\b", r"business \1"))
kind("bound dropped")(
    swap(
        (
            r"\b(?:at least|at most|up to|no more than|not more than|no less than|not less than|no fewer than|"
            r"more than|less than|fewer than|not to exceed|a minimum of|a maximum of|over)\s+(?=\$?\d|(?:one|two|"
            r"three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty|thirty|sixty|ninety)\b)"
        ),
        "exactly ",
    )
)
_BOUNDS = {
    "at least": "at most", "no less than": "no more than", "not less than": "not more than", "more than": "less than",
    "no fewer than": "no more than", "a minimum of": "a maximum of", "in excess of": "less than",
    "up to": "at least", "not to exceed": "of at least",
}  # fmt: skip
_TURNED = {other: one for one, other in reversed(_BOUNDS.items()) if other not in _BOUNDS} | _BOUNDS
_AMOUNT = r"\$?\d|(?:a|an|one|two|three|four|five|six|ten|thirty|sixty|ninety)\b"
kind("bound turned")(
    swap(rf"\b(?:{'|'.join(sorted(_TURNED, key=len, reverse=True))})\b(?= (?:{_AMOUNT}))", lambda m: _TURNED[m.group()])
)
kind("approximate made exact")(
    swap(r"\b(?:approximately|about|around|roughly|nearly|almost|some)\s+(?=\$?\d)", "exactly ")
)


@kind("date changed")
def _date(sentence: str, rng: random.Random) -> Made:
    dates = list(DATE.finditer(sentence))
    if not dates:
        return None
    place, part = rng.choice(dates), rng.choice("dmy")
    date = place.group()
    if part == "y":
        date = re.sub(r"\d{4}", lambda m: str(int(m.group()) + rng.choice((-2, -1, 1, 2, 5))), date)
    elif part == "m":
        date = re.sub(MONTH, lambda m: rng.choice([one for one in MONTHS if one != m.group()]), date)
    else:
        date = re.sub(r"\b\d{1,2}(?=\D|$)", lambda m: str(int(m.group()) % 27 + 1), date, count=1)
    return sentence, replace(sentence, place, date)


kind("deadline turned")(
    swap_words(
        """
    on or before:after, by no later than:no earlier than, no later than:no earlier than, not later than:not
    before, from and after:until
""",
        both_ways=False,
    )
)


@kind("currency changed")
def _currency(sentence: str, rng: random.Random) -> Made:
    if place := re.search(r"(?:US)?\$(?=\d)|€|£", sentence):
        return sentence, replace(sentence, place, rng.choice([s for s in ("$", "€", "£") if s not in place.group()]))
    return swap_words("dollars:pounds, dollar:euro, euros:dollars, pounds sterling:dollars", both_ways=False)(
        sentence, rng
    )


kind("percent for points")(swap(r"(\d(?:\.\d+)?)\s*(?:%|percent\b|per cent\b)", r"\1 percentage points"))
kind("percent for amount")(swap(r"(?<!\()\b(\d+(?:\.\d+)?)\s*(?:%|percent\b|per cent\b)(?: of)?", r"$\1 of"))
kind("ordinal changed")(swap_words("first:second, second:third, third:fourth, fourth:fifth, last:first, initial:final"))
kind("frequency changed")(
    swap_words("""
    monthly:yearly, annually:quarterly, annual:monthly, weekly:daily, quarterly:weekly, once:twice, per
    month:per year, per year:per day, every day:every week, every year:every month, always:sometimes
""")
)
kind("clause reference changed")(
    swap(
        r"\b((?:Section|Article|Clause|Exhibit|Schedule|Paragraph)s? )(\d+)",
        lambda m: m.group(1) + str(int(m.group(2)) + 3),
    )
)


# Names and roles


@kind("name changed")
def _name(sentence: str, rng: random.Random) -> Made:
    names = [m for m in NAME.finditer(sentence) if m.group() not in MONTHS]
    return (sentence, replace(sentence, rng.choice(names), rng.choice(STRANGERS))) if names else None


@kind("roles swapped")
def _roles(sentence: str, rng: random.Random) -> Made:  # noqa: ARG001
    found = re.findall(r"\b(?:[A-Z][a-z]{2,} ){0,2}[A-Z][a-z]{2,}\b", sentence)
    names = [n for n in dict.fromkeys(found) if n.split()[0].lower() not in STARTS and n not in MONTHS]
    verb = re.search(r"\b(?:shall|may|must|will|told|gave|paid|sold|asked|sent|owes|\w{3,}ed)\b", sentence)
    if len(names) < 2 or verb is None or names[0] in names[1] or names[1] in names[0]:
        return None
    one, other = names[0], names[1]
    between = sentence[sentence.find(one) + len(one) : sentence.find(other)]
    if not re.search(FINITE, between):  # "A and B shall" says the same as "B and A shall"
        return None
    return sentence, sentence.replace(one, "\0").replace(other, one).replace("\0", other)


kind("counterparty")(
    swap_words("""
    Licensor:Licensee, Buyer:Seller, Landlord:Tenant, Lender:Borrower, Franchisor:Franchisee, Supplier:Customer,
    Receiving Party:Disclosing Party, Recipient:Discloser, Company:Consultant, Distributor:Manufacturer,
    employer:employee, User:GitHub, buyer:seller, husband:wife, captain:crew, father:son, mother:daughter,
    king:queen
""")
)
kind("jurisdiction changed")(
    swap_words(
        """
    New York:Delaware, California:Texas, Delaware:Nevada, Florida:Ohio, England:Ireland, Texas:Utah,
    Massachusetts:Illinois, United States:Canada, London:Paris, Earth:Mars, Venus:Mars
""",
        both_ways=False,
    )
)


# Polarity

kind("negation dropped")(
    swap(
        (
            r"\b(shall|may|must|will|is|are|was|were|has|have|had|can|could|would|did|does|do|should)(?: not|"
            r"n['’]t)\b|\bcannot\b"
        ),
        lambda m: m.group(1) or "can",
    )
)
kind("negation added")(
    swap(
        (r"\b(shall|may|must|will|is|are|was|were|has|have|had|can|could|would)\b(?! not|n['’]t| no\b| never)"),
        r"\1 not",
    )
)
kind("neither for either")(
    swap_words(
        """
    neither party:either party, neither of:each of, no party:each party, nothing:everything, nobody:everybody,
    no one:everyone, none of:all of, never:always
""",
        both_ways=False,
    )
)
kind("double negative reduced")(
    swap(
        r"\b(?:not un|no less|not without|not im|no fewer|not in)(?=[a-z]{4,}| )",
        lambda m: {"no less": "less", "no fewer": "fewer", "not without": "without"}.get(
            m.group(), m.group().split()[1]
        ),
    )
)
kind("opposite word")(
    swap_words("""
    accept:reject, accepted:rejected, include:exclude, includes:excludes, including:excluding,
    increase:decrease, increased:decreased, approve:refuse, approved:refused, permitted:prohibited,
    allowed:forbidden, allow:forbid, exclusive:non-exclusive, written:oral, direct:indirect, public:private,
    revocable:irrevocable, valid:void, mandatory:optional, won:lost, alive:dead, arrived:left, remember:forget,
    remembered:forgot, agreed:refused, opened:closed, success:failure, terminate:renew, begin:end, began:ended,
    buy:sell, disclose:withhold, retain:return, love:hate, loved:hated, friend:enemy, true:false
""")
)
kind("prefix of negation")(
    swap((r"\b(?:non-|un(?=able|authori[sz]ed|lawful|aware|reasonabl|willing|known|necessary|related|limited))"), "")
)


# Modality and quantity

kind("permission for duty")(
    swap(r"\b(?:may|can|is entitled to|is permitted to)\b(?! not|not| be\b| have\b)(?= [a-z])", "must")
)
kind("duty for permission")(swap(r"\b(?:shall|must|is required to|is obligated to)\b(?! not)", "may"))
kind("could taken for did")(swap(r"\b(?:could|might|would) have (\w+ed)\b", r"\1"))
kind("quantifier widened")(
    swap_words(
        """
    some of:all of, some:all, most:all, many:all, several:all, most of:all of, certain:all, a few:all, few:many,
    one of:all of, often:always, usually:always, sometimes:always, generally:always, partly:wholly, in part:in
    full, rarely:often
""",
        both_ways=False,
    )
)
kind("only added")(
    swap(r"(?<!only )\b(within|to|for|by|in|with|from)\b(?= (?:the|a|an|any|its|his|her)\b)", r"only \1")
)
kind("only dropped")(
    swap(
        (
            r"\b(?:only|solely|exclusively)\s+(?=for\b|to\b|in\b|with\b|upon\b|by\b|if\b|after\b|on\b)(?:for|to|"
            r"in|with|upon|by|if|after|on)\b[^,.;]*"
        ),
        "",
    )
)
kind("alternative made joint")(
    swap(
        (
            r"^((?:(?!\b(?:not|no|any|nor|if|whether|may|without|never|"
            r"or)\b).)*)(?<!\b[Aa] )(?<!\b[Aa]n )\b([a-z-]{4,}) or ([a-z-]{4,})\b(?!.*\b(?:not|no)\b)"
        ),
        r"\1both \2 and \3",
    )
)
kind("comparison turned")(
    swap_words("""
    more than:less than, greater:smaller, higher:lower, larger:smaller, better:worse, older:younger,
    earlier:later, longer:shorter, increase:reduce, above:below, more:less, faster:slower, exceeds:falls short
    of, taller:shorter, closer:farther, best:worst, most:least
""")
)


# Conditions, exceptions and scope


_CONDITION = (
    r"(?:if|unless|provided(?: however,?)? that|provided|subject to|in the event(?: that| of)?|so long as|"
    r"as long as|until|except as|upon)"
)


@kind("condition dropped")
def _condition(sentence: str, rng: random.Random) -> Made:  # noqa: ARG001
    head = re.match(rf"{_CONDITION}\b[^,]{{8,}},\s+(?=\w)", sentence, re.IGNORECASE)
    shorter = (
        sentence[head.end() :]
        if head
        else re.sub(rf",?\s*\b{_CONDITION}\b[^,.;]{{8,}}(?=[,;]|\.$)", "", sentence, count=1)
    )
    shorter = tidy(shorter)
    return (
        (sentence, shorter) if shorter != sentence and len(shorter.split()) > 5 and re.search(FINITE, shorter) else None
    )


kind("exception dropped")(
    swap(
        (
            r",?\s*(?:\b(?:except|excluding|other than|save|apart from|with the exception of)\b|"
            r"but not)[^,.;]{4,}(?=[,.;])"
        ),
        "",
    )
)
kind("condition turned")(
    swap_words(
        """
    if:unless, only if:even if, provided that:unless, with the prior written consent of:without the consent of,
    with the consent of:without the consent of, without the prior written consent of:with no need to ask
""",
        both_ways=False,
    )
)
kind("time limit dropped")(
    swap(
        (
            r",?\s*\b(?:during the (?:Term|term)[^,.;]*|until [^,.;]{4,}|"
            r"for (?:a period of )?\w+ (?:\(\d+\) )?(?:days|months|years)[^,.;]*|"
            r"within \w+ (?:\(\d+\) )?(?:business )?(?:days|months|years)[^,.;]*)(?=[,.;])"
        ),
        " at all times",
    )
)
kind("scope widened")(
    swap(
        (
            r"\bin (?:the )?(?:Territory|United States|State of \w+|European Union|Field of Use|laboratory|"
            r"village|city|house)\b"
        ),
        "everywhere",
    )
)
kind("restriction dropped under a universal")(
    swap(
        (
            r"\b(any|all|each|every|no) (?:material|written|reasonable|direct|third[- ]party|confidential|"
            r"applicable|authorized|registered|personal|public|other|such|young|old)\b(?= [a-z])"
        ),
        r"\1",
    )
)
kind("exclusivity changed")(
    swap_words("""
    exclusive:non-exclusive, non-transferable:transferable, sole:joint, perpetual:temporary,
    irrevocable:revocable, unlimited:limited, jointly:separately, individually:jointly
""")
)


# Order and cause

kind("order of events")(
    swap_words("""
    before:after, prior to:after, following:before, earlier than:later than, preceding:following
""")
)


@kind("cause reversed")
def _cause(sentence: str, rng: random.Random) -> Made:  # noqa: ARG001
    found = re.fullmatch(r"([A-Z][^,;:]{12,}?),? because ([a-z][^,;:]{12,})\.", sentence)
    if found is None or re.match(r"of\b", found[2]):
        return None
    first = found[1] if found[1].startswith("I ") else found[1][0].lower() + found[1][1:]
    return sentence, f"{like('A', found[2])} because {first}."


kind("cause changed")(
    swap_words(
        """
    because:although, because of:in spite of, due to:despite, as a result of:regardless of,
    therefore:nevertheless, so that:although
""",
        both_ways=False,
    )
)


# Two sentences

_SUBJECT = re.compile(rf"^((?:[A-Z][\w’'-]*)(?: [\w’'-]+){{0,4}}?) ({FINITE[2:-2]})\b(.{{10,}})$")


def crossed(first: str, second: str) -> Made:
    """The subject of one of two neighbouring sentences with the predicate of the other."""
    one, other = _SUBJECT.match(first), _SUBJECT.match(second)
    if (
        one is None
        or other is None
        or one[1].split()[0].lower() in STARTS - {"the", "each", "such"}
        or one[1].lower() in PRONOUNS
        or other[1].lower() in PRONOUNS
        or one[1] == other[1]
    ):
        return None
    return f"{first} {second}", tidy(f"{one[1]} {other[2]}{other[3]}")


PRONOUNS = {"it", "he", "she", "they", "this", "that", "these", "there", "we", "i", "you", "such"}


def run_on(first: str, second: str) -> Made:
    """A sentence that goes on into what another document says; the corpus is the first alone."""
    said = statement(second)
    return (first, f"{first[:-1]}, and {said}.") if said and first.endswith(".") and len(first) < 250 else None
