"""What an adjusted effect comes with: settings, estimates by segment, and all that speaks for or against it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from promesa.errors import ValueOutOfRange
from promesa.stats.cross_fitting import LEARNERS

if TYPE_CHECKING:
    from promesa.stats.balance import Balance, Overlap
    from promesa.stats.cross_fitting import Learner, LearnerChoice
    from promesa.stats.effect_estimates import EffectEstimate
    from promesa.stats.robustness import Benchmark, Robustness

Estimand = Literal["on_treated", "per_unit"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustmentSettings:
    """How an adjusted effect is computed.

    Attributes
    ----------
    seed : int
        Of the folds and of boosting.
    folds : int, default 5
        Parts into which units are divided; at least 2.
    repetitions : int, default 1
        Times the division is drawn; estimates are combined by their median.
    trim : float, default 0.01
        Probabilities of treatment are kept within [trim, 1 - trim]; from above 0 to below 0.5.
    confidence_level : float, default 0.95
        Fraction in (0, 1).
    learners : tuple of str, default ("linear", "boosting")
        Among which each nuisance chooses.
    min_segment : int, default 50
        Rows of each arm (rows in all, for an amount) that a segment needs for its effect to be given.
    """

    seed: int
    folds: int = 5
    repetitions: int = 1
    trim: float = 0.01
    confidence_level: float = 0.95
    learners: tuple[Learner, ...] = LEARNERS
    min_segment: int = 50

    def check(self) -> None:
        """Refuse settings out of range.

        Raises
        ------
        ValueOutOfRange
            If one is.
        """
        fits = self.folds >= 2 and self.repetitions >= 1 and self.min_segment >= 2
        fits = fits and 0 < self.trim < 0.5 and 0 < self.confidence_level < 1
        if not fits or not self.learners or not set(self.learners) <= set(LEARNERS):
            raise ValueOutOfRange(
                what="A setting of the adjusted effect is out of range.",
                got=f"folds={self.folds}, repetitions={self.repetitions}, trim={self.trim!r}, confidence_level="
                f"{self.confidence_level!r}, learners={self.learners!r}, min_segment={self.min_segment}",
                expected="2 folds or more, 1 repetition or more, a trim above 0 and below 0.5, a level above 0 and "
                "below 1, learners among 'linear' and 'boosting', a smallest segment of 2 rows or more",
                fix="use AdjustmentSettings(seed=...) with its defaults",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentEffect:
    """The effect among the rows of one segment.

    Attributes
    ----------
    segment : int
        Code of the segment.
    effect : EffectEstimate or None
        None where the segment is too small.
    p_adjusted : float
        p-value adjusted for the number of segments (Benjamini-Hochberg); NaN where there is no effect.
    n, n_treated, clusters : int
        Rows, treated rows (rows with an amount other than 0) and units of the segment.
    """

    segment: int
    effect: EffectEstimate | None
    p_adjusted: float
    n: int
    n_treated: int
    clusters: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AdjustedEffect:
    """The effect of one treatment on one outcome, adjusted for confounders.

    Attributes
    ----------
    estimand : str
        ``on_treated``: what a yes did to the rows that had it. ``per_unit``: what one unit more does.
    effect : EffectEstimate
        Of `estimand`.
    effect_on_all : EffectEstimate or None
        Average effect had all rows been treated against none. None for an amount, and where more than a tenth
        of the rows have a probability of treatment beyond `trim`.
    unadjusted : EffectEstimate
        Plain difference of means, or slope, of the same rows.
    placebos : tuple of EffectEstimate
        Effects on outcomes that the treatment cannot have moved; away from 0 they speak of confounding left.
    robustness : Robustness
        Of `effect` against an unseen confounder.
    benchmarks : tuple of Benchmark
        In the order given.
    segments : tuple of SegmentEffect
        In the order of their codes.
    heterogeneity_p_value : float
        Of the test that all segments shown have the same effect; NaN below two segments.
    overlap : Overlap
        Whether there is somebody to compare with.
    balance : Balance
        Of the confounders, before and after.
    learners : tuple of LearnerChoice
        Chosen in the first repetition.
    n, n_treated : int
        Rows used, and those with a yes (with an amount other than 0).
    n_missing : int
        Rows left out because treatment or outcome was missing.
    clusters : int
        Units among the rows used.
    confidence_level : float
        Of every interval.
    """

    estimand: Estimand
    effect: EffectEstimate
    effect_on_all: EffectEstimate | None
    unadjusted: EffectEstimate
    placebos: tuple[EffectEstimate, ...]
    robustness: Robustness
    benchmarks: tuple[Benchmark, ...]
    segments: tuple[SegmentEffect, ...]
    heterogeneity_p_value: float
    overlap: Overlap
    balance: Balance
    learners: tuple[LearnerChoice, ...]
    n: int
    n_treated: int
    n_missing: int
    clusters: int
    confidence_level: float
