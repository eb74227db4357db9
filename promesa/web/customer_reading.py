"""What the pages of customers read: one person, verified by the number in the address, as tables of words."""

from __future__ import annotations

import io
import tempfile
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from litestar.exceptions import NotFoundException

from promesa import customers
from promesa.store import inspect_store

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from promesa.customers import CustomerView, Event, Telling
    from promesa.workspace import Workspace

EVENTS = 100
"""Events on a page."""
KINDS = ("moments", "opinions", "orders", "costs")
LIVED = ("moments", "opinions", "orders")
"""The events that a customer was there for; what one cost to serve is the company's affair."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A table of a page: headings, rows of words, and where a reader can act what a row is about."""

    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    about: Sequence[Any] = ()


def known_number(ws: Workspace, number: int) -> int:
    """Return the person whom a number in an address means; only numbers that promesa gave count.

    Raises
    ------
    NotFoundException
        If no record has it.
    """
    if not 0 <= number < 2**63:
        raise NotFoundException
    with inspect_store(ws) as look:
        if look.is_empty("identities") or customers.record_named(look, str(number)) != number:
            raise NotFoundException
        return customers.person_at(look, number, customers.instant_of(ws, None)).number


def seen(
    ws: Workspace, person: int, page: int, *, kinds: Sequence[str] = KINDS
) -> tuple[CustomerView, list[Event], int]:
    """Return a person, the events of one page, newest first, and how many pages there are."""
    found = customers.view(ws, person, newest=EVENTS * page, kinds=kinds)
    events = sorted(
        (event for journey in found.journeys for event in journey.events), key=lambda one: one.at, reverse=True
    )
    total = len(events) + found.older_events
    return found, events[EVENTS * (page - 1) : EVENTS * page], max(1, -(-total // EVENTS))


def profile_table(telling: Telling) -> Shown:
    """Return what is known of the person, each value with who says so and what contradicts it."""
    rows = [telling.field_cells(field) for field in telling.view.profile]
    heads = telling.heads("field", "value", "origin", "since", "conflicts")
    return Shown(title=telling.say("profile"), heads=heads, rows=rows)


def record_table(telling: Telling) -> Shown:
    """Return the records that are this person."""
    rows = [telling.record_cells(record) for record in telling.view.records]
    heads = telling.heads("system", "key", "number", "known_since")
    return Shown(title=telling.say("records", n=len(rows)), heads=heads, rows=rows)


def link_table(telling: Telling, names: Mapping[str, str]) -> Shown:
    """Return why the records are thought to be one; `names` is what those are called who decided."""
    links = [replace(link, decided_by=names.get(link.decided_by, link.decided_by)) for link in telling.view.links]
    heads = telling.heads("pair", "why", "probability", "agreed", "state", "day", "decided_by")
    rows = [telling.link_cells(link) for link in links]
    return Shown(title=telling.say("links"), heads=heads, rows=rows, about=links)


def total_table(telling: Telling) -> Shown:
    """Return money and counts."""
    return Shown(title=telling.say("totals"), heads=(), rows=telling.total_rows())


def event_table(telling: Telling, events: Sequence[Event], title: str, *, money: str = "money") -> Shown:
    """Return events with their journey; `money` is the heading of the amounts."""
    heads = telling.heads("time", "what", "stage", "channel", "says", "promise", money)
    rows = [telling.event_cells(event) for event in events]
    return Shown(title=title, heads=heads, rows=rows, about=events)


def consent_tables(telling: Telling) -> tuple[Shown, Shown]:
    """Return how each purpose stands, and every yes and no."""
    view = telling.view
    heads = telling.heads("purpose", "allowed", "reason", "until")
    rows = [telling.consent_cells(each) for each in view.consents]
    standing = Shown(title=telling.say("consents"), heads=heads, rows=rows, about=view.consents)
    heads = telling.heads("time", "purpose", "said", "notice", "channel", "origin", "until")
    rows = [telling.consent_event_cells(each) for each in view.consent_history]
    return standing, Shown(title=telling.say("consent_history"), heads=heads, rows=rows)


def sent_table(telling: Telling) -> Shown:
    """Return what the company did towards the person, newest first."""
    rows = [[telling.time(deed.at), deed.action, deed.kind] for deed in reversed(telling.view.sent)]
    heads = [telling.say("time"), telling.label("action"), telling.label("kind")]
    return Shown(title=telling.say("sent"), heads=heads, rows=rows)


def export_zip(ws: Workspace, person: int, *, now: datetime) -> bytes:
    """Return everything held on a person as one file; nothing of it stays on the disk."""
    out = io.BytesIO()
    with tempfile.TemporaryDirectory(prefix="promesa-") as folder:
        written = customers.export(ws, person, Path(folder) / "export", recorded_at=now)
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
            for file in sorted(written.folder.rglob("*")):
                if file.is_file():
                    packed.write(file, file.relative_to(written.folder))
    return out.getvalue()
