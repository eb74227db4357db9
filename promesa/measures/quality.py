"""The quality of the data behind the figures: what was loaded, what was set aside and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from promesa import words
from promesa.measures.slices import Question, ask
from promesa.results import Estimate, Result
from promesa.store import TABLES, open_store

if TYPE_CHECKING:
    from datetime import date, datetime

    from promesa.store import Facts, LoadCount
    from promesa.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality(Result):
    """Rows in the store and in the quarantine; see `quality`."""

    def summary(self, locale: str = "en") -> str:
        """Say how many rows stand in the store and how many wait in the quarantine."""
        rows = sum(e.estimate or 0 for e in self.estimates if e.measure == "rows")
        waiting = sum(e.estimate or 0 for e in self.estimates if e.measure == "quarantined")
        return words.say(
            "measures.quality.summary", locale, rows=words.number(rows, locale), waiting=words.number(waiting, locale)
        )

    def chart(self, locale: str = "en") -> dict[str, object] | None:
        """Return nothing: a table says it better."""
        del locale
        return None


def quality(
    workspace: Workspace,
    *,
    as_of: date | datetime | str | None = None,
    facts: Facts | None = None,
) -> Quality:
    """Count what the store holds and what waits in the quarantine.

    Returns
    -------
    Quality
        Rows with the dimensions ``table``, ``load`` and ``rule`` (null where they do not apply): ``rows`` in
        the store, with ``first`` and ``last`` day of the table; of each load file's last run ``read``,
        ``accepted``, ``unchanged``, ``corrected``; ``quarantined`` by rule, as they wait now.
    """
    question = ask(workspace, as_of=as_of, facts=facts)
    figures = [*_tables(question), *_loads(question)]
    heading: dict[str, Any] = question.heading("quality", first=("table", "load", "rule"))
    return Quality(**heading, estimates=tuple(figures))


def _count(table: str, load: str | None, rule: str | None, measure: str, count: int, **extra: str | None) -> Estimate:
    return Estimate(
        dimensions={"table": table, "load": load, "rule": rule},
        measure=measure,
        estimate=float(count),
        n=count,
        unit="count",
        extra=dict(extra),
    )


def _tables(question: Question) -> list[Estimate]:
    figures: list[Estimate] = []
    for table in TABLES:
        if question.facts.is_empty(table):
            continue
        rows = question.facts.recorded_rows(table)
        sums = rows.aggregate(n=rows.count(), first=rows["at"].min(), last=rows["at"].max())
        row = question.facts.engine.fetch(sums).to_pylist()[0]
        first, last = (value.date().isoformat() if value else None for value in (row["first"], row["last"]))
        figures.append(_count(table, None, None, "rows", int(row["n"]), first=first, last=last))
    return figures


def _loads(question: Question) -> list[Estimate]:
    """Return the counts of each load file and source in the last run that read it."""
    latest: dict[str, LoadCount] = {}
    for report in open_store(question.workspace).reports():
        for count in report.counts:
            if not count.skipped:
                latest.setdefault(count.load, count)
    figures: list[Estimate] = []
    for count in sorted(latest.values(), key=lambda c: (c.table, c.load)):
        figures += [
            _count(count.table, count.load, None, measure, getattr(count, measure))
            for measure in ("read", "accepted", "unchanged", "repeated", "corrected")
        ]
        figures += [
            _count(count.table, count.load, rule, "quarantined", rows)
            for rule, rows in sorted(count.quarantined.items())
        ]
    return figures
