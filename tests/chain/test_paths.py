"""Index surveys through the fact tables: SmartPLS, an independent fit on the rows, invariants, edges."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING

import numpy as np
import pytest

from promesa import chain, words
from promesa.chain import path_sheets
from promesa.errors import UnknownName, WorkspaceInvalid
from tests.chain.index_surveys import BARE, ITEMS, SMALL, T0, Declared, answers, asked, european, later, opinions
from tests.measures.companies import Company, workspace_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from promesa.chain import Paths
    from promesa.engine import Engine
    from promesa.results import Estimate
    from tests.chain.index_surveys import European, Row

Pair = tuple[str, str]


@pytest.fixture(scope="module")
def survey(real_data: Callable[[str], Path]) -> European:
    return european(real_data("ecsi"))


@pytest.fixture(scope="module")
def ecsi(survey: European, duckdb: Engine, tmp_path_factory: pytest.TempPathFactory) -> Paths:
    rows = opinions(survey.items, survey.answers)
    return asked(tmp_path_factory.mktemp("ecsi"), duckdb, survey.declared, rows)


def values(found: Paths, measure: str, first: str, second: str) -> dict[Pair, float | None]:
    return {
        (str(e.dimensions[first]), str(e.dimensions[second])): e.estimate
        for e in found.estimates
        if e.measure == measure
    }


def one(found: Paths, measure: str, **where: str | None) -> Estimate:
    figure = found.find(measure, **where)
    assert figure is not None, f"no {measure} of {where}"
    return figure


# SmartPLS


@pytest.mark.realdata
def test_effects_equal_smartpls(survey: European, ecsi: Paths) -> None:
    for measure, table in (("path", "pathCoefficients"), ("total_effect", "totalEffects")):
        found = values(ecsi, measure, "construct", "target")
        assert found == pytest.approx(survey.smartpls(table), abs=2e-6)
    assert one(ecsi, "r_squared", construct="satisfaction").estimate == pytest.approx(0.681, abs=5e-4)
    assert one(ecsi, "r_squared", construct="loyalty").estimate == pytest.approx(0.457, abs=5e-4)


@pytest.mark.realdata
def test_weights_and_loadings_equal_smartpls(survey: European, ecsi: Paths) -> None:
    assert values(ecsi, "weight", "item", "construct") == pytest.approx(survey.smartpls("outerWeights"), abs=2e-6)
    loadings = values(ecsi, "loading", "item", "construct") | values(ecsi, "cross_loading", "item", "construct")
    assert loadings == pytest.approx(survey.smartpls("crossLoadings"), abs=2e-6)


@pytest.mark.realdata
def test_the_summary_is_what_a_manager_reads_aloud(ecsi: Paths) -> None:
    assert ecsi.summary("en").startswith("satisfaction stands at 72 of 100 (71 to 74; 250 answer sheets). What goes")
    assert "quality 0.62 (0.48 to 0.74), then expectation 0.42" in ecsi.summary("en")
    assert ecsi.summary("en").endswith("the arrows are assumed, not proven.")
    assert ecsi.summary("es").startswith("satisfaction (es): 72 de 100 (de 71 a 74; 250 cuestionarios). Lo que")
    assert "quality (es) 0,62 (de 0,48 a 0,74)" in ecsi.summary("es")


@pytest.mark.realdata
def test_every_row_has_its_interval_and_evidence(ecsi: Paths) -> None:
    with_ends = {"index_score", "r_squared", "path", "total_effect", "weight", "loading"}
    for e in ecsi.estimates:
        assert (e.n, e.n_missing, e.note) == (250, 0, None)
        assert (e.lower is not None) == (e.measure in with_ends)
        assert e.estimate is not None
        assert e.lower is None or e.upper is None or e.lower <= e.estimate <= e.upper
        assert e.evidence == ("associated" if e.measure in {"path", "total_effect", "r_squared"} else "described")
    assert ecsi.dimensions == ("index", "construct", "target", "item")
    quality = one(ecsi, "index_score", construct="quality")
    effect = one(ecsi, "total_effect", construct="quality", target="loyalty")
    assert quality.extra["importance"] == effect.estimate
    assert (quality.extra["importance_lower"], quality.extra["importance_upper"]) == (effect.lower, effect.upper)
    assert quality.extra["importance_for"] == "loyalty"
    assert one(ecsi, "index_score", construct="loyalty").extra["importance"] is None
    # Seminr and SmartPLS agree on Cronbach's alpha of the five image items.
    assert one(ecsi, "alpha", construct="image").estimate == pytest.approx(0.7228, abs=5e-5)
    assert ecsi.find("alpha", construct="complaints") is None


# An independent fit: rows in, regressions and correlations of standardised scores, nothing of promesa


def plain_fit(data: dict[str, np.ndarray], declared: Declared) -> tuple[dict[Pair, float], dict[Pair, float]]:
    """Return path coefficients and outer weights by Wold's algorithm on the rows."""
    z = {item: (x - x.mean()) / x.std() for item, x in data.items()}
    blocks = {name: np.column_stack([z[item] for item in items]) for name, items in declared.blocks.items()}
    scores = {name: unit(block.sum(axis=1)) for name, block in blocks.items()}
    for _ in range(400):
        inner = {name: neighbourhood(name, scores, declared) for name in blocks}
        outer = {
            name: outer_weights(blocks[name], inner[name], (declared.modes or {}).get(name, "A")) for name in blocks
        }
        scores = {name: unit(blocks[name] @ outer[name]) for name in blocks}
    paths: dict[Pair, float] = {}
    weights: dict[Pair, float] = {}
    for name, block in blocks.items():
        turn = np.sign((block.T @ scores[name]).sum())
        scores[name] = turn * scores[name]
        own = np.linalg.lstsq(block, scores[name], rcond=None)[0]
        weights |= {(item, name): float(w) for item, w in zip(declared.blocks[name], own, strict=True)}
    for target in blocks:
        sources = [start for start, end in declared.arrows if end == target]
        if sources:
            b = regression(scores[target], [scores[s] for s in sources])
            paths |= {(s, target): float(v) for s, v in zip(sources, b, strict=True)}
    return paths, weights


