"""Penalty and reward: what failing in an element costs, what excelling in it brings, and which shape that is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from promesa.errors import ValueOutOfRange
from promesa.stats.asymmetry_bends import BendSettings, Regression, find_bends
from promesa.stats.asymmetry_levels import level_sums, with_levels
from promesa.stats.asymmetry_results import Asymmetry, Bend, ElementAsymmetry
from promesa.stats.asymmetry_sides import Fit, HingeDesign, answer, hinge_design, slope_bends, twin, unanswered
from promesa.stats.regression_blocks import clustered_covariance
from promesa.stats.regression_elements import Element, describe_elements
from promesa.stats.regression_rows import as_directions, observe
from promesa.stats.regressions import check_level, solve, t_quantile

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def asymmetry(
    outcome: ArrayLike,
    values: ArrayLike,
    *,
    better: ArrayLike,
    units: ArrayLike | None = None,
    confounders: ArrayLike | None = None,
    bootstraps: int = 200,
    confidence_level: float = 0.95,
    seed: int,
) -> Asymmetry:
    """Estimate what each element costs when it fails and brings when it excels, all elements at once.

    Parameters
    ----------
    outcome : array-like of float, shape (n,)
        More is better. NaN means missing: the row is left out and counted.
    values : array-like of float, shape (n, elements)
        Level of each element in each journey; NaN where the journey did not meet it or it is missing.
    better : array-like of int, shape (elements,)
        1 where more is better, -1 where less is, 0 where neither is: the element is skipped.
    units : array-like, shape (n,), optional
        Customer of each row. Without it each row is its own unit.
    confounders : array-like of float, shape (n, confounders), optional
        Columns held fixed, dummies made. A row with any NaN is left out and counted.
    bootstraps : int, default 200
        Samples drawn for the interval of each bend; 0 leaves bends out.
    confidence_level : float, default 0.95
        Fraction in (0, 1).
    seed : int
        Seed of the probabilities of shapes and of the bends.

    Returns
    -------
    Asymmetry
        Penalties and rewards in the outcome's unit.

    Raises
    ------
    TooFewObservations
        If fewer than 20 units, or not more rows than columns and 2, are complete.
    ValueOutOfRange
        If the outcome does not vary, a number is infinite, shapes do not fit, or a setting is out of range.

    See Also
    --------
    promesa.stats.importance : how much of the outcome's variance falls to each element.

    Notes
    -----
    Estimand: in the best prediction of the outcome by lines that may bend at each element's usual level, the
    change from the usual level to the mean of the worst tenth (penalty) and of the best tenth (reward), all
    other elements, presence and confounders held. The usual level is the median of the journeys that met the
    element, or the more frequent of two levels; the worst tenth is taken among those worse than usual. It is
    association: it is an effect only if elements vary for no reason that also moves the outcome and is not held.

    One least-squares regression holds two columns for each element, min(x - usual, 0) and max(x - usual, 0)
    (one for two levels), 0 where it was not met, and a column of presence for each pattern of absence. The
    covariance is clustered by unit and holds what is unsure of the levels too: where the usual level moves, so
    does the place of the bend (delta method). A side with fewer than 30 journeys or 1 % of those that met the
    element is not observed.

    Shape: must-be where the outcome falls more than twice as fast below the usual level as it rises above it,
    delight where it rises more than twice as fast, performance in between, none where neither side differs from
    0 in the right direction. The sides are compared at the same distance, so that a long tail of bad levels is
    not taken for an essential. Where one side is not observed, the shape is that of the other if at least 80 %
    of the journeys are at the usual level or beyond it, and performance otherwise.

    References
    ----------
    .. [1] V. Mittal, W. T. Ross, P. M. Baldasare (1998). The asymmetric impact of negative and positive
       attribute-level performance. Journal of Marketing 62(1), 33-47. doi:10.1177/002224299806200104
    .. [2] N. Kano, N. Seraku, F. Takahashi, S. Tsuji (1984). Attractive quality and must-be quality. Journal of
       the Japanese Society for Quality Control 14(2), 147-156.

    Examples
    --------
    >>> random = np.random.default_rng(1)
    >>> late = (random.random(2000) < 0.1).astype(float)
    >>> score = 8 - 2 * late + random.normal(size=2000)
    >>> found = asymmetry(score, late[:, None], better=[-1], seed=1).elements[0]
    >>> found.shape, round(found.penalty), found.notes
    ('must_be', -2, ('reward-not-observed',))
    """
    check_level(confidence_level)
    _check_bootstraps(bootstraps)
    seen = observe(outcome, values, units=units, confounders=confounders)
    elements = describe_elements(
        seen.values, better=as_directions(better, elements=seen.values.shape[1]), needs_direction=True
    )
    design = hinge_design(seen, elements)
    rows = seen.rows()
    equations = solve(rows, design.columns, seen.outcome)
    covariance, squares = clustered_covariance(rows, design.columns, seen.outcome, equations)
    levels = level_sums(seen, rows, design=design, equations=equations)
    covariance = with_levels(covariance, levels, bends=slope_bends(equations, design))
    fit = Fit(equations=equations, covariance=covariance, reach=t_quantile(rows.units, confidence_level))
    bends = dict[int, Bend]()
    if bootstraps:
        regression = Regression(columns=design.columns, outcome=seen.outcome, equations=equations)
        settings = BendSettings(bootstraps=bootstraps, confidence_level=confidence_level, seed=seed)
        bends = find_bends(regression, seen, places=design.places, settings=settings)
    return Asymmetry(
        elements=_answers(elements, design, fit, bends=bends, n=seen.n, seed=seed),
        r_squared=1 - squares / equations.outcome_squares,
        n=seen.n,
        n_missing=seen.n_missing,
        n_units=rows.units,
        confidence_level=confidence_level,
    )


def _answers(
    elements: tuple[Element, ...], design: HingeDesign, fit: Fit, *, bends: dict[int, Bend], n: int, seed: int
) -> tuple[ElementAsymmetry, ...]:
    """Return the answer of each element; one that is the same as an earlier one gets its figures."""
    answers = list[ElementAsymmetry]()
    for element in elements:
        source = design.source(element)
        if source is None:
            answers.append(unanswered(element, n=n, note=element.fault))
            continue
        random = np.random.default_rng([seed, source.column])
        found = answer(source, fit.sides(design, source), n=n, random=random, bend=bends.get(source.column))
        answers.append(twin(element, found, source=source) if element.fault else found)
    return tuple(answers)


def _check_bootstraps(bootstraps: int) -> None:
    if bootstraps < 0 or 0 < bootstraps < 20:
        raise ValueOutOfRange(
            what="`bootstraps` is too small for an interval.",
            got=f"{bootstraps}",
            expected="at least 20, or 0 for no bends",
            fix="use bootstraps=200",
        )
