"""What a row of `balance` looks like."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scipy.stats import norm

from promesa.measures import withheld
from promesa.results import Estimate

if TYPE_CHECKING:
    from promesa.measures import Question
    from promesa.results import Value

DIMENSIONS = ("kind", "purpose", "channel", "period")
NO_CHANNEL = "no_channel"  # customers whose first purchase names none; spend likewise
EMPTY: dict[str, Value] = {
    "month": None, "at_spend": None, "current": None, "lowest": None, "highest": None, "of": None, "periods": None,
    "shared": None, "earliest": None,
}  # fmt: skip


def figure(
    measure: str,
    estimate: float | None,
    *,
    ends: tuple[float | None, float | None] = (None, None),
    n: int,
    unit: str,
    where: dict[str, str | None] | None = None,
    **more: Any,
) -> Estimate:
    """Return one row; `where` names some of the dimensions, `extra` some of the keys of `EMPTY`."""
    extra = EMPTY | more.pop("extra", {})
    known = estimate is not None and None not in ends
    return Estimate(
        dimensions={name: (where or {}).get(name) for name in DIMENSIONS},
        measure=measure,
        estimate=estimate,
        lower=ends[0] if known else None,
        upper=ends[1] if known else None,
        n=n,
        unit=unit,
        extra=extra,
        **more,
    )


def customers_or_reason(question: Question, customers: int) -> tuple[int, str | None]:
    """Return the n that may be shown and the reason why a figure of so many customers may not."""
    reason = withheld(question, customers, customers)
    return (0 if reason == "withheld-small-cell" else customers), reason


def z_of(question: Question) -> float:
    """Return the normal quantile of the question's confidence level."""
    return float(norm.ppf((1 + question.confidence_level) / 2))
