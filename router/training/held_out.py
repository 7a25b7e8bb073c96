"""Questions of one domain, legal discovery, written by hand. Never trained or calibrated on: only measured."""

from __future__ import annotations

from typing import Literal

_LOOKUP = """
Who sent the e-mail of 14 March about the missing invoices?
Which custodian produced DEF-0004417?
What is the Bates number of the board memo?
When was the litigation hold issued?
Who was copied on the message with the subject "RE: Q3 shortfall"?
Find every document that mentions "Project Falcon".
case number
date of the deposition of Harold Voss
privilege log entry 118
Show me the attachment budget_v7_FINAL.xlsx
What docket number was assigned to the motion to compel?
Who is the judge?
How many documents did the defendant withhold?
How much did Trident pay for the warehouse?
Did anyone forward the draft to outside counsel?
Quote what Voss said about the second set of books.
What were Ms Idris's exact words when asked about the shredding?
Where was the hard drive found?
On which page of the transcript does the witness mention the blue folder?
What phone number did Carver call on the night of 2 November 2018?
Which law firm represented the plaintiff?
Give me the account number in the wire transfer instructions.
List the names of all deponents.
carver employment start date
indemnification cap in the share purchase agreement
Who witnessed the signature on the promissory note?
What interest rate does the promissory note carry?
Is there a non-compete in Carver's employment contract?
Does any e-mail mention the whistleblower by name?
voss@trident.example
Exhibit 27
What does paragraph 41 of the complaint allege?
What does section 10(b) say?
State the amount of damages claimed.
When is the deadline for responding to the subpoena?
The settlement was signed on what date?
What is the title of the expert report?
Find the sentence in which the auditor uses the phrase "cannot be reconciled".
what version of the draft was attached to the email sent by idris on 3 may 2017 to the finance team
We have a production of forty thousand e-mails from Trident. I need the name of whoever approved purchase order 99-1832.
"""

_COMPREHENSION = """
Why did Carver turn against the company?
How did the relationship between Voss and the auditors break down?
Summarise the plaintiff's theory of the case.
What is the defence's overall story?
What did management know, and how did their knowledge change over time?
Explain the background to the dispute.
How credible is Ms Idris as a witness?
What pressure were the accountants under?
Compare the accounts of Voss and Carver.
Was the board acting in good faith?
What motives could Voss have had for hiding the losses?
Give me an overview of the production.
What are the main issues in this litigation?
themes in the internal e-mails
summary of the depositions
weaknesses of our position
How did the accounting scheme work?
Why were the warnings ignored?
What was the atmosphere in the finance team before the collapse?
Describe the role that outside counsel played.
In what ways do the witnesses contradict each other?
How does Trident's position shift between the first and the second answer?
Tell me how the fraud unfolded.
What led up to the resignation of the treasurer?
What impression do the messages give of the company's culture?
Assess the strength of the negligence claim.
Is there a pattern in the way complaints were handled?
What would a jury make of these e-mails?
How did the parties' understanding of the earn-out differ?
To what extent did the lenders rely on the forecasts?
What is at stake in the case?
Discuss the consequences of the late disclosure.
Walk me through how the merger fell apart.
why did nobody stop it
Taken as a whole, do the documents support the claim of a conspiracy?
What explains the sudden change in tone between the two companies?
Analyse how the blame was shifted onto the regional office.
What lessons should the client draw from this affair?
Characterise the dealings between the chairman and the bank.
I have to brief a partner tomorrow who knows nothing of the matter: what happened, and what does it mean for the client?
"""

_BOTH = """
Who approved the payment, and why was it kept off the books?
When did Carver resign and what drove him to it?
List the meetings in May 2017 and explain what was decided and why.
What does paragraph 41 allege, and how does the defence answer it?
Quote Voss on the second set of books and explain what he meant.
How much was transferred and how did the transfers fit into the scheme?
Which custodians discussed the shortfall, and how did their views differ?
On what date was the hold issued, and was that too late?
Summarise the deposition of Ms Idris and give the page where she mentions the blue folder.
What was the price of the warehouse and why did the valuers disagree about it?
why was the forecast changed and who changed it
Give the date of each draft and describe how the tone shifts from one to the next.
"""


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line for line in text.strip().splitlines() if line)


HELD_OUT: dict[Literal["lookup", "comprehension", "both"], tuple[str, ...]] = {
    "lookup": _lines(_LOOKUP),
    "comprehension": _lines(_COMPREHENSION),
    "both": _lines(_BOTH),
}
"""Questions by the route that a person would choose."""
