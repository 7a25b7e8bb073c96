"""What a claim drops or changes of the span that is to support it: the checks that come before any other rule or model.

Each check is a string or number comparison. A claim that fails one is not supported by the span, whatever a model
says. A check looks at the part of the span that the claim is about: the clauses whose content words the claim shares.
Only what limits a whole sentence (a condition, an exception, that it is a question) counts wherever it stands in it.

A marker of a kind ("alleged", "intends to", "some of") in the span asks for a marker of the same kind in the claim. The
lists are of closed classes (modals, quantifiers, conjunctions) where the class is closed, and of verbs by what their
complement is worth where it is not, after the factive, implicative and reporting verbs of Karttunen ("Implicative
verbs", 1971) and of Saurí and Pustejovsky's FactBank (2009).
"""

from __future__ import annotations

import difflib
import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from hybrid.answering.verification.values import values
from hybrid.text import lexicon


def _any(words: str) -> re.Pattern[str]:
    """Any of the words and phrases, patterns that " ; " separates; a line break in one stands for a blank."""
    entries = (" ".join(entry.split()) for entry in re.split(r"\s;\s", words))
    return re.compile(rf"\b(?:{'|'.join(entries)})\b", re.IGNORECASE)


# Reporting verbs: whoever says it, the complement is not said by the document.
_REPORTED = _any(
    r"""
    alleg\w+ ; assert(?:s|ed|ing|ion)? ; contend\w* ; argu(?:e|es|ed|ing|ment) ; claim(?:s|ed|ing)?(?=
    (?:that|to|he|she|it|they)) ; maintain(?:s|ed)? that ; insist\w* ; submit(?:s|ted)? that ; submission ;
    testif\w+ ; testimony ; depos(?:ed|ition) ; swor[en] ; swears? ; said ; says? ; saying ; heard (?:that|of|from)
    ; in the (?:opinion|view|judg(?:e)?ment|words|submission) of ; stat(?:es|ed|ing)(?! of) ; told ; tells? ;
    inform(?:s|ed) ; report(?:s|ed|edly|ing)?(?= (?:that|to|by|having|on)) ; reportedly ; wrote ; writes ;
    mention(?:s|ed) ; remark(?:s|ed) ; comment(?:s|ed)? that ; announc\w+ ; declar(?:es|ed) ; notes? that ; noted
    that ; point(?:s|ed) out ; explain(?:s|ed)? that ; replied ; repl(?:y|ies) ; answer(?:s|ed)? that ;
    recall(?:s|ed) ; according to ; purport\w* ; accus\w+ ; complain\w* ; lied ; lies? that ; made up ;
    invent(?:s|ed) ; fabricat\w+ ; stor(?:y|ies) (?:that|of) ; rumou?r\w* ; hearsay ; in
    (?:his|her|its|their|my|our|\w+'s) (?:view|opinion|evidence) ; (?:'s|his|her|its|their|the)
    (?:position|case|contention|account|version) (?:is|was) ; suggest(?:s|ed|ing)? ; conclud(?:e|es|ed|ing) ;
    predict\w* ; forecast\w* ; warn(?:s|ed) ; imply ; impl(?:ies|ied) ; indicat(?:es|ed) that ; acknowledg\w+ ;
    admit(?:s|ted)? ; confess\w* ; concede\w* ; confirm(?:s|ed)? that ; represent(?:s|ed)? that ; quot(?:es|ed)
    """
)
# Verbs whose complement holds where they do: reporting them away loses a speaker and no truth.
_FACTIVE_REPORT = _any(r"""
    admit(?:s|ted)? ; acknowledg\w+ ; confess\w* ; concede\w* ; confirm(?:s|ed)? that ; point(?:s|ed) out
    """)
