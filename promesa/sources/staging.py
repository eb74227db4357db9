"""Stages a source: types its files into Parquet, keeps the rejects, and says what the engine can read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from promesa.engine import literal, name
from promesa.errors import SourceUnreadable
from promesa.sources.decisions import decision_of
from promesa.sources.evidence import revise
from promesa.sources.raw import COLUMN
from promesa.sources.readers import open_source
from promesa.sources.rejects import write_broken, write_misfits
from promesa.sources.replay import open_extra
from promesa.sources.shapes import SourceFile, Staged
from promesa.sources.typing_pass import Pass, run_pass
from promesa.sources.understanding import understand

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from pathlib import Path

    from promesa.engine import Embedded
    from promesa.sources.raw import Raw
    from promesa.sources.typing_pass import Plan
    from promesa.sources.understanding import Understood
    from promesa.workspace import Source

    Progress = Callable[[str, float | None], None]

_ROUNDS = 3  # times that all the rows may overrule the sample
_NOT_A_TABLE = 3  # this many broken lines and no whole one: the file is not what it is described as


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """Where and with what a source is staged."""

    folder: Path
    engine: Embedded
    progress: Progress


def stage(  # noqa: PLR0913 (a contract: each is a fact of its own)
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
        Where to write; it holds the company's data, and is the caller's to remove once `relation` is done with.
        Several sources may share it.
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
    work = _Work(folder=folder / source.name, engine=engine, progress=progress or _silent)
    work.folder.mkdir(parents=True, exist_ok=True)
    above = watermark if source.watermark else None
    opened = open_source(
        source, root=root, folder=work.folder, engine=engine, seen=seen, above=above, progress=work.progress
    )
    understood = understand(source, opened.raws, time_zone=time_zone, engine=engine)
    if not opened.pushed:
        understood = replace(understood, plan=replace(understood.plan, above=above))
    passes, understood = _type_all(understood, understood.raws if opened.fresh else (), work=work)
    replayed = _type_extra(extra, understood, work=work) if extra else None
    return _staged(passes, replayed, understood, before=watermark, engine=engine)


def _silent(what: str, fraction: float | None) -> None:
    """Say nothing."""


def _type_all(understood: Understood, raws: Sequence[Raw], *, work: _Work) -> tuple[list[Pass], Understood]:
    """Type every file; where all the rows speak against a kind that the sample gave, decide and type again."""
    passes = _type_each(understood, raws, work=work)
    for _ in range(_ROUNDS):
        revised = revise(understood.evidence, passes, understood.plan, rules=understood.rules, engine=work.engine)
        again = understood.decided_on(revised) if revised else understood
        if again.plan.decisions == understood.plan.decisions:
            break
        understood = again
        passes = _type_each(understood, [done.raw for done in passes], work=work)  # the files as mended
    return [_with_misfits(done, understood, work=work) for done in passes], understood


def _type_each(understood: Understood, raws: Sequence[Raw], *, work: _Work) -> list[Pass]:
    passes: list[Pass] = []
    for number, raw in enumerate(raws):
        work.progress(f"{understood.plan.source.name}: {raw.shown}", number / len(raws))
        passes.append(_type_one(raw, understood.plan, number=number, work=work))
    return passes


def _type_one(raw: Raw, plan: Plan, *, number: int, work: _Work) -> Pass:
    if raw.ready is not None and not plan.decisions and plan.above is None and not _needs_zone(plan):
        rows = int(str(work.engine.value(f"SELECT count(*) FROM read_parquet({literal(raw.ready)})")))
        return Pass(raw=raw, path=raw.ready, rows=rows, misfits=0)
    done = run_pass(raw, plan, to=work.folder / f"{number:05}.parquet", engine=work.engine)
    done = write_broken(done, plan, to=work.folder / f"{number:05}.broken.parquet", engine=work.engine)
    if len(done.broken) >= _NOT_A_TABLE and not done.rows:
        raise _not_a_table(done, plan)
    return done


def _needs_zone(plan: Plan) -> bool:
    times = any(column.kind == "time" and not column.zoned for column in plan.known.values())
    return plan.zones.declared is not None and times


def _with_misfits(done: Pass, understood: Understood, *, work: _Work) -> Pass:
    to = done.path.with_suffix(".misfits.parquet")
    return write_misfits(done, understood.plan, rules=understood.rules, to=to, engine=work.engine)


def _type_extra(extra: Path, understood: Understood, *, work: _Work) -> Pass:
    """Type the records that come back; columns that the file itself typed are text in them."""
    plan = understood.plan
    decisions = {**plan.decisions, **{column: decision_of(kind) for column, kind in plan.known.items()}}
    plan = replace(plan, decisions=decisions, known={}, above=None)
    raw = open_extra(extra, columns=plan.columns, pattern=understood.raws[0], folder=work.folder, engine=work.engine)
    done = run_pass(raw, plan, to=work.folder / "extra.parquet", engine=work.engine)
    return _with_misfits(done, replace(understood, plan=plan), work=work)


def _staged(
    passes: Sequence[Pass], replayed: Pass | None, understood: Understood, *, before: str | None, engine: Embedded
) -> Staged:
    plan = understood.plan
    every = [*passes, replayed] if replayed else list(passes)
    return Staged(
        name=plan.source.name,
        relation=_relation(every, plan),
        columns=understood.columns(),
        files=tuple(_file(done) for done in passes),
        rows=sum(done.rows - done.misfits for done in every),
        rejects=tuple(path for done in every for path in done.rejects),
        watermark=_highest(passes, plan, engine=engine) or before,
        warnings=understood.warnings(),
    )


def _file(done: Pass) -> SourceFile:
    path, size, mtime_ns = done.raw.fingerprint
    rejected = done.misfits + len(done.broken)
    return SourceFile(path=path, size=size, mtime_ns=mtime_ns, rows=done.rows + len(done.broken), rejected=rejected)


def _relation(passes: Sequence[Pass], plan: Plan) -> str:
    if not passes:
        cells = ", ".join(f"CAST(NULL AS {plan.type_of(column)}) AS {name(column)}" for column in plan.columns)
        return f"(SELECT {cells} WHERE false)"
    files = ", ".join(literal(done.path) for done in passes)
    cells = ", ".join(name(column) for column in plan.columns)
    fitting = f" WHERE {name(COLUMN)} IS NULL" if any(done.misfits for done in passes) else ""
    return f"(SELECT {cells} FROM read_parquet([{files}], union_by_name=true){fitting})"


def _highest(passes: Sequence[Pass], plan: Plan, *, engine: Embedded) -> str | None:
    if plan.source.watermark is None or not passes:
        return None
    query = f"SELECT CAST(max({name(plan.source.watermark)}) AS VARCHAR) FROM {_relation(passes, plan)}"
    highest = engine.value(query)
    return None if highest is None else str(highest)


def _not_a_table(done: Pass, plan: Plan) -> SourceUnreadable:
    source = plan.source
    return SourceUnreadable(
        what=f"No line of the file {done.raw.shown} of source {source.name!r} has as many cells as its header.",
        got=f"{len(done.broken)} lines that do not fit, none that does",
        expected=f"{len(done.raw.columns)} cells a line, as the first line has",
        fix=f"check delimiter, quote and header in [sources.{source.name}]",
    )
