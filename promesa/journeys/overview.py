"""Journeys as wholes: how many, how long, which ways they take, what repeats in them and where they break off."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from promesa import words
from promesa.engine import case, null_of, when
from promesa.journeys.assembling import JOURNEY, steps_of
from promesa.journeys.opening import MICROSECONDS_A_DAY
from promesa.journeys.shares import asked_of_journeys, share_rows, totals_of, with_groups
from promesa.journeys.variants import variant_figures
from promesa.measures import PREFIX, clustered, count_of, group_of, mean_of, sort_key
from promesa.results import Estimate, Result
from promesa.stats import QUANTILE_GRID, quantile_interval

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date, datetime

    from promesa.engine import Expression, Table
    from promesa.journeys.assembling import Steps
    from promesa.journeys.shares import Totals
    from promesa.measures import Group, Question
    from promesa.store import Facts
    from promesa.workspace import Workspace

OWN = ("touchpoint", "stage", "variant")
STAGES = ("before", "during", "after")
DURATIONS = {"duration_median": 0.5, "duration_p90": 0.9}
TURNS = ("one_moment", "meets_again", "back_to_channel", "back_to_function")


@dataclass(frozen=True, slots=True, kw_only=True)
class Journeys(Result):
    """Journeys as wholes; see `journeys`."""

    def summary(self, locale: str = "en") -> str:
        """Say how many journeys there are, how long they take and how many turn back."""
        if split := self.said_of_groups(locale, *OWN):
            return split
        found = {m: self.find(m) for m in ("all_journeys", "one_moment", "duration_p90", "meets_again", "variants")}
        if self.dimensions != OWN or any(e is None or e.estimate is None for e in found.values()):
            return words.say("journeys.overview.empty", locale)
        shown: dict[str, str] = {}
        for name, figure in found.items():
            assert figure is not None  # noqa: S101 (looked at above)
            for end in ("estimate", "lower", "upper"):
                shown[f"{name}_{end}"] = words.amount(getattr(figure, end), figure.unit, locale)
        return words.say("journeys.overview.summary", locale, **shown)

    def chart(self, locale: str = "en") -> dict[str, object] | None:
        """Return nothing: the report draws the map as a picture of its own."""
        del locale
        return None


def journeys(
    workspace: Workspace,
    *,
    by: str | Sequence[str] = (),
    since: date | datetime | str | None = None,
    until: date | datetime | str | None = None,
    as_of: date | datetime | str | None = None,
    confidence_level: float | None = None,
    facts: Facts | None = None,
) -> Journeys:
    """Measure journeys from their first moment to their last.

    Parameters
    ----------
    workspace : Workspace
        From `promesa.open`.
    by, since, until, as_of, confidence_level
        As in `transitions`.

    Returns
    -------
    Journeys
        Rows per group, with the dimensions ``touchpoint``, ``stage`` and ``variant`` where they apply:
        ``all_journeys``, ``open_journeys``, ``variants`` (count); ``moments_per_journey`` (count, mean);
        ``duration_mean``, ``duration_median``, ``duration_p90`` (days from first to last moment of the journeys that
        have ended); ``one_moment`` (fraction of a single moment), ``meets_again`` (fraction that meets a touchpoint
        again), ``back_to_channel`` and ``back_to_function`` (fraction that leaves a channel or function and returns
        to it). Per touchpoint: ``reach`` (fraction of the journeys that meet it) and ``met_again`` (of these, fraction
        that meets it more than once). Per stage: ``reach``, and ``goes_on`` (of the ended journeys that begin
        ``before`` the purchase, fraction that reaches the stage: the funnel; by month, its cohorts). Per ``variant``
        (touchpoints in order, ``>`` between them): ``variant_share``, of the most frequent ways.

    Raises
    ------
    ValueOutOfRange
        If `by` names what a journey has not once.

    Notes
    -----
    Estimands: means and shares in the population of journeys of which these customers' are a sample; intervals are
    clustered by customer. Durations are those of journeys that have ended, which are shorter than all if long ones are
    still open: ``open_journeys`` says how many that may touch.
    """
    question = asked_of_journeys(
        workspace, by=by, since=since, until=until, as_of=as_of, confidence_level=confidence_level, facts=facts
    )
    steps = steps_of(question, lean=True)
    grouped = with_groups(steps)
    totals = totals_of(question, grouped)
    figures = [
        *_wholes(steps, grouped),
        *_of_touchpoints(steps, grouped, totals),
        *_of_stages(steps, grouped, totals),
        *_funnel(steps, grouped),
        *variant_figures(steps, grouped, totals),
    ]
    blank = dict.fromkeys(OWN)
    placed = [_placed(figure, {**blank, **figure.dimensions}, question) for figure in figures]
    placed.sort(key=lambda figure: sort_key({name: figure.dimensions[name] for name in question.by}))
    heading: dict[str, Any] = question.heading("journeys", first=OWN)
    return Journeys(**heading, estimates=tuple(placed))


def _placed(figure: Estimate, where: dict[str, str | None], question: Question) -> Estimate:
    return replace(figure, dimensions={name: where[name] for name in (*OWN, *question.by)})


def _wholes(steps: Steps, grouped: Table) -> Iterator[Estimate]:
    question = steps.question
    table = _with_turns(steps, grouped)
    ended = when(table["open_"], null_of("float64"), _microseconds(table).cast("float64") / MICROSECONDS_A_DAY)
    values = {"moments_per_journey": table["moments"], "duration_mean": ended, **{turn: table[turn] for turn in TURNS}}
    quantiles = counted_durations(question, table)
    for group in clustered(question, table, values):
        where, n = group.dimensions, group.customers
        counts = quantiles[tuple(where.values())]
        yield count_of(question, where, "all_journeys", group.rows, customers=n)
        yield count_of(question, where, "open_journeys", int(counts["open"]), customers=n)
        yield count_of(question, where, "variants", int(counts["variants"]), customers=n)
        yield mean_of(question, where, "moments_per_journey", group.values["moments_per_journey"], unit="count")
        yield from _duration_figures(question, group, counts)
        for turn in TURNS:
            yield mean_of(question, where, turn, group.values[turn], unit="fraction", kind="share")


def _microseconds(table: Table) -> Expression:
    return table["ended_at"].delta(table["started_at"], unit="microsecond").cast("int64")


def counted_durations(question: Question, table: Table) -> dict[tuple[str | None, ...], dict[str, Any]]:
    """Return, for each group, open journeys, variants and quantiles of the days of those that have ended."""
    keys = [PREFIX + name for name in question.by]
    # Whole numbers are ordered in half the time that fractions take.
    lasted = when(table["open_"], null_of("int64"), _microseconds(table))
    sums = {
        "open": table["open_"].cast("int64").sum(),
        "variants": table["variant_"].nunique(),
        "lasted": lasted.quantile(list(QUANTILE_GRID)),
    }
    found = table.group_by(keys).aggregate(**sums) if keys else table.aggregate(**sums)
    rows: list[dict[str, Any]] = question.facts.engine.fetch(found).to_pylist()
    return {tuple(group_of(question, row).values()): {**row, "days": _in_days(row["lasted"])} for row in rows}


def _in_days(lasted: Sequence[float | None] | None) -> list[float | None]:
    return [None if one is None else one / MICROSECONDS_A_DAY for one in lasted or ()]


def _duration_figures(question: Question, group: Group, counts: dict[str, Any]) -> Iterator[Estimate]:
    mean = mean_of(question, group.dimensions, "duration_mean", group.values["duration_mean"], unit="days")
    yield mean
    if mean.estimate is None:
        return
    for measure, level in DURATIONS.items():
        estimate, ends = quantile_interval(
            counts["days"],
            level,
            float(group.values["duration_mean"].clusters),
            confidence_level=question.confidence_level,
        )
        yield Estimate(
            dimensions=group.dimensions,
            measure=measure,
            estimate=estimate,
            lower=ends.lower,
            upper=ends.upper,
            n=mean.n,
            unit="days",
        )


def _with_turns(steps: Steps, grouped: Table) -> Table:
    """Return the journeys with whether each met a touchpoint again, or went back to a channel or function it had left.

    Who changes more often than there are places to change to for the first time has come back to one.
    """
    table = steps.table.mutate(function_=_function(steps, "touchpoint"), next_function_=_function(steps, "next_"))
    known = table["channel"].notnull()
    changed = known & table["next_channel_"].notnull() & (table["next_channel_"] != table["channel"])
    moved = table["next_function_"].notnull() & (table["next_function_"] != table["function_"])
    each = table.group_by(turned_=JOURNEY).aggregate(
        touchpoints_=table["touchpoint"].nunique(),
        channels_=table["channel"].nunique(),
        functions_=table["function_"].nunique(),
        changes_=changed.cast("int64").sum(),
        moves_=moved.cast("int64").sum(),
    )
    joined = grouped.inner_join(each, grouped[JOURNEY] == each["turned_"])
    return joined.mutate(
        one_moment=(joined["moments"] == 1).cast("float64"),
        meets_again=(joined["moments"] > joined["touchpoints_"]).cast("float64"),
        back_to_channel=(joined["changes_"] >= joined["channels_"]).cast("float64")
        * (joined["changes_"] > 0).cast("float64"),
        back_to_function=(joined["moves_"] >= joined["functions_"]).cast("float64")
        * (joined["moves_"] > 0).cast("float64"),
    )


def _function(steps: Steps, column: str) -> Expression:
    touchpoints = steps.question.workspace.model.touchpoints.values()
    return case(*((steps.table[column] == t.name, t.function) for t in touchpoints), otherwise=null_of("string"))


def _of_touchpoints(steps: Steps, grouped: Table, totals: Totals) -> Iterator[Estimate]:
    question = steps.question
    met = steps.table.group_by([JOURNEY, "touchpoint"]).aggregate(times_=steps.table.count())
    met = met.mutate(by_touchpoint=met["touchpoint"])
    yield from share_rows(question, met, grouped, totals, names=("touchpoint",), measure="reach")
    groups = grouped.select("customer", *(PREFIX + name for name in question.by), asked_=JOURNEY)
    joined = met.inner_join(groups, met[JOURNEY] == groups["asked_"])
    again = (joined["times_"] > 1).cast("float64")
    for group in clustered(question, joined, {"met_again": again}, names=("touchpoint",)):
        yield mean_of(question, group.dimensions, "met_again", group.values["met_again"], unit="fraction", kind="share")


def _of_stages(steps: Steps, grouped: Table, totals: Totals) -> Iterator[Estimate]:
    touchpoints = steps.question.workspace.model.touchpoints.values()
    table = steps.table
    stage = case(*((table["touchpoint"] == t.name, t.stage) for t in touchpoints), otherwise=null_of("string"))
    yield from share_rows(
        steps.question, table.mutate(by_stage=stage), grouped, totals, names=("stage",), measure="reach"
    )


def _funnel(steps: Steps, grouped: Table) -> Iterator[Estimate]:
    """Yield how many of the ended journeys that begin before the purchase reach each later stage."""
    question, table = steps.question, steps.table
    of_stage = {stage: _names_of(question, stage) for stage in STAGES}
    first = table.filter((table["place_"] == 0) & table["touchpoint"].isin(of_stage["before"]))
    begun = grouped.filter(~grouped["open_"]).semi_join(first, [grouped[JOURNEY] == first[JOURNEY]])
    reached = {
        stage: table["touchpoint"].isin(of_stage[stage]).cast("int64").max()
        for stage in STAGES[1:]
        if of_stage["before"] and of_stage[stage]
    }
    if not reached:
        return
    each = table.group_by(funnel_=JOURNEY).aggregate(**{f"to_{stage}": flag for stage, flag in reached.items()})
    joined = begun.inner_join(each, begun[JOURNEY] == each["funnel_"])
    for group in clustered(question, joined, {stage: joined[f"to_{stage}"] for stage in reached}):
        for stage in reached:
            where = {"stage": stage, **group.dimensions}
            yield mean_of(question, where, "goes_on", group.values[stage], unit="fraction", kind="share")


def _names_of(question: Question, stage: str) -> list[str]:
    return [t.name for t in question.workspace.model.touchpoints.values() if t.stage == stage]