_BELIEF = _any(
    r"""
    believ\w+ ; think ; thinks ; thought ; suppos(?:e|es|ed|ing|edly) ; assum\w+ ; suspect(?:s|ed|ing)?(?! who) ;
    expect(?:s|ed|ing|ation)? ; fear(?:s|ed)? ; hop(?:e|es|ed|ing) ; imagin\w+ ; guess\w* ; feel ; feels ; felt ;
    consider(?:s|ed)?(?= that| the| it| him| her| them) ; understand(?:s|ing)? that ; understood that ; of the
    (?:view|opinion) ; under the impression ; convinced ; doubts? ; doubted ; wonder\w* ; presum\w+ ;
    estimat(?:e|es|ed) that ; dream\w* ; pretend\w* ; regard(?:s|ed) (?:\w+ ){0,3}as
    """
)
_HEDGED = _any(
    r"""
    might ; may (?:have|well|be|not have) ; could(?: well)? (?:have|be) ; possibl[ey] ; perhaps ; maybe ;
    probabl[ey] ; likely ; unlikely ; apparent(?:ly)? ; seem\w* ; appear(?:s|ed|ing)? (?:to|that|as) ; it appears ;
    allegedly ; supposedly ; purportedly ; presumably ; seemingly ; arguably ; potential(?:ly)? ; uncertain ;
    unclear whether ; not (?:yet )?(?:known|clear|certain) (?:whether|if) ; conceivably ; tentative(?:ly)? ;
    suspected ; provisional(?:ly)? ; preliminar\w+ ; unconfirmed ; unverified ; as far as
    """
)
_DENIED = _any(
    r"""
    den(?:y|ies|ied|ying|ial) ; refut\w+ ; disput\w+ ; disavow\w* ; contradict\w* ; not true ; untrue ; false(?:ly)?
    that ; false(?= that) ; no evidence ; not the case ; incorrect(?:ly)? ; wrong(?:ly)? ; mistaken(?:ly)? ; myth ;
    unfounded ; baseless ; rather than ; instead of
    """
)
_PLANNED = _any(
    r"""
    intend(?:s|ed|ing)? to ; intention\w* ; inten[dt](?:s|ed)? ; plan(?:s|ned|ning)?(?: to|s? for) ;
    propos(?:e|es|ed|al|als|ing) ; aim(?:s|ed)? to ; aims? at ; seek(?:s|ing)?(?: to)? ; sought(?: to)? ; attempt\w*
    ; try ; tries ; tried ; trying ; promis(?:e|es|ed) ; undert(?:ake|akes|ook|aken)(?= to) ; prepar(?:e|es|ed|ing)
    to ; offer(?:s|ed|ing)? ; want(?:s|ed)? ; wish(?:es|ed)? ; would like ; decid(?:e|es|ed) to ; due to be ;
    scheduled ; about to ; going to ; agree[sd]? to ; contemplat\w+ ; envisag\w+ ; target(?:s|ed)? ; expected to ;
    supposed to ; meant to ; ready to ; hope(?:s|d)? to ; option(?:s)? (?:to|of|is|was|[a-z0-9]:) ;
    consider(?:s|ed|ing)? \w+ing ; threaten\w* ; ought to ; pending ; is to ; are to ; was to ; were to ; to be
    \w+ed ; negotiat\w+ ; discuss(?:ed|ing)? (?:whether|a|the possibility) ; possibility ; if approved ; subject to
    approval
    """
)
_REQUESTED = _any(
    r"""
    ask(?:s|ed|ing)? ; request\w* ; urg(?:e|es|ed|ing) ; invit(?:e|es|ed|ing|ation) ; order(?:s|ed)?(?= \w+ to|
    that| the \w+ to| him| her| them) ; instruct\w* ; recommend\w* ; advis(?:e|es|ed) ; demand\w* ;
    appl(?:y|ies|ied) for ; application (?:for|to) ; call(?:s|ed)? (?:for|on|upon) ; direct(?:s|ed)(?= \w+ to) ;
    suggest\w* that \w+ should ; encourag\w+ ; appeal(?:s|ed)? (?:for|to) ; petition\w* ; claim(?:s|ed)?
    (?:damages|compensation|for) ; sue[ds]? for ; told (?:\w+ ){1,3}to
    """
)
_NOT_DONE = _any(
    r"""
    fail(?:s|ed|ing|ure)? to ; refus(?:e|es|ed|al|ing) ; declin(?:e|es|ed|ing)(?= to| the| an?) ; forg[eo]t(?:ten)?
    to ; neglect(?:s|ed)? to ; omit(?:s|ted)? to ; avoid\w* ; prevent\w* ; unable ; unwilling ; stop(?:s|ped)?
    \w+ing ; ceas(?:e|es|ed) to ; reject\w* ; withdr[ae]w\w* ; cancel\w* ; almost ; nearly ; hardly ; barely ;
    scarcely ; lack(?:s|ed|ing)? ; absence of ; short of ; without ; abandon\w* ; revoke\w* ; rescind\w* ;
    block(?:s|ed) ; too \w+ to ; far from ; no longer ; never ; overturned ; quashed ; dismissed
    """
)
_COUNTERFACTUAL = _any(
    r"""
    would(?:n't| not)? have ; could(?:n't| not)? have ; should(?:n't| not)? have ; had (?:it|he|she|they|the \w+)
    (?:not )?\w+ed ; were (?:it|he|she|they) to ; if only ; as if ; as though ; hypothetical\w* ; for example ; for
    instance ; e\.g ; such as ; example ; imagine ; say,
    """
)
_SUPERSEDED = _any(
    r"""
    draft\w* ; superseded ; former(?:ly)? ; previous(?:ly)? ; original(?:ly)? ; initial(?:ly)? ; used to ; no longer
    ; until (?:then|recently) ; earlier ; prior version ; was to be ; were to be ; at first ; replaced ; amended
    from ; instead of ; rather than ; unsigned ; not (?:yet )?signed ; template ; once was ; old ; then[- ] ; since
    been ; provisional\w* ; outdated ; obsolete ; reduced from ; increased from ; changed from ; raised from ;
    lowered from ; cut from ; up from ; down from
    """
)
_CONDITIONAL = _any(
    r"""
    if ; unless ; provided(?: that)? ; in (?:the )?(?:event|case)(?: of| that)? ; as long as ; so long as ; on
    condition ; conditional\w* ; subject to ; contingent ; assuming ; only
    (?:with|if|when|after|upon|where|on|by|in|for|to) ; with (?:the )?(?:\w+ )?(?:prior |written |express
    )*(?:consent|approval|permission) ; without (?:the )?(?:\w+ )?(?:prior |written |express
    )*(?:consent|approval|permission) ; (?:consent|approval|permission) of ; agrees? in writing ; should
    (?:the|any|it|a)(?= \w+ \w+) ; whether ; except ; save ; otherwise ; where (?=the|a|any|it|such|there|no) ; to
    the extent ; wherever ; whenever ; depend(?:s|ing) on ; once (?=the|a|it|all|he|she|they)
    """
)
_EXCEPTED = _any(
    r"""
    except\w* ; other than ; exclud\w+ ; save (?:for|that|as) ; apart from ; aside from ; but for ; unless ; with
    the exception ; exempt\w* ; does not (?:apply|cover|extend|include) ; not covered ; but not
    """
)
_PARTIAL = _any(
    r"""
    some ; several ; many ; most ; much of ; few ; a number of ; majority ; minority ; half ; part of ; parts of ;
    partly ; partial(?:ly)? ; mainly ; mostly ; largely ; chiefly ; certain ; various ; one of ; two of ; three of ;
    \w+ of (?:the|them|its|his|her|their|our)(?= \w+s\b) ; at times ; sometimes ; often ; usually ; rarely ; seldom
    ; generally ; typically ; occasionally ; normally ; in general ; as a rule ; in part ; substantially ; a little
    ; few of ; not all ; portion ; percentage of ; temporar\w+ ; for now ; so far
    """
)
_UNIVERSAL = _any(
    r"""
    all ; every ; each ; always ; at all times ; entire(?:ly)? ; whole ; complete(?:ly)? ; fully ; wholly ; everyone
    ; everybody ; everything ; everywhere ; at any time ; any ; whatever ; whoever ; invariably ; without exception
    ; in full ; total(?:ly)? ; both ; either ; only ; sole(?:ly)? ; exclusive(?:ly)? ; just ; permanent(?:ly)? ;
    forever ; unconditional\w* ; unlimited ; absolute(?:ly)?
    """
)
_UNIVERSAL_GROUPS = (
    re.compile(
        "^(?:all|every|each|always|everyone|everybody|everything|everywhere|any|whatever|whoever|invariably|both|either"
        "|at any time|at all times|without exception)$"
    ),
    re.compile(r"^(?:entire(?:ly)?|whole|complete(?:ly)?|fully|wholly|in full|total(?:ly)?)$"),
    re.compile(r"^(?:only|sole(?:ly)?|exclusive(?:ly)?|just)$"),
    re.compile(r"^(?:permanent(?:ly)?|forever|unconditional\w*|unlimited|absolute(?:ly)?)$"),
)
_NONE = _any(r"""
    neither ; none ; nobody ; nothing ; no ; nor ; nowhere ; not ; never ; cannot ; \w+n't
    """)
