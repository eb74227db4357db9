"""What stands behind both the experience and what came of it: price, channel, season, tenure, traits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from promesa.engine import lit, when
from promesa.experience.orders import own_orders, summed_until
from promesa.experience.units import UNIT
from promesa.measures import PREFIX, with_dimensions
from promesa.workspace import BUILT_IN_CONFOUNDERS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from promesa.engine import Table
    from promesa.measures import Question

NUMBERS = ("price", "tenure", "earlier_orders")
WORDS = ("channel", "product", "season")
LEAST_SHARE = 0.01  # rarer values of a confounder stand together
MOST_LEVELS = 40
OTHER, NOT_STATED = "other", "not stated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Confounder:
    """One column that is adjusted for.

    Attributes
    ----------
    name : str
        ``price``, ``channel``, ``season``, ``tenure``, ``earlier_orders``, ``product`` or a trait.
    level : str or None
        Of a confounder with values: the one that this column marks with 1; the most frequent has no column.
        ``not stated`` marks rows without a number.
    """

    name: str
    level: str | None = None


def confounders_of(question: Question) -> tuple[str, ...]:
    """Return the names of what is adjusted for in a workspace."""
    declared = question.workspace.model.studies.drivers.confounders
    return declared or (*BUILT_IN_CONFOUNDERS, *question.workspace.model.traits)


def with_confounders(question: Question, rows: Table) -> Table:
    """Return the rows with a column ``c_<name>`` for each confounder: numbers as they are, values as texts."""
    names = confounders_of(question)
    wanted = rows.columns
    table = _with_history(question, _with_purchase(question, rows))
    table = table.mutate(c_season=question.facts.local(table["started_at"]).strftime("%m"))
    traits = tuple(name for name in names if name in question.workspace.model.traits)
    table = with_dimensions(replace(question, by=traits), table)
    columns = {f"c_{name}": table[PREFIX + name if name in traits else f"c_{name}"] for name in names}
    return table.select(*wanted, **columns)


def _with_purchase(question: Question, rows: Table) -> Table:
    """Join what the unit's own orders cost, through which channel and of which product (the last by name)."""
    orders = own_orders(question, rows)
    own = orders.group_by(ordered_in=UNIT).aggregate(
        c_price=orders["revenue"].sum().cast("float64"),
        c_channel=orders["channel"].max(),
        c_product=orders["product"].max(),
    )
    return rows.left_join(own, rows[UNIT] == own["ordered_in"]).drop("ordered_in")


def _with_history(question: Question, rows: Table) -> Table:
    """Join what the customer had bought before the unit began, its own orders left out, and since when."""
    orders = question.facts.table("orders").mutate(amount_=lit(1, "int64"))
    starts = rows.select(UNIT, "customer", mark_=lit(0), time_="started_at")
    before = summed_until(orders, starts, strictly=True).select(before_of=UNIT, before_="total_")
    own = own_orders(question, rows)
    own = own.filter((own["customer"] == own["row_customer"]) & (own["at"] < own["row_start"]))
    early = own.group_by(early_of=UNIT).aggregate(early_=own.count())
    first = orders.group_by(first_of="customer").aggregate(first_=orders["at"].min())
    table = rows.left_join(before, rows[UNIT] == before["before_of"])
    table = table.left_join(early, table[UNIT] == early["early_of"])
    table = table.left_join(first, table["customer"] == first["first_of"])
    earlier = table["before_"].coalesce(0) - table["early_"].coalesce(0)
    started, began = (question.facts.local(table[name]).date() for name in ("started_at", "first_"))
    days = started.delta(began, unit="day").cast("float64")
    table = table.mutate(c_earlier_orders=earlier.cast("float64"), c_tenure=when(earlier > 0, days, 0.0))
    return table.drop("before_of", "before_", "early_of", "early_", "first_of", "first_")


def columns_of_number(name: str, values: NDArray[np.float64]) -> tuple[list[Confounder], list[NDArray[np.float64]]]:
    """Return a number as the columns it is adjusted by: on a logarithmic scale, and where it is not stated.

    One that is the same in every row, or stated in none, has no column.
    """
    missing = np.isnan(values)
    known = values[~missing]
    if not known.size:
        return [], []
    made: list[Confounder] = []
    columns: list[NDArray[np.float64]] = []
    if known.min() < known.max():
        scaled = np.log1p(values - min(float(known.min()), 0.0))
        scaled[missing] = float(scaled[~missing].mean())
        made.append(Confounder(name=name))
        columns.append(scaled)
    if missing.any():
        made.append(Confounder(name=name, level=NOT_STATED))
        columns.append(missing.astype(float))
    return made, columns


def columns_of_words(
    name: str, codes: NDArray[np.int64], levels: list[str]
) -> tuple[list[Confounder], list[NDArray[np.float64]]]:
    """Return a confounder with values as one column a value, the most frequent left out, rare ones together.

    Parameters
    ----------
    codes : ndarray of int, shape (n,)
        Position in `levels`; -1 where it is not stated.
    """
    counts = np.bincount(codes + 1, minlength=len(levels) + 1)
    names = [NOT_STATED, *levels]
    often: list[int] = [
        int(k) for k in np.argsort(-counts, kind="stable") if counts[k] >= max(1, LEAST_SHARE * codes.size)
    ]
    often = often[: MOST_LEVELS + 1]
    made = [Confounder(name=name, level=names[k]) for k in often[1:]]
    columns = [(codes + 1 == k).astype(float) for k in often[1:]]
    rare = ~np.isin(codes + 1, often)
    if rare.any() and often:
        made.append(Confounder(name=name, level=OTHER))
        columns.append(rare.astype(float))
    return made, columns
