"""JSON and XML in one line are read line by line, with every value as it is written."""

from __future__ import annotations

import json
import re

import pytest
from lxml import etree

from hybrid.ingest.loaders.loading import load
from hybrid.settings import IngestSettings

LEASE = {
    "parties": [{"name": "Orr & Co", "role": "landlord"}, {"name": "Ann", "role": "tenant", "tags": []}],
    "terms": {"rent": 850.50, "note": "The rent is due monthly. It is {fixed}, \"as is\"", "days": list(range(60))},
    "empty": {},
}  # fmt: skip


def text_of(data: str, name: str) -> str:
    return load(data.encode(), name, IngestSettings()).documents[0].text


@pytest.mark.parametrize("name", ["a.json", "a.geojson", "a.lease", "lease"])
def test_json_in_one_line_has_a_line_for_each_value(name: str) -> None:
    text = text_of(json.dumps(LEASE, separators=(",", ":")), name)
    assert json.loads(text) == LEASE
    assert '\n      "role": "landlord"\n' in text
    assert '\n    "note": "The rent is due monthly. It is {fixed}, \\"as is\\"",\n' in text
    assert max(map(len, text.split("\n"))) < 100


def test_values_of_json_stay_as_they_are_written() -> None:
    text = text_of('{"a":1.50,"a":1e400,"b":0012,"c":"x","d":[1 , 2],"e":"M\\u00fchle"}', "a.json")
    assert [line.strip() for line in text.split("\n")] == [
        "{", '"a": 1.50,', '"a": 1e400,', '"b": 0012,', '"c": "x",', '"d": [1 , 2],', '"e": "Mühle"', "}",
    ]  # fmt: skip


def test_json_that_has_its_lines_stays_as_it_is() -> None:
    pretty = json.dumps(LEASE, indent=4)
    assert text_of(pretty, "a.json") == pretty
    records = "\n".join(json.dumps({"id": at, "note": "It was paid."}) for at in range(4))
    assert text_of(records, "a.jsonl") == records
    long = "\n".join(json.dumps({"id": at, "note": "It was paid. " * 20}) for at in range(4))
    assert text_of(long, "a.jsonl").split("\n").count("{") == 4


@pytest.mark.parametrize(
    "text",
    ['{"a":"unclosed,"b":[1,2}', '{"a":1 "b":2,"c":"', "[" * 5000 + '"a":1,"b":2' + "]" * 5000, '{"a":1,"b":2}}}}x'],
)
def test_what_is_no_json_loses_nothing(text: str) -> None:
    assert re.sub(r"\s", "", text_of(text, "a.json")) == re.sub(r"\s", "", text)


XML = (
    '<?xml version="1.0"?><lease><!-- of 2024 --><party role="land>lord"><name>Orr &amp; Co</name><empty/></party>'
    "<note>Paid <b>in</b><i>ful</i>l.</note><data><![CDATA[<x><y>]]></data>"
    '<p xml:space="preserve"> <q>a</q><q>b</q></p>'
    "</lease>"
)


def test_xml_in_one_line_has_a_line_for_each_element() -> None:
    assert text_of(XML, "a.xml").split("\n") == [
        '<?xml version="1.0"?>',
        "<lease>",
        "  <!-- of 2024 -->",
        '  <party role="land>lord">',
        "    <name>Orr & Co</name>",
        "    <empty/>",
        "  </party>",
        "  <note>Paid <b>in</b><i>ful</i>l.</note>",
        "  <data><![CDATA[<x><y>]]></data>",
        '  <p xml:space="preserve"> <q>a</q><q>b</q></p>',
        "</lease>",
    ]


def test_xml_that_has_its_lines_stays_as_it_is() -> None:
    tree = etree.fromstring("<a><b><c>x</c><c>y</c></b><d/></a>")
    etree.indent(tree)
    pretty = etree.tostring(tree).decode()
    assert text_of(pretty, "a.xml") == pretty


@pytest.mark.parametrize("text", ["<a><b>x</a></b></c>", "<a><b", "<a>x<b>y</b><c></c>", "<a>" * 3000 + "x"])
def test_what_is_no_xml_loses_nothing(text: str) -> None:
    assert re.sub(r"\s", "", text_of(text, "a.xml")) == re.sub(r"\s", "", text)
