"""Sums kept by the rows that changed: against a plain dict over random changes."""

from __future__ import annotations

from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest

from promesa.store import session
from promesa.value.kept_sums import SUMS, change_sums, read_sums, whole_numbers, write_sums
from promesa.value.tier_membership import _among, _Known  # pyright: ignore[reportPrivateUsage]
from tests.store.companies import NOON
from tests.value.traders import bands, sale, trader

if TYPE_CHECKING:
    from pathlib import Path

Row = tuple[int, ...]


def columns(rows: dict[int, Row]) -> dict[str, np.ndarray]:
    made = np.array([(customer, *rows[customer]) for customer in sorted(rows)], dtype=np.int64).reshape(-1, len(SUMS))
    return dict(zip(SUMS, made.T.copy(), strict=True))


def drawn(random: Random) -> Row:
    return (random.randrange(20_000), random.randrange(20_000), random.randrange(1, 9),
            *(random.randrange(-(10**12), 10**12) for _ in range(4)))  # fmt: skip


@pytest.mark.parametrize("seed", [1, 2])
def test_changes_add_up_to_what_a_dict_says(tmp_path: Path, seed: int) -> None:
    made = trader(tmp_path, bands(10.0), sales=[sale(0, 1, 1, 5.0)])
    random = Random(seed)
    told = {customer: drawn(random) for customer in range(0, 60, 2)}
    with session(made.ws, recorded_at=NOON) as run:
        kept = write_sums(run, columns(told))
        turns = []
        for _ in range(8):
            gone = sorted(random.sample(range(60), 6))
            fresh = {c: drawn(random) if random.random() < 0.6 else told.get(c, drawn(random)) for c in gone[:4]}
            for customer in gone:
                told.pop(customer, None)
            told |= fresh
            kept = change_sums(run, kept, columns(fresh), gone=np.array(gone))
            turns.append(kept.turn)
            for found in (kept, read_sums(run)):
                assert found.n == len(told)
                for one, values in columns(told).items():
                    np.testing.assert_array_equal(found.columns[one], values)
            assert read_sums(run).rows == kept.rows
            same = change_sums(run, kept, columns({}), gone=np.array([], dtype=np.int64))
            assert same is kept
    assert 0 in turns  # written anew once many had been added
    assert max(turns) > 1


def test_money_and_days_become_whole_numbers() -> None:
    money = pa.chunked_array([pa.array([Decimal("1.2345"), None, Decimal("-0.0001")], pa.decimal128(18, 4)).slice(1)])
    assert whole_numbers(money).tolist() == [0, -1]
    assert whole_numbers(pa.chunked_array([], pa.int64())).tolist() == []


@pytest.mark.parametrize("seed", range(4))
def test_who_is_among_the_first_is_told_without_sorting(seed: int) -> None:
    random = np.random.default_rng(seed)
    value, valued = random.integers(0, 6, 40), random.random(40) < 0.8
    known = _Known(customer=np.arange(40), value=value, valued=valued, flag=np.zeros(40, dtype=np.int8))
    order = [c for c in sorted(range(40), key=lambda c: (-value[c], c)) if valued[c]]
    for rank in range(-1, len(order) + 3):
        assert np.flatnonzero(_among(known, rank)).tolist() == sorted(order[: max(rank, 0)])
