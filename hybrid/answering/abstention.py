"""Whether a question can be answered from what was found in the corpus; where it cannot, no answer is made.

One number says it: the probability that the documents answer, from a logistic regression on what is measured here. Its
weights and thresholds ship with the ranker's (`hybrid.answering.selection.ranker`); docs/answers.md has the
risk-coverage curve that the thresholds were read off, on wordings that were not used to fit it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from hybrid.answering import absent_things
from hybrid.answering.enumeration_terms import root, rooted
from hybrid.answering.evidence import Encoder, Sentence
from hybrid.answering.selection import asked_values, document_header, features, ranker
from hybrid.text import lexicon, wordnet
from hybrid.text.values import MONTHS

_ABOUT_THE_WHOLE = lexicon.stems(
    """
    account argument article author book chapter collection content contents corpus describe description discuss
    discussion document documents discover explain file files gist idea ideas key main material meeting moral
    narrative outline overall overview paper point points purpose read reading record report section source
    story subject summarise summarize summary text texts theme themes title topic topics whole work write writing
    brief briefly short central major important essay discussed talked happen happened wrote written plot protagonist
    hero heroine character characters setting mood tone style genre ending end ends conclusion conclusions conclude
    message lesson takeaway takeaways highlight highlights background outcome climax begin beginning opening finding
    findings tale novel teach teaches learn dispute quarrel lawsuit proceedings
    """
)
_PARTS = re.compile(
    r"[,;.?!]?\s+(?:and|but|or)\s+(?=(?:who|whom|whose|what|when|where|which|why|how|according to whom)\b)",
    re.IGNORECASE,
)
_WHO_SAYS_SO = re.compile(
    r"(?:who|according to whom)\b(?: (?:has|had|was it that))? ?(?:said|says?|told|tells|claim(?:s|ed)|state[sd]?"
    r"|asserted|confirmed)? ?(?:so|that|this|it|us)?\W*$",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"(?<=[.?!])\s+(?=[A-Z])")

NAMES = ("best", "similarity", "coverage", "unsaid")
"""What is measured: the best sentence's score by the ranker; the best similarity; the share of the question's content
words, by idf, that the best hit's sentences hold together; the share that none of the sentences holds."""


@dataclass(frozen=True)
class Answerability:
    """``probability`` that the documents answer the question. ``general`` questions ask about the corpus as a whole, so
    that every corpus answers them."""

    probability: float
    general: bool = False

    @property
    def answerable(self) -> bool:
        """Whether the question can be answered from this corpus."""
        return self.general or self.probability >= ranker.load().threshold

    @property
    def confident(self) -> bool:
        """Whether the answer needs no warning that the corpus may not say it."""
        return self.general or self.probability >= ranker.load().confident


def parts(question: str) -> list[str]:
    """What a question asks, one thing each: "When does it end, and why?" asks two. One that asks a single
    thing is its own part.

    Example:
        >>> parts("When does the lease end, and why did they part?")
        ['When does the lease end', 'why did they part?']
    """
    found = [part for part in map(str.strip, _PARTS.split(question)) if len(part.split()) > 1]
    return [part for part in found if not _WHO_SAYS_SO.match(part)] or [question]


def asks_who_says_so(question: str) -> bool:
    """Whether a question asks, beside something else, who says it: the name before a quote answers that.

    Example:
        >>> asks_who_says_so("What was the cause, and who said so?"), asks_who_says_so("Who said no?")
        (True, False)
    """
    found = [part.strip() for part in _PARTS.split(question)]
    return len(found) > 1 and any(_WHO_SAYS_SO.match(part) for part in found)


_DUTY = re.compile(
    r"^\W*(?:(?:does|do|did|is|are|was|were|has|have)\b.*?\b(?:oblig\w+|requir\w+|allow\w*|permit\w*|entitle\w*|bound|compel\w*"
    r"|forbid\w*|forbidden|have|free|liable|supposed)\b.*?\bto|(?:must|may|shall|can)\b.*?)\s(?P<rest>.+)$",
    re.IGNORECASE,
)


