"""Customers: search, one customer, what is changed about them, the way to their own page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import PathParameter
from litestar.response import Redirect

from promesa import customers, words
from promesa.access import list_people, record
from promesa.errors import InputError, NothingLoaded, PromesaError, StoreBusy
from promesa.web import customer_reading as reading
from promesa.web.account_page import back, gate_of
from promesa.web.customer_changes import CHANGES, field_of, forget, why_not
from promesa.web.customer_time import time_line
from promesa.web.gate import asking, utc_now
from promesa.web.rendering import Asked, page
from promesa.web.standing import is_linked, is_loaded

if TYPE_CHECKING:
    from promesa.web.rendering import Visit

NUMBER = Annotated[int, PathParameter()]
SEE, CHANGE = asking("see_personal_data"), asking("change_personal_data")
_DAYS = 7
_SHOWN = 200
"""Persons of a search that are listed."""


def private(visit: Visit, template: str, *, title: str, status: int = 200, **values: Any) -> Response[str]:
    """Return a page with personal data: nothing between here and the reader keeps it."""
    shown = page(visit, template, title=title, status=status, **values)
    shown.headers["Cache-Control"] = "no-store"
    return shown


def by_of(visit: Visit) -> str:
    """Return who acts, as the audit log and the store name them."""
    assert visit.person is not None  # noqa: S101 (the gate lets nobody else through)
    return visit.person.actor


@get("/customers", opt=SEE, sync_to_thread=True)
def search(visit: Asked) -> Response[str]:
    """Show the search, and how many persons there are behind the records."""
    return _search(visit)


def _search(visit: Visit, *, status: int = 200, **values: Any) -> Response[str]:
    counts = _counts(visit)
    missing = "" if counts else _missing(visit)
    shown = {"found": None, "nobody": False, "counts": counts, "missing": missing, **values}
    return private(visit, "customers.html", title=visit.say("place.customers"), status=status, **shown)


def _missing(visit: Visit) -> str:
    """Return what keeps the search from finding one page a person: ``load`` or ``link``; nothing if neither does."""
    ws = visit.site.workspace
    return "load" if not is_loaded(ws) else "link" if not is_linked(ws) else ""


def _counts(visit: Visit) -> dict[str, str]:
    """Return records, persons and pairs that wait, as the newest analysis counted them."""
    snapshot = visit.site.snapshot()
    if snapshot is None:
        return {}
    rows = visit.site.content(snapshot, visit.locale).rows("identity")
    sums: dict[str, float] = {}
    for row in rows:
        if row.get("measure") in {"records", "all_persons", "waiting"} and row.get("estimate") is not None:
            sums[str(row["measure"])] = sums.get(str(row["measure"]), 0) + float(str(row["estimate"]))
    return {name: words.number(value, visit.locale) for name, value in sums.items()} if sums.get("records") else {}


@post("/customers/find", opt=SEE, status_code=200, sync_to_thread=True)
def find(visit: Asked) -> Response[Any]:
    """Look for persons; what is looked for stands in no address and no log."""
    try:
        found = customers.candidates(visit.site.workspace, field_of(visit, "who")[:300])
    except NothingLoaded:
        return _search(visit)
    except InputError:
        return _search(visit, nobody=True)
    if len(found) == 1:
        return Redirect(f"/customers/{found[0]['person']}", status_code=303)
    shown = words.number(_SHOWN, visit.locale) if len(found) > _SHOWN else ""
    return _search(visit, found=found[:_SHOWN], n=words.number(len(found), visit.locale), shown=shown)


@get("/customers/{number:int}", opt=SEE, sync_to_thread=True)
def customer(visit: Asked, number: NUMBER) -> Response[Any]:
    """Show one person: who, what was lived, said, bought, allowed and sent."""
    ws = visit.site.workspace
    person = reading.known_number(ws, number)
    if person != number:
        asked = visit.request.url.query
        return Redirect(f"/customers/{person}" + (f"?{asked}" if asked else ""))
    return _customer(visit, person)


def _names(visit: Visit) -> dict[str, str]:
    """Return what people with an account are called, by how the store names who decides."""
    with gate_of(visit).database.begin() as connection:
        return {one.actor: one.name for one in list_people(connection)}


def _customer(
    visit: Visit, person: int, *, status: int = 200, wrong: str | None = None, change: str = ""
) -> Response[Any]:
    ws, asked = visit.site.workspace, visit.request.query_params.get("page", "1")
    at = int(asked) if asked.isdecimal() and 0 < len(asked) < 6 else 1
    view, events, pages = reading.seen(ws, person, max(1, at))
    telling = customers.Telling(view, ws, visit.locale, cut=None)
    standing, history = reading.consent_tables(telling)
    said = visit.request.query_params.get("said", "")
    return private(
        visit,
        "customer.html",
        title=telling.say("title", person=person),
        status=status,
        wrong=wrong,
        change=change,
        typed=visit.form if change else {},
        said=visit.say(f"customer.said.{said}") if said in CHANGES else None,
        view=view,
        telling=telling,
        profile=reading.profile_table(telling),
        records=reading.record_table(telling),
        links=reading.link_table(telling, _names(visit)),
        totals=reading.total_table(telling),
        events=reading.event_table(telling, events, visit.say("customer.events")),
        line=time_line(visit, events, telling),
        standing=standing,
        history=history,
        sent=reading.sent_table(telling),
        fields=[(field, telling.label(field)) for field in fields_of(visit)],
        at=at,
        pages=pages,
        may_change=visit.may("change_personal_data"),
    )


def fields_of(visit: Visit) -> list[str]:
    """Return the fields that can be corrected."""
    model = visit.site.workspace.model
    built_in = ("name", "email", "phone", "document", "address", "birth_date")
    return [*built_in, *(name for name in (*model.identifiers, *model.traits) if name not in built_in)]


@post("/customers/{number:int}/{change:str}", opt=CHANGE, status_code=200, sync_to_thread=True)
def change(visit: Asked, number: NUMBER, change: Annotated[str, PathParameter()]) -> Response[Any]:
    """Make a change, tell the audit log, and go back to the page."""
    person = reading.known_number(visit.site.workspace, number)
    if change not in CHANGES:
        raise NotFoundException
    by, now = by_of(visit), utc_now()
    try:
        with gate_of(visit).database.begin() as connection:
            what = CHANGES[change](visit, person, by, now)
            after = {"what": what} if what else None
            record(connection, by=by, action=f"customer.{change}", about=f"customer:{person}", now=now, after=after)
    except PromesaError as error:
        return _customer(visit, person, status=422, wrong=why_not(visit, error, change), change=change)
    return back(f"/customers/{person}", said=change)


@post("/customers/{number:int}/export", opt=SEE, status_code=200, sync_to_thread=True)
def export(visit: Asked, number: NUMBER) -> Response[bytes]:
    """Give everything held on a person as one file."""
    person, now = reading.known_number(visit.site.workspace, number), utc_now()
    with gate_of(visit).database.begin() as connection:
        packed = reading.export_zip(visit.site.workspace, person, now=now)
        record(connection, by=by_of(visit), action="customer.export", about=f"customer:{person}", now=now)
    return as_zip(packed, f"customer-{person}.zip")


def as_zip(packed: bytes, name: str) -> Response[bytes]:
    """Return a file to be saved and not kept on the way."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(packed, media_type="application/zip", headers=headers)


