"""What of several scores in a row a later answer follows: the worst, the best, the last or their mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import stdtrit
from scipy.stats import rankdata

from promesa.errors import TooFewObservations, ValueOutOfRange
from promesa.stats.product_sums import unit_codes
from promesa.stats.regressions import MIN_CLUSTERS, ClusteredRegression, check_level, clustered_regression
from promesa.stats.shares import Interval

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

TOP, NEUTRAL = 10.0, 5.0
WEIGHED = ("worst", "best", "end", "mean")
CANDIDATES: dict[str, tuple[str, ...]] = {
    "mean": ("mean",),
    "worst": ("worst",),
    "best": ("best",),
    "peak": ("peak",),
    "end": ("end",),
    "first": ("first",),
    "trend": ("trend",),
    "peak_and_end": ("peak", "end"),
    "worst_and_end": ("worst", "end"),
    "all": WEIGHED,
}
FOLDS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Foretold:
    """How well an outcome is foretold by one way of summing up scores.

    Attributes
    ----------
    estimate, lower, upper : float
        Share of the variance explained out of sample; of yes and no, the probability that of two units the one with
        a yes is given the higher score (area under the curve).
    more, more_lower, more_upper : float
        The same less that of the mean.
    """

    estimate: float
    lower: float
    upper: float
    more: float
    more_lower: float
    more_upper: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """What an outcome follows.

    Attributes
    ----------
    foretold : mapping of str to Foretold
        By the names of `CANDIDATES`.
    weights : ClusteredRegression
        Of the outcome on `WEIGHED`, together.
    """

    foretold: Mapping[str, Foretold]
    weights: ClusteredRegression


def score_summaries(scores: ArrayLike, starts: ArrayLike) -> dict[str, Floats]:
    """Sum up the scores of each journey.

    Parameters
    ----------
    scores : array-like of float, shape (n,)
        Between 0 and 10, journey after journey, each in order of time.
    starts : array-like of int, shape (journeys,)
        Where each journey begins; ascending from 0.

    Returns
    -------
    dict of str to ndarray, shape (journeys,)
        ``worst``, ``best``, ``peak`` (whichever of the two lies further from 5; the worst if both do), ``first``,
        ``end``, ``mean``, and ``trend``, the change from one score to the next along a straight line (0 for one alone).

    Examples
    --------
    >>> {name: float(values[0]) for name, values in score_summaries([6.0, 2.0, 9.0, 7.0], [0]).items()}
    {'worst': 2.0, 'best': 9.0, 'peak': 9.0, 'first': 6.0, 'end': 7.0, 'mean': 6.0, 'trend': 1.0}
    """
    values, begins = np.asarray(scores, dtype=float), np.asarray(starts, dtype=np.int64)
    if not len(begins):
        return {name: np.empty(0) for name in ("worst", "best", "peak", "first", "end", "mean", "trend")}
    lengths = np.diff(np.append(begins, len(values)))
    worst, best = np.minimum.reduceat(values, begins), np.maximum.reduceat(values, begins)
    mean = np.add.reduceat(values, begins) / lengths
    place = np.arange(len(values)) - np.repeat(begins, lengths) - np.repeat((lengths - 1) / 2, lengths)
    rise, run = np.add.reduceat(place * values, begins), np.add.reduceat(place * place, begins)
    return {
        "worst": worst,
        "best": best,
        "peak": np.where(best - NEUTRAL > NEUTRAL - worst, best, worst),
        "first": values[begins],
        "end": values[begins + lengths - 1],
        "mean": mean,
        "trend": np.divide(rise, run, out=np.zeros_like(rise), where=run > 0),
    }


def raised(scores: ArrayLike, starts: ArrayLike, places: ArrayLike, *, count: int) -> Floats:
    """Return by how much `WEIGHED` would change, on average over the journeys, if a place's scores were a point higher.

    Parameters
    ----------
    scores, starts
        As in `score_summaries`.
    places : array-like of int, shape (n,)
        Of which place, from 0 to `count` - 1, each score is. None rises above 10.

    Returns
    -------
    ndarray of float, shape (count, 4)
    """
    values, where = np.asarray(scores, dtype=float), np.asarray(places)
    before = score_summaries(values, starts)
    changes = np.zeros((count, len(WEIGHED)))
    for place in range(count):
        after = score_summaries(np.where(where == place, np.minimum(TOP, values + 1), values), starts)
        changes[place] = [float((after[name] - before[name]).mean()) for name in WEIGHED]
    return changes


def change_by(weights: ClusteredRegression, changes: Floats) -> tuple[float, Interval] | None:
    """Return what a change of `WEIGHED` goes with in the outcome, with its interval; None where it cannot be told.

    Notes
    -----
    The change is taken as it is: the interval is that of the weights.
    """
    known = np.isfinite(weights.coefficients)
    if (changes[~known] != 0).any() and not _follows(weights):
        return None
    change, covariance = changes[known], weights.covariance[np.ix_(known, known)]
    estimate = float(change @ weights.coefficients[known])
    reach = float(stdtrit(weights.clusters - 1, (1 + weights.confidence_level) / 2))
    half = reach * float(np.sqrt(max(change @ covariance @ change, 0.0)))
    return estimate, Interval(estimate - half, estimate + half)


def _follows(weights: ClusteredRegression) -> bool:
    """Tell whether what was dropped follows from the rest, whatever the scores: the mean of two from both."""
    return all(one.reason == "combination" and one.column == WEIGHED.index("mean") for one in weights.dropped)


def remembered_by(
    outcome: ArrayLike, summaries: Mapping[str, Floats], units: ArrayLike, *, confidence_level: float = 0.95
) -> Remembered:
    """Tell which way of summing up scores foretells an outcome, out of sample, and what each part weighs.

    Parameters
    ----------
    outcome : array-like of float, shape (n,)
        Without missing values. If it holds only 0 and 1 it is a yes or no.
    summaries : mapping of str to ndarray, shape (n,)
        From `score_summaries`.
    units : array-like, shape (n,)
        Whose each row is: the rows of one unit stand in one fold.
    confidence_level : float, default 0.95
        Fraction in (0, 1).

    Raises
    ------
    TooFewObservations
        If fewer than 20 units are there.
    ValueOutOfRange
        If the outcome or every summary is the same in all rows.

    Notes
    -----
    Estimand: how much better the outcome of a new unit is foretold by a straight line in a summary than by their
    mean, with lines fitted on nine tenths of the units. Ten folds; least squares in each, for a yes or no too. The
    intervals are those of sums over units of the differences in squared error (of a yes or no, of the placements whose
    means are the area under the curve [1]_), as if the lines were given: with few units they are a little narrow.

    The weights are those of one regression on the worst, the best, the last and the mean, with a covariance clustered
    by unit [2]_. Where all have two scores, the mean follows from the worst and the best and is left out.

    References
    ----------
    .. [1] N. A. Obuchowski (1997). Nonparametric analysis of clustered ROC curve data. Biometrics 53(2), 567-578.
       doi:10.2307/2533958
    .. [2] D. Kahneman, B. L. Fredrickson, C. A. Schreiber, D. A. Redelmeier (1993). When more pain is preferred to
       less. Psychological Science 4(6), 401-405. doi:10.1111/j.1467-9280.1993.tb00589.x
    """
    check_level(confidence_level)
    y = np.asarray(outcome, dtype=float)
    codes = unit_codes(units, len(y))
    count = len(np.unique(codes))
    if count < MIN_CLUSTERS:
        raise TooFewObservations(
            what="There are too few units to tell what they remember.",
            got=f"{count} units",
            expected=f"at least {MIN_CLUSTERS} units",
            fix="take a longer period, or ask more customers about single moments",
        )
    if not np.isfinite(y).all() or y.std() == 0:
        raise ValueOutOfRange(
            what="The outcome is missing somewhere, or the same everywhere.",
            got=f"{len(y)} rows",
            expected="an outcome that varies, known in every row",
            fix="leave out rows without it",
        )
    weights = clustered_regression(
        y, np.column_stack([summaries[name] for name in WEIGHED]), units=codes, confidence_level=confidence_level
    )
    folds = _folds(codes)
    yes_no = bool(np.isin(y, (0.0, 1.0)).all())
    told = {
        name: _out_of_fold(y, np.column_stack([summaries[one] for one in parts]), folds, level=not yes_no)
        for name, parts in CANDIDATES.items()
    }
    none = _out_of_fold(y, np.empty((len(y), 0)), folds, level=True)
    parts = {name: _placements(y, p) if yes_no else explained_share(y, p, none) for name, p in told.items()}
    reach = float(stdtrit(count - 1, (1 + confidence_level) / 2))
    return Remembered(
        foretold={name: _foretold(part, parts["mean"], codes, reach) for name, part in parts.items()}, weights=weights
    )


def _folds(codes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the fold of each row: units in turn, in an order that has nothing to do with their numbers."""
    count = int(codes.max()) + 1
    order = np.random.default_rng(count).permutation(count)
    return order[codes] % FOLDS


