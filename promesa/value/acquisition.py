"""What a new customer cost, when that money is back, and what a new customer is worth: by period and by channel."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, sqrt
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import chi2

from promesa.measures import as_text
from promesa.value.balance_rows import NO_CHANNEL, customers_or_reason, figure, z_of
from promesa.value.newcomers import HORIZONS, together

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from numpy.typing import NDArray

    from promesa.measures import Question
    from promesa.results import Estimate, Value
    from promesa.value.newcomers import Cohort, Many
    from promesa.value.worths import Worth, Worths

    Floats = NDArray[np.float64]

NOT_PAID_BACK, LATEST_UNKNOWN, NO_SPEND = "not-paid-back-yet", "payback-end-unknown", "no-spend-to-attract"
NOBODY_NEW = "nobody-new"
DRAWN_MONTHS = (0, 1, 2, 3, 6, 9, 12, 18, 24)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Attracted:
    """New customers and the money that attracted them, in whole periods.

    Attributes
    ----------
    periods : sequence of (date, date)
        First and last days.
    unit : str
        ``month`` or ``week``.
    cohorts : sequence of Cohort
        Of these periods.
    own : dict of str or None to ndarray, shape (periods,)
        Money that names a channel by which somebody came.
    loose : ndarray, shape (periods,)
        Money that names none of these channels: spread over all new customers of its period.
    """

    periods: Sequence[tuple[date, date]]
    unit: str
    cohorts: Sequence[Cohort]
    own: Mapping[str | None, Floats]
    loose: Floats

    @property
    def total(self) -> Floats:
        """Return all money of each period."""
        return self.loose + sum(self.own.values(), np.zeros(len(self.periods)))

    @property
    def channels(self) -> list[str | None]:
        """Return the channels of first purchases, in order."""
        return sorted({one.channel for one in self.cohorts}, key=lambda name: (name is None, name or ""))

    def arrivals(self, channel: str | None = None, *, all_channels: bool = False) -> Floats:
        """Return the new customers of each period, of one channel or of all."""
        counts = np.zeros(len(self.periods))
        places = {first: k for k, (first, _) in enumerate(self.periods)}
        for one in self.cohorts:
            if all_channels or one.channel == channel:
                counts[places[one.period]] += one.customers
        return counts

    def cost_of(self, channel: str | None) -> tuple[float, float]:
        """Return (money of a channel with its part of the loose money, that part)."""
        here, everybody = self.arrivals(channel), self.arrivals(all_channels=True)
        share = np.divide(here, everybody, out=np.zeros_like(here), where=everybody > 0)
        shared = float(self.loose @ share)
        # Money of a period in which nobody came is spread over the newcomers of all periods.
        idle = float(self.loose[everybody == 0].sum())
        shared += idle * float(here.sum()) / max(float(everybody.sum()), 1.0)
        own = self.own.get(channel)
        return shared + (float(own.sum()) if own is not None else 0.0), shared


def acquisition_rows(question: Question, attracted: Attracted, worth: Worths) -> list[Estimate]:
    """Return the rows of all new customers, of each channel, and of each period."""
    everybody = together(attracted.cohorts)
    figures = _rows(question, everybody, float(attracted.total.sum()), where={}, worth=worth.all)
    for channel in attracted.channels:
        many = together(one for one in attracted.cohorts if one.channel == channel)
        cost, shared = attracted.cost_of(channel)
        where: dict[str, str | None] = {"channel": channel or NO_CHANNEL}
        figures += _rows(question, many, cost, where=where, worth=worth.of.get(channel), shared=shared)
    for k, (first, _) in enumerate(attracted.periods):
        many = together(one for one in attracted.cohorts if one.period == first)
        where = {"period": as_text(attracted.unit, first)}
        figures += _rows(question, many, float(attracted.total[k]), where=where, worth=None, short=True)
    return figures


def _rows(
    question: Question,
    many: Many,
    cost: float,
    *,
    where: dict[str, str | None],
    worth: Worth | None,
    shared: float | None = None,
    short: bool = False,
) -> list[Estimate]:
    money, (n, reason) = question.workspace.currency, customers_or_reason(question, many.customers)
    where, count = {"kind": "attract", **where}, many.customers
    hidden = reason == "withheld-small-cell"
    extra: dict[str, Value] = {"shared": shared}
    figures = [
        figure("new_customers", None if hidden else float(count), n=n, unit="count", where=where,
               note=reason if hidden else None),
        figure("attract_spend", None if hidden else cost, n=n, unit=money, where=where, extra=extra,
               note=reason if hidden else None),
        _cost_row(question, cost, count, n=n, where=where, reason=reason, extra=extra),
        _mean_row(question, "first_order_margin", many, 0, where=where),
    ]  # fmt: skip
    if short:
        return figures
    figures += [_mean_row(question, "cumulative_margin", many, month, where=where) for month in DRAWN_MONTHS]
    figures.append(_payback(question, many, cost, where=where, reason=reason, n=n))
    return [*figures, *_worth_rows(question, worth, cost, count, where=where, reason=reason, n=n)]


def _mean_row(question: Question, measure: str, many: Many, month: int, *, where: dict[str, str | None]) -> Estimate:
    mean, variance, seen = many.mean(month)
    n, reason = customers_or_reason(question, seen)
    known = reason is None and seen > 1 and isfinite(variance)
    half = z_of(question) * sqrt(variance) if known else 0.0
    return figure(
        measure, mean if known else None, ends=(mean - half, mean + half) if known else (None, None), n=n,
        unit=question.workspace.currency, where=where, note=None if known else reason or "no-data",
        extra={"month": None if measure == "first_order_margin" else month},
    )  # fmt: skip


def _cost_row(
    question: Question,
    cost: float,
    count: int,
    *,
    n: int,
    where: dict[str, str | None],
    reason: str | None,
    extra: dict[str, Value],
) -> Estimate:
    known = reason is None and count > 0 and cost > 0
    note = reason or (NOBODY_NEW if count == 0 else NO_SPEND)
    ends = _poisson(count, question.confidence_level)
    return figure(
        "acquisition_cost", cost / count if known else None,
        ends=(cost / ends[1], cost / ends[0]) if known else (None, None), n=n, unit=question.workspace.currency,
        where=where, note=None if known else note, extra=extra,
    )  # fmt: skip


def _poisson(count: int, level: float) -> tuple[float, float]:
    """Return Garwood's interval of the mean of a Poisson count."""
    rest = (1 - level) / 2
    lower = float(chi2.ppf(rest, 2 * count)) / 2 if count else 0.0
    return lower, float(chi2.ppf(1 - rest, 2 * count + 2)) / 2


