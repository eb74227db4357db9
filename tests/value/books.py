"""Companies with accounts of every kind of sharing, and their books by loops in exact decimals."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta
from decimal import ROUND_DOWN, Decimal, localcontext
from random import Random
from typing import TYPE_CHECKING, Any

from tests.measures.companies import FIRST, MODEL, Company, company, workspace_of
from tests.measures.plain import World
from tests.measures.reference import lived

if TYPE_CHECKING:
    from pathlib import Path

Row = dict[str, Any]
PER_MINUTE = Decimal("0.3701")
ACCOUNTS: dict[str, tuple[tuple[str, ...], str | None]] = {
    "care_books": (("support",), "minutes"),
    "logistics_books": (("delivery", "pickup"), "moments"),
    "acquirer_books": (("payment",), None),
    "office": ((), "orders"),
    "rent": ((), "revenue"),
    "loyalty": ((), "customers"),
    "idle": ((), None),
}
WITH_ACCOUNTS = MODEL.replace(
    "[touchpoints.support]", f'[touchpoints.support]\ncost_per_minute = {PER_MINUTE}\nminutes = "wait_minutes"'
) + "".join(
    f"[accounts.{name}]\ntouchpoints = {list(touchpoints)}\n" + (f'spread = "{spread}"\n' if spread else "")
    for name, (touchpoints, spread) in ACCOUNTS.items()
)
OF_TOUCHPOINT = {touchpoint: name for name, (touchpoints, _) in ACCOUNTS.items() for touchpoint in touchpoints}


def company_with_books(folder: Path, *, seed: int, min_group: int = 1, min_cell: int = 1) -> Company:
    """Return a random company whose books hold some rows of most months of every account but `idle`."""
    base, chance = company(folder, seed=seed), Random(seed)
    workspace = workspace_of(
        folder, zone=base.workspace.time_zone, min_group=min_group, min_cell=min_cell, model=WITH_ACCOUNTS
    )
    rows = [
        {"at": FIRST + timedelta(days=30 * month + 14), "amount": Decimal(chance.randrange(-(10**6), 10**7)) / 10_000,
         "account": name, "customer": chance.choice([None, 5])}
        for name in ACCOUNTS if name != "idle"
        for month in range(15) if chance.random() < 0.8
        for _ in range(chance.choice([1, 1, 2]))
    ]  # fmt: skip
    costs = [*base.tables["costs"], *rows]
    return replace(base, workspace=workspace, tables={**base.tables, "costs": costs})


def cost_of(row: Row) -> Decimal | None:
    """Return what a moment cost: its own cost, its minutes, the declared cost."""
    if row.get("cost") is not None:
        return Decimal(row["cost"])
    if row["touchpoint"] == "support" and row.get("wait_minutes") is not None:
        return round(Decimal(str(row["wait_minutes"])) * PER_MINUTE, 4)
    return {"payment": Decimal("0.5"), "support": Decimal("3.25")}.get(row["touchpoint"])


def base_of(spread: str, row: Row) -> Decimal:
    """Return what a moment or an order weighs where costs are shared."""
    if spread == "minutes":
        minutes = Decimal(str(row.get("wait_minutes") or 0))
        return max(minutes, Decimal(0))
    return Decimal(row["revenue"]) if spread == "revenue" else Decimal(1)


class Books:
    """The books of a company by loops: every month of every account, and who carries what."""

    def __init__(self, small: Company) -> None:
        self.world = World(small)
        self.months: dict[tuple[str, date], dict[str, Decimal]] = {}
        booked: dict[tuple[str, date], Decimal] = defaultdict(Decimal)
        for row in self.world.rows("costs"):
            if row.get("account"):
                booked[row["account"], self.month(row)] += Decimal(row["amount"])
        with localcontext(prec=60):
            for (name, month), ledger in booked.items():
                self.months[name, month] = self._month(name, month, ledger)

    def month(self, row: Row) -> date:
        """Return the first day of the local month of a row."""
        return self.world.local(row["at"]).date().replace(day=1)

    def carriers(self, name: str, month: date) -> list[tuple[Row, Decimal]]:
        """Return the rows that an account is shared over in a month, each with its weight."""
        touchpoints, spread = ACCOUNTS[name]
        if spread is None:
            return []
        if spread in ("moments", "minutes"):
            rows = [row for row in lived(self.world) if row["touchpoint"] in touchpoints]
        else:
            rows = [row for row in self.world.rows("orders") if row["revenue"] > 0]
            rows.sort(key=lambda row: row["at"])
        rows = [row for row in rows if self.month(row) == month]
        if spread == "customers":
            rows = list({row["customer"]: row for row in reversed(rows)}.values())
        return [(row, base_of(spread, row)) for row in rows]

    def _month(self, name: str, month: date, ledger: Decimal) -> dict[str, Decimal]:
        touchpoints, _ = ACCOUNTS[name]
        costs = [
            cost_of(row) for row in lived(self.world) if row["touchpoint"] in touchpoints and self.month(row) == month
        ]
        assigned = sum((cost for cost in costs if cost is not None), Decimal(0))
        base = sum((weight for _, weight in self.carriers(name, month)), Decimal(0))
        rate = Decimal(0)
        if base > 0:
            rate = ((ledger - assigned) / base).quantize(Decimal("1E-10"), rounding=ROUND_DOWN)
        return {
            "ledger": ledger, "assigned": assigned, "difference": ledger - assigned, "rate": rate,
            "spread": rate * base, "unassigned": ledger - assigned - rate * base,
        }  # fmt: skip

    def served(self) -> list[tuple[int | None, str | None, float]]:
        """Return (customer, touchpoint, amount) of every cost to serve."""
        found = [(row["customer"], row["touchpoint"], float(cost_of(row) or 0)) for row in lived(self.world)]
        found += [
            (row.get("customer"), row.get("touchpoint"), float(row["amount"]))
            for row in self.world.rows("costs")
            if not row.get("account")
        ]
        for (name, month), sums in self.months.items():
            carriers = self.carriers(name, month)
            found += [
                (row["customer"], row.get("touchpoint"), float(sums["rate"] * weight)) for row, weight in carriers
            ]
            only = ACCOUNTS[name][0][0] if len(ACCOUNTS[name][0]) == 1 else None
            found.append((None, only, float(sums["unassigned"])))
        return found
