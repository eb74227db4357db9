"""The slow and obvious way to every figure: loops over rows and customers, exact fractions where it is about shares.

Nothing here is taken from promesa but the grid on which quantiles are read.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from functools import cached_property
from math import fsum, isclose, sqrt
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
from scipy.stats import norm, t

from promesa.stats import QUANTILE_GRID

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from promesa.workspace import Workspace
    from tests.measures.companies import Company

Row = dict[str, Any]
Group = tuple[str | None, ...]
Seen = list[tuple[object, float]]  # (customer, value)
STAGES = {
    "browse": ("before", "care", None),
    "payment": ("during", "billing", "acquirer"),
    "delivery": ("after", "logistics", "carrier"),
    "pickup": ("after", "logistics", None),
    "support": ("after", "care", None),
}


@dataclass(frozen=True)
class World:
    """What a question sees of a company."""

    company: Company
    by: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    level: float = 0.95

    @property
    def workspace(self) -> Workspace:
        """Return whose rows they are."""
        return self.company.workspace

    def rows(self, table: str) -> list[Row]:
        """Return the rows there were at the instant looked at."""
        return [row for row in self.company.tables.get(table, []) if row["at"] <= self.company.as_of]

    def inside(self, rows: Iterable[Row], time: str = "at") -> list[Row]:
        """Return the rows of the window."""
        return [
            row
            for row in rows
            if (self.since is None or row[time] >= self.since) and (self.until is None or row[time] <= self.until)
        ]

    def local(self, instant: datetime) -> datetime:
        """Return local time."""
        zone = ZoneInfo(self.workspace.time_zone)
        return instant.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None)

    @cached_property
    def traits(self) -> dict[tuple[str, int], str]:
        """Return what was last said of each customer."""
        found: dict[tuple[str, int], tuple[datetime, str]] = {}
        for row in self.rows("profiles"):
            for trait in ("region", "segment"):
                key, said = (trait, row["customer"]), row.get(trait)
                if said is not None and (key not in found or (row["at"], said) > found[key]):
                    found[key] = (row["at"], said)
        return {key: said for key, (_, said) in found.items()}

    def group(self, row: Row, time: str = "at") -> Group:
        """Return the group of a row."""
        return tuple(self._dimension(name, row, time) for name in self.by)

    def _dimension(self, name: str, row: Row, time: str) -> str | None:
        if name in ("day", "week", "month", "quarter", "year"):
            return period(name, self.local(row[time]).date())
        if name in ("stage", "function", "supplier"):
            place = ("stage", "function", "supplier").index(name)
            said = row.get(name)
            return said if said is not None else STAGES.get(row.get("touchpoint") or "", (None, None, None))[place]
        if name in ("region", "segment"):
            return self.traits.get((name, row.get("customer") or 0))
        return row.get(name)

    def grouped(self, rows: Iterable[Row], time: str = "at") -> dict[Group, list[Row]]:
        """Return the rows of each group."""
        groups: dict[Group, list[Row]] = defaultdict(list)
        for row in rows:
            groups[self.group(row, time)].append(row)
        return groups


def period(name: str, day: date) -> str:
    """Return the name of the period that a local day lies in."""
    if name == "week":
        return (day - timedelta(days=day.weekday())).isoformat()
    return {
        "day": day.isoformat(),
        "month": day.isoformat()[:7],
        "quarter": f"{day.year}-Q{1 + (day.month - 1) // 3}",
        "year": str(day.year),
    }[name]


def wilson(share: float, n: float, *, level: float) -> tuple[float, float]:
    """Return the two shares that lie just z standard errors from the one seen: roots of a quadratic."""
    z2 = norm.ppf((1 + level) / 2) ** 2
    a, b, c = 1 + z2 / n, -(2 * share + z2 / n), share**2
    root = sqrt(max(0.0, b * b - 4 * a * c))
    lower, upper = (-b - root) / (2 * a), (-b + root) / (2 * a)
    return (0.0 if share == 0 else max(0.0, lower)), (1.0 if share == 1 else min(1.0, upper))


def clusters_of(seen: Seen) -> dict[object, list[float]]:
    """Return the values of each customer; who has none is alone."""
    clusters: dict[object, list[float]] = defaultdict(list)
    for number, (customer, value) in enumerate(seen):
        clusters[customer if customer is not None else ("nobody", number)].append(value)
    return clusters


def variance_of_mean(seen: Seen) -> Fraction | None:
    """Return the sandwich variance of the mean, exactly; none with one customer."""
    clusters = [[Fraction(value) for value in values] for values in clusters_of(seen).values()]
    if len(clusters) < 2:
        return None
    mean = sum(sum(c) for c in clusters) / Fraction(len(seen))
    spread = sum(sum(value - mean for value in c) ** 2 for c in clusters)
    return Fraction(len(clusters), len(clusters) - 1) * spread / len(seen) ** 2


def effective(seen: Seen, simple: float, *, level: float) -> float:
    """Return the effective number of observations."""
    sizes = [len(values) for values in clusters_of(seen).values()]
    variance = variance_of_mean(seen)
    if variance is None:
        return 1.0
    if max(sizes) == 1:
        return float(len(seen))
    n = len(seen) ** 2 / sum(size**2 for size in sizes)
    if variance > 0 and simple > 0:
        n = min(len(seen), simple / float(variance))
    return max(1.0, n * (norm.ppf((1 + level) / 2) / t.ppf((1 + level) / 2, len(sizes) - 1)) ** 2)


def ends_of(seen: Seen, kind: str, *, level: float) -> tuple[float, float] | None:
    """Return the ends of the interval of a mean, a share or a net share."""
    values = [value for _, value in seen]
    mean = fsum(values) / len(values)
    if kind == "mean":
        variance, customers = variance_of_mean(seen), len(clusters_of(seen))
        if variance is None:
            return None
        half = t.ppf((1 + level) / 2, customers - 1) * sqrt(variance)
        return mean - half, mean + half
    if kind == "share":
        return wilson(mean, effective(seen, mean * (1 - mean), level=level), level=level)
    up, down = (sum(v == side for v in values) / len(values) for side in (1, -1))
    n = effective(seen, up + down - (up - down) ** 2, level=level)
    up, down = (up * n + 0.75) / (n + 3), (down * n + 0.75) / (n + 3)
    half = norm.ppf((1 + level) / 2) * sqrt((up + down - (up - down) ** 2) / (n + 3))
    return 100 * max(-1, up - down - half), 100 * min(1, up - down + half)


def figure(
    world: World, dimensions: Row, measure: str, seen: Seen, *, unit: str, kind: str = "mean", n_missing: int = 0,
    **more: Any,
) -> Row:  # fmt: skip
    """Return the row that a mean, a share or points must have."""
    people = len(clusters_of(seen))
    row: Row = {
        **dimensions, "measure": measure, "estimate": None, "lower": None, "upper": None, "n": len(seen),
        "n_missing": n_missing, "unit": unit, "evidence": "described", "note": None, **more,
    }  # fmt: skip
    if not seen:
        return row | {"note": "no-data"}
    if people < world.workspace.min_cell:
        return row | {"note": "withheld-small-cell", "n": 0, "n_missing": 0}
    if len(seen) < world.workspace.min_group:
        return row | {"note": "withheld-small-group", "n_missing": 0}
    ends = ends_of(seen, kind, level=world.level)
    mean = fsum(value for _, value in seen) / len(seen)
    row |= {"estimate": mean * (100 if kind == "nps" else 1)}
    if kind == "mean" and people > 1 and variance_of_mean(seen) == 0:
        return row | {"note": "all-equal"}  # how much others would differ cannot be seen
    return row | ({"lower": ends[0], "upper": ends[1]} if ends else {"note": "one-customer"})


def counted(world: World, dimensions: Row, measure: str, count: int, *, people: int) -> Row:
    """Return the row that a count must have."""
    hidden = 0 < people < world.workspace.min_cell
    return {
        **dimensions, "measure": measure, "estimate": None if hidden else float(count), "lower": None, "upper": None,
        "n": 0 if hidden else count, "n_missing": 0, "unit": "count", "evidence": "described",
        "note": "withheld-small-cell" if hidden else None,
    }  # fmt: skip


def quantile(values: Sequence[float], level: float) -> float:
    """Return a quantile of a sample, by a straight line between the two nearest order statistics."""
    ordered = sorted(values)
    place = level * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def quantile_ends(values: Sequence[float], level: float, n: float, *, confidence: float) -> tuple[float, float, float]:
    """Return a quantile with the ends of its interval, read off the grid."""
    known = [quantile(values, step) for step in QUANTILE_GRID]
    half = norm.ppf((1 + confidence) / 2) * sqrt(level * (1 - level) / n)
    lower, middle, upper = np.interp([level - half, level, level + half], QUANTILE_GRID, known)
    return float(middle), float(lower), float(upper)


def assert_same(found: Sequence[Row], expected: Sequence[Row], *, names: Sequence[str]) -> None:
    """Fail unless both hold the same rows, numbers to 1e-9, whatever the order."""
    key: Callable[[Row], tuple[Any, ...]] = lambda row: (*(row[name] for name in names), row["measure"])  # noqa: E731
    ours, theirs = {key(row): row for row in found}, {key(row): row for row in expected}
    assert len(ours) == len(found), "a figure stands twice"
    assert len(theirs) == len(expected), "the reference gives a figure twice"
    assert set(ours) == set(theirs), (
        sorted(map(str, set(ours) - set(theirs))),
        sorted(map(str, set(theirs) - set(ours))),
    )
    for name, row in ours.items():
        other = theirs[name]
        assert set(row) == set(other), name
        for field, value in row.items():
            assert same(value, other[field]), (name, field, value, other[field])


def same(a: object, b: object) -> bool:
    """Tell whether two values are equal, numbers to 1e-9."""
    if isinstance(a, float) and isinstance(b, int | float):
        return isclose(a, b, rel_tol=1e-9, abs_tol=1e-9)
    return a == b


WINDOWS: tuple[tuple[Any, Any], ...] = (
    (None, None),
    ("2018-02-18", "2018-10-28"),
    (datetime(2018, 2, 18, 0, 30), None),
    (None, "2018-11-04T00:30"),
)


def window_of(company: Company, since: Any, until: Any) -> tuple[datetime | None, datetime | None]:
    """Return the ends of a window as naive UTC: of two readings of a local time, the first; days are whole."""
    zone = ZoneInfo(company.workspace.time_zone)

    def utc(local: datetime) -> datetime:
        return local.replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None)

    def read(value: Any, *, days: int) -> datetime | None:
        if value is None or isinstance(value, datetime):
            return value and utc(value)
        local = datetime.fromisoformat(value)
        return utc(local) if "T" in value else utc(local + timedelta(days=days))

    end = read(until, days=1)
    whole_day = isinstance(until, str) and "T" not in until
    return read(since, days=0), end - timedelta(microseconds=1) if end and whole_day else end