_CAUSE = _any(
    r"""
    because(?: of)? ; caus(?:e|es|ed|ing) ; due to ; led to ; leads to ; as a result(?: of)? ; result(?:s|ed|ing)
    (?:in|from) ; owing to ; therefore ; thus ; so that ; consequently ; hence ; thanks to ; on account of ; since
    (?=the|he|she|it|they) ; by reason of ; attribut\w+ ; for this reason ; in response to ; prompted ; triggered ;
    in order to
    """
)
_FORBIDDING = _any(
    r"""
    prohibit\w* ; forbid\w* ; forbade ; ban(?:s|ned)? ; bar(?:s|red)(?= from) ; not (?:be
    )?(?:permitted|allowed|entitled|authori[sz]ed) ; unlawful\w* ; illegal\w* ; disallow\w* ; preclud\w+ ; off
    limits ; void
    """
)

_MODAL_KINDS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "must",
        _any(
            r"""
    shall ; must ; required ; requires ; obliged ; obligat(?:ed|ion) ; has to ; have to ; had to ; needs? to ;
    mandatory ; duty ; bound to ; agrees to ; undertakes to ; covenants? ; due ; payable ; owed? ; owes ; necessary
    ; ought
    """
        ),
    ),
    (
        "may",
        _any(
            r"""
    may ; can ; permitted ; permits? ; permission ; entitled ; entitles ; allowed ; allows? ; right to ; rights?
    (?:of|is|are) ; authori[sz]ed ; free to ; at liberty ; discretion ; option(?:al|ally)? ; able to ; could ; might
    ; possible
    """
        ),
    ),
    (
        "should",
        _any(
            r"""
    should ; recommended ; advisable ; encouraged ; endeavou?rs? ; efforts ; reasonable steps ; best efforts ; try
    to ; strive ; aims? to
    """
        ),
    ),
    ("will", _any(r"will ; would ; going to ; expects? to ; plans? to ; intends? to ; 'll")),
)
_PAST = re.compile(
    r"\b(?:was|were|had|did|has|have|been|went|took|gave|made|came|saw|knew|paid|sold|sent|bought|held|kept|left|lost|met|ran|told|won|wrote|began|broke|brought|built|fell|found|got|grew|led|rose|spent|stood|thought|understood|withdrew|became|chose|drew|fought|forbade|heard|laid|lent|meant|read|said|sought|shown|spoke|taught"
    r"|[a-z]{3,}(?<!ne)ed)\b",
    re.IGNORECASE,
)
_PARTICIPLE_BE = re.compile(
    r"\b(?:is|are|be|being|'s|'re)\s+(?:\w+ly\s+)?(?:not\s+)?[a-z]+(?:ed|en|wn|ght|ld|de|id|nt|ut)\b", re.IGNORECASE
)
_WHETHER = re.compile(
    r"\b(?:question|issue|doubt\w*|unclear|uncertain|unknown|decide[sd]?|asked?|wonder\w*|see|remains?)"
    r" (?:is |was |as to |remains )?(?:whether|if)\b",
    re.IGNORECASE,
)
_QUESTION = re.compile(r"\?\W*$")
_CLAUSE_END = re.compile(
    r"[.;:?!]\s+|\s[–—-]\s|,?\s+\b(?:but|whereas|although|though|while|yet)\b\s+"
    r"|,\s+(?=(?:and|or|which|who|whose|whom|where|so)\b)"
    r"|\s+(?=\band (?:the|a|an|his|her|its|their|he|she|it|they|mr|ms|mrs|dr|[A-Z])\b)"
)
_SENTENCE_END = re.compile(r"(?<=[.?!])[\"”’')\]]*\s+(?=[\"“‘'(\[]*[A-Z0-9])")
_ORDER = re.compile(r"\b(before|prior to|after|following|until|since|then)\b", re.IGNORECASE)
_COMPARED = re.compile(r"\b(?:more|less|worse|\w+er)\b(?:\s+\w+){0,2}?\s+than\b", re.IGNORECASE)
_ANTONYM_PREFIX = re.compile(r"^(?:un|in|im|il|ir|non|dis|mis|de)-?")


