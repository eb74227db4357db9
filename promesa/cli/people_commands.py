"""people: who has an account and what each may do; from the terminal of whoever runs the service."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from promesa.cli.options import AsJson, Folder, Locale
from promesa.cli.output import print_json, print_table, reported, utc_now
from promesa.errors import UnknownName

if TYPE_CHECKING:
    from collections.abc import Iterable

    from promesa.access import Person, Rights
    from promesa.workspace import Workspace

HERE = Path()
Email = Annotated[str, typer.Argument(metavar="EMAIL", help="The person's e-mail.")]
RoleName = Annotated[str, typer.Option("--role", metavar="ROLE", help="administrator, analyst, owner or viewer.")]
Functions = Annotated[
    list[str] | None,
    typer.Option("--function", metavar="NAME", help="Of an owner: a function of model.toml; may be given again."),
]
PersonalData = Annotated[
    bool, typer.Option("--personal-data", help="May also see and change data that name a customer.")
]

people = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="People of the service: list, invite, change what they may do, lock.",
)


@people.command("list")
@reported
def list_(workspace: Folder = HERE, locale: Locale = None, as_json: AsJson = False) -> None:
    """List the people with their roles."""
    from promesa.database import open_database
    from promesa.workspace import open_workspace

    ws = open_workspace(workspace)
    with open_database(ws) as database:
        from promesa.access import list_people

        with database.begin() as connection:
            found = list_people(connection)
    if as_json:
        print_json({"people": [_document(person) for person in found]})
    else:
        _print_people(found, locale or ws.locale)


def _document(person: Person) -> dict[str, Any]:
    return {
        "person": person.id,
        "email": person.email,
        "name": person.name,
        "role": person.role,
        "functions": list(person.functions),
        "personal_data": person.personal_data,
        "second_factor": person.second_factor,
        "state": _state(person),
        "signed_in_at": person.signed_in_at.isoformat() if person.signed_in_at else None,
    }


def _state(person: Person) -> str:
    if not person.active:
        return "locked"
    return "invited" if person.invited else "active"


def _print_people(found: Iterable[Person], locale: str) -> None:
    from promesa.words import NOT_STATED, day, say

    heads = [
        say(f"access.people.{key}", locale)
        for key in ("email", "name", "role", "functions", "personal_data", "second_factor", "state", "signed_in")
    ]
    rows = [
        [
            person.email,
            person.name,
            say(f"access.role.{person.role}", locale),
            ", ".join(person.functions) or NOT_STATED,
            say(f"access.{'yes' if person.personal_data else 'no'}", locale),
            say(f"access.{'yes' if person.second_factor else 'no'}", locale),
            say(f"access.state.{_state(person)}", locale),
            day(person.signed_in_at, locale) if person.signed_in_at else NOT_STATED,
        ]
        for person in found
    ]
    print_table(say("access.people.title", locale, n=len(rows)), heads, rows)


@people.command()
@reported
def invite(
    email: Email,
    role: RoleName,
    function: Functions = None,
    personal_data: PersonalData = False,
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="What people call them.")] = "",
    workspace: Folder = HERE,
    locale: Locale = None,
    as_json: AsJson = False,
) -> None:
    """Print a link by which a person chooses a password: once, within 24 hours. Also the way back in."""
    from promesa.database import open_database
    from promesa.workspace import open_workspace

    ws = open_workspace(workspace)
    language = locale or ws.locale
    with open_database(ws) as database:
        from promesa.access import TERMINAL
        from promesa.access import invite as ask

        rights = _rights(ws, role, function, personal_data=personal_data)
        with database.begin() as connection:
            token = ask(connection, email, rights=rights, by=TERMINAL, now=utc_now(), name=name, locale=language)
    link = f"{ws.service.address}/invitation/{token}"
    if as_json:
        print_json({"link": link, "hours": 24})
    else:
        from promesa.words import say

        print(say("access.people.invited", language, link=link))


def _rights(ws: Workspace, role: str, functions: list[str] | None, *, personal_data: bool) -> Rights:
    from promesa.access import ROLES, Rights

    for name in functions or ():
        if name not in ws.model.functions:
            raise UnknownName(name, kind="function", known=ws.model.functions)
    if role not in ROLES:
        raise UnknownName(role, kind="role", known=ROLES)
    return Rights(role=role, functions=tuple(functions or ()), personal_data=personal_data).checked()


@people.command()
@reported
def role(
    email: Email,
    name: Annotated[str, typer.Argument(metavar="ROLE", help="administrator, analyst, owner or viewer.")],
    function: Functions = None,
    personal_data: PersonalData = False,
    workspace: Folder = HERE,
    locale: Locale = None,
    as_json: AsJson = False,
) -> None:
    """Give a person other rights: the role, the functions of an owner, personal data. Their sessions end."""
    from promesa.database import open_database
    from promesa.workspace import open_workspace

    ws = open_workspace(workspace)
    with open_database(ws) as database:
        from promesa.access import TERMINAL, change_rights, named_person

        rights = _rights(ws, name, function, personal_data=personal_data)
        with database.begin() as connection:
            person = named_person(connection, email)
            changed = change_rights(connection, person, rights=rights, by=TERMINAL, now=utc_now())
    _tell(changed, locale or ws.locale, as_json=as_json)


@people.command()
@reported
def lock(email: Email, workspace: Folder = HERE, locale: Locale = None, as_json: AsJson = False) -> None:
    """Shut an account at once: sessions, tokens and links stop working, the history stays."""
    _switch(email, workspace, locale, as_json=as_json, lock=True)


@people.command()
@reported
def unlock(email: Email, workspace: Folder = HERE, locale: Locale = None, as_json: AsJson = False) -> None:
    """Open an account again, and forget its failed attempts to sign in."""
    _switch(email, workspace, locale, as_json=as_json, lock=False)


def _switch(email: str, workspace: Path, locale: str | None, *, as_json: bool, lock: bool) -> None:
    from promesa.database import open_database
    from promesa.workspace import open_workspace

    ws = open_workspace(workspace)
    with open_database(ws) as database:
        from promesa.access import TERMINAL, access_key, forget_attempts, lock_person, named_person, unlock_person

        with database.begin() as connection:
            person = named_person(connection, email)
            if lock:
                lock_person(connection, person, by=TERMINAL, now=utc_now())
            else:
                unlock_person(connection, person, by=TERMINAL, now=utc_now())
                forget_attempts(connection, access_key(ws), person)
            person = named_person(connection, email)
    _tell(person, locale or ws.locale, as_json=as_json)


def _tell(person: Person, locale: str, *, as_json: bool) -> None:
    if as_json:
        print_json(_document(person))
    else:
        _print_people([person], locale)
