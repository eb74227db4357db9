"""Adjusted effects: doubleml as the reference, known truths and coverage, diagnostics, edges."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import norm

from promesa.errors import TooFewObservations, ValueOutOfRange
from promesa.simulate import END, Journeys, blocks
from promesa.simulate.block import company
from promesa.simulate.causal import CONTACT, CONTACT_TERMS, SATISFACTION, bad_phone, terms
from promesa.simulate.journeys import DELIVERY
from promesa.stats import AdjustmentSettings, adjusted_effects
from promesa.stats.adjusted_rows import check_rows, take_sample
from promesa.stats.cross_fitting import Confounders, Target, cross_fit, unit_folds
from promesa.stats.nuisances import fit_nuisances, main_score, score_on_all
from promesa.stats.orthogonal_scores import estimate_score
from promesa.stats.robustness import benchmark, bias_bounds, robustness
from tests.stats.effect_worlds import World, broken_promises, days_late

FAST = AdjustmentSettings(seed=1, learners=("linear",))


def sample_of(world: World, *, clustered: bool = True):
    given = check_rows(
        world.outcome,
        world.treatment,
        confounders=world.confounders,
        units=world.units if clustered else None,
        segments=None,
    )
    return take_sample(given, [0], np.ones(len(world.outcome), dtype=bool))


def adjusted(world: World, settings: AdjustmentSettings = FAST, **more):
    [found] = adjusted_effects(
        world.outcome, world.treatment, confounders=world.confounders, units=world.units, settings=settings, **more
    )
    return found


# The outside reference


def doubleml_of(world: World, sample, found, *, score: str | None = None, clustered: bool = False):
    """Return doubleml's fit on the same nuisances."""
    import doubleml as dml
    from sklearn.linear_model import LinearRegression, LogisticRegression

    column = lambda values: values.reshape(-1, 1)  # noqa: E731
    owners = {"cluster_vars": world.units} if clustered else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = dml.DoubleMLData.from_arrays(world.confounders, world.outcome, world.treatment, **owners)
        if sample.yes_no:
            model = dml.DoubleMLIRM(data, LinearRegression(), LogisticRegression(), score=score, n_folds=5)
            given = {"ml_m": found.treatment, "ml_g0": found.without[:, 0], "ml_g1": found.with_[:, 0]}
        else:
            model = dml.DoubleMLPLR(data, LinearRegression(), LinearRegression(), n_folds=5)
            given = {"ml_m": found.treatment, "ml_l": found.without[:, 0]}
        model.fit(external_predictions={"d": {name: column(values) for name, values in given.items()}})
        model.sensitivity_analysis(cf_y=0.04, cf_d=0.05, level=0.975)
    return model


@pytest.mark.parametrize("kind", ["ATTE", "ATE", "amount"])
def test_equals_doubleml_on_the_same_nuisances(kind: str) -> None:
    world = days_late(3) if kind == "amount" else broken_promises(3, n=4_000, intercept=-1.5, slope=0.4)
    sample = sample_of(world, clustered=False)
    found = fit_nuisances(sample, FAST)
    score = (score_on_all if kind == "ATE" else main_score)(sample, found, 0, trim=0.01)
    ours = estimate_score(score, sample.codes, confidence_level=0.95)
    model = doubleml_of(world, sample, found, score=kind)
    n = len(world.outcome)
    assert ours.estimate == pytest.approx(model.coef[0], rel=1e-10)
    assert ours.standard_error * np.sqrt((n - 1) / n) == pytest.approx(model.se[0], rel=1e-8)

    theirs = model.sensitivity_elements
    square, moved = float(theirs["nu2"].squeeze()), theirs["psi_nu2"].squeeze()
    # Theirs debiases the mean square with the squared weights, which is noisier; the same number is estimated.
    assert score.weight_square == pytest.approx(square, rel=0.1)
    assert (score.residual**2).mean() == pytest.approx(float(theirs["sigma2"].squeeze()), rel=1e-10)
    bounds = bias_bounds(replace(score, weight_square=square, weight_influence=moved), sample.codes)
    strength = np.sqrt(0.04 * 0.05 / 0.95)
    estimates, interval = bounds.ends(strength, confidence_level=0.95)
    theirs = model.sensitivity_params
    assert list(estimates) == pytest.approx([theirs["theta"]["lower"][0], theirs["theta"]["upper"][0]], rel=1e-9)
    assert list(interval) == pytest.approx([theirs["ci"]["lower"][0], theirs["ci"]["upper"][0]], rel=2e-3)
    values = robustness(bounds, confidence_level=0.95)
    assert values.value == pytest.approx(theirs["rv"][0], rel=1e-3)
    assert values.interval_value == pytest.approx(theirs["rva"][0], rel=5e-3)


