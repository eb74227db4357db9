"""Events on their way to webhooks: written down first, sent later, again with longer and longer waits, dead in the end.

A message is sent at least once: a receiver knows one that comes twice by its `webhook-id`.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import any_, delete, func, insert, select, update

from promesa.database import tables
from promesa.errors import UnknownName
from promesa.outgoing.signing import signed_headers
from promesa.outgoing.webhooks import good_secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Row

    from promesa.database import Database
    from promesa.outgoing.posting import Sent
    from promesa.outgoing.webhooks import Kind, Sealer

    Post = Callable[[str, bytes, Mapping[str, str]], Sent]

WAITS = (5, 30, 120, 600, 1800, 7200, 18_000, 43_200)
"""Seconds before each further attempt: the first at once, the last about 19 hours later."""
LONGEST_WAIT = 43_200
JITTER = 0.2
LEASE = timedelta(minutes=10)
"""How long a process that died while sending keeps a message from the others."""
KEPT = timedelta(days=30)
AT_ONCE = 10
"""Messages of one webhook claimed together: all of them may take their whole time within the lease."""
GONE = 410


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One event on its way to one webhook.

    Attributes
    ----------
    state : {"waiting", "delivered", "dead"}
    status, error : int or None, str or None
        Of the last attempt: what the receiver answered, or why it did not.
    """

    id: int
    webhook: int
    message: str
    kind: str
    state: str
    attempts: int
    next_at: datetime | None
    status: int | None
    error: str | None
    created_at: datetime


def announce(connection: Connection, kind: Kind, data: Mapping[str, Any], *, now: datetime) -> str | None:
    """Write an event down for every active webhook that wants it; return its id, None where nobody does.

    In the transaction of the caller: what is announced and what is noted of it are kept together, or neither.
    """
    hooks = tables.webhooks.c
    wanted = hooks.active & ((hooks.events == []) | (any_(hooks.events) == kind))
    numbers = connection.execute(select(hooks.id).where(wanted)).scalars().all()
    if not numbers:
        return None
    message = f"msg_{secrets.token_hex(16)}"
    timestamp = now.replace(tzinfo=UTC).isoformat().replace("+00:00", "Z")
    body = json.dumps({"type": kind, "timestamp": timestamp, "data": dict(data)}, ensure_ascii=False, allow_nan=False)
    connection.execute(insert(tables.messages).values(id=message, kind=kind, body=body, created_at=now))
    values = {"message": message, "state": "waiting", "attempts": 0, "next_at": now, "created_at": now}
    connection.execute(insert(tables.deliveries), [{**values, "webhook": number} for number in numbers])
    return message


def due_webhooks(connection: Connection, *, now: datetime) -> list[int]:
    """Return the webhooks that something is due for, the one that has waited longest first."""
    line, hooks = tables.deliveries, tables.webhooks
    query = (
        select(line.c.webhook)
        .join(hooks, line.c.webhook == hooks.c.id)
        .where(_is_due(now))
        .group_by(line.c.webhook)
        .order_by(func.min(line.c.next_at))
    )
    return list(connection.execute(query).scalars())


def deliver_to(
    database: Database,
    webhook: int,
    *,
    key: Sealer,
    post: Post,
    now: Callable[[], datetime],
    chance: Callable[[], float],
    stop: Callable[[], bool] = lambda: False,
) -> int:
    """Send what is due to one webhook, in the order in which it fell due, and write down what came of it.

    Parameters
    ----------
    post : callable
        Sends: address, body, headers.
    now, chance : callable
        The clock (naive UTC), and a number in [0, 1) that spreads the waits.
    stop : callable
        Whether to leave the rest for the next time.

    Returns
    -------
    int
        How many were sent, of at most `AT_ONCE`.
    """
    with database.begin() as connection:
        due = _claim(connection, webhook, now())
    for place, row in enumerate(due):
        if stop():
            _give_back(database, due[place:], now=now())
            return place
        body = row.body.encode()
        at = now()
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "promesa",
            **signed_headers(good_secrets(row, key=key, now=at), row.message, at=at, body=body),
        }
        sent = post(row.url, body, headers)
        with database.begin() as connection:
            _note(connection, row, sent, now=now(), chance=chance())
    return len(due)


