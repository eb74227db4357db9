"""The experience and the business by period: series for what goes before what."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from promesa.engine import lit, local_time_of, stack, when
from promesa.measures import PREFIX, lived_moments, opinions, with_dimensions
from promesa.promises import commitments
from promesa.value import margin, returning

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from numpy.typing import NDArray

    from promesa.engine import Table
    from promesa.measures import Question

    Floats = NDArray[np.float64]

EXPERIENCE = ("kept_rate", "satisfaction", "recommendation", "complaints")
BUSINESS = ("new_customers", "return_rate", "revenue", "margin")
MOST_GAPS = 0.1
TOO_THIN = "too-thin"
MONTHS_FROM = 36  # whole months from which on months are taken; weeks below
PERIODS_A_YEAR = {"month": 12.0, "week": 365.25 / 7}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Series:
    """One figure by period; NaN where it is not known.

    Attributes
    ----------
    values : ndarray, shape (periods,)
        Of consecutive whole periods.
    reason : str or None
        Why it cannot be used.
    """

    name: str
    values: Floats
    reason: str | None = None


def series_of(question: Question) -> tuple[list[Series], list[Series], str]:
    """Return what is experienced and what the business does, by whole periods, and the period taken."""
    months, weeks = (_periods(question, unit) for unit in ("month", "week"))
    unit, starts = ("month", months) if len(months) >= MONTHS_FROM else ("week", weeks)
    asked = replace(question, by=(unit,))
    readers: dict[str, Callable[[Question], Mapping[date, float]]] = {
        "kept_rate": _kept,
        "satisfaction": lambda q: _said(q, "satisfaction"),
        "recommendation": lambda q: _said(q, "nps"),
        "complaints": _complaints,
        "new_customers": _new,
        "return_rate": lambda q: _figures(q, returning, "return_rate"),
        "revenue": lambda q: _figures(q, margin, "revenue"),
        "margin": lambda q: _figures(q, margin, "margin"),
    }
    found = {name: _series(name, read(asked), starts) for name, read in readers.items()}
    return [found[name] for name in EXPERIENCE], [found[name] for name in BUSINESS], unit


def _series(name: str, values: Mapping[date, float], starts: Sequence[date]) -> Series:
    """Return the values of the periods from the first known to the last; few gaps within are bridged by a line."""
    all_values = np.array([values.get(start, np.nan) for start in starts], dtype=float)
    known = np.flatnonzero(~np.isnan(all_values))
    if not known.size:
        return Series(name=name, values=all_values, reason=TOO_THIN if values else "no-data")
    inside = slice(int(known[0]), int(known[-1]) + 1)
    gaps = int(np.isnan(all_values[inside]).sum())
    if gaps > MOST_GAPS * (inside.stop - inside.start):
        return Series(name=name, values=all_values, reason=TOO_THIN)
    places = np.arange(all_values.size)
    filled = all_values.copy()
    filled[inside] = np.interp(places[inside], known, all_values[known])
    return Series(name=name, values=filled)


def _periods(question: Question, unit: str) -> list[date]:
    """Return the first days of the whole periods between the first order or moment and the end."""
    facts = question.facts
    firsts = [
        facts.engine.fetch(facts.local(facts.table(table)["at"].min()).date()).as_py()
        for table in ("orders", "moments")
        if not facts.is_empty(table)
    ]
    known = [first for first in firsts if first is not None]
    if not known:
        return []
    zone = question.workspace.time_zone
    first = min(known) if question.since is None else max(min(known), local_time_of(question.since, zone).date())
    end = min(question.until, facts.as_of) if question.until is not None else facts.as_of
    last = local_time_of(end, zone).date()
    starts: list[date] = []
    start = _next(first - timedelta(days=1), unit)
    while (following := _next(start, unit)) - timedelta(days=1) <= last:
        starts.append(start)
        start = following
    return starts


def _next(day: date, unit: str) -> date:
    """Return the first day of the first period that begins after a day."""
    if unit == "week":
        return day + timedelta(days=7 - day.weekday())
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def _zoned(instant: datetime | None) -> datetime | None:
    return instant.replace(tzinfo=UTC) if instant else None


def _figures(question: Question, analysis: Callable[..., Any], measure: str) -> dict[date, float]:
    answer = analysis(
        question.workspace,
        by=question.by,
        since=_zoned(question.since),
        until=_zoned(question.until),
        facts=question.facts,
        confidence_level=question.confidence_level,
    )
    return _by_start(question, [e for e in answer.estimates if e.measure == measure])


def _by_start(question: Question, figures: Sequence[Any]) -> dict[date, float]:
    unit = question.by[0]
    found: dict[date, float] = {}
    for figure in figures:
        period = figure.dimensions[unit]
        hidden = (figure.note or "").startswith("withheld")
        if period is not None and (hidden or figure.estimate is not None):
            value = float("nan") if figure.estimate is None else float(figure.estimate)
            found[date.fromisoformat(period if unit == "week" else f"{period}-01")] = value
    return found


def _said(question: Question, what: str) -> dict[date, float]:
    """Return the score of the first concept of satisfaction, or of recommendation, by period."""
    concepts = question.workspace.model.concepts.values()
    wanted = (c for c in concepts if (c.kind == "nps" if what == "nps" else c.link == what and c.kind != "nps"))
    concept = next(wanted, None)
    return _figures(question, opinions, concept.name) if concept is not None else {}


def _shares(question: Question, table: Table) -> dict[date, float]:
    """Return the mean of ``hit`` by period; NaN of periods with too few rows."""
    key = PREFIX + question.by[0]
    sums = table.group_by(key).aggregate(hits=table["hit"].sum(), n=table.count())
    least = question.workspace.min_group
    rows = question.facts.engine.fetch(sums).to_pylist()
    return {row[key]: float(row["hits"]) / row["n"] if row["n"] >= least else float("nan") for row in rows}


def _kept(question: Question) -> dict[date, float]:
    """Return the share of commitments kept, over all promises."""
    key = PREFIX + question.by[0]
    tables: list[Table] = []
    for promise in question.workspace.model.promises.values():
        table = commitments(question, promise)
        table = table.filter(table["status"].isin(["kept", "broken"]))
        tables.append(table.select(key, hit=when(table["status"] == "kept", 1.0, 0.0)))
    return _shares(question, stack(tables)) if tables else {}


def _complaints(question: Question) -> dict[date, float]:
    """Return the share of moments that are complaints, as the first outcome of that kind says."""
    outcomes = question.workspace.model.studies.outcomes.values()
    asked = next((outcome for outcome in outcomes if outcome.kind == "complaint"), None)
    if asked is None:
        return {}
    lived = with_dimensions(question, lived_moments(question))
    return _shares(question, lived.mutate(hit=when(lived["touchpoint"].isin(asked.touchpoints), 1.0, 0.0)))


def _new(question: Question) -> dict[date, float]:
    """Return how many bought for the first time, from the day on which they can be told from earlier customers."""
    facts = question.facts
    if facts.is_empty("orders"):
        return {}
    orders = facts.table("orders")
    orders = orders.filter(orders["revenue"] > lit(0))
    first = orders.group_by("customer").aggregate(at=orders["at"].min())
    first = with_dimensions(replace(question, since=None, until=None), first)
    key = PREFIX + question.by[0]
    rows = facts.engine.fetch(first.group_by(key).aggregate(n=first.count())).to_pylist()
    if not rows:
        return {}
    least = question.workspace.min_cell
    begun = min(row[key] for row in rows) + timedelta(days=question.workspace.model.return_within_days)
    return {row[key]: float(row["n"]) for row in rows if row[key] >= begun and row["n"] >= least}