@pytest.mark.parametrize("kind", ["ATTE", "amount"])
def test_benchmarks_equal_doubleml(kind: str) -> None:
    from doubleml.utils.gain_statistics import gain_statistics

    world = days_late(4) if kind == "amount" else broken_promises(4, n=4_000, intercept=-1.5, slope=0.4)
    sample = sample_of(world, clustered=False)
    kept = np.arange(1, world.confounders.shape[1])
    shorter = replace(sample, confounders=Confounders(world.confounders[:, kept]))
    long, short = fit_nuisances(sample, FAST), fit_nuisances(shorter, FAST)
    ours = benchmark(
        main_score(sample, long, 0, trim=0.01),
        main_score(shorter, short, 0, trim=0.01),
        sample.codes,
        columns=(0,),
        confidence_level=0.95,
    )
    fewer = World(world.outcome, world.treatment, world.confounders[:, kept], world.units, 0, 0)
    theirs = gain_statistics(
        doubleml_of(world, sample, long, score=kind), doubleml_of(fewer, shorter, short, score=kind)
    )
    assert ours.outcome_part == pytest.approx(theirs["cf_y"][0], rel=1e-8)
    assert ours.treatment_part == pytest.approx(theirs["cf_d"][0], rel=1e-8 if kind == "amount" else 0.5)
    assert ours.shift == pytest.approx(theirs["delta_theta"][0], rel=1e-8)
    through_the_door = adjusted(world, benchmarks=[[0]]).benchmarks[0]
    assert through_the_door.columns == (0,)
    assert through_the_door.outcome_part == pytest.approx(ours.outcome_part, abs=0.03)


def test_clustered_errors_are_near_those_of_doubleml() -> None:
    world = broken_promises(5, n=3_000, per_unit=5)
    sample = sample_of(world)
    found = fit_nuisances(sample, FAST)
    ours = estimate_score(main_score(sample, found, 0, trim=0.01), sample.codes, confidence_level=0.95)
    model = doubleml_of(world, sample, found, score="ATTE", clustered=True)
    assert abs(ours.estimate - model.coef[0]) < 0.1 * model.se[0]
    assert ours.standard_error == pytest.approx(model.se[0], rel=0.05)


# The truth


def test_finds_the_truth_where_a_plain_comparison_does_not() -> None:
    world = broken_promises(11, n=6_000)
    found = adjusted(world)
    assert found.effect.interval.lower < world.on_treated < found.effect.interval.upper
    assert found.effect_on_all is not None
    assert found.effect_on_all.interval.lower < world.on_all < found.effect_on_all.interval.upper
    assert found.unadjusted.interval.upper < world.on_treated - 0.3
    assert world.on_treated < world.on_all - 0.1
    assert abs(found.balance.after).max() < 0.06
    assert abs(found.balance.before).max() > 0.4
    assert found.balance.worst_before == int(np.argmax(abs(found.balance.before)))


def test_finds_the_effect_of_one_unit_more() -> None:
    found = adjusted(days_late(12, n=4_000))
    assert found.estimand == "per_unit"
    assert found.effect.interval.lower < -0.3 < found.effect.interval.upper
    assert found.unadjusted.interval.upper < -0.4 or found.unadjusted.interval.lower > -0.2
    assert found.effect_on_all is None
    assert abs(found.balance.after).max() < 0.1 < abs(found.balance.before).max()


def coverage(make, seeds: range, settings: AdjustmentSettings) -> float:
    held = []
    for seed in seeds:
        world = make(seed)
        found = adjusted(world, replace(settings, seed=seed))
        held.append(found.effect.interval.lower <= world.on_treated <= found.effect.interval.upper)
    return float(np.mean(held))


