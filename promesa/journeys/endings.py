"""What the paths lead to: leaving, complaining, recommending; by what journeys hold and what they do not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from promesa.journeys.assembling import steps_of
from promesa.journeys.holding import held_against_rest
from promesa.journeys.outcomes import HELD, endings_of
from promesa.journeys.telling import told_endings
from promesa.measures import NO_DATA, ask, clustered, mean_of
from promesa.results import Estimate, Result
from promesa.stats import benjamini_hochberg, overlapping_shares

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime

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
    `stats.overlapping_shares`. Only journeys that came past the stage ``before`` count, by other touchpoints than
    those of the ending: who only looked cannot leave.

    ``left``: no other purchase within ``lapsed_after_days`` of ``[leaving]`` (else ``return_within_days``) after a
    journey with a purchase ended; journeys whose days have not passed are left out. ``promotes``: the last answer of
    the journey to the question of recommending; what was lived after it is not held, and what more journeys hold only
    afterwards is left out. Both hold whole journeys against each other.

    ``complained``: a moment at a touchpoint of an outcome of kind ``complaint``; and ``left`` where contracts end at
    ``leaves_at``. Such an ending cuts the journey short, so that whole journeys would make every late touchpoint look
    like a protection. ``rate_with`` is here the share of moments at the touchpoint (or come to by the passage) whose
    next moment is the ending, of the moments before the first; ``rate_without`` that of all other moments.

    The false discovery rate is held over all differences together. They are associations: who meets a touchpoint
    differs from who does not in more than that. `impact.effects` adjusts.
    """
    question = ask(workspace, since=since, until=until, as_of=as_of, confidence_level=confidence_level, facts=facts)
    figures: list[Estimate] = []
    compared: list[tuple[Where, OverlapSums]] = []
    for ending in endings_of(steps_of(question)):
        figures.append(_rate(question, ending))
        compared += _compared(question, ending)
    tested = [overlapping_shares(sums, confidence_level=question.confidence_level) for _, sums in compared]
    adjusted = benjamini_hochberg([difference.p_value for difference in tested])
    for (where, sums), difference, q in zip(compared, tested, adjusted, strict=True):
        figures += _rows(question, where, sums, difference, float(q))
    heading: dict[str, Any] = question.heading("endings", first=(ENDING, TOUCHPOINT, NEXT))
    return Endings(**heading, estimates=tuple(figures))


def _rate(question: Question, ending: Ending) -> Estimate:
    where: Where = {ENDING: ending.name, TOUCHPOINT: None, NEXT: None}
    groups = clustered(question, ending.journeys, {"value": ending.journeys["value"]})
    if not groups:
        return Estimate(dimensions=where, measure="rate", estimate=None, n=0, unit="fraction", note=NO_DATA)
    return mean_of(question, where, "rate", groups[0].values["value"], unit="fraction", kind="share")


def _compared(question: Question, ending: Ending) -> Iterator[tuple[Where, OverlapSums]]:
    """Yield what may be told of the things held before the ending was known."""
    rows = question.facts.engine.fetch(ending.late).to_pylist() if ending.late is not None else []
    late = {tuple(row[name] for name in HELD) for row in rows}
    for key, sums in held_against_rest(question, ending.held, ending.units, names=HELD).items():
        enough = min(sums.first.n, sums.second.n) >= question.workspace.min_group
        few = min(sums.first.clusters, sums.second.clusters) < max(2, question.workspace.min_cell)
        if enough and not few and key not in late:
            yield {ENDING: ending.name, TOUCHPOINT: key[0], NEXT: key[1]}, sums


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
