"""One pass over a file: text in, typed Parquet out, with what did not fit beside it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from promesa.engine import literal, name
from promesa.errors import EngineError, SourceUnreadable
from promesa.sources.casts import trimmed, typed
from promesa.sources.raw import BROKEN, BROKEN_COLUMN, COLUMN, LINE, ORDINAL, RECORD, Raw
from promesa.sources.shapes import DUCKDB_TYPES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from promesa.engine import Embedded
    from promesa.sources.decisions import Decision
    from promesa.sources.shapes import SourceColumn
    from promesa.workspace import Source


_IN_QUOTES = re.compile("\"[^\"]*\"?|'[^']*'?")  # what the engine quotes may be a cell


@dataclass(frozen=True, slots=True, kw_only=True)
class Zones:
    """Zones of the local times: as the source declares it, and the company's."""

    declared: str | None
    company: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How every file of a source is typed.

    Attributes
    ----------
    columns : tuple of str
        Of all files together.
    decisions : mapping of str to Decision
        Of the columns whose cells are text.
    above : str or None
        Watermark of the load before; rows up to it are left out, those without a value are not.
    """

    source: Source
    columns: tuple[str, ...]
    decisions: Mapping[str, Decision]
    known: Mapping[str, SourceColumn]
    zones: Zones
    above: str | None = None

    def type_of(self, column: str) -> str:
        """Return the DuckDB type of a column once it is typed."""
        if column in self.known:
            zoned = self.known[column].zoned or (self.known[column].kind == "time" and self.zones.declared)
            kind = self.known[column].kind
        else:
            decision = self.decisions[column]
            zoned, kind = decision.zoned or self.zones.declared is not None, decision.kind
        return "TIMESTAMPTZ" if kind == "time" and zoned else DUCKDB_TYPES[kind]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """What one pass wrote.

    Attributes
    ----------
    rows : int
        Rows in the Parquet file, fitting or not.
    misfits : int
        Those that did not fit.
    broken : array of int
        Rows, as a spreadsheet counts, that could not be split into cells and are not in the Parquet file.
    rejects : tuple of Path
        Parquet files of what did not fit or was broken.
    """

    raw: Raw
    path: Path
    rows: int
    misfits: int
    broken: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    rejects: tuple[Path, ...] = ()


def run_pass(raw: Raw, plan: Plan, *, to: Path, engine: Embedded) -> Pass:
    """Type one file into Parquet; a file that the engine cannot read is mended first, if it can be.

    Raises
    ------
    SourceUnreadable
        If it cannot be read at all.
    """
    try:
        return _run(raw, plan, to=to, engine=engine)
    except EngineError as error:
        if raw.mend is None:
            raise unreadable(raw, plan.source, error) from error
    return run_pass(raw.mend(), plan, to=to, engine=engine)


def unreadable(raw: Raw, source: Source, error: EngineError) -> SourceUnreadable:
    """Return the error for a file that the engine gives up on."""
    return SourceUnreadable(
        what=f"The file {raw.shown} of source {source.name!r} cannot be read as it is described.",
        got=_IN_QUOTES.sub("…", error.got.splitlines()[0])[:200],
        expected="a file in the format that its name or [sources] gives",
        fix=f"check the file, and delimiter, quote, encoding and format in [sources.{source.name}]",
    )


def _run(raw: Raw, plan: Plan, *, to: Path, engine: Embedded) -> Pass:
    to.parent.mkdir(parents=True, exist_ok=True)
    engine.run(f"COPY ({select(raw, plan)}) TO {literal(to)} (FORMAT parquet, COMPRESSION snappy)")
    query = f"SELECT count(*), count({name(COLUMN)}) FROM read_parquet({literal(to)})"
    ((rows, misfits),) = engine.run(query)
    return Pass(raw=raw, path=to, rows=int(str(rows)), misfits=int(str(misfits)))


def select(raw: Raw, plan: Plan) -> str:
    """Return the SELECT that types a file: its columns, the first misfit of a row, and the row itself if it has one."""
    cells = [column for column in raw.columns if column in plan.columns]
    texts = [column for column in cells if column in plan.decisions]
    # c0, c1... are the texts and t0, t1... the typed values: a column's own name may be anything.
    place = {column: index for index, column in enumerate(texts)}
    inner = [f"{raw.cell(column)} AS c{place[column]}" for column in texts]
    inner += [name(column) for column in cells if column not in place]
    inner += [name(ORDINAL)] if raw.numbered else []
    inner += [name(BROKEN)] if raw.breaks else []
    relation = _numbered(raw) if plan.above is not None and not raw.numbered else raw.relation
    inner += [name(ORDINAL)] if plan.above is not None and not raw.numbered else []
    typed_cells = [
        f"{_fitted(f'c{index}', plan.decisions[column], plan)} AS t{index}" for column, index in place.items()
    ]
    whole = f"SELECT {', '.join(['*', *typed_cells])} FROM (SELECT {', '.join(inner) or '1'} FROM {relation})"
    outer = [f"{_value(column, place, plan)} AS {name(column)}" for column in cells]
    outer += [name(ORDINAL)] if raw.numbered or plan.above is not None else []
    query = f"SELECT *, {_first_misfit(place, raw, plan)} AS {name(COLUMN)} FROM ({whole})"
    record = f"CASE WHEN {name(COLUMN)} IS NOT NULL THEN {_record(cells, place, raw)} END AS {name(RECORD)}"
    return f"SELECT {', '.join([*outer, name(COLUMN), record])} FROM ({query}){_above(place, raw, plan)}"


def _numbered(raw: Raw) -> str:
    return f"(SELECT *, row_number() OVER () - 1 AS {name(ORDINAL)} FROM {raw.relation})"


def _fitted(cell: str, decision: Decision, plan: Plan) -> str:
    value = typed(
        cell,
        decision,
        zone=plan.zones.declared,
        company_zone=plan.zones.company,
        money_signs=plan.source.money_signs,
    )
    if decision.kind != "text":
        return value
    return f"CASE WHEN {_is_null_word(cell, decision, plan)} THEN NULL ELSE {value} END"


def _is_null_word(cell: str, decision: Decision, plan: Plan) -> str:
    words = plan.source.null_words
    bare = cell if decision.kind == "text" else trimmed(cell)
    if len(words) < 2:
        return f"{bare} = {literal(words[0])}" if words else "false"
    return f"list_contains([{', '.join(map(literal, words))}], {bare})"


def _value(column: str, place: Mapping[str, int], plan: Plan) -> str:
    if column in place:
        return f"t{place[column]}"
    known = plan.known[column]
    if known.kind == "time" and not known.zoned and plan.zones.declared:
        return f"timezone({literal(plan.zones.declared)}, {name(column)})"
    return name(column)


def _first_misfit(place: Mapping[str, int], raw: Raw, plan: Plan) -> str:
    cases = [f"WHEN {name(BROKEN)} IS NOT NULL THEN {BROKEN_COLUMN}"] if raw.breaks else []
    for column, index in place.items():
        decision, cell = plan.decisions[column], f"c{index}"
        if decision.kind != "text":
            unread = f"{cell} IS NOT NULL AND t{index} IS NULL"
            cases.append(f"WHEN {unread} AND NOT {_is_null_word(cell, decision, plan)} THEN {index}")
    return f"CAST(CASE {' '.join(cases)} END AS INTEGER)" if cases else "CAST(NULL AS INTEGER)"


def _record(cells: Sequence[str], place: Mapping[str, int], raw: Raw) -> str:
    pairs = [f"{literal(column)}, {_text_of(column, place)}" for column in cells]
    whole = f"CAST(json_object({', '.join(pairs)}) AS VARCHAR)"
    if not raw.breaks:
        return whole
    line = f"CAST(json_object({literal(LINE)}, {name(BROKEN)}) AS VARCHAR)"
    return f"CASE WHEN {name(BROKEN)} IS NOT NULL THEN {line} ELSE {whole} END"


def _text_of(column: str, place: Mapping[str, int]) -> str:
    return f"c{place[column]}" if column in place else f"CAST({name(column)} AS VARCHAR)"


def _above(place: Mapping[str, int], raw: Raw, plan: Plan) -> str:
    column = next((c for c in raw.columns if c.casefold() == (plan.source.watermark or "").casefold()), None)
    if plan.above is None or column is None:
        return ""
    value = _value(column, place, plan)
    return f" WHERE {value} IS NULL OR {value} > CAST({literal(plan.above)} AS {plan.type_of(column)})"
