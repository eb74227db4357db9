"""Whether load files ask for columns that are there, tried on empty sources: for `promesa check`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from promesa.engine import name
from promesa.errors import EngineError, InputError, LoadFailed, Mistake
from promesa.sources import DUCKDB_TYPES
from promesa.store.output import SYNTAX, named_types

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from promesa.engine import Embedded
    from promesa.sources import SourceColumn
    from promesa.workspace import Load, Workspace

_TOLD = re.compile(
    rf"Referenced column .* not found|does not have a column named|Referenced table .* not found|{SYNTAX}"
)


def misnamed_columns(
    ws: Workspace, *, columns: Mapping[str, Sequence[SourceColumn]], engine: Embedded
) -> list[Mistake]:
    """Return the load files that ask their sources for a column that is not there, or give their table a wrong one.

    What only a wrong type stops is left to the load: the kinds of columns are told here from the beginnings of files.

    Parameters
    ----------
    columns : mapping of str to sequence of SourceColumn
        Of each source that could be looked at; load files that read another one are not judged.
    """
    for source, its in columns.items():
        cells = ", ".join(f"CAST(NULL AS {_type_of(column)}) AS {name(column.name)}" for column in its)
        engine.run(f"CREATE OR REPLACE TEMP VIEW {name(source)} AS SELECT {cells} LIMIT 0")
    judged = [load for load in ws.loads if all(source in columns for source in load.reads)]
    return [mistake for load in judged if (mistake := _mistake(ws, load, engine)) is not None]


def _type_of(column: SourceColumn) -> str:
    return "TIMESTAMPTZ" if column.zoned else DUCKDB_TYPES[column.kind]


def _mistake(ws: Workspace, load: Load, engine: Embedded) -> Mistake | None:
    try:
        named_types(engine, load, ws.model)
    except LoadFailed as error:
        if isinstance(error.__cause__, EngineError) and not _TOLD.search(error.got):
            return None
        return _of(load, error)
    return None


def _of(load: Load, error: InputError) -> Mistake:
    got = (
        error.got.split("\n\nLINE")[0].removeprefix("Binder Error: ").removeprefix("Parser Error: ").replace("\n", "; ")
    )
    return Mistake(
        file=f"load/{load.file.name}", key="SELECT", what=error.what, got=got, expected=error.expected, fix=error.fix
    )
