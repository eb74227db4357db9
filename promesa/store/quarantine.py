"""The quarantine: rows that broke a rule, kept whole, with rule, file, row and column.

An item is known again by what it is (owner, file, the record, which of equal ones), not by where it
stands or which rule it broke: reading the same bad row twice gives one item. The owner is a load
file, or a source for rows that could not be read as typed rows. States:

* ``open``: waits for a cure.
* ``mended``: a person changed its record. A source's mended record is read with the source from then
  on, in place of the bad row; a load's waits for a replay.
* ``closed``: a mended record of a load that a replay accepted, or a row of a person who was forgotten, or one
  kept as long as the company keeps such rows. Its values are gone; the item stays so that the same bad row,
  read again, is not put before anyone twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa.engine import literal, name
from promesa.store.deltas import Overtaken, commit, ensure, relation, snapshot, write_file
from promesa.store.output import FAULTS, RECORD, ROW
from promesa.store.report import SOURCE_TABLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from promesa.engine import Embedded
    from promesa.store.places import Places
    from promesa.store.run import Run

TABLE = "quarantine"
MENDED_FILE = "~mended.parquet"  # what a source's mended rows are read from
COLUMNS = (
    ("id", "text"),
    ("table", "text"),
    ("load", "text"),
    ("rule", "text"),
    ("file", "text"),
    ("row", "whole"),
    ("column", "text"),
    ("value", "text"),
    ("faults", "text"),
    ("record", "text"),
    ("fact", "text"),
    ("recorded_at", "time"),
    ("state", "text"),
)
STATISTICS = ("table", "load", "rule", "state", "recorded_at")
_ALL = ", ".join(name(column) for column, _ in COLUMNS)
_IDENTITY = "substr(md5(concat_ws(chr(31), {owner}, file, record, CAST(turn AS VARCHAR))), 1, 16)"
NEW = '"~quarantine_new"'  # the items in hand


def gather_output(run: Run, *, table: str, load: str, file: str, staged: Path) -> None:
    """Make the faulty rows of a load's staged output the items in hand (see `keep`)."""
    first = f"json_extract_string({name(FAULTS)}, '$[0].{{}}')"
    rows = f"read_parquet({literal(str(staged))}, file_row_number = true)"
    numbered = ROW in dict(run.engine.columns(f"SELECT * FROM {rows}"))
    place = name(ROW) if numbered else "file_row_number + 1"
    owner = literal(f"{table}/{load}")
    _gather(
        run,
        owner=owner,
        select=(
            f"SELECT {literal(table)} AS {name('table')}, {literal(load)} AS load, {first.format('rule')} AS rule, "
            f"{literal(file)} AS file, {place} AS {name('row')}, "
            f"{first.format('column')} AS {name('column')}, "
            f"{first.format('value')} AS value, {name(FAULTS)} AS faults, {name(RECORD)} AS record, "
            f"source || chr(31) || id AS fact "
            f"FROM {rows} WHERE {name(FAULTS)} IS NOT NULL"
        ),
    )


def gather_rejects(run: Run, *, source: str, rejects: Sequence[Path]) -> None:
    """Make the rows that a source rejected the items in hand (see `keep`)."""
    listed = ", ".join(literal(str(path)) for path in rejects)
    rows = f"read_parquet([{listed}], union_by_name = true)" if rejects else _no_rejects()
    rows += f" WHERE file <> {literal(MENDED_FILE)}"
    fault = f"to_json([{{'rule': rule, 'column': {name('column')}, 'value': value}}])"
    _gather(
        run,
        owner=literal(f"{SOURCE_TABLE}/{source}"),
        select=(
            f"SELECT {literal(SOURCE_TABLE)} AS {name('table')}, {literal(source)} AS load, rule, file, "
            f"CAST({name('row')} AS BIGINT) AS {name('row')}, {name('column')}, value, "
            f"CAST({fault} AS VARCHAR) AS faults, record, CAST(NULL AS VARCHAR) AS fact FROM {rows}"
        ),
    )


def _no_rejects() -> str:
    texts = ", ".join(
        f"CAST(NULL AS VARCHAR) AS {name(column)}" for column in ("rule", "file", "column", "value", "record")
    )
    return f"(SELECT {texts}, CAST(NULL AS BIGINT) AS {name('row')} WHERE false)"


def _gather(run: Run, *, owner: str, select: str) -> None:
    now = literal(run.recorded_at)
    run.engine.run(
        f"CREATE OR REPLACE TEMP TABLE {NEW} AS SELECT {_IDENTITY.format(owner=owner)} AS id, * EXCLUDE (turn), "
        f"{now} AS recorded_at, 'open' AS state FROM (SELECT *, row_number() OVER "
        f"(PARTITION BY file, record ORDER BY {name('row')}) AS turn FROM ({select}))"
    )


