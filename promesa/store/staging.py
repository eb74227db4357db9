"""Sources made readable for the load files, each once a run, and what they rejected put in the quarantine."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from promesa.engine import literal, name
from promesa.store.events import latest_event, write_events
from promesa.store.forgotten import drop_told
from promesa.store.ledger import SourceMark
from promesa.store.places import writing
from promesa.store.plan import is_incremental
from promesa.store.quarantine import MENDED_FILE, NEW, gather_rejects, keep, mended_records, reopen
from promesa.store.report import SOURCE_TABLE, LoadCount

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from promesa.sources import Staged
    from promesa.store.ledger import FileMark
    from promesa.store.plan import Plan
    from promesa.store.run import Run

StageKey = tuple[str, frozenset["FileMark"], str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stagings:
    """The sources of a run as they were staged.

    Attributes
    ----------
    staged : mapping of StageKey to Staged
        By source and what was behind it: two loads that are equally far share one.
    counts : tuple of LoadCount
        One a source.
    """

    staged: Mapping[StageKey, Staged]
    counts: tuple[LoadCount, ...]
    warnings: tuple[str, ...]

    def of(self, plan: Plan, source: str) -> Staged:
        """Return the staged source that a load reads."""
        return self.staged[_key(plan, source)]


def inputs_of(run: Run, names: Sequence[str]) -> dict[str, tuple[FileMark, ...] | None]:
    """Return the fingerprints of sources; None for one that has none and is always read."""
    from promesa import sources

    found: dict[str, tuple[FileMark, ...] | None] = {}
    for source in names:
        if run.ws.sources[source].intake:
            found[source] = (latest_event(run, source),)
            continue
        marks = sources.fingerprint(run.ws.sources[source], root=run.ws.root)
        found[source] = None if marks is None else tuple(sorted((path, size, mtime) for path, size, mtime in marks))
    return found


def _key(plan: Plan, source: str) -> StageKey:
    mark = plan.marks[source]
    return (source, mark.files, mark.watermark)


def stage_all(run: Run, plans: Sequence[Plan], *, full: bool, keep_rejects: bool = True) -> Stagings:
    """Stage every source that the plans read.

    What a source rejects is in the quarantine before any load commits: a load that has committed is
    not read again, and its rejects must not be lost with a killed run.

    Parameters
    ----------
    keep_rejects : bool, default True
        False where nothing is to be loaded: the quarantine stays as it is.
    """
    staged: dict[StageKey, Staged] = {}
    counts: list[LoadCount] = []
    for plan in plans:
        for source in plan.load.reads:
            key = _key(plan, source)
            if key not in staged:
                run.tell("stage", source=source)
                staged[key] = _stage(run, source, mark=plan.marks[source], folder=str(len(staged)))
                if keep_rejects:
                    counts.append(_keep_rejects(run, source, staged[key], full=full))
    warnings = [warning.in_locale(run.ws.locale) for source in staged.values() for warning in source.warnings]
    return Stagings(staged=staged, counts=tuple(counts), warnings=tuple(dict.fromkeys(warnings)))


def _stage(run: Run, source: str, *, mark: SourceMark, folder: str) -> Staged:
    from promesa import sources

    declared = run.ws.sources[source]
    if declared.intake:
        return _stage_events(run, source, mark=mark, folder=folder)
    target = run.places.staging / "sources" / f"{folder}-{source}"
    with writing(target):
        target.mkdir(parents=True, exist_ok=True)
        return sources.stage(
            declared,
            root=run.ws.root,
            folder=target,
            engine=run.engine,
            time_zone=run.ws.time_zone,
            seen=mark.files if declared.new_files_only else frozenset(),
            watermark=mark.watermark if declared.watermark else None,
            extra=_mended(run, source, target),
            progress=run.progress,
        )


def _stage_events(run: Run, source: str, *, mark: SourceMark, folder: str) -> Staged:
    """Write the events of a source that came after a mark, and stage them like any other file."""
    from promesa import sources

    target = run.places.staging / "sources" / f"{folder}-{source}"
    with writing(target):
        target.mkdir(parents=True, exist_ok=True)
        written = write_events(run, source, after=int(mark.watermark or 0), to=target / "events.parquet")
        staged = sources.stage(
            replace(run.ws.sources[source], intake=None, path=str(written.path), format="parquet"),
            root=run.ws.root,
            folder=target,
            engine=run.engine,
            time_zone=run.ws.time_zone,
            extra=_mended(run, source, target),
            progress=run.progress,
        )
    return replace(staged, files=(), watermark=str(written.last))


def _mended(run: Run, source: str, folder: Path) -> Path | None:
    """Write the mended records of a source for it to be read with; None if there are none."""
    records = mended_records(run.engine, run.places, source)
    if not records:
        return None
    path = folder / MENDED_FILE
    listed = ", ".join(f"({literal(record)})" for _, record in records)
    run.engine.run(f"COPY (SELECT * FROM (VALUES {listed}) t(record)) TO {literal(str(path))} (FORMAT parquet)")
    return path


def _keep_rejects(run: Run, source: str, staged: Staged, *, full: bool) -> LoadCount:
    reopen(run, _still_at_fault(run, source, staged.rejects))
    gather_rejects(run, source=source, rejects=staged.rejects)
    rejected = int(str(run.engine.value(f"SELECT count(*) FROM {NEW}")))
    forgotten = drop_told(run, NEW)
    by_rule = keep(
        run,
        table=SOURCE_TABLE,
        load=source,
        # What was refused of events is told when they arrive, and does not come again.
        whole=(full or not is_incremental(run.ws.sources[source])) and not run.ws.sources[source].intake,
        files=[file.path for file in staged.files],
    )
    return LoadCount(
        table=SOURCE_TABLE,
        load=source,
        source=source,
        read=staged.rows + rejected,
        accepted=staged.rows,
        unchanged=rejected - forgotten - sum(by_rule.values()),
        quarantined=by_rule,
        forgotten=forgotten,
    )


def _still_at_fault(run: Run, source: str, rejects: Sequence[Path]) -> list[str]:
    """Return the items of mended rows that the source rejected again."""
    if not rejects:
        return []
    listed = ", ".join(literal(str(path)) for path in rejects)
    rows = run.engine.run(
        f"SELECT DISTINCT {name('row')} FROM read_parquet([{listed}], union_by_name = true) "
        f"WHERE file = {literal(MENDED_FILE)}"
    )
    mended = mended_records(run.engine, run.places, source)
    return [mended[int(str(row[0])) - 1][0] for row in rows]


def marks_after(plan: Plan, stagings: Stagings) -> dict[str, SourceMark]:
    """Return how far the sources of a load are once it has committed."""
    marks: dict[str, SourceMark] = {}
    for source, mark in plan.marks.items():
        staged = stagings.of(plan, source)
        read = {(file.path, file.size, file.mtime_ns) for file in staged.files}
        marks[source] = SourceMark(
            inputs=mark.inputs,
            files=mark.files | read if mark.inputs is not None else frozenset(),
            watermark=staged.watermark if staged.watermark is not None else mark.watermark,
        )
    return marks
