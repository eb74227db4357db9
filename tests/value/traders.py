"""A shop with a store of its own whose customers have tiers; and who is of which tier by plain loops."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from promesa.engine import literal
from promesa.store import add_state, inspect_store, replace_state, session
from promesa.value import tier
from promesa.workspace import Tier, Tiers
from tests.store.companies import NOON, Company, company, label, model
from tests.value.shoppers import shoppers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from promesa.value import TierReview

Row = dict[str, Any]
FIRST, LAST = datetime(1, 1, 1), datetime(9999, 12, 31)
SHARES: dict[str, Any] = {"by": "expected_profit", "measured": "share"}
DAY = timedelta(days=1)
BEGIN = datetime(2024, 1, 1, 12)
LOADS = {
    "orders.shop": 'SELECT id, "at" AS at, customer, journey, revenue, cost, currency FROM sales',
    "moments.shop": ('SELECT id, "at" AS at, customer, touchpoint, cost, promised, delivered FROM visits'),
    "costs.shop": 'SELECT id, "at" AS at, customer, amount FROM bills',
    "profiles.shop": 'SELECT id, "at" AS at, customer, region FROM people',
}
COLUMNS = {
    "sales": ("id", "at", "customer", "journey", "revenue", "cost", "currency"),
    "visits": ("id", "at", "customer", "touchpoint", "cost", "promised", "delivered"),
    "bills": ("id", "at", "customer", "amount"),
    "people": ("id", "at", "customer", "region"),
}


def bands(
    *edges: float, by: str = "margin", measured: str = "amount", flags: Mapping[str, tuple[str, ...]] | None = None
) -> Tiers:
    """Return tiers a, b, c... from these edges; flags lift to the first but one."""
    names = "abcdef"[: len(edges) + 1]
    factor = 0.8 if measured == "amount" else 1.25
    made = {
        name: Tier(name=name, label=label(name), enter=edge, keep=min(edge * factor, 1e9))
        for name, edge in zip(names, edges, strict=False)
    }
    if flags:
        made["b"] = replace(made["b"], flags=flags)
    made[names[-1]] = Tier(name=names[-1], label=label(names[-1]))
    return Tiers(by=by, horizon_days=365, measured=measured, bands=made)  # type: ignore[arg-type]


def trader(root: Path, tiers: Tiers | None, **rows: Sequence[Row]) -> Company:
    """Return a shop with these rows in its sources, loaded."""
    made = company(
        root,
        loads=LOADS,
        sources={name: {"types": {"journey": "text", "cost": "number"}} if name == "sales" else {} for name in COLUMNS},
        time_zone="America/Bogota",
        model=replace(model(), tiers=tiers),
    )
    made.ws = replace(made.ws, min_group=1, min_cell=1)
    fill(made, **rows)
    return made


def fill(made: Company, **rows: Sequence[Row]) -> None:
    """Put rows into the sources in the place of what was there, and load."""
    for name, columns in COLUMNS.items():
        if name in rows or not (made.root / "data" / f"{name}.csv").exists():
            made.write(f"{name}.csv", rows.get(name, ()), columns=columns)
    made.load()


def sale(number: int, customer: object, day: float, revenue: float, **more: object) -> Row:
    """Return an order on a day from the beginning."""
    return {
        "id": f"s{number}", "at": f"{BEGIN + day * DAY:%Y-%m-%d %H:%M}", "customer": f"k{customer}",
        "revenue": f"{revenue:.2f}", **more,
    }  # fmt: skip


def review(made: Company, day: float | None = None, *, rebuild: bool = False) -> TierReview:
    """Review the tiers as of the end of a day from the beginning, or of the last fact."""
    made.clock[0] += 1
    as_of = None if day is None else (BEGIN + day * DAY).date()
    return tier(made.ws, recorded_at=NOON.replace(second=made.clock[0]), as_of=as_of, rebuild=rebuild)


def table(made: Company, name: str, columns: str = "*") -> list[tuple[Any, ...]]:
    """Return the rows of a state table."""
    with inspect_store(made.ws) as look:
        return look.engine.run(f"SELECT {columns} FROM ({look.rows(name)}) ORDER BY ALL")


def sums(made: Company) -> list[tuple[int, ...]]:
    """Return what is kept of customers: surrogate, days, and money in its fourth decimal."""
    file = json.loads((made.root / ".promesa" / "tiers.json").read_text())["sums"]["file"]
    kept = pa.ipc.open_file(pa.memory_map(str(made.root / ".promesa" / "remembered" / file))).read_all()
    return [tuple(row.values()) for row in kept.to_pylist()]


def keys(made: Company) -> dict[int, str]:
    """Return the source's key of each surrogate."""
    return {int(customer): str(key) for customer, key in table(made, "identities", "customer, key")}


def members(made: Company) -> dict[str, tuple[str, str]]:
    """Return (tier, reason) of each key as of the last review."""
    known = keys(made)
    rows = table(made, "tiers", "customer, tier, reason, until")
    return {known[int(c)]: (t, r) for c, t, r, until in rows if until.year == 9999}


def purchases(size: int, *, seed: int, days: int = 300) -> list[dict[str, Any]]:
    """Return the orders of customers of a known process."""
    rows: list[dict[str, Any]] = []
    for customer, (times, amounts) in enumerate(shoppers(size, seed=seed, days=days, joined=90)):
        rows += [
            sale(len(rows) + place, customer, int(time), float(amount), cost=f"{float(amount) * 0.5:.2f}")
            for place, (time, amount) in enumerate(zip(times, amounts, strict=True))
            if time <= days
        ]
    return [{**row, "id": f"s{number}"} for number, row in enumerate(rows)]


def join(made: Company, first: str, second: str, since: datetime) -> None:
    """Make two keys one person from an instant on."""
    numbers = {key: customer for customer, key in keys(made).items()}
    low, high = sorted((numbers[first], numbers[second]))
    rows = [(low, low, FIRST, LAST), (high, high, FIRST, since), (high, low, since, LAST)]
    listed = ", ".join(f"({c}, {p}, TIMESTAMP '{s}', TIMESTAMP '{u}')" for c, p, s, u in rows)
    with session(made.ws, recorded_at=NOON) as run:
        replace_state(run, "persons", f"SELECT * FROM (VALUES {listed}) t(customer, person, since, until)")


def pause(made: Company, key: str, *, second: int, resume: bool = False) -> None:
    customer = next(number for number, known in keys(made).items() if known == key)
    at = literal(NOON.replace(second=second))
    with session(made.ws, recorded_at=NOON) as run:
        row = f"SELECT {customer} AS customer, {at} AS at, {at if resume else 'NULL::TIMESTAMP'} AS until, 'x' AS by"
        select = f"{row}, {at} AS recorded_at"
        if resume:
            replace_state(run, "pauses", select)
        else:
            add_state(run, "pauses", select)
