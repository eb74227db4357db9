"""Rows of `lifetime`: groups, parameters, and what was foreseen against what came."""

from __future__ import annotations

from datetime import date, timedelta
from math import exp, log, sqrt
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import norm

from promesa.measures import count_of, withheld
from promesa.results import Estimate
from promesa.value.choosing import NAIVE, TOO_LITTLE
from promesa.value.holdouts import over_time

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promesa.measures import Question
    from promesa.results import Value
    from promesa.stats import BuyingProcess
    from promesa.value.choosing import Choice
    from promesa.value.holdouts import Compared, Judged
    from promesa.value.outlook import GroupOutlook, Mean
    from promesa.value.summaries import HoldOut, Summaries

NO_COST, SPEND_UNKNOWN = "no-cost-given", "spend-not-fitted"
ACTIVE_BY_CONVENTION = "without-repeats-taken-as-active"
AT_THE_EDGE = "parameter-at-the-edge"
WIDEST = 3.0  # standard error of a log-parameter: past it the data do not tell one size from ten times that
PARAMETERS = ("r", "alpha", "a", "b")
STOPPING = ("a", "b")
EMPTY: dict[str, Value] = {"model": None, "chosen": None, "repeats": None, "period": None, "horizon_days": None}


def _extra(**known: Value) -> dict[str, Value]:
    return EMPTY | known


def _z(question: Question) -> float:
    return float(norm.ppf((1 + question.confidence_level) / 2))


def group_rows(
    question: Question, found: Summaries, ahead: list[GroupOutlook] | None, choice: Choice, *, horizon_days: int
) -> list[Estimate]:
    """Return the rows of each group, groups in order."""
    sizes = np.bincount(found.group, weights=found.purchases.customers, minlength=len(found.groups))
    order = sorted(range(len(found.groups)), key=lambda k: [(v is None, v or "") for v in found.groups[k].values()])
    figures: list[Estimate] = []
    for place in order:
        where, n = found.groups[place], round(float(sizes[place]))
        figures.append(count_of(question, where, "customers", n, customers=n, **EMPTY))
        outlook = ahead[place] if ahead else None
        figures += _outlook_rows(question, where, outlook, n=n, found=found, choice=choice, horizon_days=horizon_days)
    return figures


def _outlook_rows(
    question: Question,
    where: dict[str, str | None],
    outlook: GroupOutlook | None,
    *,
    n: int,
    found: Summaries,
    choice: Choice,
    horizon_days: int,
) -> list[Estimate]:
    money, model = question.workspace.currency, choice.process.form if choice.process else None
    reason = withheld(question, n, n) or (None if outlook else TOO_LITTLE)
    extra = _extra(model=model, horizon_days=horizon_days)
    base = {"dimensions": where, "n": 0 if reason == "withheld-small-cell" else n, "extra": extra}
    units = {"alive_share": "fraction", "purchases_ahead": "count", "lifetime_value": money}
    if reason or outlook is None:
        return [Estimate(**base, measure=m, estimate=None, unit=u, note=reason) for m, u in units.items()]  # type: ignore[arg-type]
    z = _z(question)
    alive = _logit_ends(outlook.alive, z)
    ahead = _log_ends(outlook.purchases, z)
    half = z * outlook.value.error
    convention = ACTIVE_BY_CONVENTION if model == "bg_nbd" and outlook.never_again > 0 else None
    unknown = NO_COST if not found.goods and not found.costs else None
    spend = SPEND_UNKNOWN if choice.spending is None else None
    figures = [
        ("alive_share", outlook.alive.value, alive, "fraction", convention),
        ("purchases_ahead", outlook.purchases.value, ahead, "count", None),
        ("lifetime_value", outlook.value.value, (outlook.value.value - half, outlook.value.value + half), money, spend),
        ("margin_rate", outlook.margin_rate if found.goods else None, (None, None), "fraction", unknown),
        ("cost_to_serve_per_purchase", outlook.served if found.costs else None, (None, None), money, None),
    ]
    return [
        Estimate(
            **base,  # type: ignore[arg-type]
            measure=measure,
            estimate=value,
            lower=ends[0],
            upper=ends[1],
            unit=unit,
            note=NO_COST if value is None else note,
        )
        for measure, value, ends, unit, note in figures
    ]