@post("/customers/{number:int}/link", opt=CHANGE, status_code=200, sync_to_thread=True)
def link(visit: Asked, number: NUMBER) -> Response[str]:
    """Make the link to the customer's own page and show it once."""
    ws, now = visit.site.workspace, utc_now()
    person = reading.known_number(ws, number)
    with gate_of(visit).database.begin() as connection:
        made = customers.make_own_link(ws, person, days=_DAYS, now=now)
        after = {"until": made.until.isoformat()}
        record(connection, by=by_of(visit), action="customer.link", about=f"customer:{person}", now=now, after=after)
    address = f"{ws.service.address}{made.path}"
    title = visit.say("customer.link_title")
    return private(visit, "customer_link.html", title=title, address=address, person=person, until=made.until)


@get("/customers/{number:int}/forget", opt=CHANGE, sync_to_thread=True)
def ask_forget(visit: Asked, number: NUMBER) -> Response[str]:
    """Say what would be erased, and ask for the word."""
    return _ask_forget(visit, reading.known_number(visit.site.workspace, number))


def _ask_forget(visit: Visit, person: int, *, status: int = 200, wrong: str | None = None) -> Response[str]:
    found = customers.forget(visit.site.workspace, person, recorded_at=utc_now(), by=by_of(visit))
    title = visit.say("customer.forget_title", person=person)
    to = f"/customers/{person}"
    return private(
        visit, "forget.html", title=title, status=status, wrong=wrong, found=found, to=to, rows=rows_of(visit, found)
    )


def rows_of(visit: Visit, found: customers.Erasure) -> list[tuple[str, str]]:
    """Return what an erasure counts, table by table, in words."""
    rows: list[tuple[str, str]] = []
    for row in found.rows():
        key = f"customers.table.{row['table']}"
        name = words.say_or(key, visit.locale, otherwise=str(row["table"]))
        rows.append((name, words.number(int(str(row["rows"])), visit.locale)))
    return rows


@post("/customers/{number:int}/forget/now", opt=CHANGE, status_code=200, sync_to_thread=True)
def do_forget(visit: Asked, number: NUMBER) -> Response[str]:
    """Erase a person for good and show the certificate."""
    person, by, now = reading.known_number(visit.site.workspace, number), by_of(visit), utc_now()
    try:
        with gate_of(visit).database.begin() as connection:
            found = forget(visit, person, by, now)
            after = {"rows": found.total}
            record(connection, by=by, action="customer.forget", about=f"customer:{person}", now=now, after=after)
    except StoreBusy as error:
        return _ask_forget(visit, person, status=503, wrong=why_not(visit, error, "forget"))
    except InputError as error:
        return _ask_forget(visit, person, status=422, wrong=why_not(visit, error, "forget"))
    title = visit.say("customer.forgotten")
    name = found.certificate.name if found.certificate else ""
    return private(visit, "certificate.html", title=title, found=found, certificate=name, rows=rows_of(visit, found))


ROUTES = (search, find, customer, change, export, link, ask_forget, do_forget)
