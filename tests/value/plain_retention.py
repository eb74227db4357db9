"""Who stays, by loops over orders: what `value.retention` must say of counts, curves and cohorts."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from tests.value.shoppers import local_day

if TYPE_CHECKING:
    from datetime import datetime

Row = dict[str, Any]


def days_of(orders: list[Row], *, zone: str, end: datetime) -> dict[int, list[date]]:
    """Return the days with a purchase of each customer; returns by journey as `plain_summaries` has them."""
    trips: dict[tuple[int, str], list[float]] = defaultdict(lambda: [0.0, 0.0])
    known = [row for row in orders if row["at"] <= end]
    for row in known:
        if row.get("journey") is not None:
            trips[row["customer"], row["journey"]][float(row["revenue"]) < 0] += abs(float(row["revenue"]))
    found: dict[int, set[date]] = defaultdict(set)
    for row in known:
        sold, back = trips.get((row["customer"], row.get("journey") or ""), [0.0, 0.0])
        kept = max(1 - back / sold, 0.0) if sold and back else 1.0
        if float(row["revenue"]) > 0 and kept > 1e-9:
            found[row["customer"]].add(local_day(row["at"], zone))
    return {customer: sorted(days) for customer, days in found.items()}


def spells_of(days: dict[int, list[date]], *, lapse: int, end: date) -> list[Row]:
    """Return every spell: customer, first and last day, whether it is known to be over, and for how long it is told."""
    told = end - timedelta(days=lapse + 1)
    found: list[Row] = []
    for customer, own in days.items():
        parts: list[list[date]] = [[own[0]]]
        for before, day in pairwise(own):
            if (day - before).days > lapse:
                parts.append([])
            parts[-1].append(day)
        for part in parts:
            over = part[-1] <= told
            seen = ((part[-1] if over else told) - part[0]).days
            until = min(part[-1] + timedelta(days=lapse), end)
            found.append({"customer": customer, "first": part[0], "until": until, "over": over, "days": seen})
    return found


def kaplan_meier(spells: list[Row], day: int) -> float:
    """Return the share still there after a day, one time at a time."""
    lasted = [(row["days"], row["over"]) for row in spells if row["days"] >= 0]
    share = 1.0
    for time in sorted({t for t, over in lasted if over and t <= day}):
        at_risk = sum(t >= time for t, _ in lasted)
        share *= 1 - sum(t == time and over for t, over in lasted) / at_risk
    return share


def cohorts_of(days: dict[int, list[date]], *, end: date) -> dict[tuple[str, int], tuple[int, int]]:
    """Return for each cohort and months since: its customers, and those of them who bought; months that are over."""
    begun: dict[str, list[list[date]]] = defaultdict(list)
    for own in days.values():
        begun[f"{own[0]:%Y-%m}"].append(own)
    over = (end + timedelta(days=1)).year * 12 + (end + timedelta(days=1)).month - 2
    found: dict[tuple[str, int], tuple[int, int]] = {}
    for cohort, people in begun.items():
        first = int(cohort[:4]) * 12 + int(cohort[5:]) - 1
        for month in range(first, over + 1):
            there = sum(any(day.year * 12 + day.month - 1 == month for day in own) for own in people)
            found[cohort, month - first] = (len(people), there)
    return found
