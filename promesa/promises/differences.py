"""What was promised against what was delivered: the whole distribution of the difference."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor, log10
from typing import TYPE_CHECKING, Any

from promesa import charts, words
from promesa.measures import PREFIX, ask, group_of, sort_key
from promesa.promises.commitments import commitments
from promesa.results import Estimate, Result

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from promesa.engine import Table
    from promesa.measures import Question
    from promesa.store import Facts
    from promesa.workspace import Promise, Workspace

BINS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Differences(Result):
    """Counts of commitments by delivered less promised; see `differences`."""

    def summary(self, locale: str = "en") -> str:
        """Say of how many commitments the difference is known."""
        total = sum(e.estimate or 0 for e in self.estimates)
        return words.say("promises.differences.summary", locale, n=words.number(total, locale))

    def chart(self, locale: str = "en") -> dict[str, object] | None:
        """Draw the histogram of the first promise."""
        if not self.estimates or self.dimensions != ("promise",):
            return None
        promise = self.estimates[0].dimensions["promise"]
        rows = [row for row in self.rows() if row["promise"] == promise]
        return charts.histogram(
            rows,
            lower="from",
            upper="to",
            count="estimate",
            title=self.label(promise, locale),
            unit=str(rows[0]["scale_unit"]),
            locale=locale,
            split_at=0.0,
        )


def differences(
    workspace: Workspace,
    *,
    by: str | Sequence[str] = (),
    since: date | datetime | str | None = None,
    until: date | datetime | str | None = None,
    as_of: date | datetime | str | None = None,
    facts: Facts | None = None,
) -> Differences:
    """Count commitments by how far what was delivered lay from what was promised.

    Returns
    -------
    Differences
        One row a bin, ``measure`` is ``commitments``; extras ``from`` (in the bin) and ``to`` (not in it) in
        ``scale_unit``: days for two times, else the promise's unit. The first and last bin hold all beyond.
        Bins of fewer than ``min_cell`` commitments are withheld.
    """
    question = ask(workspace, by=by, since=since, until=until, as_of=as_of, facts=facts)
    figures: list[Estimate] = []
    for promise in workspace.model.promises.values():
        table = commitments(question, promise)
        figures += _bins(question, promise, table.filter(table["gap"].notnull() & (table["status"] != "released")))
    heading: dict[str, Any] = question.heading("differences", first=("promise",))
    return Differences(**heading, estimates=tuple(figures))


def _bins(question: Question, promise: Promise, table: Table) -> list[Estimate]:
    gap = table["gap"]
    ends = question.facts.engine.fetch(table.aggregate(low=gap.quantile(0.005), high=gap.quantile(0.995))).to_pylist()[
        0
    ]
    if ends["low"] is None:
        return []
    width = nice_width(ends["high"] - ends["low"])
    low, high = floor(ends["low"] / width), ceil((ends["high"] + width / 1e6) / width)
    number = (gap / width).floor().clip(low, max(low, high - 1))
    binned = table.mutate(bin_=number.cast("int64"))
    keys = [PREFIX + name for name in question.by]
    counts = binned.group_by([*keys, "bin_"]).aggregate(n=binned.count())
    rows = sorted(
        question.facts.engine.fetch(counts).to_pylist(), key=lambda r: (sort_key(group_of(question, r)), r["bin_"])
    )
    return [_bin(question, promise, row, width) for row in rows]


def _bin(question: Question, promise: Promise, row: dict[str, Any], width: float) -> Estimate:
    hidden = row["n"] < question.workspace.min_cell
    return Estimate(
        dimensions={"promise": promise.name, **group_of(question, row)},
        measure="commitments",
        estimate=None if hidden else float(row["n"]),
        n=0 if hidden else int(row["n"]),
        unit="count",
        note="withheld-small-cell" if hidden else None,
        extra={"from": row["bin_"] * width, "to": (row["bin_"] + 1) * width, "scale_unit": promise.unit},
    )


def nice_width(span: float) -> float:
    """Return a bin width of 1, 2 or 5 times a power of ten that cuts `span` into at most `BINS` bins."""
    least = max(span / BINS, 1e-9)
    power = 10.0 ** floor(log10(least))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= least * (1 - 1e-9))
