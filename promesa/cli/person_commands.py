"""Commands of the group `customer` about one person: view, find, consent, receipt, may, export, correct."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from promesa.cli.options import AsJson, AsOf, Folder, Locale
from promesa.cli.output import print_json, print_table, reported, utc_now
from promesa.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from promesa.workspace import Workspace

HERE = Path()
Who = Annotated[
    str,
    typer.Argument(
        metavar="ID", help="system:key, a number, an e-mail, a phone, a document, another identifier or a name."
    ),
]
Purpose = Annotated[str, typer.Option("--purpose", metavar="NAME", help="A purpose of [consents] in model.toml.")]
By = Annotated[str | None, typer.Option("--by", metavar="NAME", help="Who records it.")]


@reported
def view(
    who: Who,
    workspace: Folder = HERE,
    as_of: AsOf = None,
    everything: Annotated[bool, typer.Option("--all", help="Show every event, however many.")] = False,
    locale: Locale = None,
    as_json: AsJson = False,
) -> None:
    """Show one person: profile, records, links, journeys, money, consents, what was sent."""
    from promesa.cli.customer_tables import print_view
    from promesa.customers import NEWEST
    from promesa.customers import view as see
    from promesa.workspace import open_workspace

    ws = open_workspace(workspace)
    found = see(ws, who, as_of=as_of, newest=None if everything else NEWEST)
    if as_json:
        print_json(found.to_document())
    else:
        print_view(found, ws, locale or ws.locale)


@reported
def find(
    who: Annotated[
        str, typer.Argument(metavar="TEXT", help="system:key, a number, an e-mail, a phone, a document or a name.")
    ],
    workspace: Folder = HERE,
    as_of: AsOf = None,
    locale: Locale = None,
    as_json: AsJson = False,
) -> None:
    """Find persons by number, key, e-mail, phone, document or name; others' data is masked."""
    from promesa import words
    from promesa.customers import candidates
    from promesa.workspace import open_workspace

    ws = open_workspace(workspace)
    found = candidates(ws, who, as_of=as_of)
    if as_json:
        print_json({"persons": found})
        return
    language = locale or ws.locale
    key = "one" if len(found) == 1 else "several"
    columns = [words.say(f"customers.find.{name}", language) for name in ("person", "hint", "systems")]
    rows = [[str(row["person"]), str(row["hint"]), str(row["systems"])] for row in found]
    print_table(words.say(f"customers.find.{key}", language, n=len(found)), columns, rows)


@reported
def consent(
    who: Who,
    purpose: Purpose,
    give: Annotated[bool, typer.Option("--give", help="The customer says yes.")] = False,
    withdraw: Annotated[bool, typer.Option("--withdraw", help="The customer says no, from now on.")] = False,
    notice: Annotated[
        str | None, typer.Option(help="Version of the notice shown; the purpose's own if not given.")
    ] = None,
    channel: Annotated[str | None, typer.Option(help="Where it was said.")] = None,
    until: Annotated[str | None, typer.Option(metavar="DAY", help="Last day of the yes.")] = None,
    by: By = None,
    workspace: Folder = HERE,
    locale: Locale = None,
    as_json: AsJson = False,
) -> None:
    """Record a customer's yes or no to a purpose."""
    from promesa import customers
    from promesa.store import resolve_instant
    from promesa.workspace import open_workspace

    if give == withdraw or (withdraw and (until or notice)):
        raise InputError(
            what="A consent is given or withdrawn.",
            got="both or neither" if give == withdraw else "a notice or an end of a no",
            expected="--give (with --notice, --until if wanted) or --withdraw",
            fix="say one of the two",
        )
    ws, now = open_workspace(workspace), utc_now()
    if give:
        end = resolve_instant(until, ws.time_zone)
        person = customers.give(ws, who, purpose, recorded_at=now, notice=notice, channel=channel, until=end, by=by)
    else:
        person = customers.withdraw(ws, who, purpose, recorded_at=now, channel=channel, by=by)
    _tell_consent(ws, person, purpose, given=give, now=now, locale=locale, as_json=as_json)


def _tell_consent(
    ws: Workspace, person: int, purpose: str, *, given: bool, now: datetime, locale: str | None, as_json: bool
) -> None:
    from promesa import words
    from promesa.customers import as_document, may

    if as_json:
        print_json(as_document(may(ws, person, purpose, as_of=now.replace(tzinfo=UTC))))
        return
    key = "given" if given else "withdrawn"
    language = locale or ws.locale
    instant = words.instant(now.replace(tzinfo=UTC), ws.time_zone, language)
    print(words.say(f"customers.consent.{key}", language, person=person, purpose=purpose, instant=instant))


