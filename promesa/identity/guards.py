"""Guards: which links may join, so that no weak or contradicted link makes two persons one.

Links that are strong enough join, except where a rule forbids it. The rules, in the order in which they are told:

refused
    A person said that two records of the two sides are `different` or are `never` to be joined.
documents
    The two sides hold documents that differ by more than one slip of the pen. A person's `same` overrules it.
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

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from promesa.identity.persons import components

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    Numbers = NDArray[np.int64]
    Flags = NDArray[np.bool_]

SURE = 0.999  # from here a single link may hold two groups of records together
REASONS = ("", "refused", "documents", "size", "bridge")
_REFUSED, _DOCUMENTS, _SIZE, _BRIDGE = 1, 2, 3, 4
_GROUP, _GROUP_CONTRADICTED = 3, 2  # records of each side from which a bridge is looked at


@dataclass(frozen=True, slots=True, kw_only=True)
class Edges:
    """Links that are strong enough to join, as arrays of one length; none is refused by itself.

    Attributes
    ----------
    low, high : array of int64
        Nodes: places of the customers in the order of their surrogates.
    same : array of int64
        Instant of a person's `same`, microseconds; the least number where there is none.
    alone : array of bool
        An identifier that joins alone says so.
    probability : array of float64
        Of the model; 0 where it has said nothing.
    """

    low: Numbers
    high: Numbers
    same: Numbers
    alone: Flags
    probability: NDArray[np.float64]

    @property
    def decided(self) -> Flags:
        """Return which ones a person decided."""
        return self.same > np.iinfo(np.int64).min

    @property
    def weak(self) -> Flags:
        """Return which ones may not hold two groups together by themselves."""
        return ~self.decided & ~self.alone & (self.probability < SURE)

    def strongest_first(self) -> Numbers:
        """Return the places of the edges from the strongest to the weakest."""
        return np.lexsort((self.high, self.low, -self.probability, ~self.alone, -self.same, ~self.decided))


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradictions:
    """What speaks against joining.

    Attributes
    ----------
    refused : tuple of two arrays of int64
        Pairs of nodes that a person told apart.
    document, birth_date : array of int64
        By node: a number for each value, -1 where it is not known.
    slips : set of (int, int)
        Pairs of documents, both ways, that differ by no more than one slip.
    link_from : float
        Probability from which the model makes two records one person. Where it has seen a document of each and no two
        birth dates, it has weighed that the documents differ: people have a passport and an identity card. What stays
        forbidden is documents that meet otherwise, such as through records without one.
    """

    refused: tuple[Numbers, Numbers]
    document: Numbers
    birth_date: Numbers
    slips: frozenset[tuple[int, int]] = field(default_factory=frozenset)
    link_from: float = 2.0

    def weighed(self, edges: Edges) -> Flags:
        """Return the links between records of which the model has seen both documents and no two birth dates."""
        seen = (self.document[edges.low] >= 0) & (self.document[edges.high] >= 0)
        born, other = self.birth_date[edges.low], self.birth_date[edges.high]
        two_days = (born >= 0) & (other >= 0) & (born != other)
        return seen & ~two_days & (edges.probability >= self.link_from)


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
    groups = _by_component(together[edges.low], broken, edges.strongest_first())
    decided, weighed = edges.decided, against.weighed(edges)  # of all at once: the groups may be many
    for chosen in groups:
        words = _Words(decided=decided[chosen], weighed=weighed[chosen])
        _constrain(edges, chosen, against, words=words, largest=largest, reason=reason)
    _hold_bridges(nodes, edges, against, reason)
    joins = reason == 0
    return Judged(reason=reason, person=components(nodes, edges.low[joins], edges.high[joins]))


def suspicious_documents(nodes: int, edges: Edges, document: Numbers) -> tuple[Numbers, Numbers]:
    """Return the nodes, and their components, of components that hold more than one document."""
    together = components(nodes, edges.low, edges.high)
    groups, _ = _distinct(together, document)
    label, held = np.unique(groups, return_counts=True)
    known = np.flatnonzero(document >= 0)
    chosen = known[np.isin(together[known], label[held > 1])].astype(np.int64)
    return chosen, together[chosen]


def _distinct(together: Numbers, value: Numbers) -> tuple[Numbers, Numbers]:
    """Return each value that a component holds, once, the components in order."""
    known = value >= 0
    width = int(value.max(initial=0)) + 1
    held = np.unique(together[known] * width + value[known])
    return held // width, held % width


def _broken(together: Numbers, against: Contradictions, *, largest: int) -> Numbers:
    """Return the components in which some rule forbids that all their links join."""
    sizes = np.bincount(together, minlength=len(together))
    one, two = against.refused
    refused = together[one][together[one] == together[two]]
    groups, documents = _distinct(together, against.document)
    label, starts, held = np.unique(groups, return_index=True, return_counts=True)
    apart = [
        int(label[place])
        for place in np.flatnonzero(held > 1)
        if _any_apart(documents[starts[place] : starts[place] + held[place]].tolist(), against.slips)
    ]
    return np.unique(np.concatenate([np.flatnonzero(sizes > largest), refused, np.array(apart, dtype=np.int64)]))


def _any_apart(documents: Sequence[int], slips: frozenset[tuple[int, int]]) -> bool:
    return any((one, two) not in slips for place, one in enumerate(documents) for two in documents[place + 1 :])


def _by_component(label: Numbers, wanted: Numbers, order: Numbers) -> Iterator[Numbers]:
    """Yield the edges of each wanted component, in the order given."""
    chosen = order[np.isin(label[order], wanted)]
    chosen = chosen[np.argsort(label[chosen], kind="stable")]
    starts = np.flatnonzero(np.diff(label[chosen], prepend=-1))[1:]
    if len(chosen):
        yield from np.split(chosen, starts)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    """Of the links of one component, which a person decided, and which the model weighed with both documents."""

    decided: Flags
    weighed: Flags


class _Groups:
    """Records that are one person so far, with what each group holds."""

    def __init__(self, nodes: Sequence[int], against: Contradictions) -> None:
        self.group = {node: node for node in nodes}
        self.members = {node: [node] for node in nodes}
        self.documents = {node: {int(against.document[node])} - {-1} for node in nodes}
        self.slips = against.slips
        self.accepted: set[tuple[int, int]] = set()  # documents that a person or the model said are one's
        self.refused: dict[int, set[int]] = {}
        one, two = against.refused
        inside = np.isin(one, np.array(nodes)) & np.isin(two, np.array(nodes))
        for first, second in zip(one[inside].tolist(), two[inside].tolist(), strict=True):
            self.refused.setdefault(first, set()).add(second)
            self.refused.setdefault(second, set()).add(first)

    def obstacle(self, one: int, two: int, *, largest: int | None, weighed: bool) -> int:
        """Return why two groups may not be joined; 0 if they may.

        Without `largest` a person's word joins; where documents were `weighed` they are no obstacle.
        """
        small, great = sorted((one, two), key=lambda group: len(self.members[group]))
        for node in self.members[small]:
            if any(self.group[other] == great for other in self.refused.get(node, ())):
                return _REFUSED
        if largest is None:
            return 0
        if not weighed and any(
            first != second and (first, second) not in self.slips and (first, second) not in self.accepted
            for first in self.documents[one]
            for second in self.documents[two]
        ):
            return _DOCUMENTS
        return _SIZE if len(self.members[one]) + len(self.members[two]) > largest else 0

    def join(self, one: int, two: int, *, accepted: bool) -> None:
        """Make two groups one; documents that were accepted no longer contradict each other."""
        if accepted:
            ways = ((one, two), (two, one))
            self.accepted |= {(a, b) for x, y in ways for a in self.documents[x] for b in self.documents[y]}
        small, great = sorted((one, two), key=lambda group: len(self.members[group]))
        for node in self.members[small]:
            self.group[node] = great
        self.members[great] += self.members.pop(small)
        self.documents[great] |= self.documents.pop(small)


def _constrain(
    edges: Edges,
    chosen: Numbers,
    against: Contradictions,
    *,
    words: _Words,
    largest: int,
    reason: NDArray[np.int8],
) -> None:
    """Join a component from its strongest link to its weakest, and note why a link does not join."""
    low, high = edges.low[chosen].tolist(), edges.high[chosen].tolist()
    decided, weighed = words.decided.tolist(), words.weighed.tolist()
    groups = _Groups(sorted({*low, *high}), against)
    for edge, one, two, word, seen in zip(chosen.tolist(), low, high, decided, weighed, strict=True):
        first, second = groups.group[one], groups.group[two]
        if first == second:
            continue
        reason[edge] = groups.obstacle(first, second, largest=None if word else largest, weighed=seen)
        if not reason[edge]:
            groups.join(first, second, accepted=word or seen)


def _hold_bridges(nodes: int, edges: Edges, against: Contradictions, reason: NDArray[np.int8]) -> None:
    joins = np.flatnonzero(reason == 0)
    low, high, weak = edges.low[joins], edges.high[joins], edges.weak[joins]
    person = components(nodes, low, high)
    sure = components(nodes, low[~weak], high[~weak])
    degree = np.bincount(low, minlength=nodes) + np.bincount(high, minlength=nodes)
    sizes = np.bincount(person, minlength=nodes)
    # What sure links connect anyway needs no weak one, and a record that hangs on one link is no group.
    doubtful = weak & (sure[low] != sure[high]) & (degree[low] > 1) & (degree[high] > 1)
    doubtful &= sizes[person[low]] >= 2 * _GROUP_CONTRADICTED
    suspects = set(joins[doubtful].tolist())
    for chosen in _by_component(person[edges.low], np.unique(person[low[doubtful]]), joins):
        ends = {int(edge): (int(edges.low[edge]), int(edges.high[edge])) for edge in chosen.tolist()}
        _part(edges, ends, suspects & ends.keys(), against, reason)


def _part(
    edges: Edges,
    ends: Mapping[int, tuple[int, int]],
    suspects: set[int],
    against: Contradictions,
    reason: NDArray[np.int8],
) -> None:
    """Hold the weakest bridge of a group of records, then look at each of its two parts."""
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
        reason[edge] = _BRIDGE
        for half in (side, other):
            inner = {place: pair for place, pair in ends.items() if pair[0] in half and pair[1] in half}
            _part(edges, inner, suspects & inner.keys(), against, reason)
        return


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
    born = [{int(against.birth_date[node]) for node in half} - {-1} for half in (side, other)]
    return bool(born[0] and born[1] and not born[0] & born[1])
