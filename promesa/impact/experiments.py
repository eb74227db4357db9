"""What an experiment found: each arm against the control, on each outcome, with the checks a lot asks for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from promesa import charts, words
from promesa.experience import outcomes_asked, unit_of
from promesa.impact import telling
from promesa.impact.assignments import assignment
from promesa.measures import ask, withheld
from promesa.results import Estimate, Result
from promesa.stats import ExperimentSettings, experiment, too_rare

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from numpy.typing import NDArray

    from promesa.impact.assignments import Assignment
    from promesa.measures import Question
    from promesa.results import Value
    from promesa.stats import ArmEffect, Experiment
    from promesa.store import Facts
    from promesa.workspace import Outcome, Trial, Workspace

LEAST_SEGMENT = 50
FEWEST = 10  # customers of an arm
PLANNED = (
    10_000  # where intervals for every look are tightest: fixed here, for one that follows the data holds at no look
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiments(Result):
    """What each declared experiment found; see `experiments`."""

    def summary(self, locale: str = "en") -> str:
        """Say whether the lot held and what each arm did."""
        return telling.experiments(self, locale)

    def chart(self, locale: str = "en") -> dict[str, object] | None:
        """Draw the arms of the first outcome that has a figure."""
        rows = [row for row in self.rows() if row["measure"] == "effect" and row["estimate"] is not None]
        rows = [row for row in rows if row["outcome"] == rows[0]["outcome"]]
        if not rows:
            return None
        title = words.say("impact.experiments.chart", locale, outcome=self.label(str(rows[0]["outcome"]), locale))
        return charts.intervals(
            rows,
            label="arm",
            title=title,
            unit=str(rows[0]["unit"]),
            locale=locale,
            names={name: self.label(name, locale) for name in self.labels},
        )


def experiments(
    workspace: Workspace,
    *,
    outcome: str | None = None,
    since: date | datetime | str | None = None,
    until: date | datetime | str | None = None,
    as_of: date | datetime | str | None = None,
    confidence_level: float | None = None,
    facts: Facts | None = None,
) -> Experiments:
    """Compare the arms of each experiment that the model declares.

    Parameters
    ----------
    workspace : Workspace
        From `promesa.open`; its model names experiments under ``[experiments.NAME]``, their arms are deeds.
    outcome : str, optional
        Name of one of the model's outcomes; without it, those that each experiment looks at.
    since, until, as_of, confidence_level
        As in `measures.ask`; the window holds the deeds that assign.

    Returns
    -------
    Experiments
        Rows per experiment: ``sample_ratio`` (the p-value that the arms are as large as the lot meant; extras
        ``trustworthy``, ``left_out``: customers in several arms). Rows per arm and outcome: ``effect`` (sharpened by
        what customers bought before; extras ``control``, ``variance_reduction``, ``arm_mean``, ``control_mean``,
        ``detectable``: the smallest effect that would have been found, and ``p_adjusted`` for all arms and outcomes of
        the experiment, Benjamini-Hochberg), ``difference`` (of the plain means), ``lift`` (a fraction of the control's
        mean), ``at_every_look`` (an interval that holds however often one looks) and ``effect_in_segment`` where the
        experiment is told by a trait.

    Raises
    ------
    UnknownName
        If there is no outcome of that name.

    See Also
    --------
    promesa.stats.experiment : the estimator.

    Notes
    -----
    Evidence is ``experiment``. All who were assigned count, whether the deed reached them or not. Where the arms are
    not as large as the lot would make them, effects are given as ``associated`` with the note ``not-a-lot``: something
    besides the lot has chosen, and they may not be believed.
    """
    question = ask(workspace, since=since, until=until, as_of=as_of, confidence_level=confidence_level, facts=facts)
    wanted = [one.name for one in outcomes_asked(question, outcome)]
    figures: list[Estimate] = []
    for trial in workspace.model.studies.experiments.values():
        names = [name for name in (trial.outcomes or workspace.model.studies.outcomes) if name in wanted]
        figures += _figures_of(question, trial, [workspace.model.studies.outcomes[name] for name in names])
    heading: dict[str, Any] = question.heading("experiments", first=("experiment", "arm", "outcome", "segment"))
    return Experiments(**heading, estimates=tuple(figures))


def _figures_of(question: Question, trial: Trial, outcomes: Sequence[Outcome]) -> list[Estimate]:
    given = assignment(question, trial, outcomes)
    sizes = np.bincount(given.arm, minlength=len(trial.arms) + 1)
    reason = _too_little(question, sizes)
    if reason:
        n = 0 if reason.endswith("cell") else int(sizes.sum())
        return [_nothing(question, trial, reason, n=n)]
    figures = [_ratio(question, trial, given)]
    reasons = {k: _unknown(question, trial, given, k) for k in range(len(outcomes))}
    known = [k for k, why in reasons.items() if why is None]
    found = _compared(question, trial, given, given.outcomes[:, known]).arms if known else ()
    for k, outcome in enumerate(outcomes):
        why = reasons[k]
        if why is not None:
            figures.append(_nothing(question, trial, why, n=int(sizes.sum()), outcome=outcome))
        for one in found:
            if why is None and one.outcome == known.index(k):
                figures += _rows(question, trial, outcome, one, given)
    return figures if figures[0].extra["trustworthy"] is True else [_not_by_lot(figure) for figure in figures]


def _not_by_lot(figure: Estimate) -> Estimate:
    """Return a figure with the word that is left where the arms are not what a lot would have made them."""
    if figure.evidence != "experiment" or figure.estimate is None:
        return figure
    return replace(figure, evidence="associated", note="not-a-lot")


def _too_little(question: Question, sizes: NDArray[np.int64]) -> str | None:
    """Return why nothing is shown of arms as small as these; None where they are large enough."""
    least = int(sizes.min())
    if least == 0:
        return "no-arm"
    return withheld(question, least, least) or ("too-few" if least < FEWEST else None)


def _unknown(question: Question, trial: Trial, given: Assignment, column: int) -> str | None:
    """Return why arms cannot be compared on an outcome."""
    came = given.outcomes[:, column]
    known = ~np.isnan(came)
    if not known.any():
        return "no-outcome"
    sizes = np.bincount(given.arm[known], minlength=len(trial.arms) + 1)
    if sizes.min() < max(FEWEST, question.workspace.min_group):
        return "too-few-known"
    pairs = [came[known & np.isin(given.arm, (0, arm))] for arm in range(1, len(trial.arms) + 1)]
    if any(pair.min() == pair.max() for pair in pairs):
        return "all-equal"
    told = known & (given.arm >= 0)
    return "too-few" if too_rare(came[told], given.arm[told]) else None


def _compared(question: Question, trial: Trial, given: Assignment, outcomes: NDArray[np.float64]) -> Experiment:
    shares = dict(enumerate(trial.shares)) if trial.shares else None
    return experiment(
        outcomes,
        given.arm,
        baselines=given.before if given.before.std() > 0 else None,
        expected_shares=shares,
        segments=given.segments,
        settings=ExperimentSettings(
            confidence_level=question.confidence_level,
            planned_units=PLANNED,
            min_segment=max(LEAST_SEGMENT, question.workspace.min_group),
        ),
    )


def _where(trial: Trial, arm: str | None, outcome: Outcome | None, segment: str | None = None) -> dict[str, str | None]:
    name = outcome.name if outcome else None
    return {"experiment": trial.name, "arm": arm, "outcome": name, "segment": segment}


def _nothing(question: Question, trial: Trial, reason: str, *, n: int, outcome: Outcome | None = None) -> Estimate:
    return Estimate(
        dimensions=_where(trial, None, outcome),
        measure="effect",
        estimate=None,
        n=n,
        unit=unit_of(question, outcome) if outcome else "count",
        evidence="experiment",
        note=reason,
    )


def _ratio(question: Question, trial: Trial, given: Assignment) -> Estimate:
    """Return whether the arms are as large as the lot meant, which can be told before any outcome is known."""
    ratio = _compared(question, trial, given, np.arange(given.arm.size, dtype=float)).sample_ratio
    return Estimate(
        dimensions=_where(trial, None, None),
        measure="sample_ratio",
        estimate=ratio.p_value,
        n=int(given.arm.size),
        unit="fraction",
        evidence="described",
        extra={"trustworthy": ratio.trustworthy, "left_out": given.n_twice},
    )


def _rows(question: Question, trial: Trial, outcome: Outcome, one: ArmEffect, given: Assignment) -> list[Estimate]:
    arm = trial.arms[one.arm - 1]
    shared: dict[str, Any] = {
        "n": one.n + one.control_n,
        "n_missing": one.n_missing + one.control_n_missing,
        "evidence": "experiment",
    }
    unit, where = unit_of(question, outcome), _where(trial, arm, outcome)
    extra: dict[str, Value] = {
        "p_adjusted": one.p_adjusted,
        "variance_reduction": one.variance_reduction,
        "control": trial.control,
        "arm_mean": one.mean,
        "control_mean": one.control_mean,
        "detectable": one.detectable,
        "arm_n": one.n,
        "control_n": one.control_n,
    }
    rows = [
        _interval(where, "effect", one.effect.estimate, one.effect.interval, unit=unit, extra=extra, **shared),
        _interval(where, "difference", one.difference.estimate, one.difference.interval, unit=unit, **shared),
        _interval(where, "lift", one.lift, one.lift_interval, unit="fraction", **shared),
    ]
    if one.at_every_look is not None:
        rows.append(_interval(where, "at_every_look", one.effect.estimate, one.at_every_look, unit=unit, **shared))
    return [*rows, *_segments(question, trial, outcome, one, given)]


def _segments(question: Question, trial: Trial, outcome: Outcome, one: ArmEffect, given: Assignment) -> list[Estimate]:
    rows: list[Estimate] = []
    for part in one.segments:
        where = _where(trial, trial.arms[one.arm - 1], outcome, given.levels[part.segment])
        extra: dict[str, Value] = {"p_all_equal": _finite(one.interaction_p_value)}
        extra["p_adjusted"] = _finite(part.p_adjusted)
        known = part.effect is not None
        rows.append(
            _interval(
                where,
                "effect_in_segment",
                part.effect.estimate if part.effect else None,
                part.effect.interval if part.effect else None,
                unit=unit_of(question, outcome),
                n=part.units + part.control_units if known else 0,
                evidence="experiment",
                note=None if known else "withheld-small-group",
                extra=extra,
            )
        )
    return rows


def _interval(
    where: dict[str, str | None], measure: str, estimate: float | None, interval: Any, **more: Any
) -> Estimate:
    ends = (interval.lower, interval.upper) if interval is not None else (None, None)
    value = _finite(estimate)
    return Estimate(
        dimensions=where,
        measure=measure,
        estimate=value,
        lower=None if value is None else _finite(ends[0]),
        upper=None if value is None else _finite(ends[1]),
        **more,
    )


def _finite(value: float | None) -> float | None:
    return float(value) if value is not None and np.isfinite(value) else None
