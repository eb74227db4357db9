"""What a source is, from the beginnings of its files: columns, kinds, and what had to be assumed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from promesa.errors import ColumnMissing, EngineError
from promesa.sources.evidence import decide, gather, rules_of
from promesa.sources.shapes import SourceWarning
from promesa.sources.typing_pass import Plan, Zones, unreadable

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from promesa.engine import Embedded
    from promesa.sources.decisions import Decision, Rules
    from promesa.sources.evidence import Evidence
    from promesa.sources.raw import Raw
    from promesa.sources.shapes import SourceColumn
    from promesa.workspace import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """How every file of a source is read.

    Attributes
    ----------
    raws : tuple of Raw
        The files, mended where they had to be.
    evidence : dict of str to Counter
        Shapes of the cells of each text column, that `plan` was decided on.
    """

    raws: tuple[Raw, ...]
    plan: Plan
    evidence: Evidence
    rules: Rules
    rows_looked_at: int

    def decided_on(self, evidence: Evidence) -> Understood:
        """Return the same source decided again on other evidence."""
        decisions = decide(evidence, rules=self.rules, raws=self.raws)
        return replace(self, evidence=evidence, plan=replace(self.plan, decisions=decisions))

    def columns(self) -> tuple[SourceColumn, ...]:
        """Return the columns as the door shows them."""
        return tuple(_shown(column, self.plan) for column in self.plan.columns)

    def warnings(self) -> tuple[SourceWarning, ...]:
        """Return what was assumed and may be wrong."""
        own = [warning for raw in self.raws for warning in raw.warnings]
        doubts = [
            SourceWarning(code=decision.doubt, values={"source": self.plan.source.name, "column": column})
            for column, decision in self.plan.decisions.items()
            if decision.doubt
        ]
        return (*own, *_differences(self.raws, self.plan), *doubts)


def understand(source: Source, raws: Sequence[Raw], *, time_zone: str, engine: Embedded) -> Understood:
    """Decide the columns of a source and how each is read.

    Raises
    ------
    ColumnMissing
        If a declared type or the watermark names no column.
    SourceUnreadable
        If the engine cannot read a file as it is described.
    """
    rules = replace(rules_of(source), real_dates=any(raw.real_dates for raw in raws))
    spelt = _union(raws)
    columns = tuple(spelt.values())
    _check_names(source, columns)
    retyped = {column.casefold() for column in source.types}
    raws = tuple(_respelt(raw, spelt, retyped) for raw in raws)
    try:
        evidence, looked_at = gather(raws, source=source, rules=rules, engine=engine)
    except EngineError:
        raws = tuple(_respelt(raw.mend() if raw.mend else raw, spelt, retyped) for raw in raws)
        try:
            evidence, looked_at = gather(raws, source=source, rules=rules, engine=engine)
        except EngineError as error:
            raise unreadable(raws[0], source, error) from error
    plan = Plan(
        source=source,
        columns=columns,
        decisions=decide(evidence, rules=rules, raws=raws),
        known={column: shape for raw in reversed(raws) for column, shape in raw.known.items()},
        zones=Zones(declared=source.time_zone, company=time_zone),
    )
    return Understood(raws=raws, plan=plan, evidence=evidence, rules=rules, rows_looked_at=looked_at)


def _union(raws: Sequence[Raw]) -> Mapping[str, str]:
    """Return how each column of all files is spelt, in order of appearance, by its folded name."""
    spelt: dict[str, str] = {}
    for raw in raws:
        for column in raw.columns:
            spelt.setdefault(column.casefold(), column)
    return spelt


def _respelt(raw: Raw, spelt: Mapping[str, str], retyped: Collection[str]) -> Raw:
    """Return a file with the columns as the first file spells them; a declared kind goes before the file's own."""
    known = {spelt[column.casefold()]: kind for column, kind in raw.known.items() if column.casefold() not in retyped}
    return replace(raw, columns=tuple(spelt[column.casefold()] for column in raw.columns), known=known)


def _check_names(source: Source, columns: Sequence[str]) -> None:
    there = {column.casefold() for column in columns}
    for column in source.types:
        if column.casefold() not in there:
            param = f"types in [sources.{source.name}]"
            raise ColumnMissing(column, param=param, table=f"The source {source.name!r}", available=columns)
    if source.watermark is not None and source.watermark.casefold() not in there:
        param = f"watermark in [sources.{source.name}]"
        raise ColumnMissing(source.watermark, param=param, table=f"The source {source.name!r}", available=columns)


def _differences(raws: Sequence[Raw], plan: Plan) -> list[SourceWarning]:
    """Return a warning for each file that lacks columns which others have."""
    warnings: list[SourceWarning] = []
    for raw in raws:
        lacking = [column for column in plan.columns if column not in raw.columns]
        if lacking:
            values = {"source": plan.source.name, "file": raw.shown, "columns": ", ".join(lacking)}
            warnings.append(SourceWarning(code="columns_differ", values=values))
    return warnings


def _shown(column: str, plan: Plan) -> SourceColumn:
    zoned = plan.type_of(column) == "TIMESTAMPTZ"
    if column in plan.decisions:
        decision: Decision = plan.decisions[column]
        return decision.column(column, zoned=zoned)
    return replace(plan.known[column], name=column, zoned=zoned)
