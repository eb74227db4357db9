"""Snapshots on disk: one folder an analysis run, one JSON document an answer."""

from __future__ import annotations

import hashlib
import itertools
import json
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from promesa.errors import NothingAnalysed, StoreBusy, StoreNotWritable
from promesa.snapshot.documents import write

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping
    from datetime import date, datetime
    from pathlib import Path

    from promesa.store import Facts
    from promesa.workspace import Workspace

FORMAT = 1  # raised when what the documents hold changes
KEEP = 5  # snapshots; older ones can be computed again from the store version and as_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Answers kept at one `as_of` on one store version.

    Attributes
    ----------
    folder : Path
        Where the documents stand.
    about : mapping
        ``as_of`` (naive UTC), ``as_of_day`` (local), ``store_version``, company, brand, locale, currency,
        time zone, labels and the model as the report needs it; ``documents`` names them.
    """

    folder: Path
    about: Mapping[str, Any]

    def document(self, key: str) -> dict[str, Any] | None:
        """Return one kept document, or None where the snapshot has none of that name."""
        if key not in self.about["documents"]:
            return None
        document: dict[str, Any] = json.loads((self.folder / f"{key}.json").read_text(encoding="utf-8"))
        return document

    def answers(self, workspace: Workspace, *, as_of: date | datetime | str | None = None) -> bool:
        """Tell whether this is what an analysis run now, as of `as_of`, would find.

        It is while the store and the files that a person wrote are as they were, and the instant asked for
        is the one it was made for.
        """
        from promesa.store import open_store, wanted_instant

        wanted = wanted_instant(workspace, as_of)
        if wanted is not None and wanted.isoformat() != self.about["as_of"]:
            return False
        if wanted is None and not self.about["as_of_is_last"]:
            return False
        same_words = self.about["workspace"] == fingerprint(workspace)
        return same_words and self.about["store_version"] == open_store(workspace).version

    def whole(self) -> dict[str, Any]:
        """Return everything at once, as the report takes it."""
        documents = {key: self.document(key) for key in self.about["documents"]}
        return {**self.about, "documents": documents}


def analyse(
    workspace: Workspace,
    *,
    as_of: date | datetime | str | None = None,
    processes: int | None = 1,
    progress: Callable[[str, float], None] | None = None,
) -> Snapshot:
    """Run every analysis and keep the answers as the workspace's newest snapshot.

    Parameters
    ----------
    workspace : Workspace
        From `promesa.open`.
    as_of : date, datetime, str or None
        As in `store.open_facts`.
    processes : int or None
        How many work at once; None takes as many as are worth it (see `lanes.processes_for`).
    progress : callable or None
        Called with the name of the answer at hand and the share done.

    Raises
    ------
    NothingLoaded
        If the store is empty.
    StoreBusy
        If another analysis of the workspace is running.
    StoreNotWritable
        If the snapshot cannot be written; an earlier one stays as it was.
    """
    from promesa.snapshot.analyses import questions
    from promesa.snapshot.lanes import processes_for, work_out
    from promesa.store import open_facts

    facts = open_facts(workspace, as_of=as_of)
    asked = dict(questions(workspace, facts))
    with _written(workspace), _alone(workspace):
        folder = _new_folder(workspace)

        def answer(key: str, done: int) -> None:
            with _shown(facts, progress, key, done=done, total=len(asked)):
                write(folder / f"{key}.json", asked[key]().to_document())

        many = processes_for(facts) if processes is None else processes
        work_out(facts, list(asked), folder, answer=answer, processes=many)
        last = as_of is None and workspace.as_of is None
        about = {**_about(workspace, facts), "as_of_is_last": last, "documents": list(asked)}
        write(folder / "about.json", about)
        return Snapshot(folder=_publish(workspace, folder, facts), about=about)


@contextmanager
def _written(workspace: Workspace) -> Generator[None]:
    """Turn a disk that cannot be written into `StoreNotWritable`."""
    try:
        yield
    except OSError as error:
        raise StoreNotWritable(
            what="The snapshot could not be written.",
            got=f"{error.strerror} at {_root(workspace).name}",
            expected="a disk with room and permission to write",
            fix="free space or change the permissions, then run `promesa analyse` again",
        ) from error


@contextmanager
def _alone(workspace: Workspace) -> Generator[None]:
    """Let one analysis of a workspace run at a time: two would write into one folder."""
    from filelock import FileLock, Timeout

    _root(workspace).mkdir(parents=True, exist_ok=True)
    lock = FileLock(_root(workspace) / "lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise StoreBusy(
            what="Another analysis of this workspace is running.",
            got="its lock is held",
            expected="one analysis at a time",
            fix="wait until it ends and run the command again",
        ) from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _shown(
    facts: Facts, progress: Callable[[str, float], None] | None, key: str, *, done: int, total: int
) -> Generator[None]:
    """Show which answer is being worked out, and how far its query is where the engine knows."""
    if progress is None:
        yield
        return
    progress(key, done / total)
    facts.engine.watch = lambda share: progress(key, (done + share) / total)
    try:
        yield
    finally:
        facts.engine.watch = None


def latest(workspace: Workspace) -> Snapshot:
    """Return the newest snapshot.

    Raises
    ------
    NothingAnalysed
        If none has been kept.
    """
    pointer = _root(workspace) / "latest"
    if pointer.is_file():
        folder = _root(workspace) / pointer.read_text(encoding="utf-8").strip()
        if (folder / "about.json").is_file():
            return Snapshot(folder=folder, about=json.loads((folder / "about.json").read_text(encoding="utf-8")))
    raise NothingAnalysed(
        what="The workspace has not been analysed yet.",
        got="no snapshot",
        expected="at least one `promesa analyse`",
        fix="run `promesa analyse`",
    )


def _root(workspace: Workspace) -> Path:
    return workspace.root / ".promesa" / "snapshots"


def _new_folder(workspace: Workspace) -> Path:
    folder = _root(workspace) / "unfinished"
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    return folder


def _publish(workspace: Workspace, folder: Path, facts: Facts) -> Path:
    """Give a finished snapshot its name, point to it, and let go of the one it replaces and of the oldest.

    Nothing that the pointer names is touched before the pointer has moved on: a kill leaves the old or the new one.
    """
    root = _root(workspace)
    name = f"{facts.as_of:%Y%m%dT%H%M%S}-{facts.version}"
    target = next(p for n in itertools.count(1) if not (p := root / (name if n == 1 else f"{name}.{n}")).exists())
    folder.rename(target)
    pointer = root / "latest.new"
    pointer.write_text(target.name, encoding="utf-8")
    pointer.replace(root / "latest")
    others = sorted((p for p in root.iterdir() if p.is_dir() and p != target), key=lambda p: p.stat().st_mtime)
    replaced = [p for p in others if p.name.partition(".")[0] == name]
    kept = [p for p in others if p not in replaced]
    for old in (*replaced, *kept[: max(0, len(kept) - KEEP + 1)]):
        shutil.rmtree(old)
    return target


def _about(workspace: Workspace, facts: Facts) -> dict[str, Any]:
    from promesa.engine import local_time_of

    model = workspace.model
    kinds = (
        "functions",
        "channels",
        "touchpoints",
        "elements",
        "concepts",
        "traits",
        "purposes",
        "accounts",
        "identifiers",
    )
    labels = {
        kind.removesuffix("s"): {
            name: {"es": thing.label.es, "en": thing.label.en} for name, thing in getattr(model, kind).items()
        }
        for kind in kinds
    }
    studies = {"outcome": "outcomes", "effect": "effects", "experiment": "experiments", "index": "indices"}
    for kind, many in studies.items():
        declared = getattr(model.studies, many)
        labels[kind] = {name: {"es": study.label.es, "en": study.label.en} for name, study in declared.items()}
    labels["promise"] = {n: {"es": p.statement.es, "en": p.statement.en} for n, p in model.promises.items()}
    labels["tier"] = {
        n: {"es": t.label.es, "en": t.label.en} for n, t in (model.tiers.bands if model.tiers else {}).items()
    }
    labels["standard"] = {n: {"es": s.label.es, "en": s.label.en} for n, s in model.standards.items()}
    return {
        "as_of": facts.as_of.isoformat(),
        "as_of_day": local_time_of(facts.as_of, workspace.time_zone).date().isoformat(),
        "store_version": facts.version,
        "workspace": fingerprint(workspace),
        "company": workspace.company,
        "brand": workspace.brand,
        "locale": workspace.locale,
        "currency": workspace.currency,
        "time_zone": workspace.time_zone,
        "min_group": workspace.min_group,
        "min_cell": workspace.min_cell,
        "return_within_days": model.return_within_days,
        "labels": labels,
        "model": {
            "touchpoints": {n: {"stage": t.stage, "function": t.function} for n, t in model.touchpoints.items()},
            "functions": {n: {"owner": f.owner} for n, f in model.functions.items()},
            "promises": {
                n: {
                    "owner": p.owner,
                    "target": p.target,
                    "capability": p.capability,
                    "unit": p.unit,
                    "statement": {"es": p.statement.es, "en": p.statement.en},
                    "touchpoints": list(p.touchpoints),
                }
                for n, p in model.promises.items()
            },
            "elements": {
                n: {"unit": e.unit, "better": e.better, "touchpoints": list(e.touchpoints)}
                for n, e in model.elements.items()
            },
            "concepts": {
                n: {"kind": c.kind, "scale": list(c.scale), "top_from": c.top_from} for n, c in model.concepts.items()
            },
        },
    }


def fingerprint(workspace: Workspace) -> str:
    """Return a hash of what a person wrote that figures depend on: the model and the analysis settings."""
    settings = (FORMAT, workspace.model, workspace.time_zone, workspace.currency, workspace.brand, workspace.company)
    limits = (workspace.confidence_level, workspace.min_group, workspace.min_cell)
    # Without any, the hash is that of snapshots of before there was such a key.
    zones = [sorted(workspace.branch_time_zones.items())] if workspace.branch_time_zones else []
    return hashlib.sha256(repr((settings, limits, *zones)).encode()).hexdigest()[:16]
