"""Question templates in nine domains, from which `hybrid.router.training.questions` builds training questions.

A frame is a question with slots; a domain fills them. Every domain fills every frame of both
classes, so that the subject of a question says nothing about its route. A frame never stands on
both sides of a split: its wording is tested only where it was not trained on.
"""

from __future__ import annotations

from hybrid.router.training import comprehension_frames, lookup_frames


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.strip().splitlines() if line.strip())


LOOKUP_FRAMES = _lines(lookup_frames.LOOKUP_FRAMES)
COMPREHENSION_FRAMES = _lines(comprehension_frames.COMPREHENSION_FRAMES)

LOOKUP_PARTS = _lines("""
    who {act}
    when did {did}
    what is the {attr}
    how many {count} are there
    which {clausekind} deals with {provision}
    what does {clause} say
    where did {event} take place
    on what date did {did}
    what was the date of {event}
    how much was spent on {count}
    quote {clause}
    list the {count}
    give the {attr}
    does the {doc} mention {quote}
""")

COMPREHENSION_PARTS = _lines("""
    why did {did}
    why does it matter
    why was that
    why was {event} so important
    how did {event} affect {topic}
    how does it relate to {topic}
    what were the consequences
    what led to it
    what does that tell us about {topic}
    what role did {person} play in it
    explain why
    explain how {topic} and {topic2} are related
    summarise {event}
    summarise the {doc}
    describe how {topic} developed
    compare it with {topic2}
    what did {person} think about it
    how did {org} react
    how did it come to that
    what is the overall picture
""")

JOINTS = (", and {}", " and {}", "; also {}", "? And {}", "? {}", ". {}", ", and also {}", ", then {}")

BOTH_FRAMES = _lines("""
    Explain the {attr} in {clause}.
    Why does {clause} set the {attr}?
    What does {clause} mean for {topic}?
    How does {clause} affect {org}?
    Why was the {attr} changed in {date}?
    Why did {person} write {quote}?
    What did {person} mean by {quote}?
    How does {clause} compare with {clause2}?
    How did the {attr} develop after {event}?
    What is the {attr} and what explains it?
    How many {count} were there, and was that enough?
    Which {count} mattered most for {topic}?
    Compare the {attr} before and after {event}.
    Who was responsible for {event}?
    Which {docs} disagree about {topic}?
    Give the key dates of {event} and the reasons behind them.
    Give me quotes that show {person}'s attitude to {topic}.
    List the reasons for {event} with the {clausekind} where each is given.
    Which passages best show how {topic} developed?
    How do I comply with {clause}?
    How do I handle {event}?
    What steps have to be taken after {event}?
""")

LEADS = (
    "Please: ",
    "Can you tell me: ",
    "Quick question: ",
    "In the {doc}: ",
    "Regarding {event}: ",
    "About {org}: ",
    "I am reading the {doc} for {org}. ",
    "We are preparing a note on {topic} and need this today. ",
    "For the file of {person}, dated {date}: ",
    "According to the {docs}, ",
    "I have gone through the {doc} twice and could not work it out, so help me here. ",
)