@pytest.mark.parametrize("make", [broken_promises, days_late])
def test_the_interval_covers_in_a_few_worlds(make) -> None:
    assert coverage(lambda seed: make(seed, n=1_200), range(40), FAST) >= 0.875


@pytest.mark.slow
@pytest.mark.parametrize("make", [broken_promises, days_late])
def test_the_interval_covers_in_many_worlds(make) -> None:
    assert 0.92 <= coverage(make, range(200), FAST) <= 0.985


@pytest.mark.slow
def test_the_interval_covers_with_boosting_to_choose() -> None:
    assert coverage(lambda seed: broken_promises(seed, n=3_000), range(100), AdjustmentSettings(seed=0)) >= 0.89


# The simulated company: lateness is confounded by living in a remote region, and acts through the contact too


@pytest.fixture(scope="module")
def deliveries() -> Journeys:
    [drawn] = blocks(customers=5_000, seed=7)
    return drawn.journeys.take(drawn.journeys.fulfilment == DELIVERY)


def known_before(j: Journeys, *, seed: int = 7) -> np.ndarray:
    december = company(years=2, seed=seed, end=END).december[np.floor(j.at).astype(int)]
    columns = [j.remote, j.in_stock, december, np.nan_to_num(j.freight_share), j.channel == 2, j.channel == 3]
    columns += [j.segment == 1, j.region == 1, j.region == 2, j.treated]
    return np.column_stack([np.asarray(column, dtype=float) for column in columns])


def total_effect_of_late(j: Journeys) -> float:
    """Return what lateness did to the satisfaction of the late, through the contact it leads to as well."""
    late, called = j.take(j.late), j.take(j.contacted)
    parts = terms(late)
    direct = float((parts["late"] + parts["days_late"]).mean())
    odds = CONTACT.base + CONTACT.bill_wrong * ~late.bill_right + CONTACT.out_of_stock * ~late.in_stock
    before, after = float(expit(odds).mean()), float(expit(odds + CONTACT.late).mean())
    # Neither wait nor solution of a contact depends on lateness, so those of all contacts tell what one costs.
    cost = np.sum([terms(called)[name] for name in CONTACT_TERMS], axis=0)
    synergy = SATISFACTION.late_and_bad_phone * bad_phone(called)
    return direct + (after - before) * float(cost.mean()) + after * float(synergy.mean())


def test_the_simulated_company_tells_its_total_effect(deliveries: Journeys) -> None:
    j = deliveries
    score, back = adjusted_effects(
        np.column_stack([j.satisfaction, j.returns]),
        j.late,
        confounders=known_before(j),
        units=j.person,
        settings=AdjustmentSettings(seed=3),
        benchmarks=[[0]],
    )
    truth = total_effect_of_late(j)
    assert abs(score.effect.estimate - truth) < 3 * score.effect.standard_error
    assert score.unadjusted.interval.upper < truth
    assert back.effect.interval.upper < 0  # less satisfied, and a broken promise keeps away by itself
    assert not score.benchmarks[0].removes_effect
    assert score.robustness.interval_value > 0.2
    assert abs(score.balance.after[0]) < 0.05 < abs(score.balance.before[0])


@pytest.mark.slow
def test_the_interval_covers_in_many_companies() -> None:
    held = []
    for seed in range(100, 140):
        [drawn] = blocks(customers=2_500, seed=seed)
        j = drawn.journeys.take(drawn.journeys.fulfilment == DELIVERY)
        [found] = adjusted_effects(
            j.satisfaction, j.late, confounders=known_before(j, seed=seed), units=j.person, settings=FAST
        )
        held.append(found.effect.interval.lower <= total_effect_of_late(j) <= found.effect.interval.upper)
    assert np.mean(held) >= 0.85


# The job training of LaLonde: the trained of the experiment against people of a survey, who earn far more anyway


