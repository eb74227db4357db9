"""The rows of one effect on one outcome."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from promesa.experience import journeys_of, unit_of
from promesa.results import Estimate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promesa.experience import Lived
    from promesa.impact.designs import Design
    from promesa.measures import Question
    from promesa.results import Evidence, Value
    from promesa.stats import AdjustedEffect, EffectEstimate
    from promesa.workspace import EffectQuestion


def nothing_of(question: Question, asked: EffectQuestion, table: Lived, *, reason: str, n: int) -> Estimate:
    """Return the row of an effect that cannot be estimated, with the reason."""
    return Estimate(
        dimensions={"effect": asked.name, "outcome": table.outcome.name, "segment": None},
        measure="effect",
        estimate=None,
        n=n,
        n_missing=table.n_unknown,
        unit=unit_of(question, table.outcome),
        evidence="adjusted",
        note=reason,
        extra={"of": asked.promise or asked.element, "kind": "promise" if asked.promise else "element"},
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EffectRows:
    """What the rows of one effect on one outcome are made from."""

    question: Question
    asked: EffectQuestion
    table: Lived
    design: Design
    adjusted: AdjustedEffect
    placebo: EffectEstimate | None
    as_strong: str | None
    levels: Sequence[str]

    def all(self) -> list[Estimate]:
        """Return every row, the effect first."""
        found = self.adjusted
        rows = [self._row("effect", found.effect, extra=self._about())]
        if found.effect_on_all is not None:
            rows.append(self._row("effect_on_all", found.effect_on_all))
        rows.append(self._row("unadjusted", found.unadjusted, evidence="associated"))
        if self.placebo is not None:
            rows.append(self._row("placebo", self.placebo, unit="count"))
        return [*rows, *self._doubts(), *self._segments()]

    def _about(self) -> dict[str, Value]:
        found, kept = self.adjusted, self.design
        return {
            "of": kept.feature.name,
            "kind": kept.feature.kind,
            "function": kept.feature.function,
            "estimand": found.estimand,
            "adjusted_for": ", ".join(dict.fromkeys(kept.names)),
            "n_acted": found.n_treated,
            "n_lived": kept.n_lived,
            "p_value": found.effect.p_value,
            "learners": ", ".join(dict.fromkeys(choice.learner for choice in found.learners)),
            **journeys_of(self.table),
        }

    def _doubts(self) -> list[Estimate]:
        found = self.adjusted
        rows = [
            self._fraction("robustness", found.robustness.value),
            self._fraction("robustness_of_interval", found.robustness.interval_value),
            self._fraction("overlap", found.overlap.outside),
        ]
        for one in found.benchmarks:
            extra: dict[str, Value] = {"confounder": self.as_strong, "removes_effect": one.removes_effect}
            extra |= {"estimate_from": one.estimates.lower, "estimate_to": one.estimates.upper}
            rows.append(
                self._plain(
                    "as_strong_as",
                    (one.estimates.lower + one.estimates.upper) / 2,
                    ends=(one.interval.lower, one.interval.upper),
                    extra=extra,
                )
            )
        worst = found.balance.worst_after
        if worst is not None:
            about: dict[str, Value] = {"confounder": self.design.names[worst]}
            about["before"] = float(abs(found.balance.before[worst]))
            rows.append(
                self._plain("imbalance", float(abs(found.balance.after[worst])), unit="deviations", extra=about)
            )
        return rows

    def _segments(self) -> list[Estimate]:
        rows: list[Estimate] = []
        for one in self.adjusted.segments:
            extra: dict[str, Value] = {"by": self.asked.by, "n_acted": one.n_treated, "p_adjusted": one.p_adjusted}
            extra["p_all_equal"] = self.adjusted.heterogeneity_p_value
            segment = self.levels[one.segment]
            if one.effect is None:
                rows.append(
                    self._plain("effect_in_segment", None, n=one.n, note="withheld-small-group", segment=segment)
                )
            else:
                rows.append(self._row("effect_in_segment", one.effect, n=one.n, extra=extra, segment=segment))
        return rows

    def _fraction(self, measure: str, value: float) -> Estimate:
        return self._plain(measure, value, unit="fraction")

    def _row(
        self,
        measure: str,
        found: EffectEstimate,
        *,
        evidence: Evidence = "adjusted",
        unit: str | None = None,
        n: int | None = None,
        extra: dict[str, Value] | None = None,
        segment: str | None = None,
    ) -> Estimate:
        ends = (found.interval.lower, found.interval.upper)
        row = self._plain(measure, found.estimate, ends=ends, unit=unit, n=n, extra=extra, segment=segment)
        return replace(row, evidence=evidence)

    def _plain(
        self,
        measure: str,
        value: float | None,
        *,
        ends: tuple[float | None, float | None] = (None, None),
        unit: str | None = None,
        n: int | None = None,
        note: str | None = None,
        extra: dict[str, Value] | None = None,
        segment: str | None = None,
    ) -> Estimate:
        return Estimate(
            dimensions={"effect": self.asked.name, "outcome": self.table.outcome.name, "segment": segment},
            measure=measure,
            estimate=value,
            lower=_known(ends[0]),
            upper=_known(ends[1]),
            n=self.adjusted.n if n is None else n,
            n_missing=self.table.n_unknown,
            unit=unit or unit_of(self.question, self.table.outcome),
            evidence="adjusted",
            note=note,
            extra=extra or {},
        )


def _known(value: float | None) -> float | None:
    return None if value is None or value != value else value  # noqa: PLR0124 (NaN is not itself)
