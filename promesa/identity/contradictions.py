"""What speaks against two records being one person's: a person's word, and what a person has only once."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from collections.abc import Set as AbstractSet

    from numpy.typing import NDArray

    from promesa.identity.edges import Edges

    Numbers = NDArray[np.int64]
    Flags = NDArray[np.bool_]
    Pairs = frozenset[tuple[int, int]]

HELD = ("documents", "birth_dates")  # what a person has once, by the reason for which it holds a link


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

    def both_known(self, edges: Edges) -> Flags:
        """Return the links between records that both tell it."""
        return (self.value[edges.low] >= 0) & (self.value[edges.high] >= 0)

    def apart(self, edges: Edges) -> Flags:
        """Return the links between records that hold two values of it, more than a slip apart."""
        one, two = self.value[edges.low], self.value[edges.high]
        differ = self.both_known(edges) & (one != two)
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
        Probability from which the model makes two records one person.
    """

    refused: tuple[Numbers, Numbers]
    document: Once
    birth_date: Once
    link_from: float = 2.0

    @property
    def once(self) -> dict[str, Once]:
        """Return what a person has once, by the reason for which it holds a link."""
        return {"documents": self.document, "birth_dates": self.birth_date}

    def weighed(self, edges: Edges) -> dict[str, Flags]:
        """Return, by reason, the links of which it is no obstacle: the model has seen what the two records tell.

        Documents: it has seen both and no two birth dates; people have a passport and an identity card. What stays
        forbidden is documents that meet otherwise, such as through records without one. Birth dates: it, or an
        identifier that joins alone, says one person of records with a date each; then one of the two is wrong.
        """
        sure = edges.probability >= self.link_from
        return {
            "documents": sure & self.document.both_known(edges) & ~self.birth_date.apart(edges),
            "birth_dates": (sure | edges.alone) & self.birth_date.both_known(edges),
        }


class Held:
    """The values that each group of records holds of something that a person has once."""

    def __init__(self, once: Once, nodes: Sequence[int]) -> None:
        self.once = once
        self.values = {node: once.held_by([node]) for node in nodes}
        self.accepted: set[tuple[int, int]] = set()  # values that a person or the model said are one's

    def differ(self, one: int, two: int) -> bool:
        """Tell whether each of two groups holds a value that is none of the other's, not even with a slip.

        Two copies of one number, each with a slip of its own, are two slips from each other; what tells them to be
        one is the number between them, wherever in the two groups it stands.
        """
        alike, first, second = self.once.alike, self.values[one], self.values[two]
        for some, others in ((first, second), (second, first)):
            if all(any(alike(mine, other) for other in others) for mine in some):
                return False
        return any(not alike(mine, other) and (mine, other) not in self.accepted for mine in first for other in second)

    def accept(self, one: int, two: int) -> None:
        """Let the values of two groups stand in one person from now on, here and elsewhere."""
        met = product(self.values[one], self.values[two])
        self.accepted |= {pair for first, second in met for pair in ((first, second), (second, first))}

    def join(self, one: int, *, into: int) -> None:
        """Give the values of one group to another."""
        self.values[into] |= self.values.pop(one)


class Groups:
    """Records that are one person so far, with what each group holds."""

    def __init__(self, nodes: Sequence[int], against: Contradictions) -> None:
        self.group = {node: node for node in nodes}
        self.members = {node: [node] for node in nodes}
        self.held = {what: Held(once, nodes) for what, once in against.once.items()}
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

    def size(self, one: int, two: int) -> int:
        """Return how many records two groups hold."""
        return len(self.members[one]) + len(self.members[two])

    def join(self, one: int, two: int, *, accepted: AbstractSet[str]) -> None:
        """Make two groups one; what is accepted of the things that a person has once contradicts no more."""
        small, great = sorted((one, two), key=lambda group: len(self.members[group]))
        for node in self.members[small]:
            self.group[node] = great
        self.members[great] += self.members.pop(small)
        for what, held in self.held.items():
            if what in accepted:
                held.accept(one, two)
            held.join(small, into=great)
