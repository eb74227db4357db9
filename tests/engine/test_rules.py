"""A company's SQL on each engine, and the engine's own errors."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from promesa.engine import Clock, Embedded, connect, offsets, rewritten_sql, when
from promesa.engine.connection import HELD
from promesa.errors import EngineError

if TYPE_CHECKING:
    from pathlib import Path

    import ibis

    from promesa.engine import Engine

CHANGES = offsets("Europe/Madrid", datetime(2016, 1, 1), datetime(2020, 1, 1))


def value_of(sql: str, *, promised: str) -> object:
    rewritten = rewritten_sql(sql, clock=Clock(CHANGES), dialect="duckdb")
    with Embedded() as engine:
        return engine.value(f'SELECT {rewritten} FROM (SELECT TIMESTAMP \'{promised}\' AS "promised", 3 AS "order")')


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("LOCAL_DAY(promised) = DATE '2018-07-01'", True),
        ("local_day(end_of_day(promised)) = local_day(promised)", True),
        ("end_of_day(promised + INTERVAL '1' DAY) - end_of_day(promised) = INTERVAL '24' HOUR", True),
        ('"order" + 1', 4),
        ("coalesce(local_day(CAST(NULL AS TIMESTAMP)), local_day(promised)) > DATE '2018-06-30'", True),
        ("end_of_day(CAST(NULL AS TIMESTAMP)) IS NULL", True),
    ],
)
def test_rules_are_filled_in(sql: str, found: object) -> None:
    assert value_of(sql, promised="2018-06-30 22:30:00") == found


def test_a_day_of_25_hours_is_one_day() -> None:
    longer = "end_of_day(promised + INTERVAL '1' DAY) - end_of_day(promised) = INTERVAL '25' HOUR"
    assert value_of(longer, promised="2018-10-27 12:00:00") is True


def test_a_century_of_changes_stays_a_short_text() -> None:
    changes = offsets("Europe/Madrid", datetime(1900, 1, 1), datetime(2030, 1, 1))
    assert len(changes) > 100
    assert len(rewritten_sql("end_of_day(promised)", clock=Clock(changes), dialect="duckdb")) < 400 * len(changes)


def test_what_is_no_engine_is_named() -> None:
    with pytest.raises(EngineError) as caught:
        connect("postgres://x")
    assert caught.value.code == "engine-error"


def numbers(engine: Engine, folder: Path, *values: int) -> ibis.Table:
    """Return a table of the engine, as facts are: from a Parquet file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    file = folder / f"{len(list(folder.iterdir()))}.parquet"
    pq.write_table(pa.table({"a": pa.array(values, pa.int64())}), file)
    return engine.table(str(file), [str(file)], [("a", "whole")])


def test_rows_held_are_worked_out_once(duckdb: Engine, tmp_path: Path) -> None:
    duckdb.hold("once", numbers(duckdb, tmp_path, 1, 2))
    second = duckdb.hold("once", numbers(duckdb, tmp_path, 3))
    assert sorted(row["a"] for row in duckdb.fetch(second).to_pylist()) == [1, 2]


def test_the_oldest_held_are_let_go(duckdb: Engine, tmp_path: Path) -> None:
    most = duckdb.most_held
    for number in range(most + 1):
        duckdb.hold(f"many{number}", numbers(duckdb, tmp_path, number))
    first, last = (duckdb.hold(f"many{n}", numbers(duckdb, tmp_path, -1)) for n in (0, most))
    assert duckdb.fetch(first).to_pylist() == [{"a": -1}]
    assert duckdb.fetch(last).to_pylist() == [{"a": most}]


def test_what_was_asked_for_lately_is_not_let_go(tmp_path: Path) -> None:
    engine = connect("duckdb")
    assert engine.most_held == HELD
    for number in range(HELD):
        engine.hold(f"some{number}", numbers(engine, tmp_path, number))
    engine.hold("some0", numbers(engine, tmp_path, -1))
    engine.hold("one more", numbers(engine, tmp_path, -1))
    first, second = (engine.hold(f"some{n}", numbers(engine, tmp_path, -1)) for n in (0, 1))
    assert engine.fetch(first).to_pylist() == [{"a": 0}]
    assert engine.fetch(second).to_pylist() == [{"a": -1}]
    engine.close()


def test_sums_of_one_shape_are_those_of_each_table(duckdb: Engine, tmp_path: Path) -> None:
    def sums(rows: ibis.Table) -> ibis.Table:
        inner = rows.group_by("a").aggregate(n=rows.count())
        return inner.aggregate(total=(inner["a"] * inner["n"]).sum(), most=inner["n"].max())

    one, other = numbers(duckdb, tmp_path, 1, 2, 2), numbers(duckdb, tmp_path, 7)
    local = duckdb.local(pa.table({"a": pa.array([5, 5], pa.int64())}))
    for table in (one, other, one.filter(one["a"] > 1), one.filter(one["a"] > 9), local):
        assert duckdb.fetch_over(table, "sums", sums) == duckdb.fetch(sums(table))
    texts = one.select(a=when(one["a"] > 1, 'it\'s "so"', "not"))
    assert duckdb.fetch_over(texts, "sizes", lambda rows: rows.aggregate(a=rows["a"].max())).to_pylist() == [
        {"a": "not"}
    ]
    broken = other.filter(other["a"].cast("string").cast("date").notnull())
    with pytest.raises(EngineError):
        duckdb.fetch_over(broken, "sums", sums)


def test_what_is_asked_for_again_is_kept(duckdb: Engine, tmp_path: Path) -> None:
    duckdb.hold("again", numbers(duckdb, tmp_path, 7))
    for number in range(HELD - 1):
        duckdb.hold(f"other{number}", numbers(duckdb, tmp_path, number))
    duckdb.hold("again", numbers(duckdb, tmp_path, 8))
    duckdb.hold("one more", numbers(duckdb, tmp_path, 0))
    assert duckdb.fetch(duckdb.hold("again", numbers(duckdb, tmp_path, 9))).to_pylist() == [{"a": 7}]


def test_a_query_that_does_not_run_is_an_engine_error(duckdb: Engine) -> None:
    import ibis

    missing = ibis.table({"a": "int64"}, name="no_such_table")
    with pytest.raises(EngineError) as caught:
        duckdb.fetch(missing.count())
    assert caught.value.code == "engine-error"
