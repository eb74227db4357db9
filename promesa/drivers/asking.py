"""What the analyses of this room share: when there is too little, and the row that says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from promesa.drivers.columns import NO_DATA
from promesa.experience import journeys_of
from promesa.measures import withheld
from promesa.results import Estimate

if TYPE_CHECKING:
    from promesa.experience import Lived
    from promesa.measures import Question

TOO_FEW, ALL_EQUAL = "too-few", "all-equal"
NO_DIRECTION, NO_FEATURES = "no-direction", "no-features"
LEAST_CUSTOMERS = 20  # as many as a clustered covariance takes


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
