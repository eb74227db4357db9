"""What came of each journey: whether its customer left, complained, recommends; the score given."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from promesa.engine import interval_days, lit, null_of, when
from promesa.journeys.assembling import JOURNEY
from promesa.measures import concept_values, lived_moments, own_opinions, score_value

if TYPE_CHECKING:
    from promesa.engine import Table
    from promesa.journeys.assembling import Steps
    from promesa.workspace import Concept

LEFT, COMPLAINED, PROMOTES = "left", "complained", "promotes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """One way in which journeys end.

    Attributes
    ----------
    name : str
        ``left``, ``complained`` or ``promotes``.
    table : Table
        The journeys of which it is known: ``journey_``, ``customer``, ``value`` (1 or 0) and ``known_at`` (what was
        lived from then on cannot have led to it; null where all of the journey lies before).
    own : tuple of str
        Touchpoints that are the ending itself.
    """

    name: str
    table: Table
    own: tuple[str, ...] = ()


def endings_of(steps: Steps) -> list[Ending]:
    """Return the ways of ending that the model and the facts can tell, of the journeys past the stage ``before``."""
    steps = beyond_before(steps)
    return [found for found in (_left(steps), _complained(steps), _promotes(steps)) if found is not None]


def beyond_before(steps: Steps) -> Steps:
    """Return the journeys that came to the purchase or after it: who only looked cannot leave, nor complain of it."""
    touchpoints = steps.question.workspace.model.touchpoints.values()
    beyond = [touchpoint.name for touchpoint in touchpoints if touchpoint.stage != "before"]
    moments = steps.table.filter(steps.table["touchpoint"].isin(beyond)) if beyond else steps.table.limit(0)
    journeys = steps.journeys.semi_join(moments, [steps.journeys[JOURNEY] == moments[JOURNEY]])
    return replace(steps, journeys=journeys)


def leaving_days(steps: Steps) -> int:
    """Return after how many days without a purchase a customer counts as gone."""
    model = steps.question.workspace.model
    return model.leaving.lapsed_after_days or model.return_within_days


def returns_of(steps: Steps, days: int) -> Table | None:
    """Return ``journey_``, ``customer`` and ``value``: 1 where the customer bought again within `days`, else 0.

    Journeys that are open, or that ended less than `days` before the instant looked at, are left out: their time has
    not come. None where no orders are loaded.
    """
    question = steps.question
    if question.facts.is_empty("orders"):
        return None
    ended = steps.journeys
    ended = ended.filter(~ended["open_"] & (ended["ended_at"] + interval_days(days) <= question.facts.as_of))
    orders = question.facts.table("orders")
    bought = orders.select(buyer_="customer", bought_at_="at", bought_in_="journey")
    pairs = ended.inner_join(
        bought,
        [
            ended["customer"] == bought["buyer_"],
            bought["bought_at_"] > ended["ended_at"],
            bought["bought_at_"] <= ended["ended_at"] + interval_days(days),
            (bought["bought_in_"] != ended[JOURNEY]).coalesce(True),
        ],
    )
    again = pairs.select(again_in=pairs[JOURNEY]).distinct()
    joined = ended.left_join(again, ended[JOURNEY] == again["again_in"])
    return joined.select(JOURNEY, "customer", value=when(joined["again_in"].notnull(), 1.0, 0.0))


def _left(steps: Steps) -> Ending | None:
    leaves_at, days = steps.question.workspace.model.leaving.leaves_at, leaving_days(steps)
    if leaves_at:
        return _cancelled(steps, leaves_at, days)
    returned = returns_of(steps, days)
    if returned is None:
        return None
    gone = returned.mutate(value=1.0 - returned["value"], known_at=null_of("timestamp(6)"))
    return Ending(name=LEFT, table=gone)


def _cancelled(steps: Steps, leaves_at: tuple[str, ...], days: int) -> Ending:
    """Return whether the contract ended during the journey or within the days after it."""
    question = steps.question
    moments = lived_moments(replace(question, since=None, until=None))
    ends = moments.filter(moments["touchpoint"].isin(list(leaves_at)))
    ends = ends.group_by(leaver_="customer").aggregate(left_at_=ends["at"].min())
    journeys = steps.journeys
    joined = journeys.left_join(ends, journeys["customer"] == ends["leaver_"])
    until = joined["ended_at"] + interval_days(days)
    left = joined["left_at_"].notnull() & (joined["left_at_"] <= until)
    known = left | (~joined["open_"] & (until <= question.facts.as_of))
    joined = joined.filter(known & (joined["left_at_"].isnull() | (joined["left_at_"] >= joined["started_at"])))
    table = joined.select(
        JOURNEY, "customer", value=when(left, 1.0, 0.0), known_at=when(left, joined["left_at_"], None)
    )
    return Ending(name=LEFT, table=table, own=leaves_at)


def _complained(steps: Steps) -> Ending | None:
    outcomes = steps.question.workspace.model.studies.outcomes.values()
    places = tuple(dict.fromkeys(t for one in outcomes if one.kind == "complaint" for t in one.touchpoints))
    if not places:
        return None
    made = steps.table.filter(steps.table["touchpoint"].isin(list(places)))
    first = made.group_by(complained_in=JOURNEY).aggregate(known_at=made["at"].min())
    ended = steps.journeys
    joined = ended.left_join(first, ended[JOURNEY] == first["complained_in"])
    # A journey still open may yet hold a complaint.
    joined = joined.filter(~joined["open_"] | joined["known_at"].notnull())
    value = when(joined["known_at"].notnull(), 1.0, 0.0)
    return Ending(name=COMPLAINED, table=joined.select(JOURNEY, "customer", "known_at", value=value), own=places)


def _promotes(steps: Steps) -> Ending | None:
    concept = recommendation(steps)
    if concept is None or steps.question.facts.is_empty("opinions"):
        return None
    opinions = own_opinions(replace(steps.question, since=None, until=None))
    said = opinions.filter((opinions["concept"] == concept.name) & opinions["journey"].notnull())
    said = said.mutate(up_=concept_values(said, [concept])["up"])
    said = said.filter(said["up_"].notnull())
    # Who answers twice promotes if the last answer does; of two at one instant, if either does.
    last = said.group_by("journey").mutate(last_at_=said["at"].max())
    last = last.filter(last["at"] == last["last_at_"])
    answers = last.group_by(said_in="journey").aggregate(value=last["up_"].max(), known_at=last["at"].min())
    joined = steps.journeys.inner_join(answers, steps.journeys[JOURNEY] == answers["said_in"])
    return Ending(name=PROMOTES, table=joined.select(JOURNEY, "customer", "value", "known_at"))


def recommendation(steps: Steps) -> Concept | None:
    """Return the concept by which customers say whether they would recommend: of a promoter outcome, or an NPS."""
    model = steps.question.workspace.model
    named = [one.concept for one in model.studies.outcomes.values() if one.kind == "promoter" and one.concept]
    by_kind = [concept.name for concept in model.concepts.values() if concept.kind == "nps"]
    return next((model.concepts[name] for name in (*named, *by_kind)), None)


def scores_of(steps: Steps) -> tuple[Concept, Table] | None:
    """Return the satisfaction given for each journey: ``journey_``, ``customer``, ``value`` on the declared scale."""
    concepts = steps.question.workspace.model.concepts.values()
    concept = next((one for one in concepts if one.link == "satisfaction"), None)
    if concept is None or steps.question.facts.is_empty("opinions"):
        return None
    opinions = own_opinions(replace(steps.question, since=None, until=None))
    said = opinions.filter((opinions["concept"] == concept.name) & opinions["journey"].notnull())
    said = said.mutate(score_=score_value(said, replace(concept, kind="mean")))
    said = said.filter(said["score_"].notnull())
    answers = said.group_by(said_in="journey").aggregate(value=said["score_"].mean())
    joined = steps.journeys.inner_join(answers, steps.journeys[JOURNEY] == answers["said_in"])
    return concept, joined.select(JOURNEY, "customer", "value")


def everything_held(steps: Steps) -> Table:
    """Return what each journey holds and when first: ``journey_``, ``touchpoint``, ``next`` (null: met), ``at``."""
    from promesa.engine import stack

    table = steps.table
    met = table.select(JOURNEY, "touchpoint", "at", next=lit(None, "string"))
    passed = table.filter(table["next_"].notnull())
    passed = passed.select(JOURNEY, "touchpoint", at=passed["next_at_"], next=passed["next_"])
    every = stack([met, passed.select(*met.columns)])
    return every.group_by([JOURNEY, "touchpoint", "next"]).aggregate(at=every["at"].min())
