"""The scores of a journey's moments in order, and what came later: what customers say of it, whether they return."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from promesa.engine import null_of, when
from promesa.journeys.assembling import JOURNEY
from promesa.journeys.heard import moment_scores, remembered_concept, remembered_scores
from promesa.journeys.outcomes import returns_of
from promesa.measures import of_drawn_customers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from promesa.engine import Table
    from promesa.journeys.assembling import Steps

    Floats = NDArray[np.float64]

MOST_ROWS = 400_000
FEWEST = 2  # moments asked about, from which on a journey has a worst and a best


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Recalled:
    """Scores of moments, journey after journey, in order of time.

    Attributes
    ----------
    scores, touchpoints : ndarray, shape (n,)
        From 0 to 10; of which touchpoint, a place in `names`.
    starts : ndarray of int, shape (journeys,)
        Where each journey begins.
    customers, outcome : ndarray, shape (journeys,)
        Whose it was, and what came of it.
    names : tuple of str
        The touchpoints.
    n_missing : int
        Journeys with the outcome known that have fewer than two moments asked about.
    share : float
        Of the customers, those drawn.
    """

    scores: Floats
    touchpoints: NDArray[np.int64]
    starts: NDArray[np.int64]
    customers: NDArray[np.int64]
    outcome: Floats
    names: tuple[str, ...]
    n_missing: int
    share: float


def recalled(steps: Steps) -> tuple[Recalled, Recalled]:
    """Return the journeys whose remembered score is known, and those of which it is known whether they led to another.

    Notes
    -----
    For the remembered score only moments count that were lived before it was given.
    """
    engine = steps.question.facts.engine
    scores, share = of_drawn_customers(steps.question, moment_scores(steps), most=MOST_ROWS)
    table = with_outcomes(steps, scores)
    rows = engine.fetch(table.order_by([table[JOURNEY], table["place_"]]))
    journeys = rows.column(JOURNEY).combine_chunks().dictionary_encode().indices.to_numpy(zero_copy_only=False)
    places = rows.column("touchpoint").combine_chunks().dictionary_encode()
    numbers = {
        name: np.asarray(rows.column(name).to_numpy(zero_copy_only=False), dtype=np.float64)
        for name in ("score_", "remembered_", "returned_", "lived_before_")
    }
    customers = np.asarray(rows.column("customer").to_numpy(), dtype=np.int64)
    touchpoints = places.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    names = tuple(str(name) for name in places.dictionary.to_pylist())

    def of(outcome: str, kept: NDArray[np.bool_]) -> Recalled:
        starts, enough, alone = _of_several(journeys, kept)
        return Recalled(
            scores=numbers["score_"][enough], touchpoints=touchpoints[enough], starts=starts,
            customers=customers[enough][starts], outcome=numbers[outcome][enough][starts], names=names,
            n_missing=alone, share=share,
        )  # fmt: skip

    told = ~np.isnan(numbers["remembered_"]) & (numbers["lived_before_"] == 1)
    return of("remembered_", told), of("returned_", ~np.isnan(numbers["returned_"]))


def _of_several(
    journeys: NDArray[np.int64], kept: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.bool_], int]:
    """Return where journeys of at least two kept moments begin, which rows are theirs, and how many have but one."""
    counts = np.bincount(journeys[kept], minlength=int(journeys.max()) + 1 if len(journeys) else 0)
    enough = kept & (counts[journeys] >= FEWEST)
    return begins(journeys[enough]), enough, int(((counts > 0) & (counts < FEWEST)).sum())


def begins(journeys: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return where each of the journeys begins whose rows stand together."""
    if not len(journeys):
        return np.empty(0, dtype=np.int64)
    return np.flatnonzero(np.append(True, journeys[1:] != journeys[:-1]))


def with_outcomes(steps: Steps, scores: Table, *, more: Sequence[str] = ()) -> Table:
    """Return the scores with the remembered score of their journey and whether its customer bought again.

    Parameters
    ----------
    more : sequence of str
        Other columns of `scores` to keep.
    """
    concept = remembered_concept(steps.question)
    if concept is None:
        scores = scores.mutate(remembered_=null_of("float64"), lived_before_=null_of("float64"))
    else:
        told = remembered_scores(steps, concept)
        scores = scores.left_join(told, scores[JOURNEY] == told["of_journey"]).drop("of_journey")
        scores = scores.mutate(lived_before_=when(scores["at"] <= scores["remembered_at_"], 1.0, 0.0))
    joined = _with_returns(steps, scores)
    return joined.select(
        JOURNEY, "customer", "touchpoint", "place_", "score_", "remembered_", "lived_before_", "returned_",
        *more,
    )  # fmt: skip


def _with_returns(steps: Steps, scores: Table) -> Table:
    """Return the scores with whether their customer ordered again within the days; null where these are not over."""
    asked = scores.select(asked_=JOURNEY).distinct()
    journeys = steps.journeys.semi_join(asked, steps.journeys[JOURNEY] == asked["asked_"])
    returns = returns_of(steps.question, journeys, steps.question.workspace.model.return_within_days)
    if returns is None:
        return scores.mutate(returned_=null_of("float64"))
    returned = returns.select(returned_of=JOURNEY, returned_="value")
    return scores.left_join(returned, scores[JOURNEY] == returned["returned_of"])
