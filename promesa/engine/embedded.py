"""DuckDB inside this process: what reads sources, runs load files and writes the store's files."""

from __future__ import annotations

import os
import re
from datetime import datetime
from typing import TYPE_CHECKING, Self

import duckdb

from promesa.errors import EngineError, StoreNotWritable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from types import TracebackType

    import pyarrow as pa

_NOT_WRITABLE = ("No space left", "Permission denied", "Read-only file system", "Disk quota exceeded")
_QUOTED = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"?")
# The engine quotes the query beside its message, and literals in it may be personal; names of columns are not.
_LITERALS = re.compile(r"(?<![A-Za-z])'(?:[^'\n]|'')*(?:'|$)", re.MULTILINE)


class Embedded:
    """One DuckDB connection with the session that promesa relies on.

    Parameters
    ----------
    time_zone : str
        Zone in which DuckDB reads and shows zoned timestamps. The store's own are naive UTC.
    memory_limit : str or None
        Such as ``8GiB``; None leaves DuckDB's own share of the machine.
    threads : int or None
        None takes every core.
    spill : Path or None
        Folder for what does not fit in memory.
    """

    def __init__(
        self,
        *,
        time_zone: str = "UTC",
        memory_limit: str | None = None,
        threads: int | None = None,
        spill: Path | None = None,
    ) -> None:
        self.connection = duckdb.connect()
        self._time_zone = time_zone
        settings: dict[str, object] = {
            "TimeZone": time_zone,
            "enable_progress_bar": False,
            "autoinstall_known_extensions": False,
        }
        if memory_limit:
            settings["memory_limit"] = memory_limit
        if threads:
            settings["threads"] = threads
        if spill:
            settings["temp_directory"] = str(spill)
        for name, value in settings.items():
            self.connection.execute(f"SET {name} = {literal(value)}")

    def run(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[object, ...]]:
        """Run one statement and return its rows; for small answers."""
        with _translated():
            return self.connection.execute(sql, list(parameters)).fetchall()

    def value(self, sql: str, parameters: Sequence[object] = ()) -> object:
        """Run one statement and return the first column of its first row, or None."""
        rows = self.run(sql, parameters)
        return rows[0][0] if rows else None

    def arrow(self, sql: str, parameters: Sequence[object] = ()) -> pa.Table:
        """Run one SELECT and return all of it."""
        with _translated():
            return self.connection.execute(sql, list(parameters)).to_arrow_table()

    def batches(self, sql: str, *, rows: int = 122_880) -> pa.RecordBatchReader:
        """Run one SELECT and return a reader that holds `rows` rows at a time."""
        with _translated():
            return self.connection.execute(sql).to_arrow_reader(rows)

    def columns(self, sql: str) -> list[tuple[str, str]]:
        """Return (name, DuckDB type) of what a SELECT would give, without running it."""
        return [(str(row[0]), str(row[1])) for row in self.run(f"DESCRIBE {sql}")]

    def register(self, name: str, table: pa.Table | pa.RecordBatchReader) -> None:
        """Make an Arrow table readable as `name`."""
        self.connection.register(name, table)

    def unregister(self, name: str) -> None:
        """Forget a registered table."""
        self.connection.unregister(name)

    def beside(self) -> Self:
        """Return another connection to the same database, for another thread; it sees no temporary table of others."""
        other = object.__new__(type(self))
        other.connection = self.connection.cursor()
        other._time_zone = self._time_zone
        other.run(f"SET TimeZone = {literal(self._time_zone)}")
        return other

    def close(self) -> None:
        """Close the connection and drop what it held."""
        self.connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _translated:  # noqa: N801 (reads as a clause: `with _translated():`)
    """Turn DuckDB's exceptions into promesa's, without the values that its messages quote."""

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, duckdb.Error):
            raise translate(error) from error


def translate(error: duckdb.Error) -> EngineError | StoreNotWritable:
    """Return promesa's error for one of DuckDB's; text within quotes may be personal and is masked."""
    message = str(error)
    if isinstance(error, duckdb.IOException) and any(word in message for word in _NOT_WRITABLE):
        return StoreNotWritable(
            what="A file could not be written.",
            got=message.splitlines()[0][:200],
            expected="a disk with room and permission to write",
            fix="free space or change the permissions, then run the command again",
        )
    kind = type(error).__name__.removesuffix("Exception")
    secret = isinstance(error, duckdb.ConversionException | duckdb.InvalidInputException | duckdb.OutOfRangeException)
    first = message.splitlines()[0][:300]
    return EngineError(
        what=f"The engine could not run a query ({kind}).",
        got=_QUOTED.sub("'…'", first) if secret else _LITERALS.sub("'…'", message)[:600],
        expected="a query that runs",
        fix="see what the message names; with a load file, run its SELECT by itself",
    )


def memory_share() -> str:
    """Return the memory that DuckDB may take where nobody says: a third of the machine, 6 GiB at most."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    return f"{max(512, min(machine // 3, 6 * 1024))}MiB"


def literal(value: object) -> str:
    """Return a value as an SQL literal; a time as a timestamp without a zone."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, datetime):
        return f"TIMESTAMP '{value}'"
    return "'" + str(value).replace("'", "''") + "'"


def name(identifier: str) -> str:
    """Return an identifier quoted for SQL."""
    return '"' + identifier.replace('"', '""') + '"'
