"""The map as it is lived: from which touchpoint customers go to which, how many do, and how long they wait."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from promesa import words
from promesa.journeys.assembling import JOURNEY, steps_of
from promesa.journeys.opening import in_hours, with_open_wait
from promesa.journeys.saying import said
from promesa.journeys.shares import Totals, asked_of_journeys, keys_of, share_rows, totals_of, with_groups
from promesa.measures import PREFIX, count_of, group_of, sort_key, withheld
from promesa.results import Estimate, Result, steady
from promesa.stats import QUANTILE_GRID, quantile_interval

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date, datetime

    from promesa.engine import Table
    from promesa.journeys.assembling import Steps
    from promesa.measures import Question
    from promesa.store import Facts
    from promesa.workspace import Workspace

FROM, TO = "from", "to"
RANKS = ("rank_", "next_rank_")  # of lean steps
WAITS = {"wait_median": 0.5, "wait_p90": 0.9}
OPEN_WAITS = {"open_wait_median": 0.5, "open_wait_p90": 0.9}


@dataclass(frozen=True, slots=True, kw_only=True)
class Transitions(Result):
    """Who goes from where to where; see `transitions`."""

    def summary(self, locale: str = "en") -> str:
        """Name the passage that most journeys hold, and the longest wait among the frequent ones."""
        if split := self.said_of_groups(locale, FROM, TO):
            return split
        shares = [e for e in self.estimates if e.measure == "share_of_journeys" and e.estimate is not None]
        if not shares:
            return words.say("journeys.transitions.empty", locale)
        most = max(shares, key=lambda e: steady(e.estimate))
        often = {tuple(e.dimensions.values()) for e in shares if (e.estimate or 0.0) >= 0.05}
        waits = [e for e in self.estimates if e.measure == "wait_median" and tuple(e.dimensions.values()) in often]
        told = [words.say("journeys.transitions.summary", locale, **self._said(most, locale))]
        if waits:
            slow = max(waits, key=lambda e: steady(e.estimate))
            told.append(words.say("journeys.transitions.slowest", locale, **self._said(slow, locale)))
        return " ".join(told)

    def _said(self, figure: Estimate, locale: str) -> dict[str, str]:
        return {
            "start": self.label(figure.dimensions[FROM], locale),
            "end": self.label(figure.dimensions[TO], locale),
            "n": words.number(figure.n, locale),
            **said(figure, locale),
        }

    def chart(self, locale: str = "en") -> dict[str, object] | None:
        """Return nothing: the report draws the map as a picture of its own."""
        del locale
        return None


def transitions(
    workspace: Workspace,
    *,
    by: str | Sequence[str] = (),
    since: date | datetime | str | None = None,
    until: date | datetime | str | None = None,
    as_of: date | datetime | str | None = None,
    confidence_level: float | None = None,
    facts: Facts | None = None,
) -> Transitions:
    """Measure the passages from each touchpoint to the one lived after it.

    Parameters
    ----------
    workspace : Workspace
        From `promesa.open`.
    by : str or sequence of str
        Periods (of the start of the journey) or traits.
    since, until : date, datetime, str or None
        Journeys that began in this window are looked at, whole.
    as_of, confidence_level
        As in `measures.ask`.

    Returns
    -------
    Transitions
        Rows per group with the dimensions ``from`` and ``to``: ``passages`` (count), ``share_of_journeys`` (fraction
        of the journeys that hold the passage at least once, interval clustered by customer), ``wait_median`` and
        ``wait_p90`` (hours); where the touchpoint reached has a calendar, ``open_wait_median`` and ``open_wait_p90``
        (hours that it was open in between). Without ``from``: ``starts`` (fraction of the journeys that begin at
        ``to``); without ``to``: ``ends`` (fraction of the ended journeys whose last moment is at ``from``).

    Raises
    ------
    ValueOutOfRange
        If `by` names what a journey has not once.

    Notes
    -----
    Estimand: shares in the population of journeys of which these customers' are a sample. Journeys still open count
    in passages and starts and not in ends. A wait is the whole time between two moments, an open wait the part of it
    in which the calendar of the touchpoint reached is open; the interval of either is that of the order statistics,
    with customers as the number of observations.
    """
    question = asked_of_journeys(
        workspace, by=by, since=since, until=until, as_of=as_of, confidence_level=confidence_level, facts=facts
    )
    steps = steps_of(question, lean=True)
    journeys = with_groups(steps)
    totals = totals_of(question, journeys)
    figures = [
        *_passages(steps, journeys, totals),
        *_edges(steps, journeys, totals, measure="starts", column=TO),
        *_edges(steps, journeys, None, measure="ends", column=FROM),
    ]
    figures.sort(key=lambda figure: sort_key(figure.dimensions))
    heading: dict[str, Any] = question.heading("transitions", first=(FROM, TO))
    return Transitions(**heading, estimates=tuple(figures))


def _passages(steps: Steps, journeys: Table, totals: Totals) -> Iterator[Estimate]:
    question = steps.question
    passed = steps.table.filter(steps.table["next_at_"].notnull())
    passed = passed.mutate(**{PREFIX + FROM: passed["touchpoint"], PREFIX + TO: passed["next_"]})
    counted = counted_passages(question, passed, journeys)
    opened = with_open_wait(question.facts.engine, question.workspace, passed)
    open_waits = {} if opened is None else counted_passages(question, opened, journeys, wait="open_wait_")
    for figure in share_rows(question, passed, journeys, totals, names=(FROM, TO), measure="share_of_journeys"):
        where = tuple(figure.dimensions.values())
        row = counted[where]
        customers = int(row["customers"])
        yield count_of(question, figure.dimensions, "passages", int(row["n"]), customers=customers)
        yield figure
        if withheld(question, int(row["n"]), customers) is None:
            yield from _waits(question, figure.dimensions, row, WAITS)
            if where in open_waits:
                yield from _waits(question, figure.dimensions, open_waits[where], OPEN_WAITS)


def counted_passages(
    question: Question, passed: Table, journeys: Table, *, wait: str | None = None
) -> dict[tuple[str | None, ...], dict[str, Any]]:
    """Return, for each pair of touchpoints and group, passages, customers and quantiles of the waits in microseconds.

    `wait` is the column that holds them; the whole time between the two moments when left out.
    """
    keys = keys_of(question)
    if question.by:
        groups = journeys.select(*keys, asked_=JOURNEY)
        passed = passed.inner_join(groups, passed[JOURNEY] == groups["asked_"])
    # Whole numbers are ordered in half the time that fractions take, and grouped by in less than texts.
    whole = passed["next_at_"].delta(passed["at"], unit="microsecond").cast("int64")
    passed = passed.mutate(wait_=passed[wait] if wait else whole)
    ends = RANKS if RANKS[1] in passed.columns else ("touchpoint", "next_")
    found = passed.group_by([*ends, *keys]).aggregate(
        n=passed.count(), customers=passed["customer"].nunique(), waits=passed["wait_"].quantile(list(QUANTILE_GRID))
    )
    touchpoints = list(question.workspace.model.touchpoints)
    rows: dict[tuple[str | None, ...], dict[str, Any]] = {}
    for row in question.facts.engine.fetch(found).to_pylist():
        way = [touchpoints[row[end]] if end in RANKS else row[end] for end in ends]
        named = {**row, **dict(zip((PREFIX + FROM, PREFIX + TO), way, strict=True))}
        rows[tuple(group_of(question, named, names=(FROM, TO)).values())] = row
    return rows


def _waits(
    question: Question, where: dict[str, str | None], row: dict[str, Any], levels: Mapping[str, float]
) -> Iterator[Estimate]:
    for measure, level in levels.items():
        estimate, ends = quantile_interval(
            in_hours(row["waits"]), level, float(row["customers"]), confidence_level=question.confidence_level
        )
        yield Estimate(
            dimensions=where,
            measure=measure,
            estimate=estimate,
            lower=ends.lower,
            upper=ends.upper,
            n=int(row["n"]),
            unit="hours",
        )


def _edges(steps: Steps, journeys: Table, totals: Totals | None, *, measure: str, column: str) -> Iterator[Estimate]:
    """Return the share of journeys that begin or end at each touchpoint."""
    question, table = steps.question, steps.table
    if column == TO:
        edge = table.filter(table["place_"] == 0)
    else:
        edge = table.filter(table["next_at_"].isnull())
        journeys = journeys.filter(~journeys["open_"])
        totals = totals_of(question, journeys)
    assert totals is not None  # noqa: S101 (for the type: given wherever journeys are not narrowed)
    edge = edge.mutate(**{PREFIX + column: edge["touchpoint"]})
    for figure in share_rows(question, edge, journeys, totals, names=(column,), measure=measure):
        where = {FROM: None, TO: None, **figure.dimensions}
        yield Estimate(
            dimensions={name: where[name] for name in (FROM, TO, *question.by)},
            measure=measure,
            estimate=figure.estimate,
            lower=figure.lower,
            upper=figure.upper,
            n=figure.n,
            unit=figure.unit,
            note=figure.note,
        )
