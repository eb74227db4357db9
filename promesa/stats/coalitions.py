"""The worth of coalitions: what each player adds to R2, over a stack of covariance matrices."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import factorial
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Vectors = list[list[NDArray[np.float64]]]

EXACT_PLAYERS = 18  # 2**18 coalitions of one matrix take a tenth of a second; each further player doubles it
DEPENDENT = 1e-9  # part of an element's variance that others leave it, below which it is their combination
NUMBERS_AT_ONCE = 1 << 18  # what stays in the processor's cache; ten times more is three times slower


@dataclass(frozen=True, slots=True, kw_only=True)
class Game:
    """Who plays for what: rows of a covariance matrix.

    Attributes
    ----------
    outcome : int
        Row of the outcome.
    players : tuple of tuple of int
        Rows of each player's elements.
    adjusted : tuple of int
        Rows that stand in every regression.
    """

    outcome: int
    players: tuple[tuple[int, ...], ...]
    adjusted: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GameShares:
    """Shares of each of a stack of matrices: `shares` and `errors` are (matrices, players), the rest (matrices,)."""

    shares: NDArray[np.float64]
    errors: NDArray[np.float64]
    explained: NDArray[np.float64]
    adjusted: NDArray[np.float64]


def counts_all(game: Game) -> bool:
    """Return whether the players are few enough to count all their coalitions."""
    return len(game.players) <= EXACT_PLAYERS


def play(matrices: NDArray[np.float64], game: Game, *, orders: int, seed: int) -> GameShares:
    """Return the shares of each matrix of a stack (matrices, columns, columns); the outcome must vary in all."""
    rows = [*game.adjusted, *(row for player in game.players for row in player), game.outcome]
    stack = _correlations(matrices[:, rows][:, :, rows])
    for _ in game.adjusted:
        stack = _eliminate_first(stack)
    adjusted = 1.0 - stack[:, -1, -1]
    sizes = [len(player) for player in game.players]
    if counts_all(game):
        shares = _count_coalitions(stack, sizes)
        errors = np.zeros_like(shares)
    else:
        shares, errors = _sample_orders(stack, sizes, orders=orders, seed=seed)
    return GameShares(shares=shares, errors=errors, explained=shares.sum(axis=1), adjusted=adjusted)


def _correlations(covariances: NDArray[np.float64]) -> NDArray[np.float64]:
    # An element without variation keeps a row of zeros: eliminating it then changes nothing.
    scale = np.sqrt(np.einsum("bii->bi", covariances))
    inverse = np.divide(1.0, scale, out=np.zeros_like(scale), where=scale > 0)
    return covariances * inverse[:, :, None] * inverse[:, None, :]


def _eliminate_first(stack: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what is left of a stack (matrices, m, m) when its first row is held fixed, (matrices, m - 1, m - 1)."""
    pivot = stack[:, 0, 0]
    inverse = np.divide(1.0, pivot, out=np.zeros_like(pivot), where=pivot > DEPENDENT)
    column = stack[:, 1:, 0]
    told = (column * inverse[:, None])[:, :, None] * column[:, None, :]
    return np.subtract(stack[:, 1:, 1:], told, out=told)


def _count_coalitions(stack: NDArray[np.float64], sizes: list[int]) -> NDArray[np.float64]:
    coefficients = _coalition_coefficients(len(sizes))
    step = max(1, NUMBERS_AT_ONCE >> len(sizes))
    parts = [
        coefficients @ _unexplained_by_coalition(stack[start : start + step], sizes)
        for start in range(0, len(stack), step)
    ]
    return -np.concatenate(parts, axis=1).T


def _unexplained_by_coalition(stack: NDArray[np.float64], sizes: list[int]) -> NDArray[np.float64]:
    """Return the outcome's variance left by each coalition, (2 ** players, matrices); bit k of the row is player k.

    Each level of the tree takes one player's elements out of the matrices: once dropped, once held fixed. The
    entries of all matrices of a level lie side by side in one vector, so that a level costs a few long operations.
    """
    size = stack.shape[1]
    if len(sizes) == 1:  # one player: nothing branches, and whole matrices are quicker than their entries
        return np.stack([stack[:, -1, -1], _left_by_all(stack)])
    entries: Vectors = [[np.ascontiguousarray(stack[:, i, j]) for j in range(i, size)] for i in range(size)]
    for members in sizes:
        fixed = entries
        for _ in range(members):
            fixed = _hold_first(fixed)
        dropped = entries[members:]
        entries = [
            [np.concatenate(pair) for pair in zip(old, new, strict=True)]
            for old, new in zip(dropped, fixed, strict=True)
        ]
    return entries[0][0].reshape(-1, len(stack))


