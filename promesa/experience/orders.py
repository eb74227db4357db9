"""What customers had bought by an instant: running totals, so that one who bought a million times costs no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa.engine import lit, null_of, stack, when
from promesa.experience.units import UNIT, with_unit

if TYPE_CHECKING:
    from promesa.engine import Expression, Table
    from promesa.measures import Question


def summed_until(orders: Table, marks: Table, *, strictly: bool) -> Table:
    """Return the marks with ``total_``: the sum of ``amount_`` over the customer's orders up to each mark.

    Parameters
    ----------
    orders : Table
        ``customer``, ``at`` and ``amount_``, a whole number or a decimal: sums of them are exact.
    marks : Table
        ``unit_``, ``customer``, ``mark_`` (a whole number) and ``time_``.
    strictly : bool
        Whether an order at the instant of a mark comes after it.
    """
    bought = orders.semi_join(marks, orders["customer"] == marks["customer"])
    kind = str(bought["amount_"].type())
    events = stack([
        bought.select(
            **{UNIT: null_of("string")},
            customer="customer",
            mark_=null_of("int64"),
            time_="at",
            turn_=lit(1, "int64"),
            amount_="amount_",
        ),
        marks.select(
            **{UNIT: UNIT},
            customer="customer",
            mark_=marks["mark_"].cast("int64"),
            time_="time_",
            turn_=lit(0 if strictly else 2, "int64"),
            amount_=null_of(kind),
        ),
    ])  # fmt: skip
    order = [events["time_"], events["turn_"]]
    total = events["amount_"].sum().over(group_by=events["customer"], order_by=order, rows=(None, 0))
    summed = events.mutate(total_=total.coalesce(0))
    return summed.filter(summed[UNIT].notnull()).select(UNIT, "mark_", "total_")


def own_orders(question: Question, rows: Table) -> Table:
    """Return the orders of the units looked at, with ``row_customer``, ``row_start`` and ``row_end`` of each unit."""
    orders = with_unit(question, question.facts.table("orders"))
    named = rows.select(
        row_unit=rows[UNIT], row_customer=rows["customer"], row_start=rows["started_at"], row_end=rows["ended_at"]
    )
    return orders.inner_join(named, orders[UNIT] == named["row_unit"])


def sum_where(condition: Expression, amount: Expression) -> Expression:
    """Return the sum of an exact amount where a condition holds, 0 where it never does."""
    return when(condition, amount, null_of(str(amount.type()))).sum().coalesce(0)
