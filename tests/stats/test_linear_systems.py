"""Linear systems against regressions by brute force, against interventions in simulated systems, and coverage."""

from __future__ import annotations

import numpy as np
import pytest

from promesa.errors import ValueOutOfRange
from promesa.stats import (
    bucketed_products,
    controlled_effects,
    cross_products,
    filled,
    linear_system,
    moments,
    resampled_moments,
    sampled_interval,
)

GROUPS = np.array([0, 1, 1, 2, 3, 3, 3])
BEHIND = 2


def drawn(rng: np.random.Generator, *, n: int = 400, columns: int = 10) -> np.ndarray:
    """Return rows of columns that depend on each other."""
    return rng.normal(size=(n, columns)) @ rng.normal(size=(columns, columns)) + rng.normal(size=columns)


def slope(rows: np.ndarray, cause: int, on: int, given: list[int]) -> float:
    """Return the coefficient of one column in a regression by least squares."""
    design = np.column_stack([np.ones(len(rows)), rows[:, given], rows[:, cause]])
    return float(np.linalg.lstsq(design, rows[:, on], rcond=None)[0][-1])


def covariance(rows: np.ndarray) -> np.ndarray:
    return np.cov(rows, rowvar=False, bias=True)


@pytest.mark.parametrize("seed", range(5))
def test_every_effect_is_the_coefficient_of_a_regression(seed: int) -> None:
    rows = drawn(np.random.default_rng(seed))
    system = linear_system(covariance(rows), behind=BEHIND, groups=GROUPS)
    for cause, group in enumerate(GROUPS):
        given = [0, 1, *(BEHIND + k for k in np.flatnonzero(group > GROUPS))]
        for outcome in range(1):
            expected = slope(rows, BEHIND + cause, BEHIND + GROUPS.size + outcome, given)
            assert system.total[0, cause, outcome] == pytest.approx(expected, abs=1e-8)
        for other, its in enumerate(GROUPS):
            expected = slope(rows, BEHIND + cause, BEHIND + other, given) if its >= group else 0.0
            assert system.onward[0, cause, other] == pytest.approx(1.0 if other == cause else expected, abs=1e-8)


def test_statsmodels_gives_the_same() -> None:
    api = pytest.importorskip("statsmodels.api")
    rows = drawn(np.random.default_rng(11))
    system = linear_system(covariance(rows), behind=BEHIND, groups=GROUPS)
    fitted = api.OLS(rows[:, 9], api.add_constant(rows[:, [0, 1, 2, 3, 4, 5]])).fit()
    assert system.total[0, 3, 0] == pytest.approx(fitted.params[-1], abs=1e-8)
    joint = api.OLS(rows[:, 9], api.add_constant(rows[:, [0, 1, 2, 3, 4]])).fit()
    moved = [1, 2]
    both = controlled_effects(system.total[:, moved, 0], system.onward[:, moved][:, :, moved], groups=[1, 1])
    assert both[0] == pytest.approx(joint.params[-2:], abs=1e-8)


class Sem:
    """A linear system with a known truth: strictly later causes follow earlier ones; groups share noise."""

    groups = np.array([0, 1, 1, 2, 3])

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        size = self.groups.size
        self.on_causes = np.where(self.groups[:, None] < self.groups[None, :], rng.normal(size=(size, size)), 0.0)
        self.on_outcome = rng.normal(size=size)
        self.behind = rng.normal(size=size + 1)

    def draw(self, n: int, *, seed: int, moved: dict[int, float] | None = None) -> np.ndarray:
        """Return rows; a moved cause is set that much higher than it would have been without any move."""
        rng = np.random.default_rng(seed)
        hidden, noise = rng.normal(size=n), rng.normal(size=(n, self.groups.size))
        noise[:, 2] += 0.8 * noise[:, 1]  # sides of one event
        untouched, causes = np.zeros_like(noise), np.zeros_like(noise)
        for k in range(self.groups.size):
            untouched[:, k] = untouched @ self.on_causes[:, k] + self.behind[k] * hidden + noise[:, k]
            causes[:, k] = causes @ self.on_causes[:, k] + self.behind[k] * hidden + noise[:, k]
            if moved and k in moved:
                causes[:, k] = untouched[:, k] + moved[k]
        outcome = causes @ self.on_outcome + self.behind[-1] * hidden + rng.normal(size=n)
        return np.column_stack([hidden, causes, outcome])


