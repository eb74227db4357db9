"""Journeys of the simulated company as the numbers that statistics take."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache

import numpy as np

from promesa.simulate.block import company, draw_blocks
from promesa.simulate.journeys import DELIVERY

# Element and whether more of it is better.
ELEMENTS = {
    "late": -1,
    "in_stock": 1,
    "freight_share": -1,
    "web_ease": 1,
    "reception_minutes": -1,
    "kindness": 1,
    "packaging": 1,
    "driver_kindness": 1,
    "payment_attempts": -1,
    "bill_right": 1,
    "pickup_hours": -1,
    "wait_minutes": -1,
    "resolved": 1,
    "refund_days": -1,
}


@dataclass(frozen=True)
class CompanyJourneys:
    names: tuple[str, ...]
    better: tuple[int, ...]
    values: np.ndarray
    outcome: np.ndarray
    units: np.ndarray
    confounders: np.ndarray


@cache
def company_journeys(customers: int = 20_000, seed: int = 7) -> CompanyJourneys:
    """Draw journeys; an element is NaN where it does not apply."""
    blocks = list(draw_blocks(company(years=2, seed=seed, end=date(2025, 12, 31)), customers=customers, seed=seed))
    found = [_block(block.journeys, first=5_000 * k) for k, block in enumerate(blocks)]
    values, outcome, units, confounders = (np.concatenate(part) for part in zip(*found, strict=True))
    return CompanyJourneys(
        names=tuple(ELEMENTS), better=tuple(ELEMENTS.values()), values=values, outcome=outcome, units=units,
        confounders=confounders,
    )  # fmt: skip


def _block(j, *, first: int):
    columns = {name: getattr(j, name).astype(float) for name in ELEMENTS}
    delivered, contacted = j.fulfilment == DELIVERY, j.contacted
    columns["late"][~delivered] = np.nan
    columns["resolved"][~contacted] = np.nan
    columns["wait_minutes"][j.contact_channel != 0] = np.nan
    held = [j.remote, *(j.channel == k for k in (1, 2, 3)), *(j.segment == k for k in (1, 2)), j.country]
    held += [*(j.fulfilment == k for k in (1, 2))]
    return (
        np.column_stack(list(columns.values())),
        j.satisfaction,
        j.person + first,
        np.column_stack(held).astype(float),
    )
