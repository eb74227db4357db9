"""Elements of the experience: mean, median and ninth decile at the touchpoints they belong to."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from promesa.measures.figures import mean_of
from promesa.measures.slices import PREFIX, group_of
from promesa.measures.sums import clustered
from promesa.results import Estimate
from promesa.stats import QUANTILE_GRID, quantile_interval

if TYPE_CHECKING:
    from promesa.engine import Table
    from promesa.measures.slices import Question
    from promesa.stats import ClusterSums
    from promesa.workspace import Element

QUANTILES = {"median": 0.5, "p90": 0.9}


def element_figures(question: Question, lived: Table) -> list[Estimate]:
    """Return the figures of every element in each group of `lived`, which carries its dimensions.

    Elements of the same touchpoints are summed by one query over the moments of those touchpoints alone:
    an element is null elsewhere, and a sum of nulls would cost as much as one of numbers.
    """
    together: dict[tuple[str, ...], list[Element]] = defaultdict(list)
    for element in question.workspace.model.elements.values():
        together[element.touchpoints].append(element)
    figures: list[Estimate] = []
    for touchpoints, elements in together.items():
        moments = lived.filter(lived["touchpoint"].isin(touchpoints))
        figures += _figures(question, moments, elements)
    return figures


def _figures(question: Question, moments: Table, elements: list[Element]) -> list[Estimate]:
    groups = clustered(question, moments, {element.name: moments[element.name] for element in elements})
    quantiles = _quantiles(question, moments, elements)
    figures: list[Estimate] = []
    for group in groups:
        for element in elements:
            sums = group.values[element.name]
            if not sums.n:
                continue
            mean = mean_of(
                question,
                group.dimensions,
                f"{element.name}.mean",
                sums,
                unit=element.unit,
                n_missing=group.rows - sums.n,
                extra={"element": element.name},
            )
            figures.append(mean)
            grid = quantiles.get((tuple(group.dimensions.values()), element.name))
            figures += _quantile_figures(question, mean, element, sums, grid)
    return figures


def _quantiles(
    question: Question, moments: Table, elements: list[Element]
) -> dict[tuple[tuple[str | None, ...], str], list[float]]:
    keys = [PREFIX + name for name in question.by]
    columns = {element.name: moments[element.name].quantile(list(QUANTILE_GRID)) for element in elements}
    table = moments.group_by(keys).aggregate(**columns) if keys else moments.aggregate(**columns)
    found: dict[tuple[tuple[str | None, ...], str], list[float]] = {}
    for row in question.facts.engine.fetch(table).to_pylist():
        group = tuple(group_of(question, row).values())
        for element in elements:
            if row[element.name] is not None:
                found[group, element.name] = row[element.name]
    return found


def _quantile_figures(
    question: Question, mean: Estimate, element: Element, sums: ClusterSums, grid: list[float] | None
) -> list[Estimate]:
    """Return median and ninth decile with intervals at the effective number of customers."""
    figures: list[Estimate] = []
    for name, level in QUANTILES.items():
        estimate = lower = upper = None
        if mean.estimate is not None and grid is not None:
            # Observations of one customer count as one where they cluster: the careful end of the truth.
            n = sums.n**2 / sums.nn
            estimate, interval = quantile_interval(grid, level, max(n, 1.0), confidence_level=question.confidence_level)
            lower, upper = interval.lower, interval.upper
        figures.append(
            Estimate(
                dimensions=mean.dimensions,
                measure=f"{element.name}.{name}",
                estimate=estimate,
                lower=lower,
                upper=upper,
                n=mean.n,
                n_missing=mean.n_missing,
                unit=element.unit,
                note=mean.note,
                extra={"element": element.name},
            )
        )
    return figures
