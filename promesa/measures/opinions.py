"""What people say: scores by concept, response and its rate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa.engine import case, when
from promesa.measures.figures import count_of, mean_of
from promesa.measures.slices import PREFIX, with_dimensions
from promesa.measures.sums import clustered
from promesa.results import Estimate

if TYPE_CHECKING:
    from promesa.engine import Expression, Table
    from promesa.measures.slices import Question
    from promesa.measures.sums import Group
    from promesa.workspace import Concept

PROMOTER_FROM, DETRACTOR_TO = 9, 6
UNITS = {"mean": "score", "top_box": "fraction", "nps": "points"}
KINDS = {"mean": "mean", "top_box": "share", "nps": "nps"}
NO_INVITATIONS = "no-invitations-recorded"


def own_opinions(question: Question) -> Table:
    """Return customers' opinions of the company's own brand (not staff's, not a competitor's) in the window."""
    opinions = question.within(question.facts.table("opinions"))
    brand = question.workspace.brand
    own = (opinions["audience"].coalesce("customer") == "customer") & (opinions["brand"].coalesce(brand) == brand)
    return opinions.filter(own)


def score_value(opinions: Table, concept: Concept) -> Expression:
    """Return what one answer adds: its score on the declared scale, or 1 / 0, or 1 / 0 / -1."""
    low, high = concept.scale
    row_low, row_high = opinions["scale_min"].coalesce(low), opinions["scale_max"].coalesce(high)
    same = (row_low == low) & (row_high == high)
    rescaled = low + (opinions["score"] - row_low) * (high - low) / (row_high - row_low).nullif(0)
    score = when(same, opinions["score"], rescaled)
    if concept.kind == "top_box":
        return when(score.isnull(), None, when(score >= concept.top_from, 1.0, 0.0))
    if concept.kind == "nps":
        return case((score.isnull(), None), (score >= PROMOTER_FROM, 1.0), (score <= DETRACTOR_TO, -1.0), otherwise=0.0)
    return score


def concept_values(opinions: Table, concepts: list[Concept]) -> dict[str, Expression]:
    """Return the two values that the scores of several concepts need: the score's, and "is a promoter"."""
    branches = [(opinions["concept"] == concept.name, score_value(opinions, concept)) for concept in concepts]
    value = case(*branches, otherwise=None)
    return {"score": value, "up": when(value.isnull(), None, when(value > 0, 1.0, 0.0))}


def concept_figures(question: Question, opinions: Table, *, names: tuple[str, ...] = ()) -> list[Estimate]:
    """Return a figure of each concept in each group of opinions that carry their dimensions."""
    concepts = list(question.workspace.model.concepts.values())
    if not concepts:
        return []
    table = opinions.mutate(**{PREFIX + "concept_": opinions["concept"]})
    groups = clustered(question, table, concept_values(table, concepts), names=(*names, "concept_"), anonymous=True)
    figures: list[Estimate] = []
    for group in groups:
        dimensions = dict(group.dimensions)
        concept = question.workspace.model.concepts.get(dimensions.pop("concept_") or "")
        if concept is not None:
            figures.append(concept_figure(question, dimensions, concept, group))
    return figures


def concept_figure(
    question: Question, dimensions: dict[str, str | None], concept: Concept, group: Group, *, measure: str | None = None
) -> Estimate:
    """Return one concept's figure of one group."""
    sums = group.values["score"]
    return mean_of(
        question,
        dimensions,
        measure or concept.name,
        sums,
        unit=UNITS[concept.kind],
        kind=KINDS[concept.kind],
        up=group.values["up"].mean if sums.n else None,
        n_missing=group.rows - sums.n,
        extra={"concept": concept.name},
    )


def response_figures(question: Question, opinions: Table, *, names: tuple[str, ...] = ()) -> list[Estimate]:
    """Return invitations, answers and the response rate of each group.

    Notes
    -----
    An answer has a score or a text. A sheet with several questions (concepts) sent to one customer at one time
    about one journey is one invitation. The rate is of the invitations that are recorded; where not one
    unanswered invitation is recorded, none of the silent are known and no rate is given.
    """
    sheets = _sheets(question, opinions, names)
    values = {"asked": sheets["answered_asked"], "answered": sheets["answered"]}
    weights = {"asked": sheets["asked"], "answered": sheets["answered"]}
    groups = clustered(question, sheets, values, names=names, weights=weights, anonymous=True)
    silent_known = any(g.values["asked"].n > g.values["asked"].total for g in groups)
    figures: list[Estimate] = []
    for group in groups:
        asked = group.values["asked"]
        answers = group.values["answered"].n
        figures.append(count_of(question, group.dimensions, "asked", asked.n, customers=group.customers))
        figures.append(count_of(question, group.dimensions, "answers", answers, customers=group.customers))
        if silent_known:
            figures.append(mean_of(question, group.dimensions, "response_rate", asked, unit="fraction", kind="share"))
        else:
            figures.append(
                Estimate(
                    dimensions=group.dimensions,
                    measure="response_rate",
                    estimate=None,
                    n=0 if answers < question.workspace.min_cell else asked.n,
                    unit="fraction",
                    note=NO_INVITATIONS,
                )
            )
    return figures


def _sheets(question: Question, opinions: Table, names: tuple[str, ...]) -> Table:
    """Return opinions with the questions of one sheet as one row: invitations and answers in it.

    Within a sheet the question asked most often counts: two reviews of one order are two invitations.
    """
    keys = [*(PREFIX + name for name in (*names, *question.by)), "customer", "journey", "survey", "asked_at"]
    heard = opinions["score"].notnull() | opinions["text"].notnull()
    asked = opinions["asked_at"].notnull()
    told_apart = asked & opinions["customer"].notnull()
    rows = opinions.mutate(
        sheet=when(told_apart, "", opinions["source"].concat(" ", opinions["id"])),
        heard=when(heard, 1, 0),
        heard_asked=when(heard & asked, 1, 0),
        asked=when(asked, 1, 0),
    )
    questions = rows.group_by([*keys, "sheet", "concept"]).aggregate(
        answered=rows["heard"].sum(), answered_asked=rows["heard_asked"].sum(), asked=rows["asked"].sum()
    )
    return questions.group_by([*keys, "sheet"]).aggregate(
        answered=questions["answered"].max(),
        answered_asked=questions["answered_asked"].max(),
        asked=questions["asked"].max(),
    )


def scores(question: Question) -> list[Estimate]:
    """Return every concept and the response in each group that the question asks for."""
    table = with_dimensions(question, own_opinions(question))
    return [*response_figures(question, table), *concept_figures(question, table)]
