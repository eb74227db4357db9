"""Two kinds of customers under one buying process: whether they buy more seldom, and whether they stop sooner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, logit
from scipy.stats import norm

from promesa.errors import TooFewObservations
from promesa.stats.buying_likelihoods import likelihood, likelihood_rows
from promesa.stats.buying_processes import LARGEST, fit_buying
from promesa.stats.purchases import Purchases, summarise

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from promesa.stats.buying_likelihoods import Form

    Floats = NDArray[np.float64]

SIZE = 6  # log r, log alpha without, logit stop without, log of a + b, log alpha with, logit stop with
STEP = 1e-4
LEAST_REPEATERS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A figure with the ends of its interval and its p-value against no difference."""

    estimate: float
    lower: float
    upper: float
    p: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BuyingCompared:
    """Customers with something against those without.

    Attributes
    ----------
    rate_ratio : Compared
        How many times as often those with it buy while they are customers.
    stop_with, stop_without : Compared
        Mean probability to stop after a purchase, a fraction; p is None of a comparison and holds 1.
    stop_difference : Compared
        The first less the second.
    log_likelihood, log_likelihood_alike : float
        Of the fit, and of one in which both are alike.
    n_with, n_without : int
        Customers.
    """

    rate_ratio: Compared
    stop_with: Compared
    stop_without: Compared
    stop_difference: Compared
    log_likelihood: float
    log_likelihood_alike: float
    n_with: int
    n_without: int


def compare_buying(
    with_it: Purchases, without: Purchases, *, form: Form = "mbg_nbd", confidence_level: float = 0.95
) -> BuyingCompared:
    """Fit one buying process to two kinds of customers that may differ in rate and in stopping.

    Parameters
    ----------
    with_it, without : Purchases
        Summaries of customers with something, known at their first purchase, and of those without.
    form : {"bg_nbd", "mbg_nbd"}, default "mbg_nbd"
        With "mbg_nbd" customers may stop right after their first purchase.
    confidence_level : float, default 0.95
        Fraction in (0, 1).

    Raises
    ------
    TooFewObservations
        If either kind has fewer than five customers who came back, or no maximum was found.

    Notes
    -----
    Estimands: the ratio of the mean buying rates, and the difference of the mean probabilities to stop after a
    purchase, between customers with something and without. They are of the population that the customers come from,
    and are no effect unless nothing else differs.

    After Fader and Hardie [1]_: the scale of the rates and the mean of the probabilities to stop hang on the kind of
    customer; the shape of the rates and how far probabilities differ between customers of a kind are taken as the
    same. The covariance is the sandwich over customers. What is compared must be known at the first purchase:
    something that can only be lived by who buys again would make buying again its own cause.

    References
    ----------
    .. [1] P. S. Fader, B. G. S. Hardie (2007). Incorporating time-invariant covariates into the Pareto/NBD and BG/NBD
       models. http://brucehardie.com/notes/019/
    """
    groups = (without, with_it)
    repeaters = [float(group.customers[group.repeats > 0].sum()) for group in groups]
    if min(repeaters) < LEAST_REPEATERS:
        raise TooFewObservations(
            what="Too few customers of one kind came back to tell the two apart.",
            got=f"{repeaters[1]:.0f} with it and {repeaters[0]:.0f} without",
            expected=f"{LEAST_REPEATERS} or more of each who bought on two days",
            fix="take a longer period",
        )
    together = fit_buying(_joined(groups), form=form)
    theta = _start(together.r, together.alpha, together.a, together.b)
    theta = _climb(theta, groups, form=form)
    covariance = _covariance(theta, groups, form=form)
    z = float(norm.ppf((1 + confidence_level) / 2))
    return BuyingCompared(
        rate_ratio=_ratio(theta, covariance, z=z),
        stop_with=_stop(theta, covariance, 5, z=z),
        stop_without=_stop(theta, covariance, 2, z=z),
        stop_difference=_difference(theta, covariance, z=z),
        log_likelihood=_value(theta, groups, form=form)[0],
        log_likelihood_alike=together.log_likelihood,
        n_with=with_it.n,
        n_without=without.n,
    )


def _joined(groups: tuple[Purchases, Purchases]) -> Purchases:
    columns = [np.concatenate([getattr(g, name) for g in groups]) for name in ("repeats", "last", "seen", "customers")]
    return summarise(*columns[:3], customers=columns[3])


def _start(r: float, alpha: float, a: float, b: float) -> Floats:
    return np.array([np.log(r), np.log(alpha), logit(a / (a + b)), np.log(a + b), np.log(alpha), logit(a / (a + b))])


