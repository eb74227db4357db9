"""Intervals for shares of independent observations: counts in, fractions out."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

from scipy.special import ndtri

if TYPE_CHECKING:
    from collections.abc import Iterator

PSEUDO = 3.0  # Rocks (2016): 3 added answers, split 1/4 down, 1/2 level, 1/4 up.


@dataclass(frozen=True, slots=True)
class Interval:
    """Two ends, in the unit of the estimate."""

    lower: float
    upper: float

    def __iter__(self) -> Iterator[float]:
        """Give the ends in order, so that an interval can be unpacked."""
        return iter((self.lower, self.upper))

    def scaled(self, factor: float) -> Interval:
        """Return the interval of the estimate times `factor`, ends kept in order."""
        ends = sorted((self.lower * factor, self.upper * factor))
        return Interval(ends[0], ends[1])


def wilson_interval(share: float, n: float, *, confidence_level: float) -> Interval:
    """Return the Wilson score interval of a share.

    Parameters
    ----------
    share : float
        Observed share, a fraction in [0, 1].
    n : float
        Observations, or their effective number; greater than 0.
    confidence_level : float
        Fraction in (0, 1).

    References
    ----------
    .. [1] E. B. Wilson (1927). Probable inference, the law of succession, and statistical inference.
       JASA 22(158), 209-212. doi:10.1080/01621459.1927.10502953
    """
    z = float(ndtri((1 + confidence_level) / 2))
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half_width = z / (1 + z * z / n) * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    lower = 0.0 if share == 0 else max(0.0, centre - half_width)
    upper = 1.0 if share == 1 else min(1.0, centre + half_width)
    return Interval(lower, upper)


def net_share_interval(up: float, down: float, n: float, *, confidence_level: float) -> Interval:
    """Return the adjusted Wald interval of `up - down`, within [-1, 1].

    Parameters
    ----------
    up, down : float
        Observed shares of the two ends, fractions whose sum is at most 1.
    n : float
        Answers, or their effective number; greater than 0.
    confidence_level : float
        Fraction in (0, 1).

    References
    ----------
    .. [1] B. Rocks (2016). Interval estimation for the "Net Promoter Score".
       The American Statistician 70(4), 365-372. arXiv:1601.07235.
    """
    total = n + PSEUDO
    up, down = (up * n + PSEUDO / 4) / total, (down * n + PSEUDO / 4) / total
    half_width = float(ndtri((1 + confidence_level) / 2)) * sqrt((up + down - (up - down) ** 2) / total)
    net = up - down
    return Interval(max(-1.0, net - half_width), min(1.0, net + half_width))
