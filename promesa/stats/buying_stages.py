"""Buying with a rhythm: a purchase comes after every k-th silent stage, so that gaps are more even than by chance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


def stage_weights(shape: Floats, share: Floats, *, rhythm: int) -> Floats:
    """Return how likely 0, 1 ... k - 1 silent stages are since the last purchase, over none, (k, n).

    Parameters
    ----------
    shape : ndarray, shape (n,)
        Of the gamma distribution of the customer's rate: r + k x.
    share : ndarray, shape (n,)
        (seen - last) / (alpha + seen).

    Notes
    -----
    With the rate drawn from a gamma distribution, j stages in the time since the last purchase have the probability of
    none, times shape (shape + 1) ... (shape + j - 1) share^j / j!.
    """
    found = np.ones((rhythm, np.size(shape)))
    for j in range(1, rhythm):
        found[j] = found[j - 1] * (shape + j - 1) / j * share
    return found


def stage_slopes(weights: Floats, shape: Floats, share: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the sum of the weights and its slopes over the shape and over the logarithm of the share, (n,) each."""
    rising, by_shape = np.zeros_like(shape), np.zeros_like(shape)
    by_share = np.zeros_like(share)
    for j in range(1, len(weights)):
        rising = rising + 1 / (shape + j - 1)
        by_shape = by_shape + weights[j] * rising
        by_share = by_share + j * weights[j]
    return weights.sum(axis=0), by_shape, by_share


def expected_with_stages(
    shape: float, scale: Floats, *, rhythm: int, passed: int, time: float, stopping: tuple[Floats, Floats]
) -> Floats:
    """Return the purchases expected within a time of an active customer with so many stages behind them, (n,).

    Parameters
    ----------
    shape, scale : float and ndarray, shape (n,)
        Of the gamma distribution of the rate of stages, given what is known.
    passed : int
        Stages since the last purchase, 0 to k - 1.
    stopping : tuple of ndarray
        Points and weights of the distribution of the probability p to stop after a purchase.

    Notes
    -----
    After n more stages a customer who never stops would have bought m = floor((n + passed) / k) times, and one who
    stops with p is expected to have bought (1 - (1 - p)^m) / p times. (1 - p)^m is z^n, z the k-th root of 1 - p,
    times something that repeats with n every k stages: a sum of k powers with roots of one. The mean of a power over
    the stages, which are negative binomial, is their generating function; so the result is exact and takes no sum
    over n.
    """
    p, weights = (np.asarray(part) for part in stopping)
    p = np.clip(p, 1e-7, 1 - 1e-9)[None, :]
    z = (1 - p) ** (1 / rhythm)
    n = np.arange(rhythm)
    # Of roots that mirror each other the real part is the same: one of the two is worked out and counts twice.
    roots = np.arange(rhythm // 2 + 1)
    turns, times = np.exp(2j * np.pi * roots / rhythm), np.where(2 * roots % rhythm == 0, 1, 2)
    # Of what repeats, the share with each root.
    parts = turns[:, None] ** -n @ z ** (rhythm * ((n + passed) // rhythm) - n)[:, None]
    kept = np.zeros((scale.size, p.size))
    for turn, part, count in zip(turns, parts, times, strict=True):
        power = np.exp(-shape * np.log1p(time * (1 - z * turn) / scale[:, None]))
        kept += count / rhythm * np.real(part * power)  # what is not real adds up to nothing over the roots
    return ((1 - kept) / p) @ weights
