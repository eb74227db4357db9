"""From sums to figures: a mean, a share, points; small groups withheld by rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa.results import Estimate
from promesa.stats import mean_interval, net_share_from_clusters, share_interval

if TYPE_CHECKING:
    from promesa.measures.slices import Question
    from promesa.results import Value
    from promesa.stats import ClusterSums

WITHHELD_GROUP = "withheld-small-group"
WITHHELD_CELL = "withheld-small-cell"
NO_DATA = "no-data"
ONE_CUSTOMER = "one-customer"
ALL_EQUAL = "all-equal"


def withheld(question: Question, n: int, customers: int) -> str | None:
    """Return why a figure of `n` observations of `customers` may not be shown, or None if it may."""
    if 0 < customers < question.workspace.min_cell:
        return WITHHELD_CELL
    return WITHHELD_GROUP if 0 < n < question.workspace.min_group else None


def count_of(
    question: Question, dimensions: dict[str, str | None], measure: str, count: int, *, customers: int, **extra: Value
) -> Estimate:
    """Return a count, withheld where the group's customers are so few that one could be singled out."""
    hidden = 0 < customers < question.workspace.min_cell
    return Estimate(
        dimensions=dimensions,
        measure=measure,
        estimate=None if hidden else float(count),
        n=0 if hidden else count,
        unit="count",
        note=WITHHELD_CELL if hidden else None,
        extra=dict(extra),
    )


def mean_of(  # noqa: PLR0913 (a figure is that many facts)
    question: Question,
    dimensions: dict[str, str | None],
    measure: str,
    sums: ClusterSums,
    *,
    unit: str,
    n_missing: int = 0,
    kind: str = "mean",
    up: float | None = None,
    extra: dict[str, Value] | None = None,
) -> Estimate:
    """Return the mean of a group with its interval, clustered by customer.

    Parameters
    ----------
    kind : {"mean", "share", "nps"}
        A share's observations are zeros and ones (Wilson at the effective n); those of an NPS are -1, 0
        and 1 (Rocks' adjusted Wald at the effective n), and the figure is in points.
    up : float or None
        For an NPS, the share of ones.
    """
    base = {"dimensions": dimensions, "measure": measure, "unit": unit, "extra": extra or {}}
    if sums.n == 0:
        return Estimate(**base, estimate=None, n=0, n_missing=n_missing, note=NO_DATA)  # type: ignore[arg-type]
    reason = withheld(question, sums.n, sums.clusters)
    if reason:
        shown = 0 if reason == WITHHELD_CELL else sums.n
        return Estimate(**base, estimate=None, n=shown, n_missing=0, note=reason)  # type: ignore[arg-type]
    level = question.confidence_level
    factor = 1.0
    if kind == "share":
        interval = share_interval(sums, confidence_level=level)
    elif kind == "nps":
        promoters = up or 0.0
        factor = 100.0
        interval = net_share_from_clusters(
            sums, up=promoters, down=max(0.0, promoters - sums.mean), confidence_level=level
        )
    else:
        interval = mean_interval(sums, confidence_level=level)
        if interval is not None and interval.lower == interval.upper:
            # Equal observations say nothing of how much others would differ: no interval is narrower than the truth.
            return Estimate(**base, estimate=sums.mean, n=sums.n, n_missing=n_missing, note=ALL_EQUAL)  # type: ignore[arg-type]
    ends = interval.scaled(factor) if interval else None
    return Estimate(
        **base,  # type: ignore[arg-type]
        estimate=sums.mean * factor,
        lower=ends.lower if ends else None,
        upper=ends.upper if ends else None,
        n=sums.n,
        n_missing=n_missing,
        note=None if ends else ONE_CUSTOMER,
    )
