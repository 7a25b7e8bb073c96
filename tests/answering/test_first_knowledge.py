"""When somebody first knew of a thing: what they were sent or told of it, and their own account; of nobody else."""

from __future__ import annotations

import pytest
from index_only import corpus_of

import hybrid
from hybrid.answering import persons


def mail(sender: str, to: str, day: str, subject: str, body: str, cc: str = "") -> str:
    def address(name: str) -> str:
        return ", ".join(f"{one} <{one.replace(' ', '.').lower()}@corve.example>" for one in name.split("; "))

    copied = f"Cc: {address(cc)}\n" if cc else ""
    head = f"From: {address(sender)}\nTo: {address(to)}\n{copied}Date: {day} 09:00:00 +0000\nSubject: {subject}"
    return f"{head}\n\n{body}\n"


DAIRY = {
    "1.eml": mail(
        "Ivo Kranz", "Nora Blythe", "Mon, 02 May 2022", "hall 2",
        "Nora,\n\nThe cooler in hall 2 stood at 11 degrees all night and 300 soft cheeses were in it. I advise that "
        "none of them is sold.\n\nIvo Kranz\nCheesemaker, Corve Dairy", "Sam Oake",
    ),
    "2.eml": mail(
        "Nora Blythe", "Ivo Kranz", "Tue, 03 May 2022", "RE: hall 2",
        "Ivo, send them out. The shop does not own a thermometer.\n\nNora Blythe\nOwner, Corve Dairy\n\n"
        "On 2 May 2022 at 09:00, Ivo Kranz wrote:\n> Nora,\n>\n> The cooler in hall 2 stood at 11 degrees all night "
        "and 300 soft cheeses were in it. I advise that none of them is sold.",
    ),
    "3.eml": mail(
        "Nora Blythe", "Petra Lunn", "Wed, 04 May 2022", "May prices",
        "Petra, cheese prices rise by 4 % in June. The hall in Corve is open to visitors on Saturday, and we would be "
        "glad to see you at the fair.\n\nNora Blythe\nOwner, Corve Dairy",
    ),
    "4.eml": mail(
        "Petra Lunn", "Nora Blythe", "Thu, 12 May 2022", "ill customers",
        "Nora, nine customers have been ill since they ate your soft cheese. What do you know of it?\n\nPetra Lunn\n"
        "Buyer, Halden Stores",
    ),
    "5.eml": mail(
        "Nora Blythe", "Petra Lunn", "Thu, 12 May 2022", "RE: ill customers",
        "Petra, this is the first that we have heard of any trouble with the cheese. It left us cold.\n\nNora Blythe\n"
        "Owner, Corve Dairy",
    ),
    "6.eml": mail(
        "Ivo Kranz", "Sam Oake", "Fri, 13 May 2022", "truth",
        "Nora has told the shop that nobody knew. That is not so. I told her on 2 May that the cheese had been warm."
        "\n\nIvo Kranz",
    ),
    "lunn.txt": "WITNESS STATEMENT of Petra Lunn\n\nI, Petra Lunn, buyer of Halden Stores, state as follows.\n\n"
    "1. I have bought cheese in Corve since 2015, and the cheese of 2021 was the best that I ever had.\n"
    "2. I have been asked when I was first told that the refrigeration had broken down. It was by the health "
    "inspector, on 20 May 2022.\n3. Had I been told in May that the hall was warm I would have refused the cheese.\n\n"
    "Dated 1 July 2022\nSigned: Petra Lunn\n",
    "fair.txt": "Programme of the Corve cheese fair\n\nThe fair is on 7 May 2022 in the hall. Nora Blythe opens it at "
    "noon. Petra Lunn judges the hard cheeses. It is warm in May.\n",
}  # fmt: skip

