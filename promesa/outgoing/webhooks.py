"""Webhooks: where which events are sent, and the secrets they are signed with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, Protocol, get_args

from sqlalchemy import delete, func, insert, select, text, update

from promesa.database import tables
from promesa.errors import InputError, UnknownName
from promesa.outgoing.posting import checked_url
from promesa.outgoing.signing import new_secret

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row

Kind = Literal[
    "snapshot.published",
    "promise.below_target",
    "cases.overdue",
    "load.finished",
    "quarantine.grew",
    "customer.forgotten",
]
KINDS: tuple[Kind, ...] = get_args(Kind)
MOST = 50
BOTH = timedelta(hours=24)
"""How long the secret before stays good, so that a receiver can change over."""


class Sealer(Protocol):
    """What seals a secret for the database and opens it again."""

    def seal(self, text: str, /) -> bytes:
        """Return `text` so that only this key reads it."""
        ...

    def open(self, sealed: bytes, /) -> str:
        """Return what was sealed."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """Where events are sent.

    Attributes
    ----------
    events : tuple of str
        Kinds that are sent; none means every one.
    reason : str or None
        Why it is not active.
    old_secret_until : datetime or None
        How long the secret before the last renewal is good.
    """

    id: int
    url: str
    events: tuple[str, ...]
    active: bool
    reason: str | None
    created_at: datetime
    old_secret_until: datetime | None


def make_webhook(
    connection: Connection,
    url: str,
    *,
    events: Iterable[str],
    key: Sealer,
    allowed: Collection[str],
    now: datetime,
) -> tuple[Webhook, str]:
    """Make a webhook; return it with its secret, which is shown once.

    Raises
    ------
    InputError
        If the address is inside the own network, or there are too many webhooks.
    UnknownName
        If there is no such kind of event.
    """
    wanted = _checked(events)
    checked_url(url, allowed=allowed)
    connection.execute(text("LOCK TABLE webhooks IN SHARE ROW EXCLUSIVE MODE"))
    if connection.execute(select(func.count()).select_from(tables.webhooks)).scalar_one() >= MOST:
        raise InputError(
            what="There are too many webhooks.", got=str(MOST), expected=f"at most {MOST}", fix="remove one first"
        )
    secret = new_secret()
    values = {"url": url, "events": wanted, "secret": key.seal(secret), "active": True, "created_at": now}
    row = connection.execute(insert(tables.webhooks).values(values).returning(tables.webhooks)).one()
    return _webhook(row), secret


def _checked(events: Iterable[str]) -> list[str]:
    wanted = sorted(set(events))
    for kind in wanted:
        if kind not in KINDS:
            raise UnknownName(kind, kind="event", known=KINDS)
    return wanted


def list_webhooks(connection: Connection) -> list[Webhook]:
    """Return the webhooks, the oldest first."""
    return [_webhook(row) for row in connection.execute(select(tables.webhooks).order_by(tables.webhooks.c.id))]


def find_webhook(connection: Connection, number: int) -> Webhook:
    """Return a webhook.

    Raises
    ------
    UnknownName
        If there is none of that number.
    """
    row = connection.execute(select(tables.webhooks).where(tables.webhooks.c.id == number)).one_or_none()
    if row is None:
        raise UnknownName(str(number), kind="webhook", known=())
    return _webhook(row)


def change_webhook(
    connection: Connection, number: int, *, url: str, events: Iterable[str], allowed: Collection[str]
) -> Webhook:
    """Change address and events; a webhook that was switched off is active again."""
    find_webhook(connection, number)
    values = {"url": checked_url(url, allowed=allowed), "events": _checked(events), "active": True, "reason": None}
    connection.execute(update(tables.webhooks).where(tables.webhooks.c.id == number).values(values))
    return find_webhook(connection, number)


def renew_secret(connection: Connection, number: int, *, key: Sealer, now: datetime) -> tuple[Webhook, str]:
    """Give a webhook a new secret; messages are signed with both for `BOTH`."""
    find_webhook(connection, number)
    table, secret = tables.webhooks, new_secret()
    values = {"secret": key.seal(secret), "old_secret": table.c.secret, "old_secret_until": now + BOTH}
    connection.execute(update(table).where(table.c.id == number).values(values))
    return find_webhook(connection, number), secret


def pause_webhook(connection: Connection, number: int) -> None:
    """Send nothing more to a webhook until it is changed or resumed; what happens meanwhile it is never told."""
    find_webhook(connection, number)
    values = {"active": False, "reason": "paused"}
    connection.execute(update(tables.webhooks).where(tables.webhooks.c.id == number).values(values))


def remove_webhook(connection: Connection, number: int) -> None:
    """Remove a webhook with what is on its way to it."""
    find_webhook(connection, number)
    connection.execute(delete(tables.webhooks).where(tables.webhooks.c.id == number))


def good_secrets(row: Any, *, key: Sealer, now: datetime) -> Sequence[str]:
    """Return the secrets that a message to a webhook is signed with, the newest first."""
    found: list[bytes] = [row.secret]
    if row.old_secret is not None and row.old_secret_until is not None and row.old_secret_until > now:
        found.append(row.old_secret)
    return [key.open(sealed) for sealed in found]


def _webhook(row: Row[Any]) -> Webhook:
    return Webhook(
        id=row.id,
        url=row.url,
        events=tuple(row.events),
        active=row.active,
        reason=row.reason,
        created_at=row.created_at,
        old_secret_until=row.old_secret_until,
    )
