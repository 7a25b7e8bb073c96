"""Builds the table of word relations that `hybrid.text.wordnet` reads, from WordNet's own files.

    python -m benchmarks.datasets.wordnet /usr/share/wordnet hybrid/text/wordnet.gz

WordNet 3.0 (Princeton University; its licence permits use, change and distribution and stands in LICENSES/) is in
Debian's package ``wordnet-base``. Of it the table keeps which words share a sense, which senses are derived from one
another ("terminate", "termination"), and which sense is the next broader one; no gloss and no example. Senses beyond
the fourth of a part of speech are left out: they are rare ones, and each makes more words alike. Names of persons and
places are left out, as are nouns of several words.
"""

from __future__ import annotations

import argparse
import gzip
from collections import defaultdict
from pathlib import Path

PARTS = {"n": "noun", "v": "verb", "a": "adj", "r": "adv"}
SENSES = 4
"""Senses kept of a word in each part of speech, the commonest first."""
_DERIVED = {"+", "\\", "<"}  # derivationally related, pertains to, participle of
_BROADER = {"@", "&"}  # hypernym; similar to, of adjectives

Sense = tuple[str, str]


def build(folder: Path) -> str:
    """The table as text: irregular forms, then words with their senses and derived senses, then broader senses."""
    words: dict[Sense, list[str]] = {}
    derived: dict[tuple[str, str, int], set[Sense]] = defaultdict(set)
    broader: dict[Sense, set[Sense]] = defaultdict(set)
    names: set[Sense] = set()
    senses: dict[str, list[Sense]] = defaultdict(list)
    irregular: dict[str, set[str]] = defaultdict(set)
    for part, name in PARTS.items():
        for line in _lines(folder / f"data.{name}"):
            fields = line.partition("|")[0].split()
            sense, count = (part, fields[0]), int(fields[3], 16)
            words[sense] = [fields[4 + 2 * index].partition("(")[0] for index in range(count)]
            at = 4 + 2 * count
            for index in range(int(fields[at])):
                kind, offset, other, place = fields[at + 1 + 4 * index : at + 5 + 4 * index]
                target = ("a" if other == "s" else other, offset)
                if kind in _DERIVED:
                    derived[(*sense, int(place[:2], 16))].add(target)
                if kind in _BROADER:
                    broader[sense].add(target)
                if kind == "@i":
                    names.add(sense)
        for line in _lines(folder / f"index.{name}"):
            fields = line.split()
            for offset in fields[-int(fields[2]) :][:SENSES]:
                senses[fields[0]].append((part, offset))
        for line in _lines(folder / f"{name}.exc"):
            form, *lemmas = line.split()
            irregular[form].update(lemmas)
    kept: dict[str, list[Sense]] = {}
    for word, found in senses.items():
        some = [sense for sense in found if sense not in names and not ("_" in word and sense[0] == "n")]
        if some and word.replace("_", "").replace("-", "").isalpha():
            kept[word] = some
    numbers: dict[Sense, int] = {}

    def number(sense: Sense) -> str:
        """A number that tells the part of speech by its remainder."""
        return str(numbers.setdefault(sense, len(numbers) * len(PARTS) + list(PARTS).index(sense[0])))

    rows = []
    for word, own in sorted(kept.items()):
        more: dict[Sense, None] = {}
        for sense in own:
            more.update(dict.fromkeys(sorted(derived[(*sense, 0)])))  # of every word of the sense
            for index, other in enumerate(words[sense], start=1):
                if other.lower() == word:
                    more.update(dict.fromkeys(sorted(derived[(*sense, index)])))
        more = {sense: None for sense in more if sense not in own}
        rows.append(f"{word}\t{' '.join(map(number, own))}\t{' '.join(map(number, more))}")
    wider = [
        f"{numbers[sense]}\t{' '.join(str(numbers[one]) for one in sorted(broader[sense]) if one in numbers)}"
        for sense in sorted(numbers, key=numbers.__getitem__)
        if any(one in numbers for one in broader[sense])
    ]
    forms = [f"{form}\t{' '.join(sorted(lemmas))}" for form, lemmas in sorted(irregular.items()) if "_" not in form]
    return "\n\n".join("\n".join(block) for block in (forms, rows, wider)) + "\n"


def _lines(path: Path) -> list[str]:
    return [line for line in path.read_text("utf-8").splitlines() if line and not line.startswith("  ")]


def main() -> None:
    """Write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="WordNet's files: data.noun, index.noun, noun.exc, ...")
    parser.add_argument("target", type=Path)
    arguments = parser.parse_args()
    data = build(arguments.folder).encode()
    arguments.target.write_bytes(gzip.compress(data, 9, mtime=0))


if __name__ == "__main__":
    main()
