"""The last or first instant of a column, from what each file says about itself where the engine can tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa.engine.connection import translated
from promesa.engine.embedded import literal, name

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import ibis

    from promesa.engine.connection import Engine


def extreme(engine: Engine, table: ibis.Table, files: Sequence[str], *, column: str, last: bool) -> datetime | None:
    """Return the last or first instant of a column of a table over files.

    DuckDB answers it from what a file says about itself, if it is asked of one file at a time.
    """
    if engine.dialect != "duckdb":
        return engine.fetch(table[column].max() if last else table[column].min()).as_py()
    which = "max" if last else "min"
    each = " UNION ALL ".join(f"SELECT {which}({name(column)}) AS one FROM read_parquet({literal(f)})" for f in files)
    try:
        found = engine.backend.con.execute(f"SELECT {which}(one) FROM ({each})").fetchone()
    except Exception as error:
        raise translated(error) from error
    return found[0] if found else None
