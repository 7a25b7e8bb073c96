"""Sentence spans of legal and ordinary text, exact to the character.

``spans(text)`` gives ``[start, end)`` pairs in order, none overlapping, none with white space at
either end, and together holding every character that is not white space. A sentence that is wrapped
over several lines is one span; a heading, a list item and a paragraph never share one.

The rules are written out rather than taken from a library because none that was tried does better on filed documents,
which are full of stops that end nothing ("Sec. 4.2(b)", "Smith v. Jones", "am 3. März", "z. B."). In 20 CUAD
contracts 780 boundaries are the same by nupunkt 0.8.0; 82 are nupunkt's alone, of which 22 of a sample of 25 are
wrong (most stand after a clause's number), and 20 are these rules' alone, 8 of them wrong. On the texts of
``tests/text/test_sentences.py``, which these rules were fitted to, nupunkt makes 31 mistakes, pysbd 0.3.4 24, syntok
1.4.4 36. Text is cut into paragraphs here in any case: hard-wrapped lines, which those libraries take for paragraphs,
are the normal case.

`SentenceStream` takes text that is still being written, piece by piece, and gives out its sentences as they are whole.
Special tokens, ``**``, bullets and a label such as "Answer:" are left out. What comes out depends on the text alone,
never on where one piece of it stopped and the next began.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from hybrid.text import quoted_mails
from hybrid.text.lexicon import STOPWORDS, vocabulary
from hybrid.text.values import MONTHS

MAX_CHARS = 600
"""A longer "sentence" (a contract's paragraph of clauses) is cut at clause boundaries. About four
lines of print: the longest that reads as a quote. A matter of display, not measured."""


_ABBREVIATIONS = vocabulary(
    """
    a.m p.m al apr arts assn aug ave bldg blvd bros ca capt cf cir civ cl cls cmt co col corp crim ct dec dept dist
    div dr ed eds e.g esq est et etc ex exh exhs f.2d f.3d feb fed fig figs gen gov hon i.e id inc jan jr jul jun lt
    ltd mar messrs misc mo mr mrs ms mt n.b nos nov oct op p par para paras pg ph.d pp pres prof pt pub pty reg rep
    rev sched sec secs sen sep sept sess seq sgt sr st stat subch subd subdiv supp u.k u.n u.s u.s.a u.s.c v viz vol
    vols vs abb anl anm aufl az bde bzgl bzw einschl evtl exkl ggf hrn hrsg inkl insb jhd mio mrd mwst nrn rdnr sog
    vgl zit zzgl d.h u.a z.b approx az bspw beschl ca gem gez geb ggü hs lfd rspr tsd urt zz i.v i.a p.a o.ä u.ä fa
    """
)
_BEFORE_NUMBER = vocabulary("abs art bd gem kap lit max min no nr rn rz str tel ziff")
"""Abbreviations only before a number, a paragraph sign or another abbreviation: "a work of art." ends a sentence."""
_MAY_END = vocabulary("a.m p.m assn bldg co corp esq etc inc jr ltd ph.d pty seq sr u.k u.n u.s u.s.a u.s.c")
"""Abbreviations that often stand at the end of a sentence: a following sentence opener decides."""

_OPENERS = vocabulary(
    """
    a after all although an and any as at both but by each either every for from he her his how however if in it its
    neither no nor notwithstanding on our she should since such that the their there these they this those to under
    unless until upon we what when where while who why with you your
    """
)
_SELDOM_NAMES = _OPENERS | STOPWORDS | vocabulary("nobody nothing none never no not one somebody someone everybody")
_THING_BEFORE = re.compile(
    r"\b(?i:unit|block|bay|room|tank|pen|pond|gate|building|house|hall|shed|barn|plot|field|ward|wing|zone|sector|line"
    r"|platform|annex|appendix|schedule|exhibit|part|section|group|team|class|type|grade|category|phase|option|plan|site"
    r"|lot|store|shop|hangar|dock|berth|quay|pit|shaft|kiln|vat|silo|boiler|pump|panel|version|series)\s+$"
)
"""A thing that a letter tells from others of its kind, whatever word follows: "on call for Unit C. I was paid"."""
_COMMON_BEFORE = re.compile(r"(?:^|\s)(?!(?:and|or|by|of|to|for|from|with|the|a|an|von|und|der|die)\s)[a-z]{3,}\s+$")
"""A common noun before a letter that tells things of one kind apart, and is no initial: "block C"."""
CJK_STOPS, CJK_CLOSING = "。！？｡", "」』”’）)〕】"
"""Chinese and Japanese stops, full-width and half-width, and what may close a quotation or a bracket after one."""
SPACED_STOPS = "؟۔।"
"""The Arabic question mark, the Urdu full stop and the Hindi danda, after which a space follows."""
_STOP = re.compile(rf"""[.!?{SPACED_STOPS}]+['"”’)\]]*(?=\s)|[{CJK_STOPS}]+(?P<close>[{CJK_CLOSING}]*)""")
_GOES_ON = re.compile(r"[\u3041-\u309f]")  # hiragana after a closing quotation mark: 「終わった。」と言った
_WORD_BEFORE = re.compile(r"[\w.&'’-]+$")
_NEXT_WORD = re.compile(r"""\s+["“‘'(\[*_]*[§¶$€£¥#№]*\s*([^\W_]+)""")
_LABEL_NEXT = re.compile(r"""\s+(?:\([a-zA-Z0-9]{1,4}\)|[a-uw-z]\.)\s+["“]?[A-Z]""")  # not the "v." of a case's name
_LETTER_BEFORE = re.compile(r"(?:^|[\s(])[^\W\d_]\.\s$|(?:[;:]|\s)\s+$")  # the "z. " of "z. B.", the ";" of "; b. Pay"
_LETTER_NEXT = re.compile(r"\s[^\W\d_]\.")
_GERMAN_ORDINAL = re.compile(
    r"\b(?:am|vom|zum|zur|bis|der|die|den|dem|des|das|im|ab|seit|beim|jede[mnrs]?|und)\s+$", re.IGNORECASE
)
_MARKER = re.compile(
    r"""[ \t]*(?:
        [-*•·–—▪◦●o]\s
      | \(?(?:\d{1,3}|[a-zA-Z]|[ivxlIVXL]{1,6})\)\s?
      | (?:\d{1,3}\.)+\d{0,3}(?:\([a-zA-Z0-9]{1,4}\))*\s
      | \d{1,3}\.\d{1,3}\S*\s
      | [a-zA-Z]\.\s
      | (?:ARTICLE|Article|SECTION|Section|Sec\.|EXHIBIT|Exhibit|SCHEDULE|Schedule|ANNEX|Annex)\s+[\dIVXLA-Z]+\b
    )""",
    re.VERBOSE,
)
_SALUTATION = re.compile(
    r"(?:(?:Dear|Hi|Hello|Hey|Good \w+) (?:[A-Z][\w.’'-]*,? ?(?:and |& )?){1,5}|[A-Z][a-z][\w’'-]*),"
)
_REFERENCE_AT_END = re.compile(
    r"(?:\b(?:sections?|sec\.|articles?|no\.|exhibit|schedule|clause|of|and|or|in|to)|,)\s*$", re.IGNORECASE
)
_CLAUSE_BREAKS = (
    re.compile(r";\s+(?:and\s+|or\s+)?"),
    re.compile(r":\s+"),
    re.compile(r",\s+(?=(?:and|or|but|provided|except|unless|which|where)\b)"),
    re.compile(r",\s+"),
    re.compile(r"\s+"),
)


def spans(text: str, max_chars: int = MAX_CHARS) -> list[tuple[int, int]]:
    """The sentences of ``text`` as ``[start, end)`` character offsets, in order.

    Example:
        >>> spans("Acme, Inc. signed. It pays\\nthe fee to No. 5 Bank.")
        [(0, 18), (19, 49)]
    """
    return list(_of_paragraphs(text, _paragraphs(text), max_chars))


def first_span(text: str) -> tuple[int, int] | None:
    """The first of the `spans` of ``text``, without looking for the others."""
    return next(_of_paragraphs(text, _paragraphs(text)), None)


def last_span(text: str) -> tuple[int, int] | None:
    """The last of the `spans` of ``text``; what stands before its last blank line is looked at for the width alone."""
    end = len(text.rstrip())
    found = [*_of_paragraphs(text, _paragraphs(text, max(0, text.rfind("\n\n", 0, end))))]
    return found[-1] if found else None


def _of_paragraphs(
    text: str, paragraphs: Iterable[tuple[int, int]], max_chars: int = MAX_CHARS
) -> Iterator[tuple[int, int]]:
    for start, end in paragraphs:
        for first, last in _sentences(text, start, end):
            yield from _capped(text, first, last, max_chars)


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    piece = text[start:end]
    return start + len(piece) - len(piece.lstrip()), end - (len(piece) - len(piece.rstrip()))


def _lines(text: str, start: int = 0) -> Iterator[tuple[int, int]]:
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        yield start, end
        start = end + 1


def _wrap_width(text: str) -> int | None:
    """The width that lines are wrapped at, or ``None`` where each paragraph is one line."""
    widths = sorted(end - start for start, end in _lines(text) if text[start:end].strip())
    if len(widths) < 2:
        return None
    width = widths[int(0.9 * (len(widths) - 1))]
    return width if 30 <= width <= 140 else None


def _paragraphs(text: str, begin: int = 0) -> Iterator[tuple[int, int]]:
    """Runs of lines from ``begin`` that belong together; a blank line, a list marker or a heading starts a new one."""
    width = _wrap_width(text)
    open_start = open_end = -1
    for start, end in _lines(text, begin):
        first, last = _trimmed(text, start, end)
        if first >= last:
            if open_start >= 0:
                yield open_start, open_end
            open_start = -1
            continue
        if open_start >= 0 and not _continues(text, open_start, open_end, first, last, width):
            yield open_start, open_end
            open_start = -1
        if open_start < 0:
            open_start = first
        open_end = last
    if open_start >= 0:
        yield open_start, open_end


def _continues(text: str, open_start: int, open_end: int, first: int, last: int, width: int | None) -> bool:
    """Whether the line ``[first, last)`` goes on with the paragraph that is open."""
    previous = text[text.rfind("\n", 0, open_end) + 1 : open_end]
    line = text[first:last]
    if previous[-1] in ":," or ">" in (previous.lstrip()[0], line[0]):  # few lines: they are looked at closely
        depth, words = quoted_mails.unmarked(previous)
        if quoted_mails.announces(words) or depth != quoted_mails.unmarked(line)[0]:
            return False
        opens = text.rfind("\n", 0, open_end) < open_start or depth
        quoted = quoted_mails.unmarked(line)[1]
        if opens and _SALUTATION.fullmatch(words) and quoted[:1].isupper():
            return False
        if depth and words.strip() and quoted.strip():  # a quoted sentence goes on as any other does
            previous, line = words, quoted
    if _MARKER.match(line):
        return _refers_on(previous)
    if line[0].islower():
        return True
    if _is_upper(previous) != _is_upper(line) and len(previous.strip()) < 60 and previous.rstrip()[-1] not in ",;":
        return False  # a heading above its text, or text above a heading
    if previous.rstrip()[-1] in ",;–—-&" and open_end > open_start:
        return True
    return width is not None and len(previous.rstrip()) >= 0.6 * width


def _refers_on(line: str) -> bool:
    """Whether a line ends in words that a number completes ("set out in Section", "and (ii)")."""
    return _REFERENCE_AT_END.search(line) is not None


def _is_upper(line: str) -> bool:
    letters = [letter for letter in line if letter.isalpha()]
    return len(letters) > 2 and sum(letter.isupper() for letter in letters) >= 0.9 * len(letters)


def _sentences(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    first = start
    for stop in _STOP.finditer(text, start, end):
        if stop.end() < end and _ends(text, first, stop, end):
            yield first, stop.end()
            first = _trimmed(text, stop.end(), end)[0]
    if first < end:
        yield first, end


def _ends(text: str, first: int, stop: re.Match[str], end: int) -> bool:
    """Whether the stop ends a sentence that began at ``first``."""
    closing, after = stop["close"], text[stop.end()]
    if closing is not None:  # a Chinese or Japanese stop, which needs no space after it
        return not closing or after.isspace() or not (closing[-1] in "）)〕】" or _GOES_ON.match(after))
    before = _WORD_BEFORE.search(text, first, stop.start())
    word = before.group().lower().lstrip("'’") if before is not None and stop.group()[0] == "." else ""
    preceding = text[first : before.start()] if before is not None else ""
    if len(word) == 1 and (_LETTER_NEXT.match(text, stop.end(), end) or _LETTER_BEFORE.search(preceding)):
        return False  # "z. B.", "i. S. d.", or the "b." of "agreed;   b. Support each other"
    if (preceding or before is None) and word not in _ABBREVIATIONS and _LABEL_NEXT.match(text, stop.end(), end):
        return True
    following = _NEXT_WORD.match(text, stop.end(), end)
    if following is None:
        return True
    next_word = following.group(1)
    if next_word.islower():  # but a name such as "eBay" may open a sentence
        return False
    if not word or before is None:
        return True
    if word in ("f", "ff") and len(next_word) > 1 and next_word.isupper():
        return False  # "§§ 12 ff. BGB"
    if before.start() == first and re.fullmatch(r"[\d.]+|[a-z]|[ivxl]+", word):
        return False  # the number of a clause, not its text
    if _is_german_ordinal(word, preceding, next_word.lower()) or _awaits_number(word, following):
        return False
    if word in _ABBREVIATIONS:
        return word in _MAY_END and next_word.lower() in _OPENERS and next_word[0].isupper()
    initial = len(word) == 1 and word.isalpha() and before.group().isupper()
    if initial and _THING_BEFORE.search(preceding):
        return True
    if initial and next_word.lower() in _SELDOM_NAMES and _COMMON_BEFORE.search(preceding):
        return True  # "before the hives in block C. Nobody"
    return not initial and not (re.fullmatch(r"(?:[a-z]\.)+[a-z]", word) and next_word.lower() not in _OPENERS)


def _is_german_ordinal(word: str, preceding: str, next_word: str) -> bool:
    """Whether a number before a stop is an ordinal: "am 3. März", "die 2. Auflage", but not "I am 30. The"."""
    if not (word.isdigit() and len(word) <= 3) or next_word in _OPENERS:
        return False
    return next_word in MONTHS or _GERMAN_ORDINAL.search(preceding) is not None


def _awaits_number(word: str, following: re.Match[str]) -> bool:
    """Whether an abbreviation stands before what it counts: "Nr. 5", "Gem. Ziff. 4", "Hauptstr. 5"."""
    if word not in _BEFORE_NUMBER and not word.endswith("str"):
        return False
    next_word = following.group(1).lower()
    return next_word[0].isdigit() or "§" in following.group() or next_word in _ABBREVIATIONS | _BEFORE_NUMBER


def _capped(text: str, start: int, end: int, max_chars: int) -> Iterator[tuple[int, int]]:
    while end - start > max_chars:
        cut = _clause_cut(text, start, max_chars)
        yield _trimmed(text, start, cut)
        start = _trimmed(text, cut, end)[0]
    if start < end:
        yield start, end


def _clause_cut(text: str, start: int, max_chars: int) -> int:
    """The last clause boundary in the second half of what fits, of the strongest kind there is."""
    for pattern in _CLAUSE_BREAKS:
        cuts = [match.end() for match in pattern.finditer(text, start + max_chars // 2, start + max_chars)]
        if cuts:
            return cuts[-1]
    return start + max_chars


LONGEST_PHRASE = 12
"""Words of an answer that needs no full stop ("30 June 2027"); a longer one without is a sentence cut off. A
reason, not a measurement."""
_LABELS = ("answer:", "short answer:", "response:", "assistant:")
_BULLET = re.compile(r"(?:[-*•]|\d{1,2}[.)])(?:\s|$)")
_MAYBE_BULLET = re.compile(r"(?:[-*•]|\d{1,2}[.)]?)?")
_STOPPED = re.compile(rf"""[.!?{SPACED_STOPS}]+['"”’)\]]*$""")
_CJK_STOPPED = re.compile(rf"[{CJK_STOPS}]+[{CJK_CLOSING}]*$")
_CJK_GOES_ON = CJK_STOPS + CJK_CLOSING  # after a stop they belong to the same sentence
_ENDS = tuple(".!?\"”’')" + SPACED_STOPS + _CJK_GOES_ON)
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\s\u3040-\u30ff\u3400-\u9fff]+")
"""Chinese and Japanese have no space between words: a character counts as one."""
_WORD_THEN_MORE = re.compile(r"""[^\w]*[^\W_]+[\W_]""")
_START = r"<\|im_start\|>\s*\w+"
_SPECIAL = re.compile(rf"{_START}|<\|[^|>]{{1,40}}\|>")
_MAYBE_SPECIAL = re.compile(r"<(?:\|(?:[^|>]{1,40}(?:\|)?)?)?|<\|im_start\|>\s*\w*")
_UNLIMITED = 10**9  # characters: never cut


class SentenceStream:
    """Takes pieces of text in and gives out sentences as they are whole, white space collapsed.

    Example:
        >>> stream = SentenceStream()
        >>> [stream.feed(piece) for piece in ("Answer: It rai", "ned. The sa", "lt was wet.")]
        [[], ['It rained.'], []]
        >>> stream.end()
        ['The salt was wet.']
    """

    def __init__(self) -> None:
        self._raw = ""  # not yet cleaned: the beginning of what may be a mark
        self._label: str | None = ""  # the first characters, while they may be a label
        self._gap = "\n"  # white space before what comes next; what comes first starts a line
        self._bullet: str | None = None  # the first characters of a line, while they may be a bullet
        self._sentence = ""  # certain to belong to the sentence that is being written
        self._next = ""  # cleaned, and may belong to the sentence after it
        self._whole: list[str] = []  # since the last piece
        self._given = 0

    def feed(self, piece: str) -> list[str]:
        """Take in the next piece: the sentences that are whole with it."""
        self._raw += piece
        self._clean(final=False)
        return self._given_out()

    def end(self, *, failed: bool = False) -> list[str]:
        """There is no more: the sentences that are left. One without an end is left out, because a sentence that was
        cut off may say something else; but not a short phrase that is all there is, unless who wrote it ``failed``."""
        self._clean(final=True)
        self._release_label()
        self._release_bullet()
        self._settle(final=True)
        last = self._sentence
        phrase = not failed and not self._given and not self._whole and len(_WORD.findall(last)) <= LONGEST_PHRASE
        if last.endswith(_ENDS) or phrase:
            self._finish()
        self._sentence = ""
        return self._given_out()

    def _given_out(self) -> list[str]:
        whole, self._whole = self._whole, []
        self._given += len(whole)
        return whole

    # From raw text to clean characters --------------------------------------------------------------

    def _clean(self, *, final: bool) -> None:
        """Take special tokens and ``**`` out of the raw text, as far as it is certain where they are."""
        while self._raw:
            character = self._raw[0]
            if character == "<":
                if not final and _MAYBE_SPECIAL.fullmatch(self._raw):
                    return
                special = _SPECIAL.match(self._raw)
                if special:
                    self._raw = self._raw[special.end() :]
                    self._take(" ")
                    continue
            elif character == "*":
                if self._raw.startswith("**"):
                    self._raw = self._raw[2:]
                    continue
                if not final and len(self._raw) == 1:
                    return
            self._raw = self._raw[1:]
            self._take(character)

    def _take(self, character: str) -> None:
        if self._label is None:
            self._line(character)
            return
        self._label += character
        begun = " ".join(self._label.split()).lower()
        if begun in _LABELS:
            self._label = None
        elif not any(label.startswith(begun) for label in _LABELS):
            self._release_label()

    def _release_label(self) -> None:
        characters, self._label = self._label, None
        for character in characters or "":
            self._line(character)

    # From characters to lines: white space collapses, bullets go ------------------------------------

    def _line(self, character: str) -> None:
        if character.isspace() and self._bullet is None:
            self._gap += character
            return
        if self._bullet is None and self._gap and "\n" in self._gap:
            self._bullet = ""
        if self._bullet is None:
            self._word(character)
            return
        self._bullet += character
        if _BULLET.fullmatch(self._bullet):
            self._bullet, self._gap = None, "\n\n"
        elif not _MAYBE_BULLET.fullmatch(self._bullet):
            self._release_bullet()

    def _release_bullet(self) -> None:
        characters, self._bullet = self._bullet, None
        for character in characters or "":
            if character.isspace():
                self._gap += character
            else:
                self._word(character)

    def _word(self, character: str) -> None:
        """A character that stays; the white space before it is one space, or ends the sentence."""
        if self._gap.count("\n") > 1 and (self._sentence or self._next):
            self._settle(final=True)
            self._finish()
        elif self._gap and (self._sentence or self._next):
            self._next += " "
        self._gap = ""
        self._next += character
        self._settle(final=False)

    # From words to sentences ------------------------------------------------------------------------

    def _settle(self, *, final: bool) -> None:
        """Join what comes next, unless the word after a full stop has yet to tell whether a sentence ended there."""
        if self._next.startswith(" ") and _STOPPED.search(self._sentence):
            if not final and not _WORD_THEN_MORE.match(self._next):
                return
            self._finish_if_ended()
        elif self._next and self._next[0] not in _CJK_GOES_ON and _CJK_STOPPED.search(self._sentence):
            self._finish_if_ended()  # a Chinese or Japanese stop needs no space, and the next character decides
        self._sentence += self._next
        self._next = ""

    def _finish_if_ended(self) -> None:
        """Finish the sentence if, with what comes next, the rules of `hybrid.text.sentences` end it here."""
        if spans(self._sentence + self._next, _UNLIMITED)[0][1] <= len(self._sentence):
            following, self._next = self._next.lstrip(), ""
            self._finish()
            self._next = following

    def _finish(self) -> None:
        sentence, self._sentence = self._sentence, ""
        if any(letter.isalnum() for letter in sentence):
            self._whole.append(sentence)
