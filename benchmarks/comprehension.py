"""How good the digests are that answer questions of comprehension, beside what is simpler and what is best.

    python -m benchmarks.comprehension --squality ../shared/data/squality --qmsum ../shared/data/qmsum

Every text is a corpus of its own, without a memory, and every question is put to `hybrid.Corpus.ask` on the route of
comprehension. What is quoted is scored by

- ROUGE-2 (F measure, stemmed, the best of the references) of digests of at most 60, 120 and 240 words,
- nugget recall at 120 words: the share of names, numbers and pairs of content words that two or more references share
  which the digest holds (where there is one reference, of all of its),
- for meetings the share of the sentences at 120 words that begin inside the turns which annotators marked.

The stories are SQuALITY's development set and the meetings the second half of QMSum's validation set: neither was used
to fit the weights of `hybrid.answering.digest`. Beside it, on the same words: random sentences, the first ones, those
nearest to the question by the embedder, a person (one reference against the others), and an oracle that knows the
references and takes greedily the sentence with most of their pairs of words a word.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from rouge_score.rouge_scorer import RougeScorer
from rouge_score.tokenizers import DefaultTokenizer

from hybrid._view import load_embedder
from hybrid.answering.evidence import collapse
from hybrid.corpus import Corpus
from hybrid.retrieval.embedding import Embedder
from hybrid.settings import AnswerSettings, MemorySettings, Settings
from hybrid.stores.files import read_jsonl
from hybrid.text import lexicon, sentences, speakers
from hybrid.types.documents import Document

WORDS = (60, 120, 240)
MEASURED = 120
_SCORER = RougeScorer(["rouge2"], use_stemmer=True)
_TOKENIZER = DefaultTokenizer(use_stemmer=True)
Span = tuple[int, int]


@dataclass(frozen=True)
class Asked:
    """A question about a whole text, its references, and the spans that annotators marked."""

    question: str
    references: tuple[str, ...]
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True)
class Text:
    """A text with its questions; ``set`` names the rows of the table."""

    set: str
    text: str
    asked: tuple[Asked, ...]


def stories(folder: Path, count: int) -> Iterator[Text]:
    """SQuALITY's development stories."""
    for row in read_jsonl(folder / "dev.jsonl.gz")[:count]:
        questions = tuple(Asked(one["q"], tuple(one["refs"])) for one in row["questions"])
        yield Text("stories", Document.from_text(row["document"], "story.txt").text, questions)


def meetings(folder: Path, count: int) -> Iterator[Text]:
    """Every second meeting of QMSum's validation set."""
    for row in read_jsonl(folder / "val.jsonl.gz")[1::2][:count]:
        turns = [f"{speaker}: {said}" for speaker, said in row["turns"]]
        starts = [0]
        for turn in turns:
            starts.append(starts[-1] + len(turn) + 1)
        asked = [Asked(one["query"], (one["answer"],)) for one in row["general"]]
        for one in row["specific"]:
            marked = [(int(first), int(last) + 1) for first, last in one["relevant_text_span"]]
            spans = tuple((starts[first], starts[min(last, len(turns))]) for first, last in marked)
            asked.append(Asked(one["query"], (one["answer"],), spans))
        yield Text("meetings", "\n".join(turns), tuple(asked))


# Measures -----------------------------------------------------------------------------------------------------------


def rouge(references: Sequence[str], said: str) -> float:
    return float(_SCORER.score_multi(list(references), said)["rouge2"].fmeasure)


def nuggets(text: str) -> set[str]:
    """The names, numbers and pairs of content words of a text."""
    found = {name.casefold() for name in lexicon.names(text)} | {str(fact) for fact in lexicon.facts(text).provided}
    for start, end in sentences.spans(text):
        found |= {" ".join(pair) for pair in pairwise(lexicon.content_words(text[start:end]))}
    return found


def nugget_recall(references: Sequence[str], said: str) -> float | None:
    shared = Counter(one for reference in references for one in nuggets(reference))
    wanted = {one for one, count in shared.items() if count >= min(2, len(references))}
    return len(wanted & nuggets(said)) / len(wanted) if wanted else None


def inside(spans: Sequence[Span], starts: Sequence[int]) -> float | None:
    if not spans or not starts:
        return None
    return statistics.mean(any(first <= start < last for first, last in spans) for start in starts)


# Ways of choosing ---------------------------------------------------------------------------------------------------

Pieces = list[tuple[int, str]]
"""Where each sentence begins and what it says, the best first."""


def cut(pieces: Pieces, words: int) -> Pieces:
    """The first sentences of a ranking that make so many words, the last one cut, in the order of the text."""
    taken: Pieces = []
    for start, text in pieces:
        held = text.split()[:words]
        if not held:
            break
        taken.append((start, " ".join(held)))
        words -= len(held)
    return sorted(taken)


