"""Forget one person: what is held is counted first; then it is erased, looked for again, and certified."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from promesa.customers.finding import find_in
from promesa.customers.person import AFTER_ALL, listed
from promesa.customers.withholding import withhold_small
from promesa.errors import InputError
from promesa.intake import take_arrivals
from promesa.store import (
    TABLES,
    count_mentions,
    erase,
    finish_erasure,
    holdings,
    inspect_store,
    ledger_files,
    open_gone,
    session,
    state_rows,
)
from promesa.words import number, say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime
    from pathlib import Path

    from promesa.store import Erased, Holding, Run
    from promesa.workspace import Workspace

    Progress = Callable[[str, float | None], None]

_PROPOSED = ("review", "held")


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """What is held on one person, or was until it was erased.

    Attributes
    ----------
    customers : tuple of int
        Surrogates of the person's records.
    tables : tuple of dict
        ``table``, ``rows`` (the person's), ``before`` (all rows of the table), for tables that hold any.
    not_included : tuple of int
        Records that a link proposed but not in force would join: they stay.
    sources : tuple of dict
        ``system``, ``source``, ``path``: what the company's own systems may still hold; promesa cannot erase there.
    notes : dict of str to int
        Figures of snapshots withheld, ledger files dropped, texts of others in which an e-mail or number of the
        person is blotted out and, once erased, files read and deleted.
    certificate : Path or None
        Of an erasure that was done; None of a dry run.
    """

    customers: tuple[int, ...]
    tables: tuple[dict[str, object], ...]
    not_included: tuple[int, ...] = ()
    sources: tuple[dict[str, str], ...] = ()
    notes: dict[str, int] = field(default_factory=dict)
    certificate: Path | None = None

    @property
    def dry_run(self) -> bool:
        """Tell whether nothing was erased."""
        return self.certificate is None

    @property
    def total(self) -> int:
        """Return the rows of the person over all tables."""
        return sum(int(str(entry["rows"])) for entry in self.tables)

    def rows(self) -> list[dict[str, object]]:
        """Return one flat dict a table."""
        return [dict(entry) for entry in self.tables]

    def summary(self, locale: str = "en") -> str:
        """Return the outcome in words."""
        key = "found" if self.dry_run else "forgotten"
        return say(
            f"customers.rights.{key}",
            locale,
            rows=number(self.total, locale),
            tables=number(len(self.tables), locale),
            records=number(len(self.customers), locale),
        )

    def to_document(self) -> dict[str, object]:
        """Return everything as one JSON-ready document."""
        return {
            "dry_run": self.dry_run,
            "customers": list(self.customers),
            "tables": self.rows(),
            "not_included": list(self.not_included),
            "sources": list(self.sources),
            "notes": self.notes,
            "certificate": str(self.certificate) if self.certificate else None,
            "summary": {locale: self.summary(locale) for locale in ("es", "en")},
        }


def forget(
    ws: Workspace,
    who: str | int,
    *,
    recorded_at: datetime,
    by: str = "",
    dry_run: bool = True,
    progress: Progress | None = None,
) -> Erasure:
    """Count what is held on a person; unless it is a dry run, erase it from every file of the workspace.

    The person is every record that links in force join, at whatever time. An erasure that was begun and killed is
    completed first.

    Parameters
    ----------
    ws : Workspace
        The company's folder, read.
    who : str or int
        As `find` takes it; it must mean one person.
    recorded_at : datetime
        Instant of the request; naive is UTC.
    by : str
        Who asked; stands in the certificate.
    dry_run : bool, default True
        Count and change nothing.
    progress : callable or None
        Called with a sentence at each step.

    Returns
    -------
    Erasure
        Rows by table; once erased, with the certificate.

    Raises
    ------
    InputError
        If `who` means nobody, or several persons.
    StoreBusy
        If a load is running, or another program keeps writing rows of the person.
    StoreError
        If something of the person is still found; there is no certificate, and the next run goes on.
    """
    with session(ws, recorded_at=recorded_at, progress=progress) as run:
        finished = None
        if not dry_run and (finished := finish_erasure(run, take_arrivals=take_arrivals)):
            withhold_small(ws)
        customers = _whole_person(run, _customers(ws, who, finished=finished))
        if not customers and finished:
            return _done(finished)
        found = _count(run, ws, customers)
        if dry_run:
            return found
        notes = {**found.notes, "figures_withheld": withhold_small(ws)}
        return _done(erase(run, customers, by=by, notes=notes, take_arrivals=take_arrivals), found)


def _customers(ws: Workspace, who: str | int, *, finished: Erased | None) -> list[int]:
    with inspect_store(ws) as look:
        try:
            found = find_in(look, str(who), instant=AFTER_ALL)
        except InputError:
            # Whom an erasure that has just been completed was for is nobody now.
            if finished:
                return []
            raise
    if len(found) > 1:
        raise InputError(
            what="More than one person is found by that.",
            got=f"the persons {', '.join(str(person) for person in found[:5])}",
            expected="one person",
            fix="look at each with `promesa customer NUMBER` and give the number",
        )
    return found


def _whole_person(run: Run, customers: Iterable[int]) -> tuple[int, ...]:
    """Return every customer whom links in force join to those given, at whatever time."""
    person: set[int] = set()
    grown = set(customers)
    undone = (
        f"SELECT low, high FROM (SELECT low, high, arg_max(verdict, (recorded_at, id)) AS verdict "
        f"FROM ({state_rows(run, 'decisions')}) GROUP BY 1, 2) WHERE verdict IN ('different', 'never')"
    )
    links = f"SELECT low, high FROM ({state_rows(run, 'links')}) WHERE state = 'linked' EXCEPT {undone}"
    persons = state_rows(run, "persons")
    while grown - person:
        person |= grown
        those = listed(person)
        found = run.engine.run(
            f"SELECT customer FROM ({persons}) WHERE person IN (SELECT person FROM ({persons}) "
            f"WHERE customer IN {those}) UNION SELECT unnest([low, high]) FROM ({links}) "
            f"WHERE low IN {those} OR high IN {those}"
        )
        grown = {int(str(row[0])) for row in found}
    return tuple(sorted(person))


def _count(run: Run, ws: Workspace, customers: Sequence[int]) -> Erasure:
    open_gone(run, customers)
    held = [entry for entry in holdings(run) if entry.rows]
    return Erasure(
        customers=tuple(customers),
        tables=tuple({"table": entry.table, "rows": entry.rows, "before": entry.before} for entry in held),
        not_included=_proposed(run, customers),
        sources=_sources(run, ws, held, customers),
        notes={
            "figures_withheld": withhold_small(ws, dry_run=True),
            "ledger_files": len(ledger_files(run)),
            "mentions": count_mentions(run),
        },
    )


def _proposed(run: Run, customers: Sequence[int]) -> tuple[int, ...]:
    those, proposed = listed(customers), ", ".join(f"'{state}'" for state in _PROPOSED)
    rows = run.engine.run(
        f"SELECT DISTINCT other FROM (SELECT unnest([low, high]) AS other FROM ({state_rows(run, 'links')}) "
        f"WHERE state IN ({proposed}) AND (low IN {those}) <> (high IN {those})) WHERE other NOT IN {those} ORDER BY 1"
    )
    return tuple(int(str(row[0])) for row in rows)


def _sources(run: Run, ws: Workspace, held: Iterable[Holding], customers: Sequence[int]) -> tuple[dict[str, str], ...]:
    """Return what the company's own systems may still hold: the sources of the loads that brought the person's rows."""
    from promesa.store import recorded_systems

    found: dict[tuple[str, str], dict[str, str]] = {}
    for table in (entry.table for entry in held if entry.table in TABLES):
        systems = recorded_systems(run, table, customers)
        for load in (load for load in ws.loads if load.table == table):
            # A SELECT may give a source of its own: its rows are not told by the load's name.
            if load.source in systems or not systems & {entry.source for entry in ws.loads if entry.table == table}:
                for source in load.reads:
                    declared = ws.sources[source]
                    path = declared.written or declared.path or source
                    found[load.source, source] = {"system": load.source, "source": source, "path": path}
    return tuple(found[key] for key in sorted(found))


def _done(erased: Erased, found: Erasure | None = None) -> Erasure:
    document: Any = erased.document
    tables = [
        {"table": entry["table"], "rows": entry["rows_removed"], "before": entry["rows_before"]}
        for entry in document["tables"]
        if entry["rows_removed"]
    ]
    counts = ("figures_withheld", "ledger_files", "mentions", "files_read", "files_deleted")
    return Erasure(
        customers=found.customers if found else (),
        tables=tuple(tables),
        not_included=found.not_included if found else (),
        sources=found.sources if found else (),
        notes={name: int(document[name]) for name in counts if name in document},
        certificate=erased.certificate,
    )
