"""Hand-overs: where one function of the company passes the customer to another, and what is lost on the way."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from promesa import charts, words
from promesa.journeys.assembling import JOURNEY, steps_of
from promesa.journeys.handing import FROM, TO, handed_over
from promesa.journeys.opening import in_hours
from promesa.journeys.saying import said
from promesa.journeys.shares import asked_of_journeys, keys_of, share_rows, totals_of, with_groups
from promesa.measures import clustered, count_of, group_of, mean_of, sort_key, withheld
from promesa.results import Estimate, Result, steady
from promesa.stats import QUANTILE_GRID, quantile_interval

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date, datetime

    from promesa.engine import Table
    from promesa.journeys.assembling import Steps
    from promesa.measures import Group, Question
    from promesa.results import Value
    from promesa.store import Facts
    from promesa.workspace import Workspace

WAITS = {"wait_median": 0.5, "wait_p90": 0.9}
SHARES = {"returned": "returned_", "visited_again": "again_", "asked_again": "asked_again_", "unowned": "unowned_"}
SCORES = {"score_before": "before_", "score_after": "after_", "score_difference": "difference_"}
OFTEN = 0.05  # share of journeys from which on a hand-over is worth a sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Handovers(Result):
    """Who passes the customer to whom, and what is lost; see `handovers`."""

    def summary(self, locale: str = "en") -> str:
        """Name the most frequent hand-over, the slowest, the one that turns back most and the one nobody owns."""
        if split := self.said_of_groups(locale, FROM, TO):
            return split
        shares = [e for e in self.estimates if e.measure == "share_of_journeys" and e.estimate is not None]
        if not shares:
            return words.say("journeys.handovers.empty", locale)
        often = {tuple(e.dimensions.values()) for e in shares if (e.estimate or 0.0) >= OFTEN}
        told = [self._said("summary", max(shares, key=lambda e: steady(e.estimate)), locale)]
        for measure, key in (("wait_median", "slowest"), ("visited_again", "returns"), ("unowned", "unowned")):
            known = [e for e in self._known(measure) if tuple(e.dimensions.values()) in often]
            if known and (most := max(known, key=lambda e: (steady(e.estimate), e.n))).estimate:
                told.append(self._said(key, most, locale))
        worse = [e for e in self._known("score_difference") if e.upper is not None and e.upper < 0]
        if worse:
            told.append(self._said("worse", min(worse, key=lambda e: steady(e.estimate)), locale))
        return " ".join(told)

    def _known(self, measure: str) -> list[Estimate]:
        return [e for e in self.estimates if e.measure == measure and e.estimate is not None]

    def _said(self, key: str, figure: Estimate, locale: str) -> str:
        return words.say(
            f"journeys.handovers.{key}",
            locale,
            giver=self.label(figure.dimensions[FROM], locale),
            taker=self.label(figure.dimensions[TO], locale),
            n=words.number(figure.n, locale),
            **said(figure, locale),
        )

    def chart(self, locale: str = "en") -> dict[str, object] | None:
        """Draw after which hand-overs customers come back to who handed them over."""
        if self.dimensions != (FROM, TO):
            return None
        known = sorted(self._known("returned"), key=lambda e: -(e.estimate or 0.0))[:8]
        rows = [{**e.row(), "pair": self.pair(e, locale)} for e in known]
        if not rows:
            return None
        return charts.intervals(
            rows, label="pair", title=words.say("journeys.handovers.chart", locale), unit="fraction", locale=locale
        )

    def pair(self, figure: Estimate, locale: str) -> str:
        """Return what people call a hand-over."""
        return " \u2192 ".join(self.label(figure.dimensions[end], locale) for end in (FROM, TO))


def handovers(
    workspace: Workspace,
    *,
    by: str | Sequence[str] = (),
    since: date | datetime | str | None = None,
    until: date | datetime | str | None = None,
    as_of: date | datetime | str | None = None,
    confidence_level: float | None = None,
    facts: Facts | None = None,
) -> Handovers:
    """Measure where one function passes the customer to another within a journey.

    Parameters
    ----------
    workspace : Workspace
        From `promesa.open`.
    by, since, until, as_of, confidence_level
        As in `transitions`.

    Returns
    -------
    Handovers
        Rows per group with the dimensions ``from`` and ``to`` (functions): ``handovers`` (count); ``share_of_journeys``
        (fraction that holds one at least once); ``wait_median``, ``wait_p90`` (hours); of the hand-overs, ``returned``
        (fraction after which the journey comes back to the function that handed over), ``visited_again`` (to the very
        touchpoint), ``asked_again`` (fraction in which the customer had to say again what had been said; only where
        `asked_again` of [journeys] names the element) and ``unowned`` (fraction in which neither touchpoint has a
        promise or a standard); ``score_before``, ``score_after`` and ``score_difference`` (0 to 10, of the hand-overs
        of which both moments were asked about; ``n_missing`` counts the others).

    Raises
    ------
    ValueOutOfRange
        If `by` names what a journey has not once.

    Notes
    -----
    Estimands: shares and means in the population of hand-overs of which these are a sample; intervals are clustered by
    customer, that of the wait is of the order statistics with customers as the number of observations. A hand-over is
    two moments in a row of which different functions answer; what happens between them out of sight is not seen.

    Coming back is a sign of information lost and no proof: a customer also comes back to buy. The difference of scores
    is of the same journeys before and after, so it is not that of other people; it also holds what lies in the two
    touchpoints themselves, and says nothing of what the hand-over causes.
    """
    question = asked_of_journeys(
        workspace, by=by, since=since, until=until, as_of=as_of, confidence_level=confidence_level, facts=facts
    )
    steps = steps_of(question)
    journeys = with_groups(steps)
    figures = list(_figures(steps, journeys))
    figures.sort(key=lambda figure: sort_key(figure.dimensions))
    heading: dict[str, Any] = question.heading("handovers", first=(FROM, TO))
    return Handovers(**heading, estimates=tuple(figures))


def _figures(steps: Steps, journeys: Table) -> Iterator[Estimate]:
    question, facts = steps.question, steps.question.facts
    passed = handed_over(steps)
    groups = journeys.select(*keys_of(question), asked_=JOURNEY)
    passed = passed.inner_join(groups, passed[JOURNEY] == groups["asked_"])
    name = f"handovers {facts.version} {facts.as_of} {question.since} {question.until} {question.by}"
    passed = facts.engine.hold(f"{name} {facts.workspace.model} {sorted(facts.files.items())}", passed)
    waits = _waits(question, passed)
    owners = {name: function.owner for name, function in question.workspace.model.functions.items()}
    totals = totals_of(question, journeys)
    shares = {
        tuple(e.dimensions.values()): e
        for e in share_rows(question, passed, journeys, totals, names=(FROM, TO), measure="share_of_journeys")
    }
    values = {name: passed[name] for name in (*SHARES.values(), "before_", "after_")}
    values["difference_"] = passed["after_"] - passed["before_"]
    for group in clustered(question, passed, values, names=(FROM, TO)):
        where = group.dimensions
        extra: dict[str, Value] = {"from_owner": owners.get(str(where[FROM])), "to_owner": owners.get(str(where[TO]))}
        count = count_of(question, where, "handovers", group.rows, customers=group.customers)
        found = [count, shares[tuple(where.values())]]
        if withheld(question, group.rows, group.customers) is None:
            found += [*_wait_figures(question, group, waits[tuple(where.values())]), *_measured(question, group)]
        yield from (replace(figure, extra={**extra, **figure.extra}) for figure in found)


def _waits(question: Question, passed: Table) -> dict[tuple[str | None, ...], list[float]]:
    keys = ["by_from", "by_to", *keys_of(question)]
    found = passed.group_by(keys).aggregate(waits=passed["wait_"].quantile(list(QUANTILE_GRID)))
    rows = question.facts.engine.fetch(found).to_pylist()
    return {tuple(group_of(question, row, names=(FROM, TO)).values()): in_hours(row["waits"]) for row in rows}


def _wait_figures(question: Question, group: Group, grid: list[float]) -> Iterator[Estimate]:
    for measure, level in WAITS.items():
        estimate, ends = quantile_interval(
            grid, level, float(group.customers), confidence_level=question.confidence_level
        )
        yield Estimate(
            dimensions=group.dimensions, measure=measure, estimate=estimate, lower=ends.lower, upper=ends.upper,
            n=group.rows, unit="hours",
        )  # fmt: skip


def _measured(question: Question, group: Group) -> Iterator[Estimate]:
    for measure, value in SHARES.items():
        sums = group.values[value]
        if sums.n or measure != "asked_again":
            yield mean_of(
                question, group.dimensions, measure, sums, unit="fraction", kind="share", n_missing=group.rows - sums.n
            )
    for measure, value in SCORES.items():
        sums = group.values[value]
        if sums.n:
            yield mean_of(question, group.dimensions, measure, sums, unit="score", n_missing=group.rows - sums.n)
