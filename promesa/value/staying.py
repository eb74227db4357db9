"""How long customers stay, and which share of those there at one time is there later: figures by group."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from promesa.engine import lit, null_of, when
from promesa.errors import TooFewObservations
from promesa.measures import NO_DATA, PREFIX, clustered, count_of, group_of, mean_of, sort_key, withheld
from promesa.results import Estimate
from promesa.stats import ClusterSums, compare_curves, survival
from promesa.value.cohorts import triangle
from promesa.value.spells import with_groups

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promesa.engine import Expression, Table
    from promesa.measures import Question
    from promesa.results import Value
    from promesa.stats import Survival
    from promesa.value.spells import Spells

STEP_DAYS, LONGEST_DAYS = 30, 1095
MONTHS, YEAR = 24, 365
PAST_THE_END = "past-what-was-seen"
EXTRA: dict[str, Value] = dict.fromkeys(
    ("cohort", "since", "period", "days", "at_risk", "term", "kind", "level", "event", "q", "share_sampled")
)


def extra(**known: Value) -> dict[str, Value]:
    """Return the keys that every row of `retention` has beside the fixed ones."""
    return EXTRA | known


def counts(question: Question, found: Spells) -> list[Estimate]:
    """Return how many spells there are, of how many customers, how many ended; and what a lapse is."""
    table = found.table
    sums = table.aggregate(
        n=table.count(), customers=table["customer"].nunique(), ended=when(table["over"], 1, 0).sum().coalesce(0)
    )
    row = question.facts.engine.fetch(sums).to_pylist()[0]
    customers = int(row["customers"])
    rows = [
        count_of(question, {}, measure, int(value), customers=min(customers, int(value)) or customers, **extra())
        for measure, value in (("customers", customers), ("spells", row["n"]), ("ended", row["ended"]))
    ]
    if found.lapse_days is not None:
        note = None if found.declared else "found-in-the-purchases"
        rows.append(
            Estimate(
                dimensions={}, measure="lapse_days", estimate=float(found.lapse_days), n=customers, unit="days",
                note=note, extra=extra(),
            )
        )  # fmt: skip
    return rows


def rates(question: Question, found: Spells) -> list[Estimate]:
    """Return which share of those there at the start of a month, and a year ago, was there at its end."""
    table = with_groups(found, found.table)
    last_day: date = found.bought.last_day
    ends = _month_ends(last_day, since=_first_told(question, found))
    spans = {f"{start + timedelta(days=1):%Y-%m}": (start, end) for start, end in pairwise(ends)}
    spans["year"] = (last_day - timedelta(days=YEAR), last_day)
    values = {name: _stayed(table, start, end) for name, (start, end) in spans.items()}
    figures: list[Estimate] = []
    for group in clustered(question, table, values):
        for name in spans:
            sums = group.values[name]
            if not sums.n and name != "year":
                continue
            more = extra(period=None if name == "year" else name, days=YEAR if name == "year" else None)
            kept = mean_of(
                question, group.dimensions, "retention_rate", sums, unit="fraction", kind="share", extra=more
            )
            figures += [kept, *([_churn(kept)] if name == "year" else [])]
    return figures


def _churn(kept: Estimate) -> Estimate:
    lower, estimate, upper = (None if x is None else 1 - x for x in (kept.upper, kept.estimate, kept.lower))
    return replace(kept, measure="churn_rate", estimate=estimate, lower=lower, upper=upper)


def _first_told(question: Question, found: Spells) -> date | None:
    """Return the first day on which a customer can have lapsed: before it, all who ever bought count as there."""
    first: date | None = question.facts.engine.fetch(found.table["first"].min()).as_py()
    return first + timedelta(days=found.lapse_days or 0) if first else None


def _month_ends(last_day: date, *, since: date | None) -> list[date]:
    """Return the last days of the latest months that are over, in order."""
    end = (last_day + timedelta(days=1)).replace(day=1) - timedelta(days=1)
    found: list[date] = []
    while since is not None and end >= since and len(found) <= MONTHS:
        found.append(end)
        end = end.replace(day=1) - timedelta(days=1)
    return found[::-1]


def _stayed(table: Table, start: date, end: date) -> Expression:
    there = (table["first"] <= lit(start)) & (table["until"] >= lit(start))
    # Whose goodbye is on the day is gone at the end of it.
    gone = table["until"] < lit(end)
    return when(there, when(gone, 0.0, 1.0), null_of("float64"))


def curves(question: Question, found: Spells) -> list[Estimate]:
    """Return the survival of each group, its median, and whether the groups differ."""
    groups = _lasted(question, found)
    figures: list[Estimate] = []
    shown: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    for where, customers, lasted in groups:
        n = int(lasted[2].sum())
        if reason := (withheld(question, n, customers) if n else NO_DATA):
            figures.append(_no_curve(where, n if reason != "withheld-small-cell" else 0, reason))
            continue
        shown.append(lasted)
        curve = survival(lasted[0], lasted[1], count=lasted[2], confidence_level=question.confidence_level)
        figures += _curve_rows(question, where, curve, lasted)
    if question.by:
        figures.append(_difference(question, shown))
    return figures


def _lasted(
    question: Question, found: Spells
) -> list[tuple[dict[str, str | None], int, tuple[np.ndarray, np.ndarray, np.ndarray]]]:
    """Return, for each group, its customers, and (days, over, count) of the spells that can be told."""
    table = with_groups(found, found.table)
    table = table.filter(table["days"] >= 0)
    keys = [PREFIX + name for name in question.by]
    rows = question.facts.engine.fetch(table.group_by([*keys, "days", "over"]).aggregate(n=table.count())).to_pylist()
    sizes = table.group_by(keys) if keys else table
    people = question.facts.engine.fetch(sizes.aggregate(k=table["customer"].nunique())).to_pylist()
    groups: dict[tuple[object, ...], list[tuple[int, bool, int]]] = {
        tuple(row[key] for key in keys): [] for row in people if row["k"]
    }
    for row in sorted(rows, key=lambda row: (row["days"], row["over"])):
        groups[tuple(row[key] for key in keys)].append((row["days"], row["over"], row["n"]))
    named: list[tuple[dict[str, str | None], int, tuple[np.ndarray, np.ndarray, np.ndarray]]] = []
    for row in people:
        own = groups.get(tuple(row[key] for key in keys), [])
        columns = tuple(np.array(column) for column in zip(*own, strict=True)) if own else ()
        if columns:
            named.append((group_of(question, row), int(row["k"]), (columns[0], columns[1], columns[2])))
    return sorted(named, key=lambda group: sort_key(group[0]))


def _no_curve(where: dict[str, str | None], n: int, reason: str) -> Estimate:
    return Estimate(
        dimensions=where, measure="survival", estimate=None, n=n, unit="fraction", note=reason, extra=extra()
    )


def _curve_rows(
    question: Question,
    where: dict[str, str | None],
    curve: Survival,
    lasted: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> list[Estimate]:
    days, _, count = lasted
    rows: list[Estimate] = []
    for day in range(0, min(int(curve.longest), LONGEST_DAYS) + 1, STEP_DAYS):
        at_risk = int(count[days >= day].sum())
        if withheld(question, at_risk, at_risk):
            break
        share, lower, upper = curve.at(day)
        known = curve.n_ended > 0 and share < 1
        rows.append(
            Estimate(
                dimensions=where, measure="survival", estimate=share, lower=lower if known else None,
                upper=upper if known else None, n=curve.n, unit="fraction", extra=extra(days=day, at_risk=at_risk),
            )
        )  # fmt: skip
    both = curve.median_lower is not None and curve.median_upper is not None
    rows.append(
        Estimate(
            dimensions=where, measure="median_days", estimate=curve.median,
            lower=curve.median_lower if curve.median is not None and both else None,
            upper=curve.median_upper if curve.median is not None and both else None,
            n=curve.n, unit="days", note=None if curve.median is not None else PAST_THE_END, extra=extra(),
        )
    )  # fmt: skip
    return rows


def _difference(question: Question, shown: Sequence[tuple[np.ndarray, np.ndarray, np.ndarray]]) -> Estimate:
    n = int(sum(lasted[2].sum() for lasted in shown))
    nobody: dict[str, str | None] = dict.fromkeys(question.by)
    try:
        p, note = compare_curves(shown).p, None
    except TooFewObservations:
        p, note = None, NO_DATA
    return Estimate(
        dimensions=nobody, measure="curves_alike", estimate=p, n=n, unit="fraction", evidence="associated", note=note,
        extra=extra(),
    )  # fmt: skip


def cohort_rows(question: Question, found: Spells) -> list[Estimate]:
    """Return the cohort triangle."""
    period, cells = triangle(found)
    rows: list[Estimate] = []
    for cell in cells:
        n, k = cell.customers, float(cell.there)
        sums = ClusterSums(n=n, clusters=n, total=k, nn=float(n), ns=k, ss=k)
        more = extra(cohort=cell.cohort, since=cell.since, period=period)
        rows.append(mean_of(question, {}, "cohort_share", sums, unit="fraction", kind="share", extra=more))
    return rows
