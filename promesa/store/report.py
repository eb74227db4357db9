"""What a load did, counted so that nothing is lost between what was read and what is told."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from promesa.words import number, say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promesa.workspace import Workspace

SOURCE_TABLE = "source"  # stands in `table` where rows failed before they reached a fact table


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadCount:
    """What became of the rows of one load file, or of one source.

    ``read = accepted + unchanged + repeated + corrected + quarantined + forgotten + expired`` holds for every one.

    Attributes
    ----------
    table : str
        Fact table; ``source`` for the rows of a source that could not be read as typed rows.
    load : str
        Name of the load file, or of the source.
    source : str
        System the rows come from.
    read : int
        Rows that the SELECT gave; rows of the source.
    accepted : int
        New rows.
    unchanged : int
        Rows the store held already, in every column.
    repeated : int
        Rows that stand more than once in the input, same in every column; one of them counts elsewhere.
    corrected : int
        Rows whose id the store held with other content, and earlier versions of a row within the input.
    quarantined : mapping of str to int
        Rows by the first rule they broke.
    overlapping : int
        Of those corrected, rows that another load file had written in the same run: the two give the
        same ids, and each load turns the other's rows back.
    forgotten : int
        Rows left out because they are about a person who was forgotten.
    expired : int
        Rows left out because they are older than the company keeps them.
    withdrawn : int
        Rows of the table that no load file gives any more and that were moved to its history (`take_back`).
    skipped : bool
        Nothing it reads has changed since the last load.
    """

    table: str
    load: str
    source: str
    read: int = 0
    accepted: int = 0
    unchanged: int = 0
    repeated: int = 0
    corrected: int = 0
    quarantined: Mapping[str, int] = field(default_factory=dict)
    overlapping: int = 0
    forgotten: int = 0
    expired: int = 0
    withdrawn: int = 0
    skipped: bool = False

    def row(self) -> dict[str, object]:
        """Return the counts as one flat row; `rules` holds the quarantine by rule."""
        return {
            "table": self.table,
            "load": self.load,
            "source": self.source,
            "read": self.read,
            "accepted": self.accepted,
            "unchanged": self.unchanged,
            "repeated": self.repeated,
            "corrected": self.corrected,
            "quarantined": sum(self.quarantined.values()),
            "rules": dict(self.quarantined),
            "overlapping": self.overlapping,
            "forgotten": self.forgotten,
            "expired": self.expired,
            "withdrawn": self.withdrawn,
            "skipped": self.skipped,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadReport:
    """What one run of `load` did.

    Attributes
    ----------
    recorded_at : datetime
        Instant of the run, naive UTC.
    store_version : str
        Version of the store after it.
    counts : tuple of LoadCount
        One a load file, then one a source that was read.
    warnings : tuple of str
        What the sources want to be known.
    """

    recorded_at: datetime
    store_version: str
    counts: tuple[LoadCount, ...]
    warnings: tuple[str, ...] = ()

    @property
    def loads(self) -> tuple[LoadCount, ...]:
        """Return the counts of load files."""
        return tuple(count for count in self.counts if count.table != SOURCE_TABLE)

    @property
    def sources(self) -> tuple[LoadCount, ...]:
        """Return the counts of sources."""
        return tuple(count for count in self.counts if count.table == SOURCE_TABLE)

    @property
    def quarantined(self) -> dict[str, int]:
        """Return the rows quarantined by rule, over load files and sources."""
        total: Counter[str] = Counter()
        for count in self.counts:
            total.update(count.quarantined)
        return dict(sorted(total.items()))

    def total(self, what: str) -> int:
        """Return a count (``read``, ``accepted``...) summed over the load files."""
        return sum(int(str(count.row()[what])) for count in self.loads)

    def find(self, load: str) -> LoadCount | None:
        """Return the counts of a load file or a source."""
        return next((count for count in self.counts if count.load == load), None)

    def rows(self) -> list[dict[str, object]]:
        """Return one flat dict a load file or source."""
        return [count.row() for count in self.counts]

    def summary(self, locale: str = "en") -> str:
        """Return the outcome in one sentence."""
        if withdrawn := self.total("withdrawn"):
            tables = ", ".join(sorted({count.table for count in self.loads}))
            return say("store.taking_back.done", locale, rows=number(withdrawn, locale), table=tables)
        if all(count.skipped for count in self.loads):
            return say("store.summary.nothing_new", locale)
        figures = {
            what: number(self.total(what), locale)
            for what in ("read", "accepted", "unchanged", "repeated", "corrected")
        }
        loaded = say(
            "store.summary.loaded", locale, **figures, quarantined=number(sum(self.quarantined.values()), locale)
        )
        left_out = {what: sum(int(str(row[what])) for row in self.rows()) for what in ("forgotten", "expired")}
        if not any(left_out.values()):
            return loaded
        told = {what: number(count, locale) for what, count in left_out.items()}
        return f"{loaded} {say('store.summary.left_out', locale, **told)}"

    def to_document(self) -> dict[str, object]:
        """Return everything as one JSON-ready document."""
        return {
            "recorded_at": self.recorded_at.isoformat(),
            "store_version": self.store_version,
            "rows": self.rows(),
            "quarantined": self.quarantined,
            "warnings": list(self.warnings),
            "summary": {locale: self.summary(locale) for locale in ("es", "en")},
        }


def report_from(document: Mapping[str, Any]) -> LoadReport:
    """Return the report that `LoadReport.to_document` wrote."""
    return LoadReport(
        recorded_at=datetime.fromisoformat(document["recorded_at"]),
        store_version=document["store_version"],
        counts=tuple(_count_from(row) for row in document["rows"]),
        warnings=tuple(document["warnings"]),
    )


def _count_from(row: Mapping[str, Any]) -> LoadCount:
    counts = {name: value for name, value in row.items() if name not in {"rules", "quarantined"}}
    return LoadCount(**counts, quarantined=dict(row["rules"]))


def kept_reports(ws: Workspace, *, before: str | None = None, limit: int = 100) -> list[tuple[str, LoadReport]]:
    """Return the reports of loads, the newest first, each with its name.

    Parameters
    ----------
    before : str or None
        Name of a report: only older ones.
    """
    from promesa.store.places import places_of, read_document

    files = sorted(places_of(ws).reports.glob("*.json"), reverse=True)
    older = [file for file in files if before is None or file.stem < before]
    read = ((file.stem, read_document(file)) for file in older)
    return list(islice(((name, report_from(document)) for name, document in read if document), limit))
