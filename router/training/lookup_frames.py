"""Questions that one passage answers, with slots that the domains of `hybrid.router.training.domains` fill."""

from __future__ import annotations

LOOKUP_FRAMES = """
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
May {person} {duty}?
May {org} {duty} without asking {person2}?
Can {person} {duty}?
Can {person2} {duty} at any time?
Must {person} {duty}?
Must {org} {duty} before {event}?
Is {person} allowed to {duty}?
Is {org} required to {duty}?
Is {person2} obliged to {duty} after {event}?
Is anyone forbidden to {duty}?
Are {person} and {person2} bound to {duty}?
Is consent needed to {duty}?
Is notice required before {org} may {duty}?
Does the {doc} allow {person} to {duty}?
Does the {doc} restrict the ability of {org} to {duty}?
Does the {doc} require {person} to {duty}?
Does the {doc} limit {provision}?
Does the {doc} provide for {provision}, whether before or after {event}?
Is there any requirement to {duty}?
Is there a limit on {provision}?
Is there a restriction on {provision} for {org} or for anyone acting on its behalf?
Is there an exception to the rule on {provision}?
Is {provision} permitted?
Is {provision} excluded?
Is {provision} covered by the {doc}?
Are {count} mentioned in the {doc}?
Are the {docs} kept in one place?
Who may {duty}?
Who must {duty}?
Who is entitled to {duty}?
Who is responsible for {provision}?
Who has the right to {duty}?
What must {person} do before {event}?
What must {org} do after {event}?
What may {person} do if {person2} fails to {duty}?
What is required for {provision}?
What is excepted from {provision}?
What {provision} is granted?
What share of the {attr} goes to {org}?
When does the {doc} take effect?
When does the {doc} become valid?
When does {provision} apply?
When must {person} {duty}?
By when must {org} {duty}?
How long does {provision} last?
How long must {person} {duty}?
How much notice is needed to {duty}?
How often must {org} {duty}?
How far may the {attr} be raised?
How is {provision} defined?
How is {provision} limited in the {doc}?
For what is {person} liable?
For how long is {provision} valid?
To whom does {provision} apply?
To what does {provision} extend?
Under what conditions may {org} {duty}?
Up to what {attr} is {person} covered?
Which law applies to the {doc}?
Which rule says that {person} must {duty}?
Whose consent does {person} need to {duty}?
Are {person} and {person2} both named in the {doc}?
Are {org} and {person} in the same place?
Did {person} and {person2} both attend {event}?
Which came first, {event} or the {doc}?
Who is older, {person} or {person2}?
Which is larger, the {attr} of {date} or that in the {doc}?
What is the {attr} of the {doc} that {person} sent to {person2}?
What was the {attr} in the year of {event}?
In what year was the person born who {act}?
In which place was the {doc} written that mentions {person}?
The {doc} was written by a person who {act}; what is the {attr}?
The person who {act} also worked for which {org} office?
{person} was at {event} with whom?
{person} belongs to what?
Where does the person live who {act}?
What position did the person hold who {act}?
What role did {person} have at {org}?
What is the name of the {doc} in which {person} and {org} are named?
What else did the person do who {act}?
{org} has had how many {count} since {event}?
Which {attr} is shared by {person} and {person2}?
What changed in {clause} between the two versions of the {doc}?
Which words were changed in {clause}?
Which {count} were added in {date}?
List every {clausekind} that mentions {provision}.
List every date in the {doc}.
List every person named in the {docs}.
List every {doc} dated {date}.
List all amounts in the {doc}.
Which custodian kept the {doc}?
Who kept the {docs} on {event}?
From whose files does {id} come?
Which custodian sent {id}?
Who received a copy of the {doc} on {date}?
What are the dates of all {docs}?
Is it true that {act_past}?
Is it correct that {act_past} in {date}?
Nobody {act}, is that right?
Was {person} not at {event}?
Which {count} are not listed in the {doc}?
"""
