"""What full text of Chinese costs: pairs of characters beside SQLite's trigrams and its words, in size and time.

    python benchmarks/unspaced_scripts.py --chunks 20000

The text is made: words of two characters (four in five) and of one, drawn from 20,000 by Zipf's law, with a stop about
every twelfth word.
"""

from __future__ import annotations

import argparse
import random
import sqlite3
import statistics
import time

from hybrid.stores.query import exact_phrase
from hybrid.text.folding import search_text

CHARACTERS, WORDS = 3500, 20_000


def made(chunks: int, characters: int, seed: int) -> tuple[list[str], list[str]]:
    """Texts of about so many characters, and the words that they are made of, the commonest first."""
    chosen = random.Random(seed)
    words = ["".join(chr(0x4E00 + chosen.randrange(CHARACTERS)) for _ in range(1 + (chosen.random() < 0.8)))
             for _ in range(WORDS)]  # fmt: skip
    weights = [1 / (rank + 3) for rank in range(WORDS)]
    texts = []
    for _ in range(chunks):
        drawn = chosen.choices(words, weights, k=characters * 10 // 18)
        texts.append("".join(word + ("。" if chosen.random() < 1 / 12 else "") for word in drawn))
    return texts, words


def main() -> None:
    """Print a line for each way."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chunks", type=int, default=20_000)
    parser.add_argument("--characters", type=int, default=400)
    chosen = parser.parse_args()
    texts, words = made(chosen.chunks, chosen.characters, 5)
    asked = [word for word in words[::40] if len(word) == 2]
    for name, tokenizer, indexed, phrase in (
        ("words", "porter unicode61 remove_diacritics 2", str, lambda word: f'"{word}"'),
        ("trigrams", "trigram", str, lambda word: f'"{word}"'),
        ("pairs", "porter unicode61 remove_diacritics 2", search_text, exact_phrase),
    ):
        database = sqlite3.connect(":memory:")
        database.execute(f"CREATE VIRTUAL TABLE fts USING fts5(text, content='', tokenize='{tokenizer}')")
        began = time.perf_counter()
        for at, text in enumerate(texts):
            database.execute("INSERT INTO fts(rowid, text) VALUES (?, ?)", (at, indexed(text)))
        database.execute("INSERT INTO fts(fts) VALUES ('optimize')")
        built = time.perf_counter() - began
        size = database.execute("SELECT sum(length(block)) FROM fts_data").fetchone()[0]
        stored = sum(len(indexed(text).encode()) for text in texts) if indexed is search_text else 0
        times, found, there = [], 0, 0
        for word in asked:
            began = time.perf_counter()
            rows = database.execute("SELECT rowid FROM fts WHERE fts MATCH ? ORDER BY rank LIMIT 50", (phrase(word),))
            found += bool(rows.fetchall())
            times.append(time.perf_counter() - began)
            there += any(word in text for text in texts)
        median, worst = statistics.median(times) * 1000, max(times) * 1000
        print(
            f"{name:9} index {size / 1e6:6.1f} MB, stored beside {stored / 1e6:5.1f} MB, built in {built:5.1f} s, "
            f"found {found} of {there} words of two characters, {median:.2f} ms a word (at most {worst:.1f})"
        )
    print(f"text {sum(len(text.encode()) for text in texts) / 1e6:.1f} MB in {len(texts):,} chunks")


if __name__ == "__main__":
    main()
