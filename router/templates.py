"""Question templates in nine domains, from which `hybrid.router.questions` builds training questions.

A frame is a question with slots; a domain fills them. Every domain fills every frame of both
classes, so that the subject of a question says nothing about its route. A frame never stands on
both sides of a split: its wording is tested only where it was not trained on.
"""

from __future__ import annotations


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.strip().splitlines() if line.strip())


LOOKUP_FRAMES = _lines("""
    Who {act}?
    Who was it that {act}?
    Who was the first person who {act}?
    Which person {act}?
    What is the name of the person who {act}?
    Whose name is given as the one who {act}?
    When did {did}?
    On what date did {did}?
    In which year did {did}?
    When exactly did {did}?
    When was {event} announced?
    What was the date of {event}?
    Where did {event} take place?
    Where did {did}?
    What is the {attr}?
    What's the {attr}?
    What was the {attr} in {date}?
    What {attr} does the {doc} give?
    What is the {attr} according to the {doc}?
    {attr}
    {attr} {doc}
    {attr} {date}
    {attr} in the {doc}
    {doc} {attr}
    {quote}
    {id}
    {person} {attr}
    State the {attr}.
    Give me the {attr}.
    Find the {attr} in the {doc}.
    Look up the {attr} for {id}.
    Tell me the {attr}.
    I need the {attr} from the {doc}.
    Show me where the {doc} gives the {attr}.
    How many {count} are there?
    How many {count} are listed in the {doc}?
    How many {count} were there in {date}?
    How much was spent on {count}?
    How long did {event} last?
    How long is the {doc}?
    How old was {person} at the time of {event}?
    What does {clause} say?
    What does the {doc} say in {clause}?
    What is in {clause}?
    {clause}
    {clause} {doc}
    Quote {clause}.
    Quote the part of the {doc} on {provision}.
    Quote the exact wording on {provision}.
    What is the exact wording on {provision}?
    Which {clausekind} deals with {provision}?
    Which {clausekind} of the {doc} covers {provision}?
    Where does the {doc} deal with {provision}?
    {provision}
    {provision} wording
    Is there anything on {provision} in the {doc}?
    Does the {doc} contain a rule on {provision}?
    Does the {doc} mention {person}?
    Does the {doc} mention {quote}?
    Is {person} named in the {doc}?
    Is {id} mentioned anywhere?
    Did {person} attend {event}?
    Did {did} in {date}?
    Was {event} before or after {date}?
    Which {doc} mentions {quote}?
    Which {docs} refer to {id}?
    Find every mention of {person}.
    Find the passage that contains {quote}.
    Find {quote}
    Where is {quote} used?
    Where does it say {quote}?
    Who said {quote}?
    Who wrote {quote}?
    What is the definition of {quote}?
    How does the {doc} define {quote}?
    What does {id} stand for?
    What is {id}?
    Show me {id}.
    Open the entry for {id}.
    What is the number of the {doc}?
    What is the title of the {doc}?
    Who is {person}'s deputy?
    What is {person}'s address?
    What is {person}'s job title?
    What age is {person}?
    What was {person} paid?
    Who does {person} report to?
    Who owns {org}?
    Where is {org} based?
    In what city is {org}?
    What is the registration number of {org}?
    Who runs {org}?
    What is the phone number of {org}?
    List every one of the {count}.
    List all {count} in the {doc}.
    List the {count} by name.
    Name the {count}.
    Which {count} belong to {org}?
    Which of the {count} is the largest?
    What is the highest {attr}?
    What is the last {attr} on record?
    what {attr} applies to {org}
    The {attr} is what?
    The {doc} was signed by whom?
    To whom was the {doc} sent?
    From what date does the {doc} apply?
    At what time did {event} begin?
    Under which {clausekind} was {event} reported?
    What page is {provision} on?
    Cite the {clausekind} on {provision}.
    Verbatim text of {clause}
    Copy out {clause} word for word.
    Who is mentioned alongside {person} in the {doc}?
    What colour is the cover of the {doc}?
    What other name is used for {org}?
    What kind of {clausekind} number does {provision} have?
    What word does the {doc} use for {org}?
    date of {event}
    place of {event}
    author of the {doc}
    number of {count}
    name of the person who {act}
    {person} contact details
    {org} {id}
    value of the {attr}
""")

