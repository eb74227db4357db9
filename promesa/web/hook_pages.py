"""Webhooks in the settings: where events are sent, what became of the last ones, their secrets shown once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import PathParameter

from promesa.errors import PromesaError, UnknownName
from promesa.outgoing import (
    KINDS,
    change_webhook,
    list_deliveries,
    list_webhooks,
    make_webhook,
    pause_webhook,
    remove_webhook,
    renew_secret,
    send_again,
)
from promesa.web.account_page import answer, back, gate_of, said_of, say, sure, text_of, texts_of, wrong_words
from promesa.web.api_webhooks import allowed_hosts, known_hook, note_hook
from promesa.web.gate import asking, utc_now
from promesa.web.rendering import Asked  # noqa: TC001 - read when the application is put together
from promesa.web.settings_pages import parts_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from promesa.outgoing import Webhook
    from promesa.web.rendering import Visit

MANAGE = asking("manage_webhooks")
AT = "/settings/webhooks"
_LAST = 50
_SAID = ("hook_changed", "hook_paused", "hook_resumed", "hook_removed", "hook_again")
NUMBER = Annotated[int, PathParameter()]


@get(AT, opt=MANAGE, sync_to_thread=True)
def hooks_page(visit: Asked) -> Response[Any]:
    """Show the webhooks, and the form of a new one."""
    return _hooks(visit)


def _hooks(visit: Visit, *, status: int = 200, wrong: str | None = None, field: str = "") -> Response[Any]:
    with gate_of(visit).database.begin() as connection:
        found = [(one, list_deliveries(connection, one.id, limit=1)) for one in list_webhooks(connection)]
    return answer(
        visit,
        "hooks.html",
        title="hooks.page",
        status=status,
        wrong=wrong,
        field=field,
        sent=_sent(visit) if field else None,
        said=said_of(visit, _SAID),
        parts=parts_of(visit),
        hooks=found,
        kinds=KINDS,
    )


@post(f"{AT}/make", opt=MANAGE, status_code=200, sync_to_thread=True)
def make_form(visit: Asked) -> Response[Any]:
    """Make a webhook; its secret is shown once."""
    gate = gate_of(visit)
    try:
        with gate.database.begin() as connection:
            made, secret = make_webhook(
                connection,
                text_of(visit, "url"),
                events=texts_of(visit, "event"),
                key=gate.key,
                allowed=allowed_hosts(visit),
                now=utc_now(),
            )
            note_hook(connection, visit, "webhook.made", made.id, {"events": list(made.events)})
    except PromesaError as error:
        return _hooks(visit, status=422, wrong=_wrong(visit, error), field="url")
    return _once(visit, secret, to=AT)


def _wrong(visit: Visit, error: PromesaError) -> str:
    """Return why an address cannot be used; the only field that can be wrong."""
    return wrong_words(visit, error) if isinstance(error, UnknownName) else say(visit, "wrong.url")


def _sent(visit: Visit) -> dict[str, Any]:
    """Return a webhook as the form before gave it."""
    return {"url": text_of(visit, "url"), "events": texts_of(visit, "event")}


def _once(visit: Visit, secret: str, *, to: str) -> Response[Any]:
    return answer(visit, "once.html", title="hooks.secret", kind="hook", shown=[secret], to=to)


@get(f"{AT}/{{number:int}}", opt=MANAGE, sync_to_thread=True)
def hook_page(visit: Asked, number: NUMBER) -> Response[Any]:
    """Show one webhook: where it goes, what is sent, what became of the last ones."""
    return _hook(visit, number)


def _hook(visit: Visit, number: int, *, status: int = 200, wrong: str | None = None, field: str = "") -> Response[Any]:
    with gate_of(visit).database.begin() as connection:
        hook = _known(connection, number)
        last = list_deliveries(connection, number, limit=_LAST)
    return answer(
        visit,
        "hook.html",
        title="hooks.one",
        status=status,
        wrong=wrong,
        field=field,
        sent=_sent(visit) if field else hook,
        said=said_of(visit, _SAID),
        parts=parts_of(visit),
        hook=hook,
        last=last,
        kinds=KINDS,
        at=f"{AT}/{number}",
    )


@post(f"{AT}/{{number:int}}/again/{{delivery:int}}", opt=MANAGE, status_code=200, sync_to_thread=True)
def again_form(visit: Asked, number: NUMBER, delivery: NUMBER) -> Response[Any]:
    """Send an event once more."""
    if not 0 < delivery < 2**63:
        raise NotFoundException
    with gate_of(visit).database.begin() as connection:
        _known(connection, number)
        try:
            send_again(connection, number, delivery, now=utc_now())
        except PromesaError:
            raise NotFoundException from None
    return back(f"{AT}/{number}", said="hook_again")


@post(f"{AT}/{{number:int}}/{{change:str}}", opt=MANAGE, status_code=200, sync_to_thread=True)
def hook_form(visit: Asked, number: NUMBER, change: Annotated[str, PathParameter()]) -> Response[Any]:
    """Change, pause, resume, remove a webhook, or give it a new secret."""
    if change not in _CHANGES:
        raise NotFoundException
    to = f"{AT}/{number}"
    if change == "remove" and (asked := sure(visit, "hook", f"{to}/remove", to=to)) is not None:
        return asked
    try:
        with gate_of(visit).database.begin() as connection:
            done = _CHANGES[change](visit, connection, _known(connection, number))
    except PromesaError as error:
        field = "url" if change == "change" else ""
        return _hook(
            visit, number, status=422, wrong=_wrong(visit, error) if field else wrong_words(visit, error), field=field
        )
    return done


def _known(connection: Connection, number: int) -> Webhook:
    if not 0 < number < 2**63:
        raise NotFoundException
    return known_hook(connection, number)


def _changed(visit: Visit, connection: Connection, hook: Webhook) -> Response[Any]:
    events, allowed = texts_of(visit, "event"), allowed_hosts(visit)
    changed = change_webhook(connection, hook.id, url=text_of(visit, "url"), events=events, allowed=allowed)
    note_hook(connection, visit, "webhook.changed", hook.id, {"events": list(changed.events)})
    return back(f"{AT}/{hook.id}", said="hook_changed")


def _paused(visit: Visit, connection: Connection, hook: Webhook) -> Response[Any]:
    pause_webhook(connection, hook.id)
    note_hook(connection, visit, "webhook.paused", hook.id, None)
    return back(f"{AT}/{hook.id}", said="hook_paused")


def _resumed(visit: Visit, connection: Connection, hook: Webhook) -> Response[Any]:
    change_webhook(connection, hook.id, url=hook.url, events=hook.events, allowed=allowed_hosts(visit))
    note_hook(connection, visit, "webhook.resumed", hook.id, None)
    return back(f"{AT}/{hook.id}", said="hook_resumed")


def _removed(visit: Visit, connection: Connection, hook: Webhook) -> Response[Any]:
    remove_webhook(connection, hook.id)
    note_hook(connection, visit, "webhook.removed", hook.id, None)
    return back(AT, said="hook_removed")


def _renewed(visit: Visit, connection: Connection, hook: Webhook) -> Response[Any]:
    _, secret = renew_secret(connection, hook.id, key=gate_of(visit).key, now=utc_now())
    note_hook(connection, visit, "webhook.renewed", hook.id, None)
    return _once(visit, secret, to=f"{AT}/{hook.id}")


_CHANGES = {"change": _changed, "pause": _paused, "resume": _resumed, "remove": _removed, "secret": _renewed}
ROUTES = (hooks_page, make_form, hook_page, again_form, hook_form)
