"""Technical specification TS-07, which is Schedule 3 of the agreement."""

from __future__ import annotations

from dispute import facts
from dispute.blocks import Block, Clause, Heading, Table, lines

_SECTIONS = (
    ("1. Scope", (
        "This specification covers cold-formed steel mounting rails MR-40 and MR-60 and end clamps EC-12 for ground-mounted solar modules at an exposed upland site, 340 metres above sea level, within 9 kilometres of the coast.",
        "It takes precedence over the maker's data sheets. Where it is silent, good galvanising practice applies.",
    )),
    ("2. Steel", (
        "Rails are rolled from structural steel strip, 2.5 millimetres thick, with a yield strength of not less than 350 megapascals.",
        "The silicon and phosphorus content of the strip shall lie in the range that the galvaniser has declared suitable for its bath, so that the coating does not grow in an uncontrolled way.",
        "Slots are punched before galvanising. Nothing is cut, drilled or welded after it.",
    )),
    ("3. Zinc and bath", (
        "The bath is charged with special high grade zinc of at least 99.995% purity from the approved source. Secondary or remelted zinc is not permitted.",
        "Bath temperature is kept between 445 and 455 degrees Celsius and is recorded at the start, the middle and the end of each shift.",
        "The iron, lead and aluminium content of the bath is analysed weekly. The analysis is kept with the bath worksheets.",
        "Immersion time is set for each section and recorded. A change of more than fifteen seconds is a change of process.",
    )),
    ("4. Coating thickness", (
        f"The mean of all readings on a Batch shall be at least {facts.MEAN_REQUIRED} micrometres. No local reading shall be below {facts.MIN_REQUIRED} micrometres.",
        "Ten Rails of each Batch are measured, five readings to a Rail: two on each flange and one on the web, not less than 100 millimetres from an end. Readings are taken with a magnetic gauge that was checked on the same day against a certified foil.",
        "Every reading is written on the bath worksheet as it is taken. Readings are not averaged before they are written down and are not repeated because they are low.",
        "A Batch that fails may be stripped and galvanised again once. It then has a new Batch number.",
    )),
    ("5. Appearance and adhesion", (
        "The coating is continuous and free from bare spots, blisters, flux inclusions and sharp drips. Dull grey areas are accepted if the thickness is right.",
        "Adhesion is tested on one Rail of each Batch by a knife test. Flaking that exposes the steel fails the Batch.",
        "Light white storage stain is not a defect if the coating under it still has the required thickness. Red rust on a Rail less than twenty-four months old is a defect in every case.",
    )),
    ("6. Straightness and tolerances", (
        "A Rail laid on a flat bed shall not depart from straight by more than 2 millimetres in any metre, nor by more than 6 millimetres over its length. Length is held to plus or minus 3 millimetres.",
        "Slot positions are held to plus or minus 1 millimetre from the datum end.",
    )),
    ("7. Packing, marking and storage", (
        "Each bundle carries a metal tag with the Batch number, the type, the count and the date of galvanising. Rails of different Batches are not bundled together.",
        "Bundles are stored off the ground, on a slope that lets water run off, and are not wrapped in plastic film.",
    )),
    ("8. Test by an independent laboratory", (
        "Either party may have Rails tested by a laboratory accredited for coating measurement. At least eight Rails of each Batch in question are taken, chosen by the laboratory, in the presence of both parties if both wish it.",
        "The laboratory's mean and lowest local reading prevail over those on the Certificate.",
        "The party whose figures are shown to be wrong bears the laboratory's fee.",
    )),
)  # fmt: skip


def specification() -> list[Block]:
    """The specification's sections and its table of limits."""
    blocks: list[Block] = [Heading("TS-07, issue 3 - Hot-dip galvanised mounting rails")]
    for title, texts in _SECTIONS:
        number = title.partition(".")[0]
        blocks.append(Heading(title))
        blocks += [Clause(f"{number}.{at}", text) for at, text in enumerate(texts, 1)]
    blocks.append(Heading("9. Limits in one table"))
    blocks.append(
        Table(
            [
                ["Property", "Limit", "Where measured"],
                ["Mean coating thickness", f"at least {facts.MEAN_REQUIRED} micrometres", "ten Rails of each Batch"],
                ["Local reading", f"not below {facts.MIN_REQUIRED} micrometres", "every reading"],
                ["Zinc purity", "at least 99.995%", "supplier's analysis, each melt"],
                ["Bath temperature", "445 to 455 degrees Celsius", "three times a shift"],
                ["Straightness", "6 millimetres over the length", "one Rail in fifty"],
            ],
            (4, 4, 4),
        )
    )
    blocks += lines(
        "Issue 3 replaces issue 2, which permitted a mean of 65 micrometres. Issue 2 is not to be used for this Site."
    )
    return blocks
