"""Links as the guards see them: arrays of numbers, from the strongest to the weakest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Numbers = NDArray[np.int64]
    Flags = NDArray[np.bool_]

SURE = 0.999  # from here a single link may hold two groups of records together


@dataclass(frozen=True, slots=True, kw_only=True)
class Edges:
    """Links that are strong enough to join, as arrays of one length; none is refused by itself.

    Attributes
    ----------
    low, high : array of int64
        Nodes: places of the customers in the order of their surrogates.
    same : array of int64
        Instant of a person's `same`, microseconds; the least number where there is none.
    alone : array of bool
        An identifier that joins alone says so.
    probability : array of float64
        Of the model; 0 where it has said nothing.
    """

    low: Numbers
    high: Numbers
    same: Numbers
    alone: Flags
    probability: NDArray[np.float64]

    @property
    def decided(self) -> Flags:
        """Return which ones a person decided."""
        return self.same > np.iinfo(np.int64).min

    @property
    def weak(self) -> Flags:
        """Return which ones may not hold two groups together by themselves."""
        return ~self.decided & ~self.alone & (self.probability < SURE)

    def strongest_first(self) -> Numbers:
        """Return the places of the edges from the strongest to the weakest."""
        return np.lexsort((self.high, self.low, -self.probability, ~self.alone, -self.same, ~self.decided))


def by_component(label: Numbers, wanted: Numbers, order: Numbers) -> Iterator[Numbers]:
    """Yield the edges of each wanted component, in the order given.

    Parameters
    ----------
    label : array of int64
        By edge, its component.
    """
    chosen = order[np.isin(label[order], wanted)]
    chosen = chosen[np.argsort(label[chosen], kind="stable")]
    starts = np.flatnonzero(np.diff(label[chosen], prepend=-1))[1:]
    if len(chosen):
        yield from np.split(chosen, starts)
