"""Which units are looked at: all whose outcome is known, or those of a share of the customers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa.experience.outcomes import came_of, with_gain
from promesa.experience.units import UNIT, place_of
from promesa.measures import of_share, share_of

if TYPE_CHECKING:
    from promesa.engine import Table
    from promesa.measures import Question
    from promesa.workspace import Outcome

COLUMNS = (UNIT, "customer", "started_at", "ended_at", "known", "known_at", "value")


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
        self.share = share_of(self.n_units, most=most)
        rows = of_share(every.filter(every["known"]), self.share)
        self._name = place_of(question, "rows")
        self._table = question.facts.engine.hold_anew(self._name, _alike(with_gain(question, outcome, rows)))

    def table(self) -> Table:
        """Return the rows, held by the engine until those of the next outcome take their place.

        The engine lets go of what was asked for longest ago: ask anew after each table that it was given to hold.
        """
        return self.question.facts.engine.hold(self._name, self._table)


def _alike(rows: Table) -> Table:
    """Return the rows with the same columns and types for every outcome, so that the same is asked of them."""
    return rows.mutate(known_at=rows["known_at"].cast("timestamp(6)"), value=rows["value"].cast("float64")).select(
        *COLUMNS
    )
