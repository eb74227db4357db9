"""Levels of tiers: what those entitled to one did not get, and what others got."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from promesa.measures import NO_DATA, cost_to_serve, count_of, mean_of, tiers_of, withheld
from promesa.results import Estimate
from promesa.stats import together
from promesa.value.margin import NO_COST
from promesa.value.standard_moments import EMPTY, judged, status_groups

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promesa.engine import Table
    from promesa.measures import Group, Question
    from promesa.results import Value
    from promesa.stats import ClusterSums
    from promesa.workspace import Standard


def level_rows(question: Question, standard: Standard) -> list[Estimate]:
    """Return, for each level of a standard, what its own tiers got of it and what lower tiers got."""
    tiers, by_tier = tiers_of(question), replace(question, by=("tier",))
    figures: list[Estimate] = []
    for level in (name for name in tiers.names if name in standard.levels):
        table = judged(by_tier, standard, level=level)
        groups = {str(group.dimensions["tier"]): group for group in status_groups(by_tier, table, names=("tier",))}
        entitled = [name for name in tiers.names if standard.level_of(name, tiers) == level]
        below = tiers.names[tiers.names.index(level) + 1 :]
        figures += [
            figure
            for name in entitled
            if name in groups
            for figure in _entitled_rows(question, standard, groups[name], tier=name, level=level)
        ]
        others = [groups[name].values["rate"] for name in below if name in groups]
        if others:
            figures += _beyond_rows(question, standard, together(others), table, level=level, below=below)
    return figures


def _extra(standard: Standard, tier: str, level: str) -> dict[str, Value]:
    return {**EMPTY, "by": "tier", "group": tier, "target": standard.target, "level": level}


def _entitled_rows(question: Question, standard: Standard, group: Group, *, tier: str, level: str) -> list[Estimate]:
    where: dict[str, str | None] = {"standard": standard.name}
    sums, extra = group.values["rate"], _extra(standard, tier, level)
    rate = mean_of(
        question, where, "level_rate", sums, unit="fraction", kind="share",
        n_missing=group.values["unknown"].n, extra=extra,
    )  # fmt: skip
    short = round(sums.n - sums.total)
    missed = count_of(question, where, "not_given", short, customers=sums.clusters, **extra)
    return [rate, missed]


def _beyond_rows(
    question: Question,
    standard: Standard,
    sums: ClusterSums,
    table: Table,
    *,
    level: str,
    below: Sequence[str],
) -> list[Estimate]:
    where: dict[str, str | None] = {"standard": standard.name}
    extra = _extra(standard, level, level)
    rate = mean_of(question, where, "beyond_rate", sums, unit="fraction", kind="share", extra=extra)
    got = count_of(question, where, "beyond", round(sums.total), customers=sums.clusters, **extra)
    return [rate, got, _cost(question, where, sums, table, extra, below=below)]


def _cost(
    question: Question,
    where: dict[str, str | None],
    sums: ClusterSums,
    table: Table,
    extra: dict[str, Value],
    *,
    below: Sequence[str],
) -> Estimate:
    """Return what the moments cost that got a level which nobody owed them; what is known of it."""
    given = table.filter(table["by_tier"].isin(list(below)) & (table["status"] == "kept"))
    moments = question.facts.table("moments")
    costs = moments.select(cost_source="source", cost_id="id", cost_=cost_to_serve(question, moments))
    joined = given.inner_join(costs, [given["source"] == costs["cost_source"], given["id"] == costs["cost_id"]])
    found = question.facts.engine.fetch(
        joined.aggregate(cost=joined["cost_"].sum(), known=joined["cost_"].count(), n=joined.count())
    ).to_pylist()[0]
    known, n = int(found["known"] or 0), int(found["n"] or 0)
    reason = withheld(question, sums.n, sums.clusters) or (None if known else NO_COST if n else NO_DATA)
    return Estimate(
        dimensions=where,
        measure="beyond_cost",
        estimate=None if reason else float(found["cost"]),
        n=0 if reason == "withheld-small-cell" else known,
        n_missing=0 if reason else n - known,
        unit=question.workspace.currency,
        note=reason,
        extra=extra,
    )