THEATRE = {
    "a.eml": mail(
        "Uma Field", "Greg Holt", "Mon, 04 Sep 2023", "lines",
        "Greg, I went up to the grid today. Two of the steel lines over the stage are frayed to half their strands, "
        "and I would not hang anything on them.\n\nUma Field\nStage Manager, Larch Theatre", "Jo Penn",
    ),
    "b.eml": mail(
        "Greg Holt", "Uma Field", "Tue, 05 Sep 2023", "RE: lines",
        "Uma, the play opens on Friday and I have no money for steel before the grant. Paint them black.\n\nGreg Holt\n"
        "Artistic Director, Larch Theatre",
    ),
    "c.eml": mail(
        "Jo Penn", "Dee Pascoe", "Mon, 11 Sep 2023", "policy",
        "Dee, please find our fee for the policy. The stage of the Larch is insured for 2 million from October.\n\n"
        "Jo Penn\nAccounts, Larch Theatre",
    ),
    "log.txt": "STAGE LOG, kept by Uma Field\n\n9 Sep 2023: Batten 3 came down in act two. Nobody hurt.\n"
    "10 Sep 2023: Phoned Dee Pascoe about the batten.\n",
    "holt.txt": "STATEMENT of Greg Holt\n\nI, Greg Holt, artistic director of the Larch Theatre, say as follows.\n\n"
    "1. I have run the Larch since 2011 and I love its stage.\n2. I did not know that any of the rigging was worn. "
    "3. I learned of it from the insurer in October.\n\nSigned: Greg Holt, 3 January 2024\n",
    "pascoe.txt": "STATEMENT of Dee Pascoe\n\nI, Dee Pascoe, of Quill Insurance, say as follows.\n\n"
    "1. I insured the theatre in September 2023.\n2. I found out that the cables were worn when our engineer wrote to "
    "me on 2 October 2023.\n3. The theatre never mentioned it.\n\nSigned: Dee Pascoe, 9 January 2024\n",
}  # fmt: skip


