"""Parquet, JSON lines, workbooks and SPSS."""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta, timezone
from typing import TYPE_CHECKING, Any

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyreadstat
import pytest

from promesa.errors import SourceUnreadable
from promesa.sources.textual import cell_text
from tests.sources.bench import codes, kinds

if TYPE_CHECKING:
    from tests.sources.bench import Bench


def parquet(bench: Bench, name: str = "v.parquet", **columns: Any) -> str:
    pq.write_table(pa.table(columns), bench.root / name)
    return name


def test_parquet_is_read_where_it_lies(bench: Bench) -> None:
    name = parquet(bench, id=[1, 2], code=["007", ""], at=[datetime(2024, 1, 5), None], tags=[["a"], []])
    staged = bench.stage(name)
    assert "v.parquet" in staged.relation
    assert bench.rows(staged) == [(1, "007", datetime(2024, 1, 5), ["a"]), (2, "", None, [])]
    assert kinds(staged) == {"id": "whole", "code": "text", "at": "time", "tags": "text"}
    assert {column.how for column in staged.columns} == {"file"}
    assert staged.files[0].rows == staged.rows == 2


def test_parquet_takes_declared_kinds_and_a_zone(bench: Bench) -> None:
    name = parquet(bench, id=["1", "x", "3"], n=[1.0, 2.5, 3.0], at=[datetime(2024, 7, 5, 12)] * 3)
    staged = bench.stage(name, types={"id": "whole", "n": "whole"}, time_zone="Europe/Madrid")
    assert bench.types(staged) == {"id": "BIGINT", "n": "BIGINT", "at": "TIMESTAMP WITH TIME ZONE"}
    assert bench.engine.run(f'SELECT id, n, CAST("at" AS VARCHAR) FROM {staged.relation}') == [
        (1, 1, "2024-07-05 10:00:00+00"),
        (3, 3, "2024-07-05 10:00:00+00"),
    ]
    assert bench.rejects(staged) == [(2, "not-a-whole-number", "id", "x")]


def test_zoned_parquet_times_are_instants(bench: Bench) -> None:
    staged = bench.stage(parquet(bench, at=[datetime(2024, 7, 5, 12, tzinfo=timezone(timedelta(hours=2)))]))
    assert staged.columns[0].zoned
    assert bench.types(staged) == {"at": "TIMESTAMP WITH TIME ZONE"}


def test_parquet_files_that_differ_are_joined_by_name(bench: Bench) -> None:
    parquet(bench, "1.parquet", id=[1], a=["x"])
    parquet(bench, "2.parquet", id=[2.5], b=["y"])
    staged = bench.stage("*.parquet")
    assert bench.rows(staged) == [(1.0, "x", None), (2.5, None, "y")]
    assert codes(staged) == ["columns_differ", "columns_differ"]


def test_what_is_not_parquet_is_an_error(bench: Bench) -> None:
    with pytest.raises(SourceUnreadable, match="not a Parquet file"):
        bench.stage(bench.write("v.parquet", "a,b\n1,2\n"))


def lines(*objects: object) -> str:
    return "".join((each if isinstance(each, str) else json.dumps(each, ensure_ascii=False)) + "\n" for each in objects)


def test_json_lines_keep_types_and_nested_values(bench: Bench) -> None:
    content = lines(
        {"id": 1, "código": "007", "n": 1.5, "ok": True, "at": "2024-01-05T10:30:00", "x": {"a": [1, 2]}},
        {"id": 2, "código": "12", "n": 2, "ok": False, "at": "2024-01-06T10:30:00", "x": None, "más": "ñ"},
    )
    staged = bench.stage(bench.write("v.jsonl", content))
    assert kinds(staged) == {
        "id": "whole", "código": "text", "n": "number", "ok": "yes_no", "at": "time", "x": "text", "más": "text",
    }  # fmt: skip
    assert bench.rows(staged) == [
        (1, "007", 1.5, True, datetime(2024, 1, 5, 10, 30), '{"a":[1,2]}', None),
        (2, "12", 2.0, False, datetime(2024, 1, 6, 10, 30), None, "ñ"),
    ]


