"""The path model of an index survey, fitted, as figures; or the plain reason why it cannot be fitted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from promesa.chain.path_sheets import SCALE, sheets_of
from promesa.errors import TooFewObservations, ValueOutOfRange
from promesa.measures import withheld
from promesa.results import Estimate
from promesa.stats import Bootstrap, path_model

if TYPE_CHECKING:
    from promesa.chain.path_sheets import Sheets
    from promesa.measures import Question
    from promesa.results import Evidence, Value
    from promesa.stats import Construct, Interval, PathModel
    from promesa.workspace import IndexSurvey

WITHHELD_CELL = "withheld-small-cell"
LEAST_ANSWERED = 0.5  # of the sheets: an item answered on fewer is mostly its own mean
RELIABILITY = {
    "alpha": "alpha",
    "rho_a": "rho_a",
    "composite_reliability": "composite",
    "ave": "average_variance",
}


def figures_of(question: Question, index: IndexSurvey) -> list[Estimate]:
    """Return every figure of one index survey; without a fit, a row with the note that says why."""
    sheets = sheets_of(question, index)
    if not sheets.n_answered:
        return [_empty(index, "no-sheets" if sheets.n_unplaced else "no-data", n_missing=sheets.n_unplaced)]
    n = int((~np.isnan(sheets.answers).all(axis=1)).sum())
    reason = withheld(question, n, sheets.n_customers)
    if reason:
        return [_empty(index, reason, n=0 if reason == WITHHELD_CELL else n)]
    silent = _unusable(sheets)
    left_out = [_left_out(index, item, note, sheets) for item, note in silent.items()]
    unmeasured = [name for name, c in index.constructs.items() if all(item in silent for item in c.items)]
    if unmeasured:
        return [*(_empty(index, "construct-not-measured", construct=name) for name in unmeasured), *left_out]
    try:
        model = _fit(question, index, sheets, silent)
    except TooFewObservations:
        return [_empty(index, "too-few-answers", n=n), *left_out]
    except ValueOutOfRange:
        return [_empty(index, "not-converged", n=n), *left_out]
    return [*_Figures(index, model, sheets).rows(), *left_out]


def last_construct(index: IndexSurvey) -> str:
    """Return the construct to which everything leads: no arrow leaves it; of several, the last in the file."""
    starts = {start for start, _ in index.arrows}
    return ([name for name in index.constructs if name not in starts] or list(index.constructs))[-1]


def goal_of(question: Question, index: IndexSurvey) -> str:
    """Return the construct that the summary speaks of: satisfaction where concepts say so, else the last."""
    concepts = question.workspace.model.concepts
    satisfied = [
        name
        for name, construct in index.constructs.items()
        if all(concepts[item].link == "satisfaction" for item in construct.items)
    ]
    return satisfied[0] if len(satisfied) == 1 else last_construct(index)


def _unusable(sheets: Sheets) -> dict[str, str]:
    """Return the items that say nothing, with the reason."""
    answered = ~np.isnan(sheets.answers)
    used = sheets.answers[answered.any(axis=1)]
    found: dict[str, str] = {}
    for k, item in enumerate(sheets.items):
        values = used[~np.isnan(used[:, k]), k]
        if not values.size:
            found[item] = "never-answered"
        elif values.size < LEAST_ANSWERED * len(used):
            found[item] = "mostly-not-answered"
        elif values.min() == values.max():
            found[item] = "always-the-same"
    return found


def _fit(question: Question, index: IndexSurvey, sheets: Sheets, silent: dict[str, str]) -> PathModel:
    drivers = question.workspace.model.studies.drivers
    place = {item: k for k, item in enumerate(sheets.items)}
    return path_model(
        sheets.answers,
        blocks={
            name: [place[item] for item in construct.items if item not in silent]
            for name, construct in index.constructs.items()
        },
        paths=tuple(dict.fromkeys(index.arrows)),
        modes={name: construct.mode for name, construct in index.constructs.items()},
        scheme=index.scheme,
        scale=SCALE,
        bootstrap=Bootstrap(
            seed=drivers.seed,
            replicates=drivers.bootstraps,
            confidence_level=question.confidence_level,
            units=sheets.units,
        ),
    )


def _where(
    index: IndexSurvey, *, construct: str | None = None, target: str | None = None, item: str | None = None
) -> dict[str, str | None]:
    return {"index": index.name, "construct": construct, "target": target, "item": item}


def _empty(index: IndexSurvey, note: str, *, construct: str | None = None, n: int = 0, n_missing: int = 0) -> Estimate:
    return Estimate(
        dimensions=_where(index, construct=construct),
        measure="index_score",
        estimate=None,
        n=n,
        n_missing=n_missing,
        unit="points",
        note=note,
    )


def _left_out(index: IndexSurvey, item: str, note: str, sheets: Sheets) -> Estimate:
    construct = next(name for name, c in index.constructs.items() if item in c.items)
    answered = ~np.isnan(sheets.answers)
    n = int(answered[:, sheets.items.index(item)].sum())
    return Estimate(
        dimensions=_where(index, construct=construct, item=item),
        measure="loading",
        estimate=None,
        n=n,
        n_missing=int(answered.any(axis=1).sum()) - n,
        unit="score",
        note=note,
    )


class _Figures:
    """The figures of one fitted model."""

    def __init__(self, index: IndexSurvey, model: PathModel, sheets: Sheets) -> None:
        self.index, self.model, self.sheets = index, model, sheets

    def rows(self) -> list[Estimate]:
        """Return scores and what explains them, effects, items, reliability and distinctness, in this order."""
        rows = [self._score(construct) for construct in self.model.constructs]
        rows += [self._explained(construct) for construct in self.model.constructs if construct.r_squared is not None]
        for measure, effects in (("path", self.model.paths), ("total_effect", self.model.total_effects)):
            for one in effects:
                where = _where(self.index, construct=one.source, target=one.target)
                rows.append(self._figure(where, measure, one.value, one.interval, evidence="associated"))
        for construct in self.model.constructs:
            rows += [*self._items(construct), *self._reliability(construct)]
        return [*rows, *self._cross_loadings(), *self._distinctness()]

    def _figure(
        self,
        where: dict[str, str | None],
        measure: str,
        value: float | None,
        interval: Interval | None = None,
        *,
        unit: str = "score",
        evidence: Evidence = "described",
        extra: dict[str, Value] | None = None,
    ) -> Estimate:
        known = value is not None and np.isfinite(value)
        return Estimate(
            dimensions=where,
            measure=measure,
            estimate=value if known else None,
            lower=interval.lower if interval and known else None,
            upper=interval.upper if interval and known else None,
            n=self.model.n,
            n_missing=self.model.n_empty,
            unit=unit,
            evidence=evidence,
            note=None if known else "not-defined",
            extra=extra or {},
        )

    def _score(self, construct: Construct) -> Estimate:
        last = last_construct(self.index)
        effect = next((e for e in self.model.total_effects if (e.source, e.target) == (construct.name, last)), None)
        ends = effect.interval if effect else None
        declared = self.index.constructs[construct.name]
        extra: dict[str, Value] = {
            "importance": effect.value if effect else None,
            "importance_lower": ends.lower if ends else None,
            "importance_upper": ends.upper if ends else None,
            "importance_for": last if effect else None,
            "mode": construct.mode,
            "sheets": self.sheets.n_answered,
            "customers": self.sheets.n_customers,
            "unplaced": self.sheets.n_unplaced,
            "label_es": declared.label.es,
            "label_en": declared.label.en,
            "index_es": self.index.label.es,
            "index_en": self.index.label.en,
        }
        where = _where(self.index, construct=construct.name)
        figure = self._figure(
            where, "index_score", construct.index, construct.index_interval, unit="points", extra=extra
        )
        return figure if construct.index is not None else replace(figure, note="negative-weight")

    def _explained(self, construct: Construct) -> Estimate:
        where = _where(self.index, construct=construct.name)
        return self._figure(
            where,
            "r_squared",
            construct.r_squared,
            construct.r_squared_interval,
            unit="fraction",
            evidence="associated",
        )

    def _items(self, construct: Construct) -> list[Estimate]:
        rows: list[Estimate] = []
        for item in construct.items:
            where = _where(self.index, construct=construct.name, item=self.sheets.items[item.column])
            own = {"n": self.model.n - item.n_missing, "n_missing": item.n_missing}
            weight = self._figure(where, "weight", item.weight, item.weight_interval)
            loading = self._figure(where, "loading", item.loading, item.loading_interval, extra={"mean": item.mean})
            rows += [replace(weight, **own), replace(loading, **own)]
        return rows

    def _reliability(self, construct: Construct) -> list[Estimate]:
        """Return how far the items agree, where several of them reflect the construct."""
        if construct.reliability is None or len(construct.items) == 1:
            return []
        where = _where(self.index, construct=construct.name)
        return [
            self._figure(
                where,
                measure,
                getattr(construct.reliability, name),
                unit="fraction",
                extra={"items": len(construct.items)},
            )
            for measure, name in RELIABILITY.items()
        ]

    def _cross_loadings(self) -> list[Estimate]:
        """Return how each item goes with the constructs that it does not measure."""
        items = [(own, item) for own in self.model.constructs for item in own.items]
        return [
            self._figure(
                _where(self.index, construct=other.name, item=self.sheets.items[item.column]),
                "cross_loading",
                float(self.model.cross_loadings[i, j]),
            )
            for i, (own, item) in enumerate(items)
            for j, other in enumerate(self.model.constructs)
            if other is not own
        ]

    def _distinctness(self) -> list[Estimate]:
        """Return how alike two constructs are, of those that their items reflect."""
        constructs, upper = self.model.constructs, self.model.htmt_upper
        return [
            self._figure(
                _where(self.index, construct=constructs[i].name, target=constructs[j].name),
                "htmt",
                float(self.model.htmt[i, j]),
                extra={"one_sided_upper": None if upper is None else float(upper[i, j])},
            )
            for i in range(len(constructs))
            for j in range(i + 1, len(constructs))
            if constructs[i].mode == constructs[j].mode == "A"
        ]
