"""One block of customers with everything that happened to them: the latent truth that all files are written from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from promesa.simulate.company import BLOCK, World, make_world
from promesa.simulate.complaints import Complaints, draw_complaints
from promesa.simulate.consents import Consents, draw_consents
from promesa.simulate.deeds import Deeds, draw_deeds
from promesa.simulate.identity import Identity, draw_identity
from promesa.simulate.journeys import Journeys, draw_journeys
from promesa.simulate.panel import Panel, draw_panel
from promesa.simulate.people import People, draw_people
from promesa.simulate.surveys import Answers, Reviews, draw_answers, draw_reviews
from promesa.simulate.visits import Enquiries, Visits, draw_enquiries, online_visits, shop_visits

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Customers `first` to `first + size - 1`, drawn from a seed of their own.

    Attributes
    ----------
    index : int
        Number of the block.
    rng : numpy.random.Generator
        For what is drawn while files are written (baskets, dirt); it changes nothing of the truth.
    handwriting : numpy.random.Generator
        For how names, phones and the like are written in each system.
    """

    index: int
    people: People
    identity: Identity
    consents: Consents
    deeds: Deeds
    journeys: Journeys
    online: Visits
    shop: Visits
    enquiries: Enquiries
    answers: Answers
    reviews: Reviews
    panel: Panel
    complaints: Complaints
    rng: np.random.Generator
    handwriting: np.random.Generator


def company_seed(seed: int) -> np.random.SeedSequence:
    """Return the seed of what the whole company shares."""
    return np.random.SeedSequence(seed, spawn_key=(0,))


def company(*, years: float, seed: int, end: date) -> World:
    """Return the world of a seed."""
    return make_world(years=years, end=end, rng=np.random.default_rng(company_seed(seed)))


def draw_block(world: World, *, index: int, size: int, seed: int) -> Block:
    """Draw one block. The same (seed, index, size) gives the same block, whatever came before."""
    truth, writing, identity, allowing, handwriting, panel, complaining = np.random.SeedSequence(
        seed, spawn_key=(1, index)
    ).spawn(7)
    rng = np.random.default_rng(truth)
    people = draw_people(world, first=index * BLOCK, size=size, rng=rng)
    journeys = draw_journeys(world, people, rng)
    allowing_rng = np.random.default_rng(allowing)
    consents = draw_consents(world, people, allowing_rng)
    online, shop = online_visits(world, people, journeys, rng), shop_visits(world, people, journeys, rng)
    enquiries, answers = draw_enquiries(world, people, rng), draw_answers(world, journeys, rng)
    return Block(
        index=index,
        people=people,
        identity=draw_identity(people.region, np.random.default_rng(identity)),
        consents=consents,
        deeds=draw_deeds(world, people, consents, allowing_rng),
        journeys=journeys,
        online=online,
        shop=shop,
        enquiries=enquiries,
        answers=answers,
        reviews=draw_reviews(world, journeys, rng),
        panel=draw_panel(world, journeys, answers, people=size, rng=np.random.default_rng(panel)),
        complaints=draw_complaints(world, journeys, np.random.default_rng(complaining)),
        rng=np.random.default_rng(writing),
        handwriting=np.random.default_rng(handwriting),
    )


def draw_blocks(world: World, *, customers: int, seed: int) -> Iterator[Block]:
    """Draw all blocks, one at a time, so that memory holds one."""
    for index, first in enumerate(range(0, customers, BLOCK)):
        yield draw_block(world, index=index, size=min(BLOCK, customers - first), seed=seed)
