"""Buying without a contract: how often customers buy while they are customers, and when they silently stop.

BG/NBD: while active, a customer buys at a rate of their own, gamma distributed over customers (shape r, rate alpha);
after each repeat purchase they stop with a probability of their own, beta distributed (a, b). MBG/NBD differs in
one point: a customer may have stopped after the very first purchase. MBG/CNBD-k is MBG/NBD with a rhythm: the time
between two purchases is made of k stages that come by chance, so that purchases are more evenly spaced.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, gammaln

from promesa.errors import TooFewObservations, ValueOutOfRange
from promesa.stats.buying_likelihoods import likelihood, likelihood_rows
from promesa.stats.purchases import Purchases

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.optimize import OptimizeResult

    from promesa.stats.buying_likelihoods import Form

    Floats = NDArray[np.float64]

MIN_CUSTOMERS = 30
THINNED = 5000  # summaries of the first climb, where there are many more
STEEPEST = 1e-9  # slope a customer over the log-parameters that counts as none
ALIKE = 1e5  # a + b from which on customers count as equally likely to stop
MOST_STEPS = 12  # towards the maximum from near by; with more of them it is not near
MOST_STAGES = 12
LARGEST = np.log(1e6)  # of a parameter, in logarithms: past it the likelihood is flat


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BuyingProcess:
    """A fitted buying process.

    Attributes
    ----------
    form : {"bg_nbd", "mbg_nbd", "mbg_cnbd"}
        Whether a customer may stop right after the first purchase (MBG) or only after a repeat purchase (BG); with a
        rhythm it is "mbg_cnbd".
    r, alpha : float
        Shape and rate of the gamma distribution of buying rates (with a rhythm, of the rates of stages); alpha in the
        time unit of the summaries.
    a, b : float
        Of the beta distribution of the probability to stop after a purchase.
    log_likelihood : float
        Of the sample.
    covariance : ndarray, shape (4, 4)
        Of the logarithms of (r, alpha, a, b): the inverse of the observed information. Where all customers are
        equally likely to stop, a + b is not estimated but held at 100,000, and the covariance is that of the rest.
    n : int
        Customers.
    rhythm : int
        Stages between two purchases: 1 where they come by chance, more the more evenly they come.
    """

    form: Form
    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float
    covariance: Floats
    n: int
    rhythm: int = 1

    @property
    def stop_alike(self) -> bool:
        """Whether customers hardly differ in how likely they stop: a / (a + b) is known, the size of the two is not."""
        return self.a + self.b > ALIKE / 10


def fit_buying(purchases: Purchases, *, form: Form = "bg_nbd", rhythm: int = 1, log_gaps: float = 0.0) -> BuyingProcess:
    """Fit the buying process by maximum likelihood.

    Parameters
    ----------
    purchases : Purchases
        From `summarise`.
    form : {"bg_nbd", "mbg_nbd", "mbg_cnbd"}, default "bg_nbd"
        Which process.
    rhythm : int, default 1
        Stages between two purchases, 1 to 12; `fit_rhythm` finds it.
    log_gaps : float, default 0
        Sum, over all customers, of the logarithms of the times between their purchases. The parameters do not hang on
        it; with a rhythm the likelihood does.

    Returns
    -------
    BuyingProcess
        Parameters in the time unit of the summaries.

    Raises
    ------
    TooFewObservations
        With fewer than 30 customers, where nobody bought twice (then nothing says how often people buy), or if no
        maximum was found.

    See Also
    --------
    promesa.stats.expected_purchases : what is to come of a customer.

    Notes
    -----
    Estimand: the distribution of buying rates and of stopping in the population that these customers were drawn
    from [1]_ [2]_, with a rhythm [3]_. It assumes that purchases of an active customer come at random (with a rhythm:
    stages do), that the rate and the probability of stopping are independent of each other, and that neither changes
    over time. A promotion or a season breaks it.

    The likelihood is maximised over the logarithms of the parameters with its analytic gradient: a climb over a part
    of the summaries, then Newton's steps over all of them with the curvature of the part, until the slope is none.
    Where these do not settle, a climb over all.

    References
    ----------
    .. [1] P. S. Fader, B. G. S. Hardie, K. L. Lee (2005). "Counting your customers" the easy way. Marketing Science
       24(2), 275-284. doi:10.1287/mksc.1040.0098
    .. [2] E. P. Batislam, M. Denizel, A. Filiztekin (2007). Empirical validation and comparison of models for
       customer base analysis. International Journal of Research in Marketing 24, 201-209.
    .. [3] M. Platzer, T. Reutterer (2016). Ticking away the moments: timing regularity helps to better predict customer
       activity. Marketing Science 35(5), 779-799. doi:10.1287/mksc.2015.0963. T. Reutterer, M. Platzer, N. Schröder
       (2021). Leveraging purchase regularity for predicting customer behavior the easy way. International Journal of
       Research in Marketing 38(1), 194-215. doi:10.1016/j.ijresmar.2020.09.002
    """
    _check_enough(purchases)
    _check_rhythm(rhythm)
    scale = float(np.average(purchases.seen, weights=purchases.customers)) or 1.0
    scaled = Purchases(
        repeats=purchases.repeats,
        last=purchases.last / scale,
        seen=purchases.seen / scale,
        customers=purchases.customers,
    )
    theta, covariance, rounds = _found(scaled, form=form, rhythm=rhythm)
    value, slope = likelihood(theta, scaled, form=form, rhythm=rhythm)
    if not np.isfinite(value) or np.abs(slope).max() > 1e-3 * purchases.n:
        raise TooFewObservations(
            what="No maximum of the likelihood of the buying process was found.",
            got=f"a slope of {np.abs(slope).max():g} after {rounds} rounds",
            expected="a slope near 0",
            fix="take a longer period, or look for customers who bought more than any person would",
        )
    r, alpha, a, b = np.exp(theta)
    return BuyingProcess(
        form=form,
        r=float(r),
        alpha=float(alpha * scale),
        a=float(a),
        b=float(b),
        log_likelihood=float(value + _constant(purchases, scale=scale, rhythm=rhythm, log_gaps=log_gaps)),
        covariance=covariance,
        n=purchases.n,
        rhythm=rhythm,
    )


def fit_rhythm(purchases: Purchases, *, log_gaps: float, chance: BuyingProcess | None = None) -> BuyingProcess:
    """Fit MBG/NBD, and MBG/CNBD-k with as many stages as make the data most likely.

    Parameters
    ----------
    purchases, log_gaps
        As in `fit_buying`.
    chance : BuyingProcess or None
        MBG/NBD fitted to the same purchases; None fits it.

    Returns
    -------
    BuyingProcess
        With the form "mbg_cnbd", or "mbg_nbd" and ``rhythm`` 1 where purchases come by chance.

    Raises
    ------
    TooFewObservations
        As `fit_buying`.

    Notes
    -----
    Stages are added as long as the likelihood rises, at most up to 12. All have the same four parameters beside them.
    """
    best = chance or fit_buying(purchases, form="mbg_nbd")
    for rhythm in range(2, MOST_STAGES + 1):
        try:
            found = fit_buying(purchases, form="mbg_cnbd", rhythm=rhythm, log_gaps=log_gaps)
        except TooFewObservations:
            break
        if found.log_likelihood <= best.log_likelihood:
            break
        best = found
    return best


def _constant(purchases: Purchases, *, scale: float, rhythm: int, log_gaps: float) -> float:
    """Return what does not hang on the parameters: the unit of time, and where in a gap its stages may lie.

    The density of a gap with k stages holds gap^(k - 1) / (k - 1)!; the gaps as such were left out of the climb.
    """
    repeats = float(purchases.repeats @ purchases.customers)
    return (rhythm - 1) * log_gaps - repeats * (float(gammaln(rhythm)) + rhythm * float(np.log(scale)))


def _found(purchases: Purchases, *, form: Form, rhythm: int) -> tuple[Floats, Floats, int]:
    """Return the maximum, the covariance there, and the rounds that it took."""
    start, part = np.log([1.0, 1.0, 1.0, 2.0]), purchases

    def settled(theta: Floats) -> tuple[Floats, Floats, int] | None:
        return _settled(theta, purchases, hill=part, form=form, rhythm=rhythm)

    if purchases.repeats.size > 4 * THINNED:
        # A small part tells where the maximum of the whole lies, up to a few steps.
        part = _thinned(purchases)
        start = _climb(start, part, form=form, rhythm=rhythm).x
        found = settled(start)
        if found is not None:
            return found
    climbed = _climb(start, purchases, form=form, rhythm=rhythm)
    found = settled(climbed.x) if _is_flat(climbed.x) else None
    if found is not None:
        return found
    theta, information = _polished(climbed.x, purchases, form=form, rhythm=rhythm)
    return theta, np.asarray(np.linalg.pinv(information), dtype=np.float64), int(climbed.nit)


def _is_flat(theta: Floats) -> bool:
    """Tell whether customers hardly differ in how likely they stop: then any a and b with their ratio do as well."""
    return bool(np.logaddexp(theta[2], theta[3]) > np.log(ALIKE / 10))


def _settled(
    theta: Floats, purchases: Purchases, *, hill: Purchases, form: Form, rhythm: int
) -> tuple[Floats, Floats, int] | None:
    """Return what Newton's steps lead to with the curvature that `hill` has at the start; None if to no maximum.

    Where customers hardly differ in how likely they stop, a + b is held at `ALIKE`, so that there is one maximum. One
    step more is taken than the slope asks for, so that from wherever they came they end at the same digits.
    """
    if not np.isfinite(theta).all() or np.abs(theta).max() > LARGEST:
        return None
    held = _is_flat(theta)
    theta = _moved(theta, np.zeros(3), held=True) if held else theta
    free = _directions(theta, held=held)
    curvature = free.T @ _information(theta, hill, form=form, rhythm=rhythm) @ free * (purchases.n / hill.n)
    if not _is_hill(curvature):
        return None
    before = np.inf
    for rounds in range(MOST_STEPS):
        whole = likelihood(theta, purchases, form=form, rhythm=rhythm)[1]
        slope = _directions(theta, held=held).T @ whole
        steep = float(np.abs(slope).max()) / purchases.n
        step: Floats = np.asarray(np.linalg.solve(curvature, slope), dtype=np.float64)
        if (before > STEEPEST and not steep < before / 2) or np.abs(step).max() > 1.0:
            return None
        theta = _moved(theta, step, held=held)
        if before <= STEEPEST:
            falls = held and float(whole[2] + whole[3]) < -STEEPEST * purchases.n
            free = _directions(theta, held=held)
            information = free.T @ _information(theta, purchases, form=form, rhythm=rhythm) @ free
            return (
                None
                if falls or not _is_hill(information)
                else (theta, free @ np.linalg.inv(information) @ free.T, rounds)
            )
        before = steep
    return None


def _moved(theta: Floats, step: Floats, *, held: bool) -> Floats:
    """Return log-parameters after a step; with a + b held, its last part is one of the log-odds of a against b."""
    if not held:
        return theta + step
    odds = theta[2] - theta[3] + step[2]
    sides = np.log(ALIKE) - np.logaddexp(0.0, [-odds, odds])
    return np.r_[theta[:2] + step[:2], sides]


def _directions(theta: Floats, *, held: bool) -> Floats:
    """Return the slopes of the log-parameters over what may move, (4, 4) or (4, 3)."""
    if not held:
        return np.eye(4)
    share = float(expit(theta[2] - theta[3]))
    found = np.zeros((4, 3))
    found[0, 0] = found[1, 1] = 1.0
    found[2:, 2] = 1 - share, -share
    return found


def _is_hill(information: Floats) -> bool:
    """Tell whether the likelihood falls to every side, and not so little to one that the digits there are chance."""
    if not np.isfinite(information).all():
        return False
    heights = np.linalg.eigvalsh(information)
    return bool(heights[0] > 1e-7 * heights[-1])


def _climb(start: Floats, purchases: Purchases, *, form: Form, rhythm: int) -> OptimizeResult:
    sign = -1.0 / purchases.n

    def cost(theta: Floats) -> tuple[float, Floats]:
        value, slope = likelihood(theta, purchases, form=form, rhythm=rhythm)
        return sign * value, sign * slope

    return minimize(
        cost,
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=[(-LARGEST, LARGEST)] * 4,
        options={"maxiter": 1000, "ftol": 1e-14, "gtol": 1e-9},
    )


def _thinned(purchases: Purchases) -> Purchases:
    """Return every so many of the summaries, which stand in order: few of each kind of customer."""
    step = purchases.repeats.size // THINNED
    return Purchases(
        repeats=purchases.repeats[::step],
        last=purchases.last[::step],
        seen=purchases.seen[::step],
        customers=purchases.customers[::step],
    )


def fit_shifts(process: BuyingProcess, purchases: Purchases) -> Floats:
    """Return how far one customer of each summary moves the fitted log-parameters, (4, n).

    Notes
    -----
    The inverse information times the customer's score: what adding the customer once more would change. Their squares
    added up over customers are a covariance that holds also where the model is wrong, and they tell how the fit goes
    together with means over the same customers.
    """
    theta = np.log([process.r, process.alpha, process.a, process.b])
    return process.covariance @ likelihood_rows(theta, purchases, form=process.form, rhythm=process.rhythm)[1]


def _polished(theta: Floats, purchases: Purchases, *, form: Form, rhythm: int) -> tuple[Floats, Floats]:
    """Return the maximum after a few Newton steps, and the observed information there, from gradients."""
    information = _information(theta, purchases, form=form, rhythm=rhythm)
    best = likelihood(theta, purchases, form=form, rhythm=rhythm)
    for _ in range(5):
        step = np.linalg.pinv(information) @ best[1]
        trial = theta + np.clip(step, -0.5, 0.5)
        there = likelihood(trial, purchases, form=form, rhythm=rhythm)
        if not np.isfinite(there[0]) or there[0] < best[0]:
            break
        theta, best = trial, there
        information = _information(theta, purchases, form=form, rhythm=rhythm)
        if np.abs(best[1]).max() < 1e-9 * purchases.n:
            break
    return theta, information


def _information(theta: Floats, purchases: Purchases, *, form: Form, rhythm: int, step: float = 1e-4) -> Floats:
    columns: list[Floats] = []
    for k in range(len(theta)):
        move = np.zeros(len(theta))
        move[k] = step
        up, down = (likelihood(theta + sign * move, purchases, form=form, rhythm=rhythm)[1] for sign in (1.0, -1.0))
        columns.append((down - up) / (2 * step))
    square = np.column_stack(columns)
    return (square + square.T) / 2


def _check_rhythm(rhythm: int) -> None:
    if not 1 <= rhythm <= MOST_STAGES:
        raise ValueOutOfRange(
            what="`rhythm` is out of its range.",
            got=f"{rhythm!r}",
            expected=f"stages from 1 to {MOST_STAGES}",
            fix="take 1 where purchases come by chance, or let fit_rhythm find it",
        )


def _check_enough(purchases: Purchases) -> None:
    repeaters = float(purchases.customers[purchases.repeats > 0].sum())
    if purchases.n < MIN_CUSTOMERS or repeaters == 0 or float(purchases.seen.max(initial=0.0)) == 0:
        raise TooFewObservations(
            what="Too little was bought to tell how often customers buy and when they stop.",
            got=f"{purchases.n} customers, {int(repeaters)} of whom bought again",
            expected=f"at least {MIN_CUSTOMERS} customers, some of whom bought again after the first day",
            fix="take a longer period",
        )
