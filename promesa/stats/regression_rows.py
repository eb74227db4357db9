"""Journeys as checked arrays: outcome, levels of elements, confounders and units of the rows that can be used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from promesa.errors import ValueOutOfRange
from promesa.stats.product_sums import unit_codes
from promesa.stats.regression_blocks import UnitRows, rows_by_unit
from promesa.stats.regressions import check_units

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Observed:
    """Rows in which outcome and confounders are known.

    Attributes
    ----------
    outcome : ndarray of float, shape (n,)
        Without NaN.
    values : ndarray of float, shape (n, elements)
        NaN where an element was not met.
    confounders : ndarray of float, shape (n, confounders)
        Without NaN.
    keys : ndarray of int, shape (n,)
        One number per unit: the unit itself where units are whole numbers, its place among them otherwise.
    n_missing : int
        Rows left out.
    """

    outcome: NDArray[np.float64]
    values: NDArray[np.float64]
    confounders: NDArray[np.float64]
    keys: NDArray[np.int64]
    n_missing: int

    @property
    def n(self) -> int:
        """Return the number of rows."""
        return len(self.outcome)

    def rows(self) -> UnitRows:
        """Return all rows in the order of their units."""
        return rows_by_unit(self.keys)


def observe(
    outcome: ArrayLike, values: ArrayLike, *, units: ArrayLike | None, confounders: ArrayLike | None
) -> Observed:
    """Check arrays and leave out the rows without outcome or with a confounder missing.

    Raises
    ------
    TooFewObservations
        If fewer than 20 units are left.
    ValueOutOfRange
        If shapes do not fit or a number is infinite.
    """
    scores = np.asarray(outcome, dtype=float)
    if scores.ndim != 1 or np.isinf(scores).any():
        raise ValueOutOfRange(
            what="`outcome` is not a row of finite numbers.",
            got=f"shape {scores.shape}, {int(np.isinf(scores).sum())} infinite values",
            expected="shape (n,), NaN for a missing one",
            fix="pass one number for each journey",
        )
    table = as_table(values, n=len(scores), name="values")
    held = as_table(confounders, n=len(scores), name="confounders")
    keys = unit_codes(units, len(scores))
    if units is not None and np.asarray(units).dtype.kind in "iu":
        keys = np.asarray(units).astype(np.int64)
    used = ~(np.isnan(scores) | np.isnan(held).any(axis=1))
    check_units(keys[used])
    if used.all():
        return Observed(outcome=scores, values=table, confounders=held, keys=keys, n_missing=0)
    return Observed(
        outcome=scores[used],
        values=table[used],
        confounders=held[used],
        keys=keys[used],
        n_missing=int((~used).sum()),
    )


def as_table(given: ArrayLike | None, *, n: int, name: str) -> NDArray[np.float64]:
    """Return a checked table of one row per outcome; no columns where none is given."""
    table = np.zeros((n, 0)) if given is None else np.asarray(given, dtype=float)
    if table.ndim != 2 or len(table) != n:
        raise ValueOutOfRange(
            what=f"`{name}` and `outcome` do not hold the same rows.",
            got=f"shape {table.shape} for {n} rows",
            expected=f"shape ({n}, columns)",
            fix="pass one row for each value of the outcome",
        )
    if np.isinf(table).any():
        raise ValueOutOfRange(
            what=f"`{name}` holds infinite values.",
            got=f"{int(np.isinf(table).sum())} of them",
            expected="finite numbers, NaN where there is none",
            fix="clean the source of these columns",
        )
    return table


def as_directions(better: ArrayLike, *, elements: int) -> NDArray[np.int64]:
    """Return one checked direction per element."""
    given = np.asarray(better, dtype=float)
    if given.shape != (elements,) or not np.isin(given, (-1, 0, 1)).all():
        raise ValueOutOfRange(
            what="`better` does not give one direction for each element.",
            got=f"{given.size} values for {elements} elements",
            expected="1 (more is better), -1 (less is better) or 0 (neither) for each element",
            fix="pass one direction for each column of `values`",
        )
    return given.astype(np.int64)
