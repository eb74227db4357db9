"""Persons over time are what links up to each instant connect, for any links."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from promesa.identity.persons import BEGINNING, END, components, intervals

NODES = 9
LINKS = st.lists(
    st.tuples(st.integers(0, NODES - 1), st.integers(0, NODES - 1), st.integers(-2, 4)).filter(lambda e: e[0] != e[1]),
    max_size=25,
)
Rows = list[tuple[int, int, int, int]]


def rows_of(links: list[tuple[int, int, int]], nodes: int = NODES) -> Rows:
    low, high, since = (np.array([link[place] for link in links], dtype=np.int64) for place in range(3))
    low, high = np.minimum(low, high), np.maximum(low, high)
    found = intervals(nodes, low, high, since=since)
    return sorted(
        zip(found.node.tolist(), found.person.tolist(), found.since.tolist(), found.until.tolist(), strict=True)
    )


def brute_force(links: list[tuple[int, int, int]], instant: int) -> list[int]:
    """Return the smallest node that each node is connected with, by going from node to node."""
    near: dict[int, set[int]] = {node: set() for node in range(NODES)}
    for one, two, since in links:
        if since <= instant:
            near[one].add(two)
            near[two].add(one)
    smallest = []
    for node in range(NODES):
        seen, waiting = {node}, [node]
        while waiting:
            new = near[waiting.pop()] - seen
            seen |= new
            waiting += new
        smallest.append(min(seen))
    return smallest


@given(LINKS)
def test_at_every_instant_persons_are_what_links_connect(links: list[tuple[int, int, int]]) -> None:
    rows = rows_of(links)
    for instant in range(-3, 6):
        told = list(range(NODES))
        for node, person, since, until in rows:
            if since <= instant < until:
                assert told[node] == node, "one row counts at a time"
                told[node] = person
        assert told == brute_force(links, instant)


@given(LINKS, st.randoms(use_true_random=False))
def test_order_and_repetition_of_links_change_nothing(links: list[tuple[int, int, int]], chance: object) -> None:
    shuffled = [*links, *links[:3]]
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert rows_of(shuffled) == rows_of(links)


@given(LINKS)
def test_only_customers_who_ever_share_a_person_have_rows_and_those_cover_all_time(
    links: list[tuple[int, int, int]],
) -> None:
    rows = rows_of(links)
    assert {row[0] for row in rows} == {node for one, two, _ in links for node in (one, two)}
    for node in {row[0] for row in rows}:
        mine = [row for row in rows if row[0] == node]
        mine.sort(key=lambda row: row[2])
        assert (mine[0][2], mine[-1][3]) == (BEGINNING, END)
        assert all(first[3] == second[2] for first, second in pairwise(mine))
        assert all(first[1] != second[1] for first, second in pairwise(mine))


def test_a_link_without_a_date_counts_from_the_beginning() -> None:
    assert rows_of([(0, 1, BEGINNING)]) == [(0, 0, BEGINNING, END), (1, 0, BEGINNING, END)]


def test_a_long_chain_grows_link_by_link() -> None:
    links = [(node, node + 1, node) for node in range(60)]
    rows = rows_of(links, nodes=61)
    assert [row for row in rows if row[0] == 60] == [(60, 0, 59, END), (60, 60, BEGINNING, 59)]
    assert len(rows) == 1 + 2 * 60
    backwards = rows_of([(node, node + 1, 60 - node) for node in range(60)], nodes=61)
    assert len([row for row in backwards if row[0] == 60]) == 61


def test_components_of_nothing() -> None:
    empty = np.empty(0, dtype=np.int64)
    assert components(3, empty, empty).tolist() == [0, 1, 2]
    assert rows_of([]) == []