def leaves_duty_unsaid(question: str, quotes: Sequence[str]) -> bool:
    """Whether a question asks if somebody must or may do a thing, and no quote has a word for doing it: a limit of
    liability beside "insure".

    Example:
        >>> leaves_duty_unsaid("Does it oblige the owner to insure the boat?", ["Liability is limited to £500."])
        True
        >>> leaves_duty_unsaid("Must the owner insure the boat?", ["The owner shall keep the insurance in force."])
        False
    """
    match = _DUTY.match(" ".join(question.split()).rstrip(" ?."))
    verb = match and next((word for word in match["rest"].lower().split() if wordnet.is_infinitive(word)), None)
    if not verb or not quotes:
        return False
    held = {word.lower() for quote in quotes for word in lexicon.tokens(quote)}
    meant = wordnet.senses(verb)
    return not any(word[:4] == verb[:4] or meant & wordnet.senses(word) for word in held)


def leaves_value_unsaid(question: str, quotes: Sequence[str]) -> bool:
    """Whether a question, or a part of it, asks for a value, and no quote has one of that kind: "how hot was it?"
    beside "Ann ran it on 23 May".

    Example:
        >>> leaves_value_unsaid("How hot was the iron on 23 May?", ["Ann used it on 23 May.", "It hissed."])
        True
        >>> leaves_value_unsaid("How hot was the iron on 23 May?", ["The display showed 165."])
        False
    """
    asked = [one for one in map(asked_values.read, parts(question)) if one is not None]
    return bool(quotes) and any(not any(asked_values.gives(one, question, text) for text in quotes) for one in asked)


FEWEST_HELD, NEAREST = 0.5, 0.55
"""A quote speaks of what is asked if it has this share of a question's words, or is this similar to it. Chosen on the
questions of six matters by others, on HotpotQA, MTRAG and eight contracts of CUAD (docs/answers.md)."""

_FEWEST_ASKED = 3
"""Words of a question of which a share says something."""


def is_far(question: str, quotes: Sequence[tuple[str, str]], encoder: Encoder) -> bool:
    """Whether no quote speaks of what a question asks, or of a part of it: each has less than half of its words, in
    any form or in another word for the same, and is not near it by embedding.

    Args:
        question: what is asked.
        quotes: each with what stands beside it: who says it, in which document.
        encoder: embeds the question and the quotes.
    """
    if not quotes or document_header.field_asked(question) is not None:
        return False
    if any(features.holds_exact_term(question, text) for text, _ in quotes):
        return False
    beside = [f"{text} {other}" for text, other in quotes]
    for part in parts(question):
        asked = [word for word in _plain_words(part) if lexicon.stem(word) not in _ABOUT_THE_WHOLE]
        if len(asked) < _FEWEST_ASKED or any(
            sum(_said(word, [one]) for word in asked) >= FEWEST_HELD * len(asked) for one in beside
        ):
            continue
        vectors = encoder.encode([part, *(text for text, _ in quotes)])
        if float((vectors[1:] @ vectors[0]).max()) < NEAREST:
            return True
    return False


_ASKS_NAME = re.compile(
    r"^\W*(?:(?:and|so|but) )?(?:(?:which|what) (?P<kind>[a-z]+)\b(?! of\b)"
    r"|who (?:is|was|are|were) (?:the |an? |our |their )?"
    r"(?:[\w.&-]+(?: [\w.&-]+)?['’]s? )?(?:[a-z]+ ){0,3}?(?P<office>[a-z]+)(?: (?:of|for|to|at|in)\b.*)?\W*$)",
    re.IGNORECASE,
)
_NAMED_KINDS = lexicon.vocabulary(
    "company firm bank insurer carrier supplier broker court university school hospital hotel shop club laboratory"
    " contractor subcontractor publisher printer manufacturer agency consultancy charity brewery newspaper"
)
_ANY_FIRM = lexicon.vocabulary("company firm contractor subcontractor publisher printer agency")
"""What a name says without the word, or a contract calls a party."""
_SPEAKS = re.compile(r"\b(?:I|we|my|our|me|us)\b", re.IGNORECASE)


