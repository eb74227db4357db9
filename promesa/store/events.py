"""Events that arrived over HTTP, kept as they came: a table beside the facts that load files read as sources.

An event is known by its source and id for good; the first to arrive counts, and a later one with the same id is left
out, whatever it says. Each commit has a number of its own, which only grows (`sequence`): a load goes on from the last
one it has read. Files may be merged or rewritten without any load noticing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from promesa.engine import literal, name
from promesa.errors import StoreBusy
from promesa.store.deltas import Overtaken, commit, ensure, relation, settled_up_to, snapshot, write_file
from promesa.store.forgotten import MARKS, TRACES, open_marks, told_cells
from promesa.store.suppression import cutoff_of
from promesa.workspace import EVENT_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from promesa.store.deltas import Snapshot
    from promesa.store.ledger import FileMark
    from promesa.store.run import Run

EVENTS = "events"
# Columns of sources that have another name in the table, which holds the events of both protocols.
_HELD = {"happened_at": "at", "data": "properties", "extensions": "context"}
COLUMNS = (
    ("source", "text"),
    *dict.fromkeys((_HELD.get(column, column), kind) for columns in EVENT_COLUMNS.values() for column, kind in columns),
    ("sequence", "whole"),
    ("id_hash", "whole"),
)
STATISTICS = ("sequence", "received_at")
# DuckDB's own hash may change with its version; this one is stored.
_ID_HASH = "CAST(md5_number_lower(source || chr(31) || id) >> 1 AS BIGINT)"
_KEY = "source || chr(31) || id"
_ALL = ", ".join(name(column) for column, _ in COLUMNS)
_NEW, _MET, _OUT, _TOLD = '"~events_new"', '"~events_met"', '"~events_out"', '"~events_told"'
_ATTEMPTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of events that arrived: new, here already, of a forgotten person, older than they are kept."""

    accepted: int = 0
    repeated: int = 0
    forgotten: int = 0
    expired: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenEvents:
    """Events of one source as a file, and the highest sequence there is of it."""

    path: Path
    last: int


def take_events(run: Run, arrived: Path, *, settled: Mapping[str, int]) -> Taken:
    """Make the new events of a Parquet file part of the table, and note how far each writer's log is now in it.

    Parameters
    ----------
    arrived : Path
        Columns of the table but `sequence` and `id_hash`, in the order of arrival.
    settled : mapping of str to int
        Number of the last segment of each writer, committed together with the events.

    Raises
    ------
    StoreBusy
        If another program keeps writing to the table.
    """
    folder = run.places.table(EVENTS)
    rows = f"(SELECT *, {_ID_HASH} AS id_hash FROM read_parquet({literal(str(arrived))}, file_row_number = true))"
    for attempt in range(_ATTEMPTS):
        seen = ensure(folder, COLUMNS, statistics=STATISTICS)
        taken = _sort_out(run, rows, seen)
        cells = ", ".join(name(column) for column, _ in COLUMNS if column != "sequence")
        select = (
            f"SELECT {_ALL} FROM (SELECT {cells}, CAST({seen.transaction + 1} AS BIGINT) AS sequence FROM {rows} "
            f"WHERE file_row_number NOT IN (SELECT pos FROM {_OUT})) ORDER BY source, received_at"
        )
        file = write_file(run.engine, folder, select, stem=f"{run.name}-{EVENTS}-{seen.version}-{attempt}")
        try:
            commit(seen, add=[file] if file else [], settled=settled)
        except Overtaken:
            continue
        return taken
    raise StoreBusy(
        what="Others keep writing to the table of events.",
        got=f"{_ATTEMPTS} attempts overtaken",
        expected="one writer at a time",
        fix="run the command again when they have ended; what arrived waits",
    )


def events_settled(run: Run, writer: str) -> int:
    """Return the number of a writer's last segment that is in the table."""
    return settled_up_to(run.places.table(EVENTS), writer)


def _sort_out(run: Run, rows: str, seen: Snapshot) -> Taken:
    """Note which rows are left out (`_OUT`: pos, fate), and count."""
    run.engine.run(f"CREATE OR REPLACE TEMP TABLE {_NEW} AS SELECT id_hash FROM {rows}")
    hashes = relation(run.engine, seen.files, [("id_hash", "whole")])
    # First by hash, which is small to read; then, where one is met, by the id itself.
    run.engine.run(
        f"CREATE OR REPLACE TEMP TABLE {_MET} AS SELECT DISTINCT id_hash FROM ({hashes}) WHERE id_hash IN (FROM {_NEW})"
    )
    twice = f"SELECT id_hash FROM {_NEW} GROUP BY 1 HAVING count(*) > 1"
    again = (
        f"SELECT pos, 'repeated' AS fate FROM (SELECT file_row_number AS pos, row_number() OVER "
        f"(PARTITION BY source, id ORDER BY received_at, file_row_number) AS turn FROM {rows} "
        f"WHERE id_hash IN ({twice})) WHERE turn > 1"
    )
    parts = [again]
    if run.engine.value(f"SELECT count(*) FROM {_MET}"):
        ids = relation(run.engine, seen.files, [("source", "text"), ("id", "text"), ("id_hash", "whole")])
        known = f"SELECT {_KEY} FROM ({ids}) WHERE id_hash IN (FROM {_MET})"
        parts.append(
            f"SELECT file_row_number, 'repeated' FROM {rows} WHERE id_hash IN (FROM {_MET}) AND ({_KEY}) IN ({known})"
        )
    if open_marks(run):
        told = _told(run, f"SELECT * FROM {rows}", marks=MARKS)
        parts.append(f"SELECT file_row_number, 'forgotten' FROM {rows} WHERE ({_KEY}) IN (FROM {told})")
    if cut := cutoff_of(run, EVENTS):
        parts.append(f"SELECT file_row_number, 'expired' FROM {rows} WHERE {name('at')} < {literal(cut)}")
    every = " UNION ALL ".join(parts)
    run.engine.run(f"CREATE OR REPLACE TEMP TABLE {_OUT} AS SELECT pos, min(fate) AS fate FROM ({every}) GROUP BY pos")
    fates = {str(fate): int(str(n)) for fate, n in run.engine.run(f"SELECT fate, count(*) FROM {_OUT} GROUP BY 1")}
    total = int(str(run.engine.value(f"SELECT count(*) FROM {_NEW}")))
    return Taken(accepted=total - sum(fates.values()), **fates)


