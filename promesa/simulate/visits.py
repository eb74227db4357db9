"""Meetings with the company outside a purchase's own steps: browsing, shop visits, enquiries, the paper catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from promesa.simulate import causal
from promesa.simulate.arrays import five_point
from promesa.simulate.journeys import draw_wait
from promesa.simulate.people import opening_hour

if TYPE_CHECKING:
    from promesa.simulate.arrays import Flags, Floats, Ints
    from promesa.simulate.company import World
    from promesa.simulate.journeys import Journeys
    from promesa.simulate.people import People

BROWSING_PER_YEAR, SHOP_VISITS_PER_YEAR, ENQUIRIES_PER_YEAR = 1.5, 0.3, 0.12
MAILING_EVERY = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Visits:
    """One row a visit to the web, the app or a shop; arrays of shape (n,).

    Attributes
    ----------
    journey : Ints
        Position of the journey it led to, or -1.
    channel : Ints
        0 shop, 1 web, 2 app.
    web_ease : Floats
        0 to 100; NaN in the shop.
    reception_minutes, kindness : Floats
        In the shop; NaN online.
    """

    person: Ints
    journey: Ints
    at: Floats
    channel: Ints
    web_ease: Floats
    reception_minutes: Floats
    kindness: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Enquiries:
    """Phone calls that no purchase led to; arrays of shape (n,)."""

    person: Ints
    at: Floats
    wait_minutes: Floats
    resolved: Flags


def online_visits(world: World, people: People, j: Journeys, rng: np.random.Generator) -> Visits:
    """Draw sessions on the web and in the app: before each digital purchase, and some that led to nothing."""
    digital = np.flatnonzero((j.channel == 1) | (j.channel == 2))
    journey = np.repeat(digital, 1 + rng.poisson(1.2, len(digital)))
    before = j.at[journey] - rng.uniform(0.01, 5.0, len(journey))
    person, at = _alone(world, people, rng, per_year=BROWSING_PER_YEAR)
    alone = np.full(len(person), -1)
    return Visits(
        person=np.concatenate([j.person[journey], person]),
        journey=np.concatenate([journey, alone]),
        at=np.concatenate([np.maximum(before, 0.3), at]),
        channel=np.concatenate([j.channel[journey], 1 + (rng.random(len(person)) < 0.4)]),
        web_ease=np.concatenate([j.web_ease[journey], np.clip(np.round(rng.normal(70, 12, len(person)), 1), 0, 100)]),
        reception_minutes=np.full(len(journey) + len(person), np.nan),
        kindness=np.full(len(journey) + len(person), np.nan),
    )


def shop_visits(world: World, people: People, j: Journeys, rng: np.random.Generator) -> Visits:
    """Draw visits to a shop: one before each purchase there, and some that led to nothing."""
    bought = np.flatnonzero(j.channel == 0)
    person, at = _alone(world, people, rng, per_year=SHOP_VISITS_PER_YEAR)
    size = len(person)
    kindness = five_point(rng, size, five_share=causal.FIVE_SHARE_KIND)
    return Visits(
        person=np.concatenate([j.person[bought], person]),
        journey=np.concatenate([bought, np.full(size, -1)]),
        at=np.concatenate([j.at[bought] - 0.04, at]),
        channel=np.zeros(len(bought) + size, dtype=np.int64),
        web_ease=np.full(len(bought) + size, np.nan),
        reception_minutes=np.concatenate([j.reception_minutes[bought], np.round(rng.gamma(2.0, 3.0, size), 1)]),
        kindness=np.concatenate([j.kindness[bought], kindness]),
    )


def draw_enquiries(world: World, people: People, rng: np.random.Generator) -> Enquiries:
    """Draw phone calls with a general question."""
    person, at = _alone(world, people, rng, per_year=ENQUIRIES_PER_YEAR)
    return Enquiries(
        person=person,
        at=at,
        wait_minutes=draw_wait(rng, len(person)),
        resolved=rng.random(len(person)) < causal.RESOLVED_ENQUIRY,
    )


def catalogue_mailings(world: World, people: People) -> tuple[Ints, Floats]:
    """Return (person, day) of each paper catalogue sent: every 90 days until the catalogue ends."""
    days = np.arange(0, world.catalogue_to + 1, MAILING_EVERY) + 0.5
    subscribers = np.flatnonzero(people.subscriber)
    return np.repeat(subscribers, len(days)), np.tile(days, len(subscribers))


def _alone(world: World, people: People, rng: np.random.Generator, *, per_year: float) -> tuple[Ints, Floats]:
    counts = rng.poisson(per_year * world.days / 365.25, len(people.number))
    person = np.repeat(np.arange(len(people.number)), counts)
    return person, rng.integers(0, world.days, len(person)) + opening_hour(rng, len(person))
