"""One kind a column, and no cell that does not fit it gets through."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import pytest

from promesa.errors import ColumnMissing
from tests.sources.bench import codes, kinds

if TYPE_CHECKING:
    from tests.sources.bench import Bench


def column(bench: Bench, *cells: str, **settings: Any) -> Any:
    """Stage one column beside an id that never fails."""
    lines = "".join(f"{number};{cell}\n" for number, cell in enumerate(cells))
    return bench.csv("n;c\n" + lines, delimiter=";", **settings)


@pytest.mark.parametrize(
    ("cells", "kind", "values"),
    [
        (["1", "-2", "+3", "0"], "whole", [1, -2, 3, 0]),
        (["9223372036854775807", "1"], "whole", [9223372036854775807, 1]),
        (["9223372036854775808", "1"], "text", ["9223372036854775808", "1"]),
        (["007", "12", "13", "14", "15"], "text", ["007", "12", "13", "14", "15"]),
        (["1.5", "2", ".5", "3.", "1e-3", "1.5E2"], "number", [1.5, 2.0, 0.5, 3.0, 0.001, 150.0]),
        (["12E4", "13E5"], "text", ["12E4", "13E5"]),
        (["1_000", "2_000"], "text", ["1_000", "2_000"]),
        (["0x1F", "0x20"], "text", ["0x1F", "0x20"]),
        ([" 12 ", "13"], "whole", [12, 13]),
        (["nan", "inf"], "text", ["nan", "inf"]),
        (["true", "FALSE", "True"], "yes_no", [True, False, True]),
        (["sí", "no"], "text", ["sí", "no"]),
        (["2018-01-05", "2019-12-31"], "day", [date(2018, 1, 5), date(2019, 12, 31)]),
        (["2018/1/5"], "day", [date(2018, 1, 5)]),
        (["31/12/2018", "05/01/2018"], "day", [date(2018, 12, 31), date(2018, 1, 5)]),
        (["31-12-2018", "5-1-2018"], "day", [date(2018, 12, 31), date(2018, 1, 5)]),
        (["31.12.2018"], "day", [date(2018, 12, 31)]),
        (["12/31/2018", "01/05/2018"], "day", [date(2018, 12, 31), date(2018, 1, 5)]),
        (["31/12/18", "05/01/70"], "day", [date(2018, 12, 31), date(1970, 1, 5)]),
        (["9999-12-31"], "day", [date(9999, 12, 31)]),
        (["20180105", "20180106"], "whole", [20180105, 20180106]),
        (["10:30", "11:45"], "text", ["10:30", "11:45"]),
        (
            ["2018-01-05 10:30", "2018-01-06T11:00:15.5", "2018-01-07"],
            "time",
            [datetime(2018, 1, 5, 10, 30), datetime(2018, 1, 6, 11, 0, 15, 500000), datetime(2018, 1, 7)],
        ),
        (
            ["31/12/2018 1:05 PM", "30/12/2018 12:10:30 a. m."],
            "time",
            [datetime(2018, 12, 31, 13, 5), datetime(2018, 12, 30, 0, 10, 30)],
        ),
        (["2018-01-05 00:00:00"], "time", [datetime(2018, 1, 5)]),
        (["", ""], "text", [None, None]),
    ],
)
def test_a_column_is_read_by_its_cells(bench: Bench, cells: list[str], kind: str, values: list[object]) -> None:
    staged = column(bench, *cells)
    assert kinds(staged)["c"] == kind
    assert [row[1] for row in bench.rows(staged)] == values
    assert bench.rejects(staged) == []


@pytest.mark.parametrize(
    ("cells", "settings", "values"),
    [
        (["1.234,56", "12,5", "7", "1.234.567"], {}, [1234.56, 12.5, 7.0, 1234567.0]),
        (["1.234", "12,5"], {}, [1234.0, 12.5]),
        (["1.234", "2.500"], {"decimal": ","}, [1234.0, 2500.0]),
        (["1.234", "2.500"], {"decimal": "."}, [1.234, 2.5]),
        (["1,234.50", "12.5", "1,000,000.0"], {}, [1234.5, 12.5, 1000000.0]),
        (["1,234", "12.5", "1,234,567"], {"decimal": "."}, [1234.0, 12.5, 1234567.0]),
        (["0,123", "0,5"], {}, [0.123, 0.5]),
    ],
)
def test_decimals_are_told_from_thousands(
    bench: Bench, cells: list[str], settings: dict[str, Any], values: list[float]
) -> None:
    staged = column(bench, *cells, **settings)
    assert kinds(staged)["c"] == "number"
    assert [row[1] for row in bench.rows(staged)] == values


def test_one_column_tells_the_decimal_sign_of_another(bench: Bench) -> None:
    staged = bench.csv("a;b\n1.234;5,5\n2.000;6,25\n")
    assert bench.rows(staged) == [(1234.0, 5.5), (2000.0, 6.25)]
    assert codes(staged) == ["ambiguous_decimals"]


def test_a_decimal_point_elsewhere_makes_the_comma_a_mark_of_thousands(bench: Bench) -> None:
    staged = bench.csv('a,b\n"1,234",5.5\n"2,000",6.25\n')
    assert bench.rows(staged) == [(1234.0, 5.5), (2000.0, 6.25)]
    assert codes(staged) == []


def test_a_comma_that_nothing_explains_is_left_as_text(bench: Bench) -> None:
    staged = bench.csv('n,c\n1,"1,234"\n2,"2,500"\n')
    assert kinds(staged)["c"] == "text"
    assert codes(staged) == ["undecided_decimals"]


@pytest.mark.parametrize(
    ("cells", "reject"),
    [
        (["1", "2", "3", "4.5x"], (5, "not-a-whole-number", "c", "4.5x")),
        (["1.5", "2.5", "n/a", "3.5"], (4, "not-a-number", "c", "n/a")),
        (["1,5", "2,5", "3.75", "3,5"], (4, "not-a-number", "c", "3.75")),
        (["28/02/2024", "30/01/2024", "31/02/2024"], (4, "not-a-day", "c", "31/02/2024")),
        (["2024-02-28", "2024-02-30"], (3, "not-a-day", "c", "2024-02-30")),
        (["28/02/2024", "30/01/2024", "12/31/2024"], (4, "mixed-dates", "c", "12/31/2024")),
        (["28/02/2024", "30/01/2024", "2024-02-01"], (4, "mixed-dates", "c", "2024-02-01")),
        (["2024-01-01 10:00", "2024-01-01 24:00", "2024-01-02 09:00"], (3, "not-a-time", "c", "2024-01-01 24:00")),
        (["2024-01-01 10:00", "2024-01-01 10:00", "2024-01-02 09:00", "ayer"], (5, "not-a-time", "c", "ayer")),
        (["1.5", "2.5", "3.5", "1e999"], (5, "not-a-number", "c", "1e999")),
    ],
)
def test_a_cell_that_does_not_fit_sends_its_row_away(
    bench: Bench, cells: list[str], reject: tuple[int, str, str, str]
) -> None:
    staged = column(bench, *cells)
    assert bench.rejects(staged) == [reject]
    assert staged.rows == len(cells) - 1 == len(bench.rows(staged))
    assert (staged.files[0].rows, staged.files[0].rejected) == (len(cells), 1)
    assert bench.records(staged) == [f'{{"n":"{reject[0] - 2}","c":"{reject[3]}"}}']


@pytest.mark.parametrize(
    ("kind", "cells", "values", "rejected"),
    [
        ("whole", ["007", "3.0", "4"], [7, 3, 4], []),
        ("whole", ["3.5", "1e5", "1_0", "2"], [2], ["3.5", "1e5", "1_0"]),
        ("number", ["007.5", "1e5", "2"], [7.5, 100000.0, 2.0], []),
        ("number", ["abc", "def"], [], ["abc", "def"]),
        ("yes_no", ["sí", "no", "S", "n", "1", "0", "TRUE"], [True, False, True, False, True, False, True], []),
        ("yes_no", ["quizá"], [], ["quizá"]),
        ("text", ["1", "2024-01-01"], ["1", "2024-01-01"], []),
        ("day", ["2024-01-05 00:00:00", "2024-01-06"], [date(2024, 1, 5), date(2024, 1, 6)], []),
        ("day", ["2024-01-05 10:00:00", "2024-01-06"], [date(2024, 1, 6)], ["2024-01-05 10:00:00"]),
        ("time", ["05/01/2024", "31/01/2024"], [datetime(2024, 1, 5), datetime(2024, 1, 31)], []),
        ("time", ["hoy"], [], ["hoy"]),
    ],
)
def test_a_declared_kind_goes_before_the_cells(
    bench: Bench, kind: str, cells: list[str], values: list[object], rejected: list[str]
) -> None:
    staged = column(bench, *cells, types={"C": kind})
    assert kinds(staged)["c"] == kind
    assert [row[1] for row in bench.rows(staged)] == values
    assert [reject[3] for reject in bench.rejects(staged)] == rejected
    assert next(each for each in staged.columns if each.name == "c").how == "declared"


@pytest.mark.parametrize(
    ("kind", "cells", "values", "rejected"),
    [
        ("number", ["1.234,56 €", "-33,41€", "€ 5", "- € 2,5", "7"], [1234.56, -33.41, 5.0, -2.5, 7.0], []),
        ("number", ["12,50\u00a0€", "12,5\u202fEUR", "EUR 3"], [12.5, 12.5, 3.0], []),
        ("number", ["1,5 €", "2,5 $", "US$ 3", "€", "4 € 5"], [1.5], ["2,5 $", "US$ 3", "€", "4 € 5"]),
        ("whole", ["12 €", "€ 3", "1,5 €"], [12, 3], ["1,5 €"]),
    ],
)
def test_a_declared_number_may_carry_the_mark_of_the_companys_currency(
    bench: Bench, kind: str, cells: list[str], values: list[object], rejected: list[str]
) -> None:
    staged = column(bench, *cells, types={"c": kind}, money_signs=("€", "EUR"))
    assert [row[1] for row in bench.rows(staged)] == values
    assert [reject[3] for reject in bench.rejects(staged)] == rejected


def test_a_dollar_sign_goes_with_a_decimal_point_too(bench: Bench) -> None:
    staged = column(bench, "$ 1,234.50", "$12.25", "-$3", types={"c": "number"}, money_signs=("$", "MXN"))
    assert [row[1] for row in bench.rows(staged)] == [1234.5, 12.25, -3.0]


def test_amounts_that_nobody_declared_stay_text_and_it_is_said(bench: Bench) -> None:
    staged = column(bench, "1.234,56 €", "33,41 €", "5 €", "", money_signs=("€", "EUR"))
    assert kinds(staged)["c"] == "text"
    assert codes(staged) == ["money"]
    assert 'types = { "c" = "number" }' in str(staged.warnings[0])
    assert codes(column(bench, "1.234,56 €", "33,41 €")) == []


def test_days_that_could_be_either_are_taken_day_first_and_said(bench: Bench) -> None:
    staged = column(bench, "05/03/2024", "06/03/2024")
    assert [row[1] for row in bench.rows(staged)] == [date(2024, 3, 5), date(2024, 3, 6)]
    assert codes(staged) == ["day_first"]
    assert next(each.format for each in staged.columns if each.name == "c") == "%d/%m/%Y"


@pytest.mark.parametrize(
    ("pattern", "cell", "value"),
    [
        ("%m/%d/%Y", "05/03/2024", date(2024, 5, 3)),
        ("%d/%m/%Y", "05/03/2024", date(2024, 3, 5)),
        ("%Y%m%d", "20240305", date(2024, 3, 5)),
        ("%d %b %Y", "5 Mar 2024", date(2024, 3, 5)),
        ("%d/%m/%Y %H:%M", "05/03/2024 10:30", datetime(2024, 3, 5, 10, 30)),
        ("%Y%m%d%H%M", "202403051030", datetime(2024, 3, 5, 10, 30)),
    ],
)
def test_a_declared_format_is_followed_without_a_warning(bench: Bench, pattern: str, cell: str, value: object) -> None:
    staged = column(bench, cell, dates=pattern)
    assert [row[1] for row in bench.rows(staged)] == [value]
    assert codes(staged) == []


def test_a_day_that_does_not_exist_is_rejected_under_a_declared_format(bench: Bench) -> None:
    staged = column(bench, "20240305", "20240230", dates="%Y%m%d", types={"c": "day"})
    assert bench.rejects(staged) == [(3, "not-a-day", "c", "20240230")]


def test_only_the_null_words_are_null(bench: Bench) -> None:
    staged = bench.csv("n,a,b\n1,,\n2,NA,NA\n3,7,x\n4,8,y\n", null_words=("", "NA"))
    assert bench.rows(staged) == [(1, None, None), (2, None, None), (3, 7, "x"), (4, 8, "y")]
    staged = bench.csv("n,a,b\n1,5,\n2,6,NA\n3,7,x\n4,,y\n", null_words=())
    assert [row[2] for row in bench.rows(staged)] == ["", "NA", "x"]
    assert bench.rejects(staged) == [(5, "not-a-whole-number", "a", "")]


def test_the_rows_past_the_sample_may_overrule_it(bench: Bench) -> None:
    many = 30_000
    lines = [f"{i},{i},2024-01-05,{i},," for i in range(many)]
    lines += [f"{i},{i}.5,2024-01-05 10:30,0{i},7,abc" for i in range(10)]
    staged = bench.csv("id,number,moment,code,late,words\n" + "\n".join(lines) + "\n")
    assert kinds(staged) == {
        "id": "whole", "number": "number", "moment": "time", "code": "text", "late": "whole", "words": "text",
    }  # fmt: skip
    assert staged.rows == many + 10
    assert staged.rejects == ()


def test_a_few_words_in_a_long_column_of_numbers_are_rejected_and_many_make_it_text(bench: Bench) -> None:
    few = bench.csv("id,c\n" + "".join(f"{i},{i}\n" for i in range(20_000)) + "x,abc\ny,def\n")
    assert kinds(few)["c"] == "whole"
    assert [reject[:2] for reject in bench.rejects(few)] == [
        (20_002, "not-a-whole-number"), (20_003, "not-a-whole-number"),
    ]  # fmt: skip
    words = "".join(f"{i},word\n" for i in range(5_000))
    many = bench.csv("id,c\n" + "".join(f"{i},{i}\n" for i in range(20_000)) + words)
    assert kinds(many)["c"] == "text"
    assert many.rows == 25_000


def test_codes_keep_their_letters(bench: Bench) -> None:
    staged = bench.csv("id,sku\n" + "".join(f"{i},{1000 + i}\n" for i in range(200)) + "200,A-77\n201,B-12\n")
    assert kinds(staged)["sku"] == "text"
    assert staged.rejects == ()


def test_a_row_is_rejected_once_by_its_first_misfit(bench: Bench) -> None:
    staged = bench.csv("a,b\n1,1.5\n2,2.5\n3,3.5\nx,y\n")
    assert bench.rejects(staged) == [(5, "not-a-whole-number", "a", "x")]


def test_an_offset_makes_instants_and_the_company_zone_fills_in(bench: Bench) -> None:
    staged = column(
        bench, "2024-01-05T10:30:00Z", "2024-01-05 10:30+02", "2024-01-05 10:30:00.5 -0500", "2024-01-05 10:30"
    )
    assert bench.types(staged)["c"] == "TIMESTAMP WITH TIME ZONE"
    query = f"SELECT CAST(timezone('UTC', c) AS VARCHAR) FROM {staged.relation}"
    assert [row[0] for row in bench.engine.run(query)] == [
        "2024-01-05 10:30:00", "2024-01-05 08:30:00", "2024-01-05 15:30:00.5", "2024-01-05 15:30:00",
    ]  # fmt: skip


def test_a_declared_zone_makes_instants_of_local_times(bench: Bench) -> None:
    staged = column(bench, "2024-07-05 10:30:00", time_zone="Europe/Madrid")
    query = f"SELECT CAST(timezone('UTC', c) AS VARCHAR) FROM {staged.relation}"
    assert bench.engine.run(query) == [("2024-07-05 08:30:00",)]
    assert staged.columns[1].zoned


def test_without_a_zone_times_stay_local(bench: Bench) -> None:
    staged = column(bench, "2024-07-05 10:30:00")
    assert bench.types(staged)["c"] == "TIMESTAMP"
    assert not staged.columns[1].zoned


def test_a_declared_type_of_a_column_that_is_not_there_is_an_error(bench: Bench) -> None:
    with pytest.raises(ColumnMissing) as caught:
        bench.csv("importe,dia\n1,2\n", types={"inporte": "number"})
    assert caught.value.column == "inporte"
    assert "importe" in caught.value.fix
