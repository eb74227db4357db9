"""What speaks against two records being one person's: a person's word, and what a person has only once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from promesa.identity.edges import Edges

    Numbers = NDArray[np.int64]
    Flags = NDArray[np.bool_]
    Pairs = frozenset[tuple[int, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Once:
    """Something that a person has once, such as a birth date.

    Attributes
    ----------
    value : array of int64
        By node: a number for each value, -1 where it is not known.
    slips : set of (int, int)
        Pairs of values, both ways, that differ by no more than one slip of the pen.
    """

    value: Numbers
    slips: Pairs = frozenset()

    def alike(self, one: int, two: int) -> bool:
        """Tell whether two values are the same but for a slip."""
        return one == two or (one, two) in self.slips

    def held_by(self, nodes: Iterable[int]) -> set[int]:
        """Return the values that are known of some nodes."""
        return {int(self.value[node]) for node in nodes} - {-1}

    def apart(self, edges: Edges) -> Flags:
        """Return the links between records that hold two values of it, more than a slip apart."""
        one, two = self.value[edges.low], self.value[edges.high]
        differ = (one >= 0) & (two >= 0) & (one != two)
        for place in np.flatnonzero(differ).tolist():
            differ[place] = not self.alike(int(one[place]), int(two[place]))
        return differ


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradictions:
    """What speaks against joining.

    Attributes
    ----------
    refused : tuple of two arrays of int64
        Pairs of nodes that a person told apart.
    document, birth_date : Once
        What is known of each node.
    link_from : float
        Probability from which the model makes two records one person. Where it has seen a document of each and no two
        birth dates, it has weighed that the documents differ: people have a passport and an identity card. What stays
        forbidden is documents that meet otherwise, such as through records without one.
    """

    refused: tuple[Numbers, Numbers]
    document: Once
    birth_date: Once
    link_from: float = 2.0

    def weighed(self, edges: Edges) -> Flags:
        """Return the links between records of which the model has seen both documents and no two birth dates."""
        document = self.document.value
        seen = (document[edges.low] >= 0) & (document[edges.high] >= 0) & (edges.probability >= self.link_from)
        return seen & ~self.birth_date.apart(edges)


class Groups:
    """Records that are one person so far, with what each group holds."""

    def __init__(self, nodes: Sequence[int], against: Contradictions) -> None:
        self.group = {node: node for node in nodes}
        self.members = {node: [node] for node in nodes}
        self.documents = {node: against.document.held_by([node]) for node in nodes}
        self.against = against
        self.accepted: set[tuple[int, int]] = set()  # documents that a person or the model said are one's
        self.refused: dict[int, set[int]] = {}
        one, two = against.refused
        inside = np.isin(one, np.array(nodes)) & np.isin(two, np.array(nodes))
        for first, second in zip(one[inside].tolist(), two[inside].tolist(), strict=True):
            self.refused.setdefault(first, set()).add(second)
            self.refused.setdefault(second, set()).add(first)

    def told_apart(self, one: int, two: int) -> bool:
        """Tell whether a person told a record of one group from one of the other."""
        small, great = sorted((one, two), key=lambda group: len(self.members[group]))
        return any(self.group[other] == great for node in self.members[small] for other in self.refused.get(node, ()))

    def documents_differ(self, one: int, two: int) -> bool:
        """Tell whether each of two groups holds a document that is none of the other's, not even with a slip.

        Two copies of one number, each with a slip of its own, are two slips from each other; what tells them to be
        one is the number between them, wherever in the two groups it stands.
        """
        alike, first, second = self.against.document.alike, self.documents[one], self.documents[two]
        for some, others in ((first, second), (second, first)):
            if all(any(alike(mine, other) for other in others) for mine in some):
                return False
        return any(not alike(mine, other) and (mine, other) not in self.accepted for mine in first for other in second)

    def size(self, one: int, two: int) -> int:
        """Return how many records two groups hold."""
        return len(self.members[one]) + len(self.members[two])

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
