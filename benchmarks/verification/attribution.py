"""Distortions of who vouches for a statement, and of whether it has come about.

Most of them change the corpus: the statement is put into somebody's mouth, under a condition or into a draft there,
and the claim states it as a fact.
"""

from __future__ import annotations

import random
import re

from distortions import PEOPLE, Kind, Made, kind, replace, statement, swap, tidy


def reported(name: str, *frames: str) -> None:
    """Register a kind whose corpus puts the statement {s} into a frame that does not vouch for it."""

    @kind(name)
    def make(sentence: str, rng: random.Random) -> Made:
        said = statement(sentence)
        if said is None:
            return None
        frame = rng.choice(frames)
        who, when = rng.choice(PEOPLE), rng.choice(("2 May", "14 June", "the autumn of 2021", "last week"))
        return tidy(frame.format(s=said, who=who, Who=who[0].upper() + who[1:], when=when)), sentence


reported("alleged dropped", "It is alleged that {s}.", "The claim form alleges that {s}.",
         "{Who} has made an allegation that {s}.", "According to the complaint, {s}.", "Allegedly, {s}.")  # fmt: skip
reported("denial dropped", "{Who} denies that {s}.", "{Who} denied that {s}.", "It is not the case that {s}.",
         "It is denied that {s}.", "{Who} rejected the suggestion that {s}.")  # fmt: skip
reported("belief dropped", "{Who} believes that {s}.", "{Who} thought that {s}.", "{Who} suspects that {s}.",
         "In the opinion of {who}, {s}.", "{Who} assumed that {s}.")  # fmt: skip
reported("argument taken for fact", "{Who} argued that {s}.", "{Who} contended that {s}.", "{Who} submitted that {s}.",
         "It was argued on appeal that {s}.")  # fmt: skip
reported("hearsay dropped", "{Who} had heard that {s}.", "Rumour has it that {s}.", "It was rumoured that {s}.",
         "A newspaper reported that {s}.", "{Who} claimed that {s}.", "{Who} told a friend that {s}.")  # fmt: skip
reported("doubt dropped", "It is doubtful whether {s}.", "There is no evidence that {s}.", "It is unclear whether {s}.",
         "{Who} doubts that {s}.", "Nobody could establish whether {s}.")  # fmt: skip
reported("hypothesis taken for fact", "Suppose that {s}.", "If {s}, the matter goes to the board.",
         "It would be different if {s}.", "Unless {s}, nothing changes.",
         "{Who} asked what would happen if {s}.")  # fmt: skip
reported("expectation dropped", "{Who} expects that {s}.", "{Who} hopes that {s}.", "{Who} fears that {s}.",
         "It was predicted that {s}.", "{Who} would like to be sure that {s}.")  # fmt: skip
reported("possibility dropped", "It is possible that {s}.", "Perhaps {s}.", "It may be that {s}.",
         "It cannot be excluded that {s}.", "Conceivably, {s}.")  # fmt: skip
reported("proposal taken for agreement", "{Who} proposed that {s}.", "One option is that {s}.",
         "The board was asked to agree that {s}.", "{Who} suggested a term under which {s}.")  # fmt: skip
reported("draft taken for the agreement", "The draft of {when} said that {s}.", "An earlier version provided that {s}.",
         "In the unsigned draft, {s}.", "The heads of terms, not binding, say that {s}.")  # fmt: skip
reported("superseded taken for current", "Until it was amended on {when}, the agreement said that {s}.",
         "The old policy said that {s}.", "It is no longer the case that {s}.", "Formerly, {s}.")  # fmt: skip
reported("question taken for fact", "Is it true that {s}?", "{Who} asked whether {s}.",
         "The question is whether {s}.", "Did {who} say that {s}?")  # fmt: skip
reported("pretence taken for fact", "{Who} pretended that {s}.", "{Who} lied that {s}.", "{Who} dreamed that {s}.",
         "In the story that {who} made up, {s}.", "{Who} imagined that {s}.")  # fmt: skip


