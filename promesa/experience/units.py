"""What one row of the table of experience is: a journey, or all of one customer in one period."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa.measures import lived_moments

if TYPE_CHECKING:
    from collections.abc import Callable

    from promesa.engine import Table
    from promesa.measures import Question

UNIT = "unit_"
MOST_BUILT = 200
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


def units_of(question: Question) -> Table:
    """Return every unit with a lived moment of a customer, held by the engine.

    Returns
    -------
    Table
        ``unit_``, ``customer``, ``started_at`` and ``ended_at`` (first and last moment).

    Notes
    -----
    A journey that several customers share is one unit: that of the greatest surrogate among those of its moments.
    """
    moments = moments_of_units(question)

    def units() -> Table:
        every = moments.group_by(UNIT).aggregate(
            customer=moments["customer"].max(), started_at=moments["at"].min(), ended_at=moments["at"].max()
        )
        return every.filter(every["customer"].notnull())

    engine = question.facts.engine
    held = engine.hold(key_of(question, "units"), units)
    return engine.named_anew(place_of(question, "units"), held)


def moments_of_units(question: Question) -> Table:
    """Return the lived moments of the window that belong to a unit, under one name whatever the window is."""
    moments = built(
        question,
        ("moments of units", question.since, question.until),
        question.facts.table("moments"),
        make=lambda: with_unit(question, lived_moments(question)),
    )
    return question.facts.engine.named_anew(place_of(question, "moments of units"), moments)


def place_of(question: Question, what: str) -> str:
    """Return a name for a step of the way to a table of experience, the same for each outcome and window.

    Tables are read one after another, each to its end. So the steps of the next find the SQL of the last.
    """
    return f"{what} {question.facts.scope} {question.workspace.store}"


def built(question: Question, what: object, *over: Table, make: Callable[[], Table]) -> Table:
    """Return an expression over some tables, put together once for these facts.

    To put one together takes as long as to run it over some thousand rows, and the next outcome asks the same of tables
    of the same names.
    """
    kept = question.facts.kept.setdefault("expressions", {})
    assert isinstance(kept, dict)  # noqa: S101 (the name is this function's own)
    key, model = (what, *(table.op() for table in over)), question.workspace.model
    known = kept.pop(key, None)
    kept[key] = known if known is not None and known[0] is model else (model, make())
    while len(kept) > MOST_BUILT:
        kept.pop(next(iter(kept)))
    return kept[key][1]


def key_of(question: Question, what: object) -> str:
    """Return a name for what is worked out of a question: everything that it hangs on."""
    facts, workspace = question.facts, question.workspace
    asked = (facts.version, facts.as_of, question.since, question.until, sorted(facts.files.items()))
    return repr((what, *asked, workspace.store, workspace.brand, workspace.time_zone, workspace.model))
