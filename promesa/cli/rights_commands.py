"""customer forget, pause, resume, retain: the customer's own control, and what the company keeps no longer."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from promesa.cli.asking import confirm
from promesa.cli.options import Apply, AsJson, Folder, Locale, Yes
from promesa.cli.output import print_json, print_table, progress_of, reported, utc_now

if TYPE_CHECKING:
    from collections.abc import Callable

    from promesa.customers import Erasure, Retention

HERE = Path()
Who = Annotated[
    str, typer.Argument(metavar="ID", help="system:key, a number that promesa shows, an e-mail, a phone, a document.")
]
By = Annotated[str, typer.Option("--by", metavar="NAME", help="Who asks for it; stands in what is kept of it.")]


@reported
def forget(
    who: Who,
    workspace: Folder = HERE,
    apply: Apply = False,
    yes: Yes = False,
    by: By = "",
    locale: Locale = None,
    as_json: AsJson = False,
) -> None:
    """Count what is held on a person; with --apply, erase it from every file, for good."""
    from promesa.customers import forget as run
    from promesa.words import say
    from promesa.workspace import open_workspace

    ws = open_workspace(workspace)
    language = locale or ws.locale
    if apply:
        _confirm(say("customers.rights.word", language), language, yes=yes, by=by)
    with progress_of("Looking") as step:
        found = run(ws, who, recorded_at=utc_now(), by=by, dry_run=not apply, progress=step)
    if as_json:
        print_json(found.to_document())
        return
    _print_erasure(found, who, language)


def _print_erasure(found: Erasure, who: str, language: str) -> None:
    from promesa.words import number, say

    columns = [say(f"customers.rights.{key}", language) for key in ("table", "rows", "of")]
    rows = [
        [str(row["table"]), number(int(str(row["rows"])), language), number(int(str(row["before"])), language)]
        for row in found.rows()
    ]
    print_table(None, columns, rows, right={1, 2})
    if found.not_included:
        listed = ", ".join(str(customer) for customer in found.not_included)
        print(say("customers.rights.not_included", language, customers=listed))
    if found.sources:
        print(say("customers.rights.sources_title", language))
        for source in found.sources:
            print(f"  {say('customers.rights.source', language, **source)}")
    if found.notes.get("figures_withheld"):
        print(say("customers.rights.withheld", language, rows=number(found.notes["figures_withheld"], language)))
    print(found.summary(language))
    if found.certificate:
        print(say("customers.rights.certificate", language, path=found.certificate))
    else:
        print(say("customers.rights.how", language, who=who))


def _confirm(word: str, language: str, *, yes: bool, by: str) -> None:
    """Let nothing be removed that nobody answers for, or that nobody meant."""
    from promesa.errors import InputError
    from promesa.words import say

    if not by:
        raise InputError(
            what="It is not said who asks for it.",
            got="--apply without --by",
            expected="--by NAME; it stands in the certificate",
            fix="add --by and a name",
        )
    asked, otherwise = (say(f"customers.rights.{key}", language, word=word) for key in ("prompt", "not_typed"))
    confirm(word, asked=asked, otherwise=otherwise, yes=yes)


@reported
def pause(who: Who, workspace: Folder = HERE, by: By = "", locale: Locale = None, as_json: AsJson = False) -> None:
    """Keep a person's data and use it no more."""
    from promesa.customers import pause as run

    _set_pause(run, who, workspace, by=by, locale=locale, as_json=as_json)


@reported
def resume(who: Who, workspace: Folder = HERE, by: By = "", locale: Locale = None, as_json: AsJson = False) -> None:
    """Use a paused person's data again."""
    from promesa.customers import resume as run

    _set_pause(run, who, workspace, by=by, locale=locale, as_json=as_json)


def _set_pause(
    run: Callable[..., Any], who: str, workspace: Path, *, by: str, locale: str | None, as_json: bool
) -> None:
    from promesa.workspace import open_workspace

    ws = open_workspace(workspace)
    outcome = run(ws, who, by=by or getpass.getuser(), recorded_at=utc_now())
    if as_json:
        print_json(outcome.to_document())
    else:
        print(outcome.summary(locale or ws.locale))


@reported
def retain(
    workspace: Folder = HERE,
    apply: Apply = False,
    yes: Yes = False,
    by: By = "",
    locale: Locale = None,
    as_json: AsJson = False,
) -> None:
    """Count what is older than the company keeps it; with --apply, remove it for good."""
    from promesa.customers import retain as run
    from promesa.words import say
    from promesa.workspace import open_workspace

    ws = open_workspace(workspace)
    language = locale or ws.locale
    if apply:
        _confirm(say("customers.rights.remove_word", language), language, yes=yes, by=by)
    with progress_of("Looking") as step:
        found = run(ws, recorded_at=utc_now(), dry_run=not apply, by=by, progress=step)
    if as_json:
        print_json(found.to_document())
        return
    _print_retention(found, language)


def _print_retention(found: Retention, language: str) -> None:
    from promesa.words import day, number, say

    keys = ("class", "days", "older", "kept", "oldest", "newest")
    columns = [say(f"customers.rights.{key}", language) for key in keys]
    rows = [
        [
            entry.entry,
            number(entry.days, language),
            number(entry.older, language),
            number(entry.kept, language),
            *(day(at, language) if at else "" for at in (entry.oldest, entry.newest)),
        ]
        for entry in found.classes
    ]
    print_table(None, columns, rows, right={1, 2, 3})
    print(found.summary(language))
    if found.certificate:
        print(say("customers.rights.certificate", language, path=found.certificate))
    else:
        print(say("customers.rights.how_retain", language))


COMMANDS: dict[str, Callable[..., None]] = {"forget": forget, "pause": pause, "resume": resume, "retain": retain}
