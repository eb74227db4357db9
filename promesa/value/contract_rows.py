"""Rows of `lifetime` under contract: how long customers are expected to stay, what that leaves, and the check."""

from __future__ import annotations

from datetime import timedelta
from math import log1p
from typing import TYPE_CHECKING

import numpy as np

from promesa.errors import TooFewObservations
from promesa.measures import count_of, mean_of, withheld
from promesa.results import Estimate
from promesa.stats import ClusterSums, contract_days
from promesa.value.choosing import CALIBRATION_TOO_LONG, NAIVE, TOO_LITTLE
from promesa.value.contracts import contracts, contracts_held
from promesa.value.lifetime_rows import EMPTY, NO_COST
from promesa.value.spells import spells

if TYPE_CHECKING:
    from datetime import date

    from numpy.typing import NDArray

    from promesa.measures import Question
    from promesa.results import Value
    from promesa.value.contracts import Contracts, ContractsHeld
    from promesa.value.spells import Spells

    Floats = NDArray[np.float64]

MODEL = "survival"
SAMPLES = 400  # drawn with a fixed seed, so that the same facts give the same interval
PAST_THE_END = "past-what-was-seen"


def contract_figures(
    question: Question, *, horizon_days: int, discount_rate: float, calibration_days: int | None
) -> list[Estimate]:
    """Return the figures of customers under contract.

    Notes
    -----
    Estimands: for the customers who are there, the mean days of the horizon on which they still will be, and what
    these leave at the margin a day that the group has had. A customer's money counts at their last spell. The interval
    is that of samples of the customers drawn anew (Poisson's bootstrap on rows that are alike), curves and money
    together.
    """
    found = spells(question)
    groups = contracts(found)
    if not groups:
        return []
    rate = log1p(discount_rate) / 365.25
    figures: list[Estimate] = []
    for group in groups:
        figures += _group_rows(question, group, horizon=horizon_days, rate=rate)
    return [*figures, *_check_rows(question, found, calibration_days=calibration_days)]


def _extra(**known: Value) -> dict[str, Value]:
    return EMPTY | known


def _group_rows(question: Question, group: Contracts, *, horizon: int, rate: float) -> list[Estimate]:
    there = group.latest & ~group.over
    n, ever = round(float(group.customers[there].sum())), round(float(group.customers[group.latest].sum()))
    share = ClusterSums(n=ever, clusters=ever, total=float(n), nn=float(ever), ns=float(n), ss=float(n))
    extra = _extra(model=MODEL, horizon_days=horizon)
    figures = [
        count_of(question, group.group, "customers", n, customers=n, **EMPTY),
        mean_of(question, group.group, "staying_share", share, unit="fraction", kind="share", extra=extra),
    ]
    units = {"days_ahead": "days", "lifetime_value": question.workspace.currency}
    reason, drawn = withheld(question, n, n), None
    if not reason:
        try:
            drawn = _drawn(group, horizon=horizon, rate=rate)
        except TooFewObservations:
            reason = TOO_LITTLE
    for measure, unit in units.items():
        values = drawn[measure] if drawn else None
        lower, upper = _ends(question, values)
        unknown = NO_COST if measure == "lifetime_value" and not group.goods and not group.costs else None
        figures.append(
            Estimate(
                dimensions=group.group, measure=measure, estimate=float(values[0]) if values is not None else None,
                lower=lower, upper=upper, n=0 if reason == "withheld-small-cell" else n, unit=unit,
                note=reason or unknown or (PAST_THE_END if drawn and drawn["past"][0] else None), extra=extra,
            )
        )  # fmt: skip
    return [*figures, *_money_rows(question, group, reason=reason, n=n, extra=extra)]


def _money_rows(
    question: Question, group: Contracts, *, reason: str | None, n: int, extra: dict[str, Value]
) -> list[Estimate]:
    if reason == "withheld-small-cell":
        return []
    revenue, days = float(group.revenue.sum()), float(group.days @ group.customers)
    rate = float(group.margin.sum()) / revenue if group.goods and revenue else None
    cost = float(group.served.sum()) / days if group.costs and days else None
    figures = (("margin_rate", rate, "fraction"), ("cost_to_serve_per_day", cost, question.workspace.currency))
    return [
        Estimate(
            dimensions=group.group, measure=measure, estimate=value, n=n, unit=unit,
            note=None if value is not None else NO_COST, extra=extra,
        )
        for measure, value, unit in figures
    ]  # fmt: skip


def _drawn(group: Contracts, *, horizon: int, rate: float) -> dict[str, Floats]:
    """Return the figures of the group, (1 + samples,): first as they are, then of customers drawn anew."""
    random = np.random.default_rng(0)
    counts = np.vstack([group.customers, random.poisson(group.customers, (SAMPLES, group.customers.size))])
    fitted = contract_days(group.days, group.over, counts, horizon=horizon)
    there = group.latest & ~group.over
    weights = counts[:, there]
    plain, worth = (fitted.ahead(group.days[there], discount_rate=r) for r in (0.0, rate))
    people = np.maximum(weights.sum(axis=1), 1e-300)
    mean = group.net / group.customers
    spread = np.maximum(group.net_squares / group.customers - mean**2, 0.0)
    noise = random.standard_normal((SAMPLES, mean.size))
    net = counts @ mean
    net[1:] += (noise * np.sqrt(counts[1:] * spread)).sum(axis=1)
    exposed = np.maximum(counts @ group.days.astype(float), 1e-300)
    past = float(group.customers[there & (group.days + horizon > fitted.longest)].sum())
    return {
        "days_ahead": (weights * plain).sum(axis=1) / people,
        "lifetime_value": (weights * worth).sum(axis=1) / people * net / exposed,
        "past": np.array([past]),
    }


