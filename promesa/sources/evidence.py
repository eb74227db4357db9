"""The kinds of a source's columns: decided on a sample, and decided again where all the rows say otherwise."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar, cast

from promesa.engine import literal, name
from promesa.sources.cells import DateShape, shape_of
from promesa.sources.decisions import Decision, Rules, date_form_of, decide_all, shapes_of
from promesa.sources.raw import COLUMN, RECORD, TEXT_MARK, Raw

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from promesa.engine import Embedded
    from promesa.sources.cells import Shape
    from promesa.sources.shapes import Kind
    from promesa.sources.typing_pass import Pass, Plan
    from promesa.workspace import Source

SAMPLE_ROWS = 10_000  # of each file looked at
SAMPLE_FILES = 8
_DISTINCT = 10_000  # texts looked at of a column that has more misfits
_THIN = 50  # fewer cells than this in the sample do not settle that a column is text

T = TypeVar("T")
Evidence = dict[str, Counter["Shape"]]


def rules_of(source: Source) -> Rules:
    """Return what promesa.toml says of the cells of a source."""
    return Rules(
        types=cast("Mapping[str, Kind]", source.types),  # the workspace has checked them
        comma=None if source.decimal is None else source.decimal == ",",
        dates=date_form_of(source.dates) if source.dates else None,
        money_signs=source.money_signs,
    )


def gather(raws: Sequence[Raw], *, source: Source, rules: Rules, engine: Embedded) -> tuple[Evidence, int]:
    """Return the shapes of every text column over the beginnings of some files, and the rows looked at."""
    evidence: Evidence = {}
    looked_at = 0
    for raw in spread(raws):
        texts = [column for column in raw.columns if column not in raw.known]
        for column in texts:
            evidence.setdefault(column, Counter())
        if not texts:
            continue
        cells = ", ".join(f"{raw.cell(column)} AS {name(column)}" for column in texts)
        table = engine.arrow(f"SELECT {cells} FROM {raw.looked_at} LIMIT {SAMPLE_ROWS}")
        looked_at += table.num_rows
        for column in texts:
            counts = Counter(table.column(column).to_pylist())
            evidence[column] += _shapes(counts, source=source, rules=rules)
    return evidence, looked_at


def spread(files: Sequence[T]) -> Sequence[T]:
    """Return the first and the last of some files."""
    half = SAMPLE_FILES // 2
    return files if len(files) <= SAMPLE_FILES else [*files[:half], *files[-half:]]


def _shapes(cells: Mapping[str, int] | Mapping[str | None, int], *, source: Source, rules: Rules) -> Counter[Shape]:
    """Return the shapes of the cells that are not null; a marked one is a text unless it is a day."""
    plain: dict[str, int] = {}
    shapes: Counter[Shape] = Counter()
    for cell, count in cells.items():
        if cell is None or cell.strip() in source.null_words:
            continue
        if not cell.startswith(TEXT_MARK):
            plain[cell] = count
            continue
        shape = shape_of(cell[1:], own_format=rules.own_format) if cell[1:].strip() else "text"
        if cell[1:].strip() not in source.null_words:
            shapes[shape if isinstance(shape, DateShape) else "text"] += count
    return shapes + shapes_of(plain, rules=rules)


def decide(evidence: Evidence, *, rules: Rules, raws: Sequence[Raw]) -> dict[str, Decision]:
    """Return how every text column is read; what the file itself says goes before detection."""
    semicolons = any(raw.semicolons for raw in raws)
    decisions = decide_all(evidence, rules=rules, semicolons=semicolons)
    declared = {column.casefold() for column in rules.types}
    for raw in raws:
        for column, hint in raw.hinted.items():
            if column.casefold() not in declared and column in decisions:
                decisions[column] = replace(decisions[column], kind=hint.kind, how="file", doubt=None)
    return decisions


def revise(
    evidence: Evidence, passes: Sequence[Pass], plan: Plan, *, rules: Rules, engine: Embedded
) -> Evidence | None:
    """Return better evidence where the rows that were read speak against a detected kind, or None."""
    revised = dict(evidence)
    for column, decision in plan.decisions.items():
        settled = decision.how == "file" or (
            decision.how == "declared" and decision.kind not in ("number", "day", "time")
        )
        if settled:
            continue
        if decision.kind == "text":
            shapes = _later_cells(column, evidence[column], passes, plan, rules=rules, engine=engine)
        else:
            shapes = _with_misfits(column, evidence[column], passes, plan, rules=rules, engine=engine)
        if shapes is not None:
            revised[column] = shapes
    return None if revised == evidence else revised


def _later_cells(
    column: str, seen: Counter[Shape], passes: Sequence[Pass], plan: Plan, *, rules: Rules, engine: Embedded
) -> Counter[Shape] | None:
    """Return the shapes of a text column that was all but empty in the sample and is not later on."""
    if sum(seen.values()) >= _THIN:
        return None
    files = [each for each in passes if column in each.raw.columns]
    if sum(each.rows for each in files) <= SAMPLE_ROWS or not files:
        return None
    query = (
        f"SELECT {name(column)}, count(*) FROM {_read(files)} WHERE {name(column)} IS NOT NULL "
        f"GROUP BY 1 ORDER BY 2 DESC LIMIT {_DISTINCT}"
    )
    cells = {str(cell): int(str(count)) for cell, count in engine.run(query)}
    return _shapes(cells, source=plan.source, rules=rules) or None


def _with_misfits(
    column: str, seen: Counter[Shape], passes: Sequence[Pass], plan: Plan, *, rules: Rules, engine: Embedded
) -> Counter[Shape] | None:
    """Return the shapes of a column with those of all its misfits, the sample brought to the size of the whole."""
    counts: Counter[str] = Counter()
    total = 0
    for each in passes:
        if column in each.raw.columns and each.misfits:
            texts = [name_ for name_ in each.raw.columns if name_ in plan.decisions]
            where = f"{_read([each])} WHERE {name(COLUMN)} = {texts.index(column)}"
            total += int(str(engine.value(f"SELECT count(*) FROM {where}")))
            records = engine.run(f"SELECT {name(RECORD)} FROM {where} LIMIT {_DISTINCT}")
            counts.update(json.loads(str(record))[column] for (record,) in records)
    if not counts:
        return None
    factor = total / sum(counts.values())
    misfits = {shape: count * factor for shape, count in shapes_of(counts, rules=rules).items()}
    rows = sum(each.rows for each in passes)
    scale = max(1.0, rows / max(sum(seen.values()), 1))
    merged: Counter[Shape] = Counter()
    merged.update({shape: int(count * scale) for shape, count in seen.items() if shape not in misfits})
    merged.update({shape: max(1, round(count)) for shape, count in misfits.items()})
    return merged


def _read(passes: Sequence[Pass]) -> str:
    return f"read_parquet([{', '.join(literal(each.path) for each in passes)}], union_by_name=true)"
