"""Questions, answers and contexts as ragas and tools like it write and read them: JSONL, one sample a line.

Such tools call the same things by two sets of names, and a line that is written has both: ``user_input``, ``response``,
``retrieved_contexts``, ``reference``, ``reference_contexts``, and ``question``, ``answer``, ``contexts``,
``ground_truth``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from hybrid.errors import InputError
from hybrid.types.answers import Answer

_OURS = {"user_input": "question", "reference_contexts": "quotes", "ground_truth": "reference"}
_NOT_READ = frozenset(
    {
        *("response", "answer", "retrieved_contexts", "contexts", "retrieved_context_ids", "reference_context_ids"),
        *("multi_responses", "rubrics", "synthesizer_name", "persona_name", "query_style", "query_length"),
    }
)
"""What a sample may have besides, which is another system's answer or says how the question was made."""


def question_of(line: Any) -> Any:
    """A line of a file of questions, or a sample of such a tool's, with the names of the former. What is no object, and
    what is unknown, comes back as it is.

    Example:
        >>> question_of({"user_input": "Who?", "reference_contexts": ["Ann did."], "response": "Bob."})
        {'question': 'Who?', 'quotes': ['Ann did.']}
    """
    if not isinstance(line, Mapping):
        return line
    named: dict[str, Any] = {}
    for key, value in line.items():
        if key in _OURS:
            named.setdefault(_OURS[key], value)
        elif key not in _NOT_READ:
            named[key] = value
    return named


def sample(
    question: str, answer: Answer, contexts: Sequence[str], quotes: Sequence[str], reference: str | None
) -> dict[str, Any]:
    """One line: what was asked, what came back, what it was made of, and what a person says that is right.

    Args:
        question: as it was asked.
        answer: its text is the response, with the numbers of its citations.
        contexts: the passages that it was made of.
        quotes: the words of the documents that answer the question.
        reference: the answer that a person gives; left out, the quotes. Without either the line has none, and measures
            that need one pass over it.
    """
    right = reference or " ".join(quotes) or None
    line: dict[str, Any] = {
        "user_input": question,
        "response": answer.text,
        "retrieved_contexts": list(contexts),
        "reference_contexts": list(quotes),
        "question": question,
        "answer": answer.text,
        "contexts": list(contexts),
    }
    return line if right is None else line | {"reference": right, "ground_truth": right}


def write_samples(path: Path, samples: Iterable[Mapping[str, Any]]) -> None:
    """Write one line a sample. Raises `InputError` if the file cannot be written."""
    lines = [json.dumps(one, ensure_ascii=False) + "\n" for one in samples]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(lines), "utf-8")
    except OSError as error:
        raise InputError(f"cannot write the samples to {path}: {error.strerror}; name another file") from error
