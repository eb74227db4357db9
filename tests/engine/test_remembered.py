"""SQL that one engine remembers serves another, and never brings the other's rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from promesa.engine import connect, remembered
from promesa.engine.remembered import MOST_TEXTS, TEXTS, sql_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import ibis

    from promesa.engine import Engine

COLUMNS = [("a", "whole"), ("b", "text")]


@pytest.fixture
def two() -> Iterator[tuple[Engine, Engine]]:
    engines = connect("duckdb", threads=1), connect("duckdb", threads=1)
    yield engines
    for engine in engines:
        engine.close()


def asked(engine: Engine, folder: Path, *, version: str, of: list[int]) -> list[dict[str, object]]:
    """Ask what an analysis asks, of tables that bear the version of their store in their names."""
    file = folder / f"{version}.parquet"
    pq.write_table(pa.table({"a": pa.array(of, pa.int64())}), file)
    rows = engine.table(f"moments {version}", [str(file)], COLUMNS)
    some = engine.named(f"some {version}", lambda: rows.filter(rows["a"] > 1))
    twice = engine.hold(f"twice {version}", lambda: some.mutate(c=some["a"] * 2))
    return engine.fetch(twice.aggregate(n=twice.count(), most=twice["c"].max(), b=twice["b"].max())).to_pylist()


def test_each_engine_answers_of_its_own_rows(two: tuple[Engine, Engine], tmp_path: Path) -> None:
    one, other = two
    assert asked(one, tmp_path, version="v1", of=[1, 2, 3]) == [{"n": 2, "most": 6, "b": None}]
    before = len(TEXTS)
    assert asked(other, tmp_path, version="v2", of=[7]) == [{"n": 1, "most": 14, "b": None}]
    assert len(TEXTS) == before, "the same questions of another store are the same SQL"
    assert asked(one, tmp_path, version="v3", of=[5, 6]) == [{"n": 2, "most": 12, "b": None}]
    assert asked(one, tmp_path, version="v1", of=[1, 2, 3]) == [{"n": 2, "most": 6, "b": None}]


def test_a_name_given_anew_is_the_same_expression_over_other_rows(two: tuple[Engine, Engine], tmp_path: Path) -> None:
    file = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"a": pa.array([1, 2, 3, 4], pa.int64())}), file)
    engine, texts = two[0], []
    rows = engine.table("moments", [str(file)], COLUMNS)
    for least, sums in ((1, 9), (2, 7), (1, 9)):
        view = engine.named_anew("view", rows.filter(rows["a"] > least))
        held = engine.hold_anew("held", view)
        texts.append([sql_of(engine.backend, held), sql_of(engine.backend, view)])
        assert engine.fetch(view["a"].sum()).as_py() == engine.fetch(held["a"].sum()).as_py() == sums
        assert engine.holds("held")
    assert texts[0] == texts[1] == texts[2]


def test_numbers_that_are_equal_in_python_are_not_one_question(two: tuple[Engine, Engine]) -> None:
    import ibis

    found = [engine.fetch(ibis.literal(value)).as_py() for engine in two for value in (1, 1.0, True, -1, -2)]
    assert [type(value) for value in found] == [int, float, bool, int, int] * 2
    assert found == [1, 1.0, True, -1, -2] * 2


def test_rows_of_this_process_are_not_kept(two: tuple[Engine, Engine]) -> None:
    def total(engine: Engine, *values: int) -> object:
        rows: ibis.Table = engine.local(pa.table({"a": pa.array(values, pa.int64())}))
        return engine.fetch(rows["a"].sum()).as_py()

    before = len(TEXTS)
    assert [total(one, value, 1) for one in two for value in (1, 2)] == [2, 3, 2, 3]
    assert len(TEXTS) == before


def test_no_more_is_remembered_than_is_said(two: tuple[Engine, Engine]) -> None:
    import ibis

    for value in range(MOST_TEXTS - len(TEXTS) + 2):
        sql_of(two[0].backend, ibis.literal(value + 10**9).as_table())
    assert len(TEXTS) == MOST_TEXTS
    assert two[1].fetch(ibis.literal(10**9)).as_py() == 10**9


def test_the_types_of_what_is_kept_are_the_engine_s_own_and_asked_for_once(
    two: tuple[Engine, Engine], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"a": pa.array([2, 3], pa.int32())}), file)
    asked_for: list[str] = []
    ask = remembered._schema_of
    monkeypatch.setattr(
        remembered, "_schema_of", lambda backend, called: asked_for.append(called) or ask(backend, called)
    )
    kept = []
    for engine in two:
        rows = engine.table("rows of another type", [str(file)], [("a", "whole"), ("n", "number"), ("t", "time")])
        kept.append(engine.hold("sums", rows.group_by("t").aggregate(total=rows["a"].sum(), most=rows["n"].max())))
        found = engine.backend.con.execute("DESCRIBE held_1").fetchall()
        assert [(name, kind) for name, kind, *_ in found] == [
            ("t", "TIMESTAMP"),
            ("total", "HUGEINT"),
            ("most", "DOUBLE"),
        ]
        assert engine.fetch(kept[-1]).to_pylist() == [{"t": None, "total": 5, "most": None}]
    assert kept[0].schema() == kept[1].schema()
    assert str(kept[0].schema()["total"]) == "decimal(38, 0)"
    assert len(asked_for) == 1
