"""The books against the costs assigned, account by account and month by month, added up in the engine."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import ROUND_DOWN, Context, Decimal
from typing import TYPE_CHECKING, Any

from promesa.engine import case, lit, null_of, when
from promesa.measures import cost_to_serve, lived_moments

if TYPE_CHECKING:
    from datetime import date

    from promesa.engine import Expression, Table
    from promesa.measures import Question
    from promesa.workspace import Account

EXACT = "decimal(18, 4)"
OF_MOMENTS, OF_ORDERS = ("moments", "minutes"), ("orders", "revenue", "customers")
RATE_STEP = Decimal("1E-10")
_WIDE = Context(prec=60)
NOTHING_TO_SHARE_OVER = "nothing-to-share-over"
NOT_SHARED = "not-shared"


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """One month of one account that the books hold rows of.

    Attributes
    ----------
    month : date
        First local day of it.
    ledger, assigned : Decimal
        What the books say, and what the moments of the account's touchpoints were assigned.
    entries, moments, customers : int
        Rows of the books, moments lived, and whose they were.
    spread : str or None
        By what the difference is shared.
    base : Decimal
        How much of that there was.
    """

    account: str
    month: date
    ledger: Decimal
    assigned: Decimal
    entries: int
    moments: int
    customers: int
    spread: str | None
    base: Decimal

    @property
    def difference(self) -> Decimal:
        """Return ledger less assigned."""
        return self.ledger - self.assigned

    @property
    def rate(self) -> Decimal:
        """Return what one unit of the base carries of the difference, cut after the tenth decimal."""
        if self.spread is None or self.base <= 0:
            return Decimal(0)
        return _WIDE.divide(self.difference, self.base).quantize(RATE_STEP, rounding=ROUND_DOWN, context=_WIDE)

    @property
    def shared(self) -> Decimal:
        """Return what customers carry of the difference."""
        return _WIDE.multiply(self.rate, self.base)

    @property
    def unassigned(self) -> Decimal:
        """Return what stays with nobody: all of the difference, or what cutting the rate left of it."""
        return _WIDE.subtract(self.difference, self.shared)

    @property
    def note(self) -> str | None:
        """Return why the difference stays with nobody, where it does."""
        if self.spread is None:
            return NOT_SHARED
        return NOTHING_TO_SHARE_OVER if self.base <= 0 else None


def closed_months(question: Question) -> list[Closed]:
    """Return every month that the books of a declared account hold rows of, in order; kept with the facts."""
    kept, accounts = question.facts.kept, question.workspace.model.accounts
    if "closed months" not in kept:
        rows = question.facts.engine.fetch(reconciled(question)).to_pylist() if accounts else []
        found = [_closed(question, row) for row in rows]
        places = {name: place for place, name in enumerate(accounts)}
        kept["closed months"] = sorted(found, key=lambda one: (places[one.account], one.month))
    found: Any = kept["closed months"]
    return list(found)


def _closed(question: Question, row: dict[str, Any]) -> Closed:
    spread = question.workspace.model.accounts[row["account"]].spread
    return Closed(
        account=row["account"],
        month=row["month"],
        ledger=_decimal(row["ledger"]),
        assigned=_decimal(row["assigned"]),
        entries=int(row["entries"]),
        moments=int(row["moments"] or 0),
        customers=int(row["people"] or 0),
        spread=spread,
        base=_decimal(row[spread]) if spread else Decimal(0),
    )


def _decimal(value: Any) -> Decimal:
    return Decimal(0) if value is None else Decimal(value)


def reconciled(question: Question) -> Table:
    """Return one row an account and closed month, held by the engine.

    Its columns: ``account, month, ledger, entries, booked_at`` (the last row of the books), ``assigned, people``, the
    bases ``moments, minutes, orders, revenue, customers``, and ``rate`` (money a unit of the base; null where nothing
    is shared).
    """
    facts, accounts = question.facts, question.workspace.model.accounts
    whole = replace(question, since=None, until=None, by=())
    table = _booked(whole)
    table = _joined(table, _of_moments(whole), ("account", "month"))
    table = _joined(table, _of_orders(whole), ("month",))
    base = null_of("float64")
    for one in accounts.values():
        if one.spread:
            base = when(table["account"] == one.name, table[one.spread].cast("float64"), base)
    difference = table["ledger"].cast("float64") - table["assigned"].coalesce(lit(0).cast(EXACT)).cast("float64")
    table = table.mutate(rate=when(base > 0, difference / base.nullif(0.0), null_of("float64")), difference=difference)
    return facts.engine.hold(f"books {facts.version} {facts.as_of} {books_key(question)}", table)


def books_key(question: Question) -> str:
    """Return what, beside the facts, decides how costs are reconciled: two models of one store must not share it."""
    model = question.workspace.model
    accounts = [(one.name, one.touchpoints, one.spread) for one in model.accounts.values()]
    costs = [(one.name, one.cost, one.cost_per_minute, one.minutes) for one in model.touchpoints.values()]
    return f"{question.workspace.time_zone} {accounts} {costs}"


def _joined(table: Table, other: Table, keys: tuple[str, ...]) -> Table:
    other = other.rename({f"{key}_of": key for key in keys})
    joined = table.left_join(other, [table[key] == other[f"{key}_of"] for key in keys])
    return joined.drop(*(f"{key}_of" for key in keys))


def month_of(question: Question, table: Table) -> Expression:
    """Return the first day of the local month of each row."""
    return question.facts.local(table["at"]).truncate("M").date()


def account_of(question: Question, table: Table, *, spreads: tuple[str | None, ...] | None = None) -> Expression:
    """Return the account that pays for each row's touchpoint; of those alone that share as `spreads` says."""
    accounts: list[Account] = [
        one
        for one in question.workspace.model.accounts.values()
        if one.touchpoints and (spreads is None or one.spread in spreads)
    ]
    branches = [(table["touchpoint"].isin(one.touchpoints), one.name) for one in accounts]
    return case(*branches, otherwise=null_of("string")) if branches else null_of("string")


