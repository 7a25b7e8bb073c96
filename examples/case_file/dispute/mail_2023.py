"""The correspondence of 2023: late loads, a waiver that was or was not agreed, and another zinc."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

from dispute import agreement, facts, minutes, quality
from dispute.blocks import Mail
from dispute.facts import day, money

_SUMMER = ((date(2023, 3, 26), date(2023, 10, 29)), (date(2024, 3, 31), date(2024, 10, 27)))


def at(moment: str) -> datetime:
    """A British local time, ``2023-10-16 17:20``, with its offset."""
    naive = datetime.fromisoformat(moment)
    summer = any(start <= naive.date() < end for start, end in _SUMMER)
    return naive.replace(tzinfo=timezone(timedelta(hours=int(summer))))


_NINE, _TEN, _ELEVEN = facts.AUTUMN
_A = facts.delivery(14)
_FAILING = sum(min(rail) < facts.MIN_REQUIRED for rail in quality.readings(_A))

MAILS_2023: tuple[Mail, ...] = (
    Mail(
        "first-lates", at("2023-06-22 08:52"), "sheikh", ("strand",), "Tuesday's load", boxes=("sheikh", "strand"), cc=("tregarth",),
        body=f"""Helen

Load came yesterday, a day behind. Owen says the lorry broke down on your side. One day is no drama and nobody here is counting, but the piling crew are on a fixed gang rate so please keep me posted when something slips. A text is fine.

Otherwise the steel is lovely. Rows 1 to 12 are up and dead straight.

{facts.delivery(5).order} for 4 July stands.""",
    ),
    Mail(
        "amendment-proposal", at("2023-08-21 10:14"), "strand", ("vance",), "Payment terms and forecasts", boxes=("strand", "vance"), cc=("oduya",),
        body="""Hi Katherine,

Good to see you at the site open day! Following up on our chat. Gareth would love a proper rolling forecast from you guys, it would make life so much easier at the works when we book bath time.

You mentioned cash flow is tight until the first export payment. How about 45 days instead of 30 in exchange for the forecast? Gareth is relaxed about it.

Happy to draft something short.""",
    ),
    Mail(
        "amendment-reply", at("2023-08-23 17:41"), "vance", ("strand",), "RE: Payment terms and forecasts", boxes=("strand", "vance"), cc=("oduya", "adeyemi"), answers="amendment-proposal",
        body="""Helen

Agreed in principle, on three conditions.

1. 45 days applies to every invoice dated 1 October 2023 or later.
2. The period for rejecting goods goes from fourteen days to twenty-one. Fourteen is too short for a site this size.
3. Liquidated damages stay exactly as they are. I want a sentence that says so.

Miriam will check the wording. It has to be signed by Gareth and me. Nobody else can vary this contract.""",
    ),
    Mail(
        "amendment-draft", at("2023-08-29 11:05"), "strand", ("vance",), "RE: Payment terms and forecasts", boxes=("strand", "vance"), cc=("oduya",), answers="amendment-reply",
        attached=(agreement.first_amendment("docx"),),
        body="""Hi Katherine,

All three fine with Gareth. Draft attached, clause 4.1 is your sentence. The forecast goes in as clause 7 so everything from delivery onwards moves up by one, there is a table in it so nobody gets lost (I already am).

Shall we sign on the 1st?""",
    ),
    Mail(
        "no-mr60", at("2023-09-06 07:48"), "tregarth", ("sheikh",), "no steel", boxes=("sheikh",),
        body=f"""Imran

Yesterdays load never showed. Rang the works, got a lad who said the crane over the kettle is knackered. We are clean out of MR-60 so I've stood down crew 2 from this morning, no point paying six blokes to look at holes. Crew 1 has about three days of MR-40 left.

Order is {_NINE.order}.""",
    ),
    Mail(
        "reminder", at("2023-09-07 09:30"), "sheikh", ("strand",), f"{_NINE.order} overdue - formal reminder", boxes=("sheikh", "strand"), cc=("vance", "tregarth"),
        body=f"""Helen

{_NINE.order} was due on {day(_NINE.due)} and has not arrived. Please treat this as the written reminder that makes time of the essence. Crew 2 has been stood down since yesterday morning.

When will it be here? And is the next one, {_TEN.order} due {day(_TEN.due)}, safe?""",
    ),
    Mail(
        "crane", at("2023-09-08 12:02"), "strand", ("sheikh",), f"RE: {_NINE.order} overdue - formal reminder", boxes=("sheikh", "strand"), cc=("vance",), answers="reminder",
        body="""Imran, so sorry about this.

