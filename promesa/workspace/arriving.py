"""Events that arrive over HTTP: the columns that a source of them has, by the protocol they come in."""

from __future__ import annotations

from typing import Literal, get_args

EventKind = Literal["text", "time"]
Protocol = Literal["segment", "cloudevents"]
PROTOCOLS: tuple[Protocol, ...] = get_args(Protocol)

_SEGMENT = (
    "id",
    "type",
    "event",
    "user_id",
    "anonymous_id",
    "happened_at",
    "sent_at",
    "received_at",
    "name",
    "category",
    "group_id",
    "previous_id",
    "properties",
    "traits",
    "context",
)
_CLOUDEVENTS = ("id", "type", "origin", "subject", "happened_at", "received_at", "data", "extensions")
_TIMES = ("happened_at", "sent_at", "received_at")

# Columns of a source of events, in their order. `properties`, `traits`, `context`, `data` and `extensions` are JSON
# texts; times are instants. (`at` alone is a word of
# SQL, which a load file would have to quote.)
EVENT_COLUMNS: dict[str, tuple[tuple[str, EventKind], ...]] = {
    protocol: tuple((column, "time" if column in _TIMES else "text") for column in columns)
    for protocol, columns in zip(PROTOCOLS, (_SEGMENT, _CLOUDEVENTS), strict=True)
}
