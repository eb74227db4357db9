"""Scores whose mean is an effect and which small errors of the nuisances do not move."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from promesa.stats.effect_estimates import EffectEstimate, clustered_influence, effect_estimate

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Score:
    """An effect as sum of `numerator` over sum of `denominator`, and what its sensitivity needs.

    Attributes
    ----------
    numerator, denominator : ndarray of float, shape (n,)
        Of each row.
    residual : ndarray of float, shape (n,)
        Outcome less what treatment and confounders say of it.
    weight : ndarray of float, shape (n,)
        The Riesz representer: the weight that each row's residual gets in the estimate.
    weight_square : float
        Mean square of the representer, given the propensities. It is steadier than the mean of squared weights,
        in which one row with an extreme weight decides, and never negative.
    weight_influence : ndarray of float, shape (n,)
        Influence of each row on that mean square.
    """

    numerator: NDArray[np.float64]
    denominator: NDArray[np.float64]
    residual: NDArray[np.float64]
    weight: NDArray[np.float64]
    weight_square: float
    weight_influence: NDArray[np.float64]

    @property
    def estimate(self) -> float:
        """Return the effect."""
        return float(self.numerator.sum() / self.denominator.sum())

    def influence(self) -> NDArray[np.float64]:
        """Return how far each row moves the effect, times n."""
        return (self.numerator - self.estimate * self.denominator) / self.denominator.mean()


def effect_on_all(
    outcome: NDArray[np.float64],
    treated: NDArray[np.float64],
    propensity: NDArray[np.float64],
    without: NDArray[np.float64],
    with_: NDArray[np.float64],
) -> Score:
    """Return the augmented inverse-probability score of the average effect over all rows."""
    weight = treated / propensity - (1 - treated) / (1 - propensity)
    residual = outcome - np.where(treated > 0, with_, without)
    square = 1 / propensity + 1 / (1 - propensity)
    return Score(
        numerator=with_ - without + weight * residual,
        denominator=np.ones(len(outcome)),
        residual=residual,
        weight=weight,
        weight_square=float(square.mean()),
        weight_influence=square - square.mean(),
    )


def effect_on_treated(
    outcome: NDArray[np.float64],
    treated: NDArray[np.float64],
    propensity: NDArray[np.float64],
    without: NDArray[np.float64],
    with_: NDArray[np.float64],
) -> Score:
    """Return the doubly robust score of the average effect over the rows that were treated."""
    share = float(treated.mean())
    odds = propensity / (1 - propensity)
    weight = (treated - (1 - treated) * odds) / share
    square = odds / share**2
    return Score(
        numerator=(outcome - without) * (treated - (1 - treated) * odds),
        denominator=treated,
        residual=outcome - np.where(treated > 0, with_, without),
        weight=weight,
        weight_square=float(square.mean()),
        weight_influence=square - square.mean() * (1 + 2 * (treated - share) / share),
    )


def effect_per_unit(
    outcome: NDArray[np.float64],
    amount: NDArray[np.float64],
    expected_amount: NDArray[np.float64],
    expected_outcome: NDArray[np.float64],
) -> Score:
    """Return the partialling-out score of the effect of one unit more of an amount."""
    left, right = amount - expected_amount, outcome - expected_outcome
    squares = left**2
    slope = float((left * right).sum() / squares.sum())
    inverse = 1 / float(squares.mean())
    return Score(
        numerator=left * right,
        denominator=squares,
        residual=right - slope * left,
        weight=left * inverse,
        weight_square=inverse,
        weight_influence=inverse - squares * inverse**2,
    )


def estimate_score(score: Score, codes: NDArray[np.int64], *, confidence_level: float) -> EffectEstimate:
    """Return the effect of a score with its interval clustered by unit."""
    variance = float(clustered_influence(score.influence()[:, None], codes)[0, 0])
    units = len(np.unique(codes))
    return effect_estimate(score.estimate, variance, freedom=units - 1, confidence_level=confidence_level)


def median_estimate(found: list[EffectEstimate], *, freedom: float, confidence_level: float) -> EffectEstimate:
    """Return the median of estimates over repetitions of the folds, with their spread in its variance [1]_.

    References
    ----------
    .. [1] V. Chernozhukov et al. (2018). Double/debiased machine learning for treatment and structural
       parameters. The Econometrics Journal 21, C1-C68, definition 3.3. doi:10.1111/ectj.12097
    """
    values = np.array([one.estimate for one in found])
    errors = np.array([one.standard_error for one in found])
    middle = float(np.median(values))
    variance = float(np.median(errors**2 + (values - middle) ** 2))
    return effect_estimate(middle, variance, freedom=freedom, confidence_level=confidence_level)
