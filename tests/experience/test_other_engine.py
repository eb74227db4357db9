"""The table of experience is the same on Spark."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.experience.test_brute_force import OUTCOMES, look, with_settings
from tests.measures.companies import company
from tests.measures.test_persons import joined

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.engine import Engine

pytestmark = pytest.mark.spark


@pytest.mark.parametrize(
    ("number", "unit", "most"),
    [
        (6, "quarter", 500_000),
        pytest.param(0, "journey", 12, marks=pytest.mark.slow),
        pytest.param(11, "journey", 40, marks=pytest.mark.slow),
    ],
)
def test_tables_are_equal(tmp_path: Path, duckdb: Engine, spark: Engine, number: int, unit: str, most: int) -> None:
    small = with_settings(joined(company(tmp_path, seed=40 + number))[0], unit=unit, most_rows=most)
    here, there = (look(small, OUTCOMES[number], tmp_path, engine) for engine in (duckdb, spark))
    assert here.n
    assert (here.n_units, here.n_unknown, here.share) == (there.n_units, there.n_unknown, there.share)
    assert here.units.tolist() == there.units.tolist()
    assert here.customers.tolist() == there.customers.tolist()
    assert here.features == there.features
    assert here.refused == there.refused
    assert here.confounders == there.confounders
    assert np.allclose(here.came, there.came, rtol=1e-9)
    assert np.allclose(here.values, there.values, rtol=1e-9, atol=1e-9, equal_nan=True)
    assert np.allclose(here.behind, there.behind, rtol=1e-9, atol=1e-9)
    assert here.served.keys() == there.served.keys()
    for key, (codes, levels) in here.served.items():
        assert levels == there.served[key][1]
        assert np.array_equal(codes, there.served[key][0])
