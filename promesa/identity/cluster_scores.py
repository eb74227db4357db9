"""Precision and recall by pairs and by records, from what each true person contributes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from promesa.stats import wilson_interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.floating[Any]]

MEASURES = (
    "pair_precision",
    "pair_recall",
    "pair_f1",
    "record_precision",
    "record_recall",
    "record_f1",
    "exact_persons",
)
_DRAWS = 1000
_N, _RIGHT, _TRUE, _MADE, _PRECISION, _RECALL, _EXACT = range(7)
# What stands above and below the line of each share; an F1 is 2 above / (below + below).
_LINES = {
    "pair_precision": (_RIGHT, _MADE),
    "pair_recall": (_RIGHT, _TRUE),
    "record_precision": (_PRECISION, _N),
    "record_recall": (_RECALL, _N),
}
Scored = tuple[float | None, float | None, float | None, int]


def scored(contributions: Sequence[Sequence[float]], *, confidence_level: float, seed: int) -> dict[str, Scored]:
    """Return (estimate, lower, upper, persons behind it) of each measure; None where nothing defines it.

    Parameters
    ----------
    contributions : sequence of rows
        Records, right pairs, true pairs, made pairs, sums of B-cubed precision and recall, exactly right (0 or
        1), and last the number of persons with these contributions.
    seed : int
        Of the resampling.
    """
    table = np.asarray(contributions, dtype=float)
    kinds, persons = table[:, :-1], table[:, -1]
    total = int(persons.sum())
    # Persons who contribute alike are drawn together: the same as drawing each.
    drawn = np.random.default_rng(seed).multinomial(total, persons / total, size=_DRAWS).astype(float)
    once, again = _measures((persons @ kinds)[None, :], np.array([total])), _measures(drawn @ kinds, drawn.sum(axis=1))
    behind = _behind(kinds, persons)
    return {
        measure: _figure(float(once[measure][0]), again[measure], behind[measure], confidence_level=confidence_level)
        for measure in MEASURES
    }


def _measures(sums: Array, persons: Array) -> dict[str, Array]:
    with np.errstate(divide="ignore", invalid="ignore"):
        found: dict[str, Array] = {
            measure: sums[:, above] / sums[:, below] for measure, (above, below) in _LINES.items()
        }
        found["pair_f1"] = 2 * sums[:, _RIGHT] / (sums[:, _TRUE] + sums[:, _MADE])
        precision, recall = found["record_precision"], found["record_recall"]
        found["record_f1"] = 2 * precision * recall / (precision + recall)
        found["exact_persons"] = sums[:, _EXACT] / persons
    return found


def _behind(kinds: Array, persons: Array) -> dict[str, int]:
    """Return how many persons each measure rests on: those without any pair say nothing of pairs."""
    everyone = int(persons.sum())
    counts: dict[str, int] = dict.fromkeys(MEASURES, everyone)
    for measure, (_, below) in _LINES.items():
        counts[measure] = int(persons[kinds[:, below] > 0].sum())
    counts["pair_f1"] = int(persons[(kinds[:, _TRUE] + kinds[:, _MADE]) > 0].sum())
    return counts


def _figure(estimate: float, draws: Array, persons: int, *, confidence_level: float) -> Scored:
    if not np.isfinite(estimate) or not persons:
        return None, None, None, persons
    variance = float(np.var(draws[np.isfinite(draws)]))
    spread = estimate * (1 - estimate)
    size = spread / variance if variance > 0 and spread > 0 else float(persons)
    ends = wilson_interval(estimate, size, confidence_level=confidence_level)
    return estimate, ends.lower, ends.upper, persons
