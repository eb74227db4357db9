"""Segment's HTTP API: what a batch or a single call must be, and the row that each event becomes.

The same rules judge a request when it arrives and when the store takes it in. Parsed objects do not outlive the check:
the bytes are kept.
"""

from __future__ import annotations

import hashlib
from datetime import datetime  # noqa: TC003 (msgspec reads the annotations when it runs)
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from promesa.intake.judging import Fault, Row, compact_json, is_deep, micros, placed_in_time
from promesa.intake.problems import Refused

if TYPE_CHECKING:
    from promesa.intake.limits import Limits

CALLS = ("track", "identify", "page", "screen", "group", "alias")
NOTHING = msgspec.Raw(b"")
Text = Annotated[str, msgspec.Meta(max_length=1_000)]
Identity = Text | int
Body = msgspec.Raw


class Event(msgspec.Struct, rename="camel", gc=False):
    """What every call has; the bodies are left as they came."""

    message_id: Annotated[str, msgspec.Meta(max_length=256)] | None = None
    user_id: Identity | None = None
    anonymous_id: Identity | None = None
    timestamp: datetime | None = None
    original_timestamp: datetime | None = None
    sent_at: datetime | None = None
    properties: Body = NOTHING
    traits: Body = NOTHING
    context: Body = NOTHING


class Track(Event, tag_field="type", tag="track", gc=False):
    """Something a customer did."""

    event: Text = ""


class Identify(Event, tag_field="type", tag="identify", gc=False):
    """Who a customer is."""


class Page(Event, tag_field="type", tag="page", gc=False):
    """A page that was seen."""

    name: Text | None = None
    category: Text | None = None


class Screen(Event, tag_field="type", tag="screen", gc=False):
    """A screen of an app that was seen."""

    name: Text | None = None
    category: Text | None = None
    event: Text | None = None


class Group(Event, tag_field="type", tag="group", gc=False):
    """The account that a customer belongs to."""

    group_id: Identity | None = None


class Alias(Event, tag_field="type", tag="alias", gc=False):
    """Two identities of one customer."""

    previous_id: Identity | None = None


AnyEvent = Track | Identify | Page | Screen | Group | Alias


class _Batch(msgspec.Struct, rename="camel", gc=False):
    batch: list[AnyEvent]
    sent_at: datetime | None = None
    write_key: str | None = None


class _Raws(msgspec.Struct, rename="camel", gc=False):
    batch: list[msgspec.Raw]
    sent_at: datetime | None = None
    write_key: str | None = None


class _Single(msgspec.Struct, rename="camel", gc=False):
    sent_at: datetime | None = None
    write_key: str | None = None


_batch = msgspec.json.Decoder(_Batch)
_raws = msgspec.json.Decoder(_Raws)
_single = msgspec.json.Decoder(_Single)
_event: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)
_any = msgspec.json.Decoder()
_AROUND = 2  # levels of the batch around its events
_BATCH_SHAPE = {"expected": '{"batch": [...]}'}


def write_key_of(body: bytes) -> str | None:
    """Return the write key that stands in a body; None if there is none, or the body cannot be read."""
    try:
        return _single.decode(body).write_key
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError):
        return None


def check(call: str, body: bytes, *, received: int, limits: Limits) -> tuple[int, dict[str, int]]:
    """Return how many events a body holds, and how many of them are refused by what fault.

    Raises
    ------
    Refused
        If the body as a whole cannot be taken in; a single call, also if its event cannot.
    """
    sound = _all_sound(body, received=received, limits=limits) if call == "batch" else None
    if sound is not None:
        return sound, {}
    faults: dict[str, int] = {}
    count = 0
    for row in rows_of(call, body, received=received, limits=limits):
        count += 1
        if isinstance(row, Fault):
            if call != "batch":
                raise Refused("bad-event", {"fault": row.rule})
            faults[row.rule] = faults.get(row.rule, 0) + 1
    return count, faults


def _all_sound(body: bytes, *, received: int, limits: Limits) -> int | None:
    """Return the number of events of a batch in which nothing is at fault; None if it must be looked at closely."""
    try:
        batch = _batch.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError):
        return None
    if len(batch.batch) > limits.rows or is_deep(body, limits.depth + _AROUND):
        return None
    sized = len(body) > limits.event
    for event in batch.batch:
        if sized and len(event.properties) + len(event.traits) + len(event.context) > limits.event // 2:
            return None
        if _fault_of(event) is not None or _time_of(event, batch.sent_at, received, limits)[1] is not None:
            return None
    return len(batch.batch)


