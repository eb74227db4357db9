"""`load`: from the company's sources to the fact tables, nothing lost and nothing twice.

One load file is one batch: its rows are converted, checked and compared in the staging folder, and
become part of their table in a single commit. The order of the commits of a load (identities,
history, table, quarantine, ledger) lets a run that was killed anywhere be completed by the next: each
step knows again what it did, and the ledger, written last, is what says that a load is done.
"""

from __future__ import annotations

import contextlib
import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING

from promesa.engine import Embedded, literal, memory_share, name
from promesa.errors import EngineError, PromesaError
from promesa.store.deltas import expire, relation, snapshot, sweep
from promesa.store.forgotten import drop_told
from promesa.store.identities import add_identities, unlock_identities
from promesa.store.ledger import Entry, write_entry
from promesa.store.output import FAULTS, checked, fit, not_run
from promesa.store.places import locked, places_of, wipe, write_document, write_text, writing
from promesa.store.plan import chosen, plan_load
from promesa.store.quarantine import NEW, gather_output, keep
from promesa.store.reading import open_store
from promesa.store.report import LoadCount, LoadReport
from promesa.store.run import Run, naive_utc
from promesa.store.settle import settle
from promesa.store.staging import inputs_of, marks_after, stage_all
from promesa.store.suppression import suppress
from promesa.words import say

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from datetime import datetime
    from pathlib import Path

    from promesa.store.output import Output
    from promesa.store.places import Places
    from promesa.store.plan import Plan
    from promesa.store.run import Progress
    from promesa.store.staging import Stagings
    from promesa.workspace import Load, Workspace


def load(
    ws: Workspace,
    *,
    recorded_at: datetime,
    full: bool = False,
    only: Sequence[str] = (),
    progress: Progress | None = None,
) -> LoadReport:
    """Run the load files of a workspace over its sources, into the store.

    Parameters
    ----------
    ws : Workspace
        The company's folder.
    recorded_at : datetime
        Instant the rows are recorded at; naive is UTC. A fact from after it goes to the quarantine.
    full : bool, default False
        Read everything again, also what has not changed since the last load.
    only : sequence of str
        Names of load files or of tables; none means all.
    progress : callable or None
        Called with a sentence and a share done (None: not known) at each step.

    Returns
    -------
    LoadReport
        Rows by what became of them, for each load file and each source that was read.

    Raises
    ------
    UnknownName
        If `only` names no load.
    SourceUnreadable
        If a source cannot be read; nothing is stored.
    LoadFailed
        If a load file does not run or does not fit its table; no load of the run is stored.
    StoreBusy
        If another load is running.
    StoreNotWritable
        If the disk is full or read-only; loads that had committed stay, the next run completes the rest.
    StoreDamaged
        If files of the store or its secret are missing.
    """
    wanted = chosen(ws, only)
    with session(ws, recorded_at=recorded_at, progress=progress) as run:
        report = load_chosen(run, wanted, full=full)
        if not all(count.skipped for count in report.counts):
            keep_report(run, report)
        return report


def load_chosen(run: Run, wanted: Sequence[Load], *, full: bool) -> LoadReport:
    """Run load files under the lock; see `load`."""
    inputs = inputs_of(run, sorted({source for entry in wanted for source in entry.reads}))
    plans = [plan_load(run, entry, full=full, inputs=inputs) for entry in wanted]
    active = [plan for plan in plans if not plan.skip]
    stagings = stage_all(run, active, full=full)
    for plan in active:
        show_sources(run, plan, stagings)
        fit(run.engine, plan.load, run.ws.model)
    counts = [_skipped(plan) if plan.skip else _load_one(run, plan, stagings) for plan in plans]
    with contextlib.suppress(PromesaError):  # the load is done; a later one lets go as well
        _let_go(run.places)
    return LoadReport(
        recorded_at=run.recorded_at,
        store_version=open_store(run.ws).version,
        counts=(*counts, *stagings.counts),
        warnings=(*stagings.warnings, *_overlaps(run, counts), *_all_new(run, plans, counts)),
    )


def _overlaps(run: Run, counts: Sequence[LoadCount]) -> list[str]:
    return [
        say("store.warning.overlapping", run.ws.locale, load=count.load, table=count.table, rows=count.overlapping)
        for count in counts
        if count.overlapping
    ]


def _all_new(run: Run, plans: Sequence[Plan], counts: Sequence[LoadCount]) -> list[str]:
    """Say which load files were changed so that every row got a new id, while those of before stay in the store."""
    return [
        say("store.warning.all_new", run.ws.locale, load=count.load, table=count.table, rows=count.accepted)
        for plan, count in zip(plans, counts, strict=True)
        if plan.redefined
        and plan.whole
        and count.accepted
        and not (count.unchanged or count.corrected)
        and _rows_of(run, plan.load) > count.accepted
    ]


def _rows_of(run: Run, load: Load) -> int:
    """Return how many rows of the source of a load file its table holds."""
    rows = relation(run.engine, snapshot(run.places.table(load.table)).files, (("source", "text"),))
    return int(str(run.engine.value(f"SELECT count(*) FROM ({rows}) WHERE source = {literal(load.source)}")))


def _let_go(places: Places) -> None:
    """Delete the files that were replaced long enough ago; the tables that hold none are left alone."""
    for folder in sorted(places.store.iterdir()):
        if folder.is_dir() and len(list(folder.glob("*.parquet"))) > len(snapshot(folder).files):
            expire(folder)