def test_survey_controls_give_what_the_experiment_gave() -> None:
    """The experiment found $1,794 (Dehejia & Wahba 1999); the plain comparison with the survey says -$8,498."""
    causaldata = pytest.importorskip("causaldata")
    trained, survey = (getattr(causaldata, f"{name}_mixtape").load_pandas().data for name in ("nsw", "cps"))
    trained = trained[trained["treat"] == 1]
    before = ["age", "educ", "black", "hisp", "marr", "nodegree", "re74", "re75"]
    x = np.concatenate([trained[before].to_numpy(float), survey[before].to_numpy(float)])
    x = np.column_stack([x, x[:, 6:8] == 0])
    earned = np.r_[trained["re78"].to_numpy(float), survey["re78"].to_numpy(float)]
    acted = np.arange(len(earned)) < len(trained)
    settings = AdjustmentSettings(seed=1, trim=0.001, repetitions=3, learners=("linear",))
    [found] = adjusted_effects(earned, acted, confounders=x, settings=settings)
    assert found.unadjusted.estimate == pytest.approx(-8497.5, abs=0.1)
    assert abs(found.effect.estimate - 1794.34) < found.effect.standard_error < 1_100
    assert found.effect_on_all is None  # hardly anybody in the survey is like the trained
    assert found.overlap.effective_untreated < 0.01 * len(survey)
    assert np.abs(found.balance.after).max() < 0.15
    assert np.abs(found.balance.before).max() > 2


# What speaks for or against an effect


def test_a_placebo_is_moved_only_by_confounding_that_was_left() -> None:
    world = broken_promises(21, n=6_000)
    before = world.confounders @ np.ones(6) + np.random.default_rng(1).normal(size=6_000)
    [kept] = adjusted(world, placebos=before).placebos
    assert kept.interval.lower < 0 < kept.interval.upper
    blind = replace(world, confounders=world.confounders[:, 2:5])
    [moved] = adjusted(blind, placebos=before).placebos
    assert moved.interval.lower > 0


def test_an_unseen_confounder_moves_the_effect_as_far_as_the_formula_says() -> None:
    """Linear world: bias = sqrt(R2_Y R2_D / (1 - R2_D)) * scale of the short regression, up to noise."""
    random = np.random.default_rng(5)
    n = 40_000
    hidden, seen = random.normal(size=(2, n))
    amount = 0.5 * hidden + seen + random.normal(size=n)
    outcome = 1.0 * amount + 0.7 * hidden + seen + random.normal(size=n)
    [short] = adjusted_effects(outcome, amount, confounders=seen[:, None], settings=FAST)
    residual, left = amount - seen, outcome - 2 * seen  # what the seen confounder leaves of either
    of_treatment = np.corrcoef(residual, hidden)[0, 1] ** 2
    design = np.column_stack([residual, hidden])
    whole = left - design @ np.linalg.lstsq(design, left, rcond=None)[0]
    alone = left - residual * (residual @ left) / (residual @ residual)
    of_outcome = 1 - whole.var() / alone.var()
    bias = np.sqrt(of_outcome * of_treatment / (1 - of_treatment)) * short.robustness.scale
    assert short.effect.estimate - 1.0 == pytest.approx(bias, abs=0.015)
    assert bias == pytest.approx(0.7 * 0.5 / 1.25, abs=0.02)


def test_a_benchmark_as_strong_as_the_one_confounder_removes_a_false_effect() -> None:
    random = np.random.default_rng(6)
    n = 4_000
    remote, other = random.random(n) < 0.4, random.normal(size=n)
    late = random.random(n) < np.where(remote, 0.45, 0.1)
    score = 7 - 0.1 * late - 1.5 * remote + other + random.normal(size=n) * 0.5
    x = np.column_stack([remote, other])
    [found] = adjusted_effects(score, late, confounders=x, settings=FAST, benchmarks=[[0], [1], [0, 1]])
    assert found.benchmarks[0].removes_effect
    assert found.benchmarks[0].shift < -0.4
    assert not found.benchmarks[1].removes_effect
    assert found.benchmarks[1].treatment_part < 0.01
    assert found.benchmarks[0].treatment_part > 0.1
    assert found.benchmarks[0].estimates.lower < found.effect.estimate < 0 < found.benchmarks[0].estimates.upper