def unit(x: np.ndarray) -> np.ndarray:
    return (x - x.mean()) / x.std()


def regression(y: np.ndarray, columns: list[np.ndarray]) -> np.ndarray:
    x = np.column_stack(columns)
    return np.linalg.solve(x.T @ x, x.T @ y)


def outer_weights(block: np.ndarray, inner: np.ndarray, mode: str) -> np.ndarray:
    covariance = block.T @ inner / len(inner)
    return covariance if mode == "A" else np.linalg.solve(block.T @ block / len(inner), covariance)


def neighbourhood(name: str, scores: dict[str, np.ndarray], declared: Declared) -> np.ndarray:
    before = [start for start, end in declared.arrows if end == name]
    after = [end for start, end in declared.arrows if start == name]
    r = {other: float(np.corrcoef(scores[name], scores[other])[0, 1]) for other in before + after}
    if declared.scheme == "centroid":
        weight = {other: np.sign(v) for other, v in r.items()}
    elif declared.scheme == "factorial":
        weight = r
    else:
        b = regression(scores[name], [scores[s] for s in before]) if before else []
        weight = {other: r[other] for other in after} | dict(zip(before, b, strict=True))
    return sum((w * scores[other] for other, w in weight.items()), np.zeros(len(scores[name])))


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("scheme", "modes"),
    [
        ("path", {}),
        pytest.param("centroid", {}, marks=pytest.mark.slow),
        pytest.param("factorial", {}, marks=pytest.mark.slow),
        ("path", {"image": "B", "quality": "B"}),
        pytest.param("centroid", {"satisfaction": "B"}, marks=pytest.mark.slow),
    ],
)
def test_a_bootstrapped_copy_equals_the_plain_fit(
    survey: European, duckdb: Engine, tmp_path: Path, scheme: str, modes: dict[str, str]
) -> None:
    drawn = survey.answers[np.random.default_rng(len(scheme) + len(modes)).integers(250, size=250)]
    declared = replace(survey.declared, scheme=scheme, modes=modes)
    found = asked(tmp_path, duckdb, declared, opinions(survey.items, drawn))
    paths, weights = plain_fit(dict(zip(survey.items, drawn.T, strict=True)), declared)
    assert values(found, "path", "construct", "target") == pytest.approx(paths, abs=1e-5)
    assert values(found, "weight", "item", "construct") == pytest.approx(weights, abs=1e-5)


