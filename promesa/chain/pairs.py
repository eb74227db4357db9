"""Confirmed synergies as what-if needs them: the coefficient of the product, and how often both are lived."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from promesa.experience import lived

if TYPE_CHECKING:
    from promesa.experience import Lived
    from promesa.measures import Question
    from promesa.results import Estimate, Result


def confirmed_pairs(question: Question, synergies: Result) -> list[dict[str, Any]]:
    """Return the confirmed pairs of an answer of `drivers.synergy`.

    Returns
    -------
    list of dict
        ``outcome``, ``first``, ``first_kind``, ``second``, ``second_kind``; ``coefficient``, ``lower`` and
        ``upper`` of the product of both; ``n``; over all journeys the share that lives ``both`` and, times that
        share, the means there: ``mean_first``, ``mean_second``, ``mean_product``.

    Notes
    -----
    `drivers.synergy` tells what two moves do beyond the sum of each: the coefficient times the product of the moves.
    """
    outcomes = question.workspace.model.studies.outcomes
    found: list[dict[str, Any]] = []
    for row in synergies.estimates:
        moves = _moves(row)
        if row.extra.get("status") == "confirmed" and row.estimate is not None and moves:
            table = lived(question, outcomes[str(row.dimensions["outcome"])])
            ends = [(row.estimate if end is None else end) / moves for end in (row.lower, row.upper)]
            found.append(
                {
                    **row.dimensions,
                    "first_kind": row.extra["first_kind"],
                    "second_kind": row.extra["second_kind"],
                    "coefficient": row.estimate / moves,
                    "lower": min(ends),
                    "upper": max(ends),
                    "n": row.n,
                    **_together(table, row),
                }
            )
    return found


def _moves(row: Estimate) -> float:
    """Return the product of the two moves that the row speaks of; 0 where one is not known."""
    product = 1.0
    for side in ("first", "second"):
        usual, moved = row.extra.get(f"{side}_usual"), row.extra.get(f"{side}_moved")
        if usual is None or moved is None:
            return 0.0
        product *= float(moved) - float(usual)
    return product


def _together(table: Lived, row: Estimate) -> dict[str, float]:
    """Return how often both are lived, and the means there, over all journeys."""
    sides = [
        next(
            table.values[:, k]
            for k, feature in enumerate(table.features)
            if (feature.name, feature.kind) == (row.dimensions[side], row.extra[f"{side}_kind"])
        )
        for side in ("first", "second")
    ]
    both = ~np.isnan(sides[0]) & ~np.isnan(sides[1])
    first, second = (np.where(both, side, 0.0) for side in sides)
    return {
        "both": float(both.mean()),
        "mean_first": float(first.mean()),
        "mean_second": float(second.mean()),
        "mean_product": float((first * second).mean()),
    }
