"""Mistakes in load/*.sql, and what a SELECT is found to read."""

from __future__ import annotations

import pytest

from promesa.errors import WorkspaceInvalid

FILE = "load/moments.shop.sql"


@pytest.mark.parametrize(
    ("sql", "reads"),
    [
        ("SELECT 1 AS id", ()),
        ("FROM pedidos", ("pedidos",)),
        ("SELECT * FROM Pedidos AS p", ("pedidos",)),
        ("WITH pedidos AS (SELECT * FROM pedidos) SELECT * FROM pedidos", ("pedidos",)),
        ("WITH a AS (SELECT * FROM pedidos), b AS (SELECT * FROM a) SELECT * FROM b", ("pedidos",)),
        ("SELECT * FROM pedidos WHERE id IN (SELECT id FROM clientes)", ("pedidos", "clientes")),
        ("SELECT (SELECT max(x) FROM clientes) AS m FROM pedidos", ("clientes", "pedidos")),
        ("SELECT * FROM pedidos UNION ALL BY NAME SELECT * FROM clientes;", ("pedidos", "clientes")),
        ("SELECT * FROM pedidos JOIN clientes USING (cliente)", ("pedidos", "clientes")),
        ("SELECT * FROM pedidos, unnest([1, 2]) AS t(x), range(3)", ("pedidos",)),
        ("SELECT * FROM (VALUES (1)) AS v(x)", ()),
        ("WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t WHERE n < 3) SELECT * FROM t", ()),
        ("SELECT * FROM pedidos QUALIFY row_number() OVER (PARTITION BY id ORDER BY at DESC) = 1", ("pedidos",)),
        (
            "WITH b AS (SELECT 1), a AS (WITH b AS (SELECT * FROM b) SELECT * FROM b) SELECT * FROM a, clientes",
            ("clientes",),
        ),
        ("WITH a AS (SELECT * FROM clientes), clientes AS (SELECT 1) SELECT * FROM a, clientes", ("clientes",)),
        ("SELECT * FROM (WITH clientes AS (SELECT 1) SELECT * FROM clientes), clientes", ("clientes",)),
        ("-- why\nSELECT * FROM pedidos -- because", ("pedidos",)),
        ("SELECT * FROM (PIVOT pedidos ON a USING sum(b))", ("pedidos",)),
    ],
)
def test_what_a_select_reads(draft, sql, reads):
    draft.add("promesa.toml", '[sources.clientes]\npath = "data/clientes.csv"')
    draft.write(FILE, sql)
    assert sorted(draft.open().loads[0].reads) == sorted(reads)


@pytest.mark.parametrize("end", [";", ";\n", ";\n-- fin; de año\n", " ;; /* fin */", "\n; -- fin"])
def test_what_stands_after_the_last_semicolon_is_no_second_select(draft, end):
    draft.write(FILE, f"SELECT ';' AS id, 'ñ;' AS customer FROM pedidos{end}")
    assert draft.open().loads[0].sql == "SELECT ';' AS id, 'ñ;' AS customer FROM pedidos"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("load/momentos.shop.sql", "did you mean 'moments'?"),
        ("load/identities.shop.sql", "no fact table"),
        ("load/moments.sql", "<table>.<source>.sql"),
        ("load/moments..sql", "<table>.<source>.sql"),
        ("load/moments.Tienda Norte.sql", "<table>.<source>.sql"),
    ],
)
def test_the_name_of_a_file_says_what_it_loads(draft, name, told):
    (draft.root / FILE).rename(draft.root / name)
    mistake = draft.only_mistake()
    assert (mistake.file, mistake.key) == (name, "file")
    assert told in f"{mistake.what} | {mistake.expected} | {mistake.fix}"


@pytest.mark.parametrize(
    ("sql", "key", "told"),
    [
        ("SELECT (a\nFROM pedidos", "line 2, column 4", "Expecting )"),
        ("SELECT 'a FROM pedidos", "SQL", "does not end"),
        ("", "file", "exactly one SELECT"),
        ("-- later", "file", "exactly one SELECT"),
        ("SELECT 1 AS id; SELECT 2 AS id", "file", "a file of its own"),
        ("DROP TABLE pedidos", "file", "exactly one SELECT"),
        ("CREATE TABLE x AS SELECT * FROM pedidos", "file", "exactly one SELECT"),
        ("COPY pedidos TO 'x.csv'", "file", "exactly one SELECT"),
        ("SELECT * FROM pedido", "file", "did you mean 'pedidos'?"),
        ("SELECT * FROM otra.pedidos", "file", "otra.pedidos"),
        ("SELECT * FROM 'data/pedidos.csv'", "file", "data/pedidos.csv"),
        ("SELECT * FROM read_csv('data/pedidos.csv')", "file", "[sources.NAME]"),
        ("SELECT * FROM read_parquet('x') JOIN pedidos USING (id)", "file", "[sources.NAME]"),
        ("SELECT * FROM glob('/etc/*')", "file", "[sources.NAME]"),
        ("SELECT * FROM duckdb_secrets()", "file", "[sources.NAME]"),
        ("SELECT * FROM b WHERE x IN (SELECT x FROM b)", "file", "'b'"),
    ],
)
def test_each_mistake_names_its_file_and_its_cure(draft, sql, key, told):
    draft.write(FILE, sql)
    mistake = draft.only_mistake()
    assert (mistake.file, mistake.key) == (FILE, key)
    assert told in f"{mistake.what} | {mistake.got} | {mistake.expected} | {mistake.fix}"


def test_sources_are_not_judged_when_promesa_toml_cannot_be_read(draft):
    draft.write("promesa.toml", "[company")
    assert draft.only_mistake().file == "promesa.toml"


def test_every_name_that_is_not_declared_is_told(draft):
    draft.write(FILE, "SELECT * FROM pedido JOIN cliente USING (id)")
    with pytest.raises(WorkspaceInvalid) as caught:
        draft.open()
    assert [mistake.got for mistake in caught.value.mistakes] == ["'pedido'", "'cliente'"]
