"""Stages a source: finds its files, decides the kinds of its columns, types them into Parquet, keeps the rejects."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from promesa.engine import literal, name
from promesa.errors import ColumnMissing, EngineError, SourceUnreadable
from promesa.sources.decisions import decision_of
from promesa.sources.evidence import decide, gather, revise, rules_of
from promesa.sources.raw import COLUMN
from promesa.sources.readers import open_source
from promesa.sources.rejects import write_rejects
from promesa.sources.replay import open_extra
from promesa.sources.shapes import SourceFile, SourceWarning, Staged
from promesa.sources.typing_pass import Pass, Plan, Zones, run_pass, unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from pathlib import Path

    from promesa.engine import Embedded
    from promesa.sources.decisions import Rules
    from promesa.sources.evidence import Evidence
    from promesa.sources.raw import Raw
    from promesa.workspace import Source

    Progress = Callable[[str, float | None], None]

_ROUNDS = 3  # times that all the rows may overrule the sample
_NOT_A_TABLE = 3  # this many broken lines and no whole one: the file is not what it is described as


def stage(
    source: Source,
    *,
    root: Path,
    folder: Path,
    engine: Embedded,
    time_zone: str,
    seen: Collection[tuple[str, int, int]] = frozenset(),
    watermark: str | None = None,
    extra: Path | None = None,
    progress: Progress | None = None,
) -> Staged:
    """Read a source into typed Parquet files, the rows that do not fit beside them.

    Parameters
    ----------
    source : Source
        As promesa.toml names it.
    root : Path
        The workspace, which relative paths start from.
    folder : Path
        Where to write; it holds the company's data, and is the caller's to remove once `relation` is done with. Two
        sources may share it.
    time_zone : str
        The company's IANA zone, for times without an offset in a column where others have one.
    seen : collection of (path, size, mtime_ns)
        Files to pass over when the source has `new_files_only`.
    watermark : str or None
        Highest value loaded before; rows at or below it are left out, rows without a value are not.
    extra : Path or None
        Parquet of further raw records, read like one more file: columns of text, or a column ``record`` of JSON.
    progress : callable or None
        Called with what is being read and the fraction done, None where it is unknown.

    Raises
    ------
    SourceUnreadable
        If a file or database is missing or cannot be read as it is described.
    ColumnMissing
        If a declared type or the watermark names no column.
    """
    folder = folder / source.name
    folder.mkdir(parents=True, exist_ok=True)
    opened = open_source(
        source, root=root, folder=folder, engine=engine, seen=seen, watermark=watermark, progress=progress
    )
    understood = understand(source, opened.known, time_zone=time_zone, engine=engine)
    pushed = source.url is not None  # the database has left out the old rows itself
    plan = replace(understood.plan, above=watermark if source.watermark and not pushed else None)
    understood = replace(understood, plan=plan)
    raws = understood.raws if opened.fresh else ()
    more: tuple[Raw, ...] = ()
    if extra:
        first = understood.raws[0]
        more = (open_extra(extra, columns=plan.columns, pattern=first, folder=folder, engine=engine),)
    work = _Work(folder=folder, engine=engine, progress=progress or _silent)
    passes, understood = _type_all((*raws, *more), understood, work=work)
    return _staged(passes, understood, work=work, before=watermark, extra=more)


def _silent(what: str, fraction: float | None) -> None:
    """Say nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """Where and with what a source is staged."""

    folder: Path
    engine: Embedded
    progress: Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """What looking at the beginnings of the files told.

    Attributes
    ----------
    raws : tuple of Raw
        The files, mended where they had to be.
    """

    raws: tuple[Raw, ...]
    plan: Plan
    evidence: Evidence
    rules: Rules
    rows_looked_at: int

    @property
    def warnings(self) -> tuple[SourceWarning, ...]:
        """Return what was decided and may be wrong."""
        plan = self.plan
        doubts = [
            SourceWarning(code=decision.doubt, values={"source": plan.source.name, "column": column})
            for column, decision in plan.decisions.items()
            if decision.doubt
        ]
        return (*(warning for raw in self.raws for warning in raw.warnings), *_differences(self.raws, plan), *doubts)


def understand(source: Source, raws: Sequence[Raw], *, time_zone: str, engine: Embedded) -> Understood:
    """Decide the columns of a source and how each is read."""
    rules = rules_of(source)
    columns, renamed = _union(raws)
    _check_names(source, columns)
    retyped = {column.casefold() for column in source.types}
    raws = [_typed_by_itself(raw, renamed, retyped) for raw in raws]
    try:
        evidence, looked_at = gather(raws, source=source, rules=rules, engine=engine)
    except EngineError:
        raws = [raw.mend() if raw.mend else raw for raw in raws]
        try:
            evidence, looked_at = gather(raws, source=source, rules=rules, engine=engine)
        except EngineError as error:
            raise unreadable(raws[0], source, error) from error
    decisions = decide(evidence, rules=rules, raws=raws)
    known = {column: shape for raw in reversed(raws) for column, shape in raw.known.items()}
    zones = Zones(declared=source.time_zone, company=time_zone)
    plan = Plan(source=source, columns=columns, decisions=decisions, known=known, zones=zones)
    return Understood(raws=tuple(raws), plan=plan, evidence=evidence, rules=rules, rows_looked_at=looked_at)


def _union(raws: Sequence[Raw]) -> tuple[tuple[str, ...], Mapping[str, str]]:
    """Return the columns of all files in order of appearance, and how each is spelt, by its folded name."""
    spelt: dict[str, str] = {}
    for raw in raws:
        for column in raw.columns:
            spelt.setdefault(column.casefold(), column)
    return tuple(spelt.values()), spelt
