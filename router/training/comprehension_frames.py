"""Questions that no single passage answers, with slots that the domains of `hybrid.router.training.domains` fill."""

from __future__ import annotations

COMPREHENSION_FRAMES = """
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
What did {person} say about {topic}?
What did {org} say about {topic} and {topic2}?
What was said about {topic}?
What was said about {provision}?
What did {person} talk about during {event}?
What was discussed at {event}?
What was discussed about {topic}?
What did {person} and {person2} discuss?
What did {org} decide on {topic}?
What did {org} conclude about {topic}?
What did {person} mention on {topic} when talking about {event}?
What did {person} find difficult about {topic}?
What did {person} recommend for {topic} when discussing {event}?
What did {person} suggest about {provision} when talking about {topic}?
What is {person}'s opinion on {topic}?
What was the attitude of {org} towards {topic}?
What were {person}'s worries about {provision}?
What is the status of {topic}?
How are things with {provision}?
How is work on {topic} going?
What are the plans for {topic}?
What is the future of {org}?
What measures were taken on {topic}?
What was the focus of {event}?
What was {event} about?
What were the main topics of the {docs}?
What were the results of {event}?
What were the accusations against {person}?
What did {person} learn about {org}?
What did {person} present, and how did {org} take it?
Would {person} agree with {person2} about {topic}?
Will {org} ever change its mind on {topic}?
Did {person} change during {event}?
What arguments did {person} give for {provision}?
What do we know about {topic}?
What is going on between {person} and {person2}?
What makes {person} leave {org}?
What makes {topic} difficult for {org}?
Who is {person}, and what is their part in the whole?
Who is {person} and what happens to them throughout the {doc}?
Who are {person} and {person2}, and what are their traits?
Who is {person}, and what are they like?
What is {person}'s role in the {doc}?
What information does {person} gather about {event}, and how?
Where does {event} take place, and what is that place like?
Describe what {org} looks like.
What is the setting?
How does the {doc} end, and what does that mean?
How did {person} get into this situation?
How did {person} justify {event}?
How did {org} plan to deal with {topic}?
How would {person} go about {provision}?
Why did {person} suggest that {org} should {duty}?
Why did {person} disagree with {person2} when discussing {topic}?
Why would anyone {duty}?
Why is it not enough to {duty}?
What changed in {topic} over the years?
What changed between {person} and {person2}?
What has changed since {event}, and what has not?
Summarise what changed after {event}.
Summarise the discussion about {topic}.
Summarise the discussion of {provision} at {event}.
Summarise {person}'s ideas about {topic}.
Summarise the whole {doc}.
Summarize the questions that {person} put to {person2} on {topic}.
discussion of {topic}
discussion about {provision}
{person}'s views on {topic}
state of {topic}
plans for {provision}
Compare what {person} and {person2} say about {event}.
Compare the {docs} of {date} with the later ones.
Why was {person} not trusted?
Why did nobody {duty}?
How come {act_past}?
What if {person} had not been at {event}?
"""
