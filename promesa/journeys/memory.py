"""Memory: what of a journey's moments customers remember, and what makes them return."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from promesa import charts, words
from promesa.journeys.assembling import steps_of
from promesa.journeys.heard import remembered_concept
from promesa.journeys.memory_rows import (
    REMEMBERED,
    RETURN,
    explained_figures,
    memory_figures,
    supposed_figures,
)
from promesa.journeys.recalling import recalled
from promesa.journeys.saying import said_difference
from promesa.journeys.supposing import lived_scores
from promesa.measures import ask
from promesa.results import Result, steady

if TYPE_CHECKING:
    from datetime import date, datetime

    from promesa.results import Estimate, Value
    from promesa.store import Facts
    from promesa.workspace import Workspace

OWN = ("outcome", "summary", "touchpoint")
PLAIN = ("worst", "best", "peak", "end", "first", "peak_and_end", "worst_and_end")  # that can be said in a sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory(Result):
    """What later scores and returns follow; see `memory`."""

    def summary(self, locale: str = "en") -> str:
        """Say what foretells the remembered score better than the mean, and which moment would change it most."""
        told = [sentence for outcome in (REMEMBERED, RETURN) if (sentence := self._of(outcome, locale))]
        return " ".join(told) or words.say("journeys.memory.empty", locale, n=words.number(self._asked(), locale))

    def _asked(self) -> float:
        counts = [e.estimate or 0.0 for e in self.estimates if e.measure == "journeys_asked"]
        return max(counts, default=0.0)

    def _of(self, outcome: str, locale: str) -> str:
        more = [e for e in self._rows("foretold_more", outcome) if e.dimensions["summary"] in PLAIN]
        if not more:
            return ""
        best = max(more, key=lambda e: steady(e.estimate))
        sure = best.lower is not None and best.lower > 0
        told = [
            words.say(
                f"journeys.memory.{outcome}_{'more' if sure else 'level'}",
                locale,
                summary=words.say(f"journeys.memory.name.{best.dimensions['summary']}", locale),
                n=words.number(best.n, locale),
                **said_difference(best, locale),
            )
        ]
        changes = self._rows("change_by_point", outcome)
        if changes:
            most = max(changes, key=lambda e: steady(e.estimate))
            touchpoint = self.label(most.dimensions["touchpoint"], locale)
            told.append(
                words.say(
                    f"journeys.memory.{outcome}_moment", locale, touchpoint=touchpoint, **said_difference(most, locale)
                )
            )
        return " ".join(told)

    def _rows(self, measure: str, outcome: str) -> list[Estimate]:
        return [
            e
            for e in self.estimates
            if e.measure == measure and e.dimensions["outcome"] == outcome and e.estimate is not None
        ]

    def chart(self, locale: str = "en") -> dict[str, object] | None:
        """Draw what one point more at each touchpoint goes with in the remembered score."""
        changes = sorted(self._rows("change_by_point", REMEMBERED), key=lambda e: -(e.estimate or 0.0))
        if not changes:
            return None
        return charts.intervals(
            [e.row() for e in changes],
            label="touchpoint",
            title=words.say("journeys.memory.chart", locale),
            unit="score",
            locale=locale,
            names={name: self.label(name, locale) for name in self.labels},
        )


def memory(
    workspace: Workspace,
    *,
    since: date | datetime | str | None = None,
    until: date | datetime | str | None = None,
    as_of: date | datetime | str | None = None,
    confidence_level: float | None = None,
    facts: Facts | None = None,
) -> Memory:
    """Tell what of the scores of single moments the remembered score and the return follow.

    Parameters
    ----------
    workspace : Workspace
        From `promesa.open`. What is remembered is the concept `remembered` of [journeys]; else its first of link
        memory, satisfaction or loyalty.
    since, until : date, datetime, str or None
        Journeys that began in this window are looked at, whole.
    as_of, confidence_level
        As in `measures.ask`.

    Returns
    -------
    Memory
        Rows per ``outcome`` (``remembered``, 0 to 10; ``return``, an order within `return_within_days` after the
        journey): ``journeys_asked`` (count: with two or more moments asked about and the outcome known; ``n_missing``
        counts those with one moment). Per ``summary`` (``mean, worst, best, peak, end, first, trend, peak_and_end,
        worst_and_end, all``): ``journey_score`` (score; the trend from one moment asked about to the next);
        ``foretold`` (fraction of the variance explained out of sample; of a return, the probability that a journey with
        one is told from a journey without) and ``foretold_more`` (less that of the mean); ``weight`` (outcome per
        point, of worst, best, end and mean together). Per ``touchpoint``: ``worst_share``, ``end_share`` (fraction of
        the journeys in which it is the worst or the last moment asked about) and ``change_by_point`` (what one point
        more there goes with in the outcome, averaged over all these journeys).

        Where moments were lived that nobody was asked about, the same with their scores supposed from what is known
        of them: per ``outcome`` ``supposed_share`` (fraction of the moments; ``n_missing`` counts journeys without two
        moments told or supposed), per ``summary`` ``journey_score_supposed`` (score), ``foretold_supposed`` and
        ``foretold_more_supposed`` (fraction); per ``touchpoint``, of no outcome, ``score_explained`` (fraction of the
        variance of its scores that follows from what is known of its moments, out of sample).

    Notes
    -----
    Estimands: see `stats.remembered_by`. Journeys stand for those of customers who answer about several moments and
    about the whole; who answers often may remember otherwise, and their worst is the worst that was asked about. The
    rows named ``supposed`` stand for all journeys whose outcome is known, and rest on `stats.supposed_scores`: a moment
    that nobody was asked about is scored as moments alike in elements, hours since the one before, place and channel
    were. That customers who answered all along score otherwise is not seen by either. Evidence ``associated``:
    ``change_by_point`` is what the regression foretells if a score there were a point higher in all journeys, not what
    would come of the work.

    Scores of all scales are read from 0 to 10. Means and shares are clustered by customer. At most 400,000 moments,
    of customers drawn by their surrogate (a hash), are looked at; no answer from fewer than 100 journeys.

    References
    ----------
    .. [1] D. Kahneman, B. L. Fredrickson, C. A. Schreiber, D. A. Redelmeier (1993). When more pain is preferred to
       less. Psychological Science 4(6), 401-405. doi:10.1111/j.1467-9280.1993.tb00589.x
    """
    question = ask(workspace, since=since, until=until, as_of=as_of, confidence_level=confidence_level, facts=facts)
    concept = remembered_concept(question)
    steps = steps_of(question)
    told, returned = recalled(steps)
    nothing: dict[str, Value] = {"concept": None, "within_days": None}
    extra = {
        REMEMBERED: {**nothing, "concept": None if concept is None else concept.name},
        RETURN: {**nothing, "within_days": question.workspace.model.return_within_days},
    }
    figures = list(memory_figures(question, REMEMBERED, told, extra[REMEMBERED]))
    figures += memory_figures(question, RETURN, returned, extra[RETURN])
    lived = lived_scores(steps)
    if lived is not None:
        figures += supposed_figures(question, REMEMBERED, lived, lived.told, extra[REMEMBERED])
        figures += supposed_figures(question, RETURN, lived, lived.returned, extra[RETURN])
        figures += explained_figures(question, lived, nothing)
    heading: dict[str, Any] = question.heading("memory", first=OWN)
    return Memory(**heading, estimates=tuple(figures))
