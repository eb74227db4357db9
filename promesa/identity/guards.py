"""Guards: which links may join, so that no weak or contradicted link makes two persons one.

Links that are strong enough join, except where a rule forbids it. The rules, in the order in which they are told:

refused
    A person said that two records of the two sides are `different` or are `never` to be joined.
documents
    Each of the two sides holds a document that is none of the other's, not even with a slip of the pen. A person's
    `same` overrules it, and so does the model where it has seen both documents and no two birth dates.
birth_dates
    The same of birth dates; but where a link says one person of two records with a birth date each, these two dates
    are no obstacle any more. A person's `same` overrules it.
size
    The person would have more than `largest` records. A person's `same` overrules it.
bridge
    The link is all that holds two sides together, each of three records or more (or of two, if no birth date of
    one side is known to the other), and it is weak: less probable than `SURE` and no identifier that joins alone.

Links are taken from the strongest to the weakest, so what is held is always the weaker one. A person's `same` comes
first (the latest first), then identifiers that join alone, then by probability; ties go by the surrogates. Bridges
are held weakest first, each time looking anew at the parts. The outcome depends on the links and on nothing else:
not on the order of rows, nor on what was linked before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from promesa.identity.bridges import weak_bridges
from promesa.identity.contradictions import HELD, Groups
from promesa.identity.edges import by_component
from promesa.identity.persons import components

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from numpy.typing import NDArray

    from promesa.identity.contradictions import Contradictions, Once
    from promesa.identity.edges import Edges

    Numbers = NDArray[np.int64]
    Flags = NDArray[np.bool_]

REASONS = ("", "refused", "documents", "birth_dates", "size", "bridge")


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What the guards make of the links.

    Attributes
    ----------
    reason : array of int8
        By edge, a place in `REASONS`: 0 joins.
    person : array of int64
        By node, the smallest node of its person.
    """

    reason: NDArray[np.int8]
    person: Numbers


def judge(nodes: int, edges: Edges, against: Contradictions, *, largest: int) -> Judged:
    """Decide which links join.

    Parameters
    ----------
    nodes : int
        Number of customers.
    largest : int
        Records of one person beyond which only a person's word joins.
    """
    reason = np.zeros(len(edges.low), dtype=np.int8)
    together = components(nodes, edges.low, edges.high)
    broken = _broken(together, against, largest=largest)
    weighed = against.weighed(edges)
    for chosen in by_component(together[edges.low], broken, edges.strongest_first()):
        _constrain(edges, chosen, against, weighed=weighed, largest=largest, reason=reason)
    reason[weak_bridges(nodes, edges, against, joins=np.flatnonzero(reason == 0))] = REASONS.index("bridge")
    joins = reason == 0
    return Judged(reason=reason, person=components(nodes, edges.low[joins], edges.high[joins]))


def suspicious(nodes: int, edges: Edges, value: Numbers) -> tuple[Numbers, Numbers]:
    """Return the nodes, and their components, of components that hold more than one value of what a person has once."""
    together = components(nodes, edges.low, edges.high)
    groups, _ = _distinct(together, value)
    label, held = np.unique(groups, return_counts=True)
    known = np.flatnonzero(value >= 0)
    chosen = known[np.isin(together[known], label[held > 1])].astype(np.int64)
    return chosen, together[chosen]


def _distinct(together: Numbers, value: Numbers) -> tuple[Numbers, Numbers]:
    """Return each value that a component holds, once, the components in order."""
    known = value >= 0
    width = int(value.max(initial=0)) + 1
    held = np.unique(together[known] * width + value[known])
    return held // width, held % width


def _broken(together: Numbers, against: Contradictions, *, largest: int) -> Numbers:
    """Return the components in which some rule may forbid that all their links join."""
    sizes = np.bincount(together, minlength=len(together))
    one, two = against.refused
    refused = together[one][together[one] == together[two]]
    apart = [_apart(together, once) for once in against.once.values()]
    return np.unique(np.concatenate([np.flatnonzero(sizes > largest), refused, *apart]))


def _apart(together: Numbers, once: Once) -> Numbers:
    """Return the components that hold two values that are more than a slip apart."""
    groups, values = _distinct(together, once.value)
    label, starts, held = np.unique(groups, return_index=True, return_counts=True)
    found = [
        int(label[place])
        for place in np.flatnonzero(held > 1)
        if _any_apart(values[starts[place] : starts[place] + held[place]].tolist(), once)
    ]
    return np.array(found, dtype=np.int64)


def _any_apart(values: Sequence[int], once: Once) -> bool:
    return any(not once.alike(one, two) for place, one in enumerate(values) for two in values[place + 1 :])


def _constrain(
    edges: Edges,
    chosen: Numbers,
    against: Contradictions,
    *,
    weighed: Mapping[str, Flags],
    largest: int,
    reason: NDArray[np.int8],
) -> None:
    """Join a component from its strongest link to its weakest, and note why a link does not join."""
    low, high, decided = edges.low[chosen].tolist(), edges.high[chosen].tolist(), edges.decided[chosen].tolist()
    groups = Groups(sorted({*low, *high}), against)
    seen = {what: flags[chosen].tolist() for what, flags in weighed.items()}
    for one, two, born in zip(low, high, seen["birth_dates"], strict=True):
        if born:
            groups.held["birth_dates"].accept(one, two)
    for place, (one, two, word) in enumerate(zip(low, high, decided, strict=True)):
        first, second = groups.group[one], groups.group[two]
        if first == second:
            continue
        accepted = {what for what in HELD if word or seen[what][place]}
        edge = int(chosen[place])
        reason[edge] = _obstacle(groups, first, second, largest=None if word else largest, accepted=accepted)
        if not reason[edge]:
            groups.join(first, second, accepted=accepted)
    # A stronger link may have been held where a weaker one, seen later, brought what was missing between the two.
    for edge, one, two in zip(chosen.tolist(), low, high, strict=True):
        if groups.group[one] == groups.group[two]:
            reason[edge] = 0


def _obstacle(groups: Groups, one: int, two: int, *, largest: int | None, accepted: AbstractSet[str]) -> int:
    """Return why two groups may not be joined; 0 if they may.

    Without `largest` a person's word joins; what is `accepted` is no obstacle.
    """
    if groups.told_apart(one, two):
        return REASONS.index("refused")
    if largest is None:
        return 0
    for what in HELD:
        if what not in accepted and groups.held[what].differ(one, two):
            return REASONS.index(what)
    return REASONS.index("size") if groups.size(one, two) > largest else 0
