"""Columns of whole numbers kept from one run to the next, in a file as they are in memory.

A file is mapped and not read: two million rows cost no more than what is looked at of them. What is kept so holds
surrogates and no name, can be worked out again from the tables, and is wiped when a customer is erased.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from promesa.store.places import flush_folder, writing

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from numpy.typing import NDArray

    from promesa.store.run import Run

    Columns = dict[str, NDArray[Any]]


def keep_columns(run: Run, name: str, columns: Mapping[str, NDArray[Any]]) -> str:
    """Write columns of equal length whole or not at all; return the name of their file, which no other ever has."""
    folder, table = run.places.remembered, pa.table({one: pa.array(values) for one, values in columns.items()})
    path = folder / f"{name}-{run.name}.arrow"
    temporary = path.with_suffix(".tmp")
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            with pa.ipc.new_file(file, table.schema) as writer:
                writer.write_table(table)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        flush_folder(folder)
    return path.name


def kept_columns(run: Run, file: str | None) -> Columns | None:
    """Return the columns of a file that `keep_columns` named, not to be written to; None if it is not there."""
    path = run.places.remembered / (file or "none")
    try:
        table = pa.ipc.open_file(pa.memory_map(str(path))).read_all()
    except (FileNotFoundError, pa.ArrowInvalid):
        return None
    return {one: _numbers(table[one]) for one in table.column_names}


def _numbers(column: pa.ChunkedArray) -> NDArray[Any]:
    if column.num_chunks == 1:
        return column.chunk(0).to_numpy()
    return np.asarray(column.to_numpy())


def drop_columns(run: Run, *, but: Collection[str]) -> None:
    """Delete the files of columns that are kept no longer."""
    folder = run.places.remembered
    if folder.is_dir():
        with writing(folder):
            for file in folder.iterdir():
                if file.name not in but:
                    file.unlink()
