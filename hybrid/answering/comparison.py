"""One question put to several groups' documents, and the pairs of their claims that contradict each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations, product

from hybrid.answering.contradictions import contradict, proposed_and_agreed
from hybrid.answering.verification.disagreement import Said
from hybrid.errors import InputError
from hybrid.text.formatting import who_and_when
from hybrid.text.sentences import first_span, last_span
from hybrid.types.answers import Answer, Claim, Comparison, Contradiction
from hybrid.types.filters import Filter


def checked_groups(groups: Mapping[str, Filter]) -> dict[str, Filter]:
    """The groups as they were when they were given.

    Raises `InputError` for fewer than two, and for one that is not a name with a filter.
    """
    if not isinstance(groups, Mapping):
        raise InputError(f"groups are a mapping of names to hybrid.Filter, not {type(groups).__name__}")
    for name, where in groups.items():
        if not isinstance(name, str) or not name.strip():
            raise InputError(f"a group has a name, and {name!r} is none")
        if not isinstance(where, Filter):
            raise InputError(
                f"the group {name!r} is {type(where).__name__}, not a hybrid.Filter; Filter() is all documents"
            )
    if len(groups) < 2:
        raise InputError(f"a comparison has at least two groups, and there is {len(groups) or 'none'}; ask() asks one")
    return dict(groups)


def compare(question: str, answers: Mapping[str, Answer]) -> Comparison:
    """The groups' answers, and the contradictions between them."""
    return Comparison(question, answers, contradictions(answers))


def contradictions(answers: Mapping[str, Answer]) -> Iterator[Contradiction]:
    """The pairs of claims of different groups that `contradict` finds, among the claims that a span supports, on the
    question that the groups were asked.

    A claim that no span supports is no document's, and what both groups' documents say is disputed by neither.
    """
    for (one, first), (other, second) in combinations(answers.items(), 2):
        for mine, theirs in product(first.claims, second.claims):
            if not (mine.citations and theirs.citations):
                continue
            if proposed_and_agreed(mine.citations[0].status, theirs.citations[0].status):
                continue
            if contradict(_said(mine), _said(theirs), first.question):
                yield Contradiction(groups=(one, other), claims=(mine, theirs))


def _said(claim: Claim) -> Said:
    cited = claim.citations[0]
    quoted = [one.quote.strip() for one in claim.citations]
    is_row = len(quoted) == 2 and " ".join(" ".join(quoted).split()) == claim.text  # below the table's heading
    return Said(
        "\n".join(quoted) if is_row else claim.text,
        cited.title,
        who_and_when(cited.speaker or cited.author, None) or None,
        cited.date,
        _sentence_before(cited.before),
        "" if is_row else " ".join(cited.before.split()),
        "" if is_row else _sentence_after(cited.after),
    )


def _sentence_after(text: str) -> str:
    """The sentence that begins a text, in the paragraph that it begins with."""
    span = first_span(text)
    return text[slice(*span)].strip() if span is not None and "\n\n" not in text[: span[0]] else ""


def _sentence_before(text: str) -> str:
    """The sentence that ends a text, in the paragraph that it ends with; a mail's header is none."""
    span = None if "\n\n" in text[len(text.rstrip()) :] else last_span(text)
    if span is None:
        return ""
    last = text[slice(*span)].strip()
    return last if last.rstrip("\"'”’)]").endswith((".", "!", "?", ":", ";", "…")) else ""
