"""load, quarantine: facts into the store, and those that wait outside."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from promesa.cli.asking import confirm
from promesa.cli.options import Apply, AsJson, Folder, Locale, Yes
from promesa.cli.output import print_json, print_table, progress_of, reported, utc_now
from promesa.errors import ValueOutOfRange

if TYPE_CHECKING:
    from datetime import datetime

    from promesa.store import TakenBack

HERE = Path()
quarantine = typer.Typer(help="Rows that broke a rule: list, show, mend and replay them.", no_args_is_help=True)
COUNTS = ("read", "accepted", "unchanged", "corrected", "quarantined")


@reported
def load(
    workspace: Folder = HERE,
    full: Annotated[bool, typer.Option("--full", help="Read everything again, also what has not changed.")] = False,
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="NAME", help="A table or a load file; may be repeated.")
    ] = None,
    locale: Locale = None,
    as_json: AsJson = False,
) -> None:
    """Load what is new in the sources into the store; again changes nothing."""
    from promesa.store import load as run
    from promesa.workspace import open_workspace

    ws = open_workspace(workspace)
    with progress_of("Loading") as step:
        report = run(ws, recorded_at=utc_now(), full=full, only=only or (), progress=step)
    if as_json:
        print_json(report.to_document())
    else:
        print_load(report, locale or ws.locale)


def print_load(report: Any, locale: str) -> None:
    """Print what became of the rows of each load file, and why rows wait."""
    from promesa import words

    columns = [words.say(f"cli.load.{name}", locale) for name in ("table", "load", *COUNTS)]
    rows: list[list[str]] = []
    for count in report.rows():
        if count["skipped"]:
            rows.append([count["table"], count["load"], words.say("cli.load.skipped", locale), "", "", "", ""])
        else:
            rows.append([count["table"], count["load"], *(words.number(count[name], locale) for name in COUNTS)])
    print_table(None, columns, rows, right={2, 3, 4, 5, 6})
    for rule, number in report.quarantined.items():
        print(f"  {rule}: {words.number(number, locale)}")
    for warning in report.warnings:
        print(f"  ! {warning}")
    print(report.summary(locale))
    if report.quarantined:
        print(words.say("cli.load.waiting", locale))


@reported
def take_back(
    table: Annotated[str, typer.Argument(metavar="TABLE", help="A table that load files fill: orders, moments...")],
    workspace: Folder = HERE,
    since: Annotated[
        str | None, typer.Option("--since", metavar="DAY", help="Only rows recorded on this day or later (2026-11-20).")
    ] = None,
    system: Annotated[
        list[str] | None,
        typer.Option("--system", metavar="NAME", help="Only rows of this system; may be repeated."),
    ] = None,
    apply: Apply = False,
    yes: Yes = False,
    locale: Locale = None,
    as_json: AsJson = False,
) -> None:
    """Count the rows that no load file gives any more; with --apply, move them to the table's history."""
    from promesa import words
    from promesa.store import take_back as run
    from promesa.workspace import open_workspace

    ws = open_workspace(workspace)
    language = locale or ws.locale
    day = _day(since) if since else None
    if apply:
        word, asked, otherwise = (
            words.say(f"cli.take_back.{key}", language, table=table) for key in ("word", "prompt", "not_typed")
        )
        confirm(word, asked=asked, otherwise=otherwise, yes=yes)
    with progress_of("Looking") as step:
        found = run(
            ws,
            table,
            recorded_at=utc_now(),
            since=day,
            systems=system or (),
            dry_run=not apply,
            progress=step,
        )
    if as_json:
        print_json(found.to_document())
        return
    print_taken_back(found, language, zone=ws.time_zone)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ValueOutOfRange(
            what="--since is no day.", got=repr(text), expected="a day such as 2026-11-20", fix="write year-month-day"
        ) from error


def print_taken_back(found: TakenBack, language: str, *, zone: str) -> None:
    """Print what the load files give no more by system, days by the clock of a zone, and what to do next."""
    from promesa import words
    from promesa.engine import local_time_of

    def told(instant: datetime | None) -> str:
        return words.day(local_time_of(instant, zone).date(), language) if instant else words.NOT_STATED

    columns = [words.say(f"cli.take_back.{key}", language) for key in ("system", "rows", "of", "first", "last")]
    rows = [
        [
            left.source,
            words.number(left.rows, language),
            words.number(left.of, language),
            told(left.first),
            told(left.last),
        ]
        for left in found.systems
    ]
    print_table(None, columns, rows, right={1, 2})
    for warning in found.warnings(language):
        print(f"  ! {warning}")
    print(found.summary(language))
    if found.total:
        print(words.say(f"cli.take_back.{'then' if found.done else 'how'}", language, table=found.table))


