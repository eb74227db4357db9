"""What each load has committed: from what inputs, by what definition, up to where.

A load is skipped when neither has changed. When its definition has (its SQL, the model's names, a
source's settings), every input is read again, also the files an incremental source has behind it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from promesa.store.deltas import snapshot
from promesa.store.places import read_document, write_document
from promesa.store.rules import known_names
from promesa.store.schema import columns_of

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.store.places import Places
    from promesa.workspace import Load, Source, Workspace

FORMAT = 1
FileMark = tuple[str, int, int]  # path, size, time of change in nanoseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceMark:
    """How far one source has been read by one load.

    Attributes
    ----------
    inputs : tuple of FileMark or None
        Its files as they were; None for a database, which is always read.
    files : frozenset of FileMark
        Files read so far, also by earlier runs.
    watermark : str or None
        Highest value read so far.
    """

    inputs: tuple[FileMark, ...] | None
    files: frozenset[FileMark] = frozenset()
    watermark: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What one load committed last.

    Attributes
    ----------
    definition : str
        Hash of everything that decides what its rows become.
    table_identity : str
        Of the table it went to: in a table made anew, nothing is known yet.
    """

    definition: str
    table_identity: str
    sources: Mapping[str, SourceMark]


def definition_of(ws: Workspace, load: Load, *, mended: str) -> str:
    """Return the hash of everything but the inputs that decides what a load's rows become."""
    document = {
        "format": FORMAT,
        "sql": load.sql,
        "table": load.table,
        "source": load.source,
        "columns": [(column.name, column.kind) for column in columns_of(load.table, ws.model)],
        "names": known_names(load.table, ws.model),
        "scales": {concept.name: concept.scale for concept in ws.model.concepts.values()},
        "time_zone": ws.time_zone,
        "sources": {source: _settings(ws.sources[source]) for source in sorted(load.reads)},
        "mended": mended,
        "rates": _rates_read(ws, load),
    }
    return hashlib.sha256(json.dumps(document, sort_keys=True, default=str).encode()).hexdigest()


def _rates_read(ws: Workspace, load: Load) -> dict[str, object]:
    """Return what amounts of a load are converted by; nothing where it gives no currency."""
    sql = load.sql.lower()
    if "rate" not in {column.name for column in columns_of(load.table, ws.model)} or not (
        "currency" in sql or "*" in sql
    ):
        return {}
    return {"currency": ws.currency, **ws.rates}


def _settings(source: Source) -> dict[str, object]:
    values = {field.name: getattr(source, field.name) for field in fields(source)}
    if values["intake"] is None:
        del values["intake"]  # loads that were committed before there was such a key stay committed
    if not {"number", "whole"} & {*source.types.values()}:
        del values["money_signs"]  # only numbers that are declared may carry them
    return {name: dict(value) if isinstance(value, Mapping) else value for name, value in values.items()}


def read_entry(places: Places, load: Load) -> Entry | None:
    """Return what a load committed last; None if nothing, or into a table that is no longer there."""
    document: Any = read_document(_file(places, load.name))
    if document is None or document.get("format") != FORMAT:
        return None
    if document["table_identity"] != snapshot(places.table(load.table)).identity:
        return None
    sources = {name: _mark_from(mark) for name, mark in document["sources"].items()}
    return Entry(definition=document["definition"], table_identity=document["table_identity"], sources=sources)


def write_entry(places: Places, load: Load, entry: Entry) -> None:
    """Keep what a load has committed."""
    write_document(
        _file(places, load.name),
        {
            "format": FORMAT,
            "load": load.name,
            "definition": entry.definition,
            "table_identity": entry.table_identity,
            "sources": {name: _mark_document(mark) for name, mark in entry.sources.items()},
        },
    )


def _file(places: Places, load: str) -> Path:
    return places.ledger / f"{load}.json"


def _mark_document(mark: SourceMark) -> dict[str, object]:
    return {
        "inputs": None if mark.inputs is None else [list(file) for file in mark.inputs],
        "files": sorted(list(file) for file in mark.files),
        "watermark": mark.watermark,
    }


def _mark_from(document: Mapping[str, Any]) -> SourceMark:
    inputs = document["inputs"]
    return SourceMark(
        inputs=None if inputs is None else tuple((path, size, mtime) for path, size, mtime in inputs),
        files=frozenset((path, size, mtime) for path, size, mtime in document["files"]),
        watermark=document["watermark"],
    )
