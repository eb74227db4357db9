"""What customers say matters to them, beside what their outcomes go with."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from promesa.engine import case
from promesa.measures import clustered, own_opinions, score_value, withheld

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promesa.engine import Expression, Table
    from promesa.measures import Question
    from promesa.results import Value
    from promesa.workspace import Concept


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """How much customers say that one thing matters.

    Attributes
    ----------
    mean : float
        Mean answer, as a fraction of the scale: 0 at its lowest score, 1 at its highest.
    n : int
        Answers.
    """

    mean: float
    n: int


def stated_importance(question: Question) -> Mapping[str, Stated]:
    """Return, by element, promise or touchpoint, the importance that customers state where they are asked.

    Notes
    -----
    A concept states the importance of what its ``states`` names. What people say matters and what their outcomes go
    with differ as a rule: both are shown, and neither corrects the other. Small groups are left out.
    """
    concepts = [one for one in question.workspace.model.concepts.values() if one.states]
    if not concepts:
        return {}
    opinions = own_opinions(question)
    opinions = opinions.filter(opinions["concept"].isin([one.name for one in concepts]))
    table = opinions.mutate(by_concept_=opinions["concept"])
    values = {"stated": case(*((table["concept"] == one.name, _share_of_scale(table, one)) for one in concepts))}
    found: dict[str, Stated] = {}
    for group in clustered(replace(question, by=()), table, values, names=("concept_",), anonymous=True):
        sums, concept = group.values["stated"], question.workspace.model.concepts[str(group.dimensions["concept_"])]
        if sums.n and not withheld(question, sums.n, group.customers):
            found[str(concept.states)] = Stated(mean=float(np.clip(sums.mean, 0.0, 1.0)), n=sums.n)
    return found


def _share_of_scale(opinions: Table, concept: Concept) -> Expression:
    low, high = concept.scale
    share = (score_value(opinions, replace(concept, kind="mean")) - low) / (high - low)
    return 1 - share if concept.better == "less" else share


def told(stated: Mapping[str, Stated], name: str) -> dict[str, Value]:
    """Return the keys of a row that say what is stated of one thing."""
    one = stated.get(name)
    return {"stated": one.mean if one else None, "stated_n": one.n if one else None}
