"""The nine domains that fill the slots of `hybrid.router.training.templates`, one mapping a domain.

``did`` follows "did" ("the parties fall out"), ``act`` follows "who" ("signed the amendment"),
``attr`` has a short value, ``topic`` has none; ``duty`` follows "may" and "must" ("raise prices").
"""

from __future__ import annotations

from collections.abc import Mapping


def _domain(**slots: str) -> Mapping[str, tuple[str, ...]]:
    return {name: tuple(value.strip() for value in text.split("|")) for name, text in slots.items()}


SHARED = _domain(
    date="1998|2007|2015|2021|2023|March 2019|12 June 2020|the first quarter of 2022|1 January 2018|2024-03-31",
    id="550e8400-e29b-41d4-a716-446655440000|INV-20391|PO 4471-B|no. 19-cv-0442|REF/2021/088|A7741920|ticket #5512"
    "|j.marsh@example.com|notes_final.docx|B-117|file 0093|7f9c24e5-2f13-4c1b-9a8d-3b1f0a6f2d77",
    quote='"time is of the essence"|"as soon as practicable"|\'best efforts\'|“not to be disclosed”|"the old mill"'
    '|"material change"|“we were never told”|"at his own risk"|"net of tax"|\'third floor\'',
    clause="clause 12.3(b)|section 4|Section 7.2|Article IX|Schedule 2|paragraph 15|§ 230|clause 8|chapter 3|Annex B"
    "|section 1.4(a)|Appendix C|article 22|page 14|table 6|rule 11",
    clausekind="clause|section|paragraph|article|chapter|page",
)

