"""What `experience.lived` must say, by loops over moments, opinions, orders and commitments."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from fractions import Fraction
from math import fsum, log1p
from typing import TYPE_CHECKING, Any

from tests.measures import reference as measured
from tests.measures.plain import Row, World
from tests.promises.reference import RULES, commitments

if TYPE_CHECKING:
    from promesa.workspace import Outcome

TOUCHPOINTS = ("browse", "payment", "delivery", "pickup", "support", "unvisited")
ELEMENTS = {
    "photos": ("browse",),
    "wait_minutes": ("payment", "support"),
    "days_late": ("delivery", "pickup"),
    "never_measured": ("unvisited",),
}
SCALES = {"csat": (1, 5), "ces": (1, 7), "nps": (0, 10), "stars": (1, 5)}
TOPS = {"csat": 5, "ces": 5, "nps": 9, "stars": 5}
PARTS = 1_000_000
Lived = dict[str, Row]


def unit_of(world: World, row: Row, unit: str, time: str = "at") -> str | None:
    """Return the key of the unit that a row belongs to."""
    if unit == "journey":
        return row.get("journey")
    if row.get("customer") is None:
        return None
    day = world.local(row[time]).date()
    month = {"month": day.month, "quarter": day.month - (day.month - 1) % 3, "year": 1}[unit]
    return f"{row['customer']}-{day.replace(day=1, month=month)}"


def units(world: World, rows: list[Row], unit: str, time: str = "at") -> dict[str, list[Row]]:
    """Return the rows of each unit."""
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        key = unit_of(world, row, unit, time)
        if key is not None:
            found[key].append(row)
    return found


def score_of(row: Row) -> float | None:
    """Return an answer's score on the declared scale of its concept."""
    low, high = SCALES[row["concept"]]
    score = row.get("score")
    own_low = row["scale_min"] if row.get("scale_min") is not None else low
    own_high = row["scale_max"] if row.get("scale_max") is not None else high
    if score is None or own_low == own_high:
        return None
    return (
        score if (own_low, own_high) == (low, high) else low + (score - own_low) * (high - low) / (own_high - own_low)
    )


def table(world: World, outcome: Outcome, *, unit: str = "journey") -> tuple[Lived, int]:
    """Return a row for each unit whose outcome is known, and how many are not known."""
    moments = units(world, measured.lived(world), unit)
    heard = units(world, [o for o in measured.own_opinions(world) if o["concept"] == outcome.concept], unit)
    found: Lived = {}
    unknown = 0
    for key, those in moments.items():
        start, end = min(m["at"] for m in those), max(m["at"] for m in those)
        row: Row = {"customer": max(m["customer"] for m in those), "start": start, "known_at": None}
        row["came"] = _came(world, outcome, key, those, heard.get(key, []), row, end, unit)
        if row["came"] is None:
            unknown += 1
        else:
            found[key] = row
    _add_lived(found, moments)
    _add_promises(world, found, unit)
    _add_behind(world, found, unit)
    return found, unknown


def _came(
    world: World, outcome: Outcome, key: str, moments: list[Row], answers: list[Row], row: Row, end: datetime, unit: str
) -> float | None:
    if outcome.kind in ("score", "promoter"):
        scored = [(a["at"], score) for a in answers if (score := score_of(a)) is not None]
        if not scored:
            return None
        row["known_at"] = min(at for at, _ in scored)
        top = TOPS[str(outcome.concept)]
        return fsum(s if outcome.kind == "score" else float(s >= top) for _, s in scored) / len(scored)
    if outcome.kind == "complaint":
        made = [m["at"] for m in moments if m["touchpoint"] in outcome.touchpoints]
        row["known_at"] = min(made) if made else None
        return float(bool(made))
    days = timedelta(days=outcome.within_days or 60)
    if end + days > world.company.as_of or not world.company.tables.get("orders"):
        return None
    after = [
        order
        for order in world.rows("orders")
        if order["customer"] == row["customer"]
        and end < order["at"] <= end + days
        and unit_of(world, order, unit) != key
    ]
    if outcome.kind == "return":
        return float(bool(after))
    cost = outcome.kind == "margin"
    return float(sum(Fraction(o["revenue"]) - Fraction((o.get("cost") or 0) if cost else 0) for o in after))


