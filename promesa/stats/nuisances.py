"""What treatment and outcome are expected to be, given the confounders, and the scores that follow."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from promesa.errors import ValueOutOfRange
from promesa.stats.balance import find_overlap, find_overlap_of_amount
from promesa.stats.cross_fitting import Confounders, LearnerChoice, Target, cross_fit, unit_folds
from promesa.stats.orthogonal_scores import Score, effect_on_all, effect_on_treated, effect_per_unit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from promesa.stats.adjusted_results import AdjustmentSettings
    from promesa.stats.adjusted_rows import Sample
    from promesa.stats.balance import Overlap
    from promesa.stats.cross_fitting import Learner

    Choices = Mapping[tuple[str, int], LearnerChoice]

MOST_ALONE = 0.1  # share of treated rows without comparison above which no effect is given
LEAST_LEFT = {True: 0.02, False: 0.001}  # of the treatment's variance, yes/no and amount


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Nuisances:
    """Predictions for rows that their learners have not seen.

    Attributes
    ----------
    treatment : ndarray of float, shape (n,)
        Probability of a yes, not trimmed, or expected amount.
    without, with_ : ndarray of float, shape (n, outcomes)
        Expected outcomes without and with the treatment; for an amount both are the expected outcome.
    choices : mapping
        Learner of each nuisance, by name and column of the outcome (-1 for the treatment).
    """

    treatment: NDArray[np.float64]
    without: NDArray[np.float64]
    with_: NDArray[np.float64]
    choices: Choices


def fit_nuisances(
    sample: Sample, settings: AdjustmentSettings, *, repetition: int = 0, chosen: Choices | None = None
) -> Nuisances:
    """Predict treatment and outcomes by folds of units; `chosen` fixes the learners."""
    fold = unit_folds(
        sample.codes,
        treated=sample.treatment > 0 if sample.yes_no else np.zeros(sample.n, dtype=bool),
        folds=settings.folds,
        seed=settings.seed + repetition,
    )
    choices: dict[tuple[str, int], LearnerChoice] = {}

    def predict(target: Target, column: int) -> NDArray[np.float64]:
        key = (target.name, column)
        learners: tuple[Learner, ...] = (chosen[key].learner,) if chosen else settings.learners
        seed = settings.seed + repetition
        values, choices[key] = cross_fit(target, sample.confounders, fold=fold, learners=learners, seed=seed)
        return values

    everyone = np.ones(sample.n, dtype=bool)
    yes = sample.treatment > 0
    treatment = predict(
        Target(name="treatment", values=sample.treatment, among=everyone, probability=sample.yes_no), -1
    )
    arms = {"outcome_without": ~yes, "outcome_with": yes} if sample.yes_no else {"outcome": everyone}
    expected: list[NDArray[np.float64]] = []
    for name, among in arms.items():
        targets = [Target(name=name, values=y, among=among, probability=False) for y in sample.outcomes.T]
        expected.append(np.column_stack([predict(target, column) for column, target in enumerate(targets)]))
    return Nuisances(treatment=treatment, without=expected[0], with_=expected[-1], choices=choices)


def leave_out(sample: Sample, columns: tuple[int, ...]) -> Sample:
    """Return the sample without some confounders."""
    table = np.delete(sample.confounders.table, columns, axis=1)
    return replace(sample, confounders=Confounders(table))


def main_score(sample: Sample, found: Nuisances, column: int, *, trim: float) -> Score:
    """Return the score of the effect on the treated, or per unit of an amount."""
    outcome = sample.outcomes[:, column]
    if not sample.yes_no:
        return effect_per_unit(outcome, sample.treatment, found.treatment, found.without[:, column])
    propensity = np.clip(found.treatment, trim, 1 - trim)
    return effect_on_treated(outcome, sample.treatment, propensity, found.without[:, column], found.with_[:, column])


def score_on_all(sample: Sample, found: Nuisances, column: int, *, trim: float) -> Score:
    """Return the score of the average effect over all rows, of a yes/no treatment."""
    propensity = np.clip(found.treatment, trim, 1 - trim)
    outcome = sample.outcomes[:, column]
    return effect_on_all(outcome, sample.treatment, propensity, found.without[:, column], found.with_[:, column])


def checked_overlap(sample: Sample, found: Nuisances, *, trim: float) -> Overlap:
    """Return the overlap; refuse a sample in which the treated have nobody to be compared with.

    Raises
    ------
    ValueOutOfRange
        If more than a tenth of the treated rows have a probability beyond the bound, or the confounders leave
        next to nothing of the treatment.
    """
    if sample.yes_no:
        overlap = find_overlap(sample.treatment, found.treatment, trim=trim)
    else:
        overlap = find_overlap_of_amount(sample.treatment, found.treatment)
    alone = int(((sample.treatment > 0) & (found.treatment > 1 - trim)).sum()) if sample.yes_no else sample.n
    if overlap.treated_without_comparison > MOST_ALONE or overlap.treatment_left < LEAST_LEFT[sample.yes_no]:
        acted = int((sample.treatment > 0).sum()) if sample.yes_no else sample.n
        raise ValueOutOfRange(
            what="The confounders all but decide the treatment, so there is nobody to compare with.",
            got=f"{alone} of {acted} {'rows with the treatment' if sample.yes_no else 'rows in all'} where no "
            f"comparison exists; {overlap.treatment_left:.1%} of the treatment's variance is left",
            expected=f"at most {MOST_ALONE:.0%} of them, and more than {LEAST_LEFT[sample.yes_no]:.1%} left",
            fix="take out the confounder that is the treatment by another name, or keep to rows where both occur",
        )
    return overlap
