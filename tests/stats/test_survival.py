"""Survival and hazards: other packages' figures, a known truth, and the edges."""

from __future__ import annotations

import warnings
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from promesa.errors import TooFewObservations, ValueOutOfRange
from promesa.stats import compare_curves, proportional_hazards, separation, survival

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Freireich et al. (1963), months of remission; in every textbook. True: it ended.
TREATED = [(6, 1), (6, 1), (6, 1), (6, 0), (7, 1), (9, 0), (10, 1), (10, 0), (11, 0), (13, 1), (16, 1), (17, 0),
           (19, 0), (20, 0), (22, 1), (23, 1), (25, 0), (32, 0), (32, 0), (34, 0), (35, 0)]  # fmt: skip
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]


def remission() -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    times = np.array([t for t, _ in TREATED] + PLACEBO, dtype=float)
    ended = np.array([bool(e) for _, e in TREATED] + [True] * len(PLACEBO))
    return times, ended, np.r_[np.ones(len(TREATED)), np.zeros(len(PLACEBO))][:, None]


def test_the_published_curve() -> None:
    curve = survival(*map(list, zip(*TREATED, strict=True)))
    assert curve.times.tolist() == [6, 7, 10, 13, 16, 22, 23]
    assert curve.share == pytest.approx([0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448], abs=5e-4)
    assert (curve.median, curve.n, curve.n_ended) == (23, 21, 9)
    assert curve.at(5) == (1.0, 1.0, 1.0)
    # R: survfit(..., conf.type = "log-log").
    assert curve.at(10)[1:] == pytest.approx((0.503, 0.889), abs=1e-3)


def test_the_published_test_and_regression() -> None:
    times, ended, treated = remission()
    groups = [(times[treated[:, 0] == k], ended[treated[:, 0] == k], None) for k in (0, 1)]
    assert compare_curves(groups).statistic == pytest.approx(16.79, abs=5e-3)
    found = proportional_hazards(times, ended, treated)
    # R: coxph(..., ties = "efron") gives -1.572 with likelihoods -93.18 and -85.01.
    assert found.coefficients[0] == pytest.approx(-1.5721, abs=1e-4)
    assert (found.log_likelihood_null, found.log_likelihood) == pytest.approx((-93.18427, -85.00842), abs=1e-4)


def rossi() -> Any:
    datasets = pytest.importorskip("lifelines.datasets", reason="the data come with lifelines (dev group)")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return datasets.load_rossi()


def test_rossi_to_the_digits_of_others() -> None:
    data = rossi()
    columns = data.drop(columns=["week", "arrest"])
    found = proportional_hazards(data["week"], data["arrest"] == 1, columns)
    by_name = dict(zip(columns.columns, found.coefficients, strict=True))
    assert by_name["fin"] == pytest.approx(-0.379, abs=5e-4)
    assert by_name["age"] == pytest.approx(-0.057, abs=5e-4)
    assert by_name["prio"] == pytest.approx(0.091, abs=5e-4)
    assert found.log_likelihood == pytest.approx(-658.75, abs=5e-3)


def hazards(size: int, *, seed: int, ties: float = 0.0) -> tuple[NDArray[Any], ...]:
    """Return times, ends and columns with coefficients .5 and -.3; ties: times rounded up to steps of it."""
    random = np.random.default_rng(seed)
    columns = np.column_stack([random.integers(0, 2, size), random.normal(size=size)]).astype(float)
    times = random.exponential(np.exp(-columns @ [0.5, -0.3]))
    censored = random.exponential(1.5, size)
    seen = np.minimum(times, censored)
    return (np.ceil(seen / ties) * ties if ties else seen), times <= censored, columns


@pytest.mark.parametrize("ties", [0.0, 0.1])
def test_equal_to_statsmodels_with_entries(ties: float) -> None:
    smf = pytest.importorskip("statsmodels.api")
    stop, ended, columns = hazards(400, seed=3, ties=ties)
    start = np.where(np.arange(400) % 3 == 0, stop / 4 - stop / 99, 0.0)  # at no time at which somebody ended
    found = proportional_hazards(stop, ended, columns, start=start)
    other = smf.PHReg(stop, columns, status=ended.astype(int), entry=start, ties="efron").fit()
    assert found.coefficients == pytest.approx(other.params, abs=1e-6)
    assert found.log_likelihood == pytest.approx(other.llf, abs=1e-6)


def test_stretches_and_counts_are_the_same_as_rows() -> None:
    stop, ended, columns = hazards(300, seed=8, ties=0.1)
    whole = proportional_hazards(stop, ended, columns)
    rows = [
        (k, low, min(stop[k], high), ended[k] and stop[k] <= high)
        for k in range(300)
        for low, high in pairwise((0.0, 0.35, 0.9, 99.0))
        if stop[k] > low
    ]
    unit, low, high, gone = (np.array(column) for column in zip(*rows, strict=True))
    cut = proportional_hazards(high, gone, columns[unit], start=low, units=unit)
    assert cut.coefficients == pytest.approx(whole.coefficients, abs=1e-8)
    assert cut.covariance == pytest.approx(whole.covariance, abs=1e-8)
    assert cut.log_likelihood == pytest.approx(whole.log_likelihood, abs=1e-8)
    twice = proportional_hazards(np.r_[stop, stop], np.r_[ended, ended], np.vstack([columns, columns]))
    counted = proportional_hazards(stop, ended, columns, count=np.full(300, 2.0))
    assert counted.coefficients == pytest.approx(twice.coefficients, abs=1e-8)
    assert counted.log_likelihood == pytest.approx(twice.log_likelihood, abs=1e-6)


