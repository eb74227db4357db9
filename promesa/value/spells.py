"""Spells: the stretches of time during which somebody is a customer, with or without a contract, in the engine."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from promesa.engine import interval_days, lit, stack, when
from promesa.measures import lived_moments, with_dimensions
from promesa.value.purchases import buying

if TYPE_CHECKING:
    from promesa.engine import Table
    from promesa.measures import Question
    from promesa.value.purchases import Buying

PATIENCE = 0.95  # of the silences that ended in a purchase, the share that a lapse must be longer than
FALLBACK_DAYS = 365  # where nobody ever came back


@dataclass(frozen=True, slots=True, kw_only=True)
class Spells:
    """When each customer was one.

    Attributes
    ----------
    bought : Buying
        The purchases behind them; its question carries the end of the observation.
    contract : bool
        Whether customers say goodbye.
    lapse_days : int or None
        Days of silence that a lapse is longer than; None with contracts.
    declared : bool
        Whether the model says so, or it was found in the purchases.
    table : Table
        One row a spell: ``customer``, ``at`` (instant of its first purchase), ``first`` (its day), ``last`` (day of
        its last purchase; of the goodbye in a contract), ``over`` (whether it is known to have ended), ``until`` (last
        day on which the customer counts as one), ``days`` (how long it is known to have lasted).
    """

    bought: Buying
    contract: bool
    lapse_days: int | None
    declared: bool
    table: Table


def spells(question: Question) -> Spells:
    """Return the spells that a question is about: those that began in its window, seen to its end.

    Notes
    -----
    With a contract a spell begins with the first order after the last goodbye, if any, and ends with the next
    goodbye; the first order is the first moment where the company loads no orders. Who joins again has a new spell.

    Without one, a spell ends with a purchase that no other follows within the lapse days. That is only known so many
    days later; so nothing that ended in the last days of the observation is counted as ended, nor as going on: every
    spell is looked at up to the last day of which it can be told.
    """
    bought = buying(question)
    leaving = question.workspace.model.leaving
    if leaving.leaves_at:
        table = _held(bought, _under_contract(bought), leaving)
        return Spells(bought=bought, contract=True, lapse_days=None, declared=True, table=table)
    declared = leaving.lapsed_after_days
    days = declared if declared is not None else usual_patience(bought)
    return Spells(
        bought=bought,
        contract=False,
        lapse_days=days,
        declared=declared is not None,
        table=_held(bought, _of_purchases(bought, days), days),
    )


def renewed(found: Spells) -> Spells:
    """Return the same spells, held anew: the engine holds few tables, and lets go of the oldest."""
    bought = buying(found.bought.question)
    leaving = bought.question.workspace.model.leaving
    if found.lapse_days is None:
        return replace(found, bought=bought, table=_held(bought, _under_contract(bought), leaving))
    table = _held(bought, _of_purchases(bought, found.lapse_days), found.lapse_days)
    return replace(found, bought=bought, table=table)


def _held(bought: Buying, table: Table, what: object) -> Table:
    """Return the spells worked out once, for the several queries that read them."""
    facts, question = bought.question.facts, bought.question
    name = repr(("spells", facts.version, facts.as_of, question.since, bought.end, what, facts.workspace.time_zone))
    return facts.engine.hold(name, table)


def usual_patience(bought: Buying) -> int:
    """Return the silence that 19 in 20 of those that ended in a purchase did not exceed, in days."""
    gaps = with_gaps(bought)
    gaps = gaps.filter(gaps["gap"].notnull())
    found = bought.question.facts.engine.fetch(
        gaps.aggregate(n=gaps.count(), usual=gaps["gap"].cast("float64").quantile([PATIENCE]))
    ).to_pylist()[0]
    return max(round(float(found["usual"][0])), 1) if found["n"] else FALLBACK_DAYS


def with_gaps(bought: Buying) -> Table:
    """Return the days of purchase with ``gap``, the days until the next one; null for the last."""
    days = bought.days
    following = days["day"].lead().over(group_by=days["customer"], order_by=days["day"])
    days = days.mutate(following=following)
    return days.mutate(gap=days["following"].delta(days["day"], unit="day"))


def _of_purchases(bought: Buying, lapse_days: int) -> Table:
    days = bought.days
    before = days["day"].lag().over(group_by=days["customer"], order_by=days["day"])
    days = days.mutate(before=before)
    begins = days["before"].isnull() | (days["day"].delta(days["before"], unit="day") > lapse_days)
    days = days.mutate(begins=when(begins, 1, 0))
    number = days["begins"].sum().over(group_by=days["customer"], order_by=days["day"], rows=(None, 0))
    days = days.mutate(spell=number)
    found = days.group_by("customer", "spell").aggregate(
        at=days["at"].min(), first=days["day"].min(), last=days["day"].max()
    )
    found = _in_window(bought, found)
    told = lit(bought.last_day) - interval_days(lapse_days + 1)  # the last day that is known to be a last one or not
    found = found.mutate(told=told.cast("date"))
    over = found["last"] <= found["told"]
    last_as_one = (found["last"] + interval_days(lapse_days)).cast("date")
    found = found.mutate(over=over, until=when(last_as_one < bought.last_day, last_as_one, lit(bought.last_day)))
    end = when(found["over"], found["last"], found["told"])
    return found.mutate(days=end.delta(found["first"], unit="day")).drop("told", "spell")


def _under_contract(bought: Buying) -> Table:
    question = bought.question
    names = question.workspace.model.leaving.leaves_at
    moments = lived_moments(question)
    moments = moments.filter(moments["at"] <= bought.end)
    goodbyes = moments.filter(moments["touchpoint"].isin(names)).select("customer", "at", leaves=lit(1, "int64"))
    if question.facts.is_empty("orders"):
        signs = moments.filter(~moments["touchpoint"].isin(names))
    else:
        signs = bought.orders.filter(bought.orders["bought"])
    events = stack([goodbyes, signs.select("customer", "at", leaves=lit(0, "int64"))])
    # A purchase at the very instant of a goodbye belongs to the spell that it ends.
    order = [events["at"], events["leaves"]]
    number = (events["leaves"].sum().over(group_by=events["customer"], order_by=order, rows=(None, 0))).coalesce(0)
    events = events.mutate(spell=number - events["leaves"])
    found = events.group_by("customer", "spell").aggregate(
        at=when(events["leaves"] == 0, events["at"], None).min(),
        left=when(events["leaves"] == 1, events["at"], None).min(),
    )
    found = _in_window(bought, found.filter(found["at"].notnull()))
    local = question.facts.local
    found = found.mutate(first=local(found["at"]).date(), left=local(found["left"]).date())
    last = found["left"].coalesce(lit(bought.last_day))
    found = found.mutate(over=found["left"].notnull(), last=last, until=last)
    return found.mutate(days=found["last"].delta(found["first"], unit="day")).drop("spell", "left")


def _in_window(bought: Buying, table: Table) -> Table:
    since = bought.question.since
    return table if since is None else table.filter(table["at"] >= since)


def with_groups(found: Spells, table: Table) -> Table:
    """Return spells with the dimensions asked: traits, and of the first purchase its period, channel and product."""
    question = found.bought.question
    columns = [name for name in question.by if name in ("channel", "product")]
    if columns:
        orders = found.bought.orders
        orders = orders.filter(orders["bought"])
        # Of two orders at one instant the first by name, so that it is the same on every engine.
        first = orders.group_by(buyer="customer", began="at").aggregate(
            **{name: orders[name].min() for name in columns}
        )
        table = table.left_join(first, [table["customer"] == first["buyer"], table["at"] == first["began"]])
        table = table.drop("buyer", "began")
    return with_dimensions(question, table)