DOMAINS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "contracts": _domain(
        duty="assign the agreement|end the lease early|hire staff of the other side|raise prices"
        "|insure the goods|sublet the premises|inspect the accounts|use the trade mark abroad"
        "|return all copies",
        doc="supply agreement|lease|amendment|license|master services agreement|distribution contract|side letter",
        docs="agreements|contracts|licences|amendments|these documents",
        person="Mr Keller|the licensor|the supplier|Anna Boyd|the tenant",
        person2="the buyer|the landlord|the licensee|Dr Osei",
        org="Northwind Ltd|Acme Corporation|Beta GmbH|the distributor",
        act="signed the amendment|terminated the agreement|drafted the contract|gave the guarantee|witnessed the deed",
        act_past="the agreement was terminated|the licensee refused to pay|the deal was renegotiated",
        did="the parties fall out|the supply agreement end|the supplier walk away|the lease expire|the buyer pay late",
        event="the termination|the breach|the renegotiation|the assignment to Beta|the default",
        attr="termination date|governing law|notice period|purchase price|effective date|liability cap|renewal term"
        "|interest rate|royalty rate|minimum order quantity|expiry date",
        count="parties|exhibits|territories|licensed patents|instalments",
        provision="indemnity|governing law|assignment|confidentiality|force majeure|termination for convenience",
        topic="risk|the duty of good faith|exclusivity|the allocation of liability|redistribution",
        topic2="price|control|the right to terminate|ownership",
    ),
    "enterprise": _domain(
        duty="work from abroad|book flights|report incidents|change their password|take unpaid leave"
        "|install software|store files at home|attend the training",
        doc="employee handbook|security policy|expense policy|onboarding guide|procurement policy|wiki page",
        docs="policies|handbooks|guidelines|announcements",
        person="Priya Nair|the HR director|Tom Becker|the data protection officer|the head of sales",
        person2="the works council|Lena Fox|the chief executive",
        org="the IT department|Globex|the Berlin office|the payroll team",
        act="approved the budget|wrote the policy|reported the incident|signed off the migration|chairs the committee",
        act_past="the office was moved|the bonus scheme was dropped|remote work was restricted",
        did="the office move|the company drop the bonus scheme|the pilot start|the help desk close|Priya resign",
        event="the reorganisation|the data breach|the office move|the hiring freeze|the system migration",
        attr="parental leave entitlement|password length|expense limit|office address|retention period|daily allowance"
        "|support e-mail|deadline for claims|number of holidays",
        count="employees|open positions|training courses|laptops|approved vendors",
        provision="travel expenses|remote work|data retention|whistleblowing|sick leave",
        topic="trust|remote work|company culture|security awareness|employee retention",
        topic2="productivity|autonomy|cost control",
    ),
    "finance": _domain(
        duty="sell shares|pay a dividend|call the loan|publish the accounts|trade before results"
        "|pledge the assets|hold more than ten per cent",
        doc="annual report|10-K|prospectus|loan agreement|quarterly statement|earnings call transcript",
        docs="annual reports|filings|analyst notes|financial statements",
        person="the chief financial officer|Maria Lopez|the auditor|the chairman|Mr Tanaka",
        person2="the regulator|the minority shareholders|Ms Wright",
        org="Omnia Bank|the fund|the subsidiary in Brazil|Halden Capital",
        act="audited the accounts|sold the subsidiary|issued the bonds|raised the forecast|resigned from the board",
        act_past="margins fell|the dividend was cut|the rating was lowered",
        did="margins fall|the company cut the dividend|the fund close|the bonds mature|the share price collapse",
        event="the acquisition|the restatement|the share buyback|the profit warning|the bankruptcy",
        attr="operating margin|net revenue|coupon|maturity date|effective tax rate|dividend per share|total debt"
        "|exchange rate|audit fee",
        count="shares outstanding|subsidiaries|branches|lenders|board members",
        provision="goodwill impairment|related-party transactions|covenants|deferred tax|share-based payment",
        topic="liquidity|growth|risk management|the outlook|leverage",
        topic2="profitability|regulation|shareholder value",
    ),
    "technical": _domain(
        duty="restart the device|rotate the keys|cache responses|replace the battery|skip calibration"
        "|run as root|keep logs for a year",
        doc="user manual|data sheet|API reference|design document|incident report|release notes",
        docs="manuals|specifications|design documents|release notes",
        person="the maintainer|Jun Park|the on-call engineer|the architect|the test team",
        person2="the platform team|Sara Lind|the vendor",
        org="the billing service|the X200 controller|the database cluster|the firmware team",
        act="merged the patch|designed the protocol|opened the ticket|wrote the driver|approved the release",
        act_past="the cache was removed|the protocol was redesigned|the rollout failed",
        did="the cluster fail|the team abandon the old protocol|the rollout start|support for version 2 end",
        event="the outage|the migration to version 3|the rewrite|the security audit|the recall",
        attr="maximum operating temperature|default port|supply voltage|time-out|serial number|torque|buffer size"
        "|supported version|error code|sampling rate",
        count="pins|replicas|parameters|known issues|supported devices",
        provision="error handling|calibration|authentication|battery disposal|rate limits",
        topic="reliability|backwards compatibility|the architecture|latency|technical debt",
        topic2="throughput|simplicity|safety",
    ),
    "fiction": _domain(
        duty="open the box|leave the island|speak to strangers|inherit the house|carry a weapon"
        "|read the letter|cross the river",
        doc="story|novel|first chapter|letter to his sister|play|diary",
        docs="stories|chapters|poems|letters",
        person="Captain Strike|Margaret|the old sailor|Ivan|the narrator",
        person2="her brother|Doctor Hale|the stranger|the queen",
        org="the village|the crew|the Order|the family",
        act="stole the map|killed the steward|found the letter|married the captain|built the machine",
        act_past="Margaret left the house|the crew turned on the captain|the village was abandoned",
        did="Margaret leave the house|the ship sink|Ivan lie to his father|the crew mutiny|the stranger arrive",
        event="the wedding|the mutiny|the fire|the trial|the voyage",
        attr="name of the ship|colour of her dress|number of the house|name of the dog|age of the boy|password"
        "|date on the letter",
        count="sailors|children|rooms|survivors|gold coins",
        provision="the sea voyage|the duel|the inheritance|the storm|the prophecy",
        topic="loyalty|loneliness|guilt|freedom|the setting",
        topic2="ambition|love|duty",
    ),
    "meetings": _domain(
        duty="vote by letter|change the budget|invite guests|record the session|choose the colour"
        "|present the prototype|extend the deadline",
        doc="minutes|meeting transcript|agenda|action list|interview",
        docs="minutes|transcripts|meetings|interviews",
        person="the project manager|Jane|the industrial designer|Professor C|the minister",
        person2="the marketing expert|Rob|the committee chair",
        org="the working group|the committee|the design team|the council",
        act="proposed the new logo|took the minutes|seconded the motion|opened the meeting|volunteered to test it",
        act_past="the vote was postponed|the team dropped the display|the minister withdrew",
        did="the team drop the display|the vote take place|the committee reject the plan|the meeting end|Rob leave",
        event="the vote|the kick-off meeting|the hearing|the budget discussion|the usability test",
        attr="date of the next meeting|unit price|target age group|room number|quorum|deadline for comments",
        count="attendees|action items|votes against|absentees|proposals",
        provision="the remote control's buttons|travel costs|childcare funding|noise|next steps",
        topic="user interface|the budget|speech recognition|funding|cooperation",
        topic2="deadlines|quality|public opinion",
    ),
    "science": _domain(
        duty="reuse the samples|publish the raw data|withdraw from the trial|repeat the measurement"
        "|blind the reviewers|use animals",
        doc="paper|lab report|review article|thesis|data appendix",
        docs="papers|studies|experiments|reviews",
        person="the first author|Dr Chen|the reviewers|Rosalind Meyer|the control group",
        person2="the Oslo group|Professor Adeyemi|earlier researchers",
        org="the institute|the consortium|the laboratory|the ethics board",
        act="discovered the compound|ran the simulation|funded the study|collected the samples|proposed the model",
        act_past="the results could not be reproduced|the trial was stopped|the hypothesis was dropped",
        did="the trial stop|the authors change the method|the samples degrade|the wing stall|the effect disappear",
        event="the second experiment|the field campaign|the retraction|the phase 3 trial|the calibration error",
        attr="sample size|melting point|p-value|Reynolds number|half-life|dose|mean temperature|wavelength",
        count="participants|mice|citations|measurement stations|samples",
        provision="informed consent|boundary layers|outlier removal|side effects|data availability",
        topic="uncertainty|the mechanism|heat transfer|reproducibility|bias",
        topic2="cost|sample quality|the theory",
    ),
    "history": _domain(
        duty="raise taxes|declare war|elect a governor|coin money|quarter troops|own land|leave the alliance",
        doc="treaty|speech|chronicle|State of the Union address|newspaper article|charter",
        docs="speeches|chronicles|letters|newspapers",
        person="President Monroe|Hamilton|the governor|Queen Anne|the ambassador",
        person2="Madison|the rebels|the Church",
        org="the Senate|the colony|the railway company|the Union",
        act="wrote the pamphlet|commanded the fleet|signed the treaty|founded the town|vetoed the bill",
        act_past="the colony revolted|the bank was closed|the alliance broke down",
        did="the colony revolt|the alliance break down|the war begin|the king abdicate|the canal open",
        event="the revolution|the famine|the election|the siege|the embargo",
        attr="population|size of the army|tariff rate|date of the battle|name of the ship|length of the canal",
        count="ships|delegates|casualties|provinces|letters",
        provision="slavery|trade with France|the succession|the postal service|the militia",
        topic="liberty|foreign policy|faction|religion|the economy",
        topic2="security|the power of the states|war",
    ),
    "medicine": _domain(
        duty="drive after the injection|take it with food|refuse treatment|see the records"
        "|double the dose|visit at night|eat before surgery",
        doc="patient leaflet|discharge letter|clinical guideline|case report|care plan",
        docs="guidelines|case notes|leaflets|records",
        person="the surgeon|Mrs Abbot|the midwife|Dr Silva|the patient",
        person2="the family|the ward nurse|the second doctor",
        org="the clinic|St Mary's Hospital|the ambulance service|the pharmacy",
        act="prescribed the drug|performed the operation|admitted the patient|wrote the discharge letter|took a sample",
        act_past="the treatment was changed|the patient refused surgery|the ward was closed",
        did="the patient stop taking the drug|the wound heal|the clinic close|the fever return|the family complain",
        event="the operation|the relapse|the outbreak|the admission|the complaint",
        attr="daily dose|blood pressure|date of birth|blood group|ward number|expiry date|body temperature",
        count="tablets|beds|visits|side effects listed|nurses on duty",
        provision="pregnancy|allergies|storage|overdose|visiting hours",
        topic="pain management|quality of life|consent|the diagnosis|communication with the family",
        topic2="recovery|cost|safety",
    ),
}
