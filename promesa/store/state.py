"""State tables: what promesa concludes or is told about customers, beside the facts that it was given.

They are Delta tables of the same store, changed in whole commits under the same lock. None of them is a
fact table: a link between two records rewrites no fact.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, cast

from promesa.engine import literal, name
from promesa.errors import StoreBusy
from promesa.store.deltas import SQL_TYPES, Overtaken, commit, ensure, relation, snapshot, write_file
from promesa.store.layers import LAYERED, TURN, counting_sql

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from promesa.engine import Embedded
    from promesa.store.deltas import Snapshot, Written
    from promesa.store.run import Run

Columns = tuple[tuple[str, str], ...]
_ATTEMPTS = 5
# Small groups of rows: a state table is read and rewritten in one go, and each group keeps one processor busy.
_ROW_GROUP = 122_880
_LEVEL = 1  # of compression: they are rewritten often, and a higher one takes twice as long for the same size
MOST_ADDED = 0.5  # of the rows of a table that is added to: with more, it is written anew
MOST_TURNS = 60
_MOST_PLACES = 10_000  # rows of a file that are taken out by where they stand, not by what they say
_PAIR: Columns = (("low", "whole"), ("high", "whole"))
# Columns of each table as (name, kind). `records` takes its own from the model (identity.records).
STATE: dict[str, Columns] = {
    "links": (
        *_PAIR,
        ("kind", "text"),
        ("rule", "text"),
        ("probability", "number"),
        ("agreed", "text"),
        ("state", "text"),
        ("reason", "text"),
        ("at", "time"),
        ("recorded_at", "time"),
        ("decided_by", "text"),
    ),
    "decisions": (
        ("id", "text"),
        *_PAIR,
        ("verdict", "text"),
        ("by", "text"),
        ("note", "text"),
        ("probability", "number"),
        ("stratum", "text"),
        ("weight", "number"),
        ("at", "time"),
        ("recorded_at", "time"),
    ),
    "persons": (("customer", "whole"), ("person", "whole"), ("since", "time"), ("until", "time")),
    # From which instant on the links to the own page that were handed out before open nothing.
    "own_links": (("customer", "whole"), ("at", "time"), ("by", "text"), ("recorded_at", "time")),
    "pauses": (("customer", "whole"), ("at", "time"), ("until", "time"), ("by", "text"), ("recorded_at", "time")),
    # Which tier a customer was of, from when to when; `expected` is what counted when it began.
    "tiers": (
        ("customer", "whole"),
        ("tier", "text"),
        ("since", "time"),
        ("until", "time"),
        ("expected", "money"),
        ("reason", "text"),
        (TURN, "whole"),
    ),
    "tier_reviews": (("at", "time"), ("settings", "text"), ("customers", "number"), ("recorded_at", "time")),
    # Whose record each was at the last review, and who was paused (of no person), so that the next sees what changed.
    "tier_persons": (("customer", "whole"), ("person", "whole")),
    "forgotten": (("mark", "text"), ("kind", "text"), ("recorded_at", "time")),
}
# What decides whose a fact is, whether it may be used and of which tier its customer is: a change makes figures new.
DECISIVE = ("persons", "pauses", "tiers", "tier_reviews")


def state_rows(run: Run, table: str, columns: Columns | None = None, *, only: Collection[str] | None = None) -> str:
    """Return a SELECT over the live rows of a state table; none if the table does not exist.

    Parameters
    ----------
    only : collection of str or None
        Names of files, as `state_files` gives them: the rows of these alone.
    """
    files = snapshot(run.places.table(table)).files
    if only is not None:
        files = [file for file in files if _file_name(file) in only]
    rows = relation(run.engine, files, columns or STATE[table])
    if table not in LAYERED:
        return rows
    return counting_sql(table, rows, [column for column, _ in STATE[table] if column != TURN])


def state_files(run: Run, table: str) -> tuple[str, ...]:
    """Return the names of a table's live files; no file is ever changed, and no name is given twice."""
    return tuple(_file_name(file) for file in snapshot(run.places.table(table)).files)


def state_version(run: Run, table: str) -> str:
    """Return what names one content of a table: another one, and a table made anew, have another."""
    seen = snapshot(run.places.table(table))
    return f"{seen.identity}:{seen.version}"


def _file_name(file: str) -> str:
    return file.replace("\\", "/").rsplit("/", 1)[-1]


def add_state(run: Run, table: str, select: str, *, columns: Columns | None = None) -> int:
    """Append the rows of a SELECT to a state table in one commit; return how many."""
    return _commit(run, table, columns or STATE[table], gone=None, select=select)


def add_turn(run: Run, table: str, select: str) -> int:
    """Add rows to a table of `LAYERED` that count instead of those with the same key; return how many.

    Parameters
    ----------
    select : str
        Gives the columns of the table but `turn`; of a key one row, one that says nothing takes the key back.
    """
    rows = relation(run.engine, snapshot(run.places.table(table)).files, STATE[table])
    there, added, turn = (
        int(str(value))
        for value in run.engine.run(
            f"SELECT count(*), count(*) FILTER ({TURN} > 0), coalesce(max({TURN}), 0) FROM ({rows})"
        )[0]
    )
    turn = turn + 1 if there else 0
    count = add_state(run, table, f"SELECT *, {turn} AS {TURN} FROM ({select})")
    if turn > MOST_TURNS or added + count > MOST_ADDED * (there + count):
        key = ", ".join(LAYERED[table][0])
        replace_state(run, table, f"SELECT *, 0 AS {TURN} FROM ({state_rows(run, table)}) ORDER BY {key}")
    return count


