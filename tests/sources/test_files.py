"""Finding files, and every way in which a file can be wrong."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

from promesa.errors import SourceUnreadable
from promesa.sources import fingerprint
from promesa.workspace import Source
from tests.sources.bench import codes, kinds

if TYPE_CHECKING:
    from pathlib import Path

    from tests.sources.bench import Bench


def test_a_missing_file_is_named_with_what_is_nearby(bench: Bench) -> None:
    bench.write("datos/ventas_2024.csv", "a\n1\n")
    with pytest.raises(SourceUnreadable) as caught:
        bench.stage("datos/venta_2024.csv", written="${DATOS}/venta_2024.csv")
    assert caught.value.code == "source-unreadable"
    assert caught.value.got == "${DATOS}/venta_2024.csv"
    assert "ventas_2024.csv" in caught.value.fix


def test_a_pattern_that_matches_nothing_says_what_the_folder_holds(bench: Bench) -> None:
    bench.write("datos/uno.csv", "a\n1\n")
    with pytest.raises(SourceUnreadable, match="no file") as caught:
        bench.stage("datos/*.parquet")
    assert "uno.csv" in caught.value.expected


def test_a_pattern_in_a_folder_that_is_not_there(bench: Bench) -> None:
    with pytest.raises(SourceUnreadable, match="no file"):
        bench.stage("nada/*/x.csv")


def test_a_folder_is_not_a_file(bench: Bench) -> None:
    bench.write("datos/uno.csv", "a\n1\n")
    with pytest.raises(SourceUnreadable, match="is a folder"):
        bench.stage("datos")


def test_an_unknown_ending_needs_a_format(bench: Bench) -> None:
    bench.write("datos.xyz", "a,b\n1,2\n")
    with pytest.raises(SourceUnreadable, match="cannot be told"):
        bench.stage("datos.xyz")
    assert bench.rows(bench.stage("datos.xyz", format="csv")) == [(1, 2)]


def test_an_empty_file_is_an_error(bench: Bench) -> None:
    for name in ("a.csv", "a.jsonl", "a.parquet", "a.xlsx", "a.sav"):
        with pytest.raises(SourceUnreadable, match="is empty"):
            bench.stage(bench.write(name, ""))


@pytest.mark.parametrize("content", ["\n\n\n", "   \n", "\ufeff\n"])
def test_a_file_of_blank_lines_is_an_error(bench: Bench, content: str) -> None:
    with pytest.raises(SourceUnreadable, match="nothing but blank lines"):
        bench.csv(content)


@pytest.mark.parametrize("content", ["a,b", "a,b\n", "a,b\r\n\r\n"])
def test_a_header_alone_gives_no_rows(bench: Bench, content: str) -> None:
    staged = bench.csv(content)
    assert bench.rows(staged) == []
    assert bench.types(staged) == {"a": "VARCHAR", "b": "VARCHAR"}
    assert staged.rows == 0


def test_a_wrong_declared_delimiter_is_an_error(bench: Bench) -> None:
    with pytest.raises(SourceUnreadable, match="not delimited by ','") as caught:
        bench.csv("a;b;c\n1;2;3\n", delimiter=",")
    assert "';'" in caught.value.fix


def test_a_file_whose_lines_never_fit_its_header_is_an_error(bench: Bench) -> None:
    with pytest.raises(SourceUnreadable, match="as many cells as its header"):
        bench.csv("a,b\n" + "1,2,3\n" * 5)


def test_a_declared_encoding_that_does_not_decode_names_line_and_byte(bench: Bench) -> None:
    bench.write("v.csv", b"a,b\n1,x\n2,caf\xe9\n")
    with pytest.raises(SourceUnreadable, match=r"v\.csv") as caught:
        bench.stage("v.csv", encoding="utf-8")
    assert "line 3" in caught.value.got
    assert "byte 14" in caught.value.got


def test_the_place_of_a_wrong_byte_is_right_across_chunks(bench: Bench) -> None:
    content = "añb\n".encode() * 400_000
    bench.write("v.csv", b"c\n" + content + b"\xff\n")
    with pytest.raises(SourceUnreadable) as caught:
        bench.stage("v.csv", encoding="utf-8")
    assert "line 400,002, byte 2,000,003" in caught.value.got


def test_an_encoding_that_does_not_exist_is_an_error(bench: Bench) -> None:
    with pytest.raises(SourceUnreadable, match="encoding"):
        bench.csv("a\n1\n", encoding="utf-9")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "latin-1", "utf-32"])
@pytest.mark.parametrize("zipped", [False, True])
def test_every_encoding_gives_the_same_letters(bench: Bench, encoding: str, zipped: bool) -> None:
    content = "id,ciudad\n1,Bogotá\n2,Ñuñoa\n3,Málaga\n".encode(encoding)
    name = bench.write("v.csv.gz", gzip.compress(content)) if zipped else bench.write("v.csv", content)
    staged = bench.stage(name)
    assert bench.rows(staged) == [(1, "Bogotá"), (2, "Ñuñoa"), (3, "Málaga")]
    assert codes(staged) == (["encoding"] if encoding in ("cp1252", "latin-1") else [])


def test_a_declared_encoding_raises_no_warning(bench: Bench) -> None:
    staged = bench.stage(bench.write("v.csv", "id,c\n1,Bogotá\n", encoding="latin-1"), encoding="latin-1")
    assert bench.rows(staged) == [(1, "Bogotá")]
    assert codes(staged) == []


def test_bytes_that_cp1252_lacks_are_read_as_latin_1(bench: Bench) -> None:
    staged = bench.stage(bench.write("v.csv", b"id,c\n1,\xe1\x81\n"))
    assert bench.rows(staged) == [(1, "á\x81")]


def test_a_damaged_spot_in_utf8_costs_its_row_only(bench: Bench) -> None:
    lines = "".join(f"{i},añoñé\n" for i in range(50)).encode()
    staged = bench.stage(bench.write("v.csv", b"id,c\n" + lines + b"50,caf\xe9\n51,ok\n"))
    assert staged.rows == 51
    assert [reject[:2] for reject in bench.rejects(staged)] == [(52, "csv-encoding")]
    assert codes(staged) == ["damaged"]
    assert bench.rows(staged)[0] == (0, "añoñé")


def test_a_gzip_that_is_cut_off_is_an_error(bench: Bench) -> None:
    whole = gzip.compress(b"a,b\n" + b"1,2\n" * 10_000)
    with pytest.raises(SourceUnreadable, match="cannot be read"):
        bench.stage(bench.write("v.csv.gz", whole[: len(whole) // 2]))


def test_a_gzip_with_damaged_bytes_is_an_error(bench: Bench) -> None:
    whole = bytearray(gzip.compress("".join(f"{i},{i * 7919 % 10007}\n" for i in range(50_000)).encode()))
    whole[len(whole) // 2 : len(whole) // 2 + 50] = b"\xff" * 50
    with pytest.raises(SourceUnreadable, match="cannot be read"):
        bench.stage(bench.write("v.csv.gz", bytes(whole)))


def test_a_gzip_in_name_only_is_an_error(bench: Bench) -> None:
    with pytest.raises(SourceUnreadable, match="cannot be read"):
        bench.stage(bench.write("v.csv.gz", "a,b\n1,2\n"))


def test_the_files_of_a_pattern_are_read_in_the_order_of_their_names(bench: Bench) -> None:
    for number in (2, 1, 3):
        bench.write(f"d/v{number}.csv", f"id\n{number}\n")
    staged = bench.stage("d/v*.csv")
    assert bench.rows(staged) == [(1,), (2,), (3,)]
    assert [file.path for file in staged.files] == ["d/v1.csv", "d/v2.csv", "d/v3.csv"]


def test_one_kind_for_all_files_of_a_pattern(bench: Bench) -> None:
    bench.write("d/1.csv", "id,c,d\n1,5,01/02/2024\n")
    bench.write("d/2.csv", "id,c,d\n2,5.5,31/01/2024\n")
    staged = bench.stage("d/*.csv")
    assert kinds(staged) == {"id": "whole", "c": "number", "d": "day"}
    assert [str(row[2]) for row in bench.rows(staged)] == ["2024-02-01", "2024-01-31"]


def test_columns_that_differ_are_joined_by_name_with_a_warning(bench: Bench) -> None:
    bench.write("d/1.csv", "id,a\n1,x\n")
    bench.write("d/2.csv", "B;ID\ny;2\n")
    staged = bench.stage("d/*.csv")
    assert [column.name for column in staged.columns] == ["id", "a", "B"]
    assert bench.rows(staged) == [(1, "x", None), (2, None, "y")]
    assert [(w.code, w.values["file"], w.values["columns"]) for w in staged.warnings] == [
        ("columns_differ", "d/1.csv", "B"),
        ("columns_differ", "d/2.csv", "a"),
    ]


def test_a_name_with_brackets_is_a_file_before_it_is_a_pattern(bench: Bench) -> None:
    assert bench.rows(bench.stage(bench.write("v [1].csv", "id\n7\n"))) == [(7,)]


def test_fingerprints_change_with_the_file(bench: Bench) -> None:
    name = bench.write("v.csv", "id\n7\n")
    source = Source(name="ventas", path=name)
    first = fingerprint(source, root=bench.root)
    assert first == fingerprint(source, root=bench.root)
    assert first is not None
    assert first[0].path == "v.csv"
    bench.write("v.csv", "id\n78\n")
    assert fingerprint(source, root=bench.root) != first
    assert fingerprint(Source(name="d", url="sqlite:///x.db", query="t"), root=bench.root) is None


def test_a_file_outside_the_workspace_is_shown_whole(bench: Bench, tmp_path_factory: pytest.TempPathFactory) -> None:
    other: Path = tmp_path_factory.mktemp("otra") / "v.csv"
    other.write_text("id\n1\n")
    assert bench.stage(str(other)).files[0].path == str(other)


def test_what_is_being_read_is_said(bench: Bench) -> None:
    said: list[tuple[str, float | None]] = []
    bench.csv("id\n1\n", progress=lambda what, fraction: said.append((what, fraction)))
    assert said == [("ventas: ventas.csv", 0.0)]


def test_warnings_are_sentences_in_both_languages(bench: Bench) -> None:
    staged = bench.csv("id,d\n1,05/03/2024\n")
    assert "día" in staged.warnings[0].in_locale("es_CO")
    assert "day" in str(staged.warnings[0])
