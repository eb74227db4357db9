"""Recursive linear systems: what moving one cause, or several at once, does to all that comes after it.

Causes stand in groups, in the order in which they act. What moves a cause acts on everything later, along every
path; all of it is read from the covariance of the columns, of the sample or of samples drawn again from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import stdtrit

from promesa.errors import ValueOutOfRange
from promesa.stats.product_sums import CrossProducts, unit_codes
from promesa.stats.shares import Interval

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

DEPENDENT = 1e-9  # of a column's own variance: less than this left over, and the columns before it tell it all
FEWEST_SAMPLES = 20  # of the drawn samples in which an effect exists: with fewer it has no interval


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LinearSystem:
    """Effects of causes on each other and on outcomes, for each sample.

    Attributes
    ----------
    groups : ndarray of int, shape (causes,)
        The group of each cause; later groups act later.
    total : ndarray of float, shape (samples, causes, outcomes)
        What one more of a cause does to each outcome, along every path. NaN where the cause never varies once
        all that acts before it is known.
    onward : ndarray of float, shape (samples, causes, causes)
        ``onward[s, i, k]``: what one more of cause i does to cause k of a later group. Of k in the same group: how
        much higher k is where i is one higher. 0 for earlier groups.
    spread : ndarray of float, shape (samples, causes)
        Variance of each cause that nothing before it tells.
    """

    groups: NDArray[np.int64]
    total: Floats
    onward: Floats
    spread: Floats


def linear_system(covariance: ArrayLike, *, behind: int, groups: ArrayLike) -> LinearSystem:
    """Return the total effects in a recursive linear system.

    Parameters
    ----------
    covariance : array-like of float, shape (samples, columns, columns) or (columns, columns)
        Columns in order: those that stand behind everything, the causes, the outcomes.
    behind : int
        How many columns stand behind everything: they are adjusted for and have no effect of their own here.
    groups : array-like of int, shape (causes,)
        The group of each cause; never falling. The columns after the causes are the outcomes.

    Returns
    -------
    LinearSystem
        In the order of the columns.

    Raises
    ------
    ValueOutOfRange
        If the groups fall, or there are more columns behind and causes than columns.

    Notes
    -----
    Estimand: the change of the mean of a later column if a cause were one higher in every row, all that acts
    before it as it was, and all that comes after it free to follow. The estimate is the coefficient of the cause in
    the least-squares regression of the later column on it, on the columns behind and on every cause of an earlier
    group. Causes of one group are not held against each other: they are sides of one event, and move together as
    they did in the data.

    It is an effect if nothing else stands behind both the cause and what comes after it, the groups are in the order
    in which they act, and straight lines describe it on average.

    Columns are eliminated one after the other (Gaussian elimination of the covariance); a column of which less than
    1e-9 of its variance is left counts as told by those before it.

    Examples
    --------
    A cause that acts on the outcome by 1, and by 2 x 3 through another:

    >>> system = linear_system([[1, 2, 7], [2, 5, 17], [7, 17, 59]], behind=0, groups=[0, 1])
    >>> system.total[0, :, 0].tolist(), system.onward[0, 0, 1].tolist()
    ([7.0, 3.0], 2.0)
    """
    left = np.array(covariance, dtype=float, copy=True)
    left = left[None] if left.ndim == 2 else left
    of_causes = np.asarray(groups, dtype=np.int64)
    causes, columns = of_causes.size, left.shape[-1]
    if (np.diff(of_causes) < 0).any() or behind + causes > columns:
        raise ValueOutOfRange(
            what="`groups` does not fit the columns of the covariance.",
            got=f"{behind} columns behind, {causes} causes in groups {of_causes.tolist()[:20]}, {columns} columns",
            expected="groups that never fall, and no more columns behind and causes than columns",
            fix="order the columns as they act: behind, causes by group, outcomes",
        )
    least = DEPENDENT * np.einsum("sii->si", left)
    for column in range(behind):
        _eliminate(left, column, least)
    slopes = np.full((len(left), causes, columns - behind), np.nan)
    spread = np.zeros((len(left), causes))
    for group in np.unique(of_causes):
        members = np.flatnonzero(of_causes == group)
        for cause in members:
            slopes[:, cause], spread[:, cause] = _slopes(left, behind, int(cause), least)
        for cause in members:
            _eliminate(left, behind + int(cause), least)
    earlier = of_causes[None, :] < of_causes[:, None]
    onward = slopes[:, :, :causes]
    onward[:, earlier] = 0.0
    return LinearSystem(groups=of_causes, total=slopes[:, :, causes:], onward=onward, spread=spread)


def _slopes(left: Floats, behind: int, cause: int, least: Floats) -> tuple[Floats, Floats]:
    column = behind + cause
    pivot = left[:, column, column]
    known = pivot > least[:, column]
    with np.errstate(divide="ignore", invalid="ignore"):
        slopes = left[:, column, behind:] / pivot[:, None]
    slopes[~known] = np.nan
    return slopes, np.where(known, pivot, 0.0)


def _eliminate(left: Floats, column: int, least: Floats) -> None:
    """Take out of every column what `column` tells of it, in place."""
    pivot = left[:, column, column].copy()
    known = pivot > least[:, column]
    row = np.where(known[:, None], left[:, column, :], 0.0)
    scaled = row / np.where(known, pivot, 1.0)[:, None]
    later = slice(column + 1, None)  # earlier columns are not asked again
    left[:, later, later] -= row[:, later, None] * scaled[:, None, later]


def controlled_effects(total: ArrayLike, onward: ArrayLike, *, groups: ArrayLike) -> Floats:
    """Return what each of several causes does that are moved at once, without what the others do already.

    Parameters
    ----------
    total : array-like of float, shape (samples, moved)
        Of a `LinearSystem`: the causes that are moved, on one outcome.
    onward : array-like of float, shape (samples, moved, moved)
        Of the same causes on each other.
    groups : array-like of int, shape (moved,)
        Their groups; never falling.

    Returns
    -------
    ndarray of float, shape (samples, moved)
        Moving cause i by d_i for each i changes the outcome by the sum of these times d_i.

    Notes
    -----
    Every path from a cause to the outcome is counted at the first of the other causes that it meets: what it does
    there is undone, as that cause is set too. With J the joint effects of a group and C the effects of one group on
    another that pass no group between, J_ij = C_ij + sum over i < l < j of C_il J_lj, and what is left is
    J_i - sum over j > i of C_ij J_j. Causes of one group are held against each other (regressed jointly); where they
    say the same, what they say is shared between them.

    Examples
    --------
    >>> controlled_effects([[7.0, 3.0]], [[[1.0, 2.0], [0.0, 1.0]]], groups=[0, 1]).tolist()
    [[1.0, 3.0]]
    """
    effects, slopes = np.asarray(total, dtype=float), np.asarray(onward, dtype=float)
    of_causes = np.asarray(groups, dtype=np.int64)
    members = [np.flatnonzero(of_causes == group) for group in np.unique(of_causes)]
    joint: list[list[Floats]] = []  # of each group: on each later group, then on the outcome
    for place, own in enumerate(members):
        inverse = _inverse(slopes[:, own[:, None], own])
        onto = [slopes[:, own[:, None], later] for later in members[place + 1 :]]
        joint.append([inverse @ effect for effect in (*onto, effects[:, own, None])])
    found = np.zeros_like(effects)
    for i, own in enumerate(members):
        direct: dict[int, Floats] = {}
        left = joint[i][-1].copy()
        for j in range(i + 1, len(members)):
            direct[j] = joint[i][j - i - 1].copy()
            for between in range(i + 1, j):
                direct[j] -= direct[between] @ joint[between][j - between - 1]
            left -= direct[j] @ joint[j][-1]
        found[:, own] = left[:, :, 0]
    return found


def _inverse(slopes: Floats) -> Floats:
    """Return the inverse of how the causes of a group move together; NaN where a slope is not known."""
    known = np.isfinite(slopes).all(axis=(1, 2))
    found = np.full_like(slopes, np.nan)
    if known.any():
        found[known] = np.linalg.pinv(slopes[known], rcond=1e-7)
    return found


def filled(values: Floats, earlier: Floats) -> Floats:
    """Return a column with each gap filled by what the columns before it tell of it.

    Parameters
    ----------
    values : ndarray of float, shape (n,)
        NaN where there is none.
    earlier : ndarray of float, shape (n, columns)
        Without NaN.

    Notes
    -----
    Filled so, a row without a value says nothing of what the column does once the earlier ones are known: the effect
    is the coefficient among the rows that hold a value.
    """
    there = ~np.isnan(values)
    centre, scale = earlier[there].mean(axis=0), earlier[there].std(axis=0)
    known = scale > 0
    told = (earlier[:, known] - centre[known]) / scale[known]
    mean = values[there].mean()
    weights = np.linalg.pinv(told[there].T @ told[there], rcond=DEPENDENT, hermitian=True)
    slopes = weights @ (told[there].T @ (values[there] - mean))
    return np.where(there, values - mean, told @ slopes)


def bucketed_products(rows: Floats, *, units: ArrayLike, buckets: int, seed: int) -> CrossProducts:
    """Sum the products of rows by buckets of units, for samples drawn again unit by unit.

    Parameters
    ----------
    rows : ndarray of float, shape (n, columns)
        Without NaN.
    units : array-like, shape (n,)
        Whom each row belongs to: all rows of a unit fall into one bucket.
    buckets : int
        At most as many; each holds as many units as the others, or one more.
    seed : int
        Which units share a bucket.

    Returns
    -------
    CrossProducts
        Of columns centred on their mean; its units are the buckets.
    """
    codes = unit_codes(units, len(rows))
    count = int(codes.max()) + 1 if codes.size else 0
    bucket = (np.random.default_rng(seed).permutation(count) % buckets)[codes]
    order = np.argsort(bucket, kind="stable")
    ends = np.searchsorted(bucket[order], np.arange(min(buckets, count) + 1))
    centred = rows[order] - rows.mean(axis=0)
    upper = np.triu_indices(rows.shape[1])
    parts = [centred[start:stop] for start, stop in pairwise(ends)]
    n = np.diff(ends)
    return CrossProducts(
        n=n,
        weight=n.astype(float),
        sums=np.stack([part.sum(axis=0) for part in parts]),
        products=np.stack([(part.T @ part)[upper] for part in parts]),
    )


def sampled_interval(estimate: float, samples: ArrayLike, *, units: int, confidence_level: float) -> Interval | None:
    """Return the interval of an estimate from the same estimate in samples drawn again.

    Parameters
    ----------
    estimate : float
        In the sample.
    samples : array-like of float, shape (samples,)
        In the samples drawn again; NaN where it does not exist.
    units : int
        Units (buckets of customers) that were drawn.
    confidence_level : float
        Nominal coverage.

    Returns
    -------
    Interval or None
        None where the estimate hardly ever exists, or never varies.

    Notes
    -----
    Estimate plus and minus the t quantile with units - 1 degrees of freedom times the standard deviation over the
    samples. The ends are steadier than percentiles of the same samples: with 200 of them the 2.5th percentile is the
    fifth lowest.
    """
    values = np.asarray(samples, dtype=float)
    values = values[np.isfinite(values)]
    if values.size < FEWEST_SAMPLES or units < 2 or not np.isfinite(estimate):
        return None
    error = sqrt(float(values.var(ddof=1)))
    if error == 0:
        return None
    half_width = float(stdtrit(units - 1, (1 + confidence_level) / 2)) * error
    return Interval(estimate - half_width, estimate + half_width)