@kind("fragment under negation")
def _fragment(sentence: str, rng: random.Random) -> Made:
    said = statement(sentence)
    frame = rng.choice(("It is not true that {s}.", "It was never agreed that {s}.", "Nobody has shown that {s}."))
    return (frame.format(s=said), said) if said else None


# Facts that are not facts yet

_PLANS = ("intends to", "plans to", "was asked to", "tried to", "refused to", "failed to", "was about to", "wanted to",
          "agreed to", "was expected to", "is likely to", "threatened to", "offered to")  # fmt: skip
_PAST = {
    "pay": "paid", "give": "gave", "make": "made", "sell": "sold", "send": "sent", "keep": "kept", "provide":
    "provided", "deliver": "delivered", "notify": "notified", "return": "returned", "use": "used", "maintain":
    "maintained", "obtain": "obtained", "perform": "performed", "terminate": "terminated", "disclose": "disclosed",
    "destroy": "destroyed", "assign": "assigned", "submit": "submitted", "indemnify": "indemnified", "transfer":
    "transferred", "reimburse": "reimbursed", "purchase": "purchased", "remove": "removed", "grant": "granted",
    "cooperate": "cooperated", "prepare": "prepared", "appoint": "appointed", "furnish": "furnished", "retain":
    "retained", "bear": "bore", "cause": "caused", "ensure": "ensured", "request": "requested", "inform": "informed",
    "create": "created", "access": "accessed", "share": "shared", "accept": "accepted", "protect": "protected",
    "take": "took", "leave": "left", "find": "found", "ask": "asked", "tell": "told", "see": "saw", "review":
    "reviewed", "approve": "approved", "conduct": "conducted", "complete": "completed",
}  # fmt: skip
_DUTY = re.compile(rf"\b(?:shall|will|must|may|can)\s+(?:promptly |immediately )?({'|'.join(_PAST)})\b")


@kind("duty taken for fact")
def _duty(sentence: str, rng: random.Random) -> Made:  # noqa: ARG001
    place = _DUTY.search(sentence)
    return (sentence, replace(sentence, place, _PAST[place.group(1)])) if place else None


def _planned(frames: tuple[str, ...]) -> Kind:
    def make(sentence: str, rng: random.Random) -> Made:
        place = _DUTY.search(sentence)
        if place is None or re.search(r"\b(?:if|unless|provided|not|you|we|they)\b", sentence, re.IGNORECASE):
            return None
        verb = place.group(1)
        return replace(sentence, place, f"{rng.choice(frames)} {verb}"), replace(sentence, place, _PAST[verb])

    return make


kind("plan taken for fact")(_planned(("intends to", "plans to", "was about to", "wanted to", "is likely to")))
kind("request taken for fact")(_planned(("was asked to", "was told to", "was expected to", "was invited to")))
kind("attempt taken for fact")(_planned(("tried to", "attempted to", "offered to", "threatened to")))
kind("refusal taken for fact")(_planned(("refused to", "failed to", "declined to", "neglected to")))
kind("near miss taken for fact")(swap(r"\b(?:almost|nearly|practically|barely|hardly|scarcely)\s+", ""))
kind("hedge dropped")(
    swap(
        (
            r"\b(?:probably|possibly|perhaps|apparently|seemingly|presumably|reportedly|likely|maybe|supposedly|"
            r"(?:seem|appear)(?:s|ed) to (?=be\b))\s*"
        ),
        " ",
    )
)
kind("seeming taken for being")(
    swap(r"\b(?:seem|appear)(s|ed)\b (?:to be|to have been)\b", lambda m: "is" if m.group(1) == "s" else "was")
)
kind("future taken for past")(
    swap(r"\bwill (?:be )?(\w{3,}ed)\b|\bgoing to be (\w{3,}ed)\b", lambda m: f"has been {m.group(1) or m.group(2)}")
)
