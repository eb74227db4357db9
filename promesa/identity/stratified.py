"""Shares and totals of pairs from a sample drawn group by group: counts in, intervals out."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

from scipy.special import betaincinv

from promesa.stats import Interval

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Pairs of one stratum.

    Attributes
    ----------
    pairs : int
        Not decided by anybody.
    n, same : int
        Pairs of the stratum that were drawn by chance and decided, and how many of them are one person.
    expected : float
        What the model expects of the share, a fraction; stands in where none was drawn.
    """

    pairs: int
    n: int
    same: int
    expected: float

    @property
    def share(self) -> float:
        """Return the share of the stratum's pairs that are one person."""
        return self.same / self.n if self.n else self.expected


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """An estimate and its interval, in one unit."""

    estimate: float
    lower: float
    upper: float


def weighted_sum(weights: Sequence[float], shares: Sequence[float], intervals: Sequence[Interval]) -> Figure:
    """Return a sum of independent shares with positive weights, and its interval.

    Notes
    -----
    Method of variance estimates recovery: each share's own interval tells its variance near either end [1]_.
    With two shares and the weights 1 and -1 it is Newcombe's method 10.

    References
    ----------
    .. [1] G. Y. Zou, W. Huang, X. Zhang (2009). A note on confidence interval estimation for a linear function
       of binomial proportions. Computational Statistics & Data Analysis 53(4), 1080-1085.
    """
    triples = list(zip(weights, shares, intervals, strict=True))
    total = sum(weight * share for weight, share, _ in triples)
    below = sqrt(sum((weight * (share - ends.lower)) ** 2 for weight, share, ends in triples))
    above = sqrt(sum((weight * (ends.upper - share)) ** 2 for weight, share, ends in triples))
    return Figure(estimate=total, lower=max(0.0, total - below), upper=min(sum(weights), total + above))


def one_person_pairs(groups: Sequence[Group], *, confidence_level: float) -> Figure:
    """Return how many of the groups' undecided pairs are one person.

    Notes
    -----
    Estimand: the number among the pairs there are, not a share of some larger population. A pair drawn and
    decided is known and no longer counted here, so a stratum's share is predicted for its other pairs: the exact
    interval of Clopper and Pearson at n m / (n + m) observations, of n drawn and m left. (Wilson's is too short
    for the sum where a large stratum is nearly all right, as links are: 90 % coverage instead of 95.) A stratum
    of which none was drawn may be anything between no pair and all.
    """
    left = [group for group in groups if group.pairs]
    intervals = [_interval(group, confidence_level=confidence_level) for group in left]
    return weighted_sum([group.pairs for group in left], [group.share for group in left], intervals)


def _interval(group: Group, *, confidence_level: float) -> Interval:
    if not group.n:
        return Interval(0.0, 1.0)
    size = group.n * group.pairs / (group.n + group.pairs)
    tail, right, wrong = (1 - confidence_level) / 2, group.share * size, (1 - group.share) * size
    lower = float(betaincinv(right, wrong + 1, tail)) if group.same else 0.0
    upper = float(betaincinv(right + 1, wrong, 1 - tail)) if group.same < group.n else 1.0
    return Interval(lower, upper)


def share_found(found: Figure, missed: Figure) -> Figure | None:
    """Return found / (found + missed), two independent numbers of pairs; None where both are nothing.

    Notes
    -----
    The interval is that of the ratio missed / found by the same method [1]_, turned into a share.

    References
    ----------
    .. [1] A. Donner, G. Y. Zou (2012). Closed-form confidence intervals for functions of the normal mean and
       standard deviation. Statistical Methods in Medical Research 21(4), 347-359.
    """
    if found.estimate <= 0:
        return (
            None if missed.estimate <= 0 else Figure(estimate=0.0, lower=0.0, upper=_share(missed.lower, found.upper))
        )
    product = found.estimate * missed.estimate
    least_missed, most_missed = (end * (2 * missed.estimate - end) for end in (missed.lower, missed.upper))
    least_found, most_found = (end * (2 * found.estimate - end) for end in (found.lower, found.upper))
    least = _ratio(least_missed, product + sqrt(max(0.0, product**2 - least_missed * most_found)))
    most = _ratio(product + sqrt(max(0.0, product**2 - most_missed * least_found)), least_found)
    estimate = found.estimate / (found.estimate + missed.estimate)
    return Figure(estimate=estimate, lower=min(estimate, 1 / (1 + most)), upper=max(estimate, 1 / (1 + least)))


def _ratio(numerator: float, denominator: float) -> float:
    if denominator <= 0:
        return float("inf") if numerator > 0 else 0.0
    return max(0.0, numerator) / denominator


def _share(missed: float, found: float) -> float:
    return found / (found + missed) if found + missed else 1.0
