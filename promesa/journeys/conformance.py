"""The map as lived against the map as declared: what is skipped, out of order or unexpected, and what goes with it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import isfinite
from typing import TYPE_CHECKING, Any

from promesa.engine import when
from promesa.journeys.assembling import JOURNEY, steps_of
from promesa.journeys.deviations import DEVIATION, NEXT, OWN, TOUCHPOINT, deviations
from promesa.journeys.holding import UNIT, held_against_rest
from promesa.journeys.outcomes import ended_only, returns_of, scores_of
from promesa.journeys.shares import asked_of_journeys, share_rows, totals_of, with_groups
from promesa.journeys.telling import told_conformance
from promesa.measures import clustered, mean_of, sort_key
from promesa.results import Estimate, Result
from promesa.stats import benjamini_hochberg, overlapping_means, overlapping_shares

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import date, datetime

    from promesa.engine import Table
    from promesa.journeys.assembling import Steps
    from promesa.measures import Question
    from promesa.stats import OverlapDifference, OverlapSums
    from promesa.store import Facts
    from promesa.workspace import Workspace

ALL_EQUAL = "all-equal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conformance(Result):
    """How far journeys go as declared; see `conformance`."""

    def summary(self, locale: str = "en") -> str:
        """Say how many journeys go as declared, and what they deviate in most often."""
        return told_conformance(self, locale)

    def chart(self, locale: str = "en") -> dict[str, object] | None:
        """Return nothing: a table says it better."""
        del locale
        return None


def conformance(
    workspace: Workspace,
    *,
    by: str | Sequence[str] = (),
    since: date | datetime | str | None = None,
    until: date | datetime | str | None = None,
    as_of: date | datetime | str | None = None,
    confidence_level: float | None = None,
    facts: Facts | None = None,
) -> Conformance:
    """Check journeys against the order of stages and the path declared as ``expected`` in ``[journeys]``.

    Parameters
    ----------
    workspace : Workspace
        From `promesa.open`.
    by, since, until, as_of, confidence_level
        As in `transitions`.

    Returns
    -------
    Conformance
        Rows per group with the dimensions ``deviation``, ``touchpoint`` and ``next``. Without a deviation:
        ``conforming`` (fraction of the journeys without any). ``skipped``, ``out_of_order`` and ``unexpected`` of a
        touchpoint, ``unexpected`` of a passage from it to ``next``: ``deviating`` (fraction of all journeys) and, over
        all groups, what goes with it: ``score_difference`` (points of the scale
        of satisfaction) and ``return_difference`` (fraction bought again within ``return_within_days``), journeys that
        deviate less all others, evidence ``associated``, with ``p_value`` and ``p_adjusted``.

    Raises
    ------
    ValueOutOfRange
        If `by` names what a journey has not once.

    Notes
    -----
    Estimand: shares in the population of journeys of which these customers' are a sample, clustered by customer.

    A moment is out of order when an earlier moment of its journey is of a later stage, or at a touchpoint further on
    in ``expected``. A touchpoint of ``expected`` is skipped by a journey without it that has come to one further on,
    or to a later stage. A journey that broke off before has skipped nothing. Where journeys are named, only moments
    that name theirs are looked at: those joined to a neighbour by time alone have no declared place.

    Unexpected is a touchpoint neither in ``expected`` nor in ``optional``, where ``optional`` is declared; and a
    passage from a touchpoint named in ``passages`` to one not listed there. Repeating one is a passage to itself.

    Differences are associations, their false discovery rate held over all of them together.
    """
    question = asked_of_journeys(
        workspace, by=by, since=since, until=until, as_of=as_of, confidence_level=confidence_level, facts=facts
    )
    steps = _looked_at(steps_of(question))
    found = question.facts.engine.hold(_name(question), deviations(steps))
    grouped = with_groups(steps)
    figures = [*_conforming(question, grouped, found), *_deviating(question, grouped, found)]
    if not question.by:
        figures += _goes_with(steps, found)
    figures.sort(key=lambda figure: sort_key({name: figure.dimensions[name] for name in question.by}))
    heading: dict[str, Any] = question.heading("conformance", first=OWN)
    return Conformance(**heading, estimates=tuple(figures))


def _name(question: Question) -> str:
    facts = question.facts
    asked = (facts.version, facts.as_of, question.since, question.until, sorted(facts.files.items()))
    return repr(("deviations", *asked, question.workspace.store, question.workspace.model))


def _looked_at(steps: Steps) -> Steps:
    """Return the moments that name their journey, and those journeys; all where no moment does."""
    named = steps.table.filter(steps.table["named_"])
    if not steps.question.facts.engine.fetch(named.count()).as_py():
        return steps
    journeys = steps.journeys.semi_join(named.select(named_in=JOURNEY), [steps.journeys[JOURNEY] == named[JOURNEY]])
    return replace(steps, table=named, journeys=journeys)


def _conforming(question: Question, grouped: Table, found: Table) -> Iterator[Estimate]:
    deviant = found.select(deviant_=found[JOURNEY]).distinct()
    joined = grouped.left_join(deviant, grouped[JOURNEY] == deviant["deviant_"])
    value = when(joined["deviant_"].isnull(), 1.0, 0.0)
    for group in clustered(question, joined, {"value": value}):
        where = {**dict.fromkeys(OWN), **group.dimensions}
        yield mean_of(question, where, "conforming", group.values["value"], unit="fraction", kind="share")


def _deviating(question: Question, grouped: Table, found: Table) -> list[Estimate]:
    holders = found.mutate(by_deviation=found[DEVIATION], by_touchpoint=found[TOUCHPOINT], by_next=found[NEXT])
    totals = totals_of(question, grouped)
    rows = list(share_rows(question, holders, grouped, totals, names=OWN, measure="deviating"))
    return sorted(rows, key=lambda row: -(row.estimate or 0.0))


def _goes_with(steps: Steps, found: Table) -> Iterator[Estimate]:
    """Yield the score and the return of journeys that deviate, less those of the others."""
    question = steps.question
    compared: list[tuple[dict[str, str | None], str, OverlapSums, OverlapDifference]] = []
    for measure, base, compare in _came(steps):
        for key, sums in held_against_rest(question, found.rename({UNIT: JOURNEY}), base, names=OWN).items():
            few = min(sums.first.clusters, sums.second.clusters) < max(2, question.workspace.min_cell)
            if min(sums.first.n, sums.second.n) < question.workspace.min_group or few:
                continue
            difference = compare(sums, confidence_level=question.confidence_level)
            compared.append((dict(zip(OWN, key, strict=True)), measure, sums, difference))
    adjusted = benjamini_hochberg([difference.p_value for *_, difference in compared])
    for (where, measure, sums, difference), q in zip(compared, adjusted, strict=True):
        interval = difference.interval
        yield Estimate(
            dimensions=where,
            measure=measure,
            estimate=difference.difference,
            lower=interval.lower if interval else None,
            upper=interval.upper if interval else None,
            n=sums.first.n + sums.second.n,
            unit="score" if measure == "score_difference" else "fraction",
            evidence="associated",
            note=None if interval else ALL_EQUAL,
            extra={"p_value": finite(difference.p_value), "p_adjusted": finite(float(q))},
        )


def _came(steps: Steps) -> Iterator[tuple[str, Table, Callable[..., OverlapDifference]]]:
    scored = scores_of(steps)
    if scored is not None:
        yield "score_difference", scored.rename({UNIT: JOURNEY}), overlapping_means
    returned = returns_of(steps.question, ended_only(steps), steps.question.workspace.model.return_within_days)
    if returned is not None:
        yield "return_difference", returned.rename({UNIT: JOURNEY}), overlapping_shares


def finite(value: float) -> float | None:
    """Return a number that JSON can say, else None."""
    return value if isfinite(value) else None
