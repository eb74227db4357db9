"""What an analysis reads: one version of the fact tables, on the engine chosen, as they stood at one instant."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from promesa.engine import Clock, Engine, close_of_day, connect, extreme, offsets, to_local
from promesa.errors import NothingLoaded, ValueOutOfRange
from promesa.store.layers import LAYERED, counting
from promesa.store.schema import TABLES, columns_of
from promesa.store.state import DECISIVE, STATE

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence
    from pathlib import Path

    from promesa.engine import Expression, Offset, Table
    from promesa.workspace import Workspace

_LONG_AGO = datetime(2000, 1, 1)  # noqa: DTZ001 (naive UTC, as every time of the store)
_END_OF_TIME = datetime(9999, 1, 1)  # noqa: DTZ001
_MARGIN = timedelta(days=800)  # promises may fall due that long after the last moment
_LIVED = ("moments", "opinions", "orders")
_open: dict[tuple[Path, str], tuple[str, Engine]] = {}


@dataclass(frozen=True, kw_only=True)
class Facts:
    """The fact tables of one store version.

    Attributes
    ----------
    workspace : Workspace
        Whose they are.
    engine : Engine
        Where they are read.
    version : str
        Store version; a figure can be reproduced from it and `as_of`.
    files : mapping of str to sequence of str
        Parquet files of each fact table, and of the state tables that decide whose a fact is.
    as_of : datetime
        Naive UTC; later rows do not exist yet.
    kept : dict of str to object
        What one analysis worked out of these facts and another needs as well.
    among : Table or None
        Customers (column ``customer``) whose rows alone are read; None reads all.
    reads : mapping of str to sequence of str
        With `among`: the columns that are read of a table; all of a table that is not named.
    """

    workspace: Workspace
    engine: Engine
    version: str
    files: Mapping[str, Sequence[str]] = field(repr=False)
    as_of: datetime
    kept: dict[str, object] = field(default_factory=dict, repr=False, compare=False)
    among: Table | None = field(default=None, repr=False, compare=False)
    reads: Mapping[str, Sequence[str]] = field(default_factory=dict, repr=False, compare=False)

    def recorded_rows(self, table: str) -> Table:
        """Return every live row of a fact table as it was recorded: `customer` is one record's surrogate."""
        columns = [(column.name, column.kind) for column in columns_of(table, self.workspace.model)]
        return self.engine.table(f"{table}_{self.version}", self.files.get(table, ()), columns)

    def all_rows(self, table: str) -> Table:
        """Return every live row of a fact table, also those after `as_of`.

        `customer` is the person whom the links in force at `as_of` join; rows of customers whose data is
        paused are left out.
        """

        def rows() -> Table:
            return self._used(self.of_persons(self.recorded_rows(table)))

        if self.among is None:
            return self.engine.named(f"all {table} {self.scope}", rows)
        among = self.among

        def some() -> Table:
            every, read = rows(), self.reads.get(table)
            return (every.select(*read) if read else every).semi_join(among, "customer")

        # Read once, since every column of every row is looked through for them, and kept, since they are few.
        return self.engine.hold(f"some {table} {self.scope}", some)

    def only(self, customers: Table, *, reads: Mapping[str, Sequence[str]] | None = None) -> Facts:
        """Return the same facts, of some customers alone.

        Parameters
        ----------
        reads : mapping of str to sequence of str, optional
            Columns of a fact table that will be read, where others would be brought along for nothing.
        """
        fewer = replace(self, among=customers, reads=reads or {})
        # Of all facts, so that they need not be looked up again.
        fewer.__dict__.update(changes=self.changes, clock=self.clock)
        return fewer

    def state(self, table: str) -> Table:
        """Return every row of a state table that decides how facts are read (``persons``, ``tiers``)."""
        rows = self.engine.table(f"{table}_{self.version}", self.files.get(table, ()), STATE[table])
        if table not in LAYERED:
            return rows
        return self.engine.named(f"counting {table} {self.version}", lambda: counting(table, rows))

    def persons(self) -> Table:
        """Return (customer, person) for every customer who shares a person with another at `as_of`."""
        rows = self.state("persons")
        return rows.filter(rows["since"] <= self.as_of, rows["until"] > self.as_of).select("customer", "person")

    def of_persons(self, rows: Table) -> Table:
        """Return rows with the person at `as_of` in the place of each record's customer."""
        if self.is_empty("persons"):
            return rows
        # Another name than `customer`, so that the join leaves the columns of the rows alone.
        persons = self.persons().rename(linked="customer")
        joined = rows.left_join(persons, rows["customer"] == persons["linked"])
        return joined.select(
            **{
                column: joined["person"].coalesce(joined["customer"]) if column == "customer" else joined[column]
                for column in rows.columns
            }
        )

    def _used(self, rows: Table) -> Table:
        if self.is_empty("pauses"):
            return rows
        pauses = self.state("pauses")
        paused = self.of_persons(pauses.filter(pauses["until"].isnull()).select("customer")).distinct()
        nobody = rows["customer"].isnull()
        return rows.filter(nobody | rows["customer"].notin(paused["customer"]))

    def table(self, table: str) -> Table:
        """Return the rows of a fact table with `at` up to `as_of`."""

        def rows() -> Table:
            found = self.all_rows(table)
            return found.filter(found["at"] <= self.as_of)

        return self.engine.named(f"{table} {self.scope}", rows)

    @property
    def scope(self) -> str:
        """Return what names the rows that are read: those of one version at one instant, of all or some customers."""
        some = f" of {self.among.get_name()}" if self.among is not None else ""
        return f"{self.version} {self.as_of}{some}"

    def is_empty(self, table: str) -> bool:
        """Tell whether a fact table has no files at all."""
        return not self.files.get(table)

    @cached_property
    def changes(self) -> tuple[Offset, ...]:
        """Return the offsets of the company's zone over the years of the facts."""
        return self._offsets(self.workspace.time_zone)

    @cached_property
    def clock(self) -> Clock:
        """Return the same with those of branches in other zones, by which promises and standards are judged."""
        zones: dict[str, list[str]] = {}
        for branch, zone in sorted(self.workspace.branch_time_zones.items()):
            zones.setdefault(zone, []).append(branch)
        elsewhere = tuple((tuple(branches), self._offsets(zone)) for zone, branches in sorted(zones.items()))
        return Clock(changes=self.changes, elsewhere=elsewhere)

    @cached_property
    def _begin(self) -> datetime:
        return first_instant(self) - timedelta(days=1)

    def _offsets(self, time_zone: str) -> tuple[Offset, ...]:
        return offsets(time_zone, self._begin, self.as_of + _MARGIN)

    def local(self, column: Expression) -> Expression:
        """Return a UTC column as local time of the company's zone."""
        return to_local(column, self.changes)


