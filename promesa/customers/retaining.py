"""Retention: rows older than the company keeps them are counted, and on request removed for good."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from promesa.engine import literal, name
from promesa.errors import NothingLoaded, ValueOutOfRange
from promesa.store import (
    NO_TEXT,
    QUARANTINE,
    TEXTS,
    apply_cutoffs,
    certified,
    close_items,
    purge,
    session,
    table_rows,
    take_out,
)
from promesa.words import number, say

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from promesa.store import Run
    from promesa.workspace import Workspace

    Progress = Callable[[str, float | None], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Aged:
    """One class of data and what of it is older than the company keeps it.

    Attributes
    ----------
    entry : str
        A fact table, ``texts`` (what people wrote in opinions) or ``quarantine``.
    days : int
        How long it is kept.
    before : datetime
        Rows from before this instant (naive UTC) are older.
    older, kept : int
        Rows, or texts, or items, replaced rows included.
    oldest, newest : datetime or None
        Of those kept; None where none are.
    """

    entry: str
    days: int
    before: datetime
    older: int
    kept: int
    oldest: datetime | None
    newest: datetime | None

    def row(self) -> dict[str, object]:
        """Return the flat row."""
        return {
            "class": self.entry,
            "days": self.days,
            "before": self.before.isoformat(),
            "older": self.older,
            "kept": self.kept,
            "oldest_kept": self.oldest.isoformat() if self.oldest else None,
            "newest_kept": self.newest.isoformat() if self.newest else None,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """What is older than the company keeps it, or was until it was removed.

    Attributes
    ----------
    classes : tuple of Aged
        One a class that `[retention]` limits.
    certificate : Path or None
        Of a removal that was done; None of a dry run.
    """

    classes: tuple[Aged, ...]
    certificate: Path | None = None

    def rows(self) -> list[dict[str, object]]:
        """Return one flat dict a class."""
        return [entry.row() for entry in self.classes]

    def summary(self, locale: str = "en") -> str:
        """Return the outcome in words."""
        older = number(sum(entry.older for entry in self.classes), locale)
        key = "aged" if self.certificate is None else "removed"
        return say(f"customers.rights.{key}", locale, rows=older, classes=number(len(self.classes), locale))

    def to_document(self) -> dict[str, object]:
        """Return everything as one JSON-ready document."""
        return {
            "dry_run": self.certificate is None,
            "classes": self.rows(),
            "certificate": str(self.certificate) if self.certificate else None,
            "summary": {locale: self.summary(locale) for locale in ("es", "en")},
        }


def retain(
    ws: Workspace, *, recorded_at: datetime, dry_run: bool = True, by: str = "", progress: Progress | None = None
) -> Retention:
    """Count the rows that are older than the company keeps them; unless it is a dry run, remove them for good.

    Loads then leave out what lies before the same days, and count it as expired. What people wrote is emptied and the
    opinion stays; an item of the quarantine is emptied and closed.

    Parameters
    ----------
    recorded_at : datetime
        Instant from which the days are counted back; naive is UTC.
    by : str
        Who asked; stands in the certificate.

    Raises
    ------
    NothingLoaded
        If `[retention]` of promesa.toml limits no class.
    ValueOutOfRange
        If nothing would be left of a class of facts; nothing is removed.
    StoreBusy
        If a load is running, or another program keeps writing.
    """
    if not ws.retention:
        raise NothingLoaded(
            what="The workspace keeps everything for good.",
            got="no [retention] in promesa.toml",
            expected="days by class of data",
            fix="write [retention] and, under it, such as moments = 1825",
        )
    with session(ws, recorded_at=recorded_at, progress=progress) as run:
        found = tuple(_aged(run, entry, days) for entry, days in ws.retention.items())
        if dry_run:
            return Retention(classes=found)
        _refuse_everything(found)
        # First of all, so that no load brings back what a killed run has begun to remove.
        apply_cutoffs(run.places, {entry.entry: entry.before for entry in found})
        run.tell("erasing")
        for entry in found:
            _remove(run, entry)
        tables = [table for entry in found for table in _tables(entry.entry)]
        deleted = purge(run, [table for table in dict.fromkeys(tables) if table_rows(run, table)])
        document = [
            {"table": entry.entry, "rows_before": entry.older + entry.kept, "rows_removed": entry.older}
            for entry in found
        ]
        done = certified(
            run,
            kind="retain",
            identity=run.name[:12],
            by=by,
            asked_at=run.recorded_at.isoformat(),
            tables=document,
            notes={"files_deleted": deleted},
        )
        return Retention(classes=found, certificate=done.certificate)


def _tables(entry: str) -> tuple[str, ...]:
    table = "opinions" if entry == TEXTS else entry
    return (table,) if entry == QUARANTINE else (table, f"{table}_history")


def _conditions(entry: str, before: datetime) -> tuple[str, str, str]:
    """Return the column of time, what counts as a row of the class, and what makes it older."""
    at = name("recorded_at") if entry == QUARANTINE else name("at")
    counted = {TEXTS: f"coalesce(text, {literal(NO_TEXT)}) <> {literal(NO_TEXT)}", QUARANTINE: "record IS NOT NULL"}
    return at, counted.get(entry, "true"), f"{at} < {literal(before)}"


def _aged(run: Run, entry: str, days: int) -> Aged:
    before = run.recorded_at - timedelta(days=days)
    at, counted, older = _conditions(entry, before)
    # Named, so that a table which lacks the columns (there is none yet) is told apart from an empty one.
    selects = [rows for table in _tables(entry) if (rows := table_rows(run, table))]
    parts = [f"SELECT {at} AS at, {older} AS older FROM ({rows}) WHERE {counted}" for rows in selects] or [
        "SELECT CAST(NULL AS TIMESTAMP) AS at, false AS older WHERE false"
    ]
    row = run.engine.run(
        'SELECT count(*) FILTER (WHERE older), count(*) FILTER (WHERE NOT older), min("at") FILTER (WHERE NOT older), '
        f'max("at") FILTER (WHERE NOT older) FROM ({" UNION ALL ".join(parts)})'
    )[0]
    oldest, newest = (value if isinstance(value, datetime) else None for value in row[2:])
    return Aged(
        entry=entry,
        days=days,
        before=before,
        older=int(str(row[0])),
        kept=int(str(row[1])),
        oldest=oldest,
        newest=newest,
    )


def _refuse_everything(found: Sequence[Aged]) -> None:
    emptied = [entry for entry in found if entry.older and not entry.kept and entry.entry != QUARANTINE]
    if emptied:
        raise ValueOutOfRange(
            what="Nothing would be left of " + ", ".join(entry.entry for entry in emptied) + ".",
            got="; ".join(f"{entry.entry} = {entry.days} days, {entry.older} rows, all older" for entry in emptied),
            expected="days that leave at least one row",
            fix="raise the days in [retention] of promesa.toml; nothing was removed",
        )


def _remove(run: Run, entry: Aged) -> None:
    _, counted, older = _conditions(entry.entry, entry.before)
    gone = f"({counted}) AND {older}"
    if entry.entry == QUARANTINE:
        close_items(run, gone)
        return
    instead = {"text": literal(NO_TEXT)} if entry.entry == TEXTS else None
    for table in _tables(entry.entry):
        if table_rows(run, table):
            take_out(run, table, gone=gone, instead=instead)
