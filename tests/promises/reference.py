"""What `promises.kept` and `promises.differences` must say, by loops."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil, floor, fsum, sqrt
from typing import TYPE_CHECKING, Any

from scipy.stats import t

from tests.measures.plain import (
    Group,
    Row,
    Seen,
    World,
    clusters_of,
    counted,
    figure,
    quantile,
    quantile_ends,
    variance_of_mean,
)
from tests.measures.reference import KINDS, UNITS, own_opinions, value_of

if TYPE_CHECKING:
    from collections.abc import Callable

STATUSES = ("kept", "broken", "not_yet_due", "unknown", "released")
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Rule:
    """A promise of the small companies, in Python."""

    touchpoints: tuple[str, ...]
    kept: Callable[[World, Row], bool | None]
    due: Callable[[World, Row], datetime | None]
    gap: Callable[[World, Row], float | None]
    concept: str
    owner: str
    unit: str = "days"
    target: float | None = None
    capability: float | None = None
    released: bool = True


def end_of_day(world: World, instant: datetime | None) -> datetime | None:
    """Return the last instant, in UTC, with the local day of `instant`: walk on until the day is another for good."""
    if instant is None:
        return None
    day, last = world.local(instant).date(), instant
    hour = instant.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    for quarter in range(4 * 30):
        edge = hour + timedelta(minutes=15) * quarter - timedelta(microseconds=1)
        if edge >= last and world.local(edge).date() == day:
            last = edge
    return last


def _both(row: Row) -> bool:
    return row.get("promised") is not None and row.get("delivered") is not None


def _days(world: World, row: Row) -> float | None:
    return (
        float((world.local(row["delivered"]).date() - world.local(row["promised"]).date()).days) if _both(row) else None
    )


def _minutes(_world: World, row: Row) -> float | None:
    return row["wait_minutes"] - 5 if row.get("wait_minutes") is not None else None


RULES = {
    "arrives": Rule(
        touchpoints=("delivery",), concept="csat", owner="logistics", target=0.9, capability=0.8,
        kept=lambda w, r: w.local(r["delivered"]).date() <= w.local(r["promised"]).date() if _both(r) else None,
        due=lambda w, r: end_of_day(w, r.get("promised")), gap=_days,
    ),
    "in_time": Rule(
        touchpoints=("delivery", "pickup"), concept="nps", owner="logistics",
        kept=lambda _, r: r["delivered"] <= r["promised"] if _both(r) else None,
        due=lambda _, r: r.get("promised"), gap=_days,
    ),
    "quick": Rule(
        touchpoints=("payment", "support"), concept="ces", owner="billing", unit="minutes", released=False,
        kept=lambda _, r: r["wait_minutes"] < 5 if r.get("wait_minutes") is not None else None,
        due=lambda _, r: r["at"], gap=_minutes,
    ),
}  # fmt: skip


@dataclass
class Commitment:
    """One commitment, judged."""

    row: Row
    status: str
    due: datetime | None
    arrived: bool
    gap: float | None
    group: Group = field(default=())


def commitments(world: World, rule: Rule) -> list[Commitment]:
    """Return the commitments of a promise in the window, judged as of the instant looked at."""
    found: list[Commitment] = []
    for stored in world.company.tables["moments"]:
        made = stored.get("promised_at") or stored["at"]
        if stored["touchpoint"] not in rule.touchpoints or made > world.company.as_of:
            continue
        row = dict(stored)
        if row.get("delivered") is not None and row["delivered"] > world.company.as_of:
            row["delivered"] = None
        due = rule.due(world, row)
        pending = row.get("promised") is not None and row.get("delivered") is None
        row["when"] = due or row["at"]
        if world.inside([row], "when"):
            one = Commitment(row, _status(world, rule, row, due, pending), due, not pending, rule.gap(world, row))
            one.group = world.group(row, "when")
            found.append(one)
    return found


def _status(world: World, rule: Rule, row: Row, due: datetime | None, pending: bool) -> str:
    if rule.released and row.get("outcome") == "cancelled":
        return "released"
    if pending:
        return "unknown" if due is None else "broken" if due <= world.company.as_of else "not_yet_due"
    kept = rule.kept(world, row)
    return "unknown" if kept is None else "kept" if kept else "broken"


def kept(world: World) -> list[Row]:
    """Return every row of `promises.kept`."""
    found: list[Row] = []
    for name, rule in RULES.items():
        groups: dict[Group, list[Commitment]] = defaultdict(list)
        for one in commitments(world, rule):
            groups[one.group].append(one)
        for group, made in groups.items():
            where = {"promise": name, **dict(zip(world.by, group, strict=True))}
            found += _rates(world, where, rule, made)
            found += _scores(world, where, rule, made)
            found += _returns(world, where, made)
            found += _deciles(world, where, rule, made)
    return found


def _rates(world: World, where: Row, rule: Rule, made: list[Commitment]) -> list[Row]:
    people = len({one.row["customer"] for one in made})
    judged: Seen = [(c.row["customer"], float(c.status == "kept")) for c in made if c.status in ("kept", "broken")]
    came: Seen = [
        (c.row["customer"], float(c.status == "kept")) for c in made if c.status in ("kept", "broken") and c.arrived
    ]
    unknown = sum(one.status == "unknown" for one in made)
    more: dict[str, Any] = {"owner": rule.owner, "target": rule.target, "capability": rule.capability}
    shape: dict[str, Any] = {"unit": "fraction", "kind": "share", "n_missing": unknown}
    return [
        figure(world, where, "kept_rate", judged, **shape, **more),
        figure(world, where, "kept_rate_of_delivered", came, **shape),
        *(counted(world, where, s, sum(one.status == s for one in made), people=people) for s in STATUSES),
    ]


def _scores(world: World, where: Row, rule: Rule, made: list[Commitment]) -> list[Row]:
    kind = KINDS[rule.concept]
    journeys: dict[str, list[Commitment]] = defaultdict(list)
    for one in made:
        if one.status in ("kept", "broken") and one.row.get("journey") is not None:
            journeys[one.row["journey"]].append(one)
    said: dict[str, Seen] = {"kept": [], "broken": [], "late": [], "never": []}
    for answer in own_opinions(world):
        score = value_of(answer) if answer["concept"] == rule.concept else None
        if score is None or answer.get("journey") not in journeys:
            continue
        theirs = journeys[answer["journey"]]
        customer = max(one.row["customer"] for one in theirs)
        broken = any(one.status == "broken" for one in theirs)
        never = any(one.status == "broken" and not one.arrived for one in theirs)
        said["broken" if broken else "kept"].append((customer, score))
        if broken:
            said["never" if never else "late"].append((customer, score))
    if not any(said.values()):
        return []
    more: dict[str, Any] = {"unit": UNITS[kind], "kind": kind, "concept": rule.concept}
    rows = {
        name: figure(world, where, f"score_after_{name}", seen, **more)
        for name, seen in said.items()
        if seen or name in ("kept", "broken")
    }
    difference = _difference(
        world, "score_difference", (rows["broken"], rows["kept"]), (said["broken"], said["kept"]),
        factor=100 if kind == "nps" else 1,
    )  # fmt: skip
    return [*rows.values(), difference | {"concept": rule.concept}]


def _difference(world: World, measure: str, rows: tuple[Row, Row], seen: tuple[Seen, Seen], *, factor: int = 1) -> Row:
    one, other = rows
    row = one | {
        "measure": measure, "evidence": "associated", "n": one["n"] + other["n"], "estimate": None, "lower": None,
        "upper": None, "n_missing": one["n_missing"] + other["n_missing"],
    }  # fmt: skip
    if one["estimate"] is None or other["estimate"] is None:
        return row | {"note": one["note"] or other["note"]}
    gap = one["estimate"] - other["estimate"]
    row |= {"estimate": gap, "note": None}
    if one["unit"] == "fraction":
        below = sqrt((one["estimate"] - one["lower"]) ** 2 + (other["upper"] - other["estimate"]) ** 2)
        above = sqrt((one["upper"] - one["estimate"]) ** 2 + (other["estimate"] - other["lower"]) ** 2)
        return row | {"lower": gap - below, "upper": gap + above}
    half = _welch(seen, level=world.level)
    return row if half is None else row | {"lower": gap - factor * half, "upper": gap + factor * half}


def _welch(seen: tuple[Seen, Seen], *, level: float) -> float | None:
    exact = [variance_of_mean(side) for side in seen]
    sizes = [len(clusters_of(side)) for side in seen]
    if exact[0] is None or exact[1] is None:
        return None
    first, second = float(exact[0]), float(exact[1])
    if first == second == 0:
        return None
    first, second = first or second * sizes[1] / sizes[0], second or first * sizes[0] / sizes[1]
    freedom = (first + second) ** 2 / (first**2 / (sizes[0] - 1) + second**2 / (sizes[1] - 1))
    return float(t.ppf((1 + level) / 2, freedom)) * sqrt(first + second)


def _returns(world: World, where: Row, made: list[Commitment]) -> list[Row]:
    days = timedelta(days=60)
    orders = world.rows("orders")
    back: dict[str, Seen] = {"kept": [], "broken": []}
    left: dict[str, Seen] = {"kept": [], "broken": []}
    for one in made:
        if one.status not in back or one.due is None or one.due + days > world.company.as_of:
            continue
        after = [
            order
            for order in orders
            if order["customer"] == one.row["customer"]
            and one.due < order["at"] <= one.due + days
            and (None in (order.get("journey"), one.row.get("journey")) or order["journey"] != one.row["journey"])
        ]
        back[one.status].append((one.row["customer"], float(bool(after))))
        gain = fsum(float(order["revenue"]) - float(order.get("cost") or 0) for order in after)
        left[one.status].append((one.row["customer"], gain))
    if not any(back.values()):
        return []
    shares = [
        figure(world, where, f"return_after_{s}", back[s], unit="fraction", kind="share") for s in ("broken", "kept")
    ]
    margins = [figure(world, where, f"margin_after_{s}", left[s], unit="EUR") for s in ("broken", "kept")]
    lost = _difference(world, "margin_difference", (margins[0], margins[1]), (left["broken"], left["kept"]))
    returned = _difference(world, "return_difference", (shares[0], shares[1]), (back["broken"], back["kept"]))
    broken = sum(one.status == "broken" for one in made)
    cost = lost | {"measure": "cost_of_broken", "broken": broken}
    for end, other in (("estimate", "estimate"), ("lower", "upper"), ("upper", "lower")):
        cost[end] = None if lost[other] is None else -lost[other] * broken
    return [*shares, *margins, lost, returned, cost]


def _known_gaps(made: list[Commitment]) -> Seen:
    return [(c.row["customer"], c.gap) for c in made if c.gap is not None and c.status != "released"]


def _deciles(world: World, where: Row, rule: Rule, made: list[Commitment]) -> list[Row]:
    gaps = _known_gaps(made)
    people = len(clusters_of(gaps))
    if not gaps or len(gaps) < world.workspace.min_group or people < world.workspace.min_cell:
        return []
    found: list[Row] = []
    for level in (0.1, 0.5, 0.9):
        middle, lower, upper = quantile_ends([gap for _, gap in gaps], level, people, confidence=world.level)
        found.append({
            **where, "measure": f"difference_p{round(100 * level)}", "estimate": middle, "lower": lower,
            "upper": upper, "n": len(gaps), "n_missing": 0, "unit": rule.unit, "evidence": "described", "note": None,
        })  # fmt: skip
    return found


def differences(world: World) -> list[Row]:
    """Return every row of `promises.differences`."""
    found: list[Row] = []
    for name, rule in RULES.items():
        made = commitments(world, rule)
        gaps = [gap for _, gap in _known_gaps(made)]
        if gaps:
            width = _width(quantile(gaps, 0.995) - quantile(gaps, 0.005))
            found += _bins(world, name, made, width=width, ends=(quantile(gaps, 0.005), quantile(gaps, 0.995)))
    return found


def _width(span: float) -> float:
    """Return the least of 1, 2, 5, 10, 20... with which forty bins span it."""
    for power in range(-9, 9):
        for step in (1, 2, 5):
            if step * 10.0**power * 40 >= span * (1 - 1e-9):
                return step * 10.0**power
    raise AssertionError(span)


def _bins(world: World, name: str, made: list[Commitment], *, width: float, ends: tuple[float, float]) -> list[Row]:
    low, high = floor(ends[0] / width), ceil((ends[1] + width / 1e6) / width)
    counts: dict[tuple[Group, int], int] = defaultdict(int)
    for one in made:
        if one.gap is not None and one.status != "released":
            counts[one.group, min(max(floor(one.gap / width), low), max(low, high - 1))] += 1
    return [
        counted(world, {"promise": name, **dict(zip(world.by, group, strict=True))}, "commitments", n, people=n)
        | {"from": place * width, "to": (place + 1) * width, "scale_unit": RULES[name].unit}
        for (group, place), n in counts.items()
    ]
