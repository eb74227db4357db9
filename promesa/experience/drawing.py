"""Which units are looked at: all whose outcome is known, or those of a share of the customers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from promesa.experience.outcomes import came_of, with_gain
from promesa.experience.units import key_of

if TYPE_CHECKING:
    from promesa.engine import Table
    from promesa.measures import Question
    from promesa.workspace import Outcome

PARTS = 1_000_000  # customers are drawn by the remainder of their surrogate, which is a hash already


def counted(question: Question, outcome: Outcome) -> tuple[int, int, int]:
    """Return units with the outcome known, units without, and how many of `PARTS` parts of the customers to draw."""
    rows = came_of(question, outcome)
    sums = rows.aggregate(known=rows["known"].cast("int64").sum().coalesce(0), all=rows.count())
    counts = question.facts.engine.fetch(sums).to_pylist()[0]
    known, most = int(counts["known"]), question.workspace.model.studies.drivers.most_rows
    drawn = PARTS if known <= most else max(1, PARTS * most // known)
    return known, int(counts["all"]) - known, drawn


@dataclass(frozen=True, slots=True)
class Rows:
    """The units looked at; the engine holds few tables, so they are asked for again whenever they are used."""

    question: Question
    outcome: Outcome
    drawn: int

    def __call__(self) -> Table:
        """Return the units with the outcome known, of the customers drawn."""
        rows = came_of(self.question, self.outcome)
        rows = rows.filter(rows["known"])
        if self.drawn < PARTS:
            rows = rows.filter(rows["customer"] % PARTS < self.drawn)
        rows = with_gain(self.question, self.outcome, rows)
        name = key_of(self.question, (self.outcome, self.drawn))
        return self.question.facts.engine.hold(name, rows)
