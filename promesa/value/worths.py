"""What a new customer is worth: what was left so far, and what is still ahead."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import isfinite, log1p, sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from promesa.measures import withheld
from promesa.value.choosing import choose
from promesa.value.newcomers import together
from promesa.value.outlook import outlooks
from promesa.value.summaries import spends, summaries

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promesa.value.newcomers import Cohort, Many
    from promesa.value.outlook import GroupOutlook
    from promesa.value.purchases import Buying

ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """What a new customer is worth, with its standard error, from so many customers."""

    value: float
    error: float
    customers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Worths:
    """What a new customer is worth by channel of the first purchase, of all, and what serving a purchase costs."""

    of: dict[str | None, Worth]
    all: Worth | None
    served: float


def worths(bought: Buying, cohorts: Sequence[Cohort], *, horizon_days: int, discount_rate: float) -> Worths:
    """Add what new customers left so far to what `lifetime` foresees of them; where nothing is foreseen, none is known.

    Who left much so far is expected to leave much: the errors of the two are added, as if they always went together.
    """
    bought = replace(bought, question=replace(bought.question, by=("channel",)))
    found, spent = summaries(bought), spends(bought)
    nothing = Worths(of={}, all=None, served=0.0)
    if not found.purchases.n:
        return nothing
    choice = choose(bought, found, spent, calibration_days=None)
    if choice.process is None:
        return nothing
    whole = replace(found, group=np.zeros_like(found.group), groups=({},))
    asked: dict[str, Any] = {
        "spends": spent,
        "horizon": float(horizon_days),
        "discount_rate": log1p(discount_rate) / 365.25,
    }
    by_channel = outlooks(choice.process, choice.spending, found, **asked)
    everybody = outlooks(choice.process, choice.spending, whole, **asked)[0]
    of: dict[str | None, Worth] = {}
    for group, ahead in zip(found.groups, by_channel, strict=True):
        channel = group["channel"]
        one = _worth(together(c for c in cohorts if c.channel == channel), ahead)
        if one is not None and withheld(bought.question, ahead.customers, ahead.customers) is None:
            of[channel] = one
    return Worths(of=of, all=_worth(together(cohorts), everybody), served=everybody.served if found.costs else 0.0)


def _worth(many: Many, ahead: GroupOutlook) -> Worth | None:
    mean, variance, n = many.so_far
    if n < 2 or not isfinite(variance) or not isfinite(ahead.value.value + ahead.value.error):
        return None
    return Worth(value=mean + ahead.value.value, error=sqrt(variance) + ahead.value.error, customers=n)
