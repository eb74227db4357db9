"""Delta tables: read what is live, commit new files and drop old ones in one step, sweep what was left behind.

DuckDB writes the Parquet files, which streams and sorts; Delta's log only says which of them are the
table. A commit is one file of the log, so it happens whole or not at all. Each commit carries the
number that follows the last one seen as an application transaction, so that of two writers who saw
the same table only one commits.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from promesa.engine import literal
from promesa.errors import StoreDamaged
from promesa.store.places import flush_folder, writing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from promesa.engine import Embedded

SQL_TYPES = {
    "text": "VARCHAR",
    "time": "TIMESTAMP",
    "day": "DATE",
    "number": "DOUBLE",
    "whole": "BIGINT",
    "money": "DECIMAL(18,4)",
    "yes_no": "BOOLEAN",
}
DELTA_TYPES = {
    "text": "string",
    "time": "timestamp_ntz",
    "day": "date",
    "number": "double",
    "whole": "long",
    "money": "decimal(18,4)",
    "yes_no": "boolean",
}
KINDS = {delta: kind for kind, delta in DELTA_TYPES.items()}
WRITER = "promesa"
ROW_GROUP = 1_000_000
KEPT_HOURS = 7 * 24  # how long a reader may go on with the files of a version that was replaced


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """One version of one table.

    Attributes
    ----------
    version : int
        Of the Delta log; -1 if the table does not exist.
    identity : str
        Given at creation: a table made anew has another.
    transaction : int
        Number of promesa's last commit.
    files : tuple of str
        Absolute paths of the live Parquet files.
    columns : tuple of (str, str)
        Name and kind, in the order of the table.
    """

    folder: Path
    version: int
    identity: str
    transaction: int
    files: tuple[str, ...]
    columns: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One Parquet file that no commit names yet."""

    path: Path
    rows: int


_MOST_READ = 100
_read: dict[Path, tuple[object, Snapshot]] = {}
"""Of the tables read last: the log as it stood and what it said. To read a log takes longer than to look at it."""


class Overtaken(Exception):
    """Another writer has committed since the snapshot was taken."""


def snapshot(folder: Path) -> Snapshot:
    """Return the live version of a table; one without files if there is no table.

    Raises
    ------
    StoreDamaged
        If the log cannot be read or a live file is missing.
    """
    try:
        stamp = _stamp(folder / "_delta_log")
        kept = _read.get(folder)
        found = kept[1] if stamp and kept is not None and kept[0] == stamp else _snapshot(folder)
    except Exception as error:
        raise _damaged(folder, got=f"{type(error).__name__} while reading its log") from error
    _read[folder] = (stamp, found)
    while len(_read) > _MOST_READ:
        _read.pop(next(iter(_read)), None)
    for file in found.files:
        if not os.path.exists(file):  # noqa: PTH110 (called for every file)
            raise _damaged(folder, got=f"{file} is missing")
    return found


def _stamp(log: Path) -> tuple[tuple[str, int, int, int], ...]:
    """Return what tells one state of a table's log from another: its entries, each with size, time and place."""
    try:
        with os.scandir(log) as entries:
            found = [(entry.name, entry.stat()) for entry in entries]
    except (FileNotFoundError, NotADirectoryError):
        return ()
    return tuple(sorted((name, of.st_size, of.st_mtime_ns, of.st_ino) for name, of in found))


def _snapshot(folder: Path) -> Snapshot:
    from deltalake import DeltaTable

    if not (folder / "_delta_log").is_dir() or not DeltaTable.is_deltatable(_address(folder)):
        return Snapshot(folder=folder, version=-1, identity="", transaction=0, files=(), columns=())
    table = DeltaTable(_address(folder))
    return Snapshot(
        folder=folder,
        version=table.version(),
        identity=str(table.metadata().id),
        transaction=table.transaction_version(WRITER) or 0,
        files=tuple(sorted(str(folder / uri.rsplit("/", 1)[-1]) for uri in table.file_uris())),
        columns=tuple((field.name, _kind_of(field.type)) for field in table.schema().fields),
    )


