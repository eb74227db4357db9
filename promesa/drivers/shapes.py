"""What failing and excelling in each element go with, and which of them are essentials."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from promesa.drivers.asking import NO_DIRECTION
from promesa.drivers.columns import INDISTINGUISHABLE, columns_of_missed
from promesa.errors import InputError
from promesa.experience import sign_of
from promesa.stats import asymmetry

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from promesa.drivers.columns import Columns
    from promesa.experience import Lived
    from promesa.measures import Question
    from promesa.stats import Asymmetry, ElementAsymmetry

    Numbers = NDArray[np.float64]

LIKELY = 0.5  # probability from which a shape is called by its name


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shapes:
    """Penalty and reward of the elements and promises of one outcome, more of which is better in it.

    Attributes
    ----------
    found : Asymmetry or None
        None where it could not be estimated.
    of_feature : dict of int to ElementAsymmetry
        By feature.
    reasons : dict of int to str
        For the others of kind element or promise, why there is none.
    """

    found: Asymmetry | None
    of_feature: dict[int, ElementAsymmetry]
    reasons: dict[int, str]


def elements_of(lived: Lived, columns: Columns, *, directed: bool) -> tuple[list[int], dict[int, str]]:
    """Return the elements and promises that a search takes, and why it leaves others out.

    Of features that say the same one is taken, an element rather than the promise made of it (see `standing`):
    together each would get half of what belongs to both.
    """
    taken: list[int] = []
    reasons: dict[int, str] = {}
    lead = columns.lead_of
    for k, feature in enumerate(lived.features):
        if feature.kind == "met":
            continue
        if k in columns.reasons:
            reasons[k] = columns.reasons[k]
        elif lead[k] != k:
            reasons[k] = INDISTINGUISHABLE
        elif directed and not feature.better:
            reasons[k] = NO_DIRECTION
        else:
            taken.append(k)
    return taken, reasons


def levels_of(lived: Lived, columns: Columns, taken: list[int]) -> Numbers:
    """Return the values that a search takes.

    Where a touchpoint was not met because its promise was broken, the broken promise tells it; what would have been
    measured there counts as usual, so that "not measured" does not take the penalty away from the promise.
    """
    values = lived.values[:, taken].copy()
    lead = columns.lead_of
    met = {feature.name: k for k, feature in enumerate(lived.features) if feature.kind == "met" and k in lead}
    for place, k in enumerate(taken):
        feature = lived.features[k]
        here = [met[name] for name in feature.touchpoints if name in met]
        if feature.kind != "element" or not here or any(lived.features[lead[m]].kind != "promise" for m in here):
            continue
        absent = np.isnan(values[:, place]) & (lived.values[:, here] == 0).all(axis=1)
        values[absent, place] = _usual(values[:, place], better=feature.better)
    return values


def _usual(values: Numbers, *, better: int) -> float:
    """Return the level that `promesa.stats.asymmetry` calls usual."""
    sign = better or 1
    levels = np.sort(values[~np.isnan(values)] * sign)
    distinct, counts = np.unique(levels, return_counts=True)
    if distinct.size == 2:
        return float(sign * distinct[1 if counts[1] >= counts[0] else 0])
    return float(sign * levels[(levels.size - 1) // 2])


def held_fixed(lived: Lived, columns: Columns) -> Numbers:
    """Return what a search of elements holds fixed: confounders, touchpoints met, elements without direction."""
    met = [
        column
        for lead, *_ in columns.players
        for column in columns.of_feature[lead]
        if lived.features[lead].kind == "met"
    ]
    return np.column_stack([lived.behind, columns.values[:, met]])


def shapes_of(
    question: Question, lived: Lived, columns: Columns, *, confidence_level: float, bootstraps: int
) -> Shapes:
    """Return penalty and reward of each element and promise with a direction.

    Notes
    -----
    What has no direction cannot fail; it is held fixed. An outcome of which less is better is turned round first.
    Elements of a touchpoint that stands under a broken promise are those of a second fit, which holds fixed whether it
    was met too (see `columns_of_missed`).
    """
    taken, reasons = elements_of(lived, columns, directed=True)
    neutral = [k for k, reason in reasons.items() if reason == NO_DIRECTION]
    held = np.column_stack(
        [held_fixed(lived, columns), *(columns.values[:, list(columns.of_feature[k])] for k in neutral)]
    )
    if not taken:
        return Shapes(found=None, of_feature={}, reasons=reasons)
    how: dict[str, Any] = {"confidence_level": confidence_level, "bootstraps": bootstraps}
    missed, columns_beside = columns_of_missed(lived, columns)
    try:
        found = _fitted(question, lived, columns, taken, held=held, **how)
        shapes = dict(zip(taken, found.elements, strict=True))
        if again := [k for k in taken if k in missed]:
            beside = np.column_stack([held, columns.values[:, columns_beside]])
            second = dict(
                zip(taken, _fitted(question, lived, columns, taken, held=beside, **how).elements, strict=True)
            )
            shapes |= {k: second[k] for k in again}
    except InputError as error:
        return Shapes(found=None, of_feature={}, reasons={**reasons, **dict.fromkeys(taken, _code_of(error))})
    return Shapes(found=found, of_feature=shapes, reasons=reasons)


def _fitted(
    question: Question,
    lived: Lived,
    columns: Columns,
    taken: list[int],
    *,
    held: Numbers,
    confidence_level: float,
    bootstraps: int,
) -> Asymmetry:
    return asymmetry(
        sign_of(lived.outcome) * lived.came,
        levels_of(lived, columns, taken),
        better=[lived.features[k].better for k in taken],
        units=lived.customers,
        confounders=held,
        bootstraps=bootstraps,
        confidence_level=confidence_level,
        seed=question.workspace.model.studies.drivers.seed,
    )


def _code_of(error: InputError) -> str:
    return "too-few" if error.code == "too-few-observations" else error.code


def is_essential(one: ElementAsymmetry) -> bool:
    """Tell whether failing in an element surely goes with a worse outcome, and excelling brings little."""
    sure = one.probabilities is not None and one.probabilities.must_be >= LIKELY
    return one.shape == "must_be" and sure and one.penalty_interval.upper < 0
