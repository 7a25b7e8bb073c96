"""Whether verdicts are right: false claims that are approved, true claims that are not, on a user's own cases."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, get_args

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, StrictBool

from hybrid.answering.composition import weakest_of
from hybrid.answering.evidence import Encoder
from hybrid.answering.passages import SuppliedPassages
from hybrid.answering.verification.alignment import WORD_ALIGNMENT
from hybrid.answering.verification.judgement import Calibrated, Calibration, Entailment, Judgement, Pair
from hybrid.answering.verification.verifier import Examined, Verifier
from hybrid.evaluation.report import DECIMALS, Cell, EvaluationReport, Plot, Series
from hybrid.retrieval.idf import InverseDocumentFrequency
from hybrid.router.training.fitting import Array, calibration_error, fit_logistic, logit, reliability
from hybrid.settings import AnswerSettings
from hybrid.stores.files import read_models
from hybrid.text import sentences
from hybrid.types.answers import Verdict
from hybrid.types.documents import Passage

APPROVED: frozenset[Verdict] = frozenset({"verbatim", "supported", "likely"})
BINS = 10
"""Of the calibration error and the diagram: fewer than the router's: a model is asked about few of the claims."""
FOLDS = 5
"""Of the calibration's cross-validation, as usual."""
AS_SET, FITTED = "as set", f"fitted, {FOLDS} folds"


class Case(BaseModel):
    """One line of a user's file: what a document says, a claim, and whether the document entails the claim.

    ``kind`` names what was done to the claim; each kind has a row of its own in the report.

    Example:
        >>> Case(corpus="The fee is $5.", claim="The fee is $6.", carried=False, kind="amount").carried
        False
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid")

    corpus: Annotated[str, Field(min_length=1, pattern=r"\w")]
    claim: Annotated[str, Field(min_length=1, pattern=r"\w")]
    carried: StrictBool
    kind: str = ""


@dataclass(frozen=True)
class Outcome:
    """The verdict on one case's claim, and the probability where a model was asked."""

    case: Case
    verdict: Verdict
    probability: float | None = None

    @property
    def approved(self) -> bool:
        """Whether the claim is said to be entailed."""
        return self.verdict in APPROVED


def read_cases(path: Path) -> list[Case]:
    """A user's cases from a JSONL file. Raises `InputError` with the line, the field and what is wrong with it."""
    example = {"corpus": "The fee is $5 a day.", "claim": "A day costs $6.", "carried": False, "kind": "amount"}
    return read_models(path, Case, example)


class ExaminedCase:
    """A case after the rules: whatever a model says of it, they are not asked again.

    Args:
        case: its text is the whole corpus.
        encoder: the corpus's embedder.

    Example:
        >>> ExaminedCase(case, embedder).outcome(None).verdict  # doctest: +SKIP
        'unsupported'
    """

    def __init__(self, case: Case, encoder: Encoder) -> None:
        self.case = case
        self._encoder = encoder
        self._passages = SuppliedPassages([Passage(case.corpus, source="case")], None)
        self._idf = InverseDocumentFrequency(self._passages, self._passages.chunk_count())
        examine = self._verifier(None, 1.0).examine_parts
        self.examined = [examine(case.claim[start:end], []) for start, end in sentences.spans(case.claim)]

    @property
    def passes_vetoes(self) -> bool:
        """Whether each sentence of the claim, or each of the statements that it joins, has a span against which no veto
        was raised: nothing but the rule of ``supported`` or a model stands between it and approval."""
        return all(_open(parts[0]) or (len(parts) > 2 and all(map(_open, parts[1:]))) for parts in self.examined)

    def outcome(self, model: Entailment | None, likely_above: float | None = None) -> Outcome:
        """The verdict that an answer would give the claim. Raises `ModelError` as ``model`` does."""
        decide = self._verifier(model, likely_above).decide_parts
        weakest = weakest_of([one for parts in self.examined for one in decide(parts)])
        return Outcome(self.case, weakest.verdict, weakest.probability)

    def _verifier(self, model: Entailment | None, likely_above: float | None) -> Verifier:
        passages = self._passages
        return Verifier(passages, passages, self._encoder, self._idf, model=model, likely_above=likely_above)


def _open(examined: Examined) -> bool:
    return examined.verified.approved or bool(examined.open)