The gantry crane over the kettle failed on 30 August and the gearbox is coming from abroad. Piotr is dipping by mobile crane in the meantime at about a third of normal speed. Best guess is the 15th for the first load. I will call you Monday with something firmer.

We know this hurts and we will make it right.""",
    ),
    Mail(
        "damages-sum", at("2023-10-13 15:26"), "ferrand", ("vance",), "Liquidated damages, September", boxes=("ferrand", "vance"),
        body=f"""Katherine

For Monday. All three loads are now in, the last one this afternoon. By my arithmetic, at 3% for each complete week:

{_NINE.note}: {_NINE.days_late} days late, two complete weeks, {money(_NINE.damages)}
{_TEN.note}: {_TEN.days_late} days late, three complete weeks, {money(_TEN.damages)}
{_ELEVEN.note}: {_ELEVEN.days_late} days late, one complete week, {money(_ELEVEN.damages)}

In all {money(facts.AUTUMN_DAMAGES)}. It is not in the budget as income and I should like it to be. Please do not give it away over a sandwich.""",
    ),
    Mail(
        "after-meeting-strand", at("2023-10-16 17:20"), "strand", ("oduya",), "Solwend meeting today", boxes=("strand", "oduya"),
        body="""Gareth,

Went OK I think. Imran is fine, Katherine was Katherine. I asked straight out whether they would drop the damages for September given the crane. She said she would think about it and come back to me. She didn't say no!

I'm doing the minutes so I will put it down as agreed and see if anyone squeals. If they sign them off we are home and dry.

They were also asking about the winter programme. I said capacity is back to normal.""",
    ),
    Mail(
        "after-meeting-vance", at("2023-10-16 18:05"), "vance", ("ferrand",), "RE: Liquidated damages, September", boxes=("ferrand", "vance"), cc=("sheikh",), answers="damages-sum",
        body=f"""Lucy

For your file. Helen Strand asked me to waive the damages for the three autumn loads. I told her I would not decide it in the room and that I reserve our position. I agreed nothing on damages.

Your {money(facts.AUTUMN_DAMAGES)} is safe, and no sandwich was offered.""",
    ),
    Mail(
        "minutes-out", at("2023-10-19 16:11"), "strand", ("vance", "sheikh"), "Minutes 16 October", boxes=("strand", "vance"), cc=("rowbotham", "oduya"),
        attached=(minutes.october(),),
        body="""Hi both,

Minutes attached. Shout if I have missed anything, otherwise we will take them as read next time.""",
    ),
    Mail(
        "minutes-objection", at("2023-10-23 08:37"), "vance", ("strand",), "RE: Minutes 16 October", boxes=("strand", "vance"), cc=("sheikh", "adeyemi"), answers="minutes-out",
        body="""Helen

Item 4.2 is wrong. I did not agree to waive liquidated damages for the September loads, or for any load. I said that I would consider it. Please correct the minutes and recirculate them.

I also remind you that under clause 9.6 a waiver needs a document signed by Gareth and me.""",
    ),
    Mail(
        "minutes-noted", at("2023-10-24 13:55"), "strand", ("vance",), "RE: Minutes 16 October", boxes=("strand", "vance"), cc=("sheikh",), answers="minutes-objection",
        body="""Katherine, noted! Different recollections I guess. I will pick it up at the November meeting rather than send another version round.""",
    ),
    Mail(
        "zinc-change", at("2023-11-06 06:40"), "zielak", ("rowbotham",), "zinc", boxes=("zielak", "rowbotham"), cc=("strand",),
        body="""Anita,

Brennick cannot deliver before January, they have shut one furnace. I have 9 days of metal. From today we charge the kettle with remelt from Calder Alloys, 98.5 percent. It is what is available. Bath runs a bit different, I lower immersion 20 seconds or it gets lumpy.

Tell me if you need papers.""",
    ),
    Mail(
        "zinc-objection", at("2023-11-06 11:18"), "rowbotham", ("zielak",), "RE: zinc", boxes=("zielak", "rowbotham"), cc=("strand",), answers="zinc-change",
        body="""Piotr,

Three points.

(1) Calder remelt is secondary zinc. TS-07 section 3.1 does not permit it for Low Marrick.
(2) Under clause 13.1 of the agreement we need Solwend's written consent before we change the source, and we have to ask twenty Business Days ahead with results from three trial batches.
(3) A change of twenty seconds in immersion is itself a change of process under section 3.4.