def _add_lived(found: Lived, moments: dict[str, list[Row]]) -> None:
    for key, row in found.items():
        known = row["known_at"]
        early = [m for m in moments[key] if known is None or m["at"] < known]
        row["timing"] = {}
        for name in TOUCHPOINTS:
            row[f"m_{name}"] = float(any(m["touchpoint"] == name for m in early))
            row["timing"][f"m_{name}"] = _timing(early, moments[key], (name,))
            for column in ("channel", "supplier"):
                who = [m[column] for m in early if m["touchpoint"] == name and m.get(column) is not None]
                row[f"{column}_of_{name}"] = max(who) if who else None
        for name, touchpoints in ELEMENTS.items():
            seen = [m[name] for m in early if m["touchpoint"] in touchpoints and m.get(name) is not None]
            row[f"e_{name}"] = fsum(seen) / len(seen) if seen else None
            row["timing"][f"e_{name}"] = _timing(early, moments[key], touchpoints)


def _timing(early: list[Row], those: list[Row], touchpoints: tuple[str, ...]) -> str | None:
    if any(m["touchpoint"] in touchpoints for m in early):
        return "before"
    return "after" if any(m["touchpoint"] in touchpoints for m in those) else None


def _add_promises(world: World, found: Lived, unit: str) -> None:
    for name, rule in RULES.items():
        judged = [c for c in commitments(world, rule) if c.status in ("kept", "broken")]
        by_unit: dict[str | None, list[Any]] = defaultdict(list)
        for one in judged:
            by_unit[unit_of(world, one.row, unit, "when")].append(one)
        for key, row in found.items():
            known, early = row["known_at"], []
            for one in by_unit.get(key, []):
                at, due = one.row["at"], one.due or one.row["at"]
                learnt = at if one.status == "kept" else min(at, due) if one.arrived else due
                if known is None or learnt < known:
                    early.append(one)
            row[f"p_{name}"] = float(any(o.status == "broken" for o in early)) if early else None
            row["timing"][f"p_{name}"] = "before" if early else "after" if by_unit.get(key) else None
    for row in found.values():
        row["p_unmade"], row["timing"]["p_unmade"] = None, None


def _add_behind(world: World, found: Lived, unit: str) -> None:
    orders = world.rows("orders")
    own = units(world, orders, unit)
    for key, row in found.items():
        mine = own.get(key, [])
        row["price"] = float(sum(Fraction(o["revenue"]) for o in mine)) if mine else None
        for column in ("channel", "product"):
            row[column] = max((o[column] for o in mine if o.get(column) is not None), default=None)
        row["season"] = f"{world.local(row['start']).month:02}"
        theirs = [o for o in orders if o["customer"] == row["customer"]]
        before = [o for o in theirs if o["at"] < row["start"] and unit_of(world, o, unit) != key]
        row["earlier_orders"] = float(len(before))
        first = min((o["at"] for o in theirs), default=None)
        days = (world.local(row["start"]).date() - world.local(first).date()).days if first else 0
        row["tenure"] = float(days) if before else 0.0
        for trait in ("region", "segment"):
            row[trait] = world.traits.get((trait, row["customer"]))


def refused(found: Lived, outcome: Outcome, columns: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, int]]:
    """Return the features that time keeps out, with the reason and the units they were judged on."""
    out: dict[str, tuple[str, int]] = {}
    for column, touchpoints in columns.items():
        told = [row["timing"][column] for row in found.values() if row["known_at"] is not None]
        before, after = told.count("before"), told.count("after")
        if set(touchpoints) & set(outcome.touchpoints):
            out[column] = ("is-the-outcome", before + after)
        elif after > (before + after) * (0.1 if outcome.kind == "complaint" else 0.5):
            out[column] = ("after-the-outcome", before + after)
    return out


def scaled(values: list[float | None]) -> list[list[float]]:
    """Return the columns that a number is adjusted by."""
    known = [value for value in values if value is not None]
    columns: list[list[float]] = []
    if not known:
        return columns
    if min(known) < max(known):
        logs = [None if value is None else log1p(value - min(*known, 0.0)) for value in values]
        middle = fsum(log for log in logs if log is not None) / len(known)
        columns.append([middle if log is None else log for log in logs])
    if len(known) < len(values):
        columns.append([float(value is None) for value in values])
    return columns
