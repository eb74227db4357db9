"""Files as the company's systems export them: one writer a file, tables appended, always the same bytes."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, cast

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from pathlib import Path

FileKind = Literal["csv", "jsonl", "parquet"]
ROW_GROUP = 500_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FileShape:
    """How one file is written.

    Attributes
    ----------
    path : str
        Relative to the data folder, without the ending that its kind gives it.
    dates : str or None
        Format of days and times; None is ISO.
    offset : str
        Written after each time in JSON lines, such as ``+00:00``.
    natural : FileKind
        Kind of file the company's system gives.
    """

    path: str
    natural: FileKind = "csv"
    delimiter: str = ","
    encoding: str = "utf-8"
    dates: str | None = None
    decimal: str = "."
    gz: bool = False
    offset: str = ""

    def name(self, kind: FileKind) -> str:
        """Return the file's path when written as `kind`."""
        return f"{self.path}.{kind}" + (".gz" if self.gz and kind == "csv" else "")


class FileWriter:
    """One open file that tables are appended to."""

    def __init__(self, folder: Path, shape: FileShape, kind: FileKind) -> None:
        self.shape, self.kind = shape, kind
        self.path = folder / shape.name(kind)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._raw: BinaryIO | None = None
        self._parquet: Any = None
        self._waiting: list[pa.Table] = []
        self._empty = True
        if kind != "parquet":
            raw = cast("BinaryIO", self.path.open("wb"))
            self._plain = raw
            # Without name and time in its header, so that the same seed gives the same bytes.
            self._raw = cast("BinaryIO", gzip.GzipFile("", "wb", 6, raw, 0)) if self.path.suffix == ".gz" else raw

    def append(self, table: pa.Table) -> None:
        """Add the rows of a table."""
        if self.kind == "parquet":
            self._append_parquet(table)
        elif self.kind == "jsonl":
            self._bytes().write(_json_lines(table, offset=self.shape.offset))
        else:
            self._bytes().write(_csv(as_text(table, self.shape), self.shape, header=self._empty))
        self._empty = False

    def append_text(self, table: pa.Table) -> None:
        """Add rows whose cells are already written as text, which may not be what the column holds."""
        self._bytes().write(_csv(table, self.shape, header=self._empty))
        self._empty = False

    def close(self) -> None:
        """Finish the file."""
        if self.kind == "parquet":
            self._write_group()
            self._parquet.close()
        if self._raw is not None:
            self._raw.close()
            self._plain.close()

    def _bytes(self) -> BinaryIO:
        return cast("BinaryIO", self._raw)

    def _append_parquet(self, table: pa.Table) -> None:
        self._waiting.append(table)
        if sum(part.num_rows for part in self._waiting) >= ROW_GROUP:
            self._write_group()

    def _write_group(self) -> None:
        from pyarrow import parquet

        if not self._waiting:
            return
        table, self._waiting = pa.concat_tables(self._waiting), []
        if self._parquet is None:
            self._parquet = parquet.ParquetWriter(self.path, table.schema, compression="zstd")
        self._parquet.write_table(table, row_group_size=ROW_GROUP)


def as_text(table: pa.Table, shape: FileShape) -> pa.Table:
    """Return the table with every cell as the file will show it."""
    return pa.table({name: _text(table.column(name), shape) for name in table.column_names})


def _text(column: pa.ChunkedArray, shape: FileShape) -> pa.ChunkedArray:
    kind = column.type
    if pa.types.is_string(kind):
        return column
    if pa.types.is_boolean(kind):
        return pc.if_else(column, "sí", "no")
    if pa.types.is_temporal(kind):
        day_format = "%Y-%m-%d" if pa.types.is_date(kind) else "%Y-%m-%d %H:%M:%S"
        return pc.strftime(column.cast(pa.timestamp("s")), format=shape.dates or day_format)
    text = column.cast(pa.string())
    if pa.types.is_floating(kind):
        text = pc.replace_substring_regex(text, r"\.0$", "")
        text = text if shape.decimal == "." else pc.replace_substring(text, ".", shape.decimal)
    return text


def _csv(table: pa.Table, shape: FileShape, *, header: bool) -> bytes:
    cells = _quoted(table, shape.delimiter).columns
    rows = pc.binary_join_element_wise(*cells, shape.delimiter, null_handling="replace", null_replacement="")
    lines = [shape.delimiter.join(table.column_names)] if header else []
    lines += rows.to_pylist()
    return ("\n".join(lines) + "\n").encode(shape.encoding) if lines else b""


def _quoted(table: pa.Table, delimiter: str) -> pa.Table:
    """Quote the cells that need it, and only those, as spreadsheets do."""
    columns = {}
    for name in table.column_names:
        column = table.column(name)
        needs = pc.match_substring_regex(column, f'[{delimiter}"\\n]')
        if pc.any(needs).as_py():
            doubled = pc.binary_join_element_wise('"', pc.replace_substring(column, '"', '""'), '"', "")
            column = pc.if_else(needs, doubled, column)
        columns[name] = column
    return pa.table(columns)


def _json_lines(table: pa.Table, *, offset: str) -> bytes:
    rows = table.to_pylist()
    lines = [json.dumps(row, ensure_ascii=False, default=lambda value: _moment(value, offset)) for row in rows]
    return ("\n".join(lines) + "\n").encode() if lines else b""


def _moment(value: object, offset: str) -> str:
    if isinstance(value, datetime):
        return value.isoformat() + offset
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(type(value).__name__)
