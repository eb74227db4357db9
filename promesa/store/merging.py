"""Many small files of a table become one: frequent loads leave many, and each costs a reader its opening."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from promesa.store.deltas import Overtaken, checkpoint, commit, relation, snapshot, write_file

if TYPE_CHECKING:
    from promesa.store.run import Run

SMALL = 16 << 20  # bytes below which a file is small
MANY = 24  # small files of a table that are worth merging


def merge_small_files(run: Run) -> int:
    """Merge the small files of every table that has many; return how many files went.

    The rows of a merged file stand in the order of its parts.
    """
    tables = sorted(folder.name for folder in run.places.store.iterdir() if (folder / "_delta_log").is_dir())
    return sum(_merge(run, table) for table in tables)


def _merge(run: Run, table: str) -> int:
    seen = snapshot(run.places.table(table))
    small = [file for file in seen.files if Path(file).stat().st_size < SMALL]
    if len(small) < MANY:
        return 0
    merged = write_file(
        run.engine,
        seen.folder,
        relation(run.engine, small, seen.columns),
        # "-kept-" as after a correction: none of these rows was written by a load of this run.
        stem=f"{run.name}-{table}-{seen.version}-kept-merged",
    )
    try:
        commit(seen, add=[merged] if merged else [], drop=small)
    except Overtaken:
        return 0  # the next run merges them
    checkpoint(seen.folder)
    return len(small)