def open_facts(workspace: Workspace, *, as_of: date | datetime | str | None = None) -> Facts:
    """Open the store as it is now, looked at as of one instant.

    Parameters
    ----------
    workspace : Workspace
        The company's folder, read.
    as_of : date, datetime, str or None
        A date (or ``2018-10-15``) means the close of that local day; a datetime is local time unless it
        carries a zone; None means the workspace's own `as_of`, or else the last instant in the facts.

    Raises
    ------
    NothingLoaded
        If no fact table holds a row.
    """
    from promesa.store import open_store

    store = open_store(workspace)
    files = {table: store.files(table) for table in (*TABLES, *DECISIVE)}
    if not any(files[table] for table in TABLES):
        raise _nothing_loaded(workspace)
    engine = _engine_for(workspace, store.version)
    undated = Facts(workspace=workspace, engine=engine, version=store.version, files=files, as_of=_END_OF_TIME)
    instant = wanted_instant(workspace, as_of)
    return Facts(
        workspace=workspace,
        engine=engine,
        version=store.version,
        files=files,
        as_of=instant or last_instant(undated),
    )


def _nothing_loaded(workspace: Workspace) -> NothingLoaded:
    from promesa.store.review import quarantine_counts

    waiting = sum(int(str(group["items"])) for group in quarantine_counts(workspace))
    if waiting:
        return NothingLoaded(
            what="No row has been accepted into the store: all that were read are in the quarantine.",
            got=f"{waiting} rows in the quarantine, none in {workspace.store.name}",
            expected="at least one row that breaks no rule",
            fix="run `promesa quarantine list`, mend what the rules name, and run `promesa load`",
        )
    return NothingLoaded(
        what="The store of the workspace is empty.",
        got=f"no rows in {workspace.store.name}",
        expected="at least one load",
        fix="run `promesa load`",
    )


