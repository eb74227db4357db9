"""Intervals that hold at every look, for those who look before the end."""

from __future__ import annotations

from math import log, sqrt

from promesa.errors import ValueOutOfRange
from promesa.stats.shares import Interval


def always_valid_interval(
    estimate: float, standard_error: float, *, n: int, planned_n: int, confidence_level: float
) -> Interval:
    """Return the asymptotic confidence sequence of a mean or a difference, at one look.

    Parameters
    ----------
    estimate, standard_error : float
        At this look.
    n : int
        Independent units behind them so far.
    planned_n : int
        Units at which the sequence is to be tightest. It is fixed before the first look: choosing it by what
        was seen undoes the guarantee.
    confidence_level : float
        Fraction in (0, 1).

    Returns
    -------
    Interval
        In units of the estimate.

    Raises
    ------
    ValueOutOfRange
        If `n` or `planned_n` is below 1, or the level is no fraction.

    Notes
    -----
    Estimand: as that of the estimate. The probability that the intervals of all looks together hold it is
    `confidence_level`, however often and whenever one looks; a fixed-time interval at many looks is wrong far
    more often. It is wider for that: 1.55 times at `planned_n` (95 %), more away from it. It is asymptotic
    [1]_: do not look before some 50 units of each arm (far more for rare or very skewed outcomes) are there.
    Units must come in as they were assigned: an effect that drifts is averaged.

    References
    ----------
    .. [1] I. Waudby-Smith, D. Arbour, R. Sinha, E. H. Kennedy, A. Ramdas (2024). Time-uniform central limit
       theory and asymptotic confidence sequences. Annals of Statistics 52(6), 2613-2640.
       doi:10.1214/24-AOS2408
    .. [2] S. R. Howard, A. Ramdas, J. McAuliffe, J. Sekhon (2021). Time-uniform, nonparametric, nonasymptotic
       confidence sequences. Annals of Statistics 49(2), 1055-1080. doi:10.1214/20-AOS1991

    Examples
    --------
    >>> found = always_valid_interval(0.0, 1.0, n=1_000, planned_n=1_000, confidence_level=0.95)
    >>> round(found.upper, 2)
    3.04
    """
    if n < 1 or planned_n < 1 or not 0 < confidence_level < 1:
        raise ValueOutOfRange(
            what="A setting of the interval for every look is out of range.",
            got=f"n={n}, planned_n={planned_n}, confidence_level={confidence_level!r}",
            expected="at least 1 unit, now and planned, and a level greater than 0 and less than 1",
            fix="set planned_n to the units that the experiment was planned for",
        )
    alpha = 1 - confidence_level
    # Of the normal mixture whose boundary is lowest at planned_n (Waudby-Smith et al., appendix B.2).
    precision = (-2 * log(alpha) + log(-2 * log(alpha) + 1)) / planned_n
    seen = n * precision
    reach = standard_error * sqrt(2 * (seen + 1) / seen * log(sqrt(seen + 1) / alpha))
    return Interval(estimate - reach, estimate + reach)
