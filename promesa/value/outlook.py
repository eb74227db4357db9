"""What is to come of customers on average, with what the fit and the draw of customers leave open: numbers only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from promesa.stats import (
    Purchases,
    discounting,
    expected_purchases,
    fit_shifts,
    probability_active,
    spend_shifts,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from promesa.stats import BuyingProcess, Spending
    from promesa.value.summaries import Spends, Summaries

    Floats = NDArray[np.float64]

STEP = 1e-3  # of a log-parameter, for derivatives by differences
SPENT, REVENUE, MARGIN, SERVED = range(4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mean:
    """A mean over the customers of a group, and its standard error."""

    value: float
    error: float


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupOutlook:
    """What is to come of the customers of one group.

    Attributes
    ----------
    customers : int
        How many they are.
    alive, purchases, value : Mean
        Probability to buy still; purchases within the horizon; money within the horizon, discounted.
    margin_rate : float
        Share of revenue that is left after the goods.
    served : float
        Cost to serve a purchase.
    never_again : float
        Share of customers without a repeat purchase.
    """

    customers: int
    alive: Mean
    purchases: Mean
    value: Mean
    margin_rate: float
    served: float
    never_again: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ahead:
    """What each summary is expected to bring, (n,), or its slopes over the log-parameters, (4, n)."""

    alive: Floats
    purchases: Floats
    discounted: Floats


def outlooks(
    process: BuyingProcess,
    spending: Spending | None,
    found: Summaries,
    *,
    spends: Spends,
    horizon: float,
    discount_rate: float,
) -> list[GroupOutlook]:
    """Return what is to come of the customers of each group.

    Parameters
    ----------
    process : BuyingProcess
        Fitted to all these customers, in days.
    spending : Spending or None
        Fitted to `spends`; None where it could not be: then every purchase is taken as the group's mean.
    horizon : float
        Days from the end of the observation.
    discount_rate : float
        Continuous rate a day.

    Notes
    -----
    Estimands: means, over the population that the customers are drawn from, of what the process brings. A customer
    moves such a mean directly and, through the fitted parameters, indirectly; the error is the root of the summed
    squares of both together (the delta method on the influence of each customer), so that what the fit and the mean
    have in common is not counted as if it were two draws, and the error stands where the model is not quite true.
    """
    ahead, slopes = _ahead(process, found.purchases, horizon=horizon, discount_rate=discount_rate)
    shifts = fit_shifts(process, found.purchases)
    return [
        _Group(found, place, ahead=ahead, slopes=slopes, shifts=shifts, spending=spending, spends=spends).outlook()
        for place in range(len(found.groups))
    ]


def _ahead(
    process: BuyingProcess, purchases: Purchases, *, horizon: float, discount_rate: float
) -> tuple[Ahead, Ahead]:
    times, weights = discounting(horizon, discount_rate=discount_rate)

    def at(one: BuyingProcess) -> Floats:
        paths = expected_purchases(one, purchases, horizon=times)
        return np.stack([probability_active(one, purchases), paths[:, -1], paths @ weights])

    here, slopes = at(process), slopes_of(process, at)
    return Ahead(alive=here[0], purchases=here[1], discounted=here[2]), Ahead(
        alive=slopes[:, 0], purchases=slopes[:, 1], discounted=slopes[:, 2]
    )


def slopes_of(process: BuyingProcess, at: Callable[[BuyingProcess], Floats]) -> Floats:
    """Return the derivatives of what `at` gives over the four log-parameters, the parameters first."""
    from dataclasses import replace

    found: list[Floats] = []
    for name in ("r", "alpha", "a", "b"):
        up, down = (at(replace(process, **{name: getattr(process, name) * np.exp(s)})) for s in (STEP, -STEP))
        found.append((up - down) / (2 * STEP))
    return np.stack(found)


class _Group:
    """One group's sums beside everybody's shifts of the fit."""

    def __init__(
        self,
        found: Summaries,
        place: int,
        *,
        ahead: Ahead,
        slopes: Ahead,
        shifts: Floats,
        spending: Spending | None,
        spends: Spends,
    ) -> None:
        self.found, self.ahead, self.slopes, self.shifts = found, ahead, slopes, shifts
        self.spending, self.spends = spending, spends
        self.count = np.where(found.group == place, found.purchases.customers, 0.0)
        self.inside = self.count > 0
        self.n = float(self.count.sum())
        self.bought = float(self.count @ (found.purchases.repeats + 1))
        self.money = np.where(found.group == place, found.totals, 0.0)
        self.sums = self.money.sum(axis=1)

    def outlook(self) -> GroupOutlook:
        """Return the group's means."""
        repeats = self.found.purchases.repeats
        return GroupOutlook(
            customers=round(self.n),
            alive=self.mean(self.ahead.alive, self.slopes.alive),
            purchases=self.mean(self.ahead.purchases, self.slopes.purchases),
            value=self.value(),
            margin_rate=float(self.sums[MARGIN] / self.sums[REVENUE]),
            served=float(self.sums[SERVED] / self.bought),
            never_again=float(self.count @ (repeats == 0) / self.n),
        )

    def mean(self, each: Floats, slopes: Floats) -> Mean:
        """Return the mean of a figure that depends on a customer's summary and the process alone."""
        value = float(self.count @ each / self.n)
        own = np.where(self.inside, (each - value) / self.n, 0.0)
        return Mean(value=value, error=self.error(own, slopes @ self.count / self.n))

    def error(self, own: Floats, slope: Floats) -> float:
        """Return the error of a mean from what each customer adds to it directly, and its slope over the fit."""
        return float(np.sqrt(self.found.purchases.customers @ (own + slope @ self.shifts) ** 2))

    def value(self) -> Mean:
        """Return the mean money ahead: purchases x what one brings in x what is left of that, less serving them."""
        base, own_weight = self.spend_coefficients()
        each = self.ahead.discounted
        rate, served = self.sums[MARGIN] / self.sums[REVENUE], self.sums[SERVED] / self.bought
        spend = base * self.count + own_weight * self.money[SPENT]  # (n,) expected spend a purchase, summed
        income, purchases = float(each @ spend), float(each @ self.count)
        value = (income * rate - purchases * served) / self.n
        slope = self.slopes.discounted @ (spend * rate - self.count * served) / self.n
        weights = np.zeros((4, len(each)))  # what a unit of each kind of money of one customer adds to the mean
        weights[SPENT] = each * own_weight * rate
        weights[REVENUE] = -income * rate / self.sums[REVENUE]
        weights[MARGIN] = income / self.sums[REVENUE]
        weights[SERVED] = -purchases / self.bought
        if self.spending is None:
            weights[REVENUE] += purchases * rate / self.bought
        weights /= self.n
        error = self.error(self.own_value(weights, base=base, value=value, rate=rate, served=served), slope)
        spread = self.within(weights) + self.spend_spread(weights, each * self.count * rate / self.n)
        return Mean(value=float(value), error=float(np.sqrt(max(error**2 + spread, 0.0))))

    def own_value(self, weights: Floats, *, base: Floats, value: float, rate: float, served: float) -> Floats:
        """Return what one customer of each summary, with its mean money, adds to the group's mean."""
        safe = np.maximum(self.count, 1.0)
        each, bought = self.ahead.discounted, self.found.purchases.repeats + 1
        moved = (weights * self.money).sum(axis=0) / safe
        moved += (each * (base * rate - served) - value) / self.n
        moved += float(each @ self.count) * served / self.bought * bought / self.n
        if self.spending is None:
            moved -= float(each @ self.count) * rate * self.sums[REVENUE] / self.bought**2 * bought / self.n
        return np.where(self.inside, moved, 0.0)

    def within(self, weights: Floats) -> float:
        """Return what customers with one summary differ in, in money, adds to the squared error."""
        safe = np.maximum(self.count, 1.0)
        spread = self.found.squares - self.money[:, None] * self.money[None, :] / safe
        return float(max(np.einsum("in,jn,ijn->", weights, weights, np.where(self.inside, spread, 0.0)), 0.0))

    def spend_coefficients(self) -> tuple[Floats, Floats]:
        """Return, for each summary, the spend taken from everybody, and the weight of what the customer spent."""
        x = self.found.purchases.repeats
        if self.spending is None:
            return np.full(x.size, self.sums[REVENUE] / self.bought), np.zeros(x.size)
        s = self.spending
        below = s.p * x + s.q - 1
        return s.p * s.gamma / below, s.p / below

    def spend_spread(self, weights: Floats, income: Floats) -> float:
        """Return what the fit of spend adds to the squared error, and what it has in common with customers' own spend.

        How much a purchase is has nothing to do with how often its customer buys, in this model; so what a customer
        with x repeats adds through their own spend is taken at the mean of those with x repeats.
        """
        spending = self.spending
        if spending is None:
            return 0.0
        x, m, n = self.spends.repeats, self.spends.mean, self.spends.customers
        through_fit = self.spend_slope(spending, income) @ spend_shifts(spending, x, m)
        kinds, place = np.unique(self.found.purchases.repeats, return_inverse=True)
        here = np.bincount(place, weights=self.count * weights[SPENT], minlength=kinds.size)
        everybody = np.bincount(place, weights=self.found.purchases.customers, minlength=kinds.size)
        own = (here / np.maximum(everybody, 1.0))[np.searchsorted(kinds, x)] * x * m
        return float(n @ (through_fit**2 + 2 * through_fit * own))

    def spend_slope(self, s: Spending, income: Floats) -> Floats:
        """Return the slope of the mean value over the log-parameters of spend, (3,); `income` weighs each spend."""
        x = self.found.purchases.repeats
        own = np.divide(self.money[SPENT], self.count, out=np.zeros(x.size), where=self.inside)

        def at(shift: Floats) -> float:
            p, q, gamma = np.exp(np.log([s.p, s.q, s.gamma]) + shift)
            return float(income @ (p * (gamma + own) / (p * x + q - 1)))

        moves = np.eye(3) * STEP
        return np.array([(at(move) - at(-move)) / (2 * STEP) for move in moves])
