"""Who was assigned to what: checked, one arm per unit, as many units as the lot should have given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import chdtrc

from promesa.errors import TooFewObservations, ValueOutOfRange
from promesa.stats.adjusted_rows import as_segments, as_table
from promesa.stats.experiment_means import TwoArms
from promesa.stats.experiment_results import SampleRatio
from promesa.stats.product_sums import unit_codes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

MIN_ARM_UNITS = 10
RATIO_ALARM = 0.001  # Fabijan et al. 2019: below it a lot explains next to nothing


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Assigned:
    """All rows of an experiment, checked.

    Attributes
    ----------
    outcomes : ndarray of float, shape (n, outcomes)
        NaN where missing.
    arm, codes, segments : ndarray of int, shape (n,)
        Arm, unit and segment of each row.
    baselines : ndarray of float, shape (n, baselines)
        Complete.
    arms : ndarray of int
        Codes of the arms, in order.
    """

    outcomes: NDArray[np.float64]
    arm: NDArray[np.int64]
    codes: NDArray[np.int64]
    segments: NDArray[np.int64]
    baselines: NDArray[np.float64]
    arms: NDArray[np.int64]

    def compare(self, code: int, column: int, *, control: int) -> tuple[TwoArms, NDArray[np.int64], tuple[int, int]]:
        """Return the rows of an arm and of control with a known outcome, their segments, and how many lack it."""
        known = ~np.isnan(self.outcomes[:, column])
        acted, spared = self.arm == code, self.arm == control
        rows = (acted | spared) & known
        found = TwoArms(
            outcome=self.outcomes[rows, column],
            acted=acted[rows],
            codes=unit_codes(self.codes[rows], int(rows.sum())),
            baselines=self.baselines[rows],
        )
        _check_arms(found, code)
        return found, self.segments[rows], (int((acted & ~known).sum()), int((spared & ~known).sum()))


def check_assignment(
    outcomes: ArrayLike,
    arm: ArrayLike,
    *,
    units: ArrayLike | None,
    baselines: ArrayLike | None,
    segments: ArrayLike | None,
    control: int,
) -> Assigned:
    """Return the arrays of an experiment, checked.

    Raises
    ------
    ValueOutOfRange
        If shapes do not fit, there is nothing to compare, or a unit stands in two arms.
    """
    given = np.asarray(arm)
    n = given.size
    table = as_table(outcomes, n, name="outcomes")
    arms = np.unique(given)
    if given.ndim != 1 or given.dtype.kind not in "iu" or control not in arms.tolist() or len(arms) < 2:
        raise ValueOutOfRange(
            what="`arm` does not tell a control and at least one other arm.",
            got=f"{n} values of type {given.dtype}: {arms[:5].tolist()}; control is {control}",
            expected="one whole number per row, among them that of the control",
            fix="number the arms, or name the control in the settings",
        )
    codes = unit_codes(units, n)
    _check_one_arm_each(codes, given)
    return Assigned(
        outcomes=table,
        arm=given.astype(np.int64),
        codes=codes,
        segments=as_segments(segments, n),
        baselines=_filled(np.zeros((n, 0)) if baselines is None else as_table(baselines, n, name="baselines")),
        arms=arms.astype(np.int64),
    )


def sample_ratio(given: Assigned, expected_shares: Mapping[int, float] | None) -> SampleRatio:
    """Return the chi-square test of the units in each arm against their expected shares.

    Raises
    ------
    ValueOutOfRange
        If an arm has no share above 0, or a share is of no arm.
    """
    arms = tuple(given.arms.tolist())
    shares = dict.fromkeys(arms, 1.0) if expected_shares is None else dict(expected_shares)
    if set(shares) != set(arms) or min(shares.values()) <= 0:
        raise ValueOutOfRange(
            what="`expected_shares` does not give each arm its share.",
            got=f"{shares} for arms {list(arms)}",
            expected="a share above 0 for each arm that was seen, and for no other",
            fix="give the shares of the lot, such as {0: 1, 1: 2} for one in three against two in three",
        )
    first = np.unique(given.codes, return_index=True)[1]
    counts = np.array([int((given.arm[first] == code).sum()) for code in arms])
    expected = np.array([shares[code] for code in arms]) / sum(shares.values())
    away = float(((counts - expected * counts.sum()) ** 2 / (expected * counts.sum())).sum())
    p_value = float(chdtrc(len(arms) - 1, away))
    return SampleRatio(
        arms=arms,
        units=tuple(counts.tolist()),
        expected=tuple(expected.tolist()),
        p_value=p_value,
        trustworthy=p_value >= RATIO_ALARM,
    )


def _check_one_arm_each(codes: NDArray[np.int64], arm: NDArray[np.int64]) -> None:
    pairs = np.unique(np.column_stack([codes, arm]), axis=0)
    twice = int((np.bincount(pairs[:, 0]) > 1).sum())
    if twice:
        raise ValueOutOfRange(
            what="Some units stand in more than one arm, so they cannot be what was drawn.",
            got=f"{twice} of {len(np.unique(codes))} units",
            expected="one arm for each unit",
            fix="leave these units out and count them, or name as unit what the lot drew",
        )


def _check_arms(rows: TwoArms, code: int) -> None:
    units = rows.units()
    if min(units) < MIN_ARM_UNITS:
        raise TooFewObservations(
            what=f"There are too few units to compare arm {code} with control.",
            got=f"{units[0]} units in the arm, {units[1]} in control, with a known outcome",
            expected=f"at least {MIN_ARM_UNITS} in each",
            fix="wait for more units, or leave the arm out",
        )
    if np.ptp(rows.outcome) == 0:
        raise ValueOutOfRange(
            what="An outcome is the same in every row, so no arm can be seen to move it.",
            got=f"{len(rows.outcome)} rows, all {rows.outcome[0]:g}",
            expected="an outcome that varies",
            fix="check the outcome, or wait longer",
        )


def _filled(table: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the baselines with what is missing at the column's mean, and a column for each that had gaps."""
    gaps = np.isnan(table)
    with_gaps = gaps.any(axis=0)
    seen = np.maximum((~gaps).sum(axis=0), 1)
    means = np.where(gaps, 0.0, table).sum(axis=0) / seen
    return np.column_stack([np.where(gaps, means, table), gaps[:, with_gaps].astype(float)])
