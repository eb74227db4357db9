"""Importance: outside references, recovery of a known truth, invariants, edges."""

from __future__ import annotations

from itertools import combinations, permutations
from math import inf

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promesa.errors import TooFewObservations, ValueOutOfRange
from promesa.stats import coalitions
from promesa.stats.collinearity import find_collinearity
from promesa.stats.importances import Importance, importance
from promesa.stats.product_sums import CrossProducts, cross_products, moments, product_pairs, resampled_moments
from promesa.stats.shapley import shapley_shares
from tests.drawn import cases

# Fertility, agriculture, examination, education, Catholic, infant mortality of 47 Swiss provinces in 1888: R's `swiss`.
SWISS = """
80.2 17.0 15 12 9.96 22.2|83.1 45.1 6 9 84.84 22.2|92.5 39.7 5 5 93.40 20.2|85.8 36.5 12 7 33.77 20.3
76.9 43.5 17 15 5.16 20.6|76.1 35.3 9 7 90.57 26.6|83.8 70.2 16 7 92.85 23.6|92.4 67.8 14 8 97.16 24.9
82.4 53.3 12 7 97.67 21.0|82.9 45.2 16 13 91.38 24.4|87.1 64.5 14 6 98.61 24.5|64.1 62.0 21 12 8.52 16.5
66.9 67.5 14 7 2.27 19.1|68.9 60.7 19 12 4.43 22.7|61.7 69.3 22 5 2.82 18.7|68.3 72.6 18 2 24.20 21.2
71.7 34.0 17 8 3.30 20.0|55.7 19.4 26 28 12.11 20.2|54.3 15.2 31 20 2.15 10.8|65.1 73.0 19 9 2.84 20.0
65.5 59.8 22 10 5.23 18.0|65.0 55.1 14 3 4.52 22.4|56.6 50.9 22 12 15.14 16.7|57.4 54.1 20 6 4.20 15.3
72.5 71.2 12 1 2.40 21.0|74.2 58.1 14 8 5.23 23.8|72.0 63.5 6 3 2.56 18.0|60.5 60.8 16 10 7.72 16.3
58.3 26.8 25 19 18.46 20.9|65.4 49.5 15 8 6.10 22.5|75.5 85.9 3 2 99.71 15.1|69.3 84.9 7 6 99.68 19.8
77.3 89.7 5 2 100.00 18.3|70.5 78.2 12 6 98.96 19.4|79.4 64.9 7 3 98.22 20.2|65.0 75.9 9 9 99.06 17.8
92.2 84.6 3 3 99.46 16.3|79.3 63.1 13 13 96.83 18.1|70.4 38.4 26 12 5.62 20.3|65.7 7.7 29 11 13.79 20.5
72.7 16.7 22 13 11.22 18.9|64.4 17.6 35 32 16.92 23.0|77.6 37.6 15 7 4.97 20.0|67.6 18.7 25 7 8.65 19.5
35.0 1.2 37 53 42.34 18.0|44.7 46.6 16 29 50.43 18.2|42.8 27.7 22 29 58.33 19.3
"""
# relaimpo 2.2 (Groemping 2006), calc.relimp(lm(Fertility ~ ., swiss), type = "lmg").
SWISS_LMG = [0.0570912207681, 0.1711730289002, 0.2601346786244, 0.1055701503735, 0.1127659229265]


def swiss() -> np.ndarray:
    return np.array([line.split() for line in SWISS.replace("|", "\n").strip().splitlines()], dtype=float)


