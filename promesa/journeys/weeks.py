"""Weekly series of touchpoints and promises, each looked at for the week in which its level changed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from promesa.engine import when
from promesa.measures import KINDS, UNITS, concept_values, lived_moments, own_opinions
from promesa.promises import commitments
from promesa.stats import level_break

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from promesa.engine import Expression, Table
    from promesa.journeys.assembling import Steps
    from promesa.measures import Question
    from promesa.stats import Break

FEWEST = 5  # observations of a week that a mean, a share or a median is taken of
WEEK = timedelta(weeks=1)
HOURS = 3600.0 * 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One quantity by week.

    Attributes
    ----------
    kind : str
        ``volume``, ``wait``, ``score`` or ``kept``.
    name, other : str or None
        Touchpoint or promise; concept of a score.
    unit : str
        Of the values.
    weeks : tuple of date
        Mondays, local, of the weeks with a value.
    values : tuple of float
        One a week.
    n : int
        Observations behind all of them.
    """

    kind: str
    name: str | None
    other: str | None
    unit: str
    weeks: tuple[date, ...]
    values: tuple[float, ...]
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A series and the break found in it, at the Monday of the first week of the new level."""

    series: Series
    found: Break

    def week(self, place: int) -> date:
        """Return the Monday of a place in the series."""
        return self.series.weeks[place]


def turns(steps: Steps) -> list[Turn]:
    """Return every series that is long enough, with its largest change of level, whether chance or not."""
    found: list[Turn] = []
    for series in _all_series(steps):
        change = level_break(series.values, confidence_level=steps.question.confidence_level)
        if change is not None:
            found.append(Turn(series=series, found=change))
    return found


def _all_series(steps: Steps) -> Iterator[Series]:
    question = replace(steps.question, since=None, by=())
    moments = lived_moments(question)
    weeks = _weeks(question, moments)
    if weeks:
        yield from _volumes(question, moments, weeks)
        yield from _waits(question, steps.table, weeks)
        yield from _scores(question, weeks)
        yield from _kept(question, weeks)


def _weeks(question: Question, moments: Table) -> list[date]:
    """Return the Mondays of the whole weeks from the first moment to the end."""
    at = question.facts.local(moments["at"])
    row = question.facts.engine.fetch(moments.aggregate(first=at.min(), last=at.max())).to_pylist()[0]
    if row["first"] is None:
        return []
    first, last = row["first"].date(), row["last"].date()
    monday = first + timedelta(days=-first.weekday() % 7)
    end = last + timedelta(days=1)
    return [monday + k * WEEK for k in range((end - monday) // WEEK)] if end > monday else []


def _by_week(question: Question, table: Table, time: str) -> Expression:
    return question.facts.local(table[time]).truncate("W").date()


def _fetched(question: Question, table: Table, keys: list[str], **sums: Expression) -> dict[tuple[Any, ...], Any]:
    """Return the sums by keys, then week."""
    rows = question.facts.engine.fetch(table.group_by([*keys, "week_"]).aggregate(**sums)).to_pylist()
    found: dict[tuple[Any, ...], dict[date, Any]] = {}
    for row in rows:
        found.setdefault(tuple(row[key] for key in keys), {})[row["week_"]] = row
    return dict(sorted(found.items(), key=lambda item: tuple(str(part) for part in item[0])))


def _volumes(question: Question, moments: Table, weeks: list[date]) -> Iterator[Series]:
    """Yield the moments at each touchpoint for a hundred customers seen in the week: growth and season are in both."""
    table = moments.mutate(week_=_by_week(question, moments, "at"))
    seen = _fetched(question, table, [], customers=table["customer"].nunique())[()]
    counted = _fetched(question, table, ["touchpoint"], n=table.count(), c=table["customer"].nunique())
    enough = [week for week in weeks if week in seen and seen[week]["customers"] >= FEWEST]
    for (name,), rows in counted.items():
        counts = [rows[week]["n"] if week in rows else 0 for week in enough]
        per_hundred = (100 * n / seen[week]["customers"] for n, week in zip(counts, enough, strict=True))
        if sum(counts) >= question.workspace.min_group:
            yield Series(
                kind="volume",
                name=name,
                other=None,
                unit="count",
                weeks=tuple(enough),
                values=tuple(per_hundred),
                n=sum(counts),
            )


def _series(
    question: Question, rows: Mapping[date, Any], weeks: list[date], *, kind: str, name: str | None, **more: Any
) -> Iterator[Series]:
    """Yield the weeks with enough observations, if they are nearly all from the first to the last of them."""
    kept = [week for week in weeks if week in rows and rows[week]["n"] >= FEWEST and rows[week]["value"] is not None]
    if not kept or len(kept) < 0.8 * ((kept[-1] - kept[0]) // WEEK + 1):
        return
    n = sum(int(rows[week]["n"]) for week in kept)
    if n >= question.workspace.min_group:
        values = tuple(float(rows[week]["value"]) for week in kept)
        yield Series(kind=kind, name=name, weeks=tuple(kept), values=values, n=n, **more)


def _waits(question: Question, steps: Table, weeks: list[date]) -> Iterator[Series]:
    """Yield the hours that half of those who come to a touchpoint have waited since their moment before."""
    moved = steps.filter(steps["next_at_"].notnull())
    if question.until is not None:
        moved = moved.filter(moved["next_at_"] <= question.until)
    hours = moved["next_at_"].delta(moved["at"], unit="microsecond").cast("float64") / HOURS
    moved = moved.mutate(week_=_by_week(question, moved, "next_at_"), hours_=hours)
    found = _fetched(question, moved, ["next_"], n=moved.count(), value=moved["hours_"].quantile(0.5))
    for (name,), rows in found.items():
        yield from _series(question, rows, weeks, kind="wait", name=name, other=None, unit="hours")


def _scores(question: Question, weeks: list[date]) -> Iterator[Series]:
    """Yield each concept, at each touchpoint where it is asked for one."""
    concepts = list(question.workspace.model.concepts.values())
    if not concepts or question.facts.is_empty("opinions"):
        return
    opinions = own_opinions(question)
    declared = [concept.name for concept in concepts]
    opinions = opinions.filter(opinions["score"].notnull() & opinions["concept"].isin(declared))
    value = concept_values(opinions, concepts)["score"]
    table = opinions.mutate(week_=_by_week(question, opinions, "at"), value_=value)
    sums = {"n": table["value_"].count(), "value": table["value_"].mean()}
    for (name, concept), rows in _fetched(question, table, ["touchpoint", "concept"], **sums).items():
        kind = question.workspace.model.concepts[concept].kind
        factor = 100.0 if KINDS[kind] == "nps" else 1.0
        scaled = {week: {**row, "value": factor * (row["value"] or 0.0)} for week, row in rows.items()}
        yield from _series(question, scaled, weeks, kind="score", name=name, other=concept, unit=UNITS[kind])


def _kept(question: Question, weeks: list[date]) -> Iterator[Series]:
    """Yield the share of commitments kept, by the week in which they fell due."""
    for promise in question.workspace.model.promises.values():
        judged = commitments(question, promise)
        judged = judged.filter(judged["status"].isin(["kept", "broken"]) & (judged["when_"] <= question.facts.as_of))
        table = judged.mutate(week_=_by_week(question, judged, "when_"))
        share = when(table["status"] == "kept", 1.0, 0.0).mean()
        rows = _fetched(question, table, [], n=table.count(), value=share).get((), {})
        yield from _series(question, rows, weeks, kind="kept", name=promise.name, other=None, unit="fraction")
