"""XES logs: traces of events, read as a stream; a document type, which may hold traps, is refused."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING
from xml.parsers import expat

from promesa.errors import SourceUnreadable
from promesa.sources.encodings import unopened
from promesa.sources.event_logs import Event, EventLog, open_events
from promesa.sources.files import open_bytes, refuse_empty

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from promesa.sources.files import Found
    from promesa.sources.raw import Raw
    from promesa.sources.shapes import Kind
    from promesa.workspace import Source

KINDS: dict[str, Kind] = {
    "string": "text",
    "id": "text",
    "date": "time",
    "int": "whole",
    "float": "number",
    "boolean": "yes_no",
}
LISTS = ("list", "container")
OF_EVENT = {
    "concept:name": "activity",
    "time:timestamp": "timestamp",
    "org:resource": "resource",
    "lifecycle:transition": "lifecycle",
}
OF_TRACE = {"concept:name": "case_id"}
ALWAYS = ("case_id", "activity", "resource", "lifecycle")
DEEPEST = 100
_CHUNK = 1 << 18
_NO_NUMBER = {"nan": None, "inf": None, "-inf": None, "+inf": None, "infinity": None, "-infinity": None}
_serial = count()


def open_xes(source: Source, found: Found, *, folder: Path) -> Raw:
    """Return an XES log as the engine reads it: one row an event, attributes as columns.

    Attributes of the trace are columns that begin with ``case_``; ``case_id`` is its name. ``event`` is the place of an
    event in its trace. Nested attributes, classifiers and those of the log itself are left out.

    Raises
    ------
    SourceUnreadable
        If it is not XML, not whole, has a document type, or holds no event.
    """
    refuse_empty(source, found)
    log = EventLog()
    copy = folder / f"{found.path.name}.{next(_serial)}.events.parquet"
    return open_events(source, found, read_events(source, found, log), log, always=ALWAYS, to=copy)


def read_events(source: Source, found: Found, log: EventLog) -> Iterator[Event]:
    """Yield the events of an XES log, one after another; what is not read is counted in `log`."""
    reader = _Reader(source, found, log)
    try:
        with open_bytes(found) as stream:
            while chunk := stream.read(_CHUNK):
                reader.parser.Parse(chunk, False)  # noqa: FBT003 (expat takes no names)
                yield from reader.take()
        reader.parser.Parse(b"", True)  # noqa: FBT003
        yield from reader.take()
    except expat.ExpatError as error:
        reason = f"no XML, or not whole: line {error.lineno}, {expat.ErrorString(error.code)}"
        raise unopened(source, found.shown, reason=reason) from error
    except (OSError, EOFError) as error:
        raise unopened(source, found.shown, reason=f"not whole ({type(error).__name__})") from error


class _Reader:
    """What the parser tells, element by element: where it is, the trace, and the event being read."""

    def __init__(self, source: Source, found: Found, log: EventLog) -> None:
        self.source, self.found, self.log = source, found, log
        self.path: list[str] = []
        self.trace: dict[str, tuple[str | None, Kind]] = {}
        self.event: Event | None = None
        self.number = 0
        self.ready: list[Event] = []
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.StartDoctypeDeclHandler = self.refuse

    def take(self) -> list[Event]:
        """Return the events that have been read, and forget them."""
        ready, self.ready = self.ready, []
        return ready

    def refuse(self, *_: object) -> None:
        """Refuse a document type: its entities can fill the memory or read other files."""
        raise SourceUnreadable(
            what=f"The log {self.found.shown} of source {self.source.name!r} declares a document type.",
            got="<!DOCTYPE ...>",
            expected="XES, which has none",
            fix="take the line out, or export the log again",
        )

    def start(self, element: str, attributes: dict[str, str]) -> None:
        tag = element.rpartition(":")[2]
        within = self.path[-1] if self.path else ""
        self.path.append(tag)
        if len(self.path) > DEEPEST:
            raise unopened(self.source, self.found.shown, reason=f"elements nested more than {DEEPEST} deep")
        if tag == "trace":
            self.trace, self.number = {}, 0
        elif tag == "event":
            self.number += 1
            self.event = Event()
            for column, (value, kind) in self.trace.items():
                self.event.put(column, value, kind)
            self.event.put("event", str(self.number), "whole")
            self.log.note("event", "whole")
        elif within in ("trace", "event"):
            self.attribute(tag, within, attributes)
        elif tag == "classifier":
            self.log.leave_out("log_classifier")
        elif within in KINDS or within == "values":
            self.log.leave_out("log_nested")

    def attribute(self, tag: str, within: str, attributes: dict[str, str]) -> None:
        """Keep an attribute of a trace or an event."""
        key, value = attributes.get("key"), attributes.get("value")
        if tag in LISTS or not key:
            self.log.leave_out("log_nested")
            return
        if tag not in KINDS:
            self.log.leave_out("log_unknown_type")
        kind = KINDS.get(tag, "text")
        if value is not None and kind in ("number", "whole"):
            value = _NO_NUMBER.get(value.strip().lower(), value)
        if within == "trace":
            column = OF_TRACE.get(key, f"case_{key}")
            self.trace[column] = value, kind
        else:
            column = OF_EVENT.get(key, key)
            if self.event is not None:
                self.event.put(column, value, kind)
        self.log.note(column, kind)

    def end(self, element: str) -> None:
        self.path.pop()
        tag = element.rpartition(":")[2]
        if tag == "event" and self.event is not None:
            if not self.event.cells.get("case_id"):
                self.log.leave_out("log_no_case")
            self.ready.append(self.event)
            self.event = None
        elif tag == "trace":
            self.trace, self.number = {}, 0
