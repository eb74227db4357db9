"""Rows that the load files of a table give no more: counted and, once somebody says so, moved to the table's history.

A load takes no row out: an export may hold the last weeks only, and what is missing from it is no mistake. So what
a changed SELECT, a renamed load file or a file that should not have been there leaves behind stays until it is taken
back. Every input of the table's load files is read again for it, as far as it is still there; nothing is loaded.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from promesa.engine import literal, name, start_of_day
from promesa.errors import InputError, UnknownName
from promesa.store.arrivals import arrived_sources
from promesa.store.deltas import commit, ensure, relation, snapshot, write_file
from promesa.store.loading import keep_report, session, show_sources, stage_output
from promesa.store.output import fit
from promesa.store.plan import is_incremental, plan_load
from promesa.store.reading import open_store
from promesa.store.recording import OWN_SOURCE
from promesa.store.removal import take_out
from promesa.store.report import LoadCount, LoadReport
from promesa.store.settle import STATISTICS
from promesa.store.staging import inputs_of, stage_all
from promesa.words import number, say

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from promesa.store.run import Progress, Run
    from promesa.workspace import Load, Workspace

_GIVEN = '"~given_now"'  # temporary table: system and hashed (source, id) of every row that load files give


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftBehind:
    """Rows of one system that no load file of the table gives.

    Attributes
    ----------
    source : str
        The system.
    rows, of : int
        Such rows, and all rows of the system in the table.
    first, last : datetime or None
        When the earliest and the latest of them happened, naive UTC; None where there are none.
    """

    source: str
    rows: int
    of: int
    first: datetime | None
    last: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenBack:
    """What was taken back, or would be.

    Attributes
    ----------
    table : str
        The fact table.
    done : bool
        The rows are out of the table; otherwise they were only counted.
    store_version : str
        Version of the store after it.
    systems : tuple of LeftBehind
        By system that load files give, or gave, rows of; the order is that of their names.
    partial : tuple of str
        Sources that are read on from where they were left: rows of inputs that are gone count as left behind.
    spared : tuple of str
        Systems whose rows were not looked at because they also arrive over HTTP.
    unread : int
        Rows of the sources that could not be read: what they would have given counts as left behind.
    """

    table: str
    done: bool
    store_version: str
    systems: tuple[LeftBehind, ...]
    partial: tuple[str, ...] = ()
    spared: tuple[str, ...] = ()
    unread: int = 0

    @property
    def total(self) -> int:
        """Return the number of rows over all systems."""
        return sum(system.rows for system in self.systems)

    def rows(self) -> list[dict[str, object]]:
        """Return one flat dict a system."""
        return [
            {
                "source": system.source,
                "rows": system.rows,
                "of": system.of,
                "first": system.first.isoformat() if system.first else None,
                "last": system.last.isoformat() if system.last else None,
            }
            for system in self.systems
        ]

    def warnings(self, locale: str = "en") -> list[str]:
        """Return what should be known before rows are taken back."""
        named = {"partial": self.partial, "spared": self.spared}
        told = [say(f"store.taking_back.{key}", locale, sources=", ".join(of)) for key, of in named.items() if of]
        unread = say("store.taking_back.unread", locale, rows=number(self.unread, locale))
        return [*told, *([unread] if self.unread else [])]

    def summary(self, locale: str = "en") -> str:
        """Return the outcome in one sentence."""
        key = ("done" if self.done else "counted") if self.total else "nothing"
        return say(f"store.taking_back.{key}", locale, rows=number(self.total, locale), table=self.table)

    def to_document(self) -> dict[str, object]:
        """Return everything as one JSON-ready document."""
        return {
            "table": self.table,
            "done": self.done,
            "store_version": self.store_version,
            "rows": self.rows(),
            "partial": list(self.partial),
            "spared": list(self.spared),
            "unread": self.unread,
            "warnings": {locale: self.warnings(locale) for locale in ("es", "en")},
            "summary": {locale: self.summary(locale) for locale in ("es", "en")},
        }


def take_back(
    ws: Workspace,
    table: str,
    *,
    recorded_at: datetime,
    since: date | None = None,
    systems: Sequence[str] = (),
    dry_run: bool = True,
    progress: Progress | None = None,
) -> TakenBack:
    """Take the rows out of a fact table that its load files give no more; they stay in its history.

    Facts that promesa itself recorded (corrections, consents) and systems whose rows arrive over HTTP are let be, and
    so is a row that is given and waits in the quarantine.

    Parameters
    ----------
    table : str
        A fact table that load files fill, or filled.
    recorded_at : datetime
        Instant of the run, which the history names as the end of these rows; naive is UTC.
    since : date or None
        Only rows that were recorded on this local day or later.
    systems : sequence of str
        Only rows of these systems (the second part of a load file's name, or its column `source`); none means all
        but those that also arrive over HTTP.
    dry_run : bool, default True
        Count only.

    Raises
    ------
    UnknownName
        If no load file fills the table, or no system of that name.
    SourceUnreadable, LoadFailed
        If a source or a load file cannot be read; nothing is taken back.
    StoreBusy, StoreNotWritable, StoreDamaged
        As in `load`; rows that are in the history already go on the next run.
    """
    with session(ws, recorded_at=recorded_at, progress=progress) as run:
        loads = [load for load in ws.loads if load.table == table]
        former = _former_sources(run)
        _check_table(ws, table, former)
        unread = _gather_given(run, loads)
        looked, spared = _looked_at(run, table, loads, former=former.get(table, set()), only=systems)
        gone = _gone(looked, since=_beginning(since, ws.time_zone))
        left = tuple(_count(run, table, looked, gone=gone))
        if not dry_run and any(system.rows for system in left):
            _move_to_history(run, table, gone=gone)
            take_out(run, table, gone=gone)
            _keep_report(run, table, left)
        return TakenBack(
            table=table,
            done=not dry_run,
            store_version=open_store(ws).version,
            systems=left,
            partial=tuple(
                sorted({s for load in loads for s in load.reads if is_incremental(ws.sources[s])}),
            ),
            spared=spared,
            unread=unread,
        )


def _former_sources(run: Run) -> dict[str, set[str]]:
    """Return the systems by table of the load files that ever committed, also of those that are no longer there."""
    found: dict[str, set[str]] = {}
    for entry in run.places.ledger.glob("*.json"):
        table, source = entry.stem.split(".")[:2]
        found.setdefault(table, set()).add(source)
    return found


def _check_table(ws: Workspace, table: str, former: dict[str, set[str]]) -> None:
    known = {load.table for load in ws.loads} | set(former)
    if table not in known:
        raise UnknownName(table, kind="table that load files fill", known=known)


def _gather_given(run: Run, loads: Sequence[Load]) -> int:
    """Write which rows the load files give now, sound or not; return how many rows of the sources cannot be read."""
    run.engine.run(f"CREATE OR REPLACE TEMP TABLE {_GIVEN} (source VARCHAR, fact UBIGINT)")
    inputs = inputs_of(run, sorted({source for load in loads for source in load.reads}))
    plans = [plan_load(run, load, full=True, inputs=inputs) for load in loads]
    stagings = stage_all(run, plans, full=True, keep_rejects=False)
    for plan in plans:
        run.tell("load", load=plan.load.name)
        show_sources(run, plan, stagings)
        staged = run.places.staging / f"{plan.load.name}.parquet"
        stage_output(run, fit(run.engine, plan.load, run.ws.model), staged)
        run.engine.run(
            f"INSERT INTO {_GIVEN} SELECT source, hash(source, id) FROM read_parquet({literal(str(staged))}) "
            "WHERE id IS NOT NULL"
        )
        staged.unlink()
    rejects = [literal(str(path)) for one in stagings.staged.values() for path in one.rejects]
    counted = f"SELECT count(*) FROM read_parquet([{', '.join(rejects)}], union_by_name = true)"
    return int(str(run.engine.value(counted))) if rejects else 0


def _looked_at(
    run: Run, table: str, loads: Sequence[Load], *, former: set[str], only: Sequence[str]
) -> tuple[list[str], tuple[str, ...]]:
    """Return the systems whose rows are looked at, and those that are spared because their rows arrive over HTTP."""
    given = {str(source) for (source,) in run.engine.run(f"SELECT DISTINCT source FROM {_GIVEN}") if source}
    known = ({load.source for load in loads} | former | given) - {OWN_SOURCE}
    for system in only:
        if system not in known:
            raise UnknownName(system, kind=f"system of the table {table}", known=known)
    spared = known & arrived_sources(run.places, table) - set(only)
    return sorted(set(only) or known - spared), tuple(sorted(spared))


def _beginning(day: date | None, time_zone: str) -> datetime | None:
    """Return the first instant of a local day, naive UTC."""
    if day is None:
        return None
    if isinstance(day, datetime):
        raise InputError(
            what="`since` is a time.",
            got=day.isoformat(),
            expected="a day: what was recorded on it or later is looked at",
            fix="give a date",
        )
    return start_of_day(day, time_zone)


def _gone(systems: Sequence[str], *, since: datetime | None) -> str:
    """Return the condition under which a row of the table goes."""
    listed = ", ".join(literal(system) for system in systems) or "NULL"
    recorded = f" AND recorded_at >= {literal(since)}" if since else ""
    return f"source IN ({listed}){recorded} AND hash(source, id) NOT IN (SELECT fact FROM {_GIVEN})"


def _count(run: Run, table: str, systems: Sequence[str], *, gone: str) -> Iterator[LeftBehind]:
    seen = snapshot(run.places.table(table))
    columns = [(column, kind) for column, kind in seen.columns if column in {"source", "id", "at", "recorded_at"}]
    rows = relation(run.engine, seen.files, columns)
    counted = {
        str(source): LeftBehind(source=str(source), rows=int(str(left)), of=int(str(of)), first=first, last=last)  # pyright: ignore[reportArgumentType]
        for source, left, of, first, last in run.engine.run(
            f"SELECT source, count(*) FILTER (gone), count(*), min({name('at')}) FILTER (gone), "
            f"max({name('at')}) FILTER (gone) FROM (SELECT *, {gone} AS gone FROM ({rows})) GROUP BY source"
        )
    }
    nothing = {"rows": 0, "of": 0, "first": None, "last": None}
    yield from (counted.get(system) or LeftBehind(source=system, **nothing) for system in systems)  # pyright: ignore[reportArgumentType]


def _move_to_history(run: Run, table: str, *, gone: str) -> None:
    """Write the rows to the history, but for those that a run which was killed has written there already."""
    live = snapshot(run.places.table(table))
    folder = run.places.table(f"{table}_history")
    past = ensure(folder, [*live.columns, ("superseded_at", "time")], statistics=(*STATISTICS, "superseded_at"))
    columns = ", ".join(name(column) for column, _ in live.columns)
    rows, known = (relation(run.engine, seen.files, live.columns) for seen in (live, past))
    file = write_file(
        run.engine,
        folder,
        f"SELECT {columns}, {literal(run.recorded_at)} AS superseded_at FROM ("
        f"SELECT {columns} FROM ({rows}) WHERE {gone} EXCEPT SELECT {columns} FROM ({known}))",
        stem=f"{run.name}-{table}-{live.version}-taken-back",
    )
    if file is not None:
        run.tell("take_back", table=table)
        commit(past, add=[file])


def _keep_report(run: Run, table: str, left: Sequence[LeftBehind]) -> None:
    keep_report(
        run,
        LoadReport(
            recorded_at=run.recorded_at,
            store_version=open_store(run.ws).version,
            counts=tuple(
                LoadCount(table=table, load=table, source=system.source, withdrawn=system.rows)
                for system in left
                if system.rows
            ),
        ),
    )