def leaves_name_unsaid(question: str, quotes: Sequence[str]) -> bool:
    """Whether a question asks for the name of somebody or of a firm, and no quote has a name that the question does not
    have: "which bank lent it?" beside "the bank is not patient". Whoever says "I" may be named beside the quote.

    Example:
        >>> leaves_name_unsaid("Which bank lent the money?", ["The bank is not patient."])
        True
        >>> leaves_name_unsaid("Which bank lent the money?", ["The loan of Tay Bank is due."])
        False
    """
    match = _ASKS_NAME.match(" ".join(question.split()))
    if match is None or not quotes:
        return False
    kind = (match["kind"] or match["office"]).lower()
    if kind in _NAMED_KINDS - _ANY_FIRM and not _said(kind, quotes):
        return True
    if any(_SPEAKS.search(quote) for quote in quotes):
        return False
    if kind not in _NAMED_KINDS and not (kind != "one" and wordnet.is_person(kind)):
        return False
    asked = {lexicon.stem(word.lower()) for word in lexicon.tokens(question)} | {lexicon.stem(one) for one in MONTHS}
    held = {lexicon.stem(word.lower()) for quote in quotes for word in _NAME_WITHIN.findall(quote)}
    return not held - asked - lexicon.stems("monday tuesday wednesday thursday friday saturday sunday")


_NAME_WITHIN = re.compile(r"(?<=[\w,;:(“\"'] )(?<!the )(?<!The )[A-Z][\w&'’-]+")
"""A capital within a sentence; behind "the" it is a party's by its office: "the Customer"."""


def leaves_unsaid(question: str, quotes: Sequence[str], found: Sequence[str]) -> bool:
    """Whether nothing that is quoted has a word for what a question asks for: the thing that it asks for, what it takes
    to have been done (which none of all sentences ``found`` says either), or what it asks something of.

    Example:
        >>> leaves_unsaid("What is the fine for late return?", ["Books are lent for a month."], [])
        True
        >>> leaves_unsaid("What is the fine for late return?", ["A penalty of ten pence is charged."], [])
        False
    """
    if not quotes:
        return False
    asked = " ".join(parts(question)[0].split()).rstrip(" ?.")
    if thing := _thing_asked_for(asked):
        return not _said(thing, quotes)
    if act := _act_of_why(asked):
        whose = _subject(asked.partition(" ")[2], persons=True)
        saying = [text for text in (*quotes, *found) if not whose or _THIRD_PERSON.search(text) or _said(whose, [text])]
        return not _said(act, saying, broader=False)  # who refuses keeps, and so does who keeps a dog
    if not _YES_OR_NO.match(asked):
        return False
    subject = _subject(asked)
    if subject and not _said(subject, quotes) and not any(map(_FIRST_PERSON.search, quotes)):
        return True
    words = [one for one in _plain_words(asked) if root(one) not in absent_things.GENERIC]
    unheld = [one for one in words if not _said(one, quotes)]
    return len(unheld) >= _FEWEST_UNHELD and 2 * len(unheld) > len(words)


