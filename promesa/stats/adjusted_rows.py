"""Rows from which an adjusted effect can be told: checked, complete, with somebody in each arm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from promesa.errors import TooFewObservations, ValueOutOfRange
from promesa.stats.cross_fitting import Confounders
from promesa.stats.product_sums import unit_codes

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

MIN_ARM_ROWS, MIN_ARM_UNITS = 30, 20


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Given:
    """All rows as they were given, checked.

    Attributes
    ----------
    outcomes : ndarray of float, shape (n, outcomes)
        NaN where missing.
    treatment : ndarray of float, shape (n,)
        NaN where missing.
    confounders : ndarray of float, shape (n, confounders)
        Complete.
    codes : ndarray of int, shape (n,)
        Unit of each row.
    segments : ndarray of int, shape (n,)
        Segment of each row; negative where it has none.
    """

    outcomes: NDArray[np.float64]
    treatment: NDArray[np.float64]
    confounders: NDArray[np.float64]
    codes: NDArray[np.int64]
    segments: NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sample:
    """The rows in which treatment and some outcomes are known.

    Attributes
    ----------
    outcomes : ndarray of float, shape (n, outcomes)
        Complete.
    treatment : ndarray of float, shape (n,)
        Complete.
    confounders : Confounders
        Of these rows.
    codes : ndarray of int, shape (n,)
        Unit of each row, from 0 without gaps.
    segments : ndarray of int, shape (n,)
        Negative where a row has none.
    yes_no : bool
        Whether the treatment is 0 or 1 in all rows.
    n_missing : int
        Rows left out.
    """

    outcomes: NDArray[np.float64]
    treatment: NDArray[np.float64]
    confounders: Confounders
    codes: NDArray[np.int64]
    segments: NDArray[np.int64]
    yes_no: bool
    n_missing: int

    @property
    def n(self) -> int:
        """Return the number of rows."""
        return len(self.treatment)

    @property
    def units(self) -> int:
        """Return the number of units."""
        return int(self.codes.max()) + 1


def check_rows(
    outcomes: ArrayLike,
    treatment: ArrayLike,
    *,
    confounders: ArrayLike,
    units: ArrayLike | None,
    segments: ArrayLike | None,
) -> Given:
    """Return the arrays as given, checked for shape and for what may not be missing.

    Raises
    ------
    ValueOutOfRange
        If shapes do not fit, a number is infinite, or a confounder is missing.
    """
    acted = np.asarray(treatment, dtype=float)
    n = acted.size
    held = as_table(confounders, n, name="confounders")
    if np.isnan(held).any():
        raise ValueOutOfRange(
            what="`confounders` holds missing values.",
            got=f"{int(np.isnan(held).any(axis=1).sum())} of {n} rows, in columns "
            f"{np.flatnonzero(np.isnan(held).any(axis=0)).tolist()}",
            expected="a number in every row",
            fix="fill what is missing with a fixed value and add a column that says where it was",
        )
    return Given(
        outcomes=as_table(outcomes, n, name="outcomes"),
        treatment=as_table(acted, n, name="treatment")[:, 0],
        confounders=held,
        codes=unit_codes(units, n),
        segments=as_segments(segments, n),
    )


def take_sample(given: Given, columns: list[int], rows: NDArray[np.bool_]) -> Sample:
    """Return the rows in which some outcomes are known; refuse them if they cannot show an effect.

    Raises
    ------
    TooFewObservations
        If an arm has fewer than 30 rows or 20 units (an amount: the whole).
    ValueOutOfRange
        If treatment or outcome never varies.
    """
    acted = given.treatment[rows]
    codes = unit_codes(given.codes[rows], int(rows.sum()))
    yes_no = bool(np.isin(acted, (0.0, 1.0)).all())
    _check_arms(acted, codes, yes_no=yes_no)
    outcomes = given.outcomes[rows][:, columns]
    if (np.ptp(outcomes, axis=0) == 0).any():
        raise ValueOutOfRange(
            what="An outcome is the same in every row, so no treatment can be seen to move it.",
            got=f"{len(acted)} rows, all {outcomes[0, np.argmin(np.ptp(outcomes, axis=0))]:g}",
            expected="an outcome that varies",
            fix="check the outcome, or take a longer period",
        )
    return Sample(
        outcomes=outcomes,
        treatment=acted,
        confounders=Confounders(given.confounders[rows]),
        codes=codes,
        segments=given.segments[rows],
        yes_no=yes_no,
        n_missing=int((~rows).sum()),
    )


def _check_arms(acted: NDArray[np.float64], codes: NDArray[np.int64], *, yes_no: bool) -> None:
    arms = [acted > 0, acted == 0] if yes_no else [np.ones(len(acted), dtype=bool)]
    rows, units = [int(arm.sum()) for arm in arms], [len(np.unique(codes[arm])) for arm in arms]
    if min(rows) < MIN_ARM_ROWS or min(units) < MIN_ARM_UNITS:
        counted = " and ".join(f"{r} rows of {u} units" for r, u in zip(rows, units, strict=True))
        least = f"at least {MIN_ARM_ROWS} rows of {MIN_ARM_UNITS} units"
        raise TooFewObservations(
            what="There are too few rows to tell what the treatment does.",
            got=f"{counted}, with and without the treatment" if yes_no else counted,
            expected=f"{least} in each arm" if yes_no else least,
            fix="take a longer period or a wider slice",
        )
    if np.ptp(acted) == 0:
        raise ValueOutOfRange(
            what="The treatment is the same in every row, so nothing can be compared.",
            got=f"{len(acted)} rows, all {acted[0]:g}",
            expected="a treatment that varies",
            fix="check the treatment, or take a wider slice",
        )


def as_table(given: ArrayLike, n: int, *, name: str) -> NDArray[np.float64]:
    """Return a finite table of n rows; a single column may be given flat."""
    table = np.asarray(given, dtype=float)
    table = table[:, None] if table.ndim == 1 else table
    if table.ndim != 2 or len(table) != n:
        raise ValueOutOfRange(
            what=f"`{name}` does not hold one row for each that was assigned or treated.",
            got=f"shape {np.shape(given)} for {n} rows",
            expected=f"shape ({n},) or ({n}, columns)",
            fix="pass columns of equal length",
        )
    if np.isinf(table).any():
        raise ValueOutOfRange(
            what=f"`{name}` holds infinite values.",
            got=f"{int(np.isinf(table).sum())} of them",
            expected="finite numbers, NaN where there is none",
            fix="clean the source of these columns",
        )
    return table


def as_segments(given: ArrayLike | None, n: int) -> NDArray[np.int64]:
    """Return one segment per row, below 0 for none."""
    if given is None:
        return np.full(n, -1, dtype=np.int64)
    codes = np.asarray(given)
    if codes.shape != (n,) or codes.dtype.kind not in "iu":
        raise ValueOutOfRange(
            what="`segments` does not give one code per row.",
            got=f"{codes.size} values of type {codes.dtype} for {n} rows",
            expected="a whole number for each row, below 0 for none",
            fix="number the segments from 0",
        )
    return codes.astype(np.int64)
