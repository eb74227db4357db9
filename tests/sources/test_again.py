"""Loading again: only new files, only rows above the watermark, and records that come back mended."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from promesa.engine import Embedded
from promesa.errors import ColumnMissing
from promesa.sources import preview
from promesa.workspace import Source
from tests.sources.bench import BOGOTA, kinds

if TYPE_CHECKING:
    from pathlib import Path

    from tests.sources.bench import Bench


def test_files_that_were_seen_are_passed_over(bench: Bench) -> None:
    bench.write("d/1.csv", "id,n\n1,a\n")
    first = bench.stage("d/*.csv", new_files_only=True)
    seen = frozenset(file.fingerprint for file in first.files)
    bench.write("d/2.csv", "id,n\n2,b\n")
    second = bench.stage("d/*.csv", new_files_only=True, seen=seen)
    assert bench.rows(second) == [(2, "b")]
    assert [file.path for file in second.files] == ["d/2.csv"]
    every = bench.stage("d/*.csv", seen=seen)
    assert every.rows == 2


def test_with_nothing_new_the_columns_are_still_there(bench: Bench) -> None:
    bench.write("d/1.csv", "id,at\n1,2024-01-05 10:30\n")
    seen = frozenset(file.fingerprint for file in bench.stage("d/*.csv").files)
    nothing = bench.stage("d/*.csv", new_files_only=True, seen=seen)
    assert (nothing.rows, nothing.files, bench.rows(nothing)) == (0, (), [])
    assert bench.types(nothing) == {"id": "BIGINT", "at": "TIMESTAMP"}


def test_a_file_that_changed_is_new(bench: Bench) -> None:
    bench.write("1.csv", "id\n1\n")
    seen = frozenset(file.fingerprint for file in bench.stage("1.csv").files)
    bench.write("1.csv", "id\n1\n22\n")
    assert bench.stage("1.csv", new_files_only=True, seen=seen).rows == 2


@pytest.mark.parametrize(
    ("cells", "above", "left", "highest"),
    [
        (["1", "3", "2", "4"], "2", ["3", "4"], "4"),
        (["9", "10", "11"], "9", ["10", "11"], "11"),
        (["2024-01-05 10:30:00", "2024-01-06 09:00:00"], "2024-01-05 10:30:00", ["2024-01-06 09:00:00"], None),
        (["05/01/2024", "31/01/2024", "01/02/2024"], "2024-01-30", ["31/01/2024", "01/02/2024"], "2024-02-01"),
        (["b", "a", "c"], "b", ["c"], "c"),
        (["1", "2"], "7", [], "7"),
    ],
)
def test_rows_up_to_the_watermark_are_left_out(
    bench: Bench, cells: list[str], above: str, left: list[str], highest: str | None
) -> None:
    content = "raw,wm\n" + "".join(f"c{cell},{cell}\n" for cell in cells)
    staged = bench.csv(content, watermark_column="WM", watermark=above)
    assert [row[0] for row in bench.rows(staged)] == [f"c{cell}" for cell in left]
    assert staged.watermark == (highest or left[-1])


def test_rows_without_a_watermark_are_never_left_out(bench: Bench) -> None:
    content = "id,wm\n1,5\n2,\n3,7\n4,8\n"
    staged = bench.csv(content, watermark_column="wm", watermark="7")
    assert [row[0] for row in bench.rows(staged)] == [2, 4]


def test_rows_keep_their_numbers_below_a_watermark(bench: Bench) -> None:
    content = "id,wm\n1,5\n2,6\n3\nx,7\n4,8\n"
    staged = bench.csv(content, watermark_column="wm", watermark="6", types={"id": "whole"})
    assert bench.rejects(staged) == [(4, "csv-structure", None, "3"), (5, "not-a-whole-number", "id", "x")]
    assert [row[0] for row in bench.rows(staged)] == [4]


@pytest.mark.parametrize("zone", [None, "Europe/Madrid"])
def test_a_watermark_taken_from_one_load_serves_the_next(bench: Bench, zone: str | None) -> None:
    settings: dict[str, Any] = {"watermark_column": "at", "time_zone": zone}
    first = bench.csv("id,at\n1,2024-01-05 10:30:00\n2,2024-01-06 10:30:00\n", **settings)
    assert first.rows == 2
    with Embedded(time_zone=BOGOTA) as engine:  # the zone of the session is of no account
        bench.engine, kept = engine, bench.engine
        again = bench.csv(
            "id,at\n1,2024-01-05 10:30:00\n2,2024-01-06 10:30:00\n3,2024-01-06 10:30:01\n",
            watermark=first.watermark,
            **settings,
        )
        assert [row[0] for row in engine.run(f"SELECT id FROM {again.relation}")] == [3]
        bench.engine = kept


def test_parquet_rows_up_to_the_watermark_are_left_out(bench: Bench) -> None:
    pq.write_table(pa.table({"id": [1, 2, 3]}), bench.root / "v.parquet")
    staged = bench.stage("v.parquet", watermark_column="id", watermark="2")
    assert (bench.rows(staged), staged.watermark) == ([(3,)], "3")


def test_a_watermark_that_is_no_column_is_an_error(bench: Bench) -> None:
    with pytest.raises(ColumnMissing) as caught:
        bench.csv("id\n1\n", watermark_column="cambio")
    assert caught.value.column == "cambio"


def records(bench: Bench, *rows: dict[str, str | None]) -> Path:
    path = bench.root / "extra.parquet"
    pq.write_table(pa.table({"record": [json.dumps(row) for row in rows]}), path)
    return path


def test_mended_records_join_the_rows(bench: Bench) -> None:
    content = "id,d,n\n1,2024-01-05,a\n2,2024-02-31,b\n3,2024-01-07,c\n4\n"
    first = bench.csv(content)
    rejected = [json.loads(record) for record in bench.records(first)]
    assert [reject[1] for reject in bench.rejects(first)] == ["not-a-day", "csv-structure"]
    rejected[0]["d"] = "2024-02-28"
    rejected[1]["__line"] = "4,2024-01-09,e"
    again = bench.csv(content, extra=records(bench, *rejected))
    assert again.rows == 4
    assert sorted(row[0] for row in bench.rows(again)) == [1, 2, 3, 4]
    assert kinds(again) == kinds(first)


def test_records_that_were_not_mended_are_rejected_again(bench: Bench) -> None:
    content = "id,d\n1,2024-01-05\n3,2024-01-07\n"
    extra = records(bench, {"id": "2", "d": "2024-02-31"}, {"__line": "4"}, {"id": "5", "otra": "x"})
    staged = bench.csv(content, extra=extra)
    assert [(rule, column) for _, rule, column, _ in bench.rejects(staged)] == [
        ("not-a-day", "d"), ("not-mended", None), ("not-mended", None),
    ]  # fmt: skip
    assert staged.rows == 2


def test_records_come_back_below_the_watermark_and_without_new_files(bench: Bench) -> None:
    first = bench.csv("id,d\n1,2024-01-05\n9,2024-01-07\n", watermark_column="id")
    seen = frozenset(file.fingerprint for file in first.files)
    staged = bench.stage(
        "ventas.csv", watermark_column="id", watermark="9", new_files_only=True, seen=seen,
        extra=records(bench, {"id": "2", "d": "2024-02-28"}),
    )  # fmt: skip
    assert [row[0] for row in bench.rows(staged)] == [2]
    assert staged.watermark == "9"
    assert staged.files == ()


def test_records_of_typed_files_come_back_as_text(bench: Bench) -> None:
    pq.write_table(pa.table({"id": ["1", "x"], "n": [1.5, 2.5]}), bench.root / "v.parquet")
    first = bench.stage("v.parquet", types={"id": "whole"})
    (record,) = map(json.loads, bench.records(first))
    staged = bench.stage("v.parquet", types={"id": "whole"}, extra=records(bench, record | {"id": "7"}))
    assert sorted(bench.rows(staged)) == [(1, 1.5), (7, 2.5)]


def test_plain_text_columns_come_back_too(bench: Bench) -> None:
    pq.write_table(pa.table({"id": ["2"], "d": ["2024-02-28"]}), bench.root / "extra.parquet")
    staged = bench.csv("id,d\n1,2024-01-05\n", extra=bench.root / "extra.parquet")
    assert staged.rows == 2


def test_a_preview_tells_how_a_source_would_be_read(bench: Bench) -> None:
    bench.write("v.csv", "id;importe;día\n1;12,5;05/03/2024\n", encoding="cp1252")
    seen = preview(Source(name="ventas", path="*.csv"), root=bench.root, engine=bench.engine, time_zone=BOGOTA)
    assert (seen.format, seen.delimiter, seen.encoding, seen.header) == ("csv", ";", "cp1252", True)
    assert seen.files == ("v.csv",)
    assert [(column.name, column.kind, column.format) for column in seen.columns] == [
        ("id", "whole", None), ("importe", "number", "1.234,56"), ("día", "day", "%d/%m/%Y"),
    ]  # fmt: skip
    assert [warning.code for warning in seen.warnings] == ["encoding", "day_first"]
    assert seen.rows_looked_at == 1
