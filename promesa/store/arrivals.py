"""Facts that came over HTTP, brought into their table by the rules of every load."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from promesa.engine import literal, name
from promesa.store.deltas import relation, snapshot
from promesa.store.forgotten import ARRIVED, drop_told
from promesa.store.loading import stage_output, take_in
from promesa.store.output import EXTRA, fact_columns, fit
from promesa.store.places import read_document, write_document
from promesa.store.quarantine import COLUMNS, NEW, TABLE, gather_rejects, keep
from promesa.store.report import SOURCE_TABLE
from promesa.workspace import Load

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.store.places import Places
    from promesa.store.report import LoadCount
    from promesa.store.run import Run
    from promesa.workspace import Workspace

FILE = "intake"  # stands in the quarantine where a load has its file


def arriving_columns(ws: Workspace, table: str) -> tuple[str, ...]:
    """Return the columns that facts sent over HTTP may give: those of the table, and what a load file may add."""
    given = (column.name for column in fact_columns(table, ws.model) if not column.derived)
    return (*(column for column in given if column != "source"), *EXTRA)


def arriving_load(run: Run, table: str, source: str, *, sql: str = "") -> Load:
    """Return facts of one source as a load, under a name that no load file can have."""
    return Load(
        name=f"{table}.{source}{ARRIVED}",
        table=table,
        source=source,
        file=run.places.staging / f"{table}.{source}{ARRIVED}.sql",
        sql=sql,
        reads=(),
    )


def take_facts(run: Run, table: str, *, source: str, arrived: Path) -> LoadCount:
    """Bring rows of one table into the store: sound ones to their table, the others to the quarantine.

    Parameters
    ----------
    arrived : Path
        Parquet with the columns of `arriving_columns` as text, in the order of arrival.
    """
    columns = ", ".join(name(column) for column in arriving_columns(run.ws, table))
    _note_source(run.places, table, source)
    load = arriving_load(run, table, source, sql=f"SELECT {columns} FROM read_parquet({literal(str(arrived))})")
    output = fit(run.engine, load, run.ws.model)
    staged = run.places.staging / f"{load.name}.parquet"
    stage_output(run, output, staged)
    count = take_in(run, output, staged, whole=False, file=FILE)
    staged.unlink()
    return count


def arrived_sources(places: Places, table: str) -> set[str]:
    """Return the systems that facts of a table have been sent of over HTTP."""
    return set(_arrived(places).get(table, []))


def _arrived(places: Places) -> dict[str, list[str]]:
    return cast("dict[str, list[str]]", read_document(_noted(places)) or {})


def _note_source(places: Places, table: str, source: str) -> None:
    known = _arrived(places)
    if source not in known.get(table, []):
        write_document(_noted(places), {**known, table: sorted({*known.get(table, []), source})})


def _noted(places: Places) -> Path:
    return places.state / "arrived.json"


def take_rejects(run: Run, source: str, rejects: Path) -> dict[str, int]:
    """Put events of a source that were refused into the quarantine; return them counted by rule.

    Parameters
    ----------
    rejects : Path
        Parquet with the columns that a source's rejects have.
    """
    gather_rejects(run, source=source, rejects=[rejects])
    drop_told(run, NEW)
    return keep(run, table=SOURCE_TABLE, load=source, whole=False)


def arriving_loads(run: Run, wanted: str) -> list[Load]:
    """Return the loads of facts sent over HTTP whose rows wait in the quarantine, under a condition."""
    items = relation(run.engine, snapshot(run.places.table(TABLE)).files, COLUMNS)
    rows = run.engine.run(
        f"SELECT DISTINCT {name('table')}, load FROM ({items}) "
        f"WHERE {wanted} AND ends_with(load, {literal(ARRIVED)}) ORDER BY 1, 2"
    )
    return [arriving_load(run, str(table), str(load).split(".")[1]) for table, load in rows]
