"""Settings: people and their rights, write keys of the intake, the audit log."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, cast

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import PathParameter
from litestar.response import Redirect, Stream

from promesa import words
from promesa.access import (
    PERMISSIONS,
    RIGHTS,
    ROLES,
    SERVICE,
    TERMINAL,
    Person,
    Rights,
    Role,
    access_key,
    audit_entries,
    change_rights,
    find_entries,
    forget_attempts,
    invite,
    list_keys,
    list_people,
    lock_person,
    make_key,
    may,
    named_person,
    person_of,
    remove_second_factor,
    revoke_key,
    rotate_key,
    unlock_person,
    verify_audit,
)
from promesa.errors import AuditBroken, InputError, PromesaError, UnknownName
from promesa.web.account_page import (
    answer,
    back,
    gate_of,
    said_of,
    say,
    sure,
    text_of,
    texts_of,
    wrong_field,
    wrong_words,
)
from promesa.web.gate import SIGNED_IN, asking, utc_now
from promesa.web.own_pages import BY as CUSTOMER
from promesa.web.rendering import Asked  # noqa: TC001 - read when the application is put together
from promesa.web.sign_in_pages import mail_link
from promesa.workspace import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promesa.access import AuditEntry, Permission
    from promesa.web.gate import Gate
    from promesa.web.rendering import Visit

PARTS: tuple[tuple[str, str, Permission], ...] = (
    ("people", "/settings/people", "manage_people"),
    ("keys", "/settings/keys", "manage_keys"),
    ("webhooks", "/settings/webhooks", "manage_webhooks"),
    ("audit", "/settings/audit", "read_audit"),
)
_SAID_PEOPLE = ("rights", "locked", "unlocked", "factor_off", "mailed")
_SAID_KEYS = ("key_revoked",)
_ENTRIES = 100


def parts_of(visit: Visit) -> list[tuple[str, str]]:
    """Return the parts of the settings that a reader may see: name, address."""
    return [(name, address) for name, address, needed in PARTS if may(visit.person, needed)]


@get("/settings", opt=SIGNED_IN, sync_to_thread=False)
def settings(visit: Asked) -> Redirect:
    """Go to the first part of the settings that the reader may see; to the own account when there is none."""
    parts = parts_of(visit)
    return Redirect(parts[0][1] if parts else "/account")


# --- people ---------------------------------------------------------------------------------------------------------


@get("/settings/people", opt=asking("manage_people"), sync_to_thread=True)
def people_page(visit: Asked) -> Response[Any]:
    """Show everybody with an account, and what each role may do."""
    return _people(visit)


def _people(visit: Visit, *, status: int = 200, wrong: str | None = None, field: str = "") -> Response[Any]:
    with gate_of(visit).database.begin() as connection:
        everybody = list_people(connection)
    model = visit.site.workspace.model
    return answer(
        visit,
        "people.html",
        title="people.page",
        status=status,
        wrong=wrong,
        field=field,
        sent=visit.form if field else {},
        said=said_of(visit, _SAID_PEOPLE),
        parts=parts_of(visit),
        people=everybody,
        roles=ROLES,
        functions={name: function.label.in_locale(visit.locale) for name, function in model.functions.items()},
        permissions=PERMISSIONS,
        rights=RIGHTS,
    )


def _rights(visit: Visit) -> Rights:
    functions = texts_of(visit, "function") if text_of(visit, "role") == "owner" else ()
    for name in functions:
        if name not in visit.site.workspace.model.functions:
            raise UnknownName(name, kind="function", known=visit.site.workspace.model.functions)
    role = cast("Role", text_of(visit, "role"))
    return Rights(role=role, functions=functions, personal_data=text_of(visit, "personal_data") == "yes").checked()


@post("/settings/people/invite", opt=asking("manage_people"), status_code=200, sync_to_thread=True)
def invite_form(visit: Asked) -> Response[Any]:
    """Invite somebody: by mail where there is a mail server, else by a link shown once."""
    email, by, ws = text_of(visit, "email"), _actor(visit), visit.site.workspace
    try:
        with gate_of(visit).database.begin() as connection:
            name, rights = text_of(visit, "name"), _rights(visit)
            token = invite(connection, email, rights=rights, by=by, now=utc_now(), name=name, locale=ws.locale)
            person = named_person(connection, email)
    except PromesaError as error:
        field, wrong = _wrong_invitation(visit, error)
        return _people(visit, status=422, wrong=wrong, field=field)
    path = f"/invitation/{token}"
    if ws.service.mail is not None and mail_link(
        visit, "invitation", person.email, name=person.name, path=path, locale=person.locale
    ):
        return back("/settings/people", said="mailed")
    link = f"{ws.service.address}{path}"
    return answer(visit, "once.html", title="people.link", kind="link", shown=[link], to="/settings/people")


def _wrong_invitation(visit: Visit, error: PromesaError) -> tuple[str, str]:
    """Return the field that an invitation fails by, and why."""
    if not isinstance(error, InputError) or isinstance(error, UnknownName):
        return "role-new", wrong_words(visit, error)
    if text_of(visit, "role") == "owner" and not texts_of(visit, "function"):
        return "role-new", say(visit, "wrong.rights")
    field = wrong_field(email=text_of(visit, "email"), name=text_of(visit, "name") or "-")
    return field or "email", say(visit, f"wrong.{field or 'locked'}")


def _actor(visit: Visit) -> str:
    assert visit.person is not None  # noqa: S101 (the gate lets nobody else through)
    return visit.person.actor


@post("/settings/people/{number:int}/{change:str}", opt=asking("manage_people"), status_code=200, sync_to_thread=True)
def person_form(
    visit: Asked, number: Annotated[int, PathParameter()], change: Annotated[str, PathParameter()]
) -> Response[Any]:
    """Change what somebody may do, lock or unlock, or take off a second factor that was lost."""
    if change not in {"rights", "lock", "unlock", "factor-off"}:
        raise NotFoundException
    gate = gate_of(visit)
    try:
        with gate.database.begin() as connection:
            person = person_of(connection, number) if number < 2**63 else None
            if person is None:
                raise NotFoundException
            if change == "lock" and person.active:
                action, to = f"/settings/people/{number}/lock", "/settings/people"
                if (asked := sure(visit, "lock", action, to=to, about=person.name)) is not None:
                    return asked
            said = _change(visit, connection, person, change)
    except PromesaError as error:
        told = change == "rights" and type(error) is InputError
        return _people(visit, status=422, wrong=say(visit, "wrong.rights") if told else wrong_words(visit, error))
    return back("/settings/people", said=said)


def _change(visit: Visit, connection: Any, person: Person, change: str) -> str:
    by, now = _actor(visit), utc_now()
    if change == "rights":
        change_rights(connection, person, rights=_rights(visit), by=by, now=now)
        return "rights"
    if change == "lock":
        lock_person(connection, person, by=by, now=now)
        return "locked"
    if change == "unlock":
        unlock_person(connection, person, by=by, now=now)
        forget_attempts(connection, access_key(visit.site.workspace), person)
        return "unlocked"
    remove_second_factor(connection, person, by=by, now=now)
    return "factor_off"


# --- write keys -----------------------------------------------------------------------------------------------------


@get("/settings/keys", opt=asking("manage_keys"), sync_to_thread=True)
def keys_page(visit: Asked) -> Response[Any]:
    """Show the write keys of the intake."""
    return _keys(visit)


def _keys(visit: Visit, *, status: int = 200, wrong: str | None = None, field: str = "") -> Response[Any]:
    with gate_of(visit).database.begin() as connection:
        keys = list_keys(connection, now=utc_now())
    return answer(
        visit,
        "keys.html",
        title="keys.page",
        status=status,
        wrong=wrong,
        field=field,
        sent=visit.form if field else {},
        said=said_of(visit, _SAID_KEYS),
        parts=parts_of(visit),
        keys=keys,
        tables={name: words.say(f"customers.table.{name}", visit.locale) for name in TABLES},
        sources=tuple(visit.site.workspace.sources),
    )


@post("/settings/keys/{change:str}", opt=asking("manage_keys"), status_code=200, sync_to_thread=True)
def key_form(visit: Asked, change: Annotated[str, PathParameter()]) -> Response[Any]:
    """Make, rotate or revoke a write key; a secret is shown once."""
    if change not in {"make", "rotate", "revoke"}:
        raise NotFoundException
    by, name, now = _actor(visit), text_of(visit, "name"), utc_now()
    if change == "revoke":
        asked = sure(visit, "key", "/settings/keys/revoke", to="/settings/keys", about=name, name=name)
        if asked is not None:
            return asked
    try:
        with gate_of(visit).database.begin() as connection:
            if change == "revoke":
                revoke_key(connection, name, by=by, now=now)
                return back("/settings/keys", said="key_revoked")
            if change == "rotate":
                secret = rotate_key(connection, name, by=by, now=now)
            else:
                secret = make_key(connection, name, by=by, now=now, **_scopes(visit))
    except PromesaError as error:
        if change != "make" or isinstance(error, UnknownName):
            return _keys(visit, status=422, wrong=wrong_words(visit, error))
        field = _wrong_key(visit)
        return _keys(visit, status=422, wrong=say(visit, f"wrong.key_{field}"), field=f"key-{field}")
    return answer(visit, "once.html", title="keys.secret", kind="key", shown=[secret], to="/settings/keys")


def _wrong_key(visit: Visit) -> str:
    """Return the field that a new key fails by."""
    rate = text_of(visit, "rate")
    if rate and not (rate.isdecimal() and len(rate) < 9 and int(rate)):
        return "rate"
    return "name" if texts_of(visit, "table") or text_of(visit, "source") else "tables"


def _scopes(visit: Visit) -> dict[str, Any]:
    """Return what a new key may write: names of the workspace only."""
    tables, source, rate = texts_of(visit, "table"), text_of(visit, "source"), text_of(visit, "rate")
    for table in tables:
        if table not in TABLES:
            raise UnknownName(table, kind="table", known=TABLES)
    if source and source not in visit.site.workspace.sources:
        raise UnknownName(source, kind="source", known=visit.site.workspace.sources)
    if rate and not (rate.isdecimal() and len(rate) < 9):
        raise InputError(
            what="The rate is not a number.", got="letters", expected="events a second", fix="write it like 1000"
        )
    return {"tables_": tables, "source": source or None, "rate": int(rate) if rate else None}


# --- audit log ------------------------------------------------------------------------------------------------------


@get("/settings/audit", opt=asking("read_audit"), sync_to_thread=True)
def audit_page(visit: Asked) -> Response[Any]:
    """Show the audit log, newest first, by who, what and day."""
    asked = visit.request.query_params
    wanted: dict[str, Any] = {key: str(asked.get(key, "")) for key in ("actor", "action", "since", "until")}
    since, until = _day(wanted["since"]), _day(wanted["until"])
    last = str(asked.get("before", ""))
    with gate_of(visit).database.begin() as connection:
        entries = find_entries(
            connection,
            actor=wanted["actor"] or None,
            action=wanted["action"] or None,
            since=since,
            until=until + timedelta(days=1) if until else None,
            before_number=int(last) if last.isdecimal() and len(last) < 18 else None,
            limit=_ENTRIES,
        )
        names = {person.actor: person.name for person in list_people(connection)}
        names |= {actor: say(visit, f"actor.{actor}") for actor in (TERMINAL, SERVICE, CUSTOMER)}
        try:
            verified, broken = (verify_audit(connection), None) if "verify" in asked else (None, None)
        except AuditBroken as error:
            verified, broken = None, error
    return answer(
        visit,
        "audit.html",
        title="audit.page",
        wrong=f"{wrong_words(visit, broken)} {words.error_text(broken.what, visit.locale)}" if broken else None,
        parts=parts_of(visit),
        entries=entries,
        names=names,
        wanted=wanted,
        more=entries[-1].number if len(entries) == _ENTRIES else None,
        verified=verified,
        done=lambda action: _of(visit, "of", action.replace(".", "_").replace("-", "_")),
        thing=lambda kind: _of(visit, "thing", kind),
        as_text=lambda value: "" if value is None else json.dumps(value, ensure_ascii=False),
    )


def _of(visit: Visit, group: str, name: str) -> str:
    """Return what people call what an entry is of; nothing where nobody calls it anything."""
    key = f"access.audit.{group}.{name}"
    return words.say_or(key, visit.locale, otherwise="")


def _day(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y-%m-%d") if text else None  # noqa: DTZ007 (a day of UTC)
    except ValueError:
        return None


@get("/settings/audit.csv", opt=asking("read_audit"), sync_to_thread=True)
def audit_file(visit: Asked) -> Stream:
    """Give the whole log as CSV."""
    headers = {"Content-Disposition": 'attachment; filename="audit.csv"', "Cache-Control": "no-store"}
    return Stream(_lines(gate_of(visit)), media_type="text/csv", headers=headers)


def _lines(gate: Gate) -> Iterator[str]:
    yield "number,at,actor,action,object,before,after,hash\n"
    with gate.database.begin() as connection:
        for entry in audit_entries(connection):
            yield _line(entry)


def _line(entry: AuditEntry) -> str:
    out = io.StringIO()
    told = [json.dumps(value, ensure_ascii=False) if value else "" for value in (entry.before, entry.after)]
    at = entry.at.isoformat(timespec="microseconds")
    csv.writer(out, lineterminator="\n").writerow(
        [entry.number, at, entry.actor, entry.action, entry.object, *told, entry.hash]
    )
    return out.getvalue()


ROUTES = (
    settings,
    people_page,
    invite_form,
    person_form,
    keys_page,
    key_form,
    audit_page,
    audit_file,
)
