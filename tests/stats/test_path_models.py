"""Path models: SmartPLS and seminr, an independent slow fit, recovery of a known truth, edges."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promesa.errors import TooFewObservations, UnknownName, ValueOutOfRange
from promesa.stats import path_algorithm
from promesa.stats.path_algorithm import fit_paths
from promesa.stats.path_diagram import draw
from promesa.stats.path_models import Bootstrap, PathModel, path_model
from tests.drawn import cases

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SCHEMES = ["path", "centroid", "factorial"]
FOUR = ["Image", "Expectation", "Value", "Satisfaction"]


class Survey:
    """The European satisfaction index of mobile phones: 250 answers to 24 questions of 1 to 10."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with (folder / "mobi.csv").open() as file:
            self.items = file.readline().strip().split(",")
        self.data = np.genfromtxt(folder / "mobi.csv", delimiter=",", skip_header=1)
        self.blocks: dict[str, list[int]] = {}
        for construct, item in self._edges("ECSImm.csv"):
            self.blocks.setdefault(construct, []).append(self.items.index(item))
        self.paths = self._edges("ECSIsm.csv")

    def _edges(self, file: str) -> list[tuple[str, str]]:
        with (self.folder / file).open() as lines:
            return [(row["source"], row["target"]) for row in csv.DictReader(lines)]

    def smartpls(self, table: str) -> dict[tuple[str, str], float]:
        """Return one table of the SmartPLS 2 output by row and column."""
        head, *lines = (self.folder / f"pathWeighting_{table}.txt").read_text().splitlines()
        columns = head.split()
        cells = [line.replace(",", ".").split() for line in lines if line.strip()]
        return {(row[0], column): float(v) for row in cells for column, v in zip(columns, row[1:], strict=True)}


@pytest.fixture(scope="module")
def survey(real_data: Callable[[str], Path]) -> Survey:
    return Survey(real_data("ecsi"))


@pytest.fixture(scope="module")
def ecsi(survey: Survey) -> PathModel:
    return path_model(survey.data, blocks=survey.blocks, paths=survey.paths, scale=(1, 10))


# Outside references


@pytest.mark.realdata
def test_effects_equal_smartpls(survey: Survey, ecsi: PathModel) -> None:
    for table, effects in (("pathCoefficients", ecsi.paths), ("totalEffects", ecsi.total_effects)):
        expected = {pair: value for pair, value in survey.smartpls(table).items() if value}
        assert {(e.source, e.target): e.value for e in effects} == pytest.approx(expected, abs=2e-6)
    satisfaction, loyalty = ecsi.construct("Satisfaction"), ecsi.construct("Loyalty")
    assert satisfaction.r_squared == pytest.approx(0.681, abs=5e-4)
    assert loyalty.r_squared == pytest.approx(0.457, abs=5e-4)


@pytest.mark.realdata
def test_weights_and_cross_loadings_equal_smartpls(survey: Survey, ecsi: PathModel) -> None:
    weights = {(survey.items[item.column], c.name): item.weight for c in ecsi.constructs for item in c.items}
    expected = {pair: value for pair, value in survey.smartpls("outerWeights").items() if value}
    assert weights == pytest.approx(expected, abs=2e-6)
    items = [survey.items[item.column] for c in ecsi.constructs for item in c.items]
    ours = {
        (item, c.name): ecsi.cross_loadings[i, j] for i, item in enumerate(items) for j, c in enumerate(ecsi.constructs)
    }
    assert ours == pytest.approx(survey.smartpls("crossLoadings"), abs=2e-6)


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("scheme", "expected"),
    [
        # seminr 2 (its published fixtures inner_weights_coefficients.csv and factorial_coefficients.csv)
        ("path", [0.447003896753383, 0.171830104491586, 0.316425319256027]),
        ("factorial", [0.446873985519376, 0.172941539187286, 0.315219423208024]),
    ],
)
def test_small_model_equals_seminr(survey: Survey, scheme: str, expected: list[float]) -> None:
    result = four_constructs(survey, scheme)
    assert [path.value for path in result.paths] == pytest.approx(expected, abs=1e-7)