def evaluate(
    cases: Sequence[Case],
    encoder: Encoder,
    settings: AnswerSettings | None = None,
    seed: int = 0,
    model: Entailment | None = None,
) -> EvaluationReport:
    """Verdicts on false and on true claims, by kind, the worst kind first; of a model's probabilities the calibration.

    Args:
        settings: ``likely_above`` and the calibration of ``model``; by default 0.9, and the model taken at its word.
        seed: divides the cases into folds.
        model: a classifier, not yet calibrated; None: the library's own alignment of words.

    Raises:
        ModelError: the model gives no judgement.
    """
    settings = settings or AnswerSettings()
    examined = [ExaminedCase(case, encoder) for case in cases]
    plots: tuple[Plot, ...] = ()
    choices: dict[str, Cell] = {"likely above": settings.likely_above, "model": _shown(model)}
    notes = ["Approved is verbatim, supported or likely; each claim is judged against its own text alone."]
    if model is None:
        outcomes = [one.outcome(None, settings.likely_above) for one in examined]
        rows = [
            {**row, **_calibration_error(row["claims"], outcomes)} for row in [*_summary(outcomes), *_by_kind(outcomes)]
        ]
        plots = _diagram({WORD_ALIGNMENT: outcomes}) if any(one.probability is not None for one in outcomes) else ()
    else:
        rows, plots, more, outcomes = _with_model(examined, _Recorded(model), settings, seed)
        notes += more
        choices |= {"slope": settings.entailment_slope, "intercept": settings.entailment_intercept, "bins": BINS}
    return EvaluationReport(
        name="verdicts",
        title="Whether verdicts are right: false claims approved, true claims not.",
        rows=tuple(rows),
        seed=seed,
        settings=choices,
        notes=tuple(notes),
        plots=plots,
        cases=tuple(map(_told, outcomes)),
    )


def _told(one: Outcome) -> dict[str, Cell]:
    """A case as its file has it, with what became of it."""
    chance = None if one.probability is None else round(one.probability, DECIMALS)
    return {**one.case.model_dump(), "verdict": one.verdict, "approved": one.approved, "probability": chance}


def _shown(model: Entailment | None) -> str:
    """The model's name, of a directory its last part: reports hold no paths."""
    if model is None:
        return WORD_ALIGNMENT
    return Path(model.name).name if Path(model.name).exists() else model.name


class _Recorded:
    """A model that is asked once about each pair, whatever calibrations its answers are tried under."""

    def __init__(self, model: Entailment) -> None:
        self._model = model
        self._known: dict[Pair, Judgement] = {}
        self.name = model.name

    def judge(self, pairs: Sequence[Pair]) -> list[Judgement]:
        new = [pair for pair in dict.fromkeys(pairs) if pair not in self._known]
        if new:
            self._known |= zip(new, self._model.judge(new), strict=True)
        return [self._known[pair] for pair in pairs]


def _with_model(
    examined: Sequence[ExaminedCase], model: _Recorded, settings: AnswerSettings, seed: int
) -> tuple[list[dict[str, Cell]], tuple[Plot, ...], list[str], list[Outcome]]:
    """The rows, the diagram and the notes: as the settings calibrate the model, and as it is with a calibration that
    was fitted on other cases than those it is measured on. The outcomes are those of the settings."""
    limit = settings.likely_above
    chosen = Calibration(settings.entailment_slope, settings.entailment_intercept)
    as_set = [one.outcome(Calibrated(model, chosen), limit) for one in examined]
    outcomes = {AS_SET: as_set}
    raw = [one.outcome(model, limit) for one in examined]
    fitted, notes = fit_calibration(raw), []
    folds = fold_calibrations(raw, seed) if fitted else None
    if fitted is None or folds is None:
        notes.append(
            "No calibration was fitted: that takes true and false claims about which the model was asked in each of "
            f"the {FOLDS} folds, and a probability that is higher for the true ones."
        )
    else:
        outcomes[FITTED] = [
            one.outcome(Calibrated(model, fold), limit) for one, fold in zip(examined, folds, strict=True)
        ]
        notes += [
            f"“{FITTED}” puts each case under a calibration that was fitted on the other folds. The one fitted on all "
            "cases, for a file of settings:",
            f"answer.entailment_slope = {fitted.slope:.3f}",
            f"answer.entailment_intercept = {fitted.intercept:.3f}",
        ]
    rows = [
        {"calibration": name, **row, **_calibration_error(row["claims"], found)}
        for name, found in outcomes.items()
        for row in (*_summary(found), *(_by_kind(found) if name == AS_SET else ()))
    ]
    return rows, _diagram(outcomes), notes, as_set


