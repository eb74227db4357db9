"""Rows of the quarantine tried again, after a person mended them or the model learnt their names."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from promesa.engine import literal, name
from promesa.store.arrivals import arriving_loads
from promesa.store.deltas import relation, snapshot
from promesa.store.identities import add_identities
from promesa.store.loading import keep_report, load_chosen, session
from promesa.store.output import EXTRA, FAULTS, Output, checked, fact_columns
from promesa.store.quarantine import COLUMNS, TABLE, rewrite
from promesa.store.reading import open_store
from promesa.store.report import SOURCE_TABLE, LoadCount, LoadReport
from promesa.store.settle import settle
from promesa.store.suppression import suppress

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from promesa.store.run import Progress, Run
    from promesa.workspace import Load, Workspace


def quarantine_replay(
    ws: Workspace,
    *,
    recorded_at: datetime,
    ids: Sequence[str] = (),
    only: Sequence[str] = (),
    progress: Progress | None = None,
) -> LoadReport:
    """Try rows of the quarantine again; those that are sound now go to their table and leave.

    Parameters
    ----------
    recorded_at : datetime
        Instant the rows are recorded at; naive is UTC.
    ids : sequence of str
        Items to try; none means all.
    only : sequence of str
        Load files or sources whose items to try; none means all.

    Returns
    -------
    LoadReport
        Of the rows tried. Mended rows of a source are tried by loading that source again with them, so
        its report tells of all its rows.

    Raises
    ------
    StoreBusy, StoreNotWritable, StoreDamaged, SourceUnreadable, LoadFailed
        As `load` does.
    """
    with session(ws, recorded_at=recorded_at, progress=progress) as run:
        wanted = _wanted(ids, only)
        counts: list[LoadCount] = []
        for entry in (*ws.loads, *arriving_loads(run, wanted)):
            count = _replay_load(run, entry, wanted)
            counts += [count] if count else []
        again = _loads_of_mended(run, wanted)
        if again:
            report = load_chosen(run, again, full=False)
            counts += report.counts
        report = LoadReport(recorded_at=run.recorded_at, store_version=open_store(ws).version, counts=tuple(counts))
        if counts:
            keep_report(run, report)
        return report


def _wanted(ids: Sequence[str], only: Sequence[str]) -> str:
    conditions = ["state <> 'closed'"]
    conditions += [f"id IN ({', '.join(literal(item) for item in ids)})"] if ids else []
    conditions += [f"load IN ({', '.join(literal(entry) for entry in only)})"] if only else []
    return " AND ".join(conditions)


def _items(run: Run) -> str:
    return relation(run.engine, snapshot(run.places.table(TABLE)).files, COLUMNS)


def _loads_of_mended(run: Run, wanted: str) -> list[Load]:
    rows = run.engine.run(
        f"SELECT DISTINCT load FROM ({_items(run)}) WHERE {wanted} AND state = 'mended' "
        f"AND {name('table')} = {literal(SOURCE_TABLE)}"
    )
    sources = {str(row[0]) for row in rows}
    return [entry for entry in run.ws.loads if sources & {*entry.reads}]


def _replay_load(run: Run, entry: Load, wanted: str) -> LoadCount | None:
    """Try the items of one load file; return None if there are none."""
    mine = f"{wanted} AND {name('table')} = {literal(entry.table)} AND load = {literal(entry.name)}"
    run.engine.run(
        f'CREATE OR REPLACE TEMP TABLE "~replayed" AS SELECT * FROM ({_items(run)}) WHERE {mine} ORDER BY id'
    )
    total = int(str(run.engine.value('SELECT count(*) FROM "~replayed"')))
    if not total:
        return None
    run.tell("replay", load=entry.name)
    output = _as_output(run, entry)
    staged = run.places.staging / f"replay-{entry.name}.parquet"
    # The order of the rows is kept, and by it each finds its item again.
    select = checked(output, run.ws, recorded_at=run.recorded_at)
    run.engine.run(f"COPY ({select}) TO {literal(str(staged))} (FORMAT parquet)")
    # A row mended to the key of a forgotten customer leaves the quarantine and goes nowhere.
    kept = staged.with_name(f"replay-kept-{entry.name}.parquet")
    shutil.copyfile(staged, kept)
    suppressed = suppress(run, output, kept)
    add_identities(run, kept)
    settled = settle(run, output, kept)
    by_rule = _mark_items(run, staged)
    return LoadCount(
        table=entry.table,
        load=entry.name,
        source=entry.source,
        read=total,
        accepted=settled.accepted,
        unchanged=settled.unchanged,
        repeated=settled.repeated,
        corrected=settled.corrected,
        quarantined=by_rule,
        forgotten=suppressed.forgotten,
        expired=suppressed.expired,
    )


def _as_output(run: Run, entry: Load) -> Output:
    """Return the records of the items in hand as the output of their load file, every column as text."""
    columns = fact_columns(entry.table, run.ws.model)
    known = [*(column.name for column in columns), *EXTRA]
    given = [str(row[0]) for row in run.engine.run('SELECT DISTINCT unnest(json_keys(record)) FROM "~replayed"')]
    kept = [column for column in known if column in given or column in {"id", "at", "customer"}]
    cells = ", ".join(f"json_extract_string(record, {literal(_pointer(column))}) AS {name(column)}" for column in kept)
    return Output(
        load=entry,
        select=f'SELECT {cells} FROM "~replayed" ORDER BY "~replayed".id',
        columns=columns,
        types=dict.fromkeys(kept, "VARCHAR"),
    )


def _pointer(column: str) -> str:
    return f'$."{column}"'


def _mark_items(run: Run, staged: Path) -> dict[str, int]:
    """Close the items whose row is sound now, and tell the others' faults anew."""
    fault = "json_extract_string(faults_now, '$[0].{}')"
    now = (
        f'SELECT i.*, s.faults_now FROM (SELECT *, row_number() OVER (ORDER BY id) - 1 AS pos FROM "~replayed") i '
        f"JOIN (SELECT file_row_number AS pos, {name(FAULTS)} AS faults_now "
        f"FROM read_parquet({literal(str(staged))}, file_row_number = true)) s USING (pos)"
    )
    changed = {
        "rule": f"coalesce({fault.format('rule')}, rule)",
        "column": f"coalesce({fault.format('column')}, {name('column')})",
        "value": fault.format("value"),
        "faults": "faults_now",
        "record": "CASE WHEN faults_now IS NOT NULL THEN record END",
        "fact": "CASE WHEN faults_now IS NOT NULL THEN fact END",
        "state": "CASE WHEN faults_now IS NULL THEN 'closed' ELSE 'open' END",
    }
    select = ", ".join(f"{changed.get(column, name(column))} AS {name(column)}" for column, _ in COLUMNS)
    rewrite(run, f"SELECT {select} FROM ({now})")
    rows = run.engine.run("SELECT rule, count(*) FROM \"~quarantine_new\" WHERE state = 'open' GROUP BY 1 ORDER BY 1")
    return {str(rule): int(str(count)) for rule, count in rows}