@pytest.fixture(scope="module")
def dairy(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    return corpus_of(DAIRY, tmp_path_factory)


@pytest.fixture(scope="module")
def theatre(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    return corpus_of(THEATRE, tmp_path_factory)


def quoted(corpus: hybrid.Corpus, question: str) -> list[str]:
    return [" ".join(claim.text.split()) for claim in corpus.ask(question).claims]


def holds(texts: list[str], part: str) -> bool:
    return any(part in text for text in texts)


@pytest.mark.parametrize("question", [
    "When did Nora Blythe first learn that the cheese had been kept too warm?",
    "When did the owner of Corve Dairy first hear that cheese had not been kept cold?",
    "When did the head of Corve Dairy find out that the cheese was warm, and what was her reaction?",
])  # fmt: skip
def test_the_earliest_mail_to_somebody_that_states_a_thing_comes_first(dairy: hybrid.Corpus, question: str) -> None:
    answer = dairy.ask(question)
    assert "stood at 11 degrees" in answer.claims[0].text
    assert answer.claims[0].citations[0].date == "2022-05-02T09:00:00+00:00"
    assert "Ivo Kranz" in answer.text.split("“")[0]
    texts = [claim.text for claim in answer.claims]
    assert not holds(texts, "prices rise")
    assert not holds(texts, "best that I ever had")
    assert holds(texts, "I told her on 2 May")
    assert not holds(texts, "nine customers")
    if "reaction" in question:
        assert holds(texts, "send them out")


def test_in_a_large_file_the_mail_that_told_them_is_found_among_all_that_they_wrote(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    kinds = ("brie", "feta", "gouda", "cheddar", "ricotta", "blue", "goat")
    orders = {
        f"order-{at}.eml": mail(
            "Nora Blythe", "Petra Lunn", f"Mon, {1 + at % 27:02d} Mar 2022", f"order {at}",
            f"Petra, we learn from you that the {kinds[at % 7]} cheese of order {at} is kept warm enough for counter "
            f"{at * 3}. The cheese was kept too long in box {at * 7}.\n\nNora Blythe\nOwner, Corve Dairy",
        )
        for at in range(90)
    }  # fmt: skip
    corpus = corpus_of(DAIRY | orders, tmp_path_factory)
    texts = quoted(corpus, "When did Nora Blythe first learn that the cheese had been kept too warm?")
    assert holds(texts[:1], "stood at 11 degrees")
    assert holds(texts, "first that we have heard")
    assert not holds(texts, "warm enough")


def test_what_somebody_did_when_they_heard_is_quoted_where_it_is_asked_for(theatre: hybrid.Corpus) -> None:
    assert holds(quoted(theatre, "How did Greg Holt react when he heard of the frayed lines?"), "Paint them black")
    assert not holds(quoted(theatre, "When did Greg Holt first learn of the frayed lines?"), "Paint them black")


def test_who_was_warned_before_they_said_otherwise(dairy: hybrid.Corpus) -> None:
    question = (
        "Had Nora Blythe been warned about the soft cheese before she told the shop that it was a surprise to her?"
    )
    answer = dairy.ask(question)
    texts = [claim.text for claim in answer.claims]
    assert holds(texts[:2], "I advise that none of them is sold")
    said = next(claim for claim in answer.claims if "first that we have heard" in claim.text)
    assert said.contradicted_by
    assert not holds(texts, "prices rise")


@pytest.mark.parametrize("question", [
    "When did Petra Lunn find out that the refrigerator had failed, and how?",
    "When did Petra Lunn first learn that the cooling had stopped working?",
])  # fmt: skip
def test_what_somebody_says_of_when_they_were_told_answers_and_is_no_denial(
    dairy: hybrid.Corpus, question: str
) -> None:
    answer = dairy.ask(question)
    texts = [claim.text for claim in answer.claims]
    assert holds(texts[:2], "by the health inspector, on 20 May 2022")
    assert not any(claim.contradicted_by or claim.qualification == "denial" for claim in answer.claims)
    assert not holds(texts, "stood at 11 degrees")  # which was not sent to her


def test_a_copy_is_knowledge_of_whoever_gets_it(dairy: hybrid.Corpus) -> None:
    texts = quoted(dairy, "Was Sam Oake aware in May 2022 that the cheese had been warm?")
    assert holds(texts[:2], "stood at 11 degrees")
    assert not holds(texts, "send them out")
    assert not holds(texts, "by the health inspector")


@pytest.mark.parametrize("question", [
    "When did Greg Holt first learn that the cables above the stage were worn?",
    "Had the artistic director been told of the worn cables before the play opened?",
    "Was Greg Holt aware of the frayed lines before he spoke to the insurer?",
])  # fmt: skip
def test_a_mail_in_other_words_is_knowledge_and_contradicts_the_denial(theatre: hybrid.Corpus, question: str) -> None:
    answer = theatre.ask(question)
    texts = [claim.text for claim in answer.claims]
    assert holds(texts[:1], "frayed to half")
    denial = next(claim for claim in answer.claims if "did not know that any" in claim.text)
    assert denial.contradicted_by == (1,)
    assert not holds(texts, "insured for 2 million")


def test_what_was_sent_before_of_what_is_denied_is_quoted_in_the_words_of_the_denial(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    files = {
        "a.eml": mail("Tess Boyle", "Hugo Marsh", "Mon, 06 Feb 2023", "pool",
                      "Hugo, the fence round the otter pool has a hole that a dog could walk through.\n\nTess"),
        "b.eml": mail("Rita Voss", "Hugo Marsh", "Fri, 10 Feb 2023", "cafe", "Hugo, the cafe needs chairs.\n\nRita"),
        "c.eml": mail("Hugo Marsh", "Paul Ince", "Mon, 20 Feb 2023", "bite",
                      "Paul, nobody had told us of any gap in that fence before your son was hurt.\n\nHugo Marsh"),
    }  # fmt: skip
    answer = corpus_of(files, tmp_path_factory).ask("When did Hugo Marsh first learn that the enclosure was damaged?")
    assert "has a hole" in answer.claims[0].text
    assert not any("chairs" in claim.text for claim in answer.claims)
    assert answer.claims[-1].qualification == "denial"


def test_one_who_was_told_late_says_so_and_nobody_elses_mail_is_theirs(theatre: hybrid.Corpus) -> None:
    answer = theatre.ask("When did Dee Pascoe find out that the steel ropes were damaged?")
    texts = [claim.text for claim in answer.claims]
    assert holds(texts[:2], "when our engineer wrote to me on 2 October 2023")
    assert not holds(texts, "frayed to half")
    assert not any(claim.contradicted_by for claim in answer.claims)
    assert not holds(texts, "insured for 2 million")


@pytest.mark.parametrize(
    ("question", "topic"),
    [
        ("Had Ann Orr been warned about the roof before she sold the barn?", "the roof"),
        ("Was Ann Orr aware that the roof leaked when she sold the barn?", "the roof leaked"),
        ("When did Ann Orr find out that the roof leaked, and how?", "the roof leaked"),
        ("What did Ann Orr know about the day before the fire?", "the day before the fire"),
    ],
)
def test_what_somebody_did_then_is_no_part_of_what_they_knew(question: str, topic: str) -> None:
    person = persons.asked(question)
    assert person is not None
    assert person.topic == topic


@pytest.mark.parametrize(
    ("question", "topic"),
    [
        ("What did Ann Orr know about the pump before 8 May 2024, and when?", "the pump"),
        ("Did Ann Orr know of the pump by the end of June?", "the pump"),
        ("What did Ann Orr know about the pump up to 2023?", "the pump"),
        ("What did Ann Orr know about the pump in April 2024?", "the pump in April 2024"),
    ],
)
def test_the_bound_on_when_something_was_known_is_no_topic(question, topic):
    asked = persons.asked(question)
    assert asked is not None
    assert asked.topic == topic