def test_the_index_is_the_weighted_mean_on_0_to_100(duckdb: Engine, tmp_path: Path) -> None:
    data = answers(3)
    found = asked(tmp_path, duckdb, SMALL, opinions(ITEMS, data))
    _, weights = plain_fit(dict(zip(ITEMS, data.T, strict=True)), SMALL)
    for name, items in SMALL.blocks.items():
        columns = data[:, [ITEMS.index(item) for item in items]]
        raw = np.array([weights[item, name] for item in items]) / columns.std(axis=0)
        expected = 100 * (raw @ (columns.mean(axis=0) - 1)) / (6 * raw.sum())
        assert one(found, "index_score", construct=name).estimate == pytest.approx(expected, abs=1e-3)


# What no figure may depend on


def assert_equal(first: Paths, second: Paths) -> None:
    assert len(first.rows()) == len(second.rows())
    for a, b in zip(first.rows(), second.rows(), strict=True):
        assert a == pytest.approx(b, abs=1e-8)


def test_the_order_of_rows_does_not_matter(duckdb: Engine, tmp_path: Path) -> None:
    rows = opinions(ITEMS, answers(1))
    shuffled = Random(1).sample(rows, len(rows))
    assert_equal(asked(tmp_path, duckdb, SMALL, rows), asked(tmp_path, duckdb, SMALL, shuffled))


def test_a_question_answered_again_on_a_sheet_counts_once_by_its_last_answer(duckdb: Engine, tmp_path: Path) -> None:
    rows = opinions(ITEMS, answers(1))
    first = [{**row, "score": 8.0 - row["score"], "at": row["at"] - timedelta(hours=1)} for row in rows[:90]]
    assert_equal(asked(tmp_path, duckdb, SMALL, rows), asked(tmp_path, duckdb, SMALL, [*rows, *first]))
    silent = [later(row, score=None) for row in rows[:30]]
    assert_equal(asked(tmp_path, duckdb, SMALL, rows), asked(tmp_path, duckdb, SMALL, [*silent, *rows]))


def test_loading_again_changes_nothing_and_a_correction_counts_once(tmp_path: Path, duckdb: Engine) -> None:
    from promesa.store import load

    data = answers(2, 60)
    workspace = workspace_of(tmp_path, min_group=20, min_cell=5, model=SMALL.model())
    settings = workspace.root / "promesa.toml"
    settings.write_text(f'{settings.read_text()}\n[sources.sheets]\npath = "sheets.csv"\n')
    unpivot = " UNION ALL ".join(
        f"SELECT client || '-{item}' AS id, asked AS at, client AS customer, '{item}' AS concept, {item} AS score,"
        " asked AS asked_at FROM sheets"
        for item in ITEMS
    )
    (workspace.root / "load").mkdir()
    (workspace.root / "load" / "opinions.sheets.sql").write_text(unpivot)

    def loaded(table: np.ndarray) -> Paths:
        from promesa.workspace import open_workspace

        lines = [f"C{k:03},2018-06-01 15:00,{','.join(f'{v:.0f}' for v in row)}" for k, row in enumerate(table)]
        (workspace.root / "sheets.csv").write_text("\n".join([",".join(["client", "asked", *ITEMS]), *lines]))
        opened = open_workspace(workspace.root)
        load(opened, recorded_at=T0 + timedelta(days=300, minutes=len(done)))
        done.append(1)
        return chain.paths(opened)

    done: list[int] = []
    first, again = loaded(data), loaded(data)
    assert_equal(first, again)
    assert one(first, "index_score", construct="staff").n == 60
    corrected = data.copy()
    corrected[:20, 0] = 8 - corrected[:20, 0]
    changed, straight = loaded(corrected), asked(tmp_path, duckdb, SMALL, opinions(ITEMS, corrected))
    assert one(changed, "index_score", construct="staff").n == 60
    for measure in ("path", "total_effect"):
        assert values(changed, measure, "construct", "target") == pytest.approx(
            values(straight, measure, "construct", "target"), abs=1e-8
        )
    assert values(changed, "path", "construct", "target") != values(first, "path", "construct", "target")


