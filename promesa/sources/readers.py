"""From a source to its raw files: the one place that knows every format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa.sources.files import format_of

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.engine import Embedded
    from promesa.sources.files import Found
    from promesa.sources.raw import Raw
    from promesa.workspace import Source


def open_raw(source: Source, found: Found, *, folder: Path, engine: Embedded) -> Raw:
    """Return one file as the engine reads it, whatever its format."""
    chosen = format_of(source, found.path)
    if chosen == "csv":
        from promesa.sources.delimited import open_delimited

        return open_delimited(source, found, folder=folder)
    if chosen == "jsonl":
        from promesa.sources.jsonlines import open_json_lines

        return open_json_lines(source, found, folder=folder, engine=engine)
    if chosen == "parquet":
        from promesa.sources.columnar import open_parquet

        return open_parquet(source, found, engine=engine)
    if chosen == "xlsx":
        from promesa.sources.workbook import open_workbook

        return open_workbook(source, found, folder=folder)
    from promesa.sources.spss import open_spss

    return open_spss(source, found, folder=folder)
