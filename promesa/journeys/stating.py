"""The same promise in several channels: how much is promised in each, and whether it is the same."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from promesa.engine import when
from promesa.measures import PREFIX, clustered, mean_of, withheld
from promesa.promises import commitments
from promesa.results import Estimate
from promesa.stats import QUANTILE_GRID, quantile_interval

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from promesa.engine import Table
    from promesa.measures import Question
    from promesa.workspace import Promise

CHANNEL = "channel"
_EXTRA = {"measured": "stated", "against": None, "p_value": None, "p_adjusted": None, "found": None}


def stated_figures(question: Question, *, columns: Sequence[str]) -> Iterator[Estimate]:
    """Yield what each promise promised in each channel of sale.

    Parameters
    ----------
    columns : sequence of str
        Dimensions with which the commitments were judged already, so that they need not be judged again.

    Notes
    -----
    The channel is that of the order of the journey, where the promise was heard; else that of the moment. A promise
    whose value is the same everywhere is not shown. The median over all channels is taken as it is: with many
    commitments its own error is small beside that of one channel.
    """
    asked = replace(question, by=tuple(columns))
    for promise in question.workspace.model.promises.values():
        if _is_number(promise.promised):
            continue
        table = _stated(asked, promise)
        found = _quantiles(question, table)
        shown = {key: row for key, row in found.items() if key is not None and _shown(question, row)}
        whole = found.get(None)
        if whole is None or len(shown) < 2 or whole["grid"][0] == whole["grid"][-1]:
            continue
        middle = whole["grid"][QUANTILE_GRID.index(0.5)]
        values = {
            "stated_less": when(table["stated"] < middle, 1.0, 0.0),
            "stated_more": when(table["stated"] > middle, 1.0, 0.0),
        }
        for group in clustered(question, table, values, names=(CHANNEL,)):
            channel = group.dimensions[CHANNEL]
            if channel not in shown:
                continue
            where = {"touchpoint": None, "promise": promise.name, "by": CHANNEL, "group": channel}
            yield _median(question, shown[channel], where, promise.unit)
            for measure in values:
                yield mean_of(
                    question, where, measure, group.values[measure], unit="fraction", kind="share",
                    extra=dict(_EXTRA),
                )  # fmt: skip


def _is_number(sql: str) -> bool:
    """Tell whether what is promised is one number for everybody."""
    try:
        float(sql)
    except ValueError:
        return False
    return True


def _stated(question: Question, promise: Promise) -> Table:
    due = commitments(question, promise)
    due = due.filter(due["stated"].notnull())
    orders = question.facts.table("orders")
    orders = orders.filter(orders["journey"].notnull())
    sold = orders.group_by(sold_in="journey").aggregate(sold_channel=orders["channel"].min())
    joined = due.left_join(sold, due["journey"] == sold["sold_in"])
    return joined.mutate(**{PREFIX + CHANNEL: joined["sold_channel"]})


def _quantiles(question: Question, table: Table) -> dict[str | None, dict[str, Any]]:
    """Return what was promised in each channel and, under None, in all that are known."""
    known = table.filter(table[PREFIX + CHANNEL].notnull())
    sums = {
        "n": known.count(),
        "customers": known["customer"].nunique(),
        "grid": known["stated"].quantile(list(QUANTILE_GRID)),
    }
    engine = question.facts.engine
    rows = engine.fetch(known.group_by(PREFIX + CHANNEL).aggregate(**sums)).to_pylist()
    found: dict[str | None, dict[str, Any]] = {row[PREFIX + CHANNEL]: row for row in sorted(rows, key=_channel)}
    if rows:
        found[None] = engine.fetch(known.aggregate(**sums)).to_pylist()[0]
    return found


def _channel(row: dict[str, Any]) -> str:
    return str(row[PREFIX + CHANNEL])


def _shown(question: Question, row: dict[str, Any]) -> bool:
    return withheld(question, int(row["n"]), int(row["customers"])) is None


def _median(question: Question, row: dict[str, Any], where: dict[str, str | None], unit: str) -> Estimate:
    estimate, ends = quantile_interval(
        row["grid"], 0.5, float(row["customers"]), confidence_level=question.confidence_level
    )
    return Estimate(
        dimensions=where, measure="stated_median", estimate=estimate, lower=ends.lower, upper=ends.upper,
        n=int(row["n"]), unit=unit, extra=dict(_EXTRA),
    )  # fmt: skip
