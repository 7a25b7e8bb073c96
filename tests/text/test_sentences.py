"""Where a sentence ends: texts whose sentences were told apart by hand."""

from __future__ import annotations

from itertools import accumulate

import pytest

from hybrid.text.sentences import SentenceStream, spans

ENGLISH = [
    ("Acme, Inc. signed the lease.", "It pays No. 5 Bank monthly."),
    ("See Sec. 4.2(b) of the Agreement.", "The Buyer shall pay."),
    ("In Smith v. Jones, 12 F.3d 45 (2d Cir. 1999), the court held for the defendant.", "The appeal was dismissed."),
    ("Mr. J. K. Doe met Dr. Osei at 5 p.m. on Jan. 3, 2024.", "They left."),
    ("The term is defined in Art. 5 para. 2.", "It ends in May."),
    ('The Licensor ("Acme Corp.") grants a license.', "No other right is granted."),
    ("Payment is due within thirty (30) days.", "(b) Interest accrues at 1.5% per month."),
    ('He asked: "Who signed?"', "Nobody answered."),
    ("The price is $1.5 million.", "See Exhibit A."),
    ("Deliveries go to Ghent, Antwerp, etc.", "The carrier is paid by Beta."),
    ("The office is at 12 St. James St., London.", "It is closed."),
    ("The U.S. Government may terminate.", "The supplier may not."),
    ("It was incorporated in the U.S.", "The company moved later."),
    ("Under 17 U.S.C. § 107, fair use is allowed.", "Courts differ."),
    ("Wow!", "Really?", "Yes."),
    ("I took turns at being on call for Unit C.", "I was paid for it."),
    ("Night cover in Unit C.", "MT asked how it went."),
    ("He met C. Brown at the gate.", "They left."),
    ("The report (see p. 14) is wrong.", "The auditors, i.e. Miller & Co., said so."),
    ("Notice must be sent to Beta Ltd. Attn: Legal Dept. at the address below.", "Copies are sent by e-mail."),
    ("Vol. 3, pp. 12-15, is missing.", "Vol. 4 is not."),
    ("The rate is 3.5 per cent.", "2. Term."),
    ("Prof. Dr. h.c. Adams wrote it.", "She died in 1901."),
    ("Revenue rose by 4 percent (Fig. 3).", "Costs fell."),
    ("The parties agree as follows.", "1.1 Definitions apply."),
    ('The witness said "I left at 9 a.m."', "The guard disagreed."),
    ("eBay Inc. paid.", "iPhone sales rose."),
    ("It ends on Dec. 31.", "The renewal begins on Jan. 1."),
    ("John Smith Jr. signed for Acme Co. in Boston.", "Jane Roe signed for Beta."),
    ("See Fed. R. Civ. P. 12(b)(6).", "The motion is granted."),
    ("The court cited Restatement (Second) of Torts § 402A cmt. b.", "It then reversed."),
    ("The No. 1 supplier was Acme.", "The No. 2 supplier was Beta."),
    ("The cap is U.S. $5,000,000 in all.", "Damages, i.e. €4.2 million, were repaid.", "£5 is due."),
    ("It costs approx. €500 plus VAT.", "Item no. #12 applies."),
]
SPACED = [
    ("Der Vertrag wurde am 3. März 2024 geschlossen.", "Er endet am 31. Dezember 2026."),
    ("Nach § 5 Abs. 2 Nr. 3 BGB haftet der Verkäufer.", "Der Käufer haftet nicht."),
    ("Die Lieferung umfasst z. B. Salz, Zement u. a. Stoffe.", "Sie erfolgt monatlich."),
    ("Herr Dr. Müller und Frau Prof. Weber unterschrieben.", "Zeugen waren nicht anwesend."),
    ("Die Miete beträgt ca. 1.500 Euro.", "Sie ist bis zum 5. Werktag fällig."),
    ("Vgl. Art. 12 Abs. 1 S. 2 DSGVO.", "Die Frist beträgt drei Tage."),
    ("Die Acme GmbH, Hauptstr. 5, 10115 Berlin, ist Mieterin.", "Vermieter ist die Beta AG."),
    ("Das gilt d. h. auch für Tochtergesellschaften.", "Ausnahmen bedürfen der Schriftform."),
    ("Es gilt die 2. Auflage vom Jan. 2020.", "Die 3. Auflage folgt."),
    ("Gem. Ziff. 4 der AGB ist die Haftung beschränkt.", "Dies gilt nicht bei Vorsatz."),
    ("Der 1. Senat entschied am 12. Mai.", "Die Revision wurde zugelassen."),
    ("Die Kosten (inkl. MwSt.) trägt der Käufer.", "Der Verkäufer trägt die Fracht."),
    ("Siehe Bd. 3, S. 45 ff.", "Die Anlage Nr. 5 fehlt."),
    ("Die Klage ist nach §§ 12 ff. BGB zulässig.", "Das Urt. v. 2. April gilt.", "Az. 3 U 12/20 ruht."),
    ("Wer zahlt?", "Der Mieter zahlt!"),
    ("Im 19. Jahrhundert war das anders.", "Heute gilt das BGB."),
    ("Der Preis betrug 20 Mio. Euro bzw. 22 Mio. Dollar.", "Er stieg um ca. 10 Prozent."),
    ("Die Fa. Meyer liefert die Pumpe.", "Sie ist im Mai fällig."),
    ("Das Gericht i. S. d. § 12 ZPO ist zuständig.", "Es tagt in Köln."),
    # Arabic, Hebrew, Urdu and Hindi, which put a space after a stop, too
    ("العقد ينتهي في 4 مايو 2031.", "هل دفع؟", "نعم، دفع."),
    ("החוזה מסתיים ב-4 במאי 2031.", "התשלום בתוך 30 יום."),
    ("معاہدہ 4 مئی کو ختم ہوا۔", "رقم ادا ہو گئی۔"),
    ("अनुबंध 4 मई को समाप्त हुआ।", "राशि चुका दी गई।"),
    ("Vertreten durch den Geschäftsführer Hrn. K. Maier.", "Er handelt u. U. allein."),
]
CHINESE_AND_JAPANESE = [
    ("本合同自2024年3月1日起生效。", "甲方应支付租金。"),
    ("谁签署了合同？", "没有人知道！", "请看附件一。"),
    ("他说：“合同已经终止。”", "乙方不同意。"),
    ("第一条 本协议的期限为五年。", "第二条 双方应保密（包括附件。）。"),
    ("本契約は2024年3月1日に締結された。", "甲は乙に賃料を支払う。"),
    ("契約は終了しましたか？", "いいえ！", "まだです。"),
    ("「契約は終わった。」と彼は言った。", "乙は同意しなかった。"),
    ("売主は商品（第3条に定める。）を引き渡す。", "買主は代金を支払う。"),
]


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in spans(text)]


