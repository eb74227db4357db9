"""Tells whether the columns that a load file names fit the table it fills."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa.errors import Mistake, did_you_mean
from promesa.workspace.loads import selected_columns
from promesa.workspace.tables import SELECT_ONLY, columns_of

if TYPE_CHECKING:
    from promesa.workspace.model import Load, Workspace


def unfit_loads(ws: Workspace) -> list[Mistake]:
    """Return what the SELECTs get wrong about the columns of their tables, as far as their text shows it."""
    return [mistake for load in ws.loads for mistake in _unfit_columns(load, ws)]


def _unfit_columns(load: Load, ws: Workspace) -> list[Mistake]:
    """Return what the SELECT's list of columns gets wrong; the load itself looks again, with types."""
    given = selected_columns(load)
    if given is None:
        return []
    columns = columns_of(load.table, ws.model)
    known = [column.name for column in columns if column.name != "recorded_at"]
    needed = [column.name for column in columns if column.required and column.name not in ("source", "recorded_at")]
    allowed = [*known, *SELECT_ONLY]
    file = f"load/{load.file.name}"
    extra = [
        Mistake(
            file=file,
            key=f"column {name}",
            what=f"The table {load.table} has no column {name!r}.",
            got=name,
            expected=f"one of {', '.join(allowed)}",
            fix=did_you_mean(name, allowed, otherwise="leave it out, or declare it in model.toml"),
        )
        for name in given
        if name not in allowed
    ]
    lacking = [
        Mistake(
            file=file,
            key=f"column {name}",
            what=f"The SELECT does not give the column {name!r}, which the table {load.table} requires.",
            got=f"columns {', '.join(given)}",
            expected=f"at least {', '.join(needed)}",
            fix=did_you_mean(name, [item for item in given if item not in known], otherwise=f"add `... AS {name}`"),
        )
        for name in needed
        if name not in given
    ]
    return extra + lacking
