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
    (?:radio|phon|text|e-?mail|tweet|post|shout|whisper|signal|cabl|wir|telephon|boast|jok|mus|observ|log|protest|vow|
    guarante|assur|convinc|persuad|remind|speculat|theori[sz])(?:l?ed|e?s)?(?= (?:\w+ )?that) ; alleg\w+ ;
    assert(?:s|ed|ing|ion)? ; contend\w* ; argu(?:e|es|ed|ing|ment) ; claim(?:s|ed|ing)?(?=
    (?:that|to|he|she|it|they)) ; maintain(?:s|ed)? that ; insist\w* ; submit(?:s|ted)? that ; submission ;
    testif\w+ ; testimony ; depos(?:ed|ition) ; swor[en] ; swears? ; said ; says? ; saying ; heard (?:that|of|from)
    ; in the (?:opinion|view|judg(?:e)?ment|words|submission) of ; stat(?:es|ed|ing)(?! of) ; told ; tells? ;
    inform(?:s|ed) ; report(?:s|ed|edly|ing)?(?= (?:that|to|by|having|on)) ; reportedly ; wrote ; writes ;
    mention(?:s|ed) ; remark(?:s|ed) ; comment(?:s|ed)? that ; announc\w+ ; declar(?:es|ed)(?= (?:that|to be)) ;
    notes? that ; noted that ; point(?:s|ed) out ; explain(?:s|ed)? that ; replied ; repl(?:y|ies) ; answer(?:s|ed)?
    that ; recall(?:s|ed) ; according to ; purport\w* ; accus\w+ ; complain\w* ; lied ; lies? that ; made up ;
    invent(?:s|ed) ; fabricat\w+ ; stor(?:y|ies) (?:that|of) ; rumou?r\w* ; hearsay ; (?:in|by|on|to)
    (?:his|her|its|their|my|our|\w+'s) (?:view|opinion|evidence|account|testimony|version|estimate) ; contention ;
    (?:'s|his|her|its|their|the) (?:position|case|contention|account|version) (?:is|was) that ; suggest(?:s|ed|ing)?
    ; conclud(?:e|es|ed|ing) ; predict\w* ; forecast\w* ; warn(?:s|ed) ; imply ; impl(?:ies|ied) ; indicat(?:es|ed)
    that ; acknowledg\w+ ; admit(?:s|ted)? ; confess\w* ; concede\w* ; confirm(?:s|ed)? that ; represent(?:s|ed)?
    that ; quot(?:es|ed)
    """
)
BELIEF = any_of(
    r"""
    believ\w+ ; think ; thinks ; thought ; suppos(?:e|es|ed|ing|edly) ; assum\w+ ; suspect(?:s|ed|ing)?(?! who) ;
    expect(?:s|ed|ing|ation)? ; fear(?:s|ed)? ; hop(?:e|es|ed|ing) ; imagin\w+ ; guess\w* ; feel ; feels ; felt ;
    consider(?:s|ed)?(?= that| the| it| him| her| them) ; understand(?:s|ing)? that ; understood that ; of the
    (?:view|opinion) ; estimat(?:e|es|ed|ion) ; under the impression ; convinced ; doubts? ; doubted ; wonder\w* ;
    presum\w+ ; estimat(?:e|es|ed) that ; dream\w* ; pretend\w* ; regard(?:s|ed) (?:\w+ ){0,3}as
    """
)
HEDGED = any_of(
    r"""
    might ; may (?:have|well|not have) ; may be(?= (?:that|due|because|an?|the|\w+ing|too|more|less|in|on|at)\b) ;
    could(?: well)? (?:have|be|turn|prove|become|lead|cause) ; possibl[ey] ; perhaps ; maybe ; probabl[ey] ; likely
    ; unlikely ; apparent(?:ly)? ; seem\w* ; appear(?:s|ed|ing)? (?:to|that|as) ; it appears ; allegedly ;
    supposedly ; purportedly ; presumably ; seemingly ; arguably ; potential(?:ly)? ; uncertain ; unclear whether ;
    not (?:yet )?(?:known|clear|certain) (?:whether|if) ; conceivably ; tentative(?:ly)? ; suspected ;
    provisional(?:ly)? ; preliminar\w+ ; unconfirmed ; unverified ; as far as
    """
)
DENIED = any_of(
    r"""
    cleared of ; acquitted ; exonerated ; innocent of ; den(?:y|ies|ied|ying|ial) ; refut\w+ ; disput\w+ ;
    disavow\w* ; contradict\w* ; not true ; untrue ; false(?:ly)?
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
    resolv(?:e|es|ed) (?:to|that) ; voted (?:to|that) ; agree[sd]? to ; contemplat\w+ ; envisag\w+ ; target(?:s|ed)?
    ; expected to ; supposed to ; meant to ; ready to ; hope(?:s|d)? to ; slated ; option(?:s)?
    (?:to|of|is|was|[a-z0-9]:) ; consider(?:s|ed|ing)? \w+ing ; threaten\w* ; ought to ; pending ; was to ; were to
    ; moved that ; motion (?:to|that|by|for) ; tabled ; deferred ; postponed ; adjourned ; negotiat\w+ ;
    discuss(?:ed|ing)? (?:whether|a|the possibility) ; possibility ; if approved ; subject to approval
    """
)
MOVED = any_of(r"moved that")
"""What a motion asks for, which its meeting may or may not do."""
MOVED_SAID = any_of(
    r"""
    moved ; motion (?:to|that|for) ; propos\w+ ; suggest\w* ; ask(?:s|ed) (?:that|for) ; call(?:s|ed) (?:for|on|upon)
    ; want(?:s|ed) ; resolution (?:to|that) ; put forward ; should
    """
)
REQUESTED = any_of(
    r"""
    ask(?:s|ed|ing)? ; request\w* ; urg(?:e|es|ed|ing) ; invit(?:e|es|ed|ing|ation) ; order(?:s|ed)?(?= \w+ to|
    that| the \w+ to| him| her| them| by (?:\w+ ){1,4}?to) ; instruct\w* ; recommend\w* ; advis(?:e|es|ed) ; demand\w* ;
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
    scarcely ; lack(?:s|ed|ing)? ; absence of ; short of ;
    without(?! delay| exception| doubt| further ado| prejudice) ; abandon\w* ; revoke\w* ; rescind\w* ;
    next to(?= (?:nothing|impossible|empty|full|certain|dead|\w+(?:less|able|ible|ful|ous)))
    ; nigh on ; just about ; as good as ; verging on ; bordering on ; (?:on the )?(?:verge|brink|point) of ;
    little short of ; block(?:s|ed) ; too \w+ to ; far from ; no longer ; never ; overturned ; quashed ; dismissed ;
    fail(?:s|ed) ;
    unsuccessful\w* ; miss(?:es|ed)? ; drop(?:s|ped) ; free (?:of|from)
    """
)
COUNTERFACTUAL = any_of(
    r"""
    would(?:n't| not)? have(?=
    (?:been|\w+ed|\w+en|\w+wn|\w+ght|gone|made|paid|sold|had|done|won|lost|kept|come|become|held|left|met|told|built|found|got|heard|led|meant|read|said|sent|stood|understood|cut|put|set|let|hit|cost|shut|risen)\b)
    ; could(?:n't| not)? have ; should(?:n't| not)? have ; had (?:it|he|she|they|the \w+) (?:not )?\w+ed ; were
    (?:it|he|she|they) to ; if only ; as if ; as though ; hypothetical\w* ; for example ; for instance ; e\.g ; such
    as ; example ; imagine ; say,
    """
)
SUPERSEDED = any_of(
    r"""
    draft\w* ; superseded ; former(?:ly)? ; previous(?:ly)? ; original(?:ly)? ; initial(?:ly)? ; used to ; no longer
    ; until (?:then|recently) ; prior version ; (?:earlier|old)
    (?:version|draft|agreement|statement|figure|price|rate|offer|
    letter|contract|lease|plan|policy|rules?|address|name|owner) ; was to be ; were to be ; at first ; replaced ;
    amended from ; instead of ; rather than ; unsigned ; not (?:yet )?signed ; template ; once was ; then[- ] ;
    since been ; provisional\w* ; outdated ; obsolete ; reduced from ; increased from ; changed from ; raised from ;
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
    in writing ; prerequisite ; precondition ; (?:requires?|needs?|must have) (?:\w+(?:'s)?
    ){0,4}(?:consent|approval|permission|agreement|authori[sz]ation|instructions?|notice|signature) ;
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
    some ; several ; many ; most ; much of ; few ; a number of ; majority ; minority ; half(?!-| past| ?time) ; part
    of ; \d+ ?(?:%|per ?cent) ; (?:quarter|third|fifth|tenth)s? of ; parts of ; partly ; partial(?:ly)? ; mainly ;
    mostly ; largely ; chiefly ; certain(?= \w+s\b) ; various ; one of ; two of ; three of ;
    (?:\d+|three|four|five|six|seven|eight|nine|ten|\w+teen|\w+ty|dozens|hundreds|thousands) of
    (?:the|them|its|his|her|their|our|these|those) ; at times ; sometimes ; often ; usually ; rarely ; seldom ;
    generally ; typically ; occasionally ; normally ; in general ; as a rule ; in part ; substantially ; a little ;
    few of ; not all ; portion ; percentage of ; temporar\w+ ; for now ; so far
    """
)
UNIVERSAL = any_of(
    r"""
    all ; every ; each ; always ; at all times ; entire(?:ly)? ; whole ; complete(?:ly)? ; fully ; wholly ; everyone
    ; everybody ; everything ; everywhere ; at any time ; any ; invariably ; without exception ; in full ;
    total(?:ly)? ; aggregate ; both ; either ; only ; sole(?:ly)? ; exclusive(?:ly)? ; just ; permanent(?:ly)? ;
    forever ; unconditional\w* ; unlimited ; absolute(?:ly)? ; unanimous(?:ly)? ; whatever ; whoever ; however
    (?:many|much|long) ; no matter ; regardless ; throughout ; across the ; all over
    """
)
UNIVERSAL_GROUPS = (
    re.compile(
        "^(?:all|every|each|everyone|everybody|everything|everywhere|any|whatever|whoever|both|either"
        "|unanimous(?:ly)?)$"
    ),
    re.compile(
        r"^(?:entire(?:ly)?|whole|complete(?:ly)?|fully|wholly|in full|total(?:ly)?|aggregate|throughout|across the"
        r"|all over|always|invariably|at any time|at all times|without exception)$"
    ),
    re.compile(r"^(?:however (?:many|much|long)|no matter|regardless)$"),
    re.compile(r"^(?:only|sole(?:ly)?|exclusive(?:ly)?|just)$"),
    re.compile(r"^(?:permanent(?:ly)?|forever|unconditional\w*|unlimited|absolute(?:ly)?)$"),
)
NONE = any_of(r"neither ; none ; nobody ; nothing ; no ; nor ; nowhere ; not ; never ; cannot ; \w+n't")
CAUSE = any_of(
    r"""
    push(?:es|ed) (?:up|down) ; dr[oi]ve[ns]? (?:up|down) ; br(?:ings?|ought) about ; g[ai]ves? rise ; contribut\w+
    to ; the reason ; driven by ; stemm\w+ from ; because(?: of)? ; caus(?:e|es|ed|ing) ; due to ; led to ; leads to
    ; as a result(?: of)? ; result(?:s|ed|ing) (?:in|from) ; owing to ; therefore ; thus ; so that ; consequently ;
    hence ; thanks to ; on account of ; since (?=the|he|she|it|they) ; by reason of ; attribut\w+ ; for this reason
    ; in response to ; prompted ; triggered ; in order to
    """
)
CAUSE_LOOSE = re.compile(
    r"\bfor (?:want|lack|repeated|failing|failure|reasons?|being|having|breach)\b"
    r"|\b(?:as|for|since) (?:it|he|she|they|we|i|the|its|his|her|their|no|there)\b|,? so\b",
    re.I,
)
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
    r"|\b(?:unaware|no (?:record|recollection|knowledge|memory|sign|trace|indication|suggestion|complaint"
    r"|evidence|proof)s?)\b"
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
    earliest ; (?<!at the )latest ; best ; worst ; fewest ; (?<!at )(?<!at the )least ; most (?:\w+ly
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
    prohibit\w* ; forbid\w* ; forbade ; ban(?:s|ned)? ; bars(?= \w+ from) ; barred ; not (?:be
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
    ; ought ; (?:is|are) to ; responsible for ; liable ; borne ; for the account of ; for (?:the )?\w+'s account ;
    at (?:the )?\w+(?:'s)? (?:own )?(?:expense|cost|risk) ; accrues?
    """
        ),
    ),
    (
        "may",
        any_of(
            r"""
    may ; can ; permitted ; permits? ; permission ; entitled ; entitles ; entitlement ; allowed ; allows? ; right to
    ; rights? (?:of|is|are) ; authori[sz]ed ; free to ; (?:is|are|be) open to ; at liberty ; discretion ; at
    (?:its|his|her|their) (?:option|choice|discretion) ; left to ; to decide ; enough (?:to|for) ; suffic(?:es|ient)
    ; available to ; option(?:al|ally)? ; able to ; could ; might ; possible
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
    just ; limited to ; restricted to ; no (?:other|one|more) ; nothing ; unless ; except\w* ; other than ; alone ;
    single ; requires? ; required ; needs? ; must ; prerequisite ; condition ; until ; where ; if (?:\w+
    ){1,8}?(?:not|agrees?|consents?)
    """
)


MONTHLY = re.compile(
    r"\ban? (?:day|week|month|quarter|year|hour)\b|\bper \w+\b|\b(?:dai|week|month|quarter|year|annual|hour)ly\b", re.I
)


CLOSED_CLASSES = """
    if, unless; because since, although though despite regardless; and, or, but except; before until prior, after since
    following, during while; earlier, later; above over, below; for, against; to, from; into, out; more, less fewer;
    daily, weekly, monthly, quarterly, annually yearly, hourly; day days, week weeks, month months, quarter quarters,
    year years, hour hours, minute minutes, second seconds; dollar dollars, euro euros, pound pounds, yen; mile miles,
    kilometre kilometres, metre metres, foot feet; tonne tonnes, ton tons, kilogram kilograms; litre litres, gallon
    gallons; he, she, they, i, we, you; his, her, their, my, our, your; who, whom; first, last; north, south, east,
    west; left, right; up, down; internal, external; domestic, foreign; directly, indirectly; jointly, severally
    separately;
    exclusive, non-exclusive nonexclusive; always, never, often, sometimes; some, all, none; may can could might,
    must shall will, should; able, unable
"""
"""Words of which a sentence has one or another; "," parts those that differ, ";" the sets that are not comparable."""
CLASS_OF = {
    word: (number, member)
    for number, group in enumerate(CLOSED_CLASSES.split(";"))
    for member, alike in enumerate(group.split(","))
    for word in alike.split()
}

PLANNED_LOOSE = any_of(r"plan\w* ; intended ; future ; upcoming ; would")
RECIPROCAL = any_of(
    r"each other\w* ; one another\w* ; mutual(?:ly)? ; reciprocal(?:ly)? ; the other's ; (?:either|each) party"
)
OFFERED = any_of(r"offer(?:s|ed|ing)? ; propos(?:e|es|ed|al) ; invit\w* ; tender(?:s|ed)? ; quot(?:es|ed|ation)")
TAKEN_UP = any_of(
    r"accept\w* ; agreed ; took ; taken ; sign(?:s|ed) ; receiv\w* ; got ; obtained ; entered into ; paid ; bought"
)
PENDING = any_of(
    r"""
    deferred ; tabled ; postponed ; adjourned ; agreed to discuss ; await(?:s|ed|ing)? ; for (?:a )?decision ;
    pending ; under review ; not yet ; remains to be ; to be decided ; under consideration ; subject to
    (?:approval|contract) ; undecided ; still open ; in draft ; for consultation ; (?:has|have) yet to
    """
)
NOT_OVER = any_of(
    r"""
    defer\w* ; tabl\w+ ; postpon\w+ ; adjourn\w* ; discuss\w* ; await\w* ; decision ; pending ; review\w* ; yet ;
    still ; to be ; consider\w* ; subject to ; undecided ; open ; draft ; consult\w* ; will ; may ; might ; could ;
    would ; offer\w* ; propos\w+ ; put off ; delay\w* ; later ; next ; wait\w* ; plan(?:ned|ning|s? to)
    """
)
UNTIL_THEN = re.compile(
    r"\buntil\s+(?:\w+\s+){0,3}(?:\d{4}|january|february|march|april|may|june|july|august"
    r"|september|october|november|december|last|then|recently)\b",
    re.IGNORECASE,
)
ENDED = any_of(
    r"""
    until ; till ; to ; was ; were ; had ; before ; former(?:ly)? ; previous(?:ly)? ; ex ; when ; succe\w+ ;
    replac\w+ ; left ; ended ; resign\w* ; stepp\w+ ; gave up ; took over ; used to
    """
)
REMAINS = any_of(r"remain(?:s|ed)? ; stays? ; stayed ; kept ; keeps? ; yet ; so far ; until now ; continu\w+")
FUTURE = any_of(r"going to ; due to be ; scheduled ; about to ; (?:is|are) to(?: be)?")
"""What is to come by arrangement, which "will" and "must" say as well."""
COMING = any_of(
    r"""
    will ; shall ; must ; ha(?:s|ve) to ; going to ; due ; scheduled ; about to ; (?:is|are) to ; plan\w* ;
    intend\w* ; slated ; required ; obliged ; needs? to ; expected ; upcoming ; next
    """
)
SILENT = re.compile(
    r"\b(?:does|did|do) not (?:mention|say|state|record|address|refer to|report|specify)\b|\bsilent\b"
    r"|\bmakes? no (?:mention|reference)\b|\bmade no (?:mention|reference)\b",
    re.IGNORECASE,
)
SILENT_SAID = re.compile(
    r"\b(?:not?|never|without|nothing)\b.{0,30}\b(?:mention|sa(?:y|id)|stat|record|address|refer|report|specif|tell|told)\w*"
    r"|\bsilent\b|\bsilence\b|\bunmentioned\b|\bomit\w*|\bleaves? (?:it )?(?:open|out)\b|\blacks?\b",
    re.IGNORECASE,
)
NOT_BOTH = re.compile(
    r"\b(?:not|never|no|n't)\b.{0,80}\b(?:together|both|at the same time|simultaneously|at once|in combination)\b",
    re.IGNORECASE,
)
BOTH_SAID = any_of(
    r"""
    together ; both ; at the same time ; simultaneously ; at once ; combin\w+ ; as well ; one or the other ;
    alongside
    """
)
AGAIN = any_of(
    r"""
    again ; once more ; yet another ; still ; as before ; repeated(?:ly)? ; resum\w+ ; continu(?:e|es|ed) to ; as
    (?:he|she|it|they) had ; another time ; kept \w+ing
    """
)
WITNESSED = any_of(
    r"saw ; sees ; seen ; witness(?:ed|es)? ; watch(?:ed|es) ; observ(?:ed|es) ; heard ; notic(?:ed"
    r"|es) ; eyewitness\w* ; (?:he|she|i|they|we) \w+sel(?:f|ves)"
)
LIMITED_TIME = re.compile(
    r"\b(?:for|during) (?:a |the |an )?(?:period of |term of |further |initial |additional )*(?:\w+ )?(?:\(?\d+\)? )?"
    r"(?:days|weeks|months|years|hours)\b|\bduring the (?:term|first|initial)\b|\buntil\b",
    re.IGNORECASE,
)
TIME_SAID = any_of(
    r"""
    day\w* ; week\w* ; month\w* ; year\w* ; hour\w* ; until ; during ; term ; period ; while ; temporar\w+ ; up to ;
    till ; as long as
    """
)