def keep_report(run: Run, report: LoadReport) -> None:
    """Keep a report beside the ledger, its name in the order of time."""
    stamp = report.recorded_at.strftime("%Y%m%dT%H%M%S%f")
    write_document(run.places.reports / f"{stamp}-{run.name[:8]}.json", report.to_document())


@contextmanager
def session(ws: Workspace, *, recorded_at: datetime, progress: Progress | None = None) -> Generator[Run]:
    """Hold the lock, clear away what a killed run left, and open a session with an empty staging folder."""
    places = places_of(ws)
    with locked(places):
        run_name = uuid.uuid4().hex
        _clear_up(places)
        with writing(places.state):
            write_text(places.state / "run", run_name)
            (places.staging / "spill").mkdir(parents=True)
        try:
            with Embedded(
                time_zone=ws.time_zone,
                memory_limit=ws.memory_limit or memory_share(),
                threads=ws.threads,
                spill=places.staging / "spill",
            ) as engine:
                run = Run(
                    ws=ws,
                    places=places,
                    engine=engine,
                    name=run_name,
                    recorded_at=naive_utc(recorded_at),
                    progress=progress,
                )
                unlock_identities(engine, places)
                yield run
        finally:
            # On a disk that cannot be written this fails too; the first error is the one to tell.
            with contextlib.suppress(OSError, PromesaError):
                _clear_up(places)


def _clear_up(places: Places) -> None:
    """Delete the staging folder and the files that the last run wrote and did not commit."""
    marker = places.state / "run"
    left = marker.read_text(encoding="utf-8").strip() if marker.exists() else ""
    with writing(places.state):
        wipe(places.staging)
        if left:
            for folder in sorted(places.store.iterdir()):
                sweep(folder, run=left)
            marker.unlink()


def _skipped(plan: Plan) -> LoadCount:
    return LoadCount(table=plan.load.table, load=plan.load.name, source=plan.load.source, skipped=True)


def show_sources(run: Run, plan: Plan, stagings: Stagings) -> None:
    """Make the sources of a load readable under their names."""
    for source in plan.load.reads:
        staged = stagings.of(plan, source).relation
        run.engine.run(f"CREATE OR REPLACE TEMP VIEW {name(source)} AS SELECT * FROM {staged}")


def _load_one(run: Run, plan: Plan, stagings: Stagings) -> LoadCount:
    run.tell("load", load=plan.load.name)
    show_sources(run, plan, stagings)
    output = fit(run.engine, plan.load, run.ws.model)
    staged = run.places.staging / f"{plan.load.name}.parquet"
    stage_output(run, output, staged)
    count = take_in(run, output, staged, whole=plan.whole)
    write_entry(
        run.places,
        plan.load,
        Entry(
            definition=plan.definition,
            table_identity=snapshot(run.places.table(plan.load.table)).identity,
            sources=marks_after(plan, stagings),
        ),
    )
    staged.unlink()
    run.tell("done", load=plan.load.name)
    return count


def stage_output(run: Run, output: Output, staged: Path) -> None:
    """Write the converted and checked rows of an output to a file."""
    select = checked(output, run.ws, recorded_at=run.recorded_at)
    try:
        with writing(staged):
            run.engine.run(f"COPY ({select}) TO {literal(str(staged))} (FORMAT parquet, COMPRESSION zstd)")
    except EngineError as error:
        if "OutOfMemory" in error.what or "(IO)" in error.what:
            raise
        raise not_run(output.load, error) from error


def take_in(run: Run, output: Output, staged: Path, *, whole: bool, file: str = "") -> LoadCount:
    """Bring a staged output into the store: sound rows to their table, the others to the quarantine.

    Parameters
    ----------
    file : str
        What the quarantine names as where the rows come from; the load file when left out.
    """
    entry = output.load
    suppressed = suppress(run, output, staged)
    run.tell("identities", load=entry.name)
    add_identities(run, staged)
    settled = settle(run, output, staged)
    rows = f"read_parquet({literal(str(staged))})"
    faulty = int(str(run.engine.value(f"SELECT count(*) FROM {rows} WHERE {name(FAULTS)} IS NOT NULL")))
    run.tell("quarantine", load=entry.name)
    gather_output(run, table=entry.table, load=entry.name, file=file or f"load/{entry.file.name}", staged=staged)
    told = drop_told(run, NEW)
    arrived = f"SELECT source || chr(31) || id AS fact FROM {rows} WHERE {name(FAULTS)} IS NULL"
    by_rule = keep(run, table=entry.table, load=entry.name, whole=whole, arrived=None if whole else arrived)
    closed = faulty - told - sum(by_rule.values())
    stored = settled.accepted + settled.unchanged + settled.repeated + settled.corrected
    return LoadCount(
        table=entry.table,
        load=entry.name,
        source=entry.source,
        read=stored + faulty + suppressed.forgotten + suppressed.expired,
        accepted=settled.accepted,
        unchanged=settled.unchanged + closed,
        repeated=settled.repeated,
        corrected=settled.corrected,
        overlapping=settled.overlapping,
        quarantined=by_rule,
        forgotten=suppressed.forgotten + told,
        expired=suppressed.expired,
    )
