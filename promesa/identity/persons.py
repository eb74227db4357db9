"""Who is one person at which instant: from links that have a date to intervals, all persons at once.

A link joins from the instant on at which its evidence existed. So a person grows with time: at every instant the
customers that links up to then connect are one person, and its number is the smallest of their surrogates.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.int64]

# 0001-01-01 and 9999-12-31 in microseconds from 1970: the ends of time in the store.
BEGINNING, END = -62_135_596_800_000_000, 253_402_214_400_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Intervals:
    """Rows of the table `persons`, as arrays of one length.

    Attributes
    ----------
    node, person : array of int64
        Places of the customer and of the one whose number the person has, in the caller's sorted customers.
    since, until : array of int64
        Microseconds from 1970; `since <= instant < until`.
    """

    node: Numbers
    person: Numbers
    since: Numbers
    until: Numbers


def components(nodes: int, low: Numbers, high: Numbers) -> Numbers:
    """Return for each node the smallest node that edges connect it with.

    Parameters
    ----------
    nodes : int
        How many there are; they are numbered from 0.
    low, high : array of int64, one length
        Ends of the edges, in any order.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    if not len(low):
        return np.arange(nodes, dtype=np.int64)
    graph = coo_array((np.ones(len(low), dtype=np.int8), (low, high)), shape=(nodes, nodes))
    count, labels = connected_components(graph.tocsr(), directed=False)
    smallest = np.full(count, nodes, dtype=np.int64)
    np.minimum.at(smallest, labels, np.arange(nodes, dtype=np.int64))
    return smallest[labels]


def intervals(nodes: int, low: Numbers, high: Numbers, *, since: Numbers) -> Intervals:
    """Return who each customer is over time; only customers who share a person with another at some time.

    Parameters
    ----------
    nodes : int
        Number of customers, which are numbered by the order of their surrogates.
    low, high : array of int64
        Ends of the links in force.
    since : array of int64
        When each link's evidence existed, microseconds from 1970.
    """
    whole = components(nodes, low, high)
    low, high, since = _forest(nodes, low, high, since)
    node, person, since = _mergers(whole, low, high, since)
    shared = np.zeros(nodes, dtype=bool)
    shared[low], shared[high] = True, True
    first = np.flatnonzero(shared).astype(np.int64)
    node = np.concatenate([first, node])
    person = np.concatenate([first, person])
    since = np.concatenate([np.full(len(first), BEGINNING, dtype=np.int64), since])
    return _closed(node, person, since)


def _forest(nodes: int, low: Numbers, high: Numbers, since: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """Return the links that join what earlier ones had not, in the order of time."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import minimum_spanning_tree

    if not len(low):
        return low, high, since
    instants, rank = np.unique(since, return_inverse=True)
    # The same pair twice would be added up: its earliest link counts.
    order = np.lexsort((rank, high, low))
    low, high, rank = low[order], high[order], rank[order]
    first = np.ones(len(low), dtype=bool)
    first[1:] = (low[1:] != low[:-1]) | (high[1:] != high[:-1])
    weight = (rank[first] + 1).astype(np.float64)  # zero would be no edge
    tree = minimum_spanning_tree(coo_array((weight, (low[first], high[first])), shape=(nodes, nodes)).tocsr()).tocoo()
    rank = tree.data.astype(np.int64) - 1
    order = np.argsort(rank, kind="stable")
    return tree.row[order].astype(np.int64), tree.col[order].astype(np.int64), instants[rank[order]]


def _mergers(whole: Numbers, low: Numbers, high: Numbers, since: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """Return every change of a customer's person: who, to whom, from when on; `low`, `high` are a forest by time."""
    place = np.argsort(whole[low], kind="stable")  # links of one component together, still in the order of time
    low, high, since, component = low[place], high[place], since[place], whole[low[place]]
    starts = np.flatnonzero(np.diff(component, prepend=-1))
    turn = np.arange(len(low)) - np.repeat(starts, np.diff(np.append(starts, len(low))))
    members = np.flatnonzero(np.isin(whole, component)).astype(np.int64)
    person = np.arange(len(whole), dtype=np.int64)
    joined = np.full(len(whole), -1, dtype=np.int64)  # by component: who is absorbed in this round
    into, instant = joined.copy(), joined.copy()
    rounds: list[tuple[Numbers, Numbers, Numbers]] = []
    # Every component takes its next link in each round, so there are as many rounds as the largest has links.
    for number in range(int(turn.max()) + 1 if len(turn) else 0):
        now = np.flatnonzero(turn == number)
        one, two = person[low[now]], person[high[now]]
        joined[component[now]] = np.maximum(one, two)
        into[component[now]], instant[component[now]] = np.minimum(one, two), since[now]
        changed = members[person[members] == joined[whole[members]]]
        person[changed] = into[whole[changed]]
        rounds.append((changed, person[changed], instant[whole[changed]]))
        later = np.unique(component[turn > number])
        members = members[np.isin(whole[members], later)]
    empty = np.empty(0, dtype=np.int64)
    return tuple(np.concatenate([empty, *parts]) for parts in zip(*rounds, strict=True)) if rounds else (empty,) * 3  # pyright: ignore[reportReturnType]


def _closed(node: Numbers, person: Numbers, since: Numbers) -> Intervals:
    """Give every row its end; of rows of one customer and instant the last counts."""
    # A person's number only falls, so the smaller of two at one instant is the later.
    order = np.lexsort((-person, since, node))
    node, person, since = node[order], person[order], np.maximum(since[order], BEGINNING)
    last = np.append(node[1:] != node[:-1], True)
    until = np.where(last, END, np.append(since[1:], END))
    kept = until > since
    return Intervals(node=node[kept], person=person[kept], since=since[kept], until=until[kept])
