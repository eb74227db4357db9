"""Clustered regression: an outside reference, columns that cannot be told apart, invariants, edges."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from promesa.errors import TooFewObservations, ValueOutOfRange
from promesa.stats.regression_blocks import BLOCK, rows_by_unit
from promesa.stats.regressions import clustered_regression


def world(seed: int = 1, n: int = 3_000, columns: int = 6, units: int = 700):
    random = np.random.default_rng(seed)
    design = random.normal(size=(n, columns)) @ random.normal(size=(columns, columns)) + 50 * np.arange(columns)
    owner = random.integers(units, size=n)
    outcome = design @ random.normal(size=columns) + random.normal(size=units)[owner] + random.normal(size=n)
    return outcome, design, owner


def reference(outcome, design, owner):
    return sm.OLS(outcome, sm.add_constant(design)).fit(cov_type="cluster", cov_kwds={"groups": owner})


def test_equals_statsmodels() -> None:
    outcome, design, owner = world()
    found, other = clustered_regression(outcome, design, units=owner), reference(outcome, design, owner)
    assert found.coefficients == pytest.approx(other.params[1:], rel=1e-8)
    assert found.intercept == pytest.approx(other.params[0], rel=1e-8)
    assert found.standard_errors == pytest.approx(other.bse[1:], rel=1e-8)
    assert found.covariance == pytest.approx(other.cov_params()[1:, 1:], rel=1e-7, abs=1e-10)
    assert found.r_squared == pytest.approx(other.rsquared, abs=1e-10)


def test_the_interval_is_that_of_t_with_clusters_less_1() -> None:
    outcome, design, owner = world(units=25)
    found = clustered_regression(outcome, design, units=owner, confidence_level=0.9)
    other = sm.OLS(outcome, sm.add_constant(design)).fit(cov_type="cluster", cov_kwds={"groups": owner}, use_t=True)
    assert np.column_stack([found.lower, found.upper]) == pytest.approx(other.conf_int(0.1)[1:], rel=1e-8)
    assert found.clusters == 25


def test_drops_what_cannot_be_told_apart_and_says_why() -> None:
    outcome, design, owner = world(columns=3)
    wide = np.column_stack([design[:, 0], np.full(len(outcome), 7.3), design[:, 1:], design @ [1.0, -2.0, 0.5] + 3])
    found = clustered_regression(outcome, wide, units=owner)
    assert [(d.column, d.reason) for d in found.dropped] == [(1, "constant"), (4, "combination")]
    assert np.isnan(found.coefficients).tolist() == [False, True, False, False, True]
    assert np.isnan(found.covariance[1]).all()
    plain = clustered_regression(outcome, design, units=owner)
    assert found.coefficients[[0, 2, 3]] == pytest.approx(plain.coefficients, rel=1e-9)


def test_many_blocks_equal_one(monkeypatch: pytest.MonkeyPatch) -> None:
    outcome, design, owner = world()
    whole = clustered_regression(outcome, design, units=owner)
    monkeypatch.setattr("promesa.stats.regression_blocks.BLOCK", 7)
    assert clustered_regression(outcome, design, units=owner).covariance == pytest.approx(whole.covariance, rel=1e-9)


@pytest.mark.parametrize("size", [1, 3, BLOCK + 5])
def test_blocks_hold_whole_units_once(size: int) -> None:
    codes = np.random.default_rng(2).permutation(np.repeat(np.arange(2 * BLOCK // size + 2), size))
    rows = rows_by_unit(codes)
    blocks = list(rows.blocks())
    assert np.array_equal(np.sort(np.concatenate([index for index, _ in blocks])), np.arange(len(codes)))
    assert sum(len(starts) for _, starts in blocks) == rows.units
    for index, starts in blocks:
        assert starts[0] == 0
        assert len(np.unique(codes[index])) == len(starts)


def test_order_and_names_of_units_do_not_matter() -> None:
    outcome, design, owner = world()
    shuffled = np.random.default_rng(3).permutation(len(outcome))
    names = np.array([f"c{k}" for k in owner])
    found = clustered_regression(outcome[shuffled], design[shuffled], units=names[shuffled])
    assert found.covariance == pytest.approx(clustered_regression(outcome, design, units=owner).covariance, rel=1e-9)


def test_far_from_zero_loses_no_digits() -> None:
    outcome, design, owner = world()
    near, far = (clustered_regression(outcome, design + shift, units=owner) for shift in (0.0, 1e7))
    assert far.coefficients == pytest.approx(near.coefficients, rel=1e-6)


def test_missing_rows_are_left_out_and_counted() -> None:
    outcome, design, owner = world()
    outcome[:10], design[5:20, 1] = np.nan, np.nan
    found = clustered_regression(outcome, design, units=owner)
    assert (found.n, found.n_missing) == (2_980, 20)
    other = reference(outcome[20:], design[20:], owner[20:])
    assert found.coefficients == pytest.approx(other.params[1:], rel=1e-8)


def test_an_outcome_told_exactly_has_no_error() -> None:
    _, design, owner = world()
    found = clustered_regression(design[:, 0] * 2, design, units=owner)
    assert found.standard_errors == pytest.approx(0, abs=1e-9)
    assert found.r_squared == pytest.approx(1)


def test_refuses_what_tells_nothing() -> None:
    outcome, design, owner = world()
    with pytest.raises(TooFewObservations, match="units"):
        clustered_regression(outcome, design, units=owner % 19)
    with pytest.raises(TooFewObservations, match="rows"):
        clustered_regression(outcome[:24], np.random.default_rng(1).normal(size=(24, 22)))
    with pytest.raises(TooFewObservations):
        clustered_regression(np.full(50, np.nan), design[:50])
    with pytest.raises(ValueOutOfRange, match="same in every row"):
        clustered_regression(np.full(len(design), 0.1), design, units=owner)
    with pytest.raises(ValueOutOfRange, match="infinite"):
        clustered_regression(np.where(outcome > outcome.mean(), np.inf, outcome), design, units=owner)
    with pytest.raises(ValueOutOfRange, match="rows"):
        clustered_regression(outcome[1:], design, units=owner)
    with pytest.raises(ValueOutOfRange, match="level"):
        clustered_regression(outcome, design, units=owner, confidence_level=95)