@pytest.mark.realdata
def test_reliability_and_distinctness_equal_seminr(survey: Survey) -> None:
    result = four_constructs(survey, "path")
    expected = [  # alpha, rho_A, rho_C, AVE: seminr 2, reliability.csv
        (0.722834595427083, 0.745291554480322, 0.818325774056255, 0.477979834838268),
        (0.451902555978063, 0.461657986928213, 0.733177801505283, 0.480507046633952),
        (0.823631979352573, 0.857527048393235, 0.917897281748515, 0.84831067540365),
        (0.779195021918597, 0.784023593590752, 0.871457927643628, 0.693363990925202),
    ]
    for construct, figures in zip(result.constructs, expected, strict=True):
        of = construct.reliability
        assert of is not None
        assert (of.alpha, of.rho_a, of.composite, of.average_variance) == pytest.approx(figures, abs=1e-7)
    # seminr 2, htmt.csv
    assert result.htmt[0, 1:] == pytest.approx([0.88803042750925, 0.651659392487802, 0.910100923782741], abs=1e-10)
    assert result.htmt[1, 2:] == pytest.approx([0.588628982316289, 0.865108193553153], abs=1e-10)
    assert result.htmt == pytest.approx(result.htmt.T)


def four_constructs(survey: Survey, scheme: str) -> PathModel:
    return path_model(
        survey.data,
        blocks={name: survey.blocks[name] for name in FOUR},
        paths=[(name, "Satisfaction") for name in FOUR[:3]],
        scheme=scheme,
    )


# An independent slow fit: on rows and scores, one regression after another


def slow_fit(
    x: np.ndarray, blocks: dict[str, list[int]], paths: list[tuple[str, str]], modes: dict[str, str], scheme: str
):
    """Return path coefficients by pair and weights by construct, by Wold's algorithm on the rows."""
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    weights = {name: np.ones(len(items)) for name, items in blocks.items()}
    scores: dict[str, np.ndarray] = {}
    for _ in range(500):
        old, scores = weights, slow_scores(x, blocks, weights)
        weights = {}
        for name, items in blocks.items():
            block, neighbour = x[:, items], slow_neighbour(name, paths, scores, scheme)
            w = np.linalg.lstsq(block, neighbour, rcond=None)[0] if modes.get(name) == "B" else block.T @ neighbour
            weights[name] = w / (block @ w).std()
        if max(np.abs(weights[name] - old[name]).max() for name in blocks) < 1e-12:
            break
    scores = slow_scores(x, blocks, weights)
    for name, items in blocks.items():
        if sum(np.corrcoef(x[:, item], scores[name])[0, 1] for item in items) < 0:
            weights[name], scores[name] = -weights[name], -scores[name]
    found = {}
    for target in {t for _, t in paths}:
        before = [s for s, t in paths if t == target]
        found |= {(s, target): b for s, b in zip(before, slow_regression(scores, target, before), strict=True)}
    return found, weights