def test_segments_have_their_own_effects_and_small_ones_are_withheld() -> None:
    random = np.random.default_rng(8)
    n = 6_000
    x = random.normal(size=(n, 3))
    segment = random.integers(3, size=n)
    segment[:60] = 7
    broken = random.random(n) < expit(-0.5 + x[:, 0])
    outcome = x[:, 0] - broken * np.array([0.0, 1.0, 2.0, 0, 0, 0, 0, 9.0])[segment] + random.normal(size=n)
    [found] = adjusted_effects(
        outcome, broken, confounders=np.column_stack([x, segment == 1, segment == 2]), segments=segment, settings=FAST
    )
    assert [s.segment for s in found.segments] == [0, 1, 2, 7]
    for one, truth in zip(found.segments[:3], (0.0, -1.0, -2.0), strict=True):
        assert one.effect is not None
        assert abs(one.effect.estimate - truth) < 3.5 * one.effect.standard_error
    assert found.segments[3].effect is None
    assert np.isnan(found.segments[3].p_adjusted)
    assert found.segments[0].p_adjusted > 0.01 > found.segments[1].p_adjusted
    assert found.heterogeneity_p_value < 1e-6
    assert sum(s.n for s in found.segments) == n


def test_equal_segments_are_not_called_different() -> None:
    p_values = []
    for seed in range(60):
        world = broken_promises(seed, n=900, width=2, intercept=-1.0)
        flat = replace(world, outcome=world.outcome + (0.5 * world.confounders[:, 0]) * world.treatment)
        segment = np.random.default_rng(seed).integers(3, size=900)
        p_values.append(adjusted(flat, replace(FAST, min_segment=20), segments=segment).heterogeneity_p_value)
    assert np.mean(np.array(p_values) < 0.05) <= 0.14


# Learners


def test_boosting_is_chosen_where_the_basis_is_blind_and_says_so() -> None:
    random = np.random.default_rng(9)
    x = random.normal(size=(3_000, 4))
    steps = np.where((np.floor(3 * x[:, 0]) % 2 == 0) & (np.floor(2 * x[:, 1]) % 2 == 0), 2.0, -2.0)
    broken = random.random(3_000) < 0.4
    [found] = adjusted_effects(
        steps - broken + 0.2 * random.normal(size=3_000), broken, confounders=x, settings=AdjustmentSettings(seed=1)
    )
    chosen = {c.nuisance: c for c in found.learners}
    assert set(chosen) == {"treatment", "outcome_without", "outcome_with"}
    assert chosen["outcome_without"].learner == "boosting"
    assert chosen["outcome_without"].explained["boosting"] > chosen["outcome_without"].explained["linear"] + 0.1
    assert found.effect.interval.lower < -1 < found.effect.interval.upper


def test_the_linear_learner_finds_hinges_and_products_and_loses_nothing_to_noise() -> None:
    random = np.random.default_rng(10)
    x = random.normal(size=(4_000, 8))
    truth = np.abs(x[:, 0]) + x[:, 1] * x[:, 2]
    fold = unit_folds(np.arange(4_000), treated=np.zeros(4_000, dtype=bool), folds=5, seed=1)
    everyone = np.ones(4_000, dtype=bool)

    def explained(values: np.ndarray, *, probability: bool = False) -> float:
        target = Target(name="outcome", values=values, among=everyone, probability=probability)
        return cross_fit(target, Confounders(x), fold=fold, learners=("linear",), seed=1)[1].explained["linear"]

    assert explained(truth + random.normal(size=4_000)) > 0.95 * np.var(truth) / (np.var(truth) + 1)
    assert explained(random.normal(size=4_000)) > -0.01
    assert explained((random.random(4_000) < 0.1).astype(float), probability=True) > -0.01


def test_propensities_are_calibrated() -> None:
    world = broken_promises(13, n=8_000)
    found = fit_nuisances(sample_of(world), FAST)
    cuts = np.digitize(found.treatment, np.quantile(found.treatment, np.arange(0.1, 1, 0.1)))
    seen = np.array([world.treatment[cuts == k].mean() for k in range(10)])
    said = np.array([found.treatment[cuts == k].mean() for k in range(10)])
    assert np.abs(seen - said).max() < 4 * np.sqrt(0.25 / 800)
    assert abs(found.treatment.mean() - world.treatment.mean()) < 0.005


