"""Where the figure of each link comes from, and the plain reason where there is none."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from typing import TYPE_CHECKING, Any

from promesa.engine import lit, stack, when
from promesa.measures import Question, clustered, concept_figures, mean_of, own_opinions
from promesa.promises import commitments
from promesa.results import Estimate
from promesa.value import margin, returning

if TYPE_CHECKING:
    from datetime import datetime

    from promesa.measures import Group

# Links that concepts of `model.toml` fill, by `link = "..."`, and the note where none is declared or answered.
HEARD_LINKS = {
    "expectation": "no-expectation-asked",
    "emotion": "no-emotion-asked",
    "memory": "no-memory-asked",
    "satisfaction": "no-satisfaction-asked",
    "reputation": "no-reputation-heard",
    "loyalty": "no-loyalty-asked",
}
Key = tuple[str, str]


def figures_of(question: Question, *, returns: Question | None = None) -> dict[Key, Estimate]:
    """Return the figures of the chain over the question's window, by (link, measure).

    Parameters
    ----------
    returns : Question or None
        Of another window in which orders are followed by others, where that of the others is not old enough to tell.
    """
    question = replace(question, by=())
    returned = _retention(replace(returns, by=()) if returns else question)
    figures = [*_promise(question), *_heard(question), *returned, *_money(question)]
    return {(str(figure.dimensions["link"]), figure.measure): figure for figure in figures}


def empty(link: str, note: str) -> Estimate:
    """Return a link without a figure, with the code of its reason."""
    return Estimate(dimensions={"link": link}, measure="none", estimate=None, n=0, unit="count", note=note)


def _promise(question: Question) -> list[Estimate]:
    """Return the share of commitments kept over all promises, and the share of journeys with all kept."""
    promises = question.workspace.model.promises
    if not promises:
        return [empty("promise", "no-promise-declared"), empty("experience", "no-promise-declared")]
    tables = [_judged(question, name) for name in promises]
    judged = stack(tables)
    groups = clustered(question, judged, {"kept": judged["kept"]})
    journeys = judged.filter(judged["journey"].notnull())
    clean = journeys.group_by("journey").aggregate(customer=journeys["customer"].max(), kept=journeys["kept"].min())
    of_journeys = clustered(question, clean, {"kept": clean["kept"]})
    broken = clustered(question, judged, {"kept": judged["kept"]}, names=("promise",))
    return [
        _share("promise", "kept_rate", question, groups, owner=_most_broken(question, broken)),
        _share("experience", "clean_journeys", question, of_journeys, owner=None),
    ]


def _judged(question: Question, name: str) -> Any:
    table = commitments(question, question.workspace.model.promises[name])
    judged = table.filter(table["status"].isin(["kept", "broken"]))
    kept = when(judged["status"] == "kept", 1.0, 0.0)
    return judged.mutate(kept=kept, by_promise=lit(name, "string")).select("by_promise", "customer", "journey", "kept")


def _most_broken(question: Question, groups: list[Group]) -> str | None:
    """Return the owner of the promise that was broken most often."""
    if not groups:
        return None
    worst = max(groups, key=lambda group: group.values["kept"].n - group.values["kept"].total)
    return question.workspace.model.promises[str(worst.dimensions["promise"])].owner


def _share(link: str, measure: str, question: Question, groups: list[Group], *, owner: str | None) -> Estimate:
    if not groups:
        return empty(link, "nothing-due" if link == "promise" else "no-journey-due")
    figure = mean_of(
        question,
        {"link": link},
        measure,
        groups[0].values["kept"],
        unit="fraction",
        kind="share",
    )
    return replace(figure, extra={"owner": owner})


def _heard(question: Question) -> list[Estimate]:
    """Return the concepts of each link; a concept of the public (audience) counts for reputation."""
    opinions = own_opinions(question)
    public = question.within(question.facts.table("opinions"))
    brand = question.workspace.brand
    public = public.filter((public["audience"] == "public") & (public["brand"].coalesce(brand) == brand))
    said = {figure.measure: figure for figure in concept_figures(question, opinions)}
    said_in_public = {figure.measure: figure for figure in concept_figures(question, public)}
    figures: list[Estimate] = []
    for link, note in HEARD_LINKS.items():
        concepts = [c for c in question.workspace.model.concepts.values() if c.link == link]
        voices = said_in_public if link == "reputation" else said
        heard = [voices[concept.name] for concept in concepts if concept.name in voices]
        figures += [replace(figure, dimensions={"link": link}) for figure in heard] or [_unheard(question, link, note)]
    return figures


def _unheard(question: Question, link: str, note: str) -> Estimate:
    """Return what stands for a link that nobody was asked about: of loyalty, that customers bought again."""
    if link != "loyalty" or question.facts.is_empty("orders"):
        return empty(link, note)
    orders = question.within(question.facts.table("orders"))
    orders = orders.filter(orders["revenue"] > lit(0))
    days = orders.group_by("customer").aggregate(days=question.facts.local(orders["at"]).date().nunique())
    groups = clustered(question, days, {"again": when(days["days"] > 1, 1.0, 0.0)})
    if not groups:
        return empty(link, note)
    return mean_of(question, {"link": link}, "repeat_share", groups[0].values["again"], unit="fraction", kind="share")


def _zoned(instant: datetime | None) -> datetime | None:
    """Return a naive UTC instant with its zone: without one the analyses would read it as local time."""
    return instant.replace(tzinfo=UTC) if instant else None


def _retention(question: Question) -> list[Estimate]:
    answer = returning(
        question.workspace,
        since=_zoned(question.since),
        until=_zoned(question.until),
        facts=question.facts,
        confidence_level=question.confidence_level,
    )
    figure = answer.find("return_rate")
    if figure is None:
        return [empty("retention", "no-order-old-enough")]
    return [replace(figure, dimensions={"link": "retention"})]


def _money(question: Question) -> list[Estimate]:
    if question.facts.is_empty("orders"):
        return [empty("income", "no-orders-loaded"), empty("profit", "no-orders-loaded")]
    answer = margin(
        question.workspace,
        since=_zoned(question.since),
        until=_zoned(question.until),
        facts=question.facts,
        confidence_level=question.confidence_level,
    )
    figures: list[Estimate] = []
    for link, measure in (("income", "revenue"), ("profit", "margin")):
        figure = answer.find(measure)
        each = answer.find(f"{measure}_per_customer")
        figures.append(replace(figure, dimensions={"link": link}) if figure else empty(link, "no-orders-loaded"))
        if each is not None:
            figures.append(replace(each, dimensions={"link": link}))
    return figures
