"""Facts sent as they stand in the store: a list of objects, one object, or one a line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from promesa.intake.problems import Refused

if TYPE_CHECKING:
    from collections.abc import Collection

    from promesa.intake.limits import Limits

LINES = ("application/x-ndjson", "application/jsonl", "application/x-jsonlines")
_ERRORS = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError)
_SHAPE = {"expected": '[{"id": ..., "at": ..., ...}], with a text, number, true, false or null in each column'}
_any = msgspec.json.Decoder()


def read_facts(body: bytes, *, lines: bool, limits: Limits) -> list[dict[str, str | None]]:
    """Return the rows of a body, every cell as text.

    Raises
    ------
    Refused
        If the body cannot be read as rows; nothing of it is then taken in.
    """
    try:
        found: Any = _any.decode_lines(body) if lines else _any.decode(body)
    except _ERRORS as error:
        raise Refused("bad-json") from error
    rows: list[Any] = found if isinstance(found, list) else [found]
    if len(rows) > limits.rows:
        raise Refused("too-many-rows", {"most": limits.rows})
    return [_cells(row, limits) for row in rows]


def _cells(row: Any, limits: Limits) -> dict[str, str | None]:
    if not isinstance(row, dict):
        raise Refused("bad-shape", _SHAPE)
    cells = {str(column): _text(value) for column, value in row.items()}
    if sum(len(value) for value in cells.values() if value) > limits.event:
        raise Refused("too-large", {"most": limits.event})
    return cells


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return msgspec.json.encode(value).decode()
    raise Refused("bad-shape", _SHAPE)


def refuse_unknown(rows: list[dict[str, str | None]], *, table: str, known: Collection[str]) -> None:
    """Raise if a row gives a column that its table does not have."""
    for column in {column for row in rows for column in row}:
        if column not in known:
            raise Refused("unknown-column", {"table": table, "column": column[:60]})