def _left_by_all(stack: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the outcome's variance that is left when every other row is held fixed, (matrices,)."""
    step = max(1, (NUMBERS_AT_ONCE >> 2) // stack[0].size)
    left: list[NDArray[np.float64]] = []
    for start in range(0, len(stack), step):
        part = stack[start : start + step]
        while part.shape[1] > 1:
            part = _eliminate_first(part)
        left.append(part[:, 0, 0])
    return np.concatenate(left)


def _hold_first(entries: Vectors) -> Vectors:
    pivot = entries[0][0]
    inverse = np.divide(1.0, pivot, out=np.zeros_like(pivot), where=pivot > DEPENDENT)
    column = entries[0][1:]
    held: Vectors = []
    for i, row in enumerate(entries[1:]):
        slope = column[i] * inverse
        held.append([value - slope * column[i + j] for j, value in enumerate(row)])
    return held


@cache
def _coalition_coefficients(players: int) -> NDArray[np.float64]:
    """Return the matrix (players, 2 ** players) that turns the worth of all coalitions into Shapley values."""
    coalitions = np.arange(2**players)
    member = (coalitions[None, :] >> np.arange(players)[:, None]) & 1
    size = member.sum(axis=0)
    weight = np.array([factorial(s) * factorial(players - s - 1) / factorial(players) for s in range(players)])
    joined = np.where(size > 0, weight[size - 1], 0.0)
    apart = np.append(weight, 0.0)[size]
    return np.where(member == 1, joined, -apart)


def _sample_orders(
    stack: NDArray[np.float64], sizes: list[int], *, orders: int, seed: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    random = np.random.default_rng(seed)
    players = len(sizes)
    forward = np.array([random.permutation(players) for _ in range(orders)])
    if len(stack) == 1:
        # An order and its reverse err in opposite directions; their mean is one draw.
        draws = (_gains_of_one(stack[0], forward, sizes) + _gains_of_one(stack[0], forward[:, ::-1], sizes)) / 2
        return draws.mean(axis=0)[None], (draws.std(axis=0) / np.sqrt(max(1, orders - 1)))[None]
    starts = np.concatenate([[0], np.cumsum(sizes)])
    total = np.zeros((len(stack), players))
    squares = np.zeros_like(total)
    for order in forward:
        gains = (_gains(stack, order, starts) + _gains(stack, order[::-1], starts)) / 2
        total += gains
        squares += gains * gains
    mean = total / orders
    variance = np.maximum(0.0, squares / orders - mean * mean)
    return mean, np.sqrt(variance / max(1, orders - 1))


def _gains_of_one(matrix: NDArray[np.float64], orders: NDArray[np.int64], sizes: list[int]) -> NDArray[np.float64]:
    """Return what each player adds to R2 of one matrix in each of several orders, (orders, players)."""
    starts = np.concatenate([[0], np.cumsum(sizes)])
    outcome = len(matrix) - 1
    rows = np.array([[row for k in order for row in range(starts[k], starts[k + 1])] + [outcome] for order in orders])
    gains = np.zeros((len(orders), len(sizes)))
    player_of = np.repeat(np.arange(len(sizes)), sizes)
    places = np.arange(len(orders))
    step = max(1, NUMBERS_AT_ONCE // matrix.size)
    for start in range(0, len(orders), step):
        part, here = rows[start : start + step], places[start : start + step]
        left = matrix[part[:, :, None], part[:, None, :]]
        for place in range(outcome):
            before = left[:, -1, -1]
            left = _eliminate_first(left)
            gains[here, player_of[part[:, place]]] += before - left[:, -1, -1]
    return gains


def _gains(stack: NDArray[np.float64], order: NDArray[np.int64], starts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return what each player adds to R2 when players enter in `order`, (matrices, players)."""
    rows = [row for player in order for row in range(starts[player], starts[player + 1])]
    rows.append(stack.shape[1] - 1)
    left = stack[:, np.array(rows)[:, None], rows]
    gains = np.empty((len(stack), len(order)))
    for player in order:
        before = left[:, -1, -1]
        for _ in range(starts[player + 1] - starts[player]):
            left = _eliminate_first(left)
        gains[:, player] = before - left[:, -1, -1]
    return gains
