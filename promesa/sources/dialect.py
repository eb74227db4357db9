"""How a text file writes its table: delimiter, quote, escape, header, and the names of its columns."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Any

from promesa.errors import SourceUnreadable
from promesa.sources.cells import WORDLIKE, shape_of
from promesa.sources.shapes import SourceWarning
from promesa.sources.titles import may_have_titles, title_lines, titled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promesa.sources.encodings import TextFacts
    from promesa.sources.files import Found
    from promesa.workspace import Source

DELIMITERS = (",", ";", "\t", "|")
QUOTES = ('"', "'")
SAMPLE = 1 << 18  # characters looked at
_LINES = 200  # records compared
_NAMES = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a bar"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How one file is written.

    Attributes
    ----------
    skip : int
        Lines before the table: blank ones, titles, or Excel's ``sep=;``.
    columns : tuple of str
        Names in the order of the file, made unique.
    """

    delimiter: str
    quote: str
    escape: str
    header: bool
    skip: int
    columns: tuple[str, ...]

    @property
    def first_row(self) -> int:
        """Return the row of the first record, as a spreadsheet counts."""
        return 1 + self.skip + self.header


def detect(
    text: str, *, source: Source, found: Found, facts: TextFacts, whole: bool
) -> tuple[Dialect, list[SourceWarning]]:
    """Tell how a file is written from its beginning.

    Parameters
    ----------
    text : str
        The first characters of the file.
    whole : bool
        `text` is all of it; else its last line may be cut and is left out.

    Raises
    ------
    SourceUnreadable
        If it holds no table, or the declared delimiter is not the one that it uses.
    """
    skip, said = _preamble(text)
    body = "".join(io.StringIO(text, newline="").readlines()[skip:])
    if not body.strip():
        raise _no_header(source, found)
    delimiter, quote, records = _best(body, source=source, said=said, whole=whole)
    titles = 0
    if may_have_titles(source) and sum(bool(cell.strip()) for cell in records[0]) == 1:
        titles = _lines_of_title(body, source=source, said=said)
        skip, body = skip + titles, "".join(io.StringIO(body, newline="").readlines()[titles:])
        delimiter, quote, records = _best(body, source=source, said=said, whole=whole)
    if len(records[0]) == 1:
        _refuse_wrong_delimiter(records, source=source, found=found, delimiter=delimiter)
    escape = _escape(body, delimiter=delimiter, quote=quote)
    if escape != quote:
        records = _records(body, delimiter=delimiter, quote=quote, escape=escape, whole=whole)
    header = source.header if source.header is not None else not source.columns and has_header(records)
    names, warnings = column_names(records[0], header=header, source=source, shown=found.shown)
    if titles:
        warnings.insert(0, titled(source, found, titles=titles, row=skip + 1))
    if facts.guessed:
        warnings.append(_warning("encoding", source, found, encoding=facts.encoding))
    if facts.damaged:
        warnings.append(_warning("damaged", source, found))
    return (
        Dialect(delimiter=delimiter, quote=quote, escape=escape, header=header, skip=skip, columns=names),
        warnings,
    )


def _warning(code: str, source: Source, found: Found, **values: str) -> SourceWarning:
    return SourceWarning(code=code, values={"source": source.name, "file": found.shown, **values})


def _preamble(text: str) -> tuple[int, str | None]:
    """Return the lines before the table, and the delimiter that Excel's first line may give."""
    skip, said = 0, None
    for line in io.StringIO(text, newline=""):
        if line.lower().startswith("sep=") and len(line.rstrip()) <= 5 and said is None:
            said = line[4:5] or "\t"
        elif line.strip():
            break
        skip += 1
    return skip, said


def _lines_of_title(body: str, *, source: Source, said: str | None) -> int:
    """Return how many lines stand above the table, blank ones among them."""
    delimiters, quotes = _ways(source, said=said)
    ways = [
        csv_settings(delimiter=delimiter, quote=quote, escape=quote) for quote in quotes for delimiter in delimiters
    ]
    titles = title_lines(body, ways, most=_LINES)
    below = io.StringIO(body, newline="").readlines()[titles:] if titles else []
    return titles + next((place for place, line in enumerate(below) if line.strip()), 0)


def _ways(source: Source, *, said: str | None) -> tuple[Sequence[str], Sequence[str]]:
    """Return the delimiters and the quotation marks that are tried."""
    delimiters = (source.delimiter,) if source.delimiter else (said,) if said else DELIMITERS
    return delimiters, (source.quote,) if source.quote is not None else QUOTES


def _best(body: str, *, source: Source, said: str | None, whole: bool) -> tuple[str, str, list[list[str]]]:
    delimiters, quotes = _ways(source, said=said)
    candidates = [
        (delimiter, quote, _records(body, delimiter=delimiter, quote=quote, escape=quote, whole=whole))
        for quote in quotes
        for delimiter in delimiters
    ]
    # max keeps the first of equals: the comma goes before the semicolon, the double quote before the single one.
    return max(candidates, key=lambda candidate: _merit(candidate[2]))


def _merit(records: Sequence[Sequence[str]]) -> tuple[float, float, int]:
    """Return how table-like records are: the share as long as the first, then cells still in quotes, then the width."""
    width = len(records[0])
    alike = sum(len(record) == width for record in records) / len(records)
    cells = [cell.strip() for record in records for cell in record]
    still_quoted = sum(len(cell) > 1 and cell[0] == cell[-1] and cell[0] in QUOTES for cell in cells)
    return (alike if width > 1 else alike / 1000), -still_quoted / len(cells), width


