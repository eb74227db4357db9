"""What stands behind both the experience and what came of it: price, channel, season, tenure, traits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from promesa.experience.units import UNIT, with_unit
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
    table = _with_orders(question, rows)
    table = table.mutate(c_season=question.facts.local(table["started_at"]).strftime("%m"))
    traits = tuple(name for name in names if name in question.workspace.model.traits)
    table = with_dimensions(replace(question, by=traits), table)
    columns = {f"c_{name}": table[PREFIX + name if name in traits else f"c_{name}"] for name in names}
    return table.select(*wanted, **columns)


def _with_orders(question: Question, rows: Table) -> Table:
    """Join what the unit's own orders cost, through which channel, and what its customer had bought before."""
    orders = with_unit(question, question.facts.table("orders"))
    own = orders.group_by(ordered_in=UNIT).aggregate(
        c_price=orders["revenue"].cast("float64").sum(),
        c_channel=orders["channel"].max(),
        c_product=orders["product"].max(),
    )
    bought = question.facts.table("orders").select(buyer="customer", bought_at="at")
    earlier = rows.select(UNIT, "customer", "started_at").inner_join(bought, rows["customer"] == bought["buyer"])
    earlier = earlier.filter(earlier["bought_at"] < earlier["started_at"])
    before = earlier.group_by(before_of=UNIT).aggregate(
        bought_before=earlier.count(), first_at=earlier["bought_at"].min()
    )
    table = rows.left_join(own, rows[UNIT] == own["ordered_in"])
    table = table.left_join(before, table[UNIT] == before["before_of"])
    days = table["started_at"].truncate("D").delta(table["first_at"].truncate("D"), unit="day")
    return table.mutate(
        c_earlier_orders=table["bought_before"].coalesce(0).cast("float64"), c_tenure=days.cast("float64").coalesce(0.0)
    )


def columns_of_number(name: str, values: NDArray[np.float64]) -> tuple[list[Confounder], list[NDArray[np.float64]]]:
    """Return a number as the columns it is adjusted by: on a logarithmic scale, and where it is not stated."""
    missing = np.isnan(values)
    known = values[~missing]
    least = float(known.min()) if known.size else 0.0
    scaled = np.log1p(values - min(least, 0.0))
    scaled[missing] = float(np.log1p(known - min(least, 0.0)).mean()) if known.size else 0.0
    made, columns = [Confounder(name=name)], [scaled]
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
    often = [k for k in np.argsort(-counts, kind="stable") if counts[k] >= max(1, LEAST_SHARE * codes.size)]
    often = often[: MOST_LEVELS + 1]
    made = [Confounder(name=name, level=names[k]) for k in often[1:]]
    columns = [(codes + 1 == k).astype(float) for k in often[1:]]
    rare = ~np.isin(codes + 1, often)
    if rare.any() and often:
        made.append(Confounder(name=name, level=OTHER))
        columns.append(rare.astype(float))
    return made, columns
