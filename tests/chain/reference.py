"""What `chain.links` must say, from the loops of the rooms before it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from math import sqrt

from tests.measures import reference as measured
from tests.measures.plain import Row, Seen, World, figure
from tests.promises.reference import RULES, commitments
from tests.value import reference as valued

EMPTY = {
    "expectation": "no-expectation-asked",
    "emotion": "no-emotion-asked",
    "memory": "no-memory-asked",
    "satisfaction": "no-satisfaction-asked",
    "reputation": "no-reputation-heard",
    "loyalty": "no-loyalty-asked",
}
HEARD = {"csat": "satisfaction", "ces": "emotion", "nps": "loyalty", "stars": "reputation"}
TREND = timedelta(days=90)
RETURN = timedelta(days=60)  # return_within_days of the companies
TICK = timedelta(microseconds=1)


def links(world: World) -> list[Row]:
    """Return every row of the chain."""
    end = min(world.until or world.company.as_of, world.company.as_of)
    known = min(end, world.company.as_of - RETURN)

    def period(back: int) -> dict[tuple[str, str], Row]:
        first, last = (back + 1) * TREND - TICK, back * TREND
        part, returns = (replace(world, since=until - first, until=until - last) for until in (end, known))
        return _figures(part, returns=returns)

    recent, before = period(0), period(1)
    return [
        row | _trend(recent.get(key, {"estimate": None}), before.get(key, {"estimate": None}))
        for key, row in _figures(world).items()
    ]


def _trend(now: Row, then: Row) -> Row:
    trend: Row = {"recent": now["estimate"], "previous": then["estimate"]}
    trend |= dict.fromkeys(("change", "change_lower", "change_upper"))
    if now["estimate"] is None or then["estimate"] is None:
        return trend
    trend["change"] = change = now["estimate"] - then["estimate"]
    if None not in (now["lower"], then["lower"]):
        below = sqrt((now["estimate"] - now["lower"]) ** 2 + (then["upper"] - then["estimate"]) ** 2)
        above = sqrt((now["upper"] - now["estimate"]) ** 2 + (then["estimate"] - then["lower"]) ** 2)
        trend |= {"change_lower": change - below, "change_upper": change + above}
    return trend


def _figures(world: World, *, returns: World | None = None) -> dict[tuple[str, str], Row]:
    rows = [*_promise(world), *_heard(world), *_retention(returns or world), *_money(world)]
    return {(row["link"], row["measure"]): row for row in rows}


def _none(link: str, note: str) -> Row:
    return {
        "link": link, "measure": "none", "estimate": None, "lower": None, "upper": None, "n": 0, "n_missing": 0,
        "unit": "count", "evidence": "described", "note": note,
    }  # fmt: skip


def _promise(world: World) -> list[Row]:
    seen: Seen = []
    broken: dict[str, int] = dict.fromkeys(sorted(RULES), 0)
    journeys: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for name, rule in RULES.items():
        for one in commitments(world, rule):
            if one.status in ("kept", "broken"):
                was_kept = float(one.status == "kept")
                seen.append((one.row["customer"], was_kept))
                broken[name] += one.status == "broken"
                if one.row.get("journey") is not None:
                    journeys[one.row["journey"]].append((one.row["customer"], was_kept))
    clean: Seen = [(max(c for c, _ in ones), min(k for _, k in ones)) for ones in journeys.values()]
    owner = RULES[max(broken, key=lambda name: broken[name])].owner
    found: list[Row] = []
    for link, measure, values, who, note in (
        ("promise", "kept_rate", seen, owner, "nothing-due"),
        ("experience", "clean_journeys", clean, None, "no-journey-due"),
    ):
        row = figure(world, {"link": link}, measure, values, unit="fraction", kind="share", owner=who)
        found.append(row if values else _none(link, note))
    return found


def _heard(world: World) -> list[Row]:
    inside = replace(world, by=())
    said = measured.scores(inside, measured.own_opinions(world))
    public = measured.scores(inside, measured.own_opinions(world, audience="public"))
    found: list[Row] = []
    for link, note in EMPTY.items():
        voices = public if link == "reputation" else said
        rows = [{"link": link, **row} for row in voices if HEARD[row["measure"]] == link]
        found += rows or [_none(link, note)]
    return found


def _retention(world: World) -> list[Row]:
    back = valued.returning(world)
    return [{"link": "retention", **row} for row in back] or [_none("retention", "no-order-old-enough")]


def _money(world: World) -> list[Row]:
    found: list[Row] = []
    booked = {row["measure"]: row for row in valued.margin(world)}
    for link, measures in (("income", ["revenue"]), ("profit", ["margin", "margin_per_customer"])):
        rows = [{"link": link, **booked[measure]} for measure in measures if measure in booked]
        found += rows or [_none(link, "no-orders-loaded")]
    return found
