"""The causal model of the simulated company: every coefficient, and the equations they stand in.

docs/explanation/simulated-company.md writes the same model down in words; a test holds the two together.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from promesa.simulate.arrays import expit, normal_cdf

if TYPE_CHECKING:
    from promesa.simulate.arrays import Flags, Floats
    from promesa.simulate.journeys import Journeys

CENTRE = 7.0  # satisfaction is on a latent 0 to 10 scale; effects on answering and returning count from here


@dataclass(frozen=True, slots=True, kw_only=True)
class Satisfaction:
    """Points of latent satisfaction (0 to 10) that each cause adds to one journey."""

    base: float = 6.35
    channel_store: float = 0.2
    channel_web: float = 0.0
    channel_app: float = -0.35
    channel_phone: float = -0.15
    remote: float = -0.5
    person_sd: float = 0.6
    noise_sd: float = 0.9
    late: float = -1.5
    per_day_late: float = -0.12
    in_stock: float = 1.0
    freight_share: float = -4.0
    web_ease: float = 0.025
    reception_minutes: float = -0.04
    kind: float = 0.3
    packaged_well: float = 0.45
    kind_driver: float = 0.3
    payment_attempt: float = -0.3
    bill_wrong: float = -1.2
    pickup_late: float = -0.9
    contact: float = -0.3
    wait_minute: float = -0.15
    resolved_first: float = 0.9
    return_: float = -0.4
    refund_late: float = -1.1
    late_and_bad_phone: float = -1.0
    kind_and_in_stock: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """Log-odds that a delivery is late."""

    base: float = -2.0
    remote: float = 1.0
    out_of_stock: float = 0.8
    december: float = 0.6
    andes: float = 0.0
    iberica: float = 0.0
    sur: float = 0.35
    new_carrier: float = -0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Log-odds that a journey leads to a contact with the call centre."""

    base: float = -1.9
    late: float = 1.6
    bill_wrong: float = 1.4
    out_of_stock: float = 1.0
    pickup_late: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """Log-odds that a customer buys again within 90 days."""

    base: float = -0.55
    satisfaction: float = 0.35
    broken_promise: float = -0.45
    premium: float = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """Log-odds that an invitation is answered; the slope is what makes answers differ from customers."""

    base: float = -0.95
    satisfaction: float = 0.35


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What members of the panel remember of a journey, from 0 to 10, by what they said of its moments."""

    base: float = 0.3
    worst: float = 0.35
    best: float = 0.0
    end: float = 0.30
    mean: float = 0.25
    noise_sd: float = 0.9
    moment: float = 6.6


SATISFACTION, LATE, CONTACT, RETURN, ANSWERING = Satisfaction(), Late(), Contact(), Return(), Answering()
MEMORY = Memory()
DAYS_LATE_CAP, WAIT_CAP = 10.0, 10.0
WAIT_PROMISED, PICKUP_PROMISED, REFUND_PROMISED = 2.0, 2.0, 10.0
BAD_WAIT = 5.0
IN_STOCK = (0.95, 0.91)  # probability in the shop, and online or by phone
BILL_RIGHT, RETURNED, LOST = 0.955, 0.05, 0.004
WAIT_MEDIAN, WAIT_SIGMA = 1.4, 0.8
RESOLVED_FIRST, RESOLVED_ENQUIRY = 0.70, 0.85
PICKUP_MEDIAN, PICKUP_SIGMA = 1.1, 0.6
REFUND_MEDIAN, REFUND_SIGMA = 6.0, 0.5
FIVE_SHARE_KIND, FIVE_SHARE_PACKAGING, FIVE_SHARE_DRIVER = 0.30, 0.35, 0.40


def bad_phone(j: Journeys) -> Flags:
    """Tell the journeys whose phone contact went badly: long wait, or not resolved at once."""
    return (j.contact_channel == 0) & ((np.nan_to_num(j.wait_minutes) > BAD_WAIT) | ~j.resolved)


def terms(j: Journeys) -> dict[str, Floats]:
    """Return what each cause adds to the satisfaction of each journey, in latent points."""
    s = SATISFACTION
    channel = np.array([s.channel_store, s.channel_web, s.channel_app, s.channel_phone])
    kind = j.kindness == 5
    days = np.where(j.lost, DAYS_LATE_CAP, np.minimum(np.maximum(np.nan_to_num(j.days_late), 0), DAYS_LATE_CAP))
    refund_late = np.nan_to_num(j.refund_days) > REFUND_PROMISED
    return {
        "channel": channel[j.channel],
        "remote": s.remote * j.remote,
        "late": s.late * j.late,
        "days_late": s.per_day_late * days * j.late,
        "in_stock": s.in_stock * j.in_stock,
        "freight_share": s.freight_share * np.nan_to_num(j.freight_share),
        "web_ease": s.web_ease * np.nan_to_num(j.web_ease - 70),
        "reception_minutes": s.reception_minutes * np.nan_to_num(j.reception_minutes),
        "kindness": s.kind * kind,
        "packaging": s.packaged_well * (j.packaging == 5),
        "driver_kindness": s.kind_driver * (j.driver_kindness == 5),
        "payment_attempts": s.payment_attempt * (j.payment_attempts - 1),
        "bill_right": s.bill_wrong * ~j.bill_right,
        "pickup_hours": s.pickup_late * (np.nan_to_num(j.pickup_hours) > PICKUP_PROMISED),
        "contact": s.contact * j.contacted,
        "wait_minutes": s.wait_minute * np.minimum(np.nan_to_num(j.wait_minutes), WAIT_CAP),
        "resolved_first": s.resolved_first * (j.contacted & j.resolved),
        "refund": s.return_ * j.returned,
        "refund_days": s.refund_late * refund_late,
        "late_and_bad_phone": s.late_and_bad_phone * (j.late & bad_phone(j)),
        "kind_and_in_stock": s.kind_and_in_stock * (kind & j.in_stock),
    }


DELIVERY_TERMS = ("late", "days_late", "packaging", "driver_kindness", "pickup_hours")
CONTACT_TERMS = ("contact", "wait_minutes", "resolved_first")
AFTER_TERMS = (*DELIVERY_TERMS, *CONTACT_TERMS, "bill_right", "refund", "refund_days", "late_and_bad_phone")


def total(parts: dict[str, Floats], names: tuple[str, ...] | None = None) -> Floats:
    """Return the sum of some terms (all of them by default) for each journey."""
    return np.sum([parts[name] for name in (names or parts)], axis=0)


def with_satisfaction(j: Journeys) -> Journeys:
    """Return the journeys with satisfaction, return probability and after-sales share set from their causes."""
    parts = terms(j)
    score = SATISFACTION.base + total(parts) + j.residual
    j = replace(j, satisfaction=score, after=total(parts, AFTER_TERMS))
    return replace(j, return_probability=return_probability(j))


def broken(j: Journeys) -> dict[str, Flags]:
    """Return, for each promise, which journeys saw it broken (the customer's view, once all has happened)."""
    return {
        "arrives_by_date": j.late,
        "answered_in_2_minutes": np.nan_to_num(j.wait_minutes) > WAIT_PROMISED,
        "in_stock_online": (j.channel > 0) & ~j.in_stock,
        "pickup_in_2_hours": np.nan_to_num(j.pickup_hours) > PICKUP_PROMISED,
        "bill_is_right": ~j.bill_right,
        "refund_in_10_days": np.nan_to_num(j.refund_days) > REFUND_PROMISED,
    }


def return_probability(j: Journeys) -> Floats:
    """Return the probability that the customer buys again within 90 days of each journey's purchase."""
    any_broken = np.any(list(broken(j).values()), axis=0)
    return expit(
        RETURN.base
        + RETURN.satisfaction * (j.satisfaction - CENTRE)
        + RETURN.broken_promise * any_broken
        + RETURN.premium * (j.segment == 1)
    )


CSAT_NOISE, NPS_NOISE = 0.35, 0.8


def csat_shares(satisfaction: Floats) -> Floats:
    """Return P(answer 1..5) of the purchase survey for each latent satisfaction; shape (n, 5)."""
    middle = 1 + 0.4 * satisfaction
    edges = [normal_cdf((cut - middle) / CSAT_NOISE) for cut in (1.5, 2.5, 3.5, 4.5)]
    ends = [np.zeros_like(middle), *edges, np.ones_like(middle)]
    return np.stack([ends[i + 1] - ends[i] for i in range(5)], axis=1)


def nps_parts(satisfaction: Floats) -> tuple[Floats, Floats]:
    """Return P(promoter) and P(detractor) for each latent satisfaction."""
    middle = nps_middle(satisfaction)
    return 1 - normal_cdf((8.5 - middle) / NPS_NOISE), normal_cdf((6.5 - middle) / NPS_NOISE)


def nps_middle(satisfaction: Floats) -> Floats:
    """Return where on the 0 to 10 scale of the recommendation question a latent satisfaction lies."""
    return 8.2 + 1.2 * (satisfaction - CENTRE)


def late_log_odds(
    *, remote: Flags, in_stock: Flags, december: Flags, carrier_effect: Floats, depot_effect: Floats
) -> Floats:
    """Return the log-odds that a delivery comes after the promised day."""
    return (
        LATE.base
        + LATE.remote * remote
        + LATE.out_of_stock * ~in_stock
        + LATE.december * december
        + carrier_effect
        + depot_effect
    )


def contact_log_odds(*, late: Flags, bill_right: Flags, in_stock: Flags, pickup_late: Flags) -> Floats:
    """Return the log-odds that a journey leads to a contact."""
    return (
        CONTACT.base
        + CONTACT.late * late
        + CONTACT.bill_wrong * ~bill_right
        + CONTACT.out_of_stock * ~in_stock
        + CONTACT.pickup_late * pickup_late
    )
