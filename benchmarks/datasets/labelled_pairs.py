"""Pairs of the entailment and ranking head from labelled development sets: contracts, meetings, stories, passages.

A pair is a row {task, first, second, label, set, kind}; `head_pairs.py` says what each field holds.
"""

from __future__ import annotations

import csv
import json
import math
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from sentence_pools import DATA, rows, sentences

HELD_OUT_CATEGORIES = {
    "Governing Law", "Non-Compete", "Cap On Liability", "Audit Rights", "Insurance", "Change Of Control",
    "Renewal Term", "Ip Ownership Assignment", "Minimum Commitment", "No-Solicit Of Employees",
    "Liquidated Damages", "Warranty Duration",
}  # fmt: skip
HELD_OUT_HYPOTHESES = {"nda-16", "nda-10", "nda-18", "nda-17", "nda-12"}
LONGEST = 900  # characters of a premise: about 190 tokens
Pair = dict[str, str]


def entailment(claim: str, premise: str, label: str, origin: str, kind: str = "") -> Pair:
    return {"task": "entailment", "first": claim, "second": premise, "label": label, "set": origin, "kind": kind}


def relevance(question: str, sentence: str, relevant: bool, origin: str, group: str = "") -> Pair:
    label = "relevant" if relevant else "irrelevant"
    return {"task": "relevance", "first": question, "second": sentence, "label": label, "set": origin, "kind": group}


# ContractNLI


def contract_nli(part: str, rng: random.Random) -> Iterator[Pair]:
    """Hypotheses against the spans that entail or contradict them, and against other spans of the contract."""
    hypotheses = json.loads((DATA / "contract_nli" / "hypotheses.json").read_text(encoding="utf-8"))
    dev = rows(DATA / "contract_nli" / "dev.jsonl.gz")
    contracts = rows(DATA / "contract_nli" / "train_truncated.jsonl.gz") + dev[:30] if part == "train" else dev[30:]
    for contract in contracts:
        spans = [" ".join(contract["text"][start:end].split()) for start, end in contract["spans"]]
        used = {index for one in contract["annotations"].values() for index in one["spans"]}
        others = [span for index, span in enumerate(spans) if index not in used and 40 < len(span) < LONGEST]
        for key, one in contract["annotations"].items():
            if (key in HELD_OUT_HYPOTHESES) == (part == "train"):
                continue
            claim = hypotheses[key]["hypothesis"]
            origin = "contract_nli"
            evidence = [spans[index] for index in one["spans"]]
            label = {"Entailment": "entailment", "Contradiction": "contradiction"}.get(one["choice"])
            if label and evidence:
                chosen = evidence if len(" ".join(evidence)) <= LONGEST else [min(evidence, key=len)]
                yield entailment(claim, " ".join(chosen)[:LONGEST], label, origin, key)
                if part == "train" and len(evidence) > 1 and label == "entailment":
                    yield entailment(claim, max(evidence, key=len)[:LONGEST], label, origin, key)
            near = sorted(others, key=lambda span: -overlap(claim, span))[:5] if others else []
            if near and (label is None or rng.random() < 0.5):
                yield entailment(claim, rng.choice(near), "neutral", origin, key)


def overlap(one: str, other: str) -> float:
    """The share of a text's words of four letters or more that another has."""
    wanted, held = (set(re.findall(r"[a-z]{4,}", text.lower())) for text in (one, other))
    return len(wanted & held) / max(1, len(wanted))


# CUAD

