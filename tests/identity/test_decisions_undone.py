"""Undoing a decision restores the persons row by row, whatever was decided before."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from promesa.identity import decide, link, undo, unlink
from promesa.store import inspect_store
from tests.identity.pairs import Pairs, pairs

if TYPE_CHECKING:
    from pathlib import Path


def persons(shop: Pairs) -> list[tuple[object, ...]]:
    with inspect_store(shop.ws) as look:
        return look.engine.run(f"SELECT * FROM ({look.rows('persons')}) ORDER BY ALL")


@pytest.fixture
def shop(tmp_path: Path) -> Pairs:
    made = pairs(tmp_path, keys="abcd")
    link(made.ws, recorded_at=made.now())
    return made


def test_a_word_joins_and_another_parts(shop: Pairs) -> None:
    apart = persons(shop)
    decide(shop.ws, shop.who["a"], shop.who["b"], "same", by="ana", recorded_at=shop.now())
    joined = persons(shop)
    assert {row[1] for row in joined if row[0] in (shop.who["a"], shop.who["b"])} >= {min(shop.who["a"], shop.who["b"])}
    assert joined != apart
    unlink(shop.ws, shop.who["a"], by="ana", recorded_at=shop.now())
    assert persons(shop) == apart
    undo(shop.ws, (shop.who["a"], shop.who["b"]), by="ana", recorded_at=shop.now())
    assert persons(shop) == joined
    link(shop.ws, recorded_at=shop.now(), full=True)
    assert persons(shop) == joined


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (2, 3))])
def test_undo_after_any_sequence_is_as_if_nothing_had_been_decided(shop: Pairs, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(3 if seed == 1 else 5):
        low, high = chance.sample(sorted(shop.who.values()), 2)
        before = persons(shop)
        decide(shop.ws, low, high, chance.choice(("same", "same", "different")), by="ana", recorded_at=shop.now())
        after = persons(shop)
        undo(shop.ws, (low, high), by="ana", recorded_at=shop.now())
        assert persons(shop) == before
        undo(shop.ws, (high, low), by="ana", recorded_at=shop.now())
        assert persons(shop) == after
