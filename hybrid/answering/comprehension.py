"""Comprehension: what the memory writes about a question, with the best evidence in its window."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Protocol

from hybrid.answering import sentences
from hybrid.answering.evidence import Sentence, collapse

INSTRUCTION = "You answer questions about documents. Use only what the passages say, in their own words. Be brief."
ROOM = 48
"""Tokens left for the chat template and for what counting each sentence alone misses."""
LONGEST_PHRASE = 12
"""Words of an answer that needs no full stop ("30 June 2027"); a longer one without is a sentence cut off."""
MIN_SHARE = 0.5
"""Evidence is at least this similar to the question, as a share of the best sentence's similarity."""


class Writer(Protocol):
    """The part of a memory's reader that comprehension needs."""

    @property
    def window(self) -> int:
        """Tokens that attention sees."""

    def count(self, text: str) -> int:
        """Tokens of ``text``."""

    def generate(
        self, messages: Sequence[tuple[str, str]], *, max_new_tokens: int, on_token: Callable[[str], None] | None = None
    ) -> str:
        """What the model answers to a chat of (role, text) messages; ``on_token`` is called with each piece of it."""


def write(writer: Writer, question: str, found: Sequence[Sentence], budget: int, max_new_tokens: int) -> list[str]:
    """The sentences that the memory writes, cleaned; ``budget`` is the tokens given to evidence."""
    messages = request(writer, question, found, budget, max_new_tokens)
    return cleaned(writer.generate(messages, max_new_tokens=max_new_tokens))


def request(
    writer: Writer, question: str, found: Sequence[Sentence], budget: int, max_new_tokens: int
) -> list[tuple[str, str]]:
    """The chat that asks the memory, which leaves room in its window for what it writes."""
    room = writer.window - max_new_tokens - ROOM - writer.count(INSTRUCTION)
    asked = _shortened(writer, question, max(16, room // 2))
    budget = min(budget, room - writer.count(asked))
    return prompt(asked, evidence(found, writer.count, budget))


def diverse(found: Sequence[Sentence]) -> list[Sentence]:
    """The sentences most like the question first, the documents taking turns, none that repeats another."""
    if not found:
        return []
    least = MIN_SHARE * max(sentence.similarity for sentence in found)
    turns: dict[int, list[Sentence]] = {}
    said: set[str] = set()
    for sentence in sorted(found, key=lambda sentence: -sentence.similarity):
        plain = collapse(sentence.text).casefold()
        if plain not in said and sentence.similarity >= least:
            said.add(plain)
            turns.setdefault(sentence.document_id, []).append(sentence)
    rounds = max(map(len, turns.values()), default=0)
    return [queue[turn] for turn in range(rounds) for queue in turns.values() if turn < len(queue)]


def evidence(found: Sequence[Sentence], count: Callable[[str], int], budget: int) -> list[Sentence]:
    """The best and most diverse sentences that fit ``budget`` tokens, in the order of their documents."""
    chosen: list[Sentence] = []
    for sentence in diverse(found):
        cost = count(collapse(sentence.text)) + 2
        if cost <= budget:
            chosen.append(sentence)
            budget -= cost
    first = {sentence.document_id: position for position, sentence in reversed(list(enumerate(chosen)))}
    return sorted(chosen, key=lambda sentence: (first[sentence.document_id], sentence.start))


def prompt(question: str, chosen: Sequence[Sentence]) -> list[tuple[str, str]]:
    """The chat that asks the memory. Short, because a small model follows little else."""
    passages = "\n".join(f"- {collapse(sentence.text)}" for sentence in chosen)
    given = f"Passages:\n{passages}\n\n" if chosen else ""
    return [("system", INSTRUCTION), ("user", f"{given}Question: {question}\nAnswer in one to three sentences.")]


_SPECIAL = re.compile(r"<\|im_start\|>\s*\w+|<\|[^|>]{1,40}\|>")
_LABEL = re.compile(r"^\s*(?:(?:short )?answer|response|assistant)\s*:\s*", re.IGNORECASE)
_BULLET = re.compile(r"^\s*(?:[-*•]|\d{1,2}[.)])\s+")


def cleaned(output: str) -> list[str]:
    """The whole sentences of a model's output, each once: no special tokens, labels, bullets or cut-off end."""
    plain = _LABEL.sub("", _SPECIAL.sub(" ", output))
    found: list[str] = []
    for start, end in sentences.spans(plain):
        sentence = collapse(_BULLET.sub("", plain[start:end]).replace("**", ""))
        if any(letter.isalnum() for letter in sentence) and sentence.casefold() not in map(str.casefold, found):
            found.append(sentence)
    if found and found[-1][-1] not in ".!?\"”’')" and (len(found) > 1 or len(found[-1].split()) > LONGEST_PHRASE):
        found.pop()
    return found


def _shortened(writer: Writer, question: str, budget: int) -> str:
    """The question, or its beginning and end where it would fill the window. A question is asked at its ends."""
    asked = collapse(question)
    while writer.count(asked) > budget and len(asked) > 80:
        keep = int(len(asked) * 0.4)
        asked = f"{asked[:keep].rstrip()} … {asked[-keep:].lstrip()}"
    return asked