STATEMENTS = {
    "Governing Law": "The agreement says which law governs it.",
    "Non-Compete": "A party may not compete with the other.",
    "Cap On Liability": "The liability of a party is limited.",
    "Audit Rights": "A party may inspect the other's books or records.",
    "Insurance": "A party must carry insurance.",
    "Change Of Control": "A change of control has consequences for the agreement.",
    "Renewal Term": "The agreement can be renewed for a further term.",
    "Ip Ownership Assignment": "Intellectual property made by one party belongs to the other.",
    "Minimum Commitment": "A party must buy or pay a minimum.",
    "Liquidated Damages": "A fixed sum is due on breach or termination.",
    "No-Solicit Of Employees": "A party may not hire away the other's employees.",
    "Warranty Duration": "The warranty lasts for a stated time.",
    "Anti-Assignment": "The agreement may not be assigned without consent.",
    "License Grant": "One party grants the other a licence.",
    "Post-Termination Services": "Some duties go on after the agreement ends.",
    "Exclusivity": "The dealings of the parties are exclusive.",
    "Revenue/Profit Sharing": "One party shares its revenue with the other.",
    "Termination For Convenience": "A party may end the agreement without cause, by notice.",
    "Non-Transferable License": "The licence cannot be transferred.",
    "Notice Period To Terminate Renewal": "Renewal can be stopped by giving notice beforehand.",
    "Uncapped Liability": "For some breaches liability is not limited.",
    "Rofr/Rofo/Rofn": "A party has a right of first refusal or first negotiation.",
    "Covenant Not To Sue": "A party promises not to challenge the other's rights or bring claims.",
    "Competitive Restriction Exception": "There is an exception to the restriction on competing.",
    "Volume Restriction": "Use beyond a certain volume costs more or needs consent.",
    "Affiliate License-Licensee": "Affiliates of the licensee share in the licence.",
    "Irrevocable Or Perpetual License": "The licence is perpetual or cannot be revoked.",
    "Joint Ip Ownership": "The parties own some intellectual property jointly.",
    "Non-Disparagement": "A party may not disparage the other.",
    "No-Solicit Of Customers": "A party may not solicit the other's customers.",
    "Most Favored Nation": "A party must be given terms as good as those of any third party.",
    "Third Party Beneficiary": "Somebody who is not a party can enforce the agreement.",
    "Source Code Escrow": "Source code is put into escrow.",
    "Price Restrictions": "Prices may not be raised beyond a limit.",
}
"""What a clause of a category amounts to, in a sentence of the project's own."""


