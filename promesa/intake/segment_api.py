"""Segment's HTTP API: what a batch or a single call must be, and the row that each event becomes.

The same rules judge a request when it arrives and when the store takes it in. Parsed objects do not outlive the check:
the bytes are kept.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from promesa.intake.calls import (
    CALLS,
    Alias,
    AnyEvent,
    Batch,
    Event,
    Group,
    Identify,
    Page,
    Raws,
    Screen,
    Single,
    Track,
)
from promesa.intake.judging import EPOCH, Fault, Row, compact_json, is_deep, micros, placed_in_time
from promesa.intake.problems import Refused

if TYPE_CHECKING:
    from datetime import datetime

    from promesa.intake.limits import Limits

_batch = msgspec.json.Decoder(Batch)
_raws = msgspec.json.Decoder(Raws)
_single = msgspec.json.Decoder(Single)
_event: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)
_any = msgspec.json.Decoder()
_LONG_AGO = timedelta(days=50 * 365)
_OWN: dict[type[Event], tuple[str, ...]] = {
    Track: ("event",),
    Identify: (),
    Page: ("name", "category"),
    Screen: ("name", "category", "event"),
    Group: ("group_id",),
    Alias: ("previous_id",),
}
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
    if call == "batch" and (sound := _sound_batch(body, received=received, limits=limits)) is not None:
        return len(sound.batch), {}
    faults: dict[str, int] = {}
    count = 0
    for row in rows_of(call, body, received=received, limits=limits):
        count += 1
        if isinstance(row, Fault):
            if call != "batch":
                raise Refused("bad-event", {"fault": row.rule})
            faults[row.rule] = faults.get(row.rule, 0) + 1
    return count, faults


def _sound_batch(body: bytes, *, received: int, limits: Limits) -> Batch | None:
    """Return a batch in which nothing is at fault; None if it must be looked at event by event.

    This is the way of nearly every request, so that it does as little as it can.
    """
    try:
        batch = _batch.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError):
        return None
    if len(batch.batch) > limits.rows or is_deep(body, limits.depth + _AROUND):
        return None
    said_by = batch.sent_at or EPOCH + timedelta(microseconds=received)
    largest = limits.event // 2 if len(body) > limits.event else None
    try:
        earliest, latest = said_by - _LONG_AGO, said_by + timedelta(seconds=limits.ahead)
        for event in batch.batch:
            if event.user_id is None and (event.anonymous_id is None or type(event) is Alias):
                return None
            said = event.original_timestamp or event.timestamp
            if said is not None and (event.sent_at is not None or not earliest <= said <= latest):
                return None
            if largest and len(event.properties) + len(event.traits) + len(event.context) > largest:
                return None
    except (TypeError, OverflowError):  # a time without an offset is not compared with one that has it
        return None
    return batch


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
        sound = _sound_batch(body, received=received, limits=limits)
        if sound is not None and all(event.message_id for event in sound.batch):
            sent = micros(sound.sent_at)
            return [Row(_cells_of(event, sent, received)) for event in sound.batch]
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
    at, fault = _time_of(event, sent_at, received, limits)
    if event.user_id is None and (event.anonymous_id is None or isinstance(event, Alias)):
        fault = "event-without-previous" if isinstance(event, Alias) else "event-without-user"
    if fault is not None:
        return Fault(rule=fault, record=record)
    row = {**_cells(record), "id": _id_of(event, raw, place, received), "at": at, "received_at": received}
    row["sent_at"] = micros(event.sent_at or sent_at)
    return Row(row)


def _cells_of(event: AnyEvent, sent: int | None, received: int) -> dict[str, Any]:
    """Return the row of a sound event of a batch, its bodies as they came."""
    said = event.original_timestamp or event.timestamp
    at = received if said is None else min(_since(said) + (0 if sent is None else received - sent), received)
    cells: dict[str, Any] = {
        "id": event.message_id,
        "type": event.__struct_config__.tag,
        "at": at,
        "sent_at": sent if event.sent_at is None else _since(event.sent_at),
        "received_at": received,
        "user_id": _as_text(event.user_id),
        "anonymous_id": _as_text(event.anonymous_id),
        "properties": bytes(event.properties).decode() or None,
        "traits": bytes(event.traits).decode() or None,
        "context": bytes(event.context).decode() or None,
    }
    for name in _OWN[type(event)]:
        cells[name] = _as_text(getattr(event, name))
    return cells


def _as_text(value: str | int | None) -> str | None:
    return str(value) if isinstance(value, int) else value


def _since(instant: datetime) -> int:
    return micros(instant) or 0


def _rule_of(error: Exception, found: dict[str, Any]) -> str:
    kind = found.get("type")
    if kind not in CALLS:
        return "event-type"
    if kind == "track" and not found.get("event"):
        return "event-without-name"
    if kind == "group" and not found.get("groupId"):
        return "event-without-group"
    if kind == "alias" and not (found.get("previousId") and found.get("userId")):
        return "event-without-previous"
    return "event-time" if "RFC3339" in str(error) or "datetime" in str(error) else "event-not-an-object"


def _time_of(event: AnyEvent, sent_at: datetime | None, received: int, limits: Limits) -> tuple[int, str | None]:
    """Return when an event happened by the clock of the service, in microseconds, and the rule that this breaks.

    As Segment does: the client's clock may be wrong, but the time it says passed between event and sending is not.
    """
    said, sent = event.original_timestamp or event.timestamp, event.sent_at or sent_at
    if said is None:
        return received, None
    at = _since(said) if sent is None else received - (_since(sent) - _since(said))
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
