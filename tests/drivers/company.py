"""The simulated company as a table of lived journeys, with the satisfaction of everybody: no files, no load."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from promesa.experience import Confounder, Feature, Lived
from promesa.experience.features import features_of
from tests.stats.company_journeys import company_journeys

if TYPE_CHECKING:
    from promesa.measures import Question
    from promesa.workspace import Outcome

MADE_OF = {"pickup_in_2_hours": ("pickup_hours", 2.0), "refund_in_10_days": ("refund_days", 10.0)}
NAMES = {"resolved": "resolved_first"}


def lived_by_everybody(question: Question, outcome: Outcome, *, customers: int = 20_000) -> Lived:
    """Return the table as `promesa.experience.lived` would, had everybody answered without noise."""
    drawn = company_journeys(customers)
    columns = {NAMES.get(name, name): drawn.values[:, k] for k, name in enumerate(drawn.names)}
    columns["arrives_by_date"] = columns.pop("late")
    for promise, (element, most) in MADE_OF.items():
        level = columns[element]
        columns[promise] = np.where(np.isnan(level), np.nan, (level > most).astype(float))
    features = [f for f in features_of(question.workspace.model) if f.kind != "met" and f.name in columns]
    features += _met(question, columns)
    values = np.column_stack([columns[f.name] for f in features])
    return Lived(
        outcome=outcome,
        came=drawn.outcome,
        units=np.arange(len(drawn.outcome)).astype(str).astype(object),
        customers=drawn.units.astype(np.int64),
        features=tuple(features),
        values=values,
        confounders=tuple(Confounder(name="behind", level=f"{k}") for k in range(drawn.confounders.shape[1])),
        behind=drawn.confounders,
        groups={},
        served={},
        refused=(),
        n_units=len(drawn.outcome),
        n_unknown=0,
        share=1.0,
    )


def _met(question: Question, columns: dict[str, np.ndarray]) -> list[Feature]:
    """Add the column of each touchpoint whose moments are told by one of its elements."""
    told = {"phone_support": "wait_minutes", "refund": "refund_days", "delivery": "packaging", "pickup": "pickup_hours"}
    met = [f for f in features_of(question.workspace.model) if f.kind == "met" and f.name in told]
    for feature in met:
        columns[feature.name] = (~np.isnan(columns[told[feature.name]])).astype(float)
    return met
