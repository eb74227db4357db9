"""The estimator: it finds the shares that made the patterns, in any order of them."""

from __future__ import annotations

import numpy as np
import pytest

from promesa.identity.comparisons import ADDRESS, BIRTH_DATE, DOCUMENT, GIVEN, PHONE, SURNAME
from promesa.identity.mixture import Patterns, separate

COMPARISONS = (GIVEN, SURNAME, BIRTH_DATE, DOCUMENT, PHONE, ADDRESS)
PEOPLE, HOMES, STRANGERS = 20_000, 12_000, 500_000
EVERY_PAIR = float(PEOPLE + HOMES + STRANGERS)


def shares_of(kind: str, change: float) -> list[np.ndarray]:
    """Return the shipped shares with some weight moved from the most alike level to the least."""
    found = []
    for comparison in COMPARISONS:
        shares = np.array([getattr(level, kind) for level in comparison.levels[::-1]])
        shares = shares / shares.sum()
        moved = shares[-1] * change
        shares[-1] -= moved
        shares[0] += moved
        found.append(shares)
    return found


def drawn(chance: np.random.Generator, shares: list[np.ndarray], n: int) -> np.ndarray:
    levels = np.column_stack([chance.choice(len(one), size=n, p=one) for one in shares]).astype(np.int8)
    levels[chance.random(levels.shape) < 0.2] = -1
    return levels


def counted(levels: np.ndarray) -> Patterns:
    for number, comparison in enumerate(COMPARISONS):
        for value, level in enumerate(comparison.levels[::-1]):
            if level.silent:
                levels[levels[:, number] == value, number] = -1
    patterns, counts = np.unique(levels, axis=0, return_counts=True)
    return Patterns(patterns, counts.astype(float))


@pytest.fixture(scope="module")
def world():
    chance = np.random.default_rng(11)
    person, home, apart = shares_of("same_person", 0.2), shares_of("relatives", 0.0), shares_of("strangers", 0.0)
    candidates = counted(
        np.vstack([drawn(chance, person, PEOPLE), drawn(chance, home, HOMES), drawn(chance, apart, STRANGERS)])
    )
    return person, candidates, Patterns(candidates.levels[:0], candidates.counts[:0])


def test_the_shares_that_made_the_patterns_are_found(world):
    person, candidates, strangers = world
    found = separate(COMPARISONS, candidates=candidates, strangers=strangers, every_pair=EVERY_PAIR, seen=1.0)
    assert found.prior * EVERY_PAIR == pytest.approx(PEOPLE, rel=0.05)
    assert found.relatives_per_match == pytest.approx(HOMES / PEOPLE, rel=0.1)
    for number, comparison in enumerate(COMPARISONS):
        heard = [value for value, level in enumerate(comparison.levels[::-1]) if not level.silent]
        truth = person[number][heard] / person[number][heard].sum()
        assert found.shares.same_person[number][heard] == pytest.approx(truth, abs=0.02)


def test_the_order_of_patterns_does_not_matter(world):
    _, candidates, strangers = world
    order = np.random.default_rng(3).permutation(len(candidates.counts))
    turned = Patterns(candidates.levels[order], candidates.counts[order])
    one, two = (
        separate(COMPARISONS, candidates=each, strangers=strangers, every_pair=EVERY_PAIR, seen=1.0)
        for each in (candidates, turned)
    )
    for kind in ("same_person", "strangers", "relatives"):
        for before, after in zip(getattr(one.shares, kind), getattr(two.shares, kind), strict=True):
            assert after == pytest.approx(before, rel=1e-4)


def test_without_pairs_the_shipped_shares_stay():
    nothing = Patterns(np.empty((0, len(COMPARISONS)), dtype=np.int8), np.empty(0))
    found = separate(COMPARISONS, candidates=nothing, strangers=nothing, every_pair=3.0, seen=1.0)
    for number, shares in enumerate(shares_of("same_person", 0.0)):
        assert found.shares.same_person[number] == pytest.approx(shares, rel=1e-4)
    assert found.senseless == ()
