"""Where to begin: what is at stake at each touchpoint and for each function, and how sure its rank is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from promesa import charts, words
from promesa.chain.fits import NO_DATA, fits
from promesa.chain.moves import all_moves, moves_at
from promesa.chain.system import assumption, effect_text, journeys_a_year, unit_of
from promesa.measures import ask
from promesa.results import Estimate, Result
from promesa.stats import controlled_effects, sampled_interval

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from numpy.typing import NDArray

    from promesa.chain.fits import Fit
    from promesa.chain.moves import Move, Moves
    from promesa.measures import Question
    from promesa.store import Facts
    from promesa.workspace import Workspace

    Floats = NDArray[np.float64]

RANKED = ("money_at_stake", "satisfaction_at_stake", "return_at_stake")  # the first of these that tells something
STAKES = {
    "money_at_stake": ("margin", "revenue"),
    "return_at_stake": ("return",),
    "satisfaction_at_stake": ("score", "promoter"),
}
TOP = 3
NOTHING_TO_MOVE = "nothing-to-move"
LEVELS = ("touchpoint", "function")


@dataclass(frozen=True, slots=True, kw_only=True)
class Priorities(Result):
    """What is at stake, by touchpoint and by function; see `priorities`.

    Attributes
    ----------
    ranked_by : str or None
        Measure that the ranks are of.
    confounders : tuple of str
        What the effects are adjusted for, besides what was lived earlier.
    """

    ranked_by: str | None
    confounders: tuple[str, ...]

    def ranking(self, level: str = "touchpoint") -> list[Estimate]:
        """Return the ranked rows of a level, the first rank first."""
        rows = [e for e in self.estimates if e.measure == self.ranked_by and e.dimensions["level"] == level]
        return sorted((e for e in rows if "rank" in e.extra), key=lambda e: int(e.extra["rank"] or 0))

    def summary(self, locale: str = "en") -> str:
        """Say the first three touchpoints with what is at stake there and how sure their rank is."""
        ranking = self.ranking()
        if not ranking:
            return words.say("chain.priorities.empty", locale)
        first = [row for row in ranking[:TOP] if (row.estimate or 0.0) > 0]
        if not first:
            return words.say("chain.priorities.nothing", locale, n=words.number(len(ranking), locale))
        said = [words.say(f"chain.priorities.lead.{self.ranked_by}", locale)]
        for row in first:
            function = str(row.extra["function"])
            said.append(
                words.say(
                    "chain.priorities.one",
                    locale,
                    rank=row.extra["rank"],
                    name=self.label(row.dimensions["name"], locale),
                    function=self.label(function, locale),
                    stake=_stake_text(row.estimate, row, locale),
                    lower=_stake_text(row.lower, row, locale),
                    upper=_stake_text(row.upper, row, locale),
                    sure=words.percent(_number(row.extra["probability_top_three"]), locale, decimals=0),
                )
            )
        return " ".join([*said, assumption(list(self.confounders), self.labels, locale)])

    def chart(self, locale: str = "en") -> dict[str, object] | None:
        """Draw what is at stake at each touchpoint, most first."""
        rows = [row.row() for row in self.ranking()]
        if not rows:
            return None
        return charts.intervals(
            rows,
            label="name",
            title=words.say(f"chain.priorities.chart.{self.ranked_by}", locale),
            unit=str(rows[0]["unit"]),
            locale=locale,
            names={name: self.label(name, locale) for name in self.labels},
        )


def priorities(
    workspace: Workspace,
    *,
    since: date | datetime | str | None = None,
    until: date | datetime | str | None = None,
    as_of: date | datetime | str | None = None,
    confidence_level: float | None = None,
    facts: Facts | None = None,
) -> Priorities:
    """Rank touchpoints and functions by what better experience there would bring.

    Parameters
    ----------
    workspace : Workspace
        From `promesa.open`.
    since, until, as_of, confidence_level
        As in `measures.ask`.

    Returns
    -------
    Priorities
        Rows per ``level`` (``touchpoint``, ``function``) and ``name``: ``importance`` (share of satisfaction's
        variance that it tells beyond all that came before), ``broken_share`` (of its promises), ``journeys`` (a
        year, that meet it), ``satisfaction_at_stake`` (mean over all journeys), ``return_at_stake`` (customers a
        year), ``money_at_stake`` (a year). Extras: ``function``, ``owner``; on the ranked measure ``rank``,
        ``rank_lower``, ``rank_upper``, ``probability_top_three``.

    Notes
    -----
    Estimand of a stake: the change of an outcome if every promise made there were kept and the mean of each element
    were where its better quarter of journeys already is, all that acts before it as it was and all that comes after
    following. Elements of no better direction stay. Things lived at one touchpoint are regressed jointly; where a
    function owns several, what one does through another counts once. A promise counts for its owner, an element for
    the function of its touchpoint: the stakes of functions may overlap, and are not to be added up.

    No outcome tells of everything: a call for help cannot be led to by the delivery that comes after it. What the
    values of a thing were is therefore read from the outcome known of most journeys among those it has an effect on.

    Ranks are by money where orders tell a margin or a revenue and the stake of some touchpoint can be told from
    nothing; else by satisfaction. Their interval and the
    probability to stand among the first three are shares of samples of customers drawn again.
    """
    question = ask(workspace, since=since, until=until, as_of=as_of, confidence_level=confidence_level, facts=facts)
    found = fits(question)
    usable = {name: one for name, one in found.items() if one.note is None and one.known.any()}
    heading: dict[str, Any] = question.heading("priorities", first=("level", "name"))
    if not usable:
        rows = [_nothing(level, name) for level in LEVELS for name in _names(workspace, level)]
        return Priorities(**heading, estimates=tuple(rows), ranked_by=None, confounders=())
    chosen = _chosen(question, usable)
    year = journeys_a_year(question)
    everything = all_moves(usable)
    ranked_by = _ranked_by(question, chosen, everything)
    rows = [
        row
        for level in LEVELS
        for row in _level_rows(question, level, chosen, everything=everything, year=year, ranked_by=ranked_by)
    ]
    confounders = dict.fromkeys(name for one in usable.values() for name in one.confounders)
    return Priorities(**heading, estimates=tuple(rows), ranked_by=ranked_by, confounders=tuple(confounders))


def _chosen(question: Question, usable: Mapping[str, Fit]) -> dict[str, tuple[str, Fit]]:
    """Return, for each stake that can be estimated, the outcome that tells it."""
    outcomes = question.workspace.model.studies.outcomes
    chosen: dict[str, tuple[str, Fit]] = {}
    for measure, kinds in STAKES.items():
        for kind in kinds:
            named = [name for name in usable if outcomes[name].kind == kind]
            if named and measure not in chosen:
                chosen[measure] = (named[0], usable[named[0]])
    return chosen


def _ranked_by(question: Question, chosen: Mapping[str, tuple[str, Fit]], everything: Moves) -> str | None:
    """Return the first measure in which the stake of some touchpoint can be told from nothing; else the first."""
    measures = [measure for measure in RANKED if measure in chosen]
    for measure in measures:
        one = chosen[measure][1]
        for name in question.workspace.model.touchpoints:
            stake = _stake(one, moves_at(everything, "touchpoint", name))
            interval = sampled_interval(
                float(stake[0]), stake[1:], units=one.buckets, confidence_level=question.confidence_level
            )
            if interval is not None and interval.lower > 0:
                return measure
    return next(iter(measures), None)


def _names(workspace: Workspace, level: str) -> list[str]:
    return list(workspace.model.touchpoints if level == "touchpoint" else workspace.model.functions)


def _nothing(level: str, name: str, measure: str = "money_at_stake", note: str = NO_DATA) -> Estimate:
    where: dict[str, str | None] = {"level": level, "name": name}
    return Estimate(dimensions=where, measure=measure, estimate=None, n=0, unit="count", evidence="adjusted", note=note)


def _level_rows(
    question: Question,
    level: str,
    chosen: Mapping[str, tuple[str, Fit]],
    *,
    everything: Moves,
    year: int,
    ranked_by: str | None,
) -> list[Estimate]:
    """Return every row of the touchpoints, or of the functions."""
    rows: list[Estimate] = []
    samples: dict[str, Floats] = {}
    for name in _names(question.workspace, level):
        moves = moves_at(everything, level, name)
        extra = _who(question.workspace, level, name)
        if not moves:
            rows.append(_nothing(level, name, ranked_by or RANKED[0], NOTHING_TO_MOVE))
            continue
        where: dict[str, str | None] = {"level": level, "name": name}
        rows += _described(moves, everything.get(("met", name)), where, year=year, extra=extra)
        rows += _importance(question, chosen, moves, where, extra=extra)
        for measure, (outcome, one) in chosen.items():
            stake = _stake(one, moves) * (1 if measure == "satisfaction_at_stake" else year)
            if measure == ranked_by and np.isfinite(stake[0]):
                samples[name] = stake
            unit = unit_of(question.workspace, question.workspace.model.studies.outcomes[outcome])
            unit = "count" if measure == "return_at_stake" else unit
            rows.append(_row(question, where, measure, stake, one=one, unit=unit, extra={**extra, "outcome": outcome}))
    return _ranked(rows, samples, ranked_by, level=question.confidence_level)


def _stake(one: Fit, moves: Moves) -> Floats:
    """Return the change of an outcome's mean over all journeys, in each sample."""
    places = [k for k, f in enumerate(one.features) if (f.kind, f.name) in moves and one.known[k]]
    if not places:
        return np.full(len(one.total), np.nan)
    effects = controlled_effects(one.total[:, places], one.onward[:, places][:, :, places], groups=one.groups[places])
    steps = [moves[one.features[k].kind, one.features[k].name] for k in places]
    return effects @ np.array([move.step * move.seen.met for move in steps])


