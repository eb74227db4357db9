"""What events of every protocol are judged by: depth, time, and the shape of what comes out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = 7_258_118_400_000_000  # the year 2200, in microseconds
_NO_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")
_AS_ONE_KIND = bytes.maketrans(b"[]", b"{}")
_TEXT = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_MICROSECOND = timedelta(microseconds=1)


class Row(NamedTuple):
    """One sound event: columns of the table of events; times in microseconds since 1970, UTC."""

    cells: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Fault:
    """One event that is refused: the rule it breaks, and its columns as text as far as they can be told."""

    rule: str
    record: dict[str, Any]


def is_deep(body: bytes, depth: int) -> bool:
    """Tell whether objects and lists lie more than `depth` levels within one another in a JSON text.

    Examples
    --------
    >>> is_deep(b'{"a": [{"b": "}"}, {"c": [2]}]}', 4), is_deep(b'{"a": [[[[1]]]]}', 4)
    (False, True)
    """
    # Brackets within texts are few: the texts are taken out only where they might tell.
    return _is_left(body, depth) and _is_left(_TEXT.sub(b"", body), depth)


def _is_left(body: bytes, depth: int) -> bool:
    """Tell whether brackets are left when the innermost pairs are taken away `depth` times."""
    left = body.translate(_AS_ONE_KIND, _NO_BRACKETS)
    for _ in range(depth):
        if not left:
            return False
        left = left.replace(b"{}", b"")
    return bool(left)


def micros(instant: datetime | None) -> int | None:
    """Return an instant as microseconds since 1970, UTC; a naive one is UTC."""
    if instant is None:
        return None
    aware = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
    return (aware - EPOCH) // _MICROSECOND


def placed_in_time(at: int, *, received: int, ahead: int) -> tuple[int, str | None]:
    """Return when an event happened, never after it arrived, and the rule that its time breaks, if any."""
    if at > received:
        return received, None if at - received <= ahead * 1_000_000 else "event-in-future"
    return at, None if 0 <= at < LATEST else "event-time"


def compact_json(value: Any) -> str | None:
    """Return a value as JSON in its shortest form, characters as they are; None for none."""
    import msgspec

    return None if value is None else msgspec.json.encode(value).decode()
