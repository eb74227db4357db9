"""Real orders: what the stars of a marketplace go with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promesa import drivers
from tests.examples.olist_answers import workspace_of
from tests.examples.olist_files import read

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from promesa.workspace import Workspace

pytestmark = pytest.mark.realdata


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory, real_data: Callable[[str], Path]) -> Workspace:
    return workspace_of(read(real_data("olist")), tmp_path_factory.mktemp("real"))


def test_the_broken_promise_of_the_date_is_the_first_penalty(real: Workspace) -> None:
    found = drivers.asymmetry(real, outcome="satisfaction")
    penalties = [e for e in found.estimates if e.measure == "penalty" and e.estimate is not None]
    first = min(penalties, key=lambda e: e.estimate or 0.0)
    assert first.dimensions["feature"] == "arrives_by_date"
    assert first.extra["class"] == "must_be"
    assert first.upper < -1.5
    assert "−2" in found.summary("es")


def test_it_is_first_in_importance_with_the_delivery_that_did_not_come(real: Workspace) -> None:
    found = drivers.importance(real, outcome="satisfaction")
    shares = [e for e in found.estimates if e.measure == "share" and e.estimate is not None]
    assert shares[0].dimensions["feature"] == "arrives_by_date"
    assert "delivery" in str(shares[0].extra["indistinguishable_with"])
    assert shares[0].extra["probability_top_three"] == 1.0


def test_hardly_anybody_comes_back_and_nothing_is_told_of_it(real: Workspace) -> None:
    shapes = drivers.asymmetry(real, outcome="comes_back")
    assert [(e.estimate, e.note) for e in shapes.estimates] == [(None, "too-few")]
    assert "chance" in drivers.importance(real, outcome="comes_back").summary("en")
