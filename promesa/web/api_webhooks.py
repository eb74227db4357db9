"""Webhooks: made, changed, renewed, removed; what was sent, and sending it again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from litestar import Response, delete, get, post, put
from litestar.exceptions import NotFoundException
from litestar.params import JSONBody, PathParameter

from promesa.access import record
from promesa.errors import UnknownName
from promesa.outgoing import (
    KINDS,
    change_webhook,
    find_webhook,
    list_deliveries,
    list_webhooks,
    make_webhook,
    remove_webhook,
    renew_secret,
    send_again,
)
from promesa.web.account_page import gate_of
from promesa.web.api_answers import utc
from promesa.web.api_once import once
from promesa.web.api_paging import CURSOR, LIMIT, cursor_of, link_to, position_of
from promesa.web.api_shapes import Deliveries, DeliveryShown, HookAsked, Hooks, HookShown
from promesa.web.customer_pages import by_of
from promesa.web.gate import asking, utc_now
from promesa.web.rendering import Asked  # noqa: TC001 - read when the application is put together

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from promesa.outgoing import Delivery, Webhook
    from promesa.web.rendering import Visit

MANAGE = asking("manage_webhooks")
NUMBER = Annotated[int, PathParameter(ge=1, le=2**63 - 1)]
PRIVATE = {"Cache-Control": "no-store"}


@get("/webhooks", opt=MANAGE, sync_to_thread=True)
def hooks(visit: Asked) -> Response[Hooks]:
    """List the webhooks, and the kinds of events there are."""
    with gate_of(visit).database.begin() as connection:
        found = list_webhooks(connection)
    return Response(Hooks(webhooks=[_hook(one) for one in found], kinds=list(KINDS)), headers=PRIVATE)


@post("/webhooks", opt=MANAGE, status_code=201, sync_to_thread=True)
@once
def make(visit: Asked, data: JSONBody[HookAsked]) -> Response[HookShown]:
    """Make a webhook; its `secret` is shown here and never again."""
    gate, now = gate_of(visit), utc_now()
    with gate.database.begin() as connection:
        made, secret = make_webhook(
            connection, data.url, events=data.events, key=gate.key, allowed=allowed_hosts(visit), now=now
        )
        note_hook(connection, visit, "webhook.made", made.id, {"events": list(made.events)})
    headers = {"Location": f"/api/v1/webhooks/{made.id}", **PRIVATE}
    return Response(_hook(made, secret=secret), status_code=201, headers=headers)


@get("/webhooks/{number:int}", opt=MANAGE, sync_to_thread=True)
def hook(visit: Asked, number: NUMBER) -> Response[HookShown]:
    """Give one webhook, without its secret."""
    with gate_of(visit).database.begin() as connection:
        return Response(_hook(known_hook(connection, number)), headers=PRIVATE)


@put("/webhooks/{number:int}", opt=MANAGE, sync_to_thread=True)
def change(visit: Asked, number: NUMBER, data: JSONBody[HookAsked]) -> Response[HookShown]:
    """Change address and events; a webhook that was switched off is active again."""
    with gate_of(visit).database.begin() as connection:
        known_hook(connection, number)
        changed = change_webhook(connection, number, url=data.url, events=data.events, allowed=allowed_hosts(visit))
        note_hook(connection, visit, "webhook.changed", number, {"events": list(changed.events)})
    return Response(_hook(changed), headers=PRIVATE)


@delete("/webhooks/{number:int}", opt=MANAGE, sync_to_thread=True)
def remove(visit: Asked, number: NUMBER) -> None:
    """Remove a webhook with what is on its way to it."""
    with gate_of(visit).database.begin() as connection:
        known_hook(connection, number)
        remove_webhook(connection, number)
        note_hook(connection, visit, "webhook.removed", number, None)


@post("/webhooks/{number:int}/secret", opt=MANAGE, status_code=200, sync_to_thread=True)
@once
def renew(visit: Asked, number: NUMBER) -> Response[HookShown]:
    """Give a webhook a new secret; messages are signed with the old one as well for 24 hours."""
    gate = gate_of(visit)
    with gate.database.begin() as connection:
        known_hook(connection, number)
        renewed, secret = renew_secret(connection, number, key=gate.key, now=utc_now())
        note_hook(connection, visit, "webhook.renewed", number, None)
    return Response(_hook(renewed, secret=secret), headers=PRIVATE)


@get("/webhooks/{number:int}/deliveries", opt=MANAGE, sync_to_thread=True)
def sent(visit: Asked, number: NUMBER, cursor: CURSOR = None, limit: LIMIT = 100) -> Response[Deliveries]:
    """List what was or is to be sent to a webhook, the newest first."""
    position = position_of(cursor, (int,))
    before = position[0] if position else None
    if before is not None and not 0 <= before < 2**63:
        raise NotFoundException
    with gate_of(visit).database.begin() as connection:
        known_hook(connection, number)
        found = list_deliveries(connection, number, before=before, limit=limit + 1)
    after = cursor_of([found[limit - 1].id]) if len(found) > limit else None
    shown = Deliveries(deliveries=[_delivery(one) for one in found[:limit]], next=after)
    return Response(shown, headers={**PRIVATE, **link_to(visit, after)})


@post("/webhooks/{number:int}/deliveries/{delivery:int}/replay", opt=MANAGE, status_code=202, sync_to_thread=True)
@once
def again(visit: Asked, number: NUMBER, delivery: NUMBER) -> Response[DeliveryShown]:
    """Send an event to a webhook once more, with all its attempts."""
    with gate_of(visit).database.begin() as connection:
        known_hook(connection, number)
        try:
            found = send_again(connection, number, delivery, now=utc_now())
        except UnknownName:
            raise NotFoundException from None
    return Response(_delivery(found), status_code=202, headers=PRIVATE)


def known_hook(connection: Connection, number: int) -> Webhook:
    """Return a webhook; where there is none of that number, there is no such page."""
    try:
        return find_webhook(connection, number)
    except UnknownName:
        raise NotFoundException from None


def allowed_hosts(visit: Visit) -> tuple[str, ...]:
    """Return the receivers inside the own network that the workspace names."""
    return visit.site.workspace.service.webhook_hosts


def note_hook(connection: Connection, visit: Visit, action: str, number: int, after: dict[str, Any] | None) -> None:
    """Write what was done into the audit log; an address may hold a secret and is not in it."""
    record(connection, by=by_of(visit), action=action, about=f"webhook:{number}", now=utc_now(), after=after)


def _hook(one: Webhook, *, secret: str | None = None) -> HookShown:
    return HookShown(
        id=one.id,
        url=one.url,
        events=list(one.events),
        active=one.active,
        reason=one.reason,
        created_at=utc(one.created_at),
        secret=secret,
        old_secret_until=utc(one.old_secret_until) if one.old_secret_until else None,
    )


def _delivery(one: Delivery) -> DeliveryShown:
    return DeliveryShown(
        id=one.id,
        message=one.message,
        kind=one.kind,
        state=one.state,  # pyright: ignore[reportArgumentType] - the table takes these three alone
        attempts=one.attempts,
        next_at=utc(one.next_at) if one.next_at else None,
        status=one.status,
        error=one.error,
        created_at=utc(one.created_at),
    )


ROUTES = (hooks, make, hook, change, remove, renew, sent, again)
