"""Front matter is read as its writer meant it, and a class of access that cannot be read leaves the document out."""

from __future__ import annotations

import json

import pytest

from hybrid import Corpus, Identity
from hybrid.errors import DamagedDocumentError
from hybrid.ingest.loaders.loading import load
from hybrid.settings import IngestSettings
from hybrid.types.documents import Metadata

SETTINGS = IngestSettings()


def metadata(text: str, source: str = "a.md", access: str = "access") -> Metadata:
    loaded = load(text.encode(), source, SETTINGS, access=access)
    assert loaded.skipped == ()
    return loaded.documents[0].metadata


@pytest.mark.parametrize("source", ["a.md", "a.txt", "notes"])
@pytest.mark.parametrize(
    "written",
    [
        '---\n"access": "board"\n---\n',
        "---\n'access': 'board'\n---\n",
        "---\naccess : board\n---\n",
        "\n\n---\naccess: board\n---\n",
        "\ufeff---\naccess: board\n---\n",
        "\ufeff\ufeff\n---\naccess: board\n---\n",
        "---\naccess: board\n...\n",
        "---\naccess: board # the four of them\n---\n",
        "---\n# who may see it\naccess: board\n---\n",
        "---\r\naccess: board\r\n---\r\n",
        "--- # head\naccess:   board\n---   \n",
        "---yaml\naccess: board\n---\n",
        "---\n{access: board, title: T}\n---\n",
        "---\naccess: >-\n  board\ntitle: T\n---\n",
        "---\naccess:\n  - board\n---\n",
        "---\naccess: [board]\n---\n",
        "---\n? access\n: board\n---\n",
        "---\nbase: &b {access: board}\n<<: *b\n---\n",
        "---\ntitle: Lease: Unit 4\naccess: board\n---\n",
        "---\ntitle: @home\naccess: 'board'  # closed\n---\n".replace("@home", "Contract: a"),
        '+++\naccess = "board"\n+++\n',
        "---toml\naccess = 'board'\n---\n",
        "---\nACCESS: board\n---\n",
    ],
)
def test_a_class_is_read_however_it_is_written(written: str, source: str) -> None:
    assert metadata(f"{written}\nText of it.\n", source).extra["access"] == "board"


@pytest.mark.parametrize(
    "written",
    [
        "---\naccess: [board, staff]\n---\n",
        "---\naccess:\n- board\n- staff\n---\n",
        "---\naccess:\n  - 'board'\n  - staff\ntitle: T\n---\n",
        '+++\naccess = ["board", "staff"]\n+++\n',
    ],
)
def test_several_classes_let_each_of_them_in(written: str, tmp_path) -> None:
    (tmp_path / "a.md").write_text(f"{written}\nThe dividend is 4 crowns.\n")
    with Corpus.open(tmp_path / "corpus", {"memory": {"enabled": False}}) as corpus:
        corpus.ingest(tmp_path / "a.md")
        seen = {}
        for one in ("board", "staff", "press", ""):
            with corpus.seen_by(Identity(name="ann", classes=(one,))) as view:
                seen[one] = len(view.documents())
    assert seen == {"board": 1, "staff": 1, "press": 0, "": 0}


UNREADABLE = [
    "---\naccess: {level: board}\n---\n",
    "---\naccess:\n  level: board\n---\n",
    "---\naccess: [[board]]\n---\n",
    "---\naccess: []\n---\n",
    "---\naccess:\n---\n",
    "---\naccess: ''\n---\n",
    "---\naccess: [board, ~]\n---\n",
    "---\naccess: board\nAccess: staff\n---\n",
    "---\naccess: board\naccess: staff\n---\n",
    "---\naccess:board\n---\n",
    "---\ntitle: 'unclosed\naccess: board\n---\n",
    "---\ntitle: T\naccess: board\n",
    "---\ndocument:\n  access: board\n---\n",
    "---\naccess: *nobody\n---\n",
    "---\naccess: !!python/name:os.system ''\n---\n",
    "+++\naccess = board\n+++\n",
    '+++\naccess = "board"\n',
    "+++\n[access]\nlevel = 'board'\n+++\n",
]


@pytest.mark.parametrize("written", UNREADABLE)
@pytest.mark.parametrize("source", ["a.md", "a.txt"])
def test_a_class_that_cannot_be_read_leaves_the_document_out(written: str, source: str) -> None:
    with pytest.raises(DamagedDocumentError, match="class of access cannot be read"):
        load(f"{written}\nText of it.\n".encode(), source, SETTINGS)


@pytest.mark.parametrize(
    "head",
    [
        '<meta name="access" content="">',
        '<meta name="access">',
        '<meta name="access" content="board"><meta name="Access" content="staff">',
        '<meta name="access" content="board>',
    ],
)
def test_a_page_whose_class_cannot_be_read_is_left_out(head: str) -> None:
    with pytest.raises(DamagedDocumentError, match="class of access cannot be read"):
        load(f"<html><head>{head}</head><body><p>Text.</p></body></html>".encode(), "a.html", SETTINGS)


@pytest.mark.parametrize(
    "page",
    [
        '<html><head><META NAME="Access" CONTENT=" board "></head><p>Text.</p></html>',
        "<html><head><meta content=board name=access></head><p>Text.</p></html>",
        "---\naccess: board\n---\n<html><p>Text.</p></html>",
    ],
)
def test_the_class_of_a_page_is_in_its_head(page: str) -> None:
    assert metadata(page, "a.html").extra["access"] == "board"
    mail = f"From: a@b.example\nTo: c@d.example\nMIME-Version: 1.0\nContent-Type: text/html\n\n{page}"
    assert "access" not in metadata(mail, "a.eml").extra  # whoever sends a mail says nothing of who may see it


