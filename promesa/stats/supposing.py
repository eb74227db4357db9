"""Scores supposed where nobody was asked, from what is known of a moment: never one number, always several draws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import stdtrit

from promesa.errors import ValueOutOfRange
from promesa.stats.linear_learners import expand, fit_mean
from promesa.stats.product_sums import unit_codes
from promesa.stats.regressions import check_level
from promesa.stats.remembering import error_by_unit, explained_share

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

FEWEST_ANSWERS, FEWEST_UNITS = 50, 20  # of a place, from which on something is supposed there
FOLDS, DONORS = 5, 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """How well the scores of one place follow from what is known of its moments.

    Attributes
    ----------
    estimate, lower, upper : float
        Share of their variance explained out of sample; below 0 where the mean of the place foretells them better.
    n : int
        Scores known.
    """

    estimate: float
    lower: float
    upper: float
    n: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Supposed:
    """Scores of all moments, those that nobody gave drawn several times.

    Attributes
    ----------
    scores : ndarray of float, shape (copies, n)
        The known ones are the same in each copy; NaN where nothing can be supposed.
    explained : mapping of int to Explained
        By place; only those with answers enough.
    """

    scores: Floats
    explained: Mapping[int, Explained]


def supposed_scores(
    scores: ArrayLike,
    places: ArrayLike,
    columns: ArrayLike,
    units: ArrayLike,
    *,
    copies: int = 5,
    seed: int = 0,
    confidence_level: float = 0.95,
) -> Supposed:
    """Suppose the scores of moments that nobody was asked about.

    Parameters
    ----------
    scores : array-like of float, shape (n,)
        NaN where nobody was asked or answered.
    places : array-like of int, shape (n,)
        At which place each moment was, from 0; each place is told by itself.
    columns : array-like of float, shape (n, k)
        What is known of each moment; NaN where it is not.
    units : array-like, shape (n,)
        Whose each moment is.
    copies : int, default 5
        Draws of each unknown score.
    seed : int, default 0
        Of the draws and of the folds.
    confidence_level : float, default 0.95
        Fraction in (0, 1).

    Raises
    ------
    ValueOutOfRange
        If the lengths differ.

    Notes
    -----
    Estimand: the distribution of a moment's score given what is known of the moment, under the assumption that of two
    moments alike in that, the one that was asked about and the one that was not are scored alike (missing at random).
    What moves scores and shows in no column stays unseen, also that one person scores all moments high.

    Each unit's moments are foretold by a regression [1]_ on hinges, fitted to the other units (five folds). An unknown
    score is then that of a known moment of the same place, drawn from the twenty foretold most alike (predictive mean
    matching [2]_): so it is one that somebody gave, and the worst of several is as bad as a worst is. Where the columns
    foretell no better than the mean of the place, any known score of the place is drawn.

    A place with fewer than 50 known scores, or those of fewer than 20 units, supposes nothing.

    References
    ----------
    .. [1] `stats.linear_learners`: ridge, the penalty by generalised cross-validation.
    .. [2] R. J. A. Little (1988). Missing-data adjustments in large surveys. Journal of Business & Economic Statistics
       6(3), 287-296. doi:10.1080/07350015.1988.10509663
    """
    check_level(confidence_level)
    known = np.asarray(scores, dtype=float)
    where, table = np.asarray(places, dtype=np.int64), np.asarray(columns, dtype=float)
    if not len(known) == len(where) == len(table):
        raise ValueOutOfRange(
            what="Scores, places and columns do not belong together.",
            got=f"{len(known)}, {len(where)} and {len(table)} rows",
            expected="one row a moment in each",
            fix="pass the three of the same moments",
        )
    codes = unit_codes(units, len(known))
    drawn = np.tile(known, (copies, 1))
    explained: dict[int, Explained] = {}
    for place in np.unique(where):
        own = np.flatnonzero(where == place)
        asked = own[~np.isnan(known[own])]
        if len(asked) < FEWEST_ANSWERS or len(np.unique(codes[asked])) < FEWEST_UNITS:
            continue
        random = np.random.default_rng((seed, int(place)))
        told, mean = _foretold(known, _whole(table[own]), own, codes, random)
        known_here = ~np.isnan(known[own])
        foretold = _Foretold(scores=known[asked], told=told[known_here], mean=mean[known_here], units=codes[asked])
        explained[int(place)] = found = _explained(foretold, confidence_level)
        rows, donors = np.flatnonzero(~known_here), np.flatnonzero(known_here)
        for copy in range(copies):
            chosen = _matched(told, rows, donors, random) if found.estimate > 0 else random.choice(donors, len(rows))
            drawn[copy, own[rows]] = known[own[chosen]]
    return Supposed(scores=drawn, explained=explained)


def _whole(table: Floats) -> Floats:
    """Return the columns with their mean where they are not known, and beside them where that is."""
    unknown = np.isnan(table)
    counts = (~unknown).sum(axis=0)
    means = np.where(unknown, 0.0, table).sum(axis=0) / np.maximum(counts, 1)
    return np.column_stack([np.where(unknown, means, table), unknown[:, unknown.any(axis=0)]])


def _foretold(
    known: Floats, table: Floats, own: NDArray[np.int64], codes: NDArray[np.int64], random: np.random.Generator
) -> tuple[Floats, Floats]:
    """Return what the other folds foretell of each moment of a place, by its columns and by their mean alone."""
    from threadpoolctl import threadpool_limits

    scores, folds = known[own], random.permutation(int(codes.max()) + 1)[codes[own]] % FOLDS
    told, mean = np.empty(len(own)), np.empty(len(own))
    with threadpool_limits(1, user_api="blas"):
        basis = expand(table)
        for fold in range(FOLDS):
            out = np.flatnonzero(folds == fold)
            rest = np.flatnonzero((folds != fold) & ~np.isnan(scores))
            mean[out] = scores[rest].mean() if len(rest) else np.nanmean(scores)
            told[out] = fit_mean(basis, scores, rest)(out) if len(rest) and basis.plain.shape[1] else mean[out]
    return told, mean


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Foretold:
    """Known scores of a place, what was foretold of them by its columns and by its mean, and whose they are."""

    scores: Floats
    told: Floats
    mean: Floats
    units: NDArray[np.int64]


def _explained(known: _Foretold, level: float) -> Explained:
    y, units = known.scores, np.unique(known.units, return_inverse=True)[1]
    if len(np.unique(y)) == 1:
        return Explained(estimate=0.0, lower=0.0, upper=0.0, n=len(y))
    share, moved = explained_share(y, known.told, known.mean)
    half = float(stdtrit(units.max(), (1 + level) / 2)) * error_by_unit(moved, units)
    return Explained(estimate=share, lower=share - half, upper=share + half, n=len(y))


def _matched(
    told: Floats, rows: NDArray[np.int64], donors: NDArray[np.int64], random: np.random.Generator
) -> NDArray[np.int64]:
    """Return for each row one of the donors that are foretold most alike; those alike stand in a drawn order."""
    shuffled = random.permutation(donors)
    ordered = shuffled[np.argsort(told[shuffled], kind="stable")]
    most = min(DONORS, len(ordered))
    first = np.searchsorted(told[ordered], told[rows]) - most // 2
    return ordered[np.clip(first, 0, len(ordered) - most) + random.integers(0, most, len(rows))]