def test_folds_hold_whole_units_and_treated_ones_evenly() -> None:
    codes = np.repeat(np.arange(500), 3)
    treated = codes < 50
    fold = unit_folds(codes, treated=treated, folds=5, seed=4)
    assert (fold.reshape(500, 3) == fold.reshape(500, 3)[:, :1]).all()
    assert np.bincount(fold[treated]).tolist() == [30] * 5


# Invariants


def test_several_outcomes_are_as_each_alone_and_missing_ones_are_counted() -> None:
    world = broken_promises(14, n=1_500)
    second = world.outcome * 2 + 5
    third = np.where(np.arange(1_500) % 3 == 0, np.nan, world.outcome)
    acted = world.treatment.copy()
    acted[::50] = np.nan
    found = adjusted_effects(
        np.column_stack([world.outcome, second, third]),
        acted,
        confounders=world.confounders,
        units=world.units,
        settings=FAST,
    )
    [alone] = adjusted_effects(third, acted, confounders=world.confounders, units=world.units, settings=FAST)
    assert found[2].effect == alone.effect
    assert found[1].effect.estimate == pytest.approx(2 * found[0].effect.estimate, rel=1e-9)
    assert found[1].robustness.value == pytest.approx(found[0].robustness.value, rel=1e-9)
    assert [f.n_missing for f in found] == [30, 30, 30 + 500 - 10]
    assert all(f.n + f.n_missing == 1_500 for f in found)


def test_the_same_seed_gives_the_same_figures_and_names_of_units_do_not_matter() -> None:
    world = broken_promises(15, n=600)
    settings = replace(FAST, seed=2, repetitions=2)
    first = adjusted(world, settings)
    named = replace(world, units=np.array([f"c{k:05d}" for k in world.units]))
    assert adjusted(named, settings).effect == first.effect
    assert adjusted(world, replace(settings, seed=3)).effect.estimate != first.effect.estimate


def test_repetitions_are_combined_by_the_median() -> None:
    world = broken_promises(16, n=1_200)
    alone = [adjusted(world, replace(FAST, seed=s)).effect.estimate for s in (1, 2, 3)]
    assert adjusted(world, replace(FAST, repetitions=3)).effect.estimate == pytest.approx(np.median(alone), rel=1e-9)


def test_an_empty_set_of_confounders_gives_the_plain_difference() -> None:
    world = broken_promises(17, n=1_500)
    [found] = adjusted_effects(world.outcome, world.treatment, confounders=np.zeros((1_500, 0)), settings=FAST)
    assert found.effect.estimate == pytest.approx(found.unadjusted.estimate, abs=0.02)
    assert found.balance.worst_before is None


def test_the_plain_difference_is_that_of_means() -> None:
    world = broken_promises(18)
    found, yes = adjusted(world).unadjusted, world.treatment > 0
    assert found.estimate == pytest.approx(world.outcome[yes].mean() - world.outcome[~yes].mean(), rel=1e-10)
    [rows] = adjusted_effects(world.outcome, world.treatment, confounders=world.confounders, settings=FAST)
    welch = np.sqrt(world.outcome[yes].var() / yes.sum() + world.outcome[~yes].var() / (~yes).sum())
    assert rows.unadjusted.standard_error == pytest.approx(welch, rel=2e-3)


# Edges


def test_refuses_a_confounder_that_is_the_treatment() -> None:
    world = broken_promises(31)
    twin = replace(world, confounders=np.column_stack([world.confounders, world.treatment]))
    with pytest.raises(ValueOutOfRange, match="nobody to compare") as caught:
        adjusted(twin)
    assert f"of {int(world.treatment.sum())} rows with the treatment" in caught.value.got
    amounts = days_late(31)
    with pytest.raises(ValueOutOfRange, match="nobody to compare"):
        adjusted(replace(amounts, confounders=np.column_stack([amounts.confounders, amounts.treatment])))


