"""Experiments: published figures and their perturbed copies, statsmodels, coverage, false alarms, edges."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.stats import chisquare, ttest_ind

from promesa.errors import TooFewObservations, ValueOutOfRange
from promesa.stats import ExperimentSettings, always_valid_interval, experiment, robustness_of_t

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from promesa.stats import ArmEffect


def lot(seed: int, *, n: int = 1_000, effect: float = 0.3, link: float = 1.0, arms: int = 2):
    random = np.random.default_rng(seed)
    arm = random.permutation(np.arange(n) % arms)
    before = random.normal(size=n)
    return 7 + effect * (arm > 0) + link * before + random.normal(size=n), arm, before


# The e-mail test of Hillstrom

HILLSTROM_ARMS = {"No E-Mail": 0, "Mens E-Mail": 1, "Womens E-Mail": 2}
KNOWN_BEFORE = ("recency", "history", "mens", "womens", "newbie")


@pytest.fixture(scope="module")
def hillstrom(real_data: Callable[[str], Path]):
    with (real_data("hillstrom") / "hillstrom.csv").open() as file:
        rows = list(csv.DictReader(file))
    take = lambda names: np.array([[float(r[name]) for name in names] for r in rows])  # noqa: E731
    return take(("visit", "spend")), np.array([HILLSTROM_ARMS[r["segment"]] for r in rows]), take(KNOWN_BEFORE)


@pytest.mark.realdata
def test_hillstrom_has_its_known_effects(hillstrom) -> None:
    outcomes, arm, _ = hillstrom
    found = experiment(outcomes, arm)
    mens, womens, mens_spend, womens_spend = found.arms
    assert [round(100 * m, 2) for m in (mens.mean, womens.mean, mens.control_mean)] == [18.28, 15.14, 10.62]
    assert [round(100 * a.effect.estimate, 2) for a in (mens, womens)] == [7.66, 4.52]
    assert [round(100 * a.effect.standard_error, 2) for a in (mens, womens)] == [0.34, 0.32]
    assert [round(a.effect.estimate, 3) for a in (mens_spend, womens_spend)] == [0.770, 0.424]
    assert [round(a.effect.standard_error, 3) for a in (mens_spend, womens_spend)] == [0.145, 0.130]
    assert found.sample_ratio.trustworthy
    assert all(a.p_adjusted < 0.01 for a in found.arms)


@pytest.mark.realdata
def test_hillstrom_drawn_again_is_as_brute_force_says(hillstrom) -> None:
    outcomes, arm, _ = hillstrom
    drawn = np.random.default_rng(4).integers(len(arm), size=20_000)
    y, a = outcomes[drawn] * [3.0, 0.5], arm[drawn]
    for one in experiment(y, a).arms:
        brute_force(one, y[:, one.outcome], a)


@pytest.mark.realdata
def test_baselines_sharpen_hillstrom_and_leave_its_effects(hillstrom) -> None:
    outcomes, arm, before = hillstrom
    for one in experiment(outcomes, arm, baselines=before).arms:
        assert one.variance_reduction is not None
        assert 0 < one.variance_reduction < 0.05
        assert abs(one.effect.estimate - one.difference.estimate) < 0.2 * one.difference.standard_error


def brute_force(one: ArmEffect, y: np.ndarray, arm: np.ndarray) -> None:
    acted, spared = y[arm == one.arm], y[arm == 0]
    test = ttest_ind(acted, spared, equal_var=False)
    assert one.difference.estimate == pytest.approx(acted.mean() - spared.mean(), rel=1e-9)
    assert one.difference.standard_error == pytest.approx(
        np.sqrt(acted.var(ddof=1) / len(acted) + spared.var(ddof=1) / len(spared)), rel=1e-9
    )
    assert one.difference.p_value == pytest.approx(test.pvalue, rel=1e-6)
    ends = test.confidence_interval(0.95)
    assert list(one.difference.interval) == pytest.approx([ends.low, ends.high], rel=1e-8)


# The job-training experiment of LaLonde, in the sample of Dehejia and Wahba

TRAINING_BEFORE = ["age", "educ", "black", "hisp", "marr", "nodegree", "re74", "re75"]


@pytest.fixture(scope="module")
def training():
    data = pytest.importorskip("causaldata").nsw_mixtape.load_pandas().data
    before = data[TRAINING_BEFORE].to_numpy(dtype=float)
    return data["re78"].to_numpy(dtype=float), data["treat"].to_numpy().astype(int), before


def test_training_raised_earnings_by_1794_dollars(training) -> None:
    earned, arm, before = training
    [one] = experiment(earned, arm, baselines=before).arms
    assert one.difference.estimate == pytest.approx(1794.34, abs=0.01)
    assert one.difference.standard_error == pytest.approx(671.0, abs=0.1)  # robust, Dehejia & Wahba's sample
    assert one.lift == pytest.approx(one.effect.estimate / (one.control_mean), rel=0.05)
    assert one.n, one.control_n == (185, 260)
    assert 1_400 < one.effect.estimate < 1_900


def test_training_drawn_again_is_as_brute_force_says(training) -> None:
    earned, arm, _ = training
    drawn = np.random.default_rng(8).integers(len(arm), size=len(arm))
    [one] = experiment(earned[drawn] * 1.7 - 300, arm[drawn]).arms
    brute_force(one, earned[drawn] * 1.7 - 300, arm[drawn])


# Other packages


def test_adjusted_effect_is_least_squares_with_interactions() -> None:
    y, arm, before = lot(1, n=400)
    table = np.column_stack([before, np.random.default_rng(2).normal(size=400)])
    [one] = experiment(y, arm, baselines=table).arms
    centred = table - table.mean(axis=0)
    design = sm.add_constant(np.column_stack([arm, centred, centred * arm[:, None]]))
    fit = sm.OLS(y, design).fit(cov_type="HC1")
    assert one.effect.estimate == pytest.approx(fit.params[1], rel=1e-9)
    assert one.effect.standard_error == pytest.approx(fit.bse[1], rel=0.02)
    assert one.variance_reduction == pytest.approx(0.5, abs=0.1)


def test_units_are_clusters() -> None:
    random = np.random.default_rng(3)
    units = np.repeat(np.arange(300), 4)
    arm = (random.permutation(300) % 2)[units]
    y = random.normal(size=300)[units] + random.normal(size=1_200) + 0.2 * arm
    [one] = experiment(y, arm, units=units).arms
    fit = sm.OLS(y, sm.add_constant(arm)).fit(cov_type="cluster", cov_kwds={"groups": units})
    assert one.effect.estimate == pytest.approx(fit.params[1], rel=1e-9)
    assert one.effect.standard_error == pytest.approx(fit.bse[1], rel=0.01)
    [rows] = experiment(y, arm).arms
    assert rows.effect.standard_error < 0.8 * one.effect.standard_error
    assert (one.units, one.control_units, one.n) == (150, 150, 600)


def test_sample_ratio_is_the_chi_square_test_and_raises_the_alarm() -> None:
    y, arm, _ = lot(4, n=900, arms=3)
    found = experiment(y, arm, expected_shares={0: 2, 1: 1, 2: 1}).sample_ratio
    assert found.p_value == pytest.approx(chisquare([300, 300, 300], [450, 225, 225]).pvalue, rel=1e-9)
    assert not found.trustworthy
    assert experiment(y, arm).sample_ratio.p_value == 1.0
    alarms = [
        not experiment(r.normal(size=500), r.integers(2, size=500)).sample_ratio.trustworthy
        for r in map(np.random.default_rng, range(200))
    ]
    assert sum(alarms) <= 2


def test_robustness_of_a_regression_is_the_published_one() -> None:
    """Cinelli & Hazlett 2020, table 1: direct harm in Darfur."""
    assert [round(100 * v, 1) for v in robustness_of_t(4.18445, 783, confidence_level=0.95)] == [13.9, 7.6]
    assert robustness_of_t(1.0, 783, confidence_level=0.95)[1] == 0.0
    # By brute force: the weakest confounder, equally strong on both sides, that takes the estimate to 0.
    random = np.random.default_rng(6)
    for t, freedom in zip(random.uniform(2.5, 9, size=5), random.integers(60, 900, size=5), strict=True):
        part = robustness_of_t(t, int(freedom), confidence_level=0.95)[0]
        assert np.sqrt(part * part / (1 - part)) == pytest.approx(t / np.sqrt(freedom), rel=1e-9)
        inner = robustness_of_t(t, int(freedom), confidence_level=0.95)[1]
        assert 0 < inner < part


# Coverage and false alarms


def held(one: ArmEffect, truth: float) -> tuple[bool, bool]:
    return tuple(e.interval.lower <= truth <= e.interval.upper for e in (one.difference, one.effect))


def coverage(seeds: int, n: int) -> np.ndarray:
    found = []
    for seed in range(seeds):
        random = np.random.default_rng(seed)
        before = random.normal(size=n)
        units = np.repeat(np.arange(n // 2), 2)
        arm = (random.permutation(n // 2) % 2)[units]
        own = 0.4 + 0.3 * before + 0.5 * random.normal(size=n // 2)[units]
        y = before**2 + before + arm * own + random.normal(size=n // 2)[units] + random.normal(size=n)
        [one] = experiment(y, arm, units=units, baselines=before).arms
        found.append(held(one, 0.4))
    return np.mean(found, axis=0)


def test_intervals_cover_plain_and_adjusted() -> None:
    assert (coverage(200, 300) >= 0.91).all()


@pytest.mark.slow
def test_intervals_cover_in_many_worlds() -> None:
    share = coverage(2_000, 600)
    assert (share >= 0.935).all()
    assert (share <= 0.965).all()


def test_lift_interval_covers_and_says_when_it_has_no_bounds() -> None:
    inside = []
    for seed in range(300):
        random = np.random.default_rng(seed)
        arm = np.arange(400) % 2
        y = random.exponential(1 + 0.5 * arm)
        [one] = experiment(y, arm).arms
        assert one.lift_interval is not None
        inside.append(one.lift_interval.lower <= 0.5 <= one.lift_interval.upper)
    assert 0.92 <= np.mean(inside) <= 0.98
    [vague] = experiment(np.random.default_rng(1).normal(size=100), np.arange(100) % 2).arms
    assert vague.lift_interval is None


def false_alarms(seeds: int, looks: list[int]) -> tuple[float, float]:
    """Return how often a look sees an effect that is not there: by the sequence, and by fixed-time intervals."""
    sequence, fixed = [], []
    for seed in range(seeds):
        random = np.random.default_rng(seed)
        arm, y = np.arange(looks[-1]) % 2, random.exponential(size=looks[-1])
        settings = ExperimentSettings(planned_units=1_000)
        seen = [experiment(y[:n], arm[:n], settings=settings).arms[0] for n in looks]
        sequence.append(any(o.at_every_look and not o.at_every_look.lower <= 0 <= o.at_every_look.upper for o in seen))
        fixed.append(any(not o.effect.interval.lower <= 0 <= o.effect.interval.upper for o in seen))
    return float(np.mean(sequence)), float(np.mean(fixed))


def test_looking_often_raises_few_false_alarms() -> None:
    sequence, fixed = false_alarms(80, [*range(100, 1_000, 100), 1_500, 2_000, 3_000])
    assert sequence <= 0.05
    assert fixed > 0.12


@pytest.mark.slow
def test_looking_often_raises_few_false_alarms_in_many_worlds() -> None:
    assert false_alarms(400, list(range(100, 3_000, 150)))[0] <= 0.05


def test_the_sequence_finds_a_true_effect_and_is_tightest_where_planned() -> None:
    y, arm, _ = lot(7, n=4_000, effect=0.3)
    [one] = experiment(y, arm, settings=ExperimentSettings(planned_units=4_000)).arms
    assert one.at_every_look is not None
    assert one.at_every_look.lower > 0
    widths = [
        always_valid_interval(0, 1, n=1_000, planned_n=planned, confidence_level=0.95).upper
        for planned in (10, 100, 1_000, 10_000, 100_000)
    ]
    assert int(np.argmin(widths)) == 2
    assert experiment(y, arm).arms[0].at_every_look is None


def test_segments_raise_few_false_alarms_and_show_a_true_difference() -> None:
    alarms, interactions = [], []
    for seed in range(200):
        y, arm, _ = lot(seed, n=600, effect=0.0)
        [one] = experiment(y, arm, segments=np.arange(600) // 2 % 5, settings=ExperimentSettings(min_segment=20)).arms
        alarms.append(min(s.p_adjusted for s in one.segments) < 0.05)
        interactions.append(one.interaction_p_value < 0.05)
    assert np.mean(alarms) <= 0.09
    assert np.mean(interactions) <= 0.1
    y, arm, before = lot(1, n=2_000, effect=0.0)
    segment = np.random.default_rng(0).integers(3, size=2_000)
    [one] = experiment(y + arm * (segment == 2), arm, baselines=before, segments=segment).arms
    assert [s.p_adjusted < 0.05 for s in one.segments] == [False, False, True]
    assert one.interaction_p_value < 1e-6


def test_the_smallest_detectable_effect_is_found_four_times_in_five() -> None:
    y, arm, _ = lot(0, n=400, effect=0.0)
    size = experiment(y, arm).arms[0].detectable
    found = [experiment(*lot(seed, n=400, effect=size)[:2]).arms[0].effect.p_value < 0.05 for seed in range(300)]
    assert 0.73 <= np.mean(found) <= 0.87


def test_no_arm_works_and_few_are_called_so() -> None:
    called = []
    for seed in range(200):
        random = np.random.default_rng(seed)
        arms = experiment(random.normal(size=(400, 3)), np.arange(400) % 4).arms
        assert len(arms) == 9
        called.append(min(a.p_adjusted for a in arms) < 0.05)
    assert np.mean(called) <= 0.09


# Invariants and edges


def test_missing_outcomes_are_counted_by_arm() -> None:
    y, arm, before = lot(5)
    y[:30] = np.nan
    before[::10] = np.nan
    [one] = experiment(y, arm, baselines=before).arms
    assert (one.n_missing, one.control_n_missing) == (int(arm[:30].sum()), int((1 - arm[:30]).sum()))
    assert one.n + one.control_n == 970
    assert one.effect.interval.lower < 0.3 < one.effect.interval.upper
    assert one.variance_reduction is not None
    assert one.variance_reduction > 0.35


def test_order_of_rows_and_names_of_arms_do_not_matter() -> None:
    y, arm, before = lot(6)
    order = np.random.default_rng(1).permutation(1_000)
    [one] = experiment(y, arm, baselines=before).arms
    [other] = experiment(
        y[order], arm[order] * 5 + 2, baselines=before[order] * 3 + 1, settings=ExperimentSettings(control=2)
    ).arms
    assert other.arm == 7
    assert other.effect.estimate == pytest.approx(one.effect.estimate, rel=1e-9)
    assert other.effect.standard_error == pytest.approx(one.effect.standard_error, rel=1e-9)


def test_too_many_baselines_are_left_alone() -> None:
    y, arm, _ = lot(7, n=60)
    wide = np.random.default_rng(1).normal(size=(60, 20))
    [one] = experiment(y, arm, baselines=wide).arms
    assert one.effect == one.difference
    assert one.variance_reduction == 0


def test_small_segments_are_withheld() -> None:
    y, arm, _ = lot(8)
    segment = np.where(np.arange(1_000) < 30, 4, -1)
    [one] = experiment(y, arm, segments=segment).arms
    assert [s.segment for s in one.segments] == [4]
    assert one.segments[0].effect is None
    assert np.isnan(one.interaction_p_value)


def test_an_arm_in_which_nothing_happened_still_has_an_interval() -> None:
    y = np.r_[np.zeros(100), np.ones(8), np.zeros(92)]
    [one] = experiment(y, np.repeat([0, 1], 100)).arms
    assert one.effect.interval.lower < 0.08 < one.effect.interval.upper
    assert one.lift_interval is None
    assert np.isnan(one.lift)


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        ({"arm": np.zeros(1_000, dtype=int)}, ValueOutOfRange, "at least one other arm"),
        ({"arm": np.full(1_000, 0.5)}, ValueOutOfRange, "at least one other arm"),
        ({"settings": ExperimentSettings(control=9)}, ValueOutOfRange, "at least one other arm"),
        ({"units": np.arange(1_000) // 2}, ValueOutOfRange, "more than one arm"),
        ({"outcomes": np.ones(1_000)}, ValueOutOfRange, "same in every row"),
        ({"outcomes": np.full(1_000, np.nan)}, TooFewObservations, "too few units"),
        ({"outcomes": np.ones(7)}, ValueOutOfRange, "one row for each"),
        ({"expected_shares": {0: 1.0}}, ValueOutOfRange, "share"),
        ({"arm": (np.arange(1_000) < 9).astype(int)}, TooFewObservations, "too few units"),
        ({"settings": ExperimentSettings(power=1.0)}, ValueOutOfRange, "setting"),
        ({"segments": np.zeros(1_000)}, ValueOutOfRange, "segments"),
    ],
)
def test_refuses_what_cannot_be_compared(change: dict, error: type, says: str) -> None:
    y, arm, _ = lot(9)
    given = {"outcomes": y, "arm": arm, **change}
    with pytest.raises(error, match=says):
        experiment(given.pop("outcomes"), given.pop("arm"), **given)


@pytest.mark.parametrize(("n", "planned", "level"), [(0, 10, 0.95), (10, 0, 0.95), (10, 10, 1.0)])
def test_the_sequence_refuses_settings_out_of_range(n: int, planned: int, level: float) -> None:
    with pytest.raises(ValueOutOfRange):
        always_valid_interval(0, 1, n=n, planned_n=planned, confidence_level=level)
