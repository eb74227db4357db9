"""Days to come under contract: how long those who have not said goodbye are expected to stay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from promesa.errors import TooFewObservations, ValueOutOfRange

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

LEAST_AT_RISK = 30  # customers behind a day's share of goodbyes, for it to be taken as it is
RECENT_DAYS = 365  # before the last such day: their share of goodbyes goes on after it


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ContractDays:
    """How the share of goodbyes goes with the days under contract, of one sample or of several drawn from it.

    Attributes
    ----------
    share : ndarray, shape (samples, days)
        Share still there after each whole day since joining, far enough for any tenure and the horizon.
    longest : int
        Last day whose goodbyes are taken as they were; the share a day before it goes on after it.
    horizon : int
        Days ahead.
    """

    share: Floats
    longest: int
    horizon: int

    def ahead(self, days: ArrayLike, *, horizon: int | None = None, discount_rate: float = 0.0) -> Floats:
        """Return the days to come of one who has been there for so many, (samples, n).

        Parameters
        ----------
        days : array-like of int, shape (n,)
            Whole days since joining.
        horizon : int or None
            Days ahead, at most those of the fit; None is those.
        discount_rate : float
            Continuous rate a day: a day h days from now counts exp(-rate h).
        """
        at = np.asarray(days, dtype=np.int64)
        reach = self.horizon if horizon is None else horizon
        kept = np.exp(-discount_rate * np.arange(self.share.shape[1]))
        summed = np.cumsum(self.share * kept, axis=1)
        whole = summed[:, at + reach] - summed[:, at]
        here = self.share[:, at] * kept[at]
        return np.divide(whole, here, out=np.zeros_like(whole), where=here > 0)

    def spread(self, days: ArrayLike) -> Floats:
        """Return the variance of the days to come within the horizon of one who has been there for so many, (n,)."""
        at = np.asarray(days, dtype=np.int64)
        place = np.arange(self.share.shape[1])
        summed, weighted = np.cumsum(self.share[0]), np.cumsum(self.share[0] * place)
        here = np.maximum(self.share[0, at], 1e-300)
        mean = (summed[at + self.horizon] - summed[at]) / here
        # The square of a number of days is the sum of 2 h - 1 over those that are reached.
        square = 2 * (weighted[at + self.horizon] - weighted[at]) / here - (2 * at + 1) * mean
        return np.maximum(square - mean**2, 0.0)

    def still_there(self, days: ArrayLike, after: int) -> Floats:
        """Return the share of those who have been there for so many days that is there `after` days from now."""
        at = np.asarray(days, dtype=np.int64)
        here, then = self.share[:, at], self.share[:, at + after]
        return np.divide(then, here, out=np.zeros_like(then), where=here > 0)


def contract_days(days: ArrayLike, over: ArrayLike, customers: ArrayLike, *, horizon: int) -> ContractDays:
    """Estimate how long contracts last, and carry it on past what was seen.

    Parameters
    ----------
    days : array-like of int, shape (n,)
        Whole days under contract, 0 or more.
    over : array-like of bool, shape (n,)
        Whether the customer said goodbye then.
    customers : array-like of float, shape (n,) or (samples, n)
        How many each row stands for; several rows of it are samples of which each has its own curve. The first says
        where the curve ends and the rate goes on.
    horizon : int
        Days ahead that will be asked for.

    Raises
    ------
    TooFewObservations
        With fewer than 30 contracts, or if nobody has left: then nothing says how long they last.
    ValueOutOfRange
        If a number of days is negative.

    Notes
    -----
    Estimand: the share still there, by days since joining, in the population that these contracts are of. Up to the
    last day with at least 30 contracts behind it, it is Kaplan and Meier's; from there on, goodbyes are taken to come
    at the rate of the 365 days before it [1]_. It takes it that who joined lately will stay like those who joined
    before.

    References
    ----------
    .. [1] P. S. Fader, B. G. S. Hardie (2007). How to project customer retention. Journal of Interactive Marketing
       21(1), 76-90. doi:10.1002/dir.20074. It shows why the rate of all the time must not be carried on: those who
       are left leave less and less.

    Examples
    --------
    >>> found = contract_days([9, 9], [True, False], [50, 50], horizon=10)
    >>> found.ahead([0]).round(2).tolist()
    [[8.98]]
    """
    at, gone = np.asarray(days, dtype=np.int64), np.asarray(over, dtype=bool)
    each = np.atleast_2d(np.asarray(customers, dtype=float))
    _check(at, gone, each)
    length = int(at.max()) + 1
    ended, left = np.zeros((len(each), length)), np.zeros((len(each), length))
    for sample, weights in enumerate(each):
        ended[sample] = np.bincount(at, weights=weights * gone, minlength=length)
        left[sample] = np.bincount(at, weights=weights, minlength=length)
    at_risk = np.cumsum(left[:, ::-1], axis=1)[:, ::-1]
    longest = int(np.flatnonzero(at_risk[0] >= LEAST_AT_RISK).max())
    hazard = np.divide(ended, at_risk, out=np.zeros_like(ended), where=at_risk > 0)[:, : longest + 1]
    recent = slice(max(longest + 1 - RECENT_DAYS, 0), longest + 1)
    exposed = np.maximum(at_risk[:, recent].sum(axis=1), 1e-300)
    later = np.clip(ended[:, recent].sum(axis=1) / exposed, 0.0, 1.0)
    tail = np.repeat(later[:, None], length + horizon - longest - 1, axis=1)
    share = np.cumprod(1 - np.concatenate([hazard, tail], axis=1), axis=1)
    return ContractDays(share=share.astype(np.float64), longest=longest, horizon=horizon)


def _check(days: NDArray[np.int64], over: NDArray[np.bool_], customers: Floats) -> None:
    if days.size and days.min() < 0:
        raise ValueOutOfRange(
            what="Somebody was a customer for less than no days.",
            got=f"{days.min()} days",
            expected="whole days of 0 or more",
            fix="count from the day of joining to the goodbye, or to the last day seen",
        )
    n, ended = float(customers[0].sum()), float(customers[0][over].sum()) if days.size else 0.0
    if n < LEAST_AT_RISK or ended == 0:
        raise TooFewObservations(
            what="Too little is known of how long contracts last.",
            got=f"{n:.0f} contracts, {ended:.0f} of them over",
            expected=f"{LEAST_AT_RISK} or more, some of them over",
            fix="take a longer period",
        )