def rows_of(seed: int, n: int, elements: int) -> np.ndarray:
    """Return correlated elements and, last, an outcome that depends on them."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(n, elements)) @ random.normal(size=(elements, elements))
    return np.column_stack([x, x @ random.normal(size=elements) + 2 * random.normal(size=n)])


def r_squared(rows: np.ndarray, columns: tuple[int, ...], outcome: int) -> float:
    y = rows[:, outcome] - rows[:, outcome].mean()
    design = np.column_stack([np.ones(len(rows)), rows[:, list(columns)]])
    rest = y - design @ np.linalg.lstsq(design, y, rcond=None)[0]
    return 1 - rest @ rest / (y @ y)


def by_orders(rows: np.ndarray, players: list[tuple[int, ...]], outcome: int, always: tuple[int, ...] = ()):
    """Average over every order of entry what each player adds to R2, one regression after another."""
    worth = {
        chosen: r_squared(rows, (*always, *(c for k in chosen for c in players[k])), outcome)
        for size in range(len(players) + 1)
        for chosen in combinations(range(len(players)), size)
    }
    shares, count = np.zeros(len(players)), 0
    for order in permutations(range(len(players))):
        count += 1
        for place, player in enumerate(order):
            before, after = tuple(sorted(order[:place])), tuple(sorted(order[: place + 1]))
            shares[player] += worth[after] - worth[before]
    return shares / count


def test_swiss_equals_relaimpo() -> None:
    result = shapley_shares(np.cov(swiss().T), outcome=0)
    assert result.shares == pytest.approx(SWISS_LMG, abs=1e-12)
    assert result.explained == pytest.approx(0.706735001593, abs=1e-12)


@pytest.mark.parametrize("elements", [1, 2, 5, 7])
def test_equals_regressions_in_every_order(elements: int) -> None:
    rows = rows_of(elements, 80, elements)
    expected = by_orders(rows, [(k,) for k in range(elements)], elements)
    result = shapley_shares(np.cov(rows.T), outcome=elements)
    assert result.shares == pytest.approx(expected, abs=1e-10)
    assert result.monte_carlo_errors == (0.0,) * elements
    assert result.orders is None


def test_ten_elements_equal_statsmodels_over_all_subsets() -> None:
    api = pytest.importorskip("statsmodels.api")
    rows, p = rows_of(4, 60, 10), 10
    x, y = rows[:, :p], rows[:, p]
    worth = {frozenset[int](): 0.0}
    for size in range(1, p + 1):
        for chosen in combinations(range(p), size):
            worth[frozenset(chosen)] = api.OLS(y, api.add_constant(x[:, list(chosen)])).fit().rsquared
    # Shapley's formula by size of coalition, as a mean of means: another road than the one in the package.
    expected = [
        np.mean([
            np.mean([worth[frozenset({*c, k})] - worth[frozenset(c)] for c in combinations({*range(p)} - {k}, size)])
            for size in range(p)
        ])
        for k in range(p)
    ]  # fmt: skip
    assert shapley_shares(np.cov(rows.T), outcome=p).shares == pytest.approx(expected, abs=1e-10)


def test_groups_and_adjustment_equal_regressions() -> None:
    rows = rows_of(11, 90, 7)
    players, always = [(0, 3), (1,), (4, 5, 6)], (2,)
    result = shapley_shares(np.cov(rows.T), outcome=7, groups=players, adjust_for=always)
    assert result.shares == pytest.approx(by_orders(rows, players, 7, always), abs=1e-10)
    assert result.adjusted == pytest.approx(r_squared(rows, always, 7), abs=1e-10)
    assert result.explained + result.adjusted == pytest.approx(r_squared(rows, tuple(range(7)), 7), abs=1e-10)


@given(seed=st.integers(0, 10_000), elements=st.integers(2, 6), scale=st.floats(0.01, 1000))
@settings(max_examples=cases(40))
def test_shares_are_efficient_and_follow_names_not_units(seed: int, elements: int, scale: float) -> None:
    rows = rows_of(seed, 50, elements)
    plain = shapley_shares(np.cov(rows.T), outcome=elements)
    assert sum(plain.shares) == pytest.approx(r_squared(rows, tuple(range(elements)), elements), abs=1e-9)
    assert min(plain.shares) >= -1e-12
    order = np.random.default_rng(seed).permutation(elements + 1)
    other = rows[:, order] * np.linspace(scale, 1, elements + 1) + 5
    moved = shapley_shares(np.cov(other.T), outcome=int(np.flatnonzero(order == elements)[0]))
    by_name = dict(zip([int(order[p[0]]) for p in moved.players], moved.shares, strict=True))
    assert [by_name[k] for k in range(elements)] == pytest.approx(plain.shares, abs=1e-9)


def test_interchangeable_players_share_alike_and_a_stranger_gets_nothing() -> None:
    covariance = np.array([[1, 0.4, 0, 0.5], [0.4, 1, 0, 0.5], [0, 0, 1, 0], [0.5, 0.5, 0, 1.0]])
    first, second, stranger = shapley_shares(covariance, outcome=3).shares
    assert first == pytest.approx(second, abs=1e-14)
    assert stranger == pytest.approx(0, abs=1e-14)


def test_uncorrelated_elements_have_the_closed_form() -> None:
    beta = np.linspace(0.1, 1, 20)
    covariance = np.eye(21)
    covariance[:20, 20] = covariance[20, :20] = beta
    covariance[20, 20] = beta @ beta + 3
    result = shapley_shares(covariance, outcome=20, orders=5)
    assert result.orders == 10
    assert result.shares == pytest.approx(beta**2 / covariance[20, 20], abs=1e-12)


def test_sampled_orders_agree_with_all_within_their_error(monkeypatch: pytest.MonkeyPatch) -> None:
    covariance = np.cov(rows_of(5, 100, 9).T)
    exact = shapley_shares(covariance, outcome=9)
    monkeypatch.setattr(coalitions, "EXACT_PLAYERS", 3)
    sampled = shapley_shares(covariance, outcome=9, orders=400, seed=2)
    assert sum(sampled.shares) == pytest.approx(exact.explained, abs=1e-10)
    assert 0 < max(sampled.monte_carlo_errors) < 0.02
    for share, truth, error in zip(sampled.shares, exact.shares, sampled.monte_carlo_errors, strict=True):
        assert abs(share - truth) < 5 * error + 1e-12
    assert sampled == shapley_shares(covariance, outcome=9, orders=400, seed=2)
    assert sampled.shares != shapley_shares(covariance, outcome=9, orders=400, seed=3).shares


def test_sampled_orders_take_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = rows_of(8, 100, 6)
    groups = [(0, 5), (1, 2), (3,), (4,)]
    exact = shapley_shares(np.cov(rows.T), outcome=6, groups=groups)
    monkeypatch.setattr(coalitions, "EXACT_PLAYERS", 2)
    sampled = shapley_shares(np.cov(rows.T), outcome=6, groups=groups, orders=2000)
    assert sampled.shares == pytest.approx(exact.shares, abs=5 * max(sampled.monte_carlo_errors))


def test_an_order_and_its_reverse_settle_two_players(monkeypatch: pytest.MonkeyPatch) -> None:
    covariance = np.cov(rows_of(5, 100, 2).T)
    exact = shapley_shares(covariance, outcome=2)
    monkeypatch.setattr(coalitions, "EXACT_PLAYERS", 1)
    sampled = shapley_shares(covariance, outcome=2, orders=3)
    assert sampled.shares == pytest.approx(exact.shares, abs=1e-14)
    assert sampled.monte_carlo_errors == pytest.approx((0, 0), abs=1e-7)


def test_exact_combinations_share_what_they_explain() -> None:
    rows = rows_of(2, 100, 6)
    rows[:, 2] = rows[:, 0] + rows[:, 1]
    rows[:, 4] = 3 * rows[:, 3] - rows[:, 1]
    expected = by_orders(rows, [(k,) for k in range(6)], 6)
    assert shapley_shares(np.cov(rows.T), outcome=6).shares == pytest.approx(expected, abs=1e-7)


# The sums


def test_sums_by_unit_give_the_covariance_of_the_rows() -> None:
    rows = rows_of(1, 200, 3) + np.array([1e6, 0, -50, 3])
    units = np.random.default_rng(0).integers(0, 40, 200)
    sums = cross_products(rows, units=units)
    assert moments(sums).covariance[0] == pytest.approx(np.cov(rows.T, bias=True), rel=1e-8)
    assert (sums.rows, sums.units, sums.columns) == (200, len(set(units)), 4)


def test_weights_count_as_repeated_rows() -> None:
    rows, times = rows_of(2, 60, 2), np.random.default_rng(1).integers(0, 4, 60)
    weighted = moments(cross_products(rows, weights=times)).covariance[0]
    assert weighted == pytest.approx(np.cov(np.repeat(rows, times, axis=0).T, bias=True), rel=1e-10)


def test_incomplete_rows_are_left_out_and_counted() -> None:
    rows = rows_of(2, 60, 2)
    rows[[3, 8, 9], [0, 1, 2]] = np.nan
    sums = cross_products(rows)
    assert (sums.rows, sums.n_missing) == (57, 3)
    assert moments(sums).covariance[0] == pytest.approx(np.cov(rows[~np.isnan(rows).any(axis=1)].T, bias=True))


def test_resampling_draws_whole_units() -> None:
    rows = rows_of(3, 50, 2)
    units = np.sort(np.random.default_rng(0).integers(0, 12, 50))
    drawn = resampled_moments(cross_products(rows, units=units), replicates=3, seed=7)
    random, names = np.random.default_rng(7), np.unique(units)
    for replicate in range(3):
        picked = random.integers(len(names), size=len(names))
        sample = np.concatenate([rows[units == names[k]] for k in picked])
        assert drawn.covariance[replicate] == pytest.approx(np.cov(sample.T, bias=True), rel=1e-9)


def test_sums_of_an_engine_give_the_same_importance() -> None:
    rows = rows_of(6, 300, 3)
    bucket = np.random.default_rng(0).integers(0, 64, 300)
    shifted = rows - np.round(rows.mean(axis=0))
    by_bucket = [shifted[bucket == k] for k in range(64)]
    engine = CrossProducts(
        n=np.array([len(b) for b in by_bucket]),
        weight=np.array([float(len(b)) for b in by_bucket]),
        sums=np.array([b.sum(axis=0) for b in by_bucket]),
        products=np.array([[b[:, i] @ b[:, j] for i, j in product_pairs(4)] for b in by_bucket]),
    )
    theirs = importance(engine, outcome=3, seed=1)
    ours = importance(cross_products(rows, units=bucket), outcome=3, seed=1)
    assert [p.share for p in theirs.players] == pytest.approx([p.share for p in ours.players], abs=1e-10)
    assert theirs.replicates == pytest.approx(ours.replicates, abs=1e-9)


# Intervals and ranks


def test_importance_says_what_it_rests_on() -> None:
    rows = rows_of(9, 400, 4)
    rows[0, 0] = np.nan
    result = importance(cross_products(rows, units=np.arange(400) % 100), outcome=4, seed=3, bootstraps=100)
    assert (result.n, result.n_missing, result.n_units, result.bootstraps) == (399, 1, 100, 100)
    assert sum(p.share for p in result.players) == pytest.approx(result.explained, abs=1e-12)
    assert all(p.interval.lower <= p.share <= p.interval.upper for p in result.players)
    assert sum(result.probability_among_first(2)) == pytest.approx(2)
    assert result.probability_among_first(4) == (1.0,) * 4


def test_the_strongest_is_first_in_every_sample() -> None:
    x = np.random.default_rng(0).normal(size=(500, 3))
    rows = np.column_stack([x, x @ [0.1, 2, 0.6] + np.random.default_rng(1).normal(size=500)])
    result = importance(cross_products(rows), outcome=3, seed=3)
    assert result.probability_among_first(1) == (0, 1, 0)
    assert result.probability_among_first(2) == (0, 1, 1)


def test_samples_in_which_the_outcome_does_not_vary_are_left_out() -> None:
    rows = rows_of(9, 40, 2)
    rows[:, 2] = np.arange(40) == 3
    result = importance(cross_products(rows), outcome=2, seed=3)
    assert 80 < len(result.replicates) < result.bootstraps == 200
    assert np.isfinite(result.replicates).all()
    assert 0 < result.explained_interval.lower <= result.explained_interval.upper <= 1


BETA = np.array([0.5, 0.3, 0.2, 0.15])


def customers_world(seed: int, customers: int) -> tuple[np.ndarray, np.ndarray]:
    """Return journeys and whose they are: a customer's elements and mood resemble each other."""
    random = np.random.default_rng(seed)
    who = np.repeat(np.arange(customers), random.integers(1, 6, customers))
    x = 0.6 * random.normal(size=(customers, 1))[who] + 0.8 * random.normal(size=(len(who), 4))
    y = x @ BETA + 0.7 * random.normal(size=customers)[who] + 0.7 * random.normal(size=len(who))
    return np.column_stack([x, y]), who