def test_refuses_a_perfect_separator_and_counts_who_has_no_comparison() -> None:
    random = np.random.default_rng(32)
    x = random.normal(size=(2_000, 3))
    broken = (x[:, 0] > 0.5).astype(float)
    with pytest.raises(ValueOutOfRange, match="nobody to compare") as caught:
        adjusted_effects(x[:, 1] + random.normal(size=2_000), broken, confounders=x, settings=FAST)
    assert int(caught.value.got.split()[0]) > 0.5 * broken.sum()


def test_where_nobody_was_treated_is_left_to_itself() -> None:
    """A region without any treated rows has weight nought in the effect on the treated."""
    random = np.random.default_rng(33)
    region = random.random(4_000) < 0.5
    broken = (random.random(4_000) < 0.3) & region
    outcome = 50.0 * ~region - broken + random.normal(size=4_000)
    [found] = adjusted_effects(outcome, broken, confounders=region[:, None], settings=FAST)
    assert abs(found.effect.estimate + 1) < 4 * found.effect.standard_error
    assert found.effect_on_all is None
    assert found.overlap.trimmed > 0.4
    assert found.overlap.treated_without_comparison == 0


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        ({"outcome": np.full(2_000, 5.0)}, ValueOutOfRange, "same in every row"),
        ({"treatment": np.ones(2_000)}, TooFewObservations, "too few rows"),
        ({"treatment": np.full(2_000, 3.0)}, ValueOutOfRange, "treatment is the same"),
        ({"treatment": (np.arange(2_000) < 29).astype(float)}, TooFewObservations, "too few rows"),
        ({"treatment": np.full(2_000, np.nan)}, TooFewObservations, "too few rows"),
        ({"confounders": np.full((2_000, 2), np.nan)}, ValueOutOfRange, "missing"),
        ({"confounders": np.zeros((5, 2))}, ValueOutOfRange, "one row for each"),
        ({"outcome": np.full(2_000, np.inf)}, ValueOutOfRange, "infinite"),
        ({"units": np.arange(2_000) % 15}, TooFewObservations, "too few rows"),
    ],
)
def test_refuses_what_cannot_be_told(change: dict, error: type, says: str) -> None:
    with pytest.raises(error, match=says):
        adjusted(replace(broken_promises(34), **change))


def test_refuses_twelve_rows_and_settings_out_of_range() -> None:
    world = broken_promises(35, n=12)
    with pytest.raises(TooFewObservations):
        adjusted(world)
    for change in ({"folds": 1}, {"trim": 0.5}, {"confidence_level": 1.0}, {"learners": ()}, {"repetitions": 0}):
        with pytest.raises(ValueOutOfRange):
            adjusted(broken_promises(35), replace(FAST, **change))
    with pytest.raises(ValueOutOfRange, match="benchmarks"):
        adjusted(broken_promises(35), benchmarks=[[99]])
    with pytest.raises(ValueOutOfRange, match="segments"):
        adjusted(broken_promises(35), segments=np.full(2_000, 0.5))


def test_the_smallest_sample_allowed_gives_an_interval() -> None:
    random = np.random.default_rng(36)
    broken = np.repeat([0.0, 1.0], 40)
    [found] = adjusted_effects(
        random.normal(size=80) - broken, broken, confounders=random.normal(size=(80, 3)), settings=FAST
    )
    assert found.effect.interval.lower < -1 < found.effect.interval.upper


def test_confounders_that_never_vary_or_repeat_change_nothing_much() -> None:
    world = broken_promises(37)
    wide = np.column_stack([world.confounders, np.ones(2_000), world.confounders[:, 0], np.full(2_000, 1e9)])
    found, plain = adjusted(replace(world, confounders=wide)), adjusted(world)
    assert abs(found.effect.estimate - plain.effect.estimate) < 0.5 * plain.effect.standard_error
    assert found.balance.before[6] == 0


def test_p_values_of_nothing_are_even() -> None:
    random = np.random.default_rng(38)
    found = []
    for _ in range(60):
        x = random.normal(size=(500, 2))
        broken = random.random(500) < norm.cdf(x[:, 0] - 0.5)
        [one] = adjusted_effects(x[:, 0] + random.normal(size=500), broken, confounders=x, settings=FAST)
        found.append(one.effect.p_value)
    assert np.mean(np.array(found) < 0.1) <= 0.23
    assert 0.3 < np.mean(found) < 0.7
