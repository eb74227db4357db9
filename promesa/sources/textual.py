"""Cells that a library gives as Python values, written as text for the engine to type."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from math import isfinite, isnan
from typing import TYPE_CHECKING

from promesa.sources.raw import ORDINAL

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

_BATCH = 20_000  # rows held at a time
_EXACT = 2**53  # beyond it a double is no longer every whole number


def cell_text(value: object) -> str | None:
    """Return a cell as the shortest text that reads back as the same value; None for an empty one.

    Examples
    --------
    >>> cell_text(3.0), cell_text(2.5), cell_text(True), cell_text(""), cell_text(float("nan"))
    ('3', '2.5', 'true', None, None)
    """
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _number_text(value)
    if isinstance(value, datetime):
        return None if value != value else value.isoformat(sep=" ")  # noqa: PLR0124 (NaT is not equal to itself)
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        seconds = round(value.total_seconds())
        return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return str(value)


def _number_text(value: float) -> str | None:
    if isnan(value):
        return None
    if isfinite(value) and value == int(value) and abs(value) < _EXACT:
        return str(int(value))
    return repr(value)


def write_rows(rows: Iterable[tuple[int, Sequence[str | None]]], columns: Sequence[str], *, to: Path) -> None:
    """Write rows of text, each with its number from 0, as Parquet in bounded batches."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([(ORDINAL, pa.int64()), *((column, pa.string()) for column in columns)])
    to.parent.mkdir(parents=True, exist_ok=True)
    with pq.ParquetWriter(to, schema) as writer:

        def flush(held: list[tuple[object, ...]]) -> None:
            cells = zip(*held, strict=True) if held else ((),) * len(schema)
            arrays = [pa.array(column, field.type) for column, field in zip(cells, schema, strict=True)]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))

        held: list[tuple[object, ...]] = []
        for ordinal, row in rows:
            held.append((ordinal, *row))
            if len(held) >= _BATCH:
                flush(held)
                held = []
        flush(held)
