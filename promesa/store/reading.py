"""The store as analyses see it: which files, which columns, which version."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from promesa.store.deltas import Snapshot, snapshot
from promesa.store.places import places_of, read_document
from promesa.store.report import report_from
from promesa.store.schema import TABLES, Column, columns_of
from promesa.store.state import DECISIVE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promesa.store.places import Places
    from promesa.store.report import LoadReport
    from promesa.workspace import Model, Workspace

_VERSIONED = (*TABLES, "identities", "quarantine", *DECISIVE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """One version of a store; what is loaded later does not change it.

    Attributes
    ----------
    version : str
        Twelve hexadecimal digits; changes when the content of a table does, and only then.
    """

    version: str
    places: Places
    model: Model
    snapshots: Mapping[str, Snapshot]

    def files(self, table: str) -> list[str]:
        """Return the Parquet files of a table (``moments``, ``identities``, ``quarantine``...).

        Older files may lack columns that were declared later: read them by name, absent ones as null.
        """
        return list(self.snapshots[table].files)

    def history_files(self, table: str) -> list[str]:
        """Return the files with the replaced rows of a fact table; they have a column `superseded_at` more."""
        return list(snapshot(self.places.table(f"{table}_history")).files)

    def columns(self, table: str) -> tuple[Column, ...]:
        """Return the columns of a fact table as the model declares them now."""
        return columns_of(table, self.model)

    def is_empty(self, table: str) -> bool:
        """Tell whether a table holds no row."""
        return not self.snapshots[table].files

    def reports(self) -> list[LoadReport]:
        """Return the reports of the loads that did something, newest first."""
        names = sorted(self.places.reports.glob("*.json"), reverse=True) if self.places.reports.is_dir() else []
        documents = [read_document(file) for file in names]
        return [report_from(document) for document in documents if document]


def open_store(ws: Workspace) -> Store:
    """Return the store of a workspace as it is now; an empty one if nothing was ever loaded.

    Raises
    ------
    StoreDamaged
        If a log cannot be read or a live file is missing.
    """
    places = places_of(ws)
    snapshots = {table: snapshot(places.table(table)) for table in _VERSIONED}
    return Store(version=_version(snapshots), places=places, model=ws.model, snapshots=snapshots)


def _version(snapshots: Mapping[str, Snapshot]) -> str:
    # Every file has a name of its own, so the names of the live files are the content. Delta's version
    # numbers are not: they also grow when replaced files are cleared away.
    names = [f"{table}/{file.rsplit('/', 1)[-1]}" for table, found in snapshots.items() for file in found.files]
    return hashlib.sha256("\n".join(sorted(names)).encode()).hexdigest()[:12]
