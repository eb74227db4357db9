"""Journeys: what happens around each purchase of a block of customers, and whether they come back."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

import numpy as np

from promesa.simulate import causal
from promesa.simulate.arrays import expit, five_point, lognormal, where_true
from promesa.simulate.company import ACTION_REGION, CARRIER_EFFECT, CHANNEL_SHARE, DEPOT_EFFECT, SECOND_CARRIER_SHARE
from promesa.simulate.people import opening_hour

if TYPE_CHECKING:
    from promesa.simulate.arrays import Columns, Flags, Floats, Ints
    from promesa.simulate.company import World
    from promesa.simulate.people import People

DELIVERY, PICKUP, TAKEN = 0, 1, 2
PHONE, WHATSAPP, NONE = 0, 1, -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Journeys:
    """One row a purchase; arrays of shape (n,), times in days since the window's start, NaN where it does not apply.

    Attributes
    ----------
    person, number : Ints
        Position of the person in the block; which purchase of theirs, from 0.
    at : Floats
        When it was bought, on the clock of the customer's country.
    channel : Ints
        0 shop, 1 web, 2 app, 3 phone.
    fulfilment : Ints
        0 delivery, 1 pick-up in the shop, 2 taken home at once.
    treated : Flags
        Served by the new carrier of the action.
    late : Flags
        Came after the promised day, or never (`lost`).
    days_late : Floats
        Delivered less promised, whole days; negative is early; NaN when lost.
    contact_channel : Ints
        0 phone, 1 WhatsApp, -1 none.
    residual : Floats
        Disposition of the person plus noise, in latent points.
    satisfaction, after : Floats
        Latent satisfaction; the part of it that came after the purchase.
    return_probability, returns : Floats, Flags
        Probability of another purchase within 90 days, and whether it was to be.
    """

    person: Ints
    number: Ints
    at: Floats
    country: Ints
    region: Ints
    remote: Flags
    depot: Ints
    segment: Ints
    channel: Ints
    fulfilment: Ints
    treated: Flags
    in_stock: Flags
    freight_share: Floats
    web_ease: Floats
    reception_minutes: Floats
    kindness: Floats
    payment_attempts: Floats
    bill_right: Flags
    promised: Floats
    late_probability: Floats
    late: Flags
    lost: Flags
    days_late: Floats
    delivered: Floats
    carrier: Ints
    packaging: Floats
    driver_kindness: Floats
    pickup_hours: Floats
    contacted: Flags
    contact_channel: Ints
    contact_at: Floats
    wait_minutes: Floats
    resolved: Flags
    returned: Flags
    return_at: Floats
    refund_days: Floats
    residual: Floats
    satisfaction: Floats
    after: Floats
    return_probability: Floats
    returns: Flags

    @property
    def size(self) -> int:
        """Number of journeys."""
        return len(self.at)

    @property
    def ends(self) -> Floats:
        """When the last thing of each journey happened."""
        refunded = np.floor(self.return_at) + self.refund_days
        return np.nanmax(np.stack([self.at, self.delivered, self.contact_at, refunded]), axis=0)

    def take(self, rows: Flags | Ints) -> Journeys:
        """Return some of the journeys."""
        return Journeys(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})


def draw_journeys(world: World, people: People, rng: np.random.Generator) -> Journeys:
    """Draw all purchases of the block in the window: each round is one more purchase of those who come back."""
    who = np.arange(len(people.number))
    at, rounds = people.first_at, list[Journeys]()
    while len(who):
        journeys = _one_round(world, people, who=who, number=len(rounds), at=at, rng=rng)
        rounds.append(journeys)
        next_at = _next_purchase(journeys, rng)
        again = next_at < world.days
        who, at = who[again], next_at[again]
    return _joined(rounds)


def _joined(rounds: list[Journeys]) -> Journeys:
    joined = {f.name: np.concatenate([getattr(part, f.name) for part in rounds]) for f in fields(Journeys)}
    order = np.lexsort((joined["number"], joined["person"]))
    return Journeys(**joined).take(order)


def _one_round(
    world: World, people: People, *, who: Ints, number: int, at: Floats, rng: np.random.Generator
) -> Journeys:
    size = len(who)
    drawn: Columns = {
        "person": who,
        "number": np.full(size, number),
        "at": at,
        **{name: getattr(people, name)[who] for name in ("country", "region", "remote", "depot", "segment")},
    }
    drawn |= _purchase(drawn, rng)
    drawn |= _delivery(world, drawn, rng)
    drawn |= _contact(world, drawn, rng)
    drawn |= _refund(drawn, rng)
    drawn["residual"] = people.disposition[who] + causal.SATISFACTION.noise_sd * rng.standard_normal(size)
    nothing = np.zeros(size)
    journeys = causal.with_satisfaction(
        Journeys(**drawn, satisfaction=nothing, after=nothing, return_probability=nothing, returns=nothing > 0)
    )
    return replace(journeys, returns=rng.random(size) < journeys.return_probability)


def _purchase(drawn: Columns, rng: np.random.Generator) -> Columns:
    size = len(drawn["at"])
    channel = rng.choice(4, size=size, p=CHANNEL_SHARE)
    shop, digital = channel == 0, (channel == 1) | (channel == 2)
    draw = rng.random(size)
    fulfilment = np.where(
        shop,
        np.where(draw < 0.5, DELIVERY, TAKEN),
        np.where(digital & (draw > 0.78), PICKUP, DELIVERY),
    )
    freight = np.clip(lognormal(rng, size, median=0.055, sigma=0.5) + 0.05 * drawn["remote"], 0, 0.6)
    attempts = 1.0 + (rng.random(size) < 0.08) + (rng.random(size) < 0.02)
    return {
        "channel": channel,
        "fulfilment": fulfilment,
        "in_stock": rng.random(size) < np.where(shop, *causal.IN_STOCK),
        "freight_share": where_true(fulfilment == DELIVERY, freight),
        "web_ease": where_true(digital, np.clip(np.round(rng.normal(70, 12, size), 1), 0, 100)),
        "reception_minutes": where_true(shop, np.round(rng.gamma(2.0, 3.0, size), 1)),
        "kindness": where_true(shop, five_point(rng, size, five_share=causal.FIVE_SHARE_KIND)),
        "payment_attempts": attempts,
        "bill_right": rng.random(size) < causal.BILL_RIGHT,
    }


def _delivery(world: World, drawn: Columns, rng: np.random.Generator) -> Columns:
    size, at = len(drawn["at"]), drawn["at"]
    by_carrier, picked_up = drawn["fulfilment"] == DELIVERY, drawn["fulfilment"] == PICKUP
    treated = (drawn["region"] == ACTION_REGION) & world.treated[drawn["depot"]] & (at >= world.action_from)
    usual = np.where(rng.random(size) < SECOND_CARRIER_SHARE, 2, drawn["country"])
    carrier = np.where(treated, 3, usual)
    probability = expit(
        causal.late_log_odds(
            remote=drawn["remote"],
            in_stock=drawn["in_stock"],
            december=world.december[np.floor(at).astype(np.int64)],
            carrier_effect=CARRIER_EFFECT[carrier],
            depot_effect=np.where(drawn["region"] == ACTION_REGION, DEPOT_EFFECT[drawn["depot"]], 0.0),
        )
    )
    lost = by_carrier & (rng.random(size) < causal.LOST)
    late = by_carrier & ((rng.random(size) < probability) | lost)
    early = np.searchsorted([0.7, 0.9], rng.random(size), side="right")
    days = np.where(late, np.minimum(rng.geometric(0.3, size), 30), -early).astype(float)
    promised = np.floor(at) + 4 + np.minimum(rng.poisson(2.0, size), 8) + 2 * drawn["remote"]
    hour = opening_hour(rng, size, closes=19)
    pickup = np.maximum(np.rint(lognormal(rng, size, median=causal.PICKUP_MEDIAN, sigma=causal.PICKUP_SIGMA) * 60), 5)
    delivered = where_true(by_carrier & ~lost, promised + days + hour)
    return {
        "treated": treated & by_carrier,
        "promised": where_true(by_carrier, promised),
        "late_probability": where_true(by_carrier, probability + (1 - probability) * causal.LOST),
        "late": late,
        "lost": lost,
        "days_late": where_true(by_carrier & ~lost, days),
        "delivered": np.where(picked_up, at + pickup / 1_440, delivered),
        "carrier": np.where(by_carrier, carrier, NONE),
        "packaging": where_true(by_carrier & ~lost, five_point(rng, size, five_share=causal.FIVE_SHARE_PACKAGING)),
        "driver_kindness": where_true(by_carrier & ~lost, five_point(rng, size, five_share=causal.FIVE_SHARE_DRIVER)),
        "pickup_hours": where_true(picked_up, pickup / 60),
    }


def _contact(world: World, drawn: Columns, rng: np.random.Generator) -> Columns:
    size = len(drawn["at"])
    log_odds = causal.contact_log_odds(
        late=drawn["late"],
        bill_right=drawn["bill_right"],
        in_stock=drawn["in_stock"],
        pickup_late=np.nan_to_num(drawn["pickup_hours"]) > causal.PICKUP_PROMISED,
    )
    contacted = rng.random(size) < expit(log_odds)
    day = np.where(
        drawn["late"], np.nan_to_num(drawn["promised"]) + 1, np.floor(drawn["at"]) + rng.integers(1, 5, size)
    )
    at = day + opening_hour(rng, size, opens=8, closes=19)
    written = contacted & (at >= world.whatsapp_from) & (rng.random(size) < 0.35)
    return {
        "contacted": contacted,
        "contact_channel": np.where(contacted, np.where(written, WHATSAPP, PHONE), NONE),
        "contact_at": where_true(contacted, at),
        "wait_minutes": where_true(contacted & ~written, draw_wait(rng, size)),
        "resolved": contacted & (rng.random(size) < causal.RESOLVED_FIRST),
    }


def draw_wait(rng: np.random.Generator, size: int) -> Floats:
    """Draw minutes waited on the phone, in whole seconds."""
    return np.rint(lognormal(rng, size, median=causal.WAIT_MEDIAN, sigma=causal.WAIT_SIGMA) * 60) / 60


def _refund(drawn: Columns, rng: np.random.Generator) -> Columns:
    size = len(drawn["at"])
    received = np.where(np.isnan(drawn["delivered"]), drawn["at"], drawn["delivered"])
    returned = ~drawn["lost"] & (rng.random(size) < causal.RETURNED)
    at = np.floor(received) + rng.integers(2, 12, size) + opening_hour(rng, size)
    days = np.ceil(lognormal(rng, size, median=causal.REFUND_MEDIAN, sigma=causal.REFUND_SIGMA))
    return {
        "returned": returned,
        "return_at": where_true(returned, at),
        "refund_days": where_true(returned, np.minimum(days, 60)),
    }


def _next_purchase(journeys: Journeys, rng: np.random.Generator) -> Floats:
    size = journeys.size
    soonest = np.minimum(journeys.ends + 1 - journeys.at, 85.0)
    soon = soonest + (88 - soonest) * rng.random(size)
    later = np.where(rng.random(size) < 0.5, 92 + rng.exponential(100.0, size), np.inf)
    gap = np.where(journeys.returns, soon, later)
    return np.floor(journeys.at + gap) + opening_hour(rng, size)