def _logit_ends(mean: Mean, z: float) -> tuple[float, float]:
    share = mean.value
    if not 0 < share < 1:
        return share, share
    step = z * mean.error / (share * (1 - share))
    middle = log(share / (1 - share))
    return 1 / (1 + exp(step - middle)), 1 / (1 + exp(-step - middle))


def _log_ends(mean: Mean, z: float) -> tuple[float, float]:
    if mean.value <= 0:
        return mean.value, mean.value
    factor = exp(min(z * mean.error / mean.value, 700.0))
    return mean.value / factor, mean.value * factor


def count_rows(question: Question, found: Summaries, counts: dict[str, int]) -> list[Estimate]:
    """Return what the orders are, and how many customers left nothing."""
    n = found.purchases.n
    orders = [count_of(question, {}, name, count, customers=n, **EMPTY) for name, count in counts.items()]
    losing = found.losing
    return [*orders, count_of(question, {}, "customers_without_margin", losing, customers=losing, **EMPTY)]


def parameter_rows(question: Question, choice: Choice) -> list[Estimate]:
    """Return the parameters of each process with their intervals, and its likelihood."""
    z, figures = _z(question), list[Estimate]()
    for form, process in choice.processes.items():
        if withheld(question, process.n, process.n):
            continue
        extra = _extra(model=form, chosen=process is choice.process)
        for k, name in enumerate(PARAMETERS):
            unit = "days" if name == "alpha" else ""
            held = name in STOPPING and process.stop_alike  # at a size that was chosen: its error says nothing of it
            error = 0.0 if held else sqrt(max(process.covariance[k, k], 0.0))
            figures.append(_parameter(name, getattr(process, name), error, z=z, n=process.n, unit=unit, extra=extra))
        if process.rhythm > 1:
            stages = float(process.rhythm)
            figures.append(
                Estimate(dimensions={}, measure="rhythm", estimate=stages, n=process.n, unit="count", extra=extra)
            )
        figures.append(
            Estimate(
                dimensions={}, measure="log_likelihood", estimate=process.log_likelihood, n=process.n, unit="",
                extra=extra,
            )
        )  # fmt: skip
    return figures


def _parameter(
    name: str, value: float, error: float, *, z: float, n: int, unit: str, extra: dict[str, Value]
) -> Estimate:
    """Return one parameter; where the data only say that it is large or small, there is no interval to give."""
    known = 1e-6 < error < WIDEST
    factor = exp(z * error) if known else 1.0
    return Estimate(
        dimensions={},
        measure=name,
        estimate=value,
        lower=value / factor if known else None,
        upper=value * factor if known else None,
        n=n,
        unit=unit,
        note=None if known else AT_THE_EDGE,
        extra=extra,
    )


def spend_rows(question: Question, choice: Choice) -> list[Estimate]:
    """Return the parameters of spend."""
    spending, money = choice.spending, question.workspace.currency
    if spending is None or withheld(question, spending.n, spending.n):
        return []
    z = _z(question)
    figures: list[Estimate] = []
    for k, (name, unit) in enumerate((("p", ""), ("q", ""), ("gamma", money))):
        error, extra = sqrt(max(spending.covariance[k, k], 0.0)), _extra(model="gamma_gamma")
        value = getattr(spending, name)
        figures.append(_parameter(f"spend_{name}", value, error, z=z, n=spending.n, unit=unit, extra=extra))
    figures.append(
        Estimate(
            dimensions={}, measure="spend_correlation", estimate=spending.correlation, n=spending.n, unit="",
            evidence="associated", extra=_extra(model="gamma_gamma"),
        )
    )  # fmt: skip
    return figures