def fit_calibration(outcomes: Sequence[Outcome]) -> Calibration | None:
    """The calibration that fits outcomes of a model taken at its word, by Platt's method with his regularised targets.

    None where the claims that have a probability are all true or all false, or where a higher probability does not
    mean that a claim is more often true.
    """
    p, carried = _asked(outcomes)
    positive, negative = int(carried.sum()), int((1 - carried).sum())
    if not positive or not negative:
        return None
    target = np.where(carried > 0, (positive + 1) / (positive + 2), 1 / (negative + 2))
    # Bounded as `Calibration` bounds it: a certain model's logit would rule the fit.
    inputs = np.stack([logit(np.clip(p, 1e-6, 1 - 1e-6)), np.ones(len(p))], axis=1)
    slope, intercept = map(float, fit_logistic(inputs, target, np.ones(len(p)), np.full(2, 1e-6)))
    return Calibration(slope, intercept) if slope > 0 else None


def fold_calibrations(raw: Sequence[Outcome], seed: int) -> list[Calibration] | None:
    """A case's calibration, by case, fitted on the other folds; cases of one text are in one fold."""
    texts = list(dict.fromkeys(one.case.corpus for one in raw))
    random.Random(seed).shuffle(texts)
    fold = {text: number % FOLDS for number, text in enumerate(texts)}
    fits = [fit_calibration([one for one in raw if fold[one.case.corpus] != number]) for number in range(FOLDS)]
    found = [fit for one in raw if (fit := fits[fold[one.case.corpus]]) is not None]
    return found if len(found) == len(raw) else None


def _asked(outcomes: Sequence[Outcome]) -> tuple[Array, Array]:
    """Probability and truth ``[n]`` of the claims about which a model was asked."""
    asked = [(one.probability, float(one.case.carried)) for one in outcomes if one.probability is not None]
    found = np.array(asked, dtype=np.float64).reshape(-1, 2)
    return found[:, 0], found[:, 1]


def _summary(outcomes: Sequence[Outcome]) -> list[dict[str, Cell]]:
    false = [one for one in outcomes if not one.case.carried]
    true = [one for one in outcomes if one.case.carried]
    likely = [one.case.carried for one in outcomes if one.verdict == "likely"]
    rows = [_row("all", "", outcomes), _row("false", "", false), _row("true", "", true)]
    rows[0]["likely right"] = sum(likely) / len(likely) if likely else None
    return rows


def _by_kind(outcomes: Sequence[Outcome]) -> list[dict[str, Cell]]:
    """One row a kind of false claims, those most often approved first, then of true ones, least often first."""
    kinds: dict[tuple[bool, str], list[Outcome]] = {}
    for one in outcomes:
        if one.case.kind:
            kinds.setdefault((one.case.carried, one.case.kind), []).append(one)

    def badness(item: tuple[tuple[bool, str], list[Outcome]]) -> tuple[bool, float, int, str]:
        (carried, kind), found = item
        wrong = [one for one in found if one.approved != carried]
        return (carried, -len(wrong) / len(found), -len(wrong), kind)

    ordered = sorted(kinds.items(), key=badness)
    return [_row("true" if carried else "false", kind, found) for (carried, kind), found in ordered]


def _row(claims: str, kind: str, outcomes: Sequence[Outcome]) -> dict[str, Cell]:
    verdicts = [one.verdict for one in outcomes]
    return {
        "claims": claims,
        "kind": kind,
        "cases": len(outcomes),
        **{verdict: verdicts.count(verdict) for verdict in get_args(Verdict)},
        "approved": sum(one.approved for one in outcomes) / len(outcomes) if outcomes else None,
        "likely right": None,
    }


def _calibration_error(claims: Cell, outcomes: Sequence[Outcome]) -> dict[str, Cell]:
    p, carried = _asked(outcomes)
    if claims != "all" or not len(p):
        return {"asked": None, "ECE": None, "Brier": None}
    return {
        "asked": len(p),
        "ECE": calibration_error(p, carried, BINS),
        "Brier": float(np.mean((p - carried) ** 2)),
    }


def _diagram(outcomes: dict[str, list[Outcome]]) -> tuple[Plot, ...]:
    points = {name: _asked(found) for name, found in outcomes.items()}
    if not all(len(p) for p, _ in points.values()):
        return ()
    drawn = {name: reliability(p, carried, BINS) for name, (p, carried) in points.items()}
    return (
        Plot(
            name="verdicts_reliability",
            title=f"Reliability, {len(next(iter(points.values()))[0]):,} claims that were asked about",
            x_label="probability that the text entails the claim",
            y_label="share that it entails",
            series=tuple(Series(name=name, x=tuple(x), y=tuple(y)) for name, (x, y, _) in drawn.items()),
            kind="points",
            diagonal=True,
            y_range=(-0.02, 1.02),
        ),
    )
