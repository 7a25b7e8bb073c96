"""Search by words finds what a reader sees: words of Chinese, Japanese and Korean, and words with characters in them
that nobody sees. What is stored and quoted stays as it was written."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st
from old_catalog import to_version_4
from sqlalchemy import text

from hybrid import Corpus
from hybrid.stores.database import connect
from hybrid.stores.query import exact_phrase, match_expression
from hybrid.text.folding import begins_in_cjk, folded, search_text

TEXTS = {
    "ja": (
        "業務委託契約書\n\n第1条 甲は乙に対し、研究開発に関する業務を委託する。\n"
        "第2条 本契約の有効期間は2024年4月1日から2026年3月31日までとする。\n"
        "第3条 乙は、秘密情報を第三者に開示してはならない。違約金は５００万円とし、ﾃﾞｰﾀは返却する。\n"
    ),
    "zh": (
        "房屋租赁合同\n\n第一条 出租方将位于上海市的房屋出租给承租方使用。\n"
        "第二条 月租金为人民币8000元,承租方应于每月5日前支付租金。\n"
    ),
    "ko": (
        "물품 공급 계약서\n\n제1조 공급자는 구매자에게 물품을 공급한다.\n"
        "제2조 구매자는 대금을 매월 말일에 지급하여야 한다.\n"
    ),
    "en": (
        "The ter\u200bmination fee is 400 euros. The con\u00adfid\u2060ential an\ufeffnex is marked. "
        "S\u0336t\u0336r\u0336u\u0336c\u0336k words count. The ｆｉｌｉｎｇ date is 3 May 2024, the 𝐩𝐞𝐧𝐚𝐥𝐭𝐲 is high, "
        "the a\u030aker is small, the oﬃ\u200dce is shut.\n"
    ),
    "he": "\u05e9\u05c1\u05b8\u05dc\u05d5\u05b9\u05dd \u05e2\u05d5\u05dc\u05dd\n",
    "other": "The weather was fine on that day, and nobody came to the depot.\n" * 5,
}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    home = tmp_path_factory.mktemp("scripts")
    for name, body in TEXTS.items():
        (home / f"{name}.txt").write_text(body, encoding="utf-8")
    with Corpus.open(home / "corpus", {"memory": {"enabled": False}}) as opened:
        opened.ingest(*(home / f"{name}.txt" for name in TEXTS))
        yield opened


def by_words(corpus, question):
    return [hit.source.rpartition("/")[2][:-4] for hit in corpus.search(question, k=6) if hit.lexical_rank]


@pytest.mark.parametrize(
    ("question", "source"),
    [
        ("研究", "ja"),
        ("秘密", "ja"),
        ("データ", "ja"),
        ("500万円", "ja"),
        ("租金", "zh"),
        ("租", "zh"),
        ("대금", "ko"),
        ("구매자", "ko"),
        ("termination", "en"),
        ("confidential annex", "en"),
        ("struck", "en"),
        ("filing", "en"),
        ("penalty", "en"),
        ("åker", "en"),
        ("office", "en"),
        ("ter\u200bmin\u200bation", "en"),
        ("\u05e9\u05dc\u05d5\u05dd", "he"),
    ],
)
def test_a_word_is_found(corpus, question, source):
    assert by_words(corpus, question)[:1] == [source]


@pytest.mark.parametrize(
    ("expression", "source"),
    [
        ('"研究開発"', "ja"),
        ('"秘密情報を第三者"', "ja"),
        ("租金 AND 合同", "zh"),
        ("上海 NOT 北京", "zh"),
        ("研究*", "ja"),
        ("秘密 w/9 開示", "ja"),
        ('"대금을 매월"', "ko"),
        ("terminat* AND confidential", "en"),
        ('"termination fee"', "en"),
        ("penalt* w/3 high", "en"),
    ],
)
def test_phrases_and_expressions_find_it(corpus, expression, source):
    assert by_words(corpus, expression) == [source]


def test_what_does_not_stand_together_is_no_phrase(corpus):
    assert by_words(corpus, '"開発研究"') == []
    assert by_words(corpus, "秘密 w/3 開示") == []
    assert by_words(corpus, "上海 AND 研究") == []


@pytest.mark.parametrize(
    ("question", "quote"),
    [
        ("契約の有効期間はいつまでですか？", "第2条 本契約の有効期間は2024年4月1日から2026年3月31日までとする。"),
        ("月租金是多少？", "月租金为人民币8000元"),
        ("대금은 언제 지급하여야 하나요?", "제2조 구매자는 대금을 매월 말일에 지급하여야 한다."),
        ('"研究開発"', "第1条 甲は乙に対し、研究開発に関する業務を委託する。"),
        ("What is the termination fee?", "The ter\u200bmination fee is 400 euros."),
    ],
)
def test_ask_quotes_it_as_it_is_written(corpus, question, quote):
    answer = corpus.ask(question, route="lookup")
    assert any(quote in one.quote for one in answer.citations)
    assert corpus.verify(answer) == []


def test_the_index_is_as_the_texts_say_and_removal_takes_words_out_of_it(tmp_path):
    for name in ("ja", "zh"):
        (tmp_path / f"{name}.txt").write_text(TEXTS[name], encoding="utf-8")
    with Corpus.open(tmp_path / "corpus", {"memory": {"enabled": False}}) as corpus:
        corpus.ingest(tmp_path / "ja.txt", tmp_path / "zh.txt")
        assert corpus.check().whole
        corpus.remove(str(tmp_path / "zh.txt"))
        assert by_words(corpus, "租金") == []
        assert corpus.check().whole
    with sqlite3.connect(tmp_path / "corpus" / "catalog.sqlite") as database:
        assert "租金" not in "".join(row[0] for row in database.execute("SELECT text FROM search_texts"))
        database.execute("UPDATE search_texts SET text = 'other words'")
    with Corpus.open(tmp_path / "corpus") as corpus:
        assert [one.part for one in corpus.check().problems] == ["full text"]
        assert corpus.repair().whole
        assert by_words(corpus, "研究") == ["ja"]


def test_a_corpus_of_an_earlier_version_is_indexed_again_and_says_so(tmp_path, caplog):
    for name in ("ja", "en", "other"):
        (tmp_path / f"{name}.txt").write_text(TEXTS[name], encoding="utf-8")
    with Corpus.open(tmp_path / "corpus", {"memory": {"enabled": False}}) as corpus:
        corpus.ingest(*(tmp_path / f"{name}.txt" for name in ("ja", "en", "other")))
        with connect(corpus._catalog._engine, write=True) as connection:
            to_version_4(connection)
            connection.execute(text("INSERT INTO chunks_fts(chunks_fts) VALUES ('rebuild')"))
    with caplog.at_level("WARNING", "hybrid.stores"), Corpus.open(tmp_path / "corpus") as corpus:
        assert "search by words was brought up to date" in caplog.text
        assert by_words(corpus, "研究") == ["ja"]
        assert by_words(corpus, "termination") == ["en"]
        assert corpus.check().whole


_WRITTEN = st.text(st.sampled_from("ab 契約の終、。1条カﾞ\u200be\u0301²-\n"), min_size=1, max_size=24)


@given(_WRITTEN, st.data())
def test_every_part_of_a_text_that_begins_and_ends_with_whole_words_is_a_phrase_of_it(body, data):
    body = folded(body)
    edges = [0, len(body)]
    edges += [at for at in range(1, len(body)) if not body[at - 1 : at + 1].isalnum()]
    edges += [at for at in range(1, len(body)) if begins_in_cjk(body[at - 1]) or begins_in_cjk(body[at])]
    start, end = sorted((data.draw(st.sampled_from(edges)), data.draw(st.sampled_from(edges))))
    wanted = body[start:end]
    if not any(map(str.isalnum, wanted)) or folded(wanted) != wanted:
        return
    with sqlite3.connect(":memory:") as database:
        database.execute("CREATE VIRTUAL TABLE t USING fts5(text, tokenize='porter unicode61 remove_diacritics 2')")
        database.execute("INSERT INTO t VALUES (?)", (search_text(body),))
        assert database.execute("SELECT 1 FROM t WHERE t MATCH ?", (exact_phrase(wanted),)).fetchall()


def test_a_question_looks_for_pairs_of_characters_and_not_for_endings():
    assert match_expression("契約の終了日はいつですか") == '"契約" OR "約の" OR "の終" OR "終了" OR "了日" OR "日は"'
    assert match_expression("いつですか") == '"いつ" OR "つで" OR "です" OR "すか"'
    assert match_expression("税") == '"税" *'
