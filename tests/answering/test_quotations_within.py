"""A quotation that a quoted sentence opens is shown to its end; a heading contradicts nothing."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from index_only import corpus_of

import hybrid
from hybrid.answering.evidence import Sentence
from hybrid.answering.quoting import Quoting

LETTER = """KILN WORKS LIMITED

11 November 2022

Dear Moira,

Smolt Rearing Agreement of 6 June 2022: Unit C at night

1. This letter records what we settled on 3 November.

2. Clause 7.2 is replaced by the following: "At night a watchman may stay within ten miles of it. He shall be at the \
kiln within forty minutes of an alarm."

Yours sincerely,

Fergus Hale
Director

Agreed for Skerry Farms Limited: Moira Tull, Director, 14 November 2022
"""
AGREEMENT = """KILN AGREEMENT

6 June 2022

between Kiln Works Limited and Skerry Farms Limited

7. Watch

7.1 The kiln shall be swept each month.

7.2 At night a watchman shall stay on the site and shall be at the kiln within ten minutes of any alarm.

Signed for Kiln Works Limited: Fergus Hale, 6 June 2022

Signed for Skerry Farms Limited: Moira Tull, 6 June 2022
"""


@pytest.fixture(scope="module")
def kiln(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    files = {
        "letter.txt": LETTER,
        "agreement.txt": AGREEMENT,
        "statement.txt": "STATEMENT OF DONNA PETRIE\n\n9 August 2023\n\n"
        "2. The sump of Unit C was last flushed before the event on 27 January 2023.\n",
    }
    return corpus_of(files, tmp_path_factory)  # fmt: skip


def test_what_replaces_a_clause_is_quoted_to_the_end_of_its_quotation(kiln: hybrid.Corpus) -> None:
    claims = kiln.ask("Must a watchman stay on the site at night?", route="lookup").claims
    texts = [claim.text for claim in claims]
    at = next(n for n, text in enumerate(texts) if text.startswith("2. Clause 7.2 is replaced"))
    assert texts[at + 1] == 'He shall be at the kiln within forty minutes of an alarm."'
    old = next(claim for claim in claims if claim.text.startswith("7.2 At night"))
    assert "changed by the letter of 11 November 2022" in old.qualification


class Texts:
    """Two documents of a line each."""

    def __init__(self, *lines: str) -> None:
        self._lines = lines

    def text(self, document_id: int, start: int = 0, end: int | None = None) -> str:
        return self._lines[document_id][start:end]

    def document(self, document_id: int) -> Any:
        metadata = SimpleNamespace(author=f"Writer {document_id}", title="")
        return SimpleNamespace(
            text=self._lines[document_id], metadata=metadata, date=None, status=None, media_type="text/plain", title=""
        )

    def near_copies(self, document_id: int, least: float) -> dict[int, float]:
        return {}


@pytest.mark.parametrize(
    ("other", "disputes"),
    [
        ("Smolt Rearing Agreement of 6 June 2022: Unit C at night", False),
        ("The sump of Unit C was last flushed before the event on 6 June 2022.", True),
    ],
)
def test_the_subject_of_a_letter_contradicts_nothing(other: str, disputes: bool) -> None:
    lines = ("The sump of Unit C was last flushed before the event on 27 January 2023.", other)
    texts: Any = Texts(*lines)
    unused: Any = None
    quoting = Quoting(texts, unused, unused, unused, ())
    found = [Sentence(n, f"{n}.txt", "", "0" * 64, 0, len(line), line) for n, line in enumerate(lines)]
    question = "When was the sump of Unit C last flushed before the deaths?"
    assert bool(quoting._contradictions(question, found, (), ())) is disputes
