"""What the analyses of this room share: which outcomes are asked, in which unit, and when there is too little."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from promesa.drivers.columns import NO_DATA
from promesa.errors import UnknownName
from promesa.measures import withheld
from promesa.results import Estimate

if TYPE_CHECKING:
    from promesa.experience import Lived
    from promesa.measures import Question
    from promesa.results import Value
    from promesa.workspace import Outcome

TOO_FEW, ALL_EQUAL = "too-few", "all-equal"
NO_DIRECTION, NO_FEATURES = "no-direction", "no-features"
LEAST_CUSTOMERS = 20  # as many as a clustered covariance takes


def outcomes_asked(question: Question, outcome: str | None) -> list[Outcome]:
    """Return the outcome of that name, or all that the model declares.

    Raises
    ------
    UnknownName
        If there is none of that name.
    """
    known = question.workspace.model.studies.outcomes
    if outcome is None:
        return list(known.values())
    if outcome not in known:
        raise UnknownName(outcome, kind="outcome", known=known)
    return [known[outcome]]


def unit_of(question: Question, outcome: Outcome) -> str:
    """Return the unit of an outcome, as rows name it."""
    if outcome.kind == "score":
        return "score"
    return question.workspace.currency if outcome.kind in {"revenue", "margin"} else "fraction"


def sign_of(outcome: Outcome) -> int:
    """Return 1 where more of the outcome is better, else -1."""
    return 1 if outcome.better == "more" else -1


def too_little(question: Question, lived: Lived) -> str | None:
    """Return why nothing can be said of an outcome, or None."""
    if not lived.n:
        return NO_DATA
    customers = np.unique(lived.customers).size
    reason = withheld(question, lived.n, customers)
    if reason and reason.endswith("cell"):
        return reason
    if reason or customers < LEAST_CUSTOMERS:
        return TOO_FEW
    return ALL_EQUAL if lived.came.min() == lived.came.max() else None


def nothing_of(lived: Lived, measure: str, *, unit: str, reason: str, **dimensions: str | None) -> Estimate:
    """Return the row of an outcome of which nothing can be said, with the reason."""
    return Estimate(
        dimensions={"outcome": lived.outcome.name, **dimensions},
        measure=measure,
        estimate=None,
        n=0 if reason.endswith("cell") else lived.n,
        n_missing=lived.n_unknown,
        unit=unit,
        evidence="associated",
        note=reason,
        extra=journeys_of(lived),
    )


def journeys_of(lived: Lived) -> dict[str, Value]:
    """Return how many units there are, and which share of customers was looked at."""
    return {"n_known": lived.n_units, "share_sampled": lived.share}
