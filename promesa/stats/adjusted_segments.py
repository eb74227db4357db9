"""The adjusted effect by segment, from the scores of the whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from promesa.stats.adjusted_results import AdjustmentSettings, SegmentEffect
from promesa.stats.effect_estimates import clustered_influence, effect_estimate, equality_p_value
from promesa.stats.multiplicity import benjamini_hochberg

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from promesa.stats.adjusted_rows import Sample
    from promesa.stats.effect_estimates import EffectEstimate
    from promesa.stats.orthogonal_scores import Score


def segment_effects(
    scores: list[Score], sample: Sample, settings: AdjustmentSettings
) -> tuple[tuple[SegmentEffect, ...], float]:
    """Return the effect in each segment and the p-value of the test that they are equal.

    Notes
    -----
    The nuisances are those of the whole sample, so that a small segment borrows their strength; the effect is
    the mean of the segment's scores, with a covariance clustered by unit over all segments at once (a unit
    may stand in several). Repetitions are combined by the median, as for the whole.
    """
    codes = np.unique(sample.segments[sample.segments >= 0])
    large = np.array([_large(sample, int(code), settings.min_segment) for code in codes], dtype=bool)
    shown = codes[large]
    values, variances, equal = _combined(scores, sample, shown)
    effects = {
        int(code): effect_estimate(
            float(values[k]),
            float(variances[k]),
            freedom=_units(sample, sample.segments == code) - 1,
            confidence_level=settings.confidence_level,
        )
        for k, code in enumerate(shown)
    }
    p_values = [effects[code].p_value if code in effects else float("nan") for code in codes.tolist()]
    adjusted = benjamini_hochberg(p_values).tolist()
    found = [
        _segment(sample, code, effects.get(code), p_adjusted)
        for code, p_adjusted in zip(codes.tolist(), adjusted, strict=True)
    ]
    return tuple(found), equal


def _segment(sample: Sample, code: int, effect: EffectEstimate | None, p_adjusted: float) -> SegmentEffect:
    inside = sample.segments == code
    return SegmentEffect(
        segment=code,
        effect=effect,
        p_adjusted=p_adjusted,
        n=int(inside.sum()),
        n_treated=int((sample.treatment[inside] != 0).sum()),
        clusters=_units(sample, inside),
    )


def _combined(
    scores: list[Score], sample: Sample, shown: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    if not len(shown):
        return np.zeros(0), np.zeros(0), float("nan")
    inside = sample.segments[:, None] == shown
    values, spreads, p_values = [], [], []
    for score in scores:
        held = inside * score.denominator[:, None]
        estimate = score.numerator @ inside / held.sum(axis=0)
        influence = (inside * score.numerator[:, None] - held * estimate) / held.mean(axis=0)
        covariance = clustered_influence(influence, sample.codes)
        values.append(estimate)
        spreads.append(np.diag(covariance))
        p_values.append(equality_p_value(estimate, covariance))
    stacked = np.array(values)
    middle = np.median(stacked, axis=0)
    variances = np.median(np.array(spreads) + (stacked - middle) ** 2, axis=0)
    return middle, variances, float(np.median(p_values))


def _large(sample: Sample, code: int, least: int) -> bool:
    inside = sample.segments == code
    if not sample.yes_no:
        return int(inside.sum()) >= least and bool(np.ptp(sample.treatment[inside]) > 0)
    acted = int((sample.treatment[inside] > 0).sum())
    return min(acted, int(inside.sum()) - acted) >= least


def _units(sample: Sample, rows: NDArray[np.bool_]) -> int:
    return len(np.unique(sample.codes[rows]))
