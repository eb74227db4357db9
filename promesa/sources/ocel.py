"""OCEL 2.0 logs as JSON: one row an event and object that took part in it, read as a stream."""

from __future__ import annotations

import json
from io import TextIOWrapper
from itertools import count
from typing import TYPE_CHECKING, cast

from promesa.errors import SourceUnreadable
from promesa.sources.encodings import unopened
from promesa.sources.event_logs import Event, EventLog, open_events
from promesa.sources.files import open_bytes, refuse_empty

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from promesa.sources.files import Found
    from promesa.sources.raw import Raw
    from promesa.sources.shapes import Kind
    from promesa.workspace import Source

_CHUNK = 1 << 20
_LONGEST = 64 << 20  # characters of one event or object
_BLANK = " \t\r\n"
_KINDS: dict[str, Kind] = {
    "string": "text",
    "time": "time",
    "date": "time",
    "integer": "whole",
    "float": "number",
    "boolean": "yes_no",
}
_serial = count()
Thing = dict[str, object]


def open_ocel(source: Source, found: Found, *, folder: Path) -> Raw:
    """Return an OCEL 2.0 log as the engine reads it.

    One row an event and object that took part in it: ``event_id``, ``activity``, ``timestamp``, ``object_id``,
    ``object_type``, ``qualifier``, and the event's attributes. An event without objects has one row. Attributes of
    objects and links between objects are left out. The type of every object is held in memory.

    Raises
    ------
    SourceUnreadable
        If it is not JSON, not whole, or holds no event.
    """
    refuse_empty(source, found)
    log = EventLog()
    copy = folder / f"{found.path.name}.{next(_serial)}.events.parquet"
    return open_events(source, found, _events(source, found, log), log, to=copy)


def _events(source: Source, found: Found, log: EventLog) -> Iterator[Event]:
    kinds: dict[tuple[str, str], Kind] = {}
    types: dict[str, str] = {}
    # Objects may stand after the events that name them: the file is read once for what things are, once for events.
    for key, thing in _things(source, found):
        name = str(thing.get("id") or thing.get("name"))
        if key == "objects":
            types[name] = str(thing.get("type"))
            if thing.get("attributes") or thing.get("relationships"):
                log.leave_out("log_objects")
        elif key == "eventTypes":
            for attribute in _listed(thing, "attributes"):
                kinds[name, str(attribute.get("name"))] = _KINDS.get(str(attribute.get("type")), "text")
    for key, thing in _things(source, found):
        if key == "events":
            yield from _rows(thing, types, kinds, log)


def _rows(event: Thing, types: dict[str, str], kinds: dict[tuple[str, str], Kind], log: EventLog) -> Iterator[Event]:
    activity = str(event.get("type"))
    for related in _listed(event, "relationships") or [{}]:
        row = Event()
        named = related.get("objectId")
        object_id = None if named is None else str(named)
        for column, value in (("event_id", event.get("id")), ("activity", activity)):
            row.put(column, _text(value), "text")
            log.note(column, "text")
        row.put("timestamp", _text(event.get("time")), "time")
        log.note("timestamp", "time")
        for column, value in (
            ("object_id", object_id),
            ("object_type", types.get(object_id) if object_id else None),
            ("qualifier", related.get("qualifier")),
        ):
            row.put(column, _text(value), "text")
            log.note(column, "text")
        for attribute in _listed(event, "attributes"):
            column = str(attribute.get("name"))
            kind = kinds.get((activity, column), "text")
            column = f"event_{column}" if column in row.cells else column
            row.put(column, _text(attribute.get("value")), kind)
            log.note(column, kind)
        yield row


def _listed(thing: Thing, key: str) -> list[Thing]:
    found = thing.get(key)
    return [cast("Thing", one) for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def _things(source: Source, found: Found) -> Iterator[tuple[str, Thing]]:
    """Yield the objects of the arrays of the outermost object, each with the key of its array."""

    def refuse(reason: str) -> SourceUnreadable:
        return unopened(source, found.shown, reason=f"no OCEL 2.0 as JSON: {reason}")

    try:
        with open_bytes(found) as stream:
            text = _Text(TextIOWrapper(stream, encoding="utf-8-sig"), refuse)
            text.expect("{")
            while text.peek() != "}":
                key = str(text.value())
                text.expect(":")
                if text.peek() != "[":
                    text.value()
                else:
                    yield from ((key, thing) for thing in _array(text))
                if text.peek() == ",":
                    text.expect(",")
    except SourceUnreadable:
        raise
    except (ValueError, EOFError, OSError) as error:
        raise refuse(f"not whole, or damaged ({type(error).__name__})") from error


def _array(text: _Text) -> Iterator[Thing]:
    text.expect("[")
    while text.peek() != "]":
        thing = text.value()
        if isinstance(thing, dict):
            yield cast("Thing", thing)
        if text.peek() == ",":
            text.expect(",")
    text.expect("]")


class _Text:
    """A stream of JSON of which one value at a time is held."""

    def __init__(self, stream: TextIOWrapper, refuse: Callable[[str], SourceUnreadable]) -> None:
        self.stream, self.refuse, self.held, self.place = stream, refuse, "", 0
        self.decoder = json.JSONDecoder()

    def more(self) -> bool:
        """Read on; tell whether there was anything."""
        chunk = self.stream.read(_CHUNK)
        self.held, self.place = self.held[self.place :] + chunk, 0
        return bool(chunk)

    def peek(self) -> str:
        """Return the next sign that is not blank."""
        while True:
            while self.place < len(self.held):
                if self.held[self.place] not in _BLANK:
                    return self.held[self.place]
                self.place += 1
            if not self.more():
                raise self.refuse("ends in the middle")

    def expect(self, sign: str) -> None:
        """Step over a sign."""
        if self.peek() != sign:
            raise self.refuse(f"no {sign} where one must stand")
        self.place += 1

    def value(self) -> object:
        """Return the next value, and step over it."""
        self.peek()
        while True:
            try:
                found, end = self.decoder.raw_decode(self.held, self.place)
            except ValueError:
                if len(self.held) - self.place > _LONGEST or not self.more():
                    raise
                continue
            # A number at the end of what is held may go on.
            if end == len(self.held) and self.more():
                continue
            self.place = end
            return found
