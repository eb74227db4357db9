"""Shapley shares of R2 from covariances: every coalition counted, or sampled orders where they are too many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from promesa.errors import ValueOutOfRange
from promesa.stats.coalitions import Game, counts_all, play

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class ShapleyShares:
    """How the explained part of an outcome's variance falls to the players.

    Attributes
    ----------
    players : tuple of tuple of int
        The elements (rows of the covariance) of each player.
    shares : tuple of float
        Part of the outcome's variance that falls to each player, a fraction; the sum is `explained`.
    explained : float
        R2 of all elements together, less that of the elements adjusted for.
    adjusted : float
        R2 of the elements adjusted for alone; 0 without any.
    monte_carlo_errors : tuple of float
        Standard error of each share that comes from sampling orders; 0 where all coalitions were counted.
    orders : int or None
        Orders sampled; None where all coalitions were counted.
    """

    players: tuple[tuple[int, ...], ...]
    shares: tuple[float, ...]
    explained: float
    adjusted: float
    monte_carlo_errors: tuple[float, ...]
    orders: int | None


def shapley_shares(
    covariance: ArrayLike,
    *,
    outcome: int,
    groups: Sequence[Sequence[int]] | None = None,
    adjust_for: Sequence[int] = (),
    orders: int = 2000,
    seed: int = 0,
) -> ShapleyShares:
    """Divide the R2 of a linear regression among its elements, or among groups of them.

    Parameters
    ----------
    covariance : array-like of float, shape (columns, columns)
        Covariance or correlation matrix of the elements and the outcome.
    outcome : int
        Row of the outcome.
    groups : sequence of sequence of int, optional
        Rows of each player. Without it each element that is neither the outcome nor adjusted for plays alone.
        Elements in no group are left out of the regression.
    adjust_for : sequence of int, default ()
        Rows that stand in every regression and get no share, such as price or season.
    orders : int, default 2000
        Orders sampled where there are more than 18 players; each is used forward and backward.
    seed : int, default 0
        Seed of the sampled orders.

    Returns
    -------
    ShapleyShares
        Fractions of the outcome's variance.

    Raises
    ------
    ValueOutOfRange
        If the matrix is not square, symmetric and finite, a variance is negative, the outcome does not vary, or a
        row is named twice.

    See Also
    --------
    promesa.stats.importances : the same with intervals and collinearity.

    Notes
    -----
    Estimand: the average, over all orders in which players can enter the regression, of the R2 that a player
    adds when it enters [1]_ [2]_. Shares add up to the R2, are equal for interchangeable players and 0 for an
    element without variation. An element that is an exact combination of others shares with them what they
    explain together. A share says what goes with the outcome, not what causes it.

    All coalitions are counted for up to 18 players, by eliminating one player after another from the matrix
    [3]_. Above, orders are sampled; shares still add up to the R2, and the sampling error is reported.

    References
    ----------
    .. [1] R. H. Lindeman, P. F. Merenda, R. Z. Gold (1980). Introduction to Bivariate and Multivariate Analysis.
    .. [2] S. Lipovetsky, M. Conklin (2001). Analysis of regression in game theory approach. Applied Stochastic
       Models in Business and Industry 17, 319-330. doi:10.1002/asmb.446
    .. [3] U. Groemping (2007). Estimators of relative importance in linear regression based on variance
       decomposition. The American Statistician 61(2), 139-147. doi:10.1198/000313007X188252

    Examples
    --------
    >>> shares = shapley_shares([[1, 0.5, 0.6], [0.5, 1, 0.6], [0.6, 0.6, 1]], outcome=2)
    >>> [round(share, 3) for share in shares.shares], round(shares.explained, 3)
    ([0.24, 0.24], 0.48)
    """
    matrix = checked_covariance(covariance, outcome=outcome)
    game = make_game(len(matrix), outcome=outcome, groups=groups, adjust_for=adjust_for)
    result = play(matrix[None], game, orders=orders, seed=seed)
    return ShapleyShares(
        players=game.players,
        shares=tuple(result.shares[0].tolist()),
        explained=float(result.explained[0]),
        adjusted=float(result.adjusted[0]),
        monte_carlo_errors=tuple(result.errors[0].tolist()),
        orders=None if counts_all(game) else 2 * orders,
    )


def checked_covariance(covariance: ArrayLike, *, outcome: int) -> NDArray[np.float64]:
    """Return the matrix, or say why it is not a covariance matrix with an outcome that varies."""
    matrix = np.asarray(covariance, dtype=float)
    if not _is_covariance(matrix):
        raise ValueOutOfRange(
            what="`covariance` is not a covariance matrix.",
            got=f"shape {matrix.shape}, {int((~np.isfinite(matrix)).sum())} values not finite",
            expected="a square, symmetric matrix of finite numbers with an outcome and at least 1 element",
            fix="compute it from rows without missing values",
        )
    if not 0 <= outcome < len(matrix):
        raise ValueOutOfRange(
            what="`outcome` is not a row of the matrix.",
            got=str(outcome),
            expected=f"a whole number from 0 to {len(matrix) - 1}",
            fix="give the place of the outcome among the columns",
        )
    if matrix[outcome, outcome] <= 0:
        raise ValueOutOfRange(
            what="The outcome is the same in every row, so there is nothing to explain.",
            got="variance 0",
            expected="an outcome that varies",
            fix="choose a longer period, a wider slice or another outcome",
        )
    return matrix


def _is_covariance(matrix: NDArray[np.float64]) -> bool:
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or len(matrix) < 2 or not np.isfinite(matrix).all():
        return False
    spread = np.diag(matrix)
    # Rounding makes the two halves differ by a trifle of the variances, which may be all of a covariance near 0.
    trifle = 1e-8 * np.sqrt(np.outer(np.abs(spread), np.abs(spread)))
    return bool((spread >= 0).all() and (np.abs(matrix - matrix.T) <= trifle).all())


def make_game(columns: int, *, outcome: int, groups: Sequence[Sequence[int]] | None, adjust_for: Sequence[int]) -> Game:
    """Return who plays, or say which row is named twice or does not exist."""
    adjusted = tuple(int(row) for row in adjust_for)
    if groups is None:
        players = tuple((row,) for row in range(columns) if row != outcome and row not in adjusted)
    else:
        players = tuple(tuple(int(row) for row in group) for group in groups)
    named = [outcome, *adjusted, *(row for player in players for row in player)]
    bad = sorted({row for row in named if named.count(row) > 1 or not 0 <= row < columns})
    if bad or not players or not all(players):
        raise ValueOutOfRange(
            what="The players do not divide the elements among themselves.",
            got=f"rows used twice or out of range: {bad}" if bad else "no player, or a player without elements",
            expected=f"each row from 0 to {columns - 1} at most once among outcome, groups and adjust_for",
            fix="put each element into one group",
        )
    return Game(outcome=outcome, players=players, adjusted=adjusted)