def _address(folder: Path) -> str:
    # A plain path with a blank, "#" or "%" in it would be read as an address already encoded.
    return folder.absolute().as_uri()


def _kind_of(delta: Any) -> str:
    text = json.loads(delta.to_json())
    return KINDS.get(str(text), "text")


def _damaged(folder: Path, *, got: str) -> StoreDamaged:
    return StoreDamaged(
        what=f"The table {folder.name} of the store cannot be read.",
        got=got,
        expected=f"the files that {folder / '_delta_log'} names",
        fix=f"bring {folder} back from a copy; or move it away and run `promesa load --full`",
    )


def ensure(folder: Path, columns: Sequence[tuple[str, str]], *, statistics: Iterable[str] = ()) -> Snapshot:
    """Return the table, created or widened so that it has `columns` (name, kind); none is ever dropped."""
    from deltalake import DeltaTable, Schema

    now = snapshot(folder)
    missing = [column for column in columns if column[0] not in dict(now.columns)]
    if not missing:
        return now
    fields = [_field(name, kind) for name, kind in missing]
    with writing(folder):
        if now.version < 0:
            folder.mkdir(parents=True, exist_ok=True)
            DeltaTable.create(_address(folder), Schema(fields), configuration=_properties(statistics))
        else:
            DeltaTable(_address(folder)).alter.add_columns(fields)
    return snapshot(folder)


def _field(name: str, kind: str) -> Any:
    from deltalake import Field
    from deltalake.schema import PrimitiveType

    return Field(name, PrimitiveType(DELTA_TYPES[kind]), nullable=True)


def _properties(statistics: Iterable[str]) -> Mapping[str, str | None]:
    """Return the table's settings: no statistics of personal columns, since the log outlives the rows."""
    return {
        "delta.dataSkippingStatsColumns": ",".join(statistics),
        "delta.deletedFileRetentionDuration": f"interval {KEPT_HOURS} hours",
        "delta.logRetentionDuration": f"interval {KEPT_HOURS} hours",
    }


def write_file(
    engine: Embedded, folder: Path, select: str, *, stem: str, row_group: int = ROW_GROUP, level: int = 3
) -> Written | None:
    """Stream a SELECT into one Parquet file of a table's folder; None if it gives no row.

    Parameters
    ----------
    level : int
        Of Zstandard's compression.
    """
    path = folder / f"{stem}.parquet"
    with writing(folder):
        rows = engine.value(
            f"COPY ({select}) TO {literal(str(path))} "
            f"(FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL {level}, ROW_GROUP_SIZE {row_group})"
        )
        if not int(str(rows)):
            path.unlink(missing_ok=True)
            return None
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    return Written(path=path, rows=int(str(rows)))


def commit(
    seen: Snapshot, *, add: Sequence[Written], drop: Iterable[str] = (), settled: Mapping[str, int] | None = None
) -> Snapshot:
    """Make `add` part of a table and take `drop` out of it, at once.

    Parameters
    ----------
    settled : mapping of str to int or None
        Further application transactions of the commit: how far each writer's log is now in the table.

    Raises
    ------
    Overtaken
        If the table is no longer what `seen` says; the files added are removed.
    StoreNotWritable
        If the log cannot be written.
    """
    from deltalake import CommitProperties, DeltaTable, Transaction
    from deltalake.exceptions import CommitFailedError
    from deltalake.transaction import AddAction, RemoveAction

    instant = int(time.time() * 1000)
    actions: list[AddAction | RemoveAction] = [
        AddAction(
            path=file.path.name,
            size=file.path.stat().st_size,
            partition_values={},
            modification_time=instant,
            data_change=True,
            stats=json.dumps({"numRecords": file.rows}),
        )
        for file in add
    ]
    actions += [
        RemoveAction(path=file.rsplit("/", 1)[-1], data_change=True, deletion_timestamp=instant) for file in drop
    ]
    with writing(seen.folder):
        flush_folder(seen.folder)
        try:
            table = DeltaTable(_address(seen.folder), version=seen.version)
            table.create_write_transaction(
                actions,
                mode="append",
                schema=table.schema(),
                commit_properties=CommitProperties(
                    app_transactions=[
                        Transaction(WRITER, seen.transaction + 1),
                        *(Transaction(writer, number) for writer, number in (settled or {}).items()),
                    ],
                ),
            )
        except CommitFailedError as error:
            live = snapshot(seen.folder).files
            discard(file for file in add if str(file.path) not in live)
            raise Overtaken from error
        flush_folder(seen.folder / "_delta_log")
    return snapshot(seen.folder)


