"""The figures of a what-if: from the kept effects and the changes asked, by outcome."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import stdtrit

from promesa.results import Estimate
from promesa.stats import Interval, controlled_effects, sampled_interval

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from promesa.chain.changes import Change

    Floats = NDArray[np.float64]
    Kept = Mapping[str, Any]

TOGETHER = "together"
A_YEAR = {
    "return": ("customers_kept", "count"),
    "revenue": ("money_per_year", ""),
    "margin": ("money_per_year", ""),
    "complaint": ("complaints_per_year", "count"),
}
NO_EFFECT = "no-effect-on-this-outcome"


def answers(outcome: Kept, moved: tuple[Change, ...], kept: Kept, level: float) -> list[Estimate]:
    """Return the rows of one outcome."""
    by_name = {(feature["name"], feature["kind"]): feature for feature in outcome["features"]}
    features = [by_name[change.name, change.kind] for change in moved if (change.name, change.kind) in by_name]
    acting = [change for change in moved if (change.name, change.kind) in by_name]
    base: dict[str, Any] = {"n": outcome["n"], "unit": outcome["unit"], "evidence": "adjusted"}
    rows = [
        Estimate(
            **base,
            dimensions={"outcome": outcome["name"], "feature": change.name},
            measure="change",
            estimate=None,
            note=outcome["note"] or NO_EFFECT,
            extra=_about(change, kept),
        )
        for change in moved
        if change not in acting
    ]
    if not acting:
        return rows
    units = int(outcome["buckets"])
    alone = [np.array(f["total"], dtype=float) * c.step for f, c in zip(features, acting, strict=True)]
    parts = _parts(features, acting, outcome)
    for change, effect, part in zip(acting, alone, parts, strict=True):
        where = {"outcome": outcome["name"], "feature": change.name}
        about = _about(change, kept)
        rows.append(_row(base, where, "change_concerned", effect, units=units, level=level, extra=about))
        rows.append(_row(base, where, "change", effect * change.met, units=units, level=level, extra=about))
        rows.append(_row(base, where, "part", part, units=units, level=level, extra=about))
        rows += _a_year(rows[-2], outcome, kept)
    extras = _synergies(outcome, acting, kept, base)
    rows += extras
    where = {"outcome": outcome["name"], "feature": TOGETHER}
    whole = _row(base, where, "change", np.sum(parts, axis=0), units=units, level=level, extra={})
    whole = _with_extras(whole, extras, units=units, level=level)
    return [*rows, whole, *_a_year(whole, outcome, kept)]


def _parts(features: list[Kept], acting: list[Change], outcome: Kept) -> list[Floats]:
    """Return what each change adds to the mean over all journeys where all are made, in each sample."""
    order = sorted(range(len(features)), key=lambda k: (features[k]["group"], features[k]["place"]))
    ordered = [features[k] for k in order]
    total = np.array([feature["total"] for feature in ordered], dtype=float).T
    effects = controlled_effects(total, _onward(ordered), groups=[feature["group"] for feature in ordered])
    moved = [acting[k] for k in order]
    parts = [np.empty(0)] * len(order)
    for row, k in enumerate(order):
        met = acting[k].met * _met_after(row, ordered, moved, outcome)
        parts[k] = effects[:, row] * acting[k].step * met
    return parts


def _onward(features: list[Kept]) -> Floats:
    """Return the kept effects of some features on each other: samples x features x features."""
    onward = np.zeros((len(features[0]["total"]), len(features), len(features)))
    for row, feature in enumerate(features):
        for column, other in enumerate(features):
            if row == column:
                onward[:, row, column] = 1.0
            elif feature["group"] <= other["group"]:
                onward[:, row, column] = np.array(feature["onward"][str(other["place"])], dtype=float)
    return onward


def _met_after(row: int, features: list[Kept], moved: list[Change], outcome: Kept) -> Floats | float:
    """Return how many times as many journeys live a feature once the changes before it are made.

    Fewer late deliveries lead to fewer calls, and so to fewer calls in which a shorter wait is felt.
    """
    own = features[row]
    met = [f for f in outcome["features"] if f["kind"] == "met" and f["name"] in own["touchpoints"]]
    if own["kind"] == "met" or not met:
        return 1.0
    change: Floats | float = 0.0
    for touchpoint in met:
        itself = [m.step for m in moved if (m.kind, m.name) == ("met", touchpoint["name"])]
        earlier = [k for k, feature in enumerate(features) if feature["group"] < touchpoint["group"]]
        if itself:
            change = change + itself[0]
        elif earlier:
            on_met = [features[k]["onward"][str(touchpoint["place"])] for k in earlier]
            onward = _onward([features[k] for k in earlier])
            effects = controlled_effects(
                np.array(on_met, dtype=float).T, onward, groups=[features[k]["group"] for k in earlier]
            )
            change = change + effects @ np.array([moved[k].step * moved[k].met for k in earlier])
    share = sum(touchpoint["mean"] for touchpoint in met)
    return np.clip(1.0 + np.asarray(change) / share, 0.0, 1.0 / moved[row].met)


def _about(change: Change, kept: Kept) -> dict[str, Any]:
    return {
        "before": change.before,
        "after": change.after,
        "met": change.met,
        "journeys": change.met * kept["journeys_per_year"],
    }


def _row(
    base: Kept,
    where: dict[str, str | None],
    measure: str,
    samples: Floats,
    *,
    units: int,
    level: float,
    extra: dict[str, Any],
) -> Estimate:
    interval = sampled_interval(float(samples[0]), samples[1:], units=units, confidence_level=level)
    return Estimate(
        **base,
        dimensions=where,
        measure=measure,
        estimate=float(samples[0]) if np.isfinite(samples[0]) else None,
        lower=interval.lower if interval else None,
        upper=interval.upper if interval else None,
        extra=extra,
    )


def _a_year(row: Estimate, outcome: Kept, kept: Kept) -> list[Estimate]:
    """Return the change of a mean as what it makes over the journeys of a year."""
    if outcome["kind"] not in A_YEAR or row.estimate is None:
        return []
    measure, unit = A_YEAR[outcome["kind"]]
    journeys = kept["journeys_per_year"]
    return [
        Estimate(
            dimensions=row.dimensions,
            measure=measure,
            estimate=row.estimate * journeys,
            lower=None if row.lower is None else row.lower * journeys,
            upper=None if row.upper is None else row.upper * journeys,
            n=row.n,
            unit=unit or row.unit,
            evidence=row.evidence,
            extra=row.extra,
        )
    ]


def _synergies(outcome: Kept, acting: list[Change], kept: Kept, base: Kept) -> list[Estimate]:
    """Return what pairs of changes do beyond the sum of both."""
    moved = {(change.name, change.kind): change for change in acting}
    rows: list[Estimate] = []
    for pair in kept["synergies"]:
        first = moved.get((pair["first"], pair["first_kind"]))
        second = moved.get((pair["second"], pair["second_kind"]))
        if pair["outcome"] != outcome["name"] or first is None or second is None:
            continue
        times = product_moved(first, second, pair)
        ends = sorted(pair[end] * times for end in ("lower", "upper"))
        rows.append(
            Estimate(
                n=pair["n"],
                unit=base["unit"],
                evidence="associated",
                dimensions={"outcome": outcome["name"], "feature": f"{first.name} × {second.name}"},
                measure="synergy",
                estimate=pair["coefficient"] * times,
                lower=ends[0],
                upper=ends[1],
                extra={"first": first.name, "second": second.name, "coefficient": pair["coefficient"]},
            )
        )
    return rows


def product_moved(first: Change, second: Change, pair: Kept) -> float:
    """Return the mean, over all journeys, of the product of what two changes add to each journey.

    Notes
    -----
    A share that falls from m to l takes away each case with probability (m - l) / m; one that rises adds each
    missing one with probability (l - m) / (1 - m); a mean moves every journey alike. `pair` holds, over all journeys,
    the share that lives both (``both``) and there the means of each and of their product, times that share.
    """
    shift, slope = _moved_by(first)
    other_shift, other_slope = _moved_by(second)
    return (
        shift * other_shift * pair["both"]
        + slope * other_shift * pair["mean_first"]
        + shift * other_slope * pair["mean_second"]
        + slope * other_slope * pair["mean_product"]
    )


def _moved_by(change: Change) -> tuple[float, float]:
    """Return what a change adds to a value v on average, as a and b of a + b v."""
    if not change.yes_no:
        return change.step, 0.0
    if change.step < 0:
        return 0.0, change.step / change.before
    rises = change.step / (1 - change.before) if change.before < 1 else 0.0
    return rises, -rises


def _with_extras(whole: Estimate, extras: list[Estimate], *, units: int, level: float) -> Estimate:
    """Return the sum of the parts with the synergies added; their errors are taken as independent.

    A sum is no better evidence than its weakest part.
    """
    if not extras or whole.estimate is None:
        return whole
    quantile = float(stdtrit(units - 1, (1 + level) / 2))
    half_widths = [((row.upper or 0.0) - (row.lower or 0.0)) / 2 for row in [whole, *extras]]
    estimate = whole.estimate + sum(row.estimate or 0.0 for row in extras)
    half_width = sqrt(sum((half / quantile) ** 2 for half in half_widths)) * quantile
    interval = Interval(estimate - half_width, estimate + half_width)
    return Estimate(
        dimensions=whole.dimensions,
        measure=whole.measure,
        estimate=estimate,
        lower=interval.lower,
        upper=interval.upper,
        n=whole.n,
        unit=whole.unit,
        evidence="associated",
        extra={"sum_of_parts": whole.estimate},
    )
