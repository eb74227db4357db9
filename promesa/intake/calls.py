"""The shapes of Segment's calls, as far as they are checked; the bodies are left as they came."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 (msgspec reads the annotations when it runs)
from typing import Annotated

import msgspec

CALLS = ("track", "identify", "page", "screen", "group", "alias")
NOTHING = msgspec.Raw(b"")
Text = Annotated[str, msgspec.Meta(max_length=1_000)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=1_000)]
Identity = Name | int
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


class Track(Event, tag_field="type", tag="track", gc=False, kw_only=True):
    """Something a customer did."""

    event: Name


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


class Group(Event, tag_field="type", tag="group", gc=False, kw_only=True):
    """The account that a customer belongs to."""

    group_id: Identity


class Alias(Event, tag_field="type", tag="alias", gc=False, kw_only=True):
    """Two identities of one customer."""

    previous_id: Identity


AnyEvent = Track | Identify | Page | Screen | Group | Alias


class Batch(msgspec.Struct, rename="camel", gc=False):
    """A body of `/v1/batch`, its events judged with it."""

    batch: list[AnyEvent]
    sent_at: datetime | None = None
    write_key: str | None = None


class Raws(msgspec.Struct, rename="camel", gc=False):
    """The same body, its events left as they came."""

    batch: list[msgspec.Raw]
    sent_at: datetime | None = None
    write_key: str | None = None


class Single(msgspec.Struct, rename="camel", gc=False):
    """What is of interest in any body beside its events."""

    sent_at: datetime | None = None
    write_key: str | None = None
