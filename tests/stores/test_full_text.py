"""Search by words: exact terms are matched exactly, and no question is a syntax error."""

from __future__ import annotations

import numpy as np
import pytest
from catalogs import catalog_in
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hybrid.errors import InputError
from hybrid.stores import catalog as stores_catalog
from hybrid.stores.query import MAX_TERMS, exact_expression, exact_terms, match_expression
from hybrid.types.documents import Chunk, Document

UUID = "6f1c2a9e-4b1d-4f7a-9c55-0d2f3e4a5b6c"
TEXTS = {
    "uuid": f"The request carried the identifier {UUID}, which the server refused.",
    "near-uuid": "The request carried the identifier 6f1c2a9e-4b1d-4f7a-9c55-000000000000 and nothing else.",
    "clause": "12.3(b) The Supplier shall indemnify the Buyer.",
    "other clause": "12.4 (b) The Supplier and the Buyer shall bear their own costs, 3 of them.",
    "section": "As section 7 provides, notices go to legal@acme.example.com before 1 March 2024.",
    "bates": "See ACME-2024-001 and § 5.2, in all USD 1,250,000.00.",
    "termination": "Termination. Either party may end this agreement on notice.",
    "café": "The café in Zürich is open, and so is the naïve bakery.",
}


@pytest.fixture(scope="module")
def catalog(tmp_path_factory):
    with catalog_in(tmp_path_factory.mktemp("lexical")) as opened:
        for name, body in TEXTS.items():
            chunk = Chunk(start=0, end=len(body), text=body)
            with opened.transaction() as transaction:
                document = Document.from_text(body, name)
                document_id, _ = transaction.add_document(document, [chunk], np.zeros((1, 2), np.float32))
                transaction.put_source(name, document_id)
        yield opened


def found(catalog, expression: str) -> list[str]:
    ids = [chunk_id for chunk_id, _ in catalog.search_lexical(expression, 10)]
    rows = catalog.chunks(ids)
    return [rows[chunk_id].source for chunk_id in ids]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (f"What happened to {UUID}?", "uuid"),
        ("What does 12.3(b) say about the supplier and the buyer?", "clause"),
        ("What about section 7 of the agreement?", "section"),
        ("Which notices go to legal@acme.example.com?", "section"),
        ("What is due on 1 March 2024?", "section"),
        ("Show me ACME-2024-001.", "bates"),
        ("What does § 5.2 say?", "bates"),
        ("Who pays $1,250,000.00?", "bates"),
        ('Where does it say "end this agreement on notice"?', "termination"),
        ("Where does it say “Either party may end”?", "termination"),
    ],
)
def test_what_a_question_asks_for_exact_match_is_found(catalog, question, expected):
    assert found(catalog, exact_expression(question)) == [expected]
    assert found(catalog, match_expression(question))[0] == expected


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("How is it terminated?", "termination"),  # stemmed
        ("what is open in zurich", "café"),  # without accents
        ("what is open in zu\u0308rich", "café"),  # decomposed
        ("a nai\u0308ve baker", "café"),
    ],
)
def test_words_are_found_in_other_forms(catalog, question, expected):
    assert found(catalog, match_expression(question))[0] == expected


@pytest.mark.parametrize(
    ("question", "terms"),
    [
        ('Is "time is of the essence" in section 4?', ["time is of the essence", "section 4"]),
        ("Clause 12.3(b)(ii), please", ["Clause 12.3(b)(ii)", "12.3(b)(ii)"]),
        ("‘quoted’ and «guillemets» and 'single'", ["quoted", "guillemets", "single"]),
        ("the parties' duties and the buyers' rights", []),
        ("Between 2024-03-01 and 03/15/2024, or March 1, 2024?", ["2024-03-01", "03/15/2024", "March 1, 2024"]),
        ("Does Article IV bind BATES000123 in Exhibit B?", ["Article IV", "BATES000123", "Exhibit B"]),
        ("a co-founder of a well-known firm", []),
        ("is the section about rules long", []),
        ("SAME-1 same-1", ["SAME-1"]),
        ('""  "—"', []),
        ("max_new_tokens is what", ["max_new_tokens"]),
        ("a 4-letter word of the 1950s, a 19th-century one, the 2-year-old in 1234th place", []),
        (
            "Is $1,250.00, €3.5 million, 500 EUR or 7,25 % due?",
            ["$1,250.00", "1,250.00", "€3.5 million", "3.5", "500 EUR", "7,25 %", "7,25"],
        ),
        ("on the 4th day of May, 2031, and 4th of May 2031", ["4th day of May, 2031", "4th of May 2031"]),
    ],
)
def test_exact_terms_are_as_they_were_written(question, terms):
    assert exact_terms(question) == terms


