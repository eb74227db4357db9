"""Bridges: a weak link that is all that holds two groups of records together waits for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from promesa.identity.edges import by_component
from promesa.identity.persons import components

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from promesa.identity.contradictions import Contradictions
    from promesa.identity.edges import Edges

    Numbers = NDArray[np.int64]

_GROUP, _GROUP_CONTRADICTED = 3, 2  # records of each side from which a bridge is looked at


def weak_bridges(nodes: int, edges: Edges, against: Contradictions, *, joins: Numbers) -> list[int]:
    """Return which of the links that would join are weak bridges.

    Parameters
    ----------
    joins : array of int64
        Places of the edges that no other guard holds.
    """
    low, high, weak = edges.low[joins], edges.high[joins], edges.weak[joins]
    person = components(nodes, low, high)
    sure = components(nodes, low[~weak], high[~weak])
    degree = np.bincount(low, minlength=nodes) + np.bincount(high, minlength=nodes)
    sizes = np.bincount(person, minlength=nodes)
    # What sure links connect anyway needs no weak one, and a record that hangs on one link is no group.
    doubtful = weak & (sure[low] != sure[high]) & (degree[low] > 1) & (degree[high] > 1)
    doubtful &= sizes[person[low]] >= 2 * _GROUP_CONTRADICTED
    suspects = set(joins[doubtful].tolist())
    held: list[int] = []
    for chosen in by_component(person[edges.low], np.unique(person[low[doubtful]]), joins):
        ends = {int(edge): (int(edges.low[edge]), int(edges.high[edge])) for edge in chosen.tolist()}
        held += _part(edges, ends, suspects & ends.keys(), against)
    return held


def _part(
    edges: Edges,
    ends: Mapping[int, tuple[int, int]],
    suspects: set[int],
    against: Contradictions,
) -> list[int]:
    """Return the weakest bridge of a group of records, and those of each of its two parts."""
    neighbours: dict[int, set[int]] = {}
    for one, two in ends.values():
        neighbours.setdefault(one, set()).add(two)
        neighbours.setdefault(two, set()).add(one)
    for edge in sorted(suspects, key=lambda edge: (edges.probability[edge], ends[edge])):
        one, two = ends[edge]
        side = _reached(one, neighbours, without=(one, two))
        other = neighbours.keys() - side
        if two in side or not _bridge_is_weak(side, other, against):
            continue
        held = [edge]
        for half in (side, other):
            inner = {place: pair for place, pair in ends.items() if pair[0] in half and pair[1] in half}
            held += _part(edges, inner, suspects & inner.keys(), against)
        return held
    return []


def _reached(start: int, neighbours: Mapping[int, set[int]], *, without: tuple[int, int]) -> set[int]:
    seen, waiting = {start}, [start]
    while waiting:
        node = waiting.pop()
        for other in neighbours[node] - seen:
            if (node, other) != without:
                seen.add(other)
                waiting.append(other)
    return seen


def _bridge_is_weak(side: set[int], other: set[int], against: Contradictions) -> bool:
    least = min(len(side), len(other))
    if least >= _GROUP:
        return True
    if least < _GROUP_CONTRADICTED:
        return False
    born = against.birth_date
    first, second = born.held_by(side), born.held_by(other)
    return bool(first and second and not any(born.alike(one, two) for one in first for two in second))