def keep(
    run: Run, *, table: str, load: str, whole: bool, files: Iterable[str] = (), arrived: str | None = None
) -> dict[str, int]:
    """Bring the quarantine of one owner in line with the items in hand; return them counted by rule.

    Parameters
    ----------
    whole : bool
        All of the owner's input was read: open items that did not come again have been cured.
    files : iterable of str
        Otherwise, the files that were read again whole: items of theirs that did not come again go.
    arrived : str or None
        Otherwise, a SELECT of the `fact` of every row that has now come through sound: open items of
        the same fact go.
    """
    while True:
        now = ensure(run.places.table(TABLE), COLUMNS, statistics=STATISTICS)
        items = relation(run.engine, now.files, COLUMNS, extra=("filename",))
        owner = f"{name('table')} = {literal(table)} AND load = {literal(load)}"
        run.engine.run(f'CREATE OR REPLACE TEMP TABLE "~quarantine_old" AS SELECT * FROM ({items}) WHERE {owner}')
        _find_gone(run.engine, whole=whole, files=files, arrived=arrived)
        try:
            _replace(run, now.files, stem=f"{run.name}-{TABLE}-{now.version}")
        except Overtaken:
            continue
        return _open_by_rule(run.engine)


def _find_gone(engine: Embedded, *, whole: bool, files: Iterable[str], arrived: str | None) -> None:
    """Decide which old items go; those that came again with another fault are told anew."""
    absent = f"id NOT IN (SELECT id FROM {NEW})"
    listed = ", ".join(literal(file) for file in files)
    if whole:
        gone = absent
    else:
        gone = (
            f"{absent} AND state = 'open' AND ("
            + " OR ".join(
                [
                    "false",
                    *([f"file IN ({listed})"] if listed else []),
                    *([f"fact IN (SELECT fact FROM ({arrived}) WHERE fact IS NOT NULL)"] if arrived else []),
                    # The same fact came again and is bad in another way: one item is enough.
                    f"fact IN (SELECT fact FROM {NEW} WHERE fact IS NOT NULL)",
                ]
            )
            + ")"
        )
    changed = (
        f"state = 'open' AND EXISTS (SELECT 1 FROM {NEW} n WHERE n.id = old.id AND (n.faults, n.{name('row')}) "
        f"IS DISTINCT FROM (old.faults, old.{name('row')}))"
    )
    engine.run(
        'CREATE OR REPLACE TEMP TABLE "~quarantine_gone" AS SELECT id, filename FROM "~quarantine_old" old '
        f"WHERE ({gone}) OR ({changed})"
    )


def _replace(run: Run, files: Sequence[str], *, stem: str) -> None:
    folder = run.places.table(TABLE)
    now = ensure(folder, COLUMNS, statistics=STATISTICS)
    if now.files != tuple(files):
        raise Overtaken
    dropped = [str(row[0]) for row in run.engine.run('SELECT DISTINCT filename FROM "~quarantine_gone" ORDER BY 1')]
    written = []
    for number, file in enumerate(dropped):
        select = (
            f"SELECT {_ALL} FROM ({relation(run.engine, [file], COLUMNS)}) "
            'WHERE id NOT IN (SELECT id FROM "~quarantine_gone")'
        )
        written.append(write_file(run.engine, folder, select, stem=f"{stem}-kept-{number}"))
    fresh = (
        f'SELECT {_ALL} FROM {NEW} WHERE id NOT IN (SELECT id FROM "~quarantine_old" '
        'WHERE id NOT IN (SELECT id FROM "~quarantine_gone"))'
    )
    written.append(write_file(run.engine, folder, fresh, stem=stem))
    found = [file for file in written if file is not None]
    if found or dropped:
        commit(now, add=found, drop=dropped)


def _open_by_rule(engine: Embedded) -> dict[str, int]:
    rows = engine.run(
        f"SELECT rule, count(*) FROM {NEW} WHERE id NOT IN (SELECT id FROM \"~quarantine_old\" WHERE state <> 'open') "
        "GROUP BY 1 ORDER BY 1"
    )
    return {str(rule): int(str(count)) for rule, count in rows}


def rewrite(run: Run, select: str) -> None:
    """Put the rows of a SELECT (all columns of the quarantine) in place of the items of the same ids."""
    while True:
        now = ensure(run.places.table(TABLE), COLUMNS, statistics=STATISTICS)
        run.engine.run(f"CREATE OR REPLACE TEMP TABLE {NEW} AS {select}")
        items = relation(run.engine, now.files, COLUMNS, extra=("filename",))
        run.engine.run(
            f'CREATE OR REPLACE TEMP TABLE "~quarantine_old" AS SELECT * FROM ({items}) '
            f"WHERE id IN (SELECT id FROM {NEW})"
        )
        run.engine.run('CREATE OR REPLACE TEMP TABLE "~quarantine_gone" AS SELECT id, filename FROM "~quarantine_old"')
        try:
            _replace(run, now.files, stem=f"{run.name}-{TABLE}-{now.version}")
        except Overtaken:
            continue
        return


def mended_records(engine: Embedded, places: Places, source: str) -> list[tuple[str, str]]:
    """Return (item, raw record as a JSON object of texts) of the mended rows of a source, in a fixed order."""
    items = relation(engine, snapshot(places.table(TABLE)).files, COLUMNS)
    rows = engine.run(
        f"SELECT id, record FROM ({items}) WHERE state = 'mended' AND {name('table')} = {literal(SOURCE_TABLE)} "
        f"AND load = {literal(source)} ORDER BY id"
    )
    return [(str(item), str(record)) for item, record in rows]


def reopen(run: Run, items: Sequence[str]) -> None:
    """Put mended rows that are still at fault before a person again."""
    if items:
        every = relation(run.engine, snapshot(run.places.table(TABLE)).files, COLUMNS)
        listed = ", ".join(literal(item) for item in items)
        rewrite(run, f"SELECT * REPLACE ('open' AS state) FROM ({every}) WHERE id IN ({listed})")
