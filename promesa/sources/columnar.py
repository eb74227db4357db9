"""Parquet files, which say the types of their columns themselves and are read where they lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa.engine import literal
from promesa.errors import EngineError, SourceUnreadable
from promesa.sources.files import refuse_empty
from promesa.sources.raw import Raw
from promesa.sources.shapes import Kind, SourceColumn

if TYPE_CHECKING:
    from promesa.engine import Embedded
    from promesa.sources.files import Found
    from promesa.workspace import Source

_KINDS: tuple[tuple[str, Kind], ...] = (
    ("BOOLEAN", "yes_no"),
    ("TINYINT", "whole"),
    ("SMALLINT", "whole"),
    ("INTEGER", "whole"),
    ("BIGINT", "whole"),
    ("HUGEINT", "whole"),
    ("UTINYINT", "whole"),
    ("USMALLINT", "whole"),
    ("UINTEGER", "whole"),
    ("UBIGINT", "whole"),
    ("FLOAT", "number"),
    ("DOUBLE", "number"),
    ("DECIMAL", "number"),
    ("DATE", "day"),
    ("TIMESTAMP", "time"),
)


def open_parquet(source: Source, found: Found, *, engine: Embedded) -> Raw:
    """Return a Parquet file as the engine reads it.

    Raises
    ------
    SourceUnreadable
        If it is empty, cut off, or not Parquet.
    """
    refuse_empty(source, found)
    relation = f"read_parquet({literal(found.path)})"
    try:
        described = engine.columns(f"SELECT * FROM {relation}")
    except EngineError as error:
        raise SourceUnreadable(
            what=f"The file {found.shown} of source {source.name!r} is not a Parquet file, or is not whole.",
            got=error.got.splitlines()[0][:200],
            expected="a Parquet file",
            fix=f"copy or export it again, or correct format in [sources.{source.name}]",
        ) from error
    columns = tuple(column for column, _ in described)
    return Raw(
        shown=found.shown,
        fingerprint=found.fingerprint,
        relation=relation,
        columns=columns,
        known={column: column_of(column, kind) for column, kind in described},
        ready=found.path,
    )


def column_of(column: str, duckdb_type: str) -> SourceColumn:
    """Return a column whose type the file says; what is none of the kinds (a list, a structure) counts as text."""
    kinds: list[Kind] = [kind for start, kind in _KINDS if duckdb_type.startswith(start) and "]" not in duckdb_type]
    zoned = "WITH TIME ZONE" in duckdb_type
    return SourceColumn(name=column, kind=kinds[0] if kinds else "text", how="file", zoned=zoned)
