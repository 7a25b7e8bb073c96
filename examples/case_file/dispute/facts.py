"""What happened, once: every date, quantity, price and measurement that a document may mention.

All amounts are in pence, so that sums are exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

PARK = "Low Marrick Solar Park"
ORDER_GRACE = 28  # days from order to due date

AGREEMENT = date(2023, 3, 14)
COMMENCEMENT = date(2023, 4, 1)
EXPIRY = date(2025, 3, 31)
PRICE_FIXED_UNTIL = date(2024, 3, 31)
DRAFT = date(2023, 2, 20)
AMENDMENT = date(2023, 9, 1)
LONGER_CREDIT_FROM = date(2023, 10, 1)  # invoices of this day or later are due after 45 days
SURCHARGE_PROPOSED = date(2024, 1, 22)
SURCHARGE_FROM = date(2024, 2, 1)
SURCHARGE_PERMILLE = 45
ZINC_CHANGED = date(2023, 11, 6)
ZINC_RESTORED = date(2024, 1, 22)
MEETING = date(2023, 10, 16)  # at which the waiver was, or was not, agreed
RUST_FOUND = date(2024, 3, 11)
SAMPLED = date(2024, 3, 14)
REJECTED_BY_MAIL = date(2024, 3, 27)
LAB_REPORT = date(2024, 3, 28)
REJECTED_BY_LETTER = date(2024, 4, 4)
REMEDY_NOTICE = date(2024, 4, 8)
BOARD = date(2024, 4, 30)
TERMINATED = date(2024, 5, 10)
CLAIM = date(2024, 5, 21)
RESPONSE = date(2024, 6, 11)
REPLY = date(2024, 6, 25)

PRICES = {"MR-40": 1840, "MR-60": 2675, "EC-12": 135}
NAMES = {"MR-40": "Mounting rail, 4.0 m", "MR-60": "Mounting rail, 6.0 m", "EC-12": "End clamp, 12 mm"}
RAILS = ("MR-40", "MR-60")
REPLACEMENT_PRICES = {"MR-40": 2190, "MR-60": 3120}
REPLACEMENT_SUPPLIER = "Fellgate Profiles Limited"
DISMANTLING = 6_430_000
DISMANTLER = "Carrock Installations Limited"
LAB_FEE = 385_000
MEAN_REQUIRED, MIN_REQUIRED = 70, 60  # micrometres of zinc
DAMAGES_PERCENT, DAMAGES_CAP = 3, 15  # of the price, a complete week and in all
LAB_MEAN, LAB_MIN, LAB_RAILS = 57.4, 46.1, 40


def money(pence: int) -> str:
    """An amount as it is written: £1,234.50."""
    return f"£{pence // 100:,}.{pence % 100:02}"


def day(one: date) -> str:
    """A date in words: 4 May 2031."""
    return f"{one.day} {one:%B %Y}"


def _weekday(one: date, step: int) -> date:
    """The day itself, or the next one in the direction of ``step`` that is no Saturday or Sunday."""
    while one.weekday() > 4:
        one += timedelta(days=step)
    return one


@dataclass(frozen=True)
class Delivery:
    """One lorry load: what was ordered and signed for, and what the works measured on its batch."""

    number: int
    due: date
    delivered: date
    ordered: dict[str, int]
    batch: str
    certified: tuple[int, int]
    worksheet: int
    missing: int = 0
    invoiced_as_delivered: date | None = None

    @property
    def note(self) -> str:
        """Number of the delivery note."""
        return f"DN-{100 + self.number:04}"

    @property
    def certified_on(self) -> date:
        """The working day before the delivery."""
        return _weekday(self.delivered - timedelta(days=1), -1)

    @property
    def order(self) -> str:
        """Number of Solwend's purchase order."""
        return f"PO-LM-{3000 + 7 * self.number}"

    @property
    def ordered_on(self) -> date:
        """Day of the purchase order."""
        return self.due - timedelta(days=ORDER_GRACE)

    @property
    def invoice(self) -> str:
        """Number of Tarn Valley's invoice."""
        return f"TV-{self.invoice_date:%y}-{400 + 3 * self.number}"

    @property
    def invoice_date(self) -> date:
        """The working day after the delivery, or after the one that the invoice claims."""
        return _weekday((self.invoiced_as_delivered or self.delivered) + timedelta(days=1), 1)

    @property
    def received(self) -> dict[str, int]:
        """What was signed for at the gate; MR-40 rails may be missing."""
        return self.ordered | {"MR-40": self.ordered["MR-40"] - self.missing}

    @property
    def goods(self) -> int:
        """The price of what was invoiced, without VAT and surcharge."""
        return sum(PRICES[code] * count for code, count in self.ordered.items())

    @property
    def surcharge(self) -> int:
        """The zinc surcharge that the invoice adds."""
        if self.invoice_date < SURCHARGE_FROM:
            return 0
        return sum(PRICES[code] * self.ordered[code] for code in RAILS) * SURCHARGE_PERMILLE // 1000

    @property
    def vat(self) -> int:
        """20 % on all of it."""
        return (self.goods + self.surcharge) // 5

    @property
    def total(self) -> int:
        """What the invoice asks for."""
        return self.goods + self.surcharge + self.vat

    @property
    def credit_days(self) -> int:
        """30 days, or 45 since the first amendment."""
        return 45 if self.invoice_date >= LONGER_CREDIT_FROM else 30

    @property
    def payable(self) -> date:
        """Last day of the credit."""
        return self.invoice_date + timedelta(days=self.credit_days)

    @property
    def paid(self) -> date | None:
        """The day of payment; what fell due after the rust was found was withheld."""
        return None if self.payable >= RUST_FOUND else _weekday(self.payable - timedelta(days=self.number % 3), -1)

    @property
    def days_late(self) -> int:
        """Days between the due date and the signature at the gate."""
        return (self.delivered - self.due).days

    @property
    def damages(self) -> int:
        """Liquidated damages: 3 % of the price for each complete week, at most 15 %."""
        return self.goods * min(DAMAGES_CAP, DAMAGES_PERCENT * (self.days_late // 7)) // 100

    @property
    def rejected(self) -> bool:
        """Whether it came from the zinc that was not approved."""
        return self.worksheet < MIN_REQUIRED


def _delivery(
    number: int, due: str, delivered: str, counts: tuple[int, int, int], batch: str, certified: tuple[int, int],
    worksheet: int, missing: int = 0, claimed: str | None = None,
) -> Delivery:  # fmt: skip
    return Delivery(
        number,
        date.fromisoformat(due),
        date.fromisoformat(delivered),
        dict(zip(PRICES, counts, strict=True)),
        f"B-{batch}",
        certified,
        worksheet,
        missing,
        date.fromisoformat(claimed) if claimed else None,
    )


DELIVERIES = (
    _delivery(1, "2023-05-09", "2023-05-09", (800, 300, 2400), "2304-A", (78, 69), 78),
    _delivery(2, "2023-05-23", "2023-05-23", (800, 300, 2400), "2305-A", (77, 68), 77),
    _delivery(3, "2023-06-06", "2023-06-06", (900, 300, 2600), "2305-B", (79, 70), 79),
    _delivery(4, "2023-06-20", "2023-06-21", (900, 340, 2600), "2306-A", (76, 66), 76),
    _delivery(5, "2023-07-04", "2023-07-04", (1000, 340, 3000), "2306-B", (77, 67), 77),
    _delivery(6, "2023-07-18", "2023-07-18", (1000, 360, 3000), "2307-A", (75, 66), 75),
    _delivery(7, "2023-08-01", "2023-08-01", (1000, 360, 3000), "2307-B", (78, 69), 78),
    _delivery(8, "2023-08-15", "2023-08-17", (1000, 400, 3000), "2308-A", (76, 67), 76),
    _delivery(9, "2023-09-05", "2023-09-21", (1200, 420, 3600), "2309-A", (74, 65), 74),
    _delivery(10, "2023-09-19", "2023-10-11", (1200, 420, 3600), "2309-B", (75, 65), 75),
    _delivery(11, "2023-10-03", "2023-10-13", (1200, 440, 3600), "2310-A", (76, 66), 76),
    _delivery(12, "2023-10-24", "2023-10-24", (1200, 440, 3600), "2310-B", (77, 68), 77, missing=20),
    _delivery(13, "2023-11-07", "2023-11-07", (1200, 400, 3600), "2310-C", (76, 67), 76),
    _delivery(14, "2023-11-21", "2023-11-24", (1100, 400, 3400), "2311-A", (72, 64), 58),
    _delivery(15, "2023-12-05", "2023-12-05", (1100, 400, 3400), "2311-B", (73, 64), 57),
    _delivery(16, "2023-12-19", "2023-12-19", (1100, 380, 3400), "2312-A", (71, 63), 59),
    _delivery(17, "2024-01-09", "2024-01-11", (900, 360, 2800), "2312-B", (72, 64), 56),
    _delivery(18, "2024-01-23", "2024-02-09", (900, 360, 2800), "2401-A", (74, 65), 58, claimed="2024-01-30"),
    _delivery(19, "2024-02-06", "2024-02-14", (900, 340, 2800), "2402-A", (77, 68), 77),
    _delivery(20, "2024-02-20", "2024-02-20", (800, 340, 2600), "2402-B", (78, 68), 78),
    _delivery(21, "2024-03-05", "2024-03-05", (800, 320, 2600), "2402-C", (76, 67), 76),
)  # fmt: skip

LATE = tuple(one for one in DELIVERIES if one.damages)
REJECTED = tuple(one for one in DELIVERIES if one.rejected)
UNPAID = tuple(one for one in DELIVERIES if one.paid is None)
SHORT = next(one for one in DELIVERIES if one.missing)
MISDATED = next(one for one in DELIVERIES if one.invoiced_as_delivered)
AUTUMN = tuple(one for one in LATE if one.due < MEETING)  # the late loads that the October meeting was about

DAMAGES = sum(one.damages for one in LATE)
AUTUMN_DAMAGES = sum(one.damages for one in AUTUMN)
REJECTED_RAILS = {code: sum(one.received[code] for one in REJECTED) for code in RAILS}
REJECTED_PRICE = sum(PRICES[code] * count for code, count in REJECTED_RAILS.items())
REPLACEMENT = sum(REPLACEMENT_PRICES[code] * count for code, count in REJECTED_RAILS.items())
EXTRA_COST = REPLACEMENT - REJECTED_PRICE
SHORT_CREDIT = SHORT.missing * PRICES["MR-40"]
CLAIM_TOTAL = DAMAGES + EXTRA_COST + DISMANTLING + LAB_FEE + SHORT_CREDIT
UNPAID_TOTAL = sum(one.total for one in UNPAID)
SURCHARGE_TOTAL = sum(one.surcharge for one in UNPAID)
INVOICED = sum(one.total for one in DELIVERIES)
PAID = INVOICED - UNPAID_TOTAL


def delivery(number: int) -> Delivery:
    """The delivery of that number."""
    return DELIVERIES[number - 1]
