"""What a treatment assigned by lot does: arms against control, with the checks that a lot asks for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import stdtrit

from promesa.stats.effect_estimates import equality_p_value
from promesa.stats.experiment_means import TwoArms, adjusted_means, plain_means
from promesa.stats.experiment_results import ArmEffect, ArmSegment, Experiment, ExperimentSettings
from promesa.stats.experiment_rows import Assigned, check_assignment, sample_ratio
from promesa.stats.multiplicity import benjamini_hochberg
from promesa.stats.sequential import always_valid_interval

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

    from promesa.stats.effect_estimates import EffectEstimate
    from promesa.stats.experiment_means import ArmMeans
    from promesa.stats.shares import Interval


def experiment(
    outcomes: ArrayLike,
    arm: ArrayLike,
    *,
    units: ArrayLike | None = None,
    baselines: ArrayLike | None = None,
    expected_shares: Mapping[int, float] | None = None,
    segments: ArrayLike | None = None,
    settings: ExperimentSettings | None = None,
) -> Experiment:
    """Compare each arm of a randomised experiment with its control, on each outcome.

    Parameters
    ----------
    outcomes : array-like of float, shape (n,) or (n, outcomes)
        NaN means missing: left out for that outcome and counted by arm.
    arm : array-like of int, shape (n,)
        Code of the arm of each row.
    units : array-like, shape (n,), optional
        What was drawn, such as the customer. Without it each row was drawn on its own.
    baselines : array-like of float, shape (n, baselines), optional
        What was known before the lot, such as the outcome of the period before. A missing value is given the
        mean, and a column that says where it was missing is added.
    expected_shares : mapping of int to float, optional
        Share of units that each arm should hold, in any unit. Without it all arms are equally likely.
    segments : array-like of int, shape (n,), optional
        Code of each row, settled before the lot; below 0 for none.
    settings : ExperimentSettings, optional
        Control arm, level, power, planned units, smallest segment.

    Returns
    -------
    Experiment
        Effects in units of the outcome.

    Raises
    ------
    TooFewObservations
        If an arm has fewer than 10 units with a known outcome.
    ValueOutOfRange
        If there is no control or no other arm, a unit stands in two arms, an outcome never varies, a share is
        missing, or shapes do not fit.

    See Also
    --------
    promesa.stats.adjusted_effects : where nobody drew lots.

    Notes
    -----
    Estimand: the mean of Y(arm) - Y(control) in the population that the units were drawn from, for all who
    were assigned, whether they took the treatment or not. It breaks where the lot was not one (`sample_ratio`),
    where outcomes are missing more in one arm than in another (compare `n_missing`), and where units affect
    each other.

    The plain difference has Welch's interval, with variances of whole units. With baselines the effect is that
    of a regression in each arm [1]_, which only sharpens it. p-values of all arms and outcomes, and those of all
    segments, are each adjusted as one family. Intervals are not: each holds its effect alone. Fixed-time
    intervals are for one look, at the time planned.

    References
    ----------
    .. [1] W. Lin (2013). Agnostic notes on regression adjustments to experimental data. Annals of Applied
       Statistics 7(1), 295-318. doi:10.1214/12-AOAS583
    .. [2] A. Deng, Y. Xu, R. Kohavi, T. Walker (2013). Improving the sensitivity of online controlled
       experiments by utilizing pre-experiment data. WSDM, 123-132. doi:10.1145/2433396.2433413
    .. [3] A. Fabijan et al. (2019). Diagnosing sample ratio mismatch in online controlled experiments. KDD,
       2156-2164. doi:10.1145/3292500.3330722

    Examples
    --------
    >>> random = np.random.default_rng(1)
    >>> arm = random.permutation(np.repeat([0, 1], 500))
    >>> before = random.normal(size=1_000)
    >>> after = 7 + 0.3 * arm + before + random.normal(size=1_000)
    >>> [found] = experiment(after, arm, baselines=before[:, None]).arms
    >>> round(found.difference.estimate, 2), round(found.effect.estimate, 2), round(found.variance_reduction, 2)
    (0.33, 0.29, 0.52)
    """
    settings = settings or ExperimentSettings()
    settings.check()
    given = check_assignment(
        outcomes, arm, units=units, baselines=baselines, segments=segments, control=settings.control
    )
    found = [
        _arm_effect(given, int(code), column, settings)
        for column in range(given.outcomes.shape[1])
        for code in given.arms
        if code != settings.control
    ]
    return Experiment(
        arms=_with_adjusted_p_values(found),
        sample_ratio=sample_ratio(given, expected_shares),
        control=settings.control,
        n=len(given.arm),
        units=int(given.codes.max()) + 1,
        confidence_level=settings.confidence_level,
    )


def _arm_effect(given: Assigned, code: int, column: int, settings: ExperimentSettings) -> ArmEffect:
    level = settings.confidence_level
    rows, segments, missing = given.compare(code, column, control=settings.control)
    plain = plain_means(rows)
    best = adjusted_means(rows) if rows.baselines.shape[1] else plain
    effect = best.estimate(confidence_level=level)
    by_segment, interaction = _segments(rows, segments, settings)
    base = float(best.means[1])
    return ArmEffect(
        arm=code,
        outcome=column,
        mean=float(plain.means[0]),
        control_mean=float(plain.means[1]),
        difference=plain.estimate(confidence_level=level),
        effect=effect,
        variance_reduction=1 - best.variance / plain.variance if rows.baselines.shape[1] else None,
        p_adjusted=effect.p_value,
        lift=effect.estimate / base if base else float("nan"),
        lift_interval=best.lift_interval(confidence_level=level),
        at_every_look=_at_every_look(effect, sum(plain.units), settings),
        detectable=_detectable(best, settings),
        segments=by_segment,
        interaction_p_value=interaction,
        n=int(rows.acted.sum()),
        control_n=int((~rows.acted).sum()),
        units=plain.units[0],
        control_units=plain.units[1],
        n_missing=missing[0],
        control_n_missing=missing[1],
    )


def _at_every_look(effect: EffectEstimate, units: int, settings: ExperimentSettings) -> Interval | None:
    if settings.planned_units is None:
        return None
    return always_valid_interval(
        effect.estimate,
        effect.standard_error,
        n=units,
        planned_n=settings.planned_units,
        confidence_level=settings.confidence_level,
    )


def _detectable(means: ArmMeans, settings: ExperimentSettings) -> float:
    freedom = means.freedom
    reach = float(stdtrit(freedom, (1 + settings.confidence_level) / 2)) + float(stdtrit(freedom, settings.power))
    return reach * means.variance**0.5


def _segments(
    rows: TwoArms, segments: NDArray[np.int64], settings: ExperimentSettings
) -> tuple[tuple[ArmSegment, ...], float]:
    """Return the effect in each segment and the p-value of the test that they are equal."""
    found: list[ArmSegment] = []
    shown: list[tuple[float, NDArray[np.float64]]] = []
    for code in np.unique(segments[segments >= 0]).tolist():
        inside = segments == code
        part = rows.where(inside)
        units, effect = part.units(), None
        if min(units) >= settings.min_segment:
            means = adjusted_means(part)
            effect = means.estimate(confidence_level=settings.confidence_level)
            influence = np.zeros(len(segments))
            influence[inside] = (means.influence[:, 0] - means.influence[:, 1]) / len(part.outcome)
            shown.append((means.difference, influence))
        found.append(
            ArmSegment(
                segment=code,
                effect=effect,
                p_adjusted=effect.p_value if effect else float("nan"),
                units=units[0],
                control_units=units[1],
            )
        )
    return tuple(found), _interaction(shown, rows.codes)


def _interaction(shown: list[tuple[float, NDArray[np.float64]]], codes: NDArray[np.int64]) -> float:
    if len(shown) < 2:
        return float("nan")
    sums = np.column_stack([np.bincount(codes, weights=influence) for _, influence in shown])
    return equality_p_value(np.array([value for value, _ in shown]), np.asarray(sums.T @ sums, dtype=float))


def _with_adjusted_p_values(found: list[ArmEffect]) -> tuple[ArmEffect, ...]:
    of_arms = benjamini_hochberg([one.effect.p_value for one in found])
    of_segments = iter(benjamini_hochberg([s.p_adjusted for one in found for s in one.segments]).tolist())
    return tuple(
        replace(
            one,
            p_adjusted=float(of_arms[k]),
            segments=tuple(replace(s, p_adjusted=next(of_segments)) for s in one.segments),
        )
        for k, one in enumerate(found)
    )
