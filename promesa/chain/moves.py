"""How far each thing lived would move: every promise kept, every element where its better quarter already is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promesa.chain.fits import Fit, Seen
    from promesa.experience import Feature


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One thing lived, and how far it would move where it is lived.

    Attributes
    ----------
    feature, seen : Feature, Seen
        What it is, and what its values were.
    step : float
        From its mean to where it should be.
    n : int
        Journeys among which it was seen.
    """

    feature: Feature
    seen: Seen
    step: float
    n: int


Moves = dict[tuple[str, str], Move]
"""By kind and name."""


def all_moves(usable: Mapping[str, Fit]) -> Moves:
    """Return all that has an effect on some outcome, each as the outcome known of most journeys saw it."""
    found: Moves = {}
    for one in sorted(usable.values(), key=lambda one: -one.n):
        for k, (feature, seen) in enumerate(zip(one.features, one.seen, strict=True)):
            if one.known[k]:
                step = _better_quarter(feature, seen) - seen.mean
                found.setdefault((feature.kind, feature.name), Move(feature=feature, seen=seen, step=step, n=one.n))
    return found


def moves_at(everything: Moves, level: str, name: str) -> Moves:
    """Return what lived there would move, where it is lived."""
    moves: Moves = {}
    for key, move in everything.items():
        feature = move.feature
        here = feature.touchpoints[0] if level == "touchpoint" else feature.function
        if here == name and feature.kind != "met" and feature.better != 0:
            moves[key] = move
    return moves


def _better_quarter(feature: Feature, seen: Seen) -> float:
    """Return where the better quarter of journeys already is; never worse than the mean."""
    if feature.kind == "promise":
        return 0.0
    if feature.better > 0:
        return max(seen.mean, seen.three_quarters)
    return min(seen.mean, seen.quarter)