def test_a_json_string_of_digits_stays_a_text(bench: Bench) -> None:
    staged = bench.stage(bench.write("v.jsonl", lines({"a": "1"}, {"a": "2"})))
    assert bench.rows(staged) == [("1",), ("2",)]
    declared = bench.stage("v.jsonl", types={"a": "whole"})
    assert bench.rows(declared) == [(1,), (2,)]


def test_a_line_that_is_no_object_is_rejected_by_its_row(bench: Bench) -> None:
    content = lines({"a": 1}, "", "{malo", {"a": "x"}, [1], {"a": 3}, {"a": 4}, {"a": 5}, {"a": 6})
    staged = bench.stage(bench.write("v.jsonl", content), types={"a": "whole"})
    assert bench.rejects(staged) == [
        (3, "json-structure", None, "{malo"),
        (4, "not-a-whole-number", "a", "x"),
        (5, "json-structure", None, "[1]"),
    ]
    assert [row[0] for row in bench.rows(staged)] == [1, 3, 4, 5, 6]
    assert json.loads(bench.records(staged)[0]) == {"__line": "{malo"}


def test_keys_that_come_late_are_columns(bench: Bench) -> None:
    content = "".join(f'{{"id":{i}}}\n' for i in range(20_000)) + '{"id":-1,"a.b":5,"/c":"x","$d":true,"":1}\n'
    staged = bench.stage(bench.write("v.jsonl", content))
    assert kinds(staged)["a.b"] == "whole"
    assert bench.engine.run(f'SELECT "a.b", "/c", "$d" FROM {staged.relation} WHERE id = -1') == [(5, "x", True)]
    assert codes(staged) == ["unnamed_column"]


def test_keys_that_differ_by_case_only_are_told_apart(bench: Bench) -> None:
    staged = bench.stage(bench.write("v.jsonl", '{"A":1,"a":2}\n'))
    assert bench.rows(staged) == [(1, 2)]
    assert codes(staged) == ["repeated_name"]


def test_json_in_latin_1_is_read(bench: Bench) -> None:
    staged = bench.stage(bench.write("v.jsonl", '{"a":"Bogotá"}\n', encoding="latin-1"))
    assert bench.rows(staged) == [("Bogotá",)]
    assert codes(staged) == ["encoding"]


def test_a_json_line_longer_than_the_engine_takes_costs_its_row_only(bench: Bench) -> None:
    content = lines({"a": 1}, "", {"a": 2, "b": "x" * 5_000_000}, {"a": "y"}, {"a": 3})
    staged = bench.stage(bench.write("v.jsonl", content), types={"a": "whole"})
    assert [reject[:2] for reject in bench.rejects(staged)] == [(3, "line-too-long"), (4, "not-a-whole-number")]
    assert [row[0] for row in bench.rows(staged)] == [1, 3]


@pytest.mark.parametrize(
    ("content", "words"), [('[{"a":1}]', "JSON array"), ("hola\n", "no JSON object"), ("\n\n", "no JSON object")]
)
def test_json_that_is_not_lines_is_an_error(bench: Bench, content: str, words: str) -> None:
    with pytest.raises(SourceUnreadable, match=words):
        bench.stage(bench.write("v.json", content))


def workbook(bench: Bench, rows: list[list[object]], *, sheet: str = "Ventas", at: tuple[int, int] = (1, 1)) -> str:
    book = openpyxl.Workbook()
    book.active.title = sheet
    for down, row in enumerate(rows):
        for right, cell in enumerate(row):
            book.active.cell(at[0] + down, at[1] + right, cell)
    book.create_sheet("Vacía")
    book.save(bench.root / "v.xlsx")
    return "v.xlsx"


def test_a_sheet_keeps_the_types_of_its_cells(bench: Bench) -> None:
    rows: list[list[object]] = [
        ["id", "día", "cuándo", "importe", "código", "ok", "hora"],
        [1, date(2024, 1, 5), datetime(2024, 1, 5, 10, 30, 15), 12.5, "007", True, time(10, 30)],
        [2, date(2024, 1, 6), datetime(2024, 1, 6), 7, "12", False, None],
    ]
    staged = bench.stage(workbook(bench, rows))
    assert kinds(staged) == {
        "id": "whole", "día": "day", "cuándo": "time", "importe": "number", "código": "text", "ok": "yes_no",
        "hora": "text",
    }  # fmt: skip
    assert bench.rows(staged) == [
        (1, date(2024, 1, 5), datetime(2024, 1, 5, 10, 30, 15), 12.5, "007", True, "10:30:00"),
        (2, date(2024, 1, 6), datetime(2024, 1, 6), 7.0, "12", False, None),
    ]


