"""What is left of customers on the disk: files no longer live are deleted, and every other is decoded and searched.

A row of another customer may hold a value that the two share, such as a household's phone: it is theirs too.
"""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING

from promesa.engine import literal, name
from promesa.errors import EngineError, StoreBusy
from promesa.store.deltas import relation, snapshot
from promesa.store.events import EVENTS, told_events
from promesa.store.forgotten import GONE, TRACES, told_items, value_mark
from promesa.store.mentions import naming
from promesa.store.places import read_document, writing
from promesa.store.quarantine import TABLE as QUARANTINE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

    from promesa.store.deltas import Snapshot
    from promesa.store.run import Run

_OURS = re.compile(r"[0-9a-f]{32}-.*|tmp_.*")  # promesa's own writers hold the lock: what is not live of theirs is dead
_IN_FLIGHT = 600  # seconds within which another program may still commit a file that it has written
_WAITS = (0.1, 0.5, 2.0)


def clear_files(run: Run, table: str) -> int:
    """Delete every file of a table that is not live, also those replaced a moment ago; return how many.

    A file of another program that no commit names is deleted only if it holds the customers in hand, and only when
    it has lain too long to be on its way into the table.

    Raises
    ------
    StoreBusy
        If such a file is still being written.
    """
    folder = run.places.table(table)
    with writing(folder):
        deleted = len(_vacuum(folder))
        live = _live(folder)
        for file in sorted(folder.glob("*.parquet")):
            if file.name not in live and _OURS.fullmatch(file.name):
                file.unlink()
                deleted += 1
        deleted += _clear_others(run, folder)
        sought = _needles(run)
        if any(_names(run, file, sought) for file in sorted((folder / "_delta_log").iterdir())):
            _prune_log(folder)
    return deleted


def _live(folder: Path) -> set[str]:
    return {file.rsplit("/", 1)[-1] for file in snapshot(folder).files}


def _vacuum(folder: Path) -> list[str]:
    from deltalake import DeltaTable
    from deltalake.exceptions import CommitFailedError

    for wait in (*_WAITS, None):
        try:
            table = DeltaTable(folder.absolute().as_uri())
            return table.vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)
        except CommitFailedError:
            if wait is None:
                raise _busy(folder) from None
            time.sleep(wait)
    return []


def _clear_others(run: Run, folder: Path) -> int:
    """Delete the files of other programs that hold the customers in hand and belong to no version."""
    deleted = 0
    for wait in (*_WAITS, None):
        waiting = False
        live = _live(folder)
        for file in sorted(file for file in folder.glob("*.parquet") if file.name not in live):
            if not _holds(run, file):
                continue
            if time.time() - file.stat().st_mtime > _IN_FLIGHT:
                file.unlink()
                deleted += 1
            else:
                waiting = True
        if not waiting:
            return deleted
        if wait is not None:
            time.sleep(wait)
    raise _busy(folder)


def _busy(folder: Path) -> StoreBusy:
    return StoreBusy(
        what=f"Another program is writing rows of the person to the table {folder.name}.",
        got="a file that is not yet part of the table, or commits without end",
        expected="a table that stands still for a moment",
        fix="end that program, or wait ten minutes, and run the command again: it goes on where it stopped",
    )


def _prune_log(folder: Path) -> None:
    """Leave nothing of a table's log but its last state: older entries name what they looked for."""
    from deltalake import DeltaTable

    address = folder.absolute().as_uri()
    kept = DeltaTable(address).metadata().configuration.get("delta.logRetentionDuration", "interval 168 hours")
    DeltaTable(address).alter.set_table_properties({"delta.logRetentionDuration": "interval 0 days"})
    table = DeltaTable(address)
    table.create_checkpoint()
    table.cleanup_metadata()
    DeltaTable(address).alter.set_table_properties({"delta.logRetentionDuration": kept})


def ledger_files(run: Run) -> list[Path]:
    """Return the ledger entries and load reports that name the customers in hand."""
    if not run.places.ledger.is_dir():
        return []
    sought = _needles(run)
    files = sorted(run.places.ledger.rglob("*.json"))
    return [file for file in files if _names(run, file, sought) or _stops_at(run, file)]


def scrub_ledger(run: Run) -> None:
    """Delete the ledger entries and reports that name the customers in hand; the load then reads all again."""
    for file in ledger_files(run):
        file.unlink()


def _stops_at(run: Run, file: Path) -> bool:
    """Tell whether the highest value that a load has read is one of the customers' own."""
    sources = (read_document(file) or {}).get("sources")
    if not isinstance(sources, dict):
        return False
    marks = [str(mark["watermark"]) for mark in sources.values() if mark.get("watermark")]
    found = " OR ".join(f"mark = {value_mark(literal(mark))}" for mark in marks)
    return bool(found and run.engine.value(f"SELECT count(*) FROM {TRACES} WHERE kind <> 'weak' AND ({found})"))