def world_truth() -> np.ndarray:
    """Return the shares in the population, from its covariance, over all orders."""
    x = np.full((4, 4), 0.36) + 0.64 * np.eye(4)
    total = BETA @ x @ BETA + 0.98
    shares = np.zeros(4)
    for order in permutations(range(4)):
        known = 0.0
        for place in range(4):
            chosen = list(order[: place + 1])
            cross = (x @ BETA)[chosen]
            worth = cross @ np.linalg.solve(x[np.ix_(chosen, chosen)], cross) / total
            shares[order[place]] += (worth - known) / 24
            known = worth
    return shares


def covered(result: Importance, truth: np.ndarray) -> list[bool]:
    return [p.interval.lower <= t <= p.interval.upper for p, t in zip(result.players, truth, strict=True)]


def test_truth_is_recovered_from_many_customers() -> None:
    rows, who = customers_world(1, 20_000)
    result = importance(cross_products(rows, units=who), outcome=4, seed=1, bootstraps=50)
    assert [p.share for p in result.players] == pytest.approx(world_truth(), abs=0.01)


def test_interval_covers_the_truth_in_few_worlds() -> None:
    hits = []
    for seed in range(40):
        rows, who = customers_world(seed, 400)
        hits.append(covered(importance(cross_products(rows, units=who), outcome=4, seed=seed), world_truth()))
    assert 0.87 <= np.mean(hits) <= 0.99