Id = Annotated[str, typer.Argument(metavar="ID", help="As `quarantine list` shows it.")]


@quarantine.command("list")
@reported
def list_waiting(
    workspace: Folder = HERE,
    table: Annotated[str | None, typer.Option(help="Only rows of this table.")] = None,
    load: Annotated[str | None, typer.Option(help="Only rows of this load file or source.")] = None,
    rule: Annotated[str | None, typer.Option(help="Only rows that broke this rule.")] = None,
    limit: Annotated[int, typer.Option(help="At most so many rows.", min=1)] = 100,
    locale: Locale = None,
    as_json: AsJson = False,
) -> None:
    """List the rows that wait, personal values masked."""
    from promesa import words
    from promesa.store import quarantine_counts, quarantine_list
    from promesa.workspace import open_workspace

    ws = open_workspace(workspace)
    items = quarantine_list(ws, table=table, load=load, rule=rule, state="open", limit=limit)
    counts = [count for count in quarantine_counts(ws) if count["state"] == "open"]
    if as_json:
        print_json({"counts": counts, "items": [item.to_document() for item in items]})
        return
    language = locale or ws.locale
    if not items:
        print(words.say("cli.quarantine.empty", language))
        return
    rows = [
        [item.id, item.load, item.file, str(item.row), item.column or "", item.value or "", item.explanation(language)]
        for item in items
    ]
    heads = ("load", "file", "row", "column", "value", "rule")
    columns = ["id", *(words.say(f"cli.quarantine.{head}", language) for head in heads)]
    print_table(words.say("cli.quarantine.title", language), columns, rows, right={3})
    asked = {"table": table, "load": load, "rule": rule}
    wanted = [count for count in counts if all(value in (None, count[key]) for key, value in asked.items())]
    total = sum(int(str(count["items"])) for count in wanted)
    if len(items) < total:
        print(words.say("cli.quarantine.more", language, shown=len(items), total=total))


@quarantine.command("show")
@reported
def show_waiting(item: Id, workspace: Folder = HERE, locale: Locale = None, as_json: AsJson = False) -> None:
    """Show one row with all its values, personal ones masked."""
    from promesa import words
    from promesa.store import quarantine_show
    from promesa.workspace import open_workspace

    ws = open_workspace(workspace)
    found = quarantine_show(ws, item)
    if as_json:
        print_json(found.to_document())
        return
    language = locale or ws.locale
    print(f"{found.load}: {found.file}, {words.say('cli.quarantine.row', language)} {found.row}")
    print(f"  {found.explanation(language)}")
    if found.fix:
        print(f"  {found.fix}")
    for column, value in found.record.items():
        print(f"  {column} = {'' if value is None else value}")


@quarantine.command("mend")
@reported
def mend_waiting(
    item: Id,
    change: Annotated[list[str], typer.Option("--set", metavar="COLUMN=VALUE", help="New value; may be repeated.")],
    workspace: Folder = HERE,
    locale: Locale = None,
    as_json: AsJson = False,
) -> None:
    """Change values of one row that waits; `replay` then tries it again."""
    from promesa import words
    from promesa.errors import InputError
    from promesa.store import quarantine_mend
    from promesa.workspace import open_workspace

    wrong = [text for text in change if "=" not in text]
    if wrong:
        raise InputError(
            what="A change cannot be read.",
            got=wrong[0].split("=")[0],
            expected="--set column=value",
            fix="write the column, an equals sign and the new value; nothing after the sign means no value",
        )
    ws = open_workspace(workspace)
    changes = {column: value or None for column, _, value in (text.partition("=") for text in change)}
    found = quarantine_mend(ws, item, changes)
    if as_json:
        print_json(found.to_document())
    else:
        print(words.say("cli.quarantine.mended", locale or ws.locale, id=found.id))


@quarantine.command("replay")
@reported
def replay_waiting(
    workspace: Folder = HERE,
    item: Annotated[
        list[str] | None, typer.Option("--item", metavar="ID", help="Only these; all if not given.")
    ] = None,
    locale: Locale = None,
    as_json: AsJson = False,
) -> None:
    """Try the rows that wait again, with the model and the mends of now."""
    from promesa import words
    from promesa.store import quarantine_list, quarantine_replay
    from promesa.workspace import open_workspace

    ws = open_workspace(workspace)
    with progress_of("Replaying") as step:
        report = quarantine_replay(ws, recorded_at=utc_now(), ids=item or (), progress=step)
    accepted = report.total("accepted") + report.total("corrected")
    waiting = len(quarantine_list(ws, state="open", limit=None))
    if as_json:
        print_json({**report.to_document(), "left": accepted, "waiting": waiting})
    else:
        print(words.say("cli.quarantine.replayed", locale or ws.locale, accepted=accepted, waiting=waiting))
