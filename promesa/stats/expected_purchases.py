"""What is to come of a customer: whether they still buy, how often, and how much they spend."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import eigh_tridiagonal

from promesa.errors import ValueOutOfRange
from promesa.stats.buying_stages import expected_with_stages, stage_weights
from promesa.stats.purchases import Purchases

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from promesa.stats.buying_processes import BuyingProcess

    Floats = NDArray[np.float64]

NODES = 40
KNOTS = 24  # of the polynomial over the time seen, for a rhythm


def probability_active(process: BuyingProcess, purchases: Purchases) -> Floats:
    """Return, for each summary, the probability that the customer has not stopped, (n,).

    Notes
    -----
    In BG/NBD a customer without repeats is active for sure: nobody stops before the first repeat purchase. This is
    the model's convention, not a finding; MBG/NBD has none of it.
    """
    return 1 / (1 + _odds_gone(process, purchases))


def _odds_gone(process: BuyingProcess, purchases: Purchases) -> Floats:
    x, shift = purchases.repeats, 0.0 if process.form == "bg_nbd" else 1.0
    shape = process.r + process.rhythm * x
    ratio = shape * (np.log(process.alpha + purchases.seen) - np.log(process.alpha + purchases.last))
    ratio -= np.log(_passed(process, purchases).sum(axis=0))
    odds = process.a / np.maximum(process.b + x + shift - 1, 1e-300) * np.exp(ratio)
    return np.where((x > 0) | (shift > 0), odds, 0.0)


def _passed(process: BuyingProcess, purchases: Purchases) -> Floats:
    """Return the weights of the stages since the last purchase, (k, n)."""
    share = (purchases.seen - purchases.last) / (process.alpha + purchases.seen)
    return stage_weights(process.r + process.rhythm * purchases.repeats, share, rhythm=process.rhythm)


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
    loses its digits (a near or below 1). With a rhythm, so many stages since the last purchase have gone by with a
    probability that is known as well (`buying_stages`).

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
    x, seen, place = _pairs(purchases)
    passed = _passed(process, purchases)
    passed /= passed.sum(axis=0)
    for k, time in enumerate(times):
        if process.rhythm == 1:
            found[:, k] = active * _given_active(process, x, seen, time)[place]
        else:
            found[:, k] = active * (passed * _given_stages(process, x, seen, time)[:, place]).sum(axis=0)
    return found[:, 0] if np.ndim(horizon) == 0 else found


def purchases_of_pairs(
    process: BuyingProcess, repeats: Floats, seen: Floats, *, horizon: float
) -> tuple[Floats, Floats, Floats]:
    """Return what `expected_purchases` is made of, for customers with so many repeats, seen so long: (n,) each.

    Parameters
    ----------
    process : BuyingProcess
        Without a rhythm.
    horizon : float
        Time from now, in the unit of the summaries.

    Returns
    -------
    tuple of ndarray
        Purchases expected of an active customer, level and shape: the customer is active with the probability
        1 / (1 + exp(level - shape * log(alpha + last))). The last purchase enters there alone, so that an engine can
        work it out for each of many customers from what their few pairs of repeats and time seen have in common.
    """
    first = Purchases(repeats=repeats, last=np.zeros(len(repeats)), seen=seen, customers=np.ones(len(repeats)))
    shape = process.r + repeats
    with np.errstate(divide="ignore"):
        level = np.log(_odds_gone(process, first)) + shape * np.log(process.alpha)
    return _given_active(process, repeats, seen, horizon), level, shape


def discounted_purchases(
    process: BuyingProcess, purchases: Purchases, *, horizon: float, discount_rate: float
) -> Floats:
    """Return the purchases expected of each summary within a time from now, those to come later counted as less, (n,).

    Parameters
    ----------
    horizon : float
        Time from now, in the unit of the summaries.
    discount_rate : float
        Continuous rate in that unit: a purchase at time t counts exp(-rate t).

    Notes
    -----
    The integral of exp(-rate t) over what `expected_purchases` grows by, taken by parts, so that only its values are
    needed; Gauss's rule with four points is exact to eight digits for horizons of some years at usual rates.
    """
    times, weights = discounting(horizon, discount_rate=discount_rate)
    return expected_purchases(process, purchases, horizon=times) @ weights


def discounting(horizon: float, *, discount_rate: float) -> tuple[Floats, Floats]:
    """Return times up to the horizon, the last one the horizon itself, and weights of what is expected by each.

    The weighted sum of `expected_purchases` at these times is `discounted_purchases`.
    """
    points, weights = np.polynomial.legendre.leggauss(4)
    times = np.r_[(points + 1) / 2 * horizon, horizon]
    left = np.exp(-discount_rate * times)
    return times, np.r_[discount_rate * left[:-1] * weights * horizon / 2, left[-1]]


def _pairs(purchases: Purchases) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Return the different pairs of repeats and time seen, and the pair of each summary."""
    order = np.lexsort((purchases.seen, purchases.repeats))
    x, seen = purchases.repeats[order], purchases.seen[order]
    new = np.r_[True, (np.diff(x) != 0) | (np.diff(seen) != 0)] if x.size else np.zeros(0, bool)
    place = np.empty(x.size, dtype=np.int64)
    place[order] = np.cumsum(new) - 1
    return x[new], seen[new], place


def _given_active(process: BuyingProcess, x: Floats, seen: Floats, time: float) -> Floats:
    """Return the purchases expected of an active customer: the mean over p of the mean over rates.

    Over rates, with a gamma(r + x, alpha + seen): mean of (1 - exp(-l p t)) / p is
    (1 - (1 + p t / (alpha + seen)) ** -(r + x)) / p. Over p, which is beta(a, b + x [+ 1]).
    """
    found = np.empty(x.size)
    for repeats in np.unique(x):
        rows = x == repeats
        b = process.b + repeats + (0.0 if process.form == "bg_nbd" else 1.0)
        p, weights = _beta_nodes(process.a, b)
        reach = np.log1p(p[None, :] * time / (process.alpha + seen[rows])[:, None])
        found[rows] = (-np.expm1(-(process.r + repeats) * reach) / p[None, :]) @ weights
    return found


def _given_stages(process: BuyingProcess, x: Floats, seen: Floats, time: float) -> Floats:
    """Return the purchases expected of an active customer by stages since the last purchase, (k, n).

    What is expected changes smoothly with the time seen; where many times are asked for, a polynomial through the
    values at Chebyshev's points gives the rest, to nine digits.
    """
    found = np.empty((process.rhythm, x.size))
    for repeats in np.unique(x):
        rows = x == repeats
        stopping = _beta_nodes(process.a, process.b + repeats + (0.0 if process.form == "bg_nbd" else 1.0))
        scale = process.alpha + seen[rows]
        low, high = np.log(scale.min()), np.log(scale.max())
        many = scale.size > KNOTS
        knots = np.cos(np.pi * (np.arange(KNOTS) + 0.5) / KNOTS)
        at = np.exp((low + high + knots * (high - low)) / 2) if many else scale
        for passed in range(process.rhythm):
            values = expected_with_stages(
                process.r + process.rhythm * repeats + passed, at,
                rhythm=process.rhythm, passed=passed, time=time, stopping=stopping,
            )  # fmt: skip
            if many:
                terms = np.polynomial.chebyshev.chebfit(knots, values, KNOTS - 1)
                values = np.polynomial.chebyshev.chebval((2 * np.log(scale) - low - high) / (high - low), terms)
            found[passed, rows] = values
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
