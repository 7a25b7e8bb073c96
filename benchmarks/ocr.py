"""Errors of OCR on ten pages that are drawn and then spoilt, each in another way, with its confidence beside them.

    python benchmarks/ocr.py

Character and word errors are Levenshtein distances by the length of the truth; white space counts as one blank.
Needs the extras ``ocr`` and ``plots`` (fonts).
"""

from __future__ import annotations

import argparse
import io
import random
import resource
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from matplotlib import get_data_path
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from hybrid.ingest.loaders.ocr_pages import read_image

ENGLISH = """The Lessor lets to the Lessee the warehouse at 14 Quay Street, with the yard behind it, from 1 March 2026
to 28 February 2031. The rent is 4,750.00 euros a month and is due on the third working day. Where the Lessee is in
arrears by more than 14 days, interest of 8.25 % a year accrues on the sum outstanding. The Lessor may inspect the
premises on 48 hours' notice (see clause 7(b)). No alteration shall be made without the prior written consent of the
Lessor, which shall not be unreasonably withheld. The deposit of EUR 14,250 is held by Messrs Quill & Hart, who shall
release it within six weeks after the return of the keys, less the cost of repairs under clause 12.3."""
GERMAN = """Die Vermieterin überlässt der Mieterin die Halle in der Straße "Große Bleiche" 9 für fünf Jahre. Der
Mietzins beträgt monatlich 3.200,50 € zuzüglich 19 % Umsatzsteuer und ist bis zum 3. Werktag fällig. Gemäß § 12 Abs. 3
können die Parteien ordentlich kündigen; die Kündigung muß schriftlich erfolgen. Schönheitsreparaturen übernimmt die
Mieterin. Änderungen bedürfen der Schriftform, ebenso der Verzicht auf diese. Gerichtsstand ist Köln."""
ROWS = [("Item", "Quantity", "Unit price", "Total"), ("Pump, cast iron", "12", "1,250.00", "15,000.00"),
        ("Valve DN 80", "140", "38.90", "5,446.00"), ("Gasket, 3 mm", "1,000", "0.85", "850.00"),
        ("Freight Ghent-Oslo", "1", "2,310.45", "2,310.45"), ("Sum", "", "", "23,606.45")]  # fmt: skip


def drawn(text: str, points: float, font: str = "DejaVuSerif", dpi: int = 200) -> tuple[Image.Image, str]:
    """Half an A4 page of a text, as often as it fits, and what stands on it."""
    face = ImageFont.truetype(str(Path(get_data_path()) / "fonts" / "ttf" / f"{font}.ttf"), round(points * dpi / 72))
    page = Image.new("L", (round(8.27 * dpi), round(5.8 * dpi)), 255)
    pen, margin, y, truth, line = ImageDraw.Draw(page), round(0.8 * dpi), round(0.7 * dpi), [], ""
    words = text.split() * 9
    while y < page.height - dpi * 0.7:
        while pen.textlength(f"{line} {words[0]}", font=face) < page.width - 2 * margin:
            line = f"{line} {words.pop(0)}".strip()
        pen.text((margin, y), line, font=face, fill=0)
        truth.append(line)
        y, line = y + round(1.35 * points * dpi / 72), ""
    return page, " ".join(truth)


def table(dpi: int = 200) -> tuple[Image.Image, str]:
    """A table, and its cells by rows."""
    face = ImageFont.truetype(str(Path(get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"), round(10 * dpi / 72))
    page = Image.new("L", (round(8.27 * dpi), round(3 * dpi)), 255)
    for down, row in enumerate(ROWS):
        for across, cell in enumerate(row):
            ImageDraw.Draw(page).text((160 + 360 * across, 100 + 60 * down), cell, font=face, fill=0)
    return page, " ".join(cell for row in ROWS for cell in row if cell)


def speckled(page: Image.Image) -> Image.Image:
    """With dust: one pixel in 200 black or white, and grey noise."""
    chosen = np.random.default_rng(0)
    pixels = np.asarray(page).astype(np.int16) + chosen.normal(0, 18, (page.height, page.width))
    dust = chosen.random(pixels.shape)
    pixels[dust < 0.0025], pixels[dust > 0.9975] = 0, 255
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def as_jpeg(page: Image.Image, quality: int) -> Image.Image:
    """As a JPEG of low quality shows it."""
    stream = io.BytesIO()
    page.save(stream, "JPEG", quality=quality)
    return Image.open(io.BytesIO(stream.getvalue()))


def smaller(page: Image.Image, share: float) -> Image.Image:
    """Scanned at a lower resolution."""
    return page.resize((round(page.width * share), round(page.height * share)), Image.Resampling.LANCZOS)


def faded(page: Image.Image) -> Image.Image:
    """A third of the contrast."""
    return page.point(lambda value: 150 + value // 3)


def distance(truth: Sequence[object], found: Sequence[object]) -> int:
    """Levenshtein."""
    before = list(range(len(found) + 1))
    for at, one in enumerate(truth, 1):
        row = [at]
        for there, other in enumerate(found, 1):
            row.append(min(before[there] + 1, row[-1] + 1, before[there - 1] + (one != other)))
        before = row
    return before[-1]


def pages() -> dict[str, Callable[[], tuple[Image.Image, str]]]:
    """The ten pages by what is the matter with them."""

    def spoilt(made: tuple[Image.Image, str], spoil: Callable[[Image.Image], Image.Image]) -> tuple[Image.Image, str]:
        return spoil(made[0]), made[1]

    turn = Image.Resampling.BICUBIC
    return {
        "English, 11 points, clean": lambda: drawn(ENGLISH, 11),
        "English, 8 points, sans serif": lambda: drawn(ENGLISH, 8, "DejaVuSans"),
        "German, 10 points, italic": lambda: drawn(GERMAN, 10, "DejaVuSerif-Italic"),
        "a table": table,
        "typewriter, dust and noise": lambda: spoilt(drawn(ENGLISH, 11, "DejaVuSansMono"), speckled),
        "one degree askew": lambda: spoilt(drawn(ENGLISH, 11), lambda page: page.rotate(1, turn, fillcolor=255)),
        "JPEG of quality 15": lambda: spoilt(drawn(GERMAN, 11), lambda page: as_jpeg(page, 15)),
        "black and white, 100 dpi": lambda: spoilt(drawn(ENGLISH, 11), lambda page: smaller(page, 0.5).convert("1")),
        "blurred": lambda: spoilt(drawn(ENGLISH, 10), lambda page: page.filter(ImageFilter.GaussianBlur(3.2))),
        "faded and noisy": lambda: spoilt(drawn(GERMAN, 10), lambda page: speckled(faded(page))),
    }


def main() -> None:
    """Print a line for each page."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    random.seed(0)
    print("| page | characters | character errors | word errors | confidence | s of CPU |\n|---|---|---|---|---|---|")
    totals = np.zeros(4)
    for name, make in pages().items():
        page, truth = make()
        began = time.process_time()
        found = read_image(page)
        took = time.process_time() - began
        text = " ".join(found.text.split())
        wrong, words = distance(truth, text), distance(truth.split(), text.split())
        totals += (len(truth), wrong, len(truth.split()), words)
        print(
            f"| {name} | {len(truth):,} | {wrong / len(truth):.2%} | {words / len(truth.split()):.1%} "
            f"| {found.confidence:.3f} | {took:.1f} |",
            flush=True,
        )
    print(f"| all | {totals[0]:,.0f} | {totals[1] / totals[0]:.2%} | {totals[3] / totals[2]:.1%} | | |")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.1f} GiB")


if __name__ == "__main__":
    main()