def rows_of(call: str, body: bytes, *, received: int, limits: Limits) -> list[Row | Fault]:
    """Return a row or a fault for each event of a body, in their order.

    Raises
    ------
    Refused
        If the body as a whole cannot be read.
    """
    try:
        if call != "batch":
            return [_row_of(_with_type(body, call), 0, None, received, limits)]
        batch = _raws.decode(body)
    except msgspec.ValidationError as error:
        raise Refused("bad-shape", _BATCH_SHAPE if call == "batch" else {"expected": "{...}"}) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise Refused("bad-json") from error
    if len(batch.batch) > limits.rows:
        raise Refused("too-many-rows", {"most": limits.rows})
    return [_row_of(bytes(raw), place, batch.sent_at, received, limits) for place, raw in enumerate(batch.batch)]


def _with_type(body: bytes, call: str) -> bytes:
    """Return a single call with its type in it: the address says it, and the body need not."""
    found = _any.decode(body)
    if not isinstance(found, dict):
        raise Refused("bad-shape", {"expected": "{...}"})
    found["type"] = call
    found.pop("writeKey", None)
    return msgspec.json.encode(found)


def _row_of(raw: bytes, place: int, sent_at: datetime | None, received: int, limits: Limits) -> Row | Fault:
    try:
        found: Any = _any.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError):
        return Fault(rule="event-unreadable", record={})
    if not isinstance(found, dict):
        return Fault(rule="event-not-an-object", record={})
    record = _record_of(found)
    if len(raw) > limits.event:
        return Fault(rule="event-too-large", record=_heads(record))
    if is_deep(raw, limits.depth):
        return Fault(rule="event-too-deep", record=_heads(record))
    try:
        event = _event.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, ValueError) as error:
        return Fault(rule=_rule_of(error, found), record=record)
    fault = _fault_of(event)
    at, late = _time_of(event, sent_at, received, limits)
    if fault or late:
        return Fault(rule=fault or late or "", record=record)
    row = {**_cells(record), "id": _id_of(event, raw, place, received), "at": at, "received_at": received}
    row["sent_at"] = micros(event.sent_at or sent_at)
    return Row(row)


def _rule_of(error: Exception, found: dict[str, Any]) -> str:
    if found.get("type") not in CALLS:
        return "event-type"
    return "event-time" if "RFC3339" in str(error) or "datetime" in str(error) else "event-not-an-object"


def _fault_of(event: AnyEvent) -> str | None:
    """Return the rule that an event breaks by what it says, or None."""
    if isinstance(event, Alias):
        return "event-without-previous" if event.previous_id is None or event.user_id is None else None
    if event.user_id is None and event.anonymous_id is None:
        return "event-without-user"
    if isinstance(event, Track) and not event.event:
        return "event-without-name"
    if isinstance(event, Group) and event.group_id is None:
        return "event-without-group"
    return None


def _time_of(event: AnyEvent, sent_at: datetime | None, received: int, limits: Limits) -> tuple[int, str | None]:
    """Return when an event happened by the clock of the service, in microseconds, and the rule that this breaks.

    As Segment does: the client's clock may be wrong, but the time it says passed between event and sending is not.
    """
    said, sent = event.original_timestamp or event.timestamp, event.sent_at or sent_at
    if said is None:
        return received, None
    at = micros(said)
    assert at is not None  # noqa: S101 (there is a time)
    if sent is not None:
        at = received - ((micros(sent) or 0) - at)
    return placed_in_time(at, received=received, ahead=limits.ahead)


def _id_of(event: AnyEvent, raw: bytes, place: int, received: int) -> str:
    """Return the client's id of an event; without one, a hash of what it says, which is the same when sent again."""
    if event.message_id:
        return event.message_id
    alone = b"" if event.timestamp or event.original_timestamp else f"{received}/{place}".encode()
    return hashlib.blake2b(raw + alone, digest_size=16).hexdigest()


_TEXTS = {
    "type": "type",
    "event": "event",
    "userId": "user_id",
    "anonymousId": "anonymous_id",
    "name": "name",
    "category": "category",
    "groupId": "group_id",
    "previousId": "previous_id",
}


def _record_of(found: dict[str, Any]) -> dict[str, Any]:
    """Return the columns of an event by what it says, every one as text, so that a person can mend it."""
    record: dict[str, Any] = {"id": _said(found.get("messageId"))}
    record.update({column: _said(found.get(key)) for key, column in _TEXTS.items()})
    record["happened_at"] = _said(found.get("originalTimestamp") or found.get("timestamp"))
    record.update({body: compact_json(found.get(body)) for body in ("properties", "traits", "context")})
    return record


def _cells(record: dict[str, Any]) -> dict[str, Any]:
    return {column: value for column, value in record.items() if column != "happened_at"}


def _heads(record: dict[str, Any]) -> dict[str, Any]:
    """Return a record without its bodies: what is too large is not kept."""
    return {column: value for column, value in record.items() if column not in ("properties", "traits", "context")}


def _said(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return compact_json(value)
