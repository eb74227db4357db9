"""audit and db: the log of who did what, and the database of the service."""

from __future__ import annotations

import csv
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from promesa.cli.options import AsJson, Folder, Locale
from promesa.cli.output import print_json, reported
from promesa.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promesa.access import AuditEntry

HERE = Path()

audit = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="The audit log: who did what to what, before and after."
)
db = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="The database of the service.")


@audit.command()
@reported
def verify(workspace: Folder = HERE, locale: Locale = None, as_json: AsJson = False) -> None:
    """Recompute every hash of the log; names the first entry that is not what was written."""
    from promesa.database import open_database
    from promesa.words import number, say
    from promesa.workspace import open_workspace

    ws = open_workspace(workspace)
    with open_database(ws) as database:
        from promesa.access import verify_audit

        with database.begin() as connection:
            verified = verify_audit(connection)
    if as_json:
        print_json(asdict(verified))
        return
    language = locale or ws.locale
    key = "sound" if verified.entries else "empty"
    print(say(f"access.audit.{key}", language, n=number(verified.entries, language), last=verified.last))


@audit.command()
@reported
def export(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to: .csv or .jsonl; written anew.")],
    workspace: Folder = HERE,
    locale: Locale = None,
    as_json: AsJson = False,
) -> None:
    """Write the whole log into a file, oldest entry first, each with its hash."""
    from promesa.database import open_database
    from promesa.words import number, say
    from promesa.workspace import open_workspace

    kinds = {".csv": _write_csv, ".jsonl": _write_lines}
    if file.suffix not in kinds:
        raise InputError(
            what="The log cannot be written in this form.",
            got=repr(file.suffix),
            expected="a file that ends in .csv or .jsonl",
            fix="name it audit.csv or audit.jsonl",
        )
    ws = open_workspace(workspace)
    with open_database(ws) as database:
        from promesa.access import audit_entries

        with database.begin() as connection:
            written = kinds[file.suffix](file, audit_entries(connection))
    language = locale or ws.locale
    if as_json:
        print_json({"file": str(file), "entries": written})
    else:
        print(say("access.audit.exported", language, n=number(written, language), file=file))


def _row(entry: AuditEntry) -> dict[str, Any]:
    return {**asdict(entry), "at": entry.at.isoformat(timespec="microseconds")}


def _write_lines(file: Path, entries: Iterator[AuditEntry]) -> int:
    written = 0
    with file.open("w", encoding="utf-8") as out:
        for entry in entries:
            out.write(json.dumps(_row(entry), ensure_ascii=False) + "\n")
            written += 1
    return written


def _write_csv(file: Path, entries: Iterator[AuditEntry]) -> int:
    heads: list[str] = ["number", "at", "actor", "action", "object", "before", "after", "hash"]
    written = 0
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, heads, lineterminator="\n")
        writer.writeheader()
        for entry in entries:
            row = _row(entry)
            told = {key: json.dumps(row[key], ensure_ascii=False) if row[key] else None for key in ("before", "after")}
            writer.writerow({**row, **told})
            written += 1
    return written


@db.command()
@reported
def current(workspace: Folder = HERE, locale: Locale = None, as_json: AsJson = False) -> None:
    """Say which schema the database has and which one this version of promesa needs."""
    from promesa.database import host_of, open_database, schema_version
    from promesa.words import NOT_STATED, say
    from promesa.workspace import open_workspace

    ws = open_workspace(workspace)
    with open_database(ws, upgrade=False) as database:
        version = schema_version(database.engine)
    if as_json:
        print_json({"database": host_of(ws), **asdict(version), "up_to_date": version.up_to_date})
        return
    language = locale or ws.locale
    key = "up_to_date" if version.up_to_date else "behind"
    shown = {"database": host_of(ws), "current": version.current or NOT_STATED, "newest": version.newest}
    print(say(f"access.db.{key}", language, **shown))


@db.command()
@reported
def upgrade(workspace: Folder = HERE, locale: Locale = None, as_json: AsJson = False) -> None:
    """Bring the schema to this version of promesa, all steps or none; the service does it by itself when it starts."""
    from promesa.database import host_of, open_database, upgrade_schema
    from promesa.words import NOT_STATED, say
    from promesa.workspace import open_workspace

    ws = open_workspace(workspace)
    with open_database(ws, upgrade=False) as database:
        before = upgrade_schema(database.engine)
    if as_json:
        print_json({"database": host_of(ws), "before": before.current, "now": before.newest})
        return
    language = locale or ws.locale
    key = "up_to_date" if before.up_to_date else "upgraded"
    shown = {"database": host_of(ws), "current": before.current or NOT_STATED, "newest": before.newest}
    print(say(f"access.db.{key}", language, **shown))