def remnants(run: Run) -> tuple[int, list[str]]:
    """Return how many files were read, and the tables and folders in which the customers in hand were found."""
    live: set[str] = set()
    found: list[str] = []
    for folder in sorted(path for path in run.places.store.iterdir() if (path / "_delta_log").is_dir()):
        seen = snapshot(folder)
        live.update(seen.files)
        if _table_holds(run, seen):
            found.append(folder.name)
    sought, files = _needles(run), len(live)
    for file in _other_files(run, live):
        files += 1
        if _names(run, file, sought):
            found.append(f"{file.parent.name} ({file.suffix})")
    return files, list(dict.fromkeys(found))


def _other_files(run: Run, live: Collection[str]) -> Iterator[Path]:
    """Return every file of the workspace's state but the live files of tables and what this run itself needs.

    Segments of the intake were emptied once the marks were kept: what stands in them now arrived later, and is left
    out by its marks when it is taken in. The database of the service keeps who did what to which number, in a chain
    that nobody can shorten; of customers it holds nothing else.
    """
    places = run.places
    own = {places.secret, places.lock, places.state / "erasing.json", places.state / "run"}
    every = {file for root in (places.state, places.store) for file in root.rglob("*")}
    for file in sorted(every):
        elsewhere = any(folder in file.parents for folder in (places.staging, places.segments, places.database))
        if file.is_file() and file not in own and str(file) not in live and not elsewhere:
            yield file


def _table_holds(run: Run, seen: Snapshot) -> bool:
    rows = relation(run.engine, seen.files, seen.columns)
    if seen.folder.name == QUARANTINE:
        items = f"SELECT id, {name('table')}, load, record FROM ({rows})"
        return bool(run.engine.run(f"{told_items(run, items, marks=TRACES)} LIMIT 1"))
    if seen.folder.name == EVENTS:
        return bool(run.engine.value(f"SELECT count(*) FROM ({rows}) WHERE {told_events(run)}"))
    wholes = [column for column, kind in seen.columns if kind == "whole"]
    if wholes:
        held = " OR ".join(f"{name(column)} IN (FROM {GONE})" for column in wholes)
        if run.engine.value(f"SELECT count(*) FROM ({rows}) WHERE {held}"):
            return True
    nobody = naming(run, rows, seen.columns)
    return bool(nobody and run.engine.value(f"SELECT count(*) FROM ({rows}) WHERE {nobody}"))


def _is_told(run: Run, cells: str) -> bool:
    """Tell whether any of the texts that a SELECT gives as `cell` is a value of the customers in hand."""
    return bool(
        run.engine.value(
            f"SELECT count(*) FROM (SELECT DISTINCT cell FROM ({cells}) WHERE cell IS NOT NULL) "
            f"WHERE {value_mark('cell')} IN (SELECT mark FROM {TRACES} WHERE kind = 'value')"
        )
    )


def _holds(run: Run, file: Path) -> bool:
    """Tell whether a Parquet file holds the customers in hand; one that cannot be decoded is taken to."""
    scan = f"SELECT * FROM read_parquet({literal(str(file))})"
    try:
        columns = run.engine.columns(scan)
        wholes = [column for column, kind in columns if kind == "BIGINT"]
        texts = [column for column, kind in columns if kind == "VARCHAR"]
        held = " OR ".join(f"{name(column)} IN (FROM {GONE})" for column in wholes)
        if held and run.engine.value(f"SELECT count(*) FROM ({scan}) WHERE {held}"):
            return True
        if any(_is_told(run, f"SELECT {name(column)} AS cell FROM ({scan})") for column in texts):
            return True
        sought = _needles(run)
        nested = [column for column, kind in columns if kind not in {"BIGINT", "VARCHAR"}]
        said = " OR ".join(
            f"contains(lower(CAST({name(column)} AS VARCHAR)), {literal(needle)})"
            for column in nested
            for needle in sought
        )
        return bool(said and run.engine.value(f"SELECT count(*) FROM ({scan}) WHERE {said}"))
    except EngineError:
        return True


def _names(run: Run, file: Path, sought: Sequence[str]) -> bool:
    """Tell whether a file that is no live part of a table names the customers in hand."""
    if file.suffix == ".parquet":
        return _holds(run, file)
    content = file.read_bytes().decode("utf-8", errors="replace").lower()
    return any(needle in content for needle in sought)


def _needles(run: Run) -> Sequence[str]:
    """Return the texts to search for: surrogates, and values too long to stand anywhere by chance, in lower case."""
    rows = run.engine.run(
        f"SELECT CAST(customer AS VARCHAR) FROM {GONE} UNION ALL "
        f"SELECT value FROM {TRACES} WHERE kind = 'value' AND length(value) >= 8"
    )
    plain = [str(row[0]).lower() for row in rows]
    return list(dict.fromkeys([*plain, *(json.dumps(text)[1:-1] for text in plain)]))