def test_stop_words_are_dropped_unless_there_is_nothing_else():
    assert match_expression("What is the term of it?") == '"term"'
    assert match_expression("Who is it?") == '"who" OR "is" OR "it"'
    assert match_expression(" ?! ") == ""


def test_scores_fall_and_higher_is_better(catalog):
    scores = [score for _, score in catalog.search_lexical(match_expression("supplier buyer costs agreement"), 10)]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] > 0


def test_a_long_question_makes_a_short_expression(catalog):
    question = " ".join(f"word{number} ID-{number}" for number in range(10_000))
    assert match_expression(question).count(" OR ") < 2 * MAX_TERMS
    assert found(catalog, match_expression(question))
    assert exact_terms("a." * 50_000) == []  # and soon


def test_an_expression_that_cannot_be_read_is_an_input_error(catalog):
    for expression in ('"open', "AND", "nocolumn: word", "a b NEAR("):
        with pytest.raises(InputError):
            catalog.search_lexical(expression, 5)


def test_in_a_large_corpus_only_chunks_with_a_rarer_word_are_scored_and_as_they_would_be_otherwise(
    catalog, monkeypatch
):
    asked = match_expression("costs that the buyer and the supplier and nobody bear")
    whole = catalog.search_lexical(asked, 10)
    assert catalog.search_words(asked, 10) == whole  # a small corpus
    for most, rare in ((1, "costs"), (2, "costs bear"), (4, "costs buyer bear")):
        monkeypatch.setattr(stores_catalog, "SCORED_CHUNKS", most)
        candidates = {chunk_id for chunk_id, _ in catalog.search_lexical(match_expression(rare), 10)}
        expected = [(chunk_id, score) for chunk_id, score in whole if chunk_id in candidates]
        words = catalog.search_words(asked, 1)
        assert words == [(expected[0][0], pytest.approx(expected[0][1]))]
    assert catalog.search_words(match_expression("nobody"), 10) == []
    assert catalog.search_words("", 10) == []


def test_candidates_are_enough_where_the_rarest_words_bring_few(catalog, monkeypatch):
    asked = match_expression("supplier buyer")
    monkeypatch.setattr(stores_catalog, "SCORED_CHUNKS", 1)
    assert len(catalog.search_words(asked, 1)) == 1
    assert catalog.search_words(asked, 10) == catalog.search_lexical(asked, 10)


def test_a_word_is_counted_anew_when_documents_were_added(tmp_path, monkeypatch):
    def add(opened, *bodies):
        with opened.transaction() as transaction:
            for body in bodies:
                document = Document.from_text(body, body)
                chunk = Chunk(start=0, end=len(body), text=body)
                document_id, _ = transaction.add_document(document, [chunk], np.zeros((1, 2), np.float32))
                transaction.put_source(body, document_id)

    monkeypatch.setattr(stores_catalog, "SCORED_CHUNKS", 1)
    asked = match_expression("alpha beta")
    with catalog_in(tmp_path) as opened:
        add(opened, "alpha one", "beta two", "beta three")
        assert [opened.chunks([i])[i].text for i, _ in opened.search_words(asked, 1)] == ["alpha one"]
        add(opened, "alpha four", "alpha five", "alpha six")
        (best,) = (opened.chunks([i])[i].text for i, _ in opened.search_words(asked, 1))
        assert best.startswith("beta")


def test_counting_ends_where_it_is_told_to(catalog):
    assert [catalog.count_lexical(match_expression("the buyer"), up_to) for up_to in (1, 9)] == [1, 2]
    assert catalog.count_lexical("", 9) == 0


HARD = st.sampled_from(
    ['"', "'", "*", "(", ")", "NEAR", " OR ", " AND ", "^", "-", ":", "{", "}", "\x00", "\ud800", "§", "+"]
)


@settings(
    max_examples=200, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(question=st.lists(st.one_of(HARD, st.text(st.characters(exclude_categories=[]), max_size=12))).map("".join))
def test_no_question_is_a_syntax_error(catalog, question):
    catalog.search_lexical(match_expression(question), 5)
    catalog.search_lexical(exact_expression(question), 5)