# What stands on one sheet, and on which scale


def test_a_customer_asked_twice_has_two_sheets_and_is_one_unit(duckdb: Engine, tmp_path: Path) -> None:
    data = answers(4, 60)
    rows = opinions(ITEMS, data)
    by_day = [*rows, *({**row, "at": row["at"] - timedelta(days=2)} for row in rows)]
    by_journey = [{**row, "journey": journey} for row in rows for journey in ("J1", "J2")]
    by_survey = [{**row, "survey": name} for row in rows for name in (None, "again")]
    by_asking = [{**row, "asked_at": T0 - timedelta(days=days)} for row in rows for days in (3, 4)]
    single = one(asked(tmp_path, duckdb, SMALL, rows), "path", construct="staff")
    for twice in (by_day, by_journey, by_survey, by_asking):
        found = asked(tmp_path, duckdb, SMALL, twice)
        score = one(found, "index_score", construct="staff")
        assert (score.n, score.extra["customers"]) == (120, 60)
        path = one(found, "path", construct="staff")
        # The same answers of the same people twice say nothing new: estimate and interval stay.
        assert path.estimate == pytest.approx(single.estimate, abs=1e-6)
        assert (path.lower, path.upper) == pytest.approx((single.lower, single.upper), abs=1e-6)


def test_a_sheet_without_a_customer_is_known_by_its_journey(duckdb: Engine, tmp_path: Path) -> None:
    rows = opinions(ITEMS, answers(4))
    nameless = [{**row, "journey": f"R{row['customer']}", "customer": None} for row in rows]
    found = asked(tmp_path, duckdb, SMALL, nameless)
    score = one(found, "index_score", construct="staff")
    assert (score.n, score.extra["customers"], score.extra["unplaced"]) == (120, 120, 0)
    named = asked(tmp_path, duckdb, SMALL, rows)
    assert values(found, "path", "construct", "target") == pytest.approx(
        values(named, "path", "construct", "target"), abs=1e-8
    )
    lost = [{**row, "customer": None} for row in rows]
    assert one(asked(tmp_path, duckdb, SMALL, lost), "index_score").note == "no-sheets"
    partly = asked(tmp_path, duckdb, SMALL, [*rows, *lost[:7]])
    assert one(partly, "index_score").extra["unplaced"] == 7


def test_scales_and_directions_make_no_difference(duckdb: Engine, tmp_path: Path) -> None:
    rows = opinions(ITEMS, answers(5))
    first = asked(tmp_path, duckdb, SMALL, rows)
    concepts = {"quick": 'scale = [0, 60]\nbetter = "less"', "clean": "scale = [0, 1]"}
    turned = {"quick": lambda s: 70 - 10 * s, "clean": lambda s: (s - 1) / 6}
    other = [{**row, "score": turned.get(row["concept"], float)(row["score"])} for row in rows]
    own_scale = [
        {**row, "scale_min": 10.0, "scale_max": 70.0, "score": 10 * row["score"]} if row["concept"] == "again" else row
        for row in other
    ]
    assert_equal(first, asked(tmp_path, duckdb, replace(SMALL, concepts=concepts), own_scale))