def latest_event(run: Run, source: str) -> FileMark:
    """Return what tells whether a source has new events: its name and the highest sequence there is of it."""
    rows = relation(run.engine, snapshot(run.places.table(EVENTS)).files, COLUMNS)
    last = run.engine.value(f"SELECT coalesce(max(sequence), 0) FROM ({rows}) WHERE source = {literal(source)}")
    return (f"intake/{source}", int(str(last)), 0)


def write_events(run: Run, source: str, *, after: int, to: Path) -> WrittenEvents:
    """Write the events of a source that came after a sequence, with the columns of its protocol."""
    columns = EVENT_COLUMNS[run.ws.sources[source].intake or "segment"]
    rows = relation(run.engine, snapshot(run.places.table(EVENTS)).files, COLUMNS)
    cells = ", ".join(_cell(column, kind) for column, kind in columns)
    run.engine.run(
        f"COPY (SELECT {cells} FROM ({rows}) WHERE source = {literal(source)} AND sequence > {after} "
        f"ORDER BY sequence, received_at) TO {literal(str(to))} (FORMAT parquet)"
    )
    return WrittenEvents(path=to, last=latest_event(run, source)[1])


def _cell(column: str, kind: str) -> str:
    held = name(_HELD.get(column, column))
    return f"timezone('UTC', {held}) AS {name(column)}" if kind == "time" else f"{held} AS {name(column)}"


def told_events(run: Run) -> str:
    """Return the condition under which an event tells of the customers in hand."""
    rows = relation(run.engine, snapshot(run.places.table(EVENTS)).files, COLUMNS)
    return f"({_KEY}) IN (FROM {_told(run, rows, marks=TRACES)})"


def _told(run: Run, rows: str, *, marks: str) -> str:
    """Note the events that tell of a person whose marks are given; return the temporary table of their keys.

    An event without a user is of the person, too, if its browser or device sent one that is.
    """
    parts = "list_concat([cell], string_split_regex(cell, '[,;|\\t\"<>]'))"
    bodies = _leaves(rows, ("properties", "traits", "context"))
    heads = " UNION ALL ".join(
        f"SELECT {_KEY} AS id, {literal(field)} AS field, {name(column)} AS cell FROM ({rows})"
        for column, field in (
            ("user_id", "user_id"),
            ("anonymous_id", "user_id"),
            ("previous_id", "user_id"),
            ("subject", "user_id"),
            ("id", "id"),
        )
    )
    run.engine.run(
        'CREATE OR REPLACE TEMP TABLE "~cells" AS SELECT DISTINCT id, field, trim(part) AS part FROM ('
        f"SELECT id, field, unnest({parts}) AS part FROM ({heads} UNION ALL {bodies}) WHERE cell IS NOT NULL) "
        "WHERE trim(part) <> ''"
    )
    run.engine.run(f"CREATE OR REPLACE TEMP TABLE {_TOLD} AS {told_cells(marks)}")
    devices = f"SELECT source, anonymous_id FROM ({rows}) WHERE ({_KEY}) IN (FROM {_TOLD}) AND anonymous_id IS NOT NULL"
    run.engine.run(
        f"INSERT INTO {_TOLD} SELECT {_KEY} FROM ({rows}) WHERE user_id IS NULL "
        f"AND (source, anonymous_id) IN ({devices}) AND ({_KEY}) NOT IN (FROM {_TOLD})"
    )
    return _TOLD


def _leaves(rows: str, columns: Iterable[str]) -> str:
    """Return a SELECT (id, field, cell) of every text and number within columns of JSON."""
    return " UNION ALL ".join(
        f"SELECT event.fact AS id, coalesce(leaf.key, '') AS field, leaf.atom ->> '$' AS cell "
        f"FROM (SELECT {_KEY} AS fact, {name(column)} FROM ({rows})) AS event, json_tree(event.{name(column)}) AS leaf "
        f"WHERE event.{name(column)} IS NOT NULL AND leaf.type NOT IN ('OBJECT', 'ARRAY', 'NULL', 'BOOLEAN')"
        for column in columns
    )
