"""Fits what goes with coming back, or with leaving, and foretells who will not: numbers only."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from promesa.stats import proportional_hazards
from promesa.value.terms import Design, Moments, Term

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from promesa.stats import ProportionalHazards
    from promesa.value.histories import History

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

FIRST_EDGES = (0, 7, 14, 21, 28, 42, 56, 70)  # days after which what was lived is looked at anew; then every STEP
STEP = 30
AHEAD = 90  # days ahead that leaving a contract is foretold for
LEAST_ENDS = 5  # of those exposed to a yes-or-no term


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fit:
    """A fitted hazard of coming back (a shop) or of leaving (a contract).

    Attributes
    ----------
    design : Design
        Its terms.
    model : ProportionalHazards
        Coefficients in their order.
    contract : bool
        Which of the two.
    lapse_days : int or None
        In a shop, the silence after which a customer has lapsed.
    stretches : int
        Times that a customer could come back or leave.
    """

    design: Design
    model: ProportionalHazards
    contract: bool
    lapse_days: int | None
    stretches: int

    def risk(self, seen: History, at: Moments) -> Floats:
        """Return the probability to lapse, or to leave within `AHEAD` days, of customers at a day of a stretch."""
        return self._risk(seen, at, self.model.score(self.design.columns(seen, at)))

    def risk_between(self, seen: History, at: Moments, *, z: float) -> tuple[Floats, Floats, Floats]:
        """Return the risk and the ends of its interval, of which the coefficients are a part and the baseline none."""
        columns = self.design.columns(seen, at)
        score, away = self.model.score(columns), columns - self.model.means
        error = np.sqrt(np.maximum(((away @ np.nan_to_num(self.model.covariance)) * away).sum(axis=1), 0.0))
        ends = [self._risk(seen, at, score + sign * z * error) for sign in (-1, 1)]
        return self._risk(seen, at, score), np.minimum(*ends), np.maximum(*ends)

    def _risk(self, seen: History, at: Moments, score: Floats) -> Floats:
        waited = (at.day - seen.begin[at.stretch]).astype(float)
        if self.lapse_days is None:
            return self.model.ended_between(score, waited, waited + AHEAD)
        return 1 - self.model.ended_between(score, waited, np.full(waited.size, float(self.lapse_days)))

    def reasons(self, seen: History, at: Moments) -> Floats:
        """Return by how much each term raises the logarithm of the risk of leaving over the mean, (n, terms)."""
        sign = 1.0 if self.contract else -1.0
        lifted = self.design.columns(seen, at) - self.model.means
        return sign * lifted * np.nan_to_num(self.model.coefficients)


def fit(seen: History, design: Design, *, lapse_days: int | None, level: float, until: int | None = None) -> Fit:
    """Fit the hazard on stretches up to a day; what is known later is not used.

    Parameters
    ----------
    until : int or None
        Last day, counted from 1970; None is the end of the observation.
    """
    rows = _spans(seen, lapse_days=lapse_days, until=until)
    stretch, start, stop, happened = rows
    at = Moments(stretch=stretch, day=seen.begin[stretch] + start)
    columns = design.columns(seen, at)
    kept = _telling(design.terms, columns, happened, owner=seen.owner[stretch])
    design = replace(design, terms=tuple(term for term, keep in zip(design.terms, kept, strict=True) if keep))
    # The day of the beginning is over when a stretch begins, so that day 0 counts as seen.
    model = proportional_hazards(
        stop, happened, columns[:, kept], start=start, units=seen.owner[stretch], confidence_level=level
    )
    return Fit(
        design=design, model=model, contract=lapse_days is None, lapse_days=lapse_days,
        stretches=int(np.unique(stretch).size),
    )  # fmt: skip


def _spans(seen: History, *, lapse_days: int | None, until: int | None) -> tuple[Ints, Ints, Ints, NDArray[np.bool_]]:
    """Cut stretches where what was lived is looked at anew: which one, from, to (days since it began), happened."""
    last = seen.last_day if until is None else until
    end = np.minimum(seen.end, last)
    length = end - seen.begin
    happened = seen.happened & (seen.end <= last)
    if lapse_days is not None:
        happened &= length <= lapse_days
        length = np.minimum(length, lapse_days)
    longest = int(length.max(initial=0))
    head = (0,) if lapse_days is None else FIRST_EDGES
    edges = np.array([*head, *range(head[-1] + STEP, longest + STEP, STEP)])
    pieces = np.where(length > 0, np.searchsorted(edges, length, side="left"), 0)
    stretch = np.repeat(np.arange(length.size), pieces)
    number = np.arange(stretch.size) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    start = edges[number]
    following = np.r_[edges[1:], max(longest, int(edges[-1])) + STEP][number]
    stop = np.minimum(following, length[stretch])
    return stretch, start, stop, happened[stretch] & (stop == length[stretch])


def _telling(
    terms: tuple[Term, ...], columns: Floats, happened: NDArray[np.bool_], *, owner: Ints
) -> NDArray[np.bool_]:
    """Tell which columns enough customers were exposed to, and in which something happened on both sides."""
    kept = np.ones(len(terms), dtype=bool)
    for k in range(len(terms)):
        column = columns[:, k]
        if np.isin(column, (0.0, 1.0)).all():
            sides = [happened[column == side].sum() for side in (0.0, 1.0)]
            kept[k] = min(sides) >= LEAST_ENDS and np.unique(owner[column == 1]).size >= LEAST_ENDS
    return kept


def standing(seen: History, day: int, *, lapse_days: int | None) -> Moments:
    """Return the customers who count as one at the close of a day, each at it."""
    begun = (seen.begin <= day) & ((seen.end > day) | ((seen.end == seen.last_day) & ~seen.happened))
    if lapse_days is not None:
        begun &= day - seen.begin <= lapse_days
    stretch = np.flatnonzero(begun)
    return Moments(stretch=stretch, day=np.full(stretch.size, day))


def foretold(
    seen: History, design: Design, *, lapse_days: int | None, level: float
) -> tuple[Floats, NDArray[np.bool_]] | None:
    """Return what a fit on the time before a cut foretold, and what came; None where no time is left.

    The cut lies so that what is foretold has had its time.
    """
    wait = AHEAD if lapse_days is None else lapse_days + 1
    cut = seen.last_day - wait
    if cut <= int(seen.begin.min(initial=seen.last_day)):
        return None
    before = fit(seen, design, lapse_days=lapse_days, level=level, until=cut)
    at = standing(seen, cut, lapse_days=lapse_days)
    if at.stretch.size == 0:
        return None
    end, happened = seen.end[at.stretch], seen.happened[at.stretch]
    if lapse_days is None:
        return before.risk(seen, at), happened & (end <= cut + AHEAD)
    return before.risk(seen, at), ~(happened & (end - seen.begin[at.stretch] <= lapse_days))
