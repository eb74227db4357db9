"""The rows that did not fit, with their row as a spreadsheet counts, written where the store finds them."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from promesa.engine import literal, name
from promesa.sources.decisions import is_day_in_any_form, reads_cell
from promesa.sources.raw import BROKEN_COLUMN, COLUMN, LINE, ORDINAL, RECORD

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from promesa.engine import Embedded
    from promesa.sources.decisions import Decision, Rules
    from promesa.sources.typing_pass import Pass, Plan

_RULES = {"whole": "not-a-whole-number", "number": "not-a-number", "yes_no": "not-yes-or-no", "text": "not-a-text"}
_BATCH = 20_000  # rows written at a time


class Reject(NamedTuple):
    """One row that did not fit, as it is written."""

    source: str
    file: str
    row: int
    rule: str
    column: str | None
    value: str | None
    record: str


def write_broken(done: Pass, plan: Plan, *, to: Path, engine: Embedded) -> Pass:
    """Write the rows that the engine could not split into cells; none of them writes no file."""
    rows: list[int] = []
    _write(_broken(done, plan, rows, engine), to=to)
    rejects = (*done.rejects, to) if rows else done.rejects
    return replace(done, broken=np.array(rows, dtype=np.int64), rejects=rejects)


def _broken(done: Pass, plan: Plan, rows: list[int], engine: Embedded) -> Iterator[Reject]:
    for each in done.raw.broken(engine):
        rows.append(each.row)
        record = json.dumps({LINE: each.text}, ensure_ascii=False)
        yield Reject(plan.source.name, done.raw.shown, each.row, each.rule, None, each.text, record)


def write_misfits(done: Pass, plan: Plan, *, rules: Rules, to: Path, engine: Embedded) -> Pass:
    """Write the rows that a pass set aside; none of them writes no file."""
    if not done.misfits:
        return done
    _write(_misfits(done, plan, rules, engine), to=to)
    return replace(done, rejects=(*done.rejects, to))


def _misfits(done: Pass, plan: Plan, rules: Rules, engine: Embedded) -> Iterator[Reject]:
    texts = [column for column in done.raw.columns if column in plan.decisions]
    blank = () if done.raw.numbered else done.raw.blank_rows()
    first = done.raw.first_row
    left_out = _left_out(done.broken, blank, first_row=first)
    for ordinals, places, records in misfits_of(done, plan, engine=engine):
        rows = first + ordinals + np.searchsorted(left_out, ordinals, side="right")
        for row, place, record in zip(rows.tolist(), places, records, strict=True):
            column = None if place == BROKEN_COLUMN else texts[place]
            value = str(json.loads(record)[column or LINE])
            rule = rule_of(value, plan.decisions[column], rules=rules) if column else str(done.raw.breaks)
            yield Reject(plan.source.name, done.raw.shown, row, rule, column, value, record)


def misfits_of(done: Pass, plan: Plan, *, engine: Embedded) -> Iterator[tuple[NDArray[np.int64], list[int], list[str]]]:
    """Return the misfits of a pass in batches: rows counted from 0, place of the column, record as JSON."""
    numbered = done.raw.numbered or plan.above is not None
    ordinal = name(ORDINAL) if numbered else "file_row_number"
    relation = f"read_parquet({literal(done.path)}{'' if numbered else ', file_row_number=true'})"
    query = f"SELECT {ordinal}, {name(COLUMN)}, {name(RECORD)} FROM {relation} WHERE {name(COLUMN)} IS NOT NULL"
    for batch in engine.batches(query, rows=_BATCH):
        ordinals, places, records = batch.columns
        yield ordinals.to_numpy(zero_copy_only=False), places.to_pylist(), records.to_pylist()


def rule_of(value: str, decision: Decision, *, rules: Rules) -> str:
    """Return the code of the rule that a cell broke."""
    if decision.kind not in ("day", "time"):
        return _RULES[decision.kind]
    if is_day_in_any_form(value, rules=rules) and not reads_cell(decision, value, rules=rules):
        return "mixed-dates"
    return f"not-a-{decision.kind}"


def _left_out(broken: NDArray[np.int64], blank: Sequence[int], *, first_row: int) -> NDArray[np.int64]:
    """Return for each row that the engine left out, how many rows it gave before that one."""
    rows = np.unique(np.array([*broken, *blank], dtype=np.int64))
    return rows - first_row - np.arange(rows.size)


def _write(rejects: Iterator[Reject], *, to: Path) -> None:
    """Write rejects batch by batch; the first one makes the file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([(field, pa.int64() if field == "row" else pa.string()) for field in Reject._fields])
    writer = None
    try:
        while batch := list(islice(rejects, _BATCH)):
            writer = writer or pq.ParquetWriter(to, schema)
            cells = zip(zip(*batch, strict=True), schema, strict=True)
            arrays = [pa.array(column, field.type) for column, field in cells]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
    finally:
        if writer is not None:
            writer.close()
