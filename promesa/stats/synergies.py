"""Synergies: pairs of elements that do more, or less, together than the sum of each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from promesa.errors import ValueOutOfRange
from promesa.stats.regression_blocks import UnitRows, rows_by_unit
from promesa.stats.regression_elements import Element, describe_elements
from promesa.stats.regression_rows import Observed, as_directions, observe
from promesa.stats.regressions import check_equations, check_level, check_units
from promesa.stats.shares import Interval
from promesa.stats.synergy_columns import make_curves, make_products
from promesa.stats.synergy_moves import move_weights, moved_level, sense_of
from promesa.stats.synergy_results import PairSynergy, Synergies
from promesa.stats.synergy_verdicts import Estimate, Verdict, judge_pairs, solve_half
from promesa.stats.unit_hashes import unit_hashes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray


def synergy(
    outcome: ArrayLike,
    values: ArrayLike,
    *,
    better: ArrayLike,
    units: ArrayLike | None = None,
    confounders: ArrayLike | None = None,
    false_discovery: float = 0.05,
    confidence_level: float = 0.95,
    seed: int,
) -> Synergies:
    """Find the pairs of elements whose joint effect differs from the sum of each, and confirm them on other units.

    Parameters
    ----------
    outcome : array-like of float, shape (n,)
        More is better. NaN means missing: the row is left out and counted.
    values : array-like of float, shape (n, elements)
        Level of each element in each journey; NaN where the journey did not meet it or it is missing.
    better : array-like of int, shape (elements,)
        1 where more is better, -1 where less is, 0 where neither is: it is tested, and told without good and bad.
    units : array-like, shape (n,), optional
        Customer of each row. Without it each row is its own unit.
    confounders : array-like of float, shape (n, confounders), optional
        Columns held fixed, dummies made. A row with any NaN is left out and counted.
    false_discovery : float, default 0.05
        Rate of false discoveries among the pairs proposed, and level of the confirmation; a fraction in (0, 1).
    confidence_level : float, default 0.95
        Fraction in (0, 1).
    seed : int
        Seed of the halves.

    Returns
    -------
    Synergies
        Every pair, in the outcome's unit.

    Raises
    ------
    TooFewObservations
        If a half holds fewer than 20 units, or not more rows than columns and 2.
    ValueOutOfRange
        If the outcome does not vary, a number is infinite, shapes do not fit, or a setting is out of range.

    See Also
    --------
    promesa.stats.asymmetry : what each element costs and brings by itself.

    Notes
    -----
    Estimand: the coefficient of the product of two centred elements among the journeys that met both, in the
    best prediction of the outcome that lets every element curve by itself, times the two moves: `extra`, what
    moving both does beyond the sum of moving each. An element moves from its usual level (median, or the more
    frequent of two levels) to the mean of its worst tenth; one with two levels to the rarer; one that is
    usually at its worst to the mean of its best tenth. It is association, as in `asymmetry`.

    Each element has a level of its own for each of up to 12 values, or else line, square, cube and hinges at
    its usual level and at quantiles, so that what is curved in one element is not taken for synergy with
    another that goes with it. Besides, a pair has columns for having met both and for the line of each where
    the other was met too. A step inside a continuous element that goes with another can still look like one.

    Units are split into halves by a hash of the unit and the seed. The discovery half tests all pairs and
    proposes those that pass Benjamini-Hochberg; the hold-out half tests these alone, with Holm's correction.
    Its figures had no part in the choice, so they are not too large. Variances are clustered by unit and
    enlarged for units that carry much of a pair (as CR2 does); t has as many degrees of freedom as units that
    would tell as much if all told the same, less 1 [2]_. Pairs are estimated one at a time, so that a pair that
    goes with a true one can be confirmed too: it is called its shadow where, in one regression with all pairs
    confirmed with smaller p-values, nothing is left of it that differs from 0.

    The senses: ``worse_together`` two failures cost more than their sum; ``better_together`` two excellences
    bring more; ``failure_cancels_good`` the good of one is lost where the other fails; ``good_covers_good`` one
    excellence leaves the other less to do; ``good_softens_failure`` a failure costs less where the other
    excels; ``more_together`` and ``less_together`` where an element has no direction.

    References
    ----------
    .. [1] Y. Benjamini, Y. Hochberg (1995). Controlling the false discovery rate. Journal of the Royal
       Statistical Society B 57, 289-300. doi:10.1111/j.2517-6161.1995.tb02031.x
    .. [2] A. V. Carter, K. T. Schnepel, D. G. Steigerwald (2017). Asymptotic behavior of a t-test robust to
       cluster heterogeneity. Review of Economics and Statistics 99(4), 698-709. doi:10.1162/REST_a_00639
    .. [3] S. Holm (1979). A simple sequentially rejective multiple test procedure. Scandinavian Journal of
       Statistics 6, 65-70.

    Examples
    --------
    >>> random = np.random.default_rng(1)
    >>> late, rude = (random.random((2, 8000)) < 0.2).astype(float)
    >>> score = 8 - late - rude - 2 * late * rude + random.normal(size=8000)
    >>> found = synergy(score, np.column_stack([late, rude]), better=[-1, -1], seed=1).pairs[0]
    >>> found.status, found.sense, round(found.holdout.extra), round(found.sum_of_parts), round(found.whole)
    ('confirmed', 'worse_together', -2, -2, -4)
    """
    check_level(confidence_level)
    _check_rate(false_discovery)
    seen = observe(outcome, values, units=units, confounders=confounders)
    directions = as_directions(better, elements=seen.values.shape[1])
    elements = describe_elements(seen.values, better=directions, needs_direction=False)
    held_out = unit_hashes(seen.keys, seed=seed) >> np.uint64(63) == 1
    parts = [np.flatnonzero(~held_out), np.flatnonzero(held_out)]
    for part in parts:
        check_units(seen.keys[part])
    directed = [element for element in elements if not element.fault]
    answers = dict[tuple[int, int], PairSynergy]()
    if len(directed) > 1:
        search = _Search(seen=seen, directions=directions, rate=false_discovery, level=confidence_level)
        answers = search.answers(directed, parts)
    pairs = tuple(
        answers.get((one.column, other.column)) or _untested(one, other, note=one.fault or other.fault)
        for k, one in enumerate(elements)
        for other in elements[k + 1 :]
    )
    return Synergies(
        pairs=pairs,
        elements=len(elements),
        n=seen.n,
        n_missing=seen.n_missing,
        n_units=(len(np.unique(seen.keys[parts[0]])), len(np.unique(seen.keys[parts[1]]))),
        tested=sum(pair.status != "too_few" for pair in pairs),
        false_discovery=false_discovery,
        confidence_level=confidence_level,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Search:
    seen: Observed
    directions: NDArray[np.int64]
    rate: float
    level: float

    def answers(
        self, elements: Sequence[Element], parts: Sequence[NDArray[np.intp]]
    ) -> dict[tuple[int, int], PairSynergy]:
        """Return the answer of each pair of usable elements, by their columns."""
        products = make_products(make_curves(self.seen, elements))
        first, second = (solve_half(self.seen, _rows_of(self.seen, part), products) for part in parts)
        check_equations(first.projected.rows, first.projected.equations)
        check_equations(second.projected.rows, second.projected.equations)
        shape = {"values": self.seen.values.shape[1], "confounders": self.seen.confounders.shape[1]}
        weights = [move_weights(products, pair, **shape) for pair in range(len(products.pairs))]
        tested = judge_pairs((first, second), [w[0] for w in weights], rate=self.rate, level=self.level)
        proposed = [pair for pair, found in enumerate(tested) if found.proposed]
        totals = second.figures([(pair, weights[pair][k]) for pair in proposed for k in (1, 2)])
        by_pair = {pair: (totals[2 * k], totals[2 * k + 1]) for k, pair in enumerate(proposed)}
        ranked = sorted((pair for pair in proposed if tested[pair].confirmed), key=lambda pair: tested[pair].rank)
        beside = second.beside_stronger([(pair, weights[pair][0]) for pair in ranked])
        shadows = {pair for pair, found in zip(ranked, beside, strict=True) if found.p_value > 1 - self.level}
        found = dict[tuple[int, int], PairSynergy]()
        for pair, (i, j) in enumerate(products.pairs):
            both = elements[i], elements[j]
            answer = self._answer(both, tested[pair], by_pair.get(pair))
            found[both[0].column, both[1].column] = replace(answer, shadow=pair in shadows)
        return found

    def _answer(
        self, both: tuple[Element, Element], tested: Verdict, totals: tuple[Estimate, Estimate] | None
    ) -> PairSynergy:
        one, other = both
        if tested.holdout is None:
            return _untested(one, other, note=tested.note)
        oriented = bool(self.directions[one.column] and self.directions[other.column])
        answer = replace(
            _untested(one, other, note=""),
            status="confirmed" if tested.confirmed else "proposed" if tested.proposed else "not_found",
            sense=sense_of(tested.holdout.extra, one, other, oriented=oriented),
            discovery=tested.discovery,
            holdout=tested.holdout,
        )
        if totals is None:
            return answer
        return replace(
            answer,
            sum_of_parts=totals[0].value,
            sum_interval=totals[0].interval(self.level),
            whole=totals[1].value,
            whole_interval=totals[1].interval(self.level),
        )


def _untested(one: Element, other: Element, *, note: str) -> PairSynergy:
    nothing = Interval(float("nan"), float("nan"))
    return PairSynergy(
        first=one.column,
        second=other.column,
        status="too_few",
        shadow=False,
        sense=None,
        usual=(one.direction * one.usual, other.direction * other.usual),
        moved=(one.direction * moved_level(one), other.direction * moved_level(other)),
        discovery=None,
        holdout=None,
        sum_of_parts=float("nan"),
        sum_interval=nothing,
        whole=float("nan"),
        whole_interval=nothing,
        note=note,
    )


def _rows_of(seen: Observed, part: NDArray[np.intp]) -> UnitRows:
    rows = rows_by_unit(seen.keys[part])
    return UnitRows(order=part[rows.order], starts=rows.starts)


def _check_rate(false_discovery: float) -> None:
    if not 0 < false_discovery < 1:
        raise ValueOutOfRange(
            what="`false_discovery` is not a rate.",
            got=f"{false_discovery!r}",
            expected="a fraction greater than 0 and less than 1",
            fix="write 5 % as false_discovery=0.05",
        )
