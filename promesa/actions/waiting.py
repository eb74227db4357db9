"""What waits: cases that are open, past their limit, how long, and how many come and go."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from promesa import charts, words
from promesa.actions.opened import RECENT_DAYS, answering_for, open_only, recent_cases, with_standing
from promesa.actions.remainders import FLOWS, without_remainders
from promesa.engine import lit, null_of, when
from promesa.journeys import with_open_wait
from promesa.measures import PREFIX, ask, clustered, count_of, group_of, mean_of, sort_key, with_dimensions, withheld
from promesa.results import Estimate, Result
from promesa.stats import QUANTILE_GRID, quantile_interval

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date, datetime

    from promesa.engine import Expression, Table
    from promesa.measures import Question
    from promesa.store import Facts
    from promesa.workspace import Workspace

OWN = ("function", "touchpoint")
LEVELS: tuple[tuple[str, ...], ...] = ((), ("function",), OWN)
COUNTS = ("open_now", "overdue", "below_minimum", *FLOWS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cases(Result):
    """Cases that are open; see `cases`."""

    def summary(self, locale: str = "en") -> str:
        """Say how many cases are open, how many past their limit, and where most of those are."""
        if self.dimensions != OWN:
            return self._split(locale)
        found = {m: self.find(m, function=None, touchpoint=None) for m in ("open_now", "overdue", "open_time_median")}
        count, late, half = (found[m] for m in ("open_now", "overdue", "open_time_median"))
        if count is None or late is None or count.estimate == 0:
            return words.say("actions.cases.empty", locale)
        if count.estimate is None:
            return words.say("actions.cases.withheld", locale)
        said = {"n": words.number(count.estimate, locale), "late": words.number(late.estimate, locale)}
        parts = [words.say("actions.cases.summary", locale, **said)]
        if half is not None and half.estimate is not None:
            shown = words.in_fitting_unit(half.row())
            ends = {end: words.amount(shown[end], shown["unit"], locale) for end in ("estimate", "lower", "upper")}
            parts.append(words.say("actions.cases.half", locale, **ends))
        most = max(self._late(), key=lambda e: e.estimate or 0.0, default=None)
        if most is not None and most.estimate:
            name = self.label(most.dimensions["touchpoint"], locale)
            parts.append(
                words.say("actions.cases.most", locale, touchpoint=name, n=words.number(most.estimate, locale))
            )
        return " ".join(parts)

    def _split(self, locale: str) -> str:
        """Say in which group most cases are past their limit."""
        shares = [
            e
            for e in self.estimates
            if e.measure == "overdue_share" and e.estimate is not None and e.dimensions["function"] is None
        ]
        if not shares:
            return words.say("actions.cases.withheld" if self.estimates else "actions.cases.empty", locale)
        most = max(shares, key=lambda e: e.estimate or 0.0)
        return words.say(
            "actions.cases.split" if len(shares) > 1 else "actions.cases.one_group",
            locale,
            group=", ".join(self.label(most.dimensions[name], locale) for name in self.dimensions[len(OWN) :]),
            share=words.percent(most.estimate, locale),
            lower=words.percent(most.lower, locale),
            upper=words.percent(most.upper, locale),
            n=words.number(most.n, locale),
        )

    def _late(self) -> list[Estimate]:
        return [e for e in self.estimates if e.measure == "overdue" and e.dimensions["touchpoint"] is not None]

    def chart(self, locale: str = "en") -> dict[str, object] | None:
        """Draw how many cases are past their limit at each touchpoint."""
        if self.dimensions != OWN or not any(e.estimate for e in self._late()):
            return None
        return charts.bars(
            [e.row() for e in sorted(self._late(), key=lambda e: -(e.estimate or 0.0))],
            label="touchpoint",
            title=words.say("actions.cases.chart", locale),
            unit="count",
            locale=locale,
            names={name: self.label(name, locale) for name in self.labels},
        )


def cases(
    workspace: Workspace,
    *,
    by: str | Sequence[str] = (),
    as_of: date | datetime | str | None = None,
    confidence_level: float | None = None,
    facts: Facts | None = None,
) -> Cases:
    """Tell what customers began and nobody has finished, and since when.

    Parameters
    ----------
    workspace : Workspace
        From `promesa.open`.
    by : str or sequence of str
        Further dimensions, as in `measures.ask`: ``channel``, ``tier``, ``region``... Periods are those of the opening.
    as_of, confidence_level
        As in `measures.ask`.

    Returns
    -------
    Cases
        Rows of all (``function`` and ``touchpoint`` null), of each function that answers (`answering_for`), of each
        touchpoint: ``open_now``, ``overdue`` (count, past the earliest limit), ``below_minimum`` (count, past the limit
        of a minimum standard); ``overdue_share`` (fraction of those open, interval); ``open_time_median`` (hours,
        interval), ``open_time_longest`` (hours), of touchpoints with a calendar ``open_hours_median`` (hours in which
        somebody serves, interval); ``opened_recently``, ``closed_recently`` (count, last 28 days).

    Raises
    ------
    UnknownName
        If a dimension is not known.

    Notes
    -----
    Estimand: counts are of the cases themselves, at `as_of`. The share and the median are of the process that these
    customers' open cases were drawn from, clustered by customer: Wilson's interval at the effective n, order statistics
    at the number of customers.

    A case is a moment with `promised` and without `delivered` that no promise releases. Its limit is the earliest `due`
    of the promises and minimum standards of its touchpoint; a rule whose `due` is ``at`` judges the moment and sets no
    limit. Where none is declared, what was promised to the customer is the limit. The time that open cases have been
    open is longer than what cases take: long ones are met more often, whenever one looks. A source that gives only what
    was finished shows no case at all.
    """
    question = ask(workspace, by=by, as_of=as_of, confidence_level=confidence_level, facts=facts)
    question = replace(question, by=tuple(name for name in question.by if name not in OWN))
    heading: dict[str, Any] = question.heading("cases", first=OWN)
    figures = [] if question.facts.is_empty("moments") else _figures(question)
    figures.sort(key=lambda figure: _place(figure, question))
    return Cases(**heading, estimates=tuple(figures))


def _place(figure: Estimate, question: Question) -> tuple[Any, ...]:
    """Return the place of a figure: everybody first, then functions and touchpoints in the order of the model."""
    names = (list(question.workspace.model.functions), list(question.workspace.model.touchpoints))
    at = [figure.dimensions[name] for name in OWN]
    places = [
        -1 if value is None else known.index(value) if value in known else len(known)
        for value, known in zip(at, names, strict=True)
    ]
    return (*places, sort_key({name: figure.dimensions[name] for name in question.by}))


def _figures(question: Question) -> list[Estimate]:
    split = replace(question, by=(*OWN, *question.by))
    table = _by_who_answers(question, with_dimensions(split, recent_cases(question), time="opened"))
    waiting = with_standing(question, open_only(table))
    calendars = _by_calendar(question, waiting)
    figures: list[Estimate] = []
    for names in LEVELS:
        figures += _counted(question, table, names)
        figures += _timed(question, waiting, names)
        if names == OWN and calendars is not None:
            figures += _served(question, calendars)
    blank = dict.fromkeys(OWN)
    keys = (*OWN, *question.by)
    figures = [replace(one, dimensions={name: {**blank, **one.dimensions}[name] for name in keys}) for one in figures]
    return without_remainders(figures, is_split=bool(question.by))


def _by_who_answers(question: Question, table: Table) -> Table:
    """Return cases by the function that answers for them, which need not be that of their touchpoint."""
    answering = answering_for(question.workspace.model)
    value = null_of("string")
    for function in sorted(set(answering.values())):
        touchpoints = [touchpoint for touchpoint, its in answering.items() if its == function]
        value = when(table["touchpoint"].isin(touchpoints), function, value)
    return table.mutate(**{f"{PREFIX}function": value})


def _counted(question: Question, table: Table, names: tuple[str, ...]) -> Iterator[Estimate]:
    now, nothing = question.facts.as_of, null_of("float64")
    since = now - timedelta(days=RECENT_DAYS)
    is_open, least = table["closed"].isnull(), table["least_due"]
    values: dict[str, Expression] = {
        "open_now": when(is_open, 1.0, nothing),
        "overdue": when(is_open, when(table["due"] <= now, 1.0, 0.0), nothing),
        "below_minimum": when(is_open & least.notnull(), when(least <= now, 1.0, 0.0), nothing),
        "opened_recently": when(table["opened"] > since, 1.0, nothing),
        "closed_recently": when(table["closed"] > since, 1.0, nothing),
    }
    for group in clustered(question, table, values, names=names, anonymous=True):
        for measure in COUNTS:
            sums = group.values[measure]
            if measure != "below_minimum" or sums.n:
                yield count_of(question, group.dimensions, measure, round(sums.total), customers=sums.clusters)
        if group.values["overdue"].n:
            late = group.values["overdue"]
            yield mean_of(question, group.dimensions, "overdue_share", late, unit="fraction", kind="share")


def _timed(question: Question, waiting: Table, names: tuple[str, ...]) -> Iterator[Estimate]:
    for where, row, customers in _quantiles(question, waiting, "hours", names):
        yield _median(question, where, "open_time_median", row, customers=customers)
        reason = withheld(question, int(row["n"]), customers)
        yield Estimate(
            dimensions=where,
            measure="open_time_longest",
            estimate=None if reason else float(row["longest"]),
            n=0 if reason == "withheld-small-cell" else int(row["n"]),
            unit="hours",
            note=reason,
        )


def _served(question: Question, table: Table) -> Iterator[Estimate]:
    for where, row, customers in _quantiles(question, table, "served_hours", OWN):
        yield _median(question, where, "open_hours_median", row, customers=customers)


def _by_calendar(question: Question, waiting: Table) -> Table | None:
    now = lit(question.facts.as_of, "timestamp(6)")
    passed = waiting.mutate(next_=waiting["touchpoint"], at=waiting["opened"], next_at_=now)
    served = with_open_wait(question.facts.engine, question.workspace, passed)
    return None if served is None else served.mutate(served_hours=served["open_wait_"].cast("float64") / 3.6e9)


def _quantiles(
    question: Question, table: Table, column: str, names: tuple[str, ...]
) -> list[tuple[dict[str, str | None], dict[str, Any], int]]:
    keys = [PREFIX + name for name in (*names, *question.by)]
    value = table[column]
    sums = {
        "n": table.count(),
        "customers": table["customer"].nunique(),
        "anonymous": table["customer"].isnull().cast("int64").sum(),
        "longest": value.max(),
        "grid": value.quantile(list(QUANTILE_GRID)),
    }
    found = table.group_by(keys).aggregate(**sums) if keys else table.aggregate(**sums)
    rows = [row for row in question.facts.engine.fetch(found).to_pylist() if row["n"]]
    return [
        (group_of(question, row, names=names), row, int(row["customers"]) + int(row["anonymous"] or 0)) for row in rows
    ]


def _median(
    question: Question, where: dict[str, str | None], measure: str, row: dict[str, Any], *, customers: int
) -> Estimate:
    reason, n = withheld(question, int(row["n"]), customers), int(row["n"])
    if reason:
        shown = 0 if reason == "withheld-small-cell" else n
        return Estimate(dimensions=where, measure=measure, estimate=None, n=shown, unit="hours", note=reason)
    estimate, ends = quantile_interval(row["grid"], 0.5, customers, confidence_level=question.confidence_level)
    return Estimate(
        dimensions=where, measure=measure, estimate=estimate, lower=ends.lower, upper=ends.upper, n=n, unit="hours"
    )
