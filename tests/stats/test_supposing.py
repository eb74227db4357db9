"""Scores supposed where nobody was asked: a known truth, columns that say nothing, and the edges."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from promesa.errors import ValueOutOfRange
from promesa.stats import score_summaries, supposed_scores

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

EACH = 4  # moments of a journey


def world(seed: int, *, journeys: int, told: float = 1.0) -> tuple[Floats, Floats, Floats, NDArray[np.int64]]:
    """Return true scores, those asked for, delays and units: the later a moment, the worse, and the less asked."""
    rng = np.random.default_rng(seed)
    delay = rng.exponential(1.0, journeys * EACH)
    scores = np.clip(np.round(8 - told * 2.2 * np.minimum(delay, 3) + rng.normal(0, 1.2, len(delay))), 0, 10)
    asked = np.where(rng.random(len(delay)) < np.where(delay > 1, 0.15, 0.6), scores, np.nan)
    return scores, asked, delay, np.repeat(np.arange(journeys), EACH)


def worst(scores: Floats) -> Floats:
    return score_summaries(scores, np.arange(0, len(scores), EACH))["worst"]


def test_the_worst_moments_are_found_among_those_nobody_was_asked_about() -> None:
    scores, asked, delay, units = world(1, journeys=3000)
    found = supposed_scores(asked, np.zeros(len(asked), dtype=int), delay[:, None], units, copies=4)
    known = ~np.isnan(asked)
    assert (found.scores[:, known] == asked[known]).all()
    assert np.isin(found.scores, np.unique(asked[known])).all()
    truth = worst(scores).mean()
    supposed = np.mean([worst(copy).mean() for copy in found.scores])
    some = np.flatnonzero(known.reshape(-1, EACH).any(axis=1))
    seen = np.nanmin(asked.reshape(-1, EACH)[some], axis=1).mean()
    assert abs(seen - truth) > 1.5  # of the moments asked about alone the worst is far too good
    assert supposed == pytest.approx(truth, abs=0.1)
    assert supposed_scores(asked, np.zeros(len(asked), dtype=int), delay[:, None], units).explained[0].estimate > 0.4


def test_columns_that_say_nothing_leave_the_spread_of_the_place() -> None:
    scores, asked, _, units = world(2, journeys=1500, told=0.0)
    noise = np.random.default_rng(0).normal(size=(len(asked), 3))
    found = supposed_scores(asked, np.zeros(len(asked), dtype=int), noise, units)
    assert found.explained[0].lower <= 0 < 0.02 + found.explained[0].upper
    assert found.explained[0].estimate < 0.01
    unknown = np.isnan(asked)
    assert found.scores[:, unknown].std() == pytest.approx(scores.std(), rel=0.05)


def covered(seed: int) -> bool:
    """Tell whether the interval of what is explained holds what as many new moments show."""
    scores, asked, delay, units = world(seed, journeys=400)
    known = ~np.isnan(asked)
    found = supposed_scores(asked[known], np.zeros(known.sum(), dtype=int), delay[known, None], units[known])
    best = 8 - 2.2 * np.minimum(delay, 3)
    truth = (
        1 - ((scores - np.clip(best, 0, 10))[known] ** 2).sum() / ((scores - scores[known].mean())[known] ** 2).sum()
    )
    return found.explained[0].lower - 0.01 <= truth <= found.explained[0].upper + 0.01


def test_what_is_explained_lies_in_its_interval() -> None:
    assert sum(covered(seed) for seed in range(20)) >= 17


@pytest.mark.slow
def test_what_is_explained_lies_in_its_interval_in_many_worlds() -> None:
    assert sum(covered(seed) for seed in range(200)) >= 184


def test_each_place_is_told_by_itself_and_few_answers_tell_nothing() -> None:
    scores, asked, delay, units = world(3, journeys=300)
    places = np.arange(len(asked)) % 2
    asked[places == 1] = np.where(np.arange((places == 1).sum()) < 30, scores[places == 1], np.nan)
    found = supposed_scores(asked, places, delay[:, None], units)
    assert list(found.explained) == [0]
    assert not np.isnan(found.scores[:, places == 0]).any()
    assert np.isnan(found.scores[:, (places == 1) & np.isnan(asked)]).all()


def test_the_order_of_units_and_a_missing_column_change_little() -> None:
    scores, asked, delay, units = world(4, journeys=1500)
    holes = np.where(np.random.default_rng(1).random(len(delay)) < 0.3, np.nan, delay)
    found = supposed_scores(
        asked, np.zeros(len(asked), dtype=int), np.column_stack([holes, np.full(len(asked), np.nan)]), units
    )
    again = supposed_scores(
        asked, np.zeros(len(asked), dtype=int), np.column_stack([holes, np.full(len(asked), np.nan)]), units
    )
    assert (
        found.scores[~np.isnan(asked[None]).repeat(5, 0)] == again.scores[~np.isnan(asked[None]).repeat(5, 0)]
    ).all()
    assert np.array_equal(found.scores, again.scores)
    assert 0.1 < found.explained[0].estimate < 0.6
    assert np.mean([worst(copy).mean() for copy in found.scores]) < np.nanmean(asked)
    assert worst(scores).mean() < np.nanmean(asked)


def test_all_the_same_no_columns_nobody_and_what_does_not_fit() -> None:
    same = np.where(np.arange(200) % 2, 7.0, np.nan)
    places, units = np.zeros(200, dtype=int), np.arange(200)
    found = supposed_scores(same, places, np.empty((200, 0)), units)
    assert (found.scores == 7).all()
    assert found.explained[0].estimate == 0
    nobody = supposed_scores(np.full(200, np.nan), places, np.ones((200, 1)), units)
    assert np.isnan(nobody.scores).all()
    assert nobody.explained == {}
    assert supposed_scores([], [], np.empty((0, 2)), []).scores.shape == (5, 0)
    with pytest.raises(ValueOutOfRange, match="do not belong together"):
        supposed_scores(same, places[1:], np.ones((200, 1)), units)
