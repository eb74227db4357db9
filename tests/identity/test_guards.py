"""No guard depends on the order of links, and what guards let join breaks none of their rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from promesa.identity.contradictions import Contradictions, Once
from promesa.identity.edges import SURE, Edges
from promesa.identity.guards import REASONS, judge, suspicious

NODES = 10
NEVER = np.iinfo(np.int64).min


@dataclass
class Case:
    """Links by pair: (probability, alone, instant of a person's `same` or None)."""

    links: dict[tuple[int, int], tuple[float, bool, int | None]]
    refused: set[tuple[int, int]] = field(default_factory=set)
    documents: dict[int, int] = field(default_factory=dict)
    born: dict[int, int] = field(default_factory=dict)
    slips: set[tuple[int, int]] = field(default_factory=set)
    born_slips: set[tuple[int, int]] = field(default_factory=set)
    nodes: int = NODES
    link_from: float = 2.0

    def edges(self, order: list[tuple[int, int]] | None = None) -> Edges:
        pairs = order or sorted(self.links)
        values = [self.links[pair] for pair in pairs]
        return Edges(
            low=np.array([pair[0] for pair in pairs], dtype=np.int64),
            high=np.array([pair[1] for pair in pairs], dtype=np.int64),
            same=np.array([NEVER if v[2] is None else v[2] for v in values], dtype=np.int64),
            alone=np.array([v[1] for v in values], dtype=bool),
            probability=np.array([v[0] for v in values], dtype=np.float64),
        )

    def against(self) -> Contradictions:
        refused = sorted(self.refused)
        return Contradictions(
            refused=(
                np.array([pair[0] for pair in refused], dtype=np.int64),
                np.array([pair[1] for pair in refused], dtype=np.int64),
            ),
            document=self._once(self.documents, self.slips),
            birth_date=self._once(self.born, self.born_slips),
            link_from=self.link_from,
        )

    def _once(self, known: dict[int, int], slips: set[tuple[int, int]]) -> Once:
        return Once(
            value=np.array([known.get(node, -1) for node in range(self.nodes)], dtype=np.int64),
            slips=frozenset(slips | {(two, one) for one, two in slips}),
        )

    def outcome(
        self, *, largest: int = 30, order: list[tuple[int, int]] | None = None
    ) -> tuple[dict[Any, str], list[int]]:
        pairs = order or sorted(self.links)
        judged = judge(self.nodes, self.edges(pairs), self.against(), largest=largest)
        return {pair: REASONS[r] for pair, r in zip(pairs, judged.reason.tolist(), strict=True)}, judged.person.tolist()


def chain(*pairs: tuple[int, int], p: float = 0.9999) -> dict[tuple[int, int], tuple[float, bool, int | None]]:
    return dict.fromkeys(pairs, (p, False, None))


def group(*nodes: int) -> dict[tuple[int, int], tuple[float, bool, int | None]]:
    return chain(*((a, b) for a in nodes for b in nodes if a < b))


PAIRS = st.tuples(st.integers(0, NODES - 1), st.integers(0, NODES - 1)).filter(lambda p: p[0] < p[1])
PROBABILITY = st.sampled_from([0.99, 0.995, 0.9991, 0.99999])
LINK = st.tuples(PROBABILITY, st.booleans(), st.one_of(st.none(), st.none(), st.integers(1, 3)))


@st.composite
def cases(draw: st.DrawFn) -> Case:
    links = draw(st.dictionaries(PAIRS, LINK, min_size=1, max_size=18))
    refused = draw(st.sets(PAIRS, max_size=3)) - links.keys()
    few = st.dictionaries(st.integers(0, NODES - 1), st.integers(0, 3), max_size=6)
    return Case(links, refused, draw(few), draw(few), draw(st.sets(st.sampled_from([(0, 1), (1, 2)]))))


@given(cases(), st.randoms(use_true_random=False), st.integers(2, 8))
def test_the_order_of_links_changes_nothing(case: Case, chance: Any, largest: int) -> None:
    shuffled = sorted(case.links)
    chance.shuffle(shuffled)
    assert case.outcome(largest=largest, order=shuffled) == case.outcome(largest=largest)


@given(cases(), st.integers(2, 8))
def test_what_joins_breaks_no_rule(case: Case, largest: int) -> None:
    reasons, person = case.outcome(largest=largest)
    for one, two in case.refused:
        assert person[one] != person[two]
    for (one, two), reason in reasons.items():
        assert (person[one] == person[two]) == (reason == ""), "what is held joins nothing, also not by other ways"
    decided = {pair for pair, link in case.links.items() if link[2] is not None}
    groups = [[node for node in range(NODES) if person[node] == who] for who in set(person)]
    by_word = [any(one in members for one, _ in decided) for members in groups]
    holds = [{case.documents[node] for node in members if node in case.documents} for members in groups]
    # Documents that a person said are one customer's stand together elsewhere too.
    said = {(a, b) for held, word in zip(holds, by_word, strict=True) if word for a in held for b in held}
    for members, held, word in zip(groups, holds, by_word, strict=True):
        if not word:
            assert len(members) <= largest
            assert _hang_together(held, by=case.slips | said)


def _hang_together(held: set[int], *, by: set[tuple[int, int]]) -> bool:
    """Tell whether each document leads to each other by steps of one slip, or of what a person said."""
    reached = set(sorted(held)[:1])
    for _ in held:
        reached |= {b for a, b in by | {(b, a) for a, b in by} if a in reached and b in held}
    return reached == held


@given(cases())
def test_other_groups_change_nothing_in_one(case: Case) -> None:
    """The outcome of one connected group is the same if everything else is not there: so runs can be partial."""
    from promesa.identity.persons import components

    edges = case.edges()
    whole = components(NODES, edges.low, edges.high)
    reasons, _ = case.outcome()
    for label in set(whole.tolist()):
        inside = {pair: link for pair, link in case.links.items() if whole[pair[0]] == label}
        if inside:
            alone, _ = Case(inside, case.refused, case.documents, case.born, case.slips).outcome()
            assert alone == {pair: reasons[pair] for pair in inside}


def test_without_rules_broken_everything_joins() -> None:
    reasons, person = Case(chain((0, 1), (1, 2), (3, 4), p=0.99)).outcome()
    assert set(reasons.values()) == {""}
    assert person[:5] == [0, 0, 0, 3, 3]


def test_of_two_documents_the_weaker_link_is_held() -> None:
    links = {(0, 1): (0.995, False, None), (1, 2): (0.9999, False, None)}
    case = Case(links, documents={0: 1, 2: 2})
    assert case.outcome()[0] == {(0, 1): "documents", (1, 2): ""}
    case.slips = {(1, 2)}
    assert set(case.outcome()[0].values()) == {""}


def test_two_slips_of_one_number_do_not_contradict_each_other() -> None:
    """0 and 2 wrote the number of 1 wrong, each in its own way."""
    case = Case(chain((0, 1), (1, 2)), documents={0: 1, 1: 2, 2: 3}, slips={(1, 2), (2, 3)})
    assert case.outcome() == ({(0, 1): "", (1, 2): ""}, [0, 0, 0, *range(3, NODES)])
    case.links[0, 2] = (0.99999, False, None)  # the stronger link meets the two before the number between them is there
    assert set(case.outcome()[0].values()) == {""}
    case.documents[1] = 4
    assert case.outcome()[0] == {(0, 1): "documents", (1, 2): "documents", (0, 2): "documents"}


def test_each_side_may_lack_a_document_of_the_other_and_not_both() -> None:
    word = {(0, 1): (0.0, False, 5), (3, 4): (0.0, False, 6)}
    documents = {0: 1, 1: 2, 3: 1, 4: 3}
    assert Case({**word, **chain((1, 2), (2, 3))}, documents=documents).outcome()[0][2, 3] == "documents"
    del documents[4]
    assert Case({**word, **chain((1, 2), (2, 3))}, documents=documents).outcome()[0][2, 3] == ""


def test_a_birth_date_with_a_slip_is_no_second_birth_date() -> None:
    case = Case(chain((0, 1)), documents={0: 0, 1: 1}, born={0: 5, 1: 6}, link_from=0.97)
    assert case.outcome()[0][0, 1] == "documents"
    case.born_slips = {(5, 6)}
    assert case.outcome()[0][0, 1] == ""


def test_birth_dates_that_meet_through_a_record_without_one_part_the_weaker_link() -> None:
    """0 and 2 may be father and son of one name; 1 is like both."""
    case = Case({**chain((0, 1), p=0.98), **chain((1, 2))}, born={0: 5, 2: 6}, link_from=0.97)
    assert case.outcome()[0] == {(0, 1): "birth_dates", (1, 2): ""}
    case.born_slips = {(5, 6)}
    assert set(case.outcome()[0].values()) == {""}


@pytest.mark.parametrize(
    ("direct", "joins"), [((0.98, False, None), True), ((0.96, False, None), False), ((0.0, True, None), True)]
)
def test_birth_dates_of_which_a_link_says_one_person_are_no_obstacle(direct: Any, joins: bool) -> None:
    links = {**chain((0, 1), (1, 2)), (0, 2): direct}
    case = Case(links, born={0: 5, 2: 6}, link_from=0.97)
    assert (case.outcome()[1][:3] == [0, 0, 0]) == joins
    # 3 has a date that no link compares with that of 0: the link that was seen speaks for its whole side.
    case = Case({**case.links, **chain((2, 3), p=0.98)}, born={0: 5, 2: 6, 3: 7}, link_from=0.97)
    assert (case.outcome()[1][:4] == [0, 0, 0, 0]) == joins


def test_a_person_overrules_birth_dates() -> None:
    case = Case({(0, 1): (0.0, False, 2), (1, 2): (0.0, False, 3)}, born={0: 5, 2: 6}, link_from=0.97)
    assert set(case.outcome()[0].values()) == {""}


def test_a_bridge_between_birth_dates_a_slip_apart_is_none() -> None:
    sides = {**group(0, 1), **group(2, 3, 4), **chain((1, 2), p=0.995)}
    case = Case(sides, born={1: 1, 2: 2}, link_from=0.97)
    assert case.outcome()[0][1, 2] == "bridge"
    case.born_slips = {(1, 2)}
    assert case.outcome()[0][1, 2] == ""


def test_documents_that_the_model_weighed_are_no_obstacle_and_those_that_meet_by_others_are() -> None:
    """0 and 1 are alike in everything but their documents; 2, without one, is like 1 and like 3 of another."""
    case = Case(links=chain((0, 1), (1, 2), (2, 3)), documents={0: 0, 1: 1, 3: 2}, born={0: 5, 1: 5}, link_from=0.97)
    reasons, person = case.outcome()
    assert person[0] == person[1] == person[2] != person[3]
    assert reasons == {(0, 1): "", (1, 2): "", (2, 3): "documents"}
    unsure = Case(links=chain((0, 1), p=0.96), documents={0: 0, 1: 1}, born={0: 5, 1: 5}, link_from=0.97)
    older = Case(links=chain((0, 1)), documents={0: 0, 1: 1}, born={0: 5, 1: 6}, link_from=0.97)
    unknown = Case(links=chain((0, 1)), documents={0: 0, 1: 1}, born={0: 5}, link_from=0.97)
    assert [case.outcome()[0][0, 1] for case in (unsure, older, unknown)] == ["documents", "documents", ""]


def test_a_person_overrules_documents_also_for_what_follows() -> None:
    links = {(0, 1): (0.0, False, 5), (1, 2): (0.9999, True, None)}
    reasons, person = Case(links, documents={0: 1, 1: 2, 2: 1}).outcome()
    assert set(reasons.values()) == {""}
    assert person[:3] == [0, 0, 0]


def test_what_a_person_refused_stays_apart_whatever_connects_it() -> None:
    links = {(0, 1): (0.9999, True, None), (1, 2): (0.999, False, None), (2, 3): (0.9999, False, None)}
    reasons, person = Case(links, refused={(0, 3)}).outcome()
    assert reasons == {(0, 1): "", (1, 2): "refused", (2, 3): ""}
    assert person[0] != person[3]


def test_of_two_decisions_that_contradict_a_third_the_later_counts() -> None:
    for earlier, later in (((0, 1), (1, 2)), ((1, 2), (0, 1))):
        reasons, _ = Case({earlier: (0.0, False, 1), later: (0.0, False, 2)}, refused={(0, 2)}).outcome()
        assert reasons == {earlier: "refused", later: ""}


def test_no_person_grows_beyond_the_largest_without_a_word() -> None:
    links = {(n, n + 1): (1 - 0.0001 * (n + 1), False, None) for n in range(5)}
    reasons, person = Case(links).outcome(largest=4)
    assert max(person.count(who) for who in set(person)) <= 4
    assert "size" in reasons.values()
    decided = {pair: (link[0], False, 1) for pair, link in links.items()}
    assert set(Case(decided).outcome(largest=4)[0].values()) == {""}


@pytest.mark.parametrize(
    ("link", "born", "sides", "held"),
    [
        ((0.995, False, None), {}, ((0, 1, 2), (3, 4, 5)), True),
        ((SURE, False, None), {}, ((0, 1, 2), (3, 4, 5)), False),
        ((0.995, True, None), {}, ((0, 1, 2), (3, 4, 5)), False),
        ((0.995, False, 1), {}, ((0, 1, 2), (3, 4, 5)), False),
        ((0.995, False, None), {}, ((0, 1), (2, 3, 4)), False),
        ((0.995, False, None), {1: 1, 2: 2}, ((0, 1), (2, 3, 4)), True),
        ((0.995, False, None), {1: 1, 2: 1}, ((0, 1), (2, 3, 4)), False),
        ((0.995, False, None), {1: 1}, ((0, 1), (2, 3, 4)), False),
        ((0.995, False, None), {0: 1, 1: 2}, ((0,), (1, 2, 3)), False),
    ],
)
def test_a_weak_bridge_between_two_groups_is_held(link: Any, born: Any, sides: Any, held: bool) -> None:
    bridge = (sides[0][-1], sides[1][0])
    case = Case({**group(*sides[0]), **group(*sides[1]), bridge: link}, born=born, link_from=0.97)
    reasons, person = case.outcome()
    assert reasons[bridge] == ("bridge" if held else "")
    assert (person[bridge[0]] != person[bridge[1]]) == held


def test_two_weak_links_between_two_groups_hold_them_together() -> None:
    case = Case({**group(0, 1, 2), **group(3, 4, 5), **chain((0, 3), (2, 5), p=0.991)})
    assert set(case.outcome()[0].values()) == {""}


def test_of_a_chain_of_weak_links_the_weakest_is_held_and_the_rest_looked_at_anew() -> None:
    links = {(n, n + 1): (0.995 if n != 4 else 0.991, False, None) for n in range(8)}
    reasons, _ = Case(links).outcome()
    assert [pair for pair, reason in reasons.items() if reason] == [(4, 5)]


def test_only_groups_with_two_documents_are_looked_at_closely() -> None:
    case = Case(chain((0, 1), (2, 3), (4, 5)), documents={0: 1, 1: 1, 2: 1, 3: 2, 6: 3})
    nodes, together = suspicious(NODES, case.edges(), case.against().document.value)
    assert nodes.tolist() == [2, 3]
    assert together.tolist() == [2, 2]
