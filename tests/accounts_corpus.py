"""Made-up files of a building dispute, a hospital, a shipper, an inquiry at work and a society, whose
accounts differ."""

from __future__ import annotations

from pathlib import Path

FILES: dict[str, str] = {}
# --- building dispute
FILES["building/statement-larkin.txt"] = """WITNESS STATEMENT OF PETER LARKIN

I, Peter Larkin, of 8 Foundry Road, say as follows.

1. I am the site foreman of Brockwell Joinery Limited.
2. Mr Ferris was at the site on 14 June 2022. He walked round the roof with me and took photographs.
3. The scaffold was taken down on 20 June 2022.
4. I did not hear the fire alarm on 21 June 2022. It did not ring.

Dated 3 October 2022
(signed) Peter Larkin
"""
FILES["building/statement-ferris.txt"] = """WITNESS STATEMENT OF DANIEL FERRIS

I, Daniel Ferris, of 2 Hill Crescent, say as follows.

1. I am the architect appointed by Mrs Holt.
2. I was not at the site on 14 June 2022. I was in Leeds that day.
3. I was told of the leak in the roof by Mrs Holt in July 2022.
4. The fire alarm rang at 10:40 on 21 June 2022 and everybody went out to the car park.

Dated 9 October 2022
(signed) Daniel Ferris
"""
FILES["building/letter-invoice-paid.txt"] = """Brockwell Joinery Limited
8 Foundry Road

12 September 2022

Dear Mrs Holt,

Invoice BJ-3310 was paid in full on 2 September 2022. We thank you for it.

Yours sincerely,
Peter Larkin
"""
FILES["building/letter-invoice-unpaid.txt"] = """Holt & Dyer Solicitors

30 September 2022

Dear Sirs,

Invoice BJ-3310 remains unpaid. Our client will not pay it until the roof is watertight.

Yours faithfully,
Ruth Dyer
"""
FILES["building/contract.txt"] = """AGREEMENT FOR JOINERY WORKS

Dated 4 March 2022

between Brockwell Joinery Limited (the "Contractor") and Amelia Holt (the "Employer").

1. Definitions
1.1 "Works" means the works described in the Schedule.
1.2 "Completion Date" means 1 July 2022.

2. Payment
2.1 The Employer shall pay each invoice within 21 days of its receipt.

3. Termination
3.1 Either party may terminate this Agreement for material breach by written notice of 14 days.

4. Notices
4.1 Notices shall be sent to the addresses given above.

(signed) Peter Larkin
(signed) Amelia Holt
"""
FILES["building/contract-draft-2.txt"] = """DRAFT 2
AGREEMENT FOR JOINERY WORKS

between Brockwell Joinery Limited (the "Contractor") and Amelia Holt (the "Employer").

1. Definitions
1.1 "Works" means the works described in the Schedule.
1.2 "Completion Date" means 1 June 2022.

2. Payment
2.1 The Employer shall pay each invoice within 30 days of its receipt.

3. Termination
3.1 Either party may terminate this Agreement for material breach by written notice of 7 days.

4. Notices
4.1 Notices shall be sent to the addresses given above.
"""
FILES["building/applications.csv"] = """Application,Date,Amount,Status
AP-1,2022-04-01,"£12,400.00",Paid
AP-2,2022-05-03,"£8,150.50",Paid
AP-3,2022-06-02,"£9,990.00",Unpaid
AP-4,2022-07-04,"£1,240.00",Unpaid
"""
FILES["building/meeting-notes.txt"] = """Minutes of the site meeting of 6 June 2022

Present: Peter Larkin (Brockwell), Daniel Ferris (architect), Amelia Holt
In attendance: Colin Wray (clerk of works)
Apologies: Ruth Dyer

1. Mr Ferris instructed the contractor to replace the ridge tiles.
2. Mrs Holt complained that water came through the roof above the landing. Mr Larkin said that the tiles had
been laid as drawn.
3. It was agreed that the contractor would open up the ridge.

Minutes kept by Colin Wray.
"""
FILES["building/email-breakdown.eml"] = """From: Amelia Holt <amelia@holt.example>
To: Peter Larkin <peter@brockwell.example>
Date: Mon, 11 Jul 2022 09:14:00 +0100
Subject: The roof

Dear Peter,

I no longer trust what you tell me about the roof. You promised three times to mend it and three times nobody
came. The ceiling of the landing fell in on Saturday because the ridge was never sealed.

I have asked Ruth Dyer to write to you.

Kind regards,
Amelia Holt

This e-mail is confidential and may be privileged. If you are not the intended recipient please delete it and
tell the sender.
"""
FILES["building/email-reply.eml"] = """From: Peter Larkin <peter@brockwell.example>
To: Amelia Holt <amelia@holt.example>
Date: Tue, 12 Jul 2022 17:30:00 +0100
Subject: Re: The roof

Amelia,

We left the site because you had not paid our June application. The ridge leaked because Mr Ferris drew it
wrongly, and I told him so.

Peter

On 11 Jul 2022 at 09:14, Amelia Holt <amelia@holt.example> wrote:
> I no longer trust what you tell me about the roof. You promised three times
> to mend it and three times nobody came.

This e-mail is confidential and may be privileged. If you are not the intended recipient please delete it and
tell the sender.
"""
# --- hospital
FILES["hospital/visits.csv"] = """Visit,Patient,Ward,Date,Certified
V-01,Mr Abara,Ward 4,2023-02-01,Yes
V-02,Mrs Quill,Ward 7,2023-02-03,No
V-03,Ms Tran,Ward 4,2023-02-09,Yes
V-04,Mr Bauer,Ward 5,2023-02-11,No
"""
FILES["hospital/batches.txt"] = """Sterilisation record 2023

| Batch | Date | Load | Status |
|---|---|---|---|
| S-201 | 3 January 2023 | Trays | Passed |
| S-202 | 4 January 2023 | Gowns | Failed |
| S-203 | 5 January 2023 | Trays | Passed |
| S-204 | 6 January 2023 | Trays | Failed |
| S-205 | 9 January 2023 | Gowns | Failed |
"""
FILES["hospital/nurse-log.txt"] = """Report of Sister Moira Keane

I was on duty on ward 4 on the night of 9 February 2023. The call bell of bed 12 did not ring that night. Dr
Osman did not come to the ward before 6 am.

Sister Moira Keane
"""
FILES["hospital/patient-letter.txt"] = """14 Vine Street
20 February 2023

Dear Sir,

The call bell of bed 12 rang for twenty minutes on the night of 9 February 2023 and nobody came. Dr Osman came
to the ward at half past two and left again.

Yours faithfully,
Linh Tran
"""
# --- shipping
FILES["shipping/mill-letter.txt"] = """Tarrant Mills
2 February 2021

Dear Captain Reyes,

The bales left our mill on 31 January 2021 in good order.

Yours truly,
Hugo Tarrant
"""
FILES["shipping/port-notice.txt"] = """Port of Gellan
Notice of arrival

The bales of Tarrant Mills arrived at the quay on 6 February 2021. Four bales were wet.

(signed) Ingrid Moe
"""
FILES["shipping/prices-2021.txt"] = """Tarrant Mills price list 2021

Valid from 1 January 2021.
The price of a bale of grade A cotton is £210.
"""
FILES["shipping/prices-2023.txt"] = """Tarrant Mills price list 2023

Valid from 1 January 2023.
The price of a bale of grade A cotton is £245.
"""
FILES["shipping/deliveries.csv"] = """Delivery,Date,Goods,Quantity,Value
D-1,2021-02-06,Bales,40,"1.240,00 €"
D-2,2021-03-09,Yarn,15,"880,50 €"
D-3,2021-04-12,Bales,22,"2.100,00 €"
"""
FILES["shipping/balance-march.txt"] = """Statement of account
31 March 2021

The balance of account 7741 is £18,200.
"""
FILES["shipping/balance-june.txt"] = """Statement of account
30 June 2021

The balance of account 7741 is £11,050.
"""
# --- HR
FILES["hr/complaint.eml"] = """From: Nadia Fell <nadia@corvid.example>
To: HR <hr@corvid.example>
Date: Wed, 3 May 2023 10:00:00 +0100
Subject: Complaint

Martin Royce shouted at me in the canteen on 2 May 2023 and threw my laptop on the floor. He has taken my name
off the Lund account.

Nadia Fell
"""
FILES["hr/interview-royce.txt"] = """Interview of Martin Royce
Held on 11 May 2023

Clara Beck: Did you shout at Ms Fell?
Martin Royce: I never shouted at her. I was not in the canteen on 2 May.
Clara Beck: What of the laptop?
Martin Royce: It fell off the table by itself.
Clara Beck: And the Lund account?
Martin Royce: I gave it to Tom Avery in April because she had missed two deadlines.
"""
FILES["hr/forwarded.eml"] = """From: Clara Beck <clara@corvid.example>
To: Nadia Fell <nadia@corvid.example>
Date: Mon, 22 May 2023 08:00:00 +0100
Subject: FW: Lund account

Please see below what Tom sent me.

-----Original Message-----
From: Tom Avery <tom@corvid.example>
Sent: 4 April 2023 15:20
To: Martin Royce <martin@corvid.example>
Subject: Lund account

Martin asked me to take over the Lund account from Nadia on Monday.
"""
FILES["hr/policy.txt"] = """Dignity at Work Policy

1. Purpose
This policy sets out how Corvid treats complaints.

2. Definitions
In this policy "harassment" means unwanted conduct.

3. Contact
Questions about this policy should be sent to hr@corvid.example.
"""
# --- cookery society
FILES["cookery/minutes-may.txt"] = """Marl Cookery Society
Minutes of the committee of 9 May 2024

Present: Ada Pym, Jon Reed, Sal Iqbal
Apologies: Fay Moss

1. The treasurer reported that the hall costs £45 an evening.
2. Mr Reed proposed that the autumn supper be held in Carrow Barn. Carried.
3. Jon Reed paid the deposit for Carrow Barn on 7 May 2024.
"""
FILES["cookery/letter-barn.txt"] = """Carrow Barn
1 June 2024

Dear Ms Pym,

We have received no deposit for the autumn supper. The deposit for Carrow Barn has not been paid.

Yours sincerely,
Will Carrow
"""
FILES["cookery/email-fallout.eml"] = """From: Jon Reed <jon@marl.example>
To: Ada Pym <ada@marl.example>
Date: Sun, 23 Jun 2024 20:00:00 +0100
Subject: Supper

Ada,

You told the members that I had pocketed the deposit. That is a lie, and you said it in front of my wife. I
will not sit on a committee with you again.

Jon
"""


def write(folder: Path) -> Path:
    """All files below ``folder``."""
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder
