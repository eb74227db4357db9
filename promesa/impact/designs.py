"""From an effect that is asked for to the rows that can answer it: what acted, on whom, and what is adjusted for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from promesa.stats import unit_hashes
from promesa.workspace import EffectQuestion

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from promesa.experience import Feature, Lived
    from promesa.measures import Question

    Floats = NDArray[np.float64]

MOST_ROWS = 20_000  # of one effect; above it a sample by customer: more rows cost time and hardly narrow an interval
PARTS = 1_000_000
DRAWN_BY = 0  # the seed of the draw: the same customers on each run
PLACEBO, SAME_AS_PLACEBO = "earlier_orders", ("earlier_orders", "tenure")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Design:
    """The rows of one effect.

    Attributes
    ----------
    feature : Feature
        What acts.
    rows : ndarray of int, shape (n,)
        Positions in the table of experience: where the feature was lived, and drawn.
    acted : ndarray of float, shape (n,)
        Broken 1 or kept 0; or the element.
    names : tuple of str
        What each column of `behind` belongs to: a confounder, an element, a promise, a touchpoint.
    behind : ndarray of float, shape (n, columns)
        What is adjusted for, complete and varying.
    n_lived : int
        Rows in which the feature was lived, drawn or not.
    """

    feature: Feature
    rows: NDArray[np.int64]
    acted: Floats
    names: tuple[str, ...]
    behind: Floats
    n_lived: int

    def columns_of(self, names: Sequence[str]) -> list[int]:
        """Return the columns that belong to some names."""
        return [k for k, name in enumerate(self.names) if name in names]


def asked_effects(question: Question) -> list[EffectQuestion]:
    """Return the effects that the model asks for; without any, that of each promise being broken."""
    model = question.workspace.model
    declared = list(model.studies.effects.values())
    return declared or [
        EffectQuestion(name=name, label=promise.statement, promise=name) for name, promise in model.promises.items()
    ]


def acting(lived: Lived, asked: EffectQuestion) -> int | None:
    """Return the position of what acts among the features; None where it was left out."""
    kind, name = ("promise", asked.promise) if asked.promise else ("element", asked.element)
    places = {(feature.kind, feature.name): k for k, feature in enumerate(lived.features)}
    return places.get((kind, str(name)))


def design(lived: Lived, asked: EffectQuestion, place: int, *, order: Sequence[str]) -> Design:
    """Return the rows of one effect.

    Parameters
    ----------
    order : sequence of str
        The touchpoints in the order of a purchase.

    Notes
    -----
    Adjusted for: the confounders, and what was lived before. Without a list of its own that is every feature of the
    touchpoints that stand before its own in the order of a purchase: what comes later may be a consequence, and to
    hold it fixed would take away a part of the effect.
    """
    feature, values = lived.features[place], lived.values
    met = ~np.isnan(values[:, place])
    drawn = met & _drawn(lived, int(met.sum()))
    rows = np.flatnonzero(drawn)
    names: list[str] = []
    columns: list[Floats] = []
    for k, confounder in enumerate(lived.confounders):
        names.append(confounder.name)
        columns.append(lived.behind[rows, k])
    for k in _before(lived, asked, place, order=order):
        for column in _filled(values[rows, k]):
            names.append(lived.features[k].name)
            columns.append(column)
    table = np.column_stack(columns) if columns else np.empty((rows.size, 0))
    vary = table.std(axis=0) > 1e-12 * np.maximum(1.0, np.abs(table).max(axis=0, initial=0.0)) if rows.size else []
    keep = [k for k in range(table.shape[1]) if rows.size and vary[k]]
    return Design(
        feature=feature,
        rows=rows,
        acted=values[rows, place],
        names=tuple(names[k] for k in keep),
        behind=table[:, keep],
        n_lived=int(met.sum()),
    )


def _drawn(lived: Lived, n: int) -> NDArray[np.bool_]:
    """Return the rows of whole customers that keep an effect at about `MOST_ROWS` rows, the same on each run."""
    if n <= MOST_ROWS:
        return np.ones(lived.n, dtype=bool)
    return unit_hashes(lived.customers, seed=DRAWN_BY) % PARTS < PARTS * MOST_ROWS // n


def _before(lived: Lived, asked: EffectQuestion, place: int, *, order: Sequence[str]) -> list[int]:
    if asked.adjust_for:
        return [k for k, one in enumerate(lived.features) if one.name in asked.adjust_for and k != place]
    turn = {touchpoint: k for k, touchpoint in enumerate(order)}
    mine = min(turn[name] for name in lived.features[place].touchpoints)
    return [k for k, one in enumerate(lived.features) if max(turn[name] for name in one.touchpoints) < mine]


def _filled(values: Floats) -> list[Floats]:
    """Return a feature as complete columns: its values about their mean, 0 where it was not lived, and where it was."""
    there = ~np.isnan(values)
    if not there.any():
        return []
    column = np.where(there, values - values[there].mean(), 0.0)
    return [column] if there.all() else [column, there.astype(float)]


def strongest(found: Design, came: Floats) -> str | None:
    """Return the confounder that goes most with both what acts and what came of it: the measure of an unseen one."""
    best, strength = None, 0.0
    for name in dict.fromkeys(found.names):
        columns = found.behind[:, found.columns_of([name])]
        told = _told(columns, found.acted) * _told(columns, came)
        if told > strength:
            best, strength = name, told
    return best


def _told(columns: Floats, values: Floats) -> float:
    """Return the share of the variance of values that some columns tell."""
    if not columns.shape[1] or values.std() == 0:
        return 0.0
    centred, y = columns - columns.mean(axis=0), values - values.mean()
    fitted = centred @ np.linalg.lstsq(centred, y, rcond=None)[0]
    return float(fitted @ fitted / (y @ y))