def covered(seeds: range) -> dict[str, float]:
    held: dict[str, list[bool]] = {"coefficient": [], "share": [], "median": [], "area": []}
    for seed in seeds:
        stop, ended, columns = hazards(300, seed=seed)
        # Each unit stands twice: an interval that took rows for units would be too narrow.
        double = [np.concatenate([part, part]) for part in (stop, ended, columns)]
        found = proportional_hazards(*double, units=np.tile(np.arange(300), 2))
        held["coefficient"].append(bool(found.lower[0] < 0.5 < found.upper[0]))
        random = np.random.default_rng(seed)
        life, seen = random.exponential(1.0, 200), random.exponential(2.0, 200)
        curve = survival(np.minimum(life, seen), life <= seen)
        _, low, high = curve.at(0.8)
        held["share"].append(low < np.exp(-0.8) < high)
        ends = (curve.median_lower or 0.0, curve.median_upper or np.inf)
        held["median"].append(bool(ends[0] <= np.log(2) <= ends[1]))
        foretold = random.random(200)
        found_area = separation(foretold, random.random(200) < foretold)
        held["area"].append(found_area.lower < 5 / 6 < found_area.upper)
    return {name: float(np.mean(each)) for name, each in held.items()}


def test_intervals_hold_the_truth_for_a_few() -> None:
    assert min(covered(range(40)).values()) >= 0.85  # 40 draws of 95 %: less than 34 comes up once in 500 times


@pytest.mark.slow
def test_intervals_hold_the_truth() -> None:
    shares = covered(range(1000, 2000))
    assert min(shares.values()) > 0.93, shares
    assert max(shares.values()) < 0.97, shares


def test_nobody_or_everybody_ended() -> None:
    nobody = survival([3, 4, 5], [False] * 3)
    assert (nobody.times.size, nobody.median, nobody.at(9)) == (0, None, (1.0, 1.0, 1.0))
    everybody = survival([2, 2, 2], [True] * 3)
    assert everybody.at(2)[:2] == (0.0, 0.0)
    assert 0.5 < everybody.at(2)[2] < 1  # of three seen to end, a share of up to 71 % may still go on


def test_columns_that_cannot_be_told() -> None:
    stop, ended, columns = hazards(200, seed=1)
    table = np.column_stack([columns, np.ones(200), columns[:, 0] * 2, ended])
    found = proportional_hazards(stop, ended, table)
    assert found.left_out == (2, 3, 4)  # constant, a combination, and one that parts those who end from the others
    assert np.isnan(found.coefficients[[2, 3, 4]]).all()
    assert found.coefficients[:2] == pytest.approx(proportional_hazards(stop, ended, columns).coefficients)


def test_the_foretold_share_is_that_of_the_curve() -> None:
    times, ended, _ = remission()
    found = proportional_hazards(times, ended, np.zeros((times.size, 1)))
    told = found.ended_between(np.zeros(1), np.zeros(1), np.full(1, 10.0))[0]
    assert told == pytest.approx(1 - survival(times, ended).at(10)[0], abs=0.01)


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"stop": [1, 2], "ended": [True, True], "columns": [[0], [1]]}, TooFewObservations),
        ({"stop": [1, 2], "ended": [True], "columns": [[0], [1]]}, ValueOutOfRange),
        ({"stop": [1, 0], "ended": [True, True], "columns": [[0], [1]], "start": [0, 0]}, ValueOutOfRange),
        ({"stop": [1, 2], "ended": [True, True], "columns": [[0], [np.nan]]}, ValueOutOfRange),
    ],
)
def test_what_cannot_be_fitted_is_refused(given: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        proportional_hazards(**given)


def test_what_has_no_curve_is_refused() -> None:
    with pytest.raises(TooFewObservations):
        survival([], [])
    with pytest.raises(ValueOutOfRange):
        survival([-1], [True])
    with pytest.raises(TooFewObservations):
        compare_curves([([1], [True], None)])
    with pytest.raises(TooFewObservations):
        separation([0.1, 0.2], [True, False])


def test_separation_is_the_share_of_pairs() -> None:
    random = np.random.default_rng(4)
    foretold, came = np.round(random.random(80), 1), random.random(80) < 0.4
    pairs = [(a > b) + 0.5 * (a == b) for a in foretold[came] for b in foretold[~came]]
    assert separation(foretold, came).area == pytest.approx(np.mean(pairs))