@pytest.mark.parametrize(
    "moved",
    [
        {0: 1.0},
        {3: -2.0},
        {0: 1.0, 3: 0.5},
        {1: 1.0, 2: -1.0},
        {0: 1.0, 1: 1.0, 2: 0.5},
        {0: 1.0, 3: 1.0, 4: -1.0},
        {1: 0.7, 2: 1.0, 4: 2.0},
    ],
)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_moving_causes_does_what_intervening_in_the_system_does(moved: dict[int, float], seed: int) -> None:
    truth = Sem(seed)
    before = truth.draw(60_000, seed=seed)
    difference = float((truth.draw(60_000, seed=seed, moved=moved)[:, -1] - before[:, -1]).mean())
    system = linear_system(covariance(before), behind=1, groups=Sem.groups)
    causes = sorted(moved)
    effects = controlled_effects(
        system.total[:, causes, 0], system.onward[:, causes][:, :, causes], groups=Sem.groups[causes]
    )
    assert float(effects[0] @ [moved[k] for k in causes]) == pytest.approx(difference, abs=0.12)


def test_one_cause_alone_has_its_total_effect() -> None:
    system = linear_system(covariance(drawn(np.random.default_rng(3))), behind=BEHIND, groups=GROUPS)
    for k in range(GROUPS.size):
        alone = controlled_effects(system.total[:, [k], 0], system.onward[:, [k]][:, :, [k]], groups=[GROUPS[k]])
        assert alone[0, 0] == pytest.approx(system.total[0, k, 0])


def test_columns_that_tell_nothing_new_have_no_effect_and_break_nothing() -> None:
    rows = drawn(np.random.default_rng(5))
    rows[:, 4] = 1 - rows[:, 3]  # the two sides of one event say the same
    rows[:, 5] = 7.0  # never varies
    rows[:, 6] = 2 * rows[:, 2] + rows[:, 1]  # told by what came before
    system = linear_system(covariance(rows), behind=BEHIND, groups=GROUPS)
    assert np.isnan(system.total[0, [3, 4], 0]).all()
    assert np.isfinite(system.total[0, [0, 1, 2, 5, 6], 0]).all()
    assert system.spread[0, 3] == 0
    both = controlled_effects(system.total[:, 1:3, 0], system.onward[:, 1:3, 1:3], groups=[1, 1])
    assert float(both[0] @ [1.0, -1.0]) == pytest.approx(system.total[0, 1, 0])  # moved as they move


def test_a_filled_column_has_the_effect_that_it_has_where_it_holds_a_value() -> None:
    rng = np.random.default_rng(4)
    rows = drawn(rng)
    there = (rng.random(len(rows)) < 0.6) & (rows[:, 2] > rows[:, 2].mean())  # gaps that go with what came before
    values = np.where(there, rows[:, 4], np.nan)
    rows[:, 9] -= 50.0 * ~there  # and with the outcome
    rows[:, 4] = filled(values, rows[:, :3])
    system = linear_system(covariance(rows[:, [0, 1, 2, 4, 9]]), behind=3, groups=[0])
    complete = np.column_stack([rows[:, :4], values, rows[:, 5:]])[there]
    assert system.total[0, 0, 0] == pytest.approx(slope(complete, 4, 9, [0, 1, 2]), abs=1e-8)


def test_units_do_not_matter() -> None:
    rows = drawn(np.random.default_rng(8))
    scale = 10.0 ** np.arange(-4, 6)
    plain = linear_system(covariance(rows), behind=BEHIND, groups=GROUPS)
    scaled = linear_system(covariance(rows * scale), behind=BEHIND, groups=GROUPS)
    assert scaled.total[0, :, 0] == pytest.approx(plain.total[0, :, 0] * scale[-1] / scale[BEHIND:-1], rel=1e-6)


