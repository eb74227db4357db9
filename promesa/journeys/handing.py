"""Moments after which another function goes on, and what can be told of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa.engine import case, lit, null_of, when
from promesa.journeys.assembling import JOURNEY
from promesa.journeys.heard import moment_scores
from promesa.measures import PREFIX, lived_moments

if TYPE_CHECKING:
    from promesa.engine import Expression, Table
    from promesa.journeys.assembling import Steps
    from promesa.measures import Question

FROM, TO = "from", "to"


def handed_over(steps: Steps) -> Table:
    """Return one row a hand-over: a moment of one function followed by one of another.

    Returns
    -------
    Table
        ``journey_``, ``customer``, ``by_from`` and ``by_to`` (functions), ``wait_`` (microseconds), and, each 1 or 0:
        ``returned_`` (the function handed from is met again later in the journey), ``again_`` (the same touchpoint is),
        ``unowned_`` (neither touchpoint has a promise or a standard), ``asked_again_`` (null where it is not known);
        ``before_`` and ``after_``, the scores of the two moments where both were asked about, else null.
    """
    table = _with_scores(steps, _with_element(steps, steps.table))
    function, nothing = _function_of(steps.question, table["touchpoint"]), null_of("float64")
    table = table.mutate(function_=function)
    by_function = table.group_by([JOURNEY, "function_"]).mutate(last_of_function_=table["place_"].max())
    marked = by_function.group_by([JOURNEY, "touchpoint"]).mutate(last_of_touchpoint_=by_function["place_"].max())
    ordered = marked.group_by(JOURNEY).order_by(marked["place_"])
    marked = ordered.mutate(
        to_function_=marked["function_"].lead(), to_score_=marked["score_"].lead(), to_again_=marked["element_"].lead()
    )
    passed = marked.filter(marked["to_function_"].notnull() & (marked["to_function_"] != marked["function_"]))
    owned = _owned(steps.question)
    either = passed["touchpoint"].isin(owned) | passed["next_"].isin(owned) if owned else lit(value=False)
    both = passed["score_"].notnull() & passed["to_score_"].notnull()
    wait = passed["next_at_"].delta(passed["at"], unit="microsecond").cast("int64")
    return passed.mutate(
        **{PREFIX + FROM: passed["function_"], PREFIX + TO: passed["to_function_"]},
        wait_=wait,
        returned_=when(passed["last_of_function_"] > passed["place_"], 1.0, 0.0),
        again_=when(passed["last_of_touchpoint_"] > passed["place_"], 1.0, 0.0),
        unowned_=when(either, 0.0, 1.0),
        asked_again_=when(passed["to_again_"].isnull(), nothing, when(passed["to_again_"] > 0, 1.0, 0.0)),
        before_=when(both, passed["score_"], nothing),
        after_=when(both, passed["to_score_"], nothing),
    )


def _function_of(question: Question, touchpoint: Expression) -> Expression:
    touchpoints = question.workspace.model.touchpoints.values()
    return case(*((touchpoint == t.name, t.function) for t in touchpoints), otherwise=null_of("string"))


def _owned(question: Question) -> list[str]:
    """Return the touchpoints that have a promise or a standard."""
    model = question.workspace.model
    named = {name for one in (*model.promises.values(), *model.standards.values()) for name in one.touchpoints}
    return sorted(named)


def _with_element(steps: Steps, table: Table) -> Table:
    """Return the moments with the element that says that the customer was asked again, null where none is declared."""
    element = steps.question.workspace.model.journeys.asked_again
    if element is None:
        return table.mutate(element_=null_of("float64"))
    moments = lived_moments(_always(steps.question))
    known = moments.filter(moments[element].notnull()).select(with_source="source", with_id="id", element_=element)
    matches = [table["source"] == known["with_source"], table["id"] == known["with_id"]]
    return table.left_join(known, matches).drop("with_source", "with_id")


def _with_scores(steps: Steps, table: Table) -> Table:
    scores = moment_scores(steps).select("score_", scored_source="source", scored_id="id")
    matches = [table["source"] == scores["scored_source"], table["id"] == scores["scored_id"]]
    return table.left_join(scores, matches).drop("scored_source", "scored_id")


def _always(question: Question) -> Question:
    from dataclasses import replace

    return replace(question, since=None, until=None, by=())