@dataclass(frozen=True)
class _Reading:
    """A text cut into clauses, each with its content stems."""

    text: str

    @cached_property
    def clauses(self) -> tuple[tuple[str, frozenset[str]], ...]:
        parts = (part for part in _CLAUSE_END.split(self.text) if part and any(map(str.isalnum, part)))
        return tuple((part, frozenset(lexicon.content_words(part))) for part in parts)

    @cached_property
    def sentences(self) -> tuple[str, ...]:
        return tuple(_SENTENCE_END.split(self.text))

    @cached_property
    def words(self) -> tuple[str, ...]:
        return tuple(lexicon.content_words(self.text))

    def touched(self, stems: frozenset[str]) -> str:
        """The clauses that share enough content words with ``stems`` to be what a claim of these is about."""
        shared = [(clause, len(held & stems), len(held)) for clause, held in self.clauses]
        most = max((count for _, count, _ in shared), default=0)
        return " . ".join(
            clause for clause, count, size in shared
            if count and (count >= max(2, most / 2) or 2 * count >= size or count == most)
        )  # fmt: skip

    def around(self, stems: frozenset[str]) -> str:
        """The sentences that hold a touched clause."""
        scores = [len(set(lexicon.content_words(sentence)) & stems) for sentence in self.sentences]
        most = max(scores, default=0)
        return " ".join(s for s, count in zip(self.sentences, scores, strict=True) if count and 2 * count >= most)


_NOT_WITHOUT = re.compile(
    r"\b(shall|may|must|will|can|could|should|would)(?: not|n't)\b([^.;]*?)\bwithout\b", re.IGNORECASE
)
_NO_ONE_WITHOUT = re.compile(r"\b(?:no|neither) (\w+)( (?:shall|may|must|will|can)\b[^.;]*?)\bwithout\b", re.IGNORECASE)


@lru_cache(maxsize=4096)
def _read(text: str) -> _Reading:
    plain = " ".join(text.replace("’", "'").split())
    plain = re.sub(r"\b[Cc]an't\b|\bcannot\b", "can not", re.sub(r"\b([Ww])on't\b", r"\1ill not", plain))
    plain = re.sub(r"(?<=[a-z])n't\b", " not", plain)
    plain = _NOT_WITHOUT.sub(r"may\2only with", plain)  # "may not assign without" is "may assign only with"
    return _Reading(_NO_ONE_WITHOUT.sub(r"either \1\2only with", plain))


def failed_checks(claim: str, span: str) -> tuple[str, ...]:
    """The names of the checks that the claim fails against a span of one to three sentences, empty if it passes all.

    Example:
        >>> failed_checks("The director committed fraud.", "It is alleged that the director committed fraud.")
        ('attribution',)
        >>> failed_checks("The director is alleged to have committed fraud.", "It is alleged that the director did.")
        ()
    """
    return tuple(name for name, fails in _CHECKS.items() if fails(_read(claim), _read(span)))


def _near(claim: _Reading, span: _Reading) -> str:
    return span.touched(frozenset(_with_synonyms(claim.words)))


def _around(claim: _Reading, span: _Reading) -> str:
    return span.around(frozenset(_with_synonyms(claim.words)))


def _with_synonyms(stems: Sequence[str]) -> Iterator[str]:
    for stem in stems:
        yield stem
        yield from lexicon.SYNONYMS.get(stem, ())