def slow_scores(x: np.ndarray, blocks: dict[str, list[int]], weights: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    raw = {name: x[:, items] @ weights[name] for name, items in blocks.items()}
    return {name: y / y.std() for name, y in raw.items()}


def slow_regression(scores: dict[str, np.ndarray], target: str, sources: list[str]) -> np.ndarray:
    return np.linalg.lstsq(np.column_stack([scores[s] for s in sources]), scores[target], rcond=None)[0]


def slow_neighbour(name: str, paths: list[tuple[str, str]], scores: dict[str, np.ndarray], scheme: str) -> np.ndarray:
    before, after = [s for s, t in paths if t == name], [t for s, t in paths if s == name]
    neighbour = np.zeros(len(scores[name]))
    if scheme == "path" and before:
        neighbour += np.column_stack([scores[s] for s in before]) @ slow_regression(scores, name, before)
    for other in after if scheme == "path" else before + after:
        r = np.corrcoef(scores[name], scores[other])[0, 1]
        neighbour += (np.sign(r) if scheme == "centroid" else r) * scores[other]
    return neighbour


def assert_same_fit(result: PathModel, slow: tuple[dict[tuple[str, str], float], dict[str, np.ndarray]]) -> None:
    assert {(p.source, p.target): p.value for p in result.paths} == pytest.approx(slow[0], abs=1e-6)
    for construct in result.constructs:
        assert [item.weight for item in construct.items] == pytest.approx(slow[1][construct.name], abs=1e-5)


@pytest.mark.realdata
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("modes", [{}, {"Image": "B", "Satisfaction": "B"}])
def test_bootstrapped_copies_equal_the_slow_fit(survey: Survey, scheme: str, modes: dict[str, str]) -> None:
    for seed in range(3):
        rows = survey.data[np.random.default_rng(seed).integers(250, size=250)]
        result = path_model(rows, blocks=survey.blocks, paths=survey.paths, modes=modes, scheme=scheme)
        assert_same_fit(result, slow_fit(rows, survey.blocks, survey.paths, modes, scheme))


# A world whose truth is known: composites joined by a structural model

BLOCKS = {"offer": [0, 1, 2], "staff": [3, 4, 5], "satisfaction": [6, 7, 8], "return": [9]}
PATHS = [("offer", "satisfaction"), ("staff", "satisfaction"), ("satisfaction", "return"), ("offer", "return")]
TRUTH = [0.4, 0.35, 0.5, 0.2]
MODES = {"staff": "B"}
FORMING = np.array([0.7, 0.1, 0.5])


def population() -> np.ndarray:
    """Return the correlations of the ten items where the four paths are the truth."""
    offer_staff, (a, b, c, d) = 0.3, TRUTH
    r = np.eye(4)
    r[0, 1] = offer_staff
    r[0, 2], r[1, 2] = a + offer_staff * b, b + offer_staff * a
    r[0, 3], r[1, 3], r[2, 3] = d + c * r[0, 2], offer_staff * d + c * r[1, 2], c + d * r[0, 2]
    r = np.triu(r) + np.triu(r, 1).T
    within = {name: np.full((len(items),) * 2, 0.5) + 0.5 * np.eye(len(items)) for name, items in BLOCKS.items()}
    within["staff"] = np.array([[1, 0.2, 0.4], [0.2, 1, 0.1], [0.4, 0.1, 1]])
    loadings = []
    for name, items in BLOCKS.items():
        weights = FORMING if name == "staff" else np.ones(len(items))
        weights = weights / np.sqrt(weights @ within[name] @ weights)
        loadings.append(within[name] @ weights)
    return np.block([
        [within[name] if i == j else r[i, j] * np.outer(loadings[i], loadings[j]) for j in range(4)]
        for i, name in enumerate(BLOCKS)
    ])  # fmt: skip


def answers(seed: int, n: int) -> np.ndarray:
    return np.random.default_rng(seed).multivariate_normal(np.full(10, 6.0), population(), size=n)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_population_gives_the_truth_itself(scheme: str) -> None:
    diagram = draw(n_columns=10, blocks=BLOCKS, paths=PATHS, modes=MODES, scheme=scheme)
    fit = fit_paths(population()[None], diagram)
    places = {name: k for k, name in enumerate(BLOCKS)}
    assert [fit.coefficients[0, places[s], places[t]] for s, t in PATHS] == pytest.approx(TRUTH, abs=1e-6)
    forming = fit.weights[0, 3:6]
    assert forming / forming[0] == pytest.approx(FORMING / FORMING[0], abs=1e-5)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_simulated_answers_equal_the_slow_fit(scheme: str) -> None:
    data = answers(3, 150)
    result = path_model(data, blocks=BLOCKS, paths=PATHS, modes=MODES, scheme=scheme)
    assert_same_fit(result, slow_fit(data, BLOCKS, PATHS, MODES, scheme))


def test_many_answers_recover_the_truth() -> None:
    result = path_model(answers(1, 40_000), blocks=BLOCKS, paths=PATHS, modes=MODES)
    assert [path.value for path in result.paths] == pytest.approx(TRUTH, abs=0.015)


def coverage(worlds: range, n: int) -> np.ndarray:
    hits = []
    for seed in worlds:
        bootstrap = Bootstrap(seed=seed, replicates=400)
        result = path_model(answers(seed, n), blocks=BLOCKS, paths=PATHS, modes=MODES, bootstrap=bootstrap)
        intervals = [path.interval for path in result.paths]
        hits.append([i is not None and i.lower <= t <= i.upper for i, t in zip(intervals, TRUTH, strict=True)])
    return np.mean(hits, axis=0)


def test_interval_covers_the_truth_in_few_worlds() -> None:
    assert 0.88 <= coverage(range(40), 300).mean() <= 0.99


@pytest.mark.slow
def test_interval_covers_the_truth() -> None:
    covered = coverage(range(5000, 5600), 500)
    assert 0.93 <= covered.mean() <= 0.97
    assert np.all(np.abs(covered - 0.95) < 0.03)


# Intervals


def test_bootstrap_equals_refitting_resampled_rows() -> None:
    data = answers(5, 80)
    result = path_model(
        data, blocks=BLOCKS, paths=PATHS, modes=MODES, bootstrap=Bootstrap(seed=4, replicates=20, confidence_level=0.8)
    )
    random = np.random.default_rng(4)
    refits = [slow_fit(data[random.integers(80, size=80)], BLOCKS, PATHS, MODES, "path")[0] for _ in range(20)]
    for path in result.paths:
        values = [refit[path.source, path.target] for refit in refits]
        assert path.interval is not None
        assert tuple(path.interval) == pytest.approx(np.quantile(values, [0.1, 0.9]), abs=1e-5)
    assert (result.bootstraps, result.bootstraps_used, result.confidence_level) == (20, 20, 0.8)


def test_scores_keep_their_side_in_every_sample() -> None:
    # Two items that contradict each other: the sum of loadings is near 0, and its sign a matter of chance.
    random = np.random.default_rng(0)
    mood = random.normal(size=400)
    data = np.column_stack([
        mood + random.normal(size=400),
        -mood + random.normal(size=400),
        mood + random.normal(size=400),
        mood + random.normal(size=400),
    ])  # fmt: skip
    result = path_model(
        data,
        blocks={"mood": [0, 1], "outcome": [2, 3]},
        paths=[("mood", "outcome")],
        bootstrap=Bootstrap(seed=1, replicates=200),
    )
    interval = result.paths[0].interval
    assert interval is not None
    assert interval.upper - interval.lower < 0.3
    assert interval.lower * interval.upper > 0


def test_samples_in_which_an_item_does_not_vary_are_left_out_and_counted() -> None:
    data = answers(6, 60)
    data[:, 4] = np.arange(60) < 2
    result = path_model(data, blocks=BLOCKS, paths=PATHS, bootstrap=Bootstrap(seed=1, replicates=200))
    assert 150 < result.bootstraps_used < 200
    data[:, 4] = np.arange(60) < 1
    data[:, 9] = np.arange(60) == 30
    refused(TooFewObservations, "too few of the samples", data, bootstrap=Bootstrap(seed=1, replicates=200))


def test_repeated_customers_widen_the_interval() -> None:
    data = np.repeat(answers(6, 60), 5, axis=0)
    who = np.repeat(np.arange(60), 5)

    def width(bootstrap: Bootstrap) -> float:
        interval = path_model(data, blocks=BLOCKS, paths=PATHS, bootstrap=bootstrap).paths[0].interval
        assert interval is not None
        return interval.upper - interval.lower

    clustered = path_model(data, blocks=BLOCKS, paths=PATHS, bootstrap=Bootstrap(seed=1, units=who))
    assert (clustered.n, clustered.n_units) == (300, 60)
    assert width(Bootstrap(seed=1, units=who)) > 1.7 * width(Bootstrap(seed=1))


def test_same_seed_same_intervals() -> None:
    first, second, other = (
        path_model(answers(2, 60), blocks=BLOCKS, paths=PATHS, bootstrap=Bootstrap(seed=seed, replicates=50)).paths
        for seed in (1, 1, 2)
    )
    assert first == second != other


# Missing answers and weights


def holes(data: np.ndarray, seed: int) -> np.ndarray:
    return np.where(np.random.default_rng(seed).random(data.shape) < 0.15, np.nan, data)


def filled(data: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(data), np.nanmean(data, axis=0), data)


def test_a_missing_answer_takes_the_mean() -> None:
    data = holes(answers(7, 200), 1)
    result = path_model(data, blocks=BLOCKS, paths=PATHS, modes=MODES)
    assert_same_fit(result, slow_fit(filled(data), BLOCKS, PATHS, MODES, "path"))
    missing = [item.n_missing for construct in result.constructs for item in construct.items]
    assert missing == np.isnan(data).sum(axis=0).tolist()
    assert [item.mean for item in result.constructs[0].items] == pytest.approx(np.nanmean(data[:, :3], axis=0))


def test_each_sample_drawn_takes_its_own_mean() -> None:
    data = holes(answers(8, 90), 2)
    result = path_model(data, blocks=BLOCKS, paths=PATHS, bootstrap=Bootstrap(seed=9, replicates=20))
    random = np.random.default_rng(9)
    refits = [slow_fit(filled(data[random.integers(90, size=90)]), BLOCKS, PATHS, {}, "path")[0] for _ in range(20)]
    for path in result.paths:
        assert path.interval is not None
        ends = np.quantile([refit[path.source, path.target] for refit in refits], [0.025, 0.975])
        assert tuple(path.interval) == pytest.approx(ends, abs=1e-5)


def test_rows_without_any_answer_are_left_out_and_counted() -> None:
    data = answers(7, 100)
    data[:3] = np.nan
    result = path_model(data, blocks=BLOCKS, paths=PATHS)
    assert (result.n, result.n_empty) == (97, 3)
    assert result.paths == path_model(data[3:], blocks=BLOCKS, paths=PATHS).paths


def test_weights_count_as_repeated_rows() -> None:
    data, times = answers(9, 80), np.random.default_rng(0).integers(0, 4, 80)
    weighted = path_model(data, blocks=BLOCKS, paths=PATHS, weights=times)
    repeated = path_model(np.repeat(data, times, axis=0), blocks=BLOCKS, paths=PATHS)
    assert [p.value for p in weighted.paths] == pytest.approx([p.value for p in repeated.paths], abs=1e-7)
    assert weighted.n == int((times > 0).sum())


# The index and the scores


def test_index_is_the_weighted_mean_on_the_scale() -> None:
    data = np.clip(np.round(answers(4, 200)), 1, 10)
    result = path_model(data, blocks=BLOCKS, paths=PATHS, scale=(1, 10), bootstrap=Bootstrap(seed=1, replicates=50))
    for name, items in BLOCKS.items():
        construct = result.construct(name)
        raw = np.array([item.weight for item in construct.items]) / data[:, items].std(axis=0)
        # Fornell et al. (1996): (sum w mean - sum w lowest) / (sum w (highest - lowest)) x 100
        expected = 100 * (raw @ data[:, items].mean(axis=0) - raw.sum() * 1) / (raw.sum() * 9)
        assert construct.index == pytest.approx(expected, abs=1e-9)
        assert construct.index_interval is not None
        assert construct.index_interval.lower < expected < construct.index_interval.upper
    assert result.construct("return").index == pytest.approx(100 * (data[:, 9].mean() - 1) / 9)
    assert path_model(data, blocks=BLOCKS, paths=PATHS).construct("return").index is None


def test_no_index_where_a_better_answer_would_lower_it() -> None:
    data = np.clip(np.round(answers(4, 200)), 1, 10)
    data[:, 0] = 11 - data[:, 0]  # asked the other way round, and not turned
    assert path_model(data, blocks=BLOCKS, paths=PATHS, scale=(1, 10)).construct("offer").index is None


def test_scores_have_variance_one_and_the_correlations_said() -> None:
    data = holes(answers(4, 200), 3)
    result = path_model(data, blocks=BLOCKS, paths=PATHS)
    scores = result.scores(data)
    assert scores.mean(axis=0) == pytest.approx(np.zeros(4), abs=1e-9)
    assert scores.std(axis=0) == pytest.approx(np.ones(4), abs=1e-9)
    assert np.corrcoef(scores.T) == pytest.approx(result.correlations, abs=1e-9)
    target = scores[:, 2]
    rest = target - scores[:, :2] @ np.linalg.lstsq(scores[:, :2], target, rcond=None)[0]
    assert result.construct("satisfaction").r_squared == pytest.approx(1 - rest @ rest / (target @ target))


# Invariants


@given(seed=st.integers(0, 1000), scheme=st.sampled_from(SCHEMES), scale=st.floats(0.1, 50), shift=st.floats(-50, 50))
@settings(max_examples=cases(10))
def test_neither_order_nor_units_matter(seed: int, scheme: str, scale: float, shift: float) -> None:
    data = answers(seed, 60)
    random = np.random.default_rng(seed)
    first = path_model(data, blocks=BLOCKS, paths=PATHS, scheme=scheme)
    names = random.permutation(list(BLOCKS))
    moved = path_model(
        random.permutation(data) * np.linspace(1, scale, 10) + shift,
        blocks={name: BLOCKS[name][::-1] for name in names},
        paths=PATHS,
        scheme=scheme,
    )
    assert [p.value for p in moved.paths] == pytest.approx([p.value for p in first.paths], abs=1e-5)
    for construct in first.constructs:
        weights = [item.weight for item in moved.construct(construct.name).items[::-1]]
        assert [item.weight for item in construct.items] == pytest.approx(weights, abs=1e-4)


def test_paths_may_come_as_lists_from_a_file() -> None:
    listed = path_model(answers(4, 100), blocks=BLOCKS, paths=[list(path) for path in PATHS])
    assert listed.paths == path_model(answers(4, 100), blocks=BLOCKS, paths=PATHS).paths


def test_total_effects_add_up_all_ways() -> None:
    result = path_model(answers(4, 200), blocks=BLOCKS, paths=PATHS)
    path = {(p.source, p.target): p.value for p in result.paths}
    total = {(e.source, e.target): e.value for e in result.total_effects}
    through = path["offer", "satisfaction"] * path["satisfaction", "return"]
    assert total["offer", "return"] == pytest.approx(path["offer", "return"] + through)
    assert total["staff", "return"] == pytest.approx(path["staff", "satisfaction"] * path["satisfaction", "return"])
    assert len(total) == 5


def test_mode_b_has_no_reliability_and_a_single_item_agrees_with_itself() -> None:
    result = path_model(answers(4, 200), blocks=BLOCKS, paths=PATHS, modes=MODES)
    assert result.construct("staff").reliability is None
    single = result.construct("return").reliability
    assert single is not None
    assert (single.alpha, single.rho_a, single.composite, single.average_variance) == (1, 1, 1, 1)


def test_twin_items_in_mode_b_share_the_weight() -> None:
    data = answers(4, 200)
    data[:, 4] = data[:, 3]
    items = path_model(data, blocks=BLOCKS, paths=PATHS, modes=MODES).construct("staff").items
    assert items[0].weight == pytest.approx(items[1].weight, abs=1e-6)


# Refusals


def refused(kind: type[Exception], said: str, data: np.ndarray | None = None, **change: object) -> None:
    model: dict[str, object] = {"blocks": BLOCKS, "paths": PATHS} | change
    with pytest.raises(kind, match=said):
        path_model(answers(1, 60) if data is None else data, **model)  # pyright: ignore[reportArgumentType]


def test_a_diagram_that_is_none() -> None:
    refused(ValueOutOfRange, "'offer' has no items", blocks=BLOCKS | {"offer": []})
    refused(ValueOutOfRange, "no constructs", blocks={})
    refused(ValueOutOfRange, "item is used twice", blocks=BLOCKS | {"offer": [0, 1, 3]})
    refused(ValueOutOfRange, "not a column", blocks=BLOCKS | {"offer": [0, 99]})
    refused(ValueOutOfRange, "in a circle", paths=[*PATHS, ("return", "staff")])
    refused(ValueOutOfRange, "in a circle", paths=[*PATHS, ("offer", "offer")])
    refused(ValueOutOfRange, "path is given twice", paths=[*PATHS, PATHS[0]])
    refused(ValueOutOfRange, "to or from the construct 'staff'", paths=[PATHS[0], PATHS[2]])
    refused(UnknownName, "no construct called 'stuff'", paths=[*PATHS, ("stuff", "return")])
    refused(UnknownName, "no construct called 'stuff'", modes={"stuff": "B"})
    refused(ValueOutOfRange, "mode of the construct 'staff'", modes={"staff": "C"})
    refused(ValueOutOfRange, "scheme is not known", scheme="horst")
    with pytest.raises(UnknownName):
        path_model(answers(1, 60), blocks=BLOCKS, paths=PATHS).construct("stuff")


def test_answers_that_do_not_do() -> None:
    data = answers(1, 60)
    flat, silent = data.copy(), data.copy()
    flat[:, 4] = 7
    silent[:50, 4] = np.nan
    refused(ValueOutOfRange, "same answer to the item in column 4", flat)
    refused(TooFewObservations, "did not answer the item in column 4", silent)
    refused(TooFewObservations, "Too few people", data[:12])
    refused(TooFewObservations, "Too few people", np.full((50, 10), np.nan))
    refused(ValueOutOfRange, "not a table", data[:, 0])
    refused(ValueOutOfRange, "off the scale", scale=(1, 5))
    refused(ValueOutOfRange, "no length", scale=(10, 1))
    refused(ValueOutOfRange, "infinite", np.where(data > data.max() - 1e-9, np.inf, data))
    refused(ValueOutOfRange, "setting of the bootstrap", bootstrap=Bootstrap(seed=1, replicates=5))
    refused(TooFewObservations, "too few answers", bootstrap=Bootstrap(seed=1, units=np.arange(60) % 10))
    wide = np.random.default_rng(0).normal(size=(30, 31))
    refused(
        TooFewObservations,
        "too few answers",
        wide,
        blocks={"a": list(range(30)), "b": [30]},
        paths=[("a", "b")],
        modes={"a": "B"},
    )


def test_constructs_that_have_nothing_to_do_with_each_other() -> None:
    grid = np.array([[i, j] for i in range(5) for j in range(5)], dtype=float)
    refused(
        ValueOutOfRange, "did not settle", grid, blocks={"a": [0], "b": [1]}, paths=[("a", "b")], scheme="factorial"
    )


def test_weights_that_do_not_settle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(path_algorithm, "MAX_ITERATIONS", 1)
    refused(ValueOutOfRange, "did not settle")
