"""Feedback: what later stages say of the touchpoints before them, and what came of what was expected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from promesa import charts, words
from promesa.journeys.assembling import steps_of
from promesa.journeys.feedback_rows import BROKEN, OWN, SCORE, broken_of, gap_figures, later_figures
from promesa.journeys.saying import ENDS
from promesa.measures import ask
from promesa.results import Result, steady

if TYPE_CHECKING:
    from datetime import date, datetime

    from promesa.results import Estimate
    from promesa.store import Facts
    from promesa.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback(Result):
    """What later stages say of earlier ones; see `feedback`."""

    def summary(self, locale: str = "en") -> str:
        """Say which touchpoint the later stages speak worst of, and where least came of what was expected."""
        told = [
            self._said(f"later_{name}", name, locale)
            for name in (SCORE, BROKEN)
            if any(e.measure == f"later_{name}_difference" for e in self.estimates)
        ]
        gaps = [e for e in self.estimates if e.measure == "expectation_gap" and e.upper is not None]
        short = [e for e in gaps if (e.upper or 0.0) < 0]
        if short:
            worst = min(short, key=lambda e: steady(e.estimate))
            told.append(self._of("gap", worst, locale))
        elif gaps:
            told.append(words.say("journeys.feedback.no_gap", locale, count=len(gaps)))
        return " ".join(told) or words.say("journeys.feedback.empty", locale)

    def _said(self, measure: str, name: str, locale: str) -> str:
        found = [e for e in self.estimates if e.measure == f"{measure}_difference" and e.extra.get("found")]
        if not found:
            return words.say(f"journeys.feedback.no_{name}", locale)
        sign = 1.0 if name == SCORE else -1.0
        worst = min(found, key=lambda e: sign * steady(e.estimate))
        bad = sign * (worst.estimate or 0.0) < 0
        if not bad:  # nothing is worse than the rest: the best is said
            worst = max(found, key=lambda e: sign * steady(e.estimate))
        return self._of(f"{name}_{'worse' if bad else 'better'}", worst, locale)

    def _of(self, key: str, one: Estimate, locale: str) -> str:
        return words.say(
            f"journeys.feedback.{key}",
            locale,
            **{end: words.change(getattr(one, end) or 0.0, one.unit, locale) for end in ENDS},
            touchpoint=self.named(one, locale),
            stage=words.say(f"journeys.feedback.in_{one.dimensions['stage']}", locale),
            later=words.say(f"journeys.feedback.in_{one.dimensions['later'] or 'after'}", locale),
            n=words.number(one.n, locale),
        )

    def named(self, one: Estimate, locale: str) -> str:
        """Return what the touchpoint, or the touchpoint in one channel, is called."""
        name = self.label(one.dimensions["touchpoint"], locale)
        channel = one.dimensions["channel"]
        return name if channel is None else f"{name} ({self.label(channel, locale)})"

    def chart(self, locale: str = "en") -> dict[str, object] | None:
        """Draw by how much later scores differ by the touchpoints that journeys came through."""
        rows = [e for e in self.estimates if e.measure == "later_score_difference" and e.dimensions["channel"] is None]
        later = [e for e in rows if e.dimensions["later"] == "after"]
        if not later:
            return None
        later.sort(key=lambda e: -(e.estimate or 0.0))
        return charts.intervals(
            [e.row() for e in later],
            label="touchpoint",
            title=words.say("journeys.feedback.chart", locale),
            unit="score",
            locale=locale,
            names={name: self.label(name, locale) for name in self.labels},
        )


def feedback(
    workspace: Workspace,
    *,
    since: date | datetime | str | None = None,
    until: date | datetime | str | None = None,
    as_of: date | datetime | str | None = None,
    confidence_level: float | None = None,
    facts: Facts | None = None,
) -> Feedback:
    """Tell what later stages of journeys say of the touchpoints, and channels, that they came through before.

    Parameters
    ----------
    workspace : Workspace
        From `promesa.open`.
    since, until : date, datetime, str or None
        Journeys that began in this window are looked at, whole.
    as_of, confidence_level
        As in `measures.ask`.

    Returns
    -------
    Feedback
        Rows with the dimensions ``stage``, ``later`` (a later stage), ``touchpoint`` (of the stage) and ``channel``
        (null: any; given where a touchpoint has several). ``later_score`` (score, 0 to 10: the mean of the moments of
        the later stage that the customer was asked about) and ``later_broken`` (fraction of the journeys with a
        commitment of the later stage kept or broken: those with one broken), of journeys that met it;
        ``later_score_difference`` and ``later_broken_difference``: less those of the other journeys that came through
        the stage, evidence ``associated``, with ``p_value``, ``p_adjusted`` and ``found``. Without ``later``:
        ``expected`` and ``experienced`` (score, 0 to 10: the concepts of link expectation and satisfaction) and
        ``expectation_gap`` (score: experienced less expected), of journeys that met it.

    Notes
    -----
    Estimand: differences of means and shares in the population of journeys that these customers' are drawn from,
    clustered by customer; see `stats.overlapping_means` and `stats.overlapping_shares`. The gap is the difference of
    two means, of those who said what they expected and of those who said how it was; never one of a single person.

    Who comes through one touchpoint differs from who comes through another: a difference says where what was said or
    sold before should be looked at, not that it is the cause; `impact.effects` adjusts. Scores are of who answers. Of a
    stage in which every journey meets the same touchpoint there is nothing to compare. Kept and broken are as of
    `as_of`: what is not yet due does not count. Only commitments that name their journey are placed.

    The false discovery rate is held over all differences together.

    References
    ----------
    .. [1] A. Parasuraman, V. A. Zeithaml, L. L. Berry (1985). A conceptual model of service quality. Journal of
       Marketing 49(4), 41-50. doi:10.1177/002224298504900403
    """
    question = ask(workspace, since=since, until=until, as_of=as_of, confidence_level=confidence_level, facts=facts)
    broken = broken_of(question)
    steps = steps_of(question)
    figures = [*later_figures(steps, broken), *gap_figures(steps)]
    heading: dict[str, Any] = question.heading("feedback", first=OWN)
    return Feedback(**heading, estimates=tuple(figures))