_FEWEST_UNHELD = 3
"""Words of a question of yes or no that no quote has, more than half of its words; not fitted. On hotpotqa100, the
answerable questions of MTRAG and twelve meetings of QMSum `leaves_unsaid` doubts no answer, of the case file's ten
questions without an answer three more."""
_ASKS_THING = re.compile(
    r"^\W*what(?:['’]s| is| was| are| were| will be| would be) (?:the|a|an|any|his|her|its|their|[\w .'’-]+?['’]s?) "
    r"(?P<thing>[a-z][\w-]*(?: [a-z][\w-]*){0,2}?)(?: (?:of|for|if|when|in|on|to|that|which|who|where|unless|under|at"
    r"|by|between|from|with|behind|per|payable|due)\b.*)?$",
    re.IGNORECASE,
)
_ASKS_THING_DONE = re.compile(
    r"^\W*(?:what|which) (?P<thing>[a-z][\w-]*(?: [a-z][\w-]*){0,2}?) "
    r"(?:did|does|do|had|has|have|was|were|is|are)\b.*$",
    re.IGNORECASE,
)
"""What somebody did with it is asked: "what excuse did she make"."""
_WHY_ACT = re.compile(r"^\W*why (?P<verb>did|was|were|has|have|had) (?P<rest>.+)$", re.IGNORECASE)
_YES_OR_NO = re.compile(r"^\W*(?:did|does|was|were|is|are|has|have|had)\b", re.IGNORECASE)
_BEFORE_SUBJECT = lexicon.vocabulary("the a an any his her its their our my your this that these those")
_FIRST_PERSON = re.compile(r"\b(?:I|[Ww]e|[Oo]ur|[Mm]y|us|me)\b")
"""Who writes "we" may be the farm, the club or the bank that is asked about."""
_THIRD_PERSON = re.compile(r"\b(?:he|she|they|it)\b", re.IGNORECASE)
_PREPOSITIONS = lexicon.vocabulary(
    "above below over under when while before after because if of for in on at by to from with without against into"
)


def _thing_asked_for(asked: str) -> str:
    """The noun that says what is asked for, where it is no word for anything ("reason"); empty for another question."""
    match = _ASKS_THING.match(asked) or _ASKS_THING_DONE.match(asked)
    if match is None:
        return ""
    words = match["thing"].lower().split()
    if wordnet.is_past(words[-1]):  # "the problems encountered with it"
        words = words[:-1] or words
    noun = words[-1]
    known = wordnet.is_noun(noun) or any(wordnet.is_noun(one) for one in wordnet.lemmas(noun))
    generic = root(noun) in absent_things.GENERIC | _ATTRIBUTES or wordnet.is_person(noun, always=True)
    return noun if known and not generic else ""


def _act_of_why(asked: str) -> str:
    """The verb of what a question asks the reason of, where it denies nothing and is a verb of its own; else empty."""
    match = _WHY_ACT.match(asked)
    if match is None or lexicon.negations(match["rest"]) > lexicon.negations("refuse") * bool(_REFUSES.search(asked)):
        return ""
    words = lexicon.tokens(match["rest"])
    for at, word in enumerate(words[1:], 1):
        before = words[at - 1].lower()
        if not word.islower() or word in lexicon.STOPWORDS or before in _BEFORE_SUBJECT:
            continue
        if before in _PREPOSITIONS and before != "to":
            continue
        acts = wordnet.is_infinitive(word) if match["verb"].lower() == "did" else wordnet.is_past(word)
        if acts:
            return word if root(word) not in _LIGHT | absent_things.GENERIC else ""
    return ""


_ATTRIBUTES = rooted(
    """
    profession occupation nationality citizenship religion language race gender sex colour color abbreviation acronym
    nickname pseudonym genre capital currency population elevation altitude speed temperature email phone telephone fax
    website spelling rank grade identity ownership structure format shape shade
    """
)
"""What a value says without its name: who is an aviator has that profession."""
_REFUSES = re.compile(r"\b(?:refus|den(?:y|ied)|fail|forbid|exclud|prohibit)\w*", re.IGNORECASE)
_LIGHT = rooted(
    """
    be have do make take get give go come let keep put set hold say tell think want need feel become seem happen occur
    look try use start begin continue stop ask find know see show mean believe consider call gone went wrong
    """
)


def _subject(asked: str, *, persons: bool = False) -> str:
    """The common noun that a question of yes or no asks something of; empty where that is a name, a person (unless
    ``persons`` may be) or a word for anything."""
    words = lexicon.tokens(asked)[1:]
    if not words or words[0].lower() not in _BEFORE_SUBJECT:
        return ""
    for at, word in enumerate(words[1:], 1):
        following, behind = [one.lower() for one in (*words[at + 1 : at + 3], "", "")][:2]
        if not word.islower() or word in lexicon.STOPWORDS:
            return ""
        compound = wordnet.is_noun(following) and not wordnet.is_adjective(following)
        if compound and wordnet.is_infinitive(following):  # "the farm shop close", and not "the bank refuse the"
            compound = bool(behind) and behind not in lexicon.STOPWORDS
        if any(map(wordnet.is_noun, wordnet.lemmas(word))) and not compound:
            person = wordnet.is_person(word) and not persons
            return "" if person or root(word) in absent_things.GENERIC else word
    return ""


