"""What customers allow: consents given, refused and withdrawn, in one system or another, purpose by purpose."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from promesa.simulate import columns
from promesa.simulate.people import opening_hour

if TYPE_CHECKING:
    from promesa.simulate.arrays import Flags, Floats, Ints
    from promesa.simulate.block import Block
    from promesa.simulate.company import World
    from promesa.simulate.people import People
    from promesa.simulate.truth import Tally

PURPOSES = ("boletin", "encuestas", "perfilado")
SHOP, CRM, SECOND_ACCOUNT = 0, 1, 2
GIVEN_IN_SHOP, GIVEN_IN_CRM = (0.55, 0.70, 0.30), (0.30, 0.25, 0.10)
REFUSED, WITHDRAWN, IN_ONE_SYSTEM, GIVEN_AGAIN, FOR_A_YEAR = 0.10, 0.15, 0.5, 0.1, 0.2
NOTICES = ("aviso-2023", "aviso-2025")
CHANNELS = ("Web", "App", "Tienda", "Teléfono", "Correo")


@dataclass(frozen=True, slots=True, kw_only=True)
class Consents:
    """One row a time that somebody said yes or no; arrays of shape (n,), in order of purpose, person and time.

    Attributes
    ----------
    person : Ints
        Position in the block.
    purpose : Ints
        Position in `PURPOSES`.
    record : Ints
        Under which record it stands: 0 the shop account, 1 the CRM, 2 the second shop account.
    granted : Flags
        Yes, or no.
    at : Floats
        Days since the window's start, on the clock of the person's country.
    last_day : Floats
        Last day on which a yes holds; infinite when it has no end.
    channel : Ints
        Position in `CHANNELS`.
    """

    person: Ints
    purpose: Ints
    record: Ints
    granted: Flags
    at: Floats
    last_day: Floats
    channel: Ints

    def take(self, rows: Flags | Ints) -> Consents:
        """Return some of the rows."""
        return Consents(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})


def draw_consents(world: World, people: People, rng: np.random.Generator) -> Consents:
    """Draw what each person of the block said to each purpose within the window."""
    parts = [part for purpose in range(len(PURPOSES)) for part in _one_purpose(people, purpose, rng)]
    joined = {f.name: np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Consents)}
    order = np.lexsort((joined["at"], joined["person"], joined["purpose"]))
    said = Consents(**joined).take(order)
    return said.take(said.at < world.days)


def _one_purpose(people: People, purpose: int, rng: np.random.Generator) -> list[Consents]:
    size = len(people.number)

    def some(share: float) -> Flags:
        return rng.random(size) < share

    in_shop, in_crm = some(GIVEN_IN_SHOP[purpose]), people.in_crm & some(GIVEN_IN_CRM[purpose])
    asked_in_shop, asked_in_crm = people.first_at, _day_after(people.first_at + rng.uniform(0, 200, size), rng)
    account = np.where(people.two_accounts & some(0.3), SECOND_ACCOUNT, SHOP)
    # Only a yes that stands alone runs out, so that no other yes has to be weighed against its end.
    ends = in_shop & ~in_crm & some(FOR_A_YEAR)
    gave = in_shop | in_crm
    last_yes = np.maximum(np.where(in_shop, asked_in_shop, 0), np.where(in_crm, asked_in_crm, 0))
    withdraws = gave & some(WITHDRAWN)
    withdrawn_at = _day_after(last_yes + rng.exponential(120, size), rng)
    one, shop_only = some(IN_ONE_SYSTEM), some(0.5)
    no_in_shop = withdraws & in_shop & ~(in_crm & one & ~shop_only)
    no_in_crm = withdraws & in_crm & ~(in_shop & one & shop_only)
    again = withdraws & some(GIVEN_AGAIN)
    again_at = _day_after(withdrawn_at + rng.exponential(60, size), rng)
    online = rng.integers(0, 3, size)
    by_clerk = 3 + (rng.random(size) < 0.5)
    refused = ~gave & some(REFUSED)
    never = np.full(size, np.inf)
    until = np.where(ends, np.floor(asked_in_shop) + 365, np.inf)
    return [
        _said(in_shop, purpose, account, granted=True, at=asked_in_shop, last_day=until, channel=online),
        _said(refused, purpose, account, granted=False, at=asked_in_shop, last_day=never, channel=online),
        _said(in_crm, purpose, account * 0 + CRM, granted=True, at=asked_in_crm, last_day=never, channel=by_clerk),
        _said(no_in_shop, purpose, account, granted=False, at=withdrawn_at, last_day=never, channel=online),
        _said(no_in_crm, purpose, account * 0 + CRM, granted=False, at=withdrawn_at, last_day=never, channel=by_clerk),
        _said(again, purpose, account, granted=True, at=again_at, last_day=never, channel=online),
    ]


def _said(
    who: Flags, purpose: int, record: Ints, *, granted: bool, at: Floats, last_day: Floats, channel: Ints
) -> Consents:
    person = np.flatnonzero(who)
    return Consents(
        person=person,
        purpose=np.full(len(person), purpose),
        record=record[person],
        granted=np.full(len(person), granted),
        at=at[person],
        last_day=last_day[person],
        channel=channel[person],
    )


def _day_after(at: Floats, rng: np.random.Generator) -> Floats:
    """Return a time of the next day, so that nothing is said twice at once."""
    return np.floor(at) + 1 + opening_hour(rng, len(at))


def standing(said: Consents, purpose: int, *, at: float, size: int) -> Flags:
    """Tell which of the `size` persons of the block allow a purpose on day `at`: what they said last, anywhere."""
    mine = said.take((said.purpose == purpose) & (said.at < at))
    last = np.append(mine.person[1:] != mine.person[:-1], True)[: len(mine.person)]
    allowed = np.zeros(size, dtype=bool)
    final = mine.take(last)
    allowed[final.person] = final.granted & (final.last_day >= np.ceil(at) - 1)
    return allowed


def tally_consents(world: World, block: Block, tally: Tally) -> None:
    """Add who allows what at the end of the window."""
    said, size = block.consents, len(block.people.number)
    for code, name in enumerate(PURPOSES):
        mine = said.take(said.purpose == code)
        allowed = standing(said, code, at=world.days, size=size)
        alone = np.zeros(size, dtype=bool)
        for record in (SHOP, CRM, SECOND_ACCOUNT):
            alone |= standing(mine.take(mine.record == record), code, at=world.days, size=size)
        tally[f"consents.{name}.asked"] += len(np.unique(mine.person))
        tally[f"consents.{name}.gave"] += len(np.unique(mine.person[mine.granted]))
        tally[f"consents.{name}.allowed"] += allowed.sum()
        tally[f"consents.{name}.allowed_by_one_record_only"] += (alone & ~allowed).sum()


def record_keys(block: Block, person: Ints, record: Ints) -> pa.Array:
    """Return the key of each person in the system of the record."""
    number = block.people.number[person]
    letters = columns.words(("T", "C", "T"), record)
    return columns.joined(letters, columns.keys("", number + np.where(record == SECOND_ACCOUNT, 5, 1) * 100_000_000))


def consent_table(world: World, block: Block) -> pa.Table:
    """Return the register of consents, on the head office's clock."""
    said = block.consents
    country = block.people.country[said.person]
    return pa.table({
        "registro": columns.keys("S", block.people.number[said.person] * 1_000 + _turn(said)),
        "sistema": columns.words(("tienda", "crm", "tienda"), said.record),
        "cliente": record_keys(block, said.person, said.record),
        "propósito": columns.words(PURPOSES, said.purpose),
        "decisión": columns.words(("No", "Sí"), said.granted.astype(np.int64)),
        "fecha": columns.bogota_times(world, said.at, country),
        "aviso": columns.words(NOTICES, (said.at > world.days / 2).astype(np.int64)),
        "canal": columns.words(CHANNELS, said.channel),
        "vence": columns.days(world, np.where(np.isinf(said.last_day), np.nan, said.last_day)),
    })  # fmt: skip


def _turn(said: Consents) -> Ints:
    """Return, from 0, the how-manieth thing that each person said."""
    order = np.argsort(said.person, kind="stable")
    person = said.person[order]
    starts = np.searchsorted(person, person)
    turn = np.empty(len(person), dtype=np.int64)
    turn[order] = np.arange(len(person)) - starts
    return turn
