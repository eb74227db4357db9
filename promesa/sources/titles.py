"""Rows of title above a table: `Informe de ventas`, and the names of the columns some rows below."""

from __future__ import annotations

import csv
import io
from statistics import median
from typing import TYPE_CHECKING, Any

from promesa.sources.shapes import SourceWarning

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promesa.sources.files import Found
    from promesa.workspace import Source

_TABLE = 3  # cells of the usual row from which a row of one cell, above the others, is a title
_MOST = 10  # rows of title, at most


def may_have_titles(source: Source) -> bool:
    """Tell whether the names of the columns are looked for below the first row."""
    return not source.columns and source.header is not False


def title_rows(records: Sequence[Sequence[str | None]]) -> int:
    """Return how many records stand above the table: those with one cell alone, where the usual one has more."""
    widths = [sum(bool(cell and cell.strip()) for cell in record) for record in records]
    if median(widths) < _TABLE:
        return 0
    titles = next(place for place, width in enumerate(widths) if width > 1)
    return titles if titles <= _MOST else 0


def title_lines(body: str, settings: Sequence[dict[str, Any]], *, most: int) -> int:
    """Return how many lines of a text stand above its table, by whichever way of reading it needs the fewest.

    Parameters
    ----------
    settings : sequence of dict
        Ways of reading it, as arguments of Python's csv module.
    most : int
        Records looked at.
    """
    found = [lines for each in settings if (lines := _lines_above(body, each, most=most))]
    return min(found, default=0)


def _lines_above(body: str, settings: dict[str, Any], *, most: int) -> int:
    reader = csv.reader(io.StringIO(body, newline=""), **settings)
    records: list[list[str]] = []
    ends: list[int] = []
    try:
        for record in reader:
            if record:
                records.append(record)
                ends.append(reader.line_num)
            if len(records) >= most:
                break
    except csv.Error:
        pass
    titles = title_rows(records) if records else 0
    return ends[titles - 1] if titles else 0


def titled(source: Source, found: Found, *, titles: int, row: int) -> SourceWarning:
    """Return the warning that rows of title were passed over; `row` is that of the names of the columns."""
    values = {"source": source.name, "file": found.shown, "rows": str(titles), "row": str(row)}
    return SourceWarning(code="title_rows", values=values)
