"""The simulated company as a table of lived journeys, held in memory, and what intervening in it would do."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from promesa.experience import Confounder, Feature, Lived
from promesa.simulate import causal
from promesa.simulate.block import company, draw_block
from promesa.simulate.journeys import DELIVERY, NONE, PHONE, draw_wait
from promesa.workspace import Label, Outcome

if TYPE_CHECKING:
    from promesa.simulate.journeys import Journeys

END = date(2026, 6, 30)


def journeys(*, customers: int, seed: int) -> Journeys:
    """Return the journeys of one block of customers."""
    return draw_block(company(years=2.0, seed=seed, end=END), index=0, size=customers, seed=seed).journeys


def feature(name: str, kind: str, touchpoint: str, *, better: int = 0, unit: str = "fraction") -> Feature:
    """Return a feature of one touchpoint, all of them after the purchase."""
    return Feature(
        name=name,
        kind=kind,  # type: ignore[arg-type]
        touchpoints=(touchpoint,),
        stage="after",
        function=f"{touchpoint}_team",
        unit=unit,
        better=better,
    )


def lived_of(j: Journeys, came: np.ndarray, *, outcome: Outcome | None = None, adjusted: bool = True) -> Lived:
    """Return what was lived in some journeys, in the order in which it happens."""
    delivered, phoned = j.fulfilment == DELIVERY, j.contact_channel == PHONE
    columns = {
        feature("in_stock", "element", "checkout", better=1): j.in_stock.astype(float),
        feature("freight_share", "element", "checkout", better=-1): np.where(delivered, j.freight_share, np.nan),
        feature("arrives_by_date", "promise", "delivery", better=-1): np.where(delivered, j.late, np.nan),
        feature("delivery", "met", "delivery"): delivered.astype(float),
        feature("wait_minutes", "element", "support", better=-1, unit="minutes"): np.where(
            phoned, j.wait_minutes, np.nan
        ),
        feature("resolved", "element", "support", better=1): np.where(j.contacted, j.resolved, np.nan),
        feature("support", "met", "support"): j.contacted.astype(float),
    }
    behind = {
        "remote": j.remote,
        **{f"channel_{k}": j.channel == k for k in (1, 2, 3)},
        **{f"fulfilment_{k}": j.fulfilment == k for k in (1, 2)},
        "december": (j.at % 365) > 330,
    }
    names = list(behind) if adjusted else []
    return Lived(
        outcome=outcome or Outcome(name="satisfaction", label=Label(es="S", en="S"), kind="score", concept="csat"),
        came=came.copy(),
        units=np.array([f"{p}-{n}" for p, n in zip(j.person, j.number, strict=True)], dtype=object),
        customers=j.person.astype(np.int64),
        features=tuple(columns),
        values=np.column_stack(list(columns.values())),
        confounders=tuple(Confounder(name=name) for name in names),
        behind=np.column_stack([behind[name].astype(float) for name in names]) if names else np.empty((j.size, 0)),
        groups={},
        served={},
        refused=(),
        n_units=j.size,
        n_unknown=0,
        share=1.0,
    )


def after(j: Journeys, *, late: bool | None = None, resolved: bool | None = None, seed: int = 0) -> Journeys:
    """Return the journeys as they would have been with lateness or first-contact resolution set.

    The contact follows lateness; all chance is the same whatever is set, so that differences have no noise of it.
    """
    rng = np.random.default_rng(seed)
    lot, wait, settled = rng.random(j.size), draw_wait(rng, j.size), rng.random(j.size) < causal.RESOLVED_FIRST
    written, days = rng.random(j.size) < 0.15, np.minimum(rng.geometric(0.3, j.size), 30).astype(float)
    delivered = j.fulfilment == DELIVERY
    is_late = j.late if late is None else delivered & late
    odds = causal.contact_log_odds(
        late=is_late,
        bill_right=j.bill_right,
        in_stock=j.in_stock,
        pickup_late=np.nan_to_num(j.pickup_hours) > causal.PICKUP_PROMISED,
    )
    contacted = lot < 1 / (1 + np.exp(-odds))
    on_phone = contacted & ~written
    changed = replace(
        j,
        late=is_late,
        lost=np.zeros(j.size, dtype=bool),
        days_late=np.where(is_late, days, np.where(delivered, 0.0, np.nan)),
        contacted=contacted,
        contact_channel=np.where(contacted, np.where(on_phone, PHONE, 1), NONE),
        wait_minutes=np.where(on_phone, wait, np.nan),
        resolved=contacted & (settled if resolved is None else resolved),
    )
    return causal.with_satisfaction(changed)