Helen, would you please write to Solwend today? I would rather stop dipping for them than do this without consent.""",
    ),
    Mail(
        "zinc-decision", at("2023-11-07 09:02"), "strand", ("rowbotham", "zielak"), "RE: zinc", boxes=("zielak", "rowbotham"), answers="zinc-objection",
        body="""Thanks Anita, understood. After September I really do not want to poke the bear. It is two or three batches until Brennick is back. Let's keep dipping and see what the readings look like before we worry anyone. I will raise it with Solwend when the time is right.""",
    ),
    Mail(
        "hold-advice", at("2023-11-20 16:32"), "rowbotham", ("strand",), f"{_A.batch} - hold", boxes=("rowbotham", "strand"), cc=("zielak",),
        attached=(quality.worksheet(_A),),
        body=f"""Helen,

Worksheet for {_A.batch} attached. The mean is {_A.worksheet} micrometres against 70 required, and {_FAILING} of the ten rails have readings below 60. This batch does not conform and I recommend that it is held.

I cannot certify it on these figures. Please tell Solwend that {_A.order} will be late and why.""",
    ),
    Mail(
        "ship-it", at("2023-11-21 08:15"), "strand", ("rowbotham",), f"RE: {_A.batch} - hold", boxes=("rowbotham", "strand"), answers="hold-advice",
        body="""Anita, we cannot be late again. I have spoken to Gareth. Measure it again, take the thick end of the rails if you have to, and give me a certificate that starts with a seven. It goes on Thursday night.

It is galvanised steel on a hill. Nobody will ever put a gauge on it.""",
    ),
    Mail(
        "under-protest", at("2023-11-23 17:50"), "rowbotham", ("strand",), f"RE: {_A.batch} - hold", boxes=("rowbotham", "strand"), cc=("oduya",), answers="ship-it",
        body=f"""Helen,

The certificate for {_A.batch} has gone out with a mean of {_A.certified[0]}. That figure is not on the bath worksheet. I signed it because I was instructed to, and I am recording that I advised against it.

The worksheet stays as it is. I will not alter it.""",
    ),
    Mail(
        "no-metallurgy", at("2023-11-24 07:31"), "oduya", ("strand",), "Solwend", boxes=("oduya", "strand"),
        body="""Helen, I see Anita has written one of her memoranda. Do what it takes to keep Solwend fed through the winter. I have forty-three families on the payroll at Kettle Beck and I do not need the metallurgy.

Let us speak in the car on Monday rather than write.""",
    ),
    Mail(
        "dull-rails", at("2023-11-28 10:09"), "sheikh", ("rowbotham",), f"{_A.batch} looks dull", boxes=("sheikh", "rowbotham"), cc=("tregarth", "strand"),
        body=f"""Hi Anita

Owen reckons the rails on {_A.note} look duller than what we are used to, a bit like pewter. Is that anything to worry about? Your cert says {_A.certified[0]} so I assume we are good.""",
    ),
    Mail(
        "cosmetic", at("2023-11-29 14:44"), "rowbotham", ("sheikh",), f"RE: {_A.batch} looks dull", boxes=("sheikh", "rowbotham"), cc=("strand",), answers="dull-rails",
        body="""Imran,

A dull grey finish is a matter of appearance and TS-07 section 5.1 accepts it where the thickness is right. I would refer you to the certificate.""",
    ),
    Mail(
        "short-load", at("2023-12-08 09:12"), "sheikh", ("strand",), f"Still waiting: 20 rails on {facts.SHORT.note}", boxes=("sheikh", "strand"), cc=("ferrand",),
        body=f"""Helen

{facts.SHORT.note} was one bundle short, 20 of MR-40. Owen wrote it on the note and your driver initialled it. You invoiced the full {facts.SHORT.ordered['MR-40']:,} on {facts.SHORT.invoice}. We are well past the ten Business Days. Rails or a credit note for {money(facts.SHORT_CREDIT)} plus VAT, either is fine.""",
    ),
    Mail(
        "credit-promised", at("2023-12-11 15:03"), "strand", ("sheikh",), f"RE: Still waiting: 20 rails on {facts.SHORT.note}", boxes=("sheikh", "strand"), cc=("ferrand", "farr"), answers="short-load",
        body="""Imran, totally our fault. Desmond will raise the credit note this week.""",
    ),
    Mail(
        "hamper", at("2023-12-14 12:30"), "strand", ("vance",), "A little something", boxes=("vance",),
        body="""Hi Katherine, a hamper from all of us at Kettle Beck is on its way to Ropery House. Thank you for your patience this year! The chutney is Gareth's wife's.""",
    ),
    Mail(
        "hamper-returned", at("2023-12-15 09:00"), "vance", ("strand",), "RE: A little something", boxes=("vance",), answers="hamper",
        body="""Helen, that is kind, but our gifts policy does not let me accept it. Reception will send it back. A merry Christmas to everybody.""",
    ),
)  # fmt: skip
