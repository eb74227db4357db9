"""What `value.margin` and `value.returning` must say, by loops."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from math import fsum
from typing import Any

from tests.measures.plain import Group, Row, Seen, World, counted, ends_of, figure
from tests.measures.reference import lived, served

AMOUNTS = ("revenue", "cost_of_goods", "cost_to_serve", "margin")


def margin(world: World) -> list[Row]:
    """Return every row of `value.margin`."""
    found = _orders(world)
    entries: dict[Group, list[tuple[int | None, dict[str, float]]]] = defaultdict(list)
    for row in world.inside(world.rows("orders")):
        goods = float(row.get("cost") or 0)
        entries[world.group(row)].append((row["customer"], {"revenue": float(row["revenue"]), "cost_of_goods": goods}))
    for row in lived(world):
        entries[world.group(row)].append((row["customer"], {"cost_to_serve": served(row) or 0.0}))
    for row in world.inside(world.rows("costs")):
        entries[world.group(row)].append((row.get("customer"), {"cost_to_serve": float(row["amount"])}))
    bought = world.grouped(world.inside(world.rows("orders")))
    for group, rows in entries.items():
        orders = bought.get(group, [])
        priced = sum(row.get("cost") is not None for row in orders)
        figures = _group(world, dict(zip(world.by, group, strict=True)), rows)
        buyers = len({row["customer"] for row in orders})
        figures = [_of_few(row, hidden=0 < buyers < world.workspace.min_cell) for row in figures]
        found += [_of_goods(row, orders=len(orders), priced=priced) for row in figures]
    return found


def _of_few(row: Row, *, hidden: bool) -> Row:
    """Return what was bought as withheld where few bought, whoever else is in the group."""
    if not hidden or row["measure"] not in ("revenue", "cost_of_goods", "margin", "margin_per_customer"):
        return row
    nothing = {"estimate": None, "lower": None, "upper": None, "n": 0, "n_missing": 0}
    return row | nothing | {"note": "withheld-small-cell"}


def _of_goods(row: Row, *, orders: int, priced: int) -> Row:
    measures = ("cost_of_goods", "margin", "margin_per_customer")
    if row["measure"] not in measures or priced == orders or str(row["note"]).startswith("withheld"):
        return row
    if priced:
        return row | {"n_missing": orders - priced}
    if row["measure"] == "cost_of_goods":
        return row | {"estimate": None, "lower": None, "upper": None, "note": "no-cost-of-goods-given"}
    return row | {"note": "without-cost-of-goods"}


def _orders(world: World) -> list[Row]:
    found: list[Row] = []
    for group, rows in world.grouped(world.inside(world.rows("orders"))).items():
        where = dict(zip(world.by, group, strict=True))
        seen: Seen = [(row["customer"], float(row["revenue"])) for row in rows]
        found.append(counted(world, where, "orders", len(rows), people=len({row["customer"] for row in rows})))
        found.append(figure(world, where, "revenue_per_order", seen, unit="EUR"))
    return found


def _group(world: World, where: Row, rows: list[tuple[int | None, dict[str, float]]]) -> list[Row]:
    people: dict[int, dict[str, float]] = defaultdict(lambda: dict.fromkeys(AMOUNTS, 0.0))
    nobody = [amounts["cost_to_serve"] for customer, amounts in rows if customer is None]
    for customer, amounts in rows:
        if customer is not None:
            theirs = people[customer]
            for name, amount in amounts.items():
                theirs[name] += amount
            theirs["margin"] = theirs["revenue"] - theirs["cost_of_goods"] - theirs["cost_to_serve"]
    base: dict[str, Any] = {
        **where, "lower": None, "upper": None, "n": len(people), "n_missing": 0, "unit": "EUR",
        "evidence": "described", "note": None,
    }  # fmt: skip
    if not people:
        booked = {"cost_to_serve": fsum(nobody), "margin": -fsum(nobody)}
        return [base | {"measure": name, "estimate": amount} for name, amount in booked.items()]
    found = [counted(world, where, "customers", len(people), people=len(people))]
    for name in AMOUNTS:
        each: Seen = [(customer, theirs[name]) for customer, theirs in people.items()]
        mean = figure(world, where, f"{name}_per_customer", each, unit="EUR")
        if name in ("cost_to_serve", "margin"):
            found.append(mean)
        total = base | {"measure": name, "estimate": None}
        if mean["estimate"] is None:
            found.append(total | {"note": mean["note"], "n": mean["n"]})
            continue
        added = {"cost_to_serve": fsum(nobody), "margin": -fsum(nobody)}.get(name, 0.0)
        total["estimate"] = fsum(amount for _, amount in each) + added
        if ends := ends_of(each, "mean", level=world.level):
            total |= {"lower": len(people) * ends[0] + added, "upper": len(people) * ends[1] + added}
        found.append(total)
    unknown = not fsum(nobody) and not any(theirs["cost_to_serve"] for theirs in people.values())
    return [_without_cost(row) if unknown and row["measure"].startswith("cost_to_serve") else row for row in found]


def _without_cost(row: Row) -> Row:
    withheld = str(row["note"]).startswith("withheld")
    return row | {"estimate": None, "lower": None, "upper": None, "note": row["note"] if withheld else "no-cost-given"}


def returning(world: World) -> list[Row]:
    """Return every row of `value.returning`."""
    days, orders = timedelta(days=60), world.rows("orders")
    old = [row for row in world.inside(orders) if row["at"] + days <= world.company.as_of]
    found: list[Row] = []
    for group, rows in world.grouped(old).items():
        seen: Seen = [
            (
                row["customer"],
                float(
                    any(
                        other["customer"] == row["customer"] and row["at"] < other["at"] <= row["at"] + days
                        for other in orders
                    )
                ),
            )
            for row in rows
        ]
        where = dict(zip(world.by, group, strict=True))
        found.append(figure(world, where, "return_rate", seen, unit="fraction", kind="share", within_days=60))
    return found
