"""Twenty-five questions to the papers of an organ builder's dispute, of the kinds that a reader found wrong."""

from __future__ import annotations

import pytest
from index_only import corpus_of

import hybrid

FILES = {
    "answer.txt": """Voigt Organs
16 December 2024

To Vale Church Council

We deny that the leather caused the split.
The bellows split because the church was heated to 24 degrees against our advice.
The workshop is closed over Christmas.

Lars Voigt
Organ builder
""",
    "bills.csv": """Bill,From,Date,Amount,State
VO-11,Voigt Organs,2024-06-03,€8400.00,settled
VO-12,Voigt Organs,2024-09-02,€8400.00,open
SC-3,Sedge Scaffolding,2024-09-20,€1950.00,open
HT-7,Hale Tuning,2024-10-01,€420.00,settled
""",
    "claim.txt": """Vale Church Council
3 December 2024

To Voigt Organs

The bellows split on 24 November 2024 during the evening service.
They split because the leather was of the second grade.
We claim €5,200 for new leather and for the hire of another organ.

Ruth Amble
Chair
""",
    "contract-draft.txt": """DRAFT OF 2 February 2024

CONTRACT FOR THE RESTORATION OF THE VALE ORGAN

between Vale Church Council and Voigt Organs

1. The price is €30,000 in four instalments.
2. The works shall be finished by 30 November 2024.
3. The warranty is two years.
4. The leather shall be goatskin.
""",
    "contract.txt": """CONTRACT FOR THE RESTORATION OF THE VALE ORGAN

made on 11 March 2024

between Vale Church Council and Voigt Organs

1. The price is €33,600 in four instalments.
2. The works shall be finished by 31 January 2025.
3. The warranty is five years.
4. The leather shall be goatskin of the first grade.

Signed for Vale Church Council: Ruth Amble
Signed for Voigt Organs: Lars Voigt
""",
    "m1.eml": """From: Una Pratt <una@vale.test>
To: Lars Voigt <lars@voigt.test>
Date: Mon, 23 Sep 2024 09:00:00 +0000
Subject: bill

Dear Lars,
Bill VO-12 was settled on 20 September by transfer.
Una
""",
    "m2.eml": """From: Ruth Amble <ruth@vale.test>
To: Tim Sedge <tim@vale.test>
Date: Wed, 16 Oct 2024 18:30:00 +0000
Subject: Fwd: the leather

Tim, what do you make of this?

---------- Forwarded message ---------
From: Lars Voigt <lars@voigt.test>
Date: Fri, 11 Oct 2024 at 14:05
Subject: the leather
To: Ruth Amble <ruth@vale.test>

The leather of the bellows is sheepskin of the second grade.
I found out in July that the tannery had changed it.
""",
    "m3.eml": """From: Tim Sedge <tim@vale.test>
To: Ruth Amble <ruth@vale.test>
Date: Thu, 17 Oct 2024 08:10:00 +0000
Subject: Re: Fwd: the leather

He should have told us in July.

On Wed, 16 Oct 2024 at 18:30, Ruth Amble <ruth@vale.test> wrote:
> Tim, what do you make of this?
""",
    "minutes-aug.txt": """Vale Organ Restoration Committee
Minutes of the meeting held on 12 August 2024

Present: Ruth Amble (chair), Canon Piers Holt, Dee Okafor
In attendance: Lars Voigt of Voigt Organs
Apologies for absence: Tim Sedge, Una Pratt

1. The committee noted that the swell box had cracked.
2. Mr Voigt said that the crack came from dry heating in the winter.
3. Resolved: that the heating be kept below 16 degrees.
""",
    "minutes-oct.txt": """Vale Organ Restoration Committee
Minutes of the meeting held on 7 October 2024

In attendance: none
Present:
Ruth Amble
Tim Sedge
Una Pratt

Apologies were received from Canon Piers Holt and Dee Okafor.

1. The committee agreed to pay the second instalment in November.
2. Miss Pratt reported that the pigeons were back in the tower.
""",
    "pipes.csv": """Rank,Division,Pipes,Cracked,Replaced
Open diapason,Great,61,4,3
Stopped flute,Great,61,0,0
Viola,Swell,58,nil,0
Oboe,Swell,61,7,7
Bourdon,Pedal,30,2,none
""",
    "visits.md": """# Visits to the organ loft

| Day | Visitor | Breakages | Remark |
|---|---|---|---|
| 2 June 2024 | school class | none | ok |
| 9 June 2024 | choir | 1 | a music stand fell |
| 16 June 2024 | tuner | – | ok |
| 23 June 2024 | tourists | 2 | two lamps |
""",
}
QUESTIONS: list[tuple[str, list[str], list[str]]] = [
    (
        "Who attended the meeting of 12 August 2024?",
        ["Ruth Amble –", "Canon Piers Holt –", "Dee Okafor –", "Lars Voigt"],
        ["Tim Sedge –"],
    ),
    ("Who sent apologies for the meeting of 12 August 2024?", ["Tim Sedge –", "Una Pratt –"], ["Dee Okafor –"]),
    ("Who was present at the meeting of 7 October 2024?", ["Ruth Amble –", "Tim Sedge –", "Una Pratt –"], ["Holt –"]),
    ("Who was absent on 7 October 2024?", ["Canon Piers Holt –", "Dee Okafor –"], ["Sedge –"]),
    ("How many people attended the October meeting?", ["3 of"], []),
    ("How many pipes cracked in the Great division?", ["sum of “Cracked”: 4"], []),
    ("How many pipes were replaced in the Swell?", ["sum of “Replaced”: 7"], []),
    ("How many pipes are there in total?", ["271"], []),
    ("Which ranks have no cracked pipes?", ["Stopped flute", "Viola"], ["Oboe", "Bourdon"]),
    ("Which visits had no breakages?", ["2 June", "16 June"], ["9 June", "23 June"]),
    ("How many visits had breakages?", ["2 of 2"], ["school class"]),
    ("Which bills are unpaid?", ["SC-3", "VO-12", "says otherwise", "20 September"], ["HT-7"]),
    ("Which bills are open?", ["SC-3", "VO-12", "says otherwise"], ["HT-7"]),
    ("What is the total of the settled bills?", ["8,820", "VO-12", "says otherwise"], []),
    ("What leather was used for the bellows?", ["Lars Voigt, 11 October 2024"], ["Ruth Amble, 16"]),
    ("What did Lars Voigt know about the leather, and when?", ["Lars Voigt, 11 October 2024", "July"], []),
    ("What did Tim Sedge say about the leather?", ["should have told us in July"], []),
    ("What is the price of the restoration?", ["33,600"], ["says otherwise"]),
    ("How long is the warranty?", ["five years", "from a draft"], ["says otherwise"]),
    ("By when shall the works be finished?", ["31 January 2025"], ["says otherwise"]),
    (
        "Why did the bellows split, and what do the parties say?",
        ["Ruth Amble: “They split because the leather", "Lars Voigt: “We deny", "24 degrees"],
        ["Christmas", "pigeons"],
    ),
    ("What is each side's position on the bellows?", ["Ruth Amble: “", "Lars Voigt: “"], ["Christmas"]),
    (
        "What happened to the swell box?",
        ["swell box had cracked", "dry heating"],
        ["pigeons", "instalment in November"],
    ),
    ("Describe the condition of the bellows.", ["split"], ["pigeons", "Christmas", "music stand"]),
    ("What was resolved about the heating?", ["below 16 degrees"], []),
]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    return corpus_of(FILES, tmp_path_factory)


@pytest.mark.parametrize(("question", "held", "never"), QUESTIONS, ids=[one[0] for one in QUESTIONS])
def test_the_answer_says_what_it_should(
    corpus: hybrid.Corpus, question: str, held: list[str], never: list[str]
) -> None:
    said = corpus.ask(question).text
    assert [words for words in held if words not in said] == []
    assert [words for words in never if words in said] == []
