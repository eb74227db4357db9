"""Rows of curves: what one more unit of money brings, and the split of it that would bring most."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from promesa.stats import best_split
from promesa.value.balance_rows import figure
from promesa.value.curves import PERIODS_A_YEAR

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from promesa.measures import Question
    from promesa.results import Estimate, Value
    from promesa.value.curves import Curve

    Floats = NDArray[np.float64]

DRAWS = 2000
POINTS = 9
WORTH_UNKNOWN, ONE_CURVE, NOT_SURE = "worth-not-known", "fewer-than-two-curves", "gain-not-sure"


def curve_rows(question: Question, curves: Sequence[Curve], unit: str) -> list[Estimate]:
    """Return response and marginal return of each curve, and the points it is drawn through."""
    figures: list[Estimate] = []
    for curve in curves:
        extra = _about(curve)
        extra["periods"] = unit
        fit = curve.fit
        if fit is None:
            n = int((curve.spend > 0).sum())
            figures += [
                figure(measure, None, n=n, unit=name, where=curve.where, note=curve.obstacle, evidence="associated",
                       extra=extra)
                for measure, name in (("response", "elasticity"), ("marginal_return", "times"))
            ]  # fmt: skip
            continue
        ends = (fit.interval.lower, fit.interval.upper)
        figures.append(
            figure("response", fit.elasticity, ends=ends, n=fit.n, n_missing=fit.n_missing, unit="elasticity",
                   where=curve.where, evidence="associated", extra=extra)
        )  # fmt: skip
        figures.append(_marginal(question, curve, extra))
        figures += _points(question, curve, extra)
    return figures


def _about(curve: Curve) -> dict[str, Value]:
    fit = curve.fit
    told: dict[str, Value] = {"of": curve.of, "current": float(curve.spend.mean()) if curve.spend.size else None}
    return told | ({"current": fit.usual, "lowest": fit.lowest, "highest": fit.highest} if fit else {})


def _random(question: Question) -> np.random.Generator:
    return np.random.default_rng(question.workspace.model.studies.drivers.seed)


def _draws(curve: Curve, random: np.random.Generator) -> tuple[Floats, Floats]:
    """Return draws of (money that the curve brings at its usual spend, elasticity), the estimates first."""
    assert curve.fit is not None  # noqa: S101 (only curves that could be told are drawn from)
    assert curve.worth is not None  # noqa: S101
    level, elasticity = curve.fit.draws(DRAWS, random=random)
    worth = curve.worth + curve.worth_error * random.standard_normal(DRAWS)
    brings = np.concatenate([[curve.fit.level * curve.worth], level * worth])
    return brings, np.concatenate([[curve.fit.elasticity], elasticity])


def _ends(question: Question, draws: Floats) -> tuple[float, float]:
    """Return the interval of what the first draw estimates."""
    rest = (1 - question.confidence_level) / 2
    lower, upper = np.quantile(draws[1:], [rest, 1 - rest])
    return min(float(lower), float(draws[0])), max(float(upper), float(draws[0]))


def _marginal(question: Question, curve: Curve, extra: dict[str, Value]) -> Estimate:
    """Return the margin that one more unit of money brings where spend is now."""
    assert curve.fit is not None  # noqa: S101
    n = curve.fit.n
    if curve.worth is None:
        return figure("marginal_return", None, n=n, unit="times", where=curve.where, note=WORTH_UNKNOWN,
                      evidence="associated", extra=extra)  # fmt: skip
    brings, elasticity = _draws(curve, _random(question))
    draws = brings * elasticity / curve.fit.usual
    return figure("marginal_return", float(draws[0]), ends=_ends(question, draws), n=n, unit="times",
                  where=curve.where, evidence="associated", extra=extra)  # fmt: skip


def _points(question: Question, curve: Curve, extra: dict[str, Value]) -> list[Estimate]:
    fit = curve.fit
    assert fit is not None  # noqa: S101
    figures: list[Estimate] = []
    for spend in np.geomspace(fit.lowest, fit.highest, POINTS):
        interval = fit.interval_at(float(spend), confidence_level=question.confidence_level)
        figures.append(
            figure("curve", float(fit.at(spend)), ends=(interval.lower, interval.upper), n=fit.n, unit="count",
                   where=curve.where, evidence="associated", extra=extra | {"at_spend": float(spend)})
        )  # fmt: skip
    return figures


def split_rows(question: Question, curves: Sequence[Curve], unit: str) -> list[Estimate]:
    """Return the spend of each curve that would bring most in sum, and what it would bring more than now in a year.

    Notes
    -----
    The gain is that of the one split that is shown, under curves drawn from what their fits leave open: where its
    interval holds zero, the data do not tell whether it would pay. The interval of a spend is of the best spend
    under the same draws.
    """
    money = question.workspace.currency
    told = [curve for curve in curves if curve.fit is not None and curve.worth is not None]
    if len(told) < 2:
        reason = next((c.obstacle for c in curves if c.obstacle), ONE_CURVE) if curves else "no-spend-booked"
        return [figure("gain", None, n=0, unit=money, note=reason or ONE_CURVE, evidence="associated")]
    random = _random(question)
    pairs = [_draws(curve, random) for curve in told]
    brings, elasticity = (np.column_stack([pair[k] for pair in pairs]) for k in (0, 1))
    fits = [curve.fit for curve in told if curve.fit is not None]
    usual, lowest, highest = (np.array([getattr(fit, k) for fit in fits]) for k in ("usual", "lowest", "highest"))
    best = best_split(brings, elasticity, usual=usual, lowest=lowest, highest=highest)
    power = np.clip(elasticity, 0.0, 1.0)
    more = (brings * ((best[0] / usual) ** power - 1)).sum(axis=1) * PERIODS_A_YEAR[unit]
    n = min(fit.n for fit in fits)
    ends = _ends(question, more)
    figures = [
        figure("gain", float(more[0]), ends=ends, n=n, unit=money, evidence="associated",
               note=NOT_SURE if ends[0] <= 0 else None, extra={"periods": "year"})
    ]  # fmt: skip
    for k, curve in enumerate(told):
        extra = _about(curve) | {"periods": unit}
        figures.append(
            figure("best_spend", float(best[0, k]), ends=_ends(question, best[:, k]), n=n, unit=money,
                   where=curve.where, evidence="associated", extra=extra)
        )  # fmt: skip
    return figures


def saved_rows(question: Question, curves: Sequence[Curve], rows: Sequence[Estimate]) -> list[Estimate]:
    """Return what a unit of money saves where it keeps a promise: the marginal return of its curve."""
    found: list[Estimate] = []
    for curve in curves:
        if curve.kind != "deliver" or curve.of not in question.workspace.model.promises:
            continue
        row = next(r for r in rows if r.measure == "marginal_return" and r.extra["of"] == curve.of)
        found.append(replace(row, measure="saved_margin"))
    return found
