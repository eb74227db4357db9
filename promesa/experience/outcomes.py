"""What came of each journey: one row a unit, with when it was known."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from promesa.engine import interval_days, null_of, when
from promesa.experience.units import UNIT, with_unit
from promesa.measures import lived_moments, own_opinions, score_value
from promesa.workspace import OF_OPINIONS

if TYPE_CHECKING:
    from promesa.engine import Table
    from promesa.measures import Question
    from promesa.workspace import Concept, Outcome

PROMOTER_FROM = 9.0


def came_of(question: Question, outcome: Outcome) -> Table:
    """Return what came of each unit.

    Returns
    -------
    Table
        ``unit_``, ``customer``, ``started_at``, ``value`` (float; null where it is not known yet) and ``known_at``:
        only what was lived before that instant can have led to it; null where all of the unit lies before.

    Notes
    -----
    A score is the mean of the unit's answers, known when the first was given. A complaint is known when it was
    made. A return, revenue or margin is that of the customer's orders of other units within the outcome's days
    after the unit's last moment; units that ended less than those days before `as_of` are not known yet.
    """
    if outcome.kind in OF_OPINIONS:
        return _heard(question, outcome)
    if outcome.kind == "complaint":
        return _complained(question, outcome)
    return _followed(question, outcome)


def _heard(question: Question, outcome: Outcome) -> Table:
    concept = question.workspace.model.concepts[str(outcome.concept)]
    opinions = with_unit(question, own_opinions(question))
    said = opinions.filter((opinions["concept"] == concept.name) & opinions["customer"].notnull())
    value = _value_of(said, concept, outcome)
    answered = said.mutate(value=value).filter(value.notnull())
    answers = answered.group_by(UNIT).aggregate(
        customer=answered["customer"].max(), value=answered["value"].mean(), known_at=answered["at"].min()
    )
    lived = _units(question).select(began_in=UNIT, started_at="started_at")
    joined = answers.left_join(lived, answers[UNIT] == lived["began_in"])
    return joined.select(
        UNIT, "customer", "value", "known_at", started_at=joined["started_at"].coalesce(joined["known_at"])
    )


def _value_of(said: Table, concept: Concept, outcome: Outcome) -> Table:
    if outcome.kind == "score":
        return score_value(said, replace(concept, kind="mean"))
    top = concept.top_from if concept.kind == "top_box" else PROMOTER_FROM if concept.kind == "nps" else None
    top = concept.scale[1] if top is None else top
    return score_value(said, replace(concept, kind="top_box", top_from=top))


def _units(question: Question) -> Table:
    """Return every unit with a moment: customer, first and last instant."""
    moments = with_unit(question, lived_moments(question))
    return moments.group_by(UNIT).aggregate(
        customer=moments["customer"].max(), started_at=moments["at"].min(), ended_at=moments["at"].max()
    )


def _complained(question: Question, outcome: Outcome) -> Table:
    units = _units(question)
    moments = with_unit(question, lived_moments(question))
    made = moments.filter(moments["touchpoint"].isin(outcome.touchpoints))
    complaints = made.group_by(complained_in=UNIT).aggregate(known_at=made["at"].min())
    joined = units.left_join(complaints, units[UNIT] == complaints["complained_in"])
    return joined.select(UNIT, "customer", "started_at", "known_at", value=when(joined["known_at"].notnull(), 1.0, 0.0))


def _followed(question: Question, outcome: Outcome) -> Table:
    days = outcome.within_days or question.workspace.model.return_within_days
    seen = _units(question)
    orders = with_unit(question, question.facts.table("orders"))
    gain = orders["revenue"].cast("float64")
    if outcome.kind == "margin":
        gain = gain - orders["cost"].cast("float64").coalesce(0.0)
    orders = orders.select(buyer="customer", bought_at="at", bought_in=UNIT, gain=gain)
    pairs = seen.inner_join(
        orders,
        [
            seen["customer"] == orders["buyer"],
            orders["bought_at"] > seen["ended_at"],
            orders["bought_at"] <= seen["ended_at"] + interval_days(days),
            orders["bought_in"] != seen[UNIT],
        ],
    )
    after = pairs.group_by(followed=UNIT).aggregate(gain=pairs["gain"].sum())
    joined = seen.left_join(after, seen[UNIT] == after["followed"])
    came = when(joined["followed"].notnull(), 1.0, 0.0) if outcome.kind == "return" else joined["gain"].coalesce(0.0)
    old_enough = joined["ended_at"] + interval_days(days) <= question.facts.as_of
    return joined.select(
        UNIT,
        "customer",
        "started_at",
        value=when(old_enough, came, null_of("float64")),
        known_at=null_of("timestamp(6)"),
    )
