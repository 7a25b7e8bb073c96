"""Hebrew and Arabic keep the order of their characters, from the file to the quote."""

from __future__ import annotations

import pytest

from hybrid import Corpus, Document, Settings
from hybrid.settings import MemorySettings

TEXTS = {
    "Hebrew": ("החוזה מסתיים ב-4 במאי 2031. התשלום בתוך 30 יום.", "החוזה"),
    "Arabic": ("العقد ينتهي في 4 مايو 2031. يدفع المشتري خلال 30 يوما.", "المشتري"),
}


@pytest.mark.parametrize("language", sorted(TEXTS))
def test_a_text_and_its_quotes_keep_their_order(tmp_path, language) -> None:
    text, word = TEXTS[language]
    (tmp_path / "contract.txt").write_text(text, "utf-8")
    with Corpus.open(tmp_path / "corpus", Settings(memory=MemorySettings(enabled=False))) as corpus:
        corpus.ingest(tmp_path / "contract.txt", Document.from_text("The gate was painted.", source="gate.txt"))
        (hit, *_) = corpus.search(word, 1, order="lexical")
        assert hit.text == text
        answer = corpus.ask(f'Where does "{word}" stand?', route="lookup")
        (citation, *_) = answer.citations
        (document,) = corpus.get_documents([citation.source]).values()
        assert document.text == text
        assert document.text[citation.start : citation.end] == citation.quote
        assert word in citation.quote
        assert corpus.verify(answer) == []
