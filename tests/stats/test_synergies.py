"""Synergies: an outside reference, worlds without any, planted ones with coverage, the simulated company, edges."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from promesa.errors import TooFewObservations, ValueOutOfRange
from promesa.stats.multiplicity import benjamini_hochberg
from promesa.stats.regression_elements import describe_elements
from promesa.stats.regression_rows import as_directions, observe
from promesa.stats.synergies import synergy
from promesa.stats.synergy_columns import make_curves, make_products
from promesa.stats.unit_hashes import unit_hashes
from tests.stats.company_journeys import company_journeys

BETTER = (1, 1, -1, 1, -1, -1, 1, 1)
LATE, WRONG = 4, 5  # 5 % and 6 %


def world(seed: int, n: int = 20_000, *, planted: float = 0.0):
    """Return correlated and strongly curved elements, rare failures, one that few met, customers who come again.

    Noise depends on the elements. `planted` is what lateness and a wrong bill do beyond their sum.
    """
    random = np.random.default_rng(seed)
    customers = 2 * n // 5
    owner = random.integers(customers, size=n)
    root = np.linalg.cholesky(0.5 * np.ones((6, 6)) + 0.5 * np.eye(6))
    z = (0.7 * random.normal(size=(customers, 6))[owner] + np.sqrt(0.51) * random.normal(size=(n, 6))) @ root.T
    wait, kind = np.exp(0.8 * z[:, 2]), np.clip(np.round(3.3 + 1.1 * z[:, 3]), 1, 5)
    late, wrong, rare = z[:, 4] > 1.645, z[:, 5] > 1.555, random.random(n) < 0.05
    met = random.random(n) < 0.3 + 0.3 * late
    region = random.random(n) < 0.2 + 0.3 * late
    amount = random.normal(size=n) + 0.5 * z[:, 0]
    outcome = -(z[:, 0] ** 2) + 1.5 * np.minimum(z[:, 1], 0.5) - 0.8 * np.minimum(wait, 4) + 0.9 * (kind == 5)
    outcome += -2 * late - 1.5 * wrong + rare - 0.5 * region + met * (0.6 * amount - 0.5) + planted * (late & wrong)
    outcome += 0.8 * random.normal(size=customers)[owner]
    outcome += random.normal(size=n) * (0.6 + 0.6 * np.abs(z[:, 0]) + late)
    values = np.column_stack([z[:, 0], z[:, 1], wait, kind, late, wrong, np.where(met, amount, np.nan), rare])
    return outcome, values, owner, region[:, None].astype(float)


def search(seed: int, n: int = 20_000, *, planted: float = 0.0):
    outcome, values, owner, region = world(seed, n, planted=planted)
    return synergy(outcome, values, better=BETTER, units=owner, confounders=region, seed=seed)


def pair_of(found, first: int, second: int):
    return next(pair for pair in found.pairs if (pair.first, pair.second) == (first, second))


@pytest.mark.parametrize("pair", [(LATE, WRONG), (0, 1), (2, 6)])
def test_equals_one_regression_of_statsmodels(pair: tuple[int, int]) -> None:
    outcome, values, owner, region = world(1, 3_000, planted=-1.0)
    found = pair_of(synergy(outcome, values, better=BETTER, units=owner, confounders=region, seed=1), *pair)
    seen = observe(outcome, values, units=owner, confounders=region)
    elements = describe_elements(values, better=as_directions(BETTER, elements=8), needs_direction=False)
    curves = make_curves(seen, elements)
    products = make_products(curves)
    place = products.pairs.index(pair)
    own = list(products.used[place])
    half = unit_hashes(seen.keys, seed=1) >> np.uint64(63) == 1
    design = np.column_stack([curves.columns(values, region), products.columns(values)[:, own]])[half]
    fit = sm.OLS(outcome[half], sm.add_constant(design)).fit(cov_type="cluster", cov_kwds={"groups": owner[half]})
    moves = [found.moved[k] - found.usual[k] for k in (0, 1)]
    scale = np.prod([m * BETTER[e] / curves.scale[e] for m, e in zip(moves, pair, strict=True)])
    assert found.holdout.extra == pytest.approx(fit.params[-1] * scale, rel=1e-6)
    error = (found.holdout.interval.upper - found.holdout.extra) / 2
    assert error == pytest.approx(fit.bse[-1] * abs(scale), rel=0.1)  # t for z, and the correction of rare cells


def test_whole_is_the_sum_of_parts_and_the_extra() -> None:
    found = pair_of(search(2, planted=-1.5), LATE, WRONG)
    assert found.whole == pytest.approx(found.sum_of_parts + found.holdout.extra)
    assert found.sum_interval.lower < -3.5 < found.sum_interval.upper
    assert found.whole_interval.lower < -5 < found.whole_interval.upper
    assert (found.usual, found.moved) == ((0, 0), (1, 1))


def test_finds_a_planted_synergy_and_nothing_else() -> None:
    found = search(3, planted=-2.0)
    assert [(p.first, p.second, p.sense) for p in found.confirmed] == [(LATE, WRONG, "worse_together")]
    matrix = found.matrix()
    assert matrix[LATE, WRONG] == matrix[WRONG, LATE] == found.confirmed[0].holdout.extra
    assert np.isnan(matrix).sum() == 62
    assert np.isnan(found.matrix(confirmed_only=False)).sum() == 8
    assert found.tested == 28


def false_synergies(seeds: range, n: int) -> tuple[float, float]:
    """Return the share of worlds with a false synergy, and of hold-out tests below 5 %."""
    worlds, tests = 0, list[bool]()
    for seed in seeds:
        found = search(seed, n)
        worlds += bool(found.confirmed)
        tests += [pair.holdout.p_value < 0.05 for pair in found.pairs if pair.holdout]
    return worlds / len(seeds), float(np.mean(tests))


def test_worlds_without_synergy_show_none() -> None:
    worlds, tests = false_synergies(range(20), 3_000)
    assert worlds <= 0.05
    assert tests < 0.08


@pytest.mark.slow
@pytest.mark.parametrize("n", [4_000, 20_000])
def test_false_synergies_are_rare(n: int) -> None:
    worlds, tests = false_synergies(range(200), n)
    assert worlds <= 0.05
    assert 0.03 < tests < 0.07


@pytest.mark.slow
def test_planted_synergies_are_found_and_covered() -> None:
    pairs = [pair_of(search(seed, planted=-1.5), LATE, WRONG) for seed in range(200)]
    covered = np.mean([p.holdout.interval.lower <= -1.5 <= p.holdout.interval.upper for p in pairs])
    assert 0.93 <= covered <= 0.97
    assert np.mean([p.status == "confirmed" for p in pairs]) > 0.9
    assert np.mean([p.holdout.extra for p in pairs]) == pytest.approx(-1.5, abs=0.05)


def company_names(seed: int, customers: int) -> set[tuple[str, str]]:
    company = company_journeys(customers, seed)
    values = company.values.copy()
    values[:, company.names.index("kindness")] = np.where(
        np.isnan(values[:, company.names.index("kindness")]), np.nan, values[:, company.names.index("kindness")] == 5
    )
    found = synergy(
        company.outcome, values, better=company.better, units=company.units, confounders=company.confounders, seed=seed
    )
    return {(company.names[p.first], company.names[p.second]) for p in found.confirmed}


def test_finds_that_a_bad_call_makes_lateness_worse() -> None:
    found = company_names(7, 20_000)
    assert ("late", "resolved") in found
    assert found <= {("late", "resolved"), ("late", "wait_minutes"), ("in_stock", "kindness")}


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_finds_the_synergies_of_the_simulated_company(seed: int) -> None:
    found = company_names(seed, 60_000)
    assert {("late", "resolved"), ("in_stock", "kindness")} <= found
    # A long wait that is not resolved is bad once: wait and resolution overlap where the delivery was late.
    assert found <= {
        ("late", "resolved"), ("late", "wait_minutes"), ("in_stock", "kindness"), ("wait_minutes", "resolved"),
    }  # fmt: skip


def two_levels(share: float, other: float, extra: float, better=(1, 1)):
    random = np.random.default_rng(5)
    one, two = random.random(12_000) < share, random.random(12_000) < other
    outcome = one + 0.5 * two + extra * (one & two) + random.normal(size=12_000)
    return synergy(outcome, np.column_stack([one, two]), better=better, seed=2).pairs[0]


@pytest.mark.parametrize(
    ("share", "other", "extra", "sense"),
    [
        (0.8, 0.8, -0.8, "worse_together"),
        (0.8, 0.8, 0.8, "failure_cancels_good"),
        (0.2, 0.2, 0.8, "better_together"),
        (0.2, 0.2, -0.8, "good_covers_good"),
        (0.8, 0.2, 0.8, "failure_cancels_good"),
        (0.8, 0.2, -0.8, "good_softens_failure"),
    ],
)
def test_says_in_which_sense(share: float, other: float, extra: float, sense: str) -> None:
    found = two_levels(share, other, extra)
    assert (found.status, found.sense) == ("confirmed", sense)
    unsigned = two_levels(share, other, extra, better=(0, 1))
    assert unsigned.sense == ("more_together" if unsigned.holdout.extra > 0 else "less_together")


def test_moves_to_the_best_tenth_where_usual_is_the_worst() -> None:
    random = np.random.default_rng(6)
    stars = random.choice([1.0, 2.0, 3.0], p=[0.7, 0.2, 0.1], size=8_000)
    late = (random.random(8_000) < 0.2).astype(float)
    found = synergy(random.normal(size=8_000), np.column_stack([stars, late]), better=(1, -1), seed=1).pairs[0]
    assert found.usual == (1, 0)
    assert found.moved == pytest.approx((3, 1), abs=0.1)


def test_half_of_the_units_proposes_and_the_other_confirms() -> None:
    found = search(4, 6_000, planted=-1.0)
    assert sum(found.n_units) == len(np.unique(world(4, 6_000)[2]))
    assert abs(found.n_units[0] - found.n_units[1]) < 0.1 * sum(found.n_units)
    tested = [pair for pair in found.pairs if pair.discovery]
    assert benjamini_hochberg([p.discovery.p_value for p in tested]) == pytest.approx(
        [p.discovery.adjusted_p for p in tested]
    )
    proposed = [p for p in tested if p.status != "not_found"]
    assert all(np.isnan(p.holdout.adjusted_p) == (p not in proposed) for p in tested)
    assert all(np.isnan(p.whole) == (p not in proposed) for p in tested)


def test_order_of_rows_does_not_matter() -> None:
    outcome, values, owner, region = world(5, 4_000)
    mixed = np.random.default_rng(1).permutation(4_000)
    one = synergy(outcome, values, better=BETTER, units=owner, confounders=region, seed=1)
    other = synergy(outcome[mixed], values[mixed], better=BETTER, units=owner[mixed], confounders=region[mixed], seed=1)
    extras = [[p.holdout.extra for p in found.pairs if p.holdout] for found in (one, other)]
    assert extras[0] == pytest.approx(extras[1], rel=1e-6)
    assert [p.status for p in one.pairs] == [p.status for p in other.pairs]


def test_says_why_a_pair_is_not_tested() -> None:
    outcome, values, owner, region = world(6, 4_000)
    row = np.arange(4_000)
    here, there = np.where(row < 2_000, values[:, 0], np.nan), np.where(row >= 1_950, values[:, 1], np.nan)
    one, other = (row % 10 == 0).astype(float), (row % 10 == 5).astype(float)
    given = np.column_stack([here, there, one, other, np.ones(4_000), 2 * one + 1, region, np.full(4_000, np.nan)])
    found = synergy(outcome, given, better=[1] * 8, units=owner, confounders=region, seed=1)
    assert pair_of(found, 0, 1).note == "units"
    assert pair_of(found, 2, 3).note == "cell"
    assert pair_of(found, 0, 4).note == "constant"
    assert pair_of(found, 2, 5).note == "same-as:2"
    assert pair_of(found, 2, 6).note == "combination"
    assert pair_of(found, 2, 7).note == "too-few"
    assert all((p.holdout is None) == (p.status == "too_few") for p in found.pairs)
    assert len(found.pairs) == 28


def test_one_element_makes_no_pair() -> None:
    outcome, values, owner, _ = world(7, 2_000)
    assert synergy(outcome, values[:, :1], better=[1], units=owner, seed=1).pairs == ()


def test_refuses_what_tells_nothing() -> None:
    outcome, values, owner, _ = world(8, 2_000)
    with pytest.raises(TooFewObservations):
        synergy(outcome[:12], values[:12], better=BETTER, seed=1)
    with pytest.raises(ValueOutOfRange, match="same in every row"):
        synergy(np.ones(2_000), values, better=BETTER, units=owner, seed=1)
    with pytest.raises(ValueOutOfRange, match="false_discovery"):
        synergy(outcome, values, better=BETTER, units=owner, false_discovery=5, seed=1)
    with pytest.raises(ValueOutOfRange, match="better"):
        synergy(outcome, values, better=(1, 1), units=owner, seed=1)


def test_a_pair_that_only_goes_with_a_true_one_is_its_shadow() -> None:
    random = np.random.default_rng(11)
    late, rude = random.random(20_000) < 0.2, random.random(20_000) < 0.3
    far = np.where(random.random(20_000) < 0.9, late, ~late)  # says what lateness says, with errors
    outcome = -1.0 * late - rude - 1.5 * (late & rude) + random.normal(size=20_000)
    found = synergy(outcome, np.column_stack([late, far, rude]), better=(-1, -1, -1), seed=1)
    assert [(p.first, p.second) for p in found.pairs if p.status == "confirmed"] == [(0, 2), (1, 2)]
    assert [p.shadow for p in found.pairs] == [False, False, True]
    assert [(p.first, p.second) for p in found.confirmed] == [(0, 2)]
    assert np.isnan(found.matrix()[1, 2])
