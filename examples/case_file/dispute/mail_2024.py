"""The correspondence of 2024: a surcharge, a date on an invoice, rust, and the lawyers."""

from __future__ import annotations

from dispute import agreement, facts, quality
from dispute.blocks import Mail
from dispute.facts import day, money
from dispute.mail_2023 import at

_EIGHTEEN = facts.MISDATED
_BATCHES = ", ".join(one.batch for one in facts.REJECTED[:-1]) + f" and {facts.REJECTED[-1].batch}"
_OFFER = 4_000_000

MAILS_2024: tuple[Mail, ...] = (
    Mail(
        "surcharge-proposal", at("2024-01-22 15:37"), "strand", ("vance",), "Amendment No. 2 - zinc", boxes=("strand", "vance"), cc=("oduya",),
        attached=(agreement.second_amendment(), agreement.price_list(with_surcharge=True)),
        body="""Hi Katherine, happy new year (still allowed, just).

Zinc has gone through the roof as you will have seen. We have swallowed it since summer but we cannot any longer. Gareth has signed the attached Amendment No. 2, 4.5% on rails only from 1 February, clamps untouched. It also tidies up the autumn damages as discussed in October. New price list attached too.

Could you sign and send back this week?""",
    ),
    Mail(
        "surcharge-refused", at("2024-01-25 09:48"), "vance", ("strand",), "RE: Amendment No. 2 - zinc", boxes=("strand", "vance"), cc=("oduya", "ferrand", "adeyemi"), answers="surcharge-proposal",
        body="""Helen

I will not sign this. The price is fixed until 31 March 2024 and clause 5.3 excludes a surcharge for zinc in terms. You sent no evidence of your cost.

Clause 2.1 of your draft would also release you from the autumn damages. That was not "discussed" in the sense you mean. It was asked for and not given.""",
    ),
    Mail(
        "surcharge-anyway", at("2024-01-29 11:20"), "strand", ("vance",), "RE: Amendment No. 2 - zinc", boxes=("strand", "vance"), cc=("oduya", "farr"), answers="surcharge-refused",
        body="""Katherine, I hear you, but the cost is the cost. We will apply it on invoices from 1 February and sort the paper out later. I am sure we can find a way.""",
    ),
    Mail(
        "surcharge-disputed", at("2024-01-30 08:22"), "vance", ("strand",), "RE: Amendment No. 2 - zinc", boxes=("strand", "vance"), cc=("ferrand",), answers="surcharge-anyway",
        body="""Helen

Then take this as notice that every invoice with a surcharge is disputed to that extent. Nobody at Solwend has agreed to it and nobody will.""",
    ),
    Mail(
        "month-end", at("2024-01-30 16:05"), "farr", ("zielak",), "Solwend load, month end", boxes=("farr", "zielak"), cc=("strand",),
        body=f"""Piotr,

Has {_EIGHTEEN.order} gone out? Helen wants it in January's figures.""",
    ),
    Mail(
        "not-loaded", at("2024-01-30 16:48"), "zielak", ("farr",), "RE: Solwend load, month end", boxes=("farr", "zielak"), cc=("strand",), answers="month-end",
        body=f"""Not loaded. {_EIGHTEEN.batch} is finished since two weeks and stands in bay 3, but Dunmail has no lorry before 9 February. Since the 22nd we are back on Brennick metal, so next batches are good.""",
    ),
    Mail(
        "invoiced-anyway", at("2024-01-31 10:11"), "farr", ("strand",), "RE: Solwend load, month end", boxes=("farr", "strand"), answers="not-loaded",
        body=f"""Helen,

As instructed I have raised {_EIGHTEEN.invoice} today with 30 January as the date of delivery. For the record Piotr says that it has not left the yard. I should be grateful not to be asked again.""",
    ),
    Mail(
        "wrong-date", at("2024-02-12 14:19"), "ferrand", ("farr",), f"{_EIGHTEEN.invoice}: date of delivery", boxes=("ferrand", "farr"), cc=("sheikh",),
        body=f"""Dear Mr Farr

Your invoice {_EIGHTEEN.invoice} gives 30 January 2024 as the date of delivery. The Delivery Note {_EIGHTEEN.note} was signed on {day(_EIGHTEEN.delivered)}. Under clause 8.3 that is the date of delivery for every purpose.

The difference is one week or two of liquidated damages, that is {money(_EIGHTEEN.damages // 2)} or {money(_EIGHTEEN.damages)}. Kindly correct it.""",
    ),
    Mail(
        "system-says", at("2024-02-14 09:40"), "farr", ("ferrand",), f"RE: {_EIGHTEEN.invoice}: date of delivery", boxes=("ferrand", "farr"), cc=("strand",), answers="wrong-date",
        body="""Dear Ms Ferrand,

Our system shows 30 January 2024 and I am not in a position to change it. I have passed your comments to Ms Strand.""",
    ),
    Mail(
        "quiz", at("2024-02-16 16:58"), "sheikh", ("tregarth",), "pub quiz", boxes=("sheikh",),
        body="""Owen, are you in for Thursday? We need someone who knows rugby. Last month's geography round was a disgrace and I still say Vaduz counts.""",
    ),
    Mail(
        "rust", at("2024-03-11 13:21"), "tregarth", ("sheikh",), "RUST - rows 41 to 58", boxes=("sheikh",),
        body=f"""Imran you need to come up here. Walked rows 41 to 58 after the thaw and there is red rust on the upper flanges, not stain, proper rust, rubs off on your glove. Counted 212 rails before I stopped. Tags say {facts.REJECTED[0].batch} and {facts.REJECTED[1].batch} mostly, some {facts.REJECTED[2].batch}. Rows 1 to 40 are clean as a whistle.

Photos when I get signal.""",
    ),
    Mail(
        "rust-reported", at("2024-03-12 08:45"), "sheikh", ("strand", "rowbotham"), "Red rust on rails - NCR-031", boxes=("sheikh", "strand"), cc=("vance", "tregarth"),
        attached=(quality.ncr_rust(),),
        body=f"""Helen, Anita

Owen found red rust on rails in rows 41 to 58 yesterday, {day(facts.RUST_FOUND)}. Some of them have been up for three months. NCR-031 attached. We have stopped fixing rails from these batches and no more deliveries should be sent for now. Northmoor are coming on Thursday to take samples, please send someone.

What do your worksheets say for these batches? Please send copies, clause 15.2.""",
    ),
    Mail(
        "first-heard", at("2024-03-12 17:02"), "strand", ("sheikh",), "RE: Red rust on rails - NCR-031", boxes=("sheikh", "strand"), cc=("vance", "rowbotham"), answers="rust-reported",
        body="""Imran, this is the first we have heard of any problem with the coating on these batches. All five were certified above 70. My money is on storage or road salt. We will look at the worksheets but they are internal documents and I would need to clear that.""",
    ),
    Mail(
        "told-you", at("2024-03-13 07:15"), "rowbotham", ("oduya",), "Low Marrick - private", boxes=("rowbotham", "oduya"),
        body=f"""Gareth,

Helen has told Solwend that this is the first we have heard of it. That is not so. I told her on 20 November that {facts.REJECTED[0].batch} did not conform, and I told you on 23 November. The worksheets give these means: """ + ", ".join(f"{one.batch} {one.worksheet}" for one in facts.REJECTED) + """. Each certificate states more than 70.

I ask that we tell them the truth now.""",
    ),
    Mail(
        "stop-writing", at("2024-03-13 07:58"), "oduya", ("rowbotham",), "RE: Low Marrick - private", boxes=("rowbotham", "oduya"), answers="told-you",
        body="""Anita, thank you. Please do not write any more of this down until I have spoken to Edwin Hartley at Pellbrook. Nothing goes to Solwend in the meantime, from anybody.""",
    ),
    Mail(
        "hold-notice", at("2024-03-15 10:00"), "adeyemi", ("vance", "sheikh", "ferrand", "tregarth"), "PRIVILEGED AND CONFIDENTIAL - document hold, Tarn Valley", boxes=("vance", "sheikh"),
        body="""PRIVILEGED AND CONFIDENTIAL - LEGAL ADVICE

All

We now reasonably expect proceedings against Tarn Valley. From today please keep every document about Low Marrick steel: mail, messages on your telephones, notebooks, photographs, samples. Delete nothing, including what embarrasses you.

Do not discuss the cause of the rust with Tarn Valley and do not speculate in writing among yourselves. Copy me in.""",
    ),
    Mail(
        "rejection", at("2024-03-27 15:50"), "sheikh", ("strand",), "Rejection of five batches under clause 11.3", boxes=("sheikh", "strand"), cc=("rowbotham", "vance", "adeyemi"),
        body=f"""Helen

On behalf of Solwend Energy Limited I reject all Rails of Batches {_BATCHES} under clause 11.3 of the agreement. They have red rust and their zinc coating is below the Specification. We found the defect on {day(facts.RUST_FOUND)}. Northmoor told us their first figures by telephone today and the report follows.

Please collect the Rails that are not built in and tell us how you will replace the rest.""",
    ),
    Mail(
        "lab-report", at("2024-03-28 16:30"), "wynn", ("sheikh",), "Report NML-24-0388", boxes=("sheikh", "adeyemi"), cc=("adeyemi",),
        attached=(quality.laboratory(),),
        body=f"""Dear Mr Sheikh,

Please find our report NML-24-0388 attached. In short: {facts.LAB_RAILS} rails, mean {facts.LAB_MEAN} micrometres, lowest local reading {facts.LAB_MIN}. The composition of the coating is not that of special high grade zinc.

Mr Zielak of Tarn Valley attended the sampling on {day(facts.SAMPLED)} and made no objection to our choice of rails. Our invoice for {money(facts.LAB_FEE)} follows.""",
    ),
    Mail(
        "was-it-valid", at("2024-03-29 09:25"), "adeyemi", ("marr",), "PRIVILEGED - Low Marrick rejection notice", boxes=("adeyemi",),
        body="""PRIVILEGED AND CONFIDENTIAL - REQUEST FOR LEGAL ADVICE

Judith

Imran sent the rejection by e-mail on Wednesday without asking me. It is addressed to Helen Strand, the Commercial Manager. Anita Rowbotham, the Quality Manager, is only in copy. Clause 24.3 lets us reject by e-mail "to the Supplier's Quality Manager". Is copying her enough? Twenty-one days from 11 March run out on Monday, which is a bank holiday.

Should a letter go as well, whatever the answer?""",
    ),
    Mail(
        "advice", at("2024-04-02 11:12"), "marr", ("adeyemi",), "RE: PRIVILEGED - Low Marrick rejection notice", boxes=("adeyemi",), answers="was-it-valid",
        body="""PRIVILEGED AND CONFIDENTIAL - LEGAL ADVICE

Miriam

My view is that an e-mail received by the Quality Manager within the period is a notice to her whether she is in the To line or the Cc line. The contrary can be argued and I would put our chances on the point at 70 per cent. Send the letter by hand now. It will be outside twenty-one days, but clause 11.6 keeps the warranty in clause 12, which has well over a year to run.

The larger prize is clause 19.4. If the certificates were knowingly untrue there is no limit on liability at all. Get the worksheets.""",
    ),
    Mail(
        "not-a-notice", at("2024-04-03 12:36"), "strand", ("sheikh",), "RE: Rejection of five batches under clause 11.3", boxes=("sheikh", "strand"), cc=("vance", "oduya"), answers="rejection",
        body="""Imran, we do not accept that your e-mail is a valid notice of rejection. I am not the Quality Manager. Please direct anything further to Gareth.""",
    ),
    Mail(
        "offer", at("2024-04-10 18:20"), "oduya", ("vance",), "Without prejudice - Low Marrick", boxes=("oduya", "vance"), cc=("pell",),
        body=f"""WITHOUT PREJUDICE SAVE AS TO COSTS

Dear Katherine,

You and I have both built things and we both know that lawyers build nothing. Tarn Valley will credit {money(_OFFER)} against the open invoices and recoat on site, by brush, every rail that shows rust. In return we close the book on everything, September included.

The offer stands until noon on Friday the 19th.""",
    ),
    Mail(
        "offer-refused", at("2024-04-12 09:05"), "vance", ("oduya",), "RE: Without prejudice - Low Marrick", boxes=("oduya", "vance"), cc=("pell", "adeyemi"), answers="offer",
        body="""WITHOUT PREJUDICE SAVE AS TO COSTS

Gareth

No. Brush-applied paint is not hot-dip galvanising. Send us the bath worksheets for the five batches and we will talk.""",
    ),
    Mail(
        "replacement", at("2024-04-17 13:13"), "ferrand", ("vance",), "Cost of replacing the five batches", boxes=("ferrand", "vance"), cc=("adeyemi", "sheikh"),
        attached=(quality.quotation(),),
        body=f"""Katherine

Fellgate's quotation attached. For {facts.REJECTED_RAILS['MR-40']:,} of the 4 metre and {facts.REJECTED_RAILS['MR-60']:,} of the 6 metre rail they want {money(facts.REPLACEMENT)}. The same rails cost us {money(facts.REJECTED_PRICE)} from Tarn Valley, so the difference is {money(facts.EXTRA_COST)}.

Carrock will take the rows down and put them up again for {money(facts.DISMANTLING)}. Add Northmoor's {money(facts.LAB_FEE)}.""",
    ),
    Mail(
        "tidy-books", at("2024-05-13 06:55"), "zielak", ("oduya",), "bath books", boxes=("zielak", "oduya"), cc=("rowbotham",),
        body="""Gareth,

Helen asks me to tidy the bath books of November to January before the lawyers come. I do not tidy. They are in the grey cabinet in the bath office where they always are. I tell you so that you know who has the key: Anita and me.""",
    ),
    Mail(
        "keep-books", at("2024-05-13 08:20"), "rowbotham", ("oduya", "zielak"), "RE: bath books", boxes=("zielak", "oduya"), answers="tidy-books",
        body="""Gareth, Piotr,

Clause 15.1 obliges us to keep the bath worksheets for six years. I have copied all of them and the copies are not in the building.""",
    ),
)  # fmt: skip
