"""What one row of the table of experience is: a journey, or all of one customer in one period."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from promesa.engine import Table
    from promesa.measures import Question

UNIT = "unit_"
_TRUNCATE = {"month": "M", "quarter": "Q", "year": "Y"}


def with_unit(question: Question, table: Table, *, time: str = "at") -> Table:
    """Return the rows of `table` that belong to a unit, with its key in the column ``unit_``.

    Rows without a journey (or, for units of a customer and a period, without a customer) belong to none.
    """
    unit = question.workspace.model.studies.drivers.unit
    if unit == "journey":
        known = table.filter(table["journey"].notnull())
        return known.mutate(**{UNIT: known["journey"]})
    known = table.filter(table["customer"].notnull())
    period = question.facts.local(known[time]).truncate(_TRUNCATE[unit]).date()
    return known.mutate(**{UNIT: known["customer"].cast("string").concat("-", period.cast("string"))})
