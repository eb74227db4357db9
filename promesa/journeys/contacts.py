"""The needs behind contacts: what one journey asks for, how often, and which contact solved it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa.engine import case, lit, null_of, row_number, when
from promesa.journeys.assembling import JOURNEY
from promesa.journeys.shares import with_groups
from promesa.measures import PREFIX, lived_moments

if TYPE_CHECKING:
    from promesa.engine import Expression, Table
    from promesa.journeys.assembling import Steps
    from promesa.measures import Question
    from promesa.workspace import Workspace

CHANNEL, FUNCTION = "channel", "function"
SOLVED = 0.5  # an element above it says that the contact solved the need


def contact_touchpoints(workspace: Workspace) -> list[str]:
    """Return the touchpoints at which customers ask for help."""
    model = workspace.model
    if model.journeys.contacts:
        return list(model.journeys.contacts)
    complaints = (one for one in model.studies.outcomes.values() if one.kind == "complaint")
    return list(dict.fromkeys(touchpoint for one in complaints for touchpoint in one.touchpoints))


def needs_of(steps: Steps, places: list[str]) -> Table:
    """Return one row a need, kept by the engine.

    Returns
    -------
    Table
        The dimensions asked and those of the first contact (``by_channel``, ``by_function``), ``customer``, ``all_``
        (1), and, null where the need has not ended or it is not known: ``contacts_per_need``, ``one_contact``,
        ``solved_at_first``, ``contacts_until_solved``, ``reopened``.
    """
    question = steps.question
    facts = question.facts
    asked = (facts.version, facts.as_of, question.since, question.until, question.by, sorted(facts.files.items()))
    name = repr(("needs", *asked, question.workspace.store, question.workspace.model))
    return facts.engine.hold(name, lambda: _told(question, _counted(steps, places)))


def _told(question: Question, table: Table) -> Table:
    nothing, alone = null_of("float64"), table["contacts_"] == 1
    solved, noted = table["until_"].notnull(), table["first_solved_"].notnull()
    values = {
        "contacts_per_need": table["contacts_"],
        "one_contact": when(alone, 1.0, 0.0),
        "solved_at_first": when(noted, when(alone, table["first_solved_"], 0.0), nothing),
        "contacts_until_solved": table["until_"],
        "reopened": when(solved, when(table["contacts_"] > table["until_"], 1.0, 0.0), nothing),
    }
    ended = {name: when(table["open_"], nothing, value) for name, value in values.items()}
    keys = [PREFIX + name for name in (CHANNEL, FUNCTION, *question.by)]
    return table.select(*keys, "customer", all_=lit(1.0), **ended)


def _counted(steps: Steps, places: list[str]) -> Table:
    """Return the journeys with a contact: how many it holds, which of them first solved the need, where it began."""
    contacts = _with_solved(steps, steps.table.filter(steps.table["touchpoint"].isin(places)))
    contacts = contacts.group_by(JOURNEY).order_by(contacts["place_"]).mutate(number_=row_number())
    number, first = contacts["number_"].cast("float64") + 1, contacts["number_"] == 0
    text = null_of("string")
    found = contacts.group_by(need_=JOURNEY).aggregate(
        contacts_=contacts.count().cast("float64"),
        first_solved_=when(first, contacts["solved_"], null_of("float64")).max(),
        until_=when(contacts["solved_"] == 1, number, null_of("float64")).min(),
        by_channel=when(first, contacts["channel"], text).max(),
        by_function=when(first, _function(steps.question, contacts), text).max(),
    )
    journeys = with_groups(steps)
    return journeys.inner_join(found, journeys[JOURNEY] == found["need_"])


def _with_solved(steps: Steps, contacts: Table) -> Table:
    """Return the contacts with ``solved_``: 1, 0, or null where the contact does not say."""
    element = steps.question.workspace.model.journeys.solved_by
    moments = None if element is None else lived_moments(steps.question)
    if element is None or moments is None or element not in moments.columns:
        return contacts.mutate(solved_=null_of("float64"))
    value = moments[element].cast("float64")
    solved = when(value.notnull(), when(value > SOLVED, 1.0, 0.0), null_of("float64"))
    noted = moments.select(noted_source="source", noted_id="id", solved_=solved)
    matches = [contacts["source"] == noted["noted_source"], contacts["id"] == noted["noted_id"]]
    return contacts.inner_join(noted, matches)


def _function(question: Question, table: Table) -> Expression:
    touchpoints = question.workspace.model.touchpoints.values()
    branches = [(table["touchpoint"] == one.name, lit(one.function, "string")) for one in touchpoints if one.function]
    return case(*branches, otherwise=null_of("string")) if branches else null_of("string")
