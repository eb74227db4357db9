"""How much a request may be; the figures for events are those of Segment's HTTP API."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of one request.

    Attributes
    ----------
    body : int
        Bytes of a body, unzipped.
    event : int
        Bytes of one event or fact.
    rows : int
        Events or facts in one request.
    depth : int
        Levels of objects and lists within one another.
    ahead : int
        Seconds that an event may lie ahead of the moment it arrived; it is then taken to have happened on arrival.
    """

    body: int = 500 * 1024
    event: int = 32 * 1024
    rows: int = 5_000
    depth: int = 16
    ahead: int = 300
