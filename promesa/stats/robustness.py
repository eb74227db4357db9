"""How strong a confounder that nobody saw would have to be to change what an adjusted effect says."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import stdtrit

from promesa.stats.effect_estimates import clustered_influence
from promesa.stats.shares import Interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from promesa.stats.orthogonal_scores import Score

STRONGEST = 0.9999


@dataclass(frozen=True, slots=True, kw_only=True)
class Robustness:
    """What an unseen confounder would have to explain to undo an effect.

    Attributes
    ----------
    value : float
        A fraction: an unseen confounder that explains this part of what is left of the outcome, and this part
        of what the treatment's weights would gain, could bring the estimate to 0. A weaker one cannot.
    interval_value : float
        The same for the interval to reach 0; 0 if it already holds 0.
    scale : float
        Bias of the estimate when both parts are such that sqrt(outcome part * treatment part / (1 - treatment
        part)) is 1, in units of the estimate.
    """

    value: float
    interval_value: float
    scale: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """The effect if there were an unseen confounder as strong as some that were seen.

    Attributes
    ----------
    columns : tuple of int
        The seen confounders that lend their strength.
    outcome_part : float
        Part of what is left of the outcome that they explain beside the others; a fraction.
    treatment_part : float
        Part that they add to the mean square of the treatment's weights, beside the others; a fraction.
    estimates : Interval
        Between which the estimate would then lie; the unseen confounder works as badly as it can.
    interval : Interval
        Confidence interval that holds for all of these.
    removes_effect : bool
        True if `interval` holds 0 although that of the effect as estimated does not.
    shift : float
        What leaving these confounders out does to the estimate: without them less with them.
    """

    columns: tuple[int, ...]
    outcome_part: float
    treatment_part: float
    estimates: Interval
    interval: Interval
    removes_effect: bool
    shift: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bounds:
    """Estimate and scale of the bias with their joint covariance.

    Attributes
    ----------
    estimate, scale : float
        As in `Robustness`.
    covariance : ndarray of float, shape (2, 2)
        Of the two, clustered.
    freedom : float
        Degrees of freedom of the interval.
    """

    estimate: float
    scale: float
    covariance: NDArray[np.float64]
    freedom: float

    def ends(self, strength: float, *, confidence_level: float) -> tuple[Interval, Interval]:
        """Return the estimates that are possible under a bias of strength * scale, and their interval."""
        lower, upper = self.estimate - strength * self.scale, self.estimate + strength * self.scale
        reach = float(stdtrit(self.freedom, (1 + confidence_level) / 2))
        below, above = (reach * sqrt(self._variance(side * strength)) for side in (-1, 1))
        return Interval(lower, upper), Interval(lower - below, upper + above)

    def _variance(self, strength: float) -> float:
        direction = np.array([1.0, strength])
        return max(0.0, float(direction @ self.covariance @ direction))


def bias_bounds(score: Score, codes: NDArray[np.int64]) -> Bounds:
    """Return what a score says of the bias that an unseen confounder can cause.

    Notes
    -----
    The bias is at most sqrt(C_Y^2 C_D^2) times the root of (mean squared residual) x (mean squared
    representer), where C_Y^2 is the part of the residual variance of the outcome that the unseen confounder
    explains and C_D^2 = p / (1 - p) with p the part it adds to the representer [1]_.

    References
    ----------
    .. [1] V. Chernozhukov, C. Cinelli, W. Newey, A. Sharma, V. Syrgkanis (2022). Long story short: omitted
       variable bias in causal machine learning. NBER working paper 30302. doi:10.3386/w30302
    """
    squares = score.residual**2
    variance, weights = float(squares.mean()), max(score.weight_square, 0.0)
    scale = sqrt(variance * weights)
    if scale > 0:
        move = (variance * score.weight_influence + weights * (squares - variance)) / (2 * scale)
    else:
        move = np.zeros(len(squares))
    covariance = clustered_influence(np.column_stack([score.influence(), move]), codes)
    freedom = len(np.unique(codes)) - 1
    return Bounds(estimate=score.estimate, scale=scale, covariance=covariance, freedom=freedom)


def robustness(bounds: Bounds, *, confidence_level: float) -> Robustness:
    """Return how strong an unseen confounder must be for the estimate, and for the interval, to reach 0."""
    from scipy.optimize import brentq

    def toward_zero(strength: float) -> float:
        _, interval = bounds.ends(strength, confidence_level=confidence_level)
        return interval.lower if bounds.estimate > 0 else -interval.upper

    if bounds.scale <= 0:
        return Robustness(value=1.0, interval_value=1.0, scale=0.0)
    whole = abs(bounds.estimate) / bounds.scale
    reached = 0.0
    if toward_zero(0.0) > 0:
        reached = float(brentq(toward_zero, 0.0, whole)) if toward_zero(whole) < 0 else whole
    return Robustness(value=part_of_strength(whole), interval_value=part_of_strength(reached), scale=bounds.scale)


def part_of_strength(strength: float) -> float:
    """Return the part r, of outcome and treatment alike, with sqrt(r * r / (1 - r)) = strength.

    Examples
    --------
    >>> round(part_of_strength(4.18445 / 783 ** 0.5), 3)
    0.139
    """
    square = strength**2
    return min((sqrt(square**2 + 4 * square) - square) / 2, 1.0)


def robustness_of_t(t_value: float, freedom: float, *, confidence_level: float) -> tuple[float, float]:
    """Return the robustness values of a coefficient of a linear regression, for estimate and interval.

    Parameters
    ----------
    t_value : float
        Coefficient over its classical standard error.
    freedom : float
        Residual degrees of freedom, above 1.
    confidence_level : float
        Fraction in (0, 1).

    References
    ----------
    .. [1] C. Cinelli, C. Hazlett (2020). Making sense of sensitivity: extending omitted variable bias. Journal
       of the Royal Statistical Society B 82(1), 39-67. doi:10.1111/rssb.12348

    Examples
    --------
    Direct harm and attitudes to peace in Darfur: 13.9 % and 7.6 % in [1]_.

    >>> [round(v, 3) for v in robustness_of_t(0.09731582 / 0.02325654, 783, confidence_level=0.95)]
    [0.139, 0.076]
    """
    strength = abs(float(t_value)) / sqrt(freedom)
    critical = float(stdtrit(freedom - 1, (1 + confidence_level) / 2)) / sqrt(freedom - 1)
    if strength <= critical:
        return part_of_strength(strength), 0.0
    if strength > 1 / critical:  # then a confounder of the treatment that explains all of the outcome is nearer
        return part_of_strength(strength), (strength**2 - critical**2) / (1 + strength**2)
    return part_of_strength(strength), part_of_strength(strength - critical)


def benchmark(
    long: Score, short: Score, codes: NDArray[np.int64], *, columns: tuple[int, ...], confidence_level: float
) -> Benchmark:
    """Return the effect under an unseen confounder as strong as those that `short` leaves out of `long`.

    Notes
    -----
    The parts are those of the seen confounders beside the others: the drop of the residual variance over
    what is left, and the rise of the representer's mean square over its square with fewer [1]_.

    References
    ----------
    .. [1] V. Chernozhukov, C. Cinelli, W. Newey, A. Sharma, V. Syrgkanis (2022). Long story short: omitted
       variable bias in causal machine learning. NBER working paper 30302. doi:10.3386/w30302
    """
    left, more = float((long.residual**2).mean()), float((short.residual**2).mean())
    outcome_part = float(np.clip((more - left) / left, 0, STRONGEST)) if left > 0 else 0.0
    fewer = short.weight_square
    treatment_part = float(np.clip(long.weight_square / fewer - 1, 0, STRONGEST)) if fewer > 0 else STRONGEST
    strength = sqrt(outcome_part * treatment_part / (1 - treatment_part))
    bounds = bias_bounds(long, codes)
    _, plain = bounds.ends(0.0, confidence_level=confidence_level)
    estimates, interval = bounds.ends(strength, confidence_level=confidence_level)
    return Benchmark(
        columns=columns,
        outcome_part=outcome_part,
        treatment_part=treatment_part,
        estimates=estimates,
        interval=interval,
        removes_effect=_holds_zero(interval) and not _holds_zero(plain),
        shift=short.estimate - long.estimate,
    )


def _holds_zero(interval: Interval) -> bool:
    return interval.lower <= 0 <= interval.upper
