"""How a source would be read, without reading it: for `promesa check`."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from promesa.sources.delimited import look_at
from promesa.sources.encodings import read_facts
from promesa.sources.files import TEXT_FORMATS, find_files, format_of
from promesa.sources.readers import open_source
from promesa.sources.shapes import Preview, SourceColumn
from promesa.sources.understanding import understand
from promesa.workspace import EVENT_COLUMNS

if TYPE_CHECKING:
    from promesa.engine import Embedded
    from promesa.workspace import Source


def preview(source: Source, *, root: Path, engine: Embedded, time_zone: str) -> Preview:
    """Tell what a source holds and what was assumed of it, from the beginnings of its files.

    Workbooks, SPSS files and event logs are read whole, into a folder that is removed again.

    Raises
    ------
    SourceUnreadable, ColumnMissing
        As `promesa.sources.stage`.
    """
    if source.intake is not None:
        return _preview_events(source)
    files = list(find_files(source, root=root)) if source.url is None else []
    kind = format_of(source, files[0].path) if files else "database"
    with TemporaryDirectory() as folder:
        opened = open_source(source, root=root, folder=Path(folder), engine=engine, beginning=True)
        understood = understand(source, opened.raws, time_zone=time_zone, engine=engine)
    written = look_at(source, files[0]) if kind == "csv" else None
    encoding = read_facts(source, files[0]).encoding if kind in TEXT_FORMATS else None
    return Preview(
        name=source.name,
        format=kind,
        files=tuple(file.shown for file in files),
        columns=understood.columns(),
        delimiter=written.dialect.delimiter if written else None,
        encoding=encoding,
        header=written.dialect.header if written else None,
        rows_looked_at=understood.rows_looked_at,
        warnings=understood.warnings(),
    )


def _preview_events(source: Source) -> Preview:
    """Tell the columns that the protocol gives to events."""
    columns = EVENT_COLUMNS[source.intake or ""]
    return Preview(
        name=source.name,
        format=f"intake: {source.intake}",
        files=(),
        columns=tuple(
            SourceColumn(name=column, kind=kind, how="file", zoned=kind == "time") for column, kind in columns
        ),
        delimiter=None,
        encoding=None,
        header=None,
        rows_looked_at=0,
        warnings=(),
    )