@reported
def may(
    who: Who,
    purpose: Purpose,
    workspace: Folder = HERE,
    as_of: AsOf = None,
    locale: Locale = None,
    as_json: AsJson = False,
) -> None:
    """Tell whether a customer's data may be used for a purpose, now or at the close of a day."""
    from promesa import words
    from promesa.customers import as_document
    from promesa.customers import may as ask
    from promesa.workspace import open_workspace

    ws = open_workspace(workspace)
    found = ask(ws, _one(ws, who), purpose, as_of=as_of or datetime.now(UTC))
    if as_json:
        print_json(as_document(found))
        return
    language = locale or ws.locale
    answer = "yes" if found.allowed else "no"
    print(words.say(f"customers.may.{answer}", language, purpose=purpose, person=found.person))
    print(words.say("customers.may.because", language, reason=words.say(f"customers.may.{found.reason}", language)))


@reported
def receipt(who: Who, purpose: Purpose, workspace: Folder = HERE, as_of: AsOf = None, as_json: AsJson = False) -> None:
    """Print the receipt of a consent (JSON, by the fields of ISO/IEC TS 27560)."""
    import json

    from promesa.customers import receipt as written
    from promesa.workspace import open_workspace

    ws = open_workspace(workspace)
    document = written(ws, _one(ws, who), purpose, as_of=as_of or datetime.now(UTC))
    if as_json:
        print_json(document)
    else:
        print(json.dumps(document, ensure_ascii=False, indent=2))


@reported
def export(
    who: Who,
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="To be made, or empty.")],
    workspace: Folder = HERE,
    as_of: AsOf = None,
    locale: Locale = None,
    as_json: AsJson = False,
) -> None:
    """Write everything held on a person: JSON, CSV and a page to read."""
    from promesa import words
    from promesa.customers import export as write
    from promesa.workspace import open_workspace

    ws = open_workspace(workspace)
    found = write(ws, who, folder, recorded_at=utc_now(), as_of=as_of)
    if as_json:
        print_json(found.to_document())
        return
    language = locale or ws.locale
    counted = {
        "rows": words.number(sum(found.rows.values()), language),
        "tables": words.number(sum(rows > 0 for rows in found.rows.values()), language),
    }
    print(words.say("customers.export.done", language, folder=found.folder, **counted))


@reported
def correct(
    who: Who,
    change: Annotated[list[str], typer.Option("--set", metavar="FIELD=VALUE", help="Right value; may be repeated.")],
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who corrects.")],
    workspace: Folder = HERE,
    locale: Locale = None,
    as_json: AsJson = False,
) -> None:
    """Record the right value of what is held on a person; it goes before what systems say."""
    from promesa import words
    from promesa.customers import as_document
    from promesa.customers import correct as record
    from promesa.workspace import open_workspace

    if any("=" not in text for text in change):
        raise InputError(
            what="A correction cannot be read.",
            got="a --set without an equals sign",
            expected="--set field=value",
            fix="write the field, an equals sign and the right value",
        )
    ws = open_workspace(workspace)
    changes = {field.strip(): value for field, _, value in (text.partition("=") for text in change)}
    found = record(ws, who, changes=changes, by=by, recorded_at=utc_now())
    if as_json:
        print_json(as_document(found))
    else:
        fields = ", ".join(found.fields)
        print(words.say("customers.correct.done", locale or ws.locale, person=found.person, fields=fields))


@reported
def own_link(
    who: Who,
    days: Annotated[int, typer.Option("--days", metavar="N", help="How long it works: 1 to 90 days.")] = 7,
    take_back: Annotated[bool, typer.Option("--take-back", help="Make none; end all those handed out so far.")] = False,
    workspace: Folder = HERE,
    locale: Locale = None,
    as_json: AsJson = False,
) -> None:
    """Make the link to a customer's own page; whoever has it is taken for the customer."""
    from promesa import words
    from promesa.customers import make_own_link, take_back_own_links
    from promesa.workspace import open_workspace

    ws = open_workspace(workspace)
    if take_back:
        person = take_back_own_links(ws, who, by="terminal", now=utc_now())
        if as_json:
            print_json({"person": person, "taken_back": True})
        else:
            print(words.say("customers.link.taken_back", locale or ws.locale, person=person))
        return
    made = make_own_link(ws, who, days=days, now=utc_now())
    address = f"{ws.service.address}{made.path}"
    if as_json:
        print_json({"person": made.person, "address": address, "until": made.until.isoformat()})
        return
    language = locale or ws.locale
    until = words.instant(made.until.replace(tzinfo=UTC), ws.time_zone, language)
    print(address)
    print(words.say("customers.link.made", language, person=made.person, until=until))


def _one(ws: Workspace, who: str) -> int:
    """Return the number of the one person whom a text means now."""
    from promesa.customers import number_of

    return number_of(ws, who)


COMMANDS: dict[str, Callable[..., None]] = {
    "view": view,
    "find": find,
    "consent": consent,
    "may": may,
    "receipt": receipt,
    "export": export,
    "correct": correct,
    "link": own_link,
}
