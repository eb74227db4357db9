"""Which elements are essential, and which delight? What failing goes with, and what excelling goes with."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import isfinite
from typing import TYPE_CHECKING, Any

from promesa import charts, words
from promesa.drivers import telling
from promesa.drivers.asking import NO_FEATURES, TOO_FEW, nothing_of, too_little
from promesa.drivers.columns import columns_of
from promesa.drivers.rows import named
from promesa.drivers.shapes import is_essential, shapes_of
from promesa.experience import lived, outcomes_asked, sign_of, unit_of
from promesa.measures import ask
from promesa.results import Estimate, Result
from promesa.stats import Interval, enough_rows

if TYPE_CHECKING:
    from datetime import date, datetime

    from promesa.drivers.columns import Columns
    from promesa.drivers.shapes import Shapes
    from promesa.experience import Feature, Lived
    from promesa.measures import Question
    from promesa.results import Value
    from promesa.stats import ElementAsymmetry
    from promesa.store import Facts
    from promesa.workspace import Outcome, Workspace

MOST_DRAWN = 12
NO_SIDES = ("penalty", "reward")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asymmetry(Result):
    """Penalty and reward of elements and promises; see `asymmetry`."""

    def summary(self, locale: str = "en") -> str:
        """Say for each outcome which elements are essential and which delight."""
        said = [telling.asymmetry(self, outcome, locale) for outcome in telling.outcomes_of(self)]
        return " ".join(said) or words.say("drivers.no_outcome", locale)

    def chart(self, locale: str = "en", *, outcome: str | None = None) -> dict[str, object] | None:
        """Draw penalty and reward of the elements of one outcome, those with the largest first."""
        penalties = telling.rows_of_first(self, "penalty", outcome)
        if not penalties:
            return None
        name = str(penalties[0]["outcome"])
        rewards = {row["feature"]: row for row in telling.rows_of_first(self, "reward", name)}
        pairs = [
            {
                "name": telling.feature_name(self, row, locale),
                "class": words.say(f"drivers.class.{row['class']}", locale),
                **{f"{side}_{key}": of[key] for side, of in (("penalty", row), ("reward", rewards[row["feature"]]))
                   for key in ("estimate", "lower", "upper")},
            }
            for row in penalties
            if row["class"] not in {None, "none"}
        ]  # fmt: skip
        if not pairs:
            return None
        return charts.penalties(
            sorted(pairs, key=telling.reach)[:MOST_DRAWN],
            label="name",
            text="class",
            names=(words.say("drivers.side.penalty", locale), words.say("drivers.side.reward", locale)),
            title=words.say("drivers.asymmetry.chart", locale, outcome=self.label(name, locale)),
            unit=str(penalties[0]["unit"]),
            locale=locale,
        )


def asymmetry(
    workspace: Workspace,
    *,
    outcome: str | None = None,
    since: date | datetime | str | None = None,
    until: date | datetime | str | None = None,
    as_of: date | datetime | str | None = None,
    confidence_level: float | None = None,
    facts: Facts | None = None,
) -> Asymmetry:
    """Tell what failing in each element goes with, and what excelling does.

    Parameters
    ----------
    workspace, outcome, since, until, as_of, confidence_level
        As in `importance`.

    Returns
    -------
    Asymmetry
        Rows per outcome and element or promise: ``penalty`` and ``reward``, the change of the outcome from the usual
        level to the worst and to the best tenth (of a promise: broken against kept), and ``difference``, size of
        the penalty less that of the reward; in the outcome's unit. With them ``class`` (``must_be``,
        ``performance``, ``delight``, ``none``) and the probability of each, ``essential``, the levels ``usual``,
        ``worst``, ``best``. ``bend``, where there is one: the level at which the slope changes, in the element's
        unit. ``note`` says why a figure is missing.

    Raises
    ------
    UnknownName
        If there is no outcome of that name.

    Notes
    -----
    See `promesa.stats.asymmetry` for estimand and estimator. Held fixed are the confounders, the touchpoints met and
    elements of which neither direction is better. Of an element and the promise made of it that say the same, the
    element is taken, for it has levels. All of it is association.
    """
    question = ask(workspace, since=since, until=until, as_of=as_of, confidence_level=confidence_level, facts=facts)
    figures: list[Estimate] = []
    for one in outcomes_asked(question, outcome):
        figures += _figures_of(question, one)
    heading: dict[str, Any] = question.heading("asymmetry", first=("outcome", "feature"))
    return Asymmetry(**heading, estimates=tuple(figures))


def _figures_of(question: Question, outcome: Outcome) -> list[Estimate]:
    table, unit = lived(question, outcome), unit_of(question, outcome)
    reason = too_little(question, table)
    if reason:
        return [nothing_of(table, "penalty", unit=unit, reason=reason, feature=None)]
    columns = columns_of(question, table)
    if not enough_rows(table.came, len(columns.of_leads())):
        return [nothing_of(table, "penalty", unit=unit, reason=TOO_FEW, feature=None)]
    shapes = shapes_of(
        question,
        table,
        columns,
        confidence_level=question.confidence_level,
        bootstraps=question.workspace.model.studies.drivers.bootstraps,
    )
    if not shapes.of_feature and not shapes.reasons:
        return [nothing_of(table, "penalty", unit=unit, reason=NO_FEATURES, feature=None)]
    if TOO_FEW in shapes.reasons.values():
        return [nothing_of(table, "penalty", unit=unit, reason=TOO_FEW, feature=None)]
    rows = ShapeRows(lived=table, columns=columns, shapes=shapes, unit=unit)
    found = [rows.of_feature(k) for k in shapes.of_feature]
    found.sort(key=lambda figures: -abs(figures[0].estimate or 0.0))
    return [figure for figures in found for figure in figures] + [rows.without(k) for k in shapes.reasons]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShapeRows:
    """Makes the rows of the elements of one outcome, which is in `unit`."""

    lived: Lived
    columns: Columns
    shapes: Shapes
    unit: str

    def of_feature(self, k: int) -> list[Estimate]:
        """Return penalty, reward, their difference, and the bend where there is one."""
        one, feature = self.shapes.of_feature[k], self.lived.features[k]
        extra = self._extra(k, one)
        notes = set(one.notes)
        faults = {note for note in notes if not note.endswith("-not-observed") and note != "reversed"}
        fault = min(faults, default=None)
        sign = sign_of(self.lived.outcome)
        rows = [
            self._row(
                feature,
                side,
                sign * getattr(one, side),
                _turned(getattr(one, f"{side}_interval"), sign),
                extra=extra,
                note=fault or (f"{side}-not-observed" if f"{side}-not-observed" in notes else None),
            )
            for side in NO_SIDES
        ]
        rows.append(self._row(feature, "difference", one.difference, one.difference_interval, extra=extra, note=fault))
        if one.bend is not None and one.bend.bends:
            slopes: dict[str, Value] = {
                "slope_below": sign * one.bend.slope_below,
                "slope_above": sign * one.bend.slope_above,
                "p_value": one.bend.p_value,
            }
            bend = self._row(feature, "bend", one.bend.level, one.bend.interval, extra={**extra, **slopes}, note=None)
            rows.append(replace(bend, unit=feature.unit))
        return rows

    def without(self, k: int) -> Estimate:
        """Return the row of an element that was not looked at, with the reason."""
        feature = self.lived.features[k]
        reason = self.shapes.reasons[k]
        lead = self.columns.lead_of.get(k, k)
        told = self.lived.features[lead].name if lead != k else None
        nothing = Interval(float("nan"), float("nan"))
        blank: dict[str, Value] = {**named(feature), "class": None, "essential": None, "told_with": told}
        return self._row(feature, "penalty", float("nan"), nothing, extra=blank, note=reason)

    def _row(
        self,
        feature: Feature,
        measure: str,
        estimate: float,
        ends: Interval,
        *,
        extra: dict[str, Value],
        note: str | None,
    ) -> Estimate:
        known = isfinite(estimate)
        return Estimate(
            dimensions={"outcome": self.lived.outcome.name, "feature": feature.name},
            measure=measure,
            estimate=estimate if known else None,
            lower=ends.lower if known else None,
            upper=ends.upper if known else None,
            n=self.lived.n,
            n_missing=self.lived.n_unknown,
            unit=self.unit,
            evidence="associated",
            note=note,
            extra=extra,
        )

    def _extra(self, k: int, one: ElementAsymmetry) -> dict[str, Value]:
        chances = one.probabilities
        shapes = ("must_be", "performance", "delight", "none")
        return {
            **named(self.lived.features[k]),
            "class": one.shape,
            **{f"probability_{shape}": getattr(chances, shape) if chances else None for shape in shapes},
            "essential": is_essential(one) if one.shape else None,
            **{level: _known(getattr(one, level)) for level in ("usual", "worst", "best")},
            "share_worse": _known(one.share_worse),
            "share_better": _known(one.share_better),
            "n_met": self.columns.seen[k].n,
            "reversed": "reversed" in one.notes,
            "told_with": None,
            "n_known": self.lived.n_units,
            "share_sampled": self.lived.share,
        }


def _turned(ends: Interval, sign: int) -> Interval:
    return ends if sign > 0 else Interval(-ends.upper, -ends.lower)


def _known(value: float) -> float | None:
    return value if isfinite(value) else None