def _dropped(*kinds: re.Pattern[str], whole_sentence: bool = False) -> Callable[[_Reading, _Reading], bool]:
    """The span has a marker of the first kind where the claim is about, and the claim none of any of these kinds."""

    def fails(claim: _Reading, span: _Reading) -> bool:
        where = (_around if whole_sentence else _near)(claim, span)
        return bool(kinds[0].search(where)) and not any(kind.search(claim.text) for kind in kinds)

    return fails


def _added(*kinds: re.Pattern[str]) -> Callable[[_Reading, _Reading], bool]:
    """The claim has a marker of the first kind, and the span none of any of these kinds."""

    def fails(claim: _Reading, span: _Reading) -> bool:
        return bool(kinds[0].search(claim.text)) and not any(kind.search(span.text) for kind in kinds)

    return fails


def _attribution(claim: _Reading, span: _Reading) -> bool:
    """Who says it is dropped. A clause governed by a reporting verb ends with its sentence, or at "but"."""
    where = _governing(claim, span, _REPORTED)
    return where and not any(kind.search(claim.text) for kind in (_REPORTED, _HEDGED))


def _governing(claim: _Reading, span: _Reading, markers: re.Pattern[str]) -> bool:
    """Whether the words that the claim shares with the span stand mostly in the complement of a marker.

    The complement of "X said that ..." follows it, that of "..., X said" comes before.
    """
    stems = frozenset(_with_synonyms(claim.words))
    for sentence in span.sentences:
        match = markers.search(sentence)
        if match is None:
            continue
        before, after = sentence[: match.start()], sentence[match.end() :]
        left = len(stems & set(lexicon.content_words(before)))
        right = len(stems & set(lexicon.content_words(after)))
        trailing = len(lexicon.content_words(after)) <= 3
        if (right and right >= left) or (trailing and left) or re.match(r"\W*it (?:is|was)\b", sentence, re.I):
            return True
    return False


def _belief(claim: _Reading, span: _Reading) -> bool:
    return _governing(claim, span, _BELIEF) and not any(k.search(claim.text) for k in (_BELIEF, _HEDGED, _REPORTED))


def _request(claim: _Reading, span: _Reading) -> bool:
    return _governing(claim, span, _REQUESTED) and not any(
        kind.search(claim.text) for kind in (_REQUESTED, _PLANNED, _REPORTED)
    )


def _question(claim: _Reading, span: _Reading) -> bool:
    if _WHETHER.search(span.text) and not _WHETHER.search(claim.text):
        return True
    asked = [s for s in _SENTENCE_END.split(_around(claim, span)) if _QUESTION.search(s)]
    return bool(asked) and not _QUESTION.search(claim.text) and not _REQUESTED.search(claim.text)


def _negations(text: str) -> int:
    plain = re.sub(r"\bno(?:t)? (?:less|fewer|more|later|earlier|longer) than\b", " ", text, flags=re.IGNORECASE)
    plain = re.sub(
        r"\b(?:and|or) no more\b|\bno\.? (?=\d)|\bnot only\b|\bnot limited to\b|\bwhether or not\b",
        " ",
        plain,
        flags=re.IGNORECASE,
    )
    plain = re.sub(r"\bneither\b(.{0,60}?)\bnor\b", r"neither \1", plain, flags=re.IGNORECASE)
    return len(_NONE.findall(plain)) + len(_NOT_DONE_OR_FORBIDDEN.findall(_NONE.sub(" ", plain)))


_NOT_DONE_OR_FORBIDDEN = re.compile(f"{_NOT_DONE.pattern}|{_FORBIDDING.pattern}|{_DENIED.pattern}", re.IGNORECASE)


def _negation(claim: _Reading, span: _Reading) -> bool:
    """The two do not agree in whether it is so. An exception of the span is a negation in a claim about it."""
    near = _near(claim, span)
    mine, theirs = _negations(claim.text), _negations(near)
    if (mine > 0) == (theirs > 0) and (mine - theirs) % 2 == 0:
        return False
    if mine and theirs and mine != theirs and min(mine, theirs) > 1:
        return False  # several negations on both sides: too many to pair by counting
    excepted = _EXCEPTED.search(span.text)
    if mine and not theirs and excepted:
        after = set(lexicon.content_words(span.text[excepted.end() :]))
        return not set(claim.words) & after
    return True


def _value(claim: _Reading, span: _Reading) -> bool:
    return bool(values(claim.text).missing(values(span.text)))


def _name(claim: _Reading, span: _Reading) -> bool:
    held = set(_with_synonyms(span.words)) | {word.casefold() for word in re.findall(r"[^\W\d_]+", span.text)}
    if any(name not in held and lexicon.stem(name) not in held for name in lexicon.names(claim.text)):
        return True
    # The first word's capital says nothing, but another word before the same verb is another subject.
    mine, theirs = claim.text.split()[:2], span.text.split()[:2]
    another = len(mine) == len(theirs) == 2 and mine[1] == theirs[1] and mine[1].islower()
    return another and bool(_capitalised(mine[0])) and bool(_capitalised(theirs[0])) and mine[0].lower() not in held


def _role(claim: _Reading, span: _Reading) -> bool:
    """Two names or parties have changed sides of a verb that both sentences have, and of the voice neither has."""
    if _passive(claim.text) != _passive(span.text):
        return False
    mine, theirs = _ties(claim.text), _ties(span.text)
    return any((second, verb, first) in theirs and (first, verb, second) not in theirs for first, verb, second in mine)