def _own(theta: Floats, kind: int) -> tuple[Floats, float]:
    """Return the log-parameters (r, alpha, a, b) of a kind, and its mean probability to stop."""
    scale, mean = theta[4 if kind else 1], float(expit(theta[5 if kind else 2]))
    both = theta[3]
    return np.array([theta[0], scale, both + np.log(mean), both + np.log1p(-mean)]), mean


def _spread(slope: Floats, mean: float, kind: int) -> Floats:
    """Return slopes over a kind's own log-parameters, (4, ...), as slopes over all six."""
    found = np.zeros((SIZE, *slope.shape[1:]))
    found[0] = slope[0]
    found[4 if kind else 1] = slope[1]
    found[5 if kind else 2] = slope[2] * (1 - mean) - slope[3] * mean
    found[3] = slope[2] + slope[3]
    return found


def _value(theta: Floats, groups: tuple[Purchases, Purchases], *, form: Form) -> tuple[float, Floats]:
    total, slope = 0.0, np.zeros(SIZE)
    for kind, group in enumerate(groups):
        own, mean = _own(theta, kind)
        value, part = likelihood(own, group, form=form)
        total += value
        slope += _spread(part, mean, kind)
    return total, slope


def _climb(theta: Floats, groups: tuple[Purchases, Purchases], *, form: Form) -> Floats:
    n = groups[0].n + groups[1].n

    def cost(at: Floats) -> tuple[float, Floats]:
        value, slope = _value(at, groups, form=form)
        return -value / n, -slope / n

    bounds = [(-LARGEST, LARGEST + 10), (-LARGEST, LARGEST + 10), (-9.0, 9.0), (-LARGEST, LARGEST)]
    found = minimize(
        cost, theta, jac=True, method="L-BFGS-B", bounds=[*bounds, bounds[1], bounds[2]],
        options={"maxiter": 1000, "ftol": 1e-14, "gtol": 1e-8},
    )  # fmt: skip
    inside = np.array(
        [low + 1e-6 < x < high - 1e-6 for x, (low, high) in zip(found.x, [*bounds, *bounds[1:3]], strict=True)]
    )
    if not np.isfinite(found.fun) or np.abs(found.jac[inside]).max(initial=0.0) > 1e-3:
        raise TooFewObservations(
            what="No maximum of the likelihood of the buying process was found.",
            got=f"a slope of {np.abs(found.jac).max():g} after {found.nit} rounds",
            expected="a slope near 0",
            fix="take a longer period",
        )
    return np.asarray(found.x, dtype=np.float64)


def _covariance(theta: Floats, groups: tuple[Purchases, Purchases], *, form: Form) -> Floats:
    columns: list[Floats] = []
    for k in range(SIZE):
        move = np.eye(SIZE)[k] * STEP
        up, down = (_value(theta + sign * move, groups, form=form)[1] for sign in (1.0, -1.0))
        columns.append((down - up) / (2 * STEP))
    square = np.column_stack(columns)
    bread = np.linalg.pinv((square + square.T) / 2, rcond=1e-9)
    meat = np.zeros((SIZE, SIZE))
    for kind, group in enumerate(groups):
        own, mean = _own(theta, kind)
        scores = _spread(likelihood_rows(own, group, form=form)[1], mean, kind)
        meat += (scores * group.customers) @ scores.T
    return bread @ meat @ bread


def _ratio(theta: Floats, covariance: Floats, *, z: float) -> Compared:
    away = np.zeros(SIZE)
    away[1], away[4] = 1.0, -1.0
    value, error = float(away @ theta), float(np.sqrt(max(away @ covariance @ away, 0.0)))
    return Compared(
        estimate=float(np.exp(value)), lower=float(np.exp(value - z * error)), upper=float(np.exp(value + z * error)),
        p=_p(value, error),
    )  # fmt: skip


def _stop(theta: Floats, covariance: Floats, place: int, *, z: float) -> Compared:
    value, error = theta[place], float(np.sqrt(max(covariance[place, place], 0.0)))
    low, mean, high = (float(expit(value + sign * z * error)) for sign in (-1, 0, 1))
    return Compared(estimate=mean, lower=low, upper=high, p=1.0)


def _difference(theta: Floats, covariance: Floats, *, z: float) -> Compared:
    first, second = float(expit(theta[5])), float(expit(theta[2]))
    slope = np.zeros(SIZE)
    slope[5], slope[2] = first * (1 - first), -second * (1 - second)
    error = float(np.sqrt(max(slope @ covariance @ slope, 0.0)))
    value = first - second
    return Compared(estimate=value, lower=value - z * error, upper=value + z * error, p=_p(value, error))


def _p(value: float, error: float) -> float:
    return float(2 * norm.sf(abs(value) / error)) if error > 0 else 1.0
