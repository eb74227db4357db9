"""Buying without a contract: how often customers buy while they are customers, and when they silently stop.

BG/NBD: while active, a customer buys at a rate of their own, gamma distributed over customers (shape r, rate alpha);
after each repeat purchase they stop with a probability of their own, beta distributed (a, b). MBG/NBD differs in
one point: a customer may have stopped after the very first purchase. MBG/CNBD-k is MBG/NBD with a rhythm: the time
between two purchases is made of k stages that come by chance, so that purchases are more evenly spaced.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy.optimize import minimize
from scipy.special import betaln, digamma, expit, gammaln

from promesa.errors import TooFewObservations, ValueOutOfRange
from promesa.stats.buying_stages import stage_slopes, stage_weights

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray
    from scipy.optimize import OptimizeResult

    Floats = NDArray[np.float64]

Form = Literal["bg_nbd", "mbg_nbd", "mbg_cnbd"]
MIN_CUSTOMERS = 30
THINNED = 5000  # summaries of the first climb, where there are many more
MOST_STAGES = 12
LARGEST = np.log(1e6)  # of a parameter, in logarithms: past it the likelihood is flat


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Purchases:
    """Summaries of customers' purchases; equal ones stand once, with how many customers they are of.

    Attributes
    ----------
    repeats : ndarray of float, shape (n,)
        Purchases after the first.
    last : ndarray of float, shape (n,)
        Time from the first purchase to the last; 0 without repeats.
    seen : ndarray of float, shape (n,)
        Time from the first purchase to the end of the observation, in the same unit.
    customers : ndarray of float, shape (n,)
        Customers with this summary.
    """

    repeats: Floats
    last: Floats
    seen: Floats
    customers: Floats

    @property
    def n(self) -> int:
        """Return the number of customers."""
        return int(self.customers.sum())


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
        Of the logarithms of (r, alpha, a, b): the inverse of the observed information.
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


def summarise(repeats: ArrayLike, last: ArrayLike, seen: ArrayLike, *, customers: ArrayLike | None = None) -> Purchases:
    """Return checked summaries, equal ones joined.

    Parameters
    ----------
    repeats, last, seen : array-like of float, shape (n,)
        As in `Purchases`.
    customers : array-like of float, shape (n,), optional
        Customers of each row; one each where it is not given.

    Raises
    ------
    ValueOutOfRange
        If a summary cannot be one: last after the end, repeats without a time, a negative or missing number.
    """
    rows = np.column_stack([np.asarray(column, dtype=float) for column in (repeats, last, seen)])
    count = np.ones(len(rows)) if customers is None else np.asarray(customers, dtype=float)
    x, t_x, end = rows.T
    wrong = ~np.isfinite(rows).all(axis=1) | (rows < 0).any(axis=1) | (t_x > end) | ((x == 0) & (t_x != 0))
    wrong |= (x != np.floor(x)) | (count < 0)
    if wrong.any():
        raise ValueOutOfRange(
            what="Some summaries of purchases cannot be true.",
            got=f"{int(wrong.sum())} of {len(rows)}",
            expected="whole repeats of 0 or more, and 0 <= last <= seen, with last = 0 where there is no repeat",
            fix="count purchases by day, from each customer's first one, up to one common end",
        )
    order = np.lexsort((end, t_x, x))
    rows, count = rows[order], count[order]
    first = np.flatnonzero(np.r_[True, (np.diff(rows, axis=0) != 0).any(axis=1)]) if len(rows) else np.array([], int)
    joined = np.add.reduceat(count, first) if len(rows) else count
    x, t_x, end = rows[first].T if len(rows) else rows.T
    return Purchases(repeats=x, last=t_x, seen=end, customers=joined)


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

    The likelihood is maximised over the logarithms of the parameters with its analytic gradient.

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
    start = np.log([1.0, 1.0, 1.0, 2.0])
    if scaled.repeats.size > 4 * THINNED:
        # A small part tells where the maximum of the whole lies, up to a few steps.
        start = _climb(start, _thinned(scaled), form=form, rhythm=rhythm).x
    found = _climb(start, scaled, form=form, rhythm=rhythm)
    theta, information = _polished(found.x, scaled, form=form, rhythm=rhythm)
    value, slope = likelihood(theta, scaled, form=form, rhythm=rhythm)
    if not np.isfinite(value) or np.abs(slope).max() > 1e-3 * purchases.n:
        raise TooFewObservations(
            what="No maximum of the likelihood of the buying process was found.",
            got=f"a slope of {np.abs(slope).max():g} after {found.nit} rounds",
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
        covariance=np.asarray(np.linalg.pinv(information), dtype=np.float64),
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


def likelihood(theta: Floats, purchases: Purchases, *, form: Form, rhythm: int = 1) -> tuple[float, Floats]:
    """Return the log-likelihood at the logarithms of (r, alpha, a, b), and its gradient over them.

    With a rhythm it is without the constant that only the gaps between purchases know.
    """
    r, alpha, a, b = np.exp(theta)
    x, t_x, end, count = purchases.repeats, purchases.last, purchases.seen, purchases.customers
    # What depends on the number of repeats alone is worked out once for each number, of which there are few.
    kinds, place = _kinds(x)
    tables = _tables(kinds, theta=theta, form=form, rhythm=rhythm)
    constant, log_odds, d_r, d_a, d_b, stopped_b = tables
    whole_end, whole_last, shape = alpha + end, alpha + t_x, r + rhythm * x
    to_end = np.log(whole_end)
    longer = to_end - np.log(whole_last)
    odds = log_odds[place] + shape * longer
    each = np.bincount(place, weights=count, minlength=kinds.size)
    value = each @ constant - count @ (shape * to_end)
    slope = np.zeros(4)
    if rhythm > 1:
        stages, by_shape, by_share = _stages(shape, end - t_x, whole_end, rhythm=rhythm)
        odds -= np.log(stages)
        active = count / stages * expit(-odds)
        value += count @ np.log(stages)
        slope[:2] = (active @ by_shape) * r, -alpha * (active @ (by_share / whole_end))
    stopped = count * expit(odds)
    value += count @ np.logaddexp(0.0, odds)
    slope += np.array(
        [
            (each @ d_r - count @ to_end + stopped @ longer) * r,
            r * each.sum() - alpha * ((count - stopped) @ (shape / whole_end) + stopped @ (shape / whole_last)),
            each @ d_a * a + stopped.sum(),
            (each @ d_b - np.bincount(place, weights=stopped, minlength=kinds.size) @ stopped_b) * b,
        ]
    )
    return float(value), slope


def likelihood_rows(theta: Floats, purchases: Purchases, *, form: Form, rhythm: int = 1) -> tuple[Floats, Floats]:
    """Return the log-likelihood of one customer of each summary, (n,), and its gradient, (4, n)."""
    r, alpha, a, b = np.exp(theta)
    x, t_x, end = purchases.repeats, purchases.last, purchases.seen
    kinds, place = _kinds(x)
    constant, log_odds, d_r, d_a, d_b, stopped_b = _tables(kinds, theta=theta, form=form, rhythm=rhythm)[:, place]
    to_end, to_last, shape = np.log(alpha + end), np.log(alpha + t_x), r + rhythm * x
    longer = to_end - to_last
    stages, by_shape, by_share = _stages(shape, end - t_x, alpha + end, rhythm=rhythm)
    log_odds = log_odds + shape * longer - np.log(stages)  # of having stopped
    w = expit(log_odds)
    active = (1 - w) / stages
    value = constant - shape * to_end + np.log(stages) + np.logaddexp(0.0, log_odds)
    slope = np.empty((4, x.size))
    slope[0] = (d_r - to_end + w * longer + active * by_shape) * r
    slope[1] = r - alpha * (shape * ((1 - w) / (alpha + end) + w / (alpha + t_x)) + active * by_share / (alpha + end))
    slope[2] = (d_a + w / a) * a
    slope[3] = (d_b - w * stopped_b) * b
    return value, slope


def _stages(shape: Floats, since: Floats, whole: Floats, *, rhythm: int) -> tuple[Floats, Floats, Floats]:
    share = since / whole
    return stage_slopes(stage_weights(shape, share, rhythm=rhythm), shape, share)


def _tables(kinds: Floats, *, theta: Floats, form: Form, rhythm: int) -> Floats:
    """Return what each number of repeats brings to the likelihood, whatever the times, (6, kinds).

    The likelihood itself, the log-odds of having stopped, the slopes over r, a and b, and what of the slope over b is
    due to having stopped. With shift 1 (MBG) there is one more chance to stop, after the first purchase.
    """
    r, _, a, b = np.exp(theta)
    log_alpha, shift, stages = theta[1], 0.0 if form == "bg_nbd" else 1.0, rhythm * kinds
    later = (kinds > 0) | (shift > 0)
    before = np.where(later, np.maximum(b + kinds + shift - 1, 1e-300), 1.0)
    total = digamma(a + b + kinds + shift)
    return np.stack(
        [
            gammaln(r + stages) - gammaln(r) + r * log_alpha + betaln(a, b + kinds + shift) - betaln(a, b),
            np.where(later, np.log(a) - np.log(before), -np.inf),
            digamma(r + stages) - digamma(r) + log_alpha,
            digamma(a + b) - total,
            digamma(b + kinds + shift) - total - digamma(b) + digamma(a + b),
            np.where(later, 1 / before, 0.0),
        ]
    )


def _kinds(x: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """Return the different numbers of repeats, and the place of each row's; without sorting where they are small."""
    if x.size == 0 or x.max() > 10 * x.size:
        kinds, place = np.unique(x, return_inverse=True)
        return kinds, place
    whole = x.astype(np.int64)
    there = np.bincount(whole) > 0
    return np.flatnonzero(there).astype(np.float64), (np.cumsum(there) - 1)[whole]


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