def test_an_item_asked_the_other_way_round_and_not_said_so_has_no_score(duckdb: Engine, tmp_path: Path) -> None:
    data = answers(5)
    data[:, ITEMS.index("met")] = 8 - data[:, ITEMS.index("met")]
    data[:, ITEMS.index("quick")] = 8 - data[:, ITEMS.index("quick")]
    found = asked(tmp_path, duckdb, SMALL, opinions(ITEMS, data))
    staff = one(found, "index_score", construct="staff")
    assert (staff.estimate, staff.lower, staff.note) == (None, None, "negative-weight")
    assert found.find("path", construct="staff") is not None


def test_only_the_survey_named_the_window_and_the_own_customers_count(duckdb: Engine, tmp_path: Path) -> None:
    rows = opinions(ITEMS, answers(6), survey="yearly")
    noise: list[Row] = []
    for change in (
        {"survey": "other"},
        {"at": T0 + timedelta(days=60)},
        {"audience": "employee"},
        {"brand": "Otra"},
        {"at": T0 + timedelta(days=5000)},
    ):
        noise += [{**row, "score": 8 - row["score"], "customer": row["customer"] + 999, **change} for row in rows]
    declared = replace(SMALL, more='survey = "yearly"')
    found = asked(tmp_path, duckdb, declared, [*rows, *noise], until="2018-07-01")
    assert_equal(asked(tmp_path, duckdb, declared, rows), found)


def test_missing_answers_are_counted_and_sheets_without_one_left_out(duckdb: Engine, tmp_path: Path) -> None:
    data = answers(7)
    data[:30, ITEMS.index("kind")] = np.nan
    asked_in_vain = [{"at": T0, "customer": 900 + k, "concept": "kind", "score": None} for k in range(11)]
    off_scale = [{"at": T0, "customer": 990, "concept": "kind", "score": 99.0}]
    found = asked(tmp_path, duckdb, SMALL, [*opinions(ITEMS, data), *asked_in_vain, *off_scale])
    kind = one(found, "loading", item="kind")
    assert (kind.n, kind.n_missing) == (90, 30)
    assert kind.extra["mean"] == pytest.approx(100 * (np.nanmean(data[:, 0]) - 1) / 6)
    path = one(found, "path", construct="staff")
    assert (path.n, path.n_missing) == (120, 12)


# More than fits


def few_rows(folder: Path, engine: Engine, rows: list[Row], most: int) -> Paths:
    workspace = workspace_of(folder, min_group=20, min_cell=5, model=SMALL.model())
    studies = workspace.model.studies
    cut = replace(studies, drivers=replace(studies.drivers, most_rows=most, bootstraps=50))
    workspace = replace(workspace, model=replace(workspace.model, studies=cut))
    small = Company(workspace=workspace, tables={"opinions": rows})
    return chain.paths(workspace, facts=small.facts(folder, engine=engine))


def test_above_most_rows_customers_are_drawn_and_it_is_said(duckdb: Engine, tmp_path: Path) -> None:
    chance = Random(5)
    who = [chance.getrandbits(62) for _ in range(1200)]
    rows = [{**row, "customer": who[row["customer"] - 1]} for row in opinions(ITEMS, answers(8, 1200))]
    nameless = [{**row, "customer": None, "journey": f"R{row['customer']}"} for row in rows]
    for asked_rows in (rows, nameless):
        found = few_rows(tmp_path, duckdb, asked_rows, 400)
        score = one(found, "index_score", construct="staff")
        assert score.extra["sheets"] == 1200
        assert 300 < score.n < 500
        assert f"{score.n} drawn of 1,200 answer sheets" in found.summary("en")
        assert f"{score.n} sorteados de 1.200 cuestionarios" in found.summary("es")
        assert_equal(found, few_rows(tmp_path, duckdb, Random(1).sample(asked_rows, len(asked_rows)), 400))