def _importance(
    question: Question,
    chosen: Mapping[str, tuple[str, Fit]],
    moves: Moves,
    where: dict[str, str | None],
    *,
    extra: dict[str, Any],
) -> list[Estimate]:
    """Return the share of an outcome's variance that goes through the things lived there."""
    measure = "satisfaction_at_stake" if "satisfaction_at_stake" in chosen else next(iter(chosen), None)
    if measure is None:
        return []
    outcome, one = chosen[measure]
    told = np.zeros(len(one.total))
    for group in np.unique(one.groups):
        places = [
            k
            for k, f in enumerate(one.features)
            if (f.kind, f.name) in moves and one.known[k] and one.groups[k] == group
        ]
        if places:
            joint = controlled_effects(
                one.total[:, places], one.onward[:, places][:, :, places], groups=one.groups[places]
            )
            told += np.einsum("sk,sk,sk->s", joint, one.total[:, places], one.spread[:, places])
    share = told / one.variance
    return [
        _row(
            question,
            where,
            "importance",
            share,
            one=one,
            unit="fraction",
            extra={**extra, "outcome": outcome},
            floor=0.0,
        )
    ]


def _described(
    moves: Moves,
    met: Move | None,
    where: dict[str, str | None],
    *,
    year: int,
    extra: dict[str, Any],
) -> list[Estimate]:
    """Return how many journeys meet it in a year, and how often its promises are broken."""
    often = [(move.seen.met, move.n) for move in moves.values()]
    share, n = max([*often, (met.seen.mean, met.n)] if met else often)
    rows = [Estimate(dimensions=where, measure="journeys", estimate=year * share, n=n, unit="count", extra=extra)]
    promises = [move for move in moves.values() if move.feature.kind == "promise"]
    if promises:
        due = sum(move.seen.met for move in promises)
        broken = sum(move.seen.met * move.seen.mean for move in promises) / due
        n = round(sum(move.seen.met * move.n for move in promises))
        rows.append(
            Estimate(dimensions=where, measure="broken_share", estimate=broken, n=n, unit="fraction", extra=extra)
        )
    return rows