@pytest.mark.slow
@pytest.mark.parametrize("buckets", [None, 250])
def test_interval_covers_the_truth(buckets: int | None) -> None:
    hits = []
    for seed in range(400):
        rows, who = customers_world(seed, 1500)
        unit = who if buckets is None else np.random.default_rng(seed + 10**6).integers(0, buckets, 1500)[who]
        result = importance(cross_products(rows, units=unit), outcome=4, seed=seed, bootstraps=400)
        hits.append(covered(result, world_truth()))
    assert np.all(np.abs(np.mean(hits, axis=0) - 0.95) < 0.03)


def test_ignoring_customers_makes_the_interval_too_short() -> None:
    rows, who = customers_world(2, 3000)
    rows[:, :4] = rows[:, :4] * 0.5 + np.random.default_rng(5).normal(size=(3000, 4))[who]
    clustered = importance(cross_products(rows, units=who), outcome=4, seed=1)
    naive = importance(cross_products(rows), outcome=4, seed=1)
    width = [np.subtract(*reversed(tuple(r.explained_interval))) for r in (clustered, naive)]
    assert width[0] > 1.1 * width[1]


# What cannot be told apart


def collinearity_of(rows: np.ndarray):
    return find_collinearity(np.cov(rows.T), elements=tuple(range(rows.shape[1])))


