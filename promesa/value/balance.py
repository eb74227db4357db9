"""Attracting against retaining: where the money goes, what it brings, and how it would be split best."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from promesa import charts, words
from promesa.engine import close_of_day, start_of_day
from promesa.measures import as_text, ask
from promesa.results import Estimate, Result
from promesa.value import balance_telling
from promesa.value.acquisition import Attracted, acquisition_rows
from promesa.value.balance_rows import DIMENSIONS, figure
from promesa.value.curves import curves_of
from promesa.value.keeping import experiment_rows
from promesa.value.leaks import leak_rows
from promesa.value.lifetime import DISCOUNT_RATE, HORIZON_DAYS
from promesa.value.newcomers import cohorts, first_day_of_new, together
from promesa.value.outlays import KINDS, Window, outlays, periods_of, spent, window_of
from promesa.value.purchases import buying
from promesa.value.splits import curve_rows, saved_rows, split_rows
from promesa.value.worths import worths

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from numpy.typing import NDArray

    from promesa.measures import Question
    from promesa.store import Facts
    from promesa.value.outlays import Outlay
    from promesa.workspace import Workspace

    Floats = NDArray[np.float64]

NO_SPEND, NO_ORDERS = "no-spend-booked", "no-orders-loaded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance(Result):
    """Money put in, by what for, and what came of it; see `balance`."""

    def summary(self, locale: str = "en") -> str:
        """Say where the money goes, what a new customer costs and is worth, what leaks, how it would be split."""
        return balance_telling.summary(self, locale)

    def chart(self, locale: str = "en") -> dict[str, object] | None:
        """Draw the money of each kind over time."""
        rows = [
            row
            for row in self.rows()
            if row["measure"] == "spend" and row["period"] is not None and row["purpose"] is None
        ]
        if len({row["period"] for row in rows}) < 2:
            return None
        return charts.trend(
            rows,
            period="period",
            series="kind",
            title=words.say("value.balance.chart", locale),
            unit=str(rows[0]["unit"]),
            locale=locale,
            names={kind: words.say(f"value.kind.{kind}", locale) for kind in KINDS},
        )


def balance(
    workspace: Workspace,
    *,
    since: date | datetime | str | None = None,
    until: date | datetime | str | None = None,
    as_of: date | datetime | str | None = None,
    confidence_level: float | None = None,
    facts: Facts | None = None,
) -> Balance:
    """Tell where the money goes, attracting, retaining or delivering, what it brings, and how it would be split best.

    Parameters
    ----------
    workspace : Workspace
        From `promesa.open`; the kinds of its ``[purposes.NAME]`` say what spend is for.
    since, until, as_of, confidence_level
        As in `measures.ask`.

    Returns
    -------
    Balance
        Dimensions ``kind``, ``purpose``, ``channel``, ``period``.

        Spend: ``spend`` (money; in all, by kind, by purpose, each also by period), ``spend_share`` (fraction).

        New customers, in all, by ``channel`` of the first purchase and by ``period``: ``new_customers`` (count),
        ``attract_spend``, ``acquisition_cost`` (money a new customer; ``shared`` is the part that named no channel by
        which somebody came), ``first_order_margin``, ``cumulative_margin`` (money a customer, ``month`` months of 30
        days since the first purchase), ``payback_months`` (months; note ``not-paid-back-yet`` with how many were
        seen in ``month``), ``customer_worth`` (money: left so far and ahead), ``worth_over_cost`` (times).

        Curves: ``response`` (elasticity), ``marginal_return`` (margin that one more unit of money brings where spend
        is now), ``curve`` (count of a period at ``at_spend``), with ``of``, ``current``, ``lowest``, ``highest``
        spend; ``saved_margin`` (margin a unit of money) of purposes with a promise or an experiment.

        Split: ``gain`` (money a year), ``best_spend`` (money a period). Leak: ``leak_share`` (fraction),
        ``leak_customers`` (count), ``leak_spend``, ``leak_margin`` (money).

    Notes
    -----
    A booking that covers several days (``until``) is spread over them evenly; only days of the window count. New are
    those whose first purchase in the data lies at least ``return_within_days`` after its first order: an earlier one
    may be of a customer whom the data begin too late to know. Costs, cohorts and curves are of whole periods: months,
    or weeks where spend is booked by week. Spend that names no channel, or one by which nobody came, is spread over
    the new customers of its period.

    The interval of a cost a customer is Garwood's for the count: how much it would vary if the same money were spent
    again on customers who come independently. Worth adds what was left so far to what `lifetime` foresees for 365
    days; their errors are added too.

    Curves are those of `stats.fit_response`, each of its own money: what one channel brings to another is not told.
    They say what goes with money within what was spent, evidence ``associated``. The split maximises the sum of the
    curves, each times what one more of what it counts is worth, with the total of now and no spend outside what was
    observed (`stats.best_split`). Money without a curve stays where it is.

    References
    ----------
    .. [1] R. C. Blattberg, J. Deighton (1996). Manage marketing by the customer equity test. Harvard Business Review
       74(4), 136-144.
    .. [2] W. Reinartz, J. S. Thomas, V. Kumar (2005). Balancing acquisition and retention resources to maximize
       customer profitability. Journal of Marketing 69(1), 63-79. doi:10.1509/jmkg.69.1.63.55511
    """
    question = ask(workspace, since=since, until=until, as_of=as_of, confidence_level=confidence_level, facts=facts)
    heading: dict[str, Any] = question.heading("balance", first=DIMENSIONS)
    return Balance(**heading, estimates=tuple(_figures(question)))


def _figures(question: Question) -> list[Estimate]:
    booked = outlays(question)
    first_new = first_day_of_new(question)
    first_spend = min((one.first for one in booked), default=None)
    window = window_of(question, first=first_spend)
    inside = [one for one in booked if one.within(window.first, window.last) > 0]
    figures = _spend_rows(question, inside, window)
    if first_new is None:
        return [*figures, figure("new_customers", None, n=0, unit="count", where={"kind": "attract"}, note=NO_ORDERS)]
    whole = Window(first=max(window.first, first_new) if inside else first_new, last=window.last)
    if question.since is not None:
        whole = Window(first=max(window.first, first_new), last=window.last)
    return [*figures, *_of_customers(question, inside, whole)]


def _spend_rows(question: Question, booked: Sequence[Outlay], window: Window) -> list[Estimate]:
    """Return the money of the window: in all, by kind, by purpose, and each by period."""
    money = question.workspace.currency
    if not booked:
        return [figure("spend", None, n=0, unit=money, note=NO_SPEND)]
    kinds = {name: purpose.kind for name, purpose in question.workspace.model.purposes.items()}
    periods, unit = periods_of(window, booked)
    spans = [(window.first, window.last), *periods]
    by_purpose = spent(booked, spans, lambda one: one.purpose)
    of_kind = {
        kind: sum((v for p, v in by_purpose.items() if kinds[str(p)] == kind), np.zeros(len(spans))) for kind in KINDS
    }
    total = float(sum(values[0] for values in of_kind.values()))
    counts = {name: sum(one.bookings for one in booked if one.purpose == name) for name in kinds}
    figures: list[Estimate] = []

    def add(where: dict[str, str | None], values: Any, n: int, *, share: bool = False) -> None:
        figures.append(figure("spend", float(values[0]), n=n, unit=money, where=where))
        if share:
            figures.append(figure("spend_share", float(values[0]) / total, n=n, unit="fraction", where=where))
        for (first, _), value in zip(periods, values[1:], strict=True):
            figures.append(
                figure("spend", float(value), n=n, unit=money, where={**where, "period": as_text(unit, first)})
            )

    for kind in KINDS:
        n = sum(count for name, count in counts.items() if kinds[name] == kind)
        add({"kind": kind}, of_kind[kind], n, share=True)
    for name, kind in kinds.items():
        if name in by_purpose:
            add({"kind": kind, "purpose": name}, by_purpose[name], counts[name])
    return figures


def _of_customers(question: Question, booked: Sequence[Outlay], whole: Window) -> list[Estimate]:
    """Return what came of the money: new customers, curves, split, leak."""
    purposes = question.workspace.model.purposes
    periods, unit = periods_of(whole, booked)
    if not periods:
        return [figure("new_customers", None, n=0, unit="count", where={"kind": "attract"}, note="no-whole-period")]
    everybody = buying(replace(question, since=None))
    since = start_of_day(periods[0][0], question.workspace.time_zone)
    until = min(close_of_day(periods[-1][1], question.workspace.time_zone), everybody.end)
    bought = buying(replace(question, since=since))
    fresh = replace(bought, customers=bought.customers.filter(bought.customers["at"] <= until))
    attracted = _attracted(cohorts(fresh, unit), booked, periods, unit, purposes=purposes)
    worth = worths(fresh, attracted.cohorts, horizon_days=HORIZON_DAYS, discount_rate=DISCOUNT_RATE)
    curves = curves_of(question, booked, attracted, everybody, worth=worth)
    told = curve_rows(question, curves, unit)
    count, cost = together(attracted.cohorts).customers, float(attracted.total.sum())
    money: dict[object, float] = {
        name: sum(one.within(whole.first, whole.last) for one in booked if one.purpose == name) for name in purposes
    }
    return [
        *acquisition_rows(question, attracted, worth),
        *told,
        *saved_rows(question, curves, told),
        *experiment_rows(question, money),
        *split_rows(question, curves, unit),
        *leak_rows(fresh, cost=cost / count if count and cost else None),
    ]


def _attracted(
    found: Sequence[Any], booked: Sequence[Outlay], periods: Sequence[tuple[date, date]], unit: str, *, purposes: Any
) -> Attracted:
    """Part the money that attracts into that of channels by which somebody came, and the rest."""
    channels = {one.channel for one in found if one.customers}
    attract = [one for one in booked if purposes[one.purpose].kind == "attract"]
    money = spent(attract, periods, lambda one: one.channel if one.channel in channels else None)
    loose = money.pop(None, np.zeros(len(periods)))
    own: dict[str | None, Floats] = {
        str(channel): values for channel, values in sorted(money.items(), key=lambda pair: str(pair[0])) if values.any()
    }
    return Attracted(periods=periods, unit=unit, cohorts=found, own=own, loose=loose)
