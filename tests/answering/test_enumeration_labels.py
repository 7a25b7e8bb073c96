"""People of labelled lines: who was at a meeting, who sent apologies, who the crew were; each a row with its source."""

from __future__ import annotations

import pytest
from index_only import corpus_of

import hybrid

FILES = {
    "minutes-march.txt": """Arden Fish Farm Limited
Minutes of the site meeting held on 9 March 2021

Present: Mora Tait (site manager), Ewan Blair, Dr Sunita Rao
In attendance: Col Peat (Netwright Limited)
Apologies: Hal Orde, Jean Sill

1. Nets
Mr Blair reported that two nets were torn.
""",
    "minutes-may.txt": """Arden Fish Farm Limited
Minutes of the site meeting held on 11 May 2021

Present:
- Mora Tait
- Hal Orde, engineer
Apologies were received from Dr Sunita Rao and Jean Sill.

Mr Orde attended from item 2.
""",
    "minutes-june.txt": """Arden Fish Farm Limited
Minutes of the site meeting held on 8 June 2021

PRESENT
Mora Tait
Ewan Blair

Apologies: none
The vet was not there.
""",
    "minutes-july.txt": """Arden Fish Farm Limited
Delivery meeting - held on 6 July 2021 - Site office

Present\tFor
Mora Tait\tSite manager, Arden
Col Peat\tDirector, Netwright

1. The nets were late.
""",
    "minutes-september.md": """# Feed meeting

**Date:** Tuesday 7 September 2021
**Place:** The shed

**Present:** Mora Tait (site manager), Col Peat (Netwright Limited, net makers)
**Present for Arden**: Dr Sunita Rao
**In attendance (by telephone):** Ewan Blair
**Apologies:** Hal Orde (Orde Diving) - was at sea
**Minutes taken by:** Jean Sill

## 1. Feed

The feed was damp.
""",
    "minutes-october.txt": """Feed meeting of 5 October 2021

Present for Arden: Mora Tait, Ewan Blair
Present for Netwright: Col Peat
In attendance (by telephone): Sunita Rao
Apologies for absence: Hal Orde

1. The feed was dry.
""",
    "voyage.txt": """Voyage of the workboat Marigold, 14 June 2021

Crew: Jo Lund, Per Aas and two deckhands
Cargo: nets, twine
Not present: Hal Orde
The boat left at dawn.
""",
}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    return corpus_of(FILES, tmp_path_factory)


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("Who attended the meeting of 9 March 2021?", ["Mora Tait", "Ewan Blair", "Dr Sunita Rao", "Col Peat"]),
        ("Who was present at the meeting of 9 March?", ["Mora Tait", "Ewan Blair", "Dr Sunita Rao", "Col Peat"]),
        ("Who sent apologies for the meeting of 9 March 2021?", ["Hal Orde", "Jean Sill"]),
        ("From whom were apologies received on 11 May 2021?", ["Dr Sunita Rao", "Jean Sill"]),
        ("Who was absent on 11 May 2021?", ["Dr Sunita Rao", "Jean Sill"]),
        ("Which people were at the meeting on 11 May 2021?", ["Mora Tait", "Hal Orde"]),
        ("Who attended the meeting of 8 June 2021?", ["Mora Tait", "Ewan Blair"]),
        ("Who attended the meeting of 6 July 2021?", ["Mora Tait", "Col Peat"]),
        ("Who were the crew of the Marigold?", ["Jo Lund", "Per Aas", "two deckhands"]),
        ("Who were the members of the crew?", None),
        ("Who attended the meeting about the torn nets?", ["Mora Tait", "Ewan Blair", "Dr Sunita Rao", "Col Peat"]),
        (
            "Who attended the meeting of 7 September 2021?",
            ["Mora Tait", "Col Peat", "Dr Sunita Rao", "Ewan Blair"],
        ),
        ("Who sent apologies for the meeting of 7 September 2021?", ["Hal Orde"]),
        (
            "Who attended the meeting of 7 September 2021, and who sent apologies?",
            ["Mora Tait", "Col Peat", "Dr Sunita Rao", "Ewan Blair", "Hal Orde"],
        ),
        (
            "Who attended the meeting of 5 October 2021?",
            ["Mora Tait", "Ewan Blair", "Col Peat", "Sunita Rao"],
        ),
        ("Who sent apologies for the meeting of 5 October 2021?", ["Hal Orde"]),
        ("Who attended the school of navigation?", None),
        ("Who attended the meeting of 9 March 2021 and what did they decide?", None),
        ("Who were the jury?", None),
    ],
)
def test_the_people_of_a_labelled_line_are_rows(corpus: hybrid.Corpus, question: str, names: list[str] | None) -> None:
    found = corpus.ask(question, route="lookup").enumeration
    assert (found and [row.cells[0] for row in found.rows]) == names


def test_each_person_has_the_line_that_names_them_as_its_source(corpus: hybrid.Corpus) -> None:
    answer = corpus.ask("Who attended the meeting of 9 March 2021?", route="lookup")
    assert answer.enumeration is not None
    spans = {row.cells[0]: row.span.quote for row in answer.enumeration.rows}
    assert spans["Col Peat"] == "In attendance: Col Peat (Netwright Limited)"
    assert spans["Ewan Blair"] == "Present: Mora Tait (site manager), Ewan Blair, Dr Sunita Rao"
    assert "Col Peat – “In attendance: Col Peat (Netwright Limited)” [2]" in answer.text
    role = answer.enumeration.columns.index("Role")
    assert answer.enumeration.rows[0].cells[role] == "site manager"


def test_how_many_were_there_counts_each_once(corpus: hybrid.Corpus) -> None:
    found = corpus.ask("How many people attended the meeting of 11 May 2021?").enumeration
    assert found is not None
    assert found.count == 2


def test_a_line_that_says_none_counts_nobody(corpus: hybrid.Corpus) -> None:
    found = corpus.ask("Who sent apologies for the meeting of 8 June 2021?").enumeration
    assert found is not None
    assert found.count == 0
    assert found.rows[0].span.quote == "Apologies: none"


def test_the_lines_below_the_table_name_each_citation_once(corpus: hybrid.Corpus) -> None:
    shown = str(corpus.ask("Who attended the meeting of 9 March 2021?", route="lookup"))
    assert "[1]-[2]" in shown
    assert "[1][1]" not in shown


def test_the_lines_of_those_present_are_quoted_where_the_question_makes_no_list(corpus: hybrid.Corpus) -> None:
    claims = corpus.ask("Who attended the meeting of 7 September 2021 and how damp was the feed?").claims
    said = [" ".join(claim.text.split()) for claim in claims]
    assert "**Present for Arden**: Dr Sunita Rao" in said
    assert "**In attendance (by telephone):** Ewan Blair" in said
    assert not any("Minutes taken by" in one for one in said)
