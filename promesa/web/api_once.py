"""Requests that may be sent again: with an `Idempotency-Key` a change is made once, and told twice."""

from __future__ import annotations

import hashlib
import threading
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import wraps
from typing import TYPE_CHECKING, Any

import msgspec
from litestar import Response
from litestar.exceptions import HTTPException
from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from promesa.database import tables
from promesa.errors import PromesaError
from promesa.web.account_page import gate_of
from promesa.web.gate import utc_now

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from datetime import datetime

    from litestar import Request
    from sqlalchemy import Connection

    from promesa.web.rendering import Visit

HEADER = "idempotency-key"
KEPT = timedelta(hours=24)
LONGEST = 255
LEASE = timedelta(seconds=60)
"""How long a claim holds that nobody renews: who made it is no longer there to answer."""


class Kept(msgspec.Struct, frozen=True):
    """An answer as it is kept, sealed."""

    status: int
    body: bytes
    headers: dict[str, str]


async def note_body(request: Request[Any, Any, Any]) -> None:
    """Keep a hash of what a request asks for, for the route to compare."""
    if request.method == "POST" and HEADER in request.headers:
        told = f"{request.url.path}?{request.url.query}\0".encode() + await request.body()
        request.state.asked = hashlib.sha256(told).digest()


def once(change: Callable[..., Any], *, again: Callable[..., Response[Any]] | None = None) -> Callable[..., Any]:
    """Make a route answer a second request with the key of a first as it answered the first.

    Only what was done is kept: a request that was refused may be sent again with the same key.

    Parameters
    ----------
    change : callable
        The route.
    again : callable or None
        Answers a second request, from the same arguments, by what is known then: for a first answer that tells of a
        customer, of which nothing may be kept where `forget` does not look.
    """

    @wraps(change)
    def route(visit: Visit, *given: Any, **named: Any) -> Any:
        key = visit.request.headers.get(HEADER)
        if key is None or visit.person is None:
            return change(visit, *given, **named)
        if not 0 < len(key) <= LONGEST:
            raise _refused(400, "bad-idempotency-key", f"An Idempotency-Key has 1 to {LONGEST} characters.")
        mark = hashlib.sha256(key.encode()).digest()
        kept = _claim(visit, mark)
        if kept is not None and again is not None:
            answer = again(visit, *given, **named)
            answer.headers["Idempotency-Replayed"] = "true"
            return answer
        if kept is not None:
            headers = {**kept.headers, "Idempotency-Replayed": "true"}
            return Response(kept.body, status_code=kept.status, media_type="application/json", headers=headers)
        with _renewed(visit, mark):
            try:
                answer = change(visit, *given, **named)
            except BaseException:
                _let_go(visit, mark)
                raise
            _keep(visit, mark, answer if again is None else Response(None))
        return answer

    return route


def _claim(visit: Visit, mark: bytes) -> Kept | None:
    """Return the answer that was given to this key; None if it is new or its claim ran out, and then it is taken."""
    assert visit.person is not None  # noqa: S101 (asked before)
    table, gate = tables.replays, gate_of(visit)
    asked: bytes = visit.request.state.asked
    now = utc_now()
    with gate.database.begin() as connection:
        connection.execute(delete(table).where(table.c.created_at < now - KEPT))
        row = {"person": visit.person.id, "key": mark, "asked": asked, "created_at": now}
        new = connection.execute(insert(table).values(row).on_conflict_do_nothing().returning(table.c.key)).first()
        if new is not None or _take_over(connection, visit, mark, now=now):
            return None
        found = connection.execute(select(table).where(_mine(visit, mark))).one_or_none()
    if found is None or (found.asked == asked and found.answer is None):
        raise _refused(409, "still-working", "The first request with this key is not answered yet.", again=True)
    if found.asked != asked:
        raise _refused(422, "other-request", "This Idempotency-Key was sent with another request.")
    return msgspec.json.decode(gate.key.open(found.answer), type=Kept)


def _take_over(connection: Connection, visit: Visit, mark: bytes, *, now: datetime) -> bool:
    """Take the claim of the same request that was neither answered nor renewed for as long as the lease."""
    table = tables.replays
    ran_out = (
        table.c.answer.is_(None) & (table.c.created_at < now - LEASE) & (table.c.asked == visit.request.state.asked)
    )
    taken = update(table).where(_mine(visit, mark) & ran_out).values(created_at=now).returning(table.c.key)
    return connection.execute(taken).first() is not None


@contextmanager
def _renewed(visit: Visit, mark: bytes) -> Generator[None]:
    """Renew a claim while its change is being made, however long that takes."""
    done, database, mine = threading.Event(), gate_of(visit).database, _mine(visit, mark)

    def renew() -> None:
        while not done.wait(LEASE.total_seconds() / 3):
            with suppress(PromesaError), database.begin() as connection:
                connection.execute(update(tables.replays).where(mine).values(created_at=utc_now()))

    thread = threading.Thread(target=renew, name="claim", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()


def _keep(visit: Visit, mark: bytes, answer: Response[Any]) -> None:
    gate = gate_of(visit)
    kept = Kept(answer.status_code or 200, msgspec.json.encode(answer.content), dict(answer.headers))
    sealed = gate.key.seal(msgspec.json.encode(kept).decode())
    with gate.database.begin() as connection:
        connection.execute(update(tables.replays).where(_mine(visit, mark)).values(answer=sealed))


def _let_go(visit: Visit, mark: bytes) -> None:
    with gate_of(visit).database.begin() as connection:
        connection.execute(delete(tables.replays).where(_mine(visit, mark)))


def _mine(visit: Visit, mark: bytes) -> Any:
    assert visit.person is not None  # noqa: S101 (asked before)
    return (tables.replays.c.person == visit.person.id) & (tables.replays.c.key == mark)


def _refused(status: int, code: str, said: str, *, again: bool = False) -> HTTPException:
    headers = {"Retry-After": "1"} if again else {}
    return HTTPException(said, status_code=status, extra={"code": code}, headers=headers)
