"""The sums over risk sets that a Cox regression needs: nothing here is quadratic in the rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


class Spans:
    """Stretches of time, placed among the times at which somebody ended.

    Attributes
    ----------
    times : ndarray of float, shape (t,)
        Times of the ends, in order.
    count : ndarray of float, shape (n,)
        How many equal rows each stands for.
    gone : ndarray of int, shape (g,)
        The rows that ended.
    place : ndarray of int, shape (g,)
        The place of their time.
    low, high : ndarray of int, shape (n,)
        A row is at risk at the times from place low on, before place high.
    deaths : ndarray of float, shape (t,)
        Ends at each time.
    """

    def __init__(self, start: Floats, stop: Floats, ended: NDArray[np.bool_], count: Floats) -> None:
        self.count = count
        self.gone = np.flatnonzero(ended & (count > 0))
        self.times, self.place = np.unique(stop[self.gone], return_inverse=True)
        self.low = np.searchsorted(self.times, start, side="right")
        self.high = np.searchsorted(self.times, stop, side="right")
        self.deaths = np.bincount(self.place, weights=count[self.gone], minlength=self.times.size)
        # Efron's rule: of d who end at one time, the k-th sees the others at risk only as 1 - k/d of themselves.
        whole = np.maximum(np.round(self.deaths), 1).astype(np.int64)
        self.tie = np.repeat(np.arange(self.times.size), whole)
        first = np.cumsum(whole) - whole
        self.part = (np.arange(self.tie.size) - first[self.tie]) / whole[self.tie]
        self.weight = (self.deaths / whole)[self.tie]

    @property
    def events(self) -> float:
        """Return how many ended."""
        return float(self.deaths.sum())

    def at_risk(self, values: Floats) -> Floats:
        """Return the sum of a value over those at risk at each time, (t,)."""
        size = self.times.size + 1
        until = np.bincount(self.high, weights=values, minlength=size)
        until -= np.bincount(self.low, weights=values, minlength=size)
        return np.cumsum(until[::-1])[::-1][1:].astype(np.float64)

    def of_ends(self, values: Floats) -> Floats:
        """Return the sum of a value over those who end at each time, (t,)."""
        return np.bincount(self.place, weights=values[self.gone], minlength=self.times.size).astype(np.float64)


class HazardSums:
    """The partial log-likelihood at some coefficients, its slope and its information.

    Attributes
    ----------
    value : float
        Partial log-likelihood.
    slope : ndarray of float, shape (columns,)
        Its gradient.
    information : ndarray of float, shape (columns, columns)
        Less its second derivatives.
    cumulative : ndarray of float, shape (t,)
        Cumulative hazard where every column is 0.
    """

    def __init__(self, spans: Spans, columns: Floats, beta: Floats) -> None:
        self.spans, self.columns = spans, columns
        lean = columns @ beta
        self.shift = float(lean.max(initial=0.0))  # so that no exponential overflows
        self.times_mean = np.exp(lean - self.shift)
        each = self.times_mean * spans.count
        self.all0, self.end0 = spans.at_risk(each), spans.of_ends(each)
        self.all1 = _by_column(spans.at_risk, columns * each[:, None])
        self.end1 = _by_column(spans.of_ends, columns * each[:, None])
        self._sum_ties()
        count = spans.count[spans.gone]
        self.value = float(count @ (lean[spans.gone] - self.shift) - spans.weight @ np.log(self._left()))
        self.slope = count @ columns[spans.gone] - self.all1.T @ self.a - self.end1.T @ -self.a_part
        self.information = self._information(each)
        self.cumulative = np.cumsum(self.a) * np.exp(-self.shift)

    def _left(self) -> Floats:
        spans = self.spans
        return np.maximum(self.all0[spans.tie] - spans.part * self.end0[spans.tie], 1e-300)

    def _sum_ties(self) -> None:
        """Add up, over those who end at one time, what Efron's rule makes of the risk set they saw."""
        spans, left = self.spans, self._left()

        def total(values: Floats) -> Floats:
            found = np.bincount(spans.tie, weights=spans.weight * values, minlength=spans.times.size)
            return found.astype(np.float64)

        self.a, self.a_part = total(1 / left), total(spans.part / left)
        self.b, self.b_part = total(1 / left**2), total(spans.part / left**2)
        self.b_parts = total(spans.part**2 / left**2)

    def _information(self, each: Floats) -> Floats:
        spans, x = self.spans, self.columns
        steps = np.r_[0.0, np.cumsum(self.a)]
        weight = each * (steps[spans.high] - steps[spans.low])
        weight[spans.gone] -= each[spans.gone] * self.a_part[spans.place]
        cross = self.all1.T @ (self.b_part[:, None] * self.end1)
        mean = self.all1.T @ (self.b[:, None] * self.all1) - cross - cross.T
        mean += self.end1.T @ (self.b_parts[:, None] * self.end1)
        return (x * weight[:, None]).T @ x - mean

    def scores(self) -> Floats:
        """Return what one of each row adds to the slope, (n, columns): what it ended with less what was expected."""
        spans, x = self.spans, self.columns
        ahead = self.b[:, None] * self.all1 - self.b_part[:, None] * self.end1
        ahead_part = self.b_part[:, None] * self.all1 - self.b_parts[:, None] * self.end1
        steps, paths = np.r_[0.0, np.cumsum(self.a)], np.vstack([np.zeros(x.shape[1]), np.cumsum(ahead, axis=0)])
        found = x * (steps[spans.high] - steps[spans.low])[:, None] - (paths[spans.high] - paths[spans.low])
        found *= -self.times_mean[:, None]
        gone, place = spans.gone, spans.place
        mean = (self.a[:, None] * self.all1 - self.a_part[:, None] * self.end1) / spans.deaths[:, None]
        own = x[gone] * self.a_part[place][:, None] - ahead_part[place]
        found[gone] += x[gone] - mean[place] + self.times_mean[gone][:, None] * own
        return found


def _by_column(total: Callable[[Floats], Floats], table: Floats) -> Floats:
    found = [total(np.ascontiguousarray(column)) for column in table.T]
    return np.column_stack(found) if found else np.empty((total(np.zeros(len(table))).size, 0))