def replace_state(
    run: Run, table: str, select: str, *, columns: Columns | None = None, parts: Sequence[str] = ("true",)
) -> int:
    """Make the rows of a SELECT the whole content of a state table in one commit; return how many.

    Parameters
    ----------
    parts : sequence of str
        Conditions of which each row meets one: the rows of each get a file of their own, and a later change rewrites
        the files that it touches.
    """
    return _commit(run, table, columns or STATE[table], gone="true", select=select, parts=parts)


def change_state(run: Run, table: str, *, gone: str, select: str | None = None, columns: Columns | None = None) -> int:
    """Take rows out of a state table and put others in, in one commit; return how many were put in.

    Parameters
    ----------
    gone : str
        SQL condition over the table's columns, true for a row to take out.
    select : str or None
        What gives the rows to put in, by the names of the table's columns.
    """
    return _commit(run, table, columns or STATE[table], gone=gone, select=select)


def _commit(
    run: Run,
    table: str,
    columns: Columns,
    *,
    gone: str | None,
    select: str | None,
    parts: Sequence[str] = ("true",),
) -> int:
    for attempt in range(_ATTEMPTS):
        seen = ensure(run.places.table(table), columns, statistics=("recorded_at",))
        stem = f"{run.name}-{table}-{seen.version}-{attempt}"
        dropped = _touched(run, seen, columns, gone)
        written = _kept(run, seen, columns, dropped=dropped, gone=gone, stem=stem)
        added = _added(run, seen, columns, select=select, parts=parts, stem=stem)
        written += added
        rows = sum(file.rows for file in added)
        if not written and not dropped:
            return rows
        try:
            commit(seen, add=written, drop=tuple(dropped))
        except Overtaken:
            continue
        return rows
    raise StoreBusy(
        what=f"Others keep writing to the table {table}.",
        got=f"{_ATTEMPTS} attempts overtaken",
        expected="one writer at a time",
        fix="run the command again when they have ended",
    )


def _added(
    run: Run, seen: Snapshot, columns: Columns, *, select: str | None, parts: Sequence[str], stem: str
) -> list[Written]:
    if select is None:
        return []
    # A column that is null in every row has no type of its own, and a file would give it a wrong one for good.
    listed = ", ".join(f"CAST({name(column)} AS {SQL_TYPES[kind]}) AS {name(column)}" for column, kind in columns)
    files: list[Written] = []
    for number, part in enumerate(parts):
        chosen = f"SELECT {listed} FROM ({select}) WHERE {part}"
        named = f"{stem}-{number}" if len(parts) > 1 else stem
        written = write_file(run.engine, seen.folder, chosen, stem=named, row_group=_ROW_GROUP, level=_LEVEL)
        files += [written] if written else []
    return files


def _touched(run: Run, seen: Snapshot, columns: Columns, gone: str | None) -> Mapping[str, Sequence[int] | None]:
    """Return the files with rows to take out, and the places of these rows; None where they are all, or too many."""
    if gone is None or not seen.files:
        return {}
    if gone == "true":
        return dict.fromkeys(seen.files)
    rows = relation(run.engine, seen.files, columns, extra=("filename", "file_row_number"))
    found = run.engine.run(
        f"SELECT filename, CASE WHEN count(*) <= {_MOST_PLACES} THEN list(file_row_number) END "
        f"FROM ({rows}) WHERE {gone} GROUP BY filename ORDER BY filename"
    )
    return {str(file): cast("Sequence[int] | None", places) for file, places in found}


def _kept(
    run: Run,
    seen: Snapshot,
    columns: Columns,
    *,
    dropped: Mapping[str, Sequence[int] | None],
    gone: str | None,
    stem: str,
) -> list[Written]:
    """Write the rows that stay of each file that is dropped."""
    if gone in (None, "true"):
        return []

    def write(engine: Embedded, number: int, file: str, places: Sequence[int] | None) -> Written | None:
        if places is None:
            select = f"SELECT * FROM ({relation(engine, [file], columns)}) WHERE NOT coalesce({gone}, false)"
        else:
            rows = f"read_parquet({literal(file)}, file_row_number = true)"
            stays = f"file_row_number NOT IN ({', '.join(map(str, places))})"
            select = f"SELECT * EXCLUDE (file_row_number) FROM {rows} WHERE {stays}"
        return write_file(engine, seen.folder, select, stem=f"{stem}-kept-{number}", row_group=_ROW_GROUP, level=_LEVEL)

    def write_beside(number: int, file: str, places: Sequence[int] | None) -> Written | None:
        engine = run.engine.beside()
        try:
            return write(engine, number, file, places)
        finally:
            engine.close()

    numbered = [(number, file, places) for number, (file, places) in enumerate(dropped.items())]
    # A condition may name temporary tables, which this connection alone sees; places need none of them.
    files = [write(run.engine, *one) for one in numbered if one[2] is None]
    with ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="kept") as threads:
        files += threads.map(lambda one: write_beside(*one), [one for one in numbered if one[2] is not None])
    return [file for file in files if file]


def timestamp(run: Run) -> str:
    """Return the instant of a run as an SQL literal."""
    return literal(run.recorded_at)