def test_rows_of_a_sheet_are_counted_as_it_shows_them(bench: Bench) -> None:
    rows: list[list[object]] = [["id", "n"], [1, 5], [None, None], ["x", 6], [3, 7], [4, 8]]
    staged = bench.stage(workbook(bench, rows, at=(4, 3)))
    assert bench.rows(staged) == [(1, 5), (3, 7), (4, 8)]
    assert bench.rejects(staged) == [(7, "not-a-whole-number", "id", "x")]
    assert staged.files[0].rows == 4


def test_titles_above_the_table_of_a_sheet_are_passed_over_and_said(bench: Bench) -> None:
    rows: list[list[object]] = [
        ["Informe de llamadas"],
        [None, "Periodo: 2025"],
        [None],
        ["id", "espera", "motivo"],
        [1, 5, "a"],
        ["x", 6, "b"],
        [3, 7, "c"],
        [4, 7, "c"],
    ]
    staged = bench.stage(workbook(bench, rows))
    assert kinds(staged) == {"id": "whole", "espera": "whole", "motivo": "text"}
    assert bench.rows(staged) == [(1, 5, "a"), (3, 7, "c"), (4, 7, "c")]
    assert bench.rejects(staged) == [(6, "not-a-whole-number", "id", "x")]
    assert [warning.code for warning in staged.warnings] == ["title_rows"]
    assert "row 4" in str(staged.warnings[0])


def test_a_narrow_sheet_has_no_title(bench: Bench) -> None:
    staged = bench.stage(workbook(bench, [["id", None], [1, 2], [3, 4]]))
    assert bench.rows(staged) == [(1, 2), (3, 4)]


def test_a_text_among_the_days_of_a_sheet_is_rejected(bench: Bench) -> None:
    rows: list[list[object]] = [["d"], [date(2024, 1, 5)], [date(2024, 1, 6)], ["31/02/2024"]]
    staged = bench.stage(workbook(bench, rows))
    assert bench.rejects(staged) == [(4, "not-a-day", "d", "31/02/2024")]


def test_dates_among_texts_of_a_sheet_are_texts_written_as_days_and_never_numbers(bench: Bench) -> None:
    rows: list[list[object]] = [
        ["d"], [datetime(2023, 11, 1)], ["pendiente"], [datetime(2023, 11, 2, 9, 30)], ["sin fecha"], ["n/d"],
    ]  # fmt: skip
    name = workbook(bench, rows)
    staged = bench.stage(name)
    assert kinds(staged) == {"d": "text"}
    assert [row[0] for row in bench.rows(staged)][:3] == ["2023-11-01", "pendiente", "2023-11-02 09:30:00"]
    declared = bench.stage(name, types={"d": "time"})
    assert bench.rows(declared) == [(datetime(2023, 11, 1),), (datetime(2023, 11, 2, 9, 30),)]
    assert [reject[:2] for reject in bench.rejects(declared)] == [(row, "not-a-time") for row in (3, 5, 6)]


def test_dates_of_a_sheet_go_before_more_texts_that_look_like_dates(bench: Bench) -> None:
    # As a spreadsheet leaves them that read 01/05/2024 as the fifth of January and could not read 17/01/2024.
    texts = ["17/01/2024", "25/01/2024", "26/01/2024", "27/01/2024"]
    name = workbook(bench, [["d"], [date(2024, 1, 5)], *[[text] for text in texts], [date(2024, 1, 6)]])
    staged = bench.stage(name)
    assert kinds(staged) == {"d": "text"}
    assert [row[0] for row in bench.rows(staged)] == ["2024-01-05", *texts, "2024-01-06"]
    for kind in ("time", "day"):
        declared = bench.stage(name, types={"d": kind})
        assert len(bench.rows(declared)) == 2, "the dates, not the texts"
        assert bench.rejects(declared) == [(row, "mixed-dates", "d", text) for row, text in enumerate(texts, start=3)]
        assert codes(declared) == codes(staged) == ["dates_and_texts"]
    as_declared = bench.stage(name, types={"d": "day"}, dates="%d/%m/%Y")
    assert len(bench.rows(as_declared)) == 4


