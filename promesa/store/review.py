"""The quarantine before a person: list, show, mend. Personal values are masked; a record leaves the store only so."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from promesa.engine import Embedded, literal, name
from promesa.errors import UnknownName, did_you_mean
from promesa.store.currencies import NO_RATE
from promesa.store.deltas import relation, snapshot
from promesa.store.output import EXTRA
from promesa.store.places import places_of
from promesa.store.quarantine import COLUMNS, TABLE, rewrite
from promesa.store.report import SOURCE_TABLE
from promesa.store.rules import known_names
from promesa.store.schema import columns_of
from promesa.words import knows, say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from promesa.workspace import Workspace

# Names that a source's column of personal data carries in the languages we have met.
_PERSONAL_NAME = re.compile(
    r"nom|apell|name|mail|correo|tel|phone|m[oó]vil|celular|whats|docum|dni|nif|c[eé]dula|passport|pasaporte|"
    r"direc|address|street|calle|birth|nacim|customer|client|person|user|usuario|text|coment|comment|message|mensaje",
    re.IGNORECASE,
)
_PERSONAL_VALUE = re.compile(r"@|\d(?:[ .\-]?\d){6,}")
_DATE = re.compile(r"^\s*\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}\b")
MASK = "•••"
Place: TypeAlias = "tuple[datetime, str, str, str, int, str]"
"""Where an item stands in the list: recorded_at, table, load, file, row, id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineItem:
    """One row in the quarantine, its personal values masked.

    Attributes
    ----------
    id : str
        What `quarantine_show` and `quarantine_mend` take.
    table, load : str
        As in `LoadCount`: ``source`` and the source's name for a row that could not be read.
    rule, column, value : str
        The first rule it breaks, and where.
    row : int
        Of a source's file as a spreadsheet counts; of a load file's output, counted from 1.
    state : str
        ``open``, ``mended`` or ``closed``.
    faults : tuple of (rule, column, value)
        Every rule it breaks.
    record : mapping of str to str or None
        The whole row; empty in a listing.
    """

    id: str
    table: str
    load: str
    rule: str
    file: str
    row: int
    column: str | None
    value: str | None
    recorded_at: datetime
    state: str
    fix: str | None = None
    faults: tuple[tuple[str, str | None, str | None], ...] = ()
    record: Mapping[str, str | None] = field(default_factory=dict)

    def to_document(self) -> dict[str, object]:
        """Return the item as one JSON-ready document."""
        values = {name: getattr(self, name) for name in self.__slots__}
        values["recorded_at"] = self.recorded_at.isoformat()
        values["faults"] = [list(fault) for fault in self.faults]
        values["record"] = dict(self.record)
        return values

    @property
    def place(self) -> Place:
        """Return where the item stands in the list of all."""
        return (self.recorded_at, self.table, self.load, self.file, self.row, self.id)

    def explanation(self, locale: str = "en") -> str:
        """Return the rule that the row breaks, as a sentence."""
        return explain_rule(self.rule, self.column or "", locale)


def explain_rule(rule: str, column: str, locale: str) -> str:
    """Return a rule's code as a sentence."""
    for key in (rule, rule.split("-", maxsplit=1)[0]):
        if knows(f"store.rule.{key}", locale):
            return say(f"store.rule.{key}", locale, column=column)
    return rule


def quarantine_list(
    ws: Workspace,
    *,
    table: str | None = None,
    load: str | None = None,
    rule: str | None = None,
    state: str | None = None,
    limit: int | None = 100,
    after: Place | None = None,
) -> tuple[QuarantineItem, ...]:
    """Return the rows in the quarantine, the newest first.

    Parameters
    ----------
    table, load, rule : str or None
        Only those of one table, load file (or source), rule.
    state : str or None
        ``open``, ``mended`` or ``closed``; None means the first two.
    limit : int or None
        At most so many; None means all.
    after : Place or None
        Only what follows this place of the list (`QuarantineItem.place`), whatever was added or taken out since.
    """
    conditions = [f"state = {literal(state)}" if state else "state <> 'closed'"]
    wanted = {"table": table, "load": load, "rule": rule}
    conditions += [f"{name(column)} = {literal(value)}" for column, value in wanted.items() if value is not None]
    if after is not None:
        conditions.append(_follows(after))
    tail = f" ORDER BY recorded_at DESC, {name('table')}, load, file, {name('row')}, id"
    return _items(ws, " AND ".join(conditions) + tail + (f" LIMIT {limit:d}" if limit is not None else ""))


def _follows(place: Place) -> str:
    at, table, load, file, row, item = place
    same = f"({name('table')}, load, file, {name('row')}, id)"
    there = f"({literal(table)}, {literal(load)}, {literal(file)}, {row:d}, {literal(item)})"
    return f"(recorded_at < {literal(at)} OR (recorded_at = {literal(at)} AND {same} > {there}))"


