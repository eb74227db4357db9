"""Customers of one block: who they are, and the records that the systems hold of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from promesa.simulate.causal import SATISFACTION
from promesa.simulate.company import DEPOTS, REGION_COUNTRY, REGION_SHARE, REMOTE_REGION, SEGMENT_SHARE, STREETS

if TYPE_CHECKING:
    from promesa.simulate.arrays import Flags, Floats, Ints
    from promesa.simulate.company import World

CROSSINGS, HOUSES = 30, 30
FIRST_PURCHASE = (0.7, 0.95)  # of the beta distribution over the window: gives about as many orders in every quarter


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """One row a person; arrays of shape (n,).

    Attributes
    ----------
    number : Ints
        Position among all the persons of the company.
    disposition : Floats
        How easily pleased, in points of latent satisfaction.
    first_at : Floats
        First purchase in the window, days since its start.
    in_crm, twice_in_crm, two_accounts, subscriber : Flags
        Has a CRM record; has a second one, typed anew with errors; uses a second shop account in the shops;
        gets the paper catalogue.
    street, crossing, house : Ints
        Of the address, each 0 to 29; `identity` adds the building and the flat.
    """

    number: Ints
    region: Ints
    country: Ints
    remote: Flags
    depot: Ints
    segment: Ints
    disposition: Floats
    first_at: Floats
    in_crm: Flags
    twice_in_crm: Flags
    two_accounts: Flags
    subscriber: Flags
    street: Ints
    crossing: Ints
    house: Ints


def draw_people(world: World, *, first: int, size: int, rng: np.random.Generator) -> People:
    """Draw the persons numbered from `first` on."""
    region = rng.choice(len(REGION_SHARE), size=size, p=REGION_SHARE)
    in_crm = rng.random(size) < 0.93
    return People(
        number=np.arange(first, first + size),
        region=region,
        country=REGION_COUNTRY[region],
        remote=REMOTE_REGION[region],
        depot=rng.integers(0, DEPOTS, size),
        segment=rng.choice(len(SEGMENT_SHARE), size=size, p=SEGMENT_SHARE),
        disposition=SATISFACTION.person_sd * rng.standard_normal(size),
        first_at=np.minimum(np.floor(world.days * rng.beta(*FIRST_PURCHASE, size)), world.days - 1)
        + opening_hour(rng, size),
        in_crm=in_crm,
        twice_in_crm=in_crm & (rng.random(size) < 0.06),
        two_accounts=rng.random(size) < 0.05,
        subscriber=rng.random(size) < 0.35,
        street=rng.integers(0, len(STREETS), size),
        crossing=rng.integers(0, CROSSINGS, size),
        house=rng.integers(0, HOUSES, size),
    )


def opening_hour(rng: np.random.Generator, size: int, *, opens: int = 9, closes: int = 20) -> Floats:
    """Draw a time of day, to the minute, as a fraction of a day."""
    return rng.integers(opens * 60, closes * 60, size) / 1_440