def oracle(pieces: Pieces, references: Sequence[str], words: int) -> Pieces:
    """For each reference greedily the sentences with most of its pairs of words a word; the best of these choices."""
    pairs = [Counter(pairwise(_TOKENIZER.tokenize(text))) for _, text in pieces]
    best: tuple[float, Pieces] = (-1.0, [])
    for reference in references:
        left = Counter(pairwise(_TOKENIZER.tokenize(reference)))
        open_ = {at for at, one in enumerate(pairs) if (one & left).total()}
        ranked: Pieces = []
        room = words
        while open_ and room > 0:
            gains = {at: (pairs[at] & left).total() / len(pieces[at][1].split()) for at in open_}
            at = max(gains, key=gains.__getitem__)
            if not gains[at]:
                break
            open_.remove(at)
            ranked.append(pieces[at])
            room -= len(pieces[at][1].split())
            left -= pairs[at]
        made = cut(ranked, words)
        best = max(best, (rouge(references, " ".join(text for _, text in made)), made))
    return best[1]


def plain_sentences(text: str) -> Pieces:
    """The sentences of a text, without the labels of a transcript's turns."""
    spoken = speakers.turns(text)
    found = []
    for start, end in sentences.spans(text):
        turn = speakers.at(spoken, start)
        begins = max(start, turn.start) if turn else start
        if any(letter.isalnum() for letter in text[begins:end]):
            found.append((begins, collapse(text[begins:end])))
    return found


def measure(text: Text, embedder: Embedder, with_oracle: bool, seed: int) -> Iterator[tuple[str, str, float]]:
    """(way, measure, value) for each question of a text."""
    pieces = plain_sentences(text.text)
    vectors = embedder.encode([said for _, said in pieces])
    shuffled = random.Random(seed)
    asked_of_digests = digests(text)
    for at, one in enumerate(text.asked):
        near = (-(vectors @ embedder.encode([one.question])[0])).argsort().tolist()
        ways: dict[str, Callable[[int], Pieces]] = {
            "random": lambda words: cut(shuffled.sample(pieces, len(pieces)), words),
            "lead": lambda words: cut(pieces, words),
            "nearest": lambda words, near=near: cut([pieces[n] for n in near], words),
            "digest": lambda words, at=at: asked_of_digests[words][at],
        }
        if with_oracle:
            ways["oracle"] = lambda words, one=one: oracle(pieces, one.references, words)
        for way, choose in ways.items():
            for words in WORDS:
                chosen = choose(words)
                said = " ".join(said for _, said in chosen)
                yield way, f"ROUGE-2 at {words}", rouge(one.references, said)
                if words == MEASURED:
                    found = {
                        "nuggets": nugget_recall(one.references, said),
                        "in spans": inside(one.spans, [start for start, _ in chosen]),
                        "sentences": float(len(chosen)),
                    }
                    yield from ((way, name, value) for name, value in found.items() if value is not None)
        if len(one.references) > 1:
            yield from of_people(one)


def of_people(one: Asked) -> Iterator[tuple[str, str, float]]:
    """Each reference, cut to as many words, against the others."""
    for at, mine in enumerate(one.references):
        others = [other for other in one.references if other is not one.references[at]]
        for words in WORDS:
            said = " ".join(mine.split()[:words])
            yield "person", f"ROUGE-2 at {words}", rouge(others, said)
            if words == MEASURED and (found := nugget_recall(others, said)) is not None:
                yield "person", "nuggets", found


def digests(text: Text) -> dict[int, list[Pieces]]:
    """For each number of words what is quoted to each question, in the order of the text."""
    made: dict[int, list[Pieces]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for words in WORDS:
            settings = Settings(memory=MemorySettings(enabled=False), answer=AnswerSettings(digest_words=words))
            with Corpus.open(Path(folder) / "corpus", settings) as corpus:
                corpus.ingest(Document.from_text(text.text, "text.txt"))
                answers = [corpus.ask(one.question, route="comprehension") for one in text.asked]
            made[words] = [sorted((one.start, collapse(one.quote)) for one in answer.citations) for answer in answers]
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--squality", type=Path, help="the folder of SQuALITY")
    parser.add_argument("--qmsum", type=Path, help="the folder of QMSum")
    parser.add_argument("--count", type=int, default=99, help="texts of each at most")
    parser.add_argument("--no-oracle", dest="oracle", action="store_false", help="it takes most of the time")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    texts = [*(stories(options.squality, options.count) if options.squality else ())]
    texts += meetings(options.qmsum, options.count) if options.qmsum else ()
    embedder = load_embedder(Settings().retrieval.embedder)
    values: dict[tuple[str, str], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for number, text in enumerate(texts, 1):
        for way, name, value in measure(text, embedder, options.oracle, options.seed + number):
            values[text.set, way][name].append(value)
        print(f"{number} of {len(texts)} texts", flush=True)
    names = [*(f"ROUGE-2 at {words}" for words in WORDS), "nuggets", "in spans", "sentences"]
    print(f"\n| set | way | questions | {' | '.join(names)} |\n|{'---|' * (len(names) + 3)}")
    for (kind, way), found in values.items():
        cells = [f"{statistics.mean(found[name]):.3f}" if found[name] else "" for name in names]
        print(f"| {kind} | {way} | {len(found[names[0]])} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