def settled_up_to(folder: Path, writer: str) -> int:
    """Return how far a writer's log is in a table: the number of its last commit, 0 if there is none."""
    from deltalake import DeltaTable

    if snapshot(folder).version < 0:
        return 0
    return DeltaTable(_address(folder)).transaction_version(writer) or 0


def discard(files: Iterable[Written]) -> None:
    """Delete files that no commit will name."""
    for file in files:
        file.path.unlink(missing_ok=True)


def sweep(folder: Path, *, run: str) -> int:
    """Delete what a killed run left in a table's folder: its files that are not live, and half-written ones.

    Only the holder of the lock may call this.
    """
    if not folder.is_dir():
        return 0
    live = {file.rsplit("/", 1)[-1] for file in snapshot(folder).files}
    swept = 0
    for file in folder.iterdir():
        left = file.name.startswith("tmp_") or (bool(run) and file.name.startswith(run) and file.name not in live)
        if left and file.suffix == ".parquet":
            file.unlink()
            swept += 1
    return swept


def checkpoint(folder: Path) -> None:
    """Sum up the log of a table, so that a reader need not read all of its entries, and let the old ones go."""
    from deltalake import DeltaTable

    with writing(folder):
        table = DeltaTable(_address(folder))
        table.create_checkpoint()
        table.cleanup_metadata()


def expire(folder: Path) -> None:
    """Delete files that were replaced longer ago than a reader may still hold them."""
    from deltalake import DeltaTable

    with writing(folder):
        table = DeltaTable(_address(folder))
        if table.vacuum(retention_hours=KEPT_HOURS, dry_run=True, full=True):
            table.vacuum(retention_hours=KEPT_HOURS, dry_run=False, full=True)


def relation(
    engine: Embedded, files: Sequence[str], columns: Iterable[tuple[str, str]], *, extra: Sequence[str] = ()
) -> str:
    """Return a SELECT of exactly `columns` (name, kind) over Parquet files; absent columns are null.

    Parameters
    ----------
    extra : sequence of str
        ``filename``, ``file_row_number``: what the reader adds.
    """
    from promesa.engine import name

    if not files:
        wanted = [f"CAST(NULL AS {SQL_TYPES[kind]}) AS {name(column)}" for column, kind in columns]
        extras = {"filename": "VARCHAR", "file_row_number": "BIGINT"}
        wanted += [f"CAST(NULL AS {extras[column]}) AS {name(column)}" for column in extra]
        return f"SELECT {', '.join(wanted)} WHERE false"
    listed = ", ".join(literal(file) for file in files)
    options = "".join(f", {option} = true" for option in extra)
    scan = f"read_parquet([{listed}], union_by_name = true{options})"
    there = {column for column, _ in engine.columns(f"SELECT * FROM {scan}")}
    wanted = [
        name(column) if column in there else f"CAST(NULL AS {SQL_TYPES[kind]}) AS {name(column)}"
        for column, kind in columns
    ]
    return f"SELECT {', '.join([*wanted, *(name(column) for column in extra)])} FROM {scan}"