def quarantine_counts(ws: Workspace) -> list[dict[str, object]]:
    """Return how many rows are in the quarantine: one dict (table, load, rule, state, items) a group."""
    columns = ("table", "load", "rule", "state")
    with Embedded() as engine:
        rows = engine.run(
            f"SELECT {', '.join(name(column) for column in columns)}, count(*) FROM ({_all(engine, ws)}) "
            "WHERE state <> 'closed' GROUP BY ALL ORDER BY ALL"
        )
    return [dict(zip((*columns, "items"), row, strict=True)) for row in rows]


def quarantine_show(ws: Workspace, item: str) -> QuarantineItem:
    """Return one row of the quarantine with its whole record.

    Raises
    ------
    UnknownName
        If no item has the id.
    """
    found = _items(ws, f"id = {literal(item)}", whole=True)
    if not found:
        raise UnknownName(item, kind="quarantine item", known=[])
    return found[0]


def quarantine_mend(ws: Workspace, item: str, changes: Mapping[str, str | None]) -> QuarantineItem:
    """Change values of a row in the quarantine; `quarantine_replay` then tries it again.

    Parameters
    ----------
    changes : mapping of str to str or None
        New text of each column to change; None for no value.

    Raises
    ------
    UnknownName
        If no item has the id, or a column is none of its record nor of its table.
    StoreBusy
        If a load is running.
    """
    from promesa.store.loading import session

    found = quarantine_show(ws, item)
    known = [*found.record, *_more_columns(ws, found.table)]
    for column in changes:
        if column not in known:
            raise UnknownName(column, kind="column", known=known)
    with session(ws, recorded_at=found.recorded_at, progress=None) as run:
        items = relation(run.engine, snapshot(run.places.table(TABLE)).files, COLUMNS)
        before = str(run.engine.value(f"SELECT record FROM ({items}) WHERE id = {literal(item)}"))
        record = json.dumps({**json.loads(before), **changes}, ensure_ascii=False)
        changed = f"{literal(record)} AS record, 'mended' AS state"
        rewrite(run, f"SELECT * REPLACE ({changed}) FROM ({items}) WHERE id = {literal(item)}")
    return quarantine_show(ws, item)


def _more_columns(ws: Workspace, table: str) -> list[str]:
    if table == SOURCE_TABLE:
        return []
    return [*(column.name for column in columns_of(table, ws.model) if column.name != "recorded_at"), *EXTRA]


def _all(engine: Embedded, ws: Workspace) -> str:
    return relation(engine, snapshot(places_of(ws).table(TABLE)).files, COLUMNS)


def _items(ws: Workspace, condition: str, *, whole: bool = False) -> tuple[QuarantineItem, ...]:
    names = ("id", "table", "load", "rule", "file", "row", "column", "value", "recorded_at", "state")
    columns = ", ".join(name(column) for column in (*names, "faults", "record"))
    with Embedded() as engine:
        rows = engine.run(f"SELECT {columns} FROM ({_all(engine, ws)}) WHERE {condition}")
    return tuple(_item(ws, dict(zip((*names, "faults", "record"), row, strict=True)), whole=whole) for row in rows)


def _item(ws: Workspace, row: dict[str, object], *, whole: bool) -> QuarantineItem:
    table = str(row["table"])
    faults = json.loads(str(row.pop("faults") or "[]"))
    record = json.loads(str(row.pop("record") or "{}"))
    shown = {column: masked(ws, table, column, value) for column, value in record.items()}
    column, value = row["column"], row["value"]
    fix = _fix(ws, table, str(row["rule"]), str(column or ""), str(value or ""))
    row["value"] = masked(ws, table, str(column or ""), None if value is None else str(value))
    return QuarantineItem(
        **row,  # type: ignore[arg-type]
        fix=fix,
        faults=tuple(
            (fault["rule"], fault["column"], masked(ws, table, fault["column"] or "", fault["value"]))
            for fault in faults
        ),
        record=shown if whole else {},
    )


def _fix(ws: Workspace, table: str, rule: str, column: str, value: str) -> str | None:
    """Return the nearest known name for an unknown one, the rate to declare, else None."""
    if rule == NO_RATE:
        currency, _, day = value.partition(" ")
        line = f'[rates.{currency}] "{day}" = ...'
        return f"declare {line} in promesa.toml (or the rate of an earlier day), then `promesa quarantine replay`"
    if not rule.startswith("unknown-") or table == SOURCE_TABLE:
        return None
    return did_you_mean(value, known_names(table, ws.model).get(column, ()), otherwise="") or None


def masked(ws: Workspace, table: str, column: str, value: str | None) -> str | None:
    """Return a value as it may be shown: whole, or with its first character only if it is personal.

    Of a fact table the schema says which columns are personal. A source says nothing, so a column whose
    name or whose value looks personal is taken to be.
    """
    if not value:
        return value
    if table == SOURCE_TABLE:
        date = bool(_DATE.match(value))
        personal = (
            bool(_PERSONAL_NAME.search(column)) or (bool(_PERSONAL_VALUE.search(value)) and not date) or not column
        )
    else:
        personal = _is_personal(ws, table, column)
    return f"{value[0]}{MASK}" if personal else value


def _is_personal(ws: Workspace, table: str, column: str) -> bool:
    declared: Sequence[str] = [each.name for each in columns_of(table, ws.model) if each.personal]
    return column in {*declared, "customer"}