def _plain_words(asked: str) -> list[str]:
    """The nouns, verbs and adjectives of a question that are no names."""
    return [
        word
        for word in dict.fromkeys(lexicon.tokens(asked)[1:])
        if word.isalpha()
        and word.islower()
        and word not in lexicon.STOPWORDS | _PREPOSITIONS
        and root(word) not in _LIGHT
    ]


def _said(word: str, texts: Iterable[str], *, broader: bool = True) -> bool:
    """Whether a text has a word in any form, or another word for the same, a ``broader`` one or not."""
    return any(_means(word, token.lower(), broader) for text in texts for token in lexicon.tokens(text))


def _means(word: str, said: str, broader: bool) -> bool:
    if said in lexicon.STOPWORDS or not said[0].isalpha():
        return False
    if root(word) == root(said):
        return True
    relation = wordnet.relation(said, word)
    if relation == "broader":
        return broader and root(said) not in absent_things.GENERIC
    return relation is not None


_ASKS_VALUE = re.compile(
    r"^\W*(?:when\b|how (?!did|do|does|was|were|is|are|has|have|had|can|could|come|the\b)\w+ )", re.IGNORECASE
)
_VALUE = re.compile(r"(?<![\w.])(?:[£$€]\s?)?\d")


def gives_value(question: str, quote: str) -> bool:
    """Whether a question that asks for one value only is answered by a quote with a value and what is asked about.

    Example:
        >>> gives_value("How deep was the well?", "The well was 9 m deep."), gives_value("How was it dug?", "By 9 men.")
        (True, False)
    """
    if not _ASKS_VALUE.match(question) or len(parts(question)) > 1:
        return False
    text = re.sub(r"(?:^|(?<=[.!?] ))\W*\d+(?:\.\d+)*[.)]\s", "", quote)  # without the numbers of paragraphs
    asked = _asked(question)
    held = {root(stem) for stem in lexicon.content_words(text)}
    count = sum(root(stem) in held for stem in asked)
    return _VALUE.search(text) is not None and 2 * count >= len(asked) > 0


def answerability(question: str, found: Sequence[Sentence], idf: Callable[[str], float]) -> Answerability:
    """How likely the sentences that were ``found`` answer the question."""
    if not found:
        return Answerability(0.0)
    general = not _asked(question) and not lexicon.facts(question).required
    return Answerability(ranker.load().probability(measure(question, found, idf)), general)


def measure(question: str, found: Sequence[Sentence], idf: Callable[[str], float]) -> dict[str, float]:
    """What is measured of the sentences that were ``found``, at least one, by `NAMES`."""
    by_hit: dict[int, set[str]] = {}
    for sentence in found:
        by_hit.setdefault(sentence.rank, set()).update(lexicon.content_words(sentence.text))
    asked = [question, *parts(question), _SENTENCE_END.split(question)[0]]
    said = set().union(*by_hit.values())
    values = (
        float(np.max(ranker.load().scores(features.matrix(question, found, idf)))),
        max(sentence.similarity for sentence in found),
        max(_coverage(_asked(part), by_hit.values(), idf) for part in dict.fromkeys(asked)),
        1 - _coverage(_asked(question), [said], idf),
    )
    return dict(zip(NAMES, values, strict=True))


def _asked(question: str) -> list[str]:
    return [stem for stem in dict.fromkeys(lexicon.content_words(question)) if stem not in _ABOUT_THE_WHOLE]


def _coverage(asked: Sequence[str], hits: Iterable[set[str]], idf: Callable[[str], float]) -> float:
    """The share of the words, by idf, that the best hit holds."""
    total = sum(map(idf, asked))
    covered = max(sum(idf(stem) for stem in asked if stem in words) for words in hits)
    return covered / total if total else 0.0
