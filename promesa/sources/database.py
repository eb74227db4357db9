"""Databases through ADBC, in batches: the query is wrapped so that every column comes in a type that is understood."""

from __future__ import annotations

import errno
import re
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from promesa.engine import literal, name
from promesa.errors import SourceUnreadable
from promesa.sources.columnar import column_of
from promesa.sources.raw import TEXT_MARK, Raw
from promesa.sources.shapes import Fingerprint

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from pathlib import Path

    import pyarrow as pa

    from promesa.workspace import Source

    Progress = Callable[[str, float | None], None]

_SELECT = re.compile(r"\s*(\(|with\b|select\b|values\b|table\b)", re.IGNORECASE)
_PLAIN_NAME = re.compile(r"[a-z_][a-z0-9_]*")
_AS_IT_IS = ("int2", "int4", "int8", "float8", "text", "varchar", "date", "timestamp", "timestamptz", "bool")
_DISK = (errno.ENOSPC, errno.EACCES, errno.EROFS, errno.EDQUOT)  # of the copy here, not of the database
_serial = count()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cast:
    """One column of the query, as SQL; a mixed one holds texts among numbers and is typed like a CSV's."""

    column: str
    sql: str
    mixed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """Which rows of a source are to be read."""

    source: Source
    above: str | None
    limit: int | None
    progress: Progress | None


def open_query(
    source: Source,
    *,
    root: Path,
    folder: Path,
    above: str | None = None,
    limit: int | None = None,
    progress: Progress | None = None,
) -> Raw:
    """Read the rows of a query into Parquet, batch by batch, and return them as the engine reads them.

    Parameters
    ----------
    above : str or None
        Watermark of the load before; the database leaves out the rows up to it.
    limit : int or None
        Rows at most, for looking at the beginning.

    Raises
    ------
    SourceUnreadable
        If the database cannot be reached, or does not run the query. No message holds the password.
    """
    scheme = (source.url or "").rpartition("://")[0].partition("+")[0].lower()
    wanted = _Wanted(source=source, above=above, limit=limit, progress=progress)
    if scheme in ("postgresql", "postgres"):
        return _read(wanted, _Postgres(source), folder=folder)
    if scheme == "sqlite":
        return _read(wanted, _Sqlite(source, root), folder=folder)
    raise SourceUnreadable(
        what=f"The database of source {source.name!r} is of a kind that is not read.",
        got=f"{scheme}://" if scheme else "a URL without a scheme",
        expected="postgresql://USER:PASSWORD@HOST/DATABASE or sqlite:///FILE",
        fix=f"correct url in [sources.{source.name}], or export the table to Parquet or CSV",
    )


class _Postgres:
    """What differs in PostgreSQL."""

    def __init__(self, source: Source) -> None:
        rest = (source.url or "").split("://", 1)[1]
        self.uri = f"postgresql://{rest}"

    def connect(self) -> Any:
        from adbc_driver_postgresql import dbapi

        return dbapi.connect(self.uri)

    def casts(self, cursor: Any, inner: str) -> list[_Cast]:
        cursor.execute(f"SELECT * FROM {inner} LIMIT 0")
        return [_Cast(column=field.name, sql=_postgres_sql(field)) for field in cursor.fetch_record_batch().schema]

    def above(self, cast: _Cast, above: str) -> str:
        # A quoted literal takes the type of the column that it is compared with.
        return f"{name(cast.column)} > {literal(above)} OR {name(cast.column)} IS NULL"


def _postgres_sql(field: pa.Field) -> str:
    facts = {key.decode(): value.decode() for key, value in (field.metadata or {}).items()}
    kind, column = facts.get("POSTGRESQL:type", ""), name(field.name)
    if kind in _AS_IT_IS:
        return column
    if kind == "numeric":
        digits, decimals = divmod(int(facts.get("POSTGRESQL:typmod", "-1")) - 4, 1 << 16)
        whole = "POSTGRESQL:typmod" in facts and decimals == 0 and 0 < digits <= 18
        return f"{column}::bigint" if whole else f"{column}::float8"
    if kind == "float4":
        return f"{column}::float8"
    if kind == "money":
        return f"{column}::numeric::float8"
    return f"{column}::text"


class _Sqlite:
    """What differs in SQLite, whose columns may hold values of any type."""

    def __init__(self, source: Source, root: Path) -> None:
        path = unquote((source.url or "").split("://", 1)[1])
        file = root / path.removeprefix("/") if not path.startswith("//") else root / path[1:]
        if not file.is_file():
            raise SourceUnreadable(
                what=f"There is no SQLite file for source {source.name!r}.",
                got=str(source.written or path),
                expected="a file that exists: sqlite:///FILE inside the workspace, sqlite:////FOLDER/FILE elsewhere",
                fix=f"correct url in [sources.{source.name}]",
            )
        self.uri = f"file:{_quoted_path(file)}?mode=ro"

    def connect(self) -> Any:
        from adbc_driver_sqlite import dbapi

        return dbapi.connect(self.uri)

    def casts(self, cursor: Any, inner: str) -> list[_Cast]:
        cursor.execute(f"SELECT * FROM {inner} LIMIT 0")
        columns = [str(field.name) for field in cursor.fetch_record_batch().schema]
        kinds = ("integer", "real", "text", "blob")
        flags = ", ".join(f"max(typeof({name(column)}) = '{kind}')" for column in columns for kind in kinds)
        cursor.execute(f"SELECT {flags} FROM {inner}")
        held = [bool(flag) for flag in cursor.fetchall()[0]]
        return [_sqlite_cast(column, *held[4 * place : 4 * place + 4]) for place, column in enumerate(columns)]

    def above(self, cast: _Cast, above: str) -> str:
        # Of two types in SQLite every number is less than every text: a number is compared as one.
        is_number = not cast.mixed and not cast.sql.endswith("AS TEXT)")
        return f"{cast.sql} > {above if is_number else literal(above)} OR {name(cast.column)} IS NULL"


