"""CloudEvents 1.0 over HTTP: structured, batched and binary; the row that each becomes."""

from __future__ import annotations

import base64
from datetime import datetime  # noqa: TC003 (msgspec reads the annotations when it runs)
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from promesa.intake.judging import Fault, Row, compact_json, is_deep, micros, placed_in_time
from promesa.intake.problems import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promesa.intake.limits import Limits

STRUCTURED, BATCHED = "application/cloudevents+json", "application/cloudevents-batch+json"
EXPECTED = {"expected": f"{STRUCTURED}, {BATCHED}, or headers ce-id, ce-source, ce-type and ce-specversion"}
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=1_000)]


class CloudEvent(msgspec.Struct, gc=False):
    """The attributes that the specification names."""

    specversion: Annotated[str, msgspec.Meta(pattern="^1\\.0$")]
    id: Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
    source: Text
    type: Text
    subject: Text | None = None
    time: datetime | None = None


_KNOWN = {*CloudEvent.__struct_fields__, "datacontenttype", "dataschema", "data", "data_base64"}
_any = msgspec.json.Decoder()
_ERRORS = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError)


def mode_of(content_type: str, headers: Mapping[str, str]) -> str:
    """Return in which mode a request carries its events: ``structured``, ``batched`` or ``binary``.

    Raises
    ------
    Refused
        If it carries none.
    """
    if content_type == BATCHED:
        return "batched"
    if content_type == STRUCTURED:
        return "structured"
    if "ce-id" in headers:
        return "binary"
    raise Refused("wrong-type", EXPECTED)


def attributes_of(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the attributes that a binary event has in its headers, and the type of its data."""
    found = {name.removeprefix("ce-"): value for name, value in headers.items() if name.startswith("ce-")}
    return {**found, "datacontenttype": headers.get("content-type", "application/json")}


def rows_of(mode: str, body: bytes, *, headers: Mapping[str, str], received: int, limits: Limits) -> list[Row | Fault]:
    """Return a row or a fault for each event of a body.

    Raises
    ------
    Refused
        If the body as a whole cannot be read.
    """
    if mode == "binary":
        return [_row_of({**headers, **_data_of(body, headers)}, received, limits)]
    try:
        found: Any = _any.decode(body)
    except _ERRORS as error:
        raise Refused("bad-json") from error
    if not isinstance(found, list if mode == "batched" else dict):
        raise Refused("bad-shape", {"expected": "[{...}]" if mode == "batched" else "{...}"})
    events: list[Any] = found if isinstance(found, list) else [found]
    if len(events) > limits.rows:
        raise Refused("too-many-rows", {"most": limits.rows})
    return [_row_of(event, received, limits) for event in events]


def _data_of(body: bytes, headers: Mapping[str, str]) -> dict[str, Any]:
    if not body:
        return {}
    if "json" in headers.get("datacontenttype", ""):
        try:
            return {"data": _any.decode(body)}
        except _ERRORS as error:
            raise Refused("bad-json") from error
    try:
        return {"data": body.decode()}
    except UnicodeDecodeError:
        return {"data_base64": base64.b64encode(body).decode()}


def _row_of(found: Any, received: int, limits: Limits) -> Row | Fault:
    if not isinstance(found, dict):
        return Fault(rule="event-not-an-object", record={})
    record = _record_of(found)
    size = sum(len(value.encode()) for value in record.values() if value)
    if size > limits.event:
        return Fault(rule="event-too-large", record={**record, "data": None, "extensions": None})
    if any(is_deep((record[part] or "").encode(), limits.depth) for part in ("data", "extensions")):
        return Fault(rule="event-too-deep", record={**record, "data": None, "extensions": None})
    try:
        event = msgspec.convert(found, CloudEvent)
    except _ERRORS as error:
        return Fault(rule="event-time" if "$.time" in str(error) else "event-not-an-object", record=record)
    at, late = received, None
    if event.time is not None:
        at, late = placed_in_time(micros(event.time) or 0, received=received, ahead=limits.ahead)
    if late:
        return Fault(rule=late, record=record)
    cells = {
        "id": record["id"],
        "type": record["type"],
        "origin": record["origin"],
        "subject": record["subject"],
        "at": at,
        "received_at": received,
        "properties": record["data"],
        "context": record["extensions"],
    }
    return Row(cells)


def _record_of(found: dict[str, Any]) -> dict[str, Any]:
    """Return the columns of an event, every one as text; its id holds its source, since it is unique only within it."""
    origin, id_ = _said(found.get("source")), _said(found.get("id"))
    body = found.get("data", found.get("data_base64"))
    extensions = {name: value for name, value in found.items() if name not in _KNOWN}
    return {
        "id": f"{origin}/{id_}" if origin is not None and id_ is not None else None,
        "type": _said(found.get("type")),
        "origin": origin,
        "subject": _said(found.get("subject")),
        "happened_at": _said(found.get("time")),
        "data": compact_json(body),
        "extensions": compact_json(extensions or None),
    }


def _said(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else compact_json(value)