def test_a_wrong_sheet_is_an_error_that_lists_the_sheets(bench: Bench) -> None:
    name = workbook(bench, [["a"], [1]])
    assert bench.stage(name, sheet="Ventas").rows == 1
    with pytest.raises(SourceUnreadable, match="no sheet 'Bentas'") as caught:
        bench.stage(name, sheet="Bentas")
    assert "'Ventas', 'Vacía'" in caught.value.expected
    assert "'Ventas'" in caught.value.fix


def test_an_empty_sheet_is_an_error(bench: Bench) -> None:
    with pytest.raises(SourceUnreadable, match="is empty"):
        bench.stage(workbook(bench, [["a"], [1]]), sheet="Vacía")


def test_what_is_not_a_workbook_is_an_error(bench: Bench) -> None:
    with pytest.raises(SourceUnreadable, match="cannot be read"):
        bench.stage(bench.write("v.xlsx", "a,b\n1,2\n"))


def spss(bench: Bench, frame: pd.DataFrame, **settings: Any) -> str:
    pyreadstat.write_sav(frame, bench.root / "v.sav", **settings)
    return "v.sav"


def test_spss_gives_values_and_their_labels(bench: Bench) -> None:
    frame = pd.DataFrame(
        {
            "id": [1, 2, 3],
            "nota": [9.0, 7.5, None],
            "día": [date(2024, 1, 5), None, date(2024, 2, 5)],
            "cuándo": pd.to_datetime(["2024-01-05 10:30:00", None, "2024-01-06 11:30:00"]),
            "código": ["007", "12", ""],
            "sexo": [1.0, 2.0, 9.0],
        }
    )
    staged = bench.stage(spss(bench, frame, variable_value_labels={"sexo": {1: "Hombre", 2: "Mujer"}}))
    assert kinds(staged) == {
        "id": "whole", "nota": "number", "día": "day", "cuándo": "time", "código": "text", "sexo": "whole",
        "sexo_label": "text",
    }  # fmt: skip
    assert bench.rows(staged) == [
        (1, 9.0, date(2024, 1, 5), datetime(2024, 1, 5, 10, 30), "007", 1, "Hombre"),
        (2, 7.5, None, None, "12", 2, "Mujer"),
        (3, None, date(2024, 2, 5), datetime(2024, 1, 6, 11, 30), None, 9, None),
    ]


def test_spss_texts_of_digits_stay_texts(bench: Bench) -> None:
    staged = bench.stage(spss(bench, pd.DataFrame({"código": ["1", "2"]})))
    assert bench.rows(staged) == [("1",), ("2",)]
    assert staged.columns[0].how == "file"


def test_a_long_spss_file_is_read_in_pieces(bench: Bench) -> None:
    staged = bench.stage(spss(bench, pd.DataFrame({"id": range(120_000)})))
    assert bench.engine.run(f"SELECT count(*), sum(id), min(id) FROM {staged.relation}") == [
        (120_000, sum(range(120_000)), 0)
    ]


def test_what_is_not_spss_is_an_error(bench: Bench) -> None:
    with pytest.raises(SourceUnreadable, match="cannot be read"):
        bench.stage(bench.write("v.sav", "a,b\n1,2\n"))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.1 + 0.2, "0.30000000000000004"), (-3.0, "-3"), (1e300, "1e+300"), (float("inf"), "inf"), (False, "false"),
        (pd.NaT, None), (timedelta(hours=30, minutes=5), "30:05:00"), (datetime(2024, 1, 5, 1), "2024-01-05 01:00:00"),
    ],
)  # fmt: skip
def test_a_value_is_written_so_that_it_reads_back(value: object, text: str | None) -> None:
    assert cell_text(value) == text
