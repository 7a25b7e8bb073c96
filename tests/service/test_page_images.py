"""A page image is of the bytes that were read, for those who may see the document, with the quote marked on it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fpdf import FPDF
from served import INDEX_ONLY, Running, serving

from hybrid import Corpus
from hybrid.client import AsyncClient
from hybrid.errors import InputError, SourceNotFoundError
from hybrid.ingest.discovery import NamedPath

Image = pytest.importorskip("PIL.Image", reason="needs hybrid-ttt-rag[service]")

FIRST = "The carrier delivers the salt to Ghent. Wet salt is sent back at the carrier's cost."
AGAIN = "Wet salt is sent back at the carrier's cost."


def pdf(*pages: list[str], rotated: bool = False) -> bytes:
    made = FPDF()
    for lines in pages:
        made.add_page(orientation="L" if rotated else "P")
        made.set_font("helvetica", size=14)
        for line in lines:
            made.cell(0, 12, line, new_x="LMARGIN", new_y="NEXT")
    return bytes(made.output())


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, Path]]:
    """A server whose corpus has PDFs that lie below a folder of it, and the folder."""
    base = tmp_path_factory.mktemp("read")
    folder = base / "scans"
    folder.mkdir()
    first = ["Terms of carriage.", FIRST, "Clause 2. " + AGAIN]
    (folder / "terms.pdf").write_bytes(pdf(first, ["Signed by Jane Whitlock for the carrier in Antwerp."]))
    (folder / "same.pdf").write_bytes((folder / "terms.pdf").read_bytes())
    (folder / "changed.pdf").write_bytes(pdf(["The rent of the depot is 900 euros a month."]))
    (folder / "note.txt").write_text("The weighbridge in Ghent closes at five.")
    with Corpus.open(base / "corpora" / "acme", INDEX_ONLY) as corpus:
        corpus.ingest([NamedPath(folder, "scans")])
    (folder / "changed.pdf").write_bytes(pdf(["The rent of the depot is 100 euros a month."]))
    with serving(base / "corpora", {"folders": {"scans": str(folder)}}) as running:
        yield running, folder


def drawn(running: Running, **asked: Any) -> tuple[Any, str]:
    with running.http() as http:
        response = http.get("/v1/corpora/acme/page-image", params=asked)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "image/png"
    return Image.open(io.BytesIO(response.content)), response.headers["Span-Marked"]


def marked_rows(image: Any) -> list[int]:
    """The lines of pixels that have the marker's yellow, as the first of each run."""
    image = image.convert("RGB")
    yellow = [
        any(image.getpixel((x, y)) == (255, 221, 87) for x in range(0, image.width, 3)) for y in range(image.height)
    ]
    return [y for y, here in enumerate(yellow) if here and not yellow[y - 1]]


def place_of(running: Running, quote: str, source: str = "scans/terms.pdf", nth: int = 0) -> dict[str, Any]:
    with running.client() as client:
        found = client.corpus("acme").quote(quote, source=source).places[nth]
    return {"source": source, "page": found.page, "start": found.start, "end": found.end}


def test_the_quote_is_marked_where_it_stands_and_nowhere_else(read: tuple[Running, Path]) -> None:
    running, _ = read
    plain, said = drawn(running, source="scans/terms.pdf", page=1)
    assert (said, marked_rows(plain)) == ("false", [])
    image, said = drawn(running, **place_of(running, AGAIN))
    assert said == "true"
    first = marked_rows(image)
    assert len(first) == 1
    later, _ = drawn(running, **place_of(running, AGAIN, nth=1))
    assert len(marked_rows(later)) == 1
    assert marked_rows(later)[0] > first[0] + 20, "the same words in the next clause were taken for these"


async def test_the_clients_have_the_image_of_a_citation_and_of_a_hit(read: tuple[Running, Path]) -> None:
    running, _ = read
    with running.client() as client:
        corpus = client.corpus("acme")
        hit = corpus.search("Jane Whitlock Antwerp", 1)[0]
        cited = corpus.ask("Who signed for the carrier in Antwerp?", route="lookup").citations[0]
        images = [corpus.page_image(hit), corpus.page_image(cited)]
        with pytest.raises(InputError, match="no pages"):
            corpus.page_image(corpus.search("weighbridge", 1)[0])
    async with AsyncClient(running.url) as client:
        images.append(await client.corpus("acme").page_image(cited))
    assert images[1] == images[2]
    assert all(marked_rows(Image.open(io.BytesIO(one))) for one in images)


