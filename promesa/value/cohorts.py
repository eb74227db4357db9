"""Cohorts: of those who began in one month, which share bought, or was still there, so many months later."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from promesa.engine import null_of, when
from promesa.measures import as_text

if TYPE_CHECKING:
    from promesa.engine import Table
    from promesa.value.spells import Spells

LONG = 36  # months past which quarters are shown
STEPS = {"month": 1, "quarter": 3}
_TRUNCATE = {"month": "M", "quarter": "Q"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell of the triangle.

    Attributes
    ----------
    cohort : str
        Month or quarter in which the customers began, such as ``2018-03`` or ``2018-Q1``.
    since : int
        Months, or quarters, after it.
    customers, there : int
        Of the cohort; those of them who bought in that period, or in a contract were there at its end.
    """

    cohort: str
    since: int
    customers: int
    there: int


def triangle(found: Spells) -> tuple[str, list[Cell]]:
    """Return ``month`` or ``quarter``, and the cells whose period is over, cohort by cohort."""
    engine, table = found.bought.question.facts.engine, found.table
    ends = engine.fetch(table.aggregate(first=table["first"].min(), last=table["first"].max())).to_pylist()[0]
    if ends["first"] is None:
        return "month", []
    last_day: date = found.bought.last_day
    period = "quarter" if _place(last_day, 1) - _place(ends["first"], 1) > LONG else "month"
    sizes, there = _counts(found, period)
    step = STEPS[period]
    last = _place(last_day + timedelta(days=1), step) - 1  # the last period that is over
    cells: list[Cell] = []
    for cohort, customers in sorted(sizes.items()):
        begun = _place(cohort, step)
        cells += [
            Cell(
                cohort=str(as_text(period, cohort)),
                since=place - begun,
                customers=customers,
                there=there[cohort].get(place, 0),
            )
            for place in range(begun, last + 1)
        ]
    return period, cells


def _place(day: date, step: int) -> int:
    return (day.year * 12 + day.month - 1) // step


def _counts(found: Spells, period: str) -> tuple[dict[date, int], dict[date, dict[int, int]]]:
    """Return how many customers began in each period, and how many of them were there in each (by its place)."""
    engine, unit = found.bought.question.facts.engine, _TRUNCATE[period]
    every = found.table.group_by("customer").aggregate(began=found.table["first"].min())
    every = every.mutate(cohort=every["began"].truncate(unit))
    sizes = {
        row["cohort"]: int(row["n"])
        for row in engine.fetch(every.group_by("cohort").aggregate(n=every.count())).to_pylist()
    }
    cohorts = every.select(buyer="customer", cohort="cohort")
    rows = _stays(found, cohorts, unit) if found.contract else _visits(found, cohorts, unit)
    there: dict[date, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    step = STEPS[period]
    last = _place(found.bought.last_day, step)
    for row in engine.fetch(rows).to_pylist():
        first = _place(row["since"], step)
        gone = last + 1 if row["until"] is None else _place(row["until"], step)
        for place in range(first, gone if found.contract else first + 1):
            there[row["cohort"]][place] += int(row["n"])
    return sizes, there


def _visits(found: Spells, cohorts: Table, unit: str) -> Table:
    """Return how many customers of each cohort bought in each period."""
    days = found.bought.days
    joined = days.inner_join(cohorts, days["customer"] == cohorts["buyer"])
    seen = joined.select("customer", "cohort", since=joined["day"].truncate(unit)).distinct()
    return seen.group_by("cohort", "since").aggregate(n=seen.count()).mutate(until=null_of("date"))


def _stays(found: Spells, cohorts: Table, unit: str) -> Table:
    """Return how many spells of each cohort began in one period and ended in another; null where they go on."""
    table = found.table
    joined = table.inner_join(cohorts, table["customer"] == cohorts["buyer"])
    joined = joined.mutate(
        since=joined["first"].truncate(unit), until=when(joined["over"], joined["last"].truncate(unit), None)
    )
    return joined.group_by("cohort", "since", "until").aggregate(n=joined.count())