def _sqlite_cast(column: str, whole: bool, real: bool, text: bool, blob: bool) -> _Cast:  # noqa: FBT001 (as SQLite gives them)
    quoted = name(column)
    if text or blob or not (whole or real):
        return _Cast(column=column, sql=f"CAST({quoted} AS TEXT)", mixed=whole or real)
    return _Cast(column=column, sql=f"CAST({quoted} AS REAL)" if real else quoted)


def _quoted_path(file: Path) -> str:
    return str(file.absolute()).replace("%", "%25").replace("?", "%3f").replace("#", "%23")


def _read(wanted: _Wanted, database: _Postgres | _Sqlite, *, folder: Path) -> Raw:
    import pyarrow.parquet as pq

    source = wanted.source
    inner = f"({_query(source)}) AS promesa_source"
    path = folder / f"query.{next(_serial)}.parquet"
    rows = 0
    with _errors_without_password(source), database.connect() as connection, connection.cursor() as cursor:
        casts = database.casts(cursor, inner)
        cells = ", ".join(f"{cast.sql} AS {name(cast.column)}" for cast in casts)
        limit = "" if wanted.limit is None else f" LIMIT {wanted.limit}"
        cursor.execute(f"SELECT {cells} FROM {inner}{_where(wanted, database, casts)}{limit}")
        reader = cursor.fetch_record_batch()
        with pq.ParquetWriter(path, reader.schema) as writer:
            for batch in reader:
                writer.write_batch(batch)
                rows += batch.num_rows
                if wanted.progress:
                    wanted.progress(f"{source.name}: {rows:,}", None)
        schema = reader.schema
    return _raw(path, schema, casts, dynamic=isinstance(database, _Sqlite))


def _query(source: Source) -> str:
    """Return the query as a subquery: a table is named, a SELECT stands as it is."""
    query = (source.query or "").strip().rstrip(";").strip()
    if _SELECT.match(query):
        return query
    parts = [part if _PLAIN_NAME.fullmatch(part) or part.startswith('"') else name(part) for part in query.split(".")]
    return f"SELECT * FROM {'.'.join(parts)}"


def _where(wanted: _Wanted, database: _Postgres | _Sqlite, casts: Sequence[_Cast]) -> str:
    column = (wanted.source.watermark or "").casefold()
    cast = next((cast for cast in casts if cast.column.casefold() == column), None)
    return "" if wanted.above is None or cast is None else f" WHERE {database.above(cast, wanted.above)}"


def _raw(path: Path, schema: pa.Schema, casts: Sequence[_Cast], *, dynamic: bool) -> Raw:
    """Return the rows; SQLite has no days and times, so that its texts are looked at."""
    import pyarrow as pa

    texts = {field.name for field in schema if pa.types.is_string(field.type) or pa.types.is_null(field.type)}
    known = {field.name: column_of(field.name, _duckdb_type(field.type)) for field in schema}
    known = {column: kind for column, kind in known.items() if not (dynamic and column in texts)}
    mixed = {cast.column for cast in casts if cast.mixed}
    marked = [
        f"concat({literal(TEXT_MARK)}, {name(field.name)}) AS {name(field.name)}"
        if field.name not in known and field.name not in mixed
        else name(field.name)
        for field in schema
    ]
    relation = f"read_parquet({literal(path)})"
    return Raw(
        shown="query",
        fingerprint=Fingerprint("query", 0, 0),
        relation=relation,
        sample=f"(SELECT {', '.join(marked)} FROM {relation})",
        columns=tuple(field.name for field in schema),
        known=known,
        ready=path,
    )


def _duckdb_type(kind: pa.DataType) -> str:
    import pyarrow as pa

    if pa.types.is_boolean(kind):
        return "BOOLEAN"
    if pa.types.is_integer(kind):
        return "BIGINT"
    if pa.types.is_floating(kind):
        return "DOUBLE"
    if pa.types.is_date(kind):
        return "DATE"
    if pa.types.is_timestamp(kind):
        return "TIMESTAMP WITH TIME ZONE" if kind.tz else "TIMESTAMP"
    return "VARCHAR"


@contextmanager
def _errors_without_password(source: Source) -> Generator[None]:
    from adbc_driver_manager import Error

    try:
        yield
    except (Error, OSError) as error:
        if isinstance(error, OSError) and error.errno in _DISK:
            raise
        message = _hidden(str(error).strip(), source.url or "")
        reached = "Failed to connect" not in message
        raise SourceUnreadable(
            what=f"The database of source {source.name!r} "
            + ("did not run the query." if reached else "cannot be reached."),
            got=message[:400],
            expected="a table name or a SELECT that runs" if reached else "a database that answers",
            fix=f"check {'query' if reached else 'url, network and permissions'} in [sources.{source.name}]",
        ) from None  # the driver's own error may hold the URL


def _hidden(message: str, url: str) -> str:
    """Return a driver's message without the URL, and without the password in whatever spelling."""
    message = message.replace(url, "the URL")
    rest = url.split("://", 1)[-1]
    message = message.replace(rest, "the URL")
    password = rest.rsplit("@", 1)[0].partition(":")[2] if "@" in rest else ""
    for spelt in {password, unquote(password)} - {""}:
        message = message.replace(spelt, "***")
    return " ".join(message.split())
