"""What is measured at a touchpoint in the same way wherever it is served: score, wait, promise kept."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from promesa.engine import lit, null_of, stack, when
from promesa.journeys.assembling import JOURNEY
from promesa.journeys.heard import moment_scores
from promesa.measures import PREFIX, lived_moments, with_dimensions
from promesa.promises import commitments

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promesa.engine import Expression, Table
    from promesa.journeys.assembling import Steps
    from promesa.measures import Question

SCORE, WAIT = "score", "wait"
SECONDS_AN_HOUR = 3600.0
LONGEST = 0.99  # waits above this quantile of their touchpoint count as it


def observed(steps: Steps, columns: Sequence[str]) -> Table:
    """Return everything measured at touchpoints in the window, one row a measurement.

    Parameters
    ----------
    columns : sequence of str
        Dimensions wanted; ``touchpoint`` is one of them.

    Returns
    -------
    Table
        ``customer``, ``what_`` (``score``, ``wait`` or the name of a promise), ``value_`` (0 to 10; hours; 1 or 0) and
        ``by_<dimension>``.
    """
    asked = replace(steps.question, by=tuple(columns))
    parts = [
        _of_moments(asked, moment_scores(steps), "score_", SCORE),
        _of_moments(asked, _waits(steps), "wait_", WAIT),
    ]
    for promise in asked.workspace.model.promises.values():
        due = commitments(asked, promise)
        judged = due.filter(due["status"].isin(["kept", "broken"]))
        parts.append(_observations(judged, columns, promise.name, when(judged["status"] == "kept", 1.0, 0.0)))
    return stack(parts)


def _of_moments(asked: Question, measured: Table, value: str, what: str) -> Table:
    """Return a measurement of moments with the dimensions of its moment."""
    lived = with_dimensions(asked, lived_moments(asked))
    found = measured.select(found_source="source", found_id="id", value_found=value)
    joined = lived.inner_join(found, [lived["source"] == found["found_source"], lived["id"] == found["found_id"]])
    return _observations(joined, asked.by, what, joined["value_found"])


def _observations(table: Table, columns: Sequence[str], what: str, value: Expression) -> Table:
    named = {PREFIX + name: table[PREFIX + name] for name in columns}
    return table.select(**named, customer=table["customer"], what_=lit(what), value_=value.cast("float64"))


def _waits(steps: Steps) -> Table:
    """Return the hours between each moment after the purchase and the one before it in its journey.

    Before and during a purchase it is the customer who takes the time.
    """
    table = steps.table
    ordered = table.group_by(JOURNEY).order_by(table["place_"])
    table = ordered.mutate(before_=table["at"].lag())
    hours = table["at"].delta(table["before_"], unit="microsecond").cast("float64") / 1e6 / SECONDS_AN_HOUR
    table = table.mutate(wait_=when(table["before_"].isnull(), null_of("float64"), hours))
    after = [one.name for one in steps.question.workspace.model.touchpoints.values() if one.stage == "after"]
    table = table.filter(table["wait_"].notnull() & table["touchpoint"].isin(after) if after else lit(value=False))
    table = table.select("source", "id", "touchpoint", "wait_")
    most = table.group_by(of_touchpoint="touchpoint").aggregate(most_=table["wait_"].quantile(LONGEST))
    joined = table.inner_join(most, table["touchpoint"] == most["of_touchpoint"])
    return joined.mutate(wait_=when(joined["wait_"] > joined["most_"], joined["most_"], joined["wait_"]))
