"""What customers did before and after their first answer, one row a customer: tables of the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from promesa.engine import case, interval_days, lit, null_of, stack, when
from promesa.measures import (
    DETRACTOR_TO,
    PREFIX,
    PROMOTER_FROM,
    cost_to_serve,
    costs_beside_the_books,
    lived_moments,
    of_drawn_customers,
    own_opinions,
    score_value,
    with_dimensions,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from promesa.engine import Expression, Table
    from promesa.measures import Question
    from promesa.workspace import Concept

    Floats = NDArray[np.float64]

AFTER_DAYS = 365
MOST = 50_000  # customers of a regression
GROUPS = ("promoter", "passive", "detractor")
AFTER = ("spend", "margin", "cost_to_serve", "moments", "referrals")
_ENTRY = ("orders", "spend", "goods", "served", "moments", "referrals")


def answered(question: Question, concept: Concept) -> Table:
    """Return one row a customer who answered in the window: what kind of answer, what came before and after it.

    Returns
    -------
    Table
        ``customer``, ``by_group`` and the question's dimensions, ``returned`` (0 or 1; null where the days to return
        are not over), the sums `AFTER` over the `AFTER_DAYS` that follow (null where they are not over), ``before``
        (spent in as many days before), ``tenure`` (days since the first order, 0 without one), ``channel``.
    """
    first = _first_answers(question, concept)
    days = question.workspace.model.return_within_days
    entries = _entries(question)
    pairs = first.inner_join(entries, first["customer"] == entries["payer"])
    later, at = pairs["time"], pairs["at"]
    soon = (later > at) & (later <= at + interval_days(days))
    after = (later > at) & (later <= at + interval_days(AFTER_DAYS))
    before = (later <= at) & (later > at - interval_days(AFTER_DAYS))
    sums = pairs.group_by("customer").aggregate(
        returns=when(soon, pairs["orders"], 0.0).sum(),
        **{f"{name}_sum": when(after, pairs[name], 0.0).sum() for name in _ENTRY},
        earlier=when(before, pairs["spend"], 0.0).sum(),
        began=when((pairs["orders"] > 0) & (later <= at), later, null_of("timestamp(6)")).min(),
    )
    joined = first.left_join(sums.rename(who="customer"), first["customer"] == sums["customer"])
    return _measured(question, joined, days)


def _measured(question: Question, joined: Table, days: int) -> Table:
    as_of, nothing = question.facts.as_of, null_of("float64")
    over, all_over = (joined["at"] + interval_days(d) <= as_of for d in (days, AFTER_DAYS))
    value = {name: joined[f"{name}_sum"].coalesce(0.0) for name in _ENTRY}
    after = {
        "spend": value["spend"],
        "margin": value["spend"] - value["goods"] - value["served"],
        "cost_to_serve": value["served"],
        "moments": value["moments"],
        "referrals": value["referrals"],
    }
    tenure = joined["at"].date().delta(joined["began"].coalesce(joined["at"]).date(), unit="day").cast("float64")
    return joined.select(
        *(PREFIX + name for name in ("group", *question.by)),
        "customer",
        "channel",
        returned=when(over, when(joined["returns"].coalesce(0.0) > 0, 1.0, 0.0), nothing),
        **{name: when(all_over, amount, nothing) for name, amount in after.items()},
        before=joined["earlier"].coalesce(0.0),
        tenure=tenure,
    )


def _first_answers(question: Question, concept: Concept) -> Table:
    """Return the first answer of each customer in the window; of two at one instant the lower."""
    said = own_opinions(question)
    said = said.filter((said["concept"] == concept.name) & said["score"].notnull() & said["customer"].notnull())
    said = said.mutate(score_=score_value(said, _plain(concept)))
    first = said.group_by(who="customer").aggregate(began=said["at"].min())
    joined = said.inner_join(first, [said["customer"] == first["who"], said["at"] == first["began"]])
    one = joined.group_by("customer").aggregate(
        at=joined["at"].min(), score=joined["score_"].min(), channel=joined["channel"].min()
    )
    up, down = bounds(concept)
    group = case((one["score"] >= up, lit("promoter")), (one["score"] <= down, lit("detractor")), otherwise="passive")
    return with_dimensions(question, one.mutate(**{PREFIX + "group": group}))


def _plain(concept: Concept) -> Concept:
    from dataclasses import replace

    return replace(concept, kind="mean")


def bounds(concept: Concept) -> tuple[float, float]:
    """Return from which score on a customer promotes, and up to which one warns others off.

    A concept that is no NPS promotes at its top answers; as far from its lower end as they are from the upper one,
    customers warn others off.
    """
    if concept.kind == "nps":
        return float(PROMOTER_FROM), float(DETRACTOR_TO)
    low, high = concept.scale
    up = concept.top_from if concept.top_from is not None else high
    return up, min(low + (high - up), (low + high) / 2 - 1e-9)


def _entries(question: Question) -> Table:
    """Return orders, moments lived, costs and referrals as one table of amounts, whenever they were."""
    from dataclasses import replace

    always = replace(question, since=None, until=None)
    orders, costs = question.facts.table("orders"), question.facts.table("costs")
    costs = costs_beside_the_books(question, costs)
    lived = lived_moments(always)
    parts = [
        _entry(orders, {"orders": lit(1.0), "spend": orders["revenue"], "goods": orders["cost"]}),
        _entry(lived, {"moments": lit(1.0), "served": cost_to_serve(question, lived)}),
        _entry(costs, {"served": costs["amount"]}),
    ]
    action = question.workspace.model.referral_action
    if action is not None:
        deeds = question.facts.table("deeds")
        parts.append(_entry(deeds.filter(deeds["action"] == action), {"referrals": lit(1.0)}))
    return stack(parts)


def _entry(table: Table, amounts: Mapping[str, Expression]) -> Table:
    columns = {name: amounts[name].cast("float64").coalesce(0.0) if name in amounts else lit(0.0) for name in _ENTRY}
    known = table.mutate(**columns)
    return known.filter(known["customer"].notnull()).select(payer="customer", time="at", **{n: n for n in _ENTRY})


def rows_of(question: Question, table: Table) -> tuple[dict[str, Floats], NDArray[np.object_], NDArray[np.object_]]:
    """Return numbers, groups and channels of at most `MOST` customers, drawn by their surrogate."""
    drawn, _ = of_drawn_customers(question, table, most=MOST)
    found = question.facts.engine.fetch(drawn.order_by("customer"))
    numbers: Sequence[str] = ("returned", *AFTER, "before", "tenure")
    values = {name: np.array(found.column(name).to_numpy(zero_copy_only=False), dtype=np.float64) for name in numbers}
    groups, channels = (np.array(found.column(k).to_pylist(), dtype=object) for k in (PREFIX + "group", "channel"))
    return values, groups, channels
