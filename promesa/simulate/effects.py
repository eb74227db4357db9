"""True effects: each cause set to two values, everything else as it fell, averaged over the journeys it applies to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from promesa.simulate import causal
from promesa.simulate.journeys import DELIVERY, PHONE, PICKUP

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from promesa.simulate.arrays import Flags
    from promesa.simulate.journeys import Journeys
    from promesa.simulate.truth import Tally

Shape = Literal["must_be", "performance", "delight", "synergy"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """A cause at `base` against the same cause at `changed`.

    Attributes
    ----------
    shape : str
        How the element works: ``must_be`` (only failing matters), ``delight`` (only excelling does), ``performance``.
    base, changed : dict of str to float
        Columns of `Journeys` set to a value.
    """

    shape: Shape
    base: dict[str, float]
    changed: dict[str, float]


CONTRASTS: dict[str, Contrast] = {
    "late_by_3_days": Contrast(
        shape="must_be", base={"late": 0, "days_late": 0}, changed={"late": 1, "days_late": 3, "lost": 0}
    ),
    "early_by_2_days": Contrast(
        shape="must_be", base={"late": 0, "days_late": 0, "lost": 0}, changed={"late": 0, "days_late": -2, "lost": 0}
    ),
    "one_more_minute_waited": Contrast(shape="performance", base={"wait_minutes": 1}, changed={"wait_minutes": 2}),
    "out_of_stock": Contrast(shape="must_be", base={"in_stock": 1}, changed={"in_stock": 0}),
    "freight_share_10_points": Contrast(
        shape="performance", base={"freight_share": 0.05}, changed={"freight_share": 0.15}
    ),
    "web_ease_10_points": Contrast(shape="performance", base={"web_ease": 65}, changed={"web_ease": 75}),
    "reception_5_minutes": Contrast(
        shape="performance", base={"reception_minutes": 2}, changed={"reception_minutes": 7}
    ),
    "kindness_5_not_3": Contrast(shape="delight", base={"kindness": 3}, changed={"kindness": 5}),
    "kindness_1_not_3": Contrast(shape="delight", base={"kindness": 3}, changed={"kindness": 1}),
    "packaging_5_not_3": Contrast(shape="delight", base={"packaging": 3}, changed={"packaging": 5}),
    "driver_kindness_5_not_3": Contrast(shape="delight", base={"driver_kindness": 3}, changed={"driver_kindness": 5}),
    "one_more_payment_attempt": Contrast(
        shape="performance", base={"payment_attempts": 1}, changed={"payment_attempts": 2}
    ),
    "bill_wrong": Contrast(shape="must_be", base={"bill_right": 1}, changed={"bill_right": 0}),
    "pickup_late": Contrast(shape="must_be", base={"pickup_hours": 1}, changed={"pickup_hours": 3}),
    "not_resolved_first": Contrast(shape="performance", base={"resolved": 1}, changed={"resolved": 0}),
    "refund_late": Contrast(shape="must_be", base={"refund_days": 6}, changed={"refund_days": 15}),
}
_APPLIES_BY_FULFILMENT = {
    "late": DELIVERY,
    "freight_share": DELIVERY,
    "packaging": DELIVERY,
    "driver_kindness": DELIVERY,
}


def applies(j: Journeys, column: str) -> Flags:
    """Tell the journeys in which a cause can act at all."""
    masks: dict[str, Flags] = {
        "wait_minutes": j.contact_channel == PHONE,
        "web_ease": (j.channel == 1) | (j.channel == 2),
        "reception_minutes": j.channel == 0,
        "kindness": j.channel == 0,
        "pickup_hours": j.fulfilment == PICKUP,
        "resolved": j.contacted,
        "refund_days": j.returned,
    }
    if column in _APPLIES_BY_FULFILMENT:
        return (j.fulfilment == _APPLIES_BY_FULFILMENT[column]) & ~(
            j.lost & (column in {"packaging", "driver_kindness"})
        )
    return masks.get(column, np.ones(j.size, dtype=bool))


def set_to(j: Journeys, values: dict[str, float]) -> Journeys:
    """Return the journeys with some columns set, and all that follows from them recomputed."""
    columns: dict[str, NDArray[Any]] = {
        name: np.full(j.size, value).astype(getattr(j, name).dtype) for name, value in values.items()
    }
    return causal.with_satisfaction(replace(j, **columns))


def tally_effects(j: Journeys, tally: Tally) -> None:
    """Add the effect of every contrast on the journeys of a block to the tally."""
    for name, contrast in CONTRASTS.items():
        some = j.take(applies(j, next(iter(contrast.changed))))
        before, after = set_to(some, contrast.base), set_to(some, contrast.changed)
        tally[f"effects.{name}.n"] += some.size
        for outcome, value in _differences(before, after).items():
            tally[f"effects.{name}.{outcome}"] += value
    _naive_late(j, tally)


def _differences(before: Journeys, after: Journeys) -> dict[str, float]:
    scores = np.arange(1.0, 6.0)
    old, new = causal.csat_shares(before.satisfaction), causal.csat_shares(after.satisfaction)
    (up, down), (new_up, new_down) = causal.nps_parts(before.satisfaction), causal.nps_parts(after.satisfaction)
    return {
        "satisfaction": float(np.sum(after.satisfaction - before.satisfaction)),
        "csat": float(np.sum((new - old) @ scores)),
        "top_box": float(np.sum(new[:, 3:]) - np.sum(old[:, 3:])),
        "nps": 100 * float(np.sum(new_up - new_down - up + down)),
        "return_probability": float(np.sum(after.return_probability - before.return_probability)),
    }


def _naive_late(j: Journeys, tally: Tally) -> None:
    """Add what a comparison of late with punctual deliveries shows, the confounder left in."""
    delivered = j.fulfilment == DELIVERY
    for name, mask in (("late", delivered & j.late), ("punctual", delivered & ~j.late)):
        tally[f"confounding.{name}.n"] += mask.sum()
        tally[f"confounding.{name}.sum"] += float(j.satisfaction[mask].sum())
        tally[f"confounding.{name}_remote.n"] += mask.sum()
        tally[f"confounding.{name}_remote.sum"] += float(j.remote[mask].sum())
