"""What an experiment comes with: settings, the effect of each arm, and whether the lot was a lot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from promesa.errors import ValueOutOfRange

if TYPE_CHECKING:
    from promesa.stats.effect_estimates import EffectEstimate
    from promesa.stats.shares import Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentSettings:
    """How an experiment is read.

    Attributes
    ----------
    control : int, default 0
        Code of the arm with which the others are compared.
    confidence_level : float, default 0.95
        Fraction in (0, 1).
    power : float, default 0.8
        With which the smallest detectable effect would be found; a fraction in (0, 1).
    planned_units : int or None, default None
        Units of both arms of a comparison at which intervals for every look are tightest, fixed before the
        first look. Without it there are none.
    min_segment : int, default 50
        Units of each arm that a segment needs for its effect to be given; at least 2.
    """

    control: int = 0
    confidence_level: float = 0.95
    power: float = 0.8
    planned_units: int | None = None
    min_segment: int = 50

    def check(self) -> None:
        """Refuse settings out of range.

        Raises
        ------
        ValueOutOfRange
            If one is.
        """
        fits = 0 < self.confidence_level < 1 and 0 < self.power < 1 and self.min_segment >= 2
        if not fits or (self.planned_units is not None and self.planned_units < 1):
            raise ValueOutOfRange(
                what="A setting of the experiment is out of range.",
                got=f"confidence_level={self.confidence_level!r}, power={self.power!r}, "
                f"planned_units={self.planned_units!r}, min_segment={self.min_segment}",
                expected="level and power above 0 and below 1, planned units of 1 or more, segments of 2 or more",
                fix="use ExperimentSettings() with its defaults",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleRatio:
    """Whether the arms are as large as the lot should have made them.

    Attributes
    ----------
    arms : tuple of int
        Codes, in order.
    units : tuple of int
        Units in each arm, whether their outcome is known or not.
    expected : tuple of float
        Share of units that each arm should hold.
    p_value : float
        Of the chi-square test.
    trustworthy : bool
        False if `p_value` is below 0.001: units were lost or assigned by more than the lot, and no effect of
        this experiment may be believed before the cause is found.
    """

    arms: tuple[int, ...]
    units: tuple[int, ...]
    expected: tuple[float, ...]
    p_value: float
    trustworthy: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmSegment:
    """The effect of an arm in one segment.

    Attributes
    ----------
    segment : int
        Code of the segment.
    effect : EffectEstimate or None
        Against control; None where the segment is too small.
    p_adjusted : float
        Adjusted for all segments of all arms and outcomes (Benjamini-Hochberg); NaN without effect.
    units, control_units : int
        Units of the segment in the arm and in control.
    """

    segment: int
    effect: EffectEstimate | None
    p_adjusted: float
    units: int
    control_units: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmEffect:
    """The effect of one arm on one outcome, against control.

    Attributes
    ----------
    arm, outcome : int
        Code of the arm and column of the outcome.
    mean, control_mean : float
        Plain means of the two arms.
    difference : EffectEstimate
        Difference of the plain means.
    effect : EffectEstimate
        `difference`, or the one adjusted for baselines where there are any.
    variance_reduction : float or None
        Part of the variance of `difference` that the adjustment takes away; None without baselines.
    p_adjusted : float
        p-value of `effect` adjusted for all arms and outcomes (Benjamini-Hochberg).
    lift : float
        Effect over the mean of control (adjusted where the effect is), a fraction; NaN if that mean is 0.
    lift_interval : Interval or None
        Fieller's; None where the mean of control cannot be told from 0, so that the ratio has no bounds.
    at_every_look : Interval or None
        Interval of `effect` that holds at any look; None without `planned_units`.
    detectable : float
        Smallest true effect that would be found with the power asked for, at the size seen.
    segments : tuple of ArmSegment
        In the order of their codes.
    interaction_p_value : float
        Of the test that the effect is the same in all segments shown; NaN below two.
    n, control_n : int
        Rows used.
    units, control_units : int
        Units used.
    n_missing, control_n_missing : int
        Rows without the outcome.
    """

    arm: int
    outcome: int
    mean: float
    control_mean: float
    difference: EffectEstimate
    effect: EffectEstimate
    variance_reduction: float | None
    p_adjusted: float
    lift: float
    lift_interval: Interval | None
    at_every_look: Interval | None
    detectable: float
    segments: tuple[ArmSegment, ...]
    interaction_p_value: float
    n: int
    control_n: int
    units: int
    control_units: int
    n_missing: int
    control_n_missing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """What was assigned by lot, and what came of it.

    Attributes
    ----------
    arms : tuple of ArmEffect
        By outcome, then by arm; control is not among them.
    sample_ratio : SampleRatio
        Look here first.
    control : int
        Code of the control.
    n : int
        Rows given.
    units : int
        Units given.
    confidence_level : float
        Of every interval.
    """

    arms: tuple[ArmEffect, ...]
    sample_ratio: SampleRatio
    control: int
    n: int
    units: int
    confidence_level: float
