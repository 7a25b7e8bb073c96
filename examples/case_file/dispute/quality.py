"""Bath worksheets, reports of non-conformance, the laboratory's report, and the replacement quotation."""

from __future__ import annotations

import random
from datetime import date, timedelta

from dispute import facts
from dispute.blocks import Block, Clause, Heading, Paper, Table, Text, lines
from dispute.facts import Delivery, day, money
from dispute.people import BUYER, LABORATORY, PEOPLE, SUPPLIER

_SEED = 20230314
_RAILS = 10


def readings(one: Delivery) -> tuple[tuple[int, ...], ...]:
    """Five readings on each of ten rails, whose mean is the worksheet's to the micrometre."""
    rng = random.Random(f"{_SEED}-{one.batch}")
    rails = [
        [one.worksheet + shift + rng.choice((-3, -2, 0, 2, 3)) for _ in range(5)]
        for shift in (-4, -3, -2, -1, -1, 0, 1, 2, 3, 5)
    ]
    wrong = sum(map(sum, rails)) - one.worksheet * 50
    for step in range(abs(wrong)):
        rails[step % _RAILS][step // _RAILS % 5] -= 1 if wrong > 0 else -1
    rng.shuffle(rails)
    return tuple(map(tuple, rails))


def worksheet(one: Delivery) -> Paper:
    """A page of the bath book, typed."""
    made = one.delivered - timedelta(days=4)
    changed = made >= facts.ZINC_CHANGED and one.rejected
    rows = [["Rail", "1", "2", "3", "4", "5", "Mean"]]
    rows += [[str(at), *map(str, rail), f"{sum(rail) / 5:.1f}"] for at, rail in enumerate(readings(one), 1)]
    blocks: list[Block] = [
        Heading(f"Bath worksheet {one.batch}", 0),
        Text(f"Kettle 1. Zinc: {'Calder Alloys remelt' if changed else 'Brennick SHG'}. Bath 449 / 451 / 450 C. Immersion {'160' if changed else '180'} s."),
        Table(rows, (1,) * 7, frozenset(range(7))),
        Text(f"Mean of 50 readings: {one.worksheet} micrometres. Lowest: {min(map(min, readings(one)))}."),
        Text("RESULT: " + ("FAIL, below 70. Recommend hold. A.R." if one.rejected else "PASS. A.R.")),
    ]  # fmt: skip
    return Paper(f"worksheet-{one.batch}.txt", f"Bath worksheet {one.batch}", SUPPLIER.name, made, blocks)


def _ncr(number: str, made: date, about: str, found: tuple[str, ...], action: tuple[str, ...], path: str) -> Paper:
    blocks: list[Block] = [
        Heading(f"Report of non-conformance {number}", 0),
        Text(f"{facts.PARK}. Raised by {PEOPLE['tregarth'].name} on {day(made)}. Supplier: {SUPPLIER.name}."),
        Heading("What was found"),
        Text(about),
        *[Clause(f"{at}.", text) for at, text in enumerate(found, 1)],
        Heading("What is asked for"),
        *[Clause(f"{at}.", text) for at, text in enumerate(action, 1)],
        Heading("Supplier's answer"),
        Text("(to be completed by the Supplier within five Business Days)"),
    ]
    return Paper(path, f"Report of non-conformance {number}", BUYER.name, made, blocks, number)


def ncr_rust() -> Paper:
    """The report on the rust."""
    batches = ", ".join(one.batch for one in facts.REJECTED)
    return _ncr(
        "NCR-031", date(2024, 3, 12), "Red rust on installed and stored rails.",
        (
            f"Red rust on the upper flanges of 212 rails in rows 41 to 58, found on {day(facts.RUST_FOUND)} after the thaw.",
            f"By their tags the rails belong to batches {batches}.",
            "Rows 1 to 40, built with rails up to batch B-2310-C, show no rust.",
            "Gauge readings on site, for guidance only: 52 to 61 micrometres on eleven rails.",
            "The rails have been handled and stored like all others. No salt has been spread on the site roads this winter; grit only.",
        ),
        (
            "Stop deliveries of rails until the cause is known.",
            "Send the bath worksheets of the five batches.",
            f"Attend sampling by Northmoor on {day(facts.SAMPLED)}.",
        ),
        "quality/ncr-031.pdf",
    )  # fmt: skip


def _other_ncrs() -> list[Paper]:
    return [
        _ncr("NCR-004", date(2023, 7, 6), "Slots out of position.", ("Six MR-40 of batch B-2306-B have the end slot 4 millimetres from its place.", "Found when the purlin brackets would not line up in row 9."), ("Replace six rails with the next load.", "Check the punch stop."), "quality/ncr-004.pdf"),
        _ncr("NCR-012", date(2023, 8, 22), "Clamps seized.", ("One box of EC-12 with zinc in the threads; 38 of 100 clamps cannot be tightened.",), ("Replace one box.", "Confirm that clamps are spun after dipping."), "quality/ncr-012.pdf"),
        _ncr("NCR-019", facts.SHORT.delivered, "Short delivery.", (f"{facts.SHORT.note}: {facts.SHORT.received['MR-40']:,} of MR-40 received, {facts.SHORT.ordered['MR-40']:,} ordered and invoiced. One bundle of {facts.SHORT.missing} is missing.", "The driver initialled the remark on the delivery note."), ("Deliver the bundle, or issue a credit note.",), "quality/ncr-019.pdf"),
    ]  # fmt: skip


def laboratory() -> Paper:
    """Northmoor's report."""
    rng = random.Random(_SEED)
    rows = [["Batch", "Rails tested", "Mean, micrometres", "Lowest local reading"]]
    means = _batch_means()
    for at, (one, mean) in enumerate(zip(facts.REJECTED, means, strict=True)):
        low = facts.LAB_MIN if at == 3 else round(mean - 8 - rng.random(), 1)
        rows.append([one.batch, "8", f"{mean:.1f}", f"{low:.1f}"])
    blocks: list[Block] = [
        Heading("Report NML-24-0388", 0),
        Text(f"Coating thickness and composition of galvanised rails from {facts.PARK}"),
        Text(f"Client: {BUYER.name}. Sampled on {day(facts.SAMPLED)}. Reported on {day(facts.LAB_REPORT)}. Author: {PEOPLE['wynn'].name}."),
        Heading("1. Instructions"),
        *lines("We were asked to measure the zinc coating of rails from five batches, to say whether it meets specification TS-07, issue 3, and to comment on the red rust seen by the client. We were not asked who is responsible, and we express no opinion on that."),
        Heading("2. Samples"),
        *lines(
            f"We chose {facts.LAB_RAILS} rails, eight of each batch, half from the structure and half from the laydown area, by a random draw that is set out in annex A to the file copy. {PEOPLE['zielak'].name} of {SUPPLIER.name} was present throughout and signed the sampling record.",
            "Each rail was photographed, tagged and wrapped in paper. Rails from the structure were taken down by Carrock Installations under our supervision.",
        ),
        Heading("3. Method"),
        *lines("Five readings were taken on each rail with a magnetic gauge, at the places that TS-07 section 4.2 names. The gauge was checked against certified foils of 50 and 75 micrometres before and after each batch. Two sections of each batch were also measured under the microscope; the two methods agree within 2 micrometres."),
        Heading("4. Results"),
        Table(rows, (3, 3, 4, 4), frozenset({1, 2, 3})),
        *lines(
            f"The mean of all {facts.LAB_RAILS} rails is {facts.LAB_MEAN} micrometres. TS-07 requires at least {facts.MEAN_REQUIRED}.",
            f"The lowest local reading is {facts.LAB_MIN} micrometres, on a rail of {facts.REJECTED[3].batch}. TS-07 permits none below {facts.MIN_REQUIRED}.",
            "None of the five batches conforms to the specification.",
            "The coating contains 1.1% lead and 0.2% copper. Special high grade zinc contains neither in such amounts. The composition is typical of remelted secondary zinc.",
        ),
        Heading("5. The rust"),
        *lines(
            "The rust starts where the coating is thinnest, on the upper flange near the drain holes. A thin coating with this composition in a wet upland climate is sufficient to explain red rust within one winter.",
            "We found no chloride on the surfaces above the background of the district. Road salt is not the cause. Storage does not explain it, since rails from the structure are affected as much as rails from the laydown area.",
        ),
        Heading("6. Limits of this report"),
        *lines("The results hold for the rails tested. We did not test rails of other batches, the clamps, or the strength of the steel. Rates of future corrosion were not estimated."),
        Text("(signed) Dr Celia Wynn, Principal Metallurgist"),
    ]  # fmt: skip
    return Paper(
        "quality/laboratory-report-NML-24-0388.pdf",
        "Report NML-24-0388",
        LABORATORY.name,
        facts.LAB_REPORT,
        blocks,
        "NML-24-0388",
    )


def _batch_means() -> list[float]:
    """Means near those of the worksheets whose own mean is the report's."""
    near = [one.worksheet + shift for one, shift in zip(facts.REJECTED, (-0.4, 0.3, -0.6, 0.2, 0.0), strict=True)]
    off = facts.LAB_MEAN * len(near) - sum(near)
    return [round(one + off / len(near), 1) for one in near]


def quotation() -> Paper:
    """What other rails would cost."""
    made = date(2024, 4, 16)
    rows = [["Code", "Quantity", "Price each", "Amount"]]
    rows += [
        [code, f"{count:,}", money(facts.REPLACEMENT_PRICES[code]), money(facts.REPLACEMENT_PRICES[code] * count)]
        for code, count in facts.REJECTED_RAILS.items()
    ]
    blocks: list[Block] = [
        Heading(f"Quotation of {facts.REPLACEMENT_SUPPLIER}", 0),
        Text(f"To {BUYER.name}, {day(made)}. Rails to TS-07, issue 3, galvanised with special high grade zinc, delivered to {facts.PARK}."),
        Table(rows, (2, 2, 3, 3), frozenset({1, 2, 3})),
        *lines(
            f"Sum without VAT: {money(facts.REPLACEMENT)}. First load four weeks after order, the rest in weekly loads.",
            "This quotation is open for thirty days. It replaces none of our standard conditions, which are printed overleaf.",
        ),
    ]  # fmt: skip
    return Paper(
        "fellgate-quotation.pdf",
        "Quotation for replacement rails",
        facts.REPLACEMENT_SUPPLIER,
        made,
        blocks,
        "Quotation",
    )


def papers() -> list[Paper]:
    """What lies in the quality folder, besides the certificates."""
    return [*_other_ncrs(), ncr_rust(), laboratory()]
