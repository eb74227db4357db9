"""Every cost to serve, one row an entry: of moments, of the books, and of what names a customer or nobody."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from promesa.engine import case, lit, null_of, stack, when
from promesa.measures import cost_to_serve, costs_beside_the_books, lived_moments
from promesa.value.reconciling import (
    OF_MOMENTS,
    OF_ORDERS,
    account_of,
    buying_orders,
    minutes_of,
    month_of,
    reconciled,
)

if TYPE_CHECKING:
    from promesa.engine import Expression, Table
    from promesa.measures import Question

WHERE = ("touchpoint", "function", "supplier", "channel", "branch", "product", "brand", "employee", "outcome")


def served(question: Question) -> Table:
    """Return the costs to serve in the window: ``customer, at, amount`` and what an entry may be split by.

    They add up to what the books say: what their accounts hold beyond the costs assigned to moments is shared as each
    account says, or stands with no customer. A moment whose cost nobody knows has a null amount.
    """
    entries = [own_costs(question)]
    if question.workspace.model.accounts:
        entries += _of_the_books(question)
    return stack(entries)


def own_costs(question: Question) -> Table:
    """Return the costs to serve without what accounts share: those of one customer do not depend on the others."""
    lived = lived_moments(question)
    costs = costs_beside_the_books(question, question.within(question.facts.table("costs")))
    return stack([_entries(lived, cost_to_serve(question, lived)), _entries(costs, costs["amount"])])


def _entries(table: Table, amount: Expression) -> Table:
    """Return rows with their amount; a column that the table does not have is null."""
    columns = {name: table[name] if name in table.columns else null_of("string") for name in WHERE}
    return table.select("customer", "at", **columns, amount=amount.cast("float64"))


def _of_the_books(question: Question) -> list[Table]:
    spreads = {one.spread for one in question.workspace.model.accounts.values()}
    books = reconciled(question)
    entries = [_with_nobody(question, books)]
    if spreads & {*OF_MOMENTS}:
        entries.append(_by_moments(question, books))
    if spreads & {"orders", "revenue"}:
        entries.append(_by_orders(question, books))
    if "customers" in spreads:
        entries.append(_by_customers(question, books))
    return entries


def _with_nobody(question: Question, books: Table) -> Table:
    """Return the differences that nobody carries, at the time of the last row of the books for the month."""
    nobody = books.filter(books["rate"].isnull())
    touchpoint, function = null_of("string"), null_of("string")
    touchpoints = question.workspace.model.touchpoints
    for account in question.workspace.model.accounts.values():
        functions = {touchpoints[name].function for name in account.touchpoints}
        its = nobody["account"] == account.name
        if len(account.touchpoints) == 1:
            touchpoint = when(its, account.touchpoints[0], touchpoint)
        if len(functions) == 1:
            function = when(its, functions.pop(), function)
    nobody = nobody.mutate(at="booked_at", customer=null_of("int64"), touchpoint=touchpoint, function=function)
    return _entries(question.within(nobody), nobody["difference"])


def _by_moments(question: Question, books: Table) -> Table:
    lived = lived_moments(question)
    account = account_of(question, lived, spreads=OF_MOMENTS)
    lived = lived.mutate(account_=account, month_=month_of(question, lived), minutes_=minutes_of(question, lived))
    rates = _rates(question, books, OF_MOMENTS)
    joined = lived.inner_join(
        rates, [lived["account_"] == rates["its_account_"], lived["month_"] == rates["its_month_"]]
    )
    return _entries(joined, joined["rate_"] * when(joined["spread_"] == "minutes", joined["minutes_"], 1.0))


def _by_orders(question: Question, books: Table) -> Table:
    orders = question.within(buying_orders(question)).rename(month_="month")
    rates = _rates(question, books, OF_ORDERS[:2])
    joined = orders.inner_join(rates, orders["month_"] == rates["its_month_"])
    share = when(joined["spread_"] == "revenue", joined["revenue"].cast("float64"), 1.0)
    return _entries(joined, joined["rate_"] * share)


def _by_customers(question: Question, books: Table) -> Table:
    """Return what the customers of each month carry, at the time of their first order in it."""
    orders = buying_orders(replace(question, since=None, until=None))
    each = orders.group_by("customer", month_="month").aggregate(at=orders["at"].min())
    each = question.within(each)
    rates = _rates(question, books, OF_ORDERS[2:])
    joined = each.inner_join(rates, each["month_"] == rates["its_month_"])
    return _entries(joined, joined["rate_"])


def _rates(question: Question, books: Table, spreads: tuple[str, ...]) -> Table:
    """Return the rates of the accounts that share by one of `spreads`, under names that no company gives."""
    accounts = [one for one in question.workspace.model.accounts.values() if one.spread in spreads]
    books = books.filter(books["account"].isin([one.name for one in accounts]) & books["rate"].notnull())
    spread = case(*((books["account"] == one.name, str(one.spread)) for one in accounts), otherwise=lit(None, "string"))
    return books.select(its_account_="account", its_month_="month", rate_="rate", spread_=spread)
