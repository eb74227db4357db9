"""Whose job is it? What outcomes go with, by function, stage, channel and supplier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from promesa import charts, words
from promesa.drivers import telling
from promesa.drivers.asking import NO_FEATURES, TOO_FEW, nothing_of, too_little
from promesa.drivers.columns import columns_of
from promesa.drivers.rows import share_row
from promesa.drivers.shares import play
from promesa.errors import InputError
from promesa.experience import lived, outcomes_asked
from promesa.measures import ask, withheld
from promesa.results import Result

if TYPE_CHECKING:
    from datetime import date, datetime

    from numpy.typing import NDArray

    from promesa.drivers.columns import Columns
    from promesa.drivers.shares import Played
    from promesa.experience import Lived
    from promesa.measures import Question
    from promesa.results import Estimate, Value
    from promesa.store import Facts
    from promesa.workspace import Outcome, Workspace

    Numbers = NDArray[np.float64]
    Marks = dict[str | None, NDArray[np.bool_]]

BY = ("function", "stage", "channel", "supplier")
SERVED = ("channel", "supplier")
OTHER = "other"
MOST_SPLIT = 6  # channels or suppliers told apart, by rows served; the others stand together


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles(Result):
    """What outcomes go with, by whoever answers for it; see `roles`."""

    def summary(self, locale: str = "en") -> str:
        """Say for each outcome which function and which stage most falls to."""
        said = [telling.roles(self, outcome, locale) for outcome in telling.outcomes_of(self)]
        return " ".join(said) or words.say("drivers.no_outcome", locale)

    def chart(
        self, locale: str = "en", *, outcome: str | None = None, by: str = "function"
    ) -> dict[str, object] | None:
        """Draw the shares of functions, stages, channels or suppliers in one outcome, largest first."""
        rows = [row for row in telling.rows_of_first(self, "share", outcome) if row["by"] == by]
        if not any(row["estimate"] is not None for row in rows):
            return None
        title = words.say(f"drivers.roles.chart.{by}", locale, outcome=self.label(str(rows[0]["outcome"]), locale))
        return charts.shares(
            [{**row, "name": telling.group_name(self, row, locale)} for row in rows],
            label="name",
            title=title,
            unit="fraction",
            locale=locale,
        )


def roles(
    workspace: Workspace,
    *,
    outcome: str | None = None,
    since: date | datetime | str | None = None,
    until: date | datetime | str | None = None,
    as_of: date | datetime | str | None = None,
    confidence_level: float | None = None,
    facts: Facts | None = None,
) -> Roles:
    """Divide what is told of each outcome among functions, stages, channels and suppliers.

    Parameters
    ----------
    workspace, outcome, since, until, as_of, confidence_level
        As in `importance`.

    Returns
    -------
    Roles
        Rows per outcome, ``by`` (``function``, ``stage``, ``channel``, ``supplier``) and ``group``, largest first:
        ``share`` of the outcome's variance, with ``owner``, number of ``elements``, ``n_served`` and the
        probabilities of being first and among the first three. Those of one ``by`` add up to its ``explained``,
        the row whose group is None. A ``share`` whose group is None is what has one channel (or supplier) or none.

    Raises
    ------
    UnknownName
        If there is no outcome of that name.

    Notes
    -----
    Estimand: as in `importance`, with all that a function answers for entering the regression together. A promise
    falls to its owner. By channel or supplier, each column of a touchpoint that several serve is split into one for
    each of them, so that the same fault may go with more in one hand than in another; what is told is then a
    little more than without the split. A large share says that outcomes differ with what a function does: it does
    the work that counts, well or badly.
    """
    question = ask(workspace, since=since, until=until, as_of=as_of, confidence_level=confidence_level, facts=facts)
    figures: list[Estimate] = []
    for one in outcomes_asked(question, outcome):
        figures += _figures_of(question, one)
    heading: dict[str, Any] = question.heading("roles", first=("outcome", "by", "group"))
    return Roles(**heading, estimates=tuple(figures))


def _figures_of(question: Question, outcome: Outcome) -> list[Estimate]:
    table = lived(question, outcome)
    reason = too_little(question, table)
    if reason:
        return [nothing_of(table, "explained", unit="fraction", reason=reason, by=BY[0], group=None)]
    columns = columns_of(question, table)
    if not columns.players:
        return [nothing_of(table, "explained", unit="fraction", reason=NO_FEATURES, by=BY[0], group=None)]
    figures: list[Estimate] = []
    for by in BY:
        parted = split(question, table, columns, by) if by in SERVED else grouped(table, columns, by)
        if parted is None:
            continue
        try:
            played = play(
                parted.values,
                parted.players,
                held=columns.held,
                customers=table.customers,
                settings=question.workspace.model.studies.drivers,
                confidence_level=question.confidence_level,
            )
        except InputError:
            figures.append(nothing_of(table, "explained", unit="fraction", reason=TOO_FEW, by=by, group=None))
            continue
        figures += _rows(question, table, parted, played)
    return figures


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Parted:
    """The columns of one outcome, parted among groups.

    Attributes
    ----------
    by : str
        What they are parted by.
    values : ndarray of float
        Confounders, features, outcome.
    groups : tuple of str or None
        Names; None is what falls to no one of them.
    players : tuple of tuple of int
        Columns of each.
    elements : tuple of int
        How many features stand in each.
    n_served : tuple of int or None
        Of a channel or supplier, rows that it served.
    """

    by: str
    values: Numbers
    groups: tuple[str | None, ...]
    players: tuple[tuple[int, ...], ...]
    elements: tuple[int, ...]
    n_served: tuple[int | None, ...]


def grouped(lived: Lived, columns: Columns, by: str) -> Parted | None:
    """Return the columns by the function or stage of their feature."""
    places: dict[str, list[int]] = {}
    counts: dict[str, int] = {}
    for k, own in columns.of_feature.items():
        name = getattr(lived.features[k], by)
        places.setdefault(name, []).extend(own)
        counts[name] = counts.get(name, 0) + 1
    if not places:
        return None
    return Parted(
        by=by,
        values=columns.values,
        groups=tuple(places),
        players=tuple(tuple(own) for own in places.values()),
        elements=tuple(counts.values()),
        n_served=(None,) * len(places),
    )


def split(question: Question, lived: Lived, columns: Columns, by: str) -> Parted | None:
    """Return the columns by the channel or supplier that served their touchpoint; None where no touchpoint has several.

    Those too rare to be told, and those that are not stated, stand together with what is not split.
    """
    served = {touchpoint: found for (column, touchpoint), found in lived.served.items() if column == by}
    told = _most_served({touchpoint: _told(question, lived, *found) for touchpoint, found in served.items()})
    blocks, start = [columns.values[:, : columns.held]], columns.held
    places: dict[str | None, list[int]] = {}
    members: dict[str | None, set[int]] = {}
    for k, own in columns.of_feature.items():
        here = next((name for name in lived.features[k].touchpoints if name in told), None)
        for name, marked in (told[here] if here else {None: np.ones(lived.n, dtype=bool)}).items():
            block = np.where(marked[:, None], columns.values[:, list(own)], 0.0)
            block = block[:, block.any(axis=0)]
            if block.shape[1]:
                blocks.append(block)
                places.setdefault(name, []).extend(range(start, start + block.shape[1]))
                members.setdefault(name, set()).add(k)
                start += block.shape[1]
    names = sorted(name for name in places if name is not None)
    if not names:
        return None
    order: list[str | None] = [*names, *([None] if None in places else [])]
    return Parted(
        by=by,
        values=np.column_stack([*blocks, lived.came]),
        groups=tuple(order),
        players=tuple(tuple(places[name]) for name in order),
        elements=tuple(len(members[name]) for name in order),
        n_served=tuple(None if name is None else _rows_served(told, name, lived.n) for name in order),
    )


def _told(question: Question, lived: Lived, codes: NDArray[np.int64], levels: list[str]) -> Marks:
    """Return which rows each channel or supplier served; the rest under None."""
    marks: Marks = {}
    rest = np.ones(lived.n, dtype=bool)
    for code, level in enumerate(levels):
        here = codes == code
        if here.any() and withheld(question, int(here.sum()), np.unique(lived.customers[here]).size) is None:
            marks[level] = here
            rest &= ~here
    return {**marks, None: rest} if rest.any() else marks


def _most_served(told: dict[str, Marks]) -> dict[str, Marks]:
    """Return the marks with the rarer names made one."""
    counts: dict[str, int] = {}
    for marks in told.values():
        for name, marked in marks.items():
            if name is not None and name != OTHER:
                counts[name] = max(counts.get(name, 0), int(marked.sum()))
    kept = sorted(counts, key=lambda name: (-counts[name], name))[:MOST_SPLIT]
    found: dict[str, Marks] = {}
    for touchpoint, marks in told.items():
        joined = found.setdefault(touchpoint, {})
        for name, marked in marks.items():
            known = name if name is None or name in kept else OTHER
            joined[known] = joined[known] | marked if known in joined else marked
    return found


def _rows_served(told: dict[str, Marks], name: str, n: int) -> int:
    served = np.zeros(n, dtype=bool)
    for marks in told.values():
        served |= marks.get(name, False)
    return int(served.sum())


def _rows(question: Question, lived: Lived, parted: Parted, played: Played) -> list[Estimate]:
    model = question.workspace.model
    more: dict[str, Value] = {"by_chance": played.by_chance, "n_known": lived.n_units, "share_sampled": lived.share}
    figures = [share_row(lived, "explained", played.explained, extra=more, by=parted.by, group=None)]
    for place in np.argsort([-share.estimate for share in played.shares], kind="stable").tolist():
        name = parted.groups[place]
        owner = model.functions[name].owner if parted.by == "function" and name in model.functions else None
        extra: dict[str, Value] = {
            "owner": owner,
            "elements": parted.elements[place],
            "n_served": parted.n_served[place],
            "probability_first": played.first[place],
            "probability_top_three": played.among_three[place],
        }
        figures.append(share_row(lived, "share", played.shares[place], extra=extra, by=parted.by, group=name))
    return figures
