"""What is withheld beside small counts: whoever subtracts learns nothing of fewer customers than `min_cell`."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from promesa.actions import cases
from promesa.actions.remainders import WITH_ANOTHER, withheld_besides
from tests.actions.test_cases import AS_OF, facts_from

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.engine import Engine

Place = tuple[str | None, ...]
MIN_CELL = 5


def world(seed: int, groups: int) -> tuple[dict[Place, set[int]], dict[Place, int]]:
    """Return customers and cases of every place: some functions of some touchpoints, everywhere and by group."""
    chance = random.Random(seed)
    leaves: dict[Place, set[int]] = {}
    for f in range(chance.randint(1, 4)):
        for t in range(chance.randint(1, 4)):
            for g in range(groups):
                size = chance.choice([0, 0, 1, 3, 4, 6, 9, 40])
                people = {chance.randrange(60) for _ in range(size)}
                leaves[f"f{f}", f"t{f}{t}", *([f"g{g}"] if groups > 1 else [])] = people
    cases_of: dict[Place, int] = {}
    people_of: dict[Place, set[int]] = {}
    for (function, touchpoint, *rest), people in leaves.items():
        number = len(people) + (chance.randint(0, 3) if people else 0)
        for where in ((None, None), (function, None), (function, touchpoint)):
            people_of.setdefault((*where, *rest), set()).update(people)
            cases_of[*where, *rest] = cases_of.get((*where, *rest), 0) + number
    return people_of, cases_of


def told_unsplit(people: dict[Place, set[int]], number: dict[Place, int]) -> list[Place]:
    """Return the places whose sum over all groups another answer tells."""
    persons: dict[Place, set[int]] = {}
    counts: dict[Place, float | None] = {}
    for place, own in people.items():
        persons.setdefault(place[:2], set()).update(own)
        counts[place[:2]] = (counts.get(place[:2]) or 0.0) + number[place]
    counts = {place: None if 0 < len(persons[place]) < MIN_CELL else counts[place] for place in counts}
    besides = withheld_besides(counts, is_split=False)
    return [place for place, count in counts.items() if count is not None and place not in besides]


def told_by_subtraction(places: list[Place], hidden: list[Place], told_elsewhere: list[Place]) -> np.ndarray:
    """Return an orthonormal basis of what the sums tell of the hidden counts."""
    at = {place: number for number, place in enumerate(hidden)}
    rows = []
    for place in places:
        function, touchpoint, *rest = place
        if touchpoint is None:
            parts = [p for p in places if p[2:] == tuple(rest) and (
                (p[0] is not None and p[1] is None) if function is None else (p[0] == function and p[1] is not None)
            )]  # fmt: skip
            rows.append({place: -1.0} | dict.fromkeys(parts, 1.0))
    rows += [dict.fromkeys([p for p in places if p[:2] == where], 1.0) for where in told_elsewhere]
    matrix = np.zeros((len(rows), len(hidden)))
    for number, row in enumerate(rows):
        for place, sign in row.items():
            if place in at:
                matrix[number, at[place]] = sign
    _, sizes, right = np.linalg.svd(matrix)
    return right[: int((sizes > 1e-9).sum())]


@pytest.mark.parametrize(("groups", "worlds", "most"), [(1, 200, 0), (3, 60, 3)])
def test_no_small_count_can_be_worked_out(groups: int, worlds: int, most: int) -> None:
    """Among companies full of small counts. By groups too, but for a few where three sums together tell one."""
    withheld, told, open_to_all = 0, 0, 0
    for seed in range(worlds):
        people, number = world(seed, groups)
        counts = {p: None if 0 < len(people[p]) < MIN_CELL else float(number[p]) for p in people}
        besides = withheld_besides(counts, is_split=groups > 1)
        small = [place for place, count in counts.items() if count is None]
        assert besides.isdisjoint(small)
        withheld, told = withheld + len(besides), told + len(counts) - len(small) - len(besides)
        elsewhere = told_unsplit(people, number) if groups > 1 else []
        basis = told_by_subtraction(list(counts), [*small, *besides], elsewhere)
        known = [np.linalg.norm(basis[:, number]) > 1 - 1e-9 for number in range(len(small))]
        open_to_all += any(known)
    assert open_to_all <= most
    assert withheld < told, "more is told than withheld for the sake of others"


def test_nothing_small_nothing_withheld() -> None:
    assert withheld_besides({}, is_split=False) == set()
    assert withheld_besides({(None, None): 9.0, ("f", None): 9.0, ("f", "t"): 9.0}, is_split=True) == set()


def test_the_least_goes_with_a_small_one_at_each_sum() -> None:
    counts: dict[Place, float | None] = {
        (None, None): 82.0, ("a", None): 60.0, ("a", "a1"): 60.0, ("b", None): None, ("b", "b1"): None,
        ("c", None): 20.0, ("c", "c1"): 12.0, ("c", "c2"): 8.0, ("c", "c3"): 0.0,
    }  # fmt: skip
    besides = withheld_besides(counts, is_split=False)
    assert ("c", None) in besides
    assert ("c", "c2") in besides
    assert ("c", "c3") not in besides, "nothing is told by nothing"
    assert ("a", "a1") not in besides


def test_the_total_less_what_is_shown_tells_of_no_few_people(tmp_path: Path, duckdb: Engine) -> None:
    """The demo's case: everything, less deliveries and complaints, was the two refunds of two people."""
    rows: list[dict[str, Any]] = []
    for place, number in (("delivery", 40), ("complaint", 35), ("repair", 2)):
        for _ in range(number):
            began = AS_OF - timedelta(days=1 + len(rows) % 20)
            rows.append({"id": f"m{len(rows)}", "at": began, "customer": len(rows), "touchpoint": place,
                         "promised_at": began, "promised": began + timedelta(days=5)})  # fmt: skip
    facts = facts_from(tmp_path, duckdb, rows, least=30)
    answer = cases(facts.workspace, facts=facts)
    found = {
        (e.dimensions["function"], e.dimensions["touchpoint"]): e for e in answer.estimates if e.measure == "open_now"
    }
    assert found[None, None].estimate == 77
    assert found["care", "repair"].note == "withheld-small-cell"
    assert found["care", "complaint"].note == WITH_ANOTHER
    assert found["logistics", "delivery"].estimate == 40
    apart = {"opened_recently", "closed_recently", "below_minimum"}
    hidden = [e for e in answer.estimates if e.dimensions["touchpoint"] == "complaint" and e.measure not in apart]
    assert {e.n for e in hidden} == {0}, "no n tells the count beside another figure"
    assert isinstance(answer.as_of, datetime)
    assert "35" not in answer.summary("en")