def _who(workspace: Workspace, level: str, name: str) -> dict[str, Any]:
    function = name if level == "function" else workspace.model.touchpoints[name].function
    return {"function": function, "owner": workspace.model.functions[function].owner}


def _row(
    question: Question,
    where: dict[str, str | None],
    measure: str,
    samples: Floats,
    *,
    one: Fit,
    unit: str,
    extra: dict[str, Any],
    floor: float | None = None,
) -> Estimate:
    estimate = float(samples[0])
    known = bool(np.isfinite(estimate))
    interval = sampled_interval(estimate, samples[1:], units=one.buckets, confidence_level=question.confidence_level)
    lower = interval.lower if interval else None
    return Estimate(
        dimensions=where,
        measure=measure,
        estimate=estimate if known else None,
        lower=lower if floor is None or lower is None else max(floor, lower),
        upper=interval.upper if interval else None,
        n=one.n,
        n_missing=one.n_unknown,
        unit=unit,
        evidence="adjusted",
        note=None if known else NOTHING_TO_MOVE,
        extra=extra,
    )


def _ranked(
    rows: list[Estimate], samples: Mapping[str, Floats], ranked_by: str | None, *, level: float
) -> list[Estimate]:
    """Return the rows with rank, its interval and the probability of the first three on the measure ranked by."""
    if not samples:
        return rows
    names = list(samples)
    table = np.column_stack([samples[name] for name in names])
    table = table[np.isfinite(table).all(axis=1)]
    ranks = np.argsort(np.argsort(-table, axis=1, kind="stable"), axis=1) + 1
    drawn = ranks[1:] if len(ranks) > 1 else ranks
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2], axis=0)
    told = {
        name: {
            "rank": int(ranks[0, k]),
            "rank_lower": int(np.floor(low[k])),
            "rank_upper": int(np.ceil(high[k])),
            "probability_top_three": float((drawn[:, k] <= TOP).mean()),
        }
        for k, name in enumerate(names)
    }
    return [_with_rank(row, told, ranked_by) for row in rows]


def _with_rank(row: Estimate, told: Mapping[str, Mapping[str, Any]], ranked_by: str | None) -> Estimate:
    name = str(row.dimensions["name"])
    if row.measure != ranked_by or name not in told:
        return row
    return replace(row, extra={**row.extra, **told[name]})


def _stake_text(value: float | None, row: Estimate, locale: str) -> str:
    if value is None:
        return words.NOT_STATED
    return effect_text(value, row.unit, locale) if row.unit == "score" else words.amount(value, row.unit, locale)


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
