"""What a claim adds to its span: a manner, means, place, recipient or doer that no word of the span stands for.

"Sent by post" is not "sent", "handed to the buyer's agent" is not "handed to the buyer", and "the surveyor inspected
it" is not "it was inspected". The head of each phrase must have a word of the span that means the same or something
narrower by WordNet; set phrases of manner ("in person", "free of charge") have the ways to say them in a table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from hybrid.answering.verification.alignment import relation_of, words
from hybrid.answering.verification.clauses import Clauses
from hybrid.answering.verification.leftover import PREPOSITIONS
from hybrid.text import lexicon, wordnet
from hybrid.text.values import MONTHS

_MANNERS: tuple[tuple[re.Pattern[str], re.Pattern[str]], ...] = tuple(
    (re.compile(rf"\b(?:{said})\b", re.IGNORECASE), re.compile(rf"\b(?:{said}|{also})\b", re.IGNORECASE))
    for said, also in (
        (r"by (?:\w+[- ]){0,2}?(?:post|mail)", r"post(?:ed|ing|al)?|mail(?:ed|ing)?"),
        (r"by e-?mail", r"e-?mail(?:ed|ing|s)?"),
        (r"in writing", r"writ\w+|wrote|letters?|e-?mail\w*|memo\w*|notes?|sign\w*|fax\w*|telegram\w*"),
        (r"in person|personally", r"himself|herself|themselves|myself|ourselves|face to face|personal"),
        (
            r"at once|immediately|without (?:any )?delay|promptly|straight ?away|forthwith|instantly|right away",
            r"immediate|prompt|instant|as soon as|directly|same day|no delay",
        ),
        (
            r"free of charge|for free|for nothing|gratis|without (?:charge|payment|cost|pay)"
            r"|at no (?:extra )?(?:cost|charge)|unpaid",
            r"free|no (?:\w+ )?(?:charge|cost|fee|payment)|(?:not|nothing) (?:\w+ )?(?:charge\w*|paid|cost)"
            r"|complimentary|nothing|unpaid|charge\w* no\w*|without (?:\w+ ){0,3}(?:charg|pay|fee|cost)\w*",
        ),
        (
            r"(?:at|on) (?:the )?\w+(?:['’]s?)? (?:own )?(?:expense|cost)|out of \w+ own pocket",
            r"(?:expense|cost)s?|bear\w*|bore|borne|paid|pays?|pocket|own (?:money|funds)",
        ),
        (r"by hand", r"hand(?:ed|s|ing)?|manual(?:ly)?"),
        (
            r"unanimous(?:ly)?|without dissent|nem\.? con",
            r"unanim\w+|all|every|each|both|none|no one|nobody|without (?:dissent|opposition|a vote against)"
            r"|to (?:nil|0|none)|no votes? against",
        ),
        (r"on foot", r"walk\w*|foot|march\w*|hik\w+|stroll\w*|wander\w*"),
        (r"voluntarily|of (?:its|his|her|their) own (?:accord|free will)|willingly", r"volunt\w+|free will|own accord"),
        (r"orally|verbally|by word of mouth", r"oral|verbal|spoke\w*|said|told|word of mouth|by (?:tele)?phone"),
        (r"(?:by|over the|on the) (?:tele)?phone", r"(?:tele)?phon\w+|rang|rung|call\w*"),
        (r"by car", r"car|dr[io]v\w+"),
        (r"by (?:train|rail)", r"train|rail\w*"),
        (r"by (?:air|plane|aeroplane)", r"air|planes?|fl[iey]\w+"),
        (r"by (?:sea|boat|ship)", r"sea|boats?|ships?|shipped|sail\w*|ferr\w+|vessel"),
        (
            r"in secret|secretly|behind closed doors|in (?:private|camera)|privately|in confidence|confidentially",
            r"secre\w+|private|closed|confiden\w+|camera|without (?:telling|informing)|not tell",
        ),
        (r"in public|publicly|openly|in the open", r"public|open"),
        (r"in cash", r"cash|notes|coins|banknotes"),
        (r"under protest", r"protest\w*|object\w*"),
        (r"under (?:duress|pressure|threat)", r"duress|pressur\w*|forc\w+|coerc\w+|compel\w*|threat\w*"),
        (r"in full|fully|entirely|completely|wholly|totally", r"full|entire|complete|whole|total|all|every|everything"),
        (r"in (?:part|instalments|stages|parts)|partly|partially", r"part\w*|some|half|instal\w+|stages?"),
        (r"in advance|beforehand", r"advance|before|prior|ahead|earlier"),
        (
            r"by (?:mistake|accident)|accidentally|mistakenly|in error|inadvertently",
            r"mistak\w+|accident\w*|error|inadverten\w+",
        ),
        (r"on purpose|deliberately|intentionally|knowingly", r"purpose\w*|deliberate|intent\w*|knew|know\w*|wilful\w*"),
        (r"as usual|as always|as ever", r"usual\w*|always|custom\w*|habit\w*|every|used to|normal\w*"),
        (r"in silence|silently", r"silen\w+|without (?:a word|speaking)|said nothing|quiet\w*"),
        (r"in haste|hastily|in a hurry|hurriedly", r"hast\w+|hurr\w+|rush\w*|quick\w*|fast"),
        (r"on time|punctually|in time", r"on time|punctual\w*|in time|due|deadline|not late|schedule"),
        (r"at auction|by auction", r"auction\w*"),
        (r"at a (?:loss|profit)", r"loss|profit|lost|gain\w*|more than|less than"),
        (
            r"on (?:its|his|her|their|my|our) own|alone|single-?handed(?:ly)?|unaided|without (?:any )?help",
            r"alone|own|sole\w*|independen\w+|only|unaided|help|single|assist\w*|aid|no one|nobody",
        ),
    )
)
"""Set phrases of manner, means and cost, and for each what else in a span says it."""
_NO_MANNER = lexicon.vocabulary(
    """
    accordingly actually additionally allegedly apparently approximately barely basically certainly clearly
    consequently currently daily early effectively equally essentially eventually exactly explicitly expressly finally
    formerly further generally hardly hereby hourly however incidentally indeed initially jointly lately later lastly
    likely mainly merely monthly mostly namely nearly necessarily normally obviously occasionally only originally
    particularly possibly precisely presently presumably previously primarily principally probably properly purely
    quarterly rarely reasonably really recently regularly respectively roughly scarcely seldom separately severally
    shortly similarly simply solely specifically strictly subsequently supposedly surely ultimately usually weekly
    yearly annually likewise firstly secondly thirdly thereby virtually exclusively legally officially formally family
    supply reply apply rely assembly ally fully july italy anomaly monopoly butterfly bully rally tally belly jelly
    lily ugly holy silly friendly elderly costly orderly lively deadly lonely lovely scholarly kindly worldly
    """
)
"""Words in "ly" that are no adverbs of manner, and those that other checks compare (how sure, how often, only)."""
_GENERAL = lexicon.vocabulary(
    """
    view views opinion opinions account accounts version word words price prices cost rate sum amount amounts total
    course case event way ways manner means respect regard relation connection fact matter order purpose purposes part
    end beginning middle start side time times moment date day days week weeks month months year years hour hours
    minute minutes period term terms duration extent degree reason reasons result consequence effect basis ground
    grounds evidence condition behalf name favour favor place addition accordance line light face turn question person
    people party parties thing things others someone somebody anyone anybody everyone everybody something anything
    everything law rule rules obligation obligations duty right rights permission need force row space virtue onset
    clock interval error half halves quarter quarters third thirds fifth fifths tenth dollar dollars euro euros pound
    pounds percent pair deadline less more long ahead nowhere coming next last first second single weekend weekends
    weekday weekdays january use hand own number kind sort type instance example length age aid help letter letters
    contrary whole average minimum maximum most least best knowledge belief memory recollection estimate estimates
    judgment judgement mind eyes statement announcement report reports request invitation suggestion instruction
    instructions orders agreement decision document documents text same set presence absence lack circumstances
    situation future past present spring summer autumn winter morning afternoon evening night noon midnight dawn dusk
    monday tuesday wednesday thursday friday saturday sunday
    """
) | frozenset(MONTHS)
"""Heads that say little by themselves, or that other checks compare: times, measures, who says it."""
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*(?:['’]s?(?!\w))?|\d[\d,.:]*|[,;:().–—]")
_STOPS = PREPOSITIONS | lexicon.vocabulary(
    """
    and but or nor who which that whose whom where when while if because is are was were be been being has have had will
    would shall may must can could should did does do not never also to than as it he she they him them we i you there
    unless though although alike
    """
)
_DETERMINERS = lexicon.vocabulary(
    "the a an its his her their our my your this that these those any each every no all some"
)
_NO_PHRASE = lexicon.vocabulary("of except since than per pursuant until till unto")
"""Prepositions whose phrases say whose something is, when it is, or what it is an exception to."""


def addition(claim: Clauses, span: Clauses) -> bool:
    """A manner, means, place, recipient or doer that no word of the span stands for."""
    rest = claim.text
    for said, also in _MANNERS:
        if said.search(rest):
            if not also.search(span.text):
                return True
            rest = said.sub(" , ", rest)
    theirs = phrase_words(span.text)
    return any(not _adverb_said(word, theirs) for word in _adverbs(rest)) or any(
        not _said(head, theirs) for head in _heads(rest)
    )


@lru_cache(maxsize=4096)
def phrase_words(text: str) -> tuple[str, ...]:
    """The words of a text, those of phrases alone and together."""
    alone = (re.sub(r"['’]s?$", "", word.lower()) for word in _WORD.findall(text) if word[0].isalpha())
    parts = (part for word in alone for part in {word, *word.split("-")})
    return tuple(dict.fromkeys((*words(text), *parts)))


def _said(head: str, theirs: tuple[str, ...]) -> bool:
    return any(relation_of(head, other) in {"same", "synonym", "broader"} for other in theirs)


def _adverb_said(word: str, theirs: tuple[str, ...]) -> bool:
    return any(relation_of(word, other) is not None or other.startswith(word[:_ROOT]) for other in theirs)


_ROOT = 5
"""Letters that an adverb shares with an adjective or noun that it comes from ("legally", "legal")."""


def _adverbs(text: str) -> Iterator[str]:
    """Adverbs of manner: words in "ly" that are no names and no adjectives before a noun."""
    for word in re.findall(r"\b[a-z]{3,}ly\b", text):
        if word not in _NO_MANNER and wordnet.is_adverb(word):
            yield word


def _heads(text: str) -> Iterator[str]:
    """The head nouns of phrases after a preposition or "and", and of the subject."""
    tokens = _WORD.findall(text)
    if tokens and tokens[0].lower() in _DETERMINERS:
        yield from _head(tokens[:9])
    for at, token in enumerate(tokens):
        word = token.lower()
        following = tokens[at + 1 : at + 9]
        if word in {"and", "or", "nor"}:
            yield from _item(following)
        if word not in PREPOSITIONS - _NO_PHRASE or not following:
            continue
        before = tokens[at - 1].lower() if at else ""
        if _particle(before, word) and following[0].lower() not in _DETERMINERS:
            continue  # "took part in", "turned up at"
        if word == "to" and wordnet.is_infinitive(following[0].lower()):
            continue
        yield from _head(following)


def _particle(verb: str, word: str) -> bool:
    return wordnet.is_verb(verb) and any(wordnet.known(f"{lemma}_{word}") for lemma in wordnet.lemmas(verb))


def _item(tokens: list[str]) -> Iterator[str]:
    """The head of another item of a list: a noun phrase that no verb follows."""
    size = next((at for at, token in enumerate(tokens) if at and _ends_phrase(token)), len(tokens))
    first = tokens[0].lower() if tokens else ""
    after = tokens[size].lower() if size < len(tokens) else ""
    if first in _DETERMINERS and (not after or not after[0].isalpha() or after in PREPOSITIONS):
        yield from _head(tokens[:size])


def _ends_phrase(token: str) -> bool:
    return token.lower() in _STOPS or not token[0].isalpha()


def _head(tokens: list[str]) -> Iterator[str]:
    """The last noun of the phrase that the tokens open with; nothing where a value or a clause follows."""
    phrase: list[str] = []
    for at, token in enumerate(tokens):
        word = token.lower()
        if token[0].isdigit():
            return  # a value, which is compared by itself
        if _ends_phrase(token) or (word in _DETERMINERS and phrase and not tokens[at - 1].endswith(("'s", "s'"))):
            break
        verbal = word.endswith(("ed", "ing")) and wordnet.is_verb(word)
        if verbal and at == 0:
            return  # "by paying", "in signing"
        if (verbal and phrase and tokens[at - 1].lower() not in _DETERMINERS) or _finite(tokens, at):
            break
        if word not in lexicon.STOPWORDS | lexicon.NEGATIONS | lexicon.NUMBER_WORDS | _DETERMINERS:
            phrase.append(re.sub(r"['’]s?$", "", word))
    if phrase and phrase[-1] not in _GENERAL and not phrase[-1].endswith("ly"):
        yield phrase[-1]


def _finite(tokens: list[str], at: int) -> bool:
    """Whether a word that may be a verb or a noun is the verb of what stands before it: "the tenant needs a key"."""
    word, before = tokens[at].lower(), tokens[at - 1]
    if not at or before.lower() in _DETERMINERS or before.endswith(("'s", "s'")) or not wordnet.is_verb(word):
        return False
    following = tokens[at + 1].lower() if at + 1 < len(tokens) else ""
    inflected = word.endswith("s") or bool(wordnet.lemmas(word) - {word})
    return inflected and (following in _STOPS | _DETERMINERS)