def _payback(
    question: Question, many: Many, cost: float, *, where: dict[str, str | None], reason: str | None, n: int
) -> Estimate:
    """Return the first month at whose end a new customer has left what attracting one cost.

    The earliest and the latest are those at which the ends of the difference pass zero; where the latest has not
    come, there is no interval but an ``earliest``.
    """
    if reason or not many.customers or cost <= 0:
        note = reason or (NO_SPEND if many.customers else NOBODY_NEW)
        return figure("payback_months", None, n=n, unit="months", where=where, note=note)
    each, z = cost / many.customers, z_of(question)
    passed: dict[str, int] = {}
    last = 0
    for month in range(HORIZONS):
        mean, variance, seen = many.mean(month)
        if seen < max(question.workspace.min_group, 2) or not isfinite(variance):
            break
        last = month
        error = sqrt(variance + each**2 / many.customers)
        for name, value in (("earliest", mean + z * error), ("middle", mean), ("latest", mean - z * error)):
            if value >= each:
                passed.setdefault(name, month)
    extra: dict[str, Value] = {"earliest": passed.get("earliest"), "month": last}
    if "middle" not in passed:
        return figure("payback_months", None, n=n, unit="months", where=where, note=NOT_PAID_BACK, extra=extra)
    ends = (float(passed["earliest"]), float(passed["latest"])) if "latest" in passed else (None, None)
    return figure(
        "payback_months", float(passed["middle"]), ends=ends, n=n, unit="months", where=where, extra=extra,
        note=None if "latest" in passed else LATEST_UNKNOWN,
    )  # fmt: skip


def _worth_rows(
    question: Question,
    worth: Worth | None,
    cost: float,
    count: int,
    *,
    where: dict[str, str | None],
    reason: str | None,
    n: int,
) -> list[Estimate]:
    money, z = question.workspace.currency, z_of(question)
    if worth is None or reason:
        note = reason or "worth-not-known"
        return [
            figure("customer_worth", None, n=n, unit=money, where=where, note=note),
            figure("worth_over_cost", None, n=n, unit="times", where=where, note=note),
        ]
    half = z * worth.error
    rows = [
        figure(
            "customer_worth", worth.value, ends=(worth.value - half, worth.value + half), n=n, unit=money, where=where
        )
    ]
    if cost <= 0:
        return [*rows, figure("worth_over_cost", None, n=n, unit="times", where=where, note=NO_SPEND)]
    times = worth.value * count / cost
    error = sqrt((worth.error * count / cost) ** 2 + times**2 / count)
    ends = (times - z * error, times + z * error)
    return [*rows, figure("worth_over_cost", times, ends=ends, n=n, unit="times", where=where)]