def cuad_contracts(part: str) -> list[dict[str, Any]]:
    """The contracts of a part, each with its sentences and, by category, which of them are annotated."""
    contracts = {row["id"]: row for row in rows(DATA / "cuad" / "contracts_dev.jsonl.gz")}
    groups = sorted({row["group"] for row in contracts.values()})
    apart = set(random.Random("cuad").sample(groups, len(groups) // 5))
    texts: dict[str, list[str]] = {}
    marked: dict[str, dict[str, set[int]]] = defaultdict(dict)
    for row in rows(DATA / "cuad" / "qa_dev.jsonl.gz"):
        contract = contracts[row["doc"]]
        if (contract["group"] in apart) == (part == "train") or not row["spans"] or len(contract["text"]) > 150_000:
            continue
        if (row["category"] in HELD_OUT_CATEGORIES) == (part == "train"):
            continue
        if row["doc"] not in texts:
            texts[row["doc"]] = [one for one in sentences(contract["text"]) if len(one) > 20]
        own = [" ".join(span["text"].split()) for span in row["spans"]]
        held = {i for i, one in enumerate(texts[row["doc"]]) if any(touches(one, span) for span in own)}
        if held:
            marked[row["doc"]][row["category"]] = held
    return [{"id": name, "sentences": texts[name], "marked": marked[name]} for name in sorted(marked)]


def touches(sentence: str, span: str) -> bool:
    """Whether an annotated span and a sentence hold one another, or share most of the shorter one."""
    return span in sentence or (len(sentence) > 40 and sentence in span)


def questions() -> dict[str, list[str]]:
    """The questions of each category: the annotators' description, and two of the project's own making."""
    path = DATA / "cuad" / "category_descriptions.csv"
    found = {}
    with path.open(encoding="utf-8-sig") as lines:
        for row in list(csv.reader(lines))[1:]:
            name, text = (cell.split(":", 1)[1].strip() for cell in row[:2])
            found[name.lower()] = [" ".join(text.split()), f"What does the contract say about {name.lower()}?", name]
    return found


def cuad(part: str, rng: random.Random) -> Iterator[Pair]:
    asked = questions()
    for contract in cuad_contracts(part):
        whole = contract["sentences"]
        for category, held in contract["marked"].items():
            wording = asked.get(category.lower()) or [category]
            near = sorted((i for i in range(len(whole)) if i not in held), key=lambda i: -overlap(wording[0], whole[i]))
            for index in sorted(held)[:4]:
                question = rng.choice(wording)
                yield relevance(question, whole[index][:LONGEST], True, "cuad")
                others = [rng.choice(near[:15]), rng.randrange(len(whole))]
                others += [
                    i for name, more in contract["marked"].items() if name != category for i in sorted(more)[:1]
                ][:1]
                for other in others:
                    if other not in held:
                        yield relevance(question, whole[other][:LONGEST], False, "cuad")
            if claim := STATEMENTS.get(category):
                index = min(held, key=lambda i: abs(len(whole[i]) - 250))
                if len(whole[index]) <= LONGEST:
                    yield entailment(claim, whole[index], "entailment", "cuad", category)
                    other = rng.choice(near[:20])
                    yield entailment(claim, whole[other][:LONGEST], "not", "cuad", category)


# Meetings, stories, passages


def qmsum(name: str, rng: random.Random, per_query: int) -> Iterator[Pair]:
    """Specific questions against sentences of turns inside and outside the annotated spans. Inside, those that share
    most words with the written answer are taken: a span holds chatter, too."""
    for meeting in rows(DATA / "qmsum" / f"{name}.jsonl.gz"):
        turns = [(who, re.sub(r"\{\w+\}", "", text)) for who, text in meeting["turns"]]
        lines = [
            (number, f"{who}: {one}")
            for number, (who, text) in enumerate(turns)
            for one in sentences(re.sub(r"\s+([.,?!'])", r"\1", text))
            if len(one.split()) >= 7
        ]
        for query in meeting["specific"]:
            inside = [(int(a), int(b)) for a, b in query["relevant_text_span"]]
            within = [line for number, line in lines if any(a <= number <= b for a, b in inside)]
            outside = [line for number, line in lines if not any(a <= number <= b for a, b in inside)]
            if len(within) < 3 or len(outside) < 10:
                continue
            best = sorted(within, key=lambda line: -overlap(query["answer"], line) * math.log(9 + len(line)))
            chosen = rng.sample(best[: max(3, len(best) // 4)], min(per_query, len(best[: max(3, len(best) // 4)])))
            near = sorted(outside, key=lambda line: -overlap(query["query"], line))[:15]
            for line in chosen:
                yield relevance(query["query"], line[:LONGEST], True, "qmsum")
                yield relevance(query["query"], rng.choice(near)[:LONGEST], False, "qmsum")
                yield relevance(query["query"], rng.choice(outside)[:LONGEST], False, "qmsum")


def squality(name: str, rng: random.Random) -> Iterator[Pair]:
    """Questions against the sentences that the reference answers retell, found by the rare words they share."""
    for story in rows(DATA / "squality" / f"{name}.jsonl.gz"):
        whole = [one for one in sentences(story["document"]) if 6 <= len(one.split()) <= 60]
        vocabularies = [set(re.findall(r"[a-z]{4,}", one.lower())) for one in whole]
        frequency = Counter(word for words in vocabularies for word in words)
        for question in story["questions"]:
            said = [one for reference in question["refs"] for one in sentences(reference)]
            score = [0.0] * len(whole)
            for one in said:
                wanted = set(re.findall(r"[a-z]{4,}", one.lower()))
                for index, held in enumerate(vocabularies):
                    shared = sum(math.log(len(whole) / frequency[word]) for word in sorted(wanted & held))
                    score[index] = max(score[index], shared / math.sqrt(8 + len(held)))
            order = sorted(range(len(whole)), key=lambda index: -score[index])
            for index in order[:6]:
                yield relevance(question["q"], whole[index], True, "squality")
                for other in rng.sample(order[len(order) // 2 :], 2):
                    yield relevance(question["q"], whole[other], False, "squality")


def hotpotqa(rng: random.Random) -> Iterator[Pair]:
    passages = {
        row["title"]: [one.strip() for one in row["sentences"]] for row in rows(DATA / "hotpotqa100" / "corpus.jsonl")
    }
    titles = sorted(passages)
    for row in rows(DATA / "hotpotqa100" / "questions.jsonl"):
        gold = {(title, number) for title, number in row["supporting_facts"]}
        for title, number in sorted(gold):
            if title in passages and number < len(passages[title]):
                yield relevance(row["question"], f"{title}: {passages[title][number]}", True, "hotpotqa")
                near = sorted(
                    rng.sample(titles, 60), key=lambda other: -overlap(row["question"], " ".join(passages[other]))
                )
                for other in [title, *near[:2]]:
                    place = rng.randrange(len(passages[other]))
                    if (other, place) not in gold:
                        yield relevance(row["question"], f"{other}: {passages[other][place]}", False, "hotpotqa")