@pytest.mark.parametrize("expected", [*ENGLISH, *SPACED])
def test_a_sentence_ends_where_a_reader_says_so(expected: tuple[str, ...]) -> None:
    assert sentences(" ".join(expected)) == list(expected)


@pytest.mark.parametrize("expected", CHINESE_AND_JAPANESE)
def test_chinese_and_japanese_sentences_need_no_space_between_them(expected: tuple[str, ...]) -> None:
    ends = list(accumulate(map(len, expected)))
    assert spans("".join(expected)) == [(end - len(one), end) for end, one in zip(ends, expected, strict=True)]


@pytest.mark.parametrize(
    "expected",
    [
        ("He is 30.", "The lease is his."),
        ("It is a work of art.", "It hangs in Ghent."),
        ("They said no.", "The sale failed."),
        ("I am 30.", "They are old."),
        ("Both agree:   a. Acme pays.", "b. Beta delivers."),
        ("The notice is void.", "c. This Agreement ends."),
    ],
)
def test_what_may_be_an_abbreviation_or_an_ordinal_ends_a_sentence_where_it_is_none(expected: tuple[str, ...]) -> None:
    assert sentences(" ".join(expected)) == list(expected)


@pytest.mark.parametrize("text", ["", " \n ", "。", "。。", "！ ", "a。", "。a", "「。」", "z. B.", "am 3.", "§ 5."])
def test_odd_texts_lose_no_character(text: str) -> None:
    found = spans(text)
    assert "".join("".join(text[start:end] for start, end in found).split()) == "".join(text.split())
    assert all(start < end for start, end in found)


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("It rained.\n\n12 men signed. They left. ", ["It rained.", "12 men signed.", "They left."]),
        ("It rained.\n\n7th of March was dry. It rained. ", ["It rained.", "7th of March was dry.", "It rained."]),
        ("It rained.\n- Ann signed. ", ["It rained.", "Ann signed."]),
    ],
)
def test_a_number_that_begins_a_line_is_a_bullet_only_where_a_stop_follows(said: str, found: list[str]) -> None:
    for size in (1, 4, len(said)):
        stream = SentenceStream()
        pieces = [said[at : at + size] for at in range(0, len(said), size)]
        assert [*(one for piece in pieces for one in stream.feed(piece)), *stream.end()] == found
