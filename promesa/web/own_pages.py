"""The customer's own page: what is held, what was allowed, the word on both; reached by a signed link."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

from litestar import Response, get, post
from litestar.exceptions import NotFoundException, TooManyRequestsException
from litestar.params import PathParameter

from promesa import customers, words
from promesa.access import record
from promesa.errors import InputError, LinkExpired, PromesaError, StoreBusy, StoreError, UnknownName
from promesa.web import customer_reading as reading
from promesa.web.account_page import back, gate_of
from promesa.web.customer_changes import CHANGES, OWN, field_of, forget, why_not, wrong_words
from promesa.web.customer_pages import as_zip, fields_of, private, rows_of
from promesa.web.customer_time import time_line
from promesa.web.gate import BY_LINK, LOG, utc_now
from promesa.web.rendering import Asked  # noqa: TC001 - read when the application is put together

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promesa.customers import May
    from promesa.web.rendering import Visit

TOKEN = Annotated[str, PathParameter(max_length=300)]
BY = "customer"
"""Who acts, in the store and in the audit log: the holder of a link, not somebody of the company."""


class Pace:
    """How often one thing may be done in a stretch of time; kept by the process.

    Parameters
    ----------
    most : int
        Times.
    seconds : int
        In so long.
    """

    def __init__(self, *, most: int, seconds: int) -> None:
        self.most, self.seconds = most, seconds
        self._lock = threading.Lock()
        self._done: dict[object, tuple[float, int]] = {}

    def step(self, who: object) -> None:
        """Count one more.

        Raises
        ------
        TooManyRequestsException
            If it is one too many.
        """
        now = time.monotonic()
        with self._lock:
            self._done = {key: held for key, held in self._done.items() if now - held[0] < self.seconds}
            since, count = self._done.get(who, (now, 0))
            if count >= self.most:
                raise TooManyRequestsException(headers={"Retry-After": str(int(since + self.seconds - now) + 1)})
            self._done[who] = (since, count + 1)


LOOKS, DEEDS = Pace(most=120, seconds=600), Pace(most=30, seconds=3600)


def _person(visit: Visit, token: str, *, pace: Pace = LOOKS) -> int:
    """Return whose page a link opens; what is not a link is counted for the address that it came from."""
    ws, client = visit.site.workspace, visit.request.client
    try:
        person = customers.open_own_link(ws, token, now=utc_now())
    except LinkExpired:
        LOOKS.step((str(ws.root), client.host if client else ""))
        raise
    pace.step((str(ws.root), person))
    return person


def _expired(visit: Visit) -> Response[str]:
    ws = visit.site.workspace
    said = visit.say("me.expired_said", company=ws.company)
    if ws.privacy_contact:
        said += " " + visit.say("me.contact", contact=ws.privacy_contact)
    return _answer(visit, "told_own.html", title=visit.say("me.expired"), status=404, said=said)


def _answer(visit: Visit, template: str, **values: Any) -> Response[str]:
    return private(visit, template, **values)


@get("/me/{token:str}", opt=BY_LINK, sync_to_thread=True)
def own_page(visit: Asked, token: TOKEN) -> Response[str]:
    """Show customers what is held on them."""
    try:
        return _own(visit, token, _person(visit, token))
    except LinkExpired:
        return _expired(visit)


def _own(
    visit: Visit, token: str, person: int, *, status: int = 200, wrong: str | None = None, change: str = ""
) -> Response[str]:
    """Show the page; `change` is the form that `wrong` is about."""
    ws, asked = visit.site.workspace, visit.request.query_params.get("page", "1")
    at = max(1, int(asked)) if asked.isdecimal() and len(asked) < 6 else 1
    view, events, pages = reading.seen(ws, person, at, kinds=reading.LIVED)
    telling = customers.OwnTelling(view, ws, visit.locale, cut=None)
    standing, history = reading.consent_tables(telling)
    addressed = [_addressed(visit, *each) for each in zip(standing.rows, view.consents, strict=True)]
    said = visit.request.query_params.get("said", "")
    return _answer(
        visit,
        "me.html",
        title=visit.say("me.title", company=ws.company),
        status=status,
        wrong=wrong,
        change=change,
        typed=visit.form if change else {},
        said=visit.say(f"customer.said.{said}") if said in OWN else None,
        token=token,
        view=view,
        contact=ws.privacy_contact,
        profile=reading.profile_table(telling),
        records=reading.record_table(telling),
        events=reading.event_table(telling, events, visit.say("customer.events"), money="paid"),
        line=time_line(visit, events, telling),
        standing=replace(standing, rows=addressed),
        history=history,
        sent=reading.sent_table(telling),
        receipts={event.purpose for event in view.consent_history},
        fields=[(field, telling.label(field)) for field in fields_of(visit)],
        at=at,
        pages=pages,
    )


def _addressed(visit: Visit, cells: Sequence[str], each: May) -> list[str]:
    """Return how one purpose stands, said to the customer and not of them."""
    return [*cells[:2], visit.say(f"me.because.{each.reason}"), *cells[3:]]


@get("/me/{token:str}/held", opt=BY_LINK, sync_to_thread=True)
def own_held(visit: Asked, token: TOKEN) -> Response[Any]:
    """Count what is held, table by table, as an erasure would."""
    ws = visit.site.workspace
    try:
        person = _person(visit, token)
    except LinkExpired:
        return _expired(visit)
    try:
        counted = customers.forget(ws, person, recorded_at=utc_now(), by=BY)
    except StoreBusy as error:
        return _own(visit, token, person, status=503, wrong=wrong_words(visit, error))
    rows = rows_of(visit, counted)
    n = words.number(counted.total, visit.locale)
    return _answer(visit, "held.html", title=visit.say("me.held"), token=token, n=n, rows=rows)


@post("/me/{token:str}/{change:str}", opt=BY_LINK, status_code=200, sync_to_thread=True)
def own_change(visit: Asked, token: TOKEN, change: Annotated[str, PathParameter()]) -> Response[Any]:
    """Ask once more; then make the change and tell the audit log."""
    if change not in OWN:
        raise NotFoundException
    now = utc_now()
    try:
        person = _person(visit, token, pace=DEEDS)
    except LinkExpired:
        return _expired(visit)
    try:
        if field_of(visit, "confirm") != "yes":
            return _ask(visit, token, change)
        with gate_of(visit).database.begin() as connection:
            what = CHANGES[change](visit, person, BY, now)
            after = {"what": what} if what else None
            record(connection, by=BY, action=f"own.{change}", about=f"customer:{person}", now=now, after=after)
    except PromesaError as error:
        return _own(visit, token, person, status=422, wrong=why_not(visit, error, change), change=change)
    return back(f"/me/{token}", said=change)


def _ask(visit: Visit, token: str, change: str) -> Response[str]:
    sent = {key: field_of(visit, key)[:1000] for key in ("purpose", "field", "value") if field_of(visit, key)}
    title, named = visit.say(f"me.sure.{change}"), sent.get("field") or sent.get("purpose")
    about = customers.label_of(visit.site.workspace, named, visit.locale) if named else ""
    return _answer(visit, "me_sure.html", title=title, token=token, change=change, sent=sent, about=about)


@post("/me/{token:str}/export", opt=BY_LINK, status_code=200, sync_to_thread=True)
def own_export(visit: Asked, token: TOKEN) -> Response[Any]:
    """Give customers everything held on them as one file."""
    now = utc_now()
    try:
        person = _person(visit, token, pace=DEEDS)
    except LinkExpired:
        return _expired(visit)
    with gate_of(visit).database.begin() as connection:
        packed = reading.export_zip(visit.site.workspace, person, now=now)
        record(connection, by=BY, action="own.export", about=f"customer:{person}", now=now)
    return as_zip(packed, "my-data.zip")


@get("/me/{token:str}/receipt/{purpose:str}", opt=BY_LINK, sync_to_thread=True)
def own_receipt(visit: Asked, token: TOKEN, purpose: Annotated[str, PathParameter()]) -> Response[Any]:
    """Give the receipt of what was said to one purpose."""
    try:
        person = _person(visit, token)
        document = customers.receipt(visit.site.workspace, person, purpose, as_of=datetime.now(UTC))
    except LinkExpired:
        return _expired(visit)
    except (InputError, UnknownName):
        raise NotFoundException from None
    headers = {"Content-Disposition": 'attachment; filename="receipt.json"'}
    return Response(json.dumps(document, ensure_ascii=False, indent=2), media_type="application/json", headers=headers)


@post("/me/{token:str}/forget", opt=BY_LINK, status_code=200, sync_to_thread=True)
def own_forget(visit: Asked, token: TOKEN) -> Response[Any]:
    """Say what would be erased and ask for the word; with the word, erase."""
    ws, now, wrong = visit.site.workspace, utc_now(), None
    try:
        person = _person(visit, token, pace=DEEDS)
    except LinkExpired:
        return _expired(visit)
    if visit.form.get("word") is not None:
        try:
            with gate_of(visit).database.begin() as connection:
                found = forget(visit, person, BY, now)
                after = {"rows": found.total}
                record(connection, by=BY, action="own.forget", about=f"customer:{person}", now=now, after=after)
            said = visit.say("me.forgotten_said", rows=words.number(found.total, visit.locale))
            if found.certificate:
                said += " " + visit.say("me.certificate", name=found.certificate.name)
            return _answer(visit, "told_own.html", title=visit.say("me.forgotten"), said=said)
        except StoreBusy as error:
            wrong = wrong_words(visit, error)
        except InputError:
            wrong = visit.say("customer.wrong.word")
        except StoreError as error:
            LOG.error("An erasure was begun and is not complete: %s", error.code)
            said = visit.say("me.unfinished_said", company=ws.company)
            return _answer(visit, "told_own.html", title=visit.say("me.unfinished"), status=500, said=said)
    counted = customers.forget(ws, person, recorded_at=now, by=BY)
    systems = sorted({one["system"] for one in counted.sources})
    values = {"n": words.number(counted.total, visit.locale), "rows": rows_of(visit, counted), "systems": systems}
    values |= {"to": f"/me/{token}", "wrong": wrong, "typed": field_of(visit, "word")}
    title = visit.say("me.forget_title")
    return _answer(visit, "forget_own.html", title=title, status=422 if wrong else 200, **values)


ROUTES = (own_page, own_held, own_change, own_export, own_receipt, own_forget)
