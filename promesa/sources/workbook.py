"""Sheets of a workbook (XLSX and its kin); their typed cells become text and are typed with the rest of the column."""

from __future__ import annotations

from itertools import chain, count, islice
from typing import TYPE_CHECKING, Any

from promesa.engine import literal
from promesa.errors import SourceUnreadable, did_you_mean
from promesa.sources.dialect import column_names, has_header
from promesa.sources.encodings import unopened
from promesa.sources.files import refuse_empty
from promesa.sources.raw import Raw
from promesa.sources.textual import cell_text, write_rows
from promesa.sources.titles import may_have_titles, title_rows, titled

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from promesa.sources.files import Found
    from promesa.workspace import Source

    Row = tuple[int, list[str | None]]

_serial = count()
_LOOK = 200  # rows that tell whether there is a header


def open_workbook(source: Source, found: Found, *, folder: Path) -> Raw:
    """Return one sheet as the engine reads it, from a copy of its cells as text; empty rows are left out.

    Raises
    ------
    SourceUnreadable
        If it is not a workbook, is protected, has no such sheet, or the sheet is empty.
    """
    refuse_empty(source, found)
    sheet = _sheet(source, found)
    rows = _rows(sheet)
    first = list(islice(rows, _LOOK))
    if not first:
        raise _empty_sheet(source, found, str(sheet.name))
    titles = title_rows([cells for _, cells in first]) if may_have_titles(source) else 0
    first = first[titles:]
    records = [[cell or "" for cell in cells] for _, cells in first]
    header = source.header if source.header is not None else not source.columns and has_header(records)
    columns, warnings = column_names(records[0], header=header, source=source, shown=found.shown)
    if titles:
        warnings.insert(0, titled(source, found, titles=titles, row=first[0][0] + 1))
    start = first[0][0] + header  # of the first record, rows of the sheet counted from 0
    copy = folder / f"{found.path.name}.{next(_serial)}.cells.parquet"
    body = ((number - start, cells) for number, cells in chain(first[1:] if header else first, rows))
    write_rows(body, columns, to=copy)
    return Raw(
        shown=found.shown,
        fingerprint=found.fingerprint,
        relation=f"read_parquet({literal(copy)})",
        columns=columns,
        first_row=start + 1,
        numbered=True,
        real_dates=True,
        warnings=tuple(warnings),
    )


def _sheet(source: Source, found: Found) -> Any:
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError, XmlError, ZipError

    try:
        book = CalamineWorkbook.from_path(found.path)
        names = book.sheet_names
        if source.sheet is not None and source.sheet not in names:
            raise _no_such_sheet(source, found, names)
        return book.get_sheet_by_name(source.sheet) if source.sheet else book.get_sheet_by_index(0)
    except PasswordError as error:
        raise unopened(source, found.shown, reason="a workbook protected by a password") from error
    except (CalamineError, XmlError, ZipError, OSError) as error:
        raise unopened(source, found.shown, reason=f"not a workbook, or not whole ({type(error).__name__})") from error


def _rows(sheet: Any) -> Iterator[Row]:
    """Return the rows that hold something, from the first column that does, with their number in the sheet from 0."""
    for number, cells in enumerate(sheet.iter_rows()):
        texts = [cell_text(cell) for cell in cells]
        if any(text is not None for text in texts):
            yield number, texts


def _no_such_sheet(source: Source, found: Found, names: list[str]) -> SourceUnreadable:
    return SourceUnreadable(
        what=f"The workbook {found.shown} of source {source.name!r} has no sheet {source.sheet!r}.",
        got=repr(source.sheet),
        expected=f"one of its sheets: {', '.join(map(repr, names))}",
        fix=did_you_mean(source.sheet or "", names, otherwise=f"correct sheet in [sources.{source.name}]"),
    )


def _empty_sheet(source: Source, found: Found, sheet: str) -> SourceUnreadable:
    return SourceUnreadable(
        what=f"The sheet {sheet!r} of {found.shown}, source {source.name!r}, is empty.",
        got="no cell with a value",
        expected="at least a header row",
        fix=f"name the sheet that holds the table: sheet in [sources.{source.name}]",
    )
