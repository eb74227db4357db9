"""Groups of customers held against all others: whether the minimum is given to them less often."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from promesa.measures import mean_of, withheld
from promesa.results import Estimate
from promesa.stats import benjamini_hochberg, compare_shares, together, without
from promesa.value.standard_moments import EMPTY, status_groups

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promesa.engine import Table
    from promesa.measures import Group, Question
    from promesa.stats import ClusterSums
    from promesa.workspace import Standard

DIFFERENCE = "kept_difference"


def group_rows(
    question: Question, standard: Standard, table: Table, *, of_customers: Sequence[str], where: Sequence[str]
) -> list[Estimate]:
    """Return the rates of every group, and of groups of customers the difference to all others, p-values as they are.

    Parameters
    ----------
    of_customers : sequence of str
        What a customer is once; such groups share no customer, so that they can be compared.
    where : sequence of str
        Where moments take place; told and not compared.
    """
    figures: list[Estimate] = []
    for by in (*of_customers, *where):
        groups = _in_order(question, status_groups(question, table, names=(by,)), by)
        if by in where and len(groups) < 2:
            continue  # it would say what is said of everybody
        figures += [_rate(question, standard, group, by) for group in groups]
        if by in of_customers:
            figures += _differences(question, standard, groups, by)
    return figures


def _in_order(question: Question, groups: list[Group], by: str) -> list[Group]:
    """Return the groups of tiers from the highest down, others as they are."""
    tiers = question.workspace.model.tiers
    if by != "tier" or tiers is None:
        return groups
    places = {name: place for place, name in enumerate(tiers.names)}
    return sorted(groups, key=lambda group: places.get(str(group.dimensions[by]), len(places)))


def _rate(question: Question, standard: Standard, group: Group, by: str) -> Estimate:
    return mean_of(
        question,
        {"standard": standard.name},
        "kept_rate",
        group.values["rate"],
        unit="fraction",
        kind="share",
        n_missing=group.values["unknown"].n,
        extra={**EMPTY, "by": by, "group": group.dimensions[by], "target": standard.target},
    )


def _differences(question: Question, standard: Standard, groups: Sequence[Group], by: str) -> list[Estimate]:
    stated = {group.dimensions[by]: group.values["rate"] for group in groups if group.dimensions[by] is not None}
    if len(stated) < 2:
        return []
    whole = together(list(stated.values()))
    figures: list[Estimate] = []
    for name, sums in stated.items():
        rest = without(whole, sums)
        if _is_shown(question, sums) and _is_shown(question, rest):
            figures.append(_difference(question, standard, (by, name), sums, rest))
    return figures


def _is_shown(question: Question, sums: ClusterSums) -> bool:
    return sums.clusters > 1 and withheld(question, sums.n, sums.clusters) is None


def _difference(
    question: Question, standard: Standard, group: tuple[str, str | None], sums: ClusterSums, rest: ClusterSums
) -> Estimate:
    found = compare_shares(sums, rest, confidence_level=question.confidence_level)
    return Estimate(
        dimensions={"standard": standard.name},
        measure=DIFFERENCE,
        estimate=found.difference,
        lower=found.interval.lower,
        upper=found.interval.upper,
        n=sums.n,
        unit="fraction",
        extra={**EMPTY, "by": group[0], "group": group[1], "p_value": found.p_value},
    )


def with_comparisons(question: Question, figures: Sequence[Estimate]) -> list[Estimate]:
    """Return the figures with p-values adjusted for all comparisons, and said which groups are worse off."""
    compared = [figure for figure in figures if figure.measure == DIFFERENCE]
    adjusted = iter(benjamini_hochberg([float(str(figure.extra["p_value"])) for figure in compared]))
    found: list[Estimate] = []
    for figure in figures:
        if figure.measure != DIFFERENCE:
            found.append(figure)
            continue
        p = float(next(adjusted))
        worse = p <= 1 - question.confidence_level and (figure.estimate or 0.0) < 0
        found.append(replace(figure, extra={**figure.extra, "p_value": p, "worse": worse}))
    return found
