"""Small worlds for tests: facts from rows, without files, loads or a store."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from promesa.engine import connect
from promesa.store import STATE, Facts, columns_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from promesa.engine import Engine
    from promesa.workspace import Workspace

ARROW = {
    "text": pa.string(),
    "time": pa.timestamp("us"),
    "day": pa.date32(),
    "number": pa.float64(),
    "whole": pa.int64(),
    "money": pa.decimal128(18, 4),
    "yes_no": pa.bool_(),
}


def facts_of(
    workspace: Workspace,
    tables: Mapping[str, Sequence[Mapping[str, Any]]],
    *,
    folder: Path,
    as_of: datetime,
    engine: Engine | None = None,
    version: str = "test",
) -> Facts:
    """Write rows of fact and state tables as the store would keep them and return the facts that hold them."""
    files: dict[str, list[str]] = {}
    for table, rows in tables.items():
        if not rows:
            continue
        kinds = STATE.get(table) or [(column.name, column.kind) for column in columns_of(table, workspace.model)]
        filled = [_filled(table, number, row, as_of) for number, row in enumerate(rows)]
        unknown = {key for row in rows for key in row} - dict(kinds).keys()
        assert not unknown, f"{table} has no columns {unknown}"
        arrays = {name: pa.array([_value(kind, row.get(name)) for row in filled], ARROW[kind]) for name, kind in kinds}
        path = folder / f"{table}.parquet"
        pq.write_table(pa.table(arrays), path)
        files[table] = [str(path)]
    return Facts(workspace=workspace, engine=engine or connect("duckdb"), version=version, files=files, as_of=as_of)


def _filled(table: str, number: int, row: Mapping[str, Any], as_of: datetime) -> dict[str, Any]:
    return {"source": "test", "id": f"{table}-{number}", "at": as_of, "recorded_at": as_of, **row}


def _value(kind: str, value: Any) -> Any:
    if value is None:
        return None
    if kind == "money":
        return Decimal(str(value)).quantize(Decimal("0.0001"))
    if kind == "time" and type(value) is date:
        return datetime.combine(value, datetime.min.time())
    return value
