"""Words that limit what a sentence says, by kind: who says it, how sure it is, whether it has happened, how much of it.

The lists are of closed classes (modals, quantifiers, conjunctions) where the class is closed, and of verbs by what
their complement is worth where it is not, after the factive, implicative and reporting verbs of Karttunen ("Implicative
verbs", 1971) and of Saurí and Pustejovsky's FactBank (2009).
"""

from __future__ import annotations

import re


def any_of(words: str) -> re.Pattern[str]:
    """Any of the words and phrases, patterns that " ; " separates; a line break in one stands for a blank."""
    entries = (" ".join(entry.split()) for entry in re.split(r"\s;\s", words))
    return re.compile(rf"\b(?:{'|'.join(entries)})\b", re.IGNORECASE)


# Reporting verbs: whoever says it, the complement is not said by the document.
REPORTED = any_of(
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
BELIEF = any_of(
    r"""
    believ\w+ ; think ; thinks ; thought ; suppos(?:e|es|ed|ing|edly) ; assum\w+ ; suspect(?:s|ed|ing)?(?! who) ;
    expect(?:s|ed|ing|ation)? ; fear(?:s|ed)? ; hop(?:e|es|ed|ing) ; imagin\w+ ; guess\w* ; feel ; feels ; felt ;
    consider(?:s|ed)?(?= that| the| it| him| her| them) ; understand(?:s|ing)? that ; understood that ; of the
    (?:view|opinion) ; under the impression ; convinced ; doubts? ; doubted ; wonder\w* ; presum\w+ ;
    estimat(?:e|es|ed) that ; dream\w* ; pretend\w* ; regard(?:s|ed) (?:\w+ ){0,3}as
    """
)
HEDGED = any_of(
    r"""
    might ; may (?:have|well|be|not have) ; could(?: well)? (?:have|be|turn|prove|become|lead|cause) ; possibl[ey] ;
    perhaps ; maybe ; probabl[ey] ; likely ; unlikely ; apparent(?:ly)? ; seem\w* ; appear(?:s|ed|ing)?
    (?:to|that|as) ; it appears ; allegedly ; supposedly ; purportedly ; presumably ; seemingly ; arguably ;
    potential(?:ly)? ; uncertain ; unclear whether ; not (?:yet )?(?:known|clear|certain) (?:whether|if) ;
    conceivably ; tentative(?:ly)? ; suspected ; provisional(?:ly)? ; preliminar\w+ ; unconfirmed ; unverified ; as
    far as
    """
)
DENIED = any_of(
    r"""
    den(?:y|ies|ied|ying|ial) ; refut\w+ ; disput\w+ ; disavow\w* ; contradict\w* ; not true ; untrue ; false(?:ly)?
    that ; false(?= that) ; no evidence ; not the case ; incorrect(?:ly)? ; wrong(?:ly)? ; mistaken(?:ly)? ; myth ;
    unfounded ; baseless ; rather than ; instead of
    """
)
PLANNED = any_of(
    r"""
    intend(?:s|ed|ing)? to ; intention\w* ; inten[dt](?:s|ed)? ; plan(?:s|ned|ning)?(?: to|s? for) ;
    propos(?:e|es|ed|al|als|ing) ; aim(?:s|ed)? to ; aims? at ; seek(?:s|ing)?(?: to)? ; sought(?: to)? ; attempt\w*
    ; try ; tries ; tried ; trying ; promis(?:e|es|ed) ; undert(?:ake|akes|ook|aken)(?= to) ; prepar(?:e|es|ed|ing)
    to ; offer(?:s|ed|ing)? ; want(?:s|ed)? ; wish(?:es|ed)? ; would like ; decid(?:e|es|ed) (?:to|that) ;
    resolv(?:e|es|ed) (?:to|that) ; voted (?:to|that) ; due to be ; scheduled ; about to ; going to ; agree[sd]? to
    ; contemplat\w+ ; envisag\w+ ; target(?:s|ed)? ; expected to ; supposed to ; meant to ; ready to ; hope(?:s|d)?
    to ; option(?:s)? (?:to|of|is|was|[a-z0-9]:) ; consider(?:s|ed|ing)? \w+ing ; threaten\w* ; ought to ; pending ;
    is to ; are to ; was to ; were to ; to be \w+ed ; moved that ; motion (?:to|that|by|for) ; tabled ; deferred ;
    postponed ; adjourned ; negotiat\w+ ; discuss(?:ed|ing)? (?:whether|a|the possibility) ; possibility ; if
    approved ; subject to approval
    """
)
REQUESTED = any_of(
    r"""
    ask(?:s|ed|ing)? ; request\w* ; urg(?:e|es|ed|ing) ; invit(?:e|es|ed|ing|ation) ; order(?:s|ed)?(?= \w+ to|
    that| the \w+ to| him| her| them) ; instruct\w* ; recommend\w* ; advis(?:e|es|ed) ; demand\w* ;
    appl(?:y|ies|ied) for ; application (?:for|to) ; call(?:s|ed)? (?:for|on|upon) ; direct(?:s|ed)(?= \w+ to) ;
    suggest\w* that \w+ should ; encourag\w+ ; appeal(?:s|ed)? (?:for|to) ; petition\w* ; claim(?:s|ed)?
    (?:damages|compensation|for) ; sue[ds]? for ; told (?:\w+ ){1,3}to
    """
)
NOT_DONE = any_of(
    r"""
    fail(?:s|ed|ing|ure)? to ; refus(?:e|es|ed|al|ing) ; declin(?:e|es|ed|ing)(?= to| the| an?) ; forg[eo]t(?:ten)?
    to ; neglect(?:s|ed)? to ; omit(?:s|ted)? to ; avoid\w* ; prevent\w* ; unable ; unwilling ; stop(?:s|ped)?
    \w+ing ; ceas(?:e|es|ed) to ; reject\w* ; withdr[ae]w\w* ; cancel\w* ; almost ; nearly ; hardly ; barely ;
    scarcely ; lack(?:s|ed|ing)? ; absence of ; short of ; without ; abandon\w* ; revoke\w* ; rescind\w* ;
    block(?:s|ed) ; too \w+ to ; far from ; no longer ; never ; overturned ; quashed ; dismissed ; fail(?:s|ed) ;
    unsuccessful\w* ; miss(?:es|ed)? ; drop(?:s|ped) ; free (?:of|from)
    """
)
COUNTERFACTUAL = any_of(
    r"""
    would(?:n't| not)? have ; could(?:n't| not)? have ; should(?:n't| not)? have ; had (?:it|he|she|they|the \w+)
    (?:not )?\w+ed ; were (?:it|he|she|they) to ; if only ; as if ; as though ; hypothetical\w* ; for example ; for
    instance ; e\.g ; such as ; example ; imagine ; say,
    """
)
SUPERSEDED = any_of(
    r"""
    draft\w* ; superseded ; former(?:ly)? ; previous(?:ly)? ; original(?:ly)? ; initial(?:ly)? ; used to ; no longer
    ; until (?:then|recently) ; earlier ; prior version ; was to be ; were to be ; at first ; replaced ; amended
    from ; instead of ; rather than ; unsigned ; not (?:yet )?signed ; template ; once was ; old ; then[- ] ; since
    been ; provisional\w* ; outdated ; obsolete ; reduced from ; increased from ; changed from ; raised from ;
    lowered from ; cut from ; up from ; down from
    """
)
CONDITIONAL = any_of(
    r"""
    if ; unless ; provided(?: that)? ; in (?:the )?(?:event|case)(?: of| that)? ; as long as ; so long as ; on
    condition ; conditional\w* ; subject to ; contingent ; assuming ; only
    (?:with|if|when|after|upon|where|on|by|in|for|to) ; with (?:\w+(?:'s)?
    ){0,5}(?:consent|approval|permission|agreement|authori[sz]ation) ; without (?:\w+(?:'s)?
    ){0,5}(?:consent|approval|permission|agreement|authori[sz]ation) ; (?:consent|approval|permission) of ; agrees?
    in writing ; prerequisite ; precondition ; requires? (?:\w+(?:'s)? ){0,4}(?:consent|approval|permission) ;
    entitles? ; should (?:the|any|it|a)(?= \w+ \w+) ; whether ; except ; save ; otherwise ; where
    (?=the|a|any|it|such|there|no) ; to the extent ; wherever ; whenever ; depend(?:s|ing) on ; once
    (?=the|a|it|all|he|she|they)
    """
)
EXCEPTED = any_of(
    r"""
    except\w* ; other than ; anything but ; exclud\w+ ; save (?:for|that|as) ; apart from ; aside from ; but for ;
    unless ; with the exception ; exempt\w* ; does not (?:apply|cover|extend|include) ; not covered ; but not
    """
)
PARTIAL = any_of(
    r"""
    some ; several ; many ; most ; much of ; few ; a number of ; majority ; minority ; half(?! past) ; part of ;
    parts of ;
    partly ; partial(?:ly)? ; mainly ; mostly ; largely ; chiefly ; certain ; various ; one of ; two of ; three of ;
    \w+ of (?:the|them|its|his|her|their|our)(?= \w+s\b) ; at times ; sometimes ; often ; usually ; rarely ; seldom
    ; generally ; typically ; occasionally ; normally ; in general ; as a rule ; in part ; substantially ; a little
    ; few of ; not all ; portion ; percentage of ; temporar\w+ ; for now ; so far
    """
)
UNIVERSAL = any_of(
    r"""
    all ; every ; each ; always ; at all times ; entire(?:ly)? ; whole ; complete(?:ly)? ; fully ; wholly ; everyone
    ; everybody ; everything ; everywhere ; at any time ; any ; invariably ; without exception ; in full ;
    total(?:ly)? ; aggregate ; both ; either ; only ; sole(?:ly)? ; exclusive(?:ly)? ; just ; permanent(?:ly)? ;
    forever ; unconditional\w* ; unlimited ; absolute(?:ly)?
    """
)
UNIVERSAL_GROUPS = (
    re.compile(
        "^(?:all|every|each|always|everyone|everybody|everything|everywhere|any|whatever|whoever|invariably|both|either"
        "|at any time|at all times|without exception)$"
    ),
    re.compile(r"^(?:entire(?:ly)?|whole|complete(?:ly)?|fully|wholly|in full|total(?:ly)?|aggregate)$"),
    re.compile(r"^(?:only|sole(?:ly)?|exclusive(?:ly)?|just)$"),
    re.compile(r"^(?:permanent(?:ly)?|forever|unconditional\w*|unlimited|absolute(?:ly)?)$"),
)
NONE = any_of(r"neither ; none ; nobody ; nothing ; no ; nor ; nowhere ; not ; never ; cannot ; \w+n't")
CAUSE = any_of(
    r"""
    br(?:ings?|ought) about ; g[ai]ves? rise ; contribut\w+ to ; the reason ; driven by ; stemm\w+ from ; because(?:
    of)? ; caus(?:e|es|ed|ing) ; due to ; led to ; leads to ; as a result(?: of)? ; result(?:s|ed|ing) (?:in|from) ;
    owing to ; therefore ; thus ; so that ; consequently ; hence ; thanks to ; on account of ; since
    (?=the|he|she|it|they) ; by reason of ; attribut\w+ ; for this reason ; in response to ; prompted ; triggered ;
    in order to
    """
)
CAUSE_LOOSE = re.compile(r"\b(?:as|for|since) (?:it|he|she|they|we|i|the|its|his|her|their|no|there)\b|,? so\b", re.I)
"""What may say why, too: enough in the span where a claim says "because", not enough in a claim to need a cause."""
NO_DUTY = any_of(
    r"""
    no (?:obligation|duty|need|requirement) ; not (?:be )?(?:obliged|required|bound|obligated) ; need not ;
    (?:do|does|did) not (?:have|need) to ; not (?:have|need) to ; without (?:obligation|being required) ; not
    mandatory ; optional
    """
)
EFFORT = any_of(
    r"""
    endeavou?r\w* ; efforts? ; reasonable steps ; strive\w* ; attempt\w* ; try ; tries ; tried ; trying ; seek ;
    seeks ; aims? to
    """
)
HABIT = any_of(
    r"""
    practice of ; habit\w* ; regular(?:ly)? ; routine(?:ly)? ; usual(?:ly)? ; customar\w+ ; frequent(?:ly)? ; often
    ; repeated(?:ly)? ; always ; constant(?:ly)? ; consistent(?:ly)? ; every (?:day|week|month|year|time) ; daily ;
    weekly ; monthly ; annual(?:ly)? ; each (?:day|week|month|year|time) ; used to ; would (?:often|always|usually)
    ; generally ; typically ; normally ; (?:several|many|multiple|numerous|\d+) (?:times|occasions) ; twice ; yearly
    ; ongoing ; whenever ; wherever
    """
)
UNPERCEIVED = re.compile(
    r"\b(?:not|never|n't|no one|nobody|cannot|unable to) (?:\w+ )?(?:see|saw|seen|notice\w*|hear\w*|observe\w*"
    r"|recall\w*|remember\w*|find|found|know|knew|aware|detect\w*|witness\w*|identify|identified|locate\w*)\b"
    r"|\b(?:unaware|no (?:record|recollection|knowledge|memory|sign|trace|indication|suggestion|complaint)s?)\b"
    r"|\bnothing (?:came|has come) to (?:\w+ )?(?:attention|notice)\b",
    re.IGNORECASE,
)
"""What was not perceived or recorded may have been all the same."""
NOT_ALL = any_of(
    r"not (?:all|every|each|both|everyone|everybody|everything|always|entirely|wholly|fully|only) ; not necessarily"
)
NONE_AT_ALL = any_of(r"no ; none ; neither ; nobody ; nothing ; no one ; never ; at all ; not any ; not one ; in no")
SUPERLATIVE = any_of(
    r"""
    largest ; biggest ; smallest ; highest ; lowest ; greatest ; longest ; shortest ; oldest ; newest ; youngest ;
    earliest ; latest ; best ; worst ; fewest ; least (?!one|two|three|\d) ; most (?:\w+ly
    )?(?!of\b|the\b|likely\b)[a-z]{4,} ; first[- ]ever ; unprecedented ; unique(?:ly)? ; foremost ; cheapest ;
    fastest ; strongest
    """
)
COMPARATIVE = any_of(
    r"""
    more ; less ; fewer ; worse ; better ; than ; compared ; comparison ; relative(?:ly)? to ; as \w+ as ; \w+er
    than ; larger ; smaller ; higher ; lower ; greater ; longer ; shorter ; older ; newer ; earlier ; later ;
    exceed\w* ; outnumber\w* ; ahead of ; behind ; above ; below ; over ; under ; beyond ; unlike ; prefer\w* ;
    rather ; decreas\w* ; increas\w* ; rose ; fell ; grew ; gr[eo]wn? ; declin\w* ; doubl\w*
    """
)
FORBIDDING = any_of(
    r"""
    prohibit\w* ; forbid\w* ; forbade ; ban(?:s|ned)? ; bar(?:s|red)(?= from) ; not (?:be
    )?(?:permitted|allowed|entitled|authori[sz]ed) ; unlawful\w* ; illegal\w* ; disallow\w* ; preclud\w+ ; off
    limits ; void ; refrain\w* ; no (?:right|entitlement|permission|authority) ; (?:not|no longer) free to
    """
)

MODAL_KINDS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "must",
        any_of(
            r"""
    shall ; must ; required ; requires ; obliged ; obligat(?:ed|ion) ; has to ; have to ; had to ; needs? to ;
    mandatory ; duty ; bound to ; agrees to ; undertakes to ; covenants? ; due(?! to) ; payable ; owed? ; owes ;
    necessary
    ; ought
    """
        ),
    ),
    (
        "may",
        any_of(
            r"""
    may ; can ; permitted ; permits? ; permission ; entitled ; entitles ; entitlement ; allowed ; allows? ; right to ;
    rights? (?:of|is|are) ; authori[sz]ed ; free to ; (?:is|are|be) open to ; at liberty ; discretion ; at
    (?:its|his|her|their) (?:option|choice|discretion) ; option(?:al|ally)? ; able to ; could ; might ; possible
    """
        ),
    ),
    (
        "should",
        any_of(
            r"""
    should ; recommended ; advisable ; encouraged ; endeavou?rs? ; efforts ; reasonable steps ; best efforts ; try
    to ; strive ; aims? to
    """
        ),
    ),
    ("will", any_of(r"will ; would ; going to ; expects? to ; plans? to ; intends? to ; 'll")),
)
PAST = re.compile(
    r"\b(?:was|were|had|did|has|have|been|went|took|gave|made|came|saw|knew|paid|sold|sent|bought|held"
    r"|kept|left|lost|met|ran|told|won|wrote|began|broke|brought|built|fell|found|got|grew|led|rose"
    r"|spent|stood|thought|understood|withdrew|became|chose|drew|fought|forbade|heard|laid|lent|meant"
    r"|read|said|sought|shown|spoke|taught"
    r"|[a-z]{3,}(?<!ne)ed)\b",
    re.IGNORECASE,
)
PARTICIPLE_BE = re.compile(
    r"\b(?:is|are|be|being|'s|'re)\s+(?:\w+ly\s+)?(?:not\s+)?[a-z]+(?:ed|en|wn|ght|ld|de|id|nt|ut|nd|ne|pt)\b",
    re.IGNORECASE,
)
WHETHER = re.compile(
    r"\b(?:question|issue|doubt\w*|unclear|uncertain|unknown|decide[sd]?|asked?|wonder\w*|see|remains?)"
    r" (?:is |was |as to |remains )?(?:whether|if)\b",
    re.IGNORECASE,
)
QUESTION = re.compile(r"\?\W*$")


