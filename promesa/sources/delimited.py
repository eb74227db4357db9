"""CSV and its kin, read by the engine as text; broken lines are kept apart by row."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import TYPE_CHECKING

from promesa.engine import literal, name
from promesa.sources.dialect import SAMPLE, Dialect, csv_settings, detect
from promesa.sources.encodings import copy_as_utf8, first_text, open_text, read_facts
from promesa.sources.files import refuse_empty
from promesa.sources.raw import BrokenRow, Raw

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from promesa.engine import Embedded
    from promesa.sources.encodings import TextFacts
    from promesa.sources.files import Found
    from promesa.sources.shapes import SourceWarning
    from promesa.workspace import Source

_RULES = {
    "MISSING COLUMNS": "csv-structure",
    "TOO MANY COLUMNS": "csv-structure",
    "UNQUOTED VALUE": "csv-quote",
    "LINE SIZE OVER MAXIMUM": "line-too-long",
    "INVALID ENCODING": "csv-encoding",
}
_serial = count()  # reject tables are one a scan, and a connection may be used by several


@dataclass(frozen=True, slots=True, kw_only=True)
class Delimited:
    """One CSV file, understood but not read."""

    found: Found
    facts: TextFacts
    dialect: Dialect
    warnings: tuple[SourceWarning, ...]


def look_at(source: Source, found: Found) -> Delimited:
    """Tell how a CSV file is written.

    Raises
    ------
    SourceUnreadable
        If it is empty, is not in its declared encoding, or not in its declared delimiter.
    """
    refuse_empty(source, found)
    facts = read_facts(source, found)
    text = first_text(found, facts, size=SAMPLE)
    dialect, warnings = detect(text, source=source, found=found, facts=facts, whole=len(text) < SAMPLE)
    return Delimited(found=found, facts=facts, dialect=dialect, warnings=tuple(warnings))


def open_delimited(source: Source, found: Found, *, folder: Path) -> Raw:
    """Return a CSV file as the engine reads it; one that is not UTF-8 is copied into `folder` first."""
    seen = look_at(source, found)
    path = found.path
    if not seen.facts.is_utf8:
        path = copy_as_utf8(found, seen.facts, to=folder / f"{found.path.name}.{next(_serial)}.utf8.csv")
    return _raw(source, seen, path=path, mend=partial(_mend_line_ends, source, seen, folder=folder))


def _mend_line_ends(source: Source, seen: Delimited, *, folder: Path) -> Raw:
    """Return a CSV file whose lines end in several ways, from a copy in which they do not."""
    found = seen.found
    path = folder / f"{found.path.name}.{next(_serial)}.lines.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    settings = csv_settings(delimiter=seen.dialect.delimiter, quote=seen.dialect.quote, escape=seen.dialect.escape)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n", **settings)
        for record in _records(found, seen):
            if record:
                writer.writerow(record)
            else:
                stream.write("\n")
    return _raw(source, seen, path=path, mend=None)


def _raw(source: Source, seen: Delimited, *, path: Path, mend: Callable[[], Raw] | None) -> Raw:
    rejects, keep = reject_table()
    dialect = seen.dialect
    return Raw(
        shown=seen.found.shown,
        fingerprint=seen.found.fingerprint,
        relation=_relation(path, dialect, source, keep=keep),
        sample=_relation(path, dialect, source, keep="ignore_errors=true"),
        columns=dialect.columns,
        first_row=dialect.first_row,
        semicolons=dialect.delimiter == ";",
        warnings=seen.warnings,
        broken=partial(broken_rows, table=rejects),
        blank_rows=partial(_blank_rows, seen),
        split=partial(_split, dialect=dialect),
        mend=mend,
    )


def _relation(path: Path, dialect: Dialect, source: Source, *, keep: str) -> str:
    columns = ", ".join(f"{literal(column)}: 'VARCHAR'" for column in dialect.columns)
    # What the engine takes for null here: nothing at all, or the empty cell; the other words are seen to later.
    empty = "" if "" in source.null_words else ", nullstr=[chr(1)]"
    return (
        f"read_csv({literal(path)}, auto_detect=false, columns={{{columns}}}, delim={literal(dialect.delimiter)}, "
        f"quote={literal(dialect.quote)}, escape={literal(dialect.escape)}, header={literal(dialect.header)}, "
        f"skip={dialect.skip}, {keep}{empty})"
    )


def reject_table() -> tuple[str, str]:
    """Return a new name for the lines that the engine cannot split, and the options that keep them there."""
    table = f"__broken_{next(_serial)}"
    return table, f"store_rejects=true, rejects_limit=0, rejects_table='{table}', rejects_scan='{table}_scan'"


def broken_rows(engine: Embedded, *, table: str) -> Iterator[BrokenRow]:
    """Return what the engine kept of the lines it could not split, and forget it."""
    query = f"SELECT line, min(error_type::VARCHAR), any_value(csv_line) FROM {name(table)} GROUP BY line ORDER BY line"
    try:
        for batch in engine.batches(query):
            for line, kind, text in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                yield _broken_row(int(line), str(kind), str(text or ""))
    finally:
        engine.run(f"DROP TABLE IF EXISTS {name(table)}")
        engine.run(f"DROP TABLE IF EXISTS {name(table + '_scan')}")


def _broken_row(row: int, kind: str, text: str) -> BrokenRow:
    return BrokenRow(row=row, rule=_RULES.get(kind, "csv-structure"), text=text.strip("\r\n"))


def _split(text: str, *, dialect: Dialect) -> dict[str, str | None] | None:
    settings = csv_settings(delimiter=dialect.delimiter, quote=dialect.quote, escape=dialect.escape)
    records = list(csv.reader(io.StringIO(text, newline=""), **settings))
    if len(records) != 1 or len(records[0]) != len(dialect.columns):
        return None
    return dict(zip(dialect.columns, records[0], strict=True))


def _blank_rows(seen: Delimited) -> Sequence[int]:
    """Return the rows that are blank lines; the engine passes over them, a spreadsheet counts them."""
    if not seen.facts.blank_lines or len(seen.dialect.columns) == 1:
        return ()
    records = enumerate(_records(seen.found, seen), start=1)
    return [row for row, record in records if not record and row >= seen.dialect.first_row]


def _records(found: Found, seen: Delimited) -> Iterator[list[str]]:
    """Return every record of a file by Python's reader, blank lines as empty lists."""
    settings = csv_settings(delimiter=seen.dialect.delimiter, quote=seen.dialect.quote, escape=seen.dialect.escape)
    csv.field_size_limit(1 << 30)
    with open_text(found, seen.facts) as stream:
        yield from csv.reader(stream, **settings)
