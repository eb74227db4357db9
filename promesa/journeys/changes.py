"""Whether the map has changed: touchpoints and passages that appeared, vanished or shifted, and weeks of new levels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from promesa.engine import local_time_of
from promesa.journeys.assembling import steps_of
from promesa.journeys.conformance import finite
from promesa.journeys.periods import (
    KIND,
    NAME,
    OTHER,
    a_year_before,
    compare_channels,
    compare_passages,
    compare_touchpoints,
    met_in_neither,
    periods_of,
)
from promesa.journeys.telling import told_changes
from promesa.journeys.weeks import turns
from promesa.measures import ask, count_of, lived_moments, mean_of, withheld
from promesa.results import Estimate, Result
from promesa.stats import benjamini_hochberg, overlapping_shares
from promesa.store import unknown_touchpoints
from promesa.workspace import as_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date, datetime

    from promesa.journeys.periods import Compared, Periods
    from promesa.journeys.weeks import Turn
    from promesa.measures import Question
    from promesa.results import Value
    from promesa.stats import OverlapDifference
    from promesa.store import Facts
    from promesa.workspace import Workspace

Where = dict[str, str | None]
NOWHERE: Where = {KIND: None, NAME: None, OTHER: None}
FAMILIES = 2
MAY_BE_SEASON = ("back", "vanished", "up", "down")


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes(Result):
    """What changed in the map; see `changes`."""

    def summary(self, locale: str = "en") -> str:
        """Name what appeared, vanished and shifted most, the clearest new level, and what is not in the map."""
        return told_changes(self, locale)

    def chart(self, locale: str = "en") -> dict[str, object] | None:
        """Return nothing: the report draws the shares of both periods itself."""
        del locale
        return None


def changes(
    workspace: Workspace,
    *,
    since: date | datetime | str | None = None,
    until: date | datetime | str | None = None,
    as_of: date | datetime | str | None = None,
    confidence_level: float | None = None,
    facts: Facts | None = None,
) -> Changes:
    """Find what changed in the map between two periods, and when levels changed.

    Parameters
    ----------
    workspace : Workspace
        From `promesa.open`.
    since, until : date, datetime, str or None
        The recent period; the one before it is as long. Left out: the `compare_days` of ``[journeys]`` up to `as_of`.
    as_of, confidence_level
        As in `measures.ask`. What would be seen by chance with a probability below 1 - `confidence_level`, adjusted
        for all that was looked at, is a change.

    Returns
    -------
    Changes
        Rows with the dimensions ``kind``, ``name``, ``other``. Without a kind: ``customers_before`` and
        ``customers_recent`` (count, with the first and last day of the period); ``looked_at`` (count of comparisons).

        Of a ``touchpoint``: ``share_before`` and ``share_recent`` (fraction of the customers seen in the period who met
        it) and ``share_change`` (fraction, with ``change``: ``appeared``, ``back``, ``vanished``, ``up``, ``down`` or
        ``none``, ``p_value``, ``p_adjusted``, ``first_day``, ``last_day``). Of a ``channel`` the same, of the
        touchpoint's customers; of a ``passage``, of the customers who went on from ``name``. Of what was called
        ``back``, ``vanished``, ``up`` or ``down``, where the data reach back so far: ``share_year_before`` (fraction,
        in the same weeks a year before) and ``share_change_year`` (fraction, the recent share less it; ``differs``).

        Of a series whose level changed (``volume``: moments for a hundred customers seen in the week; ``wait``: hours,
        median; ``score``, with the concept in ``other``; ``kept``, of a promise): ``level_before``, ``level_after`` and
        ``level_change`` with ``change`` (``step`` or ``drift``), ``day`` (Monday of the first week of the new level),
        ``day_earliest`` and ``day_latest``. Of ``series``: ``looked_at``.

        Of an ``unknown`` touchpoint, which the sources name and the model does not: ``unknown_rows``,
        ``unknown_customers`` (with the ``proposal`` for model.toml) and ``unknown_customers_recent`` (count), with
        ``first_day`` and ``last_day``.

    Notes
    -----
    Estimand: the difference between two periods of the share of customers, in the population that these customers are
    drawn from; see `stats.overlapping_shares`. A customer in both periods is one observation of each. The false
    discovery rate is held over all touchpoints, channels and passages together, and over all series together, by
    Benjamini and Hochberg; each at half of 1 - `confidence_level`, so that a map in which nothing changed is called
    changed with no greater probability than that. A touchpoint that appeared was never seen before the recent period;
    one that is back was.

    Nothing is said of why. Two periods of a year differ by their season too. So what changed is held against the same
    52 weeks earlier as well: what does not differ there may be the season. It may also have changed a year ago and back
    since: one year tells no more. With less than a year before the recent period nothing is said of it. Levels are
    looked for in all weeks up to `until`, one break a series, see `stats.level_break`; no season is taken out of them.
    """
    question = ask(workspace, since=since, until=until, as_of=as_of, confidence_level=confidence_level, facts=facts)
    periods = periods_of(question)
    figures = [] if periods is None else [*_shares(question, periods), *_unknown(question, periods)]
    figures += _levels(question)
    heading: dict[str, Any] = question.heading("changes", first=(KIND, NAME, OTHER))
    return Changes(**heading, estimates=tuple(figures))


def _day(question: Question, instant: datetime) -> date:
    return local_time_of(instant, question.workspace.time_zone).date()


def _shares(question: Question, periods: Periods) -> Iterator[Estimate]:
    found = _compared(question, periods)
    yield from _customers(question, periods, found)
    shown = [one for one in found if _may_be_told(question, one)]
    level = question.confidence_level
    tested = [overlapping_shares(one.sums, confidence_level=level) for one in shown]
    adjusted = _adjusted([difference.p_value for difference in tested])
    yield Estimate(dimensions=NOWHERE, measure="looked_at", estimate=float(len(shown)), n=len(shown), unit="count")
    changed: list[Compared] = []
    for one, difference, q in zip(shown, tested, adjusted, strict=True):
        yield from _share_rows(question, periods, one, difference, float(q))
        if _change_of(question, periods, one, difference, float(q)) in MAY_BE_SEASON:
            changed.append(one)
    year = a_year_before(periods)
    if changed and year is not None:
        yield from _year_rows(question, year, changed)


def _compared(question: Question, periods: Periods) -> list[Compared]:
    whole = replace(question, since=None, until=None)
    moments = lived_moments(whole)
    return [
        *compare_touchpoints(question, moments, periods),
        *compare_channels(question, moments, periods),
        *compare_passages(question, steps_of(whole).table, periods),
    ]


def _year_rows(question: Question, year: Periods, changed: Sequence[Compared]) -> Iterator[Estimate]:
    """Yield what changed, against the same weeks a year before: what does not differ there may be the season."""
    found = _compared(question, year)
    of = {tuple(one.where.values()): one for one in found}
    known: list[Compared] = []
    for old in changed:
        one = of.get(tuple(old.where.values()))
        if one is None and old.where[KIND] == found[0].where[KIND] == "touchpoint":
            one = met_in_neither(found[0], old.where)  # gone now, and not there then
        if one is not None and _may_be_told(question, one):
            known.append(one)
    tested = [overlapping_shares(one.sums, confidence_level=question.confidence_level) for one in known]
    adjusted = benjamini_hochberg([difference.p_value for difference in tested])
    for one, difference, q in zip(known, tested, adjusted, strict=True):
        if 0 < min(one.sums.first.total, one.sums.second.total) < question.workspace.min_cell:
            yield _withheld(one.where, "share_change_year")
            continue
        yield mean_of(question, one.where, "share_year_before", one.sums.second, unit="fraction", kind="share")
        differs = bool(q <= 1 - question.confidence_level)
        extra: dict[str, Value] = {
            "p_value": finite(difference.p_value),
            "p_adjusted": finite(float(q)),
            "differs": differs,
        }
        yield Estimate(
            dimensions=one.where, measure="share_change_year", estimate=difference.difference,
            lower=difference.interval.lower if difference.interval else None,
            upper=difference.interval.upper if difference.interval else None,
            n=one.sums.first.n + one.sums.second.n, unit="fraction", extra=extra,
        )  # fmt: skip


def _may_be_told(question: Question, one: Compared) -> bool:
    enough = min(one.sums.first.n, one.sums.second.n) >= question.workspace.min_group
    return enough and one.customers >= question.workspace.min_cell


def _customers(question: Question, periods: Periods, found: Sequence[Compared]) -> Iterator[Estimate]:
    """Yield how many customers were seen in each period, with its days."""
    every = next((one for one in found if one.where[KIND] == "touchpoint"), None)
    ends = (("before", periods.start, periods.middle), ("recent", periods.middle, periods.end))
    for name, start, end in ends if every else ():
        assert every is not None  # noqa: S101 (for the type)
        n = (every.sums.second if name == "before" else every.sums.first).n
        days = {"first_day": _next_instant_day(question, start), "last_day": _day(question, end).isoformat()}
        yield count_of(question, NOWHERE, f"customers_{name}", n, customers=n, **days)


def _next_instant_day(question: Question, start: datetime) -> str:
    """Return the local day on which a period begins: its first instant is the one after `start`."""
    from datetime import timedelta

    return _day(question, start + timedelta(microseconds=1)).isoformat()


def _share_rows(
    question: Question, periods: Periods, one: Compared, difference: OverlapDifference, q: float
) -> Iterator[Estimate]:
    recent, before = one.sums.first, one.sums.second
    hidden = any(0 < sums.total < question.workspace.min_cell for sums in (recent, before))
    for measure, sums in (("share_before", before), ("share_recent", recent)):
        if hidden:
            yield _withheld(one.where, measure)
        else:
            yield mean_of(question, one.where, measure, sums, unit="fraction", kind="share")
    extra: dict[str, Value] = {
        "change": _change_of(question, periods, one, difference, q),
        "p_value": difference.p_value,
        "p_adjusted": q,
        "first_day": one.first.isoformat(),
        "last_day": one.last.isoformat(),
    }
    if hidden:
        yield replace(_withheld(one.where, "share_change"), extra=extra)
        return
    interval = difference.interval
    yield Estimate(
        dimensions=one.where,
        measure="share_change",
        estimate=difference.difference,
        lower=interval.lower if interval else None,
        upper=interval.upper if interval else None,
        n=recent.n + before.n,
        unit="fraction",
        extra=extra,
    )


def _withheld(where: Where, measure: str) -> Estimate:
    return Estimate(dimensions=where, measure=measure, estimate=None, n=0, unit="fraction", note="withheld-small-cell")


def _change_of(question: Question, periods: Periods, one: Compared, difference: OverlapDifference, q: float) -> str:
    if not q <= 1 - question.confidence_level:
        return "none"
    if not one.sums.second.total:
        return "back" if one.first < _day(question, periods.middle) else "appeared"
    if not one.sums.first.total:
        return "vanished"
    return "up" if difference.difference > 0 else "down"


def _adjusted(p_values: list[float]) -> list[float]:
    """Return p-values adjusted within their family, and for there being two: periods and weeks are both looked at."""
    return [min(1.0, FAMILIES * float(p)) for p in benjamini_hochberg(p_values)]


def _levels(question: Question) -> Iterator[Estimate]:
    """Yield the series whose level changed."""
    found = turns(steps_of(replace(question, since=None, until=None)))
    adjusted = _adjusted([turn.found.p_value for turn in found])
    if found:
        where = {**NOWHERE, KIND: "series"}
        yield Estimate(dimensions=where, measure="looked_at", estimate=float(len(found)), n=len(found), unit="count")
    for turn, q in zip(found, adjusted, strict=True):
        if q <= 1 - question.confidence_level:
            yield from _level_rows(turn, float(q))


def _level_rows(turn: Turn, q: float) -> Iterator[Estimate]:
    series, found = turn.series, turn.found
    where: Where = {KIND: series.kind, NAME: series.name, OTHER: series.other}
    for measure, level in (("level_before", found.before), ("level_after", found.after)):
        yield Estimate(dimensions=where, measure=measure, estimate=level, n=series.n, unit=series.unit)
    yield Estimate(
        dimensions=where,
        measure="level_change",
        estimate=found.change,
        lower=found.interval.lower,
        upper=found.interval.upper,
        n=series.n,
        unit=series.unit,
        extra={
            "change": found.kind,
            "p_value": found.p_value,
            "p_adjusted": q,
            "day": turn.week(found.place).isoformat(),
            "day_earliest": turn.week(found.lower).isoformat(),
            "day_latest": turn.week(found.upper).isoformat(),
            "weeks": len(series.weeks),
        },
    )


def _unknown(question: Question, periods: Periods) -> Iterator[Estimate]:
    """Yield the touchpoints that wait in the quarantine for want of a name in the model."""
    workspace = question.workspace
    seen = unknown_touchpoints(
        workspace, since=_day(question, periods.middle), until=_day(question, question.facts.as_of)
    )
    for one in seen:
        where: Where = {KIND: "unknown", NAME: one.name, OTHER: None}
        days = {
            "first_day": one.first.isoformat() if one.first else None,
            "last_day": one.last.isoformat() if one.last else None,
        }
        yield count_of(question, where, "unknown_rows", one.rows, customers=one.customers, **days)
        proposed = {**days, "proposal": proposal(one.name)}
        yield count_of(question, where, "unknown_customers", one.customers, customers=one.customers, **proposed)
        if withheld(question, one.recent, one.recent) is None:
            yield count_of(question, where, "unknown_customers_recent", one.recent, customers=one.recent, **days)


def proposal(name: str) -> str:
    """Return what to write into model.toml for a touchpoint that it does not hold; stage and function are to be said.

    Examples
    --------
    >>> print(proposal("Quiosco digital"))
    [touchpoints.quiosco_digital]  # moments of "Quiosco digital": give them this name in load/
    label = "Quiosco digital"
    stage = ""  # before, during or after
    function = ""  # who answers for it
    """
    key, label = as_name(name), name.replace("\\", "\\\\").replace('"', '\\"')
    hint = "" if key == name else f'  # moments of "{label}": give them this name in load/'
    return "\n".join(
        (
            f"[touchpoints.{key}]{hint}",
            f'label = "{label}"',
            'stage = ""  # before, during or after',
            'function = ""  # who answers for it',
        )
    )
