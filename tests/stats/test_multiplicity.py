"""Adjusted p-values equal statsmodels', and comparisons not made do not count."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from promesa.errors import ValueOutOfRange
from promesa.stats import benjamini_hochberg


@pytest.mark.parametrize("seed", range(5))
def test_equals_statsmodels(seed):
    p = np.random.default_rng(seed).random(40) ** 3
    expected = multipletests(p, method="fdr_bh")[1]
    np.testing.assert_allclose(benjamini_hochberg(p), expected, rtol=1e-12)


def test_a_comparison_not_made_is_not_counted():
    with_gap = benjamini_hochberg([0.01, np.nan, 0.04])
    np.testing.assert_allclose(with_gap[[0, 2]], benjamini_hochberg([0.01, 0.04]))
    assert np.isnan(with_gap[1])


def test_edges():
    assert benjamini_hochberg([]).shape == (0,)
    assert benjamini_hochberg([1.0, 1.0]).tolist() == [1.0, 1.0]
    with pytest.raises(ValueOutOfRange):
        benjamini_hochberg([0.2, 1.2])