CONCESSION = any_of(
    r"""
    although ; though ; despite ; in spite of ; regardless ; nevertheless ; nonetheless ; notwithstanding ; even
    (?:if|though)
    """
)

BOUND_WORDS = any_of(
    r"""
    no(?:t)? (?:less|fewer|more|later|earlier|longer|greater|lower) than ; at (?:the )?(?:least|most) ; up to ; more
    than ; less than ; only
    """
)


ONLY = any_of(r"only ; solely ; sole ; exclusive(?:ly)? ; just")
RESTRICTED = any_of(
    r"""
    none but ; nobody but ; not .{0,60} (?:no|not|cannot|may not|never) ; only ; solely ; sole ; exclusive(?:ly)? ;
    just ; limited to ; restricted to ; no (?:other|one|more) ; nothing ; unless ; except\w* ; if
    """
)


MONTHLY = re.compile(
    r"\ban? (?:day|week|month|quarter|year|hour)\b|\bper \w+\b|\b(?:dai|week|month|quarter|year|annual|hour)ly\b", re.I
)


CLOSED_CLASSES = """
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
CLASS_OF = {word: number for number, group in enumerate(CLOSED_CLASSES.split(",")) for word in group.split()}

PLANNED_LOOSE = any_of(r"plan\w* ; intended ; future ; upcoming ; would")
RECIPROCAL = any_of(
    r"each other\w* ; one another\w* ; mutual(?:ly)? ; reciprocal(?:ly)? ; both ; the other's ; (?:either|each) party"
)
OFFERED = any_of(r"offer(?:s|ed|ing)? ; propos(?:e|es|ed|al) ; invit\w* ; tender(?:s|ed)? ; quot(?:es|ed|ation)")
TAKEN_UP = any_of(
    r"accept\w* ; agreed ; took ; taken ; sign(?:s|ed) ; receiv\w* ; got ; obtained ; entered into ; paid ; bought"
)
AGAIN = any_of(
    r"""
    again ; once more ; yet another ; still ; as before ; repeated(?:ly)? ; resum\w+ ; continu(?:e|es|ed) to ; as
    (?:he|she|it|they) had ; another time ; kept \w+ing
    """
)
WITNESSED = any_of(
    r"saw ; sees ; seen ; witness(?:ed|es)? ; watch(?:ed|es) ; observ(?:ed|es) ; heard ; notic(?:ed"
    r"|es) ; eyewitness\w* ; \w+self"
)
LIMITED_TIME = re.compile(
    r"\b(?:for|during) (?:a |the |an )?(?:period of |term of |further |initial |additional )*(?:\w+ )?(?:\(?\d+\)? )?"
    r"(?:days|weeks|months|years|hours)\b|\bduring the (?:term|first|initial)\b|\buntil\b",
    re.IGNORECASE,
)
TIME_SAID = any_of(
    r"day\w* ; week\w* ; month\w* ; year\w* ; hour\w* ; until ; during ; term ; period ; while ; temporar\w+"
)
