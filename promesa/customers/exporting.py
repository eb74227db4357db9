"""Everything held on a person, to take away: JSON and CSV for machines, HTML for people, a manifest with hashes."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from promesa.customers.export_page import page_of
from promesa.customers.finding import one_person
from promesa.customers.person import instant_of
from promesa.errors import InputError, StoreNotWritable
from promesa.store import inspect_store, open_store, rows_about, session
from promesa.words import knows, say
from promesa.workspace import labels_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from promesa.customers.person import Person
    from promesa.store import Held, Run
    from promesa.workspace import Workspace

FORM = "promesa export 1"
_MINE_ALONE = 0o600


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldTable:
    """One table of an export.

    Attributes
    ----------
    columns : tuple of (str, str)
        Name and kind, the table's own: a column that no row fills is there too.
    rows : tuple of dict
        Values as the store holds them.
    """

    name: str
    columns: tuple[tuple[str, str], ...]
    rows: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """An export that was written.

    Attributes
    ----------
    folder : Path
        Where it is; its files can be read by their owner alone.
    rows : mapping of str to int
        How many rows of each table are in it; tables without any too.
    files : mapping of str to str
        SHA-256 of each file, by its path within the folder.
    """

    person: int
    folder: Path
    rows: Mapping[str, int]
    files: Mapping[str, str]

    def to_document(self) -> dict[str, Any]:
        """Return the export as one JSON-ready document."""
        return {
            "person": self.person,
            "folder": str(self.folder),
            "rows": dict(self.rows),
            "files": dict(self.files),
        }


def export(
    ws: Workspace,
    who: str | int,
    folder: Path | str,
    *,
    recorded_at: datetime,
    as_of: date | datetime | str | None = None,
) -> Export:
    """Write everything the store holds on a person into a folder.

    Parameters
    ----------
    who : str or int
        As in `find`.
    folder : Path or str
        To be made, or empty. A killed run leaves it as it was.
    recorded_at : datetime
        Naive UTC; when the export was made, for its manifest.
    as_of : date, datetime, str or None
        Instant at which links are looked at, which decides whose records are the person's; None means all links
        known now. Rows are never cut by it.

    Returns
    -------
    Export
        With one JSON document of all tables, one CSV a table, one HTML page, and ``manifest.json``.

    Raises
    ------
    InputError
        If nobody or several persons are found, or the folder holds something or lies within ``.promesa``.
    StoreBusy
        If a load is running: what is held would change underneath.
    StoreNotWritable
        If the folder cannot be written.
    """
    target = Path(folder)
    _check(ws, target)
    with inspect_store(ws) as look:
        person = one_person(look, who, instant=instant_of(ws, as_of))
    with session(ws, recorded_at=recorded_at) as run:
        tables = [_read(run, held) for held in rows_about(run, person.customers)]
    version = open_store(ws).version
    about = _about(ws, person, recorded_at=recorded_at, version=version)
    texts = _files(ws, about, tables)
    try:
        hashes = _write(target, about, tables, texts)
    except OSError as error:
        raise StoreNotWritable(
            what=f"The export cannot be written: {target}.",
            got=error.strerror or type(error).__name__,
            expected="a disk with room, and permission to write to it",
            fix="free space or name another folder",
        ) from error
    rows = {table.name: len(table.rows) for table in tables}
    return Export(person=person.number, folder=target, rows=rows, files=hashes)


def _check(ws: Workspace, target: Path) -> None:
    inside = target.resolve().is_relative_to((ws.root / ".promesa").resolve())
    full = target.exists() and (not target.is_dir() or any(target.iterdir()))
    if inside or full:
        raise InputError(
            what="The export needs a folder of its own.",
            got=f"{target}, which {'is part of the store' if inside else 'holds something already'}",
            expected="a folder that is empty or not there yet, outside .promesa",
            fix="name another folder",
        )


def _read(run: Run, held: Held) -> HeldTable:
    from promesa.identity import is_part

    rows = run.engine.arrow(held.select).to_pylist()
    columns = held.columns
    if held.table == "records":
        columns = tuple(column for column in columns if not is_part(column[0]))
    return HeldTable(name=held.table, columns=columns, rows=tuple(rows))


def _about(ws: Workspace, person: Person, *, recorded_at: datetime, version: str) -> dict[str, Any]:
    from importlib.metadata import version as installed

    return {
        "form": FORM,
        "made_at": f"{recorded_at.isoformat(timespec='seconds')}Z",
        "made_by": f"promesa {installed('promesa')}",
        "company": ws.company,
        "controller": ws.controller or ws.company,
        "privacy_contact": ws.privacy_contact,
        "currency": ws.currency,
        "store_version": version,
        "person": person.number,
        "customers": list(person.customers),
    }


def column_label(ws: Workspace, column: str, language: str) -> str:
    """Return what people call a column, in a language."""
    declared = labels_of(ws).get(column)
    identifier = ws.model.identifiers.get(column)
    if knows(f"customers.column.{column}", language):
        return say(f"customers.column.{column}", language)
    if declared:
        return declared[language]
    return identifier.label.in_locale(language) if identifier else column


def _files(ws: Workspace, about: Mapping[str, Any], tables: Sequence[HeldTable]) -> dict[str, str]:
    """Return the text of every file but the manifest, by its path."""
    document = {**about, "tables": {table.name: _document(ws, table) for table in tables}}
    texts = {"person.json": json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False)}
    texts |= {f"csv/{table.name}.csv": _csv(table) for table in tables}
    labels = {
        column: {language: column_label(ws, column, language) for language in ("es", "en")}
        for table in tables
        for column, _ in table.columns
    }
    texts["index.html"] = page_of(ws, about, tables, labels=labels)
    return texts


def _document(ws: Workspace, table: HeldTable) -> dict[str, Any]:
    columns = [
        {"name": column, "kind": kind, "label": {each: column_label(ws, column, each) for each in ("es", "en")}}
        for column, kind in table.columns
    ]
    rows = [{column: plain(row[column]) for column, _ in table.columns} for row in table.rows]
    return {"columns": columns, "rows": rows}


def plain(value: Any) -> Any:
    """Return a value as JSON can say it without loss: an amount as text, a time in ISO 8601 (UTC, without zone)."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value != value:  # noqa: PLR0124 (not a number)
        return None
    return value


def _csv(table: HeldTable) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([column for column, _ in table.columns])
    for row in table.rows:
        writer.writerow(["" if (value := plain(row[column])) is None else value for column, _ in table.columns])
    return out.getvalue()


def _write(
    target: Path, about: Mapping[str, Any], tables: Sequence[HeldTable], texts: Mapping[str, str]
) -> dict[str, str]:
    """Write all files beside the folder and put them in its place at once; return their hashes."""
    target.parent.mkdir(parents=True, exist_ok=True)
    making = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))  # readable by its owner alone
    try:
        (making / "csv").mkdir(mode=0o700)
        hashes = {path: _write_file(making / path, text) for path, text in texts.items()}
        manifest = {
            **about,
            "rows": {table.name: len(table.rows) for table in tables},
            "files": [{"file": path, "sha256": found} for path, found in hashes.items()],
        }
        _write_file(making / "manifest.json", json.dumps(manifest, ensure_ascii=False, indent=1))
        making.replace(target)
    except BaseException:
        shutil.rmtree(making, ignore_errors=True)
        raise
    return hashes


def _write_file(path: Path, text: str) -> str:
    content = text.encode()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MINE_ALONE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return hashlib.sha256(content).hexdigest()
