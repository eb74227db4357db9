"""SQL of what was asked before, for every DuckDB of this process.

To turn an expression into SQL takes longer than to run it over a few thousand rows. The SQL follows from the expression
alone, and the same question asked of another state of a store, or of another company, gives the same expression again,
as long as what it reads is called the same: an engine therefore numbers its tables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    import ibis

ROWS = "rows of a shape"
MOST_TEXTS = 1024
_MOST_SHAPES = 512
TEXTS: dict[Any, str] = {}
_shapes: dict[tuple[str, ibis.Schema], tuple[ibis.Table, str]] = {}


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
            TEXTS[node] = sql
            if len(TEXTS) > MOST_TEXTS:
                TEXTS.pop(next(iter(TEXTS)), None)
    return sql


def shape_of(
    backend: Any, schema: ibis.Schema, shape: str, make: Callable[[ibis.Table], ibis.Table]
) -> tuple[ibis.Table, str]:
    """Return what `make` gives for any rows with the columns of `schema`, and its SQL over a table called `ROWS`."""
    import ibis

    key = (shape, schema)
    known = _shapes.get(key)
    if known is None:
        made = make(ibis.table(schema, name=ROWS))
        known = _shapes[key] = (made, str(backend.compile(made)))
        if len(_shapes) > _MOST_SHAPES:
            _shapes.pop(next(iter(_shapes)), None)
    return known
