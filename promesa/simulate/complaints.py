"""Complaints: who complained after a purchase of the last two months, and when somebody closed it.

They act on nothing else: neither on satisfaction nor on buying again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from promesa.simulate import columns
from promesa.simulate.arrays import lognormal
from promesa.simulate.shop_tables import journey_keys, order_numbers

if TYPE_CHECKING:
    from promesa.simulate.arrays import Floats, Ints
    from promesa.simulate.block import Block
    from promesa.simulate.company import World
    from promesa.simulate.journeys import Journeys
    from promesa.simulate.truth import Tally

KNOWN_DAYS = 60  # the desk opened so long before the end of the window
LIMIT_DAYS = 7
LET_DOWN, OTHERS, WITHOUT_ORDER = 0.6, 0.12, 0.2
DAYS_UNTIL_OPENED, MEDIAN_DAYS, SIGMA = 1.5, 6.0, 1.0
REASONS, MEDIA = ("Entrega", "Factura", "Atención", "Producto"), ("Teléfono", "WhatsApp", "Correo")
MEDIUM_SHARE = (0.45, 0.35, 0.2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaints:
    """One row a complaint; arrays of shape (n,), times in days since the window's start.

    Attributes
    ----------
    journey : Ints
        Position of the journey it is about.
    reason, medium : Ints
        Position in `REASONS`, `MEDIA`; a reason of -1 is that of a customer who named no order.
    opened, closed : Floats
        `closed` is NaN where nobody closed it in the window.
    """

    journey: Ints
    reason: Ints
    medium: Ints
    opened: Floats
    closed: Floats


def draw_complaints(world: World, j: Journeys, rng: np.random.Generator) -> Complaints:
    """Draw who complains, more often who was let down, and how long it takes."""
    reasons = [j.late, ~j.bill_right, j.contacted & ~j.resolved]
    complains = rng.random(j.size) < np.where(np.any(reasons, axis=0), LET_DOWN, OTHERS)
    opened = np.fmax(j.at, np.nan_to_num(j.delivered)) + rng.exponential(DAYS_UNTIL_OPENED, j.size)
    closed = opened + lognormal(rng, j.size, median=MEDIAN_DAYS, sigma=SIGMA)
    without = rng.random(j.size) < WITHOUT_ORDER
    medium = rng.choice(len(MEDIA), j.size, p=MEDIUM_SHARE)
    rows = np.flatnonzero(complains & (opened >= world.days - KNOWN_DAYS) & (opened < world.days))
    reason = np.where(without, -1, np.select(reasons, [0, 1, 2], 3))
    return Complaints(
        journey=rows,
        reason=reason[rows],
        medium=medium[rows],
        opened=opened[rows],
        closed=np.where(closed < world.days, closed, np.nan)[rows],
    )


def complaint_table(world: World, block: Block) -> pa.Table:
    """Return the complaints desk's list, on the head office's clock."""
    said, j = block.complaints, block.journeys
    country, order = j.country[said.journey], order_numbers(block)[said.journey]
    return pa.table({
        "reclamo": columns.keys("Q", order),
        "cliente": journey_keys(block).take(pa.array(said.journey)),
        "pedido": columns.keys("P", order, missing=said.reason < 0),
        "motivo": columns.words(REASONS, said.reason),
        "medio": columns.words(MEDIA, said.medium),
        "abierto": columns.bogota_times(world, said.opened, country),
        "cerrado": columns.bogota_times(world, said.closed, country),
    })  # fmt: skip


def tally_complaints(world: World, block: Block, tally: Tally) -> None:
    """Add how many were opened, closed, are open, and are open past their limit."""
    said = block.complaints
    is_open = np.isnan(said.closed)
    tally["moments.complaint"] += int((~is_open).sum())
    counts = {
        "opened": len(said.opened),
        "closed": (~is_open).sum(),
        "open": is_open.sum(),
        "overdue": (is_open & (said.opened + LIMIT_DAYS <= world.days)).sum(),
    }
    for name, count in counts.items():
        tally[f"complaints.{name}"] += int(count)
