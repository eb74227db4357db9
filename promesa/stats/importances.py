"""What an outcome moves with: the share of each element, its interval, and what cannot be told apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from promesa.errors import TooFewObservations, ValueOutOfRange
from promesa.stats.coalitions import Game, GameShares, counts_all, play
from promesa.stats.collinearity import Collinearity, find_collinearity
from promesa.stats.product_sums import CrossProducts, moments, resampled_moments
from promesa.stats.shapley import checked_covariance, make_game
from promesa.stats.shares import Interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

MIN_UNITS = 20  # with fewer, a bootstrap of units says little of how they differ


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayerImportance:
    """What falls to one player: an element, or a group of them.

    Attributes
    ----------
    elements : tuple of int
        Columns of the player.
    share : float
        Part of the outcome's variance that falls to it, a fraction.
    interval : Interval
        Bootstrap interval of `share`.
    monte_carlo_error : float
        Standard error of `share` that comes from sampling orders; 0 where all coalitions were counted.
    constant : bool
        True if none of its elements varies: it explains nothing because it was never seen to change.
    """

    elements: tuple[int, ...]
    share: float
    interval: Interval
    monte_carlo_error: float
    constant: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Importance:
    """How much of an outcome its elements explain, and how much of that falls to each.

    Attributes
    ----------
    players : tuple of PlayerImportance
        In the order given. Their shares add up to `explained`.
    explained : float
        R2 of all elements, less that of the elements adjusted for; a fraction.
    explained_interval : Interval
        Bootstrap interval of `explained`.
    adjusted : float
        R2 of the elements adjusted for alone.
    collinearity : Collinearity
        Of all elements in the regression, those adjusted for included and last.
    n, n_missing, n_units : int
        Rows used, rows left out because a column was missing, and units drawn by the bootstrap.
    orders : int or None
        Orders sampled; None where all coalitions were counted.
    confidence_level : float
        Of every interval.
    replicates : ndarray of float, shape (bootstraps used, players)
        Shares in each bootstrap sample, for what depends on several shares at once, such as their ranks.
    adjusted_replicates : ndarray of float, shape (bootstraps used,)
        `adjusted` in each bootstrap sample; with the sum of its `replicates`, the R2 of all elements.
    bootstraps : int
        Samples asked for; those in which the outcome did not vary are missing from `replicates`.
    """

    players: tuple[PlayerImportance, ...]
    explained: float
    explained_interval: Interval
    adjusted: float
    collinearity: Collinearity
    n: int
    n_missing: int
    n_units: int
    orders: int | None
    confidence_level: float
    replicates: NDArray[np.float64]
    adjusted_replicates: NDArray[np.float64]
    bootstraps: int

    def probability_among_first(self, count: int) -> tuple[float, ...]:
        """Return, for each player, the part of the bootstrap samples in which it is among the first `count`."""
        ranks = np.argsort(np.argsort(-self.replicates, axis=1, kind="stable"), axis=1)
        return tuple((ranks < count).mean(axis=0).tolist())


def importance(
    sums: CrossProducts,
    *,
    outcome: int,
    groups: Sequence[Sequence[int]] | None = None,
    adjust_for: Sequence[int] = (),
    bootstraps: int = 200,
    orders: int = 2000,
    confidence_level: float = 0.95,
    seed: int,
) -> Importance:
    """Divide the explained variance of an outcome among elements, with intervals by bootstrap of units.

    Parameters
    ----------
    sums : CrossProducts
        Sums by customer, or by bucket of customers, of elements and outcome.
    outcome : int
        Column of the outcome.
    groups : sequence of sequence of int, optional
        Columns of each player, such as all elements that a function owns. Without it each element plays alone.
    adjust_for : sequence of int, default ()
        Columns that stand in every regression and get no share.
    bootstraps : int, default 200
        Samples of units drawn; at least 20.
    orders : int, default 2000
        Orders sampled where there are more than 18 players.
    confidence_level : float, default 0.95
        Fraction in (0, 1).
    seed : int
        Seed of the bootstrap and of sampled orders.

    Returns
    -------
    Importance
        Shares as fractions of the outcome's variance.

    Raises
    ------
    TooFewObservations
        If there are not more rows than elements and 2, or fewer than 20 units.
    ValueOutOfRange
        If the outcome does not vary, a column is named twice, or a setting is out of range.

    See Also
    --------
    promesa.stats.shapley_shares : the estimate alone, from a covariance matrix.

    Notes
    -----
    Estimand: the Shapley shares of the population's R2 (see `shapley_shares`). It is association: an element
    has a share also because of what goes with it and is not among the elements.

    The estimate is that of the sample. It lies above the population's by about players / n in sum: shares of
    elements that matter are hardly touched, a share near 0 is never below 0, and its interval does not hold 0.
    The interval holds the percentiles of the shares in samples of whole units drawn with replacement. It is
    too short with few units; with buckets of customers use at least 200.

    References
    ----------
    .. [1] U. Groemping (2007). Estimators of relative importance in linear regression based on variance
       decomposition. The American Statistician 61(2), 139-147. doi:10.1198/000313007X188252
    """
    _check_settings(bootstraps=bootstraps, orders=orders, confidence_level=confidence_level)
    covariance = checked_covariance(moments(sums).covariance[0], outcome=outcome)
    game = make_game(sums.columns, outcome=outcome, groups=groups, adjust_for=adjust_for)
    _check_size(sums, game)
    estimate = play(covariance[None], game, orders=orders, seed=seed)
    drawn = resampled_moments(sums, replicates=bootstraps, seed=seed).covariance
    replicates = play(drawn[drawn[:, outcome, outcome] > 0], game, orders=orders, seed=seed)
    elements = tuple(row for player in game.players for row in player)
    collinearity = find_collinearity(covariance, elements=(*elements, *game.adjusted))
    return Importance(
        players=_players(game, estimate, replicates, collinearity.constant, confidence_level),
        explained=float(estimate.explained[0]),
        explained_interval=_interval(replicates.explained, confidence_level),
        adjusted=float(estimate.adjusted[0]),
        collinearity=collinearity,
        n=sums.rows,
        n_missing=sums.n_missing,
        n_units=sums.units,
        orders=None if counts_all(game) else 2 * orders,
        confidence_level=confidence_level,
        replicates=replicates.shares,
        adjusted_replicates=replicates.adjusted,
        bootstraps=bootstraps,
    )


def _players(
    game: Game, estimate: GameShares, replicates: GameShares, constant: tuple[int, ...], confidence_level: float
) -> tuple[PlayerImportance, ...]:
    return tuple(
        PlayerImportance(
            elements=elements,
            share=float(estimate.shares[0, k]),
            interval=_interval(replicates.shares[:, k], confidence_level),
            monte_carlo_error=float(estimate.errors[0, k]),
            constant=set(elements) <= set(constant),
        )
        for k, elements in enumerate(game.players)
    )


def _interval(values: NDArray[np.float64], confidence_level: float) -> Interval:
    tail = (1 - confidence_level) / 2
    lower, upper = np.quantile(values, [tail, 1 - tail])
    return Interval(float(lower), float(upper))


def _check_settings(*, bootstraps: int, orders: int, confidence_level: float) -> None:
    if bootstraps < 20 or orders < 2 or not 0 < confidence_level < 1:
        raise ValueOutOfRange(
            what="A setting of the interval is out of range.",
            got=f"bootstraps={bootstraps}, orders={orders}, confidence_level={confidence_level!r}",
            expected="at least 20 bootstraps, at least 2 orders, a level greater than 0 and less than 1",
            fix="use bootstraps=200, orders=2000, confidence_level=0.95",
        )


def _check_size(sums: CrossProducts, game: Game) -> None:
    regressors = len(game.adjusted) + sum(len(player) for player in game.players)
    if sums.rows < regressors + 2 or sums.units < MIN_UNITS:
        raise TooFewObservations(
            what="There are too few rows or units to divide an outcome among these elements.",
            got=f"{sums.rows} rows of {sums.units} units for {regressors} elements",
            expected=f"at least {regressors + 2} rows and {MIN_UNITS} units",
            fix="take a longer period, or fewer elements",
        )
