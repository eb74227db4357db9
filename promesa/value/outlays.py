"""What the company put in: money by purpose and channel, a booking for several days spread over them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np

from promesa.engine import local_time_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from promesa.measures import Question

    Floats = NDArray[np.float64]

KINDS = ("attract", "retain", "deliver")
WEEKLY_FROM = 0.9  # share of weeks with a booking of their own
LONGEST_OF_A_WEEK = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlay:
    """Money of one purpose and channel booked for some days, both ends in it."""

    purpose: str
    channel: str | None
    first: date
    last: date
    amount: float
    bookings: int

    def within(self, first: date, last: date) -> float:
        """Return what falls on the days from `first` to `last`, each day an equal part."""
        days = (min(self.last, last) - max(self.first, first)).days + 1
        return self.amount * max(days, 0) / ((self.last - self.first).days + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The days looked at, and the whole periods in them.

    Attributes
    ----------
    first, last : date
        Local days, both in it; `first` is after `last` where there are none.
    """

    first: date
    last: date

    def months(self) -> list[tuple[date, date]]:
        """Return the first and last days of the whole months."""
        month = self.first if self.first.day == 1 else _next_month(self.first)
        found: list[tuple[date, date]] = []
        while (following := _next_month(month)) - timedelta(days=1) <= self.last:
            found.append((month, following - timedelta(days=1)))
            month = following
        return found

    def weeks(self) -> list[tuple[date, date]]:
        """Return the Mondays and Sundays of the whole weeks."""
        monday = self.first + timedelta(days=(7 - self.first.weekday()) % 7)
        count = ((self.last - monday).days + 1) // 7
        return [(monday + timedelta(days=7 * k), monday + timedelta(days=7 * k + 6)) for k in range(max(count, 0))]


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def outlays(question: Question) -> list[Outlay]:
    """Fetch what was booked up to `as_of`, whatever the window: equal days of one purpose and channel as one."""
    facts = question.facts
    spend = facts.table("spend")
    table = spend.select(
        "purpose", "channel", amount=spend["amount"].cast("float64"),
        first=facts.local(spend["at"]).date(), last=facts.local(spend["until"]).date(),
    )  # fmt: skip
    sums = table.group_by("purpose", "channel", "first", "last").aggregate(
        amount=table["amount"].sum(), bookings=table.count()
    )
    rows = facts.engine.fetch(sums).to_pylist()
    found = [
        Outlay(
            purpose=row["purpose"],
            channel=row["channel"],
            first=row["first"],
            last=max(row["last"] or row["first"], row["first"]),
            amount=float(row["amount"]),
            bookings=int(row["bookings"]),
        )
        for row in rows
        if row["purpose"] in facts.workspace.model.purposes
    ]
    return sorted(found, key=lambda one: (one.first, one.last, one.purpose, one.channel or ""))


def window_of(question: Question, *, first: date | None) -> Window:
    """Return the local days from the start of the window, or `first` where it has none, to its end."""
    zone, as_of = question.workspace.time_zone, question.facts.as_of
    end = min(question.until, as_of) if question.until is not None else as_of
    last = local_time_of(end, zone).date()
    if question.since is not None:
        first = local_time_of(question.since, zone).date()
    return Window(first=first or last + timedelta(days=1), last=last)


def periods_of(window: Window, booked: Sequence[Outlay]) -> tuple[list[tuple[date, date]], str]:
    """Return the whole periods in which spend is held against what came of it: weeks where it is booked by week."""
    weeks = window.weeks()
    starts = {one.first - timedelta(days=one.first.weekday()) for one in booked if _is_short(one)}
    weekly = weeks and sum(first in starts for first, _ in weeks) >= WEEKLY_FROM * len(weeks)
    return (weeks, "week") if weekly else (window.months(), "month")


def _is_short(one: Outlay) -> bool:
    return (one.last - one.first).days < LONGEST_OF_A_WEEK


def spent(
    booked: Iterable[Outlay], periods: Sequence[tuple[date, date]], key: Callable[[Outlay], object]
) -> dict[object, Floats]:
    """Return the money of each period by what `key` gives of a booking."""
    found: dict[object, Floats] = defaultdict(lambda: np.zeros(len(periods)))
    for one in booked:
        found[key(one)] += np.array([one.within(first, last) for first, last in periods])
    return dict(found)
