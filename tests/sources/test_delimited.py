"""CSV in all its spellings: what is written comes back, and what is broken is set aside by row."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from promesa.engine import Embedded
from promesa.errors import SourceUnreadable
from tests.drawn import cases
from tests.sources.bench import Bench, codes, kinds

if TYPE_CHECKING:
    from pathlib import Path

CELL = st.text(st.characters(codec="cp1252", exclude_categories=["Cc", "Cs"], include_characters="\n\r\t"), max_size=12)


@st.composite
def tables(draw: st.DrawFn) -> list[list[str]]:
    width = draw(st.integers(2, 5))
    cells = st.lists(CELL, min_size=width, max_size=width)
    rows = draw(st.lists(cells, min_size=1, max_size=12))
    return [[f"columna {place}" for place in range(width)], *rows]


@settings(max_examples=cases(15), suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    table=tables(),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    quote=st.sampled_from(['"', "'"]),
    ends=st.sampled_from(["\n", "\r\n"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
)
def test_any_table_comes_back_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory,
    table: list[list[str]],
    delimiter: str,
    quote: str,
    ends: str,
    encoding: str,
) -> None:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, quotechar=quote, lineterminator=ends, quoting=csv.QUOTE_ALL).writerows(table)
    with Embedded() as engine:
        bench = Bench(root=tmp_path_factory.mktemp("csv"), engine=engine)
        bench.write("t.csv", text.getvalue(), encoding=encoding)
        types = dict.fromkeys(table[0], "text")
        declared: dict[str, Any] = {"delimiter": delimiter, "quote": quote, "encoding": encoding, "header": True}
        staged = bench.stage("t.csv", types=types, null_words=(), **declared)
        assert bench.rows(staged) == [tuple(row) for row in table[1:]]
        assert staged.rejects == ()


PLAIN = st.text(st.sampled_from("abcñáü 0123\"';,|\n"), min_size=1, max_size=10).filter(
    lambda cell: cell.strip(" \n'\"")
)


@settings(max_examples=cases(15), suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    rows=st.lists(st.tuples(st.integers(0, 10**6), PLAIN, st.floats(-1e6, 1e6)), min_size=3, max_size=20),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    ends=st.sampled_from(["\n", "\r\n"]),
)
def test_the_dialect_is_detected(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[int, str, float]], delimiter: str, ends: str
) -> None:
    text = io.StringIO()
    written = csv.writer(text, delimiter=delimiter, lineterminator=ends)
    written.writerow(["número", "texto", "valor"])
    written.writerows([number, cell, f"{value:.6f}"] for number, cell, value in rows)
    with Embedded() as engine:
        bench = Bench(root=tmp_path_factory.mktemp("csv"), engine=engine)
        staged = bench.csv(text.getvalue(), types={"texto": "text"})
        assert kinds(staged) == {"número": "whole", "texto": "text", "valor": "number"}
        assert bench.rows(staged) == [(number, cell, float(f"{value:.6f}")) for number, cell, value in rows]


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_every_line_end_is_read(bench: Bench, ends: str) -> None:
    staged = bench.csv(ends.join(["a;b", "1;x", "2;y", ""]))
    assert bench.rows(staged) == [(1, "x"), (2, "y")]


@pytest.mark.parametrize(
    "content",
    ['a;b\r\n1;x\n2;"y\nz"\r\n\r\n3;w\n', 'a;b\n1;x\r\n2;"y\nz"\n\n3;w\r\n', 'a;b\n1;x\r2;"y\nz"\n\n3;w\n'],
)
def test_mixed_line_ends_are_mended(bench: Bench, content: str) -> None:
    staged = bench.csv(content)
    assert bench.rows(staged) == [(1, "x"), (2, "y\nz"), (3, "w")]
    broken = bench.csv(content + "4;5;6\r\nx;7\n" + "8;9\n", types={"a": "whole"})
    assert [reject[:2] for reject in bench.rejects(broken)] == [(6, "csv-structure"), (7, "not-a-whole-number")]


def test_line_ends_that_change_late_in_a_long_file_are_mended(bench: Bench) -> None:
    staged = bench.csv("a;b\n" + "1;x\n" * 400_000 + "2;y\r\n" * 10)
    assert staged.rows == 400_010


def test_rows_are_counted_as_a_spreadsheet_counts(bench: Bench) -> None:
    content = (
        "id,n\n"  # 1
        '1,"two\nlines"\n'  # 2
        "\n"  # 3
        "x,3\n"  # 4
        "4\n"  # 5
        "\n\n"  # 6, 7
        "5,6,7\n"  # 8
        "y,8\n"  # 9
        "10,11\n"
    )
    staged = bench.csv(content, types={"id": "whole", "n": "text"})
    assert [reject[:2] for reject in bench.rejects(staged)] == [
        (4, "not-a-whole-number"), (5, "csv-structure"), (8, "csv-structure"), (9, "not-a-whole-number"),
    ]  # fmt: skip
    assert staged.rows == 2
    assert (staged.files[0].rows, staged.files[0].rejected) == (6, 4)


def test_rows_are_counted_right_in_a_file_of_many_blocks(bench: Bench) -> None:
    expected: list[tuple[int, str]] = []
    lines = ["id,c,text"]
    for row in range(2, 600_002):
        if row % 90_001 == 7:
            lines.append(f"{row},1")
            expected.append((row, "csv-structure"))
        elif row % 70_001 == 9:
            lines.append(f'x{row},1,"a\nb"')
            expected.append((row, "not-a-whole-number"))
        else:
            lines.append(f"{row},1,{'relleno' * 5}")
    staged = bench.csv("\n".join(lines) + "\n", types={"id": "whole"})
    assert [reject[:2] for reject in bench.rejects(staged)] == expected
    assert staged.rows == 600_000 - len(expected)


def test_lines_before_the_table_are_passed_over_and_counted(bench: Bench) -> None:
    staged = bench.csv("\n\na;b\n1;2\nx;3\n", types={"a": "whole"})
    assert bench.rows(staged) == [(1, 2)]
    assert bench.rejects(staged)[0][0] == 5
    assert bench.rows(bench.csv("sep=;\r\na;b\r\n1;2\r\n")) == [(1, 2)]


def test_a_broken_line_keeps_its_text(bench: Bench) -> None:
    staged = bench.csv('a,b\n1,2\n3\n4,5,6\n7,"x"y\n8,9\n')
    assert [(row, rule) for row, rule, _, _ in bench.rejects(staged)] == [
        (3, "csv-structure"), (4, "csv-structure"), (5, "csv-quote"),
    ]  # fmt: skip
    assert bench.records(staged) == ['{"__line": "3"}', '{"__line": "4,5,6"}', '{"__line": "7,\\"x\\"y"}']
    assert bench.rows(staged) == [(1, 2), (8, 9)]


def test_quotes_within_a_bare_cell_are_letters(bench: Bench) -> None:
    staged = bench.csv('a,b\n1,pantalla de 5"\n2,ok\n')
    assert bench.rows(staged) == [(1, 'pantalla de 5"'), (2, "ok")]


def test_backslashes_before_quotes_are_understood(bench: Bench) -> None:
    staged = bench.csv('a,b\n1,"di \\"hola\\", dijo"\n2,"x, y"\n3,"z"\n')
    assert bench.rows(staged) == [(1, 'di "hola", dijo'), (2, "x, y"), (3, "z")]


def test_a_backslash_at_the_end_of_a_cell_is_a_letter(bench: Bench) -> None:
    staged = bench.csv('a,b\n1,"C:\\"\n2,"x, ""y"" \\"\n')
    assert bench.rows(staged) == [(1, "C:\\"), (2, 'x, "y" \\')]


def test_no_quote_may_be_declared(bench: Bench) -> None:
    staged = bench.csv('a|b\n1|"x\n2|y"\n', quote="")
    assert bench.rows(staged) == [(1, '"x'), (2, 'y"')]


def test_a_single_column_with_commas_in_its_texts(bench: Bench) -> None:
    staged = bench.csv("comentario\nbueno, bonito y barato\nmalo\n")
    assert bench.rows(staged) == [("bueno, bonito y barato",), ("malo",)]


def test_a_file_without_header(bench: Bench) -> None:
    staged = bench.csv("1,2024-01-05,x\n2,2024-01-06,y\n")
    assert [column.name for column in staged.columns] == ["column_1", "column_2", "column_3"]
    assert staged.rows == 2
    assert codes(staged) == ["no_header"]
    named = bench.csv("1,2024-01-05,x\n2,2024-01-06,y\nz,2024-01-06,y\n4,2024-01-06,y\n", columns=("id", "día", "qué"))
    assert kinds(named) == {"id": "whole", "día": "day", "qué": "text"}
    assert bench.rejects(named)[0][0] == 3
    assert codes(named) == []


def test_a_header_of_years_is_told_by_the_texts_beside_it(bench: Bench) -> None:
    staged = bench.csv("id,2023,2024\n1,10,20\n2,30,40\n")
    assert [column.name for column in staged.columns] == ["id", "2023", "2024"]


def test_the_header_may_be_declared(bench: Bench) -> None:
    assert bench.rows(bench.csv("a,b\nc,d\n", header=False)) == [("a", "b"), ("c", "d")]
    assert [column.name for column in bench.csv("1,2\n3,4\n", header=True).columns] == ["1", "2"]


def test_declared_names_must_be_as_many_as_the_columns(bench: Bench) -> None:
    with pytest.raises(SourceUnreadable, match="as many columns"):
        bench.csv("1,2\n", columns=("a", "b", "c"))


def test_empty_and_repeated_names_are_replaced_and_said(bench: Bench) -> None:
    staged = bench.csv("id,nota,Nota,,nota_2\n1,2,3,4,5\n")
    assert [column.name for column in staged.columns] == ["id", "nota", "Nota_3", "column_4", "nota_2"]
    assert bench.rows(staged) == [(1, 2, 3, 4, 5)]
    assert codes(staged) == ["repeated_name", "unnamed_column"]


def test_names_with_quotes_and_braces_are_kept(bench: Bench) -> None:
    staged = bench.csv('"it\'s","a ""b""",{c},d.e,select\n1,2,3,4,5\nx,2,3,4,5\n', types={"it's": "whole"})
    assert [column.name for column in staged.columns] == ["it's", 'a "b"', "{c}", "d.e", "select"]
    assert bench.rows(staged) == [(1, 2, 3, 4, 5)]
    assert bench.rejects(staged) == [(3, "not-a-whole-number", "it's", "x")]


