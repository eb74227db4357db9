"""How the explained part of an outcome falls to players, with intervals from samples of customers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import betaincinv

from promesa.stats import CrossProducts, Interval, importance, shapley_shares, unit_hashes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from promesa.workspace import DriverSettings

    Numbers = NDArray[np.float64]

BUCKETS = 1_000  # customers are drawn by bucket where there are more of them
COUNTED_IN_SAMPLES = 10  # players whose coalitions are all counted in each of the samples too
SAMPLED_FROM = 19  # players from which `importance` samples orders
ORDERS, ORDERS_IN_SAMPLES = 500, 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A part of something, with the interval of it."""

    estimate: float
    interval: Interval


NOTHING = Share(estimate=0.0, interval=Interval(0.0, 0.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What falls to each player of one outcome; fractions.

    Attributes
    ----------
    shares : tuple of Share
        Of the outcome's variance, in the order of the players; their sum is `explained`.
    of_explained : tuple of Share or None
        The same as a part of what is explained; None where nothing is.
    first, among_three : tuple of float
        Part of the samples in which a player has the largest share, or one of the three largest.
    explained, by_confounders, unexplained : Share
        R2 of all players beyond the confounders, of the confounders alone, and what is left.
    by_chance : float
        R2 that as many columns without any meaning would stay below, with the probability of the confidence level.
    """

    shares: tuple[Share, ...]
    of_explained: tuple[Share | None, ...]
    first: tuple[float, ...]
    among_three: tuple[float, ...]
    explained: Share
    by_confounders: Share
    unexplained: Share
    by_chance: float


def play(
    values: Numbers,
    players: Sequence[Sequence[int]],
    *,
    held: int,
    customers: NDArray[np.int64],
    settings: DriverSettings,
    confidence_level: float,
) -> Played:
    """Divide what the columns explain of the last one among players.

    Parameters
    ----------
    values : ndarray of float, shape (n, columns)
        The first `held` columns are adjusted for, the last is the outcome; columns in no player are left out.
    players : sequence of sequence of int
        Columns of each.

    Notes
    -----
    Shares of the sample are exact up to 18 players; above, and in the samples of customers above 10, orders are
    drawn. The intervals are percentiles of samples of customers, moved so that their middle is the estimate:
    shares cannot be negative, so those of samples lie above that of the whole by what chance adds.
    """
    sums = products_by_customer(values, customers)
    outcome, adjusted = values.shape[1] - 1, list(range(held))
    padded, game = _padded(sums, players)
    found = importance(
        padded,
        outcome=outcome,
        groups=game,
        adjust_for=adjusted,
        orders=ORDERS_IN_SAMPLES,
        bootstraps=settings.bootstraps,
        confidence_level=confidence_level,
        seed=settings.seed,
    )
    count = len(players)
    estimates = np.array([player.share for player in found.players[:count]])
    if count > COUNTED_IN_SAMPLES:
        covariance = _covariance(sums)
        exact = shapley_shares(
            covariance, outcome=outcome, groups=players, adjust_for=adjusted, orders=ORDERS, seed=settings.seed
        )
        estimates = np.array(exact.shares)
    replicates = found.replicates[:, :count]
    ranks = np.argsort(np.argsort(-replicates, axis=1, kind="stable"), axis=1)
    columns = [column for player in players for column in player]
    behind, told = found.adjusted_replicates, replicates.sum(axis=1)
    return Played(
        shares=tuple(_share(*pair, confidence_level) for pair in zip(estimates, replicates.T, strict=True)),
        of_explained=_parts(estimates, replicates, confidence_level),
        first=tuple((ranks < 1).mean(axis=0).tolist()),
        among_three=tuple((ranks < 3).mean(axis=0).tolist()),
        explained=_share(float(estimates.sum()), told, confidence_level),
        by_confounders=_share(found.adjusted, behind, confidence_level) if held else NOTHING,
        unexplained=_share(1 - found.adjusted - found.explained, 1 - behind - told, confidence_level),
        by_chance=_by_chance(
            len(columns), rows=len(values), held=held, left=1 - found.adjusted, level=confidence_level
        ),
    )


def products_by_customer(values: Numbers, customers: NDArray[np.int64]) -> CrossProducts:
    """Return the sums of products of the columns by customer, or by bucket of customers where there are many."""
    known, codes = np.unique(customers, return_inverse=True)
    if known.size > BUCKETS:
        codes = (unit_hashes(known, seed=0) % BUCKETS).astype(np.int64)[codes]
    order = np.argsort(codes, kind="stable")
    starts = np.flatnonzero(np.diff(codes[order], prepend=-1))
    upper = np.triu_indices(values.shape[1])
    centre = values.mean(axis=0)
    sums, products = np.empty((starts.size, values.shape[1])), np.empty((starts.size, upper[0].size))
    ends = np.append(starts[1:], len(values))
    for unit, (start, end) in enumerate(zip(starts, ends, strict=True)):
        rows = values[order[start:end]] - centre
        sums[unit] = rows.sum(axis=0)
        products[unit] = (rows.T @ rows)[upper]
    n = (ends - starts).astype(np.int64)
    return CrossProducts(n=n, weight=n.astype(float), sums=sums, products=products)


def _padded(sums: CrossProducts, players: Sequence[Sequence[int]]) -> tuple[CrossProducts, list[list[int]]]:
    """Return the sums with as many columns of zeros as make `importance` sample orders, where counting takes long.

    A column that never varies has no share and changes none.
    """
    game = [list(player) for player in players]
    if not COUNTED_IN_SAMPLES < len(game) < SAMPLED_FROM:
        return sums, game
    more = SAMPLED_FROM - len(game)
    wide = sums.columns + more
    upper = np.triu_indices(wide)
    products = np.zeros((len(sums.n), upper[0].size))
    products[:, (upper[0] < sums.columns) & (upper[1] < sums.columns)] = sums.products
    padded = CrossProducts(
        n=sums.n,
        weight=sums.weight,
        sums=np.column_stack([sums.sums, np.zeros((len(sums.n), more))]),
        products=products,
    )
    return padded, [*game, *([column] for column in range(sums.columns, wide))]


def _covariance(sums: CrossProducts) -> Numbers:
    mean = sums.sums.sum(axis=0) / sums.weight.sum()
    square = np.zeros((sums.columns, sums.columns))
    upper = np.triu_indices(sums.columns)
    square[upper] = sums.products.sum(axis=0) / sums.weight.sum()
    square = square + np.triu(square, 1).T
    covariance = square - np.outer(mean, mean)
    flat = np.diag(covariance) <= 1e-12 * np.diag(square)
    covariance[flat, :], covariance[:, flat] = 0.0, 0.0
    return covariance


def _share(estimate: float, replicates: Numbers, level: float) -> Share:
    tail = (1 - level) / 2
    lower, upper = np.quantile(replicates - replicates.mean() + estimate, [tail, 1 - tail])
    ends = Interval(float(np.clip(lower, 0.0, 1.0)), float(np.clip(upper, 0.0, 1.0)))
    return Share(estimate=float(estimate), interval=ends)


def _parts(estimates: Numbers, replicates: Numbers, level: float) -> tuple[Share | None, ...]:
    total, totals = estimates.sum(), replicates.sum(axis=1)
    if total <= 0 or (totals <= 0).any():
        return (None,) * estimates.size
    parts = replicates / totals[:, None]
    return tuple(_share(estimates[k] / total, parts[:, k], level) for k in range(estimates.size))


def _by_chance(columns: int, *, rows: int, held: int, left: float, level: float) -> float:
    """Return the quantile of the R2 that columns without meaning would explain beyond the confounders."""
    free = rows - 1 - held - columns
    return float(left * betaincinv(columns / 2, free / 2, level)) if columns and free > 0 else 1.0
