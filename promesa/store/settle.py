"""Bring checked rows into their fact table: new ones in, changed ones in place of the old, the old to history.

Rules, each decided once for a whole load and not for a batch of it:

* The rows of one id are taken in the order in which the SELECT gives them (by `version` first, if it
  gives one; add ORDER BY where a join leaves the order open). The last one counts.
* An earlier row with the same content as a later one of its id is *repeated*; with other content it
  is an earlier version, which goes to history, unless it stands there or in the table already.
* The row that counts is compared with the live one of its (source, id) in every column but
  `recorded_at`: none there, *accepted*; the same, *unchanged*; other, *corrected*.

History is committed before the table and knows its rows again, so that a run killed between the two
commits writes neither of them twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from promesa.engine import literal, name
from promesa.store.deltas import Overtaken, commit, ensure, relation, snapshot, write_file
from promesa.store.output import CONTENT, FAULTS, ID_HASH, VERSION
from promesa.store.run import BATCH_ROWS

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.store.deltas import Snapshot, Written
    from promesa.store.output import Output
    from promesa.store.run import Run

STATISTICS = ("at", "recorded_at")
_ATTEMPTS = 3
# Temporary tables of the session; "~" keeps them apart from the sources' names.
_EARLIER, _MET, _KNOWN, _OUT, _OLD = '"~earlier"', '"~met"', '"~known"', '"~out"', '"~old"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """Rows of one load by what became of them."""

    accepted: int
    unchanged: int
    repeated: int
    corrected: int
    overlapping: int


def settle(run: Run, output: Output, staged: Path) -> Settled:
    """Commit the sound rows of a staged file to their table.

    Raises
    ------
    StoreNotWritable
        If the disk is full or read-only; the table is as it was.
    """
    for attempt in range(_ATTEMPTS):
        try:
            return _settle_once(run, output, staged, attempt)
        except Overtaken:
            continue
    raise _too_busy(output.load.table)


def _too_busy(table: str) -> Exception:
    from promesa.errors import StoreBusy

    return StoreBusy(
        what=f"Others keep writing to the table {table}.",
        got=f"{_ATTEMPTS} attempts overtaken",
        expected="one writer at a time",
        fix="run the command again when they have ended",
    )


def _settle_once(run: Run, output: Output, staged: Path, attempt: int) -> Settled:
    table = run.places.table(output.load.table)
    kinds = [*output.kinds, ("recorded_at", "time")]
    live = ensure(table, kinds, statistics=STATISTICS)
    past = snapshot(run.places.table(f"{output.load.table}_history"))
    _find_earlier(run, staged)
    touched = _find_met(run, staged, live)
    _compare(run, output, staged, touched)
    _sort_out(run, output, past)
    counts = _count(run, staged)
    stem = f"{run.name}-{output.load.table}-{output.load.name.replace('/', '_')}-{attempt}"
    if counts.corrected:
        run.tell("history", load=output.load.name)
        _write_history(run, output, staged, touched=touched, stem=stem)
    run.tell("write", load=output.load.name)
    _write_table(run, output, staged, live=live, stem=stem)
    run.tell("written", load=output.load.name)
    return counts


def _rows(staged: Path) -> str:
    return f"read_parquet({literal(str(staged))}, file_row_number = true)"


def _find_earlier(run: Run, staged: Path) -> None:
    """Mark the rows that a later row of the same id in the input makes void."""
    sound, id_hash = f"{name(FAULTS)} IS NULL", name(ID_HASH)
    run.engine.run(
        f"CREATE OR REPLACE TEMP TABLE {_EARLIER} AS "
        f"WITH twice AS (SELECT {id_hash} FROM {_rows(staged)} WHERE {sound} GROUP BY 1 HAVING count(*) > 1) "
        f"SELECT file_row_number AS pos, again > 1 AS repeated, source, id, {name(CONTENT)} AS content FROM ("
        f"SELECT file_row_number, source, id, {name(CONTENT)}, "
        f"row_number() OVER (PARTITION BY source, id ORDER BY {name(VERSION)} DESC NULLS LAST, "
        f"file_row_number DESC) AS turn, "
        f"row_number() OVER (PARTITION BY source, id, {name(CONTENT)} ORDER BY {name(VERSION)} DESC NULLS LAST, "
        f"file_row_number DESC) AS again "
        f"FROM {_rows(staged)} WHERE {sound} AND {id_hash} IN (SELECT * FROM twice)) WHERE turn > 1"
    )


def _find_met(run: Run, staged: Path, live: Snapshot) -> list[str]:
    """Note which live files hold an id of the input, by hash; return them."""
    ids = relation(run.engine, live.files, [("source", "text"), ("id", "text")], extra=("filename",))
    run.engine.run(
        f"CREATE OR REPLACE TEMP TABLE {_MET} AS SELECT DISTINCT file_row_number AS pos, filename FROM "
        f"(SELECT hash(source, id) AS id_hash, filename FROM ({ids})) old "
        f"JOIN (SELECT {name(ID_HASH)} AS id_hash, file_row_number FROM {_rows(staged)} WHERE {name(FAULTS)} IS NULL) "
        f"USING (id_hash)"
    )
    return [str(row[0]) for row in run.engine.run(f"SELECT DISTINCT filename FROM {_MET} ORDER BY 1")]


def _compare(run: Run, output: Output, staged: Path, touched: list[str]) -> None:
    """Compare the rows that count with the live rows of the same (source, id)."""
    facts = ", ".join(name(column) for column, _ in output.kinds)
    old = relation(run.engine, touched, [*output.kinds, ("recorded_at", "time")], extra=("filename",))
    run.engine.run(
        f"CREATE OR REPLACE TEMP TABLE {_KNOWN} AS "
        f"SELECT pos, source, id, old.content = new.content AS same, old.content AS old_content, filename "
        f"FROM (SELECT source, id, hash({facts}) AS content, filename FROM ({old})) old "
        f"JOIN (SELECT file_row_number AS pos, source, id, {name(CONTENT)} AS content FROM {_rows(staged)} "
        f"WHERE {name(FAULTS)} IS NULL AND file_row_number IN (SELECT pos FROM {_MET})) new USING (source, id)"
    )


def _sort_out(run: Run, output: Output, past: Snapshot) -> None:
    """Decide each row that is not simply new: repeated, unchanged, an earlier version or a correction."""
    facts = ", ".join(name(column) for column, _ in output.kinds)
    history = relation(run.engine, past.files, output.kinds)
    run.engine.run(
        f"CREATE OR REPLACE TEMP TABLE {_OUT} AS "
        f"WITH earlier AS (SELECT *, CASE WHEN repeated THEN 'repeated' "
        f"WHEN (source, id, content) IN (SELECT (source, id, old_content) FROM {_KNOWN}) THEN 'unchanged' "
        f"WHEN (source, id, content) IN (SELECT (source, id, hash({facts})) FROM ({history}) past "
        f"WHERE EXISTS (SELECT 1 FROM {_EARLIER} e WHERE e.source = past.source AND e.id = past.id)) "
        f"THEN 'unchanged' ELSE 'version' END AS fate FROM {_EARLIER}) "
        f"SELECT pos, fate FROM earlier UNION ALL "
        f"SELECT pos, CASE WHEN same THEN 'unchanged' ELSE 'corrected' END FROM {_KNOWN} "
        f"WHERE pos NOT IN (SELECT pos FROM earlier)"
    )
    run.engine.run(
        f"CREATE OR REPLACE TEMP TABLE {_OLD} AS SELECT source, id, filename FROM {_KNOWN} "
        f"WHERE pos IN (SELECT pos FROM {_OUT} WHERE fate = 'corrected')"
    )


def _count(run: Run, staged: Path) -> Settled:
    fates = {
        str(fate): int(str(rows)) for fate, rows in run.engine.run(f"SELECT fate, count(*) FROM {_OUT} GROUP BY 1")
    }
    sound = int(str(run.engine.value(f"SELECT count(*) FROM {_rows(staged)} WHERE {name(FAULTS)} IS NULL")))
    return Settled(
        accepted=sound - sum(fates.values()),
        unchanged=fates.get("unchanged", 0),
        repeated=fates.get("repeated", 0),
        corrected=fates.get("corrected", 0) + fates.get("version", 0),
        overlapping=int(str(run.engine.value(f"SELECT count(*) FROM {_OLD} WHERE {_of_this_run(run)}"))),
    )


def _of_this_run(run: Run) -> str:
    """Return the condition under which a live row was written by another load of this run."""
    file = "parse_filename(filename)"
    return f"starts_with({file}, {literal(run.name)}) AND NOT contains({file}, '-kept-')"


def _write_history(run: Run, output: Output, staged: Path, *, touched: list[str], stem: str) -> None:
    """Append the rows that will be replaced, and the earlier versions, to the history of the table."""
    kinds = [*output.kinds, ("recorded_at", "time")]
    folder = run.places.table(f"{output.load.table}_history")
    # The live table may hold columns that the model no longer declares: history keeps them.
    live = snapshot(run.places.table(output.load.table))
    kept = [column for column in live.columns if column[0] not in dict(kinds)]
    every = [*kinds, *kept]
    past = ensure(folder, [*every, ("superseded_at", "time")], statistics=(*STATISTICS, "superseded_at"))
    now = literal(run.recorded_at)
    columns = ", ".join(name(column) for column, _ in every)
    facts = ", ".join(name(column) for column, _ in output.kinds)
    old = relation(run.engine, touched, every)
    versions = ", ".join([facts, f"{now} AS recorded_at", *(f"NULL AS {name(column)}" for column, _ in kept)])
    known = relation(run.engine, past.files, kinds)
    file = write_file(
        run.engine,
        folder,
        f"SELECT {columns}, {now} AS superseded_at FROM ("
        f"SELECT {columns} FROM ({old}) WHERE (source, id) IN (SELECT (source, id) FROM {_OLD}) UNION ALL "
        f"SELECT {versions} FROM {_rows(staged)} "
        f"WHERE file_row_number IN (SELECT pos FROM {_OUT} WHERE fate = 'version')) gone "
        f"WHERE NOT EXISTS (SELECT 1 FROM ({known}) past WHERE past.source = gone.source AND past.id = gone.id "
        f"AND past.recorded_at = gone.recorded_at AND hash({_of('past', facts)}) = hash({_of('gone', facts)}))",
        stem=f"{stem}-history",
    )
    if file is not None:
        run.tell("history", load=output.load.name)
        commit(past, add=[file])


def _of(alias: str, columns: str) -> str:
    return ", ".join(f"{alias}.{column}" for column in columns.split(", "))


def _write_table(run: Run, output: Output, staged: Path, *, live: Snapshot, stem: str) -> None:
    """Write the new rows, rewrite the files that hold rows to be replaced, and commit both at once."""
    dropped = [str(row[0]) for row in run.engine.run(f"SELECT DISTINCT filename FROM {_OLD} ORDER BY 1")]
    written = _rewritten(run, live, dropped, stem=stem)
    written += _added(run, output, staged, folder=live.folder, stem=stem)
    if not written and not dropped:
        return
    run.tell("commit", load=output.load.name)
    commit(live, add=written, drop=dropped)


def _rewritten(run: Run, live: Snapshot, dropped: list[str], *, stem: str) -> list[Written]:
    files: list[Written] = []
    for number, file in enumerate(dropped):
        select = (
            f"SELECT * FROM read_parquet({literal(file)}) ANTI JOIN "
            f"(SELECT source, id FROM {_OLD} WHERE filename = {literal(file)}) USING (source, id)"
        )
        written = write_file(run.engine, live.folder, select, stem=f"{stem}-kept-{number}")
        files += [written] if written else []
    return files


def _added(run: Run, output: Output, staged: Path, *, folder: Path, stem: str) -> list[Written]:
    """Write the new and corrected rows, at most `BATCH_ROWS` a file.

    Rows lie sorted by customer and time within a file: analyses group by customer, and the file is
    smaller for it.
    """
    facts = ", ".join(name(column) for column, _ in output.kinds)
    total = int(str(run.engine.value(f"SELECT count(*) FROM {_rows(staged)}")))
    order = ", ".join(name(column) for column in ("customer", "at") if column in dict(output.kinds))
    files: list[Written] = []
    for number, start in enumerate(range(0, total, BATCH_ROWS)):
        run.tell("batch", load=output.load.name, batch=number + 1)
        select = (
            f"SELECT {facts}, {literal(run.recorded_at)} AS recorded_at FROM {_rows(staged)} "
            f"WHERE file_row_number BETWEEN {start} AND {start + BATCH_ROWS - 1} AND {name(FAULTS)} IS NULL "
            f"AND file_row_number NOT IN (SELECT pos FROM {_OUT} WHERE fate <> 'corrected') ORDER BY {order}"
        )
        written = write_file(run.engine, folder, select, stem=f"{stem}-{number}")
        files += [written] if written else []
    return files
