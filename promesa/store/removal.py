"""Rows taken out of tables: which are about the customers in hand, how many, and the files written without them.

All other rows stay as they were, in their order. The tables that tell who somebody is go last, so that what is left
of an erasure that was killed can still be told.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from promesa.engine import literal, name
from promesa.errors import StoreBusy
from promesa.store.deltas import Overtaken, commit, relation, snapshot, write_file
from promesa.store.events import EVENTS, told_events
from promesa.store.forgotten import GONE, TRACES, gather_traces, listed_customers, nobody_in_hand, told_items
from promesa.store.mentions import column_of_words, find_mentions, mentioning, naming, without_mentions
from promesa.store.quarantine import COLUMNS, rewrite
from promesa.store.quarantine import TABLE as QUARANTINE
from promesa.store.remnants import clear_files

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from promesa.store.deltas import Written
    from promesa.store.run import Run

WHOSE = ("customer", "person", "low", "high")  # columns that hold surrogates
LAST = ("records", "profiles_history", "profiles", "identities")
_ATTEMPTS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """What one table holds of the customers in hand.

    Attributes
    ----------
    rows : int
        Their rows; items, of the quarantine.
    before : int
        Rows of the whole table.
    files : str
        Hash of the list of the table's live files.
    """

    table: str
    rows: int
    before: int
    files: str


def tables_of(run: Run) -> list[str]:
    """Return every Delta table of the store, those that tell who somebody is last."""
    found = [folder.name for folder in run.places.store.iterdir() if (folder / "_delta_log").is_dir()]
    return sorted(found, key=lambda table: (LAST.index(table) if table in LAST else -1, table))


def whose(columns: Sequence[tuple[str, str]]) -> str:
    """Return the condition under which a row of a table is about a customer in ``~gone``; empty if none can be."""
    held = [column for column, kind in columns if column in WHOSE and kind == "whole"]
    return " OR ".join(f"coalesce({name(column)} IN (FROM {GONE}), false)" for column in held)


def concerning(run: Run, table: str) -> str:
    """Return the condition under which a row goes: it is about a customer in ``~gone``, or of nobody and names one."""
    if table == EVENTS:
        return told_events(run)
    seen = snapshot(run.places.table(table))
    nobody = naming(run, relation(run.engine, seen.files, seen.columns), seen.columns)
    return " OR ".join(condition for condition in (whose(seen.columns), nobody) if condition)


def open_gone(run: Run, customers: Sequence[int]) -> None:
    """Take customers in hand: their surrogates and what tells who they are become temporary tables."""
    listed_customers(run, customers)
    run.engine.run(f"DROP TABLE IF EXISTS {TRACES}")
    gather_traces(run)


def holdings(run: Run) -> list[Holding]:
    """Return what each table holds of the customers in hand, tables without any row of theirs included."""
    return [_holding(run, table) for table in tables_of(run)]


def _holding(run: Run, table: str) -> Holding:
    seen = snapshot(run.places.table(table))
    rows = relation(run.engine, seen.files, seen.columns)
    gone = _told_condition(run) if table == QUARANTINE else concerning(run, table)
    counted = run.engine.run(f"SELECT count(*), count(*) FILTER (WHERE {gone or 'false'}) FROM ({rows})")
    before, held = (int(str(value)) for value in counted[0])
    names = "\n".join(sorted(file.rsplit("/", 1)[-1] for file in seen.files))
    return Holding(table=table, rows=held, before=before, files=hashlib.sha256(names.encode()).hexdigest())


def table_rows(run: Run, table: str, columns: Sequence[tuple[str, str]] | None = None) -> str:
    """Return a SELECT over the live rows of a table, every column of theirs or these; empty if there is none."""
    seen = snapshot(run.places.table(table))
    return relation(run.engine, seen.files, columns or seen.columns) if seen.files else ""


def file_rows(run: Run, table: str) -> list[str]:
    """Return what to select from for the live rows of a table, one file each.

    How many rows there are, and the extremes of a column, the engine knows of one file without reading its rows.
    """
    return [f"read_parquet({literal(file)})" for file in snapshot(run.places.table(table)).files]


def recorded_systems(run: Run, table: str, customers: Sequence[int]) -> set[str]:
    """Return the systems that the live rows of customers came from."""
    seen = snapshot(run.places.table(table))
    rows = relation(run.engine, seen.files, [("source", "text"), ("customer", "whole")])
    listed = ", ".join(str(int(customer)) for customer in customers) or "NULL"
    found = run.engine.run(f"SELECT DISTINCT source FROM ({rows}) WHERE customer IN ({listed})")
    return {str(row[0]) for row in found}


def _told_condition(run: Run) -> str:
    rows = relation(run.engine, snapshot(run.places.table(QUARANTINE)).files, COLUMNS)
    items = f"SELECT id, {name('table')}, load, record FROM ({rows})"
    run.engine.run(f'CREATE OR REPLACE TEMP TABLE "~told" AS {told_items(run, items, marks=TRACES)}')
    return 'id IN (FROM "~told") AND record IS NOT NULL'


def take_out(run: Run, table: str, *, gone: str, instead: Mapping[str, str] | None = None) -> int:
    """Take the rows that meet a condition out of a table, or change columns of theirs; return how many.

    Parameters
    ----------
    gone : str
        SQL condition over the table's columns.
    instead : mapping of str to str or None
        SQL values by column that the rows get; None takes the rows out.

    Raises
    ------
    StoreBusy
        If others keep writing to the table; what was committed stays done.
    """
    taken = 0
    for attempt in range(_ATTEMPTS):
        seen = snapshot(run.places.table(table))
        every = relation(run.engine, seen.files, seen.columns, extra=("filename",))
        held = run.engine.run(f"SELECT filename, count(*) FROM ({every}) WHERE {gone} GROUP BY 1 ORDER BY 1")
        if not held:
            return taken
        files = [str(file) for file, _ in held]
        stem = f"{run.name}-{table}-{seen.version}-{attempt}-kept"
        written = [
            _rewritten(run, table, file, gone=gone, instead=instead, stem=f"{stem}-{number}")
            for number, file in enumerate(files)
        ]
        run.tell("erase", table=table)
        try:
            commit(seen, add=[file for file in written if file is not None], drop=files)
        except Overtaken:
            continue
        taken += sum(int(str(rows)) for _, rows in held)
    raise StoreBusy(
        what=f"Others keep writing to the table {table}.",
        got=f"{_ATTEMPTS} attempts overtaken",
        expected="a table that stands still for a moment",
        fix="run the command again when they have ended: it goes on where it stopped",
    )


def _rewritten(
    run: Run, table: str, file: str, *, gone: str, instead: Mapping[str, str] | None, stem: str
) -> Written | None:
    seen = snapshot(run.places.table(table))
    rows = relation(run.engine, [file], seen.columns)
    if instead is None:
        select = f"SELECT * FROM ({rows}) WHERE NOT coalesce({gone}, false)"
    else:
        changed = ", ".join(
            f"CASE WHEN {gone} THEN {value} ELSE {name(column)} END AS {name(column)}"
            for column, value in instead.items()
        )
        select = f"SELECT * REPLACE ({changed}) FROM ({rows})"
    return write_file(run.engine, seen.folder, select, stem=stem)


def take_all_out(run: Run) -> None:
    """Take everything about the customers in hand out of every table."""
    for table in tables_of(run):
        if table == QUARANTINE:
            close_items(run, _told_condition(run))
        gone = concerning(run, table)
        if gone:
            take_out(run, table, gone=gone)
        column = column_of_words(table)
        if column and _mentions(run, table, column):
            take_out(run, table, gone=mentioning(column), instead={column: without_mentions(column)})
        run.tell("taken", table=table)


def _mentions(run: Run, table: str, column: str) -> int:
    rows = table_rows(run, table)
    if not rows:
        return 0
    gone = whose(snapshot(run.places.table(table)).columns)
    return find_mentions(run, f"SELECT {name(column)} AS said FROM ({rows}) WHERE NOT ({gone})", marks=TRACES)


def count_mentions(run: Run) -> int:
    """Return how many texts of others, or of nobody, name the customers in hand."""
    words = ((table, column_of_words(table)) for table in tables_of(run))
    return sum(_mentions(run, table, column) for table, column in words if column)


def purge(run: Run, tables: Sequence[str]) -> int:
    """Delete the files of tables that are no longer live, for good; return how many."""
    nobody_in_hand(run)
    deleted = 0
    for table in tables:
        deleted += clear_files(run, table)
        run.tell("cleared", table=table)
    return deleted


def close_items(run: Run, condition: str) -> int:
    """Empty the quarantined rows that meet a condition and close them, so that they do not come back; return how many.

    Raises
    ------
    StoreNotWritable
        If the disk is full or read-only.
    """
    every = relation(run.engine, snapshot(run.places.table(QUARANTINE)).files, COLUMNS)
    emptied = ", ".join(f"CAST(NULL AS VARCHAR) AS {name(column)}" for column in ("value", "faults", "record", "fact"))
    closed = f"SELECT * REPLACE ({emptied}, 'closed' AS state) FROM ({every}) WHERE {condition}"
    count = int(str(run.engine.value(f"SELECT count(*) FROM ({every}) WHERE {condition}")))
    if count:
        rewrite(run, closed)
    return count
