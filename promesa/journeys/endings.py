"""What the paths lead to: leaving, complaining, recommending; by what journeys hold and what they do not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from promesa.journeys.assembling import JOURNEY, steps_of
from promesa.journeys.holding import held_against_rest
from promesa.journeys.outcomes import endings_of, everything_held
from promesa.journeys.telling import told_endings
from promesa.measures import ask, clustered, mean_of
from promesa.results import Estimate, Result
from promesa.stats import benjamini_hochberg, overlapping_shares

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime

    from promesa.engine import Table
    from promesa.journeys.assembling import Steps
    from promesa.journeys.outcomes import Ending
    from promesa.measures import Question
    from promesa.stats import OverlapDifference, OverlapSums
    from promesa.store import Facts
    from promesa.workspace import Workspace

ENDING, TOUCHPOINT, NEXT = "ending", "touchpoint", "next"
Where = dict[str, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Endings(Result):
    """How journeys end, by what they hold; see `endings`."""

    def summary(self, locale: str = "en") -> str:
        """Say how many journeys end in each way, and what most goes with it."""
        return told_endings(self, locale)

    def chart(self, locale: str = "en") -> dict[str, object] | None:
        """Return nothing: a table says it better."""
        del locale
        return None


def endings(
    workspace: Workspace,
    *,
    since: date | datetime | str | None = None,
    until: date | datetime | str | None = None,
    as_of: date | datetime | str | None = None,
    confidence_level: float | None = None,
    facts: Facts | None = None,
) -> Endings:
    """Hold the journeys that meet a touchpoint, or pass from one to another, against those that do not, by their end.

    Parameters
    ----------
    workspace : Workspace
        From `promesa.open`.
    since, until : date, datetime, str or None
        Journeys that began in this window.
    as_of, confidence_level
        As in `measures.ask`.

    Returns
    -------
    Endings
        Rows with the dimensions ``ending`` (``left``, ``complained``, ``promotes``), ``touchpoint`` and ``next`` (null
        where a touchpoint is met, else where the passage goes). Without a touchpoint: ``rate`` (fraction of the
        journeys of which the ending is known). With one: ``rate_with``, ``rate_without`` (fraction) and
        ``rate_difference`` (fraction, evidence ``associated``, with ``p_value``, ``p_adjusted`` and ``found``).

    Notes
    -----
    Estimand: the difference of two shares in the population of journeys that these customers' are drawn from; see
    `stats.overlapping_shares`. ``left``: no other purchase within ``lapsed_after_days`` of ``[retention]`` (else
    ``return_within_days``) after the journey ended, journeys whose days have not passed left out; where contracts end
    at ``leaves_at``, such a moment in the journey or within those days. ``complained``: a moment at a touchpoint of an
    outcome of kind ``complaint``. ``promotes``: the last answer of the journey to the question of recommending. Of
    journeys that came past the stage ``before``: who only looked cannot leave.

    Only what was lived before the complaint, the answer or the cancellation counts as held; what more journeys hold
    only afterwards than before is left out. The false discovery rate is held over all differences together. They are
    associations: who meets a touchpoint differs from who does not in more than that, and a journey that broke off
    early had less time to meet anything. `impact.effects` adjusts.
    """
    question = ask(workspace, since=since, until=until, as_of=as_of, confidence_level=confidence_level, facts=facts)
    steps = steps_of(question)
    held = question.facts.engine.hold(_name(question), everything_held(steps))
    figures: list[Estimate] = []
    compared: list[tuple[Where, OverlapSums]] = []
    for ending in endings_of(steps):
        figures.append(_rate(question, ending))
        compared += _compared(steps, ending, held)
    tested = [overlapping_shares(sums, confidence_level=question.confidence_level) for _, sums in compared]
    adjusted = benjamini_hochberg([difference.p_value for difference in tested])
    for (where, sums), difference, q in zip(compared, tested, adjusted, strict=True):
        figures += _rows(question, where, sums, difference, float(q))
    heading: dict[str, Any] = question.heading("endings", first=(ENDING, TOUCHPOINT, NEXT))
    return Endings(**heading, estimates=tuple(figures))


def _name(question: Question) -> str:
    facts = question.facts
    asked = (facts.version, facts.as_of, question.since, question.until, sorted(facts.files.items()))
    return repr(("held by journeys", *asked, question.workspace.store, question.workspace.model))


def _rate(question: Question, ending: Ending) -> Estimate:
    where: Where = {ENDING: ending.name, TOUCHPOINT: None, NEXT: None}
    groups = clustered(question, ending.table, {"value": ending.table["value"]})
    if not groups:
        return Estimate(dimensions=where, measure="rate", estimate=None, n=0, unit="fraction", note="no-data")
    return mean_of(question, where, "rate", groups[0].values["value"], unit="fraction", kind="share")


def _compared(steps: Steps, ending: Ending, held: Table) -> Iterator[tuple[Where, OverlapSums]]:
    """Yield what may be told of the things held before the ending was known."""
    question = steps.question
    names = ("touchpoint", "next")
    if ending.own:
        own = list(ending.own)
        held = held.filter(held["touchpoint"].notin(own) & held["next"].notin(own).coalesce(True))
    known = ending.table.select("known_at", ended_in=ending.table[JOURNEY])
    dated = held.inner_join(known, held[JOURNEY] == known["ended_in"])
    before = dated["known_at"].isnull() | (dated["at"] < dated["known_at"])
    led = dated.filter(before).select(JOURNEY, *names)
    late = _only_afterwards(question, dated)
    for key, sums in held_against_rest(question, led, ending.table, names=names).items():
        enough = min(sums.first.n, sums.second.n) >= question.workspace.min_group
        few = min(sums.first.clusters, sums.second.clusters) < max(2, question.workspace.min_cell)
        if enough and not few and key not in late:
            yield {ENDING: ending.name, TOUCHPOINT: key[0], NEXT: key[1]}, sums


def _only_afterwards(question: Question, dated: Table) -> set[tuple[str | None, ...]]:
    """Return what more journeys hold only after their ending was known than before."""
    told = dated.filter(dated["known_at"].notnull())
    before = (told["at"] < told["known_at"]).cast("int64")
    counts = told.group_by(["touchpoint", "next"]).aggregate(before=before.sum(), all_=told.count())
    rows = question.facts.engine.fetch(counts).to_pylist()
    return {(row["touchpoint"], row["next"]) for row in rows if 2 * row["before"] < row["all_"]}


def _rows(
    question: Question, where: Where, sums: OverlapSums, difference: OverlapDifference, q: float
) -> Iterator[Estimate]:
    for measure, group in (("rate_with", sums.first), ("rate_without", sums.second)):
        yield mean_of(question, where, measure, group, unit="fraction", kind="share")
    interval = difference.interval
    yield Estimate(
        dimensions=where,
        measure="rate_difference",
        estimate=difference.difference,
        lower=interval.lower if interval else None,
        upper=interval.upper if interval else None,
        n=sums.first.n + sums.second.n,
        unit="fraction",
        evidence="associated",
        extra={"p_value": difference.p_value, "p_adjusted": q, "found": q <= 1 - question.confidence_level},
    )
