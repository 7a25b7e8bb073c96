"""Words that narrow a question for all of something: names and values, denied or not, one or several to choose from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from typing import Literal

from hybrid.text import lexicon, values, wordnet
from hybrid.text.folding import folded

Words = frozenset[str]
Join = Literal["or", "and"]

_OF_PERSON, _SHORT = re.compile(r"\w{3,}ees?"), len("payees")
_ENDINGS = ("ment", "ance", "ence", "ion", "al", "y", "i", "e")


@lru_cache(maxsize=65_536)
def root(word: str) -> str:
    """What a noun and its verb have in common, in lower case: "payment" and "paid", "delivery" and "delivered".

    Example:
        >>> root("payments") == root("paid"), root("Delivery") == root("deliver"), root("trustees") == root("trust")
        (True, True, False)
    """
    plain = word.lower().removesuffix("'s").removesuffix("’s")
    if _OF_PERSON.fullmatch(plain) and (len(plain) > _SHORT or wordnet.is_person(plain)):
        # a "trustee" is no "trust", and a "payee" nothing paid
        return plain.removesuffix("s")
    verb = plain.removesuffix("s")
    if verb.endswith("er") and wordnet.is_infinitive(verb):  # "deliver" has no ending, "worker" has
        return verb
    stem = lexicon.stem(plain)
    if stem == plain and plain.endswith("ed") and wordnet.is_infinitive(plain[:-1]):
        stem = lexicon.stem(plain[:-1])  # "hired", which is too short for the stemmer
    for ending in _ENDINGS:
        if stem.endswith(ending) and len(stem) - len(ending) >= 3:
            return stem[: -len(ending)]
    return stem


def roots(text: str) -> frozenset[str]:
    """The roots of all words of a text, those that a hyphen joins apart and together."""
    return _roots_of_cell(text) if len(text) <= _CELL_CHARS else _roots(text)


def _roots(text: str) -> frozenset[str]:
    found = [token for token in lexicon.tokens(text) if not token.isdigit()]
    parts = [part for token in found for part in _INSIDE.split(token) if len(part) > 1 and not part.isdigit()]
    return frozenset(map(root, [*found, *parts]))


_INSIDE = re.compile(r"[-/.,:_’']")
"""What may stand inside a token: a row of CSV has no blanks behind its commas."""
_CELL_CHARS = 60
_roots_of_cell = lru_cache(maxsize=32_768)(_roots)  # names of columns and cells are the same in many tables


def rooted(words: str) -> Words:
    """The roots of words that blanks part."""
    return frozenset(map(root, words.split()))


EMPTY = rooted(
    """
    somebody someone anybody anyone
    take place happen occur list exist find appear total sum number count all every each amount date full complete
    various separate different single way form one know known state document file corpus paper record company party
    people person thing time day year month week period case matter show please table detail relate concern regard come
    be have there much many in since before after until during between also been any dated
    altogether overall
    """
)
ROWS = rooted("entry row line")
"""What the rows of any table are called, and the entries of any log."""
_ALIKE = tuple(
    rooted(group)
    for group in (
        "die died dies dead death mortality",
        "injury hurt casualty wound",
        "fault failure",
        "arrive arrival come turn_up show_up roll_in get_in come_in deliver delivery receive received",
    )
)


def names_alike(word: str, name: str) -> bool:
    """Whether a column's name has a synonym of a word: "Deaths" of "died".

    Example:
        >>> names_alike("injured", "People hurt"), names_alike("injured", "People")
        (True, False)
    """
    verb = phrasal_verb(word)
    stem = verb or root(word)
    return any(
        wordnet.relation(verb or word.lower(), one.lower()) == "synonym"
        or any(stem in group and root(one) in group for group in _ALIKE)
        for one in lexicon.tokens(name)
    )


def phrasal_verb(words: str) -> str:
    """The dictionary form of a verb with its particle; empty where two words are none. "Given back" is none here:
    "back" says a state by itself.

    Example:
        >>> phrasal_verb("handed over"), phrasal_verb("turned up"), phrasal_verb("paid over")
        ('hand_over', 'turn_up', '')
    """
    verb, _, particle = words.lower().partition(" ")
    if particle not in _PARTICLES or not wordnet.is_verb(verb):
        return ""
    found = (f"{lemma}_{particle}" for lemma in sorted(wordnet.lemmas(verb), key=len) if wordnet.is_verb(lemma))
    return next((one for one in found if wordnet.known(one) and wordnet.is_verb(one)), "")


_PARTICLES = frozenset({"up", "over", "out", "off", "in", "away", "down"})


STATES: tuple[tuple[Words, Words], ...] = tuple(
    (rooted(done), rooted(not_done))
    for done, not_done in (
        ("paid settled cleared remitted discharged", "unpaid open outstanding overdue owing due"),
        ("returned back", "missing unreturned outstanding"),
        ("delivered arrived received", "undelivered missing outstanding"),
        ("resolved closed fixed repaired completed finished done", "open unresolved pending outstanding unfinished"),
        ("approved accepted granted", "rejected refused declined pending"),
        ("signed executed", "unsigned"),
        ("cancelled withdrawn", "active"),
    )
)
"""Words of which the first say that a thing is done and the others that it is not: "settled", "open"."""
SOFT = rooted(
    """
    make made give given get receive received send sent issue issued raise raised hold held record recorded mention
    mentioned report reported pass passed write wrote written sign signed submit submitted place placed enter entered
    say said keep kept do done go went gone come came carry carried register registered
    bring brought haul hauled handle handled
    """
)
"""Verbs that narrow only where a column is named by them ("received": "Received on")."""
_ASIDE = lexicon.vocabulary("in with within by through throughout across as according into")
_STATE_BEFORE = lexicon.vocabulary("not is are was were be been")
"""Before "done" these say in what state a thing is: "that are not done"; "repairs done by Orr" says it of nothing."""
_GROUPED_BY = lexicon.vocabulary(
    """
    type types kind kinds category categories class classes group groups region regions country countries county city
    town site sites place area areas department departments size colour color age sex status order priority value name
    number section room weight height length rank grade level subject author
    """
)
"""Behind "by" these say how rows are to be arranged; another noun says how a thing was done: "by cheque"."""
_ARTICLES = lexicon.vocabulary("the a an any all this that these those our their his her its")
_SHORT_NUMBER = re.compile(r"\d{1,3}[a-z]?|[A-Z]")
_INITIAL = re.compile(r"[A-Z]\.\s+(?:[A-Z]\.\s*)*[A-Z][a-z]")
"""Of a first name: "O. Finn", where "stall O" has a number of its own."""
_NOT = lexicon.vocabulary("not never without no n't none nobody nothing zero nil")
_NO_THING = lexicon.vocabulary("nobody nothing none nil zero")
"""What they deny may stand before them: "hurt nobody"."""
_NO_ONE = re.compile(r"\bno[ -]one\b", re.IGNORECASE)
_NONE_OF = lexicon.vocabulary("except excluding nor neither besides")
"""What they deny goes on to the end of the clause: "except those from Oslo and Riga"."""
_EXCEPT = re.compile(
    r"\b(?:other than|apart from|aside from|with the exception of|but not|bar(?= those\b)|save for|leaving out"
    r"|omitting)\b",
    re.IGNORECASE,
)
_JOINS: dict[str, Join] = {"or": "or", "and": "and", "nor": "or"}
_PRONOUNS = lexicon.vocabulary("those ones one that these either both them")


@dataclass(frozen=True)
class Term:
    """A word that narrows what is asked for. ``negated`` ("unpaid", "not paid") asks for what lacks it; ``name`` is
    true of a name or an identifier, which may have several words, and ``role`` is "from", "to" or "by" where that
    stands before the name. ``soft`` words narrow only where a column is named by them; ``before`` ones stand before
    the noun. ``label`` is the word that a number belongs to ("ward" of "ward 4"). ``aside`` ones say where or how it is
    said ("in the letters"). ``others`` are what ``join`` adds ("Oslo or Riga"). A ``bound`` is one that a table has no
    column for. ``means`` is by what a thing was done ("by cheque"). ``is_verb`` is true of a verb with its particle
    ("handed over"). The ``role`` "heading" is of what a document is marked with.
    """

    word: str
    stem: str
    negated: bool = False
    name: bool = False
    role: str = ""
    soft: bool = False
    before: bool = False
    label: str = ""
    aside: bool = False
    others: tuple[str, ...] = ()
    join: Join = "or"
    bound: bool = False
    means: bool = False
    is_verb: bool = False

    @property
    def choices(self) -> tuple[str, ...]:
        """The word and what is joined to it."""
        return (self.word, *self.others)

    @property
    def is_phrase(self) -> bool:
        """Whether it is more than one word."""
        return bool(self.others) or (" " in self.word and not self.is_verb)

    def said_in(self, said: frozenset[str]) -> bool:
        """Whether roots of words have its own; of a verb with its particle those of both."""
        return {root(one) for one in self.word.split()} <= said if self.is_verb else self.stem in said

    def __str__(self) -> str:
        """Its words as a note quotes them."""
        return f" {self.join} ".join(f"“{self.label} {one}”" if self.label else f"“{one}”" for one in self.choices)


@dataclass
class _Phrase:
    """Words that stand beside one another in a question, while it is read."""

    words: list[str]
    end: int
    name: bool
    early: bool
    negated: bool = False
    role: str = ""
    aside: bool = False
    soft: bool = False
    label: str = ""
    join: str = ""
    preposition: str = ""
    comma: bool = False
    means: bool = False
    start: int = 0

    @property
    def text(self) -> str:
        return " ".join(self.words)


def terms(before: list[str], after: str, head: str) -> tuple[Term, ...]:
    """The words that narrow: those before the noun, and those after it that carry meaning.

    Example:
        >>> [str(one) for one in terms([], " from Mill Lane or Arden, not by Ann Orr", "invoic")]
        ['“Mill Lane” or “Arden”', '“Ann Orr”']
    """
    late = _late(_EXCEPT.sub("except", after), head)
    _find_roles(late)
    phrases = [*_early(before, head), *late]
    _move_negation(phrases)
    return tuple(dict.fromkeys(term for group in _groups(phrases) for term in _terms_of(group)))


def _early(before: list[str], head: str) -> list[_Phrase]:
    found: list[_Phrase] = []
    negated = False
    for at, word in enumerate(before):
        low = word.lower()
        if low in _NOT | _NONE_OF:
            negated = True
            continue
        name = word[0].isupper() or any(map(str.isdigit, word))
        if low in lexicon.STOPWORDS or (not name and (root(low) in EMPTY or root(low) == head)):
            continue
        if _only_holds_on(before, at):
            continue
        found.append(_Phrase([word], at, name, early=True, negated=negated, soft=root(low) in SOFT and not name))
        negated = False
    return found


def _late(after: str, head: str) -> list[_Phrase]:
    after = folded(after)
    after = _NO_ONE.sub("nobody", after)
    found: list[_Phrase] = []
    negated, role, aside, join, preposition, previous, comma = False, "", False, "", "", "", False
    wide, end = False, 0
    words = _with_particles(after)
    for place, word in enumerate(words):
        start = after.index(word, end)
        gap, end = after[end:start], start + len(word)
        low = word.lower()
        comma = comma or "," in gap
        if _only_holds_on(words, place) or (len(word) == 1 and _INITIAL.match(after, start)):
            continue
        adjacent = not gap.strip() and low not in lexicon.STOPWORDS
        last, previous = previous, low
        adjacent_letter = not gap.strip() and _labels(last)  # "stall A"
        if low in _JOINS:
            join, negated = _JOINS[low], negated or low == "nor"
            continue
        if low in _NOT or low in _NONE_OF:
            negated, wide, join = True, low in _NONE_OF, ""
            continue
        if low == "but":
            negated, wide, join = False, False, ""
            continue
        if low in _PRONOUNS and low not in lexicon.STOPWORDS:
            continue
        if low in lexicon.STOPWORDS and not (word == "A" and adjacent_letter):
            aside = low in _ASIDE or (aside and low in _ARTICLES)
            if low == "done" and last in _STATE_BEFORE:
                found.append(_Phrase([word], end, False, False, negated, soft=True))
                negated = False
                continue
            if low not in _ARTICLES:
                role = low if low in ("from", "to", "by") else "by" if low in ("did", "has", "have", "had") else ""
            preposition = low if low not in _ARTICLES else preposition
            continue
        stem = root(low)
        is_verb = " " in word
        name = not is_verb and (word[0].isupper() or any(map(str.isdigit, word)))
        if not name and not is_verb and (stem in EMPTY or stem == head):
            continue
        is_means = preposition == "by" and aside and not name and not wordnet.is_person(low) and low not in _GROUPED_BY
        soft = not name and (stem in SOFT or (last in ("for", "of") and _is_noun_of_verb(low)))
        label = last if _SHORT_NUMBER.fullmatch(word) and _labels(last) else ""
        extends = found and adjacent and not join and found[-1].end == start - len(gap) and not comma
        if label and extends and found[-1].words[-1].lower() == label:
            previous_phrase = found[-1]  # "ward" alone chooses nothing
            previous_phrase.words.pop()
            if not previous_phrase.words:
                negated, join, preposition = previous_phrase.negated, previous_phrase.join, previous_phrase.preposition
                found.pop()
            extends = False
        elif join and found and found[-1].label and _SHORT_NUMBER.fullmatch(word):
            label = found[-1].label
        of_one_kind = extends and found[-1].name == name and not found[-1].label
        noun_of_name = extends and found[-1].negated and found[-1].name and not wordnet.is_verb(low)
        if extends and not label and not soft and not found[-1].soft and (of_one_kind or noun_of_name):
            found[-1].words.append(word)
            found[-1].end = end
        else:
            found.append(
                _Phrase(
                    [word],
                    end,
                    name,
                    False,
                    negated,
                    role if name else "",
                    aside and not is_means,
                    soft,
                    label,
                    join,
                    preposition,
                    comma,
                    is_means,
                    start,
                )
            )
        join, comma, preposition = "", False, ""
        negated = negated if wide or _goes_on(after, end) else False
    if negated and previous in _NO_THING and found and not found[-1].name:
        found[-1].negated = True
    return found


def _with_particles(text: str) -> list[str]:
    """The words of a text, verbs together with their particles: "handed over to Orr", and not "sent in 2020"."""
    found: list[str] = []
    tokens = lexicon.tokens(text)
    end = at = 0
    while at < len(tokens):
        word, pair = tokens[at], " ".join(tokens[at : at + 2])
        start = text.index(word, end)
        end = start + len(word)
        if word.islower() and text.startswith(pair, start) and phrasal_verb(pair):
            behind = text[start + len(pair) :]
            following = tokens[at + 2].lower() if at + 2 < len(tokens) else ""
            closed = not following or following in lexicon.STOPWORDS - _ARTICLES or not behind.startswith(" ")
            if closed and not (pair.endswith(" in") and behind.startswith("  ")):  # a date stood there
                word, end, at = pair, start + len(pair), at + 1
        found.append(word)
        at += 1
    return found


def _only_holds_on(words: Sequence[str], at: int) -> bool:
    """Whether a word only says that something goes on, which chooses nothing: "still open", and not "still water"."""
    if words[at].lower() not in _HOLDING_ON:
        return False
    following = words[at + 1].lower() if at + 1 < len(words) else ""
    return not wordnet.is_noun(following) or wordnet.is_adjective(following) or following in lexicon.STOPWORDS


_HOLDING_ON = lexicon.vocabulary("still yet already currently presently")


def _find_roles(phrases: list[_Phrase]) -> None:
    """By whom something was sent or written, or to whom it came, where the question says it by a verb: "that Orr sent",
    "which Orr received", "received by Orr"."""
    for at, name in enumerate(phrases):
        before, behind = phrases[at - 1] if at else None, phrases[at + 1] if at + 1 < len(phrases) else None
        if not name.name or name.role in ("from", "to"):
            continue
        verb = before if name.role == "by" and before is not None and before.words[-1] in _PAST_OF_RECEIVING else None
        is_subject = name.preposition in ("", "that", "which", "whom", "did", "has", "have", "had")
        if behind is not None and is_subject and behind.start <= name.end + 1:
            verb = behind
        if verb is None or verb.name:
            continue
        act = verb.words[0].split()[0].lower()
        if root(act) in _RECEIVING:
            name.role, verb.soft = "to", True
        elif any(wordnet.relation(act, one) in ("same", "synonym") for one in _SENDING):
            name.role, verb.soft = "by", True


_SENDING = ("send", "write", "author", "draft", "forward", "post", "issue")
_RECEIVING = rooted("receive received get got")
_PAST_OF_RECEIVING = frozenset({"received", "got"})


def denies(text: str, stem: str) -> bool:
    """Whether a text says a word's root and denies it in the same clause: "Nobody was injured", "Injuries: none".

    Example:
        >>> denies("The railing bent. Nobody was injured.", root("injury")), denies("Two were injured.", root("injury"))
        (True, False)
    """
    for clause in CLAUSE_END.split(_NO_ONE.sub("nobody", text)):
        label, colon, _ = clause.partition(": ")
        if colon and not any(root(word) == stem for word in lexicon.tokens(label)[-_LABEL_WORDS:]):
            clause = label if stem in roots(label) else clause  # "Call to the office from Ann: nobody here"
        words = lexicon.tokens(clause)
        said = [at for at, word in enumerate(words) if root(word) == stem]
        if said and any(
            word.lower() in _NOT or (word == "0" and at != said[0])
            for at, word in enumerate(words[: said[-1] + _DENIED_WITHIN])
            if said[0] - at <= _DENIED_WITHIN and not any(map(_is_another_verb, words[said[-1] + 1 : at]))
        ):
            return True
        if said and re.search(r"[:=]\s*(?:none|nil|zero|nobody|0|–|—|-)\W*$", clause, re.IGNORECASE):
            return True
    return False


def _is_another_verb(word: str) -> bool:
    """Whether a word can only be a verb of its own, which a denial behind it is of: "were paid in full waives none"."""
    low = word.lower()
    return (
        low not in lexicon.STOPWORDS
        and wordnet.is_verb(low)
        and not any(wordnet.is_noun(one) or wordnet.is_adjective(one) for one in {low, *wordnet.lemmas(low)})
        and not low.endswith(("ed", "ing"))
    )


CLAUSE_END = re.compile(r"[.;!?](?:\s|$)|,\s+(?:but|and|while)\s")
_LABEL_WORDS = 2
"""Words before a colon that what stands behind it is said of; not measured."""
_DENIED_WITHIN = 6
"""Words between a word and what denies it; not measured."""


def _goes_on(after: str, end: int) -> bool:
    """Whether what is denied goes on behind a word: the next word stands beside it, or is joined to it."""
    following = re.match(r"(?P<comma>,?) (?P<word>[^\W_]+)(?P<denies> not\b)?", after[end:])
    if following is None or following["denies"]:
        return False
    low = following["word"].lower()
    return low in _JOINS or not (following["comma"] or low in lexicon.STOPWORDS)


def _move_negation(phrases: list[_Phrase]) -> None:
    """Of "not reported by Amy" it is Amy that is denied, and of "not paid in May" that it was paid."""
    for one, other in pairwise(phrases):
        denies = one.negated and not one.name and not other.join and other.preposition
        if denies and (one.soft or (one.text.lower().endswith("ed") and other.preposition == "by")):
            one.negated, one.soft, other.negated = False, True, True


def _groups(phrases: list[_Phrase]) -> list[list[_Phrase]]:
    """Phrases that "or", "and" or commas before these join."""
    groups: list[list[_Phrase]] = []
    for at, one in enumerate(phrases):
        joined = one.join or (one.comma and any(later.join for later in phrases[at + 1 : at + 4]))
        last = groups[-1][-1] if groups else None
        alike = last is not None and (last.name, last.soft, last.early, last.label) == (
            one.name, one.soft, one.early, one.label,
        )  # fmt: skip
        if last is not None and joined and alike and not one.soft and (last.negated or not one.negated):
            groups[-1].append(one)
        else:
            groups.append([one])
    return groups


def _terms_of(group: list[_Phrase]) -> list[Term]:
    first = group[0]
    texts = tuple(one.text.removesuffix("'s").removesuffix("’s") for one in group)
    join: Join = "or" if first.negated or any(one.join == "or" for one in group[1:]) else "and"
    if first.name or len(group) > 1 or (first.negated and len(first.words) > 1):
        stem = root(texts[0]) if " " not in texts[0] else ""
        return [
            Term(
                texts[0], stem, first.negated, first.name, first.role, before=first.early, label=first.label,
                aside=first.aside and not first.early, others=texts[1:], join=join,
            )
        ]  # fmt: skip
    aside = first.aside and not first.early
    return [
        replace(
            one,
            negated=first.negated or one.negated,
            soft=first.soft or after == "back",
            before=first.early,
            aside=aside,
            means=first.means,
        )
        for one, after in zip(map(word_term, first.words), [*first.words[1:], ""], strict=True)
    ]


def word_term(word: str) -> Term:
    """The term of a word that is no name; "unpaid" is what lacks "paid"."""
    low = word.lower()
    if verb := phrasal_verb(low):
        return Term(word, verb, is_verb=True)
    less = low.startswith("un") and len(low) > 5 and wordnet.is_verb(low[2:])
    return Term(word, root(low[2:]) if less else root(low), less)


def _labels(word: str) -> bool:
    """Whether a number after a word is that thing's: "ward 4", and not "in 4", nor "May 4"."""
    return word.isalpha() and len(word) > 2 and word not in lexicon.STOPWORDS and word not in values.MONTHS


def _is_noun_of_verb(word: str) -> bool:
    """Whether a word is an act by the noun of its verb, which "for" or "of" makes a part of what something is called:
    "applications for payment", "notices of termination"."""
    return any(word.endswith(ending) for ending in ("ment", "tion", "sion", "ance", "ence")) and len(word) > 6
