"""The likelihood of purchases under BG/NBD, MBG/NBD and MBG/CNBD-k, and its slopes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy.special import betaln, digamma, expit, gammaln

from promesa.stats.buying_stages import stage_slopes, stage_weights

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from promesa.stats.purchases import Purchases

    Floats = NDArray[np.float64]

Form = Literal["bg_nbd", "mbg_nbd", "mbg_cnbd"]


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
