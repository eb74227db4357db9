"""SQL of what was asked before, and the columns that it gives, for every DuckDB of this process.

To turn an expression into SQL takes longer than to run it over a few thousand rows. The SQL follows from the expression
alone, and the same question asked of another state of a store, or of another company, gives the same expression again,
as long as what it reads is called the same: an engine therefore numbers its tables.
"""

from __future__ import annotations

import threading
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    import ibis

ROWS = "rows of a shape"
MOST_TEXTS = 1024
_MOST_SHAPES = 512
TEXTS: dict[Any, str] = {}
_schemas: dict[Any, ibis.Schema] = {}
_remembering = threading.Lock()
_shapes: dict[tuple[str, ibis.Schema], tuple[ibis.Table, str]] = {}


def _remember(among: dict[Any, Any], key: object, value: object, *, most: int) -> None:
    """Keep a value and let go of the oldest above `most`; engines of several threads remember at once."""
    with _remembering:
        among[key] = value
        while len(among) > most:
            among.pop(next(iter(among)))


def sql_of(backend: Any, table: ibis.Table) -> str:
    """Return DuckDB's SQL of an expression; that of the latest ones is remembered."""
    from ibis.expr.operations import InMemoryTable

    node = table.op()
    sql = TEXTS.get(node)
    if sql is None:
        backend._register_in_memory_tables(table)  # noqa: SLF001 (to_pyarrow does so first)
        sql = str(backend.compile(table))
        # Rows of this process are read by this engine alone, and are not to be kept longer than it needs them.
        if not node.find(InMemoryTable):
            _remember(TEXTS, node, sql, most=MOST_TEXTS)
    return sql


def stored(backend: Any, kind: str, called: str, table: ibis.Table) -> ibis.Table:
    """Return an expression as a temporary ``VIEW`` or ``TABLE`` of DuckDB.

    Its columns have the types that DuckDB says, which are not always those that Ibis expects. To ask for them takes
    longer than many queries do: those of an expression that was stored before are remembered.
    """
    # Ibis 12's create_table writes SQL that DuckDB 1.5.6 does not read.
    backend.con.execute(f"CREATE OR REPLACE TEMP {kind} {called} AS {sql_of(backend, table)}")
    node = table.op()
    schema = _schemas.get(node)
    if schema is None:
        schema = _schema_of(backend, called)
        if node in TEXTS:
            _remember(_schemas, node, schema, most=MOST_TEXTS)
    return table_called(backend, called, schema)


def table_called(backend: Any, called: str, schema: ibis.Schema) -> ibis.Table:
    """Return a table or view of DuckDB whose columns are known, without asking for them."""
    from ibis.expr.operations import DatabaseTable, Namespace

    table: ibis.Table = DatabaseTable(called, schema=schema, source=backend, namespace=Namespace()).to_expr()
    return table


def _schema_of(backend: Any, called: str) -> ibis.Schema:
    import ibis

    columns = backend.con.execute(f"DESCRIBE {called}").fetchall()
    return ibis.schema({column: _type_of(backend.compiler.type_mapper, kind) for column, kind, *_ in columns})


@cache
def _type_of(mapper: Any, kind: str) -> Any:
    """Return Ibis's type for DuckDB's, which it finds by parsing SQL."""
    return mapper.from_string(kind, nullable=True)


def shape_of(
    backend: Any, schema: ibis.Schema, shape: str, make: Callable[[ibis.Table], ibis.Table]
) -> tuple[ibis.Table, str]:
    """Return what `make` gives for any rows with the columns of `schema`, and its SQL over a table called `ROWS`."""
    import ibis

    key = (shape, schema)
    known = _shapes.get(key)
    if known is None:
        made = make(ibis.table(schema, name=ROWS))
        known = (made, str(backend.compile(made)))
        _remember(_shapes, key, known, most=_MOST_SHAPES)
    return known
