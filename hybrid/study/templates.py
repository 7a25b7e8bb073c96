"""Pairs without a language model: sentences of a passage as answers to questions that templates make of their words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from hybrid.text import layout, lexicon, values
from hybrid.types.study import PairKind

MAKER = "templates 1"
"""The number counts the versions of what is below: another version makes other pairs, and volumes follow."""
PASSAGE_CHARS = 1_000
"""Of a passage at most, unless one sentence is longer: about 250 tokens. Distillation puts the passage before each of
its pairs, so what it costs grows with this."""
PAIRS = 5
"""Of a passage at most: as many tokens as half as much text again. Not varied."""
_LONGEST_HEADING, _LEAST_WORDS, _COMPLETED_WORDS = 80, 5, 10
_OPENING_WORDS = 6
_STOPPED = re.compile(r"[.!?][\"”’')\]]*$")
_NUMBERED = re.compile(r"^(?:§|Section|Article|Clause)?\s*\d+(?:\.\d+)*[.)]?\s+")
_WORD = r"[A-Z][\w-]*[a-z]\b(?!['’][a-rt-z])"  # not the "I" of "I've"; "Acme's" is a name
_NAME = re.compile(rf"\b{_WORD}(?: (?:of |de |van |von )?{_WORD})*")
_VERB = (
    r"(?:[a-z]+ed|[a-z]+s|[a-z]+ew|had|took|made|told|went|came|gave|found|left|stood|kept|felt|knew|thought|saw|shall"
    r"|will|may|must|can|could|would)\b"
)
_SUBJECT = re.compile(rf"^(?:The |Mr\.? |Mrs\.? |Dr\.? )?{_NAME.pattern} (?={_VERB})")
_FIGURE = re.compile(rf"{values.DAY}|{values.YEAR}|(?:[$€£] ?)?\b\d[\d,.]*\d\b ?(?:%|percent\b)?|\b\d\b", re.IGNORECASE)


@dataclass(frozen=True)
class Excerpt:
    """A passage: ``[start, end)`` of a text, its whole sentences on one line each, and the heading above it, if it is
    the first below one."""

    start: int
    end: int
    sentences: tuple[str, ...]
    heading: str | None = None

    @property
    def text(self) -> str:
        """All sentences."""
        return " ".join(self.sentences)


@dataclass(frozen=True)
class Draft:
    """A pair that nobody has checked."""

    kind: PairKind
    question: str
    answer: str


def excerpts(text: str) -> list[Excerpt]:
    """A text's passages in order: neighbouring sentences, without tables and running lines. A heading ends one."""
    found: list[Excerpt] = []
    held: list[tuple[int, int, str]] = []
    heading = None

    def close() -> None:
        nonlocal heading
        if held:
            found.append(Excerpt(held[0][0], held[-1][1], tuple(said for _, _, said in held), heading))
            heading = None
            held.clear()

    for unit in layout.of(text).units:
        said = " ".join(unit.text(text).split())
        if unit.heading is not None or not any(map(str.isalpha, said)):
            continue
        if not _STOPPED.search(said):
            if _is_heading(said):
                close()
                heading = _NUMBERED.sub("", said)
            continue
        if sum(len(one) + 1 for _, _, one in held) + len(said) > PASSAGE_CHARS:
            close()
        held.append((unit.start, unit.end, said))
    close()
    return found


def drafts(excerpt: Excerpt) -> list[Draft]:
    """The pairs of a passage, of each kind in turn, at most `PAIRS`; no answer twice to one question."""
    kinds = [_summaries(excerpt), _sections(excerpt), _values(excerpt), _subjects(excerpt), _names(excerpt),
             _completions(excerpt)]  # fmt: skip
    taken: dict[str, Draft] = {}
    while kinds and len(taken) < PAIRS:
        for kind in list(kinds):
            draft = next(kind, None)
            if draft is None:
                kinds.remove(kind)
            else:
                taken.setdefault(draft.question, draft)
    return list(islice(taken.values(), PAIRS))


def opening(excerpt: Excerpt) -> str:
    """What a passage is called in a question: its first words."""
    return f"“{' '.join(excerpt.sentences[0].split()[:_OPENING_WORDS])} …”"


def _is_heading(line: str) -> bool:
    """Whether a line without a final stop is numbered, or has capitals at its longer words: others are what a page or
    a list has cut off."""
    words = [word for word in _NUMBERED.sub("", line).split() if len(word) > 3 and word[0].isalpha()]
    capitals = words and all(word[0].isupper() for word in words)
    return len(line) <= _LONGEST_HEADING and line[-1].isalnum() and bool(_NUMBERED.match(line) or capitals)


def _whole(excerpt: Excerpt) -> Iterator[str]:
    """The sentences that say something by themselves."""
    return (one for one in excerpt.sentences if len(one.split()) >= _LEAST_WORDS)


def _summaries(excerpt: Excerpt) -> Iterator[Draft]:
    """The two sentences with the most of the passage's frequent words, in its order."""
    said = list(_whole(excerpt))
    if len(said) < 3:
        return
    counts = Counter(word for one in said for word in set(lexicon.content_words(one)))

    def centrality(sentence: str) -> float:
        words = set(lexicon.content_words(sentence))
        return sum(counts[word] - 1 for word in words) / (len(words) + 1)

    best = sorted(sorted(said, key=centrality, reverse=True)[:2], key=said.index)
    yield Draft("summary", f"What is said in the passage that begins {opening(excerpt)}?", " ".join(best))


def _sections(excerpt: Excerpt) -> Iterator[Draft]:
    first = list(islice(_whole(excerpt), 2))
    if excerpt.heading and first:
        yield Draft("section", f"What does “{excerpt.heading}” say?", " ".join(first))


def _values(excerpt: Excerpt) -> Iterator[Draft]:
    for sentence in _whole(excerpt):
        match = _FIGURE.search(sentence)
        if match:
            gap = f"{sentence[: match.start()]}___{sentence[match.end() :]}"
            yield Draft("value", f"Which figure or date is left out: “{gap}”", sentence)


def _subjects(excerpt: Excerpt) -> Iterator[Draft]:
    for sentence in _whole(excerpt):
        match = _SUBJECT.match(sentence)
        if match and match[0].split()[0].lower().strip(".") not in lexicon.STOPWORDS - {"the"}:
            yield Draft("subject", f"Who or what {sentence[match.end() :].rstrip('.!?”’')}?", sentence)


def _names(excerpt: Excerpt) -> Iterator[Draft]:
    for sentence in _whole(excerpt):
        for match in _NAME.finditer(sentence):
            if match.start() and match[0].lower() not in lexicon.STOPWORDS and match[0].lower() not in values.MONTHS:
                yield Draft("name", f"What does the text say of {match[0]}?", sentence)
                break


def _completions(excerpt: Excerpt) -> Iterator[Draft]:
    for sentence in _whole(excerpt):
        words = sentence.split()
        if len(words) >= _COMPLETED_WORDS:
            yield Draft("completion", f"How does this go on: “{' '.join(words[: len(words) // 2])} …”", sentence)