_PASSIVE = re.compile(
    r"\b(?:is|are|was|were|be|been|being)\s+(?:\w+\s+){0,2}?\w+(?:ed|en|wn|ght|ld|de|id|nt|ut|ught)\s+(?:\w+\s+){0,3}?by\b",
    re.IGNORECASE,
)


def _passive(text: str) -> bool:
    return bool(_PASSIVE.search(text))


def _ties(text: str) -> set[tuple[str, str, str]]:
    """A name or party, a content word after it, and the next name or party."""
    heads, found = _heads(text), set()
    words = lexicon.content_words(text)
    at = [position for position, word in enumerate(words) if word in heads]
    for first, second in itertools.pairwise(at):
        found |= {(words[first], verb, words[second]) for verb in words[first + 1 : second]}
    return found


_PARTIES = lexicon.stems(
    """
    buyer seller borrower lender client provider customer supplier discloser recipient employee employer landlord
    tenant lessee lessor licensee licensor purchaser vendor assignor assignee transferor transferee plaintiff defendant
    claimant respondent company bank contractor owner guarantor trustee insurer insured director board court committee
    manager agent principal franchisor franchisee publisher author distributor manufacturer shareholder auditor tribunal
    union
    """
)


def _heads(text: str) -> list[str]:
    """The names and parties of a text in order, each name by its last word: "Mr John Hale" is "hale"."""
    named = set(lexicon.names(text)) | set(_capitalised(text))
    heads: list[str] = []
    after_name = False
    for stem in lexicon.content_words(text):
        is_name = stem in named
        if is_name and after_name:
            heads[-1] = stem
        elif is_name or stem in _PARTIES:
            heads.append(stem)
        after_name = is_name
    return heads


def _capitalised(text: str) -> list[str]:
    """Stems of the capitalised words, the first of a sentence among them where no article stands before it."""
    words = [word for word in re.findall(r"[^\W\d_]+", text) if len(word) > 1]
    if sum(word.isupper() for word in words) > 0.6 * len(words):
        return []
    return [
        lexicon.stem(word.lower())
        for word in words
        if word[0].isupper() and word.lower() not in lexicon.STOPWORDS | lexicon.NEGATIONS
    ]


def _order(claim: _Reading, span: _Reading) -> bool:
    """What comes before and what after, or what causes what, has changed sides."""
    return _crossed(claim.text, span.text, _ORDER, {"before": 1, "prior to": 1, "until": 1, "then": 1}) or _crossed(
        claim.text, span.text, _BECAUSE, {"led to": 1, "caused": 1, "resulted in": 1, "therefore": 1, "causes": 1}
    ) or _crossed(claim.text, span.text, _COMPARED, {})  # fmt: skip


_BECAUSE = re.compile(
    r"\b(because|due to|led to|caused|causes|resulted in|resulted from|as a result of|owing to|therefore)\b",
    re.IGNORECASE,
)


def _crossed(claim: str, span: str, connective: re.Pattern[str], forward: dict[str, int]) -> bool:
    mine, theirs = _sides(claim, connective, forward), _sides(span, connective, forward)
    if mine is None or theirs is None:
        return False
    straight = len(mine[0] & theirs[0]) + len(mine[1] & theirs[1])
    turned = len(mine[0] & theirs[1]) + len(mine[1] & theirs[0])
    return turned > straight


def _sides(text: str, connective: re.Pattern[str], forward: dict[str, int]) -> tuple[set[str], set[str]] | None:
    """The content words of what comes first and of what comes second, in time, cause or comparison."""
    match = connective.search(text)
    if match is None:
        return None
    word = match[0].lower()
    left, right = text[: match.start()], text[match.end() :]
    if not left.strip(" ,"):
        left, _, right = right.partition(",")[::-1] if "," in right else (right, "", "")
    sides = set(lexicon.content_words(left)), set(lexicon.content_words(right))
    return sides if forward.get(word) or not forward else (sides[1], sides[0])


def _coordination(claim: _Reading, span: _Reading) -> bool:
    """The claim joins a name of one part of a coordination with what another part says of another name."""
    named = _capitalised(claim.text)
    others = [name for name in dict.fromkeys(_capitalised(span.text)) if name not in named]
    subject = next((name for name in named if name in span.words), None)
    if subject is None or not others or any(name not in span.words for name in named):
        return False
    parts = [part for part in re.split(r"\s+(?:and|while|but|whereas)\s+|[;,]\s+", span.text) if part]
    opened = {_first_name(part): set(lexicon.content_words(part)) for part in parts}
    own = opened.pop(subject, None)
    if own is None:
        return False
    told = {word for word in claim.words if word not in named}
    return any((told - own) & part for name, part in opened.items() if name in others)


def _first_name(part: str) -> str | None:
    """The name that a part of a coordination opens with: its subject."""
    opening = part.split()[:3]
    return next(iter(_capitalised(" ".join(opening))), None) if opening and opening[0][:1].isupper() else None


