"""Contracts that the tests write themselves, with facts to ask for and the place where each stands."""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass, field

PARTIES = ["Aldgate Textiles", "Borealis Freight", "Cinder Foundry", "Dunmore Dairy", "Elmwood Optics", "Fenwick Salt"]
PLACES = ["Leeds", "Oslo", "Trieste", "Halifax", "Cork", "Ghent"]
GOODS = ["linen cloth", "cold storage", "cast valves", "skimmed milk", "ground lenses", "rock salt"]
MONTHS = ["January", "March", "May", "June", "September", "November"]


@dataclass(frozen=True)
class Contract:
    """A contract's name and text, and questions with the words that their answer must hold."""

    name: str
    text: str
    questions: dict[str, str] = field(default_factory=dict)


def make_contract(number: int, seed: int = 0) -> Contract:
    """Contract ``number``: the same for the same seed, its facts unlike those of every other."""
    rng = random.Random(f"{seed}-{number}")
    seller, buyer = rng.sample(PARTIES, 2)
    goods, place = GOODS[number % 6], PLACES[(number // 6 + number) % 6]
    reference = str(uuid.UUID(int=rng.getrandbits(128), version=4))
    start = f"{rng.randint(1, 28)} {rng.choice(MONTHS)} {2001 + number}"
    end = f"{rng.randint(1, 28)} {rng.choice(MONTHS)} {2031 + number}"
    price, days, clause = 10_000 + 137 * number, 20 + number, f"{7 + number}.{number + 2}(b)"
    text = f"""SUPPLY AGREEMENT No. {number + 1}

Reference {reference}

This agreement is made on {start} between {seller} Ltd. (the "Seller") and
{buyer} Ltd. (the "Buyer").

1. Goods. The Seller shall deliver {goods} to the Buyer's warehouse in {place}
every month. Deliveries that come late by more than a week may be refused.

2. Price. The Buyer shall pay {price:,} pounds for each delivery, within {days} days
of the invoice. Interest runs on what is paid late.

{clause} Assignment. Neither party may assign contract {number + 1} without the written consent
of the other, which shall not be unreasonably withheld.

9. Term. Agreement No. {number + 1} ends on {end} unless both parties extend it in writing.
The parties fell out because the {goods} arrived spoiled, and the Seller denied any fault.
"""
    return Contract(
        name=f"contract-{number + 1:02}.txt",
        text=text,
        questions={
            f"When does agreement No. {number + 1} end?": end,
            f'Which contract has the reference "{reference}"?': reference,
            f"What does clause {clause} say?": clause,
            f"Where is the warehouse to which {goods} must be delivered under agreement No. {number + 1}?": place,
            f"How many pounds are paid for each delivery of {goods} in agreement No. {number + 1}?": f"{price:,}",
        },
    )


def make_contracts(count: int, seed: int = 0) -> list[Contract]:
    """The first ``count`` contracts."""
    return [make_contract(number, seed) for number in range(count)]
