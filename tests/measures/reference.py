"""What `measures.touchpoints` and `measures.opinions` must say, by loops."""

from __future__ import annotations

from collections import Counter, defaultdict
from math import fsum
from typing import Any

from tests.measures.plain import Group, Row, Seen, World, clusters_of, counted, figure, quantile_ends

SCALES = {"csat": (1, 5), "ces": (1, 7), "nps": (0, 10), "stars": (1, 5)}
KINDS = {"csat": "mean", "ces": "share", "nps": "nps", "stars": "mean"}
UNITS = {"mean": "score", "share": "fraction", "nps": "points"}
ELEMENTS = {
    "photos": (("browse",), "count"),
    "wait_minutes": (("payment", "support"), "minutes"),
    "days_late": (("delivery", "pickup"), "days"),
}
DECLARED_COST = {"payment": 0.5, "support": 3.25}


def lived(world: World) -> list[Row]:
    """Return the moments lived: what was promised and has not come is none yet."""
    as_of = world.company.as_of
    return world.inside(
        row
        for row in world.rows("moments")
        if row.get("promised") is None or (row.get("delivered") is not None and row["delivered"] <= as_of)
    )


def served(row: Row) -> float | None:
    """Return what a moment cost."""
    own = row.get("cost")
    return float(own) if own is not None else DECLARED_COST.get(row["touchpoint"])


def own_opinions(world: World, *, audience: str = "customer") -> list[Row]:
    """Return the opinions of the company's own brand; who has no audience is a customer."""
    return [
        row
        for row in world.inside(world.rows("opinions"))
        if (row.get("audience") or "customer") == audience and row.get("brand") in (None, world.workspace.brand)
    ]


def value_of(row: Row) -> float | None:
    """Return what an answer adds to its concept, on the declared scale."""
    low, high = SCALES[row["concept"]]
    score = row.get("score")
    if score is None:
        return None
    own_low = row["scale_min"] if row.get("scale_min") is not None else low
    own_high = row["scale_max"] if row.get("scale_max") is not None else high
    if (own_low, own_high) != (low, high):
        if own_low == own_high:
            return None
        score = low + (score - own_low) * (high - low) / (own_high - own_low)
    kind = KINDS[row["concept"]]
    if kind == "share":
        return float(score >= 5)
    return float((score >= 9) - (score <= 6)) if kind == "nps" else score


def scores(world: World, opinions: list[Row]) -> list[Row]:
    """Return one figure a declared concept and group."""
    groups: dict[tuple[Group, str], list[Row]] = defaultdict(list)
    for row in opinions:
        groups[world.group(row), row["concept"]].append(row)
    found: list[Row] = []
    for (group, concept), rows in groups.items():
        if concept in SCALES:
            seen: Seen = [(row.get("customer"), v) for row in rows if (v := value_of(row)) is not None]
            kind = KINDS[concept]
            where = dict(zip(world.by, group, strict=True))
            missing = len(rows) - len(seen)
            found.append(
                figure(world, where, concept, seen, unit=UNITS[kind], kind=kind, n_missing=missing, concept=concept)
            )
    return found


def response(world: World, opinions: list[Row]) -> list[Row]:
    """Return invitations, answers and the response rate of each group."""

    def said(row: Row) -> bool:
        return row.get("score") is not None or row.get("text") is not None

    silent = any(row.get("asked_at") is not None and not said(row) for row in opinions)
    found: list[Row] = []
    for group, rows in world.grouped(opinions).items():
        where = dict(zip(world.by, group, strict=True))
        asked: Seen = []
        answers = 0
        for customer, sheet in _sheets(rows):
            invited = [row for row in sheet if row.get("asked_at") is not None]
            heard = _most([row for row in invited if said(row)])
            asked += [(customer, float(place < heard)) for place in range(_most(invited))]
            answers += _most([row for row in sheet if said(row)])
        people = len(clusters_of([(row.get("customer"), 0.0) for row in rows]))
        found += [
            counted(world, where, "asked", len(asked), people=people),
            counted(world, where, "answers", answers, people=people),
        ]
        rate = figure(world, where, "response_rate", asked, unit="fraction", kind="share")
        if not silent:
            rate |= {"estimate": None, "lower": None, "upper": None, "note": "no-invitations-recorded"}
            rate["n"] = 0 if answers < world.workspace.min_cell else len(asked)
        found.append(rate)
    return found


def _sheets(rows: list[Row]) -> list[tuple[int | None, list[Row]]]:
    """Return the questions sent together: to one customer, of one journey, in one survey, at one time."""
    sheets: dict[object, list[Row]] = defaultdict(list)
    for number, row in enumerate(rows):
        together = row.get("customer") is not None and row.get("asked_at") is not None
        key = (row["customer"], row.get("journey"), row.get("survey"), row["asked_at"]) if together else number
        sheets[key].append(row)
    return [(sheet[0].get("customer"), sheet) for sheet in sheets.values()]


def _most(rows: list[Row]) -> int:
    """Return how often the question stands there that stands there most often."""
    return max(Counter(row["concept"] for row in rows).values(), default=0)


def opinions(world: World) -> list[Row]:
    """Return every row of `measures.opinions`."""
    own = own_opinions(world)
    return [*response(world, own), *scores(world, own)]


def touchpoints(world: World) -> list[Row]:
    """Return every row of `measures.touchpoints`; `world.by` holds its first dimension too."""
    found = opinions(world)
    for group, rows in world.grouped(lived(world)).items():
        where = dict(zip(world.by, group, strict=True))
        found += _volume(world, where, rows)
        for element, (touchpoints_of, unit) in ELEMENTS.items():
            measured = [row for row in rows if row["touchpoint"] in touchpoints_of]
            found += _element(world, where, element, measured, unit=unit)
    return found


def _volume(world: World, where: Row, rows: list[Row]) -> list[Row]:
    people = len({row["customer"] for row in rows})
    found = [
        counted(world, where, "moments", len(rows), people=people),
        counted(world, where, "customers", people, people=people),
    ]
    costs: Seen = [(row["customer"], c) for row in rows if (c := served(row)) is not None]
    if costs:
        each = figure(world, where, "cost_per_moment", costs, unit="EUR", n_missing=len(rows) - len(costs))
        total: dict[str, Any] = {"lower": None, "upper": None, "measure": "cost"}
        total["estimate"] = fsum(c for _, c in costs) if each["estimate"] is not None else None
        # One customer has no interval of the mean; a sum that was booked needs none.
        total["note"] = each["note"] if total["estimate"] is None else None
        found += [each, each | total]
    return found


def _element(world: World, where: Row, element: str, rows: list[Row], *, unit: str) -> list[Row]:
    seen: Seen = [(row["customer"], row[element]) for row in rows if row.get(element) is not None]
    if not seen:
        return []
    missing = len(rows) - len(seen)
    mean = figure(world, where, f"{element}.mean", seen, unit=unit, n_missing=missing, element=element)
    found = [mean]
    for name, level in (("median", 0.5), ("p90", 0.9)):
        row = mean | {"measure": f"{element}.{name}", "estimate": None, "lower": None, "upper": None}
        if mean["estimate"] is not None:
            n = len(seen) ** 2 / sum(len(values) ** 2 for values in clusters_of(seen).values())
            middle, lower, upper = quantile_ends([v for _, v in seen], level, max(n, 1.0), confidence=world.level)
            row |= {"estimate": middle, "lower": lower, "upper": upper}
        found.append(row)
    return found
