"""What the company did to its customers: newsletters and surveys sent, vouchers offered and used.

None of it acts on anything else of the company. Each is sent to some of those who allow it, by lot, with the
probability that the file states.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from promesa.simulate import columns
from promesa.simulate.consents import CRM, PURPOSES, SHOP, Consents, record_keys, standing

if TYPE_CHECKING:
    from promesa.simulate.arrays import Flags, Floats, Ints
    from promesa.simulate.block import Block
    from promesa.simulate.company import World
    from promesa.simulate.people import People

SENT, OFFERED, DONE = 0, 1, 2
NEWSLETTER_EVERY, SURVEY_EVERY, VOUCHER_AT = 120, 365, 0.75
NEWSLETTER_SHARE, SURVEY_SHARE, USED_SHARE = 0.6, 0.3, 0.4
VOUCHER_SHARE = np.array([0.2, 0.5, 0.2])  # by segment
TEN_O_CLOCK = 10 / 24
ACTIONS = ("boletin", "encuesta_anual", "bono_fidelidad")


@dataclass(frozen=True, slots=True, kw_only=True)
class Deeds:
    """One row a deed; arrays of shape (n,).

    Attributes
    ----------
    action, kind : Ints
        Position in `ACTIONS`; 0 sent, 1 offered, 2 done.
    campaign : Ints
        Which of the action's campaigns, from 0.
    record : Ints
        Under which record, as in `Consents`.
    at : Floats
        Days since the window's start.
    propensity : Floats
        Probability with which the lot fell on this person; NaN where the person decided.
    """

    person: Ints
    action: Ints
    kind: Ints
    campaign: Ints
    record: Ints
    at: Floats
    propensity: Floats

    def take(self, rows: Ints) -> Deeds:
        """Return some of the rows."""
        return Deeds(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})


def draw_deeds(world: World, people: People, said: Consents, rng: np.random.Generator) -> Deeds:
    """Draw the campaigns of the window for the persons of a block."""
    size = len(people.number)
    parts: list[Deeds] = []
    for action, every, share in ((0, NEWSLETTER_EVERY, NEWSLETTER_SHARE), (1, SURVEY_EVERY, SURVEY_SHARE)):
        for campaign, day in enumerate(range(every // 2, world.days, every)):
            allowed = standing(said, action, at=day, size=size)
            lot = Lot(action=action, kind=SENT, campaign=campaign, day=day, share=np.full(size, share))
            parts.append(_drawn(people, lot, allowed=allowed, rng=rng))
    day = int(VOUCHER_AT * world.days)
    profiled = standing(said, PURPOSES.index("perfilado"), at=day, size=size)
    lot = Lot(action=2, kind=OFFERED, campaign=0, day=day, share=VOUCHER_SHARE[people.segment])
    offered = _drawn(people, lot, allowed=profiled, rng=rng)
    return _joined([*parts, offered, _used(world, offered, rng)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """One campaign: what is done on which day, and with which probability to each person of the block."""

    action: int
    kind: int
    campaign: int
    day: int
    share: Floats


def _drawn(people: People, lot: Lot, *, allowed: Flags, rng: np.random.Generator) -> Deeds:
    person = np.flatnonzero(allowed & (rng.random(len(allowed)) < lot.share))
    size = len(person)
    return Deeds(
        person=person,
        action=np.full(size, lot.action),
        kind=np.full(size, lot.kind),
        campaign=np.full(size, lot.campaign),
        record=np.where(people.in_crm[person] & (rng.random(size) < 0.5), CRM, SHOP),
        at=np.full(size, lot.day + TEN_O_CLOCK),
        propensity=lot.share[person],
    )


def _used(world: World, offered: Deeds, rng: np.random.Generator) -> Deeds:
    """Return the vouchers that were used."""
    at = offered.at + rng.integers(1, 30, len(offered.at))
    rows = np.flatnonzero((rng.random(len(at)) < USED_SHARE) & (at < world.days))
    nothing = np.full(len(rows), np.nan)
    return replace(offered.take(rows), kind=np.full(len(rows), DONE), at=at[rows], propensity=nothing)


def _joined(parts: list[Deeds]) -> Deeds:
    return Deeds(**{f.name: np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Deeds)})


def deed_table(world: World, block: Block) -> pa.Table:
    """Return the marketing tool's log, on the head office's clock."""
    did = block.deeds
    number = block.people.number[did.person]
    return pa.table({
        "envío": columns.keys("M", ((number * 3 + did.action) * 3 + did.kind) * 100 + did.campaign),
        "sistema": columns.words(("tienda", "crm"), did.record),
        "cliente": record_keys(block, did.person, did.record),
        "acción": columns.words(ACTIONS, did.action),
        "tipo": columns.words(("Enviado", "Ofrecido", "Usado"), did.kind),
        "fecha": columns.bogota_times(world, did.at, block.people.country[did.person]),
        "propensión": columns.numbers(did.propensity, decimals=4),
    })  # fmt: skip
