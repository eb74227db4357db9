"""What goes with a broken promise: the score given, the return, the margin of the customers afterwards."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from promesa.engine import interval_days, lit, null_of, stack, when
from promesa.measures import KINDS, PREFIX, UNITS, Group, clustered, concept_values, mean_of, own_opinions
from promesa.promises.commitments import judged_only, observed_for
from promesa.results import Estimate
from promesa.stats import (
    Interval,
    difference_interval,
    difference_of_shares_interval,
    pooled_if_constant,
    ratio_variance,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promesa.engine import Expression, Table
    from promesa.measures import Question
    from promesa.stats import ClusterSums
    from promesa.workspace import Concept, Promise


def score_figures(question: Question, promises: Sequence[Promise], table: Table) -> list[Estimate]:
    """Return the score of the journeys whose commitment was kept, broken, late and never fulfilled.

    Notes
    -----
    Estimand: mean score of the answers given in journeys with the promise kept, less that in journeys with it
    broken. A journey with several commitments to one promise counts as broken when one was. It is an association:
    region, price and whatever else differs between the two stands behind it too.
    """
    asked: dict[str, list[str]] = defaultdict(list)
    for promise in promises:
        concept = _concept_of(question, promise)
        if concept is not None:
            asked[concept.name].append(promise.name)
    figures: list[Estimate] = []
    for name, those in asked.items():
        mine = table if len(those) == len(promises) else table.filter(table[PREFIX + "promise"].isin(those))
        figures += _scores_of(question, question.workspace.model.concepts[name], mine)
    return figures


def _scores_of(question: Question, concept: Concept, table: Table) -> list[Estimate]:
    judged = judged_only(table).filter(table["journey"].notnull())
    keys = [PREFIX + name for name in ("promise", *question.by)]
    broken = when(judged["status"] == "broken", 1, 0)
    never = when(judged["arrived"], 0, 1)
    journeys = judged.group_by([*keys, "journey"]).aggregate(
        customer=judged["customer"].max(), broken=broken.max(), never=(broken * never).max()
    )
    opinions = own_opinions(question)
    opinions = opinions.filter((opinions["concept"] == concept.name) & opinions["score"].notnull())
    said = opinions.select(said_in="journey", **concept_values(opinions, [concept]))
    rows = journeys.inner_join(said, journeys["journey"] == said["said_in"])
    split = {
        "kept": rows["broken"] == 0,
        "broken": rows["broken"] == 1,
        "late": (rows["broken"] == 1) & (rows["never"] == 0),
        "never": rows["never"] == 1,
    }
    values: dict[str, Expression] = {}
    for name, condition in split.items():
        values[name] = when(condition, rows["score"], null_of("float64"))
        values[f"{name}.up"] = when(condition, rows["up"], null_of("float64"))
    figures: list[Estimate] = []
    for group in clustered(question, rows, values, names=("promise",)):
        figures += _score_rows(question, concept, group)
    return figures


def _concept_of(question: Question, promise: Promise) -> Concept | None:
    concepts = question.workspace.model.concepts
    if promise.concept:
        return concepts[promise.concept]
    return next((concept for concept in concepts.values() if concept.link == "satisfaction"), None)


def _score_rows(question: Question, concept: Concept, group: Group) -> list[Estimate]:
    where = group.dimensions
    figures: list[Estimate] = []
    for name in ("kept", "broken", "late", "never"):
        sums = group.values[name]
        if sums.n or name in {"kept", "broken"}:
            figures.append(
                mean_of(
                    question,
                    where,
                    f"score_after_{name}",
                    sums,
                    unit=UNITS[concept.kind],
                    kind=KINDS[concept.kind],
                    up=group.values[f"{name}.up"].mean if sums.n else None,
                    extra={"concept": concept.name},
                )
            )
    kept, broken = figures[0], figures[1]
    factor = 100.0 if concept.kind == "nps" else 1.0
    sums = (group.values["broken"], group.values["kept"])
    figures.append(
        difference_of(
            question, "score_difference", (broken, kept), sums, factor=factor, extra={"concept": concept.name}
        )
    )
    return figures


def difference_of(
    question: Question,
    measure: str,
    figures: tuple[Estimate, Estimate],
    sums: tuple[ClusterSums, ClusterSums],
    *,
    factor: float = 1.0,
    extra: dict[str, Any] | None = None,
) -> Estimate:
    """Return the first figure less the second, as an association, with Welch's interval over customers."""
    first, second = figures
    base: dict[str, Any] = {
        "dimensions": first.dimensions,
        "measure": measure,
        "unit": first.unit,
        "evidence": "associated",
        "n": first.n + second.n,
        "n_missing": first.n_missing + second.n_missing,
        "extra": extra or {},
    }
    if first.estimate is None or second.estimate is None:
        return Estimate(**base, estimate=None, note=first.note or second.note)
    interval = _interval_of_difference(question, figures, sums, factor=factor)
    return Estimate(
        **base,
        estimate=first.estimate - second.estimate,
        lower=interval.lower if interval else None,
        upper=interval.upper if interval else None,
    )