def _modality(claim: _Reading, span: _Reading) -> bool:
    """What is obligatory, permitted, advised or to come is said as another of these, or as done."""
    near = _near(claim, span)
    mine, theirs = _modal_kinds(claim.text), _modal_kinds(near)
    said, heard = lexicon.modalities(claim.text), lexicon.modalities(near)
    if any(not kinds & heard[verb] for verb, kinds in said.items() if verb in heard):
        return True
    if mine and theirs:
        return not mine & theirs and mine | theirs != {"must", "will"}
    told_as_done = bool(_PAST.search(_PARTICIPLE_BE.sub(" ", claim.text)))
    if told_as_done and any(verb in claim.words and verb not in said for verb in heard):
        return True
    if theirs and not mine:
        return "may" in theirs or "should" in theirs or told_as_done
    return bool(mine - {"will"}) and not theirs and not _forbidden_both(claim.text, near)


def _forbidden_both(claim: str, span: str) -> bool:
    return bool(_FORBIDDING.search(claim)) and bool(_FORBIDDING.search(span))


def _modal_kinds(text: str) -> set[str]:
    if _FORBIDDING.search(text) or re.search(
        r"\b(?:shall|may|must|will|can)(?:not| not| never|n't)\b|\b(?:neither|no) \w+ (?:may|shall|can|must)\b",
        text,
        re.I,
    ):
        return {"never"}
    plain = re.sub(r"\bMay\b(?= \d|,? \d{4})|(?<=\d )May\b", " ", text)
    return {kind for kind, pattern in _MODAL_KINDS if pattern.search(plain)}


def _quantifier(claim: _Reading, span: _Reading) -> bool:
    """A part is told as the whole, or something as everything."""
    near = _near(claim, span)
    if _PARTIAL.search(near) and not _PARTIAL.search(claim.text):
        return True
    mine = {m.lower() for m in _UNIVERSAL.findall(claim.text)}
    held = {m.lower() for m in _UNIVERSAL.findall(span.text)}
    for group in _UNIVERSAL_GROUPS:
        if any(map(group.match, mine)) and not any(map(group.match, held)) and not _MONTHLY.search(span.text):
            return True
    return False


_MONTHLY = re.compile(
    r"\b(?:an?|per) (?:day|week|month|quarter|year|hour)\b|\b(?:dai|week|month|quarter|year|annual|hour)ly\b", re.I
)


_TRUTH = lexicon.stems("true false")


def _opposite(claim: _Reading, span: _Reading) -> bool:
    held = set(_with_synonyms(span.words))
    missing = set(claim.words) - held - (_TRUTH if _DENIED.search(span.text) else frozenset())
    if any(lexicon.OPPOSITES.get(stem, frozenset()) & set(span.words) for stem in missing):
        return True
    bare = {_ANTONYM_PREFIX.sub("", stem): stem for stem in missing if _ANTONYM_PREFIX.match(stem)}
    turned = {_ANTONYM_PREFIX.sub("", stem) for stem in span.words if _ANTONYM_PREFIX.match(stem)}
    return any(len(b) > 3 and b in span.words for b in bare) or any(len(t) > 3 and t in missing for t in turned)


def _direction(claim: _Reading, span: _Reading) -> bool:
    mine, theirs = lexicon.directions(claim.text), lexicon.directions(span.text)
    if _ORDER.search(claim.text) and _ORDER.search(span.text):
        mine -= {"before", "after"}  # compared by their sides
    return bool(mine - theirs - _bounds_said(claim.text))


def _bounds_said(text: str) -> frozenset[str]:
    """Directions that are bounds of quantities, which are compared as values."""
    return frozenset({"more", "less"} if any(q.bound for q in values(text).quantities) else ())


def _condition(claim: _Reading, span: _Reading) -> bool:
    return _dropped(_CONDITIONAL, _EXCEPTED, whole_sentence=True)(claim, span)


def _exception(claim: _Reading, span: _Reading) -> bool:
    return _dropped(_EXCEPTED, _CONDITIONAL, _NONE, whole_sentence=True)(claim, span)


def _superseded(claim: _Reading, span: _Reading) -> bool:
    """A value or statement of a draft, or of an earlier state, is told as the present one."""
    return _dropped(_SUPERSEDED, _PLANNED, _HEDGED)(claim, span)


_CLOSED_CLASSES = """
    if, unless, because since, although though despite regardless, and, or, but except, before until prior, after since
    following, during while, earlier, later, above over, below, for, against, to, from, into, out,
    more, less fewer, daily, weekly, monthly, quarterly, annually yearly, hourly, day days, week weeks, month months,
    quarter quarters, year years, hour hours, minute minutes, second seconds, dollar dollars, euro euros, pound pounds,
    yen, mile miles, kilometre kilometres, metre metres, foot feet, tonne tonnes, ton tons, kilogram kilograms,
    litre litres, gallon gallons, he, she, they, i, we, you, his, her, their, my, our, your, who, whom, first, last,
    north, south, east, west, left, right, up, down, internal, external, domestic, foreign, directly, indirectly,
    jointly, severally separately, exclusive, non-exclusive nonexclusive, always, never, often, sometimes, some, all,
    none
"""
_CLASS_OF = {word: number for number, group in enumerate(_CLOSED_CLASSES.split(",")) for word in group.split()}


