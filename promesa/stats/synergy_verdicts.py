"""Discovery and confirmation: figures of all pairs in both halves, and which pairs pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import stdtr, stdtrit

from promesa.stats.multiplicity import benjamini_hochberg
from promesa.stats.shares import Interval
from promesa.stats.synergy_pairs import combine, estimate, project, solve_columns, solve_pair, variances
from promesa.stats.synergy_results import HalfFigures

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from promesa.stats.regression_blocks import UnitRows
    from promesa.stats.regression_rows import Observed
    from promesa.stats.synergy_columns import Products
    from promesa.stats.synergy_pairs import PairSystem, Projected

MIN_UNITS = 100  # that met both elements
MIN_EFFECTIVE = 10.0  # units, in each half, that a product rests on
NAN = float("nan")


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A figure, its standard error and the units that it rests on."""

    value: float
    error: float
    effective_units: float

    @property
    def p_value(self) -> float:
        """Return the probability of a figure as far from 0 if it were 0."""
        if self.error <= 0:  # told exactly, or nothing left of the product
            return 1.0 if self.value == 0 else 0.0
        return float(2 * stdtr(self._freedom, -abs(self.value) / self.error))

    def interval(self, confidence_level: float) -> Interval:
        """Return the t interval."""
        half = float(stdtrit(self._freedom, (1 + confidence_level) / 2)) * self.error
        return Interval(self.value - half, self.value + half)

    @property
    def _freedom(self) -> float:
        return max(self.effective_units - 1, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Half:
    """One half of the units, projected and solved for every pair."""

    seen: Observed
    products: Products
    projected: Projected
    systems: list[PairSystem | None]
    n: NDArray[np.int64]
    n_units: NDArray[np.int64]

    @property
    def base(self) -> int:
        """Return the number of columns of curves, those dropped included."""
        equations = self.projected.equations
        return len(equations.kept) + len(equations.constant) + len(equations.combination)

    def figures(self, wanted: Sequence[tuple[int, NDArray[np.float64]]]) -> list[Estimate]:
        """Return linear combinations of the coefficients of pairs: pair and weights of all columns."""
        pairs = sorted({pair for pair, _ in wanted})
        systems = [system for system in (self.systems[pair] for pair in pairs) if system is not None]
        return self._figures(systems, [(pairs.index(pair), weights) for pair, weights in wanted])

    def beside_stronger(self, ranked: Sequence[tuple[int, NDArray[np.float64]]]) -> list[Estimate]:
        """Return the figures of pairs, the surest first, each in one regression with all pairs before it."""
        used = [self.products.used[pair] for pair, _ in ranked]
        systems = [
            # Products last: where two say the same, the surer one stays.
            solve_columns(
                self.projected,
                [*dict.fromkeys(c for one in used[: k + 1] for c in one[:-1]), *(one[-1] for one in used[: k + 1])],
            )
            for k in range(len(ranked))
        ]
        return self._figures(systems, [(k, weights) for k, (_, weights) in enumerate(ranked)])

    def _figures(
        self, systems: Sequence[PairSystem], wanted: Sequence[tuple[int, NDArray[np.float64]]]
    ) -> list[Estimate]:
        if not wanted:
            return []
        values = estimate(self.projected, systems, wanted, base=self.base)
        combined = combine(self.projected, systems, wanted, base=self.base)
        spread, effective = variances(self.seen, self.projected, self.products, systems, combined)
        return [
            Estimate(value=float(value), error=float(np.sqrt(variance)), effective_units=float(units))
            for value, variance, units in zip(values, spread, effective, strict=True)
        ]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Verdict:
    """What the procedure says of one pair; figures are None where it was not tested."""

    note: str
    discovery: HalfFigures | None
    holdout: HalfFigures | None
    proposed: bool
    confirmed: bool

    @property
    def rank(self) -> float:
        """Return what pairs are ranked by: the p-value of the hold-out half."""
        return self.holdout.p_value if self.holdout else 1.0


def solve_half(seen: Observed, rows: UnitRows, products: Products) -> Half:
    """Project one half and solve all its pairs."""
    projected = project(seen, rows, products)
    n, units = _met_both(seen, rows, products)
    return Half(
        seen=seen,
        products=products,
        projected=projected,
        systems=[solve_pair(projected, columns) for columns in products.used],
        n=n,
        n_units=units,
    )


def judge_pairs(
    halves: tuple[Half, Half], weights: Sequence[NDArray[np.float64]], *, rate: float, level: float
) -> list[Verdict]:
    """Propose pairs in the first half and confirm them in the second.

    `weights` holds for each pair how `extra` depends on its columns.
    """
    notes = [_note(halves, pair) for pair in range(len(weights))]
    tried = [pair for pair, note in enumerate(notes) if not note]
    found = [half.figures([(pair, weights[pair]) for pair in tried]) for half in halves]
    enough = [
        min(one.effective_units, other.effective_units) >= MIN_EFFECTIVE for one, other in zip(*found, strict=True)
    ]
    first, second = ([e for e, use in zip(figures, enough, strict=True) if use] for figures in found)
    for pair, use in zip(tried, enough, strict=True):
        notes[pair] = "" if use else "cell"
    adjusted = benjamini_hochberg([e.p_value for e in first])
    proposed = adjusted <= rate
    again = holm(np.where(proposed, [e.p_value for e in second], NAN))
    tested = iter(zip(first, second, adjusted.tolist(), again.tolist(), strict=True))
    answers = list[Verdict]()
    for pair, note in enumerate(notes):
        if note:
            answers.append(Verdict(note=note, discovery=None, holdout=None, proposed=False, confirmed=False))
            continue
        one, other, p_one, p_other = next(tested)
        answers.append(
            Verdict(
                note="",
                discovery=_half_figures(one, halves[0], pair, adjusted_p=p_one, level=level),
                holdout=_half_figures(other, halves[1], pair, adjusted_p=p_other, level=level),
                proposed=p_one <= rate,
                confirmed=p_other <= rate and one.value * other.value > 0,
            )
        )
    return answers


def holm(p_values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return p-values adjusted so that one below the level is false with at most that probability; NaN stays.

    Examples
    --------
    >>> holm(np.array([0.01, np.nan, 0.04, 0.03])).tolist()
    [0.03, nan, 0.06, 0.06]
    """
    found = np.full(p_values.shape, np.nan)
    made = np.flatnonzero(~np.isnan(p_values))
    order = made[np.argsort(p_values[made], kind="stable")]
    scaled = p_values[order] * np.arange(len(order), 0, -1)
    found[order] = np.minimum(np.maximum.accumulate(scaled), 1.0) if len(order) else scaled
    return found


def _note(halves: tuple[Half, Half], pair: int) -> str:
    if sum(int(half.n_units[pair]) for half in halves) < MIN_UNITS:
        return "units"
    curves = halves[0].products.curves
    starts = curves.starts(halves[0].seen.confounders.shape[1])
    lines = {starts[place] for place in halves[0].products.pairs[pair]}
    if any(lines & {*half.projected.equations.combination, *half.projected.equations.constant} for half in halves):
        return "combination"
    return "cell" if any(half.systems[pair] is None for half in halves) else ""


def _met_both(seen: Observed, rows: UnitRows, products: Products) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return how many rows met both elements of each pair, and how many units have such a row."""
    met, pattern = products.curves.met(seen.values)[rows.order], products.curves.pattern.tolist()
    counted = dict[tuple[int, int], tuple[int, int]]()
    for i, j in products.pairs:
        key = (pattern[i], pattern[j])
        if key not in counted:
            both = np.ones(rows.n, dtype=bool)
            for one in key:
                both &= met[:, one] if one >= 0 else True
            counted[key] = int(both.sum()), int(np.logical_or.reduceat(both, rows.starts).sum())
    found = np.array([counted[pattern[i], pattern[j]] for i, j in products.pairs], dtype=np.int64)
    return found[:, 0], found[:, 1]


def _half_figures(figure: Estimate, half: Half, pair: int, *, adjusted_p: float, level: float) -> HalfFigures:
    return HalfFigures(
        extra=figure.value,
        interval=figure.interval(level),
        p_value=figure.p_value,
        adjusted_p=adjusted_p,
        n=int(half.n[pair]),
        n_units=int(half.n_units[pair]),
        effective_units=figure.effective_units,
    )