@contextmanager
def own_facts(workspace: Workspace, *, as_of: date | datetime | str | None = None) -> Generator[Facts]:
    """Open the store on a DuckDB of its own, closed afterwards: beside a thread that asks, and for what names people.

    Parameters
    ----------
    workspace, as_of
        As in `open_facts`.
    """
    from promesa.store import open_store

    store = open_store(workspace)
    files = {table: store.files(table) for table in (*TABLES, *DECISIVE)}
    engine = connect(
        "duckdb",
        memory_limit=workspace.memory_limit,
        threads=workspace.threads,
        spill=workspace.root / ".promesa" / "spill",
    )
    try:
        if not any(files[table] for table in TABLES):
            raise _nothing_loaded(workspace)
        undated = Facts(workspace=workspace, engine=engine, version=store.version, files=files, as_of=_END_OF_TIME)
        instant = wanted_instant(workspace, as_of) or last_instant(undated)
        yield Facts(workspace=workspace, engine=engine, version=store.version, files=files, as_of=instant)
    finally:
        engine.close()


def _engine_for(workspace: Workspace, version: str) -> Engine:
    """Return the open engine of this store version; another version's tables are let go first."""
    key = (workspace.store, workspace.engine)
    kept = _open.get(key)
    if kept and kept[0] == version:
        return kept[1]
    if kept:
        kept[1].close()
    engine = connect(
        workspace.engine,
        memory_limit=workspace.memory_limit,
        threads=workspace.threads,
        spill=workspace.root / ".promesa" / "spill",
    )
    _open[key] = (version, engine)
    return engine


def let_go(workspace: Workspace) -> None:
    """Close the engine that is open on the store of a workspace, with all that it holds.

    What an engine holds was made with the model as it stood then; a process that goes on with another calls this.
    """
    kept = _open.pop((workspace.store, workspace.engine), None)
    if kept:
        kept[1].close()


def wanted_instant(workspace: Workspace, as_of: date | datetime | str | None) -> datetime | None:
    """Return the instant to look at, as naive UTC: `as_of`, else the workspace's own, else None (the last fact)."""
    if as_of is None and isinstance(workspace.as_of, datetime):
        return workspace.as_of  # naive UTC already, where a caller's is local time
    return resolve_instant(as_of if as_of is not None else workspace.as_of, workspace.time_zone)


def resolve_instant(value: date | datetime | str | None, time_zone: str) -> datetime | None:
    """Return what a person wrote for an instant as naive UTC; a bare date is the close of that local day.

    Raises
    ------
    ValueOutOfRange
        If a text is neither a day nor a time.
    """
    from datetime import UTC
    from zoneinfo import ZoneInfo

    if isinstance(value, str):
        value = _parsed(value)
    if value is None:
        return None
    if not isinstance(value, datetime):
        return close_of_day(value, time_zone)
    zoned = value if value.tzinfo else value.replace(tzinfo=ZoneInfo(time_zone))
    return zoned.astimezone(UTC).replace(tzinfo=None)


def _parsed(text: str) -> date | datetime:
    try:
        return date.fromisoformat(text) if len(text) <= len("2018-10-15") else datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueOutOfRange(
            what="A day or time cannot be read.",
            got=repr(text),
            expected="a day such as 2018-10-15, or a time such as 2018-10-15T18:00",
            fix="write year-month-day",
        ) from error


def _extreme(facts: Facts, tables: Sequence[str], *, last: bool) -> datetime | None:
    found: list[datetime] = []
    for table in tables:
        if facts.is_empty(table):
            continue
        # Without pauses every row counts, whosever it is.
        if facts.is_empty("pauses"):
            value = extreme(facts.engine, facts.recorded_rows(table), facts.files[table], column="at", last=last)
        else:
            at = facts.all_rows(table)["at"]
            value = facts.engine.fetch(at.max() if last else at.min()).as_py()
        if value is not None:
            found.append(value)
    return (max(found) if last else min(found)) if found else None


def last_instant(facts: Facts) -> datetime:
    """Return the latest `at` among moments, opinions and orders."""
    return _extreme(facts, _LIVED, last=True) or _LONG_AGO


def first_instant(facts: Facts) -> datetime:
    """Return the earliest `at` among moments, opinions, orders and costs."""
    return _extreme(facts, (*_LIVED, "costs"), last=False) or _LONG_AGO