def test_groups_that_fall_are_refused() -> None:
    with pytest.raises(ValueOutOfRange):
        linear_system(np.eye(4), behind=1, groups=[1, 0])
    with pytest.raises(ValueOutOfRange):
        linear_system(np.eye(4), behind=3, groups=[0, 1])


def test_buckets_hold_whole_units_and_add_up_to_all_rows() -> None:
    rng = np.random.default_rng(2)
    rows, units = drawn(rng, n=500, columns=4), rng.integers(0, 90, size=500)
    sums = bucketed_products(rows, units=units, buckets=40, seed=3)
    assert (sums.units, sums.rows) == (40, 500)
    assert moments(sums).covariance[0] == pytest.approx(covariance(rows))
    by_unit = bucketed_products(rows, units=units, buckets=1000, seed=3)
    assert by_unit.units == len(set(units))
    alike = cross_products(rows, units=units)
    assert np.sort(by_unit.products[:, 0]) == pytest.approx(np.sort(alike.products[:, 0]))


def test_an_interval_needs_samples_that_vary() -> None:
    assert sampled_interval(1.0, [np.nan] * 50, units=9, confidence_level=0.95) is None
    assert sampled_interval(1.0, [1.0] * 50, units=9, confidence_level=0.95) is None
    assert sampled_interval(float("nan"), np.arange(50.0), units=9, confidence_level=0.95) is None
    wide = sampled_interval(1.0, np.arange(50.0), units=9, confidence_level=0.99)
    narrow = sampled_interval(1.0, np.arange(50.0), units=9, confidence_level=0.9)
    assert wide is not None
    assert narrow is not None
    assert wide.lower < narrow.lower < 1.0 < narrow.upper < wide.upper


def covered(seed: int) -> tuple[bool, bool]:
    """Tell whether the intervals of a total effect and of a joint move hold the truth, customers repeating."""
    truth = Sem(1)
    rng = np.random.default_rng(1000 + seed)
    rows = truth.draw(2400, seed=50_000 + seed)
    customers = np.repeat(np.arange(1200), 2)
    rows[:, -1] += np.repeat(rng.normal(size=1200), 2)  # a customer's two rows resemble each other
    sums = bucketed_products(rows, units=customers, buckets=200, seed=seed)
    several = resampled_moments(sums, replicates=200, seed=seed).covariance
    every = np.concatenate([moments(sums).covariance, several])
    system = linear_system(every, behind=1, groups=Sem.groups)
    reach = np.linalg.inv(np.eye(5) - truth.on_causes)
    of_total = float((reach @ truth.on_outcome)[0])
    cut = truth.on_causes.copy()
    cut[:, [0, 3]] = 0.0  # nothing acts on causes that are set
    of_joint = float((np.linalg.inv(np.eye(5) - cut) @ truth.on_outcome)[[0, 3]] @ [1.0, 1.0])
    both = controlled_effects(system.total[:, [0, 3], 0], system.onward[:, [0, 3]][:, :, [0, 3]], groups=[0, 2])
    inside: list[bool] = []
    for target, values in ((of_total, system.total[:, 0, 0]), (of_joint, both.sum(axis=1))):
        interval = sampled_interval(values[0], values[1:], units=sums.units, confidence_level=0.95)
        assert interval is not None
        inside.append(interval.lower <= target <= interval.upper)
    return inside[0], inside[1]


def test_intervals_cover_the_truth_quick() -> None:
    share = np.mean([covered(seed) for seed in range(40)], axis=0)
    assert (share >= 0.85).all(), share


@pytest.mark.slow
def test_intervals_cover_the_truth() -> None:
    share = np.mean([covered(seed) for seed in range(400)], axis=0)
    assert ((share >= 0.93) & (share <= 0.97)).all(), share