def _out_of_fold(y: Floats, columns: Floats, folds: NDArray[np.int64], *, level: bool) -> Floats:
    """Return what lines fitted on the other folds foretell.

    Without their level where only the order counts: a fold with many a yes is told by lines with few, so that levels
    of different folds would stand in the wrong order.
    """
    design = np.column_stack([np.ones(len(y)), columns])
    told = np.empty(len(y))
    for fold in np.unique(folds):
        out = folds == fold
        fitted = np.linalg.lstsq(design[~out], y[~out], rcond=None)[0]
        told[out] = design[out] @ fitted - (0.0 if level else fitted[0])
    return told


def explained_share(y: Floats, told: Floats, none: Floats) -> tuple[float, Floats]:
    """Return the share of the variance explained, against a foretelling by nothing, and what each row moves it by."""
    own, whole = (y - told) ** 2, (y - none) ** 2
    share = 1 - own.sum() / whole.sum()
    return float(share), ((whole - own) - share * whole) / whole.sum()


def _placements(y: Floats, told: Floats) -> tuple[float, Floats]:
    """Return the area under the curve and what each row moves it by."""
    yes = y == 1
    n_yes, n_no = int(yes.sum()), int((~yes).sum())
    ranks = rankdata(told)
    placed = np.empty(len(y))
    placed[yes] = (ranks[yes] - rankdata(told[yes])) / n_no
    placed[~yes] = 1 - (ranks[~yes] - rankdata(told[~yes])) / n_yes
    area = float(placed[yes].mean())
    return area, (placed - area) / np.where(yes, n_yes, n_no)


def _foretold(
    own: tuple[float, Floats], mean: tuple[float, Floats], codes: NDArray[np.int64], reach: float
) -> Foretold:
    more = own[0] - mean[0]
    half, half_more = (reach * error_by_unit(moved, codes) for moved in (own[1], own[1] - mean[1]))
    return Foretold(
        estimate=own[0], lower=own[0] - half, upper=own[0] + half,
        more=more, more_lower=more - half_more, more_upper=more + half_more,
    )  # fmt: skip


def error_by_unit(moved: Floats, codes: NDArray[np.int64]) -> float:
    """Return the standard error of a figure from what each row moves it by, the rows of a unit together."""
    sums = np.bincount(codes, weights=moved)
    return float(np.sqrt((sums @ sums) * len(sums) / (len(sums) - 1)))