def _records(body: str, *, delimiter: str, quote: str, escape: str, whole: bool) -> list[list[str]]:
    csv.field_size_limit(SAMPLE * 2)
    reader = csv.reader(io.StringIO(body, newline=""), **csv_settings(delimiter=delimiter, quote=quote, escape=escape))
    records: list[list[str]] = []
    try:
        for record in reader:
            if record:
                records.append(record)
            if len(records) > _LINES:
                break
    except csv.Error:
        pass
    cut = not whole and len(records) > 1 and len(records) <= _LINES
    return (records[:-1] if cut else records) or [[""]]


def csv_settings(*, delimiter: str, quote: str, escape: str) -> dict[str, Any]:
    """Return the arguments by which Python's csv module reads as the engine does."""
    if not quote:
        return {"delimiter": delimiter, "quoting": csv.QUOTE_NONE, "quotechar": None}
    doubled = escape == quote
    return {
        "delimiter": delimiter,
        "quotechar": quote,
        "doublequote": doubled,
        "escapechar": None if doubled else escape,
    }


def _escape(body: str, *, delimiter: str, quote: str) -> str:
    r"""Return a backslash where quotes within cells are written \" and reading them doubled breaks off earlier."""
    if not quote or f"\\{quote}" not in body:
        return quote
    doubled = _lines_in_order(body, delimiter=delimiter, quote=quote, escape=quote)
    slashed = _lines_in_order(body, delimiter=delimiter, quote=quote, escape="\\")
    return "\\" if slashed > doubled else quote


def _lines_in_order(body: str, *, delimiter: str, quote: str, escape: str) -> float:
    """Return how many lines are read before the first that breaks the rules of quoting."""
    settings = csv_settings(delimiter=delimiter, quote=quote, escape=escape)
    reader = csv.reader(io.StringIO(body, newline=""), strict=True, **settings)
    try:
        for _ in reader:
            pass
    except csv.Error as error:
        if "end of data" not in str(error):  # a cell that is cut where the sample ends breaks no rule
            return reader.line_num
    return inf


def has_header(records: Sequence[Sequence[str]]) -> bool:
    """Tell whether the first record names columns.

    It does when it is a text above numbers or days somewhere, or when all of it is text and none of it is repeated.
    """
    first = [cell.strip() for cell in records[0]]
    for place, cell in enumerate(first):
        below = [record[place].strip() for record in records[1:] if len(record) > place and record[place].strip()]
        if cell and shape_of(cell) in WORDLIKE and below:
            other = sum(shape_of(value) not in WORDLIKE for value in below)
            if other * 2 > len(below):
                return True
    return all(not cell or shape_of(cell) in WORDLIKE for cell in first) and records[0] not in records[1:]


def column_names(
    first: Sequence[str], *, header: bool, source: Source, shown: str
) -> tuple[tuple[str, ...], list[SourceWarning]]:
    """Return the names of the columns, empty and repeated ones renamed, with a warning for each.

    Raises
    ------
    SourceUnreadable
        If the declared names are not as many as the columns.
    """
    if source.columns and len(source.columns) != len(first):
        raise SourceUnreadable(
            what=f"The file {shown} of source {source.name!r} has not as many columns as are declared.",
            got=f"{len(first)} columns in the file",
            expected=f"{len(source.columns)} columns: {', '.join(source.columns)}",
            fix=f"correct columns, or delimiter, in [sources.{source.name}]",
        )
    written = source.columns or (first if header else ("",) * len(first))
    names: list[str] = []
    warnings: list[SourceWarning] = []
    taken = {name.strip().casefold() for name in written}
    for place, original in enumerate(written, start=1):
        wished = " ".join(original.split()) or f"column_{place}"
        chosen, count = wished, 1
        # The engine does not tell upper from lower case, so neither may names.
        while chosen.casefold() in {name.casefold() for name in names} or (count > 1 and chosen.casefold() in taken):
            count += 1
            chosen = f"{wished}_{count}"
        names.append(chosen)
        values = {"source": source.name, "file": shown, "column": chosen, "place": str(place)}
        if count > 1:
            warnings.append(SourceWarning(code="repeated_name", values={**values, "name": wished}))
        elif not original.strip() and header:
            warnings.append(SourceWarning(code="unnamed_column", values=values))
    if not header and not source.columns:
        warnings.append(SourceWarning(code="no_header", values={"source": source.name, "file": shown}))
    return tuple(names), warnings


def _refuse_wrong_delimiter(records: Sequence[Sequence[str]], *, source: Source, found: Found, delimiter: str) -> None:
    counts = {mark: records[0][0].count(mark) for mark in DELIMITERS if mark != delimiter}
    mark, count = max(counts.items(), key=lambda pair: pair[1])
    if source.delimiter and count:
        raise SourceUnreadable(
            what=f"The file {found.shown} of source {source.name!r} is not delimited by {delimiter!r}.",
            got=f"one column, with {_NAMES[mark]} {count} times in its first line",
            expected=f"columns separated by {delimiter!r}",
            fix=f"write delimiter = {mark!r} in [sources.{source.name}], or leave it out to have it detected",
        )


def _no_header(source: Source, found: Found) -> SourceUnreadable:
    return SourceUnreadable(
        what=f"The file {found.shown} of source {source.name!r} holds nothing but blank lines.",
        got="no header and no rows",
        expected="at least a header line",
        fix="export the file again; take an empty one out of the folder",
    )
