"""What a sentence obliges to, permits and forbids."""

from __future__ import annotations

import pytest

from hybrid.answering.verification.entailment import compare
from hybrid.text.lexicon import content_words, modalities, stem


@pytest.mark.parametrize(
    "modal", ["must not", "mustn't", "mustn’t", "may never", "can't", "mightn't", "won't", "shan't"]
)
def test_a_modal_with_a_negation_forbids_however_it_is_written(modal: str) -> None:
    assert modalities(f"The tenant {modal} sublet the mill.")[stem("sublet")] == {"never"}


def test_a_contracted_prohibition_entails_the_same_one_written_out() -> None:
    span = "The tenant mustn't sublet the upper mill."
    assert compare("The tenant must not sublet the upper mill.", span, lambda _: 1.0).failed_checks == ()
    assert "modality" in compare("The tenant must sublet the upper mill.", span, lambda _: 1.0).failed_checks


def test_a_negation_that_a_text_sets_apart_is_a_word_of_its_own() -> None:
    assert content_words("The crane do n't lift.") == content_words("The crane does not lift.")