def test_a_quote_on_another_page_is_not_marked_on_this_one(read: tuple[Running, Path]) -> None:
    running, _ = read
    place = place_of(running, "Signed by Jane Whitlock")
    assert place["page"] == 2
    assert drawn(running, **place)[1] == "true"
    assert drawn(running, **{**place, "page": 1})[1] == "false"


def test_the_bytes_may_lie_under_another_of_their_names(read: tuple[Running, Path]) -> None:
    running, folder = read
    (folder / "same.pdf").rename(folder / "elsewhere")
    try:
        drawn(running, source="scans/same.pdf", page=1)
    finally:
        (folder / "elsewhere").rename(folder / "same.pdf")


def test_a_file_that_was_changed_is_not_shown_as_what_was_read(read: tuple[Running, Path]) -> None:
    running, _ = read
    with running.http() as http:
        response = http.get("/v1/corpora/acme/page-image", params={"source": "scans/changed.pdf", "page": 1})
    assert response.status_code == 404
    assert "was changed since" in response.json()["error"]["message"]
    assert str(running.root.parent) not in response.text


def test_what_was_uploaded_is_not_kept_and_the_message_says_so(read: tuple[Running, Path]) -> None:
    running, _ = read
    with running.client() as client, running.http() as http:
        corpus = client.corpus("acme")
        client.wait(corpus.upload(("up.pdf", pdf(["Uploaded pages are read once and then deleted."]))))
        assert "up.pdf" in [one.source for one in corpus.documents()]
        response = http.get("/v1/corpora/acme/page-image", params={"source": "up.pdf", "page": 1})
    assert response.status_code == 404
    assert "what is uploaded is not kept" in response.json()["error"]["message"]


@pytest.mark.parametrize(
    ("asked", "kind", "said"),
    [
        ({"source": "scans/note.txt", "page": 1}, InputError, "is no PDF"),
        ({"source": "scans/terms.pdf", "page": 3}, InputError, "from 1 to 2"),
        ({"source": "scans/terms.pdf", "page": 0}, InputError, "from 1 to 2"),
        ({"source": "scans/terms.pdf", "page": 1, "start": 3}, InputError, "start and end"),
        ({"source": "scans/none.pdf", "page": 1}, SourceNotFoundError, "no source"),
        ({"source": "../corpora/acme/catalog.sqlite", "page": 1}, SourceNotFoundError, "no source"),
    ],
)
def test_what_is_wrong_is_named(read: tuple[Running, Path], asked: dict[str, Any], kind: type, said: str) -> None:
    with read[0].http() as http:
        error = http.get("/v1/corpora/acme/page-image", params=asked).json()["error"]
    assert error["type"] == kind.__name__
    assert said in error["message"]


def test_a_document_of_a_class_that_a_key_does_not_see_has_no_image_for_it(tmp_path: Path) -> None:
    from hybrid import Metadata

    folder = tmp_path / "scans"
    folder.mkdir()
    data = pdf(["The price of Project Elm is 4 million."])
    (folder / "elm.pdf").write_bytes(data)
    with Corpus.open(tmp_path / "corpora" / "deal", INDEX_ONLY) as corpus:
        read = next(iter(_loaded(folder)))
        corpus.ingest([read.model_copy(update={"metadata": Metadata(extra={"access": "deal-team"})})])
    with serving(tmp_path / "corpora", {"folders": {"scans": str(folder)}}) as running:
        inside = running.key("inside", classes=["deal-team"])
        outside = running.key("outside", classes=["staff"])
        asked = {"source": "scans/elm.pdf", "page": 1}
        with running.http(inside) as http:
            assert http.get("/v1/corpora/deal/page-image", params=asked).status_code == 200
        with running.http(outside) as http:
            response = http.get("/v1/corpora/deal/page-image", params=asked)
    assert (response.status_code, response.json()["error"]["type"]) == (404, "SourceNotFoundError")


def _loaded(folder: Path) -> Iterator[Any]:
    """The documents of a folder, as an ingest reads them."""
    with Corpus.open(folder.parent / "loading", INDEX_ONLY) as corpus:
        corpus.ingest([NamedPath(folder, folder.name)])
        names = [one.source for one in corpus.documents()]
        yield from corpus.get_documents(names).values()
