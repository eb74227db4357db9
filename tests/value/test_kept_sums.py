"""Sums kept from review to review, and the rows that are added to them: against plain loops."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest

from promesa.store import drop_columns, keep_columns, kept_columns, session
from promesa.value.kept_sums import SUMS, changed, whole_numbers
from promesa.value.tier_folding import Moved, fold
from promesa.value.tier_membership import _among, _Known  # pyright: ignore[reportPrivateUsage]
from tests.store.companies import NOON
from tests.value.traders import bands, sale, trader

if TYPE_CHECKING:
    from pathlib import Path

Row = tuple[int, ...]
Bought = tuple[int, int, int, int]  # whose, day, revenue, margin
NONE = np.empty(0, dtype=np.int64)


def columns(rows: dict[int, Row]) -> dict[str, np.ndarray]:
    made = np.array([(customer, *rows[customer]) for customer in sorted(rows)], dtype=np.int64).reshape(-1, len(SUMS))
    return dict(zip(SUMS, made.T.copy(), strict=True))


def drawn(random: Random) -> Row:
    return (random.randrange(20_000), random.randrange(20_000), random.randrange(1, 9),
            *(random.randrange(-(10**12), 10**12) for _ in range(5)))  # fmt: skip


@pytest.mark.parametrize("seed", [1, 2])
def test_changes_add_up_to_what_a_dict_says(seed: int) -> None:
    random = Random(seed)
    told = {customer: drawn(random) for customer in range(0, 60, 2)}
    kept = columns(told)
    for _ in range(8):
        gone = sorted(random.sample(range(60), 6))
        fresh = {c: drawn(random) if random.random() < 0.8 else (0,) * 8 for c in gone[:4]}
        for customer in gone:
            told.pop(customer, None)
        told |= {customer: row for customer, row in fresh.items() if any(row)}
        before = {one: values.copy() for one, values in kept.items()}
        found = changed(kept, columns(fresh), gone=np.array(gone))
        for one, values in columns(told).items():
            np.testing.assert_array_equal(found[one], values)
            np.testing.assert_array_equal(kept[one], before[one])
        kept = found


def plain(orders: list[Bought]) -> dict[int, Row]:
    """Return the sums of orders by plain loops."""
    days: dict[int, dict[int, list[int]]] = defaultdict(dict)
    for whose, day, revenue, margin in orders:
        of_day = days[whose].setdefault(day, [0, 0])
        of_day[0] += revenue
        of_day[1] += margin
    found: dict[int, Row] = {}
    for whose, by_day in days.items():
        first, revenue = min(by_day), sum(one[0] for one in by_day.values())
        spent = revenue - by_day[first][0]
        found[whose] = (first, max(by_day), len(by_day), spent, revenue, sum(o[1] for o in by_day.values()), 0, 0)
    return found


def moved_of(came: list[Bought], went: list[Bought]) -> Moved:
    sums: dict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0, 0])
    for sign, orders in ((1, came), (-1, went)):
        for whose, day, revenue, margin in orders:
            for place, more in enumerate((1, revenue, margin)):
                sums[whose, day][place] += sign * more
    rows = np.array([(*key, *sums[key]) for key in sorted(sums)], dtype=np.int64).reshape(-1, 5).T
    return Moved(
        **dict(zip(("customer", "day", "orders", "revenue", "margin"), rows, strict=True)),
        unsure=NONE,
        taken_back=(NONE, NONE),
        served=(NONE, NONE),
    )


@pytest.mark.parametrize("seed", range(6))
def test_orders_added_are_all_orders_summed_or_it_is_said_whose_are_not(seed: int) -> None:
    random, sure = Random(seed), 0
    orders = [(random.randrange(25), random.randrange(50, 90), random.randrange(1, 99), 5) for _ in range(60)]
    for _ in range(12):
        came = [(random.randrange(30), random.randrange(40, 100), random.randrange(1, 99), 7) for _ in range(5)]
        went = random.sample(orders, 4)
        came += [(whose, day, revenue + 3, margin) for whose, day, revenue, margin in went[:3]]
        before, after = plain(orders), [*orders, *came]
        for order in went:
            after.remove(order)
        fresh, unsure = fold(columns(before), moved_of(came, went))
        told = plain(after)
        found = dict(
            zip(fresh["customer"].tolist(), zip(*(fresh[one].tolist() for one in SUMS[1:]), strict=True), strict=True)
        )
        touched = {order[0] for order in (*came, *went)}
        assert set(found) == touched
        for customer in touched - set(unsure.tolist()):
            assert found[customer] == told.get(customer, (0,) * 8)
            sure += 1
        orders = after
    assert sure > 40  # most days change nothing that the sums do not know


def test_what_comes_before_the_first_day_or_after_the_last_is_told_from_the_sums() -> None:
    kept = columns({1: (10, 20, 3, 60, 100, 50, 0, 0), 2: (10, 10, 1, 0, 40, 20, 0, 0)})
    came = [(1, 5, 7, 1), (1, 25, 9, 2), (2, 4, 11, 3), (3, 6, 13, 4)]
    fresh, unsure = fold(kept, moved_of(came, []))
    assert unsure.tolist() == []
    assert [fresh[one].tolist() for one in SUMS] == [
        [1, 2, 3], [5, 4, 6], [25, 10, 6], [5, 2, 1], [109, 40, 0], [116, 51, 13], [53, 23, 4], [0] * 3, [0] * 3,
    ]  # fmt: skip
    assert fold(kept, moved_of([(1, 15, 7, 1)], []))[1].tolist() == [1]
    assert fold(kept, moved_of([], [(2, 10, 40, 20)]))[1].tolist() == [2]


def test_columns_are_kept_whole_and_only_as_long_as_they_are_named(tmp_path: Path) -> None:
    made = trader(tmp_path, bands(10.0), sales=[sale(0, 1, 1, 5.0)])
    with session(made.ws, recorded_at=NOON) as run:
        none = keep_columns(run, "none", {"customer": NONE})
        some = keep_columns(run, "some", {"customer": np.arange(3), "place": np.array([0, -1, 2], dtype=np.int8)})
        assert {one: values.tolist() for one, values in (kept_columns(run, none) or {}).items()} == {"customer": []}
        found = kept_columns(run, some)
        assert found is not None
        assert (found["customer"].tolist(), found["place"].tolist()) == ([0, 1, 2], [0, -1, 2])
        assert found["place"].dtype == np.int8
        drop_columns(run, but=[none])
        assert kept_columns(run, some) is None
        assert kept_columns(run, None) is None
        (run.places.remembered / none).write_bytes(b"torn")
        assert kept_columns(run, none) is None


def test_money_and_days_become_whole_numbers() -> None:
    money = pa.chunked_array([pa.array([Decimal("1.2345"), None, Decimal("-0.0001")], pa.decimal128(18, 4)).slice(1)])
    assert whole_numbers(money).tolist() == [0, -1]
    assert whole_numbers(pa.chunked_array([], pa.int64())).tolist() == []
    assert whole_numbers(pa.chunked_array([pa.array([1.23449999, None, -0.3])])).tolist() == [12345, 0, -3000]
    assert whole_numbers(pa.chunked_array([pa.array([date(1970, 1, 3), None])])).tolist() == [2, 0]


@pytest.mark.parametrize("seed", range(4))
def test_who_is_among_the_first_is_told_without_sorting(seed: int) -> None:
    random = np.random.default_rng(seed)
    value, valued = random.integers(0, 6, 40), random.random(40) < 0.8
    known = _Known(customer=np.arange(40), value=value, valued=valued, flag=np.zeros(40, dtype=np.int8))
    order = [c for c in sorted(range(40), key=lambda c: (-value[c], c)) if valued[c]]
    for rank in range(-1, len(order) + 3):
        assert np.flatnonzero(_among(known, rank)).tolist() == sorted(order[: max(rank, 0)])