def test_inflation_equals_statsmodels() -> None:
    module = pytest.importorskip("statsmodels.stats.outliers_influence")
    rows = rows_of(7, 120, 5)[:, :5]
    design = np.column_stack([np.ones(120), rows])
    expected = [module.variance_inflation_factor(design, k + 1) for k in range(5)]
    assert collinearity_of(rows).variance_inflation == pytest.approx(expected, rel=1e-8)


def test_twins_and_sums_are_grouped() -> None:
    x = np.random.default_rng(0).normal(size=(300, 8))
    x[:, 1] = 3 * x[:, 0]  # twins
    x[:, 4] = x[:, 2] + x[:, 3]  # a total beside its parts: no pair of them correlates .9
    x[:, 6] = x[:, 5] + 0.3 * x[:, 6]  # nearly the same
    found = collinearity_of(x)
    assert found.inseparable == ((0, 1), (2, 3, 4), (5, 6))
    assert found.condition_index == inf
    assert found.variance_inflation[:5] == (inf,) * 5
    assert found.variance_inflation[7] < 1.1


def test_near_sum_is_found_without_an_exact_dependency() -> None:
    x = np.random.default_rng(1).normal(size=(400, 5))
    x[:, 4] = x[:, 0] + x[:, 1] + x[:, 2] + 0.05 * x[:, 4]
    assert np.abs(np.corrcoef(x.T) - np.eye(5)).max() < 0.9
    assert collinearity_of(x).inseparable == ((0, 1, 2, 4),)


