"""Columns of a regression in which each element may curve, and columns of what two elements share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from promesa.stats.regression_elements import Element
    from promesa.stats.regression_rows import Observed

FEW_LEVELS = 12  # an element with as many levels, or fewer, gets a figure for each
HINGES = 6  # of other elements, beside line, square and cube


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Curves:
    """How elements become columns. Rows come as values and confounders, so that rows may be imagined.

    Attributes
    ----------
    elements : tuple of Element
        Those that can be used.
    pattern : ndarray of int, shape (elements,)
        Pattern of presence of each element; -1 where every row met it.
    witnesses : ndarray of int, shape (patterns,)
        Column of the values that shows each pattern.
    centre, scale : ndarray of float, shape (elements,)
        Mean and deviation of the distance from usual, where met.
    knots : tuple of ndarray
        For each element, where its curve may bend, as distance from usual.
    """

    elements: tuple[Element, ...]
    pattern: NDArray[np.intp]
    witnesses: NDArray[np.intp]
    centre: NDArray[np.float64]
    scale: NDArray[np.float64]
    knots: tuple[NDArray[np.float64], ...]

    def distances(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how far above usual, in the good direction, each element is; NaN where not met."""
        columns = [element.column for element in self.elements]
        usual, direction = np.array([[e.usual, e.direction] for e in self.elements]).T
        return values[:, columns] * direction - usual

    def met(self, values: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return where each pattern of presence holds."""
        return ~np.isnan(values[:, self.witnesses])

    def starts(self, confounders: int) -> list[int]:
        """Return the first column of each element's curve."""
        return (confounders + len(self.witnesses) + np.cumsum([0, *self._widths()[:-1]])).tolist()

    def width(self, confounders: int) -> int:
        """Return the number of columns."""
        return confounders + len(self.witnesses) + sum(self._widths())

    def _widths(self) -> list[int]:
        return [1 + len(k) + 2 * self.curved(e) for e, k in zip(self.elements, self.knots, strict=True)]

    @staticmethod
    def curved(element: Element) -> bool:
        """Tell whether an element gets a square and a cube."""
        return element.distinct > FEW_LEVELS

    def columns(self, values: NDArray[np.float64], confounders: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return confounders, presence and the curve of each element."""
        starts = self.starts(confounders.shape[1])
        table = np.empty((self.width(confounders.shape[1]), len(values)))  # one column after another in memory
        table[: confounders.shape[1]] = confounders.T
        table[confounders.shape[1] : confounders.shape[1] + len(self.witnesses)] = self.met(values).T
        for k, line in enumerate(np.ascontiguousarray(self.distances(values).T)):
            met = ~np.isnan(line)
            scaled = np.nan_to_num(line, copy=False) / self.scale[k]
            at = starts[k]
            table[at] = scaled
            for knot in self.knots[k] / self.scale[k]:
                at += 1
                np.maximum(scaled - knot, 0.0, out=table[at])
                if knot < 0 and self.pattern[k] >= 0:
                    table[at] *= met
            if self.curved(self.elements[k]):
                np.multiply(scaled, scaled, out=table[at + 1])
                np.multiply(table[at + 1], scaled, out=table[at + 2])
        return table.T


def make_curves(seen: Observed, elements: Sequence[Element]) -> Curves:
    """Return how elements become columns: levels apart where there are few, line, square, cube and hinges else."""
    far = np.column_stack([seen.values[:, e.column] * e.direction - e.usual for e in elements])
    patterns, witnesses, pattern = dict[bytes, int](), list[int](), list[int]()
    for k, element in enumerate(elements):
        met = ~np.isnan(far[:, k])
        if met.all():
            pattern.append(-1)
            continue
        key = np.packbits(met).tobytes()
        if key not in patterns:
            patterns[key] = len(witnesses)
            witnesses.append(element.column)
        pattern.append(patterns[key])
    return Curves(
        elements=tuple(elements),
        pattern=np.array(pattern, dtype=np.intp),
        witnesses=np.array(witnesses, dtype=np.intp),
        centre=np.nanmean(far, axis=0),
        scale=np.nanstd(far, axis=0),
        knots=tuple(_knots(element) for element in elements),
    )


def _knots(element: Element) -> NDArray[np.float64]:
    knots = np.array(element.knots) - element.usual
    if element.distinct <= FEW_LEVELS:
        return knots  # a line that may bend at every inner level holds each level apart
    chosen = knots[np.unique(np.linspace(0, len(knots) - 1, HINGES).astype(int))]
    return np.union1d(chosen, [0.0])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Products:
    """Columns of pairs: the product, and what differs between those who met both and those who met one.

    Attributes
    ----------
    curves : Curves
        The elements.
    pairs : tuple of (int, int)
        Places of two elements among those of the curves.
    together : ndarray of int, shape (m, 2)
        Pairs of patterns: a column that both hold.
    lines : ndarray of int, shape (l, 2)
        Element and pattern: its centred line where the pattern holds.
    used : tuple of tuple of int
        For each pair its columns; the product is the last.
    """

    curves: Curves
    pairs: tuple[tuple[int, int], ...]
    together: NDArray[np.intp]
    lines: NDArray[np.intp]
    used: tuple[tuple[int, ...], ...]

    def columns(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the columns of all pairs."""
        met = np.ascontiguousarray(self.curves.met(values).T).astype(float)
        far = ((self.curves.distances(values) - self.curves.centre) / self.curves.scale).T
        far = np.nan_to_num(np.ascontiguousarray(far), copy=False)
        table = np.empty((len(self.together) + len(self.lines) + len(self.pairs), len(values)))
        sources = [(met[a], met[b]) for a, b in self.together]
        sources += [(far[a], met[b]) for a, b in self.lines]
        sources += [(far[a], far[b]) for a, b in self.pairs]
        for row, (one, other) in zip(table, sources, strict=True):
            np.multiply(one, other, out=row)
        return table.T


def make_products(curves: Curves) -> Products:
    """Return the columns of all pairs; those that pairs share are made once."""
    count, pattern = len(curves.elements), curves.pattern.tolist()
    pairs = [(i, j) for i in range(count) for j in range(i + 1, count)]
    together, lines = dict[tuple[int, int], int](), dict[tuple[int, int], int]()
    needed = list[tuple[list[tuple[int, int]], list[tuple[int, int]]]]()
    for i, j in pairs:
        a, b = pattern[i], pattern[j]
        both = [(min(a, b), max(a, b))] if -1 not in {a, b} and a != b else []
        apart = [(i, b)] * (b not in {-1, a}) + [(j, a)] * (a not in {-1, b})
        needed.append((both, apart))
        for keys, seen in ((both, together), (apart, lines)):
            for key in keys:
                seen.setdefault(key, len(seen))
    start = len(together) + len(lines)
    used = tuple(
        (*(together[key] for key in both), *(len(together) + lines[key] for key in apart), start + k)
        for k, (both, apart) in enumerate(needed)
    )
    return Products(
        curves=curves,
        pairs=tuple(pairs),
        together=np.array(list(together), dtype=np.intp).reshape(-1, 2),
        lines=np.array(list(lines), dtype=np.intp).reshape(-1, 2),
        used=used,
    )
