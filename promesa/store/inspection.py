"""Any table of the store read as it is now, beside whoever writes: facts, history, identities, state, quarantine."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from promesa.engine import Embedded, literal, memory_share, name
from promesa.store.deltas import relation, snapshot
from promesa.store.identities import COLUMNS as IDENTITY_COLUMNS
from promesa.store.layers import LAYERED, TURN, counting_sql
from promesa.store.places import places_of
from promesa.store.quarantine import COLUMNS as QUARANTINE_COLUMNS
from promesa.store.quarantine import TABLE as QUARANTINE
from promesa.store.schema import TABLES, columns_of
from promesa.store.state import STATE

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from promesa.store.deltas import Snapshot
    from promesa.store.places import Places
    from promesa.store.run import Run
    from promesa.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """An engine that reads the store without holding it.

    Attributes
    ----------
    engine : Embedded
        Times are naive UTC.
    """

    ws: Workspace
    places: Places
    engine: Embedded
    seen: dict[str, Snapshot] = field(default_factory=dict, repr=False)

    def tables(self) -> list[str]:
        """Return the names of every table there is, by name."""
        if not self.places.store.is_dir():
            return []
        return sorted(folder.name for folder in self.places.store.iterdir() if (folder / "_delta_log").is_dir())

    def columns(self, table: str) -> tuple[tuple[str, str], ...]:
        """Return (name, kind) of a table's columns: those declared now, then those that its files have beside them."""
        columns = _columns(table, self.ws, self._snapshot(table))
        return tuple(one for one in columns if one[0] != TURN) if table in LAYERED else columns

    def files(self, table: str) -> tuple[str, ...]:
        """Return the live Parquet files of a table."""
        return self._snapshot(table).files

    def rows(self, table: str) -> str:
        """Return a SELECT over the rows of a table that count; none if there is no such table."""
        rows = relation(self.engine, self._snapshot(table).files, _columns(table, self.ws, self._snapshot(table)))
        return counting_sql(table, rows, [one for one, _ in self.columns(table)]) if table in LAYERED else rows

    def is_empty(self, table: str) -> bool:
        """Tell whether a table holds no row."""
        return not self._snapshot(table).files

    def _snapshot(self, table: str) -> Snapshot:
        if table not in self.seen:  # one version throughout, whatever is written meanwhile
            self.seen[table] = snapshot(self.places.table(table))
        return self.seen[table]


def _columns(table: str, ws: Workspace, seen: Snapshot) -> tuple[tuple[str, str], ...]:
    declared = _declared(table, ws)
    return (*declared, *(column for column in seen.columns if column[0] not in dict(declared)))


def _declared(table: str, ws: Workspace) -> tuple[tuple[str, str], ...]:
    if table in TABLES:
        return tuple((column.name, column.kind) for column in columns_of(table, ws.model))
    return {"identities": IDENTITY_COLUMNS, "quarantine": QUARANTINE_COLUMNS, **STATE}.get(table, ())


@contextmanager
def inspect_store(ws: Workspace) -> Generator[Inspection]:
    """Open the store of a workspace for reading any of its tables; no lock is taken."""
    with Embedded(
        memory_limit=ws.memory_limit or memory_share(),
        threads=ws.threads,
        spill=ws.root / ".promesa" / "spill",
    ) as engine:
        yield Inspection(ws=ws, places=places_of(ws), engine=engine)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What one table holds of some customers.

    Attributes
    ----------
    columns : tuple of (str, str)
        Name and kind, the table's own whatever the rows hold.
    select : str
        SQL of the rows with these columns, in a fixed order; it reads temporary tables of the run.
    """

    table: str
    columns: tuple[tuple[str, str], ...]
    select: str


def rows_about(run: Run, customers: Sequence[int]) -> list[Held]:
    """Return what every table of the store holds of customers: the very rows that forgetting them would take out.

    Rows of the quarantine that tell who they are about are among them, and rows of nobody that name one of them.
    """
    from promesa.store.forgotten import TRACES, told_items
    from promesa.store.removal import concerning, open_gone, tables_of

    open_gone(run, customers)
    found: list[Held] = []
    for table in sorted(tables_of(run)):
        seen = snapshot(run.places.table(table))
        columns = _columns(table, run.ws, seen)
        rows = relation(run.engine, seen.files, columns)
        condition = concerning(run, table)
        if table == QUARANTINE:
            items = f"SELECT id, {name('table')}, load, record FROM ({rows})"
            told = [str(row[0]) for row in run.engine.run(told_items(run, items, marks=TRACES))]
            condition = f"id IN ({', '.join(literal(item) for item in told) or 'NULL'})"
        if condition:
            select = f"SELECT * FROM ({rows}) WHERE {condition} ORDER BY ALL"
            found.append(Held(table=table, columns=columns, select=select))
    return found