def test_elements_that_overlap_a_little_stand_apart() -> None:
    x = np.random.default_rng(2).normal(size=(400, 4)) + np.random.default_rng(3).normal(size=(400, 1))
    found = collinearity_of(x)
    assert found.inseparable == ()
    assert found.constant == ()


# Edges


def test_identical_elements_halve_what_they_explain() -> None:
    rows = rows_of(3, 200, 3)
    twice = np.column_stack([rows[:, 0], rows])
    result = importance(cross_products(twice), outcome=4, seed=1)
    assert result.players[0].share == pytest.approx(result.players[1].share, abs=1e-9)
    assert result.explained == pytest.approx(r_squared(rows, (0, 1, 2), 3), abs=1e-9)
    assert result.collinearity.inseparable[0][:2] == (0, 1)


def test_a_constant_element_explains_nothing_and_is_named() -> None:
    rows = np.insert(rows_of(3, 200, 3), 1, 0.1, axis=1)
    result = importance(cross_products(rows), outcome=4, seed=1)
    assert result.players[1].share == 0.0
    assert [p.constant for p in result.players] == [False, True, False, False]
    assert result.collinearity.constant == (1,)
    assert np.isnan(result.collinearity.variance_inflation[1])


def test_one_element_is_the_squared_correlation() -> None:
    rows = rows_of(3, 200, 1)
    result = importance(cross_products(rows), outcome=1, seed=1)
    assert result.players[0].share == pytest.approx(np.corrcoef(rows.T)[0, 1] ** 2)
    assert result.collinearity.condition_index == 1.0


def test_elements_that_are_all_constant() -> None:
    rows = np.column_stack([np.ones((50, 2)), np.arange(50.0)])
    result = importance(cross_products(rows), outcome=2, seed=1)
    assert result.explained == 0.0
    assert result.collinearity.constant == (0, 1)


def test_refusals() -> None:
    rows = rows_of(3, 200, 3)
    flat = rows.copy()
    flat[:, 3] = 7.0
    with pytest.raises(ValueOutOfRange, match="same in every row"):
        importance(cross_products(flat), outcome=3, seed=1)
    with pytest.raises(TooFewObservations, match="too few"):
        importance(cross_products(rows[:12]), outcome=3, seed=1)
    with pytest.raises(TooFewObservations, match="too few"):
        importance(cross_products(rows_of(3, 25, 24)), outcome=24, seed=1)
    with pytest.raises(TooFewObservations, match="No row"):
        cross_products(np.full((5, 2), np.nan))
    with pytest.raises(ValueOutOfRange, match="divide the elements"):
        importance(cross_products(rows), outcome=3, groups=[[0, 1], [1, 2]], seed=1)
    with pytest.raises(ValueOutOfRange, match="divide the elements"):
        shapley_shares(np.cov(rows.T), outcome=3, groups=[[0], []])
    with pytest.raises(ValueOutOfRange, match="not a row"):
        shapley_shares(np.cov(rows.T), outcome=4)
    with pytest.raises(ValueOutOfRange, match="not a covariance"):
        shapley_shares([[1, 0.2], [0.4, 1]], outcome=1)
    with pytest.raises(ValueOutOfRange, match="not a covariance"):
        shapley_shares([[-1, 0.2], [0.2, 1]], outcome=1)
    with pytest.raises(ValueOutOfRange, match="not a covariance"):
        shapley_shares([[1, 0.2, 0], [0.2, 1, 0]], outcome=1)
    with pytest.raises(ValueOutOfRange, match="setting"):
        importance(cross_products(rows), outcome=3, bootstraps=5, seed=1)
    with pytest.raises(ValueOutOfRange, match="weights"):
        cross_products(rows, weights=-np.ones(200))
    with pytest.raises(ValueOutOfRange, match="units"):
        cross_products(rows, units=[1, 2])
