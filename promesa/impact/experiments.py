"""What an experiment found: each arm against the control, on each outcome, with the checks a lot asks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from promesa import charts, words
from promesa.errors import InputError
from promesa.experience import outcomes_asked, unit_of
from promesa.impact import telling
from promesa.impact.assignments import assignment
from promesa.measures import ask, withheld
from promesa.results import Estimate, Result
from promesa.stats import ExperimentSettings, experiment

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from promesa.impact.assignments import Assignment
    from promesa.measures import Question
    from promesa.results import Value
    from promesa.stats import ArmEffect, Experiment
    from promesa.store import Facts
    from promesa.workspace import Outcome, Trial, Workspace

LEAST_SEGMENT = 50
FEWEST = 10  # customers of an arm


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
        what customers bought before; extras ``p_adjusted``, ``variance_reduction``, ``arm_mean``, ``control_mean``,
        ``detectable``: the smallest effect that would have been found), ``difference`` (of the plain means), ``lift``
        (a fraction of the control's mean), ``at_every_look`` (an interval that holds however often one looks) and
        ``effect_in_segment``.

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
    not as large as the lot would make them, effects are given and may not be believed.
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
    if sizes.min() < FEWEST or withheld(question, int(sizes.min()), int(sizes.min())):
        return [_nothing(question, trial, "no-arm" if sizes.min() == 0 else "too-few", n=int(sizes.sum()))]
    figures: list[Estimate] = []
    for k, outcome in enumerate(outcomes):
        try:
            found = _compared(question, trial, given, k)
        except InputError:
            figures.append(_nothing(question, trial, "too-few", n=int(sizes.sum()), outcome=outcome))
            continue
        if not figures or all(row.measure != "sample_ratio" for row in figures):
            figures.append(_ratio(trial, found, given))
        for one in found.arms:
            figures += _rows(question, trial, outcome, one, given)
    return figures


def _compared(question: Question, trial: Trial, given: Assignment, column: int) -> Experiment:
    shares = dict(enumerate(trial.shares)) if trial.shares else None
    return experiment(
        given.outcomes[:, column],
        given.arm,
        baselines=given.before if given.before.std() > 0 else None,
        expected_shares=shares,
        segments=given.segments,
        settings=ExperimentSettings(
            confidence_level=question.confidence_level,
            planned_units=int(given.arm.size),
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


def _ratio(trial: Trial, found: Experiment, given: Assignment) -> Estimate:
    ratio = found.sample_ratio
    return Estimate(
        dimensions=_where(trial, None, None),
        measure="sample_ratio",
        estimate=ratio.p_value,
        n=found.units,
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
        extra: dict[str, Value] = {"p_adjusted": part.p_adjusted, "p_all_equal": one.interaction_p_value}
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
    known = estimate is not None and np.isfinite(estimate)
    return Estimate(
        dimensions=where,
        measure=measure,
        estimate=float(estimate) if known and estimate is not None else None,
        lower=ends[0] if known else None,
        upper=ends[1] if known else None,
        **more,
    )
