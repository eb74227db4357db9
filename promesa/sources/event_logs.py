"""Events of a log, whatever its format, kept as text for the engine to type; those that cannot be read, set aside."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from promesa.engine import literal, name
from promesa.errors import SourceUnreadable
from promesa.sources.dialect import column_names
from promesa.sources.raw import BROKEN, ORDINAL, Raw
from promesa.sources.shapes import SourceColumn, SourceWarning
from promesa.sources.textual import write_rows

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from pathlib import Path

    from promesa.sources.files import Found
    from promesa.sources.shapes import Kind
    from promesa.workspace import Source

LONGEST = 100_000  # characters of a value; none that a person wrote is longer
CUT = 200  # characters kept of a longer one
MOST_COLUMNS = 1_000
FIRST = (
    "case_id",
    "event_id",
    "event",
    "activity",
    "timestamp",
    "object_id",
    "object_type",
    "qualifier",
    "resource",
    "lifecycle",
)
WHY = "__why"  # key of the record of an event that was set aside
_CELLS = "__cells"
Cells = dict[str, str | None]


@dataclass(slots=True)
class EventLog:
    """What was seen of a log while its events were read.

    Attributes
    ----------
    kinds : dict of str to set of Kind
        By column, what the file says that its values are.
    left_out : dict of str to int
        What was seen and not read, by the code of its warning.
    """

    kinds: dict[str, set[Kind]] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)

    def leave_out(self, code: str) -> None:
        """Count one thing more that is not read."""
        self.left_out[code] = self.left_out.get(code, 0) + 1

    def note(self, column: str, kind: Kind) -> None:
        """Note what the file says of a value."""
        self.kinds.setdefault(column, set()).add(kind)


@dataclass(slots=True)
class Event:
    """One event: its cells, and why it cannot be read if it cannot."""

    cells: Cells = field(default_factory=dict)
    why: list[str] = field(default_factory=list)

    def put(self, column: str, value: str | None, kind: Kind) -> None:
        """Keep a value; one that is too long or no time sets the event aside."""
        if value is not None and len(value) > LONGEST:
            self.why.append(f"{column} has {len(value)} characters, more than {LONGEST}; it is cut here: shorten it")
            value = value[:CUT] + "…"
        elif value is not None and kind == "time":
            instant = as_instant(value)
            if instant is None:
                self.why.append(f"{column} is no time; write it like 2026-03-09T08:30:00+01:00")
            value = instant or value
        self.cells[column] = value.replace("\0", "") if value else None


def as_instant(text: str) -> str | None:
    """Return a time as UTC where it says its distance from it, else as the local time that it is; None for no time.

    Examples
    --------
    >>> as_instant("2026-03-09T08:30:00.5+01:00"), as_instant("2026-03-09"), as_instant("yesterday")
    ('2026-03-09 07:30:00.500000+00:00', '2026-03-09 00:00:00', None)
    """
    try:
        found = datetime.fromisoformat(text.strip())
        return (found.astimezone(UTC) if found.tzinfo else found).isoformat(sep=" ")
    except (ValueError, OverflowError):
        return None


def open_events(
    source: Source, found: Found, events: Iterable[Event], log: EventLog, *, always: Iterable[str] = (), to: Path
) -> Raw:
    """Return a log as the engine reads it, from a copy of its events as text; it has the columns `always` in any case.

    Raises
    ------
    SourceUnreadable
        If it holds no event, or events with more kinds of attributes than a table has columns.
    """
    names: dict[str, None] = {}
    write_rows(_rows(events, names, source, found), (_CELLS, BROKEN), to=to)
    for column in always:
        log.note(column, "text")
    if not names:
        raise SourceUnreadable(
            what=f"The log {found.shown} of source {source.name!r} holds no event.",
            got="no event",
            expected="events with an activity and a time",
            fix="export the log again, with its events",
        )
    keys = sorted({**dict.fromkeys(always), **names}, key=lambda key: FIRST.index(key) if key in FIRST else len(FIRST))
    columns, told = column_names(keys, header=True, source=replace(source, columns=()), shown=found.shown)
    of = dict(zip(columns, keys, strict=True))
    cells = [f"json_extract_string({name(_CELLS)}, {literal(_pointer(key))}) AS {name(c)}" for c, key in of.items()]
    relation = f"(SELECT {', '.join(cells)}, {name(ORDINAL)}, {name(BROKEN)} FROM read_parquet({literal(to)}))"
    values = {"source": source.name, "file": found.shown}
    told += [SourceWarning(code=code, values={**values, "n": str(n)}) for code, n in sorted(log.left_out.items())]
    # Times are written alike above, so that they are found; a hint would not say how they are written.
    sure: dict[str, Kind] = {c: next(iter(log.kinds[key])) for c, key in of.items() if len(log.kinds.get(key, ())) == 1}
    times = frozenset(c for c, key in of.items() if log.kinds.get(key) == {"time"})
    return Raw(
        shown=found.shown,
        fingerprint=found.fingerprint,
        relation=relation,
        columns=columns,
        hinted={c: SourceColumn(name=c, kind=kind, how="file") for c, kind in sure.items() if kind != "time"},
        numbered=True,
        breaks="log-event",
        warnings=tuple(told),
        split=partial(_split, of=of, times=times),
    )


def _rows(
    events: Iterable[Event], names: dict[str, None], source: Source, found: Found
) -> Iterator[tuple[int, tuple[str | None, str | None]]]:
    for number, event in enumerate(events):
        if not names.keys() >= event.cells.keys():
            names |= dict.fromkeys(event.cells)
            if len(names) > MOST_COLUMNS:
                raise _too_wide(source, found)
        if event.why:
            record = {WHY: f"event {number + 1}: {'; '.join(event.why)}", **event.cells}
            yield number, (None, json.dumps(record, ensure_ascii=False))
        else:
            yield number, (json.dumps(event.cells, ensure_ascii=False), None)


def _split(text: str, *, of: Mapping[str, str], times: Collection[str]) -> Cells | None:
    """Return the cells of a record that a person has mended, its times written as those of the other events."""
    try:
        cells = json.loads(text)
    except ValueError:
        return None
    if not isinstance(cells, dict):
        return None
    found = {column: cells.get(key) for column, key in of.items()}
    return {c: as_instant(text) or text if text and c in times else text for c, text in found.items()}


def _pointer(column: str) -> str:
    # A pointer, because a path would read `$` and `.` in a key as its own signs.
    return "/" + column.replace("~", "~0").replace("/", "~1")


def _too_wide(source: Source, found: Found) -> SourceUnreadable:
    return SourceUnreadable(
        what=f"The events of {found.shown}, source {source.name!r}, have too many different attributes.",
        got=f"more than {MOST_COLUMNS}",
        expected="attributes that say the same of every event",
        fix="leave out of the export the attributes whose names hold values",
    )
