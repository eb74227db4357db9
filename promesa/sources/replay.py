"""Raw records that come back from the quarantine, as one more file of their source."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from promesa.engine import literal
from promesa.sources.raw import BROKEN, LINE, Raw
from promesa.sources.shapes import Fingerprint

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from promesa.engine import Embedded

_BATCH = 20_000  # rows held at a time
_REJECT_COLUMNS = {"source", "file", "row", "rule", "column", "value", "record"}


def open_extra(path: Path, *, columns: Sequence[str], pattern: Raw, folder: Path, engine: Embedded) -> Raw:
    """Return a Parquet file of raw records as the engine reads it.

    Parameters
    ----------
    path : Path
        Its columns are those of the source, as text; or one of them is `record`, each a JSON object of texts as
        rejects have it.
    columns : sequence of str
        Columns of the source.
    pattern : Raw
        A file of the source: how a mended line is split into cells.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([(column, pa.string()) for column in (*columns, BROKEN)])
    written = folder / "records.parquet"
    with pq.ParquetWriter(written, schema) as writer:
        for records in _records(path, engine=engine):
            rows = [_row(record, columns=columns, pattern=pattern) for record in records]
            writer.write_table(pa.Table.from_pylist(rows, schema=schema))
    return Raw(
        shown=path.name,
        fingerprint=Fingerprint(path.name, 0, 0),
        relation=f"read_parquet({literal(written)})",
        columns=tuple(columns),
        breaks="not-mended",
    )


def _records(path: Path, *, engine: Embedded) -> Iterator[list[dict[str, str | None]]]:
    relation = f"SELECT * FROM read_parquet({literal(path)})"
    names = {column for column, _ in engine.columns(relation)}
    as_json = "record" in names and names <= _REJECT_COLUMNS
    for batch in engine.batches(relation, rows=_BATCH):
        rows = batch.to_pylist()
        yield [json.loads(row["record"]) for row in rows] if as_json else rows


def _row(record: dict[str, str | None], *, columns: Sequence[str], pattern: Raw) -> dict[str, str | None]:
    """Return the cells of one record; one that names no cell of the source, or whose line does not split, is broken."""
    line = record.get(LINE)
    cells = pattern.split(line) if line is not None else record
    if cells is None or not cells.keys() <= {*columns}:
        return {BROKEN: line if line is not None else json.dumps(record, ensure_ascii=False)}
    return {column: None if value is None else str(value) for column, value in cells.items()}
