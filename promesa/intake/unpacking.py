"""Frames unpacked into the files that the store takes in: events, what is refused of them, and facts by table."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from promesa.intake import cloudevents, segment_api
from promesa.intake.fact_rows import LINES, read_facts
from promesa.intake.judging import Fault
from promesa.intake.limits import Limits
from promesa.intake.problems import Refused
from promesa.store import EVENT_TABLE_COLUMNS, arriving_columns

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import pyarrow as pa

    from promesa.intake.segments import Frame
    from promesa.workspace import Workspace

_BATCH = 20_000  # rows held at a time
_ANY_SIZE = Limits(body=1 << 40, event=1 << 40, rows=1 << 40)  # what was accepted is not measured again
_REJECT = ("source", "file", "rule", "column", "value", "record")


@dataclass(slots=True)
class Unpacked:
    """The files of one turn.

    Attributes
    ----------
    events : Path
        Parquet as `take_events` has it.
    rejects : dict of str to Path
        By source, as `take_rejects` has it.
    facts : dict of (str, str) to Path
        By table and source, as `take_facts` has it.
    """

    events: Path
    rejects: dict[str, Path] = field(default_factory=dict)
    facts: dict[tuple[str, str], Path] = field(default_factory=dict)


def unpack(frames: Iterable[Frame], ws: Workspace, *, limits: Limits, folder: Path) -> Unpacked:
    """Write the rows of frames to files in a folder, in their order, a bounded number held at a time."""
    folder.mkdir(parents=True, exist_ok=True)
    found = Unpacked(events=folder / "events.parquet")
    events = _Writer(found.events, _event_schema())
    rejects: dict[str, _Writer] = {}
    facts: dict[tuple[str, str], _Writer] = {}
    try:
        for frame in frames:
            kind, _, call = frame.kind.partition("/")
            if kind == "facts":
                _add_facts(frame, call, ws, facts=facts, rejects=rejects, folder=folder)
            else:
                _add_events(frame, kind, call, limits=limits, events=events, rejects=rejects, folder=folder)
    finally:
        for writer in (events, *rejects.values(), *facts.values()):
            writer.close()
    found.rejects = {source: writer.path for source, writer in rejects.items()}
    found.facts = {owner: writer.path for owner, writer in facts.items()}
    return found


def _add_events(
    frame: Frame,
    kind: str,
    call: str,
    *,
    limits: Limits,
    events: _Writer,
    rejects: dict[str, _Writer],
    folder: Path,
) -> None:
    try:
        if kind == "cloudevents":
            rows = cloudevents.rows_of(call, frame.body, headers=frame.headers, received=frame.received, limits=limits)
        else:
            rows = segment_api.rows_of(call, frame.body, received=frame.received, limits=limits)
    except Refused as refused:  # a body that an earlier version accepted
        rows = [Fault(rule=refused.code, record={"body": frame.body.decode(errors="replace")})]
    for row in rows:
        if isinstance(row, Fault):
            record = {**row.record, "received_at": _instant(frame.received)}
            _reject(rejects, folder, source=frame.source, rule=row.rule, record=record)
        else:
            row.cells["source"] = frame.source
            events.add(row.cells)


def _add_facts(
    frame: Frame,
    table: str,
    ws: Workspace,
    *,
    facts: dict[tuple[str, str], _Writer],
    rejects: dict[str, _Writer],
    folder: Path,
) -> None:
    known = arriving_columns(ws, table)
    owner = (table, frame.source)
    lines = frame.headers.get("content-type") in LINES
    for row in read_facts(frame.body, lines=lines, limits=_ANY_SIZE):
        unknown = next((column for column in row if column not in known), None)
        if unknown is not None:  # the model has changed since the request was accepted
            _reject(rejects, folder, source=frame.source, rule="unknown-column", record={"table": table, **row})
            continue
        if owner not in facts:
            facts[owner] = _Writer(folder / f"facts-{len(facts)}.parquet", _text_schema(known))
        facts[owner].add(row)


def _reject(rejects: dict[str, _Writer], folder: Path, *, source: str, rule: str, record: dict[str, Any]) -> None:
    if source not in rejects:
        rejects[source] = _Writer(folder / f"rejects-{len(rejects)}.parquet", _reject_schema())
    text = json.dumps(record, ensure_ascii=False)
    # No row number: the same event, refused twice, is one item.
    rejects[source].add({"source": source, "file": "intake", "rule": rule, "record": text, "row": 0})


def _instant(micros: int) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(micros / 1e6, tz=UTC).isoformat()


class _Writer:
    """A Parquet file that rows are added to; it exists once it is closed, also without a row."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        import pyarrow.parquet as pq

        self.path, self._schema = path, schema
        self._file = pq.ParquetWriter(path, schema)
        self._rows: list[dict[str, Any]] = []

    def add(self, row: dict[str, Any]) -> None:
        self._rows.append(row)
        if len(self._rows) >= _BATCH:
            self._flush()

    def close(self) -> None:
        self._flush()
        self._file.close()

    def _flush(self) -> None:
        import pyarrow as pa

        if self._rows:
            cells = ([row.get(field.name) for row in self._rows] for field in self._schema)
            arrays = [pa.array(values, field.type) for values, field in zip(cells, self._schema, strict=True)]
            self._file.write_table(pa.Table.from_arrays(arrays, schema=self._schema))
            self._rows.clear()


def _event_schema() -> pa.Schema:
    import pyarrow as pa

    kinds = {"text": pa.string(), "time": pa.timestamp("us"), "whole": pa.int64()}
    return pa.schema([(name, kinds[kind]) for name, kind in EVENT_TABLE_COLUMNS if name not in ("sequence", "id_hash")])


def _text_schema(columns: Iterable[str]) -> pa.Schema:
    import pyarrow as pa

    return pa.schema([(column, pa.string()) for column in columns])


def _reject_schema() -> pa.Schema:
    import pyarrow as pa

    return pa.schema([*((column, pa.string()) for column in _REJECT), ("row", pa.int64())])
