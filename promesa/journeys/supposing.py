"""The scores of all moments of a journey: those given, and those supposed where nobody was asked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from promesa.journeys.assembling import JOURNEY
from promesa.journeys.heard import moment_scores
from promesa.journeys.opening import MICROSECONDS_AN_HOUR
from promesa.journeys.recalling import FEWEST, MOST_ROWS, begins, with_outcomes
from promesa.measures import lived_moments, of_drawn_customers, of_share
from promesa.stats import score_summaries, supposed_scores

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa
    from numpy.typing import NDArray

    from promesa.engine import Table
    from promesa.journeys.assembling import Steps
    from promesa.stats import Explained

    Floats = NDArray[np.float64]

COPIES = 5
MOST_CHANNELS = 12


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Whole:
    """Journeys of whose moments some scores are given and the others supposed.

    Attributes
    ----------
    summaries : dict of str to ndarray, shape (journeys,)
        As `stats.score_summaries`, the mean of the copies.
    customers, outcome : ndarray, shape (journeys,)
        Whose each was, and what came of it.
    unasked : ndarray of float, shape (journeys,)
        Share of the moments whose score is supposed; moments at touchpoints that few were asked about are no part.
    n_missing : int
        Journeys with the outcome known that have fewer than two moments told or supposed.
    """

    summaries: dict[str, Floats]
    customers: NDArray[np.int64]
    outcome: Floats
    unasked: Floats
    n_missing: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lived:
    """All moments of drawn customers.

    Attributes
    ----------
    told, returned : Whole
        Journeys whose remembered score is known, and those of which it is known whether they led to another order.
    explained : mapping of str to Explained
        How well the scores of a touchpoint follow from what is known of its moments.
    share : float
        Of the customers, those drawn.
    """

    told: Whole
    returned: Whole
    explained: Mapping[str, Explained]
    share: float


def lived_scores(steps: Steps) -> Lived | None:
    """Return the journeys with a score for each moment; None where nothing is there to suppose from or to suppose.

    Notes
    -----
    For the remembered score only moments count that were lived before it was given.
    """
    engine = steps.question.facts.engine
    drawn, share = of_drawn_customers(steps.question, steps.table, most=MOST_ROWS)
    table = _with_scores(steps, drawn, share)
    rows = engine.fetch(table.order_by([table[JOURNEY], table["place_"]]))
    scores, codes = _numbers(rows, "score_"), _codes(rows, JOURNEY)[0]
    if np.isnan(scores).all() or not np.isnan(scores).any():
        return None
    places, names = _codes(rows, "touchpoint")
    customers = np.asarray(rows.column("customer").to_numpy(), dtype=np.int64)
    supposed = supposed_scores(scores, places, _columns(steps, rows, codes), customers, copies=COPIES)
    lived_before = _numbers(rows, "lived_before_") == 1

    def of(outcome: str, kept: NDArray[np.bool_]) -> Whole:
        return _whole(_numbers(rows, outcome), supposed.scores, np.isnan(scores), kept, (codes, customers))

    told, returned = (_numbers(rows, name) for name in ("remembered_", "returned_"))
    return Lived(
        told=of("remembered_", ~np.isnan(told) & lived_before),
        returned=of("returned_", ~np.isnan(returned)),
        explained={names[place]: found for place, found in supposed.explained.items()},
        share=share,
    )


def _with_scores(steps: Steps, drawn: Table, share: float) -> Table:
    """Return the moments of drawn customers with their score, what is measured of them, and what came of their journey.

    Notes
    -----
    What is joined is of the same customers: an engine that cannot know how few are drawn would lay out all moments.
    """
    asked = of_share(moment_scores(steps), share).select("score_", scored_source="source", scored_id="id")
    table = drawn.left_join(asked, [drawn["source"] == asked["scored_source"], drawn["id"] == asked["scored_id"]])
    names = _elements(steps)
    if names:
        moments = of_share(lived_moments(replace(steps.question, since=None, until=None, by=())), share)
        measured = {f"e_{k}": moments[name].cast("float64") for k, name in enumerate(names)}
        known = moments.select(known_source="source", known_id="id", **measured)
        table = table.left_join(known, [table["source"] == known["known_source"], table["id"] == known["known_id"]])
    columns = [f"e_{k}" for k in range(len(names))]
    table = table.select(JOURNEY, "customer", "touchpoint", "channel", "place_", "at", "score_", *columns)
    return with_outcomes(steps, table, more=("channel", "at", *columns))


def _elements(steps: Steps) -> list[str]:
    return sorted(steps.question.workspace.model.elements)


def _columns(steps: Steps, rows: pa.Table, journeys: NDArray[np.int64]) -> Floats:
    """Return what is known of each moment: its elements, the hours since the one before, its place, its channel."""
    at = np.asarray(rows.column("at").cast("int64").to_numpy(), dtype=np.float64) / MICROSECONDS_AN_HOUR
    hours = np.r_[np.nan, np.diff(at)]
    hours[begins(journeys)] = np.nan
    channels, names = _codes(rows, "channel")
    frequent = np.argsort(-np.bincount(channels, minlength=len(names)), kind="stable")[:MOST_CHANNELS]
    elements = [_numbers(rows, f"e_{k}") for k in range(len(_elements(steps)))]
    place = _numbers(rows, "place_")
    return np.column_stack([*elements, np.log1p(np.maximum(hours, 0)), place, *(channels == k for k in frequent)])


def _whole(
    outcome: Floats,
    scores: Floats,
    unasked: NDArray[np.bool_],
    kept: NDArray[np.bool_],
    owners: tuple[NDArray[np.int64], NDArray[np.int64]],
) -> Whole:
    """Return the journeys of which at least two moments are told or supposed."""
    journeys, customers = owners
    count = int(journeys.max()) + 1
    there = kept & ~np.isnan(scores[0])
    lengths = np.bincount(journeys[there], minlength=count)
    rows = there & (lengths >= FEWEST)[journeys]
    starts = begins(journeys[rows])
    copies = [score_summaries(copy[rows], starts) for copy in scores]
    own = lengths[journeys[rows][starts]]
    return Whole(
        summaries={name: np.mean([copy[name] for copy in copies], axis=0) for name in copies[0]},
        customers=customers[rows][starts],
        outcome=outcome[rows][starts],
        unasked=np.add.reduceat(unasked[rows].astype(float), starts) / own if len(starts) else np.empty(0),
        n_missing=len(np.unique(journeys[kept & (lengths < FEWEST)[journeys]])),
    )


def _codes(rows: pa.Table, column: str) -> tuple[NDArray[np.int64], list[str]]:
    """Return a text as numbers from 0, and what each is; what is missing has the last number and no name."""
    found: Any = rows.column(column).combine_chunks().dictionary_encode()
    numbers = found.indices.fill_null(len(found.dictionary)).to_numpy(zero_copy_only=False).astype(np.int64)
    return numbers, [*(str(name) for name in found.dictionary.to_pylist()), ""]


def _numbers(rows: pa.Table, column: str) -> Floats:
    return np.asarray(rows.column(column).to_numpy(), dtype=np.float64)
