"""Customers for programs: search, the person, consent, corrections, export, pause, forgetting, and doubtful pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import JSONBody, PathParameter, QueryParameter

from promesa import customers
from promesa.access import record
from promesa.errors import InputError, NothingLoaded
from promesa.identity import decide
from promesa.web import customer_reading as reading
from promesa.web.account_page import gate_of
from promesa.web.api_once import once
from promesa.web.api_shapes import (
    Confirmed,
    Correction,
    CustomerShown,
    Decided,
    Done,
    Finding,
    Forgotten,
    Found,
    Pairs,
    Purpose,
    Search,
    Verdict,
)
from promesa.web.customer_pages import as_zip, by_of
from promesa.web.gate import asking, utc_now
from promesa.web.rendering import Asked  # noqa: TC001 - read when the application is put together

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from promesa.web.rendering import Visit

SEE, CHANGE = asking("see_personal_data"), asking("change_personal_data")
PERSON = Annotated[
    str, PathParameter(pattern="^[0-9]{1,19}$", description="number of the person or of any of their records")
]
NEWEST = Annotated[int, QueryParameter(ge=1, le=5000, description="so many events, the newest")]
TOP = Annotated[int, QueryParameter(ge=1, le=500, description="so many pairs, those with most money at stake")]
PRIVATE = {"Cache-Control": "no-store"}
_NUMBERS = frozenset({"person", "customer", "low", "high", "record"})
_MOST = 200


def told(value: Any) -> Any:
    """Return a document with the numbers of customers as text: they are longer than what many programs count with."""
    if isinstance(value, dict):
        return {key: str(one) if key in _NUMBERS and isinstance(one, int) else told(one) for key, one in value.items()}
    return [told(one) for one in value] if isinstance(value, list | tuple) else value


def _known(visit: Visit, person: str) -> int:
    return reading.known_number(visit.site.workspace, int(person))


@post("/customers/search", opt=SEE, status_code=200, sync_to_thread=True)
def search(visit: Asked, data: JSONBody[Search]) -> Response[Finding]:
    """Look for persons; what is looked for stands in no address and no log."""
    try:
        found = customers.candidates(visit.site.workspace, data.who)
    except (InputError, NothingLoaded):
        found = []
    shown = [
        Found(person=str(one["person"]), hint=_text(one.get("hint")), systems=_text(one.get("systems")))
        for one in found[:_MOST]
    ]
    return Response(Finding(total=len(found), found=shown), headers=PRIVATE)


def _text(value: object) -> str | None:
    return None if value is None else str(value)


@get("/customers/{person:str}", opt=SEE, sync_to_thread=True)
def customer(visit: Asked, person: PERSON, newest: NEWEST = 500) -> Response[CustomerShown]:
    """Give one person: who, what was lived, said, bought, allowed and sent."""
    ws, number = visit.site.workspace, _known(visit, person)
    document = told(customers.view(ws, number, newest=newest).to_document())
    names = CustomerShown.__struct_fields__
    body = {**{name: document[name] for name in names}, "person": str(number)}
    return Response(body, headers=PRIVATE)  # pyright: ignore[reportReturnType] - the document of the view, as it is


@post("/customers/{person:str}/export", opt=SEE, status_code=200, sync_to_thread=True)
def export(visit: Asked, person: PERSON) -> Response[bytes]:
    """Give everything held on a person as one file (ZIP)."""
    number, now = _known(visit, person), utc_now()
    packed = reading.export_zip(visit.site.workspace, number, now=now)
    _note(visit, "customer.export", number, now)
    return as_zip(packed, f"customer-{number}.zip")


@post("/customers/{person:str}/consents", opt=CHANGE, status_code=200, sync_to_thread=True)
@once
def consent(visit: Asked, person: PERSON, data: JSONBody[Purpose]) -> Response[Done]:
    """Record a yes or a no to a purpose."""
    say = customers.give if data.granted else customers.withdraw
    after = {"what": data.purpose}

    def change(ws: Any, number: int, by: str, now: datetime) -> None:
        say(ws, number, data.purpose, recorded_at=now, channel=data.channel, by=by)

    return _done(visit, person, "give" if data.granted else "withdraw", change, after)


@post("/customers/{person:str}/correct", opt=CHANGE, status_code=200, sync_to_thread=True)
@once
def correct(visit: Asked, person: PERSON, data: JSONBody[Correction]) -> Response[Done]:
    """Record the right values of a person; the old ones stay as history."""

    def change(ws: Any, number: int, by: str, now: datetime) -> None:
        customers.correct(ws, number, changes=data.changes, by=by, recorded_at=now)

    return _done(visit, person, "correct", change, {"what": " ".join(sorted(data.changes))})


@post("/customers/{person:str}/pause", opt=CHANGE, status_code=200, sync_to_thread=True)
@once
def pause(visit: Asked, person: PERSON) -> Response[Done]:
    """Keep everything held on a person and use nothing of it."""

    def change(ws: Any, number: int, by: str, now: datetime) -> None:
        customers.pause(ws, number, by=by, recorded_at=now)

    return _done(visit, person, "pause", change, None)


@post("/customers/{person:str}/resume", opt=CHANGE, status_code=200, sync_to_thread=True)
@once
def resume(visit: Asked, person: PERSON) -> Response[Done]:
    """Use what is held on a person again."""

    def change(ws: Any, number: int, by: str, now: datetime) -> None:
        customers.resume(ws, number, by=by, recorded_at=now)

    return _done(visit, person, "resume", change, None)


def _done(
    visit: Visit,
    person: str,
    what: str,
    change: Callable[[Any, int, str, datetime], None],
    after: dict[str, Any] | None,
) -> Response[Done]:
    number, now = _known(visit, person), utc_now()
    change(visit.site.workspace, number, by_of(visit), now)
    _note(visit, f"customer.{what}", number, now, after)
    return Response(Done(person=str(number), done=what), headers=PRIVATE)


@post("/customers/{person:str}/forget", opt=CHANGE, status_code=200, sync_to_thread=True)
@once
def forget(visit: Asked, person: PERSON, data: JSONBody[Confirmed]) -> Response[Forgotten]:
    """Erase a person for good; `confirm` repeats the number. What is left is a certificate."""
    number, now = _known(visit, person), utc_now()
    if data.confirm != str(number):
        raise InputError(
            what="The number to confirm is not that of the person.",
            got="another number",
            expected="the number of the person, as GET /customers/{person} gives it",
            fix="look the person up and send that number as `confirm`",
        )
    found = customers.forget(visit.site.workspace, number, recorded_at=now, by=by_of(visit), dry_run=False)
    _note(visit, "customer.forget", number, now, {"rows": found.total})
    told_of = Forgotten(
        person=str(number),
        rows=found.total,
        tables=found.rows(),
        certificate=found.certificate.name if found.certificate else None,
        not_included=[str(one) for one in found.not_included],
        sources=list(found.sources),
    )
    return Response(told_of, headers=PRIVATE)


def _note(visit: Visit, action: str, number: int, now: datetime, after: dict[str, Any] | None = None) -> None:
    with gate_of(visit).database.begin() as connection:
        record(connection, by=by_of(visit), action=action, about=f"customer:{number}", now=now, after=after)


@get("/pairs", opt=CHANGE, sync_to_thread=True)
def pairs(visit: Asked, top: TOP = 50) -> Response[Pairs]:
    """List the pairs of records that wait for a person's word.

    Who has answered some asks again: what was decided is no longer in the list.
    """
    try:
        found = customers.queue(visit.site.workspace, top=top)
    except NothingLoaded:
        return Response(Pairs(total=0, currency=visit.site.workspace.currency, pairs=[]), headers=PRIVATE)
    shown = [told(customers.as_document(item)) for item in found.items]
    return Response(Pairs(total=found.total, currency=found.currency, pairs=shown), headers=PRIVATE)


@post("/pairs/decide", opt=CHANGE, status_code=200, sync_to_thread=True)
@once
def verdict(visit: Asked, data: JSONBody[Verdict]) -> Response[Decided]:
    """Say of two records that they are one person, or two."""
    ws, by, now = visit.site.workspace, by_of(visit), utc_now()
    low, high = int(data.low), int(data.high)
    if max(low, high) >= 2**63:
        raise NotFoundException
    made = decide(ws, low, high, data.verdict, by=by, recorded_at=now)
    with gate_of(visit).database.begin() as connection:
        about = f"customer:{made.low},{made.high}"
        record(connection, by=by, action=f"customer.review.{data.verdict}", about=about, now=now)
    body = Decided(id=made.id, low=str(made.low), high=str(made.high), verdict=data.verdict)
    return Response(body, headers=PRIVATE)


ROUTES = (search, customer, export, consent, correct, pause, resume, forget, pairs, verdict)
