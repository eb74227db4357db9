"""Revenue, cost of goods, cost to serve and what is left of them: in all and per customer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from promesa import charts, words
from promesa.engine import lit, stack
from promesa.errors import ValueOutOfRange
from promesa.measures import NO_DATA, PERIODS, ask, clustered, count_of, mean_of, with_dimensions, withheld
from promesa.results import Estimate, Result
from promesa.stats import ClusterSums, Interval, mean_interval
from promesa.value.serving import served

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from promesa.engine import Expression, Table
    from promesa.measures import Group, Question
    from promesa.store import Facts
    from promesa.workspace import Workspace

NO_COST = "no-cost-given"
NO_GOODS, WITHOUT_GOODS = "no-cost-of-goods-given", "without-cost-of-goods"
_OF_GOODS = ("cost_of_goods", "margin", "margin_per_customer")
OF_TOUCHPOINTS = ("touchpoint", "stage", "function", "supplier")
_OF_ORDERS = ("revenue", "cost_of_goods", "margin", "margin_per_customer", "revenue_per_order")
NOTICED = 0.005
"""Of what customers leave: a smaller share that belongs to none of them is not worth a sentence."""
AMOUNTS = ("revenue", "cost_of_goods", "cost_to_serve")

Priced = dict[tuple[str | None, ...], tuple[int, int]]  # orders of a group, and those that say what their goods cost


@dataclass(frozen=True, slots=True, kw_only=True)
class Margin(Result):
    """Money in and out; see `margin`."""

    def summary(self, locale: str = "en") -> str:
        """Say revenue, margin and margin per customer with its interval."""
        if split := self.said_of_groups(locale):
            return split
        revenue, left, each = (self.find(m) for m in ("revenue", "margin", "margin_per_customer"))
        if not (revenue and left and each) or each.estimate is None or self.dimensions:
            return words.say("value.empty", locale)
        said = words.say(
            "value.summary",
            locale,
            revenue=words.amount(revenue.estimate, revenue.unit, locale),
            margin=words.amount(left.estimate, left.unit, locale),
            each=words.amount(each.estimate, each.unit, locale),
            lower=words.amount(each.lower, each.unit, locale),
            upper=words.amount(each.upper, each.unit, locale),
            n=words.number(each.n, locale),
        )
        more: list[str] = []
        nobodys = each.estimate * each.n - left.estimate if left.estimate is not None else 0.0
        if abs(nobodys) >= NOTICED * abs(each.estimate * each.n):
            more.append(words.say("value.nobodys", locale, amount=words.amount(nobodys, left.unit, locale)))
        if left.note == WITHOUT_GOODS:
            more.append(words.say("value.without_goods", locale))
        return " ".join([said, *more])

    def chart(self, locale: str = "en") -> dict[str, object] | None:
        """Draw the margin over time, when the answer is split by one period."""
        rows = [row for row in self.rows() if row["measure"] == "margin" and row["estimate"] is not None]
        if not rows or len(self.dimensions) != 1 or self.dimensions[0] not in PERIODS:
            return None
        return charts.trend(
            rows,
            period=self.dimensions[0],
            series=None,
            title=words.say("value.chart", locale),
            unit=str(rows[0]["unit"]),
            locale=locale,
        )


def margin(
    workspace: Workspace,
    *,
    by: str | Sequence[str] = (),
    since: date | datetime | str | None = None,
    until: date | datetime | str | None = None,
    as_of: date | datetime | str | None = None,
    confidence_level: float | None = None,
    facts: Facts | None = None,
) -> Margin:
    """Add up what customers brought in, what the goods cost and what serving them cost.

    Parameters
    ----------
    workspace : Workspace
        From `promesa.open`.
    by : str or sequence of str
        Periods, traits, ``channel`` or ``product``. Costs that name no channel or product stand under
        "not stated". By ``touchpoint``, ``stage``, ``function`` or ``supplier`` there is cost to serve alone: revenue
        belongs to none of them.
    since, until, as_of, confidence_level
        As in `measures.ask`.

    Returns
    -------
    Margin
        Rows per group: ``orders``, ``customers`` (count), ``revenue``, ``cost_of_goods``, ``cost_to_serve``,
        ``margin`` (money), ``margin_per_customer``, ``cost_to_serve_per_customer`` and ``revenue_per_order``
        (money, interval).

    Raises
    ------
    ValueOutOfRange
        If `by` names a dimension of opinions.

    Notes
    -----
    Cost to serve is what moments cost (their own cost, else their minutes, else the touchpoint's declared cost), the
    rows of ``costs``, and what the accounts of the books hold beyond it, shared as each account says; see `ledger`.
    What an account shares with nobody is a cost of nobody in particular.

    Totals are what was booked; their interval says how much they would vary with another set of customers drawn the
    same way: n times the mean of a customer. Customers are those with an order, a moment or a cost in the window.
    Where no cost to serve is given at all it is unknown, and the margin is without it. The same holds where no order
    says what its goods cost, and the margin says so; where some do not, they are ``n_missing``. Where no order was
    ever loaded, what comes in and what is left are unknown, and not nothing. Costs of nobody in particular are in the
    totals and not in the means.
    """
    question = ask(
        workspace, by=by, since=since, until=until, as_of=as_of, confidence_level=confidence_level, facts=facts
    )
    refused = {"concept", "audience", "survey"} & set(question.by)
    if refused:
        raise ValueOutOfRange(
            what="Value cannot be split that way.",
            got=f"by {', '.join(sorted(refused))}",
            expected="a period, a trait, channel, product, touchpoint, stage, function or supplier",
            fix="use `promesa show opinions` for what people say",
        )
    of_costs = bool({*OF_TOUCHPOINTS} & {*question.by})
    figures = _money_figures(question, of_costs=of_costs)
    if not of_costs:
        of_orders, priced = _order_figures(question)
        few = {
            tuple(one.dimensions.values()): one for one in of_orders if one.measure == "orders" and _is_withheld(one)
        }
        figures = [_of_few(figure, few.get(tuple(figure.dimensions.values()))) for figure in figures]
        figures = [*(_of_goods(figure, priced) for figure in figures), *of_orders]
        if question.facts.is_empty("orders"):
            figures = [_unknown(figure) if figure.measure in _OF_ORDERS else figure for figure in figures]
    figures.sort(key=lambda figure: tuple((v is None, v or "") for v in figure.dimensions.values()))
    heading: dict[str, Any] = question.heading("value")
    return Margin(**heading, estimates=tuple(figures))


def _unknown(figure: Estimate) -> Estimate:
    """Return a figure that nobody can know: no order was ever loaded, which is not the same as none."""
    return replace(figure, estimate=None, lower=None, upper=None, note=figure.note if _is_withheld(figure) else NO_DATA)


def _order_figures(question: Question) -> tuple[list[Estimate], Priced]:
    """Return what there is to say of orders alone, and in how many of each group the goods have a cost."""
    orders = with_dimensions(question, question.within(question.facts.table("orders")))
    figures: list[Estimate] = []
    priced: Priced = {}
    values = {"revenue": orders["revenue"], "priced": orders["cost"].notnull().cast("float64")}
    for group in clustered(question, orders, values):
        priced[tuple(group.dimensions.values())] = (group.rows, round(group.values["priced"].total))
        figures.append(count_of(question, group.dimensions, "orders", group.rows, customers=group.customers))
        figures.append(
            mean_of(
                question,
                group.dimensions,
                "revenue_per_order",
                group.values["revenue"],
                unit=question.workspace.currency,
            )
        )
    return figures, priced


def _of_few(figure: Estimate, orders: Estimate | None) -> Estimate:
    """Return a figure of what was bought as withheld where so few bought that their `orders` are.

    The customers of a group are also those who only waited for a parcel or called: among a hundred of them, the revenue
    of the one who bought is that customer's purchase.
    """
    if orders is None or figure.measure not in _OF_ORDERS:
        return figure
    return replace(figure, estimate=None, lower=None, upper=None, n=0, n_missing=0, note=orders.note)


def _of_goods(figure: Estimate, priced: Priced) -> Estimate:
    """Return a figure that rests on what goods cost, with how many orders do not say it: all, some or none."""
    orders, known = priced.get(tuple(figure.dimensions.values()), (0, 0))
    if figure.measure not in _OF_GOODS or known == orders or _is_withheld(figure):
        return figure
    if known:
        return replace(figure, n_missing=orders - known)
    if figure.measure == "cost_of_goods":
        return replace(figure, estimate=None, lower=None, upper=None, note=NO_GOODS)
    return replace(figure, note=WITHOUT_GOODS)


def _money_figures(question: Question, *, of_costs: bool) -> list[Estimate]:
    """Return the amounts of every group: one row an entry, summed to customers, then to the group."""
    entries = money_entries(question, orders=not of_costs)
    known = entries.filter(entries["customer"].notnull())
    values = {"cost_to_serve": known["cost_to_serve"]}
    if not of_costs:
        values = {name: known[name] for name in AMOUNTS}
        values["margin"] = known["revenue"] - known["cost_of_goods"] - known["cost_to_serve"]
    figures: list[Estimate] = []
    nobody = _of_nobody(question, entries)
    for group in clustered(question, known, values):
        figures += _group_rows(question, group, nobody.pop(tuple(group.dimensions.values()), 0.0))
    for dimensions, cost in nobody.items():
        where = dict(zip(question.by, dimensions, strict=True))
        figures.append(_booked(question, where, "cost_to_serve", cost))
        if not of_costs:
            figures.append(_booked(question, where, "margin", -cost))
    return figures


def money_entries(question: Question, *, orders: bool = True) -> Table:
    """Return money in and out, one row an entry, with the dimensions asked and one column an amount."""
    costs = served(question)
    entries = [_entries(question, costs, {"cost_to_serve": costs["amount"]})]
    if orders:
        bought = question.within(question.facts.table("orders"))
        entries.append(_entries(question, bought, {"revenue": bought["revenue"], "cost_of_goods": bought["cost"]}))
    return stack(entries)


def _entries(question: Question, table: Table, amounts: Mapping[str, Expression]) -> Table:
    table = with_dimensions(question, table.mutate(**{f"amount_{k}": v for k, v in amounts.items()}))
    columns = {
        name: table[f"amount_{name}"].cast("float64").coalesce(0.0) if name in amounts else lit(0.0) for name in AMOUNTS
    }
    return table.select(*(f"by_{name}" for name in question.by), "customer", **columns)


def _of_nobody(question: Question, entries: Table) -> dict[tuple[str | None, ...], float]:
    """Return the cost to serve that no customer is named for, by group."""
    nobody = entries.filter(entries["customer"].isnull())
    alone = nobody.mutate(customer=lit(0, "int64"))
    found = clustered(question, alone, {"cost": alone["cost_to_serve"]})
    return {tuple(group.dimensions.values()): group.values["cost"].total for group in found}


def _booked(question: Question, where: dict[str, str | None], measure: str, amount: float) -> Estimate:
    return Estimate(dimensions=where, measure=measure, estimate=amount, n=0, unit=question.workspace.currency)


def _group_rows(question: Question, group: Group, nobody: float) -> list[Estimate]:
    where, customers = group.dimensions, group.customers
    rows = [count_of(question, where, "customers", customers, customers=customers)]
    reason = withheld(question, customers, customers)
    for name, sums in group.values.items():
        added = nobody if name == "cost_to_serve" else -nobody if name == "margin" else 0.0
        each = of_customers(sums, customers)
        interval = mean_interval(each, confidence_level=question.confidence_level)
        total = Interval(interval.lower * customers, interval.upper * customers) if interval else None
        rows.append(
            Estimate(
                dimensions=where,
                measure=name,
                estimate=None if reason else sums.total + added,
                lower=total.lower + added if total and not reason else None,
                upper=total.upper + added if total and not reason else None,
                n=0 if reason == "withheld-small-cell" else customers,
                unit=question.workspace.currency,
                note=reason,
            )
        )
    rows += [
        mean_of(
            question,
            where,
            f"{name}_per_customer",
            of_customers(group.values[name], customers),
            unit=question.workspace.currency,
        )
        for name in ("margin", "cost_to_serve")
        if name in group.values
    ]
    if group.values["cost_to_serve"].ss == 0 and nobody == 0:
        rows = [_unknown_cost(row) if row.measure.startswith("cost_to_serve") else row for row in rows]
    return rows


def _unknown_cost(figure: Estimate) -> Estimate:
    """Return a cost to serve that nobody gave as what it is: unknown, not nothing."""
    return replace(figure, estimate=None, lower=None, upper=None, note=figure.note if _is_withheld(figure) else NO_COST)


def _is_withheld(figure: Estimate) -> bool:
    return figure.note is not None and figure.note.startswith("withheld")


def of_customers(sums: ClusterSums, customers: int) -> ClusterSums:
    """Return the sums with each customer as one observation: what a customer brings, whatever the entries."""
    return ClusterSums(
        n=customers, clusters=customers, total=sums.total, nn=float(customers), ns=sums.total, ss=sums.ss
    )
