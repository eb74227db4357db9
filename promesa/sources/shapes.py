"""What reading a source gives: its columns, its files, the staged rows, and what to be warned of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from promesa import words

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Kind = Literal["text", "whole", "number", "day", "time", "yes_no"]
How = Literal["detected", "declared", "file"]
KINDS: tuple[Kind, ...] = ("text", "whole", "number", "day", "time", "yes_no")
DUCKDB_TYPES: dict[Kind, str] = {
    "text": "VARCHAR",
    "whole": "BIGINT",
    "number": "DOUBLE",
    "day": "DATE",
    "time": "TIMESTAMP",
    "yes_no": "BOOLEAN",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceColumn:
    """One column of a source.

    Attributes
    ----------
    kind : Kind
        ``text``, ``whole`` (64-bit integer), ``number`` (double), ``day`` (date), ``time`` (timestamp), ``yes_no``.
    how : {"detected", "declared", "file"}
        Who said so: the cells, promesa.toml, or the file or database itself.
    format : str or None
        Of days and times in text, in strptime's letters; ``1.234,56`` for numbers with a decimal comma.
    zoned : bool
        A time that is an instant (TIMESTAMPTZ) and not a local time.
    """

    name: str
    kind: Kind
    how: How
    format: str | None = None
    zoned: bool = False


class Fingerprint(NamedTuple):
    """What tells one state of a file from another: shown path, size in bytes, change time in nanoseconds."""

    path: str
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """One file that was read, or one query.

    Attributes
    ----------
    path : str
        Relative to the workspace where it lies inside, else absolute; of a database ``query``.
    size, mtime_ns : int
        Bytes and change time when it was read; zero for a query.
    rows : int
        Rows read, those that were rejected included.
    rejected : int
        Rows that did not fit.
    """

    path: str
    size: int
    mtime_ns: int
    rows: int
    rejected: int

    @property
    def fingerprint(self) -> Fingerprint:
        """Return what `stage` takes in `seen`."""
        return Fingerprint(self.path, self.size, self.mtime_ns)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceWarning:
    """Something that was decided for the reader and may be wrong.

    Attributes
    ----------
    code : str
        Stable name; ``sources.warning.<code>`` is its sentence.
    values : mapping of str to str
        What the sentence names: source, file, column... never a cell.
    """

    code: str
    values: Mapping[str, str]

    def in_locale(self, locale: str) -> str:
        """Return the sentence in the reader's language."""
        return words.say(f"sources.warning.{self.code}", locale, **self.values)

    def __str__(self) -> str:
        return self.in_locale("en")


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    """A source that the engine can read quickly.

    Attributes
    ----------
    relation : str
        SQL table expression with exactly `columns`; it lives as long as the folder it was staged in.
    files : tuple of SourceFile
        What was read; files that were skipped are not in it.
    rows : int
        Rows that `relation` gives.
    rejects : tuple of Path
        Parquet files with the rows that did not fit: ``source``, ``file``, ``row`` (as a spreadsheet counts: the
        header is row 1), ``rule``, ``column``, ``value``, ``record`` (the whole raw row as a JSON object of texts).
    watermark : str or None
        Highest value of the declared watermark column, this load's or the one before it.
    """

    name: str
    relation: str
    columns: tuple[SourceColumn, ...]
    files: tuple[SourceFile, ...]
    rows: int
    rejects: tuple[Path, ...]
    watermark: str | None
    warnings: tuple[SourceWarning, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """How a source would be read, for `promesa check`.

    Attributes
    ----------
    files : tuple of str
        Every file it matches; empty for a database.
    format : str
        ``csv``, ``parquet``, ``jsonl``, ``xlsx``, ``sav`` or ``database``.
    delimiter, encoding, header
        Of text in columns; None for the other formats.
    rows_looked_at : int
        Rows that the kinds were decided on.
    """

    name: str
    format: str
    files: tuple[str, ...]
    columns: tuple[SourceColumn, ...]
    delimiter: str | None
    encoding: str | None
    header: bool | None
    rows_looked_at: int
    warnings: tuple[SourceWarning, ...]
