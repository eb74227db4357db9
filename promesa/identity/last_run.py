"""What the last finished link run left behind: by it the next one knows where nothing can have changed.

It is written at the end of a run. What a killed run wrote makes versions other than those kept here, so that the next
run looks at everything that these would have spared it.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from promesa.identity.counts import Counts
from promesa.store import state_files, state_version, write_document

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from promesa.store import Run

_TABLES = ("records", "links", "persons")


@dataclass(frozen=True, slots=True, kw_only=True)
class LastRun:
    """What a finished run was told and what it wrote; no personal data.

    Attributes
    ----------
    settings : str
        Fingerprint of what the company declares; empty where no run has finished.
    link_from : float
        Probability from which records were joined.
    decided, decisions : str, int
        Instant of the last decision that the persons heed, and how many there were.
    profiles : sequence of str
        Names of the files of profiles that the records were made of.
    versions : mapping of str to str
        Of the tables that a run writes.
    counts : Counts or None
        Links and persons of these versions; None where nobody has counted them.
    """

    settings: str = ""
    link_from: float = 0.0
    decided: str = ""
    decisions: int = 0
    profiles: tuple[str, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    counts: Counts | None = None

    def stands(self, run: Run, *tables: str) -> bool:
        """Tell whether nobody has written to these tables since."""
        return all(self.versions.get(table) == state_version(run, table) for table in tables)

    def arrived(self, run: Run) -> tuple[str, ...] | None:
        """Return the files of profiles that have come since; None where any has gone, or the records are others."""
        now, then = state_files(run, "profiles"), set(self.profiles)
        if not then or not then <= set(now) or not self.stands(run, "records"):
            return None
        return tuple(file for file in now if file not in then)


def read_last_run(run: Run) -> LastRun:
    """Return what the last run kept; whatever cannot be read makes the next run look at everyone again."""
    try:
        content: dict[str, Any] = json.loads(_path(run).read_text(encoding="utf-8"))
        content["profiles"] = tuple(content.get("profiles", ()))
        if counts := content.get("counts"):
            content["counts"] = Counts(**counts)
        return LastRun(**content)
    except (FileNotFoundError, ValueError, TypeError, AttributeError):
        return LastRun()


def write_last_run(run: Run, kept: LastRun) -> None:
    """Keep what a run leaves behind; nothing is written where that is what was kept."""
    if kept != read_last_run(run):
        write_document(_path(run), asdict(kept))


def versions_now(run: Run) -> dict[str, str]:
    """Return the versions of the tables that a link run writes."""
    return {table: state_version(run, table) for table in _TABLES}


def _path(run: Run) -> Path:
    return run.places.state / "identity" / "state.json"
