"""What customers said of single moments: each answer placed at the moment it is about, on one scale."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from promesa.engine import case, interval_days, lit, null_of, stack
from promesa.journeys.assembling import JOURNEY
from promesa.measures import own_opinions, score_value

if TYPE_CHECKING:
    from promesa.engine import Expression, Table
    from promesa.journeys.assembling import Steps
    from promesa.measures import Question
    from promesa.workspace import Concept

TOP = 10.0  # scores of different scales are read from 0, the worst, to 10, the best
OF_OTHER_TIMES = ("expectation", "belief", "memory", "reputation")  # links whose concepts say nothing of a moment


def remembered_concept(question: Question) -> Concept | None:
    """Return what is asked about a journey as a whole: declared, else the first of memory, satisfaction, loyalty."""
    model = question.workspace.model
    if model.journeys.remembered is not None:
        return model.concepts[model.journeys.remembered]
    for link in ("memory", "satisfaction", "loyalty"):
        found = next((concept for concept in model.concepts.values() if concept.link == link), None)
        if found is not None:
            return found
    return None


def moment_concepts(question: Question) -> list[Concept]:
    """Return the concepts whose answers about a touchpoint are scores of a moment."""
    whole = remembered_concept(question)
    concepts = question.workspace.model.concepts.values()
    return [one for one in concepts if one.link not in OF_OTHER_TIMES and one.states is None and one != whole]


def out_of_ten(opinions: Table, concepts: list[Concept]) -> Expression:
    """Return a score between 0, the worst of its declared scale, and 10, the best."""
    branches = []
    for concept in concepts:
        low, high = concept.scale
        share = (score_value(opinions, replace(concept, kind="mean")) - low) / (high - low)
        branches.append((opinions["concept"] == concept.name, TOP * (1 - share if concept.better == "less" else share)))
    return case(*branches, otherwise=null_of("float64"))


def moment_scores(steps: Steps) -> Table:
    """Return one row a moment that was asked about.

    Returns
    -------
    Table
        ``journey_``, ``customer``, ``touchpoint``, ``source``, ``id``, ``place_``, ``at`` of the moment; ``score_``,
        the mean of its answers from 0 to 10; ``heard_at_``, when the last of them was given.

    Notes
    -----
    An answer about a touchpoint is about the last moment there that lies no later than the answer was asked for (else
    given): of the journey that it names; where it names none, of its customer, no longer than `gap_days` before. An
    answer that finds no moment is not placed.
    """
    question = steps.question
    concepts = moment_concepts(question)
    table = steps.table.select(JOURNEY, "customer", "touchpoint", "source", "id", "place_", "at")
    said = own_opinions(replace(question, since=None, until=None))
    said = said.filter(said["touchpoint"].notnull() & said["customer"].notnull())
    said = said.mutate(score_=out_of_ten(said, concepts) if concepts else null_of("float64"))
    said = said.filter(said["score_"].notnull())
    said = said.mutate(asked_=said["asked_at"].coalesce(said["at"]))
    named = said.filter(said["journey"].notnull())
    loose = said.filter(said["journey"].isnull())
    gap = interval_days(question.workspace.model.journeys.gap_days)
    by_journey = _placed(table, named.mutate(owner_=named["journey"]), table[JOURNEY])
    by_customer = _placed(
        table, loose.mutate(owner_=loose["customer"].cast("string")), table["customer"].cast("string")
    )
    by_customer = by_customer.filter(by_customer["asked_"] <= by_customer["moment_at"] + gap)
    heard = stack([by_journey, by_customer])
    heard = heard.group_by(["moment_source", "moment_id"]).aggregate(
        score_=heard["score_"].mean(), heard_at_=heard["heard_"].max()
    )
    matches = [table["source"] == heard["moment_source"], table["id"] == heard["moment_id"]]
    return table.inner_join(heard, matches).drop("moment_source", "moment_id")


def _placed(moments: Table, said: Table, owner: Expression) -> Table:
    """Return each answer with the last moment before it of the same owner at the same touchpoint."""
    # Of the type that each engine gives a time: DuckDB says its microseconds, Spark does not.
    text, time = null_of("string"), null_of(str(moments["at"].type()))
    columns = (
        "owner_",
        "touchpoint",
        "order_",
        "asked_",
        "heard_",
        "score_",
        "moment_source",
        "moment_id",
        "moment_at",
    )
    # Few moments are of somebody who answered about their touchpoint: the others would be sorted for nothing.
    asked = said.select(its_owner="owner_", its_touchpoint="touchpoint").distinct()
    moments = moments.mutate(owner_=owner)
    moments = moments.semi_join(
        asked, [moments["owner_"] == asked["its_owner"], moments["touchpoint"] == asked["its_touchpoint"]]
    )
    lived = moments.mutate(
        order_=moments["at"], asked_=time, heard_=time, score_=null_of("float64"),
        moment_source=moments["source"], moment_id=moments["id"], moment_at=moments["at"],
    ).select(*columns)  # fmt: skip
    answers = said.mutate(
        order_=said["asked_"], heard_=said["at"], moment_source=text, moment_id=text, moment_at=time
    ).select(*columns)
    both = stack([lived, answers])
    is_moment = both["moment_id"].notnull()
    # A moment stands before the answer of the same instant; of several moments at one instant the last by id counts.
    order = [both["order_"], is_moment.desc(), both["moment_source"], both["moment_id"]]
    runs = both.group_by(["owner_", "touchpoint"]).order_by(order).mutate(run_=is_moment.cast("int64").cumsum())
    filled = runs.group_by(["owner_", "touchpoint", "run_"]).mutate(
        of_source=runs["moment_source"].max(), of_id=runs["moment_id"].max(), of_at=runs["moment_at"].max()
    )
    answered = filled.filter(filled["moment_id"].isnull() & filled["of_id"].notnull())
    return answered.select(
        "asked_", "heard_", "score_", moment_source="of_source", moment_id="of_id", moment_at="of_at"
    )


def remembered_scores(steps: Steps, concept: Concept) -> Table:
    """Return the remembered score of each journey: the mean of the answers about it as a whole, from 0 to 10.

    Returns
    -------
    Table
        ``of_journey``, ``remembered_``, ``remembered_at_`` (when the first of its answers was given).

    Notes
    -----
    An answer that names no journey is about the last one of its customer that began before it was asked for.
    """
    said = own_opinions(replace(steps.question, since=None, until=None))
    said = said.filter((said["concept"] == concept.name) & said["customer"].notnull())
    said = said.mutate(score_=out_of_ten(said, [concept]), asked_=said["asked_at"].coalesce(said["at"]))
    said = said.filter(said["score_"].notnull())
    named = said.filter(said["journey"].notnull()).select("score_", heard_="at", of_journey="journey")
    loose = said.filter(said["journey"].isnull())
    loose = loose.mutate(owner_=loose["customer"].cast("string"), touchpoint=lit(""))
    begun = steps.journeys.select(
        "customer", touchpoint=lit(""), source=JOURNEY, id=JOURNEY, at=steps.journeys["started_at"]
    )
    placed = _placed(begun, loose, begun["customer"].cast("string")).select("score_", "heard_", of_journey="moment_id")
    both = stack([named, placed])
    return both.group_by("of_journey").aggregate(remembered_=both["score_"].mean(), remembered_at_=both["heard_"].min())
