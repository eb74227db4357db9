"""What came of journeys: whether the customer left, complained, recommends; the score given, the return."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from promesa.engine import interval_days, null_of, stack, when
from promesa.journeys.assembling import JOURNEY
from promesa.journeys.holding import UNIT
from promesa.measures import concept_values, own_opinions, score_value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promesa.engine import Table
    from promesa.journeys.assembling import Steps
    from promesa.measures import Question
    from promesa.workspace import Concept

LEFT, COMPLAINED, PROMOTES = "left", "complained", "promotes"
PAST_BEFORE = ("during", "after")
HELD = ("touchpoint", "next")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """One way in which journeys end.

    Attributes
    ----------
    name : str
        ``left``, ``complained`` or ``promotes``.
    journeys : Table
        The journeys of which it is known: ``customer``, ``value`` (1 or 0).
    units : Table
        What is compared: ``unit_``, ``customer``, ``value``.
    held : Table
        What each unit holds, once each: ``unit_``, ``touchpoint``, ``next`` (null: met; else where the passage goes).
    late : Table or None
        ``touchpoint`` and ``next`` of what more journeys hold only after their ending was known than before.
    """

    name: str
    journeys: Table
    units: Table
    held: Table
    late: Table | None = None


def endings_of(steps: Steps) -> list[Ending]:
    """Return the ways of ending that the model and the facts can tell."""
    model = steps.question.workspace.model
    places = [t for one in model.studies.outcomes.values() if one.kind == "complaint" for t in one.touchpoints]
    found = [
        _cut_short(steps, LEFT, model.leaving.leaves_at) if model.leaving.leaves_at else _lapsed(steps),
        _cut_short(steps, COMPLAINED, list(dict.fromkeys(places))) if places else None,
        _promotes(_past(steps, PAST_BEFORE)),
    ]
    return [ending for ending in found if ending is not None]


def leaving_days(steps: Steps) -> int:
    """Return after how many days without a purchase a customer counts as gone."""
    model = steps.question.workspace.model
    return model.leaving.lapsed_after_days or model.return_within_days


def returns_of(question: Question, journeys: Table, days: int) -> Table | None:
    """Return ``journey_``, ``customer`` and ``value``: 1 where the customer bought again within `days`, else 0.

    Journeys that ended less than `days` before the instant looked at are left out: their time has not come. None
    where no orders are loaded.
    """
    if question.facts.is_empty("orders"):
        return None
    ended = journeys.filter(journeys["ended_at"] + interval_days(days) <= question.facts.as_of)
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


def ended_only(steps: Steps) -> Table:
    """Return the journeys that have ended."""
    return steps.journeys.filter(~steps.journeys["open_"])


def scores_of(steps: Steps) -> Table | None:
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
    return joined.select(JOURNEY, "customer", "value")


def _cut_short(steps: Steps, name: str, places: Sequence[str]) -> Ending:
    """Return an ending at touchpoints, of the journeys that came past the purchase by others than these.

    Who only looked and then complained would else count, and who only looked would not.
    """
    return _at_touchpoints(_past(steps, PAST_BEFORE, but=places), name, places)


def _past(steps: Steps, stages: Sequence[str], *, but: Sequence[str] = ()) -> Steps:
    """Return the journeys that came to one of the stages: who only looked cannot leave, nor complain of it."""
    touchpoints = steps.question.workspace.model.touchpoints.values()
    named = [touchpoint.name for touchpoint in touchpoints if touchpoint.stage in stages and touchpoint.name not in but]
    if not named:
        return steps
    moments = steps.table.filter(steps.table["touchpoint"].isin(named))
    journeys = steps.journeys.semi_join(moments, [steps.journeys[JOURNEY] == moments[JOURNEY]])
    table = steps.table.semi_join(journeys, [steps.table[JOURNEY] == journeys[JOURNEY]])
    return replace(steps, journeys=journeys, table=table)


def _lapsed(steps: Steps) -> Ending | None:
    """Return whether no other purchase followed, of the journeys with a purchase."""
    steps = _past(steps, ("during",))
    returned = returns_of(steps.question, ended_only(steps), leaving_days(steps))
    if returned is None:
        return None
    gone = returned.mutate(value=1.0 - returned["value"])
    units = gone.rename({UNIT: JOURNEY})
    held = _held(steps).select(*HELD, **{UNIT: JOURNEY})
    return Ending(name=LEFT, journeys=gone, units=units, held=held)


def _at_touchpoints(steps: Steps, name: str, own: Sequence[str]) -> Ending:
    """Return whether the next moment is the ending, of all moments that lie before it.

    A journey with the ending is cut short by it: to hold whole journeys against each other would call every touchpoint
    that comes late a protection.
    """
    table = steps.table
    is_own = table["touchpoint"].isin(list(own))
    marked = table.mutate(own_=is_own.cast("int64"))
    before = marked.group_by(JOURNEY).order_by(marked["place_"])
    marked = before.mutate(ended_=marked["own_"].cummax(), from_=marked["touchpoint"].lag())
    whole = marked.group_by(JOURNEY).aggregate(held_=marked["own_"].max())
    every = steps.journeys.inner_join(whole.rename(in_=JOURNEY), [steps.journeys[JOURNEY] == whole[JOURNEY]])
    known = every.filter(~every["open_"] | (every["held_"] == 1))
    journeys = known.select("customer", value=known["held_"].cast("float64"))
    opened = steps.journeys.select("open_", of_=JOURNEY)
    rows = marked.filter(marked["ended_"] == 0)
    rows = rows.inner_join(opened, rows[JOURNEY] == opened["of_"])
    rows = rows.filter(rows["next_"].notnull() | ~rows["open_"])
    to_own = rows["next_"].isin(list(own)).coalesce(False)
    unit = rows[JOURNEY].concat(" ", rows["place_"].cast("string"))
    rows = rows.mutate(unit_=unit, value=when(to_own, 1.0, 0.0))
    met = rows.select(UNIT, "touchpoint", next=null_of("string"))
    came = rows.filter(rows["from_"].notnull())
    came = came.select(UNIT, touchpoint=came["from_"], next=came["touchpoint"])
    return Ending(name=name, journeys=journeys, units=rows.select(UNIT, "customer", "value"), held=stack([met, came]))


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
    units = joined.select("customer", "value", "known_at", **{UNIT: JOURNEY})
    held = _held(steps)
    dated = held.inner_join(units.select("known_at", asked_=UNIT), held[JOURNEY] == units[UNIT])
    before = dated["at"] < dated["known_at"]
    counts = dated.group_by(list(HELD)).aggregate(before=before.cast("int64").sum(), all_=dated.count())
    return Ending(
        name=PROMOTES,
        journeys=units.select("customer", "value"),
        units=units.select(UNIT, "customer", "value"),
        held=dated.filter(before).select(*HELD, **{UNIT: JOURNEY}),
        late=counts.filter(2 * counts["before"] < counts["all_"]).select(*HELD),
    )


def recommendation(steps: Steps) -> Concept | None:
    """Return the concept by which customers say whether they would recommend: of a promoter outcome, or an NPS."""
    model = steps.question.workspace.model
    named = [one.concept for one in model.studies.outcomes.values() if one.kind == "promoter" and one.concept]
    by_kind = [concept.name for concept in model.concepts.values() if concept.kind == "nps"]
    return next((model.concepts[name] for name in (*named, *by_kind)), None)


def _held(steps: Steps) -> Table:
    """Return what each journey holds and when first: ``journey_``, ``touchpoint``, ``next``, ``at``."""
    table = steps.table
    met = table.select(JOURNEY, "touchpoint", "at", next=null_of("string"))
    passed = table.filter(table["next_"].notnull())
    passed = passed.select(JOURNEY, "touchpoint", at=passed["next_at_"], next=passed["next_"])
    every = stack([met, passed.select(*met.columns)])
    return every.group_by([JOURNEY, *HELD]).aggregate(at=every["at"].min())