def test_many_customers_in_buckets_give_the_same_estimate_and_much_the_same_interval(
    duckdb: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = Random(6)
    who = [chance.getrandbits(62) for _ in range(1500)]
    rows = [{**row, "customer": who[row["customer"] - 1]} for row in opinions(ITEMS, answers(9, 1500))]
    each = one(asked(tmp_path, duckdb, SMALL, rows), "path", construct="staff")
    monkeypatch.setattr(path_sheets, "MOST_UNITS", 1000)
    monkeypatch.setattr(path_sheets, "BUCKETS", 400)
    together = asked(tmp_path, duckdb, SMALL, rows)
    path = one(together, "path", construct="staff")
    assert path.estimate == pytest.approx(each.estimate, abs=1e-9)
    assert each.lower is not None
    assert each.upper is not None
    assert path.lower is not None
    assert path.upper is not None
    assert path.upper - path.lower == pytest.approx(each.upper - each.lower, rel=0.25)
    assert one(together, "index_score").extra["customers"] == 1500


def test_an_interval_too_narrow_for_whole_points_is_said_with_a_decimal(duckdb: Engine, tmp_path: Path) -> None:
    found = asked(tmp_path, duckdb, SMALL, opinions(ITEMS, answers(9, 1500)))
    figure = one(found, "index_score", construct="loyalty")
    narrow = tuple(
        replace(e, lower=(e.estimate or 0) - 0.01, upper=(e.estimate or 0) + 0.01) if e is figure else e
        for e in found.estimates
    )
    said = replace(found, estimates=narrow).summary("en")
    assert f"{figure.estimate:.1f} of 100 ({figure.estimate - 0.01:.1f} to" in said


@pytest.mark.slow
@pytest.mark.spark
def test_spark_gives_the_same_rows(duckdb: Engine, spark: Engine, tmp_path: Path) -> None:
    chance = Random(7)
    who = [chance.getrandbits(62) for _ in range(90)]
    data = answers(10, 90)
    data[:25, 0] = np.nan
    rows = [{**row, "customer": who[row["customer"] - 1]} for row in opinions(ITEMS, data)]
    rows += [later(row, score=8 - row["score"]) for row in rows[:40]]
    rows += [{**row, "customer": None, "journey": f"R{k // 9}"} for k, row in enumerate(rows[:200])]
    rows += [{**row, "asked_at": T0 - timedelta(hours=11), "survey": "s"} for row in rows[300:500]]
    for most in (10_000, 60):
        here, there = (few_rows(tmp_path, engine, rows, most) for engine in (duckdb, spark))
        assert one(here, "path", construct="staff").n > 30
        assert_equal(here, there)


# Where there is no figure


def test_without_an_index_survey_it_says_how_to_declare_one(duckdb: Engine, tmp_path: Path) -> None:
    workspace = workspace_of(tmp_path, model=BARE)
    small = Company(workspace=workspace, tables={"moments": [{"at": T0, "customer": 1, "touchpoint": "browse"}]})
    found = chain.paths(workspace, facts=small.facts(tmp_path, engine=duckdb))
    assert found.rows() == []
    assert "[indices.NAME]" in found.summary("en")
    assert "[indices.NOMBRE]" in found.summary("es")
    assert found.chart("en") is None
    with pytest.raises(UnknownName):
        chain.paths(workspace, index="nothing", facts=small.facts(tmp_path, engine=duckdb))


def noted(found: Paths, note: str, measure: str = "index_score") -> None:
    rows = [e for e in found.estimates if e.note == note]
    assert [e.measure for e in rows] == [measure] * len(rows)
    assert rows
    assert all(e.estimate is None for e in rows)
    assert found.chart("en") is None or measure == "loading"
    for locale in ("es", "en"):
        assert words.knows(f"chain.paths.reason.{note}", locale)
        assert measure == "loading" or words.say(f"chain.paths.reason.{note}", locale) in found.summary(locale)


def test_too_few_answers_are_withheld_or_said(duckdb: Engine, tmp_path: Path) -> None:
    noted(asked(tmp_path, duckdb, SMALL, []), "no-data")
    noted(asked(tmp_path, duckdb, SMALL, opinions(ITEMS, answers(1, 4))), "withheld-small-cell")
    noted(asked(tmp_path, duckdb, SMALL, opinions(ITEMS, answers(1, 19))), "withheld-small-group")
    few = [
        {**row, "customer": row["customer"] % 15, "journey": str(row["customer"])}
        for row in opinions(ITEMS, answers(1))
    ]
    noted(asked(tmp_path, duckdb, SMALL, few), "too-few-answers")


def test_items_that_say_nothing_are_left_out_and_named(duckdb: Engine, tmp_path: Path) -> None:
    data = answers(2)
    data[:, ITEMS.index("kind")] = 4
    data[:, ITEMS.index("clean")] = np.nan
    data[5:, ITEMS.index("tell")] = np.nan
    found = asked(tmp_path, duckdb, SMALL, opinions(ITEMS, data))
    for item, note, n in (
        ("kind", "always-the-same", 120),
        ("clean", "never-answered", 0),
        ("tell", "mostly-not-answered", 5),
    ):
        noted(found, note, "loading")
        assert (one(found, "loading", item=item).n, one(found, "loading", item=item).n_missing) == (n, 120 - n)
        assert found.find("weight", item=item) is None
    kept = [item for item in ITEMS if item not in {"kind", "clean", "tell"}]
    blocks = {name: [item for item in items if item in kept] for name, items in SMALL.blocks.items()}
    without = asked(tmp_path, duckdb, replace(SMALL, blocks=blocks), opinions(ITEMS, data))
    assert values(found, "path", "construct", "target") == values(without, "path", "construct", "target")


def test_a_construct_that_nobody_answered(duckdb: Engine, tmp_path: Path) -> None:
    data = answers(2)
    data[:, 3:5] = np.nan
    found = asked(tmp_path, duckdb, SMALL, opinions(ITEMS, data))
    noted(found, "construct-not-measured")
    assert one(found, "index_score").dimensions["construct"] == "shop"
    assert found.summary("en").startswith("shop: ")


def test_weights_that_do_not_settle(duckdb: Engine, tmp_path: Path) -> None:
    grid = np.array([[i, j] for i in range(1, 6) for j in range(1, 6)], dtype=float)
    alone = Declared(blocks={"a": ["x"], "b": ["y"]}, arrows=[("a", "b")], scheme="factorial", scale=(1, 5))
    noted(asked(tmp_path, duckdb, alone, opinions(["x", "y"], grid)), "not-converged")


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"arrows": [*SMALL.arrows, ("loyalty", "staff")]}, "arrows"),
        ({"arrows": [*SMALL.arrows, ("staff", "staff")]}, "arrows"),
        ({"arrows": SMALL.arrows[:2]}, "constructs"),
        ({"blocks": {**SMALL.blocks, "shop": ["clean", "kind"]}}, "constructs"),
    ],
)
def test_a_diagram_that_is_none_cannot_be_opened(
    duckdb: Engine, tmp_path: Path, change: dict[str, object], key: str
) -> None:
    declared = replace(SMALL, **change)  # pyright: ignore[reportArgumentType]
    with pytest.raises(WorkspaceInvalid) as told:
        asked(tmp_path, duckdb, declared, opinions(ITEMS, answers(1)))
    assert all(mistake.key.startswith(f"indices.survey.{key}") for mistake in told.value.mistakes)


def test_the_goal_is_satisfaction_where_the_concepts_say_so_and_else_the_last(duckdb: Engine, tmp_path: Path) -> None:
    rows = opinions(ITEMS, answers(1))
    last = asked(tmp_path, duckdb, SMALL, rows)
    assert last.goals == (("survey", "loyalty"),)
    concepts = dict.fromkeys(("pleased", "met"), 'scale = [1, 7]\nlink = "satisfaction"')
    found = asked(tmp_path, duckdb, replace(SMALL, concepts=concepts), rows, index="survey")
    assert found.goals == (("survey", "satisfaction"),)
    assert found.summary("en").startswith("satisfaction stands at")
    effects = found.effects_on("survey", "satisfaction")
    assert [e.dimensions["construct"] for e in effects] == ["staff", "shop"]
    for locale in ("es", "en"):
        assert found.chart(locale) is not None
        assert found.to_document()["chart"]