def _is_due(now: datetime) -> ColumnElement[bool]:
    line = tables.deliveries.c
    return (line.state == "waiting") & (line.next_at <= now) & tables.webhooks.c.active


def _claim(connection: Connection, webhook: int, now: datetime) -> Sequence[Any]:
    """Return what is due for a webhook, each row kept from other processes for a while."""
    line, hooks, messages = tables.deliveries, tables.webhooks, tables.messages
    rows = connection.execute(
        select(
            line.c.id,
            line.c.webhook,
            line.c.message,
            line.c.attempts,
            hooks.c.url,
            hooks.c.secret,
            hooks.c.old_secret,
            hooks.c.old_secret_until,
            messages.c.body,
        )
        .join(hooks, line.c.webhook == hooks.c.id)
        .join(messages, line.c.message == messages.c.id)
        .where(_is_due(now) & (line.c.webhook == webhook))
        .order_by(line.c.next_at, line.c.id)
        .limit(AT_ONCE)
        .with_for_update(of=line, skip_locked=True)
    ).all()
    taken = [row.id for row in rows]
    connection.execute(update(line).where(line.c.id.in_(taken)).values(next_at=now + LEASE))
    return rows


def _give_back(database: Database, rows: Sequence[Any], *, now: datetime) -> None:
    line, left = tables.deliveries, [row.id for row in rows]
    with database.begin() as connection:
        connection.execute(update(line).where(line.c.id.in_(left)).values(next_at=now))


def _note(connection: Connection, row: Any, sent: Sent, *, now: datetime, chance: float) -> None:
    line, attempts = tables.deliveries, row.attempts + 1
    values: dict[str, Any] = {"attempts": attempts, "status": sent.status, "error": sent.error}
    if sent.done:
        values |= {"state": "delivered", "next_at": None}
    elif sent.status == GONE or attempts > len(WAITS):
        values |= {"state": "dead", "next_at": None}
    else:
        values["next_at"] = now + _wait(attempts, sent, chance)
    connection.execute(update(line).where(line.c.id == row.id).values(values))
    if sent.status == GONE:
        off = {"active": False, "reason": "gone"}
        connection.execute(update(tables.webhooks).where(tables.webhooks.c.id == row.webhook).values(off))


def _wait(attempts: int, sent: Sent, chance: float) -> timedelta:
    seconds = WAITS[attempts - 1] * (1 - JITTER + 2 * JITTER * chance)
    return timedelta(seconds=min(LONGEST_WAIT * (1 + JITTER), max(seconds, sent.retry_after or 0)))


def list_deliveries(
    connection: Connection, webhook: int, *, before: int | None = None, limit: int = 100
) -> list[Delivery]:
    """Return the deliveries of a webhook, the newest first; `before` continues a list."""
    line = tables.deliveries
    wanted = [line.c.webhook == webhook, *([line.c.id < before] if before is not None else [])]
    query = (
        select(line, tables.messages.c.kind)
        .join(tables.messages, line.c.message == tables.messages.c.id)
        .where(*wanted)
        .order_by(line.c.id.desc())
        .limit(limit)
    )
    return [_delivery(row) for row in connection.execute(query)]


def send_again(connection: Connection, webhook: int, delivery: int, *, now: datetime) -> Delivery:
    """Send an event to a webhook once more, with all its attempts.

    Raises
    ------
    UnknownName
        If the webhook has no such delivery.
    """
    line = tables.deliveries
    values = {"state": "waiting", "attempts": 0, "next_at": now}
    mine = (line.c.id == delivery) & (line.c.webhook == webhook)
    if connection.execute(update(line).where(mine).values(values)).rowcount != 1:
        raise UnknownName(str(delivery), kind="delivery", known=())
    return list_deliveries(connection, webhook, before=delivery + 1, limit=1)[0]


def let_old_go(connection: Connection, *, now: datetime) -> int:
    """Take out messages that are old; return how many."""
    return connection.execute(delete(tables.messages).where(tables.messages.c.created_at < now - KEPT)).rowcount


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(
        id=row.id,
        webhook=row.webhook,
        message=row.message,
        kind=row.kind,
        state=row.state,
        attempts=row.attempts,
        next_at=row.next_at,
        status=row.status,
        error=row.error,
        created_at=row.created_at,
    )
