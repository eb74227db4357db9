"""Every column of the table of experience against loops over the rows of small random companies."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from promesa.experience import Lived, lived
from promesa.measures import ask
from promesa.workspace import DriverSettings, Label, Outcome, Studies
from tests.experience import reference
from tests.measures.companies import Company, company
from tests.measures.plain import WINDOWS, World, window_of
from tests.measures.test_persons import joined

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.engine import Engine
    from promesa.workspace.studies import JourneyUnit


def outcome(kind: Any, **given: Any) -> Outcome:
    """Return an outcome of a kind."""
    return Outcome(name=kind, label=Label(es=kind, en=kind), kind=kind, **given)


OUTCOMES = [
    outcome("score", concept="csat"), outcome("score", concept="ces"), outcome("score", concept="nps"),
    outcome("promoter", concept="nps"), outcome("promoter", concept="ces"), outcome("promoter", concept="csat"),
    outcome("complaint", touchpoints=("support",)), outcome("complaint", touchpoints=("pickup", "browse")),
    outcome("return"), outcome("return", within_days=200), outcome("revenue", within_days=120), outcome("margin"),
]  # fmt: skip
UNITS: list[JourneyUnit] = ["journey", "month", "quarter", "year"]
BEHIND = ("price", "channel", "season", "tenure", "earlier_orders", "product", "region", "segment")
LIKE_ANOTHER = {2, 4, 5, 7}  # the same kind of outcome, of another concept or touchpoint
CASES = [
    pytest.param(
        seed, one, UNITS[(seed + seed // 4) % 4], marks=[pytest.mark.slow] if seed in LIKE_ANOTHER or seed >= 12 else []
    )
    for seed, one in enumerate(OUTCOMES * 4)
]


def with_settings(small: Company, **settings: Any) -> Company:
    """Return a company with settings of its drivers."""
    given: Any = {"confounders": BEHIND, **settings}
    studies = Studies(drivers=DriverSettings(**given))
    model = replace(small.workspace.model, studies=studies)
    return replace(small, workspace=replace(small.workspace, model=model))


def look(small: Company, one: Outcome, folder: Path, engine: Engine, **window: Any) -> Lived:
    """Return the table of one outcome."""
    facts = small.facts(folder, engine=engine)
    return lived(ask(small.workspace, facts=facts, **window), one)


def same(found: Any, expected: Any) -> bool:
    """Tell whether two columns hold the same numbers; nothing is NaN."""
    return np.allclose(
        np.array(found, dtype=float), np.array([np.nan if v is None else v for v in expected], dtype=float),
        rtol=1e-9, atol=1e-9, equal_nan=True,
    )  # fmt: skip


def assert_as_loops_say(found: Lived, rows: reference.Lived, one: Outcome) -> None:
    """Fail unless a table is the one that the loops give."""
    keys = sorted(rows)
    assert found.units.tolist() == keys
    assert found.customers.tolist() == [rows[key]["customer"] for key in keys]
    assert same(found.came, [rows[key]["came"] for key in keys])
    _assert_features(found, rows, one)
    _assert_behind(found, rows)
    served: dict[Any, list[Any]] = {
        (column, name): [rows[key][f"{column}_of_{name}"] for key in keys]
        for column in ("channel", "supplier")
        for name in reference.TOUCHPOINTS
    }
    several = {key for key, who in served.items() if len({one for one in who if one is not None}) > 1}
    assert {key for key, (codes, _) in found.served.items() if np.unique(codes[codes >= 0]).size > 1} == several
    for key, (codes, levels) in found.served.items():
        assert [levels[code] if code >= 0 else None for code in codes] == served[key]


def _assert_features(found: Lived, rows: reference.Lived, one: Outcome) -> None:
    every = [*found.features, *(refusal.feature for refusal in found.refused)]
    columns = {feature.column: feature.touchpoints for feature in every}
    names = {
        *(f"e_{name}" for name in reference.ELEMENTS),
        *(f"m_{name}" for name in reference.TOUCHPOINTS),
        *("p_arrives", "p_in_time", "p_quick", "p_unmade"),
    }
    assert columns.keys() == names
    assert len(every) == len(names)
    by_time = {
        refusal.feature.column: (refusal.reason, refusal.rows)
        for refusal in found.refused
        if refusal.reason in ("is-the-outcome", "after-the-outcome")
    }
    assert by_time == reference.refused(rows, one, columns)
    for k, feature in enumerate(found.features):
        expected = [row[feature.column] for _, row in sorted(rows.items())]
        assert same(found.values[:, k], expected), feature.column


def _assert_behind(found: Lived, rows: reference.Lived) -> None:
    keys = sorted(rows)
    for name in ("channel", "season", "product", "region", "segment"):
        codes, levels = found.groups[name]
        assert levels == sorted(levels)
        assert [levels[code] if code >= 0 else None for code in codes] == [rows[key][name] for key in keys]
    expected = [
        column
        for name in ("price", "tenure", "earlier_orders")
        for column in reference.scaled([rows[key][name] for key in keys])
    ]
    numbers = [k for k, c in enumerate(found.confounders) if c.name in ("price", "tenure", "earlier_orders")]
    assert len(numbers) == len(expected)
    for k, column in zip(numbers, expected, strict=True):
        assert same(found.behind[:, k], column), found.confounders[k]
    assert found.behind.shape == (found.n, len(found.confounders))
    assert not np.isnan(found.behind).any()
    for k, confounder in enumerate(found.confounders):
        if confounder.name in found.groups and confounder.level not in ("other", "not stated"):
            said = [float(rows[key][confounder.name] == confounder.level) for key in keys]
            assert found.behind[:, k].tolist() == said


@pytest.mark.parametrize(("seed", "one", "unit"), CASES, ids=str)
def test_lived(tmp_path: Path, duckdb: Engine, seed: int, one: Outcome, unit: JourneyUnit) -> None:
    small = with_settings(company(tmp_path, seed=seed), unit=unit)
    since, until = WINDOWS[(seed // 2) % 4]
    first, last = window_of(small, since, until)
    found = look(small, one, tmp_path, duckdb, since=since, until=until, by="region")
    rows, unknown = reference.table(World(small, since=first, until=last), one, unit=unit)
    assert rows
    assert (found.n_units, found.n_unknown, found.share) == (len(rows), unknown, 1.0)
    assert_as_loops_say(found, rows, one)


@pytest.mark.parametrize(
    ("number", "unit"),
    [
        (0, "journey"),
        (6, "quarter"),
        (8, "journey"),
        *(pytest.param(*one, marks=pytest.mark.slow) for one in [(0, "quarter"), (6, "journey"), (8, "quarter")]),
        *(pytest.param(11, unit, marks=pytest.mark.slow) for unit in ("journey", "quarter")),
    ],
)
def test_linked_records_are_one_customer_and_paused_ones_are_not_seen(
    tmp_path: Path, duckdb: Engine, number: int, unit: JourneyUnit
) -> None:
    with_links, plain = joined(company(tmp_path, seed=20 + number))
    found = look(with_settings(with_links, unit=unit), OUTCOMES[number], tmp_path, duckdb)
    rows, unknown = reference.table(World(with_settings(plain, unit=unit)), OUTCOMES[number], unit=unit)
    assert found.n_unknown == unknown
    assert_as_loops_say(found, rows, OUTCOMES[number])


def test_the_order_of_rows_makes_no_difference(tmp_path: Path, duckdb: Engine) -> None:
    small = with_settings(company(tmp_path, seed=5))
    other = small.with_tables(**{name: rows[::-1] for name, rows in small.tables.items()})
    for one in (OUTCOMES[0], OUTCOMES[11]):
        here, there = (look(each, one, tmp_path, duckdb) for each in (small, other))
        assert here.units.tolist() == there.units.tolist()
        assert same(here.came, there.came)
        assert np.allclose(here.values, there.values, equal_nan=True)
        assert np.array_equal(here.behind, there.behind)


@pytest.mark.parametrize(
    ("number", "most"), [(0, 8), (6, 40), *(pytest.param(*one, marks=pytest.mark.slow) for one in [(0, 15), (8, 25)])]
)
def test_a_sample_is_of_whole_customers(tmp_path: Path, duckdb: Engine, number: int, most: int) -> None:
    one = OUTCOMES[number]
    with_links, plain = joined(company(tmp_path, seed=31))
    small = with_settings(with_links, most_rows=most)
    found = look(small, one, tmp_path, duckdb)
    rows, unknown = reference.table(World(with_settings(plain)), one)
    assert (found.n_units, found.n_unknown) == (len(rows), unknown)
    assert found.share == pytest.approx(most / len(rows), abs=1e-6)
    drawn = {key: row for key, row in rows.items() if row["customer"] % reference.PARTS < found.share * reference.PARTS}
    assert 0 < len(drawn) < len(rows)
    assert_as_loops_say(found, drawn, one)
    again = look(small, one, tmp_path, duckdb)
    assert again.units.tolist() == found.units.tolist()


@pytest.mark.parametrize("empty", ["moments", "orders", "opinions", "profiles"])
def test_what_is_empty_breaks_nothing(tmp_path: Path, duckdb: Engine, empty: str) -> None:
    small = with_settings(company(tmp_path, seed=7).with_tables(**{empty: []}))
    for one in (OUTCOMES[0], OUTCOMES[6], OUTCOMES[8]):
        rows, unknown = reference.table(World(small), one)
        found = look(small, one, tmp_path, duckdb)
        assert (found.n, found.n_unknown) == (len(rows), unknown)
        assert found.values.shape == (found.n, len(found.features))
        if rows:
            assert_as_loops_say(found, rows, one)


def test_more_promises_than_the_engine_holds_tables(tmp_path: Path, duckdb: Engine) -> None:
    small = with_settings(company(tmp_path, seed=3))
    promises = {f"quick_{k}": replace(small.workspace.model.promises["quick"], name=f"quick_{k}") for k in range(30)}
    model = replace(small.workspace.model, promises=promises)
    many = replace(small, workspace=replace(small.workspace, model=model))
    one = OUTCOMES[8]
    found, alone = look(many, one, tmp_path, duckdb), look(small, one, tmp_path, duckdb)
    for name in promises:
        assert np.array_equal(found.column(name), alone.column("quick"), equal_nan=True)


def test_tables_are_kept_until_they_take_too_much(
    tmp_path: Path, duckdb: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    from promesa.experience import lived as room

    small = with_settings(company(tmp_path, seed=3))
    question = ask(small.workspace, facts=small.facts(tmp_path, engine=duckdb))
    first = lived(question, OUTCOMES[8])
    assert lived(question, OUTCOMES[8]) is first
    assert lived(replace(question, by=("region",)), OUTCOMES[8]) is first
    second = lived(question, OUTCOMES[9])
    assert second is not first
    assert lived(replace(question, until=reference.datetime(2018, 3, 1)), OUTCOMES[8]) is not first
    assert lived(question, OUTCOMES[8]) is first
    other = replace(question, facts=replace(question.facts, as_of=reference.datetime(2018, 6, 1)))
    assert lived(other, OUTCOMES[8]).n < first.n
    model = replace(small.workspace.model, return_within_days=7)
    shorter = replace(question, facts=replace(question.facts, workspace=replace(small.workspace, model=model)))
    assert lived(shorter, OUTCOMES[8]).came.sum() < first.came.sum()
    import sys

    monkeypatch.setattr(sys.modules[room.__module__], "MOST_KEPT", 1)
    lived(question, OUTCOMES[9])
    assert len(question.facts.kept["lived"]) == 1  # type: ignore[arg-type]