def test_a_saved_page_has_the_class_of_its_head() -> None:
    page = '<html><head><meta name="access" content="board"></head><p>Text.</p></html>'
    saved = f"From: <Saved>\nMIME-Version: 1.0\nContent-Type: text/html\n\n{page}"
    assert metadata(saved, "a.mhtml").extra["access"] == "board"


def test_an_ingest_leaves_out_what_has_an_unreadable_class_and_says_so(tmp_path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.md").write_text("---\nMatter: {id: 7}\n---\nThe dividend is 4 crowns.\n")
    (folder / "b.html").write_text("<html><meta name=matter content=elm><p>The dividend is 5 crowns.</p></html>")
    (folder / "c.txt").write_text("---\nmatter: 007\n---\nThe dividend is 6 crowns.\n")
    settings = {"memory": {"enabled": False}, "access": {"metadata": "Matter"}}
    with Corpus.open(tmp_path / "corpus", settings) as corpus:
        report = corpus.ingest(folder)
        assert [(one.source.rpartition("/")[2], one.code) for one in report.skipped] == [("a.md", "unreadable_class")]
        seen = {}
        for one in ("elm", "007", ""):
            with corpus.seen_by(Identity(name="ann", classes=(one,))) as view:
                seen[one] = [document.source.rpartition("/")[2] for document in view.documents()]
    assert seen == {"elm": ["b.html"], "007": ["c.txt"], "": []}


def test_an_attachment_with_an_unreadable_class_does_not_get_that_of_its_mail() -> None:
    mail = (
        "From: a@b.example\nTo: c@d.example\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n"
        "--x\nContent-Type: text/plain\n\nHello.\n--x\nContent-Type: text/markdown; name=a.md\n"
        "Content-Disposition: attachment; filename=a.md\n\n---\naccess: {a: b}\n---\nText.\n--x--\n"
    )
    loaded = load(mail.encode(), "m.eml", SETTINGS)
    assert [document.source for document in loaded.documents] == ["m.eml"]
    assert [one.source for one in loaded.skipped] == ["m.eml#a.md"]


def test_values_stay_as_they_are_written() -> None:
    written = "matter: 007\nfinal: no\nshare: 1_000\nrate: 1.50\nat: 12:30\nref: 0x1F\nday: 2024-05-06\nnone: ~\n"
    found = metadata(f"---\ndate: 2024-05-06\n{written}---\nText.\n")
    assert found.date == "2024-05-06"
    assert found.extra == {
        "matter": "007", "final": "no", "share": "1_000", "rate": "1.50", "at": "12:30", "ref": "0x1F",
        "day": "2024-05-06", "encoding": "utf-8",
    }  # fmt: skip
    toml = metadata('+++\ndate = 2024-05-06\nrate = 1.50\nfinal = false\nmatter = "007"\n+++\nText.\n')
    assert toml.date == "2024-05-06"
    assert toml.extra == {"rate": "1.50", "final": "false", "matter": "007", "encoding": "utf-8"}


def test_lists_and_fields_in_fields_are_kept() -> None:
    found = metadata("---\nauthor:\n- Ann\n- Bob\ntags: [a, b]\nreview: {by: Cem, on: 2024-05-06}\n---\nText.\n")
    assert found.author == "Ann, Bob"
    assert json.loads(found.extra["tags"]) == ["a", "b"]
    assert json.loads(found.extra["review"]) == {"by": "Cem", "on": "2024-05-06"}


def test_front_matter_that_cannot_be_read_is_named_and_its_text_kept() -> None:
    loaded = load(b"---\ntitle: [a\nsize: 4\n---\nText of it.\n", "a.md", SETTINGS)
    assert "Text of it." in loaded.documents[0].text
    assert [one.source for one in loaded.skipped] == ["a.md#front matter"]


@pytest.mark.parametrize("wanted", ["access", "size"])
def test_aliases_of_aliases_end(wanted: str) -> None:
    bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{two}: &{two} [{','.join([f'*{one}'] * 9)}]\n" for one, two in zip("abcdefgh", "bcdefghi", strict=True)
    )
    text = f"---\n{wanted}: 1\n{bomb}---\nText.\n".encode()
    if wanted == "access":
        with pytest.raises(DamagedDocumentError, match="aliases"):
            load(text, "a.md", SETTINGS)
    else:
        assert [one.source for one in load(text, "a.md", SETTINGS).skipped] == ["a.md#front matter"]


@pytest.mark.parametrize("block", ["a: &a [*a]", "a: " + "[" * 20_000, "{" * 20_000])
def test_what_is_made_to_exhaust_the_parser_is_named(block: str) -> None:
    loaded = load(f"---\n{block}\n---\nText.\n".encode(), "a.md", SETTINGS)
    assert loaded.documents[0].text.endswith("Text.\n")


@pytest.mark.parametrize(
    "text",
    [
        "---\n\nThe gate is open.\n\n---\n\nThe end.\n",
        "---\nThe gate is open. Nobody came.\n---\nThe end.\n",
        "The gate.\n\n---\naccess: board\n---\n",
        "--- ---\naccess: board\n",
    ],
)
def test_a_rule_is_no_front_matter(text: str) -> None:
    assert metadata(text).extra == {"encoding": "utf-8"}


def test_a_file_that_is_data_has_no_front_matter() -> None:
    assert metadata("---\naccess: board\nname: x\n---\nkind: y\n", "a.yaml").extra == {"encoding": "utf-8"}
