"""Rows of importance: a feature with everything that is known of it, or with the reason why nothing is."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING

from promesa.drivers.columns import INDISTINGUISHABLE
from promesa.drivers.shapes import is_essential
from promesa.drivers.stating import told
from promesa.experience import journeys_of, sign_of
from promesa.results import Estimate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promesa.drivers.columns import Columns
    from promesa.drivers.importances import Change
    from promesa.drivers.shapes import Shapes
    from promesa.drivers.shares import Played, Share
    from promesa.drivers.stating import Stated
    from promesa.experience import Feature, Lived
    from promesa.results import Value

WITHHELD = "withheld"


def explained_rows(lived: Lived, played: Played, **dimensions: str | None) -> list[Estimate]:
    """Return how much is told of an outcome: by what was lived, by what stands behind, and what is left."""
    adjusted = ", ".join(dict.fromkeys(confounder.name for confounder in lived.confounders))
    extras: dict[str, dict[str, Value]] = {
        "explained": {"by_chance": played.by_chance, **journeys_of(lived)},
        "explained_by_confounders": {"confounders": adjusted, **journeys_of(lived)},
        "unexplained": journeys_of(lived),
    }
    parts = (played.explained, played.by_confounders, played.unexplained)
    return [
        share_row(lived, measure, part, extra=extra, **dimensions)
        for (measure, extra), part in zip(extras.items(), parts, strict=True)
    ]


def share_row(
    lived: Lived, measure: str, share: Share, *, extra: dict[str, Value], note: str | None = None, **names: str | None
) -> Estimate:
    """Return a row of a fraction of an outcome."""
    return Estimate(
        dimensions={"outcome": lived.outcome.name, **names},
        measure=measure,
        estimate=share.estimate,
        lower=share.interval.lower,
        upper=share.interval.upper,
        n=lived.n,
        n_missing=lived.n_unknown,
        unit="fraction",
        evidence="associated",
        note=note,
        extra=extra,
    )


def named(feature: Feature) -> dict[str, Value]:
    """Return what a feature is."""
    return {
        "kind": feature.kind,
        "stage": feature.stage,
        "function": feature.function,
        "touchpoint": feature.touchpoints[0],
        "feature_unit": feature.unit,
        "better": {1: "more", -1: "less"}.get(feature.better, "neither"),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureRows:
    """Makes the rows of the features of one outcome, which is in `unit`; `stated` is what customers say matters."""

    lived: Lived
    columns: Columns
    unit: str
    stated: Mapping[str, Stated]

    def of_player(self, place: int, played: Played, *, change: Change, shapes: Shapes) -> list[Estimate]:
        """Return share, part of what is explained, and change of one player."""
        player = self.columns.players[place]
        feature, extra = self.lived.features[player[0]], named(self.lived.features[player[0]])
        part = played.of_explained[place]
        mine: dict[str, Value] = {
            **extra,
            **self._seen(player[0]),
            "direction": change.direction(sign_of(self.lived.outcome)),
            "probability_top_three": played.among_three[place],
            "indistinguishable_with": self._names(self.columns.not_told_apart(player[0])),
            "told_with": None,
            **self._shape(player[0], shapes),
            **told(self.stated, feature.name),
            "rows_judged": None,
            "share_judged": None,
        }
        figures = [share_row(self.lived, "share", played.shares[place], extra=mine, feature=feature.name)]
        if part is not None:
            figures.append(share_row(self.lived, "importance_share", part, extra=dict(extra), feature=feature.name))
        return [*figures, self._change(feature, change, extra)]

    def _change(self, feature: Feature, change: Change, extra: dict[str, Value]) -> Estimate:
        known = isfinite(change.estimate)
        return Estimate(
            dimensions={"outcome": self.lived.outcome.name, "feature": feature.name},
            measure="change",
            estimate=change.estimate if known else None,
            lower=change.lower if known else None,
            upper=change.upper if known else None,
            n=self.lived.n,
            n_missing=self.lived.n_unknown,
            unit=self.unit,
            evidence="associated",
            note=None if known else "combination",
            extra=dict(extra),
        )

    def without_figures(self) -> list[Estimate]:
        """Return a row for each feature that is not looked at: left out, told with another, or refused."""
        rows: list[Estimate] = []
        lead = self.columns.lead_of
        for k, feature in enumerate(self.lived.features):
            if k in self.columns.reasons:
                rows.append(self._empty(feature, note=self.columns.reasons[k], **self._seen(k)))
            elif lead[k] != k:
                told, others = self._names([lead[k]]), self._names(self.columns.not_told_apart(k))
                more = {**self._seen(k), "told_with": told, "indistinguishable_with": others}
                rows.append(self._empty(feature, note=INDISTINGUISHABLE, **more))
        for refusal in self.lived.refused:
            judged: dict[str, Value] = {"rows_judged": refusal.rows, "share_judged": refusal.share}
            rows.append(self._empty(refusal.feature, note=refusal.reason, **judged))
        return rows

    def _empty(self, feature: Feature, *, note: str, **extra: Value) -> Estimate:
        before = (
            "n_met",
            "mean",
            "spread",
            "direction",
            "probability_top_three",
            "indistinguishable_with",
            "told_with",
        )
        blank: dict[str, Value] = dict.fromkeys((*before, "essential", "class", "penalty"))
        blank |= {**told(self.stated, feature.name), "rows_judged": None, "share_judged": None}
        return Estimate(
            dimensions={"outcome": self.lived.outcome.name, "feature": feature.name},
            measure="share",
            estimate=None,
            n=self.lived.n,
            n_missing=self.lived.n_unknown,
            unit="fraction",
            evidence="associated",
            note=note,
            extra={**named(feature), **blank, **extra},
        )

    def _seen(self, k: int) -> dict[str, Value]:
        seen = self.columns.seen[k]
        if seen.reason and seen.reason.startswith(WITHHELD):
            return {"n_met": None, "mean": None, "spread": None}
        known = seen.n > 0
        return {"n_met": seen.n, "mean": seen.mean if known else None, "spread": seen.spread if known else None}

    def _names(self, features: list[int]) -> str | None:
        return ", ".join(self.lived.features[k].name for k in features) or None

    def _shape(self, k: int, shapes: Shapes) -> dict[str, Value]:
        one = shapes.of_feature.get(k)
        if one is None or one.shape is None:
            return {"essential": None, "class": None, "penalty": None}
        return {
            "essential": is_essential(one),
            "class": one.shape,
            "penalty": one.penalty * sign_of(self.lived.outcome) if isfinite(one.penalty) else None,
        }
