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
    question, nothing = steps.question, null_of("float64")
    table = steps.table.select(JOURNEY, "customer", "touchpoint", "place_", "at", "next_", "next_at_")
    table = table.mutate(number_=question.facts.engine.number_of(table[JOURNEY]))  # quicker to gather by than a name
    function, then = (_function_of(question, table[name]) for name in ("touchpoint", "next_"))
    passed = table.filter(then.notnull() & (then != function)).mutate(function_=function, to_function_=then)
    # Sums and joins of the few columns that tell, where windows would carry all the others.
    lasts = table.mutate(function_=function)
    for name in ("function_", "touchpoint"):
        last = lasts.group_by(last_in="number_", last_at=name).aggregate(**{f"last_{name}": lasts["place_"].max()})
        matches = [passed["number_"] == last["last_in"], passed[name] == last["last_at"]]
        passed = passed.inner_join(last, matches).drop("last_in", "last_at")
    passed = _with_scores(steps, _with_element(steps, passed))
    owned = _owned(question)
    either = passed["touchpoint"].isin(owned) | passed["next_"].isin(owned) if owned else lit(value=False)
    both = passed["score_"].notnull() & passed["to_score_"].notnull()
    wait = passed["next_at_"].delta(passed["at"], unit="microsecond").cast("int64")
    return passed.mutate(
        **{PREFIX + FROM: passed["function_"], PREFIX + TO: passed["to_function_"]},
        wait_=wait,
        returned_=when(passed["last_function_"] > passed["place_"], 1.0, 0.0),
        again_=when(passed["last_touchpoint"] > passed["place_"], 1.0, 0.0),
        unowned_=when(either, 0.0, 1.0),
        asked_again_=when(passed["element_"].isnull(), nothing, when(passed["element_"] > 0, 1.0, 0.0)),
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


def _with_element(steps: Steps, passed: Table) -> Table:
    """Return the hand-overs with what the second moment says of being asked again, null where none is declared."""
    element = steps.question.workspace.model.journeys.asked_again
    if element is None:
        return passed.mutate(element_=null_of("float64"))
    moments, table = lived_moments(_always(steps.question)), steps.table
    known = moments.filter(moments[element].notnull()).select(with_source="source", with_id="id", element_=element)
    known = table.inner_join(known, [table["source"] == known["with_source"], table["id"] == known["with_id"]])
    known = known.select("element_", told_in=JOURNEY, told_at="place_")
    matches = [passed[JOURNEY] == known["told_in"], passed["place_"] + 1 == known["told_at"]]
    return passed.left_join(known, matches).drop("told_in", "told_at")


def _with_scores(steps: Steps, passed: Table) -> Table:
    """Return the hand-overs with the scores of both moments."""
    scores = moment_scores(steps)
    for name, place in (("score_", passed["place_"]), ("to_score_", passed["place_"] + 1)):
        given = scores.select(given_in=JOURNEY, given_at="place_", **{name: "score_"})
        matches = [passed[JOURNEY] == given["given_in"], place == given["given_at"]]
        passed = passed.left_join(given, matches).drop("given_in", "given_at")
    return passed


def _always(question: Question) -> Question:
    from dataclasses import replace

    return replace(question, since=None, until=None, by=())
