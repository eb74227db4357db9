"""What a later answer follows: plain loops, scikit-learn, a planted truth, and the edges."""

from __future__ import annotations

from random import Random
from statistics import mean

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from promesa.errors import TooFewObservations, ValueOutOfRange
from promesa.stats import WEIGHED, change_by, raised, remembered_by, score_summaries
from promesa.stats.remembering import _placements

WEIGHTS = np.array([0.30, 0.10, 0.35, 0.10])  # of worst, best, end, mean: the peak and the end, not the sum


def random_journeys(seed: int, count: int) -> list[list[float]]:
    random = Random(seed)
    return [[float(random.randrange(11)) for _ in range(random.randrange(1, 6))] for _ in range(count)]


def flat(journeys: list[list[float]]) -> tuple[np.ndarray, np.ndarray]:
    starts = np.cumsum([0, *(len(one) for one in journeys[:-1])])
    return np.array([score for one in journeys for score in one]), starts


def test_summaries_are_those_of_a_plain_loop() -> None:
    journeys = random_journeys(1, 60)
    found = score_summaries(*flat(journeys))
    for k, one in enumerate(journeys):
        worst, best = min(one), max(one)
        slope = float(np.polyfit(range(len(one)), one, 1)[0]) if len(one) > 1 else 0.0
        wanted = {
            "worst": worst, "best": best, "first": one[0], "end": one[-1], "mean": mean(one),
            "peak": best if best - 5 > 5 - worst else worst, "trend": slope,
        }  # fmt: skip
        assert {name: values[k] for name, values in found.items()} == pytest.approx(wanted)


def test_a_point_more_is_what_a_plain_loop_makes_of_it() -> None:
    journeys = random_journeys(2, 40)
    scores, starts = flat(journeys)
    places = np.arange(len(scores)) % 3
    found = raised(scores, starts, places, count=3)
    for place in range(3):
        higher = [min(10.0, s + 1) if p == place else s for s, p in zip(scores, places, strict=True)]
        cut = [higher[a:b] for a, b in zip(starts, [*starts[1:], len(scores)], strict=True)]
        for k, change in enumerate(
            (
                mean(min(new) - min(old) for new, old in zip(cut, journeys, strict=True)),
                mean(max(new) - max(old) for new, old in zip(cut, journeys, strict=True)),
                mean(new[-1] - old[-1] for new, old in zip(cut, journeys, strict=True)),
                mean(mean(new) - mean(old) for new, old in zip(cut, journeys, strict=True)),
            )
        ):
            assert found[place, k] == pytest.approx(change)


def test_area_is_that_of_scikit_learn() -> None:
    rng = np.random.default_rng(3)
    yes, told = (rng.random(200) < 0.4).astype(float), np.round(rng.normal(size=200), 1)
    assert _placements(yes, told)[0] == pytest.approx(roc_auc_score(yes, told))
    assert _placements(yes, told)[1].sum() == pytest.approx(0, abs=1e-12)


def world(seed: int, journeys: int) -> tuple[np.ndarray, dict[str, np.ndarray], np.ndarray]:
    """Return remembered scores that follow the peak and the end; two journeys a customer, who has a level."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(2, 7, journeys)
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    level = np.repeat(rng.normal(6.5, 1, journeys), lengths)
    found = score_summaries(np.clip(level + rng.normal(0, 2, lengths.sum()), 0, 10), starts)
    customers = rng.integers(0, journeys // 2, journeys)
    person = rng.normal(0, 0.7, journeys)[customers]
    remembered = 1 + np.column_stack([found[name] for name in WEIGHED]) @ WEIGHTS + person + rng.normal(size=journeys)
    return remembered, found, customers


def test_planted_weights_are_found_and_the_peak_and_end_tell_more_than_the_mean() -> None:
    found = remembered_by(*world(1, 4000))
    assert found.weights.coefficients == pytest.approx(WEIGHTS, abs=0.08)
    assert (found.weights.lower <= WEIGHTS).all()
    assert (found.weights.upper >= WEIGHTS).all()
    both = found.foretold["worst_and_end"]
    assert both.more_lower > 0.05
    assert both.estimate == pytest.approx(found.foretold["mean"].estimate + both.more)
    assert found.foretold["trend"].more_upper < 0


def test_where_only_the_mean_counts_nothing_tells_more() -> None:
    _, summaries, customers = world(2, 1500)
    noise = np.random.default_rng(5).normal(size=1500)
    found = remembered_by(summaries["mean"] + noise, summaries, customers)
    assert max(one.more for name, one in found.foretold.items() if name not in {"mean", "all"}) < 0
    assert found.foretold["mean"].more == 0


@pytest.mark.slow
def test_coverage_over_many_seeds() -> None:
    truth = remembered_by(*world(0, 400_000)).foretold
    hits, told = np.zeros(4), dict.fromkeys(truth, 0)
    seeds = range(1, 501)
    for seed in seeds:
        found = remembered_by(*world(seed, 800))
        hits += (found.weights.lower <= WEIGHTS) & (found.weights.upper >= WEIGHTS)
        for name, one in found.foretold.items():
            told[name] += one.more_lower <= truth[name].more <= one.more_upper
    assert (hits / len(seeds) > 0.93).all()
    assert (hits / len(seeds) < 0.97).all()
    # Lines fitted on few customers tell a little less than those fitted on all: of four numbers more than of one.
    assert min(hit for name, hit in told.items() if name != "all") / len(seeds) > 0.91
    assert told["all"] / len(seeds) > 0.85


def test_a_return_is_told_by_order_alone() -> None:
    scores, summaries, customers = world(3, 2000)
    returned = (np.random.default_rng(4).random(2000) < 1 / (1 + np.exp(7 - scores))).astype(float)
    found = remembered_by(returned, summaries, customers)
    assert found.foretold["worst_and_end"].lower > 0.65
    assert found.foretold["worst_and_end"].more_lower > 0


def test_two_moments_in_all_journeys_leave_the_mean_out() -> None:
    rng = np.random.default_rng(6)
    scores = rng.integers(0, 11, 400).astype(float)
    starts = np.arange(0, 400, 2)
    summaries = score_summaries(scores, starts)
    found = remembered_by(summaries["worst"] + rng.normal(size=200), summaries, np.arange(200))
    assert [one.column for one in found.weights.dropped] == [WEIGHED.index("mean")]
    changes = raised(scores, starts, np.arange(400) % 2, count=2)
    told = [change_by(found.weights, change) for change in changes]
    assert all(one is not None and one[1].lower < one[0] < one[1].upper for one in told)


def test_edges() -> None:
    empty = score_summaries([], [])
    assert all(len(values) == 0 for values in empty.values())
    assert raised([], [], [], count=0).shape == (0, 4)
    scores, summaries, customers = world(7, 100)
    with pytest.raises(TooFewObservations):
        remembered_by(scores, summaries, np.zeros(100))
    with pytest.raises(ValueOutOfRange):
        remembered_by(np.ones(100), summaries, customers)
    with pytest.raises(ValueOutOfRange):
        remembered_by(np.full(100, np.nan), summaries, customers)
