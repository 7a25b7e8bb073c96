"""The two companies, their people, and the firms around them. All of them are invented."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Firm:
    """A company with what its letterhead says."""

    name: str
    short: str
    address: str
    number: str
    domain: str


# Company numbers of this height, the domain .example and the telephone range 01632 960 are given to nobody.
SUPPLIER = Firm(
    "Tarn Valley Metalworks Limited",
    "Tarn Valley",
    "Kettle Beck Works, Sowerthwaite, Cumbria",
    "99417082",
    "tarnvalley.example",
)
BUYER = Firm(
    "Solwend Energy Limited",
    "Solwend",
    "Third Floor, Ropery House, Quayside Row, Eastmouth",
    "99530466",
    "solwend.example",
)
SUPPLIER_SOLICITORS = Firm(
    "Pellbrook LLP", "Pellbrook", "9 Assize Court, Sowerthwaite, Cumbria", "OC994410", "pellbrook.example"
)
BUYER_SOLICITORS = Firm(
    "Ashgill Marr LLP", "Ashgill Marr", "41 Exchange Lane, Eastmouth", "OC990217", "ashgillmarr.example"
)
LABORATORY = Firm(
    "Northmoor Materials Laboratory Limited",
    "Northmoor",
    "Unit 12, Peel Science Park, Northmoor",
    "99288105",
    "northmoor.example",
)


@dataclass(frozen=True)
class Person:
    """Someone who writes or is written to."""

    name: str
    position: str
    firm: Firm
    sign_off: str

    @property
    def address(self) -> str:
        """The e-mail address."""
        return f"{self.name.lower().replace('dr ', '').replace(' ', '.')}@{self.firm.domain}"

    @property
    def address_line(self) -> str:
        """Name and address, as in a header."""
        return f"{self.name} <{self.address}>"

    @property
    def signature(self) -> str:
        """What stands under each mail."""
        return f"{self.sign_off}\n{self.position}, {self.firm.name}"


PEOPLE = {
    "oduya": Person("Gareth Oduya", "Managing Director", SUPPLIER, "Gareth"),
    "strand": Person("Helen Strand", "Commercial Manager", SUPPLIER, "Best, Helen"),
    "zielak": Person("Piotr Zielak", "Works Manager", SUPPLIER, "P. Zielak"),
    "rowbotham": Person("Anita Rowbotham", "Quality Manager", SUPPLIER, "Regards,\nAnita Rowbotham"),
    "farr": Person("Desmond Farr", "Credit Controller", SUPPLIER, "D. Farr"),
    "vance": Person("Katherine Vance", "Procurement Director", BUYER, "Katherine Vance"),
    "sheikh": Person("Imran Sheikh", "Project Manager, Low Marrick", BUYER, "Cheers\nImran"),
    "ferrand": Person("Lucy Ferrand", "Finance Director", BUYER, "Lucy"),
    "tregarth": Person("Owen Tregarth", "Site Engineer, Low Marrick", BUYER, "Owen"),
    "adeyemi": Person("Miriam Adeyemi", "General Counsel", BUYER, "Miriam Adeyemi"),
    "marr": Person("Judith Marr", "Partner", BUYER_SOLICITORS, "Judith Marr"),
    "pell": Person("Edwin Hartley", "Partner", SUPPLIER_SOLICITORS, "Edwin Hartley"),
    "wynn": Person("Dr Celia Wynn", "Principal Metallurgist", LABORATORY, "Celia Wynn"),
}
