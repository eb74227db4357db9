"""What came of each unit, and when it was known."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from promesa.engine import interval_days, lit, null_of, stack, when
from promesa.experience.orders import own_orders, sum_where, summed_until
from promesa.experience.units import UNIT, moments_of_units, place_of, units_of, with_unit
from promesa.measures import PROMOTER_FROM, own_opinions, score_value
from promesa.workspace import OF_OPINIONS, OF_ORDERS

if TYPE_CHECKING:
    from promesa.engine import Expression, Table
    from promesa.measures import Question
    from promesa.workspace import Concept, Outcome

MONEY = "decimal(20, 4)"


def came_of(question: Question, outcome: Outcome) -> Table:
    """Return every unit with whether its outcome is known.

    Returns
    -------
    Table
        The columns of `units_of`, ``known`` (boolean), ``known_at`` (only what was lived before that instant can
        have led to the outcome; null where all of the unit lies before) and ``value``, which `with_gain` fills in
        for outcomes of orders.

    Notes
    -----
    A score is the mean of the unit's answers, known when the first was given. A complaint is known when it was
    made. Outcomes of orders are known where the unit ended their days or more before `as_of`; nowhere in a company
    that loads no orders.
    """
    if outcome.kind in OF_OPINIONS:
        return _heard(question, outcome)
    if outcome.kind == "complaint":
        return _complained(question, outcome)
    units = units_of(question)
    known = units["ended_at"] + interval_days(days_of(question, outcome)) <= question.facts.as_of
    if question.facts.is_empty("orders"):
        known = lit(False)  # noqa: FBT003 (a constant of the query)
    return units.mutate(known=known, known_at=null_of("timestamp(6)"), value=null_of("float64"))


def days_of(question: Question, outcome: Outcome) -> int:
    """Return how many days after a unit its orders are counted."""
    return outcome.within_days or question.workspace.model.return_within_days


def _heard(question: Question, outcome: Outcome) -> Table:
    concept = question.workspace.model.concepts[str(outcome.concept)]
    opinions = question.facts.engine.named_anew(place_of(question, "own opinions"), own_opinions(question))
    said = with_unit(question, opinions.filter(opinions["concept"] == concept.name))
    answered = said.mutate(value_=answer_value(said, concept, outcome))
    answered = answered.filter(answered["value_"].notnull())
    answers = answered.group_by(answered_in=UNIT).aggregate(
        value=answered["value_"].mean(), known_at=answered["at"].min()
    )
    units = units_of(question)
    joined = units.left_join(answers, units[UNIT] == answers["answered_in"]).drop("answered_in")
    return joined.mutate(known=joined["value"].notnull())


def answer_value(said: Table, concept: Concept, outcome: Outcome) -> Expression:
    """Return what one answer adds to an outcome: its score on the declared scale, or 1 where it promotes and 0 else."""
    if outcome.kind == "score":
        return score_value(said, replace(concept, kind="mean"))
    top = concept.top_from if concept.kind == "top_box" else float(PROMOTER_FROM) if concept.kind == "nps" else None
    top = concept.scale[1] if top is None else top
    return score_value(said, replace(concept, kind="top_box", top_from=top))


def _complained(question: Question, outcome: Outcome) -> Table:
    units = units_of(question)
    moments = moments_of_units(question)
    made = moments.filter(moments["touchpoint"].isin(outcome.touchpoints))
    complaints = made.group_by(complained_in=UNIT).aggregate(known_at=made["at"].min())
    joined = units.left_join(complaints, units[UNIT] == complaints["complained_in"]).drop("complained_in")
    return joined.mutate(known=lit(True), value=when(joined["known_at"].notnull(), 1.0, 0.0))  # noqa: FBT003


def with_gain(question: Question, outcome: Outcome, rows: Table) -> Table:
    """Return the rows with ``value`` filled in, where it is one of orders.

    Notes
    -----
    What counts are the orders of the row's customer after its last moment, within the outcome's days; those of the
    same unit do not. An order without a journey is of no unit, so it counts.
    """
    if outcome.kind not in OF_ORDERS:
        return rows
    days = interval_days(days_of(question, outcome))
    orders = _with_amount(question.facts.table("orders"), outcome)
    ends = stack([
        rows.select(UNIT, "customer", mark_=lit(0), time_=rows["ended_at"]),
        rows.select(UNIT, "customer", mark_=lit(1), time_=rows["ended_at"] + days),
    ])  # fmt: skip
    sums = summed_until(orders, ends, strictly=False)
    after = sums.group_by(after_of=UNIT).aggregate(
        after=sum_where(sums["mark_"] == 1, sums["total_"]) - sum_where(sums["mark_"] == 0, sums["total_"])
    )
    own = _with_amount(own_orders(question, rows), outcome)
    own = own.filter(
        (own["customer"] == own["row_customer"]) & (own["at"] > own["row_end"]) & (own["at"] <= own["row_end"] + days)
    )
    within = own.group_by(within_of=UNIT).aggregate(within=own["amount_"].sum())
    joined = rows.left_join(after, rows[UNIT] == after["after_of"])
    joined = joined.left_join(within, joined[UNIT] == within["within_of"])
    gain = joined["after"].coalesce(0) - joined["within"].coalesce(0)
    value = when(gain > 0, 1.0, 0.0) if outcome.kind == "return" else gain.cast("float64")
    return joined.mutate(value=value).select(*rows.columns)


def _with_amount(orders: Table, outcome: Outcome) -> Table:
    if outcome.kind == "return":
        return orders.mutate(amount_=lit(1, "int64"))
    amount = orders["revenue"].cast(MONEY)
    if outcome.kind == "margin":
        amount = amount - orders["cost"].cast(MONEY).coalesce(lit(0).cast(MONEY))
    return orders.mutate(amount_=amount.cast(MONEY).coalesce(lit(0).cast(MONEY)))
