"""Which loads have something to do, and from where their sources are read on."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from promesa.errors import UnknownName
from promesa.store.ledger import SourceMark, definition_of, read_entry
from promesa.store.quarantine import mended_records

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from promesa.store.ledger import Entry, FileMark
    from promesa.store.run import Run
    from promesa.workspace import Load, Source, Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What one load has to do.

    Attributes
    ----------
    definition : str
        Hash of all but its inputs.
    marks : mapping of str to SourceMark
        For each source it reads: its inputs now, and what is behind it already.
    whole : bool
        All of the input is read, so what does not come again is gone.
    skip : bool
        Nothing has changed since the last commit.
    redefined : bool
        It was committed before, by another SELECT or other settings.
    """

    load: Load
    definition: str
    marks: Mapping[str, SourceMark]
    whole: bool
    skip: bool
    redefined: bool = False


def chosen(ws: Workspace, only: Sequence[str]) -> list[Load]:
    """Return the loads that `only` names, by their own name or by their table; all of them if it is empty.

    Raises
    ------
    UnknownName
        If a name is neither.
    """
    known = {load.name for load in ws.loads} | {load.table for load in ws.loads}
    for entry in only:
        if entry not in known:
            raise UnknownName(entry, kind="load", known=known)
    return [load for load in ws.loads if not only or load.name in only or load.table in only]


def is_incremental(source: Source) -> bool:
    """Tell whether a source gives only what is new since the last load."""
    return source.new_files_only or source.watermark is not None or source.intake is not None


def plan_load(run: Run, load: Load, *, full: bool, inputs: Mapping[str, tuple[FileMark, ...] | None]) -> Plan:
    """Decide what a load has to do, from the fingerprints of its sources and what it committed last."""
    definition = definition_of(run.ws, load, mended=_mended_hash(run, load))
    entry = read_entry(run.places, load)
    last = None if full else entry
    same = last is not None and last.definition == definition
    marks = {source: _mark(inputs[source], source, last if same else None) for source in load.reads}
    skip = same and last is not None and all(_unchanged(marks[source], last, source) for source in load.reads)
    incremental = any(is_incremental(run.ws.sources[source]) for source in load.reads)
    return Plan(
        load=load,
        definition=definition,
        marks=marks,
        whole=full or not incremental,
        skip=skip,
        redefined=entry is not None and entry.definition != definition,
    )


def _mended_hash(run: Run, load: Load) -> str:
    records = [record for source in sorted(load.reads) for _, record in mended_records(run.engine, run.places, source)]
    return hashlib.sha256("\x1f".join(records).encode()).hexdigest() if records else ""


def _mark(inputs: tuple[FileMark, ...] | None, source: str, last: Entry | None) -> SourceMark:
    before = last.sources.get(source) if last else None
    if before is None:
        return SourceMark(inputs=inputs)
    return SourceMark(inputs=inputs, files=before.files, watermark=before.watermark)


def _unchanged(mark: SourceMark, last: Entry, source: str) -> bool:
    return mark.inputs is not None and source in last.sources and mark.inputs == last.sources[source].inputs
