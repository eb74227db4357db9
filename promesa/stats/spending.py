"""How much customers spend a purchase: the mean that a customer's own purchases and everybody's tell together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import minimize
from scipy.special import digamma, gammaln

from promesa.errors import TooFewObservations, ValueOutOfRange

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

MIN_CUSTOMERS = 30
LARGEST = np.log(1e8)  # of a parameter, in logarithms


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spending:
    """A fitted gamma-gamma model of spend.

    Attributes
    ----------
    p, q, gamma : float
        Shape of a purchase's spend; shape and rate of what differs between customers; gamma in money.
    log_likelihood : float
        Of the sample.
    covariance : ndarray, shape (3, 3)
        Of the logarithms of (p, q, gamma).
    n : int
        Customers.
    correlation : float
        Between how often customers buy and how much a purchase is: the model takes it as 0.
    """

    p: float
    q: float
    gamma: float
    log_likelihood: float
    covariance: Floats
    n: int
    correlation: float


def fit_spending(purchases: ArrayLike, mean_spend: ArrayLike) -> Spending:
    """Fit how much customers spend a purchase by maximum likelihood.

    Parameters
    ----------
    purchases : array-like of float, shape (n,)
        Purchases behind each mean, 1 or more.
    mean_spend : array-like of float, shape (n,)
        Mean spend a purchase of each customer, above 0.

    Returns
    -------
    Spending
        Gamma in the money of `mean_spend`.

    Raises
    ------
    ValueOutOfRange
        If a mean is not above 0 or a count is below 1: leave such customers out, and say how many they are.
    TooFewObservations
        With fewer than 30 customers, if all spend the same, or if no maximum was found.

    Notes
    -----
    Estimand: the distribution of mean spend over the customers of the population [1]_ [2]_. It assumes that how much
    a purchase is has nothing to do with how often its customer buys (`correlation` says how far the sample is from
    it), and that a customer's level does not change.

    References
    ----------
    .. [1] P. S. Fader, B. G. S. Hardie, K. L. Lee (2005). RFM and CLV: using iso-value curves for customer base
       analysis. Journal of Marketing Research 42, 415-430. doi:10.1509/jmkr.2005.42.4.415
    .. [2] P. S. Fader, B. G. S. Hardie (2013). The gamma-gamma model of monetary value.
    """
    x, m = np.asarray(purchases, dtype=float), np.asarray(mean_spend, dtype=float)
    _check(x, m)
    scale = float(np.exp(np.log(m).mean()))
    scaled = m / scale

    def cost(theta: Floats) -> tuple[float, Floats]:
        value, slope = spending_likelihood(theta, x, scaled)
        return -value / x.size, -slope / x.size

    found = minimize(
        cost,
        np.log([2.0, 3.0, 2.0]),
        jac=True,
        method="L-BFGS-B",
        bounds=[(-LARGEST, LARGEST)] * 3,
        options={"maxiter": 2000, "ftol": 1e-15, "gtol": 1e-10},
    )
    theta = found.x
    value, slope = spending_likelihood(theta, x, scaled)
    if not np.isfinite(value) or np.abs(slope).max() > 1e-3 * x.size:
        raise TooFewObservations(
            what="No maximum of the likelihood of spend was found.",
            got=f"a slope of {np.abs(slope).max():g} after {found.nit} rounds",
            expected="a slope near 0",
            fix="take a longer period, or look for amounts that no purchase would have",
        )
    p, q, gamma = np.exp(theta)
    return Spending(
        p=float(p),
        q=float(q),
        gamma=float(gamma * scale),
        log_likelihood=float(value - x.size * np.log(scale)),
        covariance=np.asarray(np.linalg.pinv(_information(theta, x, scaled)), dtype=np.float64),
        n=int(x.size),
        correlation=float(np.corrcoef(x, m)[0, 1]) if x.std() > 0 else 0.0,
    )


def expected_spend(spending: Spending, purchases: ArrayLike, mean_spend: ArrayLike) -> Floats:
    """Return the spend a purchase expected of each customer: their own mean, drawn towards everybody's, (n,).

    Parameters
    ----------
    purchases : array-like of float, shape (n,)
        Purchases behind each mean; 0 where a customer's own spend says nothing, then the mean is not read.
    mean_spend : array-like of float, shape (n,)
        In the money that the model was fitted in.

    Notes
    -----
    p (gamma + x m) / (p x + q - 1), equation 5 of [1]_ in `fit_spending`. With q of 1 or less the mean of customers
    of whom nothing is known does not exist: they get NaN.
    """
    x = np.asarray(purchases, dtype=float)
    total = np.where(x > 0, x * np.asarray(mean_spend, dtype=float), 0.0)
    below = spending.p * x + spending.q - 1
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(below > 0, spending.p * (spending.gamma + total) / below, np.nan)


def spending_likelihood(theta: Floats, x: Floats, m: Floats) -> tuple[float, Floats]:
    """Return the log-likelihood at the logarithms of (p, q, gamma), and its gradient over them."""
    p, q, gamma = np.exp(theta)
    all_spent = np.log(gamma + m * x)
    value = gammaln(p * x + q) - gammaln(p * x) - gammaln(q) + q * np.log(gamma)
    value = value + (p * x - 1) * np.log(m) + p * x * np.log(x) - (p * x + q) * all_spent
    d_p = x * (digamma(p * x + q) - digamma(p * x) + np.log(m) + np.log(x) - all_spent)
    d_q = digamma(p * x + q) - digamma(q) + np.log(gamma) - all_spent
    d_gamma = q / gamma - (p * x + q) / (gamma + m * x)
    return float(value.sum()), np.array([d_p.sum(), d_q.sum(), d_gamma.sum()]) * np.exp(theta)


def _information(theta: Floats, x: Floats, m: Floats, *, step: float = 1e-4) -> Floats:
    columns: list[Floats] = []
    for k in range(theta.size):
        move = np.zeros(theta.size)
        move[k] = step
        up, down = (spending_likelihood(theta + sign * move, x, m)[1] for sign in (1.0, -1.0))
        columns.append((down - up) / (2 * step))
    square = np.column_stack(columns)
    return (square + square.T) / 2


def _check(x: Floats, m: Floats) -> None:
    wrong = ~(np.isfinite(x) & np.isfinite(m) & (x >= 1) & (m > 0))
    if wrong.any():
        raise ValueOutOfRange(
            what="Some customers have no spend that a purchase could have.",
            got=f"{int(wrong.sum())} of {x.size}",
            expected="means above 0 of at least one purchase",
            fix="leave out customers without a purchase or with a mean of 0 or less, and say how many they are",
        )
    if x.size < MIN_CUSTOMERS or np.ptp(m) == 0:
        raise TooFewObservations(
            what="Too little is known to tell how spend differs between customers.",
            got=f"{x.size} customers" + (", all with the same mean" if x.size else ""),
            expected=f"at least {MIN_CUSTOMERS} customers whose means differ",
            fix="take a longer period",
        )
