"""The sums that clustered figures need, brought by one query: groups x values -> six numbers each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from promesa.engine import when
from promesa.measures.slices import PREFIX, group_of, sort_key
from promesa.stats import ClusterSums

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from promesa.engine import Expression, Table
    from promesa.measures.slices import Question


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The sums of one group.

    Attributes
    ----------
    dimensions : dict of str to str or None
        Which group.
    rows : int
        Rows of the group.
    customers : int
        Different customers among them; a row without a customer counts as one person.
    values : dict of str to ClusterSums
        For each value asked, sums clustered by customer. A null value is not an observation.
    """

    dimensions: dict[str, str | None]
    rows: int
    customers: int
    values: dict[str, ClusterSums]


def clustered(
    question: Question,
    table: Table,
    values: Mapping[str, Expression],
    *,
    names: Sequence[str] = (),
    weights: Mapping[str, Expression] | None = None,
    anonymous: bool = False,
) -> list[Group]:
    """Return, for each group of `table`, the sums of each value clustered by customer.

    Parameters
    ----------
    question : Question
        Gives the dimensions; `table` must carry them (`with_dimensions`).
    table : Table
        Rows with a column ``customer``.
    values : mapping of str to expression
        Numbers over `table`; null where a row has none.
    names : sequence of str
        Further dimensions that `table` carries as ``by_<name>``, put before those of the question.
    weights : mapping of str to expression, or None
        For each value, how many observations a row stands for; None counts the values that are not null.
        Weights of 0 and values of 0 let rows of two tables, one with the observations and one with what
        they add, be summed without a join.
    anonymous : bool
        Whether rows may have no customer; each such row is then a cluster of its own.
    """
    keys = [PREFIX + name for name in (*names, *question.by)]
    numbers = {f"v{i}": v.cast("float64") for i, v in enumerate(values.values())}
    if weights is not None:
        numbers |= {f"w{i}": weights[value].cast("int64") for i, value in enumerate(values)}
    table = table.select(*keys, "customer", **numbers)
    by_customer = partial(_by_customer, keys=keys, count=len(values), anonymous=anonymous)
    found = _fetch(question, table, by_customer, names, tuple(values))
    if anonymous:
        one_by_one = partial(_one_by_one, keys=keys, count=len(values))
        found = _added(found, _fetch(question, table, one_by_one, names, tuple(values)))
    return sorted(found, key=lambda group: sort_key(group.dimensions))


def _by_customer(table: Table, keys: list[str], count: int, *, anonymous: bool) -> Table:
    """Sum to (group, customer), then to the group: the inner table is the only large one."""
    if anonymous:
        table = table.filter(table["customer"].notnull())
    weighted = "w0" in table.columns
    inner = table.group_by([*keys, "customer"]).aggregate(
        k=table.count(),
        **{f"n{i}": table[f"w{i}"].sum() if weighted else table[f"v{i}"].count() for i in range(count)},
        **{f"s{i}": table[f"v{i}"].sum() for i in range(count)},
    )
    sums: dict[str, Expression] = {"rows": inner["k"].sum(), "customers": inner.count()}
    for i in range(count):
        n, s = inner[f"n{i}"].cast("float64"), inner[f"s{i}"].coalesce(0.0)
        sums |= {
            f"n{i}": inner[f"n{i}"].sum(),
            f"c{i}": when(inner[f"n{i}"] > 0, 1, 0).sum(),
            f"t{i}": s.sum(),
            f"nn{i}": (n * n).sum(),
            f"ns{i}": (n * s).sum(),
            f"ss{i}": (s * s).sum(),
        }
    return inner.group_by(keys).aggregate(**sums) if keys else inner.aggregate(**sums)


def _one_by_one(table: Table, keys: list[str], count: int) -> Table:
    table = table.filter(table["customer"].isnull())
    sums: dict[str, Expression] = {"rows": table.count(), "customers": table.count()}
    for i in range(count):
        v = table[f"v{i}"]
        n = table[f"w{i}"].cast("float64") if "w0" in table.columns else when(v.notnull(), 1.0, 0.0)
        sums |= {f"n{i}": n.sum(), f"c{i}": when(n > 0, 1, 0).sum(), f"t{i}": v.sum(), f"nn{i}": (n * n).sum()}
        sums |= {f"ns{i}": (n * v).sum(), f"ss{i}": (v * v).sum()}
    return table.group_by(keys).aggregate(**sums) if keys else table.aggregate(**sums)


def _fetch(
    question: Question, rows: Table, make: partial[Table], names: Sequence[str], values: Sequence[str]
) -> list[Group]:
    groups: list[Group] = []
    shape = f"{make.func.__name__} {make.keywords}"
    for row in question.facts.engine.fetch_over(rows, shape, make).to_pylist():
        if not row["rows"]:
            continue
        sums = {
            value: ClusterSums(
                n=int(row[f"n{i}"] or 0),
                clusters=int(row[f"c{i}"] or 0),
                total=float(row[f"t{i}"] or 0),
                nn=float(row[f"nn{i}"] or 0),
                ns=float(row[f"ns{i}"] or 0),
                ss=float(row[f"ss{i}"] or 0),
            )
            for i, value in enumerate(values)
        }
        groups.append(
            Group(
                dimensions=group_of(question, row, names=names),
                rows=int(row["rows"]),
                customers=int(row["customers"]),
                values=sums,
            )
        )
    return groups


def _added(first: list[Group], second: list[Group]) -> list[Group]:
    """Return the groups of both, those with the same dimensions added up."""
    merged = {tuple(group.dimensions.items()): group for group in first}
    for group in second:
        key = tuple(group.dimensions.items())
        merged[key] = _sum_of(merged[key], group) if key in merged else group
    return list(merged.values())


def _sum_of(a: Group, b: Group) -> Group:
    values = {
        name: ClusterSums(**{f: getattr(a.values[name], f) + getattr(b.values[name], f) for f in ClusterSums.__slots__})
        for name in a.values
    }
    return Group(dimensions=a.dimensions, rows=a.rows + b.rows, customers=a.customers + b.customers, values=values)
