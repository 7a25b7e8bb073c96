"""Words are compared as they are read, whatever characters and lines they are set in."""

from __future__ import annotations

import pytest

from hybrid.text.folding import folded
from hybrid.text.lexicon import content_words


@pytest.mark.parametrize(
    ("written", "compared"),
    [
        ("The aﬃliate ﬁles", "The affiliate files"),
        ("agree\u00adment, hand\u200bover, \ufeffstart", "agreement, handover, start"),
        ("non\u2011compete", "non-compete"),
        ("ＡＢＣ１２３", "ABC123"),
        ("the indem-\nnification", "the indemnification"),
        ("a non-\ncompete clause", "a non-\ncompete clause"),
        ("Smith-\nJones", "Smith-\nJones"),
        ("2019-\n2020", "2019-\n2020"),
        ("48,000² euros, H₂O", "48,000² euros, H₂O"),
    ],
)
def test_text_is_compared_as_it_is_read(written: str, compared: str) -> None:
    assert folded(written) == compared


def test_words_of_a_question_meet_those_of_a_typeset_text() -> None:
    assert content_words("The aﬃliate's indem-\nnification") == content_words("the affiliate's indemnification")