def minutes_of(question: Question, moments: Table) -> Expression:
    """Return the minutes of each moment, to the fourth decimal; null where they are not known."""
    minutes = null_of("float64")
    for touchpoint in question.workspace.model.touchpoints.values():
        if touchpoint.minutes is not None:
            its = when(moments["touchpoint"] == touchpoint.name, moments[touchpoint.minutes], None)
            minutes = minutes.coalesce(its)
    return when(minutes > 0, minutes.round(4), null_of("float64"))


def _booked(question: Question) -> Table:
    costs = question.facts.table("costs")
    costs = costs.filter(costs["account"].isin(list(question.workspace.model.accounts)))
    costs = costs.mutate(month=month_of(question, costs))
    return costs.group_by("account", "month").aggregate(
        ledger=costs["amount"].sum(), entries=costs.count(), booked_at=costs["at"].max()
    )


def _of_moments(question: Question) -> Table:
    lived = lived_moments(question)
    lived = lived.select(
        "customer",
        account=account_of(question, lived),
        month=month_of(question, lived),
        cost=cost_to_serve(question, lived).round(4).cast(EXACT),
        minutes=minutes_of(question, lived).cast(EXACT),
    )
    lived = lived.filter(lived["account"].notnull())
    each = lived.group_by("account", "month", "customer").aggregate(
        assigned=lived["cost"].sum(), moments=lived.count(), minutes=lived["minutes"].sum()
    )
    return each.group_by("account", "month").aggregate(
        assigned=each["assigned"].sum(),
        moments=each["moments"].sum(),
        minutes=each["minutes"].sum(),
        people=each.count(),
    )


def buying_orders(question: Question) -> Table:
    """Return the orders that brought money in, with their local month."""
    orders = question.facts.table("orders")
    orders = orders.filter(orders["revenue"] > 0)
    return orders.mutate(month=month_of(question, orders))


def _of_orders(question: Question) -> Table:
    orders = buying_orders(question)
    each = orders.group_by("month", "customer").aggregate(orders=orders.count(), revenue=orders["revenue"].sum())
    return each.group_by("month").aggregate(
        orders=each["orders"].sum(), revenue=each["revenue"].sum(), customers=each.count()
    )