def _all_words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+(?:[-'][^\W_]+)*|[%$€£]", text.lower())


def _substitution(claim: _Reading, span: _Reading) -> bool:
    """A word of a closed class stands where the span, in otherwise the same words, has another of these."""
    mine, theirs = _all_words(claim.text), _all_words(span.text)
    matcher = difflib.SequenceMatcher(None, mine, theirs, autojunk=False)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag != "replace" or b - a > 3 or d - c > 3:
            continue
        said = {_CLASS_OF[word] for word in mine[a:b] if word in _CLASS_OF}
        held = {_CLASS_OF[word] for word in theirs[c:d] if word in _CLASS_OF}
        prefixed = any(
            _ANTONYM_PREFIX.sub("", x) == y or _ANTONYM_PREFIX.sub("", y) == x
            for x in mine[a:b] for y in theirs[c:d] if x != y and min(len(x), len(y)) > 4
        )  # fmt: skip
        if prefixed or (said and held and not said & held):
            return True
    return False


_CONCESSION = _any(
    r"""
    although ; though ; despite ; in spite of ; regardless ; nevertheless ; nonetheless ; notwithstanding ; even
    (?:if|though)
    """
)

_NEAR_COPY = 0.85
"""Share of a claim's words that stand in the span, in its order, from which what is left out of it is looked at."""
_NEGATIVE = re.compile("|".join(k.pattern for k in (_DENIED, _NOT_DONE, _NONE, _FORBIDDING)), re.IGNORECASE)
_WHOLE_SENTENCE = (_CONDITIONAL, _EXCEPTED)
_LIMITS = (
    _REPORTED, _BELIEF, _HEDGED, _NEGATIVE, _PLANNED, _REQUESTED, _SUPERSEDED, _PARTIAL, _COUNTERFACTUAL,
    _any(r"""
    shall ; will ; must ; may ; can ; should ; could ; would ; might ; prohibited ; permitted ; required ; entitled
    ; allowed
    """),
    _any(r"only ; solely ; exclusive(?:ly)?"), *_WHOLE_SENTENCE,
)  # fmt: skip
_BOUND_WORDS = _any(
    r"""
    no(?:t)? (?:less|fewer|more|later|earlier|longer|greater|lower) than ; at (?:the )?(?:least|most) ; up to ; more
    than ; less than ; only
    """
)


def _left_out(claim: _Reading, span: _Reading) -> bool:
    """A claim that copies a sentence leaves out a limit of it, and puts none of its kind in its place."""
    mine = _all_words(claim.text)
    found = [(sentence, _all_words(sentence)) for sentence in span.sentences]
    _, theirs = max(found, key=lambda row: len(set(row[1]) & set(mine)), default=("", []))
    blocks = difflib.SequenceMatcher(None, mine, theirs, autojunk=False).get_matching_blocks()  # the last is empty
    if sum(block.size for block in blocks) < _NEAR_COPY * len(mine):
        return False
    lost, added, at, position = [], [], 0, 0
    for block in blocks:
        lost.append(" ".join(theirs[at : block.b]))
        added.append(" ".join(mine[position : block.a]))
        at, position = block.b + block.size, block.a + block.size
    put_in = " . ".join(added)
    # What a conjunction joins to the copied statement is another statement, which only a condition of it limits.
    joined = [run for run in lost if re.match(r"(?:and|but|or)\b", run)]
    gone = _BOUND_WORDS.sub(" ", " . ".join(run for run in lost if run not in joined))
    gone = re.sub(r"\bmay (?=\d)|(?<=\d )may\b", " ", gone)  # the month
    if any(limit.search(" . ".join(joined)) and not limit.search(claim.text) for limit in _WHOLE_SENTENCE):
        return True
    return any(limit.search(gone) and not limit.search(put_in) for limit in _LIMITS)


_ONLY = _any(r"only ; solely ; sole ; exclusive(?:ly)? ; just")
_RESTRICTED = _any(
    r"""
    only ; solely ; sole ; exclusive(?:ly)? ; just ; limited to ; restricted to ; no (?:other|one|more) ; nothing ;
    unless ; except\w* ; if
    """
)


_CHECKS: dict[str, Callable[[_Reading, _Reading], bool]] = {
    "value": _value,
    "name": _name,
    "role": _role,
    "coordination": _coordination,
    "order": _order,
    "negation": _negation,
    "attribution": _attribution,
    "belief": _belief,
    "denial": _dropped(_DENIED, _NONE, _NOT_DONE),
    "hedge": _dropped(_HEDGED, _REPORTED, _BELIEF),
    "plan": _dropped(_PLANNED, _HEDGED, _REQUESTED),
    "request": _request,
    "question": _question,
    "counterfactual": _dropped(_COUNTERFACTUAL, _HEDGED),
    "superseded": _superseded,
    "condition": _condition,
    "exception": _exception,
    "quantifier": _quantifier,
    "modality": _modality,
    "direction": _direction,
    "opposite": _opposite,
    "cause": _added(_CAUSE),
    "exclusivity": _dropped(_ONLY, _RESTRICTED),
    "concession": _added(_CONCESSION),
    "substitution": _substitution,
    "left out": _left_out,
}
