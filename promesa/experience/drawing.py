"""Which units are looked at: all whose outcome is known, or those of a share of the customers."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from promesa.experience.outcomes import came_of, with_gain
from promesa.experience.units import key_of

if TYPE_CHECKING:
    from promesa.engine import Table
    from promesa.measures import Question
    from promesa.workspace import Outcome

PARTS = 1_000_000  # customers are drawn by the remainder of their surrogate, which is a hash already
ASKED = 8  # times that rows are asked for before they are held anew; the engine holds twelve tables
_numbers = count()


class Rows:
    """The units looked at: those with the outcome known, of all customers or of a share of them.

    Attributes
    ----------
    n_units, n_unknown : int
        Units with the outcome known, and without.
    share : float
        Of the customers.
    """

    def __init__(self, question: Question, outcome: Outcome) -> None:
        self.question = question
        every = came_of(question, outcome)
        sums = every.aggregate(known=every["known"].cast("int64").sum().coalesce(0), all=every.count())
        counts = question.facts.engine.fetch(sums).to_pylist()[0]
        self.n_units = int(counts["known"])
        self.n_unknown = int(counts["all"]) - self.n_units
        most = question.workspace.model.studies.drivers.most_rows
        parts = PARTS if self.n_units <= most else max(1, PARTS * most // self.n_units)
        self.share = parts / PARTS
        rows = every.filter(every["known"])
        if parts < PARTS:
            rows = rows.filter(rows["customer"] % PARTS < parts)
        self._hold(with_gain(question, outcome, rows))

    def _hold(self, rows: Table) -> None:
        name = key_of(self.question, f"rows {next(_numbers)}")
        self._table, self._asked = self.question.facts.engine.hold(name, rows), 0

    def table(self) -> Table:
        """Return the rows, held by the engine.

        The engine lets go of what it has held longest: ask anew after each table that it was given to hold.
        """
        if self._asked >= ASKED:
            self._hold(self._table)
        self._asked += 1
        return self._table
