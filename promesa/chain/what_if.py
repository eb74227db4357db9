"""What would come of it if promises were kept more often, waits were shorter, fewer customers had to call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from math import sqrt
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import stdtrit

from promesa import charts, words
from promesa.chain.changes import Change, read_changes
from promesa.chain.system import System, assumption, effect_text
from promesa.errors import NothingAnalysed
from promesa.results import Estimate, Result
from promesa.stats import Interval, controlled_effects, sampled_interval

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

TOGETHER = "together"
A_YEAR = {
    "return": ("customers_kept", "count"),
    "revenue": ("money_per_year", ""),
    "margin": ("money_per_year", ""),
    "complaint": ("complaints_per_year", "count"),
}
NO_EFFECT = "no-effect-on-this-outcome"


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf(Result):
    """What each change would do to each outcome; see `what_if`.

    Attributes
    ----------
    changes : tuple of Change
        What is moved, from where to where.
    confounders : tuple of str
        What the effects are adjusted for, besides what was lived earlier.
    kinds : dict of str to str
        Kind of each outcome.
    """

    changes: tuple[Change, ...]
    confounders: tuple[str, ...]
    kinds: dict[str, str]

    def summary(self, locale: str = "en") -> str:
        """Say what each change would do, then all together, and what that rests on."""
        said = [self._sentence(change, locale) for change in self.changes]
        if len(self.changes) > 1:
            said += [words.say("chain.whatif.all", locale, effects=self._effects(TOGETHER, locale))]
            said += [self._extra(row, locale) for row in self.estimates if row.measure == "synergy"]
        said.append(assumption(list(self.confounders), self.labels, locale))
        return " ".join(said)

    def _sentence(self, change: Change, locale: str) -> str:
        condition = words.say(
            f"chain.whatif.if.{'share' if change.kind == 'element' and change.yes_no else change.kind}",
            locale,
            feature=self.label(change.name, locale),
            before=_level(change.before, change, locale),
            after=_level(change.after, change, locale),
        )
        return words.say(
            "chain.whatif.sentence", locale, condition=condition, effects=self._effects(change.name, locale)
        )

    def _effects(self, feature: str, locale: str) -> str:
        """Say what comes of one change, by outcome; of orders, what it makes a year."""
        said: list[str] = []
        for outcome, kind in self.kinds.items():
            measure = A_YEAR[kind][0] if kind in A_YEAR else "change"
            row = self.find(measure, outcome=outcome, feature=feature)
            if row is not None and row.estimate is not None:
                said.append(_clause(row, kind, self.label(outcome, locale), locale))
        if not said:
            return words.say("chain.whatif.nothing", locale)
        if len(said) == 1:
            return said[0]
        return words.say("chain.whatif.and", locale, first=", ".join(said[:-1]), last=said[-1])

    def _extra(self, row: Estimate, locale: str) -> str:
        first, second = str(row.extra["first"]), str(row.extra["second"])
        return words.say(
            "chain.whatif.extra",
            locale,
            outcome=self.label(row.dimensions["outcome"], locale),
            first=self.label(first, locale),
            second=self.label(second, locale),
            effect=effect_text(row.estimate, row.unit, locale),
            lower=effect_text(row.lower, row.unit, locale),
            upper=effect_text(row.upper, row.unit, locale),
        )

    def chart(self, locale: str = "en") -> dict[str, object] | None:
        """Draw what each change makes a year, or of the first outcome where none is counted by the year."""
        for measure in ("money_per_year", "customers_kept", "change"):
            rows = [row for row in self.rows() if row["measure"] == measure and row["estimate"] is not None]
            rows = [row for row in rows if row["outcome"] == rows[0]["outcome"]]
            if not rows:
                continue
            if len(self.changes) == 1:
                rows = rows[:1]
            names = {name: self.label(name, locale) for name in self.labels}
            title = words.say(
                f"chain.whatif.chart.{measure}", locale, outcome=self.label(str(rows[0]["outcome"]), locale)
            )
            return charts.intervals(
                rows, label="feature", title=title, unit=str(rows[0]["unit"]), locale=locale, names=names
            )
        return None


def what_if(system: System | Mapping[str, Any], changes: Mapping[str, float] | Sequence[str] | str) -> WhatIf:
    """Tell what would come of moving promises, elements and touchpoints to other levels.

    Parameters
    ----------
    system : System or mapping
        The result of `system`, or its document as it was kept.
    changes : mapping of str to float, or texts
        ``{"arrives_by_date": 0.03}``, or texts such as ``arrives_by_date=3%``, ``wait_minutes-=0.5``,
        ``kindness+=0.2``. Levels are the share broken of a promise, the share of journeys that meet a touchpoint,
        and the mean of an element where it is lived (a share where it is yes or no).

    Returns
    -------
    WhatIf
        Rows per outcome and feature. ``change``: of the mean over all journeys if this alone were moved; with
        feature ``together`` if all were. ``change_concerned``: the same over the journeys that live it. ``part``:
        what it adds where several are moved, so that the parts and ``synergy`` rows (two elements that act on each
        other) add up to ``together``. ``customers_kept`` (a return), ``money_per_year`` (revenue, margin) and
        ``complaints_per_year``: the change times the journeys of a year. Extras: ``before``, ``after``, ``met``,
        ``journeys`` (a year, that live it).

    Raises
    ------
    ValueOutOfRange
        If a change cannot be read, or leaves what was seen.
    UnknownName
        If there is no such feature.
    NothingAnalysed
        If the document holds no system.

    Notes
    -----
    Estimand: the change of an outcome's mean if, in the journeys that live a feature, its mean were at the new level,
    all that acts before it as it was and all that comes after it following, unless it is moved as well. Evidence
    ``adjusted``: it holds if nothing else stands behind both, and in the range where the effect is a straight line.
    Where several are moved, what one does through another is not counted twice (`stats.controlled_effects`).

    The extra of a synergy is its product coefficient times the mean of the two changes' product over the journeys
    that live both; a share is taken to fall or rise at random among those it concerns.
    """
    document = _document(system)
    kept = document["system"]
    outcomes: Sequence[Mapping[str, Any]] = kept["outcomes"]
    moved = read_changes(changes, outcomes)
    rows: list[Estimate] = []
    for outcome in outcomes:
        rows += _answers(outcome, moved, kept, float(document["confidence_level"]))
    together = {language: words.say("chain.whatif.together", language) for language in words.LANGUAGES}
    return WhatIf(
        analysis="whatif",
        as_of=datetime.fromisoformat(str(document["as_of"])),
        store_version=str(document["store_version"]),
        confidence_level=float(document["confidence_level"]),
        dimensions=("outcome", "feature"),
        estimates=tuple(rows),
        labels={**kept["labels"], TOGETHER: together},
        changes=moved,
        confounders=tuple(kept["confounders"]),
        kinds={outcome["name"]: outcome["kind"] for outcome in outcomes},
    )


def _document(system: System | Mapping[str, Any]) -> Mapping[str, Any]:
    if isinstance(system, System):
        return {
            "system": system.system,
            "as_of": system.as_of.isoformat(),
            "store_version": system.store_version,
            "confidence_level": system.confidence_level,
        }
    if "system" not in system:
        raise NothingAnalysed(
            what="The document holds no system of effects, so what-if has nothing to work with.",
            got=f"the analysis {system.get('analysis')!r}",
            expected="the document of the analysis 'system'",
            fix="run `promesa analyse`, or pass the result of chain.system",
        )
    return system


def _level(value: float, change: Change, locale: str) -> str:
    if change.yes_no or change.unit == "fraction":
        return words.percent(value, locale)
    return words.amount(value, change.unit, locale)


def _clause(row: Estimate, kind: str, outcome: str, locale: str) -> str:
    """Say one change of one outcome: up, down, or not to be told from nothing."""
    low, high, size = row.lower, row.upper, row.estimate or 0.0
    told = low is not None and high is not None and (low > 0 or high < 0)
    way = "unclear" if not told and size else "up" if size >= 0 else "down"
    ends = (low, high)
    if way != "unclear":
        size, ends = abs(size), tuple(sorted(abs(end) for end in ends if end is not None)) or (None, None)
    write = _writer(row, kind, locale, sign=way == "unclear")
    sort = {"customers_kept": "return", "money_per_year": "money", "complaints_per_year": "complaint"}
    return words.say(
        f"chain.whatif.{sort.get(row.measure, 'mean')}.{way}",
        locale,
        outcome=outcome,
        size=write(size),
        lower=write(ends[0]),
        upper=write(ends[1]),
    )


def _writer(row: Estimate, kind: str, locale: str, *, sign: bool) -> Any:
    def write(value: float | None) -> str:
        if value is None:
            return words.NOT_STATED
        if row.unit == "count":
            return words.number(value, locale, sign=sign)
        text = effect_text(value, row.unit, locale) if kind == "score" else words.change(value, row.unit, locale)
        return text if sign else text.removeprefix("+")

    return write


def _answers(
    outcome: Mapping[str, Any], moved: tuple[Change, ...], kept: Mapping[str, Any], level: float
) -> list[Estimate]:
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
    parts = _parts(features, acting)
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


def _parts(features: list[Mapping[str, Any]], acting: list[Change]) -> list[Floats]:
    """Return what each change adds to the mean over all journeys where all are made, in each sample."""
    order = sorted(range(len(features)), key=lambda k: (features[k]["group"], features[k]["place"]))
    samples = len(features[0]["total"])
    total = np.array([features[k]["total"] for k in order], dtype=float).T
    onward = np.zeros((samples, len(order), len(order)))
    for row, k in enumerate(order):
        for column, other in enumerate(order):
            if k == other:
                onward[:, row, column] = 1.0
            elif features[k]["group"] <= features[other]["group"]:
                onward[:, row, column] = np.array(features[k]["onward"][str(features[other]["place"])], dtype=float)
    effects = controlled_effects(total, onward, groups=[features[k]["group"] for k in order])
    parts = [np.empty(0)] * len(order)
    for row, k in enumerate(order):
        parts[k] = effects[:, row] * acting[k].step * acting[k].met
    return parts


def _about(change: Change, kept: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "before": change.before,
        "after": change.after,
        "met": change.met,
        "journeys": change.met * kept["journeys_per_year"],
    }


def _row(
    base: Mapping[str, Any],
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


def _a_year(row: Estimate, outcome: Mapping[str, Any], kept: Mapping[str, Any]) -> list[Estimate]:
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


def _synergies(
    outcome: Mapping[str, Any], acting: list[Change], kept: Mapping[str, Any], base: Mapping[str, Any]
) -> list[Estimate]:
    """Return what pairs of changes do beyond the sum of both."""
    moved = {change.name: change for change in acting}
    rows: list[Estimate] = []
    for pair in kept["synergies"]:
        if pair["outcome"] != outcome["name"] or pair["first"] not in moved or pair["second"] not in moved:
            continue
        first, second = moved[pair["first"]], moved[pair["second"]]
        times = product_moved(first, second, pair)
        ends = sorted(pair[end] * times for end in ("lower", "upper"))
        rows.append(
            Estimate(
                **{**base, "n": pair["n"]},
                dimensions={"outcome": outcome["name"], "feature": f"{first.name} × {second.name}"},
                measure="synergy",
                estimate=pair["coefficient"] * times,
                lower=ends[0],
                upper=ends[1],
                extra={"first": first.name, "second": second.name, "coefficient": pair["coefficient"]},
            )
        )
    return rows


def product_moved(first: Change, second: Change, pair: Mapping[str, Any]) -> float:
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
    """Return the sum of the parts with the synergies added; their errors are taken as independent."""
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
        evidence=whole.evidence,
        extra={"sum_of_parts": whole.estimate},
    )