def calibration_rows(question: Question, choice: Choice) -> list[Estimate]:
    """Return what was foreseen against what came: in all, by number of repeats, by month; of each model."""
    if not choice.judged or choice.held is None or choice.process is None:
        return [
            Estimate(
                dimensions={}, measure="holdout_error", estimate=None, n=0, unit="fraction",
                note=choice.fault or TOO_LITTLE, extra=_extra(),
            )
        ]  # fmt: skip
    figures: list[Estimate] = []
    for name, judged in choice.judged.items():
        chosen = name == choice.process.form
        figures += _error_rows(question, name, judged.all, score=judged.score, chosen=chosen)
        for one in judged.classes if chosen or name == NAIVE else judged.classes[:1]:
            figures += _pair(
                question,
                one.predicted,
                one.error if name != NAIVE else None,
                one.actual if chosen else None,
                n=one.customers,
                extra=_extra(model=name, chosen=chosen, repeats=one.name or None),
            )
    judged = choice.judged.get(choice.process.form)
    if judged is not None and judged.process is not None:
        figures += _monthly(question, judged, judged.process, choice.held)
    return figures


def _error_rows(question: Question, name: str, one: Compared, *, score: float | None, chosen: bool) -> list[Estimate]:
    extra, z = _extra(model=name, chosen=chosen), _z(question)
    known = one.actual > 0
    half = z * one.error / one.actual if known else 0.0
    error = one.predicted / one.actual - 1 if known else None
    shown = error is not None and name != NAIVE
    rows = [
        Estimate(
            dimensions={}, measure="holdout_error", estimate=error,
            lower=error - half if error is not None and shown else None,
            upper=error + half if error is not None and shown else None,
            n=one.customers, unit="fraction", note=None if known else "no-data", extra=extra,
        )
    ]  # fmt: skip
    if score is not None:
        rows.append(
            Estimate(dimensions={}, measure="holdout_score", estimate=score, n=one.customers, unit="", extra=extra)
        )
    return rows


def _pair(
    question: Question,
    predicted: float,
    error: float | None,
    actual: float | None,
    *,
    n: int,
    extra: dict[str, Value],
) -> list[Estimate]:
    reason, half = withheld(question, n, n), _z(question) * (error or 0.0)
    shown = 0 if reason == "withheld-small-cell" else n
    known = error is not None and not reason
    rows = [
        Estimate(
            dimensions={}, measure="holdout_predicted", estimate=None if reason else predicted,
            lower=max(predicted - half, 0.0) if known else None, upper=predicted + half if known else None,
            n=shown, unit="count", note=reason, extra=extra,
        )
    ]  # fmt: skip
    if actual is not None:
        rows.append(
            Estimate(
                dimensions={}, measure="holdout_actual", estimate=None if reason else actual, n=shown, unit="count",
                note=reason, extra=extra,
            )
        )  # fmt: skip
    return rows


def _monthly(question: Question, judged: Judged, process: BuyingProcess, held: HoldOut) -> list[Estimate]:
    """Return the hold-out by month; the first and the last may be parts of one.

    The process is the one fitted before the cut: that of the whole window has seen what it would foretell.
    """
    cut = held.cut
    starts = _months(cut + timedelta(days=1), cut + timedelta(days=held.days))
    ends = [float((following - timedelta(days=1) - cut).days) for following in starts[1:]] + [float(held.days)]
    actual = dict(held.months)
    foreseen = over_time(process, held, ends=ends, spread=judged.spread)
    figures: list[Estimate] = []
    for start, (predicted, error) in zip(starts, foreseen, strict=True):
        extra = _extra(model=process.form, chosen=True, period=f"{start:%Y-%m}")
        figures += _pair(question, predicted, error, actual.get(start, 0.0), n=held.purchases.n, extra=extra)
    return figures


def _months(first: date, last: date) -> Sequence[date]:
    """Return the first days of the months that two days and those between them lie in."""
    found, month = [], first.replace(day=1)
    while month <= last:
        found.append(month)
        month = (month + timedelta(days=32)).replace(day=1)
    return found
