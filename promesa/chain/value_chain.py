"""The links of the value chain with figure, interval, trend and owner."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from math import sqrt
from typing import TYPE_CHECKING, Any

from promesa import words
from promesa.chain.figures import figures_of
from promesa.measures import ask
from promesa.results import Estimate, Result

if TYPE_CHECKING:
    from datetime import date, datetime

    from promesa.measures import Question
    from promesa.store import Facts
    from promesa.workspace import Workspace

LINKS = (
    "promise",
    "expectation",
    "experience",
    "emotion",
    "memory",
    "satisfaction",
    "reputation",
    "loyalty",
    "retention",
    "income",
    "profit",
)
TREND_DAYS = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain(Result):
    """The value chain; see `links`."""

    def summary(self, locale: str = "en") -> str:
        """Say the first figure of each link that has one, with its interval."""
        said: list[str] = []
        for link in LINKS:
            figure = next((e for e in self.estimates if e.dimensions["link"] == link), None)
            if figure is None or figure.estimate is None:
                continue
            said.append(
                words.say(
                    "chain.summary",
                    locale,
                    link=words.say(f"chain.link.{link}", locale),
                    measure=measure_label(self, figure, locale),
                    estimate=words.amount(figure.estimate, figure.unit, locale),
                    lower=words.amount(figure.lower, figure.unit, locale),
                    upper=words.amount(figure.upper, figure.unit, locale),
                    n=words.number(figure.n, locale),
                )
            )
        return " ".join(said) or words.say("chain.empty", locale)

    def chart(self, locale: str = "en") -> dict[str, object] | None:
        """Return nothing: the report draws the chain as a picture of its own."""
        del locale
        return None


def measure_label(result: Result, figure: Estimate, locale: str) -> str:
    """Return what a person calls the measure of a figure."""
    named = words.chain_measure({"measure": figure.measure, "note": figure.note}, locale)
    if named:
        return named
    return result.label(figure.measure, locale)


def links(
    workspace: Workspace,
    *,
    since: date | datetime | str | None = None,
    until: date | datetime | str | None = None,
    as_of: date | datetime | str | None = None,
    confidence_level: float | None = None,
    facts: Facts | None = None,
) -> Chain:
    """Fill the links of the value chain that the data can fill.

    Parameters
    ----------
    workspace : Workspace
        From `promesa.open`.
    since, until, as_of, confidence_level
        As in `measures.ask`.

    Returns
    -------
    Chain
        At least one row per link of `LINKS` (dimension ``link``). A link that several concepts measure has a
        row each, the first declared first. Extras: ``concept``; ``owner`` (function); ``recent``, ``previous``:
        the same figure over the last 90 days of the window and the 90 before (of retention, the last in which it is
        known who came back within the declared days); ``change`` with ``change_lower`` and ``change_upper``. An empty
        link has no estimate and a ``note`` that says why.

    Notes
    -----
    Figures are those of `promises.kept`, `measures.opinions`, `value.margin` and `value.returning`, evidence
    ``described``. The interval of a change takes the two periods as independent: customers in both make it a
    little too wide.
    """
    question = ask(workspace, since=since, until=until, as_of=as_of, confidence_level=confidence_level, facts=facts)
    whole = figures_of(question)
    end = min(question.until or question.facts.as_of, question.facts.as_of)
    known = min(end, question.facts.as_of - timedelta(days=question.workspace.model.return_within_days))
    periods = zip(_last_two_periods(question, end), _last_two_periods(question, known), strict=True)
    recent, previous = (figures_of(part, returns=returns) for part, returns in periods)
    rows = [_with_trend(figure, recent.get(key), previous.get(key)) for key, figure in whole.items()]
    rows.sort(key=lambda figure: LINKS.index(str(figure.dimensions["link"])))
    heading: dict[str, Any] = question.heading("chain", first=("link",))
    return Chain(**heading, estimates=tuple(rows))


def _last_two_periods(question: Question, end: datetime) -> tuple[Question, Question]:
    """Return the question for the 90 days up to an instant and for the 90 days before."""
    middle, tick = end - timedelta(days=TREND_DAYS), timedelta(microseconds=1)
    recent = replace(question, since=middle + tick, until=end)
    return recent, replace(question, since=middle - timedelta(days=TREND_DAYS) + tick, until=middle)


def _with_trend(figure: Estimate, recent: Estimate | None, previous: Estimate | None) -> Estimate:
    extra = dict(figure.extra)
    now, before = (e if e is not None and e.estimate is not None else None for e in (recent, previous))
    extra |= {"recent": now.estimate if now else None, "previous": before.estimate if before else None}
    change = lower = upper = None
    if now is not None and before is not None and now.estimate is not None and before.estimate is not None:
        change = now.estimate - before.estimate
        ends = (now.lower, now.upper, before.lower, before.upper)
        if all(end is not None for end in ends):
            below = sqrt((now.estimate - (now.lower or 0)) ** 2 + ((before.upper or 0) - before.estimate) ** 2)
            above = sqrt(((now.upper or 0) - now.estimate) ** 2 + (before.estimate - (before.lower or 0)) ** 2)
            lower, upper = change - below, change + above
    extra |= {"change": change, "change_lower": lower, "change_upper": upper}
    return replace(figure, extra=extra)