def _interval_of_difference(
    question: Question, figures: tuple[Estimate, Estimate], sums: tuple[ClusterSums, ClusterSums], *, factor: float
) -> Interval | None:
    """Return Newcombe's interval for shares and Welch's, over customers, for means."""
    ends = [Interval(f.lower, f.upper) for f in figures if f.lower is not None and f.upper is not None]
    estimates = [f.estimate or 0.0 for f in figures]
    if figures[0].unit == "fraction" and len(ends) == len(figures):
        return difference_of_shares_interval((estimates[0], estimates[1]), (ends[0], ends[1]))
    sizes = (sums[0].clusters, sums[1].clusters)
    variances = pooled_if_constant((ratio_variance(sums[0]), ratio_variance(sums[1])), sizes)
    return difference_interval(
        estimates[0] - estimates[1],
        (variances[0] * factor**2, variances[1] * factor**2),
        sizes,
        confidence_level=question.confidence_level,
    )


def return_figures(question: Question, table: Table, *, broken: dict[tuple[str | None, ...], int]) -> list[Estimate]:
    """Return what customers did after the due time: the share that came back, the margin they left.

    Parameters
    ----------
    broken : dict of tuple to int
        Broken commitments of each promise and group, for the money that goes with them.

    Notes
    -----
    Estimand: share of commitments followed by another order of the same customer within the workspace's
    ``return_within_days`` after the due time, and mean margin (revenue less cost) of those orders; of the
    commitments due at least that long before `as_of`. ``cost_of_broken`` is the number of broken commitments
    times (margin after kept less margin after broken): what goes with them, not what mending them would bring.
    """
    if question.facts.is_empty("orders"):
        return []
    rows, weight = _followed(question, table)
    values = {
        f"{what}.{status}": when(rows["status"] == status, rows[what], 0.0)
        for what in ("returned", "margin")
        for status in ("kept", "broken")
    }
    weights = {
        f"{what}.{status}": when(rows["status"] == status, rows[weight], 0)
        for what in ("returned", "margin")
        for status in ("kept", "broken")
    }
    figures: list[Estimate] = []
    for group in clustered(question, rows, values, names=("promise",), weights=weights):
        figures += _return_rows(question, group.dimensions, group, broken.get(tuple(group.dimensions.values()), 0))
    return figures


def _followed(question: Question, table: Table) -> tuple[Table, str]:
    """Return commitments (weight 1, nothing added) and what followed each (weight 0, added) as one table."""
    days = question.workspace.model.return_within_days
    keys = [PREFIX + name for name in ("promise", *question.by)]
    seen = observed_for(question, table, days).select(*keys, "source", "id", "customer", "journey", "due", "status")
    orders = question.facts.table("orders")
    orders = orders.select(
        buyer="customer",
        bought_at="at",
        bought_in="journey",
        gain=orders["revenue"].cast("float64") - orders["cost"].cast("float64").coalesce(0.0),
    )
    pairs = seen.inner_join(
        orders,
        [
            seen["customer"] == orders["buyer"],
            orders["bought_at"] > seen["due"],
            orders["bought_at"] <= seen["due"] + interval_days(days),
            (orders["bought_in"] != seen["journey"]).coalesce(True),
        ],
    )
    one = pairs.group_by([*keys, "source", "id", "customer", "status"]).aggregate(margin=pairs["gain"].sum())
    followed = one.select(*keys, "customer", "status", "margin", returned=lit(1.0), weight=lit(0, "int64"))
    alone = seen.select(*keys, "customer", "status", margin=lit(0.0), returned=lit(0.0), weight=lit(1, "int64"))
    return stack([alone, followed]), "weight"


def _return_rows(question: Question, where: dict[str, str | None], group: Group, broken: int) -> list[Estimate]:
    v = group.values
    share = [
        mean_of(question, where, f"return_after_{s}", v[f"returned.{s}"], unit="fraction", kind="share")
        for s in ("broken", "kept")
    ]
    currency = question.workspace.currency
    margin = [
        mean_of(question, where, f"margin_after_{s}", v[f"margin.{s}"], unit=currency) for s in ("broken", "kept")
    ]
    returned = difference_of(
        question, "return_difference", (share[0], share[1]), (v["returned.broken"], v["returned.kept"])
    )
    lost = difference_of(question, "margin_difference", (margin[0], margin[1]), (v["margin.broken"], v["margin.kept"]))
    return [*share[::-1], returned, *margin[::-1], lost, _cost_of_broken(where, lost, broken)]


def _cost_of_broken(where: dict[str, str | None], lost: Estimate, broken: int) -> Estimate:
    estimate = lower = upper = None
    if lost.estimate is not None:
        estimate = -lost.estimate * broken
        if lost.lower is not None and lost.upper is not None:
            lower, upper = -lost.upper * broken, -lost.lower * broken
    return Estimate(
        dimensions=where,
        measure="cost_of_broken",
        estimate=estimate,
        lower=lower,
        upper=upper,
        n=lost.n,
        n_missing=lost.n_missing,
        unit=lost.unit,
        evidence="associated",
        note=lost.note,
        extra={"broken": broken},
    )
