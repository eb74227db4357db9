"""What is to come of a customer: whether they still buy, how often, and how much they spend."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import eigh_tridiagonal

from promesa.errors import ValueOutOfRange

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from promesa.stats.buying_processes import BuyingProcess, Purchases

    Floats = NDArray[np.float64]

NODES = 40


def probability_active(process: BuyingProcess, purchases: Purchases) -> Floats:
    """Return, for each summary, the probability that the customer has not stopped, (n,).

    Notes
    -----
    In BG/NBD a customer without repeats is active for sure: nobody stops before the first repeat purchase. This is
    the model's convention, not a finding; MBG/NBD has none of it.
    """
    return 1 / (1 + _odds_gone(process, purchases))


def _odds_gone(process: BuyingProcess, purchases: Purchases) -> Floats:
    x, shift = purchases.repeats, 1.0 if process.form == "mbg_nbd" else 0.0
    ratio = (process.r + x) * (np.log(process.alpha + purchases.seen) - np.log(process.alpha + purchases.last))
    odds = process.a / np.maximum(process.b + x + shift - 1, 1e-300) * np.exp(ratio)
    return np.where((x > 0) | (shift > 0), odds, 0.0)


def expected_purchases(process: BuyingProcess, purchases: Purchases, *, horizon: ArrayLike) -> Floats:
    """Return the purchases expected of each summary within a time from now, (n,) or (n, horizons).

    Parameters
    ----------
    process : BuyingProcess
        From `fit_buying`.
    purchases : Purchases
        Summaries, as in `summarise`.
    horizon : float or array-like of float, shape (horizons,)
        Time from the end of the observation, in the unit of the summaries.

    Raises
    ------
    ValueOutOfRange
        If a horizon is negative.

    Notes
    -----
    Estimand: the mean, over customers with this summary, of the purchases that the fitted process brings. Given that
    the customer is active, the buying rate is gamma and the probability p of stopping is beta distributed; a customer
    with rate l is expected to buy (1 - exp(-l p t)) / p times. The mean over both equals the closed form of [1]_ with
    the hypergeometric function; it is computed here by integration over p, which stays exact where that function
    loses its digits (a near or below 1).

    References
    ----------
    .. [1] P. S. Fader, B. G. S. Hardie, K. L. Lee (2005). Marketing Science 24(2), 275-284. Equation 10.
    """
    times = np.atleast_1d(np.asarray(horizon, dtype=float))
    if not np.isfinite(times).all() or (times < 0).any():
        raise ValueOutOfRange(
            what="A horizon is not a time from now on.",
            got=f"{times.min():g}",
            expected="times of 0 or more",
            fix="give the days, weeks or years ahead",
        )
    active = probability_active(process, purchases)
    found = np.empty((len(active), times.size))
    # Customers with as many repeats, seen as long, differ in their probability of being active alone.
    pairs, place = np.unique(np.column_stack([purchases.repeats, purchases.seen]), axis=0, return_inverse=True)
    for k, time in enumerate(times):
        found[:, k] = active * _given_active(process, pairs[:, 0], pairs[:, 1], time)[place.ravel()]
    return found[:, 0] if np.ndim(horizon) == 0 else found


def _given_active(process: BuyingProcess, x: Floats, seen: Floats, time: float) -> Floats:
    """Return the purchases expected of an active customer: the mean over p of the mean over rates.

    Over rates, with a gamma(r + x, alpha + seen): mean of (1 - exp(-l p t)) / p is
    (1 - (1 + p t / (alpha + seen)) ** -(r + x)) / p. Over p, which is beta(a, b + x [+ 1]).
    """
    found = np.empty(x.size)
    for repeats in np.unique(x):
        rows = x == repeats
        b = process.b + repeats + (1.0 if process.form == "mbg_nbd" else 0.0)
        p, weights = _beta_nodes(process.a, b)
        reach = np.log1p(p[None, :] * time / (process.alpha + seen[rows])[:, None])
        found[rows] = (-np.expm1(-(process.r + repeats) * reach) / p[None, :]) @ weights
    return found


def _beta_nodes(a: float, b: float) -> tuple[Floats, Floats]:
    """Return points and weights of Gauss's rule for a mean over a beta(a, b), (NODES,) each.

    The rule of Jacobi's polynomials, from the eigenvalues of their recurrence (Golub and Welsch 1969); the weights
    add up to 1, so that no beta function is needed, however large b is.
    """
    n = np.arange(NODES, dtype=float)
    low, high = a - 1, b - 1
    both = 2 * n + low + high
    with np.errstate(divide="ignore", invalid="ignore"):
        middle = (low**2 - high**2) / (both * (both + 2))
        side = 4 * n * (n + low) * (n + high) * (n + low + high) / (both**2 * (both + 1) * (both - 1))
    middle[0] = (low - high) / (low + high + 2)
    side[1] = 4 * (1 + low) * (1 + high) / ((2 + low + high) ** 2 * (3 + low + high))
    points, vectors = eigh_tridiagonal(middle, np.sqrt(side[1:]))
    return np.clip((points + 1) / 2, 1e-300, 1.0), vectors[0] ** 2