def _ends(question: Question, values: Floats | None) -> tuple[float | None, float | None]:
    if values is None:
        return None, None
    outside = (1 - question.confidence_level) / 2
    lower, upper = np.quantile(values[1:], [outside, 1 - outside])
    return float(lower), float(upper)


def _check_rows(question: Question, found: Spells, *, calibration_days: int | None) -> list[Estimate]:
    """Return what a curve fitted to the first part of the time foresees of the rest, against what came."""
    last = found.bought.last_day
    first: date = question.facts.engine.fetch(found.table["first"].min()).as_py()
    length = (last - first).days
    days = round(length * 2 / 3) if calibration_days is None else calibration_days
    if days >= length:
        return [_no_check(CALIBRATION_TOO_LONG)]
    cut = last - timedelta(days=length - days)
    held = contracts_held(found, cut, _month_ends(cut, last))
    try:
        return _compared(question, held, ahead=(last - cut).days)
    except TooFewObservations:
        return [_no_check(TOO_LITTLE)]


def _no_check(note: str) -> Estimate:
    return Estimate(
        dimensions={}, measure="holdout_error", estimate=None, n=0, unit="fraction", note=note, extra=_extra()
    )


def _month_ends(cut: date, last: date) -> list[date]:
    """Return the last days of the months after the cut, and the last day."""
    found: list[date] = []
    month = cut.replace(day=1)
    while True:
        month = (month + timedelta(days=32)).replace(day=1)
        end = month - timedelta(days=1)
        if end >= last:
            return [*found, last]
        if end > cut:
            found.append(end)


def _compared(question: Question, held: ContractsHeld, *, ahead: int) -> list[Estimate]:
    running = ~held.over
    n = round(float(held.customers[running].sum()))
    if reason := withheld(question, n, n):
        return [_no_check(reason)]
    random = np.random.default_rng(0)
    counts = np.vstack([held.customers, random.poisson(held.customers, (SAMPLES, held.customers.size))])
    fitted = contract_days(held.days, held.over, counts, horizon=ahead)
    actual = float(held.later[running].sum())
    foreseen = (held.customers[running] * fitted.ahead(held.days[running])).sum(axis=1)
    # How long each will really stay is chance as well, beside the curve.
    chance = float(np.sqrt(held.customers[running] @ fitted.spread(held.days[running])))
    foreseen[1:] += random.standard_normal(SAMPLES) * chance
    figures = _totals(question, MODEL, foreseen, actual=actual, n=n)
    # The rule that everybody leaves at the mean rate of the past, however long they have been there.
    pace = float(held.customers[held.over].sum()) / max(float(held.customers @ held.days), 1.0)
    naive = n * float(((1 - pace) ** np.arange(1, ahead + 1)).sum())
    figures += _totals(question, NAIVE, np.array([naive]), actual=actual, n=n)
    for end, there in zip(held.ends, held.there, strict=True):
        shares = fitted.still_there(held.days[running], (end - held.cut).days)
        predicted = (held.customers[running] * shares).sum(axis=1)
        chance = predicted[1:] + random.standard_normal(SAMPLES) * np.sqrt(predicted[0] * (1 - predicted[0] / n))
        lower, upper = _ends(question, np.r_[predicted[0], chance])
        extra = _extra(model=MODEL, chosen=True, period=f"{end:%Y-%m}")
        figures += [
            Estimate(
                dimensions={}, measure="holdout_predicted", estimate=float(predicted[0]), lower=lower, upper=upper,
                n=n, unit="count", extra=extra,
            ),
            Estimate(
                dimensions={}, measure="holdout_actual", estimate=float(there), n=n, unit="count", extra=extra
            ),
        ]  # fmt: skip
    return figures


def _totals(question: Question, model: str, foreseen: Floats, *, actual: float, n: int) -> list[Estimate]:
    extra = _extra(model=model, chosen=model == MODEL)
    error = foreseen / actual - 1 if actual else None
    lower, upper = _ends(question, error) if error is not None and error.size > 1 else (None, None)
    rows = [
        Estimate(
            dimensions={}, measure="holdout_error", estimate=None if error is None else float(error[0]), lower=lower,
            upper=upper, n=n, unit="fraction", note=None if error is not None else "no-data", extra=extra,
        ),
        Estimate(
            dimensions={}, measure="holdout_predicted", estimate=float(foreseen[0]), n=n, unit="days", extra=extra
        ),
    ]  # fmt: skip
    if model == MODEL:
        rows.append(Estimate(dimensions={}, measure="holdout_actual", estimate=actual, n=n, unit="days", extra=extra))
    return rows
