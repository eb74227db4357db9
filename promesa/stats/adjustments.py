"""What a treatment that nobody assigned by lot does to outcomes, adjusted for confounders."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from promesa.errors import ValueOutOfRange
from promesa.stats.adjusted_results import AdjustedEffect, AdjustmentSettings
from promesa.stats.adjusted_rows import Given, Sample, check_rows, take_sample
from promesa.stats.adjusted_segments import segment_effects
from promesa.stats.balance import find_balance, find_balance_of_amount
from promesa.stats.nuisances import (
    Nuisances,
    checked_overlap,
    fit_nuisances,
    leave_out,
    main_score,
    score_on_all,
)
from promesa.stats.orthogonal_scores import effect_per_unit, estimate_score, median_estimate
from promesa.stats.robustness import benchmark, bias_bounds, robustness

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from promesa.stats.balance import Balance, Overlap
    from promesa.stats.effect_estimates import EffectEstimate
    from promesa.stats.orthogonal_scores import Score
    from promesa.stats.robustness import Benchmark

MOST_TRIMMED = 0.1  # share of rows at the bound above which no effect on all is given


def adjusted_effects(
    outcomes: ArrayLike,
    treatment: ArrayLike,
    *,
    confounders: ArrayLike,
    settings: AdjustmentSettings,
    units: ArrayLike | None = None,
    segments: ArrayLike | None = None,
    placebos: ArrayLike | None = None,
    benchmarks: Sequence[Sequence[int]] = (),
) -> tuple[AdjustedEffect, ...]:
    """Estimate the effect of one treatment on each outcome by double machine learning.

    Parameters
    ----------
    outcomes : array-like of float, shape (n,) or (n, outcomes)
        NaN means missing: the row is left out for that outcome and counted. Outcomes that are known in the
        same rows share the model of the treatment.
    treatment : array-like of float, shape (n,)
        Zeros and ones (a promise kept or broken), or amounts (days late). NaN: left out and counted.
    confounders : array-like of float, shape (n, confounders)
        What moves treatment and outcome and was settled before the treatment. Complete: a value that is not
        there is filled by the caller, with a column of its own that says so.
    settings : AdjustmentSettings
        Seed, folds, repetitions, trim, level, learners, smallest segment.
    units : array-like, shape (n,), optional
        Whom each row belongs to, such as its customer. Without it each row is its own unit.
    segments : array-like of int, shape (n,), optional
        Code of each row; below 0 for none. It should be settled before the treatment too.
    placebos : array-like of float, shape (n,) or (n, placebos), optional
        Outcomes that the treatment cannot have moved, such as a score given before it.
    benchmarks : sequence of sequence of int, default ()
        Groups of columns of `confounders`: how strong would an unseen one be that is as strong as these? Each
        costs a fit of all nuisances.

    Returns
    -------
    tuple of AdjustedEffect
        One for each outcome, in its units (per unit of the treatment where that is an amount).

    Raises
    ------
    TooFewObservations
        If an arm has fewer than 30 rows or 20 units.
    ValueOutOfRange
        If treatment or outcome never varies, a confounder is missing, the confounders all but decide the
        treatment, or a setting is out of range.

    See Also
    --------
    promesa.stats.experiment : for a treatment assigned by lot.

    Notes
    -----
    Estimand: for a yes/no treatment, the mean of Y(1) - Y(0) over the rows that were treated (`effect`) and
    over all rows (`effect_on_all`); no form of the outcome is assumed and effects may differ. For an amount,
    the coefficient theta of Y = theta D + g(X) + e: the effect of one unit more, averaged where it differs
    with weights that favour rows whose amount the confounders predict least. An outcome that is known of
    some rows only (a survey that not all answer) gives the effect among these.

    It is an effect only if (1) the confounders are all that moves both treatment and outcome, (2) none of them
    is itself a consequence of the treatment, (3) every kind of row could have been treated or spared, (4) one
    unit's treatment leaves the others alone. (1) cannot be tested: `placebos`, `robustness` and `benchmarks`
    say how much it would take. `overlap` speaks of (3).

    Nuisances are predicted by folds of whole units, each by the better of a penalised regression on an
    expanded basis and boosted trees. Scores are the doubly robust (yes/no) and the partialling-out one
    (amounts) [1]_; standard errors are clustered by unit, intervals those of t with clusters - 1 degrees of
    freedom. Where outcome models and propensities are both poor (few rows, extreme propensities) the interval
    is too short. Memory is about 3,000 bytes a row with 30 confounders.

    References
    ----------
    .. [1] V. Chernozhukov et al. (2018). Double/debiased machine learning for treatment and structural
       parameters. The Econometrics Journal 21, C1-C68. doi:10.1111/ectj.12097
    .. [2] C. Cinelli, C. Hazlett (2020). Making sense of sensitivity. Journal of the Royal Statistical
       Society B 82(1), 39-67. doi:10.1111/rssb.12348

    Examples
    --------
    Remote customers get late deliveries more often and are less satisfied anyway; late costs 1 point.

    >>> random = np.random.default_rng(1)
    >>> remote = random.random(2_000) < 0.4
    >>> late = random.random(2_000) < np.where(remote, 0.5, 0.1)
    >>> score = 8 - late - 2.0 * remote + random.normal(size=2_000)
    >>> [found] = adjusted_effects(score, late, confounders=remote[:, None], settings=AdjustmentSettings(seed=1))
    >>> round(found.unadjusted.estimate, 1), round(found.effect.estimate, 1)
    (-1.9, -1.0)
    """
    settings.check()
    given = check_rows(outcomes, treatment, confounders=confounders, units=units, segments=segments)
    groups = tuple(_checked_group(group, given.confounders.shape[1]) for group in benchmarks)
    falsified = () if placebos is None else _placebo_effects(placebos, given, settings)
    results: dict[int, AdjustedEffect] = {}
    for columns, rows in _by_rows_known(given):
        sample = take_sample(given, columns, rows)
        fitted = _Fitted(sample, settings, groups)
        for place, column in enumerate(columns):
            results[column] = fitted.result(place, falsified)
    return tuple(results[column] for column in sorted(results))


class _Fitted:
    """Nuisances of one sample, fitted once and used for each of its outcomes."""

    def __init__(self, sample: Sample, settings: AdjustmentSettings, groups: tuple[tuple[int, ...], ...]) -> None:
        self.sample, self.settings, self.groups = sample, settings, groups
        self.first = fit_nuisances(sample, settings)
        self.overlap: Overlap = checked_overlap(sample, self.first, trim=settings.trim)
        self.repetitions: list[Nuisances] = [self.first] + [
            fit_nuisances(sample, settings, repetition=k, chosen=self.first.choices)
            for k in range(1, settings.repetitions)
        ]
        self.shorter = [(g, self._without(g)) for g in groups]

    def _without(self, group: tuple[int, ...]) -> tuple[Sample, Nuisances]:
        sample = leave_out(self.sample, group)
        return sample, fit_nuisances(sample, self.settings, chosen=self.first.choices)

    def scores(self, column: int) -> list[Score]:
        return [main_score(self.sample, one, column, trim=self.settings.trim) for one in self.repetitions]

    def estimate(self, scores: list[Score]) -> EffectEstimate:
        level = self.settings.confidence_level
        found = [estimate_score(score, self.sample.codes, confidence_level=level) for score in scores]
        return median_estimate(found, freedom=self.sample.units - 1, confidence_level=level)

    def result(self, column: int, falsified: tuple[EffectEstimate, ...]) -> AdjustedEffect:
        sample, settings = self.sample, self.settings
        scores = self.scores(column)
        bounds = bias_bounds(scores[0], sample.codes)
        segments, heterogeneity = segment_effects(scores, sample, settings)
        return AdjustedEffect(
            estimand="on_treated" if sample.yes_no else "per_unit",
            effect=self.estimate(scores),
            effect_on_all=self._effect_on_all(column),
            unadjusted=self._unadjusted(column),
            placebos=falsified,
            robustness=robustness(bounds, confidence_level=settings.confidence_level),
            benchmarks=self._benchmarks(scores[0], column),
            segments=segments,
            heterogeneity_p_value=heterogeneity,
            overlap=self.overlap,
            balance=self._balance(),
            learners=tuple(c for (_, k), c in self.first.choices.items() if k in {-1, column}),
            n=sample.n,
            n_treated=int((sample.treatment != 0).sum()),
            n_missing=sample.n_missing,
            clusters=sample.units,
            confidence_level=settings.confidence_level,
        )

    def _effect_on_all(self, column: int) -> EffectEstimate | None:
        if not self.sample.yes_no or self.overlap.trimmed > MOST_TRIMMED:
            return None
        trim = self.settings.trim
        return self.estimate([score_on_all(self.sample, one, column, trim=trim) for one in self.repetitions])

    def _unadjusted(self, column: int) -> EffectEstimate:
        outcome, acted = self.sample.outcomes[:, column], self.sample.treatment
        plain = effect_per_unit(
            outcome, acted, np.full(self.sample.n, acted.mean()), np.full(self.sample.n, outcome.mean())
        )
        return estimate_score(plain, self.sample.codes, confidence_level=self.settings.confidence_level)

    def _balance(self) -> Balance:
        sample, trim = self.sample, self.settings.trim
        if not sample.yes_no:
            return find_balance_of_amount(sample.confounders.table, sample.treatment, self.first.treatment)
        propensity = np.clip(self.first.treatment, trim, 1 - trim)
        return find_balance(sample.confounders.table, sample.treatment, propensity)

    def _benchmarks(self, long: Score, column: int) -> tuple[Benchmark, ...]:
        level, trim = self.settings.confidence_level, self.settings.trim
        return tuple(
            benchmark(
                long,
                main_score(sample, found, column, trim=trim),
                sample.codes,
                columns=group,
                confidence_level=level,
            )
            for group, (sample, found) in self.shorter
        )


def _by_rows_known(given: Given) -> list[tuple[list[int], NDArray[np.bool_]]]:
    """Return the outcomes that are known in the same rows, with these rows."""
    acted = ~np.isnan(given.treatment)
    groups: dict[bytes, tuple[list[int], NDArray[np.bool_]]] = {}
    for column, values in enumerate(given.outcomes.T):
        rows = acted & ~np.isnan(values)
        groups.setdefault(rows.tobytes(), ([], rows))[0].append(column)
    return list(groups.values())


def _placebo_effects(placebos: ArrayLike, given: Given, settings: AdjustmentSettings) -> tuple[EffectEstimate, ...]:
    return tuple(
        found.effect
        for found in adjusted_effects(
            placebos, given.treatment, confounders=given.confounders, settings=settings, units=given.codes
        )
    )


def _checked_group(group: Sequence[int], columns: int) -> tuple[int, ...]:
    chosen = tuple(dict.fromkeys(int(k) for k in group))
    if not chosen or min(chosen) < 0 or max(chosen) >= columns:
        raise ValueOutOfRange(
            what="A group of `benchmarks` does not name columns of the confounders.",
            got=f"{list(group)} of {columns} columns",
            expected=f"at least one whole number from 0 to {columns - 1}",
            fix="give the places of the columns in `confounders`",
        )
    return chosen