COMPREHENSION_FRAMES = _lines("""
    Why did {did}?
    Why did {did} after {event}?
    Why exactly did {did}?
    Why was {event} so important?
    Why does {topic} matter here?
    Why is {topic} treated the way it is in the {docs}?
    Why might {person} object to {event}?
    How did {did}?
    How did it come about that {act_past}?
    How did {event} come about?
    How did {event} affect {topic}?
    How does {topic} change over the course of the {docs}?
    How has {topic} evolved since {event}?
    How do the {docs} treat {topic}?
    How does {person} see {topic}?
    How does {person} respond to {event}?
    How do {person} and {person2} differ over {topic}?
    How do the different parts of the {doc} fit together?
    How are {topic} and {topic2} connected?
    How well does the {doc} deal with {topic}?
    How serious was {event} for {org}?
    How would you characterise {person}?
    How should one understand {topic} in the light of {event}?
    In what ways did {event} shape {org}?
    To what extent was {person} to blame for {event}?
    Summarise the {doc}.
    Summarize the {docs}
    Summarise {event} in a few sentences.
    Summarise what {person} thinks about {topic}.
    Summarise what the {docs} require of someone who deals with {topic}.
    Summarise what has to be done about {topic}.
    Give me a summary of the {doc}.
    Give an overview of the {docs}.
    Can you outline the main points of the {doc}?
    What are the main points made about {topic}?
    What is the overall argument of the {docs}?
    What is the overall argument of these documents?
    What is the overall picture of {topic}?
    What is this all about?
    What are these documents about?
    What is the {doc} about as a whole?
    What is the gist of the {docs}?
    What themes run through the {docs}?
    What is the central theme?
    What patterns can be seen in {topic}?
    What tone does the {doc} take towards {topic}?
    What assumptions lie behind the {doc}?
    What is the general approach to {topic}?
    What principles guide {org}?
    What does the {doc} tell us about {topic}?
    What does {event} reveal about {person}?
    What do the {docs} suggest about {topic} and {topic2}?
    What led to {event}?
    What caused {event}?
    What were the causes and consequences of {event}?
    What were the consequences of {event} for {org}?
    What role did {person} play in {event}?
    What role does {topic} play in the {docs}?
    What is the significance of {event}?
    What is the relationship between {person} and {person2}?
    What is the relationship between {topic} and {topic2}?
    What is the difference between the views of {person} and {person2}?
    What is {person} like?
    What kind of person is {person}?
    What motivates {person}?
    What does {person} want, and what stands in the way?
    What does {person} think of {topic}?
    What did {person} feel about {event}?
    What happens to {person}?
    What happened between {person} and {org}?
    What happened during {event}?
    What went wrong with {event}?
    What can be learned from {event}?
    What problems does {org} face with {topic}?
    What are the arguments for and against {event}?
    What are the strengths and weaknesses of the {doc}?
    What would have happened without {event}?
    What are the biggest concerns about {topic}?
    What obligations does someone take on who deals with {org}?
    What do {person} and {person2} have in common?
    Explain {topic}.
    Explain the background to {event}.
    Explain why {act_past}.
    Explain how {topic} and {topic2} are related.
    Describe {person}'s attitude to {topic}.
    Describe the relationship between {person} and {org}.
    Describe how {topic} develops.
    Discuss {topic} in the {docs}.
    Compare {person} and {person2}.
    Compare the views of {person} and {org} on {topic}.
    Compare the two {docs} in their approach to {topic}.
    Contrast {topic} with {topic2}.
    Analyse the impact of {event} on {org}.
    Assess whether {event} was a success.
    Evaluate {person}'s handling of {event}.
    Trace the development of {topic}.
    Tell me the story of {event}.
    Tell me about {person} and {topic}.
    Walk me through {event}.
    Was {event} justified?
    Is {topic} handled fairly?
    Is there a tension between {topic} and {topic2}?
    Do the {docs} agree with one another about {topic}?
    Should {org} have acted differently?
    Could {event} have been avoided?
    Does {person} trust {person2}, and what is that based on?
    causes of {event}
    summary of the {docs}
    overview {topic}
    {topic} overall
    impact of {event} on {topic}
    main themes
    {person} and {person2} relationship
    consequences of {event}
    background to {event}
    reasons for {event}
    differences between {topic} and {topic2}
    lessons from {event}
    {person}'s motives
    I am new to this: what is going on with {topic}?
    Bring me up to speed on {event}.
    What should I know about {topic} before I read the {docs}?
    From {person}'s point of view, was {event} a mistake?
    Taken together, what do the {docs} say about {topic}?
    Across all the {docs}, what is the attitude to {topic}?
    What changed after {event}?
""")

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