def test_a_cell_longer_than_the_engine_takes_costs_its_row_only(bench: Bench) -> None:
    staged = bench.csv("a,b\n1," + "x" * 3_000_000 + "\n2,y\n")
    assert bench.rows(staged) == [(2, "y")]
    assert [reject[:2] for reject in bench.rejects(staged)] == [(2, "line-too-long")]


def test_a_file_larger_than_the_engine_may_hold_streams(tmp_path: Path) -> None:
    line = "x" * 60
    with Embedded(memory_limit="256MB", threads=2, spill=tmp_path / "spill") as engine:
        bench = Bench(root=tmp_path, engine=engine)
        with (tmp_path / "big.csv").open("w") as stream:
            stream.write("id,a,b,c,d,e\n")
            for start in range(0, 1_200_000, 10_000):
                stream.writelines(f"{i},{line},{line},{line},{line},{i}\n" for i in range(start, start + 10_000))
        staged = bench.stage("big.csv")
        assert staged.rows == 1_200_000
        assert engine.value(f"SELECT sum(id) FROM {staged.relation}") == sum(range(1_200_000))


@pytest.mark.parametrize("rest", ["", ";;"])
@pytest.mark.parametrize("gap", ["", "\n", "\n;;\n"])
def test_titles_above_the_table_are_passed_over_and_said(bench: Bench, rest: str, gap: str) -> None:
    above = f"Informe de ventas 2025{rest}\nPeriodo: enero{rest}\n{gap}"
    staged = bench.csv(
        above + "id;fecha;importe\n1;13/02/2025;3,5\nx;14/02/2025;2,5\n3;15/02/2025;1,5\n4;15/02/2025;1\n"
    )
    assert [row[0] for row in bench.rows(staged)] == [1, 3, 4]
    assert [row[2] for row in bench.rows(staged)] == [3.5, 1.5, 1.0]
    line = above.count("\n") + 1
    assert [reject[0] for reject in bench.rejects(staged)] == [line + 2]
    assert [warning.code for warning in staged.warnings] == ["title_rows"]
    assert f"row {line}" in str(staged.warnings[0])


def test_a_file_of_one_column_has_no_title(bench: Bench) -> None:
    assert bench.rows(bench.csv("id\n1\n2\n")) == [(1,), (2,)]
